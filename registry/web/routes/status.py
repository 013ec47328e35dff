"""Status lists, as anybody may fetch and keep them: `/status/{n}` and its two bitstring forms."""

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Path, Request, Response

from registry.records.database import Database, revision
from registry.signing.status import TTL_SECONDS, bitstring_status_list, token_status_list
from registry.web.dependencies import Now, Reading, TheOffice
from registry.web.problems import PROBLEM, Problem

router = APIRouter(tags=["status"])

TOKEN_LIST = "application/statuslist+jwt"  # noqa: S105 a media type
BITSTRING_LIST = "application/vc+jwt"
PUBLIC = {"Access-Control-Allow-Origin": "*", "Cache-Control": f"public, max-age={TTL_SECONDS}"}

ListNumber = Annotated[int, Path(ge=0, le=2**31 - 1, description="Number of the list, as certificates name it.")]
IfNoneMatch = Annotated[str | None, Header(max_length=1000)]
NOT_FOUND: dict[int | str, dict[str, Any]] = {
    304: {"description": "The list is still the same"},
    404: {"description": "No such list", "content": {PROBLEM: {"schema": Problem.model_json_schema()}}},
    422: {"description": "No number", "content": {PROBLEM: {"schema": Problem.model_json_schema()}}},
}


def _documented(media_type: str) -> dict[int | str, dict[str, Any]]:
    return {
        **NOT_FOUND,
        200: {"description": "The signed list", "content": {media_type: {"schema": {"type": "string"}}}},
    }


@router.head("/status/{number}", include_in_schema=False)
@router.get(
    "/status/{number}",
    operation_id="getTokenStatusList",
    summary="A Token Status List",
    response_class=Response,
    responses=_documented(TOKEN_LIST),
)
def token_list(
    request: Request, number: ListNumber, office: TheOffice, db: Reading, now: Now, if_none_match: IfNoneMatch = None
) -> Response:
    """The states of many certificates in 2 bits each (0 valid, 1 withdrawn, 2 suspended, 3 superseded), as a JWT."""
    public_url = office.settings.public_url

    def render() -> str:
        return token_status_list(db, office.keyring, public_url, number, now)

    return _answer(request, db, now, ("token", number), render, TOKEN_LIST, if_none_match)


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
    public_url = office.settings.public_url

    def render() -> str:
        return bitstring_status_list(db, office.keyring, public_url, number, purpose, now)

    return _answer(request, db, now, (purpose, number), render, BITSTRING_LIST, if_none_match)


def _answer(
    request: Request,
    db: Database,
    now: datetime,
    which: tuple[str, int],
    render: Callable[[], str],
    media_type: str,
    if_none_match: str | None,
) -> Response:
    """The list as signed last, for as long as nothing changed and half its time to live has not passed."""
    kept: dict[tuple[str, int], tuple[int, datetime, str, str]] = request.app.state.rendered_lists
    at = revision(db)
    known = kept.get(which)
    if known is None or known[0] != at or not 0 <= (now - known[1]).total_seconds() < TTL_SECONDS / 2:
        body = render()
        known = (at, now, body, f'"{hashlib.sha256(body.encode()).hexdigest()[:32]}"')
        kept[which] = known
    _, _, body, tag = known
    headers = {**PUBLIC, "ETag": tag, "X-Content-Type-Options": "nosniff"}
    if if_none_match is not None and (tag in if_none_match or if_none_match.strip() == "*"):
        return Response(None, 304, headers)
    return Response(body, 200, headers, media_type)
