"""The transparency log, as anybody may read and keep it: checkpoint, tiles and entries (C2SP tlog-tiles)."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Response

from registry.errors import LogNotThere
from registry.records.log.heads import epochs
from registry.signing.log.published import bundle_bytes, published_log, tile_bytes
from registry.web.dependencies import Reading, TheOffice
from registry.web.problems import PROBLEM, Problem
from verification.log.tiles import WIDTH, MalformedTile, Tile, tile_named

router = APIRouter(tags=["log"])

TEXT = "text/plain; charset=utf-8"
BYTES = "application/octet-stream"
_ANYWHERE = {"Access-Control-Allow-Origin": "*", "X-Content-Type-Options": "nosniff"}
FRESH = {**_ANYWHERE, "Cache-Control": "no-cache"}
FOR_EVER = {**_ANYWHERE, "Cache-Control": "public, max-age=31536000, immutable"}

LogNumber = Annotated[int, Path(ge=1, le=1_000_000, description="Which of the registry's logs; the first one is 1.")]


def _documented(media_type: str, what: str, shape: dict[str, Any]) -> dict[int | str, dict[str, Any]]:
    problem = {PROBLEM: {"schema": Problem.model_json_schema()}}
    return {
        200: {"description": what, "content": {media_type: {"schema": shape}}},
        404: {"description": "The log has none, or not yet", "content": problem},
        422: {"description": "No number of a log", "content": problem},
    }


_TEXT, _BYTES = {"type": "string"}, {"type": "string", "contentMediaType": BYTES}


@router.head("/log/{number}/checkpoint", include_in_schema=False)
@router.get(
    "/log/{number}/checkpoint",
    operation_id="getCheckpoint",
    summary="The signed head of the log",
    response_class=Response,
    responses=_documented("text/plain", "The checkpoint, a signed note (C2SP tlog-checkpoint)", _TEXT),
)
def checkpoint(number: LogNumber, office: TheOffice, db: Reading) -> Response:
    """How many entries the log has, and the head of the tree over them."""
    log = published_log(db, office.registry.head_file, number)
    return Response(log.head.note, media_type=TEXT, headers=FRESH)


@router.head("/log/keys", include_in_schema=False)
@router.get(
    "/log/keys",
    operation_id="getLogKeys",
    summary="The keys of the registry's logs",
    response_class=Response,
    responses={200: _documented("text/plain", "A line each: NAME+ID+KEY", _TEXT)[200]},
)
def keys(office: TheOffice, db: Reading) -> Response:
    """One line for each log, the one that is written to last; as tools for signed notes take it."""
    lines = []
    for epoch in epochs(db):
        try:
            lines.append(published_log(db, office.registry.head_file, epoch.number).key.text + "\n")
        except LogNotThere:
            continue
    return Response("".join(lines), media_type=TEXT, headers=FRESH)


_PLACE = "Number in its level, in groups of three digits, all but the last with x before them; .p/WIDTH where partial."
Place = Annotated[str, Path(max_length=60, description=_PLACE)]


@router.head("/log/{number}/tile/entries/{place:path}", include_in_schema=False)
@router.get(
    "/log/{number}/tile/entries/{place:path}",
    operation_id="getLogEntries",
    summary="Up to 256 entries of the log",
    response_class=Response,
    responses=_documented(BYTES, "Entries, each with its length of two bytes before it", _BYTES),
)
def entries(number: LogNumber, place: Place, office: TheOffice, db: Reading) -> Response:
    """Entries by the number of their tile: `000`, or `000.p/17` for the first 17 of them."""
    log = published_log(db, office.registry.head_file, number)
    found = _tile("entries", place)
    return Response(bundle_bytes(db, log, found), media_type=BYTES, headers=_kept(found))


Level = Annotated[str, Path(max_length=2, description="Level of the tree, from 0.")]


@router.head("/log/{number}/tile/{level}/{place:path}", include_in_schema=False)
@router.get(
    "/log/{number}/tile/{level}/{place:path}",
    operation_id="getLogTile",
    summary="Up to 256 hashes of the log's tree",
    response_class=Response,
    responses=_documented(BYTES, "Hashes of 32 bytes", _BYTES),
)
def tile(number: LogNumber, level: Level, place: Place, office: TheOffice, db: Reading) -> Response:
    """Hashes by level and number: `0/000`, or `0/000.p/17` for the first 17 of them."""
    log = published_log(db, office.registry.head_file, number)
    found = _tile(level, place)
    return Response(tile_bytes(db, log, found), media_type=BYTES, headers=_kept(found))


def _tile(level: str, place: str) -> Tile:
    try:
        return tile_named(level, place)
    except MalformedTile as fault:
        raise LogNotThere(str(fault)) from fault


def _kept(tile: Tile) -> dict[str, str]:
    """What has been published never changes; what is partial is asked for once, and its turn is over."""
    return FOR_EVER if tile.width == WIDTH else {**FOR_EVER, "Cache-Control": "public, max-age=86400"}
