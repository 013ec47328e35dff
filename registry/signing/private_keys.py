"""Private keys as such: made, turned into the bytes that are sealed and back, and used to sign. Knows no records.

Only here are they seen. A signer may be lent to another process of the same registry: through a pipe, in memory alone.
"""

from contextlib import suppress
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    derive_private_key,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as generate_rsa_key
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
)
from cryptography.x509 import CertificateBuilder

from verification.envelopes.signer import KeyRef
from verification.keys import Algorithm

SECRET_BYTES = 32  # of either kind
SEAL_BITS, SEAL_EXPONENT = 3072, 65537
SEAL_ALGORITHM = (
    "RS256"  # RSASSA-PKCS1-v1_5 with SHA-256: what every reader of PDF knows, and what keeps a file PDF 1.7
)

_PrivateKey = Ed25519PrivateKey | EllipticCurvePrivateKey


@dataclass(frozen=True)
class KeySigner:
    """A signer that holds an opened private key; prints only the key's id."""

    kid: str
    _private: _PrivateKey = field(repr=False)

    def key(self) -> KeyRef:
        """Which key it is, by its id in the registry."""
        return KeyRef(self.kid, "EdDSA" if isinstance(self._private, Ed25519PrivateKey) else "ES256")

    def sign(self, data: bytes) -> bytes:
        """The 64 bytes of a signature; over the same data always the same (RFC 8032, RFC 6979)."""
        if isinstance(self._private, Ed25519PrivateKey):
            return self._private.sign(data)
        r, s = decode_dss_signature(self._private.sign(data, ECDSA(SHA256(), deterministic_signing=True)))
        return r.to_bytes(SECRET_BYTES, "big") + s.to_bytes(SECRET_BYTES, "big")

    def public(self) -> bytes:
        """The public half as `verification.keys` has it."""
        if isinstance(self._private, Ed25519PrivateKey):
            return self._private.public_key().public_bytes_raw()
        return self._private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    def secret(self) -> bytes:
        """The 32 bytes that are sealed: the seed of Ed25519 (RFC 8032), the scalar of P-256 (SEC 1 section 2.3.7)."""
        if isinstance(self._private, Ed25519PrivateKey):
            return self._private.private_bytes_raw()
        return self._private.private_numbers().private_value.to_bytes(SECRET_BYTES, "big")

    def lent(self) -> "LentKey":
        """The same for another process of this registry."""
        return LentKey(self.kid, self.key().alg, self.secret())


@dataclass(frozen=True)
class LentKey:
    """A private key on its way through a pipe; it lies on no disk, and is not printed."""

    kid: str
    algorithm: str
    secret: bytes = field(repr=False)

    def signer(self) -> KeySigner:
        """What signs with it."""
        found = signer_from(self.kid, self.secret, self.algorithm)
        if found is None:
            raise ValueError("no key of that algorithm was lent")
        return found


def new_signer(kid: str, algorithm: Algorithm) -> KeySigner:
    """A key nobody had before."""
    return KeySigner(kid, Ed25519PrivateKey.generate() if algorithm == "EdDSA" else generate_private_key(SECP256R1()))


def signer_from(kid: str, secret: bytes, algorithm: str) -> KeySigner | None:
    """The key again; None where there is none of that algorithm."""
    if algorithm == "EdDSA":
        return KeySigner(kid, Ed25519PrivateKey.from_private_bytes(secret))
    with suppress(ValueError):  # a scalar beyond the order of the curve
        if algorithm == "ES256":
            return KeySigner(kid, derive_private_key(int.from_bytes(secret, "big"), SECP256R1()))
    return None


@dataclass(frozen=True)
class SealKey:
    """An opened private key that seals documents, or certifies one that does; prints only the key's id."""

    kid: str
    _private: RSAPrivateKey = field(repr=False)

    def sign(self, data: bytes) -> bytes:
        """The signature (RFC 8017 section 8.2); over the same data always the same."""
        return self._private.sign(data, PKCS1v15(), SHA256())

    def certify(self, unsigned: CertificateBuilder) -> bytes:
        """A certificate signed with this key; DER."""
        return unsigned.sign(self._private, SHA256()).public_bytes(Encoding.DER)

    @property
    def public_key(self) -> RSAPublicKey:
        """The public half, as certificates are made of it."""
        return self._private.public_key()

    def public(self) -> bytes:
        """The same as a SubjectPublicKeyInfo; DER."""
        return self.public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    def secret(self) -> bytes:
        """What is sealed: PKCS#8, DER."""
        return self._private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def new_seal_key(kid: str) -> SealKey:
    """A key nobody had before."""
    return SealKey(kid, generate_rsa_key(SEAL_EXPONENT, SEAL_BITS))


def seal_key_from(kid: str, secret: bytes) -> SealKey | None:
    """The key again; None where it is none that seals."""
    with suppress(ValueError, TypeError):
        found = load_der_private_key(secret, None)
        if isinstance(found, RSAPrivateKey) and found.key_size == SEAL_BITS:
            return SealKey(kid, found)
    return None
