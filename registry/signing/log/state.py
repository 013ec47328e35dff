"""Whether the log may go on: the database, the file beside it and the clock must tell one story.

The signed head has a second home outside the database. A restored backup lacks heads that the file has; signed anew
from there, the log would have two histories. Nothing is ever signed where the two do not fit together.
"""

import os
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Final, NamedTuple

from registry.records.log.heads import Epoch, Head, head_at, newest_head
from registry.records.parties.signing_keys import logs_with_keys
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
    return [NoteKey(epoch.origin, key) for epoch, key in logs_with_keys(db)]


def log_state(db: Database, file: Path, now: datetime) -> LogState:
    """Look at all three."""
    note = read_head(file)  # first: a database that is asked later knows at least what the file does
    logs = logs_with_keys(db)
    epoch = logs[-1][0] if logs else None
    head = newest_head(db, epoch.number) if epoch else None
    filed = None if note is None else head_said(note, [NoteKey(known.origin, key) for known, key in logs])
    standing = _standing(db, [known for known, _ in logs], head, note, filed)
    if standing in GOES_ON and head is not None and now + CLOCK_SKEW < head.signed_at:
        standing = Standing.CLOCK_BEHIND
    return LogState(standing, epoch, head, filed)


def head_said(note: str, keys: Iterable[NoteKey]) -> Checkpoint | None:
    """What a note says, if one of these has signed it."""
    try:
        return open_checkpoint(note, keys)
    except MalformedNote:
        return None


def _standing(
    db: Database, logs: Sequence[Epoch], head: Head | None, note: str | None, filed: Checkpoint | None
) -> Standing:
    epoch = logs[-1] if logs else None
    if note is None:
        # The file is there before the first head is: an empty log is signed into it.
        return Standing.NOT_BEGUN if head is None and (epoch is None or epoch.number == 1) else Standing.FILE_MISSING
    if note == RESTORED_MARK:
        return Standing.RESTORED
    if epoch is None:
        return Standing.DATABASE_BEHIND  # it knows of no log, and there is one
    of_file = next((one for one in logs if filed and one.origin == filed.origin), None)
    if filed is None or of_file is None:
        return Standing.FILE_UNREADABLE
    return _compared(db, epoch, head, of_file, filed)


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
