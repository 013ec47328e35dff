"""The tree cut into tiles of 256 hashes (C2SP tlog-tiles): their paths, how they grow, and proofs read from them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from verification.log.tree import EMPTY_ROOT, HASH_BYTES, node_hash, root_of_nodes

HEIGHT = 8
WIDTH = 1 << HEIGHT
TILE_BYTES = WIDTH * HASH_BYTES
MAX_ENTRY_BYTES = 0xFFFF  # what its length in a bundle can say
_TOP = 63
_DIGITS = 3


class MalformedTile(Exception):
    """A path that names no tile, or bytes that are none."""


class Tile(NamedTuple):
    """A tile by its place: level, number in the level, and how many of its 256 hashes it has."""

    level: int
    number: int
    width: int = WIDTH


Read = Callable[[int, int], bytes]
"""The hashes of a tile, by level and number: at least as many as the tree has that is asked about."""


def number_path(number: int) -> str:
    """1234067 is x001/x234/067."""
    digits = str(number)
    digits = digits.zfill(-(-len(digits) // _DIGITS) * _DIGITS)
    parts = [digits[at : at + _DIGITS] for at in range(0, len(digits), _DIGITS)]
    return "/".join([*(f"x{part}" for part in parts[:-1]), parts[-1]])


def tile_path(tile: Tile) -> str:
    """Its path below the log's address: tile/0/x001/x234/067, or tile/0/000.p/17."""
    return f"tile/{tile.level}/{_place(tile)}"


def bundle_path(tile: Tile) -> str:
    """The path of the entries whose hashes a tile of level 0 has."""
    return f"tile/entries/{_place(tile)}"


def tile_named(level: str, place: str) -> Tile:
    """The tile at tile/LEVEL/PLACE. Raises MalformedTile for every other spelling.

    level  `entries` stands for that of the entries, which is 0
    """
    number, partial, width = place.partition(".p/")
    tile = None
    parts = number.split("/")
    # Longer numbers than any tree has would only be work.
    if len(parts) <= 7 and all(part.lstrip("x").isascii() and part.lstrip("x").isdigit() for part in parts):  # noqa: PLR2004
        wide = int(width) if partial and width.isascii() and width.isdigit() and len(width) <= _DIGITS else WIDTH
        high = 0 if level == "entries" else int(level) if level.isascii() and level.isdigit() and len(level) < 3 else -1  # noqa: PLR2004
        tile = Tile(high, int("".join(part.lstrip("x") for part in parts)), wide)
    if (
        tile is None
        or not 0 <= tile.level <= _TOP
        or not 0 < tile.width <= WIDTH
        or _place(tile) != place
        or level not in {"entries", str(tile.level)}
    ):
        raise MalformedTile("this names no tile: tile/LEVEL/NNN, or tile/LEVEL/NNN.p/WIDTH")
    return tile


def _place(tile: Tile) -> str:
    return number_path(tile.number) + ("" if tile.width == WIDTH else f".p/{tile.width}")


def tiles_of(size: int) -> Iterator[Tile]:
    """All tiles of a tree of `size` leaves, from below, from the left; the last of a level may be partial."""
    level = 0
    while size:
        yield from (Tile(level, number) for number in range(size >> HEIGHT))
        if size % WIDTH:
            yield Tile(level, size >> HEIGHT, size % WIDTH)
        size >>= HEIGHT
        level += 1


def width_in(size: int, level: int, number: int) -> int:
    """How many hashes a tile has in a tree of `size` leaves; 0 where it has none."""
    return max(0, min(WIDTH, (size >> (HEIGHT * level)) - number * WIDTH))


class Edge:
    """The right edge of a tree that grows: what is needed of it to add leaves and to give its head.

    size    leaves
    hashes  of the last tile of each level, from below; of a level whose last tile is full, none
    """

    def __init__(self, size: int, hashes: Sequence[bytes]) -> None:
        """ValueError where the widths are not those of a tree of that size."""
        widths = [len(part) // HASH_BYTES for part in hashes]
        wanted = []
        rest = size
        while rest:
            wanted.append(rest % WIDTH)
            rest >>= HEIGHT
        if widths + [0] * (len(wanted) - len(widths)) != wanted or any(len(part) % HASH_BYTES for part in hashes):
            raise ValueError(f"this is not the right edge of a tree of {size} leaves")
        self.size = size
        self._hashes = [bytearray(part) for part in hashes]

    def add(self, leaves: Sequence[bytes]) -> Mapping[tuple[int, int], bytes]:
        """Add leaf hashes; gives every tile that has changed, by level and number, as it is now."""
        changed: dict[tuple[int, int], bytes] = {}
        self._append(0, leaves, changed)
        self.size += len(leaves)
        return changed

    def _append(self, level: int, hashes: Sequence[bytes], changed: dict[tuple[int, int], bytes]) -> None:
        if not hashes:
            return
        if level == len(self._hashes):
            self._hashes.append(bytearray())
        number = (self.size >> (HEIGHT * level)) >> HEIGHT
        full: list[bytes] = []
        row = self._hashes[level]
        taken = 0
        while taken < len(hashes):
            room = WIDTH - len(row) // HASH_BYTES
            part = hashes[taken : taken + room]
            row += b"".join(part)
            taken += len(part)
            changed[level, number] = bytes(row)
            if len(row) == TILE_BYTES:
                full.append(root_of_nodes(split(bytes(row))))
                row.clear()
                number += 1
        self._append(level + 1, full, changed)

    def root(self) -> bytes:
        """The tree head."""
        below: bytes | None = None
        for row in self._hashes:
            below = _over(bytes(row), below)
        return EMPTY_ROOT if below is None else below


def _over(row: bytes, below: bytes | None) -> bytes | None:
    """The head over a tile's hashes and, right of them, what is not whole yet; None where there is neither."""
    parts, start, left = list[bytes](), 0, len(row) // HASH_BYTES
    while left:
        width = 1 << (left.bit_length() - 1)
        parts.append(_head_of(row[start : start + width * HASH_BYTES]))
        start, left = start + width * HASH_BYTES, left - width
    for part in reversed(parts):
        below = part if below is None else node_hash(part, below)
    return below


@lru_cache(maxsize=256)
def _head_of(hashes: bytes) -> bytes:
    """The head over a whole part of a tile. As a tree grows, the same ones are asked for again and again."""
    return root_of_nodes(split(hashes))


def split(hashes: bytes) -> list[bytes]:
    """The hashes of a tile, one by one."""
    return [hashes[at : at + HASH_BYTES] for at in range(0, len(hashes), HASH_BYTES)]


def root_at(size: int, read: Read) -> bytes:
    """The head of the tree of the first `size` leaves, from its tiles."""
    return _range(0, size, read) if size else EMPTY_ROOT


def inclusion_path(index: int, size: int, read: Read) -> list[bytes]:
    """What `tree.root_from_inclusion` takes: the path of a leaf in the tree of `size` leaves.

    ValueError where there is no such leaf.
    """
    if not 0 <= index < size:
        raise ValueError("the index lies outside the tree")
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split_of(end - start)
        if index < middle:
            path.append(_range(middle, end, read))
            end = middle
        else:
            path.append(_range(start, middle, read))
            start = middle
    return path[::-1]


def consistency_path(old: int, new: int, read: Read) -> list[bytes]:
    """What `tree.extends` takes: the path from the tree of `old` leaves to that of `new`.

    ValueError where there is none to prove.
    """
    if not 0 < old <= new:
        raise ValueError("the older tree is empty, or larger than the newer one")
    path: list[bytes] = []
    start, end, whole = 0, new, True
    # RFC 9162 section 2.1.4.1; `whole`: the older tree is all of this part so far.
    while old != end:
        middle = start + _split_of(end - start)
        if old <= middle:
            path.append(_range(middle, end, read))
            end = middle
        else:
            path.append(_range(start, middle, read))
            start, whole = middle, False
    if not whole:
        path.append(_range(start, end, read))
    return path[::-1]


def _split_of(count: int) -> int:
    """The largest power of two below `count`."""
    return 1 << ((count - 1).bit_length() - 1)


def _range(start: int, end: int, read: Read) -> bytes:
    """The head over leaves from `start` up to before `end`, a part that a tree is split into."""
    heads: list[bytes] = []
    while start < end:
        length = _split_of(end - start + 1)  # the largest power of two that is not more than is left
        heads.append(_whole(start, length, read))
        start += length
    head = heads.pop()
    while heads:
        head = node_hash(heads.pop(), head)
    return head


def _whole(start: int, length: int, read: Read) -> bytes:
    """The head over a whole part: `length` a power of two, `start` a multiple of it."""
    level, within = divmod(length.bit_length() - 1, HEIGHT)
    first = start >> (HEIGHT * level)
    number, at = divmod(first, WIDTH)
    hashes = read(level, number)[at * HASH_BYTES : (at + (1 << within)) * HASH_BYTES]
    if len(hashes) != HASH_BYTES << within:
        raise MalformedTile(f"tile {level}/{number} has not the hashes that its tree needs")
    return _head_of(hashes)


def write_bundle(entries: Sequence[bytes]) -> bytes:
    """Entries as they are served: each with its length before it. ValueError where one is too long for that."""
    if any(len(entry) > MAX_ENTRY_BYTES for entry in entries):
        raise ValueError(f"an entry is longer than {MAX_ENTRY_BYTES} bytes")
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def read_bundle(data: bytes) -> list[bytes]:
    """The entries of a bundle. Raises MalformedTile."""
    entries, at = list[bytes](), 0
    while at < len(data):
        end = at + 2 + int.from_bytes(data[at : at + 2], "big")
        if end > len(data) or at + 2 > len(data) or len(entries) == WIDTH:
            raise MalformedTile("this is no bundle of entries")
        entries.append(data[at + 2 : end])
        at = end
    return entries
