"""A disk of a few megabytes that only one process and what it begins can see, and that is gone with it.

A file system in memory, mounted in a name space of the process's own: what is written to it meets the same error of
the system (ENOSPC) as on any disk without room, at whatever moment that is, in SQLite, in PostgreSQL and in Python. A
limit on the size of files (RLIMIT_FSIZE) would not do: that is another error (EFBIG), which SQLite tells as a broken
disk, and which meets no file that is small. No file of others is touched, and nothing is left of it, however the
process ends.
"""

import ctypes
import os
from contextlib import suppress
from pathlib import Path

_NEW_MOUNTS, _NEW_USERS = 0x00020000, 0x10000000
_RECURSIVE, _PRIVATE = 0x4000, 1 << 18
_BALLAST = "ballast"
_PIECE = 64 << 10


class NoSmallDisk(Exception):
    """There is none, and this is why."""


class SmallDisk:
    """Mounted at `place` for as long as this process runs, and whatever it begins."""

    def __init__(self, place: Path, size: int) -> None:
        """To be made by a process that has one thread. Raises NoSmallDisk."""
        self.place = place
        system = ctypes.CDLL(None, use_errno=True)
        user, group = os.geteuid(), os.getegid()
        try:
            _check(system.unshare(_NEW_MOUNTS | (_NEW_USERS if user else 0)))
            if user:  # who may not mount may in a name space where they are who they were
                Path("/proc/self/setgroups").write_text("deny", "ascii")
                Path("/proc/self/uid_map").write_text(f"{user} {user} 1", "ascii")
                Path("/proc/self/gid_map").write_text(f"{group} {group} 1", "ascii")
            _check(system.mount(b"none", b"/", None, _RECURSIVE | _PRIVATE, None))
            _check(system.mount(b"bevis", os.fsencode(place), b"tmpfs", 0, f"size={size}".encode()))
        except OSError as fault:
            raise NoSmallDisk(f"this system lets nobody mount a small disk: {fault.strerror}") from fault

    def fill(self, but: int) -> None:
        """Leave room for no more than so many bytes."""
        with (self.place / _BALLAST).open("ab", buffering=0) as ballast:
            with suppress(OSError):
                while True:
                    ballast.write(bytes(_PIECE))
            size = ballast.tell()
            with suppress(OSError):
                while True:
                    ballast.write(bytes(512))
            ballast.truncate(max(ballast.tell() - but, 0) if but else max(size, ballast.tell()))

    def empty(self) -> None:
        """Make room."""
        (self.place / _BALLAST).unlink(missing_ok=True)


def _check(failed: int) -> None:
    if failed:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
