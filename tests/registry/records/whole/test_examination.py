"""What the doctor finds in a database that somebody meddled with, copied badly, or set carelessly."""

import shutil
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import text

from registry.records.store.last_seen import last_seen
from registry.records.whole.directory import Registry, open_registry
from registry.records.whole.examination import Examined, damage, examine_database, has_wal_fault, wrong_version
from tests.registry.conftest import ON_POSTGRESQL, ON_SQLITE, let_history_be_changed


def examined(registry: Registry) -> dict[str, Examined]:
    return {one.check: one for one in examine_database(registry)}


def problems(registry: Registry) -> dict[str, str]:
    return {check: one.problem for check, one in examined(registry).items() if one.problem is not None}


def test_a_new_registry_is_sound(empty: Registry) -> None:
    assert damage(empty) is None
    assert wrong_version(empty) is None
    # The server of the tests forgets what a machine without power forgets; nothing else is wrong with it.
    assert set(problems(empty)) <= {"survives_power_cut"}


def test_what_is_stored_while_it_is_examined_is_not_missed(empty: Registry) -> None:
    looking = examine_database(empty)
    assert next(looking).check == "history_kept"  # from here on it sees one moment
    with empty.writing():
        pass
    nothing_lost = next(looking)
    assert (nothing_lost.check, nothing_lost.problem) == ("nothing_lost", None)


@pytest.mark.parametrize(
    ("version", "faulty"),
    [
        ((3, 6, 23), False),
        ((3, 7, 0), True),
        ((3, 40, 1), True),
        ((3, 44, 5), True),
        ((3, 44, 6), False),
        ((3, 45, 0), True),
        ((3, 50, 6), True),
        ((3, 50, 7), False),
        ((3, 51, 2), True),
        ((3, 51, 3), False),
        ((3, 52, 0), False),
        ((4, 0, 0), False),
    ],
)
def test_which_sqlite_has_the_fault(version: tuple[int, int, int], faulty: bool) -> None:
    assert has_wal_fault(version) is faulty


@ON_SQLITE
def test_the_sqlite_in_use_is_named(empty: Registry) -> None:
    notice = examined(empty)["engine"].notice
    assert notice is not None
    assert notice == (
        "doctor_wal_fault" if has_wal_fault(sqlite3.sqlite_version_info) else "doctor_engine",
        {"engine": f"SQLite {sqlite3.sqlite_version}"},
    )


def test_a_lock_on_history_that_was_taken_away_is_missed(registry: Registry) -> None:
    with registry.writing() as db:
        let_history_be_changed(db)
    assert problems(registry)["history_kept"].startswith("accreditation_document_is_kept, accreditation_document_stays")


@ON_POSTGRESQL
def test_a_lock_that_was_switched_off_is_missed(registry: Registry) -> None:
    with registry.writing() as db:
        db.connection().execute(text("ALTER TABLE issued_certificate DISABLE TRIGGER certificate_is_not_changed"))
    assert problems(registry)["history_kept"] == "certificate_is_not_changed"


def test_a_lock_that_was_loosened_is_missed(registry: Registry) -> None:
    with registry.writing() as db:
        if db.connection().dialect.name == "sqlite":
            says = "BEFORE UPDATE OF number ON issued_certificate BEGIN SELECT RAISE(ABORT, 'no'); END"
            db.connection().execute(text("DROP TRIGGER certificate_is_not_changed"))
        else:
            says = (
                "BEFORE UPDATE OF number ON issued_certificate FOR EACH ROW EXECUTE FUNCTION "
                "stay_as_written('an issued certificate is never changed')"
            )
            db.connection().execute(text("DROP TRIGGER certificate_is_not_changed ON issued_certificate"))
        db.connection().execute(text(f"CREATE TRIGGER certificate_is_not_changed {says}"))
    assert problems(registry)["history_kept"] == "certificate_is_not_changed"


@ON_SQLITE
def test_a_file_copied_without_its_log_is_noticed(empty: Registry, tmp_path: Path) -> None:
    for _ in range(3):
        with empty.writing():
            pass
    copy = tmp_path / "copy"
    shutil.copytree(empty.directory, copy, ignore=shutil.ignore_patterns("*-wal", "*-shm"))
    copied = open_registry(copy)
    try:
        assert problems(copied)["nothing_lost"].startswith("0 < 3; ")
    finally:
        copied.close()
    assert "nothing_lost" not in problems(empty)


def test_an_old_copy_put_back_is_noticed(empty: Registry) -> None:
    for _ in range(4):
        with empty.writing():
            pass
    assert last_seen(empty.directory) == 4
    with empty.writing() as db:
        db.connection().execute(text("UPDATE revision SET value = 2"))
    (empty.directory / "registry.seen").write_text(f"{4:020}\n", "ascii")
    assert problems(empty)["nothing_lost"].startswith("3 < 4; ")


@pytest.mark.parametrize("content", ["", "many\n", "4\n"])
def test_what_was_remembered_may_be_gone(empty: Registry, content: str) -> None:
    for _ in range(4):
        with empty.writing():
            pass
    (empty.directory / "registry.seen").write_text(content, "ascii")
    assert "nothing_lost" not in problems(empty)
    (empty.directory / "registry.seen").unlink()
    assert last_seen(empty.directory) is None
    assert "nothing_lost" not in problems(empty)


@ON_POSTGRESQL
def test_a_superuser_is_told_to_be_less(empty: Registry) -> None:
    assert examined(empty)["role"] == Examined("role", None, ("doctor_superuser", {"user": "bevis"}))


@ON_POSTGRESQL
def test_settings_that_lose_what_was_confirmed_are_named(empty: Registry) -> None:
    found = problems(empty)["survives_power_cut"]
    assert found == "fsync = off, full_page_writes = off"


@ON_SQLITE
@pytest.mark.parametrize("content", [b"", b"no database" * 1000, b"SQLite format 3\0" + b"x" * 5000])
def test_a_file_that_is_no_database(empty: Registry, content: bytes) -> None:
    empty.close()
    for file in empty.directory.glob("registry.db*"):
        file.unlink()
    (empty.directory / "registry.db").write_bytes(content)
    again = open_registry(empty.directory, checked=False)
    assert (damage(again) or wrong_version(again)) is not None
    again.close()


@ON_POSTGRESQL
def test_a_database_that_is_gone(empty: Registry) -> None:
    settings = empty.directory / "bevis.toml"
    settings.write_text(settings.read_text("utf-8").replace("?host", "_gone?host"), "utf-8")
    again = open_registry(empty.directory, checked=False)
    assert "does not exist" in str(damage(again))
    again.close()
