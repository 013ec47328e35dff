"""Backups are made of a registry that others write to, and each is put back: of one moment, and whole."""

import shutil
import tempfile
import threading
import time
from datetime import datetime
from pathlib import Path

from registry.records.log.entries import enter
from registry.records.whole.directory import Registry
from registry.signing.backup import make_backup, restore_backup
from registry.signing.keys import open_keyring
from registry.signing.log.keeper import LogKeeper
from registry.signing.log.state import log_state

_WRITES_A_SECOND = 50


def backups(registry: Registry, *, rounds: int, moment: datetime) -> str:
    """Make so many. Raises AssertionError where one does not hold what it must."""
    keyring = open_keyring(registry.master_key_file())
    keeper = LogKeeper(registry, lambda: keyring, lambda: moment)
    registry.keep_log(keeper)
    keeper.advance()
    ends, written, begun = threading.Event(), [0], time.monotonic()

    def write() -> None:
        # By the clock, not that long after each: a write that waited is made up for.
        while not ends.wait(max(0.0, begun + written[0] / _WRITES_A_SECOND - time.monotonic())):
            with registry.writing() as db:
                enter(db, "bundle.published", moment.date(), {"digest": f"entry-{written[0]}"})
            written[0] += 1

    writer = threading.Thread(target=write)
    writer.start()
    later = 0
    try:
        with tempfile.TemporaryDirectory() as place:
            for number in range(rounds):
                before = _size(registry, moment)
                beside = Path(place) / f"b{number}"
                beside.mkdir()
                made = make_backup(registry, beside, moment)
                done = restore_backup(made.place, Path(place) / "restored", moment, nothing_later=True, environment={})
                done.registry.close()
                shutil.rmtree(Path(place) / "restored")
                shutil.rmtree(Path(place) / f"b{number}")
                assert done.log.sound, f"{done.log.state.standing}: {done.log.faults}"
                head = done.log.state.head
                assert head is not None
                assert head.size >= before, f"the head was {before} before, and is {head.size} in the backup"
                later += head.size > before
    finally:
        ends.set()
        writer.join()
    seconds = time.monotonic() - begun
    return f"{rounds} backups under {written[0] / seconds:.0f} writes a second, each whole; {seconds:.0f} s"


def _size(registry: Registry, moment: datetime) -> int:
    with registry.reading() as db:
        head = log_state(db, registry.head_file, moment).head
    return head.size if head else 0
