"""What `bevis doctor` looks at of a file that holds a secret key, before anything is opened with it."""

import stat
from pathlib import Path
from typing import Final, Literal

from registry.signing.keys import MASTER_KEY_BYTES as KEY_BYTES  # an index key has as many
from verification.in_hand import is_waited_for

GROUP_AND_OTHERS: Final = 0o077

KeyFileFault = Literal["missing", "unreadable", "open", "no_key"]


def key_file_fault(path: Path) -> KeyFileFault | None:
    """What is wrong with the file itself: whose key it is does not show before it is tried."""
    try:
        if stat.S_IMODE(path.stat().st_mode) & GROUP_AND_OTHERS:
            return "open"
        if is_waited_for(str(path)):
            return "no_key"
        with path.open("rb") as file:
            return None if len(file.read(KEY_BYTES + 1)) == KEY_BYTES else "no_key"
    except (FileNotFoundError, NotADirectoryError):
        return "missing"
    except OSError:
        return "unreadable"
