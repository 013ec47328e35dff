"""Who signs: anything that names its key and signs bytes, wherever the private key is kept."""

from dataclasses import dataclass
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


@dataclass(frozen=True, slots=True)
class KeyRef:
    """kid: what the key is called in a header; alg: the JOSE name of its one algorithm."""

    kid: str
    alg: str = "EdDSA"


class Signer(Protocol):
    """A file, a database or a hardware module fits behind these two methods."""

    def key(self) -> KeyRef:
        """Which key it is."""
        ...

    def sign(self, data: bytes) -> bytes:
        """The 64 bytes of an Ed25519 signature (RFC 8032) over `data`."""
        ...


def good_signature(public_key: bytes, signature: bytes, data: bytes) -> bool:
    """Whether Ed25519 verifies; `public_key` is 32 raw bytes that `check_public_key` has let pass."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, data)
    except (InvalidSignature, ValueError):
        return False
    return True
