"""One connection past the ORM that looks at one moment after another: what a question at a gate needs, in microseconds.

Only what `web/source.py` asks for is asked here; everything else goes through `Registry.reading`.
"""

import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime
from operator import itemgetter
from typing import Any, Final, NamedTuple

from registry.records.store.database import Database
from registry.records.store.database_address import DatabaseAddress, PostgresqlAddress
from registry.records.store.database_faults import is_database_fault, told_plainly
from registry.records.store.engines import postgresql_connection, sqlite_reader

_REVISION: Final = "SELECT value FROM revision"
_CERTIFICATE: Final = (
    "SELECT vc_jwt, c.kid, time_zone, e.kind, e.at, e.effective_from, e.reason, e.successor, l.log_index "
    "FROM issued_certificate c LEFT JOIN certificate_event e ON e.certificate_id = c.id "
    "LEFT JOIN log_entry l ON l.id = e.id WHERE c.number = {} ORDER BY e.place"
)
_ABOUT_ORGANISATION: Final = (
    "SELECT vc_jwt, c.kid, time_zone, e.kind, e.at, e.from_day, e.reason, e.successor, l.log_index, e.until_day "
    "FROM organisation_certificate c JOIN organisation_certificate_event e ON e.certificate_id = c.id "
    "LEFT JOIN log_entry l ON l.id = e.id WHERE c.number = {} ORDER BY e.place"
)
_IN_LINE: Final = (
    "SELECT number, corrects, renews, valid_from, valid_until, id FROM issued_certificate "
    "WHERE number = {0} OR corrects = {0} OR renews = {0}"
)
MOST_IN_LINE: Final = 50  # certificates; one that is renewed each year has as many in a working life
_DOCUMENT: Final = 3  # columns of the certificate itself, before those of its events


class Event(NamedTuple):
    """Something that happened to a certificate, as it is stored; log_index: where it stands in the log, if it does.

    until  the last day it is about, of a certificate about an organisation
    """

    kind: str
    at: datetime
    effective_from: date
    reason: str | None
    successor: str | None
    log_index: int | None
    until: date | None = None


class Stored(NamedTuple):
    """What is stored under a number, with its history: the first event first. organisation: it is about one."""

    vc_jwt: str
    kid: str
    time_zone: str
    events: Sequence[Event]
    organisation: bool = False


class InLine(NamedTuple):
    """A certificate among those that follow on one another, and how it follows on the one before it."""

    number: str
    corrects: str | None
    renews: str | None
    valid_from: date
    valid_until: date | None


class _Dialect(NamedTuple):
    begin: str  # and say the revision
    certificate: str
    about_organisation: str
    in_line: str
    event: Callable[[Sequence[Any]], Event]


def _told_in_text(row: Sequence[Any]) -> Event:
    kind, at, effective_from, reason, successor, log_index, *until = row
    moment = datetime.fromisoformat(at).replace(tzinfo=UTC)
    last = date.fromisoformat(until[0]) if until and until[0] else None
    return Event(kind, moment, date.fromisoformat(effective_from), reason, successor, log_index, last)


_SQLITE: Final = _Dialect(
    "BEGIN", _CERTIFICATE.format("?"), _ABOUT_ORGANISATION.format("?"), _IN_LINE.format("?"), _told_in_text
)
# In one go with what is asked first: each time to the server and back costs more than what it does there.
_POSTGRESQL: Final = _Dialect(
    f"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; {_REVISION}",
    _CERTIFICATE.format("%s"),
    _ABOUT_ORGANISATION.format("%s"),
    _IN_LINE.format("%s"),
    lambda row: Event(*row),
)


class Snapshot:
    """One moment of the records, by the driver's own connection inside a transaction."""

    def __init__(self, connection: Any, dialect: _Dialect, at: int | None = None) -> None:  # noqa: ANN401 sqlite3's or psycopg's
        self._connection, self._dialect, self._at = connection, dialect, at

    def revision(self) -> int:
        """Grows with every committed change."""
        if self._at is None:
            (self._at,) = self._connection.execute(_REVISION).fetchone()
        return int(self._at)

    def certificate(self, number: str) -> Stored | None:
        """What is stored under that number of 16 characters; None where it is nobody's."""
        rows = self._connection.execute(self._dialect.certificate, (number,)).fetchall()
        about_organisation = not rows
        if about_organisation:
            rows = self._connection.execute(self._dialect.about_organisation, (number,)).fetchall()
        if not rows:
            return None
        vc_jwt, kid, time_zone = rows[0][:_DOCUMENT]
        events = (row[_DOCUMENT:] for row in rows if row[_DOCUMENT] is not None)
        return Stored(vc_jwt, kid, time_zone, tuple(map(self._dialect.event, events)), about_organisation)

    def line(self, number: str) -> Sequence[InLine]:
        """All that it corrects or renews, and all that correct or renew it, as they were issued; itself among them."""
        found, asked, open_ends = dict[str, tuple[str, InLine]](), set[str](), [number]
        while open_ends and len(found) < MOST_IN_LINE:
            one = open_ends.pop()
            asked.add(one)
            for row in self._connection.execute(self._dialect.in_line, (one,) * 3).fetchall():
                each = InLine(row[0], row[1], row[2], date.fromisoformat(str(row[3])), _day(row[4]))
                found[each.number] = str(row[5]), each  # its id tells when it was made
                near = (each.number, each.corrects, each.renews)
                open_ends += [other for other in near if other is not None and other not in asked]
        return [each for _, each in sorted(found.values(), key=itemgetter(0))]


def _day(told: Any) -> date | None:  # noqa: ANN401 the driver's
    return None if told is None else date.fromisoformat(str(told))


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
            snapshot = self._begun()
            try:
                yield snapshot
            finally:
                # Where the connection is lost there is nothing to end; the next question opens another.
                with suppress(Exception):
                    self._connection.execute("ROLLBACK")

    def close(self) -> None:
        """Give the connection back; it is opened again where somebody still asks."""
        with self._lock:
            self._drop()

    def _begun(self) -> Snapshot:
        if self._connection is not None:
            try:
                return self._begin()
            except Exception as fault:
                if not is_database_fault(fault):
                    raise
                self._drop()  # the server was started again, and has forgotten us
        self._connection = self._opened()
        self._at_the_end = weakref.finalize(self, self._connection.close)
        return self._begin()

    def _begin(self) -> Snapshot:
        begun = self._connection.execute(self._dialect.begin)
        if self._dialect is _SQLITE:
            return Snapshot(self._connection, self._dialect)
        begun.nextset()
        return Snapshot(self._connection, self._dialect, begun.fetchone()[0])

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
