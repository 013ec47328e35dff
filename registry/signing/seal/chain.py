"""Who vouches for a sealed document: a root of the registry's own, and under it a key that seals.

Made when the first document is, since most of a registry's life may pass without one. Both keys are kept as all others
are; what is said of them, as X.509, stands beside them.
"""

import secrets
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from registry.records.parties.seal_certificates import (
    SealCertificate,
    keep_seal_certificate,
    seal_certificate_of,
    seal_roots,
)
from registry.records.parties.signing_keys import SigningKey, key_that_signs
from registry.records.store.database import Database
from registry.records.whole.directory import Registry
from registry.signing.keys import Keyring
from registry.signing.private_keys import SealKey

ROOT_LIFE: Final = timedelta(days=25 * 365)
SEAL_LIFE: Final = timedelta(days=3 * 365)
ANEW_BEFORE: Final = timedelta(days=30)
_LONGEST_NAME: Final = 40  # X.520 has room for 64 characters, and what the key does stands behind it
_SERIAL_BITS: Final = 150


class Chain(NamedTuple):
    """A key that seals, what is said of it, and the root that says so; both DER."""

    key: SealKey
    certificate: bytes
    root: bytes


def chain_of(registry: Registry, keyring: Keyring, now: datetime, actor: str) -> Chain:
    """The chain a document is sealed with now; made where there is none. Raises WrongMasterKey, DatabaseBusy."""
    with registry.reading() as db:
        found = known_chain(db, keyring, now)
    if found is not None:
        return found
    with registry.writing() as db:
        return prepare_chain(db, keyring, registry.name, now, actor)


def known_chain(db: Database, keyring: Keyring, now: datetime) -> Chain | None:
    """The chain there is; None where there is none, or not for long. Raises WrongMasterKey."""
    root, seal = _with_certificate(db, "seal_root", now), _with_certificate(db, "seal", now)
    if root is None or seal is None or not _vouched_for(seal[1], root[1]):
        return None
    return Chain(keyring.seal_key(seal[0]), seal[1], root[1])


def prepare_chain(db: Database, keyring: Keyring, name: str, now: datetime, actor: str) -> Chain:
    """The same, with what is missing made: a root for a generation, a key that seals for three years."""
    keyring.check(db)
    found = known_chain(db, keyring, now)  # somebody else may have been quicker
    if found is not None:
        return found
    kept = _with_certificate(db, "seal_root", now)
    if kept is None:
        root_key = keyring.create_seal_key(db, "seal_root", now, actor)
        root = _certificate(
            root_key, root_key, _name(name, "document root"), _name(name, "document root"), now, ROOT_LIFE
        )
        _keep(db, root_key, root)
    else:
        root_key, root = keyring.seal_key(kept[0]), kept[1]
    key = keyring.create_seal_key(db, "seal", now, actor)
    subject = _name(name, "document seal")
    issuer = x509.load_der_x509_certificate(root).subject
    life = min(SEAL_LIFE, x509.load_der_x509_certificate(root).not_valid_after_utc - now)
    certificate = _certificate(key, root_key, subject, issuer, now, life)
    _keep(db, key, certificate)
    return Chain(key, certificate, root)


def roots_as_pem(db: Database) -> bytes:
    """Every root that seals of this registry lead to, for whoever checks them with another program."""
    return b"".join(x509.load_der_x509_certificate(root).public_bytes(Encoding.PEM) for root in seal_roots(db))


def _with_certificate(db: Database, purpose: str, now: datetime) -> tuple[SigningKey, bytes] | None:
    key = key_that_signs(db, "seal" if purpose == "seal" else "seal_root", None, now)
    said = seal_certificate_of(db, key.kid) if key else None
    if key is None or said is None or said.not_after - now < ANEW_BEFORE:
        return None
    return key, bytes(said.certificate)


def _vouched_for(certificate: bytes, root: bytes) -> bool:
    """Whether that root made it: after a root was stolen, the key below it seals no more."""
    try:
        x509.load_der_x509_certificate(certificate).verify_directly_issued_by(x509.load_der_x509_certificate(root))
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _keep(db: Database, key: SealKey, certificate: bytes) -> None:
    ends = x509.load_der_x509_certificate(certificate).not_valid_after_utc
    keep_seal_certificate(db, SealCertificate(kid=key.kid, certificate=certificate, not_after=ends))


def _name(registry: str, what: str) -> x509.Name:
    called = registry.strip()[:_LONGEST_NAME].strip() or "Bevis"
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, called),
            x509.NameAttribute(NameOID.COMMON_NAME, f"{called} – {what}"),
        ]
    )


def _certificate(  # noqa: PLR0913, PLR0917 all that it says
    key: SealKey, by: SealKey, subject: x509.Name, issuer: x509.Name, now: datetime, life: timedelta
) -> bytes:
    """What `by` says of `key`; a root says it of itself."""
    root = key is by
    public = key.public_key
    return by.certify(
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(secrets.randbits(_SERIAL_BITS) | 1)
        .not_valid_before(now.replace(microsecond=0))
        .not_valid_after((now + life).replace(microsecond=0))
        .add_extension(x509.BasicConstraints(ca=root, path_length=0 if root else None), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=not root,
                content_commitment=not root,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                key_cert_sign=root,
                crl_sign=root,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(by.public_key), critical=False)
    )
