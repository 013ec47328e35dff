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
from sqlalchemy import (
    ARRAY,
    JSON,
    ColumnElement,
    Dialect,
    Table,
    Text,
    Uuid,
    any_,
    bindparam,
    cast,
    func,
    insert,
    select,
)
from sqlalchemy.types import TypeEngine
from sqlmodel import AutoString, SQLModel, col

from registry.records.store.database import Database
from registry.records.store.engines import json_text

_SEPARATOR = "\x1f"  # which Unicode has for this
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
        return col(column) == any_(_array(wanted, kind))
    process = kind.dialect_impl(dialect).bind_processor(dialect)
    told = orjson.dumps(wanted if process is None else list(map(process, wanted))).decode()
    each = func.json_each(bindparam(None, told)).table_valued("value")
    return col(column).in_(select(each.c.value))


def _array(wanted: list[Any], kind: TypeEngine[Any]) -> ColumnElement[Any]:
    """As one text that the server takes apart: the driver would write an array value by value, in Python."""
    if isinstance(kind, Uuid):
        told = _SEPARATOR.join(value.hex for value in wanted)
    elif all(type(value) is int for value in wanted):
        told = _SEPARATOR.join(map(str, wanted))
    elif all(type(value) is str and value and _SEPARATOR not in value for value in wanted):
        told = _SEPARATOR.join(wanted)
    else:
        return bindparam(None, wanted, type_=ARRAY(kind))
    return cast(func.string_to_array(bindparam(None, told, type_=Text()), _SEPARATOR), ARRAY(kind))


def write_rows(db: Database, noun: type[SQLModel], rows: Iterable[Mapping[str, Any]]) -> None:
    """Write columns of rows that are stored, by their names; `id` says of which row. All name the same ones."""
    left = iter(rows)
    while part := list(islice(left, _AT_ONCE)):
        _write(db, SQLModel.metadata.tables[str(noun.__tablename__)], part)


def _add(db: Database, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    connection = db.connection()
    dialect, names = connection.dialect, _names(table, rows[0])
    if dialect.name != "postgresql":
        stored = list(zip(*_as_stored(table, names, dialect, rows), strict=True))
        connection.exec_driver_sql(_insert(table, names, dialect), stored)
        return
    stored = list(zip(*_as_copied(table, names, dialect, rows), strict=True))
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
    lists = (
        _SEPARATOR.join("" if value is None else value.hex for value in values)
        if isinstance(table.c[name].type, Uuid)
        else list(values)
        for name, values in zip(names, stored, strict=True)
    )
    connection.exec_driver_sql(_update_all(table, names, dialect), tuple(lists))


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


def _as_copied(
    table: Table, names: tuple[str, ...], dialect: Dialect, rows: Sequence[Mapping[str, Any]]
) -> list[Sequence[Any]]:
    """The same for COPY, where all is text: what the driver would write value by value in Python is text before."""
    texts = {name: text for name in names if (text := _text_of(table.c[name].type)) is not None}
    others = tuple(name for name in names if name not in texts)
    stored = dict(zip(others, _as_stored(table, others, dialect, rows), strict=True))
    for name, text in texts.items():
        stored[name] = [text(row[name]) for row in rows]
    return [stored[name] for name in names]


def _text_of(kind: TypeEngine[Any]) -> Callable[[Any], str | None] | None:
    if isinstance(kind, Uuid):
        return lambda value: None if value is None else value.hex
    if isinstance(kind, JSON) and not kind.none_as_null:
        return json_text
    return None


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
    lists = ", ".join(f"{_list_of(table.c[name].type)}::{table.c[name].type.compile(dialect)}[]" for name in names)
    columns = ", ".join(f"{quote(name)} = new.{quote(name)}" for name in names[:-1])
    named = ", ".join(map(quote, names))
    return (
        f"UPDATE {quote(table.name)} SET {columns} FROM unnest({lists}) AS new ({named}) "  # noqa: S608 our own names
        f"WHERE {quote(table.name)}.{quote(names[-1])} = new.{quote(names[-1])}"
    )


def _list_of(kind: TypeEngine[Any]) -> str:
    """A column of rows: ids as `_array` has them."""
    return f"string_to_array(%s, '{_SEPARATOR}', '')" if isinstance(kind, Uuid) else "%s"
