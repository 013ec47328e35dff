"""`bevis notice`: handed over once, readable as often as needed, safe to open in a spreadsheet program."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from registry.records.whole.directory import Registry
from tests.registry.command_line.conftest import Bevis


@pytest.fixture(autouse=True)
def own_demo(new_demo: Callable[[Path], Registry], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test has a demo registry of its own, run by Vera."""
    new_demo(tmp_path / "demo").close()
    monkeypatch.setenv("BEVIS_ACTOR", "vera")
    monkeypatch.setenv("BEVIS_DIR", str(tmp_path / "demo"))


def told(bevis: Bevis, *arguments: Any) -> Any:
    ended = bevis("notice", *arguments, "--json")
    assert ended.code == 0, ended.err
    return ended.json()


def test_what_waits_is_handed_over_once(bevis: Bevis, tmp_path: Path) -> None:
    before = told(bevis, "list", "--limit", "500")
    waiting = [one["id"] for one in before["notices"] if one["state"] == "pending"]
    assert before["counts"]["pending"] == len(waiting) > 10
    assert before["counts"]["skipped"] == 2  # nobody knows how to reach those of the toolbox talk
    assert not {"name", "holder", "to"} & set(before["notices"][0])
    file = tmp_path / "letters.csv"
    said = told(bevis, "export", "-o", file)
    assert (said["letters"], said["file"]) == (len(waiting), str(file))
    assert file.stat().st_mode & 0o777 == 0o600
    rows = list(csv.DictReader(io.StringIO(file.read_text("utf-8-sig"), newline="")))
    assert [row["notices"] for row in rows] == waiting
    assert all(row["to"] and row["subject"] and row["text"] for row in rows)
    assert {row["channel"] for row in rows} >= {"email", "phone"}
    assert all(row["to"].startswith("'+") for row in rows if row["channel"] == "phone")
    # Nothing waits any more; what was handed over is read again, the same bytes.
    assert told(bevis, "export") == {"handover": None, "letters": [], "file": None}
    again = tmp_path / "again.csv"
    told(bevis, "export", said["handover"], "-o", again)
    assert again.read_bytes() == file.read_bytes()
    after = told(bevis, "list", "--state", "handed", "--limit", "500")
    assert {one["handover"] for one in after["notices"]} == {said["handover"]}
    assert [(one["id"], one["by"], one["notices"]) for one in after["handovers"]] == [
        (said["handover"], "vera", len(waiting))
    ]


def test_a_digest_has_a_letter_for_each_person(bevis: Bevis) -> None:
    found = told(bevis, "export", "--digest")
    to = [letter["to"] for letter in found["letters"]]
    assert len(to) == len(set(to))
    both = next(letter for letter in found["letters"] if len(letter["notices"]) == 2)
    assert both["text"].count("\n-- \n") == 1
    single = bevis("notice", "export", found["handover"], "--format", "json")
    assert sum(len(letter["notices"]) for letter in found["letters"]) == len(json.loads(single.out)["letters"])


def test_what_did_not_arrive_is_marked_and_waits_anew(bevis: Bevis) -> None:
    handed = told(bevis, "export")
    one = handed["letters"][0]["notices"][0]
    assert told(bevis, "mark", one, "--failed", "mailbox full") == {"marked": 1, "state": "failed"}
    ended = bevis("notice", "mark", one, "--failed", "again", "--json")
    assert (ended.code, ended.json()["error"]["code"]) == (2, "NoticeNotHanded")
    assert told(bevis, "list", "--state", "failed")["notices"][0]["why"] == "mailbox full"
    assert told(bevis, "mark", one, "--again") == {"marked": 1, "state": "pending"}
    assert [letter["notices"] for letter in told(bevis, "export")["letters"]] == [[one]]
    # A whole hand-over: the mail server was down.
    rest = len(handed["letters"]) - 1
    assert told(bevis, "mark", handed["handover"], "--failed", "server down") == {"marked": rest, "state": "failed"}
    assert told(bevis, "mark", handed["handover"], "--again") == {"marked": rest, "state": "pending"}
    assert len(told(bevis, "export", "--limit", "3")["letters"]) == 3


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        pytest.param(("list", "--state", "lost"), "MalformedInput", id="unknown state"),
        pytest.param(("list", "--after", "hello"), "NoticeNotFound", id="no id"),
        pytest.param(("export", "--format", "xml"), "MalformedInput", id="unknown format"),
        pytest.param(("export", "hello"), "HandoverNotFound", id="no hand-over"),
        pytest.param(("export", f"handover-{uuid4()}"), "HandoverNotFound", id="another hand-over"),
        pytest.param(("mark", f"notice-{uuid4()}", "--again"), "NoticeNotFound", id="another notice"),
        pytest.param(("mark", "notice-1", "--again", "--failed", "x"), "MalformedInput", id="both"),
        pytest.param(("mark", "notice-1"), "MalformedInput", id="neither"),
        pytest.param(("mark", "notice-1", "--failed", "900101-1234"), "MalformedInput", id="a national number"),
        pytest.param(("list", "--actor", "pia"), "NotAllowed", id="not the operator"),
        pytest.param(("export", "--actor", "pia"), "NotAllowed", id="not the operator either"),
    ],
)
def test_what_cannot_be_is_refused(bevis: Bevis, arguments: tuple[str, ...], code: str) -> None:
    ended = bevis("notice", *arguments, "--json")
    assert (ended.code, ended.json()["error"]["code"]) == (2, code)
    assert told(bevis, "list")["counts"]["handed"] == 0


def test_where_the_file_cannot_be_written_nothing_is_lost(bevis: Bevis, tmp_path: Path) -> None:
    ended = bevis("notice", "export", "-o", tmp_path / "no" / "such.csv", "--json")
    assert ended.code == 2
    detail = ended.json()["error"]["detail"]
    handover = detail.rsplit(" ", 1)[1]
    assert told(bevis, "export", handover)["letters"]


def test_people_are_told_in_words(bevis: Bevis, tmp_path: Path) -> None:
    said = bevis("notice", "list", "--lang", "sv").out
    assert "väntar: " in said
    said = bevis("notice", "export", "-o", tmp_path / "x.csv", "--lang", "nb").out
    assert "handover-" in said
    assert "utleveres ikke igjen" in " ".join(said.split())
    assert "Nothing waits" in bevis("notice", "export", "-o", tmp_path / "x.csv", "--lang", "en").out
    assert "subject" in bevis("notice", "export").out


def test_numbers_and_ids_stay_whole_in_a_list(bevis: Bevis) -> None:
    whole = told(bevis, "list", "--limit", "500")["notices"]
    said = bevis("notice", "list", "--limit", "500", "--lang", "sv").out
    assert all(one["id"] in said and one["number"] in said for one in whole)
    assert max(map(len, said.splitlines())) <= 80
