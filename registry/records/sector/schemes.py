"""Schemes and their published versions: what is taught and tested, what a certificate says, how long it is valid.

A published version never changes; that it is retired is the one thing told of it later. What happens to a version, from
its first draft on, is an event that is never changed: who, when, why, from when.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from hashlib import sha256
from typing import Any, Final, Literal
from uuid import UUID

import orjson
from sqlalchemy import JSON, Column, String, UniqueConstraint, and_, or_
from sqlmodel import Field, SQLModel, col, func, select

from registry.errors import SchemeNotFound, SchemeNotInForce, SchemeRetired
from registry.records.log.entries import enter
from registry.records.sector.scheme_document import NewScheme
from registry.records.store.database import Database, new_id
from registry.records.store.kept import never_changed, never_removed
from registry.records.strict_input import parse
from verification.certificate import day_at

EventKind = Literal[
    "drafted",
    "amended",
    "confirmed",
    "submitted",
    "approved",
    "published",
    "retired",
    "discarded",
    "extended",
    "extension_withdrawn",
]


class SchemeRecord(SQLModel, table=True):
    """A scheme: its code and who owns it."""

    __tablename__ = "scheme"

    code: str = Field(primary_key=True)
    owner: str = Field(foreign_key="organisation.slug", index=True)
    recorded_at: datetime
    recorded_by: str


class SchemeVersion(SQLModel, table=True):
    """One published version. `document` is all of it as it was approved; the columns are for finding it.

    published_on  first day on which something may be decided under it
    retired_from  first day on which nothing may be any more; what was decided before stays
    """

    __tablename__ = "scheme_version"
    __table_args__ = (UniqueConstraint("code", "version"),)

    id: UUID = Field(primary_key=True, default_factory=new_id)
    code: str = Field(foreign_key="scheme.code", index=True)
    version: str
    owner: str
    max_level: str
    target_level: str
    published_on: date
    retired_from: date | None = None
    document: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    recorded_at: datetime
    recorded_by: str

    @property
    def titles(self) -> Mapping[str, str]:
        """What it is called, by language."""
        titles: Mapping[str, str] = self.document["titles"]
        return titles

    @property
    def content(self) -> Mapping[str, Sequence[str]]:
        """Content outline or learning outcomes, by language."""
        content: Mapping[str, Sequence[str]] = self.document.get("outcomes") or self.document["content"]
        return content

    def new(self) -> NewScheme:
        """All facts of the version, as they were handed in."""
        return parse(self.document, NewScheme)

    def in_force_on(self, day: date) -> bool:
        """Whether something may be decided under it that day."""
        return self.published_on <= day and (self.retired_from is None or day < self.retired_from)


class SchemeEvent(SQLModel, table=True):
    """What happened to a version, drafts included: who, when, why, from when. Never changed, never removed.

    place     1 for the first event of the version, and so on without gaps
    from_day  the first day it is about
    digest    of the document as it was then
    content   what was drafted, confirmed or decided
    """

    __tablename__ = "scheme_event"
    __table_args__ = (UniqueConstraint("code", "version", "place"),)

    id: UUID = Field(primary_key=True, default_factory=new_id)
    code: str = Field(foreign_key="scheme.code", index=True)
    version: str
    place: int
    kind: EventKind = Field(sa_type=String)
    at: datetime
    from_day: date | None = None
    reason: str | None = None
    actor: str
    digest: str | None = None
    content: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))


PUBLIC: Final = ("published", "retired", "extended", "extension_withdrawn")  # of a version, for everybody to know

_KEPT = "a published version is never changed: certificates refer to it"
KEPT = (
    never_changed("scheme_version_is_kept", "scheme_version", _KEPT, but=("retired_from",)),
    never_removed("scheme_version_stays", "scheme_version", _KEPT),
    never_changed("scheme_event_is_kept", "scheme_event", "an event is never changed"),
    never_removed("scheme_event_stays", "scheme_event", "an event is never removed"),
)


def schemes(db: Database) -> Sequence[SchemeVersion]:
    """Every published version of every scheme: by code, the newest first."""
    return db.exec(
        select(SchemeVersion).order_by(
            SchemeVersion.code, col(SchemeVersion.published_on).desc(), col(SchemeVersion.id).desc()
        )
    ).all()


def schemes_after(db: Database, after: str | None, limit: int) -> Sequence[SchemeVersion]:
    """Published versions by code and version, from the one after `code version` on."""
    wanted = select(SchemeVersion).order_by(SchemeVersion.code, SchemeVersion.version).limit(limit)
    if after is not None:
        code, _, version = after.partition(" ")
        later = and_(col(SchemeVersion.code) == code, col(SchemeVersion.version) > version)
        wanted = wanted.where(or_(col(SchemeVersion.code) > code, later))
    return db.exec(wanted).all()


def scheme_version(db: Database, code: str, version: str | None = None) -> SchemeVersion:
    """That version, or the one published last. Raises SchemeNotFound."""
    found = [each for each in scheme_versions(db, code) if version in {None, each.version}]
    if not found:
        wanted = f"version {version} of {code!r}" if version else repr(code)
        known = version is not None and bool(scheme_versions(db, code))
        raise SchemeNotFound(f"there is no scheme {wanted}", None if known else code)
    return found[0]


def scheme_versions(db: Database, code: str) -> Sequence[SchemeVersion]:
    """Every published version of a scheme, the newest first; none where there is no such scheme."""
    return db.exec(
        select(SchemeVersion)
        .where(SchemeVersion.code == code)
        .order_by(col(SchemeVersion.published_on).desc(), col(SchemeVersion.id).desc())
    ).all()


def version_in_force(db: Database, code: str, version: str | None, day: date, *, lock: bool = False) -> SchemeVersion:
    """That version, or the newest that something may be decided under that day.

    lock  read again what is stored, and let nobody retire it until the transaction ends

    Raises SchemeNotFound, and SchemeNotInForce, which says since when or until when.
    """
    newest = scheme_version(db, code, version)
    if lock:
        wanted = select(SchemeVersion).where(SchemeVersion.code == code).with_for_update(read=True)
        db.exec(wanted.execution_options(populate_existing=True)).all()
    found = [each for each in scheme_versions(db, code) if version in {None, each.version} and each.in_force_on(day)]
    if not found:
        require_in_force(newest, day)
    return found[0]


def require_in_force(version: SchemeVersion, day: date) -> None:
    """Raises SchemeNotInForce where nothing may be decided under it that day."""
    if version.in_force_on(day):
        return
    if version.published_on > day:
        raise SchemeNotInForce(
            f"version {version.version} of {version.code} is published on {version.published_on}; what was decided on "
            f"{day}, before that, is not issued under it"
        )
    raise SchemeNotInForce(
        f"version {version.version} of {version.code} is retired from {version.retired_from}; what was decided on "
        f"{day} is not issued under it"
    )


def retire_version(  # noqa: PLR0913 which, from when, why, who, when
    db: Database, code: str, version: str, from_day: date, *, reason: str, actor: str, now: datetime
) -> SchemeVersion:
    """From that day on nothing is decided under it; what was decided before stays. An earlier day may replace a later.

    Raises SchemeNotFound, SchemeRetired, and SchemeNotInForce for a day that has passed: what was issued since then
    would have been issued under nothing.
    """
    scheme_version(db, code, version)
    found = db.exec(
        select(SchemeVersion)
        .where(SchemeVersion.code == code, SchemeVersion.version == version)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    today = day_at(now, found.document["time_zone"])
    if from_day < today:
        raise SchemeNotInForce(f"{from_day} has passed; a version is retired from today ({today}) or a later day")
    if found.retired_from is not None and found.retired_from <= from_day:
        raise SchemeRetired(f"version {version} of {code} is retired from {found.retired_from}")
    found.retired_from = from_day
    db.add(found)
    append_event(db, code, version, "retired", now=now, actor=actor, from_day=from_day, reason=reason)
    return found


def keep_version(db: Database, settled: NewScheme, published_on: date, now: datetime, actor: str) -> SchemeVersion:
    """Store a version as published from that day on. Whoever calls this has seen that it may be published."""
    document = settled.model_copy(update={"published_on": published_on}).model_dump(mode="json")
    row = SchemeVersion(
        code=settled.code,
        version=settled.version,
        owner=settled.owner,
        max_level=settled.max_level.value,
        target_level=settled.target_level.value,
        published_on=published_on,
        document=document,
        recorded_at=now,
        recorded_by=actor,
    )
    db.add(row)
    db.flush()
    append_event(db, row.code, row.version, "published", now=now, actor=actor, from_day=published_on)
    return row


def scheme_owner(db: Database, code: str) -> str:
    """The owner's id. Raises SchemeNotFound."""
    scheme = db.get(SchemeRecord, code)
    if scheme is None:
        raise SchemeNotFound(f"there is no scheme {code!r}", code)
    return scheme.owner


# --- what happened -----------------------------------------------------------------------------------------------


def scheme_history(db: Database, code: str, version: str | None = None) -> Sequence[SchemeEvent]:
    """Everything that happened to a scheme, or to one version, the first first. Raises SchemeNotFound."""
    scheme_owner(db, code)
    wanted = select(SchemeEvent).where(SchemeEvent.code == code).order_by(col(SchemeEvent.at), col(SchemeEvent.id))
    if version is not None:
        wanted = wanted.where(SchemeEvent.version == version)
    return db.exec(wanted).all()


def scheme_events_after(db: Database, code: str, after: UUID | None, limit: int) -> Sequence[SchemeEvent]:
    """What happened to a scheme, in the order in which it was recorded. Raises SchemeNotFound."""
    scheme_owner(db, code)
    wanted = select(SchemeEvent).where(SchemeEvent.code == code).order_by(col(SchemeEvent.id)).limit(limit)
    return db.exec(wanted if after is None else wanted.where(col(SchemeEvent.id) > after)).all()


def scheme_mismatches(db: Database) -> Sequence[str]:
    """The versions (`code version`) whose columns are not what their events come to."""
    told: dict[tuple[str, str], tuple[date | None, date | None]] = {}
    for event in db.exec(select(SchemeEvent).order_by(col(SchemeEvent.place))):
        first, last = told.get((event.code, event.version), (None, None))
        if event.kind == "published":
            first = event.from_day
        elif event.kind == "retired":
            last = event.from_day
        told[event.code, event.version] = (first, last)
    return [
        f"{each.code} {each.version}"
        for each in schemes(db)
        if told.get((each.code, each.version)) != (each.published_on, each.retired_from)
    ]


def append_event(  # noqa: PLR0913 all that an event holds
    db: Database,
    code: str,
    version: str,
    kind: EventKind,
    *,
    now: datetime,
    actor: str,
    from_day: date | None = None,
    reason: str | None = None,
    digest: str | None = None,
    content: dict[str, Any] | None = None,
) -> SchemeEvent:
    """Tell one more thing of a version."""
    last = db.exec(
        select(func.max(SchemeEvent.place)).where(SchemeEvent.code == code, SchemeEvent.version == version)
    ).one()
    event = SchemeEvent(
        code=code,
        version=version,
        place=(last or 0) + 1,
        kind=kind,
        at=now,
        from_day=from_day,
        reason=reason,
        actor=actor,
        digest=digest,
        content=content,
    )
    db.add(event)
    db.flush()
    if kind in PUBLIC:
        enter_event(db, event, now.date())
    return event


def enter_event(db: Database, event: SchemeEvent, day: date) -> None:
    """Have entered in the log that day what happened to a version that everybody may know."""
    said = event.model_dump(mode="json", exclude={"id", "actor"})
    if event.kind == "published":
        said["document"] = scheme_version(db, event.code, event.version).document
    enter(
        db,
        "scheme.changed",
        day,
        {
            "scheme": event.code,
            "version": event.version,
            "change": event.kind,
            "digest": sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest(),
            **({"from": event.from_day.isoformat()} if event.from_day else {}),
        },
        event.id,
    )


def public_events(db: Database) -> Sequence[SchemeEvent]:
    """Everything that everybody may know of any version, the oldest first."""
    return db.exec(select(SchemeEvent).where(col(SchemeEvent.kind).in_(PUBLIC)).order_by(col(SchemeEvent.id))).all()
