"""How far the records had come, remembered in a file beside them: an older copy put in their place is noticed.

A copy of a SQLite file without its `-wal` file opens well and lacks what was recorded last; so does an old backup.
"""

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

LAST_SEEN_FILE: Final = "registry.seen"
_DIGITS: Final = 20


def remember(directory: Path, revision: int) -> None:
    """After a commit. Nothing waits for it, and where it cannot be written nothing is lost but the warning."""
    with suppress(OSError):
        handle = os.open(directory / LAST_SEEN_FILE, os.O_CREAT | os.O_WRONLY, 0o600)
        try:
            os.pwrite(handle, f"{revision:0{_DIGITS}}\n".encode(), 0)
        finally:
            os.close(handle)


def last_seen(directory: Path) -> int | None:
    """The latest revision that was remembered; None where there is none."""
    try:
        return int((directory / LAST_SEEN_FILE).read_text("ascii"))
    except (OSError, ValueError):
        return None
