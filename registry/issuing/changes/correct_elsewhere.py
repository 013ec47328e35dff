"""Correcting a certificate whose issuer holds its key itself: written here, signed there, and then carried out here."""

from datetime import datetime
from typing import Final

from registry.errors import BatchChanged, NothingToSign, SignatureRejected, SigningOutdated
from registry.issuing.changes.correct import Plan, approval_for, carried_out, plan_correction
from registry.issuing.changes.correction import Correction
from registry.issuing.pressing.elsewhere import HOLDS, by_number, came_back, check_in_time, in_time, key_that_signed
from registry.issuing.pressing.press import Press, Pressed, Signers
from registry.issuing.pressing.prove import Nobody, Proof
from registry.issuing.pressing.sign import Place, Signed, Snapshots, line_of, signed
from registry.records.issued.certificates import IssuedCertificate, certificate_by_number, reserve_places
from registry.records.issued.corrections import CorrectionToSign, correction_of, correction_to_sign
from registry.records.parties.signing_keys import SigningKey, organisation_key
from registry.records.store.database import Database
from registry.records.strict_input import parse
from registry.signing import signing_request
from registry.signing.keys import Keyring
from registry.signing.published import build_trust
from verification.certificate import display_number
from verification.envelopes.signer import KeyRef
from verification.keys import algorithm_of, thumbprint
from verification.trust import StatusEvent

_AGAIN: Final = "ask for the correction again, and it is written anew"


def write_correction(  # noqa: PLR0913 which, how, why, when
    db: Database, keyring: Keyring, public_url: str, number: str, correction: Correction, *, note: str, now: datetime
) -> signing_request.SigningRequest:
    """What the issuer is to sign, once somebody else has approved. The same again is the same, while it holds.

    Raises what `correct` raises, and NoSigningKey.
    """
    plan = plan_correction(db, number, correction, note=note, now=now)
    approval = approval_for(db, plan, now)
    issuer = plan.desk.occasion.issuer
    key = organisation_key(db, issuer, now)
    waiting = correction_to_sign(db, number)
    if waiting is not None:
        if (waiting.kid, waiting.content) == (key.kid, approval.digest) and now <= waiting.made_at + HOLDS:
            return _request(waiting, key, issuer, public_url)
        db.delete(waiting)
        db.flush()
    (place,) = reserve_places(db, 1, now)
    press = _press(db, keyring, plan, public_url, key, place, now)
    press.learn({0: plan.decided.shared})
    (pressed,) = press.press([line_of(plan.decided, 0, place)], now)
    waiting = CorrectionToSign(
        corrects=number,
        number=pressed.number,
        kid=key.kid,
        content=approval.digest,
        asked=correction.model_dump(mode="json", exclude_defaults=True),
        note=note,
        signed_part=pressed.vc_jwt.rpartition(".")[0],
        facts=pressed.facts,
        status_list=place[0],
        status_index=place[1],
        made_at=now,
    )
    db.add(waiting)
    db.flush()
    return _request(waiting, key, issuer, public_url)


def keep_correction(  # noqa: PLR0913 which, what, by whom, when
    db: Database,
    keyring: Keyring,
    public_url: str,
    number: str,
    given: signing_request.Signed,
    *,
    actor: str,
    now: datetime,
) -> IssuedCertificate:
    """Carry the correction out with the signature that came back. Twice is once.

    Raises what `correct` raises, NothingToSign, SignatureRejected, KeySignsNoMore, SigningOutdated, BatchChanged.
    """
    signatures, waiting = by_number(given, number), correction_to_sign(db, number)
    if waiting is None:
        return _repeated(db, number, dict(signatures))
    if signatures.keys() != {waiting.number}:
        raise SignatureRejected(f"{display_number(waiting.number)} was to be signed")
    key = key_that_signed(db, waiting.kid, given.kid, now)
    opened, said = came_back(waiting, signatures[waiting.number], key)
    check_in_time(waiting.made_at, now, _AGAIN)
    correction, place = parse(waiting.asked, Correction), (waiting.status_list, waiting.status_index)
    plan = plan_correction(db, number, correction, note=waiting.note, now=waiting.made_at)
    approval = approval_for(db, plan, now)
    if not approval.digest == waiting.content == given.digest:
        raise SigningOutdated(f"something else was approved since; {_AGAIN}")
    keyring.prepare(db, now, actor)
    press = _press(db, keyring, plan, public_url, key, place, now)
    press.learn({0: plan.decided.shared})
    meant = press.said(line_of(plan.decided, 0, place), waiting.made_at).model_copy(update={"number": said.number})
    if meant != said:
        raise BatchChanged("the certificate no longer comes out as it was written")
    signers = _signers(db, keyring, plan, public_url, key, place, now)
    will_be = {said.number: (StatusEvent(kind="issued", effective_from=now.replace(microsecond=0)),)}
    proof = Proof(signers.attestation, signers.trust.model_copy(update={"events": will_be}), now)
    proof.prove(said, opened.payload, opened.text, said.number)
    kept = _columns(plan, Pressed(plan.row.row, said.number, place, opened.text, waiting.facts), waiting)
    note = waiting.note
    db.delete(waiting)
    return carried_out(db, plan, approval, kept, correction, note=note, actor=actor, now=now)


def _repeated(db: Database, number: str, signatures: dict[str, str]) -> IssuedCertificate:
    done = correction_of(db, number)
    if done is None or signatures.keys() != {done.number}:
        raise NothingToSign(f"nothing waits for a signature to come in the place of {display_number(number)}")
    new = certificate_by_number(db, done.number)
    if new.vc_jwt.rpartition(".")[2] != signatures[done.number]:
        raise SignatureRejected(f"{display_number(number)} is corrected already, with another signature")
    return new


def _columns(plan: Plan, pressed: Pressed, waiting: CorrectionToSign) -> Signed:
    return signed(pressed, plan.decided, waiting.made_at, waiting.kid, Snapshots())


def _press(  # noqa: PLR0913, PLR0917 of what, where, by which key
    db: Database, keyring: Keyring, plan: Plan, public_url: str, key: SigningKey, place: Place, now: datetime
) -> Press:
    return Press(_signers(db, keyring, plan, public_url, key, place, now))


def _signers(  # noqa: PLR0913, PLR0917 same
    db: Database, keyring: Keyring, plan: Plan, public_url: str, key: SigningKey, place: Place, now: datetime
) -> Signers:
    return Signers(
        organisation=plan.desk.occasion.issuer,
        public_url=public_url,
        trust=build_trust(db, public_url, now, lists={place[0]}),
        issuer=Nobody(KeyRef(key.kid, algorithm_of(key.public_key))),
        attestation=keyring.attestation_signer(db, now),
    )


def _request(
    waiting: CorrectionToSign, key: SigningKey, issuer: str, public_url: str
) -> signing_request.SigningRequest:
    return signing_request.SigningRequest(
        registry=public_url,
        organisation=issuer,
        kid=key.kid,
        key=thumbprint(key.public_key),
        batch=waiting.corrects,
        digest=waiting.content,
        until=in_time(waiting.made_at),
        to_sign=[signing_request.ToSign(number=waiting.number, input=waiting.signed_part)],
    )
