"""Who takes part: in public who is there, and for those with a role how they hang together and what they declare."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Path, Response
from pydantic import BaseModel, Field

from levels.evidence import TieKind
from registry.errors import MalformedInput, OrganisationNotFound
from registry.records.actors.access import Actor
from registry.records.issued.closing_issuer import close_issuer
from registry.records.parties.organisations import (
    Declaration,
    DeclarationKind,
    NewDeclaration,
    NewOrganisation,
    NewTie,
    Organisation,
    TieRecord,
    add_organisation,
    add_tie,
    declaration_by_id,
    declarations_of,
    declare,
    end_tie,
    lies_in_future,
    organisation_by_slug,
    organisations_after,
    strike_off,
    ties_of,
    withdraw_declaration,
)
from registry.records.store.database import Database
from registry.records.strict_input import Slug, StrictInput
from registry.web.access import REGISTRY, Acting
from registry.web.changes import Writing, api_router
from registry.web.dependencies import Now, Reading, TheOffice
from registry.web.paging import Paged
from registry.web.request_body import Given
from registry.web.states import HAS_ETAG, IfMatch, tagged
from verification.certificate import display_number

router = api_router("/organisations", "organisations")

OrganisationId = Annotated[
    str, Path(pattern=r"^[a-z0-9-]{2,32}$", description="Id of the organisation.", examples=["provhuset"])
]
ReadingAll = Annotated[Actor, Acting("organisation.read", of="organisation")]


class OrganisationOut(BaseModel):
    """What is public about an organisation."""

    id: str = Field(examples=["provhuset"])
    name: str = Field(examples=["Provhuset Norden AB"])
    country: str = Field(examples=["SE"])
    kind: Literal["organisation", "public_body"]
    sector_body: bool
    registered_on: date
    struck_off_on: date | None = Field(description="First day it is no longer active.")
    closed_on: date | None = Field(description="The day it closed, or will; what it issued before is no worse for it.")


class OrganisationList(BaseModel):
    """One page of organisations, by id."""

    items: list[OrganisationOut]


class OrganisationChange(StrictInput):
    """From that day it is no longer active. An earlier day may replace a later one."""

    struck_off_on: date


class Closing(StrictInput):
    """From that day it is closed. An earlier day may replace a later one."""

    closed_on: date


class PartyOut(BaseModel):
    """An organisation, or a natural person who owns or acts."""

    id: str
    name: str
    country: str
    kind: Literal["organisation", "person", "public_body"]
    sector_body: bool
    registered_on: date
    struck_off_on: date | None


class TieOut(BaseModel):
    """A dated tie; both days are inclusive."""

    kind: TieKind
    a: str
    b: str
    share_percent: str | None = Field(description="Exact, as a fraction where it is none of tenths.", examples=["49/2"])
    since: date | None
    until: date | None


class TieList(BaseModel):
    """All ties of one party."""

    items: list[TieOut]


class TieEnd(StrictInput):
    """Every open tie of that kind between the two ends; `on` is the last day it held. For owns, a is the owner."""

    kind: TieKind
    a: Slug
    b: Slug
    on: date


class DeclarationOut(BaseModel):
    """What an organisation declared."""

    id: UUID
    organisation: str
    kind: DeclarationKind
    on: date = Field(description="The day of it.")
    value: bool | int | str | None
    valid_until: date | None
    evidence: str | None = Field(description="Where the evidence is kept.")
    confirmed_by: str | None
    certificate: str | None = Field(
        description="Number of the certificate that it rests on; without that certificate it counts for nothing.",
        examples=["7Q4M-2XKD-9RTB-0HWC"],
    )
    withdrawn_on: date | None = Field(description="First day it no longer stands.")


class DeclarationList(BaseModel):
    """All that one organisation declared, the latest day first."""

    items: list[DeclarationOut]


class DeclarationWithdrawal(StrictInput):
    """on: the first day it no longer stands."""

    on: date


@router.get("", operation_id="listOrganisations", summary="Who takes part")
def list_organisations(db: Reading, page: Paged) -> OrganisationList:
    """Every organisation and public body. Natural persons who own or act are not listed."""
    rows = page.of(organisations_after(db, page.after, page.limit + 1), lambda row: row.slug)
    return OrganisationList(items=[_of(row) for row in rows])


@router.get("/{organisation}", operation_id="getOrganisation", summary="One organisation", openapi_extra=HAS_ETAG)
def get_organisation(organisation: OrganisationId, db: Reading, response: Response) -> OrganisationOut:
    """What is public about it. Its keys are at /o/{organisation}/did.json."""
    return tagged(response, _public(db, organisation))


@router.post("", operation_id="addOrganisation", summary="Register an organisation", status_code=201)
def add(
    new: Annotated[NewOrganisation, Given(NewOrganisation)],
    db: Writing,
    who: Annotated[Actor, Acting("organisation.record", of=REGISTRY)],
    now: Now,
    office: TheOffice,
    response: Response,
) -> PartyOut:
    """With its signing key; a natural person who owns or acts gets none."""
    row = add_organisation(db, new, now, who.account)
    if new.kind != "person":
        office.keyring.create_organisation_key(db, new.id, now, who.account)
    response.headers["Location"] = f"{router.prefix}/{new.id}"
    return PartyOut.model_validate({**row.model_dump(), "id": row.slug})


@router.patch(
    "/{organisation}", operation_id="strikeOrganisation", summary="Strike an organisation off", openapi_extra=HAS_ETAG
)
def strike(
    organisation: OrganisationId,
    change: Annotated[OrganisationChange, Given(OrganisationChange)],
    db: Writing,
    who: Annotated[Actor, Acting("organisation.strike", of="organisation")],
    read: IfMatch,
    response: Response,
) -> OrganisationOut:
    """From that day it issues nothing. What it issued before stays good."""
    read.check(_public(db, organisation))
    strike_off(db, organisation, change.struck_off_on, who.account)
    return tagged(response, _public(db, organisation))


@router.post("/{organisation}/closing", operation_id="closeOrganisation", summary="It closes", status_code=200)
def close(
    organisation: OrganisationId,
    given: Annotated[Closing, Given(Closing)],
    db: Writing,
    who: Annotated[Actor, Acting("organisation.close", of="organisation")],
    now: Now,
) -> OrganisationOut:
    """From that day it issues nothing, and its keys are retired. What it issued is told to be genuine, and from whom.

    Whether that still holds, the version of the scheme says (`on_issuer_closing`).
    """
    _public(db, organisation)
    close_issuer(db, organisation, given.closed_on, now, who.account)
    return _public(db, organisation)


@router.get("/{organisation}/ties", operation_id="listTies", summary="How it hangs together with others")
def list_ties(organisation: OrganisationId, db: Reading, _: ReadingAll) -> TieList:
    """Every tie there ever was, the oldest record first."""
    organisation_by_slug(db, organisation)
    return TieList(items=[_tie(row) for row in ties_of(db, organisation)])


@router.get("/{organisation}/declarations", operation_id="listDeclarations", summary="What it declares")
def list_declarations(organisation: OrganisationId, db: Reading, _: ReadingAll) -> DeclarationList:
    """Everything it ever declared, also what was withdrawn."""
    organisation_by_slug(db, organisation)
    return DeclarationList(items=[_declaration(row) for row in declarations_of(db, organisation)])


ties = api_router("/ties", "organisations")
declarations = api_router("/declarations", "organisations")

DeclarationId = Annotated[UUID, Path(description="Id of the declaration.")]


@ties.post("", operation_id="addTie", summary="Record a tie", status_code=201)
def tie(
    new: Annotated[NewTie, Given(NewTie)],
    db: Writing,
    who: Annotated[Actor, Acting("organisation.tie", of=REGISTRY)],
    now: Now,
) -> TieOut:
    """A dated tie between two parties; for owns, a owns share_percent of b."""
    return _tie(add_tie(db, new, now, who.account))


@ties.post("/ending", operation_id="endTie", summary="End a tie", status_code=200)
def untie(
    which: Annotated[TieEnd, Given(TieEnd)],
    db: Writing,
    who: Annotated[Actor, Acting("organisation.tie", of=REGISTRY)],
) -> TieList:
    """It counts for every day until the last, that day included."""
    return TieList(items=[_tie(row) for row in end_tie(db, which.a, which.b, which.kind, which.on, who.account)])


@declarations.post("", operation_id="declare", summary="Record what an organisation declares", status_code=201)
def declare_(
    new: Annotated[NewDeclaration, Given(NewDeclaration)],
    db: Writing,
    who: Annotated[Actor, Acting("organisation.declare")],
    now: Now,
) -> DeclarationOut:
    """A dated fact with where its evidence is kept, and who stands behind it."""
    who.require("organisation.declare", new.organisation)
    if lies_in_future(new.on, now):
        raise MalformedInput([("on", "lies in the future; record it on that day or later")])
    return _declaration(declare(db, new, now, who.account))


@declarations.post(
    "/{declaration}/withdrawal",
    operation_id="withdrawDeclaration",
    summary="Withdraw what was declared",
    status_code=200,
)
def withdraw(
    declaration: DeclarationId,
    given: Annotated[DeclarationWithdrawal, Given(DeclarationWithdrawal)],
    db: Writing,
    who: Annotated[Actor, Acting("organisation.declare")],
) -> DeclarationOut:
    """From that day it counts no more."""
    who.require("organisation.declare", declaration_by_id(db, declaration).organisation)
    return _declaration(withdraw_declaration(db, declaration, given.on, who.account))


def _public(db: Database, slug: str) -> OrganisationOut:
    row = organisation_by_slug(db, slug)
    if row.kind == "person":
        raise OrganisationNotFound("no organisation has that id")
    return _of(row)


def _of(row: Organisation) -> OrganisationOut:
    return OrganisationOut.model_validate({**row.model_dump(), "id": row.slug})


def _tie(row: TieRecord) -> TieOut:
    return TieOut.model_validate(row, from_attributes=True)


def _declaration(row: Declaration) -> DeclarationOut:
    return DeclarationOut.model_validate(
        {
            **row.model_dump(exclude={"declared_on", "number", "word"}),
            "on": row.declared_on,
            "certificate": row.certificate and display_number(row.certificate),
            "value": row.number if row.word is None else row.word,
        }
    )
