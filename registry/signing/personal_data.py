"""What is kept of people under seal, and how somebody is found by a number that nobody can read.

    master key ── HKDF ── wraps ── a person's own key ── AES-256-GCM ── a number, a portrait
    index key (a file of its own) ── HMAC-SHA-256 ── blind index of a number

Whoever has the database has neither key. Whoever destroys the person's key has erased what lies under it. The
associated data of each sealed thing names person, field and form, so that it does not open anywhere else.
"""

import base64
import hmac
import os
import secrets
import stat
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from registry.errors import IndexKeyExists, NoIndexKey, SealDoesNotOpen, WrongIndexKey
from registry.reading.national_id import NationalNumber, SealedNumber
from registry.records.persons.identifiers import (
    PersonIdentifier,
    forget_sealed,
    index_key_mark,
    keep_identifiers,
    keep_index_key_mark,
    keep_person_keys,
    person_keys,
)
from registry.records.store.database import Database, new_id
from registry.signing.keys import NONCE_BYTES, master_secret

KEY_BYTES: Final = 32
FORM: Final = 1  # of what is sealed; another form gets another number
_WRAPS: Final = b"bevis person keys v1"
_ON_THE_WAY: Final = b"bevis numbers on their way v1"
_MARK: Final = b"bevis index key v1"


def create_index_key(path: Path) -> None:
    """Write 32 random bytes that only the owner may read. Raises IndexKeyExists: an old one is never replaced."""
    try:
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError as fault:
        raise IndexKeyExists(f"{path} is there already; people are found by it, and it is not replaced") from fault
    with os.fdopen(handle, "wb") as file:
        file.write(secrets.token_bytes(KEY_BYTES))
        file.flush()
        os.fsync(file.fileno())


def open_personal_data(master_key_file: Path, index_key_file: Path) -> "PersonalData":
    """What these two keys open. Raises NoMasterKey, WrongMasterKey, NoIndexKey, WrongIndexKey."""
    return PersonalData(master_secret(master_key_file), _index_key(index_key_file))


def _index_key(path: Path) -> bytes:
    try:
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise NoIndexKey(f"{path} can be read by others; `chmod 600 {path}` and consider whether somebody did")
        with path.open("rb") as file:
            key = file.read(KEY_BYTES + 1)
    except OSError as fault:
        raise NoIndexKey(
            f"{path} cannot be read; is BEVIS_INDEX_KEY_FILE set to the right file? A registry that never had one "
            "gets it by `bevis key index`"
        ) from fault
    if len(key) != KEY_BYTES:
        raise WrongIndexKey(f"{path} is no index key: it must hold exactly {KEY_BYTES} bytes")
    return key


@dataclass(frozen=True)
class Given:
    """A number to be kept of a person.

    quality, since  as `PersonIdentifier` has them
    """

    person: UUID
    number: SealedNumber
    quality: str | None = None
    since: date | None = None


class PersonalData:
    """Seals, opens and finds. Holds two secrets, and prints neither."""

    def __init__(self, master: bytes, index_key: bytes) -> None:
        self._wrapping = AESGCM(_derived(master, _WRAPS))
        self._on_the_way = AESGCM(_derived(master, _ON_THE_WAY))
        self._index_key = index_key

    # ------------------------------------------------------------------ numbers

    def index_of(self, number: NationalNumber) -> bytes:
        """32 bytes by which the number is found, and from which nobody without the key makes it again."""
        said = f"{number.country}\n{number.kind}\n{number.reveal()}"
        return hmac.digest(self._index_key, said.encode(), "sha256")

    def take(self, number: NationalNumber) -> SealedNumber:
        """The number in a form that may lie in a job, a list or a table until its person is known."""
        index, nonce = self.index_of(number), secrets.token_bytes(NONCE_BYTES)
        sealed = nonce + self._on_the_way.encrypt(nonce, number.reveal().encode(), _of_number(number, index))
        return SealedNumber(number.kind, number.country, index.hex(), base64.b64encode(sealed).decode())

    def keep(self, db: Database, given: Sequence[Given], now: datetime, actor: str) -> None:
        """Keep numbers that are nobody's yet; the caller has seen to that. All of them in a few statements.

        Raises WrongIndexKey, SealDoesNotOpen.
        """
        if not given:
            return
        self.prepare(db, now)
        keys = self._keys(db, {each.person for each in given}, now)
        kept = []
        for each in given:
            row = PersonIdentifier(
                id=new_id(),
                person_id=each.person,
                kind=each.number.kind,
                country=each.number.country,
                blind_index=bytes.fromhex(each.number.index),
                sealed=b"",
                quality=each.quality,
                since=each.since,
                recorded_at=now,
                recorded_by=actor,
            )
            row.sealed = _seal(keys[each.person], self._clear(each.number), _binding(each.person, _field(row)))
            kept.append(row)
        keep_identifiers(db, kept)

    def is_sound(self, db: Database, rows: Sequence[PersonIdentifier]) -> Mapping[UUID, bool]:
        """Whether each of these numbers opens where it stands, and is found by what it says."""
        keys = {
            person: self._unwrapped(person, wrapped)
            for person, wrapped in person_keys(db, {row.person_id for row in rows}).items()
        }
        return {row.id: self._is_sound(row, keys.get(row.person_id)) for row in rows}

    def check(self, db: Database) -> None:
        """See that this is the index key that numbers were kept under. Raises WrongIndexKey."""
        mark = index_key_mark(db)
        if mark is not None and not hmac.compare_digest(mark, self._mark()):
            raise WrongIndexKey("this index key finds nobody here; it belongs to another registry")

    def prepare(self, db: Database, now: datetime) -> None:
        """Check the index key, or remember it where it is the first. Raises WrongIndexKey."""
        self.check(db)
        if index_key_mark(db) is None:
            keep_index_key_mark(db, self._mark(), now)

    # ------------------------------------------------------------------ anything else of one person

    def seal(self, db: Database, person: UUID, field: str, value: bytes, now: datetime) -> bytes:
        """The value under the person's key, bound to person and field. Raises SealDoesNotOpen for a damaged key."""
        return _seal(self._keys(db, {person}, now)[person], value, _binding(person, field))

    def open(self, db: Database, person: UUID, field: str, sealed: bytes) -> bytes:
        """The value again. Raises SealDoesNotOpen: another person's, another field's, changed, or erased."""
        wrapped = person_keys(db, [person]).get(person)
        key = None if wrapped is None else self._unwrapped(person, wrapped)
        value = None if key is None else _open(key, sealed, _binding(person, field))
        if value is None:
            raise SealDoesNotOpen(f"the {field} of {person} does not open")
        return value

    def forget(self, db: Database, person: UUID) -> int:
        """Destroy the person's key and what lies under it. How many numbers that were."""
        return forget_sealed(db, person)

    # ------------------------------------------------------------------ keys

    def _keys(self, db: Database, people: Iterable[UUID], now: datetime) -> Mapping[UUID, AESGCM]:
        """Everybody's key, made where there is none."""
        wanted = set(people)
        found: dict[UUID, AESGCM] = {}
        for person, wrapped in person_keys(db, wanted).items():
            key = self._unwrapped(person, wrapped)
            if key is None:
                raise SealDoesNotOpen(
                    f"the key of {person} does not open; the master key belongs to another registry, or the row was "
                    "changed"
                )
            found[person] = key
        made: dict[UUID, bytes] = {}
        for person in wanted - found.keys():
            secret = secrets.token_bytes(KEY_BYTES)
            made[person] = _seal(self._wrapping, secret, _of_key(person))
            found[person] = AESGCM(secret)
        keep_person_keys(db, made, now)
        return found

    def _unwrapped(self, person: UUID, wrapped: bytes) -> AESGCM | None:
        secret = _open(self._wrapping, wrapped, _of_key(person))
        return None if secret is None else AESGCM(secret)

    def _is_sound(self, row: PersonIdentifier, key: AESGCM | None) -> bool:
        said = None if key is None else _open(key, row.sealed, _binding(row.person_id, _field(row)))
        if said is None:
            return False
        index = hmac.digest(self._index_key, f"{row.country}\n{row.kind}\n".encode() + said, "sha256")
        return hmac.compare_digest(index, row.blind_index)

    def _clear(self, number: SealedNumber) -> bytes:
        sealed, said = b"", None
        with suppress(ValueError):
            sealed = base64.b64decode(number.sealed, validate=True)
            said = _open(self._on_the_way, sealed, _of_number(number, bytes.fromhex(number.index)))
        if said is None:
            raise SealDoesNotOpen("a number on its way does not open; the master key has changed since it was read")
        return said

    def _mark(self) -> bytes:
        return hmac.digest(self._index_key, _MARK, "sha256")


def _derived(master: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=purpose).derive(master)


def _seal(key: AESGCM, value: bytes, binding: bytes) -> bytes:
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + key.encrypt(nonce, value, binding)


def _open(key: AESGCM, sealed: bytes, binding: bytes) -> bytes | None:
    with suppress(InvalidTag, ValueError):
        return key.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], binding)
    return None


def _field(row: PersonIdentifier) -> str:
    return f"identifier {row.id}"


def _binding(person: UUID, field: str) -> bytes:
    """The associated data: no part contains a line feed, so that they cannot run into one another."""
    return f"bevis personal data\n{person}\n{field}\n{FORM}".encode()


def _of_key(person: UUID) -> bytes:
    return f"bevis person key\n{person}\n{FORM}".encode()


def _of_number(number: NationalNumber | SealedNumber, index: bytes) -> bytes:
    return f"bevis number on its way\n{number.country}\n{number.kind}\n{index.hex()}\n{FORM}".encode()
