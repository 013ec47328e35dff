"""What is to be signed with a key that the registry does not hold, and what comes back. Files, or bodies of requests.

A request has the exact bytes under each signature: header and payload of a `vc+jwt`. Whoever signs reads from those
bytes what the certificates say, and signs nothing that is not understood, or that is not the organisation's own.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Final, Literal, NamedTuple

from pydantic import Field

from registry.errors import MalformedInput, SigningOutdated
from registry.records.strict_input import StrictInput
from verification.certificate import NUMBER_BYTES, Certificate, did_web
from verification.claims import MalformedCertificate
from verification.envelopes.jws import MAX_BYTES, MalformedJws, open_jws
from verification.envelopes.signer import Signer
from verification.keys import SIGNATURE_BYTES, goes_by, thumbprint
from verification.organisation_certificate import OrganisationCertificate
from verification.organisation_claims import read_any_claims
from verification.presented import CERTIFICATE_TYPE
from verification.strict import encode_base64url

REQUEST: Final = "bevis-to-sign/1"
ANSWER: Final = "bevis-signed/1"
MOST: Final = 10_000  # certificates in one file
MOST_BYTES: Final = 100_000_000
NUMBER: Final = rf"^[0-9A-HJKMNP-TV-Z]{{{NUMBER_BYTES * 8 // 5}}}$"
_Text = Annotated[str, Field(max_length=300, pattern=r"^[!-~]+$")]
_NO_SIGNATURE = encode_base64url(bytes(SIGNATURE_BYTES))


class ToSign(StrictInput):
    """One certificate; input: header, dot, payload."""

    number: Annotated[str, Field(pattern=NUMBER)]
    input: Annotated[str, Field(max_length=MAX_BYTES, pattern=r"^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$")]


class SigningRequest(StrictInput):
    """Certificates of one batch.

    kid, key  what the key is called in the registry, and its thumbprint (RFC 7638)
    digest    of what a second person has approved; None where nobody had to
    until     after that moment it is too late
    """

    format: Literal["bevis-to-sign/1"] = REQUEST
    registry: _Text
    organisation: _Text
    kid: _Text
    key: _Text
    batch: _Text
    digest: _Text | None
    until: _Text
    to_sign: Annotated[list[ToSign], Field(min_length=1, max_length=MOST)]


class Signature(StrictInput):
    """Of one certificate, in base64url."""

    number: Annotated[str, Field(pattern=NUMBER)]
    signature: Annotated[str, Field(max_length=100, pattern=r"^[A-Za-z0-9_-]+$")]


class Signed(StrictInput):
    """Signatures under certificates of one batch; all of those asked for, or some."""

    format: Literal["bevis-signed/1"] = ANSWER
    kid: _Text
    batch: _Text
    digest: _Text | None
    signatures: Annotated[list[Signature], Field(min_length=1, max_length=MOST)]


def check_until(until: str, now: datetime) -> None:
    """Whether what is signed now would still be taken. Raises SigningOutdated, MalformedInput for what is no moment."""
    try:
        last = datetime.strptime(until, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError as fault:
        raise MalformedInput([("until", "is no moment such as 2026-03-01T14:00:00Z")]) from fault
    if now > last:
        raise SigningOutdated(f"it was to be signed and handed in until {until}; ask the registry for it again")


class Understood(NamedTuple):
    """A certificate that is to be signed, and the bytes that are."""

    said: Certificate | OrganisationCertificate
    signed: bytes


def understood(request: SigningRequest, public_key: bytes) -> Sequence[Understood]:
    """What the certificates of a request say, from the bytes that would be signed.

    Raises MalformedInput where it is not for this key, or where anything in it is no certificate of its organisation.
    """
    if request.key != thumbprint(public_key):
        raise MalformedInput([("key", "is not the key in your file; it asks for another key's signature")])
    found = [_understood(one, place, request, public_key) for place, one in enumerate(request.to_sign)]
    numbers = [each.said.number for each in found]
    if len(set(numbers)) != len(numbers):
        raise MalformedInput([("to_sign", "asks twice for the same certificate")])
    return found


def _understood(one: ToSign, place: int, request: SigningRequest, public_key: bytes) -> Understood:
    path, did = f"to_sign[{place}].input", did_web(request.registry, request.organisation)
    try:
        opened = open_jws(f"{one.input}.{_NO_SIGNATURE}", typ=CERTIFICATE_TYPE)
        stated = read_any_claims(opened.payload)
    except (MalformedJws, MalformedCertificate) as fault:
        raise MalformedInput([(path, f"is no certificate: {fault}")]) from fault
    said = stated.certificate
    if not goes_by(public_key, opened.header["alg"]) or opened.kid != f"{did}#{request.kid}":
        raise MalformedInput([(path, "is not to be signed with this key")])
    if (said.issuer.id, stated.issuer_did, said.number) != (request.organisation, did, one.number):
        raise MalformedInput([(path, "is not the certificate that the request says it is")])
    return Understood(said, opened.signed)


def sign_all(request: SigningRequest, certificates: Sequence[Understood], signer: Signer) -> Signed:
    """On the issuer's machine."""
    return Signed(
        kid=request.kid,
        batch=request.batch,
        digest=request.digest,
        signatures=[
            Signature(number=each.said.number, signature=encode_base64url(signer.sign(each.signed)))
            for each in certificates
        ],
    )
