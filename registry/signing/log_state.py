"""Whether the log may go on: the database, the file beside it and the clock must tell one story.

The signed head has a second home outside the database. A restored backup lacks heads that the file has; signed anew
from there, the log would have two histories. Nothing is ever signed where the two do not fit together.
"""

import os
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple

from registry.records.log.heads import Epoch, Head, epochs, head_at, newest_epoch, newest_head
from registry.records.parties.signing_keys import keys_of_logs
from registry.records.store.database import Database
from verification.log.checkpoint import Checkpoint, open_checkpoint
from verification.log.note import MalformedNote, NoteKey

RESTORED_MARK: Final = "bevis: restored from a backup; nothing is signed until somebody says that nothing is missing\n"
CLOCK_SKEW: Final = timedelta(minutes=5)


class Standing(StrEnum):
    """How database, file and clock stand to each other."""

    NOT_BEGUN = "not_begun"
    IN_STEP = "in_step"
    FILE_BEHIND = "file_behind"  # a crash between the commit and the file: the head is published, not signed anew
    DATABASE_BEHIND = "database_behind"
    FORKED = "forked"
    FILE_MISSING = "file_missing"
    FILE_UNREADABLE = "file_unreadable"
    RESTORED = "restored"  # from a backup, and nothing tells whether it is the newest
    CLOCK_BEHIND = "clock_behind"


GOES_ON: Final = frozenset({Standing.NOT_BEGUN, Standing.IN_STEP, Standing.FILE_BEHIND})


class LogState(NamedTuple):
    """What was found; head: the newest of the database; filed: what the file says, where that can be read."""

    standing: Standing
    epoch: Epoch | None
    head: Head | None
    filed: Checkpoint | None


def log_keys(db: Database) -> list[NoteKey]:
    """The keys of all logs of this registry, under the names they sign with."""
    return [NoteKey(origin, key) for origin, key in keys_of_logs(db)]


def log_state(db: Database, file: Path, now: datetime) -> LogState:
    """Look at all three."""
    note = read_head(file)  # first: a database that is asked later knows at least what the file does
    epoch = newest_epoch(db)
    head = newest_head(db, epoch.number) if epoch else None
    filed = None if note is None else head_said(note, tuple(log_keys(db)))
    standing = _standing(db, epoch, head, note, filed)
    if standing in GOES_ON and head is not None and now + CLOCK_SKEW < head.signed_at:
        standing = Standing.CLOCK_BEHIND
    return LogState(standing, epoch, head, filed)


@lru_cache(maxsize=64)
def head_said(note: str, keys: tuple[NoteKey, ...]) -> Checkpoint | None:
    """What a note says, if one of these has signed it; of the last ones it is known."""
    try:
        return open_checkpoint(note, keys)
    except MalformedNote:
        return None


def _standing(
    db: Database, epoch: Epoch | None, head: Head | None, note: str | None, filed: Checkpoint | None
) -> Standing:
    if note is None:
        # The file is there before the first head is: an empty log is signed into it.
        return Standing.NOT_BEGUN if head is None and (epoch is None or epoch.number == 1) else Standing.FILE_MISSING
    if note == RESTORED_MARK:
        return Standing.RESTORED
    if epoch is None:
        return Standing.DATABASE_BEHIND  # it knows of no log, and there is one
    of_file = None if filed is None else _epoch_of(db, epoch, filed.origin)
    if filed is None or of_file is None:
        return Standing.FILE_UNREADABLE
    return _compared(db, epoch, head, of_file, filed)


def _epoch_of(db: Database, newest: Epoch, origin: str) -> Epoch | None:
    """The log of that name; mostly it is the newest."""
    if newest.origin == origin:
        return newest
    return next((one for one in epochs(db) if one.origin == origin), None)


def _compared(db: Database, epoch: Epoch, head: Head | None, of_file: Epoch, filed: Checkpoint) -> Standing:
    if of_file.number < epoch.number or filed.size == 0:
        return Standing.IN_STEP if head is None else Standing.FILE_BEHIND
    newest_said = head is not None and of_file.number == epoch.number and head.size == filed.size
    same = head if newest_said else head_at(db, of_file.number, filed.size)
    if same is None:
        newest = newest_head(db, of_file.number)
        behind = newest is None or newest.size < filed.size
        # A size between two heads of ours was never signed by us: then somebody else's history is in the file.
        return Standing.DATABASE_BEHIND if behind else Standing.FORKED
    if same.root != filed.root:
        return Standing.FORKED
    return Standing.IN_STEP if newest_said else Standing.FILE_BEHIND


def read_head(file: Path) -> str | None:
    """The note in the file; None where there is no file."""
    try:
        return file.read_text("utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError):
        return ""


def write_head(file: Path, note: str) -> None:
    """Put the note in its place whole, or not at all; on disk when this returns."""
    fresh = file.with_name(file.name + ".new")
    handle = os.open(fresh, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "wb") as opened:
        opened.write(note.encode())
        opened.flush()
        os.fsync(opened.fileno())
    fresh.rename(file)
    directory = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
