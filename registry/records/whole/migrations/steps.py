"""The statements of a version, as they lie beside it."""

from collections.abc import Iterator
from hashlib import sha256
from importlib import resources
from typing import Any

from alembic import op


def run(name: str) -> None:
    """Everything that `versions/NAME.DIALECT.sql` says, in the transaction that is open."""
    connection = op.get_bind()
    dialect = connection.dialect.name
    if dialect == "sqlite":  # which has no such function of its own
        driver: Any = connection.connection.driver_connection
        driver.create_function("sha256_hex", 1, lambda told: sha256(told.encode()).hexdigest(), deterministic=True)
    for statement in statements(name, dialect):
        # A driver that takes parameters by % wants a % of its own doubled.
        connection.exec_driver_sql(statement.replace("%", "%%") if dialect == "postgresql" else statement)


def statements(name: str, dialect: str) -> Iterator[str]:
    """One after the other: a blank line stands between two, and a line that begins with -- is for readers."""
    file = resources.files("registry.records.whole.migrations.versions") / f"{name}.{dialect}.sql"
    for part in file.read_text("utf-8").split("\n\n"):
        statement = "\n".join(line for line in part.splitlines() if not line.startswith("--")).strip()
        if statement:
            yield statement
