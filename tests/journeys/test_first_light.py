"""From an empty directory to a verdict, with the shell alone; and one answer in every place that gives one."""

import html
import json
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from registry.command_line.demo import make_demo
from registry.command_line.main import app
from registry.web.app import create_app
from registry.web.settings import Settings

Bevis = Callable[..., tuple[int, Any]]

SCHEME = """
code = "ladder"
owner = "branch"
version = "1"
max_level = "D"
target_level = "D"
scheme_document = "full"
mandatory_minutes = 240
share_printed = true
recertification = false
surveillance_means = false
withdrawal = "withdraw"
birth = "year"
published_on = {day}
[validity]
months = 24
anchor = "decided_on"
round_to_month_end = true
[titles]
sv = "Stege"
nb = "Stige"
en = "Ladder"
[content]
sv = ["Välja rätt stege"]
nb = ["Velge riktig stige"]
en = ["Choose the right ladder"]
"""

OCCASION = """
id = "ladder-one"
scheme = "ladder"
training_provider = "school"
examination_body = "school"
issuer = "school"
exam_on = {day}
decided_on = {day}
delivery = "classroom"
language_training = "sv"
language_test = "sv"
attendance_check = "day"
exam_supervision = "on_site"
exam_face = "seen"
identity_unbroken = true
[[session]]
on = {day}
minutes = 240
[[staff]]
id = "teacher"
name = "Tora Teacher"
role = "instructor"
[[staff]]
id = "teacher"
name = "Tora Teacher"
role = "examiner"
[[staff]]
id = "teacher"
name = "Tora Teacher"
role = "decision_maker"
[identity.enrolment]
method = "photo_document"
[identity.attendance]
carried_over = true
[identity.exam]
carried_over = true
"""

ROSTER = """namn;födelsedatum;e-post;närvarominuter;godkänd;resultat registrerat
Saga Ljungström;1995-02-14;saga@example.org;240;ja;ja
Elof Brännström;1988-08-08;elof@example.org;100;ja;ja
"""


@pytest.fixture
def bevis(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Bevis:
    for name in ("BEVIS_ACTOR", "BEVIS_KEY", "BEVIS_KEY_FILE", "BEVIS_MASTER_KEY_FILE", "BEVIS_PUBLIC_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("BEVIS_DIR", str(tmp_path / "registry"))

    def run(*arguments: object) -> tuple[int, Any]:
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            app([str(argument) for argument in (*arguments, "--json")])
        return int(end.value.code or 0), json.loads(capsys.readouterr().out)

    return run


def test_by_hand_from_nothing_to_a_verdict(
    bevis: Bevis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_database: list[str]
) -> None:
    # A day before, by UTC: decided by now in every Nordic time zone.
    day = (datetime.now(UTC) - timedelta(days=1)).date().isoformat()
    files = {"scheme.toml": SCHEME.format(day=day), "occasion.toml": OCCASION.format(day=day), "list.csv": ROSTER}
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")

    def ok(*arguments: object) -> Any:
        code, told = bevis(*arguments)
        assert code == 0, told
        return told

    made = ok("init", tmp_path / "registry", "--public-url", "https://bevis.example", "--name", "Test", *at_database)
    assert Path(made["master_key_file"]).stat().st_mode & 0o777 == 0o600
    ok("org", "add", "branch", "--name", "Branschen", "--sector-body", "--registered-on", day)
    ok("org", "add", "school", "--name", "Skolan AB", "--registered-on", day)
    ok("org", "declare", "school", "responsible_people", "--value", "1", "--on", day)
    ok("org", "declare", "school", "staff_records", "--value", "own", "--on", day)
    ok("account", "add", "tora", "--name", "Tora Teacher")
    for place, roles in (("branch", ("scheme_author", "scheme_approver")), ("school", ("requester",))):
        given = [part for role in roles for part in ("--role", role)]
        ok("account", "role", "grant", "tora", "--org", place, *given)
    ok("org", "tie", "branch", "school", "--share", "24.5", "--since", day)
    assert bevis("scheme", "add", tmp_path / "scheme.toml")[1]["error"]["code"] == "NotAllowed"  # the operator
    monkeypatch.setenv("BEVIS_ACTOR", "tora")
    ok("scheme", "add", tmp_path / "scheme.toml")
    ok("mandate", "grant", "ladder", "school", "--max-level", "D", "--since", day)
    ok("occasion", "add", tmp_path / "occasion.toml")

    code, checked = bevis("batch", "check", tmp_path / "list.csv", "--occasion", "ladder-one")
    assert (code, checked["issued"], checked["refused"]) == (1, 1, 1)
    code, batch = bevis("batch", "issue", tmp_path / "list.csv", "--occasion", "ladder-one")
    assert (code, batch["issued"], batch["refused"], batch["faults"]) == (1, 1, 1, 0)
    issued, refused = batch["rows"]
    assert (refused["attained"], refused["asked"]) == ("E", "D")
    assert [unmet["id"] for unmet in refused["unmet"]] == ["I5"]

    number = issued["number"]
    text = ok("certificate", "qr", number)["qr_text"]
    assert text.startswith("https://bevis.example/v#")
    answer = ok("verify", text)
    assert (answer["outcome"], answer["certificate"]["holder"]) == ("valid", "Saga Ljungström")
    ok("certificate", "export", number, "-o", tmp_path / "proof.jwt")
    assert ok("verify", tmp_path / "proof.jwt")["outcome"] == "valid"

    ok("certificate", "suspend", number, "--reason", "misuse", "--note", "seen on a chair")
    assert bevis("verify", text)[1]["headline"] == "suspended"
    assert bevis("certificate", "reinstate", number, "--reason", "error")[1]["error"]["code"] == "NotProven"
    ok("certificate", "revoke", number, "--reason", "fraud")
    code, answer = bevis("verify", text)
    assert (code, answer["outcome"], answer["headline"]) == (1, "invalid", "revoked")
    assert bevis("verify", tmp_path / "proof.jwt")[1]["headline"] == "revoked"
    code, told = bevis("certificate", "revoke", number, "--reason", "fraud")
    assert (code, told["error"]["code"]) == (2, "AlreadyRevoked")

    history = ok("certificate", "show", number)["history"]
    assert [event["kind"] for event in history] == ["issued", "suspended", "revoked"]
    assert history[0]["actor"] == "tora"
    assert [event["organisation"] for event in history] == ["school"] * 3
    assert ok("doctor")["ok"]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def sector(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Path]:
    place = tmp_path_factory.mktemp("sector") / "demo"
    with ExitStack() as open_:
        database = None
        if request.param == "postgresql":
            database = open_.enter_context(request.getfixturevalue("postgresql").database())
        registry, _ = make_demo(place, datetime.now(UTC), public_url="http://127.0.0.1:8000", database=database)
        registry.close()
        yield place


def words_of(page: str) -> str:
    """What a person reads on a page."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", re.sub(r"</?span[^>]*>", "", page))).split())


@pytest.mark.parametrize("lang", ["sv", "nb", "en"])
def test_shell_api_and_page_say_the_same(
    bevis: Bevis, sector: Path, monkeypatch: pytest.MonkeyPatch, lang: str
) -> None:
    monkeypatch.setenv("BEVIS_DIR", str(sector))
    _, made = bevis("demo", "--no-serve")
    codes = {one["state"]: one["qr_text"] for one in made["certificates"]} | {"amber": made["pages"]["amber"]}
    assert set(codes) == {"valid", "revoked", "suspended", "expired", "amber"}
    with TestClient(create_app(Settings.read(sector, env={}))) as web:
        for state, code in codes.items():
            _, by_shell = bevis("verify", code, "--lang", lang)
            question = {"token": code, "lang": lang}
            by_api = web.post("/api/v1/verify", json=question).json()
            by_page = web.post("/api/v1/verify", json=question, headers={"Accept": "text/html"}).text
            moments = ("checked_at", "known_as_of")
            assert {**by_shell, **dict.fromkeys(moments)} == {**by_api, **dict.fromkeys(moments)}, state
            read = words_of(by_page)
            assert by_api["says"] in read
            for reason in by_api["reasons"]:
                if reason["severity"] == "decisive":
                    assert " ".join(reason["says"].split()) in read, (state, reason["code"])


def test_a_flipped_digit_is_never_valid(bevis: Bevis, sector: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BEVIS_DIR", str(sector))
    _, made = bevis("demo", "--no-serve")
    code = made["pages"]["green"]
    start = code.index("#") + 1
    with TestClient(create_app(Settings.read(sector, env={}))) as web:
        for place in range(start, len(code), 7):
            changed = code[:place] + str((int(code[place]) + 1) % 10) + code[place + 1 :]
            answer = web.post("/api/v1/verify", json={"token": changed}).json()
            assert answer["outcome"] != "valid", place
