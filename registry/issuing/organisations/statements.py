"""What one organisation says of another by a certificate: that it audited it, that it certified its quality system.

What follows on it, too: findings that were put right, and that a certificate is suspended or withdrawn.
"""

from datetime import date, datetime
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, Field, ValidationError, model_validator

from registry.errors import ChangeNotAllowed, MalformedInput, OrganisationRejected
from registry.issuing.organisations.certify import Draft, Office, certify, time_zone_of
from registry.records.accreditation import proposals
from registry.records.actors.approvals import drop_pending
from registry.records.parties.organisation_certificates import (
    CertificateOfOrganisation,
    Days,
    apart,
    append_to,
    courses,
    organisation_certificate,
)
from registry.records.parties.organisations import organisation_by_slug
from registry.records.store.database import Database
from registry.records.strict_input import Line, Slug, StrictInput, each_once, said_of
from verification.certificate import Code, Name, day_at, display_number
from verification.organisation_certificate import (
    MOST_FINDINGS,
    Audit,
    AuditFinding,
    Edition,
    Extent,
    QualityCertificate,
    Standard,
)

REINSTATEMENT: Final = "organisation_reinstatement"  # kind of approval
Grade = Literal["major", "minor", "observation"]
WithdrawnFor = Literal["error", "fraud", "loss_of_competence", "misuse", "holder_request"]


class NewFinding(StrictInput):
    """Something that was found. ref: what the auditor calls it; what it says stays in the auditor's report."""

    ref: Code
    grade: Grade
    clause: Name | None = None
    closed_on: date | None = None


class NewAudit(StrictInput):
    """An audit that is over, with what was found and what the auditor concluded."""

    kind: Literal["audit"]
    issuer: Slug
    holder: Slug
    extent: Extent
    standard: Standard
    edition: Edition
    first_on: date
    last_on: date
    conforms: bool
    findings: Annotated[tuple[NewFinding, ...], Field(max_length=MOST_FINDINGS)] = ()
    note: Line | None = None


class NewQualityCertificate(StrictInput):
    """A management system that was found to meet a standard; both days are inclusive."""

    kind: Literal["quality_certificate"]
    issuer: Slug
    holder: Slug
    standard: Literal["ISO 9001", "ISO 21001", "ISO 29993"]
    edition: Edition
    scope: Annotated[tuple[Name, ...], Field(max_length=40), AfterValidator(each_once)] = ()
    valid_from: date
    valid_until: date
    note: Line | None = None

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        if self.valid_until < self.valid_from:
            raise ValueError(f"valid_until ({self.valid_until}) lies before valid_from ({self.valid_from})")
        return self


NewStatement = Annotated[NewAudit | NewQualityCertificate, Field(discriminator="kind")]


class Closed(StrictInput):
    """A finding that was put right, and the day that was seen to."""

    ref: Code
    closed_on: date


class FollowUp(StrictInput):
    """Findings of an audit that are closed now, and what the auditor concludes of the audit after that."""

    closed: Annotated[tuple[Closed, ...], Field(min_length=1, max_length=MOST_FINDINGS)]
    conforms: bool
    note: Line | None = None


def state(
    db: Database, office: Office, new: NewAudit | NewQualityCertificate, now: datetime, actor: str
) -> CertificateOfOrganisation:
    """Issue a certificate about another organisation.

    Raises what `certify` and `draft_of` raise, and KeyHeldElsewhere: then see `stated_elsewhere`.
    """
    return certify(db, office, draft_of(db, new, now), now, actor, note=new.note)


def draft_of(db: Database, new: NewAudit | NewQualityCertificate, now: datetime) -> Draft:
    """What is to be certified. Raises OrganisationNotFound, OrganisationRejected, MalformedInput."""
    if new.issuer == new.holder:
        raise OrganisationRejected(f"{new.issuer} cannot certify itself")
    time_zone = time_zone_of(organisation_by_slug(db, new.issuer))
    today = day_at(now, time_zone)
    if isinstance(new, NewAudit):
        for name, day in (("last_on", new.last_on), *((f"findings.{f.ref}", f.closed_on) for f in new.findings)):
            if day is not None and day > today:
                raise MalformedInput([(name, f"lies in the future; today is {today}")])
        facts = new.model_dump(exclude={"issuer", "holder", "note", "findings"})
        attests: Audit | QualityCertificate = _audit(facts, [one.model_dump() for one in new.findings])
        days: tuple[date, date | None] = (new.last_on, None)
    else:
        attests = QualityCertificate(standard=new.standard, edition=new.edition, scope=new.scope)
        days = (new.valid_from, new.valid_until)
    return Draft(
        holder=new.holder,
        issuer=new.issuer,
        attests=attests,
        names=f"{new.standard}:{new.edition}",
        decided_on=today,
        valid_from=days[0],
        valid_until=days[1],
        time_zone=time_zone,
    )


def follow_up(  # noqa: PLR0913, PLR0917 on what, what, by whom, when
    db: Database, office: Office, number: str, given: FollowUp, now: datetime, actor: str
) -> CertificateOfOrganisation:
    """Findings were put right: a certificate that says so comes in the place of the audit's.

    Raises what `draft_of_follow_up` and `certify` raise, and KeyHeldElsewhere: then see `stated_elsewhere`.
    """
    new = certify(db, office, draft_of_follow_up(db, number, given, now), now, actor, note=given.note)
    come_in_place(db, new, now, actor)
    return new


def come_in_place(db: Database, new: CertificateOfOrganisation, now: datetime, actor: str) -> None:
    """The one that it replaces is superseded from the day on which the new one holds."""
    if new.replaces is not None:
        former = organisation_certificate(db, new.replaces)
        reason, number = "superseded", new.number
        append_to(
            db, former, "superseded", at=now, from_day=new.valid_from, actor=actor, reason=reason, successor=number
        )


def draft_of_follow_up(db: Database, number: str, given: FollowUp, now: datetime) -> Draft:
    """What comes in the place of an audit's. Raises CertificateNotFound, ChangeNotAllowed, MalformedInput."""
    row = organisation_certificate(db, number, lock=True)
    said, today = row.says(), day_at(now, row.time_zone)
    audit = said.attests
    if not isinstance(audit, Audit):
        raise ChangeNotAllowed(f"{display_number(number)} is about no audit; nothing was found that could be closed")
    standing = courses(db, [row])[row.number].standing_on(today)
    if standing != "in_force":
        raise ChangeNotAllowed(f"{display_number(number)} is {standing}; it is followed up no more")
    closed = {one.ref: one.closed_on for one in given.closed}
    unknown = sorted(set(closed) - {finding.ref for finding in audit.findings if finding.closed_on is None})
    if unknown:
        raise MalformedInput([(f"closed.{unknown[0]}", "is no open finding of that audit")])
    if late := [ref for ref, day in closed.items() if not audit.last_on <= day <= today]:
        raise MalformedInput([(f"closed.{late[0]}", f"must lie between {audit.last_on} and today, {today}")])
    findings = [
        finding.model_dump() | {"closed_on": closed.get(finding.ref, finding.closed_on)} for finding in audit.findings
    ]
    facts = audit.model_dump(exclude={"findings"}) | {"conforms": given.conforms}
    return Draft(
        holder=row.holder,
        issuer=row.issuer,
        attests=_audit(facts, findings),
        names=f"{audit.standard}:{audit.edition}",
        decided_on=today,
        valid_from=today,
        valid_until=row.valid_until,
        time_zone=row.time_zone,
        replaces=row.number,
    )


def _audit(facts: dict[str, object], findings: list[dict[str, object]]) -> Audit:
    try:
        return Audit.model_validate(facts | {"findings": tuple(AuditFinding.model_validate(one) for one in findings)})
    except ValidationError as fault:
        raise MalformedInput([("", said_of(fault.errors(include_input=False)[0]))]) from fault


# ------------------------------------------------------------------ what happens to one afterwards


class Suspending(StrictInput):
    """For these days, both included; without until, until it is reinstated."""

    from_day: date
    until: date | None = None
    reason: Line


class Withdrawing(StrictInput):
    """From that day on, for good; why, by a code that everybody who checks it is told, and in words."""

    from_day: date
    cause: WithdrawnFor
    reason: Line


def suspend(  # noqa: PLR0913 which, when, why, by whom
    db: Database, number: str, given: Suspending, now: datetime, actor: str, *, desk: str | None = None
) -> CertificateOfOrganisation:
    """For some days nobody may rest on it. Raises CertificateNotFound, ChangeNotAllowed, MalformedInput."""
    row = changeable(db, number, desk)
    course = courses(db, [row])[row.number]
    if given.until is not None and given.until < given.from_day:
        raise MalformedInput([("until", f"lies before from_day ({given.from_day})")])
    if given.from_day < row.valid_from:
        raise MalformedInput([("from_day", f"lies before its first day, {row.valid_from}")])
    today = day_at(now, row.time_zone)
    for former in course.suspended:
        _check_covers(former, given, today)
    append_to(
        db,
        row,
        "suspended",
        at=now,
        from_day=given.from_day,
        until_day=given.until,
        actor=actor,
        note=given.reason,
    )
    return row


def _check_covers(former: Days, given: Suspending, today: date) -> None:
    """A day that is suspended is not let go by suspending anew: that takes two people. Raises ChangeNotAllowed."""
    first, last = former
    if apart(former, (given.from_day, given.until)):
        return
    if given.from_day < first <= today:
        raise ChangeNotAllowed(f"it is suspended from {first}; what was so is not undone")
    if given.from_day > first or (given.until is not None and (last is None or given.until < last)):
        raise ChangeNotAllowed(
            f"it is suspended from {first} {f'until {last}' if last else 'with no end'}; a suspension that has some of "
            "these days must have all of them, and it holds again sooner by a reinstatement, which takes two people"
        )


def withdraw(  # noqa: PLR0913 which, when, why, by whom
    db: Database, number: str, given: Withdrawing, now: datetime, actor: str, *, desk: str | None = None
) -> CertificateOfOrganisation:
    """It holds no more, for good, and nobody has to decide any more on whether it holds again.

    Raises CertificateNotFound, ChangeNotAllowed.
    """
    row = changeable(db, number, desk)
    former = courses(db, [row])[row.number].ends.get("revoked")
    if former is not None and former.from_day <= given.from_day:
        raise ChangeNotAllowed(f"{display_number(number)} was withdrawn from {former.from_day}")
    kind, subject = (proposals.REINSTATEMENT, desk) if desk else (REINSTATEMENT, row.number)
    drop_pending(db, kind=kind, subject=subject, account=actor, now=now)
    append_to(
        db,
        row,
        "revoked",
        at=now,
        from_day=given.from_day,
        actor=actor,
        reason=given.cause,
        note=given.reason,
    )
    return row


def changeable(db: Database, number: str, desk: str | None) -> CertificateOfOrganisation:
    """desk: the accreditation whose certificate it is.

    Raises CertificateNotFound, ChangeNotAllowed where it follows a mandate or an accreditation, or is over already.
    """
    row = organisation_certificate(db, number, lock=True)
    if row.kind == "accreditation" and desk is None:
        raise ChangeNotAllowed(f"{display_number(number)} stands and falls with its accreditation; sanction that")
    if row.mandate is not None:
        raise ChangeNotAllowed(f"{display_number(number)} stands and falls with {row.mandate}; change that")
    over = courses(db, [row])[row.number].ends.keys() & {"annulled", "superseded"}
    if over:
        raise ChangeNotAllowed(f"{display_number(number)} is {min(over)} already")
    return row
