"""That whoever registers a public key holds its private half: a statement of ours, signed with it.

The statement names registry, organisation and key, and ends soon. Nothing is kept of it: a keyed digest over all that
it says shows that it is ours. A key is registered once, so that a statement which was used cannot be used again.
"""

import hmac
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from registry.errors import ChallengeEnded, MalformedInput, PossessionNotProven
from registry.records.strict_input import StrictInput
from registry.signing.keys import Keyring
from verification.envelopes.signer import Signer
from verification.keys import WeakKey, good_signature, public_jwk, public_key_from_jwk, thumbprint
from verification.strict import NotStrict, decode_base64url, encode_base64url

CHALLENGE: Final = "bevis-possession/1"
LIVES: Final = timedelta(hours=24)  # a key may lie where people go once a day
_MOMENT: Final = "%Y-%m-%dT%H:%M:%SZ"
_Text = Annotated[str, Field(max_length=300, pattern=r"^[!-~]+$")]


class Challenge(StrictInput):
    """What the holder of a key is to sign; until: after that moment it is too late; nonce: that it is ours."""

    format: Literal["bevis-possession/1"] = CHALLENGE
    registry: _Text
    organisation: _Text
    jwk: dict[_Text, _Text]
    until: _Text
    nonce: _Text

    def public_key(self) -> bytes:
        """The key. Raises MalformedInput."""
        return sound_key(self.jwk)

    def statement(self) -> bytes:
        """The bytes that are signed: lines that people can read, and that nothing else we sign can be taken for."""
        return (
            f"{self.format}\nI hold the private half of this key.\nregistry: {self.registry}\n"
            f"organisation: {self.organisation}\nkey: {thumbprint(self.public_key())}\nuntil: {self.until}\n"
            f"nonce: {self.nonce}\n"
        ).encode()


class SignedChallenge(Challenge):
    """The same, signed."""

    signature: _Text


def sound_key(jwk: Any) -> bytes:  # noqa: ANN401 whatever somebody sent
    """A public key as it is kept. Raises MalformedInput."""
    try:
        key = public_key_from_jwk(jwk)
    except WeakKey as fault:
        raise MalformedInput([("jwk", str(fault))]) from fault
    return key


def new_challenge(keyring: Keyring, public_url: str, organisation: str, public_key: bytes, now: datetime) -> Challenge:
    """What is to be signed for that key to become that organisation's."""
    until = (now + LIVES).astimezone(UTC).strftime(_MOMENT)
    blank = Challenge(
        registry=public_url, organisation=organisation, jwk=public_jwk(public_key), until=until, nonce="-"
    )
    return blank.model_copy(update={"nonce": _nonce(keyring, blank)})


def sign_challenge(challenge: Challenge, signer: Signer) -> SignedChallenge:
    """On the holder's machine."""
    said = challenge.model_dump(include=set(Challenge.model_fields))
    return SignedChallenge(**said, signature=encode_base64url(signer.sign(challenge.statement())))


def check_possession(
    keyring: Keyring, public_url: str, organisation: str, given: SignedChallenge, now: datetime
) -> bytes:
    """The key whose holder has signed what we asked for. Raises PossessionNotProven, ChallengeEnded, MalformedInput."""
    key = given.public_key()
    blank = given.model_copy(update={"nonce": "-"})
    if not hmac.compare_digest(_nonce(keyring, blank).encode(), given.nonce.encode()):
        raise PossessionNotProven("this registry did not ask for that, or it was changed since")
    if (given.registry, given.organisation) != (public_url, organisation):
        raise PossessionNotProven(f"it was asked for {given.organisation} at {given.registry}")
    try:
        signature = decode_base64url(given.signature)
    except NotStrict as fault:
        raise PossessionNotProven(f"signature is {fault}") from fault
    if not good_signature(key, signature, given.statement()):
        raise PossessionNotProven("the signature is not that key's")
    if now > datetime.strptime(given.until, _MOMENT).replace(tzinfo=UTC):
        raise ChallengeEnded(f"it was to be signed and handed in until {given.until}; ask for another")
    return key


def _nonce(keyring: Keyring, blank: Challenge) -> str:
    return encode_base64url(keyring.keyed_digest(b"possession\n" + blank.statement()))
