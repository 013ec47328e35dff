"""People who work with the registry, and the roles they hold."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Annotated

from fastapi import Path, Request, Response
from pydantic import AwareDatetime, BaseModel, Field

from registry.reading.national_id import Kind
from registry.records.actors.access import Actor, Role
from registry.records.actors.accounts import (
    Account,
    AccountChange,
    Membership,
    NewAccount,
    account_by_slug,
    accounts_after,
    add_account,
    amend_account,
    end_account,
    end_role,
    grant_role,
    memberships_of,
    memberships_of_all,
    reopen_account,
    set_identity_index,
)
from registry.records.store.database import Database
from registry.records.strict_input import Country, Slug, StrictInput
from registry.web.access import REGISTRY, Acting
from registry.web.changes import Writing, api_router
from registry.web.dependencies import Now, Reading, TheOffice
from registry.web.numbers import number_in
from registry.web.paging import Paged
from registry.web.reads import Reads
from registry.web.request_body import Given
from registry.web.states import HAS_ETAG, IfMatch, tagged

router = api_router("/accounts", "accounts")

AccountId = Annotated[str, Path(pattern=r"^[a-z0-9-]{2,32}$", description="Id of the account.", examples=["pia"])]
Recording = Annotated[Actor, Acting("account.record", of=REGISTRY)]


class HeldRole(BaseModel):
    """A role, and since when it is held. It is ended, never deleted."""

    organisation: str | None = Field(description="Where; null = in the registry itself.", examples=["provhuset"])
    role: Role
    since: datetime
    until: datetime | None = Field(description="First moment it is no longer held.")
    recorded_by: str = Field(description="Account of whoever granted it.")
    ended_by: str | None = Field(description="Account of whoever ended it.")


class AccountOut(BaseModel):
    """A person who may act here."""

    id: str = Field(examples=["pia"])
    name: str = Field(examples=["Pia Sandell"])
    birth_date: date | None = Field(description="Tells two people of one name apart.")
    email: str | None
    active_from: datetime
    active_until: datetime | None = Field(description="First moment it no longer acts.")
    roles: list[HeldRole] = Field(description="Every role it ever held, the oldest first.")


class AccountList(BaseModel):
    """One page of accounts, by id."""

    items: list[AccountOut]


class RoleGrant(StrictInput):
    """A role that somebody is to hold from now on; until: the first moment it is no longer held."""

    organisation: Slug | None = None
    role: Role
    until: AwareDatetime | None = None


class RoleEnd(StrictInput):
    """A role that somebody is to hold no more, from now on."""

    organisation: Slug | None = None
    role: Role


class AccountIdentity(StrictInput):
    """Whose account it is: a national number, of which a keyed hash is kept and nothing else.

    Nordic numbers are told apart by their form; a passport or a foreign id needs kind and country.
    """

    number: Annotated[str, Field(min_length=1, max_length=60)]
    kind: Kind | None = None
    country: Country | None = None


@router.get("", operation_id="listAccounts", summary="All accounts")
def list_accounts(
    db: Reading, _: Annotated[Actor, Acting("account.read", of=REGISTRY)], page: Paged, reads: Reads
) -> AccountList:
    """Everybody who has an account, with every role."""
    rows = page.of(accounts_after(db, page.after, page.limit + 1), lambda row: row.slug)
    reads.of("account", *(row.slug for row in rows))
    held: dict[str, list[Membership]] = {}
    for one in memberships_of_all(db, [row.slug for row in rows]):
        held.setdefault(one.account, []).append(one)
    return AccountList(items=[_of(row, held.get(row.slug, ())) for row in rows])


@router.post("", operation_id="addAccount", summary="Give somebody an account", status_code=201, openapi_extra=HAS_ETAG)
def add(
    new: Annotated[NewAccount, Given(NewAccount)], db: Writing, who: Recording, now: Now, response: Response
) -> AccountOut:
    """One person has one account: with two, one person could approve what the same person asked for."""
    add_account(db, new, now, who.account)
    response.headers["Location"] = f"{router.prefix}/{new.id}"
    return tagged(response, _account(db, new.id))


@router.get("/{account}", operation_id="getAccount", summary="One account", openapi_extra=HAS_ETAG)
def get_account(
    account: AccountId,
    db: Reading,
    who: Annotated[Actor, Acting()],
    reads: Reads,
    response: Response,
) -> AccountOut:
    """One's own, or anybody's for the registry's own operator and reader."""
    if account != who.account:
        who.require("account.read", None)
        reads.of("account", account, action="account.read")
    return tagged(response, _account(db, account))


@router.patch("/{account}", operation_id="amendAccount", summary="Put right an account", openapi_extra=HAS_ETAG)
def amend(
    account: AccountId,
    change: Annotated[AccountChange, Given(AccountChange)],
    db: Writing,
    who: Recording,
    now: Now,
    read: IfMatch,
    response: Response,
) -> AccountOut:
    """Name, birth date, address. What is left out stays, and null takes it away."""
    read.check(_account(db, account))
    amend_account(db, account, change, now, who.account)
    return tagged(response, _account(db, account))


@router.post(
    "/{account}/identity",
    operation_id="identifyAccount",
    summary="Record whose account it is",
    status_code=200,
    openapi_extra=HAS_ETAG,
)
def identify(
    account: AccountId,
    given: Annotated[AccountIdentity, Given(AccountIdentity)],
    request: Request,
    db: Writing,
    who: Recording,
    now: Now,
    office: TheOffice,
    response: Response,
) -> AccountOut:
    """So that no two accounts are one person's. The number opens and shows nothing, and is in no answer."""
    number = number_in(request, given.number, kind=given.kind, country=given.country, now=now)
    office.personal_data.prepare(db, now)
    set_identity_index(db, account, office.personal_data.index_of(number), now, who.account)
    return tagged(response, _account(db, account))


@router.post(
    "/{account}/ending", operation_id="endAccount", summary="End an account", status_code=200, openapi_extra=HAS_ETAG
)
def end(account: AccountId, db: Writing, who: Recording, now: Now, response: Response) -> AccountOut:
    """Its roles and keys end with it, at once. What the person did stays done."""
    end_account(db, account, now, who.account)
    return tagged(response, _account(db, account))


@router.post(
    "/{account}/reopening",
    operation_id="reopenAccount",
    summary="Let the same person act here again",
    status_code=200,
    openapi_extra=HAS_ETAG,
)
def reopen(account: AccountId, db: Writing, who: Recording, now: Now, response: Response) -> AccountOut:
    """Roles and keys are granted anew."""
    reopen_account(db, account, now, who.account)
    return tagged(response, _account(db, account))


@router.post("/{account}/roles", operation_id="grantRole", summary="Let somebody hold a role", status_code=201)
def grant(
    account: AccountId,
    new: Annotated[RoleGrant, Given(RoleGrant)],
    db: Writing,
    who: Annotated[Actor, Acting("role.grant")],
    now: Now,
) -> HeldRole:
    """From now on, in one organisation or in the registry itself."""
    who.require("role.grant", new.organisation)
    until = new.until and new.until.astimezone(UTC)
    return _role(grant_role(db, account, new.organisation, new.role, now=now, actor=who.account, until=until))


@router.post(
    "/{account}/roles/ending", operation_id="endRole", summary="Let somebody hold a role no more", status_code=200
)
def end_a_role(
    account: AccountId,
    which: Annotated[RoleEnd, Given(RoleEnd)],
    db: Writing,
    who: Annotated[Actor, Acting("role.end")],
    now: Now,
) -> HeldRole:
    """From now on. Keys lose it at once, and what was approved in that role and not yet done is not approved."""
    who.require("role.end", which.organisation)
    return _role(end_role(db, account, which.organisation, which.role, now=now, actor=who.account)[-1])


def _account(db: Database, slug: str) -> AccountOut:
    return _of(account_by_slug(db, slug), memberships_of(db, slug))


def _of(row: Account, held: Sequence[Membership]) -> AccountOut:
    return AccountOut(
        id=row.slug,
        name=row.name,
        birth_date=row.birth_date,
        email=row.email,
        active_from=row.active_from,
        active_until=row.active_until,
        roles=[_role(one) for one in held],
    )


def _role(row: Membership) -> HeldRole:
    return HeldRole.model_validate(row, from_attributes=True)
