"""What a certificate counts as by decision of other schemes' owners. The vectors hold the days as a judge sees them."""

from datetime import date, datetime, timedelta
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from levels.level import Level
from levels.order import editions
from levels.rulebook import rulebook
from verification.answer import answer
from verification.judge import judge
from verification.recognition import Held, counts_as
from verification.situation import situation
from verification.trust import Recognition
from verification.verify import verify

NORDIC = Recognition(
    id="r-1",
    scheme="heta-arbeten",
    accepts="varme-arbeider",
    versions=("1", "2"),
    min_level=Level.D,
    issued_from=date(2018, 1, 1),
    issued_until=date(2023, 6, 30),
    accepted_from=date(2020, 1, 1),
    accepted_until=date(2028, 6, 30),
    required_classes=("A",),
)
HELD = Held("varme-arbeider", "2", Level.C2, date(2023, 6, 30), ("A", "B"), rulebook(editions()[0]))
DAY = date(2026, 3, 1)
RECOGNISED, ENDED, NOT_MET, UNKNOWN = "recognised", "recognition_ended", "recognition_not_met", "recognition_unknown"


@pytest.mark.parametrize(
    ("terms", "held", "day", "how"),
    [
        pytest.param({}, {}, DAY, RECOGNISED, id="issued on the last day"),
        pytest.param({}, {"issued_on": date(2023, 7, 1)}, DAY, ENDED, id="issued the day after"),
        pytest.param({}, {"issued_on": date(2018, 1, 1)}, DAY, RECOGNISED, id="issued on the first day"),
        pytest.param({}, {"issued_on": date(2017, 12, 31)}, DAY, NOT_MET, id="issued the day before"),
        pytest.param({}, {"issued_on": None}, DAY, UNKNOWN, id="not known when it was issued"),
        pytest.param({"issued_from": None, "issued_until": None}, {"issued_on": None}, DAY, RECOGNISED, id="whenever"),
        pytest.param({}, {}, date(2019, 12, 31), NOT_MET, id="relied upon before the first day"),
        pytest.param({}, {}, date(2020, 1, 1), RECOGNISED, id="on the first day"),
        pytest.param({}, {}, date(2028, 6, 30), RECOGNISED, id="on the last day"),
        pytest.param({}, {}, date(2028, 7, 1), ENDED, id="after the last day"),
        pytest.param({"withdrawn_from": date(2026, 3, 2)}, {}, DAY, RECOGNISED, id="the day before it is withdrawn"),
        pytest.param({"withdrawn_from": DAY}, {}, DAY, ENDED, id="withdrawn that day"),
        pytest.param({"withdrawn_from": date(2019, 1, 1)}, {}, DAY, ENDED, id="withdrawn before it began"),
        pytest.param({"withdrawn_from": date.min}, {}, DAY, ENDED, id="withdrawn from the first day there is"),
        pytest.param({"accepted_until": date.max}, {}, DAY, RECOGNISED, id="until the last day there is"),
        pytest.param({}, {"version": "3"}, DAY, NOT_MET, id="another version"),
        pytest.param({}, {"version": None}, DAY, UNKNOWN, id="not known which version"),
        pytest.param({"versions": None}, {"version": None}, DAY, RECOGNISED, id="whichever version"),
        pytest.param({}, {"level": Level.D}, DAY, RECOGNISED, id="just the level"),
        pytest.param({}, {"level": Level.E}, DAY, NOT_MET, id="a level too low"),
        pytest.param({"min_level": Level.C1}, {"level": Level.B}, DAY, UNKNOWN, id="B, and nobody says by whom"),
        pytest.param(
            {"min_level": Level.C1}, {"level": Level.B, "third_party": False}, DAY, NOT_MET, id="B that is no C1"
        ),
        pytest.param({"min_level": None}, {"level": Level.F}, DAY, RECOGNISED, id="whatever level"),
        pytest.param({}, {"scope_classes": ("B",)}, DAY, NOT_MET, id="without the class"),
        pytest.param({"condition": {"en": "Seen."}}, {}, DAY, "recognition_condition", id="on a condition"),
        pytest.param({"condition": {"en": "Seen."}}, {"level": Level.E}, DAY, NOT_MET, id="condition or not"),
        pytest.param({}, {"version": None, "level": Level.E}, DAY, NOT_MET, id="what is known decides first"),
    ],
)
def test_a_decision_counts_on_its_terms(terms: dict[str, Any], held: dict[str, Any], day: date, how: str) -> None:
    (found,) = counts_as([NORDIC.model_copy(update=terms)], HELD._replace(**held), day)
    assert found.how == how


def test_no_further_than_one_step() -> None:
    onward = NORDIC.model_copy(update={"id": "r-2", "scheme": "tulityot", "accepts": "heta-arbeten"})
    assert [one.recognition.scheme for one in counts_as([onward, NORDIC], HELD, DAY)] == ["heta-arbeten"]
    assert not counts_as([NORDIC, onward], HELD._replace(scheme="tulityot"), DAY)


def test_the_decision_that_says_most_counts() -> None:
    ended, longer = (
        NORDIC.model_copy(update={"id": name, "accepted_until": until})
        for name, until in (("ended", date(2025, 1, 1)), ("longer", date(2030, 1, 1)))
    )
    endless = NORDIC.model_copy(update={"id": "endless", "accepted_until": None})
    found = counts_as([ended, NORDIC, longer, endless], HELD, DAY)
    assert [one.recognition.id for one in found] == ["endless", "longer", "r-1", "ended"]
    assert found[1].until == date(2030, 1, 1)


@given(issued=st.dates(date(2017, 1, 1), date(2024, 1, 1)), day=st.dates(date(2019, 1, 1), date(2030, 1, 1)))
def test_taking_it_back_never_makes_more_of_a_certificate(issued: date, day: date) -> None:
    held = HELD._replace(issued_on=issued)
    before = counts_as([NORDIC], held, day)[0].how
    for withdrawn in (day, day + timedelta(days=1)):
        (after,) = counts_as([NORDIC.model_copy(update={"withdrawn_from": withdrawn})], held, day)
        assert after.how == before or (withdrawn == day and after.how != RECOGNISED)


@pytest.mark.parametrize(
    ("now", "headline"),
    [("2026-11-20T22:59:59+00:00", "valid"), ("2026-11-20T23:00:00+00:00", "not_sufficient")],
)
def test_days_end_where_the_scheme_that_accepts_keeps_its_time(world: ModuleType, now: str, headline: str) -> None:
    moment = datetime.fromisoformat(now)
    scheme = world.TRUST.schemes["heta-arbeten"]
    taking = scheme.model_copy(update={"code": "brandvakt", "title": {"en": "Fire watch"}})
    decided = Recognition(
        id="r-1",
        scheme="brandvakt",
        accepts="heta-arbeten",
        accepted_from=date(2020, 1, 1),
        accepted_until=date(2026, 11, 20),
    )
    trust = world.changed(
        world.TRUST,
        as_of=moment,
        status_lists={3: world.KnownList(statuses=world.status_list({}), issued_at=moment)},
        schemes={**world.TRUST.schemes, "brandvakt": taking},
        recognitions=(decided,),
    )
    needed = situation().model_copy(update={"schemes": ("brandvakt",)})
    verdict = judge(verify(world.qr_text(), trust, moment), needed, moment, trust)
    assert verdict.headline == headline
    told = {one["code"]: one["says"] for one in answer(verdict, "en")["reasons"]}
    if headline == "valid":
        assert told["recognised"] == "Brandskyddsrådet accepts Hot work as equal to Fire watch, until 2026-11-20."
    else:
        assert "until 2026-11-20, and that does not cover" in told["recognition_ended"]
    assert judge(verify(world.qr_text(), trust, moment), needed, moment).headline == "not_sufficient"
