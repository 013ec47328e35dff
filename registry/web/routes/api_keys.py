"""Keys by which people, and their programs, prove who acts."""

from datetime import date, datetime
from typing import Annotated

from fastapi import Path, Query, Response
from pydantic import BaseModel, Field

from registry.records.actors.access import Actor, Role
from registry.records.actors.accounts import account_by_slug
from registry.records.actors.api_keys import (
    MOST_DAYS,
    USUAL_DAYS,
    ApiKey,
    api_key_by_prefix,
    api_keys_before,
    create_api_key,
    require_key_maker,
    revoke_api_key,
)
from registry.records.strict_input import Slug, StrictInput
from registry.web.access import Acting
from registry.web.changes import SECRET_ANSWER, Writing, api_router
from registry.web.dependencies import Now, Reading
from registry.web.paging import Paged
from registry.web.request_body import Given

router = api_router("/keys", "api-keys")

Prefix = Annotated[
    str,
    Path(pattern=r"^[0-9A-Za-z]{8}$", description="The eight characters after `bvs_`.", examples=["q7Lw2ZpA"]),
]
AccountId = Annotated[
    str | None,
    Query(pattern=r"^[a-z0-9-]{2,32}$", description="Whose keys; left out, one's own.", examples=["pia"]),
]


class KeyOut(BaseModel):
    """A key without its secret, which is nowhere."""

    prefix: str = Field(description="The public part, by which it is named.", examples=["q7Lw2ZpA"])
    account: str = Field(description="Whose it is.", examples=["pia"])
    organisation: str | None = Field(description="Where it is good; null = in the registry itself.")
    roles: list[Role]
    created_at: datetime
    created_by: str
    expires_at: datetime = Field(description="First moment it opens nothing.")
    last_used_on: date | None = Field(description="Day, UTC.")
    revoked_at: datetime | None
    revoked_by: str | None


class NewKeyOut(KeyOut):
    """A key, this once with its text."""

    key: str = Field(
        description="The whole key. It is told once: what is kept here is a hash of it.",
        examples=["bvs_q7Lw2ZpA_0000000000000000000000000000000000000000000000000"],
    )


class KeyList(BaseModel):
    """One page of keys, the newest first."""

    items: list[KeyOut]


class NewKey(StrictInput):
    """A key for some of the roles that somebody holds in one organisation; left out, in the registry itself."""

    account: Slug
    organisation: Slug | None = None
    roles: Annotated[tuple[Role, ...], Field(min_length=1, max_length=8)]
    days: Annotated[int, Field(ge=1, le=MOST_DAYS)] = USUAL_DAYS


@router.get("", operation_id="listKeys", summary="The keys of a person")
def list_keys(db: Reading, who: Annotated[Actor, Acting()], page: Paged, account: AccountId = None) -> KeyList:
    """One's own; those of others for operators and readers of the registry."""
    whose = who.account if account is None else account
    if whose != who.account:
        who.require("key.read", None)
        account_by_slug(db, whose)
    rows = page.of(api_keys_before(db, whose, page.after_id(), page.limit + 1), lambda row: row.id)
    return KeyList(items=[_of(row) for row in rows])


@router.post("", operation_id="createKey", summary="Make a key", status_code=201, openapi_extra=SECRET_ANSWER)
def create(
    new: Annotated[NewKey, Given(NewKey)],
    db: Writing,
    who: Annotated[Actor, Acting()],
    now: Now,
    response: Response,
) -> NewKeyOut:
    """For oneself, for no more than the key at hand is for; other keys are made by the operator.

    Sent again, it is the same key that is told.
    """
    require_key_maker(who, new.account, new.organisation, new.roles)
    key, text = create_api_key(
        db,
        account=new.account,
        organisation=new.organisation,
        roles=new.roles,
        days=new.days,
        now=now,
        actor=who.account,
    )
    response.headers["Location"] = f"{router.prefix}/{key.prefix}"
    return NewKeyOut(key=text, **_of(key).model_dump())


@router.get("/{prefix}", operation_id="getKey", summary="One key")
def get_key(prefix: Prefix, db: Reading, who: Annotated[Actor, Acting()]) -> KeyOut:
    """One's own; those of others for operators and readers of the registry."""
    key = api_key_by_prefix(db, prefix)
    if key.account != who.account:
        who.require("key.read", None)
    return _of(key)


@router.post("/{prefix}/revocation", operation_id="revokeKey", summary="Revoke a key", status_code=200)
def revoke(prefix: Prefix, db: Writing, who: Annotated[Actor, Acting()], now: Now) -> KeyOut:
    """From now on it opens nothing. One's own; those of others by the operator."""
    key = api_key_by_prefix(db, prefix)
    if key.account != who.account:
        who.require("key.revoke", key.organisation)
    return _of(revoke_api_key(db, prefix, now, who.account))


def _of(row: ApiKey) -> KeyOut:
    return KeyOut.model_validate(row, from_attributes=True)
