"""Course runs and exam sittings: recorded, amended, cancelled, and what happened to the record of each."""

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Annotated, Any, Literal

from fastapi import Path, Query, Response
from pydantic import BaseModel, Field

from registry.errors import MalformedInput
from registry.reading.reason import given_reason
from registry.records.actors.access import Actor
from registry.records.issued.amendments import amend_occasion, cancel_occasion
from registry.records.sector.schemes import scheme_owner
from registry.records.sittings.attendance import attendance_counts
from registry.records.sittings.exam_results import results_count
from registry.records.sittings.occasion_events import OccasionEvent, OccasionEventKind, occasion_history
from registry.records.sittings.occasions import (
    NewOccasion,
    Occasion,
    add_occasion,
    no_occasion,
    occasion_by_id,
    occasions_after,
    short_by_minutes,
)
from registry.records.store.database import Database
from registry.records.strict_input import StrictInput
from registry.web.access import Acting, require_there
from registry.web.changes import Writing, api_router
from registry.web.dependencies import Now, Reading
from registry.web.paging import Paged
from registry.web.reads import Reads
from registry.web.request_body import Given
from registry.web.states import HAS_ETAG, IfMatch, tagged
from verification.certificate import display_number

router = api_router("/occasions", "occasions")

OccasionId = Annotated[
    str, Path(pattern=r"^[a-z0-9-]{2,64}$", description="Id of the occasion.", examples=["hot-work-september"])
]


class CheckOut(BaseModel):
    """How it was checked who somebody is; a method, or carried over from enrolment."""

    method: str | None
    native_level: str | None
    number_quality: str | None
    checker: str | None = Field(description="Id of one of the staff.")
    at: datetime | None
    carried_over: bool


class ChecksOut(BaseModel):
    """The checks at each stage."""

    enrolment: CheckOut | None
    attendance: CheckOut | None
    exam: CheckOut | None


class SessionOut(BaseModel):
    """One sitting of the course; times are those of the place."""

    id: str
    on: date
    minutes: int | None
    starts: time | None
    ends: time | None
    place: str | None
    mandatory: bool
    delivery: str | None
    staff: list[str] = Field(description="Ids of the instructors who taught it; none = not known who.")
    identity: CheckOut | None


class StaffOut(BaseModel):
    """A person in one role."""

    id: str
    name: str
    birth_date: date | None
    role: Literal["instructor", "examiner", "invigilator", "decision_maker"]
    organisation: str | None


class SheetOut(BaseModel):
    """A session that has a sign-in sheet."""

    session: str
    listed: int = Field(description="How many stand on it.")
    present: int = Field(description="How many of them were there.")


class OccasionSummary(BaseModel):
    """An occasion in a list."""

    id: str = Field(examples=["hot-work-september"])
    scheme: str
    version: str
    issuer: str
    decided_on: date
    cancelled: bool


class OccasionList(BaseModel):
    """One page of occasions, in the order in which they were recorded."""

    items: list[OccasionSummary]


class OccasionOut(OccasionSummary):
    """All that is known of an occasion, as it stands now."""

    training_provider: str | None
    examination_body: str | None
    register_keeper: str | None
    exam_on: date | None
    delivery: str | None
    language_training: str | None
    language_test: str | None
    attendance_check: str | None
    exam_supervision: str | None
    exam_face: str | None
    identity_unbroken: bool | None
    examiner_last_taught: int | str | None
    scope_classes: list[str]
    restrictions: list[str]
    session: list[SessionOut]
    staff: list[StaffOut]
    identity: ChecksOut
    facts: dict[str, bool | int | str]
    short_by_minutes: int = Field(description="How much longer the scheme asks the mandatory sessions to last.")
    sheets: list[SheetOut]
    results: int = Field(description="How many exam results are on record.")
    recorded_at: datetime
    recorded_by: str


class OccasionAmendment(StrictInput):
    """What is put right, and why.

    change  merged into the occasion (RFC 7396): tables member by member, lists whole, null takes a member away
    reason  in a few words that name nobody
    """

    change: Mapping[str, Any]
    reason: str


class OccasionCancellation(StrictInput):
    """reason: in a few words that name nobody."""

    reason: str


class ChangeOut(BaseModel):
    """What was changed; where the value is about a person, only that it was."""

    path: str
    before: Any = None
    after: Any = None


class OccasionEventOut(BaseModel):
    """Something that happened to the record of an occasion."""

    place: int
    kind: OccasionEventKind
    at: datetime
    actor: str
    reason: str | None
    changes: list[ChangeOut]
    lines: int | None = Field(description="Of a sheet or results: how many were recorded.")
    replaced: int | None = Field(description="How many of them took the place of earlier ones.")
    digest: str
    issued_before: list[str] = Field(description="Certificates that stood then and that it concerns; none is changed.")


class OccasionHistory(BaseModel):
    """The events of an occasion, the first first."""

    items: list[OccasionEventOut]


# ------------------------------------------------------------------ the occasion


@router.get("", operation_id="listOccasions", summary="Course runs and exam sittings")
def list_occasions(
    db: Reading,
    who: Annotated[Actor, Acting("occasion.read")],
    page: Paged,
    scheme: Annotated[str | None, Query(max_length=32, description="Only of this scheme.")] = None,
    issuer: Annotated[str | None, Query(max_length=32, description="Only of this issuer.")] = None,
) -> OccasionList:
    """Those in which an organisation takes part that whoever asks may read of, in the order they were recorded."""
    rows = occasions_after(
        db,
        page.after_id(),
        page.limit + 1,
        taking_part=who.organisations("occasion.read"),
        scheme=scheme,
        issuer=issuer,
    )
    return OccasionList(items=[_summary(row) for row in page.of(rows, lambda row: row.id)])


@router.post("", operation_id="addOccasion", summary="Record an occasion", status_code=201, openapi_extra=HAS_ETAG)
def add(
    new: Annotated[NewOccasion, Given(NewOccasion)],
    db: Writing,
    who: Annotated[Actor, Acting("occasion.record")],
    now: Now,
    response: Response,
) -> OccasionOut:
    """A course run or an exam sitting; what is not said is not known. The version of the scheme is settled here."""
    who.require_for_any("occasion.record", new.recorders("occasion.record"))
    row = add_occasion(db, new, now, who.account)
    response.headers["Location"] = f"{router.prefix}/{row.public_id}"
    return tagged(response, _of(db, row))


@router.get("/{occasion}", operation_id="getOccasion", summary="One occasion", openapi_extra=HAS_ETAG)
def get_occasion(
    occasion: OccasionId,
    db: Reading,
    who: Annotated[Actor, Acting("occasion.read")],
    reads: Reads,
    response: Response,
) -> OccasionOut:
    """All that is known of it, as it stands now."""
    row = readable(db, occasion, who)
    reads.of("occasion", row.public_id)
    return tagged(response, _of(db, row))


@router.patch("/{occasion}", operation_id="amendOccasion", summary="Amend an occasion", openapi_extra=HAS_ETAG)
def amend(
    occasion: OccasionId,
    given: Annotated[OccasionAmendment, Given(OccasionAmendment)],
    db: Writing,
    who: Annotated[Actor, Acting("occasion.amend")],
    read: IfMatch,
    now: Now,
    response: Response,
) -> OccasionOut:
    """What is on record is put right, with a reason. Certificates issued before stay as they are, and are listed."""
    row = occasion_for(db, who, "occasion.amend", occasion, for_update=True)
    read.check(_of(db, row))
    try:
        amend_occasion(db, occasion, given.change, reason=given_reason(given.reason), now=now, actor=who.account)
    except MalformedInput as malformed:
        raise MalformedInput([_in_change(path, says) for path, says in malformed.faults]) from malformed
    return tagged(response, _of(db, occasion_by_id(db, occasion)))


@router.post("/{occasion}/cancellation", operation_id="cancelOccasion", summary="Cancel an occasion", status_code=200)
def cancel(
    occasion: OccasionId,
    given: Annotated[OccasionCancellation, Given(OccasionCancellation)],
    db: Writing,
    who: Annotated[Actor, Acting("occasion.amend")],
    now: Now,
) -> OccasionSummary:
    """It was never held, or is not to be issued from. There is no way back, and none while certificates of it stand."""
    occasion_for(db, who, "occasion.amend", occasion, issuer_alone=True)
    cancel_occasion(db, occasion, reason=given_reason(given.reason), now=now, actor=who.account)
    return _summary(occasion_by_id(db, occasion))


@router.get("/{occasion}/events", operation_id="getOccasionHistory", summary="What happened to its record")
def get_history(occasion: OccasionId, db: Reading, who: Annotated[Actor, Acting("occasion.read")]) -> OccasionHistory:
    """Who did what, when and why, and which certificates were issued before it."""
    row = readable(db, occasion, who)
    return OccasionHistory(items=[_event(event) for event in occasion_history(db, row.id)])


# ------------------------------------------------------------------ records to answers


def readable(db: Database, occasion: str, who: Actor) -> Occasion:
    """An occasion that whoever asks may read of. Raises OccasionNotFound, NotAllowed."""
    return occasion_for(db, who, "occasion.read", occasion)


def occasion_for(
    db: Database, who: Actor, action: str, said: str, *, issuer_alone: bool = False, for_update: bool = False
) -> Occasion:
    """The occasion of that id, if somebody may do this with it.

    issuer_alone  only for its issuer; else for any that takes part in what the action is about
    for_update    nobody else changes it until the transaction ends

    Raises NotAllowed, and OccasionNotFound also for whoever has no role in an organisation that takes part.
    """
    row = occasion_by_id(db, said, for_update=for_update)
    held = row.new()
    may = (row.issuer,) if issuer_alone else held.recorders(action)
    require_there(who, action, may, no_occasion(said), held.recorders("occasion.read"))
    return row


def known_occasion(db: Database, who: Actor, said: str) -> Occasion:
    """An occasion whose certificates or batches are asked for. Raises OccasionNotFound, also for strangers to it."""
    row = occasion_by_id(db, said)
    if not who.knows(*row.new().recorders("occasion.read"), scheme_owner(db, row.scheme)):
        raise no_occasion(said)
    return row


def _summary(row: Occasion) -> OccasionSummary:
    return OccasionSummary(
        id=row.public_id,
        scheme=row.scheme,
        version=row.scheme_version,
        issuer=row.issuer,
        decided_on=row.decided_on,
        cancelled=row.cancelled,
    )


def _of(db: Database, row: Occasion) -> OccasionOut:
    sheets = attendance_counts(db, row.id)
    return OccasionOut.model_validate(
        {
            **row.new().model_dump(),
            **_summary(row).model_dump(),
            "short_by_minutes": short_by_minutes(db, row),
            "sheets": [
                {"session": session, "listed": listed, "present": present}
                for session, (listed, present) in sheets.items()
            ],
            "results": results_count(db, row.id),
            "recorded_at": row.recorded_at,
            "recorded_by": row.recorded_by,
        }
    )


def _event(event: OccasionEvent) -> OccasionEventOut:
    numbers = [display_number(number) for number in event.issued_before]
    return OccasionEventOut.model_validate({**event.model_dump(), "issued_before": numbers})


def _in_change(path: str, says: str) -> tuple[str, str]:
    """A fault of the occasion as it would be, by its place in what was sent."""
    return ("reason" if path == "reason" else f"change.{path}" if path else "change"), says
