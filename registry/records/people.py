"""People: found by name and birth date, never by e-mail (it changes hands), never by a national number."""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field, SQLModel, col, select

from registry.records.database import Database, new_id


class Person(SQLModel, table=True):
    """A natural person who was on a class list.

    name_key  the name as it is compared, see `name_key`
    """

    __table_args__ = (Index("person_by_name_and_birth_date", "name_key", "birth_date"),)

    id: UUID = Field(primary_key=True, default_factory=new_id)
    name: str
    name_key: str
    birth_date: date | None = None
    email: str | None = None
    phone: str | None = None
    recorded_at: datetime
    recorded_by: str


def name_key(name: str) -> str:
    """A name as it is compared: NFKC, without regard to case, to how wide a gap is and to the width of letters."""
    # A letter may fall apart when its case is folded, and come together again only then.
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return " ".join(folded.casefold().split())


def people_called(db: Database, keys: Iterable[str]) -> Sequence[Person]:
    """Everybody with one of these name keys, the one recorded first first."""
    wanted = sorted(set(keys))
    found: list[Person] = []
    for start in range(0, len(wanted), 500):
        part = wanted[start : start + 500]
        found += db.exec(select(Person).where(col(Person.name_key).in_(part)).order_by(col(Person.id)))
    return found


def people_by_id(db: Database, ids: Iterable[UUID]) -> Mapping[UUID, Person]:
    """These records, themselves."""
    found: dict[UUID, Person] = {}
    wanted = sorted(set(ids))
    for start in range(0, len(wanted), 500):
        part = wanted[start : start + 500]
        found |= {person.id: person for person in db.exec(select(Person).where(col(Person.id).in_(part)))}
    return found
