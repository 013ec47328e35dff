"""A batch and the second person: what they are asked, and whether what they said still stands."""

import json
from collections.abc import Sequence
from datetime import datetime

from levels.level import Level
from registry.errors import RequestOutdated, TookPart
from registry.issuing.decisions.desk import Desk
from registry.issuing.decisions.four_eyes import KIND, content, counts_of, needs_two, part_taken, rows_digest
from registry.records.actors.access import Actor
from registry.records.actors.accounts import account_by_slug
from registry.records.actors.approvals import (
    Approval,
    approvals_about,
    canonical_json,
    digest_of,
    request_approval,
    require_approval,
)
from registry.records.issued.amendments import occasion_content
from registry.records.issued.batches import Batch, KeptRow, batch_by_id
from registry.records.sittings.occasions import Occasion, occasion_of
from registry.records.store.database import Database


def needs_approval(desk: Desk, rows: Sequence[KeptRow]) -> bool:
    """Whether any certificate to come stands at a level that is never one person's word."""
    levels = {Level(row.level) for row in rows if row.outcome == "pending" and row.level}
    return needs_two(levels, two_at_d=desk.scheme.four_eyes_at_d)


def content_of(db: Database, batch: Batch, desk: Desk, rows: str, counts: dict[str, int]) -> dict[str, object]:
    """What is to be issued, as the records have it now; rows and counts as `four_eyes` makes them."""
    mandate = desk.authority.mandate
    return content(
        batch=batch.public_id,
        roster=batch.digest,
        rows=rows,
        counts=counts,
        occasion=occasion_content(db, desk.record),
        scheme=desk.scheme.code,
        version=desk.scheme.version,
        issuer=desk.occasion.issuer,
        asked=Level(batch.asked) if batch.asked else desk.scheme.target_level,
        wish=batch.wish,
        edition=desk.rules.edition,
        ceiling=desk.ceiling,
        mandate=mandate.public_id if mandate else None,
    )


def ask(  # noqa: PLR0913, PLR0917 what, about what, by whom, when
    db: Database, batch: Batch, desk: Desk, rows: Sequence[KeptRow], actor: Actor, now: datetime
) -> Approval:
    """Ask somebody else. Raises NotProven, NotAllowed."""
    told = content_of(db, batch, desk, rows_digest(rows), counts_of(rows))
    open_one = last_asked(db, batch)
    if open_one is not None and (open_one.state, open_one.digest) == ("open", digest_of(told)):
        return open_one  # whoever asked first has asked
    return request_approval(
        db,
        kind=KIND,
        subject=batch.public_id,
        organisation=desk.occasion.issuer,
        content=told,
        actor=actor,
        now=now,
    )


def approved(db: Database, batch: Batch, desk: Desk, content: dict[str, object], now: datetime) -> Approval:
    """The decision about exactly this. Raises ApprovalNeeded, and TookPart where whoever decided taught or examined."""
    approval = require_approval(db, kind=KIND, subject=batch.public_id, content=content, now=now)
    check_apart(db, desk.record, str(approval.decided_by))
    return approval


def check_current(db: Database, asked: Approval, now: datetime) -> None:
    """That what was asked for is still what would be issued, as far as all its rows have it in common.

    Raises RequestOutdated, and what a `Desk` raises: nothing may be issued from the occasion any more, or not yet.
    """
    batch, told = batch_by_id(db, asked.subject), asked.content()
    desk = Desk(db, occasion_of(db, batch.occasion_id), now)
    current = json.loads(canonical_json(content_of(db, batch, desk, told["rows"], told["counts"])))
    other = sorted(name for name in {*told, *current} if told.get(name) != current.get(name))
    if other:
        raise RequestOutdated(
            f"{', '.join(other)} of {batch.public_id} changed since; whoever asked lets the batch go on (`bevis batch "
            f"resume {batch.public_id}`, or its resumption in the API), and a new decision is asked for"
        )


def check_apart(db: Database, occasion: Occasion, account: str) -> None:
    """Whoever decides took no part in teaching or examining. Raises TookPart."""
    person = account_by_slug(db, account)
    part = part_taken(occasion.new().staff, person.slug, person.name, person.birth_date)
    if part is not None:
        raise TookPart(
            f"{account} stands on the list of staff of {occasion.public_id} as {part}; "
            "somebody who neither taught nor examined there decides"
        )


def last_asked(db: Database, batch: Batch) -> Approval | None:
    """What somebody was asked last about that batch."""
    return next(iter(approvals_about(db, KIND, batch.public_id)), None)
