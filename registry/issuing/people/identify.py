"""A number comes to a person: kept where it is new, known where it is theirs, and for review where it is another's.

A number that is on record of somebody else changes nothing and is never refused without a trace: the pair goes into
the review queue.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from levels.rulebook import edition_on
from registry.errors import MalformedInput, NumberNotFound, PersonMerged
from registry.issuing.people.duplicates import suspicion
from registry.reading.national_id import NationalNumber
from registry.records.persons.duplicates import pairs_of, queue_pairs
from registry.records.persons.identifiers import (
    PersonIdentifier,
    end_identifier,
    identifiers_of,
    owners_of,
    replace_identifier,
)
from registry.records.persons.people import Changes, Person, all_records_of, change_person, note_event, standing_ids
from registry.records.store.database import Database
from registry.signing.personal_data import Given, PersonalData

ONE_AT_A_TIME = frozenset({"personnummer", "samordningsnummer", "fodselsnummer", "d_number"})


@dataclass(frozen=True)
class Identified:
    """What became of a number.

    outcome  added; known = it was the person's already; conflict = it is on record of somebody else
    pair     in the review queue, of a conflict
    """

    outcome: Literal["added", "known", "conflict"]
    pair: UUID | None = None


@dataclass(frozen=True)
class About:
    """What is said of a number beside itself.

    quality   of a samordningsnummer
    since     first day the person had it
    replaces  id of the number in whose place it comes
    """

    quality: str | None = None
    since: date | None = None
    replaces: str | None = None
    reason: str | None = None


def identify(  # noqa: PLR0913 whose, what, by whom, when
    db: Database,
    data: PersonalData,
    person: Person,
    number: NationalNumber,
    about: About,
    *,
    now: datetime,
    actor: str,
) -> Identified:
    """Record a number of a person. The birth date is filled in where the number tells it and none was known.

    The caller commits whatever the outcome: a conflict has left its trace.

    Raises PersonMerged, MalformedInput, NumberNotFound, WrongIndexKey, SealDoesNotOpen.
    """
    refuse_merged(person)
    _check(number, person, about, now.date())
    data.check(db)
    index = data.index_of(number)
    records = all_records_of(db, person.id)
    standing = [row for rows in identifiers_of(db, records).values() for row in rows if row.ended_at is None]
    owner = owners_of(db, [index]).get(index)
    if owner is not None and owner.person not in records:
        other = standing_ids(db, {owner.person})[owner.person]
        queue_pairs(db, [suspicion(person.id, other, "number_conflict")], now, actor)
        pair = next(row.id for row in pairs_of(db, [person.id]) if other in {row.a, row.b})
        return Identified("conflict", pair)
    if owner is not None:
        its = next(row for row in standing if row.id == owner.identifier)
        _more_known(db, its, about, now, actor)
        return Identified("known")
    replaced = _replaced(standing, number, about)
    given = Given(person.id, data.take(number), about.quality, about.since)
    data.keep(db, [given], now, actor)
    note_event(db, person.id, "number_added", (number.kind,), now, actor, about.reason)
    if replaced is not None:
        replace_identifier(db, replaced, owners_of(db, [index])[index].identifier)
    if person.birth_date is None and number.birth_date is not None:
        change_person(db, person, Changes(birth_date=number.birth_date), now, actor, about.reason)
    return Identified("added")


def end_number(  # noqa: PLR0913 which, why, by whom, when
    db: Database, person: Person, said: str, *, reason: str, now: datetime, actor: str
) -> None:
    """Say that a number was recorded of this person in error. Raises NumberNotFound."""
    row = _number_of(db, person, said)
    end_identifier(db, row, reason, now, actor)
    note_event(db, row.person_id, "number_ended", (row.kind,), now, actor, reason)


def find_by_number(db: Database, data: PersonalData, number: NationalNumber) -> UUID | None:
    """Whose number it is: the record that stands for that person. Raises WrongIndexKey."""
    data.check(db)
    index = data.index_of(number)
    owner = owners_of(db, [index]).get(index)
    return None if owner is None else standing_ids(db, {owner.person})[owner.person]


def refuse_merged(person: Person) -> None:
    """Raises PersonMerged, naming the record that stands: nothing more is recorded of one that does not."""
    if person.merged_into is not None:
        raise PersonMerged(f"{person.id} was merged into {person.merged_into}; use that id")


def _check(number: NationalNumber, person: Person, about: About, on: date) -> None:
    faults: list[tuple[str, str]] = []
    if person.birth_date is not None and not number.agrees_with(person.birth_date):
        faults.append(("number", "does not agree with the birth date on record; correct whichever is wrong"))
    if about.quality is not None:
        known = edition_on(on).methods.number_quality_cap
        if number.kind != "samordningsnummer":
            faults.append(("quality", "is said of a samordningsnummer only"))
        elif about.quality not in known:
            faults.append(("quality", f"must be one of {', '.join(known)}"))
    if about.since is not None and about.since > on:
        faults.append(("since", f"lies in the future ({about.since})"))
    if faults:
        raise MalformedInput(faults)


def _replaced(standing: Collection[PersonIdentifier], number: NationalNumber, about: About) -> PersonIdentifier | None:
    """The number in whose place this one comes. Nobody has two personnummer, unless one replaced the other."""
    if about.replaces is not None:
        named = next((row for row in standing if str(row.id) == about.replaces), None)
        if named is None:
            raise NumberNotFound("replaces must be the id of a number that this person has")
        return named
    same = [
        row for row in standing if row.kind == number.kind and row.kind in ONE_AT_A_TIME and row.replaced_by is None
    ]
    if same:
        says = (
            f"is missing: the person has a {number.kind} ({same[0].id}); say that this one replaces it, or end that "
            "one first if it was recorded in error"
        )
        raise MalformedInput([("replaces", says)])
    return None


def _more_known(db: Database, row: PersonIdentifier, about: About, now: datetime, actor: str) -> None:
    """What is said of a number that is the person's already, where it is new."""
    changed = [name for name in ("quality", "since") if getattr(about, name) not in {None, getattr(row, name)}]
    for name in changed:
        setattr(row, name, getattr(about, name))
    if changed:
        db.add(row)
        note_event(db, row.person_id, "changed", changed, now, actor, about.reason)


def _number_of(db: Database, person: Person, said: str) -> PersonIdentifier:
    for rows in identifiers_of(db, all_records_of(db, person.id)).values():
        for row in rows:
            if str(row.id) == said and row.ended_at is None:
                return row
    raise NumberNotFound("this person has no such number; `bevis person show` has the ids of those there are")
