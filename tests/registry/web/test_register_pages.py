"""What anybody may see of schemes and issuers: in force or not, with every date, and nothing of drafts or persons."""

import html
import re
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from registry.records.mandates.mandate_decisions import NewMandate, grant_mandate, suspend_mandate, withdraw_mandate
from registry.records.parties.organisations import strike_off
from registry.records.sector.extensions import NewExtension, extend_scheme
from registry.records.sector.recognitions import NewRecognition, grant_recognition, withdraw_recognition
from registry.records.sector.scheme_drafts import draft_scheme
from registry.records.sector.schemes import retire_version
from registry.records.strict_input import parse
from registry.records.whole.directory import Registry
from tests.registry.conftest import ACTOR, COURSE, HOT_WORK, NOW, ON_SQLITE, OPENED, publish_scheme, scheme_like

TODAY = NOW.date()
DAY = timedelta(days=1)
TITLES = {"sv": "Motviktstruck <A&B>", "nb": "Motvektstruck", "en": "Counterbalanced"}


def text(web: TestClient, path: str, lang: str = "en", status: int = 200) -> str:
    """What a person reads, on one line."""
    answer = web.get(f"{path}{'&' if '?' in path else '?'}lang={lang}")
    assert answer.status_code == status, path
    plain = re.sub(r"<style.*?</style>|<[^>]+>", " ", answer.text)
    return re.sub(r" ([,:.)])", r"\1", " ".join(html.unescape(plain).split()))


def grant(registry: Registry, issuer: str, **change: Any) -> str:
    given = {"scheme": "hot-work", "issuer": issuer, "max_level": "C2", "since": "2026-02-01"} | change
    with registry.writing() as db:
        return grant_mandate(db, parse(given, NewMandate), OPENED, ACTOR).public_id


# ------------------------------------------------------------------ schemes


@pytest.mark.parametrize(("lang", "title"), [("sv", "Heta arbeten"), ("nb", "Varme arbeider"), ("en", "Hot work")])
def test_the_catalogue_lists_what_is_published(web: TestClient, registry: Registry, lang: str, title: str) -> None:
    with registry.writing() as db:
        draft_scheme(db, scheme_like(COURSE, code="not-yet", titles=TITLES), NOW, ACTOR)
    told = text(web, "/schemes", lang)
    assert title in told
    assert "Branschen" in told
    assert "2024-01-01" in told
    assert "not-yet" not in told
    assert "Motv" not in told
    text(web, "/schemes/not-yet", lang, 404)


def test_a_search_finds_by_title_in_any_language_and_by_code(web: TestClient) -> None:
    for wanted, found in (("varme", True), ("HETA", True), ("hot-w", True), ("<script>", False), ("ladder", False)):
        answer = web.get("/schemes", params={"q": wanted, "lang": "en"})
        assert ("/schemes/hot-work" in answer.text) is found, wanted
        assert "<script>" not in answer.text
        assert f"lang=sv&amp;q={'%3Cscript%3E' if '<' in wanted else wanted}" in answer.text
    assert "Nothing here fits" in text(web, "/schemes?q=ladder")
    assert "/issuers/solo" in web.get("/issuers", params={"q": "lindgren"}).text
    assert "/issuers/solo" not in web.get("/issuers", params={"q": "provhuset"}).text


def test_a_scheme_tells_all_of_itself(web: TestClient, registry: Registry) -> None:
    rich = scheme_like(
        COURSE,
        code="rich",
        mandatory_minutes=95,
        validity={
            "months": 48,
            "anchor": "course_last_on",
            "round_to_month_end": True,
            "from_age": 18,
            "refresher": [{"id": "short", "titles": TITLES, "mandatory_minutes": 60}],
            "only_while": [{"code": "EMPLOYED", "says": TITLES}],
        },
        scope_classes=["T1", "T4"],
        scope_class=[{"code": "T1", "titles": TITLES}, {"code": "T4", "titles": TITLES, "own_result": False}],
        outcomes={"sv": ["Kan"], "nb": ["Kan"], "en": ["Can do it"]},
        who_issues=TITLES,
        legal_basis=[{"says": "FUA § 10-3", "country": "NO", "as_of": "2026-01-01"}],
        standard=[{"name": "ISO/IEC 17024", "edition": "2026"}],
        framework={"eqf": 4, "nkr": "5.1"},
        languages_training=["sv", "en"],
        assessment=[{"kind": "knowledge", "pass_percent": 80, "attempts": 2, "waiting_days": 1}, {"kind": "practical"}],
        prerequisite=[{"any_of": ["hot-work", "elsewhere"], "level": "D"}],
        sanctions={"sv": ["Spärr"], "nb": ["Sperre"], "en": ["Suspension <b>"]},
        national_number="optional",
        national_number_reason="The law asks for it",
        portrait_required=True,
    )
    with registry.writing() as db:
        publish_scheme(db, rich)
        decision = {"scheme": "rich", "ends_from": "2026-03-01", "ends_until": "2026-06-30", "months": 4}
        extend_scheme(
            db, parse(decision | {"decided_on": "2026-03-10", "decision": "minute 4"}, NewExtension), NOW, ACTOR
        )
    told = text(web, "/schemes/rich")
    for said in (
        "Valid for 4 years from the last day of the course, to the end of that month.",
        "Not valid before the day the holder turns 18.",
        "Counterbalanced renews up to the last day of validity.",
        "Holds only under the condition EMPLOYED: Counterbalanced",
        "accepted 4 months longer by employers",
        "1 h 35 min",
        "knowledge test, at least 80 % right, at most 2 attempts, a day between attempts",
        "practical test",
        "T4 Counterbalanced",
        "those who passed a test in it. (T1)",
        "Can do it",
        "By the scheme: Counterbalanced.",
        "FUA § 10-3 (NO) as of 2026-01-01",
        "ISO/IEC 17024, edition 2026",
        "EQF 4 · NKR 5.1",
        "Swedish, English",
        "one of Hot work, elsewhere, at level D or above",
        "Suspension <b>",
        "optional: The law asks for it",
        "must be on record",
        "The owner itself may issue up to level D without a mandate.",
        "Nobody has been given a mandate yet.",
    ):
        assert said in told, said
    assert "<b>" not in web.get("/schemes/rich").text
    for lang in ("sv", "nb"):
        assert "{" not in text(web, "/schemes/rich", lang)


@ON_SQLITE
def test_what_a_scheme_accepts_and_is_accepted_as(web: TestClient, registry: Registry) -> None:
    terms: dict[str, Any] = {"scheme": "hot-work", "accepts": "own-course", "accepted_from": "2026-02-01"}
    terms |= {"issued_from": "2018-01-01", "issued_until": "2023-06-30", "versions": ["1"], "min_level": "D"}
    terms |= {"accepted_until": "2028-06-30", "condition": TITLES, "reason": "secret"}
    others: list[dict[str, Any]] = [
        {"accepted_from": str(TODAY + DAY)},
        {"accepted_from": "2026-01-01", "accepted_until": str(TODAY - DAY)},
        {"accepted_from": "2026-01-01", "class_map": {"A": "T1"}, "required_classes": ["A"], "accepts": "old"},
    ]
    assert "Equal certificates" not in text(web, "/schemes/hot-work")
    with registry.writing() as db:
        publish_scheme(db, scheme_like(HOT_WORK, code="old", scope_classes=["A"]))
        publish_scheme(db, scheme_like(HOT_WORK, code="truck", scope_classes=["T1"]))
        grant_recognition(db, parse(terms, NewRecognition), NOW, ACTOR)
        for other in others:
            new = parse({"scheme": "truck", "accepts": "own-course"} | other, NewRecognition)
            row = grant_recognition(db, new, NOW, ACTOR)
        withdraw_recognition(db, row.public_id, TODAY, "secret", ACTOR, now=NOW)
    told = text(web, "/schemes/hot-work")
    for said in (
        "Equal certificates Accepts Hot work",
        "2028-06-30, issued on 2018-01-01 or later, issued on 2023-06-30 or before",
        "Condition that whoever checks has to see to: Counterbalanced",
    ):
        assert said in told, said
    assert "Is accepted as Hot work" in text(web, "/schemes/own-course")
    truck = text(web, "/schemes/truck")
    assert "with class A Classes count as: A → T1" in truck
    assert "secret" not in told + truck
    for lang in ("sv", "nb"):
        assert "{" not in text(web, "/schemes/truck", lang) + text(web, "/schemes/hot-work", lang)


def test_versions_that_come_and_go(web: TestClient, registry: Registry) -> None:
    with registry.writing() as db:
        publish_scheme(db, scheme_like(COURSE, version="2", published_on=str(TODAY + 30 * DAY)))
        publish_scheme(db, scheme_like(COURSE, code="ahead", published_on=str(TODAY + DAY)))
    assert "Version 1 in force since 2024-01-01" in text(web, "/schemes/own-course")
    assert "This version is not in force yet." in text(web, "/schemes/own-course?version=2")
    assert "This version is not in force yet." in text(web, "/schemes/ahead")
    with registry.writing() as db:
        retire_version(db, "own-course", "1", TODAY, reason="replaced", actor=ACTOR, now=NOW)
    assert "This version is not in force yet." in text(web, "/schemes/own-course")
    gone = text(web, "/schemes/own-course?version=1")
    assert f"No new certificates are issued under this version. Those decided before {TODAY} hold as they say." in gone
    assert f"retired since {TODAY}" in text(web, "/schemes/own-course")
    text(web, "/schemes/own-course?version=9", status=404)
    for odd in ("..%2f", "%00", "own-course%00", "%FF", "own-course%0A"):
        text(web, f"/schemes/{odd}", status=404)
    text(web, "/schemes/own-course?version=%00", status=404)


# ------------------------------------------------------------------ who may issue


@pytest.mark.parametrize(
    ("change", "word", "counts"),
    [
        pytest.param({}, "In force: since 2026-02-01", True, id="in force"),
        pytest.param({"until": "2026-12-31"}, "In force: 2026-02-01 to 2026-12-31", True, id="with an end"),
        pytest.param({"since": "2026-04-01"}, "To come: from 2026-04-01", False, id="to come"),
        pytest.param({"until": "2026-03-12"}, "Ended: 2026-02-01 to 2026-03-12", False, id="ended yesterday"),
        pytest.param({"until": "2026-03-13"}, "In force: 2026-02-01 to 2026-03-13", True, id="ends today"),
    ],
)
def test_a_mandate_is_told_with_its_dates(
    web: TestClient, registry: Registry, change: dict[str, Any], word: str, counts: bool
) -> None:
    grant(registry, "examiner", **change)
    assert f"Provhuset AB C2 {word}" in text(web, "/schemes/hot-work")
    page = text(web, "/issuers/examiner")
    assert f"Hot work C2 {word}" in page
    assert ("May issue today" in page) is counts
    assert ("May not issue today" in page) is not counts


def test_suspended_withdrawn_and_struck_off(web: TestClient, registry: Registry) -> None:
    suspended, withdrawn = grant(registry, "examiner"), grant(registry, "keeper")
    grant(registry, "auditor")
    with registry.writing() as db:
        suspend_mandate(db, suspended, TODAY, TODAY + 9 * DAY, "secret reason", ACTOR, now=NOW)
        withdraw_mandate(db, withdrawn, TODAY, "secret reason", ACTOR, now=NOW)
        strike_off(db, "auditor", TODAY, ACTOR)
    told = text(web, "/schemes/hot-work")
    assert f"Provhuset AB C2 Suspended: since 2026-02-01, suspended {TODAY} to {TODAY + 9 * DAY}" in told
    assert f"Registerhuset AB C2 Withdrawn: since 2026-02-01, withdrawn from {TODAY}" in told
    assert f"Revision AB C2 Struck off the register: since 2026-02-01, struck off {TODAY}" in told
    assert "secret" not in told
    assert told.index("Utgivaren AB") < told.index("Provhuset AB")  # who may issue stands first
    listed = web.get("/issuers", params={"lang": "en"}).text
    found = {slug: light for light, slug in re.findall(r'<li class="(\w+)">.*?/issuers/([\w-]+)\?', listed, re.DOTALL)}
    assert found == {
        "issuer": "passed",
        "solo": "passed",
        "sector": "passed",
        "examiner": "could_not_check",
        "keeper": "failed",
        "auditor": "failed",
    }
    assert "Certificates issued while the right lasted are not invalid because of that." in text(web, "/issuers/keeper")


@pytest.mark.parametrize("slug", ["owner-person", "trainer", "nobody", "x" * 200, "%00", "a%00b", "%F0%9F%92%A9"])
def test_who_issues_nothing_has_no_page(web: TestClient, slug: str) -> None:
    text(web, f"/issuers/{slug}", status=404)
    assert slug not in web.get("/issuers").text


def test_a_mandate_for_one_version_stands_at_that_version(web: TestClient, registry: Registry) -> None:
    with registry.writing() as db:
        publish_scheme(db, scheme_like(HOT_WORK, version="2", published_on="2026-02-01"))
    grant(registry, "examiner", versions=["1"])
    assert "Provhuset AB" not in text(web, "/schemes/hot-work")
    assert "(version 1)" in text(web, "/schemes/hot-work?version=1")
    assert "A newer version is in force." in text(web, "/schemes/hot-work?version=1")


# ------------------------------------------------------------------ as every page


@pytest.mark.parametrize("path", ["/schemes", "/schemes/hot-work", "/issuers", "/issuers/issuer"])
def test_a_copy_is_kept_for_a_minute_and_asked_for_again(web: TestClient, registry: Registry, path: str) -> None:
    answer = web.get(path)
    assert answer.headers["cache-control"] == "public, max-age=60"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    again = web.get(path, headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert web.head(path).status_code == 200
    assert web.post(path).status_code == 405
    with registry.writing() as db:
        retire_version(db, "hot-work", "1", TODAY, reason="replaced", actor=ACTOR, now=NOW)
        strike_off(db, "issuer", TODAY, ACTOR)
    assert web.get(path, headers={"If-None-Match": answer.headers["etag"]}).status_code == 200


def test_the_first_page_leads_there(web: TestClient) -> None:
    first = web.get("/").text
    assert "/schemes?" in first
    assert "/issuers?" in first


def test_an_empty_registry_says_so(empty: Registry, keyring: Any) -> None:  # noqa: ARG001 its keys are made
    from registry.web.app import create_app
    from registry.web.settings import Settings

    settings = Settings.read(empty.directory, env={})
    with TestClient(create_app(settings, clock=lambda: NOW)) as client:
        assert "There is nothing here yet." in text(client, "/schemes")
        assert "There is nothing here yet." in text(client, "/issuers")


@pytest.mark.parametrize(
    ("path", "nearer"),
    [("/schemes/never", "Schemes"), ("/schemes/a/b", "Schemes"), ("/issuers/never", "Issuers")],
)
def test_where_nothing_is_the_list_above_it_is_named(web: TestClient, path: str, nearer: str) -> None:
    web.headers["Accept"] = "text/html"
    assert f"{nearer} Check a certificate" in text(web, path, status=404)


def test_the_lists_say_what_the_letter_is_and_who_gave_what(web: TestClient, registry: Registry) -> None:
    grant(registry, "examiner", since=TODAY - DAY)
    assert "Highest level: D · " in text(web, "/schemes")
    assert f"Hot work C2 In force: since {TODAY - DAY}, from Branschen" in text(web, "/issuers")
