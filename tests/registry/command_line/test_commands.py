"""Every command: what it prints, as JSON and for people, and how it ends."""

import json
import os
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
import tomllib
from contextlib import closing
from importlib import resources
from pathlib import Path

import pytest

from registry.command_line.main import app
from registry.command_line.screen import language, plain, words
from registry.reading.workbooks import Limits, sheets_of
from registry.signing.log.state import GOES_ON, Standing
from tests.registry.command_line.conftest import Bevis, ByTwo, Ended

LISTS = [
    pytest.param(
        ("org", "list"), {"id", "name", "country", "kind", "registered_on", "struck_off_on", "closed_on"}, id="org"
    ),
    pytest.param(
        ("scheme", "list"),
        {"code", "version", "owner", "max_level", "target_level", "titles", "published_on", "retired_from", "state"},
        id="scheme",
    ),
    pytest.param(
        ("mandate", "list"),
        {"id", "scheme", "issuer", "max_level", "versions", "since", "until", "reason"}
        | {"suspended_from", "suspended_until", "suspended", "withdrawn_from"},
        id="mandate",
    ),
    pytest.param(
        ("occasion", "list"), {"id", "scheme", "scheme_version", "issuer", "decided_on", "cancelled"}, id="occasion"
    ),
    pytest.param(
        ("certificate", "list"), {"number", "scheme", "level", "holder", "state", "valid_until"}, id="certificate"
    ),
]


@pytest.mark.parametrize(("command", "members"), LISTS)
def test_lists(bevis: Bevis, demo_dir: Path, command: tuple[str, ...], members: set[str]) -> None:
    ended = bevis(*command, "--dir", demo_dir, "--json")
    assert (ended.code, ended.err) == (0, "")
    found = ended.json()
    assert found
    assert all(set(one) == members for one in found)
    for lang in ("sv", "nb", "en"):
        shown = bevis(*command, "--dir", demo_dir, "--lang", lang)
        assert shown.code == 0
        assert max(map(len, shown.out.splitlines())) <= 80


@pytest.mark.parametrize(
    ("command", "member"),
    [
        (("org", "show", "kranskolen"), "ties"),
        (("scheme", "show", "hot-work"), "validity"),
        (("scheme", "show", "hot-work", "--version", "3"), "validity"),
        (("occasion", "show", "rope-access-bergen"), "staff"),
        (("batch", "template", "--occasion", "toolbox-bergen", "--fact", "exam_face"), "columns"),
    ],
)
def test_one_of_them(bevis: Bevis, demo_dir: Path, command: tuple[str, ...], member: str) -> None:
    assert member in bevis(*command, "--dir", demo_dir, "--json").json()
    assert bevis(*command, "--dir", demo_dir).out


def number_of(bevis: Bevis, demo_dir: Path, state: str) -> str:
    found = bevis("certificate", "list", "--dir", demo_dir, "--json").json()
    return next(str(one["number"]) for one in found if one["state"] == state)


def test_a_certificate_shown(bevis: Bevis, demo_dir: Path) -> None:
    number = number_of(bevis, demo_dir, "revoked")
    told = bevis("certificate", "show", number.lower().replace("-", " "), "--dir", demo_dir, "--json").json()
    assert set(told) == {"number", "state", "key_compromised_since", "certificate", "lineage", "history"}
    assert [event["kind"] for event in told["history"]] == ["issued", "revoked"]
    assert "fraud" in bevis("certificate", "show", number, "--dir", demo_dir).out


def test_an_unknown_reason_is_refused(bevis: Bevis, demo_dir: Path) -> None:
    number = number_of(bevis, demo_dir, "valid")
    says_once(bevis("certificate", "revoke", number, "--reason", "x", "--dir", demo_dir), "reason")


@pytest.mark.parametrize("ending", ["svg", "png"])
def test_a_code_drawn(bevis: Bevis, demo_dir: Path, tmp_path: Path, ending: str) -> None:
    number = number_of(bevis, demo_dir, "valid")
    image = tmp_path / f"code.{ending}"
    assert bevis("certificate", "qr", number, "-o", image, "--dir", demo_dir).code == 0
    assert image.stat().st_size > 400
    told = bevis("certificate", "qr", number, "--dir", demo_dir, "--json").json()
    assert told["qr_text"] == bevis("certificate", "qr", number, "--dir", demo_dir).out.strip()


@pytest.mark.parametrize("form", ["vc+jwt", "cwt", "json"])
def test_a_certificate_handed_out(bevis: Bevis, demo_dir: Path, tmp_path: Path, form: str) -> None:
    number = number_of(bevis, demo_dir, "valid")
    file = tmp_path / "certificate"
    assert bevis("certificate", "export", number, "--format", form, "-o", file, "--dir", demo_dir).code == 0
    told = bevis("certificate", "export", number, "--format", form, "--dir", demo_dir, "--json").json()
    content = file.read_bytes()
    assert told["content"] == (content.hex() if form == "cwt" else content.decode())
    if form == "vc+jwt":
        assert bevis("verify", file, "--dir", demo_dir).code == 0


def test_verify_by_number_shows_no_birth(bevis: Bevis, demo_dir: Path) -> None:
    found = bevis("certificate", "list", "--dir", demo_dir, "--json").json()
    number = next(one["number"] for one in found if one["level"] == "B" and one["state"] == "valid")
    by_number = bevis("verify", number, "--dir", demo_dir, "--json").json()
    code = bevis("certificate", "qr", number, "--dir", demo_dir).out.strip()
    by_code = bevis("verify", code, "--dir", demo_dir, "--json").json()
    assert by_number["certificate"]["birth"] is None
    assert by_code["certificate"]["birth"]
    assert by_number["outcome"] == by_code["outcome"] == "valid"
    assert {"outcome", "headline", "reasons", "certificate", "checked_at", "known_as_of", "edition"} <= set(by_code)
    assert all({"code", "outcome", "says"} <= set(reason) for reason in by_code["reasons"])


@pytest.mark.parametrize(
    ("state", "code", "headline"),
    [("valid", 0, "valid"), ("revoked", 1, "revoked"), ("suspended", 1, "suspended"), ("expired", 1, "expired")],
)
@pytest.mark.parametrize("lang", ["sv", "nb", "en"])
def test_verdicts(bevis: Bevis, demo_dir: Path, state: str, code: int, headline: str, lang: str) -> None:
    number = number_of(bevis, demo_dir, state)
    ended = bevis("verify", number, "--dir", demo_dir, "--json", "--lang", lang)
    assert (ended.code, ended.json()["headline"]) == (code, headline)
    shown = bevis("verify", number, "--dir", demo_dir, "--lang", lang)
    assert shown.code == code
    assert " ".join(ended.json()["says"].split()) in " ".join(shown.out.split())


@pytest.mark.parametrize(
    "text", ["nonsense", "0000-0000-0000-0000", "http://127.0.0.1:8000/v#12345", "x" * 70_000, "\ud800", "a\x00b"]
)
def test_what_is_no_certificate_of_ours_cannot_be_judged(bevis: Bevis, demo_dir: Path, text: str) -> None:
    ended = bevis("verify", text, "--dir", demo_dir, "--json")
    assert (ended.code, ended.json()["outcome"]) == (3, "undetermined")


def test_verify_on_a_day_and_for_a_situation(bevis: Bevis, demo_dir: Path) -> None:
    expired = number_of(bevis, demo_dir, "expired")
    until = next(
        one["valid_until"]
        for one in bevis("certificate", "list", "--dir", demo_dir, "--json").json()
        if one["number"] == expired
    )
    assert bevis("verify", expired, "--on", until, "--dir", demo_dir).code == 0
    valid = number_of(bevis, demo_dir, "valid")  # the newest: a toolbox talk at F
    assert bevis("verify", valid, "--situation", "hiring", "--dir", demo_dir).code == 1


# ------------------------------------------------------------------ class lists

HEADER = "name,birth_date,email,attended_minutes,passed_all,result_recorded,enrolment_method,portrait\n"


@pytest.fixture
def own_demo(demo_dir: Path, tmp_path: Path) -> Path:
    """A copy to write into."""
    return Path(shutil.copytree(demo_dir, tmp_path / "own"))


def listed(tmp_path: Path, *lines: str) -> Path:
    file = tmp_path / "list.csv"
    file.write_text(HEADER + "\n".join(lines) + "\n", encoding="utf-8")
    return file


GOOD = "Nina Åberg,1990-05-17,nina@example.org,480,yes,yes,passport,yes"
SHORT = "Otto Ek,1991-05-17,otto@example.org,300,yes,yes,passport,yes"
WRONG = "Lisa Ros,1991-02-30,lisa@example.org,480,yes,yes,passport,yes"


def test_a_list_with_faults_issues_nothing_unless_told(
    bevis: Bevis, by_two: ByTwo, own_demo: Path, tmp_path: Path
) -> None:
    arguments = (listed(tmp_path, GOOD, SHORT, WRONG), "--occasion", "hot-work-vasteras", "--dir", own_demo, "--json")
    before = len(bevis("certificate", "list", "--dir", own_demo, "--json").json())

    held = by_two(*arguments)
    assert held.code == 1
    told = held.json()
    assert {"batch", "issued", "refused", "faults", "rows"} <= set(told)
    assert (told["issued"], told["faults"]) == (0, 1)
    for row in told["rows"]:
        assert {"row", "outcome", "number", "attained", "asked", "unmet", "faults"} <= set(row)
    assert told["rows"][2]["faults"][0] == {
        "column": "birth_date",
        "header": "birth_date",
        "value": "1991-02-30",
        "code": "impossible_date",
        "says": "There is no such day in the calendar. Correct it and write year-month-day.",
    }
    assert len(bevis("certificate", "list", "--dir", own_demo, "--json").json()) == before

    issued = by_two(*arguments, "--issue-good-rows")
    assert issued.code == 1
    told = issued.json()
    assert [row["outcome"] for row in told["rows"]] == ["issued", "refused", "fault"]
    assert {unmet["id"] for unmet in told["rows"][1]["unmet"]} == {"I5"}
    assert bevis("verify", told["rows"][0]["number"], "--dir", own_demo).code == 0
    # The same list again issues nothing twice.
    again = by_two(*arguments, "--issue-good-rows").json()
    assert again["rows"][0] == told["rows"][0] | {"already": True}
    assert (told["issued"], told["already"], again["issued"], again["already"]) == (1, 0, 0, 1)
    assert len(bevis("certificate", "list", "--dir", own_demo, "--json").json()) == before + 1


HINT = "--issue-good-rows"


def test_the_way_out_is_told_when_good_rows_wait_and_only_then(
    bevis: Bevis, by_two: ByTwo, own_demo: Path, tmp_path: Path
) -> None:
    to = ("--occasion", "hot-work-vasteras", "--dir", own_demo)
    for verb in ("check", "issue"):
        assert HINT in bevis("batch", verb, listed(tmp_path, GOOD, WRONG), *to).out
        assert HINT not in bevis("batch", verb, listed(tmp_path, WRONG), *to).out
        assert HINT not in bevis("batch", verb, listed(tmp_path, SHORT, WRONG), *to).out
    some = (listed(tmp_path, GOOD, WRONG), *to)
    assert HINT not in by_two(*some, HINT).out
    again = by_two(*some, HINT)
    assert "Issued: 0. Held already: 1. Refused: 0." in again.out
    for verb in ("check", "issue"):
        assert HINT not in bevis("batch", verb, *some).out


def test_nobody_is_present_for_longer_than_it_lasts(bevis: Bevis, demo_dir: Path, tmp_path: Path) -> None:
    to = ("--occasion", "hot-work-vasteras", "--dir", demo_dir, "--json")
    long = listed(tmp_path, GOOD.replace(",480,", ",481,"))
    (fault,) = bevis("batch", "check", long, *to).json()["rows"][0]["faults"]
    assert (fault["code"], fault["column"], fault["value"]) == ("attended_too_long", "attended_minutes", "481")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            'method = "passport"\nchecker',
            'method = "pass"\nchecker',
            "identity.enrolment: 'pass' is no identity method",
        ),
        (
            'checker = "staff-ny"',
            'checker = "staff-nu"',
            "identity.enrolment.checker: 'staff-nu' is nobody of the staff",
        ),
        ("exam_on = 2026-09-08", "exam_on = 2026-09-06", "lies before the first session (2026-09-07)"),
    ],
)
def test_an_occasion_that_cannot_be_is_refused_when_it_is_added(
    bevis: Bevis, tmp_path: Path, old: str, new: str, says: str
) -> None:
    examples = Path(__file__).resolve().parents[3] / "docs" / "examples" / "registry"
    place = ("--dir", tmp_path / "registry")
    assert bevis("init", tmp_path / "registry").code == 0
    assert bevis("org", "add", examples / "organisations.toml", *place).code == 0
    for org, *roles in (("brandradet", "scheme_author", "scheme_approver"), ("provhuset", "requester")):
        given = [part for role in roles for part in ("--role", role)]
        assert bevis("account", "role", "grant", "desk", "--org", org, *given, *place).code == 0
    scheme = tmp_path / "scheme.toml"  # one person publishes up to D
    scheme.write_text(
        (examples / "scheme.toml").read_text("utf-8").replace('_level = "B"', '_level = "D"'), encoding="utf-8"
    )
    assert bevis("scheme", "add", scheme, *place).code == 0
    good = (examples / "occasion.toml").read_text("utf-8")
    assert old in good
    file = tmp_path / "occasion.toml"
    file.write_text(good.replace(old, new), encoding="utf-8")
    says_once(bevis("occasion", "add", file, *place), says)


def test_a_registry_is_made_in_no_directory_of_other_things(bevis: Bevis, tmp_path: Path) -> None:
    (tmp_path / "source.py").write_text("", encoding="utf-8")
    says_once(bevis("init", tmp_path), "is not empty", "source.py")
    assert [entry.name for entry in tmp_path.iterdir()] == ["source.py"]
    assert bevis("init", tmp_path / "my-registry").code == 0
    says_once(bevis("init", tmp_path / "my-registry"), "already a registry")


@pytest.mark.parametrize("columns", ["80", "40"])
def test_whoever_decides_sees_whom_it_is_about_and_copies_the_command(
    bevis: Bevis,
    own_demo: Path,
    tmp_path: Path,
    keys: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    columns: str,
) -> None:
    at = ("--dir", own_demo)
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.delenv("BEVIS_ACTOR")
    monkeypatch.setenv("BEVIS_KEY", keys["anders"])
    assert "Listan är tom." in bevis("approval", "list", *at, "--lang", "sv").out
    monkeypatch.setenv("BEVIS_KEY", keys["rita"])
    asked = bevis("batch", "issue", listed(tmp_path, GOOD, SHORT), "--occasion", "hot-work-vasteras", *at, "--json")
    batch = asked.json()["batch"]
    monkeypatch.setenv("BEVIS_KEY", keys["anders"])
    (one,) = bevis("approval", "list", *at, "--json").json()
    for lang, label in (("sv", "Kontrollsumma"), ("nb", "Kontrollsum"), ("en", "Digest")):
        lines = bevis("approval", "show", one["id"], *at, "--lang", lang).out.splitlines()
        assert f"  {one['digest']}" in lines
        assert lines[-1] == f"  bevis approval approve {one['id']} --digest {one['digest']}"
        assert f"  bevis batch result {batch}" in lines
        said = "\n".join(lines)
        assert "Nina Åberg" in said
        assert "Otto Ek" in said
        assert label in said
        assert "content." not in said
        assert not re.search(r"\d\d:\d\d:\d\d", said), "moments are told to the minute"
    rows = bevis("approval", "show", one["id"], *at, "--json").json()["rows"]
    assert [(row["name"], row["outcome"]) for row in rows] == [("Nina Åberg", "waiting"), ("Otto Ek", "refused")]
    for command in (("approval", "list"), ("batch", "list")):
        said = bevis(*command, *at, "--lang", "nb").out
        assert batch in said, "an id is never broken"
        assert max(map(len, said.splitlines())) <= max(int(columns), len(one["id"]) + len(batch) + 6)


def test_a_good_list_ends_with_zero(bevis: Bevis, by_two: ByTwo, own_demo: Path, tmp_path: Path) -> None:
    arguments = (listed(tmp_path, GOOD), "--occasion", "hot-work-vasteras", "--dir", own_demo)
    checked = bevis("batch", "check", *arguments, "--json")
    assert (checked.code, checked.json()["issued"], checked.json()["batch"]) == (0, 1, None)
    assert bevis("batch", "check", *arguments).code == 0
    assert by_two(*arguments).code == 0


def test_a_lower_level_may_be_asked_for(bevis: Bevis, own_demo: Path, tmp_path: Path) -> None:
    arguments = (listed(tmp_path, SHORT), "--occasion", "hot-work-vasteras", "--dir", own_demo, "--json")
    refused = bevis("batch", "check", *arguments)
    assert (refused.code, refused.json()["rows"][0]["attained"]) == (1, "F")
    assert bevis("batch", "check", *arguments, "--asked", "F").code == 0
    ended = bevis("batch", "issue", *arguments, "--at-attained")
    assert ended.code == 0, ended.out + ended.err
    assert ended.json()["rows"][0]["level"] == "F"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        pytest.param(b"", "empty_file", id="empty"),
        pytest.param("name\nÅsa".encode("utf-16")[2:], "utf16", id="UTF-16 without its mark"),
        pytest.param(b"birth_date\n1990-01-01\n", "column_missing", id="no names"),
    ],
)
def test_a_file_that_cannot_be_read_is_bad_input(
    bevis: Bevis, demo_dir: Path, tmp_path: Path, content: bytes, code: str
) -> None:
    file = tmp_path / "list.csv"
    file.write_bytes(content)
    ended = bevis("batch", "issue", file, "--occasion", "hot-work-vasteras", "--dir", demo_dir, "--json")
    assert ended.code == 2
    assert code in {fault["code"] for row in ended.json()["rows"] for fault in row["faults"]}


# ------------------------------------------------------------------ bad usage and bad input


def says_once(ended: Ended, *parts: str) -> None:
    assert ended.code == 2, ended
    assert "Traceback" not in ended.err
    for part in parts:
        assert part in " ".join(ended.err.split())


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        pytest.param(("frobnicate",), "No such command", id="unknown command"),
        pytest.param(("org", "lst"), "Did you mean 'list'", id="misspelt command"),
        pytest.param(("org", "list", "--colour"), "--colour", id="unknown option"),
        pytest.param(("batch", "issue", "x.csv"), "--occasion", id="missing option"),
        pytest.param(("verify",), "TEXT|FILE|NUMBER", id="missing argument"),
        pytest.param(("verify", "x", "--on", "tomorrow"), "--on", id="no day"),
        pytest.param(("verify", "x", "--on", "20260101"), "--on", id="a day Python would read"),
        pytest.param(("verify", "x", "--situation", "party"), "--situation", id="unknown situation"),
        pytest.param(("verify", "x", "--lang", "fi"), "--lang", id="unknown language"),
        pytest.param(("certificate", "show", "123"), "16 letters and digits", id="no number"),
        pytest.param(("certificate", "show", "0000-0000-0000-0000"), "No such certificate", id="unknown number"),
        pytest.param(("certificate", "qr", "0000-0000-0000-0000", "-o", "x.gif"), ".svg or .png", id="unknown image"),
        pytest.param(("certificate", "export", "0", "--format", "pdf"), "--format", id="unknown format"),
        pytest.param(
            ("batch", "check", "/nowhere.csv", "--occasion", "toolbox-bergen"), "cannot be read", id="no file"
        ),
        pytest.param(("batch", "check", __file__, "--occasion", "nowhere"), "No such occasion", id="unknown occasion"),
        pytest.param(("batch", "check", __file__, "--occasion", "x", "--asked", "A"), "--asked", id="unknown level"),
        pytest.param(("batch", "template", "--occasion", "toolbox-bergen", "--fact", "age"), "--fact", id="no fact"),
        pytest.param(("org", "show", "nobody"), "No such organisation", id="unknown organisation"),
        pytest.param(("org", "add", "x", "--name", "N"), "id", id="id too short"),
        pytest.param(("org", "add", "new-org"), "--name: is missing", id="no name"),
        pytest.param(
            ("org", "add", "new-org", "--name", "N", "--registered-on", "2026-02-30"),
            "--registered-on",
            id="no such day",
        ),
        pytest.param(("org", "add", "new-org", "--name", "N", "--country", "Sverige"), "country", id="no country"),
        pytest.param(
            ("org", "declare", "norrbygg", "appeals", "--on", "2199-01-01"), "--on: 2199-01-01 lies in", id="not yet"
        ),
        pytest.param(
            ("mandate", "grant", "fork-lift", "provhuset", "--max-level", "C1"),
            "no higher than C2",
            id="over the scheme",
        ),
        pytest.param(("org", "tie", "provhuset", "provhuset", "--share", "30"), "own itself", id="owns itself"),
        pytest.param(("org", "tie", "provhuset", "lindstrom", "--share", "101"), "100 per cent", id="101 per cent"),
        pytest.param(("org", "tie", "provhuset", "lindstrom"), "share_percent", id="owns without a share"),
        pytest.param(("org", "tie", "person-vestli", "kranskolen", "--share", "1"), "more than all", id="over all"),
        pytest.param(
            ("org", "tie", "norrbygg", "lindstrom", "--share", "5", "--since", "2026-02-01", "--until", "2026-01-01"),
            "before since",
            id="end before start",
        ),
        pytest.param(("org", "tie", "norrbygg", "lindstrom", "--kind", "likes"), "kind", id="unknown tie"),
        pytest.param(("org", "declare", "norrbygg", "honesty"), "kind", id="unknown declaration"),
        pytest.param(("org", "declare", "norrbygg", "responsible_people", "--value", "many"), "value", id="no number"),
        pytest.param(("mandate", "grant", "hot-work", "nobody", "--max-level", "B"), "organisation", id="to nobody"),
        pytest.param(("mandate", "grant", "hot-work", "norrbygg", "--max-level", "A"), "max_level", id="level A"),
        pytest.param(("scheme", "add", "/nowhere.toml"), "cannot be read", id="no scheme file"),
        pytest.param(("scheme", "show", "welding"), "No such scheme", id="unknown scheme"),
        pytest.param(("demo", "--port", "0"), "--port", id="no port"),
    ],
)
def test_bad_usage_and_bad_input(bevis: Bevis, demo_dir: Path, arguments: tuple[str, ...], part: str) -> None:
    with_dir = (*arguments, "--dir", demo_dir) if len(arguments) > 1 else arguments
    says_once(bevis(*with_dir), part)
    told = bevis(*with_dir, "--json")
    assert told.code == 2
    assert {"code", "title", "detail", "faults"} == set(told.json()["error"])


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("batch", "list", "--foo"), "Flaggan --foo finns inte."),
        (("batch", "chek"), "Kommandot ”chek” finns inte. Menade du 'check'?"),
        (("verify",), "TEXT|FILE|NUMBER... fattas."),
        (("batch", "check", "x.csv"), "Flaggan --occasion fattas."),
        (("serve", "--port", "x"), "--port måste vara ett heltal."),
        (("approval", "list", "--json=1"), "Flaggan --json tar inget värde."),
        (
            ("verify", "/nowhere.txt", "--on", "tomorrow"),
            "skriv en dag mellan 1900-01-01 och 2200-12-31, som",
        ),
    ],
)
def test_wrong_usage_is_told_in_the_readers_language(bevis: Bevis, arguments: tuple[str, ...], told: str) -> None:
    says_once(bevis(*arguments, "--lang", "sv"), told)


@pytest.mark.parametrize(
    ("command", "text", "path"),
    [
        pytest.param("scheme", 'cod = "x"', "cod", id="misspelt key"),
        pytest.param("scheme", 'code = "x-y"\nmandatory_minutes = "long"', "mandatory_minutes", id="wrong type"),
        pytest.param("occasion", "decided_on = 2026-02-30", "TOML", id="impossible date"),
        pytest.param("occasion", 'exam_supervision = "strict"', "exam_supervision", id="unknown word"),
        pytest.param("occasion", "= 1", "TOML", id="no TOML"),
        pytest.param("occasion", "exam_date = 2026-03-01", "did you mean exam_on?", id="the day by another name"),
        pytest.param("org", "# nobody yet", "holds nothing to add", id="empty"),
        pytest.param(
            "org",
            '[[declaration]]\norganisation = "norrbygg"\nkind = "appeals"\non = 2199-01-01',
            "declaration[0].on: 2199-01-01 lies in the future",
            id="declared in the future",
        ),
        pytest.param(
            "org", '[[tie]]\nkind = "owns"\na = "ab"\nb = "ab"\nshare_percent = 5', "tie[0]", id="sector file"
        ),
    ],
)
def test_files_are_read_strictly(
    bevis: Bevis, demo_dir: Path, tmp_path: Path, command: str, text: str, path: str
) -> None:
    file = tmp_path / "given.toml"
    file.write_text(text, encoding="utf-8")
    says_once(bevis(command, "add", file, "--dir", demo_dir), path)


def test_where_there_is_no_registry(bevis: Bevis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    says_once(bevis("org", "list", "--dir", tmp_path), "bevis init")
    monkeypatch.chdir(tmp_path)
    says_once(bevis("org", "list"), "bevis init")


def test_a_place_where_nothing_can_be_made(bevis: Bevis, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("here already", encoding="utf-8")
    for place in (tmp_path / "file", tmp_path / "file" / "below"):
        refused = bevis("init", place)
        says_once(refused, "")
        # A path that is longer than a line is broken anywhere.
        assert str(tmp_path / "file") in "".join(refused.err.split())
    says_once(bevis("init", tmp_path / "new", "--public-url", "example.org/path"), "public_url")


def test_a_database_that_is_none(bevis: Bevis, own_demo: Path) -> None:
    (own_demo / "registry.db").write_bytes(b"no database" * 1000)
    ended = bevis("org", "list", "--dir", own_demo, "--json")
    assert ended.code == 3
    assert "bevis doctor" in ended.err
    assert ended.json()["error"]["code"] == "Database"
    assert "database" in ill(bevis, own_demo)


def test_a_token_from_a_pipe(demo_dir: Path, bevis: Bevis, tmp_path: Path) -> None:
    number = number_of(bevis, demo_dir, "valid")
    proof = tmp_path / "proof.jwt"
    bevis("certificate", "export", number, "-o", proof, "--dir", demo_dir)
    command = [sys.executable, "-c", "from registry.command_line.main import run; run()"]
    with proof.open("rb") as stdin:
        ended = subprocess.run([*command, "verify", "-", "--dir", str(demo_dir)], stdin=stdin, check=False)
    assert ended.returncode == 0


def test_the_directory_comes_from_the_environment(
    bevis: Bevis, demo_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BEVIS_DIR", str(demo_dir))
    assert bevis("org", "list", "--json").json()


def test_a_port_in_use_is_said_so(bevis: Bevis, demo_dir: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        says_once(bevis("serve", "--dir", demo_dir, "--port", port), "cannot be used", "--port")
        says_once(bevis("demo", "--dir", demo_dir, "--port", port), "cannot be used")


def test_a_demo_is_not_served_under_another_address(bevis: Bevis, demo_dir: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    says_once(bevis("demo", "--dir", demo_dir, "--port", port), "stands in its codes", "--port 8000")


# ------------------------------------------------------------------ doctor


def test_a_healthy_registry(bevis: Bevis, demo_dir: Path) -> None:
    ended = bevis("doctor", "--dir", demo_dir, "--json")
    assert (ended.code, ended.json()["ok"]) == (0, True)
    assert "All is well" in bevis("doctor", "--dir", demo_dir).out
    assert f"bevis demo --dir {demo_dir}" in bevis("demo", "--no-serve", "--dir", demo_dir).out  # nothing serves yet


def ill(bevis: Bevis, place: Path) -> dict[str, str]:
    ended = bevis("doctor", "--dir", place, "--json")
    assert ended.code == 1
    assert bevis("doctor", "--dir", place).code == 1
    return {one["check"]: one["says"] for one in ended.json()["checks"] if not one["ok"]}


def test_a_key_that_is_gone_open_spoilt_or_another_ones(bevis: Bevis, own_demo: Path) -> None:
    master, index = own_demo / "master.key", own_demo / "index.key"
    right = master.read_bytes()
    master.chmod(0o644)
    index.write_bytes(b"short")
    found = ill(bevis, own_demo)
    assert set(found) == {"master_key", "index_key"}  # each blames its own file, and no other row either
    assert f"chmod 600 {master}" in found["master_key"]
    assert str(index) in found["index_key"]
    assert "master" not in found["index_key"].replace(str(own_demo), "")
    master.unlink()
    index.unlink()  # no number was ever kept under it
    found = ill(bevis, own_demo)
    assert set(found) == {"master_key"}
    assert f"{master} is not there" in found["master_key"]
    assert "chmod" not in found["master_key"]
    os.mkfifo(master, 0o600)  # nobody waits for who might write into it
    assert "is no master key" in ill(bevis, own_demo)["master_key"]
    master.unlink()
    master.write_bytes(right[::-1])
    master.chmod(0o600)
    assert set(found := ill(bevis, own_demo)) == {"keys"}
    assert str(master) in found["keys"]


def test_the_doctor_names_the_head_file_and_the_cure(bevis: Bevis, own_demo: Path) -> None:
    head = own_demo / "log.head"
    head.write_text("no head", "utf-8")
    assert "move this one away" in ill(bevis, own_demo)["log"]
    head.unlink()
    said = ill(bevis, own_demo)["log"]
    assert str(head) in said
    assert "bevis log recover" in said
    (own_demo / "bevis.toml").unlink()
    assert "bevis init" not in bevis("doctor", "--dir", own_demo).err  # there is a registry already


def test_what_the_doctor_says_of_files_is_said_in_every_language_without_double_marks() -> None:
    codes = ("missing", "unreadable", "open", "no_key")
    keys = [f"check_{which}_key_{code}" for which in ("master", "index") for code in codes]
    standings = [f"log_{one}" for one in Standing if one not in GOES_ON]
    for lang in ("sv", "nb", "en"):
        for key in (*keys, "check_index_key_other", *standings):
            said = words(lang, key, file="/a/file")
            assert not re.search(r"[.?:;,]{2}", said)
            assert key.startswith("log_") or "/a/file" in said


def test_a_state_that_somebody_changed_by_hand(bevis: Bevis, own_demo: Path) -> None:
    number = number_of(bevis, own_demo, "revoked")
    with sqlite3.connect(own_demo / "registry.db") as connection:
        connection.execute("UPDATE issued_certificate SET state = 'issued' WHERE state = 'revoked'")
    connection.close()
    found = ill(bevis, own_demo)
    assert set(found) == {"states"}
    assert number in found["states"]


def test_a_directory_open_to_others(bevis: Bevis, own_demo: Path) -> None:
    own_demo.chmod(0o755)
    assert "chmod 700" in ill(bevis, own_demo)["directory"]


def test_a_damaged_database(bevis: Bevis, own_demo: Path) -> None:
    database = own_demo / "registry.db"
    with closing(sqlite3.connect(database)) as beside:  # what lies in the -wal file would be read from there
        beside.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    data = bytearray(database.read_bytes())
    data[4096 * 3 : 4096 * 9] = bytes(4096 * 6)
    database.write_bytes(data)
    assert "database" in ill(bevis, own_demo)


# ------------------------------------------------------------------ the terminal


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"LANG": "sv_SE.UTF-8"}, "sv"),
        ({"LANG": "nb_NO.UTF-8"}, "nb"),
        ({"LANG": "nn_NO.UTF-8"}, "nb"),
        ({"LANG": "fi_FI.UTF-8"}, "en"),
        ({"LANG": "sv_SE.UTF-8", "LC_ALL": "nb_NO"}, "nb"),
        ({"LANG": ""}, "en"),
    ],
)
def test_the_language_of_the_environment(
    environment: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert language(None) == expected
    assert language("sv") == "sv"


def test_nothing_from_outside_steers_the_terminal() -> None:
    assert plain("a\x1b[31mb\u202ec") == "a\\u001b[31mb\\u202ec"


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_a_terminal_without_utf8(demo_dir: Path, encoding: str) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONWARNINGS": "error", "NO_COLOR": "1"}
    for extra in ([], ["--json"]):
        command = [sys.executable, "-c", "from registry.command_line.main import run; run()"]
        ended = subprocess.run(
            [*command, "certificate", "list", "--dir", str(demo_dir), *extra],
            capture_output=True,
            env=environment,
            check=False,
        )
        assert (ended.returncode, ended.stderr) == (0, b"")
        assert b"\x1b" not in ended.stdout
        if extra:
            assert any("Małgorzata" in one["holder"] for one in json.loads(ended.stdout.decode(encoding)))


@pytest.mark.parametrize(
    "command",
    [
        "",
        "org",
        "scheme",
        "mandate",
        "recognition",
        "recognition grant",
        "occasion",
        "batch",
        "certificate",
        "batch issue",
        "verify",
        "demo",
    ],
)
def test_help_is_plain_and_fits(bevis: Bevis, command: str) -> None:
    ended = bevis(*command.split(), "--help")
    assert ended.code == 0
    assert max(map(len, ended.out.splitlines())) <= 80
    assert "╭" not in ended.out


def test_every_command_takes_dir_json_and_lang(bevis: Bevis) -> None:
    nouns = {"org": "add list show tie declare", "scheme": "add list show", "mandate": "grant list"}
    nouns |= {"recognition": "grant list show withdraw"}
    nouns |= {"occasion": "add list show", "batch": "cancel check issue list result resume show template"}
    nouns |= {"certificate": "list show qr export revoke suspend reinstate annul replace"}
    commands = [[noun, verb] for noun, verbs in nouns.items() for verb in verbs.split()]
    for command in [*commands, ["init"], ["demo"], ["serve"], ["doctor"], ["verify"]]:
        told = bevis(*command, "--help").out
        assert all(option in told for option in ("--dir", "--json", "--lang")), command


def test_a_call_without_exit_returns_the_code(demo_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert app(["org", "show", "nobody", "--dir", str(demo_dir)], standalone_mode=False) == 2
    assert "No such organisation" in capsys.readouterr().err


def test_the_demo_below_is_pointed_at(bevis: Bevis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert bevis("demo", "--no-serve", "--json").json()["dir"] == "bevis-demo"
    says_once(bevis("org", "list"), "--dir bevis-demo")


def test_every_sentence_stands_there_in_three_languages() -> None:
    place = resources.files("registry.command_line") / "texts"
    texts = tomllib.loads("".join((place / name).read_text("utf-8") for name in ("screen.toml", "verdict.toml")))
    names = {
        code: {lang: set(re.findall(r"{(\w+)}", says)) for lang, says in text.items()} for code, text in texts.items()
    }
    for code, by_lang in names.items():
        assert set(by_lang) == {"sv", "nb", "en"}, code
        assert by_lang["sv"] == by_lang["nb"] == by_lang["en"], code


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_who_got_which_number_is_written_for_a_spreadsheet(
    bevis: Bevis, by_two: ByTwo, own_demo: Path, tmp_path: Path, ending: str
) -> None:
    out = tmp_path / f"numbers.{ending}"
    out.write_bytes(b"there before")
    out.chmod(0o644)
    issued = by_two(listed(tmp_path, GOOD, SHORT), "--occasion", "hot-work-vasteras", "--dir", own_demo, "--json")
    told = issued.json()
    shown = bevis("batch", "result", told["batch"], "-o", out, "--dir", own_demo, "--lang", "sv")
    assert (shown.code, str(out) in shown.out.replace("\n", "")) == (1, True)
    assert out.stat().st_mode & 0o777 == 0o600
    if ending == "xlsx":
        (page,), _ = sheets_of(out.read_bytes(), Limits(10, 10))
        lines = [list(cells) for _, cells in page.rows]
    else:
        lines = [line.split(";") for line in out.read_text("utf-8-sig").splitlines()]
    assert lines[0] == ["Rad", "Namn", "Utfall", "Nummer", "Grad", "Gäller till och med"]
    assert lines[1][:4] == ["2", "Nina Åberg", "utfärdat", told["rows"][0]["number"]]
    assert lines[1][4] == told["rows"][0]["level"]
    assert re.fullmatch(r"20\d\d-\d\d-\d\d", lines[1][5])
    assert (lines[2][1], "".join(lines[2][3:])) == ("Otto Ek", "")
    for wrong in (tmp_path / "numbers.txt", tmp_path / "nowhere" / "numbers.csv", tmp_path):
        assert bevis("batch", "result", told["batch"], "-o", wrong, "--dir", own_demo).code == 2
