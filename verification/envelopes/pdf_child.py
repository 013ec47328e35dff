"""The process that opens a stranger's PDF: bounded in memory and time, able to open nothing and to call nobody.

On stdin a line of JSON, {"pages"}, then the file; on stdout one JSON object, {"attached", "seal", "sealer", "root",
"text", "codes", "all_pages"} or {"wrong"}. Started by `verification.envelopes.pdf`.
"""

import asyncio
import encodings.utf_16_le  # noqa: F401 read late, when nothing can be opened any more
import io
import json
import logging
import os
import sys
from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from typing import Any, Final

import pypdfium2  # type: ignore[import-untyped]
import zxingcpp
from asn1crypto import parser, x509
from PIL import (
    Image,
    ImageFile,  # noqa: F401 read late, when nothing can be opened any more
)
from pyhanko.pdf_utils import (
    filters,  # noqa: F401 same
    generic,
)
from pyhanko.pdf_utils.misc import PdfReadError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import enumerate_sig_fields
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from verification.apart.confine import confine
from verification.envelopes.pdf import MOST_ATTACHED, MOST_CODES, plain
from verification.strict import encode_base64url

MEBIBYTE: Final = 1024 * 1024
MOST_MEMORY: Final = 512 * MEBIBYTE  # beside what the process has when it starts
MOST_SECONDS: Final = 12  # of work
MOST_OBJECTS: Final = 5_000
DEEPEST: Final = 12
LONGEST_ATTACHED: Final = 120_000  # characters; the longest certificate that is read, and its proof
MOST_TEXT: Final = 400_000  # characters
MOST_ROOTS: Final = 3
DPI: Final = 200
MOST_SIDE: Final = 2_600  # pixels
_POINTS_AN_INCH: Final = 72
_NAMES: Final = ("/EF", "/RF")


class NotReadable(Exception):
    """A file that is not read to its end."""


def answer(data: bytes, pages: int, loop: asyncio.AbstractEventLoop) -> dict[str, Any]:
    """What the file holds. Raises NotReadable."""
    reader, sound = _reader(data)
    text, codes, all_pages = _seen(data, pages)
    seal, sealer, root = _seal(reader, data, loop)
    if not sound and (seal != "none" or _fields(reader)):
        seal, sealer, root = "broken", None, None  # what the two readers make of it may not be the same
    return {
        "attached": list(_attached(reader, patient=seal == "broken")),
        "seal": seal,
        "sealer": sealer,
        "root": root,
        "text": text,
        "codes": codes,
        "all_pages": all_pages,
    }


def _reader(data: bytes) -> tuple[PdfFileReader, bool]:
    """The file, and whether it is written as a PDF is; many that others made are not quite. Raises NotReadable."""
    try:
        reader, sound = PdfFileReader(io.BytesIO(data), strict=True), True
        _ = len(list(reader.embedded_signatures))
    except Exception:  # noqa: BLE001 it fails in many ways, and the second look decides
        reader, sound = PdfFileReader(io.BytesIO(data), strict=False), False
    if reader.encrypted:
        raise NotReadable
    return reader, sound


# ------------------------------------------------------------------ what is attached


def _attached(reader: PdfFileReader, *, patient: bool) -> Iterator[str]:
    """Every file that any object of the document holds, wherever it is listed or not.

    patient  pass over objects that cannot be read: the file is known to be altered, whatever they are
    """
    known: set[tuple[int, int] | int] = set()
    for count, reference in enumerate(sorted(set(_all(reader)))):
        if count >= MOST_OBJECTS:
            raise NotReadable
        try:
            found = reader.get_object(generic.Reference(*reference, pdf=reader), transparent_decrypt=False)  # type: ignore[no-untyped-call] # it ships hints for some of itself only
        except PdfReadError:
            if patient:
                continue
            raise
        for each in _files(found, DEEPEST):
            for name in each:
                held = each.raw_get(name)
                place = (held.idnum, held.generation) if isinstance(held, generic.IndirectObject) else id(held)
                if place in known:
                    continue
                known.add(place)
                if len(known) > MOST_ATTACHED:
                    return
                stream = held.get_object() if isinstance(held, generic.IndirectObject) else held  # type: ignore[no-untyped-call] # it ships hints for some of itself only
                content = stream.data if isinstance(stream, generic.StreamObject) else b""
                yield content[: LONGEST_ATTACHED + 1].decode("utf-8", "replace")


def _all(reader: PdfFileReader) -> Iterator[tuple[int, int]]:
    for revision in range(reader.xrefs.total_revisions):
        for reference in reader.xrefs.explicit_refs_in_revision(revision):
            yield reference.idnum, reference.generation


def _files(found: object, deep: int) -> Iterator[generic.DictionaryObject]:
    """The tables of files within an object, without leaving it."""
    if deep == 0:
        raise NotReadable
    if isinstance(found, generic.DictionaryObject):
        for name in found:
            held = found.raw_get(name)
            if name in _NAMES:
                table = held.get_object() if isinstance(held, generic.IndirectObject) else held  # type: ignore[no-untyped-call] # it ships hints for some of itself only
                if isinstance(table, generic.DictionaryObject):
                    yield table
            elif not isinstance(held, generic.IndirectObject):
                yield from _files(held, deep - 1)
    elif isinstance(found, generic.ArrayObject):
        for held in found:
            if not isinstance(held, generic.IndirectObject):
                yield from _files(held, deep - 1)


# ------------------------------------------------------------------ the seal


def _seal(reader: PdfFileReader, data: bytes, loop: asyncio.AbstractEventLoop) -> tuple[str, str | None, str | None]:
    """The first signature is the seal; whatever came after it was no part of what was sealed. And who made it."""
    try:
        signatures = list(reader.embedded_signatures)
        if not signatures:
            return "none", None, None
        seal = signatures[0]
        begins, until, last, length = map(int, seal.byte_range)
        status = loop.run_until_complete(_checked(seal, None))
        if not (status.intact and status.valid and _is_filled(data[until:last], seal.pkcs7_content)):
            return "broken", None, None
        whole = begins == 0 and last + length == len(data)
        if status.coverage is not SignatureCoverageLevel.ENTIRE_FILE or not whole or len(signatures) > 1:
            return "changed", None, None
        for root in _roots(seal):
            if loop.run_until_complete(_checked(seal, root)).trusted:
                return "intact", sha256(seal.signer_cert.dump()).hexdigest(), encode_base64url(root.dump())
    except Exception:  # noqa: BLE001 a signature of a stranger's fails in many ways, and all of them mean the same
        return "broken", None, None
    return "intact", None, None


def _fields(reader: PdfFileReader) -> bool:
    """Whether there is a place for a signature with something in it, readable or not."""
    try:
        return next(enumerate_sig_fields(reader, filled_status=True), None) is not None
    except Exception:  # noqa: BLE001 same
        return True


def _is_filled(hole: bytes, content: bytes) -> bool:
    """Whether the place of the signature, which none can cover, holds it as it is written here, and then zeros."""
    header, body, trailer = parser.parse(content)[3:]
    written = (header + body + trailer).hex().upper().encode("ascii")
    return bool(hole == b"<" + written.ljust(len(hole) - 2, b"0") + b">")


def _roots(signature: EmbeddedPdfSignature) -> list[x509.Certificate]:
    """The certificates that came along and vouch for themselves. Whether anybody trusts them, others know."""
    came = (signature.signer_cert, *signature.other_embedded_certs)
    return [each for each in came if each.self_signed != "no"][:MOST_ROOTS]


async def _checked(signature: EmbeddedPdfSignature, root: x509.Certificate | None) -> Any:  # noqa: ANN401 pyHanko's own
    at = signature.self_reported_timestamp
    # No other moment is known: what is asked is whether that root's key made it while it might.
    context = ValidationContext(
        trust_roots=[] if root is None else [root],
        moment=at,
        best_signature_time=at,
        allow_fetching=False,
        time_tolerance=timedelta(seconds=1),
    )
    return await async_validate_pdf_signature(signature, signer_validation_context=context, skip_diff=True)


# ------------------------------------------------------------------ what is seen


def _seen(data: bytes, pages: int) -> tuple[str, list[str], bool]:
    """The text of the first pages, without blanks; the codes on them; whether there are no more."""
    document = pypdfium2.PdfDocument(data)
    document.init_forms()
    count, text, codes = len(document), "", list[str]()
    for page in (document[number] for number in range(min(count, pages))):
        text += page.get_textpage().get_text_bounded()
        if len(text) > MOST_TEXT:
            raise NotReadable
        scale = min(DPI / _POINTS_AN_INCH, MOST_SIDE / max(*page.get_size(), 1))
        codes += _codes(page.render(scale=scale, may_draw_forms=True).to_pil())
        if len(codes) > MOST_CODES:
            raise NotReadable
    return plain(text), codes, count <= pages


def _codes(picture: Image.Image) -> list[str]:
    found = zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode))
    return sorted(each.text for each in found)


# ------------------------------------------------------------------ the process


def main() -> None:
    """Read stdin, answer on stdout."""
    asked = json.loads(sys.stdin.buffer.readline())
    data = sys.stdin.buffer.read()
    logging.disable()  # what it would say tells of the file
    loop = asyncio.new_event_loop()  # it opens what it needs, and nothing can be opened later
    zxingcpp.read_barcodes(Image.new("L", (8, 8), 255))
    confine(MOST_MEMORY, MOST_SECONDS)
    try:
        told: dict[str, Any] = answer(data, asked["pages"], loop)
    except Exception:  # noqa: BLE001 readers of PDF fail in many ways, and all of them mean the same
        told = {"wrong": True}
    sys.stdout.buffer.write(json.dumps(told).encode("ascii"))
    sys.stdout.buffer.flush()
    # What is left to tidy up belongs to the process, and so does what it might complain of.
    os._exit(0)
