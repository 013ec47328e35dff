"""Mandates: a scheme's owner lets an issuer issue under it, up to a level, from a day on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field as InputField
from pydantic import model_validator
from sqlalchemy import JSON, Column
from sqlmodel import Field, SQLModel, col, select

from levels.level import Level
from registry.errors import MandateAlreadyWithdrawn, MandateNotAllowed, MandateNotFound
from registry.records.database import Database, new_id
from registry.records.organisations import organisation_by_slug
from registry.records.schemes import edition_levels, scheme_owner, scheme_version, schemes
from registry.records.strict_input import Line, Slug, StrictInput


class Mandate(SQLModel, table=True):
    """One mandate. Dates are inclusive; `withdrawn_from` is the first day it no longer holds.

    versions       the scheme versions it covers; None = all, later ones too
    suspended_from, suspended_until  both days included; an open end is None
    """

    id: UUID = Field(primary_key=True, default_factory=new_id)
    public_id: str = Field(unique=True, index=True)
    scheme: str = Field(foreign_key="scheme.code", index=True)
    versions: list[str] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    owner: str = Field(foreign_key="organisation.slug")
    issuer: str = Field(foreign_key="organisation.slug", index=True)
    max_level: str
    since: date
    until: date | None = None
    suspended_from: date | None = None
    suspended_until: date | None = None
    withdrawn_from: date | None = None
    reason: str | None = None
    recorded_at: datetime
    recorded_by: str

    def in_force_on(self, day: date) -> bool:
        """Granted for that day, and neither withdrawn nor suspended on it."""
        suspended = (
            self.suspended_from is not None
            and self.suspended_from <= day
            and (self.suspended_until is None or day <= self.suspended_until)
        )
        return (
            self.since <= day
            and (self.until is None or day <= self.until)
            and (self.withdrawn_from is None or day < self.withdrawn_from)
            and not suspended
        )


class NewMandate(StrictInput):
    """A mandate as the scheme's owner grants it."""

    scheme: Slug
    issuer: Slug
    max_level: Level
    versions: Annotated[tuple[str, ...], InputField(min_length=1)] | None = None
    since: date
    until: date | None = None
    reason: Line | None = None

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        if self.until and self.until < self.since:
            raise ValueError(f"until ({self.until}) lies before since ({self.since})")
        return self


class Decision(StrictInput):
    """Why a mandate is withdrawn or suspended, on one line."""

    reason: Line


@dataclass(frozen=True)
class Authority:
    """What an issuer may do under a scheme version on a day.

    mandate   the mandate it rests on; None for an owner without one, or for nobody
    """

    mandate: Mandate | None
    mandate_max: Level | None
    mandate_from_sector_body: bool
    issuer_owns: bool


def grant_mandate(db: Database, new: NewMandate, now: datetime, actor: str) -> Mandate:
    """Grant a mandate in the name of the scheme's owner.

    Raises SchemeNotFound, OrganisationNotFound, and MandateNotAllowed where only a sector body may grant it.
    """
    owner = organisation_by_slug(db, scheme_owner(db, new.scheme))
    issuer = organisation_by_slug(db, new.issuer)
    covered = [version for version in schemes(db) if version.code == new.scheme]
    if new.versions is not None:
        covered = [scheme_version(db, new.scheme, version) for version in new.versions]
    order = edition_levels(new.since)
    highest = min((Level(version.max_level) for version in covered), key=order.index)
    if order.index(new.max_level) < order.index(highest):
        raise MandateNotAllowed(
            f"{new.scheme} goes no higher than {highest.value}; grant {highest.value}, or publish a version of the "
            f"scheme with a higher max_level first"
        )
    if issuer.kind == "person":
        raise MandateNotAllowed(f"{new.issuer} is a natural person; only organisations issue")
    if new.max_level is Level.B and not owner.sector_body:
        raise MandateNotAllowed(f"level B needs the mandate of a registered sector body, and {owner.slug} is none")
    if owner.slug == issuer.slug and not owner.sector_body:
        raise MandateNotAllowed(f"{owner.slug} owns {new.scheme} and needs no mandate for it up to C1")
    identity = new_id()
    mandate = Mandate(
        id=identity,
        public_id=f"mandate-{identity.hex[-16:]}",
        scheme=new.scheme,
        versions=None if new.versions is None else list(new.versions),
        owner=owner.slug,
        issuer=issuer.slug,
        max_level=new.max_level.value,
        since=new.since,
        until=new.until,
        reason=new.reason,
        recorded_at=now,
        recorded_by=actor,
    )
    db.add(mandate)
    db.flush()
    return mandate


def mandates(db: Database) -> Sequence[Mandate]:
    """All mandates, by scheme and issuer."""
    return db.exec(select(Mandate).order_by(Mandate.scheme, Mandate.issuer, col(Mandate.id))).all()


def mandate_by_id(db: Database, public_id: str) -> Mandate:
    """Raises MandateNotFound."""
    found = db.exec(select(Mandate).where(Mandate.public_id == public_id)).first()
    if found is None:
        raise MandateNotFound(f"no mandate has the id {public_id!r}")
    return found


def withdraw_mandate(db: Database, public_id: str, from_day: date, reason: str, actor: str) -> Mandate:
    """From that day on it holds no more, for good. An earlier day may replace a later one, never the other way round.

    Raises MandateNotFound, MandateAlreadyWithdrawn.
    """
    mandate = mandate_by_id(db, public_id)
    if mandate.withdrawn_from is not None and mandate.withdrawn_from <= from_day:
        raise MandateAlreadyWithdrawn(f"{public_id} was withdrawn from {mandate.withdrawn_from}")
    mandate.withdrawn_from, mandate.reason, mandate.recorded_by = from_day, reason, actor
    db.add(mandate)
    return mandate


def suspend_mandate(  # noqa: PLR0913, PLR0917 a decision has a span, a reason and an actor
    db: Database, public_id: str, from_day: date, until: date | None, reason: str, actor: str
) -> Mandate:
    """For these days it does not hold; without `until`, until another suspension says when it ends.

    A mandate has one suspension. It may begin earlier or end later, and an open one may be given its end; a day
    that was suspended once is not forgotten otherwise.

    Raises MandateNotFound, MandateAlreadyWithdrawn, MandateNotAllowed.
    """
    mandate = mandate_by_id(db, public_id)
    if mandate.withdrawn_from is not None:
        raise MandateAlreadyWithdrawn(f"{public_id} was withdrawn from {mandate.withdrawn_from}")
    if until is not None and until < from_day:
        raise MandateNotAllowed(f"the suspension ends ({until}) before it begins ({from_day})")
    former, end = mandate.suspended_from, mandate.suspended_until
    if former is not None and (from_day > former or (end is not None and until is not None and until < end)):
        raise MandateNotAllowed(
            f"{public_id} is suspended from {former} {f'until {end}' if end else 'with no end'}; another suspension "
            "must cover these days too, or withdraw this mandate and grant a new one"
        )
    mandate.suspended_from, mandate.suspended_until = from_day, until
    mandate.reason, mandate.recorded_by = reason, actor
    db.add(mandate)
    return mandate


def authority_on(db: Database, issuer: str, scheme: str, version: str, day: date) -> Authority:
    """What that issuer may do that day: its own scheme, and the highest mandate in force. Raises SchemeNotFound."""
    owner = organisation_by_slug(db, scheme_owner(db, scheme))
    granted = db.exec(select(Mandate).where(Mandate.scheme == scheme, Mandate.issuer == issuer)).all()
    order = edition_levels(day)
    in_force = sorted(
        (each for each in granted if each.in_force_on(day) and (each.versions is None or version in each.versions)),
        key=lambda each: order.index(Level(each.max_level)),
    )
    best = in_force[0] if in_force else None
    return Authority(
        mandate=best,
        mandate_max=Level(best.max_level) if best else None,
        mandate_from_sector_body=best is not None and owner.sector_body and owner.active_on(day),
        issuer_owns=issuer == owner.slug,
    )
