"""What a scanner believes, as anybody may fetch it: the signed trust file, and the key it is held against."""

import hashlib
import threading
from datetime import datetime, timedelta
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Header, Request, Response

from registry.records.store.database import Database, revision
from registry.signing.published import signed_trust
from registry.signing.root import root_now
from registry.signing.status import TTL_SECONDS
from registry.web.dependencies import Now, Office, Reading, TheOffice
from registry.web.problems import PROBLEM, Problem

router = APIRouter(tags=["trust"])

JWS = "application/jose"
TEXT = "text/plain; charset=utf-8"
_AS_LONG = timedelta(seconds=TTL_SECONDS / 2)
_PATIENCE = timedelta(seconds=20)
_ANYWHERE = {"Access-Control-Allow-Origin": "*", "X-Content-Type-Options": "nosniff"}
IfNoneMatch = Annotated[str | None, Header(max_length=1000)]


class _Signed(NamedTuple):
    """The file, its tag, the revision of the records that it tells, and when it was signed."""

    body: bytes
    tag: str
    revision: int
    at: datetime


class KeptTrust:
    """The trust file as signed last: made anew where something was written, but not for everybody who asks."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._signed: _Signed | None = None

    def signed(self, db: Database, office: Office, now: datetime) -> _Signed:
        """The file, at most _PATIENCE behind the records; it says itself from when it is. Raises NoSigningKey."""
        with self._lock:
            kept, at = self._signed, revision(db)
            if kept is None or not _good(kept, at, now):
                body = signed_trust(db, office.keyring, office.settings.public_url, now)[1]
                kept = self._signed = _Signed(body, f'"{hashlib.sha256(body).hexdigest()[:32]}"', at, now)
            return kept


def _good(kept: _Signed, at: int, now: datetime) -> bool:
    age = now - kept.at
    return timedelta() <= age < (_AS_LONG if kept.revision == at else _PATIENCE)


@router.head("/trust.jws", include_in_schema=False)
@router.get(
    "/trust.jws",
    operation_id="getTrustFile",
    summary="The signed trust file",
    response_class=Response,
    responses={
        200: {"description": "A JWS of type `bevis-trust+jws`", "content": {JWS: {"schema": {"type": "string"}}}},
        304: {"description": "The file is still the same"},
        422: {
            "description": "If-None-Match is no list of tags",
            "content": {PROBLEM: {"schema": Problem.model_json_schema()}},
        },
    },
)
def trust_file(
    request: Request, office: TheOffice, db: Reading, now: Now, if_none_match: IfNoneMatch = None
) -> Response:
    """All that is needed to check certificates offline, as `bevis trust export` writes it. It names no person."""
    known: KeptTrust = request.app.state.kept_trust
    kept = known.signed(db, office, now)
    headers = {**_ANYWHERE, "Cache-Control": "no-cache", "ETag": kept.tag}
    if if_none_match is not None and (kept.tag in if_none_match or if_none_match.strip() == "*"):
        return Response(None, 304, headers)
    return Response(kept.body, 200, headers, JWS)


@router.head("/trust.root", include_in_schema=False)
@router.get(
    "/trust.root",
    operation_id="getRootKey",
    summary="The registry's root key",
    response_class=Response,
    responses={
        200: {"description": "One line: NAME+ID+KEY", "content": {"text/plain": {"schema": {"type": "string"}}}}
    },
)
def root(office: TheOffice, db: Reading, now: Now) -> Response:
    """What trust files are held against. A device takes it once; compare it with `bevis trust root` over the phone."""
    key = root_now(db, office.keyring, office.settings.public_url, now)
    return Response(f"{key}\n", media_type=TEXT, headers={**_ANYWHERE, "Cache-Control": "no-cache"})
