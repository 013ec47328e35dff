"""What a scanner fetches: the trust file, the root key, and what a gate asks."""

from datetime import timedelta

from fastapi.testclient import TestClient

from registry.issuing.changes.withdraw import revoke
from registry.records.issued.certificates import IssuedCertificate
from registry.records.whole.directory import Registry
from tests.registry.conftest import ACTOR, NOW, PUBLIC_URL
from tests.registry.web.conftest import Clock
from verification.log.note import NoteKey, key_from
from verification.status_list import Status
from verification.trust_file import trust_from_file


def root_of(web: TestClient) -> NoteKey:
    return key_from(web.get("/trust.root").text.strip())


def test_the_trust_file_is_signed_with_the_root_key_and_follows_the_records(
    web: TestClient, registry: Registry, issued: IssuedCertificate, clock: Clock
) -> None:
    first = web.get("/trust.jws")
    assert first.status_code == 200
    assert first.headers["content-type"] == "application/jose"
    known = trust_from_file(first.content, root_of(web))
    assert known.checked
    assert known.trust.status_lists[issued.status_list].statuses.at(issued.status_index) == Status.VALID
    assert web.get("/trust.jws", headers={"If-None-Match": first.headers["etag"]}).status_code == 304
    with registry.writing() as db:
        revoke(db, issued.number, reason="error", now=NOW, actor=ACTOR)
    assert web.get("/trust.jws").content == first.content  # made anew for nobody in the first seconds
    clock.at += timedelta(seconds=30)
    after = web.get("/trust.jws")
    told = trust_from_file(after.content, root_of(web)).trust
    assert told.as_of == clock.at
    assert told.status_lists[issued.status_list].statuses.at(issued.status_index) == Status.WITHDRAWN


def test_what_a_gate_asks_is_a_link_that_pins_the_root_key(web: TestClient, issued: IssuedCertificate) -> None:
    told = web.get(
        "/api/v1/gate-profiles", params={"situation": "hiring", "scheme": issued.scheme, "level": "C2"}
    ).json()
    assert told["root"] == web.get("/trust.root").text.strip()
    assert told["link"].startswith(f"{PUBLIC_URL}/scan#gate?situation=hiring&scheme={issued.scheme}&level=C2&root=")
    assert web.get("/api/v1/gate-profiles", params={"situation": "party"}).status_code == 422
    assert web.get("/api/v1/gate-profiles", params={"scheme": "no-such"}).status_code == 422
    other = {"situation": "hot_work_permit", "scheme": "fork-lift"}
    assert web.get("/api/v1/gate-profiles", params=other).status_code == 422
    page = web.get("/gate", params={"lang": "en", "situation": "hiring", "scheme": issued.scheme, "level": "C2"})
    assert page.status_code == 200
    assert told["link"].replace("&", "&amp;") in page.text
    assert web.get("/gate?situation=nonsense&scheme=%22%3E").status_code == 200
    code = web.get("/gate.svg", params={"situation": "hiring"})
    assert code.headers["content-type"].startswith("image/svg+xml")
    assert code.headers["content-security-policy"] == "default-src 'none'"
    assert web.get("/gate.svg?situation=nonsense").status_code == 422
