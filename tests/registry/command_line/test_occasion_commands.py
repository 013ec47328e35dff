"""`bevis occasion`: amended, cancelled, sheets recorded, and what is told of it."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.registry.command_line.conftest import Bevis

YESTERDAY = datetime.now(UTC).date() - timedelta(days=1)
OCCASION = "scaffold-user-uppsala"


@pytest.fixture
def own(demo_dir: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(demo_dir, tmp_path / "own"))


def test_an_amendment_is_told_with_its_reason(bevis: Bevis, own: Path, tmp_path: Path) -> None:
    change = tmp_path / "change.toml"
    change.write_text("delivery = 'blended'\n[facts]\nportrait = false\n", encoding="utf-8")
    arguments = ("occasion", "amend", OCCASION, change, "--dir", own)
    refused = bevis(*arguments, "--json")
    assert (refused.code, refused.json()["error"]["code"]) == (2, "ReasonMissing")
    told = bevis(*arguments, "--reason", "typing error", "--lang", "sv")
    assert told.code == 0
    assert "delivery: workplace → blended" in told.out
    history = bevis("occasion", "history", OCCASION, "--dir", own, "--json").json()
    assert [event["kind"] for event in history["events"]] == ["recorded", "amended"]
    assert history["events"][1]["actor"] == "desk"
    assert len(history["events"][1]["issued_before"]) > 0
    cleared = bevis(
        "occasion", "amend", OCCASION, "--clear", "facts.portrait", "--reason", "x y", "--dir", own, "--json"
    )
    assert cleared.json()["event"]["changes"] == [{"path": "facts.portrait", "before": False, "after": None}]
    again = bevis("occasion", "amend", OCCASION, "--clear", "facts.portrait", "--reason", "x y", "--dir", own)
    assert (again.code, "nothing was changed" in again.out) == (0, True)
    nothing = bevis("occasion", "amend", OCCASION, "--reason", "x y", "--dir", own)
    assert nothing.code == 2
    for lang in ("sv", "nb", "en"):
        shown = bevis("occasion", "history", OCCASION, "--dir", own, "--lang", lang)
        assert shown.code == 0
        assert "typing error" in shown.out


def test_a_sheet_is_recorded_or_its_faults_are_told(bevis: Bevis, own: Path, tmp_path: Path) -> None:
    added = tmp_path / "occasion.toml"
    added.write_text(
        'id = "first-evening"\nscheme = "scaffold-user"\nissuer = "kranskolen"\ntraining_provider = "kranskolen"\n'
        f"decided_on = {YESTERDAY}\n[[session]]\non = {YESTERDAY}\nminutes = 30\n",
        encoding="utf-8",
    )
    shown = bevis("scheme", "show", "scaffold-user", "--dir", own, "--json").json()
    short = shown["mandatory_minutes"] - 30
    made = bevis("occasion", "add", added, "--dir", own, "--json")
    assert (made.code, made.err) == (0, "")
    assert made.json()["short_by_minutes"] == short
    assert short > 0
    sheet = tmp_path / "sheet.csv"
    sheet.write_text("namn;född;minuter\nOlle Sandström;1981-01-01;31\n", encoding="utf-8")
    faults = bevis("occasion", "sheet", "first-evening", sheet, "--dir", own, "--lang", "sv")
    assert (faults.code, "fler än passet s1 varade (30)" in faults.out.replace("\n", " ")) == (1, True)
    sheet.write_text("namn;född;minuter;okänd\nOlle Sandström;1981-01-01;30;\n", encoding="utf-8")
    assert bevis("occasion", "sheet", "first-evening", sheet, "--dir", own).code == 2
    sheet.write_text("namn;född;minuter\nOlle Sandström;1981-01-01;30\n", encoding="utf-8")
    recorded = bevis("occasion", "sheet", "first-evening", sheet, "--dir", own, "--json")
    assert (recorded.code, recorded.json()["lines"], recorded.json()["faults"]) == (0, 1, [])
    for lang in ("sv", "nb", "en"):
        assert bevis("occasion", "sheet", "first-evening", sheet, "--dir", own, "--lang", lang).code == 0
        told = bevis("occasion", "sheet", "first-evening", "--dir", own, "--lang", lang)
        assert (told.code, "Sandström" in told.out) == (0, True)
    (line,) = bevis("occasion", "sheet", "first-evening", "--dir", own, "--json").json()["lines"]
    assert (line["name"], line["birth_date"], line["session"], line["minutes"]) == (
        "Olle Sandström",
        "1981-01-01",
        "s1",
        30,
    )
    shown = bevis("occasion", "show", "first-evening", "--dir", own, "--json").json()
    assert (shown["sheets"], shown["results"]) == ({"s1": {"listed": 1, "present": 1}}, 0)
    cancelled = bevis("occasion", "cancel", "first-evening", "--reason", "never held", "--dir", own, "--json")
    assert (cancelled.code, cancelled.json()["event"]["kind"]) == (0, "cancelled")
    assert bevis("occasion", "show", "first-evening", "--dir", own, "--json").json()["cancelled"] is True


def test_results_are_recorded_or_their_faults_are_told(bevis: Bevis, own: Path, tmp_path: Path) -> None:
    occasion = tmp_path / "occasion.toml"
    occasion.write_text(
        'id = "theory-evening"\nscheme = "fork-lift"\nissuer = "truckakademin"\nexamination_body = "truckakademin"\n'
        f'exam_on = {YESTERDAY}\ndecided_on = {YESTERDAY}\nscope_classes = ["T1", "T2"]\n',
        encoding="utf-8",
    )
    assert bevis("occasion", "add", occasion, "--dir", own).code == 0
    table = tmp_path / "results.csv"
    table.write_text("namn;född;del;klass;försök;godkänd\nOlle Ek;1981-01-01;praktik;T4;1;ja\n", encoding="utf-8")
    faults = bevis("occasion", "results", "theory-evening", table, "--dir", own, "--lang", "nb")
    assert (faults.code, "T4 gis ikke" in faults.out) == (1, True)
    said = tmp_path / "results.toml"
    said.write_text(
        '[[result]]\nname = "Olle Ek"\nbirth_date = 1981-01-01\npart = "practical"\nscope_class = ["T1", "T2"]\n'
        "attempt = 1\npassed = true\n",
        encoding="utf-8",
    )
    recorded = bevis("occasion", "results", "theory-evening", said, "--dir", own, "--json")
    assert (recorded.code, recorded.json()["lines"], recorded.json()["faults"]) == (0, 2, [])
    told = bevis("occasion", "results", "theory-evening", "--dir", own, "--json").json()["lines"]
    assert [(line["scope_class"], line["passed"], line["attempt"]) for line in told] == [
        ("T1", True, 1),
        ("T2", True, 1),
    ]
    assert "T2" in bevis("occasion", "results", "theory-evening", "--dir", own).out
    again = bevis("occasion", "results", "theory-evening", said, "--dir", own, "--json").json()
    assert (again["lines"], again["unchanged"], again["event"]) == (0, 2, None)
    broken = bevis("occasion", "results", "theory-evening", occasion, "--dir", own)
    assert broken.code == 2
    refused = bevis("occasion", "results", "theory-evening", said, "--dir", own, "--reason", "19900517-1234", "--json")
    assert (refused.code, refused.json()["error"]["code"]) == (2, "MalformedInput")
    assert "1234" not in refused.out + refused.err


@pytest.mark.parametrize("verb", ["amend", "cancel", "sheet", "results"])
def test_whoever_has_no_part_in_an_occasion_records_nothing(
    bevis: Bevis, own: Path, tmp_path: Path, verb: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BEVIS_ACTOR")
    assert bevis("account", "add", "nora", "--name", "Nora Nyman", "--dir", own, "--actor", "desk").code == 0
    file = tmp_path / "file.csv"
    file.write_text("namn\nOlle Ek\n", encoding="utf-8")
    files = () if verb == "cancel" else (file,)
    if verb == "amend":
        file.write_text("exam_face = 'none'", encoding="utf-8")
    ended = bevis("occasion", verb, OCCASION, *files, "--reason", "why not", "--dir", own, "--actor", "nora", "--json")
    assert (ended.code, ended.json()["error"]["code"]) == (2, "NotAllowed")
