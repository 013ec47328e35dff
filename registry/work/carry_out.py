"""To have a batch carried out, by this process or by whichever has the turn, and follow it to its end."""

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError

from registry.errors import DatabaseBusy
from registry.issuing.batches.progress import Progress, progress_of
from registry.records.issued.batches import batch_by_id
from registry.records.whole.directory import Registry
from registry.signing.keys import Keyring
from registry.work.executor import Executor, executor
from registry.work.orders import order

_LOOK_SECONDS = 0.05
_TURN_SECONDS = 1.0  # between two looks whether the turn has become free

Seen = Callable[[Progress], None]


def carry_out(
    registry: Registry, keyring: Keyring, batch_id: str, clock: Callable[[], datetime], seen: Seen
) -> Progress:
    """Give the last progress; `seen` is told of each. What is counted is committed.

    Raises BatchNotFound, and whatever keeps this process from storing anything: then the batch waits to be resumed.
    """
    ordered = False
    while True:
        here = executor(registry, keyring, clock)
        if here is not None:
            with here:
                here.start(batch_id)
                return _followed(registry, batch_id, seen, here)
        if not ordered:
            with suppress(SQLAlchemyError, DatabaseBusy):  # whoever has the turn has not opened its books yet
                order(registry, batch_id)
                ordered = True
        progress = _followed(registry, batch_id, seen, None)
        if progress.state != "issuing":
            return progress


def _followed(registry: Registry, batch_id: str, seen: Seen, here: Executor | None) -> Progress:
    """Until it is issued no more; where another process has the turn, no longer than until one looks for it again."""
    ends = time.monotonic() + _TURN_SECONDS
    while True:
        with registry.reading() as db:
            progress = progress_of(batch_by_id(db, batch_id))
        seen(progress)
        if progress.state != "issuing" or (here is None and time.monotonic() > ends):
            return progress
        if here is not None:
            here.check(batch_id)
        time.sleep(_LOOK_SECONDS)
