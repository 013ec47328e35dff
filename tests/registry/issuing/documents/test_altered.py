"""Documents somebody has had in hand: never green without a warning that says what is wrong with them."""

import asyncio
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from levels.level import Level
from registry.issuing.documents.paper import sealed_pdf, to_print
from registry.issuing.documents.printing import printed_pdf
from registry.issuing.documents.sheet import Print, sheet_of
from registry.records.issued.certificates import IssuedCertificate, certificates
from registry.records.parties.signing_keys import keys_of, mark_compromised
from registry.records.whole.directory import Registry
from registry.signing.keys import Keyring
from registry.signing.log.keeper import LogKeeper
from registry.signing.personal_data import PersonalData
from registry.signing.private_keys import new_seal_key
from registry.signing.published import build_trust
from registry.signing.seal import chain as chains
from registry.signing.seal.chain import Chain, chain_of
from registry.web.source import RegistrySource
from tests.registry.conftest import ACTOR, NOW, PUBLIC_URL, issue, person, roster
from verification.answer import answer
from verification.ask import ask
from verification.envelopes import pdf_child
from verification.envelopes.pdf import MOST_BYTES, MalformedPdf, plain, understood
from verification.in_hand import questions_in
from verification.offline import ask_offline
from verification.paper import Paper, looked_at
from verification.situation import situation
from verification.trust import Trust
from verification.trust_file import trust_from_json, trust_to_json

SITE = situation("site_entry")


def begin(registry: Registry, keyring: Keyring) -> None:
    listed = roster(person(2, "Åsa Öberg"), person(3, "Bo Ek"))
    issue(registry, keyring, "hot-work-march", listed)
    LogKeeper(registry, lambda: keyring, lambda: NOW).advance()
    chain_of(registry, keyring, NOW, ACTOR)


BEGINS_WITH = {"desk": begin}


@dataclass(frozen=True)
class Desk:
    """What whoever alters a document has: two certificates, what prints them, and a seal that is nobody's."""

    what: Print
    other: Print
    row: IssuedCertificate
    own: Chain
    foreign: Chain
    trust: Trust

    def sealed(self, what: Print | None = None, page: Any = "diploma", by: Chain | None = None) -> bytes:
        return sealed_pdf(what or self.what, page, by or self.own, NOW)

    def saying(self, **change: Any) -> Print:
        """The same document, whose page says something else than what is signed."""
        said = self.row.certificate().model_copy(update=change)
        return replace(self.what, sheet=sheet_of(said, "sv", PUBLIC_URL))


def somebodys_chain() -> Chain:
    root, key = new_seal_key("a"), new_seal_key("b")
    name = chains._name("Provhuset", "document root")  # noqa: SLF001 a chain like ours that is not ours
    made = chains._certificate(root, root, name, name, NOW, timedelta(days=900))  # noqa: SLF001 same
    seal = chains._certificate(key, root, chains._name("Provhuset", "seal"), name, NOW, timedelta(days=800))  # noqa: SLF001 same
    return Chain(key, seal, made)


@pytest.fixture
def desk(registry: Registry, keyring: Keyring, data: PersonalData) -> Desk:
    chain = chain_of(registry, keyring, NOW, ACTOR)
    with registry.reading() as db:
        row, other = sorted(certificates(db), key=lambda each: each.holder_name, reverse=True)
        prints = [to_print(db, keyring, each, "sv", PUBLIC_URL, NOW, lambda: data) for each in (row, other)]
        trust = build_trust(db, PUBLIC_URL, NOW, asked=[row.number, other.number])
    return Desk(prints[0], prints[1], row, chain, FOREIGN, trust)


FOREIGN = somebodys_chain()


def told(pdf: bytes, trust: Trust) -> Mapping[str, Any]:
    """The answer, the file having been looked at in this process: a hundred times cheaper than in one of its own."""
    loop = asyncio.new_event_loop()
    try:
        paper = Paper(understood(json.dumps(pdf_child.answer(pdf, 4, loop)).encode()))
    except (MalformedPdf, Exception):  # noqa: BLE001 as in that process
        paper = Paper(None)
    finally:
        loop.close()
    return answer(ask_offline(paper, trust, SITE, NOW), "en")


# ------------------------------------------------------------------ what is done to them


def flipped(desk: Desk) -> bytes:
    pdf = bytearray(desk.sealed())
    at = pdf.index(b"stream") + 200
    pdf[at] ^= 1
    return bytes(pdf)


def in_the_hole(change: Callable[[bytearray, int, int], None]) -> Callable[[Desk], bytes]:
    """What the signature itself does not cover: where it stands, between two signs, and zeros behind it."""

    def changed(desk: Desk) -> bytes:
        pdf = bytearray(desk.sealed())
        begins = pdf.index(b"/Contents <") + len(b"/Contents <")
        change(pdf, begins, pdf.index(b">", begins))
        return bytes(pdf)

    return changed


def padded(pdf: bytearray, _: int, end: int) -> None:
    pdf[end - 100 : end] = b"41" * 50


def one_digit(pdf: bytearray, _: int, end: int) -> None:
    pdf[end - 1 : end] = b"1"


def ends_early(pdf: bytearray, begins: int, _: int) -> None:
    pdf[begins + 200 : begins + 201] = b">"


def holds_more(pdf: bytearray, begins: int, _: int) -> None:
    pdf[begins + 200 : begins + 204] = b">/X<"


def holds_more_at_once(pdf: bytearray, begins: int, _: int) -> None:
    pdf[begins : begins + 4] = b">/X<"


def ends_in_the_zeros(pdf: bytearray, _: int, end: int) -> None:
    pdf[end - 51 : end] = b">" + b" " * 50


def small(pdf: bytearray, begins: int, end: int) -> None:
    pdf[begins:end] = pdf[begins:end].lower()


def blank(pdf: bytearray, _: int, end: int) -> None:
    pdf[end - 2 : end] = b"  "


def emptied(pdf: bytearray, begins: int, end: int) -> None:
    pdf[begins:end] = b"0" * (end - begins)


def update(pdf: bytes, change: Callable[[Any], None]) -> bytes:
    """Something added at the end, as a program for PDF does it; what was sealed stays byte for byte."""
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    change(writer)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def drawn_over(desk: Desk) -> bytes:
    from pyhanko.pdf_utils import generic

    def draw(writer: Any) -> None:
        stream = generic.StreamObject(stream_data=b"1 1 1 rg 50 500 400 60 re f")
        writer.add_stream_to_page(0, writer.add_object(stream))

    return update(desk.sealed(), draw)


def shadowed(desk: Desk) -> bytes:
    """Another page in the place of the one that was sealed, which is still in the file."""
    from pyhanko.pdf_utils import generic

    def shadow(writer: Any) -> None:
        pages = writer.root["/Pages"]
        blank = generic.DictionaryObject(
            {
                generic.pdf_name("/Type"): generic.pdf_name("/Page"),
                generic.pdf_name("/Parent"): writer.root.raw_get("/Pages"),
                generic.pdf_name("/MediaBox"): generic.ArrayObject(
                    [generic.NumberObject(each) for each in (0, 0, 595, 842)]
                ),
            }
        )
        pages["/Kids"] = generic.ArrayObject([writer.add_object(blank)])
        writer.mark_update(writer.root.raw_get("/Pages"))

    return update(desk.sealed(), shadow)


def noted(desk: Desk) -> bytes:
    from pyhanko.pdf_utils import generic

    def note(writer: Any) -> None:
        writer.root["/Lang"] = generic.pdf_string("en")
        writer.update_root()

    return update(desk.sealed(), note)


def attached_after(desk: Desk) -> bytes:
    from pyhanko.pdf_utils import embed

    def attach(writer: Any) -> None:
        held = embed.EmbeddedFileObject.from_file_data(writer, data=desk.other.certificate.encode())
        spec = embed.FileSpec(file_spec_string="certificate-2.jwt", embedded_data=held)
        spec.as_pdf_object()
        writer.add_object(spec.as_pdf_object())

    return update(desk.sealed(), attach)


def signed_again(desk: Desk) -> bytes:
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner

    from registry.signing.seal.sealing import _SealSigner

    out = PdfSigner(
        PdfSignatureMetadata(field_name="Second", md_algorithm="sha256"), signer=_SealSigner(desk.foreign)
    ).sign_pdf(IncrementalPdfFileWriter(io.BytesIO(printed_then_sealed_without_lock(desk))))
    return bytes(out.getvalue())


def printed_then_sealed_without_lock(desk: Desk) -> bytes:
    """Sealed by the registry's key, but so that more may be added."""
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner

    from registry.signing.seal.sealing import _SealSigner

    writer = IncrementalPdfFileWriter(io.BytesIO(printed_pdf(desk.what, "diploma")))
    return bytes(
        PdfSigner(PdfSignatureMetadata(field_name="Seal", md_algorithm="sha256"), signer=_SealSigner(desk.own))
        .sign_pdf(writer)
        .getvalue()
    )


def rewritten(pdf: bytes, change: Callable[[pikepdf.Pdf], None]) -> bytes:
    """Written anew by another program."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        change(opened)
        opened.save(out)
    return out.getvalue()


def unsealed(opened: pikepdf.Pdf) -> None:
    for name in ("/AcroForm", "/Perms"):
        if name in opened.Root:
            del opened.Root[name]
    for page in opened.pages:
        if "/Annots" in page:
            del page["/Annots"]


def more_pages(opened: pikepdf.Pdf) -> None:
    for _ in range(5):
        opened.add_blank_page(page_size=(595, 842))


def two_inside(opened: pikepdf.Pdf) -> None:
    opened.attachments["other.jwt"] = pikepdf.AttachedFileSpec(opened, b"e30.e30.AAAA")


def nothing_inside(opened: pikepdf.Pdf) -> None:
    for name in list(opened.attachments):
        del opened.attachments[name]
    if "/AF" in opened.Root:
        del opened.Root["/AF"]
    opened.remove_unreferenced_resources()


def locked(desk: Desk) -> bytes:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(printed_pdf(desk.what, "diploma"))) as opened:
        opened.save(out, encryption=pikepdf.Encryption(owner="o", user=""))
    return out.getvalue()


def spoilt(token: str) -> str:
    head, payload, signature = token.split(".")
    return f"{head}.{payload}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}"


EDITS: dict[str, tuple[Callable[[Desk], bytes], str]] = {
    "a bit": (flipped, "document_seal_broken"),
    "padding in the hole": (in_the_hole(padded), "document_seal_broken"),
    "a digit in the hole": (in_the_hole(one_digit), "document_seal_broken"),
    "the hole ends early": (in_the_hole(ends_early), "document_seal_broken"),
    "the hole holds more": (in_the_hole(holds_more), "document_seal_broken"),
    "the hole holds more at once": (in_the_hole(holds_more_at_once), "document_seal_broken"),
    "the hole ends in its zeros": (in_the_hole(ends_in_the_zeros), "document_seal_broken"),
    "the hole in small letters": (in_the_hole(small), "document_seal_broken"),
    "blanks in the hole": (in_the_hole(blank), "document_seal_broken"),
    "an empty hole": (in_the_hole(emptied), "document_seal_broken"),
    "a tail": (lambda desk: desk.sealed() + b"\n% nothing\n", "document_changed"),
    "a note added": (noted, "document_changed"),
    "drawn over": (drawn_over, "document_changed"),
    "another page in its place": (shadowed, "document_changed"),
    "a second certificate added": (attached_after, "document_attachments"),
    "signed again": (signed_again, "document_changed"),
    "written anew": (lambda desk: rewritten(desk.sealed(), lambda _: None), "document_seal_broken"),
    "without seal": (lambda desk: printed_pdf(desk.what, "diploma"), "document_unsealed"),
    "seal taken off": (lambda desk: rewritten(desk.sealed(), unsealed), "document_unsealed"),
    "sealed by somebody else": (lambda desk: desk.sealed(by=desk.foreign), "document_seal_unknown"),
    "another name": (
        lambda desk: desk.sealed(desk.saying(holder_name="Bo Ek"), by=desk.foreign),
        "document_text_differs",
    ),
    "another name, sealed here": (lambda desk: desk.sealed(desk.saying(holder_name="Bo Ek")), "document_text_differs"),
    "another level": (lambda desk: desk.sealed(desk.saying(level=Level.C1)), "document_text_differs"),
    "another end": (lambda desk: desk.sealed(desk.saying(valid_until=date(2049, 12, 31))), "document_text_differs"),
    "no end": (lambda desk: desk.sealed(desk.saying(valid_until=None)), "document_text_differs"),
    "another number": (lambda desk: desk.sealed(desk.saying(number="0" * 16)), "document_text_differs"),
    "another scheme": (lambda desk: desk.sealed(desk.saying(title={"sv": "Kranförare"})), "document_text_differs"),
    "somebody else's code": (lambda desk: desk.sealed(replace(desk.what, code=desk.other.code)), "document_code_other"),
    "a code that leads elsewhere": (
        lambda desk: desk.sealed(replace(desk.what, code="https://evil.example/v#" + "1" * 400)),
        "document_code_other",
    ),
    "no code": (
        lambda desk: desk.sealed(replace(desk.what, code="https://x/v#1", portrait=None, sheet=desk.what.sheet)),
        "document_code_other",
    ),
    "somebody else's certificate inside": (
        lambda desk: desk.sealed(replace(desk.what, certificate=desk.other.certificate)),
        "document_text_differs",
    ),
    "a spoilt certificate inside": (
        lambda desk: desk.sealed(replace(desk.what, certificate=spoilt(desk.what.certificate))),
        "signature_invalid",
    ),
    "two certificates inside": (
        lambda desk: rewritten(printed_pdf(desk.what, "diploma"), two_inside),
        "document_attachments",
    ),
    "nothing inside": (
        lambda desk: rewritten(printed_pdf(desk.what, "diploma"), nothing_inside),
        "document_without_certificate",
    ),
    "six pages": (lambda desk: rewritten(printed_pdf(desk.what, "diploma"), more_pages), "document_too_long"),
    "locked": (locked, "document_unreadable"),
    "half of it": (lambda desk: desk.sealed()[:30_000], "document_unreadable"),
    "no PDF": (lambda _: b"%PDF-1.7\nhello", "document_unreadable"),
}


@pytest.mark.parametrize("edit", list(EDITS))
def test_what_was_altered_is_never_green(desk: Desk, edit: str) -> None:
    alter, code = EDITS[edit]
    said = told(alter(desk), desk.trust)
    warned = [one for one in said["reasons"] if one["outcome"] in {"failed", "could_not_check"}]
    assert said["outcome"] != "valid"
    assert code in {one["code"] for one in warned}, [one["code"] for one in warned]
    assert all(one["says"] and one["next"] for one in warned if one["code"].startswith("document"))


@pytest.mark.parametrize(("page", "lang"), [("diploma", "sv"), ("diploma", "en"), ("card", "nb")])
def test_what_the_registry_gave_out_is_green(desk: Desk, page: str, lang: str) -> None:
    sheet = sheet_of(desk.row.certificate(), lang, PUBLIC_URL)
    said = told(desk.sealed(replace(desk.what, sheet=sheet), page), desk.trust)
    assert [one["code"] for one in said["reasons"] if one["outcome"] in {"failed", "could_not_check"}] == []
    shown = {one["code"] for one in said["reasons"]}
    assert shown >= {"document_sealed", "document_text_agrees", "document_codes_agree"}
    assert said["outcome"] == "valid"
    offline = desk.trust.model_copy(update={"events": {}})
    assert told(desk.sealed(replace(desk.what, sheet=sheet), page), offline)["outcome"] == "valid"
    without = desk.trust.model_copy(update={"seal_roots": ()})
    assert told(desk.sealed(), without)["headline"] == "unknown"


def test_a_document_of_a_revoked_certificate_says_so(desk: Desk, registry: Registry) -> None:
    from registry.issuing.changes.withdraw import revoke

    with registry.writing() as db:
        revoke(db, desk.row.number, reason="fraud", now=NOW, actor=ACTOR)
    paper = looked_at(desk.sealed())
    source = RegistrySource(registry, PUBLIC_URL, lambda: NOW)
    try:
        verdict = ask(source, paper, SITE).verdict
    finally:
        source.close()
    assert verdict.headline == "revoked"
    assert "document_sealed" in {one.code for one in verdict.reasons if one.outcome == "passed"}


@pytest.mark.parametrize("purpose", ["seal", "seal_root"])
def test_what_a_stolen_key_sealed_is_not_believed_and_another_takes_its_place(
    desk: Desk, registry: Registry, keyring: Keyring, purpose: str
) -> None:
    before = desk.sealed()
    with registry.writing() as db:
        key = next(each for each in keys_of(db, None) if each.purpose == purpose)
        mark_compromised(db, key.kid, NOW, ACTOR, now=NOW)
    chain = chain_of(registry, keyring, NOW, ACTOR)
    assert chain.certificate != desk.own.certificate
    assert (chain.root == desk.own.root) == (purpose == "seal")
    with registry.reading() as db:
        trust = build_trust(db, PUBLIC_URL, NOW, asked=[desk.row.number])
    assert trust_from_json(trust_to_json(trust)) == trust
    said = told(before, trust)
    code = "document_seal_stolen" if purpose == "seal" else "document_seal_unknown"
    assert (said["headline"], code in {one["code"] for one in said["reasons"]}) == ("unknown", True)
    assert told(desk.sealed(by=chain), trust)["outcome"] == "valid"


def test_a_process_of_its_own_says_the_same(desk: Desk, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.pdf", tmp_path / "bad.pdf"
    good.write_bytes(desk.sealed())
    bad.write_bytes(desk.sealed() + b"\n")
    verdicts = [ask_offline(one.given, desk.trust, SITE, NOW) for one in questions_in([str(good), str(bad)])]
    assert [each.headline for each in verdicts] == ["valid", "document_altered"]


# ------------------------------------------------------------------ documents that pretend to be pictures


def stripped(desk: Desk) -> bytes:
    """The page alone, as it is printed into another file: no seal, nothing inside."""
    with pikepdf.open(io.BytesIO(desk.sealed())) as pdf:
        for name in ("/AcroForm", "/AF", "/Names"):
            if name in pdf.Root:
                del pdf.Root[name]
        del pdf.pages[0].obj["/Annots"]
        pdf.remove_unreferenced_resources()
        out = io.BytesIO()
        pdf.save(out)
    return out.getvalue()


def test_a_document_stays_one_however_large_it_was_made(desk: Desk, tmp_path: Path) -> None:
    """Read as a picture it would be answered by the code alone, and green."""
    sound = desk.sealed()
    for name, pdf in {
        "padded": sound + b"\n%" + b"x" * MOST_BYTES,
        "broken": sound[: len(sound) // 2] + b"/ByteRange",
    }.items():
        file = tmp_path / f"{name}.pdf"
        file.write_bytes(pdf)
        (question,) = questions_in([str(file)])
        told = answer(ask_offline(question.given, desk.trust, SITE, NOW), "en")
        assert told["outcome"] == "undetermined", name
        assert [one["code"] for one in told["reasons"]] == ["document_unreadable"]


def test_of_a_page_without_its_seal_only_the_code_is_answered_for_and_it_says_so(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "page.pdf"
    file.write_bytes(stripped(desk))
    (question,) = questions_in([str(file)])
    told = answer(ask_offline(question.given, desk.trust, SITE, NOW), "en")
    assert told["outcome"] == "valid"
    assert told["certificate"]["holder"] == desk.row.holder_name
    assert "code_alone" in [one["code"] for one in told["reasons"]]


@pytest.mark.parametrize("page", ["diploma", "card"])
def test_a_name_that_is_broken_at_its_hyphen_is_the_same_name(desk: Desk, page: Any) -> None:
    """A reader of PDF tells the hyphen at the end of a line as if it were not there."""
    name = "Christian Alexander Fredriksen-Haugland af Wetterstedt-Bergström"
    said = desk.row.certificate().model_copy(update={"holder_name": name})
    what = replace(desk.what, sheet=sheet_of(said, "sv", PUBLIC_URL))
    paper = looked_at(desk.sealed(what, page))
    assert paper.opened is not None
    assert plain(name) in paper.opened.text
