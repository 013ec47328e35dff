"""A batch whose issuer holds its key itself: what is to be signed is written, numbered, placed and handed out.

Everything is proved but the signature, as for a key of ours. What comes back is taken by `hand_in`.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final, NamedTuple

from registry.issuing.batches.footing import Footing, Listed
from registry.issuing.decisions.decide import Decided, Decision
from registry.issuing.pressing.elsewhere import HOLDS, in_time
from registry.issuing.pressing.press import Press, Signers
from registry.issuing.pressing.prove import Nobody
from registry.issuing.pressing.sign import line_of
from registry.records.issued.batches import Batch, KeptRow, rows_of, write_rows
from registry.records.issued.certificates import reserve_places
from registry.records.issued.to_sign import ToSign, how_many_to_sign, keep_to_sign, last_handed_out, to_sign_in
from registry.records.parties.signing_keys import SigningKey, key_by_kid
from registry.records.store.database import Database
from registry.signing import signing_request
from registry.signing.keys import Keyring
from registry.signing.published import build_trust
from verification.envelopes.signer import KeyRef
from verification.keys import algorithm_of, thumbprint

AT_ONCE: Final = 250  # rows a transaction


def hand_out(  # noqa: PLR0913, PLR0917 for what, with what, by which key
    db: Database,
    keyring: Keyring,
    public_url: str,
    batch: Batch,
    footing: Footing,
    listed: Listed,
    key: SigningKey,
    now: datetime,
) -> bool:
    """Write the next rows; whether there were any. Raises BatchChanged, OwnProofFailed, NoSigningKey."""
    rows = rows_of(db, batch, after=last_handed_out(db, batch), outcome="pending", limit=AT_ONCE)
    if not rows:
        return False
    decisions, by_row = footing.decide(db, rows), {row.row: row for row in rows}
    listed.check(by_row, decisions)
    settle_otherwise(db, batch, by_row, decisions, now)
    decided: list[Decided] = [each.decided for each in decisions if each.decided is not None]
    if not decided:
        return True
    places = reserve_places(db, len(decided), now)
    issuer = footing.desk.occasion.issuer
    signers = Signers(
        organisation=issuer,
        public_url=public_url,
        trust=build_trust(db, public_url, now, lists={number for number, _ in places}),
        issuer=Nobody(KeyRef(key.kid, algorithm_of(key.public_key))),
        attestation=keyring.attestation_signer(db, now),
    )
    press = Press(signers)
    press.learn({each.base: each.shared for each in decided})
    lines = [line_of(each, each.base, place) for each, place in zip(decided, places, strict=True)]
    keep_to_sign(
        db,
        [
            ToSign(
                row_id=by_row[pressed.row].id,
                batch_id=batch.id,
                row=pressed.row,
                number=pressed.number,
                kid=key.kid,
                content=batch.content if batch.four_eyes else None,
                signed_part=pressed.vc_jwt.rpartition(".")[0],
                facts=pressed.facts,
                status_list=pressed.place[0],
                status_index=pressed.place[1],
                made_at=now,
            )
            for pressed in press.press(lines, now)
        ],
    )
    return True


def settle_otherwise(
    db: Database, batch: Batch, rows: Mapping[int, KeptRow], decisions: list[Decision], now: datetime
) -> None:
    """Somebody else issued to them meanwhile, from another list for the same occasion."""
    others = [each for each in decisions if each.outcome != "pending"]
    if others:
        write_rows(db, batch, [_otherwise(rows[each.row], each) for each in others], now)


def _otherwise(row: KeptRow, decision: Decision) -> KeptRow:
    """What came of a row instead; what was decided about it stays as it was."""
    faults = [each.kept_form() for each in decision.faults]
    return replace(row, outcome=decision.outcome, number=decision.number, faults=faults)


def signing_request_for(
    db: Database, public_url: str, batch: Batch, *, after: int = -1, limit: int = signing_request.MOST
) -> signing_request.SigningRequest | None:
    """What is to be signed of it, in the order of the list; None where nothing waits. after: below that line."""
    waiting = to_sign_in(db, batch, after=after, limit=limit)
    if not waiting:
        return None
    key = key_by_kid(db, waiting[0].kid)
    return signing_request.SigningRequest(
        registry=public_url,
        organisation=batch.issuer,
        kid=key.kid,
        key=thumbprint(key.public_key),
        batch=batch.public_id,
        digest=waiting[0].content,
        until=in_time(min(one.made_at for one in waiting)),
        to_sign=[signing_request.ToSign(number=one.number, input=one.signed_part) for one in waiting],
    )


class Waits(NamedTuple):
    """How many certificates wait for their signatures, by which key, and until when those are taken."""

    many: int
    kid: str
    until: datetime


def what_waits(db: Database, batch: Batch) -> Waits | None:
    """None where nothing does."""
    first = next(iter(to_sign_in(db, batch, limit=1)), None)
    return None if first is None else Waits(how_many_to_sign(db, batch), first.kid, first.made_at + HOLDS)
