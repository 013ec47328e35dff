"""Occasions by the API: what is recorded and amended, sheets and results as they are sent, and who may."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from registry.records.actors.access import Role
from registry.records.actors.access_log import access_lines
from registry.records.actors.accounts import NewAccount, add_account, grant_role
from registry.records.actors.api_keys import MOST_DAYS, create_api_key
from registry.records.strict_input import parse
from registry.records.whole.directory import Registry
from registry.signing.keys import Keyring
from tests.registry.conftest import NOW, OCCASION, OPENED, issue, person, roster

PEOPLE: list[tuple[str, str, str, Role]] = [
    ("ida", "Ida Utfärd", "issuer", "requester"),
    ("tor", "Tor Lærer", "trainer", "instructor"),
    ("pia", "Pia Prov", "examiner", "examiner"),
    ("sol", "Sol Sola", "solo", "requester"),
]
MARCH = "/occasions/hot-work-march"
SHEET = "namn;född;minuter;id-kontroll;kontrollerad av\nÅsa Öberg;1990-05-17;470;pass;inga\n"
RESULTS = "namn;född;del;försök;poäng;godkäntregel;godkänd\nÅsa Öberg;1990-05-17;teori;1;27/30;r1;ja\n"
Ask = Callable[..., Any]


@pytest.fixture
def ask(web: TestClient, registry: Registry) -> Ask:
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
            given["Content-Type"] = "text/csv" if isinstance(body, str) else "application/json"
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        content = json.dumps(body).encode() if isinstance(body, dict) else body.encode() if body else None
        return web.request(method, f"/api/v1{path}", content=content, headers=given)

    return asking


def refused(answer: Any, status: int, name: str) -> dict[str, Any]:
    told: dict[str, Any] = answer.json()
    assert (answer.status_code, told["type"]) == (status, f"/problems/{name}"), told
    return told


def test_an_occasion_is_recorded_read_and_listed(ask: Ask, registry: Registry) -> None:
    new = {**OCCASION, "id": "by-api"}
    made = ask("tor", "POST", "/occasions", new)
    assert (made.status_code, made.headers["location"]) == (201, "/api/v1/occasions/by-api")
    read = ask("pia", "GET", "/occasions/by-api")
    assert (read.status_code, read.json(), read.headers["etag"]) == (200, made.json(), made.headers["etag"])
    told = read.json()
    assert (told["version"], told["short_by_minutes"], told["cancelled"], told["sheets"]) == ("1", 0, False, [])
    assert told["session"][0]["id"] == "s1"
    assert [member["name"] for member in told["staff"]] == ["Inga Instruktör", "Eva Examinator", "Bo Beslut"]
    first = ask("tor", "GET", "/occasions?limit=1&scheme=hot-work")
    assert [one["id"] for one in first.json()["items"]] == ["hot-work-march"]
    path = first.headers["link"].partition(">")[0].removeprefix("</api/v1")
    second = ask("tor", "GET", path)
    assert ([one["id"] for one in second.json()["items"]], "link" in second.headers) == (["by-api"], False)
    assert [one["id"] for one in ask("sol", "GET", "/occasions").json()["items"]] == ["own-course-march"]
    assert ask("ida", "GET", "/occasions?issuer=solo").json()["items"] == []
    refused(ask("sol", "GET", "/occasions/by-api"), 404, "occasion-not-found")
    refused(ask("ida", "POST", "/occasions", {**new, "id": "by-api"}), 409, "occasion-exists")
    refused(ask("sol", "POST", "/occasions", {**new, "id": "other"}), 403, "not-allowed")
    refused(ask("ida", "GET", "/occasions/nothing-here"), 404, "occasion-not-found")
    with registry.reading() as db:
        lines = access_lines(db, "occasion", "by-api")
    assert [(line.account, line.action) for line in lines] == [("pia", "occasion.read")]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"session": [{"on": "2026-03-11"}]}, "#/session/0"),
        ({"exam_face": "glimpsed"}, "#/exam_face"),
        ({"exam_datum": "2026-03-11"}, "#"),
        ({"decided_on": "2026-03-01"}, "#"),
        ({"identity": {"exam": {"method": "crystal_ball"}}}, "#/identity/exam"),
        ({"scope_classes": ["T9"]}, "#/scope_classes"),
    ],
)
def test_what_an_occasion_may_not_be_is_named_by_its_place(ask: Ask, change: dict[str, Any], pointer: str) -> None:
    told = refused(ask("ida", "POST", "/occasions", {**OCCASION, "id": "by-api", **change}), 422, "malformed-input")
    assert told["errors"][0]["pointer"] == pointer


def test_an_amendment_says_which_state_was_read_and_why(ask: Ask) -> None:
    read = ask("tor", "GET", MARCH)
    change = {"change": {"exam_face": "document", "identity": {"exam": {"native_level": "chip"}}}, "reason": "misread"}
    refused(ask("tor", "PATCH", MARCH, change), 428, "state-not-named")
    refused(ask("tor", "PATCH", MARCH, change, If_Match='"0123"'), 412, "changed-meanwhile")
    refused(ask("sol", "PATCH", MARCH, change, If_Match=read.headers["etag"]), 404, "occasion-not-found")
    amended = ask("tor", "PATCH", MARCH, change, If_Match=read.headers["etag"])
    assert (amended.status_code, amended.json()["exam_face"]) == (200, "document")
    assert amended.json()["identity"]["exam"]["method"] == "passport"
    refused(ask("tor", "PATCH", MARCH, change, If_Match=read.headers["etag"]), 412, "changed-meanwhile")
    etag = amended.headers["etag"]
    assert ask("tor", "PATCH", MARCH, change, If_Match=etag).headers["etag"] == etag  # it says so already
    cleared = ask("tor", "PATCH", MARCH, {"change": {"exam_face": None}, "reason": "not known"}, If_Match=etag)
    assert cleared.json()["exam_face"] is None
    events = ask("tor", "GET", f"{MARCH}/events").json()["items"]
    assert [(event["kind"], event["actor"], event["reason"]) for event in events] == [
        ("recorded", "test", None),
        ("amended", "tor", "misread"),
        ("amended", "tor", "not known"),
    ]
    assert {"path": "exam_face", "before": "portrait", "after": "document"} in events[1]["changes"]


@pytest.mark.parametrize(
    ("body", "name", "pointer"),
    [
        ({"change": {"scheme": "own-course"}, "reason": "other"}, "occasion-settled", None),
        ({"change": {"exam_face": "glimpsed"}, "reason": "other"}, "malformed-input", "#/change/exam_face"),
        ({"change": {"exam_face": "none"}, "reason": " "}, "reason-missing", None),
        ({"change": {"exam_face": "none"}, "reason": "19900517-1234 asked"}, "malformed-input", "#/reason"),
        ({"change": {"exam_face": "none"}}, "malformed-input", "#/reason"),
        ({"change": 5, "reason": "other"}, "malformed-input", "#/change"),
    ],
)
def test_what_no_amendment_may_say(ask: Ask, body: dict[str, Any], name: str, pointer: str | None) -> None:
    answer = ask("ida", "PATCH", MARCH, body, If_Match="*")
    assert answer.json()["type"] == f"/problems/{name}"
    assert "1234" not in answer.text
    if pointer:
        assert answer.json()["errors"][0]["pointer"] in {pointer, "#/change"}


def test_sheets_and_results_are_sent_as_files_and_told_again(ask: Ask) -> None:
    before = ask("tor", "GET", MARCH).headers["etag"]
    sheet = ask("tor", "POST", f"{MARCH}/sheets", SHEET, Idempotency_Key="sheet-1")
    assert (sheet.status_code, sheet.json()["lines"], sheet.json()["event"]) == (201, 1, 2)
    assert ask("tor", "POST", f"{MARCH}/sheets", SHEET, Idempotency_Key="sheet-1").content == sheet.content
    again = ask("tor", "POST", f"{MARCH}/sheets", SHEET).json()
    assert (again["event"], again["lines"], again["unchanged"]) == (None, 0, 1)
    results = ask("pia", "POST", f"{MARCH}/results", RESULTS)
    assert (results.status_code, results.json()["event"]) == (201, 3)
    told = ask("ida", "GET", MARCH)
    assert (told.json()["sheets"], told.json()["results"]) == ([{"session": "s1", "listed": 1, "present": 1}], 1)
    assert told.headers["etag"] != before
    (line,) = ask("ida", "GET", f"{MARCH}/sheets").json()["items"]
    assert (line["name"], line["minutes"], line["method"], line["checker"]) == ("Åsa Öberg", 470, "passport", "inga")
    (result,) = ask("ida", "GET", f"{MARCH}/results").json()["items"]
    assert (result["part"], result["attempt"], result["passed"], result["outcome"]) == ("knowledge", 1, True, "27/30")
    # Training provider and examination body each record what is theirs.
    refused(ask("pia", "POST", f"{MARCH}/sheets", SHEET), 403, "not-allowed")
    refused(ask("tor", "POST", f"{MARCH}/results", RESULTS), 403, "not-allowed")
    refused(ask("sol", "GET", f"{MARCH}/results"), 404, "occasion-not-found")


def test_programs_send_the_same_as_data(ask: Ask) -> None:
    line = {"name": "Bo Ek", "birth_date": "1990-05-17", "session": "s1", "minutes": 480}
    assert ask("tor", "POST", f"{MARCH}/sheets", {"line": [line]}).json()["lines"] == 1
    result = {"name": "Bo Ek", "birth_date": "1990-05-17", "part": "practical", "attempt": 1, "passed": False}
    assert ask("pia", "POST", f"{MARCH}/results", {"result": [result]}).json()["lines"] == 1
    toml = '[[result]]\nname = "Bo Ek"\nbirth_date = 1990-05-17\npart = "knowledge"\nattempt = 1\npassed = true\n'
    assert ask("pia", "POST", f"{MARCH}/results", toml, Content_Type="application/toml").json()["lines"] == 1
    unknown = ask("pia", "POST", f"{MARCH}/results", {"result": [result | {"colour": "red"}]})
    assert refused(unknown, 422, "rows-not-recorded")["errors"][0]["pointer"] == "#/1"
    refused(ask("pia", "POST", f"{MARCH}/results", "x", Content_Type="text/plain"), 415, "unsupported-media-type")


@pytest.mark.parametrize(
    ("lang", "says"), [("sv", "fler än passet"), ("nb", "flere enn økten"), ("en", "more than the")]
)
def test_every_fault_of_a_list_is_named_by_row_and_column(ask: Ask, lang: str, says: str) -> None:
    text = SHEET + "Bo Ek;1990-05-17;481;pass;inga\nCia Dahl;;5;pass;inga\n"
    told = refused(ask("tor", "POST", f"{MARCH}/sheets", text, Accept_Language=lang), 422, "rows-not-recorded")
    assert [fault["pointer"] for fault in told["errors"]] == ["#/3/minutes", "#/4/birth_date"]
    assert says in told["errors"][0]["detail"]
    assert ask("tor", "GET", f"{MARCH}/sheets").json()["items"] == []
    whole = refused(ask("tor", "POST", f"{MARCH}/sheets", "färg\nröd\n"), 422, "rows-not-recorded")
    assert {fault["pointer"].split("/")[1] for fault in whole["errors"]} == {"1"}


def test_no_more_faults_are_told_than_anybody_mends_at_once(ask: Ask) -> None:
    text = SHEET + "".join(f"Person {chr(97 + number % 26)}{chr(97 + number // 26)};;5;;\n" for number in range(300))
    told = refused(ask("tor", "POST", f"{MARCH}/sheets", text), 422, "rows-not-recorded")
    assert len(told["errors"]) == 200
    assert "300" in told["detail"]


def test_a_national_number_in_a_list_is_not_repeated(ask: Ask) -> None:
    answer = ask("tor", "POST", f"{MARCH}/sheets", SHEET + "19900517-1234;1990-05-17;5;pass;inga\n")
    refused(answer, 422, "rows-not-recorded")
    assert "1234" not in answer.text
    reason = ask("tor", "POST", f"{MARCH}/sheets?reason=19900517-1234", SHEET)
    refused(reason, 422, "malformed-input")
    assert "1234" not in reason.text


def test_whoever_holds_a_certificate_is_written_about_with_a_reason(
    ask: Ask, registry: Registry, keyring: Keyring
) -> None:
    issue(registry, keyring, "hot-work-march", roster(person(2, "Åsa Öberg")), now=NOW - timedelta(minutes=5))
    told = refused(ask("tor", "POST", f"{MARCH}/sheets", SHEET), 422, "rows-not-recorded")
    assert told["errors"][0]["pointer"] == "#/2/name"
    recorded = ask("tor", "POST", f"{MARCH}/sheets?reason=came%20late", SHEET).json()
    assert len(recorded["issued_before"]) == 1
    events = ask("ida", "GET", f"{MARCH}/events").json()["items"]
    assert (events[1]["reason"], events[1]["issued_before"]) == ("came late", recorded["issued_before"])
    refused(ask("ida", "POST", f"{MARCH}/cancellation", {"reason": "never held"}), 409, "occasion-settled")


def test_an_occasion_is_cancelled_once_by_its_issuer(ask: Ask) -> None:
    refused(ask("tor", "POST", f"{MARCH}/cancellation", {"reason": "never held"}), 403, "not-allowed")
    assert ask("ida", "POST", f"{MARCH}/cancellation", {"reason": "never held"}).json()["cancelled"] is True
    refused(ask("ida", "POST", f"{MARCH}/cancellation", {"reason": "never held"}), 409, "occasion-cancelled")
    refused(ask("tor", "POST", f"{MARCH}/sheets", SHEET), 409, "occasion-cancelled")
