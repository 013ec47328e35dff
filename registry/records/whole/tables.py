"""The tables of all nouns as each database has them, made in one transaction with what keeps history unchanged."""

from collections.abc import Iterator
from typing import Final

from sqlalchemy import Column, Connection, MetaData, String, Table, Text, TypeDecorator, insert, inspect
from sqlmodel import SQLModel

from registry.errors import MalformedInput
from registry.records.store.database import UNCOMPRESSED, Revision
from registry.records.store.kept import Dialect, Kept, statements
from registry.records.whole.versions import newest_version

# As Alembic makes it, which only `bevis upgrade` needs.
VERSION: Final = Table(
    "alembic_version", MetaData(), Column("version_num", String(32), primary_key=True, nullable=False)
)
VERSION.primary_key.name = "alembic_version_pkc"


def dialect_of(connection: Connection) -> Dialect:
    """Which of the two it is."""
    return "postgresql" if connection.dialect.name == "postgresql" else "sqlite"


def tables_of(dialect: Dialect) -> MetaData:
    """All tables; on PostgreSQL with text compared byte by byte, as SQLite does, however the database was made.

    Then lists come in the same order on both, and no index breaks when the machine's language tables change.
    """
    if dialect == "sqlite":
        return SQLModel.metadata
    copied = MetaData()
    for original in SQLModel.metadata.sorted_tables:
        table = original.to_metadata(copied)
        for constraint in table.foreign_key_constraints:
            if constraint.referred_table is table:
                # What it refers to is unique by an index, which is made after its table.
                constraint.use_alter = True
                constraint.name = f"{table.name}_{'_'.join(constraint.column_keys)}_fkey"
        for column in table.columns:
            kind = column.type.impl_instance if isinstance(column.type, TypeDecorator) else column.type
            if isinstance(kind, String):
                column.type = (Text if isinstance(kind, Text) else String)(kind.length, collation="C")
    return copied


def plainly_stored(tables: MetaData) -> Iterator[str]:
    """What PostgreSQL is told so that it does not try to compress what does not get shorter."""
    for table in tables.sorted_tables:
        for column in table.columns:
            if column.info.get(UNCOMPRESSED):
                yield f"ALTER TABLE {table.name} ALTER COLUMN {column.name} SET STORAGE EXTERNAL"


def create_tables(connection: Connection, kept: tuple[Kept, ...]) -> None:
    """All tables, what is kept, and the first revision; the open transaction holds all of it or nothing.

    Raises MalformedInput where other tables are in the way.
    """
    others = sorted(inspect(connection).get_table_names())
    if others:
        raise MalformedInput(
            [("--database", f"holds other tables ({others[0]}); choose an empty database for the registry")]
        )
    dialect = dialect_of(connection)
    if dialect == "postgresql" and connection.exec_driver_sql("SHOW server_encoding").scalar() != "UTF8":
        raise MalformedInput([("--database", "does not hold every name; make it anew with createdb --encoding=UTF8")])
    tables = tables_of(dialect)
    tables.create_all(connection, checkfirst=False)
    for statement in (*(plainly_stored(tables) if dialect == "postgresql" else ()), *statements(kept, dialect)):
        connection.exec_driver_sql(statement.replace("%", "%%") if dialect == "postgresql" else statement)
    connection.execute(insert(Revision), [{"id": 1, "value": 0}])
    VERSION.create(connection)
    connection.execute(insert(VERSION), [{"version_num": newest_version()}])
