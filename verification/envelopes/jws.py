"""JSON Web Signature in compact form (RFC 7515), behind a strict parser of our own.

The library accepts duplicate members, NaN, UTF-16, padding and any `typ`; a signed document is read here
only if there is exactly one way to read it. Ed25519 is the only algorithm.
"""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jwt

from verification.envelopes.signer import Signer

# A full certificate with sixty lines of content in three languages stays below this; status lists have
# their own limit, for a list of 131 072 places may hold 16 KiB that do not compress.
MAX_BYTES = 65_536
MAX_LIST_BYTES = 1_048_576
MAX_DEPTH = 12
MAX_INTEGER = 2**53
_HEADER_MEMBERS = {"alg", "typ", "kid", "cty", "iss"}
_ALGORITHM = "EdDSA"
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"')
_BRACKET = re.compile(rb"[\[\]{}]")


class MalformedJws(Exception):
    """A text that is not exactly one JWS as we read them."""


@dataclass(frozen=True, slots=True)
class OpenedJws:
    """A JWS taken apart, its signature **not** checked yet."""

    text: str
    typ: str
    kid: str
    header: Mapping[str, Any]
    payload: Mapping[str, Any]


def open_jws(text: str, *, typ: str, max_bytes: int = MAX_BYTES) -> OpenedJws:
    """Read a compact JWS strictly; the signature is checked by `verify_jws`.

    typ        what it must say it is; a status list is no certificate
    max_bytes  longest text that is looked at

    Raises MalformedJws.
    """
    if len(text) > max_bytes:
        raise MalformedJws(f"longer than {max_bytes} characters")
    if not text.isascii():
        raise MalformedJws("not ASCII")
    parts = text.split(".")
    if len(parts) != 3:  # noqa: PLR2004 header, payload, signature
        raise MalformedJws("not three parts")
    header, payload = _members(_bytes(parts[0])), _members(_bytes(parts[1]))
    if len(_bytes(parts[2])) != 64:  # noqa: PLR2004 an Ed25519 signature
        raise MalformedJws("the signature is not 64 bytes")
    if unknown := set(header) - _HEADER_MEMBERS:
        raise MalformedJws(f"the header has {len(unknown)} members that are not known")
    if any(not isinstance(value, str) for value in header.values()):
        raise MalformedJws("a header member is not text")
    if header.get("alg") != _ALGORITHM:
        raise MalformedJws("the algorithm is not EdDSA")
    if header.get("typ") != typ:
        raise MalformedJws("it says it is something else")
    if not 0 < len(header.get("kid", "")) <= 300:  # noqa: PLR2004 the longest did:web with a key name
        raise MalformedJws("it names no key")
    return OpenedJws(text, typ, header["kid"], header, payload)


def verify_jws(opened: OpenedJws, public_key: bytes) -> bool:
    """Whether the signature is that key's; `public_key` is 32 raw bytes of Ed25519.

    The algorithm is the key's; what the header says has been compared with it, not followed.
    """
    key = jwt.PyJWK(
        {"kty": "OKP", "crv": "Ed25519", "x": encode_base64url(public_key)},
        algorithm=_ALGORITHM,
    )
    try:
        jwt.api_jws.decode(opened.text, key, algorithms=[_ALGORITHM])
    except jwt.InvalidTokenError:
        return False
    return True


def seal_jws(payload: Mapping[str, Any], *, typ: str, kid: str, sign: Signer, cty: str | None = None) -> str:
    """Sign a payload; `kid` is what verifiers find the key by (for `vc+jwt` the issuer's did, #, key name).

    The same payload and key give the same text. Raises MalformedJws if the result could not be read back.
    """
    header = {"alg": _ALGORITHM, "typ": typ, "kid": kid}
    if cty is not None:
        header["cty"] = cty
    try:
        signed = f"{_encode(header)}.{_encode(payload)}"
    except (ValueError, TypeError) as fault:
        raise MalformedJws("the payload has a value that JSON has not") from fault
    text = f"{signed}.{encode_base64url(sign.sign(signed.encode()))}"
    open_jws(text, typ=typ, max_bytes=MAX_LIST_BYTES if typ != "vc+jwt" else MAX_BYTES)
    return text


def encode_base64url(data: bytes) -> str:
    """Base64url without padding (RFC 7515 section 2)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode_base64url(text: str) -> bytes:
    """The bytes of canonical, unpadded base64url. Raises MalformedJws for every other spelling."""
    return _bytes(text)


def _encode(members: Mapping[str, Any]) -> str:
    return encode_base64url(json.dumps(members, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode())


def _bytes(part: str) -> bytes:
    try:
        data = base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as fault:
        raise MalformedJws("not base64url") from fault
    # Unused bits, padding and the other alphabet would let one document be written in two ways.
    if encode_base64url(data) != part:
        raise MalformedJws("not canonical base64url")
    return data


def _members(data: bytes) -> dict[str, Any]:
    """A JSON object (RFC 8259) that can be read in one way only. Raises MalformedJws."""
    if data.startswith(b"\xef\xbb\xbf"):
        raise MalformedJws("begins with a byte order mark")
    if _depth(data) > MAX_DEPTH:  # before the parser, which recurses
        raise MalformedJws("nested too deeply")
    try:
        members = json.loads(
            data.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_constant, parse_int=_integer
        )
    except (ValueError, RecursionError) as fault:
        raise MalformedJws("not JSON in UTF-8") from fault
    if not isinstance(members, dict):
        raise MalformedJws("not a JSON object")
    _check_texts(members)
    return members


def _depth(data: bytes) -> int:
    """The deepest nesting, brackets in texts not counted."""
    depth = deepest = 0
    for bracket in _BRACKET.findall(_STRING.sub(b"", data)):
        depth += 1 if bracket in b"[{" else -1
        deepest = max(deepest, depth)
    return deepest


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise MalformedJws("a member stands there twice")
    return members


def _no_constant(name: str) -> object:
    raise MalformedJws(f"{name} is not a JSON number")


def _integer(digits: str) -> int:
    if len(digits) > 17 or abs(value := int(digits)) > MAX_INTEGER:  # noqa: PLR2004 2**53 has 16 digits
        raise MalformedJws("an integer beyond 2**53")
    return value


def _is_unicode(text: str) -> bool:
    """Whether it can be written in UTF-8: no lone surrogates."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _check_texts(value: object) -> None:
    """Refuse NUL, lone surrogates and numbers that are no integers anywhere in the document."""
    if isinstance(value, str):
        if "\x00" in value or not _is_unicode(value):
            raise MalformedJws("a text has a character that no text may have")
    elif isinstance(value, float):
        raise MalformedJws("a number that is no integer")
    elif isinstance(value, dict):
        for name, inner in value.items():
            _check_texts(name)
            _check_texts(inner)
    elif isinstance(value, list):
        for inner in value:
            _check_texts(inner)
