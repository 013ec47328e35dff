"""What an issuer may choose of how its documents look, as somebody hands it in; pure.

A colour that can be read, and a picture made anew: no text, no drawing with a program in it, nothing from elsewhere.
"""

import io
import re
from dataclasses import dataclass
from typing import Final

from PIL import Image

from registry.reading.portrait import MOST_SCANS
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
_STARTS: Final = {b"\xff\xd8\xff": "JPEG", b"\x89PNG\r\n\x1a\n": "PNG"}
_SCAN: Final = b"\xff\xda"
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
    if len(data) > MAX_BYTES:
        raise BadDesign("logo_too_large", limit=MAX_BYTES // (1024 * 1024))
    kind = next((name for start, name in _STARTS.items() if data.startswith(start)), None)
    if kind is None:
        raise BadDesign("logo_of_no_kind")
    if kind == "JPEG" and data.count(_SCAN) > MOST_SCANS:
        raise BadDesign("logo_damaged")
    try:
        return _clean(data, kind)
    except BadDesign:
        raise
    except Image.DecompressionBombError:
        raise BadDesign("logo_too_many_pixels", limit=MAX_PIXELS // 1_000_000) from None
    except Exception:  # noqa: BLE001 a reader of pictures fails in many ways, and all of them mean the same
        raise BadDesign("logo_damaged") from None


def _clean(data: bytes, kind: str) -> Logo:
    with Image.open(io.BytesIO(data), formats=[kind]) as opened:
        width, height = opened.size
        if width * height > MAX_PIXELS:
            raise BadDesign("logo_too_many_pixels", limit=MAX_PIXELS // 1_000_000)
        if min(width, height) < LEAST:
            raise BadDesign("logo_too_small", least=LEAST)
        if max(width, height) > NARROWEST * min(width, height):
            raise BadDesign("logo_too_narrow", most=NARROWEST)
        if getattr(opened, "is_animated", False):
            raise BadDesign("logo_moves")
        opened.load()
        picture = opened.convert("RGBA")
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
