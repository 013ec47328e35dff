"""How a batch comes along, as it happens: server-sent events (HTML Living Standard, section 9.2).

Whoever follows holds neither a connection to the database nor a thread: both are taken for a moment, once a second.
A stream ends when the batch is at rest, or after a while; `EventSource` then asks again with the last id it saw, and is
told 204, which lets it rest too, once there is nothing more to see.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import Annotated, Final

import orjson
from fastapi import Header, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.sse import EventSourceResponse, format_sse_event
from starlette.types import Receive, Scope, Send

from registry.errors import NOT_STORED, ApiKeyRejected, TooManyRequests
from registry.issuing.batches.progress import Progress, progress_of
from registry.issuing.decisions.approving import last_asked
from registry.records.actors.access import Actor
from registry.records.issued.batches import Batch
from registry.records.store.database import Database
from registry.records.whole.directory import Registry
from registry.web.access import Acting, prove
from registry.web.changes import api_router
from registry.web.dependencies import TheOffice
from registry.web.followers import Followers
from registry.web.routes.batches import BatchId, readable

router = api_router("/batches", "batches")

EVENT_STREAM: Final = "text/event-stream"
LOOK_SECONDS: Final = 1.0
LONGEST: Final = 300  # looks in one stream
SIGN_OF_LIFE: Final = 15  # looks without a word before a comment is sent, so that nothing between us hangs up
RETRY_MILLISECONDS: Final = 2_000
MOST_FOLLOWERS: Final = 100  # at a time: the server has 900 connections for everybody
MOST_WITH_A_KEY: Final = 10  # of them
WAIT_SECONDS: Final = 10


_EVENT: Final = {
    "type": "object",
    "required": ["event", "id", "data"],
    "properties": {
        "event": {"type": "string", "enum": ["progress", "end"]},
        "id": {"type": "string", "description": "Grows with each change; goes into Last-Event-ID."},
        "data": {
            "type": "string",
            "contentMediaType": "application/json",
            "description": "An object with `batch`, `state`, `rows`, `settled` and `issued`.",
        },
        "retry": {"type": "integer", "description": "Milliseconds before a stream that broke off is asked for again."},
    },
}


@dataclass(frozen=True)
class Seen:
    """A batch at one look. changes: grows with each change of it; resting: nothing more comes by itself."""

    changes: int
    progress: Progress
    resting: bool


@router.get(
    "/{batch}/events",
    operation_id="followBatch",
    summary="How it comes along, as it happens",
    response_class=Response,
    responses={
        200: {
            "description": "An event `progress` a change, `end` with the last one; the schema is that of one event.",
            "content": {EVENT_STREAM: {"schema": _EVENT}},
        },
        204: {"description": "There is nothing more to see than what was seen."},
    },
)
async def follow(
    batch: BatchId,
    request: Request,
    who: Annotated[Actor, Acting("batch.read")],
    office: TheOffice,
    last_event_id: Annotated[
        str | None, Header(max_length=100, description="The id of the last event that was seen.")
    ] = None,
) -> Response:
    """Server-sent events with {batch, state, rows, settled, issued} in JSON, until nothing more comes by itself.

    At rest is what is done, held, cancelled or failed, and what waits for somebody's decision. A stream lasts five
    minutes at most; ask again with `Last-Event-ID`.
    """
    seen_before = int(last_event_id) if last_event_id and last_event_id.isdecimal() else None
    first = await run_in_threadpool(_look, office.registry, batch, who)
    if first.resting and seen_before == first.changes:
        return Response(status_code=HTTPStatus.NO_CONTENT)
    headers = {"X-Accel-Buffering": "no"}  # or a proxy would keep what is to be seen at once
    if request.method == "HEAD":
        return EventSourceResponse([], headers=headers)
    followers = office.followers
    place = followers.take_place(str(who.key), most=MOST_FOLLOWERS, most_with_key=MOST_WITH_A_KEY)
    if place is None:
        raise TooManyRequests(WAIT_SECONDS)

    def look() -> Seen:
        with office.registry.reading() as db:
            prove(request, db)  # a key may end while its stream is open
        return _look(office.registry, batch, who)

    return Followed(events(look, first, seen_before, followers), followers, place, headers)


class Followed(EventSourceResponse):
    """A stream that holds a place until it has ended, however it ends: also where nobody read a word of it."""

    def __init__(
        self, content: AsyncIterator[bytes], followers: Followers, place: object, headers: Mapping[str, str]
    ) -> None:
        super().__init__(content, headers=headers)
        self._followers, self._place = followers, place

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._followers.give_back(self._place)


async def events(
    look: Callable[[], Seen],
    now: Seen,
    seen_before: int | None,
    followers: Followers,
    seconds: float = LOOK_SECONDS,
) -> AsyncIterator[bytes]:
    """The stream, ended by an event `end` where the batch has come to rest.

    now          the first look; `look` gives the next ones
    seen_before  id of the last event that the reader knows
    seconds      between two looks
    """
    silent = 0
    yield format_sse_event(retry=RETRY_MILLISECONDS)
    for _ in range(LONGEST):
        if now.resting:
            yield _event("end", now)
            return
        if now.changes != seen_before:
            yield _event("progress", now)
            seen_before, silent = now.changes, 0
        elif silent == SIGN_OF_LIFE:
            yield format_sse_event(comment="")
            silent = 0
        silent += 1
        await asyncio.sleep(seconds)
        if followers.must_go():
            return
        try:
            now = await run_in_threadpool(look)
        except ApiKeyRejected:
            return
        except NOT_STORED:  # the next look may be luckier
            continue


def _event(name: str, seen: Seen) -> bytes:
    return format_sse_event(event=name, id=str(seen.changes), data_str=orjson.dumps(asdict(seen.progress)).decode())


def _look(registry: Registry, batch: str, who: Actor) -> Seen:
    with registry.reading() as db:
        row = readable(db, batch, who)
        return Seen(row.changes, progress_of(row), resting=_is_resting(db, row))


def _is_resting(db: Database, row: Batch) -> bool:
    """Whether nothing more comes by itself."""
    if row.state == "waiting":
        asked = last_asked(db, row)
        return asked is not None and asked.state == "open"
    return row.state != "issuing"
