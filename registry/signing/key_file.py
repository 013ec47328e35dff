"""An issuer's own private key as a file on the issuer's machine: made, sealed with a passphrase, opened. No registry.

The file is JSON, readable by its owner alone. With a passphrase the private key stands in it as AES-256-GCM ciphertext
under a key that scrypt makes of the passphrase (RFC 7914); without one, as it is.
"""

import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from registry.errors import KeyFileExists, KeyFileUnusable, MalformedInput
from registry.signing.private_keys import KeySigner, new_signer, signer_from
from verification.in_hand import is_waited_for
from verification.keys import Algorithm, WeakKey, algorithm_of, public_jwk, public_key_from_jwk, thumbprint
from verification.strict import NotStrict, decode_base64url, encode_base64url, read_json, write_json

FORMAT: Final = "bevis-key/1"
MAX_BYTES: Final = 4096
OWN: Final = "own"  # what the key calls itself; the registry gives it another name
_SALT_BYTES, _NONCE_BYTES = 16, 12
_COST: Final = 2**16  # 64 MiB and a fifth of a second, for whoever guesses too


class _Sealed(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    salt: str
    cost: int = Field(ge=2**14, le=2**18)
    nonce: str
    sealed: str


class _KeyFile(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    format: Literal["bevis-key/1"]
    alg: Algorithm
    jwk: dict[str, str]
    secret: str | _Sealed


def make_key(path: Path, alg: Algorithm, passphrase: str | None) -> bytes:
    """Make a key, write it, and give its public half. Raises KeyFileExists: what lies there is never replaced."""
    signer = new_signer(OWN, alg)
    public = signer.public()
    members = {"format": FORMAT, "alg": alg, "jwk": public_jwk(public), "secret": _kept(signer, public, passphrase)}
    try:
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError as fault:
        raise KeyFileExists(f"{path} is there already, and may hold a key that is in use") from fault
    except OSError as fault:
        raise MalformedInput([(str(path), f"cannot be written: {fault.strerror}")]) from fault
    with os.fdopen(handle, "wb") as file:
        file.write(write_json(members) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    return public


def is_sealed(path: Path) -> bool:
    """Whether it takes a passphrase. Raises KeyFileUnusable."""
    return not isinstance(_read(path).secret, str)


def open_key(path: Path, passphrase: str | None = None) -> KeySigner:
    """The key that lies there. Raises KeyFileUnusable: others can read it, it is none, or the passphrase is another."""
    file = _read(path)
    try:
        public = public_key_from_jwk(file.jwk)
        raw = (
            decode_base64url(file.secret)
            if isinstance(file.secret, str)
            else _unsealed(file.secret, public, passphrase)
        )
    except (WeakKey, NotStrict) as fault:
        raise _unusable(path) from fault
    if raw is None:
        raise KeyFileUnusable(f"the passphrase does not open {path}")
    signer = None
    with suppress(ValueError):
        signer = signer_from(OWN, raw, file.alg)
    if signer is None or signer.public() != public or algorithm_of(public) != file.alg:
        raise KeyFileUnusable(f"the two halves of the key in {path} do not belong together")
    return signer


def public_text(public: bytes) -> bytes:
    """The public half as a file: a JSON Web Key."""
    return write_json(public_jwk(public)) + b"\n"


def public_in(data: bytes) -> bytes:
    """The public half in such a file. Raises MalformedInput."""
    try:
        return public_key_from_jwk(read_json(data, max_bytes=MAX_BYTES))
    except (NotStrict, WeakKey) as fault:
        raise MalformedInput([("jwk", str(fault))]) from fault


def _kept(signer: KeySigner, public: bytes, passphrase: str | None) -> str | dict[str, Any]:
    if passphrase is None:
        return encode_base64url(signer.secret())
    salt, nonce = secrets.token_bytes(_SALT_BYTES), secrets.token_bytes(_NONCE_BYTES)
    sealed = _cipher(passphrase, salt, _COST).encrypt(nonce, signer.secret(), _binding(public))
    return {
        "salt": encode_base64url(salt),
        "cost": _COST,
        "nonce": encode_base64url(nonce),
        "sealed": encode_base64url(sealed),
    }


def _unsealed(kept: _Sealed, public: bytes, passphrase: str | None) -> bytes | None:
    if passphrase is None:
        return None
    with suppress(InvalidTag, ValueError):
        cipher = _cipher(passphrase, decode_base64url(kept.salt), kept.cost)
        return cipher.decrypt(decode_base64url(kept.nonce), decode_base64url(kept.sealed), _binding(public))
    return None


def _cipher(passphrase: str, salt: bytes, cost: int) -> AESGCM:
    return AESGCM(Scrypt(salt=salt, length=32, n=cost, r=8, p=1).derive(passphrase.encode()))


def _binding(public: bytes) -> bytes:
    return f"{FORMAT}\n{thumbprint(public)}".encode()


def _read(path: Path) -> _KeyFile:
    try:
        if is_waited_for(str(path)):
            raise _unusable(path)
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise KeyFileUnusable(f"{path} can be read by others; `chmod 600 {path}` and consider whether somebody did")
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as fault:
        raise KeyFileUnusable(f"{path} cannot be read: {fault.strerror}") from fault
    try:
        return _KeyFile.model_validate(read_json(data, max_bytes=MAX_BYTES))
    except (NotStrict, ValidationError) as fault:
        raise _unusable(path) from fault


def _unusable(path: Path) -> KeyFileUnusable:
    return KeyFileUnusable(f"{path} is no key that `bevis key make` has written")
