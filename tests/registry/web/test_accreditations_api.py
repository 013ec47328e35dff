"""Certificates about organisations and the accreditation desk over HTTP, and the pages anybody sees of them."""

import html
import json
import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient

from registry.records.actors.accounts import NewAccount, add_account, grant_role
from registry.records.actors.api_keys import MOST_DAYS, create_api_key
from registry.records.strict_input import parse
from registry.records.whole.directory import Registry
from registry.signing.keys import Keyring
from registry.signing.private_keys import new_signer
from registry.signing.signing_request import SigningRequest, sign_all, understood
from tests.registry.conftest import ACTOR, LONG_AGO, NOW, ON_SQLITE, OPENED

Ask = Callable[..., Any]
PEOPLE = {
    "rut": ("auditor", "requester", "Rut Prova"),
    "dan": ("auditor", "approver", "Dan Provb"),
    "isa": ("issuer", "requester", "Isa Provc"),
    "ola": ("sector", "scheme_approver", "Ola Provd"),
    "olle": ("sector", "scheme_approver", "Olle Provf"),
    "vera": (None, "operator", "Vera Prove"),
}
AUDIT = {
    "kind": "audit",
    "issuer": "auditor",
    "holder": "issuer",
    "extent": "full",
    "standard": "ISO/IEC 17024",
    "edition": "2026",
    "first_on": "2026-03-02",
    "last_on": "2026-03-03",
    "conforms": True,
    "findings": [{"ref": "A-1", "grade": "minor", "clause": "9.3"}],
}

pytestmark = ON_SQLITE


@pytest.fixture
def ask(web: TestClient, registry: Registry, keyring: Keyring) -> Ask:
    """Asks as somebody; a POST has an Idempotency-Key of its own."""
    keys: dict[str, str] = {}
    with registry.writing() as db:
        for slug in ("auditor", "examiner"):
            keyring.create_organisation_key(db, slug, OPENED, ACTOR)
        for number, (account, (where, role, name)) in enumerate(PEOPLE.items(), 1):
            given = {"id": account, "name": name, "birth_date": f"1970-01-0{number}"}
            add_account(db, parse(given, NewAccount), LONG_AGO, ACTOR)
            grant_role(db, account, where, role, now=LONG_AGO, actor=ACTOR)  # type: ignore[arg-type]
            held: Any = {"organisation": where, "roles": [role], "days": MOST_DAYS, "now": OPENED, "actor": ACTOR}
            keys[account] = create_api_key(db, account=account, **held)[1]

    def asking(account: str | None, path: str, body: Any = None, status: int = 200) -> Any:
        headers = {"Idempotency-Key": str(uuid4()), "Content-Type": "application/json"}
        if account:
            headers["Authorization"] = f"Bearer {keys[account]}"
        if body is None:
            answer = web.get(f"/api/v1{path}", headers=headers)
        else:
            answer = web.post(f"/api/v1{path}", content=json.dumps(body), headers=headers)
        assert answer.status_code == status, (path, answer.text)
        if "Location" in answer.headers:
            assert web.get(answer.headers["Location"], headers=headers).status_code == 200
        return answer.json() if "json" in answer.headers["content-type"] else answer.text

    return asking


def read(web: TestClient, path: str) -> str:
    """What a person reads, on one line."""
    answer = web.get(path)
    assert answer.status_code == 200
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


def test_from_an_application_to_a_sanction(web: TestClient, ask: Ask) -> None:
    new = {
        "body": "auditor",
        "applicant": "issuer",
        "standard": "ISO/IEC 17024",
        "edition": "2026",
        "scope": ["Hot work"],
    }
    at = f"/accreditations/{ask('isa', '/accreditations', new, 201)['id']}"
    document = {"name": "Handbook", "reference": "https://example.org/h.pdf", "sha256": "a" * 64}
    ask("isa", f"{at}/documents", document, 201)
    assert ask("isa", f"{at}/documents", document, 409)["type"] == "/problems/accreditation-step"
    days = {"valid_from": "2026-03-13", "valid_until": "2029-03-12", "surveillance_months": 12}
    over = days | {"valid_from": "2024-03-13", "valid_until": "2025-03-12", "outcome": "grant", "reason": "r"}
    assert "not over" in ask("rut", f"{at}/review", over, 409)["detail"]
    asked = ask("rut", f"{at}/review", {"outcome": "grant", "reason": "in place", **days}, 202)
    assert ask(None, "/accredited")["items"] == []
    told = ask("dan", f"/approvals/{asked['approval']}")["content"]
    assert [one["sha256"] for one in told["documents"]] == ["a" * 64]
    ask("rut", f"{at}/issuing", {}, 409)
    ask("dan", f"/approvals/{asked['approval']}/decision", {"decision": "approve", "digest": asked["digest"]})
    number = ask("rut", f"{at}/issuing", {})["certificate"]
    ask("dan", f"{at}/warning", {"reason": "late"})
    ask("dan", f"{at}/suspension", {"from_day": "2026-03-13", "until": "2026-03-20", "reason": "visit"})
    assert [step["kind"] for step in ask("isa", at)["steps"]][-3:] == ["granted", "warned", "suspended"]
    (public,) = ask(None, "/accredited?holder=issuer")["items"]
    assert (public["standing"], public["certificate"]) == ("suspended", number)
    assert [one["kind"] for one in public["sanctions"]] == ["warned", "suspended"]
    for path in ("/issuers?lang=en", "/issuers/issuer?lang=en"):
        page = read(web, path)
        for said in ("Accreditation by ISO/IEC 17024:2026", "Suspended", "warned on 2026-03-13", "by 2027-03-13"):
            assert said in page, (path, said)
    found = ask(None, f"/certificates/{number}/verification?situation=organisation&lang=en")
    assert (found["headline"], found["certificate"]["attests"]["kind"]) == ("suspended", "accreditation")
    assert "Provhuset" not in read(web, f"/v/{number}?situation=organisation&lang=sv")
    assert by_two(ask, f"{at}/reinstatement")["accreditation"]["certificate"] == number
    assert ask(None, "/accredited?holder=issuer")["items"][0]["standing"] == "in_force"
    ask("dan", f"{at}/withdrawal", {"from_day": "2026-03-13", "cause": "misuse", "reason": "again"})
    (listed,) = ask("isa", "/accreditations")["items"]
    assert (listed["state"], listed["standing"]) == ("granted", "revoked")


def test_two_people_of_the_owner_let_a_mandate_hold_again(ask: Ask) -> None:
    new = {"scheme": "hot-work", "issuer": "examiner", "max_level": "C2", "since": "2026-03-01"}
    mandate = ask("ola", "/mandates", new, 201)
    at, why = f"/mandates/{mandate['id']}", {"reason": "settled"}
    ask("ola", f"{at}/reinstatement", why, 409)
    ask("ola", f"{at}/suspension", {"from_day": "2026-03-10", "reason": "complaint"})
    early = {"from_day": "2026-03-10", "until": "2026-03-12", "reason": "settled"}
    ask("ola", f"{at}/suspension", early, 403)
    ask("ola", f"{at}/reinstatement", why | {"from_day": "2026-03-12"}, 422)
    ask("dan", f"{at}/reinstatement", why, 403)
    asked = ask("ola", f"{at}/reinstatement", why, 202)["approval"]
    decision = {"decision": "approve", "digest": asked["digest"]}
    assert ask("ola", f"/approvals/{asked['id']}/decision", decision, 403)["type"] == "/problems/same-person"
    ask("olle", f"/approvals/{asked['id']}/decision", decision)
    done = ask("ola", f"{at}/reinstatement", why)
    assert (done["done"], done["mandate"]["suspended_until"], done["mandate"]["standing"]) == (
        True,
        "2026-03-12",
        "in_force",
    )
    number = mandate["certificate"]
    decisions = ask("ola", f"{at}/history")["items"]
    assert [one["approval"] for one in decisions] == [None, None, asked["id"]]
    assert ask("ola", f"/organisation-certificates/{number}/history")["items"][-1]["approval"] == asked["id"]
    assert ask(None, f"/organisation-certificates/{number}")["standing"] == "in_force"
    (span,) = ask(None, f"/organisation-certificates/{number}")["suspended"]
    assert span == {"from_day": "2026-03-10", "until": "2026-03-12"}


def by_two(ask: Ask, path: str) -> Any:
    """Rut asks, Dan decides, and what Rut asked for is done."""
    why = {"reason": "put right"}
    waits = ask("rut", path, why, 202)
    assert not waits["done"]
    asked = waits["approval"]
    decision = {"decision": "approve", "digest": asked["digest"]}
    assert ask("rut", f"/approvals/{asked['id']}/decision", decision, 403)["type"] == "/problems/not-allowed"
    assert ask("dan", path, why, 202)["approval"]["id"] != asked["id"]
    asked = ask("rut", path, why, 202)["approval"]
    ask("dan", f"/approvals/{asked['id']}/decision", {"decision": "approve", "digest": asked["digest"]})
    assert ask("isa", path, why, 403)
    done = ask("rut", path, why)
    assert (done["done"], done["approval"]) == (True, None)
    ask("rut", path, why, 409)
    return done


def test_a_mandate_and_an_audit_are_certificates_that_anybody_reads(web: TestClient, ask: Ask) -> None:
    new = {"scheme": "hot-work", "issuer": "examiner", "max_level": "C2", "since": "2026-03-01"}
    mandate = ask("ola", "/mandates", new, 201)
    # What was sent is not told back, and days of ours stay whole: the year stands in the edition, too.
    late = ask("dan", "/audits", AUDIT | {"last_on": "2026-12-24"}, 422)["errors"][0]["detail"]
    assert late == "lies in the future; today is 2026-03-13"
    audit = ask("dan", "/audits", AUDIT, 201)["number"]
    closed = {"closed": [{"ref": "A-1", "closed_on": "2026-03-10"}], "conforms": True}
    later = ask("dan", f"/organisation-certificates/{audit}/follow-up", closed, 201)
    assert (later["replaces"], later["attests"]["findings"][0]["closed_on"]) == (audit, "2026-03-10")
    by_kind = {one["kind"]: one for one in ask(None, "/organisation-certificates")["items"]}
    assert by_kind["mandate"]["number"] == mandate["certificate"]
    assert ask(None, f"/organisation-certificates/{audit}")["standing"] == "superseded"
    for number in (mandate["certificate"], later["number"]):
        where = f"/organisation-certificates/{number}"
        whole = ask(None, f"{where}/document") + "\n\n" + ask(None, f"{where}/proof")
        found = ask(None, "/verify", {"token": whole, "situation": "organisation", "lang": "en"})
        assert found["headline"] == "valid"
        assert "in_log" in {one["code"] for one in found["reasons"]}
        assert "Genuine" in read(web, f"/v/{number}?situation=organisation&lang=en")
        assert ask(None, f"/certificates/{number}/verification")["headline"] == "not_sufficient"
    assert "Full audit against ISO/IEC 17024:2026" in read(web, "/issuers/issuer?lang=en")
    ask("dan", f"/organisation-certificates/{later['number']}/suspension", {"from_day": "2026-03-13", "reason": "seen"})
    done = by_two(ask, f"/organisation-certificates/{later['number']}/reinstatement")
    assert (done["certificate"]["standing"], done["certificate"]["suspended"]) == ("in_force", [])
    declared = {"organisation": "issuer", "kind": "full_audit", "on": "2026-03-03", "certificate": audit}
    assert ask("vera", "/declarations", declared, 201)["confirmed_by"] == "auditor"
    assert ask("vera", "/declarations", declared | {"on": "2026-03-02"}, 422)
    ask("ola", f"/mandates/{mandate['id']}/withdrawal", {"from_day": "2026-03-13", "reason": "board"})
    assert ask(None, f"/certificates/{mandate['certificate']}/verification")["headline"] == "revoked"


def test_who_holds_its_key_itself_signs_elsewhere(ask: Ask, registry: Registry, keyring: Keyring) -> None:
    own = new_signer("own", "EdDSA")
    with registry.writing() as db:
        keyring.keep_organisation_key(db, "auditor", own.public(), NOW, ACTOR)

    def signed(asked: Any) -> dict[str, Any]:
        request = SigningRequest.model_validate(asked)
        return sign_all(request, understood(request, own.public()), own).model_dump()

    def kept(path: str, body: Any) -> str:
        given = signed(ask("dan", path, body, 202))
        at = f"/organisation-certificates/{given['batch']}/signature"
        ask("isa", at, given, 403)
        told = ask("dan", at, given)
        assert ask("dan", at, given) == told
        assert told["standing"] == "in_force"
        number: str = told["number"]
        return number

    audit = kept("/audits", AUDIT)
    quality = {"kind": "quality_certificate", "issuer": "auditor", "holder": "issuer", "standard": "ISO 9001"}
    days = {"valid_from": "2026-03-01", "valid_until": "2028-12-31"}
    kept("/quality-certificates", quality | days | {"edition": "2015"})
    closed = {"closed": [{"ref": "A-1", "closed_on": "2026-03-10"}], "conforms": True}
    later = kept(f"/organisation-certificates/{audit}/follow-up", closed)
    assert ask(None, f"/organisation-certificates/{audit}")["replaced_by"] == later
    new = {name: AUDIT[name] for name in ("standard", "edition")} | {"body": "auditor", "applicant": "issuer"}
    at = f"/accreditations/{ask('isa', '/accreditations', new | {'scope': ['Hot work']}, 201)['id']}"
    ask("isa", f"{at}/documents", {"name": "H", "reference": "shelf 1", "sha256": "a" * 64}, 201)
    period = {"valid_from": "2026-03-13", "valid_until": "2029-03-12", "surveillance_months": 12}
    asked = ask("rut", f"{at}/review", {"outcome": "grant", "reason": "in place", **period}, 202)
    ask("dan", f"/approvals/{asked['approval']}/decision", {"decision": "approve", "digest": asked["digest"]})
    given = signed(ask("rut", f"{at}/issuing", {}, 202))
    assert given["digest"] == asked["digest"]
    ask("rut", f"{at}/signature", given | {"signatures": []}, 422)
    number = ask("rut", f"{at}/signature", given)["certificate"]
    assert ask("rut", f"{at}/signature", given)["certificate"] == number
    found = ask(None, f"/certificates/{number}/verification?situation=organisation")
    assert found["headline"] == "valid"
    ask("dan", "/organisation-certificates/0000-0000-0000-0000/signature", given, 404)
