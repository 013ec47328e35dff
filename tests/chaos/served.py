"""`bevis serve` on a port that it keeps: killed, and begun again."""

import http.client
import json
import os
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from email.message import Message
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, Self

from registry.command_line.main import app, spare_the_collector
from registry.records.whole.directory import Registry
from tests.chaos.processes import Forked, Kill, Tell
from tests.journeys.test_revocation_is_seen import free_port

UNLIMITED = {f"BEVIS_{what}_PER_MINUTE": "0" for what in ("VERIFY", "MISSES", "REQUESTS")}

NOTHING: Mapping[str, str] = MappingProxyType({})
_PATIENCE_SECONDS, _LOOK_SECONDS = 60, 0.02


def serve(tell: Tell, directory: Path, port: int) -> None:
    """The command, in a process that has it loaded already."""
    tell("began", port)
    os.environ.update(UNLIMITED)
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        sys.stdout = sys.stderr = nowhere
        spare_the_collector()
        with suppress(SystemExit):
            app(["serve", "--dir", str(directory), "--port", str(port), "--json"])


class Answer(NamedTuple):
    """What was answered over HTTP."""

    status: int
    headers: Message
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


def asked(  # one question on a line of its own
    port: int, method: str, path: str, headers: Mapping[str, str] = NOTHING, body: bytes | None = None
) -> Answer:
    """Raises OSError and HTTPException where there is no whole answer."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=_PATIENCE_SECONDS)
    try:
        line.request(method, path, body, headers)
        answer = line.getresponse()
        return Answer(answer.status, answer.headers, answer.read())
    finally:
        line.close()


class Service:
    """In a `with`: answers, but for the while after each kill."""

    def __init__(self, registry: Registry) -> None:
        self.port, self._directory = free_port(), registry.directory
        self._process = self._begun()

    def kill(self, what: Kill = "group") -> Kill:
        killed = self._process.kill(what)
        if killed != "worker":
            self._process.close()
            self._process = self._begun()
        return killed

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.close()

    def _begun(self) -> Forked:
        process, until = Forked(serve, self._directory, self.port), time.monotonic() + _PATIENCE_SECONDS
        while not self._answers():
            if process.listen(_LOOK_SECONDS) or time.monotonic() > until:
                process.close()
                raise AssertionError("the service does not answer after it was begun")
        return process

    def _answers(self) -> bool:
        with suppress(OSError, http.client.HTTPException):
            return asked(self.port, "GET", "/healthz").status == http.client.OK
        return False
