"""One file, one writer at a time, readers beside it.

pysqlite's own transactions lose updates silently, so we begin them ourselves: `BEGIN IMMEDIATE` on the writing
engine (a second writer waits), `BEGIN` on a read-only engine (one snapshot per reader).
"""

import secrets
import sqlite3
import threading
import time
from pathlib import Path
from uuid import UUID

from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool
from sqlmodel import Field, Session, SQLModel, create_engine

Database = Session  # one open transaction; whoever opened it ends it

WAIT_SECONDS = 30  # how long a writer waits for the one before it


class Revision(SQLModel, table=True):
    """One row that grows with every committed change, so that what is derived from the records can be cached."""

    id: int = Field(primary_key=True)
    value: int


def writer_to(database: Path) -> Engine:
    """Connections that write, one transaction at a time."""
    engine = create_engine(
        f"sqlite:///{database.resolve()}",
        poolclass=QueuePool,
        connect_args={"timeout": WAIT_SECONDS, "check_same_thread": False},
    )
    return _beginning_with(engine, "BEGIN IMMEDIATE")


def reader_of(database: Path) -> Engine:
    """Connections that can only read, each seeing one moment."""
    engine = create_engine(
        "sqlite://",
        poolclass=QueuePool,
        creator=lambda: sqlite3.connect(
            f"{database.resolve().as_uri()}?mode=ro", uri=True, timeout=WAIT_SECONDS, check_same_thread=False
        ),
    )
    return _beginning_with(engine, "BEGIN")


def revision(db: Database) -> int:
    """Grows with every committed change."""
    return int(db.connection().execute(text("SELECT value FROM revision")).scalar_one())


def grow_revision(db: Database) -> None:
    """To be called once, last, in every transaction that writes."""
    db.connection().execute(text("UPDATE revision SET value = value + 1"))


def _beginning_with(engine: Engine, statement: str) -> Engine:
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(statement)

    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", begin)
    return engine


def _prepare(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # pysqlite leaves transactions to us
    cursor = connection.cursor()
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


_last_id = threading.local()


def new_id(moment_ms: int | None = None) -> UUID:
    """A UUIDv7 (RFC 9562 § 5.7): milliseconds, then a counter seeded at random so that ids of one thread sort.

    moment_ms  only for tests; otherwise the clock, which here decides nothing but the order of ids
    """
    milliseconds = time.time_ns() // 1_000_000 if moment_ms is None else moment_ms
    last_ms, last_counter = getattr(_last_id, "value", (-1, 0))
    if milliseconds <= last_ms and last_counter < 0xFFF:  # noqa: PLR2004 12 bits of rand_a
        milliseconds, counter = last_ms, last_counter + 1
    else:
        milliseconds = max(milliseconds, last_ms + 1)
        counter = secrets.randbits(11)
    _last_id.value = (milliseconds, counter)
    return UUID(
        int=(milliseconds & 0xFFFF_FFFF_FFFF) << 80 | 7 << 76 | counter << 64 | 0b10 << 62 | secrets.randbits(62)
    )
