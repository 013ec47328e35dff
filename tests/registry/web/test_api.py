"""The API for those with a key: who asks, how a change is made once, how lists go on, how states are named."""

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from registry.records.actors.access import Role
from registry.records.actors.access_log import access_lines
from registry.records.actors.accounts import (
    NewAccount,
    accounts,
    actor_named,
    add_account,
    end_account,
    end_role,
    grant_role,
)
from registry.records.actors.api_keys import MOST_DAYS, actor_of_key, create_api_key, revoke_api_key
from registry.records.actors.approvals import approval_by_id, request_approval
from registry.records.parties.organisations import organisations
from registry.records.parties.signing_keys import keys_of
from registry.records.store.database import revision
from registry.records.store.remembered import forget_answers, opened_answer, remembered, sealed_answer
from registry.records.strict_input import parse
from registry.records.whole.directory import Registry
from registry.signing.keys import Keyring
from registry.signing.personal_data import create_index_key
from registry.signing.root import root_key, root_now
from registry.web.app import create_app
from registry.web.settings import Settings
from tests.registry.conftest import NOW, ON_SQLITE, OPENED, PUBLIC_URL
from tests.registry.web.conftest import Clock

PEOPLE: list[tuple[str, str, str | None, list[Role]]] = [
    ("ola", "Ola Nordmann", None, ["operator"]),
    ("asa", "Åsa Lind", "issuer", ["requester"]),
    ("bo", "Bo Berg", "issuer", ["approver"]),
    ("rea", "Rea Der", None, ["reader"]),
]
Ask = Callable[..., Any]


@pytest.fixture
def keys(registry: Registry) -> dict[str, str]:
    """One key for each person."""
    made: dict[str, str] = {}
    with registry.writing() as db:
        for slug, name, organisation, roles in PEOPLE:
            add_account(db, parse({"id": slug, "name": name}, NewAccount), OPENED, "ola")
            for role in roles:
                if role != "operator":
                    grant_role(db, slug, organisation, role, now=OPENED, actor="ola")
            _, made[slug] = create_api_key(
                db, account=slug, organisation=organisation, roles=roles, now=OPENED, actor="ola", days=MOST_DAYS
            )
    return made


@pytest.fixture
def ask(web: TestClient, keys: dict[str, str]) -> Ask:
    """Asks as somebody; a change gets an Idempotency-Key of its own, unless one is given."""
    count = iter(range(10_000))

    def asking(who: str | None, method: str, path: str, body: Any = None, **headers: str) -> Any:
        given = {"Idempotency-Key": f"test-{next(count)}"} if method == "POST" else {}
        if who:
            given["Authorization"] = f"Bearer {keys.get(who, who)}"
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        content = None if body is None else body if isinstance(body, (bytes, str)) else json.dumps(body)
        if content is not None:
            given.setdefault("Content-Type", "application/json")
        given = {name: value for name, value in given.items() if value != "-"}
        return web.request(method, f"/api/v1{path}", content=content, headers=given)

    return asking


def refused(answer: Any, status: int, name: str) -> dict[str, Any]:
    told: dict[str, Any] = answer.json()
    assert (answer.status_code, told["type"]) == (status, f"/problems/{name}"), told
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    return told


NEW = {"id": "new-school", "name": "Nya skolan AB", "registered_on": "2020-01-01"}

# ------------------------------------------------------------------ who asks


def test_whoever_asks_is_told_who_that_is(ask: Ask, keys: dict[str, str]) -> None:
    told = ask("asa", "GET", "/me")
    assert told.status_code == 200
    assert told.json() | {"key_expires_at": "", "key_last_used_on": ""} == {
        "account": "asa",
        "name": "Åsa Lind",
        "organisation": "issuer",
        "roles": ["requester"],
        "key": keys["asa"][4:12],
        "key_expires_at": "",
        "key_last_used_on": "",
    }
    assert told.headers["cache-control"] == "no-store"
    assert told.headers["ratelimit-policy"] == '"requests";q=1200;w=60'
    assert ask("asa", "GET", "/me").json()["key_last_used_on"] == str(NOW.date())
    assert ask("asa", "HEAD", "/me").status_code == 200


@pytest.mark.parametrize(
    ("authorization", "name", "challenge"),
    [
        ("-", "key-missing", 'Bearer realm="bevis"'),
        ("", "api-key-rejected", "invalid_token"),
        ("Bearer", "api-key-rejected", "invalid_token"),
        ("Bearer nonsense", "api-key-rejected", "invalid_token"),
        ("Basic b2xhOm9sYQ==", "api-key-rejected", "invalid_token"),
        ("Bearer " + "x" * 10_000, "api-key-rejected", "invalid_token"),
        ("Bearer bvs_00000000_" + "0" * 49, "api-key-rejected", "invalid_token"),
    ],
)
@pytest.mark.parametrize("call", [("GET", "/me"), ("POST", "/organisations")])
def test_without_a_key_nothing_is_told(
    ask: Ask, call: tuple[str, str], authorization: str, name: str, challenge: str
) -> None:
    answer = ask(None, *call, Authorization=authorization)
    refused(answer, 401, name)
    assert challenge in answer.headers["www-authenticate"]


def test_two_keys_are_none(web: TestClient, keys: dict[str, str]) -> None:
    both = [("Authorization", f"Bearer {keys['asa']}"), ("Authorization", f"Bearer {keys['bo']}")]
    refused(web.get("/api/v1/me", headers=both), 401, "api-key-rejected")


@pytest.mark.parametrize("how", ["revoked", "expired", "account ended"])
def test_a_key_that_ended_opens_nothing(
    ask: Ask, registry: Registry, keys: dict[str, str], clock: Clock, how: str
) -> None:
    assert ask("asa", "GET", "/me").status_code == 200
    with registry.writing() as db:
        if how == "revoked":
            revoke_api_key(db, keys["asa"][4:12], NOW, "ola")
        if how == "account ended":
            end_account(db, "asa", NOW, "ola")
    if how == "expired":
        clock.at = OPENED + timedelta(days=MOST_DAYS)
    refused(ask("asa", "GET", "/me"), 401, "api-key-rejected")
    refused(ask("asa", "POST", "/keys", {"account": "asa", "roles": ["requester"]}), 401, "api-key-rejected")


@pytest.mark.parametrize(
    ("lang", "role", "title"),
    [
        ("sv", "registerförare", "För detta krävs en annan roll"),
        ("nb-NO,nb;q=0.9", "registerfører", "Dette krever en annen rolle"),
        ("en", "operator in the registry itself", "Another role is needed for this"),
        ("*", "operator in the registry itself", "Another role is needed for this"),
    ],
)
def test_whoever_has_not_the_role_is_told_which(ask: Ask, lang: str, role: str, title: str) -> None:
    answer = ask("asa", "POST", "/organisations", NEW, Accept_Language=lang)
    told = refused(answer, 403, "not-allowed")
    assert told["title"] == title
    assert role.split(" in ", maxsplit=1)[0] in told["detail"]
    assert "insufficient_scope" in answer.headers["www-authenticate"]
    assert answer.headers["content-language"] == (lang[:2] if lang != "*" else "en")


def test_wrong_keys_from_one_address_are_counted_and_right_ones_still_open(
    registry: Registry, keys: dict[str, str], clock: Clock
) -> None:
    settings = Settings.read(registry.directory, env={"BEVIS_MISSES_PER_MINUTE": "5", "BEVIS_REQUESTS_PER_MINUTE": "8"})
    ticks = [0]
    app = create_app(settings, clock=clock, ticks=lambda: ticks[0])
    with TestClient(app, base_url=PUBLIC_URL) as web:

        def me(key: str) -> int:
            answer = web.get("/api/v1/me", headers={"Authorization": f"Bearer {key}"})
            if answer.status_code == 429:
                assert 0 < int(answer.headers["retry-after"]) <= 60
            return answer.status_code

        wrong = "bvs_00000000_" + "0" * 49
        assert [me(wrong) for _ in range(7)] == [401] * 5 + [429] * 2
        assert [me(keys["asa"]) for _ in range(9)] == [200] * 8 + [429]
        assert me(keys["bo"]) == 200
        ticks[0] += 60 * 10**9
        assert (me(wrong), me(keys["asa"])) == (401, 200)


# ------------------------------------------------------------------ what is sent


@pytest.mark.parametrize(
    ("body", "status", "name", "pointers"),
    [
        (b"{", 400, "not-json", None),
        (b'{"id": NaN}', 400, "not-json", None),
        (b'{"id": 1.5}', 400, "not-json", None),
        (b'{"id": "a1", "id": "b2"}', 400, "not-json", None),
        (b"\xef\xbb\xbf{}", 400, "not-json", None),
        (b"[]", 400, "not-json", None),
        (b'{"id": "\\ud800"}', 400, "not-json", None),
        ({}, 422, "malformed-input", ["#/id", "#/name", "#/registered_on"]),
        (NEW | {"colour": "red"}, 422, "malformed-input", ["#"]),
        (NEW | {"19900101-1234": "x"}, 422, "malformed-input", ["#"]),
        (NEW | {"id": "199001011234"}, 422, "malformed-input", ["#/id"]),
        (NEW | {"registered_on": "1990-13-01"}, 422, "malformed-input", ["#/registered_on"]),
        (NEW | {"registered_on": 1}, 422, "malformed-input", ["#/registered_on"]),
        (NEW | {"sector_body": "yes"}, 422, "malformed-input", ["#/sector_body"]),
        (NEW | {"struck_off_on": "2019-01-01"}, 422, "malformed-input", ["#"]),
        (NEW | {"name": "a\nb"}, 422, "malformed-input", ["#/name"]),
    ],
)  # fmt: skip
def test_a_body_is_read_strictly_and_never_repeated(
    ask: Ask, registry: Registry, body: Any, status: int, name: str, pointers: list[str] | None
) -> None:
    answer = ask("ola", "POST", "/organisations", body)
    told = refused(answer, status, name)
    assert [one["pointer"] for one in told.get("errors", [])] == (pointers or [])
    if isinstance(body, dict):
        for sent in (*body, *body.values()):
            if isinstance(sent, str) and any(sign.isdigit() for sign in sent):
                assert sent not in answer.text
        assert "colour" not in answer.text
    with registry.reading() as db:
        assert "new-school" not in {one.slug for one in organisations(db)}


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json", 201),
        ("application/json; charset=UTF-8", 201),
        ("text/plain", 415),
        ("-", 415),
        ("application/json; charset=latin-1", 415),
        ("application/x-www-form-urlencoded", 415),
    ],
)
def test_a_body_is_json_in_utf_8(ask: Ask, content_type: str, status: int) -> None:
    assert ask("ola", "POST", "/organisations", NEW, Content_Type=content_type).status_code == status
    if status == 415:
        told = ask("ola", "POST", "/organisations", NEW, Content_Type=content_type, Accept_Language="nb").json()
        assert told["detail"].startswith("Send det med Content-Type: application/json, i UTF-8")


def test_a_body_is_not_too_large(ask: Ask) -> None:
    refused(ask("ola", "POST", "/organisations", NEW | {"name": "x" * 200_000}), 413, "body-too-large")


@pytest.mark.parametrize("query", ["?stat=open", "?limit=1&limit=2", "?cursor=", "?limit=0", "?limit=1000", "?limit=x"])
def test_a_query_is_read_strictly(ask: Ask, query: str) -> None:
    assert ask("ola", "GET", f"/approvals{query}").status_code == 422
    if query.startswith("?limit=") and "&" not in query:
        (told,) = ask("ola", "GET", f"/approvals{query}", Accept_Language="sv").json()["errors"]
        assert told["detail"] in {"måste vara minst 1", "får vara högst 200", "måste vara ett heltal"}


# ------------------------------------------------------------------ a change is made once


@ON_SQLITE
def test_it_is_not_ready_while_there_is_no_room(ask: Ask, web: TestClient, clock: Clock) -> None:
    registry: Registry = web.app.state.office.registry  # type: ignore[attr-defined]
    with registry.noting() as db:
        pages = db.connection().exec_driver_sql("PRAGMA page_count").scalar_one()
        db.connection().exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    # There is some room in the pages there are.
    answers = (ask("ola", "POST", "/organisations", NEW | {"id": f"school-{turn}"}) for turn in range(200))
    full = next(answer for answer in answers if answer.status_code != 201)
    refused(full, 507, "database-full")
    told = web.get("/readyz")
    assert (told.status_code, told.json()["checks"]["room"], told.json()["checks"]["database"]) == (503, False, True)
    with registry.noting() as db:
        db.connection().exec_driver_sql("PRAGMA max_page_count = 4294967294")
    clock.at = NOW + timedelta(seconds=31)
    assert web.get("/readyz").json()["checks"]["room"]


def test_a_change_is_on_disk_before_the_answer(ask: Ask, registry: Registry) -> None:
    answer = ask("ola", "POST", "/organisations", NEW)
    assert (answer.status_code, answer.headers["location"]) == (201, "/api/v1/organisations/new-school")
    with registry.reading() as db:
        assert "new-school" in {one.slug for one in organisations(db)}
    refused(ask("ola", "POST", "/organisations", NEW), 409, "organisation-exists")


def test_the_same_request_is_told_the_same_byte_for_byte(ask: Ask, registry: Registry) -> None:
    first = ask("ola", "POST", "/organisations", NEW, Idempotency_Key="k1")
    again = ask("ola", "POST", "/organisations", NEW, Idempotency_Key='"k1"')  # as a structured field writes it
    varies = {"ratelimit", "date"}
    assert (first.status_code, first.content) == (again.status_code, again.content)
    assert {name: value for name, value in first.headers.items() if name not in varies} == {
        name: value for name, value in again.headers.items() if name not in varies
    }
    assert first.headers["location"] == again.headers["location"]
    with registry.reading() as db:
        kept = remembered(db, "ola ", "k1")
        assert kept is not None
        assert kept.body == first.content


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(("POST", "/organisations", NEW | {"name": "Andra AB"}), id="another body"),
        pytest.param(("POST", "/accounts", {"id": "eva", "name": "Eva Ek"}), id="another path"),
        pytest.param(("POST", "/organisations", json.dumps(NEW, indent=1)), id="other bytes"),
    ],
)
def test_one_value_is_for_one_request(ask: Ask, other: tuple[str, str, Any]) -> None:
    assert ask("ola", "POST", "/organisations", NEW, Idempotency_Key="k1").status_code == 201
    refused(ask("ola", *other, Idempotency_Key="k1"), 422, "idempotency-key-reused")


@pytest.mark.parametrize("value", ["-", "", '""', "a b", "x" * 256, 'a"b', "a\\b"])
def test_a_change_needs_an_idempotency_key(ask: Ask, value: str) -> None:
    refused(ask("ola", "POST", "/organisations", NEW, Idempotency_Key=value), 400, "idempotency-key-missing")


def test_what_was_refused_may_be_tried_again_with_the_same_value(ask: Ask) -> None:
    refused(
        ask("ola", "POST", "/organisations", NEW | {"id": "issuer"}, Idempotency_Key="k1"), 409, "organisation-exists"
    )
    assert ask("ola", "POST", "/organisations", NEW, Idempotency_Key="k1").status_code == 201


def test_whose_value_it_is_makes_a_difference(ask: Ask, registry: Registry, keys: dict[str, str]) -> None:
    body = {"account": "asa", "organisation": "issuer", "roles": ["requester"]}
    mine = ask("asa", "POST", "/keys", body, Idempotency_Key="k1").json()
    with registry.writing() as db:
        grant_role(db, "asa", "solo", "requester", now=NOW, actor="ola")
        _, keys["asa at solo"] = create_api_key(
            db, account="asa", organisation="solo", roles=["requester"], now=NOW, actor="ola"
        )
    theirs = ask("asa at solo", "POST", "/keys", body | {"organisation": "solo"}, Idempotency_Key="k1").json()
    assert mine["prefix"] != theirs["prefix"]


def test_many_at_once_are_one(ask: Ask, registry: Registry) -> None:
    values = [f"many-{n}" for n in range(6)]

    def send(n: int) -> tuple[str, int, bytes]:
        value = values[n % len(values)]
        body = NEW | {"id": f"school-{value}"}
        answer = ask("ola", "POST", "/organisations", body, Idempotency_Key=value)
        while answer.status_code == 409:
            refused(answer, 409, "same-request-under-way")
            assert int(answer.headers["retry-after"]) == 1
            answer = ask("ola", "POST", "/organisations", body, Idempotency_Key=value)
        return value, answer.status_code, answer.content

    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(send, range(30)))
    assert {status for _, status, _ in answers} == {201}
    assert len({(value, content) for value, _, content in answers}) == len(values)
    with registry.reading() as db:
        assert sum(one.slug.startswith("school-many-") for one in organisations(db)) == len(values)


def test_while_it_is_being_done_the_same_is_told_to_wait(ask: Ask, web: TestClient, registry: Registry) -> None:
    answers: list[Any] = []
    ask("ola", "GET", "/me")  # that the key was used today is noted by now, and waits for nobody
    with registry.writing() as db:  # somebody else is writing, so that the first waits for its turn
        revision(db)  # a transaction begins with its first statement
        first = threading.Thread(
            target=lambda: answers.append(ask("ola", "POST", "/organisations", NEW, Idempotency_Key="k1"))
        )
        first.start()
        while not web.app.state.office.under_way:  # type: ignore[attr-defined]
            first.join(0.01)
            assert first.is_alive()
        refused(ask("ola", "POST", "/organisations", NEW, Idempotency_Key="k1"), 409, "same-request-under-way")
    first.join()
    assert answers[0].status_code == 201
    assert ask("ola", "POST", "/organisations", NEW, Idempotency_Key="k1").content == answers[0].content


def test_a_role_that_ends_while_it_waits_for_its_turn_is_not_held(ask: Ask, registry: Registry) -> None:
    answers: list[Any] = []
    with registry.writing() as db:
        add_account(db, parse({"id": "eva", "name": "Eva Ek"}, NewAccount), NOW, "ola")
        grant_role(db, "eva", None, "operator", now=NOW, actor="ola")
        waiting = threading.Thread(target=lambda: answers.append(ask("ola", "POST", "/organisations", NEW)))
        waiting.start()
        waiting.join(0.5)
        end_role(db, "ola", None, "operator", now=NOW, actor="eva")
    waiting.join()
    refused(answers[0], 403, "not-allowed")


def test_answers_are_kept_for_a_day_and_then_forgotten(ask: Ask, registry: Registry) -> None:
    ask("ola", "POST", "/organisations", NEW, Idempotency_Key="k1")
    with registry.writing() as db:
        assert forget_answers(db, NOW) == 0
        assert forget_answers(db, NOW + timedelta(seconds=1)) == 1


@given(st.binary(max_size=200), st.text(min_size=1, max_size=70), st.text(min_size=1, max_size=40))
def test_a_sealed_answer_opens_with_its_key_alone(body: bytes, secret: str, key: str) -> None:
    sealed = sealed_answer(body, secret, key)
    assert opened_answer(sealed, secret, key) == body
    assert opened_answer(sealed, secret + "x", key) is None
    assert opened_answer(sealed, secret, key + "x") is None


# ------------------------------------------------------------------ keys


def test_a_new_key_is_told_once_kept_nowhere_and_told_again_to_the_same_request(ask: Ask, registry: Registry) -> None:
    body = {"account": "asa", "organisation": "issuer", "roles": ["requester"], "days": 5}
    first = ask("asa", "POST", "/keys", body, Idempotency_Key="k1")
    assert first.status_code == 201
    text = first.json()["key"]
    assert ask("asa", "POST", "/keys", body, Idempotency_Key="k1").content == first.content
    with registry.reading() as db:
        assert actor_of_key(db, text, NOW).account == "asa"
        kept = remembered(db, "asa issuer", "k1")
        assert kept is not None
        assert kept.sealed
        assert text.encode() not in kept.body
    for file in registry.directory.iterdir():
        assert text[13:56].encode() not in file.read_bytes(), file
    assert "key" not in ask("asa", "GET", f"/keys/{text[4:12]}").json()
    refused(ask(text, "POST", "/keys", body, Idempotency_Key="k1"), 409, "answer-sealed")
    assert ask("asa", "POST", f"/keys/{text[4:12]}/revocation").json()["revoked_by"] == "asa"
    refused(ask(text, "GET", "/me"), 401, "api-key-rejected")


@pytest.mark.parametrize(
    ("who", "body", "status", "name"),
    [
        ("asa", {"account": "bo", "organisation": "issuer", "roles": ["approver"]}, 403, "not-allowed"),
        ("asa", {"account": "asa", "roles": ["operator"]}, 403, "not-allowed"),
        ("asa", {"account": "asa", "organisation": "solo", "roles": ["requester"]}, 403, "not-allowed"),
        ("ola", {"account": "asa", "organisation": "issuer", "roles": ["approver"]}, 422, "api-key-not-allowed"),
        ("ola", {"account": "nobody", "organisation": "issuer", "roles": ["approver"]}, 404, "account-not-found"),
        ("ola", {"account": "asa", "organisation": "nowhere", "roles": ["approver"]}, 404, "organisation-not-found"),
        ("ola", {"account": "asa", "organisation": "issuer", "roles": []}, 422, "malformed-input"),
        ("ola", {"account": "asa", "organisation": "issuer", "roles": ["reader"], "days": 401}, 422, "malformed-input"),
    ],
)  # fmt: skip
def test_what_key_cannot_be_made(ask: Ask, who: str, body: Any, status: int, name: str) -> None:
    refused(ask(who, "POST", "/keys", body), status, name)


def test_a_key_makes_no_key_that_is_for_more(ask: Ask, registry: Registry) -> None:
    with registry.writing() as db:
        grant_role(db, "asa", "issuer", "approver", now=NOW, actor="ola")
    body = {"account": "asa", "organisation": "issuer", "roles": ["requester", "approver"]}
    refused(ask("asa", "POST", "/keys", body), 403, "not-allowed")


def test_whose_keys_are_shown_to_whom(ask: Ask, keys: dict[str, str]) -> None:
    assert [one["account"] for one in ask("asa", "GET", "/keys").json()["items"]] == ["asa"]
    assert [one["account"] for one in ask("rea", "GET", "/keys?account=asa").json()["items"]] == ["asa"]
    refused(ask("asa", "GET", "/keys?account=bo"), 403, "not-allowed")
    refused(ask("asa", "GET", f"/keys/{keys['bo'][4:12]}"), 403, "not-allowed")
    refused(ask("asa", "POST", f"/keys/{keys['bo'][4:12]}/revocation"), 403, "not-allowed")
    refused(ask("ola", "GET", "/keys?account=nobody"), 404, "account-not-found")
    refused(ask("ola", "GET", "/keys/00000000"), 404, "api-key-not-found")


# ------------------------------------------------------------------ lists and states


def test_a_list_goes_on_where_it_stopped_whatever_was_added(ask: Ask, registry: Registry) -> None:
    seen: list[str] = []
    path = "/organisations?limit=3"
    while path:
        answer = ask(None, "GET", path)
        items = answer.json()["items"]
        assert len(items) <= 3
        seen += [one["id"] for one in items]
        link = answer.headers.get("link", "")
        path = link.split(">")[0].removeprefix("</api/v1")
        if len(seen) == 3:  # before and after the place where it stopped
            for slug in ("aaa", "zzz"):
                assert ask("ola", "POST", "/organisations", NEW | {"id": slug}).status_code == 201
    with registry.reading() as db:
        public = sorted(one.slug for one in organisations(db) if one.kind != "person")
    assert seen == [slug for slug in public if slug != "aaa"]
    assert "owner-person" not in seen


@pytest.mark.parametrize("cursor", ["x", "MTo=", "Mjpp", "MToA", "AAAA", "MTrDvw"])
def test_a_cursor_is_not_made_by_hand(ask: Ask, cursor: str) -> None:
    for path in ("/organisations", "/approvals", "/keys", "/accounts"):
        answer = ask("ola", "GET", f"{path}?cursor={cursor}")
        assert answer.status_code == 422 or (path in {"/organisations", "/accounts"} and cursor == "MTrDvw")


def test_a_state_is_named_before_it_is_changed(ask: Ask) -> None:
    read = ask("ola", "GET", "/accounts/asa")
    tag = read.headers["etag"]
    change = {"birth_date": "1980-02-29", "email": "asa@example.org"}
    refused(ask("ola", "PATCH", "/accounts/asa", change), 428, "state-not-named")
    for other in ('"0"', "W/" + tag, tag.strip('"'), ""):
        refused(ask("ola", "PATCH", "/accounts/asa", change, If_Match=other), 412, "changed-meanwhile")
    changed = ask("ola", "PATCH", "/accounts/asa", change, If_Match=f'"x", {tag}')
    assert (changed.status_code, changed.json()["birth_date"]) == (200, "1980-02-29")
    assert changed.headers["etag"] == ask("ola", "GET", "/accounts/asa").headers["etag"] != tag
    refused(ask("ola", "PATCH", "/accounts/asa", change, If_Match=tag), 412, "changed-meanwhile")
    assert ask("ola", "PATCH", "/accounts/asa", {"email": None}, If_Match="*").json()["email"] is None
    refused(ask("ola", "PATCH", "/accounts/asa", {}, If_Match="*"), 422, "malformed-input")


# ------------------------------------------------------------------ accounts and organisations


def test_an_account_by_the_api(ask: Ask, registry: Registry) -> None:
    made = ask("ola", "POST", "/accounts", {"id": "eva", "name": "Eva Ek", "birth_date": "1990-01-01"})
    assert (made.status_code, made.json()["roles"]) == (201, [])
    refused(ask("ola", "POST", "/accounts", {"id": "eva-two", "name": "Eva Ek"}), 409, "person-has-account")
    granted = ask("ola", "POST", "/accounts/eva/roles", {"organisation": "issuer", "role": "examiner"})
    assert (granted.status_code, granted.json()["recorded_by"]) == (201, "ola")
    refused(ask("ola", "POST", "/accounts/eva/roles", {"organisation": "issuer", "role": "examiner"}), 409, "role-held")
    naive = {"organisation": "issuer", "role": "reader", "until": "2027-01-01T00:00:00"}
    refused(ask("ola", "POST", "/accounts/eva/roles", naive), 422, "malformed-input")
    assert ask("ola", "POST", "/accounts/eva/roles", naive | {"until": "2027-01-01T00:00:00+01:00"}).status_code == 201
    ended = ask("ola", "POST", "/accounts/eva/roles/ending", {"organisation": "issuer", "role": "examiner"})
    assert ended.json()["ended_by"] == "ola"
    assert ask("ola", "POST", "/accounts/eva/ending").json()["active_until"]
    refused(ask("ola", "POST", "/accounts/eva/ending"), 409, "account-ended")
    assert ask("ola", "POST", "/accounts/eva/reopening").json()["active_until"] is None
    refused(ask("ola", "POST", "/accounts/ola/ending"), 409, "last-operator")
    assert [one["id"] for one in ask("rea", "GET", "/accounts").json()["items"]] == ["asa", "bo", "eva", "ola", "rea"]
    with registry.reading() as db:
        assert len(accounts(db)) == 5
        assert actor_named(db, "eva", NOW).grants == frozenset()


def test_a_second_account_cannot_be_made_by_a_change_of_name(ask: Ask) -> None:
    ask("ola", "POST", "/accounts", {"id": "eva", "name": "Eva Ek"})
    change = {"name": "Åsa Lind"}
    refused(ask("ola", "PATCH", "/accounts/eva", change, If_Match="*"), 409, "person-has-account")
    assert ask("ola", "PATCH", "/accounts/eva", change | {"another_person": True}, If_Match="*").status_code == 200


def test_a_national_number_says_whose_account_it_is_and_is_told_nowhere(ask: Ask, registry: Registry) -> None:
    number = "19811228-9874"
    create_index_key(registry.index_key_file())
    assert ask("ola", "POST", "/accounts/asa/identity", {"number": number}, Idempotency_Key="n1").status_code == 200
    told = refused(ask("ola", "POST", "/accounts/bo/identity", {"number": number}), 409, "person-has-account")
    for lang in ("sv", "en"):
        wrong = ask("ola", "POST", "/accounts/bo/identity", {"number": "19811228-9873"}, Accept_Language=lang)
        assert [one["pointer"] for one in refused(wrong, 422, "malformed-input")["errors"]] == ["#/number"]
        told |= {lang: wrong.text, "headers": str(wrong.headers)}
    for part in ("9874", "9873", "811228"):
        assert part not in json.dumps(told)
    for file in registry.directory.iterdir():
        assert not any(form in file.read_bytes() for form in (b"811228-9874", b"8112289874")), file


def test_reading_accounts_leaves_lines_and_reading_ones_own_does_not(
    ask: Ask, registry: Registry, keys: dict[str, str]
) -> None:
    assert ask("asa", "GET", "/accounts/asa").status_code == 200
    with registry.reading() as db:
        assert access_lines(db, "account", "asa") == []
    assert ask("rea", "GET", "/accounts/asa").status_code == 200
    assert ask("ola", "GET", "/accounts?limit=2").status_code == 200
    refused(ask("bo", "GET", "/accounts/asa"), 403, "not-allowed")
    with registry.reading() as db:
        lines = access_lines(db, "account", "asa")
        assert [(one.account, one.action, one.at) for one in lines] == [
            ("ola", "account.read", NOW),
            ("rea", "account.read", NOW),
        ]
        assert lines[0].key == keys["ola"][4:12]
        assert access_lines(db, "account", "rea") == []


def test_organisations_by_the_api(ask: Ask) -> None:
    assert ask("ola", "POST", "/organisations", NEW).status_code == 201
    assert ask(None, "GET", "/organisations/new-school").json()["name"] == "Nya skolan AB"
    refused(ask(None, "GET", "/organisations/owner-person"), 404, "organisation-not-found")
    tie = {"kind": "owns", "a": "owner-person", "b": "new-school", "share_percent": "49/2"}
    assert ask("ola", "POST", "/ties", tie).json()["share_percent"] == "49/2"
    refused(ask("ola", "POST", "/ties", tie | {"share_percent": 80}), 422, "share-over-hundred")
    assert len(ask("ola", "GET", "/organisations/new-school/ties").json()["items"]) == 1
    ended = ask(
        "ola", "POST", "/ties/ending", {"kind": "owns", "a": "owner-person", "b": "new-school", "on": "2026-03-01"}
    )
    assert [one["until"] for one in ended.json()["items"]] == ["2026-03-01"]
    said = {"organisation": "new-school", "kind": "responsible_people", "on": "2026-01-01", "value": 2}
    declared = ask("ola", "POST", "/declarations", said)
    assert (declared.status_code, declared.json()["value"]) == (201, 2)
    refused(ask("ola", "POST", "/declarations", said | {"on": "2026-09-01"}), 422, "malformed-input")
    which = declared.json()["id"]
    assert ask("ola", "POST", f"/declarations/{which}/withdrawal", {"on": "2026-02-01"}).json()["withdrawn_on"]
    assert len(ask("rea", "GET", "/organisations/new-school/declarations").json()["items"]) == 1
    refused(ask("asa", "GET", "/organisations/new-school/declarations"), 403, "not-allowed")
    assert ask("asa", "GET", "/organisations/issuer/declarations").status_code == 200
    tag = ask(None, "GET", "/organisations/new-school").headers["etag"]
    struck = ask("ola", "PATCH", "/organisations/new-school", {"struck_off_on": "2026-03-01"}, If_Match=tag)
    assert struck.json()["struck_off_on"] == "2026-03-01"
    person = NEW | {"id": "person-x", "name": "Xaver X", "kind": "person"}
    assert ask("ola", "POST", "/organisations", person).json()["kind"] == "person"


def test_signing_keys_by_the_api(ask: Ask) -> None:
    (first,) = ask("asa", "GET", "/organisations/issuer/signing-keys").json()["items"]
    rotated = ask("ola", "POST", "/organisations/issuer/signing-keys", {"algorithm": "ES256"})
    assert (rotated.status_code, rotated.json()["algorithm"]) == (201, "ES256")
    keys = ask("rea", "GET", "/organisations/issuer/signing-keys").json()["items"]
    assert [key["kid"] for key in keys] == [rotated.json()["kid"], first["kid"]]
    assert keys[1]["retired_at"]
    assert not any("sealed" in name for key in keys for name in key)
    leaked = {"since": "2026-03-01T00:00:00+01:00"}
    path = f"/signing-keys/{first['kid']}"
    assert ask("ola", "POST", f"{path}/compromise", leaked).json()["compromised_since"] == "2026-02-28T23:00:00Z"
    for since in ("2020-01-01T00:00:00Z", "2027-01-01T00:00:00Z", "2026-03-01", "2026-03-01T00:00:00"):
        refused(ask("ola", "POST", f"{path}/compromise", {"since": since}), 422, "malformed-input")
    assert ask("ola", "POST", f"/signing-keys/{rotated.json()['kid']}/retirement").json()["retired_at"]
    refused(ask("ola", "POST", "/signing-keys/k000000000000/retirement"), 404, "signing-key-not-found")
    assert ask("ola", "POST", f"{path}/compromise", leaked).json()["new_root"] is None
    refused(ask("ola", "POST", "/organisations/owner-person/signing-keys", {}), 422, "organisation-rejected")


def test_the_root_key_by_the_api(ask: Ask, registry: Registry, keyring: Keyring, clock: Clock) -> None:
    """Whoever reports it is told which key verifiers are to be given; nobody else tells them."""
    with registry.writing() as db:
        keyring.prepare(db, clock.at, "ola")
        first = next(key for key in keys_of(db, None) if key.purpose == "root")
    since = {"since": clock.at.isoformat()}
    told = ask("ola", "POST", f"/signing-keys/{first.kid}/compromise", since).json()
    with registry.reading() as db:
        assert told["new_root"] == root_now(db, keyring, registry.public_url, clock.at)
        second = next(key for key in keys_of(db, None) if key.purpose == "root" and key.compromised_since is None)
    assert told["new_root"] != root_key(registry.public_url, first.public_key).text
    retired = ask("ola", "POST", f"/signing-keys/{second.kid}/retirement").json()
    assert retired["new_root"] not in {None, told["new_root"]}


def test_who_read_is_read_by_operator_and_reader(ask: Ask) -> None:
    assert ask("rea", "GET", "/accounts/asa").status_code == 200
    (line,) = ask("ola", "GET", "/access-lines?kind=account&subject=asa").json()["items"]
    assert (line["account"], line["action"], line["kind"]) == ("rea", "account.read", "account")
    refused(ask("asa", "GET", "/access-lines?kind=account&subject=asa"), 403, "not-allowed")
    assert ask("ola", "GET", "/access-lines?kind=planet&subject=asa").status_code == 422


# ------------------------------------------------------------------ four eyes


def asked(registry: Registry, keys: dict[str, str], content: dict[str, object], who: str = "asa") -> tuple[str, str]:
    with registry.writing() as db:
        actor = actor_of_key(db, keys[who], NOW)
        made = request_approval(
            db, kind="reinstatement", subject="c1", organisation="issuer", content=content, actor=actor, now=NOW
        )
    return made.public_id, made.digest


def test_two_people_by_the_api(ask: Ask, registry: Registry, keys: dict[str, str]) -> None:
    which, digest = asked(registry, keys, {"people": 12, "level": "B"})
    (one,) = ask("bo", "GET", "/approvals?state=open").json()["items"]
    assert (one["id"], one["yours"], one["digest"]) == (which, True, digest)
    assert ask("asa", "GET", f"/approvals/{which}").json()["content"] == {"people": 12, "level": "B"}
    with registry.reading() as db:
        (line,) = access_lines(db, "certificate", "c1")
        assert (line.account, line.action) == ("asa", "approval.read")
    yes = {"decision": "approve", "digest": digest}
    refused(ask("asa", "POST", f"/approvals/{which}/decision", yes), 403, "not-allowed")
    refused(ask("ola", "POST", f"/approvals/{which}/decision", yes), 403, "not-allowed")
    refused(ask("bo", "POST", f"/approvals/{which}/decision", yes | {"digest": "0" * 64}), 409, "content-changed")
    refused(
        ask("bo", "POST", f"/approvals/{which}/decision", {"decision": "reject", "digest": digest}),
        422,
        "malformed-input",
    )
    number = {"decision": "reject", "digest": digest, "reason": "19900101-1234 is wrong"}
    answer = ask("bo", "POST", f"/approvals/{which}/decision", number)
    refused(answer, 422, "malformed-input")
    assert "1234" not in answer.text
    decided = ask("bo", "POST", f"/approvals/{which}/decision", yes, Idempotency_Key="d1")
    assert (decided.json()["state"], decided.json()["decided_by"]) == ("approved", "bo")
    assert ask("bo", "POST", f"/approvals/{which}/decision", yes, Idempotency_Key="d1").content == decided.content
    refused(ask("bo", "POST", f"/approvals/{which}/decision", yes), 409, "already-decided")
    refused(ask("asa", "POST", f"/approvals/{which}/withdrawal"), 409, "already-decided")
    refused(ask("asa", "GET", "/approvals/approval-0123456789abcdef"), 404, "approval-not-found")


def test_whoever_asked_does_not_decide_with_whatever_roles(ask: Ask, registry: Registry, keys: dict[str, str]) -> None:
    with registry.writing() as db:
        grant_role(db, "bo", "issuer", "requester", now=NOW, actor="ola")
        _, keys["bo"] = create_api_key(
            db, account="bo", organisation="issuer", roles=["requester", "approver"], now=NOW, actor="ola"
        )
        add_account(db, parse({"id": "bo-two", "name": "Bo Berg", "another_person": True}, NewAccount), NOW, "ola")
        grant_role(db, "bo-two", "issuer", "approver", now=NOW, actor="ola")
        _, keys["bo-two"] = create_api_key(
            db, account="bo-two", organisation="issuer", roles=["approver"], now=NOW, actor="ola"
        )
    which, digest = asked(registry, keys, {"people": 12}, "bo")
    for who in ("bo", "bo-two"):
        told = refused(
            ask(who, "POST", f"/approvals/{which}/decision", {"decision": "approve", "digest": digest}),
            403,
            "same-person",
        )
        assert told["detail"]
    with registry.reading() as db:
        assert approval_by_id(db, which).state == "open"


def test_an_approver_removed_between_steps_decides_nothing(ask: Ask, registry: Registry, keys: dict[str, str]) -> None:
    which, digest = asked(registry, keys, {"people": 12})
    with registry.writing() as db:
        end_role(db, "bo", "issuer", "approver", now=NOW, actor="ola")
    refused(
        ask("bo", "POST", f"/approvals/{which}/decision", {"decision": "approve", "digest": digest}), 403, "not-allowed"
    )


def test_a_request_is_withdrawn(ask: Ask, registry: Registry, keys: dict[str, str]) -> None:
    which, _ = asked(registry, keys, {"people": 12})
    refused(ask("bo", "POST", f"/approvals/{which}/withdrawal"), 403, "not-allowed")
    assert ask("asa", "POST", f"/approvals/{which}/withdrawal").json()["state"] == "withdrawn"
    assert ask("asa", "GET", "/approvals?state=open").json()["items"] == []


def test_a_national_number_in_a_path_is_not_repeated(ask: Ask) -> None:
    answer = ask("ola", "GET", "/organisations/19900101-1234/ties")
    assert answer.status_code == 404
    assert "1234" not in answer.text


@pytest.mark.parametrize(
    ("lang", "title", "says"),
    [
        ("en", "Not Found", "There is nothing at that address. Compare"),
        ("sv", "Här finns inget", "På den adressen finns inget."),
    ],
)
def test_a_path_where_nothing_is_is_a_problem_like_every_other(
    web: TestClient, lang: str, title: str, says: str
) -> None:
    answer = web.get("/api/v1/nowhere", headers={"Accept-Language": lang, "Accept": "text/html"})
    told = answer.json()
    assert (answer.status_code, answer.headers["Content-Language"]) == (404, lang)
    assert (told["type"], told["title"]) == ("/problems/not-found", title)
    assert told["detail"].startswith(says)


@pytest.mark.parametrize("lang", ["sv", "nb"])
def test_a_reader_is_told_in_one_language(web: TestClient, lang: str) -> None:
    answer = web.post("/api/v1/certificates", headers={"Accept-Language": lang})
    assert answer.status_code == 401
    assert "send it" not in answer.text
