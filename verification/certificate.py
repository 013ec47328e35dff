"""What a certificate says, free of any format; and the same as claims of an Open Badge.

The claims are those of W3C Verifiable Credentials Data Model 2.0 and Open Badges 3.0. Facts of ours that
neither knows stand under one member, `competence`, whose terms an inline context defines, so that no term
is undefined for anybody who reads the document as JSON-LD.
"""

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Annotated, Any, Literal, NamedTuple, Self
from urllib.parse import quote, unquote, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from levels.level import Level

VC_CONTEXT = "https://www.w3.org/ns/credentials/v2"
BADGE_CONTEXT = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
NUMBER_BYTES = 10
_NUMBER_LENGTH = 16
# Crockford's base32: letters that are easily misread stand for the digit they look like.
_MISREAD = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None, "\u2013": None, "\u00a0": None})
_JOINERS = "\u200c\u200d"  # written within names in several scripts; every other invisible character may deceive


class MalformedNumber(Exception):
    """A text that is no certificate number."""


class MalformedCertificate(Exception):
    """Claims that do not state a certificate of ours."""


def new_number(random_bytes: bytes) -> str:
    """The number that stands for 80 random bits: 16 characters of Crockford base32, upper case, no dashes.

    random_bytes  10 bytes from a cryptographic source; ValueError on another length
    """
    if len(random_bytes) != NUMBER_BYTES:
        raise ValueError("a certificate number is made of 10 bytes")
    value = int.from_bytes(random_bytes, "big")
    return "".join(CROCKFORD[value >> shift & 31] for shift in range(75, -1, -5))


def number_bytes(number: str) -> bytes:
    """The 10 bytes a number stands for. Raises MalformedNumber."""
    value = 0
    for character in parse_number(number):
        value = value << 5 | CROCKFORD.index(character)
    return value.to_bytes(NUMBER_BYTES, "big")


def display_number(number: str) -> str:
    """The number as people read it: XXXX-XXXX-XXXX-XXXX."""
    return "-".join(number[start : start + 4] for start in range(0, _NUMBER_LENGTH, 4))


def parse_number(text: str) -> str:
    """A number as people type it: case, dashes and spaces do not matter, O is 0, I and L are 1.

    Raises MalformedNumber.
    """
    # Upper-casing first would turn some foreign letters into ours; only ASCII and a long dash are typed here.
    if len(text) > 4 * _NUMBER_LENGTH or not text.replace("\u2013", "-").replace("\u00a0", " ").isascii():
        raise MalformedNumber("a certificate number has 16 letters and digits")
    number = text.strip().upper().translate(_MISREAD)
    if len(number) != _NUMBER_LENGTH or not set(number) <= set(CROCKFORD):
        raise MalformedNumber("a certificate number has 16 letters and digits")
    return number


def _plain(text: str) -> str:
    """Refuse what could hide or turn around other text: controls, surrogates, bidirectional marks."""
    if text != text.strip():
        raise ValueError("must not begin or end with a space")
    for character in text:
        if unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"} and character not in _JOINERS:
            raise ValueError(f"must not contain the invisible character U+{ord(character):04X}")
    return text


def _number(text: str) -> str:
    if not re.fullmatch(f"[{CROCKFORD}]{{{_NUMBER_LENGTH}}}", text):
        raise ValueError("must be 16 characters of Crockford base32 without dashes")
    return text


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def _time_zone(name: str) -> str:
    try:
        _zone(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as fault:
        raise ValueError("must be a time zone's name, such as Europe/Stockholm") from fault
    return name


# No certificate speaks of days outside these; beyond them calendars and clocks overflow.
EARLIEST, LATEST = date(1900, 1, 1), date(2200, 12, 31)


def _moment(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("must carry its time zone")
    return moment.astimezone(UTC).replace(microsecond=0)


def _bounded(day: date) -> date:
    if not EARLIEST <= (day.date() if isinstance(day, datetime) else day) <= LATEST:
        raise ValueError(f"must lie between {EARLIEST} and {LATEST}")
    return day


Text = Annotated[str, Field(min_length=1, max_length=500), AfterValidator(_plain)]
Name = Annotated[str, Field(min_length=1, max_length=120), AfterValidator(_plain)]
Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9])?$")]
Number = Annotated[str, AfterValidator(_number)]
TimeZone = Annotated[str, AfterValidator(_time_zone)]
Moment = Annotated[datetime, AfterValidator(_moment)]
BoundedMoment = Annotated[datetime, AfterValidator(_bounded), AfterValidator(_moment)]
Day = Annotated[date, AfterValidator(_bounded)]
Lang = Literal["sv", "nb", "en"]
Year = Annotated[int, Field(ge=1900, le=2200)]
Assurance = Annotated[int, Field(ge=0, le=3)]
Minutes = Annotated[int, Field(ge=0, le=1_000_000)]
LANGUAGES: tuple[Lang, ...] = ("sv", "nb", "en")


class _Facts(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Party(_Facts):
    """An organisation with a part in the certificate; `id` is its public id in the registry."""

    id: Code
    name: Name


class IdentityAssurance(_Facts):
    """IDA 0-3 at each stage; None = the stage did not take place or is not known."""

    enrolment: Assurance | None = None
    attendance: Assurance | None = None
    exam: Assurance | None = None


class StatusPlace(_Facts):
    """One place, the same in every list that is rendered from it: list number and index in it, from 0."""

    list: Annotated[int, Field(ge=0, le=10_000_000)]
    index: Annotated[int, Field(ge=0, le=100_000_000)]


class Certificate(_Facts):
    """The facts of one certificate. Days are inclusive in `time_zone`; None = not stated.

    birth_in_code  what the QR code repeats of the birth: the year unless the scheme's law says otherwise
    party          how trainer and examiner stand to one another, as computed at issue
    """

    number: Number
    holder_name: Name
    birth_date: Day | None = None
    birth_year: Year | None = None
    birth_in_code: Literal["none", "year", "date"] = "year"
    scheme: Code
    scheme_version: Code
    title: Annotated[Mapping[Lang, Text], Field(min_length=1)]
    content: Mapping[Lang, Annotated[tuple[Text, ...], Field(min_length=1, max_length=60)]] = Field(
        default_factory=dict
    )
    level: Level
    edition: Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
    training_provider: Party | None = None
    examination_body: Party | None = None
    issuer: Party
    scheme_owner: Party
    register_keeper: Party | None = None
    mandate: Code | None = None
    party: Literal["first", "second", "third"] | None = None
    identity: IdentityAssurance = IdentityAssurance()
    course_first_on: Day | None = None
    course_last_on: Day | None = None
    assessed_on: Day | None = None
    decided_on: Day | None = None
    issued_at: BoundedMoment
    valid_from: Day
    valid_until: Day | None = None
    time_zone: TimeZone
    attended_minutes: Minutes | None = None
    mandatory_minutes: Minutes | None = None
    attended_percent: Annotated[int, Field(ge=0, le=100)] | None = None
    delivery: Text | None = None
    language_training: Text | None = None
    language_test: Text | None = None
    scope_classes: Annotated[tuple[Name, ...], Field(max_length=40)] = ()
    restrictions: Annotated[tuple[Name, ...], Field(max_length=40)] = ()
    status: StatusPlace

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        if self.valid_until is not None and self.valid_until < self.valid_from:
            raise ValueError("valid_until lies before valid_from")
        if self.birth_date and self.birth_year not in {None, self.birth_date.year}:
            raise ValueError("birth_year is not the year of birth_date")
        if self.birth_in_code == "date" and self.birth_date is None:
            raise ValueError("birth_in_code asks for a date that is not stated")
        if self.course_first_on and self.course_last_on and self.course_last_on < self.course_first_on:
            raise ValueError("course_last_on lies before course_first_on")
        return self


def start_of(day: date, time_zone: str) -> datetime:
    """The first instant of a day where `time_zone` is kept, in UTC."""
    return datetime.combine(day, time(), _zone(time_zone)).astimezone(UTC)


def end_of(day: date, time_zone: str) -> datetime:
    """The first instant after a day where `time_zone` is kept, in UTC: days are inclusive to their end."""
    return start_of(day + timedelta(days=1), time_zone)


def day_at(moment: datetime, time_zone: str) -> date:
    """The day it is at a moment, where `time_zone` is kept."""
    return moment.astimezone(_zone(time_zone)).date()


def in_language(texts: Mapping[Any, str], lang: str) -> str:
    """The text in that language, else in the next of en, sv, nb that there is."""
    return next((texts[code] for code in (lang, "en", "sv", "nb") if code in texts), "")


def did_web(public_url: str, organisation: str | None = None) -> str:
    """The did:web name of an organisation of the registry at `public_url`; of the registry itself without one.

    http://127.0.0.1:8000 and ORG give did:web:127.0.0.1%3A8000:o:ORG.
    """
    parts = urlsplit(public_url)
    path = [quote(step, safe="") for step in parts.path.split("/") if step]
    steps = ["did:web", parts.netloc.lower().replace(":", "%3A"), *path]
    return ":".join([*steps, "o", organisation] if organisation else steps)


def _terms(public_url: str) -> dict[str, Any]:
    """The inline context: every term of ours, under one member of our own."""
    vocabulary = f"{public_url}/ns#"
    terms: dict[str, Any] = {term: vocabulary + term for term in (*_SAME, *_DAYS, *_PARTIES, *_NESTED)}
    terms |= {term: {"@id": vocabulary + term, "@container": "@language"} for term in ("title", "content")}
    return {"competence": {"@id": vocabulary + "competence", "@context": terms}}


_SAME = {  # members of `competence` whose value is the fact as it stands
    "number": "number",
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

_NESTED = (
    *("level", "identity", "enrolment", "attendance", "exam", "scopeClasses", "restrictions"),
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
        "awardedDate": said.issued_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "validFrom": _stamp(start_of(said.valid_from, said.time_zone), said.time_zone),
    }
    if said.valid_until is not None:
        last_second = end_of(said.valid_until, said.time_zone) - timedelta(seconds=1)
        claims["validUntil"] = _stamp(last_second, said.time_zone)
    claims["credentialSubject"] = {
        "type": ["AchievementSubject"],
        "identifier": [
            {"type": "IdentityObject", "identityHash": said.holder_name, "identityType": "name", "hashed": False}
        ],
        "achievement": {
            "id": f"{public_url}/schemes/{said.scheme}",
            "type": ["Achievement"],
            "name": title,
            "description": "\n".join(outline) or title,
            "criteria": {"id": f"{public_url}/levels/{said.level}", "narrative": "\n".join(outline) or title},
        },
        "competence": _competence(said, public_url),
    }
    claims["credentialStatus"] = [
        {
            "id": f"{public_url}/status/{said.status.list}/{purpose}#{said.status.index}",
            "type": "BitstringStatusListEntry",
            "statusPurpose": purpose,
            "statusListIndex": str(said.status.index),
            "statusListCredential": f"{public_url}/status/{said.status.list}/{purpose}",
        }
        for purpose in ("revocation", "suspension")
    ]
    return claims


def _competence(said: Certificate, public_url: str) -> dict[str, Any]:
    """Our own facts; what is not stated has no member."""
    facts: dict[str, Any] = {
        "level": said.level.value,
        "title": dict(said.title),
        "content": {lang: list(lines) for lang, lines in said.content.items()},
        "identity": said.identity.model_dump(exclude_none=True),
        "scopeClasses": list(said.scope_classes),
        "restrictions": list(said.restrictions),
        "tokenStatus": {"statusList": said.status.list, "statusIndex": said.status.index},
    }
    facts |= {term: getattr(said, fact) for term, fact in _SAME.items()}
    facts |= {term: day.isoformat() for term, fact in _DAYS.items() if (day := getattr(said, fact)) is not None}
    for term, fact in _PARTIES.items():
        party: Party | None = getattr(said, fact)
        if party is not None:
            facts[term] = {"id": did_web(public_url, party.id), "type": ["Profile"], "name": party.name}
    return {term: fact for term, fact in facts.items() if fact not in (None, [], {})}


def _stamp(moment: datetime, time_zone: str) -> str:
    """XML Schema dateTimeStamp: with the offset that applies there then."""
    return moment.astimezone(_zone(time_zone)).isoformat(timespec="seconds")


class Stated(NamedTuple):
    """A certificate as read from claims, and under which names it was stated."""

    certificate: Certificate
    issuer_did: str
    public_url: str


def from_claims(claims: Mapping[str, Any]) -> Certificate:
    """The certificate that `to_claims` has written. Raises MalformedCertificate."""
    return read_claims(claims).certificate


def read_claims(claims: Mapping[str, Any]) -> Stated:
    """The certificate, its issuer's did and the registry's address, as stated.

    Strict without a second list of rules: what was read is written again and must be what was given, so
    that nothing unknown, missing, doubled or of another type passes. Raises MalformedCertificate.
    """
    try:
        stated = _read(claims)
        again = to_claims(stated.certificate, stated.issuer_did, stated.public_url)
    except ValidationError as fault:
        first = fault.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(step) for step in first["loc"]) or "certificate"
        raise MalformedCertificate(f"{where}: {first['msg']}") from fault
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError) as fault:
        raise MalformedCertificate("the claims lack a member or have one of another kind") from fault
    differs = _difference(claims, again)
    if differs is not None:
        raise MalformedCertificate(f"{differs or 'claims'}: unknown, missing or not as this certificate is written")
    return stated


def _read(claims: Mapping[str, Any]) -> Stated:
    facts = claims["credentialSubject"]["competence"]
    public_url = str(claims["id"]).rsplit("/v/", 1)[0]
    issuer = claims["issuer"]
    given: dict[str, Any] = {fact: facts[term] for term, fact in _SAME.items() if term in facts}
    given |= {fact: date.fromisoformat(facts[term]) for term, fact in _DAYS.items() if term in facts}
    given |= {fact: _party(facts[term]) for term, fact in _PARTIES.items() if term in facts}
    certificate = Certificate(
        **given,
        holder_name=claims["credentialSubject"]["identifier"][0]["identityHash"],
        title=facts["title"],
        content={lang: tuple(lines) for lang, lines in facts.get("content", {}).items()},
        level=Level(facts["level"]),
        issuer=_party(issuer),
        identity=IdentityAssurance(**facts.get("identity", {})),
        issued_at=datetime.strptime(claims["awardedDate"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC),
        scope_classes=tuple(facts.get("scopeClasses", ())),
        restrictions=tuple(facts.get("restrictions", ())),
        status=StatusPlace(list=facts["tokenStatus"]["statusList"], index=facts["tokenStatus"]["statusIndex"]),
    )
    return Stated(certificate, str(issuer["id"]), public_url)


def _party(profile: Mapping[str, Any]) -> Party:
    return Party(id=unquote(str(profile["id"]).rsplit(":", 1)[1]), name=profile["name"])


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
