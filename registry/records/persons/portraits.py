"""Portraits: one a person, sealed under the person's key like their numbers."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlmodel import Field, SQLModel, col, select

from registry.records.store.database import Database
from registry.records.store.in_bulk import among

FIELD: Final = "portrait"  # what it is called where it is sealed


class PersonPortrait(SQLModel, table=True):
    """The picture a person is compared with.

    sealed  nonce, then the JPEG under AES-256-GCM with the person's key
    """

    __tablename__ = "person_portrait"

    person_id: UUID = Field(primary_key=True, foreign_key="person.id")
    sealed: bytes
    width: int
    height: int
    recorded_at: datetime
    recorded_by: str


def portrait_of(db: Database, people: Iterable[UUID]) -> PersonPortrait | None:
    """The one recorded last of these records of one person, or None."""
    return db.exec(
        select(PersonPortrait)
        .where(col(PersonPortrait.person_id).in_(list(people)))
        .order_by(col(PersonPortrait.recorded_at).desc(), col(PersonPortrait.person_id).desc())
    ).first()


def last_portrait_recorded(db: Database) -> datetime | None:
    """When somebody's was recorded last; None = there is none."""
    return db.exec(select(PersonPortrait.recorded_at).order_by(col(PersonPortrait.recorded_at).desc()).limit(1)).first()


def with_portrait(db: Database, people: Iterable[UUID]) -> frozenset[UUID]:
    """Those of the records that have a portrait."""
    if db.exec(select(PersonPortrait.person_id).limit(1)).first() is None:
        return frozenset()
    return frozenset(db.exec(select(PersonPortrait.person_id).where(among(db, PersonPortrait.person_id, people))))


def keep_portrait(db: Database, kept: PersonPortrait) -> None:
    """In the place of the one that the record had before, if it had one."""
    db.merge(kept)
    db.flush()


def remove_portrait(db: Database, person: UUID) -> bool:
    """Whether there was one."""
    found = db.get(PersonPortrait, person)
    if found is not None:
        db.delete(found)
        db.flush()
    return found is not None
