"""Forty ways to put into a document what does not belong there: refused, or made harmless before it is kept."""

import io
import struct
import zlib

import pytest
from PIL import Image, PngImagePlugin

from registry.reading.design import HIGHEST, MAX_BYTES, MOST_KEPT, WIDEST, BadDesign, read_accent, read_logo


def picture(width: int = 300, height: int = 80, kind: str = "PNG", mode: str = "RGB", **more: object) -> bytes:
    out = io.BytesIO()
    Image.new(mode, (width, height), 90).save(out, kind, **more)
    return out.getvalue()


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png_of(width: int, height: int, data: bytes = b"") -> bytes:
    """A PNG that says it is so large."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")


def with_text() -> bytes:
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", "<script>alert(1)</script>" * 50)
    info.add_itxt("XML:com.adobe.xmp", "<x:xmpmeta/>" * 50)
    return picture(pnginfo=info)


def moving() -> bytes:
    out = io.BytesIO()
    frames = [Image.new("RGB", (300, 80), (shade, 0, 0)) for shade in (10, 200)]
    frames[0].save(out, "PNG", save_all=True, append_images=frames[1:])
    return out.getvalue()


def noise(width: int, height: int) -> bytes:
    out = io.BytesIO()
    Image.merge("RGB", [Image.effect_noise((width, height), 120) for _ in range(3)]).save(out, "PNG")
    return out.getvalue()


SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="300" height="80">%s</svg>'


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ("", "accent_no_colour"),
        ("red", "accent_no_colour"),
        ("#fff", "accent_no_colour"),
        ("#14523f80", "accent_no_colour"),
        ("#14523g", "accent_no_colour"),
        ("14523f", "accent_no_colour"),
        ("#14523f;", "accent_no_colour"),
        ("#14523f\n#fff", "accent_no_colour"),
        ('#14523f"); #panic()', "accent_no_colour"),
        ("url(https://example.org/x)", "accent_no_colour"),
        ("rgb(20,82,63)", "accent_no_colour"),
        ("#1452３f", "accent_no_colour"),
        ("#ffffff", "accent_too_light"),
        ("#f1f3f2", "accent_too_light"),
        ("#7f7f7f", "accent_too_light"),
        ("#00ff00", "accent_too_light"),
    ],
)
def test_a_colour_is_one_that_can_be_read(given: str, code: str) -> None:
    with pytest.raises(BadDesign) as bad:
        read_accent(given)
    assert bad.value.code == code


def test_colours_that_are_taken() -> None:
    given = ("#14523F", "#000000", " #1d3f72 ", "#7a1f2b")
    assert [read_accent(each) for each in given] == [each.strip().lower() for each in given]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        pytest.param(SVG % b"", "logo_of_no_kind", id="a drawing"),
        pytest.param(SVG % b"<script>alert(1)</script>", "logo_of_no_kind", id="a drawing with a program"),
        pytest.param(SVG % b'<image href="https://example.org/x.png"/>', "logo_of_no_kind", id="a picture elsewhere"),
        pytest.param(SVG % b'<image href="file:///etc/passwd"/>', "logo_of_no_kind", id="a file of the machine"),
        pytest.param(
            b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]>' + SVG % b"&b;", "logo_of_no_kind", id="entities"
        ),
        pytest.param(b"GIF89a" + bytes(100), "logo_of_no_kind", id="GIF"),
        pytest.param(b"RIFF\x00\x00\x00\x00WEBPVP8 ", "logo_of_no_kind", id="WebP"),
        pytest.param(b"%PDF-1.7\n", "logo_of_no_kind", id="PDF"),
        pytest.param(b"%!PS-Adobe-3.0 EPSF-3.0\n", "logo_of_no_kind", id="PostScript"),
        pytest.param(b'#set page(width: 1mm)\n#image("/etc/passwd")', "logo_of_no_kind", id="a template"),
        pytest.param(b"<html><style>@import 'https://example.org'</style></html>", "logo_of_no_kind", id="a page"),
        pytest.param(b"", "logo_of_no_kind", id="nothing"),
        pytest.param(b"\x89PNG\r\n\x1a\n", "logo_damaged", id="a beginning alone"),
        pytest.param(b"\x89PNG\r\n\x1a\n" + SVG % b"", "logo_damaged", id="a drawing that says it is PNG"),
        pytest.param(picture()[:-60], "logo_damaged", id="cut off"),
        pytest.param(png_of(300, 80, b"\x00" * 9), "logo_damaged", id="less than it says"),
        pytest.param(b"\xff\xd8\xff" + b"\xff\xda\x00\x02" * 100, "logo_damaged", id="painted a hundred times"),
        pytest.param(picture() + bytes(MAX_BYTES), "logo_too_large", id="with a tail of two MiB"),
        pytest.param(png_of(60_000, 60_000), "logo_too_many_pixels", id="a bomb"),
        pytest.param(png_of(3_000, 3_000), "logo_too_many_pixels", id="nine million pixels"),
        pytest.param(png_of(2**31 - 1, 1), "logo_too_many_pixels", id="as wide as can be said"),
        pytest.param(picture(8, 8), "logo_too_small", id="a speck"),
        pytest.param(picture(1000, 16), "logo_too_narrow", id="a line"),
        pytest.param(moving(), "logo_moves", id="a film"),
        pytest.param(noise(1600, 500), "logo_too_busy", id="noise"),
    ],
)
def test_what_is_no_logo_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(BadDesign) as bad:
        read_logo(data)
    assert bad.value.code == code


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(with_text(), id="text within"),
        pytest.param(picture() + b"<script>alert(1)</script>", id="a tail"),
        pytest.param(picture(kind="JPEG", comment=b"<script>"), id="a comment"),
        pytest.param(picture(kind="JPEG", exif=Image.Exif().tobytes()), id="what a camera noted"),
        pytest.param(picture(mode="RGBA"), id="nothing to be seen"),
        pytest.param(picture(mode="P"), id="a palette"),
        pytest.param(picture(kind="JPEG", mode="CMYK"), id="for a press"),
        pytest.param(picture(2500, 700), id="larger than is printed"),
    ],
)
def test_what_is_kept_is_the_picture_and_nothing_else(data: bytes) -> None:
    logo = read_logo(data)
    assert b"script" not in logo.png
    assert b"xmp" not in logo.png
    assert len(logo.png) <= MOST_KEPT
    with Image.open(io.BytesIO(logo.png)) as again:
        assert again.size == (logo.width, logo.height)
        assert again.width <= WIDEST
        assert again.height <= HIGHEST
        assert again.format == "PNG"
        assert "A" not in again.getbands()
        assert not set(again.info) & {"Comment", "exif", "comment"}
