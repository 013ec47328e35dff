"""Sign-in sheets: who was at which session, for how long, and how it was checked who that was.

Lines are never changed: a later line about the same person at the same session takes the place of the earlier one.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import groupby, islice
from typing import Any
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, and_, case, exists, func, insert
from sqlalchemy.orm import aliased
from sqlmodel import Field, SQLModel, col, or_, select

from registry.records.persons.people import name_key
from registry.records.sittings.occasion_events import OccasionEvent, append_event, digest_of
from registry.records.store.database import Database, new_id
from registry.records.store.in_bulk import among
from registry.records.store.kept import never_changed

PersonKey = tuple[str, date | None]  # the name as it is compared, and the birth date: as on a class list
KEYS_A_QUERY = 5_000


class AttendanceEntry(SQLModel, table=True):
    """A line of a sign-in sheet.

    place         of the event it came with: of two lines about the same the later one counts
    minutes       0 = was not there
    came, left    by the clock of the place, where known
    carried_over  staff knew the face from the check at enrolment
    """

    __tablename__ = "attendance_entry"
    __table_args__ = (
        UniqueConstraint("event_id", "session", "name_key", "birth_date"),
        Index("attendance_by_occasion_and_name", "occasion_id", "name_key"),
        Index("attendance_by_name", "name_key"),
    )

    id: UUID = Field(primary_key=True, default_factory=new_id)
    event_id: UUID = Field(foreign_key="occasion_event.id")
    occasion_id: UUID = Field(foreign_key="occasion.id")
    place: int
    session: str
    name: str
    name_key: str
    birth_date: date | None = None
    minutes: int
    came: time | None = None
    left: time | None = None
    method: str | None = None
    native_level: str | None = None
    number_quality: str | None = None
    checker: str | None = None
    carried_over: bool = False


KEPT = (never_changed("sheet_line_is_not_changed", "attendance_entry", "a line of a sign-in sheet is never changed"),)


@dataclass(frozen=True, slots=True)
class SheetLine:
    """One person at one session; the fields are those of `AttendanceEntry`."""

    session: str
    name: str
    birth_date: date | None
    minutes: int
    came: time | None = None
    left: time | None = None
    method: str | None = None
    native_level: str | None = None
    number_quality: str | None = None
    checker: str | None = None
    carried_over: bool = False

    @property
    def person(self) -> PersonKey:
        """Whom it is about."""
        return name_key(self.name), self.birth_date

    @property
    def says_who_checked(self) -> bool:
        """Whether it says anything of how it was checked who was there."""
        return self.method is not None or self.carried_over


_COLUMNS = tuple(SheetLine.__dataclass_fields__)


def keep_sheet(  # noqa: PLR0913 what, why, when, who
    db: Database,
    occasion_id: UUID,
    lines: Sequence[SheetLine],
    *,
    replaced: int,
    reason: str | None,
    issued_before: Sequence[str],
    now: datetime,
    actor: str,
) -> OccasionEvent:
    """Store the lines of a sheet as one event. What may stand on it is decided elsewhere.

    replaced  how many of the lines take the place of earlier ones
    """
    event = append_event(
        db,
        occasion_id,
        "sheet",
        at=now,
        actor=actor,
        reason=reason,
        changes=_by_session(lines),
        lines=len(lines),
        replaced=replaced,
        digest=digest_of(sorted(_plain(line) for line in lines)),
        issued_before=issued_before,
    )
    common = {"event_id": event.id, "occasion_id": occasion_id, "place": event.place}
    db.connection().execute(
        insert(AttendanceEntry),
        [{"id": new_id(), **common, "name_key": line.person[0], **_values(line)} for line in lines],
    )
    return event


def _by_session(lines: Sequence[SheetLine]) -> list[dict[str, object]]:
    listed = Counter(line.session for line in lines)
    checked = Counter(line.session for line in lines if line.says_who_checked)
    return [
        {"path": f"session[{session}]", "before": None, "after": {"lines": count, "checked": checked[session]}}
        for session, count in sorted(listed.items())
    ]


def lines_at(
    db: Database, occasion_id: UUID, name_keys: Iterable[str] | None = None
) -> Mapping[PersonKey, Mapping[str, SheetLine]]:
    """What counts of the sheets of an occasion: by person and session.

    name_keys  only people with one of these names; None = all
    """
    query = (
        select(*(getattr(AttendanceEntry, name) for name in (*_COLUMNS, "name_key")))
        .where(AttendanceEntry.occasion_id == occasion_id)
        .order_by(col(AttendanceEntry.place))
    )
    found: dict[PersonKey, dict[str, SheetLine]] = {}
    for part in in_parts(name_keys):
        rows = db.exec(query if part is None else query.where(among(db, AttendanceEntry.name_key, part)))
        for *values, key in rows:
            line = SheetLine(*values)
            found.setdefault((key, line.birth_date), {})[line.session] = line
    return found


def sheets_of(db: Database, occasion_id: UUID) -> Mapping[str, bool]:
    """The sessions of an occasion that a sheet is on record of, and whether any line says how it was checked.

    By the history, which is short, and not by the lines, of which there may be a million.
    """
    found: dict[str, bool] = {}
    for changes in db.exec(
        select(col(OccasionEvent.changes)).where(
            OccasionEvent.occasion_id == occasion_id, col(OccasionEvent.kind) == "sheet"
        )
    ):
        for change in changes:
            session = str(change["path"]).removeprefix("session[").removesuffix("]")
            found[session] = found.get(session, False) or change["after"]["checked"] > 0
    return found


def attendance_counts(db: Database, occasion_id: UUID) -> Mapping[str, tuple[int, int]]:
    """For each session that has a sheet, how many stand on it, and how many of them were there."""
    there = func.sum(case((col(AttendanceEntry.minutes) > 0, 1), else_=0))
    columns: list[Any] = [AttendanceEntry.session, func.count(), there]
    query = select(*columns).where(AttendanceEntry.occasion_id == occasion_id, ~exists().where(*_later()))
    rows = db.exec(query.group_by(AttendanceEntry.session).order_by(AttendanceEntry.session))
    return {session: (int(people), int(present)) for session, people, present in rows}


def signed_in_as(db: Database, name_keys: Iterable[str]) -> Sequence[tuple[UUID, str, date]]:
    """Occasion, name key and birth date of everybody with one of these names who was there by any sheet."""
    found: list[tuple[UUID, str, date]] = []
    entry = AttendanceEntry
    for part in in_parts(name_keys):
        rows = (
            select(entry.occasion_id, entry.name_key, col(entry.birth_date))
            .where(among(db, entry.name_key, part or ()), entry.minutes > 0)
            .distinct()
        )
        found += [(occasion, key, born) for occasion, key, born in db.exec(rows) if born is not None]
    return found


def same(one: Any, other: Any) -> Any:  # noqa: ANN401 columns of a query
    """That two columns hold the same, or both hold nothing."""
    return or_(col(one) == col(other), and_(col(one).is_(None), col(other).is_(None)))


def in_parts(keys: Iterable[str] | None) -> Iterator[list[str] | None]:
    """The keys a few at a time; None, once, where all are wanted."""
    if keys is None:
        yield None
        return
    left = iter(sorted(set(keys)))
    while part := list(islice(left, KEYS_A_QUERY)):
        yield part


def sheet_digests(db: Database) -> Mapping[UUID, str]:
    """What the digest of each sheet ought to be, by its event, from the lines that are stored."""
    columns: list[Any] = [AttendanceEntry.event_id, *(getattr(AttendanceEntry, name) for name in _COLUMNS)]
    rows = db.exec(select(*columns).order_by(col(AttendanceEntry.event_id)))
    return {
        event: digest_of(sorted(_plain(SheetLine(*values)) for _, *values in lines))
        for event, lines in groupby(rows, key=lambda row: row[0])
    }


def sheet_page(db: Database, occasion_id: UUID, after: UUID | None, limit: int) -> Sequence[AttendanceEntry]:
    """The lines of the sign-in sheets of an occasion that count, in the order in which they were recorded."""
    query = select(AttendanceEntry).where(AttendanceEntry.occasion_id == occasion_id, ~exists().where(*_later()))
    if after is not None:
        query = query.where(AttendanceEntry.id > after)
    return db.exec(query.order_by(col(AttendanceEntry.id)).limit(limit)).all()


def _later() -> list[Any]:
    """That another line took the place of this one."""
    later = aliased(AttendanceEntry)
    return [
        col(later.occasion_id) == col(AttendanceEntry.occasion_id),
        col(later.name_key) == col(AttendanceEntry.name_key),
        same(later.birth_date, AttendanceEntry.birth_date),
        col(later.session) == col(AttendanceEntry.session),
        col(later.place) > col(AttendanceEntry.place),
    ]


def _values(line: SheetLine) -> dict[str, Any]:
    return {name: getattr(line, name) for name in _COLUMNS}


def _plain(line: SheetLine) -> list[str]:
    return ["" if value is None else str(value) for value in _values(line).values()]
