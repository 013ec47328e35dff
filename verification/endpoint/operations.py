"""How the two operations are described in OpenAPI: what may be sent, and every answer there can be."""

import json
from importlib.resources import files
from typing import Any, Final

from verification.endpoint.described import Answer, Answers, CodesAnswered
from verification.endpoint.problem import PROBLEM_TYPE, Problem
from verification.endpoint.question import MAX_BODY_BYTES, QueryQuestion, Question, Questions
from verification.pictures.kinds import MAX_PICTURE_BYTES, MEDIA_TYPES

VERIFY_PATH: Final = "/api/v1/verify"
PICTURES_PATH: Final = "/api/v1/verify/pictures"
NUMBER_PATH: Final = "/api/v1/certificates/{number}/verification"
PDF: Final = "application/pdf"
_JSON = "application/json"
_SCHEMAS = "#/components/schemas/"
PROBLEM_SCHEMA = {"$ref": f"{_SCHEMAS}Problem"}
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
            415: _refusal("The body is neither `application/json` in UTF-8 nor `application/pdf`."),
            422: _refusal("The body is JSON, but not a question; `errors` says what is wrong, and where."),
            429: too_many(page=True),
        },
        "openapi_extra": {
            "requestBody": {
                "required": True,
                "description": "One token, or 1 to 1000 of them. All else holds for each.",
                "content": {
                    "application/json": {
                        "schema": {"oneOf": [_schema("Question"), _schema("Questions")]},
                    },
                    PDF: {
                        "schema": {
                            "type": "string",
                            "contentMediaType": PDF,
                            "maxLength": MAX_BODY_BYTES,
                            "description": "A diploma or a card as the registry gave it out. Beside the certificate in "
                            "it, the seal is checked, and whether text and codes of the page are those that were "
                            "signed. All else that is asked stands in the query.",
                        }
                    },
                },
            },
            "parameters": _query(),
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


def by_picture() -> dict[str, Any]:
    """What `add_api_route` is told of POST /api/v1/verify/pictures."""
    file = {"schema": {"type": "string", "contentMediaType": "application/octet-stream"}}
    return {
        "operation_id": "verifyPicture",
        "summary": "Check every certificate in a picture or a PDF",
        "tags": ["verification"],
        "response_model": CodesAnswered,
        "response_description": "Every QR code that was read, page by page from the top; none, where none was.",
        "responses": {
            200: {
                "headers": {**_FOR_ALL, **LEFT},
                "content": {"text/html": {"schema": {"type": "string", "description": "The same as `<section>`."}}},
            },
            413: _refusal(f"The file is larger than {MAX_PICTURE_BYTES} bytes."),
            415: _refusal("The body is no picture and no PDF."),
            422: _refusal("The query is not a question, or the file cannot be opened; `detail` says why."),
            429: too_many(page=True),
        },
        "openapi_extra": {
            "parameters": _query(),
            "requestBody": {
                "required": True,
                "description": "The file itself. It is opened by a process of its own, and kept nowhere.",
                "content": dict.fromkeys(MEDIA_TYPES, file),
            },
            "x-max-body-bytes": MAX_PICTURE_BYTES,
        },
    }


def complete(document: dict[str, Any]) -> None:
    """Put in what routes refer to: questions and problems as schemas, and examples.

    FastAPI, which would do the latter, takes every null out of them.
    """
    parts = document["components"]
    for kind in (Question, Questions, Problem):
        described = kind.model_json_schema(ref_template=_SCHEMAS + "{model}")
        parts["schemas"].update(described.pop("$defs", {}))
        parts["schemas"][kind.__name__] = described
    told = json.loads((files("verification") / "endpoint" / "examples.json").read_text("utf-8"))
    answers, valid = told["answers"], told["answers"]["valid"]["value"]
    parts["examples"] = {
        **answers,
        "no_birth": {
            "summary": "Valid; no birth is shown",
            "value": {**valid, "certificate": {**valid["certificate"], "birth": None}},
        },
        "many": {
            "summary": "Two tokens, two answers",
            "value": {"answers": [answers[name]["value"] for name in ("revoked", "unknown")]},
        },
    }
    by_codes, by_a_number = document["paths"][VERIFY_PATH]["post"], document["paths"][NUMBER_PATH]["get"]
    by_codes["requestBody"]["content"][_JSON]["examples"] = told["questions"]
    for operation, names in ((by_codes, [*answers, "many"]), (by_a_number, ["no_birth", "unknown"])):
        content = operation["responses"]["200"]["content"][_JSON]
        content["schema"].pop("title", None)
        content["examples"] = {name: {"$ref": f"#/components/examples/{name}"} for name in names}


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
    for name, schema in QueryQuestion.model_json_schema()["properties"].items():
        # In a query, what is not wanted is left out.
        given: dict[str, Any] = next((one for one in schema.pop("anyOf", []) if one.get("type") != "null"), {})
        whole = {key: value for key, value in {**given, **schema}.items() if key not in {"title", "default"}}
        if "default" in schema and schema["default"] is not None:
            whole["default"] = schema["default"]
        about = {"description": whole.pop("description"), "schema": whole}
        told.append({"name": name, "in": "query", "required": False, **about})
    return told


def _schema(name: str) -> dict[str, str]:
    return {"$ref": f"{_SCHEMAS}{name}"}
