"""`make migration NAME=what_changes`: the next version of the tables, written from what the code says they should be.

It makes a database of the last version and looks what differs from the tables and promises (`KEPT`) of all nouns. Then
it writes two files of plain SQL and the Python file that Alembic finds them by. On SQLite a table that differs is made
anew and its rows are copied; on PostgreSQL it is altered. Read what was written: a column that must hold something
where older rows have nothing says so by `WHAT_OLDER_ROWS_SAY`, and nothing works until `older_rows.toml` says what.

What has not been released yet is written over: remove its three files and run it again.
"""

import io
import re
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import groupby
from pathlib import Path
from typing import Any, Literal

from alembic.autogenerate import produce_migrations
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.operations.ops import AddColumnOp, ModifyTableOps
from sqlalchemy import CheckConstraint, Connection, Engine, MetaData, Table, event, inspect, text
from sqlalchemy.schema import AddConstraint, CreateIndex, CreateTable

from registry.records.store.database_address import PostgresqlAddress, SqliteAddress
from registry.records.store.engines import writer_to
from registry.records.store.kept import statements
from registry.records.whole import migrations
from registry.records.whole.directory import kept
from registry.records.whole.examination import plain_trigger
from registry.records.whole.tables import VERSION, plainly_stored, tables_of
from registry.records.whole.upgrade import let_tables_be_replaced, migrate
from registry.records.whole.versions import newest_version
from tests.postgresql import running_server

FOLDER = Path(str(migrations.__file__)).parent / "versions"
OLDER = "WHAT_OLDER_ROWS_SAY"
Dialect = Literal["sqlite", "postgresql"]
NAME = re.compile(r"[a-z][a-z0-9_]{2,50}")


def main(name: str) -> None:
    """Write the three files."""
    if not NAME.fullmatch(name):
        raise SystemExit("NAME must be like what_changes: small letters, digits and _")
    last = newest_version()
    version = f"{int(last) + 1:04}"
    stem = f"v{version}_{name}"
    for dialect in ("sqlite", "postgresql"):
        with engine_of_last_version(dialect) as engine, engine.begin() as connection:
            told = list(difference(connection, dialect))
        if not told:
            raise SystemExit("nothing differs")
        head = f"-- From version {last} of the tables to {version}. Statements stand apart by a blank line.\n\n"
        (FOLDER / f"{stem}.{dialect}.sql").write_text(head + "\n\n".join(told) + "\n", "utf-8")
        if any(OLDER in statement for statement in told):
            sys.stdout.write(f"{stem}.{dialect}.sql: put something in place of {OLDER}\n")
    says = name.replace("_", " ").capitalize()
    (FOLDER / f"{stem}.py").write_text(
        f'"""{says}."""\n\nfrom registry.records.whole.migrations.steps import run\n\n'
        f'revision = "{version}"\ndown_revision = "{last}"\n\n\n'
        f'def upgrade() -> None:\n    """From version {last}."""\n    run("{stem}")\n',
        "utf-8",
    )
    sys.stdout.write(f"{FOLDER.name}/{stem}.*\n")


@contextmanager
def engine_of_last_version(dialect: Dialect) -> Iterator[Engine]:
    """A new database with the tables of the last version there is."""
    with ExitStack() as open_:
        if dialect == "sqlite":
            place = open_.enter_context(tempfile.TemporaryDirectory())
            engine = writer_to(SqliteAddress(Path(place) / "last.db"))
            event.listen(engine, "connect", let_tables_be_replaced)
        else:
            server = open_.enter_context(running_server())
            engine = writer_to(PostgresqlAddress(server.url(server.create())))
        open_.callback(engine.dispose)
        with engine.begin() as connection:
            migrate(connection)
        yield engine


def difference(connection: Connection, dialect: Dialect) -> Iterator[str]:
    """Statements that make the tables of this program of those that are there."""
    old, new = triggers(connection), statements(kept(), dialect)
    changes = list(_on_sqlite(connection) if dialect == "sqlite" else _on_postgresql(connection))
    told = tomllib.loads((Path(__file__).parent / "older_rows.toml").read_text("utf-8")) if changes else {}
    wanted = {plain_trigger(one) for one in new if one.startswith("CREATE TRIGGER")}
    if not changes and set(map(plain_trigger, old.values())) == wanted:
        return
    for name, table in sorted(old):
        yield f"DROP TRIGGER {name}" + ("" if dialect == "sqlite" else f" ON {table}")
    yield from map(_tidy, told.get("before", {}).get(dialect, ()))
    yield from dict.fromkeys(changes)  # Alembic tells of a column that is unique twice
    yield from map(_tidy, told.get("after", {}).get(dialect, ()))
    yield from new


def triggers(connection: Connection) -> dict[tuple[str, str], str]:
    """What is refused in a database: by trigger and table."""
    if connection.dialect.name == "sqlite":
        query = "SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger'"
    else:
        query = (
            "SELECT tgname, relname, pg_get_triggerdef(t.oid) FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid "
            "WHERE NOT tgisinternal"
        )
    return {(name, table): sql for name, table, sql in connection.execute(text(query))}


def canonical(sql: str) -> tuple[str, ...]:
    """A statement as it is compared: neither the order of its lines nor how it is laid out says anything."""
    plain = sql.replace('"', "").replace("public.", "")
    return tuple(sorted(" ".join(line.split()).rstrip(",") for line in plain.splitlines() if line.strip()))


def description(connection: Connection) -> set[tuple[object, ...]]:
    """Everything there is in a database but its rows: tables, columns, constraints, indexes, what is refused."""
    refused = {("trigger", *key, canonical(sql)) for key, sql in triggers(connection).items()}
    if connection.dialect.name == "sqlite":
        query = "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL AND type <> 'trigger'"
        return refused | {(kind, name, canonical(sql)) for kind, name, sql in connection.execute(text(query))}
    queries = (
        """SELECT 'column', table_name, column_name, data_type, is_nullable, column_default, collation_name
        FROM information_schema.columns WHERE table_schema = current_schema()""",
        """SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid)
        FROM pg_constraint WHERE connamespace = current_schema()::regnamespace AND contype <> 'n'""",
        "SELECT 'index', tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema()",
        """SELECT 'storage', attrelid::regclass::text, attname FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
        WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace AND attstorage = 'e'""",
        "SELECT 'function', proname, prosrc FROM pg_proc WHERE pronamespace = current_schema()::regnamespace",
    )
    return refused | {tuple(row) for query in queries for row in connection.execute(text(query))}


# ------------------------------------------------------------------ SQLite


def _on_sqlite(connection: Connection) -> Iterator[str]:
    """A table that differs is made anew under another name, filled from the old one, and put in its place."""
    found = connection.execute(text("SELECT type, name, tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL")).all()
    there = {name: sql for kind, name, _, sql in found if kind == "table" and name != VERSION.name}
    indexes = {name: (table, sql) for kind, name, table, sql in found if kind == "index"}
    wanted = tables_of("sqlite")
    anew = set()
    for table in wanted.sorted_tables:
        sql = _laid_out(CreateTable(table), connection)
        if canonical(there.get(table.name, "")) == canonical(sql):
            continue
        anew.add(table.name)
        if table.name not in there:
            yield sql
            yield from _begun_with(table, "sqlite")
            continue
        yield sql.replace(f"CREATE TABLE {table.name} (", f"CREATE TABLE new_{table.name} (", 1)
        names, values = zip(
            *_copied(table, {one["name"] for one in inspect(connection).get_columns(table.name)}), strict=True
        )
        yield f"INSERT INTO new_{table.name} ({', '.join(names)})\nSELECT {', '.join(values)} FROM {table.name}"
        yield f"DROP TABLE {table.name}"
        yield f"ALTER TABLE new_{table.name} RENAME TO {table.name}"
    for name in sorted(set(there) - set(wanted.tables)):
        anew.add(name)
        yield f"DROP TABLE {name}"
    yield from _indexes(connection, wanted, {n: sql for n, (table, sql) in indexes.items() if table not in anew})


def older_rows(table: str, dialect: Dialect) -> dict[str, str]:
    """What they say in columns that are new, or other than they were."""
    told = tomllib.loads((Path(__file__).parent / "older_rows.toml").read_text("utf-8"))
    columns = told.get("columns", {}).get(table, {})
    return {name: says if isinstance(says, str) else says[dialect] for name, says in columns.items()}


def _begun_with(table: Table, dialect: Dialect) -> Iterator[str]:
    """What stands in a new table that older rows refer to."""
    told = tomllib.loads((Path(__file__).parent / "older_rows.toml").read_text("utf-8"))
    yield from map(_tidy, told.get("new", {}).get(table.name, {}).get(dialect, ()))


def _copied(table: Table, before: set[str]) -> Iterator[tuple[str, str]]:
    """The columns that are filled, each with what it is filled with."""
    told = older_rows(table.name, "sqlite")
    for column in table.columns:
        if column.name in told:
            yield column.name, told[column.name]
        elif column.name in before:
            yield column.name, column.name
        elif not column.nullable and column.server_default is None:
            yield column.name, OLDER


def _indexes(connection: Connection, wanted: MetaData, there: dict[str, str]) -> Iterator[str]:
    new = {
        str(index.name): _laid_out(CreateIndex(index), connection) for t in wanted.sorted_tables for index in t.indexes
    }
    for name in sorted(there):
        if name not in new or canonical(new[name]) != canonical(there[name]):
            yield f"DROP INDEX {name}"
    for name in sorted(new):
        if name not in there or canonical(new[name]) != canonical(there[name]):
            yield new[name]


# ------------------------------------------------------------------ PostgreSQL


def _on_postgresql(connection: Connection) -> Iterator[str]:
    """New tables as they are made, older ones altered as Alembic finds that they differ; checks by their names."""
    wanted = tables_of("postgresql")
    there = set(inspect(connection).get_table_names()) - {VERSION.name}
    for table in wanted.sorted_tables:
        if table.name not in there:
            yield _laid_out(CreateTable(table), connection)
            yield from (
                _laid_out(CreateIndex(one), connection) for one in sorted(table.indexes, key=lambda i: str(i.name))
            )
            for constraint in table.foreign_key_constraints:
                if constraint.use_alter:
                    yield _laid_out(AddConstraint(constraint), connection)
            yield from _begun_with(table, "postgresql")
    found = MigrationContext.configure(connection, opts={"compare_type": True})
    for operations in produce_migrations(found, wanted).upgrade_ops.ops:
        if isinstance(operations, ModifyTableOps) and operations.table_name in there:
            yield from _changed(operations, connection)
    for name in sorted(there - set(wanted.tables)):
        yield f"DROP TABLE {name}"
    yield from _checks(connection, [table for table in wanted.sorted_tables if table.name in there])
    plain = (
        "SELECT format('ALTER TABLE %s ALTER COLUMN %s SET STORAGE EXTERNAL', attrelid::regclass, attname) "
        "FROM pg_attribute WHERE attstorage = 'e'"
    )
    told = set(connection.execute(text(plain)).scalars())
    yield from (one for one in plainly_stored(wanted) if one not in told)


def _changed(operations: ModifyTableOps, connection: Connection) -> Iterator[str]:
    """New columns first, then what older rows say in them, then everything else."""
    table = operations.table_name
    new = [one for one in operations.ops if isinstance(one, AddColumnOp)]
    told, strict = older_rows(table, "postgresql"), [one.column.name for one in new if not one.column.nullable]
    for operation in new:
        operation.column.nullable = True
        yield from _altered(operation, connection)
    filled = told | {name: OLDER for name in strict if name not in told}
    if filled:
        yield f"UPDATE {table} SET\n    " + ",\n    ".join(f"{name} = {says}" for name, says in filled.items())
    yield from (f"ALTER TABLE {table} ALTER COLUMN {name} SET NOT NULL" for name in strict)
    # Alembic finds things of one kind in any order.
    others = [one for one in operations.ops if not isinstance(one, AddColumnOp)]
    for _, alike in groupby(others, key=type):
        yield from sorted(statement for one in alike for statement in _altered(one, connection))


def _altered(operation: Any, connection: Connection) -> Iterator[str]:
    written = io.StringIO()
    offline = MigrationContext.configure(dialect=connection.dialect, opts={"as_sql": True, "output_buffer": written})
    Operations(offline).invoke(operation)
    told = written.getvalue()
    yield from (_tidy(one) for one in told.split(";\n") if one.strip())


def _checks(connection: Connection, tables: Iterable[Table]) -> Iterator[str]:
    for table in tables:
        found = inspect(connection).get_check_constraints(table.name)
        there = {str(one["name"]): _words(one["sqltext"]) for one in found}
        new = {str(one.name): one for one in table.constraints if isinstance(one, CheckConstraint)}
        same = {name for name, one in new.items() if there.get(name) == _words(str(one.sqltext))}
        for name in sorted(set(there) - same):
            yield f"ALTER TABLE {table.name} DROP CONSTRAINT {name}"
        for name in sorted(set(new) - same):
            yield _laid_out(AddConstraint(new[name]), connection)


def _words(check: str) -> list[str]:
    """The words that a column may hold: PostgreSQL tells a check otherwise than it was written, but for those."""
    return sorted(re.findall(r"'([^']*)'", check))


def _laid_out(statement: Any, connection: Connection) -> str:
    told = _tidy(str(statement.compile(dialect=connection.dialect)))
    if not isinstance(statement, CreateTable):
        return told
    # SQLAlchemy tells the constraints of a table in any order.
    head, *parts, end = told.splitlines()
    kinds = ("PRIMARY KEY", "UNIQUE", "FOREIGN KEY", "CONSTRAINT", "CHECK")

    def place(line: str) -> tuple[int, str]:
        kind = next((number for number, kind in enumerate(kinds) if line.strip().startswith(kind)), -1)
        return (kind, "" if kind < 0 else line)

    lines = sorted((line.rstrip(",") for line in parts), key=place)
    return "\n".join([head, ",\n".join(lines), end])


def _tidy(sql: str) -> str:
    """Without blank lines, which stand between statements, and without what an editor would take away."""
    lines = (line.rstrip().replace("\t", "    ") for line in sql.strip().splitlines())
    return "\n".join(line for line in lines if line)


if __name__ == "__main__":
    main(*sys.argv[1:])
