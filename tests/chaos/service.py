"""`bevis serve` on a port that it keeps: killed, and begun again."""

import http.client
import os
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Self

from registry.command_line.main import app, spare_the_collector
from registry.records.directory import Registry
from tests.chaos.processes import Forked, Kill, Tell
from tests.journeys.test_revocation_is_seen import free_port

UNLIMITED = {f"BEVIS_{what}_PER_MINUTE": "0" for what in ("VERIFY", "MISSES", "REQUESTS")}

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
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            line.request("GET", "/healthz")
            return line.getresponse().status == http.client.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            line.close()
