"""The tables as they were when versions were not written down yet."""

from registry.records.whole.migrations.steps import run

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make all of it in an empty database."""
    run("v0001_as_released")
