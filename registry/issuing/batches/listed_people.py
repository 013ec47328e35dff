"""Who stands on a class list: found on record, or put there. What is on record is filled in, never replaced."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from registry.issuing.decisions.decide import Decision
from registry.issuing.lists.class_list import ListKeys
from registry.issuing.lists.roster_row import RosterRow
from registry.issuing.people.duplicates import suspicion
from registry.records.persons.duplicates import queue_pairs
from registry.records.persons.identifiers import owners_of
from registry.records.persons.people import Known, NewPerson, Person, add_people, note_events, people_by_id
from registry.records.store.database import Database, new_id
from registry.signing.personal_data import Given


def record_people(
    db: Database, decisions: Iterable[Decision], now: datetime, actor: str, keys: ListKeys | None = None
) -> Mapping[int, UUID]:
    """Everybody whose row could be read and is no fault, by row.

    keys  what numbers are kept with; needed where a row has any
    """
    found: dict[int, UUID] = {}
    new: list[NewPerson] = []
    reached: dict[UUID, RosterRow] = {}
    for each in decisions:
        if each.read is None or each.outcome == "fault":
            continue
        person = each.person
        if person is None:
            new.append(_person(each.read, now, actor))
            found[each.row] = new[-1].id
            continue
        found[each.row] = person.id
        if _says_more(each.read, person):
            reached[person.id] = each.read
    add_people(db, new)
    _fill_in(db, reached)
    _keep_numbers(db, [(found[each.row], each.read) for each in decisions if each.row in found], now, actor, keys)
    _for_review(db, [(found[each.row], each) for each in decisions if each.row in found], now, actor)
    return found


def note_conflicts(db: Database, decisions: Iterable[Decision], now: datetime, actor: str) -> Mapping[int, UUID]:
    """The rows that are held back over somebody else's number: who they say they are about, recorded without it.

    Also where nothing else of the list is kept: what was refused over a number leaves its trace in the review queue.
    """
    held = [each for each in decisions if each.outcome == "fault" and each.other is not None and each.read is not None]
    new = {each.row: _person(each.read, now, actor) for each in held if each.read is not None and each.person is None}
    add_people(db, list(new.values()))
    found = {each.row: new[each.row].id if each.person is None else each.person.id for each in held}
    _for_review(db, [(found[each.row], each) for each in held], now, actor)
    return found


def _says_more(read: RosterRow, person: Person | Known) -> bool:
    """Whether the list says, or may say, how to reach somebody where the record does not."""
    if isinstance(person, Known):
        return bool(read.email or read.phone)
    return bool((read.email and not person.email) or (read.phone and not person.phone))


def _fill_in(db: Database, reached: Mapping[UUID, RosterRow]) -> None:
    """How they can be reached, as the list says, where that is not on record."""
    for identity, person in people_by_id(db, reached).items():
        read = reached[identity]
        if _says_more(read, person):
            person.email, person.phone = person.email or read.email, person.phone or read.phone
            db.add(person)


def _person(row: RosterRow, now: datetime, actor: str) -> NewPerson:
    return NewPerson(new_id(), row.name, row.name_key, row.birth_date, row.email, row.phone, now, actor)


def _keep_numbers(
    db: Database,
    listed: Sequence[tuple[UUID, RosterRow | None]],
    now: datetime,
    actor: str,
    keys: ListKeys | None,
) -> None:
    """The numbers that are nobody's yet become those of the people the rows are about."""
    stated = [(person, number) for person, row in listed if row is not None for number in row.numbers]
    if not stated:
        return
    if keys is None:
        raise LookupError("numbers on a list, and nothing to keep them with")
    known = owners_of(db, (bytes.fromhex(number.index) for _, number in stated))
    new = [Given(person, number) for person, number in stated if bytes.fromhex(number.index) not in known]
    keys.data().keep(db, new, now, actor)
    note_events(db, [(each.person, "number_added", (each.number.kind,)) for each in new], now, actor)


def _for_review(db: Database, decisions: Iterable[tuple[UUID, Decision]], now: datetime, actor: str) -> None:
    found = [suspicion(person, each.other.id, *each.reasons) for person, each in decisions if each.other is not None]
    if found:
        queue_pairs(db, found, now, actor)
