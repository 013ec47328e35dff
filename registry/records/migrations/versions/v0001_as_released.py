"""The tables as they were when versions were not written down yet."""

from collections.abc import Iterator
from importlib import resources

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make all of it in an empty database."""
    for statement in statements(op.get_bind().dialect.name):
        op.get_bind().exec_driver_sql(statement)


def statements(dialect: str) -> Iterator[str]:
    """What the file beside this one says for that database, a blank line after each."""
    file = resources.files("registry.records.migrations.versions") / f"v0001_as_released.{dialect}.sql"
    yield from file.read_text("utf-8").strip().split("\n\n")
