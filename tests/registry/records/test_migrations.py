"""A registry of an older version becomes one of this version: the same tables, every row, all of it or nothing."""

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, MetaData, insert, select, text
from sqlalchemy.exc import IntegrityError

from registry.errors import NoRegistryHere, RegistryNewer, RegistryOlder, UpgradeFailed
from registry.issuing.withdraw import suspend
from registry.records.certificates import certificates, state_mismatches
from registry.records.directory import Registry, open_registry
from registry.records.engines import writer_to
from registry.records.upgrade import migrate, upgrade_registry
from registry.records.versions import RELEASED, known_versions, newest_version
from registry.signing.keys import Keyring
from registry.signing.published import build_trust
from tests.conftest import ROOT
from tests.migration import description, difference
from tests.registry.conftest import ACTOR, NOW, ON_SQLITE, PUBLIC_URL, issue, person, roster

Rows = dict[str, list[tuple[Any, ...]]]


@dataclass(frozen=True)
class Released:
    """A registry as the released version left it, and all that was in it."""

    directory: Path
    rows: Rows

    @contextmanager
    def opened(self) -> Iterator[Registry]:
        registry = open_registry(self.directory, checked=False)
        try:
            yield registry
        finally:
            registry.close()

    @contextmanager
    def by_hand(self) -> Iterator[Connection]:
        with self.opened() as registry:
            engine = writer_to(registry.address)
            try:
                with engine.begin() as connection:
                    yield connection
            finally:
                engine.dispose()

    def version(self) -> str | None:
        with self.by_hand() as connection:
            if connection.dialect.has_table(connection, "alembic_version"):
                return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one())
        return None

    def still_there(self) -> bool:
        """Whether every row it had says what it said."""
        with self.by_hand() as connection:
            return rows_in(connection, self.rows) == self.rows


def rows_in(connection: Connection, like: Rows | None = None) -> Rows:
    """All rows but the count of changes: of each table its columns, then what they say. As there are in `like`."""
    found = MetaData()
    found.reflect(connection)
    told: Rows = {}
    for table in found.sorted_tables:
        if table.name in {"alembic_version", "revision"} or (like is not None and table.name not in like):
            continue
        names = tuple(table.columns.keys()) if like is None else like[table.name][0]
        query = select(*(table.columns[name] for name in names))
        told[table.name] = [names, *sorted(map(tuple, connection.execute(query)), key=repr)]
    return told


@pytest.fixture
def filled(registry: Registry, keyring: Keyring) -> Registry:
    """A registry in which something has happened."""
    people = [person(row) for row in range(2, 8)]
    made = issue(registry, keyring, "hot-work-march", roster(*people))
    with registry.writing() as db:
        suspend(db, str(made.rows[0].number), reason="misuse", now=NOW, actor=ACTOR)
    return registry


@pytest.fixture
def released(filled: Registry, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Released]:
    """The same, in the tables that were released, which did not say their version."""
    place = tmp_path / "released"
    shutil.copytree(filled.directory, place, ignore=shutil.ignore_patterns("registry.db*"))
    with ExitStack() as open_:
        if (filled.directory / "registry.db").exists():
            (place / "registry.db").touch(0o600)
        else:
            url = open_.enter_context(request.getfixturevalue("postgresql").database())
            settings = place / "bevis.toml"
            lines = [line for line in settings.read_text("utf-8").splitlines() if not line.startswith("database")]
            settings.write_text("\n".join([*lines, f'database = "{url}"']), "utf-8")
        made = Released(place, {})
        with made.by_hand() as connection, filled.reading() as db:
            migrate(connection, RELEASED)
            connection.execute(text("DROP TABLE alembic_version"))
            old, new = MetaData(), MetaData()
            old.reflect(connection)
            new.reflect(db.connection())
            for table in old.sorted_tables:
                columns = [new.tables[table.name].columns[name] for name in table.columns.keys()]  # noqa: SIM118 no dictionary
                values = [row._asdict() for row in db.connection().execute(select(*columns))]
                if values and table.name != "revision":
                    connection.execute(insert(table), values)
            rows = rows_in(connection)
        assert len(rows["issued_certificate"]) == 1 + 6
        yield Released(place, rows)


def upgrade(released: Released) -> tuple[str, ...]:
    with released.opened() as registry:
        return tuple(upgrade_registry(registry))


def test_every_row_is_kept(released: Released) -> None:
    assert upgrade(released) == tuple(one for one in known_versions() if one > RELEASED)
    assert released.still_there()
    assert released.version() == newest_version()
    assert upgrade(released) == ()


def test_what_was_kept_is_kept_after_it_too(released: Released) -> None:
    upgrade(released)
    with pytest.raises(IntegrityError, match="never changed"), released.by_hand() as connection:
        connection.execute(text("UPDATE issued_certificate SET holder_name = 'x'"))
    assert released.still_there()


def test_the_newest_version_is_what_the_code_says(released: Released, filled: Registry) -> None:
    """After a change of a table: `make migration NAME=what_changes`."""
    upgrade(released)
    with released.by_hand() as connection, filled.reading() as db:
        dialect = "sqlite" if connection.dialect.name == "sqlite" else "postgresql"
        assert list(difference(connection, dialect)) == []
        assert description(connection) == description(db.connection())
    registry = open_registry(released.directory)
    with registry.reading() as db, filled.reading() as before:
        assert {row.state for row in certificates(db)} == {"issued", "suspended"}
        assert state_mismatches(db) == []
        lists = build_trust(before, PUBLIC_URL, NOW).status_lists
        assert build_trust(db, PUBLIC_URL, NOW).status_lists == lists
    registry.close()


def test_an_older_registry_is_not_opened_but_by_its_upgrade(released: Released) -> None:
    with pytest.raises(RegistryOlder, match="bevis upgrade"):
        open_registry(released.directory)
    upgrade(released)
    open_registry(released.directory).close()


def test_a_newer_registry_is_left_alone(released: Released) -> None:
    upgrade(released)
    with released.by_hand() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for work in (lambda: upgrade(released), lambda: open_registry(released.directory)):
        with pytest.raises(RegistryNewer, match="9999"):
            work()
    assert released.version() == "9999"


def test_what_is_no_registry_is_not_upgraded(released: Released) -> None:
    with released.by_hand() as connection:
        for table in ("certificate_event", "issued_certificate"):
            connection.execute(text(f"DROP TABLE {table}"))
    with pytest.raises(NoRegistryHere):
        upgrade(released)


@ON_SQLITE
def test_rows_that_point_to_nothing_stop_it(released: Released) -> None:
    with released.opened() as registry:
        import sqlite3  # only here: past all that looks after it

        connection = sqlite3.connect(registry.directory / "registry.db")
        with connection:
            connection.execute("UPDATE batch_row SET person_id = ?", ["0" * 32])
        connection.close()
    with pytest.raises(UpgradeFailed, match="batch_row"):
        upgrade(released)
    assert released.version() is None


KILLED = """
import os, signal, sys
from pathlib import Path
from sqlalchemy import event
from sqlalchemy.engine import Engine
from registry.records.directory import open_registry
from registry.records.upgrade import upgrade_registry

left, last = int(sys.argv[2]), "UPDATE revision"  # the last that is done before all of it counts

@event.listens_for(Engine, "after_cursor_execute")
def count(connection, cursor, statement, *rest):
    global left
    left -= 1
    if left == 0 or (left < 0 and statement.startswith(last)):
        os.kill(os.getpid(), signal.SIGKILL)

upgrade_registry(open_registry(Path(sys.argv[1]), checked=False))
"""


@pytest.mark.parametrize("after", [3, 20, 60, 0], ids=["begun", "early", "halfway", "all but done"])
def test_killed_in_the_middle_it_is_as_it_was(released: Released, after: int) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", KILLED, str(released.directory), str(after)], check=False, cwd=ROOT, capture_output=True
    )
    assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()
    assert released.version() is None
    assert released.still_there()
    upgrade(released)
    assert released.still_there()


def test_the_shell_upgrades_and_says_what_it_did(released: Released) -> None:
    def bevis(*arguments: str) -> tuple[int, str, str]:
        command = [sys.executable, "-c", "from registry.command_line.main import run; run()", *arguments]
        command += ["--dir", str(released.directory)]
        ended = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True)
        return ended.returncode, ended.stdout, ended.stderr

    code, _, told = bevis("org", "list")
    assert (code, "bevis upgrade" in told) == (2, True)
    code, told, _ = bevis("upgrade", "--json")
    assert code == 0
    assert json.loads(told)["steps"] == [one for one in known_versions() if one > RELEASED]
    assert "registry.db" in told or "PostgreSQL" in told
    code, told, _ = bevis("upgrade", "--lang", "sv")
    assert (code, told.startswith("Inget att göra")) == (0, True)
