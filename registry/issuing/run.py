"""A batch under way: chunk after chunk, each in a transaction of its own that looks again at all it rests on.

Whatever happens between two chunks, a row has its certificate, its place and its first event, or none of them. A run
that begins again finds the rows that have theirs and goes on with the others.
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from levels.level import Level
from registry.errors import BatchChanged, BatchNotFound, OwnProofFailed, RecordDamaged, Refusal, WrongMasterKey
from registry.issuing.approving import approved, content_of, last_asked
from registry.issuing.decide import Decided, Decider, Decision
from registry.issuing.desk import Desk
from registry.issuing.four_eyes import counts_of, needs_two, row_line, rows_digest
from registry.issuing.issue_batch import batch_result
from registry.issuing.kept_batch import kept_decisions
from registry.issuing.kept_row import row_of
from registry.issuing.outcome import BatchResult
from registry.issuing.participation import NOTHING_SHOWN
from registry.issuing.sign import Signed, Signers, sign
from registry.issuing.wish import wish_of
from registry.issuing.withdraw import replace_renewed
from registry.records.approvals import Approval
from registry.records.batches import (
    Batch,
    BatchState,
    KeptRow,
    append_batch_event,
    batch_by_id,
    rows_of,
    settle_rows,
    write_rows,
)
from registry.records.certificates import keep_issued, reserve_places
from registry.records.database import Database
from registry.records.directory import Registry
from registry.records.mandates import mandate_in_force
from registry.records.occasions import occasion_of
from registry.records.people import people_by_id, standing_for
from registry.signing.keys import Keyring
from registry.signing.published import build_trust

CHUNK = 500  # rows a transaction: others may write in between
_UNDER_WAY = frozenset({"waiting", "issuing"})
_OURS = (OwnProofFailed, RecordDamaged, WrongMasterKey)  # faults of the registry, not of what was asked


@dataclass(frozen=True)
class Progress:
    """How far a batch has come. settled: rows of which it is known what became of them."""

    batch: str
    state: BatchState
    rows: int
    settled: int
    issued: int


def progress_of(batch: Batch) -> Progress:
    """As the batch's own row tells it."""
    return Progress(batch.public_id, batch.state, batch.rows, batch.settled, batch.issued)


class BatchRun:
    """Issues what is pending of one batch. `chunk` until its progress is no longer `issuing`."""

    def __init__(
        self, registry: Registry, keyring: Keyring, batch_id: str, clock: Callable[[], datetime], rows: int = CHUNK
    ) -> None:
        """rows: at most, in one chunk."""
        self._registry, self._keyring, self._batch_id, self._clock, self._rows = (
            registry,
            keyring,
            batch_id,
            clock,
            rows,
        )
        self._lines: Mapping[int, bytes] = {}
        self._content: tuple[str, dict[str, int]] = ("", {})

    def begin(self) -> Progress:
        """Take up the batch: one that waits is issued from now on if somebody has approved it.

        Raises BatchNotFound.
        """
        try:
            with self._registry.writing() as db:
                return self._begin(db, self._clock())
        except BatchNotFound:
            raise
        except Refusal as refused:
            return self._stop(refused)

    def chunk(self) -> Progress:
        """Issue the next rows; a batch that may not go on is held, with the reason."""
        try:
            with self._registry.writing() as db:
                return self._issue(db, self._clock())
        except Refusal as refused:
            return self._stop(refused)

    def fail(self, why: str) -> Progress:
        """Something happened that nobody foresaw: it is not tried again until somebody says so."""
        with self._registry.writing() as db:
            batch = batch_by_id(db, self._batch_id)
            if batch.state in _UNDER_WAY:
                append_batch_event(
                    db, batch, "failed", at=self._clock(), actor=batch.created_by, reason="fault", detail=why
                )
            return progress_of(batch)

    def _begin(self, db: Database, now: datetime) -> Progress:
        batch = batch_by_id(db, self._batch_id)
        if batch.state not in _UNDER_WAY or (batch.state == "waiting" and _is_open(last_asked(db, batch))):
            return progress_of(batch)
        rows = rows_of(db, batch)
        self._lines = {row.row: _short(row_line(row)) for row in rows}
        self._content = (rows_digest(rows), counts_of(rows))
        if batch.state == "waiting":
            desk = Desk(db, occasion_of(db, batch.occasion_id), now)
            approval = self._approval(db, batch, desk, now)
            append_batch_event(db, batch, "issuing", at=now, actor=str(approval.decided_by), note=approval.public_id)
        self._keyring.prepare(db, now, batch.created_by)
        return progress_of(batch)

    def _issue(self, db: Database, now: datetime) -> Progress:
        batch = batch_by_id(db, self._batch_id)
        if batch.state != "issuing":
            return progress_of(batch)
        rows = rows_of(db, batch, outcome="pending", limit=self._rows)
        desk = Desk(db, occasion_of(db, batch.occasion_id), now)
        approval = self._entitled(db, batch, desk, rows, now)
        decisions = self._decided(db, batch, desk, rows)
        signed = self._signed(db, desk, decisions, now)
        self._keep(db, desk, batch, rows, decisions, signed, approval, now)
        if batch.pending == 0:
            append_batch_event(db, batch, "done", at=now, actor=batch.created_by)
        return progress_of(batch)

    # --- what a chunk rests on, looked at inside its transaction ---------------------------------------------------

    def _entitled(self, db: Database, batch: Batch, desk: Desk, rows: list[KeptRow], now: datetime) -> Approval | None:
        """Mandate, and the decision of the second person. The desk has looked at issuer, scheme and occasion."""
        mandate_in_force(db, desk.occasion.issuer, desk.scheme.code, desk.scheme.version, desk.today)
        levels = {Level(row.level) for row in rows if row.level}
        if not needs_two(levels, two_at_d=desk.scheme.four_eyes_at_d):
            return None
        return self._approval(db, batch, desk, now)

    def _approval(self, db: Database, batch: Batch, desk: Desk, now: datetime) -> Approval:
        rows, counts = self._content
        return approved(db, batch, desk, content_of(db, batch, desk, rows, counts), now)

    def _decided(self, db: Database, batch: Batch, desk: Desk, rows: list[KeptRow]) -> list[Decision]:
        """Each row decided anew, from what is on record now. Raises BatchChanged where one comes out otherwise."""
        people = standing_for(db, people_by_id(db, (row.person_id for row in rows if row.person_id)).values())
        ids = {person.id for person in people.values()}
        decider = Decider(
            *(desk, wish_of(batch), desk.standing(ids), desk.held(ids), desk.held_before(ids)),
            portraits=desk.with_portrait(ids),
        )
        read = [row_of(row.row, row.read or {}) for row in rows]
        shown = desk.participations(read)
        decisions: list[Decision] = []
        for row, listed in zip(rows, read, strict=True):
            person = people[row.person_id] if row.person_id else None
            decision = decider.decide(listed, person, shown.get(row.row, NOTHING_SHOWN))
            if (
                decision.outcome == "pending"
                and _short(row_line(kept_decisions([decision]).rows[0])) != self._lines[row.row]
            ):
                decision = Decision(row.row, "fault")
            if decision.outcome == "fault" or (decision.outcome == "refused" and decision.evidence is not None):
                raise BatchChanged(f"row {row.row} no longer comes out as it was decided")
            decisions.append(decision)
        return decisions

    # --- signed and kept -------------------------------------------------------------------------------------------

    def _signed(self, db: Database, desk: Desk, decisions: list[Decision], now: datetime) -> list[Signed]:
        decided: list[Decided] = [each.decided for each in decisions if each.decided is not None]
        if not decided:
            return []
        places = reserve_places(db, len(decided), now)
        signers = Signers(
            organisation=desk.occasion.issuer,
            public_url=self._registry.public_url,
            trust=build_trust(db, self._registry.public_url, now),
            issuer=self._keyring.organisation_signer(db, desk.occasion.issuer, now),
            attestation=self._keyring.attestation_signer(db, now),
        )
        return sign(signers, list(zip(decided, places, strict=True)), now)

    def _keep(  # noqa: PLR0913, PLR0917 all that is kept
        self,
        db: Database,
        desk: Desk,
        batch: Batch,
        rows: list[KeptRow],
        decisions: list[Decision],
        signed: list[Signed],
        approval: Approval | None,
        now: datetime,
    ) -> None:
        by_row = {row.row: row for row in rows}
        people = {each.row: each.person.id for each in decisions if each.person is not None}
        shared: dict[str, Any] = {"occasion_id": batch.occasion_id, "batch_id": batch.id}
        keep_issued(
            db,
            [{**each.columns, **shared, "person_id": people[each.row]} for each in signed],
            batch.created_by,
            approval.public_id if approval else None,
        )
        if desk.scheme.validity.renewal_replaces:
            replace_renewed(db, {each.columns["renews"]: each.number for each in signed}, now, batch.created_by)
        settle_rows(db, batch, {by_row[each.row].id: each.number for each in signed}, now)
        # Somebody else issued to them meanwhile, from another list for the same occasion.
        others = [each for each in decisions if each.outcome != "pending"]
        if others:
            write_rows(db, batch, [_otherwise(by_row[each.row], each) for each in others], now)

    def _stop(self, refused: Refusal) -> Progress:
        """Nothing of the chunk was kept; the rest waits until somebody acts."""
        with self._registry.writing() as db:
            batch = batch_by_id(db, self._batch_id)
            if batch.state in _UNDER_WAY:
                append_batch_event(
                    db,
                    batch,
                    "failed" if isinstance(refused, _OURS) else "held",
                    at=self._clock(),
                    actor=batch.created_by,
                    reason=reason_of(refused),
                    detail=str(refused),
                )
            return progress_of(batch)


def run_batch(registry: Registry, keyring: Keyring, batch_id: str, clock: Callable[[], datetime]) -> BatchResult:
    """A batch to its end, or until it stops, and what became of it. Raises BatchNotFound."""
    run = BatchRun(registry, keyring, batch_id, clock)
    progress = run.begin()
    while progress.state == "issuing":
        progress = run.chunk()
    with registry.reading() as db:
        return batch_result(db, batch_by_id(db, batch_id))


def _is_open(approval: Approval | None) -> bool:
    return approval is not None and approval.state == "open"


def reason_of(refused: Refusal) -> str:
    """A refusal as a code, such as issuer_not_authorised."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", type(refused).__name__).lower()


def _otherwise(row: KeptRow, decision: Decision) -> KeptRow:
    """What came of a row instead; what was decided about it stays as it was."""
    faults = [each.kept_form() for each in decision.faults]
    return replace(row, outcome=decision.outcome, number=decision.number, faults=faults)


def _short(line: bytes) -> bytes:
    return hashlib.sha256(line).digest()[:16]
