"""The process that carries out what is asked: `bevis serve`, or a command for as long as it runs.

DBOS is imported when it is needed: a command that issues nothing does not wait for it.
"""

import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import Self
from uuid import uuid4

from registry.records.store.database_faults import see_room, told_plainly
from registry.records.store.last_seen import last_seen
from registry.records.whole.directory import Registry
from registry.signing.keys import Keyring
from registry.work.issuing import Issuing
from registry.work.printing import Printing
from registry.work.turn import Turn, take_turn

_LOOK_SECONDS = 1.0  # between two looks for batches that were approved, or left behind by a process that ended
_GLANCE_SECONDS = 0.05  # between two glances whether anybody on this machine has recorded something: then at once
_FINISH_SECONDS, _WRITTEN_SECONDS, _STALLED_SECONDS, _MOMENT = 30.0, 2.0, 3.0, 0.01
_DEAD_SECONDS = 5.0  # nothing is issued, though there is something to issue
_MOST_ASKED = 100
_log = logging.getLogger("bevis.work")


class Executor:
    """Carries out batches until it is closed. One in a process."""

    def __init__(self, registry: Registry, keyring: Keyring, clock: Callable[[], datetime], turn: Turn) -> None:
        """turn: in the registry's directory; given back when it is closed."""
        self._registry, self._turn = registry, turn
        self._issuing = Issuing(registry, keyring, clock)
        self._printing = Printing(registry, keyring, clock)
        self._closed = threading.Event()
        self._asked: list[str] = []
        self._busy = time.monotonic()  # when something was last seen to be issued
        self._looking = threading.Thread(target=self._look, name="bevis-work", daemon=True)

    def open(self, *, look: bool) -> None:
        """Begin to work. look: also for what nobody has asked this process for. Raises DatabaseBusy, DatabaseFull."""
        from dbos import DBOS  # takes half a second, and few commands need it

        from registry.work import workflows
        from registry.work.ledger import PAPERS, POLLING_SECONDS, QUEUE, configuration, keep_quiet, ledger_of

        keep_quiet()
        workflows.work_with(self._issuing.some, self._printing.some)
        try:
            with told_plainly(ledger_of(self._registry)):
                DBOS(config=configuration(self._registry, "local"))
                DBOS.launch()
                for queue in (QUEUE, PAPERS):  # whoever prints holds up nobody who issues
                    DBOS.register_queue(queue, worker_concurrency=1, polling_interval_sec=POLLING_SECONDS)
        except BaseException:
            DBOS.destroy()
            self._turn.give_back()
            raise
        if look:
            self._looking.start()

    def close(self) -> None:
        """Finish the rows in hand, and let others work. What is left is taken up by whoever works next."""
        from dbos import DBOS

        from registry.work import workflows

        self._closed.set()
        self._issuing.stop()
        self._printing.stop()
        if self._looking.is_alive():
            self._looking.join()
        self._finish()
        DBOS.destroy()
        workflows.rest()
        self._turn.give_back()

    def __enter__(self) -> Self:
        self.open(look=False)
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self, batch_id: str) -> None:
        """Have a batch carried out; once, however often it is asked. Raises DatabaseBusy, DatabaseFull."""
        from dbos import DBOS, SetEnqueueOptions, SetWorkflowID

        from registry.work import workflows
        from registry.work.ledger import QUEUE, ledger_of

        options = SetEnqueueOptions(deduplication_id=batch_id, duplication_policy="return-existing")
        with told_plainly(ledger_of(self._registry)), SetWorkflowID(f"{batch_id}.{uuid4().hex[:12]}"), options:
            self._asked.append(DBOS.enqueue_workflow(QUEUE, workflows.issue_batch, batch_id).get_workflow_id())

    def print(self, order_id: str) -> None:
        """Have papers printed; once, however often it is asked. Raises DatabaseBusy, DatabaseFull."""
        from dbos import DBOS, SetEnqueueOptions, SetWorkflowID

        from registry.work import workflows
        from registry.work.ledger import PAPERS, ledger_of

        options = SetEnqueueOptions(deduplication_id=order_id, duplication_policy="return-existing")
        with told_plainly(ledger_of(self._registry)), SetWorkflowID(f"{order_id}.{uuid4().hex[:12]}"), options:
            self._asked.append(DBOS.enqueue_workflow(PAPERS, workflows.print_batch, order_id).get_workflow_id())

    def check(self, batch_id: str) -> None:
        """Raise what kept this process from storing anything of that batch, if something did."""
        from registry.work.ledger import ledger_of

        self._issuing.check(batch_id)
        if self._issuing.busy:
            self._busy = time.monotonic()
        elif time.monotonic() > self._busy + _STALLED_SECONDS:
            # Where its own books have no room, DBOS waits until there is some, and says nothing.
            see_room(ledger_of(self._registry))
            self._busy = time.monotonic()

    def _finish(self) -> None:
        """Let what is in hand come to its end, which is at most a chunk away, and DBOS write down that it has.

        Where that cannot be written, nothing is lost: it is begun anew from the records, which have it all.
        """
        from dbos import DBOS

        began = busy = time.monotonic()
        while (now := time.monotonic()) < began + _FINISH_SECONDS:
            if self._issuing.busy or self._printing.busy:
                busy = now
            elif now > busy + _WRITTEN_SECONDS or not any(
                status.status == "PENDING"
                for status in DBOS.list_workflows(workflow_ids=self._asked[-_MOST_ASKED:], load_input=False)
            ):
                return
            time.sleep(_MOMENT)

    def _give_up(self) -> None:
        """What DBOS believes under way though nothing is done: its thread ended when the books were full.

        It would keep its own place and the queue's for ever. Raises DatabaseFull where there is no room yet.
        """
        from dbos import DBOS

        from registry.work.ledger import QUEUE, ledger_of

        see_room(ledger_of(self._registry))
        for dead in DBOS.list_workflows(status="PENDING", queue_name=QUEUE, load_input=False, load_output=False):
            _log.error("%s is begun anew: nothing was done of it", dead.workflow_id)
            DBOS.cancel_workflow(dead.workflow_id)

    def _look(self) -> None:
        idle = time.monotonic()
        seen, next_look = None, idle
        while not self._closed.wait(_GLANCE_SECONDS):
            now = last_seen(self._registry.directory)
            if time.monotonic() < next_look and (now == seen or self._issuing.busy):
                continue
            seen, next_look = now, time.monotonic() + _LOOK_SECONDS
            try:
                with self._registry.reading() as db:
                    wanted, ordered = list(self._issuing.wanted(db)), list(self._printing.wanted(db))
                if self._issuing.busy or not wanted:
                    idle = time.monotonic()
                elif time.monotonic() > idle + _DEAD_SECONDS:
                    self._give_up()
                    idle = time.monotonic()
                for batch_id in wanted:
                    self.start(batch_id)
                for order_id in ordered:
                    self.print(order_id)
                self._printing.tidy()
            except Exception as fault:  # noqa: BLE001 the next look may be luckier
                _log.error("could not look for work: %s", type(fault).__name__)


def executor(registry: Registry, keyring: Keyring, clock: Callable[[], datetime]) -> Executor | None:
    """An executor for this process, not open yet; None where another process has the turn."""
    turn = take_turn(registry.directory)
    return None if turn is None else Executor(registry, keyring, clock, turn)
