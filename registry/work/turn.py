"""Whose turn it is to work: on SQLite exactly one process carries out workflows, whoever holds this file locked.

The lock is the system's and ends with the process, however that ends: a file that lies there says nothing.
"""

import fcntl
import os
from pathlib import Path

LOCK_FILE = "work.lock"


class Turn:
    """The right to work in a registry's directory, held until it is given back or the process ends."""

    def __init__(self, handle: int) -> None:
        self._handle: int | None = handle

    def give_back(self) -> None:
        """Let somebody else work."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


def take_turn(directory: Path) -> Turn | None:
    """The turn, if nobody else has it."""
    handle = os.open(directory / LOCK_FILE, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    return Turn(handle)
