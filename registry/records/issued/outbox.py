"""What holders are to be told: written in the transaction of the event it tells of, handed to whoever sends it.

A notice holds no name, no address and no number of a person: those are read when it is handed over. One event has one
notice, so nothing is told twice; a notice that was handed over is not handed over again unless somebody says that it
did not arrive.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, NamedTuple, get_args
from uuid import UUID

import orjson
from sqlalchemy import JSON, CheckConstraint, Column, Index, case, text
from sqlmodel import Field, SQLModel, col, func, select

from registry.errors import HandoverNotFound, NoticeNotFound, NoticeNotHanded
from registry.records.persons.people import WAYS, Way, columns_of, standing_ids
from registry.records.store.database import Database, new_id
from registry.records.store.in_bulk import add_rows
from verification.certificate import Lang

NoticeState = Literal["pending", "handed", "failed", "skipped"]
NOTICE_STATES: tuple[NoticeState, ...] = get_args(NoticeState)
Template = Literal["issued", "corrected", "renewed", "suspended", "reinstated", "revoked", "annulled", "superseded"]
NO_CHANNEL, SAID_ELSEWHERE = "no_channel", "said_with_successor"
_HANDED = text("handover IS NOT NULL")
AT_ONCE = 5_000  # values in one statement
_TONGUES: Mapping[str, Lang] = {"sv": "sv", "nb": "nb", "no": "nb", "nn": "nb", "en": "en"}
_ZONES: Mapping[str, Lang] = {"Europe/Oslo": "nb"}


def _among(column: str, values: Iterable[str], name: str) -> CheckConstraint:
    return CheckConstraint(f"{column} IN ({', '.join(repr(value) for value in values)})", name)


class HolderNotice(SQLModel, table=True):
    """One thing that one holder is to be told.

    template    which text
    parameters  what fills it: number, scheme, level, days, reason, the other certificate
    channel     by which way: `email`, `phone`, `post`, or `via` an employer; None = no way was known
    handover    with which others it was handed over; None = not yet
    why         of `failed`: what whoever sent it says; of `skipped`: why nobody is told
    """

    __tablename__ = "holder_notice"
    __table_args__ = (
        _among("state", NOTICE_STATES, "notice_state_is_known"),
        _among("template", get_args(Template), "notice_template_is_known"),
        CheckConstraint("(state IN ('handed', 'failed')) = (handover IS NOT NULL)", "notice_handed_with_others"),
        Index("notice_by_state", "state", "id"),
        Index("notice_by_handover", "handover", sqlite_where=_HANDED, postgresql_where=_HANDED),
    )

    id: UUID = Field(primary_key=True, default_factory=new_id)
    event_id: UUID = Field(foreign_key="certificate_event.id", unique=True)
    certificate_id: UUID = Field(foreign_key="issued_certificate.id")
    person_id: UUID = Field(foreign_key="person.id")
    template: str
    language: str
    parameters: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    channel: str | None = None
    state: str
    created_at: datetime
    handover: UUID | None = None
    handed_at: datetime | None = None
    handed_by: str | None = None
    why: str | None = None

    @property
    def public_id(self) -> str:
        """What whoever sends it may tell repetitions by."""
        return f"notice-{self.id}"


@dataclass(frozen=True, slots=True)
class Happened:
    """An event that a holder is to be told of.

    facts  `verification.certificate.Certificate` as JSON: which language, which days
    """

    event_id: UUID
    certificate_id: UUID
    person_id: UUID
    kind: str
    at: datetime
    effective_from: date
    facts: str
    reason: str | None = None
    successor: str | None = None


def tell_holders(db: Database, happened: Sequence[Happened], known: Mapping[UUID, Way | None] | None = None) -> None:
    """Write a notice for each event, in few statements however many there are.

    known  by which way each of the people is reached, where whoever asks has just read it
    """
    if not happened:
        return
    ways = known
    if ways is None:
        people = {each.person_id for each in happened}
        ways = dict.fromkeys(people) | {person: way for person, (way, _) in ways_to(db, people).items()}
    add_rows(db, HolderNotice, [_notice(each, ways[each.person_id]) for each in happened])


def _notice(happened: Happened, channel: str | None) -> dict[str, Any]:
    said = orjson.loads(happened.facts)
    corrects, renews = said.get("corrects"), said.get("renews")
    template: str = happened.kind
    if happened.kind == "issued":
        template = "corrected" if corrects else "renewed" if renews else "issued"
    # What was corrected is told with the certificate that came in its place.
    elsewhere = happened.kind == "superseded" and happened.reason == "error"
    parameters = {
        "number": said["number"],
        "scheme": said["scheme"],
        "level": said["level"],
        "from": happened.effective_from.isoformat(),
        "until": said.get("valid_until"),
        "reason": happened.reason,
        "other": happened.successor or corrects or renews,
    }
    return {
        "id": new_id(),
        "event_id": happened.event_id,
        "certificate_id": happened.certificate_id,
        "person_id": happened.person_id,
        "template": template,
        "language": language_for(said),
        "parameters": {name: value for name, value in parameters.items() if value is not None},
        "channel": channel,
        "state": "pending" if channel and not elsewhere else "skipped",
        "created_at": happened.at,
        "handover": None,
        "handed_at": None,
        "handed_by": None,
        "why": SAID_ELSEWHERE if elsewhere else None if channel else NO_CHANNEL,
    }


def language_for(said: Mapping[str, Any]) -> Lang:
    """In which language to write to a holder: that of the test, else of the course, if it is one of ours.

    In another tongue somebody is better served in English than in that of the country. Where nothing is stated, the
    country decides.
    """
    for fact in ("language_test", "language_training"):
        if stated := said.get(fact):
            return _TONGUES.get(str(stated).split("-", maxsplit=1)[0].casefold(), "en")
    return _ZONES.get(said["time_zone"], "sv")


def ways_to(db: Database, people: Iterable[UUID]) -> Mapping[UUID, tuple[Way, str]]:
    """How each can be reached, and where; who cannot be is left out. Of merged records, the one that stands."""
    ids = set(people)
    stands = standing_ids(db, ids)
    best: dict[UUID, tuple[Way, str] | None] = {
        identity: next(((way, to) for way, to in zip(WAYS, known, strict=True) if to), None)
        for identity, *known in columns_of(db, stands.values(), *WAYS)
    }
    return {identity: way for identity in ids if (way := best[stands[identity]]) is not None}


# ------------------------------------------------------------------ read


def notices(
    db: Database,
    *,
    state: NoticeState | None = None,
    handover: UUID | None = None,
    after: UUID | None = None,
    limit: int | None = None,
) -> Sequence[HolderNotice]:
    """The oldest first; after: only those written later than that one."""
    query = select(HolderNotice).order_by(col(HolderNotice.id))
    if state is not None:
        query = query.where(HolderNotice.state == state)
    if handover is not None:
        query = query.where(HolderNotice.handover == handover)
    if after is not None:
        query = query.where(col(HolderNotice.id) > after)
    return db.exec(query if limit is None else query.limit(limit)).all()


class Handover(NamedTuple):
    """Notices that were handed over together: when, to whom, how many, and how many of them failed."""

    id: UUID
    at: datetime
    by: str
    notices: int
    failed: int


def handovers(db: Database, *, limit: int | None = None) -> Sequence[Handover]:
    """The last first."""
    row = HolderNotice
    columns = (row.handover, row.handed_at, row.handed_by)
    failed = func.sum(case((row.state == "failed", 1), else_=0))  # type: ignore[arg-type]
    query = (
        select(*columns, func.count(), failed)  # type: ignore[call-overload]
        .where(col(row.handover).is_not(None))
        .group_by(*columns)
        .order_by(col(row.handover).desc())
        .limit(limit)
    )
    return [Handover(each[0], each[1], each[2], each[3], int(each[4])) for each in db.connection().execute(query)]


def counted(db: Database) -> Mapping[str, int]:
    """How many notices are in each state."""
    rows = db.exec(select(HolderNotice.state, func.count()).group_by(HolderNotice.state)).all()
    return dict.fromkeys(NOTICE_STATES, 0) | dict(rows)


# ------------------------------------------------------------------ hand over


def hand_over(db: Database, *, now: datetime, actor: str, limit: int) -> UUID | None:
    """Take the notices that wait, the oldest first, out of the queue, to be sent by whoever asked for them.

    Returns under which id they were handed over, to be read again as often as needed; None where nothing waits. Two
    who ask at the same moment never get the same notice.
    """
    waiting = select(HolderNotice).where(HolderNotice.state == "pending").order_by(col(HolderNotice.id))
    taken = db.exec(waiting.limit(limit).with_for_update(skip_locked=True)).all()
    ways, handover = ways_to(db, {notice.person_id for notice in taken}), new_id()
    for notice in taken:
        # The way that was known when it was written may be gone, or there may be a better one.
        notice.channel = ways[notice.person_id][0] if notice.person_id in ways else None
        if notice.channel is None:
            notice.state, notice.why = "skipped", NO_CHANNEL
        else:
            notice.state, notice.handover, notice.handed_at, notice.handed_by = "handed", handover, now, actor
        db.add(notice)
    db.flush()
    return handover if any(notice.handover for notice in taken) else None


def handed_over(db: Database, handover: UUID, *, failed: bool = False) -> Sequence[HolderNotice]:
    """The notices of one hand-over that did not fail, or did, in their order. Raises HandoverNotFound."""
    found = notices(db, handover=handover)
    if not found:
        raise HandoverNotFound(f"nothing was handed over as handover-{handover}")
    return [notice for notice in found if notice.state == ("failed" if failed else "handed")]


def mark_failed(db: Database, ids: Sequence[UUID], *, why: str) -> int:
    """Whoever sent them says that they did not arrive. Raises NoticeNotFound, NoticeNotHanded; then none is marked."""
    for notice in _handed(db, ids, "handed"):
        notice.state, notice.why = "failed", why
        db.add(notice)
    return len(ids)


def put_back(db: Database, ids: Sequence[UUID]) -> int:
    """Let what failed wait anew. Raises NoticeNotFound, NoticeNotHanded; then none is put back."""
    found = _handed(db, ids, "failed")
    ways = ways_to(db, {notice.person_id for notice in found})
    for notice in found:
        channel = ways[notice.person_id][0] if notice.person_id in ways else None
        notice.channel, notice.handover, notice.handed_at, notice.handed_by = channel, None, None, None
        notice.state, notice.why = ("pending", None) if channel else ("skipped", NO_CHANNEL)
        db.add(notice)
    return len(ids)


def _handed(db: Database, ids: Sequence[UUID], state: NoticeState) -> list[HolderNotice]:
    found: list[HolderNotice] = []
    wanted = sorted(set(ids))
    for start in range(0, len(wanted), AT_ONCE):
        part = wanted[start : start + AT_ONCE]
        query = select(HolderNotice).where(col(HolderNotice.id).in_(part)).order_by(col(HolderNotice.id))
        found += db.exec(query.with_for_update()).all()
    missing = set(wanted) - {notice.id for notice in found}
    if missing:
        raise NoticeNotFound(f"there is no notice-{min(missing)}")
    other = next((notice for notice in found if notice.state != state), None)
    if other is not None:
        raise NoticeNotHanded(f"{other.public_id} is {other.state}, not {state}")
    return found
