"""What a certificate looks like in the hand: its QR code, as text, SVG and PNG. Made on request, never stored."""

import io
from datetime import datetime
from typing import Any

import segno

from registry.errors import NotLoggedYet
from registry.records.issued.certificates import IssuedCertificate, issued_event
from registry.records.log.entries import place_of
from registry.records.store.database import Database
from registry.signing.keys import Keyring
from registry.signing.published import as_signed
from verification.envelopes.cwt import compact_token as compact_token_of
from verification.envelopes.cwt import seal_cwt
from verification.qr import pack

# segno's integer constants for the modes of the two segments: address in bytes, token in digits.
BYTE_MODE, NUMERIC_MODE = 4, 1
QUIET_MODULES = 4  # ISO/IEC 18004: the margin that a scanner needs
PRINTED_MM = 29.5  # with the margin; the space on paper is 31 mm, and below 26 mm phones begin to fail


def compact_token(db: Database, keyring: Keyring, certificate: IssuedCertificate, now: datetime) -> bytes:
    """The signed token of the QR code. Raises NoSigningKey, RecordDamaged, NotLoggedYet.

    It says what the issuer signed, not what a column of the database says; and where that stands in the log.
    """
    signer = keyring.attestation_signer(db, now)
    place = place_of(db, issued_event(db, certificate))
    if place is None:
        raise NotLoggedYet("it is recorded and has no place in the log yet; ask again in a second")
    token = compact_token_of(as_signed(db, certificate), place.log_index)
    return seal_cwt(token, bytes.fromhex(signer.key().kid), signer)


def qr_text(db: Database, keyring: Keyring, certificate: IssuedCertificate, public_url: str, now: datetime) -> str:
    """What the QR code says: the verify address and the token behind #. Raises NoSigningKey."""
    return pack(compact_token(db, keyring, certificate, now), public_url)


def qr_svg(text: str) -> bytes:
    """The symbol as SVG of a physical size, 29.5 mm wide with its margin, whatever its version."""
    symbol = _symbol(text)
    modules = symbol.symbol_size(border=QUIET_MODULES)[0]
    buffer = io.BytesIO()
    symbol.save(
        buffer,
        kind="svg",
        border=QUIET_MODULES,
        scale=round(PRINTED_MM / modules, 4),
        unit="mm",
        light="#fff",
        nl=False,
    )
    return buffer.getvalue()


def qr_drawing(text: str) -> str:
    """The symbol as SVG of no size of its own, to be set on a page."""
    buffer = io.BytesIO()
    _symbol(text).save(buffer, kind="svg", border=QUIET_MODULES, light="#fff", xmldecl=False, nl=False)
    return buffer.getvalue().decode()


def qr_png(text: str, scale: int = 8) -> bytes:
    """The symbol as PNG, `scale` pixels a module; its density makes it print as wide as the SVG."""
    symbol = _symbol(text)
    modules = symbol.symbol_size(border=QUIET_MODULES)[0]
    buffer = io.BytesIO()
    symbol.save(buffer, kind="png", border=QUIET_MODULES, scale=scale, dpi=round(modules * scale / PRINTED_MM * 25.4))
    return buffer.getvalue()


def _symbol(text: str) -> segno.QRCode:
    address, digits = text.split("#", 1)
    segments: Any = [(f"{address}#", BYTE_MODE), (digits, NUMERIC_MODE)]  # its type hints know no segments
    return segno.make(segments, error="m", boost_error=False, micro=False)
