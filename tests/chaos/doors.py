"""The ways by which a class list comes in and is issued, each in a process that can be killed."""

import csv
import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from registry.records.whole.directory import Registry
from tests.chaos.ground import DESK, name_of
from tests.chaos.issuing import issue
from tests.chaos.processes import Command, Forked, Killable

HEADERS = ("name", "birth_date", "email", "attended_minutes", "passed_all", "result_recorded", "portrait")


@dataclass
class Told:
    """What somebody was told of one list, and may count on.

    people   each a number of their own, so that no two lists name the same
    numbers  of their certificates, by row
    """

    people: range
    batch: str | None = None
    issued: int = 0
    numbers: dict[int, str] = field(default_factory=dict)

    def hear(self, process: Killable) -> None:
        """Take to heart what it told."""
        self.batch = process.last("batch") or self.batch
        self.issued = max(self.issued, process.last("issued") or 0)
        self.numbers = process.last("done") or self.numbers

    @property
    def whole(self) -> bool:
        """Whether everybody was told to have a certificate."""
        return len(self.numbers) == len(self.people)


Door = Callable[[Registry, Told], Killable]


def by_fork(occasion: str, moment: datetime | None) -> Door:
    """A process that does what `bevis batch issue` does, without the time that it takes to load it."""
    return partial(_by_fork, occasion=occasion, moment=moment)


def _by_fork(registry: Registry, told: Told, *, occasion: str, moment: datetime | None) -> Killable:
    return Forked(issue, registry.directory, occasion, told.people, moment)


def by_shell(occasion: str) -> Door:
    """`bevis batch issue`, of a file; the same file again after each kill."""
    return partial(_by_shell, occasion=occasion)


def _by_shell(registry: Registry, told: Told, *, occasion: str) -> Killable:
    listed = registry.directory.parent / f"list-{told.people.start}.csv"
    if not listed.exists():
        write_list(listed, told.people)
    where = ("--occasion", occasion, "--dir", str(registry.directory), "--actor", DESK, "--json")
    return _Issue(["batch", "issue", str(listed), *where], {})


class _Issue(Command):
    def heard(self, out: bytes) -> None:
        answer: dict[str, Any] = json.loads(out)
        numbers = {row["row"]: row["number"].replace("-", "") for row in answer["rows"] if row["number"]}
        self.told |= {"batch": answer["batch"], "issued": answer["issued"], "done": numbers}


def write_list(path: Path, people: range) -> None:
    """A class list as a CSV file."""
    path.write_bytes(list_of(people))


def list_of(people: range) -> bytes:
    """A class list as it is handed in."""
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow(HEADERS)
    rows.writerows((name_of(each), "1990-05-17", f"p{each}@example.com", 480, "yes", "yes", "yes") for each in people)
    return out.getvalue().encode()
