"""How a refusal looks over HTTP: RFC 9457 problem details for programs, a small page for people.

No problem repeats what was sent.
"""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from registry import errors
from registry.errors import MalformedInput, Refusal

PROBLEM: Final = "application/problem+json"
PROBLEM_BASE: Final = "/problems"
UNKEPT: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}

PROBLEMS: dict[type[Refusal], tuple[int, str]] = {
    errors.MalformedInput: (422, "malformed-input"),
    errors.RegistryExists: (409, "registry-exists"),
    errors.NoRegistryHere: (503, "no-registry-here"),
    errors.MasterKeyExists: (409, "master-key-exists"),
    errors.NoMasterKey: (503, "no-master-key"),
    errors.WrongMasterKey: (503, "wrong-master-key"),
    errors.NoSigningKey: (503, "no-signing-key"),
    errors.SigningKeyNotFound: (404, "signing-key-not-found"),
    errors.OrganisationNotFound: (404, "organisation-not-found"),
    errors.OrganisationExists: (409, "organisation-exists"),
    errors.OrganisationRejected: (422, "organisation-rejected"),
    errors.ShareOverHundred: (422, "share-over-hundred"),
    errors.TieNotFound: (404, "tie-not-found"),
    errors.DeclarationNotFound: (404, "declaration-not-found"),
    errors.SchemeNotFound: (404, "scheme-not-found"),
    errors.SchemeExists: (409, "scheme-exists"),
    errors.SchemeNotTheOwners: (403, "scheme-not-the-owners"),
    errors.SchemeLooserThanEdition: (422, "scheme-looser-than-edition"),
    errors.MandateNotFound: (404, "mandate-not-found"),
    errors.MandateNotAllowed: (403, "mandate-not-allowed"),
    errors.MandateAlreadyWithdrawn: (409, "mandate-already-withdrawn"),
    errors.OccasionNotFound: (404, "occasion-not-found"),
    errors.OccasionExists: (409, "occasion-exists"),
    errors.OccasionIncomplete: (422, "occasion-incomplete"),
    errors.DecisionInFuture: (422, "decision-in-future"),
    errors.IssuerNotAuthorised: (403, "issuer-not-authorised"),
    errors.AskedTooHigh: (422, "asked-too-high"),
    errors.EmptyRoster: (422, "empty-roster"),
    errors.OwnProofFailed: (500, "own-proof-failed"),
    errors.CertificateNotFound: (404, "certificate-not-found"),
    errors.AlreadyRevoked: (409, "already-revoked"),
    errors.AlreadySuspended: (409, "already-suspended"),
    errors.NotSuspended: (409, "not-suspended"),
    errors.UnknownReason: (422, "unknown-reason"),
    errors.RecordDamaged: (409, "record-damaged"),
    errors.StatusListNotFound: (404, "status-list-not-found"),
}


class Fault(BaseModel):
    """One thing wrong with what was sent."""

    pointer: str = Field(description="Where, as a JSON Pointer (RFC 6901); `#` is the whole.")
    detail: str


class Problem(BaseModel):
    """Problem details (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str | None = None
    errors: list[Fault] | None = None


def problem(
    status: int,
    name: str,
    title: str,
    detail: str | None = None,
    faults: list[dict[str, str]] | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """A problem as an answer; what is not known is left out."""
    body = {"type": f"{PROBLEM_BASE}/{name}", "title": title, "status": status, "detail": detail, "errors": faults}
    told = {key: value for key, value in body.items() if value is not None}
    return JSONResponse(told, status, media_type=PROBLEM, headers={**(headers or {}), **UNKEPT})


def add_problems(app: FastAPI, not_found_page: Callable[[Request], Response]) -> None:
    """Let every fault be answered as a problem: refusals, malformed requests, unknown paths, and our own faults.

    not_found_page  what a person gets who opens a path where nothing is
    """

    @app.exception_handler(Refusal)
    async def refused(_: Request, refusal: Refusal) -> Response:
        status, name = PROBLEMS[type(refusal)]
        title = (type(refusal).__doc__ or "").splitlines()[0]
        # What is wrong with the registry itself is for its operator, not for whoever asks.
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return problem(status, name, HTTPStatus(status).phrase)
        faults = None
        if isinstance(refusal, MalformedInput):
            faults = [{"pointer": "#", "detail": says} for _, says in refusal.faults]
        return problem(status, name, title, str(refusal), faults)

    @app.exception_handler(RequestValidationError)
    async def malformed(_: Request, fault: RequestValidationError) -> Response:
        faults = [_without_values(error) for error in fault.errors()]
        return problem(422, "malformed-request", "The request cannot be read", faults=faults)

    @app.exception_handler(HTTPException)
    async def http(request: Request, fault: HTTPException) -> Response:
        if fault.status_code == HTTPStatus.NOT_FOUND and _is_for_a_person(request):
            return not_found_page(request)
        phrase = HTTPStatus(fault.status_code).phrase
        name = phrase.lower().replace(" ", "-").replace("'", "")
        return problem(fault.status_code, name, phrase, headers=fault.headers)

    @app.exception_handler(ClientDisconnect)
    async def hung_up(_: Request, __: ClientDisconnect) -> Response:
        # Nobody is there to read it.
        return problem(400, "hung-up", "The request was not finished")

    @app.exception_handler(Exception)
    async def our_fault(_: Request, __: Exception) -> Response:
        return problem(500, "internal-server-error", "Internal Server Error")


def _is_for_a_person(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "") and not request.url.path.startswith("/api/")


def _without_values(error: Mapping[str, Any]) -> dict[str, str]:
    """A fault by its place and kind; neither the value nor a message that may hold it is repeated."""
    place = error["loc"][1:] if error["loc"] and error["loc"][0] == "body" else error["loc"]
    pointer = "#" + "".join(f"/{_token(part)}" for part in place)
    says = {
        "missing": "is missing",
        "extra_forbidden": "is no known name here",
        "json_invalid": "is not JSON",
        "string_too_long": "is too long",
        "string_type": "must be text",
    }.get(error["type"], "is not what belongs here")
    return {"pointer": pointer, "detail": says}


def _token(part: object) -> str:
    """A part of a pointer: an index, or a name of ours; anything else somebody may have made up."""
    return str(part) if isinstance(part, int) or (isinstance(part, str) and part in KNOWN_NAMES) else "…"


KNOWN_NAMES = frozenset({"number", "organisation", "purpose", "path", "query", "header", "if-none-match"})
