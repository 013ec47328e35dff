"""A mandate and the certificate by which the scheme's owner grants it, signed here or on the owner's own machine."""

from datetime import datetime

from levels.level import Level
from registry.errors import MandateCertified
from registry.issuing.organisations.certify import Draft, Office, certify
from registry.issuing.organisations.signed_elsewhere import hand_out, repeated, take_back
from registry.records.mandates.mandate_decisions import NewMandate, grant_mandate
from registry.records.mandates.mandate_events import follow_mandate, mandate_history
from registry.records.mandates.mandates import Mandate, mandate_by_id
from registry.records.parties.organisation_certificates import (
    CertificateOfOrganisation,
    certificate_of_mandate,
    keep_organisation_certificate,
)
from registry.records.parties.organisations_to_sign import about_to_sign
from registry.records.parties.signing_keys import organisation_key
from registry.records.sector.schemes import scheme_versions
from registry.records.store.database import Database
from registry.signing import signing_request
from verification.certificate import LANGUAGES, day_at, display_number
from verification.organisation_certificate import MandateTerms


def grant(db: Database, office: Office, new: NewMandate, now: datetime, actor: str) -> Mandate:
    """Grant it in the name of the scheme's owner, and issue the certificate that says so.

    An owner who holds its key itself signs on its own machine: until then there is no certificate, see `to_be_signed`.

    Raises NoSigningKey where the owner has no key to sign with, and what `grant_mandate` and `certify` raise.
    """
    mandate = grant_mandate(db, new, now, actor)
    if not organisation_key(db, mandate.owner, now).held_by_owner:
        certify(db, office, _draft(db, mandate), now, actor, note=new.reason)
    return mandate


def certify_mandate(
    db: Database, office: Office, public_id: str, now: datetime, actor: str
) -> CertificateOfOrganisation:
    """Issue the certificate of a mandate that has none: of one that was granted before there were any.

    Raises MandateNotFound, MandateCertified, KeyHeldElsewhere, and what `certify` raises.
    """
    mandate = _uncertified(db, public_id)
    row = certify(db, office, _draft(db, mandate), now, actor, note=mandate.reason)
    _catch_up(db, mandate, row, now)
    return row


def to_be_signed(db: Database, office: Office, public_id: str, now: datetime) -> signing_request.SigningRequest:
    """What the owner is to sign on its own machine. The same again is the same, while it holds.

    Raises MandateNotFound, MandateCertified, NoSigningKey, NothingToSign where the registry itself signs.
    """
    mandate = _uncertified(db, public_id)
    return hand_out(db, office, lambda _: _draft(db, mandate), public_id, now, about=public_id)


def keep_signed(  # noqa: PLR0913, PLR0917 which, with what, by whom, when
    db: Database, office: Office, public_id: str, given: signing_request.Signed, now: datetime, actor: str
) -> CertificateOfOrganisation:
    """Issue it with the signature that came back. Twice is once.

    Raises MandateNotFound, NothingToSign, and what `take_back` raises.
    """
    mandate, waiting = mandate_by_id(db, public_id), about_to_sign(db, public_id)
    there = certificate_of_mandate(db, public_id)
    if waiting is None or there is not None:
        return repeated(there, given, public_id)
    back = take_back(db, office, waiting, given, lambda _: _draft(db, mandate), now)
    row = keep_organisation_certificate(
        db,
        back.said,
        back.text,
        back.kid,
        actor=actor,
        note=mandate.reason,
        mandate=public_id,
        at=now.replace(microsecond=0),
    )
    _catch_up(db, mandate, row, now)
    return row


def _uncertified(db: Database, public_id: str) -> Mandate:
    mandate = mandate_by_id(db, public_id)
    there = certificate_of_mandate(db, public_id)
    if there is not None:
        raise MandateCertified(f"{public_id} has its certificate: {display_number(there.number)}")
    return mandate


def _catch_up(db: Database, mandate: Mandate, row: CertificateOfOrganisation, now: datetime) -> None:
    """What was decided about the mandate before it had a certificate, and still counts."""
    events = mandate_history(db, mandate)[1:]
    # The last suspension that let no other stand: what was suspended before it is so no more.
    last = max((event.place for event in events if event.kind == "suspended" and not event.beside), default=0)
    for event in events:
        if event.kind != "suspended" or event.place >= last:
            follow_mandate(db, row, event, now)


def _draft(db: Database, mandate: Mandate) -> Draft:
    newest = scheme_versions(db, mandate.scheme)[0]
    time_zone = newest.new().time_zone
    return Draft(
        holder=mandate.issuer,
        issuer=mandate.owner,
        attests=MandateTerms(
            mandate=mandate.public_id,
            scheme=mandate.scheme,
            versions=None if mandate.versions is None else tuple(mandate.versions),
            max_level=Level(mandate.max_level),
        ),
        names={lang: newest.titles[lang] for lang in LANGUAGES},
        decided_on=day_at(mandate.recorded_at, time_zone),
        valid_from=mandate.since,
        valid_until=mandate.until,
        time_zone=time_zone,
    )
