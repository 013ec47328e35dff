"""Sessions: the sittings of a course, when and where each was held, and who taught it."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from itertools import combinations, count
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, model_validator
from pydantic import Field as InputField

from registry.records.sittings.identity_checks import IdentityCheck
from registry.records.strict_input import Line, Slug, StrictInput

Delivery = Literal["classroom", "blended", "online_live", "online_self_paced", "workplace"]
MINUTES_A_DAY = 1440


def _on_the_minute(moment: time) -> time:
    if moment.second or moment.microsecond or moment.tzinfo:
        raise ValueError("must be a time such as 08:30, by the clock of the place")
    return moment


Clock = Annotated[time, AfterValidator(_on_the_minute)]


class NewSession(StrictInput):
    """One sitting of the course; one that lasts over midnight is two.

    id        what sign-in sheets call it; numbered if left out, see `numbered`
    minutes   how long it lasted without breaks; all from `starts` to `ends` if left out
    staff     ids of those who taught it; nobody = not known who
    identity  how it was checked who was there, wherever the sheet says nothing else
    """

    id: Slug | None = None
    on: date
    minutes: Annotated[int, InputField(ge=1, le=MINUTES_A_DAY)] | None = None
    starts: Clock | None = None
    ends: Clock | None = None
    place: Line | None = None
    mandatory: bool = True
    delivery: Delivery | None = None
    staff: tuple[Slug, ...] = ()
    identity: IdentityCheck | None = None

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        if (self.starts is None) != (self.ends is None):
            raise ValueError("needs both starts and ends, or neither")
        if self.starts is not None and self.ends is not None:
            span = minutes_between(self.starts, self.ends)
            if span <= 0:
                raise ValueError(f"ends ({self.ends:%H:%M}) does not lie after starts ({self.starts:%H:%M})")
            if self.minutes is not None and self.minutes > span:
                raise ValueError(f"minutes ({self.minutes}) are more than there are from starts to ends ({span})")
        elif self.minutes is None:
            raise ValueError("needs minutes, or starts and ends")
        if len(set(self.staff)) < len(self.staff):
            raise ValueError("staff names somebody twice")
        return self

    @property
    def lasted_minutes(self) -> int:
        """How long it lasted, without breaks."""
        if self.minutes is not None:
            return self.minutes
        return minutes_between(self.starts or time(), self.ends or time())

    def overlaps(self, other: "NewSession") -> bool:
        """Whether both are known to have been held at the same time."""
        if None in {self.starts, self.ends, other.starts, other.ends} or self.on != other.on:
            return False
        return max(self.starts or time(), other.starts or time()) < min(self.ends or time(), other.ends or time())


def minutes_between(start: time, end: time) -> int:
    """Whole minutes from one time of a day to another of the same day."""
    day = date(2000, 1, 1)
    return (datetime.combine(day, end) - datetime.combine(day, start)) // timedelta(minutes=1)


def numbered(sessions: Sequence[NewSession]) -> tuple[NewSession, ...]:
    """The same, each with an id: s1, s2, … by place, but for those that have one."""
    taken = {session.id for session in sessions}

    def named(place: int, session: NewSession) -> NewSession:
        if session.id is not None:
            return session
        name = next(name for name in (f"s{number}" for number in count(place)) if name not in taken)
        taken.add(name)
        return session.model_copy(update={"id": name})

    return tuple(named(place, session) for place, session in enumerate(sessions, 1))


def wrong_with_sessions(sessions: Sequence[NewSession], instructors: frozenset[str]) -> str | None:
    """What stands against these sessions of one occasion; None if nothing does.

    instructors  ids of the staff who taught
    """
    ids = [session.id for session in sessions if session.id]
    twice = next((name for name in ids if ids.count(name) > 1), None)
    if twice:
        return f"session: two of them have the id {twice}"
    for place, session in enumerate(sessions):
        stranger = next((name for name in session.staff if name not in instructors), None)
        if stranger:
            known = ", ".join(sorted(instructors)) or "nobody"
            return f"session[{place}].staff: {stranger!r} is no instructor of the occasion; instructors: {known}"
    for one, other in combinations(sessions, 2):
        both = set(one.staff) & set(other.staff)
        if both and one.overlaps(other):
            return f"session: {min(both)} cannot teach two sessions at the same time ({one.on})"
    return None
