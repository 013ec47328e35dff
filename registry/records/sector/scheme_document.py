"""What a scheme says of itself, as its owner hands it in: read strictly, every fault named."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, model_validator
from pydantic import Field as InputField

from levels.evidence import Tightening
from levels.level import Level
from levels.order import NoSuchEdition
from levels.rulebook import edition_on
from registry.records.sector.validity_policy import Anchor, Validity
from registry.records.strict_input import Country, InLanguages, Language, Line, Slug, StrictInput
from verification.certificate import Text

SCOPE_CLASS = r"^[A-Za-z0-9ÅÄÖØÆåäöøæ.+/-]{1,20}$"
ScopeClass = Annotated[str, InputField(pattern=SCOPE_CLASS)]
Version = Annotated[str, InputField(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,15}$")]
Minutes = Annotated[int, InputField(ge=0, le=1_000_000)]
Mark = Literal["S", "S-old", "G", "P", "confirmed"]
# What the owner of a scheme must look at before anybody approves it: old, from memory, or proposed by nobody's rule.
UNCONFIRMED: tuple[Mark, ...] = ("S-old", "G", "P")
# Facts that a source may be given for: what a scheme says, under the names it says it by.
SourcedFact = Literal[
    "titles",
    "content",
    "outcomes",
    "legal_basis",
    "mandatory_minutes",
    "validity",
    "who_issues",
    "max_level",
    "target_level",
    "scope_classes",
    "prerequisite",
    "assessment",
    "sanctions",
    "standard",
    "framework",
    "portrait_required",
    "birth",
    "withdrawal",
]

MOST_BYTES_OF_CONTENT = 30_000  # of the 48 KiB that a certificate may have


class ContentInLanguages(StrictInput):
    """The same paragraphs in each of the three languages."""

    sv: Annotated[tuple[Text, ...], InputField(min_length=1, max_length=60)]
    nb: Annotated[tuple[Text, ...], InputField(min_length=1, max_length=60)]
    en: Annotated[tuple[Text, ...], InputField(min_length=1, max_length=60)]

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        if not len(self.sv) == len(self.nb) == len(self.en):
            raise ValueError("must have the same number of paragraphs in sv, nb and en")
        # The English outline stands on a certificate three times: Open Badges wants it as description and criteria.
        size = sum(len(text.encode()) for text in (*self.sv, *self.nb, *self.en, *self.en, *self.en))
        if size > MOST_BYTES_OF_CONTENT:
            raise ValueError(
                f"is too long for a certificate by {size - MOST_BYTES_OF_CONTENT} bytes; state outcomes shortly"
            )
        return self


class ClassOfScope(StrictInput):
    """A class that a certificate may give, such as a kind of truck.

    own_result  whether it is given only to those who were tested in it and passed
    """

    code: ScopeClass
    titles: InLanguages
    own_result: bool = True


class LegalBasis(StrictInput):
    """A law, a regulation or a contract that the scheme answers to, as of a day: laws move."""

    says: Line
    country: Country | None = None
    as_of: date | None = None


class Standard(StrictInput):
    """A standard that the scheme is in line with. The edition decides what that means."""

    name: Line
    edition: Annotated[Line, InputField(max_length=40)]


class Framework(StrictInput):
    """The place of what is learnt in the frameworks of qualifications: European, Swedish, Norwegian."""

    eqf: Annotated[int, InputField(ge=1, le=8)] | None = None
    seqf: Annotated[int, InputField(ge=1, le=8)] | None = None
    nkr: Literal["2", "3", "4", "5.1", "5.2", "6.1", "6.2", "7", "8"] | None = None

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        if not (self.eqf or self.seqf or self.nkr):
            raise ValueError("needs eqf, seqf or nkr")
        return self


class Assessment(StrictInput):
    """A part of the examination and when it is passed.

    pass_percent  the least share of the points; None = pass or fail by the examiner's judgement
    attempts      how many one has at one time; None = as many as one likes
    waiting_days  before the next attempt
    """

    kind: Literal["knowledge", "practical"]
    minutes: Minutes | None = None
    pass_percent: Annotated[int, InputField(ge=1, le=100)] | None = None
    attempts: Annotated[int, InputField(ge=1, le=100)] | None = None
    waiting_days: Annotated[int, InputField(ge=0, le=3650)] = 0


class Prerequisite(StrictInput):
    """What somebody must hold already: a certificate of any of these schemes, valid on that day.

    level  the lowest that will do
    on     the day on which it must be valid
    """

    any_of: Annotated[tuple[Slug, ...], InputField(min_length=1, max_length=20)]
    level: Level | None = None
    on: Anchor = "decided_on"


class FactSource(StrictInput):
    """Where something that the scheme says comes from, and how sure that is.

    mark  S: read in a public source; S-old: read, but the copy is old; G: generally known, not looked up; P: proposed
          by whoever wrote the draft; confirmed: the scheme's owner has looked at it and stands by it
    """

    fact: SourcedFact
    mark: Mark
    note: Line
    as_of: date


def _time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as fault:
        raise ValueError("must be a time zone such as Europe/Stockholm") from fault
    return name


class NewScheme(StrictInput):
    """One version of a scheme, as its owner hands it in.

    on_issuer_closing  what becomes of its certificates when their issuer closes: they stand, the owner has to confirm
                     them from then on, or they end
    published_on     first day it may be issued under; None = the day it is published
    scope_classes    the codes of the classes; `scope_class` tells more of them
    content          what is taught; `outcomes`: what whoever passes can do. A certificate states the outcomes if there
                     are any
    national_number  whether people may be found by a national number; a law or a need must say why
    """

    code: Slug
    owner: Slug
    version: Version
    max_level: Level
    target_level: Level
    scheme_document: Literal["none", "course", "full"]
    mandatory_minutes: Minutes
    share_printed: bool = False
    item_bank_owner: Slug | None = None
    item_bank_secured: bool | None = None
    recertification: bool | None = None
    surveillance_means: bool | None = None
    withdrawal: Literal["none", "annul", "withdraw"] = "none"
    scope_classes: tuple[ScopeClass, ...] = ()
    time_zone: Annotated[str, AfterValidator(_time_zone)] = "Europe/Stockholm"
    language: Language = "sv"
    birth: Literal["none", "year", "date"] = "date"
    published_on: date | None = None
    validity: Validity
    titles: InLanguages
    content: ContentInLanguages
    tightening: tuple[Tightening, ...] = ()
    scope_class: Annotated[tuple[ClassOfScope, ...], InputField(max_length=40)] = ()
    outcomes: ContentInLanguages | None = None
    who_issues: InLanguages | None = None
    legal_basis: Annotated[tuple[LegalBasis, ...], InputField(max_length=20)] = ()
    standard: Annotated[tuple[Standard, ...], InputField(max_length=20)] = ()
    framework: Framework | None = None
    languages_training: Annotated[tuple[Language, ...], InputField(max_length=60)] = ()
    languages_test: Annotated[tuple[Language, ...], InputField(max_length=60)] = ()
    four_eyes_at_d: bool = False
    assessment: Annotated[tuple[Assessment, ...], InputField(max_length=10)] = ()
    prerequisite: Annotated[tuple[Prerequisite, ...], InputField(max_length=10)] = ()
    sanctions: ContentInLanguages | None = None
    national_number: Literal["refused", "optional"] = "refused"
    national_number_reason: Line | None = None
    portrait_required: bool = False
    on_issuer_closing: Literal["stand", "confirm", "end"] = "stand"
    source: Annotated[tuple[FactSource, ...], InputField(max_length=40)] = ()

    def taught_as(self, refresher: str | None) -> Self:
        """The scheme as one of its refreshers asks it; None: as the full course does. KeyError for another name."""
        if refresher is None:
            return self
        steps = {step.id: step for step in self.validity.refresher}
        return self.model_copy(update={"mandatory_minutes": steps[refresher].mandatory_minutes})

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        order = list(edition_levels(self.published_on))
        if order.index(self.target_level) < order.index(self.max_level):
            raise ValueError(f"target_level ({self.target_level}) lies above max_level ({self.max_level})")
        if self.validity.from_age is not None and self.birth == "none":
            raise ValueError('validity.from_age needs the birth date; birth must be "year" or "date"')
        if (self.national_number == "optional") != (self.national_number_reason is not None):
            raise ValueError('national_number = "optional" needs national_number_reason, and only that does')
        if any(self.code in wanted.any_of for wanted in self.prerequisite):
            raise ValueError(f"prerequisite: {self.code} cannot be asked for before itself")
        _once("scope_classes", self.scope_classes)
        _once("source", [each.fact for each in self.source])
        _once("assessment", [each.kind for each in self.assessment])
        told = [each.code for each in self.scope_class]
        _once("scope_class", told)
        odd = sorted(set(told) - set(self.scope_classes))
        if odd:
            raise ValueError(f"scope_class: {odd[0]} does not stand in scope_classes")
        return self

    @property
    def stated(self) -> ContentInLanguages:
        """What a certificate states: outcomes, or else the content."""
        return self.outcomes or self.content

    @property
    def unconfirmed(self) -> tuple[FactSource, ...]:
        """What nobody has looked up or confirmed yet."""
        return tuple(each for each in self.source if each.mark in UNCONFIRMED)

    @property
    def classes_by_result(self) -> tuple[str, ...]:
        """The classes that are given only to those who passed a test in them."""
        return tuple(each.code for each in self.scope_class if each.own_result)

    def class_titles(self, lang: str) -> Mapping[str, str]:
        """What its classes are called, those that have a title."""
        return {each.code: getattr(each.titles, lang) for each in self.scope_class}


def _once(name: str, values: Sequence[str]) -> None:
    twice = next((value for place, value in enumerate(values) if value in values[:place]), None)
    if twice is not None:
        raise ValueError(f"{name}: {twice} stands there twice")


def edition_levels(day: date | None) -> tuple[Level, ...]:
    """The levels in display order, by the edition of that day; before the first edition by the first."""
    try:
        return tuple(Level) if day is None else edition_on(day).order
    except NoSuchEdition:
        return tuple(Level)
