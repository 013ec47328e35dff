"""Who signs: anything that names its key and signs bytes, wherever the private key is kept."""

from dataclasses import dataclass
from typing import Protocol

from verification.keys import Algorithm


@dataclass(frozen=True, slots=True)
class KeyRef:
    """kid: what the key is called in a header; alg: the JOSE name of its one algorithm."""

    kid: str
    alg: Algorithm = "EdDSA"


class Signer(Protocol):
    """A file, a database or a hardware module fits behind these two methods."""

    def key(self) -> KeyRef:
        """Which key it is."""
        ...

    def sign(self, data: bytes) -> bytes:
        """The 64 bytes of a signature over `data`: Ed25519 (RFC 8032), or r and s of ES256 (RFC 7518 section 3.4)."""
        ...
