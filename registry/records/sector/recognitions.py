"""Recognitions: a scheme's owner accepts another scheme's certificates as equal to its own, on terms, from a day on.

What was decided is never changed: it is withdrawn, and something else is decided. Each decision is an event; the
columns that say it was withdrawn are what the events come to.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from hashlib import sha256
from typing import Annotated, Literal, Self
from uuid import UUID

import orjson
from pydantic import Field as InputField
from pydantic import model_validator
from sqlalchemy import JSON, Column, String, UniqueConstraint
from sqlmodel import Field, SQLModel, col, func, or_, select

from levels.level import Level
from registry.errors import (
    RecognitionAlreadyWithdrawn,
    RecognitionNotAllowed,
    RecognitionNotFound,
    SchemeNotFound,
)
from registry.records.log.entries import enter
from registry.records.sector.scheme_document import ScopeClass, Version, edition_levels
from registry.records.sector.schemes import SchemeVersion, scheme_owner, scheme_version, scheme_versions
from registry.records.store.database import Database, new_id
from registry.records.store.kept import never_changed, never_removed
from registry.records.strict_input import InLanguages, Line, Slug, StrictInput

EventKind = Literal["granted", "withdrawn"]
Standing = Literal["in_force", "coming", "ended", "withdrawn"]
MOST_CLASSES = 40


class Recognition(SQLModel, table=True):
    """One recognition. Days are inclusive, None = no limit; `verification.trust.Recognition` says what each term means.

    scheme, accepts  whose owner decided it, and whose certificates are accepted
    withdrawn_from   the first day it no longer holds
    reason           why the last decision was made
    recorded_*       when it was granted, and by whom
    """

    id: UUID = Field(primary_key=True, default_factory=new_id)
    public_id: str = Field(unique=True, index=True)
    scheme: str = Field(foreign_key="scheme.code", index=True)
    accepts: str = Field(foreign_key="scheme.code", index=True)
    versions: list[str] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    min_level: str | None = None
    issued_from: date | None = None
    issued_until: date | None = None
    accepted_from: date
    accepted_until: date | None = None
    required_classes: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    class_map: dict[str, str] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    condition: dict[str, str] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    withdrawn_from: date | None = None
    reason: str | None = None
    recorded_at: datetime
    recorded_by: str

    def standing_on(self, day: date) -> Standing:
        """What it is that day, for certificates that are relied upon then; what is for good before what passes."""
        if self.withdrawn_from is not None and self.withdrawn_from <= day:
            return "withdrawn"
        if self.accepted_until is not None and self.accepted_until < day:
            return "ended"
        return "coming" if day < self.accepted_from else "in_force"


class RecognitionEvent(SQLModel, table=True):
    """A decision about a recognition: who, when, why, from when. Never changed, never removed.

    place      1 for the first event of the recognition, and so on without gaps
    from_day   the first day it is about: on which it holds, or no longer does
    until_day  the last such day; None = no end
    """

    __tablename__ = "recognition_event"
    __table_args__ = (UniqueConstraint("recognition_id", "place"),)

    id: UUID = Field(primary_key=True, default_factory=new_id)
    recognition_id: UUID = Field(foreign_key="recognition.id", index=True)
    place: int
    kind: EventKind = Field(sa_type=String)
    at: datetime
    from_day: date
    until_day: date | None = None
    reason: str | None = None
    actor: str


_KEPT = "what a recognition says is never changed; a decision about it is an event"
KEPT = (
    never_changed("recognition_is_kept", "recognition", _KEPT, but=("withdrawn_from", "reason")),
    never_removed("recognition_stays", "recognition", _KEPT),
    never_changed("recognition_event_is_kept", "recognition_event", "an event is never changed"),
    never_removed("recognition_event_stays", "recognition_event", "an event is never removed"),
)


class NewRecognition(StrictInput):
    """A recognition as the scheme's owner grants it.

    class_map  which class of the scheme a class of the accepted one counts as; one not named counts as none
    condition  what a person has to see to, since nothing here can tell
    """

    scheme: Slug
    accepts: Slug
    versions: Annotated[tuple[Version, ...], InputField(min_length=1, max_length=100)] | None = None
    min_level: Level | None = None
    issued_from: date | None = None
    issued_until: date | None = None
    accepted_from: date
    accepted_until: date | None = None
    required_classes: Annotated[tuple[ScopeClass, ...], InputField(max_length=MOST_CLASSES)] = ()
    class_map: Annotated[dict[ScopeClass, ScopeClass], InputField(max_length=MOST_CLASSES)] = InputField(
        default_factory=dict
    )
    condition: InLanguages | None = None
    reason: Line | None = None

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        if self.scheme == self.accepts:
            raise ValueError(f"{self.scheme} needs no recognition of itself")
        for name in ("issued", "accepted"):
            first, last = getattr(self, f"{name}_from"), getattr(self, f"{name}_until")
            if first and last and last < first:
                raise ValueError(f"{name}_until ({last}) lies before {name}_from ({first})")
        if self.accepted_until and self.issued_from and self.accepted_until < self.issued_from:
            raise ValueError(
                f"nothing issued from {self.issued_from} on can be relied upon until {self.accepted_until}"
            )
        return self


def grant_recognition(db: Database, new: NewRecognition, now: datetime, actor: str) -> Recognition:
    """Grant a recognition in the name of the owner of the scheme that accepts.

    Raises SchemeNotFound, and RecognitionNotAllowed for a level or a class that there is not, and where the same
    stands already.
    """
    own, others = _published(db, new.scheme), _published(db, new.accepts)
    if new.versions is not None:
        others = [scheme_version(db, new.accepts, version) for version in new.versions]
    order = edition_levels(new.accepted_from)
    highest = min((Level(version.max_level) for version in others), key=order.index)
    if new.min_level is not None and order.index(new.min_level) < order.index(highest):
        raise RecognitionNotAllowed(f"{new.accepts} goes no higher than {highest.value}: no certificate could meet it")
    _check_classes(new.accepts, _classes(others), {*new.required_classes, *new.class_map})
    _check_classes(new.scheme, _classes(own), new.class_map.values())
    given = new.model_dump(mode="json")
    for each in recognitions(db, scheme=new.scheme):
        if each.withdrawn_from is None and _terms(each) == {**given, "reason": None}:
            raise RecognitionNotAllowed(f"{each.public_id} says just that already")
    identity = new_id()
    row = Recognition(
        **new.model_dump(exclude={"versions", "required_classes", "condition", "min_level"}),
        id=identity,
        public_id=f"recognition-{identity.hex[-16:]}",
        versions=given["versions"],
        min_level=given["min_level"],
        required_classes=given["required_classes"],
        condition=given["condition"],
        recorded_at=now,
        recorded_by=actor,
    )
    db.add(row)
    db.flush()
    _append(db, row, "granted", now, actor)
    return row


def withdraw_recognition(  # noqa: PLR0913 a decision has a day, a reason, an actor and a moment
    db: Database, public_id: str, from_day: date, reason: str, actor: str, *, now: datetime
) -> Recognition:
    """From that day on nothing counts by it, for good. An earlier day may replace a later one, never the other way.

    Raises RecognitionNotFound, RecognitionAlreadyWithdrawn.
    """
    row = recognition_by_id(db, public_id, lock=True)
    if row.withdrawn_from is not None and row.withdrawn_from <= from_day:
        raise RecognitionAlreadyWithdrawn(f"{public_id} was withdrawn from {row.withdrawn_from}")
    row.withdrawn_from, row.reason = from_day, reason
    _append(db, row, "withdrawn", now, actor)
    return row


def recognition_by_id(db: Database, public_id: str, *, lock: bool = False) -> Recognition:
    """Raises RecognitionNotFound."""
    wanted = select(Recognition).where(Recognition.public_id == public_id)
    if lock:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    found = db.exec(wanted).first()
    if found is None:
        raise RecognitionNotFound(f"no recognition has the id {public_id!r}")
    return found


def recognitions(db: Database, *, scheme: str | None = None, either: str | None = None) -> Sequence[Recognition]:
    """All of them, by scheme and what it accepts.

    scheme  those by which that one accepts others
    either  those in which that one accepts or is accepted
    """
    wanted = select(Recognition).order_by(Recognition.scheme, Recognition.accepts, col(Recognition.id))
    if scheme is not None:
        wanted = wanted.where(Recognition.scheme == scheme)
    if either is not None:
        wanted = wanted.where(or_(col(Recognition.scheme) == either, col(Recognition.accepts) == either))
    return db.exec(wanted).all()


def recognitions_after(
    db: Database, after: UUID | None, limit: int, *, scheme: str | None = None, accepts: str | None = None
) -> Sequence[Recognition]:
    """In the order in which they were granted, from the one after that id on."""
    wanted = select(Recognition).order_by(col(Recognition.id)).limit(limit)
    for column, value in ((Recognition.scheme, scheme), (Recognition.accepts, accepts)):
        if value is not None:
            wanted = wanted.where(col(column) == value)
    return db.exec(wanted if after is None else wanted.where(col(Recognition.id) > after)).all()


def recognition_history(db: Database, row: Recognition) -> Sequence[RecognitionEvent]:
    """Every decision about it, the first one first."""
    wanted = select(RecognitionEvent).where(RecognitionEvent.recognition_id == row.id)
    return db.exec(wanted.order_by(col(RecognitionEvent.place))).all()


def recognition_decisions(db: Database) -> Sequence[tuple[Recognition, RecognitionEvent]]:
    """Every decision about a recognition, the oldest first."""
    both = select(Recognition, RecognitionEvent).where(RecognitionEvent.recognition_id == Recognition.id)
    return db.exec(both.order_by(col(RecognitionEvent.id))).all()


def recognition_mismatches(db: Database) -> Sequence[str]:
    """The ids of recognitions whose columns are not what their events come to."""
    events: dict[UUID, list[RecognitionEvent]] = defaultdict(list)
    for row, event in recognition_decisions(db):
        events[row.id].append(event)
    return [row.public_id for row in recognitions(db) if _ended_by(events[row.id]) != _said_by(row)]


def _ended_by(events: Sequence[RecognitionEvent]) -> tuple[object, ...]:
    first = [(one.from_day, one.until_day) for one in events if one.kind == "granted"]
    ends = [one.from_day for one in events if one.kind == "withdrawn"]
    return first, ends[-1] if ends else None


def _said_by(row: Recognition) -> tuple[object, ...]:
    return [(row.accepted_from, row.accepted_until)], row.withdrawn_from


def _published(db: Database, code: str) -> Sequence[SchemeVersion]:
    """Raises SchemeNotFound."""
    scheme_owner(db, code)
    found = scheme_versions(db, code)
    if not found:
        raise SchemeNotFound(f"no version of {code} is published yet; publish one first")
    return found


def _classes(versions: Sequence[SchemeVersion]) -> set[str]:
    return {one for version in versions for one in version.new().scope_classes}


def _check_classes(code: str, known: Collection[str], named: Collection[str]) -> None:
    """Raises RecognitionNotAllowed."""
    unknown = sorted(set(named) - set(known))
    if unknown:
        raise RecognitionNotAllowed(
            f"{code} has no class {', '.join(unknown)}; it has {', '.join(sorted(known)) or 'none'}"
        )


def _terms(row: Recognition) -> dict[str, object]:
    """What it says, as it was given, but for the reason."""
    return {**row.model_dump(mode="json", include=set(NewRecognition.model_fields)), "reason": None}


def _append(db: Database, row: Recognition, kind: EventKind, now: datetime, actor: str) -> None:
    """Store the decision beside what came of it. The columns say already what it is about."""
    place = db.exec(select(func.max(RecognitionEvent.place)).where(RecognitionEvent.recognition_id == row.id)).one()
    event = RecognitionEvent(
        recognition_id=row.id,
        place=(place or 0) + 1,
        kind=kind,
        at=now,
        from_day=row.withdrawn_from or row.accepted_from,
        until_day=row.accepted_until if kind == "granted" else None,
        reason=row.reason,
        actor=actor,
    )
    db.add_all((row, event))
    db.flush()
    enter_recognition(db, row, event, now.date())


def enter_recognition(db: Database, row: Recognition, event: RecognitionEvent, day: date) -> None:
    """Have a decision about a recognition entered in the log that day; its digest holds every term."""
    said: Mapping[str, object] = {
        **event.model_dump(mode="json", exclude={"id", "recognition_id", "actor"}),
        "recognition": row.public_id,
        "terms": _terms(row),
    }
    enter(
        db,
        "recognition.changed",
        day,
        {
            "scheme": row.scheme,
            "accepts": row.accepts,
            "change": event.kind,
            "digest": sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest(),
            "from": event.from_day.isoformat(),
            **({"until": event.until_day.isoformat()} if event.until_day else {}),
        },
        event.id,
    )
