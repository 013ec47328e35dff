"""Starts such a process, gives it a question and a file, and takes its answer, or its silence for one."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any, Final

_STARTED_WITH: Final = (
    "import sys, importlib; sys.path += sys.argv[2:]; importlib.import_module(sys.argv[1]).main()"  # nothing is quoted
)
# What a Python needs to start, where it stands in the environment; nothing else is handed on.
_ENVIRONMENT: Final = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT")


class TooHeavy(Exception):
    """It was stopped: it took too long, took too much memory, or answered too much."""


class Stumbled(Exception):
    """It came to no end: it stumbled over the content."""


class NoReader(Exception):
    """It cannot be started here, or no seat came free for it."""


class Apart:
    """A kind of such processes.

    child    the module with its `main`, which reads a line of JSON and the file from stdin, and answers on stdout
    needs    packages that it imports beside our own
    at_once  how many may run; whoever comes then waits, for as long as `wait` says (seconds)
    """

    def __init__(self, child: str, needs: Sequence[str], *, at_once: int = 2, wait: float = 60.0) -> None:
        self._child, self._needs, self._wait = child, tuple(needs), wait
        self._seats = threading.BoundedSemaphore(at_once)

    def answered(self, asked: Mapping[str, Any], data: bytes, *, seconds: float, most_answered: int) -> bytes:
        """What it said. Raises TooHeavy, Stumbled, NoReader.

        seconds        by the clock
        most_answered  bytes
        """
        if not self._seats.acquire(timeout=self._wait):
            raise NoReader
        try:
            return self._run(json.dumps(asked).encode("ascii"), data, seconds, most_answered)
        except OSError:  # no memory or no process left for it
            raise NoReader from None
        finally:
            self._seats.release()

    def _run(self, asked: bytes, data: bytes, seconds: float, most_answered: int) -> bytes:
        overrun = threading.Event()
        with subprocess.Popen(  # noqa: S603 our own program, and no word of the file is among its arguments
            # -I, -S: nothing of the directory, the environment or the site is imported.
            [sys.executable, "-I", "-S", "-c", _STARTED_WITH, self._child, *self._places()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
        ) as process:

            def stop() -> None:
                overrun.set()
                process.kill()

            clock = threading.Timer(seconds, stop)
            writer = threading.Thread(target=_write, args=(process.stdin, asked + b"\n", data), daemon=True)
            try:
                clock.start()
                writer.start()
                said = _read(process.stdout, most_answered)
                if len(said) > most_answered:
                    stop()
                code = process.wait()
            finally:
                clock.cancel()
                process.kill()  # nothing where it has ended; whatever went wrong, it does not stay
                writer.join()
        if overrun.is_set() or code < 0:  # it was stopped, by us or by the system
            raise TooHeavy
        if code > 0:
            raise Stumbled
        return said

    def _places(self) -> list[str]:
        """Where our own packages lie, and those it needs. Raises NoReader."""
        places = [str(Path(__file__).parents[2])]
        for name in self._needs:
            found = find_spec(name)
            if found is None or found.origin is None:
                raise NoReader
            origin = Path(found.origin)
            place = str(origin.parents[1] if origin.name == "__init__.py" else origin.parent)
            if place not in places:
                places.append(place)
        if not sys.executable:
            raise NoReader
        return places


def _read(stream: IO[bytes] | None, most: int) -> bytes:
    return b"" if stream is None else stream.read(most + 1)


def _write(stream: IO[bytes], *pieces: bytes) -> None:
    with suppress(OSError, ValueError), stream:  # it may end before it has read everything
        for piece in pieces:
            stream.write(piece)
