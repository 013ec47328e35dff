"""Between a compact token and the text in a QR code: `PUBLIC_URL/v#` and the token as one decimal number.

A byte 01 before the token keeps its leading zeros and names the version. Digits cost least in a QR code
(ten bits for three), and any phone camera opens the address; the part after # reaches no server.
"""

import re
from typing import NamedTuple

from verification.envelopes.cwt import MAX_TOKEN_BYTES

_VERSION = b"\x01"
_MAX_DIGITS = len(str(2 << 8 * MAX_TOKEN_BYTES))  # below the 4300 digits that int() reads
_MAX_ADDRESS = 200
_ADDRESS = re.compile(r"(?P<base>https?://[A-Za-z0-9._:\[\]-]+(?:/[A-Za-z0-9._~-]+)*)/v", re.IGNORECASE | re.ASCII)


class MalformedQr(Exception):
    """A text that is not exactly one token as a QR code carries it."""


class Scanned(NamedTuple):
    """token: the bytes; base: the address before /v# as written in lower case, None for bare digits."""

    token: bytes
    base: str | None


def segments(token: bytes, public_url: str) -> tuple[str, str]:
    """The two texts of the QR code: the address (byte mode) and the digits (numeric mode)."""
    return f"{public_url}/v#", str(int.from_bytes(_VERSION + token, "big"))


def pack(token: bytes, public_url: str) -> str:
    """The text of the QR code. ValueError if the token is longer than a token may be."""
    if not 0 < len(token) <= MAX_TOKEN_BYTES:
        raise ValueError(f"a token has 1 to {MAX_TOKEN_BYTES} bytes")
    return "".join(segments(token, public_url))


def unpack(text: str) -> Scanned:
    """The token in a QR text, a verify address (http or https, /v or /V) or bare digits. Raises MalformedQr.

    The address is told, not judged and never followed: whose it is, is a finding.
    """
    if len(text) > _MAX_DIGITS + _MAX_ADDRESS:
        raise MalformedQr("longer than a QR code of ours")
    before, mark, digits = text.rpartition("#")
    address = _ADDRESS.fullmatch(before)
    if bool(mark) is not bool(address):
        raise MalformedQr("neither a verify address nor digits alone")
    # ASCII alone: other scripts have digits too, and int() would read them.
    if not (digits.isascii() and digits.isdigit()) or digits[0] == "0" or len(digits) > _MAX_DIGITS:
        raise MalformedQr("not a decimal number without leading zeros")
    value = int(digits)
    data = value.to_bytes((value.bit_length() + 7) // 8, "big")
    if not data.startswith(_VERSION) or not 0 < len(data) - 1 <= MAX_TOKEN_BYTES:
        raise MalformedQr("not version 01")
    return Scanned(data[1:], address["base"].lower() if address else None)
