"""The whole log worked out again from its entries, and held against everything that was stored and signed of it."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple

from registry.records.log.entries import entries_between, number_waiting
from registry.records.log.heads import Epoch, Head, epochs, heads, tiles
from registry.records.store.database import Database
from registry.records.whole.unlogged import number_unlogged
from registry.signing.log.state import GOES_ON, LogState, log_keys, log_state
from verification.log.checkpoint import Checkpoint, open_checkpoint
from verification.log.entry import MalformedEntry, read_entry
from verification.log.note import MalformedNote
from verification.log.tiles import Edge
from verification.log.tree import leaf_hash

_AT_ONCE: Final = 1000
Code = str


class Fault(NamedTuple):
    """Something that is not as it was signed: a code, and where (`log 1, entry 17`)."""

    code: Code
    where: str


class LogCheck(NamedTuple):
    """What was found: how it stands, entries and heads looked at, what waits, what is wrong."""

    state: LogState
    entries: int
    heads: int
    waiting: int
    faults: Sequence[Fault]

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults and self.state.standing in GOES_ON


def check_log(db: Database, head_file: Path, now: datetime) -> LogCheck:
    """Every entry, every hash, every head, of every log."""
    faults: list[Fault] = []
    entries = signed = 0
    for epoch in epochs(db):
        known = heads(db, epoch.number)
        signed += len(known)
        entries += known[-1].size if known else 0
        faults += _tree(db, epoch, known)
        faults += _notes(db, epoch, known)
    if unlogged := number_unlogged(db):
        faults.append(Fault("not_entered", str(unlogged)))
    return LogCheck(log_state(db, head_file, now), entries, signed, number_waiting(db), faults)


def _tree(db: Database, epoch: Epoch, known: Sequence[Head]) -> Iterator[Fault]:
    """Entries against heads and tiles."""
    edge, grown = Edge(0, []), dict[tuple[int, int], bytes]()
    for head in known:
        if head.extends != edge.size:
            yield Fault("head_missing", f"log {epoch.number}, {edge.size}")
            return
        while edge.size < head.size:
            part = entries_between(db, epoch.number, edge.size, min(head.size, edge.size + _AT_ONCE))
            yield from _malformed(epoch, edge.size, part)
            if not part or len(part) < min(head.size - edge.size, _AT_ONCE):
                yield Fault("entry_missing", f"log {epoch.number}, {edge.size + len(part)}")
                return
            grown.update(edge.add([leaf_hash(bytes(entry)) for entry in part]))
        if edge.root() != head.root:
            yield Fault("entry_changed", f"log {epoch.number}, {head.extends}-{head.size - 1}")
            return
    for tile in tiles(db, epoch.number):
        if grown.pop((tile.level, tile.number), None) != bytes(tile.hashes):
            yield Fault("tile_changed", f"log {epoch.number}, {tile.level}/{tile.number}")
    for level, number in grown:
        yield Fault("tile_missing", f"log {epoch.number}, {level}/{number}")


def _malformed(epoch: Epoch, first: int, part: Sequence[bytes]) -> Iterator[Fault]:
    for place, entry in enumerate(part, first):
        try:
            read_entry(bytes(entry))
        except MalformedEntry:
            yield Fault("entry_malformed", f"log {epoch.number}, {place}")


def _notes(db: Database, epoch: Epoch, known: Sequence[Head]) -> Iterator[Fault]:
    """What was signed against what is on record of it."""
    keys = [key for key in log_keys(db) if key.name == epoch.origin]
    for head in known:
        try:
            said = open_checkpoint(head.note, keys)
        except MalformedNote:
            said = None
        if said != Checkpoint(epoch.origin, head.size, head.root):
            yield Fault("head_not_signed", f"log {epoch.number}, {head.size}")
