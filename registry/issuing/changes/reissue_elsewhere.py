"""Issued anew by an issuer that holds its key itself: written here, signed there, all of it or nothing kept here."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from registry.errors import BatchChanged, NothingToSign, SignatureRejected, SigningOutdated
from registry.issuing.changes.reissue import (
    ACTION,
    DECIDE,
    Agreed,
    Reissued,
    agreed_on,
    keep_anew,
    lines_of,
    reissue_approval,
)
from registry.issuing.pressing.elsewhere import HOLDS, by_number, came_back, check_in_time, in_time, key_that_signed
from registry.issuing.pressing.press import Press, Pressed, Signers
from registry.issuing.pressing.prove import Nobody, Proof
from registry.issuing.pressing.sign import Place
from registry.records.actors.access import Actor
from registry.records.issued.certificates import certificates_among, reserve_places
from registry.records.issued.reissues import (
    ReissueToSign,
    drop_reissue_to_sign,
    keep_reissue_to_sign,
    reissue_to_sign,
)
from registry.records.parties.signing_keys import SigningKey, key_by_kid, organisation_key
from registry.records.store.database import Database
from registry.signing import signing_request
from registry.signing.keys import Keyring
from registry.signing.published import build_trust
from verification.certificate import display_number
from verification.envelopes.signer import KeyRef
from verification.keys import algorithm_of, thumbprint
from verification.trust import StatusEvent

_AGAIN: Final = "carry it out again, and it is written anew"


def write_reissue(  # noqa: PLR0913 what, with which keys, by whom, when
    db: Database, keyring: Keyring, public_url: str, public_id: str, *, actor: Actor, now: datetime
) -> Sequence[ReissueToSign]:
    """Write what was approved, for the issuer to sign. The same again is the same, while it holds.

    Raises what `agreed_on` raises, NoSigningKey, OwnProofFailed, and NothingToSign where the registry itself signs or
    where it was carried out.
    """
    agreed = agreed_on(db, public_id, actor=actor, now=now)
    if agreed.before is not None:
        raise NothingToSign(f"{public_id} was carried out")
    approval, formers = agreed.approval, agreed.formers
    key = organisation_key(db, str(approval.organisation), now)
    if not key.held_by_owner:
        raise NothingToSign(f"the registry signs for {approval.organisation}; carry it out")
    waiting = reissue_to_sign(db, public_id)
    if waiting and now <= waiting[0].made_at + HOLDS and {row.kid for row in waiting} == {key.kid}:
        return waiting
    keyring.prepare(db, now, actor.account)
    places = reserve_places(db, len(formers), now)
    press = Press(_signers(db, keyring, public_url, agreed, key, places, now))
    pressed = press.press(lines_of(db, formers, press, places), now)
    keep_reissue_to_sign(
        db,
        [
            ReissueToSign(
                corrects=former.number,
                approval=public_id,
                content=approval.digest,
                number=new.number,
                kid=key.kid,
                signed_part=new.vc_jwt.rpartition(".")[0],
                facts=new.facts,
                status_list=new.place[0],
                status_index=new.place[1],
                made_at=now,
            )
            for former, new in zip(formers, pressed, strict=True)
        ],
    )
    return reissue_to_sign(db, public_id)


def reissue_request(db: Database, public_url: str, public_id: str, actor: Actor) -> signing_request.SigningRequest:
    """What was written, as the issuer signs it. Raises ApprovalNotFound, NotAllowed, NothingToSign."""
    approval = reissue_approval(db, public_id)
    if not actor.may(DECIDE, approval.organisation):
        actor.require(ACTION, approval.organisation)
    waiting = reissue_to_sign(db, public_id)
    if not waiting:
        raise NothingToSign(f"nothing of {public_id} waits for signatures")
    key = key_by_kid(db, waiting[0].kid)
    return signing_request.SigningRequest(
        registry=public_url,
        organisation=str(approval.organisation),
        kid=key.kid,
        key=thumbprint(key.public_key),
        batch=public_id,
        digest=waiting[0].content,
        until=in_time(waiting[0].made_at),
        to_sign=[signing_request.ToSign(number=row.number, input=row.signed_part) for row in waiting],
    )


def keep_reissue(  # noqa: PLR0913 what, with which keys, by whom, when
    db: Database,
    keyring: Keyring,
    public_url: str,
    public_id: str,
    given: signing_request.Signed,
    *,
    actor: Actor,
    now: datetime,
) -> Reissued:
    """Issue anew with the signatures that came back, all of it or nothing. Twice is once.

    Raises what `agreed_on` raises, NothingToSign, SignatureRejected, KeySignsNoMore, SigningOutdated, BatchChanged,
    and OwnProofFailed: then the caller must not commit.
    """
    signatures = by_number(given, public_id)
    agreed = agreed_on(db, public_id, actor=actor, now=now)
    if agreed.before is not None:
        issued = {row.number: row.vc_jwt.rpartition(".")[2] for row in certificates_among(db, agreed.before.values())}
        if signatures != issued:
            raise SignatureRejected(f"{public_id} was carried out already, with other signatures")
        return Reissued(agreed.approval, agreed.before, before=True)
    waiting = {row.corrects: row for row in reissue_to_sign(db, public_id)}
    if waiting.keys() != {former.number for former in agreed.formers}:
        raise NothingToSign(f"nothing of {public_id} waits for signatures; {_AGAIN}")
    rows = [waiting[former.number] for former in agreed.formers]
    if missing := sorted({row.number for row in rows} ^ signatures.keys()):
        raise SignatureRejected(
            f"{len(rows)} were to be signed, all of them or none; {display_number(missing[0])} is missing, or was not "
            "asked for"
        )
    key = key_that_signed(db, rows[0].kid, given.kid, now)
    back = [came_back(row, signatures[row.number], key) for row in rows]
    made_at = rows[0].made_at
    check_in_time(made_at, now, _AGAIN)
    if not given.digest == rows[0].content == agreed.approval.digest:
        raise SigningOutdated(f"something else was approved since; {_AGAIN}")
    keyring.prepare(db, now, actor.account)
    places: list[Place] = [(row.status_list, row.status_index) for row in rows]
    signers = _signers(db, keyring, public_url, agreed, key, places, now)
    press = Press(signers)
    for line, one in zip(lines_of(db, agreed.formers, press, places), back, strict=True):
        if press.said(line, made_at).model_copy(update={"number": one.said.number}) != one.said:
            raise BatchChanged(f"{display_number(one.said.number)} no longer comes out as it was written; {_AGAIN}")
    will_be = (StatusEvent(kind="issued", effective_from=now.replace(microsecond=0)),)
    trust = signers.trust.model_copy(update={"events": {one.said.number: will_be for one in back}})
    proof = Proof(signers.attestation, trust, now)
    for one in back:
        proof.prove(one.said, one.opened.payload, one.opened.text, one.said.number)
    pressed = [
        Pressed(number, row.number, place, one.opened.text, row.facts)
        for number, (row, place, one) in enumerate(zip(rows, places, back, strict=True))
    ]
    drop_reissue_to_sign(db, waiting)
    numbers = keep_anew(db, agreed.formers, pressed, key.kid, agreed.approval, actor.account, now, made_at)
    return Reissued(agreed.approval, numbers, before=False)


def _signers(  # noqa: PLR0913, PLR0917 of what, where, by which key
    db: Database,
    keyring: Keyring,
    public_url: str,
    agreed: Agreed,
    key: SigningKey,
    places: Sequence[Place],
    now: datetime,
) -> Signers:
    return Signers(
        organisation=str(agreed.approval.organisation),
        public_url=public_url,
        trust=build_trust(db, public_url, now, lists={number for number, _ in places}),
        issuer=Nobody(KeyRef(key.kid, algorithm_of(key.public_key))),
        attestation=keyring.attestation_signer(db, now),
    )
