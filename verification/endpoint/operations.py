"""How the two operations are described in OpenAPI: what may be sent, and every answer there can be."""

import json
from importlib.resources import files
from typing import Any

from pydantic import BaseModel

from verification.endpoint.described import Answer, Answers
from verification.endpoint.problem import PROBLEM_TYPE
from verification.endpoint.question import MAX_BODY_BYTES, QueryQuestion, Question, Questions

_JSON = "application/json"
PROBLEM_SCHEMA = {"$ref": "#/components/schemas/Problem"}
LEFT = {
    "RateLimit": {
        "description": "Units left, and the seconds until all of them are back "
        "(draft-ietf-httpapi-ratelimit-headers-11). Left out where nothing is limited.",
        "schema": {"type": "string"},
        "example": '"questions";r=999;t=1',
    },
    "RateLimit-Policy": {
        "description": "How many units there are, and the seconds in which all of them come back.",
        "schema": {"type": "string"},
        "example": '"questions";q=1000;w=100',
    },
}
_FOR_ALL = {
    "Access-Control-Allow-Origin": {
        "description": "Pages from anywhere may ask.",
        "schema": {"type": "string", "const": "*"},
    }
}


def by_code() -> dict[str, Any]:
    """What `add_api_route` is told of POST /api/v1/verify."""
    return {
        "operation_id": "verifyToken",
        "summary": "Check certificates by their codes",
        "tags": ["verification"],
        "response_model": Answer | Answers,
        "response_description": "Each question was answered, whatever the verdict.",
        "responses": {
            200: {
                "headers": {**_FOR_ALL, **LEFT},
                "content": {
                    "text/html": {
                        "schema": {"type": "string", "description": "The answer to one token as `<article>`."}
                    },
                },
                "links": {
                    "byNumber": {
                        "operationId": "verifyNumber",
                        "parameters": {"path.number": "$response.body#/certificate/number"},
                        "description": "The same certificate, by its number alone.",
                    }
                },
            },
            400: _refusal("The body is not JSON that can be read in one way only."),
            413: _refusal(f"The body is larger than {MAX_BODY_BYTES} bytes."),
            415: _refusal("The body is not `application/json` in UTF-8."),
            422: _refusal("The body is JSON, but not a question; `errors` says what is wrong, and where."),
            429: too_many(page=True),
        },
        "openapi_extra": {
            "requestBody": {
                "required": True,
                "description": "One token, or 1 to 1000 of them. All else holds for each.",
                "content": {
                    "application/json": {
                        "schema": {"oneOf": [_described(Question), _described(Questions)]},
                    }
                },
            }
        },
    }


def by_number() -> dict[str, Any]:
    """What `add_api_route` is told of GET /api/v1/certificates/{number}/verification."""
    return {
        "operation_id": "verifyNumber",
        "summary": "Check a certificate by its number",
        "tags": ["verification"],
        "response_model": Answer,
        "response_description": "The question was answered, whatever the verdict. What is no number is answered like "
        "a number that nobody has.",
        "responses": {
            200: {
                "headers": {**_FOR_ALL, **LEFT},
                "links": {
                    "byNumberInBody": {
                        "operationId": "verifyToken",
                        "requestBody": {"token": "$response.body#/certificate/number"},
                        "description": "The same number, asked about in a body.",
                    }
                },
            },
            422: _refusal("The query is not a question; `errors` says what is wrong, and where."),
            429: too_many(),
        },
        "openapi_extra": {"parameters": [_number(), *_query()]},
    }


def add_examples(paths: dict[str, Any]) -> None:
    """Put the examples in. FastAPI, which would do it, takes every null out of them."""
    told = json.loads((files("verification") / "endpoint" / "examples.json").read_text("utf-8"))
    valid, revoked, unknown = (told["answers"][name] for name in ("valid", "revoked", "unknown"))
    many = {"answers": [one["value"] for one in (valid, revoked, unknown)]}
    by_codes, by_a_number = paths["/api/v1/verify"]["post"], paths["/api/v1/certificates/{number}/verification"]["get"]
    by_codes["requestBody"]["content"][_JSON]["examples"] = told["questions"]
    by_codes["responses"]["200"]["content"][_JSON]["examples"] = {
        "valid": valid,
        "revoked": revoked,
        "unknown": unknown,
        "many": {"summary": "Three tokens, three answers", "value": many},
    }
    no_birth = {**valid["value"], "certificate": {**valid["value"]["certificate"], "birth": None}}
    by_a_number["responses"]["200"]["content"][_JSON]["examples"] = {
        "valid": {"summary": "Valid; no birth is shown", "value": no_birth},
        "unknown": unknown,
    }


def too_many(*, page: bool = False) -> dict[str, Any]:
    """429: too much was asked from one address; for the script of the verify page as HTML."""
    wait = {
        "description": "Seconds until the same may be asked, rounded up.",
        "schema": {"type": "integer", "minimum": 1},
        "example": 7,
    }
    told = _refusal("Too much was asked from this address.")
    if page:
        told["content"]["text/html"] = {"schema": {"type": "string", "description": "The same as `<article>`."}}
    return {**told, "headers": {"Retry-After": wait, **LEFT}}


def _refusal(description: str) -> dict[str, Any]:
    return {"description": description, "content": {PROBLEM_TYPE: {"schema": PROBLEM_SCHEMA}}}


def _number() -> dict[str, Any]:
    return {
        "name": "number",
        "in": "path",
        "required": True,
        "description": "The number as it is printed or typed: 16 letters and digits, dashes or none, capitals or "
        "none. Any text is answered.",
        "schema": {"type": "string", "minLength": 1},
        "example": "C7D9-P6Z7-A05X-FBE5",
    }


def _query() -> list[dict[str, Any]]:
    told = []
    for name, schema in _described(QueryQuestion)["properties"].items():
        # In a query, what is not wanted is left out.
        given: dict[str, Any] = next((one for one in schema.pop("anyOf", []) if one.get("type") != "null"), {})
        whole = {key: value for key, value in {**given, **schema}.items() if key not in {"title", "default"}}
        if "default" in schema and schema["default"] is not None:
            whole["default"] = schema["default"]
        about = {"description": whole.pop("description"), "schema": whole}
        told.append({"name": name, "in": "query", "required": False, **about})
    return told


def _described(kind: type[BaseModel]) -> dict[str, Any]:
    return kind.model_json_schema()
