import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from types import ModuleType

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from levels.level import Level
from verification.answer import answer
from verification.certificate import display_number
from verification.endpoint.api import MAX_BODY_BYTES
from verification.endpoint.presentation import CONTENT_SECURITY_POLICY
from verification.endpoint.router import verify_router
from verification.envelopes.cwt import compact_token, seal_cwt
from verification.judge import judge
from verification.qr import pack
from verification.reasons import reasons
from verification.record import held_against_register
from verification.situation import situation
from verification.verify import verify

LANGS = ("sv", "nb", "en")
ASK = "/api/v1/verify"


@pytest.fixture
def client(world: ModuleType) -> Iterator[TestClient]:
    yield from _client(world)


def _client(world: ModuleType, **source: object) -> Iterator[TestClient]:
    app = FastAPI()
    app.include_router(verify_router(world.FakeSource(**({"tokens": {world.NUMBER: world.full()}} | source))))
    with TestClient(app, raise_server_exceptions=True) as client:
        yield client


@pytest.mark.parametrize("lang", LANGS)
def test_the_api_gives_the_one_answer(client: TestClient, world: ModuleType, lang: str) -> None:
    response = client.post(ASK, json={"token": world.qr_text(), "lang": lang})
    alone = verify(world.qr_text(), world.TRUST, world.NOW)
    findings = held_against_register(alone, world.full(), world.TRUST, world.NOW)
    assert response.status_code == 200
    assert response.json() == answer(judge(findings, situation(), world.NOW), lang)
    assert response.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("lang", LANGS)
def test_the_page_shows_the_same_sentences(client: TestClient, world: ModuleType, lang: str) -> None:
    html = client.post(ASK, json={"token": world.qr_text(), "lang": lang}, headers={"Accept": "text/html"}).text
    told = client.post(ASK, json={"token": world.qr_text(), "lang": lang}).json()
    assert html.lstrip().startswith("<article")
    plain = html.replace("&#39;", "'").replace("&amp;", "&")
    for text in (told["title"], told["says"], *(entry["says"] for entry in told["reasons"])):
        assert text in plain
    assert all(f"/reasons/{entry['code']}?lang={lang}" in html for entry in told["reasons"])
    assert f"/levels/C1?lang={lang}" in html
    assert "1987" in html


def test_a_day_and_a_situation_may_be_asked_for(client: TestClient, world: ModuleType) -> None:
    told = client.post(ASK, json={"token": world.qr_text(), "on": "2031-03-01", "situation": "hiring"}).json()
    assert (told["headline"], told["on"], told["situation"]) == ("expired", "2031-03-01", "hiring")


@pytest.mark.parametrize("token", ["", "hello", "0", "9" * 70_000, "\x00", "<script>", "…", "a.b.c", "http://x/v#1"])
def test_any_text_is_answered(client: TestClient, token: str) -> None:
    response = client.post(ASK, json={"token": token})
    assert response.status_code == 200
    assert response.json()["headline"] == "unknown"


ECHOED = "Hemlig Hemligsson"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"{", id="half"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b"null", id="null"),
        pytest.param(b"{}", id="no token"),
        pytest.param(b'{"token": NaN}', id="NaN"),
        pytest.param(b'{"token": 5}', id="a number"),
        pytest.param(b'{"token": ["Hemlig Hemligsson"]}', id="a list of tokens"),
        pytest.param(b'{"token": "\\ud800"}', id="half a character"),
        pytest.param(b'{"token": "a", "token": "Hemlig Hemligsson"}', id="twice"),
        pytest.param(b'{"token": "a", "Hemlig Hemligsson": 1}', id="unknown member"),
        pytest.param(b'{"token": "a", "on": "Hemlig Hemligsson"}', id="no date"),
        pytest.param(b'{"token": "a", "on": 1}', id="a number for a date"),
        pytest.param(b'{"token": "a", "situation": "Hemlig Hemligsson"}', id="no situation"),
        pytest.param(b"\xff\xfe{\x00}\x00", id="UTF-16"),
        pytest.param(b"[" * 60_000, id="nested"),
        pytest.param(b'{"token": ' + b"9" * 5000 + b"}", id="five thousand digits"),
    ],
)
def test_a_body_that_is_no_question_is_a_problem_without_its_values(client: TestClient, body: bytes) -> None:
    response = client.post(ASK, content=body, headers={"Content-Type": "application/json"})
    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"
    assert set(response.json()) == {"type", "title", "status", "detail"}
    assert ECHOED not in response.text


def test_a_situation_that_is_not_known_names_those_that_are(client: TestClient) -> None:
    detail = client.post(ASK, json={"token": "a", "situation": "x"}).json()["detail"]
    assert "hot_work_permit" in detail


def test_too_much_is_refused(client: TestClient) -> None:
    response = client.post(ASK, content=b'{"token": "' + b"9" * MAX_BODY_BYTES + b'"}')
    assert response.status_code == 413
    assert response.headers["content-type"] == "application/problem+json"


def test_by_number_alone_nobody_sees_a_birth(client: TestClient, world: ModuleType) -> None:
    response = client.get(f"/api/v1/certificates/{display_number(world.NUMBER)}/verification?lang=en")
    assert response.json()["headline"] == "valid"
    assert response.json()["certificate"]["holder"] == "Åsa Lindström Bergqvist"
    for text in (response.text, client.get(f"/v/{world.NUMBER}").text):
        assert "1987" not in text
    assert client.head(f"/api/v1/certificates/{world.NUMBER}/verification").status_code == 200


@pytest.mark.parametrize("number", ["AAAA-AAAA-AAAA-AAAA", "hello", "%3Cscript%3E", "0" * 500, "\u0661"])
def test_a_number_that_is_not_there_is_not_found(client: TestClient, number: str) -> None:
    told = client.get(f"/api/v1/certificates/{number}/verification").json()
    assert (told["outcome"], told["headline"], told["certificate"]) == ("undetermined", "unknown", None)
    assert [entry["code"] for entry in told["reasons"]] == ["not_found"]
    page = client.get(f"/v/{number}")
    assert page.status_code == 200
    assert "<script>" not in page.text


def test_the_form_leads_to_the_number(client: TestClient, world: ModuleType) -> None:
    typed = display_number(world.NUMBER).lower()
    response = client.get("/v", params={"number": typed, "lang": "nb"}, follow_redirects=False)
    assert (response.status_code, response.headers["location"]) == (303, f"/v/{display_number(world.NUMBER)}?lang=nb")
    lost = client.get("/v", params={"number": "<script>alert(1)</script>"})
    assert lost.status_code == 200
    assert "<script>alert" not in lost.text


PAGES = ("/v", "/V", "/v/AAAA-AAAA-AAAA-AAAA", "/levels", "/levels/B", "/reasons", "/reasons/expired", "/levels/A")


@pytest.mark.parametrize("path", PAGES)
def test_every_page_has_its_headers_and_nothing_inline(client: TestClient, path: str) -> None:
    response = client.get(path)
    assert response.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert response.headers["referrer-policy"] == "no-referrer"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["permissions-policy"] == "camera=()"
    if path.lower().startswith("/v"):
        assert response.headers["cache-control"] == "no-store"
        assert "noindex" in response.headers["x-robots-tag"]
    assert not re.search(r"<script(?! type=\"module\" src=)|\sstyle=|\son\w+=|data:|<style", response.text)
    assert not re.search(r"(?:src|href)=\"(?:https?:)?//", response.text)
    assert client.head(path).status_code == response.status_code


@pytest.mark.parametrize("lang", LANGS)
def test_pages_speak_the_language_asked_for(client: TestClient, lang: str) -> None:
    for path in PAGES:
        assert f'<html lang="{lang}">' in client.get(path, params={"lang": lang}).text
        accepted = client.get(path, headers={"Accept-Language": f"fi, {lang};q=0.8, de;q=x"})
        assert f'<html lang="{lang}">' in accepted.text
    assert '<html lang="nb">' in client.get("/v", headers={"Accept-Language": "en;q=0.1, no"}).text


@pytest.mark.parametrize("lang", LANGS)
def test_every_level_and_reason_has_a_page(client: TestClient, lang: str) -> None:
    for level in Level:
        assert client.get(f"/levels/{level}", params={"lang": lang}).status_code == 200
    for code in reasons():
        assert client.get(f"/reasons/{code}", params={"lang": lang}).status_code == 200
    for path in ("/levels/A", "/levels/b", "/reasons/x", "/static/x", "/static/..%2fendpoint.py"):
        assert client.get(path, params={"lang": lang}).status_code == 404


def test_static_files_are_small_and_asked_for_once(client: TestClient) -> None:
    kinds = {"bevis.css": "text/css", "verify.js": "text/javascript", "mark.svg": "image/svg+xml"}
    for name, kind in kinds.items():
        response = client.get(f"/static/{name}")
        assert response.headers["content-type"].startswith(kind)
        again = client.get(f"/static/{name}", headers={"If-None-Match": response.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert client.head(f"/static/{name}").status_code == 200
    assert len(client.get("/static/bevis.css").content) < 12_000


def test_a_hostile_name_is_only_a_name_on_the_page(world: ModuleType) -> None:
    certificate = world.CERTIFICATE.model_copy(update={"holder_name": '"><img src=x onerror=alert(1)>'})
    token = seal_cwt(compact_token(certificate), bytes.fromhex("0a0b0c0d"), world.ATTESTATION)
    for client in _client(world, tokens={}):
        html = client.post(ASK, json={"token": pack(token, world.PUBLIC_URL)}, headers={"Accept": "text/html"}).text
        assert "<img" not in html
        assert "&lt;img" in html


@pytest.mark.parametrize(
    ("status", "colour", "struck"), [(0, "valid", False), (1, "invalid", True), (2, "invalid", True)]
)
def test_the_colour_the_shape_and_the_level_go_together(
    world: ModuleType, status: int, colour: str, struck: bool
) -> None:
    for client in _client(world, trusted=world.with_status(status)):
        html = client.get(f"/v/{world.NUMBER}").text
        assert f'class="banner {colour}"' in html
        assert f'href="#i-{colour}"' in html
        assert ("<s>" in html) == struck


def test_an_old_trust_is_amber_on_the_page(world: ModuleType) -> None:
    for client in _client(world, moment=datetime(2026, 11, 22, 15, 25, tzinfo=UTC)):
        html = client.get(f"/v/{world.NUMBER}").text
        assert 'class="banner undetermined"' in html


def test_the_register_is_asked_about_the_number_in_the_token(world: ModuleType) -> None:
    source = world.FakeSource()
    app = FastAPI()
    app.include_router(verify_router(source))
    with TestClient(app) as client:
        client.post(ASK, json={"token": world.qr_text()})
        client.post(ASK, json={"token": "hello"})
    assert source.asked == [world.NUMBER, None]


def test_the_api_is_described(client: TestClient) -> None:
    paths = json.loads(client.get("/openapi.json").text)["paths"]
    assert set(paths) == {ASK, "/api/v1/certificates/{number}/verification"}
    ask = paths[ASK]["post"]
    assert ask["operationId"] == "verifyToken"
    assert {"200", "413", "422"} <= set(ask["responses"])
    assert "token" in ask["requestBody"]["content"]["application/json"]["schema"]["properties"]
