"""`bevis gate profile`: the code that sets a scanner up; `bevis report`: what was found wrong at a gate."""

from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import zxingcpp
from PIL import Image

from registry.command_line.place import registry_at
from registry.records.issued.reports import NewReport, add_report
from registry.records.strict_input import parse
from tests.registry.command_line.conftest import Bevis


def test_the_code_says_what_the_gate_asks(bevis: Bevis, demo_dir: Path, tmp_path: Path) -> None:
    root = bevis("trust", "root", "--dir", demo_dir).out.strip()
    png = tmp_path / "gate.png"
    told = bevis(
        "gate", "profile", "--scheme", "hot-work", "--level", "D", "-o", png, "--dir", demo_dir, "--json"
    ).json()
    with Image.open(png) as picture:
        (read,) = zxingcpp.read_barcodes(picture)
    assert read.text == told["link"]
    asked = parse_qs(urlsplit(told["link"]).fragment.removeprefix("gate?"))
    assert asked == {"situation": ["site_entry"], "scheme": ["hot-work"], "level": ["D"], "root": [root]}
    drawn = bevis("gate", "profile", "--dir", demo_dir)
    assert drawn.code == 0
    assert drawn.out.strip().splitlines()[-1].endswith(told["link"].rpartition("&root=")[2])
    for file in ("gate.svg", "gate.txt"):
        assert bevis("gate", "profile", "-o", tmp_path / file, "--dir", demo_dir).code == 0
    assert bevis("gate", "profile", "-o", tmp_path / "gate.doc", "--dir", demo_dir).code == 2
    assert bevis("gate", "profile", "--scheme", "no-such", "--dir", demo_dir).code == 2
    assert bevis("gate", "profile", "--situation", "party", "--dir", demo_dir).code == 2


def test_reports_are_listed_and_closed(bevis: Bevis, demo_dir: Path) -> None:
    new = {"id": str(uuid4()), "noticed_at": "2026-03-01T08:00:00Z", "reason": "looks_forged", "note": "a bad print"}
    with registry_at(demo_dir) as registry, registry.writing() as db:
        add_report(db, parse(new, NewReport), datetime.now(UTC))
    (found,) = bevis("report", "list", "--dir", demo_dir, "--json").json()
    assert (found["id"], found["note"]) == (new["id"], "a bad print")
    assert "looks_forged" in bevis("report", "list", "--dir", demo_dir, "--lang", "en").out
    checked = {one["check"]: one for one in bevis("doctor", "--json", "--dir", demo_dir).json()["checks"]}
    assert checked["reports"]["says"].endswith("bevis report list.")
    closed = bevis("report", "close", new["id"], "--because", "compared with the issuer", "--dir", demo_dir, "--json")
    assert (closed.json()["state"], closed.json()["note"]) == ("closed", None)
    assert bevis("report", "list", "--dir", demo_dir, "--json").json() == []
    assert len(bevis("report", "list", "--state", "all", "--dir", demo_dir, "--json").json()) == 1
    assert bevis("report", "close", "no-id", "--because", "x", "--dir", demo_dir).code == 2
