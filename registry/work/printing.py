"""What a step of an order's workflow does: some papers, for a short while; and which orders want to be worked on.

The files lie in the registry's directory, for whoever runs it alone, and for some days: they are made anew in a minute.
"""

import logging
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy.exc import OperationalError

from registry.errors import NOT_STORED, TimestampUnavailable
from registry.issuing.documents.many import Order, Progress, numbers_in, pack, print_all
from registry.records.issued.print_orders import PrintOrder, note_progress, print_order, print_orders
from registry.records.store.database import Database
from registry.records.whole.directory import Registry
from registry.signing.keys import Keyring
from registry.signing.personal_data import PersonalData, open_personal_data
from registry.signing.seal.time_address import time_authority_of

FOLDER: Final = "papers"
KEPT: Final = timedelta(days=7)
_STEP: Final = timedelta(seconds=2)  # of printing, before the books are told
_AGAIN: Final = timedelta(seconds=15)  # before what could not be stored is tried again
_TIDY: Final = timedelta(hours=1)
_NOT_STORED = (*NOT_STORED, OperationalError, OSError, TimestampUnavailable)
INTERRUPTED: Final = "interrupted"
_log = logging.getLogger("bevis.work")


def archive_of(registry: Registry, order: str) -> Path:
    """Where the papers of an order are, when all of them are."""
    return registry.directory / FOLDER / f"{order}.zip"


class Printing:
    """Orders under way in this process."""

    def __init__(self, registry: Registry, keyring: Keyring, clock: Callable[[], datetime]) -> None:
        self._registry, self._keyring, self._clock = registry, keyring, clock
        self._stopping = threading.Event()
        self._not_before: dict[str, datetime] = {}
        self._at_work: list[str] = []
        self._tidied: datetime | None = None

    def stop(self) -> None:
        """Finish the paper in hand, and begin no other."""
        self._stopping.set()

    @property
    def busy(self) -> bool:
        """Whether something is being printed at this moment."""
        return bool(self._at_work)

    def some(self, order_id: str) -> str:
        """Print for a short while; gives the order's state, or `interrupted`."""
        if order_id in self._at_work:
            return INTERRUPTED
        self._at_work.append(order_id)
        try:
            return self._some(order_id)
        except _NOT_STORED as fault:
            _log.error("%s could not be stored: %s", order_id, type(fault).__name__)
            self._not_before[order_id] = self._clock() + _AGAIN
            return INTERRUPTED
        except Exception as fault:  # noqa: BLE001 whatever it is, it must not be tried for ever
            _log.error("%s failed: %s", order_id, type(fault).__name__)
            with suppress(*_NOT_STORED):
                self._settle(order_id, state="failed", fault=type(fault).__name__)
                return "failed"
            return INTERRUPTED
        finally:
            self._at_work.remove(order_id)

    def wanted(self, db: Database) -> Iterator[str]:
        """The orders that are to be worked on, and are not."""
        now = self._clock()
        for order in reversed(print_orders(db, states=("waiting",))):
            held_off = self._not_before.get(order.public_id)
            if order.public_id not in self._at_work and (held_off is None or held_off <= now):
                yield order.public_id

    def tidy(self) -> None:
        """Remove files that were kept long enough; looked for once an hour."""
        now = self._clock()
        if self._tidied is not None and now - self._tidied < _TIDY:
            return
        self._tidied = now
        with self._registry.reading() as db:
            old = [each.public_id for each in print_orders(db, states=("done", "failed"), ended_before=now - KEPT)]
        for order in old:
            archive_of(self._registry, order).unlink(missing_ok=True)
            shutil.rmtree(self._place(order), ignore_errors=True)
            self._settle(order, state="removed")

    def _some(self, order_id: str) -> str:
        with self._registry.reading() as db:
            row = print_order(db, order_id)
            if row.state != "waiting":
                return row.state
            numbers, _ = numbers_in(db, row.batch_id, self._clock())
        order = self._order(row, numbers)
        progress, ends = Progress(of=len(numbers), unprintable=dict(row.unprintable)), self._clock() + _STEP
        for progress in print_all(
            *(self._registry, self._keyring, order, self._place(order_id), self._clock, self._personal_data),
            unprintable=row.unprintable,
        ):
            if self._stopping.is_set():
                return INTERRUPTED
            if self._clock() >= ends and progress.done < progress.of:
                self._settle(order_id, progress=progress)
                return "waiting"
        pack(self._place(order_id), order, archive_of(self._registry, order_id))
        shutil.rmtree(self._place(order_id), ignore_errors=True)
        self._settle(order_id, state="done", progress=progress)
        return "done"

    def _order(self, row: PrintOrder, numbers: list[str]) -> Order:
        return Order(
            numbers=numbers,
            page="card" if row.page == "card" else "diploma",
            lang=row.lang,
            actor=row.requested_by,
            public_url=row.public_url,
            time=time_authority_of(os.environ),
        )

    def _settle(
        self, order_id: str, *, state: str = "waiting", progress: Progress | None = None, fault: str | None = None
    ) -> None:
        with self._registry.writing() as db:
            row = print_order(db, order_id)
            if progress is not None:
                row.of, row.done, row.unprintable = progress.of, progress.done, dict(progress.unprintable)
            row.state, row.fault = state, fault
            row.ended_at = row.ended_at or (None if state == "waiting" else self._clock())
            note_progress(db, row)

    def _place(self, order_id: str) -> Path:
        return self._registry.directory / FOLDER / order_id

    def _personal_data(self) -> PersonalData:
        """Raises NoMasterKey, WrongMasterKey, NoIndexKey."""
        master, index = (os.environ.get(name) for name in ("BEVIS_MASTER_KEY_FILE", "BEVIS_INDEX_KEY_FILE"))
        registry = self._registry
        return open_personal_data(
            Path(master) if master else registry.master_key_file(), Path(index) if index else registry.index_key_file()
        )
