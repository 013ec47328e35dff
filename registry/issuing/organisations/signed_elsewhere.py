"""Certificates about organisations whose issuer holds its key itself: written here, signed there, kept once proved."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from registry.errors import BatchChanged, NothingToSign, SignatureRejected, SigningOutdated
from registry.issuing.organisations.certify import Draft, Office, check_parties, prove, said_of, write
from registry.issuing.pressing.elsewhere import HOLDS, by_number, check_in_time, in_time, key_that_signed, returned
from registry.issuing.pressing.prove import Nobody
from registry.records.parties.organisation_certificates import CertificateOfOrganisation
from registry.records.parties.organisations_to_sign import OrganisationToSign, asked_to_sign, drop_outdated
from registry.records.parties.signing_keys import SigningKey, organisation_key
from registry.records.store.database import Database
from registry.signing import signing_request
from verification.certificate import display_number
from verification.envelopes.signer import KeyRef
from verification.keys import algorithm_of, thumbprint
from verification.organisation_certificate import OrganisationCertificate

Drafting = Callable[[datetime], Draft]  # what a certificate would say if it were written at that moment

_AGAIN = "ask for it again, and it is written anew"


class Back(NamedTuple):
    """One that came back signed, and was proved: what it says, its text, and the key."""

    said: OrganisationCertificate
    text: str
    kid: str


def hand_out(  # noqa: PLR0913 what, what it comes of, when
    db: Database,
    office: Office,
    drafting: Drafting,
    asked: str,
    now: datetime,
    *,
    about: str | None = None,
    given: str | None = None,
    approval: str | None = None,
) -> signing_request.SigningRequest:
    """What the issuer is to sign on its own machine. The same again is the same, while it holds.

    asked, about, given, approval  see `OrganisationToSign`; without about it is called by its number

    Raises what drafting and `write` raise, NoSigningKey, and NothingToSign where the registry itself signs.
    """
    draft = drafting(now)
    key = organisation_key(db, draft.issuer, now)
    if not key.held_by_owner:
        raise NothingToSign(f"the registry signs for {draft.issuer}; have the certificate issued")
    drop_outdated(db, draft.issuer, now - HOLDS)
    waiting = asked_to_sign(db, asked)
    if waiting is not None:
        request = _request(waiting, key, office)
        if (waiting.kid, waiting.approval) == (key.kid, approval) and _still(db, waiting, request, key, drafting):
            return request
        db.delete(waiting)
        db.flush()
    written = write(db, office, draft, Nobody(KeyRef(key.kid, algorithm_of(key.public_key))), now)
    prove(db, office, written.said, written.text, now, signed=False)
    waiting = OrganisationToSign(
        asked=asked,
        about=about or written.said.number,
        issuer=draft.issuer,
        given=given,
        approval=approval,
        number=written.said.number,
        kid=key.kid,
        signed_part=written.text.rpartition(".")[0],
        status_list=written.said.status.list,
        status_index=written.said.status.index,
        made_at=now,
    )
    db.add(waiting)
    db.flush()
    return _request(waiting, key, office)


def _request(waiting: OrganisationToSign, key: SigningKey, office: Office) -> signing_request.SigningRequest:
    return signing_request.SigningRequest(
        registry=office.public_url,
        organisation=waiting.issuer,
        kid=key.kid,
        key=thumbprint(key.public_key),
        batch=waiting.about,
        digest=waiting.approval,
        until=in_time(waiting.made_at),
        to_sign=[signing_request.ToSign(number=waiting.number, input=waiting.signed_part)],
    )


def _still(
    db: Database,
    waiting: OrganisationToSign,
    request: signing_request.SigningRequest,
    key: SigningKey,
    drafting: Drafting,
) -> bool:
    """Whether it would be written the same again."""
    (read,) = signing_request.understood(request, key.public_key)
    return read.said == _would_say(db, waiting, drafting)


def _would_say(db: Database, waiting: OrganisationToSign, drafting: Drafting) -> OrganisationCertificate:
    place = waiting.status_list, waiting.status_index
    return said_of(db, drafting(waiting.made_at), waiting.number, place, waiting.made_at)


def take_back(  # noqa: PLR0913, PLR0917 what, as what, when
    db: Database,
    office: Office,
    waiting: OrganisationToSign,
    given: signing_request.Signed,
    drafting: Drafting,
    now: datetime,
) -> Back:
    """What came back, proved. Nobody waits for it any more: the caller keeps it.

    Raises SignatureRejected, KeySignsNoMore, SigningOutdated, BatchChanged, OrganisationRejected, OwnProofFailed.
    """
    signatures = by_number(given, waiting.about)
    if signatures.keys() != {waiting.number}:
        raise SignatureRejected(f"{display_number(waiting.number)} was to be signed")
    key = key_that_signed(db, waiting.kid, given.kid, now)
    opened, stated = returned(waiting, signatures[waiting.number], key)
    check_in_time(waiting.made_at, now, _AGAIN)
    if given.digest != waiting.approval:
        raise SigningOutdated(f"something else was approved since; {_AGAIN}")
    check_parties(db, drafting(now), now)
    said = stated.certificate
    if said != _would_say(db, waiting, drafting) or not isinstance(said, OrganisationCertificate):
        raise BatchChanged(f"the certificate no longer comes out as it was written; {_AGAIN}")
    prove(db, office, said, opened.text, now)
    db.delete(waiting)
    db.flush()
    return Back(said, opened.text, key.kid)


def repeated(
    there: CertificateOfOrganisation | None, given: signing_request.Signed, about: str
) -> CertificateOfOrganisation:
    """What was issued already with just this signature. Raises NothingToSign, SignatureRejected."""
    signatures = by_number(given, about)
    if there is None or signatures != {there.number: there.vc_jwt.rpartition(".")[2]}:
        raise NothingToSign(f"nothing waits for a signature for {about}")
    return there
