"""What paper costs: a diploma with its QR code, the seal, both as a job; and what the file weighs.

The yardstick of a diploma is the same content set as HTML by WeasyPrint, where that is installed: it is no dependency.
"""

import base64
import html
import importlib.util
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from registry.issuing.documents.codes import qr_svg
from registry.issuing.documents.drawing import engraving
from registry.issuing.documents.paper import sealed_pdf, to_print
from registry.issuing.documents.printing import printed_pdf
from registry.issuing.documents.sheet import Print
from registry.reading.design import DEFAULT_ACCENT
from registry.records.issued.certificates import certificates
from registry.records.whole.directory import Registry
from registry.signing.keys import Keyring
from registry.signing.seal.chain import Chain, chain_of

NOW = datetime.now(UTC)
MOST_BYTES, DIPLOMA_MS, JOB_SECONDS, JOB = 300 * 1024, 100.0, 240.0, 1_000
Row = tuple[str, float, str, str | None, float | None, float | None]


@dataclass(frozen=True)
class _Desk:
    what: Print
    chain: Chain


def bench_documents(registry: Registry, keyring: Keyring, against: Callable[..., Row], *, quick: bool) -> Iterator[Row]:
    """Rows of `make bench`."""
    desk = _desk(registry, keyring)
    numbered = _numbered(desk.what)
    pdf = sealed_pdf(desk.what, "diploma", desk.chain, NOW)
    many = 2 if quick else 40

    def work() -> bytes:
        return printed_pdf(next(numbered), "diploma")

    yield from _against_weasyprint(desk.what, work, against)
    each = _milliseconds(work, many)
    yield ("diploma with its code, one", each, "ms", "at most (goal)", each / DIPLOMA_MS, 1.0)
    seal = _milliseconds(lambda: _sealed(desk, pdf_of(desk.what)), many) - _milliseconds(lambda: pdf_of(desk.what), 1)
    yield ("seal on a diploma (RSA-3072, PAdES B-B)", seal, "ms", None, None, None)
    yield ("weight of a sealed diploma", len(pdf) / 1024, "KiB", "at most (goal)", len(pdf) / MOST_BYTES, 1.0)
    some = 3 if quick else 100
    start = time.perf_counter()
    with TemporaryDirectory() as place:
        for count in range(some):
            made = sealed_pdf(next(numbered), "diploma", desk.chain, NOW)
            (Path(place) / f"{count}.pdf").write_bytes(made)
    took = (time.perf_counter() - start) / some * JOB
    yield (f"{JOB} sealed diplomas, in one process", took, "s", "at most (goal)", took / JOB_SECONDS, 1.0)


_kept: dict[int, bytes] = {}


def pdf_of(what: Print) -> bytes:
    """The unsealed file, made once."""
    if id(what) not in _kept:
        _kept[id(what)] = printed_pdf(what, "diploma")
    return _kept[id(what)]


def _sealed(desk: _Desk, pdf: bytes) -> bytes:
    from registry.signing.seal.sealing import sealed

    return sealed(pdf, desk.chain, NOW)


def _desk(registry: Registry, keyring: Keyring) -> _Desk:
    with registry.reading() as db:
        row = next(iter(certificates(db)))
        what = to_print(db, keyring, row, "sv", registry.public_url, NOW, _nobody)
    return _Desk(what, chain_of(registry, keyring, NOW, "bench"))


def _nobody() -> Any:
    raise RuntimeError("no scheme of the demo that is measured asks for a portrait")


def _numbered(what: Print) -> Iterator[Print]:
    """The same for one after the other: another name, another code, so that nothing is found made already."""
    count = 0
    while True:
        count += 1
        members = dict(what.sheet.members) | {
            "holder": f"Person {count} Svensson",
            "number": f"{count:04}-2XKD-9RTB-0HWC",
        }
        address, digits = what.code.split("#")
        code = f"{address}#{digits[:-6]}{count:06}"
        yield replace(what, sheet=replace(what.sheet, members=members), code=code)


def _milliseconds(work: Callable[[], object], many: int) -> float:
    work()
    start = time.perf_counter()
    for _ in range(many):
        work()
    return (time.perf_counter() - start) / many * 1000


def _against_weasyprint(what: Print, work: Callable[[], object], against: Callable[..., Row]) -> Iterator[Row]:
    if importlib.util.find_spec("weasyprint") is None:
        print("bench: WeasyPrint is not installed, so nothing is measured against it", file=sys.stderr)  # noqa: T201 whoever runs it reads it
        return
    from weasyprint import HTML, Attachment

    page = _as_html(what)

    def theirs() -> bytes:
        inside = [Attachment(string=what.certificate, name="certificate.jwt", relationship="Data")]
        made: bytes = HTML(string=page).write_pdf(pdf_variant="pdf/a-3a", attachments=inside)
        return made

    yield against("diploma", work, theirs, "WeasyPrint", 5.0)


def _as_html(what: Print) -> str:
    """The same content, laid out alike."""
    said = {name: html.escape(str(value)) for name, value in what.sheet.members.items() if isinstance(value, str)}
    fonts = Path(sys.modules[printed_pdf.__module__].__file__ or "").parent / "fonts"
    faces = "".join(
        f"@font-face{{font-family:{family};font-weight:{weight};src:url(file://{fonts / name})}}"
        for family, weight, name in (
            ("Inter", 400, "Inter-Regular.otf"),
            ("Inter", 600, "Inter-SemiBold.otf"),
            ("Display", 300, "InterDisplay-Light.otf"),
            ("Display", 600, "InterDisplay-SemiBold.otf"),
        )
    )
    facts = "".join(
        f"<div><small>{html.escape(each['label'])}</small><br>{html.escape(each['value'])}</div>"
        for each in what.sheet.members["facts"]
    )
    learnt = "".join(f"<li>{html.escape(each)}</li>" for each in what.sheet.members["content"])
    look = (
        "@page{size:A4;margin:17mm 19mm 14mm 27mm} body{font:8.6pt Inter} h1{font:300 37pt Display}",
        "h2{font:600 28pt Display} .facts{display:grid;grid-template-columns:1fr 1fr 1fr;gap:4mm}",
        ".two{display:grid;grid-template-columns:14mm 1fr 1fr;gap:6mm;background:#f1f4f2;padding:4mm}",
        ".band{position:fixed;left:-27mm;top:-17mm;width:11mm;height:297mm} .code{width:36mm}",
    )
    band = base64.b64encode(engraving(what.accent or DEFAULT_ACCENT).encode()).decode()
    code = base64.b64encode(qr_svg(what.code)).decode()
    parts = (
        f'<img class=band alt="" src="data:image/svg+xml;base64,{band}"><p>{said["issuer"]}<p>{said["issued"]}<hr>',
        f"<h1>{said['word']}</h1><p>{said['gloss']}<p>{said['certifies']}<h2>{said['holder']}</h2><p>{said['born']}",
        f"<p>{said['did']}<h2>{said['scheme']}</h2><p>{said['valid']}<div class=two><div>{said['level']}</div>",
        f"<div><b>{said['assures_label']}</b><p>{said['assures']}</div><div><b>{said['not_label']}</b>",
        f"<p>{said['does_not_assure']}</div></div><div class=facts>{facts}</div><ul>{learnt}</ul><hr>",
        f"<p>{said['check']} {said['check_says']}<p>{said['number']} {said['address']}<p>{said['signed']}",
        f'<p>{said["sealed"]}<img class=code alt="{said["code_alt"]}" src="data:image/svg+xml;base64,{code}">',
    )
    head = f'<html lang="{said["lang"]}"><title>{said["name"]}</title><style>{faces}{"".join(look)}</style>'
    return f"{head}{''.join(parts)}</html>"
