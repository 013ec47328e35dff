"""The log as it is published (C2SP tlog-tiles): nothing that goes beyond the head that lies in its second home."""

from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from registry.errors import LogNotThere, NotLoggedYet
from registry.records.log.entries import entries_between
from registry.records.log.heads import Epoch, Head, KeptTiles, head_at, newest_head
from registry.records.log.placed import placed
from registry.records.parties.signing_keys import logs_with_keys
from registry.records.store.database import Database
from registry.signing.log.state import head_said, read_head
from verification.log.note import NoteKey
from verification.log.proof import LogProof, write_proof
from verification.log.tiles import HEIGHT, Tile, inclusion_path, width_in, write_bundle
from verification.log.tree import HASH_BYTES


class PublishedLog(NamedTuple):
    """One log, and the newest head of it that may be known."""

    epoch: Epoch
    key: NoteKey
    head: Head


def published_log(db: Database, head_file: Path, number: int | None = None) -> PublishedLog:
    """The log of that number, or the one that is written to. Raises LogNotThere where none is published."""
    logs = logs_with_keys(db)
    asked = [one for one in logs if number in {None, one[0].number}]
    if not asked:
        raise LogNotThere("there is no such log, or none yet")
    newest, (epoch, key) = logs[-1][0], asked[-1]
    head = newest_head(db, epoch.number)
    filed = head_said(read_head(head_file) or "", [NoteKey(known.origin, one) for known, one in logs])
    if filed is None:
        raise LogNotThere("no head of the log is published")
    if filed.origin == epoch.origin:
        if filed.size == 0:
            raise LogNotThere("the log is empty")
        if head is None or head.size != filed.size:
            head = head_at(db, epoch.number, filed.size)
    elif epoch.number == newest.number:
        head = None  # begun, and not let out yet
    if head is None or (filed.origin == epoch.origin and head.root != filed.root):
        raise LogNotThere("no head of the log is published")
    return PublishedLog(epoch, NoteKey(epoch.origin, key), head)


def tile_bytes(db: Database, log: PublishedLog, tile: Tile) -> bytes:
    """The hashes of a tile. Raises LogNotThere where the published tree has none, or a narrower one."""
    if tile.width > width_in(log.head.size, tile.level, tile.number):
        raise LogNotThere("the tree has no such tile, or not as wide")
    return KeptTiles(db, log.epoch.number)(tile.level, tile.number)[: tile.width * HASH_BYTES]


def bundle_bytes(db: Database, log: PublishedLog, tile: Tile) -> bytes:
    """The entries whose hashes a tile of level 0 has. Raises LogNotThere."""
    if tile.level or tile.width > width_in(log.head.size, 0, tile.number):
        raise LogNotThere("the log has no such entries, or not as many")
    start = tile.number << HEIGHT
    return write_bundle([bytes(entry) for entry in entries_between(db, log.epoch.number, start, start + tile.width)])


def proof_of(db: Database, head_file: Path, event: UUID) -> str:
    """The proof (C2SP tlog-proof) that the entry of an event is in the log.

    Its extra data is the salt of 32 bytes, and then the entry: by them a certificate is known again in the log.

    Raises NotLoggedYet, LogNotThere.
    """
    found = placed(db, event)
    if found is None:
        raise NotLoggedYet("it is recorded and has no place in the log yet; ask again in a second")
    place, epoch, key, newest = found
    note = read_head(head_file)
    # Mostly the newest head is the one that is out; where it is not, or another log is written to, look closer.
    out = newest.note == note and head_said(newest.note, [NoteKey(epoch.origin, key)]) is not None
    log = PublishedLog(epoch, NoteKey(epoch.origin, key), newest) if out else published_log(db, head_file, place.epoch)
    if place.log_index >= log.head.size:
        raise NotLoggedYet("its place in the log is not published yet; ask again in a second")
    read = KeptTiles(db, log.epoch.number)
    read.fetch(log.head.size, place.log_index)
    path = inclusion_path(place.log_index, log.head.size, read)
    extra = bytes(place.salt or b"") + bytes(place.entry)
    return write_proof(LogProof(place.log_index, tuple(path), log.head.note, extra))
