"""Orders to print the papers of a batch: what was asked for, and how far it has come. The files lie elsewhere."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, Column
from sqlmodel import Field, SQLModel, col, select

from registry.errors import PapersNotFound
from registry.records.store.database import Database, new_id

PrintState = Literal["waiting", "done", "failed", "removed"]
STATES: Final = ("waiting", "done", "failed", "removed")


class PrintOrder(SQLModel, table=True):
    """One order.

    public_url  what stands in the codes
    of, done    how many papers there are to be, and how many have been dealt with
    unprintable numbers, as people read them, of which there can be no paper; and why
    state       waiting, also while it is being printed; removed: the files are gone, as they are after some days
    fault       what kind of fault ended it; it tells of nobody
    """

    __tablename__ = "print_order"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'done', 'failed', 'removed')", "print_order_state_is_known"),
    )

    id: UUID = Field(primary_key=True, default_factory=new_id)
    public_id: str = Field(unique=True, index=True)
    batch_id: UUID = Field(foreign_key="batch.id", index=True)
    page: str
    lang: str
    public_url: str
    state: str = Field(default="waiting", index=True)
    of: int
    done: int = 0
    unprintable: dict[str, str] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    fault: str | None = None
    requested_by: str
    requested_at: datetime
    ended_at: datetime | None = None


def order_papers(  # noqa: PLR0913 all that an order is
    db: Database,
    batch: UUID,
    *,
    page: str,
    lang: str,
    public_url: str,
    of: int,
    now: datetime,
    actor: str,
    still_good: Callable[[PrintOrder], bool],
) -> PrintOrder:
    """A new order; the same again is the one there is, while it waits, and once it is done as long as it is good.

    still_good  whether what was printed would be printed alike today, and is there
    """
    for known in print_orders(db, batch=batch, states=("waiting", "done")):
        if (known.page, known.lang, known.public_url) != (page, lang, public_url):
            continue
        if known.state == "waiting" or still_good(known):
            return known
        break  # those before it are older
    made = new_id()
    order = PrintOrder(
        id=made,
        public_id=f"papers-{made.hex[-16:]}",
        batch_id=batch,
        page=page,
        lang=lang,
        public_url=public_url,
        of=of,
        requested_by=actor,
        requested_at=now,
    )
    db.add(order)
    db.flush()
    return order


def print_orders(
    db: Database, *, batch: UUID | None = None, states: Collection[str] = STATES, ended_before: datetime | None = None
) -> Sequence[PrintOrder]:
    """Those of a batch, or in a state; the newest first."""
    wanted = select(PrintOrder).where(col(PrintOrder.state).in_(states)).order_by(col(PrintOrder.id).desc())
    if batch is not None:
        wanted = wanted.where(PrintOrder.batch_id == batch)
    if ended_before is not None:
        wanted = wanted.where(col(PrintOrder.ended_at) < ended_before)
    return db.exec(wanted).all()


def print_order(db: Database, public_id: str, batch: UUID | None = None) -> PrintOrder:
    """Raises PapersNotFound; also where it is another batch's."""
    found = db.exec(select(PrintOrder).where(PrintOrder.public_id == public_id)).first()
    if found is None or batch not in {None, found.batch_id}:
        raise PapersNotFound("nobody has ordered such papers of this batch")
    return found


def note_progress(db: Database, order: PrintOrder) -> None:
    """Keep how far it has come."""
    db.add(order)
    db.flush()
