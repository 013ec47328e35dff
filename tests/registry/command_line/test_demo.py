"""The sample sector: made on any day, with something of everything in it, and never over what somebody else made."""

import json
import re
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image

from registry.command_line.demo import MARK, make_demo
from registry.records.accreditation.applications import state_mismatches as accreditation_mismatches
from registry.records.issued.certificates import certificates, state_mismatches
from registry.records.parties.organisation_certificates import courses, organisation_certificates
from tests.registry.command_line.conftest import Bevis
from verification.qr import unpack


@pytest.mark.parametrize(
    "at",
    [
        pytest.param(datetime(2026, 10, 31, 12, tzinfo=UTC), id="months of 30 and 31 days"),
        pytest.param(datetime(2026, 12, 1, 0, 5, tzinfo=UTC), id="just after midnight"),
        pytest.param(datetime(2027, 2, 28, 23, 55, tzinfo=UTC), id="end of February"),
        pytest.param(datetime(2028, 2, 29, 12, tzinfo=UTC), id="a leap day"),
        pytest.param(datetime(2031, 7, 15, 9, tzinfo=UTC), id="years from now"),
    ],
)
def test_the_story_can_be_told_on_any_day(tmp_path: Path, at: datetime) -> None:
    registry, results = make_demo(tmp_path / "demo", at, public_url="http://127.0.0.1:8000")
    try:
        with registry.reading() as db:
            found = certificates(db)
            states = {row.state_on(at.date()) for row in found}
            levels = {row.level for row in found}
            assert not state_mismatches(db)
            about = [row for row in organisation_certificates(db) if row.kind != "mandate"]
            known = courses(db, about)
            stand = [(row.kind, known[row.number].standing_on(at.date())) for row in about]
            assert not accreditation_mismatches(db)
    finally:
        registry.close()
    assert levels == {"B", "C1", "C2", "D", "E", "F"}
    assert states == {"issued", "revoked", "suspended", "expired"}
    # An audit with a finding, what followed on it, and the accreditation that rests on both.
    assert stand == [("audit", "superseded"), ("audit", "in_force"), ("accreditation", "in_force")]
    by_occasion = {result.occasion: result for result in results}
    assert by_occasion["fork-lift-malmo"].faults == 5
    tied = by_occasion["rope-access-stavanger"]
    assert (tied.issued, tied.refused) == (0, 2)
    assert {row.attained for row in tied.rows} == {"C2"}
    assert {unmet.id for row in tied.rows for unmet in row.unmet} == {"O6"}


def test_what_a_program_gets(bevis: Bevis, tmp_path: Path) -> None:
    ended = bevis("demo", "--dir", tmp_path / "d", "--no-serve", "--json")
    assert (ended.code, ended.err) == (0, "")
    told = ended.json()
    assert {"dir", "batches", "certificates"} <= set(told)
    assert {one["level"] for one in told["certificates"]} == {"B", "C1", "C2", "D", "E", "F"}
    assert {one["state"] for one in told["certificates"]} == {"valid", "revoked", "suspended", "expired"}
    assert all({"number", "scheme", "level", "state", "qr_text"} <= set(one) for one in told["certificates"])
    for one in told["certificates"]:
        assert unpack(one["qr_text"]).base == "http://127.0.0.1:8000"
    assert [len(told["batches"]), len({batch["batch"] for batch in told["batches"]})] == [9, 9]


def test_the_colours_are_what_they_are_said_to_be(bevis: Bevis, tmp_path: Path) -> None:
    pages = bevis("demo", "--dir", tmp_path / "d", "--no-serve", "--json").json()["pages"]
    answers = {
        colour: bevis("verify", pages[colour], "--dir", tmp_path / "d", "--json")
        for colour in ("green", "red", "amber")
    }
    assert {colour: (ended.code, ended.json()["outcome"]) for colour, ended in answers.items()} == {
        "green": (0, "valid"),
        "red": (1, "invalid"),
        "amber": (3, "undetermined"),
    }
    assert answers["red"].json()["headline"] == "revoked"


def test_the_images_are_what_they_are_said_to_be(bevis: Bevis, tmp_path: Path) -> None:
    told = bevis("demo", "--dir", tmp_path / "d", "--no-serve", "--json").json()
    texts = set()
    for image in (tmp_path / "d" / "qr").glob("*.png"):
        # Among all those modules a reader of every format now and then sees some linear code.
        (found,) = zxingcpp.read_barcodes(Image.open(image), formats=zxingcpp.BarcodeFormat.QRCode)
        texts.add(found.text)
        assert image.with_suffix(".svg").is_file()
    assert texts == {one["qr_text"] for one in told["certificates"]}


def test_it_is_used_again_and_not_made_twice(bevis: Bevis, tmp_path: Path) -> None:
    first = bevis("demo", "--dir", tmp_path / "d", "--no-serve", "--json").json()
    again = bevis("demo", "--dir", tmp_path / "d", "--no-serve", "--json").json()
    assert again["batches"] == first["batches"]
    assert [one["number"] for one in again["certificates"]] == [one["number"] for one in first["certificates"]]


def test_what_somebody_else_made_is_left_alone(bevis: Bevis, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("all my work", encoding="utf-8")
    ended = bevis("demo", "--dir", tmp_path / "mine", "--no-serve")
    assert ended.code == 2
    assert "did not make" in ended.err
    assert [entry.name for entry in (tmp_path / "mine").iterdir()] == ["thesis.txt"]


def test_a_real_registry_is_left_alone(bevis: Bevis, tmp_path: Path) -> None:
    assert bevis("init", tmp_path / "real").code == 0
    assert bevis("demo", "--dir", tmp_path / "real", "--no-serve").code == 2
    assert not (tmp_path / "real" / MARK).exists()


@pytest.mark.parametrize("lang", ["sv", "nb", "en"])
def test_it_reads_at_eighty_columns(bevis: Bevis, demo_dir: Path, lang: str) -> None:
    shown = bevis("demo", "--dir", demo_dir, "--no-serve", "--lang", lang).out.splitlines()
    assert max(len(line) for line in shown if "http" not in line and str(demo_dir) not in line) <= 80
    assert sum(line.startswith("  http://127.0.0.1:8000/") for line in shown) == 4


def test_the_data_names_nobody_by_a_national_number() -> None:
    for folder in ("rosters", "occasions", "schemes"):
        for entry in (resources.files("registry") / "demo" / folder).iterdir():
            assert not re.search(rb"[0-9]{6}[-+ ]?[0-9]{4}", entry.read_bytes()), entry.name


def test_the_mark_holds_the_answers_that_were_given(demo_dir: Path) -> None:
    told = json.loads((demo_dir / MARK).read_text(encoding="utf-8"))
    assert len(told["results"]) == 9
