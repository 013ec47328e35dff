"""Workbooks that are aimed at whoever reads them, handed in to a running service; how long each refusal takes.

Somebody else asks the service how it is all the while, and is answered.
"""

import threading
import time
from dataclasses import dataclass

from registry.records.actors.api_keys import create_api_key
from registry.records.whole.directory import Registry
from tests.chaos.doors import list_of
from tests.chaos.ground import OCCASION, right_now
from tests.chaos.served import Answer, Service, asked
from tests.workbook_files import HOSTILE

MOST_SECONDS = 2.0
_XLSX, _CSV = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "text/csv"
_PAUSE_SECONDS, _SPIN_SECONDS = 0.02, 0.1


@dataclass
class Refused:
    """What was done. slowest: the workbook that took longest, and the seconds it would on a machine of its own; others:
    the longest that somebody else waited.
    """

    workbooks: int
    slowest: str
    seconds: float
    others: float

    def __str__(self) -> str:
        return (
            f"{self.workbooks} workbooks refused, the slowest in {self.seconds:.2f} s ({self.slowest}); "
            f"others waited {self.others * 1000:.0f} ms at most"
        )


def hand_in_hostile_workbooks(registry: Registry) -> Refused:
    """Each of them, one after the other. Raises AssertionError where one is not refused as it should be, and soon."""
    now = right_now()
    with registry.writing() as db:
        _, key = create_api_key(db, account="rita", organisation="solo", roles=["requester"], now=now, actor="rita")
    took: dict[str, float] = {}
    with Service(registry) as service:
        waited, over = [0.0], threading.Event()

        def ask_how_it_is() -> None:
            while not over.wait(_PAUSE_SECONDS):
                began = time.monotonic()
                asked(service.port, "GET", "/healthz")
                waited.append(time.monotonic() - began)

        other = threading.Thread(target=ask_how_it_is)
        other.start()
        try:
            for what, (make, _) in HOSTILE.items():
                data, began = make(), time.monotonic()
                answer = _hand_in(service, key, data, _XLSX)
                took[what] = (time.monotonic() - began) / _crowd()
                told = (answer.status, answer.headers["content-type"], answer.json().get("type"))
                _hold(told[1] == "application/problem+json" and told[0] in {413, 422}, f"{what}: answered {told}")
            good = _hand_in(service, key, list_of(range(1, 3)), _CSV)
            _hold(good.status == 200, f"a good list after them was answered {good.status}")
        finally:
            over.set()
            other.join()
    slowest = max(took, key=lambda what: took[what])
    done = Refused(len(took), slowest, took[slowest], max(waited))
    _hold(took[slowest] <= MOST_SECONDS, str(done))
    return done


def _hand_in(service: Service, key: str, data: bytes, kind: str) -> Answer:
    headers = {"Authorization": f"Bearer {key}", "Content-Type": kind, "Idempotency-Key": str(hash(data))}
    return asked(service.port, "POST", f"/api/v1/batches?occasion={OCCASION}&dry_run=true", headers, data)


def _crowd() -> float:
    """By how much everything takes longer since others use the machine too; 1 = nobody does."""
    began, spent = time.monotonic(), time.process_time()
    while time.process_time() < spent + _SPIN_SECONDS:
        pass
    return max((time.monotonic() - began) / _SPIN_SECONDS, 1.0)


def _hold(true: bool, otherwise: str) -> None:
    if not true:
        raise AssertionError(otherwise)
