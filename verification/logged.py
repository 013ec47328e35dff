"""Whether a certificate stands in the registry's log: by its proof, by its code, or by the register's own record.

A stolen key signs anything; what it signs outside the registry stands in no log.
"""

from collections.abc import Iterator
from datetime import date, timedelta

from verification.case import Case
from verification.certificate import day_at
from verification.findings import Finding
from verification.log.checkpoint import open_checkpoint
from verification.log.entry import SALT_BYTES, MalformedEntry, commitment, read_entry
from verification.log.note import MalformedNote
from verification.log.proof import LogProof
from verification.log.tree import MalformedProof, includes, leaf_hash

_LATER = timedelta(days=1)
_NO_PROOF = Finding("log_proof_invalid", "failed")
_NOT_THERE = Finding("not_in_log", "could_not_check")


def logged(case: Case) -> Iterator[Finding]:
    """The findings about the log; none where the trust knows of no log."""
    if not case.trust.logs:
        return
    if case.proof is not None and case.text is not None:
        yield from _by_proof(case, case.proof, case.text)
        return
    index = log_index(case)
    yield _NOT_THERE if index is None else Finding("in_log", "passed", {"index": index})


def proven_index(case: Case) -> int | None:
    """Where it stands in the log that is written to, by its own proof, its code, or the register; else None."""
    # A code names a place and no log. Where there has been more than one, only a proof tells which.
    if case.proof is None:
        return log_index(case) if len(case.trust.logs) == 1 else None
    if not case.trust.logs or not case.proof.checkpoint.startswith(f"{case.trust.logs[-1].origin}\n"):
        return None
    good = any(finding.code == "in_log" for finding in logged(case))
    return case.proof.log_index if good else None


def log_index(case: Case) -> int | None:
    """Where it stands as far as its code or the register says; None where neither does."""
    recorded = case.history[0].log_index if case.history else None
    return case.seen.log_index if recorded is None else recorded


def _by_proof(case: Case, proof: LogProof, text: str) -> Iterator[Finding]:
    try:
        checkpoint = open_checkpoint(proof.checkpoint, [log.note_key for log in case.trust.logs])
    except MalformedNote:
        yield _NO_PROOF
        return
    log = next(log for log in case.trust.logs if log.origin == checkpoint.origin)
    if log.closed_at is not None and checkpoint.size > log.closed_at:
        yield _NO_PROOF  # nobody signed that before it was closed
        return
    day = _day_of(case, proof, text, checkpoint.size, checkpoint.root)
    if day is None:
        yield _NO_PROOF
        return
    yield Finding("in_log", "passed", {"index": proof.log_index})
    said = day_at(case.signed_at, case.seen.time_zone)
    if day > said + _LATER:
        yield Finding("date_not_proven", "could_not_check", {"day": said, "logged": day})


def _day_of(case: Case, proof: LogProof, text: str, size: int, root: bytes) -> date | None:
    """The day under which it was entered, where the proof holds and is about this certificate.

    What the proof has beside it is the salt and the entry; nobody has signed either, but the head stands above the
    entry, and the entry commits to the certificate.
    """
    salt, entry = proof.extra[:SALT_BYTES], proof.extra[SALT_BYTES:]
    try:
        said = read_entry(entry).members
        meant = {
            "type": "certificate.issued",
            "issuer": case.seen.issuer,
            "kid": case.key.kid,
            "scheme": case.seen.scheme,
            "c": commitment("certificate", salt, text.encode()),
        }
        same = all(said.get(member) == value for member, value in meant.items())
        found = same and includes(leaf_hash(entry), proof.log_index, size, proof.path, root)
        return date.fromisoformat(str(said["day"])) if found else None
    except (MalformedProof, MalformedEntry, ValueError):
        return None
