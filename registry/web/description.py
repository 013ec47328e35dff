"""The API's description as a whole: what holds for every operation, said once, here.

FastAPI describes what a route declares. What answers before any route does (a wrong method, a body that is too
large, bytes that are no HTTP) is added here, so that every answer there can be is one that was described.
"""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from verification.endpoint.operations import PROBLEM_SCHEMA, complete
from verification.endpoint.problem import PROBLEM_TYPE

_METHODS = frozenset({"get", "put", "post", "delete", "options", "head", "patch", "trace"})


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
            _complete(document, max_body_bytes)
            app.openapi_schema = document
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign] # as FastAPI's own documentation extends it


def _complete(document: dict[str, Any], max_body_bytes: int) -> None:
    complete(document)
    for path, operation in _operations(document):
        responses = operation["responses"]
        if "{" in path:
            responses.setdefault("404", _problem("Nothing is there."))
        responses.setdefault("413", _problem(f"A body of more than {max_body_bytes} bytes was announced."))
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


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method in _METHODS:
                yield path, operation


def _problem(description: str) -> dict[str, Any]:
    return {"description": description, "content": {PROBLEM_TYPE: {"schema": PROBLEM_SCHEMA}}}
