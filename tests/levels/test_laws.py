"""What holds whatever the evidence: more never costs a level, a tie never lifts one, F is always there."""

import tomllib
from datetime import date
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from levels.assess import NotAuthorised, assess
from levels.evidence import CONFIRMABLE, Evidence, evidence_from_mapping
from levels.level import Level
from levels.order import satisfies
from levels.rulebook import rulebook

RULES = rulebook("2026-01-01")
DAY = date(2026, 6, 15)
BASES = [
    tomllib.loads((Path(__file__).parent / "cases" / f"{name}.toml").read_text("utf-8"))
    for name in ("base_b", "base_d", "base_other")
]
PARTIES = ["sector", "trainer", "examiner", "issuer", "keeper", "assessor", "solo", "provider", "x", "y"]

party = st.sampled_from(PARTIES)
months = st.integers(0, 40)
CHANGES: dict[str, st.SearchStrategy[Any]] = {
    "max_level": st.sampled_from([str(level) for level in Level]),
    "mandate_max": st.sampled_from([str(level) for level in Level]),
    "scheme_document": st.sampled_from(["none", "course", "full"]),
    "mandatory_minutes": st.sampled_from([0, 480, 2400]),
    "attended_minutes": st.integers(0, 2500),
    "validity_months": st.one_of(st.integers(1, 80), st.just("no_end")),
    "withdrawal": st.sampled_from(["none", "annul", "withdraw"]),
    "staff_records": st.sampled_from(["none", "own", "confirmed"]),
    "attendance_check": st.sampled_from(["none", "once", "day", "session"]),
    "exam_supervision": st.sampled_from(["none", "login", "live", "live_logged", "on_site"]),
    "exam_face": st.sampled_from(["none", "seen", "document", "portrait"]),
    "examiner_last_taught": st.one_of(months, st.just("never")),
    "responsible_people": st.integers(0, 3),
    "confirmed_by": st.dictionaries(st.sampled_from(sorted(CONFIRMABLE)), party, max_size=4),
    **dict.fromkeys(("enrolment_ida", "attendance_ida", "exam_ida"), st.integers(0, 3)),
    **dict.fromkeys(
        (
            "conformity_audit_age",
            "quality_review_age",
            "surveillance_age",
            "full_audit_age",
            "conflicts_declared_age",
        ),
        months,
    ),
    **dict.fromkeys(("training_provider", "examination_body", "register_keeper", "employer", "item_bank_owner"), party),
    **dict.fromkeys(
        (
            "accredited",
            "quality_certificate_in_force",
            "share_printed",
            "item_bank_secured",
            "recertification",
            "surveillance_means",
            "parties_active",
            "issuer_key_proven",
            "mandate_from_sector_body",
            "open_to_all",
            "appeals",
            "corrective_action",
            "succession_plan",
            "decider_apart",
            "holder_apart",
            "identity_unbroken",
            "portrait",
            "passed_all",
            "result_recorded",
            "notifiable",
        ),
        st.booleans(),
    ),
}


@st.composite
def facts(draw: st.DrawFn) -> dict[str, Any]:
    """Facts near a base, so that all levels come up."""
    names = draw(st.lists(st.sampled_from(sorted(CHANGES)), max_size=5, unique=True))
    return draw(st.sampled_from(BASES)) | {name: draw(CHANGES[name]) for name in names}


@st.composite
def ties(draw: st.DrawFn) -> dict[str, Any]:
    a, b = draw(st.lists(party, min_size=2, max_size=2, unique=True))
    kind = draw(st.sampled_from(["owns", "control_group", "board_majority", "conflict_of_interest", "shared_staff"]))
    share = {"share_percent": draw(st.integers(1, 100))} if kind == "owns" else {}
    return {"kind": kind, "a": a, "b": b, **share}


def rank(given_facts: dict[str, Any]) -> int:
    """Place of the attained level, 0 the highest; below F where nothing may be issued at all."""
    try:
        return RULES.rank(assess(evidence_from_mapping(given_facts), RULES, DAY).attained)
    except NotAuthorised:
        return len(RULES.order)


# The roles say who is meant, the day when; a mandate and an owner are authority, and losing both is a refusal.
NOT_SUPPORTING = {"decided_on", "issuer", "scheme_owner", "tightening", "ties"}


@given(facts(), st.data())
def test_removing_a_supporting_fact_never_raises_the_level(given_facts: dict[str, Any], data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(set(given_facts) - NOT_SUPPORTING)))
    without = {other: value for other, value in given_facts.items() if other != name}
    assert rank(without) >= rank(given_facts)


@given(facts(), ties())
def test_adding_a_tie_never_raises_the_level_and_never_yields_c1(
    given_facts: dict[str, Any], tie: dict[str, Any]
) -> None:
    before, after = rank(given_facts), rank(given_facts | {"ties": [tie]})
    assert after >= before
    assert after != RULES.rank(Level.C1) or before == after


@given(facts(), st.sampled_from(["parties_active", "holder_apart", "decider_apart", "identity_unbroken"]))
def test_a_breach_never_raises_the_level(given_facts: dict[str, Any], breached: str) -> None:
    assert rank(given_facts | {breached: False}) >= rank(given_facts)


@given(facts())
def test_the_attained_level_is_never_above_the_ceiling_and_f_is_always_attainable(given_facts: dict[str, Any]) -> None:
    try:
        found = assess(evidence_from_mapping(given_facts), RULES, DAY)
    except NotAuthorised:
        return
    assert RULES.rank(found.attained) >= RULES.rank(found.ceiling)
    assert not found.unmet[Level.F]
    assert not found.unmet[found.attained]


@given(facts())
def test_the_same_evidence_gives_the_same_assessment(given_facts: dict[str, Any]) -> None:
    evidence = evidence_from_mapping(given_facts)
    again = Evidence.model_validate(evidence.model_dump())
    try:
        assert assess(evidence, RULES, DAY).as_json("en") == assess(again, RULES, DAY).as_json("en")
    except NotAuthorised:
        assert rank(given_facts) == len(RULES.order)


@given(facts(), st.integers(60, 100), st.sampled_from(["C2", "D"]))
def test_tightening_never_raises_the_level(given_facts: dict[str, Any], percent: int, level: str) -> None:
    least = {"C2": 90, "D": 80}[level]
    tightening = [{"row": "I5", "level": level, "fact": "attended_percent", "at_least": max(percent, least)}]
    assert rank(given_facts | {"tightening": tightening}) >= rank(given_facts)


@given(facts(), st.sampled_from(sorted(RULES.requirements)), st.sampled_from(["C2", "D", "E"]))
def test_asking_a_row_lower_down_never_raises_the_level(given_facts: dict[str, Any], row: str, level: str) -> None:
    assert rank(given_facts | {"tightening": [{"row": row, "level": level}]}) >= rank(given_facts)


@given(st.integers(0, 2400), st.integers(0, 2400))
def test_more_attendance_never_costs_a_level(minutes: int, more: int) -> None:
    least, most = sorted((minutes, more))
    assert rank(BASES[0] | {"attended_minutes": most}) <= rank(BASES[0] | {"attended_minutes": least})


@given(st.sampled_from(list(Level)), st.sampled_from(list(Level)), st.booleans())
def test_satisfies_follows_the_display_order_but_for_b_and_c1(held: Level, needed: Level, third: bool) -> None:
    meets = satisfies(held, needed, third_party=third, rulebook=RULES)
    if (held, needed) == (Level.B, Level.C1):
        assert meets is third
    else:
        assert meets is (RULES.order.index(held) <= RULES.order.index(needed))


def test_e_and_f_carry_no_end_and_the_others_may() -> None:
    assert {level for level in Level if not RULES.carries_end(level)} == {Level.E, Level.F}
