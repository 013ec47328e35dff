"""Exam results: who sat which part of the exam, for which class, at which attempt, and how it went.

Never changed: a later line about the same attempt takes the place of the earlier one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, exists, func, insert
from sqlalchemy.orm import aliased
from sqlmodel import Field, SQLModel, col, select

from registry.records.persons.people import name_key
from registry.records.sittings.attendance import PersonKey, in_parts, same
from registry.records.sittings.occasion_events import OccasionEvent, append_event, digest_of
from registry.records.sittings.occasions import Occasion
from registry.records.store.database import Database, new_id
from registry.records.store.in_bulk import among
from registry.records.store.kept import never_changed

Part = Literal["knowledge", "practical"]
Attempt = tuple[str, str | None, int]  # part, class, number


class ExamResult(SQLModel, table=True):
    """The result of one attempt at one part of an exam.

    place         of the event it came with: of two lines about the same attempt the later one counts
    scope_class   None = of the part as a whole
    outcome       as it was: points, a mark
    pass_rule     which version of the rule decided
    supervision, face, method …  how the sitting was watched and who sat it was checked; None = as the occasion says
    """

    __tablename__ = "exam_result"
    __table_args__ = (
        UniqueConstraint("event_id", "name_key", "birth_date", "part", "scope_class", "attempt"),
        Index("result_by_occasion_and_name", "occasion_id", "name_key"),
        Index("result_by_name_and_birth_date", "name_key", "birth_date"),
    )

    id: UUID = Field(primary_key=True, default_factory=new_id)
    event_id: UUID = Field(foreign_key="occasion_event.id")
    occasion_id: UUID = Field(foreign_key="occasion.id")
    place: int
    name: str
    name_key: str
    birth_date: date | None = None
    part: str
    scope_class: str | None = None
    attempt: int
    passed: bool
    sat_on: date
    outcome: str | None = None
    pass_rule: str | None = None
    examiner: str | None = None
    supervision: str | None = None
    face: str | None = None
    method: str | None = None
    native_level: str | None = None
    number_quality: str | None = None
    checker: str | None = None
    carried_over: bool = False


KEPT = (never_changed("result_is_not_changed", "exam_result", "an exam result is never changed"),)


@dataclass(frozen=True, slots=True)
class ResultLine:
    """One attempt of one person; the fields are those of `ExamResult`."""

    name: str
    birth_date: date | None
    part: str
    scope_class: str | None
    attempt: int
    passed: bool
    sat_on: date
    outcome: str | None = None
    pass_rule: str | None = None
    examiner: str | None = None
    supervision: str | None = None
    face: str | None = None
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
    def which(self) -> Attempt:
        """Which attempt of theirs it is."""
        return self.part, self.scope_class, self.attempt

    @property
    def says_who_checked(self) -> bool:
        """Whether it says anything of how it was checked who sat there."""
        return self.method is not None or self.carried_over

    @property
    def on_record_whole(self) -> bool:
        """Whether outcome and pass rule are on record beside the attempt."""
        return self.outcome is not None and self.pass_rule is not None


_COLUMNS = tuple(ResultLine.__dataclass_fields__)


def keep_results(  # noqa: PLR0913 what, why, when, who
    db: Database,
    occasion_id: UUID,
    lines: Sequence[ResultLine],
    *,
    replaced: int,
    reason: str | None,
    issued_before: Sequence[str],
    now: datetime,
    actor: str,
) -> OccasionEvent:
    """Store results as one event. What may be recorded is decided elsewhere.

    replaced  how many of the lines take the place of earlier ones
    """
    event = append_event(
        db,
        occasion_id,
        "results",
        at=now,
        actor=actor,
        reason=reason,
        lines=len(lines),
        replaced=replaced,
        digest=digest_of(sorted(_plain(line) for line in lines)),
        issued_before=issued_before,
    )
    common = {"event_id": event.id, "occasion_id": occasion_id, "place": event.place}
    db.connection().execute(
        insert(ExamResult),
        [{"id": new_id(), **common, "name_key": line.person[0], **_values(line)} for line in lines],
    )
    return event


def results_at(
    db: Database, occasion_id: UUID, name_keys: Iterable[str] | None = None
) -> Mapping[PersonKey, Mapping[Attempt, ResultLine]]:
    """What counts of the results of an occasion: by person and attempt.

    name_keys  only people with one of these names; None = all
    """
    query = (
        select(*(getattr(ExamResult, name) for name in (*_COLUMNS, "name_key")))
        .where(ExamResult.occasion_id == occasion_id)
        .order_by(col(ExamResult.place))
    )
    found: dict[PersonKey, dict[Attempt, ResultLine]] = {}
    for part in in_parts(name_keys):
        rows = db.exec(query if part is None else query.where(among(db, ExamResult.name_key, part)))
        for *values, key in rows:
            line = ResultLine(*values)
            found.setdefault((key, line.birth_date), {})[line.which] = line
    return found


def results_count(db: Database, occasion_id: UUID) -> int:
    """How many results of an occasion count."""
    query = select(func.count()).select_from(ExamResult)
    return db.exec(query.where(ExamResult.occasion_id == occasion_id, ~exists().where(*_later()))).one()


def has_results(db: Database, occasion_id: UUID) -> bool:
    """Whether any result of the occasion is on record."""
    query = select(ExamResult.id).where(ExamResult.occasion_id == occasion_id)
    return db.exec(query.limit(1)).first() is not None


def results_elsewhere(
    db: Database, scheme: str, occasion_id: UUID, name_keys: Iterable[str]
) -> Mapping[PersonKey, Sequence[tuple[str, ResultLine]]]:
    """What these people sat under the scheme at other occasions that were held: by person, with the occasion's id.

    Without a birth date a name says little: nobody is found by the name alone.
    """
    columns: list[Any] = [*(getattr(ExamResult, name) for name in (*_COLUMNS, "name_key")), Occasion.public_id]
    query = (
        select(*columns)
        .join(Occasion, col(Occasion.id) == ExamResult.occasion_id)
        .where(
            Occasion.scheme == scheme,
            Occasion.id != occasion_id,
            col(Occasion.cancelled).is_(False),
            col(ExamResult.birth_date).is_not(None),
        )
        .order_by(col(ExamResult.place))
    )
    found: dict[PersonKey, dict[tuple[str, Attempt], ResultLine]] = {}
    for part in in_parts(name_keys):
        for *values, key, where in db.exec(query.where(among(db, ExamResult.name_key, part or ()))):
            line = ResultLine(*values)
            found.setdefault((key, line.birth_date), {})[where, line.which] = line
    return {person: [(where, line) for (where, _), line in lines.items()] for person, lines in found.items()}


def courses_begun(db: Database, public_ids: Iterable[str]) -> Mapping[str, date | None]:
    """For each of these occasions the first day of its course; None where it was an exam alone."""
    begun: dict[str, date | None] = {}
    for part in in_parts(public_ids):
        found = db.exec(
            select(Occasion.public_id, col(Occasion.document)).where(col(Occasion.public_id).in_(part or ()))
        )
        for public_id, document in found:
            days = [date.fromisoformat(session["on"]) for session in document.get("session", ())]
            begun[public_id] = min(days, default=None)
    return begun


def result_digests(db: Database) -> Mapping[UUID, str]:
    """What the digest of each list of results ought to be, by its event, from the lines that are stored."""
    columns: list[Any] = [ExamResult.event_id, *(getattr(ExamResult, name) for name in _COLUMNS)]
    rows = db.exec(select(*columns).order_by(col(ExamResult.event_id)))
    return {
        event: digest_of(sorted(_plain(ResultLine(*values)) for _, *values in lines))
        for event, lines in groupby(rows, key=lambda row: row[0])
    }


def results_page(db: Database, occasion_id: UUID, after: UUID | None, limit: int) -> Sequence[ExamResult]:
    """The results of an occasion that count, in the order in which they were recorded."""
    query = select(ExamResult).where(ExamResult.occasion_id == occasion_id, ~exists().where(*_later()))
    if after is not None:
        query = query.where(ExamResult.id > after)
    return db.exec(query.order_by(col(ExamResult.id)).limit(limit)).all()


def _later() -> list[Any]:
    """That another line took the place of this one."""
    later = aliased(ExamResult)
    return [
        col(later.occasion_id) == col(ExamResult.occasion_id),
        col(later.name_key) == col(ExamResult.name_key),
        same(later.birth_date, ExamResult.birth_date),
        col(later.part) == col(ExamResult.part),
        same(later.scope_class, ExamResult.scope_class),
        col(later.attempt) == col(ExamResult.attempt),
        col(later.place) > col(ExamResult.place),
    ]


def _values(line: ResultLine) -> dict[str, Any]:
    return {name: getattr(line, name) for name in _COLUMNS}


def _plain(line: ResultLine) -> list[str]:
    return ["" if value is None else str(value) for value in _values(line).values()]
