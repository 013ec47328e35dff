"""All certificates of one cause over HTTP: looked at with a line about each, asked for, decided on, carried out."""

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient

from registry.records.actors.access_log import access_lines
from registry.records.actors.accounts import grant_role
from registry.records.actors.api_keys import MOST_DAYS, create_api_key
from registry.records.issued.certificates import certificates
from registry.records.mandates.mandates import mandates_of
from registry.records.whole.directory import Registry
from registry.signing.keys import Keyring
from tests.registry.conftest import NOW, OPENED, hire, issue, person, roster

Ask = Callable[..., Any]
PEOPLE = {
    "rita": ("rita", "issuer", "requester"),
    "anders": ("anders", "issuer", "approver"),
    "solo": ("rita", "solo", "requester"),
    "owner": ("anders", "sector", "scheme_approver"),
    "olga": ("olga", None, "operator"),
}
CAUSE = {"cause": "examiner", "which": "eva", "change": "suspend", "reason": "fraud"}
PREVIEW = "/mass-changes/preview?cause=examiner&which=eva&change=suspend&reason=fraud"


def three(registry: Registry, keyring: Keyring) -> None:
    """Three of hot work."""
    hire(registry)
    issue(
        registry,
        keyring,
        "hot-work-march",
        roster(person(2, "Asa Lindstrom"), person(3, "Bo Ek"), person(4, "Cia Dal")),
    )


BEGINS_WITH = {"ask": three}


@pytest.fixture
def ask(web: TestClient, registry: Registry) -> Ask:
    """Asks as somebody; a POST has an Idempotency-Key of its own."""
    keys: dict[str, str] = {}
    with registry.writing() as db:
        grant_role(db, "anders", "sector", "scheme_approver", now=OPENED, actor="olga")
        for who, (account, organisation, role) in PEOPLE.items():
            held: Any = {"organisation": organisation, "roles": [role], "days": MOST_DAYS}
            keys[who] = create_api_key(db, account=account, **held, now=OPENED, actor="olga")[1]

    def asking(who: str, method: str, path: str, body: Any = None) -> Any:
        headers = {"Authorization": f"Bearer {keys[who]}"}
        if method == "POST":
            headers["Idempotency-Key"] = str(uuid4())
        if body is not None:
            headers["Content-Type"] = "application/json"
        content = None if body is None else json.dumps(body)
        return web.request(method, f"/api/v1{path}", content=content, headers=headers)

    return asking


def refused(answer: Any, status: int, kind: str) -> None:
    assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{kind}"), answer.text


def approve(ask: Ask, approval: dict[str, Any]) -> None:
    given = {"decision": "approve", "digest": approval["digest"]}
    answer = ask("anders", "POST", f"/approvals/{approval['id']}/decision", given)
    assert answer.status_code == 200, answer.text


def test_the_preview_is_read_a_page_at_a_time(ask: Ask, registry: Registry) -> None:
    for who in ("rita", "anders", "owner", "olga"):
        told = ask(who, "GET", PREVIEW)
        assert told.status_code == 200, told.text
        assert told.json()["counts"] == {
            "to_change": 3,
            "by_state": {"issued": 3},
            "by_issuer": {"issuer": 3},
            "by_level": {"B": 3},
            "left_out": {},
        }
    assert told.json()["organisation"] is None
    path, names = f"{PREVIEW}&limit=2", list[str]()
    while path:
        answer = ask("rita", "GET", path)
        names += [one["holder"] for one in answer.json()["items"]]
        link = answer.headers.get("link")
        path = link.split(">")[0].removeprefix("</api/v1") if link else ""
    assert sorted(names) == ["Asa Lindstrom", "Bo Ek", "Cia Dal"]
    with registry.reading() as db:
        lines = access_lines(db, "certificate", certificates(db)[0].number)
    assert {(line.account, line.action) for line in lines} == {
        (who, "certificate.mass_change") for who in ("rita", "anders", "olga")
    }


def test_asked_for_decided_on_carried_out_and_back(ask: Ask, registry: Registry) -> None:
    asked = ask("rita", "POST", "/mass-changes", {**CAUSE, "note": "report 7"})
    assert (asked.status_code, asked.json()["certificates"]) == (202, 3), asked.text
    approval = asked.json()["approval"]
    execution = f"/mass-changes/{approval['id']}/execution"
    refused(ask("rita", "POST", execution), 409, "approval-needed")
    refused(ask("solo", "POST", execution), 404, "approval-not-found")
    assert len(ask("anders", "GET", f"/approvals/{approval['id']}").json()["content"]["certificates"]) == 3
    approve(ask, approval)
    refused(ask("anders", "POST", execution), 403, "not-allowed")
    done = ask("rita", "POST", execution)
    assert (done.status_code, done.json()) == (200, {"certificates": 3, "change": "suspend", "before": False})
    assert ask("rita", "POST", execution).json()["before"]
    assert ask("rita", "GET", PREVIEW).json()["counts"]["left_out"] == {"suspended": 3}
    refused(ask("rita", "POST", "/mass-changes", CAUSE), 409, "nothing-to-change")
    back = {"suspended_by": approval["id"], "reason": "resolved"}
    refused(ask("solo", "POST", "/mass-changes/reinstatement", back), 404, "approval-not-found")
    preview = ask(
        "anders", "GET", f"/mass-changes/preview?change=reinstate&reason=resolved&suspended_by={approval['id']}"
    )
    assert (preview.json()["change"], preview.json()["counts"]["to_change"]) == ("reinstate", 3)
    again = ask("rita", "POST", "/mass-changes/reinstatement", back).json()["approval"]
    approve(ask, again)
    assert ask("rita", "POST", f"/mass-changes/{again['id']}/execution").json()["certificates"] == 3
    with registry.reading() as db:
        assert {row.state for row in certificates(db)} == {"issued"}


@pytest.mark.parametrize(
    ("who", "body", "status", "kind"),
    [
        ("solo", CAUSE, 409, "nothing-to-change"),
        ("solo", CAUSE | {"organisation": "issuer"}, 403, "not-allowed"),
        ("anders", CAUSE, 403, "not-allowed"),
        ("rita", CAUSE | {"cause": "occasion", "which": "never"}, 404, "occasion-not-found"),
        ("solo", CAUSE | {"cause": "occasion", "which": "hot-work-march"}, 404, "occasion-not-found"),
        ("rita", CAUSE | {"cause": "batch", "which": "batch-0"}, 404, "batch-not-found"),
        ("rita", CAUSE | {"cause": "signing_key", "which": "never"}, 404, "signing-key-not-found"),
        ("rita", CAUSE | {"cause": "mandate", "which": "never"}, 404, "mandate-not-found"),
        ("rita", CAUSE | {"cause": "weather"}, 422, "malformed-input"),
        ("rita", CAUSE | {"change": "reinstate"}, 422, "malformed-input"),
        ("rita", CAUSE | {"note": "900101-1234"}, 422, "malformed-input"),
        ("rita", CAUSE | {"issued_from": "2026-03-02", "issued_until": "2026-03-01"}, 422, "malformed-input"),
        ("rita", CAUSE | {"reason": "dislike"}, 422, "unknown-reason"),
    ],
)
def test_what_is_not_asked_for(ask: Ask, who: str, body: dict[str, str], status: int, kind: str) -> None:
    refused(ask(who, "POST", "/mass-changes", body), status, kind)


def test_withdrawing_a_mandate_back_in_time_tells_what_it_leaves_without_cover(ask: Ask, registry: Registry) -> None:
    with registry.reading() as db:
        (mandate,) = mandates_of(db, scheme="hot-work", issuer="issuer")
    at = f"/mandates/{mandate.public_id}/withdrawal"
    later = ask("owner", "POST", at, {"from_day": "2026-04-01", "reason": "complaint 3"}).json()
    assert (later["issued_since"], later["mass_change_preview"]) == (0, None)
    told = ask("owner", "POST", at, {"from_day": NOW.date().isoformat(), "reason": "complaint 3"}).json()
    assert told["issued_since"] == 3
    preview = ask("owner", "GET", told["mass_change_preview"].removeprefix("/api/v1"))
    assert preview.json()["counts"]["to_change"] == 3, preview.text
