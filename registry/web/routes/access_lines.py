"""Who read what is known of a person."""

from datetime import datetime
from typing import Annotated

from fastapi import Query
from pydantic import BaseModel, Field

from registry.records.actors.access import Actor
from registry.records.actors.access_log import SubjectKind, access_lines
from registry.web.access import REGISTRY, Acting
from registry.web.changes import api_router
from registry.web.dependencies import Reading
from registry.web.paging import Paged

router = api_router("/access-lines", "access")


class AccessLineOut(BaseModel):
    """Somebody read something about somebody."""

    at: datetime
    account: str = Field(description="Who read it.", examples=["pia"])
    key: str | None = Field(description="Public part of the key it was read with.")
    action: str = Field(description="What for: a row of the table of actions.", examples=["certificate.read"])
    kind: SubjectKind
    subject: str = Field(description="Id or number of what was read.")


class AccessLineList(BaseModel):
    """One page of lines, the latest first."""

    items: list[AccessLineOut]


@router.get("", operation_id="listAccessLines", summary="Who read about somebody")
def list_access_lines(
    kind: Annotated[SubjectKind, Query(description="Of what kind.")],
    subject: Annotated[str, Query(min_length=1, max_length=60, description="Its id or number, as it is stored.")],
    db: Reading,
    _: Annotated[Actor, Acting("access.read", of=REGISTRY)],
    page: Paged,
) -> AccessLineList:
    """Every time somebody looked, through the API, at what is not their own."""
    rows = page.of(access_lines(db, kind, subject, before=page.after_id(), limit=page.limit + 1), lambda row: row.id)
    return AccessLineList(items=[AccessLineOut.model_validate(row, from_attributes=True) for row in rows])
