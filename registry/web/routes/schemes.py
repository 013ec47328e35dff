"""Published schemes: in public what each version says, and for their owners retiring, extending, and what happened."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from fastapi import Path, Query, Response
from pydantic import BaseModel, Field

from levels.level import Level
from registry.errors import SchemeNotInForce
from registry.issuing.decisions.validity_in_words import policy_in_words
from registry.records.actors.access import Actor
from registry.records.sector.extensions import (
    ExtensionTerms,
    NewExtension,
    SchemeExtension,
    extend_scheme,
    extension_by_id,
    extensions,
    withdraw_extension,
)
from registry.records.sector.scheme_document import ContentInLanguages, NewScheme
from registry.records.sector.schemes import (
    SchemeEvent,
    SchemeVersion,
    retire_version,
    scheme_events_after,
    scheme_owner,
    scheme_version,
    schemes_after,
    version_in_force,
)
from registry.records.store.database import Database
from registry.records.strict_input import InLanguages, Line, StrictInput
from registry.web.access import Acting
from registry.web.changes import Writing, api_router
from registry.web.dependencies import Now, Reading
from registry.web.paging import Paged
from registry.web.request_body import Given, NoNationalNumber
from registry.web.states import HAS_ETAG, tagged
from verification.certificate import LANGUAGES, day_at

router = api_router("/schemes", "schemes")
extension_routes = api_router("/extensions", "schemes")

Code = Annotated[str, Path(pattern=r"^[a-z0-9-]{2,32}$", description="Code of the scheme.", examples=["hot-work"])]
VersionName = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,15}$", description="Which.", examples=["3"])]
WantedVersion = Annotated[
    str | None,
    Query(max_length=16, description="Which version; without it the one in force today, or else published last."),
]
ExtensionId = Annotated[
    str, Path(pattern=r"^extension-[0-9a-f]{16}$", description="Which.", examples=["extension-8c1d2e3f4a5b6c7d"])
]
Why = Annotated[Line, NoNationalNumber]


class SchemeOut(BaseModel):
    """One published version of a scheme, in short."""

    code: str = Field(examples=["hot-work"])
    version: str = Field(examples=["3"])
    owner: str = Field(description="Id of the organisation whose it is.", examples=["brandradet"])
    titles: InLanguages
    max_level: Level
    target_level: Level
    published_on: date = Field(description="First day on which something may be decided under it.")
    retired_from: date | None = Field(description="First day on which nothing may be decided under it any more.")
    state: Literal["coming", "in_force", "retired"] = Field(description="Today, where the scheme keeps its time.")


class ValidityInWords(BaseModel):
    """The whole validity policy, a sentence a line."""

    sv: list[str]
    nb: list[str]
    en: list[str]


class ExtensionOut(BaseModel):
    """A decision of the owner that certificates which end in some days are accepted for longer."""

    id: str = Field(examples=["extension-8c1d2e3f4a5b6c7d"])
    scheme: str
    versions: list[str] | None = Field(description="null = all.")
    ends_from: date
    ends_until: date
    months: int | None = Field(description="How much longer; else until.")
    until: date | None
    decided_on: date
    decision: str = Field(description="Where the decision is recorded.")
    withdrawn_at: datetime | None


class SchemeWhole(SchemeOut):
    """All that a version says."""

    document: NewScheme = Field(description="As it was approved.")
    stated: ContentInLanguages = Field(description="What a certificate states of content or outcomes.")
    validity_in_words: ValidityInWords
    extensions: list[ExtensionOut] = Field(description="Those that stand and mean this version.")


class SchemeList(BaseModel):
    """One page of versions, by code and version."""

    items: list[SchemeOut]


class ExtensionList(BaseModel):
    """Every decision that stands, by day."""

    items: list[ExtensionOut]


class Retirement(StrictInput):
    """From that day on, today or later, nothing is decided under the version. What was decided before stays."""

    retired_from: date
    reason: Why


class ExtensionDecision(ExtensionTerms):
    """Certificates whose last day lies in these days are accepted for so many months longer, or until a day."""

    decision: Why


class Withdrawal(StrictInput):
    """Why."""

    reason: Why


class SchemeEventOut(BaseModel):
    """Something that happened to a version, drafts included."""

    version: str
    place: int = Field(description="1 for the first of the version, and so on without gaps.")
    kind: Literal[
        "drafted",
        "amended",
        "confirmed",
        "submitted",
        "approved",
        "published",
        "retired",
        "discarded",
        "extended",
        "extension_withdrawn",
    ]
    at: datetime
    from_day: date | None
    actor: str
    reason: str | None
    digest: str | None = Field(description="SHA-256 of what was approved or written, as canonical JSON.")
    content: dict[str, Any] | None = Field(description="What was written, confirmed or decided.")


class SchemeHistory(BaseModel):
    """One page of what happened to a scheme, the first first."""

    items: list[SchemeEventOut]


@router.get("", operation_id="listSchemes", summary="Every published version")
def list_schemes(db: Reading, now: Now, page: Paged) -> SchemeList:
    """Of every scheme; drafts are not public."""
    rows = page.of(schemes_after(db, page.after, page.limit + 1), lambda row: f"{row.code} {row.version}")
    return SchemeList(items=[published(row, now) for row in rows])


@router.get("/{code}", operation_id="getScheme", summary="All that a version says", openapi_extra=HAS_ETAG)
def get_scheme(code: Code, db: Reading, now: Now, response: Response, version: WantedVersion = None) -> SchemeWhole:
    """The one in force today, or the version that is asked for."""
    row = scheme_version(db, code, version)
    if version is None:
        in_force = _in_force(db, row, now)
        row = in_force[0] if in_force else row
    return tagged(response, _whole(db, row, now))


@router.get("/{code}/history", operation_id="listSchemeEvents", summary="What happened to a scheme")
def list_events(code: Code, db: Reading, who: Annotated[Actor, Acting("scheme.read")], page: Paged) -> SchemeHistory:
    """From the first draft on: who, when, why, from which day."""
    who.require("scheme.read", scheme_owner(db, code))
    rows = page.of(scheme_events_after(db, code, page.after_id(), page.limit + 1), lambda row: row.id)
    return SchemeHistory(items=[_event(row) for row in rows])


@router.post(
    "/{code}/versions/{version}/retirement", operation_id="retireScheme", summary="Retire a version", status_code=200
)
def retire(
    code: Code,
    version: VersionName,
    given: Annotated[Retirement, Given(Retirement)],
    db: Writing,
    who: Annotated[Actor, Acting("scheme.retire")],
    now: Now,
) -> SchemeOut:
    """From a day on, today or later. An earlier day may replace a later one, never the other way round."""
    who.require("scheme.retire", scheme_owner(db, code))
    row = retire_version(db, code, version, given.retired_from, reason=given.reason, actor=who.account, now=now)
    return published(row, now)


@router.get("/{code}/extensions", operation_id="listExtensions", summary="Decisions to accept for longer")
def list_extensions(code: Code, db: Reading) -> ExtensionList:
    """Those that stand. They count in an employer's check and for renewing in time; not at a gate."""
    scheme_owner(db, code)
    return ExtensionList(items=[_extension(row) for row in extensions(db, [code])])


@router.post(
    "/{code}/extensions",
    operation_id="extendScheme",
    summary="Let certificates be accepted for longer",
    status_code=201,
)
def extend(
    code: Code,
    given: Annotated[ExtensionDecision, Given(ExtensionDecision)],
    db: Writing,
    who: Annotated[Actor, Acting("scheme.extend")],
    now: Now,
) -> ExtensionOut:
    """Certificates whose last day lies in these days, by months or until a day. What was signed stays as it is."""
    who.require("scheme.extend", scheme_owner(db, code))
    new = NewExtension(scheme=code, **{name: getattr(given, name) for name in ExtensionTerms.model_fields})
    return _extension(extend_scheme(db, new, now, who.account))


@extension_routes.post(
    "/{extension}/withdrawal", operation_id="withdrawExtension", summary="Withdraw such a decision", status_code=200
)
def end_extension(
    extension: ExtensionId,
    given: Annotated[Withdrawal, Given(Withdrawal)],
    db: Writing,
    who: Annotated[Actor, Acting("scheme.extend")],
    now: Now,
) -> ExtensionOut:
    """From now on certificates are accepted until the day they say."""
    who.require("scheme.extend", scheme_owner(db, extension_by_id(db, extension).scheme))
    return _extension(withdraw_extension(db, extension, reason=given.reason, now=now, actor=who.account))


def _in_force(db: Database, row: SchemeVersion, now: datetime) -> list[SchemeVersion]:
    day = day_at(now, row.document["time_zone"])
    try:
        return [version_in_force(db, row.code, None, day)]
    except SchemeNotInForce:
        return []


def published(row: SchemeVersion, now: datetime) -> SchemeOut:
    """A version in short, with what it is today."""
    day = day_at(now, row.document["time_zone"])
    state = "in_force" if row.in_force_on(day) else "coming" if day < row.published_on else "retired"
    shown = {name: getattr(row, name) for name in SchemeOut.model_fields if name != "state"}
    return SchemeOut.model_validate({**shown, "state": state})


def _whole(db: Database, row: SchemeVersion, now: datetime) -> SchemeWhole:
    document = row.new()
    meant = [one for one in extensions(db, [row.code]) if one.versions is None or row.version in one.versions]
    return SchemeWhole(
        **published(row, now).model_dump(),
        document=document,
        stated=document.stated,
        validity_in_words=ValidityInWords(**{lang: policy_in_words(document.validity, lang) for lang in LANGUAGES}),
        extensions=[_extension(one) for one in meant],
    )


def _extension(row: SchemeExtension) -> ExtensionOut:
    return ExtensionOut.model_validate({**row.model_dump(), "id": row.public_id})


def _event(row: SchemeEvent) -> SchemeEventOut:
    return SchemeEventOut.model_validate(row.model_dump())
