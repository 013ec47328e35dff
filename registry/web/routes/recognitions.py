"""Recognitions: in public which schemes accept which others, and for scheme owners granting and withdrawing."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Literal

from fastapi import Path, Query, Response
from pydantic import BaseModel, Field

from levels.evidence import Day
from levels.level import Level
from registry.records.actors.access import Actor
from registry.records.sector.recognitions import (
    NewRecognition,
    Recognition,
    grant_recognition,
    recognition_by_id,
    recognition_history,
    recognitions_after,
    withdraw_recognition,
)
from registry.records.sector.schemes import scheme_owner
from registry.records.strict_input import StrictInput
from registry.web.access import Acting
from registry.web.changes import Writing, api_router
from registry.web.dependencies import Now, Reading
from registry.web.paging import Paged
from registry.web.request_body import Given
from registry.web.routes.schemes import Why
from registry.web.states import HAS_ETAG, tagged
from verification.certificate import Lang

router = api_router("/recognitions", "recognitions")

RecognitionId = Annotated[
    str, Path(pattern=r"^recognition-[0-9a-f]{16}$", description="Which.", examples=["recognition-8c1d2e3f4a5b6c7d"])
]
Scheme = Annotated[str | None, Query(pattern=r"^[a-z0-9-]{2,32}$", description="Only those by which this one accepts.")]
Accepts = Annotated[str | None, Query(pattern=r"^[a-z0-9-]{2,32}$", description="Only those that accept this one.")]
On = Annotated[Day | None, Query(description="Tell also what each is on this day; the default is today (UTC).")]


class RecognitionOut(BaseModel):
    """What is public about a recognition. Days are inclusive; null = no limit."""

    id: str = Field(examples=["recognition-8c1d2e3f4a5b6c7d"])
    scheme: str = Field(description="The scheme that accepts; its owner decided.", examples=["hot-work"])
    accepts: str = Field(description="The scheme whose certificates are accepted.", examples=["varme-arbeider"])
    versions: list[str] | None = Field(description="Of the accepted scheme; null = all.")
    min_level: Level | None
    issued_from: date | None
    issued_until: date | None = Field(description="The last day on which the certificate may have been issued.")
    accepted_from: date
    accepted_until: date | None = Field(description="The last day on which it may be relied upon.")
    required_classes: list[str] = Field(description="All of these must stand on the certificate.")
    class_map: dict[str, str] = Field(
        description="Which class of the scheme a class of the accepted one counts as; one not named counts as none."
    )
    condition: Mapping[Lang, str] | None = Field(description="What a person has to check.")
    withdrawn_from: date | None = Field(description="First day it no longer holds, for good.")
    on: date = Field(description="The day that standing is about.")
    standing: Literal["in_force", "coming", "ended", "withdrawn"]


class RecognitionList(BaseModel):
    """One page of recognitions, in the order in which they were granted."""

    items: list[RecognitionOut]


class RecognitionWithdrawal(StrictInput):
    """From that day on, for good. It may lie in the past."""

    from_day: date
    reason: Why


class RecognitionEventOut(BaseModel):
    """A decision about a recognition."""

    place: int
    kind: Literal["granted", "withdrawn"]
    at: datetime
    from_day: date
    until_day: date | None
    actor: str
    reason: str | None


class RecognitionHistory(BaseModel):
    """Every decision about a recognition, the first first."""

    items: list[RecognitionEventOut]


@router.get("", operation_id="listRecognitions", summary="Which schemes accept which others' certificates")
def list_recognitions(
    db: Reading, now: Now, page: Paged, scheme: Scheme = None, accepts: Accepts = None, on: On = None
) -> RecognitionList:
    """All there ever were, with what each is on a day."""
    rows = page.of(
        recognitions_after(db, page.after_id(), page.limit + 1, scheme=scheme, accepts=accepts), lambda row: row.id
    )
    return RecognitionList(items=[_of(row, on or now.date()) for row in rows])


@router.get("/{recognition}", operation_id="getRecognition", summary="One recognition", openapi_extra=HAS_ETAG)
def get_recognition(recognition: RecognitionId, db: Reading, now: Now, response: Response) -> RecognitionOut:
    """As it is today."""
    return tagged(response, _of(recognition_by_id(db, recognition), now.date()))


@router.post("", operation_id="grantRecognition", summary="Accept another scheme's certificates", status_code=201)
def grant(
    new: Annotated[NewRecognition, Given(NewRecognition)],
    db: Writing,
    who: Annotated[Actor, Acting("recognition.grant")],
    now: Now,
    response: Response,
) -> RecognitionOut:
    """In the name of the owner of the scheme that accepts. One step only: what the accepted one accepts is not."""
    who.require("recognition.grant", scheme_owner(db, new.scheme))
    row = grant_recognition(db, new, now, who.account)
    response.headers["Location"] = f"{router.prefix}/{row.public_id}"
    return _of(row, now.date())


@router.post(
    "/{recognition}/withdrawal",
    operation_id="withdrawRecognition",
    summary="Accept them no longer",
    status_code=200,
)
def withdraw(
    recognition: RecognitionId,
    given: Annotated[RecognitionWithdrawal, Given(RecognitionWithdrawal)],
    db: Writing,
    who: Annotated[Actor, Acting("recognition.withdraw")],
    now: Now,
) -> RecognitionOut:
    """For good. An earlier day may replace a later one, never the other way round."""
    who.require("recognition.withdraw", scheme_owner(db, recognition_by_id(db, recognition).scheme))
    row = withdraw_recognition(db, recognition, given.from_day, given.reason, who.account, now=now)
    return _of(row, now.date())


@router.get(
    "/{recognition}/history", operation_id="listRecognitionEvents", summary="Every decision about a recognition"
)
def list_events(
    recognition: RecognitionId, db: Reading, who: Annotated[Actor, Acting("recognition.read")]
) -> RecognitionHistory:
    """Who decided, when, why, for which days."""
    row = recognition_by_id(db, recognition)
    who.require("recognition.read", scheme_owner(db, row.scheme))
    return RecognitionHistory(
        items=[RecognitionEventOut.model_validate(one.model_dump()) for one in recognition_history(db, row)]
    )


def _of(row: Recognition, day: date) -> RecognitionOut:
    return RecognitionOut.model_validate(
        {**row.model_dump(), "id": row.public_id, "on": day, "standing": row.standing_on(day)}
    )
