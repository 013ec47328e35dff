"""Status lists, one place a certificate: Token Status List (IETF) and Bitstring Status List (W3C).

Both are rendered from the same statuses. They count bits from opposite ends: the token list has index 0 in
the least significant bits of the first byte, the bitstring in its most significant bit.
"""

import gzip
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Any, Literal

from verification.claims import VC_CONTEXT
from verification.strict import NotStrict, decode_base64url, encode_base64url

HERD = 131_072  # places of a list: the least a bitstring may have, and a crowd to be lost in
BITS = 2
MAX_LIST_BYTES = 4_194_304  # unpacked: 16 million places; a list that unpacks to more is a trap
Purpose = Literal["revocation", "suspension"]


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
    if bits not in (1, 2, 4, 8) or size <= 0 or size * bits % 8:
        raise ValueError("a list has 1, 2, 4 or 8 bits a place and fills whole bytes")
    packed = bytearray(size * bits // 8)
    for index, status in statuses.items():
        if not 0 <= index < size or not 0 <= status < 1 << bits:
            raise ValueError("an index or status lies outside the list")
        packed[index * bits // 8] |= status << index * bits % 8
    return StatusList(bits, bytes(packed))


def bitstring(indexes: Iterable[int], size: int = HERD) -> Bitstring:
    """A bitstring with the bits at `indexes` set. ValueError on an index outside it."""
    if size < HERD or size % 8:
        raise ValueError(f"a bitstring has at least {HERD} bits and fills whole bytes")
    packed = bytearray(size // 8)
    for index in indexes:
        if not 0 <= index < size:
            raise ValueError("an index lies outside the list")
        packed[index // 8] |= 0x80 >> index % 8
    return Bitstring(bytes(packed))


def encode_token_list(given: StatusList) -> str:
    """The `lst` member: base64url of ZLIB (draft-ietf-oauth-status-list section 4)."""
    return encode_base64url(zlib.compress(given.packed, 9))


def decode_token_list(lst: str, bits: int) -> StatusList:
    """The list in an `lst` member. Raises MalformedStatusList, also when it unpacks to more than 4 MiB."""
    if type(bits) is not int or bits not in (1, 2, 4, 8):
        raise MalformedStatusList("a list has 1, 2, 4 or 8 bits a place")
    return StatusList(bits, _inflated(_decoded(lst), zlib.MAX_WBITS))


def encode_bitstring(given: Bitstring) -> str:
    """The `encodedList` member: u, then base64url of GZIP; the same bits give the same text."""
    return "u" + encode_base64url(gzip.compress(given.packed, 9, mtime=0))


def decode_bitstring(encoded: str) -> Bitstring:
    """The bits in an `encodedList` member. Raises MalformedStatusList, also for less than 131 072 bits."""
    if not encoded.startswith("u"):
        raise MalformedStatusList("not multibase base64url")
    packed = _inflated(_decoded(encoded[1:]), zlib.MAX_WBITS | 16)
    if len(packed) * 8 < HERD:
        raise MalformedStatusList(f"shorter than {HERD} bits")
    return Bitstring(packed)


def token_list_claims(  # noqa: PLR0913 what the standard has members for
    given: StatusList, number: int, public_url: str, now: datetime, *, ttl: int, lifetime: timedelta
) -> dict[str, Any]:
    """The payload of the Token Status List JWT (typ statuslist+jwt) at PUBLIC/status/NUMBER.

    ttl       seconds a verifier may keep it before it asks again
    lifetime  after which it is not to be believed any more
    """
    issued = int(now.timestamp())
    return {
        "sub": f"{public_url}/status/{number}",
        "iat": issued,
        "exp": issued + int(lifetime.total_seconds()),
        "ttl": ttl,
        "status_list": {"bits": given.bits, "lst": encode_token_list(given)},
    }


def bitstring_claims(  # noqa: PLR0913 what the standard has members for
    given: StatusList,
    purpose: Purpose,
    number: int,
    *,
    registry_did: str,
    public_url: str,
    now: datetime,
    lifetime: timedelta,
) -> dict[str, Any]:
    """The payload of the Bitstring Status List credential (typ vc+jwt) at PUBLIC/status/NUMBER/PURPOSE.

    Withdrawn and superseded places are set for `revocation`, suspended ones for `suspension`.
    """
    wanted = {"revocation": {Status.WITHDRAWN, Status.SUPERSEDED}, "suspension": {Status.SUSPENDED}}[purpose]
    places = len(given.packed) * 8 // given.bits
    # Whole zero bytes, nearly all of them, are stepped over: a list is a crowd of valid places.
    each = 8 // given.bits
    indexes = [
        index
        for place, byte in enumerate(given.packed)
        if byte
        for index in range(place * each, place * each + each)
        if given.at(index) in wanted
    ]
    url = f"{public_url}/status/{number}/{purpose}"
    return {
        "@context": [VC_CONTEXT],
        "id": url,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": registry_did,
        "validFrom": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "validUntil": (now + lifetime).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "credentialSubject": {
            "id": f"{url}#list",
            "type": "BitstringStatusList",
            "statusPurpose": purpose,
            "encodedList": encode_bitstring(bitstring(indexes, max(places, HERD))),
        },
    }


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
