"""The public keys of the registry and of every organisation in it: did:web documents and key sets."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Response
from fastapi.responses import JSONResponse

from registry.records.store.database import Database
from registry.signing.published import did_document, jwks
from registry.signing.seal.chain import roots_as_pem
from registry.web.dependencies import Reading, TheOffice
from registry.web.problems import PROBLEM, Problem

router = APIRouter(tags=["keys"])

DID = "application/did+json"
PEM = "application/x-pem-file"
JWK_SET = "application/jwk-set+json"
# Short: a key that is known to be stolen must not stay good in caches for long.
PUBLIC = {
    "Access-Control-Allow-Origin": "*",
    "Cache-Control": "public, max-age=300",
    "X-Content-Type-Options": "nosniff",
}

Slug = Annotated[str, Path(pattern=r"^[a-z0-9-]{2,32}$", description="Id of the organisation.")]


class _Did(JSONResponse):
    media_type = DID


class _JwkSet(JSONResponse):
    media_type = JWK_SET


NOT_FOUND: dict[int | str, dict[str, Any]] = {
    404: {"description": "No such organisation", "content": {PROBLEM: {"schema": Problem.model_json_schema()}}},
    422: {"description": "No id", "content": {PROBLEM: {"schema": Problem.model_json_schema()}}},
}


@router.head("/.well-known/did.json", include_in_schema=False)
@router.get(
    "/.well-known/did.json",
    operation_id="getRegistryDid",
    summary="The registry's own did:web document",
    response_class=_Did,
)
def registry_did(office: TheOffice, db: Reading) -> JSONResponse:
    """Keys that attest QR codes and sign status lists, retired ones included."""
    return _Did(did_document(db, office.settings.public_url, None), headers=PUBLIC)


@router.head("/.well-known/jwks.json", include_in_schema=False)
@router.get(
    "/.well-known/jwks.json",
    operation_id="getRegistryKeys",
    summary="The registry's own key set",
    response_class=_JwkSet,
)
def registry_jwks(office: TheOffice, db: Reading) -> JSONResponse:
    """The same keys as a JSON Web Key Set, each called what the header of a signed list calls it."""
    return _key_set(db, office.settings.public_url, None)


@router.head("/o/{organisation}/did.json", include_in_schema=False)
@router.get(
    "/o/{organisation}/did.json",
    operation_id="getOrganisationDid",
    summary="An organisation's did:web document",
    response_class=_Did,
    responses=NOT_FOUND,
)
def organisation_did(organisation: Slug, office: TheOffice, db: Reading) -> JSONResponse:
    """The keys an organisation signs certificates with, retired ones included."""
    return _Did(did_document(db, office.settings.public_url, organisation), headers=PUBLIC)


@router.head("/o/{organisation}/jwks.json", include_in_schema=False)
@router.get(
    "/o/{organisation}/jwks.json",
    operation_id="getOrganisationKeys",
    summary="An organisation's key set",
    response_class=_JwkSet,
    responses=NOT_FOUND,
)
def organisation_jwks(organisation: Slug, office: TheOffice, db: Reading) -> JSONResponse:
    """The same keys as a JSON Web Key Set, each called what the header of a certificate calls it."""
    return _key_set(db, office.settings.public_url, organisation)


@router.head("/trust/seal-root.pem", include_in_schema=False)
@router.get(
    "/trust/seal-root.pem",
    operation_id="getSealRoot",
    summary="The root of the seal on documents",
    response_class=Response,
    responses={200: {"description": "X.509, PEM.", "content": {PEM: {"schema": {"type": "string"}}}}},
)
def seal_root(db: Reading) -> Response:
    """What readers of PDF are to trust, so that they call a sealed diploma valid; empty before the first is sealed."""
    return Response(roots_as_pem(db), headers=PUBLIC, media_type=PEM)


def _key_set(db: Database, public_url: str, slug: str | None) -> JSONResponse:
    return JSONResponse(jwks(db, public_url, slug), headers=PUBLIC, media_type=JWK_SET)
