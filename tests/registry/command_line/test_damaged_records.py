"""A database that somebody edited: no code is made of it, no verdict rests on it, and the doctor tells."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from registry.command_line.main import app
from registry.records.whole.directory import Registry

NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def place(new_demo: Callable[[Path], Registry], tmp_path: Path) -> Path:
    new_demo(tmp_path / "demo").close()
    return tmp_path / "demo"


def bevis(place: Path, *words: str) -> tuple[int, dict[str, object]]:
    ran = CliRunner().invoke(app, [*words, "--dir", str(place), "--json"])
    return ran.exit_code, json.loads(ran.stdout)


@contextmanager
def opened(place: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(place / "registry.db")) as database, database:
        yield database


def two_numbers(place: Path) -> list[str]:
    with opened(place) as database:
        rows = database.execute("SELECT number FROM issued_certificate WHERE scheme = 'hot-work' AND state = 'issued'")
        return [row[0] for row in rows][:2]


def edit(place: Path, statement: str, *values: object) -> None:
    with opened(place) as database:
        triggers = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")]
        for trigger in triggers:
            database.execute(f"DROP TRIGGER {trigger}")
        assert database.execute(statement, values).rowcount == 1
        database.execute("UPDATE revision SET value = value + 1")


def unwell(place: Path) -> set[str]:
    code, told = bevis(place, "doctor")
    checks = told["checks"]
    assert isinstance(checks, list)
    assert (code == 0) is bool(told["ok"])
    return {check["check"] for check in checks if not check["ok"]}


def test_a_sound_registry_is_well(place: Path) -> None:
    assert "records" not in unwell(place)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE issued_certificate SET facts = replace(facts, 'hot-work', 'hot-talk') WHERE number = ?",
        "UPDATE issued_certificate SET facts = '{}' WHERE number = ?",
        "UPDATE issued_certificate SET level = 'C1' WHERE number = ?",
        "UPDATE issued_certificate SET holder_name = 'Somebody Else' WHERE number = ?",
        "UPDATE issued_certificate SET valid_until = '2099-01-01' WHERE number = ?",
        "UPDATE issued_certificate SET vc_jwt = vc_jwt || 'A' WHERE number = ?",
        "UPDATE issued_certificate SET vc_jwt = '' WHERE number = ?",
        "UPDATE issued_certificate SET kid = 'nobody' WHERE number = ?",
        "UPDATE kept_once SET text = '' WHERE digest = (SELECT evidence FROM issued_certificate WHERE number = ?)",
        "UPDATE kept_once SET text = '' WHERE digest = (SELECT assessment FROM issued_certificate WHERE number = ?)",
    ],
)
def test_the_doctor_sees_an_edited_record(place: Path, statement: str) -> None:
    edit(place, statement, two_numbers(place)[0])
    assert unwell(place) & {"records", "database"}


@pytest.mark.parametrize(
    "change",
    [
        """facts = replace(facts, '"max_level":"B"', '"max_level":"C1"')""",
        "holder = 'lindstrom'",
        "valid_until = '2099-01-01'",
        "vc_jwt = vc_jwt || 'A'",
    ],
)
def test_the_doctor_sees_an_edited_grant(place: Path, change: str) -> None:
    where = "id = (SELECT min(id) FROM organisation_certificate WHERE issuer = ?)"
    edit(place, f"UPDATE organisation_certificate SET {change} WHERE {where}", "brandradet")  # noqa: S608 written here
    assert "records" in unwell(place)


def test_a_code_says_what_was_signed_whatever_a_column_says(place: Path) -> None:
    number = two_numbers(place)[0]
    with opened(place) as database:
        [holder] = database.execute("SELECT holder_name FROM issued_certificate WHERE number = ?", [number]).fetchone()
    edit(place, "UPDATE issued_certificate SET facts = replace(facts, ?, 'Mallory') WHERE number = ?", holder, number)
    code, drawn = bevis(place, "certificate", "qr", number)
    assert code == 0
    _, told = bevis(place, "verify", str(drawn["qr_text"]))
    certificate = told["certificate"]
    assert isinstance(certificate, dict)
    assert certificate["holder"] == holder


def test_no_code_is_made_of_a_record_that_is_not_what_was_signed(place: Path) -> None:
    one, other = two_numbers(place)
    edit(
        place,
        "UPDATE issued_certificate SET vc_jwt = (SELECT vc_jwt FROM issued_certificate WHERE number = ?) "
        "WHERE number = ?",
        other,
        one,
    )
    code, told = bevis(place, "certificate", "qr", one)
    error = told["error"]
    assert isinstance(error, dict)
    assert (code, error["code"]) == (2, "RecordDamaged")
    # Asked by number, the register does not answer with another certificate.
    code, told = bevis(place, "verify", one)
    assert (code, told["headline"], told["certificate"]) == (3, "unknown", None)


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda place: (place / "registry.db").write_bytes(b"not a database"), id="garbage"),
        pytest.param(
            lambda place: edit(place, "UPDATE signing_key SET public_key = x'00' WHERE rowid = 1"), id="a key of a byte"
        ),
    ],
)
def test_what_cannot_be_read_is_no_verdict(place: Path, spoil: Callable[[Path], object]) -> None:
    number = two_numbers(place)[0]
    spoil(place)
    code, told = bevis(place, "verify", number)
    assert code == 3
    assert "error" in told


@pytest.mark.parametrize("day", ["0001-01-01", "1899-12-31", "2201-01-01", "9999-12-31"])
def test_a_day_beyond_all_calendars_is_wrong_usage(place: Path, day: str) -> None:
    code, told = bevis(place, "verify", two_numbers(place)[0], "--on", day)
    assert code == 2
    assert "error" in told
