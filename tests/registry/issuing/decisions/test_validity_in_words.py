from datetime import date
from typing import Any, get_args

import pytest

from registry.issuing.decisions.validity import Counted, Days, InTime, Previous, Refresh, Span, may_refresh, renewal
from registry.issuing.decisions.validity_in_words import period, policy_in_words, refresh_in_words, span_in_words
from registry.records.sector.validity_policy import Anchor, Validity
from registry.records.strict_input import parse
from verification.certificate import LANGUAGES

TITLES = {"sv": "Repetition", "nb": "Repetisjon", "en": "Refresher"}
ALL: dict[str, Any] = {
    "months": 48,
    "anchor": "course_last_on",
    "round_to_month_end": True,
    "from_age": 18,
    "anchored_renewal_months": 3,
    "max_interval_months": 12,
    "lapses_after_months": 24,
    "refresher": [
        {"id": "short", "titles": TITLES, "mandatory_minutes": 60, "opens_months_before_end": 3},
        {"id": "long", "titles": TITLES, "mandatory_minutes": 60, "closes_months_after_end": 48},
    ],
    "only_while": [{"code": "EMPLOYED", "says": {"sv": "anställd", "nb": "ansatt", "en": "employed"}}],
}


def _policy(**given: Any) -> Validity:
    return parse(given, Validity)


def test_a_policy_says_all_of_itself() -> None:
    assert policy_in_words(_policy(**ALL), "en") == [
        "Valid for 4 years from the last day of the course, to the end of that month.",
        "Not valid before the day the holder turns 18.",
        (
            "Whoever renews within 3 months before the last day has the new time counted from that day. Renewed "
            "earlier or later, it is counted from the renewal."
        ),
        "The course is to be repeated within 1 year.",
        (
            "Whoever has not done the work for 2 years has to begin anew. The certificate does not show that: ask when "
            "the work was last done."
        ),
        "Refresher renews from 3 months before the last day of validity up to that day.",
        "Refresher renews up to 4 years after the last day of validity.",
        "After that the full course is required.",
        "Holds only under the condition EMPLOYED: employed",
    ]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_policy_has_words_in_every_language(lang: Any) -> None:
    for anchor in get_args(Anchor):
        said = policy_in_words(_policy(**(ALL | {"anchor": anchor})), lang)
        assert len(said) == 9
        assert all(line and "{" not in line for line in said)
    assert len(policy_in_words(_policy(months="no_end"), lang)) == 1
    said = [period(months, lang) for months in (1, 11, 12, 18, 24)]
    assert [each.split()[0] for each in said] == ["1", "11", "1", "18", "2"]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_answer_has_words_in_every_language(lang: Any) -> None:
    policy, day = _policy(**ALL), date(2026, 3, 1)
    for by in get_args(Counted):
        assert "{" not in span_in_words(policy, Span(day, day, day, by), lang)
    for reason in get_args(InTime):
        said = refresh_in_words(policy, Refresh(policy.refresher[0], reason, day, day), lang)
        assert said
        assert "{" not in said


def test_a_renewal_says_why() -> None:
    policy = _policy(months=12, anchored_renewal_months=2, refresher=ALL["refresher"][:1])
    former = Previous("1", date(2025, 6, 13), date(2026, 6, 13))
    day = date(2026, 3, 1)
    span = renewal(policy, Days(day, day, None, None), former)
    assert span_in_words(policy, span, "en") == (
        "Counted from 2026-03-01: the renewal came more than 2 months before the former last day."
    )
    late = may_refresh(policy, former, date(2026, 6, 14))
    assert refresh_in_words(policy, late, "en") == (
        "It is too late: the shorter course renewed until 2026-06-13. The full course is required."
    )
