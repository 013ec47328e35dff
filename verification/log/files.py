"""The published files of a log, from a directory or a server, held against each other and what was seen before.

Nothing read is believed before the signed head stands above it.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

from verification.log.checkpoint import Checkpoint, open_checkpoint
from verification.log.note import MalformedNote, NoteKey
from verification.log.tiles import (
    HEIGHT,
    WIDTH,
    Edge,
    MalformedTile,
    Tile,
    bundle_path,
    read_bundle,
    root_at,
    split,
    tile_path,
    width_in,
)
from verification.log.tree import HASH_BYTES, leaf_hash

LARGEST_FILE = WIDTH * (2 + 1024)  # bytes: a full bundle of our longest entries


class NotReachable(Exception):
    """A file that should be there is not, or cannot be read now."""


class LogAlarm(Exception):
    """What was published is not one history: what was found, and where."""

    def __init__(self, code: str, where: str) -> None:
        super().__init__(f"{code}: {where}")
        self.code, self.where = code, where


class Files(Protocol):
    """The files below the address of a log."""

    def read(self, path: str) -> bytes:
        """Its bytes, no more than LARGEST_FILE. Raises NotReachable."""
        ...


class Directory:
    """Files that lie in a directory, such as `bevis publish` writes."""

    def __init__(self, place: Path) -> None:
        self._place = place

    def read(self, path: str) -> bytes:
        """Raises NotReachable."""
        try:
            with (self._place / path).open("rb") as file:
                data = file.read(LARGEST_FILE + 1)
        except OSError as fault:
            raise NotReachable(f"{path} is not there") from fault
        if len(data) > LARGEST_FILE:
            raise NotReachable(f"{path} is too long")
        return data


class Grown(NamedTuple):
    """What a log has grown by: its head, and the entries since the one before, the first at `since`."""

    checkpoint: Checkpoint
    note: str
    since: int
    entries: Sequence[bytes]


def head_of(files: Files, key: NoteKey) -> tuple[Checkpoint, str]:
    """The signed head, and its note. Raises NotReachable, LogAlarm where it is not signed by that log."""
    try:
        note = files.read("checkpoint").decode("utf-8")
        return open_checkpoint(note, [key]), note
    except (MalformedNote, UnicodeDecodeError) as fault:
        raise LogAlarm("checkpoint_not_signed", str(fault)) from fault


def grown_since(files: Files, key: NoteKey, before: Checkpoint | None, most: int | None = None) -> Grown:
    """The log as it is now, seen to continue what it was `before`; None = seen for the first time.

    most  entries that are read at most; the head is then one that lies below the published one, and is not signed

    Raises NotReachable, and LogAlarm for a log that is shorter than it was, or says something else than it did.
    """
    checkpoint, note = head_of(files, key)
    since = before.size if before else 0
    if before is not None:
        if checkpoint.origin != before.origin:
            raise LogAlarm("other_log", checkpoint.origin)
        if checkpoint.size < before.size:
            raise LogAlarm("rolled_back", f"{before.size} to {checkpoint.size}")
        if checkpoint.size == before.size and checkpoint.root != before.root:
            raise LogAlarm("forked", str(before.size))
    tiles = TilesIn(files, checkpoint.size)
    edge = _edge(tiles, before) if before else Edge(0, [])
    entries: list[bytes] = []
    for part in _bundles(files, tiles, since, checkpoint.size):
        entries += part
        edge.add([leaf_hash(entry) for entry in part])
        if most is not None and len(entries) >= most and edge.size < checkpoint.size:
            # The rest is read another time; that what was read stands under the head is seen only then.
            return Grown(Checkpoint(checkpoint.origin, edge.size, edge.root()), "", since, entries)
    if edge.root() != checkpoint.root:
        raise LogAlarm("not_what_was_signed", f"{since}-{checkpoint.size - 1}")
    return Grown(checkpoint, note, since, entries)


def _edge(read: "TilesIn", before: Checkpoint) -> Edge:
    """The right edge of the tree as it was seen, from the tiles as they are now."""
    try:
        if root_at(before.size, read) != before.root:
            raise LogAlarm("history_changed", f"0-{before.size - 1}")
    except MalformedTile as fault:
        raise LogAlarm("history_changed", str(fault)) from fault
    hashes, rest = list[bytes](), before.size
    while rest:
        width = rest % WIDTH
        hashes.append(read(len(hashes), rest >> HEIGHT)[: width * HASH_BYTES] if width else b"")
        rest >>= HEIGHT
    return Edge(before.size, hashes)


class TilesIn:
    """Tiles of a tree of `size` leaves, each fetched once: a tree that was smaller has the beginnings of the same."""

    def __init__(self, files: Files, size: int) -> None:
        self._files, self._size = files, size
        self._kept: dict[tuple[int, int], bytes] = {}

    def __call__(self, level: int, number: int) -> bytes:
        """Raises NotReachable, MalformedTile."""
        if (level, number) not in self._kept:
            width = width_in(self._size, level, number)
            data = _either(self._files, tile_path(Tile(level, number, width)), tile_path(Tile(level, number)))
            if len(data) % HASH_BYTES or len(split(data)) not in {width, WIDTH}:
                raise MalformedTile(f"tile {level}/{number} has not the length it should have")
            self._kept[level, number] = data[: width * HASH_BYTES]
        return self._kept[level, number]


def _bundles(files: Files, tiles: TilesIn, start: int, end: int) -> Iterator[list[bytes]]:
    """The entries from one place up to before another; those beside them in the same file are looked at too."""
    at = start
    while at < end:
        number = at >> HEIGHT
        width = width_in(end, 0, number)
        data = _either(files, bundle_path(Tile(0, number, width)), bundle_path(Tile(0, number)))
        try:
            found, hashes = read_bundle(data), tiles(0, number)
        except MalformedTile as fault:
            raise LogAlarm("entries_unreadable", str(at)) from fault
        first = number << HEIGHT
        if len(found) not in {width, WIDTH}:
            raise LogAlarm("entry_missing", str(first + len(found)))
        if b"".join(map(leaf_hash, found[:width])) != hashes:
            raise LogAlarm("not_what_was_signed", f"{first}-{first + width - 1}")
        yield found[at - first : width]
        at = first + width


def _either(files: Files, partial: str, full: str) -> bytes:
    """A partial file may be gone once there is a full one (C2SP tlog-tiles)."""
    if partial == full:
        return files.read(full)
    try:
        return files.read(partial)
    except NotReachable:
        return files.read(full)
