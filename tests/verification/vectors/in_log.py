"""Vectors on the log: what proves that a certificate stands there, and what a stolen key has spoilt."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from functools import cache

from levels.level import Level
from tests.verification.vectors.ground import (
    CERTIFICATE,
    ISSUED_AT,
    KNOWN,
    LOG,
    RETIRED_IN_THE_LOG,
    STOLEN_IN_THE_LOG,
    TestKey,
    Vector,
    certificate,
    code,
    document,
    good,
    issuer_key,
    shown,
    unread,
)
from verification.certificate import Certificate
from verification.log.checkpoint import Checkpoint
from verification.log.entry import commitment, write_entry
from verification.log.note import sign_note
from verification.log.proof import LogProof, read_proof, write_proof
from verification.log.tiles import Edge, inclusion_path
from verification.log.tree import leaf_hash
from verification.presented import with_proof

SIZE = 600
STOLEN = "stolen-but-known"
_PLACES = {"good": 100, "late": 300, "stolen-early": 150, "stolen-late": 450}
_RETIRED = {"retired-early": (151, ISSUED_AT.date()), "retired-late": (453, date(2026, 6, 3))}


def document_in_log(name: str) -> str:
    """A full certificate with its proof."""
    return with_proof(_documents()[name], _proof(name))


def vectors() -> Iterator[Vector]:
    """All of them, asked with the trust that knows a log."""
    for vector in _vectors():
        yield replace(vector, trust="with-a-log")


def _retired() -> Iterator[Vector]:
    """What a retired key signed stays good, where it stood in the log by then, whatever date it bears."""
    texts = {name: with_proof(_documents()[name], _proof(name)) for name in _RETIRED}
    yield good("logged-before-its-key-ended", "The key was retired later.", texts["retired-early"], also=("key_good",))
    yield shown(
        "logged-when-its-key-had-ended",
        "Dated before the key was retired, and logged after: the date is not proven.",
        texts["retired-late"],
        "unknown",
        "date_not_proven",
    )
    yield shown(
        "logged-nowhere-by-a-retired-key",
        "Dated before the key was retired; nothing shows when it was signed.",
        _documents()["retired-late"],
        "unknown",
        "not_in_log",
    )


def _code_keys() -> Iterator[Vector]:
    """A key for codes signs for no entry after it; of a stolen one only what it may have signed truly lives."""
    yield good("logged-last-of-its-key", "The last entry its key may name.", code(key="ended", log_index=499))
    yield shown(
        "logged-after-its-key",
        "An entry that was not there yet when the key ended.",
        code(key="ended", log_index=500),
        "signature_invalid",
        "code_after_its_key",
    )
    yield shown(
        "logged-after-its-key-in-time-to-come",
        "An entry that is not there at all.",
        code(key="ended", log_index=2**53 - 1),
        "signature_invalid",
        "code_after_its_key",
    )
    for place, one in KNOWN:
        yield good(
            f"logged-code-{place}-survives",
            "The key is stolen; the registry would make just this code.",
            code(one, STOLEN, place),
            number=one.number,
            also=("code_known",),
        )
    place, known = KNOWN[1]
    forged = (
        ("with-another-name", {"holder_name": "Tjuv Tjuvsson"}, place),
        ("with-another-number", {"number": CERTIFICATE.number}, place),
        ("at-another-level", {"level": Level.B}, place),
        ("at-the-place-before", {}, place - 1),
        ("at-the-place-after", {}, place + 1),
        ("at-no-place", {}, None),
        ("at-place-zero", {}, 0),
    )
    for name, facts, index in forged:
        one = known.model_copy(update=facts)
        codes = ("key_compromised",) if index is not None else ("key_compromised", "not_in_log")
        yield shown(
            f"logged-code-{name}",
            "The key is stolen, and the registry would not make this code.",
            code(one, STOLEN, index),
            "issuer_key_compromised",
            *codes,
            number=one.number,
        )


def _vectors() -> Iterator[Vector]:
    text, proof = _documents()["good"], _proof("good")
    windows = with_proof(text, proof).replace("\n", "\r\n")
    yield good("logged-good", "The full certificate with its proof.", with_proof(text, proof), also=("in_log",))
    yield good("logged-code", "A code that names its place in the log.", code(), also=("in_log",))
    yield good("logged-with-crlf", "Lines may end as on Windows.", windows, also=("in_log",))
    yield from _code_keys()
    yield from _retired()
    yield shown("logged-without-proof", "The full certificate alone.", text, "unknown", "not_in_log")
    yield shown(
        "logged-code-without-place", "A code that names no place.", code(log_index=None), "unknown", "not_in_log"
    )
    yield _wrong("logged-with-another-proof", "The proof of another certificate.", _proof("stolen-early"))
    read = read_proof(proof)
    yield _wrong("logged-elsewhere", "The next place.", write_proof(read._replace(log_index=101)))
    yield _wrong("logged-path-changed", "A step of the path is another.", write_proof(_flipped(read)))
    yield _wrong("logged-path-short", "The path lacks its last step.", write_proof(read._replace(path=read.path[:-1])))
    yield _wrong("logged-salt-changed", "Another salt.", write_proof(read._replace(extra=bytes(32) + read.extra[32:])))
    yield _wrong(
        "logged-entry-missing", "The salt without the entry.", write_proof(read._replace(extra=read.extra[:32]))
    )
    yield _wrong(
        "logged-entry-of-another-issuer",
        "The entry names another issuer.",
        write_proof(read._replace(extra=read.extra.replace(b"provhuset", b"norrbygg", 1))),
    )
    yield _wrong(
        "logged-head-changed",
        "The head is of another size than was signed.",
        write_proof(read._replace(checkpoint=read.checkpoint.replace(f"\n{SIZE}\n", f"\n{SIZE + 1}\n"))),
    )
    yield _wrong("logged-by-a-stranger", "The head is signed by nobody known.", _proof("good", TestKey(77, "log")))
    yield _wrong(
        "logged-under-another-name", "The head is that of another log.", _proof("good", origin="other.example/log/1")
    )
    yield unread("logged-proof-cut", "The proof ends in the middle.", with_proof(text, proof[:200]))
    yield unread("logged-proof-of-version-2", "A proof of a version that is not known.", _of_version_2(text, proof))
    yield shown(
        "logged-late",
        "It entered the log three days after it says it was issued.",
        with_proof(_documents()["late"], _proof("late")),
        "unknown",
        "date_not_proven",
    )
    yield good(
        "logged-before-the-theft",
        "Its key was stolen; it stood in the log before.",
        with_proof(_documents()["stolen-early"], _proof("stolen-early")),
        also=("in_log", "key_good"),
    )
    yield shown(
        "logged-after-the-theft",
        "Its key was stolen, and it entered the log after that, whatever day it says.",
        with_proof(_documents()["stolen-late"], _proof("stolen-late")),
        "issuer_key_compromised",
        "issuer_key_compromised",
    )
    yield shown(
        "logged-theft-without-proof",
        "Its key was stolen, it says it was issued before, and nothing proves it.",
        _documents()["stolen-early"],
        "unknown",
        "key_time_unproven",
        "not_in_log",
    )
    for place, sound in ((449, True), (450, False), (460, False), (461, True)):
        name, says = f"logged-code-{place}", f"A code for entry {place}; a stolen key has spoilt 450 to 460."
        if sound:
            yield good(name, says, code(log_index=place), also=("in_log",))
        else:
            yield shown(name, says, code(log_index=place), "issuer_key_compromised", "issuer_key_compromised")


def _wrong(name: str, says: str, proof: str) -> Vector:
    return shown(name, says, with_proof(_documents()["good"], proof), "signature_invalid", "log_proof_invalid")


def _flipped(proof: LogProof) -> LogProof:
    step = bytes([proof.path[3][0] ^ 1]) + proof.path[3][1:]
    return proof._replace(path=(*proof.path[:3], step, *proof.path[4:]))


def _of_version_2(text: str, proof: str) -> str:
    return with_proof(text, proof.replace("tlog-proof@v1", "tlog-proof@v2"))


def _said() -> dict[str, tuple[Certificate, TestKey]]:
    return {
        **{name: (certificate(holder_name="Ida Ny"), RETIRED_IN_THE_LOG) for name in _RETIRED},
        "good": (CERTIFICATE, issuer_key()),
        "late": (CERTIFICATE, issuer_key()),
        "stolen-early": (certificate(holder_name="Eva Berg"), STOLEN_IN_THE_LOG),
        "stolen-late": (certificate(holder_name="Ulf Ek"), STOLEN_IN_THE_LOG),
    }


@cache
def _documents() -> dict[str, str]:
    return {name: document(said, key) for name, (said, key) in _said().items()}


def _salt(name: str) -> bytes:
    return name.encode().ljust(32, b".")


@cache
def _entries() -> tuple[bytes, ...]:
    entries = [write_entry("bundle.published", "2026-03-01", {"digest": str(place)}) for place in range(SIZE)]
    entered = {name: (place, ISSUED_AT.date()) for name, place in _PLACES.items()}
    entered |= {"late": (_PLACES["late"], date(2026, 2, 24)), **_RETIRED}
    for name, (place, day) in entered.items():
        said, key = _said()[name]
        members = {
            "issuer": said.issuer.id,
            "kid": key.kid,
            "scheme": said.scheme,
            "c": commitment("certificate", _salt(name), _documents()[name].encode()),
        }
        entries[place] = write_entry("certificate.issued", day.isoformat(), members)
    return tuple(entries)


@cache
def _tree() -> tuple[Edge, dict[tuple[int, int], bytes]]:
    edge = Edge(0, [])
    return edge, dict(edge.add([leaf_hash(entry) for entry in _entries()]))


def _proof(name: str, key: TestKey | None = None, origin: str = LOG.origin) -> str:
    edge, tiles = _tree()
    signer = key or TestKey(60, "log")
    note = sign_note(Checkpoint(origin, SIZE, edge.root()).text, origin, signer.public, signer)
    place = _RETIRED[name][0] if name in _RETIRED else _PLACES[name]
    path = inclusion_path(place, SIZE, lambda level, number: tiles[level, number])
    return write_proof(LogProof(place, tuple(path), note, _salt(name) + _entries()[place]))
