"""A certificate as the claims of an Open Badge, and back.

The claims are those of W3C Verifiable Credentials Data Model 2.0 and Open Badges 3.0. Facts of ours that
neither knows stand under one member, `competence`, whose terms an inline context defines, so that no term
is undefined for anybody who reads the document as JSON-LD.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import unquote

import orjson
from pydantic import ValidationError

from levels.level import Level
from verification.certificate import (
    Certificate,
    IdentityAssurance,
    MalformedNumber,
    Party,
    StatusPlace,
    did_web,
    display_number,
    end_of,
    in_language,
    start_of,
    zone,
)
from verification.organisation_certificate import OrganisationCertificate

VC_CONTEXT = "https://www.w3.org/ns/credentials/v2"
BADGE_CONTEXT = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"


_LONGEST_DID, _LONGEST_NAME = 400, 120  # characters


class MalformedCertificate(Exception):
    """Claims that do not state a certificate of ours."""


def _terms(public_url: str) -> dict[str, Any]:
    """The inline context: under one member of our own, every term is of our vocabulary (JSON-LD 1.1 §4.1.2)."""
    vocabulary = f"{public_url}/ns#"
    by_language = {term: {"@container": "@language"} for term in _BY_LANGUAGE}
    return {"competence": {"@id": vocabulary + "competence", "@context": {"@vocab": vocabulary, **by_language}}}


def _has_terms_spelled_out(claims: Mapping[str, Any]) -> bool:
    match claims.get("@context"):
        case [_, _, {"competence": {"@context": {"number": _}}}]:
            return True
    return False


def _terms_spelled_out(public_url: str, said: Certificate) -> dict[str, Any]:
    """The inline context as the first certificates were signed with it: every term by its own name."""
    vocabulary = f"{public_url}/ns#"
    lineage = [term for term, fact in _LINEAGE.items() if getattr(said, fact) is not None]
    terms: dict[str, Any] = {term: vocabulary + term for term in (*_SAME, *_DAYS, *_PARTIES, *_NESTED, *lineage)}
    terms |= {term: {"@id": vocabulary + term, "@container": "@language"} for term in _BY_LANGUAGE}
    return {"competence": {"@id": vocabulary + "competence", "@context": terms}}


_SAME = {  # members of `competence` whose value is the fact as it stands
    "number": "number",
    "subject": "subject",
    "birthYear": "birth_year",
    "birthInCode": "birth_in_code",
    "scheme": "scheme",
    "schemeVersion": "scheme_version",
    "edition": "edition",
    "mandate": "mandate",
    "party": "party",
    "timeZone": "time_zone",
    "attendedMinutes": "attended_minutes",
    "mandatoryMinutes": "mandatory_minutes",
    "attendedPercent": "attended_percent",
    "delivery": "delivery",
    "languageTraining": "language_training",
    "languageTest": "language_test",
}
# Later than the rest: a certificate without it is written as before, context and all.
_LINEAGE = {"corrects": "corrects", "renews": "renews"}
_AS_IT_STANDS = tuple((_SAME | _LINEAGE).items())
_DAYS = {
    "birthDate": "birth_date",
    "courseFirstOn": "course_first_on",
    "courseLastOn": "course_last_on",
    "assessedOn": "assessed_on",
    "decidedOn": "decided_on",
    "validFromDay": "valid_from",
    "validUntilDay": "valid_until",
}
_PARTIES = {
    "trainingProvider": "training_provider",
    "examinationBody": "examination_body",
    "schemeOwner": "scheme_owner",
    "registerKeeper": "register_keeper",
}

_BY_LANGUAGE = ("title", "content")

_STAGES = ("enrolment", "attendance", "exam")
_NESTED = (
    *("level", "identity", *_STAGES, "scopeClasses", "restrictions"),
    *("tokenStatus", "statusList", "statusIndex"),
)


def to_claims(certificate: Certificate, issuer_did: str, public_url: str) -> dict[str, Any]:
    """The certificate as a Verifiable Credential (VCDM 2.0) of type OpenBadgeCredential (Open Badges 3.0).

    issuer_did  the name the issuer's keys are published under, such as `did_web` gives
    public_url  where the registry is reached, without a slash at the end
    """
    said = certificate
    title = in_language(said.title, "en")
    outline = next((said.content[lang] for lang in ("en", "sv", "nb") if lang in said.content), ())
    claims: dict[str, Any] = {
        "@context": [VC_CONTEXT, BADGE_CONTEXT, _terms(public_url)],
        "id": f"{public_url}/v/{display_number(said.number)}",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": title,
        "issuer": {"id": issuer_did, "type": ["Profile"], "name": said.issuer.name},
        "awardedDate": _awarded(said),
        "validFrom": stamp_of(start_of(said.valid_from, said.time_zone), said.time_zone),
    }
    if said.valid_until is not None:
        last_second = end_of(said.valid_until, said.time_zone) - timedelta(seconds=1)
        claims["validUntil"] = stamp_of(last_second, said.time_zone)
    claims["credentialSubject"] = {
        "type": ["AchievementSubject"],
        "identifier": [_identifier(said)],
        "achievement": {
            "id": f"{public_url}/schemes/{said.scheme}",
            "type": ["Achievement"],
            "name": title,
            "description": "\n".join(outline) or title,
            "criteria": {"id": f"{public_url}/levels/{said.level}", "narrative": "\n".join(outline) or title},
        },
        "competence": _competence(said, public_url),
    }
    claims["credentialStatus"] = status_entries(said.status, public_url)
    return claims


def claims_like(claims: Mapping[str, Any], said: Certificate, public_url: str) -> dict[str, Any]:
    """What `to_claims` gives for a certificate, from what it gave for another that says the same of another holder.

    claims  of a certificate that differs in nothing but number, holder's name, birth, moment of issue, place in the
            status lists and what it renews; of those it states the same ones. Only what differs is written again; the
            rest is shared, so neither is to be changed
    """
    subject = claims["credentialSubject"]
    competence = {**subject["competence"], "number": said.number, "tokenStatus": token_status_of(said.status)}
    if said.birth_year is not None:
        competence["birthYear"] = said.birth_year
    if said.birth_date is not None:
        competence["birthDate"] = said.birth_date.isoformat()
    if said.renews is not None:
        competence["renews"] = said.renews
    return {
        **claims,
        "id": f"{public_url}/v/{display_number(said.number)}",
        "awardedDate": _awarded(said),
        "credentialSubject": {**subject, "identifier": [_identifier(said)], "competence": competence},
        "credentialStatus": status_entries(said.status, public_url),
    }


def _awarded(said: Certificate) -> str:
    return awarded_at(said.issued_at)


def awarded_at(moment: datetime) -> str:
    """The moment of issue, UTC, whole seconds."""
    return moment.replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def _identifier(said: Certificate) -> dict[str, Any]:
    return {"type": "IdentityObject", "identityHash": said.holder_name, "identityType": "name", "hashed": False}


def status_entries(status: StatusPlace, public_url: str) -> list[dict[str, Any]]:
    """Where its status is told, for whoever reads Bitstring Status Lists."""
    place, lists = str(status.index), f"{public_url}/status/{status.list}/"
    return [
        {
            "id": f"{lists}{purpose}#{place}",
            "type": "BitstringStatusListEntry",
            "statusPurpose": purpose,
            "statusListIndex": place,
            "statusListCredential": lists + purpose,
        }
        for purpose in ("revocation", "suspension")
    ]


def token_status_of(status: StatusPlace) -> dict[str, int]:
    """The same place, for whoever reads Token Status Lists."""
    return {"statusList": status.list, "statusIndex": status.index}


def _competence(said: Certificate, public_url: str) -> dict[str, Any]:
    """Our own facts; what is not stated has no member."""
    several: dict[str, Any] = {
        "level": said.level.value,
        "title": dict(said.title),
        "content": {lang: list(lines) for lang, lines in said.content.items()},
        "identity": {stage: ida for stage in _STAGES if (ida := getattr(said.identity, stage)) is not None},
        "scopeClasses": list(said.scope_classes),
        "restrictions": list(said.restrictions),
        "tokenStatus": token_status_of(said.status),
    }
    facts = {term: fact for term, fact in several.items() if fact}
    facts |= {term: stated for term, fact in _AS_IT_STANDS if (stated := getattr(said, fact)) is not None}
    facts |= {term: day.isoformat() for term, fact in _DAYS.items() if (day := getattr(said, fact)) is not None}
    for term, fact in _PARTIES.items():
        party: Party | None = getattr(said, fact)
        if party is not None:
            facts[term] = {"id": did_web(public_url, party.id), "type": ["Profile"], "name": party.name}
    return facts


@lru_cache(maxsize=1024)
def stamp_of(moment: datetime, time_zone: str) -> str:
    """XML Schema dateTimeStamp: with the offset that applies there then."""
    return moment.astimezone(zone(time_zone)).isoformat(timespec="seconds")


class Stated(NamedTuple):
    """A certificate as read from claims, and under which names it was stated."""

    certificate: Certificate | OrganisationCertificate
    issuer_did: str
    public_url: str


def from_claims(claims: Mapping[str, Any]) -> Certificate:
    """The certificate that `to_claims` has written. Raises MalformedCertificate."""
    return _read_strictly(claims)[0]


def read_claims(claims: Mapping[str, Any]) -> Stated:
    """The certificate about a person, its issuer's did and the registry's address, as stated.

    Strict without a second list of rules: what was read is written again and must be what was given, so
    that nothing unknown, missing, doubled or of another type passes. Raises MalformedCertificate.
    """
    return Stated(*_read_strictly(claims))


def _read_strictly(claims: Mapping[str, Any]) -> tuple[Certificate, str, str]:
    with read_as_written():
        certificate, issuer_did, public_url = read = _read(claims)
        again = to_claims(certificate, issuer_did, public_url)
        # Mostly the members stand as they are written here; where they stand otherwise, that makes no difference.
        same = orjson.dumps(claims) == orjson.dumps(again) or _spelled(claims) == _spelled(again)
        if not same and _has_terms_spelled_out(claims):
            again["@context"][2] = _terms_spelled_out(public_url, certificate)
            same = _spelled(claims) == _spelled(again)
    if not same:
        raise not_as_written(claims, again)
    return read


def not_as_written(claims: Mapping[str, Any], again: Mapping[str, Any]) -> MalformedCertificate:
    """That claims are not what would be written: where they first differ."""
    differs = _difference(claims, again)
    return MalformedCertificate(f"{differs or 'claims'}: unknown, missing or not as this certificate is written")


def same_claims(claims: Mapping[str, Any], again: Mapping[str, Any]) -> bool:
    """Whether they say the same in the one way it is written."""
    return _spelled(claims) == _spelled(again)


@contextmanager
def read_as_written() -> Iterator[None]:
    """Whatever the claims lack or have too much of, said as one thing. Raises MalformedCertificate."""
    try:
        yield
    except ValidationError as fault:
        first = fault.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(step) for step in first["loc"]) or "certificate"
        raise MalformedCertificate(f"{where}: {first['msg']}") from fault
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError, MalformedNumber) as fault:
        raise MalformedCertificate("the claims lack a member or have one of another kind") from fault


def registry_of(claims: Mapping[str, Any]) -> str:
    """The address of the registry that an id names. Raises ValueError where it is too long."""
    public_url = str(claims["id"]).rsplit("/v/", 1)[0]
    if len(public_url) > _LONGEST_DID:
        raise ValueError("the registry's address is too long")
    return public_url


def _read(claims: Mapping[str, Any]) -> tuple[Certificate, str, str]:
    facts = claims["credentialSubject"]["competence"]
    public_url = registry_of(claims)
    issuer = claims["issuer"]
    given: dict[str, Any] = {fact: facts[term] for term, fact in _AS_IT_STANDS if term in facts}
    given |= {fact: date.fromisoformat(facts[term]) for term, fact in _DAYS.items() if term in facts}
    given |= {fact: party_of(facts[term]) for term, fact in _PARTIES.items() if term in facts}
    certificate = Certificate(
        **given,
        holder_name=claims["credentialSubject"]["identifier"][0]["identityHash"],
        title=facts["title"],
        content={lang: tuple(lines) for lang, lines in facts.get("content", {}).items()},
        level=Level(facts["level"]),
        issuer=party_of(issuer),
        identity=IdentityAssurance(**facts.get("identity", {})),
        issued_at=datetime.fromisoformat(claims["awardedDate"].removesuffix("Z")).replace(tzinfo=UTC),
        scope_classes=tuple(facts.get("scopeClasses", ())),
        restrictions=tuple(facts.get("restrictions", ())),
        status=StatusPlace(list=facts["tokenStatus"]["statusList"], index=facts["tokenStatus"]["statusIndex"]),
    )
    return certificate, str(issuer["id"]), public_url


def party_of(profile: Mapping[str, Any]) -> Party:
    """An organisation as its did and name tell of it. Raises ValueError where they are too long."""
    did, name = str(profile["id"]), profile["name"]
    # Read before any signature is checked: what is too long to be an organisation's is not remembered.
    if len(did) > _LONGEST_DID or not isinstance(name, str) or len(name) > _LONGEST_NAME:
        raise ValueError("an organisation's name or id is too long, or no text")
    return _party_of(did, name)


@lru_cache(maxsize=1024)
def _party_of(did: str, name: str) -> Party:
    # The same few organisations stand in most certificates.
    return Party(id=unquote(did.rsplit(":", 1)[1]), name=name)


def _spelled(claims: Mapping[str, Any]) -> bytes:
    """The one way to write them, for comparing: true is not 1 here, and 1 is not 1.0."""
    return orjson.dumps(claims, option=orjson.OPT_SORT_KEYS)


def _difference(given: object, again: object, path: str = "") -> str | None:
    """Where two JSON values first differ, as a path; None where they do not. True is not 1 here."""
    if type(given) is not type(again):
        return path
    pairs: list[tuple[object, object, str]] = []
    if isinstance(given, dict) and isinstance(again, dict):
        alone = sorted(set(given) ^ set(again))
        if alone:
            return f"{path}.{alone[0]}".lstrip(".")
        pairs = [(given[member], again[member], f"{path}.{member}".lstrip(".")) for member in given]
    elif isinstance(given, list) and isinstance(again, list):
        if len(given) != len(again):
            return path
        pairs = [(*pair, f"{path}[{place}]") for place, pair in enumerate(zip(given, again, strict=True))]
    elif given != again:
        return path
    return next((where for pair in pairs if (where := _difference(*pair)) is not None), None)
