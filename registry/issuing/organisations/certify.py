"""One certificate about an organisation: placed, said, signed by whoever grants it, proved by the verifier, kept."""

import secrets
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from typing import Any, Final, NamedTuple

from pydantic import ValidationError

from registry.errors import MalformedInput, OrganisationRejected, OwnProofFailed
from registry.issuing.pressing.prove import objections
from registry.records.issued.certificates import reserve_places
from registry.records.parties.organisation_certificates import CertificateOfOrganisation, keep_organisation_certificate
from registry.records.parties.organisations import Organisation, organisation_by_slug
from registry.records.store.database import Database
from registry.records.strict_input import said_of as said_of_fault
from registry.signing.keys import Keyring
from registry.signing.published import build_trust
from verification.certificate import (
    LANGUAGES,
    NUMBER_BYTES,
    Lang,
    Party,
    StatusPlace,
    day_at,
    did_web,
    new_number,
)
from verification.envelopes.jws import MalformedJws, seal_jws, verify_jws
from verification.envelopes.signer import Signer
from verification.organisation_certificate import Attested, Audit, MandateTerms, OrganisationCertificate
from verification.organisation_claims import organisation_claims
from verification.presented import CERTIFICATE_TYPE, NotACertificate, OpenedFull, opened
from verification.trust import StatusEvent
from verification.verify import full

_ZONES: Final = {"SE": "Europe/Stockholm", "NO": "Europe/Oslo", "DK": "Europe/Copenhagen", "FI": "Europe/Helsinki"}
# It is entered as it is stored; a mandate may be about days to come, or about days that are over.
_MEANT: Final = frozenset({"not_in_log", "not_yet_valid", "expired"})


@dataclass(frozen=True)
class Office:
    """With what certificates are made."""

    keyring: Keyring
    public_url: str


@dataclass(frozen=True)
class Draft:
    """What a certificate is to say, but for number, place and moment; names: of a scheme by language, or a standard."""

    holder: str
    issuer: str
    attests: Attested
    names: Mapping[Lang, str] | str
    decided_on: date
    valid_from: date
    valid_until: date | None
    time_zone: str
    replaces: str | None = None


def certify(  # noqa: PLR0913, PLR0917 what, by whose decision, when
    db: Database,
    office: Office,
    draft: Draft,
    now: datetime,
    actor: str,
    approval: str | None = None,
    note: str | None = None,
) -> CertificateOfOrganisation:
    """Issue it.

    Raises OrganisationNotFound, OrganisationRejected where one of the two is not active, MalformedInput, NoSigningKey,
    OwnProofFailed, and what `keyring` raises.
    """
    check_parties(db, draft, now)
    signer = office.keyring.organisation_signer(db, draft.issuer, now)
    written = write(db, office, draft, signer, now)
    prove(db, office, written.said, written.text, now)
    mandate = draft.attests.mandate if isinstance(draft.attests, MandateTerms) else None
    return keep_organisation_certificate(
        db, written.said, written.text, signer.key().kid, actor=actor, approval=approval, note=note, mandate=mandate
    )


class Written(NamedTuple):
    """What a certificate says, and its text."""

    said: OrganisationCertificate
    text: str


def write(db: Database, office: Office, draft: Draft, signer: Signer, now: datetime) -> Written:
    """Say it, in a place of the status lists that is its own from now on. Raises MalformedInput, OwnProofFailed."""
    check_parties(db, draft, now)
    (place,) = reserve_places(db, 1, now)
    said = said_of(db, draft, new_number(secrets.token_bytes(NUMBER_BYTES)), place, now)
    did = did_web(office.public_url, draft.issuer)
    claims = organisation_claims(said, did, office.public_url)
    try:
        text = seal_jws(claims, typ=CERTIFICATE_TYPE, kid=f"{did}#{signer.key().kid}", sign=signer)
    except MalformedJws as fault:
        raise OwnProofFailed(f"it cannot be signed: {fault}") from fault
    return Written(said, text)


def check_parties(db: Database, draft: Draft, now: datetime) -> None:
    """Both are organisations, and active today. Raises OrganisationNotFound, OrganisationRejected."""
    today = day_at(now, draft.time_zone)
    for each in (organisation_by_slug(db, slug) for slug in (draft.holder, draft.issuer)):
        if each.kind == "person":
            raise OrganisationRejected(f"{each.slug} is a natural person; this is between organisations")
        if not each.active_on(today):
            raise OrganisationRejected(f"{each.slug} is not registered and active on {today}")


def time_zone_of(organisation: Organisation) -> str:
    """Where an organisation's days begin and end."""
    return _ZONES.get(organisation.country, "UTC")


def said_of(db: Database, draft: Draft, number: str, place: tuple[int, int], now: datetime) -> OrganisationCertificate:
    """All that it says. Raises OrganisationNotFound, MalformedInput."""
    holder, issuer = (organisation_by_slug(db, slug) for slug in (draft.holder, draft.issuer))
    extent = draft.attests.extent if isinstance(draft.attests, Audit) else draft.attests.kind
    title = {lang: _titles()[extent][lang].format(name=_name(draft, lang)) for lang in LANGUAGES}
    try:
        return OrganisationCertificate(
            number=number,
            holder=Party(id=holder.slug, name=holder.name),
            issuer=Party(id=issuer.slug, name=issuer.name),
            title=title,
            attests=draft.attests,
            decided_on=draft.decided_on,
            issued_at=now.replace(microsecond=0),
            valid_from=draft.valid_from,
            valid_until=draft.valid_until,
            time_zone=draft.time_zone,
            replaces=draft.replaces,
            status=StatusPlace(list=place[0], index=place[1]),
        )
    except ValidationError as fault:
        first = fault.errors(include_input=False)[0]
        where = ".".join(str(step) for step in first["loc"])
        raise MalformedInput([(where, said_of_fault(first))]) from fault


def _name(draft: Draft, lang: Lang) -> str:
    return draft.names if isinstance(draft.names, str) else draft.names[lang]


@cache
def _titles() -> Mapping[str, Mapping[str, str]]:
    told: dict[str, Any] = tomllib.loads((files(__package__ or "") / "titles.toml").read_text("utf-8"))
    return told


def prove(  # noqa: PLR0913 what, as what is known when
    db: Database, office: Office, said: OrganisationCertificate, text: str, now: datetime, *, signed: bool = True
) -> None:
    """By the verifier that everybody uses, from its text; signed: else all but the signature. Raises OwnProofFailed."""
    try:
        read = opened(text)
    except NotACertificate as fault:
        raise OwnProofFailed(f"it cannot be read: {fault}") from fault
    if not isinstance(read, OpenedFull) or read.stated is None or read.stated.certificate != said:
        raise OwnProofFailed("it does not say what was meant")
    trust = build_trust(db, office.public_url, now, lists=[said.status.list])
    issued = StatusEvent(kind="issued", effective_from=now.replace(microsecond=0))
    trust = trust.model_copy(update={"events": {said.number: (issued,)}})
    found = full(read.jws, read.stated, trust, now, None, check=verify_jws if signed else (lambda *_: True))
    if against := [code for code in objections(found) if code not in _MEANT]:
        raise OwnProofFailed(", ".join(against))
