"""What an issuer may do under a scheme on a day, and the mandate that it rests on."""

from dataclasses import dataclass
from datetime import date

from sqlmodel import col, select

from levels.level import Level
from registry.errors import IssuerNotAuthorised, MandateSuspended
from registry.records.mandates.mandates import Mandate, mandates_of
from registry.records.parties.organisations import organisation_by_slug
from registry.records.sector.scheme_document import edition_levels
from registry.records.sector.schemes import scheme_owner
from registry.records.store.database import Database


@dataclass(frozen=True)
class Authority:
    """What an issuer may do under a scheme version on a day.

    mandate   the mandate it rests on; None for an owner without one, or for nobody
    """

    mandate: Mandate | None
    mandate_max: Level | None
    mandate_from_sector_body: bool
    issuer_owns: bool


def authority_on(  # noqa: PLR0913 who, for what, on which day
    db: Database, issuer: str, scheme: str, version: str, day: date, *, lock: bool = False
) -> Authority:
    """What that issuer may do that day: its own scheme, and the highest mandate in force. Raises SchemeNotFound.

    lock  read again what is stored, and let no decision about these mandates through until the transaction ends
    """
    owner = organisation_by_slug(db, scheme_owner(db, scheme))
    wanted = select(Mandate).where(Mandate.scheme == scheme, Mandate.issuer == issuer).order_by(col(Mandate.id))
    if lock:
        # Readers among themselves need not wait: only a withdrawal or a suspension does. On SQLite the transaction
        # that writes is alone as it is.
        wanted = wanted.with_for_update(read=True).execution_options(populate_existing=True)
    order = edition_levels(day)
    in_force = sorted(
        (
            each
            for each in db.exec(wanted)
            if each.in_force_on(day) and (each.versions is None or version in each.versions)
        ),
        key=lambda each: order.index(Level(each.max_level)),
    )
    best = in_force[0] if in_force else None
    return Authority(
        mandate=best,
        mandate_max=Level(best.max_level) if best else None,
        mandate_from_sector_body=best is not None and owner.sector_body and owner.active_on(day),
        issuer_owns=issuer == owner.slug,
    )


def mandate_in_force(  # noqa: PLR0913, PLR0917 who, for what, on which day
    db: Database,
    issuer: str,
    scheme: str,
    version: str,
    day: date,
    lock: bool = True,  # noqa: FBT001, FBT002 see above
) -> Authority:
    """What the issuer may do at the moment a certificate is kept: nobody withdraws it before the transaction ends.

    db  a writing transaction

    Raises SchemeNotFound, and IssuerNotAuthorised where it may nothing on that day.
    """
    authority = authority_on(db, issuer, scheme, version, day, lock=lock)
    if authority.mandate is None and not authority.issuer_owns:
        raise no_mandate(db, issuer, scheme, version, day)
    return authority


def no_mandate(db: Database, issuer: str, scheme: str, version: str, day: date) -> IssuerNotAuthorised:
    """Why that issuer may nothing that day under a scheme that is another's."""
    owner = scheme_owner(db, scheme)
    for each in mandates_of(db, scheme=scheme, issuer=issuer):
        covered = each.versions is None or version in each.versions
        days = each.span.suspension_on(day)
        if covered and days is not None and each.span.standing_on(day) == "suspended":
            since, until = days
            return MandateSuspended(each.public_id, scheme=scheme, owner=owner, since=since, until=until)
    return IssuerNotAuthorised(
        f"{issuer} has no mandate for {scheme} on {day}, and {owner} owns it: the owner must grant a mandate first"
    )
