"""Shares without rounding up, and what stands between a level and its ceiling."""

import tomllib
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

from levels.assess import assess
from levels.evidence import Tightening, evidence_from_mapping
from levels.level import Level
from levels.order import LANGUAGES
from levels.rulebook import rulebook
from levels.tightening import LooserThanEdition, tightened
from levels.wording import per_cent, plain_share

RULES = rulebook("2026-01-01")
BASE_B = tomllib.loads((Path(__file__).parent / "cases" / "base_b.toml").read_text("utf-8"))


@pytest.mark.parametrize(
    ("share", "exact", "said"),
    [
        ("30", "30", "30"),
        ("61/2", "30.5", "30.5"),
        ("1/4", "0.25", "0.25"),
        ("1/8", "0.125", "0.12"),
        ("1/20", "0.05", "0.05"),
        ("1/25", "0.04", "0.04"),
        ("1/5", "0.2", "0.2"),
        ("1/1000", "0.001", "0"),
        ("100/3", "100/3", "33.33"),
        ("7/6", "7/6", "1.16"),
        ("24999/1000", "24.999", "24.99"),
        ("100", "100", "100"),
    ],
)
def test_a_share_is_exact_in_data_and_never_rounded_up_in_words(share: str, exact: str, said: str) -> None:
    assert plain_share(Fraction(share)) == exact
    assert per_cent(Fraction(share), "en") == said
    assert per_cent(Fraction(share), "sv") == said.replace(".", ",")


@pytest.mark.parametrize(
    ("facts", "asked", "said"),
    [
        pytest.param({}, "B", None, id="nothing lies above"),
        pytest.param({"exam_face": "document"}, "B", None, id="the level asked is the ceiling"),
        pytest.param({"max_level": "C1", "mandate_max": "C1"}, None, ("scheme", "mandate"), id="both hold it down"),
        pytest.param({"max_level": "C1"}, None, ("scheme",), id="the scheme alone"),
        pytest.param({"mandate_max": "C1"}, None, ("mandate",), id="the mandate alone"),
    ],
)
def test_what_would_raise_the_ceiling_is_said(
    facts: dict[str, object], asked: str | None, said: tuple[str, ...] | None
) -> None:
    found = assess(
        evidence_from_mapping(BASE_B | facts), RULES, date(2026, 6, 15), asked=Level(asked) if asked else None
    )
    for lang in LANGUAGES:
        told = found.ceiling_lift(lang)
        if said is None:
            assert told is None
            continue
        assert told is not None
        for by in ("scheme", "mandate"):
            sentence = RULES.words[f"lift_{by}"][lang].format(goal="B", now="C1")
            assert (sentence in told) is (by in said)
        assert RULES.words["lift_unknown"][lang] not in told


def test_unknown_authority_is_said_first() -> None:
    found = assess(evidence_from_mapping({}), RULES, date(2026, 6, 15))
    told = found.ceiling_lift("en")
    assert told is not None
    assert RULES.words["lift_unknown"]["en"] in told


def test_a_limit_of_nothing_is_the_least_there_is() -> None:
    wish = Tightening(row="O18", level="B", fact="conflicts_declared_age", at_most=0)  # type: ignore[arg-type]
    assert tightened(RULES, (wish,)).cells[Level.B]
    with pytest.raises(LooserThanEdition, match="cannot be reached"):
        tightened(RULES, (wish.model_copy(update={"at_most": -1}),))
