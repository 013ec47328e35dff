"""The archive that a workbook is: its directory read strictly, and a part inflated within bounds. Needs no library.

Whatever could be read in two ways is refused, so that no other reader sees another archive in the same bytes.
"""

import re
import struct
import zlib
from collections.abc import Iterator, Mapping
from typing import NamedTuple

MOST_PARTS = 100
MEBIBYTE = 1024 * 1024
MOST_BYTES = 50 * MEBIBYTE  # of all parts together, inflated
HIGHEST_RATIO = 100  # inflated to packed, of a part worth the name
SMALL_PART = MEBIBYTE
CHUNK = 256 * 1024

_STORED, _DEFLATED = 0, 8
_ENCRYPTED = 0x1
_END = struct.Struct("<4s4H2LH")
_END_64_PLACE = struct.Struct("<4sLQL")
_END_64 = struct.Struct("<4sQ2H2L4Q")
_ENTRY = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_LONGEST_COMMENT = 0xFFFF
_NOT_HERE_16, _NOT_HERE_32 = 0xFFFF, 0xFFFFFFFF  # the value stands in the 64-bit field

# Where the parts of a workbook lie. What lies there is not opened unless it is needed.
_NAME = re.compile(
    rb"\[Content_Types\]\.xml"
    rb"|(?:_rels|docProps|docMetadata|customXml|customUI|userCustomization|xl|_xmlsignatures|package|\[trash\])"
    rb"(?:/(?!\.\.?(?:/|$))[A-Za-z0-9 _.()\[\]{}@%+,&$#!~=\x80-\xff-]{1,100}){0,8}/?",
    re.IGNORECASE,
)
_INNER_ARCHIVE = re.compile(r"(?i).*\.(?:zip|xls[xmb]|do[ct][xm]|pp[ts][xm]|od[stp]|jar|7z|rar|gz|bz2|xz|tar|cab|iso)")


class NotReadable(Exception):
    """The workbook is refused: the code of what is wrong and what its sentence needs."""

    def __init__(self, code: str, **params: object) -> None:
        super().__init__(code)
        self.code, self.params = code, params


class Part(NamedTuple):
    """One part of the archive. at: where its own header begins; sizes in bytes."""

    name: str
    at: int
    method: int
    packed: int
    size: int
    checksum: int


class _Damaged(NotReadable):
    def __init__(self) -> None:
        super().__init__("workbook_damaged")


def parts_of(data: bytes) -> Mapping[str, Part]:
    """The parts by their names in small letters, as the directory states them. Raises NotReadable."""
    try:
        first, size, count = _directory(data)
        if count > MOST_PARTS:
            raise NotReadable("workbook_too_many_parts", limit=MOST_PARTS)
        parts = _entries(data, first, size, count)
    except struct.error:
        raise _Damaged from None
    by_name = {part.name.lower(): part for part in parts}
    if len(by_name) != len(parts):
        raise _Damaged
    _check_sizes(parts)
    _check_places(data, parts, first)
    return by_name


def inflated(data: bytes, part: Part) -> Iterator[bytes]:
    """The content of a part, piece by piece. Raises NotReadable where it is not what the directory says."""
    start = _content_at(data, part)
    packed = memoryview(data)[start : start + part.packed]
    checksum = found = 0
    for piece in _stored(packed) if part.method == _STORED else _deflated(packed):
        found += len(piece)
        if found > part.size:
            raise _Damaged
        checksum = zlib.crc32(piece, checksum)
        yield piece
    if found != part.size or checksum != part.checksum:
        raise _Damaged


# ------------------------------------------------------------------ the directory


def _directory(data: bytes) -> tuple[int, int, int]:
    """Where the directory begins, its size in bytes, and how many entries it is said to have."""
    at = data.rfind(b"PK\x05\x06", max(0, len(data) - _LONGEST_COMMENT - _END.size))
    if at < 0:
        raise _Damaged
    _, disk, start_disk, here, count, size, first, comment = _END.unpack_from(data, at)
    end = at
    if at + _END.size + comment != len(data):
        raise _Damaged
    if _NOT_HERE_16 in {here, count} or _NOT_HERE_32 in {size, first}:
        mark, _, place, disks = _END_64_PLACE.unpack_from(data, max(0, at - _END_64_PLACE.size))
        if mark != b"PK\x06\x07" or disks > 1:
            raise _Damaged
        mark, _, _, _, disk, start_disk, here, count, size, first = _END_64.unpack_from(data, place)
        end = place
        if mark != b"PK\x06\x06":
            raise _Damaged
    elif data[at - _END_64_PLACE.size : at].startswith(b"PK\x06\x07"):
        # Both ends are written by some; then they must say the same.
        _, _, place, _ = _END_64_PLACE.unpack_from(data, at - _END_64_PLACE.size)
        mark, *_, count_64, size_64, first_64 = _END_64.unpack_from(data, place)
        end = place
        if (mark, count_64, size_64, first_64) != (b"PK\x06\x06", count, size, first):
            raise _Damaged
    if disk or start_disk or here != count or first + size != end:
        raise _Damaged
    return first, size, count


def _entries(data: bytes, first: int, size: int, count: int) -> list[Part]:
    parts: list[Part] = []
    at = first
    for _ in range(count):
        (mark, _, _, flags, method, _, _, checksum, packed, whole, name, extra, comment, _, _, _, place) = (
            _ENTRY.unpack_from(data, at)
        )
        at += _ENTRY.size
        called = data[at : at + name]
        sizes = _in_64_bits(data[at + name : at + name + extra], [whole, packed, place])
        at += name + extra + comment
        if mark != b"PK\x01\x02" or at > first + size:
            raise _Damaged
        if flags & _ENCRYPTED:
            raise NotReadable("workbook_encrypted")
        if method not in {_STORED, _DEFLATED}:
            raise _Damaged
        parts.append(Part(_name(called), sizes[2], method, sizes[1], sizes[0], checksum))
    if at != first + size:
        raise _Damaged
    return parts


def _in_64_bits(extra: bytes, values: list[int]) -> list[int]:
    """The values, with those that are too large for their field read from the extra field that has them."""
    missing = [which for which, value in enumerate(values) if value == _NOT_HERE_32]
    at = 0
    while missing:
        kind, length = struct.unpack_from("<2H", extra, at)
        if kind == 1:
            for place, which in enumerate(missing):
                (values[which],) = struct.unpack_from("<Q", extra[: at + 4 + length], at + 4 + 8 * place)
            return values
        at += 4 + length
    return values


def _name(called: bytes) -> str:
    if not _NAME.fullmatch(called):
        raise NotReadable("not_a_workbook")
    name = called.decode("latin-1")  # what it means does not matter: no part with such a name is opened
    if _INNER_ARCHIVE.fullmatch(name):
        raise NotReadable("workbook_holds_files")
    return name


def _check_sizes(parts: list[Part]) -> None:
    if sum(part.size for part in parts) > MOST_BYTES:
        raise NotReadable("workbook_too_large", limit=MOST_BYTES // MEBIBYTE)
    if any(part.size > SMALL_PART and part.size > part.packed * HIGHEST_RATIO for part in parts):
        raise NotReadable("workbook_too_large", limit=MOST_BYTES // MEBIBYTE)


def _check_places(data: bytes, parts: list[Part], first: int) -> None:
    """No part lies in another, and each is called in its place what the directory calls it."""
    free = 0
    for part in sorted(parts, key=lambda part: part.at):
        if part.at < free:
            raise _Damaged
        free = _content_at(data, part) + part.packed
    if free > first:
        raise _Damaged


def _content_at(data: bytes, part: Part) -> int:
    try:
        mark, *_, name, extra = _LOCAL.unpack_from(data, part.at)
    except struct.error:
        raise _Damaged from None
    start = part.at + _LOCAL.size
    if mark != b"PK\x03\x04" or data[start : start + name] != part.name.encode("latin-1"):
        raise _Damaged
    return int(start + name + extra)


# ------------------------------------------------------------------ content


def _stored(packed: memoryview) -> Iterator[bytes]:
    for at in range(0, len(packed), CHUNK):
        yield bytes(packed[at : at + CHUNK])


def _deflated(packed: memoryview) -> Iterator[bytes]:
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        rest, at = b"", 0
        while not inflater.eof:
            if not rest:
                rest, at = bytes(packed[at : at + CHUNK]), at + CHUNK
            piece = inflater.decompress(rest, CHUNK)
            if not piece and not rest:
                raise _Damaged  # it ends too early
            yield piece
            rest = inflater.unconsumed_tail
    except zlib.error:
        raise _Damaged from None
    if inflater.unused_data or at < len(packed):
        raise _Damaged
