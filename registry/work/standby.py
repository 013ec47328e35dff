"""A process that works whenever it is its turn: at once, or as soon as whoever works now has ended."""

import logging
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Self

from registry.records.whole.directory import Registry
from registry.signing.keys import Keyring
from registry.work.executor import Executor, executor

_TURN_SECONDS = 1.0  # between two looks whether it is its turn
_log = logging.getLogger("bevis.work")


class Standby:
    """In a `with`: carries out batches beside whatever else the process does."""

    def __init__(self, registry: Registry, keyring: Keyring, clock: Callable[[], datetime]) -> None:
        self._registry, self._keyring, self._clock = registry, keyring, clock
        self._over = threading.Event()
        self._at_work: Executor | None = None
        self._waiting = threading.Thread(target=self._wait, name="bevis-standby", daemon=True)

    def __enter__(self) -> Self:
        self._waiting.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._waiting.join()
        if self._at_work is not None:
            self._at_work.close()

    def _wait(self) -> None:
        while not self._over.is_set():
            try:
                found = executor(self._registry, self._keyring, self._clock)
                if found is not None:
                    found.open(look=True)
                    self._at_work = found
                    return
            except Exception as fault:  # noqa: BLE001 what else the process does goes on
                _log.error("cannot work yet: %s", type(fault).__name__)
            self._over.wait(_TURN_SECONDS)
