"""What was handed out to be signed by issuers who hold their key themselves, until its signature comes back."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Text, UniqueConstraint
from sqlmodel import Field, SQLModel, col, delete, func, select

from registry.records.issued.batches import Batch
from registry.records.store.database import Database
from registry.records.store.in_bulk import add_rows, among


class ToSign(SQLModel, table=True):
    """A certificate that lacks nothing but its signature. Removed once it has it, or once nobody waits for it.

    number        which it will have
    kid           of the key that is to sign
    content       what the second person approved, see `Batch.content`; None where nobody had to
    signed_part   header and payload of the `vc+jwt`, with the dot between them
    facts         `Certificate` as JSON
    """

    __tablename__ = "to_sign"
    __table_args__ = (
        UniqueConstraint("status_list", "status_index"),
        ForeignKeyConstraint(["status_list", "status_index"], ["status_slot.list_number", "status_slot.list_index"]),
    )

    row_id: UUID = Field(primary_key=True, foreign_key="batch_row.id")
    batch_id: UUID = Field(foreign_key="batch.id", index=True)
    row: int
    number: str = Field(unique=True)
    kid: str = Field(foreign_key="signing_key.kid")
    content: str | None = None
    signed_part: str = Field(sa_type=Text)
    facts: str = Field(sa_type=Text)
    status_list: int
    status_index: int
    made_at: datetime


def keep_to_sign(db: Database, rows: Sequence[ToSign]) -> None:
    """Store them."""
    add_rows(db, ToSign, (row.model_dump() for row in rows))


def to_sign_in(
    db: Database, batch: Batch, *, after: int = -1, limit: int | None = None, numbers: Iterable[str] | None = None
) -> Sequence[ToSign]:
    """What waits of a batch, in the order of the list.

    after    only those below that line of the file
    numbers  only those
    """
    wanted = select(ToSign).where(ToSign.batch_id == batch.id, ToSign.row > after).order_by(col(ToSign.row))
    if numbers is not None:
        wanted = wanted.where(among(db, ToSign.number, numbers))
    return db.exec(wanted if limit is None else wanted.limit(limit)).all()


def how_many_to_sign(db: Database, batch: Batch) -> int:
    """How many wait."""
    return db.exec(select(func.count()).select_from(ToSign).where(ToSign.batch_id == batch.id)).one()


def last_handed_out(db: Database, batch: Batch) -> int:
    """The last line of the file that something waits of; -1 where nothing does."""
    return db.exec(select(func.coalesce(func.max(ToSign.row), -1)).where(ToSign.batch_id == batch.id)).one()


def drop_to_sign(db: Database, batch: Batch, rows: Iterable[UUID] | None = None) -> None:
    """Nobody waits for their signatures any more; rows: of these alone."""
    gone = delete(ToSign).where(col(ToSign.batch_id) == batch.id)
    if rows is not None:
        gone = gone.where(among(db, ToSign.row_id, rows))
    db.connection().execute(gone)
