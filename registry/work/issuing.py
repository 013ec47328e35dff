"""What a step of a batch's workflow does: some chunks, for a short while; and which batches want to be worked on."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from sqlalchemy.exc import OperationalError

from registry.errors import NOT_STORED
from registry.issuing.batches.run import BatchRun
from registry.issuing.decisions.approving import last_asked
from registry.records.issued.batches import Batch, BatchState, batches
from registry.records.store.database import Database
from registry.records.whole.directory import Registry
from registry.signing.keys import Keyring

_STEP = timedelta(seconds=2)  # of issuing, before the books are told
_AGAIN = timedelta(seconds=15)  # before what could not be stored is tried again
_BREATH_SECONDS = 0.05  # between two chunks, for others to write
_NOT_STORED = (*NOT_STORED, OperationalError, OSError)
INTERRUPTED = "interrupted"  # instead of a state: the batch is taken up again, by this process or another
_log = logging.getLogger("bevis.work")


class Issuing:
    """Batches under way in this process."""

    def __init__(self, registry: Registry, keyring: Keyring, clock: Callable[[], datetime]) -> None:
        self._registry, self._keyring, self._clock = registry, keyring, clock
        self._not_before: dict[str, datetime] = {}
        self._runs: dict[str, BatchRun] = {}
        self._faults: dict[str, Exception] = {}
        self._stopping = threading.Event()
        self._at_work: list[str] = []
        self._wrote = 0.0  # when the last chunk was

    def stop(self) -> None:
        """Finish the chunk in hand, and begin no other."""
        self._stopping.set()

    def some(self, batch_id: str) -> str:
        """Issue for a short while; gives the batch's state, or `interrupted`."""
        if batch_id in self._at_work:  # a workflow that was given up too early
            return INTERRUPTED
        self._at_work.append(batch_id)
        try:
            return self._some(batch_id)
        finally:
            self._at_work.remove(batch_id)

    @property
    def busy(self) -> bool:
        """Whether something is being issued at this moment."""
        return bool(self._at_work)

    def _some(self, batch_id: str) -> str:
        try:
            state = self._steps(batch_id, self._clock() + _STEP)
        except _NOT_STORED as fault:
            return self._interrupted(batch_id, fault)
        except Exception as fault:  # noqa: BLE001 whatever it is, the batch must not be tried for ever
            _log.error("%s failed: %s", batch_id, type(fault).__name__)
            try:
                state = BatchRun(self._registry, self._keyring, batch_id, self._clock).fail(type(fault).__name__).state
            except _NOT_STORED as again:
                return self._interrupted(batch_id, again)
        if state != "issuing":
            self._let_go(batch_id)
        return state

    def _steps(self, batch_id: str, ends: datetime) -> str:
        state: str = self._run(batch_id)
        while state == "issuing" and self._clock() < ends:
            run = self._runs[batch_id]
            run.wait()
            if self._stopping.wait(max(_BREATH_SECONDS - (time.monotonic() - self._wrote), 0)):
                self._let_go(batch_id)
                return INTERRUPTED
            state = run.chunk().state
            self._wrote = time.monotonic()
        return state

    def check(self, batch_id: str) -> None:
        """Raise what kept anything of that batch from being stored, if something did."""
        if batch_id in self._faults:
            raise self._faults.pop(batch_id)

    def wanted(self, db: Database) -> Iterator[str]:
        """The batches that are to be worked on, and are not."""
        now = self._clock()
        for batch in reversed(batches(db, states=("issuing", "waiting"))):
            held_off = self._not_before.get(batch.public_id)
            if batch.public_id not in self._runs and (held_off is None or held_off <= now) and _wanted(db, batch):
                yield batch.public_id

    def _run(self, batch_id: str) -> BatchState:
        """Take it up, unless it is in hand."""
        if batch_id in self._runs:
            return "issuing"
        run = BatchRun(self._registry, self._keyring, batch_id, self._clock)
        progress = run.begin()
        if progress.state == "issuing":
            self._runs[batch_id] = run
        return progress.state

    def _interrupted(self, batch_id: str, fault: Exception) -> str:
        """No room, or no database: nothing of what was in hand is stored. It is tried again later."""
        _log.error("%s could not be stored: %s", batch_id, type(fault).__name__)
        self._faults[batch_id] = fault
        self._not_before[batch_id] = self._clock() + _AGAIN
        self._let_go(batch_id)
        return INTERRUPTED

    def _let_go(self, batch_id: str) -> None:
        if (run := self._runs.pop(batch_id, None)) is not None:
            run.close()


def _wanted(db: Database, batch: Batch) -> bool:
    """Whether it goes on by itself: it is being issued, or somebody has decided about it."""
    if batch.state == "issuing":
        return True
    asked = last_asked(db, batch)
    return asked is None or asked.state != "open"
