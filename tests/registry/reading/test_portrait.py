"""Pictures as people and attackers hand them in: what becomes of them, and what is refused before it costs anything."""

import io
import re
import string
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from registry.reading import bounded_picture, portrait
from registry.reading.portrait import BadPortrait, read_portrait
from registry.reading.wrong import shared_texts

RED = (200, 16, 16)


def saved(picture: Image.Image, kind: str, **more: Any) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **more)
    return out.getvalue()


def opened(data: bytes) -> Image.Image:
    made = read_portrait(data)
    picture = Image.open(io.BytesIO(made.jpeg))
    assert (picture.format, picture.mode, picture.size) == ("JPEG", "RGB", (made.width, made.height))
    return picture


def near(found: Any, wanted: tuple[int, int, int]) -> bool:
    return all(abs(its - other) < 12 for its, other in zip(found, wanted, strict=True))


@pytest.mark.parametrize(
    ("data", "colour"),
    [
        pytest.param(saved(Image.new("RGB", (900, 1200), RED), "JPEG"), RED, id="JPEG"),
        pytest.param(saved(Image.new("RGB", (900, 1200), RED), "JPEG", progressive=True), RED, id="progressive"),
        pytest.param(saved(Image.new("RGB", (900, 1200), RED).convert("CMYK"), "JPEG"), RED, id="CMYK"),
        pytest.param(saved(Image.new("RGB", (900, 1200), RED), "PNG"), RED, id="PNG"),
        pytest.param(saved(Image.new("RGB", (900, 1200), RED).convert("P"), "PNG"), RED, id="palette"),
        pytest.param(saved(Image.new("L", (900, 1200), 99), "PNG"), (99, 99, 99), id="grey"),
        pytest.param(saved(Image.new("I;16", (900, 1200), 0x6363), "PNG"), (99, 99, 99), id="16 bits"),
        pytest.param(saved(Image.new("1", (900, 1200), 1), "PNG"), (255, 255, 255), id="black and white"),
        pytest.param(saved(Image.new("RGBA", (900, 1200), (0, 0, 0, 0)), "PNG"), (255, 255, 255), id="transparent"),
        pytest.param(saved(Image.new("P", (900, 1200), 0), "PNG", transparency=0), (255, 255, 255), id="see-through"),
        pytest.param(saved(Image.new("LA", (900, 1200), (0, 0)), "PNG"), (255, 255, 255), id="grey, transparent"),
    ],
)
def test_what_is_taken(data: bytes, colour: tuple[int, int, int]) -> None:
    picture = opened(data)
    assert picture.size == (450, 600)
    assert near(picture.getpixel((200, 300)), colour)


@pytest.mark.parametrize(
    ("size", "becomes"), [((4000, 3000), (480, 360)), ((100, 100), (100, 100)), ((480, 600), (480, 600))]
)
def test_it_fits_and_is_never_made_larger(size: tuple[int, int], becomes: tuple[int, int]) -> None:
    assert opened(saved(Image.new("RGB", size, RED), "JPEG")).size == becomes


@pytest.mark.parametrize("turned", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_it_stands_upright(turned: int, kind: str) -> None:
    upright = Image.new("RGB", (240, 320), "white")
    upright.paste("blue", (0, 0, 120, 80))
    back = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    exif = Image.Exif()
    exif[0x0112] = turned
    lying = upright.transpose(back[turned]) if turned in back else upright
    picture = opened(saved(lying, kind, exif=exif))
    assert picture.size == (240, 320)
    assert near(picture.getpixel((40, 30)), (0, 0, 255))
    assert near(picture.getpixel((200, 30)), (255, 255, 255))
    assert near(picture.getpixel((40, 250)), (255, 255, 255))


def test_nothing_but_the_picture_is_kept() -> None:
    exif = Image.Exif()
    exif[0x010E] = "a secret description"
    exif[0x8825] = {1: "N", 2: (59.0, 20.0, 0.0)}
    jpeg = saved(
        Image.new("RGB", (300, 400), RED), "JPEG", exif=exif, comment=b"a secret comment", icc_profile=b"a secret" * 40
    )
    made = read_portrait(jpeg)
    assert b"secret" in jpeg
    assert b"secret" not in made.jpeg
    picture = Image.open(io.BytesIO(made.jpeg))
    assert not picture.getexif()
    assert not {"comment", "exif", "icc_profile", "xmp"} & set(picture.info)
    hidden = jpeg + b"a secret behind the end"
    assert b"secret" not in read_portrait(hidden).jpeg


def _bomb(width: int, height: int) -> bytes:
    """A PNG that says it is that large, with next to nothing in it."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(100_000), 9)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def _said_larger(width: int, height: int) -> bytes:
    """A JPEG whose header says another size."""
    data = bytearray(saved(Image.new("RGB", (200, 200)), "JPEG"))
    at = data.index(b"\xff\xc0") + 5
    data[at : at + 4] = struct.pack(">HH", height, width)
    return bytes(data)


def _many_scans() -> bytes:
    data = saved(Image.new("RGB", (200, 200), RED), "JPEG", progressive=True)
    at = data.rindex(b"\xff\xda")
    return data[:at] + data[at:-2] * 70 + data[-2:]


@pytest.mark.parametrize(
    ("make", "code"),
    [
        pytest.param(lambda: b"", "portrait_of_no_kind", id="nothing"),
        pytest.param(lambda: b"<svg/>", "portrait_of_no_kind", id="SVG"),
        pytest.param(lambda: saved(Image.new("RGB", (200, 200)), "GIF"), "portrait_of_no_kind", id="GIF"),
        pytest.param(lambda: saved(Image.new("RGB", (200, 200)), "TIFF"), "portrait_of_no_kind", id="TIFF"),
        pytest.param(lambda: saved(Image.new("RGB", (200, 200)), "BMP"), "portrait_of_no_kind", id="BMP"),
        pytest.param(lambda: b"\xff\xd8\xff" + bytes(10_485_760), "portrait_too_large", id="bytes"),
        pytest.param(lambda: _bomb(60_000, 60_000), "portrait_too_many_pixels", id="a bomb"),
        pytest.param(lambda: _bomb(12_000, 10_000), "portrait_too_many_pixels", id="a smaller bomb"),
        pytest.param(lambda: _bomb(5_001, 5_000), "portrait_too_many_pixels", id="just too many pixels"),
        pytest.param(lambda: _bomb(4_000, 4_000), "portrait_damaged", id="less in it than it says"),
        pytest.param(lambda: _said_larger(65_000, 65_000), "portrait_too_many_pixels", id="a JPEG bomb"),
        pytest.param(_many_scans, "portrait_damaged", id="painted over and over"),
        pytest.param(lambda: saved(Image.new("RGB", (99, 300)), "PNG"), "portrait_too_small", id="too small"),
        pytest.param(lambda: saved(Image.new("RGB", (100, 301)), "PNG"), "portrait_too_narrow", id="too narrow"),
        pytest.param(
            lambda: saved(
                Image.new("RGB", (200, 200)), "PNG", save_all=True, append_images=[Image.new("RGB", (200, 200), RED)]
            ),
            "portrait_moves",
            id="animated",
        ),
        pytest.param(lambda: saved(Image.new("RGB", (900, 900), RED), "JPEG")[:3000], "portrait_damaged", id="cut off"),
        pytest.param(lambda: saved(Image.new("RGB", (900, 900), RED), "PNG")[:800], "portrait_damaged", id="cut PNG"),
    ],
)
def test_what_is_refused(make: Callable[[], bytes], code: str) -> None:
    with pytest.raises(BadPortrait) as refused:
        read_portrait(make())
    assert refused.value.code == code


def test_exactly_as_many_pixels_as_allowed_are_taken() -> None:
    assert opened(saved(Image.new("L", (5_000, 5_000), 99), "PNG")).size == (480, 480)


def test_all_that_can_be_wrong_has_its_sentence_in_all_languages() -> None:
    used = set(re.findall(r'"(portrait_[a-z_]+)"', Path(portrait.__file__).read_text(encoding="utf-8")))
    ends = re.findall(r'bounds.name}(_[a-z_]+)"', Path(bounded_picture.__file__).read_text(encoding="utf-8"))
    used |= {f"portrait{end}" for end in ends}
    texts = {code: said for code, said in shared_texts().items() if code.startswith("portrait_")}
    assert used == set(texts)
    for said in texts.values():
        assert set(said) == {"sv", "nb", "en"}
        fields = {name for text in said.values() for _, name, _, _ in string.Formatter().parse(text) if name}
        assert fields <= {"limit", "least", "most"}


WHOLE = saved(Image.effect_noise((160, 200), 40).convert("RGB"), "JPEG", quality=60)
WHOLE_PNG = saved(Image.effect_noise((120, 140), 40), "PNG")


@settings(max_examples=150, deadline=None)
@given(
    data=st.sampled_from([WHOLE, WHOLE_PNG]),
    wrong=st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), max_size=6),
)
def test_a_damaged_file_is_refused_or_read_and_never_anything_else(data: bytes, wrong: list[tuple[int, int]]) -> None:
    damaged = bytearray(data)
    for at, value in wrong:
        damaged[at % len(damaged)] = value
    try:
        made = read_portrait(bytes(damaged))
    except BadPortrait:
        return
    assert max(made.width / 480, made.height / 600) <= 1
