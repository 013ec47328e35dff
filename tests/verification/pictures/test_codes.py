"""Every QR code in a picture or a PDF is read; a hostile file is refused, and costs no more than it may."""

import io
import struct
import zlib
from collections.abc import Callable
from contextlib import suppress

import pytest
import segno
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from verification.apart.run import Apart
from verification.pictures.codes import NoPicture, codes_in
from verification.pictures.kinds import MAX_PICTURE_BYTES, is_picture
from verification.reasons import texts

TEXTS = [f"https://127.0.0.1:8000/v#{'0123456789' * 39}{number}" for number in range(6)]


def code(text: str, scale: int = 5) -> Image.Image:
    drawn = io.BytesIO()
    segno.make(text, error="m", micro=False).save(drawn, kind="png", scale=scale, border=4)
    return Image.open(drawn).convert("RGB")


def sheet(*said: str, turned: float = 0) -> Image.Image:
    """Codes in two columns on white."""
    paper = Image.new("RGB", (1400, 700 * -(-len(said) // 2)), "white")
    for number, text in enumerate(said):
        drawn = code(text).rotate(turned, expand=True, fillcolor="white")
        paper.paste(drawn, (60 + 700 * (number % 2), 60 + 700 * (number // 2)))
    return paper


def saved(picture: Image.Image, kind: str, **more: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **more)
    return file.getvalue()


def why(data: bytes) -> str:
    with pytest.raises(NoPicture) as refused:
        codes_in(data)
    assert refused.value.code in texts("pictures")
    assert all("{" not in refused.value.says(lang) for lang in ("sv", "nb", "en"))
    return refused.value.code


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "PDF"])
def test_all_codes_of_a_sheet_in_reading_order(kind: str) -> None:
    data = saved(sheet(*TEXTS), kind)
    assert is_picture(data)
    seen = codes_in(data)
    assert [one.text for one in seen] == TEXTS
    for number, one in enumerate(seen):
        left, top, right, bottom = one.at
        assert number % 2 / 2 < left < right < (number % 2 + 1) / 2
        assert number // 2 / 3 < top < bottom < (number // 2 + 1) / 3
        assert one.page == 1


def test_turned_seen_through_and_in_colour() -> None:
    for turned in (7, 90, 180, 200):
        assert [one.text for one in codes_in(saved(sheet(TEXTS[0], turned=turned), "PNG"))] == TEXTS[:1]
    clear = code(TEXTS[0]).convert("RGBA")
    clear.putdata([(0, 0, 0, 0) if pixel[0] else (0, 0, 90, 255) for pixel in clear.get_flattened_data()])
    assert [one.text for one in codes_in(saved(clear, "PNG"))] == TEXTS[:1]


def test_each_text_once_and_page_by_page() -> None:
    pages = [sheet(TEXTS[0]), sheet(TEXTS[1], TEXTS[0]), sheet(TEXTS[2])]
    seen = codes_in(saved(pages[0], "PDF", save_all=True, append_images=pages[1:]))
    assert [(one.text, one.page) for one in seen] == [(TEXTS[0], 1), (TEXTS[1], 2), (TEXTS[2], 3)]


def test_where_no_code_is_none_is_found() -> None:
    empty = Image.new("L", (600, 600), "white")
    ImageDraw.Draw(empty).rectangle((100, 100, 400, 400), fill="black")
    assert codes_in(saved(empty, "PNG")) == ()


def _png(width: int, height: int, data: bytes = b"") -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def _many_pages(number: int) -> bytes:
    page = Image.new("1", (8, 8))
    return saved(page, "PDF", save_all=True, append_images=[page] * (number - 1))


_ENCRYPTED = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n"
    b"3 0 obj<</Filter/Standard/V 1/R 2/O(" + b"a" * 32 + b")/U(" + b"b" * 32 + b")/P -4>>endobj\n"
    b"trailer<</Root 1 0 R/Encrypt 3 0 R/ID[(a)(a)]>>\n%%EOF"
)
HOSTILE: dict[str, tuple[Callable[[], bytes], set[str]]] = {
    "nothing": (lambda: b"", {"picture_of_no_kind"}),
    "a text": (lambda: b"7Q4M-2XKD-9RTB-0HWC", {"picture_of_no_kind"}),
    "an svg": (lambda: b"<svg xmlns='http://www.w3.org/2000/svg'/>", {"picture_svg"}),
    "an svg with its xml": (lambda: b"<?xml version='1.0'?>\n<svg/>", {"picture_svg"}),
    "a gif": (lambda: saved(Image.new("L", (9, 9)), "GIF"), {"picture_of_no_kind"}),
    "heic": (lambda: b"\0\0\0\x18ftypheic" + b"0" * 40, {"picture_heic"}),
    "a png of a thousand million pixels": (
        lambda: _png(40_000, 40_000, zlib.compress(b"\0" * 10_000)),
        {"picture_too_many_pixels"},
    ),
    "a png that packs more than it says": (
        lambda: _png(100, 100, zlib.compress(b"\0" * 300_000_000, 9)),
        {"picture_damaged", "picture_too_heavy", "nothing"},
    ),
    "a png that ends early": (lambda: saved(sheet(TEXTS[0]), "PNG")[:900], {"picture_damaged"}),
    "a jpeg of noise": (lambda: b"\xff\xd8\xff" + bytes(range(256)) * 40, {"picture_damaged"}),
    "a pdf of noise": (lambda: b"%PDF-1.7\n" + bytes(range(256)) * 40, {"picture_damaged"}),
    "a pdf behind a password": (lambda: _ENCRYPTED, {"picture_encrypted", "picture_damaged"}),
    "a pdf of too many pages": (lambda: _many_pages(51), {"picture_too_many_pages"}),
    "a file that is too large": (lambda: b"\xff\xd8\xff" + b"0" * MAX_PICTURE_BYTES, {"picture_too_large"}),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_with_its_reason(name: str) -> None:
    make, allowed = HOSTILE[name]
    if "nothing" in allowed:
        with suppress(NoPicture):
            assert codes_in(make()) == ()
            return
    assert why(make()) in allowed


SOUND = saved(code(TEXTS[0]).convert("1"), "PNG")


@settings(max_examples=15, deadline=None)
@given(at=st.integers(8, len(SOUND) - 1), sign=st.integers(0, 255))
def test_a_byte_changed_is_read_or_refused(at: int, sign: int) -> None:
    with suppress(NoPicture):
        assert {one.text for one in codes_in(SOUND[:at] + bytes([sign]) + SOUND[at + 1 :])} <= {TEXTS[0]}


def test_what_the_reader_says_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    for said in (
        b"",
        b"{}",
        b'{"pages":1,"codes":[{"text":1,"page":1,"at":[0,0,1,1]}]}',
        b'{"pages":1,"codes":[{"text":"a","page":0,"at":[0,0,1,1]}]}',
        b'{"pages":1,"codes":[{"text":"a","page":1,"at":[0,0,1]}]}',
        b'{"wrong":"no such thing","params":{}}',
        b'{"wrong":',
    ):
        monkeypatch.setattr(Apart, "answered", lambda *_, said=said, **__: said)
        assert why(b"x") == "picture_damaged"
