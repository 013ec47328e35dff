"""What somebody holds up, told apart by its form alone: a code, a full certificate, or no more than a number.

The forms exclude one another, so nothing is tried after something else has failed:

    begins with byte 84                  the bytes of a compact token
    begins with http:// or https://      `…/v#` and digits: a code; `…/v/` and a number: a number
    three parts with dots between        a `vc+jwt`; after an empty line its proof from the log (C2SP tlog-proof)
    at most 64 characters                a number as people type it
    longer, digits alone                 a code without its address
"""

import re
from typing import NamedTuple

from verification.certificate import MalformedNumber, parse_number
from verification.claims import MalformedCertificate, Stated
from verification.envelopes.cwt import MalformedCwt, OpenedCwt, open_cwt
from verification.envelopes.jws import MalformedJws, OpenedJws, open_jws
from verification.log.proof import FIRST_LINE, LogProof, read_proof
from verification.log.tree import MalformedProof
from verification.organisation_claims import read_any_claims
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


class FullText(NamedTuple):
    """A text in three parts with dots between, as a `vc+jwt` has, and a proof; nothing of either has been read."""

    text: str
    proof: str | None = None


class NumberAlone(NamedTuple):
    """A number, and the address before `/v/` where one was given, in lower case."""

    number: str
    base: str | None


class OpenedCode(NamedTuple):
    """A compact token taken apart, and the address before `/v#` where one was given."""

    cwt: OpenedCwt
    base: str | None


class OpenedFull(NamedTuple):
    """A `vc+jwt` taken apart; stated: what it says, None where that is not written as our certificates are.

    proof  what is to show that it stands in the log, nothing checked; None where nothing came with it
    """

    jws: OpenedJws
    stated: Stated | None
    proof: LogProof | None = None


InHand = Scanned | FullText | NumberAlone
Opened = OpenedCode | OpenedFull | NumberAlone


def told_apart(given: str | bytes) -> InHand:
    """What was presented: text as scanned or typed, or the bytes of a file. Raises NotACertificate."""
    if isinstance(given, bytes) and given.startswith(_COSE_SIGN1):
        return Scanned(given, None)
    text = (given if isinstance(given, str) else given.decode("utf-8", "replace")).strip(_BLANKS)
    try:
        if text[:7].lower() == "http://" or text[:8].lower() == "https://":
            address = None if "#" in text else _NUMBER_ADDRESS.fullmatch(text)
            if address is not None:
                return NumberAlone(parse_number(address["number"]), address["base"].lower())
            return unpack(text)
        full, proof = _parted(text)
        if _THREE_PARTS.fullmatch(full):
            return FullText(full, proof)
        if len(text) <= _LONGEST_NUMBER:
            return NumberAlone(parse_number(text), None)
        return unpack(text)
    except (MalformedQr, MalformedNumber) as fault:
        raise NotACertificate(str(fault)) from fault


def _parted(text: str) -> tuple[str, str | None]:
    """A text, and the proof below it where one is there."""
    full, _, proof = text.replace("\r\n", "\n").partition("\n\n")
    return (full, proof + "\n") if proof.startswith(FIRST_LINE) else (text, None)


def opened(given: str | bytes) -> Opened:
    """What was presented, taken apart and read, no signature checked yet. Raises NotACertificate."""
    in_hand = told_apart(given)
    try:
        match in_hand:
            case Scanned(token, base):
                return OpenedCode(open_cwt(token), base)
            case FullText(text, proof):
                return opened_full(text, proof)
            case NumberAlone():
                return in_hand
    except (MalformedCwt, MalformedJws, MalformedProof) as fault:
        raise NotACertificate(str(fault)) from fault


def opened_full(text: str, proof: str | None = None) -> OpenedFull:
    """A `vc+jwt`, taken apart and read, with the proof that came with it. Raises MalformedJws, MalformedProof."""
    jws = open_jws(text, typ=CERTIFICATE_TYPE)
    shown = None if proof is None else read_proof(proof)
    try:
        return OpenedFull(jws, read_any_claims(jws.payload), shown)
    except MalformedCertificate:
        return OpenedFull(jws, None, shown)


def with_proof(text: str, proof: str) -> str:
    """A `vc+jwt` and its proof as one text, as `opened` takes it."""
    return f"{text}\n\n{proof}"


def number_in(opened: Opened) -> str | None:
    """The number it names, its signature **not** checked: only good for asking the register about it."""
    match opened:
        case OpenedCode(cwt, _):
            return cwt.token.number
        case OpenedFull(_, stated, _):
            return stated.certificate.number if stated else None
        case NumberAlone(number, _):
            return number
