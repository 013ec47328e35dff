import io
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2
import pytest
import zxingcpp
from cryptography import x509
from PIL import Image

from levels.level import Level
from registry.errors import TimestampUnavailable, Unprintable
from registry.issuing.documents.paper import sealed_pdf
from registry.issuing.documents.printing import printed_pdf
from registry.issuing.documents.sheet import Picture, Print, sheet_of
from registry.reading.design import read_logo
from registry.reading.portrait import read_portrait
from registry.records.issued.certificates import IssuedCertificate
from registry.records.parties.seal_certificates import seal_roots
from registry.records.parties.signing_keys import keys_of
from registry.records.whole.directory import Registry
from registry.signing.keys import Keyring
from registry.signing.private_keys import new_seal_key
from registry.signing.published import build_trust
from registry.signing.seal.chain import ANEW_BEFORE, SEAL_LIFE, chain_of, known_chain
from registry.signing.seal.time_address import NotAskable, check_address, outside
from tests.registry.conftest import ACTOR, NOW, PUBLIC_URL, everything_stored
from tests.registry.issuing.documents.conftest import begin
from verification.verify import verify

BEGINS_WITH = {"issued": begin}
HEAVIEST = 300 * 1024
IN_CI = os.environ.get("CI") == "true"


def page_picture(pdf: bytes, dpi: int) -> Image.Image:
    document = pypdfium2.PdfDocument(pdf)
    try:
        return document[0].render(scale=dpi / 72).to_pil()
    finally:
        document.close()


def text_of(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    try:
        assert len(document) == 1
        return " ".join(document[0].get_textpage().get_text_bounded().replace("\u200b", "").split())
    finally:
        document.close()


def picture(width: int = 400, height: int = 500) -> Picture:
    out = io.BytesIO()
    Image.effect_noise((width, height), 60).convert("RGB").save(out, "PNG")
    made = read_portrait(out.getvalue())
    return Picture(made.jpeg, "jpeg", made.width, made.height)


def test_a_diploma_is_sealed_small_and_carries_what_was_signed(
    registry: Registry, issued: IssuedCertificate, seal: Callable[..., bytes]
) -> None:
    pdf = seal()
    assert len(pdf) < HEAVIEST
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        (name,) = opened.attachments
        attached = opened.attachments[name].get_file().read_bytes()
        metadata = opened.open_metadata()
        claimed = [metadata[f"{key}"] for key in ("pdfaid:part", "pdfaid:conformance", "pdfuaid:part")]
        assert claimed == ["3", "A", "1"]
        assert opened.Root.AF[0].AFRelationship == "/Data"
        assert opened.Root.Lang == "sv"
        assert (opened.pdf_version, opened.Root.get("/Version")) == ("1.7", None)
    assert attached.decode() == issued.vc_jwt
    with registry.reading() as db:
        trust = build_trust(db, PUBLIC_URL, NOW, asked=[issued.number])
    assert {
        one.code for one in verify(attached, trust, NOW).findings if one.outcome in {"failed", "could_not_check"}
    } == set()
    for dpi in (90, 100, 200):
        (read,) = zxingcpp.read_barcodes(page_picture(pdf, dpi))
        assert verify(read.text, trust, NOW).certificate is not None


@pytest.mark.parametrize("page", ["diploma", "card"])
def test_the_same_input_gives_the_same_bytes(what: Print, page: Any) -> None:
    whole = replace(what, portrait=picture(), logo=None)
    assert printed_pdf(whole, page) == printed_pdf(whole, page)
    assert len(printed_pdf(whole, page)) < HEAVIEST
    (read,) = zxingcpp.read_barcodes(page_picture(printed_pdf(whole, page), 200))
    assert read.text == what.code
    corners = read.position
    across = abs(corners.top_right.x - corners.top_left.x) / 200 * 25.4
    assert across >= 27.5  # the symbol without its margin; with it 33 mm


@pytest.mark.parametrize(
    ("level", "lang", "word"),
    [
        ("B", "sv", "Sektorscertifikat"),
        ("C1", "nb", "Sertifikat"),
        ("D", "nb", "Diplom"),
        ("E", "en", "Attestation"),
        ("F", "sv", "Deltagarnotering"),
    ],
)
def test_what_stands_on_it(what: Print, issued: IssuedCertificate, level: str, lang: str, word: str) -> None:
    said = issued.certificate().model_copy(
        update={"level": Level(level), "restrictions": ("Endast under tillsyn",), "scope_classes": ("T1", "T4")}
    )
    sheet = sheet_of(said, lang, PUBLIC_URL)
    shown = text_of(printed_pdf(replace(what, sheet=sheet), "diploma"))
    expected = [
        word,
        "Åsa Öberg",
        "1990",
        sheet.members["scheme"],
        sheet.members["level_of"],
        "Endast under tillsyn",
        "T1",
    ]
    expected += [sheet.members["assures"], sheet.members["does_not_assure"], sheet.members["number"], said.issuer.name]
    assert [each for each in expected if each not in shown] == []
    on_card = text_of(printed_pdf(replace(what, sheet=sheet), "card"))
    shown_small = [
        word,
        "Åsa Öberg",
        sheet.members["level_of"],
        sheet.members["number"],
        "Endast under tillsyn",
        "T1 · T4",
    ]
    assert [each for each in shown_small if each not in on_card] == []


@pytest.mark.parametrize(
    ("change", "says"),
    [
        pytest.param({"holder_name": "Łukasz Żółć-Śmigły"}, None, id="Polish"),
        pytest.param({"holder_name": "Ольга Шевченко-Їжак"}, None, id="Ukrainian"),
        pytest.param({"holder_name": "Nguyễn Thị Hà"}, None, id="Vietnamese"),
        pytest.param({"holder_name": "Γιώργος Ņžėū"}, None, id="Greek and Latvian"),
        pytest.param({"holder_name": "W" * 120}, None, id="the longest name"),
        pytest.param({"holder_name": '#panic("x") $x$ *b* @a <b> \\ //'}, None, id="a name that is a program"),
        pytest.param({"title": {"sv": "Ö" * 500}}, None, id="the longest title"),
        pytest.param({"content": {"sv": tuple(f"{n} " + "mål " * 100 for n in range(60))}}, None, id="much content"),
        pytest.param({"scope_classes": tuple(f"Klass {n}" for n in range(40))}, None, id="all classes"),
        pytest.param({"restrictions": tuple(f"{n} " + "x " * 59 for n in range(40))}, "fit on one page", id="too much"),
        pytest.param({"holder_name": "李明"}, "U+674E", id="Chinese"),
        pytest.param({"holder_name": "محمد"}, "no font here", id="Arabic"),
        pytest.param({"holder_name": "A 😀"}, "U+1F600", id="a sign"),
    ],
)
def test_every_letter_is_printed_or_nothing_is(
    what: Print, issued: IssuedCertificate, change: dict[str, Any], says: str | None
) -> None:
    said = issued.certificate().model_copy(update=change)
    changed = replace(what, sheet=sheet_of(said, "sv", PUBLIC_URL))
    if says is None:
        shown = text_of(printed_pdf(changed, "diploma")).replace(" ", "")
        assert said.holder_name.replace(" ", "") in shown
        text_of(printed_pdf(changed, "card"))
    else:
        with pytest.raises(Unprintable, match=says.replace("+", r"\+")):
            printed_pdf(changed, "diploma")


def test_a_logo_stands_where_the_name_stood(what: Print) -> None:
    out = io.BytesIO()
    Image.new("RGBA", (600, 150), (20, 60, 120, 128)).save(out, "PNG")
    logo = read_logo(out.getvalue())
    with_logo = replace(what, logo=Picture(logo.png, "png", logo.width, logo.height), accent="#7a1f2b")
    pdf = printed_pdf(with_logo, "diploma")
    assert len(pdf) < HEAVIEST
    assert page_picture(pdf, 50).getpixel((2, 200)) != page_picture(printed_pdf(what, "diploma"), 50).getpixel((2, 200))


# ------------------------------------------------------------------ the seal


def test_readers_that_others_wrote_call_the_seal_valid(
    registry: Registry, keyring: Keyring, what: Print, root_file: Path, tmp_path: Path
) -> None:
    file, spoilt = tmp_path / "diploma.pdf", tmp_path / "spoilt.pdf"
    today = datetime.now(UTC)  # they look at the clock of this machine
    pdf = sealed_pdf(what, "diploma", chain_of(registry, keyring, today, ACTOR), today)
    file.write_bytes(pdf)
    at = len(pdf) // 3
    spoilt.write_bytes(pdf[:at] + bytes([pdf[at] ^ 1]) + pdf[at + 1 :])
    command = [sys.executable, "-m", "pyhanko", "sign", "validate", "--trust-replace", "--trust", str(root_file)]
    command.append(str(file))
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (told.returncode, "INTACT:TRUSTED,UNTOUCHED" in told.stdout) == (0, True), told.stdout + told.stderr
    if not IN_CI and not (shutil.which("pdfsig") and shutil.which("certutil")):
        pytest.skip("no pdfsig here (poppler-utils, libnss3-tools)")
    nss = tmp_path / "nss"
    nss.mkdir()
    for arguments in (["-N", "--empty-password"], ["-A", "-n", "root", "-t", "CT,C,C", "-i", str(root_file)]):
        subprocess.run(["certutil", *arguments, "-d", str(nss)], check=True, capture_output=True)  # noqa: S607 the machine's
    signs = [
        subprocess.run(["pdfsig", "-nssdir", str(nss), str(each)], capture_output=True, text=True, check=False).stdout  # noqa: S607 same
        for each in (file, spoilt)
    ]
    assert "Signature is Valid" in signs[0]
    assert "Certificate is Trusted" in signs[0]
    assert "Total document signed" in signs[0]
    assert "Signature is Valid" not in signs[1]


def test_the_chain_is_kept_and_made_anew_in_time(
    registry: Registry,
    keyring: Keyring,
    issued: IssuedCertificate,  # noqa: ARG001 the registry begins with one
) -> None:
    first = chain_of(registry, keyring, NOW, ACTOR)
    assert chain_of(registry, keyring, NOW, ACTOR) == first
    later = NOW + SEAL_LIFE - ANEW_BEFORE + timedelta(days=1)
    second = chain_of(registry, keyring, later, ACTOR)
    assert second.root == first.root
    assert second.certificate != first.certificate
    with registry.reading() as db:
        assert list(seal_roots(db)) == [first.root]
        assert {key.purpose for key in keys_of(db, None)} >= {"seal", "seal_root"}
        assert known_chain(db, keyring, later) == second
        assert build_trust(db, PUBLIC_URL, NOW).seal_roots == (first.root,)
    seal, root = x509.load_der_x509_certificate(first.certificate), x509.load_der_x509_certificate(first.root)
    seal.verify_directly_issued_by(root)
    stored = everything_stored(registry)
    for key in (first.key, second.key):
        assert key.secret() not in stored
        assert key.public() in stored


def test_somebody_may_vouch_for_the_time(registry: Registry, keyring: Keyring, what: Print) -> None:
    # Late, as in the program: pyHanko takes half a second.
    from asn1crypto import keys as asn1_keys
    from asn1crypto import x509 as asn1_x509
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.timestamps import DummyTimeStamper, TimestampRequestError
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko_certvalidator import ValidationContext

    from registry.signing.seal.sealing import sealed

    authority = new_seal_key("tsa")
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "A time authority")])
    certificate = authority.certify(
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(authority.public_key)
        .serial_number(7)
        .not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2036, 1, 1, tzinfo=UTC))
        .add_extension(x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
    )
    stamper = DummyTimeStamper(
        asn1_x509.Certificate.load(certificate), asn1_keys.PrivateKeyInfo.load(authority.secret()), fixed_dt=NOW
    )
    chain = chain_of(registry, keyring, NOW, ACTOR)
    pdf = sealed(printed_pdf(what, "diploma"), chain, NOW, time=stamper)
    (signature,) = PdfFileReader(io.BytesIO(pdf)).embedded_signatures
    roots = [asn1_x509.Certificate.load(each) for each in (chain.root, certificate)]
    status = validate_pdf_signature(
        signature,
        ValidationContext(trust_roots=roots, moment=NOW + timedelta(hours=1), best_signature_time=NOW),
        ValidationContext(trust_roots=roots, moment=NOW + timedelta(hours=1)),
    )
    assert status.bottom_line
    assert status.timestamp_validity.timestamp == NOW.replace(microsecond=0)

    class Silent(DummyTimeStamper):
        async def async_request_tsa_response(self, req: object) -> object:  # noqa: ARG002 its shape is pyHanko's
            raise TimestampRequestError("no answer")

    silent = Silent(stamper.tsa_cert, stamper.tsa_key)
    with pytest.raises(TimestampUnavailable):
        sealed(printed_pdf(what, "diploma"), chain, NOW, time=silent)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "10.1.2.3",
        "192.168.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.1",
        "::1",
        "fd00::1",
        "::ffff:10.0.0.1",
        "224.0.0.1",
    ],
)
def test_nobody_inside_is_asked_for_the_time(host: str) -> None:
    with pytest.raises(NotAskable):
        outside(host, 443)


@pytest.mark.parametrize(
    "address",
    [
        "ftp://tsa.example.org",
        "https://user@tsa.example.org/",
        "https://tsa.example.org/?a=b",
        "tsa",
        "https://[::1]/",
        "",
    ],
)
def test_only_a_plain_address_names_a_time_authority(address: str) -> None:
    with pytest.raises(NotAskable):
        check_address(address)


def test_what_prints_and_seals_is_loaded_when_it_is_needed() -> None:
    heavy = "{'typst', 'pyhanko', 'pypdfium2', 'zxingcpp', 'pikepdf'}"
    code = f"import sys, registry.web.app, registry.command_line.certificate_paper; print({heavy} & set(sys.modules))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "set()"
