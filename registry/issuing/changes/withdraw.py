"""Suspending, revoking, annulling, replacing: what one person may do to a certificate."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from levels.level import Level
from levels.rulebook import rulebook
from registry.errors import NotASuccessor
from registry.issuing.changes.allowed import Change, check_change, check_foreseen, check_reason
from registry.records.actors.access import Actor
from registry.records.issued.certificates import IssuedCertificate, append_event, certificates_to_change
from registry.records.sector.schemes import scheme_owner, scheme_version
from registry.records.store.database import Database
from verification.certificate import day_at, display_number


@dataclass(frozen=True)
class By:
    """Who does it, in whose name, and what is kept on record about it."""

    actor: str
    organisation: str | None
    note: str | None


def in_whose_name(db: Database, who: Actor, action: str, certificate: IssuedCertificate) -> str:
    """For which organisation somebody may change a certificate so: its issuer, else the scheme's owner.

    Raises NotAllowed.
    """
    owner = scheme_owner(db, certificate.scheme)
    if not who.may(action, certificate.issuer) and who.may(action, owner):
        return owner
    who.require(action, certificate.issuer)
    return certificate.issuer


def suspend(  # noqa: PLR0913 which, why, when, who
    db: Database,
    number: str,
    *,
    reason: str,
    now: datetime,
    actor: str,
    organisation: str | None = None,
    note: str | None = None,
) -> IssuedCertificate:
    """Nobody may rely on it until it is reinstated.

    Raises UnknownReason, CertificateNotFound, AlreadyRevoked, AlreadySuspended, NotForeseen.
    """
    return _change(db, number, "suspended", reason, now, By(actor, organisation, note))


def revoke(  # noqa: PLR0913 which, why, when, who
    db: Database,
    number: str,
    *,
    reason: str,
    now: datetime,
    actor: str,
    organisation: str | None = None,
    note: str | None = None,
) -> IssuedCertificate:
    """It holds no more, for good. Raises UnknownReason, CertificateNotFound, AlreadyRevoked, NotForeseen."""
    return _change(db, number, "revoked", reason, now, By(actor, organisation, note))


def annul(  # noqa: PLR0913 which, why, when, who
    db: Database,
    number: str,
    *,
    reason: str,
    now: datetime,
    actor: str,
    organisation: str | None = None,
    note: str | None = None,
) -> IssuedCertificate:
    """It should never have been issued. Raises UnknownReason, CertificateNotFound, AlreadyRevoked."""
    return _change(db, number, "annulled", reason, now, By(actor, organisation, note))


def supersede(  # noqa: PLR0913 which, by which, when, who
    db: Database,
    number: str,
    *,
    by: str,
    now: datetime,
    actor: str,
    organisation: str | None = None,
    note: str | None = None,
) -> IssuedCertificate:
    """Another certificate has come in its place: whoever checks this one is led to that.

    Raises CertificateNotFound, AlreadyRevoked, NotASuccessor.
    """
    found = certificates_to_change(db, number, by)
    certificate, successor = found[number], found[by]
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
        organisation=organisation,
        note=note,
        successor=successor.number,
    )
    return certificate


def replace_renewed(db: Database, by: Mapping[str | None, str], now: datetime, actor: str) -> None:
    """Where the scheme says that a renewal replaces: those that were renewed give way, if they still stand.

    by  the number of the new certificate by that of the one it renews
    """
    renewed = {former: new for former, new in by.items() if former is not None}
    for number, former in certificates_to_change(db, *renewed).items():
        if former.state == "issued":
            append_event(
                db,
                former,
                "superseded",
                at=now,
                effective_from=day_at(now, former.time_zone),
                reason="superseded",
                actor=actor,
                organisation=former.issuer,
                successor=renewed[number],
            )


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


def _change(  # noqa: PLR0913, PLR0917 what, why, when, who
    db: Database, number: str, change: Change, reason: str, now: datetime, by: By
) -> IssuedCertificate:
    check_reason(change, reason)
    certificate = certificates_to_change(db, number)[number]
    check_change(certificate.state, change, number)
    check_foreseen(
        change,
        reason,
        number,
        level=certificate.level,
        carries_end=rulebook(certificate.edition).carries_end(Level(certificate.level)),
        withdrawal=scheme_version(db, certificate.scheme, certificate.scheme_version).document["withdrawal"],
        scheme=certificate.scheme,
    )
    # An annulled certificate was void from its first day; all other changes count from now.
    from_day = certificate.valid_from if change == "annulled" else day_at(now, certificate.time_zone)
    append_event(
        db,
        certificate,
        change,
        at=now,
        effective_from=from_day,
        reason=reason,
        actor=by.actor,
        organisation=by.organisation,
        note=by.note,
    )
    return certificate
