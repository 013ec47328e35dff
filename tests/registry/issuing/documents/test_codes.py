import io
import re
from datetime import timedelta

import pytest
import zxingcpp
from PIL import Image

from registry.errors import CertificateNotFound, NoSigningKey, Refusal, UnknownReason
from registry.issuing.changes.withdraw import revoke
from registry.issuing.documents.codes import qr_png, qr_svg, qr_text
from registry.records.issued.certificates import IssuedCertificate, certificates
from registry.records.whole.directory import Registry
from registry.signing.keys import Keyring
from registry.signing.log.keeper import LogKeeper
from registry.signing.published import build_trust
from tests.registry.conftest import ACTOR, NOW, PUBLIC_URL, issue, person, roster
from verification.verify import verify


def begin(registry: Registry, keyring: Keyring) -> None:
    issue(registry, keyring, "hot-work-march", roster(person(2, "Åsa Öberg")))
    LogKeeper(registry, lambda: keyring, lambda: NOW).advance()


BEGINS_WITH = {"issued": begin}


@pytest.fixture
def issued(registry: Registry) -> IssuedCertificate:
    with registry.reading() as db:
        (row,) = certificates(db)
    return row


def test_a_code_is_the_same_each_time_it_is_made(
    registry: Registry, keyring: Keyring, issued: IssuedCertificate
) -> None:
    with registry.reading() as db:
        made = {qr_text(db, keyring, issued, PUBLIC_URL, NOW + timedelta(hours=hour)) for hour in range(3)}
        found = verify(made.copy().pop(), build_trust(db, PUBLIC_URL, NOW, asked=[issued.number]), NOW)
    assert len(made) == 1
    assert re.fullmatch(rf"{PUBLIC_URL}/v#[0-9]+", made.pop())
    assert found.certificate is not None
    assert (found.certificate.number, found.certificate.holder_name) == (issued.number, "Åsa Öberg")
    assert {each.code for each in found.findings if each.outcome in {"failed", "could_not_check"}} == set()


def test_the_picture_says_the_same(registry: Registry, keyring: Keyring, issued: IssuedCertificate) -> None:
    with registry.reading() as db:
        text = qr_text(db, keyring, issued, PUBLIC_URL, NOW)
    image = Image.open(io.BytesIO(qr_png(text)))
    (read,) = zxingcpp.read_barcodes(image, formats=zxingcpp.BarcodeFormat.QRCode)
    assert read.text == text
    assert 28 <= image.width / image.info["dpi"][0] * 25.4 <= 31


def test_the_drawing_has_its_size_on_paper(registry: Registry, keyring: Keyring, issued: IssuedCertificate) -> None:
    with registry.reading() as db:
        svg = qr_svg(qr_text(db, keyring, issued, PUBLIC_URL, NOW)).decode()
    width = re.search(r'width="([0-9.]+)mm"', svg)
    assert width is not None
    assert 28 <= float(width[1]) <= 31
    assert "http" not in svg.replace("http://www.w3.org/2000/svg", "")


def test_a_code_of_a_revoked_certificate_is_found_out(
    registry: Registry, keyring: Keyring, issued: IssuedCertificate
) -> None:
    with registry.writing() as db:
        text = qr_text(db, keyring, issued, PUBLIC_URL, NOW)
        revoke(db, issued.number, reason="fraud", now=NOW, actor=ACTOR)
    with registry.reading() as db:
        for token in (text, issued.vc_jwt):
            for asked in ((), (issued.number,)):
                found = verify(token, build_trust(db, PUBLIC_URL, NOW, asked=asked), NOW)
                assert {each.code for each in found.findings if each.outcome == "failed"} & {"revoked", "withdrawn"}


def test_without_a_key_in_force_there_is_no_code(
    registry: Registry, keyring: Keyring, issued: IssuedCertificate
) -> None:
    with registry.reading() as db, pytest.raises(NoSigningKey):
        qr_text(db, keyring, issued, PUBLIC_URL, NOW + timedelta(days=300))


def test_a_reason_is_one_of_the_agreed_ones(registry: Registry, issued: IssuedCertificate) -> None:
    with registry.writing() as db:
        with pytest.raises(UnknownReason, match="fraud"):
            revoke(db, issued.number, reason="dislike", now=NOW, actor=ACTOR)
        with pytest.raises(CertificateNotFound):
            revoke(db, "0" * 16, reason="fraud", now=NOW, actor=ACTOR)


def test_every_refusal_has_a_title() -> None:
    assert len(Refusal.__subclasses__()) > 30
    for refusal in Refusal.__subclasses__():
        title = (refusal.__doc__ or "").splitlines()[0]
        assert title
        assert not title.endswith(".")
