"""What somebody at a gate found wrong: a short report about a certificate or an answer, for whoever runs the registry.

Anybody may send one, so nothing in it is believed. It holds no picture and no name unless somebody typed one; what was
typed is deleted when it is closed.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Final, Literal, get_args
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime
from pydantic import Field as InputField
from sqlalchemy import JSON, CheckConstraint, Column, Index, String
from sqlmodel import Field, SQLModel, col, func, select

from registry.errors import ReportAlreadyClosed, ReportNotFound, TooMuchUnderWay
from registry.records.store.database import Database
from registry.records.strict_input import Line, NoNumber, StrictInput

ReportReason = Literal["not_the_holder", "looks_forged", "facts_differ", "answer_wrong", "cannot_scan", "other"]
ReportState = Literal["open", "closed"]
REPORT_REASONS: Final[tuple[str, ...]] = get_args(ReportReason)
MOST_OPEN: Final = 5_000
_AHEAD = timedelta(days=1)  # by how much a device's clock may be wrong


def _printable(text: str) -> str:
    if text != text.strip() or not text.isprintable():
        raise ValueError("must be text on one line without surrounding spaces")
    return text


class ProblemReport(SQLModel, table=True):
    """One report. Its id was chosen by the device, so that what is sent twice is kept once.

    noticed_at  by the device's clock; never later than received_at
    codes       of the reasons that the device showed
    note        None = none, or deleted as it was closed
    """

    __tablename__ = "problem_report"
    __table_args__ = (
        CheckConstraint(f"reason IN ({', '.join(map(repr, REPORT_REASONS))})", "report_reason_is_known"),
        Index("problem_report_open", "closed_at", "received_at"),
    )

    id: UUID = Field(primary_key=True)
    received_at: datetime
    noticed_at: datetime
    reason: ReportReason = Field(sa_type=String)
    number: str | None = Field(default=None, index=True)
    headline: str | None = None
    codes: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    note: str | None = None
    closed_at: datetime | None = None
    closed_by: str | None = None
    closed_because: str | None = None

    @property
    def state(self) -> ReportState:
        """Whether somebody has seen to it."""
        return "open" if self.closed_at is None else "closed"


class NewReport(StrictInput):
    """A report as a device sends it.

    id  a random UUID; the same report sent again has the same
    """

    id: UUID
    noticed_at: AwareDatetime
    reason: ReportReason
    number: Annotated[str, InputField(pattern=r"^[0-9A-HJKMNP-TV-Z]{16}$", examples=["7Q4M2XKD9RTB0HWC"])] | None = None
    headline: Annotated[str, InputField(pattern=r"^[a-z_]{1,40}$", examples=["valid"])] | None = None
    codes: Annotated[
        tuple[Annotated[str, InputField(pattern=r"^[a-z0-9_]{1,60}$")], ...], InputField(max_length=60)
    ] = ()
    note: Annotated[str, InputField(min_length=1, max_length=500), AfterValidator(_printable), NoNumber] | None = None


class ReportClosing(StrictInput):
    """What was found, or done about it."""

    because: Line


def add_report(db: Database, new: NewReport, now: datetime) -> ProblemReport:
    """Keep a report; one that is here already stays as it is. Raises TooMuchUnderWay where nobody reads them."""
    known = db.get(ProblemReport, new.id)
    if known is not None:
        return known
    if open_reports(db)[0] >= MOST_OPEN:
        raise TooMuchUnderWay(3600)
    earliest = now - timedelta(days=365)
    noticed = min(max(new.noticed_at, earliest), now) if new.noticed_at < now + _AHEAD else now
    row = ProblemReport(**new.model_dump(exclude={"noticed_at", "codes"}), noticed_at=noticed, received_at=now)
    row.codes = list(new.codes)
    db.add(row)
    db.flush()
    return row


def open_reports(db: Database) -> tuple[int, datetime | None]:
    """How many nobody has seen to, and since when the oldest waits."""
    waiting = select(func.count(), func.min(ProblemReport.received_at)).where(col(ProblemReport.closed_at).is_(None))
    return db.exec(waiting).one()


def reports(
    db: Database, *, state: ReportState | None = None, before: UUID | None = None, limit: int = 50
) -> Sequence[ProblemReport]:
    """The latest first; `before`: those that came before that one. Raises ReportNotFound."""
    query = select(ProblemReport).order_by(col(ProblemReport.received_at).desc(), col(ProblemReport.id).desc())
    if state is not None:
        query = query.where(col(ProblemReport.closed_at).is_(None) == (state == "open"))
    if before is not None:
        last = report_by_id(db, before)
        query = query.where(
            (col(ProblemReport.received_at) < last.received_at)
            | ((col(ProblemReport.received_at) == last.received_at) & (col(ProblemReport.id) < last.id))
        )
    return db.exec(query.limit(limit)).all()


def report_by_id(db: Database, report: UUID) -> ProblemReport:
    """Raises ReportNotFound."""
    row = db.get(ProblemReport, report)
    if row is None:
        raise ReportNotFound("no report has that id")
    return row


def close_report(db: Database, report: UUID, because: str, now: datetime, actor: str) -> ProblemReport:
    """Somebody has seen to it: what was typed is deleted. Raises ReportNotFound, ReportAlreadyClosed."""
    row = report_by_id(db, report)
    if row.closed_at is not None:
        raise ReportAlreadyClosed(f"closed {row.closed_at:%Y-%m-%d} by {row.closed_by}")
    row.closed_at, row.closed_by, row.closed_because, row.note = now, actor, because, None
    db.add(row)
    db.flush()
    return row
