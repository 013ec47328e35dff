"""A process that writes, one transaction after the other, and tells how far it has come after each."""

from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import text

from registry.records.parties.organisations import Organisation
from registry.records.whole.directory import open_registry
from tests.chaos.processes import Tell


def write(tell: Tell, directory: Path, name: str, turns: int, at_once: int) -> None:
    """Organisations, so many in a transaction, numbered by how many there were."""
    registry, now = open_registry(directory, environment={}), datetime(2026, 3, 13, tzinfo=UTC)
    for _ in range(turns):
        with registry.writing() as db:
            # What is read decides what is written: lost updates would show.
            (count,) = db.connection().execute(text("SELECT count(*) FROM organisation")).one()
            for one in range(at_once):
                db.add(
                    Organisation(
                        slug=f"o-{count + one}",
                        name=name,
                        country="SE",
                        kind="organisation",
                        sector_body=False,
                        registered_on=now.date(),
                        recorded_at=now,
                        recorded_by=name,
                    )
                )
                if one == 0:
                    db.flush()
        tell("count", count + at_once)
