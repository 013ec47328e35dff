"""A certificate about an organisation as the claims of a Verifiable Credential (W3C VCDM 2.0), and back.

Its type is `OrganisationCertificate`, and its subject an organisation by its did. What it attests stands under one
member, whose terms an inline context defines.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any, Final

import orjson
from pydantic import TypeAdapter

from verification.certificate import StatusPlace, did_web, display_number, end_of, in_language, parse_number, start_of
from verification.claims import (
    VC_CONTEXT,
    Stated,
    awarded_at,
    not_as_written,
    party_of,
    read_as_written,
    read_claims,
    registry_of,
    same_claims,
    stamp_of,
    status_entries,
    token_status_of,
)
from verification.organisation_certificate import Attested, OrganisationCertificate

TYPE: Final = "OrganisationCertificate"
_attested: Final = TypeAdapter[Any](Attested)


@cache
def _context(public_url: str) -> Mapping[str, Any]:
    vocabulary = f"{public_url}/ns#"
    return {
        TYPE: vocabulary + TYPE,
        "Organisation": vocabulary + "Organisation",
        "attestation": {
            "@id": vocabulary + "attestation",
            "@context": {"@vocab": vocabulary, "title": {"@container": "@language"}},
        },
    }


def organisation_claims(certificate: OrganisationCertificate, issuer_did: str, public_url: str) -> dict[str, Any]:
    """The certificate as a Verifiable Credential.

    issuer_did  the name the issuer's keys are published under, such as `did_web` gives
    public_url  where the registry is reached, without a slash at the end
    """
    said = certificate
    claims: dict[str, Any] = {
        "@context": [VC_CONTEXT, dict(_context(public_url))],
        "id": f"{public_url}/v/{display_number(said.number)}",
        "type": ["VerifiableCredential", TYPE],
        "name": in_language(said.title, "en"),
        "issuer": {"id": issuer_did, "type": ["Organisation"], "name": said.issuer.name},
        "validFrom": stamp_of(start_of(said.valid_from, said.time_zone), said.time_zone),
    }
    if said.valid_until is not None:
        last_second = end_of(said.valid_until, said.time_zone) - timedelta(seconds=1)
        claims["validUntil"] = stamp_of(last_second, said.time_zone)
    claims["credentialSubject"] = {
        "id": did_web(public_url, said.holder.id),
        "type": ["Organisation"],
        "name": said.holder.name,
        "attestation": _attestation(said),
    }
    claims["credentialStatus"] = status_entries(said.status, public_url)
    return claims


def _attestation(said: OrganisationCertificate) -> dict[str, Any]:
    """Our own facts; what is not stated has no member."""
    facts: dict[str, Any] = {
        "number": said.number,
        "title": dict(said.title),
        **said.attests.model_dump(mode="json", by_alias=True, exclude_none=True, exclude_defaults=True),
        "kind": said.attests.kind,
        "decidedOn": said.decided_on.isoformat(),
        "issuedAt": awarded_at(said.issued_at),
        "validFromDay": said.valid_from.isoformat(),
        "timeZone": said.time_zone,
        "tokenStatus": token_status_of(said.status),
    }
    if said.valid_until is not None:
        facts["validUntilDay"] = said.valid_until.isoformat()
    if said.replaces is not None:
        facts["replaces"] = display_number(said.replaces)
    return facts


_OURS = ("number", "title", "decidedOn", "issuedAt", "validFromDay", "validUntilDay", "timeZone")
_BESIDE = frozenset({*_OURS, "replaces", "tokenStatus"})  # of what it attests


def read_organisation_claims(claims: Mapping[str, Any]) -> Stated:
    """The certificate, its issuer's did and the registry's address, as stated; strict as `read_claims` is.

    Raises MalformedCertificate.
    """
    with read_as_written():
        certificate = _read(claims)
        issuer_did, public_url = str(claims["issuer"]["id"]), registry_of(claims)
        again = organisation_claims(certificate, issuer_did, public_url)
        same = same_claims(claims, again)
    if not same:
        raise not_as_written(claims, again)
    return Stated(certificate, issuer_did, public_url)


def read_any_claims(claims: Mapping[str, Any]) -> Stated:
    """A certificate about a person or about an organisation, whichever the claims say. Raises MalformedCertificate."""
    kinds = claims.get("type")
    about_one = isinstance(kinds, list) and TYPE in kinds
    return read_organisation_claims(claims) if about_one else read_claims(claims)


def _read(claims: Mapping[str, Any]) -> OrganisationCertificate:
    subject = claims["credentialSubject"]
    facts = dict(subject["attestation"])
    number, title, decided_on, issued_at, valid_from, valid_until, time_zone = (facts.get(name) for name in _OURS)
    replaces, place = facts.get("replaces"), facts["tokenStatus"]
    attested = {name: value for name, value in facts.items() if name not in _BESIDE}
    return OrganisationCertificate(
        number=str(number),
        holder=party_of(subject),
        issuer=party_of(claims["issuer"]),
        title=title or {},
        attests=_attested.validate_json(orjson.dumps(attested)),
        decided_on=date.fromisoformat(str(decided_on)),
        issued_at=datetime.fromisoformat(str(issued_at).removesuffix("Z")).replace(tzinfo=UTC),
        valid_from=date.fromisoformat(str(valid_from)),
        valid_until=None if valid_until is None else date.fromisoformat(valid_until),
        time_zone=str(time_zone),
        replaces=None if replaces is None else parse_number(replaces),
        status=StatusPlace(list=place["statusList"], index=place["statusIndex"]),
    )
