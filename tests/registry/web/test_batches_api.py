"""Class lists by the API: handed in as providers have them, followed, decided on by two, stopped and let go on."""

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from itertools import count
from typing import Any

import pytest
import xlsxwriter
from fastapi.testclient import TestClient
from starlette.requests import ClientDisconnect

from registry.errors import DatabaseBusy
from registry.issuing.batches.progress import Progress
from registry.issuing.batches.run import BatchRun
from registry.records.actors.access import Role
from registry.records.actors.access_log import access_lines
from registry.records.actors.accounts import NewAccount, add_account, end_role, grant_role
from registry.records.actors.api_keys import MOST_DAYS, create_api_key
from registry.records.actors.approvals import approvals
from registry.records.issued.amendments import amend_occasion
from registry.records.issued.batches import batches
from registry.records.issued.certificates import certificates
from registry.records.mandates.mandate_decisions import withdraw_mandate
from registry.records.mandates.mandates import mandates
from registry.records.persons.people import people_called
from registry.records.whole.directory import Registry
from registry.signing.keys import Keyring
from registry.web.followers import Followers
from registry.web.routes.batch_progress import MOST_FOLLOWERS, Followed, Seen, events
from tests.registry.conftest import ACTOR, NOW, OCCASION, ON_SQLITE, OPENED, run
from tests.workbook_files import made

Ask = Callable[..., Any]
PEOPLE: list[tuple[str, str, str, list[Role]]] = [
    ("rita", "Rita Begär", "issuer", ["requester"]),
    ("anders", "Anders Avgör", "issuer", ["approver"]),
    ("both", "Bea Begärochavgör", "issuer", ["requester", "approver"]),
    ("sol", "Sol Sola", "solo", ["requester", "reader"]),
]
CSV, XLSX = "text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
HEADERS = ["Namn", "Födelsedatum", "E-post", "Närvarominuter", "Godkänd", "Resultat registrerat", "Porträtt"]
MARCH = "/batches?occasion=hot-work-march"
SWEDISH = {"Accept-Language": "sv"}


def line(name: str, born: str = "1990-05-17", minutes: Any = 480, passed: str = "ja") -> list[Any]:
    return [name, born, f"{len(name)}@example.com", minutes, passed, "ja", "ja"]


def csv(*lines: Sequence[Any], headers: Sequence[str] = tuple(HEADERS)) -> bytes:
    return "".join(";".join(map(str, cells)) + "\r\n" for cells in (headers, *lines)).encode("cp1252")


THREE = csv(line("Åsa Lindström Bergqvist"), line("Bo Ek"), line("Per O’Brien"))


@pytest.fixture
def ask(web: TestClient, registry: Registry) -> Ask:
    """Asks as somebody, with a file or with JSON; a change gets an Idempotency-Key of its own."""
    keys: dict[str, str] = {}
    with registry.writing() as db:
        for slug, name, organisation, roles in PEOPLE:
            add_account(db, NewAccount(id=slug, name=name), OPENED, "ola")
            for role in roles:
                grant_role(db, slug, organisation, role, now=OPENED, actor="ola")
            given: dict[str, Any] = {"now": OPENED, "actor": "ola", "days": MOST_DAYS, "roles": roles}
            _, keys[slug] = create_api_key(db, account=slug, organisation=organisation, **given)
    turns = count()

    def asking(who: str, method: str, path: str, body: Any = None, **headers: str) -> Any:
        given = {"Authorization": f"Bearer {keys[who]}"}
        if method == "POST":
            given["Idempotency-Key"] = f"test-{next(turns)}"
        if body is not None:
            given["Content-Type"] = CSV if isinstance(body, bytes) else "application/json"
        content = json.dumps(body).encode() if isinstance(body, dict) else body
        return web.request(method, f"/api/v1{path}", content=content, headers=given | headers)

    return asking


def refused(answer: Any, status: int, name: str) -> dict[str, Any]:
    told: dict[str, Any] = answer.json()
    assert (answer.status_code, told["type"]) == (status, f"/problems/{name}"), told
    return told


def handed_in(answer: Any, status: int = 202) -> dict[str, Any]:
    told: dict[str, Any] = answer.json()
    assert answer.status_code == status, told
    return told


def decided(ask: Ask, who: str, approval: dict[str, Any], **more: Any) -> Any:
    body = {"decision": "approve", "digest": approval["digest"]} | more
    return ask(who, "POST", f"/approvals/{approval['id']}/decision", body)


def rows(ask: Ask, batch: str, query: str = "", who: str = "rita") -> list[dict[str, Any]]:
    answer = ask(who, "GET", f"/batches/{batch}/rows{query}", **SWEDISH)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def test_a_list_becomes_certificates(ask: Ask, registry: Registry, keyring: Keyring) -> None:
    answer = ask("rita", "POST", MARCH, THREE, **{"Idempotency-Key": "once"})
    told = handed_in(answer)
    batch, approval = told["batch"], told["approval"]
    assert answer.headers["location"] == f"/api/v1/batches/{batch}"
    assert (told["state"], told["rows"], told["left"], told["not_issued"]) == ("waiting", 3, 3, [])
    assert approval["state"] == "open"
    # Said twice, it is done once; handed in again, it is the same batch.
    again = ask("rita", "POST", MARCH, THREE, **{"Idempotency-Key": "once"})
    assert (again.status_code, again.content, again.headers["location"]) == (
        202,
        answer.content,
        answer.headers["location"],
    )
    assert handed_in(ask("rita", "POST", MARCH, THREE))["batch"] == batch
    assert {row["outcome"] for row in rows(ask, batch)} == {"waiting"}
    assert decided(ask, "anders", approval).status_code == 200
    assert handed_in(ask("rita", "POST", MARCH, THREE))["approval"] == approval | {"state": "approved"}
    run(registry, keyring, batch)
    whole = ask("rita", "GET", f"/batches/{batch}").json()
    assert (whole["state"], whole["issued"], whole["left"], whole["stopped"]) == ("done", 3, 0, None)
    assert [each["kind"] for each in whole["events"]][-3:] == ["waiting", "issuing", "done"]
    page = ask("rita", "GET", f"/batches/{batch}/rows?outcome=issued&limit=2")
    assert [(row["row"], row["name"], row["level"]) for row in page.json()["items"]] == [
        (2, "Åsa Lindström Bergqvist", "B"),
        (3, "Bo Ek", "B"),
    ]
    rest = ask("rita", "GET", page.headers["link"].partition(">")[0].removeprefix("</api/v1"))
    assert ([row["name"] for row in rest.json()["items"]], "link" in rest.headers) == (["Per O’Brien"], False)
    (number,) = [row["number"] for row in rest.json()["items"]]
    assert ask("rita", "GET", f"/certificates/{number}").json()["holder"] == "Per O’Brien"
    refused(ask("rita", "GET", f"/batches/{batch}/rows?cursor=MTpib28"), 422, "cursor-unknown")
    # A list that is done is not done again.
    repeated = handed_in(ask("rita", "POST", MARCH, THREE))
    assert (repeated["batch"], repeated["repeated"], repeated["already"]) == (batch, True, 3)
    with registry.reading() as db:
        assert len(certificates(db)) == 3
        assert [line.account for line in access_lines(db, "batch", batch)] == ["rita"] * 3
    for query, found in (("", 1), ("?state=done", 1), ("?state=held", 0), ("?issuer=solo", 0), ("?limit=1", 1)):
        assert len(ask("rita", "GET", f"/batches{query}").json()["items"]) == found, query
    refused(ask("rita", "GET", "/batches?occasion=never"), 404, "occasion-not-found")
    refused(ask("rita", "GET", "/batches?issuer=nobody"), 404, "organisation-not-found")
    refused(ask("rita", "GET", "/batches/batch-000000000000"), 404, "batch-not-found")
    # Nobody of another organisation sees any of it.
    assert ask("sol", "GET", "/batches").json()["items"] == []
    for method, path, body in (
        ("GET", "", None),
        ("GET", "/rows", None),
        ("GET", "/events", None),
        ("POST", "/cancellation", {}),
        ("POST", "/resumption", None),
    ):
        refused(ask("sol", method, f"/batches/{batch}{path}", body), 404, "batch-not-found")
    refused(ask("sol", "POST", MARCH, THREE), 404, "occasion-not-found")
    refused(ask("anders", "POST", MARCH, THREE), 403, "not-allowed")


def test_what_is_only_tried_leaves_nothing(ask: Ask, registry: Registry) -> None:
    listed = csv(line("Bo Ek"), line("Cia Dal", "17 maj"), line("Dan Frid", minutes=300))
    for _ in range(2):  # the same key, and asked anew each time: nothing is remembered
        told = handed_in(
            ask("anders", "POST", f"{MARCH}&dry_run=true", listed, **SWEDISH, **{"Idempotency-Key": "trying"}), 200
        )
        assert (told["batch"], told["state"], told["approval"]) == (None, None, None)
        assert (told["issued"], told["faults"], told["refused"]) == (1, 1, 1)
        assert told["needs_approval"]
        fault, lacks = told["not_issued"]
        (wrong,) = fault["faults"]
        assert (fault["row"], wrong["column"], wrong["header"]) == (3, "birth_date", "Födelsedatum")
        assert "skriv" in wrong["says"].casefold()
        assert [each["id"] for each in lacks["unmet"]] == ["I5"]
        assert all(lacks["unmet"][0][part] for part in ("title", "found", "wanted", "lift"))
        assert told["warned"] == []
    with registry.reading() as db:
        assert (batches(db), people_called(db, ["bo ek"])) == ([], [])
    # Held back, the same is told of what is kept.
    told = handed_in(ask("rita", "POST", MARCH, listed, **SWEDISH))
    assert (told["state"], told["stopped"]["reason"]) == ("held", "faults")
    assert told["stopped"]["says"].startswith("Några rader har fel")
    held, fault, _ = rows(ask, told["batch"])
    assert (held["outcome"], fault["faults"]) == ("held", [wrong])
    assert [row["row"] for row in rows(ask, told["batch"], "?outcome=fault")] == [3]
    good = handed_in(ask("rita", "POST", f"{MARCH}&good_rows=true&at_attained=true", listed))
    assert (good["state"], good["left"]) == ("waiting", 2)


@ON_SQLITE
def test_a_file_that_cannot_be_read_is_refused_whole(ask: Ask, registry: Registry) -> None:
    for kind, data, pointer, says in (
        (CSV, csv(headers=[*HEADERS, "Antal barn"]), "#/1/Antal%20barn", "Antal barn"),
        (CSV, b"Namn;Personnummer\r\nBo Ek;19900517-0017\r\n", "#/1/Personnummer", "Ta bort kolumnen"),
        (CSV, b"E-post\r\na@example.com\r\n", "#/1/name", "saknas"),
        (CSV, csv(), "#/0", "inga"),
        (XLSX, b"PK\x03\x04 and no more", "#/0", ""),
        (CSV, b"\x00\x01\x02", "#/0", ""),
    ):
        for path in (MARCH, f"{MARCH}&dry_run=true"):
            answer = ask("rita", "POST", path, data, **SWEDISH, **{"Content-Type": kind})
            told = refused(answer, 422, "list-not-read")
            assert (told["errors"][0]["pointer"], says in told["errors"][0]["detail"]) == (pointer, True), told
            assert "19900517" not in answer.text
    with registry.reading() as db:
        assert batches(db) == []


@ON_SQLITE
def test_what_is_no_list_is_told_before_it_is_read(ask: Ask) -> None:
    told = refused(ask("rita", "POST", "/batches", THREE, **SWEDISH), 422, "malformed-request")
    assert (told["title"], told["errors"]) == (
        "Frågan går inte att läsa",
        [{"pointer": "#/query/occasion", "detail": "fattas"}],
    )
    refused(ask("rita", "POST", "/batches?occasion=never", THREE), 404, "occasion-not-found")
    told = refused(ask("rita", "POST", f"{MARCH}&occasoin=D&19900517-0017=D", THREE), 422, "malformed-request")
    near, far = told["errors"]
    assert near["pointer"] == "#/query/occasoin"
    assert near["detail"].startswith("is no known name here; did you mean occasion? known are asked, at_attained, ")
    assert far["pointer"] == "#/query/…"
    told = refused(ask("rita", "POST", f"{MARCH}&occasion=hot-work-may", THREE), 422, "malformed-request")
    assert told["detail"] == "#/query/occasion is given more than once"
    refused(ask("rita", "POST", f"{MARCH}&asked=G", THREE), 422, "malformed-request")
    refused(ask("rita", "POST", MARCH, THREE, **{"Content-Type": "image/png"}), 415, "unsupported-media-type")
    refused(ask("rita", "POST", MARCH, b"x" * (10 * 2**20 + 1)), 413, "body-too-large")
    refused(ask("sol", "POST", "/batches?occasion=own-course-march&asked=B", THREE), 422, "asked-too-high")


# ------------------------------------------------------------------ two people


def test_whoever_asked_does_not_decide(ask: Ask, registry: Registry) -> None:
    approval = handed_in(ask("both", "POST", MARCH, THREE))["approval"]
    told = refused(decided(ask, "both", approval), 403, "same-person")
    assert "both" in told["detail"]
    refused(decided(ask, "rita", approval), 403, "not-allowed")
    with registry.reading() as db:
        assert [one.state for one in approvals(db)] == ["open"]


def test_what_was_changed_is_not_what_was_approved(ask: Ask, registry: Registry, keyring: Keyring) -> None:
    told = handed_in(ask("rita", "POST", MARCH, THREE))
    batch, approval = told["batch"], told["approval"]
    refused(decided(ask, "anders", approval, digest="0" * 64), 409, "content-changed")
    with registry.writing() as db:
        amend_occasion(db, "hot-work-march", {"language_test": "en"}, reason="mistake", now=NOW, actor=ACTOR)
    # What has changed before somebody decides is not approved; it may still be rejected, or asked for anew.
    assert "occasion of batch-" in refused(decided(ask, "anders", approval), 409, "request-outdated")["detail"]
    told = handed_in(ask("rita", "POST", f"/batches/{batch}/resumption"))
    assert (told["state"], told["approval"]["id"] != approval["id"]) == ("waiting", True)
    approval = told["approval"]
    assert decided(ask, "anders", approval).status_code == 200
    with registry.writing() as db:
        amend_occasion(db, "hot-work-march", {"language_test": "nb"}, reason="mistake", now=NOW, actor=ACTOR)
    run(registry, keyring, batch)
    whole = ask("anders", "GET", f"/batches/{batch}", **SWEDISH).json()
    assert (whole["state"], whole["issued"], whole["stopped"]["reason"]) == ("held", 0, "approval_needed")
    assert whole["stopped"]["says"].startswith("Två personer gör detta tillsammans")
    # What it has become is asked about anew, and the old digest opens nothing.
    whole = handed_in(ask("rita", "POST", f"/batches/{batch}/resumption"))
    assert (whole["state"], whole["approval"]["state"]) == ("waiting", "open")
    assert whole["approval"]["digest"] != approval["digest"]
    refused(decided(ask, "anders", whole["approval"] | {"digest": approval["digest"]}), 409, "content-changed")
    assert decided(ask, "anders", whole["approval"]).status_code == 200
    run(registry, keyring, batch)
    assert ask("anders", "GET", f"/batches/{batch}").json()["issued"] == 3


def test_a_mandate_withdrawn_while_it_runs_stops_the_rest(ask: Ask, registry: Registry, keyring: Keyring) -> None:
    told = handed_in(ask("rita", "POST", MARCH, THREE))
    batch = told["batch"]
    assert decided(ask, "anders", told["approval"]).status_code == 200
    under_way = BatchRun(registry, keyring, batch, lambda: NOW, 1)
    assert under_way.begin().state == "issuing"
    while under_way.chunk().issued == 0:
        pass
    with registry.writing() as db:
        withdraw_mandate(db, mandates(db)[0].public_id, NOW.date(), "closed", ACTOR, now=NOW)
    while (progress := under_way.chunk()).state == "issuing":
        pass
    under_way.close()
    whole = ask("rita", "GET", f"/batches/{batch}", **SWEDISH).json()
    assert (whole["state"], whole["issued"], whole["left"]) == ("held", progress.issued, 3 - progress.issued)
    assert whole["stopped"]["reason"] == "issuer_not_authorised"
    assert "mandat" in whole["stopped"]["says"]
    first, *_, last = rows(ask, batch)
    assert ask("rita", "GET", f"/certificates/{first['number']}").json()["state"] == "valid"
    assert (last["outcome"], last["number"], last["faults"][0]["code"]) == ("held", None, "batch_stopped")
    refused(ask("rita", "POST", f"/batches/{batch}/resumption"), 403, "issuer-not-authorised")


def test_an_examiner_who_taught_the_class_takes_the_level_down(ask: Ask, add: Callable[..., str]) -> None:
    both = [{"id": "inga", "name": "Inga Instruktör", "role": role} for role in ("instructor", "examiner")]
    staff = [*both, {"id": "bo", "name": "Bo Beslut", "role": "decision_maker"}]
    occasion = add(OCCASION, id="taught-it", staff=staff, examiner_last_taught=None)
    told = handed_in(ask("rita", "POST", f"/batches?occasion={occasion}", THREE, **SWEDISH))
    assert (told["state"], told["refused"], told["left"]) == ("done", 3, 0)
    (row, *_) = rows(ask, told["batch"])
    assert (row["outcome"], row["asked"], row["attained"]) == ("refused", "B", "D")
    assert [each["id"] for each in row["unmet"]] == ["O7"]
    assert "examin" in row["unmet"][0]["title"].casefold(), row["unmet"][0]
    lower = handed_in(ask("rita", "POST", f"/batches?occasion={occasion}&at_attained=true", THREE))
    assert {(each["outcome"], each["level"]) for each in rows(ask, lower["batch"])} == {("waiting", "D")}


# ------------------------------------------------------------------ stopped, let go on, followed


def test_what_is_cancelled_stays_so(ask: Ask) -> None:
    told = handed_in(ask("rita", "POST", MARCH, THREE))
    batch = told["batch"]
    refused(ask("rita", "POST", f"/batches/{batch}/cancellation", {"reason": "19900517-0017"}), 422, "malformed-input")
    whole = handed_in(ask("anders", "POST", f"/batches/{batch}/cancellation", {"reason": "wrong list"}), 200)
    assert (whole["state"], whole["stopped"]["reason"], whole["approval"]["state"]) == (
        "cancelled",
        "cancelled",
        "withdrawn",
    )
    refused(decided(ask, "anders", told["approval"]), 409, "already-decided")
    assert {row["outcome"] for row in rows(ask, batch)} == {"cancelled"}
    refused(ask("rita", "POST", f"/batches/{batch}/cancellation", {}), 409, "batch-finished")
    refused(ask("rita", "POST", f"/batches/{batch}/resumption"), 409, "batch-finished")
    assert handed_in(ask("rita", "POST", MARCH, THREE))["batch"] != batch


def stream(text: str) -> list[dict[str, str]]:
    """The events of a stream, by the names of their fields."""
    blocks = [block for block in text.split("\n\n") if block]
    return [dict(each.split(": ", 1) for each in block.splitlines()) for block in blocks]


def test_it_is_followed_as_it_comes_along(ask: Ask, web: TestClient, registry: Registry, keyring: Keyring) -> None:
    told = handed_in(ask("sol", "POST", "/batches?occasion=own-course-march", THREE))
    batch, path = told["batch"], f"/batches/{told['batch']}/events"
    assert told["state"] == "issuing"

    def issuing() -> None:
        time.sleep(0.2)
        run(registry, keyring, batch)

    beside = threading.Thread(target=issuing)
    beside.start()
    answer = ask("sol", "GET", path)
    beside.join()
    assert answer.headers["content-type"].partition(";")[0] == "text/event-stream"
    first, progress, *_, end = stream(answer.text)
    assert first == {"retry": "2000"}
    assert (progress["event"], json.loads(progress["data"])) == (
        "progress",
        {"batch": batch, "state": "issuing", "rows": 3, "settled": 0, "issued": 0},
    )
    assert (end["event"], json.loads(end["data"])["state"], json.loads(end["data"])["issued"]) == ("end", "done", 3)
    assert int(end["id"]) > int(progress["id"])
    # Whoever has seen the end is told that there is nothing more; whoever has not, sees it.
    assert ask("sol", "GET", path, **{"Last-Event-ID": end["id"]}).status_code == 204
    assert [each["event"] for each in stream(ask("sol", "GET", path, **{"Last-Event-ID": "x"}).text)[1:]] == ["end"]
    head = ask("sol", "HEAD", path)
    assert (head.status_code, head.content) == (200, b"")
    followers: Followers = web.app.state.office.followers  # type: ignore[attr-defined]
    assert not followers.present
    followers.present.update(dict.fromkeys(range(MOST_FOLLOWERS), "somebody"))
    refused(ask("sol", "GET", path), 429, "too-many-requests")
    followers.present.clear()
    # What waits for somebody's decision is at rest.
    waiting = handed_in(ask("rita", "POST", MARCH, THREE))["batch"]
    assert [each["event"] for each in stream(ask("rita", "GET", f"/batches/{waiting}/events").text)[1:]] == ["end"]


def test_a_stream_passes_over_a_bad_moment_shows_that_it_lives_and_lets_the_server_end() -> None:
    looks = count(1)

    def look() -> Seen:
        if (turn := next(looks)) == 2:
            raise DatabaseBusy("not now")
        return Seen(turn // 20, Progress("batch-1", "issuing", 3, 0, 0), resting=False)

    followers = Followers(must_go=lambda: len(seen) > 3)
    seen: list[bytes] = []

    async def follow() -> None:
        async for each in events(look, look(), 0, followers, seconds=0):
            assert not followers.present  # a place is the answer's, not the stream's
            seen.append(each)

    asyncio.run(follow())
    assert [each.partition(b"\n")[0] for each in seen] == [b"retry: 2000", b": ", b"event: progress", b": "]


def test_no_more_follow_than_there_are_places_and_each_is_given_back() -> None:
    followers = Followers()
    places = [followers.take_place(key, most=3, most_with_key=2) for key in ("a", "a", "a", "b", "c")]
    assert [place is not None for place in places] == [True, True, False, True, False]

    async def send(_: object) -> None:
        raise OSError("nobody is there any more")

    async def nothing() -> AsyncIterator[bytes]:
        yield b""

    async def receive() -> dict[str, str]:
        await asyncio.sleep(60)
        return {"type": "http.disconnect"}

    unread = Followed(nothing(), followers, places[0], {})
    with pytest.raises((OSError, ClientDisconnect)):
        asyncio.run(unread({"type": "http", "asgi": {"spec_version": "2.4"}}, receive, send))
    assert len(followers.present) == 2
    assert followers.take_place("a", most=3, most_with_key=2) is not None


# ------------------------------------------------------------------ as providers send them


def workbook(fill: Callable[[xlsxwriter.Workbook, Any], None], *lines: Sequence[Any]) -> bytes:
    """A title over all columns above the headers, a sheet that nobody sees, and the people."""

    def sheets(book: xlsxwriter.Workbook) -> None:
        sheet = book.add_worksheet("Deltagare")
        sheet.merge_range(0, 0, 1, len(HEADERS) - 1, "Heta arbeten, mars", book.add_format())
        for at, cells in enumerate((HEADERS, *lines), 3):
            for column, cell in enumerate(cells):
                sheet.write(at, column, cell)
        fill(book, sheet)

    return made(sheets)


def _hidden(book: xlsxwriter.Workbook, _: object) -> None:
    sheet = book.add_worksheet("Gamla")
    sheet.write_row(0, 0, HEADERS)
    sheet.write_row(1, 0, line("Nobody Now"))
    sheet.hide()


@ON_SQLITE
def test_lists_are_taken_as_providers_have_them(ask: Ask) -> None:
    vietnamese = "\r\n".join([",".join(HEADERS[::-1]), ",".join(map(str, line("Nguyễn Văn A")[::-1]))])
    facts = {"attended_minutes": 480, "passed_all": True, "result_recorded": True, "portrait": True}
    told_by_a_program = {"name": "Bo Ek", "birth_date": "1990-05-17", "email": "bo@example.com", **facts}
    people = json.dumps({"person": [told_by_a_program]}).encode()
    cases: list[tuple[str, bytes, list[tuple[int, str, list[tuple[str | None, str | None]]]], int]] = [
        (CSV, THREE, [], 3),
        (CSV, vietnamese.encode("utf-8-sig"), [], 1),
        (XLSX, workbook(_hidden, line("Åsa Lindström Bergqvist", minutes=480.0), line("Bo Ek")), [], 2),
        ("application/json", people, [], 1),
        (CSV, csv(line("Bo Ek"), line("Bo Ek", "1991-06-18")), [], 2),
        (CSV, csv(line("Bo Ek"), line("Bo Ek", "")), [(3, "Bo Ek", [("name", "Namn")])], 1),
        (CSV, csv(line("Bo Ek"), line("Cia Dal", "")), [(3, "Cia Dal", [("birth_date", "Födelsedatum")])], 1),
        (CSV, csv(line("Bo Ek", minutes="480,5")), [(2, "Bo Ek", [("attended_minutes", "Närvarominuter")])], 0),
    ]
    for kind, data, complaints, good in cases:
        told = handed_in(ask("rita", "POST", f"{MARCH}&dry_run=true", data, **{"Content-Type": kind}), 200)
        found = [
            (row["row"], row["name"], [(each["column"], each["header"]) for each in row["faults"]])
            for row in told["not_issued"]
        ]
        assert (found, told["issued"]) == (complaints, good), told


@ON_SQLITE
def test_a_name_that_no_paper_can_show_stops_nothing_and_is_told(ask: Ask) -> None:
    listed = csv(line("Bo Ek"), line("X Wei")).decode("cp1252").replace("X", "李").encode()
    told = handed_in(ask("rita", "POST", f"{MARCH}&dry_run=true", listed, **SWEDISH), 200)
    (row,) = told["warned"]
    (warning,) = row["warnings"]
    assert (told["issued"], told["faults"], row["name"], row["faults"]) == (2, 0, "李 Wei", [])
    assert (warning["code"], warning["column"]) == ("not_on_paper", "name")
    assert "李 (U+674E)" in warning["says"]


@ON_SQLITE
def test_a_list_is_handed_back_with_what_is_wrong_and_an_empty_one_to_fill_in(ask: Ask, web: TestClient) -> None:
    path = "/class-lists/correction?occasion=hot-work-march"
    assert ask("rita", "POST", path, THREE).status_code == 204
    answer = ask("rita", "POST", path, csv(line("Bo Ek"), line("Cia Dal", "17 maj")), **SWEDISH)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/csv; charset=utf-8; header=present")
    header, fine, wrong = answer.content.decode("utf-8-sig").splitlines()
    assert header.endswith("vad som är fel;vad du kan göra"), header
    assert fine.endswith(";;")
    assert "Cia Dal;17 maj" in wrong
    again = ask("rita", "POST", f"{MARCH}&dry_run=true", answer.content)
    assert [row["row"] for row in handed_in(again, 200)["not_issued"]] == [3]
    book = ask("rita", "POST", path, workbook(_hidden, line("Bo Ek", "")), **{"Content-Type": XLSX})
    assert book.headers["content-disposition"] == 'attachment; filename="hot-work-march.xlsx"'
    refused(ask("sol", "POST", path, THREE), 404, "occasion-not-found")
    refused(ask("rita", "POST", path, b"PK\x03\x04", **{"Content-Type": XLSX}), 422, "list-not-read")
    for query in ("scheme=hot-work", "occasion=hot-work-march&facts=holder_apart"):
        template = ask("rita", "GET", f"/class-lists/template?{query}&format=csv", **SWEDISH)
        assert template.content.decode("utf-8-sig").startswith("namn;födelsedatum;"), template.text
        assert ("holder_apart" in template.text) == ("facts" in query)
    twice = ask("rita", "GET", "/class-lists/template?scheme=hot-work&facts=holder_apart,holder_apart&format=csv")
    assert twice.text.count("holder_apart") == 1
    seats = web.app.state.office.corrections  # type: ignore[attr-defined] what Starlette calls an application
    with seats.taken(), seats.taken():
        busy = ask("rita", "POST", path, THREE)
        refused(busy, 503, "too-much-under-way")
        assert int(busy.headers["retry-after"]) > 0
    assert ask("rita", "POST", path, THREE).status_code == 204
    empty = ask("rita", "GET", "/class-lists/template?scheme=hot-work")
    told = refused(ask("rita", "POST", MARCH, empty.content, **{"Content-Type": XLSX}), 422, "list-not-read")
    assert [each["pointer"] for each in told["errors"]] == ["#/0"], "its headers are known; only the people are missing"
    refused(ask("rita", "GET", "/class-lists/template"), 422, "malformed-input")
    refused(ask("rita", "GET", "/class-lists/template?scheme=hot-work&facts=height"), 422, "malformed-input")
    refused(ask("sol", "GET", "/class-lists/template?occasion=hot-work-march"), 404, "occasion-not-found")


def test_whoever_decides_is_told_that_the_same_was_rejected(ask: Ask) -> None:
    asked = handed_in(ask("rita", "POST", MARCH, THREE))["approval"]
    no = {"decision": "reject", "reason": "no course took place"}
    assert decided(ask, "anders", asked, **no).status_code == 200
    again = handed_in(ask("rita", "POST", MARCH, THREE))["approval"]
    assert (again["id"] != asked["id"], again["digest"]) == (True, asked["digest"])
    (before,) = ask("anders", "GET", f"/approvals/{again['id']}").json()["rejected_before"]
    assert (before["id"], before["decided_by"], before["reason"]) == (asked["id"], "anders", "no course took place")


def test_what_was_answered_is_not_told_again_without_the_role(ask: Ask, registry: Registry) -> None:
    once = {"Idempotency-Key": "once"}
    assert ask("rita", "POST", MARCH, THREE, **once).status_code == 202
    with registry.writing() as db:
        end_role(db, "rita", "issuer", "requester", now=NOW, actor="ola")
    refused(ask("rita", "POST", MARCH, THREE, **once), 403, "not-allowed")
