"""The decisions about mandates as events, entered in the log: what was known at a moment is told by them alone."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from hashlib import sha256
from typing import Literal
from uuid import UUID

import orjson
from sqlalchemy import String, UniqueConstraint
from sqlmodel import Field, SQLModel, col, func, select

from registry.records.log.entries import enter
from registry.records.mandates.mandate_days import Span, with_days
from registry.records.mandates.mandates import Mandate, mandates
from registry.records.parties.organisation_certificates import (
    CertificateOfOrganisation,
    Days,
    append_to,
    certificate_of_mandate,
)
from registry.records.store.database import Database, new_id
from registry.records.store.kept import never_changed, never_removed

EventKind = Literal["granted", "suspended", "withdrawn"]


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


KEPT = (
    never_changed("mandate_event_is_kept", "mandate_event", "an event is never changed"),
    never_removed("mandate_event_stays", "mandate_event", "an event is never removed"),
)


def append_decision(  # noqa: PLR0913, PLR0917 what, when, by whom, which days, by whose decision
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


def mandate_history(db: Database, mandate: Mandate) -> Sequence[MandateEvent]:
    """Every decision about it, the first one first."""
    return db.exec(
        select(MandateEvent).where(MandateEvent.mandate_id == mandate.id).order_by(col(MandateEvent.place))
    ).all()


def mandate_decisions(db: Database) -> Sequence[tuple[Mandate, MandateEvent]]:
    """Every decision about a mandate, the oldest first."""
    both = select(Mandate, MandateEvent).where(MandateEvent.mandate_id == Mandate.id)
    return db.exec(both.order_by(col(MandateEvent.id))).all()


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
