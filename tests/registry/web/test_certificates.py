"""Certificates by the API: found, read with a line about it, handed out, changed in the state that was read."""

import io
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient
from PIL import Image

from registry.issuing.people.under_seal import set_portrait
from registry.reading.portrait import read_portrait
from registry.records.actors.access_log import access_lines
from registry.records.actors.api_keys import MOST_DAYS, create_api_key
from registry.records.issued.batches import batches
from registry.records.issued.certificates import certificate_by_number, certificates, history
from registry.records.persons.duplicates import pairs
from registry.records.persons.people import people_page, person_by_id
from registry.records.sector.schemes import scheme_version
from registry.records.whole.directory import Registry
from registry.signing.keys import Keyring
from registry.signing.personal_data import PersonalData, create_index_key
from tests.registry.conftest import (
    COURSE,
    NOW,
    OPENED,
    SOLO,
    hire,
    issue,
    let_history_be_changed,
    person,
    publish_scheme,
    roster,
    run,
    scheme_like,
)
from tests.registry.web.conftest import Clock
from verification.certificate import display_number, parse_number

Ask = Callable[..., Any]
PEOPLE = {
    "rita": ("issuer", "requester"),
    "anders": ("issuer", "approver"),
    "owner": ("sector", "requester"),
    "solo": ("solo", "requester"),
    "olga": (None, "operator"),
}
PDF = "application/pdf"
ACCOUNT = {"owner": "rita", "solo": "rita"}


def five(registry: Registry, keyring: Keyring) -> None:
    """Two of the own course, three of hot work."""
    hire(registry)
    issue(
        registry,
        keyring,
        "hot-work-march",
        roster(person(2, "Asa Lindstrom"), person(3, "Bo Ek"), person(4, "Cia Dal")),
    )
    issue(registry, keyring, "own-course-march", roster(person(2, "Asa Lindstrom"), person(5, "Dan Frid")))


BEGINS_WITH = {"numbers": five}


@pytest.fixture
def numbers(registry: Registry) -> list[str]:
    """Of the five, as people read them, the newest first."""
    with registry.reading() as db:
        return [display_number(row.number) for row in certificates(db)]


@pytest.fixture
def ask(web: TestClient, registry: Registry, numbers: list[str]) -> Ask:
    """Asks as somebody; a POST has an Idempotency-Key of its own, and the ETag of what it is about."""
    assert numbers
    keys: dict[str, str] = {}
    with registry.writing() as db:
        for who, (organisation, role) in PEOPLE.items():
            account: str = ACCOUNT.get(who, who)
            _, keys[who] = create_api_key(
                db,
                account=account,
                organisation=organisation,
                roles=[role],  # type: ignore[list-item] # one of them
                days=MOST_DAYS,
                now=OPENED,
                actor="olga",
            )

    def asking(who: str | None, method: str, path: str, body: Any = None, **headers: str | None) -> Any:
        given: dict[str, str | None] = {"Authorization": f"Bearer {keys[who]}"} if who else {}
        if method == "POST":
            given["Idempotency-Key"] = str(uuid4())
            about = path.rsplit("/", 1)[0]
            tag = web.get(f"/api/v1{about}", headers={"Authorization": f"Bearer {keys['rita']}"}).headers.get("etag")
            given["If-Match"] = tag or '"none"'
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        content = None if body is None else json.dumps(body)
        if content is not None:
            given["Content-Type"] = "application/json"
        sent = {name: value for name, value in given.items() if value is not None}
        return web.request(method, f"/api/v1{path}", content=content, headers=sent)

    return asking


def refused(answer: Any, status: int, kind: str) -> None:
    assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{kind}"), answer.text


def test_a_list_is_filtered_and_goes_on(ask: Ask, numbers: list[str]) -> None:
    def listed(who: str, query: str = "") -> list[str]:
        answer = ask(who, "GET", f"/certificates{query}")
        assert answer.status_code == 200, answer.text
        return [one["number"] for one in answer.json()["items"]]

    assert listed("olga") == numbers
    assert listed("rita") == listed("owner") == numbers[2:]  # the issuer's, and the owner's of its scheme
    assert listed("solo") == numbers[:2]
    assert listed("olga", "?scheme=own-course") == listed("olga", "?issuer=solo") == numbers[:2]
    assert listed("olga", "?occasion=hot-work-march&state=valid") == numbers[2:]
    assert listed("olga", "?state=revoked") == []
    assert listed("olga", "?expiring_before=2031-04-01") == numbers
    assert listed("olga", "?expiring_before=2031-03-31") == []
    one = ask("olga", "GET", f"/certificates/{numbers[1]}").json()
    assert listed("olga", f"?person={one['person']}") == [
        number for number in numbers if ask("olga", "GET", f"/certificates/{number}").json()["holder"] == one["holder"]
    ]
    assert listed("olga", f"?batch={one['batch']}") == numbers[:2]
    pages: list[str] = []
    path: str | None = "/certificates?limit=2"
    while path:
        answer = ask("olga", "GET", path)
        pages += [each["number"] for each in answer.json()["items"]]
        link = answer.headers.get("link")
        path = link.split(">")[0].removeprefix("</api/v1") if link else None
    assert pages == numbers


@pytest.mark.parametrize(
    ("query", "status", "kind"),
    [
        ("?scheme=nothing", 404, "scheme-not-found"),
        ("?issuer=nobody", 404, "organisation-not-found"),
        ("?occasion=never", 404, "occasion-not-found"),
        ("?batch=batch-0", 404, "batch-not-found"),
        ("?person=00000000-0000-0000-0000-000000000000", 404, "person-not-found"),
        ("?state=dead", 422, "malformed-request"),
        ("?expiring_before=2026-02-30", 422, "malformed-request"),
        ("?name=Asa", 422, "malformed-request"),
        ("?cursor=x", 422, "cursor-unknown"),
    ],
)
def test_a_filter_that_can_match_nothing_is_refused(ask: Ask, query: str, status: int, kind: str) -> None:
    refused(ask("olga", "GET", f"/certificates{query}"), status, kind)


def test_reading_one_leaves_a_line_that_its_holder_can_see(ask: Ask, numbers: list[str], registry: Registry) -> None:
    number = numbers[2]
    told = ask("rita", "GET", f"/certificates/{number.lower().replace('-', '')}").json()
    assert (told["number"], told["state"], told["events"], told["level"]) == (number, "valid", 1, "B")
    assert told["says"]["holder_name"] == told["holder"] == "Cia Dal"
    past = ask("rita", "GET", f"/certificates/{number}/history").json()["items"]
    assert [(event["place"], event["kind"], event["organisation"]) for event in past] == [(1, "issued", "issuer")]
    assert (
        ask("olga", "GET", f"/certificates/{number}/document").headers["content-type"].startswith("application/vc+jwt")
    )
    text = ask("rita", "GET", f"/certificates/{number}/qr.txt").text
    assert text.startswith("https://bevis.example/v#")
    assert ask("rita", "GET", f"/certificates/{number}/qr.svg").text.startswith("<?xml")
    assert ask("rita", "GET", f"/certificates/{number}/qr.png").content.startswith(b"\x89PNG")
    with registry.reading() as db:
        lines = access_lines(db, "certificate", parse_number(number))
    assert {(line.account, line.action) for line in lines} == {
        ("rita", "certificate.read"),
        ("olga", "certificate.read"),
    }
    assert len(lines) == 6


def test_who_knows_nothing_of_it_is_not_told_that_it_is_there(ask: Ask, numbers: list[str]) -> None:
    bo, asa = (ask("rita", "GET", f"/certificates/{number}").json() for number in numbers[3:])
    for path, there, nothing in (
        ("/certificates?occasion=", "hot-work-march", "never-held"),
        ("/batches?occasion=", "hot-work-march", "never-held"),
        ("/certificates?batch=", bo["batch"], "batch-000000000000"),
        ("/certificates?person=", bo["person"], "01890000-0000-7000-8000-000000000000"),
    ):
        listed, missing = (ask("solo", "GET", f"{path}{one}") for one in (there, nothing))
        assert (listed.status_code, listed.text.replace(there, nothing)) == (404, missing.text), path
        assert ask("owner", "GET", f"{path}{there}").status_code == 200
    # She took the own course too: of her, one is seen.
    assert len(ask("solo", "GET", f"/certificates?person={asa['person']}").json()["items"]) == 1


@pytest.mark.parametrize("path", ["", "/history", "/document", "/qr.svg"])
def test_who_may_not_read_it_reads_nothing(ask: Ask, numbers: list[str], path: str) -> None:
    refused(ask("solo", "GET", f"/certificates/{numbers[2]}{path}"), 404, "certificate-not-found")
    refused(ask(None, "GET", f"/certificates/{numbers[2]}{path}"), 401, "key-missing")
    refused(ask("olga", "GET", f"/certificates/0000-0000-0000-0000{path}"), 404, "certificate-not-found")
    refused(ask("olga", "GET", f"/certificates/UUUU-0000-0000-0000{path}"), 404, "certificate-not-found")
    refused(ask("olga", "GET", f"/certificates/900101-1234{path}"), 422, "malformed-request")


def test_a_change_is_made_in_the_state_that_was_read(ask: Ask, numbers: list[str], registry: Registry) -> None:
    path, given = f"/certificates/{numbers[2]}", {"reason": "misuse", "note": "complaint 7"}
    refused(ask("rita", "POST", f"{path}/suspension", given, If_Match=None), 428, "state-not-named")
    refused(ask("rita", "POST", f"{path}/suspension", given, If_Match='"another"'), 412, "changed-meanwhile")
    refused(ask("rita", "POST", f"{path}/suspension", given, Idempotency_Key=None), 400, "idempotency-key-missing")
    read = ask("rita", "GET", path).headers["etag"]
    first = ask("rita", "POST", f"{path}/suspension", given, Idempotency_Key="one", If_Match=read)
    assert (first.status_code, first.json()["state"], first.json()["events"]) == (200, "suspended", 2)
    assert first.headers["etag"] == ask("rita", "GET", path).headers["etag"] != read
    again = ask("rita", "POST", f"{path}/suspension", given, Idempotency_Key="one", If_Match=read)
    assert (again.status_code, again.content) == (200, first.content)
    refused(ask("rita", "POST", f"{path}/revocation", {"reason": "fraud"}, If_Match=read), 412, "changed-meanwhile")
    with registry.reading() as db:
        events = history(db, certificate_by_number(db, parse_number(numbers[2])))
    assert [(event.kind, event.actor, event.organisation, event.note) for event in events] == [
        ("issued", "rita", "issuer", None),
        ("suspended", "rita", "issuer", "complaint 7"),
    ]


@pytest.mark.parametrize(
    ("verb", "body", "state"),
    [
        ("suspension", {"reason": "fraud"}, "suspended"),
        ("revocation", {"reason": "fraud"}, "revoked"),
        ("annulment", {"reason": "error"}, "annulled"),
    ],
)
def test_the_owner_of_a_scheme_may_too_and_others_may_not(
    ask: Ask, numbers: list[str], verb: str, body: dict[str, str], state: str
) -> None:
    refused(ask("olga", "POST", f"/certificates/{numbers[2]}/{verb}", body), 403, "not-allowed")
    refused(ask("solo", "POST", f"/certificates/{numbers[2]}/{verb}", body), 404, "certificate-not-found")
    told = ask("owner", "POST", f"/certificates/{numbers[2]}/{verb}", body)
    assert (told.status_code, told.json()["state"]) == (200, state), told.text
    past = ask("rita", "GET", f"/certificates/{numbers[2]}/history").json()["items"]
    assert past[-1]["organisation"] == "sector"


@pytest.mark.parametrize(
    ("verb", "body", "status", "kind"),
    [
        ("suspension", {"reason": "dislike"}, 422, "unknown-reason"),
        ("suspension", {}, 422, "malformed-input"),
        ("suspension", {"reason": "fraud", "note": "900101-1234"}, 422, "malformed-input"),
        ("suspension", {"reason": "fraud", "why": "x"}, 422, "malformed-input"),
        ("replacement", {"by": "0000-0000-0000-0000"}, 404, "certificate-not-found"),
        ("replacement", {"by": "UUUU-0000-0000-0000"}, 404, "certificate-not-found"),
        ("reinstatement", {"reason": "appeal"}, 409, "not-suspended"),
        ("correction", {"note": "x", "name": "Karin Berg"}, 409, "another-person"),
        ("correction", {"note": "nothing"}, 409, "nothing-to-correct"),
        ("correction", {"name": "Cia Dahl"}, 422, "malformed-input"),
        ("correction", {"note": "x", "name": "900101-1234"}, 422, "malformed-input"),
        ("correction", {"note": "x", "facts": {"height": 2}}, 422, "malformed-input"),
        ("correction", {"note": "x", "facts": {"attended_minutes": "many"}}, 422, "malformed-input"),
        ("correction", {"note": "x", "version": "9"}, 404, "scheme-not-found"),
    ],
)
def test_what_cannot_be_is_refused_and_leaves_nothing(
    ask: Ask, numbers: list[str], verb: str, body: dict[str, Any], status: int, kind: str
) -> None:
    refused(ask("rita", "POST", f"/certificates/{numbers[2]}/{verb}", body), status, kind)
    assert ask("rita", "GET", f"/certificates/{numbers[2]}").json()["events"] == 1
    assert [one["kind"] for one in ask("rita", "GET", "/approvals").json()["items"]] == ["batch"]


def test_a_diploma_is_not_revoked(ask: Ask, numbers: list[str]) -> None:
    path = f"/certificates/{numbers[0]}"
    tag = ask("solo", "GET", path).headers["etag"]
    refused(ask("solo", "POST", f"{path}/revocation", {"reason": "misuse"}, If_Match=tag), 409, "not-foreseen")


@pytest.fixture
def by_two(ask: Ask) -> Callable[..., Any]:
    """Rita asks, Anders approves, Rita asks again."""

    def doing(path: str, body: dict[str, Any]) -> Any:
        asked = ask("rita", "POST", path, body)
        assert (asked.status_code, asked.json()["done"]) == (202, False), asked.text
        approval = asked.json()["approval"]
        decision = {"decision": "approve", "digest": approval["digest"]}
        refused(ask("rita", "POST", f"/approvals/{approval['id']}/decision", decision), 403, "not-allowed")
        assert ask("anders", "POST", f"/approvals/{approval['id']}/decision", decision).status_code == 200
        return ask("rita", "POST", path, body)

    return doing


def test_two_people_reinstate(ask: Ask, numbers: list[str], by_two: Callable[..., Any]) -> None:
    path = f"/certificates/{numbers[2]}"
    assert ask("rita", "POST", f"{path}/suspension", {"reason": "error"}).status_code == 200
    refused(ask("anders", "POST", f"{path}/reinstatement", {"reason": "error"}), 403, "not-allowed")
    told = by_two(f"{path}/reinstatement", {"reason": "error"})
    assert (told.status_code, told.json()["done"], told.json()["certificate"]["state"]) == (200, True, "valid")
    assert ask("rita", "GET", f"{path}/history").json()["items"][-1]["approval"].startswith("approval-")


def test_two_people_correct(ask: Ask, numbers: list[str], by_two: Callable[..., Any], web: TestClient) -> None:
    number = numbers[4]
    told = by_two(f"/certificates/{number}/correction", {"name": "Åsa Lindström", "note": "misspelt"})
    assert told.status_code == 200, told.text
    answer = told.json()
    assert answer["changes"] == {"holder_name": ["Asa Lindstrom", "Åsa Lindström"]}
    assert (answer["certificate"]["state"], answer["certificate"]["corrected_by"]) == (
        "superseded",
        answer["successor"],
    )
    new = ask("rita", "GET", f"/certificates/{answer['successor']}").json()
    assert (new["holder"], new["corrects"], new["state"]) == ("Åsa Lindström", number, "valid")
    document = ask("rita", "GET", f"/certificates/{answer['successor']}/document").text
    verdict = web.post("/api/v1/verify", json={"token": document}).json()
    assert (verdict["headline"], verdict["certificate"]["corrects"]) == ("valid", number)
    verdict = web.post("/api/v1/verify", json={"token": number}).json()
    assert (verdict["headline"], verdict["certificate"]["successor"]) == ("superseded", answer["successor"])
    refused(
        ask("rita", "POST", f"/certificates/{number}/correction", {"name": "Asa Lind", "note": "x"}),
        409,
        "already-revoked",
    )


def test_one_is_replaced_by_another(ask: Ask, numbers: list[str], web: TestClient, clock: Clock) -> None:
    clock.at = NOW + timedelta(days=1)
    refused(ask("rita", "POST", f"/certificates/{numbers[2]}/replacement", {"by": numbers[3]}), 409, "not-a-successor")
    assert web.get("/healthz").status_code == 200


# ------------------------------------------------------------------ issued one by one

NUMBER = "199005171237"  # made up for tests
FINE = {"attended_minutes": 480, "passed_all": True, "result_recorded": True, "portrait": True}
EBBA: dict[str, Any] = {
    "name": "Ebba Falk",
    "birth_date": "1990-05-17",
    "email": "ebba@example.com",
    "facts": FINE,
}


def test_one_person_gets_a_certificate_and_the_same_asked_again_tells_its_number(
    ask: Ask, registry: Registry, keyring: Keyring
) -> None:
    body = {"occasion": "own-course-march", **EBBA}
    answer = ask("solo", "POST", "/certificates", body)
    told = answer.json()
    assert (answer.status_code, told["done"], told["state"], told["level"]) == (202, False, "issuing", "D"), told
    assert (told["number"], told["approval"]) == (None, None)
    assert ask("solo", "POST", "/certificates", body).json() == told
    run(registry, keyring, told["batch"])
    answer = ask("solo", "POST", "/certificates", body)
    again = answer.json()
    assert (answer.status_code, again["done"], again["batch"], again["level"]) == (200, True, told["batch"], "D")
    with registry.reading() as db:
        (line,) = access_lines(db, "certificate", parse_number(again["number"]))
        assert (line.action, line.account) == ("batch.request", "rita")
    listed = ask("solo", "GET", f"/certificates?batch={told['batch']}").json()["items"]
    assert [(one["number"], one["holder"]) for one in listed] == [(again["number"], "Ebba Falk")]
    # Said in other words it is the same certificate.
    other = ask("solo", "POST", "/certificates", body | {"phone": "070-123 45 67"}).json()
    assert (other["done"], other["number"]) == (True, again["number"])


def test_a_level_that_takes_two_people_waits_for_the_second(ask: Ask, registry: Registry, keyring: Keyring) -> None:
    body = {"occasion": "hot-work-march", **EBBA}
    answer = ask("rita", "POST", "/certificates", body)
    told = answer.json()
    assert (answer.status_code, told["state"], told["level"], told["approval"]["state"]) == (
        202,
        "waiting",
        "B",
        "open",
    )
    assert answer.headers["Location"] == f"/api/v1/batches/{told['batch']}"
    assert ask("rita", "POST", "/certificates", body).json()["approval"]["id"] == told["approval"]["id"]
    asked = told["approval"]
    decided = {"decision": "approve", "digest": asked["digest"]}
    assert ask("anders", "POST", f"/approvals/{asked['id']}/decision", decided).status_code == 200
    again = ask("rita", "POST", "/certificates", body).json()
    assert again["approval"] == asked | {"state": "approved"}
    run(registry, keyring, told["batch"])
    answer = ask("rita", "POST", "/certificates", body)
    assert (answer.status_code, answer.json()["done"], answer.json()["level"]) == (200, True, "B")


@pytest.mark.parametrize(
    ("change", "pointers"),
    [
        ({"name": "=Ebba()"}, ["#/name"]),
        ({"name": "19900517-0017"}, ["#/name"]),
        ({"facts": FINE | {"attended_minutes": -5}}, ["#/facts/attended_minutes"]),
        ({"facts": FINE | {"attended_minutes": 479}}, ["#/facts/attended_minutes"]),
        ({"facts": FINE | {"height": 180}}, ["#/facts"]),
        ({"scope_classes": ["x y"]}, ["#/scope_classes"]),
        ({"national_number": "19900517-0017"}, ["#/national_number"]),
        ({"asked": "D", "facts": FINE | {"passed_all": False}}, ["#/facts/passed_all"]),
    ],
)
def test_what_cannot_be_issued_is_said_and_nothing_is_kept(
    ask: Ask, registry: Registry, change: dict[str, Any], pointers: list[str]
) -> None:
    def batches_there() -> int:
        with registry.reading() as db:
            return len(batches(db))

    before = batches_there()
    answer = ask("rita", "POST", "/certificates", {"occasion": "hot-work-march", **EBBA, **change})
    assert answer.status_code == 422, answer.text
    assert [each["pointer"] for each in answer.json()["errors"]] == pointers, answer.text
    assert "19900517" not in answer.text
    if change.get("facts", {}).get("attended_minutes") == 479:
        assert "(facts.attended_minutes)" in answer.json()["errors"][0]["detail"]
    assert batches_there() == before


def test_a_number_of_somebody_else_is_refused_and_waits_for_review(
    ask: Ask, registry: Registry, add: Callable[..., str]
) -> None:
    takes = {"national_number": "optional", "national_number_reason": "Lagen kräver säker identifiering"}
    with registry.writing() as db:
        publish_scheme(db, scheme_like(COURSE, code="numbered", **takes))
    add(SOLO, id="numbered-march", scheme="numbered")
    create_index_key(registry.index_key_file())
    number = {"occasion": "numbered-march", "national_number": NUMBER}
    assert ask("solo", "POST", "/certificates", EBBA | number | {"name": "Anna Berg"}).status_code == 202
    with registry.reading() as db:
        before = len(batches(db))
    answers = [ask("solo", "POST", "/certificates", EBBA | number, Idempotency_Key="one") for _ in range(2)]
    refused(answers[0], 422, "not-issued")
    assert answers[0].json()["errors"][0]["pointer"] == "#/national_number"
    assert (answers[1].status_code, answers[1].content) == (422, answers[0].content)
    with registry.reading() as db:
        assert [each.reasons for each in pairs(db)] == [["number_conflict"]]
        assert len(people_page(db, like="ebba falk")) == 1
        assert len(batches(db)) == before


def test_who_may_not_ask_issues_nothing(ask: Ask) -> None:
    body = {"occasion": "hot-work-march", **EBBA}
    refused(ask("anders", "POST", "/certificates", body), 403, "not-allowed")
    refused(ask("solo", "POST", "/certificates", body), 404, "occasion-not-found")
    refused(ask("rita", "POST", "/certificates", body | {"occasion": "never"}), 404, "occasion-not-found")
    refused(ask("rita", "POST", "/certificates", body | {"asked": "A"}), 422, "malformed-input")


def test_paper_is_for_whoever_may_read_it_and_a_portrait_for_fewer(
    ask: Ask, registry: Registry, numbers: list[str], data: PersonalData
) -> None:
    number = numbers[-1]
    for who, path in (("solo", f"/certificates/{number}/pdf"), ("rita", f"/certificates/{numbers[0]}/card")):
        refused(ask(who, "GET", path), 404, "certificate-not-found")
    got = ask("olga", "GET", f"/certificates/{number}/pdf", accept_language="nb")
    assert (got.status_code, got.headers["content-type"]) == (200, "application/pdf"), got.text
    assert got.headers["content-disposition"] == f'attachment; filename="{number}.pdf"'
    assert b"/Lang (nb)" in got.content
    refused(ask("olga", "GET", f"/certificates/{number}/pdf?lang=de"), 422, "malformed-request")
    picture = io.BytesIO()
    Image.effect_noise((300, 400), 50).save(picture, "PNG")
    with registry.writing() as db:
        let_history_be_changed(db)
        row = certificate_by_number(db, parse_number(number))
        version = scheme_version(db, row.scheme, row.scheme_version)
        version.document = version.document | {"portrait_required": True}
        db.add(version)
        portrait = read_portrait(picture.getvalue())
        set_portrait(db, data, person_by_id(db, str(row.person_id)), portrait, now=NOW, actor="olga")
    refused(ask("olga", "GET", f"/certificates/{number}/pdf"), 403, "not-allowed")
    shown = ask("rita", "GET", f"/certificates/{number}/card")
    assert shown.status_code == 200
    assert len(shown.content) > len(got.content)
    with registry.reading() as db:
        assert access_lines(db, "person", str(row.person_id))[0].account == "rita"
        assert access_lines(db, "certificate", row.number)[0].account == "rita"


@pytest.mark.parametrize("database", ["sqlite"])
def test_a_paper_is_asked_about_as_a_file(ask: Ask, web: TestClient, numbers: list[str]) -> None:
    pdf = ask("olga", "GET", f"/certificates/{numbers[-1]}/pdf").content

    def asked(content: bytes, path: str = "?situation=site_entry&lang=en", accept: str = "application/json") -> Any:
        return web.post(f"/api/v1/verify{path}", content=content, headers={"Content-Type": PDF, "Accept": accept})

    good = asked(pdf).json()
    assert (good["outcome"], good["certificate"]["number"]) == ("valid", numbers[-1])
    assert {"document_sealed", "document_text_agrees", "document_codes_agree"} <= {
        one["code"] for one in good["reasons"]
    }
    changed = asked(pdf + b"\n", accept="text/html")
    assert 'class="answer invalid' in changed.text
    assert "Something was added to the file" in changed.text
    # Where pictures are handed in, a document is told apart from a picture of one.
    assert "Something was added to the file" in asked(pdf + b"\n", "/pictures?lang=en", "text/html").text
    assert asked(b"no PDF").json()["outcome"] == "undetermined"
    assert asked(pdf, "?on=tomorrow").status_code == 422
    assert asked(b"%PDF-" + bytes(1_100_000)).status_code == 413
