"""Sign-in sheets and exam results of an occasion: recorded whole or not at all, and told page by page."""

from datetime import date, time
from typing import Annotated, Literal

from fastapi import Query
from pydantic import BaseModel, Field

from registry.errors import RowsNotRecorded
from registry.issuing.lists.handed_in import Form
from registry.issuing.sittings.recording import Recorded, record_results, record_sheet
from registry.issuing.sittings.results import MAX_BYTES as MOST_BYTES_OF_RESULTS
from registry.issuing.sittings.sheet import MAX_BYTES as MOST_BYTES_OF_SHEET
from registry.reading.reason import given_reason
from registry.records.actors.access import Actor
from registry.records.sittings.attendance import sheet_page
from registry.records.sittings.exam_results import results_page
from registry.web.access import Acting
from registry.web.changes import Writing, api_router, max_body
from registry.web.dependencies import Now, Reading
from registry.web.paging import Paged
from registry.web.reads import Reads
from registry.web.request_body import JSON
from registry.web.routes.occasions import OccasionId, occasion_for, readable
from registry.web.uploaded import CSV, TOML, XLSX, Uploaded, UploadedFile

router = api_router("/occasions", "occasions")

Reason = Annotated[
    str | None,
    Query(
        max_length=200,
        description="Why. Needed where a line says something else than what is on record, or is about somebody who "
        "holds a certificate of the occasion; it changes no certificate. Names nobody.",
    ),
]
_FORMS: dict[str, Form] = {TOML: "toml", JSON: "json"}


class RecordedOut(BaseModel):
    """What became of a list."""

    occasion: str
    event: int | None = Field(description="Place of the event in the history; null = all of it was on record already.")
    lines: int
    replaced: int
    unchanged: int
    issued_before: list[str]


class SheetLineOut(BaseModel):
    """One person at one session."""

    session: str
    name: str
    birth_date: date | None
    minutes: int = Field(description="0 = was not there.")
    came: time | None
    left: time | None
    method: str | None
    native_level: str | None
    number_quality: str | None
    checker: str | None
    carried_over: bool


class SheetLineList(BaseModel):
    """One page of the lines that count."""

    items: list[SheetLineOut]


class ResultOut(BaseModel):
    """One attempt of one person at one part of the exam."""

    name: str
    birth_date: date | None
    part: Literal["knowledge", "practical"]
    scope_class: str | None
    attempt: int
    passed: bool
    sat_on: date
    outcome: str | None
    pass_rule: str | None
    examiner: str | None
    supervision: str | None
    face: str | None
    method: str | None
    native_level: str | None
    number_quality: str | None
    checker: str | None
    carried_over: bool


class ResultList(BaseModel):
    """One page of the results that count."""

    items: list[ResultOut]


@router.post(
    "/{occasion}/sheets",
    operation_id="recordSheet",
    summary="Record a sign-in sheet",
    status_code=201,
    openapi_extra=max_body(MOST_BYTES_OF_SHEET),
)
def record_sheet_(
    occasion: OccasionId,
    file: Annotated[UploadedFile, Uploaded(CSV, XLSX, TOML, JSON)],
    db: Writing,
    who: Annotated[Actor, Acting("occasion.attendance")],
    now: Now,
    session: Annotated[
        str | None, Query(max_length=32, description="The session it is of, where its rows name none.")
    ] = None,
    reason: Reason = None,
) -> RecordedOut:
    """A table as people keep it, or data with the list `line`. Whole or not at all: 422 names each fault.

    From the sheets follow what people attended and how it was checked; no class list may claim more.
    """
    occasion_for(db, who, "occasion.attendance", occasion)
    why = given_reason(reason) if reason is not None else None
    form = _FORMS.get(file.kind, "table")
    recorded = record_sheet(db, occasion, file.data, form=form, session=session, reason=why, now=now, actor=who.account)
    return _recorded(recorded)


@router.get("/{occasion}/sheets", operation_id="listSheetLines", summary="Who was at which session")
def list_sheet_lines(
    occasion: OccasionId, db: Reading, who: Annotated[Actor, Acting("occasion.read")], reads: Reads, page: Paged
) -> SheetLineList:
    """The lines that count, in the order in which they were recorded."""
    row = readable(db, occasion, who)
    reads.of("occasion", row.public_id)
    lines = page.of(sheet_page(db, row.id, page.after_id(), page.limit + 1), lambda line: line.id)
    return SheetLineList(items=[SheetLineOut.model_validate(line.model_dump()) for line in lines])


@router.post(
    "/{occasion}/results",
    operation_id="recordResults",
    summary="Record exam results",
    status_code=201,
    openapi_extra=max_body(MOST_BYTES_OF_RESULTS),
)
def record_results_(
    occasion: OccasionId,
    file: Annotated[UploadedFile, Uploaded(CSV, XLSX, TOML, JSON)],
    db: Writing,
    who: Annotated[Actor, Acting("occasion.result")],
    now: Now,
    reason: Reason = None,
) -> RecordedOut:
    """A table as people keep it, or data with the list `result`. Whole or not at all: 422 names each fault.

    The last attempt decides; attempts that the scheme does not allow are faults, wherever they were sat.
    """
    occasion_for(db, who, "occasion.result", occasion)
    why = given_reason(reason) if reason is not None else None
    form = _FORMS.get(file.kind, "table")
    return _recorded(record_results(db, occasion, file.data, form=form, reason=why, now=now, actor=who.account))


@router.get("/{occasion}/results", operation_id="listResults", summary="Who sat which part, and how it went")
def list_results(
    occasion: OccasionId, db: Reading, who: Annotated[Actor, Acting("occasion.read")], reads: Reads, page: Paged
) -> ResultList:
    """The results that count, in the order in which they were recorded."""
    row = readable(db, occasion, who)
    reads.of("occasion", row.public_id)
    lines = page.of(results_page(db, row.id, page.after_id(), page.limit + 1), lambda line: line.id)
    return ResultList(items=[ResultOut.model_validate(line.model_dump()) for line in lines])


def _recorded(recorded: Recorded) -> RecordedOut:
    """Raises RowsNotRecorded."""
    if recorded.faults:
        raise RowsNotRecorded(
            [(row, each.column, each.says) for row, wrong in recorded.faults.items() for each in wrong]
        )
    return RecordedOut.model_validate({**recorded.as_json("en"), "occasion": recorded.occasion})
