"""What goes wrong between us and a database, told as a refusal that says what to do; nothing else is caught.

Drivers' own messages may repeat values of people's records, so none of them is passed on.
"""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from registry.errors import DatabaseBusy, DatabaseFull, DatabaseUnavailable, MalformedInput, Refusal
from registry.records.store.database_address import DatabaseAddress, SqliteAddress

_BUSY_STATES: Final = frozenset({"55P03", "40P01", "40001", "57014", "25P03"})  # lock not available, deadlock, …
_FULL_STATES: Final = frozenset({"53100"})
_STRANGE_STATES: Final = frozenset({"22001", "22003", "22008", "22021", "22P05"})  # too long, too large, no character
_WHY: Final = {
    "42501": "does not allow this user to do that; the user must own the database",
    "53300": "has no connection left; raise max_connections, or run fewer processes",
    "57P03": "is starting or stopping; try again in a while",
}
_LOST: Final = frozenset({"OperationalError", "ConnectionTimeout"})  # without a state: no server answered
_MOST_SAID: Final = 300  # characters of what a server says
_SQLITE_BUSY: Final = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_SQLITE_UNUSABLE: Final = frozenset({sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN})
_HARDLY_ROOM: Final = 256 << 10  # bytes
_PRIMARY: Final = 0xFF  # an extended code of SQLite holds its primary one in the lowest byte


@contextmanager
def told_plainly(address: DatabaseAddress) -> Iterator[None]:
    """Whatever the database refuses inside is raised as a refusal of ours, where it is one that people can mend."""
    try:
        yield
    except Exception as fault:
        refusal = refusal_of(fault, address)
        if refusal is None:
            raise
        raise refusal from fault


def is_database_fault(fault: BaseException | None) -> bool:
    """Whether it came from a database: by way of SQLAlchemy, or from a driver itself."""
    return isinstance(fault, (DBAPIError, PoolTimeout, sqlite3.Error)) or _is_of_psycopg(fault)


def told(fault: BaseException) -> str:
    """What a fault of a database is, in words that repeat nothing of people's records."""
    driver = fault.orig if isinstance(fault, DBAPIError) else fault
    state = getattr(driver, "sqlstate", None)
    if isinstance(driver, (sqlite3.OperationalError, sqlite3.IntegrityError)) or type(driver) is sqlite3.DatabaseError:
        return str(driver)  # it names tables and columns, and no values
    return type(driver).__name__ + (f" (SQLSTATE {state})" if state else "")


def _is_of_psycopg(fault: BaseException | None) -> bool:
    # By its name: whoever keeps the records in SQLite does not wait until that driver is loaded.
    return any(kind.__module__ == "psycopg" and kind.__name__ == "Error" for kind in type(fault).__mro__)


def refusal_of(fault: Exception, address: DatabaseAddress) -> Refusal | None:
    """What a fault of the database means for whoever works with it; None where that is for us to mend."""
    if isinstance(fault, PoolTimeout):
        return DatabaseBusy(f"{address} has had no connection for us for half a minute; try again")
    if not is_database_fault(fault):
        return None
    driver = fault.orig if isinstance(fault, DBAPIError) else fault
    return _of_sqlite(driver, address) if isinstance(driver, sqlite3.Error) else _of_postgresql(driver, address)


def _of_postgresql(driver: BaseException | None, address: DatabaseAddress) -> Refusal | None:
    state, kind = str(getattr(driver, "sqlstate", None) or ""), type(driver).__name__
    if state in _STRANGE_STATES or (kind == "DataError" and not state):  # psycopg itself takes no NUL
        return MalformedInput([("", "holds a character or a number that cannot be stored")])
    if state in _BUSY_STATES:
        return _busy(address)
    if state in _FULL_STATES:
        return _full(address)
    if state in _WHY:
        return DatabaseUnavailable(f"{address} {_WHY[state]}")
    if state.startswith(("08", "57P", "53")) or (not state and kind in _LOST):
        return DatabaseUnavailable(f"{address} cannot be used: {_said_of_the_line(driver)}")
    return None


def _said_of_the_line(driver: BaseException | None) -> str:
    """What the other end said when it let nobody in, or hung up: it names hosts and users, no password, no record."""
    lines = [line.strip() for line in str(driver).splitlines() if line.strip()]
    refused = [line.partition("FATAL:")[2].strip() for line in lines if "FATAL:" in line]
    return " ".join([*refused, *lines][:1])[:_MOST_SAID] or "nobody answers"


def _of_sqlite(driver: sqlite3.Error, address: DatabaseAddress) -> Refusal | None:
    code = getattr(driver, "sqlite_errorcode", 0) & _PRIMARY
    if code in _SQLITE_BUSY:
        return _busy(address)
    if code == sqlite3.SQLITE_FULL or (code in _SQLITE_UNUSABLE and _no_room(address)):
        return _full(address)
    if code in _SQLITE_UNUSABLE:
        return DatabaseUnavailable(f"{address} cannot be used ({driver}); `bevis doctor` looks closer")
    return None


def see_room(address: SqliteAddress) -> None:
    """Raises DatabaseFull where there is hardly any room for what it has to write."""
    if _no_room(address):
        raise _full(address)


def has_room(place: Path) -> bool:
    """Whether more than hardly anything can be written there; nothing is written to find out."""
    try:
        return shutil.disk_usage(place).free >= _HARDLY_ROOM
    except OSError:
        return True  # that is another fault, and told elsewhere


def _no_room(address: DatabaseAddress) -> bool:
    """Whether the disk is full: of the files beside the database, SQLite says so in other words."""
    return isinstance(address, SqliteAddress) and not has_room(address.file.parent)


def _busy(address: DatabaseAddress) -> DatabaseBusy:
    return DatabaseBusy(f"{address} is written to by somebody else, for longer than half a minute; try again")


def _full(address: DatabaseAddress) -> DatabaseFull:
    return DatabaseFull(f"{address} has no room left on its disk; nothing of this was stored. Make room, and try again")
