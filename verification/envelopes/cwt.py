"""The compact token in the QR code: an untagged COSE_Sign1 (RFC 9052) that carries a CWT (RFC 8392).

Claims: 1 iss (the issuer's short id), 4 exp (left out where there is no end), 5 nbf, 7 cti (the 10 bytes of
the number) and one private claim, -65537: name, birth, scheme, level, place in the status lists, log index,
then restrictions and scope classes where there are any. Birth is a year, or [year, month, day], or null.
"""

import hashlib
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from pydantic import ConfigDict, TypeAdapter, ValidationError

from levels.level import Level
from verification.certificate import (
    EARLIEST,
    LATEST,
    Certificate,
    Code,
    Name,
    StatusPlace,
    end_of,
    new_number,
    number_bytes,
    start_of,
)
from verification.envelopes.signer import Signer
from verification.keys import ED25519_BYTES, good_signature
from verification.strict import NotStrict, read_cbor, write_cbor

MAX_TOKEN_BYTES = 1200  # what a QR code of the densest printable kind could hold; a typical token has 170
KEY_ID_BYTES = 4
# Of a code's digest. Each place in the log has one, so that who forges must meet that one and not any of them.
CODE_DIGEST_BYTES = 8
_ISS, _EXP, _NBF, _CTI, _FACTS = 1, 4, 5, 7, -65537
_CLAIMS = frozenset({_ISS, _NBF, _CTI, _FACTS})
_CLAIMS_WITH_END = _CLAIMS | {_EXP}
_FEWEST, _MOST = 6, 8
_LONGEST_LIST = 40
_DEEPEST = 4
# The bytes that every token has around what differs, as RFC 9052 lays them: an array of four with the protected header
# {1: -8, 4: key id}, an empty unprotected header, the payload and 64 bytes of signature.
_HEAD = bytes.fromhex("84 49 a2 01 27 04 44")
_UNPROTECTED = len(_HEAD) + KEY_ID_BYTES
_SIGNATURE_HEAD = bytes.fromhex("58 40")
_TAIL = len(_SIGNATURE_HEAD) + 64
_EMPTY_MAP, _EMPTY_BYTES, _ONE_BYTE_LENGTH, _TWO_BYTE_LENGTH = 0xA0, b"\x40", 0x58, 0x59
_ONE_BYTE_LENGTHS, _TWO_BYTE_LENGTHS = range(24, 256), range(256, MAX_TOKEN_BYTES)  # the shortest form of each
_CONTEXT = b"\x84\x6aSignature1"  # how the Sig_structure begins
# A day more on either side: the first and the last day begin and end in a time zone.
_FIRST_SECOND = int(datetime.combine(EARLIEST - timedelta(days=1), datetime.min.time(), UTC).timestamp())
_LAST_SECOND = int(datetime.combine(LATEST + timedelta(days=3), datetime.min.time(), UTC).timestamp()) - 1
_LAST_LOG_INDEX = 2**53 - 1
_STRICT = ConfigDict(strict=True)
_name: Callable[[object], str] = TypeAdapter(Name, config=_STRICT).validator.validate_python
_code: Callable[[object], str] = TypeAdapter(Code, config=_STRICT).validator.validate_python
_LEVELS: Mapping[str, Level] = {level.value: level for level in Level}


class MalformedCwt(Exception):
    """Bytes that are not exactly one compact token as we write them."""


class CompactToken(NamedTuple):
    """What the QR code says. Moments are UTC, whole seconds.

    not_before  first instant of the first day it is valid
    expires     first instant after the last day; None = no end
    birth       the year, the full date, or None where the scheme says so
    """

    issuer: str
    number: str
    not_before: datetime
    expires: datetime | None
    holder_name: str
    birth: int | date | None
    scheme: str
    level: Level
    status: StatusPlace
    log_index: int | None = None
    restrictions: tuple[str, ...] = ()
    scope_classes: tuple[str, ...] = ()


class OpenedCwt(NamedTuple):
    """A token taken apart, its signature **not** checked yet; kid is 4 bytes."""

    kid: bytes
    token: CompactToken
    signed: bytes
    signature: bytes


def compact_token(certificate: Certificate, log_index: int | None = None) -> CompactToken:
    """What the QR code of a certificate says: a pure function of the certificate and its place in the log.

    Raises MalformedCwt for a certificate about an organisation: a code is held up by a person.
    """
    said = certificate
    if said.subject != "person":
        raise MalformedCwt("a code is made of a person's certificate only")
    year = said.birth_date.year if said.birth_date else said.birth_year
    return CompactToken(
        issuer=said.issuer.id,
        number=said.number,
        not_before=start_of(said.valid_from, said.time_zone),
        expires=end_of(said.valid_until, said.time_zone) if said.valid_until else None,
        holder_name=said.holder_name,
        birth={"none": None, "year": year, "date": said.birth_date}[said.birth_in_code],
        scheme=said.scheme,
        level=said.level,
        status=said.status,
        log_index=log_index,
        restrictions=said.restrictions,
        scope_classes=said.scope_classes,
    )


def seal_cwt(token: CompactToken, kid: bytes, sign: Signer) -> bytes:
    """The signed token, about 170 bytes; kid is the 4 bytes the attestation key is published under.

    Raises MalformedCwt if it would not be read back as it is (a text too long, a date out of range).
    """
    sealed = signed_cwt(token, kid, sign)
    if open_cwt(sealed).token != token:
        raise MalformedCwt("the token cannot say this")
    return sealed


def signed_cwt(token: CompactToken, kid: bytes, sign: Signer) -> bytes:
    """The same for whoever reads the result back before anybody gets it."""
    if len(kid) != KEY_ID_BYTES or sign.key().alg != "EdDSA":
        raise MalformedCwt(f"a token is signed with Ed25519, by a key with an id of {KEY_ID_BYTES} bytes")
    head, payload = _HEAD + kid, write_cbor(write_cbor(_claims(token)))
    signature = sign.sign(_to_be_signed(head, payload))
    return head + bytes([_EMPTY_MAP]) + payload + _SIGNATURE_HEAD + signature


def signed_part(token: CompactToken, kid: bytes) -> bytes:
    """What the key of that id signs where it signs this token: `OpenedCwt.signed`."""
    return _to_be_signed(_HEAD + kid, write_cbor(write_cbor(_claims(token))))


def code_digest(signed: bytes) -> bytes:
    """By which a code is known again among those that a key may have signed; see `trust.Survivors`."""
    return hashlib.sha256(b"bevis/v1/code\0" + signed).digest()[:CODE_DIGEST_BYTES]


def open_cwt(data: bytes) -> OpenedCwt:
    """Read a token strictly; the signature is checked by `verify_cwt`. Raises MalformedCwt."""
    if len(data) > MAX_TOKEN_BYTES:
        raise MalformedCwt(f"longer than {MAX_TOKEN_BYTES} bytes")
    begin = _UNPROTECTED + 1
    # Compared byte by byte, there is no second spelling: no tag, no other header, no longer form of a length.
    if (
        not data.startswith(_HEAD)
        or data[_UNPROTECTED : _UNPROTECTED + 1] != b"\xa0"
        or data[-_TAIL : 2 - _TAIL] != _SIGNATURE_HEAD
    ):
        raise MalformedCwt("not an untagged COSE_Sign1 of Ed25519 with a key id of 4 bytes")
    payload = data[begin:-_TAIL]
    try:
        token = _token(read_cbor(_content(payload), max_bytes=MAX_TOKEN_BYTES, max_depth=_DEEPEST))
    except NotStrict as fault:
        raise MalformedCwt(str(fault)) from fault
    except (ValidationError, ValueError, OverflowError) as fault:
        raise MalformedCwt("a claim is missing or of another kind") from fault
    head = data[:_UNPROTECTED]
    return OpenedCwt(head[-KEY_ID_BYTES:], token, _to_be_signed(head, payload), data[-64:])


def verify_cwt(opened: OpenedCwt, public_key: bytes) -> bool:
    """Whether the signature is that key's; 32 raw bytes of Ed25519, for no other algorithm signs a token."""
    return len(public_key) == ED25519_BYTES and good_signature(public_key, opened.signature, opened.signed)


def _content(payload: bytes) -> bytes:
    """The bytes in a byte string of CBOR, its length in the shortest form. Raises MalformedCwt."""
    if len(payload) > 1 and payload[0] == _ONE_BYTE_LENGTH and payload[1] == len(payload) - 2 in _ONE_BYTE_LENGTHS:
        return payload[2:]
    if len(payload) > 2 and payload[0] == _TWO_BYTE_LENGTH:  # noqa: PLR2004 its head
        length = int.from_bytes(payload[1:3], "big")
        if length == len(payload) - 3 and length in _TWO_BYTE_LENGTHS:
            return payload[3:]
    raise MalformedCwt("the payload is no byte string of that length")


def _to_be_signed(head: bytes, payload: bytes) -> bytes:
    """The Sig_structure of RFC 9052 section 4.4, without external data.

    head     the token up to its protected header, whose byte string stands in the structure as it does there
    payload  its byte string, with its length
    """
    return _CONTEXT + head[1:] + _EMPTY_BYTES + payload


def _claims(token: CompactToken) -> dict[int, Any]:
    birth = token.birth
    facts: list[Any] = [
        token.holder_name,
        [birth.year, birth.month, birth.day] if isinstance(birth, date) else birth,
        token.scheme,
        token.level.value,
        [token.status.list, token.status.index],
        token.log_index,
    ]
    if token.restrictions or token.scope_classes:
        facts.append(list(token.restrictions))
    if token.scope_classes:
        facts.append(list(token.scope_classes))
    claims: dict[int, Any] = {_ISS: token.issuer}
    if token.expires is not None:
        claims[_EXP] = _seconds(token.expires)
    claims |= {_NBF: _seconds(token.not_before), _CTI: number_bytes(token.number), _FACTS: facts}
    return claims


def _token(claims: object) -> CompactToken:
    """What the claims say; whatever `_claims` would not write again is refused."""
    if not isinstance(claims, dict) or claims.keys() not in (_CLAIMS, _CLAIMS_WITH_END):
        raise MalformedCwt("not the claims of a token")
    facts, number = claims[_FACTS], claims[_CTI]
    if type(facts) is not list or not _FEWEST <= len(facts) <= _MOST or type(number) is not bytes:
        raise MalformedCwt("the private claim has not its six to eight parts, or the number is not bytes")
    # What is empty is left out.
    if len(facts) > _FEWEST and not facts[-1]:
        raise MalformedCwt("an empty list")
    name, birth, scheme, level, place, log_index, *more = facts
    if log_index is not None and (type(log_index) is not int or not 0 <= log_index <= _LAST_LOG_INDEX):
        raise MalformedCwt("the log index is no place in a log")
    if type(level) is not str or level not in _LEVELS or type(place) is not list or len(place) != 2:  # noqa: PLR2004
        raise MalformedCwt("the level or the place in the lists is none")  # a place is two numbers: list and index
    return CompactToken(
        issuer=_code(claims[_ISS]),
        number=new_number(number),
        not_before=_moment(claims[_NBF]),
        expires=_moment(claims[_EXP]) if _EXP in claims else None,
        holder_name=_name(name),
        birth=birth if birth is None else _birth(birth),
        scheme=_code(scheme),
        level=_LEVELS[level],
        status=StatusPlace(list=place[0], index=place[1]),
        log_index=log_index,
        restrictions=_texts(more[0]) if more else (),
        scope_classes=_texts(more[1]) if len(more) > 1 else (),
    )


def _birth(given: object) -> int | date:
    """A year, or [year, month, day]."""
    if type(given) is int and EARLIEST.year <= given <= LATEST.year:
        return given
    match given:
        case [year, month, day] if type(year) is type(month) is type(day) is int:
            born = date(year, month, day)
            if EARLIEST <= born <= LATEST:
                return born
    raise MalformedCwt("birth is neither a year nor a date, or lies too far away")


def _texts(given: object) -> tuple[str, ...]:
    if type(given) is not list or len(given) > _LONGEST_LIST:
        raise MalformedCwt("not a list of texts")
    return tuple(_name(text) for text in given)


def _moment(seconds: object) -> datetime:
    if type(seconds) is not int:
        raise MalformedCwt("a date is not in whole seconds")
    if not _FIRST_SECOND <= seconds <= _LAST_SECOND:
        raise MalformedCwt("a date lies too far away")
    return datetime.fromtimestamp(seconds, UTC)


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())
