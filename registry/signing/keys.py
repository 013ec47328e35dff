"""Signing keys: made, sealed under the master key, and lent out as signers. `private_keys` alone sees a private key.

The master key is a file of 32 bytes outside the database. A private key is stored as AES-256-GCM ciphertext whose
associated data names key id, purpose and organisation, so that a sealed key moved to another row does not open.
"""

import hmac
import os
import secrets
import stat
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from registry.errors import (
    KeyHeldElsewhere,
    KeyKnown,
    MasterKeyExists,
    NoMasterKey,
    NoSigningKey,
    OrganisationRejected,
    WrongMasterKey,
)
from registry.records.parties.closing import retired_when_closed
from registry.records.parties.organisations import organisation_by_slug
from registry.records.parties.signing_keys import (
    Purpose,
    SigningKey,
    keep_key,
    key_by_kid,
    key_like,
    key_that_signs,
    key_to_come,
    keys_of,
    newest_key,
    retire_key,
)
from registry.records.store.database import Database
from registry.signing.private_keys import (
    SEAL_ALGORITHM,
    KeySigner,
    SealKey,
    new_seal_key,
    new_signer,
    seal_key_from,
    signer_from,
)
from verification.keys import Algorithm, algorithm_of

MASTER_KEY_BYTES = 32
NONCE_BYTES = 12
LIVES: Mapping[Purpose, timedelta] = {  # of the registry's own keys
    "attestation": timedelta(days=92),  # an offline green rests on this key, so it does not live long
    "status": timedelta(days=366),
}
RENEW_BEFORE = timedelta(days=14)
KNOWN_BEFORE = timedelta(days=7)  # it signs: time for scanners and laptops to fetch a trust file that has it
OWN_KID_BYTES = 4  # the QR code has no room for more
_DIGESTS = b"bevis keyed digests v1"


def create_master_key(path: Path) -> None:
    """Write 32 random bytes that only the owner may read. Raises MasterKeyExists: an old one is never replaced."""
    try:
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError as fault:
        raise MasterKeyExists(
            f"{path} is there already; it opens the keys of a registry and is not replaced"
        ) from fault
    with os.fdopen(handle, "wb") as file:
        file.write(secrets.token_bytes(MASTER_KEY_BYTES))
        file.flush()
        os.fsync(file.fileno())


def open_keyring(path: Path) -> "Keyring":
    """The keyring that this master key opens. Raises NoMasterKey, WrongMasterKey if the file is none."""
    master = master_secret(path)
    digests = HKDF(algorithm=SHA256(), length=MASTER_KEY_BYTES, salt=None, info=_DIGESTS).derive(master)
    return Keyring(AESGCM(master), digests)


def master_secret(path: Path) -> bytes:
    """The 32 bytes of the master key. Raises NoMasterKey, WrongMasterKey if the file is none."""
    try:
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise NoMasterKey(f"{path} can be read by others; `chmod 600 {path}` and consider whether somebody did")
        with path.open("rb") as file:
            master = file.read(MASTER_KEY_BYTES + 1)
    except OSError as fault:
        raise NoMasterKey(f"{path} cannot be read; is BEVIS_MASTER_KEY_FILE set to the right file?") from fault
    if len(master) != MASTER_KEY_BYTES:
        raise WrongMasterKey(f"{path} is no master key: it must hold exactly {MASTER_KEY_BYTES} bytes")
    return master


class Keyring:
    """Makes keys and lends signers. Opened private keys are kept in memory while the keyring lives."""

    def __init__(self, cipher: AESGCM, digests: bytes) -> None:
        self._cipher, self._digests = cipher, digests
        self._opened: dict[str, KeySigner] = {}
        self._seals: dict[str, SealKey] = {}

    def prepare(self, db: Database, now: datetime, actor: str) -> None:
        """See to it that the registry can attest and sign status lists now and for the next days.

        Raises WrongMasterKey if this is the key of another registry.
        """
        self.check(db)
        for purpose in LIVES:
            current = key_that_signs(db, purpose, None, now)
            if current is None:
                self._begin(db, purpose, now, now, actor)
            elif (ends := current.not_after) and ends - now < RENEW_BEFORE and not key_to_come(db, purpose, now):
                self._begin(db, purpose, min(now + KNOWN_BEFORE, ends), now, actor)
        if key_that_signs(db, "root", None, now) is None:
            self._create(db, "root", None, now, actor)  # whoever verifies offline has it for good

    def renew(self, db: Database, purpose: Purpose, now: datetime, actor: str, *, at_once: bool = False) -> SigningKey:
        """A new key of the registry's own. It is published now and signs in a week; then the former one signs no more.

        at_once  it signs from now on, and whoever verifies offline with an older trust file knows nothing of it

        Raises WrongMasterKey.
        """
        self.check(db)
        begins = now if at_once else now + KNOWN_BEFORE
        for former in keys_of(db, None):
            if former.purpose == purpose and (former.signs_at(now) or former.not_before > now):
                retire_key(db, former.kid, max(begins, now), actor, now=now)
        return self._begin(db, purpose, begins, now, actor)

    def _begin(self, db: Database, purpose: Purpose, begins: datetime, now: datetime, actor: str) -> SigningKey:
        """A key of the registry's own that signs from that moment on."""
        return self._create(db, purpose, None, now, actor, not_after=begins + LIVES[purpose], not_before=begins)

    def check(self, db: Database) -> None:
        """Open one stored key to see that this is the right master key. Raises WrongMasterKey."""
        key = newest_key(db)
        if key is not None and key.algorithm == SEAL_ALGORITHM:
            self.seal_key(key)
        elif key is not None:
            self._open(key)

    def keyed_digest(self, said: bytes) -> bytes:
        """32 bytes by which the same thing is known again, and from which nobody without the master key guesses it.

        For whatever may hold a national number: a plain hash of little else than a number *is* the number.
        """
        return hmac.digest(self._digests, said, "sha256")

    def create_organisation_key(  # noqa: PLR0913 whose, when, and what kind
        self,
        db: Database,
        slug: str,
        now: datetime,
        actor: str,
        algorithm: Algorithm = "EdDSA",
        *,
        overlap: timedelta = timedelta(),
    ) -> SigningKey:
        """A new key for an organisation; the former one signs no more, but what it signed stays good.

        algorithm  EdDSA unless somebody who reads the certificates, such as a wallet, knows ES256 only
        overlap    how much longer the former one may sign, where somebody still has it in hand

        Raises OrganisationNotFound, NoSigningKey for a natural person, OrganisationRejected for one that has closed.
        """
        check_may_sign(db, slug, now)
        self.check(db)
        _retire_former(db, slug, now, actor, overlap)
        return retired_when_closed(
            db, self._create(db, "organisation", slug, now, actor, algorithm=algorithm), now, actor
        )

    @staticmethod
    def keep_organisation_key(  # noqa: PLR0913 whose, which, when
        db: Database, slug: str, public_key: bytes, now: datetime, actor: str, *, overlap: timedelta = timedelta()
    ) -> SigningKey:
        """A key that the organisation holds itself, whose possession it has proven; it takes the former one's place.

        overlap  how much longer the former one may sign

        Raises as `create_organisation_key`, and KeyKnown: a key is one organisation's, once.
        """
        check_may_sign(db, slug, now)
        known = key_like(db, public_key)
        if known is not None:
            raise KeyKnown(f"it was registered on {known.recorded_at.date()} as {known.kid}")
        _retire_former(db, slug, now, actor, overlap)
        key = SigningKey(
            kid=_new_kid("organisation"),
            purpose="organisation",
            organisation=slug,
            algorithm=algorithm_of(public_key),
            public_key=public_key,
            not_before=now,
            recorded_at=now,
            recorded_by=actor,
        )
        keep_key(db, key)
        return retired_when_closed(db, key, now, actor)

    def organisation_signer(self, db: Database, slug: str, now: datetime) -> KeySigner:
        """Raises NoSigningKey, KeyHeldElsewhere, WrongMasterKey."""
        return self._signer(db, "organisation", slug, now)

    def attestation_signer(self, db: Database, now: datetime) -> KeySigner:
        """The registry's key for QR codes; its kid is 8 hex digits. Raises NoSigningKey, WrongMasterKey."""
        return self._signer(db, "attestation", None, now)

    def status_signer(self, db: Database, now: datetime) -> KeySigner:
        """The registry's key for status lists. Raises NoSigningKey, WrongMasterKey."""
        return self._signer(db, "status", None, now)

    def root_signer(self, db: Database, now: datetime) -> KeySigner:
        """The registry's key for the trust file. Raises NoSigningKey, WrongMasterKey."""
        return self._signer(db, "root", None, now)

    def former_root_signer(self, key: SigningKey) -> KeySigner:
        """A root key that was stolen; it still says so of itself. Raises WrongMasterKey."""
        return self._open(key)

    def create_log_key(self, db: Database, now: datetime, actor: str) -> SigningKey:
        """A new key for a new log, which it signs for as long as there is that log."""
        return self._create(db, "log", None, now, actor)

    def log_signer(self, db: Database, kid: str) -> KeySigner:
        """Raises SigningKeyNotFound, WrongMasterKey."""
        opened = self._opened.get(kid)  # a log has one key for ever: asked for with every head
        return self._open(key_by_kid(db, kid)) if opened is None else opened

    def create_seal_key(
        self, db: Database, purpose: Literal["seal", "seal_root"], now: datetime, actor: str
    ) -> SealKey:
        """A new key that seals documents, or certifies those that do; it signs nothing else."""
        kid = _new_kid(purpose)
        made = new_seal_key(kid)
        self._keep(db, purpose, made.kid, SEAL_ALGORITHM, (made.public(), made.secret()), now, actor)
        self._seals[kid] = made
        return made

    def seal_key(self, key: SigningKey) -> SealKey:
        """The opened key of a row that seals or certifies. Raises WrongMasterKey."""
        if key.kid not in self._seals:
            opened = seal_key_from(key.kid, self._unsealed(key)) if key.algorithm == SEAL_ALGORITHM else None
            if opened is None or not hmac.compare_digest(opened.public(), key.public_key):
                raise WrongMasterKey(
                    f"the public key or the algorithm beside {key.kid} is not its own; the row was changed"
                )
            self._seals[key.kid] = opened
        return self._seals[key.kid]

    def _signer(self, db: Database, purpose: Purpose, slug: str | None, now: datetime) -> KeySigner:
        key = key_that_signs(db, purpose, slug, now)
        if key is None:
            whose = slug or "the registry"
            raise NoSigningKey(f"{whose} has no {purpose} key that may sign on {now.date()}")
        return self._open(key)

    def _create(  # noqa: PLR0913, PLR0917 all that a key is
        self,
        db: Database,
        purpose: Purpose,
        slug: str | None,
        now: datetime,
        actor: str,
        not_after: datetime | None = None,
        algorithm: Algorithm = "EdDSA",
        not_before: datetime | None = None,
    ) -> SigningKey:
        taken = {key.kid for key in keys_of(db, slug)}
        kid = _new_kid(purpose)
        while kid in taken:  # 4 bytes may meet; a code must find one key only
            kid = _new_kid(purpose)
        signer = new_signer(kid, algorithm)
        return self._keep(
            *(db, purpose, kid, algorithm, (signer.public(), signer.secret()), now, actor),
            slug=slug,
            not_before=not_before,
            not_after=not_after,
        )

    def _keep(  # noqa: PLR0913, PLR0917 same
        self,
        db: Database,
        purpose: Purpose,
        kid: str,
        algorithm: str,
        halves: tuple[bytes, bytes],
        now: datetime,
        actor: str,
        *,
        slug: str | None = None,
        not_before: datetime | None = None,
        not_after: datetime | None = None,
    ) -> SigningKey:
        """Store a key just made; halves: the public one, and the private one as it is sealed."""
        public, secret = halves
        nonce = secrets.token_bytes(NONCE_BYTES)
        key = SigningKey(
            kid=kid,
            purpose=purpose,
            organisation=slug,
            algorithm=algorithm,
            public_key=public,
            sealed_private_key=nonce + self._cipher.encrypt(nonce, secret, _binding(kid, purpose, slug)),
            not_before=not_before or now,
            not_after=not_after,
            recorded_at=now,
            recorded_by=actor,
        )
        keep_key(db, key)
        return key

    def _open(self, key: SigningKey) -> KeySigner:
        if key.kid not in self._opened:
            raw = self._unsealed(key)
            signer = signer_from(key.kid, raw, key.algorithm)
            if signer is None or not hmac.compare_digest(signer.public(), key.public_key):
                raise WrongMasterKey(
                    f"the public key or the algorithm beside {key.kid} is not its own; the row was changed"
                )
            self._opened[key.kid] = signer
        return self._opened[key.kid]

    def _unsealed(self, key: SigningKey) -> bytes:
        """The private half. Raises KeyHeldElsewhere, WrongMasterKey."""
        if key.sealed_private_key is None:
            raise KeyHeldElsewhere(f"{key.organisation} signs with {key.kid} on its own machine")
        nonce, sealed = key.sealed_private_key[:NONCE_BYTES], key.sealed_private_key[NONCE_BYTES:]
        raw = None
        with suppress(InvalidTag, ValueError):
            raw = self._cipher.decrypt(nonce, sealed, _binding(key.kid, key.purpose, key.organisation))
        if raw is None:
            raise WrongMasterKey(
                f"the master key does not open {key.kid}; it belongs to another registry, or the row was changed"
            )
        return raw


def check_may_sign(db: Database, slug: str, now: datetime) -> None:
    """Whether that organisation may have a key. Raises NoSigningKey, OrganisationRejected for one that has closed."""
    found = organisation_by_slug(db, slug)
    if found.kind == "person":
        raise NoSigningKey(f"{slug} is a natural person and signs nothing here")
    if found.closed_on is not None and found.closed_on <= now.date():
        raise OrganisationRejected(f"{slug} closed on {found.closed_on} and signs nothing any more")


def _retire_former(db: Database, slug: str, now: datetime, actor: str, overlap: timedelta) -> None:
    for former in keys_of(db, slug):
        if former.signs_at(now):
            retire_key(db, former.kid, now + overlap, actor, now=now)


def _new_kid(purpose: Purpose) -> str:
    return f"k{secrets.token_hex(6)}" if purpose == "organisation" else secrets.token_hex(OWN_KID_BYTES)


def _binding(kid: str, purpose: str, slug: str | None) -> bytes:
    """The associated data: fields cannot run into one another, for none contains a line feed."""
    return f"bevis signing key v1\n{kid}\n{purpose}\n{slug or ''}".encode()
