"""The log: how quickly entries get their places, and what a proof costs to make and to check. For `make bench`."""

import time
from collections.abc import Iterator
from datetime import datetime

from bench_bulk import Row, places
from bench_demo import demo

from registry.command_line.place import keyring_of
from registry.records.issued.certificates import certificates, issued_event
from registry.records.log.entries import enter
from registry.records.whole.directory import Registry
from registry.signing.log.keeper import LogKeeper
from registry.signing.log.published import proof_of, published_log
from verification.log.checkpoint import open_checkpoint
from verification.log.proof import read_proof
from verification.log.tree import includes, leaf_hash

AT_ONCE = 256
AIMS = {"SQLite": 20_000, "PostgreSQL": 10_000}  # entries a second
PROOF_MS, CHECK_MS = 1.0, 0.1


def bench_log(now: datetime, *, quick: bool) -> Iterator[Row]:
    """On either database."""
    entries = 600 if quick else 50_000
    with places(quick=quick) as found:
        for name, url in found:
            with demo(now, url) as registry:
                rate = _sequenced(registry, entries, now)
                told = f"entries given their places, {AT_ONCE} at a time, {name}"
                yield told, rate, "/s", "the aim", rate / AIMS[name], 1.0
                made, checked = _proofs(registry, 50 if quick else 500)
                yield f"a proof made, {name}", made, "ms", None, made, PROOF_MS
                yield f"a proof checked, {name}", checked, "ms", None, checked, CHECK_MS


def _sequenced(registry: Registry, entries: int, now: datetime) -> float:
    keyring = keyring_of(registry)
    registry.keep_log(None)
    for start in range(0, entries, 5000):
        with registry.writing() as db:
            for place in range(start, min(entries, start + 5000)):
                enter(db, "bundle.published", now.date(), {"digest": f"{place:064}"})
    keeper = LogKeeper(registry, lambda: keyring, lambda: now, at_once=AT_ONCE)
    begun = time.perf_counter()
    keeper.advance()
    return entries / (time.perf_counter() - begun)


def _proofs(registry: Registry, times: int) -> tuple[float, float]:
    """Milliseconds to make one, and to check one."""
    file = registry.directory / "log.head"
    with registry.reading() as db:
        events = [issued_event(db, row) for row in certificates(db)]
        log = published_log(db, file)
        begun = time.perf_counter()
        texts = [proof_of(db, file, events[turn % len(events)]) for turn in range(times)]
        made = time.perf_counter() - begun
    begun = time.perf_counter()
    for text in texts:
        proof = read_proof(text)
        head = open_checkpoint(proof.checkpoint, [log.key])
        if not includes(leaf_hash(proof.extra[32:]), proof.log_index, head.size, proof.path, head.root):
            raise ValueError("a proof does not hold")
    return 1000 * made / times, 1000 * (time.perf_counter() - begun) / times
