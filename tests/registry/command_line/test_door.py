"""`bevis verify … --trust FILE`: answered before anything of the registry is loaded, and as the whole command would."""

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from registry.command_line.door import answered
from registry.command_line.main import app
from registry.issuing.documents.codes import qr_text
from registry.records.issued.certificates import certificates
from registry.records.whole.directory import Registry
from registry.signing.keys import Keyring
from registry.signing.log.keeper import LogKeeper
from registry.signing.published import signed_trust
from tests.registry.conftest import NOW, ON_SQLITE, one_issued

BEGINS_WITH = {"registry": one_issued}
HEAVY = (
    "fastapi",
    "starlette",
    "sqlmodel",
    "sqlalchemy",
    "typer",
    "rich",
    "dbos",
    "jinja2",
    "psycopg",
    "jwt",
    "alembic",
)


@pytest.fixture
def asked(registry: Registry, keyring: Keyring, tmp_path: Path) -> list[str]:
    """A good code, and a trust file made now."""
    LogKeeper(registry, lambda: keyring, lambda: NOW).advance()
    with registry.writing() as db:
        keyring.prepare(db, NOW, "test")
    with registry.reading() as db:
        [row] = certificates(db)
        _, data = signed_trust(db, keyring, registry.public_url, NOW)
        code = qr_text(db, keyring, row, registry.public_url, NOW)
    (tmp_path / "trust.jws").write_bytes(data)
    return ["verify", code, "--trust", str(tmp_path / "trust.jws")]


@ON_SQLITE
@pytest.mark.parametrize(
    ("age", "outcome", "code", "why"),
    [
        pytest.param(timedelta(minutes=1), "valid", 0, "knowledge_fresh", id="fresh: green"),
        pytest.param(timedelta(hours=23), "valid", 0, "knowledge_fresh", id="of today: green"),
        pytest.param(timedelta(hours=25), "undetermined", 3, "knowledge_stale", id="older than a day: amber"),
        pytest.param(
            timedelta(hours=73), "undetermined", 3, "knowledge_too_old", id="older than three days: nothing can be said"
        ),
        pytest.param(timedelta(days=365 * 6), "invalid", 1, "expired", id="its last day has gone by, which is no news"),
    ],
)
def test_an_ageing_file_says_less_and_less(
    asked: list[str], age: timedelta, outcome: str, code: int, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert answered([*asked, "--json"], NOW + age) == code
    told = json.loads(capsys.readouterr().out)
    assert told["outcome"] == outcome
    assert why in {reason["code"] for reason in told["reasons"]}, told["reasons"]


@ON_SQLITE
@pytest.mark.parametrize(
    "more",
    [
        [],
        ["--lang", "sv"],
        ["--lang=nb", "--situation", "hiring"],
        ["--json"],
        ["--on", "2026-03-13"],
        ["--scheme", "hot-work"],
        ["--scheme=other", "--json"],
    ],
)
def test_it_is_the_same_answer(asked: list[str], more: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    at = NOW + timedelta(hours=1)
    code = answered([*asked, *more], at)
    quick = capsys.readouterr().out
    with pytest.raises(SystemExit) as end:
        app([*asked, *more], obj=lambda: at)
    whole = capsys.readouterr().out
    assert code == (end.value.code or 0)
    assert quick.split() == whole.split()
    assert max(map(len, quick.splitlines())) <= 80 or "--json" in more


@pytest.mark.parametrize(
    "arguments",
    [
        ["doctor"],
        ["verify"],
        ["verify", "x"],
        ["verify", "x", "--trust"],
        ["verify", "x", "--trust", "no-such-file"],
        ["verify", "x", "y", "--trust", "f"],
        ["verify", "--help", "--trust", "f"],
        ["verify", "x", "--trust", "f", "--trust", "g"],
        ["verify", "x", "--trust", "f", "--dir", "d"],
        ["verify", "x", "--trust", "f", "--lang", "fi"],
        ["trust", "export", "f"],
    ],
)
def test_all_else_is_the_whole_command_s(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert answered(arguments) is None
    assert capsys.readouterr().out == ""


@ON_SQLITE
def test_it_loads_no_web_and_no_database(asked: list[str]) -> None:
    program = (
        "import atexit, sys\n"
        f"atexit.register(lambda: print(sorted(set({HEAVY!r}) & sys.modules.keys()), file=sys.stderr))\n"
        "from registry.command_line.door import run\n"
        "run()\n"
    )
    ended = subprocess.run([sys.executable, "-c", program, *asked], capture_output=True, text=True, check=False)
    assert ended.returncode == 3  # made-up knowledge of another year
    assert ended.stderr.strip().endswith("[]")
