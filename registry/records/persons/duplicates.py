"""The review queue: pairs of records that may be one person. Rules put them in, people take them out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, Column, ColumnElement, UniqueConstraint, or_
from sqlmodel import Field, SQLModel, col, select, tuple_

from registry.errors import DuplicateNotFound
from registry.records.store.database import Database, new_id

PairState = Literal["open", "different", "merged"]
NO_SUCH_PAIR: Final = "no pair has this id; `bevis person duplicates` lists those that wait"
AT_ONCE: Final = 500  # values in one statement


class SuspectedPair(SQLModel, table=True):
    """Two records, and why they may be one person.

    a, b     the two; a is the smaller id
    reasons  as `registry/reading/likeness.py` names them
    state    open; or what somebody decided: two different people, or one
    """

    __tablename__ = "suspected_pair"
    __table_args__ = (
        UniqueConstraint("a", "b", name="pair_is_queued_once"),
        CheckConstraint("a <> b", "pair_is_of_two"),
        CheckConstraint("(state = 'open') = (decided_at IS NULL)", "pair_state_follows_decision"),
    )

    id: UUID = Field(primary_key=True, default_factory=new_id)
    a: UUID = Field(foreign_key="person.id")
    b: UUID = Field(foreign_key="person.id", index=True)
    reasons: list[str] = Field(sa_column=Column(JSON, nullable=False))
    score: int
    state: str = Field(default="open", index=True)
    found_at: datetime
    found_by: str
    decided_at: datetime | None = None
    decided_by: str | None = None
    decided_because: str | None = None


@dataclass(frozen=True)
class Suspicion:
    """Two records that somebody should look at, why, and how likely they are one person."""

    one: UUID
    other: UUID
    reasons: Sequence[str]
    score: int

    @property
    def pair(self) -> tuple[UUID, UUID]:
        """The two ids in their order."""
        return min(self.one, self.other), max(self.one, self.other)


def queue_pairs(db: Database, suspicions: Iterable[Suspicion], now: datetime, actor: str) -> Sequence[SuspectedPair]:
    """Put pairs into the queue; those that were put in or opened again are returned.

    A pair that somebody has decided on stays decided, unless there is a reason now that there was not then.
    """
    wanted = {each.pair: each for each in suspicions if each.one != each.other}
    known = _known(db, list(wanted))
    queued: list[SuspectedPair] = []
    for pair, each in wanted.items():
        row = known.get(pair)
        if row is None:
            row = SuspectedPair(a=pair[0], b=pair[1], reasons=[], score=0, found_at=now, found_by=actor)
        elif set(each.reasons) <= set(row.reasons):
            continue
        row.reasons = list(dict.fromkeys([*each.reasons, *row.reasons]))
        row.score = max(row.score, each.score)
        if row.state != "merged":
            row.state, row.decided_at, row.decided_by, row.decided_because = "open", None, None, None
        db.add(row)
        queued.append(row)
    db.flush()
    return queued


def pair_by_id(db: Database, said: str) -> SuspectedPair:
    """Raises DuplicateNotFound."""
    try:
        found = db.get(SuspectedPair, UUID(said))
    except ValueError:
        found = None
    if found is None:
        raise DuplicateNotFound(NO_SUCH_PAIR)
    return found


def pairs(
    db: Database,
    *,
    state: PairState | None = "open",
    seen: Sequence[ColumnElement[bool]] = (),
    after: UUID | None = None,
    limit: int = 50,
) -> Sequence[SuspectedPair]:
    """The queue, the likeliest first; seen: conditions on those that may be seen; after: those behind that pair."""
    asked = (
        select(SuspectedPair).where(*seen).order_by(col(SuspectedPair.score).desc(), col(SuspectedPair.id)).limit(limit)
    )
    if state is not None:
        asked = asked.where(SuspectedPair.state == state)
    if after is not None:
        last = pair_by_id(db, str(after))
        asked = asked.where(
            or_(
                col(SuspectedPair.score) < last.score,
                (col(SuspectedPair.score) == last.score) & (col(SuspectedPair.id) > last.id),
            )
        )
    return db.exec(asked).all()


def pairs_of(db: Database, people: Iterable[UUID]) -> Sequence[SuspectedPair]:
    """Every pair that any of these records is in."""
    wanted = list(people)
    return db.exec(
        select(SuspectedPair)
        .where(or_(col(SuspectedPair.a).in_(wanted), col(SuspectedPair.b).in_(wanted)))
        .order_by(col(SuspectedPair.id))
    ).all()


def decide_pair(  # noqa: PLR0913, PLR0917 what, when, who and why
    db: Database, row: SuspectedPair, state: PairState, now: datetime, actor: str, because: str | None
) -> None:
    """Take a pair out of the queue, or put it back in."""
    is_open = state == "open"
    row.state, row.decided_because = state, None if is_open else because
    row.decided_at, row.decided_by = (None, None) if is_open else (now, actor)
    db.add(row)
    db.flush()


def _known(db: Database, wanted: Sequence[tuple[UUID, UUID]]) -> Mapping[tuple[UUID, UUID], SuspectedPair]:
    found: dict[tuple[UUID, UUID], SuspectedPair] = {}
    for start in range(0, len(wanted), AT_ONCE):
        part = wanted[start : start + AT_ONCE]
        rows = db.exec(select(SuspectedPair).where(tuple_(col(SuspectedPair.a), col(SuspectedPair.b)).in_(part)))
        found |= {(row.a, row.b): row for row in rows}
    return found
