"""What the record shows of one person at one occasion, and how far a class list may go beyond it: nowhere. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from registry.issuing.attended import Attended, Sheets, Weigh, attended
from registry.issuing.roster_row import Fault, fault
from registry.records.occasions import Fact, NewOccasion, scale_of


@dataclass(frozen=True)
class Participation:
    """What sign-in sheets say of one person; None where no sheet is on record, and then the class list counts."""

    sheets: Sheets | None = None

    def shown(self, occasion: NewOccasion, weigh: Weigh) -> "Shown":
        """The facts that follow from it."""
        if self.sheets is None:
            return Shown({}, {})
        found = attended(occasion, self.sheets, weigh)
        return Shown(*_of_sheets(found))

    def taught_on(self, occasion: NewOccasion, instructor: str) -> date | None:
        """The last day that one of the instructors taught this person, as far as can be; None if they never did.

        Whoever no session names may have taught at any; whoever stands on no sheet of a session was not there.
        """
        own = [session for session in occasion.session if instructor in session.staff]
        sessions = own or occasion.session
        if not sessions:
            return occasion.decided_on
        there = [session.on for session in sessions if self.sheets is None or self.sheets.minutes_at(session) != 0]
        return max(there, default=None)


@dataclass(frozen=True)
class Shown:
    """Facts that the record shows, and the most that anybody may claim of each.

    facts  what counts where nobody claims anything
    most   what no class list may exceed
    """

    facts: Mapping[str, Fact]
    most: Mapping[str, Fact]

    def applied(self, stated: Mapping[str, Fact], claimed: Mapping[str, Fact]) -> tuple[dict[str, Fact], list[Fault]]:
        """The facts that count, and a fault for each cell that claims more than the record shows.

        stated   by the occasion, of everybody: counts as far as the record goes
        claimed  by the row
        """
        counted: dict[str, Fact] = {}
        faults: list[Fault] = []
        for name, most in self.most.items():
            claim = claimed.get(name)
            if claim is not None and _rank(name, claim) > _rank(name, most):
                faults.append(self._claims_more(name, claim, most))
                continue
            said = stated.get(name) if claim is None else claim
            if said is not None:
                counted[name] = min(said, most, key=lambda value: _rank(name, value))
            elif name in self.facts:
                counted[name] = self.facts[name]
        return counted, faults

    @staticmethod
    def _claims_more(name: str, claim: Fact, most: Fact) -> Fault:
        code = "not_on_sheets" if name == "attended_minutes" and most == 0 else _CODES[name]
        return fault(code, column=name, value=str(claim), shown=most)


_CODES = {
    "attended_minutes": "more_than_sheets",
    "attendance_check": "checked_less_often",
    "attendance_ida": "checked_less_surely",
}


def _of_sheets(found: Attended) -> tuple[dict[str, Fact], dict[str, Fact]]:
    checked: dict[str, Fact] = {}
    if found.check is not None and found.ida is not None:
        checked = {"attendance_check": found.check, "attendance_ida": found.ida}
    return {"attended_minutes": found.minutes, **checked}, {"attended_minutes": found.most_minutes, **checked}


def _rank(name: str, value: Fact) -> int:
    """How much a value says for somebody; what is none of the fact's values says most, so that it is never let pass."""
    if isinstance(value, str):
        scale = scale_of(name)
        return scale.index(value) if value in scale else len(scale)
    return int(value)
