"""Mandates: a scheme's owner lets an issuer issue under it, up to a level, from a day on.

Every decision about a mandate is an event that is never changed: who, when, why, from when. The columns of the mandate
say what came of them, so that the present is one row; the past is told by the events.
"""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import JSON, Column
from sqlmodel import Field, SQLModel, col, select

from registry.errors import MandateNotFound
from registry.records.mandates.mandate_days import Span, with_days
from registry.records.parties.organisation_certificates import Days
from registry.records.store.database import Database, new_id
from registry.records.store.kept import never_changed, never_removed


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


KEPT = (
    never_changed(
        "mandate_is_kept",
        "mandate",
        "what a mandate says is never changed; a decision about it is an event",
        but=("suspended_from", "suspended_until", "also_suspended", "withdrawn_from", "reason"),
    ),
    never_removed("mandate_stays", "mandate", "what a mandate says is never changed; a decision about it is an event"),
)


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


def last_suspension(mandate: Mandate, span: Span | None = None) -> Days | tuple[None, None]:
    """The suspension that was decided on last; span: as was known at another moment, where it is the latest one."""
    if span is not None:
        return span.suspended[-1] if span.suspended else (None, None)
    return (None, None) if mandate.suspended_from is None else (mandate.suspended_from, mandate.suspended_until)
