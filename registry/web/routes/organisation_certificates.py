"""Certificates about organisations: in public what is said of whom, and for whoever says it issuing and withdrawing."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, Final

from fastapi import Path, Query, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from levels.evidence import Day
from registry.errors import ApprovalNeeded, CertificateNotFound, KeyHeldElsewhere
from registry.issuing.organisations import statements
from registry.issuing.organisations.certify import Office as Makers
from registry.issuing.organisations.reinstate import Reinstating, ask_to_reinstate
from registry.issuing.organisations.reinstate import reinstate as carry_out
from registry.issuing.organisations.stated_elsewhere import (
    follow_up_elsewhere,
    issuer_of_statement,
    keep_statement,
    state_elsewhere,
)
from registry.issuing.organisations.statements import (
    FollowUp,
    NewAudit,
    NewQualityCertificate,
    Suspending,
    Withdrawing,
)
from registry.records.actors.access import Actor
from registry.records.actors.approvals import Approval
from registry.records.parties.organisation_certificates import (
    CertificateOfOrganisation,
    Course,
    EventKind,
    Standing,
    courses,
    first_event,
    history_of,
    organisation_certificate,
    organisation_certificates,
)
from registry.records.store.database import Database
from registry.signing.log.published import proof_of
from registry.signing.signing_request import Signed, SigningRequest
from registry.web.access import Acting
from registry.web.changes import Writing, api_router
from registry.web.dependencies import Now, Office, Reading, TheOffice
from registry.web.paging import Paged
from registry.web.request_body import Given
from registry.web.routes.certificate_changes import Awaited, awaited
from registry.web.states import HAS_ETAG, tagged
from verification.certificate import MalformedNumber, day_at, display_number, parse_number
from verification.organisation_certificate import Kind

router = api_router("", "organisation-certificates")

VC_JWT = "application/vc+jwt"
Number = Annotated[
    str,
    Path(
        pattern=r"^[0-9A-Za-z]{4}(?:-?[0-9A-Za-z]{4}){3}$",
        description="Number of the certificate, with dashes or without.",
        examples=["7Q4M-2XKD-9RTB-0HWC"],
    ),
]
Slug = Annotated[str | None, Query(pattern=r"^[a-z0-9-]{2,32}$", description="Only those of this organisation.")]
On = Annotated[
    Day | None, Query(description="Tell what each is on this day; the default is today where it keeps time.")
]
Changes = Annotated[Actor, Acting("organisation_certificate.change")]
TO_SIGN: Final[dict[int | str, dict[str, Any]]] = {
    202: {
        "model": SigningRequest,
        "description": "Whoever issues it holds its key itself: what is to be signed with `bevis sign`. The same again "
        "is the same, while it holds.",
    }
}


class OrganisationCertificateOut(BaseModel):
    """A certificate about an organisation. Days are inclusive, in `time_zone`."""

    number: str = Field(examples=["7Q4M-2XKD-9RTB-0HWC"])
    kind: Kind
    holder: str = Field(description="Id of the organisation it is about.", examples=["provhuset"])
    issuer: str = Field(description="Id of the organisation that says so.", examples=["brandradet"])
    title: dict[str, str] = Field(description="What it is called, by language.")
    attests: dict[str, Any] = Field(description="What is said; which members there are depends on `kind`.")
    decided_on: date
    issued_at: datetime
    valid_from: date
    valid_until: date | None
    time_zone: str
    replaces: str | None = Field(description="Number of the one in whose place it came.")
    replaced_by: str | None = Field(description="Number of the one that came in its place.")
    standing: Standing
    on: date = Field(description="The day that standing is about.")
    suspended: list["Span"] = Field(description="Days on which it did not hold, or does not.")
    withdrawn_from: date | None = Field(description="First day it no longer holds, for good.")
    address: str = Field(description="Where anybody checks it.", examples=["/v/7Q4M-2XKD-9RTB-0HWC"])


class Span(BaseModel):
    """Days on which it was suspended, both included; until null = until it is reinstated."""

    from_day: date
    until: date | None


class OrganisationReinstatement(BaseModel):
    """It holds again, or somebody else is to decide on that. Then the same is asked again once it is approved."""

    done: bool
    approval: Awaited | None = Field(description="What waits for a decision; null once it is done.")
    certificate: OrganisationCertificateOut


class OrganisationCertificateList(BaseModel):
    """One page of them, in the order in which they were issued."""

    items: list[OrganisationCertificateOut]


class OrganisationCertificateEventOut(BaseModel):
    """Something that happened to it."""

    place: int = Field(ge=1, description="1 for the first, without gaps.")
    kind: EventKind
    at: datetime
    from_day: date
    until_day: date | None
    reason: str | None = Field(description="By a code that everybody who checks it is told.")
    note: str | None = Field(description="In words.")
    actor: str
    approval: str | None
    successor: str | None


class OrganisationCertificateHistory(BaseModel):
    """All that happened to one, the first first."""

    items: list[OrganisationCertificateEventOut]


@router.get(
    "/organisation-certificates",
    operation_id="listOrganisationCertificates",
    summary="What is certified of organisations",
)
def list_certificates(
    db: Reading,
    now: Now,
    page: Paged,
    holder: Slug = None,
    issuer: Slug = None,
    kind: Annotated[Kind | None, Query(description="Only of this kind.")] = None,
    on: On = None,
) -> OrganisationCertificateList:
    """All there ever were, with what each is on a day."""
    rows = page.of(
        organisation_certificates(
            db, holder=holder, issuer=issuer, kind=kind, after=page.after_id(), limit=page.limit + 1
        ),
        lambda row: row.id,
    )
    return OrganisationCertificateList(items=told(db, rows, now, on))


@router.get(
    "/organisation-certificates/{number}",
    operation_id="getOrganisationCertificate",
    summary="One of them",
    openapi_extra=HAS_ETAG,
)
def get_certificate(number: Number, db: Reading, now: Now, response: Response) -> OrganisationCertificateOut:
    """As it is today."""
    return tagged(response, told(db, [_row(db, number)], now)[0])


@router.get(
    "/organisation-certificates/{number}/document",
    operation_id="getOrganisationCertificateDocument",
    summary="The signed document about an organisation",
    response_class=Response,
    responses={200: {"description": "The document.", "content": {VC_JWT: {"schema": {"type": "string"}}}}},
)
def get_document(number: Number, db: Reading) -> Response:
    """As its issuer signed it: a W3C Verifiable Credential, as `vc+jwt`."""
    return Response(_row(db, number).vc_jwt, media_type=VC_JWT)


@router.get(
    "/organisation-certificates/{number}/proof",
    operation_id="getOrganisationCertificateProof",
    summary="The proof that the log has it",
    response_class=Response,
    responses={200: {"description": "The proof.", "content": {"text/plain": {"schema": {"type": "string"}}}}},
)
def get_proof(number: Number, db: Reading, office: TheOffice) -> Response:
    """As C2SP tlog-proof; a verifier takes it after the signed document and an empty line."""
    proof = proof_of(db, office.registry.head_file, first_event(db, _row(db, number)))
    return Response(proof, media_type="text/plain; charset=utf-8")


@router.get(
    "/organisation-certificates/{number}/history",
    operation_id="listOrganisationCertificateEvents",
    summary="What happened to one about an organisation",
)
def list_events(
    number: Number, db: Reading, who: Annotated[Actor, Acting("organisation_certificate.read")]
) -> OrganisationCertificateHistory:
    """Who did it, when, why, for which days."""
    row = _row(db, number)
    who.require("organisation_certificate.read", row.issuer)
    return OrganisationCertificateHistory(
        items=[
            OrganisationCertificateEventOut.model_validate(
                event.model_dump() | {"successor": event.successor and display_number(event.successor)}
            )
            for event in history_of(db, row)
        ]
    )


@router.post(
    "/audits",
    operation_id="certifyAudit",
    summary="Certify that an organisation was audited",
    status_code=201,
    response_model=OrganisationCertificateOut,
    responses=TO_SIGN,
)
def audit(
    new: Annotated[NewAudit, Given(NewAudit)],
    db: Writing,
    who: Annotated[Actor, Acting("organisation_certificate.issue")],
    now: Now,
    office: TheOffice,
    response: Response,
) -> OrganisationCertificateOut | Response:
    """Signed with the auditor's key. What a finding says stays in the report; the certificate names and grades it."""
    return _stated(new, db, who, now, office, response)


@router.post(
    "/quality-certificates",
    operation_id="certifyQuality",
    summary="Certify an organisation's management system",
    status_code=201,
    response_model=OrganisationCertificateOut,
    responses=TO_SIGN,
)
def quality(
    new: Annotated[NewQualityCertificate, Given(NewQualityCertificate)],
    db: Writing,
    who: Annotated[Actor, Acting("organisation_certificate.issue")],
    now: Now,
    office: TheOffice,
    response: Response,
) -> OrganisationCertificateOut | Response:
    """Signed with the key of whoever certified it."""
    return _stated(new, db, who, now, office, response)


@router.post(
    "/organisation-certificates/{number}/follow-up",
    operation_id="followUpAudit",
    summary="Close findings of an audit",
    status_code=201,
    response_model=OrganisationCertificateOut,
    responses=TO_SIGN,
)
def follow_up(
    number: Number,
    given: Annotated[FollowUp, Given(FollowUp)],
    db: Writing,
    who: Changes,
    now: Now,
    office: TheOffice,
    response: Response,
) -> OrganisationCertificateOut | Response:
    """A new certificate comes in the place of the audit's; what rests on the former rests on it from then on."""
    found = _row(db, number)
    who.require("organisation_certificate.change", found.issuer)
    try:
        row = statements.follow_up(db, _makers(office), found.number, given, now, who.account)
    except KeyHeldElsewhere:
        return asked_to_sign(follow_up_elsewhere(db, _makers(office), found.number, given, now))
    return _created(db, row, now, response)


@router.post(
    "/organisation-certificates/{number}/signature",
    operation_id="handInOrganisationSignature",
    summary="Hand the signature of one about an organisation in",
    status_code=200,
)
def hand_in(
    number: Number,
    given: Annotated[Signed, Given(Signed)],
    db: Writing,
    who: Annotated[Actor, Acting("organisation_certificate.issue")],
    now: Now,
    office: TheOffice,
) -> OrganisationCertificateOut:
    """Of an audit, a quality certificate, or what followed on an audit: then it is issued. Twice is once."""
    which = _parsed(number)
    who.require("organisation_certificate.issue", issuer_of_statement(db, which))
    return told(db, [keep_statement(db, _makers(office), which, given, now, who.account)], now)[0]


@router.post(
    "/organisation-certificates/{number}/suspension",
    operation_id="suspendOrganisationCertificate",
    summary="Suspend one about an organisation",
    status_code=200,
)
def suspend(
    number: Number, given: Annotated[Suspending, Given(Suspending)], db: Writing, who: Changes, now: Now
) -> OrganisationCertificateOut:
    """For some days nobody may rest on it. A mandate's follows its mandate."""
    row = _mine(db, number, who)
    return told(db, [statements.suspend(db, row.number, given, now, who.account)], now)[0]


@router.post(
    "/organisation-certificates/{number}/reinstatement",
    operation_id="reinstateOrganisationCertificate",
    summary="Let one about an organisation hold again",
    status_code=200,
    responses={
        202: {
            "model": OrganisationReinstatement,
            "description": "Asked for; somebody else decides at /api/v1/approvals.",
        }
    },
)
def reinstate(
    number: Number,
    given: Annotated[Reinstating, Given(Reinstating)],
    db: Writing,
    who: Annotated[Actor, Acting("organisation_certificate.reinstate")],
    now: Now,
    response: Response,
) -> OrganisationReinstatement:
    """Asks, and answers 202; once somebody else approved, the same asked again does it, and answers 200.

    The days on which it was suspended stay so.
    """
    row = _row(db, number)
    who.require("organisation_certificate.reinstate", row.issuer)
    asked: Approval | None = None
    try:
        carry_out(db, row.number, given, now, who.account)
    except ApprovalNeeded:
        asked = ask_to_reinstate(db, row.number, given, now, who)
        response.status_code = 202
    return OrganisationReinstatement(done=asked is None, approval=awaited(asked), certificate=told(db, [row], now)[0])


@router.post(
    "/organisation-certificates/{number}/withdrawal",
    operation_id="withdrawOrganisationCertificate",
    summary="Withdraw one about an organisation",
    status_code=200,
)
def withdraw(
    number: Number, given: Annotated[Withdrawing, Given(Withdrawing)], db: Writing, who: Changes, now: Now
) -> OrganisationCertificateOut:
    """From that day on, for good. What was issued while it stood is not touched."""
    row = _mine(db, number, who)
    return told(db, [statements.withdraw(db, row.number, given, now, who.account)], now)[0]


# ------------------------------------------------------------------ what several routes need


def told(
    db: Database, rows: Sequence[CertificateOfOrganisation], now: datetime, on: date | None = None
) -> list[OrganisationCertificateOut]:
    """As everybody may know them."""
    known = courses(db, rows)
    return [_of(row, known[row.number], on or day_at(now, row.time_zone)) for row in rows]


def _of(row: CertificateOfOrganisation, course: Course, on: date) -> OrganisationCertificateOut:
    said = row.says()
    withdrawn, later = course.ends.get("revoked"), course.ends.get("superseded")
    return OrganisationCertificateOut.model_validate(
        {
            **said.model_dump(exclude={"number", "holder", "issuer", "attests", "status"}),
            "number": display_number(row.number),
            "kind": row.kind,
            "holder": row.holder,
            "issuer": row.issuer,
            "attests": said.attests.model_dump(mode="json"),
            "replaces": row.replaces and display_number(row.replaces),
            "replaced_by": display_number(later.successor) if later and later.successor else None,
            "standing": course.standing_on(on),
            "on": on,
            "suspended": [{"from_day": first, "until": last} for first, last in course.suspended],
            "withdrawn_from": withdrawn.from_day if withdrawn else None,
            "address": f"/v/{display_number(row.number)}",
        }
    )


def _row(db: Database, number: str) -> CertificateOfOrganisation:
    """Raises CertificateNotFound."""
    return organisation_certificate(db, _parsed(number))


def _parsed(number: str) -> str:
    """Raises CertificateNotFound."""
    try:
        return parse_number(number)
    except MalformedNumber as fault:
        raise CertificateNotFound("no certificate here has such a number") from fault


def _mine(db: Database, number: str, who: Actor) -> CertificateOfOrganisation:
    row = _row(db, number)
    who.require("organisation_certificate.change", row.issuer)
    return row


def _makers(office: Office) -> Makers:
    return Makers(office.keyring, office.settings.public_url)


def asked_to_sign(request: SigningRequest) -> Response:
    """What is to be signed where the key lies."""
    return JSONResponse(request.model_dump(), status_code=202)


def _stated(
    new: NewAudit | NewQualityCertificate, db: Database, who: Actor, now: datetime, office: Office, response: Response
) -> OrganisationCertificateOut | Response:
    who.require("organisation_certificate.issue", new.issuer)
    try:
        row = statements.state(db, _makers(office), new, now, who.account)
    except KeyHeldElsewhere:
        return asked_to_sign(state_elsewhere(db, _makers(office), new, now))
    return _created(db, row, now, response)


def _created(
    db: Database, row: CertificateOfOrganisation, now: datetime, response: Response
) -> OrganisationCertificateOut:
    response.headers["Location"] = f"{router.prefix}/organisation-certificates/{display_number(row.number)}"
    return told(db, [row], now)[0]
