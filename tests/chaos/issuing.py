"""A process that issues from a class list, as `bevis batch issue` does, and tells what it has done as soon as it is.

What is told is what the program would tell somebody: that the list was taken, how far it has come, and who has which
certificate. A list that was handed in before is the same batch, and goes on where it stopped.
"""

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import registry.command_line.main
import registry.work.workflows  # loaded before it is needed: what is forked from here need not wait for it
from registry.issuing.batches.issue_batch import batch_result, request_batch
from registry.issuing.batches.run import BatchRun
from registry.issuing.decisions.wish import Wish
from registry.records.actors.approvals import approval_by_id
from registry.records.issued.batches import batch_by_id
from registry.records.whole.directory import open_registry
from registry.signing.keys import open_keyring
from registry.work.carry_out import carry_out
from tests.chaos.ground import name_of
from tests.chaos.processes import Tell
from tests.registry.conftest import actor, approve, person, roster


def clock_at(moment: datetime | None) -> Callable[[], datetime]:
    """One that stands still; None = the machine's."""
    return (lambda: datetime.now(UTC)) if moment is None else (lambda: moment)


def issue(tell: Tell, directory: Path, occasion: str, people: range, moment: datetime | None) -> None:
    """Ask, and issue; where the level takes two, the second decides in between.

    people  each a number of their own, so that no two lists name the same
    """
    registry.command_line.main.spare_the_collector()
    clock = clock_at(moment)
    opened = open_registry(directory, environment={})
    keyring = open_keyring(opened.master_key_file())
    listed = roster(*(person(row, name_of(each), email=f"p{each}@example.com") for row, each in enumerate(people, 2)))
    rita = actor(opened, "rita", clock())
    with opened.writing() as db:
        asked = request_batch(db, occasion, listed, Wish(), actor=rita, now=clock())
    tell("batch", asked.batch)
    state = asked.state
    if state == "waiting":
        with opened.reading() as db:
            decided = approval_by_id(db, str(asked.approval)).state != "open"
        if not decided:  # before it was killed
            approve(opened, str(asked.approval), now=clock())
        with closing(BatchRun(opened, keyring, str(asked.batch), clock)) as run:
            state = run.begin().state  # as `bevis batch resume` does
    if state == "issuing":
        carry_out(opened, keyring, str(asked.batch), clock, lambda seen: tell("issued", seen.issued))
    with opened.reading() as db:
        result = batch_result(db, batch_by_id(db, str(asked.batch)))
    tell("done", {row.row: row.number for row in result.rows if row.number})
