"""Signatures come back from an issuer who holds its key itself: each is proved, and then kept as if it were made here.

All that a batch rests on is looked at again: mandate, approval, key, and each row. Whatever is wrong with one of those
handed in, none of them is kept; the others may be handed in without it.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple
from uuid import UUID

from registry.errors import BatchChanged, NothingToSign, SignatureRejected, SigningOutdated
from registry.issuing.batches.footing import Footing, Listed, listed_in, look
from registry.issuing.batches.hand_out import settle_otherwise
from registry.issuing.changes.withdraw import replace_renewed
from registry.issuing.decisions.decide import Decision
from registry.issuing.pressing.elsewhere import by_number, came_back, check_in_time, key_that_signed
from registry.issuing.pressing.press import Press, Pressed, Signers
from registry.issuing.pressing.prove import Nobody, Proof
from registry.issuing.pressing.sign import Signed as SignedRow
from registry.issuing.pressing.sign import Snapshots, line_of, signed
from registry.records.issued.batches import (
    Batch,
    append_batch_event,
    batch_by_id,
    decided_in_turn,
    rows_of,
    settle_rows,
)
from registry.records.issued.certificates import certificates_among, keep_issued
from registry.records.issued.to_sign import ToSign, drop_to_sign, how_many_to_sign, to_sign_in
from registry.records.persons.people import Known
from registry.records.store.database import Database
from registry.signing.keys import Keyring
from registry.signing.published import build_trust
from registry.signing.signing_request import Signed
from verification.certificate import Certificate, display_number
from verification.envelopes.jws import OpenedJws
from verification.envelopes.signer import KeyRef
from verification.trust import StatusEvent

MOST = 250  # signatures in one transaction: others wait for less than a second


class HandedIn(NamedTuple):
    """kept: certificates issued now; repeated: those that were before; left: how many still wait."""

    kept: int
    repeated: int
    left: int


class _Back(NamedTuple):
    """One that came back whole, and what was handed out for it."""

    waiting: ToSign
    opened: OpenedJws
    said: Certificate


def keep_signed(  # noqa: PLR0913 which, what, by whom, when
    db: Database, keyring: Keyring, public_url: str, batch_id: str, given: Signed, *, actor: str, now: datetime
) -> HandedIn:
    """Issue those whose signatures these are. Those that were handed in before are not issued again.

    db  a writing transaction; the caller commits

    Raises BatchNotFound, NothingToSign, SignatureRejected, KeySignsNoMore, SigningOutdated, BatchChanged, and what
    keeps the issuer from issuing: IssuerNotAuthorised, ApprovalNeeded, TookPart, OccasionCancelled.
    """
    batch = batch_by_id(db, batch_id)
    signatures = by_number(given, batch.public_id)
    waiting = {one.number: one for one in to_sign_in(db, batch, numbers=signatures)}
    repeated = _repeated(db, batch, {number: signatures[number] for number in signatures.keys() - waiting.keys()})
    kept = 0
    if waiting:
        key = key_that_signed(db, next(one.kid for one in waiting.values()), given.kid, now)
        back = [_Back(one, *came_back(one, signatures[one.number], key)) for one in waiting.values()]
        kept = _keep(db, keyring, public_url, batch, given, back, actor, now)
    left = how_many_to_sign(db, batch)
    if batch.state == "signing" and batch.pending == 0:
        append_batch_event(db, batch, "done", at=now, actor=actor)
    return HandedIn(kept, repeated, left)


def _repeated(db: Database, batch: Batch, others: Mapping[str, str]) -> int:
    """How many of these were handed in before. Raises NothingToSign, SignatureRejected."""
    issued = {row.number: row for row in certificates_among(db, others) if row.batch_id == batch.id}
    for number, signature in others.items():
        if number not in issued:
            raise NothingToSign(f"{display_number(number)} waits for no signature in {batch.public_id}")
        if issued[number].vc_jwt.rpartition(".")[2] != signature:
            raise SignatureRejected(f"{display_number(number)} is issued already, with another signature")
    return len(others)


def _keep(  # noqa: PLR0913, PLR0917 what, for whom, by whom
    db: Database,
    keyring: Keyring,
    public_url: str,
    batch: Batch,
    given: Signed,
    back: Sequence[_Back],
    actor: str,
    now: datetime,
) -> int:
    if batch.state != "signing":
        raise NothingToSign(f"{batch.public_id} is {batch.state}")
    soonest = min(each.waiting.made_at for each in back)
    again = f"`bevis batch resume {batch.public_id}`, or its resumption in the API"
    check_in_time(soonest, now, f"let the batch go on, and it is written anew ({again})")
    footing = look(db, batch, now, 1)
    listed = listed_in(decided_in_turn(db, batch))
    approval = footing.entitled(db, batch, listed, now)
    contents = {given.digest, *(each.waiting.content for each in back)}
    if contents != {batch.content if batch.four_eyes else None}:
        raise SigningOutdated(f"something else of {batch.public_id} was approved since; let it go on")
    keyring.prepare(db, now, actor)
    signers = _signers(db, keyring, public_url, footing, back, now)
    kept = [
        pair
        for made_at, some in groupby(
            sorted(back, key=lambda each: each.waiting.made_at), lambda each: each.waiting.made_at
        )
        for pair in _decided(db, batch, listed, signers, [*some], made_at, now)
    ]
    _prove(signers, back, now)
    shared: dict[str, Any] = {"occasion_id": batch.occasion_id, "batch_id": batch.id}
    rows = [{**one.columns, **shared, "person_id": each.person.id} for _, each, one in kept if each.person]
    ways = {each.person.id: each.person.way for _, each, _ in kept if isinstance(each.person, Known)}
    keep_issued(db, rows, actor, approval, ways, at=now.replace(microsecond=0))
    if footing.desk.scheme.validity.renewal_replaces:
        replace_renewed(db, {one.columns["renews"]: one.number for _, _, one in kept}, now, actor)
    drop_to_sign(db, batch, [each.waiting.row_id for each in back])
    settle_rows(db, batch, {row: one.number for row, _, one in kept}, now)
    return len(kept)


def _signers(  # noqa: PLR0913, PLR0917 whose, in which registry, for what
    db: Database, keyring: Keyring, public_url: str, footing: Footing, back: Sequence[_Back], now: datetime
) -> Signers:
    """Who signed, and what a verifier will believe once it is stored."""
    will_be = (StatusEvent(kind="issued", effective_from=now.replace(microsecond=0)),)
    trust = build_trust(db, public_url, now, lists={each.waiting.status_list for each in back})
    return Signers(
        organisation=footing.desk.occasion.issuer,
        public_url=public_url,
        trust=trust.model_copy(update={"events": {each.said.number: will_be for each in back}}),
        issuer=Nobody(KeyRef(back[0].waiting.kid)),
        attestation=keyring.attestation_signer(db, now),
    )


def _prove(signers: Signers, back: Sequence[_Back], now: datetime) -> None:
    """Prove before keep: each is read by the verifier that everybody uses. Raises OwnProofFailed."""
    proof = Proof(signers.attestation, signers.trust, now)
    for each in back:
        proof.prove(each.said, each.opened.payload, each.opened.text, each.said.number)


def _decided(  # noqa: PLR0913, PLR0917 about what, on what
    db: Database,
    batch: Batch,
    listed: Listed,
    signers: Signers,
    back: Sequence[_Back],
    made_at: datetime,
    now: datetime,
) -> Iterator[tuple[UUID, Decision, SignedRow]]:
    """Each row decided anew as of when it was written, from what is on record now: it has to come out the same.

    Somebody who holds theirs by now, from another list, is no such; nothing is kept for them.

    Raises BatchChanged.
    """
    wanted = {each.waiting.row: each for each in back}
    first, last = min(wanted), max(wanted)
    rows = {
        row.row: row
        for row in rows_of(db, batch, after=first - 1, outcome="pending", limit=last - first + 1)
        if row.row in wanted
    }
    decisions = look(db, batch, made_at, 2).decide(db, rows.values())
    listed.check(rows, decisions)
    settle_otherwise(db, batch, rows, decisions, now)
    press, snapshots = Press(signers), Snapshots()
    for decision in decisions:
        decided = decision.decided
        if decided is None:
            continue
        each = wanted[decision.row]
        place = each.waiting.status_list, each.waiting.status_index
        press.learn({decided.base: decided.shared})
        meant = press.said(line_of(decided, decided.base, place), made_at)
        if meant.model_copy(update={"number": each.said.number}) != each.said:
            raise BatchChanged(f"row {decision.row} no longer comes out as it was written")
        pressed = Pressed(decision.row, each.said.number, place, each.opened.text, each.waiting.facts)
        yield rows[decision.row].id, decision, signed(pressed, decided, made_at, each.waiting.kid, snapshots)
