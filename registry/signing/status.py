"""Status lists, rendered from the rows and signed by the registry. Rendering twice says the same."""

from datetime import datetime, timedelta

from registry.errors import StatusListNotFound
from registry.records.certificates import list_numbers, states_in_list
from registry.records.database import Database
from registry.signing.keys import Keyring
from verification.certificate import did_web
from verification.envelopes.jws import seal_jws
from verification.status_list import (
    Purpose,
    Status,
    StatusList,
    bitstring_claims,
    status_list,
    token_list_claims,
)

TTL_SECONDS = 900  # how long a verifier may keep a list before it asks again
LIFETIME = timedelta(days=7)  # after which a list is not to be believed any more

STATUS_OF = {
    "issued": Status.VALID,
    "suspended": Status.SUSPENDED,
    "revoked": Status.WITHDRAWN,
    "annulled": Status.WITHDRAWN,
    "superseded": Status.SUPERSEDED,
}


def rendered_list(db: Database, number: int) -> StatusList:
    """The list of that number as it is now. Raises StatusListNotFound."""
    if number not in list_numbers(db):
        raise StatusListNotFound(f"there is no status list {number}")
    return status_list({index: STATUS_OF[state] for index, state in states_in_list(db, number).items()})


def token_status_list(db: Database, keyring: Keyring, public_url: str, number: int, now: datetime) -> str:
    """The list as a Token Status List, `statuslist+jwt`. Raises StatusListNotFound, NoSigningKey."""
    claims = token_list_claims(rendered_list(db, number), number, public_url, now, ttl=TTL_SECONDS, lifetime=LIFETIME)
    signer = keyring.status_signer(db, now)
    kid = f"{did_web(public_url)}#{signer.key().kid}"
    return seal_jws(claims, typ="statuslist+jwt", kid=kid, sign=signer)


def bitstring_status_list(  # noqa: PLR0913, PLR0917 which list, for what, where, when, by which key
    db: Database, keyring: Keyring, public_url: str, number: int, purpose: Purpose, now: datetime
) -> str:
    """The list as a Bitstring Status List credential, `vc+jwt`. Raises StatusListNotFound, NoSigningKey."""
    did = did_web(public_url)
    claims = bitstring_claims(
        rendered_list(db, number),
        purpose,
        number,
        registry_did=did,
        public_url=public_url,
        now=now,
        lifetime=LIFETIME,
    )
    signer = keyring.status_signer(db, now)
    return seal_jws(claims, typ="vc+jwt", kid=f"{did}#{signer.key().kid}", sign=signer)
