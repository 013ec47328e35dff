"""Several processes at once, on either database: nothing is lost or seen by halves, and the dead leave nothing."""

import sqlite3
import threading
import time
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from sqlalchemy import text

from registry.errors import DatabaseBusy, DatabaseFull, DatabaseUnavailable, MalformedInput
from registry.records.parties.organisations import organisation_by_slug, organisations
from registry.records.store.database import revision
from registry.records.store.database_faults import refusal_of, told_plainly
from registry.records.store.engines import WRITERS_LOCK, writer_to
from registry.records.store.snapshots import Snapshots
from registry.records.whole.directory import Registry, open_registry
from registry.web.source import RegistrySource
from tests.chaos.processes import Forked
from tests.chaos.writers import write
from tests.registry.conftest import NOW, ON_POSTGRESQL, ON_SQLITE, PUBLIC_URL

LATE_SECONDS = 120


def writer(registry: Registry, name: str, turns: int, at_once: int = 1) -> Forked:
    return Forked(write, registry.directory, name, turns, at_once)


def test_four_processes_lose_nothing(empty: Registry) -> None:
    with ExitStack() as given:
        for process in [given.enter_context(closing(writer(empty, name, 50))) for name in "abcd"]:
            assert process.listen(LATE_SECONDS)
            assert process.exit_code == 0
    with empty.reading() as db:
        assert {one.slug for one in organisations(db)} == {f"o-{number}" for number in range(200)}
        assert revision(db) == 200


def test_whoever_reads_sees_whole_transactions_of_one_moment(empty: Registry) -> None:
    seen = set()
    snapshots = Snapshots(empty.address)
    with closing(writer(empty, "a", 40, at_once=7)) as process:
        while not process.listen(0):
            with empty.reading() as db:
                first, at, second = len(organisations(db)), revision(db), len(organisations(db))
                assert first == second == 7 * at
                seen.add(at)
            with snapshots.one() as moment:
                before = moment.revision()
                time.sleep(0.01)
                assert moment.revision() == before
        assert process.exit_code == 0
    snapshots.close()
    assert len(seen) > 1


def test_a_killed_writer_leaves_nothing_half_done(empty: Registry) -> None:
    acknowledged = 0
    for turn in range(6):
        with closing(writer(empty, f"w-{turn}", 10_000, at_once=5)) as process:
            while (process.last("count") or 0) < acknowledged + 15 + 20 * turn:
                process.listen(0.002)
            process.kill("group")
            acknowledged = process.last("count")
        with empty.reading() as db:
            count = len(organisations(db))
            assert count % 5 == 0
            assert count >= acknowledged
            assert revision(db) == count // 5
    with empty.writing() as db:  # nobody who is dead holds anything
        assert organisation_by_slug(db, "o-0").recorded_by == "w-0"


# ------------------------------------------------------------------ what is in the way


def test_whoever_waits_too_long_is_told_so(empty: Registry) -> None:
    engine = writer_to(empty.address)
    sqlite = engine.dialect.name == "sqlite"
    hurry, begin = (
        ("PRAGMA busy_timeout = 50", "BEGIN IMMEDIATE")
        if sqlite
        else ("SET lock_timeout = 50", f"SELECT pg_advisory_xact_lock({WRITERS_LOCK})")
    )
    raw = engine.raw_connection()

    def wait() -> None:
        with told_plainly(empty.address):
            cursor = raw.cursor()
            cursor.execute(hurry)
            cursor.execute(begin)

    with empty.writing() as db:
        assert revision(db) == 0
        with pytest.raises(DatabaseBusy, match="try again"):
            wait()
    raw.close()
    engine.dispose()


@ON_SQLITE
def test_a_full_disk_is_told_and_leaves_nothing(empty: Registry) -> None:
    def fill() -> None:
        with empty.writing() as db:
            connection = db.connection()
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
            try:
                connection.exec_driver_sql("CREATE TABLE filler AS SELECT randomblob(1000000) AS x")
            finally:
                connection.exec_driver_sql("PRAGMA max_page_count = 4294967294")

    with pytest.raises(DatabaseFull, match="no room"):
        fill()
    with empty.writing() as db:
        assert db.connection().exec_driver_sql("SELECT count(*) FROM sqlite_master WHERE name = 'filler'").scalar() == 0
        assert revision(db) == 0


@ON_SQLITE
@pytest.mark.parametrize("code", [sqlite3.SQLITE_IOERR | 19 << 8, sqlite3.SQLITE_CANTOPEN])
def test_a_disk_that_cannot_be_read_or_written_is_told(empty: Registry, code: int) -> None:
    fault = sqlite3.OperationalError("disk I/O error")
    fault.sqlite_errorcode = code
    told = refusal_of(fault, empty.address)
    assert isinstance(told, DatabaseUnavailable)
    assert "disk I/O error" in str(told)


@ON_POSTGRESQL
def test_a_server_that_was_started_again_is_found_again(registry: Registry) -> None:
    source = RegistrySource(registry, PUBLIC_URL, lambda: NOW)
    known = source.trust().organisations
    with registry.writing() as db:
        assert organisations(db)
    with registry.reading() as db:
        query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
        others = text(f"{query} AND pid <> pg_backend_pid()")
        assert len(db.connection().execute(others).all()) >= 2
    for _ in range(2):
        assert source.trust().organisations == known
        with registry.reading() as db:
            assert organisations(db)
        with registry.writing() as db:
            assert organisations(db)
    source.close()


@ON_POSTGRESQL
def test_a_line_that_breaks_in_the_middle_is_told(registry: Registry) -> None:
    def broken() -> None:
        with registry.reading() as db:
            db.connection().execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    with pytest.raises(DatabaseUnavailable):
        broken()
    with registry.reading() as db:
        assert organisations(db)


@ON_POSTGRESQL
@pytest.mark.parametrize("slug", ["a\0b", "\0"])
def test_a_character_that_cannot_be_stored_is_a_fault_of_the_input(registry: Registry, slug: str) -> None:
    with pytest.raises(MalformedInput, match="cannot be stored"), registry.reading() as db:
        organisation_by_slug(db, slug)


@ON_POSTGRESQL
def test_a_client_that_is_gone_does_not_keep_the_others_waiting(registry: Registry) -> None:
    with registry.writing() as db:
        names = ("lock_timeout", "idle_in_transaction_session_timeout", "tcp_keepalives_idle")
        told = {name: db.connection().exec_driver_sql(f"SHOW {name}").scalar() for name in names}
    assert (told["lock_timeout"], told["idle_in_transaction_session_timeout"]) == ("30s", "15min")


@ON_POSTGRESQL
def test_what_was_asked_while_a_table_was_small_is_planned_anew_once_it_is_large(registry: Registry) -> None:
    with registry.writing() as db:
        for _ in range(12):
            organisations(db)
        assert not db.connection().exec_driver_sql("SELECT name FROM pg_prepared_statements").all()


# ------------------------------------------------------------------ SQLite's log


@ON_SQLITE
def test_the_log_is_moved_into_the_file_while_nobody_writes(empty: Registry) -> None:
    log = empty.directory / "registry.db-wal"
    sizes = []
    for _ in range(30):
        with empty.writing() as db:
            db.connection().exec_driver_sql("CREATE TABLE IF NOT EXISTS ballast (x BLOB)")
            db.connection().exec_driver_sql("INSERT INTO ballast VALUES (randomblob(1000000))")
            assert db.connection().exec_driver_sql("PRAGMA wal_autocheckpoint").scalar() == 0
        sizes.append(log.stat().st_size)
    assert max(sizes) < 10 << 20  # 30 MB went through it
    assert (empty.directory / "registry.db").stat().st_size > 20 << 20


@ON_SQLITE
def test_a_reader_beside_it_keeps_its_moment_through_a_checkpoint(empty: Registry) -> None:
    with empty.reading() as reader:
        assert revision(reader) == 0
        for _ in range(8):
            with empty.writing() as db:
                db.connection().exec_driver_sql("CREATE TABLE IF NOT EXISTS ballast (x BLOB)")
                db.connection().exec_driver_sql("INSERT INTO ballast VALUES (randomblob(1000000))")
        assert revision(reader) == 0
    with empty.reading() as reader:
        assert revision(reader) == 8


def test_threads_of_one_process_wait_for_each_other(empty: Registry) -> None:
    order: list[str] = []
    holding = threading.Event()

    def first() -> None:
        with empty.writing() as db:
            assert revision(db) == 0
            holding.set()
            time.sleep(0.2)
            order.append("first")

    thread = threading.Thread(target=first)
    thread.start()
    holding.wait()
    with empty.writing() as db:
        assert revision(db) == 1
        order.append("second")
    thread.join()
    assert order == ["first", "second"]


def test_opening_again_beside_it_changes_nothing(empty: Registry) -> None:
    again = open_registry(Path(empty.directory))
    with again.writing(), empty.reading() as db:
        assert revision(db) == 0
    again.close()
