"""Batches carried out as durable workflows: by one process a directory, to the end, whatever ends on the way."""

import os
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from registry.issuing.batches.issue_batch import batch_result, cancel_batch, request_batch
from registry.issuing.batches.progress import Progress
from registry.issuing.decisions.wish import Wish
from registry.issuing.lists.outcome import BatchResult
from registry.records.issued.batches import batch_by_id, batches_out_of_step
from registry.records.issued.certificates import state_mismatches
from registry.records.whole.directory import Registry
from registry.signing.keys import Keyring
from registry.work.carry_out import carry_out
from registry.work.executor import executor
from registry.work.ledger import LEDGER_FILE, VERSION
from registry.work.orders import order
from registry.work.standby import Standby
from registry.work.turn import LOCK_FILE, take_turn
from tests.registry.conftest import NOW, ON_SQLITE, actor, approve, person, roster

ROOT = Path(__file__).parents[3]
SECONDS = 60  # before a test gives up on another process


def clock() -> datetime:
    return NOW


def asked(registry: Registry, occasion: str = "own-course-march", rows: int = 5) -> BatchResult:
    rita = actor(registry, "rita")
    people = roster(*(person(row, f"Person {row}") for row in range(2, 2 + rows)))
    with registry.writing() as db:
        return request_batch(db, occasion, people, Wish(), actor=rita, now=NOW)


def state(registry: Registry, batch: str | None) -> str:
    with registry.reading() as db:
        return batch_by_id(db, str(batch)).state


def whole(registry: Registry, certificates: int) -> None:
    assert there(registry) == certificates
    with registry.reading() as db:
        assert (state_mismatches(db), batches_out_of_step(db)) == ([], [])


@contextmanager
def working(registry: Registry, tree: Path = ROOT) -> Iterator[subprocess.Popen[str]]:
    """Another process that stands by in the registry's directory, as `bevis serve` does; killed in the end."""
    code = f"""
import sys, time
sys.path.insert(0, {os.fspath(tree)!r})
from datetime import UTC, datetime
from pathlib import Path
from registry.records.whole.directory import open_registry
from registry.signing.keys import open_keyring
from registry.work.standby import Standby
registry = open_registry(Path(sys.argv[1]))
with Standby(registry, open_keyring(registry.master_key_file()), lambda: datetime.fromisoformat({NOW.isoformat()!r})):
    print("standing by", flush=True)
    time.sleep(600)
"""
    with subprocess.Popen(
        [sys.executable, "-c", code, os.fspath(registry.directory)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": os.fspath(tree)},
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "standing by\n"
        until(lambda: take_turn_and_give_it_back(registry) is False)
        try:
            yield other
        finally:
            other.kill()


def take_turn_and_give_it_back(registry: Registry) -> bool:
    turn = take_turn(registry.directory)
    if turn is not None:
        turn.give_back()
    return turn is not None


def until(seen: object) -> None:
    ends = time.monotonic() + SECONDS
    while not seen():  # type: ignore[operator]
        assert time.monotonic() < ends, "it did not happen in time"
        time.sleep(0.05)


def test_one_process_has_the_turn(registry: Registry) -> None:
    turn = take_turn(registry.directory)
    assert turn is not None
    assert take_turn(registry.directory) is None
    turn.give_back()
    again = take_turn(registry.directory)
    assert again is not None
    again.give_back()
    assert stat.S_IMODE((registry.directory / LOCK_FILE).stat().st_mode) == 0o600


def test_a_batch_is_carried_out_here_where_nobody_else_works(registry: Registry, keyring: Keyring) -> None:
    result, seen = asked(registry), list[Progress]()
    done = carry_out(registry, keyring, str(result.batch), clock, seen.append)
    assert (done.state, done.issued, seen[-1]) == ("done", 5, done)
    assert take_turn_and_give_it_back(registry), "and then the turn is free"
    whole(registry, 5)


def test_what_is_kept_beside_the_records_says_nothing_of_anybody(registry: Registry, keyring: Keyring) -> None:
    result = asked(registry)
    carry_out(registry, keyring, str(result.batch), clock, lambda _: None)
    ledger = registry.directory / LEDGER_FILE
    assert stat.S_IMODE(ledger.stat().st_mode) == 0o600
    connection = sqlite3.connect(ledger)
    tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    told = repr([connection.execute(f"SELECT * FROM {table}").fetchall() for table in tables])  # noqa: S608 its tables
    connection.close()
    assert str(result.batch) in told
    assert VERSION in told
    assert "Person" not in told
    assert "example" not in told
    assert "gASV" not in told, "no pickled objects"


def test_whoever_has_the_turn_carries_it_out(registry: Registry, keyring: Keyring) -> None:
    with working(registry):
        result = asked(registry)
        seen: list[Progress] = []
        done = carry_out(registry, keyring, str(result.batch), clock, seen.append)
        assert (done.state, done.issued) == ("done", 5)
    whole(registry, 5)


def test_whoever_stands_by_takes_up_what_was_left_and_what_was_approved(registry: Registry) -> None:
    left, waits = asked(registry), asked(registry, "hot-work-march")
    with working(registry):
        until(lambda: state(registry, left.batch) == "done")
        assert state(registry, waits.batch) == "waiting"
        approve(registry, str(waits.approval))
        until(lambda: state(registry, waits.batch) == "done")
    whole(registry, 10)


@ON_SQLITE
def test_what_the_books_believe_under_way_and_nobody_does_is_begun_anew(registry: Registry) -> None:
    """As it is left behind where there was no room to write down that it was interrupted."""
    dead, other = asked(registry), asked(registry, "hot-work-march")
    approve(registry, str(other.approval))
    with working(registry):  # makes the books
        until(lambda: state(registry, dead.batch) == state(registry, other.batch) == "done")
    late = asked(registry, rows=9)
    order(registry, str(late.batch))
    with closing(sqlite3.connect(registry.directory / LEDGER_FILE)) as books, books:
        took = "UPDATE workflow_status SET status = 'PENDING', executor_id = 'gone' WHERE status = 'ENQUEUED'"
        assert books.execute(took).rowcount == 1
    with working(registry):
        until(lambda: state(registry, late.batch) == "done")
    whole(registry, 14)


def test_a_batch_is_carried_out_once_however_often_it_is_asked(registry: Registry, keyring: Keyring) -> None:
    result = asked(registry)
    here = executor(registry, keyring, clock)
    assert here is not None
    with here:
        for _ in range(5):
            here.start(str(result.batch))
            order(registry, str(result.batch))
        until(lambda: state(registry, result.batch) == "done")
    whole(registry, 5)


def there(registry: Registry) -> int:
    with registry.reading() as db:
        return int(db.connection().execute(text("SELECT count(*) FROM issued_certificate")).scalar_one())


def test_a_follower_takes_over_when_whoever_worked_ends(registry: Registry, keyring: Keyring) -> None:
    result = asked(registry, rows=1100)
    with working(registry) as other:
        until(lambda: there(registry) > 0)
        killed: list[bool] = []

        def seen(_: Progress) -> None:
            if not killed:
                killed.append(True)
                other.send_signal(signal.SIGKILL)

        done = carry_out(registry, keyring, str(result.batch), clock, seen)
    assert (done.state, done.issued) == ("done", 1100)
    whole(registry, 1100)


@ON_SQLITE
def test_what_an_older_program_began_is_finished_by_the_newer_one(
    registry: Registry, keyring: Keyring, tmp_path: Path
) -> None:
    """Other code, which DBOS by itself would take for another application; the version that we pin is the same."""
    older = tmp_path / "older"
    for package in ("levels", "verification", "registry"):
        shutil.copytree(ROOT / package, older / package, ignore=shutil.ignore_patterns("__pycache__", "static", "demo"))
    changed = older / "registry/work/workflows.py"
    changed.write_text(
        changed.read_text("utf-8").replace("while state == GOES_ON:", "while state in {GOES_ON}:"), "utf-8"
    )
    assert changed.read_bytes() != (ROOT / "registry/work/workflows.py").read_bytes()
    result = asked(registry, rows=1100)
    with working(registry, older) as other:
        until(lambda: there(registry) > 0)
        other.send_signal(signal.SIGKILL)
        other.wait()
    begun = there(registry)
    assert begun < 1100
    (before,) = workflows(registry)
    assert before["status"] == "PENDING"
    done = carry_out(registry, keyring, str(result.batch), clock, lambda _: None)
    assert (done.state, done.issued) == ("done", 1100)
    whole(registry, 1100)
    (after,) = workflows(registry)
    assert after == before | {"status": "SUCCESS"}, "the same workflow, carried on"


def workflows(registry: Registry) -> list[dict[str, object]]:
    """What the books say of those that were begun."""
    connection = sqlite3.connect(registry.directory / LEDGER_FILE)
    connection.row_factory = sqlite3.Row
    told = "SELECT workflow_uuid, status, application_version FROM workflow_status ORDER BY created_at"
    found = [dict(row) for row in connection.execute(told)]
    connection.close()
    return found


def test_to_stop_is_to_finish_the_rows_in_hand(registry: Registry, keyring: Keyring) -> None:
    result = asked(registry, rows=1100)
    with Standby(registry, keyring, lambda: datetime.now(UTC).replace(year=2026, month=3, day=13)):
        until(lambda: there(registry) > 0)
    assert state(registry, result.batch) == ("done" if there(registry) == 1100 else "issuing")
    assert there(registry) in {500, 1000, 1100}
    assert take_turn_and_give_it_back(registry)


def test_what_is_cancelled_while_another_process_works_stops_there(registry: Registry) -> None:
    result = asked(registry, rows=3600)
    rita = actor(registry, "rita")
    with working(registry):
        until(lambda: there(registry) > 0)
        with registry.writing() as db:
            cancel_batch(db, str(result.batch), actor=rita, now=NOW)
        then = there(registry)
        time.sleep(1)
    with registry.reading() as db:
        told = batch_result(db, batch_by_id(db, str(result.batch)), rows=[])
    assert told.state == "cancelled"
    whole(registry, then)


@pytest.mark.parametrize("fault", [OSError("no space"), ValueError("Person 2 is wrong")])
def test_what_cannot_be_foreseen_stops_it_and_tells_nobodys_name(
    registry: Registry, keyring: Keyring, fault: Exception
) -> None:
    result = asked(registry)

    class Broken:
        """A keyring that fails in a way of its own."""

        def __getattr__(self, name: str) -> object:
            if name == "organisation_signer":
                raise fault
            return getattr(keyring, name)

    if isinstance(fault, OSError):
        with pytest.raises(OSError, match="no space"):
            carry_out(registry, Broken(), str(result.batch), clock, lambda _: None)  # type: ignore[arg-type]
        assert state(registry, result.batch) == "issuing"
    else:
        failed = carry_out(registry, Broken(), str(result.batch), clock, lambda _: None)  # type: ignore[arg-type]
        assert failed.state == "failed"
        with registry.reading() as db:
            assert batch_by_id(db, str(result.batch)).detail == "ValueError"
    assert there(registry) == 0
