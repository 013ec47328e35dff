"""What routes are given: the moment, and the records. The only clock of the web process."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from time import monotonic_ns
from typing import Annotated, Final

from fastapi import Depends, Request

from registry.records.store.database import Database
from registry.records.whole.directory import Registry
from registry.signing.keys import Keyring
from registry.signing.personal_data import PersonalData, open_personal_data
from registry.web.followers import Followers
from registry.web.key_gate import KeyGate
from registry.web.seats import Seats
from registry.web.settings import Settings


def utc_now() -> datetime:
    """This moment."""
    return datetime.now(UTC)


def elapsed() -> int:
    """Nanoseconds of a clock that never goes back; only differences mean anything."""
    return monotonic_ns()


class Room:
    """Whether changes find room. What is on a database server's disk cannot be seen from here: the last change tells.

    It is believed for half a minute: nobody changes anything where nobody is sent, and so nobody would find out.
    """

    BELIEVED: Final = timedelta(seconds=30)

    def __init__(self) -> None:
        self._ran_out: datetime | None = None

    def ran_out(self, now: datetime) -> None:
        """A change found none."""
        self._ran_out = now

    def is_there(self, now: datetime) -> bool:
        """As far as is known."""
        return self._ran_out is None or not timedelta(0) <= now - self._ran_out < self.BELIEVED


@dataclass(frozen=True)
class Office:
    """What the application works with for as long as it runs.

    gate         how much each key may ask
    under_way    changes that are being made: whose, and their Idempotency-Key
    followers    whoever follows a batch as it comes along
    room         whether changes find room
    corrections  class lists that are being handed back
    """

    settings: Settings
    registry: Registry
    keyring: Keyring
    clock: Callable[[], datetime]
    gate: KeyGate
    under_way: set[tuple[str, str]] = field(default_factory=set)
    followers: Followers = field(default_factory=Followers)
    room: Room = field(default_factory=Room)
    corrections: Seats = field(default_factory=Seats)

    @cached_property
    def personal_data(self) -> PersonalData:
        """What people's numbers are sealed and found by. Raises NoMasterKey, WrongMasterKey, NoIndexKey."""
        return open_personal_data(self.settings.master_key_file, self.settings.index_key_file)


def _office(request: Request) -> Office:
    office: Office = request.app.state.office
    return office


def _now(office: Annotated[Office, Depends(_office)]) -> datetime:
    return office.clock()


def _reading(office: Annotated[Office, Depends(_office)]) -> Iterator[Database]:
    with office.registry.reading() as db:
        yield db


TheOffice = Annotated[Office, Depends(_office)]
Now = Annotated[datetime, Depends(_now)]
# Closed before the answer goes out.
Reading = Annotated[Database, Depends(_reading, scope="function")]
