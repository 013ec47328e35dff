"""People: found by name and birth date or by a number, never by e-mail (it changes hands).

A person keeps their id for ever. Where two records turn out to be one person, one points to the other; nothing is
moved, so that it can be undone. What changes is written down: a former name still finds the person.
"""

import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Final, Literal, NamedTuple, TypeVar, get_args
from uuid import UUID

from sqlalchemy import JSON, Column, ColumnElement, Index, insert, or_
from sqlmodel import Field, SQLModel, col, select

from registry.errors import PersonNotFound
from registry.records.store.database import Database, new_id
from registry.records.store.in_bulk import add_rows, among
from registry.records.store.kept import never_changed, never_removed
from registry.records.strict_input import StrictInput

Value = TypeVar("Value")
Way = Literal["email", "phone", "post", "via"]
WAYS: tuple[Way, ...] = get_args(Way)  # the first that there is

_LEAST_ID: Final = UUID(int=0)
NOT_FOUND: Final = "no person here has this id"
AT_ONCE: Final = 5_000  # records of one question: of many people only so many are read at a time
PersonEventKind = Literal[
    "recorded",
    "changed",
    "number_added",
    "number_ended",
    "portrait_set",
    "portrait_removed",
    "merged",
    "unmerged",
    "forgotten",
]


class Person(SQLModel, table=True):
    """A natural person who was on a class list, or was recorded by hand.

    name_key     the name as it is compared, see `name_key`
    post         postal address
    via          an employer through whom the person is reached, by id or name
    merged_into  the record that stands for this person since somebody found both to be one
    """

    __table_args__ = (
        Index("person_by_name_and_birth_date", "name_key", "birth_date"),
        Index("person_by_birth_date", "birth_date"),
    )

    id: UUID = Field(primary_key=True, default_factory=new_id)
    name: str
    name_key: str
    birth_date: date | None = None
    email: str | None = None
    phone: str | None = None
    post: str | None = None
    via: str | None = None
    merged_into: UUID | None = Field(default=None, foreign_key="person.id", index=True)
    recorded_at: datetime
    recorded_by: str

    @property
    def notifiable(self) -> bool:
        """Whether there is a way to reach the person."""
        return bool(self.email or self.phone or self.post or self.via)


class FormerName(SQLModel, table=True):
    """A name that a person had before."""

    __tablename__ = "former_name"

    id: UUID = Field(primary_key=True, default_factory=new_id)
    person_id: UUID = Field(foreign_key="person.id", index=True)
    name: str
    name_key: str = Field(index=True)
    until: datetime
    recorded_by: str


class PersonEvent(SQLModel, table=True):
    """What happened to a record, in order. Only added to.

    about  which of its parts, or which other record; never what they say, so that it outlives what is erased
    """

    __tablename__ = "person_event"

    id: UUID = Field(primary_key=True, default_factory=new_id)
    person_id: UUID = Field(foreign_key="person.id", index=True)
    kind: str
    about: list[str] = Field(sa_column=Column(JSON, nullable=False))
    at: datetime
    actor: str
    reason: str | None = None


KEPT = (
    never_changed("person_event_is_not_changed", "person_event", "events are never changed"),
    never_removed("person_event_is_not_removed", "person_event", "events are never removed"),
    never_changed("former_name_is_not_changed", "former_name", "a former name is never changed"),
    never_removed("person_is_not_removed", "person", "a record of a person keeps its id for ever"),
)


class Changes(StrictInput):
    """What is to change of a record; what is left out stays. An empty text takes a way to reach the person away."""

    name: str | None = None
    birth_date: date | None = None
    email: str | None = None
    phone: str | None = None
    post: str | None = None
    via: str | None = None


class Known(NamedTuple):
    """As much of a record as tells who it is; way: by which they are reached, None where there is none."""

    id: UUID
    way: Way | None

    @property
    def notifiable(self) -> bool:
        """Whether there is a way to reach the person."""
        return self.way is not None


class Called(NamedTuple):
    """Somebody with a name: the key that was looked for, and whether it is a name they had before."""

    key: str
    person: Person
    formerly: bool


@lru_cache(maxsize=4096)  # the names of staff and organisations are compared with everybody on a list
def name_key(name: str) -> str:
    """A name as it is compared: NFKC, without regard to case, to how wide a gap is and to the width of letters."""
    if name.isascii():  # which nothing of what follows but case and gaps is about
        return " ".join(name.casefold().split())
    # A letter may fall apart when its case is folded, and come together again only then.
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return " ".join(folded.casefold().split())


def people_called(db: Database, keys: Iterable[str]) -> Sequence[Called]:
    """Everybody with one of these name keys, now or before, the one recorded first first.

    Of records that were merged, the one that stands for the person.
    """
    found: list[Called] = []
    for part in _parts(list(set(keys))):
        now = db.exec(select(Person).where(among(db, Person.name_key, part)).order_by(col(Person.id))).all()
        found += [Called(person.name_key, person, formerly=False) for person in now]
        before = db.exec(
            select(FormerName.name_key, Person)
            .join(Person, col(Person.id) == FormerName.person_id)
            .where(among(db, FormerName.name_key, part))
            .order_by(col(Person.id))
        ).all()
        found += [Called(key, person, formerly=True) for key, person in before if key != person.name_key]
    stands = standing_for(db, (each.person for each in found))
    return [each._replace(person=stands[each.person.id]) for each in found]


def person_by_id(db: Database, said: str) -> Person:
    """The record of that id, itself, also where another stands for it. Raises PersonNotFound."""
    try:
        found = db.get(Person, UUID(said))
    except ValueError:
        found = None
    if found is None:
        raise PersonNotFound(NOT_FOUND)
    return found


def people_by_id(db: Database, ids: Iterable[UUID]) -> Mapping[UUID, Person]:
    """These records, themselves."""
    found: dict[UUID, Person] = {}
    for part in _parts(list(set(ids))):
        found |= {person.id: person for person in db.exec(select(Person).where(among(db, Person.id, part)))}
    return found


def columns_of(db: Database, ids: Iterable[UUID], *names: str) -> Iterator[Sequence[Any]]:
    """Id and these columns of each record: of many people it costs a third of the records themselves."""
    columns = [col(getattr(Person, name)) for name in ("id", *names)]
    for part in _parts(list(set(ids))):
        yield from db.connection().execute(select(*columns).where(among(db, Person.id, part))).all()


def first_way(ways: Sequence[str | None]) -> Way | None:
    """The first by which somebody can be reached; ways: what is on record of each, in the order of `WAYS`."""
    return next((way for way, to in zip(WAYS, ways, strict=True) if to), None)


def known_by_id(db: Database, ids: Iterable[UUID]) -> Mapping[UUID, Known]:
    """For each of these records, as much as there is to know of the record that stands for the person."""
    stands = standing_ids(db, set(ids))
    columns = columns_of(db, stands.values(), *WAYS)
    found = {identity: Known(identity, first_way(ways)) for identity, *ways in columns}
    return {identity: found[stood_for] for identity, stood_for in stands.items()}


def standing_for(db: Database, people: Iterable[Person]) -> Mapping[UUID, Person]:
    """For each of these records by its id, the record that stands for the person: itself, unless it was merged."""
    stands = {person.id: person for person in people}
    while pointing := {person.merged_into for person in stands.values() if person.merged_into is not None}:
        others = people_by_id(db, pointing)
        stands = {
            identity: person if person.merged_into is None else others[person.merged_into]
            for identity, person in stands.items()
        }
    return stands


def any_merged(db: Database) -> bool:
    """Whether any record ever points to another: mostly none does, and nobody need look further."""
    # Not `IS NOT NULL`: SQLite finds that in no index, and would look through everybody.
    # In an order, since PostgreSQL looks through everybody too where it guesses that many do.
    pointing = select(Person.id).where(col(Person.merged_into) >= _LEAST_ID).order_by(col(Person.merged_into))
    return db.exec(pointing.limit(1)).first() is not None


def standing_ids(db: Database, ids: Collection[UUID]) -> Mapping[UUID, UUID]:
    """The same by ids alone."""
    if not any_merged(db):
        return {identity: identity for identity in ids}
    pointer: dict[UUID, UUID] = {}
    for part in _parts(list(set(ids))):
        asked = select(Person.id, Person.merged_into).where(among(db, Person.id, part))
        pointer |= {
            identity: other
            for identity, other in db.exec(asked.where(col(Person.merged_into).is_not(None)))
            if other is not None
        }
    if not pointer:
        return {identity: identity for identity in ids}
    further = standing_ids(db, set(pointer.values()))
    return {identity: further[pointer[identity]] if identity in pointer else identity for identity in ids}


def all_records_of(db: Database, person: UUID) -> Sequence[UUID]:
    """The record that stands for a person and all that were merged into it, however long ago."""
    found = [standing_ids(db, {person})[person]]
    at = 0
    while at < len(found):
        found += db.exec(select(Person.id).where(Person.merged_into == found[at]).order_by(col(Person.id))).all()
        at += 1
    return found


def records_behind(db: Database, people: Collection[UUID]) -> Mapping[UUID, UUID]:
    """All records of each of these people, themselves included, and which of the people each belongs to."""
    found = {person: person for person in people}
    new = list(found) if any_merged(db) else []
    while new:
        pointing: dict[UUID, UUID] = {}
        for part in _parts(new):
            asked = select(Person.id, Person.merged_into).where(among(db, Person.merged_into, part))
            pointing |= {identity: found[into] for identity, into in db.exec(asked) if into is not None}
        new = [identity for identity in pointing if identity not in found]
        found |= {identity: pointing[identity] for identity in new}
    return found


def people_page(
    db: Database,
    *,
    like: str = "",
    seen: ColumnElement[bool] | None = None,
    after: UUID | None = None,
    limit: int = 50,
) -> Sequence[Person]:
    """Records in the order they were made, those that were merged into others left out.

    like  part of a name, now or before
    seen  which of them may be seen; None = all
    """
    asked = select(Person).where(col(Person.merged_into).is_(None)).order_by(col(Person.id)).limit(limit)
    if after is not None:
        asked = asked.where(col(Person.id) > after)
    if seen is not None:
        asked = asked.where(seen)
    if key := name_key(like):
        before = select(FormerName.person_id).where(col(FormerName.name_key).contains(key, autoescape=True))
        asked = asked.where(or_(col(Person.name_key).contains(key, autoescape=True), col(Person.id).in_(before)))
    return db.exec(asked).all()


def add_person(db: Database, given: Changes, now: datetime, actor: str, *, reason: str | None = None) -> Person:
    """A new record; `given` has a name."""
    name = given.name or ""
    person = Person(
        name=name,
        name_key=name_key(name),
        birth_date=given.birth_date,
        email=given.email or None,
        phone=given.phone or None,
        post=given.post or None,
        via=given.via or None,
        recorded_at=now,
        recorded_by=actor,
    )
    db.add(person)
    db.flush()
    note_event(db, person.id, "recorded", (), now, actor, reason)
    return person


def change_person(  # noqa: PLR0913, PLR0917 who, when and why
    db: Database, person: Person, given: Changes, now: datetime, actor: str, reason: str | None
) -> bool:
    """Change what is given and differs. The name before is kept. Whether anything changed."""
    wanted = {name: value for name, value in given.model_dump().items() if value is not None}
    changed = sorted(name for name, value in wanted.items() if getattr(person, name) != (value or None))
    if not changed:
        return False
    if "name" in changed:
        db.add(
            FormerName(person_id=person.id, name=person.name, name_key=person.name_key, until=now, recorded_by=actor)
        )
        person.name_key = name_key(wanted["name"])
    for name in changed:
        setattr(person, name, wanted[name] or None)
    db.add(person)
    note_event(db, person.id, "changed", changed, now, actor, reason)
    return True


def former_names_of(db: Database, people: Iterable[UUID]) -> Mapping[UUID, Sequence[FormerName]]:
    """The names that these people had before, the first first."""
    found: dict[UUID, list[FormerName]] = {}
    for part in _parts(list(set(people))):
        rows = db.exec(select(FormerName).where(among(db, FormerName.person_id, part)).order_by(col(FormerName.id)))
        for row in rows:
            found.setdefault(row.person_id, []).append(row)
    return found


def names_of(db: Database, people: Iterable[Person]) -> Mapping[UUID, Sequence[str]]:
    """All names that each of these has or had."""
    listed = list(people)
    former = former_names_of(db, (person.id for person in listed))
    return {person.id: [person.name, *(each.name for each in former.get(person.id, ()))] for person in listed}


def merge_into(  # noqa: PLR0913, PLR0917 same
    db: Database, gone: Person, kept: Person, now: datetime, actor: str, reason: str | None
) -> None:
    """Let one record stand for both. Neither loses its id or anything that hangs on it."""
    gone.merged_into = kept.id
    db.add(gone)
    note_event(db, gone.id, "merged", (str(kept.id),), now, actor, reason)
    note_event(db, kept.id, "merged", (str(gone.id),), now, actor, reason)


def unmerge(db: Database, gone: Person, now: datetime, actor: str, reason: str | None) -> None:
    """Let a merged record stand for itself again."""
    kept, gone.merged_into = gone.merged_into, None
    db.add(gone)
    note_event(db, gone.id, "unmerged", (str(kept),), now, actor, reason)
    if kept is not None:
        note_event(db, kept, "unmerged", (str(gone.id),), now, actor, reason)


def note_event(  # noqa: PLR0913, PLR0917 all that an event is
    db: Database,
    person: UUID,
    kind: PersonEventKind,
    about: Iterable[str],
    now: datetime,
    actor: str,
    reason: str | None = None,
) -> None:
    """Write down what happened to a record."""
    db.add(PersonEvent(person_id=person, kind=kind, about=list(about), at=now, actor=actor, reason=reason))
    db.flush()


def note_events(
    db: Database,
    happened: Sequence[tuple[UUID, PersonEventKind, Sequence[str]]],
    now: datetime,
    actor: str,
    reason: str | None = None,
) -> None:
    """The same of many records, in one statement: whose, what, about what."""
    if happened:
        db.flush()
        shared = {"at": now, "actor": actor, "reason": reason}
        values = [
            {"id": new_id(), "person_id": person, "kind": kind, "about": list(about)} | shared
            for person, kind, about in happened
        ]
        db.connection().execute(insert(PersonEvent), values)


def person_events(db: Database, people: Iterable[UUID]) -> Sequence[PersonEvent]:
    """What happened to these records, in order."""
    return db.exec(
        select(PersonEvent).where(col(PersonEvent.person_id).in_(list(people))).order_by(col(PersonEvent.id))
    ).all()


def as_content(person: Person, former: Iterable[FormerName], numbers: Iterable[str], events: int) -> dict[str, Any]:
    """All that a record says, for a digest: whoever approves a merge approves these two records as they are.

    events  how many there were: what was undone since is not approved any more
    """
    return {
        "id": str(person.id),
        "name": person.name,
        "birth_date": person.birth_date and person.birth_date.isoformat(),
        "email": person.email,
        "phone": person.phone,
        "post": person.post,
        "via": person.via,
        "merged_into": person.merged_into and str(person.merged_into),
        "former_names": [each.name for each in former],
        "numbers": sorted(numbers),
        "events": events,
    }


def _parts(values: Sequence[Value]) -> Iterator[Sequence[Value]]:
    for start in range(0, len(values), AT_ONCE):
        yield values[start : start + AT_ONCE]


class NewPerson(NamedTuple):
    """What `Person` has, of somebody who is on record nowhere yet, without what it costs to be a row."""

    id: UUID
    name: str
    name_key: str
    birth_date: date | None
    email: str | None
    phone: str | None
    recorded_at: datetime
    recorded_by: str


def add_people(db: Database, people: Sequence[NewPerson]) -> None:
    """Store people who are on record nowhere yet, in one statement."""
    db.flush()
    add_rows(db, Person, (person._asdict() for person in people))
