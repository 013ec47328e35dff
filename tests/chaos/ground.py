"""A registry as of today, for processes that look at the machine's clock; its course needs no second person."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from registry.records.sittings.occasions import add_occasion
from registry.records.whole.directory import Registry, create_registry, open_registry
from registry.signing.keys import create_master_key, open_keyring
from tests.postgresql import OURS, PostgresqlServer, in_memory
from tests.registry.conftest import ACTOR, OPENED, PUBLIC_URL, SOLO, employ, fill, hire, occasion_like

OCCASION = "own-course-now"
DESK = "desk"  # who may do everything, from the shell
Database = Literal["sqlite", "postgresql"]


@contextmanager
def ground(server: PostgresqlServer | None, place: Path | None = None) -> Iterator[Registry]:
    """A registry of its own; server: None = on SQLite; place: None = in memory."""
    with ExitStack() as given:
        if place is None:
            place = Path(given.enter_context(TemporaryDirectory(prefix=OURS, dir=in_memory()))) / "registry"
        url = given.enter_context(server.database()) if server else None
        made = create_registry(place, public_url=PUBLIC_URL, name="Chaos", database=url, environment={})
        create_master_key(made.master_key_file())
        fill(made, open_keyring(made.master_key_file()))
        employ(made, DESK)
        furnish(made)
        made.close()
        opened = open_registry(place, environment={})
        given.callback(opened.close)
        yield opened


def furnish(registry: Registry) -> None:
    """A course that was held two days ago, and those who issue."""
    hire(registry)
    held, decided = (f"{datetime.now(UTC) - timedelta(days=days):%Y-%m-%d}" for days in (2, 1))
    with registry.writing() as db:
        sessions = [{"on": held, "minutes": 480}]
        new = occasion_like(SOLO, id=OCCASION, session=sessions, exam_on=held, decided_on=decided)
        add_occasion(db, new, OPENED, ACTOR)


def right_now() -> datetime:
    """By the machine's clock, which real commands look at."""
    return datetime.now(UTC)


def name_of(number: int) -> str:
    """A name of its own for each number, without digits."""
    letters = "".join("abcdefghij"[int(digit)] for digit in str(number))
    return f"Person {letters.capitalize()}"
