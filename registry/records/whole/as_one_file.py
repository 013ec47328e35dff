"""All records of one moment as one SQLite file, whichever database they are in; and such a file put into either.

So a backup is the same thing everywhere, needs no program of the database's own, and a registry can move from one
database to the other with every byte that was signed.
"""

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Boolean, Column, Date, DateTime, Integer, LargeBinary, Table, Time, TypeDecorator, Uuid
from sqlalchemy.exc import DBAPIError
from sqlalchemy.types import TypeEngine
from sqlmodel import Session, SQLModel

from registry.records.store.database import Database, Revision
from registry.records.store.database_address import DatabaseAddress, PostgresqlAddress, SqliteAddress
from registry.records.store.database_faults import refusal_of, told_plainly
from registry.records.store.engines import postgresql_connection, reader_of, sqlite_reader, writer_to
from registry.records.store.kept import Kept
from registry.records.whole.tables import create_tables

_AT_ONCE: Final = 1000  # rows in memory
_SNAPSHOT: Final = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"


class FileDamaged(Exception):
    """SQLite cannot read the file, or rows in it point to nothing."""


def write_one_file(address: DatabaseAddress, file: Path, kept: tuple[Kept, ...]) -> None:
    """A new file (mode 0600) with all records as they are at one moment; whoever writes meanwhile is not kept waiting.

    kept  what a database refuses to change

    Raises DatabaseUnavailable, DatabaseFull, FileExistsError, FileDamaged where what was read cannot be right.
    """
    os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        if isinstance(address, SqliteAddress):
            with closing(sqlite_reader(address)) as source, closing(sqlite3.connect(file)) as copy:
                source.backup(copy)  # in one step: it is one moment
        else:
            _copy_out(address, file, kept)
        with closing(sqlite3.connect(file)) as copy:
            copy.execute("PRAGMA journal_mode = DELETE")  # one file, with nothing beside it
    except Exception as fault:
        refusal = refusal_of(fault, SqliteAddress(file) if isinstance(_origin(fault), sqlite3.Error) else address)
        if refusal is None:
            raise
        raise refusal from fault
    see_whole(file)
    with file.open("rb") as written:
        os.fsync(written.fileno())


def see_whole(file: Path) -> None:
    """Raises FileDamaged where SQLite finds anything wrong with it."""
    try:
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as opened:
            found = [str(row[0]) for row in opened.execute("PRAGMA integrity_check(1)")]
            found += [f"{row[0]}, row {row[1]}" for row in opened.execute("PRAGMA foreign_key_check")]
    except sqlite3.Error as fault:
        raise FileDamaged(str(fault)) from fault
    if found != ["ok"]:
        raise FileDamaged("; ".join(found[:3]))


@contextmanager
def reading_one_file(file: Path) -> Iterator[Database]:
    """The records in such a file; nothing can be written."""
    engine = reader_of(SqliteAddress(file))
    try:
        with told_plainly(SqliteAddress(file)), Session(engine, expire_on_commit=False, autoflush=False) as db:
            yield db
    finally:
        engine.dispose()


def let_it_be_written(file: Path) -> None:
    """From a file that is kept to one that a registry works with: whoever reads is not kept waiting by who writes."""
    with told_plainly(SqliteAddress(file)), closing(sqlite3.connect(file)) as opened:
        opened.execute("PRAGMA journal_mode = WAL")


def read_one_file(file: Path, address: PostgresqlAddress, kept: tuple[Kept, ...]) -> None:
    """Put all records of such a file, with the tables of this program, into an empty database: all or none.

    Raises DatabaseUnavailable, DatabaseFull, and MalformedInput where the database is not empty.
    """
    engine = writer_to(address)
    try:
        with (
            told_plainly(address),
            engine.begin() as connection,
            closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as source,
        ):
            create_tables(connection, kept)
            driver: Any = connection.connection.driver_connection
            with driver.cursor() as cursor:
                for table in _tables():
                    names = _names(table)
                    found = source.execute(f"SELECT {names} FROM {_quoted(table.name)}")  # noqa: S608 our own names
                    with cursor.copy(f"COPY {_quoted(table.name)} ({names}) FROM STDIN") as copy:
                        for row in found:
                            copy.write_row(row)
                cursor.execute(
                    "UPDATE revision SET value = %s", source.execute("SELECT value FROM revision").fetchone()
                )
    finally:
        engine.dispose()


def _copy_out(address: PostgresqlAddress, file: Path, kept: tuple[Kept, ...]) -> None:
    engine = writer_to(SqliteAddress(file))
    try:
        with closing(postgresql_connection(address)) as source, engine.begin() as connection:
            source.execute(_SNAPSHOT)
            create_tables(connection, kept)
            driver: Any = connection.connection.driver_connection
            driver.execute("PRAGMA defer_foreign_keys = ON")  # a row may point to one that comes after it
            for table in _tables():
                marks = ", ".join("?" * len(table.columns))
                into = f"INSERT INTO {_quoted(table.name)} ({_names(table)}) VALUES ({marks})"  # noqa: S608 same
                for part in _rows(source, table):
                    driver.executemany(into, part)
            driver.execute("UPDATE revision SET value = ?", source.execute("SELECT value FROM revision").fetchone())
    finally:
        engine.dispose()


def _origin(fault: Exception) -> BaseException | None:
    return fault.orig if isinstance(fault, DBAPIError) else fault


def _tables() -> Sequence[Table]:
    """All but the count of changes, which has its row from the beginning."""
    return [table for table in SQLModel.metadata.sorted_tables if table.name != Revision.__tablename__]


def _rows(source: Any, table: Table) -> Iterator[list[tuple[Any, ...]]]:  # noqa: ANN401 psycopg is loaded where it is needed
    columns = [_said(column) for column in table.columns]
    said = ", ".join(one for one, _ in columns)
    order = ", ".join(_quoted(column.name) for column in table.primary_key.columns)
    query = f"SELECT {said} FROM {_quoted(table.name)} ORDER BY {order}"  # noqa: S608 same
    with source.cursor() as cursor, cursor.copy(f"COPY ({query}) TO STDOUT (FORMAT BINARY)") as copy:
        copy.set_types([sent for _, sent in columns])
        part: list[tuple[Any, ...]] = []
        for row in copy.rows():
            part.append(row)
            if len(part) == _AT_ONCE:
                yield part
                part = []
        yield part


# Of each kind of column, how it is said as SQLite has it, and as what it is sent.
_KINDS: Final[tuple[tuple[type[TypeEngine[Any]], str, str], ...]] = (
    (Uuid, "replace({}::text, '-', '')", "text"),
    (DateTime, "to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')", "text"),
    (Date, "to_char({}, 'YYYY-MM-DD')", "text"),
    (Time, "to_char({}, 'HH24:MI:SS.US')", "text"),
    (Boolean, "{}::int::bigint", "int8"),
    (Integer, "{}::bigint", "int8"),
    (LargeBinary, "{}", "bytea"),
    (TypeEngine, "{}::text", "text"),
)


def _said(column: Column[Any]) -> tuple[str, str]:
    kind = column.type.impl_instance if isinstance(column.type, TypeDecorator) else column.type
    said, sent = next((said, sent) for one, said, sent in _KINDS if isinstance(kind, one))
    return said.format(_quoted(column.name)), sent


def _names(table: Table) -> str:
    return ", ".join(_quoted(column.name) for column in table.columns)


def _quoted(name: str) -> str:
    return f'"{name}"'
