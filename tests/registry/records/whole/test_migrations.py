"""A registry of an older version becomes one of this version: the same tables, every row, all of it or nothing."""

import json
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import ColumnElement, Connection, MetaData, Table, event, insert, select, text
from sqlalchemy.exc import IntegrityError

from registry.errors import NoRegistryHere, RegistryNewer, RegistryOlder, UpgradeFailed
from registry.issuing.batches.issue_batch import check_batch
from registry.records.issued.amendments import occasion_mismatches
from registry.records.issued.batches import batch_by_id, batches_out_of_step, rows_of
from registry.records.issued.certificates import assessment_behind, certificates, evidence_behind, state_mismatches
from registry.records.mandates.mandate_events import mandate_mismatches
from registry.records.sector.schemes import scheme_mismatches
from registry.records.store.database_address import DatabaseAddress, PostgresqlAddress, SqliteAddress
from registry.records.store.engines import writer_to
from registry.records.store.kept_once import damaged_texts, text_digest, texts_of
from registry.records.whole.directory import Registry, open_registry
from registry.records.whole.examination import damage, examine_database
from registry.records.whole.tables import VERSION
from registry.records.whole.upgrade import let_tables_be_replaced, migrate, upgrade_registry
from registry.records.whole.versions import RELEASED, known_versions, newest_version
from registry.signing.keys import open_keyring
from registry.signing.published import as_signed, build_trust
from tests.conftest import ROOT
from tests.migration import description, difference
from tests.registry.conftest import NOW, ON_SQLITE, PUBLIC_URL, person, roster

SAMPLE = Path(__file__).parent / "released"
BATCH_OF_FOUR = "01a220ab-d42f-71d1-b00d-521ee3b53bbb"
# Said otherwise now: the answer to a list is told from its rows, and rows that could not be read have one too.
ELSEWHERE = {("batch", "result"), ("batch_row", "outcome")}
ONCE = {("issued_certificate", "evidence"), ("issued_certificate", "assessment")}
GROWN = {"batch_row"}
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

    @contextmanager
    def at_version(self, version: str) -> Iterator[Connection]:
        """Brought to an older version than this one's."""
        with self.opened() as registry:
            engine = writer_to(registry.address)
            if engine.dialect.name == "sqlite":
                event.listen(engine, "connect", let_tables_be_replaced)
            try:
                with engine.begin() as connection:
                    VERSION.create(connection)
                    connection.execute(insert(VERSION), [{"version_num": RELEASED}])
                    migrate(connection, version)
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
            now = rows_in(connection, self.rows)
        for table, (names, *rows) in self.rows.items():
            if now[table][0] != names or not set(rows) <= set(now[table][1:]):
                return False
            if table not in GROWN and len(now[table]) != 1 + len(rows):
                return False
        return True


def rows_in(connection: Connection, like: Rows | None = None) -> Rows:
    """All rows but the count of changes: of each table its columns, then what they say. As there are in `like`."""
    found = MetaData()
    found.reflect(connection)
    told: Rows = {}
    for table in found.sorted_tables:
        if table.name in {"alembic_version", "revision"} or (like is not None and table.name not in like):
            continue
        every = table.columns.keys() if like is None else like[table.name][0]
        names = tuple(name for name in every if (table.name, name) not in ELSEWHERE)
        query = select(*(_whole(found, table, name) for name in names))
        told[table.name] = [names, *(tuple(map(repr, row)) for row in connection.execute(query))]
    return told


def _whole(tables: MetaData, table: Table, name: str) -> ColumnElement[Any]:
    """What a column says, also where that is kept once for many rows."""
    column, once = table.columns[name], tables.tables.get("kept_once")
    if once is None or (table.name, name) not in ONCE:
        return column
    return select(once.c.text).where(once.c.digest == column).scalar_subquery()


@pytest.fixture
def released(database: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Released]:
    """What the released version left behind, byte for byte; its tables did not say their version."""
    place = tmp_path / "released"
    place.mkdir(mode=0o700)
    shutil.copy(SAMPLE / "bevis.toml", place)
    (place / "master.key").touch(0o600)
    (place / "master.key").write_bytes(bytes.fromhex((SAMPLE / "master.key.hex").read_text("ascii")))
    as_made = tmp_path / "registry.db"
    as_made.touch(0o600)
    left_by_the_released(as_made)
    with ExitStack() as open_:
        if database == "sqlite":
            as_made.rename(place / "registry.db")
        else:
            url = open_.enter_context(request.getfixturevalue("postgresql").database())
            with (place / "bevis.toml").open("a", encoding="utf-8") as settings:
                settings.write(f'database = "{url}"\n')
            _carried_over(as_made, PostgresqlAddress(url))
        made = Released(place, {})
        with made.by_hand() as connection:
            rows = rows_in(connection)
        assert len(rows["issued_certificate"]) == 1 + 4
        yield Released(place, rows)


def left_by_the_released(file: Path) -> None:
    with _written(SqliteAddress(file)) as connection:
        migrate(connection, RELEASED)
        connection.execute(text("DROP TABLE alembic_version"))
        connection.execute(text("DELETE FROM revision"))
        for statement in (SAMPLE / "registry.sql").read_text("utf-8").splitlines():
            if statement.startswith("INSERT"):
                connection.exec_driver_sql(statement)
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")


def _carried_over(file: Path, address: PostgresqlAddress) -> None:
    with _written(SqliteAddress(file)) as source, _written(address) as target:
        migrate(target, RELEASED)
        target.execute(text("DROP TABLE alembic_version"))
        target.execute(text("DELETE FROM revision"))
        here, there = MetaData(), MetaData()
        here.reflect(source)
        there.reflect(target)
        for table in there.sorted_tables:
            values = [row._asdict() for row in source.execute(select(here.tables[table.name]))]
            if values:
                target.execute(insert(table), values)


@contextmanager
def _written(address: DatabaseAddress) -> Iterator[Connection]:
    engine = writer_to(address)
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


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


def test_the_newest_version_is_what_the_code_says(released: Released, empty: Registry) -> None:
    """After a change of a table: `make migration NAME=what_changes`."""
    upgrade(released)
    with released.by_hand() as connection, empty.reading() as db:
        dialect = "sqlite" if connection.dialect.name == "sqlite" else "postgresql"
        assert list(difference(connection, dialect)) == []
        assert description(connection) == description(db.connection())


def test_an_upgraded_registry_is_sound_and_goes_on(released: Released) -> None:
    upgrade(released)
    registry = open_registry(released.directory)
    keyring = open_keyring(registry.master_key_file())
    try:
        assert damage(registry) is None
        assert {one.check for one in examine_database(registry) if one.problem} <= {"survives_power_cut"}
        with registry.reading() as db:
            keyring.check(db)
            for mismatches in (state_mismatches, mandate_mismatches, scheme_mismatches, occasion_mismatches):
                assert list(mismatches(db)) == []
            assert batches_out_of_step(db) == []
            trust = build_trust(db, PUBLIC_URL, NOW, asked=[row.number for row in certificates(db)])
            for row in certificates(db):
                assert as_signed(db, row) == row.certificate()
                assert json.loads(evidence_behind(db, row))["attended_minutes"]
                assert json.loads(assessment_behind(db, row))["asked"]
            assert sorted(events[-1].kind for events in trust.events.values()) == [
                "issued",
                "reinstated",
                "revoked",
                "suspended",
            ]
        first = BATCH_OF_FOUR
        with registry.reading() as db:
            batch = batch_by_id(db, first)
            counts = (batch.rows, batch.issued, batch.already, batch.refused, batch.faults)
            assert (counts, batch.state, batch.good_rows, batch.at_attained) == ((4, 2, 0, 1, 1), "done", True, False)
            assert [row.outcome for row in rows_of(db, batch)] == ["issued", "issued", "refused", "fault"]
            # The list of an occasion that was issued from before, with one person more.
            people = roster(person(2, "Åsa Lindström Bergqvist"), person(12))
            again = check_batch(db, "hot-work-march", people, now=NOW)
        assert [(row.outcome, row.already) for row in again.rows] == [("issued", True), ("issued", False)]
    finally:
        registry.close()


def test_what_lists_rested_on_is_kept_on(released: Released) -> None:
    """Version 0002 kept the evidence of class lists beside that of certificates."""
    evidence = '{"attended_minutes":480}'
    with released.at_version("0002") as connection:
        batch = connection.execute(
            text("SELECT id FROM batch WHERE public_id = :id"), {"id": BATCH_OF_FOUR}
        ).scalar_one()
        values = {"batch": batch, "digest": text_digest(evidence), "evidence": evidence}
        connection.execute(text("INSERT INTO batch_evidence VALUES (:batch, :digest, :evidence)"), values)
    assert upgrade(released) == tuple(one for one in known_versions() if one > "0002")
    assert released.still_there()
    with released.opened() as registry, registry.reading() as db:
        assert texts_of(db, [text_digest(evidence)]) == {text_digest(evidence): evidence}
        assert list(damaged_texts(db)) == []


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
from registry.records.whole.directory import open_registry
from registry.records.whole.upgrade import upgrade_registry

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
    assert (code, "bevis upgrade" in " ".join(told.split())) == (2, True)
    code, told, _ = bevis("upgrade", "--json")
    assert code == 0
    assert json.loads(told)["steps"] == [one for one in known_versions() if one > RELEASED]
    assert "registry.db" in told or "PostgreSQL" in told
    code, told, _ = bevis("upgrade", "--lang", "sv")
    assert (code, told.startswith("Inget att göra")) == (0, True)
