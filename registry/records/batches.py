"""Batches: one class list handed in for one occasion, and what became of every row."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Column, Index, insert
from sqlmodel import Field, SQLModel, col, select

from registry.records.database import Database, new_id


class Batch(SQLModel, table=True):
    """One class list that was issued from.

    digest  SHA-256 of the file, hexadecimal
    wish    what was asked beside the file (level, good rows only, at the attained level)
    result  the answer that was given, whole
    """

    __table_args__ = (Index("batch_by_occasion_and_digest", "occasion_id", "digest"),)

    id: UUID = Field(primary_key=True, default_factory=new_id)
    occasion_id: UUID = Field(foreign_key="occasion.id")
    digest: str
    wish: str
    result: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    created_at: datetime
    created_by: str

    @property
    def public_id(self) -> str:
        """What the batch is called outside."""
        return str(self.id)


class BatchRow(SQLModel, table=True):
    """One row of a class list, with whom it was about."""

    __tablename__ = "batch_row"

    id: UUID = Field(primary_key=True, default_factory=new_id)
    batch_id: UUID = Field(foreign_key="batch.id", index=True)
    occasion_id: UUID = Field(foreign_key="occasion.id", index=True)
    person_id: UUID = Field(foreign_key="person.id", index=True)
    row: int
    outcome: str


def batch_like(db: Database, occasion_id: UUID, digest: str, wish: str) -> Batch | None:
    """The last batch of the same file for the same occasion with the same wish."""
    return db.exec(
        select(Batch)
        .where(Batch.occasion_id == occasion_id, Batch.digest == digest, Batch.wish == wish)
        .order_by(col(Batch.id).desc())
    ).first()


def keep_batch(db: Database, batch: Batch, rows: Iterable[BatchRow]) -> None:
    """Store a batch with its rows."""
    db.add(batch)
    db.flush()
    values = [row.model_dump() for row in rows]
    if values:
        db.connection().execute(insert(BatchRow), values)


def people_at(db: Database, occasion_ids: Iterable[UUID]) -> Sequence[tuple[UUID, UUID]]:
    """Pairs of person and occasion: who stood on the class list of any of these occasions."""
    wanted = set(occasion_ids)
    if not wanted:
        return []
    rows = db.exec(
        select(BatchRow.person_id, BatchRow.occasion_id).where(col(BatchRow.occasion_id).in_(wanted)).distinct()
    )
    return list(rows.all())
