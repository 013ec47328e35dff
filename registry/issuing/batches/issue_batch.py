"""A class list becomes certificates: the journey, one step a line.

Asked for in one transaction (`request_batch`), approved by somebody else where the level asks for it, and issued in
transactions of a thousand rows at most (`BatchRun`), so that a crash, a cancellation or the end of a mandate finds
every row either issued whole or not at all.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import chain

from levels.level import Level
from levels.rulebook import rulebook
from registry.errors import BatchFinished
from registry.issuing.batches.kept_batch import KeptDecisions, kept_decisions, new_batch
from registry.issuing.batches.listed_people import note_conflicts, record_people
from registry.issuing.decisions.approving import ask, last_asked, needs_approval
from registry.issuing.decisions.decide import Decision, decide_roster, decide_rows
from registry.issuing.decisions.desk import Desk
from registry.issuing.decisions.wish import Wish, wish_of
from registry.issuing.lists.class_list import ListKeys
from registry.issuing.lists.kept_row import is_read, row_of, without_numbers
from registry.issuing.lists.on_paper import missing_in
from registry.issuing.lists.outcome import BatchResult, Teller, result_of, told, would_be
from registry.issuing.lists.roster_row import Fault, Roster, RosterRow, fault, fault_again
from registry.records.actors.access import Actor
from registry.records.actors.approvals import drop_request
from registry.records.issued.batches import (
    FINISHED,
    Batch,
    KeptRow,
    append_batch_event,
    batch_by_id,
    batch_like,
    keep_batch,
    keep_decisions,
    rows_of,
    write_read,
)
from registry.records.issued.to_sign import drop_to_sign
from registry.records.sector.schemes import scheme_version
from registry.records.sittings.occasions import Occasion, occasion_by_id, occasion_of
from registry.records.store.database import Database
from registry.records.store.kept_once import texts_of

_NO_WISH = Wish()


def check_batch(db: Database, occasion_id: str, roster: Roster, wish: Wish = _NO_WISH, *, now: datetime) -> BatchResult:
    """What would become of the list. Stores nothing; `issued` means that it would be.

    Raises OccasionNotFound, DecisionInFuture, OccasionIncomplete, IssuerNotAuthorised, AskedTooHigh, EmptyRoster.
    """
    occasion = occasion_by_id(db, occasion_id)
    desk = Desk(db, occasion, now)
    found = kept_decisions(decide_roster(desk, roster, wish))
    teller = Teller(desk.rules, desk.occasion.decided_on, desk.ceiling, found.evidence, roster.headers)
    result = result_of(None, occasion_id, [would_be(row, teller) for row in found.rows])
    said = {"needs_approval": needs_approval(desk, found.to_issue), "warnings": _about_all(db, occasion)}
    return result.model_copy(update=said)


def request_batch(  # noqa: PLR0913 what is asked, of which list, by whom, when
    db: Database,
    occasion_id: str,
    roster: Roster,
    wish: Wish,
    *,
    actor: Actor,
    now: datetime,
    keys: ListKeys | None = None,
) -> BatchResult:
    """Ask for certificates. The same list again for the same occasion with the same wish is the same batch.

    db    a writing transaction; the caller commits
    keys  what national numbers are kept with; needed where the list has any

    The batch is then `held` (a row has faults), `waiting` (somebody else has to approve), `issuing` (`BatchRun`
    does it) or `done` (there is nothing to issue).

    Raises what `check_batch` raises; NotProven and NotAllowed where the level asks for a second person.
    """
    occasion = occasion_by_id(db, occasion_id)
    before = batch_like(db, occasion.id, roster.digest, wish.key())
    if before is not None and _on_its_way(db, before):
        return batch_result(db, before)
    desk = Desk(db, occasion, now)
    decisions = decide_roster(desk, roster, wish)
    if before is not None and before.state == "done":
        found = kept_decisions(decisions)
        if found.held_back(wish) or not found.to_issue:
            return _repeated(desk, before, found)
        before = None
    batch = before or new_batch(desk, roster, wish, now, actor.account)
    return batch_result(db, batch, _settle(db, batch, desk, decisions, actor, now, keys, new=before is None))


def note_refused(db: Database, occasion_id: str, roster: Roster, *, actor: Actor, now: datetime) -> bool:
    """What stays of a list that is refused as a whole: whose number was stated for somebody else. Whether any was.

    Raises what `check_batch` raises.
    """
    decisions = decide_roster(Desk(db, occasion_by_id(db, occasion_id), now), roster, _NO_WISH)
    return bool(note_conflicts(db, decisions, now, actor.account))


def resume_batch(db: Database, batch_id: str, *, actor: Actor, now: datetime, keys: ListKeys | None = None) -> Batch:
    """Let a batch that was held go on, after its rows were decided anew; one that is on its way just goes on.

    Raises BatchNotFound, BatchFinished, and what `request_batch` raises.
    """
    batch = batch_by_id(db, batch_id)
    if batch.state in FINISHED:
        raise BatchFinished(f"{batch_id} is {batch.state}; hand the list in again for what is missing")
    if batch.state == "signing":
        # Written anew, by whichever key is the issuer's now.
        drop_to_sign(db, batch)
        append_batch_event(db, batch, "issuing", at=now, actor=actor.account)
        return batch
    if _on_its_way(db, batch):
        return batch
    desk = Desk(db, occasion_of(db, batch.occasion_id), now)
    rows = {row.row: row for row in rows_of(db, batch)}
    decisions = _decided_again(desk, rows, wish_of(batch))
    _settle(db, batch, desk, decisions, actor, now, keys, new=False)
    return batch


def cancel_batch(db: Database, batch_id: str, *, actor: Actor, now: datetime, reason: str | None = None) -> Batch:
    """Issue no more of it. What is issued stays issued. Raises BatchNotFound, BatchFinished."""
    batch = batch_by_id(db, batch_id)
    if batch.state in FINISHED:
        raise BatchFinished(f"{batch_id} is {batch.state}; certificates are revoked or annulled one by one")
    asked = last_asked(db, batch)
    if asked is not None and asked.state == "open":
        drop_request(db, asked, actor=actor, now=now)
    drop_to_sign(db, batch)
    append_batch_event(db, batch, "cancelled", at=now, actor=actor.account, reason="cancelled", detail=reason)
    # Nobody will be recorded from it any more.
    write_read(db, [without_numbers(row) for row in rows_of(db, batch) if row.read and "numbers" in row.read])
    return batch


def batch_result(db: Database, batch: Batch, rows: Sequence[KeptRow] | None = None) -> BatchResult:
    """What became of a batch so far, row by row; rows: only those."""
    occasion = occasion_of(db, batch.occasion_id)
    shown = rows_of(db, batch) if rows is None else rows
    evidence = texts_of(db, (row.evidence for row in shown if row.evidence and row.unmet))
    teller = Teller(rulebook(batch.edition), occasion.decided_on, Level(batch.ceiling), evidence, batch.headers)
    asked = last_asked(db, batch) if batch.four_eyes else None
    answers = [told(row, batch, teller) for row in shown]
    result = result_of(batch, occasion.public_id, answers, asked.public_id if asked else None)
    return result.model_copy(update={"warnings": _about_all(db, occasion)})


def _about_all(db: Database, occasion: Occasion) -> tuple[Fault, ...]:
    """What of that which stands on every paper of the list no paper can show."""
    document = scheme_version(db, occasion.scheme, occasion.scheme_version).document
    own = (occasion.document.get(name, ()) for name in ("scope_classes", "restrictions"))
    signs = missing_in("".join([*document["titles"].values(), *chain.from_iterable(own)]))
    return (fault("list_not_on_paper", signs=signs),) if signs else ()


def _on_its_way(db: Database, batch: Batch) -> bool:
    """Whether it is issued without anybody's doing: what was decided about it is looked at again there."""
    if batch.state != "waiting":
        return batch.state in {"issuing", "signing"}
    asked = last_asked(db, batch)
    return asked is not None and asked.state == "approved"


# ------------------------------------------------------------------ what is decided is kept


def _settle(  # noqa: PLR0913, PLR0917 what was decided, about what, by whom
    db: Database,
    batch: Batch,
    desk: Desk,
    decisions: Sequence[Decision],
    actor: Actor,
    now: datetime,
    keys: ListKeys | None,
    *,
    new: bool,
) -> Sequence[KeptRow]:
    """Keep what was decided, and take the batch as far as it goes without a second person; gives its rows."""
    known = {} if new else {row.row: row for row in rows_of(db, batch)}
    found = kept_decisions(decisions, known)
    held = found.held_back(wish_of(batch))
    people = dict(note_conflicts(db, decisions, now, actor.account))
    if held:
        found = kept_decisions(decisions, known, with_numbers=True)
    else:
        people |= record_people(db, decisions, now, actor.account, keys)
    for row in found.rows:
        row.person_id = people.get(row.row, row.person_id)
    batch.edition, batch.ceiling = desk.rules.edition, desk.ceiling.value
    batch.four_eyes = not held and needs_approval(desk, found.to_issue)
    if new:
        keep_batch(db, batch, found.rows, found.evidence)
        append_batch_event(db, batch, "received", at=now, actor=actor.account)
    else:
        keep_decisions(db, batch, found.rows, found.evidence, now)
    append_batch_event(db, batch, "checked", at=now, actor=actor.account)
    _go_on(db, batch, desk, found, actor, now, held=held)
    return found.rows


def _go_on(  # noqa: PLR0913, PLR0917 same
    db: Database, batch: Batch, desk: Desk, found: KeptDecisions, actor: Actor, now: datetime, *, held: bool
) -> None:
    if held:
        append_batch_event(db, batch, "held", at=now, actor=actor.account, reason="faults")
    elif not found.to_issue:
        append_batch_event(db, batch, "done", at=now, actor=actor.account)
    elif batch.four_eyes:
        approval = ask(db, batch, desk, found.rows, actor, now)
        batch.content = approval.digest
        append_batch_event(db, batch, "waiting", at=now, actor=actor.account, note=approval.public_id)
    else:
        append_batch_event(db, batch, "issuing", at=now, actor=actor.account)


def _repeated(desk: Desk, before: Batch, found: KeptDecisions) -> BatchResult:
    """Nothing is issued twice: how each row stands now."""
    teller = Teller(desk.rules, desk.occasion.decided_on, desk.ceiling, found.evidence, before.headers)
    answers = [told(row, before, teller) for row in found.rows]
    return result_of(before, desk.record.public_id, answers).model_copy(update={"repeated": True})


def _decided_again(desk: Desk, rows: Mapping[int, KeptRow], wish: Wish) -> list[Decision]:
    read: list[RosterRow] = [row_of(row.row, row.read or {}) for row in rows.values() if is_read(row.read)]
    others = [row for row in rows.values() if not is_read(row.read)]
    unread = {row.row: [fault_again(each) for each in row.faults] for row in others}
    names = {row.row: str(row.read["name"]) for row in others if row.read}
    return decide_rows(desk, read, unread, wish, names)
