"""What is decided about a mandate: granted, withdrawn, suspended, and that a suspension ends."""

from datetime import date, datetime
from typing import Annotated, Final, Self

from pydantic import Field as InputField
from pydantic import model_validator

from levels.level import Level
from registry.errors import MandateAlreadyWithdrawn, MandateNotAllowed, SchemeNotFound
from registry.records.actors.approvals import drop_pending
from registry.records.mandates.mandate_events import append_decision
from registry.records.mandates.mandates import Mandate, mandate_locked, mandates_of
from registry.records.parties.organisation_certificates import apart
from registry.records.parties.organisations import organisation_by_slug
from registry.records.sector.scheme_document import edition_levels
from registry.records.sector.schemes import scheme_owner, scheme_version, schemes
from registry.records.store.database import Database, new_id
from registry.records.strict_input import Line, Slug, StrictInput

REINSTATEMENT: Final = "mandate_reinstatement"  # kind of approval


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


def grant_mandate(db: Database, new: NewMandate, now: datetime, actor: str) -> Mandate:
    """Grant a mandate in the name of the scheme's owner.

    Raises SchemeNotFound, OrganisationNotFound, and MandateNotAllowed where only a sector body may grant it, or where
    the same was granted for those days already.
    """
    owner = organisation_by_slug(db, scheme_owner(db, new.scheme))
    issuer = organisation_by_slug(db, new.issuer)
    covered = [version for version in schemes(db) if version.code == new.scheme]
    if new.versions is not None:
        covered = [scheme_version(db, new.scheme, version) for version in new.versions]
    if not covered:
        raise SchemeNotFound(f"no version of {new.scheme} is published yet; publish one first")
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
    same = next((each for each in mandates_of(db, scheme=new.scheme, issuer=issuer.slug) if _covers(each, new)), None)
    if same is not None:
        days = f"from {same.since}" + (f" until {same.until}" if same.until else "")
        raise MandateNotAllowed(f"{same.public_id} already covers those days: {new.max_level.value}, {days}")
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
    append_decision(db, mandate, "granted", now, actor, (mandate.since, mandate.until))
    return mandate


def _covers(granted: Mandate, new: NewMandate) -> bool:
    """Whether the same was granted for all of these days, and nothing has cut into it since."""
    same = granted.max_level == new.max_level.value and granted.versions == (new.versions and list(new.versions))
    ends_later = granted.until is None or (new.until is not None and new.until <= granted.until)
    untouched = granted.withdrawn_from is None and not granted.span.suspended
    return same and untouched and granted.since <= new.since and ends_later


def withdraw_mandate(  # noqa: PLR0913 a decision has a day, a reason, an actor and a moment
    db: Database, public_id: str, from_day: date, reason: str, actor: str, *, now: datetime
) -> Mandate:
    """From that day on it holds no more, for good. An earlier day may replace a later one, never the other way round.

    Nobody has to decide any more on whether it holds again. Raises MandateNotFound, MandateAlreadyWithdrawn.
    """
    mandate = mandate_locked(db, public_id)
    if mandate.withdrawn_from is not None and mandate.withdrawn_from <= from_day:
        raise MandateAlreadyWithdrawn(f"{public_id} was withdrawn from {mandate.withdrawn_from}")
    drop_pending(db, kind=REINSTATEMENT, subject=public_id, account=actor, now=now)
    mandate.withdrawn_from, mandate.reason = from_day, reason
    append_decision(db, mandate, "withdrawn", now, actor, (from_day, None))
    return mandate


def suspend_mandate(  # noqa: PLR0913, PLR0917 a decision has a span, a reason, an actor and a moment
    db: Database, public_id: str, from_day: date, until: date | None, reason: str, actor: str, *, now: datetime
) -> Mandate:
    """For these days it does not hold; without `until`, until it is reinstated.

    Beside the days for which it is suspended already it may be suspended for others. Of those it may not let any go:
    that a suspension ends sooner, or never begins, takes two people.

    Raises MandateNotFound, MandateAlreadyWithdrawn, MandateNotAllowed.
    """
    mandate, new = mandate_locked(db, public_id), (from_day, until)
    if mandate.withdrawn_from is not None:
        raise MandateAlreadyWithdrawn(f"{public_id} was withdrawn from {mandate.withdrawn_from}")
    if until is not None and until < from_day:
        raise MandateNotAllowed(f"the suspension ends ({until}) before it begins ({from_day})")
    for former, end in mandate.span.suspended:
        sooner = until is not None and (end is None or until < end)
        if not apart((former, end), new) and (from_day > former or sooner):
            raise MandateNotAllowed(
                f"{public_id} is suspended from {former} {f'until {end}' if end else 'with no end'}; a suspension that "
                "has some of these days must have all of them; it holds again sooner by a reinstatement, which takes "
                "two people"
            )
    mandate.reason = reason
    beside = mandate.suspend_on(new)
    append_decision(db, mandate, "suspended", now, actor, new, beside=beside)
    return mandate


def end_suspension(  # noqa: PLR0913 a decision has days, a reason, an actor and a moment
    db: Database,
    mandate: Mandate,
    days: tuple[date, date],
    reason: str,
    actor: str,
    *,
    now: datetime,
    approval: str | None = None,
) -> Mandate:
    """The suspension that began on the first of these days ends on the last, which may be the day before.

    Whether two people decided so is seen to elsewhere; approval: by which decision.
    """
    mandate.reason = reason
    beside = mandate.suspend_on(days)
    append_decision(db, mandate, "suspended", now, actor, days, approval, beside=beside)
    return mandate
