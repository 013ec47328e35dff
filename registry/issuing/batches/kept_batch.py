"""What was decided about a class list to what is kept of it, and back to what is decided again. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from registry.issuing.decisions.decide import Decision
from registry.issuing.decisions.desk import Desk
from registry.issuing.decisions.wish import Wish
from registry.issuing.lists.kept_row import kept_form, name_alone
from registry.issuing.lists.roster_row import Roster
from registry.records.issued.batches import Batch, KeptRow
from registry.records.store.database import new_id
from registry.records.store.kept_once import text_digest


@dataclass(frozen=True)
class KeptDecisions:
    """Rows as they are kept, and the evidence they refer to, by its digest."""

    rows: Sequence[KeptRow]
    evidence: Mapping[str, str]

    def held_back(self, wish: Wish) -> bool:
        """Whether nothing is issued because of rows with faults."""
        faulty = sum(row.outcome == "fault" for row in self.rows)
        return faulty == len(self.rows) or (faulty > 0 and not wish.issue_good_rows)

    @property
    def to_issue(self) -> list[KeptRow]:
        """The rows whose certificates are still to come."""
        return [row for row in self.rows if row.outcome == "pending"]


def kept_decisions(
    decisions: Iterable[Decision], known: Mapping[int, KeptRow] | None = None, *, with_numbers: bool = False
) -> KeptDecisions:
    """Decisions as they are kept; what was issued already stays as it is.

    known         the rows of the batch that are kept already, by their line in the file
    with_numbers  whether the rows keep theirs, sealed: nobody is recorded from them yet
    """
    before, evidence = known or {}, {}
    rows: list[KeptRow] = []
    for each in decisions:
        former = before.get(each.row)
        if former is not None and former.outcome == "issued":
            rows.append(former)
            continue
        digest = None
        if each.evidence is not None:
            digest = text_digest(each.evidence)
            evidence[digest] = each.evidence
        rows.append(_kept(each, digest, new_id() if former is None else former.id, with_numbers=with_numbers))
    return KeptDecisions(rows, evidence)


def _kept(decision: Decision, digest: str | None, identity: UUID, *, with_numbers: bool) -> KeptRow:
    return KeptRow(
        id=identity,
        row=decision.row,
        outcome=decision.outcome,
        read=name_alone(decision.name)
        if decision.read is None
        else kept_form(decision.read, with_numbers=with_numbers),
        person_id=None if decision.person is None else decision.person.id,
        level=decision.level and decision.level.value,
        attained=decision.attained and decision.attained.value,
        asked=decision.asked and decision.asked.value,
        evidence=digest,
        unmet=list(decision.unmet),
        faults=[each.kept_form() for each in decision.faults],
        number=decision.number,
    )


def new_batch(desk: Desk, roster: Roster, wish: Wish, now: datetime, actor: str) -> Batch:
    """A batch of that list, without its rows."""
    identity = new_id()
    return Batch(
        id=identity,
        public_id=f"batch-{identity.hex[-12:]}",
        occasion_id=desk.record.id,
        issuer=desk.occasion.issuer,
        digest=roster.digest,
        headers=dict(roster.headers),
        wish=wish.key(),
        asked=wish.asked and wish.asked.value,
        good_rows=wish.issue_good_rows,
        at_attained=wish.issue_at_attained,
        edition=desk.rules.edition,
        ceiling=desk.ceiling.value,
        state="received",
        created_at=now,
        created_by=actor,
        changed_at=now,
    )
