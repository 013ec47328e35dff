"""People by the API: numbers that nobody is told, portraits, pairs that two decide on. Every look leaves a line."""

import io
import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from fastapi.testclient import TestClient
from PIL import Image
from stdnum import luhn

from registry.records.actors.access import Role
from registry.records.actors.access_log import access_lines
from registry.records.actors.accounts import NewAccount, add_account, grant_role
from registry.records.actors.api_keys import MOST_DAYS, create_api_key
from registry.records.persons.identifiers import all_identifiers
from registry.records.strict_input import parse
from registry.records.whole.directory import Registry
from registry.signing.personal_data import PersonalData
from tests.registry.conftest import OPENED, everything_stored

PEOPLE: list[tuple[str, str, str | None, Role]] = [
    ("ida", "Ida Utfärd", "issuer", "requester"),
    ("bo", "Bo Beslut", "issuer", "approver"),
    ("sol", "Sol Sola", "solo", "requester"),
    ("ola", "Ola Drift", None, "operator"),
    ("eva", "Eva Läs", None, "reader"),
]
BORN = date(1988, 8, 9)


def swedish(serial: int = 123) -> str:
    ten = f"{BORN:%y%m%d}{serial:03}"
    return f"{BORN.year // 100}{ten}{luhn.calc_check_digit(ten)}"


NUMBER = swedish()
Ask = Callable[..., Any]


@pytest.fixture
def ask(web: TestClient, registry: Registry, data: PersonalData) -> Ask:  # noqa: ARG001 the index key is there
    """Asks as somebody, with a file or with JSON; a change gets an Idempotency-Key of its own."""
    keys: dict[str, str] = {}
    with registry.writing() as db:
        for slug, name, organisation, role in PEOPLE:
            add_account(db, parse({"id": slug, "name": name}, NewAccount), OPENED, "ola")
            grant_role(db, slug, organisation, role, now=OPENED, actor="ola")
            given = {"now": OPENED, "actor": "ola", "days": MOST_DAYS}
            _, keys[slug] = create_api_key(db, account=slug, organisation=organisation, roles=[role], **given)  # type: ignore[arg-type]
    count = iter(range(1000))

    def asking(who: str, method: str, path: str, body: Any = None, **headers: str) -> Any:
        given = {"Authorization": f"Bearer {keys[who]}"}
        if method == "POST":
            given["Idempotency-Key"] = f"test-{next(count)}"
        if body is not None:
            given["Content-Type"] = "application/json" if isinstance(body, dict) else "image/png"
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        content = json.dumps(body).encode() if isinstance(body, dict) else body
        return web.request(method, f"/api/v1{path}", content=content, headers=given)

    return asking


def refused(answer: Any, status: int, name: str) -> dict[str, Any]:
    told: dict[str, Any] = answer.json()
    assert (answer.status_code, told["type"]) == (status, f"/problems/{name}"), told
    assert NUMBER not in answer.text
    assert NUMBER[2:] not in answer.text
    return told


@pytest.fixture
def recorded(ask: Ask) -> Callable[..., str]:
    def record(name: str, organisation: str = "issuer", **more: Any) -> str:
        who = {"issuer": "ida", "solo": "sol"}[organisation]
        answer = ask(who, "POST", "/people", {"organisation": organisation, "name": name, **more})
        assert answer.status_code in {200, 201}, answer.text
        return str(answer.json()["id"])

    return record


Recorded = Callable[..., str]


def test_a_person_is_recorded_found_and_read(ask: Ask, registry: Registry) -> None:
    new = {"organisation": "issuer", "name": "Anna Berg", "number": {"number": f"{NUMBER[:8]}-{NUMBER[8:]}"}}
    made = ask("ida", "POST", "/people", new)
    told = made.json()
    assert (made.status_code, told["outcome"], told["birth_date"]) == (201, "new", "1988-08-09")
    assert made.headers["location"] == f"/api/v1/people/{told['id']}"
    again = ask("ida", "POST", "/people", {**new, "email": "anna@example.org"})
    assert (again.status_code, again.json()["outcome"], again.json()["id"]) == (200, "known", told["id"])
    found = ask("ida", "POST", "/people/by-number/search", {"number": NUMBER[2:]})
    assert (found.status_code, found.json()["id"]) == (200, told["id"])
    read = ask("ida", "GET", f"/people/{told['id']}")
    assert [one["kind"] for one in read.json()["numbers"]] == ["personnummer"]
    assert (read.json()["email"], read.json()["organisations"]) == ("anna@example.org", ["issuer"])
    assert NUMBER[8:] not in made.text + again.text + found.text + read.text
    assert [one["name"] for one in ask("ida", "GET", "/people?name=BERG").json()["items"]] == ["Anna Berg"]
    # Whoever names a person that others have recorded is told what they know: that leaves a line as well.
    elsewhere = {"organisation": "solo", "name": "Anna Berg", "birth_date": "1988-08-09"}
    assert ask("sol", "POST", "/people", elsewhere).json()["email"] == "anna@example.org"
    with registry.reading() as db:
        lines = access_lines(db, "person", told["id"])
    assert {line.action for line in lines} == {"person.read"}
    assert sorted(line.account for line in lines) == ["ida"] * 4 + ["sol"]
    stored = everything_stored(registry)
    assert NUMBER.encode() not in stored
    assert NUMBER[2:].encode() not in stored


@pytest.mark.parametrize("path", ["/people", "/people/by-number/search"])
def test_a_number_that_cannot_be_is_refused_by_its_place(ask: Ask, path: str) -> None:
    wrong = NUMBER[:-1] + str((int(NUMBER[-1]) + 1) % 10)
    for typed in (wrong, "15838512329", "x", f"{NUMBER} and more"):
        body: dict[str, Any] = {"number": typed}
        if path == "/people":
            body = {"organisation": "issuer", "name": "Anna Berg", "number": body}
        answer = ask("ida", "POST", path, body)
        told = refused(answer, 422, "malformed-input")
        assert told["errors"][0]["pointer"] == ("#/number/number" if path == "/people" else "#/number")
        assert typed not in answer.text or typed == "x"


def test_a_number_of_somebody_else_is_refused_and_waits_for_review(
    ask: Ask, recorded: Recorded, registry: Registry
) -> None:
    anna, eva = recorded("Anna Berg"), recorded("Eva Lind")
    assert ask("ida", "POST", f"/people/{anna}/numbers", {"number": NUMBER}).status_code == 201
    assert ask("ida", "POST", f"/people/{anna}/numbers", {"number": NUMBER}).status_code == 200
    refused(ask("ida", "POST", f"/people/{eva}/numbers", {"number": NUMBER}), 409, "number-of-another")
    third = {"organisation": "issuer", "name": "Cia Dahl", "number": {"number": NUMBER}}
    refused(ask("ida", "POST", "/people", third), 409, "number-of-another")
    pairs = ask("ida", "GET", "/duplicates").json()["items"]
    assert [pair["reasons"][0]["code"] for pair in pairs] == ["number_conflict"] * 2
    assert {one["name"] for pair in pairs for one in pair["people"]} == {"Anna Berg", "Eva Lind", "Cia Dahl"}
    assert set(pairs[0]["reasons"][0]["says"]) == {"sv", "nb", "en"}
    told = ask("ida", "POST", f"/duplicates/{pairs[0]['id']}/difference", {"reason": "two sisters"})
    assert told.json()["state"] == "different"
    assert len(ask("ida", "GET", "/duplicates").json()["items"]) == 1
    assert len(ask("ida", "GET", "/duplicates?every=true").json()["items"]) == 2
    with registry.reading() as db:
        assert len(all_identifiers(db)) == 1
        (number,) = [str(row.id) for row in all_identifiers(db)]
    refused(ask("ida", "POST", f"/people/{eva}/numbers/{number}/ending", {"reason": "no"}), 404, "number-not-found")
    ended = ask("ida", "POST", f"/people/{anna}/numbers/{number}/ending", {"reason": "mistyped"})
    assert ended.json()["numbers"][0]["ended_at"]
    assert ask("ida", "POST", f"/people/{eva}/numbers", {"number": NUMBER}).status_code == 201


def test_a_change_says_which_state_was_read(ask: Ask, recorded: Recorded) -> None:
    anna = f"/people/{recorded('Anna Berg', email='anna@example.org')}"
    read = ask("ida", "GET", anna)
    change = {"name": "Anna Lind", "email": None, "via": "Bygg AB", "reason": "marriage"}
    refused(ask("ida", "PATCH", anna, change), 428, "state-not-named")
    refused(ask("ida", "PATCH", anna, change, If_Match='"0"'), 412, "changed-meanwhile")
    refused(ask("ida", "PATCH", anna, {"name": "Anna Lind"}, If_Match="*"), 422, "reason-missing")
    for wrong, pointer in (
        ({"name": None, "reason": "x"}, "#/name"),
        ({"email": "none"}, "#/email"),
        ({"phone": NUMBER}, "#/phone"),
        ({"post": f"c/o {NUMBER}"}, "#/post"),
        ({"reason": f"is {NUMBER}"}, "#/reason"),
        ({"age": 30}, "#"),
    ):
        told = refused(ask("ida", "PATCH", anna, wrong, If_Match="*"), 422, "malformed-input")
        assert told["errors"][0]["pointer"] == pointer
    told = ask("ida", "PATCH", anna, change, If_Match=read.headers["etag"]).json()
    assert (told["name"], told["former_names"], told["email"], told["via"]) == (
        "Anna Lind",
        ["Anna Berg"],
        None,
        "Bygg AB",
    )
    assert [(event["kind"], event["about"]) for event in told["events"]] == [
        ("recorded", []),
        ("changed", ["email", "name", "via"]),
    ]


def test_a_portrait_goes_in_and_comes_out(ask: Ask, recorded: Recorded, registry: Registry) -> None:
    anna = f"/people/{recorded('Anna Berg')}"
    out = io.BytesIO()
    Image.new("RGB", (900, 1200), "red").save(out, "PNG")
    refused(ask("ida", "GET", f"{anna}/portrait"), 404, "portrait-not-found")
    assert ask("ida", "PUT", f"{anna}/portrait", out.getvalue()).json()["portrait"] is True
    found = ask("ida", "GET", f"{anna}/portrait")
    assert (found.status_code, found.headers["content-type"]) == (200, "image/jpeg")
    with Image.open(io.BytesIO(found.content)) as picture:
        assert picture.size == (450, 600)
    refused(ask("ida", "PUT", f"{anna}/portrait", b"no picture"), 422, "malformed-input")
    refused(ask("ida", "PUT", f"{anna}/portrait", b"x" * (11 * 1024 * 1024)), 413, "body-too-large")
    refused(
        ask("ida", "PUT", f"{anna}/portrait", b"<svg/>", Content_Type="image/svg+xml"), 415, "unsupported-media-type"
    )
    assert b"JFIF" not in everything_stored(registry)
    assert ask("ida", "DELETE", f"{anna}/portrait").json()["portrait"] is False
    refused(ask("ida", "DELETE", f"{anna}/portrait"), 404, "portrait-not-found")


def test_two_people_merge_and_part(ask: Ask, recorded: Recorded) -> None:
    anna, borg = recorded("Anna Berg", birth_date="1988-08-09"), recorded("Anna Borg", birth_date="1988-08-09")
    assert ask("ola", "POST", "/duplicates/search").json() == {"queued": 1}
    merge = {"other": borg, "reason": "one person"}
    asked = ask("ida", "POST", f"/people/{anna}/merging", merge)
    assert (asked.status_code, asked.json()["done"]) == (202, False)
    approval, digest = asked.json()["approval"], asked.json()["digest"]
    decision = {"decision": "approve", "digest": digest}
    content = ask("bo", "GET", f"/approvals/{approval}").json()["content"]
    assert (content["kept"]["name"], content["gone"]["name"]) == ("Anna Berg", "Anna Borg")
    refused(ask("ida", "POST", f"/approvals/{approval}/decision", decision), 403, "not-allowed")
    assert ask("bo", "POST", f"/approvals/{approval}/decision", decision).json()["state"] == "approved"
    assert ask("ida", "POST", f"/people/{anna}/merging", merge).json()["done"] is True
    assert ask("ida", "GET", f"/people/{anna}").json()["records"] == [anna, borg]
    assert ask("ida", "GET", f"/people/{borg}").json()["merged_into"] == anna
    refused(ask("ida", "POST", f"/people/{borg}/numbers", {"number": NUMBER}), 409, "person-merged")
    refused(ask("ida", "POST", f"/people/{anna}/merging", merge), 409, "person-merged")
    asked = ask("ida", "POST", f"/people/{borg}/parting", {"reason": "two people"})
    decision = {"decision": "approve", "digest": asked.json()["digest"]}
    ask("bo", "POST", f"/approvals/{asked.json()['approval']}/decision", decision)
    assert ask("ida", "POST", f"/people/{borg}/parting", {"reason": "two people"}).json()["done"] is True
    refused(ask("ida", "POST", f"/people/{borg}/parting", {"reason": "two people"}), 409, "not-merged")


def test_what_another_organisation_knows_is_not_there(ask: Ask, recorded: Recorded) -> None:
    anna = recorded("Anna Berg")
    ask("ida", "POST", f"/people/{anna}/numbers", {"number": NUMBER})
    nobody = f"/people/{anna[:-4]}0000"
    for path in (f"/people/{anna}", nobody):
        answers = [
            ask("sol", "GET", path),
            ask("sol", "PATCH", path, {"via": "x"}, If_Match="*"),
            ask("sol", "POST", f"{path}/numbers", {"number": swedish(124)}),
            ask("sol", "GET", f"{path}/portrait"),
            ask("sol", "POST", f"{path}/merging", {"other": anna, "reason": "x"}),
        ]
        assert {(each.status_code, each.json()["type"]) for each in answers} == {(404, "/problems/person-not-found")}
    assert ask("sol", "POST", "/people/by-number/search", {"number": NUMBER}).json() | {"detail": ""} == (
        ask("sol", "POST", "/people/by-number/search", {"number": swedish(125)}).json() | {"detail": ""}
    )
    assert ask("sol", "GET", "/people").json() == {"items": []}
    assert ask("sol", "GET", "/duplicates").json() == {"items": []}
    assert ask("eva", "GET", f"/people/{anna}").status_code == 200
    refused(ask("eva", "PATCH", f"/people/{anna}", {"via": "x"}, If_Match="*"), 403, "not-allowed")
    refused(ask("ola", "GET", f"/people/{anna}"), 403, "not-allowed")
    # Who records the same person by the number knows them from then on.
    same = {"organisation": "solo", "name": "Anna Berg", "number": {"number": NUMBER}}
    assert ask("sol", "POST", "/people", same).json()["id"] == anna
    assert ask("sol", "GET", f"/people/{anna}").json()["organisations"] == ["issuer", "solo"]


def test_what_is_forgotten_is_gone(ask: Ask, recorded: Recorded) -> None:
    anna = recorded("Anna Berg", number={"number": NUMBER})
    refused(ask("ida", "POST", f"/people/{anna}/forgetting", {"reason": "asked for"}), 403, "not-allowed")
    told = ask("ola", "POST", f"/people/{anna}/forgetting", {"reason": "asked for"})
    assert told.json() == {"numbers_destroyed": 1}
    refused(ask("ida", "POST", "/people/by-number/search", {"number": NUMBER}), 404, "person-not-found")
    assert ask("ida", "GET", f"/people/{anna}").json()["numbers"] == []


def test_the_same_request_again_adds_nothing_and_its_trace_is_keyed(
    ask: Ask, recorded: Recorded, registry: Registry
) -> None:
    anna = recorded("Anna Berg")
    answers = [
        ask("ida", "POST", f"/people/{anna}/numbers", {"number": NUMBER}, Idempotency_Key="once") for _ in range(2)
    ]
    assert [each.status_code for each in answers] == [201, 201]
    other = ask("ida", "POST", f"/people/{anna}/numbers", {"number": swedish(124)}, Idempotency_Key="once")
    refused(other, 422, "idempotency-key-reused")
    with registry.reading() as db:
        assert len(all_identifiers(db)) == 1


def test_without_its_index_key_the_registry_takes_no_number(ask: Ask, recorded: Recorded, registry: Registry) -> None:
    anna = recorded("Anna Berg")
    registry.index_key_file().unlink()
    answer = ask("ida", "POST", f"/people/{anna}/numbers", {"number": NUMBER})
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/no-index-key")
    assert ask("ida", "GET", f"/people/{anna}").status_code == 200
