"""An organisation closes: from a day on it issues nothing and its keys are retired. What it issued is no worse."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from registry.errors import OrganisationRejected
from registry.records.log.entries import enter
from registry.records.parties.organisations import Organisation, organisation_by_slug
from registry.records.parties.signing_keys import SigningKey, keys_of, retire_key
from registry.records.store.database import Database

LONGEST_AHEAD: Final = timedelta(days=5 * 366)


def close_organisation(db: Database, slug: str, on: date, now: datetime, actor: str) -> Organisation:
    """From that day it is closed; an earlier day may replace a later one.

    Its keys are retired, not compromised: on that day, or now where it has come.

    Raises OrganisationNotFound, OrganisationRejected.
    """
    organisation = organisation_by_slug(db, slug)
    if organisation.kind == "person":
        raise OrganisationRejected(f"{slug} is a natural person, and has nothing to close")
    if organisation.closed_on is not None and organisation.closed_on <= on:
        raise OrganisationRejected(f"{slug} closed on {organisation.closed_on} already")
    if on < organisation.registered_on:
        raise OrganisationRejected(f"{slug} was registered on {organisation.registered_on}, after {on}")
    if on > now.date() + LONGEST_AHEAD:
        raise OrganisationRejected(f"{on} lies more than five years ahead; say so when it is known")
    organisation.closed_on, organisation.recorded_by = on, actor
    db.add(organisation)
    for key in keys_of(db, slug):
        if key.signs_at(now):
            retire_key(db, key.kid, _last(on, now), actor, now=now)
    enter(db, "organisation.closed", now.date(), {"issuer": slug, "from": on.isoformat()})
    return organisation


def retired_when_closed(db: Database, key: SigningKey, now: datetime, actor: str) -> SigningKey:
    """A key just made signs no longer than its organisation is there."""
    closed_on = None if key.organisation is None else organisation_by_slug(db, key.organisation).closed_on
    return key if closed_on is None else retire_key(db, key.kid, _last(closed_on, now), actor, now=now)


def _last(on: date, now: datetime) -> datetime:
    return max(now, datetime.combine(on, time(), UTC))
