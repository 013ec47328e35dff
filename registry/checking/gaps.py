"""Who lacks what: people with the certificates they showed, against what their roles require. Pure.

A certificate meets a requirement only where verification itself calls it valid in that situation, it names the person
in the row, it has the scope classes asked for, and the proof is young enough. Nothing here can make an answer greener
than the verdict on the certificate is, but for one thing, which is then said: the scheme's owner has decided that
certificates which ended are accepted for longer. A certificate of another scheme counts where verification says that
the owner of the scheme asked for accepts it. Nothing is concluded about who employs whom.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache
from typing import Literal, NamedTuple

from levels.evidence import add_months
from registry.checking.profile import Profile, Requirement
from registry.checking.terms import NO_TERMS, SchemeTerms
from registry.checking.workforce import Birth, Worker
from registry.reading.cells import in_order
from registry.records.persons.people import name_key
from verification.findings import Finding, Findings, Value
from verification.judge import judge
from verification.reasons import reason
from verification.situation import Situation
from verification.trust import Trust

Outcome = Literal["fulfilled", "lacking", "unsure"]
_MOST_ROWS_TOLD = 10
COMPARED = "compared"  # a member of what is told: how little of the person could be compared
Whose = Literal["confirmed", "by_name", "name_differs", "birth_differs"]

# Where several certificates fail, the one that comes nearest is told of: what is open before what is decided, and
# what time or a better certificate mends before what nothing mends.
NEARNESS = (
    *(
        "recognition_condition",
        "recognition_unknown",
        "third_party_unknown",
        "identity_unknown",
        "activity_unknown",
        "unknown",
        "shared",
        "not_found",
    ),
    *("expires_before", "not_yet_valid", "too_old", "lapsed", "scope_missing", "level_too_low", "third_party_missing"),
    *(
        "recognition_not_met",
        "recognition_ended",
        "identity_too_low",
        "expired",
        "suspended",
        "superseded",
        "not_sufficient",
        "issuer_not_authorised",
    ),
    *(
        "issuer_key_compromised",
        "revoked",
        "annulled",
        "signature_invalid",
        "document_altered",
        "names_other",
        "missing",
    ),
)
# Findings whose own code says more than the headline of the verdict.
_TOLD_BY_CODE = frozenset(
    {
        *("level_too_low", "third_party_missing", "third_party_unknown", "identity_too_low", "identity_unknown"),
        *("recognition_condition", "recognition_unknown", "recognition_ended", "recognition_not_met"),
        "not_found",
    }
)
_NO_END = date.max
_UNIFIED = str.maketrans(dict.fromkeys("-\u2010\u2011\u2012\u2013\u2014\u2212", " ") | dict.fromkeys("’ʼ‘`´", "'"))


@dataclass(frozen=True, eq=False, slots=True)
class Standing:
    """What was found about certificates that differ in nothing but their person and their dates: all but the dates.

    trust  what knows which schemes accept them; None where none does
    """

    findings: Findings
    trust: Trust | None = None


class Why(NamedTuple):
    """The reason for a cell: a code of verification's reasons or of ours, and what fills its sentence.

    counted  by whose decision a certificate of another scheme counts
    """

    code: str
    params: Mapping[str, Value]
    counted: Finding | None = None


@dataclass(frozen=True, slots=True)
class Holding:
    """One certificate that somebody showed, as far as it may be told.

    number     its 16 characters; None where nothing it says may be told
    dates      whether the day asked about lies within its dates
    scheme     None where not known; then it may be a certificate of anything
    version    of the scheme; None where not known
    shown_on   the day the proof was given: assessed, else the course's last day, else the day of issue
    today, day the day it is, and the day asked about, where the scheme keeps its time
    """

    number: str | None
    standing: Standing
    dates: Finding | None = None
    scheme: str | None = None
    version: str | None = None
    level: str | None = None
    holder_name: str | None = None
    birth: Birth = None
    scope_classes: frozenset[str] = frozenset()
    valid_until: date | None = None
    shown_on: date | None = None
    today: date = date.min
    day: date = date.min


class Cell(NamedTuple):
    """One person and one requirement.

    number  the certificate that fulfils it, else the one that comes nearest
    until   last day it is fulfilled; where time has ended that or will have, the day it did
    """

    requirement: Requirement
    outcome: Outcome
    status: str
    number: str | None
    until: date | None
    why: Why


class Checked(NamedTuple):
    """One row of the workforce with all that its role requires."""

    worker: Worker
    cells: tuple[Cell, ...]

    @property
    def outcome(self) -> Outcome:
        """Lacking if anything is, else unsure if anything is."""
        outcomes = {cell.outcome for cell in self.cells}
        return "lacking" if "lacking" in outcomes else "unsure" if "unsure" in outcomes else "fulfilled"


@dataclass(frozen=True)
class Gaps:
    """The whole answer. day: the day asked about; ahead: it has not come yet."""

    profile: Profile
    day: date
    ahead: bool
    people: tuple[Checked, ...]

    @property
    def number(self) -> int:
        """How many cells are not fulfilled."""
        return sum(cell.outcome != "fulfilled" for person in self.people for cell in person.cells)

    @property
    def outcome(self) -> Outcome:
        """Lacking if anybody lacks anything, else unsure if anything is."""
        outcomes = {person.outcome for person in self.people}
        return "lacking" if "lacking" in outcomes else "unsure" if "unsure" in outcomes else "fulfilled"


def gaps(  # noqa: PLR0913 who, what is required, when, and on whose terms
    people: Sequence[tuple[Worker, Sequence[Holding]]],
    profile: Profile,
    *,
    day: date,
    ahead: bool,
    now: datetime,
    terms: Mapping[str, SchemeTerms] | None = None,
) -> Gaps:
    """Person by requirement, in the order of the file and the role. terms: of schemes, by code."""
    desk = _Desk(people, profile, now, terms or {})
    return Gaps(profile, day, ahead, tuple(Checked(worker, desk.cells(worker, held)) for worker, held in people))


def whose(name: str, birth: Birth, holder_name: str, holder_birth: Birth) -> Whose:
    """Whether a certificate's holder is the person in the row.

    Case, spaces, dashes and the order `Family, Given` do not matter; letters do. Where both state a birth it decides
    further, by as much of it as both state.
    """
    if _key(name) != _key(holder_name):
        return "name_differs"
    if birth is None or holder_birth is None:
        return "by_name"
    if isinstance(birth, date) and isinstance(holder_birth, date):
        same = birth == holder_birth
    else:
        same = _year(birth) == _year(holder_birth)
    return "confirmed" if same else "birth_differs"


def _compared(birth: Birth, holder_birth: Birth) -> str | None:
    """How little of a person could be compared; None where there was no more to compare."""
    if holder_birth is None:
        return None
    if birth is None:
        return "by_name"
    return None if isinstance(birth, date) is isinstance(holder_birth, date) else "by_year"


class _Judged(NamedTuple):
    """What verification says of a standing in a situation.

    why      None where the dates decide
    counted  by whose decision a certificate of another scheme counts
    """

    outcome: Outcome
    status: str
    why: Why | None
    counted: Finding | None = None


class _Held(NamedTuple):
    """A certificate in somebody's row; refused: why it does not count for that person."""

    holding: Holding
    refused: Why | None
    compared: str | None  # `by_name` or `by_year`, where more than that could not be compared
    active_on: date | None  # the last day the person is known to have done the work


class _Desk:
    """Answers cell by cell, and judges no standing twice for the same requirement."""

    def __init__(
        self,
        people: Sequence[tuple[Worker, Sequence[Holding]]],
        profile: Profile,
        now: datetime,
        terms: Mapping[str, SchemeTerms],
    ) -> None:
        self._profile, self._now, self._terms = profile, now, terms
        self._situations = {one.id: one.situation(now.date()) for one in profile.requirement}
        self._judged: dict[tuple[int, str | None, str], _Judged] = {}
        self._whys: dict[tuple[str, str | None, date | None, str | None, str | None, int], Why] = {}
        accepted = [one for code in terms for one in terms[code].recognitions]
        self._recognitions = {one.id: one for one in accepted}
        self._codes = {
            one.id: tuple(
                dict.fromkeys((*one.any_of, *(each.accepts for each in accepted if each.scheme in one.any_of)))
            )
            for one in profile.requirement
        }
        self._missing = {
            one.id: Cell(one, "lacking", "missing", None, None, Why("missing", {})) for one in profile.requirement
        }
        self._refused = _refused(people)

    def cells(self, worker: Worker, held: Sequence[Holding]) -> tuple[Cell, ...]:
        by_scheme: dict[str | None, list[_Held]] = defaultdict(list)
        for one in held:
            refused = self._refused.get((worker.row, one.number))
            compared = _compared(worker.birth, one.birth)
            by_scheme[one.scheme].append(_Held(one, refused, compared, worker.active_on))
        return tuple(self._best(by_scheme, self._profile.requirements[name]) for name in worker.role.requires)

    def _best(self, by_scheme: Mapping[str | None, list["_Held"]], requirement: Requirement) -> Cell:
        candidates = [one for code in self._codes[requirement.id] if code in by_scheme for one in by_scheme[code]]
        # What cannot be read may be a certificate of anything; it is told of where there is nothing else to tell.
        candidates = candidates or by_scheme.get(None, [])
        if len(candidates) == 1:
            return self._cell(candidates[0], requirement)
        if not candidates:
            return self._missing[requirement.id]
        return min((self._cell(one, requirement) for one in candidates), key=_rank)

    def _cell(self, held: "_Held", requirement: Requirement) -> Cell:
        holding, refused, compared, active_on = held
        if refused is not None:
            if refused.code == "shared":
                return Cell(requirement, "unsure", "shared", holding.number, None, refused)
            return Cell(requirement, "lacking", "names_other", holding.number, None, refused)
        judged, until, decision = self._judge(holding, requirement), holding.valid_until, None
        terms = self._terms.get(holding.scheme or "", NO_TERMS)
        if judged.status == "expired" and judged.why is None and until is not None:
            judged, until, decision = self._accepted_longer(holding, requirement, judged, terms)
        if judged.outcome != "fulfilled":
            return self._not_valid(holding, requirement, judged)
        classes = holding.scope_classes
        if judged.counted is not None:
            recognition = self._recognitions[str(judged.counted.params["recognition"])]
            classes = frozenset(recognition.class_map[one] for one in classes if one in recognition.class_map)
            until = min((day for day in (until, recognition.last_day) if day is not None), default=None)
        lacking = _scope_missing(holding, requirement, classes)
        if lacking is not None:
            return lacking
        for last, lapsed in _other_clocks(holding, requirement, terms, active_on):
            if holding.day > last:
                return lapsed
            until = last if until is None else min(until, last)
        why = self._fulfilled(holding, until, compared, decision, judged.counted)
        return Cell(requirement, "fulfilled", "fulfilled", holding.number, until, why)

    def _accepted_longer(
        self, holding: Holding, requirement: Requirement, judged: _Judged, terms: SchemeTerms
    ) -> tuple[_Judged, date | None, str | None]:
        """What it is worth by a decision of the scheme's owner: judged anew, until when, and by which decision."""
        if holding.valid_until is None or holding.dates is None:
            return judged, holding.valid_until, None
        until, extension = terms.accepted_until(holding.version, holding.valid_until)
        if extension is None or holding.day > until:
            return judged, holding.valid_until, None
        dates = holding.dates._replace(code="in_force_no_end", outcome="passed", params={})
        return self._judge(replace(holding, dates=dates), requirement), until, extension.decision

    def _not_valid(self, holding: Holding, requirement: Requirement, judged: _Judged) -> Cell:
        status, until, why = judged.status, None, judged.why
        if why is None and holding.dates is not None:
            why = Why(holding.dates.code, holding.dates.params)
            until = holding.valid_until if status == "expired" else None
            if status == "expired" and holding.valid_until is not None and holding.valid_until >= holding.today:
                status = "expires_before"
                why = Why(status, {"day": holding.valid_until, "on": holding.day})
        return Cell(requirement, judged.outcome, status, holding.number, until, why or Why(status, {}))

    def _judge(self, holding: Holding, requirement: Requirement) -> _Judged:
        key = (id(holding.standing), holding.dates.code if holding.dates else None, requirement.id)
        judged = self._judged.get(key)
        if judged is None:
            judged = _judged(holding, self._situations[requirement.id], self._now)
            self._judged[key] = judged
        return judged

    def _fulfilled(
        self, holding: Holding, until: date | None, compared: str | None, decision: str | None, counted: Finding | None
    ) -> Why:
        """One object for all that is told alike."""
        code = "fulfilled" if until is not None else "fulfilled_no_end"
        if decision is not None:
            code = "fulfilled_longer"
        elif holding.day > holding.today:
            code = f"{code}_ahead"
        key = (code, holding.level, until, compared, decision, id(counted))
        if key not in self._whys:
            told: dict[str, Value] = {"level": holding.level or "–"}
            if decision is not None:
                told["decision"] = decision
            if compared:
                told[COMPARED] = compared
            self._whys[key] = Why(code, told if until is None else {**told, "day": until}, counted)
        return self._whys[key]


def _scope_missing(holding: Holding, requirement: Requirement, classes: frozenset[str]) -> Cell | None:
    """What is said where a class is not on it; None where all are. classes: as what those on it count."""
    if classes.issuperset(requirement.scope_classes):
        return None
    missing = sorted(set(requirement.scope_classes) - classes)
    told = {"missing": ", ".join(missing), "found": ", ".join(sorted(classes)) or "–"}
    return Cell(requirement, "lacking", "scope_missing", holding.number, None, Why("scope_missing", told))


def _other_clocks(
    holding: Holding, requirement: Requirement, terms: SchemeTerms, active_on: date | None
) -> Iterator[tuple[date, Cell]]:
    """Last days beside the one that was signed, each with what is said when it has passed. Ages are in whole months."""
    if holding.shown_on is None:
        return
    ages = [age for age in (requirement.max_age_months, terms.repeated_within(holding.version)) if age is not None]
    if ages:
        last = add_months(holding.shown_on, min(ages))
        told: dict[str, Value] = {"day": holding.shown_on, "months": min(ages)}
        yield last, Cell(requirement, "lacking", "too_old", holding.number, last, Why("too_old", told))
    idle = terms.lapses_after(holding.version)
    if idle is not None:
        last = add_months(max(holding.shown_on, active_on or holding.shown_on), idle)
        code = "activity_unknown" if active_on is None else "lapsed"
        outcome: Outcome = "unsure" if active_on is None else "lacking"
        yield last, Cell(requirement, outcome, code, holding.number, last, Why(code, {"day": last, "months": idle}))


def _judged(holding: Holding, situation: Situation, now: datetime) -> _Judged:
    found = holding.standing.findings
    if holding.dates is not None:
        found = found._replace(findings=(*found.findings, holding.dates))
    if holding.day > holding.today:
        found = found._replace(on=holding.day)  # on which a decision to accept it may have ended
    verdict = judge(found, situation, now, holding.standing.trust)
    if verdict.outcome == "valid":
        counted = next((one for one in verdict.reasons if one.code == "recognised"), None)
        return _Judged("fulfilled", "fulfilled", None, counted)
    decisive = next(
        one
        for one in verdict.reasons
        if reason(one.code).severity == "decisive" and one.outcome in {"failed", "could_not_check"}
    )
    by_code = decisive.code in _TOLD_BY_CODE
    status = decisive.code if by_code else "unknown" if verdict.outcome == "undetermined" else verdict.headline
    outcome: Outcome = "lacking" if verdict.outcome == "invalid" else "unsure"
    return _Judged(outcome, status, None if decisive is holding.dates else Why(decisive.code, decisive.params))


def _refused(people: Iterable[tuple[Worker, Sequence[Holding]]]) -> Mapping[tuple[int, str | None], Why]:
    """By row and number: certificates that do not count for the person in that row.

    One certificate in the rows of several people is that person's whose birth it states; where it states nobody's, or
    several people's, nobody can tell whose it is. Rows with the same name and the same birth are one person.
    """
    refused: dict[tuple[int, str | None], Why] = {}
    claims: dict[str, list[tuple[Worker, Whose]]] = defaultdict(list)
    for worker, held in people:
        for one in held:
            if one.holder_name is None or one.number is None:
                continue
            match = whose(worker.name, worker.birth, one.holder_name, one.birth)
            if match in {"name_differs", "birth_differs"}:
                refused[worker.row, one.number] = Why(match, {})
            else:
                claims[one.number].append((worker, match))
    for number, claimed in claims.items():
        if len(claimed) == 1 or len({(_key(worker.name), worker.birth) for worker, _ in claimed}) == 1:
            continue
        rows = sorted({other.row for other, _ in claimed})[: _MOST_ROWS_TOLD + 2]
        certain = {(_key(worker.name), worker.birth) for worker, match in claimed if match == "confirmed"}
        for worker, _ in claimed:
            if len(certain) != 1 or (_key(worker.name), worker.birth) not in certain:
                others = [row for row in rows if row != worker.row][:_MOST_ROWS_TOLD]
                more = " …" if len(rows) > _MOST_ROWS_TOLD + 1 else ""
                refused[worker.row, number] = Why("shared", {"rows": ", ".join(map(str, others)) + more})
    return refused


def _rank(cell: Cell) -> tuple[int, int, str]:
    if cell.outcome == "fulfilled":
        return 0, -(cell.until or _NO_END).toordinal(), cell.number or ""
    return (1 if cell.outcome == "unsure" else 2), NEARNESS.index(cell.status), cell.number or ""


@lru_cache(maxsize=200_000)
def _key(name: str) -> str:
    return name_key(in_order(name).translate(_UNIFIED))


def _year(birth: int | date) -> int:
    return birth.year if isinstance(birth, date) else birth
