"""What the registry says in public: status lists, keys, health, pages, and problems that tell no secrets."""

import html
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from registry import errors
from registry.errors import Refusal
from registry.issuing.changes.withdraw import revoke, suspend
from registry.records.issued.certificates import IssuedCertificate
from registry.records.whole.directory import Registry
from registry.signing.published import build_trust
from registry.web.problems import PROBLEMS, problem_texts
from registry.web.settings import Settings
from tests.registry.conftest import ACTOR, NOW, ON_SQLITE, PUBLIC_URL
from tests.registry.web.conftest import Clock
from verification.status_list import Status, decode_bitstring, decode_token_list
from verification.status_token import open_bitstring, open_status_list


def claims(text: str) -> dict[str, Any]:
    told: dict[str, Any] = jwt.decode(text, options={"verify_signature": False})
    return told


# ------------------------------------------------------------------ status lists


def test_a_status_list_is_signed_public_and_says_what_is_on_record(
    web: TestClient, registry: Registry, issued: IssuedCertificate
) -> None:
    before = web.get(f"/status/{issued.status_list}")
    assert before.status_code == 200
    assert before.headers["content-type"] == "application/statuslist+jwt"
    assert before.headers["cache-control"] == f"public, max-age={claims(before.text)['ttl']}"
    assert before.headers["access-control-allow-origin"] == "*"
    assert "set-cookie" not in before.headers
    assert claims(before.text)["sub"] == f"{PUBLIC_URL}/status/{issued.status_list}"

    with registry.writing() as db:
        revoke(db, issued.number, reason="error", now=NOW, actor=ACTOR)
    after = web.get(f"/status/{issued.status_list}")
    assert after.headers["etag"] != before.headers["etag"]
    packed = claims(after.text)["status_list"]
    assert decode_token_list(packed["lst"], packed["bits"]).at(issued.status_index) == Status.WITHDRAWN


def test_the_bitstring_lists_say_the_same(web: TestClient, registry: Registry, issued: IssuedCertificate) -> None:
    with registry.writing() as db:
        suspend(db, issued.number, reason="misuse", now=NOW, actor=ACTOR)
    set_in = {}
    for purpose in ("revocation", "suspension"):
        answer = web.get(f"/status/{issued.status_list}/{purpose}")
        assert answer.headers["content-type"] == "application/vc+jwt"
        subject = claims(answer.text)["credentialSubject"]
        assert subject["statusPurpose"] == purpose
        bits = decode_bitstring(subject["encodedList"])
        set_in[purpose] = bits.at(issued.status_index)
    assert set_in == {"revocation": False, "suspension": True}


def test_a_list_that_did_not_change_is_not_sent_again(web: TestClient, clock: Clock) -> None:
    first = web.get("/status/0")
    again = web.get("/status/0", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert web.get("/status/0").text == first.text
    # Half its time to live later it is signed anew, so that nobody holds one that is about to end.
    clock.at = NOW + timedelta(minutes=8)
    assert web.get("/status/0", headers={"If-None-Match": first.headers["etag"]}).status_code == 200


CWT = "application/statuslist+cwt"
JWT = "application/statuslist+jwt"


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        (None, JWT),
        ("", JWT),
        ("*/*", JWT),
        ("application/*", JWT),
        (JWT, JWT),
        (CWT, CWT),
        ("Application/StatusList+CWT", CWT),
        (f"{CWT}, {JWT}", JWT),
        (f"{JWT};q=0.5, {CWT}", CWT),
        (f"{JWT};q=0.5, */*;q=0.8", CWT),
        (f"text/html, {CWT};q=0.1", CWT),
        (f"{JWT};q=0, */*", CWT),
        ("application/statuslist+jwt ; q=0.001", JWT),
        (f"nonsense, ;;, {CWT}", CWT),
        ("text/html", None),
        ("application/json", None),
        ("*/*;q=0", None),
        (f"{JWT};q=0, {CWT};q=0.000", None),
        (f"{JWT};q=2", None),
        ("nonsense", None),
    ],
)
def test_a_list_is_sent_in_the_form_that_is_asked_for(web: TestClient, accept: str | None, form: str | None) -> None:
    web.headers.pop("accept")
    answer = web.get("/status/0", headers={} if accept is None else {"Accept": accept})
    assert (answer.headers["vary"], answer.headers["access-control-allow-origin"]) == ("Accept", "*")
    if form is None:
        assert (answer.status_code, answer.json()["type"]) == (406, "/problems/not-acceptable")
        assert web.get("/problems/not-acceptable").status_code == 200
        return
    assert (answer.status_code, answer.headers["content-type"]) == (200, form)
    assert (answer.content[:2] == b"\xd2\x84") == (form == CWT)


def test_both_forms_of_a_list_are_believed_and_say_the_same(
    web: TestClient, registry: Registry, issued: IssuedCertificate
) -> None:
    with registry.writing() as db:
        revoke(db, issued.number, reason="error", now=NOW, actor=ACTOR)
    with registry.reading() as db:
        trust = build_trust(db, PUBLIC_URL, NOW)
    address = f"/status/{issued.status_list}"
    as_jwt, as_cwt = (web.get(address, headers={"Accept": form}).content for form in (JWT, CWT))
    assert open_status_list(as_jwt, trust, NOW) == open_status_list(as_cwt, trust, NOW)
    number, known = open_status_list(as_cwt, trust, NOW)
    assert number == issued.status_list
    assert known.statuses.at(issued.status_index) == Status.WITHDRAWN
    for purpose in ("revocation", "suspension"):
        opened = open_bitstring(web.get(f"{address}/{purpose}").text, trust, NOW)
        assert (opened.number, opened.purpose) == (issued.status_list, purpose)
        assert opened.bits.at(issued.status_index) == (purpose == "revocation")


@pytest.mark.parametrize("path", ["/status/0", "/status/0/revocation"])
def test_each_form_has_a_tag_of_its_own(web: TestClient, path: str) -> None:
    forms = (JWT, CWT) if path == "/status/0" else ("application/vc+jwt",)
    answers = {form: web.get(path, headers={"Accept": form}) for form in forms}
    tags = {answer.headers["etag"] for answer in answers.values()}
    assert len(tags) == len(forms)
    for form, answer in answers.items():
        assert re.fullmatch('"[0-9a-f]{32}"', answer.headers["etag"])
        same = web.get(path, headers={"Accept": form, "If-None-Match": f'"x", W/{answer.headers["etag"]}'})
        assert (same.status_code, same.content, same.headers["vary"]) == (304, b"", "Accept")
        head = web.head(path, headers={"Accept": form})
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-length"] == str(len(answer.content))
        others = tags - {answer.headers["etag"]}
        assert web.get(path, headers={"Accept": form, "If-None-Match": ", ".join(others)}).status_code == 200


def test_a_bitstring_has_one_form(web: TestClient) -> None:
    assert web.get("/status/0/revocation", headers={"Accept": "application/json"}).status_code == 406
    assert web.get("/status/0/revocation", headers={"Accept": "application/vc+jwt"}).status_code == 200


@pytest.mark.parametrize("path", ["/status/99", "/status/99/revocation"])
def test_a_list_there_is_not(web: TestClient, path: str) -> None:
    answer = web.get(path)
    assert answer.status_code == 404
    assert answer.json()["type"] == "/problems/status-list-not-found"


@pytest.mark.parametrize("path", ["/status/x", "/status/-1", "/status/0/other", f"/status/{10**40}"])
def test_a_list_that_cannot_be(web: TestClient, path: str) -> None:
    answer = web.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")


# ------------------------------------------------------------------ keys


def test_the_published_key_verifies_the_certificate(web: TestClient, issued: IssuedCertificate) -> None:
    header = jwt.get_unverified_header(issued.vc_jwt)
    document = web.get("/o/issuer/did.json")
    assert document.headers["content-type"] == "application/did+json"
    assert document.headers["access-control-allow-origin"] == "*"
    (method,) = document.json()["verificationMethod"]
    assert method["id"] == header["kid"]
    key = jwt.PyJWK(method["publicKeyJwk"])
    assert jwt.decode(issued.vc_jwt, key=key, algorithms=["EdDSA"], options={"verify_exp": False, "verify_nbf": False})
    (entry,) = web.get("/o/issuer/jwks.json").json()["keys"]
    assert entry["x"] == method["publicKeyJwk"]["x"]


def test_the_registrys_own_keys_verify_its_lists(web: TestClient) -> None:
    listed = web.get("/status/0").text
    kid = jwt.get_unverified_header(listed)["kid"]
    document = web.get("/.well-known/did.json").json()
    (method,) = [one for one in document["verificationMethod"] if one["id"] == kid]
    key = jwt.PyJWK(method["publicKeyJwk"])
    assert jwt.decode(listed, key=key, algorithms=["EdDSA"], options={"verify_exp": False, "verify_iat": False})
    assert len(web.get("/.well-known/jwks.json").json()["keys"]) == 2


def test_an_organisation_there_is_not(web: TestClient) -> None:
    assert web.get("/o/nobody/did.json").status_code == 404
    assert web.get("/o/nobody/jwks.json").json()["type"] == "/problems/organisation-not-found"
    assert web.get("/o/NO%20BODY/did.json").status_code == 422


# ------------------------------------------------------------------ operation


def test_health_readiness_version(web: TestClient) -> None:
    assert web.get("/healthz").json() == {"status": "ok"}
    ready = web.get("/readyz")
    assert (ready.status_code, ready.json()["ready"]) == (200, True)
    told = web.get("/version").json()
    assert (told["name"], told["edition"], told["environment"]) == ("bevis", "2026-01-01", "production")


def test_not_ready_when_no_key_is_in_force(web: TestClient, clock: Clock) -> None:
    clock.at = NOW + timedelta(days=100)
    answer = web.get("/readyz")
    assert answer.status_code == 503
    assert not answer.json()["checks"]["attestation_key"]


@pytest.mark.parametrize(
    "path", ["/", "/healthz", "/version", "/status/0", "/o/issuer/did.json", "/.well-known/jwks.json", "/v", "/levels"]
)
def test_head_is_answered(web: TestClient, path: str) -> None:
    answer = web.head(path)
    assert (answer.status_code, answer.content) == (200, b"")


# ------------------------------------------------------------------ pages


@pytest.mark.parametrize(
    ("lang", "word"),
    [("sv", "Skanna QR-koden"), ("nb", "Skann QR-koden"), ("en", "Scan the QR code")],
)
def test_the_first_page_in_three_languages(web: TestClient, lang: str, word: str) -> None:
    by_query = web.get("/", params={"lang": lang})
    by_header = web.get("/", headers={"Accept-Language": lang})
    assert word in by_query.text
    assert word in by_header.text
    assert "script-src 'self'" in by_query.headers["content-security-policy"]
    assert "<script" not in by_query.text


def test_a_demo_says_that_nothing_in_it_may_be_relied_on(settings: Settings, clock: Clock) -> None:
    from registry.web.app import create_app  # the application of another environment

    demo = Settings.read(settings.directory, environment="demo", env={})
    with TestClient(create_app(demo, clock=clock), base_url=PUBLIC_URL) as web:
        assert "Do not rely on any of them" in web.get("/", params={"lang": "en"}).text
        assert web.get("/version").json()["environment"] == "demo"


def test_nothing_here(web: TestClient) -> None:
    for_programs = web.get("/nothing/here")
    assert (for_programs.status_code, for_programs.headers["content-type"]) == (404, "application/problem+json")
    for_people = web.get("/nothing/here", headers={"Accept": "text/html"})
    assert for_people.status_code == 404
    assert for_people.headers["content-type"].startswith("text/html")
    assert web.get("/api/v1/nothing", headers={"Accept": "text/html"}).json()["status"] == 404


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
def test_no_page_that_loads_from_elsewhere(web: TestClient, path: str) -> None:
    assert web.get(path).status_code == 404


# ------------------------------------------------------------------ problems


def test_every_refusal_has_its_problem() -> None:
    def below(kind: type[Refusal]) -> set[type[Refusal]]:
        return {kind, *(one for child in kind.__subclasses__() for one in below(child))}

    assert set(PROBLEMS) == below(Refusal) - {Refusal}
    names = [name for _, name in PROBLEMS.values()]
    assert len(set(names)) == len(names)
    assert all((refusal.__doc__ or "").strip() for refusal in PROBLEMS)
    assert PROBLEMS[errors.CertificateNotFound][0] == 404


@pytest.mark.parametrize("lang", ["sv", "nb", "en"])
def test_every_problem_is_a_page_that_says_what_to_do(web: TestClient, lang: str) -> None:
    names = {name for _, name in PROBLEMS.values()}
    assert set(problem_texts()) == names
    for name in names:
        told = web.get(f"/problems/{name}", params={"lang": lang})
        assert told.status_code == 200
        assert html.escape(problem_texts()[name]["next"][lang]).replace("&#x27;", "&#39;") in told.text


def test_every_problem_that_is_told_leads_to_its_page(web: TestClient) -> None:
    told = [
        web.get("/nothing"),
        web.put("/"),
        web.get("/status/99"),
        web.get("/status/x"),
        web.get("/o/nobody/did.json"),
        web.post("/api/v1/verify", content=b"{}", headers={"Content-Type": "application/json"}),
        web.post("/api/v1/verify", content=b"{", headers={"Content-Type": "application/json"}),
        web.post("/api/v1/verify", content=b"{"),
        web.post("/", content=b"x" * 200_000),
    ]
    assert len({one.json()["type"] for one in told}) == 9
    for one in told:
        assert web.get(one.json()["type"]).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/status/0", "GET, HEAD"),
        ("OPTIONS", "/status/0", "GET, HEAD"),
        ("DELETE", "/", "GET, HEAD"),
        ("GET", "/api/v1/verify", "OPTIONS, POST"),
        ("PUT", "/api/v1/certificates/x/verification", "GET, HEAD, OPTIONS"),
        ("TRACE", "/healthz", "GET, HEAD"),
    ],
)
def test_another_method_is_told_which_ones(web: TestClient, method: str, path: str, allowed: str) -> None:
    answer = web.request(method, path)
    assert (answer.status_code, answer.headers["content-type"]) == (405, "application/problem+json")
    assert (answer.headers["allow"], answer.json()["type"]) == (allowed, "/problems/method-not-allowed")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param(b"", 400, id="nothing"),
        pytest.param(b"{", 400, id="half"),
        pytest.param(b"[]", 400, id="a list"),
        pytest.param(b'{"token": NaN}', 400, id="NaN"),
        pytest.param(b'{"token": "secret-a", "token": "secret-b"}', 400, id="twice"),
        pytest.param(b'{"token": "\\ud800secret"}', 400, id="a lone surrogate"),
        pytest.param(b'{"token": "x", "secret": 1}', 422, id="an unknown member"),
        pytest.param(b'{"token": "x", "on": "secret"}', 422, id="no day"),
        pytest.param(b"[" * 60_000, 400, id="deep"),
        pytest.param(b'{"token": "' + b"x" * 200_000 + b'"}', 422, id="a long token"),
        pytest.param(b'{"token": "' + b"x" * 1_100_000 + b'"}', 413, id="long"),
        pytest.param(b"\xff\xfe\x00", 400, id="no UTF-8"),
        pytest.param(b'{"token": "nothing"}', 200, id="a token that is none"),
    ],
)
def test_hostile_bodies(web: TestClient, body: bytes, status: int) -> None:
    answer = web.post("/api/v1/verify", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == status
    assert "secret" not in answer.text


@pytest.mark.parametrize("path", ["/api/v1/verify", "/", "/status/0"])
@pytest.mark.parametrize("announced", [True, False])
def test_a_body_that_is_too_large_is_a_problem_anywhere(web: TestClient, path: str, announced: bool) -> None:
    body = b"x" * 1_100_000
    sent = body if announced else iter([body])
    answer = web.post(path, content=sent, headers={"Content-Type": "application/json"})
    # Where nobody reads the body, its length does not matter unless it is announced.
    assert answer.status_code == (413 if announced or path.startswith("/api/") else 405)
    assert answer.headers["content-type"] == "application/problem+json"
    if announced and not path.startswith("/api/"):
        told = web.post(path, content=body, headers={"Accept-Language": "sv"}).json()
        assert told["detail"] == "Skicka högst 131072 byte."


@pytest.mark.parametrize("path", ["/api/v1/verify", "/api/v1/certificates", "/", "/healthz"])
def test_a_body_whose_end_is_said_twice_is_refused(web: TestClient, path: str) -> None:
    lengths = {"Transfer-Encoding": "chunked", "Content-Length": "2", "Accept-Language": "nb"}
    answer = web.post(path, content=b"{}", headers=lengths)
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/ambiguous-length")
    assert (answer.headers["connection"], answer.headers["content-language"]) == ("close", "nb")
    assert web.get(answer.json()["type"]).status_code == 200


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=300), path=st.text(st.characters(codec="utf-8", exclude_characters="?#"), max_size=40))
def test_nothing_that_is_sent_makes_it_fail(web: TestClient, body: bytes, path: str) -> None:
    as_json = {"Content-Type": "application/json"}
    assert web.post("/api/v1/verify", content=body, headers=as_json).status_code < 500
    from urllib.parse import quote  # only here

    for start in ("/status/", "/o/", "/v/", "/api/v1/certificates/", "/levels/", "/reasons/", "/static/"):
        assert web.get(start + quote(path, safe=""), follow_redirects=False).status_code < 500


@ON_SQLITE
def test_a_fault_of_our_own_tells_nothing(web: TestClient, registry: Registry) -> None:
    (registry.directory / "registry.db").rename(registry.directory / "gone.db")
    registry.close()
    answer = web.get("/status/0")
    assert answer.status_code in {200, 500, 503}
    assert "gone" not in answer.text
    assert "Traceback" not in answer.text


# ------------------------------------------------------------------ settings


@pytest.mark.parametrize(
    "env",
    [
        {"BEVIS_PUBLIC_URL": "https://bevis.example/path"},
        {"BEVIS_PUBLIC_URL": "ftp://x"},
        {"BEVIS_ENVIRONMENT": "staging"},
        {"BEVIS_VERIFY_PER_MINUTE": "many"},
        {"BEVIS_MISSES_PER_MINUTE": "-1"},
        {"BEVIS_TRUSTED_PROXIES": "10.0.0.0/8, proxy.example"},
    ],
)
def test_settings_that_cannot_be(registry: Registry, env: dict[str, str]) -> None:
    with pytest.raises(errors.MalformedInput):
        Settings.read(registry.directory, env=env)


def test_settings_from_the_environment(registry: Registry, tmp_path: Path) -> None:
    env = {"BEVIS_PUBLIC_URL": "https://other.example", "BEVIS_MASTER_KEY_FILE": str(tmp_path / "k")}
    limits = {
        "BEVIS_VERIFY_PER_MINUTE": "0",
        "BEVIS_MISSES_PER_MINUTE": "7",
        "BEVIS_TRUSTED_PROXIES": "127.0.0.1, ::1,10.0.0.0/8",
    }
    read = Settings.read(registry.directory, env={**env, **limits, "BEVIS_ENVIRONMENT": "demo"})
    assert (read.questions_per_minute, read.misses_per_minute) == (0, 7)
    assert [str(one) for one in read.trusted_proxies] == ["127.0.0.1/32", "::1/128", "10.0.0.0/8"]
    assert (read.public_url, read.master_key_file, read.environment) == (
        "https://other.example",
        tmp_path / "k",
        "demo",
    )
