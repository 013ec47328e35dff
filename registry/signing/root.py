"""The registry's root key, which signs trust files: as verifiers are given it, and what one that was stolen says."""

from datetime import datetime
from typing import Final

from registry.records.parties.signing_keys import SigningKey, keys_of
from registry.records.store.database import Database
from registry.signing.keys import Keyring
from verification.log.note import NoteKey
from verification.trust import MOST_ENDED
from verification.trust_file import end_of_root

PURPOSE: Final = "root"


def root_key(public_url: str, public_key: bytes) -> NoteKey:
    """The root key of a registry, as verifiers are given it."""
    return NoteKey(f"{public_url.split('//', 1)[1]}/root", public_key)


def root_now(db: Database, keyring: Keyring, public_url: str, now: datetime) -> str:
    """The one that signs now, as whoever verifies offline is given it. Raises NoSigningKey, WrongMasterKey."""
    return root_key(public_url, keyring.root_signer(db, now).public()).text


def stolen_roots(db: Database) -> list[tuple[SigningKey, datetime]]:
    """Those that were reported as stolen, and since when, the newest first."""
    return [
        (key, key.compromised_since)
        for key in keys_of(db, None)
        if key.purpose == PURPOSE and key.compromised_since is not None
    ]


def ended_roots(db: Database, keyring: Keyring, public_url: str) -> tuple[str, ...]:
    """What each of those says of itself, so that whoever still has it is told. Raises WrongMasterKey."""
    return tuple(
        end_of_root(root_key(public_url, key.public_key), since, keyring.former_root_signer(key))
        for key, since in stolen_roots(db)[:MOST_ENDED]
    )
