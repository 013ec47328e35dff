"""`bevis gate profile`: the code that sets a scanner up."""

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import zxingcpp
from PIL import Image

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
