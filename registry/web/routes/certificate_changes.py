"""What changes a certificate over HTTP: suspended, ended, replaced by one person; reinstated and corrected by two."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

from fastapi import Response
from pydantic import BaseModel, Field, WithJsonSchema

from registry.errors import ApprovalNeeded, KeyHeldElsewhere
from registry.issuing.changes.allowed import REASONS, Change
from registry.issuing.changes.correct import ask_to_correct, correct
from registry.issuing.changes.correct_elsewhere import keep_correction, write_correction
from registry.issuing.changes.correction import Correction
from registry.issuing.changes.reinstate import ask_to_reinstate, reinstate, suspended_for
from registry.issuing.changes.withdraw import annul, in_whose_name, revoke, supersede, suspend
from registry.records.actors.access import Actor
from registry.records.actors.approvals import Approval, ApprovalState
from registry.records.issued.certificates import IssuedCertificate, certificates_to_change
from registry.records.issued.corrections import correction_of
from registry.records.store.database import Database
from registry.records.strict_input import Line, StrictInput
from registry.signing.signing_request import Signed, SigningRequest
from registry.web.access import Acting
from registry.web.changes import Writing, api_router
from registry.web.dependencies import Now, TheOffice
from registry.web.request_body import Given, NoNationalNumber
from registry.web.routes.certificates import A_NUMBER, CertificateOut, Number, check_known, number_of, shown, whole
from registry.web.states import HAS_ETAG, IfMatch, ReadState, tagged

router = api_router("/certificates", "certificates")

Note = Annotated[Line, NoNationalNumber]


def _reason(change: Change) -> Any:  # noqa: ANN401 what Annotated takes
    says = {"type": "string", "enum": list(REASONS[change]), "description": "Why."}
    return WithJsonSchema(says)


class CertificateSuspension(StrictInput):
    """Nobody may rely on it until it is reinstated."""

    reason: Annotated[str, _reason("suspended")]
    note: Note | None = None


class CertificateRevocation(StrictInput):
    """It holds no more, for good."""

    reason: Annotated[str, _reason("revoked")]
    note: Note | None = None


class CertificateAnnulment(StrictInput):
    """It should never have been issued."""

    reason: Annotated[str, _reason("annulled")]
    note: Note | None = None


class CertificateReplacement(StrictInput):
    """Another certificate of the same person for the same scheme comes in its place."""

    by: Annotated[str, Field(min_length=16, max_length=19, examples=[A_NUMBER])]
    note: Note | None = None


class CertificateReinstatement(StrictInput):
    """A suspended certificate is to hold again."""

    reason: Annotated[str, _reason("reinstated")]
    note: Note | None = None


class CertificateToCorrect(Correction):
    """What was wrong, and how it is right. What is left out is taken from what is on record now."""

    name: Annotated[str, Field(max_length=200), NoNationalNumber] | None = None
    note: Note = Field(description="What was wrong; whoever decides reads it.")


class Awaited(BaseModel):
    """What waits for the decision of a second person."""

    id: str = Field(examples=["approval-8c1d2e3f4a5b6c7d"])
    state: ApprovalState
    digest: str = Field(description="Of what is to be done; the decision names it.")


def awaited(asked: Approval | None) -> Awaited | None:
    """What to hand to whoever decides."""
    return (
        Awaited.model_validate({"id": asked.public_id, "state": asked.state, "digest": asked.digest}) if asked else None
    )


class TwoPersonChange(BaseModel):
    """What takes two people: done, or waiting for the second. Then the same is asked again once it is approved."""

    done: bool
    approval: Awaited | None = Field(description="What waits for a decision; null once it is done.")
    changes: dict[str, Any] | None = Field(
        description="Of a correction: each fact that differs, as it was and will be."
    )
    successor: str | None = Field(description="Of a correction: number of the certificate that came in its place.")
    to_sign: SigningRequest | None = Field(
        default=None, description="Of an approved correction: what an issuer who holds its key itself is to sign."
    )
    certificate: CertificateOut


_WAITING: dict[int | str, dict[str, Any]] = {
    202: {"model": TwoPersonChange, "description": "Asked for; somebody else decides at /api/v1/approvals."}
}


@router.post(
    "/{number}/suspension",
    operation_id="suspendCertificate",
    summary="Suspend",
    status_code=200,
    openapi_extra=HAS_ETAG,
)
def suspend_(
    number: Number,
    given: Annotated[CertificateSuspension, Given(CertificateSuspension)],
    db: Writing,
    who: Annotated[Actor, Acting("certificate.suspend")],
    now: Now,
    read: IfMatch,
    response: Response,
) -> CertificateOut:
    """Until it is reinstated, or ended for good. Verifiers learn of it with the next status list."""
    return _change(db, suspend, number, given, who, now, read, response)


@router.post(
    "/{number}/revocation", operation_id="revokeCertificate", summary="Revoke", status_code=200, openapi_extra=HAS_ETAG
)
def revoke_(
    number: Number,
    given: Annotated[CertificateRevocation, Given(CertificateRevocation)],
    db: Writing,
    who: Annotated[Actor, Acting("certificate.revoke")],
    now: Now,
    read: IfMatch,
    response: Response,
) -> CertificateOut:
    """For good, where its level and scheme foresee that. Verifiers learn of it with the next status list."""
    return _change(db, revoke, number, given, who, now, read, response)


@router.post(
    "/{number}/annulment", operation_id="annulCertificate", summary="Annul", status_code=200, openapi_extra=HAS_ETAG
)
def annul_(
    number: Number,
    given: Annotated[CertificateAnnulment, Given(CertificateAnnulment)],
    db: Writing,
    who: Annotated[Actor, Acting("certificate.annul")],
    now: Now,
    read: IfMatch,
    response: Response,
) -> CertificateOut:
    """It should never have been issued, and counts for no day. Possible at every level."""
    return _change(db, annul, number, given, who, now, read, response)


@router.post(
    "/{number}/replacement",
    operation_id="replaceCertificate",
    summary="Replace by another",
    status_code=200,
    openapi_extra=HAS_ETAG,
)
def replace(
    number: Number,
    given: Annotated[CertificateReplacement, Given(CertificateReplacement)],
    db: Writing,
    who: Annotated[Actor, Acting("certificate.replace")],
    now: Now,
    read: IfMatch,
    response: Response,
) -> CertificateOut:
    """By one that stands and was issued later to the same person for the same scheme."""
    row, name = _named(db, number, who, "certificate.replace", now, read)
    by = number_of(given.by)
    supersede(db, row.number, by=by, now=now, actor=who.account, organisation=name, note=given.note)
    return tagged(response, whole(db, row, now))


@router.post(
    "/{number}/reinstatement",
    operation_id="reinstateCertificate",
    summary="Let it hold again",
    status_code=200,
    responses=_WAITING,
)
def reinstate_(
    number: Number,
    given: Annotated[CertificateReinstatement, Given(CertificateReinstatement)],
    db: Writing,
    who: Annotated[Actor, Acting("certificate.reinstate")],
    now: Now,
    read: IfMatch,
    response: Response,
) -> TwoPersonChange:
    """Asks, and answers 202; once somebody else approved, the same asked again does it, and answers 200."""
    row = _locked(db, number, who)
    who.require("certificate.reinstate", suspended_for(db, row))
    read.check(whole(db, row, now))
    asked: Approval | None = None
    try:
        reinstate(db, row.number, reason=given.reason, now=now, actor=who.account, note=given.note)
    except ApprovalNeeded:
        asked = ask_to_reinstate(db, row.number, reason=given.reason, actor=who, now=now, note=given.note)
    return _two(db, row, asked, response, now)


@router.post(
    "/{number}/correction",
    operation_id="correctCertificate",
    summary="Correct",
    status_code=200,
    responses=_WAITING,
)
def correct_(
    number: Number,
    given: Annotated[CertificateToCorrect, Given(CertificateToCorrect)],
    db: Writing,
    who: Annotated[Actor, Acting("certificate.correct")],
    office: TheOffice,
    now: Now,
    read: IfMatch,
    response: Response,
) -> TwoPersonChange:
    """Another certificate comes in its place. Asks, and answers 202 with exactly what would change.

    Once somebody else approved, the same asked again does it, and answers 200 with the number of the new one; of an
    issuer who holds its key itself it answers 202 with `to_sign`. The level may fall and never rises; a name may be
    spelt right, and not become another's.
    """
    row = _locked(db, number, who)
    who.require("certificate.correct", row.issuer)
    read.check(whole(db, row, now))
    correction = Correction.model_validate(given.model_dump(exclude={"note"}))
    asked: Approval | None = None
    keyring, url = office.keyring, office.settings.public_url
    try:
        correct(db, keyring, url, row.number, correction, note=given.note, actor=who.account, now=now)
    except ApprovalNeeded:
        asked = ask_to_correct(db, row.number, correction, note=given.note, actor=who, now=now)
    except KeyHeldElsewhere:
        to_sign = write_correction(db, keyring, url, row.number, correction, note=given.note, now=now)
        response.status_code = 202
        waits = _two(db, row, None, response, now)
        return waits.model_copy(update={"done": False, "to_sign": to_sign})
    return _two(db, row, asked, response, now)


@router.post(
    "/{number}/correction/signature",
    operation_id="handInCorrection",
    summary="Hand in the signature of a correction",
    status_code=200,
)
def hand_in_correction(
    number: Number,
    given: Annotated[Signed, Given(Signed)],
    db: Writing,
    who: Annotated[Actor, Acting("certificate.correct")],
    office: TheOffice,
    now: Now,
    response: Response,
) -> TwoPersonChange:
    """What `bevis sign` made of `to_sign`: the correction is carried out. Twice is once."""
    row = _locked(db, number, who)
    who.require("certificate.correct", row.issuer)
    keyring, url = office.keyring, office.settings.public_url
    keep_correction(db, keyring, url, row.number, given, actor=who.account, now=now)
    return _two(db, row, None, response, now)


def _change(
    db: Database,
    change: Callable[..., IssuedCertificate],
    number: str,
    given: CertificateSuspension | CertificateRevocation | CertificateAnnulment,
    who: Actor,
    now: datetime,
    read: ReadState,
    response: Response,
) -> CertificateOut:
    row, name = _named(db, number, who, f"certificate.{change.__name__}", now, read)
    change(db, row.number, reason=given.reason, now=now, actor=who.account, organisation=name, note=given.note)
    return tagged(response, whole(db, row, now))


def _named(
    db: Database, number: str, who: Actor, action: str, now: datetime, read: ReadState
) -> tuple[IssuedCertificate, str]:
    """The certificate, in the state that was read, and in whose name it is changed."""
    row = _locked(db, number, who)
    name = in_whose_name(db, who, action, row)
    read.check(whole(db, row, now))
    return row, name


def _locked(db: Database, number: str, who: Actor) -> IssuedCertificate:
    """Raises CertificateNotFound."""
    wanted = number_of(number)
    row = certificates_to_change(db, wanted)[wanted]
    check_known(db, who, row)
    return row


def _two(
    db: Database, row: IssuedCertificate, asked: Approval | None, response: Response, now: datetime
) -> TwoPersonChange:
    done = correction_of(db, row.number)
    if asked is not None:
        response.status_code = 202
    changes = done.changes if done else asked.content().get("changes") if asked else None
    return TwoPersonChange(
        done=asked is None,
        approval=awaited(asked),
        changes=changes,
        successor=shown(done.number) if done else None,
        certificate=whole(db, row, now),
    )
