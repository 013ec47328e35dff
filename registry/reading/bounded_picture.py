"""A picture that somebody hands in, opened within bounds: everything is limited before a pixel is decoded."""

import io
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from PIL import Image

from registry.reading.wrong import BadCell

MOST_SCANS: Final = 64  # of a progressive JPEG; cameras and programs write ten
_SCAN: Final = b"\xff\xda"
_STARTS: Final = {b"\xff\xd8\xff": "JPEG", b"\x89PNG\r\n\x1a\n": "PNG"}
_MEBIBYTE: Final = 1024 * 1024
# We have caps of our own, and lower ones.
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)


@dataclass(frozen=True)
class Bounds:
    """What a picture may be.

    name         what it is, as the codes of its faults begin
    least        pixels either way
    narrowest    times as long as wide, or as wide as long
    """

    name: str
    most_bytes: int
    most_pixels: int
    least: int
    narrowest: int


@contextmanager
def opened_within(data: bytes, bounds: Bounds, wrong: Callable[..., BadCell]) -> Iterator[Image.Image]:
    """The picture, a PNG or JPEG, nothing of it decoded; whatever fails inside is told as damage.

    Raises `wrong` with the code of what is wrong: …_too_large, _of_no_kind, _damaged, _too_many_pixels, _too_small,
    _too_narrow, _moves.
    """
    if len(data) > bounds.most_bytes:
        raise wrong(f"{bounds.name}_too_large", limit=bounds.most_bytes // _MEBIBYTE)
    kind = next((name for start, name in _STARTS.items() if data.startswith(start)), None)
    if kind is None:
        raise wrong(f"{bounds.name}_of_no_kind")
    if kind == "JPEG" and data.count(_SCAN) > MOST_SCANS:
        raise wrong(f"{bounds.name}_damaged")
    try:
        with Image.open(io.BytesIO(data), formats=[kind]) as opened:
            _see_that_it_is_within(opened, bounds, wrong)
            yield opened
    except BadCell:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_many_pixels(bounds, wrong) from None
    except Exception:  # noqa: BLE001 a reader of pictures fails in many ways, and all of them mean the same
        raise wrong(f"{bounds.name}_damaged") from None


def _see_that_it_is_within(opened: Image.Image, bounds: Bounds, wrong: Callable[..., BadCell]) -> None:
    width, height = opened.size
    if width * height > bounds.most_pixels:
        raise _too_many_pixels(bounds, wrong)
    if min(width, height) < bounds.least:
        raise wrong(f"{bounds.name}_too_small", least=bounds.least)
    if max(width, height) > bounds.narrowest * min(width, height):
        raise wrong(f"{bounds.name}_too_narrow", most=bounds.narrowest)
    if getattr(opened, "is_animated", False):
        raise wrong(f"{bounds.name}_moves")


def _too_many_pixels(bounds: Bounds, wrong: Callable[..., BadCell]) -> BadCell:
    return wrong(f"{bounds.name}_too_many_pixels", limit=bounds.most_pixels // 1_000_000)
