"""The one reader in front of every library: bytes from outside that can be read in one way only, or not at all.

The libraries take the last of two members, NaN, UTF-16, padding and any nesting; whoever signs such bytes can have
two verifiers read two things. What is refused here no library sees (RFC 8725 section 2.4; RFC 7493, I-JSON).
"""

import base64
import binascii
import json
import re
from typing import Any, NoReturn

import cbor2
import orjson

MAX_DEPTH = 12
MAX_INTEGER = 2**53 - 1  # beyond it, numbers are not the same number everywhere (RFC 7493 section 2.2)
# Never tried twice from the same byte: possessive, and a text that is not closed reaches to the end, whatever it is.
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)', re.DOTALL)
_BRACKET = re.compile(rb"[\[\]{}]")
_SCALARS = frozenset({str, int, bool, type(None)})
_NODES = _SCALARS | {dict, list}
_CONTAINERS = frozenset({dict, list})
_CBOR_SCALARS = _SCALARS | {bytes}
_KEYS = frozenset({int, str})
_TO_STANDARD = bytes.maketrans(b"-_+/=", b"+/***")  # what the other alphabet and padding become is in no alphabet
# None of these has a place in what we read, and some (bigfloats) take long to decode: refused before they are read.
_TAGS = (0, 1, 2, 3, 4, 5, 25, 28, 29, 30, 35, 36, 37, 52, 54, 100, 256, 258, 260, 261, 1004, 43000, 55799)


class NotStrict(Exception):
    """Bytes that are not written the one way they are read; says what was found, never what was sent."""


def encode_base64url(data: bytes) -> str:
    """Base64url without padding (RFC 7515 section 2)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode_base64url(text: str | bytes) -> bytes:
    """The bytes of canonical, unpadded base64url. Raises NotStrict for every other spelling."""
    try:
        part = text.encode("ascii") if isinstance(text, str) else text
        data = binascii.a2b_base64(part.translate(_TO_STANDARD) + b"=" * (-len(part) % 4), strict_mode=True)
    except ValueError as fault:
        raise NotStrict("not base64url") from fault
    # Unused bits of the last character would let one document be written in two ways; the rest has one spelling.
    whole = len(part) // 4 * 4
    if encode_base64url(data[whole // 4 * 3 :]).encode() != part[whole:]:
        raise NotStrict("not canonical base64url")
    return data


def read_json(data: bytes, *, max_bytes: int, max_depth: int = MAX_DEPTH) -> dict[str, Any]:
    """A JSON object (RFC 8259) that can be read in one way only.

    max_bytes  longest text that is looked at
    max_depth  deepest nesting, the object itself counted as 1

    Raises NotStrict: too long, not UTF-8, a byte order mark, a member twice, a number that is no integer or lies
    beyond 2**53, half a surrogate pair, NUL, nested too deeply, or no object. Its white space is free.
    """
    if len(data) > max_bytes:
        raise NotStrict(f"longer than {max_bytes} bytes")
    members = read_compact(data, max_depth)
    return read_slowly(data, max_depth) if members is None else members


def write_json(members: Any) -> bytes:  # noqa: ANN401 any value of JSON
    """JSON in UTF-8 without white space, in the order given; `read_json` reads it back if it is an object.

    Raises NotStrict for what JSON has not, and for what would not be read back.
    """
    if not _is_plain([members], MAX_DEPTH + 1):
        raise NotStrict("a value that JSON has not, a number that is no integer, or nested too deeply")
    try:
        return orjson.dumps(members, option=orjson.OPT_STRICT_INTEGER)
    except TypeError as fault:
        raise NotStrict("an integer beyond 2**53, a name that is no text, or half a character") from fault


def read_cbor(data: bytes, *, max_bytes: int, max_depth: int = MAX_DEPTH) -> Any:  # noqa: ANN401 whatever it says
    """A value in deterministic CBOR (RFC 8949 section 4.2.1), of integers, texts, bytes, arrays, maps and constants.

    Raises NotStrict: too long, a length that is not definite or not the shortest, map keys out of order, twice, or
    neither integer nor text, a tag, a float, a simple value but null, true and false, an integer beyond 2**53, NUL
    in a text, nested too deeply, or something after it.
    """
    if len(data) > max_bytes:
        raise NotStrict(f"longer than {max_bytes} bytes")
    try:
        value = cbor2.loads(
            data,
            allow_duplicate_keys=False,
            allow_indefinite=False,
            max_depth=max_depth,
            semantic_decoders=_NO_TAG,
        )
        again = cbor2.dumps(value)
    except (cbor2.CBORError, ValueError, TypeError, OverflowError, RecursionError) as fault:
        raise NotStrict("not CBOR") from fault
    # What was read, written again as it stood, must be the very bytes: shortest lengths, nothing after it.
    if again != data:
        raise NotStrict("not deterministic CBOR")
    _check_cbor(value)
    return value


def write_cbor(value: Any) -> bytes:  # noqa: ANN401 any value that `read_cbor` reads
    """Deterministic CBOR (RFC 8949 section 4.2.1)."""
    return cbor2.dumps(_ordered(value))


def read_compact(data: bytes, max_depth: int) -> dict[str, Any] | None:
    """The quick way: the object if `data` is what a writer without white space gives; None = `read_slowly` decides.

    Written again to the same bytes, it had no member twice, no byte order mark, no other spelling of a character or
    a number. What is left to look for is NUL, floats, large integers and depth.
    """
    try:
        members = orjson.loads(data)
        if type(members) is not dict or orjson.dumps(members, option=orjson.OPT_STRICT_INTEGER) != data:
            return None
    except (orjson.JSONDecodeError, TypeError):
        return None
    return None if b"\\u0000" in data or not _is_plain(members, max_depth) else members


def _is_plain(value: Any, max_depth: int) -> bool:  # noqa: ANN401 a parsed document
    """Whether all in it is text, integer, constant, list or object, no deeper than that."""
    level = [value]
    for _ in range(max_depth):
        inner = [
            one for each in level for one in (each.values() if type(each) is dict else each) if type(one) is not str
        ]
        kinds = set(map(type, inner))
        if not kinds <= _NODES:
            return False
        if kinds.isdisjoint(_CONTAINERS):
            return True
        level = [one for one in inner if type(one) in _CONTAINERS]
    return False


def read_slowly(data: bytes, max_depth: int) -> dict[str, Any]:
    """The way that decides; every document has this reading or none. Raises NotStrict."""
    if data.startswith(b"\xef\xbb\xbf"):
        raise NotStrict("begins with a byte order mark")
    if _depth(data) > max_depth:  # before the parser, which recurses
        raise NotStrict("nested too deeply")
    try:
        members = json.loads(
            data.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_constant, parse_int=_integer
        )
    except (ValueError, RecursionError) as fault:
        raise NotStrict("not JSON in UTF-8") from fault
    if not isinstance(members, dict):
        raise NotStrict("not a JSON object")
    _check_json(members)
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
        raise NotStrict("a member stands there twice")
    return members


def _no_constant(name: str) -> object:
    raise NotStrict(f"{name} is not a JSON number")


def _integer(digits: str) -> int:
    if len(digits) > 17 or abs(value := int(digits)) > MAX_INTEGER:  # noqa: PLR2004 2**53 has 16 digits, and a sign
        raise NotStrict("an integer beyond 2**53")
    return value


def _check_text(text: str) -> None:
    if "\x00" in text:
        raise NotStrict("a text has a NUL")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as fault:
            raise NotStrict("a text has half a character") from fault


def _check_json(value: object) -> None:
    """Refuse NUL, lone surrogates and numbers that are no integers anywhere in the document."""
    if isinstance(value, str):
        _check_text(value)
    elif isinstance(value, float):
        raise NotStrict("a number that is no integer")
    elif isinstance(value, dict):
        for name, inner in value.items():
            _check_text(name)
            _check_json(inner)
    elif isinstance(value, list):
        for inner in value:
            _check_json(inner)


def _ordered(value: Any) -> Any:  # noqa: ANN401 any value that CBOR has
    """The same value, each map in the order of its keys' encodings."""
    if isinstance(value, dict):
        return {key: _ordered(value[key]) for key in sorted(value, key=cbor2.dumps)}
    return [_ordered(inner) for inner in value] if isinstance(value, list) else value


def _in_order(names: list[Any]) -> bool:
    """Whether keys stand in the order of their encodings."""
    if len(names) > 1:
        if all(type(name) is int for name in names):
            # Those from 0 come first, upwards; then the negative ones, downwards.
            order = [name if name >= 0 else MAX_INTEGER - name for name in names]
        else:
            order = list(map(cbor2.dumps, names))
        return order == sorted(order)
    return True


def _check_cbor(value: object) -> None:
    """Refuse every kind of value but those few."""
    level: list[Any] = [value]
    while level:
        inner: list[Any] = []
        for each in level:
            kind = type(each)
            if kind is list:
                inner += each
            elif kind is dict:
                names = [*each]
                if not set(map(type, names)) <= _KEYS or not _in_order(names):
                    raise NotStrict("keys out of order, or one that is neither an integer nor text")
                inner += names
                inner += each.values()
            elif kind not in _CBOR_SCALARS:
                raise NotStrict("a value of a kind that is not read")
            elif (kind is int and not -MAX_INTEGER <= each <= MAX_INTEGER) or (kind is str and "\x00" in each):
                raise NotStrict("an integer beyond 2**53, or a NUL in a text")
        level = inner


def _refuse(*_: object) -> NoReturn:
    raise NotStrict("a tag")


_NO_TAG = dict.fromkeys(_TAGS, _refuse)
