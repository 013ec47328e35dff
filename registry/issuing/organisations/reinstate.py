"""Letting a certificate about an organisation hold again: one person asks, another decides, and then it is done.

What ends by itself, on the last day of its suspension, takes nobody.
"""

from datetime import date, datetime
from typing import Any

from registry.errors import ChangeNotAllowed, MalformedInput
from registry.issuing.organisations.statements import REINSTATEMENT, changeable
from registry.records.accreditation import proposals
from registry.records.actors.access import Actor
from registry.records.actors.approvals import Approval, request_approval, require_approval
from registry.records.parties.organisation_certificates import (
    CertificateOfOrganisation,
    append_to,
    courses,
    history_of,
)
from registry.records.store.database import Database
from registry.records.strict_input import Line, StrictInput
from verification.certificate import day_at, display_number


class Reinstating(StrictInput):
    """From that day on it holds again; without one, from the day on which it is carried out.

    Of what is only planned: what lies before that day stays planned; without one, nothing.
    """

    from_day: date | None = None
    reason: Line


def ask_to_reinstate(  # noqa: PLR0913 which, from when, why, by whom
    db: Database, number: str, given: Reinstating, now: datetime, actor: Actor, *, desk: str | None = None
) -> Approval:
    """Ask somebody else to let it hold again. desk: the accreditation whose certificate it is.

    Raises CertificateNotFound, ChangeNotAllowed, MalformedInput, and what `request_approval` raises.
    """
    row, today, began = _suspended(db, number, now, desk)
    if given.from_day is not None and given.from_day < today:
        raise MalformedInput([("from_day", f"lies before today, {today}: days that it was suspended stay so")])
    return request_approval(
        db,
        kind=proposals.REINSTATEMENT if desk else REINSTATEMENT,
        subject=desk or row.number,
        organisation=row.issuer,
        content=_content(db, row, given, desk, began),
        actor=actor,
        now=now,
    )


def reinstate(  # noqa: PLR0913 which, from when, why, by whom
    db: Database, number: str, given: Reinstating, now: datetime, actor: str, *, desk: str | None = None
) -> tuple[date, Approval]:
    """It holds again as was approved, and never from a day that is over: from when, and by which approval.

    Raises CertificateNotFound, ChangeNotAllowed, ApprovalNeeded.
    """
    row, today, began = _suspended(db, number, now, desk)
    approval = require_approval(
        db,
        kind=proposals.REINSTATEMENT if desk else REINSTATEMENT,
        subject=desk or row.number,
        content=_content(db, row, given, desk, began),
        now=now,
    )
    from_day = max(given.from_day or today, today, began)
    append_to(
        db,
        row,
        "reinstated",
        at=now,
        from_day=from_day,
        actor=actor,
        note=given.reason,
        approval=approval.public_id,
    )
    return from_day, approval


def _suspended(
    db: Database, number: str, now: datetime, desk: str | None
) -> tuple[CertificateOfOrganisation, date, date]:
    """The certificate, today where it is kept, and the first day of its suspension, or of the next that is planned."""
    row = changeable(db, number, desk)
    today, course = day_at(now, row.time_zone), courses(db, [row])[row.number]
    days = course.next_suspension(today)
    if days is None or course.standing_on(today) in {"revoked", "annulled", "superseded", "ended"}:
        raise ChangeNotAllowed(f"{display_number(number)} is not suspended today, nor is that planned")
    return row, today, days[0]


def _content(
    db: Database, row: CertificateOfOrganisation, given: Reinstating, desk: str | None, began: date
) -> dict[str, Any]:
    """What is approved: this suspension ends for this reason, and nothing has happened to the certificate since."""
    events = history_of(db, row)
    suspension = next(event for event in reversed(events) if event.kind == "suspended" and event.from_day == began)
    return {
        "certificate": display_number(row.number),
        "kind": row.kind,
        **({"accreditation": desk} if desk else {}),
        "holder": row.holder,
        "issuer": row.issuer,
        "suspended": {
            "event": suspension.place,
            "at": suspension.at,
            "by": suspension.actor,
            "from_day": suspension.from_day,
            "until_day": suspension.until_day,
            "note": suspension.note,
        },
        "last_event": events[-1].place,
        "from_day": given.from_day,
        "reason": given.reason,
    }
