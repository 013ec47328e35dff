from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from levels.evidence import add_months
from registry.errors import MalformedInput
from registry.issuing.decisions.validity import (
    AnchorUnknown,
    Counted,
    Days,
    InTime,
    Previous,
    birthday,
    may_refresh,
    renewal,
    validity,
)
from registry.records.sector.extensions import Extension, extended
from registry.records.sector.validity_policy import Validity
from registry.records.strict_input import parse
from verification.certificate import day_at, end_of, start_of

DAYS = Days(
    decided_on=date(2026, 3, 13),
    issued_on=date(2026, 3, 20),
    course_first_on=date(2026, 2, 26),
    course_last_on=date(2026, 2, 28),
    assessed_on=date(2026, 3, 1),
    born_on=date(1990, 5, 17),
)
SHORT = {"sv": "Repetition", "nb": "Repetisjon", "en": "Refresher"}
LONGER = {"sv": "Lång repetition", "nb": "Lang repetisjon", "en": "Long refresher"}


def _policy(**given: Any) -> Validity:
    return parse(given, Validity)


def _on(decided: date, **more: date | None) -> Days:
    return Days(
        decided_on=decided,
        issued_on=more.get("issued_on") or decided,
        course_last_on=more.get("course_last_on"),
        assessed_on=more.get("assessed_on"),
        born_on=more.get("born_on"),
    )


@pytest.mark.parametrize(
    ("policy", "until"),
    [
        pytest.param({"months": 60}, date(2031, 3, 13), id="from the decision"),
        pytest.param({"months": 60, "round_to_month_end": True}, date(2031, 3, 31), id="rounded to the month's end"),
        pytest.param({"months": 12, "anchor": "issued_on"}, date(2027, 3, 20), id="from issue"),
        pytest.param({"months": 12, "anchor": "course_first_on"}, date(2027, 2, 26), id="from the first day"),
        pytest.param({"months": 12, "anchor": "course_last_on"}, date(2027, 2, 28), id="from the last day"),
        pytest.param({"months": 12, "anchor": "assessed_on"}, date(2027, 3, 1), id="from the exam"),
        pytest.param(
            {"months": 24, "anchor": "course_last_on", "round_to_month_end": True}, date(2028, 2, 29), id="leap"
        ),
        pytest.param({"months": "no_end"}, None, id="no end"),
        pytest.param({"months": "no_end", "lapses_after_months": 24}, None, id="a lapse is no end"),
        pytest.param({"months": "no_end", "max_interval_months": 12}, None, id="nor is an interval"),
    ],
)
def test_policies(policy: dict[str, Any], until: date | None) -> None:
    span = validity(_policy(**policy), DAYS, carries_end=True)
    assert (span.first, span.last) == (date(2026, 3, 13), until)
    span = validity(_policy(**policy), DAYS, carries_end=False)
    assert (span.first, span.last) == (date(2026, 3, 13), None)


@pytest.mark.parametrize(
    ("decided", "months", "rounded", "until"),
    [
        pytest.param(date(2024, 2, 28), 12, False, date(2025, 2, 28), id="the day before 29 February"),
        pytest.param(date(2024, 2, 29), 12, False, date(2025, 2, 28), id="on 29 February, to an ordinary year"),
        pytest.param(date(2024, 2, 29), 48, False, date(2028, 2, 29), id="on 29 February, to a leap year"),
        pytest.param(date(2024, 3, 1), 12, False, date(2025, 3, 1), id="the day after 29 February"),
        pytest.param(date(2023, 2, 28), 12, False, date(2024, 2, 28), id="28 February to a leap year"),
        pytest.param(date(2023, 2, 28), 12, True, date(2024, 2, 29), id="28 February to a leap year, rounded"),
        pytest.param(date(2024, 2, 29), 1200, False, date(2124, 2, 29), id="a hundred years"),
        pytest.param(date(2026, 1, 28), 1, False, date(2026, 2, 28), id="28 January and a month"),
        pytest.param(date(2026, 1, 31), 1, False, date(2026, 2, 28), id="31 January and a month"),
        pytest.param(date(2028, 1, 31), 1, False, date(2028, 2, 29), id="31 January and a month in a leap year"),
        pytest.param(date(2026, 4, 30), 1, False, date(2026, 5, 30), id="30 April and a month"),
        pytest.param(date(2026, 4, 30), 1, True, date(2026, 5, 31), id="30 April and a month, rounded"),
        pytest.param(date(2026, 3, 31), 1, False, date(2026, 4, 30), id="31 March and a month"),
        pytest.param(date(2026, 3, 31), 1, True, date(2026, 4, 30), id="31 March and a month, rounded"),
        pytest.param(date(2026, 5, 1), 1, True, date(2026, 6, 30), id="the first of a month, rounded"),
        pytest.param(date(2026, 10, 31), 4, False, date(2027, 2, 28), id="over the year's end"),
        pytest.param(date(2026, 12, 31), 1, False, date(2027, 1, 31), id="from the year's last day"),
        pytest.param(date(2022, 12, 5), 48, True, date(2026, 12, 31), id="month 48 to its end"),
    ],
)
def test_a_day_that_a_month_has_not_is_its_last(decided: date, months: int, rounded: bool, until: date) -> None:
    policy = _policy(months=months, round_to_month_end=rounded)
    assert validity(policy, _on(decided), carries_end=True).last == until


@pytest.mark.parametrize(
    ("born", "first"),
    [
        pytest.param(date(2008, 3, 12), date(2026, 3, 13), id="eighteen the day before the decision"),
        pytest.param(date(2008, 3, 13), date(2026, 3, 13), id="eighteen on that day"),
        pytest.param(date(2008, 3, 14), date(2026, 3, 14), id="eighteen the day after"),
        pytest.param(date(2010, 12, 31), date(2028, 12, 31), id="eighteen at the end of a leap year"),
        pytest.param(date(2008, 2, 29), date(2026, 3, 13), id="born on 29 February, eighteen already"),
        pytest.param(date(2012, 2, 29), date(2030, 2, 28), id="born on 29 February, eighteen in an ordinary year"),
        pytest.param(date(2012, 3, 1), date(2030, 3, 1), id="born the day after"),
        pytest.param(date(2012, 2, 28), date(2030, 2, 28), id="born the day before"),
    ],
)
def test_validity_begins_on_the_birthday(born: date, first: date) -> None:
    days = replace(DAYS, born_on=born)
    span = validity(_policy(months=60, from_age=18), days, carries_end=True)
    assert (span.first, span.last) == (first, date(2031, 3, 13))
    assert validity(_policy(months="no_end", from_age=18), days, carries_end=False).first == first
    assert validity(_policy(months=60), days, carries_end=True).first == date(2026, 3, 13)


def test_born_on_29_february_turns_twenty_on_29_february() -> None:
    assert birthday(date(2012, 2, 29), 20) == date(2032, 2, 29)


@pytest.mark.parametrize("anchor", ["course_first_on", "course_last_on", "assessed_on"])
def test_a_day_that_is_not_known_is_named(anchor: str) -> None:
    policy = _policy(months=12, anchor=anchor)
    with pytest.raises(AnchorUnknown, match=anchor):
        validity(policy, _on(date(2026, 3, 13)), carries_end=True)
    assert validity(policy, _on(date(2026, 3, 13)), carries_end=False).last is None


def test_an_unknown_birth_date_is_named() -> None:
    with pytest.raises(AnchorUnknown, match="birth_date"):
        validity(_policy(months=12, from_age=18), _on(date(2026, 3, 13)), carries_end=False)


# In the night the clocks change, the day that counts is the one where the scheme keeps its time.
@pytest.mark.parametrize(
    ("issued_at", "zone", "until"),
    [
        pytest.param(datetime(2026, 3, 28, 22, 59, 59, tzinfo=UTC), "Europe/Stockholm", date(2027, 3, 28), id="eve"),
        pytest.param(datetime(2026, 3, 28, 23, 0, tzinfo=UTC), "Europe/Stockholm", date(2027, 3, 29), id="23 h begin"),
        pytest.param(datetime(2026, 3, 29, 21, 59, 59, tzinfo=UTC), "Europe/Oslo", date(2027, 3, 29), id="23 h end"),
        pytest.param(datetime(2026, 3, 29, 22, 0, tzinfo=UTC), "Europe/Oslo", date(2027, 3, 30), id="after 23 h"),
        pytest.param(datetime(2026, 10, 24, 22, 0, tzinfo=UTC), "Europe/Oslo", date(2027, 10, 25), id="25 h begin"),
        pytest.param(datetime(2026, 10, 25, 22, 59, 59, tzinfo=UTC), "Europe/Oslo", date(2027, 10, 25), id="25 h end"),
        pytest.param(datetime(2026, 10, 25, 23, 0, tzinfo=UTC), "Europe/Stockholm", date(2027, 10, 26), id="after 25"),
        pytest.param(datetime(2026, 3, 13, 12, 0, tzinfo=UTC), "Pacific/Auckland", date(2027, 3, 14), id="far east"),
    ],
)
def test_the_day_of_issue_is_that_of_the_scheme(issued_at: datetime, zone: str, until: date) -> None:
    days = _on(date(2026, 3, 1), issued_on=day_at(issued_at, zone))
    assert validity(_policy(months=12, anchor="issued_on"), days, carries_end=True).last == until


@pytest.mark.parametrize(
    ("last", "hours"),
    [(date(2026, 3, 28), 24), (date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 10, 26), 24)],
)
def test_the_last_day_is_included_to_its_end(last: date, hours: int) -> None:
    assert end_of(last, "Europe/Oslo") - start_of(last, "Europe/Oslo") == timedelta(hours=hours)
    assert day_at(end_of(last, "Europe/Oslo") - timedelta(microseconds=1), "Europe/Oslo") == last
    assert day_at(end_of(last, "Europe/Oslo"), "Europe/Oslo") == last + timedelta(days=1)


# --- renewal ------------------------------------------------------------------------------------------------------

ANCHORED = {"months": 48, "anchored_renewal_months": 3}
FORMER = Previous("1", date(2022, 5, 10), date(2026, 5, 10), date(2022, 5, 10))


@pytest.mark.parametrize(
    ("decided", "until", "by"),
    [
        pytest.param(date(2026, 2, 9), date(2030, 2, 9), "early", id="the day before the window"),
        pytest.param(date(2026, 2, 10), date(2030, 5, 10), "anniversary", id="the window's first day"),
        pytest.param(date(2026, 4, 1), date(2030, 5, 10), "anniversary", id="in the window"),
        pytest.param(date(2026, 5, 10), date(2030, 5, 10), "anniversary", id="the last day"),
        pytest.param(date(2026, 5, 11), date(2030, 5, 11), "late", id="the day after"),
        pytest.param(date(2029, 1, 1), date(2033, 1, 1), "late", id="years after"),
    ],
)
def test_an_early_renewal_keeps_the_anniversary(decided: date, until: date, by: Counted) -> None:
    span = renewal(_policy(**ANCHORED), _on(decided), FORMER)
    assert (span.first, span.last, span.by) == (decided, until, by)
    assert span.counted_from == (FORMER.counted_from if by == "anniversary" else decided)
    plain = renewal(_policy(months=48), _on(decided), FORMER)
    assert (plain.last, plain.by) == (add_months(decided, 48), "anchor")


@pytest.mark.parametrize(
    ("former", "months", "rounded", "decided", "until"),
    [
        pytest.param(
            Previous("1", date(2024, 2, 29), date(2025, 2, 28), date(2024, 2, 29)),
            12,
            False,
            date(2025, 2, 1),
            date(2026, 2, 28),
            id="29 February, to an ordinary year",
        ),
        pytest.param(
            Previous("1", date(2026, 2, 1), date(2027, 2, 28), date(2024, 2, 29)),
            12,
            False,
            date(2027, 2, 1),
            date(2028, 2, 29),
            id="29 February comes back in the leap year",
        ),
        pytest.param(
            Previous("1", date(2026, 2, 1), date(2027, 2, 28)),
            12,
            False,
            date(2027, 2, 1),
            date(2028, 2, 28),
            id="where it is not known, the last day is the anniversary",
        ),
        pytest.param(
            Previous("1", date(2024, 2, 29), date(2028, 2, 29), date(2024, 2, 29)),
            48,
            False,
            date(2028, 2, 29),
            date(2032, 2, 29),
            id="from leap day to leap day",
        ),
        pytest.param(
            Previous("1", date(2022, 3, 13), date(2026, 3, 31), date(2022, 3, 13)),
            48,
            True,
            date(2026, 3, 31),
            date(2030, 3, 31),
            id="rounded: the month stays",
        ),
        pytest.param(
            Previous("1", date(2022, 3, 13), date(2026, 3, 31), date(2022, 3, 13)),
            48,
            False,
            date(2026, 3, 1),
            date(2030, 3, 31),
            id="a scheme that rounds no more takes no days away",
        ),
        pytest.param(
            Previous("1", date(2026, 1, 31), date(2026, 6, 30), date(2026, 1, 31)),
            6,
            False,
            date(2026, 6, 1),
            date(2026, 12, 31),
            id="a short month does not shorten the next",
        ),
        pytest.param(
            Previous("1", date(2021, 6, 1), date(2026, 6, 1), date(2021, 6, 1)),
            36,
            False,
            date(2026, 5, 1),
            date(2029, 6, 1),
            id="a new version's shorter time counts from the renewal on",
        ),
    ],
)
def test_anniversaries(former: Previous, months: int, rounded: bool, decided: date, until: date) -> None:
    policy = _policy(months=months, anchored_renewal_months=3, round_to_month_end=rounded)
    span = renewal(policy, _on(decided), former)
    assert (span.last, span.by) == (until, "anniversary")


def test_the_anchor_decides_whether_a_renewal_is_early() -> None:
    policy = _policy(**ANCHORED, anchor="course_last_on")
    in_time = renewal(policy, _on(date(2026, 5, 20), course_last_on=date(2026, 5, 10)), FORMER)
    late = renewal(policy, _on(date(2026, 5, 20), course_last_on=date(2026, 5, 11)), FORMER)
    assert (in_time.last, in_time.by) == (date(2030, 5, 10), "anniversary")
    assert (late.last, late.by) == (date(2030, 5, 11), "late")
    with pytest.raises(AnchorUnknown, match="course_last_on"):
        renewal(policy, _on(date(2026, 5, 20)), FORMER)


def test_without_an_end_there_is_no_anniversary() -> None:
    endless = Previous("1", date(2020, 1, 1), None)
    assert renewal(_policy(**ANCHORED), _on(date(2026, 5, 1)), endless).by == "anchor"
    assert renewal(_policy(months="no_end"), _on(date(2026, 5, 1)), FORMER).by == "no_end"
    assert renewal(_policy(**ANCHORED), _on(date(2026, 5, 1)), FORMER, carries_end=False).last is None


def test_a_holder_under_age_is_valid_from_the_birthday_in_a_renewal_too() -> None:
    span = renewal(_policy(**ANCHORED, from_age=18), _on(date(2026, 5, 1), born_on=date(2009, 1, 2)), FORMER)
    assert (span.first, span.last, span.by) == (date(2027, 1, 2), date(2030, 5, 10), "anniversary")


# --- refresher or full course -------------------------------------------------------------------------------------

# The offshore rule: to the end of month 48; until month 96 a longer one; then everything.
TWO_STEPS: dict[str, Any] = {
    "months": 48,
    "anchor": "course_last_on",
    "round_to_month_end": True,
    "refresher": [
        {"id": "short", "titles": SHORT, "mandatory_minutes": 480, "opens_months_before_end": 12},
        {"id": "long", "titles": LONGER, "mandatory_minutes": 960, "closes_months_after_end": 48},
    ],
}
OFFSHORE = Previous("1", date(2022, 2, 10), date(2026, 2, 28), date(2022, 2, 10))


@pytest.mark.parametrize(
    ("on", "step", "reason"),
    [
        pytest.param(date(2025, 2, 27), "long", "in_time", id="before the short one opens"),
        pytest.param(date(2025, 2, 28), "short", "in_time", id="the day it opens"),
        pytest.param(date(2026, 2, 27), "short", "in_time", id="the day before the end"),
        pytest.param(date(2026, 2, 28), "short", "in_time", id="the end of month 48"),
        pytest.param(date(2026, 3, 1), "long", "in_time", id="the day after"),
        pytest.param(date(2030, 2, 28), "long", "in_time", id="the end of month 96"),
        pytest.param(date(2030, 3, 1), None, "too_late", id="the day after that"),
    ],
)
def test_a_refresher_renews_only_in_time(on: date, step: str | None, reason: InTime) -> None:
    answer = may_refresh(_policy(**TWO_STEPS), OFFSHORE, on)
    assert (answer.step.id if answer.step else None, answer.reason) == (step, reason)


@pytest.mark.parametrize(
    ("on", "reason"),
    [
        (date(2026, 3, 12), "too_early"),
        (date(2026, 3, 13), "in_time"),
        (date(2026, 7, 13), "in_time"),
        (date(2026, 7, 14), "too_late"),
    ],
)
def test_a_window_around_the_end(on: date, reason: InTime) -> None:
    step = {"id": "short", "titles": SHORT, "mandatory_minutes": 60, "opens_months_before_end": 3}
    policy = _policy(months=12, refresher=[{**step, "closes_months_after_end": 1}])
    answer = may_refresh(policy, Previous("1", date(2025, 6, 13), date(2026, 6, 13)), on)
    assert (answer.reason, answer.first, answer.last) == (reason, date(2026, 3, 13), date(2026, 7, 13))
    assert (answer.step is not None) == (reason == "in_time")


def test_where_there_is_no_refresher_the_full_course_renews() -> None:
    assert may_refresh(_policy(months=48), OFFSHORE, date(2026, 1, 1)).reason == "no_refresher"


def test_what_has_no_end_can_be_refreshed_at_any_time() -> None:
    answer = may_refresh(_policy(**TWO_STEPS), replace(OFFSHORE, valid_until=None), date(2060, 1, 1))
    assert answer.step is not None
    assert answer.step.id == "short"


@pytest.mark.parametrize(
    ("last_active", "on", "reason"),
    [
        pytest.param(None, date(2024, 2, 10), "in_time", id="nobody can have been idle for two years yet"),
        pytest.param(None, date(2024, 2, 11), "activity_unknown", id="a day later nobody knows"),
        pytest.param(date(2023, 6, 1), date(2025, 6, 1), "in_time", id="active two years ago to the day"),
        pytest.param(date(2023, 6, 1), date(2025, 6, 2), "lapsed", id="and a day more"),
        pytest.param(date(2021, 6, 1), date(2024, 2, 10), "in_time", id="what was before the course does not count"),
        pytest.param(date(2024, 2, 29), date(2026, 2, 28), "in_time", id="active on 29 February"),
    ],
)
def test_inactivity_lapses(last_active: date | None, on: date, reason: InTime) -> None:
    policy = _policy(**(TWO_STEPS | {"lapses_after_months": 24}))
    assert may_refresh(policy, OFFSHORE, on, last_active_on=last_active).reason == reason


# --- extensions ---------------------------------------------------------------------------------------------------


def _extension(**change: Any) -> Extension:
    given: dict[str, Any] = {
        "scheme": "safe-pass",
        "versions": None,
        "ends_from": date(2020, 3, 1),
        "ends_until": date(2020, 6, 30),
        "months": 4,
        "until": None,
        "decided_on": date(2020, 3, 20),
        "decision": "board 4/2020",
    }
    return Extension(**(given | change))


@pytest.mark.parametrize(
    ("end", "extension", "until"),
    [
        pytest.param(date(2020, 2, 29), {}, date(2020, 2, 29), id="the day before the window"),
        pytest.param(date(2020, 3, 1), {}, date(2020, 7, 1), id="its first day"),
        pytest.param(date(2020, 6, 30), {}, date(2020, 10, 30), id="its last day"),
        pytest.param(date(2020, 7, 1), {}, date(2020, 7, 1), id="the day after"),
        pytest.param(None, {}, None, id="what has no end needs none"),
        pytest.param(date(2020, 5, 31), {"months": 9}, date(2021, 2, 28), id="to a short month"),
        pytest.param(date(2020, 5, 31), {"months": None, "until": date(2020, 12, 31)}, date(2020, 12, 31), id="day"),
        pytest.param(date(2020, 5, 31), {"months": None, "until": date(2020, 4, 1)}, date(2020, 5, 31), id="no cut"),
        pytest.param(date(2020, 5, 31), {"versions": ["1"]}, date(2020, 9, 30), id="for this version"),
        pytest.param(date(2020, 5, 31), {"versions": ["2"]}, date(2020, 5, 31), id="for another version"),
    ],
)
def test_an_extension_reaches_what_ends_in_its_days(
    end: date | None, extension: dict[str, Any], until: date | None
) -> None:
    assert extended([_extension(**extension)], "1", end)[0] == until


def test_an_extension_lends_time_to_refresh_in_and_moves_no_anniversary() -> None:
    policy = _policy(**TWO_STEPS, anchored_renewal_months=12)
    longer = _extension(ends_from=date(2026, 2, 1), ends_until=date(2026, 2, 28), months=6)
    assert may_refresh(policy, OFFSHORE, date(2026, 8, 31), extensions=[longer]).step == policy.refresher[0]
    assert may_refresh(policy, OFFSHORE, date(2026, 8, 31), extensions=[longer]).by == longer
    assert may_refresh(policy, OFFSHORE, date(2026, 9, 1), extensions=[longer]).step == policy.refresher[1]
    span = renewal(policy, _on(date(2026, 8, 20), course_last_on=date(2026, 8, 20)), OFFSHORE)
    assert (span.last, span.by) == (date(2030, 8, 31), "late")


# --- what a policy may not be -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("policy", "path", "says"),
    [
        ({"months": 0}, "months", "greater than"),
        ({"months": 1201}, "months", "less than"),
        ({"months": "years"}, "months", "no_end"),
        ({"months": 12.5}, "months", "integer"),
        ({"months": "no_end", "anchored_renewal_months": 3}, "", "anchored_renewal_months is counted from the end"),
        ({**TWO_STEPS, "months": "no_end"}, "", "refresher is counted from the end"),
        ({"months": 12, "anchored_renewal_months": 13}, "", "longer than months"),
        ({**TWO_STEPS, "refresher": TWO_STEPS["refresher"][::-1]}, "", "must close later than long"),
        ({"months": 12, "from_age": 0}, "from_age", "greater than"),
        ({"months": 12, "lapses_after_months": 0}, "lapses_after_months", "greater than"),
        ({"months": 12, "only_while": [{"code": "employed", "says": SHORT}]}, "only_while[0].code", "pattern"),
        ({"months": 12, "only_while": [{"code": "JOB", "says": SHORT}] * 2}, "", "JOB stands there twice"),
        ({"months": 12, "anchor": "birthday"}, "anchor", "decided_on"),
        ({"months": 12, "rounded": True}, "rounded", "no known name"),
    ],
)
def test_what_a_policy_may_not_be(policy: dict[str, Any], path: str, says: str) -> None:
    with pytest.raises(MalformedInput, match=says) as refused:
        _policy(**policy)
    assert path in {where for where, _ in refused.value.faults}


# --- laws ---------------------------------------------------------------------------------------------------------

DAY = st.dates(date(2000, 1, 1), date(2060, 1, 1))
MONTHS = st.integers(1, 120)


@given(day=st.dates(date(2000, 1, 1), date(2100, 1, 1)), months=st.integers(1, 1200), rounded=st.booleans())
def test_rounding_never_shortens_and_stays_in_the_month(day: date, months: int, rounded: bool) -> None:
    exact = validity(_policy(months=months), _on(day), carries_end=True).last
    last = validity(_policy(months=months, round_to_month_end=rounded), _on(day), carries_end=True).last
    assert exact is not None
    assert last is not None
    assert last >= exact > day
    assert (last.year, last.month) == (exact.year, exact.month)
    assert not rounded or (last + timedelta(days=1)).day == 1


@given(day=DAY, later=st.integers(0, 400), months=MONTHS, rounded=st.booleans())
def test_who_decides_later_never_ends_earlier(day: date, later: int, months: int, rounded: bool) -> None:
    policy = _policy(months=months, round_to_month_end=rounded)
    ends = [validity(policy, _on(each), carries_end=True).last for each in (day, day + timedelta(days=later))]
    assert ends[0] is not None
    assert ends[1] is not None
    assert ends[0] <= ends[1]


@given(born=DAY, age=st.integers(1, 99))
def test_a_birthday_is_in_the_month_of_birth_and_not_after_the_day(born: date, age: int) -> None:
    day = birthday(born, age)
    assert (day.year - born.year, day.month) == (age, born.month)
    assert day.day == born.day or (born.month, born.day, day.day) == (2, 29, 28)


@given(start=DAY, months=MONTHS, window=MONTHS, rounded=st.booleans(), years=st.integers(1, 6), data=st.data())
def test_renewed_in_the_window_again_and_again_the_anniversary_stays(
    start: date, months: int, window: int, rounded: bool, years: int, data: st.DataObject
) -> None:
    assume(window <= months)
    policy = _policy(months=months, anchored_renewal_months=window, round_to_month_end=rounded)
    span = validity(policy, _on(start), carries_end=True)
    for times in range(1, years + 1):
        end = span.last
        assert end is not None
        decided = data.draw(st.dates(max(span.first, add_months(end, -window)), end))
        span = renewal(policy, _on(decided), Previous("1", span.first, end, span.counted_from))
        assert span.by == "anniversary"
        assert span.last == policy.rounded(add_months(start, months * (times + 1)))


@given(end=DAY, on=DAY, months=MONTHS, window=MONTHS)
def test_a_renewal_never_ends_before_a_first_certificate_of_that_day_would(
    end: date, on: date, months: int, window: int
) -> None:
    assume(window <= months)
    policy = _policy(months=months, anchored_renewal_months=window)
    last = renewal(policy, _on(on), Previous("1", add_months(end, -months), end)).last
    alone = validity(policy, _on(on), carries_end=True).last
    assert last is not None
    assert alone is not None
    # 28 February and a month make 28 March, though the former end was 31 January: within the month nothing is lost.
    assert last >= alone or (last.year, last.month) == (alone.year, alone.month)


@given(
    end=DAY,
    given=st.lists(st.tuples(DAY, DAY, st.one_of(MONTHS, DAY)), max_size=5).flatmap(
        lambda some: st.tuples(st.just(some), st.permutations(some))
    ),
)
def test_extensions_never_shorten_and_their_order_does_not_matter(
    end: date, given: tuple[list[tuple[date, date, int | date]], list[tuple[date, date, int | date]]]
) -> None:
    ends = []
    for some in given:
        made = [
            _extension(
                ends_from=a,
                ends_until=b,
                months=more if isinstance(more, int) else None,
                until=more if isinstance(more, date) else None,
            )
            for a, b, more in some
        ]
        ends.append(extended(made, "1", end)[0])
    assert ends[0] == ends[1]
    assert ends[0] is not None
    assert ends[0] >= end


@given(end=DAY, on=DAY, later=st.integers(1, 2000))
def test_once_too_late_stays_too_late(end: date, on: date, later: int) -> None:
    policy = _policy(**TWO_STEPS)
    former = Previous("1", add_months(end, -48), end)
    if may_refresh(policy, former, on).reason == "too_late":
        assert may_refresh(policy, former, on + timedelta(days=later)).reason == "too_late"
