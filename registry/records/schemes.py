"""Schemes and their published versions: what is taught and tested, what a certificate says, how long it is valid."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, model_validator
from pydantic import Field as InputField
from sqlalchemy import JSON, Column, UniqueConstraint
from sqlmodel import Field, SQLModel, col, select

from levels.assess import check_tightening
from levels.evidence import Tightening
from levels.level import Level
from levels.rulebook import NoSuchEdition, edition_on
from levels.tightening import LooserThanEdition
from registry.errors import SchemeExists, SchemeLooserThanEdition, SchemeNotFound, SchemeNotTheOwners
from registry.records.database import Database, new_id
from registry.records.organisations import organisation_by_slug
from registry.records.strict_input import InLanguages, Language, Slug, StrictInput, parse
from registry.records.validity_policy import Validity
from verification.certificate import Text

SCOPE_CLASS = r"^[A-Za-z0-9ÅÄÖØÆåäöøæ.+/-]{1,20}$"
ScopeClass = Annotated[str, InputField(pattern=SCOPE_CLASS)]

MOST_BYTES_OF_CONTENT = 30_000  # of the 48 KiB that a certificate may have


class SchemeRecord(SQLModel, table=True):
    """A scheme: its code and who owns it."""

    __tablename__ = "scheme"

    code: str = Field(primary_key=True)
    owner: str = Field(foreign_key="organisation.slug", index=True)
    recorded_at: datetime
    recorded_by: str


class SchemeVersion(SQLModel, table=True):
    """One published version. `document` is all of it as it was handed in; the columns are for finding it."""

    __tablename__ = "scheme_version"
    __table_args__ = (UniqueConstraint("code", "version"),)

    id: UUID = Field(primary_key=True, default_factory=new_id)
    code: str = Field(foreign_key="scheme.code", index=True)
    version: str
    owner: str
    max_level: str
    target_level: str
    published_on: date
    document: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    recorded_at: datetime
    recorded_by: str

    @property
    def titles(self) -> Mapping[str, str]:
        """What it is called, by language."""
        titles: Mapping[str, str] = self.document["titles"]
        return titles

    @property
    def content(self) -> Mapping[str, Sequence[str]]:
        """Content outline or learning outcomes, by language."""
        content: Mapping[str, Sequence[str]] = self.document["content"]
        return content

    def new(self) -> "NewScheme":
        """All facts of the version, as they were handed in."""
        return parse(self.document, NewScheme)


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


def _time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as fault:
        raise ValueError("must be a time zone such as Europe/Stockholm") from fault
    return name


class NewScheme(StrictInput):
    """A scheme with one version, as its owner hands it in."""

    code: Slug
    owner: Slug
    version: Annotated[str, InputField(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,15}$")]
    max_level: Level
    target_level: Level
    scheme_document: Literal["none", "course", "full"]
    mandatory_minutes: Annotated[int, InputField(ge=0, le=1_000_000)]
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
    published_on: date
    validity: Validity
    titles: InLanguages
    content: ContentInLanguages
    tightening: tuple[Tightening, ...] = ()

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        order = list(edition_levels(self.published_on))
        if order.index(self.target_level) < order.index(self.max_level):
            raise ValueError(f"target_level ({self.target_level}) lies above max_level ({self.max_level})")
        if self.validity.from_age is not None and self.birth == "none":
            raise ValueError('validity.from_age needs the birth date; birth must be "year" or "date"')
        return self


def edition_levels(day: date) -> tuple[Level, ...]:
    """The levels in display order, by the edition of that day; before the first edition by the first."""
    try:
        return edition_on(day).order
    except NoSuchEdition:
        return tuple(Level)


def add_scheme(db: Database, new: NewScheme, now: datetime, actor: str) -> SchemeVersion:
    """Publish a version; the first one makes the scheme.

    Raises OrganisationNotFound, SchemeExists, SchemeNotTheOwners if another owns the code, and
    SchemeLooserThanEdition where it asks less than the edition in force now.
    """
    for slug in filter(None, (new.owner, new.item_bank_owner)):
        organisation_by_slug(db, slug)
    try:
        check_tightening(edition_on(now.date()), new.tightening)
    except LooserThanEdition as fault:
        raise SchemeLooserThanEdition(str(fault)) from fault
    scheme = db.get(SchemeRecord, new.code)
    if scheme is None:
        db.add(SchemeRecord(code=new.code, owner=new.owner, recorded_at=now, recorded_by=actor))
        db.flush()
    elif scheme.owner != new.owner:
        raise SchemeNotTheOwners(f"{new.code} belongs to {scheme.owner}; {new.owner} must choose another code")
    if db.exec(
        select(SchemeVersion).where(SchemeVersion.code == new.code, SchemeVersion.version == new.version)
    ).first():
        raise SchemeExists(f"version {new.version} of {new.code} is published; a change is a new version")
    version = SchemeVersion(
        code=new.code,
        version=new.version,
        owner=new.owner,
        max_level=new.max_level.value,
        target_level=new.target_level.value,
        published_on=new.published_on,
        document=new.model_dump(mode="json"),
        recorded_at=now,
        recorded_by=actor,
    )
    db.add(version)
    db.flush()
    return version


def schemes(db: Database) -> Sequence[SchemeVersion]:
    """Every version of every scheme: by code, the newest first."""
    return db.exec(
        select(SchemeVersion).order_by(
            SchemeVersion.code, col(SchemeVersion.published_on).desc(), col(SchemeVersion.id).desc()
        )
    ).all()


def scheme_version(db: Database, code: str, version: str | None = None) -> SchemeVersion:
    """That version, or the one published last. Raises SchemeNotFound."""
    found = [each for each in _versions(db, code) if version in {None, each.version}]
    if not found:
        wanted = f"version {version} of {code!r}" if version else repr(code)
        raise SchemeNotFound(f"there is no scheme {wanted}")
    return found[0]


def _versions(db: Database, code: str) -> Sequence[SchemeVersion]:
    return db.exec(
        select(SchemeVersion)
        .where(SchemeVersion.code == code)
        .order_by(col(SchemeVersion.published_on).desc(), col(SchemeVersion.id).desc())
    ).all()


def scheme_owner(db: Database, code: str) -> str:
    """The owner's id. Raises SchemeNotFound."""
    scheme = db.get(SchemeRecord, code)
    if scheme is None:
        raise SchemeNotFound(f"there is no scheme {code!r}")
    return scheme.owner
