"""Mandates: a scheme's owner lets an issuer issue under it, up to a level, from a day on.

Every decision about a mandate is an event that is never changed: who, when, why, from when. The columns of the mandate
say what came of them, so that the present is one row; the past is told by the events.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from hashlib import sha256
from typing import Annotated, Final, Literal, Self
from uuid import UUID

import orjson
from pydantic import Field as InputField
from pydantic import model_validator
from sqlalchemy import JSON, Column, String, UniqueConstraint
from sqlmodel import Field, SQLModel, col, func, select

from levels.level import Level
from registry.errors import (
    IssuerNotAuthorised,
    MandateAlreadyWithdrawn,
    MandateNotAllowed,
    MandateNotFound,
    MandateSuspended,
    SchemeNotFound,
)
from registry.records.actors.approvals import drop_pending
from registry.records.log.entries import enter
from registry.records.parties.organisation_certificates import (
    CertificateOfOrganisation,
    Days,
    apart,
    append_to,
    certificate_of_mandate,
)
from registry.records.parties.organisations import organisation_by_slug
from registry.records.sector.scheme_document import edition_levels
from registry.records.sector.schemes import scheme_owner, scheme_version, schemes
from registry.records.store.database import Database, new_id
from registry.records.store.kept import never_changed, never_removed
from registry.records.strict_input import Line, Slug, StrictInput

REINSTATEMENT: Final = "mandate_reinstatement"  # kind of approval
EventKind = Literal["granted", "suspended", "withdrawn"]
Standing = Literal["in_force", "coming", "suspended", "ended", "withdrawn"]


@dataclass(frozen=True)
class Span:
    """When a mandate holds. Days are inclusive; `withdrawn_from` is the first day it no longer does.

    suspended  the days on which it does not hold meanwhile, apart from one another, the earliest first
    """

    since: date
    until: date | None = None
    suspended: tuple[Days, ...] = ()
    withdrawn_from: date | None = None

    def suspension_on(self, day: date) -> Days | None:
        """The one that day lies in."""
        return next((days for days in self.suspended if _lies_in(day, days)), None)

    def next_suspension(self, day: date) -> Days | None:
        """The one that day lies in, or else the next one that is planned."""
        return next((days for days in self.suspended if days[1] is None or day <= days[1]), None)

    def covers(self, day: date) -> bool:
        """Granted for that day, and neither withdrawn nor suspended on it."""
        return self.standing_on(day) == "in_force"

    def standing_on(self, day: date) -> Standing:
        """What it is that day; of several, what is for good before what passes."""
        if self.withdrawn_from is not None and self.withdrawn_from <= day:
            return "withdrawn"
        if self.until is not None and self.until < day:
            return "ended"
        if day < self.since:
            return "coming"
        return "in_force" if self.suspension_on(day) is None else "suspended"


def _lies_in(day: date, days: Days) -> bool:
    return days[0] <= day and (days[1] is None or day <= days[1])


def with_days(suspended: Iterable[Days], new: Days) -> tuple[Days, ...]:
    """With one more: it comes in the place of those that it has a day or its first day in common with.

    Where it ends before it begins, the one that began on that day never does.
    """
    kept = [one for one in suspended if apart(one, new) and one[0] != new[0]]
    return tuple(sorted(kept if new[1] is not None and new[1] < new[0] else [*kept, new], key=lambda one: one[0]))


class Mandate(SQLModel, table=True):
    """One mandate. Of the decisions about it only those that append an event write its columns.

    versions   the scheme versions it covers; None = all, later ones too
    suspended_from, suspended_until  the suspension that was decided on last, where there still is one
    also_suspended                   the others: first and last day of each, as text
    reason     why the last decision was made
    recorded_* when it was granted, and by whom
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
    also_suspended: list[list[str | None]] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    withdrawn_from: date | None = None
    reason: str | None = None
    recorded_at: datetime
    recorded_by: str

    @property
    def span(self) -> Span:
        """When it holds, as is known now."""
        others = [
            (date.fromisoformat(str(first)), None if last is None else date.fromisoformat(last))
            for first, last in self.also_suspended or ()
        ]
        last = () if self.suspended_from is None else ((self.suspended_from, self.suspended_until),)
        suspended: tuple[Days, ...] = tuple(sorted((*others, *last), key=lambda one: one[0]))
        return Span(self.since, self.until, suspended, self.withdrawn_from)

    def suspend_on(self, new: Days) -> bool:
        """Write the columns for one more suspension, or for one that is changed; whether there are others beside it."""
        before, suspended = self.span.suspended, with_days(self.span.suspended, new)
        last = new if new in suspended else suspended[-1] if suspended else None
        self.suspended_from, self.suspended_until = last or (None, None)
        others = [one for one in suspended if one != last]
        told = [[first.isoformat(), None if end is None else end.isoformat()] for first, end in others]
        self.also_suspended = told or None
        return any(one in before for one in suspended if one != new)

    def in_force_on(self, day: date) -> bool:
        """Granted for that day, and neither withdrawn nor suspended on it."""
        return self.span.covers(day)


class MandateEvent(SQLModel, table=True):
    """A decision about a mandate: who, when, why, from when. Never changed, never removed.

    place        1 for the first event of the mandate, and so on without gaps
    from_day     the first day it is about: on which it holds, or no longer does
    until_day    the last such day; None = no end; of a suspension, a day before the first one: it never began
    approval     id of the decision of a second person, where there was one
    beside       of a suspension: the others stay, but for those that it has days in common with
    """

    __tablename__ = "mandate_event"
    __table_args__ = (UniqueConstraint("mandate_id", "place"),)

    id: UUID = Field(primary_key=True, default_factory=new_id)
    mandate_id: UUID = Field(foreign_key="mandate.id", index=True)
    place: int
    kind: EventKind = Field(sa_type=String)
    at: datetime
    from_day: date
    until_day: date | None = None
    reason: str | None = None
    actor: str
    approval: str | None = Field(default=None, foreign_key="approval.public_id")
    beside: bool | None = None


_KEPT = "what a mandate says is never changed; a decision about it is an event"
KEPT = (
    never_changed(
        "mandate_is_kept",
        "mandate",
        _KEPT,
        but=("suspended_from", "suspended_until", "also_suspended", "withdrawn_from", "reason"),
    ),
    never_removed("mandate_stays", "mandate", _KEPT),
    never_changed("mandate_event_is_kept", "mandate_event", "an event is never changed"),
    never_removed("mandate_event_stays", "mandate_event", "an event is never removed"),
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
    _append(db, mandate, "granted", now, actor, (mandate.since, mandate.until))
    return mandate


def _covers(granted: Mandate, new: NewMandate) -> bool:
    """Whether the same was granted for all of these days, and nothing has cut into it since."""
    same = granted.max_level == new.max_level.value and granted.versions == (new.versions and list(new.versions))
    ends_later = granted.until is None or (new.until is not None and new.until <= granted.until)
    untouched = granted.withdrawn_from is None and not granted.span.suspended
    return same and untouched and granted.since <= new.since and ends_later


def mandates(db: Database) -> Sequence[Mandate]:
    """All mandates, by scheme and issuer."""
    return db.exec(select(Mandate).order_by(Mandate.scheme, Mandate.issuer, col(Mandate.id))).all()


def mandates_of(db: Database, *, scheme: str | None = None, issuer: str | None = None) -> Sequence[Mandate]:
    """Those of a scheme, those that somebody was granted, or both, by scheme and issuer."""
    wanted = select(Mandate).order_by(Mandate.scheme, Mandate.issuer, col(Mandate.id))
    if scheme is not None:
        wanted = wanted.where(Mandate.scheme == scheme)
    if issuer is not None:
        wanted = wanted.where(Mandate.issuer == issuer)
    return db.exec(wanted).all()


def mandates_after(  # noqa: PLR0913 which of them
    db: Database,
    after: UUID | None,
    limit: int,
    *,
    scheme: str | None = None,
    issuer: str | None = None,
    granted_by: datetime | None = None,
) -> Sequence[Mandate]:
    """In the order in which they were granted, from the one after that id on; granted_by: at that moment or before."""
    wanted = select(Mandate).order_by(col(Mandate.id)).limit(limit)
    for column, value in ((Mandate.scheme, scheme), (Mandate.issuer, issuer)):
        if value is not None:
            wanted = wanted.where(col(column) == value)
    if granted_by is not None:
        wanted = wanted.where(Mandate.recorded_at <= granted_by)
    return db.exec(wanted if after is None else wanted.where(col(Mandate.id) > after)).all()


def mandate_by_id(db: Database, public_id: str) -> Mandate:
    """Raises MandateNotFound."""
    found = db.exec(select(Mandate).where(Mandate.public_id == public_id)).first()
    if found is None:
        raise MandateNotFound(f"no mandate has the id {public_id!r}")
    return found


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
    _append(db, mandate, "withdrawn", now, actor, (from_day, None))
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
    _append(db, mandate, "suspended", now, actor, new, beside=beside)
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
    _append(db, mandate, "suspended", now, actor, days, approval, beside=beside)
    return mandate


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


# --- the past ----------------------------------------------------------------------------------------------------


def mandate_history(db: Database, mandate: Mandate) -> Sequence[MandateEvent]:
    """Every decision about it, the first one first."""
    return db.exec(
        select(MandateEvent).where(MandateEvent.mandate_id == mandate.id).order_by(col(MandateEvent.place))
    ).all()


def mandates_as_known(db: Database, at: datetime) -> Sequence[tuple[Mandate, Span]]:
    """All mandates that were known at that moment, each with when it held, as far as was known then."""
    events = _by_mandate(db.exec(select(MandateEvent).where(MandateEvent.at <= at).order_by(col(MandateEvent.place))))
    return [(mandate, told(events[mandate.id])) for mandate in mandates(db) if mandate.id in events]


def spans_as_known(db: Database, given: Sequence[Mandate], at: datetime) -> Mapping[UUID, Span]:
    """When each of these held, as far as was known at that moment."""
    ids = [mandate.id for mandate in given]
    wanted = select(MandateEvent).where(col(MandateEvent.mandate_id).in_(ids), MandateEvent.at <= at)
    return {one: told(events) for one, events in _by_mandate(db.exec(wanted.order_by(col(MandateEvent.place)))).items()}


def told(events: Sequence[MandateEvent]) -> Span:
    """What the events of one mandate, in their order, come to. The first one grants it. Pure."""
    span = Span(events[0].from_day, events[0].until_day)
    for event in events[1:]:
        if event.kind == "withdrawn":
            span = replace(span, withdrawn_from=event.from_day)
        elif event.kind == "suspended":
            before = span.suspended if event.beside else ()
            span = replace(span, suspended=with_days(before, (event.from_day, event.until_day)))
    return span


def last_suspension(mandate: Mandate, span: Span | None = None) -> Days | tuple[None, None]:
    """The suspension that was decided on last; span: as was known at another moment, where it is the latest one."""
    if span is not None:
        return span.suspended[-1] if span.suspended else (None, None)
    return (None, None) if mandate.suspended_from is None else (mandate.suspended_from, mandate.suspended_until)


def mandate_mismatches(db: Database) -> Sequence[str]:
    """The ids of mandates whose columns are not what their events come to."""
    events = _by_mandate(db.exec(select(MandateEvent).order_by(col(MandateEvent.place))))
    return [
        mandate.public_id
        for mandate in mandates(db)
        if not events[mandate.id] or told(events[mandate.id]) != mandate.span
    ]


def _by_mandate(events: Iterable[MandateEvent]) -> Mapping[UUID, list[MandateEvent]]:
    found: dict[UUID, list[MandateEvent]] = defaultdict(list)
    for event in events:
        found[event.mandate_id].append(event)
    return found


def mandate_locked(db: Database, public_id: str) -> Mandate:
    """So that nobody else changes it meanwhile. Raises MandateNotFound."""
    found = db.exec(
        select(Mandate)
        .where(Mandate.public_id == public_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()
    if found is None:
        raise MandateNotFound(f"no mandate has the id {public_id!r}")
    return found


def _append(  # noqa: PLR0913, PLR0917 what, when, by whom, which days, by whose decision
    db: Database,
    mandate: Mandate,
    kind: EventKind,
    now: datetime,
    actor: str,
    days: Days,
    approval: str | None = None,
    *,
    beside: bool = False,
) -> None:
    """Store the decision beside what came of it. The mandate's columns say that already."""
    from_day, until_day = days
    last = db.exec(select(func.max(MandateEvent.place)).where(MandateEvent.mandate_id == mandate.id)).one()
    event = MandateEvent(
        mandate_id=mandate.id,
        place=(last or 0) + 1,
        kind=kind,
        at=now,
        from_day=from_day,
        until_day=until_day,
        reason=mandate.reason,
        actor=actor,
        approval=approval,
        beside=beside or None,
    )
    db.add_all((mandate, event))
    db.flush()
    enter_decision(db, mandate, event, now.date())
    certificate = certificate_of_mandate(db, mandate.public_id) if kind != "granted" else None
    if certificate is not None:
        follow_mandate(db, certificate, event, now)


def follow_mandate(db: Database, certificate: CertificateOfOrganisation, event: MandateEvent, now: datetime) -> None:
    """What the owner has signed stands and falls with the mandate."""
    kind: Literal["revoked", "reinstated", "suspended"] = "revoked" if event.kind == "withdrawn" else "suspended"
    never_began = kind == "suspended" and event.until_day is not None and event.until_day < event.from_day
    append_to(
        db,
        certificate,
        "reinstated" if never_began else kind,
        at=now,
        from_day=event.from_day,
        until_day=None if never_began else event.until_day,
        actor=event.actor,
        reason="issuer_withdrawn" if kind == "revoked" else None,
        approval=event.approval,
    )


def enter_decision(db: Database, mandate: Mandate, event: MandateEvent, day: date) -> None:
    """Have a decision about a mandate entered in the log that day."""
    said = event.model_dump(mode="json", exclude={"id", "mandate_id", "actor"}) | {"versions": mandate.versions}
    enter(
        db,
        "mandate.changed",
        day,
        {
            "issuer": mandate.issuer,
            "mandate": mandate.public_id,
            "scheme": mandate.scheme,
            "level": mandate.max_level,
            "change": event.kind,
            "digest": sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest(),
            "from": event.from_day.isoformat(),
            **({"until": event.until_day.isoformat()} if event.until_day else {}),
        },
        event.id,
    )


def mandate_decisions(db: Database) -> Sequence[tuple[Mandate, MandateEvent]]:
    """Every decision about a mandate, the oldest first."""
    both = select(Mandate, MandateEvent).where(MandateEvent.mandate_id == Mandate.id)
    return db.exec(both.order_by(col(MandateEvent.id))).all()
