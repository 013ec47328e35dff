"""What an issuer may choose of how its documents look, as somebody hands it in; pure.

A colour that can be read, and a picture made anew: no text, no drawing with a program in it, nothing from elsewhere.
"""

import io
import re
from dataclasses import dataclass
from typing import Final

from PIL import Image

from registry.reading.bounded_picture import Bounds, opened_within
from registry.reading.wrong import BadCell

MAX_BYTES: Final = 2 * 1024 * 1024
MAX_PIXELS: Final = 8_000_000
LEAST: Final = 16  # pixels either way
NARROWEST: Final = 12  # times as wide as high, or as high as wide
WIDEST, HIGHEST = 900, 240  # pixels: what 52 × 13 mm of paper has room for, finely
MOST_KEPT: Final = 120_000  # bytes of the picture made anew; with it a page stays below what a page may weigh
LEAST_CONTRAST: Final = 4.5  # to white (WCAG 2.2, success criterion 1.4.3); and to the tint the colour is set on
DEFAULT_ACCENT: Final = "#14523f"
_ACCENT = re.compile(r"#[0-9a-f]{6}")
_BOUNDS: Final = Bounds("logo", MAX_BYTES, MAX_PIXELS, LEAST, NARROWEST)
_TINT: Final = 0.06  # how much of the colour is in the ground it is set on


class BadDesign(BadCell):
    """What cannot be chosen: the code of what is wrong."""


@dataclass(frozen=True)
class Logo:
    """A clean PNG, at most 900 × 240 pixels."""

    png: bytes
    width: int
    height: int


def read_accent(given: str) -> str:
    """A colour as #rrggbb. Raises BadDesign for what is none, or cannot be read on white."""
    accent = given.strip().lower()
    if not given.isascii() or not _ACCENT.fullmatch(accent):
        raise BadDesign("accent_no_colour")
    ground = tuple(round(255 - (255 - part) * _TINT) for part in _parts(accent))
    contrast = min(_contrast(_parts(accent), (255, 255, 255)), _contrast(_parts(accent), ground))
    if contrast < LEAST_CONTRAST:
        raise BadDesign("accent_too_light", contrast=f"{contrast:.1f}", least=f"{LEAST_CONTRAST:g}")
    return accent


def read_logo(data: bytes) -> Logo:
    """The picture without anything that came with it. Raises BadDesign."""
    with opened_within(data, _BOUNDS, BadDesign) as opened:
        opened.load()
        picture = opened.convert("RGBA")
        return _made_anew(picture)


def _made_anew(picture: Image.Image) -> Logo:
    # On white: a page is white, and what cannot be seen through cannot hide anything.
    clean = Image.new("RGB", picture.size, "white")
    clean.paste(picture, mask=picture.getchannel("A"))
    clean.thumbnail((WIDEST, HIGHEST), Image.Resampling.LANCZOS)
    for colours in (None, 128, 32):
        out = io.BytesIO()
        (clean if colours is None else clean.quantize(colours)).save(out, "PNG", optimize=True)
        if out.tell() <= MOST_KEPT:
            return Logo(out.getvalue(), clean.width, clean.height)
    raise BadDesign("logo_too_busy")


def _parts(accent: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(accent[1:]))


def _contrast(one: tuple[int, ...], other: tuple[int, ...]) -> float:
    """WCAG 2.2, contrast ratio."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: tuple[int, ...]) -> float:
    linear = [part / 255 / 12.92 if part <= 10 else ((part / 255 + 0.055) / 1.055) ** 2.4 for part in colour]  # noqa: PLR2004 sRGB
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
