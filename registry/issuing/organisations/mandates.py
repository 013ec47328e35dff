"""A mandate and the certificate by which the scheme's owner grants it, signed here or on the owner's own machine."""

from datetime import datetime

from levels.level import Level
from registry.errors import MandateCertified, NoSigningKey, NothingToSign, SignatureRejected
from registry.issuing.organisations.certify import Draft, Office, certify, prove, write
from registry.issuing.pressing.elsewhere import HOLDS, by_number, check_in_time, in_time, key_that_signed, returned
from registry.issuing.pressing.prove import Nobody
from registry.records.parties.organisation_certificates import (
    CertificateOfOrganisation,
    MandateToSign,
    certificate_of_mandate,
    keep_organisation_certificate,
    mandate_to_sign,
)
from registry.records.parties.signing_keys import SigningKey, key_that_signs
from registry.records.sector.mandates import (
    Mandate,
    NewMandate,
    follow_mandate,
    grant_mandate,
    mandate_by_id,
    mandate_history,
)
from registry.records.sector.schemes import scheme_versions
from registry.records.store.database import Database
from registry.signing import signing_request
from verification.certificate import LANGUAGES, day_at, display_number
from verification.envelopes.signer import KeyRef
from verification.keys import algorithm_of, thumbprint
from verification.organisation_certificate import MandateTerms, OrganisationCertificate


def grant(db: Database, office: Office, new: NewMandate, now: datetime, actor: str) -> Mandate:
    """Grant it in the name of the scheme's owner, and issue the certificate that says so.

    An owner who holds its key itself signs on its own machine: until then there is no certificate, see `to_be_signed`.

    Raises NoSigningKey where the owner has no key to sign with, and what `grant_mandate` and `certify` raise.
    """
    mandate = grant_mandate(db, new, now, actor)
    if not _owners_key(db, mandate, now).held_by_owner:
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
    key, waiting = _owners_key(db, mandate, now), mandate_to_sign(db, public_id)
    if not key.held_by_owner:
        raise NothingToSign(f"the registry signs for {mandate.owner}; have the certificate issued")
    if waiting is not None and (waiting.kid != key.kid or now > waiting.made_at + HOLDS):
        db.delete(waiting)
        db.flush()
        waiting = None
    if waiting is None:
        nobody = Nobody(KeyRef(key.kid, algorithm_of(key.public_key)))
        written = write(db, office, _draft(db, mandate), nobody, now)
        prove(db, office, written.said, written.text, now, signed=False)
        waiting = MandateToSign(
            mandate=public_id,
            number=written.said.number,
            kid=key.kid,
            signed_part=written.text.rpartition(".")[0],
            status_list=written.said.status.list,
            status_index=written.said.status.index,
            made_at=now,
        )
        db.add(waiting)
        db.flush()
    return signing_request.SigningRequest(
        registry=office.public_url,
        organisation=mandate.owner,
        kid=key.kid,
        key=thumbprint(key.public_key),
        batch=public_id,
        digest=None,
        until=in_time(waiting.made_at),
        to_sign=[signing_request.ToSign(number=waiting.number, input=waiting.signed_part)],
    )


def keep_signed(  # noqa: PLR0913, PLR0917 which, with what, by whom, when
    db: Database, office: Office, public_id: str, given: signing_request.Signed, now: datetime, actor: str
) -> CertificateOfOrganisation:
    """Issue it with the signature that came back. Twice is once.

    Raises MandateNotFound, NothingToSign, SignatureRejected, KeySignsNoMore, SigningOutdated, OwnProofFailed.
    """
    mandate, waiting = mandate_by_id(db, public_id), mandate_to_sign(db, public_id)
    signatures = by_number(given, public_id)
    if waiting is None:
        there = certificate_of_mandate(db, public_id)
        if there is None or signatures != {there.number: there.vc_jwt.rpartition(".")[2]}:
            raise NothingToSign(f"nothing waits for a signature for {public_id}")
        return there
    if signatures.keys() != {waiting.number}:
        raise SignatureRejected(f"{display_number(waiting.number)} was to be signed")
    key = key_that_signed(db, waiting.kid, given.kid, now)
    opened, stated = returned(waiting, signatures[waiting.number], key)
    check_in_time(waiting.made_at, now, "ask for it again, and it is written anew")
    said = stated.certificate
    if not isinstance(said, OrganisationCertificate):
        raise SignatureRejected(f"{display_number(waiting.number)} is no certificate of a mandate")
    prove(db, office, said, opened.text, now)
    db.delete(waiting)
    db.flush()
    moment = now.replace(microsecond=0)
    row = keep_organisation_certificate(
        db, said, opened.text, key.kid, actor=actor, note=mandate.reason, mandate=public_id, at=moment
    )
    _catch_up(db, mandate, row, now)
    return row


def _uncertified(db: Database, public_id: str) -> Mandate:
    mandate = mandate_by_id(db, public_id)
    there = certificate_of_mandate(db, public_id)
    if there is not None:
        raise MandateCertified(f"{public_id} has its certificate: {display_number(there.number)}")
    return mandate


def _owners_key(db: Database, mandate: Mandate, now: datetime) -> SigningKey:
    key = key_that_signs(db, "organisation", mandate.owner, now)
    if key is None:
        raise NoSigningKey(f"{mandate.owner} has no organisation key that may sign on {now.date()}")
    return key


def _catch_up(db: Database, mandate: Mandate, row: CertificateOfOrganisation, now: datetime) -> None:
    """What was decided about the mandate before it had a certificate."""
    for event in mandate_history(db, mandate)[1:]:
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
