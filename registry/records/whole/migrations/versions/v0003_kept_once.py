"""Kept once."""

from registry.records.whole.migrations.steps import run

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """From version 0002."""
    run("v0003_kept_once")
