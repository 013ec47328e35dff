"""From a validity policy and the days of an occasion to the days a certificate is valid. Pure."""

import calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from levels.evidence import add_months
from registry.records.schemes import Anchor, Validity


class AnchorUnknown(Exception):
    """The policy counts from a day that is not known; the text is the day's name."""


@dataclass(frozen=True)
class Days:
    """The days a policy may count from; None = there was none, or it is not known."""

    decided_on: date
    issued_on: date
    course_last_on: date | None
    assessed_on: date | None

    def anchors(self) -> Mapping[Anchor, date | None]:
        """The same by name."""
        return {
            "decided_on": self.decided_on,
            "issued_on": self.issued_on,
            "course_last_on": self.course_last_on,
            "assessed_on": self.assessed_on,
        }


def validity(policy: Validity, days: Days, *, carries_end: bool) -> tuple[date, date | None]:
    """First and last day of validity, both included; None = no end.

    carries_end  whether a certificate of this level has an end at all (levels E and F attest an event)

    A certificate is valid from the day it was decided on, wherever its end is counted from: 12 months from
    29 February end on 28 February. Raises AnchorUnknown.
    """
    if policy.months == "no_end" or not carries_end:
        return days.decided_on, None
    anchor = days.anchors()[policy.anchor]
    if anchor is None:
        raise AnchorUnknown(policy.anchor)
    last = add_months(anchor, policy.months)
    if policy.round_to_month_end:
        last = last.replace(day=calendar.monthrange(last.year, last.month)[1])
    return days.decided_on, last
