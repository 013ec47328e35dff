"""The registry as a source of trust: what is on record, read at the moment of the question. Knows no HTTP.

The web process and the shell ask the same object, so a certificate gets one answer wherever it is shown.

A question at a gate costs four short statements (`records/snapshots.py`), and the rest of what is trusted is read
again only when something was written.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

from registry.records.parties.organisation_certificates import Happened
from registry.records.store.snapshots import Event, Snapshot, Snapshots, Stored, snapshot_of
from registry.records.whole.directory import Registry
from registry.signing.published import build_trust, changes_of
from verification.certificate import start_of
from verification.record import Following
from verification.trust import KnownList, StatusEvent, Trust

_QUARTER_HOUR = 900  # seconds; in every time zone a day begins on one, and what is published depends on the day


class _Record(NamedTuple):
    """What is kept under a number: its `vc+jwt` and its history; neither, where there is no such number."""

    vc_jwt: str | None
    events: tuple[StatusEvent, ...]


class RegistryMoment:
    """A state of the register and a moment, as a `verification.trust.TrustSource`; good inside its `with` block.

    snapshot  taken before `now`
    """

    def __init__(self, snapshot: Snapshot, at: int, now: datetime, trust: Trust) -> None:
        self._snapshot, self._now, self._trust, self.revision = snapshot, now, trust, at
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

    def line(self, number: str) -> Sequence[Following]:
        """The certificates that follow on one another, as they were issued; none where it stands alone."""
        found = self._snapshot.line(number)
        return [
            Following(
                number=one.number,
                how="corrects" if one.corrects else "renews" if one.renews else None,
                valid_from=one.valid_from,
                valid_until=one.valid_until,
            )
            for one in found
            if len(found) > 1
        ]

    def _record(self, number: str) -> _Record:
        if number not in self._records:
            self._records[number] = self._read(number)
        return self._records[number]

    def _read(self, number: str) -> _Record:
        found = self._snapshot.certificate(number)
        if found is None:
            return _Record(None, ())
        if found.organisation:
            return _Record(found.vc_jwt, _events_about_organisation(found))
        return _Record(found.vc_jwt, tuple(_event(event, found.kid, found.time_zone) for event in found.events))


class RegistrySource:
    """A `verification.trust.TrustSource` that can stand still for a question.

    public_url  where the registry is reached
    clock       the moment, UTC; asked at every question
    """

    def __init__(self, registry: Registry, public_url: str, clock: Callable[[], datetime]) -> None:
        self._registry, self._public_url, self._clock = registry, public_url, clock
        self._snapshots = Snapshots(registry.address)
        self._lock = threading.Lock()
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
            with self._snapshots.one() as snapshot:
                at = snapshot.revision()
                # Asked after the snapshot was taken, so that nothing in it lies in the future.
                now = self.now()
                kept = self._on_record
                if kept is not None and kept[0] == (at, _quarter(now)):
                    yield RegistryMoment(snapshot, at, now, self._as_of(now, *kept))
                    return
            # Something was written, or a day may have begun: all of it is read anew, again in one snapshot.
            with self._registry.reading() as db:
                snapshot = snapshot_of(db, self._registry.address)
                at, now = snapshot.revision(), self.now()
                key = (at, _quarter(now))
                self._on_record = key, _worked_out(build_trust(db, self._public_url, now))
                yield RegistryMoment(snapshot, at, now, self._as_of(now, *self._on_record))

    def close(self) -> None:
        """Give the connection back."""
        self._snapshots.close()

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


def _events_about_organisation(found: Stored) -> tuple[StatusEvent, ...]:
    """As `registry.signing.published.events_of` tells them."""
    first = found.events[0]
    issued = StatusEvent(kind="issued", effective_from=first.at, kid=found.kid, log_index=first.log_index)
    happened = (
        Happened(event.kind, event.effective_from, event.until, event.reason, event.successor)  # type: ignore[arg-type]
        for event in found.events
    )
    return (issued, *changes_of(happened, found.time_zone))


def _event(event: Event, kid: str, time_zone: str) -> StatusEvent:
    """As `registry.signing.published.events_of` tells it."""
    return StatusEvent.model_validate(
        {
            "kind": event.kind,
            "effective_from": start_of(event.effective_from, time_zone) if event.kind == "annulled" else event.at,
            "reason": event.reason,
            "kid": kid if event.kind == "issued" else None,
            "successor": event.successor,
            "log_index": event.log_index if event.kind == "issued" else None,
        }
    )
