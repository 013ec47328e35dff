"""Signing keys as they are kept: the public half in the open, the private half sealed by `signing/keys.py`.

Nothing is ever removed: a certificate outlives the key that signed it.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Literal
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Field, SQLModel, col, select

from registry.errors import MalformedInput, NoSigningKey, SigningKeyNotFound
from registry.records.log.entries import enter
from registry.records.log.heads import Epoch, newest_epoch, size_before
from registry.records.store.database import Database, new_id

Purpose = Literal["organisation", "attestation", "status", "log", "root", "seal", "seal_root"]


class SigningKey(SQLModel, table=True):
    """One key pair.

    kid                short id, unique in the registry; for attestation keys 8 hex digits (the 4 bytes in the QR code)
    purpose            what it signs; a key for the log has one log and no other, the root key signs the trust file,
                       seal seals documents and seal_root certifies it
    organisation       whose key it is; None for the registry's own
    algorithm          the JOSE name of the key's one algorithm
    public_key         32 bytes of Ed25519, or 65 of an uncompressed point of P-256; see `verification.keys`. Of RS256,
                       for seals alone: a SubjectPublicKeyInfo (DER)
    sealed_private_key nonce, then the private key under AES-256-GCM; no other form exists on disk. None: the
                       organisation holds it itself, and nobody here can sign with it
    not_after          last moment it may sign; None for organisations
    """

    __tablename__ = "signing_key"

    id: UUID = Field(primary_key=True, default_factory=new_id)
    kid: str = Field(unique=True, index=True)
    purpose: str
    organisation: str | None = Field(default=None, foreign_key="organisation.slug", index=True)
    algorithm: str = "EdDSA"
    public_key: bytes
    sealed_private_key: bytes | None = None
    not_before: datetime
    not_after: datetime | None = None
    retired_at: datetime | None = None
    compromised_since: datetime | None = None
    recorded_at: datetime
    recorded_by: str

    @property
    def held_by_owner(self) -> bool:
        """Whether the private half is not here."""
        return self.sealed_private_key is None

    def signs_at(self, now: datetime) -> bool:
        """Whether it may still make signatures at that moment."""
        return (
            self.not_before <= now
            and (self.not_after is None or now <= self.not_after)
            and (self.retired_at is None or now < self.retired_at)
            and self.compromised_since is None
        )


def keep_key(db: Database, key: SigningKey) -> None:
    """Store a key just made."""
    db.add(key)
    db.flush()
    enter_key(db, key, key.recorded_at)


def enter_key(db: Database, key: SigningKey, now: datetime) -> None:
    """Have it entered that there is a key."""
    enter(
        db,
        "key.registered",
        now.date(),
        _named(key)
        | {
            "purpose": key.purpose,
            "digest": sha256(key.public_key).hexdigest(),
            "from": _stamp(key.not_before),
        },
        key.id,
    )


def _named(key: SigningKey) -> dict[str, str | int]:
    return {"kid": key.kid, **({"issuer": key.organisation} if key.organisation else {})}


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def enter_end(db: Database, key: SigningKey, now: datetime) -> None:
    """Have it entered that a key signs no more."""
    if key.retired_at is not None:
        enter(db, "key.retired", now.date(), _named(key) | {"from": _stamp(key.retired_at)})


def enter_compromise(db: Database, key: SigningKey, now: datetime) -> None:
    """Have it entered since when a key is not its owner's alone, and from which entry on it is not believed."""
    if key.compromised_since is not None:
        epoch = newest_epoch(db)
        size = size_before(db, epoch.number, key.compromised_since) if epoch else 0
        since: dict[str, str | int] = {"from": _stamp(key.compromised_since), "index": size}
        enter(db, "key.compromised", now.date(), _named(key) | since)


_LOGS = text(
    "SELECT number, origin, log_epoch.kid, began_at, reason, public_key "
    "FROM log_epoch JOIN signing_key ON signing_key.kid = log_epoch.kid ORDER BY number"
).columns(*SQLModel.metadata.tables["log_epoch"].columns, SQLModel.metadata.tables["signing_key"].c.public_key)


def keys_of(db: Database, slug: str | None) -> Sequence[SigningKey]:
    """All keys an organisation ever had (None: the registry's own), the newest first."""
    return db.exec(
        select(SigningKey)
        .where(col(SigningKey.organisation) == slug if slug else col(SigningKey.organisation).is_(None))
        .order_by(col(SigningKey.not_before).desc(), col(SigningKey.id).desc())
    ).all()


def all_keys(db: Database) -> Sequence[SigningKey]:
    """Every key, the newest first."""
    return db.exec(select(SigningKey).order_by(col(SigningKey.not_before).desc(), col(SigningKey.id).desc())).all()


def newest_key(db: Database) -> SigningKey | None:
    """The key made here last, or None where there is none yet."""
    here = select(SigningKey).where(col(SigningKey.sealed_private_key).is_not(None))
    return db.exec(here.order_by(col(SigningKey.id).desc()).limit(1)).first()


def key_like(db: Database, public_key: bytes) -> SigningKey | None:
    """The key that has that public half, whoever's it is."""
    return db.exec(select(SigningKey).where(SigningKey.public_key == public_key)).first()


def key_that_signs(db: Database, purpose: Purpose, slug: str | None, now: datetime) -> SigningKey | None:
    """The newest key that may sign at that moment, or None."""
    return next((key for key in keys_of(db, slug) if key.purpose == purpose and key.signs_at(now)), None)


def key_to_come(db: Database, purpose: Purpose, now: datetime) -> SigningKey | None:
    """A key of the registry's own that is published already and signs from a later moment on, or None."""
    coming = (key for key in keys_of(db, None) if key.purpose == purpose and key.not_before > now)
    return next((key for key in coming if key.retired_at is None and key.compromised_since is None), None)


def organisation_key(db: Database, slug: str, now: datetime) -> SigningKey:
    """What an organisation signs with at that moment, wherever it is held. Raises NoSigningKey."""
    key = key_that_signs(db, "organisation", slug, now)
    if key is None:
        raise NoSigningKey(f"{slug} has no organisation key that may sign on {now.date()}")
    return key


def key_by_kid(db: Database, kid: str) -> SigningKey:
    """Raises SigningKeyNotFound."""
    found = db.exec(select(SigningKey).where(SigningKey.kid == kid)).first()
    if found is None:
        raise SigningKeyNotFound(f"no key has the id {kid!r}")
    return found


def logs_with_keys(db: Database) -> Sequence[tuple[Epoch, bytes]]:
    """Each log, and the key that signs its checkpoints; the first log first."""
    return [(Epoch._make(row[:-1]), bytes(row[-1])) for row in db.connection().execute(_LOGS)]


def retire_key(db: Database, kid: str, at: datetime, actor: str, *, now: datetime | None = None) -> SigningKey:
    """From then on it signs nothing; what it signed stays good. An earlier end may replace a later one.

    now  where the end is still to come

    Raises SigningKeyNotFound.
    """
    key = key_by_kid(db, kid)
    if key.retired_at is None or at < key.retired_at:
        key.retired_at, key.recorded_by = at, actor
        db.add(key)
        enter_end(db, key, now or at)
    return key


def mark_compromised(db: Database, kid: str, since: datetime, actor: str, *, now: datetime) -> SigningKey:
    """What it signed since then counts no more. An earlier moment may replace a later one, never the other way round.

    Raises SigningKeyNotFound, and MalformedInput for the log's: all that stands in the log hangs on it, so another log
    has to begin.
    """
    key = key_by_kid(db, kid)
    if key.purpose == "log":
        says = "is the log's key: if it was stolen, put the log's head file aside and begin another, `bevis log begin`"
        raise MalformedInput([(kid, says)])
    if key.compromised_since is None or since < key.compromised_since:
        key.compromised_since, key.recorded_by = since, actor
        if key.purpose == "attestation" and (key.retired_at is None or now < key.retired_at):
            key.retired_at = now  # what it may have signed truly ends here
        db.add(key)
        enter_compromise(db, key, now)
    return key
