import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from types import ModuleType

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from levels.level import Level
from verification.answer import answer
from verification.certificate import display_number
from verification.endpoint.client_address import trusted_proxies
from verification.endpoint.gate import Limits
from verification.endpoint.presentation import CONTENT_SECURITY_POLICY
from verification.endpoint.question import MAX_BODY_BYTES, MAX_TOKEN
from verification.endpoint.router import verify_router
from verification.envelopes.cwt import compact_token, seal_cwt
from verification.judge import judge
from verification.presented import opened
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
    findings = held_against_register(alone, opened(world.qr_text()), world.full(), world.TRUST, world.NOW)
    assert response.status_code == 200
    assert response.json() == answer(judge(findings, situation(), world.NOW), lang)
    assert response.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("lang", LANGS)
def test_the_page_shows_the_same_sentences(client: TestClient, world: ModuleType, lang: str) -> None:
    html = client.post(ASK, json={"token": world.qr_text(), "lang": lang}, headers={"Accept": "text/html"}).text
    told = client.post(ASK, json={"token": world.qr_text(), "lang": lang}).json()
    assert html.lstrip().startswith("<article")
    plain = re.sub(r'<span class="day">(.*?)</span>', r"\1", html).replace("&#39;", "'").replace("&amp;", "&")
    for text in (told["title"], told["says"], *(entry["says"] for entry in told["reasons"])):
        assert text in plain
    assert all(f"/reasons/{entry['code']}?lang={lang}" in html for entry in told["reasons"])
    assert f"/levels/C1?lang={lang}" in html
    assert "1987" in html


def test_a_day_and_a_situation_may_be_asked_for(client: TestClient, world: ModuleType) -> None:
    told = client.post(ASK, json={"token": world.qr_text(), "on": "2031-03-01", "situation": "hiring"}).json()
    assert (told["headline"], told["on"], told["situation"]) == ("expired", "2031-03-01", "hiring")


@pytest.mark.parametrize("token", ["", "hello", "0", "9" * 70_000, "\x01", "<script>", "…", "a.b.c", "http://x/v#1"])
def test_any_text_is_answered(client: TestClient, token: str) -> None:
    response = client.post(ASK, json={"token": token})
    assert response.status_code == 200
    assert response.json()["headline"] == "unknown"


ECHOED = "Hemlig Hemligsson"
JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"{", id="half"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b"null", id="null"),
        pytest.param(b'{"token": NaN}', id="NaN"),
        pytest.param(b'{"token": "\\ud800"}', id="half a character"),
        pytest.param(b'{"token": "a\\u0000"}', id="NUL"),
        pytest.param(b'{"token": "a", "token": "Hemlig Hemligsson"}', id="twice"),
        pytest.param(b'\xef\xbb\xbf{"token": "a"}', id="a byte order mark"),
        pytest.param(b"\xff\xfe{\x00}\x00", id="UTF-16"),
        pytest.param(b"[" * 60_000, id="nested"),
        pytest.param(b'{"token": ' + b"9" * 5000 + b"}", id="five thousand digits"),
    ],
)
def test_a_body_that_cannot_be_read_in_one_way_is_told_how(client: TestClient, body: bytes) -> None:
    response = client.post(ASK, content=body, headers=JSON)
    assert (response.status_code, response.json()["type"]) == (400, "/problems/not-json")
    assert response.headers["content-type"] == "application/problem+json"
    assert "Send one JSON object in UTF-8" in response.json()["detail"]
    assert ECHOED not in response.text


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        pytest.param({}, [("#/token", "is missing")], id="no token"),
        pytest.param({"token": 5}, [("#/token", "must be text")], id="a number"),
        pytest.param({"token": None}, [("#/token", "must be text")], id="null"),
        pytest.param({"token": [ECHOED]}, [("#/token", "must be text")], id="a list of tokens"),
        pytest.param({"token": "x" * (MAX_TOKEN + 1)}, [("#/token", "longer than 81920")], id="a long token"),
        pytest.param({"token": "a", "tokens": ["a"]}, [("#/tokens", "exclude one another")], id="both"),
        pytest.param({"tokens": []}, [("#/tokens", "is empty")], id="none"),
        pytest.param({"tokens": ["a"] * 1001}, [("#/tokens", "more than 1000")], id="too many"),
        pytest.param({"tokens": "a"}, [("#/tokens", "must be a list")], id="no list"),
        pytest.param({"tokens": ["a", 5, ECHOED, None]}, [("#/tokens/1", "text"), ("#/tokens/3", "text")], id="two"),
        pytest.param({"token": "a", ECHOED: 1}, [("#", "not known; known are")], id="unknown member"),
        pytest.param({"token": "a", "on": ECHOED}, [("#/on", "must be a day")], id="no date"),
        pytest.param({"token": "a", "on": "2026-02-30"}, [("#/on", "is no day")], id="the 30th of February"),
        pytest.param({"token": "a", "on": "1066-10-14"}, [("#/on", "between 1900")], id="long ago"),
        pytest.param({"token": "a", "on": 1}, [("#/on", "must be a day")], id="a number for a date"),
        pytest.param({"token": "a", "situation": ECHOED}, [("#/situation", "hot_work_permit")], id="no situation"),
        pytest.param({"token": "a", "situation": {}}, [("#/situation", "must be one of")], id="an object"),
        pytest.param({"token": "a", "situation": 1}, [("#/situation", "must be one of")], id="a number for it"),
        pytest.param({"token": "a", "lang": "\u00e5"}, [("#/lang", "no language")], id="no language"),
        pytest.param({"token": "a", "schemes": [["x"]]}, [("#/schemes/0", "must be text")], id="a list in the list"),
        pytest.param({"token": "a", "schemes": []}, [("#/schemes", "is empty")], id="no schemes"),
        pytest.param({"token": "a", "schemes": ["a b"]}, [("#/schemes/0", "no code")], id="no code"),
        pytest.param({"token": "a", "schemes": ["x", "x"]}, [("#/schemes", "twice")], id="a scheme twice"),
        pytest.param({"token": "a", "lang": "x" * 41}, [("#/lang", "longer than 40")], id="a long language"),
        pytest.param({"on": 1, "lang": 2}, [("#/on", "day"), ("#/lang", "text"), ("#/token", "missing")], id="three"),
    ],
)
def test_every_fault_is_told_with_its_place_and_without_its_value(
    client: TestClient, body: dict[str, object], faults: list[tuple[str, str]]
) -> None:
    response = client.post(ASK, json=body)
    assert (response.status_code, response.json()["type"]) == (422, "/problems/not-a-question")
    assert response.headers["content-type"] == "application/problem+json"
    told = response.json()["errors"]
    assert [one["pointer"] for one in told] == [pointer for pointer, _ in faults]
    assert all(says in one["detail"] for one, (_, says) in zip(told, faults, strict=True))
    assert ECHOED not in response.text


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("on=soon", "#/on"),
        ("situation=party", "#/situation"),
        ("schemes=a%20b", "#/schemes/0"),
        ("on=2026-01-01&on=2026-01-02", "#/on"),
        ("Hemlig=1&Hemlig=2", "#"),
        ("situatoin=hiring", "#"),
    ],
)
def test_a_query_is_read_as_strictly(client: TestClient, query: str, pointer: str) -> None:
    response = client.get(f"/api/v1/certificates/AAAA-AAAA-AAAA-AAAA/verification?{query}")
    assert (response.status_code, response.json()["type"]) == (422, "/problems/not-a-question")
    assert response.json()["errors"][0]["pointer"] == pointer
    assert "Hemlig" not in response.text


def test_a_query_may_ask_all_that_a_body_may(client: TestClient, world: ModuleType) -> None:
    query = "situation=hiring&on=2031-03-01&lang=nb&schemes=heta-arbeten&schemes=truck"
    told = client.get(f"/api/v1/certificates/{world.NUMBER}/verification?{query}")
    assert (told.json()["headline"], told.json()["on"], told.json()["situation"]) == ("expired", "2031-03-01", "hiring")
    assert told.headers["content-language"] == "nb"


@pytest.mark.parametrize(
    "kind",
    ["", "text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-16", "application/jsonp"],
)
def test_only_json_is_read(client: TestClient, kind: str) -> None:
    response = client.post(ASK, content=b'{"token": "a"}', headers={"Content-Type": kind})
    assert (response.status_code, response.json()["type"]) == (415, "/problems/not-application-json")
    assert response.headers["accept-post"] == "application/json"


@pytest.mark.parametrize(
    "kind", ["application/json", "Application/JSON; charset=UTF-8", 'application/json;charset="utf-8"']
)
def test_json_may_say_that_it_is_utf_8(client: TestClient, kind: str) -> None:
    assert client.post(ASK, content=b'{"token": "a"}', headers={"Content-Type": kind}).status_code == 200


def test_a_packed_body_is_not_unpacked(client: TestClient) -> None:
    assert client.post(ASK, content=b"x", headers=JSON | {"Content-Encoding": "gzip"}).status_code == 415


@pytest.mark.parametrize("announced", [True, False])
def test_too_much_is_refused(client: TestClient, announced: bool) -> None:
    body = b'{"token": "' + b"9" * MAX_BODY_BYTES + b'"}'
    response = client.post(ASK, content=body if announced else iter([body]), headers=JSON)
    assert (response.status_code, response.json()["type"]) == (413, "/problems/body-too-large")


# ------------------------------------------------------------------ many at once


def test_many_are_answered_in_their_order_as_each_alone_is(client: TestClient, world: ModuleType) -> None:
    tokens = [world.NUMBER, world.qr_text(), "hello", world.full(), "AAAA-AAAA-AAAA-AAAA", world.qr_text()]
    told = client.post(ASK, json={"tokens": tokens, "situation": "hiring", "lang": "en"}).json()
    alone = [client.post(ASK, json={"token": one, "situation": "hiring", "lang": "en"}).json() for one in tokens]
    assert told == {"answers": alone}
    assert [one["certificate"] and one["certificate"]["birth"] for one in told["answers"]][:2] == [None, "1987"]


def test_a_thousand_are_answered(client: TestClient, world: ModuleType) -> None:
    response = client.post(ASK, json={"tokens": [world.NUMBER] * 1000})
    assert response.headers["content-type"] == "application/json"
    assert len(response.json()["answers"]) == 1000
    shown = client.post(ASK, json={"tokens": [world.NUMBER] * 1000}, headers={"Accept": "text/html"})
    assert shown.text.count('class="card one') == 1000
    assert len(shown.content) < 1_000_000  # a line each
    assert len(client.post(ASK, json={"tokens": ["hello"]}).json()["answers"]) == 1


def test_what_the_address_says_holds_where_the_body_says_nothing_of_it(client: TestClient, world: ModuleType) -> None:
    body = {"token": world.qr_text(), "lang": "en"}
    told = client.post(f"{ASK}?lang=sv&situation=hiring", json=body).json()
    assert (told["situation"], told["title"]) == ("hiring", "Valid")
    for wrong in ("situation=null", "lang=en&lang=sv", "nonsense=1", "on=yesterday", "lang=0.5"):
        assert client.post(f"{ASK}?{wrong}", json=body).status_code == 422


def test_schemes_narrow_what_a_situation_asks(client: TestClient, world: ModuleType) -> None:
    wanted = client.post(ASK, json={"token": world.qr_text(), "schemes": ["truck", "heta-arbeten"]}).json()
    other = client.post(ASK, json={"token": world.qr_text(), "schemes": ["truck"]}).json()
    assert (wanted["headline"], other["headline"]) == ("valid", "not_sufficient")


@pytest.mark.parametrize(
    ("level", "situation", "headline"),
    [
        pytest.param("C2", "site_entry", "valid", id="as high"),
        pytest.param("B", "site_entry", "not_sufficient", id="higher"),
        pytest.param("F", "hot_work_permit", "valid", id="what the situation asks stands"),
    ],
)
def test_a_level_narrows_what_a_situation_asks(
    client: TestClient, world: ModuleType, level: str, situation: str, headline: str
) -> None:
    asked = {"token": world.qr_text(), "situation": situation, "level": level}
    assert client.post(ASK, json=asked).json()["headline"] == headline
    refused = client.post(ASK, json={**asked, "level": "A"})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "#/level")


# ------------------------------------------------------------------ browsers of others


def test_a_page_from_elsewhere_may_ask(client: TestClient, world: ModuleType) -> None:
    origin = {"Origin": "https://gate.example"}
    for path, method in ((ASK, "POST"), (f"/api/v1/certificates/{world.NUMBER}/verification", "GET")):
        before = client.options(path, headers=origin | {"Access-Control-Request-Method": method})
        assert before.status_code == 204
        assert method in before.headers["access-control-allow-methods"]
        assert "Content-Type" in before.headers["access-control-allow-headers"]
        answers = [
            before,
            client.request(method, path, json={"token": "a"} if method == "POST" else None, headers=origin),
        ]
        answers.append(client.request(method, path + "?on=x", content=b"", headers=origin))
        for answer_given in answers:
            assert answer_given.headers["access-control-allow-origin"] == "*"
            assert "access-control-allow-credentials" not in answer_given.headers


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


@pytest.mark.parametrize("other", ["hello", "AAAA-AAAA-AAAA-AAAB", "0" * 500, "…"])
def test_unknown_and_malformed_are_answered_alike(client: TestClient, other: str) -> None:
    one = client.get("/api/v1/certificates/AAAA-AAAA-AAAA-AAAA/verification")
    another = client.get(f"/api/v1/certificates/{other}/verification")
    assert (another.content, another.status_code, another.headers) == (one.content, one.status_code, one.headers)


def test_another_registrys_number_is_answered_alike_whether_it_is_one_here(
    client: TestClient, world: ModuleType
) -> None:
    ours, nobodys = (
        client.post(ASK, json={"token": f"https://elsewhere.example/v/{number}"})
        for number in (world.NUMBER, "AAAAAAAAAAAAAAAA")
    )
    assert (ours.content, ours.headers) == (nobodys.content, nobodys.headers)
    assert [entry["code"] for entry in ours.json()["reasons"]] == ["address_other", "not_found"]


def test_the_form_leads_to_the_number(client: TestClient, world: ModuleType) -> None:
    typed = display_number(world.NUMBER).lower()
    response = client.get("/v", params={"number": typed, "lang": "nb"}, follow_redirects=False)
    assert (response.status_code, response.headers["location"]) == (303, f"/v/{display_number(world.NUMBER)}?lang=nb")
    lost = client.get("/v", params={"number": "<script>alert(1)</script>"})
    assert lost.status_code == 200
    assert "<script>alert" not in lost.text


PAGES = (
    "/problems",
    "/problems/not-json",
    "/v",
    "/V",
    "/v/AAAA-AAAA-AAAA-AAAA",
    "/levels",
    "/levels/B",
    "/reasons",
    "/reasons/expired",
    "/levels/A",
)


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


# ------------------------------------------------------------------ limits


@dataclass
class Ticks:
    at: int = 10**15

    def __call__(self) -> int:
        return self.at


def _limited(world: ModuleType, *, questions: int = 0, misses: int = 0, ticks: Ticks | None = None) -> TestClient:
    app = FastAPI()
    source = world.FakeSource(tokens={world.NUMBER: world.full()})
    limits = Limits(questions, misses, ticks or Ticks(), trusted_proxies("10.0.0.0/8"))
    app.include_router(verify_router(source, limits))
    return TestClient(app, client=("10.1.2.3", 50_000))


def test_whoever_asks_too_much_is_told_when_to_ask_again(world: ModuleType) -> None:
    ticks = Ticks()
    with _limited(world, questions=60, ticks=ticks) as client:
        first = client.post(ASK, json={"tokens": ["hello"] * 999})
        assert first.headers["ratelimit-policy"] == '"questions";q=1000;w=1000'
        assert first.headers["ratelimit"] == '"questions";r=1;t=999'
        assert client.post(ASK, json={"token": "hello"}).headers["ratelimit"] == '"questions";r=0;t=1000'
        refused = client.post(ASK, json={"token": "hello"})
        assert (refused.status_code, refused.json()["type"]) == (429, "/problems/too-many-questions")
        assert (refused.headers["retry-after"], refused.headers["access-control-allow-origin"]) == ("1", "*")
        ticks.at += 10**9 - 1
        assert client.get(f"/api/v1/certificates/{world.NUMBER}/verification").status_code == 429
        ticks.at += 1
        assert client.get(f"/api/v1/certificates/{world.NUMBER}/verification").status_code == 200
        ticks.at += 10**9  # room for one: the request is read, and found to ask for more
        assert client.post(ASK, json={"tokens": ["hello"] * 500}).headers["retry-after"] == "499"


def test_whoever_guesses_is_stopped_and_a_code_is_still_answered(world: ModuleType) -> None:
    with _limited(world, misses=60) as client:
        guesses = [f"{number:016d}" for number in range(1000)]
        assert client.post(ASK, json={"tokens": guesses[:999]}).status_code == 200
        for _ in range(3):  # numbers that are here do not count
            assert client.get(f"/api/v1/certificates/{world.NUMBER}/verification").status_code == 200
            assert client.post(ASK, json={"token": world.NUMBER}).status_code == 200
        assert client.get(f"/api/v1/certificates/{guesses[0]}/verification").status_code == 200
        for asked in (world.NUMBER, guesses[0]):
            assert client.get(f"/api/v1/certificates/{asked}/verification").status_code == 429
            assert client.post(ASK, json={"token": asked}).headers["retry-after"] == "1"
            assert client.get(f"/v/{asked}").status_code == 429
        assert client.post(ASK, json={"tokens": [world.qr_text(), world.full(), "hello"]}).status_code == 200


@pytest.mark.parametrize(
    ("lang", "says"),
    [("sv", "Försök igen om 1 s"), ("nb", "Prøv igjen om 1 s"), ("en", "Try again in 1 s")],
)
def test_a_person_is_told_the_same_on_a_page(world: ModuleType, lang: str, says: str) -> None:
    with _limited(world, questions=60) as client:
        client.post(ASK, json={"tokens": ["hello"] * 1000})
        for path in (f"/v/{world.NUMBER}", "/v?number=hello"):
            told = client.get(path, params={"lang": lang} if "?" not in path else {"number": "hello", "lang": lang})
            assert (told.status_code, told.headers["retry-after"]) == (429, "1")
            assert told.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
            assert says in told.text
        told = client.post(ASK, json={"token": "a"}, headers={"Accept": "text/html", "Accept-Language": lang})
        assert (told.status_code, told.headers["retry-after"]) == (429, "1")
        assert told.text.startswith('<article class="answer')
        assert says in told.text
        assert client.get("/v", params={"lang": lang}).status_code == 200


def test_each_address_is_counted_for_itself_behind_a_proxy_that_is_trusted(world: ModuleType) -> None:
    with _limited(world, questions=60) as client:
        for address in ("192.0.2.1", "192.0.2.9, 10.9.9.9", "2001:db8::1"):
            headers = {"X-Forwarded-For": address}
            assert client.post(ASK, json={"tokens": ["a"] * 1000}, headers=headers).status_code == 200
            assert client.post(ASK, json={"token": "a"}, headers=headers).status_code == 429
        spoofed = {"X-Forwarded-For": "198.51.100.7, 192.0.2.1"}
        assert client.post(ASK, json={"token": "a"}, headers=spoofed).status_code == 429


# ------------------------------------------------------------------ what is kept


def test_without_a_register_that_stands_still_nothing_is_kept(world: ModuleType) -> None:
    source = world.FakeSource(tokens={world.NUMBER: world.full()})
    app = FastAPI()
    app.include_router(verify_router(source))
    with TestClient(app) as client:
        before = client.post(ASK, json={"token": world.NUMBER}).json()["headline"]
        source.trusted = world.with_status(1)
        after = client.post(ASK, json={"token": world.NUMBER}).json()["headline"]
    assert (before, after) == ("valid", "revoked")


# ------------------------------------------------------------------ problems


def test_every_problem_has_a_page(client: TestClient) -> None:
    from verification.endpoint.problem_pages import problem_texts  # what the pages are made from

    for lang in LANGS:
        listed = client.get("/problems", params={"lang": lang}).text
        for name, text in problem_texts().items():
            shown = client.get(f"/problems/{name}", params={"lang": lang})
            assert shown.status_code == 200
            plain = shown.text.replace("&#34;", '"').replace("&#39;", "'")
            assert all(text[part][lang] in plain for part in ("title", "says", "next"))
            assert f"/problems/{name}?lang={lang}" in listed
    assert client.get("/problems/nothing").status_code == 404
    assert client.get("/problems/pages").status_code == 404


def test_the_form_on_a_verdict_asks_about_another_day_and_another_need(client: TestClient, world: ModuleType) -> None:
    then = client.get(f"/v/{world.NUMBER}?lang=en&situation=hiring&on=2026-02-01").text
    assert "Not valid that day" in then
    assert "The answer is for" in then
    assert "2026-02-01" in then
    assert "Hiring" in then
    now = client.get(f"/v/{world.NUMBER}?lang=en&situation=site_entry&on=").text
    assert "The answer is for" not in now
    assert "1987" not in then + now


@pytest.mark.parametrize("query", ["on=2026-02-30", "on=soon", "situation=party", "on=<script>"])
def test_a_form_filled_in_wrongly_is_answered_with_a_page(client: TestClient, world: ModuleType, query: str) -> None:
    response = client.get(f"/v/{world.NUMBER}?lang=en&{query}")
    assert response.status_code == 422
    assert response.headers["content-type"].startswith("text/html")
    assert "The request is not a question" in response.text
    assert "<script>" not in response.text
    assert "party" not in response.text


def test_schemes_that_the_situation_does_not_take_are_met_by_no_certificate(
    client: TestClient, world: ModuleType
) -> None:
    for schemes in (["truck"], ["truck", "crane"]):
        asked = {"token": world.qr_text(), "situation": "hot_work_permit", "schemes": schemes, "lang": "en"}
        told = client.post(ASK, json=asked).json()
        assert (told["headline"], told["reasons"][0]["code"]) == ("not_sufficient", "scheme_other")
    asked = {"token": world.qr_text(), "situation": "hot_work_permit", "schemes": ["truck", "heta-arbeten"]}
    assert client.post(ASK, json=asked).json()["headline"] == "valid"


@pytest.mark.parametrize(("lang", "words"), [("sv", "Rättar och ersätter"), ("nb", "Fornyer"), ("en", "Renews")])
def test_lineage_is_shown_and_leads_to_the_former_certificates(world: ModuleType, lang: str, words: str) -> None:
    said = world.CERTIFICATE.model_copy(update={"corrects": "0" * 16, "renews": "1" * 16})
    lineage = {"corrects": "0000-0000-0000-0000", "renews": "1111-1111-1111-1111"}
    for client in _client(world, tokens={world.NUMBER: world.full(said)}):
        for token in (world.full(said), world.qr_text(said), display_number(world.NUMBER)):
            told = client.post(ASK, json={"token": token}).json()
            assert told["outcome"] == "valid"
            assert {name: told["certificate"][name] for name in lineage} == lineage
        page = client.get(f"/v/{display_number(world.NUMBER)}?lang={lang}").text
        assert words in page
        assert all(f'href="/v/{number}?lang={lang}"' in page for number in lineage.values())
    for client in _client(world):
        shown = client.post(ASK, json={"token": world.full()}).json()["certificate"]
        assert [shown[name] for name in lineage] == [None, None]
