"""Many rows at once, the quick way that each database has: COPY on PostgreSQL, one prepared statement on SQLite.

What a value is stored as is SQLAlchemy's affair here as everywhere; what is left out is all that it does for each row
again. A key that stands twice, or refers to nothing, is refused as in any other statement.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from operator import itemgetter
from typing import Any

from sqlalchemy import Dialect, Table, insert
from sqlmodel import SQLModel

from registry.records.database import Database

_AT_ONCE = 1_000  # rows: of a long list only so many are in memory as they are stored


def add_rows(db: Database, noun: type[SQLModel], rows: Iterable[Mapping[str, Any]]) -> None:
    """Store rows by the names of their columns. All name the same ones: nothing is filled in."""
    left = iter(rows)
    while part := list(islice(left, _AT_ONCE)):
        _add(db, SQLModel.metadata.tables[str(noun.__tablename__)], part)


def _add(db: Database, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    connection = db.connection()
    dialect = connection.dialect
    names = tuple(
        column.name for column in table.columns if column.name in rows[0]
    )  # the order a statement has them in
    if len(names) < len(rows[0]):
        raise KeyError(f"{table.name} has no column {min(rows[0].keys() - set(names))}")
    stored = _as_stored(table, names, dialect, rows)
    if dialect.name != "postgresql":
        connection.exec_driver_sql(_insert(table, names, dialect), stored)
        return
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(_copy(table, names, dialect)) as copy:
        for row in stored:
            copy.write_row(row)


def _as_stored(
    table: Table, names: tuple[str, ...], dialect: Dialect, rows: Sequence[Mapping[str, Any]]
) -> list[tuple[Any, ...]]:
    """Column by column: most need no work at all."""
    by_column: list[Sequence[Any]] = []
    for name in names:
        values, process = list(map(itemgetter(name), rows)), _processor(table, name, dialect)
        by_column.append(values if process is None else list(map(process, values)))
    return list(zip(*by_column, strict=True))


@lru_cache(maxsize=256)
def _processor(table: Table, name: str, dialect: Dialect) -> Callable[[Any], Any] | None:
    return table.c[name].type.dialect_impl(dialect).bind_processor(dialect)


@lru_cache(maxsize=64)
def _insert(table: Table, names: tuple[str, ...], dialect: Dialect) -> str:
    return str(insert(table).compile(dialect=dialect, column_keys=list(names)))


@lru_cache(maxsize=64)
def _copy(table: Table, names: tuple[str, ...], dialect: Dialect) -> str:
    quote = dialect.identifier_preparer.quote
    return f"COPY {quote(table.name)} ({', '.join(map(quote, names))}) FROM STDIN"
