"""Sign-in sheets and exam results become part of an occasion's record: all of a file, or nothing of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from levels.identity import Methods
from levels.order import NoSuchEdition
from levels.rulebook import edition_on
from registry.errors import OccasionIncomplete
from registry.issuing.lists.handed_in import Form
from registry.issuing.lists.roster_row import Fault, fault
from registry.issuing.sittings.attended import RECOGNISED, in_two_places
from registry.issuing.sittings.examined import OddAttempt, Sat, odd_attempts
from registry.issuing.sittings.results import Sitting, read_results
from registry.issuing.sittings.sheet import Reading, read_sheet
from registry.records.issued.amendments import open_occasion
from registry.records.issued.certificates import holders_at
from registry.records.sector.scheme_document import NewScheme
from registry.records.sector.schemes import scheme_version
from registry.records.sittings.attendance import PersonKey, SheetLine, keep_sheet, lines_at
from registry.records.sittings.exam_results import (
    Attempt,
    ResultLine,
    courses_begun,
    keep_results,
    results_at,
    results_elsewhere,
)
from registry.records.sittings.occasion_events import OccasionEvent
from registry.records.sittings.occasions import NewOccasion, Occasion
from registry.records.store.database import Database
from verification.certificate import day_at, display_number

Faults = Mapping[int, tuple[Fault, ...]]


@dataclass(frozen=True)
class Recorded:
    """What became of a file.

    event      None where nothing was recorded: because of faults, or since all of it was on record already
    lines      recorded now; `replaced`: how many of these took the place of earlier ones
    unchanged  lines that were on record already, just so
    faults     by row; with any, nothing was recorded
    """

    occasion: str
    event: OccasionEvent | None = None
    lines: int = 0
    replaced: int = 0
    unchanged: int = 0
    faults: Faults = field(default_factory=dict)

    def as_json(self, lang: str) -> dict[str, Any]:
        """In one language: {occasion, event, lines, replaced, unchanged, issued_before, faults}."""
        return {
            "occasion": self.occasion,
            "event": self.event and self.event.place,
            "lines": self.lines,
            "replaced": self.replaced,
            "unchanged": self.unchanged,
            "issued_before": [display_number(each) for each in self.event.issued_before] if self.event else [],
            "faults": [
                {"row": row, "column": each.column, "value": each.value, "code": each.code, "says": each.says[lang]}
                for row, wrong in self.faults.items()
                for each in wrong
            ],
        }


@dataclass(frozen=True)
class OpenOccasion:
    """An occasion that something is to be recorded about, with what decides how a file is read."""

    record: Occasion
    occasion: NewOccasion
    scheme: NewScheme
    methods: Methods
    today: date
    holders: Mapping[PersonKey, str]

    @property
    def birth_needed(self) -> bool:
        """Whether the scheme tells people apart by their birth date."""
        return self.scheme.birth != "none"


def record_sheet(  # noqa: PLR0913 where, what, when, who, why
    db: Database,
    occasion_id: str,
    data: bytes,
    *,
    now: datetime,
    actor: str,
    form: Form = "table",
    session: str | None = None,
    reason: str | None = None,
) -> Recorded:
    """Record a sign-in sheet, whole or not at all. The same sheet again changes nothing.

    session  the one that rows which name none are about
    reason   needed where a line says something else than what is on record, or is about somebody who already holds a
             certificate of the occasion: neither is a fault then, and the certificate stays as it is

    Raises OccasionNotFound, OccasionCancelled, OccasionIncomplete for a day before the first edition.
    """
    desk = _desk(db, occasion_id, now)
    read = read_sheet(data, Reading(desk.occasion, session, desk.methods, desk.birth_needed, desk.today), form)
    if read.faults:
        return Recorded(occasion_id, faults=read.faults)
    known = lines_at(db, desk.record.id, (line.person[0] for _, line in read.lines))
    new = [(row, line) for row, line in read.lines if known.get(line.person, {}).get(line.session) != line]
    replacing = [(row, line) for row, line in new if line.session in known.get(line.person, {})]
    faults = _in_two_places(desk.occasion, new, known)
    if reason is None:
        _add(faults, _otherwise(replacing, known))
        _add(faults, _holding([(row, line.person) for row, line in new if (row, line) not in replacing], desk.holders))
    if faults:
        return Recorded(occasion_id, faults={row: tuple(faults[row]) for row in sorted(faults)})
    unchanged = len(read.lines) - len(new)
    if not new:
        return Recorded(occasion_id, unchanged=unchanged)
    event = keep_sheet(
        db,
        desk.record.id,
        [line for _, line in new],
        replaced=len(replacing),
        reason=reason,
        issued_before=issued_to((line.person for _, line in new), desk.holders),
        now=now,
        actor=actor,
    )
    return Recorded(occasion_id, event, len(new), len(replacing), unchanged)


def record_results(  # noqa: PLR0913 where, what, when, who, why
    db: Database,
    occasion_id: str,
    data: bytes,
    *,
    now: datetime,
    actor: str,
    form: Form = "table",
    reason: str | None = None,
) -> Recorded:
    """Record exam results, all of a file or none. The same results again change nothing.

    reason  as for `record_sheet`

    Raises OccasionNotFound, OccasionCancelled, OccasionIncomplete for a day before the first edition.
    """
    desk = _desk(db, occasion_id, now)
    read = read_results(data, Sitting(desk.occasion, desk.scheme, desk.methods, desk.today), form)
    if read.faults:
        return Recorded(occasion_id, faults=read.faults)
    names = [line.person[0] for _, line in read.lines]
    known = results_at(db, desk.record.id, names)
    new = [(row, line) for row, line in read.lines if known.get(line.person, {}).get(line.which) != line]
    replacing = [(row, line) for row, line in new if line.which in known.get(line.person, {})]
    faults = _odd_attempts(db, desk, new, known, names)
    if reason is None:
        _add(faults, _results_otherwise(replacing, known))
        _add(faults, _holding([(row, line.person) for row, line in new if (row, line) not in replacing], desk.holders))
    if faults:
        return Recorded(occasion_id, faults={row: tuple(faults[row]) for row in sorted(faults)})
    unchanged = len(read.lines) - len(new)
    if not new:
        return Recorded(occasion_id, unchanged=unchanged)
    event = keep_results(
        db,
        desk.record.id,
        [line for _, line in new],
        replaced=len(replacing),
        reason=reason,
        issued_before=issued_to((line.person for _, line in new), desk.holders),
        now=now,
        actor=actor,
    )
    return Recorded(occasion_id, event, len(new), len(replacing), unchanged)


def _desk(db: Database, occasion_id: str, now: datetime) -> OpenOccasion:
    record = open_occasion(db, occasion_id)
    occasion = record.new()
    scheme = scheme_version(db, record.scheme, record.scheme_version).new()
    try:
        methods = edition_on(occasion.decided_on).methods
    except NoSuchEdition as fault_of_day:
        raise OccasionIncomplete(
            f"{occasion_id} was decided on {occasion.decided_on}: {fault_of_day}"
        ) from fault_of_day
    return OpenOccasion(record, occasion, scheme, methods, day_at(now, scheme.time_zone), holders_at(db, record.id))


def issued_to(people: Iterable[PersonKey], holders: Mapping[PersonKey, str]) -> Sequence[str]:
    """The numbers of the certificates that these people hold of the occasion."""
    return sorted({holders[person] for person in people if person in holders})


def _holding(rows: Iterable[tuple[int, PersonKey]], holders: Mapping[PersonKey, str]) -> dict[int, list[Fault]]:
    return {row: [fault("holds_certificate", column="name")] for row, person in rows if person in holders}


def _otherwise(
    replacing: Iterable[tuple[int, SheetLine]], known: Mapping[PersonKey, Mapping[str, SheetLine]]
) -> dict[int, list[Fault]]:
    faults: dict[int, list[Fault]] = {}
    for row, line in replacing:
        recorded = _in_short(known[line.person][line.session])
        says = fault("sheet_says_otherwise", value=_in_short(line), session=line.session, recorded=recorded)
        faults.setdefault(row, []).append(says)
    return faults


def _in_short(line: SheetLine) -> str:
    checked = RECOGNISED if line.carried_over else line.method
    times = "–".join(f"{each:%H:%M}" for each in (line.came, line.left) if each)
    return ", ".join(filter(None, (f"{line.minutes} min", times, checked, line.checker)))


def _results_otherwise(
    replacing: Iterable[tuple[int, ResultLine]], known: Mapping[PersonKey, Mapping[Attempt, ResultLine]]
) -> dict[int, list[Fault]]:
    faults: dict[int, list[Fault]] = {}
    for row, line in replacing:
        recorded = _result_in_short(known[line.person][line.which])
        value = _result_in_short(line)
        says = fault("result_says_otherwise", column="attempt", value=value, attempt=line.attempt, recorded=recorded)
        faults.setdefault(row, []).append(says)
    return faults


def _result_in_short(line: ResultLine) -> str:
    checked = RECOGNISED if line.carried_over else line.method
    judged = "+" if line.passed else "–"
    parts = (
        str(line.sat_on),
        judged,
        line.outcome,
        line.pass_rule,
        line.examiner,
        line.supervision,
        line.face,
        checked,
    )
    return ", ".join(filter(None, parts))


def _odd_attempts(
    db: Database,
    desk: OpenOccasion,
    new: Sequence[tuple[int, ResultLine]],
    known: Mapping[PersonKey, Mapping[Attempt, ResultLine]],
    names: Iterable[str],
) -> dict[int, list[Fault]]:
    """Attempts beyond those that the scheme allows, too soon, or out of order, wherever they were sat."""
    here = desk.record.public_id
    elsewhere = results_elsewhere(db, desk.record.scheme, desk.record.id, names)
    begun = courses_begun(db, {here, *(where for sat in elsewhere.values() for where, _ in sat)})

    def begun_anew(before: Sat, each: Sat) -> bool:
        """A new series: after one that was passed, or with the course taken anew."""
        if before.where == each.where:
            return False
        course = begun[each.where]
        return before.line.passed or (course is not None and course > before.line.sat_on)

    by_person: dict[PersonKey, list[tuple[int, ResultLine]]] = {}
    for row, line in new:
        by_person.setdefault(line.person, []).append((row, line))
    faults: dict[int, list[Fault]] = {}
    for person, rows in by_person.items():
        told = {line.which for _, line in rows}
        recorded = [line for which, line in known.get(person, {}).items() if which not in told]
        sat = [
            *(Sat(where, line) for where, line in elsewhere.get(person, ())),
            *(Sat(here, line) for line in recorded),
            *(Sat(here, line, row) for row, line in rows),
        ]
        for odd in odd_attempts(desk.scheme, sat, begun_anew):
            faults.setdefault(odd.attempt.row or 0, []).append(_in_words(odd))
    return faults


def _in_words(odd: OddAttempt) -> Fault:
    line, before = odd.attempt.line, odd.before
    if before is None:
        return fault("too_many_attempts", column="attempt", value=str(line.attempt), allowed=odd.allowed)
    other = {"other": before.line.attempt, "other_day": before.line.sat_on, "where": before.where}
    if odd.earliest is not None:
        return fault("too_soon", column="sat_on", value=str(line.sat_on), earliest=odd.earliest, **other)
    return fault("attempt_not_next", column="attempt", value=str(line.attempt), day=line.sat_on, **other)


def _in_two_places(
    occasion: NewOccasion,
    new: Iterable[tuple[int, SheetLine]],
    known: Mapping[PersonKey, Mapping[str, SheetLine]],
) -> dict[int, list[Fault]]:
    by_person: dict[PersonKey, dict[str, SheetLine]] = {}
    last_row: dict[PersonKey, int] = {}
    for row, line in new:
        by_person.setdefault(line.person, dict(known.get(line.person, {})))[line.session] = line
        last_row[line.person] = row
    faults: dict[int, list[Fault]] = {}
    for person, lines in by_person.items():
        both = in_two_places(occasion, lines)
        if both:
            faults[last_row[person]] = [fault("in_two_places", session=both[0], other=both[1])]
    return faults


def _add(faults: dict[int, list[Fault]], more: Mapping[int, list[Fault]]) -> None:
    for row, wrong in more.items():
        faults.setdefault(row, []).extend(wrong)
