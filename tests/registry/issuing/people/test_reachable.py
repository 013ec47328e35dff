from datetime import date
from typing import Any

import pytest

from registry.issuing.people.reachable import out_of_reach
from registry.records.sector.catalogue import catalogue_entry
from tests.registry.conftest import COURSE, HOT_WORK, scheme_like

DAY = date(2026, 3, 13)


@pytest.mark.parametrize(
    ("base", "change", "rows"),
    [
        pytest.param(HOT_WORK, {}, [], id="as it is"),
        pytest.param(HOT_WORK, {"validity": {"months": 60}}, [], id="sixty months"),
        pytest.param(HOT_WORK, {"validity": {"months": 61}}, ["I8"], id="sixty-one"),
        pytest.param(HOT_WORK, {"validity": {"months": "no_end"}}, ["I8"], id="no end"),
        pytest.param(HOT_WORK, {"scheme_document": "course"}, ["O3"], id="no full document"),
        pytest.param(HOT_WORK, {"recertification": None}, ["I9"], id="nothing said of recertification"),
        pytest.param(HOT_WORK, {"surveillance_means": False}, ["I10"], id="no surveillance"),
        pytest.param(HOT_WORK, {"withdrawal": "annul"}, ["I11"], id="no withdrawal"),
        pytest.param(HOT_WORK, {"withdrawal": "annul", "target_level": "D"}, [], id="which D does not ask for"),
        pytest.param(COURSE, {"validity": {"months": "no_end"}}, [], id="nor an end"),
        pytest.param(COURSE, {"scheme_document": "none", "target_level": "F"}, [], id="F asks for nothing"),
    ],
)
def test_what_the_scheme_itself_fails(base: dict[str, Any], change: dict[str, Any], rows: list[str]) -> None:
    assert [row.id for row in out_of_reach(scheme_like(base, **change), DAY)] == rows


def test_a_scheme_of_the_catalogue_says_what_its_owner_has_to_decide() -> None:
    rows = out_of_reach(catalogue_entry("no-truck").draft_for("sector"), DAY)
    assert [row.id for row in rows] == ["I8", "I9"]
    assert rows[0].wanted("en") == "validity: at most 60 months"
