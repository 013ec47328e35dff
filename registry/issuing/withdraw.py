"""Suspending, reinstating, revoking, annulling, replacing: which change is allowed, and the journeys that make it."""

from datetime import datetime
from typing import Literal

from registry.errors import AlreadyRevoked, AlreadySuspended, NotASuccessor, NotSuspended, UnknownReason
from registry.records.certificates import IssuedCertificate, append_event, certificate_by_number
from registry.records.database import Database
from verification.certificate import day_at, display_number

Change = Literal["suspended", "reinstated", "revoked", "annulled", "superseded"]

REASONS = (
    "error",
    "fraud",
    "loss_of_competence",
    "misuse",
    "scheme_ended",
    "issuer_withdrawn",
    "holder_request",
    "superseded",
)
REASONS_TO_REINSTATE = (
    "error",  # it should not have been suspended
    "resolved",  # what it was suspended for is put right
    "appeal",  # a decision on appeal
)
# What a state that is for good leaves to be done.
FOR_GOOD = {
    "revoked": "the same occasion gives no other, but a new exam or course gives a new certificate",
    "annulled": "handing the class list in again issues a new one",
    "superseded": "change the certificate that replaced it",
}


def check_change(state: str, change: Change, number: str) -> None:
    """Whether a certificate in that state may be changed so. Pure.

    Raises AlreadyRevoked from a state that is for good, AlreadySuspended, NotSuspended.
    """
    shown = display_number(number)
    if state in FOR_GOOD:
        raise AlreadyRevoked(f"{shown} is {state}, and that is for good; {FOR_GOOD[state]}")
    if change == "suspended" and state == "suspended":
        raise AlreadySuspended(f"{shown} is suspended; it can be reinstated or revoked")
    if change == "reinstated" and state != "suspended":
        raise NotSuspended(f"{shown} is {state}")


def suspend(  # noqa: PLR0913 which, why, when, who
    db: Database, number: str, *, reason: str, now: datetime, actor: str, note: str | None = None
) -> IssuedCertificate:
    """Nobody may rely on it until it is reinstated. Raises CertificateNotFound, AlreadyRevoked, AlreadySuspended."""
    return _change(db, number, "suspended", reason, now, actor, note)


def reinstate(  # noqa: PLR0913 which, why, when, who
    db: Database, number: str, *, reason: str, now: datetime, actor: str, note: str | None = None
) -> IssuedCertificate:
    """It holds again. Raises UnknownReason, CertificateNotFound, AlreadyRevoked, NotSuspended."""
    return _change(db, number, "reinstated", reason, now, actor, note)


def revoke(  # noqa: PLR0913 which, why, when, who
    db: Database, number: str, *, reason: str, now: datetime, actor: str, note: str | None = None
) -> IssuedCertificate:
    """It holds no more, for good. Raises CertificateNotFound, AlreadyRevoked."""
    return _change(db, number, "revoked", reason, now, actor, note)


def annul(  # noqa: PLR0913 which, why, when, who
    db: Database, number: str, *, reason: str, now: datetime, actor: str, note: str | None = None
) -> IssuedCertificate:
    """It should never have been issued. Raises CertificateNotFound, AlreadyRevoked."""
    return _change(db, number, "annulled", reason, now, actor, note)


def supersede(  # noqa: PLR0913 which, by which, when, who
    db: Database, number: str, *, by: str, now: datetime, actor: str, note: str | None = None
) -> IssuedCertificate:
    """Another certificate has come in its place: whoever checks this one is led to that.

    Raises CertificateNotFound, AlreadyRevoked, NotASuccessor.
    """
    certificate, successor = certificate_by_number(db, number), certificate_by_number(db, by)
    check_change(certificate.state, "superseded", number)
    if (fault := _no_successor(certificate, successor)) is not None:
        raise NotASuccessor(f"{display_number(by)} cannot come in the place of {display_number(number)}: {fault}")
    append_event(
        db,
        certificate,
        "superseded",
        at=now,
        effective_from=day_at(now, certificate.time_zone),
        reason="superseded",
        actor=actor,
        note=note,
        successor=successor.number,
    )
    return certificate


def _no_successor(certificate: IssuedCertificate, other: IssuedCertificate) -> str | None:
    """Why the other cannot replace it; None if it can."""
    if other.number == certificate.number:
        return "it is the same certificate"
    if other.person_id != certificate.person_id:
        return "it is another person's"
    if other.scheme != certificate.scheme:
        return f"it is for {other.scheme}, not for {certificate.scheme}"
    if other.state != "issued":
        return f"it is {other.state}"
    return "it was issued before" if other.issued_at < certificate.issued_at else None


def _change(  # noqa: PLR0913, PLR0917 who, what, when, why
    db: Database, number: str, change: Change, reason: str, now: datetime, actor: str, note: str | None
) -> IssuedCertificate:
    known = REASONS_TO_REINSTATE if change == "reinstated" else REASONS
    if reason not in known:
        raise UnknownReason(f"{reason!r} is no reason for this; known are {', '.join(known)}")
    certificate = certificate_by_number(db, number)
    check_change(certificate.state, change, number)
    # An annulled certificate was void from its first day; all other changes count from now.
    from_day = certificate.valid_from if change == "annulled" else day_at(now, certificate.time_zone)
    append_event(db, certificate, change, at=now, effective_from=from_day, reason=reason, actor=actor, note=note)
    return certificate
