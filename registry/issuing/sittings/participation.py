"""What the record shows of one person at one occasion, and how far a class list may go beyond it: nowhere. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from registry.issuing.lists.roster_row import Fault, fault
from registry.issuing.sittings.attended import Attended, Sheets, Weigh, attended
from registry.issuing.sittings.declared import LONGEST_MONTHS
from registry.issuing.sittings.examined import Examined, examined, needs_own_result
from registry.records.sector.scheme_document import NewScheme
from registry.records.sittings.exam_results import Attempt, ResultLine
from registry.records.sittings.occasions import Fact, NewOccasion, scale_of


@dataclass(frozen=True)
class Participation:
    """What sign-in sheets and exam results say of one person.

    sheets, results  None where none are on record for the occasion: then the class list counts
    """

    sheets: Sheets | None = None
    results: Mapping[Attempt, ResultLine] | None = None

    @property
    def shows_something(self) -> bool:
        """Whether the person stands on any of it."""
        return bool(self.results) or (self.sheets is not None and bool(self.sheets.lines))

    def shown(self, scheme: NewScheme, occasion: NewOccasion, asked: tuple[str, ...], weigh: Weigh) -> "Shown":
        """What follows from it.

        asked  the classes that the certificate is to give, all of them the occasion's
        """
        facts: dict[str, Fact] = {}
        most: dict[str, Fact] = {}
        if self.sheets is not None:
            found = attended(occasion, self.sheets, weigh)
            checked = _checked(found)
            facts = {"attended_minutes": found.minutes, **checked}
            most = {"attended_minutes": found.most_minutes, **checked}
        if self.results is None:
            classes = tuple(each for each in asked if not needs_own_result(scheme, each))
            return Shown(facts, most, classes, occasion.exam_on, None)
        result = examined(scheme, occasion, asked, self.results, weigh)
        return Shown(
            facts={**facts, **result.facts},
            most={**most, **result.facts},
            classes=result.classes,
            assessed_on=result.assessed_on or occasion.exam_on,
            examined=result,
            sat=bool(self.results),
        )

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


NOTHING_SHOWN = Participation()  # neither sheets nor results are on record: the class list counts


@dataclass(frozen=True)
class Shown:
    """Facts that the record shows, and the most that anybody may claim of each.

    facts        what counts where nobody claims anything
    most         what no class list may exceed
    classes      those of the classes asked for that are given
    assessed_on  the day of the exam
    examined     None where no results are on record for the occasion
    sat          the person has some result
    """

    facts: Mapping[str, Fact]
    most: Mapping[str, Fact]
    classes: tuple[str, ...]
    assessed_on: date | None
    examined: Examined | None
    sat: bool = False

    def beside(self, by_staff: "ByStaff") -> "Shown":
        """The same, and what nobody may claim against the lists of staff."""
        return replace(self, most={**self.most, **by_staff.most})

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

    def wrong_with_classes(self, asked: tuple[str, ...], *, named: bool) -> list[Fault]:
        """What stands against the classes asked for.

        named  the row itself asks for them, instead of for whatever the occasion gives
        """
        missing = [each for each in asked if each not in self.classes]
        if not missing:
            return []
        if self.examined is None:
            # Some classes may be left that ask for no result: then whoever names none gets those.
            if self.classes and not named:
                return []
            return [fault("class_needs_result", column="scope_classes", value=None, classes=", ".join(missing))]
        if not named or not self.classes:
            return []
        shown = ", ".join(self.classes)
        return [fault("class_not_passed", column="scope_classes", value=", ".join(asked), shown=shown)]

    def _claims_more(self, name: str, claim: Fact, most: Fact) -> Fault:
        code = _MORE_THAN_SHOWN.get(name, "more_than_results")
        if name == "attended_minutes" and most == 0:
            code = "not_on_sheets"
        elif name in _OF_RESULTS and not self.sat:
            code = "without_result"
        return fault(code, column=name, value=None if isinstance(claim, bool) else str(claim), shown=most)


@dataclass(frozen=True)
class ByStaff:
    """What follows from who did what at this occasion and at others, and the most that anybody may claim of it."""

    facts: Mapping[str, Fact]
    most: Mapping[str, Fact]


_OF_RESULTS = frozenset({"passed_all", "result_recorded", "exam_supervision", "exam_face", "exam_ida"})
_MORE_THAN_SHOWN = {
    "attended_minutes": "more_than_sheets",
    "attendance_check": "checked_less_often",
    "attendance_ida": "checked_less_surely",
    "passed_all": "passed_less",
    "result_recorded": "recorded_less",
    "examiner_last_taught": "taught_later",
    "decider_apart": "decider_not_apart",
    "holder_apart": "holder_not_apart",
}


def _checked(found: Attended) -> dict[str, Fact]:
    if found.check is None or found.ida is None:
        return {}
    return {"attendance_check": found.check, "attendance_ida": found.ida}


def _rank(name: str, value: Fact) -> int:
    """How much a value says for somebody; what is none of the fact's values says most, so that it is never let pass."""
    if value == "never":  # longer ago than any number of months
        return LONGEST_MONTHS + 1
    if isinstance(value, str):
        scale = scale_of(name)
        return scale.index(value) if value in scale else len(scale)
    return int(value)
