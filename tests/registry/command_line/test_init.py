"""`bevis init`: on a SQLite file or in a PostgreSQL database, whole or not at all, and silent about passwords."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from psycopg import sql

from tests.conftest import ROOT
from tests.postgresql import PostgresqlServer

SECRET = "s3cret%2Fword"  # noqa: S105 nobody's
PLAIN = "s3cret/word"


@pytest.fixture
def url(lasting_postgresql: PostgresqlServer) -> Iterator[str]:
    with lasting_postgresql.database() as made:
        yield made


@pytest.fixture
def url_with_password(lasting_postgresql: PostgresqlServer) -> Iterator[str]:
    """Of a database whose user has to give a password."""
    with lasting_postgresql.database() as made, lasting_postgresql.connect(autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS with_password")
        connection.execute(sql.SQL("CREATE ROLE with_password LOGIN PASSWORD {}").format(PLAIN))
        name = made.split("/")[3].partition("?")[0]
        connection.execute(sql.SQL("ALTER DATABASE {} OWNER TO with_password").format(sql.Identifier(name)))
        yield made.replace("//bevis@", f"//with_password:{SECRET}@")


def everything_said(ended: Any) -> str:
    return str(ended.out + ended.err)


def test_a_registry_in_postgresql(bevis: Any, tmp_path: Path, url_with_password: str) -> None:
    place = tmp_path / "r"
    ended = bevis("init", place, "--database", url_with_password, "--json")
    assert ended.code == 0, ended.err
    assert ended.json()["database"].startswith("PostgreSQL at ")
    assert PLAIN not in everything_said(ended)
    assert SECRET not in everything_said(ended)
    assert f'database = "{url_with_password}"' in (place / "bevis.toml").read_text("utf-8")
    assert sorted(file.name for file in place.iterdir()) == ["bevis.toml", "index.key", "master.key"]
    assert all(file.stat().st_mode & 0o777 == 0o600 for file in place.iterdir())
    for command in (("org", "list"), ("doctor",), ("account", "list")):
        ended = bevis(*command, "--dir", place)
        assert ended.code == 0, everything_said(ended)
        assert PLAIN not in everything_said(ended)
    # The user is one of many, and all it may do is with its own database.
    checks = {one["check"]: one for one in bevis("doctor", "--json", "--dir", place).json()["checks"]}
    assert checks["role"]["says"] is None
    assert checks["engine"]["says"].startswith("PostgreSQL ")


def test_a_url_from_the_environment_is_not_written_down(
    bevis: Any, tmp_path: Path, url_with_password: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, file = tmp_path / "r", tmp_path / "url"
    file.write_text(url_with_password + "\n", encoding="utf-8")
    monkeypatch.setenv("BEVIS_DATABASE_URL_FILE", str(file))
    assert bevis("init", place).code == 0
    assert 'database = "environment"' in (place / "bevis.toml").read_text("utf-8")
    assert bevis("org", "list", "--dir", place).code == 0
    monkeypatch.delenv("BEVIS_DATABASE_URL_FILE")
    ended = bevis("org", "list", "--dir", place)
    assert (ended.code, "BEVIS_DATABASE_URL" in ended.err) == (2, True)
    monkeypatch.setenv("BEVIS_DATABASE_URL", url_with_password)
    assert bevis("org", "list", "--dir", place).code == 0
    monkeypatch.setenv("BEVIS_DATABASE_URL_FILE", str(file))
    assert bevis("org", "list", "--dir", place).code == 2  # which of the two?
    monkeypatch.setenv("BEVIS_DATABASE_URL", "")
    file.unlink()
    ended = bevis("org", "list", "--dir", place)
    assert (ended.code, "No such file" in ended.err) == (2, True)


def test_the_environment_of_another_registry_is_not_passed_over(
    bevis: Any, tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert bevis("init", tmp_path / "r").code == 0
    monkeypatch.setenv("BEVIS_DATABASE_URL", url)
    ended = bevis("org", "list", "--dir", tmp_path / "r")
    assert (ended.code, "registry.db" in ended.err) == (2, True)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        pytest.param("mysql://u:{secret}@h/d", "postgresql://", id="another scheme"),
        pytest.param("sqlite:///x.db", "registry.db", id="sqlite"),
        pytest.param("{secret}", "postgresql://", id="no scheme"),
        pytest.param("postgresql://u:{secret}@h", "must name a database", id="no database"),
        pytest.param("postgresql://u:{plain}@127.0.0.1:1/d", "refused", id="slash in the password"),
        pytest.param("postgresql://u:{secret}#x@h/d", "%23", id="hash in the password"),
        pytest.param("postgresql://u:{secret}@x@h/d", "%40", id="at sign in the password"),
        pytest.param("postgresql://u:{secret}@h:port/d", "cannot be read", id="a port that is none"),
        pytest.param("postgresql://u:{secret}@h/d?password={secret}", "parameter", id="unknown parameter"),
        pytest.param("postgresql://u:{secret}@h/d\n", "cannot be read", id="line break"),
        pytest.param("postgresql://u:{secret}@127.0.0.1:1/d", "refused", id="nobody there"),
        pytest.param("postgresql://u:{secret}@/d?host=/nowhere", "No such file", id="no socket"),
    ],
)
def test_an_address_that_will_not_do(bevis: Any, tmp_path: Path, given: str, says: str) -> None:
    url = given.format(secret=SECRET, plain=PLAIN)
    ended = bevis("init", tmp_path / "r", "--database", url, "--json")
    assert ended.code in {2, 3}
    assert says in everything_said(ended)
    for word in (SECRET, PLAIN, "s3cret"):
        assert word not in everything_said(ended)
    assert not (tmp_path / "r").exists()


@pytest.mark.parametrize(
    ("change", "code", "says"),
    [
        pytest.param(("with_password:", "with_password:x"), 3, "password", id="wrong password"),
        pytest.param((f"with_password:{SECRET}", "locked_out"), 3, "pg_hba.conf", id="not let in"),
        pytest.param(("?host", "_no?host"), 3, "does not exist", id="no such database"),
    ],
)
def test_a_server_that_refuses(
    bevis: Any, tmp_path: Path, url_with_password: str, change: tuple[str, str], code: int, says: str
) -> None:
    ended = bevis("init", tmp_path / "r", "--database", url_with_password.replace(*change))
    assert (ended.code, says in " ".join(ended.err.split())) == (code, True), ended.err
    assert "s3cret" not in everything_said(ended)
    assert not (tmp_path / "r").exists()


def test_a_user_who_may_make_nothing_there_is_told_so(
    bevis: Any, tmp_path: Path, url_with_password: str, lasting_postgresql: PostgresqlServer
) -> None:
    name = url_with_password.split("/")[3].partition("?")[0]
    with lasting_postgresql.connect(name, autocommit=True) as connection:
        connection.execute(sql.SQL("ALTER DATABASE {} OWNER TO bevis").format(sql.Identifier(name)))
        connection.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC, pg_database_owner")
    ended = bevis("init", tmp_path / "r", "--database", url_with_password)
    assert (ended.code, "must own the database" in " ".join(ended.err.split())) == (3, True), ended.err
    assert not (tmp_path / "r").exists()


def loaded(code: str, *names: str) -> list[str]:
    """Which of these are loaded once that has run, in a process of its own."""
    code += f"; import sys; print(sorted({set(names)} & set(sys.modules)))"
    ended = subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, capture_output=True, text=True)
    return list(json.loads(ended.stdout.splitlines()[-1].replace("'", '"')))


def test_a_shell_on_sqlite_waits_for_no_other_driver() -> None:
    every = "from registry.command_line.main import COMMANDS, Bevis; [Bevis().get_command(None, n) for n in COMMANDS]"
    assert loaded(every, "alembic", "psycopg", "fastapi") == ["fastapi"]


def test_whoever_asks_a_trust_file_waits_for_no_registry() -> None:
    trust = ROOT / "tests" / "verification" / "vectors" / "trust" / "base.json"
    arguments = ["verify", "x", "--trust", str(trust)]
    asked = f"from registry.command_line.main import app; app({arguments}, standalone_mode=False)"
    assert loaded(asked, "fastapi", "sqlalchemy", "sqlmodel", "jinja2", "dbos", "verification.verify") == [
        "verification.verify"
    ]


def test_a_database_that_is_in_use_is_left_alone(
    bevis: Any, tmp_path: Path, url: str, lasting_postgresql: PostgresqlServer
) -> None:
    assert bevis("init", tmp_path / "first", "--database", url).code == 0
    ended = bevis("init", tmp_path / "second", "--database", url)
    assert (ended.code, "holds a registry" in " ".join(ended.err.split())) == (2, True)
    assert not (tmp_path / "second").exists()
    assert bevis("doctor", "--dir", tmp_path / "first").code == 0
    with lasting_postgresql.database() as other:
        with lasting_postgresql.connect(other.split("/")[3].partition("?")[0], autocommit=True) as connection:
            connection.execute("CREATE TABLE invoices (id int)")
        ended = bevis("init", tmp_path / "third", "--database", other)
        assert (ended.code, "invoices" in ended.err) == (2, True)
    assert not (tmp_path / "third").exists()


KILLED = """
import os, signal, sys
from sqlalchemy import event
from sqlalchemy.engine import Engine
from registry.command_line.main import app

left = int(sys.argv[1])

@event.listens_for(Engine, "after_cursor_execute")
def count(connection, cursor, statement, *rest):
    global left
    left -= 1
    if left == 0 or (left < 0 and statement.startswith("UPDATE revision")):
        os.kill(os.getpid(), signal.SIGKILL)

app(sys.argv[2:])
"""


@pytest.mark.parametrize("after", [1, 40, 0], ids=["begun", "halfway", "all but done"])
def test_killed_in_the_middle_it_is_done_again(bevis: Any, tmp_path: Path, at_database: list[str], after: int) -> None:
    command = ["init", str(tmp_path / "r"), *at_database]
    ended = subprocess.run(
        [sys.executable, "-c", KILLED, str(after), *command], check=False, cwd=ROOT, capture_output=True
    )
    assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()
    assert bevis("org", "list", "--dir", tmp_path / "r").code == 2
    again = bevis(*command)
    assert again.code == 0, again.err
    assert bevis("doctor", "--dir", tmp_path / "r").code == 0


def test_killed_at_the_very_end_it_is_done_again(bevis: Any, tmp_path: Path, at_database: list[str]) -> None:
    place = tmp_path / "r"
    assert bevis("init", place, "--json", *at_database).code == 0
    (place / "bevis.toml").rename(place / "bevis.toml.unfinished")
    assert bevis("org", "list", "--dir", place).code == 2
    again = bevis("init", place, "--json", *at_database)
    assert again.code == 0, again.err
    assert bevis("doctor", "--dir", place).code == 0
    assert len(json.loads(bevis("account", "list", "--json", "--dir", place).out)) == 1


def test_what_was_begun_by_another_key_is_not_taken_over(bevis: Any, tmp_path: Path, url: str) -> None:
    place = tmp_path / "r"
    assert bevis("init", tmp_path / "other", "--database", url).code == 0
    assert bevis("init", place).code == 0
    (place / "bevis.toml").rename(place / "bevis.toml.unfinished")
    ended = bevis("init", place, "--database", url)
    assert (ended.code, "key" in ended.err) == (2, True)
    assert bevis("doctor", "--dir", tmp_path / "other").code == 0
