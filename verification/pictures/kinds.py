"""Which files are pictures, by how they begin, and what is seen in one."""

from typing import Final, NamedTuple

MAX_PICTURE_BYTES: Final = 20 * 1024 * 1024
MEDIA_TYPES: Final = ("image/png", "image/jpeg", "image/webp", "application/pdf")
HEIC: Final = (b"ftypheic", b"ftypheix", b"ftypmif1", b"ftypavif")
_STARTS: Final = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"%PDF-")


class CodeSeen(NamedTuple):
    """A QR code: what it says, on which page (from 1), and where.

    at  left, top, right, bottom, as parts of the page's width and height
    """

    text: str
    page: int
    at: tuple[float, float, float, float]


def is_picture(data: bytes) -> bool:
    """Whether a file is a picture or a PDF; not whether it can be read."""
    webp = data[:4] == b"RIFF" and data[8:12] == b"WEBP"
    return data.startswith(_STARTS) or webp or is_heic(data) or is_svg(data)


def is_svg(data: bytes) -> bool:
    """Whether it is a drawing: text, and not what somebody sees until a program has drawn it."""
    start = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return start.startswith((b"<svg", b"<?xml")) and b"<svg" in start


def is_heic(data: bytes) -> bool:
    """Whether it is a photo as some telephones keep it, and nothing here reads it."""
    return data[4:12] in HEIC
