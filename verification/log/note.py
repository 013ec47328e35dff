"""Signed notes (C2SP signed-note): a text, and who signed it with Ed25519."""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable
from typing import NamedTuple

from verification.envelopes.signer import Signer
from verification.keys import ED25519_BYTES, WeakKey, algorithm_of, check_public_key, good_signature

MAX_NOTE_BYTES = 100_000  # room for sixteen signatures of any kind
MOST_SIGNATURES = 32
ED25519_NOTE = 0x01
_ID_BYTES = 4
_NAME = re.compile(r"[^\s+]+")
_LINE = re.compile(r"\u2014 ([^\s+]+) ([A-Za-z0-9+/]+={0,2})")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")


class MalformedNote(Exception):
    """A text that is no signed note, or whose signatures do not hold."""


class NoteKey(NamedTuple):
    """A key that signs notes: its name, and 32 bytes of Ed25519."""

    name: str
    public_key: bytes

    @property
    def id(self) -> bytes:
        """The four bytes that stand before a signature."""
        named = self.name.encode() + b"\n" + bytes([ED25519_NOTE]) + self.public_key
        return hashlib.sha256(named).digest()[:_ID_BYTES]

    @property
    def text(self) -> str:
        """NAME+ID+KEY, as tools for notes take it (a *vkey*)."""
        return f"{self.name}+{self.id.hex()}+{_base64(bytes([ED25519_NOTE]) + self.public_key)}"


class Opened(NamedTuple):
    """What was signed, its last line feed included, and the keys that did."""

    text: str
    signed_by: tuple[NoteKey, ...]


def key_from(text: str) -> NoteKey:
    """The key in NAME+ID+KEY. Raises MalformedNote."""
    name, _, rest = text.partition("+")
    given_id, _, encoded = rest.partition("+")
    raw = _decoded(encoded)
    if not _NAME.fullmatch(name) or len(raw) != 1 + ED25519_BYTES or raw[0] != ED25519_NOTE:
        raise MalformedNote("a key for notes is NAME+ID+KEY, and Ed25519")
    try:
        check_public_key(raw[1:])
    except WeakKey as fault:
        raise MalformedNote(str(fault)) from fault
    key = NoteKey(name, raw[1:])
    if key.id.hex() != given_id:
        raise MalformedNote("the id in the key for notes is another key's")
    return key


def sign_note(text: str, name: str, public_key: bytes, sign: Signer) -> str:
    """The note with one signature. ValueError for a text that no note has, or a key that signs none."""
    if not text.endswith("\n") or _CONTROL.search(text) or not _NAME.fullmatch(name):
        raise ValueError(
            "a note's text ends with a line feed and has no control characters; its name no blank and no +"
        )
    if algorithm_of(public_key) != "EdDSA":
        raise ValueError("notes are signed with Ed25519")
    return f"{text}\n{signature_line(NoteKey(name, public_key), sign.sign(text.encode()))}"


def signature_line(key: NoteKey, signature: bytes) -> str:
    """The line that stands below the text for one signature."""
    return f"\u2014 {key.name} {_base64(key.id + signature)}\n"


def open_note(note: str, keys: Iterable[NoteKey]) -> Opened:
    """Check a note. Every signature by one of `keys` must hold, and there must be one; others' are not looked at.

    Raises MalformedNote.
    """
    if len(note) > MAX_NOTE_BYTES or _CONTROL.search(note):
        raise MalformedNote("a note has no control characters and is not that long")
    cut = note.rfind("\n\n")
    if cut < 0 or not note.endswith("\n"):
        raise MalformedNote("a note has a text, an empty line, and lines of signatures")
    text, lines = note[: cut + 1], note[cut + 2 : -1].split("\n")
    if len(lines) > MOST_SIGNATURES:
        raise MalformedNote("a note with too many signatures")
    known = {(key.name, key.id): key for key in keys}
    signed_by: list[NoteKey] = []
    for line in lines:
        parts = _LINE.fullmatch(line)
        raw = _decoded(parts[2]) if parts else b""
        if parts is None or len(raw) <= _ID_BYTES:
            raise MalformedNote("a line below the note is no signature")
        key = known.get((parts[1], raw[:_ID_BYTES]))
        if key is None:
            continue
        if key in signed_by or not good_signature(key.public_key, raw[_ID_BYTES:], text.encode()):
            raise MalformedNote(f"the signature of {key.name} does not hold, or stands there twice")
        signed_by.append(key)
    if not signed_by:
        raise MalformedNote("nobody known has signed the note")
    return Opened(text, tuple(signed_by))


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _decoded(text: str) -> bytes:
    """Standard base64 with its padding, in its one spelling. Raises MalformedNote."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as fault:
        raise MalformedNote("not base64") from fault
    if _base64(raw) != text:
        raise MalformedNote("not base64 in its one spelling")
    return raw
