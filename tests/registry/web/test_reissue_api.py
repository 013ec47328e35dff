"""What a stolen key has spoilt, issued anew over HTTP: listed with a line about each, asked for, decided on, done."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient

from registry.records.actors.access_log import access_lines
from registry.records.actors.api_keys import MOST_DAYS, create_api_key
from registry.records.whole.directory import Registry
from registry.signing.keys import Keyring
from registry.signing.private_keys import new_signer
from registry.signing.signing_request import SigningRequest, sign_all, understood
from tests.registry.conftest import ACTOR, NOW, ON_SQLITE, OPENED, hire
from tests.registry.issuing.changes.test_reissue import stolen, stolen_kid

pytestmark = ON_SQLITE
BEGINS_WITH = {"ask": stolen}
Ask = Callable[..., Any]
PEOPLE = {"rita": "requester", "anders": "approver"}


@pytest.fixture
def ask(web: TestClient, registry: Registry) -> Ask:
    hire(registry)
    keys = {}
    with registry.writing() as db:
        for who, role in PEOPLE.items():
            held: Any = {"organisation": "issuer", "roles": [role], "days": MOST_DAYS}
            keys[who] = create_api_key(db, account=who, **held, now=OPENED, actor="olga")[1]

    def asking(who: str, method: str, path: str, body: Any = None) -> Any:
        headers = {"Authorization": f"Bearer {keys[who]}"}
        if method == "POST":
            headers["Idempotency-Key"] = str(uuid4())
        return web.request(method, f"/api/v1{path}", json=body, headers=headers)

    return asking


def test_from_the_list_to_certificates_under_the_new_key(ask: Ask, registry: Registry) -> None:
    kid = stolen_kid(registry)
    page = ask("rita", "GET", f"/signing-keys/{kid}/spoilt?limit=2")
    assert page.status_code == 200
    assert [one["left_out"] for one in page.json()["items"]] == [None, None]
    assert 'rel="next"' in page.headers["Link"]
    thief = page.json()["items"][0]["number"]
    with registry.reading() as db:
        lines = access_lines(db, "certificate", thief.replace("-", ""))
    assert [line.action for line in lines] == ["certificate.reissue"]
    asked = ask("rita", "POST", "/reissues", {"key": kid, "left_out": [thief], "note": "board 7/2026"})
    assert (asked.status_code, asked.json()["certificates"]) == (202, 2)
    approval = asked.json()["approval"]
    assert ask("rita", "POST", f"/reissues/{approval['id']}/execution").status_code == 409
    decision = {"decision": "approve", "digest": approval["digest"]}
    assert ask("rita", "POST", f"/approvals/{approval['id']}/decision", decision).status_code == 403
    assert ask("anders", "POST", f"/approvals/{approval['id']}/decision", decision).status_code == 200
    done = ask("rita", "POST", f"/reissues/{approval['id']}/execution")
    assert (done.status_code, done.json()["before"], len(done.json()["certificates"])) == (200, False, 2)
    again = ask("rita", "POST", f"/reissues/{approval['id']}/execution")
    assert again.json() == done.json() | {"before": True}
    pair = done.json()["certificates"][0]
    new = ask("rita", "GET", f"/certificates/{pair['number'].replace('-', '')}").json()
    assert (new["corrects"], new["state"]) == (pair["former"], "valid")
    left = ask("rita", "GET", f"/signing-keys/{kid}/spoilt").json()["items"]
    assert sorted(str(one["left_out"]) for one in left) == ["None", "ended", "ended"]


def test_an_issuer_that_holds_its_key_itself(ask: Ask, registry: Registry, keyring: Keyring) -> None:
    own, kid = new_signer("own", "EdDSA"), stolen_kid(registry)
    approval = ask("rita", "POST", "/reissues", {"key": kid}).json()["approval"]
    at, decision = f"/reissues/{approval['id']}", {"decision": "approve", "digest": approval["digest"]}
    ask("anders", "POST", f"/approvals/{approval['id']}/decision", decision)
    assert ask("rita", "GET", f"{at}/to-sign").json()["type"] == "/problems/nothing-to-sign"
    with registry.writing() as db:
        held = keyring.keep_organisation_key(db, "issuer", own.public(), NOW, ACTOR).kid
    waits = ask("rita", "POST", f"{at}/execution")
    assert (waits.status_code, waits.json()["certificates"], waits.json()["kid"]) == (202, 3, held)
    request = SigningRequest.model_validate(ask("rita", "GET", f"{at}/to-sign").json())
    given = sign_all(request, understood(request, own.public()), own).model_dump()
    some = given | {"signatures": given["signatures"][:2]}
    assert ask("rita", "POST", f"{at}/signatures", some).json()["type"] == "/problems/signature-rejected"
    assert ask("rita", "POST", f"{at}/signatures", given | {"signatures": []}).status_code == 422
    done = ask("rita", "POST", f"{at}/signatures", given)
    assert (done.status_code, done.json()["before"], len(done.json()["certificates"])) == (200, False, 3)
    for path, body in (("signatures", given), ("execution", None)):
        assert ask("rita", "POST", f"{at}/{path}", body).json() == done.json() | {"before": True}


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        ({"key": "k0000000000"}, 404, "signing-key-not-found"),
        ({"key": "nonsense!"}, 422, "malformed-input"),
        ({"certificates": ["1234"]}, 422, "malformed-input"),
        ({"certificates": ["0000-0000-0000-0000"]}, 409, "nothing-to-change"),
        ({"occasion": "never-held"}, 404, "occasion-not-found"),
        ({"more": 1}, 422, "malformed-input"),
    ],
)
def test_what_is_not_asked_for(ask: Ask, registry: Registry, body: dict[str, Any], status: int, kind: str) -> None:
    answer = ask("rita", "POST", "/reissues", {"key": stolen_kid(registry)} | body)
    assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (status, kind), answer.text
