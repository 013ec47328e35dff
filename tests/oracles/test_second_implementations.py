"""What leaves the registry, read by software we did not write: joserfc, cwt (an environment of its own), zxing-cpp."""

import io
import json
import subprocess
import sys
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from joserfc import jws
from joserfc.errors import SecurityWarning
from joserfc.jwk import OKPKey
from PIL import Image

from registry.command_line.demo import make_demo
from registry.command_line.place import keyring_of
from registry.issuing.documents import compact_token, qr_png, qr_svg, qr_text
from registry.records.certificates import certificates
from registry.records.directory import Registry
from registry.signing.published import did_document

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)

CHECK_CWT = """
import base64, json, sys
import cwt
given = json.load(sys.stdin)
public = base64.urlsafe_b64decode(given["jwk"]["x"] + "=")
# RFC 9052 section 7: kty OKP, kid as the 4 bytes that are published in hexadecimal, alg EdDSA, verify, crv Ed25519.
key = cwt.COSEKey.new({1: 1, 2: bytes.fromhex(given["jwk"]["kid"]), 3: -8, 4: [2], -1: 6, -2: public})
# The tag that says "this is a COSE_Sign1" is left out of the QR code; this library wants it (RFC 9052 section 2).
tagged = b"\\xd2" + bytes.fromhex(given["token"])
claims = cwt.decode(tagged, key)
print(json.dumps({str(name): value.hex() if isinstance(value, bytes) else value for name, value in claims.items()}))
"""


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    made, _ = make_demo(tmp_path_factory.mktemp("oracle") / "demo", NOW, public_url="https://bevis.example")
    yield made
    made.close()


def test_joserfc_verifies_every_full_certificate_with_the_published_key(registry: Registry) -> None:
    # The library would have the name Ed25519 (RFC 9864); what is in use everywhere is EdDSA (RFC 8037).
    warnings.simplefilter("ignore", SecurityWarning)
    with registry.reading() as db:
        rows = list(certificates(db))
        assert rows
        for row in rows:
            document = did_document(db, registry.public_url, row.issuer)
            header = jws.extract_compact(row.vc_jwt.encode()).headers()
            assert header["typ"] == "vc+jwt"
            [method] = [one for one in document["verificationMethod"] if one["id"] == header["kid"]]
            key = OKPKey.import_key(method["publicKeyJwk"])
            read = jws.deserialize_compact(row.vc_jwt, key, algorithms=["EdDSA"])
            claims = json.loads(read.payload)
            assert claims["issuer"]["id"] == document["id"]
            assert claims["credentialSubject"]


def test_cwt_verifies_the_qr_codes_token_with_the_published_key(registry: Registry, oracle_python: str) -> None:
    keyring = keyring_of(registry)
    with registry.reading() as db:
        row = next(row for row in certificates(db) if row.scheme == "hot-work")
        token = compact_token(db, keyring, row, NOW)
        document = did_document(db, registry.public_url, None)
    verified: list[dict[str, Any]] = []
    for method in document["verificationMethod"]:
        given = json.dumps({"jwk": method["publicKeyJwk"], "token": token.hex()})
        ran = subprocess.run(
            [oracle_python, "-c", CHECK_CWT], input=given, capture_output=True, text=True, check=False, timeout=60
        )
        if ran.returncode == 0:
            verified.append(json.loads(ran.stdout))
    [claims] = verified
    assert claims["1"] == row.issuer
    assert claims["-65537"][0] == row.holder_name
    assert claims["-65537"][3] == row.level


@pytest.mark.parametrize("scale", [4, 8])
def test_zxing_reads_every_code_from_its_image(registry: Registry, scale: int) -> None:
    keyring = keyring_of(registry)
    with registry.reading() as db:
        for row in certificates(db):
            text = qr_text(db, keyring, row, registry.public_url, NOW)
            with Image.open(io.BytesIO(qr_png(text, scale=scale))) as image:
                [found] = zxingcpp.read_barcodes(image, formats=zxingcpp.BarcodeFormat.QRCode)
            assert found.text == text


def test_a_printed_code_is_26_to_31_millimetres_and_reads_at_that_size(
    registry: Registry, chromium: str, tmp_path: Path
) -> None:
    keyring = keyring_of(registry)
    with registry.reading() as db:
        row = next(row for row in certificates(db) if row.scheme == "hot-work")
        text = qr_text(db, keyring, row, registry.public_url, NOW)
    svg = qr_svg(text)
    width = float(svg.split(b'width="', 1)[1].split(b"mm", 1)[0])
    assert 26 <= width <= 31
    drawing, picture = tmp_path / "code.svg", tmp_path / "code.png"
    drawing.write_bytes(svg)
    page = tmp_path / "page.html"
    page.write_text(f'<body style="margin:20px;background:#fff"><img src="{drawing.name}"></body>', encoding="utf-8")
    subprocess.run(
        [
            chromium,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--force-device-scale-factor=2",
            f"--user-data-dir={tmp_path / 'profile'}",
            "--window-size=400,400",
            f"--screenshot={picture}",
            page.as_uri(),
        ],
        capture_output=True,
        check=True,
        timeout=120,
    )
    with Image.open(picture) as image:
        [found] = zxingcpp.read_barcodes(image, formats=zxingcpp.BarcodeFormat.QRCode)
    assert found.text == text


def test_python_is_the_one_of_this_environment() -> None:
    # The oracle must not be importable here: a pinned older cbor2 would take the place of ours.
    ran = subprocess.run([sys.executable, "-c", "import cwt"], capture_output=True, check=False)
    assert ran.returncode != 0
