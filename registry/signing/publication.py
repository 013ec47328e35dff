"""Everything public as files that any file server can serve: the log, status lists, keys, and the trust."""

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple

from registry.errors import LogNotThere, LogStopped
from registry.records.issued.certificates import list_numbers
from registry.records.log.heads import epochs, head_at
from registry.records.parties.organisations import organisations
from registry.records.store.database import Database
from registry.signing.keys import Keyring
from registry.signing.log.published import PublishedLog, bundle_bytes, published_log, tile_bytes
from registry.signing.log.state import log_keys, read_head
from registry.signing.published import did_document, jwks, signed_trust
from registry.signing.seal.chain import roots_as_pem
from registry.signing.status import bitstring_status_list, token_status_list, token_status_list_cwt
from verification.log.checkpoint import open_checkpoint
from verification.log.note import MalformedNote
from verification.log.tiles import WIDTH, bundle_path, tile_path, tiles_of

TRUST_FILE: Final = "trust.jws"
SEAL_ROOT_FILE: Final = "trust/seal-root.pem"
HISTORY_FILE: Final = "trust-with-history.jws"


class Published(NamedTuple):
    """What was written: how many files there are, how many of them are new or have changed."""

    files: int
    written: int


def publish(  # noqa: PLR0913, PLR0917 whose, where, when
    db: Database,
    keyring: Keyring,
    head_file: Path,
    public_url: str,
    place: Path,
    now: datetime,
    *,
    history: bool = False,
) -> Published:
    """Write the files. Each is put in its place whole; what a head stands above is there before the head.

    history  a trust file too that tells what held on any past day

    What is in place already and never changes is not written again. Raises NoSigningKey, RecordDamaged, and LogStopped
    where what lies there goes further than this registry's log, or says something else: then this is an old copy.
    """
    _compare(db, head_file, place)
    files = written = 0
    for name, data in _files(db, keyring, head_file, public_url, now, place):
        files += 1
        if data is not None and _put(place / name, data):
            written += 1
    if history:
        files += 1
        written += _put(place / HISTORY_FILE, signed_trust(db, keyring, public_url, now, history=True)[1])
    return Published(files, written)


def _compare(db: Database, head_file: Path, place: Path) -> None:
    """What was published once is never taken back."""
    keys = log_keys(db)
    for epoch in epochs(db):
        note = read_head(place / f"log/{epoch.number}/checkpoint")
        if note is None:
            continue
        try:
            there = open_checkpoint(note, keys)
            ours = published_log(db, head_file, epoch.number).head
            known = head_at(db, epoch.number, there.size)
        except (MalformedNote, LogNotThere) as fault:
            raise LogStopped(
                f"{place} holds another log than this registry's; choose another directory", "forked"
            ) from (fault)
        if there.size > ours.size:
            raise LogStopped(
                f"{place} says {there.size} entries, and this registry has {ours.size}: it is an old copy. Publish "
                "nothing and issue nothing from here; `bevis log recover` fetches what is missing",
                "database_behind",
            )
        if known is None or known.root != there.root:
            raise LogStopped(f"{place} says something else of the log than this registry; keep both", "forked")


def _files(  # noqa: PLR0913, PLR0917 same
    db: Database, keyring: Keyring, head_file: Path, public_url: str, now: datetime, place: Path
) -> Iterator[tuple[str, bytes | None]]:
    """Names and contents; None for what is there and stays as it is."""
    yield ".well-known/did.json", _json(did_document(db, public_url, None))
    yield ".well-known/jwks.json", _json(jwks(db, public_url, None))
    for each in organisations(db):
        if each.kind != "person":
            yield f"o/{each.slug}/did.json", _json(did_document(db, public_url, each.slug))
            yield f"o/{each.slug}/jwks.json", _json(jwks(db, public_url, each.slug))
    for number in list_numbers(db):
        yield f"status/{number}.jwt", token_status_list(db, keyring, public_url, number, now).encode()
        yield f"status/{number}.cwt", token_status_list_cwt(db, keyring, public_url, number, now)
        for purpose in ("revocation", "suspension"):
            signed = bitstring_status_list(db, keyring, public_url, number, purpose, now)
            yield f"status/{number}/{purpose}", signed.encode()
    keys: list[str] = []
    for epoch in epochs(db):
        with suppress(LogNotThere):
            log = published_log(db, head_file, epoch.number)
            keys.append(log.key.text)
            yield from _log(db, log, place)
    yield "log/keys", "".join(f"{key}\n" for key in keys).encode()
    if sealing := roots_as_pem(db):
        yield SEAL_ROOT_FILE, sealing
    yield TRUST_FILE, signed_trust(db, keyring, public_url, now)[1]


def _log(db: Database, log: PublishedLog, place: Path) -> Iterator[tuple[str, bytes | None]]:
    below = f"log/{log.epoch.number}"
    for tile in tiles_of(log.head.size):
        paths = [(tile_path(tile), tile_bytes)] + ([(bundle_path(tile), bundle_bytes)] if tile.level == 0 else [])
        for path, read in paths:
            name = f"{below}/{path}"
            there = tile.width == WIDTH and (place / name).exists()
            yield name, None if there else read(db, log, tile)
    yield f"{below}/checkpoint", log.head.note.encode()


def _json(document: object) -> bytes:
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()


def _put(file: Path, data: bytes) -> bool:
    """All of it or nothing; whether anything was written."""
    with suppress(OSError):
        if file.read_bytes() == data:
            return False
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with fresh.open("wb") as opened:
            opened.write(data)
            opened.flush()
            os.fsync(opened.fileno())
        fresh.replace(file)
    finally:
        fresh.unlink(missing_ok=True)
    return True
