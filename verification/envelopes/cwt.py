"""The compact token in the QR code: an untagged COSE_Sign1 (RFC 9052) that carries a CWT (RFC 8392).

Claims: 1 iss (the issuer's short id), 4 exp (left out where there is no end), 5 nbf, 7 cti (the 10 bytes of
the number) and one private claim, -65537: name, birth, scheme, level, place in the status lists, log index,
then restrictions and scope classes where there are any. Birth is a year, or [year, month, day], or null.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, NoReturn

import cbor2
from pydantic import TypeAdapter, ValidationError

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
from verification.envelopes.signer import Signer, good_signature

MAX_TOKEN_BYTES = 1200  # what a QR code of the densest printable kind could hold; a typical token has 170
KEY_ID_BYTES = 4
_ISS, _EXP, _NBF, _CTI, _FACTS = 1, 4, 5, 7, -65537
_ALG, _KID, _EDDSA = 1, 4, -8
_FEWEST, _MOST = 6, 8
_LONGEST_LIST = 40
# None of these has a place in a token, and some (bigfloats) take long to decode: refused before they are read.
_TAGS = (0, 1, 2, 3, 4, 5, 25, 28, 29, 30, 35, 36, 37, 52, 54, 100, 256, 258, 260, 261, 1004, 43000, 55799)
_NAME: TypeAdapter[str] = TypeAdapter(Name)
_CODE: TypeAdapter[str] = TypeAdapter(Code)


class MalformedCwt(Exception):
    """Bytes that are not exactly one compact token as we write them."""


@dataclass(frozen=True, slots=True)
class CompactToken:
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


@dataclass(frozen=True, slots=True)
class OpenedCwt:
    """A token taken apart, its signature **not** checked yet; kid is 4 bytes."""

    kid: bytes
    token: CompactToken
    signed: bytes
    signature: bytes


def compact_token(certificate: Certificate, log_index: int | None = None) -> CompactToken:
    """What the QR code of a certificate says: a pure function of the certificate and its place in the log."""
    said = certificate
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
    if len(kid) != KEY_ID_BYTES:
        raise MalformedCwt("a key id has 4 bytes")
    protected = _dump({_ALG: _EDDSA, _KID: kid})
    payload = _dump(_claims(token))
    signature = sign.sign(_to_be_signed(protected, payload))
    sealed = _dump([protected, {}, payload, signature])
    if open_cwt(sealed).token != token:
        raise MalformedCwt("the token cannot say this")
    return sealed


def open_cwt(data: bytes) -> OpenedCwt:
    """Read a token strictly; the signature is checked by `verify_cwt`. Raises MalformedCwt."""
    if len(data) > MAX_TOKEN_BYTES:
        raise MalformedCwt(f"longer than {MAX_TOKEN_BYTES} bytes")
    match _load(data):
        case [bytes(protected), {}, bytes(payload), bytes(signature)] if len(signature) == 64:  # noqa: PLR2004 Ed25519
            pass
        case _:
            raise MalformedCwt("not an untagged COSE_Sign1")
    match _load(protected):
        case {1: -8, 4: bytes(kid), **others} if len(kid) == KEY_ID_BYTES and not others:
            pass
        case _:
            raise MalformedCwt("not a header of Ed25519 with a key id of 4 bytes")
    claims = _load(payload)
    try:
        token = _token(claims)
        again = _dump([_dump({_ALG: _EDDSA, _KID: kid}), {}, _dump(_claims(token)), signature])
    except MalformedCwt:
        raise
    except (ValidationError, KeyError, IndexError, TypeError, ValueError, OverflowError, OSError) as fault:
        raise MalformedCwt("a claim is missing or of another kind") from fault
    # What was read, written again, must be the very bytes: no other spelling, nothing unknown, nothing after it.
    if again != data:
        raise MalformedCwt("not written the one way a token is written")
    return OpenedCwt(kid, token, _to_be_signed(protected, payload), signature)


def verify_cwt(opened: OpenedCwt, public_key: bytes) -> bool:
    """Whether the signature is that key's; 32 raw bytes of Ed25519."""
    return good_signature(public_key, opened.signature, opened.signed)


def _to_be_signed(protected: bytes, payload: bytes) -> bytes:
    """The Sig_structure of RFC 9052 section 4.4, without external data."""
    return _dump(["Signature1", protected, b"", payload])


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


def _token(claims: Mapping[int, Any]) -> CompactToken:
    facts = claims[_FACTS]
    if not isinstance(facts, list) or not _FEWEST <= len(facts) <= _MOST:
        raise MalformedCwt("the private claim has not its six to eight parts")
    name, birth, scheme, level, (list_number, index), log_index, *more = facts
    restrictions, scope_classes = [*more, [], []][:2]
    if log_index is not None and (type(log_index) is not int or not 0 <= log_index < 2**53):
        raise MalformedCwt("the log index is no place in a log")
    return CompactToken(
        issuer=_CODE.validate_python(claims[_ISS], strict=True),
        number=new_number(claims[_CTI]),
        not_before=_moment(claims[_NBF]),
        expires=_moment(claims[_EXP]) if _EXP in claims else None,
        holder_name=_NAME.validate_python(name, strict=True),
        birth=_birth(birth),
        scheme=_CODE.validate_python(scheme, strict=True),
        level=Level(level),
        status=StatusPlace(list=list_number, index=index),
        log_index=log_index,
        restrictions=_texts(restrictions),
        scope_classes=_texts(scope_classes),
    )


def _birth(given: object) -> int | date | None:
    match given:
        case None:
            return None
        case [int(year), int(month), int(day)] if EARLIEST.year <= year <= LATEST.year:
            return date(year, month, day)
        case int(year) if EARLIEST.year <= year <= LATEST.year:
            return year
    raise MalformedCwt("birth is neither a year nor a date")


def _texts(given: object) -> tuple[str, ...]:
    if not isinstance(given, list) or len(given) > _LONGEST_LIST:
        raise MalformedCwt("not a list of texts")
    return tuple(_NAME.validate_python(text, strict=True) for text in given)


def _moment(seconds: object) -> datetime:
    if type(seconds) is not int:
        raise MalformedCwt("a date is not in whole seconds")
    moment = datetime.fromtimestamp(seconds, UTC)
    # A day more on either side: the first and the last day begin and end in a time zone.
    if not EARLIEST - timedelta(days=1) <= moment.date() <= LATEST + timedelta(days=2):
        raise MalformedCwt("a date lies too far away")
    return moment


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def _dump(value: object) -> bytes:
    return cbor2.dumps(value, canonical=True)


def _refuse(*_: object) -> NoReturn:
    raise MalformedCwt("a tag has no place in a token")


def _load(data: bytes) -> Any:  # noqa: ANN401 whatever the bytes say; the caller looks
    try:
        return cbor2.loads(
            data,
            allow_duplicate_keys=False,
            allow_indefinite=False,
            max_depth=5,
            semantic_decoders=dict.fromkeys(_TAGS, _refuse),
        )
    except (cbor2.CBORError, ValueError, TypeError, OverflowError, RecursionError) as fault:
        raise MalformedCwt("not CBOR") from fault
