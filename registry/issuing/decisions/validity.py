"""From a validity policy and the days of an occasion to the days a certificate is valid, first or renewed. Pure.

All days are days where the scheme keeps its time, and included. A day that a month does not have is that month's last.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from levels.evidence import add_months
from registry.records.sector.extensions import Extension, extended
from registry.records.sector.validity_policy import Anchor, RefresherStep, Validity, month_end

Counted = Literal["anchor", "anniversary", "early", "late", "no_end"]
InTime = Literal["in_time", "too_early", "too_late", "lapsed", "activity_unknown", "no_refresher"]
_MONTHS_A_YEAR = 12


class AnchorUnknown(Exception):
    """The policy counts from a day that is not known; the text is the day's name."""


@dataclass(frozen=True)
class Days:
    """The days a policy may count from; None = there was none, or it is not known."""

    decided_on: date
    issued_on: date
    course_last_on: date | None
    assessed_on: date | None
    course_first_on: date | None = None
    born_on: date | None = None

    def anchors(self) -> Mapping[Anchor, date | None]:
        """Those that an end may be counted from, by name."""
        return {
            "decided_on": self.decided_on,
            "issued_on": self.issued_on,
            "course_first_on": self.course_first_on,
            "course_last_on": self.course_last_on,
            "assessed_on": self.assessed_on,
        }


@dataclass(frozen=True)
class Span:
    """The days of validity, both included.

    last          None = no end
    counted_from  the day the end is counted from; where an anniversary is kept, the one it is the anniversary of
    by            how the end was found: from the anchor; the anniversary kept; from the anchor since the renewal came
                  before the window (`early`) or after the former end (`late`)
    """

    first: date
    last: date | None
    counted_from: date | None
    by: Counted


@dataclass(frozen=True)
class Previous:
    """The certificate that is renewed, as it was signed.

    version       of its scheme
    counted_from  of its `Span`; None = not known, then the last day itself is the anniversary
    """

    version: str
    valid_from: date
    valid_until: date | None
    counted_from: date | None = None


@dataclass(frozen=True)
class Refresh:
    """Whether a shorter course renews a certificate on a day.

    step         the course that does; None = only the full one
    reason       `in_time`, or why only the full course does
    first, last  the days of the window that was missed or met; None = open, or there is none
    by           the extension that moved the window
    """

    step: RefresherStep | None
    reason: InTime
    first: date | None = None
    last: date | None = None
    by: Extension | None = None


def validity(policy: Validity, days: Days, *, carries_end: bool) -> Span:
    """First and last day of validity.

    carries_end  whether a certificate of this level has an end at all (levels E and F attest an event)

    A certificate is valid from the day it was decided on, or from the age the scheme asks for, wherever its end is
    counted from: 12 months from 29 February end on 28 February. Raises AnchorUnknown.
    """
    first = days.decided_on
    if policy.from_age is not None:
        if days.born_on is None:
            raise AnchorUnknown("birth_date")
        first = max(first, birthday(days.born_on, policy.from_age))
    if policy.months == "no_end" or not carries_end:
        return Span(first, None, None, "no_end")
    anchor = days.anchors()[policy.anchor]
    if anchor is None:
        raise AnchorUnknown(policy.anchor)
    return Span(first, policy.rounded(add_months(anchor, policy.months)), anchor, "anchor")


def renewal(policy: Validity, days: Days, previous: Previous, *, carries_end: bool = True) -> Span:
    """First and last day of a certificate that renews another. Raises AnchorUnknown.

    policy  that of the scheme version it is renewed under; an older version's is not applied backwards

    Within the window before the former last day the anniversary is kept. Before it and after that day the end is
    counted as for a first certificate. An extension lends time to renew in; it moves no anniversary.
    """
    new = validity(policy, days, carries_end=carries_end)
    window, end = policy.anchored_renewal_months, previous.valid_until
    if new.counted_from is None or window is None or end is None or not isinstance(policy.months, int):
        return new
    if new.counted_from > end:
        return replace(new, by="late")
    if new.counted_from < add_months(end, -window):
        return replace(new, by="early")
    anniversary = previous.counted_from or end
    last = month_end(add_months(end, policy.months))
    # Where the former month was too short for the anniversary, the new one may be long enough again.
    day = max(end.day, anniversary.day) if end == month_end(end) else end.day
    last = last.replace(day=min(last.day, day))
    return replace(new, last=policy.rounded(last), counted_from=anniversary, by="anniversary")


def may_refresh(
    policy: Validity,
    previous: Previous,
    on: date,
    *,
    extensions: Iterable[Extension] = (),
    last_active_on: date | None = None,
) -> Refresh:
    """Whether a shorter course renews that certificate, and which.

    on              the day the refresher was finished: the day that the policy's anchor names
    extensions      of the scheme; the window closes by the end they give
    last_active_on  the last day the holder is known to have done the work; None = nothing is known since they got
                    their certificate
    """
    if not policy.refresher:
        return Refresh(None, "no_refresher")
    counted = previous.counted_from or previous.valid_from
    active_until = policy.active_until(max(counted, last_active_on or counted))
    if active_until is not None and on > active_until:
        return Refresh(None, "activity_unknown" if last_active_on is None else "lapsed", last=active_until)
    if previous.valid_until is None:
        return Refresh(policy.refresher[0], "in_time")
    end, by = extended(extensions, previous.version, previous.valid_until)
    end = end or previous.valid_until
    early: Refresh | None = None
    late = Refresh(None, "too_late", by=by)
    for step in policy.refresher:
        opens = step.opens_months_before_end
        first = None if opens is None else add_months(end, -opens)
        last = policy.rounded(add_months(end, step.closes_months_after_end))
        if on > last:
            late = replace(late, first=first, last=last)
        elif first is None or on >= first:
            return Refresh(step, "in_time", first, last, by)
        else:
            early = early or Refresh(None, "too_early", first, last, by)
    return early or late


def birthday(born_on: date, age: int) -> date:
    """The day somebody reaches an age. Born on 29 February, in other years on the 28th: the month's last day."""
    return add_months(born_on, _MONTHS_A_YEAR * age)
