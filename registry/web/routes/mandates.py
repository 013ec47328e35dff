"""Mandates: in public who may issue what and when, and for scheme owners granting, suspending, withdrawing."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Literal
from urllib.parse import urlencode

from fastapi import Path, Query, Response
from pydantic import AwareDatetime, BaseModel, BeforeValidator, Field

from levels.evidence import Day
from levels.level import Level
from registry.errors import ApprovalNeeded
from registry.issuing.organisations.certify import Office as Makers
from registry.issuing.organisations.mandates import certify_mandate, keep_signed, to_be_signed
from registry.issuing.organisations.mandates import grant as issue_mandate
from registry.issuing.organisations.reinstate import Reinstating
from registry.issuing.organisations.reinstate_mandate import ask_to_reinstate_mandate, reinstate_mandate
from registry.records.actors.access import Actor
from registry.records.actors.approvals import Approval
from registry.records.issued.certificates_by_cause import issued_under
from registry.records.mandates.mandate_days import Span
from registry.records.mandates.mandate_decisions import NewMandate, suspend_mandate, withdraw_mandate
from registry.records.mandates.mandate_events import MandateEvent, mandate_history, spans_as_known
from registry.records.mandates.mandates import Mandate, last_suspension, mandate_by_id, mandates_after
from registry.records.parties.organisation_certificates import numbers_behind
from registry.records.sector.schemes import scheme_owner
from registry.records.store.database import Database
from registry.records.strict_input import StrictInput
from registry.signing.signing_request import Signed, SigningRequest
from registry.web.access import Acting
from registry.web.changes import API, Writing, api_router
from registry.web.dependencies import Now, Reading, TheOffice
from registry.web.paging import Paged
from registry.web.request_body import Given
from registry.web.routes.certificate_changes import Awaited, awaited
from registry.web.routes.schemes import Why
from registry.web.states import HAS_ETAG, tagged
from verification.certificate import display_number

router = api_router("/mandates", "mandates")

_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2})"
)


def _moment(given: object) -> object:
    """As RFC 3339 has it; pydantic would read a number too."""
    if not isinstance(given, str) or not _MOMENT.fullmatch(given):
        raise ValueError("must be a moment such as 2026-03-01T12:00:00Z")
    return given


MandateId = Annotated[
    str, Path(pattern=r"^mandate-[0-9a-f]{16}$", description="Which.", examples=["mandate-8c1d2e3f4a5b6c7d"])
]
Scheme = Annotated[str | None, Query(pattern=r"^[a-z0-9-]{2,32}$", description="Only those for this scheme.")]
Issuer = Annotated[str | None, Query(pattern=r"^[a-z0-9-]{2,32}$", description="Only those of this organisation.")]
On = Annotated[Day | None, Query(description="Tell also what each is on this day; the default is today (UTC).")]
Known = Annotated[
    Annotated[AwareDatetime, BeforeValidator(_moment)] | None,
    Query(description="As it was known at this moment, which decisions made later do not change; the default is now."),
]


class SuspendedDays(BaseModel):
    """Days on which it does not hold, both included; until null = until it is reinstated."""

    from_day: date
    until: date | None


class MandateOut(BaseModel):
    """What is public about a mandate. Days are inclusive."""

    id: str = Field(examples=["mandate-8c1d2e3f4a5b6c7d"])
    scheme: str = Field(examples=["hot-work"])
    versions: list[str] | None = Field(description="null = all, later ones too.")
    owner: str = Field(description="Whose scheme it is.")
    issuer: str = Field(description="Who may issue.")
    max_level: Level
    since: date
    until: date | None
    suspended_from: date | None = Field(description="Of the suspension that was decided on last.")
    suspended_until: date | None = Field(description="null beside suspended_from = until further notice.")
    suspended: list[SuspendedDays] = Field(description="All of them, the earliest first.")
    withdrawn_from: date | None = Field(description="First day it no longer holds, for good.")
    certificate: str | None = Field(
        description="Number of the certificate by which its owner granted it; the first mandates had none.",
        examples=["7Q4M-2XKD-9RTB-0HWC"],
    )
    on: date = Field(description="The day that standing is about.")
    standing: Literal["in_force", "coming", "suspended", "ended", "withdrawn"]


class MandateList(BaseModel):
    """One page of mandates, in the order in which they were granted."""

    items: list[MandateOut]


class WithdrawnMandate(MandateOut):
    """A mandate that was withdrawn, and what stands without its cover by that."""

    issued_since: int = Field(description="How many certificates were issued under it on that day or later.")
    mass_change_preview: str | None = Field(
        description="Where to see what suspending all of them would do; POST /api/v1/mass-changes asks for it. "
        "null where there are none."
    )


class MandateReinstatement(BaseModel):
    """It holds again, or somebody else is to decide on that. Then the same is asked again once it is approved."""

    done: bool
    approval: Awaited | None = Field(description="What waits for a decision; null once it is done.")
    mandate: MandateOut


class Suspension(StrictInput):
    """For these days, both included; without until, until it is reinstated."""

    from_day: date
    until: date | None = None
    reason: Why


class MandateWithdrawal(StrictInput):
    """From that day on, for good. It may lie in the past: what was issued since then no longer has its cover."""

    from_day: date
    reason: Why


class MandateEventOut(BaseModel):
    """A decision about a mandate."""

    place: int
    kind: Literal["granted", "suspended", "withdrawn"]
    at: datetime
    from_day: date
    until_day: date | None = Field(description="null = no end; a day before from_day = it never began.")
    actor: str
    approval: str | None = Field(
        description="Id of the decision of a second person, where it took two.", examples=["approval-8c1d2e3f4a5b6c7d"]
    )
    reason: str | None


class MandateHistory(BaseModel):
    """Every decision about a mandate, the first first."""

    items: list[MandateEventOut]


@router.get("", operation_id="listMandates", summary="Who may issue what, and when")
def list_mandates(
    db: Reading, now: Now, page: Paged, scheme: Scheme = None, issuer: Issuer = None, on: On = None, known: Known = None
) -> MandateList:
    """All there ever were, with what each is on a day, as is known now or was known then."""
    rows = page.of(
        mandates_after(db, page.after_id(), page.limit + 1, scheme=scheme, issuer=issuer, granted_by=known),
        lambda row: row.id,
    )
    spans = spans_as_known(db, rows, known) if known else {}
    numbers = numbers_behind(db, [row.public_id for row in rows])
    return MandateList(items=[_of(row, numbers, on or now.date(), spans.get(row.id)) for row in rows])


@router.get("/{mandate}", operation_id="getMandate", summary="One mandate", openapi_extra=HAS_ETAG)
def get_mandate(mandate: MandateId, db: Reading, now: Now, response: Response) -> MandateOut:
    """As it is today."""
    return tagged(response, _now(db, mandate_by_id(db, mandate), now))


@router.post("", operation_id="grantMandate", summary="Let an organisation issue under a scheme", status_code=201)
def grant(
    new: Annotated[NewMandate, Given(NewMandate)],
    db: Writing,
    who: Annotated[Actor, Acting("mandate.grant")],
    now: Now,
    office: TheOffice,
    response: Response,
) -> MandateOut:
    """In the name of the scheme's owner, up to a level, from a day on, by a certificate that the owner signs."""
    who.require("mandate.grant", scheme_owner(db, new.scheme))
    row = issue_mandate(db, Makers(office.keyring, office.settings.public_url), new, now, who.account)
    response.headers["Location"] = f"{router.prefix}/{row.public_id}"
    return _now(db, row, now)


@router.post(
    "/{mandate}/certificate", operation_id="certifyMandate", summary="Issue a mandate's certificate", status_code=200
)
def certify(
    mandate: MandateId, db: Writing, who: Annotated[Actor, Acting("mandate.grant")], now: Now, office: TheOffice
) -> MandateOut:
    """Of one that was granted before there were any. Where the owner holds its key itself, see signing-request."""
    row = mandate_by_id(db, mandate)
    who.require("mandate.grant", row.owner)
    makers = Makers(office.keyring, office.settings.public_url)
    certify_mandate(db, makers, mandate, now, who.account)
    return _now(db, row, now)


@router.post(
    "/{mandate}/signing-request",
    operation_id="getMandateSigningRequest",
    summary="What the owner's own key is to sign",
    status_code=200,
)
def to_sign(
    mandate: MandateId, db: Writing, who: Annotated[Actor, Acting("mandate.grant")], now: Now, office: TheOffice
) -> SigningRequest:
    """For `bevis sign` on the owner's own machine. The same again is the same, while it holds."""
    who.require("mandate.grant", mandate_by_id(db, mandate).owner)
    return to_be_signed(db, Makers(office.keyring, office.settings.public_url), mandate, now)


@router.post(
    "/{mandate}/signature", operation_id="handInMandateSignature", summary="Hand its signature in", status_code=200
)
def hand_in(
    mandate: MandateId,
    given: Annotated[Signed, Given(Signed)],
    db: Writing,
    who: Annotated[Actor, Acting("mandate.grant")],
    now: Now,
    office: TheOffice,
) -> MandateOut:
    """Then the certificate is issued. Twice is once."""
    row = mandate_by_id(db, mandate)
    who.require("mandate.grant", row.owner)
    makers = Makers(office.keyring, office.settings.public_url)
    keep_signed(db, makers, mandate, given, now, who.account)
    return _now(db, row, now)


@router.post("/{mandate}/suspension", operation_id="suspendMandate", summary="Suspend a mandate", status_code=200)
def suspend(
    mandate: MandateId,
    given: Annotated[Suspension, Given(Suspension)],
    db: Writing,
    who: Annotated[Actor, Acting("mandate.suspend")],
    now: Now,
) -> MandateOut:
    """Beside other days for which it is suspended. That one of these ends sooner takes two people: reinstatement."""
    who.require("mandate.suspend", mandate_by_id(db, mandate).owner)
    row = suspend_mandate(db, mandate, given.from_day, given.until, given.reason, who.account, now=now)
    return _now(db, row, now)


@router.post(
    "/{mandate}/reinstatement",
    operation_id="reinstateMandate",
    summary="Let a suspended mandate hold again",
    status_code=200,
    responses={
        202: {"model": MandateReinstatement, "description": "Asked for; somebody else decides at /api/v1/approvals."}
    },
)
def reinstate(
    mandate: MandateId,
    given: Annotated[Reinstating, Given(Reinstating)],
    db: Writing,
    who: Annotated[Actor, Acting("mandate.reinstate")],
    now: Now,
    response: Response,
) -> MandateReinstatement:
    """Asks, and answers 202; once somebody else approved, the same asked again does it, and answers 200.

    A day on which it was suspended stays so. What ends by itself takes nobody.
    """
    row = mandate_by_id(db, mandate)
    who.require("mandate.reinstate", row.owner)
    asked: Approval | None = None
    try:
        row = reinstate_mandate(db, mandate, given, now, who.account)
    except ApprovalNeeded:
        asked = ask_to_reinstate_mandate(db, mandate, given, now, who)
        response.status_code = 202
    return MandateReinstatement(done=asked is None, approval=awaited(asked), mandate=_now(db, row, now))


@router.post("/{mandate}/withdrawal", operation_id="withdrawMandate", summary="Withdraw a mandate", status_code=200)
def withdraw(
    mandate: MandateId,
    given: Annotated[MandateWithdrawal, Given(MandateWithdrawal)],
    db: Writing,
    who: Annotated[Actor, Acting("mandate.withdraw")],
    now: Now,
) -> WithdrawnMandate:
    """For good. An earlier day may replace a later one, never the other way round.

    What was issued under it stands until it is suspended or ended: the answer says how many that are.
    """
    who.require("mandate.withdraw", mandate_by_id(db, mandate).owner)
    row = withdraw_mandate(db, mandate, given.from_day, given.reason, who.account, now=now)
    issued = issued_under(db, row, given.from_day)
    query = {"change": "suspend", "reason": "issuer_withdrawn", "cause": "mandate", "which": mandate}
    preview = f"{API}/mass-changes/preview?{urlencode(query | {'issued_from': given.from_day})}"
    return WithdrawnMandate(
        **_now(db, row, now).model_dump(),
        issued_since=issued,
        mass_change_preview=preview if issued else None,
    )


@router.get("/{mandate}/history", operation_id="listMandateEvents", summary="Every decision about a mandate")
def list_events(mandate: MandateId, db: Reading, who: Annotated[Actor, Acting("mandate.read")]) -> MandateHistory:
    """Who decided, when, why, for which days."""
    row = mandate_by_id(db, mandate)
    who.require("mandate.read", row.owner)
    return MandateHistory(items=[_event(one) for one in mandate_history(db, row)])


def _now(db: Database, row: Mandate, now: datetime) -> MandateOut:
    return _of(row, numbers_behind(db, [row.public_id]), now.date())


def _of(row: Mandate, numbers: Mapping[str, str], day: date, span: Span | None = None) -> MandateOut:
    then, number = span or row.span, numbers.get(row.public_id)
    last = last_suspension(row, span)
    return MandateOut.model_validate(
        {
            **row.model_dump(),
            "since": then.since,
            "until": then.until,
            "withdrawn_from": then.withdrawn_from,
            "suspended_from": last[0],
            "suspended_until": last[1],
            "suspended": [{"from_day": first, "until": end} for first, end in then.suspended],
            "id": row.public_id,
            "on": day,
            "standing": then.standing_on(day),
            "certificate": display_number(number) if number else None,
        }
    )


def _event(row: MandateEvent) -> MandateEventOut:
    return MandateEventOut.model_validate(row.model_dump())
