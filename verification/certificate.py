"""What a certificate says, free of any format: its facts, its number, the days it speaks of."""

import base64
import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from typing import Annotated, Any, Literal, Self
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from levels.level import Level

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
NUMBER_BYTES = 10
_NUMBER_LENGTH = 16
_NUMBER = re.compile(f"[{CROCKFORD}]{{{_NUMBER_LENGTH}}}")
_RFC4648 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_TO_CROCKFORD = bytes.maketrans(_RFC4648, CROCKFORD.encode())
_FROM_CROCKFORD = bytes.maketrans(CROCKFORD.encode(), _RFC4648)
# Crockford's base32: letters that are easily misread stand for the digit they look like.
_MISREAD = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None, "\u2013": None, "\u00a0": None})
_JOINERS = "\u200c\u200d"  # written within names in several scripts; every other invisible character may deceive


class MalformedNumber(Exception):
    """A text that is no certificate number."""


def new_number(random_bytes: bytes) -> str:
    """The number that stands for 80 random bits: 16 characters of Crockford base32, upper case, no dashes.

    random_bytes  10 bytes from a cryptographic source; ValueError on another length
    """
    if len(random_bytes) != NUMBER_BYTES:
        raise ValueError("a certificate number is made of 10 bytes")
    # The same groups of five bits as RFC 4648 makes, written with other letters.
    return base64.b32encode(random_bytes).translate(_TO_CROCKFORD).decode()


def number_bytes(number: str) -> bytes:
    """The 10 bytes a number stands for. Raises MalformedNumber."""
    return base64.b32decode(parse_number(number).encode().translate(_FROM_CROCKFORD))


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
    if text.isprintable():  # none of the categories below, nor any that is not assigned
        return text
    for character in text:
        if unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"} and character not in _JOINERS:
            raise ValueError(f"must not contain the invisible character U+{ord(character):04X}")
    return text


def _number(text: str) -> str:
    if not _NUMBER.fullmatch(text):
        raise ValueError("must be 16 characters of Crockford base32 without dashes")
    return text


@cache
def zone(name: str) -> ZoneInfo:
    """A time zone by its name, such as Europe/Stockholm. Raises ZoneInfoNotFoundError."""
    return ZoneInfo(name)


def _time_zone(name: str) -> str:
    try:
        zone(name)
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

    subject        whom it is about; `holder_name` is that person's or organisation's name
    birth_in_code  what the QR code repeats of the birth: the year unless the scheme's law says otherwise
    party          how trainer and examiner stand to one another, as computed at issue
    corrects       number of the certificate that had a fault, and in whose place this one came
    renews         number of the certificate that this one follows on; that one stands until its own last day
    """

    number: Number
    subject: Literal["person", "organisation"] = "person"
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
    corrects: Number | None = None
    renews: Number | None = None
    status: StatusPlace

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        if self.valid_until is not None and self.valid_until < self.valid_from:
            raise ValueError("valid_until lies before valid_from")
        if self.subject == "organisation" and (self.birth_date or self.birth_year):
            raise ValueError("an organisation has no birth")
        if self.birth_date and self.birth_year not in {None, self.birth_date.year}:
            raise ValueError("birth_year is not the year of birth_date")
        if self.birth_in_code == "date" and self.birth_date is None:
            raise ValueError("birth_in_code asks for a date that is not stated")
        if self.course_first_on and self.course_last_on and self.course_last_on < self.course_first_on:
            raise ValueError("course_last_on lies before course_first_on")
        former = [number for number in (self.corrects, self.renews) if number is not None]
        if self.number in former or len(set(former)) < len(former):
            raise ValueError("corrects and renews name two other certificates")
        return self


@lru_cache(maxsize=4096)
def start_of(day: date, time_zone: str) -> datetime:
    """The first instant of a day where `time_zone` is kept, in UTC."""
    return datetime.combine(day, time(), zone(time_zone)).astimezone(UTC)


def end_of(day: date, time_zone: str) -> datetime:
    """The first instant after a day where `time_zone` is kept, in UTC: days are inclusive to their end."""
    return start_of(day + timedelta(days=1), time_zone)


def day_at(moment: datetime, time_zone: str) -> date:
    """The day it is at a moment, where `time_zone` is kept."""
    return moment.astimezone(zone(time_zone)).date()


def in_language(texts: Mapping[Any, str], lang: str) -> str:
    """The text in that language, else in the next of en, sv, nb that there is."""
    return next((texts[code] for code in (lang, "en", "sv", "nb") if code in texts), "")


@lru_cache(maxsize=1024)
def did_web(public_url: str, organisation: str | None = None) -> str:
    """The did:web name of an organisation of the registry at `public_url`; of the registry itself without one.

    http://127.0.0.1:8000 and ORG give did:web:127.0.0.1%3A8000:o:ORG.
    """
    parts = urlsplit(public_url)
    path = [quote(step, safe="") for step in parts.path.split("/") if step]
    steps = ["did:web", parts.netloc.lower().replace(":", "%3A"), *path]
    return ":".join([*steps, "o", organisation] if organisation else steps)
