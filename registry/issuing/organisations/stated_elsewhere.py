"""What somebody who holds the key itself says of another: audits, what followed on them, quality certificates."""

from datetime import datetime

from registry.errors import CertificateNotFound
from registry.issuing.organisations.certify import Office
from registry.issuing.organisations.signed_elsewhere import Drafting, hand_out, repeated, take_back
from registry.issuing.organisations.statements import (
    FollowUp,
    NewAudit,
    NewQualityCertificate,
    NewStatement,
    come_in_place,
    draft_of,
    draft_of_follow_up,
)
from registry.records.actors.approvals import canonical_json, digest_of
from registry.records.parties.organisation_certificates import (
    CertificateOfOrganisation,
    keep_organisation_certificate,
    organisation_certificate,
)
from registry.records.parties.organisations_to_sign import OrganisationToSign, about_to_sign
from registry.records.store.database import Database
from registry.records.strict_input import StrictInput
from registry.signing import signing_request


class _Asked(StrictInput):
    """What was asked for: a statement, or (by the number of the audit's certificate) what followed on one."""

    statement: NewStatement | None = None
    audit: str | None = None
    follow_up: FollowUp | None = None

    def note(self) -> str | None:
        said = self.statement or self.follow_up
        return said.note if said else None


def state_elsewhere(
    db: Database, office: Office, new: NewAudit | NewQualityCertificate, now: datetime
) -> signing_request.SigningRequest:
    """What the issuer is to sign on its own machine. Raises what `draft_of` and `hand_out` raise."""
    return _handed_out(db, office, _Asked(statement=new), now)


def follow_up_elsewhere(
    db: Database, office: Office, number: str, given: FollowUp, now: datetime
) -> signing_request.SigningRequest:
    """What the auditor is to sign on its own machine. Raises what `draft_of_follow_up` and `hand_out` raise."""
    return _handed_out(db, office, _Asked(audit=number, follow_up=given), now)


def _handed_out(db: Database, office: Office, asked: _Asked, now: datetime) -> signing_request.SigningRequest:
    content = asked.model_dump()
    given, digest = canonical_json(content), digest_of(content)
    return hand_out(db, office, _drafting(db, asked), digest, now, given=given)


def issuer_of_statement(db: Database, number: str) -> str:
    """Whose signature it waits for, or has. Raises CertificateNotFound."""
    waiting = about_to_sign(db, number)
    return organisation_certificate(db, number).issuer if waiting is None else waiting.issuer


def keep_statement(  # noqa: PLR0913, PLR0917 which, with what, by whom, when
    db: Database, office: Office, number: str, given: signing_request.Signed, now: datetime, actor: str
) -> CertificateOfOrganisation:
    """Issue it with the signature that came back. Twice is once.

    number  which it will have

    Raises NothingToSign, what `take_back` raises, and what `draft_of` and `draft_of_follow_up` raise by now.
    """
    waiting = about_to_sign(db, number)
    if waiting is None:
        return repeated(_there(db, number), given, number)
    asked = _asked(waiting)
    _drafting(db, asked)(now)  # that it may still be said: an audit may have been suspended since
    back = take_back(db, office, waiting, given, _drafting(db, asked), now)
    row = keep_organisation_certificate(
        db, back.said, back.text, back.kid, actor=actor, note=asked.note(), at=now.replace(microsecond=0)
    )
    come_in_place(db, row, now, actor)
    return row


def _asked(waiting: OrganisationToSign) -> _Asked:
    return _Asked.model_validate_json(str(waiting.given))


def _drafting(db: Database, asked: _Asked) -> Drafting:
    statement, audit, follow_up = asked.statement, asked.audit, asked.follow_up
    if statement is not None:
        return lambda at: draft_of(db, statement, at)
    if audit is None or follow_up is None:
        raise TypeError("neither a statement nor what followed on one")
    return lambda at: draft_of_follow_up(db, audit, follow_up, at)


def _there(db: Database, number: str) -> CertificateOfOrganisation | None:
    try:
        return organisation_certificate(db, number)
    except CertificateNotFound:
        return None
