"""Exam results as people or programs have them, to lines and faults; pure, and no file makes it raise.

One row is one attempt of one person at one part of the exam; for several classes at once where they were tested
together.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import get_args

from levels.identity import IdentityEvent, Methods
from registry.issuing.lists.handed_in import Form, table_of
from registry.issuing.lists.listed import Listed, one_of_words, read_rows, spellings, staff_reader
from registry.issuing.lists.roster_cells import read_classes, read_yes_no
from registry.issuing.lists.roster_row import Fault, fault, fault_of
from registry.issuing.sittings.checked_cell import check_reader, is_carried_over
from registry.reading.cells import calendar_day
from registry.reading.tables import MEBIBYTE, Format, by_spelling, shared_headers
from registry.reading.wrong import BadCell, Unreadable
from registry.records.sector.scheme_document import NewScheme
from registry.records.sittings.exam_results import ResultLine
from registry.records.sittings.occasions import NewOccasion, Role

MAX_BYTES = 10 * MEBIBYTE
MAX_ROWS = 50_000
MOST_ATTEMPTS = 100
NEEDED = ("name", "attempt")
_ALL = 100  # per cent


@dataclass(frozen=True)
class Results:
    """What was read: lines with the number of their row, and faults by row (0 is the file as a whole, 1 its header)."""

    lines: tuple[tuple[int, ResultLine], ...] = ()
    faults: Mapping[int, tuple[Fault, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Sitting:
    """What results are read against. today: nothing was sat on a day to come."""

    occasion: NewOccasion
    scheme: NewScheme
    methods: Methods
    today: date

    def pass_percent(self, part: str) -> int | None:
        """The least share of the points that passes that part, where the scheme says so."""
        return next((each.pass_percent for each in self.scheme.assessment if each.kind == part), None)


def read_results(data: bytes, against: Sitting, form: Form = "table") -> Results:
    """Lines and faults of a file; as data it has `result`. One with faults is not recorded at all."""
    columns = ("name", "birth_date", *spellings("results.toml")["columns"])
    try:
        table = table_of(data, form, _format(), columns, "result")
    except Unreadable as refused:
        return Results(faults={refused.row: tuple(map(fault_of, refused.wrong))})
    birth_needed = against.scheme.birth != "none"
    rows, found = read_rows(table, _readers(against), birth_needed=birth_needed, on=against.today)
    faults = {number: list(wrong) for number, wrong in found.items()}
    lines: list[tuple[int, ResultLine]] = []
    first: dict[tuple[object, ...], int] = {}
    for row in rows:
        for read in _lines(row, against):
            if isinstance(read, Fault):
                faults.setdefault(row.row, []).append(read)
                continue
            other = first.setdefault((read.person, read.which), row.row)
            if other != row.row:
                twice = fault(
                    "result_twice", column="attempt", value=str(read.attempt), name=read.name[:80], other=other
                )
                faults.setdefault(row.row, []).append(twice)
            lines.append((row.row, read))
    return Results(
        tuple(line for line in lines if line[0] not in faults), {row: tuple(faults[row]) for row in sorted(faults)}
    )


# ------------------------------------------------------------------ columns and cells


def _format() -> Format:
    headers = by_spelling(shared_headers()["columns"]) | by_spelling(spellings("results.toml")["columns"])
    return Format(headers, needed=NEEDED, max_bytes=MAX_BYTES, max_rows=MAX_ROWS)


def _readers(against: Sitting) -> Mapping[str, Callable[[str], object]]:
    said = spellings("results.toml")
    occasion = against.occasion
    return {
        "part": one_of_words(said["parts"], "unknown_part"),
        "scope_class": read_classes,
        "attempt": _attempt,
        "outcome": _outcome,
        "pass_rule": _pass_rule,
        "passed": _passed,
        "sat_on": calendar_day,
        "examiner": staff_reader(occasion, ("examiner",)),
        "supervision": one_of_words(said["supervision"], "unknown_supervision"),
        "face": one_of_words(said["face"], "unknown_face"),
        "method": check_reader(against.methods),
        "checker": staff_reader(occasion, get_args(Role)),
        "note": str,
    }


def _attempt(text: str) -> int:
    found = re.fullmatch(r"([0-9]{1,3})(?:[.,]0{1,3})?", text)
    if not found or not 1 <= int(found[1]) <= MOST_ATTEMPTS:
        raise BadCell("not_an_attempt")
    return int(found[1])


def _outcome(text: str) -> str:
    if len(text) > 40:  # noqa: PLR2004 characters; points or a mark
        raise BadCell("too_long", limit=40)
    return " ".join(text.split())


def _pass_rule(text: str) -> str:
    if len(text) > 60:  # noqa: PLR2004 characters; the name of a version
        raise BadCell("too_long", limit=60)
    return " ".join(text.split())


def _passed(text: str) -> bool:
    try:
        return read_yes_no(text)
    except BadCell:
        raise BadCell("not_passed_or_failed") from None


def share_of_points(outcome: str) -> Fraction | None:
    """The share that an outcome such as 27/30, `27 av 30` or 90 % says, in per cent; None where it says none."""
    number = r"([0-9]{1,4}(?:[.,][0-9]{1,2})?)"
    points = re.fullmatch(rf"{number} ?(?:/|av|of) ?{number}", outcome)
    if points:
        had, most = (Fraction(each.replace(",", ".")) for each in points.groups())
        return None if most == 0 else _ALL * had / most
    percent = re.fullmatch(rf"{number} ?%", outcome)
    return Fraction(percent[1].replace(",", ".")) if percent else None


# ------------------------------------------------------------------ rows to lines


def _lines(row: Listed, against: Sitting) -> Iterator[ResultLine | Fault]:
    part = row["part"] or _only_part(against.scheme)
    if part is None:
        yield fault("part_missing", column="part", value="")
        return
    sat_on, classes = _sat_on(row, against), _which_classes(row, against)
    passed = _judged(row, against.pass_percent(part))
    wrong = [each for each in (sat_on, classes, passed) if isinstance(each, Fault)]
    check: IdentityEvent | None = row["method"]
    if row["checker"] and check is None:
        wrong.append(fault("checker_without_method", column="method", value=""))
    if row["attempt"] is None:
        wrong.append(fault("attempt_missing", column="attempt", value=""))
    yield from wrong
    if wrong or isinstance(sat_on, Fault) or isinstance(classes, Fault):
        return
    told = check is not None and not is_carried_over(check)
    for scope_class in classes:
        yield ResultLine(
            name=row["name"],
            birth_date=row["birth_date"],
            part=part,
            scope_class=scope_class,
            attempt=row["attempt"],
            passed=bool(passed),
            sat_on=sat_on,
            outcome=row["outcome"],
            pass_rule=row["pass_rule"] or _rule_of(against.scheme, part),
            examiner=row["examiner"],
            supervision=row["supervision"],
            face=row["face"],
            method=check.method if check and told else None,
            native_level=check.native_level if check else None,
            number_quality=check.number_quality if check else None,
            checker=row["checker"],
            carried_over=check is not None and not told,
        )


def _only_part(scheme: NewScheme) -> str | None:
    kinds = [each.kind for each in scheme.assessment]
    return kinds[0] if len(kinds) == 1 else None


def _rule_of(scheme: NewScheme, part: str) -> str | None:
    """The pass rule is that of the scheme's version, where it has one for that part."""
    return f"{scheme.code} {scheme.version}" if any(each.kind == part for each in scheme.assessment) else None


def _sat_on(row: Listed, against: Sitting) -> date | Fault:
    occasion = against.occasion
    day: date | None = row["sat_on"] or occasion.exam_on
    if day is None:
        return fault("sat_on_missing", column="sat_on", value="")
    if day > against.today:
        return fault("sat_in_future", column="sat_on", value=str(day))
    if day > occasion.decided_on:
        return fault("sat_after_decision", column="sat_on", value=str(day), decided=occasion.decided_on)
    first = min((session.on for session in occasion.session), default=None)
    if first is not None and day < first:
        return fault("sat_before_course", column="sat_on", value=str(day), first=first)
    return day


def _which_classes(row: Listed, against: Sitting) -> Sequence[str | None] | Fault:
    """The classes of the occasion that were tested; one None where the row names none."""
    if row["scope_class"] is None:
        return [None]
    offered = against.occasion.scope_classes
    as_offered = {each.casefold(): each for each in offered} | {each: each for each in offered}
    asked = [as_offered.get(each, as_offered.get(each.casefold())) for each in row["scope_class"]]
    if None in asked:
        stranger = row["scope_class"][asked.index(None)]
        code = "class_not_offered" if offered else "class_without_offer"
        return fault(code, column="scope_class", value=stranger, offered=", ".join(offered))
    return asked


def _judged(row: Listed, pass_percent: int | None) -> bool | Fault:
    """Whether it was passed: as stated, never against the scheme's rule; where nothing is stated by the rule alone."""
    share = share_of_points(row["outcome"]) if row["outcome"] else None
    enough = None if share is None or pass_percent is None else share >= pass_percent
    if row["passed"] is None:
        return fault("passed_missing", column="passed", value="") if enough is None else enough
    if row["passed"] and enough is False:
        return fault("passed_below_rule", column="passed", value=row["outcome"], wanted=pass_percent)
    return bool(row["passed"])
