"""What exam results show of one person: what was passed, in which classes, watched and checked how. Pure.

The last attempt at each part and class decides. A class is given to whoever passed all that it asks; one that asks for
a result of its own is given to nobody else.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from registry.issuing.sittings.attended import Weigh, checked_as
from registry.records.sector.scheme_document import NewScheme
from registry.records.sittings.exam_results import Attempt, ResultLine
from registry.records.sittings.occasions import Fact, NewOccasion, scale_of

_FACES_SEEN = frozenset({"seen", "document", "portrait"})


@dataclass(frozen=True)
class Examined:
    """The facts that follow from the results of one person.

    classes      those of the classes asked for that are given
    facts        passed_all, result_recorded; exam_supervision, exam_face and exam_ida where some result says so
    first_on, assessed_on  the first and the last day of what counts
    examiners    who examined; None where some result does not say
    """

    classes: tuple[str, ...]
    facts: Mapping[str, Fact]
    first_on: date | None
    assessed_on: date | None
    examiners: frozenset[str] | None


def examined(
    scheme: NewScheme,
    occasion: NewOccasion,
    asked: tuple[str, ...],
    results: Mapping[Attempt, ResultLine],
    weigh: Weigh,
) -> Examined:
    """What the results show.

    asked  the classes that the certificate is to give, all of them the occasion's
    """
    last = last_attempts(results.values())
    wanted: Sequence[str] = [each.kind for each in scheme.assessment]
    wanted = wanted or sorted({part for part, _ in last})
    given = tuple(each for each in asked if class_is_passed(scheme, each, last, wanted))
    counted = _counted(last, given, wanted) or list(last.values())
    passed = bool(given) if asked else bool(wanted) and all(_passed(last, part, None) for part in wanted)
    facts: dict[str, Fact] = {
        "passed_all": passed,
        "result_recorded": bool(counted) and all(line.on_record_whole for line in counted),
        **_watched(occasion, counted, weigh),
    }
    examiners = frozenset(line.examiner for line in counted if line.examiner is not None)
    return Examined(
        classes=given,
        facts=facts,
        first_on=min((line.sat_on for line in counted), default=None),
        assessed_on=max((line.sat_on for line in counted), default=None),
        examiners=examiners if counted and all(line.examiner for line in counted) else None,
    )


def last_attempts(results: Iterable[ResultLine]) -> dict[tuple[str, str | None], ResultLine]:
    """The last attempt at each part, for each class."""
    last: dict[tuple[str, str | None], ResultLine] = {}
    for line in sorted(results, key=lambda each: (each.attempt, each.sat_on)):
        last[line.part, line.scope_class] = line
    return last


def class_is_passed(
    scheme: NewScheme,
    scope_class: str,
    last: Mapping[tuple[str, str | None], ResultLine],
    wanted: Sequence[str],
) -> bool:
    """Whether all that a class asks was passed: every part, and something in the class itself where that is asked."""
    own = any(each == scope_class for _, each in last)
    if not own and needs_own_result(scheme, scope_class):
        return False
    return bool(wanted) and all(_passed(last, part, scope_class) for part in wanted)


def needs_own_result(scheme: NewScheme, scope_class: str) -> bool:
    """Whether the scheme gives the class only to those who were tested in it."""
    return any(each.code == scope_class and each.own_result for each in scheme.scope_class)


def _passed(last: Mapping[tuple[str, str | None], ResultLine], part: str, scope_class: str | None) -> bool:
    """Whether a part was passed for a class: by a result of the class, of the whole part, or both; never failed."""
    found = [last[key] for key in dict.fromkeys([(part, scope_class), (part, None)]) if key in last]
    return bool(found) and all(line.passed for line in found)


def _counted(
    last: Mapping[tuple[str, str | None], ResultLine], given: Sequence[str], wanted: Sequence[str]
) -> list[ResultLine]:
    """The results that a certificate with these classes rests on."""
    return [line for (part, scope_class), line in last.items() if part in wanted and scope_class in {None, *given}]


def _watched(occasion: NewOccasion, counted: Sequence[ResultLine], weigh: Weigh) -> dict[str, Fact]:
    """How the weakest part was watched and checked, as far as any result says; what none says the occasion may say."""
    facts: dict[str, Fact] = {}
    if any(line.supervision for line in counted):
        facts["exam_supervision"] = _weakest(
            "exam_supervision", (line.supervision or occasion.exam_supervision for line in counted)
        )
    if any(line.face for line in counted):
        facts["exam_face"] = _weakest("exam_face", (line.face or occasion.exam_face for line in counted))
    if any(line.says_who_checked for line in counted):
        facts["exam_ida"] = min(_ida(line, occasion, weigh) for line in counted)
    return facts


def _weakest(fact: str, words: Iterable[str | None]) -> str:
    """The lowest word of a scale; what is not known is the lowest."""
    scale = scale_of(fact)
    return scale[min(0 if word is None else scale.index(word) for word in words)]


def _ida(line: ResultLine, occasion: NewOccasion, weigh: Weigh) -> int:
    check = checked_as(line) or occasion.identity.exam
    if check is None:
        return 0
    # Staff who see a face that they checked at enrolment know who that is as surely as they did then.
    if check.carried_over and (line.face or occasion.exam_face) not in _FACES_SEEN:
        return 0
    return weigh(check)


# ------------------------------------------------------------------ which attempts there may be


@dataclass(frozen=True)
class Sat:
    """An attempt, and where: the id of the occasion; row = None for what is on record already."""

    where: str
    line: ResultLine
    row: int | None = None


@dataclass(frozen=True)
class OddAttempt:
    """An attempt that cannot be. before: the one it does not agree with; earliest: the first day it may be."""

    attempt: Sat
    before: Sat | None = None
    earliest: date | None = None
    allowed: int | None = None


def odd_attempts(scheme: NewScheme, sat: Iterable[Sat], begun_anew: Callable[[Sat, Sat], bool]) -> list[OddAttempt]:
    """What is wrong with the attempts of one person under one scheme, as far as rows that are new are part of it.

    begun_anew  whether a later attempt begins a new series after an earlier one
    """
    by_test: dict[tuple[str, str | None], list[Sat]] = {}
    for each in sat:
        by_test.setdefault((each.line.part, each.line.scope_class), []).append(each)
    odd: list[OddAttempt] = []
    for (part, _), attempts in by_test.items():
        rules = next((each for each in scheme.assessment if each.kind == part), None)
        allowed, waiting = (rules.attempts, rules.waiting_days) if rules else (None, 0)
        attempts.sort(key=lambda each: (each.line.sat_on, each.line.attempt, each.where))
        before: Sat | None = None
        for each in attempts:
            former = None if before is None or begun_anew(before, each) else before
            found = _odd(each, former, allowed, waiting)
            if found:
                odd.append(found)
            before = each
    return odd


def _odd(each: Sat, before: Sat | None, allowed: int | None, waiting_days: int) -> OddAttempt | None:
    if each.row is not None and allowed is not None and each.line.attempt > allowed:
        return OddAttempt(each, allowed=allowed)
    if before is None or (each.row is None and before.row is None):
        return None
    # Which of the two is wrong nobody knows; the one that is new is told.
    new, other = (each, before) if each.row is not None else (before, each)
    if each.line.attempt <= before.line.attempt:
        return OddAttempt(new, other)
    earliest = before.line.sat_on + timedelta(days=waiting_days)
    return OddAttempt(new, other, earliest=earliest) if each.line.sat_on < earliest else None
