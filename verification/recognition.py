"""What a certificate counts as beside its own scheme, by decision of other schemes' owners.

One step and no further: that A accepts B, and B accepts C, says nothing about A and C.
"""

from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import Final, Literal, NamedTuple

from levels.level import Level
from levels.order import Order, satisfies
from verification.case import rules_for
from verification.certificate import day_at
from verification.findings import Finding, Outcome, Seen, Value
from verification.stated import third_party
from verification.trust import Recognition, Trust

Counts = Literal[
    "recognised", "recognition_condition", "recognition_unknown", "recognition_ended", "recognition_not_met"
]
# Where several decisions are about a certificate, the one that says most for it counts.
_BEST_FIRST: Final[dict[Counts, Outcome]] = {
    "recognised": "passed",
    "recognition_condition": "could_not_check",
    "recognition_unknown": "could_not_check",
    "recognition_ended": "failed",
    "recognition_not_met": "failed",
}
_ORDER: Final = tuple(_BEST_FIRST)


class Held(NamedTuple):
    """What a decision looks at on a certificate; None = its form does not say.

    third_party  whether it was examined by one; a B that was not is no C1
    issued_on    the day it was issued, where its scheme keeps its time
    rulebook     its level is of
    """

    scheme: str
    version: str | None
    level: Level
    issued_on: date | None
    scope_classes: Collection[str]
    rulebook: Order
    third_party: bool | None = None


class Counted(NamedTuple):
    """One decision about a certificate. until: the last day it counts by it, or that it would have counted."""

    recognition: Recognition
    how: Counts
    until: date | None


def counts_as(recognitions: Iterable[Recognition], held: Held, day: date) -> tuple[Counted, ...]:
    """As which schemes it counts that day, by each decision that is about its scheme; the best first."""
    found = [_counted(one, held, day) for one in recognitions if one.accepts == held.scheme]
    return tuple(sorted(found, key=_rank))


def _rank(counted: Counted) -> tuple[int, int]:
    return _ORDER.index(counted.how), -(counted.until or date.max).toordinal()


def _counted(one: Recognition, held: Held, day: date) -> Counted:
    last = one.last_day
    if day < one.accepted_from:
        return Counted(one, "recognition_not_met", last)
    if last is not None and last < day:
        return Counted(one, "recognition_ended", last)
    if held.issued_on is not None and one.issued_until is not None and one.issued_until < held.issued_on:
        return Counted(one, "recognition_ended", one.issued_until)
    terms = (_issued(one, held), _of_version(one, held), _of_level(one, held))
    if False in terms or not set(one.required_classes) <= set(held.scope_classes):
        return Counted(one, "recognition_not_met", last)
    if None in terms:
        return Counted(one, "recognition_unknown", last)
    return Counted(one, "recognition_condition" if one.condition else "recognised", last)


def _issued(one: Recognition, held: Held) -> bool | None:
    if one.issued_from is None and one.issued_until is None:
        return True
    if held.issued_on is None:
        return None
    return one.issued_from is None or one.issued_from <= held.issued_on


def _of_version(one: Recognition, held: Held) -> bool | None:
    if one.versions is None:
        return True
    return None if held.version is None else held.version in one.versions


def _of_level(one: Recognition, held: Held) -> bool | None:
    if one.min_level is None:
        return True
    at_best, at_worst = (
        satisfies(held.level, one.min_level, third_party=third, rulebook=held.rulebook)
        for third in (held.third_party is not False, held.third_party is True)
    )
    return None if at_best is not at_worst else at_best


def counted_as(seen: Seen, needed: Collection[str], on: date | None, now: datetime, trust: Trust) -> Finding | None:
    """The best that is decided about counting it as one of these schemes; None where nothing is.

    on  None = now. A decision counts on its days where the scheme that accepts keeps its time
    """
    held: Held | None = None
    found: list[Counted] = []
    if seen.subject != "person" or seen.level is None:
        return None  # a mandate for a scheme is no certificate of it
    for one in trust.recognitions_of(seen.scheme):
        if one.scheme in needed and one.scheme in trust.schemes:
            held = held or _held(seen, seen.level, trust)
            found += counts_as([one], held, on or day_at(now, trust.schemes[one.scheme].time_zone))
    if not found:
        return None
    best = min(found, key=_rank)
    return Finding(best.how, _BEST_FIRST[best.how], _told(best, seen, trust))


def _held(seen: Seen, level: Level, trust: Trust) -> Held:
    # What the register knows goes before what the issuer wrote: a cut-off day tempts to date things back.
    recorded = (event.effective_from for event in trust.events.get(seen.number, ()) if event.kind == "issued")
    at = next(recorded, seen.full.issued_at if seen.full else None)
    return Held(
        scheme=seen.scheme,
        version=seen.full.scheme_version if seen.full else None,
        level=level,
        issued_on=None if at is None else day_at(at, seen.time_zone),
        scope_classes=seen.scope_classes,
        rulebook=rules_for(seen.edition, seen.valid_from),
        third_party=third_party(seen),
    )


def _told(counted: Counted, seen: Seen, trust: Trust) -> dict[str, Value]:
    one, scheme = counted.recognition, trust.schemes[counted.recognition.scheme]
    owner = trust.organisations.get(scheme.owner)
    told: dict[str, Value] = {
        "owner": owner.name if owner else scheme.owner,
        "scheme": seen.title or seen.scheme,
        "instead": scheme.title,
        "recognition": one.id,
    }
    if counted.until is not None:
        told["day"] = counted.until
    if one.condition is not None:
        told["condition"] = one.condition
    return told
