"""Batches: one class list handed in for one occasion, and what became of every row. A batch outlives a crash.

What was decided about a row is kept as codes; the sentences are told anew in the reader's language. Events say who
let it go on and who stopped it; the state in the batch's own row is the kind of the last of them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, Literal, NamedTuple, get_args
from uuid import UUID

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Column,
    Index,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlmodel import Field, SQLModel, col, func, select

from registry.errors import BatchNotFound
from registry.records.store import in_bulk
from registry.records.store.database import Database, new_id
from registry.records.store.kept import never_changed, never_removed
from registry.records.store.kept_once import keep_texts

# received, checked: read and decided on · waiting: for somebody else to approve it · held: nothing more is issued
# until somebody acts · failed: a fault of ours · signing: for signatures of the issuer, who holds its key itself
BatchState = Literal["received", "checked", "waiting", "issuing", "signing", "done", "held", "cancelled", "failed"]
STATES: tuple[BatchState, ...] = get_args(BatchState)
# From a finished one nothing more can come; the same list handed in again is a new batch.
FINISHED: tuple[BatchState, ...] = ("done", "cancelled")

# pending: to be issued, and not yet · already: the person held the certificate of this occasion before
RowState = Literal["pending", "issued", "already", "refused", "fault"]

_IN_TURN = 1_000  # rows read at a time


def _one_of(column: str, allowed: Iterable[str]) -> str:
    words = ", ".join(f"'{word}'" for word in allowed)
    return f"{column} IN ({words})"


_UNFINISHED = text("state NOT IN ('done', 'cancelled')")


class Batch(SQLModel, table=True):
    """One class list to be issued from.

    digest    SHA-256 of the file, hexadecimal
    headers   how the list itself calls its columns, by our names
    wish      what was asked beside the file, as one word; `asked`, `good_rows`, `at_attained` are its parts
    edition, ceiling  what the rows were decided by
    four_eyes whether somebody else has to approve it
    content   digest of what is to be issued, see `issuing/decisions/four_eyes.py`; None where nothing is
    reason    why it is held, cancelled or failed: a code; `detail` says it in a sentence
    changes   grows with every change
    """

    __table_args__ = (
        # The same list for the same occasion with the same wish is the same batch, however often it is handed in.
        Index(
            "one_batch_per_list",
            "occasion_id",
            "digest",
            "wish",
            unique=True,
            sqlite_where=_UNFINISHED,
            postgresql_where=_UNFINISHED,
        ),
        Index("batch_by_occasion_and_digest", "occasion_id", "digest"),
        CheckConstraint(_one_of("state", STATES), "batch_state_is_known"),
        CheckConstraint(
            "rows >= 0 AND pending >= 0 AND issued >= 0 AND already >= 0 AND refused >= 0 AND faults >= 0 "
            "AND pending + issued + already + refused + faults = rows",
            "batch_counts_every_row_once",
        ),
        CheckConstraint("state <> 'done' OR pending = 0", "batch_is_done_when_no_row_waits"),
    )

    id: UUID = Field(primary_key=True, default_factory=new_id)
    public_id: str = Field(unique=True, index=True)
    occasion_id: UUID = Field(foreign_key="occasion.id")
    issuer: str = Field(foreign_key="organisation.slug", index=True)
    digest: str
    headers: dict[str, str] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    wish: str
    asked: str | None = None
    good_rows: bool = False
    at_attained: bool = False
    edition: str
    ceiling: str
    four_eyes: bool = False
    content: str | None = None
    state: BatchState = Field(sa_type=String, index=True)
    reason: str | None = None
    detail: str | None = Field(default=None, sa_type=Text)
    rows: int = 0
    pending: int = 0
    issued: int = 0
    already: int = 0
    refused: int = 0
    faults: int = 0
    changes: int = 1
    created_at: datetime
    created_by: str
    changed_at: datetime

    @property
    def settled(self) -> int:
        """Rows of which it is known what became of them."""
        return self.rows - self.pending


class BatchRow(SQLModel, table=True):
    """One row of a class list: as it was read, what was decided about it, and what came of it.

    read      the row without any national number; None where it could not be read
    person_id whom it is about, once that is on record
    level     the level it is, or will be, issued at; None where nothing is
    evidence  digest of the evidence, see `kept_once.py`
    unmet     ids of the requirements of the asked level that do not hold
    faults    [{code, column, value, params}]
    number    of the certificate: the one issued, or the one that the person held already
    """

    __tablename__ = "batch_row"
    __table_args__ = (
        UniqueConstraint("batch_id", "row"),
        CheckConstraint(_one_of("outcome", get_args(RowState)), "row_outcome_is_known"),
        CheckConstraint("(outcome IN ('issued', 'already')) = (number IS NOT NULL)", "row_issued_has_a_number"),
        CheckConstraint(
            "outcome <> 'pending' OR (level IS NOT NULL AND evidence IS NOT NULL)", "row_pending_is_decided"
        ),
    )

    id: UUID = Field(primary_key=True, default_factory=new_id)
    batch_id: UUID = Field(foreign_key="batch.id")
    occasion_id: UUID = Field(foreign_key="occasion.id", index=True)
    person_id: UUID | None = Field(default=None, foreign_key="person.id", index=True)
    row: int
    read: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    outcome: RowState = Field(sa_type=String)
    level: str | None = None
    attained: str | None = None
    asked: str | None = None
    evidence: str | None = None
    unmet: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    faults: list[dict[str, Any]] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    number: str | None = Field(default=None, foreign_key="issued_certificate.number", index=True)


@dataclass(slots=True)
class KeptRow:
    """A row as it is kept: what `BatchRow` has, without what it costs to be a row of the database."""

    id: UUID
    row: int
    outcome: RowState
    read: dict[str, Any] | None = None
    person_id: UUID | None = None
    level: str | None = None
    attained: str | None = None
    asked: str | None = None
    evidence: str | None = None
    unmet: list[str] = field(default_factory=list)
    faults: list[dict[str, Any]] = field(default_factory=list)
    number: str | None = None

    def values(self) -> dict[str, Any]:
        """By the names of the columns."""
        return {name: getattr(self, name) for name in _COLUMNS}


_COLUMNS = tuple(one.name for one in fields(KeptRow))


class DecidedRow(NamedTuple):
    """As much of a row as was decided about it."""

    row: int
    outcome: RowState
    read: dict[str, Any] | None
    level: str | None
    attained: str | None
    asked: str | None
    evidence: str | None
    unmet: list[str]


class BatchEvent(SQLModel, table=True):
    """Something that happened to a batch; `kind` is the state it led to. Never changed, never removed."""

    __tablename__ = "batch_event"
    __table_args__ = (UniqueConstraint("batch_id", "place"), CheckConstraint(_one_of("kind", STATES), "event_is_known"))

    id: UUID = Field(primary_key=True, default_factory=new_id)
    batch_id: UUID = Field(foreign_key="batch.id")
    place: int  # 1 for the first event of the batch, and so on without gaps
    kind: BatchState = Field(sa_type=String)
    at: datetime
    actor: str
    reason: str | None = None
    note: str | None = None


KEPT = (
    never_changed("batch_event_is_not_changed", "batch_event", "events are never changed"),
    never_removed("batch_event_is_not_removed", "batch_event", "events are never removed"),
    never_removed("batch_is_not_removed", "batch", "a batch is never removed"),
    never_removed("batch_row_is_not_removed", "batch_row", "a row of a batch is never removed"),
)


# ------------------------------------------------------------------ found


def batch_by_id(db: Database, public_id: str) -> Batch:
    """Raises BatchNotFound."""
    found = db.exec(select(Batch).where(Batch.public_id == public_id)).first()
    if found is None:
        raise no_batch(public_id)
    return found


def no_batch(public_id: str) -> BatchNotFound:
    """What is said of an id that no batch has."""
    return BatchNotFound(f"no batch has the id {public_id[:60]!r}")


def batch_like(db: Database, occasion_id: UUID, digest: str, wish: str) -> Batch | None:
    """The last batch of the same file for the same occasion with the same wish, unless it was cancelled."""
    return db.exec(
        select(Batch)
        .where(Batch.occasion_id == occasion_id, Batch.digest == digest, Batch.wish == wish, Batch.state != "cancelled")
        .order_by(col(Batch.id).desc())
    ).first()


def batches(  # noqa: PLR0913 each narrows what is listed
    db: Database,
    *,
    occasion_id: UUID | None = None,
    issuers: Iterable[str] | None = None,
    states: Iterable[BatchState] | None = None,
    before: UUID | None = None,
    limit: int | None = None,
) -> Sequence[Batch]:
    """Batches, the newest first.

    issuers  only theirs; None = everybody's
    before   only those handed in earlier than that one
    """
    wanted = select(Batch).order_by(col(Batch.id).desc())
    if occasion_id is not None:
        wanted = wanted.where(Batch.occasion_id == occasion_id)
    if issuers is not None:
        wanted = wanted.where(col(Batch.issuer).in_(sorted(issuers)))
    if states is not None:
        wanted = wanted.where(col(Batch.state).in_(sorted(states)))
    if before is not None:
        wanted = wanted.where(col(Batch.id) < before)
    return db.exec(wanted if limit is None else wanted.limit(limit)).all()


def rows_of(
    db: Database, batch: Batch, *, after: int = -1, limit: int | None = None, outcome: RowState | None = None
) -> list[KeptRow]:
    """Rows of a batch in the order of the list; after: only those below that line of the file."""
    columns = [col(getattr(BatchRow, name)) for name in _COLUMNS]
    wanted = select(*columns).where(BatchRow.batch_id == batch.id, BatchRow.row > after).order_by(col(BatchRow.row))
    if outcome is not None:
        wanted = wanted.where(BatchRow.outcome == outcome)
    found = db.connection().execute(wanted if limit is None else wanted.limit(limit)).all()
    return [KeptRow(*row) for row in found]


def decided_in_turn(db: Database, batch: Batch) -> Iterator[DecidedRow]:
    """What was decided about all rows of a batch, in the order of the list, a few in memory at a time."""
    columns = [col(getattr(BatchRow, name)) for name in DecidedRow._fields]
    every = select(*columns).where(BatchRow.batch_id == batch.id).order_by(col(BatchRow.row)).limit(_IN_TURN)
    after = -1
    while part := db.connection().execute(every.where(BatchRow.row > after)).all():
        yield from map(DecidedRow._make, part)
        after = part[-1].row


def rows_about(db: Database, people: Iterable[UUID]) -> list[KeptRow]:
    """Rows of any batch that are about these records of people."""
    columns = [col(getattr(BatchRow, name)) for name in _COLUMNS]
    wanted = select(*columns).where(in_bulk.among(db, BatchRow.person_id, people)).order_by(col(BatchRow.id))
    return [KeptRow(*row) for row in db.connection().execute(wanted)]


def batch_events(db: Database, batch: Batch) -> Sequence[BatchEvent]:
    """What happened to it, the first first."""
    return db.exec(select(BatchEvent).where(BatchEvent.batch_id == batch.id).order_by(col(BatchEvent.place))).all()


def occasions_listing(db: Database, people: Iterable[UUID], *, but: UUID | None = None) -> Sequence[tuple[UUID, UUID]]:
    """Pairs of person and occasion: on which class lists each of these stood; but: not of that occasion."""
    pairs = select(BatchRow.person_id, BatchRow.occasion_id).where(in_bulk.among(db, BatchRow.person_id, people))
    listed = db.exec((pairs if but is None else pairs.where(BatchRow.occasion_id != but)).distinct())
    return [(person, occasion) for person, occasion in listed if person is not None]


def batches_out_of_step(db: Database) -> list[str]:
    """The ids of batches whose state is not that of their last event, or whose counts are not those of their rows."""
    last: dict[UUID, tuple[int, str]] = {}
    for batch_id, place, kind in db.exec(
        select(BatchEvent.batch_id, BatchEvent.place, BatchEvent.kind).order_by(
            col(BatchEvent.batch_id), col(BatchEvent.place)
        )
    ):
        former = last.get(batch_id, (0, ""))[0]
        last[batch_id] = (place, kind if place == former + 1 else "")
    counted: dict[UUID, dict[str, int]] = {}
    for batch_id, outcome, count in db.exec(
        select(BatchRow.batch_id, BatchRow.outcome, func.count()).group_by(col(BatchRow.batch_id), BatchRow.outcome)
    ):
        counted.setdefault(batch_id, {})[outcome] = count
    return [
        batch.public_id
        for batch in db.exec(select(Batch).order_by(col(Batch.id)))
        if last.get(batch.id, (0, ""))[1] != batch.state or _counts(counted.get(batch.id, {})) != _counted(batch)
    ]


# ------------------------------------------------------------------ kept


def keep_batch(db: Database, batch: Batch, rows: Sequence[KeptRow], evidence: Mapping[str, str]) -> None:
    """Store a batch with its rows, and the evidence by digest. Its first event is still to come."""
    count_rows(batch, [row.outcome for row in rows])
    db.add(batch)
    db.flush()
    keep_texts(db, evidence.values())
    _add_rows(db, batch, rows)


_DECIDED = tuple(name for name in _COLUMNS if name != "row")


def keep_decisions(
    db: Database, batch: Batch, rows: Sequence[KeptRow], evidence: Mapping[str, str], now: datetime
) -> None:
    """Write what was decided anew about the rows of a batch that is kept already, and count them."""
    known = set(db.exec(select(BatchRow.id).where(BatchRow.batch_id == batch.id)))
    keep_texts(db, evidence.values())
    _add_rows(db, batch, [row for row in rows if row.id not in known])
    _write_rows(db, [row for row in rows if row.id in known])
    count_rows(batch, [row.outcome for row in rows])
    _changed(db, batch, now)


def _add_rows(db: Database, batch: Batch, rows: Sequence[KeptRow]) -> None:
    shared = {"batch_id": batch.id, "occasion_id": batch.occasion_id}
    in_bulk.add_rows(db, BatchRow, (shared | row.values() for row in rows))


def _write_rows(db: Database, rows: Sequence[KeptRow]) -> None:
    in_bulk.write_rows(db, BatchRow, ({name: getattr(row, name) for name in _DECIDED} for row in rows))


def write_read(db: Database, rows: Sequence[KeptRow]) -> None:
    """Write rows of which only what was read has changed."""
    _write_rows(db, rows)


def write_rows(db: Database, batch: Batch, rows: Sequence[KeptRow], now: datetime) -> None:
    """Write rows that were pending until now, and count them where they belong."""
    _write_rows(db, rows)
    for row in rows:
        batch.pending -= 1
        _count_one(batch, row.outcome)
    _changed(db, batch, now)


def _count_one(batch: Batch, outcome: RowState) -> None:
    counter = "faults" if outcome == "fault" else outcome
    setattr(batch, counter, getattr(batch, counter) + 1)


def settle_rows(db: Database, batch: Batch, numbers: Mapping[UUID, str], now: datetime) -> None:
    """These pending rows have their certificates now; the batch counts them.

    numbers  of the certificates, by the id of the row
    """
    if not numbers:
        return
    settled = ({"id": row, "outcome": "issued", "number": number} for row, number in numbers.items())
    in_bulk.write_rows(db, BatchRow, settled)
    batch.pending -= len(numbers)
    batch.issued += len(numbers)
    _changed(db, batch, now)


def count_rows(batch: Batch, outcomes: Iterable[RowState]) -> None:
    """Count them in the batch's own row."""
    found: dict[str, int] = {}
    for outcome in outcomes:
        found[outcome] = found.get(outcome, 0) + 1
    batch.pending, batch.issued, batch.already, batch.refused, batch.faults = _counts(found)
    batch.rows = sum(found.values())


def append_batch_event(  # noqa: PLR0913 who, what, when, why
    db: Database,
    batch: Batch,
    kind: BatchState,
    *,
    at: datetime,
    actor: str,
    reason: str | None = None,
    detail: str | None = None,
    note: str | None = None,
) -> BatchEvent:
    """Add to a batch's history, and let its state follow. Whether the change is allowed is decided elsewhere."""
    last = db.exec(select(func.max(BatchEvent.place)).where(BatchEvent.batch_id == batch.id)).one()
    event = BatchEvent(
        batch_id=batch.id, place=(last or 0) + 1, kind=kind, at=at, actor=actor, reason=reason, note=note or detail
    )
    batch.state, batch.reason, batch.detail = kind, reason, detail
    db.add(event)
    _changed(db, batch, at)
    return event


def _changed(db: Database, batch: Batch, now: datetime) -> None:
    batch.changes, batch.changed_at = batch.changes + 1, now
    db.add(batch)
    db.flush()


def _counts(found: Mapping[str, int]) -> tuple[int, int, int, int, int]:
    pending, issued, already, refused, faults = (
        found.get(outcome, 0) for outcome in ("pending", "issued", "already", "refused", "fault")
    )
    return pending, issued, already, refused, faults


def _counted(batch: Batch) -> tuple[int, int, int, int, int]:
    return batch.pending, batch.issued, batch.already, batch.refused, batch.faults
