"""Drafts of schemes: written, confirmed, approved by somebody else where needed, published; and the catalogue."""

from datetime import date, datetime
from typing import Annotated, Literal

from fastapi import Response
from pydantic import BaseModel, Field

from levels.level import Level
from registry.errors import MalformedInput, SchemeDraftExists
from registry.issuing.people.reachable import out_of_reach
from registry.records.actors.access import Actor
from registry.records.sector.catalogue import CatalogueScheme, Kind, catalogue, catalogue_entry
from registry.records.sector.scheme_document import FactSource, NewScheme, SourcedFact
from registry.records.sector.scheme_drafts import (
    SchemeDraft,
    approve_draft,
    confirm_fact,
    discard_draft,
    draft_is_approved,
    draft_of,
    draft_scheme,
    drafts_after,
    has_draft,
    publish_draft,
    submit_draft,
    takes_two,
)
from registry.records.sector.schemes import scheme_versions
from registry.records.store.database import Database
from registry.records.strict_input import InLanguages, Slug, StrictInput
from registry.web.access import Acting
from registry.web.changes import Writing, api_router
from registry.web.dependencies import Now, Reading
from registry.web.paging import Paged
from registry.web.request_body import Given
from registry.web.routes.schemes import Code, SchemeOut, VersionName, Why, Withdrawal, published
from registry.web.states import HAS_ETAG, IfMatch, tagged
from verification.certificate import LANGUAGES

router = api_router("/scheme-drafts", "schemes")
catalogue_routes = api_router("/scheme-catalogue", "schemes")


class OutOfReach(BaseModel):
    """A row of the target level that no certificate of the scheme can meet as it stands."""

    row: str = Field(examples=["I8"])
    says: InLanguages
    wanted: InLanguages


class DraftOut(BaseModel):
    """A version that is being written, and what is left to do about it."""

    code: str = Field(examples=["hot-work"])
    version: str = Field(examples=["4"])
    owner: str
    state: Literal["draft", "approved"] = Field(description="approved: it may be published as it is.")
    takes_two: bool = Field(description="Whether a second person has to approve it: above level D.")
    digest: str = Field(description="SHA-256 of the document as canonical JSON; an approval names it.")
    unconfirmed: list[FactSource] = Field(description="What nobody has looked up; it blocks approval and publication.")
    out_of_reach: list[OutOfReach] = Field(description="Why nobody can attain the target level, if so.")
    document: NewScheme


class DraftList(BaseModel):
    """One page of drafts, by code and version."""

    items: list[DraftOut]


class Confirmation(StrictInput):
    """The owner stands by what the draft says of that fact. evidence: where it is written, or who decided it."""

    fact: SourcedFact
    evidence: Why


class Submission(BaseModel):
    """What now waits for somebody else."""

    approval: str = Field(examples=["approval-8c1d2e3f4a5b6c7d"])
    digest: str


class DraftApproval(StrictInput):
    """Exactly the document with that digest."""

    digest: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Publication(StrictInput):
    """from_day: the first day; none = that of the draft, or today."""

    from_day: date | None = None


class Discarded(BaseModel):
    """What is being written no more."""

    code: str
    version: str


class CatalogueRow(BaseModel):
    """A scheme as it exists, and how sure each fact about it is."""

    id: str = Field(examples=["no-truck"])
    kind: Kind = Field(description="Whether it can be issued here, or why not.")
    titles: InLanguages
    as_of: date
    confidence: str
    level: str = Field(description="As it works today; in brackets the highest.", examples=["C2 [B]"])
    why: InLanguages | None = Field(description="Why it is not issued here.")
    max_level: Level | None
    target_level: Level | None
    sources: list[FactSource]


class Catalogue(BaseModel):
    """One page of the catalogue, by id."""

    items: list[CatalogueRow]


class Import(StrictInput):
    """ids: none = all that can be issued. What the owner has already is left as it is."""

    owner: Slug
    ids: Annotated[tuple[Annotated[str, Field(max_length=40)], ...], Field(max_length=200)] = ()


class Imported(BaseModel):
    """What became drafts, and what was there already."""

    drafted: list[str]
    there: list[str]


@router.get("", operation_id="listSchemeDrafts", summary="What is being written")
def list_drafts(db: Reading, who: Annotated[Actor, Acting()], now: Now, page: Paged) -> DraftList:
    """Of the organisations where one may read drafts; nothing for whoever may nowhere."""
    rows = drafts_after(db, who.organisations("scheme.read"), page.after, page.limit + 1)
    return DraftList(items=[_of(db, row, now) for row in page.of(rows, lambda row: f"{row.code} {row.version}")])


@router.post("", operation_id="draftScheme", summary="Write a version", status_code=201, openapi_extra=HAS_ETAG)
def draft(
    new: Annotated[NewScheme, Given(NewScheme)],
    db: Writing,
    who: Annotated[Actor, Acting("scheme.draft")],
    now: Now,
    response: Response,
) -> DraftOut:
    """Nothing is in force by it. The first version makes the scheme."""
    who.require("scheme.draft", new.owner)
    if has_draft(db, new.code, new.version):
        raise SchemeDraftExists(f"version {new.version} of {new.code} is being written; change that draft")
    response.headers["Location"] = f"{router.prefix}/{new.code}/{new.version}"
    return tagged(response, _of(db, draft_scheme(db, new, now, who.account), now))


@router.get(
    "/{code}/{version}", operation_id="getSchemeDraft", summary="One draft, with its digest", openapi_extra=HAS_ETAG
)
def get_draft(
    code: Code,
    version: VersionName,
    db: Reading,
    who: Annotated[Actor, Acting("scheme.read")],
    now: Now,
    response: Response,
) -> DraftOut:
    """What it says, what is left to be confirmed, and whether anybody can attain its target level."""
    row = draft_of(db, code, version)
    who.require("scheme.read", row.owner)
    return tagged(response, _of(db, row, now))


@router.put("/{code}/{version}", operation_id="amendSchemeDraft", summary="Write a draft anew", openapi_extra=HAS_ETAG)
def amend(
    code: Code,
    version: VersionName,
    new: Annotated[NewScheme, Given(NewScheme)],
    db: Writing,
    who: Annotated[Actor, Acting("scheme.draft")],
    now: Now,
    read: IfMatch,
    response: Response,
) -> DraftOut:
    """The whole document. Another document is not what was approved."""
    row = draft_of(db, code, version, lock=True)
    who.require("scheme.draft", row.owner)
    who.require("scheme.draft", new.owner)
    read.check(_of(db, row, now))
    named = [
        (member, f"is {value} in the path; a draft keeps its code and its version")
        for member, value, given in (("code", code, new.code), ("version", version, new.version))
        if value != given
    ]
    if named:
        raise MalformedInput(named)
    return tagged(response, _of(db, draft_scheme(db, new, now, who.account), now))


@router.post(
    "/{code}/{version}/confirmation", operation_id="confirmSchemeFact", summary="Stand by a fact", status_code=200
)
def confirm(
    code: Code,
    version: VersionName,
    given: Annotated[Confirmation, Given(Confirmation)],
    db: Writing,
    who: Annotated[Actor, Acting("scheme.draft")],
    now: Now,
) -> DraftOut:
    """Somebody of the owner has looked it up, or decided it."""
    who.require("scheme.draft", draft_of(db, code, version).owner)
    row = confirm_fact(db, code, version, given.fact, evidence=given.evidence, now=now, actor=who.account)
    return _of(db, row, now)


@router.post(
    "/{code}/{version}/submission", operation_id="submitSchemeDraft", summary="Ask for approval", status_code=200
)
def submit(
    code: Code, version: VersionName, db: Writing, who: Annotated[Actor, Acting("scheme.draft")], now: Now
) -> Submission:
    """Of somebody who has written none of it, as a version above level D needs."""
    who.require("scheme.draft", draft_of(db, code, version).owner)
    approval = submit_draft(db, code, version, actor=who, now=now)
    return Submission(approval=approval.public_id, digest=approval.digest)


@router.post(
    "/{code}/{version}/approval", operation_id="approveSchemeDraft", summary="Approve a draft", status_code=200
)
def approve(
    code: Code,
    version: VersionName,
    given: Annotated[DraftApproval, Given(DraftApproval)],
    db: Writing,
    who: Annotated[Actor, Acting("scheme.approve")],
    now: Now,
) -> DraftOut:
    """Exactly what was read. Above level D: what somebody else wrote and asked for."""
    who.require("scheme.approve", draft_of(db, code, version).owner)
    return _of(db, approve_draft(db, code, version, digest=given.digest, actor=who, now=now), now)


@router.post(
    "/{code}/{version}/publication", operation_id="publishScheme", summary="Put a version in force", status_code=200
)
def publish(
    code: Code,
    version: VersionName,
    given: Annotated[Publication, Given(Publication)],
    db: Writing,
    who: Annotated[Actor, Acting("scheme.publish")],
    now: Now,
) -> SchemeOut:
    """It is never changed again. Above level D it must be approved as it is."""
    who.require("scheme.publish", draft_of(db, code, version).owner)
    row = publish_draft(db, code, version, from_day=given.from_day, now=now, actor=who.account)
    return published(row, now)


@router.post(
    "/{code}/{version}/discarding", operation_id="discardSchemeDraft", summary="Give a draft up", status_code=200
)
def discard(
    code: Code,
    version: VersionName,
    given: Annotated[Withdrawal, Given(Withdrawal)],
    db: Writing,
    who: Annotated[Actor, Acting("scheme.draft")],
    now: Now,
) -> Discarded:
    """What it said stays in the history of the scheme."""
    who.require("scheme.draft", draft_of(db, code, version).owner)
    discard_draft(db, code, version, reason=given.reason, now=now, actor=who.account)
    return Discarded(code=code, version=version)


@catalogue_routes.get("", operation_id="listSchemeCatalogue", summary="Schemes as they exist")
def list_catalogue(page: Paged) -> Catalogue:
    """In Norway and Sweden, with how sure each fact is. None of it is a rule before its owner has confirmed it."""
    rows = [row for row in catalogue() if page.after is None or row.id > page.after][: page.limit + 1]
    return Catalogue(items=[_row(row) for row in page.of(rows, lambda row: row.id)])


@catalogue_routes.post(
    "/import", operation_id="importSchemeCatalogue", summary="Take schemes over as drafts", status_code=200
)
def import_(
    given: Annotated[Import, Given(Import)], db: Writing, who: Annotated[Actor, Acting("scheme.draft")], now: Now
) -> Imported:
    """Each fact keeps its mark, and what is unsure is to be confirmed before anything is in force."""
    who.require("scheme.draft", given.owner)
    wanted = [catalogue_entry(one) for one in dict.fromkeys(given.ids)]
    told = Imported(drafted=[], there=[])
    for row in wanted or [one for one in catalogue() if one.entry.kind == "scheme"]:
        new = row.draft_for(given.owner)
        if scheme_versions(db, new.code) or has_draft(db, new.code):
            told.there.append(row.id)
        else:
            draft_scheme(db, new, now, who.account)
            told.drafted.append(row.id)
    return told


def _of(db: Database, row: SchemeDraft, now: datetime) -> DraftOut:
    new = row.new()
    return DraftOut(
        code=row.code,
        version=row.version,
        owner=row.owner,
        state="approved" if draft_is_approved(db, row, now) else "draft",
        takes_two=takes_two(new),
        digest=row.digest,
        unconfirmed=list(new.unconfirmed),
        out_of_reach=[
            OutOfReach(
                row=one.id,
                says=InLanguages.model_validate(dict(one.says)),
                wanted=InLanguages.model_validate({lang: one.wanted(lang) for lang in LANGUAGES}),
            )
            for one in out_of_reach(new, now.date())
        ],
        document=new,
    )


def _row(row: CatalogueScheme) -> CatalogueRow:
    new = row.draft_for("owner") if row.entry.kind == "scheme" else None
    return CatalogueRow(
        id=row.id,
        kind=row.entry.kind,
        titles=row.titles,
        as_of=row.entry.as_of,
        confidence=row.entry.confidence,
        level=row.entry.level,
        why=row.entry.why,
        max_level=new.max_level if new else None,
        target_level=new.target_level if new else None,
        sources=list(new.source) if new else [],
    )
