"""The process that opens a stranger's picture or PDF and reads every QR code in it. Started by `pictures.codes`.

On stdin a line of JSON, {}, then the file; on stdout one line of JSON: {"pages", "codes": [{"text", "page", "at"}]} or
{"wrong": code, "params": {}}. A place is left, top, right, bottom as parts of the page's width and height.
"""

import io
import json
import os
import sys
from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

import pypdfium2  # type: ignore[import-untyped]
import zxingcpp
from PIL import Image, JpegImagePlugin, PngImagePlugin, WebPImagePlugin

from verification.apart.confine import MEBIBYTE, confine

MOST_MEMORY: Final = 640 * MEBIBYTE
MOST_SECONDS: Final = 20  # of work
MOST_PIXELS: Final = 60_000_000  # a good phone takes 50 million
MOST_PAGES: Final = 50
MOST_CODES: Final = 1000
LONGEST_CODE: Final = 8192  # characters; the largest QR code holds 7089 digits
_SIDE: Final = 2600  # pixels of a page's longer side: A4 at 220 dots per inch, five a module of ours
_QR: Final = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode])
_ONLY_OURS: Final = (PngImagePlugin, JpegImagePlugin, WebPImagePlugin)  # loaded here: later nothing can be opened
_KINDS: Final = {b"\x89PNG\r\n\x1a\n": "PNG", b"\xff\xd8\xff": "JPEG", b"RIFF": "WEBP"}
_PDF: Final = b"%PDF-"
_PDF_WITHIN: Final = 1024  # bytes, in which readers look for it


class NotReadable(Exception):
    """What is wrong with the file, as a code of `texts/pictures.toml`."""

    def __init__(self, code: str, **params: int) -> None:
        super().__init__(code)
        self.code, self.params = code, params


def answer(data: bytes) -> dict[str, Any]:
    """What was found. Raises NotReadable."""
    codes: list[dict[str, Any]] = []
    number = 0
    for number, page in enumerate(_pages(data), 1):
        codes.extend({**code._asdict(), "page": number} for code in _codes(page))
        page.close()
        if len(codes) > MOST_CODES:
            raise NotReadable("picture_too_many_codes", limit=MOST_CODES)
    return {"pages": number, "codes": codes}


def _pages(data: bytes) -> Iterator[Image.Image]:
    if _PDF in data[:_PDF_WITHIN]:
        yield from _pages_of_pdf(data)
        return
    kind = next((name for start, name in _KINDS.items() if data.startswith(start)), None)
    if kind is None:
        raise NotReadable("picture_of_no_kind")
    with Image.open(io.BytesIO(data), formats=[kind]) as opened:
        if opened.width * opened.height > MOST_PIXELS:
            raise NotReadable("picture_too_many_pixels", limit=MOST_PIXELS // 1_000_000)
        opened.draft("L", opened.size)  # a JPEG need not be decoded in colour
        yield _on_white(opened)


def _on_white(picture: Image.Image) -> Image.Image:
    """In shades of grey; what can be seen through is white, as paper is."""
    if picture.mode in {"RGBA", "LA", "PA"} or "transparency" in picture.info:
        seen = picture.convert("RGBA")
        whole = Image.new("RGBA", seen.size, "white")
        whole.alpha_composite(seen)
        return whole.convert("L")
    return picture.convert("L")


def _pages_of_pdf(data: bytes) -> Iterator[Image.Image]:
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as fault:
        encrypted = "password" in str(fault).casefold()
        raise NotReadable("picture_encrypted" if encrypted else "picture_damaged") from None
    if len(document) > MOST_PAGES:
        raise NotReadable("picture_too_many_pages", limit=MOST_PAGES)
    for page in document:
        width, height = page.get_size()
        longest = max(width, height)
        if not 0 < longest < float("inf"):
            raise NotReadable("picture_damaged")
        # Annotations and form fields are drawn: what can be seen is what is read.
        drawn = page.render(scale=_SIDE / longest, grayscale=True, may_draw_forms=True)
        yield drawn.to_pil().convert("L")
        page.close()


class _Code(NamedTuple):
    text: str
    at: tuple[float, float, float, float]


def _codes(picture: Image.Image) -> Iterable[_Code]:
    """From the top to the bottom, in each row from the left."""
    found = zxingcpp.read_barcodes(picture, formats=_QR, text_mode=zxingcpp.TextMode.Plain)
    said = []
    for one in found:
        place = one.position
        corners = [place.top_left, place.top_right, place.bottom_left, place.bottom_right]
        across, down = (
            [corner.x / picture.width for corner in corners],
            [corner.y / picture.height for corner in corners],
        )
        at = (_part(min(across)), _part(min(down)), _part(max(across)), _part(max(down)))
        said.append(_Code(one.text[:LONGEST_CODE], at))
    # What begins within a tenth of the height stands in one row.
    return sorted(said, key=lambda code: (round(code.at[1] * 10), code.at[0]))


def _part(of: float) -> float:
    return round(min(max(of, 0.0), 1.0), 4)


def make_ready() -> None:
    """Load all that is loaded when it is first used: once confined, nothing can be opened."""
    Image.preinit()
    Image.MAX_IMAGE_PIXELS = None  # we have a cap of our own
    document = pypdfium2.PdfDocument.new()
    page = document.new_page(8, 8)
    list(_codes(page.render(scale=1, grayscale=True).to_pil().convert("L")))
    document.close()


def main() -> None:
    """Read stdin, answer on stdout."""
    json.loads(sys.stdin.buffer.readline())
    data = sys.stdin.buffer.read()
    make_ready()
    confine(MOST_MEMORY, MOST_SECONDS)
    told: dict[str, Any]
    try:
        told = answer(data)
    except NotReadable as refused:
        told = {"wrong": refused.code, "params": refused.params}
    except MemoryError:
        told = {"wrong": "picture_too_heavy", "params": {}}
    except Exception:  # noqa: BLE001 a reader of pictures fails in many ways, and all of them mean the same
        told = {"wrong": "picture_damaged", "params": {}}
    sys.stdout.buffer.write(json.dumps(told).encode("ascii"))
    sys.stdout.buffer.flush()
    # What is left to tidy up belongs to the process, and so does what it might complain of.
    os._exit(0)
