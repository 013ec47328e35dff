"""Many rows at once, the quick way that each database has: COPY on PostgreSQL, one prepared statement on SQLite.

And many values in one question: as one array on PostgreSQL and one JSON text on SQLite, so that the statement is the
same however many there are, and neither is written nor planned anew.

What a value is stored as is SQLAlchemy's affair here as everywhere; what is left out is all that it does for each row
again. A key that stands twice, or refers to nothing, is refused as in any other statement.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from operator import itemgetter
from typing import Any

import orjson
from sqlalchemy import ARRAY, ColumnElement, Dialect, Table, any_, bindparam, func, insert, select
from sqlmodel import AutoString, SQLModel, col

from registry.records.database import Database

_AT_ONCE = 1_000  # rows: of a long list only so many are in memory as they are stored


def add_rows(db: Database, noun: type[SQLModel], rows: Iterable[Mapping[str, Any]]) -> None:
    """Store rows by the names of their columns. All name the same ones: nothing is filled in."""
    left = iter(rows)
    while part := list(islice(left, _AT_ONCE)):
        _add(db, SQLModel.metadata.tables[str(noun.__tablename__)], part)


def among(db: Database, column: Any, values: Iterable[Any]) -> ColumnElement[bool]:  # noqa: ANN401 of any noun
    """That a column has one of these values, none of them null; as many as there are."""
    wanted, kind = list(set(values)), column.type
    dialect = db.connection().dialect
    if dialect.name == "postgresql":
        return col(column) == any_(bindparam(None, wanted, type_=ARRAY(kind)))
    process = kind.dialect_impl(dialect).bind_processor(dialect)
    told = orjson.dumps(wanted if process is None else list(map(process, wanted))).decode()
    each = func.json_each(bindparam(None, told)).table_valued("value")
    return col(column).in_(select(each.c.value))


def write_rows(db: Database, noun: type[SQLModel], rows: Iterable[Mapping[str, Any]]) -> None:
    """Write columns of rows that are stored, by their names; `id` says of which row. All name the same ones."""
    left = iter(rows)
    while part := list(islice(left, _AT_ONCE)):
        _write(db, SQLModel.metadata.tables[str(noun.__tablename__)], part)


def _add(db: Database, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    connection = db.connection()
    dialect, names = connection.dialect, _names(table, rows[0])
    stored = list(zip(*_as_stored(table, names, dialect, rows), strict=True))
    if dialect.name != "postgresql":
        connection.exec_driver_sql(_insert(table, names, dialect), stored)
        return
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(_copy(table, names, dialect)) as copy:
        for row in stored:
            copy.write_row(row)


def _write(db: Database, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    connection = db.connection()
    dialect = connection.dialect
    names = (*(name for name in _names(table, rows[0]) if name != "id"), "id")
    stored = _as_stored(table, names, dialect, rows)
    if dialect.name != "postgresql":
        connection.exec_driver_sql(_update(table, names, dialect), list(zip(*stored, strict=True)))
        return
    # One statement with a list for each column: a statement for each row costs the server twice as much.
    connection.exec_driver_sql(_update_all(table, names, dialect), tuple(map(list, stored)))


def _names(table: Table, row: Mapping[str, Any]) -> tuple[str, ...]:
    """In the order a statement has them in."""
    names = tuple(column.name for column in table.columns if column.name in row)
    if len(names) < len(row):
        raise KeyError(f"{table.name} has no column {min(row.keys() - set(names))}")
    return names


def _as_stored(
    table: Table, names: tuple[str, ...], dialect: Dialect, rows: Sequence[Mapping[str, Any]]
) -> list[Sequence[Any]]:
    """Column by column: most need no work at all."""
    by_column: list[Sequence[Any]] = []
    for name in names:
        values, process = list(map(itemgetter(name), rows)), _processor(table, name, dialect)
        if process is None:
            by_column.append(values)
        elif all(value is values[0] for value in values):  # what rows of one list have in common is made once
            by_column.append([process(values[0])] * len(values))
        else:
            by_column.append(list(map(process, values)))
    return by_column


@lru_cache(maxsize=256)
def _processor(table: Table, name: str, dialect: Dialect) -> Callable[[Any], Any] | None:
    kind = table.c[name].type
    # Ours are texts already: what this type is for is other classes.
    return None if isinstance(kind, AutoString) else kind.dialect_impl(dialect).bind_processor(dialect)


@lru_cache(maxsize=64)
def _insert(table: Table, names: tuple[str, ...], dialect: Dialect) -> str:
    return str(insert(table).compile(dialect=dialect, column_keys=list(names)))


@lru_cache(maxsize=64)
def _copy(table: Table, names: tuple[str, ...], dialect: Dialect) -> str:
    quote = dialect.identifier_preparer.quote
    return f"COPY {quote(table.name)} ({', '.join(map(quote, names))}) FROM STDIN"


@lru_cache(maxsize=64)
def _update(table: Table, names: tuple[str, ...], dialect: Dialect) -> str:
    quote = dialect.identifier_preparer.quote
    columns = ", ".join(f"{quote(name)} = ?" for name in names[:-1])
    return f"UPDATE {quote(table.name)} SET {columns} WHERE {quote(names[-1])} = ?"  # noqa: S608 our own names


@lru_cache(maxsize=64)
def _update_all(table: Table, names: tuple[str, ...], dialect: Dialect) -> str:
    quote = dialect.identifier_preparer.quote
    lists = ", ".join(f"%s::{table.c[name].type.compile(dialect)}[]" for name in names)
    columns = ", ".join(f"{quote(name)} = new.{quote(name)}" for name in names[:-1])
    named = ", ".join(map(quote, names))
    return (
        f"UPDATE {quote(table.name)} SET {columns} FROM unnest({lists}) AS new ({named}) "  # noqa: S608 our own names
        f"WHERE {quote(table.name)}.{quote(names[-1])} = new.{quote(names[-1])}"
    )
