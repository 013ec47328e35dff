"""The API's description as a whole: what holds for every operation, said once, here.

FastAPI describes what a route declares. What answers before any route does (a wrong method, a body that is too
large, bytes that are no HTTP), and what a route says by taking a key, a body or a place in a list, is added here, so
that every answer there can be is one that was described.
"""

from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI
from fastapi.encoders import jsonable_encoder
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from registry.records.actors.access import actions
from registry.web.access import ANYBODY, PUBLIC, PUBLIC_OPERATIONS, action_of
from registry.web.changes import KEPT_HOURS, ApiRoute
from registry.web.request_body import JSON, shape_of
from registry.web.uploaded import kinds_of
from verification.endpoint.operations import LEFT, PROBLEM_SCHEMA, complete
from verification.endpoint.problem import PROBLEM_TYPE

_METHODS = frozenset({"get", "put", "post", "delete", "options", "head", "patch", "trace"})
_SCHEMAS: Final = "#/components/schemas/"
_KEY_SCHEME: Final = {
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "bvs_",
    "description": "A key of a person, for some of the roles that person holds in one organisation. `bevis key create` "
    "makes one, and it is shown that once.",
}
_IDEMPOTENCY_KEY: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "A new random value for each new thing. Sent again with the same request, nothing is done and the "
    f"same is answered, for {KEPT_HOURS} hours at least.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!#-\\[\\]-~]+$"},
    "example": "2f1d9c1e-8f0b-4c65-9a4e-0d5a3a6f7b10",
}
_WAIT: Final = {
    "description": "Seconds until the same may be asked again.",
    "schema": {"type": "integer", "minimum": 1},
    "example": 1,
}
_CHALLENGE: Final = {"description": "That a key is asked for, and what was wrong.", "schema": {"type": "string"}}
_ETAG: Final = {"description": "Which state this is; goes into If-Match.", "schema": {"type": "string"}}
_NEXT: Final = {
    "description": 'Where the list goes on: `<…>; rel="next"`. Left out on its last page.',
    "schema": {"type": "string"},
}


def describe(app: FastAPI, max_body_bytes: int) -> None:
    """Let the application describe itself so. max_body_bytes: where a route sets no limit of its own."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = get_openapi(
                title=app.title,
                version=app.version,
                openapi_version=app.openapi_version,
                summary=app.summary,
                description=app.description,
                routes=app.routes,
                tags=app.openapi_tags,
                servers=app.servers,
                license_info=app.license_info,
            )
            routes = {
                (route.path_format, method.lower()): route
                for route in app.routes
                if isinstance(route, APIRoute) and route.include_in_schema
                for method in route.methods or ()
            }
            complete(document)
            for path, method, operation in _operations(document):
                _complete_by_route(document, operation, routes[path, method])
            _complete(document, max_body_bytes)
            app.openapi_schema = document
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign] # as FastAPI's own documentation extends it


# ------------------------------------------------------------------ what a route's signature says


def _complete_by_route(document: dict[str, Any], operation: dict[str, Any], route: APIRoute) -> None:
    """Who may ask, what is sent, and the answers that follow from both."""
    action = action_of(route.dependant)
    if action is not None:
        _add_key(document, operation, action)
    elif operation["operationId"] in PUBLIC_OPERATIONS:
        operation["x-action"] = PUBLIC
    if isinstance(route, ApiRoute):
        operation.pop("x-secret-answer", None)
        _add_parameters(operation, route, has_etag=bool(operation.pop("x-etag", False)))
        _add_body(document, operation, route)


def _add_parameters(operation: dict[str, Any], route: ApiRoute, *, has_etag: bool) -> None:
    """What is sent beside the body, and the answers that follow from that."""
    responses, parameters = operation["responses"], operation.setdefault("parameters", [])
    success = next(response for status, response in responses.items() if status.startswith("2"))
    if JSON in responses.get("422", {}).get("content", {}):
        del responses["422"]  # FastAPI's own, which is never sent
    if route.takes_key:
        parameters.append(_IDEMPOTENCY_KEY)
        responses.setdefault("400", _problem("There is no Idempotency-Key, or the body is not JSON."))
        conflict = _problem("The same request is under way, or what is stored does not allow it; `type` says which.")
        responses.setdefault("409", {**conflict, "headers": {"Retry-After": _WAIT}})
    names = {one["name"] for one in parameters}
    for one in parameters:
        if one["name"] == "if-match":
            one |= {"name": "If-Match", "required": True, "schema": {"type": "string", "minLength": 1}}
            responses.setdefault("409", _problem("What is stored does not allow it; `type` says why."))
            responses["412"] = _problem("Somebody changed it since it was read.")
            responses["428"] = _problem("There is no If-Match.")
    if "cursor" in names:
        success.setdefault("headers", {})["Link"] = _NEXT
    if has_etag:
        success.setdefault("headers", {})["ETag"] = _ETAG
    if route.methods != {"GET"} or names - {"cursor", "limit"}:
        responses.setdefault("404", _problem("Something that is named is not there."))
    responses.setdefault("422", _problem("What was sent cannot be read, or cannot be; `errors` says what."))
    busy = responses.get("503")
    if busy is not None and "content" not in busy:  # where a route says no more than when it is answered
        responses["503"] = {**_problem(busy["description"]), "headers": {"Retry-After": _WAIT}}


def _add_key(document: dict[str, Any], operation: dict[str, Any], action: str) -> None:
    document["components"].setdefault("securitySchemes", {})["key"] = _KEY_SCHEME
    operation["x-action"] = action
    operation["security"] = [{"key": []}]
    responses = operation["responses"]
    responses["401"] = {
        **_problem("No key was sent, or one that opens nothing."),
        "headers": {"WWW-Authenticate": _CHALLENGE},
    }
    if action == ANYBODY:
        says = "Whoever holds the key may not do this; `detail` says why."
    else:
        says = f"The key is for none of the roles that may do this: {', '.join(sorted(actions()[action].roles))}."
    responses.setdefault("403", _problem(says))
    responses["429"] = {**_problem("Too much was asked."), "headers": {"Retry-After": _WAIT}}
    for status, response in responses.items():
        if status.startswith("2"):
            response.setdefault("headers", {}).update(LEFT)


def _add_body(document: dict[str, Any], operation: dict[str, Any], route: ApiRoute) -> None:
    shape = shape_of(route.dependant)
    if shape is None:
        _add_file(operation, kinds_of(route.dependant))
        return
    # Without defaults that are null, as FastAPI writes the models of answers: one model may be asked for and answered.
    described = jsonable_encoder(shape.model_json_schema(ref_template=_SCHEMAS + "{model}"), exclude_none=True)
    schemas = document["components"].setdefault("schemas", {})
    for name, schema in {**described.pop("$defs", {}), shape.__name__: described}.items():
        if schemas.setdefault(name, schema) != schema:
            raise LookupError(f"two models are called {name}")
    operation["requestBody"] = {
        "required": True,
        "content": {JSON: {"schema": {"$ref": f"{_SCHEMAS}{shape.__name__}"}}},
    }
    responses = operation["responses"]
    responses.setdefault("400", _problem("The body is not JSON that can be read in one way only."))
    responses["415"] = _problem("The body is not `application/json` in UTF-8.")


def _add_file(operation: dict[str, Any], kinds: Sequence[str]) -> None:
    if not kinds:
        return
    schema = {"type": "string", "contentMediaType": "application/octet-stream", "minLength": 1}
    operation["requestBody"] = {"required": True, "content": {kind: {"schema": dict(schema)} for kind in kinds}}
    operation["responses"]["415"] = _problem(f"The body is none of {', '.join(f'`{kind}`' for kind in kinds)}.")


# ------------------------------------------------------------------ what holds for all


def _complete(document: dict[str, Any], max_body_bytes: int) -> None:
    for path, _, operation in _operations(document):
        responses = operation["responses"]
        most = operation.pop("x-max-body-bytes", max_body_bytes)
        if "{" in path:
            responses.setdefault("404", _problem("Nothing is there."))
        responses.setdefault("413", _problem(f"A body of more than {most} bytes was announced."))
        responses.setdefault(
            "405",
            {
                **_problem("The path is there, but not for that method."),
                "headers": {
                    "Allow": {"description": "The methods it is there for.", "schema": {"type": "string"}},
                },
            },
        )
        # The server itself answers bytes that are no HTTP, before anything here is asked.
        not_http = responses.setdefault("400", {"description": "What was sent is not HTTP.", "content": {}})
        not_http["content"].setdefault("text/plain", {"schema": {"type": "string"}})
        for status, response in responses.items():
            if (
                status.isdecimal()
                and int(status) >= HTTPStatus.BAD_REQUEST
                and PROBLEM_TYPE in response.get("content", {})
            ):
                response["content"][PROBLEM_TYPE]["schema"] = PROBLEM_SCHEMA
        operation["responses"] = dict(sorted(responses.items()))
    for unused in ("HTTPValidationError", "ValidationError"):
        document["components"]["schemas"].pop(unused, None)


def _operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method in _METHODS:
                yield path, method, operation


def _problem(description: str) -> dict[str, Any]:
    return {"description": description, "content": {PROBLEM_TYPE: {"schema": PROBLEM_SCHEMA}}}
