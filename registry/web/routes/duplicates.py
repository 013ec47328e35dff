"""Pairs of records that may be one person: looked at, told apart, made one, made two again."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

from fastapi import Path, Query, Response
from pydantic import BaseModel, Field

from registry.issuing.people.duplicates import (
    Asked,
    decide_different,
    find_duplicates,
    merge_people,
    pair_for,
    pairs_for,
    unmerge_people,
)
from registry.reading.likeness import reason_texts
from registry.reading.reason import given_reason
from registry.records.actors.access import Actor
from registry.records.issued.person_organisations import person_for
from registry.records.persons.duplicates import SuspectedPair
from registry.records.persons.people import people_by_id, standing_for
from registry.records.store.database import Database
from registry.records.strict_input import StrictInput
from registry.web.access import REGISTRY, Acting
from registry.web.changes import Writing, api_router
from registry.web.dependencies import Now, Reading
from registry.web.paging import Paged
from registry.web.reads import Reads
from registry.web.request_body import Given
from registry.web.routes.people import Because, PersonBrief, PersonId, brief

router = api_router("/duplicates", "people")
merging = api_router("/people", "people")

PairId = Annotated[str, Path(max_length=36, description="Id of the pair.")]
Reviewing = Annotated[Actor, Acting("person.review")]
Merging = Annotated[Actor, Acting("person.merge")]


class ReasonOut(BaseModel):
    """Why the two may be one person."""

    code: str = Field(examples=["same_name_birth_missing"])
    says: dict[str, str] = Field(description="In sv, nb and en.")


class PairOut(BaseModel):
    """Two records that may be one person, as they stand now."""

    id: str
    people: list[PersonBrief]
    score: int = Field(description="The higher, the likelier; only for the order.")
    reasons: list[ReasonOut]
    state: Literal["open", "different", "merged"]
    found_at: datetime
    found_by: str
    decided_at: datetime | None
    decided_by: str | None
    decided_because: str | None


class PairList(BaseModel):
    """One page of pairs, the likeliest first."""

    items: list[PairOut]


class Found(BaseModel):
    """How many pairs were put into the queue."""

    queued: int


class Merge(StrictInput):
    """The record that is to point to this one, and why."""

    other: str
    reason: str


class AskedOut(BaseModel):
    """Something that two people do: done, or waiting for the other one's decision."""

    done: bool
    approval: str = Field(description="Id of the request.")
    digest: str = Field(description="Names both records as they are; the decision names it.")


@router.get("", operation_id="listDuplicates", summary="Pairs that wait for review")
def list_duplicates(
    db: Reading,
    who: Reviewing,
    page: Paged,
    reads: Reads,
    every: Annotated[bool, Query(description="Those that somebody has decided on too.")] = False,
) -> PairList:
    """Those of which one may review both people. Nothing is ever merged by itself."""
    rows = page.of(pairs_for(db, who, every=every, after=page.after_id(), limit=page.limit + 1), lambda row: row.id)
    told = _told(db, rows)
    reads.of("person", *(one.id for pair in told for one in pair.people))
    return PairList(items=told)


@router.post("/search", operation_id="findDuplicates", summary="Compare all records", status_code=200)
def find(db: Writing, who: Annotated[Actor, Acting("person.review", of=REGISTRY)], now: Now) -> Found:
    """Puts into the queue what may be one person; what somebody has decided on stays decided."""
    return Found(queued=find_duplicates(db, now=now, actor=who.account))


@router.post("/{pair}/difference", operation_id="tellApart", summary="Say that they are two people", status_code=200)
def different(
    pair: PairId, given: Annotated[Because, Given(Because)], db: Writing, who: Reviewing, now: Now
) -> PairOut:
    """It is remembered: the rules do not ask again for the same reasons."""
    row = decide_different(db, str(pair_for(db, who, pair).id), given_reason(given.reason), now=now, actor=who.account)
    return _told(db, [row])[0]


@merging.post("/{person}/merging", operation_id="mergePeople", summary="Let one record stand for two", status_code=200)
def merge(
    person: PersonId,
    given: Annotated[Merge, Given(Merge)],
    db: Writing,
    who: Merging,
    now: Now,
    response: Response,
) -> AskedOut:
    """Asks for it (202). When somebody else has approved it, the same request, sent anew, does it (200).

    Both ids stay, and certificates are not touched.
    """
    kept, gone = (person_for(db, who, "person.merge", said) for said in (person, given.other))
    return _asked(merge_people(db, kept, gone, actor=who, now=now, reason=given_reason(given.reason)), response)


@merging.post(
    "/{person}/parting", operation_id="unmergePerson", summary="Let a merged record stand for itself", status_code=200
)
def unmerge(
    person: PersonId,
    given: Annotated[Because, Given(Because)],
    db: Writing,
    who: Merging,
    now: Now,
    response: Response,
) -> AskedOut:
    """Asks for it (202). When somebody else has approved it, the same request, sent anew, does it (200)."""
    gone = person_for(db, who, "person.merge", person)
    return _asked(unmerge_people(db, gone, actor=who, now=now, reason=given_reason(given.reason)), response)


def _asked(asked: Asked, response: Response) -> AskedOut:
    response.status_code = 200 if asked.done else 202
    return AskedOut(done=asked.done, approval=asked.approval.public_id, digest=asked.approval.digest)


def _told(db: Database, rows: Sequence[SuspectedPair]) -> list[PairOut]:
    people = people_by_id(db, {record for row in rows for record in (row.a, row.b)})
    stands = standing_for(db, people.values())
    return [
        PairOut(
            id=str(row.id),
            people=[brief(stands[row.a]), brief(stands[row.b])],
            score=row.score,
            reasons=[ReasonOut(code=code, says=dict(reason_texts()[code])) for code in row.reasons],
            state=row.state,
            found_at=row.found_at,
            found_by=row.found_by,
            decided_at=row.decided_at,
            decided_by=row.decided_by,
            decided_because=row.decided_because,
        )
        for row in rows
    ]
