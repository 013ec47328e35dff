"""Whoever asks: as whom, and for what the key is good."""

from datetime import date, datetime
from typing import Annotated

from fastapi import Response
from pydantic import BaseModel, Field

from registry.records.actors.access import Actor, Role
from registry.records.actors.accounts import account_by_slug
from registry.records.actors.api_keys import api_key_by_prefix
from registry.web.access import Acting
from registry.web.changes import api_router
from registry.web.dependencies import Reading

router = api_router("/me", "me")


class Me(BaseModel):
    """Whoever asks."""

    account: str = Field(description="Id of the account.", examples=["pia"])
    name: str = Field(description="Name of the person.", examples=["Pia Sandell"])
    organisation: str | None = Field(description="Where the key is good; null = in the registry itself.")
    roles: list[Role] = Field(description="The roles that the key was made for and the person still holds.")
    key: str = Field(description="The public part of the key.", examples=["q7Lw2ZpA"])
    key_expires_at: datetime = Field(description="First moment the key opens nothing.")
    key_last_used_on: date | None = Field(description="The last day it was used, UTC.")


@router.get("", operation_id="getMe", summary="Whoever asks")
def get_me(db: Reading, who: Annotated[Actor, Acting()], response: Response) -> Me:
    """The account whose key was sent, and what the key is good for at this moment."""
    response.headers["Vary"] = "Authorization"
    account, key = account_by_slug(db, who.account), api_key_by_prefix(db, str(who.key))
    return Me(
        account=account.slug,
        name=account.name,
        organisation=key.organisation,
        roles=sorted(role for _, role in who.grants),
        key=key.prefix,
        key_expires_at=key.expires_at,
        key_last_used_on=key.last_used_on,
    )
