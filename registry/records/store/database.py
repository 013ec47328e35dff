"""What every noun needs to be stored: an open transaction, a count of all changes, and ids that sort by time."""

import os
import secrets
import threading
import time
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Field, Session, SQLModel

# What a column is marked with whose text does not get shorter: PostgreSQL would try for longer than all else takes.
UNCOMPRESSED: Final = "uncompressed"

Database = Session  # one open transaction; whoever opened it ends it


class Revision(SQLModel, table=True):
    """One row that grows with every committed change, so that what is derived from the records can be cached."""

    id: int = Field(primary_key=True)
    value: int


def revision(db: Database) -> int:
    """Grows with every committed change."""
    return int(db.connection().execute(text("SELECT value FROM revision")).scalar_one())


def grow_revision(db: Database) -> None:
    """To be called once, last, in every transaction that writes."""
    db.connection().execute(text("UPDATE revision SET value = value + 1"))


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
    # From the bytes at once: `secrets.randbits` costs as much as all the rest.
    last = int.from_bytes(os.urandom(8), "big") >> 2
    return UUID(int=(milliseconds & 0xFFFF_FFFF_FFFF) << 80 | 7 << 76 | counter << 64 | 0b10 << 62 | last)
