"""The days on which a mandate holds, and what one more suspension makes of them. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from registry.records.parties.organisation_certificates import Days, apart

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
