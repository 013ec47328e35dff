"""The X.509 certificates of the keys that seal documents. The keys themselves are kept with all others."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Field, SQLModel, col, select

from registry.records.parties.signing_keys import SigningKey
from registry.records.store.database import Database


class SealCertificate(SQLModel, table=True):
    """What is said of one key by whoever is trusted for it.

    kid          the key it is about: of purpose seal, or seal_root, which certifies itself
    certificate  DER
    """

    __tablename__ = "seal_certificate"

    kid: str = Field(primary_key=True, foreign_key="signing_key.kid")
    certificate: bytes
    not_after: datetime


def keep_seal_certificate(db: Database, kept: SealCertificate) -> None:
    """Beside its key, which is stored already."""
    db.add(kept)
    db.flush()


def seal_certificate_of(db: Database, kid: str) -> SealCertificate | None:
    """What is said of that key, or None."""
    return db.get(SealCertificate, kid)


def stolen_seals(db: Database) -> Sequence[bytes]:
    """The certificates of keys that sealed and are known to have been stolen, the oldest first; DER."""
    return [
        bytes(found)
        for found in db.exec(
            select(SealCertificate.certificate)
            .join(SigningKey, col(SigningKey.kid) == col(SealCertificate.kid))
            .where(SigningKey.purpose == "seal")
            .where(col(SigningKey.compromised_since).is_not(None))
            .order_by(col(SigningKey.id))
        )
    ]


def seal_roots(db: Database) -> Sequence[bytes]:
    """The certificates that every seal of this registry leads to, the oldest first; DER. None of a stolen key."""
    return [
        bytes(found)
        for found in db.exec(
            select(SealCertificate.certificate)
            .join(SigningKey, col(SigningKey.kid) == col(SealCertificate.kid))
            .where(SigningKey.purpose == "seal_root")
            .where(col(SigningKey.compromised_since).is_(None))
            .order_by(col(SigningKey.id))
        )
    ]
