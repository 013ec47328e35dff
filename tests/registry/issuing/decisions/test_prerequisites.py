from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from levels.level import Level
from levels.rulebook import edition_on
from registry.issuing.decisions.prerequisites import lacking
from registry.issuing.decisions.validity import Days
from registry.records.issued.holdings import HeldBefore
from registry.records.sector.scheme_document import Prerequisite
from registry.records.strict_input import parse

DAY = date(2026, 3, 13)
RULES = edition_on(DAY)
DAYS = Days(
    decided_on=DAY,
    issued_on=DAY + timedelta(days=7),
    course_last_on=DAY - timedelta(days=2),
    assessed_on=None,
    course_first_on=DAY - timedelta(days=3),
)


def _held(**change: Any) -> HeldBefore:
    given: dict[str, Any] = {
        "scheme": "base",
        "level": Level.D,
        "valid_from": date(2025, 1, 1),
        "valid_until": date(2027, 1, 1),
        "state": "issued",
    }
    return HeldBefore(**(given | change))


def _wanted(**change: Any) -> Prerequisite:
    return parse({"any_of": ["base", "other"]} | change, Prerequisite)


@pytest.mark.parametrize(
    ("held", "wanted", "met"),
    [
        pytest.param({}, {}, True, id="held"),
        pytest.param({"scheme": "other"}, {}, True, id="the alternative"),
        pytest.param({"scheme": "third"}, {}, False, id="another scheme"),
        pytest.param({"valid_until": DAY}, {}, True, id="to that day"),
        pytest.param({"valid_until": DAY - timedelta(days=1)}, {}, False, id="to the day before"),
        pytest.param({"valid_from": DAY}, {}, True, id="from that day"),
        pytest.param({"valid_from": DAY + timedelta(days=1)}, {}, False, id="from the day after"),
        pytest.param({"valid_until": None}, {}, True, id="with no end"),
        pytest.param({"state": "suspended"}, {}, False, id="suspended"),
        pytest.param({"state": "revoked"}, {}, False, id="revoked"),
        pytest.param({"state": "superseded"}, {}, False, id="replaced"),
        pytest.param({}, {"level": "D"}, True, id="at the level"),
        pytest.param({}, {"level": "C2"}, False, id="below it"),
        pytest.param({"level": Level.B}, {"level": "C2"}, True, id="above it"),
        pytest.param(
            {"valid_until": DAY - timedelta(days=2)}, {"on": "course_last_on"}, True, id="on the course's last day"
        ),
        pytest.param({"valid_until": DAY - timedelta(days=3)}, {"on": "course_last_on"}, False, id="not on it"),
        pytest.param({"valid_until": DAY - timedelta(days=3)}, {"on": "course_first_on"}, True, id="on its first"),
        pytest.param({}, {"on": "assessed_on"}, False, id="on a day that is not known"),
        pytest.param({"valid_until": DAY + timedelta(days=6)}, {"on": "issued_on"}, False, id="ended before issue"),
    ],
)
def test_what_meets_a_prerequisite(held: dict[str, Any], wanted: dict[str, Any], met: bool) -> None:
    found = lacking([_wanted(**wanted)], [_held(**held)], DAYS, RULES)
    assert (not found) is met


def test_what_is_missing_is_named_with_its_day() -> None:
    (found,) = lacking([_wanted(level="C2")], [], DAYS, RULES)
    assert (found.any_of, found.day) == ("base / other (C2+)", DAY)
    assert lacking([], [], DAYS, RULES) == []


@given(
    held=st.lists(
        st.builds(_held, scheme=st.sampled_from(["base", "third"]), state=st.sampled_from(["issued", "revoked"]))
    ),
    more=st.builds(_held),
)
def test_more_held_never_makes_more_lacking(held: list[HeldBefore], more: HeldBefore) -> None:
    wanted = [_wanted(), _wanted(any_of=["third"])]
    assert len(lacking(wanted, [*held, more], DAYS, RULES)) <= len(lacking(wanted, held, DAYS, RULES))
