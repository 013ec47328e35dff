"""Reports of what was found wrong at a gate: anybody sends one; whoever runs the registry reads and closes them."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Path, Query, Request
from pydantic import BaseModel, Field

from registry.records.actors.access import Actor
from registry.records.issued.reports import (
    NewReport,
    ProblemReport,
    ReportClosing,
    ReportReason,
    ReportState,
    add_report,
    close_report,
    reports,
)
from registry.web.access import REGISTRY, Acting
from registry.web.changes import Writing, api_router
from registry.web.dependencies import Now, Reading, TheOffice
from registry.web.paging import Paged
from registry.web.problems import PROBLEM, Problem
from registry.web.request_body import Given
from verification.certificate import display_number

router = api_router("/reports", "reports")

ReportId = Annotated[UUID, Path(description="Which.")]
_TOLD = {PROBLEM: {"schema": Problem.model_json_schema()}}


class ReportTaken(BaseModel):
    """It is kept."""

    id: UUID
    received_at: datetime


class ReportOut(BaseModel):
    """A report. Anybody may have sent it: nothing in it is known to be true."""

    id: UUID
    state: ReportState
    received_at: datetime
    noticed_at: datetime = Field(description="By the clock of the device.")
    reason: ReportReason
    number: str | None = Field(examples=["7Q4M-2XKD-9RTB-0HWC"])
    headline: str | None = Field(description="What the device answered.", examples=["valid"])
    codes: list[str] = Field(description="The reasons that it showed.", examples=[["signature_good", "in_force"]])
    note: str | None = Field(description="What was typed; deleted as the report is closed.")
    closed_at: datetime | None
    closed_by: str | None
    closed_because: str | None


class ReportList(BaseModel):
    """One page of reports, the latest first."""

    items: list[ReportOut]


@router.post(
    "",
    operation_id="reportProblem",
    summary="Report what was found wrong at a gate",
    status_code=202,
    responses={
        429: {"description": "Too many came from this address", "content": _TOLD},
        503: {"description": "More wait to be read than there is room for"},
    },
)
def report_problem(
    request: Request, new: Annotated[NewReport, Given(NewReport)], office: TheOffice, now: Now
) -> ReportTaken:
    """No key is needed. The same report (by its `id`) may be sent again; it is kept once, as it came first."""
    office.gate.admit_report(request)
    with office.registry.writing() as db:
        row = add_report(db, new, now)
        return ReportTaken(id=row.id, received_at=row.received_at)


@router.get("", operation_id="listReports", summary="What was found wrong at gates")
def list_reports(
    db: Reading,
    _: Annotated[Actor, Acting("report.read", of=REGISTRY)],
    page: Paged,
    state: Annotated[ReportState | None, Query(description="Only those in this state.")] = None,
) -> ReportList:
    """The latest first."""
    rows = page.of(reports(db, state=state, before=page.after_id(), limit=page.limit + 1), lambda row: row.id)
    return ReportList(items=[_of(row) for row in rows])


@router.post("/{report}/closing", operation_id="closeReport", summary="Somebody has seen to it")
def close(
    report: ReportId,
    given: Annotated[ReportClosing, Given(ReportClosing)],
    db: Writing,
    who: Annotated[Actor, Acting("report.close", of=REGISTRY)],
    now: Now,
) -> ReportOut:
    """For good, with what was found; what was typed in it is deleted."""
    return _of(close_report(db, report, given.because, now, who.account))


def _of(row: ProblemReport) -> ReportOut:
    shown = row.number and display_number(row.number)
    return ReportOut.model_validate({**row.model_dump(), "number": shown, "state": row.state})
