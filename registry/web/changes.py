"""How a change is made over HTTP: in one transaction, committed before the answer, done once however often it is sent.

A route that takes `db: Writing` changes something. Everything it did is undone if it refuses, and is on disk before
the answer goes out. A POST that changes needs an `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header-08): its
answer is kept in the same transaction for a day at least, and is what the same request is told again, byte for byte.
"""

import re
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import contextmanager_in_threadpool, run_in_threadpool
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from registry.errors import AnswerSealed, DatabaseFull, IdempotencyKeyMissing, IdempotencyKeyReused, SameRequestUnderWay
from registry.records.actors.access import Actor
from registry.records.actors.api_keys import api_key_by_prefix
from registry.records.store.database import Database
from registry.records.store.remembered import RememberedAnswer, opened_answer, remember, remembered, sealed_answer
from registry.web.access import Admits, actor_of, given_key, prove
from registry.web.dependencies import Office
from registry.web.reads import note_reads

API: Final = "/api/v1"
KEPT_HOURS: Final = 24
# openapi_extra of a route whose answer holds a secret: what is kept of it opens only with the key it was asked with.
SECRET_ANSWER: Final = {"x-secret-answer": True}
_PARAMETER = re.compile(r"[a-z_]{1,32}")
_KEY = re.compile(r"[!-~]{1,255}")
_UNKEPT = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_Handler = Callable[[Request], Awaitable[Response]]
Find = Callable[[Request, Office, Actor, bytes], object]


def max_body(most_bytes: int) -> dict[str, Any]:
    """openapi_extra of a route that takes larger bodies than others."""
    return {"x-max-body-bytes": most_bytes}


def api_router(path: str, tag: str) -> APIRouter:
    """A router below /api/v1 for those who have a key."""
    return APIRouter(prefix=API + path, tags=[tag], route_class=ApiRoute)


def _writing(request: Request) -> Database:
    """The transaction of the change that this request is."""
    db: Database = request.state.db
    return db


Writing = Annotated[Database, Depends(_writing)]


def keep_nothing(request: Request) -> None:
    """What this request is answered is not kept: it only asked what would be."""
    request.state.kept_nothing = True


class _Beforehand:
    """What is found out before the transaction of a change begins, while others may write."""

    def __init__(self, find: Find) -> None:
        self.find = find

    def __call__(self, request: Request) -> object:
        return request.state.beforehand


def Beforehand(find: Find) -> Any:  # noqa: ANN401, N802 what Annotated takes; it is read as a word of a signature
    """What `find` found out before the change began: given the request, whoever asks, and the body.

    It gives None where the request is not what it should be: what that is, the route's own signature tells.
    """
    return Depends(_Beforehand(find))


class ApiRoute(APIRoute):
    """A route of the API: nothing unknown in the query, nothing kept by caches, changes made as this file says."""

    @property
    def changes(self) -> bool:
        """Whether something is changed by it."""
        return any(one.call is _writing for one in _dependants(self.dependant))

    @property
    def takes_key(self) -> bool:
        """Whether it needs an Idempotency-Key."""
        return self.changes and "POST" in (self.methods or ())

    def get_route_handler(self) -> Callable[[Request], Any]:
        """FastAPI's own, within all that is said above."""
        handler = super().get_route_handler()
        known = {one.alias for each in _dependants(self.dependant) for one in each.query_params}
        changes, takes_key = self.changes, self.takes_key
        admit = [one.call for one in _dependants(self.dependant) if isinstance(one.call, Admits)]
        secret = bool((self.openapi_extra or {}).get("x-secret-answer"))
        find = next((one.call.find for one in _dependants(self.dependant) if isinstance(one.call, _Beforehand)), None)

        async def handle(request: Request) -> Response:
            _refuse_unknown(request, known)
            if changes:
                try:
                    response = await _change(request, handler, find, admit, takes_key=takes_key, secret=secret)
                except DatabaseFull:
                    office: Office = request.app.state.office
                    office.room.ran_out(office.clock())
                    raise
            else:
                response = await handler(request)
            for name, value in (_UNKEPT | getattr(request.state, "left", {})).items():
                response.headers.setdefault(name, value)
            return response

        return handle


def head_routes(routes: Iterable[BaseRoute]) -> list[BaseRoute]:
    """What can be got can be asked about with HEAD too: whoever has it already need not be sent it again."""
    got = [route for route in routes if isinstance(route, ApiRoute) and route.methods == {"GET"}]
    return [
        ApiRoute(
            route.path,
            route.endpoint,
            methods=["HEAD"],
            status_code=route.status_code,
            response_model=route.response_model,
            response_class=route.response_class,
            include_in_schema=False,
        )
        for route in got
    ]


def _dependants(dependant: Dependant) -> Iterator[Dependant]:
    yield dependant
    for one in dependant.dependencies:
        yield from _dependants(one)


def _refuse_unknown(request: Request, known: set[str]) -> None:
    """A slip in the name of a parameter would else be passed over, and the answer be to another question."""
    names = [name for name, _ in request.query_params.multi_items()]
    faults: list[dict[str, Any]] = []
    for name in dict.fromkeys(names):
        if name not in known:
            # A name that is nearly one of ours is repeated; any other may be anything, somebody's number too.
            near = next(iter(get_close_matches(name, known, n=1, cutoff=0.75)), None)
            place = ("query", name if near and _PARAMETER.fullmatch(name) else "…")
            faults.append({"type": "unknown_parameter", "loc": place, "ctx": {"near": near, "names": sorted(known)}})
        elif names.count(name) > 1:
            faults.append({"type": "twice", "loc": ("query", name)})
    if faults:
        raise RequestValidationError(faults)


# ------------------------------------------------------------------ a change


async def _change(
    request: Request, handler: _Handler, find: Find | None, admit: Sequence[Admits], *, takes_key: bool, secret: bool
) -> Response:
    """The answer to a change that is on disk by then."""
    office: Office = request.app.state.office
    # Whoever has no key that opens something never waits for its turn to write.
    actor = await run_in_threadpool(actor_of, request)
    if not takes_key:
        return await _in_transaction(request, office, handler)
    key, scope = _idempotency_key(request), await run_in_threadpool(_scope, office, actor)
    asked = office.keyring.keyed_digest(_asked(request, await request.body()))
    with _alone(office, scope, key):
        kept = await run_in_threadpool(_remembered, office, scope, key)
        if kept is not None:
            for each in admit:
                each(request)  # what was answered to somebody with a role is not told when it is gone
            return _again(kept, asked, given_key(request))
        if find is not None:
            for each in admit:
                each(request)  # nothing is read for whoever may do this nowhere
            body = await request.body()
            request.state.beforehand = await run_in_threadpool(find, request, office, actor, body)
        return await _in_transaction(request, office, handler, (scope, key, asked), secret=secret)


async def _in_transaction(
    request: Request,
    office: Office,
    handler: _Handler,
    identity: tuple[str, str, bytes] | None = None,
    *,
    secret: bool = False,
) -> Response:
    """Do it; `identity`: whose, which Idempotency-Key, and the fingerprint of what was asked."""
    async with contextmanager_in_threadpool(office.registry.writing()) as db:
        # What was held when the request came in may have ended while it waited for its turn.
        request.state.actor = await run_in_threadpool(prove, request, db)
        if identity is not None:
            scope, key, asked = identity
            kept = await run_in_threadpool(remembered, db, scope, key)
            if kept is not None:  # another process was faster
                return _again(kept, asked, given_key(request))
        request.state.db = db
        response = await handler(request)
        await run_in_threadpool(note_reads, request, db)
        if identity is not None and not getattr(request.state, "kept_nothing", False):
            await run_in_threadpool(_remember, request, db, identity, response, secret=secret)
        return response


def _idempotency_key(request: Request) -> str:
    """The value of Idempotency-Key, with the quotation marks of a structured field or without."""
    given = request.headers.getlist("idempotency-key")
    if not given:
        raise IdempotencyKeyMissing("send Idempotency-Key with a new random value, such as a UUID")
    key = given[0].strip()
    if len(key) >= 2 and key[0] == key[-1] == '"':  # noqa: PLR2004 a pair of them
        key = key[1:-1]
    if len(given) > 1 or not _KEY.fullmatch(key) or '"' in key or "\\" in key:
        raise IdempotencyKeyMissing("Idempotency-Key must be one value of 1 to 255 visible characters")
    return key


def _scope(office: Office, actor: Actor) -> str:
    """Whose values are told apart: those of one account in one organisation."""
    with office.registry.reading() as db:
        organisation = api_key_by_prefix(db, str(actor.key)).organisation
    return f"{actor.account} {organisation or ''}"


def _asked(request: Request, body: bytes) -> bytes:
    """All that was asked, each part with its length, so that the same value with something else is noticed."""
    parts = (
        request.method.encode(),
        request.url.path.encode(),
        request.url.query.encode(),
        request.headers.get("content-type", "").encode(),
        body,
    )
    return b"".join(len(part).to_bytes(8) + part for part in parts)


@contextmanager
def _alone(office: Office, scope: str, key: str) -> Iterator[None]:
    """The only one with that key in this process. Raises SameRequestUnderWay."""
    if (scope, key) in office.under_way:
        raise SameRequestUnderWay("send it again in a second")
    office.under_way.add((scope, key))
    try:
        yield
    finally:
        office.under_way.discard((scope, key))


def _remembered(office: Office, scope: str, key: str) -> RememberedAnswer | None:
    with office.registry.reading() as db:
        return remembered(db, scope, key)


def _remember(
    request: Request, db: Database, identity: tuple[str, str, bytes], response: Response, *, secret: bool
) -> None:
    office: Office = request.app.state.office
    scope, key, asked = identity
    body = bytes(response.body)
    remember(
        db,
        scope=scope,
        key=key,
        fingerprint=asked,
        status=response.status_code,
        headers=[(name.decode("latin-1"), value.decode("latin-1")) for name, value in response.raw_headers],
        body=sealed_answer(body, given_key(request), key) if secret else body,
        sealed=secret,
        now=office.clock(),
    )


def _again(kept: RememberedAnswer, asked: bytes, api_key: str) -> Response:
    """What was answered then. Raises IdempotencyKeyReused, AnswerSealed."""
    if kept.fingerprint != asked:
        raise IdempotencyKeyReused("send a new value for a new request")
    body = opened_answer(kept.body, api_key, kept.key) if kept.sealed else kept.body
    if body is None:
        raise AnswerSealed("send it with the key it was sent with first")
    response = Response(body, kept.status)
    response.raw_headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in kept.headers]
    return response
