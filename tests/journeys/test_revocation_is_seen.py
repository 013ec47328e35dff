"""While certificates are suspended, reinstated and revoked, many ask: no answer is older than what was acknowledged.

The register is served by a process of its own and changed from here, so that nothing but the database tells it.
"""

import http.client
import json
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
import uvicorn
from fastapi import FastAPI

from registry.command_line.place import keyring_of
from registry.issuing.changes.withdraw import revoke, suspend
from registry.issuing.documents.codes import qr_text
from registry.records.issued.certificates import certificates
from registry.records.whole.directory import Registry
from registry.web.source import RegistrySource
from tests.registry.conftest import reinstate_by_two
from verification.endpoint.router import verify_router
from verification.trust import Trust

ASKING = 4  # threads
ROUNDS = 12  # each certificate is suspended and reinstated so often, and then revoked
UNLIMITED = {"BEVIS_VERIFY_PER_MINUTE": "0", "BEVIS_MISSES_PER_MINUTE": "0"}


@dataclass
class Certificate:
    """What whoever asks may count on. `stands` is None while a change is under way; `change` counts them."""

    number: str
    code: str
    stands: bool | None = True
    change: int = 0

    def known(self) -> tuple[bool | None, int]:
        return self.stands, self.change


@dataclass
class Seen:
    """What was answered."""

    wrong: list[str] = field(default_factory=list)
    counted: Counter[tuple[bool, bool]] = field(default_factory=Counter)  # (stands, answered valid)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.fixture
def registry(new_demo: Callable[[Path], Registry], tmp_path: Path) -> Iterator[Registry]:
    made = new_demo(tmp_path / "demo")
    yield made
    made.close()


@pytest.fixture
def standing(registry: Registry) -> list[Certificate]:
    """Those of the demo that are valid at a gate today and can be withdrawn."""
    now = datetime.now(UTC)
    keyring = keyring_of(registry)
    with registry.reading() as db:
        found = [
            row
            for row in certificates(db)
            if row.state_on(now.date()) == "issued" and row.valid_from <= now.date() and row.level in {"B", "C1", "C2"}
        ]
        return [Certificate(row.number, qr_text(db, keyring, row, registry.public_url, now)) for row in found]


def wait_for(port: int, process: subprocess.Popen[bytes] | None = None) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/levels", timeout=10).close()
        except urllib.error.URLError:
            if time.monotonic() > deadline or (process is not None and process.poll() is not None):
                pytest.fail("it does not answer")
            time.sleep(0.05)
        else:
            return


@contextmanager
def served(registry: Registry) -> Iterator[int]:
    """The port of `bevis serve`."""
    port = free_port()
    command = [sys.executable, "-c", "from registry.command_line.main import run; run()", "serve"]
    process = subprocess.Popen(
        [*command, "--dir", str(registry.directory), "--port", str(port), "--json"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=os.environ | UNLIMITED,
    )
    try:
        wait_for(port, process)
        yield port
    finally:
        process.terminate()
        process.communicate(timeout=20)


def ask(port: int, certificates: list[Certificate], turn: int, ended: threading.Event, seen: Seen) -> None:
    """Ask by code, by number and many at once, until it has ended; write down what was wrong."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    as_json = {"Content-Type": "application/json", "Accept-Language": "en"}
    while not ended.is_set():
        turn += 1
        some = [certificates[turn % len(certificates)]]
        if turn % 7 == 0:
            some = certificates
        before = [one.known() for one in some]
        if len(some) > 1:
            line.request("POST", "/api/v1/verify", json.dumps({"tokens": [one.code for one in some]}), as_json)
        elif turn % 2:
            line.request("POST", "/api/v1/verify", json.dumps({"token": some[0].code}), as_json)
        else:
            line.request("GET", f"/api/v1/certificates/{some[0].number}/verification", headers=as_json)
        told = json.loads(line.getresponse().read())
        answers = told["answers"] if len(some) > 1 else [told]
        for one, known, answered in zip(some, before, answers, strict=True):
            stands, _ = known
            # Where a change was under way before, or came while it was answered, either is right.
            if stands is None or one.known() != known:
                continue
            valid = answered["outcome"] == "valid"
            seen.counted[stands, valid] += 1
            if stands != valid:
                seen.wrong.append(f"{one.number} {'stands' if stands else 'is withdrawn'}: {answered['headline']}")
    line.close()


def change(registry: Registry, certificates: list[Certificate]) -> None:
    """Suspend and reinstate all of them over and over, and revoke them in the end."""
    for turn in range(2 * ROUNDS + 1):
        for one in certificates:
            one.stands, one.change = None, one.change + 1
            with registry.writing() as db:
                now = datetime.now(UTC)
                if turn == 2 * ROUNDS:
                    revoke(db, one.number, reason="fraud", now=now, actor="test")
                elif turn % 2:
                    reinstate_by_two(db, one.number, reason="resolved", now=now, actor="test")
                else:
                    suspend(db, one.number, reason="misuse", now=now, actor="test")
            one.stands = turn % 2 == 1
            time.sleep(0.004)  # so that somebody asks in between


def ask_while_it_changes(port: int, registry: Registry, certificates: list[Certificate]) -> Seen:
    ended, seen = threading.Event(), Seen()
    asking = [
        threading.Thread(target=ask, args=(port, certificates, 3 * place, ended, seen)) for place in range(ASKING)
    ]
    for thread in asking:
        thread.start()
    try:
        change(registry, certificates)
        time.sleep(0.2)
    finally:
        ended.set()
        for thread in asking:
            thread.join(30)
    return seen


def test_no_answer_is_older_than_what_was_acknowledged(registry: Registry, standing: list[Certificate]) -> None:
    with served(registry) as port:
        seen = ask_while_it_changes(port, registry, standing)
    assert seen.wrong == []
    # Both kinds of answer were asked for often enough to mean something.
    assert seen.counted[True, True] > 50
    assert seen.counted[False, False] > 50


class KeepsTooLong(RegistrySource):
    """What this test is there to find: what is trusted is kept for two seconds, whatever was written since."""

    def trust(self, number: str | None = None) -> Trust:
        kept = self.__dict__.setdefault("too_long", {})
        two_seconds = int(self.now().timestamp() / 2)
        if kept.get(number, (None,))[0] != two_seconds:
            kept[number] = (two_seconds, super().trust(number))
        found: Trust = kept[number][1]
        return found


def test_an_answer_that_is_kept_too_long_is_found(registry: Registry, standing: list[Certificate]) -> None:
    source = KeepsTooLong(registry, registry.public_url, lambda: datetime.now(UTC))
    app = FastAPI()
    app.include_router(verify_router(_NothingElse(source)))
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        wait_for(port)
        seen = ask_while_it_changes(port, registry, standing)
    finally:
        server.should_exit = True
        thread.join(30)
        source.close()
    assert any("is withdrawn: valid" in wrong for wrong in seen.wrong)


@dataclass
class _NothingElse:
    """A source as `verification` knows it, which cannot stand still."""

    source: RegistrySource

    def now(self) -> datetime:
        return self.source.now()

    def trust(self, number: str | None = None) -> Trust:
        return self.source.trust(number)

    def token_by_number(self, number: str) -> str | None:
        return self.source.token_by_number(number)
