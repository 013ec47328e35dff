"""The tree over the entries, and every head of it that was signed; a new epoch is a new log."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import cache
from typing import Final, NamedTuple

from sqlalchemy import Text, TextClause, UniqueConstraint, text
from sqlmodel import Field, SQLModel, col, select

from registry.errors import RecordDamaged
from registry.records.store.database import Database
from registry.records.store.in_bulk import add_rows
from registry.records.store.kept import never_changed, never_removed, not_changed_when
from verification.log.tiles import HEIGHT, WIDTH, Edge


class LogEpoch(SQLModel, table=True):
    """One log from its beginning; the registry has one, and another after each that could not go on.

    origin  what its checkpoints are called
    kid     which of the registry's keys signs them
    reason  why it was begun where another had been
    """

    __tablename__ = "log_epoch"

    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    origin: str = Field(unique=True)
    kid: str = Field(foreign_key="signing_key.kid", unique=True)
    began_at: datetime
    reason: str | None = None


class LogHead(SQLModel, table=True):
    """A head that was signed; extends: the size of the one before it, of which each is extended once.

    note  the checkpoint, as it is published
    """

    __tablename__ = "log_head"
    __table_args__ = (UniqueConstraint("epoch", "extends"),)

    epoch: int = Field(primary_key=True, foreign_key="log_epoch.number")
    size: int = Field(primary_key=True)
    extends: int
    root: bytes
    note: str = Field(sa_type=Text)
    signed_at: datetime


class LogTile(SQLModel, table=True):
    """Up to 256 hashes of one level of the tree, 32 bytes each."""

    __tablename__ = "log_tile"

    epoch: int = Field(primary_key=True, foreign_key="log_epoch.number")
    level: int = Field(primary_key=True)
    number: int = Field(primary_key=True)
    hashes: bytes


class Epoch(NamedTuple):
    """A log as it is stored: see `LogEpoch`."""

    number: int
    origin: str
    kid: str
    began_at: datetime
    reason: str | None


class Head(NamedTuple):
    """A head as it is stored: see `LogHead`."""

    epoch: int
    size: int
    extends: int
    root: bytes
    note: str
    signed_at: datetime


# Asked for every change that anybody makes: as text they are not worked out anew each time.
_EPOCH: Final = "SELECT number, origin, kid, began_at, reason FROM log_epoch"
_HEAD: Final = "SELECT epoch, size, extends, root, note, signed_at FROM log_head WHERE epoch = :of"
_OF_EPOCH: Final = SQLModel.metadata.tables["log_epoch"].columns
_OF_HEAD: Final = SQLModel.metadata.tables["log_head"].columns
_EPOCHS = text(f"{_EPOCH} ORDER BY number").columns(*_OF_EPOCH)
_NEWEST_EPOCH = text(f"{_EPOCH} ORDER BY number DESC LIMIT 1").columns(*_OF_EPOCH)
_HEADS = text(f"{_HEAD} ORDER BY size").columns(*_OF_HEAD)
_NEWEST_HEAD = text(f"{_HEAD} ORDER BY size DESC LIMIT 1").columns(*_OF_HEAD)
_HEAD_AT = text(f"{_HEAD} AND size = :size").columns(*_OF_HEAD)

KEPT = (
    never_changed("epoch_is_not_changed", "log_epoch", "what a log was begun with is never changed"),
    never_removed("epoch_is_not_removed", "log_epoch", "a log is never removed"),
    never_changed("head_is_not_changed", "log_head", "a head that was signed is never changed"),
    never_removed("head_is_not_removed", "log_head", "a head that was signed is never removed"),
    not_changed_when(
        "tile_only_grows",
        "log_tile",
        "a hash in the tree is never changed",
        *("epoch", "level", "number", "hashes"),
        when="substr(NEW.hashes, 1, length(OLD.hashes)) <> OLD.hashes OR NEW.level <> OLD.level "
        "OR NEW.number <> OLD.number OR NEW.epoch <> OLD.epoch",
    ),
    never_removed("tile_is_not_removed", "log_tile", "a tile is never removed"),
)

# Asked several times for every head: as text they are not made anew each time.
_READ = text("SELECT hashes FROM log_tile WHERE epoch = :epoch AND level = :level AND number = :number")


@cache
def _read_many(tiles: int) -> TextClause:
    each = " OR ".join(f"level = :l{at} AND number = :n{at}" for at in range(tiles))
    return text(f"SELECT level, number, hashes FROM log_tile WHERE epoch = :epoch AND ({each})")  # noqa: S608 our own names


_KEEP = text(
    "INSERT INTO log_tile (epoch, level, number, hashes) VALUES (:epoch, :level, :number, :hashes) "
    "ON CONFLICT (epoch, level, number) DO UPDATE SET hashes = excluded.hashes"
)


def newest_epoch(db: Database) -> Epoch | None:
    """The log that is written to; None before the first was begun."""
    found = db.connection().execute(_NEWEST_EPOCH).first()
    return None if found is None else Epoch._make(found)


def epochs(db: Database) -> Sequence[Epoch]:
    """All logs, the first one first."""
    return [Epoch._make(row) for row in db.connection().execute(_EPOCHS)]


def newest_head(db: Database, epoch: int) -> Head | None:
    """The last head signed of a log; None where there is none yet."""
    found = db.connection().execute(_NEWEST_HEAD, {"of": epoch}).first()
    return None if found is None else Head._make(found)


def head_at(db: Database, epoch: int, size: int) -> Head | None:
    """The head signed at that size."""
    found = db.connection().execute(_HEAD_AT, {"of": epoch, "size": size}).first()
    return None if found is None else Head._make(found)


def heads(db: Database, epoch: int) -> Sequence[Head]:
    """All heads of a log, the smallest first."""
    return [Head._make(row) for row in db.connection().execute(_HEADS, {"of": epoch})]


def size_before(db: Database, epoch: int, moment: datetime) -> int:
    """How many entries the last head signed before that moment has."""
    earlier = select(LogHead.size).where(LogHead.epoch == epoch, col(LogHead.signed_at) < moment)
    return db.exec(earlier.order_by(col(LogHead.size).desc()).limit(1)).first() or 0


def last_of_each_day(db: Database, epoch: int) -> Sequence[tuple[int, datetime]]:
    """Size and moment of the last head signed on each day (UTC) on which one was, in order."""
    found: dict[date, tuple[int, datetime]] = {}
    asked = select(LogHead.size, LogHead.signed_at).where(LogHead.epoch == epoch).order_by(col(LogHead.size))
    for size, signed_at in db.exec(asked, execution_options={"yield_per": 1000}):
        found[signed_at.date()] = (size, signed_at)
    return list(found.values())


def begin_epoch(db: Database, epoch: Epoch) -> None:
    """Store a new log."""
    add_rows(db, LogEpoch, [epoch._asdict()])


def keep_head(db: Database, head: Head) -> None:
    """Store a head. IntegrityError where one of that size is there, or another extends the same one."""
    add_rows(db, LogHead, [head._asdict()])


def keep_tiles(db: Database, epoch: int, changed: Mapping[tuple[int, int], bytes]) -> None:
    """Store tiles as they are now, by level and number."""
    if changed:
        db.connection().execute(
            _KEEP,
            [
                {"epoch": epoch, "level": level, "number": number, "hashes": hashes}
                for (level, number), hashes in changed.items()
            ],
        )


class KeptTiles:
    """The tiles of a log, each read once."""

    def __init__(self, db: Database, epoch: int) -> None:
        self._db, self._epoch = db, epoch
        self._read: dict[tuple[int, int], bytes] = {}

    def fetch(self, size: int, index: int) -> None:
        """Read at once what a proof needs that a leaf is in the tree of `size` leaves."""
        wanted, level = set[tuple[int, int]](), 0
        while size:
            wanted.add((level, index >> HEIGHT))
            if size % WIDTH:
                wanted.add((level, size >> HEIGHT))
            size, index, level = size >> HEIGHT, index >> HEIGHT, level + 1
        places = {f"{name}{at}": one for at, place in enumerate(wanted) for name, one in zip("ln", place, strict=True)}
        found = self._db.connection().execute(_read_many(len(wanted)), {"epoch": self._epoch, **places})
        self._read |= {(level, number): bytes(hashes) for level, number, hashes in found}

    def __call__(self, level: int, number: int) -> bytes:
        """Raises RecordDamaged where there is no such tile."""
        if (level, number) not in self._read:
            place = {"epoch": self._epoch, "level": level, "number": number}
            hashes = self._db.connection().execute(_READ, place).scalar()
            if hashes is None:
                raise RecordDamaged(f"tile {level}/{number} of the log is missing")
            self._read[level, number] = bytes(hashes)
        return self._read[level, number]


def edge_of(db: Database, epoch: int, size: int) -> Edge:
    """The right edge of the tree of `size` leaves. Raises RecordDamaged."""
    read, hashes, rest = KeptTiles(db, epoch), list[bytes](), size
    while rest:
        width = rest % WIDTH
        hashes.append(read(len(hashes), rest >> HEIGHT) if width else b"")
        rest >>= HEIGHT
    try:
        return Edge(size, hashes)
    except ValueError as fault:
        raise RecordDamaged(f"the tiles of the log are not those of {size} entries") from fault


def tiles(db: Database, epoch: int) -> Iterator[LogTile]:
    """All tiles of a log, by level and number."""
    every = select(LogTile).where(LogTile.epoch == epoch).order_by(col(LogTile.level), col(LogTile.number))
    yield from db.exec(every, execution_options={"yield_per": 100})
