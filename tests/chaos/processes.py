"""Processes that can be killed: begun in milliseconds from one that has everything loaded, with their own connections.

The process they are forked from has only loaded modules: it has no thread, no connection and no file of a registry.
What is forked is a process like any other, the first of a group of its own, and dies like any other.
"""

import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

Kill = Literal["group", "main", "worker"]  # all of it, whoever began the others, one of the others
Tell = Callable[[str, Any], None]

LOADED = ["tests.chaos.issuing", "tests.chaos.log_kills", "tests.chaos.served", "tests.chaos.writers"]
_GONE_SECONDS = 20
_LOOK_SECONDS = 0.02
_MOST_SAID = 500  # characters


class Killable(ABC):
    """A process that was begun, the first of a group of its own, and what it told.

    quick  whether it had everything loaded, and tells what it does as soon as it is done
    """

    quick = True

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.told: dict[str, Any] = {}

    @property
    @abstractmethod
    def exit_code(self) -> int | None:
        """None while it runs."""

    @abstractmethod
    def listen(self, seconds: float) -> bool:
        """Hear what it tells for so long, or until it has ended: then True."""

    @abstractmethod
    def close(self) -> None:
        """Kill it if it has not ended."""

    def last(self, kind: str) -> Any:
        """What it told last of that kind; None where it told nothing."""
        return self.told.get(kind)

    def workers(self) -> list[int]:
        """Processes that it began, and that run."""
        with suppress(OSError):
            tasks = Path(f"/proc/{self.pid}/task").glob("*/children")
            return [int(pid) for task in tasks for pid in task.read_text("ascii").split()]
        return []

    def begins_workers(self, seconds: float) -> bool:
        """Hear what it tells until it has begun others, or for so long, or until it has ended: then True."""
        until = time.monotonic() + seconds
        while not self.workers() and time.monotonic() < until:
            if self.listen(_LOOK_SECONDS):
                return True
        return False

    def kill(self, what: Kill) -> Kill:
        """Give what was killed: where there are no workers, everything is."""
        workers = self.workers()
        if what == "worker" and workers:
            with suppress(ProcessLookupError):
                os.kill(workers[-1], signal.SIGKILL)
            return "worker"
        self._end(whole=what == "group" or not workers)
        self.listen(_GONE_SECONDS)
        if not _all_gone([self.pid, *workers]):
            raise AssertionError("processes that were begun by one that was killed are still there")
        return "main" if what == "main" and workers else "group"

    def _end(self, *, whole: bool) -> None:
        if whole:
            with suppress(ProcessLookupError):  # it may not be the first of a group yet
                os.killpg(self.pid, signal.SIGKILL)
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)


class Forked(Killable):
    """One that had everything loaded when it began. What it told just before it was killed counts."""

    def __init__(self, target: Callable[..., None], *arguments: Any) -> None:
        """target  of a module; it gets a way to tell things, `(kind, value) -> None`, and then the arguments"""
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(LOADED)
        self._heard, told = context.Pipe(duplex=False)
        self._process = context.Process(target=_first_of_its_group, args=(target, told, arguments))
        self._process.start()
        told.close()
        super().__init__(int(self._process.pid or 0))

    @property
    def exit_code(self) -> int | None:
        return self._process.exitcode

    def listen(self, seconds: float) -> bool:
        until = time.monotonic() + seconds
        while True:
            try:
                while self._heard.poll(max(until - time.monotonic(), 0)):
                    kind, value = self._heard.recv()
                    self.told[kind] = value
            except (EOFError, OSError):  # the end, or the half of what it was about to tell
                self._process.join(_GONE_SECONDS)
                return True
            if time.monotonic() >= until:
                return False

    def close(self) -> None:
        if self._process.is_alive():
            self._end(whole=True)
        self._process.join(_GONE_SECONDS)
        self._heard.close()
        self._process.close()


class Command(Killable):
    """`bevis …` as somebody begins it in a shell; what it printed counts when it has ended by itself."""

    quick = False

    def __init__(self, arguments: Sequence[str], environment: Mapping[str, str]) -> None:
        self._out = tempfile.TemporaryFile()  # noqa: SIM115 closed with it
        self._process = subprocess.Popen(
            [sys.executable, "-c", "from registry.command_line.main import run; run()", *arguments],
            stdout=self._out,
            stderr=subprocess.STDOUT,
            env={**os.environ, **environment},
            start_new_session=True,
        )
        super().__init__(self._process.pid)

    @property
    def exit_code(self) -> int | None:
        return self._process.poll()

    def listen(self, seconds: float) -> bool:
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        self._out.seek(0)
        out = self._out.read()
        if self._process.returncode == 0:
            self.heard(out)
        elif self._process.returncode > 0:
            self.told["complaint"] = out.decode("utf-8", "replace")[:_MOST_SAID]
        return True

    @abstractmethod
    def heard(self, out: bytes) -> None:
        """Take from what was printed what it tells."""

    def close(self) -> None:
        if self._process.poll() is None:
            self._end(whole=True)
        self._process.wait(_GONE_SECONDS)
        self._out.close()


def _first_of_its_group(target: Callable[..., None], told: Any, arguments: tuple[Any, ...]) -> None:
    os.setsid()
    target(lambda kind, value: told.send((kind, value)), *arguments)


def _all_gone(pids: list[int]) -> bool:
    until = time.monotonic() + _GONE_SECONDS
    while any(_runs(pid) for pid in pids):
        if time.monotonic() > until:
            return False
        time.sleep(0.01)
    return True


def _runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in {"Z", "X"}
