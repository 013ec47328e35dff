"""The disk that the records lie on is full, at one moment or another of what is being done; then there is room again.

Nothing is half done, whoever asked is told so in words (shell: exit 3; HTTP: 507 with the type of the problem), and
what is public goes on being answered. Once there is room, the same command or request does what it could not, and so
does the service by itself: nobody lays a hand on the database.
"""

import contextlib
import io
import json
import logging
import random
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from fastapi.testclient import TestClient

from registry.command_line.main import app
from registry.issuing.batches.issue_batch import request_batch
from registry.issuing.decisions.wish import Wish
from registry.records.actors.api_keys import create_api_key
from registry.records.store.database_address import SqliteAddress
from registry.records.whole.directory import Registry
from registry.signing.keys import open_keyring
from registry.web.app import create_app
from registry.web.settings import Settings
from registry.work.standby import Standby
from tests.chaos.doors import write_list
from tests.chaos.ground import DESK, OCCASION, ground, name_of
from tests.chaos.processes import Forked, Tell
from tests.chaos.small_disk import NoSmallDisk, SmallDisk
from tests.chaos.soundness import ailments, issued, numbers, unsound
from tests.postgresql import OURS, NoServer, in_memory, running_server
from tests.registry.conftest import PUBLIC_URL, actor, person, roster

_SIZE = {"sqlite": 24 << 20, "postgresql": 96 << 20}
_GROWS = 2 << 20  # bytes a round, at most: a disk that the records themselves fill has no room to go on in
_ROWS = 60
_MOST_LEFT = 1 << 20  # bytes
_PATIENCE_SECONDS, _TRIED_SECONDS = 120, 1.5
_DENIED = 3  # exit code
_FULL = "/problems/database-full"


@dataclass
class Full:
    """What was done. refused: how often what was refused for want of room."""

    rounds: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    def __str__(self) -> str:
        refused = ", ".join(f"{one} {many}" for one, many in self.refused.most_common())
        return f"{self.rounds} times full; refused: {refused}; {self.seconds:.0f} s"


class Impossible(Exception):
    """This machine cannot do it, and this is why."""


def full_disk(database: str, *, seed: int, rounds: int) -> Full:
    """Fill a disk so often. Raises AssertionError where something does not hold, and Impossible."""
    with TemporaryDirectory(prefix=OURS, dir=in_memory()) as place:
        Path(place).chmod(0o755)  # as whom PostgreSQL runs has to come by
        with closing(Forked(_on_it, Path(place), database, seed, rounds)) as one:
            ended = one.listen(_PATIENCE_SECONDS + 30 * rounds)
            if one.last("cannot"):
                raise Impossible(one.last("cannot"))
            wrong = one.last("wrong") or ("" if ended and one.exit_code == 0 else f"it ended with {one.exit_code}")
            if wrong:
                raise AssertionError(f"seed {seed}: {wrong}")
            done: Full = one.last("done")
            return done


def _on_it(tell: Tell, place: Path, database: str, seed: int, rounds: int) -> None:
    logging.getLogger("bevis.work").setLevel(logging.CRITICAL)  # that there is no room is no news
    (place / "disk").mkdir()
    try:
        disk = SmallDisk(place / "disk", _SIZE[database] + rounds * _GROWS)
        with ExitStack() as given:
            if database == "sqlite":
                registry = given.enter_context(ground(None, disk.place / "registry"))
            else:
                server = given.enter_context(running_server(data=disk.place / "data"))
                registry = given.enter_context(ground(server))
            tell("done", Desk(registry, disk, place, seed).run(rounds))
    except (NoSmallDisk, NoServer) as fault:
        tell("cannot", str(fault))
    except AssertionError as wrong:
        tell("wrong", str(wrong))


class Desk:
    """What is tried while there is no room."""

    def __init__(self, registry: Registry, disk: SmallDisk, place: Path, seed: int) -> None:
        self._registry, self._disk, self._place = registry, disk, place
        self._chance, self._people = random.Random(seed), 1  # noqa: S311 the same again
        self._ill = ailments(registry, datetime.now(UTC))
        self._later = timedelta(0)
        with registry.writing() as db:
            now = datetime.now(UTC)
            _, self._key = create_api_key(
                db, account="rita", organisation="solo", roles=["requester"], now=now, actor="rita"
            )
        self._done = Full()

    def run(self, rounds: int) -> Full:
        began = time.monotonic()
        settings = Settings.read(self._registry.directory, env={"BEVIS_MISSES_PER_MINUTE": "0"})
        with TestClient(create_app(settings), base_url=PUBLIC_URL, raise_server_exceptions=False) as web:
            for _ in range(rounds):
                self._done.rounds += 1
                self._by_shell()
                self._by_http(web)
                self._by_itself()
        ill = ailments(self._registry, self._now()) - self._ill
        _hold(not ill, f"bevis doctor says: {'; '.join(sorted(ill))}")
        self._done.seconds = time.monotonic() - began
        return self._done

    @contextmanager
    def _full(self) -> Iterator[None]:
        """No room, or a little: a little more than none in half of the cases."""
        left = int(_MOST_LEFT * self._chance.random() ** 4) if self._chance.random() < 0.8 else 0
        before = numbers(self._registry)
        self._disk.fill(left)
        try:
            if not left and isinstance(self._registry.address, SqliteAddress):  # a server's own disk is not seen by us
                _hold(not self._registry.has_room(), "a disk that is full seems to have room")
            yield
            wrong = unsound(self._registry)
            _hold(not wrong, f"with {left} bytes left: {'; '.join(wrong)}")
            _hold(before.keys() <= numbers(self._registry).keys(), "certificates are gone")
        finally:
            self._disk.empty()

    # --- from the shell --------------------------------------------------------------------------------------------

    def _by_shell(self) -> None:
        people = self._next(_ROWS)
        listed = self._place / f"list-{people.start}.csv"
        write_list(listed, people)
        command = ("batch", "issue", str(listed), "--occasion", OCCASION)
        with self._full():
            self._shell("batch issue", *command)
            if there := sorted(number for number, state in numbers(self._registry).items() if state == "issued"):
                number = self._chance.choice(there)
                if self._shell("certificate annul", "certificate", "annul", number, "--reason", "error"):
                    _hold(numbers(self._registry)[number] == "issued", "what was not annulled is")
        _hold(self._shell("", *command) == 0, "with room, the same list was refused")
        wanted = issued(self._registry)
        _hold(max(wanted.values()) == len(people), "with room, not everybody on the list has a certificate")

    def _shell(self, what: str, *arguments: str) -> int:
        """The exit code; any refusal must be that of a full disk, and is counted."""
        out, err = io.StringIO(), io.StringIO()
        where = ("--dir", str(self._registry.directory), "--actor", DESK, "--json", "--lang", "en")
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                app([*arguments, *where])
            except SystemExit as ended:
                code = int(ended.code or 0)
        if code:
            said = json.loads(out.getvalue())
            told = (code, said.get("error", {}).get("code"), "no room left" in err.getvalue())
            _hold(told == (_DENIED, "DatabaseFull", True), f"{what}: exit {code}, {err.getvalue()[:300]}")
            self._done.refused[what] += 1
        return code

    # --- over HTTP -------------------------------------------------------------------------------------------------

    def _by_http(self, web: TestClient) -> None:
        one = self._next(1).start
        known = next(iter(numbers(self._registry)))
        with self._full():
            self._ask(web, one)
            answer = web.get(f"/api/v1/certificates/{known}/verification")
            _hold(answer.status_code == 200, f"what is public was answered {answer.status_code} {answer.text[:200]}")
        answered = self._ask(web, one)
        _hold(answered == 202, f"with room, the same request was answered {answered}")

    def _ask(self, web: TestClient, number: int) -> int:
        body = {
            "occasion": OCCASION,
            "name": name_of(number),
            "birth_date": "1990-05-17",
            "email": f"p{number}@example.com",
            "facts": {"attended_minutes": 480, "passed_all": True, "result_recorded": True},
        }
        headers = {"Authorization": f"Bearer {self._key}", "Idempotency-Key": f"certificate-{number}"}
        answer = web.post("/api/v1/certificates", json=body, headers=headers)
        if answer.status_code != 202:
            told = (answer.status_code, answer.headers["content-type"], answer.json().get("type"))
            _hold(told == (507, "application/problem+json", _FULL), f"answered {told}")
            self._done.refused["POST certificates"] += 1
        return answer.status_code

    # --- by itself -------------------------------------------------------------------------------------------------

    def _by_itself(self) -> None:
        """A service has a batch in hand when the disk is full, and goes on once there is room."""
        people = self._next(_ROWS)
        registry, rita = self._registry, actor(self._registry, "rita", datetime.now(UTC))
        listed = roster(*(person(row, name_of(one), email=f"p{one}@example.com") for row, one in enumerate(people, 2)))
        with registry.writing() as db:
            batch = str(request_batch(db, OCCASION, listed, Wish(), actor=rita, now=datetime.now(UTC)).batch)
        with ExitStack() as given:
            with self._full():
                given.enter_context(Standby(registry, open_keyring(registry.master_key_file()), self._now))
                time.sleep(_TRIED_SECONDS)
                self._done.refused["the service"] += issued(registry)[batch] < len(people)
            self._later += timedelta(minutes=1)  # it tries again after a while
            until = time.monotonic() + _PATIENCE_SECONDS
            while issued(registry)[batch] < len(people):
                _hold(time.monotonic() < until, "with room, the service did not go on")
                time.sleep(0.05)

    def _now(self) -> datetime:
        return datetime.now(UTC) + self._later

    def _next(self, many: int) -> range:
        people = range(self._people, self._people + many)
        self._people += many
        return people


def _hold(true: Any, otherwise: str) -> None:
    if not true:
        raise AssertionError(otherwise)
