"""What somebody must hold before: a certificate of one of some schemes, valid on a day. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from levels.rulebook import Rulebook
from registry.issuing.decisions.validity import Days
from registry.records.issued.holdings import HeldBefore
from registry.records.sector.scheme_document import Prerequisite


@dataclass(frozen=True)
class Lacking:
    """One prerequisite that is not met. day: on which it had to be valid; None = that day is not known."""

    wanted: Prerequisite
    day: date | None

    @property
    def any_of(self) -> str:
        """The schemes that would do, in a row."""
        schemes = " / ".join(self.wanted.any_of)
        return f"{schemes} ({self.wanted.level}+)" if self.wanted.level else schemes


def lacking(
    wanted: Sequence[Prerequisite], held: Sequence[HeldBefore], days: Days, rules: Rulebook
) -> Sequence[Lacking]:
    """The prerequisites that nothing of what is held meets. What is suspended, withdrawn or replaced does not count."""
    anchors = days.anchors()
    missing = []
    for each in wanted:
        day = anchors[each.on]
        if day is None or not any(_meets(one, each, day, rules) for one in held):
            missing.append(Lacking(each, day))
    return missing


def _meets(held: HeldBefore, wanted: Prerequisite, day: date, rules: Rulebook) -> bool:
    return (
        held.scheme in wanted.any_of
        and held.state == "issued"
        and held.valid_from <= day
        and (held.valid_until is None or day <= held.valid_until)
        and (wanted.level is None or rules.rank(held.level) <= rules.rank(wanted.level))
    )
