"""The accreditation desk: applying, reviewing, issuing, surveillance, sanctions; and in public who is accredited."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated

from fastapi import Path, Query, Response
from pydantic import BaseModel, Field

from registry.errors import ApprovalNeeded, KeyHeldElsewhere
from registry.issuing.organisations import accredit
from registry.issuing.organisations.accredit import Published, Surveillance, Warned, published, standings
from registry.issuing.organisations.certify import Office as Makers
from registry.issuing.organisations.reinstate import Reinstating
from registry.issuing.organisations.statements import Suspending, Withdrawing
from registry.records.accreditation import applications, proposals
from registry.records.accreditation.applications import (
    Accreditation,
    EventKind,
    NewApplication,
    NewDocument,
    State,
    accreditation_by_id,
    accreditations_after,
    documents_of,
    no_accreditation,
    steps_of,
)
from registry.records.accreditation.proposals import Proposal, propose
from registry.records.actors.access import Actor
from registry.records.actors.approvals import Approval
from registry.records.parties.organisation_certificates import Standing
from registry.records.store.database import Database
from registry.records.strict_input import StrictInput
from registry.signing.signing_request import Signed
from registry.web.access import Acting
from registry.web.changes import Writing, api_router
from registry.web.dependencies import Now, Reading, TheOffice
from registry.web.paging import Paged
from registry.web.request_body import Given
from registry.web.routes.certificate_changes import Awaited, awaited
from registry.web.routes.organisation_certificates import TO_SIGN, asked_to_sign
from registry.web.routes.schemes import Why
from verification.certificate import display_number

router = api_router("/accreditations", "accreditations")
accredited = api_router("/accredited", "accreditations")

AccreditationId = Annotated[
    str,
    Path(pattern=r"^accreditation-[0-9a-f]{16}$", description="Which.", examples=["accreditation-8c1d2e3f4a5b6c7d"]),
]
Reads = Annotated[Actor, Acting("accreditation.read")]
Applies = Annotated[Actor, Acting("accreditation.apply")]
FollowsUp = Annotated[Actor, Acting("accreditation.follow_up")]
Sanctions = Annotated[Actor, Acting("accreditation.sanction")]


class DocumentOut(BaseModel):
    """Something that was handed in; the registry keeps where it is and its digest, not the document."""

    name: str
    reference: str
    sha256: str
    added_at: datetime
    added_by: str


class StepOut(BaseModel):
    """One step: who, when, why."""

    place: int = Field(ge=1, description="1 for the first, without gaps.")
    kind: EventKind
    at: datetime
    actor: str
    reason: str | None
    from_day: date | None
    until_day: date | None
    about: str | None = Field(description="The approval, the certificate or the digest of the document it is about.")


class AccreditationOut(BaseModel):
    """An application, and what became of it."""

    id: str = Field(examples=["accreditation-8c1d2e3f4a5b6c7d"])
    body: str = Field(description="Who accredits.", examples=["ackrediteringen"])
    applicant: str = Field(examples=["provhuset"])
    standard: str = Field(examples=["ISO/IEC 17024"])
    edition: str = Field(examples=["2026"])
    scope: list[str]
    state: State = Field(description="What became of the application; see standing for what was granted.")
    standing: Standing | None = Field(description="How what was granted stands today; null = it was not.")
    certificate: str | None = Field(description="Number of the certificate; null = none was issued.")
    surveillance_months: int | None
    applied_at: datetime
    applied_by: str


class AccreditationWhole(AccreditationOut):
    """The same with its documents and every step."""

    documents: list[DocumentOut]
    steps: list[StepOut]


class AccreditationList(BaseModel):
    """One page of applications, in the order in which they came."""

    items: list[AccreditationOut]


class Proposed(AccreditationOut):
    """A proposal that somebody else decides on, at approvals."""

    approval: str = Field(description="Id of the request.", examples=["approval-8c1d2e3f4a5b6c7d"])
    digest: str = Field(description="Of what is decided on.")


class AccreditationReinstatement(BaseModel):
    """It holds again, or somebody else is to decide on that. Then the same is asked again once it is approved."""

    done: bool
    approval: Awaited | None = Field(description="What waits for a decision; null once it is done.")
    accreditation: AccreditationOut


class GivenUp(StrictInput):
    """Why it is applied for no longer."""

    reason: Why


class SanctionOut(BaseModel):
    """A warning, a suspension, a reinstatement or a withdrawal, and from when."""

    kind: str
    from_day: date
    until_day: date | None


class AccreditedOut(BaseModel):
    """Who is or was accredited, for what, from when until when, and what happened since."""

    id: str
    body: str
    holder: str
    standard: str
    edition: str
    scope: list[str]
    certificate: str
    valid_from: date
    valid_until: date | None
    standing: str
    on: date = Field(description="The day that standing is about.")
    surveilled_on: date | None = Field(description="The last day of the last look; null = there was none yet.")
    surveillance_due: date = Field(description="The day by which there is to be another.")
    overdue: bool
    sanctions: list[SanctionOut]


class AccreditedList(BaseModel):
    """One page of them, in the order in which they applied."""

    items: list[AccreditedOut]


@accredited.get("", operation_id="listAccredited", summary="Who is accredited")
def list_accredited(
    db: Reading,
    now: Now,
    page: Paged,
    holder: Annotated[
        str | None, Query(pattern=r"^[a-z0-9-]{2,32}$", description="Only those of this organisation.")
    ] = None,
) -> AccreditedList:
    """Everybody who was ever accredited here, with dates; what is only applied for is nobody's business."""
    rows = page.of(
        accreditations_after(db, page.after_id(), page.limit + 1, state="granted", applicant=holder),
        lambda row: row.id,
    )
    return AccreditedList(items=[_public(published(db, row, now)) for row in rows])


@router.get("", operation_id="listAccreditations", summary="Applications for accreditation")
def list_(
    db: Reading,
    who: Reads,
    page: Paged,
    now: Now,
    state: Annotated[State | None, Query(description="Only those in this state.")] = None,
) -> AccreditationList:
    """Those of organisations for which one may read, whether they applied or accredit."""
    rows = page.of(
        accreditations_after(
            db, page.after_id(), page.limit + 1, concerning=who.organisations("accreditation.read"), state=state
        ),
        lambda row: row.id,
    )
    known = standings(db, rows, now)
    return AccreditationList(items=[_shown(row, known.get(row.public_id)) for row in rows])


@router.post("", operation_id="applyForAccreditation", summary="Apply for accreditation", status_code=201)
def apply(
    new: Annotated[NewApplication, Given(NewApplication)],
    db: Writing,
    who: Applies,
    now: Now,
    response: Response,
) -> AccreditationOut:
    """In the name of the applicant."""
    who.require("accreditation.apply", new.applicant)
    row = applications.apply_for(db, new, now, who.account)
    response.headers["Location"] = f"{router.prefix}/{row.public_id}"
    return _of(db, row, now)


@router.get("/{accreditation}", operation_id="getAccreditation", summary="One application, with every step")
def get(accreditation: AccreditationId, db: Reading, who: Reads, now: Now) -> AccreditationWhole:
    """For whoever applied and whoever accredits."""
    return _whole(db, _known(db, accreditation, who, "accreditation.read"), now)


@router.post(
    "/{accreditation}/documents", operation_id="addAccreditationDocument", summary="Hand in a document", status_code=201
)
def add_document(
    accreditation: AccreditationId,
    new: Annotated[NewDocument, Given(NewDocument)],
    db: Writing,
    who: Applies,
    now: Now,
) -> AccreditationWhole:
    """Where it is kept, and its digest, by which it is known again; at most 100 of them, before the review."""
    row = _known(db, accreditation, who, "accreditation.apply", of="applicant")
    applications.add_document(db, row.public_id, new, now, who.account)
    return _whole(db, row, now)


@router.post(
    "/{accreditation}/giving-up", operation_id="giveUpAccreditation", summary="Apply no longer", status_code=200
)
def give_up(
    accreditation: AccreditationId, given: Annotated[GivenUp, Given(GivenUp)], db: Writing, who: Applies, now: Now
) -> AccreditationOut:
    """Before it is granted or refused."""
    row = _known(db, accreditation, who, "accreditation.apply", of="applicant")
    return _of(db, proposals.give_up(db, row.public_id, given.reason, now, who.account), now)


@router.post(
    "/{accreditation}/review", operation_id="reviewAccreditation", summary="Review, and propose", status_code=202
)
def review(
    accreditation: AccreditationId,
    given: Annotated[Proposal, Given(Proposal)],
    db: Writing,
    who: Annotated[Actor, Acting("accreditation.review")],
    now: Now,
) -> Proposed:
    """Somebody else decides, at approvals, on exactly this: the application, its documents, outcome and period.

    Whoever acts for the applicant neither reviews nor decides.
    """
    row = _known(db, accreditation, who, "accreditation.review", of="body")
    asked = propose(db, row.public_id, given, who, now)
    return Proposed(**_of(db, row, now).model_dump(), approval=asked.public_id, digest=asked.digest)


@router.post(
    "/{accreditation}/issuing",
    operation_id="issueAccreditation",
    summary="Issue what was decided",
    status_code=200,
    response_model=AccreditationOut,
    responses=TO_SIGN,
)
def issue(
    accreditation: AccreditationId, db: Writing, who: FollowsUp, now: Now, office: TheOffice
) -> AccreditationOut | Response:
    """The certificate, signed with the body's key; where the body holds that itself, 202 with what it is to sign."""
    row = _known(db, accreditation, who, "accreditation.follow_up", of="body")
    makers = Makers(office.keyring, office.settings.public_url)
    try:
        return _of(db, accredit.issue_accreditation(db, makers, row.public_id, now, who.account), now)
    except KeyHeldElsewhere:
        return asked_to_sign(accredit.accreditation_to_sign(db, makers, row.public_id, now))


@router.post(
    "/{accreditation}/signature",
    operation_id="handInAccreditationSignature",
    summary="Hand its signature in",
    status_code=200,
)
def hand_in(
    accreditation: AccreditationId,
    given: Annotated[Signed, Given(Signed)],
    db: Writing,
    who: FollowsUp,
    now: Now,
    office: TheOffice,
) -> AccreditationOut:
    """Then the certificate is issued. Twice is once."""
    row = _known(db, accreditation, who, "accreditation.follow_up", of="body")
    makers = Makers(office.keyring, office.settings.public_url)
    return _of(db, accredit.keep_accreditation(db, makers, row.public_id, given, now, who.account), now)


@router.post(
    "/{accreditation}/surveillance", operation_id="surveilAccreditation", summary="Record surveillance", status_code=200
)
def survey(
    accreditation: AccreditationId,
    given: Annotated[Surveillance, Given(Surveillance)],
    db: Writing,
    who: FollowsUp,
    now: Now,
) -> AccreditationOut:
    """By the number of the certificate of an audit."""
    row = _known(db, accreditation, who, "accreditation.follow_up", of="body")
    return _of(db, accredit.survey(db, row.public_id, given, now, who.account), now)


@router.post("/{accreditation}/warning", operation_id="warnAccredited", summary="Warn", status_code=200)
def warn(
    accreditation: AccreditationId, given: Annotated[Warned, Given(Warned)], db: Writing, who: Sanctions, now: Now
) -> AccreditationOut:
    """It is published; the accreditation stands."""
    row = _known(db, accreditation, who, "accreditation.sanction", of="body")
    return _of(db, accredit.warn(db, row.public_id, given, now, who.account), now)


@router.post("/{accreditation}/suspension", operation_id="suspendAccreditation", summary="Suspend it", status_code=200)
def suspend(
    accreditation: AccreditationId,
    given: Annotated[Suspending, Given(Suspending)],
    db: Writing,
    who: Sanctions,
    now: Now,
) -> AccreditationOut:
    """For these days its certificate does not hold."""
    row = _known(db, accreditation, who, "accreditation.sanction", of="body")
    return _of(db, accredit.suspend_accreditation(db, row.public_id, given, now, who.account), now)


@router.post(
    "/{accreditation}/reinstatement",
    operation_id="reinstateAccreditation",
    summary="Let it hold again",
    status_code=200,
    responses={
        202: {
            "model": AccreditationReinstatement,
            "description": "Asked for; somebody else decides at /api/v1/approvals.",
        }
    },
)
def reinstate(
    accreditation: AccreditationId,
    given: Annotated[Reinstating, Given(Reinstating)],
    db: Writing,
    who: Annotated[Actor, Acting("accreditation.reinstate")],
    now: Now,
    response: Response,
) -> AccreditationReinstatement:
    """Asks, and answers 202; once somebody else approved, the same asked again does it, and answers 200.

    Whoever acts for the accredited organisation neither asks nor decides.
    """
    row = _known(db, accreditation, who, "accreditation.reinstate", of="body")
    asked: Approval | None = None
    try:
        row = accredit.reinstate_accreditation(db, row.public_id, given, now, who.account)
    except ApprovalNeeded:
        asked = accredit.ask_to_reinstate_accreditation(db, row.public_id, given, now, who)
        response.status_code = 202
    return AccreditationReinstatement(done=asked is None, approval=awaited(asked), accreditation=_of(db, row, now))


@router.post(
    "/{accreditation}/withdrawal", operation_id="withdrawAccreditation", summary="Withdraw it for good", status_code=200
)
def withdraw(
    accreditation: AccreditationId,
    given: Annotated[Withdrawing, Given(Withdrawing)],
    db: Writing,
    who: Sanctions,
    now: Now,
) -> AccreditationOut:
    """From that day on."""
    row = _known(db, accreditation, who, "accreditation.sanction", of="body")
    return _of(db, accredit.withdraw_accreditation(db, row.public_id, given, now, who.account), now)


def _known(db: Database, said: str, who: Actor, action: str, of: str | None = None) -> Accreditation:
    """One that somebody may do this with; whoever has no role at either end is told that there is none.

    of  whose role it takes: body or applicant; None = either's

    Raises AccreditationNotFound, NotAllowed.
    """
    row = accreditation_by_id(db, said)
    if not who.knows(row.body, row.applicant):
        raise no_accreditation(said)
    ends: Mapping[str | None, list[str]] = {"body": [row.body], "applicant": [row.applicant]}
    who.require_for_any(action, ends.get(of, [row.body, row.applicant]))
    return row


def _of(db: Database, row: Accreditation, now: datetime) -> AccreditationOut:
    return _shown(row, standings(db, [row], now).get(row.public_id))


def _shown(row: Accreditation, standing: str | None) -> AccreditationOut:
    shown = row.model_dump() | {"id": row.public_id, "standing": standing}
    return AccreditationOut.model_validate(
        shown | {"certificate": display_number(row.certificate) if row.certificate else None}
    )


def _whole(db: Database, row: Accreditation, now: datetime) -> AccreditationWhole:
    return AccreditationWhole(
        **_of(db, row, now).model_dump(),
        documents=[DocumentOut.model_validate(one.model_dump()) for one in documents_of(db, row)],
        steps=[StepOut.model_validate(one.model_dump()) for one in steps_of(db, row)],
    )


def _public(known: Published) -> AccreditedOut:
    row, certificate = known.row, known.certificate
    return AccreditedOut(
        id=row.public_id,
        body=row.body,
        holder=row.applicant,
        standard=row.standard,
        edition=row.edition,
        scope=row.scope,
        certificate=display_number(certificate.number),
        valid_from=certificate.valid_from,
        valid_until=certificate.valid_until,
        standing=known.standing,
        on=known.day,
        surveilled_on=known.surveilled_on,
        surveillance_due=known.surveillance_due,
        overdue=known.overdue,
        sanctions=[
            SanctionOut(kind=one.kind, from_day=one.from_day, until_day=one.until_day) for one in known.sanctions
        ],
    )
