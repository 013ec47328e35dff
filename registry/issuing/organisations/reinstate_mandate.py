"""Letting a suspended mandate hold again before its day: one person asks, another decides, and then it is done."""

from datetime import date, datetime, timedelta
from typing import Any, Final

from registry.errors import MalformedInput, MandateNotSuspended
from registry.issuing.organisations.reinstate import Reinstating
from registry.records.actors.access import Actor
from registry.records.actors.approvals import Approval, request_approval, require_approval
from registry.records.mandates.mandate_decisions import REINSTATEMENT, end_suspension
from registry.records.mandates.mandate_events import mandate_history
from registry.records.mandates.mandates import Mandate, mandate_locked
from registry.records.store.database import Database

_DAY: Final = timedelta(days=1)


def ask_to_reinstate_mandate(db: Database, public_id: str, given: Reinstating, now: datetime, actor: Actor) -> Approval:
    """Ask somebody else to let it hold again.

    Raises MandateNotFound, MandateNotSuspended, MalformedInput, and what `request_approval` raises.
    """
    mandate, began = _suspended(db, public_id, now)
    if given.from_day is not None and given.from_day < now.date():
        raise MalformedInput([("from_day", f"lies before today, {now.date()}: days that it was suspended stay so")])
    return request_approval(
        db,
        kind=REINSTATEMENT,
        subject=public_id,
        organisation=mandate.owner,
        content=_content(db, mandate, given, began),
        actor=actor,
        now=now,
    )


def reinstate_mandate(db: Database, public_id: str, given: Reinstating, now: datetime, actor: str) -> Mandate:
    """It holds again as was approved; never from a day that is over, nor from the first day of what has begun.

    What is only planned, and is to end before it begins, never begins.

    Raises MandateNotFound, MandateNotSuspended, ApprovalNeeded.
    """
    mandate, began = _suspended(db, public_id, now)
    content = _content(db, mandate, given, began)
    approval = require_approval(db, kind=REINSTATEMENT, subject=public_id, content=content, now=now)
    today = now.date()
    earliest = began + _DAY if began <= today else began
    from_day = max(given.from_day or today, today, earliest)
    return end_suspension(
        db, mandate, (began, from_day - _DAY), given.reason, actor, now=now, approval=approval.public_id
    )


def _suspended(db: Database, public_id: str, now: datetime) -> tuple[Mandate, date]:
    """The mandate, and the first day of the suspension that today lies in, or of the next one that is planned."""
    mandate = mandate_locked(db, public_id)
    days = mandate.span.next_suspension(now.date())
    if days is None or mandate.span.standing_on(now.date()) in {"withdrawn", "ended"}:
        raise MandateNotSuspended(f"{public_id} is not suspended today, nor is that planned")
    return mandate, days[0]


def _content(db: Database, mandate: Mandate, given: Reinstating, began: date) -> dict[str, Any]:
    """What is approved: this suspension ends for this reason, and nothing was decided about the mandate since."""
    events = mandate_history(db, mandate)
    suspension = next(event for event in reversed(events) if event.kind == "suspended" and event.from_day == began)
    return {
        "mandate": mandate.public_id,
        "scheme": mandate.scheme,
        "issuer": mandate.issuer,
        "level": mandate.max_level,
        "suspended": {
            "event": suspension.place,
            "at": suspension.at,
            "by": suspension.actor,
            "from_day": suspension.from_day,
            "until_day": suspension.until_day,
            "reason": suspension.reason,
        },
        "last_event": events[-1].place,
        "from_day": given.from_day,
        "reason": given.reason,
    }
