"""Who stands on a class list: found on record, or put there. What is on record is filled in, never replaced."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from registry.issuing.decide import Decision
from registry.records.database import Database
from registry.records.people import Person, add_people, name_key


def record_people(db: Database, decisions: Iterable[Decision], now: datetime, actor: str) -> Mapping[int, UUID]:
    """Everybody whose row could be read and is no fault, by row."""
    found: dict[int, UUID] = {}
    new: list[Person] = []
    for each in decisions:
        if each.read is None or each.outcome == "fault":
            continue
        person = each.person
        if person is None:
            person = Person(
                name=each.read.name,
                name_key=name_key(each.read.name),
                birth_date=each.read.birth_date,
                email=each.read.email,
                phone=each.read.phone,
                recorded_at=now,
                recorded_by=actor,
            )
            new.append(person)
        elif (each.read.email and not person.email) or (each.read.phone and not person.phone):
            person.email, person.phone = person.email or each.read.email, person.phone or each.read.phone
            db.add(person)
        found[each.row] = person.id
    add_people(db, new)
    return found
