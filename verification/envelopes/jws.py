"""JSON Web Signature in compact form (RFC 7515), behind the strict reader.

A signed document is read here only if there is exactly one way to read it. The algorithm is the key's: what the header
says is compared with it, never followed (RFC 8725 section 3.1).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import orjson

from verification.envelopes.signer import Signer
from verification.keys import SIGNATURE_BYTES, goes_by, good_signature
from verification.strict import NotStrict, decode_base64url, encode_base64url, read_json, write_json

# A scheme may put 30 000 bytes of content on a certificate, and restrictions, classes and names come on top: in base64
# that is more than 48 KiB. The least bound that every certificate which can be issued fits in is this.
MAX_BYTES = 65_536
MAX_LIST_BYTES = 8_388_608  # a list may unpack to 4 MiB, and what does not compress grows by base64, twice
MAX_TRUST_BYTES = 89_478_488  # 64 MiB in base64, and a header
_LONGEST: Mapping[str, int] = {
    "vc+jwt": MAX_BYTES,
    "statuslist+jwt": MAX_LIST_BYTES,
    "bevis-trust+jws": MAX_TRUST_BYTES,
}
_CONTENT: Mapping[str, str] = {"vc+jwt": "vc"}  # the one `cty` a kind may have; the others have none
_MAX_HEADER_BYTES = 1024
_HEADER_MEMBERS = frozenset({"alg", "typ", "kid", "cty", "iss"})
_ALGORITHMS = frozenset({"EdDSA", "Ed25519", "ES256"})
# The longest did:web with a key's name. What is no name is not looked for.
_KID = re.compile(r"(?:did:web:[A-Za-z0-9._:%\[\]~-]{1,230}#)?[A-Za-z0-9_-]{1,64}")
_PARTS = 3
_JSON_ALONE = (
    orjson.OPT_STRICT_INTEGER
    | orjson.OPT_PASSTHROUGH_DATACLASS
    | orjson.OPT_PASSTHROUGH_DATETIME
    | orjson.OPT_PASSTHROUGH_SUBCLASS
)


class MalformedJws(Exception):
    """A text that is not exactly one JWS as we read them."""


@dataclass(frozen=True, slots=True)
class OpenedJws:
    """A JWS taken apart, its signature **not** checked yet. signed: the bytes it is over."""

    text: str
    typ: str
    kid: str
    header: Mapping[str, Any]
    payload: Mapping[str, Any]
    signed: bytes
    signature: bytes


def open_jws(text: str, *, typ: str, max_bytes: int | None = None) -> OpenedJws:
    """Read a compact JWS strictly; the signature is checked by `verify_jws`.

    typ        what it must say it is; a status list is no certificate
    max_bytes  longest text that is looked at; None = the longest of its kind

    Raises MalformedJws.
    """
    return _taken_apart(text, typ, _LONGEST[typ] if max_bytes is None else max_bytes, None)


def jws_of(text: str, payload: Mapping[str, Any], *, typ: str) -> OpenedJws:
    """The same for whoever has just written `payload` into the text: that part alone is not read again.

    Raises MalformedJws.
    """
    return _taken_apart(text, typ, _LONGEST[typ], payload)


def _taken_apart(text: str, typ: str, longest: int, payload: Mapping[str, Any] | None) -> OpenedJws:
    if len(text) > longest:
        raise MalformedJws(f"longer than {longest} characters")
    if not text.isascii():
        raise MalformedJws("not ASCII")
    parts = text.split(".")
    if len(parts) != _PARTS:
        raise MalformedJws("not three parts")
    try:
        header = _header(parts[0], typ)
        signature = decode_base64url(parts[2])
        if len(signature) != SIGNATURE_BYTES:
            raise MalformedJws(f"the signature is not {SIGNATURE_BYTES} bytes")
        if payload is None:
            payload = read_json(decode_base64url(parts[1]), max_bytes=longest)
    except NotStrict as fault:
        raise MalformedJws(str(fault)) from fault
    signed = text[: len(parts[0]) + 1 + len(parts[1])].encode()
    return OpenedJws(text, typ, header["kid"], header, payload, signed, signature)


@lru_cache(maxsize=1024)
def _header(part: str, typ: str) -> Mapping[str, str]:
    """The header that is written so. The same few stand in all that a registry has signed."""
    header = read_json(decode_base64url(part), max_bytes=_MAX_HEADER_BYTES, max_depth=1)
    _check_header(header, typ)
    return MappingProxyType(header)


def verify_jws(opened: OpenedJws, public_key: bytes) -> bool:
    """Whether the signature is that key's, by the key's own algorithm; see `keys` for what a key is."""
    return goes_by(public_key, opened.header["alg"]) and good_signature(public_key, opened.signature, opened.signed)


def seal_jws(  # noqa: PLR0913 what the header says, who signs, and how long it may be
    payload: Mapping[str, Any],
    *,
    typ: str,
    kid: str,
    sign: Signer,
    cty: str | None = None,
    max_bytes: int | None = None,
) -> str:
    """Sign a payload; `kid` is what verifiers find the key by (for `vc+jwt` the issuer's did, #, key name).

    The same payload and key give the same text where the signer's algorithm does (Ed25519 always; ES256 by RFC 6979).
    Raises MalformedJws if the result could not be read back; max_bytes as in `open_jws`.
    """
    try:
        body = write_json(dict(payload))
    except NotStrict as fault:
        raise MalformedJws(str(fault)) from fault
    text = _signed(body, typ, kid, sign, cty)
    open_jws(text, typ=typ, max_bytes=max_bytes)
    return text


def signed_jws(payload: Mapping[str, Any], *, typ: str, kid: str, sign: Signer) -> str:
    """The same for whoever reads the result back before anybody gets it: what the reader refuses is written here.

    Raises MalformedJws for what JSON has not.
    """
    try:
        body = orjson.dumps(payload, option=_JSON_ALONE)
    except TypeError as fault:
        raise MalformedJws("a value that JSON has not") from fault
    return _signed(body, typ, kid, sign, None)


def _signed(body: bytes, typ: str, kid: str, sign: Signer, cty: str | None) -> str:
    signed = f"{_header_of(sign.key().alg, typ, kid, cty)}.{encode_base64url(body)}"
    return f"{signed}.{encode_base64url(sign.sign(signed.encode()))}"


@lru_cache(maxsize=256)
def _header_of(alg: str, typ: str, kid: str, cty: str | None) -> str:
    header = {"alg": alg, "typ": typ, "kid": kid}
    if cty is not None:
        header["cty"] = cty
    return encode_base64url(write_json(header))


def _check_header(header: Mapping[str, Any], typ: str) -> None:
    if unknown := set(header) - _HEADER_MEMBERS:
        raise MalformedJws(f"the header has {len(unknown)} members that are not known")
    if any(not isinstance(value, str) for value in header.values()):
        raise MalformedJws("a header member is not text")
    if header.get("alg") not in _ALGORITHMS:
        raise MalformedJws("the algorithm is none of ours")
    if header.get("typ") != typ:
        raise MalformedJws("it says it is something else")
    if "cty" in header and header["cty"] != _CONTENT.get(typ):
        raise MalformedJws("it says it holds something else")
    if not _KID.fullmatch(header.get("kid", "")):
        raise MalformedJws("it names no key")
