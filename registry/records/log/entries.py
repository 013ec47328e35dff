"""What is to stand in the log, written in the transaction of the thing it records.

It gets its place there and then from whoever keeps the log, or afterwards where nobody did.
"""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from itertools import repeat
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, event, text
from sqlmodel import Field, SQLModel, col, func, select

from registry.records.log.heads import Epoch, Head
from registry.records.store.database import Database, new_id
from registry.records.store.in_bulk import add_rows
from registry.records.store.kept import never_changed, never_removed, not_changed_when
from verification.log.entry import SALT_BYTES, Kind, commitment, write_entry
from verification.log.tree import leaf_hash

_PLACES: Final = "places in the log"  # what a transaction knows of itself in `Session.info`
_WAITS = text("log_index IS NULL")
_WAITING = text("SELECT id, entry FROM log_entry WHERE log_index IS NULL ORDER BY id LIMIT :limit")
_BETWEEN = text(
    "SELECT entry FROM log_entry WHERE epoch = :epoch AND log_index >= :first AND log_index < :end ORDER BY log_index"
)
_NUMBER_FROM = text("SELECT count(*) FROM log_entry WHERE epoch = :epoch AND log_index >= :first")
_PLACE_EACH: Final = "UPDATE log_entry SET epoch = ?, log_index = ? WHERE id = ?"
_PLACE_ALL = text(
    "UPDATE log_entry SET epoch = :epoch, log_index = :before + new.place "
    "FROM unnest(string_to_array(:ids, ',')::uuid[]) WITH ORDINALITY AS new (id, place) WHERE log_entry.id = new.id"
)


class LogEntry(SQLModel, table=True):
    """One entry; id: that of the event it is about, where it is about one.

    salt              what its commitment was made with; None where it commits to nothing, or once it is erased
    epoch, log_index  its place, once it has one
    """

    __tablename__ = "log_entry"
    __table_args__ = (
        UniqueConstraint("epoch", "log_index"),
        Index("log_entry_that_waits", "id", sqlite_where=_WAITS, postgresql_where=_WAITS),
    )

    id: UUID = Field(primary_key=True, default_factory=new_id)
    kind: str
    entry: bytes
    salt: bytes | None = None
    epoch: int | None = Field(default=None, foreign_key="log_epoch.number")
    log_index: int | None = None


KEPT = (
    never_changed("entry_is_not_changed", "log_entry", "an entry is never changed", but=("salt", "epoch", "log_index")),
    never_removed("entry_is_not_removed", "log_entry", "an entry is never removed"),
    not_changed_when(
        "entry_stays_in_its_place",
        "log_entry",
        "an entry stays where it stands",
        *("epoch", "log_index"),
        when="OLD.log_index IS NOT NULL",
    ),
    not_changed_when(
        "salt_is_only_erased", "log_entry", "a salt is erased, never changed", "salt", when="NEW.salt IS NOT NULL"
    ),
)


class Place(NamedTuple):
    """Where an entry stands, and what it was made of."""

    epoch: int
    log_index: int
    entry: bytes
    salt: bytes | None


def enter(
    db: Database, kind: Kind, day: date, members: Mapping[str, str | int], identity: UUID | None = None
) -> tuple[UUID, bytes]:
    """Have something entered that concerns no person; gives its id and its bytes.

    identity  of what it is about, where there is one entry about it
    """
    entry, identity = write_entry(kind, day.isoformat(), members), identity or new_id()
    _enter(db, [{"id": identity, "kind": kind, "entry": entry, "salt": None}])
    return identity, entry


class End(NamedTuple):
    """Where a log ends: its epoch, and its newest head; None where nothing stands in it yet."""

    epoch: Epoch
    head: Head | None


class Places:
    """The places of what one transaction enters, in the order in which it does: the only one that writes.

    end   asked once, when something is entered; None where what is entered has to wait for its place
    note  the head over what was entered, once it is signed
    """

    def __init__(self, db: Database, end: Callable[[Database], End | None]) -> None:
        self._db, self._ask = db, end
        self.asked = False
        self.end: End | None = None
        self._leaves: list[bytes] = []
        self._undone = False
        self.note: str | None = None

    def take(self, entries: Iterable[bytes]) -> Iterable[tuple[int | None, int | None]]:
        """Epoch and index of each. Raises what `end` raises."""
        if not self.asked:
            self.end, self.asked = self._ask(self._db), True
            event.listen(self._db, "after_soft_rollback", self._count_again)
        if self.end is None:
            return ((None, None) for _ in entries)
        leaves, number, size = self.leaves, self.end.epoch.number, self._size
        before = len(leaves)
        leaves += map(leaf_hash, entries)
        return ((number, size + place) for place in range(before, len(leaves)))

    @property
    def leaves(self) -> list[bytes]:
        """Of what was entered, and has its place after that end."""
        if self._undone and self.end is not None:
            told = {"epoch": self.end.epoch.number, "first": self._size}
            del self._leaves[self._db.connection().execute(_NUMBER_FROM, told).scalar_one() :]
            self._undone = False
        return self._leaves

    @property
    def _size(self) -> int:
        return self.end.head.size if self.end and self.end.head else 0

    def _count_again(self, *_: object) -> None:
        """A part of the transaction was undone, and what it entered with it."""
        self._undone = True


def give_places_at_once(db: Database, end: Callable[[Database], End | None]) -> Places:
    """From now on what this transaction enters gets its place after that end, asked for when it is needed."""
    db.info[_PLACES] = places = Places(db, end)
    return places


class Issued(NamedTuple):
    """A certificate that was issued; event: the id of the event that says so."""

    event: UUID
    issuer: str
    kid: str
    scheme: str
    vc_jwt: str


def enter_issued(db: Database, issued: Sequence[Issued], day: date) -> None:
    """Have certificates entered, each as a commitment to what was signed."""
    salts = os.urandom(SALT_BYTES * len(issued))
    rows = []
    for place, one in enumerate(issued):
        salt = salts[place * SALT_BYTES : (place + 1) * SALT_BYTES]
        head, tail = _around(day, one.issuer, one.kid, one.scheme)
        entry = head + commitment("certificate", salt, one.vc_jwt.encode()).encode() + tail
        rows.append({"id": one.event, "kind": "certificate.issued", "entry": entry, "salt": salt})
    _enter(db, rows)


_MARK = "C" * 43


@lru_cache(maxsize=1024)
def _around(day: date, issuer: str, kid: str, scheme: str) -> tuple[bytes, bytes]:
    """What stands before and after the commitment: the same for everybody on a list."""
    entry = write_entry(
        "certificate.issued", day.isoformat(), {"issuer": issuer, "kid": kid, "scheme": scheme, "c": _MARK}
    )
    head, _, tail = entry.partition(_MARK.encode())
    return head, tail


def enter_status(db: Database, event: UUID, issuer: str, day: date, said: bytes) -> None:
    """Have a change to a certificate entered; said: the event, as `certificates.event_said` writes it."""
    salt = os.urandom(SALT_BYTES)
    entry = write_entry(
        "certificate.status", day.isoformat(), {"issuer": issuer, "c": commitment("status", salt, said)}
    )
    _enter(db, [{"id": event, "kind": "certificate.status", "entry": entry, "salt": salt}])


def _enter(db: Database, rows: Sequence[Mapping[str, Any]]) -> None:
    places: Places | None = db.info.get(_PLACES)
    taken = places.take(row["entry"] for row in rows) if places else repeat((None, None), len(rows))
    add_rows(
        db,
        LogEntry,
        ({**row, "epoch": epoch, "log_index": index} for row, (epoch, index) in zip(rows, taken, strict=True)),
    )


def waiting(db: Database, limit: int) -> Sequence[tuple[Any, bytes]]:
    """The ids, as the database has them, and the bytes of entries that have no place yet, the oldest first."""
    return [(identity, bytes(entry)) for identity, entry in db.connection().execute(_WAITING, {"limit": limit})]


def give_places(db: Database, ids: Sequence[Any], epoch: int, first: int) -> None:
    """Places from `first` on, in that order; ids: as `waiting` gives them."""
    connection = db.connection()
    if connection.dialect.name == "postgresql":
        told = ",".join(map(str, ids))
        connection.execute(_PLACE_ALL, {"ids": told, "epoch": epoch, "before": first - 1})
        return
    connection.exec_driver_sql(_PLACE_EACH, [(epoch, place, identity) for place, identity in enumerate(ids, first)])


def waiting_among(db: Database, entries: Iterable[bytes]) -> dict[bytes, Any]:
    """Those of these entries that wait for a place here, by their bytes."""
    wanted, found = set(entries), dict[bytes, Any]()
    for identity, entry in waiting(db, number_waiting(db)):
        if entry in wanted:
            found[entry] = identity
    return found


def keep_fetched(db: Database, kind: str, entry: bytes, epoch: int, log_index: int) -> None:
    """Store an entry that was published and is not here, in its place; what it commits to nobody here can tell."""
    row = {"id": new_id(), "kind": kind, "entry": entry, "salt": None, "epoch": epoch, "log_index": log_index}
    add_rows(db, LogEntry, [row])


def place_of(db: Database, identity: UUID) -> Place | None:
    """Where the entry of an event stands; None where it has no place yet, or was never entered."""
    asked = select(LogEntry.epoch, LogEntry.log_index, LogEntry.entry, LogEntry.salt).where(LogEntry.id == identity)
    found = db.connection().execute(asked).first()
    if found is None or found.epoch is None or found.log_index is None:
        return None
    return Place._make(found)


def entries_between(db: Database, epoch: int, start: int, end: int) -> Sequence[bytes]:
    """Entries by their places, from `start` up to before `end`."""
    found = db.connection().execute(_BETWEEN, {"epoch": epoch, "first": start, "end": end})
    return [bytes(entry) for (entry,) in found]


def number_waiting(db: Database) -> int:
    """How many have no place yet."""
    return db.exec(select(func.count()).select_from(LogEntry).where(col(LogEntry.log_index).is_(None))).one()
