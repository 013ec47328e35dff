"""What the rows of a batch are issued on: looked at inside a transaction, and anew once anybody has changed anything.

The registry counts every committed change. While it has grown by our own alone, and no day has ended anywhere, all that
was read before is still so.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from levels.level import Level
from registry.errors import BatchChanged
from registry.issuing.decisions.approving import approved, content_of
from registry.issuing.decisions.decide import Decider, Decision
from registry.issuing.decisions.desk import Desk, OfPeople
from registry.issuing.decisions.four_eyes import count_one, digest_of_lines, needs_two, row_line
from registry.issuing.decisions.wish import wish_of
from registry.issuing.lists.kept_row import row_of
from registry.issuing.pressing.press import Signers
from registry.issuing.sittings.participation import NOTHING_SHOWN
from registry.records.actors.approvals import Approval
from registry.records.issued.batches import Batch, DecidedRow, KeptRow
from registry.records.mandates.mandate_authority import mandate_in_force
from registry.records.persons.people import known_by_id
from registry.records.sittings.occasions import occasion_of
from registry.records.store.database import Database, revision
from registry.records.store.kept_once import text_digest
from verification.trust import Trust

# Wherever it is midnight, it is so at the end of a quarter of an hour.
_QUARTER_SECONDS = 15 * 60


@dataclass(frozen=True)
class Footing:
    """What is known of a batch in one transaction.

    look  which look it was: of two with the same number nothing has changed in between
    """

    desk: Desk
    decider: Decider
    look: int
    _changes: int
    _quarter: int

    def later(self, db: Database, now: datetime) -> "Footing | None":
        """The same in another transaction; None where something may have changed."""
        changes, quarter = revision(db), _quarter(now)
        if (changes, quarter) != (self._changes, self._quarter):
            return None
        return replace(self, desk=self.desk.later(db, now), _changes=changes + 1)

    def decide(self, db: Database, rows: Iterable[KeptRow]) -> list[Decision]:
        """Each row decided anew, from what is on record now."""
        kept = list(rows)
        people = known_by_id(db, (row.person_id for row in kept if row.person_id))
        desk = self.desk
        read = [row_of(row.row, row.read or {}) for row in kept]
        self.decider.go_on(desk, desk.of_people({person.id for person in people.values()}, read))
        shown = desk.participations(read)
        return [
            self.decider.decide(
                listed, people[row.person_id] if row.person_id else None, shown.get(row.row, NOTHING_SHOWN)
            )
            for row, listed in zip(kept, read, strict=True)
        ]

    def entitled(self, db: Database, batch: Batch, listed: "Listed", now: datetime) -> str | None:
        """That the mandate holds, and the second person's decision where there has to be one; gives the latter's id.

        Raises IssuerNotAuthorised, ApprovalNeeded, TookPart.
        """
        occasion, scheme = self.desk.occasion, self.desk.scheme
        mandate_in_force(db, occasion.issuer, scheme.code, scheme.version, self.desk.today)
        if not needs_two(listed.levels, two_at_d=scheme.four_eyes_at_d):
            return None
        return self.approval(db, batch, listed, now).public_id

    def approval(self, db: Database, batch: Batch, listed: "Listed", now: datetime) -> Approval:
        """The second person's decision about exactly what is on record now. Raises ApprovalNeeded, TookPart."""
        return approved(db, batch, self.desk, content_of(db, batch, self.desk, listed.digest, listed.counts), now)


@dataclass(frozen=True)
class Listed:
    """What was decided about the rows of a batch when it was asked for.

    digest, counts  as `four_eyes` makes them
    levels          of the rows still to be issued
    """

    digest: str
    counts: dict[str, int]
    levels: frozenset[Level]
    _lines: Mapping[int, bytes] = field(repr=False)

    def check(self, rows: Mapping[int, KeptRow], decisions: Iterable[Decision]) -> None:
        """Raises BatchChanged where a row comes out otherwise than it did; somebody who holds theirs now is no such.

        rows  those that were decided anew
        """
        changed = (
            each.row
            for each in decisions
            if each.outcome == "fault"
            or (each.outcome == "refused" and each.evidence is not None)
            or (each.outcome == "pending" and _short(row_line(_decided(rows[each.row], each))) != self._lines[each.row])
        )
        if (row := next(changed, None)) is not None:
            raise BatchChanged(f"row {row} no longer comes out as it was decided")


def _decided(row: KeptRow, decision: Decision) -> DecidedRow:
    """What was decided about it now."""
    return DecidedRow(
        row=row.row,
        outcome=decision.outcome,
        read=row.read,
        level=decision.level and decision.level.value,
        attained=decision.attained and decision.attained.value,
        asked=decision.asked and decision.asked.value,
        evidence=decision.evidence and text_digest(decision.evidence),
        unmet=list(decision.unmet),
    )


def listed_in(rows: Iterable[DecidedRow]) -> Listed:
    """All rows of a batch, as they were decided; each is looked at once and let go."""
    lines: dict[int, bytes] = {}
    counts: dict[str, int] = {}
    levels: set[Level] = set()

    def line_by_line() -> Iterator[bytes]:
        for row in rows:
            line = row_line(row)
            lines[row.row] = _short(line)
            count_one(counts, row)
            if row.outcome == "pending" and row.level:
                levels.add(Level(row.level))
            yield line

    return Listed(digest_of_lines(line_by_line()), counts, frozenset(levels), lines)


def _short(line: bytes) -> bytes:
    return hashlib.sha256(line).digest()[:16]


def look(db: Database, batch: Batch, now: datetime, number: int) -> Footing:
    """From the records. Raises OccasionCancelled, OccasionIncomplete, IssuerNotAuthorised."""
    desk = Desk(db, occasion_of(db, batch.occasion_id), now)
    decider = Decider(desk, wish_of(batch), OfPeople())
    return Footing(desk, decider, number, revision(db) + 1, _quarter(now))


def as_good(one: Signers, other: Signers) -> bool:
    """Whether what the one signed and believed, the other would sign and believe.

    What is on the status lists is not looked at: nobody else ever has a place that was drawn here.
    """
    return one is other or (_who(one) == _who(other) and _beliefs(one.trust) == _beliefs(other.trust))


def _who(signers: Signers) -> tuple[str, str, str, str]:
    return (
        signers.organisation,
        signers.public_url,
        signers.issuer.key().kid,
        signers.attestation.key().kid,
    )


def _beliefs(trust: Trust) -> Mapping[str, object]:
    return {name: value for name, value in trust if name not in {"as_of", "status_lists", "events"}}


def _quarter(now: datetime) -> int:
    return int(now.timestamp() // _QUARTER_SECONDS)
