"""What an entry of our log says: canonical JSON (RFC 8785) of a closed list of kinds, and nothing about any person.

Whatever concerns a person stands in it as a salted commitment: without the salt nobody can tell what it is about, and
once the salt is deleted nobody ever can.
"""

import hashlib
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, Literal, NamedTuple

import orjson

from verification.strict import NotStrict, encode_base64url, read_json

SALT_BYTES = 32
MAX_ENTRY_BYTES = 1024
VERSION = 1

Kind = Literal[
    "certificate.issued",
    "certificate.status",
    "key.registered",
    "key.retired",
    "key.compromised",
    "organisation.closed",
    "mandate.changed",
    "recognition.changed",
    "scheme.changed",
    "rules.published",
    "bundle.published",
    "log.epoch",
]
_COMMON: Final = ("v", "type", "day")
_MEMBERS: Final[Mapping[str, tuple[frozenset[str], frozenset[str]]]] = MappingProxyType(
    {  # what it must say, and what it may
        "certificate.issued": (frozenset({"issuer", "kid", "scheme", "c"}), frozenset()),
        "certificate.status": (frozenset({"issuer", "c"}), frozenset()),
        "key.registered": (frozenset({"kid", "purpose", "digest", "from"}), frozenset({"issuer"})),
        "key.retired": (frozenset({"kid", "from"}), frozenset({"issuer"})),
        "key.compromised": (frozenset({"kid", "from", "index"}), frozenset({"issuer"})),
        "organisation.closed": (frozenset({"issuer", "from"}), frozenset()),
        "mandate.changed": (
            frozenset({"issuer", "mandate", "scheme", "level", "change", "from", "digest"}),
            frozenset({"until"}),
        ),
        "recognition.changed": (frozenset({"scheme", "accepts", "change", "from", "digest"}), frozenset({"until"})),
        "scheme.changed": (frozenset({"scheme", "version", "change", "digest"}), frozenset({"from"})),
        "rules.published": (frozenset({"edition", "digest"}), frozenset()),
        "bundle.published": (frozenset({"digest"}), frozenset()),
        "log.epoch": (frozenset({"former", "reason"}), frozenset({"size", "root"})),
    }
)
_TEXT = re.compile(r"[!-~]+(?: [!-~]+)*+")  # as long as an entry may be


class MalformedEntry(Exception):
    """Bytes that are no entry of ours."""


class Entry(NamedTuple):
    """One entry: what kind, and its members, `v`, `type` and `day` among them."""

    kind: str
    members: Mapping[str, str | int]


def write_entry(kind: Kind, day: str, members: Mapping[str, str | int]) -> bytes:
    """An entry as it stands in the log. ValueError where its kind has other members."""
    whole: dict[str, Any] = {"v": VERSION, "type": kind, "day": day, **members}
    written = orjson.dumps(whole, option=orjson.OPT_SORT_KEYS)
    fault = _fault(whole)
    if fault or len(written) > MAX_ENTRY_BYTES:
        raise ValueError(fault or f"an entry has at most {MAX_ENTRY_BYTES} bytes")
    return written


def read_entry(data: bytes) -> Entry:
    """Read an entry strictly. Raises MalformedEntry."""
    try:
        members = read_json(data, max_bytes=MAX_ENTRY_BYTES, max_depth=1)
    except NotStrict as fault:
        raise MalformedEntry(str(fault)) from fault
    if wrong := _fault(members):
        raise MalformedEntry(wrong)
    if orjson.dumps(members, option=orjson.OPT_SORT_KEYS) != data:
        raise MalformedEntry("not canonical JSON (RFC 8785)")
    return Entry(members["type"], members)


def _fault(members: Mapping[str, Any]) -> str | None:
    kind = members.get("type")
    must, may = _MEMBERS.get(kind, (None, frozenset[str]())) if isinstance(kind, str) else (None, frozenset[str]())
    if must is None or members.get("v") != VERSION or type(members["v"]) is not int:
        return f"an entry is of version {VERSION} and of a kind that is known"
    said = members.keys() - set(_COMMON)
    if not must <= said or not said <= must | may or "day" not in members:
        return "an entry has the members of its kind, and no others"
    for value in members.values():
        if type(value) is int and value >= 0:
            continue
        # ASCII alone, so that order and spelling are those of RFC 8785 whoever writes it.
        if type(value) is not str or not _TEXT.fullmatch(value):
            return "what an entry says is plain text of ASCII or a whole number"
    return None


def commitment(about: Literal["certificate", "status"], salt: bytes, content: bytes) -> str:
    """What stands for content in an entry: SHA-256 of purpose, salt and the content's own SHA-256, in base64url.

    salt  32 random bytes, of this entry alone
    """
    if len(salt) != SALT_BYTES:
        raise ValueError(f"a salt has {SALT_BYTES} bytes")
    purpose = f"bevis/v1/{about}\0".encode()
    return encode_base64url(hashlib.sha256(purpose + salt + hashlib.sha256(content).digest()).digest())
