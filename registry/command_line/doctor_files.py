"""What `bevis doctor` looks at of a file that holds a secret key, before anything is opened with it."""

import stat
from pathlib import Path
from typing import Final, Literal

GROUP_AND_OTHERS: Final = 0o077
KEY_BYTES: Final = 32

KeyFileFault = Literal["missing", "unreadable", "open", "no_key"]


def key_file_fault(path: Path) -> KeyFileFault | None:
    """What is wrong with the file itself: whose key it is does not show before it is tried."""
    try:
        if stat.S_IMODE(path.stat().st_mode) & GROUP_AND_OTHERS:
            return "open"
        return None if len(path.read_bytes()) == KEY_BYTES else "no_key"
    except (FileNotFoundError, NotADirectoryError):
        return "missing"
    except OSError:
        return "unreadable"
