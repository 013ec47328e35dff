"""What somebody holds up, told apart by its form alone: a code, a full certificate, or no more than a number.

The forms exclude one another, so nothing is tried after something else has failed:

    begins with byte 84                  the bytes of a compact token
    begins with http:// or https://      `…/v#` and digits: a code; `…/v/` and a number: a number
    three parts with dots between        a `vc+jwt`
    at most 64 characters                a number as people type it
    longer, digits alone                 a code without its address
"""

import re
from dataclasses import dataclass

from verification.certificate import MalformedNumber, parse_number
from verification.claims import MalformedCertificate, read_claims
from verification.envelopes.cwt import MalformedCwt, open_cwt
from verification.envelopes.jws import MalformedJws, open_jws
from verification.qr import MalformedQr, Scanned, unpack

CERTIFICATE_TYPE = "vc+jwt"
_BLANKS = " \t\r\n"
_COSE_SIGN1 = b"\x84"  # an array of four: how a compact token begins, and no text
_LONGEST_NUMBER = 64
_THREE_PARTS = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_NUMBER_ADDRESS = re.compile(
    r"(?P<base>https?://[A-Za-z0-9._:\[\]-]+(?:/[A-Za-z0-9._~-]+)*)/v/(?P<number>[A-Za-z0-9-]{16,40})"
    r"(?:\?[A-Za-z0-9=&-]{0,40})?",
    re.IGNORECASE | re.ASCII,
)


class NotACertificate(Exception):
    """Neither a code, nor a certificate, nor a number."""


@dataclass(frozen=True, slots=True)
class FullText:
    """A text in three parts with dots between, as a `vc+jwt` has; nothing of it has been read."""

    text: str


@dataclass(frozen=True, slots=True)
class NumberAlone:
    """A number, and the address before `/v/` where one was given, in lower case."""

    number: str
    base: str | None


InHand = Scanned | FullText | NumberAlone


def told_apart(given: str | bytes) -> InHand:
    """What was presented: text as scanned or typed, or the bytes of a file. Raises NotACertificate."""
    if isinstance(given, bytes) and given.startswith(_COSE_SIGN1):
        return Scanned(given, None)
    text = (given if isinstance(given, str) else given.decode("utf-8", "replace")).strip(_BLANKS)
    try:
        if text[:7].lower() == "http://" or text[:8].lower() == "https://":
            address = _NUMBER_ADDRESS.fullmatch(text)
            if address is not None:
                return NumberAlone(parse_number(address["number"]), address["base"].lower())
            return unpack(text)
        if _THREE_PARTS.fullmatch(text):
            return FullText(text)
        if len(text) <= _LONGEST_NUMBER:
            return NumberAlone(parse_number(text), None)
        return unpack(text)
    except (MalformedQr, MalformedNumber) as fault:
        raise NotACertificate(str(fault)) from fault


def number_in(given: str | bytes) -> str | None:
    """The number a token names, its signature **not** checked: only good for asking the register about it."""
    try:
        match told_apart(given):
            case Scanned() as scanned:
                return open_cwt(scanned.token).token.number
            case FullText(text):
                return read_claims(open_jws(text, typ=CERTIFICATE_TYPE).payload).certificate.number
            case NumberAlone(number):
                return number
    except (NotACertificate, MalformedCwt, MalformedJws, MalformedCertificate):
        return None
