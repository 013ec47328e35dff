"""The committed description of the API: it is that of the code, it is OpenAPI 3.1, and what is answered is in it."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from registry.web.app import openapi_document
from verification.endpoint.described import Answer, ShownCertificate, Step
from verification.reasons import headlines, reasons
from verification.situation import situations

OPENAPI = Path(__file__).resolve().parents[2] / "openapi" / "bevis.json"
DOCUMENT: dict[str, Any] = json.loads(json.dumps(openapi_document()))
METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}
OPERATIONS = [
    pytest.param(path, method, operation, id=operation["operationId"])
    for path, item in DOCUMENT["paths"].items()
    for method, operation in item.items()
    if method in METHODS
]

# Run where jsonschema and the official schema of OpenAPI 3.1 are.
CHECK = """
import json, sys
from schemathesis.specs.openapi.definitions import OPENAPI_31
import jsonschema_rs
document = json.load(sys.stdin)
told = [f"{list(error.instance_path)}: {error.message[:200]}"
        for error in jsonschema_rs.validator_for(OPENAPI_31).iter_errors(document)]
schemas = document["components"]["schemas"]
def whole(schema):
    return {**schema, "components": {"schemas": schemas}}
for name, schema in schemas.items():
    jsonschema_rs.meta.validate(schema)
def media(value, place):
    if isinstance(value, dict):
        if "schema" in value and "examples" in value and isinstance(value["examples"], dict):
            for name, example in value["examples"].items():
                example = document["components"]["examples"][name] if "$ref" in example else example
                checked = jsonschema_rs.validator_for(whole(value["schema"]), validate_formats=True)
                told.extend(f"{place} example {name}: {error.message[:200]}"
                            for error in checked.iter_errors(example["value"]))
        for name, inner in value.items():
            if name != "examples":
                media(inner, f"{place}/{name}")
    elif isinstance(value, list):
        for inner in value:
            media(inner, place)
media(document["paths"], "")
print(json.dumps(told))
"""


def everything_in(value: object) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from everything_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from everything_in(inner)


def test_the_committed_description_is_that_of_the_code() -> None:
    assert json.loads(OPENAPI.read_text(encoding="utf-8")) == DOCUMENT, (
        "the API changed: run `make openapi` and read the difference"
    )


def test_it_is_openapi_3_1_and_its_examples_are_what_they_are_examples_of(oracle_python: str) -> None:
    done = subprocess.run(
        [oracle_python, "-c", CHECK],
        input=json.dumps(DOCUMENT),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == []


def test_the_frame_is_complete() -> None:
    assert DOCUMENT["openapi"].startswith("3.1")
    assert DOCUMENT["servers"] == [{"url": "/", "description": "The registry that serves this description."}]
    assert DOCUMENT["info"]["license"]["identifier"] == "Apache-2.0"
    assert "contact" not in DOCUMENT["info"]
    assert all(tag["description"] for tag in DOCUMENT["tags"])


def test_every_reference_leads_somewhere() -> None:
    for node in everything_in(DOCUMENT):
        if "$ref" in node:
            kind, name = re.fullmatch(r"#/components/(\w+)/(\w+)", node["$ref"]).groups()  # type: ignore[union-attr]
            assert name in DOCUMENT["components"][kind]
    used = {tuple(node["$ref"].split("/")[2:]) for node in everything_in(DOCUMENT) if "$ref" in node}
    known = {(kind, name) for kind, named in DOCUMENT["components"].items() for name in named}
    assert used == {one for one in known if one[0] != "securitySchemes"}  # which are referred to by name
    schemes = {name for operation in OPERATIONS for one in operation.values[2].get("security", []) for name in one}
    assert schemes == set(DOCUMENT["components"]["securitySchemes"])


def test_operation_ids_are_there_once() -> None:
    ids = [operation.values[2]["operationId"] for operation in OPERATIONS]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS)
def test_every_operation_says_all_it_may_answer(path: str, method: str, operation: dict[str, Any]) -> None:
    assert operation["summary"]
    assert operation["description"]
    assert set(operation["tags"]) <= {tag["name"] for tag in DOCUMENT["tags"]}
    declared = {one["name"] for one in operation.get("parameters", []) if one["in"] == "path"}
    assert declared == set(re.findall(r"{(\w+)}", path))
    told_of = [one for one in operation.get("parameters", []) if one["in"] != "header"]
    assert all("description" in one or "enum" in one["schema"] for one in told_of)
    told = operation["responses"]
    assert {"400", "405", "413"} | ({"404"} if declared and method == "get" else set()) <= set(told)
    assert any(status.startswith("2") for status in told)
    assert ({"401", "403", "429"} <= set(told)) == (operation["x-action"] != "public")
    assert "Allow" in told["405"]["headers"]
    for status, response in told.items():
        assert response["description"]
        if status.startswith("4"):
            problem = response["content"].get("application/problem+json", {"schema": None})["schema"]
            assert problem == {"$ref": "#/components/schemas/Problem"} or status == "400"


@pytest.mark.parametrize("operation", ["verifyToken", "verifyNumber", "verifyPicture"])
def test_whoever_is_limited_is_told_how(operation: str) -> None:
    (told,) = [one.values[2]["responses"] for one in OPERATIONS if one.values[2]["operationId"] == operation]
    assert set(told["429"]["headers"]) == {"Retry-After", "RateLimit", "RateLimit-Policy"}
    assert {"RateLimit", "RateLimit-Policy"} <= set(told["200"]["headers"])


def test_what_is_served_is_what_is_committed(web: TestClient) -> None:
    assert web.get("/openapi.json").json() == DOCUMENT


# ------------------------------------------------------------------ the answer and its description


def test_all_words_of_a_verdict_are_described() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    assert schemas["Answer"]["properties"]["headline"]["enum"] == list(headlines())
    assert schemas["Answer"]["properties"]["outcome"]["enum"] == ["valid", "invalid", "undetermined"]
    assert schemas["Answer"]["properties"]["situation"]["enum"] == list(situations())
    assert set(schemas["Step"]["properties"]["severity"]["enum"]) == {one.severity for one in reasons().values()}
    pattern = re.compile(schemas["Step"]["properties"]["code"]["pattern"])
    assert all(pattern.fullmatch(code) for code in reasons())


def test_the_examples_speak_as_the_program_does() -> None:
    answers = json.loads((OPENAPI.parents[1] / "verification" / "endpoint" / "examples.json").read_text("utf-8"))[
        "answers"
    ]
    for name, example in answers.items():
        told = example["value"]
        Answer.model_validate_json(json.dumps(told))
        assert told["headline"] == name
        assert all(step["code"] in reasons() for step in told["reasons"])
        assert told["title"] == headlines()[name].title["en"]


def test_every_member_of_an_answer_is_described(answered: list[dict[str, Any]]) -> None:
    for told in answered:
        Answer.model_validate_json(json.dumps(told))
        assert set(told) == set(Answer.model_fields)
        assert all(set(step) == set(Step.model_fields) for step in told["reasons"])
        if told["certificate"]:
            assert set(told["certificate"]) == set(ShownCertificate.model_fields)
    assert any(told["certificate"] for told in answered)
