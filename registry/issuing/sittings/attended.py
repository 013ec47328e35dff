"""What sign-in sheets show of one person: minutes, how often it was checked who was there, and how surely. Pure.

Never better than the sheets: a session that has no sheet counts only as far as a class list claims it, and unchecked.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from registry.records.sittings.attendance import SheetLine
from registry.records.sittings.exam_results import ResultLine
from registry.records.sittings.identity_checks import IdentityCheck
from registry.records.sittings.occasions import NewOccasion
from registry.records.sittings.sessions import NewSession, minutes_between

RECOGNISED = "recognised"  # the edition's method for a face known from enrolment
HowOften = Literal["none", "once", "day", "session"]
# How surely a check told who stood there, 0 to 3.
Weigh = Callable[[IdentityCheck], int]


@dataclass(frozen=True)
class Sheets:
    """What the sheets of an occasion say of one person.

    covered           ids of the sessions that have a sheet; whoever does not stand on it was not there
    lines             by session
    say_who_checked   whether any line of the occasion says how it was checked who was there
    """

    covered: frozenset[str]
    lines: Mapping[str, SheetLine]
    say_who_checked: bool

    def minutes_at(self, session: NewSession) -> int | None:
        """How long the person was there; None where no sheet tells."""
        if session.id not in self.covered:
            return None
        line = self.lines.get(session.id or "")
        # A session that was made shorter after its sheet was recorded lasted no longer for anybody.
        return 0 if line is None else min(line.minutes, session.lasted_minutes)


@dataclass(frozen=True)
class Attended:
    """The facts that follow from them.

    minutes         of the mandatory sessions, where a sheet shows them
    most_minutes    the same, with every mandatory session that has no sheet as if attended whole
    check, ida      None where no sheet and no session says how it was checked: then the occasion's own word counts
    """

    minutes: int
    most_minutes: int
    check: HowOften | None
    ida: int | None


def attended(occasion: NewOccasion, sheets: Sheets, weigh: Weigh) -> Attended:
    """What the sheets show. Every session has its id."""
    mandatory = [session for session in occasion.session if session.mandatory]
    present = [(session, sheets.minutes_at(session)) for session in mandatory]
    shown = sum(minutes or 0 for _, minutes in present)
    most = shown + sum(session.lasted_minutes for session, minutes in present if minutes is None)
    if not sheets.say_who_checked and not any(session.identity for session in occasion.session):
        return Attended(shown, most, None, None)
    check, ida = _how_often(mandatory or occasion.session, sheets, weigh)
    return Attended(shown, most, check, ida)


def _how_often(sessions: Sequence[NewSession], sheets: Sheets, weigh: Weigh) -> tuple[HowOften, int]:
    """The most often that holds for all sessions the person was at, or may have been at, and the weakest check in it.

    A check that tells nobody apart (IDA 0, such as a name typed in) is none.
    """
    idas = [
        (session.on, _weight(session, sheets, weigh))
        for session in sorted(sessions, key=lambda each: each.on)
        if sheets.minutes_at(session) != 0
    ]
    every = [ida for _, ida in idas]
    if every and min(every) > 0:
        return "session", min(every)
    best_of_days = [max(ida for _, ida in day) for _, day in groupby(idas, key=lambda each: each[0])]
    if best_of_days and min(best_of_days) > 0:
        return "day", min(best_of_days)
    best = max(every, default=0)
    return ("once" if best else "none"), best


def _weight(session: NewSession, sheets: Sheets, weigh: Weigh) -> int:
    line = sheets.lines.get(session.id or "")
    if line is None:
        return 0
    check = checked_as(line) or session.identity
    return 0 if check is None else weigh(check)


def checked_as(line: SheetLine | ResultLine) -> IdentityCheck | None:
    """How a line says it was checked who was there."""
    if not line.says_who_checked:
        return None
    return IdentityCheck(
        method=line.method,
        native_level=line.native_level,
        number_quality=line.number_quality,
        checker=line.checker,
        carried_over=line.carried_over,
    )


def in_two_places(occasion: NewOccasion, lines: Mapping[str, SheetLine]) -> tuple[str, str] | None:
    """Two sessions that nobody can have attended for as long as these lines of one person say; None if all can be."""
    there = {session for session, line in lines.items() if line.minutes > 0}
    sessions = [session for session in occasion.session if session.id in there]
    for place, one in enumerate(sessions):
        for other in sessions[:place]:
            if one.overlaps(other) and _too_long_together(one, other, lines):
                return other.id or "", one.id or ""
    return None


def _too_long_together(one: NewSession, other: NewSession, lines: Mapping[str, SheetLine]) -> bool:
    spans = []
    for session in (one, other):
        line = lines[session.id or ""]
        starts, ends = line.came or session.starts, line.left or session.ends
        if starts is None or ends is None:
            return False
        spans.append((starts, ends, line.minutes))
    (start, end, minutes), (start_of_other, end_of_other, minutes_of_other) = spans
    if max(start, start_of_other) >= min(end, end_of_other):
        return False
    together = minutes_between(min(start, start_of_other), max(end, end_of_other))
    return minutes + minutes_of_other > together
