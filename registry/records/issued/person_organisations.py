"""Which organisations know a person: those that issued from a list the person stood on, and those that recorded them.

Nobody else reads a record: a number in hand tells nothing about people of others.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, or_
from sqlalchemy.orm import Mapped
from sqlmodel import Field, SQLModel, UniqueConstraint, col, select

from registry.errors import PersonNotFound
from registry.records.actors.access import Actor
from registry.records.issued.batches import BatchRow
from registry.records.persons.duplicates import SuspectedPair
from registry.records.persons.people import NOT_FOUND, Person, all_records_of, person_by_id
from registry.records.sittings.occasions import Occasion
from registry.records.store.database import Database, new_id

AT_ONCE: Final = 500  # values in one statement


class PersonOrganisation(SQLModel, table=True):
    """That an organisation recorded a person by hand."""

    __tablename__ = "person_organisation"
    __table_args__ = (UniqueConstraint("person_id", "organisation", name="person_is_known_once"),)

    id: UUID = Field(primary_key=True, default_factory=new_id)
    person_id: UUID = Field(foreign_key="person.id", index=True)
    organisation: str = Field(foreign_key="organisation.slug", index=True)
    recorded_at: datetime
    recorded_by: str


def note_organisation(db: Database, person: UUID, organisation: str, now: datetime, actor: str) -> None:
    """Remember that the organisation knows the person."""
    known = select(PersonOrganisation.id).where(
        PersonOrganisation.person_id == person, PersonOrganisation.organisation == organisation
    )
    if db.exec(known).first() is None:
        db.add(PersonOrganisation(person_id=person, organisation=organisation, recorded_at=now, recorded_by=actor))
        db.flush()


def organisations_of(db: Database, records: Iterable[UUID]) -> Mapping[UUID, frozenset[str]]:
    """For each of these records the organisations that know it."""
    wanted = sorted(set(records))
    found: dict[UUID, set[str]] = {record: set() for record in wanted}
    for start in range(0, len(wanted), AT_ONCE):
        part = wanted[start : start + AT_ONCE]
        by_hand = db.exec(
            select(PersonOrganisation.person_id, PersonOrganisation.organisation).where(
                col(PersonOrganisation.person_id).in_(part)
            )
        )
        on_lists = db.exec(
            select(BatchRow.person_id, Occasion.issuer)
            .join(Occasion, col(Occasion.id) == BatchRow.occasion_id)
            .where(col(BatchRow.person_id).in_(part))
            .distinct()
        )
        for person, organisation in (*by_hand, *on_lists):
            if person is not None:
                found[person].add(organisation)
    return {record: frozenset(slugs) for record, slugs in found.items()}


def who_knows(db: Database, person: UUID) -> frozenset[str]:
    """The organisations that know a person, by any of the records that are theirs."""
    return frozenset[str]().union(*organisations_of(db, all_records_of(db, person)).values())


def person_for(db: Database, actor: Actor, action: str, said: str) -> Person:
    """The record of that id, if the actor may do this with it: for an organisation that knows the person, or for all.

    Raises NotAllowed for whoever may do it nowhere, else PersonNotFound: a record that one may not see is not there.
    """
    if not actor.may_somewhere(action):
        actor.require(action, None)
    person = person_by_id(db, said)
    if actor.may(action, None) or any(actor.may(action, one) for one in who_knows(db, person.id)):
        return person
    raise PersonNotFound(NOT_FOUND)


def known_to(record: Mapped[UUID], organisations: Collection[str]) -> ColumnElement[bool]:
    """The condition that a record, or one merged into it, is known to any of these organisations."""
    by_hand = select(PersonOrganisation.person_id).where(col(PersonOrganisation.organisation).in_(organisations))
    on_lists = (
        select(BatchRow.person_id)
        .join(Occasion, col(Occasion.id) == BatchRow.occasion_id)
        .where(col(Occasion.issuer).in_(organisations), col(BatchRow.person_id).is_not(None))
    )
    merged = select(Person.merged_into).where(
        col(Person.merged_into).is_not(None), or_(col(Person.id).in_(by_hand), col(Person.id).in_(on_lists))
    )
    return or_(record.in_(by_hand), record.in_(on_lists), record.in_(merged))


def seen_by(actor: Actor, action: str) -> ColumnElement[bool] | None:
    """The condition that the actor may do this with a `Person`; None = with everybody.

    Raises NotAllowed for whoever may do it with nobody ever.
    """
    known = _known_to_roles(actor, action)
    return None if known is None else known_to(col(Person.id), known)


def seen_pairs(actor: Actor, action: str) -> Sequence[ColumnElement[bool]]:
    """The same for both people of a `SuspectedPair`."""
    known = _known_to_roles(actor, action)
    return () if known is None else [known_to(col(side), known) for side in (SuspectedPair.a, SuspectedPair.b)]


def _known_to_roles(actor: Actor, action: str) -> Collection[str] | None:
    if not actor.may_somewhere(action):
        actor.require(action, None)
    return None if actor.may(action, None) else actor.organisations(action) or ()
