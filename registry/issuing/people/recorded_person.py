"""A person is recorded by hand: found where they are on record, added where they are not."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from registry.errors import MalformedInput
from registry.issuing.people.duplicates import suspicion
from registry.issuing.people.identify import About, Identified, find_by_number, identify, refuse_merged
from registry.reading.likeness import Known, name_likeness
from registry.reading.national_id import NationalNumber
from registry.records.issued.person_organisations import note_organisation
from registry.records.persons.duplicates import queue_pairs
from registry.records.persons.people import (
    Changes,
    Person,
    add_person,
    change_person,
    name_key,
    names_of,
    people_by_id,
    people_called,
)
from registry.records.store.database import Database
from registry.signing.personal_data import PersonalData

_NOTHING_MORE = About()


@dataclass(frozen=True)
class Number:
    """A number that was given with a person, and the keys that it is kept and found by."""

    number: NationalNumber
    data: PersonalData
    about: About = _NOTHING_MORE


@dataclass(frozen=True)
class RecordedPerson:
    """Who it is.

    outcome     new, or known: on record already, by number or by name and birth date
    identified  what became of the number, where one was given
    """

    person: Person
    outcome: Literal["new", "known"]
    identified: Identified | None = None


def record_person(  # noqa: PLR0913 who, for whom, by whom, when
    db: Database,
    given: Changes,
    organisation: str,
    *,
    now: datetime,
    actor: str,
    number: Number | None = None,
    another_person: bool = False,
) -> RecordedPerson:
    """Record a person for an organisation. Who is on record is found, and what was not known of them is filled in.

    another_person  somebody of this name and birth date is on record, and this is not the same person

    A number that is on record of somebody with quite another name is kept of nobody: the pair is queued for review.

    Raises MalformedInput, WrongIndexKey, SealDoesNotOpen.
    """
    given = _with_birth_date(given, number)
    found = None if number is None else _by_number(db, number)
    known: Person | None
    if found is not None and _is_called(db, found, given.name or ""):
        known, found = found, None
    else:
        known = None if another_person else _by_name(db, given)
    if known is not None:
        _fill_in(db, known, given, now, actor)
    person = add_person(db, given, now, actor) if known is None else known
    outcome: Literal["new", "known"] = "new" if known is None else "known"
    note_organisation(db, person.id, organisation, now, actor)
    if number is None:
        return RecordedPerson(person, outcome)
    if found is not None:
        (pair,) = queue_pairs(db, [suspicion(person.id, found.id, "number_conflict")], now, actor) or (None,)
        return RecordedPerson(person, outcome, Identified("conflict", None if pair is None else pair.id))
    became = identify(db, number.data, person, number.number, number.about, now=now, actor=actor)
    return RecordedPerson(person, outcome, became)


def correct_person(  # noqa: PLR0913 whose, what, when, by whom, why
    db: Database, person: Person, given: Changes, *, now: datetime, actor: str, reason: str | None
) -> bool:
    """Change what is on record of a person; a name before is kept. Whether anything changed. Raises PersonMerged."""
    refuse_merged(person)
    return change_person(db, person, given, now, actor, reason)


def _with_birth_date(given: Changes, number: Number | None) -> Changes:
    if number is None:
        return given
    if given.birth_date is not None:
        if not number.number.agrees_with(given.birth_date):
            raise MalformedInput([("number", "does not agree with the birth date; correct whichever is wrong")])
        return given
    return given.model_copy(update={"birth_date": number.number.birth_date})


def _by_number(db: Database, number: Number) -> Person | None:
    found = find_by_number(db, number.data, number.number)
    return None if found is None else people_by_id(db, [found])[found]


def _is_called(db: Database, person: Person, name: str) -> bool:
    """Whether the name is one of the person's, or like one."""
    return name_likeness(Known([name]), Known(names_of(db, [person])[person.id])) is not None


def _by_name(db: Database, given: Changes) -> Person | None:
    """Without a birth date a name tells nobody."""
    if given.birth_date is None:
        return None
    called = [
        each for each in people_called(db, [name_key(given.name or "")]) if each.person.birth_date == given.birth_date
    ]
    return min(called, key=lambda each: (each.formerly, each.person.id)).person if called else None


def _fill_in(db: Database, person: Person, given: Changes, now: datetime, actor: str) -> None:
    """What was not known; what is on record of somebody is not replaced."""
    new = {
        name: value
        for name, value in given.model_dump().items()
        if value is not None and name != "name" and getattr(person, name) is None
    }
    if new:
        change_person(db, person, Changes(**new), now, actor, None)
