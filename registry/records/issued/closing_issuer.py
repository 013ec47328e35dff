"""An issuer closes no earlier than it issued last: what it issued would otherwise be by somebody who was not there."""

from datetime import UTC, date, datetime, time

from sqlmodel import col, func, select

from registry.errors import OrganisationRejected
from registry.records.issued.certificates import IssuedCertificate
from registry.records.parties.closing import close_organisation
from registry.records.parties.organisations import Organisation
from registry.records.store.database import Database


def close_issuer(db: Database, slug: str, on: date, now: datetime, actor: str) -> Organisation:
    """As `close_organisation`. Raises OrganisationRejected where it issued something on that day or later, too."""
    since = datetime.combine(on, time(), UTC)
    asked = select(func.count(), func.max(IssuedCertificate.issued_at)).select_from(IssuedCertificate)
    number, last = db.exec(
        asked.where(IssuedCertificate.issuer == slug, col(IssuedCertificate.issued_at) >= since)
    ).one()
    if number and last is not None:
        raise OrganisationRejected(
            f"{slug} issued {number} certificates since {on}, the last on {last.date()}; say a later day, or first "
            "revoke what was issued too late (`bevis certificate mass`) and strike it off the register instead"
        )
    return close_organisation(db, slug, on, now, actor)
