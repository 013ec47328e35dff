"""Class lists that become certificates: handed in, followed, cancelled, resumed.

Whoever carries them out works beside the web. Deciding about one is deciding about its approval, as about any other.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Path, Query, Request, Response
from pydantic import BaseModel, Field, ValidationError

from levels.level import Level
from registry.errors import CursorUnknown, ListNotRead
from registry.issuing.batches.hand_out import what_waits
from registry.issuing.batches.issue_batch import batch_result, cancel_batch, check_batch, request_batch, resume_batch
from registry.issuing.decisions.approving import last_asked
from registry.issuing.decisions.wish import Wish
from registry.issuing.lists.class_list import ListKeys, read_class_list
from registry.issuing.lists.handed_in import Form
from registry.issuing.lists.outcome import BatchResult, RowOutcome, told_in
from registry.issuing.lists.roster import MAX_BYTES
from registry.issuing.lists.roster_row import Roster
from registry.reading.reason import given_reason
from registry.records.actors.access import Actor
from registry.records.issued.batches import (
    Batch,
    BatchEvent,
    BatchState,
    RowState,
    batch_by_id,
    batch_events,
    batches,
    no_batch,
    rows_of,
)
from registry.records.parties.organisations import organisation_by_slug
from registry.records.sittings.occasions import occasion_ids, occasion_of
from registry.records.store.database import Database
from registry.records.strict_input import StrictInput
from registry.web.access import Acting, require_there
from registry.web.changes import Beforehand, Writing, api_router, keep_nothing, max_body
from registry.web.dependencies import Now, Office, Reading, TheOffice
from registry.web.paging import MOST, Page, Paged
from registry.web.problems import language_asked
from registry.web.reads import Reads
from registry.web.request_body import JSON, Given
from registry.web.routes.certificate_changes import Awaited
from registry.web.routes.certificates import A_NUMBER, shown
from registry.web.routes.occasions import known_occasion, occasion_for
from registry.web.stopped import Stopped, stopped
from registry.web.uploaded import CSV, TOML, XLSX, Uploaded, UploadedFile

router = api_router("/batches", "batches")

A_BATCH = "batch-5c1d2e3f4a5b"
BatchId = Annotated[str, Path(pattern=r"^[a-z0-9-]{5,64}$", description="Id of the batch.", examples=[A_BATCH])]
OccasionOfList = Annotated[
    str,
    Query(pattern=r"^[a-z0-9-]{2,64}$", description="Id of the occasion the list belongs to."),
]
SheetOfList = Annotated[
    str | None, Query(max_length=64, description="Which sheet of a workbook; left out, the one with people.")
]
AskedLevel = Annotated[Level | None, Query(description="Ask for this level instead of what the scheme aims at.")]
AtAttained = Annotated[bool, Query(description="Where the asked level is missed, issue at the one that is attained.")]
FORMS: Mapping[str, Form] = {TOML: "toml", JSON: "json"}
KINDS = (CSV, XLSX, TOML, JSON)


class FaultOut(BaseModel):
    """What is wrong with a row, and what to do about it."""

    column: str | None = Field(
        description="Our name of the column; null = the row as a whole.", examples=["birth_date"]
    )
    header: str | None = Field(description="The same as the list itself calls it.", examples=["Födelsedatum"])
    value: str | None = Field(description="What stands there, where that may be repeated.")
    code: str = Field(description="Stable.", examples=["date_unreadable"])
    says: str = Field(description="What is wrong and what to do, in the language asked for.")


class UnmetOut(BaseModel):
    """A requirement of the asked level that does not hold."""

    id: str = Field(examples=["I5"])
    title: str
    says: str
    source: str
    found: str = Field(description="What is known.")
    wanted: str
    lift: str = Field(description="What to do.")


class BatchRowOut(BaseModel):
    """What became of one row."""

    row: int = Field(description="Its number in the file, as a spreadsheet shows it.")
    name: str = Field(description="As it was read; empty where it could not be.")
    outcome: Literal["issued", "refused", "fault", "waiting", "held", "cancelled"] = Field(
        description="waiting: its certificate is still to come · held, cancelled: none comes, since the batch stopped."
    )
    already: bool = Field(description="The person held the certificate of this occasion before.")
    number: str | None = Field(description="Of the certificate.", examples=[A_NUMBER])
    level: Level | None = Field(description="At which it is issued.")
    attained: Level | None = Field(description="The highest level that the evidence reaches.")
    asked: Level | None
    unmet: list[UnmetOut] = Field(description="Requirements of the asked level that do not hold.")
    faults: list[FaultOut]
    warnings: list[FaultOut] = Field(description="What stops nothing, such as letters that cannot be printed on paper.")


class BatchRowList(BaseModel):
    """One page of rows, in the order of the list."""

    items: list[BatchRowOut]


class BatchCounts(BaseModel):
    """How many rows came to what."""

    rows: int
    issued: int
    already: int = Field(description="Whose certificate was issued before, and holds.")
    refused: int = Field(description="That do not reach the level asked for.")
    faults: int = Field(description="With something wrong in them.")
    left: int = Field(description="Whose certificate is still to come, or never will.")


class ListHandedIn(BatchCounts):
    """What becomes of a list, and the rows that need somebody's attention."""

    batch: str | None = Field(description="Id of the batch; null = only tried.", examples=[A_BATCH])
    state: BatchState | None = Field(description="Of the batch; null = only tried.")
    stopped: Stopped | None = Field(description="Why nothing more is issued, where that is so.")
    approval: Awaited | None = Field(description="What somebody else decides on, where the level takes two.")
    needs_approval: bool = Field(description="Whether a second person decides before anything is issued.")
    occasion: str
    repeated: bool = Field(description="The same list was handed in before, and nothing of it is left to issue.")
    not_issued: list[BatchRowOut] = Field(description=f"Rows that are refused or have faults, the first {MOST}.")
    warnings: list[FaultOut] = Field(description="What stops nothing and concerns all of them.")
    warned: list[BatchRowOut] = Field(description=f"The others about which there is a warning, the first {MOST}.")


class BatchEventOut(BaseModel):
    """Something that happened to a batch; `kind` is the state it led to."""

    kind: BatchState
    at: datetime
    actor: str
    reason: str | None
    note: str | None


class BatchOut(BatchCounts):
    """A batch, without its rows."""

    id: str = Field(examples=[A_BATCH])
    occasion: str = Field(examples=["hot-work-september"])
    issuer: str
    state: BatchState
    stopped: Stopped | None = Field(description="Why nothing more is issued, where that is so.")
    asked: Level | None = Field(description="The level; null = what the scheme aims at.")
    at_attained: bool
    good_rows: bool
    four_eyes: bool = Field(description="Whether somebody else decides.")
    created_at: datetime
    created_by: str
    changed_at: datetime


class BatchList(BaseModel):
    """One page of batches, the newest first."""

    items: list[BatchOut]


class ToBeSigned(BaseModel):
    """How many certificates wait for their signatures, by which key, and until when those are taken."""

    count: int
    kid: str
    until: datetime


class BatchWhole(BatchOut):
    """A batch, what it waits for, and what happened to it."""

    approval: Awaited | None = Field(description="What somebody else was asked last to decide on.")
    to_sign: ToBeSigned | None = Field(description="What waits for signatures of an issuer who holds its key itself.")
    events: list[BatchEventOut] = Field(description="The first first.")


class BatchCancellation(StrictInput):
    """reason: in a few words that name nobody."""

    reason: str | None = None


# ------------------------------------------------------------------ handed in


class _Asked(BaseModel):
    """The query of a list that is handed in; what each means is said in the route's signature."""

    occasion: str
    sheet: str | None = None
    asked: Level | None = None
    at_attained: bool = False
    good_rows: bool = False
    dry_run: bool = False

    def wish(self) -> Wish:
        return Wish(self.asked, self.good_rows, self.at_attained)


@dataclass(frozen=True)
class _ReadList:
    """A list that was read, and what would become of it where that alone was asked."""

    roster: Roster
    tried: BatchResult | None


def _read_list(request: Request, office: Office, who: Actor, body: bytes) -> _ReadList | None:
    """The list, read while others may write; None where the rest of the request is not what it should be."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in KINDS or "content-encoding" in request.headers:
        return None
    try:
        asked = _Asked.model_validate(dict(request.query_params))
    except ValidationError:
        return None
    with office.registry.reading() as db:
        occasion_for(db, who, "batch.check", asked.occasion, issuer_alone=True)
        read = read_class_list(
            db,
            asked.occasion,
            body,
            keys=keys_of(office),
            now=office.clock(),
            sheet=asked.sheet,
            form=FORMS.get(kind, "table"),
            keyring=office.keyring,
        )
        tries = asked.dry_run and not read.refused
        tried = check_batch(db, asked.occasion, read, asked.wish(), now=office.clock()) if tries else None
        return _ReadList(read, tried)


@router.post(
    "",
    operation_id="handInList",
    summary="Hand in a class list",
    status_code=202,
    openapi_extra=max_body(MAX_BYTES),
    responses={200: {"model": ListHandedIn, "description": "What would become of it. Nothing is kept."}},
)
def hand_in(
    request: Request,
    _: Annotated[UploadedFile, Uploaded(*KINDS)],
    read: Annotated[_ReadList, Beforehand(_read_list)],
    db: Writing,
    who: Annotated[Actor, Acting("batch.check")],
    office: TheOffice,
    now: Now,
    response: Response,
    occasion: OccasionOfList,
    sheet: SheetOfList = None,  # noqa: ARG001 read beforehand
    asked: AskedLevel = None,
    at_attained: AtAttained = False,
    good_rows: Annotated[bool, Query(description="Issue to the others although some rows have faults.")] = False,
    dry_run: Annotated[bool, Query(description="Only say what would become of it; keep nothing.")] = False,
) -> ListHandedIn:
    """A table as people keep it (CSV, XLSX), or data with the list `person`. The certificates come by themselves.

    Where the level takes two people, once somebody else approved. To nobody while a row has faults, unless `good_rows`
    is asked for. The same list again, for the same occasion and with the same wish, is the same batch.

    422 for a file that cannot be read as a whole says at which row and column; nothing is kept then.
    """
    occasion_for(db, who, "batch.check" if dry_run else "batch.request", occasion, issuer_alone=True)
    if read.roster.refused:
        raise not_read(read.roster)
    wish, lang = Wish(asked, good_rows, at_attained), language_told(request, response)
    if read.tried is not None:
        keep_nothing(request)
        response.status_code = 200
        return _handed_in(db, read.tried, lang)
    result = request_batch(db, occasion, read.roster, wish, actor=who, now=now, keys=keys_of(office))
    response.headers["Location"] = f"{router.prefix}/{result.batch}"
    return _handed_in(db, result, lang)


# ------------------------------------------------------------------ found and read


@router.get("", operation_id="listBatches", summary="Class lists that were handed in")
def list_batches(
    request: Request,
    db: Reading,
    who: Annotated[Actor, Acting("batch.read")],
    page: Paged,
    response: Response,
    occasion: Annotated[str | None, Query(max_length=64, description="Only of this occasion.")] = None,
    issuer: Annotated[str | None, Query(max_length=32, description="Only of this issuer.")] = None,
    state: Annotated[BatchState | None, Query(description="Only those in this state.")] = None,
) -> BatchList:
    """Those of the issuers for which one may read. The newest first."""
    issuers = who.organisations("batch.read")
    if issuer is not None:
        one = organisation_by_slug(db, issuer).slug
        issuers = frozenset({one} if issuers is None else issuers & {one})
    found = batches(
        db,
        occasion_id=known_occasion(db, who, occasion).id if occasion else None,
        issuers=issuers,
        states=[state] if state else None,
        before=page.after_id(),
        limit=page.limit + 1,
    )
    rows = page.of(found, lambda row: row.id)
    occasions = occasion_ids(db, {row.occasion_id for row in rows})
    lang = language_told(request, response)
    return BatchList(items=[BatchOut.model_validate(_told(row, occasions[row.occasion_id], lang)) for row in rows])


@router.get("/{batch}", operation_id="getBatch", summary="How far a batch has come")
def get_batch(
    batch: BatchId, request: Request, db: Reading, who: Annotated[Actor, Acting("batch.read")], response: Response
) -> BatchWhole:
    """Its counts, what it waits for, and what happened to it."""
    return whole(db, readable(db, batch, who), language_told(request, response))


@router.get("/{batch}/rows", operation_id="listBatchRows", summary="What became of every row")
def list_rows(
    batch: BatchId,
    request: Request,
    db: Reading,
    who: Annotated[Actor, Acting("batch.read")],
    reads: Reads,
    page: Paged,
    response: Response,
    outcome: Annotated[
        RowState | None,
        Query(description="Only these. pending: none issued yet, or ever; already: issued before."),
    ] = None,
) -> BatchRowList:
    """In the order of the list, each with its certificate's number, what is wrong with it, or what it lacks."""
    row = readable(db, batch, who)
    reads.of("batch", row.public_id)
    kept = rows_of(db, row, after=after_row(page), limit=page.limit + 1, outcome=outcome)
    shown_rows = page.of(kept, lambda each: each.row)
    lang = language_told(request, response)
    return BatchRowList(items=[_row(each, lang) for each in batch_result(db, row, rows=shown_rows).rows])


# ------------------------------------------------------------------ stopped, and let go on


@router.post("/{batch}/cancellation", operation_id="cancelBatch", summary="Issue no more of it", status_code=200)
def cancel(
    batch: BatchId,
    request: Request,
    given: Annotated[BatchCancellation, Given(BatchCancellation)],
    db: Writing,
    who: Annotated[Actor, Acting("batch.cancel")],
    now: Now,
    response: Response,
) -> BatchWhole:
    """What is issued stays issued. There is no way back; the same list may be handed in again."""
    batch_for(db, who, "batch.cancel", batch)
    reason = None if given.reason is None else given_reason(given.reason)
    return whole(db, cancel_batch(db, batch, actor=who, now=now, reason=reason), language_told(request, response))


@router.post("/{batch}/resumption", operation_id="resumeBatch", summary="Let it go on", status_code=202)
def resume(
    batch: BatchId,
    request: Request,
    db: Writing,
    who: Annotated[Actor, Acting("batch.request")],
    office: TheOffice,
    now: Now,
    response: Response,
) -> BatchWhole:
    """Once what held it is put right: its rows are decided anew, and approved anew where something has changed.

    A batch that is under way just goes on.
    """
    batch_for(db, who, "batch.request", batch)
    lang = language_told(request, response)
    return whole(db, resume_batch(db, batch, actor=who, now=now, keys=keys_of(office)), lang)


# ------------------------------------------------------------------ records to answers


def readable(db: Database, batch: str, who: Actor) -> Batch:
    """A batch that whoever asks may read. Raises BatchNotFound, NotAllowed."""
    return batch_for(db, who, "batch.read", batch)


def batch_for(db: Database, who: Actor, action: str, said: str) -> Batch:
    """The batch of that id, if somebody may do this with it.

    Raises NotAllowed, and BatchNotFound also for whoever has no role at its issuer.
    """
    row = batch_by_id(db, said)
    require_there(who, action, [row.issuer], no_batch(said))
    return row


def keys_of(office: Office) -> ListKeys:
    """What numbers on a list are read and kept with."""
    return ListKeys(lambda: office.personal_data, synthetic_too=office.settings.environment != "production")


def not_read(read: Roster) -> ListNotRead:
    """Why the list is refused whole."""
    return ListNotRead([(row, each.column, each.says) for row, wrong in read.faults.items() for each in wrong])


def language_told(request: Request, response: Response) -> str:
    """The language of the sentences in an answer, which says so itself."""
    lang = language_asked(request)
    response.headers.update({"Content-Language": lang, "Vary": "Accept-Language"})
    return lang


def whole(db: Database, row: Batch, lang: str) -> BatchWhole:
    """All of it but its rows."""
    occasion = occasion_of(db, row.occasion_id).public_id
    events = [_event(event) for event in batch_events(db, row)]
    more = {"approval": _awaited(db, row), "to_sign": _to_be_signed(db, row), "events": events}
    return BatchWhole.model_validate(_told(row, occasion, lang) | more)


def _to_be_signed(db: Database, row: Batch) -> ToBeSigned | None:
    waits = what_waits(db, row) if row.state == "signing" else None
    return None if waits is None else ToBeSigned(count=waits.many, kid=waits.kid, until=waits.until)


def _told(row: Batch, occasion: str, lang: str) -> dict[str, Any]:
    kept = row.model_dump(include=set(BatchOut.model_fields) - {"id"})
    return kept | {"id": row.public_id, "occasion": occasion, "left": row.pending, "stopped": stopped(row, lang)}


def _event(event: BatchEvent) -> BatchEventOut:
    return BatchEventOut.model_validate(event.model_dump(include=set(BatchEventOut.model_fields)))


def _awaited(db: Database, row: Batch | None) -> Awaited | None:
    asked = last_asked(db, row) if row is not None and row.four_eyes else None
    return None if asked is None else Awaited(id=asked.public_id, state=asked.state, digest=asked.digest)


def _handed_in(db: Database, result: BatchResult, lang: str) -> ListHandedIn:
    row = batch_by_id(db, result.batch) if result.batch else None
    not_issued = [each for each in result.rows if each.outcome in {"refused", "fault"}]
    warned = [each for each in result.rows if each.warnings]
    return ListHandedIn(
        **result.model_dump(
            include={
                "state",
                "occasion",
                "issued",
                "already",
                "refused",
                "faults",
                "left",
                "repeated",
                "needs_approval",
            }
        ),
        batch=result.batch,
        rows=len(result.rows),
        stopped=stopped(row, lang) if row else None,
        approval=_awaited(db, row),
        not_issued=[_row(each, lang) for each in not_issued[:MOST]],
        warnings=[FaultOut.model_validate(told_in(each, lang)) for each in result.warnings],
        warned=[_row(each, lang) for each in warned[:MOST]],
    )


def _row(outcome: RowOutcome, lang: str) -> BatchRowOut:
    return BatchRowOut.model_validate(outcome.as_json(lang) | {"number": shown(outcome.number)})


def after_row(page: Page) -> int:
    """The last row of the page before. Raises CursorUnknown."""
    if page.after is None:
        return -1
    if not page.after.isdecimal() or len(page.after) > len(str(2**31)):
        raise CursorUnknown("take it from Link in the answer before")
    return int(page.after)
