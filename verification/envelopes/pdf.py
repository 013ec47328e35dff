"""A PDF that somebody holds up: what is attached to it, the seal on it, the text and the codes on its pages.

A process of its own looks at it, within limits (`pdf_child`): a PDF is a stranger's program, and those who read it are
written in C. What that process says is trusted no more than the file. Nothing is judged here.
"""

import unicodedata
from functools import cache
from typing import TYPE_CHECKING, Annotated, Final, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from verification.strict import NotStrict, decode_base64url

if TYPE_CHECKING:
    from verification.apart.run import Apart

BEGINS: Final = b"%PDF-"
MOST_BYTES: Final = 1_048_576
MOST_PAGES: Final = 4  # that are looked at; ours have one
MOST_ATTACHED: Final = 8
MOST_CODES: Final = 40
_MOST_ANSWERED: Final = 4 * 1024 * 1024
_HYPHENS: Final = frozenset("-\u2010\u2011")
_MOST_SECONDS: Final = 40.0  # by the clock; the process itself stops after twelve of work
_NEEDS: Final = (  # pyHanko itself is a namespace, and lies beside its validator
    *("pyhanko_certvalidator", "asn1crypto", "cryptography", "pydantic"),
    *("pypdfium2", "pypdfium2_raw", "zxingcpp", "PIL"),
)

Seal = Literal["none", "intact", "changed", "broken"]


class MalformedPdf(Exception):
    """A file that cannot be read as a PDF: damaged, locked, or more than is read of one."""


class OpenedPdf(NamedTuple):
    """What was found; of the certificate inside no signature is checked yet.

    attached   what every file in it holds
    seal       intact: over all of the file; changed: something was added since; broken: what was sealed is not there
    sealer     SHA-256 of the certificate of whoever sealed, in hexadecimal; None where nobody did, soundly
    root       the certificate (X.509, DER) that an intact seal leads to; whose that is, is not judged here
    text       of the pages looked at, as `plain` makes it
    codes      the texts of the QR codes on them
    all_pages  whether there are no more pages than were looked at
    """

    attached: tuple[str, ...]
    seal: Seal
    sealer: str | None
    root: bytes | None
    text: str
    codes: tuple[str, ...]
    all_pages: bool


class _Said(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    attached: Annotated[list[str], Field(max_length=MOST_ATTACHED)]
    seal: Seal
    sealer: str | None
    root: str | None
    text: str
    codes: Annotated[list[str], Field(max_length=MOST_CODES)]
    all_pages: bool


def plain(text: str) -> str:
    """As the text of a page is compared: composed, without what is not seen, and without hyphens.

    One that stands at the end of a line is told by a reader as if it were not there.
    """
    composed = unicodedata.normalize("NFC", text)
    return "".join(sign for sign in composed if sign not in _HYPHENS and _is_seen(sign))


def _is_seen(sign: str) -> bool:
    return not sign.isspace() and unicodedata.category(sign)[0] != "C"


def is_pdf(given: str | bytes) -> bool:
    """Told by how it begins."""
    return isinstance(given, bytes) and given.startswith(BEGINS)


def open_pdf(data: bytes) -> OpenedPdf:
    """Have it looked at. Raises MalformedPdf."""
    if not is_pdf(data) or len(data) > MOST_BYTES:
        raise MalformedPdf(f"a PDF begins with %PDF- and has at most {MOST_BYTES // 1024} KiB")
    # Read by whoever holds up a PDF: all others start without what starts a process.
    from verification.apart.run import NoReader, Stumbled, TooHeavy

    try:
        said = _reader().answered({"pages": MOST_PAGES}, data, seconds=_MOST_SECONDS, most_answered=_MOST_ANSWERED)
    except (NoReader, TooHeavy, Stumbled) as fault:
        raise MalformedPdf("it could not be looked at to its end") from fault
    return understood(said)


@cache
def _reader() -> "Apart":
    from verification.apart.run import Apart

    return Apart("verification.envelopes.pdf_child", _NEEDS)


def understood(said: bytes) -> OpenedPdf:
    """What that process said. Raises MalformedPdf where it could not read the file, or said nothing of the kind."""
    try:
        told = _Said.model_validate_json(said)
        root = None if told.root is None else decode_base64url(told.root)
    except (ValidationError, NotStrict) as fault:
        raise MalformedPdf("it cannot be read as a PDF") from fault
    return OpenedPdf(tuple(told.attached), told.seal, told.sealer, root, told.text, tuple(told.codes), told.all_pages)
