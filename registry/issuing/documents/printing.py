"""A sheet printed as PDF/A-3a with PDF/UA-1 flags, the signed certificate inside.

Nothing is asked of this machine: no system font, no package, no clock, no file beside the pages and fonts that are
shipped. The same input gives the same bytes. Imported late: typst takes a moment, and few commands print.
"""

import json
import re
import threading
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final, Literal

import typst

from registry.errors import Unprintable
from registry.issuing.documents.codes import qr_drawing
from registry.issuing.documents.drawing import engraving
from registry.issuing.documents.sheet import Page, Print
from registry.reading.design import DEFAULT_ACCENT

STANDARDS: Final[list[Literal["a-3a", "ua-1"]]] = ["a-3a", "ua-1"]
_NO_LETTER: Final = re.compile(r'the text `"(?P<text>.{1,8})"` could not be displayed')
_TOO_MUCH: Final = "bevis: too much for one page"
_FOLDER: Final = Path(str(files("registry.issuing.documents")))
_own: Final = threading.local()  # a compiler is one thread's at a time


def printed_pdf(what: Print, page: Page) -> bytes:
    """The file, with no seal yet. Raises Unprintable for a letter that no font here has, and for too much text."""
    accent = what.accent or DEFAULT_ACCENT
    try:
        made, warnings = _compiler().compile_with_warnings(
            input=str(_FOLDER / "pages" / f"{page}.typ"),
            format="pdf",
            pdf_standards=[*STANDARDS],
            timestamp=int(what.at.timestamp()),
            sys_inputs={
                "sheet": json.dumps(dict(what.sheet.members), ensure_ascii=False),
                "accent": accent,
                "engraving": engraving(accent),
                "code": qr_drawing(what.code),
                "certificate": what.certificate,
                "logo": what.logo.drawn() if what.logo else "",
                "portrait": what.portrait.drawn() if what.portrait else "",
            },
        )
    except typst.TypstError as fault:
        raise _why(fault) from fault
    if warnings or not isinstance(made, bytes):
        raise RuntimeError(f"{page} was not printed as it should be: {warnings[:1]}")
    return made


def _why(fault: typst.TypstError) -> Exception:
    """What cannot be printed, in words; a fault of our own as it is."""
    letter = _NO_LETTER.search(fault.message)
    if letter is not None:
        signs = " ".join(f"U+{ord(sign):04X}" for sign in letter["text"])
        return Unprintable(f"it holds {letter['text']!r} ({signs}), for which no font here has a letter")
    if _TOO_MUCH in fault.message:
        return Unprintable("its classes and restrictions do not fit on one page, and none of them may be left out")
    return fault


def _compiler() -> typst.Compiler:
    found: typst.Compiler | None = getattr(_own, "compiler", None)
    if found is None:
        found = _own.compiler = typst.Compiler(
            root=str(_FOLDER / "pages"), font_paths=_fonts(), ignore_system_fonts=True
        )
    return found


@cache
def _fonts() -> typst.Fonts:
    """Ours alone: where a letter is missing, that is told, and nothing else is put in its place."""
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(_FOLDER / "fonts")])
