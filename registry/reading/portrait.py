"""A portrait as somebody hands it in, made into a small JPEG that holds the picture and nothing else; pure.

Everything is bounded before a pixel is decoded: the file, the picture it says it holds, and how often it is painted.
"""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from PIL import ExifTags, Image

from registry.reading.bounded_picture import Bounds, opened_within
from registry.reading.wrong import BadCell

MAX_BYTES: Final = 10 * 1024 * 1024
MAX_PIXELS: Final = 25_000_000
LEAST: Final = 100  # pixels either way; less shows no face
NARROWEST: Final = 3  # times as long as wide, or as wide as long
WIDEST: Final = 480
HIGHEST: Final = 600
QUALITY: Final = 85
_BOUNDS: Final = Bounds("portrait", MAX_BYTES, MAX_PIXELS, LEAST, NARROWEST)
_TURNS: Final[Mapping[int, Image.Transpose]] = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class BadPortrait(BadCell):
    """A file that cannot be kept as a portrait: the code of what is wrong."""


@dataclass(frozen=True)
class Portrait:
    """A clean JPEG, at most 480 × 600 pixels."""

    jpeg: bytes
    width: int
    height: int


def read_portrait(data: bytes) -> Portrait:
    """The picture upright, on white, without metadata, comment or thumbnail. Raises BadPortrait."""
    with opened_within(data, _BOUNDS, BadPortrait) as opened:
        if opened.format == "JPEG":
            opened.draft("RGB", (2 * HIGHEST, 2 * HIGHEST))  # decodes no finer than is of use
        turn = _turn(opened)
        opened.load()
        # Small before anything else is done to it: a large picture is in memory once.
        small = _plain_mode(opened).reduce(max(1, min(opened.size) // (2 * HIGHEST)))
        picture = _on_white(small if turn is None else small.transpose(turn))
        picture.thumbnail((WIDEST, HIGHEST), Image.Resampling.LANCZOS)
        # A new picture has nothing of what the old one carried along.
        clean = Image.new("RGB", picture.size)
        clean.paste(picture)
        out = io.BytesIO()
        clean.save(out, "JPEG", quality=QUALITY, optimize=True)
    return Portrait(out.getvalue(), clean.width, clean.height)


def _turn(opened: Image.Image) -> Image.Transpose | None:
    """How the picture is turned upright, by what the camera noted; a note that cannot be read says nothing."""
    try:
        noted = opened.getexif().get(ExifTags.Base.Orientation)
    except Exception:  # noqa: BLE001 same
        return None
    return _TURNS.get(noted) if isinstance(noted, int) else None


def _plain_mode(picture: Image.Image) -> Image.Image:
    """Without palette, and 8 bits a channel."""
    if picture.mode.startswith(("I", "F")):  # convert() would cut 16 bits off, not scale them
        return picture.point(lambda value: value / 256).convert("L")
    if "transparency" in picture.info:
        return picture.convert("RGBA")
    return picture if picture.mode in {"RGB", "RGBA", "L", "LA"} else picture.convert("RGB")


def _on_white(picture: Image.Image) -> Image.Image:
    if "A" in picture.getbands():
        ground = Image.new("RGBA", picture.size, "white")
        ground.alpha_composite(picture.convert("RGBA"))
        picture = ground
    return picture.convert("RGB")
