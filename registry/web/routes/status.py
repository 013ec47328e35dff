"""Status lists, as anybody may fetch and keep them: `/status/{n}` in two forms, and its two bitstrings."""

import hashlib
import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Path, Request, Response

from registry.records.store.database import Database, revision
from registry.signing.status import TTL_SECONDS, bitstring_status_list, token_status_list, token_status_list_cwt
from registry.web.dependencies import Now, Reading, TheOffice
from registry.web.problems import PROBLEM, Problem, told_problem

router = APIRouter(tags=["status"])

JWT_LIST = "application/statuslist+jwt"
CWT_LIST = "application/statuslist+cwt"
BITSTRING_LIST = "application/vc+jwt"
# Which form is sent depends on Accept, so a cache keeps one of each.
ANYWHERE = {"Access-Control-Allow-Origin": "*", "Vary": "Accept"}
PUBLIC = {**ANYWHERE, "Cache-Control": f"public, max-age={TTL_SECONDS}", "X-Content-Type-Options": "nosniff"}

ListNumber = Annotated[int, Path(ge=0, le=2**31 - 1, description="Number of the list, as certificates name it.")]
IfNoneMatch = Annotated[str | None, Header(max_length=1000)]
_RANGE = re.compile(r"([a-z0-9!#$&^_.+*-]+)/([a-z0-9!#$&^_.+*-]+)", re.IGNORECASE)
_QUALITY = re.compile(r"0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?")
_MOST_OF_ACCEPT = 1000
_Body = str | bytes
_Kept = tuple[int, datetime, _Body, str]  # revision of the records, when it was signed, the list, its tag


def _told(description: str) -> dict[str, Any]:
    return {"description": description, "content": {PROBLEM: {"schema": Problem.model_json_schema()}}}


def _documented(*media_types: str) -> dict[int | str, dict[str, Any]]:
    shapes = {
        name: {"schema": {"type": "string"} | ({"contentMediaType": name} if name == CWT_LIST else {})}
        for name in media_types
    }
    return {
        200: {"description": "The signed list", "content": shapes},
        304: {"description": "The list is still the same"},
        404: _told("No such list"),
        406: _told(f"Accept names none of {', '.join(media_types)}"),
        422: _told("No number"),
    }


@router.head("/status/{number}", include_in_schema=False)
@router.get(
    "/status/{number}",
    operation_id="getTokenStatusList",
    summary="A Token Status List",
    response_class=Response,
    responses=_documented(JWT_LIST, CWT_LIST),
)
def token_list(
    request: Request,
    number: ListNumber,
    office: TheOffice,
    db: Reading,
    now: Now,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """The states of many certificates in 2 bits each (0 valid, 1 withdrawn, 2 suspended, 3 superseded).

    As a JWT, or as a CWT where `Accept` prefers that.
    """
    form = preferred(_accept(request), (JWT_LIST, CWT_LIST))
    seal = token_status_list_cwt if form == CWT_LIST else token_status_list

    def render() -> _Body:
        return seal(db, office.keyring, office.settings.public_url, number, now)

    return _answer(request, db, now, ("token", number), render, form, if_none_match)


@router.head("/status/{number}/{purpose}", include_in_schema=False)
@router.get(
    "/status/{number}/{purpose}",
    operation_id="getBitstringStatusList",
    summary="A Bitstring Status List credential",
    response_class=Response,
    responses=_documented(BITSTRING_LIST),
)
def bitstring_list(
    request: Request,
    number: ListNumber,
    purpose: Literal["revocation", "suspension"],
    office: TheOffice,
    db: Reading,
    now: Now,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """The same states in the form that `vc+jwt` certificates point to, one bit for one purpose."""

    def render() -> _Body:
        return bitstring_status_list(db, office.keyring, office.settings.public_url, number, purpose, now)

    form = preferred(_accept(request), (BITSTRING_LIST,))
    return _answer(request, db, now, (purpose, number), render, form, if_none_match)


def _accept(request: Request) -> str:
    return ",".join(request.headers.getlist("accept"))[:_MOST_OF_ACCEPT]


def preferred(accept: str, offered: Sequence[str]) -> str | None:
    """The media type to send, by `Accept` (RFC 9110 section 12.5.1); None where none of those offered will do.

    Of two that are liked as well, the one offered first. What is no media range says nothing.
    """
    ranges: list[tuple[str, str, float]] = []
    for part in (accept.strip() or "*/*").split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        found = _RANGE.fullmatch(name)
        quality = next((value[2:] for value in parameters if value[:2].lower() == "q="), "1")
        if found is not None and _QUALITY.fullmatch(quality):
            ranges.append((found[1].lower(), found[2].lower(), float(quality)))
    liked = {name: _liked(name, ranges) for name in offered}
    best = max(offered, key=lambda name: liked[name])
    return best if liked[best] > 0 else None


def _liked(name: str, ranges: Sequence[tuple[str, str, float]]) -> float:
    """By the range that names it most closely."""
    kind, form = name.split("/")
    for wanted in ((kind, form), (kind, "*"), ("*", "*")):
        given = [quality for *range_, quality in ranges if tuple(range_) == wanted]
        if given:
            return max(given)
    return 0.0


def _answer(
    request: Request,
    db: Database,
    now: datetime,
    which: tuple[str, int],
    render: Callable[[], _Body],
    media_type: str | None,
    if_none_match: str | None,
) -> Response:
    """The list as signed last, for as long as nothing changed and half its time to live has not passed."""
    if media_type is None:
        return told_problem(request, 406, "not-acceptable", says=True, headers=ANYWHERE)
    kept: dict[tuple[str, int, str], _Kept] = request.app.state.rendered_lists
    at = revision(db)
    known = kept.get((*which, media_type))
    if known is None or known[0] != at or not 0 <= (now - known[1]).total_seconds() < TTL_SECONDS / 2:
        body = render()
        data = body if isinstance(body, bytes) else body.encode()
        known = (at, now, body, f'"{hashlib.sha256(data).hexdigest()[:32]}"')
        kept[*which, media_type] = known
    _, _, body, tag = known
    headers = {**PUBLIC, "ETag": tag}
    if if_none_match is not None and (tag in if_none_match or if_none_match.strip() == "*"):
        return Response(None, 304, headers)
    return Response(body, 200, headers, media_type)
