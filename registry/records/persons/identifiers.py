"""Numbers that states give people, as they are kept: sealed under a key of the person, found by a keyed index.

Neither this room nor the database knows a number; `signing/personal_data.py` seals, opens and indexes. One person may
have several over time: a samordningsnummer is replaced by a personnummer, a D-number by a fødselsnummer.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, TypeVar
from uuid import UUID

from sqlalchemy import Index, delete, insert, text
from sqlmodel import Field, SQLModel, col, select

from registry.records.store.database import Database, new_id

Value = TypeVar("Value")

AT_ONCE: Final = 500  # values in one statement
REPLACED_BY: Final[Mapping[str, str]] = {"samordningsnummer": "personnummer", "d_number": "fodselsnummer"}


class PersonKey(SQLModel, table=True):
    """The key that a person's data is sealed under, itself sealed. Without this row nobody opens them again."""

    __tablename__ = "person_key"

    person_id: UUID = Field(primary_key=True, foreign_key="person.id")
    wrapped: bytes
    made_at: datetime


class PersonIdentifier(SQLModel, table=True):
    """One number of one person.

    blind_index  32 bytes of a keyed hash; the same number gives the same index
    sealed       nonce, then the number under AES-256-GCM with the person's key
    quality      of a samordningsnummer: styrkt, sannolik or osaker
    since        first day the person had it, where known
    replaced_by  the number that came in its place; the old one still finds the person
    ended_at     when it was found not to be this person's; then it finds nobody, and may be another's
    """

    __tablename__ = "person_identifier"
    __table_args__ = (
        # One number is one person's at a time.
        Index(
            "identifier_is_one_persons",
            "blind_index",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: UUID = Field(primary_key=True, default_factory=new_id)
    person_id: UUID = Field(foreign_key="person.id", index=True)
    kind: str
    country: str
    blind_index: bytes
    sealed: bytes
    quality: str | None = None
    since: date | None = None
    replaced_by: UUID | None = Field(default=None, foreign_key="person_identifier.id")
    recorded_at: datetime
    recorded_by: str
    ended_at: datetime | None = None
    ended_by: str | None = None
    ended_because: str | None = None


class IndexKeyMark(SQLModel, table=True):
    """One row: what the key of the index makes of a fixed text, so that another key is found out."""

    __tablename__ = "index_key_mark"

    id: int = Field(primary_key=True)
    mark: bytes
    made_at: datetime


@dataclass(frozen=True)
class Owner:
    """Whose a number is on record: the identifier and the person."""

    identifier: UUID
    person: UUID


def owners_of(db: Database, indexes: Iterable[bytes]) -> Mapping[bytes, Owner]:
    """Who has these numbers now, by blind index."""
    found: dict[bytes, Owner] = {}
    for part in _parts(sorted(set(indexes))):
        rows = db.exec(
            select(PersonIdentifier.blind_index, PersonIdentifier.id, PersonIdentifier.person_id)
            .where(col(PersonIdentifier.blind_index).in_(part))
            .where(col(PersonIdentifier.ended_at).is_(None))
        )
        found |= {index: Owner(identifier, person) for index, identifier, person in rows}
    return found


def identifiers_of(db: Database, people: Iterable[UUID]) -> Mapping[UUID, Sequence[PersonIdentifier]]:
    """All numbers on record of these people, those that were ended too, the one recorded first first."""
    found: dict[UUID, list[PersonIdentifier]] = {}
    for part in _parts(sorted(set(people))):
        rows = db.exec(
            select(PersonIdentifier).where(col(PersonIdentifier.person_id).in_(part)).order_by(col(PersonIdentifier.id))
        )
        for row in rows:
            found.setdefault(row.person_id, []).append(row)
    return found


def all_identifiers(db: Database, after: UUID | None = None, limit: int = AT_ONCE) -> Sequence[PersonIdentifier]:
    """Those recorded after that one, a part at a time."""
    asked = select(PersonIdentifier).order_by(col(PersonIdentifier.id)).limit(limit)
    return db.exec(asked if after is None else asked.where(col(PersonIdentifier.id) > after)).all()


def keep_identifiers(db: Database, kept: Sequence[PersonIdentifier]) -> None:
    """Store new ones in one statement, and let each replace the provisional number its person had before it."""
    if not kept:
        return
    db.flush()
    db.connection().execute(insert(PersonIdentifier), [row.model_dump() for row in kept])
    for rows in identifiers_of(db, _with_provisional(db, {row.person_id for row in kept})).values():
        standing = [row for row in rows if row.ended_at is None]
        for row in standing:
            lasting = next((one for one in standing if one.kind == REPLACED_BY.get(row.kind)), None)
            if lasting is not None and row.replaced_by is None:
                row.replaced_by = lasting.id
                db.add(row)
    db.flush()


def replace_identifier(db: Database, row: PersonIdentifier, by: UUID) -> None:
    """Say which number came in this one's place."""
    row.replaced_by = by
    db.add(row)
    db.flush()


def end_identifier(db: Database, row: PersonIdentifier, because: str, now: datetime, actor: str) -> None:
    """From now on the number is nobody's: it was recorded of this person in error."""
    row.ended_at, row.ended_by, row.ended_because = now, actor, because
    db.add(row)
    db.flush()


def person_keys(db: Database, people: Iterable[UUID]) -> Mapping[UUID, bytes]:
    """The sealed keys of those people who have one."""
    found: dict[UUID, bytes] = {}
    for part in _parts(sorted(set(people))):
        rows = db.exec(select(PersonKey.person_id, PersonKey.wrapped).where(col(PersonKey.person_id).in_(part)))
        found |= dict(rows.all())
    return found


def keep_person_keys(db: Database, wrapped: Mapping[UUID, bytes], now: datetime) -> None:
    """Store the sealed keys of people who have none yet."""
    if wrapped:
        db.flush()
        values = [{"person_id": person, "wrapped": key, "made_at": now} for person, key in wrapped.items()]
        db.connection().execute(insert(PersonKey), values)


def forget_sealed(db: Database, person: UUID) -> int:
    """Destroy a person's key, and with it all that was sealed under it. How many numbers that were."""
    gone = len(identifiers_of(db, [person]).get(person, ()))
    db.flush()
    db.connection().execute(delete(PersonIdentifier).where(col(PersonIdentifier.person_id) == person))
    db.connection().execute(delete(PersonKey).where(col(PersonKey.person_id) == person))
    db.expire_all()
    return gone


def index_key_mark(db: Database) -> bytes | None:
    """What the index key must make of the fixed text; None where no number was ever kept."""
    return db.exec(select(IndexKeyMark.mark).where(IndexKeyMark.id == 1)).first()


def keep_index_key_mark(db: Database, mark: bytes, now: datetime) -> None:
    """Remember the key that numbers are found by."""
    db.add(IndexKeyMark(id=1, mark=mark, made_at=now))
    db.flush()


def _with_provisional(db: Database, people: set[UUID]) -> set[UUID]:
    """Those of the people who have a number that another may have replaced."""
    found: set[UUID] = set()
    for part in _parts(sorted(people)):
        found |= set(
            db.exec(
                select(PersonIdentifier.person_id)
                .where(col(PersonIdentifier.person_id).in_(part))
                .where(col(PersonIdentifier.kind).in_(REPLACED_BY))
                .where(col(PersonIdentifier.replaced_by).is_(None))
            )
        )
    return found


def _parts(values: Sequence[Value]) -> Iterable[Sequence[Value]]:
    return (values[start : start + AT_ONCE] for start in range(0, len(values), AT_ONCE))
