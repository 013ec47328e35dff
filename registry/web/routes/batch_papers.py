"""The papers of a batch: ordered, printed by whoever works, and fetched in one archive."""

from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import Path, Request, Response
from fastapi.responses import FileResponse
from pydantic import BaseModel, Field

from registry.errors import PapersNotFound, PapersNotReady
from registry.issuing.documents.many import numbers_in
from registry.issuing.documents.sheet import Page
from registry.records.actors.access import Actor
from registry.records.issued.batches import Batch, batch_by_id, no_batch
from registry.records.issued.print_orders import PrintOrder, PrintState, order_papers, print_order, print_orders
from registry.records.sector.schemes import scheme_owner
from registry.records.sittings.occasions import occasion_of
from registry.records.store.database import Database
from registry.records.strict_input import StrictInput
from registry.web.access import Acting
from registry.web.changes import Writing, api_router
from registry.web.dependencies import Now, Reading, TheOffice
from registry.web.problems import language_asked
from registry.web.reads import Read, Reads
from registry.web.request_body import Given
from registry.web.routes.batches import BatchId
from registry.work.printing import archive_of
from registry.work.reprint import judge_of
from verification.certificate import Lang

router = api_router("/batches", "batches")

ZIP: Final = "application/zip"
OrderId = Annotated[str, Path(pattern=r"^papers-[0-9a-f]{16}$", description="Id of the order.")]
MayRead = Annotated[Actor, Acting("certificate.read")]


class PapersWanted(StrictInput):
    """What is to be printed: diplomas, or cards; lang: of the paper, left out: Accept-Language decides."""

    page: Page = "diploma"
    lang: Lang | None = None


class PapersOut(BaseModel):
    """An order, and how far it has come."""

    id: str = Field(examples=["papers-0123456789abcdef"])
    page: Page
    lang: Lang
    state: PrintState = Field(
        description="waiting: also while it is printed; removed: after a week the files are gone."
    )
    of: int = Field(ge=0, description="Papers there are to be. None is made of what was taken back.")
    done: int = Field(ge=0, description="Papers dealt with.")
    unprintable: dict[str, str] = Field(description="Numbers of which there can be no paper, and why.")
    requested_by: str
    requested_at: datetime
    ended_at: datetime | None


class PapersList(BaseModel):
    """All orders of a batch, the newest first."""

    items: list[PapersOut]


@router.post(
    "/{batch}/papers", operation_id="orderPapers", summary="Have the papers of a batch printed", status_code=202
)
def order_papers_(
    batch: BatchId,
    given: Annotated[PapersWanted, Given(PapersWanted)],
    request: Request,
    db: Writing,
    office: TheOffice,
    who: MayRead,
    now: Now,
    reads: Reads,
) -> PapersOut:
    """A sealed file of every certificate of the batch, by whoever works for the registry; it survives being stopped.

    The same again (batch, page, language) is the order there is, while it waits and as long as its files are there. It
    is a new one when they would not be the same any more, as after a correction, or when it failed.
    """
    row = _readable(db, batch, who)
    numbers, pictured = _may_print(db, row, who, now, reads)
    lang = given.lang or language_asked(request)
    url = office.settings.public_url
    made = order_papers(
        db,
        row.id,
        page=given.page,
        lang=lang,
        public_url=url,
        of=len(numbers),
        now=now,
        actor=who.account,
        still_good=judge_of(
            office.registry, db, numbers=numbers, pictured=pictured, issuer=row.issuer, page=given.page
        ),
    )
    return _told(made)


@router.get("/{batch}/papers", operation_id="listPapers", summary="Orders of papers")
def list_papers(batch: BatchId, db: Reading, who: MayRead) -> PapersList:
    """Those of this batch."""
    return PapersList(items=[_told(each) for each in print_orders(db, batch=_readable(db, batch, who).id)])


@router.get("/{batch}/papers/{order}", operation_id="getPapers", summary="How far an order has come")
def get_papers(batch: BatchId, order: OrderId, db: Reading, who: MayRead) -> PapersOut:
    """Ask again until it is done."""
    return _told(print_order(db, order, _readable(db, batch, who).id))


@router.get(
    "/{batch}/papers/{order}/archive",
    operation_id="getPapersArchive",
    summary="The papers, in one archive",
    response_class=Response,
    responses={200: {"description": "The archive.", "content": {ZIP: {"schema": {"type": "string"}}}}},
)
def get_archive(
    batch: BatchId, order: OrderId, db: Reading, office: TheOffice, who: MayRead, now: Now, reads: Reads
) -> Response:
    """One file each, called by its number; for a week."""
    row = _readable(db, batch, who)
    found = print_order(db, order, row.id)
    if found.state != "done":
        if found.state == "removed":
            raise PapersNotFound("they were kept for a week; order them anew")
        raise PapersNotReady(f"{found.done} of {found.of} are done" if found.state == "waiting" else "order them anew")
    _may_print(db, row, who, now, reads)
    file = archive_of(office.registry, found.public_id)
    if not file.is_file():
        raise PapersNotFound("they are not on this machine; order them anew")
    return FileResponse(file, media_type=ZIP, filename=f"{found.public_id}.zip")


def _readable(db: Database, batch: str, who: Actor) -> Batch:
    """Raises BatchNotFound for whoever has no role at its issuer, NotAllowed."""
    row = batch_by_id(db, batch)
    if not who.knows(row.issuer, scheme_owner(db, occasion_of(db, row.occasion_id).scheme)):
        raise no_batch(batch)
    who.require("certificate.read", row.issuer)
    return row


def _may_print(db: Database, row: Batch, who: Actor, now: datetime, reads: Read) -> tuple[list[str], list[str]]:
    """What there is to print; whoever has portraits printed may read about people. Leaves a line with each."""
    numbers, pictured = numbers_in(db, row.id, now)
    if pictured:
        who.require("person.read", row.issuer)
        reads.of("person", *pictured)
    reads.of("certificate", *numbers)
    return numbers, pictured


def _told(row: PrintOrder) -> PapersOut:
    members: dict[str, Any] = row.model_dump() | {"id": row.public_id}
    return PapersOut.model_validate({name: members[name] for name in PapersOut.model_fields})
