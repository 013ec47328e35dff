"""What happened to the record of an occasion: append-only, without a word of free text about a person."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import JSON, Column, String, UniqueConstraint
from sqlmodel import Field, SQLModel, col, func, select

from registry.records.store.database import Database, new_id
from registry.records.store.kept import never_changed, never_removed

OccasionEventKind = Literal["recorded", "amended", "sheet", "results", "cancelled"]


class OccasionEvent(SQLModel, table=True):
    """Something that was recorded, amended or added: who, when, why, and what changed. Never changed, never removed.

    changes        of an amendment: each {path, before, after}, or {path} alone where the value is about a person;
                   of a sheet: for each session how many lines it has, and how many say how it was checked
    lines          of a sheet or of results: how many were recorded; `replaced`: how many of these took the place of
                   earlier ones
    digest         SHA-256 of what was recorded, hexadecimal: the whole document, or the lines of the sheet or results
    issued_before  numbers of the certificates that stood when this came and that it concerns; it changes none of them
    """

    __tablename__ = "occasion_event"
    __table_args__ = (UniqueConstraint("occasion_id", "place"),)

    id: UUID = Field(primary_key=True, default_factory=new_id)
    occasion_id: UUID = Field(foreign_key="occasion.id", index=True)
    place: int  # 1 for the first event of the occasion, and so on without gaps
    kind: OccasionEventKind = Field(sa_type=String)
    at: datetime
    actor: str
    reason: str | None = None
    changes: list[dict[str, Any]] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    lines: int | None = None
    replaced: int | None = None
    digest: str
    issued_before: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))


KEPT = (
    never_changed("occasion_event_is_not_changed", "occasion_event", "the history of an occasion is never changed"),
    never_removed("occasion_event_is_not_removed", "occasion_event", "the history of an occasion is never removed"),
)


def append_event(  # noqa: PLR0913 who, what, when, why
    db: Database,
    occasion_id: UUID,
    kind: OccasionEventKind,
    *,
    at: datetime,
    actor: str,
    digest: str,
    reason: str | None = None,
    changes: Sequence[Mapping[str, object]] = (),
    issued_before: Sequence[str] = (),
    lines: int | None = None,
    replaced: int | None = None,
) -> OccasionEvent:
    """Add to an occasion's history."""
    last = db.exec(select(func.max(OccasionEvent.place)).where(OccasionEvent.occasion_id == occasion_id)).one()
    event = OccasionEvent(
        occasion_id=occasion_id,
        place=(last or 0) + 1,
        kind=kind,
        at=at,
        actor=actor,
        reason=reason,
        changes=[dict(change) for change in changes],
        lines=lines,
        replaced=replaced,
        digest=digest,
        issued_before=list(issued_before),
    )
    db.add(event)
    db.flush()
    return event


def occasion_history(db: Database, occasion_id: UUID) -> Sequence[OccasionEvent]:
    """The events of an occasion, the first first."""
    return db.exec(
        select(OccasionEvent).where(OccasionEvent.occasion_id == occasion_id).order_by(col(OccasionEvent.place))
    ).all()


def digest_of(content: object) -> str:
    """SHA-256 of plain data, hexadecimal: the same for the same content, whatever the order of its keys."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
