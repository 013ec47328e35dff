"""One connection past the ORM that looks at one moment after another: what a question at a gate needs, in microseconds.

Only what `web/source.py` asks for is asked here; everything else goes through `Registry.reading`.
"""

import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime
from typing import Any, Final, NamedTuple

from registry.records.database import Database
from registry.records.database_address import DatabaseAddress, PostgresqlAddress
from registry.records.database_faults import is_database_fault, told_plainly
from registry.records.engines import postgresql_connection, sqlite_reader

_REVISION: Final = "SELECT value FROM revision"
_CERTIFICATE: Final = "SELECT id, vc_jwt, kid, time_zone FROM issued_certificate WHERE number = "
_EVENTS: Final = (
    "SELECT kind, at, effective_from, reason, successor FROM certificate_event WHERE certificate_id = {} ORDER BY place"
)


class Event(NamedTuple):
    """Something that happened to a certificate, as it is stored."""

    kind: str
    at: datetime
    effective_from: date
    reason: str | None
    successor: str | None


class Stored(NamedTuple):
    """What is stored under a number, with its history: the first event first."""

    vc_jwt: str
    kid: str
    time_zone: str
    events: Sequence[Event]


class _Dialect(NamedTuple):
    begin: str
    certificate: str
    events: str
    event: Callable[[Sequence[Any]], Event]


def _told_in_text(row: Sequence[Any]) -> Event:
    kind, at, effective_from, reason, successor = row
    moment = datetime.fromisoformat(at).replace(tzinfo=UTC)
    return Event(kind, moment, date.fromisoformat(effective_from), reason, successor)


_SQLITE: Final = _Dialect("BEGIN", _CERTIFICATE + "?", _EVENTS.format("?"), _told_in_text)
_POSTGRESQL: Final = _Dialect(
    "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", _CERTIFICATE + "%s", _EVENTS.format("%s"), Event._make
)


class Snapshot:
    """One moment of the records, by the driver's own connection inside a transaction."""

    def __init__(self, connection: Any, dialect: _Dialect) -> None:  # noqa: ANN401 sqlite3's or psycopg's
        self._connection, self._dialect = connection, dialect

    def revision(self) -> int:
        """Grows with every committed change."""
        (value,) = self._connection.execute(_REVISION).fetchone()
        return int(value)

    def certificate(self, number: str) -> Stored | None:
        """What is stored under that number of 16 characters; None where it is nobody's."""
        found = self._connection.execute(self._dialect.certificate, (number,)).fetchone()
        if found is None:
            return None
        identity, vc_jwt, kid, time_zone = found
        events = self._connection.execute(self._dialect.events, (identity,)).fetchall()
        return Stored(vc_jwt, kid, time_zone, tuple(map(self._dialect.event, events)))


class Snapshots:
    """A connection of one's own, opened when it is needed; one question at a time."""

    def __init__(self, address: DatabaseAddress) -> None:
        self._address = address
        self._dialect = _dialect(address)
        self._lock = threading.Lock()
        self._connection: Any = None

    @contextmanager
    def one(self) -> Iterator[Snapshot]:
        """Everything as it is now, inside the `with` block. Raises DatabaseBusy, DatabaseUnavailable."""
        with self._lock, told_plainly(self._address):
            connection = self._begun()
            try:
                yield Snapshot(connection, self._dialect)
            finally:
                # Where the connection is lost there is nothing to end; the next question opens another.
                with suppress(Exception):
                    connection.execute("ROLLBACK")

    def close(self) -> None:
        """Give the connection back; it is opened again where somebody still asks."""
        with self._lock:
            self._drop()

    def _begun(self) -> Any:  # noqa: ANN401 the driver's own
        if self._connection is not None:
            try:
                self._connection.execute(self._dialect.begin)
            except Exception as fault:
                if not is_database_fault(fault):
                    raise
                self._drop()  # the server was started again, and has forgotten us
            else:
                return self._connection
        self._connection = self._opened()
        self._at_the_end = weakref.finalize(self, self._connection.close)
        self._connection.execute(self._dialect.begin)
        return self._connection

    def _opened(self) -> Any:  # noqa: ANN401 the driver's own
        if isinstance(self._address, PostgresqlAddress):
            return postgresql_connection(self._address)
        connection = sqlite_reader(self._address)
        connection.isolation_level = None
        return connection

    def _drop(self) -> None:
        if self._connection is not None:
            with suppress(Exception):
                self._at_the_end()
            self._connection = None


def snapshot_of(db: Database, address: DatabaseAddress) -> Snapshot:
    """The moment that an open transaction sees."""
    return Snapshot(db.connection().connection.driver_connection, _dialect(address))


def _dialect(address: DatabaseAddress) -> _Dialect:
    return _POSTGRESQL if isinstance(address, PostgresqlAddress) else _SQLITE
