"""Certificates whose issuer signs on its own machine: how long that may take, and whether what comes back is right."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple, Protocol

from registry.errors import KeySignsNoMore, SignatureRejected, SigningOutdated
from registry.records.parties.signing_keys import SigningKey, key_by_kid
from registry.records.store.database import Database
from registry.signing.signing_request import Signed
from verification.certificate import Certificate, display_number
from verification.claims import MalformedCertificate, Stated
from verification.envelopes.jws import MalformedJws, OpenedJws, open_jws, verify_jws
from verification.organisation_claims import read_any_claims
from verification.presented import CERTIFICATE_TYPE

# A certificate says when it was issued; a day after that its place in the log would not bear it out.
HOLDS: Final = timedelta(hours=24)


class Written(Protocol):
    """What was handed out: the number it will have, the key that is to sign, and header, dot and payload."""

    number: str
    kid: str
    signed_part: str
    made_at: datetime


class Returned(NamedTuple):
    """One that came back whole, whatever it is about."""

    opened: OpenedJws
    stated: Stated


class CameBack(NamedTuple):
    """One that came back whole."""

    opened: OpenedJws
    said: Certificate


def in_time(made_at: datetime) -> str:
    """Until when the signature of what was written then is taken."""
    return (made_at + HOLDS).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def check_in_time(made_at: datetime, now: datetime, what_to_do: str) -> None:
    """Raises SigningOutdated."""
    if now > made_at + HOLDS:
        raise SigningOutdated(f"it was to be handed in until {in_time(made_at)}; {what_to_do}")


def by_number(given: Signed, meant: str) -> Mapping[str, str]:
    """The signatures that were handed in, by number; meant: what they are for. Raises SignatureRejected."""
    if given.batch != meant:
        raise SignatureRejected(f"they were made for {given.batch}")
    found = {one.number: one.signature for one in given.signatures}
    if len(found) != len(given.signatures):
        raise SignatureRejected("two signatures for one certificate")
    return found


def key_that_signed(db: Database, asked: str, given: str, now: datetime) -> SigningKey:
    """The key that was asked to sign, if it still may. Raises SignatureRejected, KeySignsNoMore."""
    if given != asked:
        raise SignatureRejected(f"{asked} was to sign, not {given}")
    key = key_by_kid(db, asked)
    if key.compromised_since is not None:
        raise KeySignsNoMore(f"{asked} is reported as compromised since {key.compromised_since:%Y-%m-%d %H:%M} UTC")
    if not key.signs_at(now):
        raise KeySignsNoMore(f"{asked} was retired at {key.retired_at:%Y-%m-%d %H:%M} UTC")
    return key


def came_back(one: Written, signature: str, key: SigningKey) -> CameBack:
    """The certificate about a person, read from its text. Raises SignatureRejected."""
    opened, stated = returned(one, signature, key)
    if not isinstance(stated.certificate, Certificate):
        raise SignatureRejected(f"{display_number(one.number)} is about no person")
    return CameBack(opened, stated.certificate)


def returned(one: Written, signature: str, key: SigningKey) -> Returned:
    """The certificate, read from its text. Raises SignatureRejected."""
    number = display_number(one.number)
    try:
        opened = open_jws(f"{one.signed_part}.{signature}", typ=CERTIFICATE_TYPE)
    except MalformedJws as fault:
        raise SignatureRejected(f"{number}: {fault}") from fault
    if not verify_jws(opened, key.public_key):
        raise SignatureRejected(
            f"{number}: the signature is not that of {key.kid} over what was handed out; the text was changed, or "
            "another key has signed"
        )
    try:
        stated = read_any_claims(opened.payload)
    except MalformedCertificate as fault:  # what was handed out could be read; the record was changed
        raise SignatureRejected(f"{number}: {fault}") from fault
    return Returned(opened, stated)
