"""Checkpoints (C2SP tlog-checkpoint): the head of a log, as a signed note says it."""

import base64
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from verification.log.note import MalformedNote, NoteKey, open_note
from verification.log.tree import EMPTY_ROOT, HASH_BYTES

_SIZE = re.compile(r"0|[1-9][0-9]{0,15}")
_LINES = 3
_HASH_CHARACTERS = 44


class Checkpoint(NamedTuple):
    """The head of the tree of `size` leaves of the log called `origin`; root has 32 bytes."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """What is signed. ValueError where a member has a line feed or another length."""
        if not self.origin or "\n" in self.origin or self.size < 0 or len(self.root) != HASH_BYTES:
            raise ValueError("a checkpoint has an origin of one line, a size, and a root of 32 bytes")
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


def read_checkpoint(text: str) -> Checkpoint:
    """What a checkpoint's text says. Raises MalformedNote, also for lines that no verifier can check."""
    lines = text.split("\n")
    if len(lines) != _LINES + 1 or lines[-1] or not lines[0] or not _SIZE.fullmatch(lines[1]):
        raise MalformedNote("a checkpoint says origin, size and root, a line each, and nothing else")
    encoded = lines[2]
    try:
        root = base64.b64decode(encoded, validate=True)
    except ValueError as fault:
        raise MalformedNote("the root is not base64") from fault
    if len(encoded) != _HASH_CHARACTERS or len(root) != HASH_BYTES or base64.b64encode(root).decode() != encoded:
        raise MalformedNote(f"the root is not {HASH_BYTES} bytes of base64")
    size = int(lines[1])
    if size == 0 and root != EMPTY_ROOT:
        raise MalformedNote("a log without entries has another root")
    return Checkpoint(lines[0], size, root)


def open_checkpoint(note: str, keys: Iterable[NoteKey]) -> Checkpoint:
    """The checkpoint in a note that one of `keys` has signed under its own name, the origin. Raises MalformedNote.

    Very many proofs lead to one head: the last ones that were good are known.
    """
    return _opened(note, tuple(keys))


@lru_cache(maxsize=64)
def _opened(note: str, keys: tuple[NoteKey, ...]) -> Checkpoint:
    opened = open_note(note, keys)
    checkpoint = read_checkpoint(opened.text)
    if all(key.name != checkpoint.origin for key in opened.signed_by):
        raise MalformedNote("the checkpoint is not signed by the log it is of")
    return checkpoint
