"""Issuing desk."""

from registry.records.whole.migrations.steps import run

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """From version 0001."""
    run("v0002_issuing_desk")
