"""Status lists as they leave the registry: sealed by its status key, and opened again, strictly.

`statuslist+jwt`   Token Status List as a JWT (draft-ietf-oauth-status-list section 5.1)
`statuslist+cwt`   the same as a CWT (section 5.2): COSE_Sign1 with its tag, typ in the protected header
`vc+jwt`           Bitstring Status List credential (W3C), one for revocation and one for suspension

A list stands under one address, PUBLIC/status/NUMBER, and is signed by a key that signs nothing but lists; so no
certificate passes as a list, nor a list as a certificate.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, NamedTuple

from verification.certificate import did_web
from verification.claims import VC_CONTEXT
from verification.envelopes.jws import MAX_LIST_BYTES, MalformedJws, open_jws, seal_jws, verify_jws
from verification.envelopes.signer import Signer
from verification.keys import good_signature
from verification.status_list import (
    BEST,
    Bitstring,
    MalformedStatusList,
    Status,
    StatusList,
    bitstring_of,
    decode_bitstring,
    decode_token_list,
    deflated,
    encode_bitstring,
    encode_token_list,
    inflated,
)
from verification.strict import NotStrict, read_cbor, write_cbor
from verification.trust import AttestationKey, KnownList, Trust

JWT_TYPE = "statuslist+jwt"
CWT_TYPE = "application/statuslist+cwt"
CREDENTIAL_TYPE = "vc+jwt"
MAX_CWT_BYTES = 4_259_840  # a list may unpack to 4 MiB; what does not compress, with room around it
CLOCK_SKEW = timedelta(minutes=5)  # between the registry's clock and the reader's
Purpose = Literal["revocation", "suspension"]
SAYS: Mapping[Purpose, frozenset[Status]] = {
    "revocation": frozenset({Status.WITHDRAWN, Status.SUPERSEDED}),
    "suspension": frozenset({Status.SUSPENDED}),
}
Why = Literal["malformed", "claims", "subject", "key_unknown", "key_not_sound", "signature", "in_future", "expired"]
_TAG_COSE_SIGN1 = 0xD2  # tag 18 (RFC 9052 section 4.2)
_ALG, _KID, _TYP, _EDDSA = 1, 4, 16, -8  # headers: RFC 9052, RFC 9596
_SUB, _EXP, _IAT, _LIST, _TTL = 2, 4, 6, 65533, 65534  # claims: RFC 8392, section 5.2
_KID_BYTES = 4
_LAST_LIST = 10_000_000
_LAST_MOMENT = 7_258_118_400  # 2200-01-01, as far as certificates speak
_LONGEST_TTL = 31_536_000  # a year
_STAMP = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")


class NoStatusList(Exception):
    """What is no list of this registry, or not one to believe. why: the kind of fault; the text says it in words."""

    def __init__(self, why: Why, says: str) -> None:
        super().__init__(says)
        self.why = why


class Issue(NamedTuple):
    """What a list is published with: its number, where, when, for how long.

    public_url  where the registry is reached, without a slash at the end
    ttl         seconds a verifier may keep it before it asks again
    lifetime    after which it is not to be believed any more
    effort      of compression, as zlib counts it
    """

    number: int
    public_url: str
    now: datetime
    ttl: int
    lifetime: timedelta
    effort: int = BEST

    @property
    def url(self) -> str:
        """The list's address, and its name."""
        return f"{self.public_url}/status/{self.number}"

    @property
    def issued(self) -> int:
        """The moment, in whole seconds."""
        return int(self.now.timestamp())

    @property
    def expires(self) -> int:
        """From when it is not to be believed, in whole seconds."""
        return self.issued + int(self.lifetime.total_seconds())


class OpenedList(NamedTuple):
    """A list that is the registry's own: its number, and what it says."""

    number: int
    known: KnownList


class OpenedBitstring(NamedTuple):
    """A Bitstring Status List that is the registry's own: its number, for what, and its bits."""

    number: int
    purpose: Purpose
    bits: Bitstring


# --- sealed ----------------------------------------------------------------------------------------------


def seal_list_jwt(given: StatusList, issue: Issue, sign: Signer) -> str:
    """The list as a Token Status List JWT."""
    return seal_jws(token_list_claims(given, issue), typ=JWT_TYPE, kid=_kid(issue.public_url, sign), sign=sign)


def token_list_claims(given: StatusList, issue: Issue) -> dict[str, Any]:
    """The payload of that JWT."""
    return {
        "sub": issue.url,
        "iat": issue.issued,
        "exp": issue.expires,
        "ttl": issue.ttl,
        "status_list": {"bits": given.bits, "lst": encode_token_list(given, issue.effort)},
    }


def seal_list_cwt(given: StatusList, issue: Issue, sign: Signer) -> bytes:
    """The list as a Token Status List CWT, as the standard's example is laid out: the key's id is not protected."""
    protected = write_cbor({_ALG: _EDDSA, _TYP: CWT_TYPE})
    payload = write_cbor(
        {
            _SUB: issue.url,
            _EXP: issue.expires,
            _IAT: issue.issued,
            _LIST: {"bits": given.bits, "lst": deflated(given, issue.effort)},
            _TTL: issue.ttl,
        }
    )
    signature = sign.sign(_to_be_signed(protected, payload))
    message = [protected, {_KID: bytes.fromhex(sign.key().kid)}, payload, signature]
    return bytes([_TAG_COSE_SIGN1]) + write_cbor(message)


def seal_bitstring(given: StatusList, purpose: Purpose, issue: Issue, sign: Signer) -> str:
    """The list as a Bitstring Status List credential for one purpose."""
    claims = bitstring_claims(given, purpose, issue)
    kid = _kid(issue.public_url, sign)
    return seal_jws(claims, typ=CREDENTIAL_TYPE, kid=kid, sign=sign, max_bytes=MAX_LIST_BYTES)


def bitstring_claims(given: StatusList, purpose: Purpose, issue: Issue) -> dict[str, Any]:
    """The payload of that credential, at PUBLIC/status/NUMBER/PURPOSE."""
    url = f"{issue.url}/{purpose}"
    return {
        "@context": [VC_CONTEXT],
        "id": url,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": did_web(issue.public_url),
        "validFrom": _stamp(issue.issued),
        "validUntil": _stamp(issue.expires),
        "credentialSubject": {
            "id": f"{url}#list",
            "type": "BitstringStatusList",
            "statusPurpose": purpose,
            "encodedList": encode_bitstring(bitstring_of(given, SAYS[purpose]), issue.effort),
        },
    }


# --- opened ----------------------------------------------------------------------------------------------


def open_status_list(data: str | bytes, trust: Trust, now: datetime) -> OpenedList:
    """A Token Status List of the registry that is trusted, as JWT or CWT; all of it checked.

    now  the moment, with its time zone

    Raises NoStatusList.
    """
    try:
        if isinstance(data, bytes) and data[:1] == bytes([_TAG_COSE_SIGN1]):
            return _open_cwt(data, trust, now)
        return _open_jwt(data if isinstance(data, str) else data.decode("ascii"), trust, now)
    except (NotStrict, MalformedJws, MalformedStatusList, UnicodeDecodeError) as fault:
        raise NoStatusList("malformed", str(fault)) from fault


def with_list(trust: Trust, data: str | bytes, now: datetime) -> Trust:
    """The trust with a fetched list in it; the same trust where it knows that list as well or better.

    Raises NoStatusList.
    """
    number, known = open_status_list(data, trust, now)
    before = trust.status_lists.get(number)
    # A fetched list tells whole seconds: of one second, it is the later one.
    if before is not None and before.issued_at.replace(microsecond=0) > known.issued_at:
        return trust
    return trust.model_copy(update={"status_lists": {**trust.status_lists, number: known}})


def open_bitstring(text: str, trust: Trust, now: datetime) -> OpenedBitstring:
    """A Bitstring Status List credential of the registry that is trusted; all of it checked. Raises NoStatusList."""
    try:
        opened = open_jws(text, typ=CREDENTIAL_TYPE, max_bytes=MAX_LIST_BYTES)
        key = _key_named(opened.kid, trust)
        if not verify_jws(opened, key.public_key):
            raise NoStatusList("signature", "it was not signed by the key it names")
        return _bitstring(opened.payload, key, trust, now)
    except (MalformedJws, MalformedStatusList) as fault:
        raise NoStatusList("malformed", str(fault)) from fault


def _open_jwt(text: str, trust: Trust, now: datetime) -> OpenedList:
    opened = open_jws(text, typ=JWT_TYPE)
    key = _key_named(opened.kid, trust)
    if not verify_jws(opened, key.public_key):
        raise NoStatusList("signature", "it was not signed by the key it names")
    match opened.payload:
        case {
            "sub": sub,
            "iat": iat,
            "exp": exp,
            "ttl": ttl,
            "status_list": {"bits": bits, "lst": lst, **more},
            **rest,
        }:
            _nothing_else(more, rest)
        case _:
            raise NoStatusList("claims", "it lacks sub, iat, exp, ttl or status_list with bits and lst")
    return _opened((sub, iat, exp, ttl), decode_token_list(lst, bits), key, trust, now)


def _open_cwt(data: bytes, trust: Trust, now: datetime) -> OpenedList:
    match read_cbor(data[1:], max_bytes=MAX_CWT_BYTES):
        case [bytes(protected), {4: bytes(kid), **beside}, bytes(payload), bytes(signature)] if not beside:
            pass
        case _:
            raise NoStatusList("malformed", "not a COSE_Sign1 with the key's id beside it")
    if read_cbor(protected, max_bytes=MAX_CWT_BYTES) != {_ALG: _EDDSA, _TYP: CWT_TYPE}:
        raise NoStatusList("malformed", f"it does not say {CWT_TYPE}, signed with Ed25519")
    key = trust.status_key(kid) if len(kid) == _KID_BYTES else None
    if key is None:
        raise NoStatusList("key_unknown", "it names no key that signs status lists here")
    if not good_signature(key.public_key, signature, _to_be_signed(protected, payload)):
        raise NoStatusList("signature", "it was not signed by the key it names")
    match read_cbor(payload, max_bytes=MAX_CWT_BYTES):
        case {2: sub, 6: iat, 4: exp, 65534: ttl, 65533: {"bits": bits, "lst": lst, **more}, **rest}:
            _nothing_else(more, rest)
        case _:
            raise NoStatusList("claims", "it lacks sub, iat, exp, ttl or the list with bits and lst")
    return _opened((sub, iat, exp, ttl), inflated(lst, bits), key, trust, now)


def _nothing_else(*members: Mapping[Any, Any]) -> None:
    if any(members):
        raise NoStatusList("claims", "it has a claim that our lists have not")


def _opened(
    claims: tuple[object, object, object, object],
    statuses: StatusList,
    key: AttestationKey,
    trust: Trust,
    now: datetime,
) -> OpenedList:
    sub, iat, exp, ttl = claims
    number = _number(sub, trust.public_url)
    if type(iat) is not int or type(exp) is not int or not 0 <= iat < exp <= _LAST_MOMENT:
        raise NoStatusList("claims", "iat and exp are not whole seconds, one after the other")
    if type(ttl) is not int or not 0 < ttl <= _LONGEST_TTL:
        raise NoStatusList("claims", "ttl is no number of seconds")
    issued, expires = datetime.fromtimestamp(iat, UTC), datetime.fromtimestamp(exp, UTC)
    _check_moments(issued, expires, key, now)
    return OpenedList(number, KnownList(statuses=statuses, issued_at=issued, ttl=ttl, expires_at=expires))


def _bitstring(claims: Mapping[str, Any], key: AttestationKey, trust: Trust, now: datetime) -> OpenedBitstring:
    """What was signed must be what we would write, but for the bits and the moments."""
    subject = claims.get("credentialSubject")
    wanted = subject.get("statusPurpose") if isinstance(subject, dict) else None
    purpose = next((each for each in SAYS if each == wanted), None)
    if purpose is None or not isinstance(subject, dict):
        raise NoStatusList("claims", "it is no list of revocations or suspensions")
    url = claims.get("id")
    if not isinstance(url, str) or not url.endswith(f"/{purpose}"):
        raise NoStatusList("subject", "it does not say which list it is")
    number = _number(url.removesuffix(f"/{purpose}"), trust.public_url)
    moments = [claims.get(name) for name in ("validFrom", "validUntil")]
    if not all(isinstance(moment, str) and _STAMP.fullmatch(moment) for moment in moments):
        raise NoStatusList("claims", "validFrom or validUntil is no moment")
    like = {
        "@context": [VC_CONTEXT],
        "id": url,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": did_web(trust.public_url),
        "validFrom": moments[0],
        "validUntil": moments[1],
        "credentialSubject": {
            "id": f"{url}#list",
            "type": "BitstringStatusList",
            "statusPurpose": purpose,
            "encodedList": subject.get("encodedList"),
        },
    }
    if claims != like:
        raise NoStatusList("claims", "it is not written as our lists are")
    try:
        issued, expires = (datetime.fromisoformat(str(moment)) for moment in moments)
    except ValueError as fault:
        raise NoStatusList("claims", "validFrom or validUntil is no moment") from fault
    _check_moments(issued, expires, key, now)
    return OpenedBitstring(number, purpose, decode_bitstring(subject.get("encodedList")))


def _number(url: object, public_url: str) -> int:
    """The number in a list's address. Raises NoStatusList for another registry's, and for what is none."""
    start = f"{public_url}/status/"
    digits = url.removeprefix(start) if isinstance(url, str) and url.startswith(start) else ""
    if not re.fullmatch("0|[1-9][0-9]{0,7}", digits) or int(digits) > _LAST_LIST:
        raise NoStatusList("subject", "it is not the list of an address of this registry")
    return int(digits)


def _key_named(kid: str, trust: Trust) -> AttestationKey:
    name = kid.removeprefix(f"{did_web(trust.public_url)}#")
    key = next((key for key in trust.status_keys if key.kid == name), None) if name != kid else None
    if key is None:
        raise NoStatusList("key_unknown", "it names no key that signs status lists here")
    return key


def _check_moments(issued: datetime, expires: datetime, key: AttestationKey, now: datetime) -> None:
    # Whoever has a stolen key can write any date, so its lists prove nothing, whenever they say they were made.
    if key.compromised_since is not None:
        raise NoStatusList("key_not_sound", "the key that signed it is known to be compromised")
    if issued < key.not_before or (key.retired_at is not None and issued > key.retired_at):
        raise NoStatusList("key_not_sound", "the key that signed it was not in use when it was made")
    if issued > now + CLOCK_SKEW:
        raise NoStatusList("in_future", "it was made later than now")
    if now >= expires:
        raise NoStatusList("expired", "it is too old to be believed")


def _to_be_signed(protected: bytes, payload: bytes) -> bytes:
    """The Sig_structure of RFC 9052 section 4.4, without external data."""
    return write_cbor(["Signature1", protected, b"", payload])


def _kid(public_url: str, sign: Signer) -> str:
    return f"{did_web(public_url)}#{sign.key().kid}"


def _stamp(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
