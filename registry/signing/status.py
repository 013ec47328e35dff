"""Status lists, rendered from the rows and signed by the registry. Rendering twice says the same."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from registry.errors import StatusListNotFound
from registry.records.issued.certificates import list_numbers, states_in_list
from registry.records.store.database import Database
from registry.signing.keys import Keyring
from verification.status_list import HERD, Status, StatusList, status_list_of
from verification.status_token import Issue, Purpose, seal_bitstring, seal_list_cwt, seal_list_jwt

TTL_SECONDS = 900  # how long a verifier may keep a list before it asks again
LIFETIME = timedelta(days=7)  # after which a list is not to be believed any more
EFFORT = 6  # of compression: a list is made anew for every change, and the last percent costs as much as the rest

STATUS_OF: Mapping[str, int] = {
    "issued": Status.VALID,
    "suspended": Status.SUSPENDED,
    "revoked": Status.WITHDRAWN,
    "annulled": Status.WITHDRAWN,
    "superseded": Status.SUPERSEDED,
}


def list_of(states: Mapping[int, str], size: int = HERD) -> StatusList:
    """The list of `size` places that these rows make: index and state of each that is not simply issued."""
    return status_list_of(states, STATUS_OF, size)


def rendered_list(db: Database, number: int, now: datetime) -> StatusList:
    """The list of that number as it is now. Raises StatusListNotFound."""
    if number not in list_numbers(db):
        raise StatusListNotFound(f"there is no status list {number}")
    return list_of(states_in_list(db, number, now))


def issue_of(number: int, public_url: str, now: datetime) -> Issue:
    """What our lists are published with."""
    return Issue(number, public_url, now, TTL_SECONDS, LIFETIME, EFFORT)


def token_status_list(db: Database, keyring: Keyring, public_url: str, number: int, now: datetime) -> str:
    """The list as a Token Status List, `statuslist+jwt`. Raises StatusListNotFound, NoSigningKey."""
    given = rendered_list(db, number, now)
    return seal_list_jwt(given, issue_of(number, public_url, now), keyring.status_signer(db, now))


def token_status_list_cwt(db: Database, keyring: Keyring, public_url: str, number: int, now: datetime) -> bytes:
    """The list as a Token Status List, `statuslist+cwt`. Raises StatusListNotFound, NoSigningKey."""
    given = rendered_list(db, number, now)
    return seal_list_cwt(given, issue_of(number, public_url, now), keyring.status_signer(db, now))


def bitstring_status_list(  # noqa: PLR0913, PLR0917 which list, for what, where, when, by which key
    db: Database, keyring: Keyring, public_url: str, number: int, purpose: Purpose, now: datetime
) -> str:
    """The list as a Bitstring Status List credential, `vc+jwt`. Raises StatusListNotFound, NoSigningKey."""
    given = rendered_list(db, number, now)
    return seal_bitstring(given, purpose, issue_of(number, public_url, now), keyring.status_signer(db, now))
