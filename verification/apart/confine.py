"""What such a process does first: it gives up whatever it does not need. Imports nothing; it is to start quickly."""

import contextlib
import os

MEBIBYTE = 1024 * 1024
NICENESS = 5


def confine(most_memory: int, most_seconds: int) -> None:
    """Give up, for good, what is not needed to read bytes: memory, time, files, network; as far as the system knows.

    most_memory   bytes, beside what the process has by now
    most_seconds  of work
    """
    with contextlib.suppress(AttributeError, OSError):  # nothing of it on Windows
        os.nice(NICENESS)
    try:
        import resource  # not on Windows
    except ImportError:
        return
    has = 0
    with contextlib.suppress(OSError, ValueError, IndexError), open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 pathlib costs what all the rest does
        has = int(file.read().split()[0]) * resource.getpagesize()
    limits = {
        "RLIMIT_AS": has + most_memory,
        "RLIMIT_CPU": most_seconds,
        "RLIMIT_CORE": 0,  # what lies in memory is about people
        "RLIMIT_FSIZE": 0,
        "RLIMIT_NPROC": 0,
        "RLIMIT_NOFILE": 3,  # the three that are open: no file and no socket can be added
    }
    for name, most in limits.items():
        with contextlib.suppress(AttributeError, OSError, ValueError):
            resource.setrlimit(getattr(resource, name), (most, most))
