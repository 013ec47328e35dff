"""What is typed, and what files hold: one question each, or as many as are in a picture or a list."""

import io
import os
from pathlib import Path
from types import ModuleType

import pytest
import segno
from PIL import Image

from verification.in_hand import MOST_QUESTIONS, NotUsable, Question, questions_in
from verification.offline import main
from verification.pictures.kinds import CodeSeen
from verification.presented import with_proof
from verification.trust_file import trust_to_json

ONE, TWO = "7Q4M-2XKD-9RTB-0HWC", "0000-0000-0000-0000"


def two_codes(kind: str, *said: str) -> bytes:
    pages = []
    for text in said:
        drawn = io.BytesIO()
        segno.make(text, error="m", micro=False).save(drawn, kind="png", scale=5)
        pages.append(Image.open(drawn).convert("L"))
    file = io.BytesIO()
    pages[0].save(file, kind, **({"save_all": True, "append_images": pages[1:]} if kind == "PDF" else {}))
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "asked"),
    [
        ("7Q4M-2XKD-9RTB-0HWC\n", [("7Q4M-2XKD-9RTB-0HWC\n", "f")]),
        (f"{ONE}\n{TWO}\n", [(ONE, "f:1"), (TWO, "f:2")]),
        (f'\ufeffNummer;Namn\r\n{ONE};Anna\r\n\r\n"{TWO}";Bo\r\n', [(ONE, "f:2"), (TWO, "f:4")]),
        (f"number\n{ONE}\n", [(ONE, "f:2")]),
        (f"{ONE}\tAnna\nhttps://elsewhere.example/x\n", [(ONE, "f:1"), ("https://elsewhere.example/x", "f:2")]),
        ("<p>\nhello\n</p>", [("<p>\nhello\n</p>", "f")]),
        ("", [("", "f")]),
    ],
)
def test_a_list_is_as_many_questions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str, asked: list[tuple[str, str]]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("f").write_bytes(content.encode())
    assert questions_in(["f"]) == [Question(given, where) for given, where in asked]


def test_a_certificate_with_its_proof_is_one_question(tmp_path: Path, world: ModuleType) -> None:
    whole = with_proof(world.full(), "c2sp.org/tlog-proof@v1\nindex 1\n\nx\n")
    (tmp_path / "c.jwt").write_text(whole)
    assert [one.given for one in questions_in([str(tmp_path / "c.jwt")])] == [whole]
    (tmp_path / "c.cwt").write_bytes(world.compact())
    assert [one.given for one in questions_in([str(tmp_path / "c.cwt")])] == [world.compact()]


def test_pictures_are_as_many_questions_as_they_have_codes(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(two_codes("PDF", "one", "two"))
    (tmp_path / "b.png").write_bytes(two_codes("PNG", "three"))
    found = questions_in([str(tmp_path / "a.pdf"), "typed", str(tmp_path / "b.png")])
    said = [one.given.text if isinstance(one.given, CodeSeen) else one.given for one in found]
    assert said == ["one", "two", "typed", "three"]
    assert [one.where and Path(one.where).name for one in found] == ["a.pdf, 1", "a.pdf, 2", None, "b.png"]


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda place: place.mkdir(), "directory"),
        (os.mkfifo, "no file"),
        (lambda place: place.write_bytes(b"\x89PNG\r\n\x1a\nnonsense"), "cannot be opened"),
        (lambda place: place.write_bytes(b"\0\0\0\x18ftypheic" + b"0" * 90), "HEIC"),
        (lambda place: place.write_bytes(b"x" * 100_000), "larger"),
        (lambda place: place.write_text(f"{ONE}\n" * (MOST_QUESTIONS + 1)), "too many"),
        (lambda place: Image.new("L", (90, 90), "white").save(place, "PNG"), "no QR code"),
    ],
)
def test_what_cannot_be_used_is_told_and_nothing_is_asked(tmp_path: Path, make, says: str) -> None:  # noqa: ANN001
    make(tmp_path / "f")
    with pytest.raises(NotUsable, match=says):
        questions_in(["typed", str(tmp_path / "f")])
    with pytest.raises(NotUsable, match="no such file"):
        questions_in([str(tmp_path / "g.png")])


def test_of_several_the_worst_is_the_exit_code(
    world: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trust = tmp_path / "trust.json"
    trust.write_bytes(trust_to_json(world.TRUST))
    asked = ["--trust", str(trust), "--lang", "en"]
    assert main([world.qr_text(), world.qr_text(), *asked], world.NOW) == 0
    assert "Valid: 2" in capsys.readouterr().out
    assert main([world.qr_text(), "hello \x1b[2J", *asked], world.NOW) == 3
    shown = capsys.readouterr().out
    assert "Cannot be confirmed: 1 · Valid: 1" in shown
    assert "\x1b" not in shown
    spoilt = world.full()[:-8] + "AAAAAAAA"
    assert main([world.qr_text(), "hello", spoilt, *asked, "--json"], world.NOW) == 1
    assert '"where": null' in capsys.readouterr().out
