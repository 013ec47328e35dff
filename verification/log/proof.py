"""Proofs that stand alone (C2SP tlog-proof): the place of an entry in a log, and the signed head above it."""

import base64
import binascii
import re
from typing import NamedTuple

from verification.log.note import MAX_NOTE_BYTES
from verification.log.tree import HASH_BYTES, MalformedProof

FIRST_LINE = "c2sp.org/tlog-proof@v1"
MEDIA_TYPE = "text/plain; charset=utf-8"
_INDEX = re.compile(r"index (0|[1-9][0-9]{0,15})")
_HIGHEST = 63  # no tree is higher
_MOST_EXTRA = 4096  # bytes
_MOST = MAX_NOTE_BYTES + _MOST_EXTRA * 2 + _HIGHEST * 45


class LogProof(NamedTuple):
    """What a proof says, nothing checked: the entry's place from 0, path of 32 bytes each, the signed checkpoint.

    extra  whatever else is needed to know the entry again; nobody has signed it
    """

    log_index: int
    path: tuple[bytes, ...]
    checkpoint: str
    extra: bytes = b""


def write_proof(proof: LogProof) -> str:
    """The proof as text."""
    head = [FIRST_LINE]
    if proof.extra:
        head.append(f"extra {base64.b64encode(proof.extra).decode()}")
    head.append(f"index {proof.log_index}")
    path = [base64.b64encode(step).decode() for step in proof.path]
    return "\n".join([*head, *path, "", proof.checkpoint])


def read_proof(text: str) -> LogProof:
    """Read a proof; `write_proof` gives the same text again. Raises MalformedProof for every other spelling."""
    if len(text) > _MOST:
        raise MalformedProof("no proof is that long")
    head, empty, checkpoint = text.partition("\n\n")
    lines = head.split("\n")
    if lines.pop(0) != FIRST_LINE or not empty:
        raise MalformedProof(f"a proof begins with {FIRST_LINE}, and has an empty line before the checkpoint")
    extra = b""
    if lines and lines[0].startswith("extra "):
        extra = _decoded(lines.pop(0).removeprefix("extra "), "extra")
    index = _INDEX.fullmatch(lines.pop(0)) if lines else None
    if index is None:
        raise MalformedProof("a proof says the index of the entry")
    path = tuple(_decoded(line, "a step of the path") for line in lines)
    if len(path) > _HIGHEST or any(len(step) != HASH_BYTES for step in path) or len(extra) > _MOST_EXTRA:
        raise MalformedProof(f"a step of the path has {HASH_BYTES} bytes, and no path has that many")
    proof = LogProof(int(index[1]), path, checkpoint, extra)
    if write_proof(proof) != text:
        raise MalformedProof("a proof is written in one way only")
    return proof


def _decoded(text: str, what: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as fault:
        raise MalformedProof(f"{what} is not base64") from fault
