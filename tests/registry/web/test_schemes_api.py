"""Schemes, drafts, the catalogue and mandates over the API: who may, what is public, what is told of a slip."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from registry.records.actors.access import Role
from registry.records.actors.accounts import NewAccount, add_account, grant_role
from registry.records.actors.api_keys import MOST_DAYS, create_api_key
from registry.records.sector.catalogue import catalogue
from registry.records.strict_input import parse
from registry.records.whole.directory import Registry
from tests.registry.conftest import COURSE, HOT_WORK, NOW, OPENED
from tests.registry.web.conftest import Clock

TODAY = NOW.date()
DAY = timedelta(days=1)
PEOPLE: list[tuple[str, str, str | None, list[Role]]] = [
    ("ola", "Ola Nordmann", None, ["operator"]),
    ("anna", "Anna Author", "sector", ["scheme_author"]),
    ("bo", "Bo Both", "sector", ["scheme_author", "scheme_approver"]),
    ("cia", "Cia Checker", "sector", ["scheme_approver"]),
    ("lisa", "Lisa Lindgren", "solo", ["scheme_author", "scheme_approver"]),
]
NEW: dict[str, Any] = {**HOT_WORK, "code": "new-work"} | {"published_on": None}
LOOSER = [{"row": "I5", "level": "D", "asked": False}]
AT = "/scheme-drafts/new-work/1"
Ask = Callable[..., Any]


@pytest.fixture
def ask(web: TestClient, registry: Registry) -> Ask:
    """Asks as somebody; a POST gets an Idempotency-Key of its own."""
    keys: dict[str, str] = {}
    with registry.writing() as db:
        for slug, name, organisation, roles in PEOPLE:
            add_account(db, parse({"id": slug, "name": name}, NewAccount), OPENED, "ola")
            for role in roles:
                if role != "operator":
                    grant_role(db, slug, organisation, role, now=OPENED, actor="ola")
            _, keys[slug] = create_api_key(
                db, account=slug, organisation=organisation, roles=roles, now=OPENED, actor="ola", days=MOST_DAYS
            )
    count = iter(range(10_000))

    def asking(who: str | None, method: str, path: str, body: Any = None, **headers: str) -> Any:
        given = {"Idempotency-Key": f"test-{next(count)}"} if method == "POST" else {}
        if who:
            given["Authorization"] = f"Bearer {keys[who]}"
        if body is not None:
            given["Content-Type"] = "application/json"
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        return web.request(method, f"/api/v1{path}", content=None if body is None else json.dumps(body), headers=given)

    return asking


def ok(answer: Any, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


def refused(answer: Any, status: int, name: str) -> dict[str, Any]:
    told: dict[str, Any] = answer.json()
    assert (answer.status_code, told["type"]) == (status, f"/problems/{name}"), told
    return told


# ------------------------------------------------------------------ drafts


def test_from_a_draft_to_retirement(ask: Ask) -> None:
    drafted = ask("anna", "POST", "/scheme-drafts", NEW)
    told = ok(drafted, 201)
    assert drafted.headers["location"] == f"/api/v1{AT}"
    assert (told["state"], told["takes_two"], told["unconfirmed"], told["out_of_reach"]) == ("draft", True, [], [])
    refused(ask("anna", "POST", "/scheme-drafts", NEW), 409, "scheme-draft-exists")
    refused(ask("anna", "POST", f"{AT}/publication", {}), 409, "approval-needed")
    submitted = ok(ask("anna", "POST", f"{AT}/submission"))
    assert submitted["digest"] == told["digest"]
    refused(ask("anna", "POST", f"{AT}/approval", {"digest": told["digest"]}), 403, "not-allowed")
    refused(ask("cia", "POST", f"{AT}/approval", {"digest": "0" * 64}), 409, "content-changed")
    assert ok(ask("cia", "POST", f"{AT}/approval", {"digest": told["digest"]}))["state"] == "approved"
    published = ok(ask("anna", "POST", f"{AT}/publication", {"from_day": str(TODAY + DAY)}))
    assert (published["state"], published["published_on"]) == ("coming", str(TODAY + DAY))
    refused(ask("anna", "GET", AT), 404, "scheme-draft-not-found")
    refused(ask("anna", "POST", "/scheme-drafts", NEW), 409, "scheme-exists")
    retirement = {"retired_from": str(TODAY + 9 * DAY), "reason": "replaced"}
    refused(ask("anna", "POST", "/schemes/new-work/versions/1/retirement", retirement), 403, "not-allowed")
    ended = ok(ask("cia", "POST", "/schemes/new-work/versions/1/retirement", retirement))
    assert ended["retired_from"] == str(TODAY + 9 * DAY)
    later = {"retired_from": str(TODAY + 10 * DAY), "reason": "replaced"}
    refused(ask("cia", "POST", "/schemes/new-work/versions/1/retirement", later), 409, "scheme-retired")
    history = ok(ask("cia", "GET", "/schemes/new-work/history"))["items"]
    assert [(one["kind"], one["actor"]) for one in history] == [
        ("drafted", "anna"),
        ("submitted", "anna"),
        ("approved", "cia"),
        ("published", "anna"),
        ("retired", "cia"),
    ]


def test_whoever_wrote_some_of_it_does_not_approve_it(ask: Ask) -> None:
    ok(ask("bo", "POST", "/scheme-drafts", NEW), 201)
    told = ok(ask("anna", "POST", f"{AT}/submission"))
    refused(ask("bo", "POST", f"{AT}/approval", {"digest": told["digest"]}), 403, "same-person")


def test_a_draft_is_changed_as_it_was_read(ask: Ask) -> None:
    drafted = ask("anna", "POST", "/scheme-drafts", NEW)
    changed = NEW | {"mandatory_minutes": 600}
    refused(ask("anna", "PUT", AT, changed), 428, "state-not-named")
    refused(ask("anna", "PUT", AT, changed, If_Match='"other"'), 412, "changed-meanwhile")
    amended = ask("anna", "PUT", AT, changed, If_Match=drafted.headers["etag"])
    assert ok(amended)["document"]["mandatory_minutes"] == 600
    refused(ask("anna", "PUT", AT, NEW, If_Match=drafted.headers["etag"]), 412, "changed-meanwhile")
    read = ask("cia", "GET", AT)
    assert read.headers["etag"] == amended.headers["etag"]
    told = refused(ask("anna", "PUT", AT, NEW | {"version": "2"}, If_Match="*"), 422, "malformed-input")
    assert [one["pointer"] for one in told["errors"]] == ["#/version"]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"validity": {"months": 0}}, "#/validity/months"),
        ({"validity": {"months": 12, "refresher": [{"id": "x"}]}}, "#/validity/refresher/0/id"),
        ({"colour": "red"}, ""),
        ({"max_level": "A"}, "#/max_level"),
        ({"scope_class": [{"code": "T1", "titles": HOT_WORK["titles"]}]}, ""),
        ({"source": [{"fact": "validity"}]}, "#/source/0/mark"),
    ],
)
def test_each_fault_has_its_place(ask: Ask, change: dict[str, Any], pointer: str) -> None:
    told = refused(ask("anna", "POST", "/scheme-drafts", NEW | change), 422, "malformed-input")
    assert any(one["pointer"].startswith(pointer) for one in told["errors"]), told


@pytest.mark.parametrize(
    ("who", "body", "status", "name"),
    [
        ("lisa", NEW, 403, "not-allowed"),
        ("cia", NEW, 403, "not-allowed"),
        ("anna", NEW | {"owner": "solo"}, 403, "not-allowed"),
        ("lisa", NEW | {"owner": "solo", "code": "hot-work", "version": "2"}, 403, "scheme-not-the-owners"),
        ("anna", NEW | {"item_bank_owner": "nobody"}, 404, "organisation-not-found"),
        (
            "anna",
            NEW | {"tightening": [{"row": "I5", "level": "D", "asked": False}]},
            422,
            "scheme-looser-than-edition",
        ),
        (None, NEW, 401, "key-missing"),
    ],
)
def test_who_drafts_what(ask: Ask, who: str | None, body: Any, status: int, name: str) -> None:
    refused(ask(who, "POST", "/scheme-drafts", body), status, name)


def test_drafts_are_for_their_own(ask: Ask) -> None:
    ok(ask("anna", "POST", "/scheme-drafts", NEW), 201)
    mine = COURSE | {"code": "lisas", "published_on": None}
    ok(ask("lisa", "POST", "/scheme-drafts", mine), 201)
    listed = {who: [one["code"] for one in ok(ask(who, "GET", "/scheme-drafts"))["items"]] for who in ("cia", "lisa")}
    assert listed == {"cia": ["new-work"], "lisa": ["lisas"]}
    assert [one["code"] for one in ok(ask("ola", "GET", "/scheme-drafts"))["items"]] == ["lisas", "new-work"]
    first = ask("ola", "GET", "/scheme-drafts?limit=1")
    following = first.headers["link"].split(">")[0].removeprefix("</api/v1")
    assert [one["code"] for one in ok(ask("ola", "GET", following))["items"]] == ["new-work"]
    refused(ask("lisa", "GET", AT), 403, "not-allowed")
    refused(ask(None, "GET", AT), 401, "key-missing")
    assert all(one["code"] not in {"new-work", "lisas"} for one in ok(ask(None, "GET", "/schemes"))["items"])
    refused(ask(None, "GET", "/schemes/new-work"), 404, "scheme-not-found")
    refused(ask("lisa", "POST", f"{AT}/discarding", {"reason": "not mine"}), 403, "not-allowed")
    ok(ask("anna", "POST", f"{AT}/discarding", {"reason": "not now"}))
    refused(ask("anna", "GET", AT), 404, "scheme-draft-not-found")


# ------------------------------------------------------------------ the catalogue


def test_the_catalogue_is_taken_over_and_confirmed(ask: Ask) -> None:
    rows: list[dict[str, Any]] = []
    path = "/scheme-catalogue?limit=30"
    while path:
        answer = ask(None, "GET", path)
        rows += ok(answer)["items"]
        path = answer.headers.get("link", "").split(">")[0].removeprefix("</api/v1")
    assert [one["id"] for one in rows] == [one.id for one in catalogue()]
    assert {one["kind"] for one in rows} == {"scheme", "external_proof", "authorisation"}
    given = {"owner": "sector", "ids": ["no-scaffold-5"]}
    assert ok(ask("anna", "POST", "/scheme-catalogue/import", given)) == {"drafted": ["no-scaffold-5"], "there": []}
    assert ok(ask("anna", "POST", "/scheme-catalogue/import", given)) == {"drafted": [], "there": ["no-scaffold-5"]}
    at = "/scheme-drafts/no-scaffold-5/1"
    draft = ok(ask("anna", "GET", at))
    refused(ask("anna", "POST", f"{at}/publication", {}), 409, "scheme-unconfirmed")
    refused(ask("bo", "POST", f"{at}/approval", {"digest": draft["digest"]}), 409, "scheme-unconfirmed")
    sanctions = {"fact": "sanctions", "evidence": "minute 9"}
    refused(ask("anna", "POST", f"{at}/confirmation", sanctions), 404, "source-not-found")
    for one in draft["unconfirmed"]:
        left = ok(ask("anna", "POST", f"{at}/confirmation", {"fact": one["fact"], "evidence": "minute 9"}))
    assert left["unconfirmed"] == []
    assert ok(ask("anna", "POST", f"{at}/publication", {}))["published_on"] == str(TODAY)
    for ids, status, name in ((["no-diver"], 409, "not-issuable"), (["nope"], 404, "catalogue-entry-not-found")):
        refused(ask("anna", "POST", "/scheme-catalogue/import", {"owner": "sector", "ids": ids}), status, name)
    refused(ask("anna", "POST", "/scheme-catalogue/import", {"owner": "solo"}), 403, "not-allowed")


def test_a_national_number_is_no_evidence(ask: Ask) -> None:
    ok(ask("anna", "POST", "/scheme-drafts", NEW), 201)
    told = refused(ask("anna", "POST", f"{AT}/discarding", {"reason": "see 191212121212"}), 422, "malformed-input")
    assert "19121212" not in json.dumps(told)


# ------------------------------------------------------------------ what is public


def test_schemes_are_public(ask: Ask) -> None:
    listed = ok(ask(None, "GET", "/schemes"))["items"]
    assert [(one["code"], one["state"]) for one in listed] == [("hot-work", "in_force"), ("own-course", "in_force")]
    whole = ask(None, "GET", "/schemes/hot-work")
    told = ok(whole)
    assert whole.headers["etag"]
    assert told["document"]["validity"] == {**told["document"]["validity"], "months": 60, "round_to_month_end": True}
    assert told["validity_in_words"]["en"] == ["Valid for 5 years from the decision, to the end of that month."]
    assert told["stated"]["sv"] == ["Släcka"]
    refused(ask(None, "GET", "/schemes/hot-work?version=9"), 404, "scheme-not-found")
    refused(ask(None, "GET", "/schemes/hot-work?colour=red"), 422, "malformed-request")
    refused(ask(None, "GET", "/schemes/hot-work/history"), 401, "key-missing")
    refused(ask("lisa", "GET", "/schemes/hot-work/history"), 403, "not-allowed")


def test_the_version_in_force_is_told_of(ask: Ask, clock: Clock) -> None:
    for version, first in (("2", TODAY + 5 * DAY), ("3", TODAY + 9 * DAY)):
        body = COURSE | {"version": version, "published_on": str(first)}
        ok(ask("lisa", "POST", "/scheme-drafts", body), 201)
        ok(ask("lisa", "POST", f"/scheme-drafts/own-course/{version}/publication", {}))
    assert ok(ask(None, "GET", "/schemes/own-course"))["version"] == "1"
    clock.at = NOW + 5 * DAY
    assert ok(ask(None, "GET", "/schemes/own-course"))["version"] == "2"
    assert ok(ask(None, "GET", "/schemes/own-course?version=3"))["state"] == "coming"


def test_decisions_to_accept_for_longer(ask: Ask) -> None:
    given = {"ends_from": "2026-03-01", "ends_until": "2026-06-30", "months": 4, "decided_on": "2026-03-10"}
    given |= {"decision": "board 4"}
    refused(ask("anna", "POST", "/schemes/hot-work/extensions", given), 403, "not-allowed")
    refused(ask("cia", "POST", "/schemes/own-course/extensions", given), 403, "not-allowed")
    refused(ask("cia", "POST", "/schemes/nope/extensions", given), 404, "scheme-not-found")
    both = given | {"until": "2026-12-31"}
    refused(ask("cia", "POST", "/schemes/hot-work/extensions", both), 422, "malformed-input")
    made = ok(ask("cia", "POST", "/schemes/hot-work/extensions", given), 201)
    assert ok(ask(None, "GET", "/schemes/hot-work/extensions"))["items"] == [made]
    assert ok(ask(None, "GET", "/schemes/hot-work"))["extensions"] == [made]
    refused(ask("lisa", "POST", f"/extensions/{made['id']}/withdrawal", {"reason": "no"}), 403, "not-allowed")
    ok(ask("cia", "POST", f"/extensions/{made['id']}/withdrawal", {"reason": "a mistake"}))
    assert ok(ask(None, "GET", "/schemes/hot-work/extensions"))["items"] == []
    again = ask("cia", "POST", f"/extensions/{made['id']}/withdrawal", {"reason": "a mistake"})
    refused(again, 409, "extension-withdrawn")


# ------------------------------------------------------------------ mandates


def test_a_mandate_s_life(ask: Ask, clock: Clock) -> None:
    new = {"scheme": "hot-work", "issuer": "examiner", "max_level": "C1", "since": "2026-03-01"}
    refused(ask("anna", "POST", "/mandates", new), 403, "not-allowed")
    refused(ask("lisa", "POST", "/mandates", new), 403, "not-allowed")
    granted = ask("cia", "POST", "/mandates", new)
    told = ok(granted, 201)
    at = f"/mandates/{told['id']}"
    assert granted.headers["location"] == f"/api/v1{at}"
    assert (told["standing"], told["owner"]) == ("in_force", "sector")
    suspension = {"from_day": str(TODAY), "until": str(TODAY + 9 * DAY), "reason": "secret complaint"}
    clock.at = NOW + timedelta(hours=1)
    suspended = ok(ask("cia", "POST", f"{at}/suspension", suspension))
    assert suspended["standing"] == "suspended"
    clock.at = NOW + timedelta(hours=2)
    withdrawn = ok(ask("cia", "POST", f"{at}/withdrawal", {"from_day": "2026-03-05", "reason": "closed"}))
    assert withdrawn["standing"] == "withdrawn"
    later = {"from_day": "2026-03-06", "reason": "closed"}
    refused(ask("cia", "POST", f"{at}/withdrawal", later), 409, "mandate-already-withdrawn")
    assert "secret" not in ask(None, "GET", at).text + ask(None, "GET", "/mandates").text
    history = ok(ask("anna", "GET", f"{at}/history"))["items"]
    assert [(one["kind"], one["actor"], one["reason"]) for one in history] == [
        ("granted", "cia", None),
        ("suspended", "cia", "secret complaint"),
        ("withdrawn", "cia", "closed"),
    ]
    refused(ask("lisa", "GET", f"{at}/history"), 403, "not-allowed")

    def standing(query: str) -> list[str]:
        items = ok(ask(None, "GET", f"/mandates?issuer=examiner&{query}"))["items"]
        return [one["standing"] for one in items]

    known = (NOW + timedelta(minutes=90)).isoformat().replace("+00:00", "Z")
    assert standing("on=2026-03-10") == ["withdrawn"]
    assert standing(f"on=2026-03-10&known={known}") == ["in_force"]
    assert standing(f"on={TODAY}&known={known}") == ["suspended"]
    assert standing("on=2026-03-10&known=2026-03-01T00:00:00Z") == []
    for query in ("on=soon", "on=0", "on=20260301", "known=0", "known=2026-03-01"):
        refused(ask(None, "GET", f"/mandates?{query}"), 422, "malformed-request")
    refused(ask(None, "GET", "/mandates?known=2026-03-01T00:00:00"), 422, "malformed-request")


def test_mandates_go_on_page_by_page(ask: Ask) -> None:
    for issuer in ("examiner", "keeper", "auditor"):
        new = {"scheme": "hot-work", "issuer": issuer, "max_level": "D", "since": "2026-03-01"}
        ok(ask("cia", "POST", "/mandates", new), 201)
    seen: list[str] = []
    path = "/mandates?scheme=hot-work&limit=2"
    while path:
        answer = ask(None, "GET", path)
        seen += [one["issuer"] for one in ok(answer)["items"]]
        path = answer.headers.get("link", "").split(">")[0].removeprefix("</api/v1")
    assert seen == ["issuer", "examiner", "keeper", "auditor"]


@pytest.mark.parametrize(
    ("change", "status", "name"),
    [
        ({"scheme": "nope"}, 404, "scheme-not-found"),
        ({"issuer": "nobody"}, 404, "organisation-not-found"),
        ({"issuer": "owner-person"}, 403, "mandate-not-allowed"),
        ({"versions": ["9"]}, 404, "scheme-not-found"),
        ({"until": "2026-02-01"}, 422, "malformed-input"),
        ({"max_level": "A"}, 422, "malformed-input"),
    ],
)
def test_what_a_mandate_may_not_be(ask: Ask, change: dict[str, Any], status: int, name: str) -> None:
    new = {"scheme": "hot-work", "issuer": "examiner", "max_level": "C1", "since": "2026-03-01"} | change
    refused(ask("cia", "POST", "/mandates", new), status, name)


# ------------------------------------------------------------------ recognitions


def test_a_recognition_s_life(ask: Ask) -> None:
    new = {"scheme": "hot-work", "accepts": "own-course", "accepted_from": "2026-03-01", "reason": "secret minute"}
    new |= {"issued_until": "2023-06-30", "condition": {"sv": "Sedd.", "nb": "Sett.", "en": "Seen."}}
    for who in ("anna", "lisa"):
        refused(ask(who, "POST", "/recognitions", new), 403, "not-allowed")
    refused(ask("lisa", "POST", "/recognitions", new | {"scheme": "own-course"}), 422, "malformed-input")
    refused(ask("cia", "POST", "/recognitions", new | {"accepts": "nope"}), 404, "scheme-not-found")
    refused(ask("cia", "POST", "/recognitions", new | {"min_level": "B"}), 403, "recognition-not-allowed")
    granted = ask("cia", "POST", "/recognitions", new)
    told = ok(granted, 201)
    at = f"/recognitions/{told['id']}"
    assert granted.headers["location"] == f"/api/v1{at}"
    assert (told["standing"], told["class_map"], told["condition"]["nb"]) == ("in_force", {}, "Sett.")
    ok(ask("lisa", "POST", "/recognitions", {**new, "scheme": "own-course", "accepts": "hot-work"}), 201)
    found = ok(ask(None, "GET", "/recognitions?scheme=hot-work&on=2026-02-28"))["items"]
    assert [(one["id"], one["standing"]) for one in found] == [(told["id"], "coming")]
    assert [one["scheme"] for one in ok(ask(None, "GET", "/recognitions?accepts=hot-work"))["items"]] == ["own-course"]
    refused(ask("lisa", "POST", f"{at}/withdrawal", {"from_day": "2026-04-01", "reason": "no"}), 403, "not-allowed")
    withdrawn = ok(ask("cia", "POST", f"{at}/withdrawal", {"from_day": "2026-04-01", "reason": "closed"}))
    assert (withdrawn["standing"], withdrawn["withdrawn_from"]) == ("in_force", "2026-04-01")
    again = ask("cia", "POST", f"{at}/withdrawal", {"from_day": "2026-04-01", "reason": "closed"})
    refused(again, 409, "recognition-already-withdrawn")
    refused(ask(None, "GET", "/recognitions/recognition-0000000000000000"), 404, "recognition-not-found")
    assert "secret" not in ask(None, "GET", at).text + ask(None, "GET", "/recognitions").text
    history = ok(ask("anna", "GET", f"{at}/history"))["items"]
    assert [(one["kind"], one["actor"], one["reason"]) for one in history] == [
        ("granted", "cia", "secret minute"),
        ("withdrawn", "cia", "closed"),
    ]
    refused(ask("lisa", "GET", f"{at}/history"), 403, "not-allowed")


def test_a_scheme_of_which_only_a_draft_exists_lets_nobody_issue(ask: Ask) -> None:
    ok(ask("anna", "POST", "/scheme-drafts", NEW), 201)
    new = {"scheme": "new-work", "issuer": "examiner", "max_level": "D", "since": "2026-03-01"}
    refused(ask("cia", "POST", "/mandates", new), 404, "scheme-not-found")
