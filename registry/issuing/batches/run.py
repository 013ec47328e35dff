"""A batch under way: rows are taken, pressed, and kept, each time in a transaction that looks at all it rests on.

Whatever happens between two transactions, a row has its certificate, its place and its first event, or none of them. A
run that begins again finds the rows that have theirs and goes on with the others; places that were drawn for what was
in hand stay empty.
"""

from collections import deque
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any

from registry.errors import (
    NOT_STORED,
    BatchNotFound,
    OwnProofFailed,
    RecordDamaged,
    Refusal,
    WrongMasterKey,
)
from registry.issuing.batches.footing import Footing, Listed, as_good, listed_in, look
from registry.issuing.batches.hand_out import hand_out, settle_otherwise
from registry.issuing.batches.issue_batch import batch_result
from registry.issuing.batches.progress import Progress, progress_of, reason_of
from registry.issuing.changes.withdraw import replace_renewed
from registry.issuing.decisions.approving import last_asked
from registry.issuing.decisions.decide import Decision
from registry.issuing.lists.outcome import BatchResult
from registry.issuing.pressing.hands import Hands, hands_for
from registry.issuing.pressing.in_hand import InHand, same_certificate
from registry.issuing.pressing.press import Signers
from registry.issuing.pressing.sign import Signed, Snapshots, signed
from registry.records.actors.approvals import Approval
from registry.records.issued.batches import (
    Batch,
    BatchState,
    KeptRow,
    append_batch_event,
    batch_by_id,
    decided_in_turn,
    rows_of,
    settle_rows,
)
from registry.records.issued.certificates import keep_issued, reserve_places
from registry.records.parties.signing_keys import SigningKey, key_that_signs
from registry.records.persons.people import Known
from registry.records.store.database import Database
from registry.records.whole.directory import Registry
from registry.signing.keys import Keyring
from registry.signing.published import build_trust

CHUNK = 1000  # rows a transaction: others may write in between
_UNDER_WAY = frozenset({"waiting", "issuing"})
_OURS = (OwnProofFailed, RecordDamaged, WrongMasterKey)  # faults of the registry, not of what was asked


class BatchRun:
    """Issues what is pending of one batch. `chunk` until its progress is no longer `issuing`, then `close`."""

    def __init__(  # noqa: PLR0913, PLR0917 which, where, when, how
        self,
        registry: Registry,
        keyring: Keyring,
        batch_id: str,
        clock: Callable[[], datetime],
        rows: int = CHUNK,
        cores: int | None = None,
    ) -> None:
        """rows: at most, in one chunk; cores: None = all there are."""
        self._registry, self._keyring, self._batch_id, self._clock = registry, keyring, batch_id, clock
        self._rows, self._cores = rows, cores
        self._listed: Listed = listed_in([])
        self._footing: Footing | None = None
        self._signers: tuple[int, Signers] | None = None  # found at which look
        self._hands: Hands | None = None
        self._in_hand: deque[InHand] = deque()
        self._after = -1  # rows up to there were taken
        self._looks = 0
        self._snapshots = Snapshots()

    def begin(self) -> Progress:
        """Take up the batch: one that waits is issued from now on if somebody has approved it. Then `close`.

        Raises BatchNotFound, and NOT_STORED.
        """
        try:
            with self._registry.writing() as db:
                return self._begin(db, self._clock())
        except BaseException as fault:
            self.close()
            if not isinstance(fault, Refusal) or isinstance(fault, (BatchNotFound, *NOT_STORED)):
                raise
            return self._stop(fault)

    def wait(self) -> None:
        """Until there is something to keep; nothing is locked meanwhile. What goes wrong, `chunk` tells."""
        if self._in_hand:
            with suppress(Refusal):
                self._in_hand[0].pressed()

    def chunk(self) -> Progress:
        """Keep what was pressed and take the next rows; a batch that may not go on is held, with the reason.

        Raises NOT_STORED.
        """
        self.wait()
        try:
            with self._registry.writing() as db:
                progress = self._chunk(db, self._clock())
            self._press(progress.left)
        except BaseException as fault:
            self.close()
            if not isinstance(fault, Refusal) or isinstance(fault, NOT_STORED):
                raise
            return self._stop(fault)
        return progress

    def fail(self, why: str) -> Progress:
        """Something happened that nobody foresaw: it is not tried again until somebody says so."""
        with self._registry.writing() as db:
            batch = batch_by_id(db, self._batch_id)
            if batch.state in _UNDER_WAY:
                append_batch_event(
                    db, batch, "failed", at=self._clock(), actor=batch.created_by, reason="fault", detail=why
                )
            return progress_of(batch)

    def close(self) -> None:
        """Let go of what is in hand; it is taken again by whoever runs the batch next."""
        self._in_hand.clear()
        self._footing, self._after = None, -1
        if self._hands is not None:
            self._hands.close()
            self._hands = None

    def _begin(self, db: Database, now: datetime) -> Progress:
        batch = batch_by_id(db, self._batch_id)
        if batch.state not in _UNDER_WAY or (batch.state == "waiting" and _is_open(last_asked(db, batch))):
            return progress_of(batch)
        if self._hands is None:
            self._hands = hands_for(batch.pending, self._cores)  # they get ready while the list is read
        self._listed = listed_in(decided_in_turn(db, batch))
        if batch.state == "waiting":
            approval = self._look(db, batch, now).approval(db, batch, self._listed, now)
            append_batch_event(db, batch, "issuing", at=now, actor=str(approval.decided_by), note=approval.public_id)
        self._keyring.prepare(db, now, batch.created_by)
        return progress_of(batch)

    def _chunk(self, db: Database, now: datetime) -> Progress:
        batch = batch_by_id(db, self._batch_id)
        if batch.state != "issuing":
            self.close()
            return progress_of(batch)
        footing = self._look(db, batch, now)
        approval = footing.entitled(db, batch, self._listed, now)
        key = key_that_signs(db, "organisation", footing.desk.occasion.issuer, now)
        if key is not None and key.held_by_owner:
            return self._handed_out(db, batch, footing, key, now)
        if self._in_hand:
            self._keep(db, batch, footing, self._in_hand.popleft(), approval, now)
        while batch.pending and len(self._in_hand) < self._ahead and self._take(db, batch, footing, now):
            pass
        if batch.pending == 0:
            append_batch_event(db, batch, "done", at=now, actor=batch.created_by)
        return progress_of(batch)

    def _handed_out(self, db: Database, batch: Batch, footing: Footing, key: SigningKey, now: datetime) -> Progress:
        """The issuer's own key signs, elsewhere: write what it is to sign; once all is written, wait for it."""
        self._in_hand.clear()
        self._after = -1
        more = hand_out(db, self._keyring, self._registry.public_url, batch, footing, self._listed, key, now)
        if not more:
            kind: BatchState = "signing" if batch.pending else "done"
            append_batch_event(db, batch, kind, at=now, actor=batch.created_by)
        return progress_of(batch)

    def _look(self, db: Database, batch: Batch, now: datetime) -> Footing:
        """What it rests on, from the records, unless nothing has changed since the last chunk."""
        known = self._footing.later(db, now) if self._footing else None
        if known is None:
            self._looks += 1
            known = look(db, batch, now, self._looks)
        self._footing = known
        return known

    # --- taken and pressed -----------------------------------------------------------------------------------------

    @property
    def _ahead(self) -> int:
        return self._hands.ahead if self._hands else 1

    def _take(self, db: Database, batch: Batch, footing: Footing, now: datetime) -> bool:
        """The next rows, decided anew, with places for those to be pressed; whether there were any."""
        rows = self._next_rows(db, batch)
        decisions = footing.decide(db, rows)
        by_row = {row.row: row for row in rows}
        self._listed.check(by_row, decisions)
        settle_otherwise(db, batch, by_row, decisions, now)
        to_press = [each for each in decisions if each.decided is not None]
        if to_press:
            places = reserve_places(db, len(to_press), now)
            signers = self._who_signs(db, footing, {number for number, _ in places}, now)
            self._in_hand.append(InHand(by_row, to_press, places, footing.look, signers, now))
        return bool(rows)

    def _next_rows(self, db: Database, batch: Batch) -> list[KeptRow]:
        rows = rows_of(db, batch, after=self._after, outcome="pending", limit=self._rows)
        if not rows and not self._in_hand:
            # What was let go of before; now nothing can be taken twice.
            rows = rows_of(db, batch, outcome="pending", limit=self._rows)
            if not rows:
                raise RecordDamaged(f"{batch.public_id} counts {batch.pending} rows that wait, and has none")
        self._after = rows[-1].row if rows else self._after
        return rows

    def _who_signs(self, db: Database, footing: Footing, lists: set[int], now: datetime) -> Signers:
        """lists: those that places were drawn in."""
        look, known = self._signers or (0, None)
        if known is None or look != footing.look or not lists <= known.trust.status_lists.keys():
            organisation, url = footing.desk.occasion.issuer, self._registry.public_url
            known = Signers(
                organisation=organisation,
                public_url=url,
                trust=build_trust(db, url, now, lists=lists),
                issuer=self._keyring.organisation_signer(db, organisation, now),
                attestation=self._keyring.attestation_signer(db, now),
            )
            self._signers = footing.look, known
        return known

    def _press(self, left: int) -> None:
        for each in self._in_hand:
            if self._hands is None:
                self._hands = hands_for(left, self._cores)
            each.press(self._hands)

    # --- kept ------------------------------------------------------------------------------------------------------

    def _keep(  # noqa: PLR0913, PLR0917 all that is kept
        self, db: Database, batch: Batch, footing: Footing, taken: InHand, approval: str | None, now: datetime
    ) -> None:
        decisions = taken.decisions
        if taken.look != footing.look:
            decisions = self._looked_at_again(db, batch, footing, taken, now)
        pressed = taken.pressed()
        kid = taken.signers.issuer.key().kid
        kept = [
            (each, signed(pressed[each.row], each.decided, taken.now, kid, self._snapshots))
            for each in decisions
            if each.decided is not None
        ]
        self._keep_signed(db, batch, kept, approval)
        if footing.desk.scheme.validity.renewal_replaces:
            replace_renewed(db, {one.columns["renews"]: one.number for _, one in kept}, now, batch.created_by)
        settle_rows(db, batch, {taken.rows[one.row].id: one.number for _, one in kept}, now)

    @staticmethod
    def _keep_signed(db: Database, batch: Batch, kept: list[tuple[Decision, Signed]], approval: str | None) -> None:
        shared: dict[str, Any] = {"occasion_id": batch.occasion_id, "batch_id": batch.id}
        of_people = [
            {**one.columns, **shared, "person_id": decision.person.id} for decision, one in kept if decision.person
        ]
        ways = {each.person.id: each.person.way for each, _ in kept if isinstance(each.person, Known)}
        keep_issued(db, of_people, batch.created_by, approval, ways)

    def _looked_at_again(
        self, db: Database, batch: Batch, footing: Footing, taken: InHand, now: datetime
    ) -> list[Decision]:
        """Somebody changed something while it was pressed: those decisions that come out as before, or just as well.

        The others of it wait to be taken again; those who got theirs otherwise are settled.
        """
        first = min(taken.rows)
        pending = rows_of(db, batch, after=first - 1, outcome="pending", limit=len(taken.rows))
        rows = {row.row: row for row in pending if row.row in taken.rows}
        decisions = footing.decide(db, rows.values())
        self._listed.check(rows, decisions)
        settle_otherwise(db, batch, rows, decisions, now)
        if not as_good(taken.signers, self._who_signs(db, footing, taken.lists, now)):
            return []
        before = {each.row: each for each in taken.decisions}
        return [each for each in decisions if each.row in before and same_certificate(each, before[each.row])]

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
    try:
        progress = run.begin()
        while progress.state == "issuing":
            progress = run.chunk()
    finally:
        run.close()
    with registry.reading() as db:
        return batch_result(db, batch_by_id(db, batch_id))


def _is_open(approval: Approval | None) -> bool:
    return approval is not None and approval.state == "open"
