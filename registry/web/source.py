"""The registry as a source of trust: what is on record, read at the moment of the question. Knows no HTTP.

The web process and the shell ask the same object, so a certificate gets one answer wherever it is shown.

This is the one place that reads the database past the ORM: a question at a gate costs four short statements, and
the rest of what is trusted is read again only when something was written.
"""

import sqlite3
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Any, NamedTuple

from registry.records.database import WAIT_SECONDS, Database, revision
from registry.records.directory import DATABASE_FILE, Registry
from registry.signing.published import build_trust
from verification.certificate import start_of
from verification.trust import KnownList, StatusEvent, Trust

_QUARTER_HOUR = 900  # seconds; in every time zone a day begins on one, and what is published depends on the day

_REVISION = "SELECT value FROM revision"
_CERTIFICATE = "SELECT id, vc_jwt, kid, time_zone FROM issued_certificate WHERE number = ?"
_EVENTS = (
    "SELECT kind, at, effective_from, reason, successor FROM certificate_event WHERE certificate_id = ? ORDER BY place"
)


class _Record(NamedTuple):
    """What is kept under a number: its `vc+jwt` and its history; neither, where there is no such number."""

    vc_jwt: str | None
    events: tuple[StatusEvent, ...]


class RegistryMoment:
    """A state of the register and a moment, as a `verification.trust.TrustSource`; good inside its `with` block.

    connection  within a transaction that began before `now`
    """

    def __init__(self, connection: Any, at: int, now: datetime, trust: Trust) -> None:  # noqa: ANN401 SQLAlchemy's or sqlite3's
        self._connection, self._now, self._trust, self.revision = connection, now, trust, at
        self._records: dict[str, _Record] = {}

    def now(self) -> datetime:
        """The moment, UTC."""
        return self._now

    def trust(self, number: str | None = None) -> Trust:
        """What is on record, with the history of that certificate where a number is given."""
        if number is None:
            return self._trust
        return self._trust.model_copy(update={"events": {number: self._record(number).events}})

    def token_by_number(self, number: str) -> str | None:
        """The stored `vc+jwt`; None for a number that is not here."""
        return self._record(number).vc_jwt

    def _record(self, number: str) -> _Record:
        if number not in self._records:
            self._records[number] = self._read(number)
        return self._records[number]

    def _read(self, number: str) -> _Record:
        found = self._connection.execute(_CERTIFICATE, (number,)).fetchone()
        if found is None:
            return _Record(None, ())
        identity, vc_jwt, kid, time_zone = found
        events = self._connection.execute(_EVENTS, (identity,)).fetchall()
        return _Record(vc_jwt, tuple(_event(event, kid, time_zone) for event in events))


class RegistrySource:
    """A `verification.trust.TrustSource` that can stand still for a question.

    public_url  where the registry is reached
    clock       the moment, UTC; asked at every question
    """

    def __init__(self, registry: Registry, public_url: str, clock: Callable[[], datetime]) -> None:
        self._registry, self._public_url, self._clock = registry, public_url, clock
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._on_record: tuple[tuple[int, int], Trust] | None = None
        self._this_second: tuple[tuple[int, int], Trust] | None = None

    def now(self) -> datetime:
        """The moment, UTC."""
        return self._clock()

    def trust(self, number: str | None = None) -> Trust:
        """What is on record now, with the history of that certificate where a number is given."""
        with self.at_once() as moment:
            return moment.trust(number)

    def token_by_number(self, number: str) -> str | None:
        """The stored `vc+jwt`; None for a number that is not here."""
        with self.at_once() as moment:
            return moment.token_by_number(number)

    @contextmanager
    def at_once(self) -> Iterator[RegistryMoment]:
        """Everything as it is now, read in one snapshot: certificate, state and trust belong together."""
        with self._lock:
            connection = self._reader()
            connection.execute("BEGIN")
            try:
                (at,) = connection.execute(_REVISION).fetchone()
                # Asked after the snapshot was taken, so that nothing in it lies in the future.
                now = self.now()
                kept = self._on_record
                if kept is not None and kept[0] == (at, _quarter(now)):
                    yield RegistryMoment(connection, at, now, self._as_of(now, *kept))
                    return
            finally:
                connection.execute("ROLLBACK")
            # Something was written, or a day may have begun: all of it is read anew, again in one snapshot.
            with self._registry.reading() as db:
                at, now = revision(db), self.now()
                key = (at, _quarter(now))
                self._on_record = key, _worked_out(build_trust(db, self._public_url, now))
                yield RegistryMoment(_below(db), at, now, self._as_of(now, *self._on_record))

    def close(self) -> None:
        """Give the connection back."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _reader(self) -> sqlite3.Connection:
        if self._connection is None:
            database = self._registry.directory.resolve() / DATABASE_FILE
            self._connection = sqlite3.connect(
                f"{database.as_uri()}?mode=ro",
                uri=True,
                timeout=WAIT_SECONDS,
                isolation_level=None,
                check_same_thread=False,  # one question at a time holds the lock
            )
            weakref.finalize(self, self._connection.close)
        return self._connection

    def _as_of(self, now: datetime, at: tuple[int, int], trust: Trust) -> Trust:
        """What is on record, known as of this second: a trust states no less."""
        now = now.replace(microsecond=0)
        second = (at[0], int(now.timestamp()))
        if self._this_second is None or self._this_second[0] != second:
            lists = {place: _rendered_at(now, known) for place, known in trust.status_lists.items()}
            self._this_second = second, trust.model_copy(update={"as_of": now, "status_lists": lists})
        return self._this_second[1]


def _quarter(now: datetime) -> int:
    return int(now.timestamp()) // _QUARTER_HOUR


def _rendered_at(now: datetime, known: KnownList) -> KnownList:
    """The list as it would be rendered now: it says the same, from now on and for as long."""
    ends = None if known.expires_at is None else known.expires_at + (now - known.issued_at)
    return known.model_copy(update={"issued_at": now, "expires_at": ends})


def _worked_out(trust: Trust) -> Trust:
    """With everything found that is found once, so that all copies of it share that."""
    for name, fact in vars(type(trust)).items():
        if isinstance(fact, cached_property):
            getattr(trust, name)
    return trust


def _below(db: Database) -> Any:  # noqa: ANN401 the driver's own connection
    """The connection below the ORM, in the same transaction."""
    return db.connection().connection.driver_connection


def _event(event: tuple[str, str, str, str | None, str | None], kid: str, time_zone: str) -> StatusEvent:
    """As `registry.signing.published.events_of` tells it."""
    kind, at, effective_from, reason, successor = event
    return StatusEvent.model_validate(
        {
            "kind": kind,
            "effective_from": start_of(date.fromisoformat(effective_from), time_zone)
            if kind == "annulled"
            else datetime.fromisoformat(at).replace(tzinfo=UTC),
            "reason": reason,
            "kid": kid if kind == "issued" else None,
            "successor": successor,
        }
    )
