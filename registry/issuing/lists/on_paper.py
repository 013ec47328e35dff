"""Which letters can be printed: those that every font has with which diplomas and cards are set.

A list tells it beforehand. What cannot be printed is issued all the same: the certificate and its code hold any letter.
"""

import struct
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final

from registry.issuing.lists.roster_row import Fault, fault

_FORMAT: Final = 4  # of a table of letters, by segments
_LAST: Final = 0xFFFF  # ends the segments, and is no letter
_MOST_TOLD: Final = 5


def not_on_paper(read: Mapping[str, Any]) -> tuple[Fault, ...]:
    """What of a row, as it was read, no paper can show: its name, its classes."""
    texts = {"name": [read.get("name", "")], "scope_classes": read.get("scope_classes", ())}
    missing = ((column, missing_in("".join(map(str, each)))) for column, each in texts.items())
    return tuple(fault("not_on_paper", column=column, signs=signs) for column, signs in missing if signs)


def missing_in(text: str) -> str:
    """The letters of a text that cannot be printed, each once, as people read them; empty = all of them can."""
    if text.isascii():
        return ""
    missing = [sign for sign in dict.fromkeys(unicodedata.normalize("NFC", text)) if not _has(sign)]
    more = " …" if len(missing) > _MOST_TOLD else ""
    return ", ".join(f"{sign} (U+{ord(sign):04X})" for sign in missing[:_MOST_TOLD]) + more


def _has(sign: str) -> bool:
    """Also where it is put together from a letter and its marks."""
    return sign in _letters() or _letters().issuperset(unicodedata.normalize("NFD", sign))


@cache
def _letters() -> frozenset[str]:
    fonts = sorted(each.name for each in (files("registry.issuing.documents") / "fonts").iterdir())
    found = [
        frozenset(map(chr, _of_font((files("registry.issuing.documents") / "fonts" / name).read_bytes())))
        for name in fonts
        if name.endswith(".otf")
    ]
    return frozenset.intersection(*found)


def _of_font(font: bytes) -> Iterator[int]:
    """The code points for which an OpenType font has a glyph (its table `cmap`, format 4)."""
    (tables,) = struct.unpack_from(">H", font, 4)
    entries = (struct.unpack_from(">4s4xI", font, 12 + 16 * place) for place in range(tables))
    start = next(offset for tag, offset in entries if tag == b"cmap")
    (kinds,) = struct.unpack_from(">H", font, start + 2)
    for place in range(kinds):
        (offset,) = struct.unpack_from(">I", font, start + 8 + 8 * place)
        if struct.unpack_from(">H", font, start + offset) == (_FORMAT,):
            yield from _of_segments(font, start + offset)
            return
    raise ValueError("a font without a table of letters that is read here")


def _of_segments(font: bytes, table: int) -> Iterator[int]:
    (twice,) = struct.unpack_from(">H", font, table + 6)
    columns = f">{twice // 2}H"
    ends, starts, deltas, ranges = (
        struct.unpack_from(columns, font, table + 14 + twice * column + (2 if column else 0)) for column in range(4)
    )
    for place, (first, last, delta, distance) in enumerate(zip(starts, ends, deltas, ranges, strict=True)):
        at = table + 16 + 3 * twice + 2 * place + distance  # from its own place on
        for code in range(first, min(last, _LAST - 1) + 1):
            glyph = code if distance == 0 else struct.unpack_from(">H", font, at + 2 * (code - first))[0]
            if glyph and (glyph + delta) % 0x10000:
                yield code
