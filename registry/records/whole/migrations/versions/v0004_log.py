"""Log."""

from registry.records.whole.migrations.steps import run

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """From version 0003."""
    run("v0004_log")
