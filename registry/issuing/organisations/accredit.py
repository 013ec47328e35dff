"""The accreditation desk once something is decided: the certificate, surveillance, and sanctions."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import NamedTuple

from levels.evidence import add_months
from registry.errors import AccreditationStep
from registry.issuing.organisations.certify import Draft, Office, certify, time_zone_of
from registry.issuing.organisations.reinstate import Reinstating, ask_to_reinstate, reinstate
from registry.issuing.organisations.signed_elsewhere import hand_out, repeated, take_back
from registry.issuing.organisations.statements import Suspending, Withdrawing, suspend, withdraw
from registry.records.accreditation.applications import (
    Accreditation,
    accreditation_by_id,
    append_step,
    require_state,
    steps_of,
)
from registry.records.accreditation.proposals import (
    KIND,
    Proposal,
    approved_proposal,
    check_apart,
    content_of,
    proposal_in,
)
from registry.records.actors.access import Actor
from registry.records.actors.approvals import Approval, require_approval
from registry.records.parties.organisation_certificates import (
    CertificateOfOrganisation,
    append_to,
    courses,
    keep_organisation_certificate,
    organisation_certificate,
    organisation_certificates_numbered,
)
from registry.records.parties.organisations import CertificateNumber, organisation_by_slug
from registry.records.parties.organisations_to_sign import about_to_sign
from registry.records.store.database import Database
from registry.records.strict_input import Line, StrictInput
from registry.signing import signing_request
from verification.certificate import day_at, display_number
from verification.organisation_certificate import Accreditation as Attested
from verification.organisation_certificate import Audit


class Surveillance(StrictInput):
    """That the body looked again: number of the certificate that says so, an audit of the accredited organisation."""

    audit: CertificateNumber
    reason: Line | None = None


class Warned(StrictInput):
    """A warning, which everybody may read."""

    reason: Line


def issue_accreditation(db: Database, office: Office, public_id: str, now: datetime, actor: str) -> Accreditation:
    """Issue the certificate that was decided on.

    Raises AccreditationNotFound, AccreditationStep, ApprovalNeeded, what `certify` raises, and KeyHeldElsewhere: then
    see `accreditation_to_sign`.
    """
    decided = _decided(db, public_id, now)
    draft = _draft(db, decided, now)
    return _granted_by(db, decided, certify(db, office, draft, now, actor, decided.approval.public_id), now, actor)


def accreditation_to_sign(
    db: Database, office: Office, public_id: str, now: datetime
) -> signing_request.SigningRequest:
    """What a body that holds its key itself is to sign on its own machine. The same again is the same, while it holds.

    Raises AccreditationNotFound, AccreditationStep, ApprovalNeeded, and what `hand_out` raises.
    """
    decided = _decided(db, public_id, now)
    digest = decided.approval.digest
    return hand_out(db, office, lambda at: _draft(db, decided, at), public_id, now, about=public_id, approval=digest)


def keep_accreditation(  # noqa: PLR0913, PLR0917 which, with what, by whom, when
    db: Database, office: Office, public_id: str, given: signing_request.Signed, now: datetime, actor: str
) -> Accreditation:
    """Issue it with the signature that came back. Twice is once.

    Raises AccreditationNotFound, AccreditationStep, ApprovalNeeded, NothingToSign, and what `take_back` raises.
    """
    row, waiting = accreditation_by_id(db, public_id, lock=True), about_to_sign(db, public_id)
    if waiting is None:
        there = None if row.certificate is None else organisation_certificate(db, row.certificate)
        repeated(there, given, public_id)
        return row
    decided = _decided(db, public_id, now)
    back = take_back(db, office, waiting, given, lambda at: _draft(db, decided, at), now)
    certificate = keep_organisation_certificate(
        db,
        back.said,
        back.text,
        back.kid,
        actor=actor,
        approval=decided.approval.public_id,
        at=now.replace(microsecond=0),
    )
    return _granted_by(db, decided, certificate, now, actor)


class _Decided(NamedTuple):
    row: Accreditation
    proposal: Proposal
    approval: Approval


def _decided(db: Database, public_id: str, now: datetime) -> _Decided:
    """What was decided, if it is as it was. Raises AccreditationNotFound, AccreditationStep, ApprovalNeeded."""
    row = accreditation_by_id(db, public_id, lock=True)
    require_state(row, "decided")
    proposal = proposal_in(approved_proposal(db, row).content())
    content = content_of(db, row, proposal)
    return _Decided(row, proposal, require_approval(db, kind=KIND, subject=public_id, content=content, now=now))


def _draft(db: Database, decided: _Decided, now: datetime) -> Draft:
    """Raises AccreditationStep where there is no period, or it is over."""
    row, proposal, approval = decided
    valid_from, valid_until = proposal.valid_from, proposal.valid_until
    if valid_from is None or valid_until is None:
        raise AccreditationStep(f"{row.public_id} has no period; review it again")
    time_zone = time_zone_of(organisation_by_slug(db, row.body))
    if valid_until < day_at(now, time_zone):
        raise AccreditationStep(f"its period ended on {valid_until}; apply anew")
    return Draft(
        holder=row.applicant,
        issuer=row.body,
        attests=Attested(standard=row.standard, edition=row.edition, scope=tuple(row.scope)),
        names=f"{row.standard}:{row.edition}",
        decided_on=day_at(approval.decided_at or now, time_zone),
        valid_from=valid_from,
        valid_until=valid_until,
        time_zone=time_zone,
    )


def _granted_by(
    db: Database, decided: _Decided, certificate: CertificateOfOrganisation, now: datetime, actor: str
) -> Accreditation:
    row = decided.row
    row.certificate, row.surveillance_months = certificate.number, decided.proposal.surveillance_months
    append_step(
        db,
        row,
        "granted",
        now,
        actor,
        from_day=certificate.valid_from,
        until_day=certificate.valid_until,
        about=certificate.number,
    )
    return row


def survey(db: Database, public_id: str, given: Surveillance, now: datetime, actor: str) -> Accreditation:
    """That it was looked at again. Raises AccreditationNotFound, CertificateNotFound, AccreditationStep."""
    row, _ = _granted(db, public_id)
    audit = organisation_certificate(db, given.audit)
    said = audit.says().attests
    if not isinstance(said, Audit) or audit.holder != row.applicant or said.standard != row.standard:
        raise AccreditationStep(f"{display_number(audit.number)} is no audit of {row.applicant} by {row.standard}")
    if courses(db, [audit])[audit.number].standing_on(day_at(now, audit.time_zone)) != "in_force":
        raise AccreditationStep(f"{display_number(audit.number)} is not in force")
    if any(event.kind == "surveilled" and event.about == audit.number for event in steps_of(db, row)):
        raise AccreditationStep(f"{display_number(audit.number)} is on record already")
    append_step(db, row, "surveilled", now, actor, reason=given.reason, from_day=said.last_on, about=audit.number)
    return row


def today_of(db: Database, public_id: str, now: datetime) -> date:
    """What day it is where the body is: the days of an accreditation are told so. Raises AccreditationNotFound."""
    return day_at(now, time_zone_of(organisation_by_slug(db, accreditation_by_id(db, public_id).body)))


def warn(db: Database, public_id: str, given: Warned, now: datetime, actor: str) -> Accreditation:
    """Warn; the certificate stands. Raises AccreditationNotFound, AccreditationStep."""
    row, certificate = _granted(db, public_id)
    today = day_at(now, certificate.time_zone)
    append_to(db, certificate, "warned", at=now, from_day=today, actor=actor, note=given.reason)
    append_step(db, row, "warned", now, actor, reason=given.reason, from_day=today)
    return row


def suspend_accreditation(db: Database, public_id: str, given: Suspending, now: datetime, actor: str) -> Accreditation:
    """For some days nobody may rest on it. Raises AccreditationNotFound, AccreditationStep, ChangeNotAllowed."""
    row, certificate = _granted(db, public_id)
    suspend(db, certificate.number, given, now, actor, desk=public_id)
    append_step(db, row, "suspended", now, actor, reason=given.reason, from_day=given.from_day, until_day=given.until)
    return row


def ask_to_reinstate_accreditation(
    db: Database, public_id: str, given: Reinstating, now: datetime, actor: Actor
) -> Approval:
    """Ask somebody else to let it hold again.

    Raises AccreditationNotFound, AccreditationStep, PartInApplication, and what `ask_to_reinstate` raises.
    """
    row, certificate = _granted(db, public_id)
    check_apart(db, row, actor.account, now)
    return ask_to_reinstate(db, certificate.number, given, now, actor, desk=public_id)


def reinstate_accreditation(
    db: Database, public_id: str, given: Reinstating, now: datetime, actor: str
) -> Accreditation:
    """It holds again. Raises AccreditationNotFound, AccreditationStep, ChangeNotAllowed, ApprovalNeeded."""
    row, certificate = _granted(db, public_id)
    from_day, approval = reinstate(db, certificate.number, given, now, actor, desk=public_id)
    append_step(db, row, "reinstated", now, actor, reason=given.reason, from_day=from_day, about=approval.public_id)
    return row


def withdraw_accreditation(
    db: Database, public_id: str, given: Withdrawing, now: datetime, actor: str
) -> Accreditation:
    """It holds no more, for good. Raises AccreditationNotFound, AccreditationStep, ChangeNotAllowed."""
    row, certificate = _granted(db, public_id)
    withdraw(db, certificate.number, given, now, actor, desk=public_id)
    append_step(db, row, "withdrawn", now, actor, reason=given.reason, from_day=given.from_day)
    return row


def _granted(db: Database, public_id: str) -> tuple[Accreditation, CertificateOfOrganisation]:
    row = accreditation_by_id(db, public_id, lock=True)
    require_state(row, "granted")
    return row, organisation_certificate(db, str(row.certificate))


# ------------------------------------------------------------------ what everybody may know


class Sanction(NamedTuple):
    """A warning, suspension, reinstatement or withdrawal, and the days it is about."""

    kind: str
    from_day: date
    until_day: date | None


class Published(NamedTuple):
    """An accreditation as everybody may know it on a day.

    surveilled_on     the last day of the last look, None where there was none yet
    surveillance_due  the day by which there is to be another
    """

    row: Accreditation
    certificate: CertificateOfOrganisation
    standing: str
    day: date
    surveilled_on: date | None
    surveillance_due: date
    sanctions: tuple[Sanction, ...]

    @property
    def overdue(self) -> bool:
        """Whether that day has passed while it holds."""
        return self.standing in {"in_force", "suspended"} and self.surveillance_due < self.day


_SANCTIONS = frozenset({"warned", "suspended", "reinstated", "withdrawn"})


def standings(db: Database, rows: Iterable[Accreditation], now: datetime) -> Mapping[str, str]:
    """How those that were granted stand today, by the accreditation's id: what was granted may be withdrawn since."""
    granted = {str(row.certificate): row.public_id for row in rows if row.certificate is not None}
    certificates = organisation_certificates_numbered(db, granted) if granted else ()
    known = courses(db, certificates)
    return {granted[one.number]: known[one.number].standing_on(day_at(now, one.time_zone)) for one in certificates}


def published(db: Database, row: Accreditation, now: datetime) -> Published:
    """One that was granted. Raises AccreditationStep where it was not."""
    require_state(row, "granted")
    certificate, steps = organisation_certificate(db, str(row.certificate)), steps_of(db, row)
    day = day_at(now, certificate.time_zone)
    looked = max((step.from_day for step in steps if step.kind == "surveilled" and step.from_day), default=None)
    return Published(
        row,
        certificate,
        courses(db, [certificate])[certificate.number].standing_on(day),
        day,
        looked,
        add_months(max(looked or certificate.valid_from, certificate.valid_from), row.surveillance_months or 12),
        tuple(
            Sanction(step.kind, step.from_day, step.until_day)
            for step in steps
            if step.kind in _SANCTIONS and step.from_day is not None
        ),
    )
