"""Status lists, one place a certificate: Token Status List (IETF) and Bitstring Status List (W3C).

Both are rendered from the same statuses. They count bits from opposite ends: the token list has index 0 in
the least significant bits of the first byte, the bitstring in its most significant bit.
"""

import gzip
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from typing import TypeVar

from verification.strict import NotStrict, decode_base64url, encode_base64url

_State = TypeVar("_State")
HERD = 131_072  # places of a list: the least a bitstring may have, and a crowd to be lost in
BITS = 2
MAX_LIST_BYTES = 4_194_304  # unpacked: 16 million places; a list that unpacks to more is a trap
BEST = 9  # zlib's greatest effort: the shortest list, and the one the standard's examples show


class MalformedStatusList(Exception):
    """A status list that cannot be read."""


class NotInList(Exception):
    """An index beyond the end of the list."""


class Status(IntEnum):
    """The value at a place; 3 is ours (application-specific in the Token Status List registry)."""

    VALID = 0
    WITHDRAWN = 1
    SUSPENDED = 2
    SUPERSEDED = 3


@dataclass(frozen=True, slots=True)
class StatusList:
    """Statuses as a Token Status List packs them; `bits` a place (1, 2, 4 or 8), index 0 least significant."""

    bits: int
    packed: bytes

    def at(self, index: int) -> int:
        """The status at an index from 0. Raises NotInList."""
        each = 8 // self.bits
        if not 0 <= index < len(self.packed) * each:
            raise NotInList(f"the list has {len(self.packed) * each} places")
        return self.packed[index // each] >> index % each * self.bits & (1 << self.bits) - 1


@dataclass(frozen=True, slots=True)
class Bitstring:
    """One purpose's bits as a Bitstring Status List has them; index 0 most significant."""

    packed: bytes

    def at(self, index: int) -> bool:
        """Whether the bit at an index from 0 is set. Raises NotInList."""
        if not 0 <= index < len(self.packed) * 8:
            raise NotInList(f"the list has {len(self.packed) * 8} places")
        return bool(self.packed[index // 8] >> 7 - index % 8 & 1)


def status_list(statuses: Mapping[int, int], size: int = HERD, bits: int = BITS) -> StatusList:
    """A list of `size` places; those not named are 0 (valid). ValueError on an index or status outside it."""
    return status_list_of(statuses, {status: status for status in set(statuses.values())}, size, bits)


def status_list_of(
    states: Mapping[int, _State], status_of: Mapping[_State, int], size: int = HERD, bits: int = BITS
) -> StatusList:
    """The same from states under other names: index and state of each place that is not simply valid.

    status_of  the status that each state is published as

    A national list has ten million places, and this is done for every change: its work is by the states given, not
    by the places there are.
    """
    if bits not in (1, 2, 4, 8) or size <= 0 or size * bits % 8:
        raise ValueError("a list has 1, 2, 4 or 8 bits a place and fills whole bytes")
    if states and not (min(states) >= 0 and max(states) < size):
        raise ValueError("an index lies outside the list")
    if any(not 0 <= status < 1 << bits for status in status_of.values()):
        raise ValueError("a status lies outside the list")
    each = 8 // bits
    by_byte, within = each.bit_length() - 1, each - 1
    laid = {state: tuple(status << bits * place for place in range(each)) for state, status in status_of.items()}
    packed = bytearray(size // each)
    for index, state in states.items():
        packed[index >> by_byte] |= laid[state][index & within]
    return StatusList(bits, bytes(packed))


def bitstring_of(given: StatusList, statuses: frozenset[int]) -> Bitstring:
    """A bit for every place: set where the list has one of those statuses; as long as a herd at least."""
    # The places of so many bytes of the list fill one byte of the bitstring. All of them are turned at once: first
    # bytes, second bytes and so on by a table each, then laid over one another as one large number.
    length = max(-(-len(given.packed) // given.bits), HERD // 8)
    packed = given.packed.ljust(length * given.bits, b"\x00")
    laid = 0
    for turn, table in enumerate(_turns(given.bits, statuses)):
        laid |= int.from_bytes(packed[turn :: given.bits].translate(table), "big")
    return Bitstring(laid.to_bytes(length, "big"))


@lru_cache(maxsize=16)
def _turns(bits: int, statuses: frozenset[int]) -> tuple[bytes, ...]:
    """For each of `bits` bytes of a list, one after another: what each value of it gives in one byte of a bitstring."""
    places = range(8 // bits)

    def turned(byte: int, first: int) -> int:
        return sum(0x80 >> first + place for place in places if byte >> place * bits & (1 << bits) - 1 in statuses)

    return tuple(bytes(turned(byte, turn * len(places)) for byte in range(256)) for turn in range(bits))


def deflated(given: StatusList, effort: int = BEST) -> bytes:
    """The `lst` of a CWT: ZLIB (draft-ietf-oauth-status-list section 4.1); effort as zlib counts it, 1 to 9."""
    return zlib.compress(given.packed, effort)


def inflated(lst: object, bits: object) -> StatusList:
    """The list in the `lst` of a CWT. Raises MalformedStatusList, also when it unpacks to more than 4 MiB."""
    if type(bits) is not int or bits not in (1, 2, 4, 8):
        raise MalformedStatusList("a list has 1, 2, 4 or 8 bits a place")
    if type(lst) is not bytes:
        raise MalformedStatusList("not bytes")
    return StatusList(bits, _inflated(lst, zlib.MAX_WBITS))


def encode_token_list(given: StatusList, effort: int = BEST) -> str:
    """The `lst` of a JWT: the same in base64url."""
    return encode_base64url(deflated(given, effort))


def decode_token_list(lst: object, bits: object) -> StatusList:
    """The list in the `lst` of a JWT. Raises MalformedStatusList, also when it unpacks to more than 4 MiB."""
    return inflated(_decoded(lst), bits)


def encode_bitstring(given: Bitstring, effort: int = BEST) -> str:
    """The `encodedList` member: u, then base64url of GZIP; the same bits give the same text."""
    return "u" + encode_base64url(gzip.compress(given.packed, effort, mtime=0))


def decode_bitstring(encoded: object) -> Bitstring:
    """The bits in an `encodedList` member. Raises MalformedStatusList, also for less than 131 072 bits."""
    if not isinstance(encoded, str) or not encoded.startswith("u"):
        raise MalformedStatusList("not multibase base64url")
    packed = _inflated(_decoded(encoded[1:]), zlib.MAX_WBITS | 16)
    if len(packed) * 8 < HERD:
        raise MalformedStatusList(f"shorter than {HERD} bits")
    return Bitstring(packed)


def _decoded(text: object) -> bytes:
    if not isinstance(text, str):
        raise MalformedStatusList("not text")
    try:
        return decode_base64url(text)
    except NotStrict as fault:
        raise MalformedStatusList("not base64url") from fault


def _inflated(data: bytes, window: int) -> bytes:
    """Unpack at most MAX_LIST_BYTES, whatever the data would grow to; nothing may follow the stream."""
    stream = zlib.decompressobj(window)
    try:
        unpacked = stream.decompress(data, MAX_LIST_BYTES)
    except zlib.error as fault:
        raise MalformedStatusList("not compressed as it should be") from fault
    if not stream.eof or stream.unused_data or not unpacked:
        raise MalformedStatusList("cut off, too large, or followed by something")
    return unpacked
