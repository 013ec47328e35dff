from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.issuing.validity import AnchorUnknown, Days, validity
from registry.records.schemes import Validity
from registry.records.strict_input import parse

DAYS = Days(
    decided_on=date(2026, 3, 13),
    issued_on=date(2026, 3, 20),
    course_last_on=date(2026, 2, 28),
    assessed_on=date(2026, 3, 1),
)


def _policy(**given: Any) -> Validity:
    return parse(given, Validity)


@pytest.mark.parametrize(
    ("policy", "until"),
    [
        pytest.param({"months": 60}, date(2031, 3, 13), id="from the decision"),
        pytest.param({"months": 60, "round_to_month_end": True}, date(2031, 3, 31), id="rounded to the month's end"),
        pytest.param({"months": 12, "anchor": "issued_on"}, date(2027, 3, 20), id="from issue"),
        pytest.param({"months": 12, "anchor": "course_last_on"}, date(2027, 2, 28), id="from the course"),
        pytest.param({"months": 12, "anchor": "assessed_on"}, date(2027, 3, 1), id="from the exam"),
        pytest.param(
            {"months": 24, "anchor": "course_last_on", "round_to_month_end": True}, date(2028, 2, 29), id="leap"
        ),
        pytest.param({"months": "no_end"}, None, id="no end"),
    ],
)
def test_policies(policy: dict[str, Any], until: date | None) -> None:
    assert validity(_policy(**policy), DAYS, carries_end=True) == (date(2026, 3, 13), until)
    assert validity(_policy(**policy), DAYS, carries_end=False) == (date(2026, 3, 13), None)


@pytest.mark.parametrize(
    ("decided", "months", "until"),
    [
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2024, 2, 29), 48, date(2028, 2, 29)),
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2026, 10, 31), 4, date(2027, 2, 28)),
        (date(2026, 12, 31), 1, date(2027, 1, 31)),
    ],
)
def test_a_day_that_a_month_has_not_is_its_last(decided: date, months: int, until: date) -> None:
    days = Days(decided_on=decided, issued_on=decided, course_last_on=None, assessed_on=None)
    assert validity(_policy(months=months), days, carries_end=True)[1] == until


def test_a_day_that_is_not_known_is_named() -> None:
    days = Days(decided_on=date(2026, 3, 13), issued_on=date(2026, 3, 13), course_last_on=None, assessed_on=None)
    with pytest.raises(AnchorUnknown, match="course_last_on"):
        validity(_policy(months=12, anchor="course_last_on"), days, carries_end=True)


@given(day=st.dates(date(2000, 1, 1), date(2100, 1, 1)), months=st.integers(1, 1200), rounded=st.booleans())
def test_rounding_never_shortens_and_stays_in_the_month(day: date, months: int, rounded: bool) -> None:
    days = Days(decided_on=day, issued_on=day, course_last_on=None, assessed_on=None)
    _, exact = validity(_policy(months=months), days, carries_end=True)
    _, last = validity(_policy(months=months, round_to_month_end=rounded), days, carries_end=True)
    assert exact is not None
    assert last is not None
    assert last >= exact > day
    assert (last.year, last.month) == (exact.year, exact.month)
    assert not rounded or (last + timedelta(days=1)).day == 1
