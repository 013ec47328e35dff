"""Letting a suspended certificate hold again: one person asks, another decides, and then it is done."""

from datetime import datetime

from registry.issuing.changes.allowed import check_change, check_reason
from registry.records.actors.access import Actor
from registry.records.actors.approvals import Approval, request_approval, require_approval
from registry.records.issued.certificates import (
    CertificateEvent,
    IssuedCertificate,
    append_event,
    certificates_to_change,
    history,
)
from registry.records.store.database import Database
from verification.certificate import day_at, display_number

KIND = "reinstatement"  # of approval


def suspended_for(db: Database, certificate: IssuedCertificate) -> str | None:
    """The organisation in whose name it was suspended: only its people let it hold again; None = the registry itself.

    What a scheme's owner has stopped is not let go by the issuer alone, nor what two people of the registry have.
    """
    last = _last(db, certificate)[0]
    return last.organisation if last.organisation or last.approval else certificate.issuer


def may_reinstate(db: Database, who: Actor, certificate: IssuedCertificate) -> None:
    """Whether somebody may ask for it, or do what was approved. Raises NotAllowed."""
    organisation = suspended_for(db, certificate)
    if not who.may("certificate.reinstate_approve", organisation):
        who.require("certificate.reinstate", organisation)


def ask_to_reinstate(  # noqa: PLR0913 which, why, when, who
    db: Database, number: str, *, reason: str, actor: Actor, now: datetime, note: str | None = None
) -> Approval:
    """Ask somebody else to let it hold again.

    Raises UnknownReason, CertificateNotFound, AlreadyRevoked, NotSuspended, NotProven, NotAllowed.
    """
    certificate = _suspended(db, number, reason)
    return request_approval(
        db,
        kind=KIND,
        subject=number,
        organisation=suspended_for(db, certificate),
        content=_content(db, certificate, reason, note),
        actor=actor,
        now=now,
    )


def reinstate(  # noqa: PLR0913 which, why, when, who
    db: Database, number: str, *, reason: str, now: datetime, actor: str, note: str | None = None
) -> IssuedCertificate:
    """It holds again, for the reason that was approved.

    Raises UnknownReason, CertificateNotFound, AlreadyRevoked, NotSuspended, ApprovalNeeded.
    """
    certificate = _suspended(db, number, reason)
    approval = require_approval(db, kind=KIND, subject=number, content=_content(db, certificate, reason, note), now=now)
    append_event(
        db,
        certificate,
        "reinstated",
        at=now,
        effective_from=day_at(now, certificate.time_zone),
        reason=reason,
        actor=actor,
        organisation=suspended_for(db, certificate),
        approval=approval.public_id,
        note=note,
    )
    return certificate


def _suspended(db: Database, number: str, reason: str) -> IssuedCertificate:
    check_reason("reinstated", reason)
    certificate = certificates_to_change(db, number)[number]
    check_change(certificate.state, "reinstated", number)
    return certificate


def _last(db: Database, certificate: IssuedCertificate) -> tuple[CertificateEvent, int]:
    """What happened to it last, and as which event."""
    events = history(db, certificate)
    return events[-1], len(events)


def _content(db: Database, certificate: IssuedCertificate, reason: str, note: str | None) -> dict[str, object]:
    """What is approved: this suspension, and no later one, ends for this reason."""
    suspension, place = _last(db, certificate)
    return {
        "certificate": display_number(certificate.number),
        "holder": certificate.holder_name,
        "scheme": certificate.scheme,
        "level": certificate.level,
        "suspended": {
            "event": place,
            "at": suspension.at,
            "by": suspension.actor,
            "for": suspension.organisation,
            "reason": suspension.reason,
            "note": suspension.note,
        },
        "reason": reason,
        "note": note,
    }
