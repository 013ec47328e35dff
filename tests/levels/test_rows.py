"""Every row of the matrix, alone: what just holds, what just fails, and that nothing else fails with it."""

import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from levels.assess import Assessment, assess
from levels.evidence import evidence_from_mapping
from levels.level import Level
from levels.rulebook import rulebook

RULES = rulebook("2026-01-01")
DAY = date(2026, 6, 15)


def facts() -> dict[str, Any]:
    return tomllib.loads((Path(__file__).parent / "cases" / "base_b.toml").read_text("utf-8"))


def with_(**changes: object) -> Assessment:
    changed = {name: value for name, value in (facts() | changes).items() if value is not None}
    return assess(evidence_from_mapping(changed), RULES, DAY)


# row, what changes, the levels at which exactly this row (and no other) is unmet
ALONE = [
    ("O1", {"parties_active": False}, "B C1 C2 D E"),
    ("O1", {"parties_active": None}, "B C1 C2 D E"),
    ("O2", {"issuer_key_proven": False}, "B C1 C2 D E"),
    ("O2", {"issuer_key_proven": None}, "B C1 C2 D E"),
    ("O2", {"responsible_people": 1}, "B C1 C2"),
    ("O2", {"responsible_people": 0}, "B C1 C2 D E"),
    ("O2", {"responsible_people": None}, "B C1 C2 D E"),
    ("O3", {"scheme_document": "course"}, "B C1 C2"),
    ("O3", {"scheme_document": "none"}, "B C1 C2 D E"),
    ("O3", {"scheme_document": None}, "B C1 C2 D E"),
    ("O4", {"mandate_from_sector_body": False}, "B"),
    ("O4", {"mandate_from_sector_body": None}, "B"),
    ("O5", {"scheme_owner": "trainer"}, "B C1"),
    ("O6", {"examination_body": "trainer"}, "C1"),
    ("O6", {"issuer": "trainer"}, "C1"),
    ("O6", {"examination_body": None}, "C1"),
    ("O7", {"examiner_last_taught": 23}, "B C1 C2"),
    ("O7", {"examiner_last_taught": 0}, "B C1 C2"),
    ("O7", {"examiner_last_taught": None}, "B C1 C2"),
    ("O8", {"decider_apart": False}, "B C1 C2"),
    ("O8", {"decider_apart": None}, "B C1 C2"),
    ("O9", {"open_to_all": False}, "C1"),
    ("O9", {"open_to_all": None}, "C1"),
    ("O10", {"accredited": False}, "B C1"),
    ("O10", {"accredited": None}, "B C1"),
    ("O11", {"quality_review_age": 37}, "B C1 C2"),
    ("O11", {"quality_review_age": None}, "B C1 C2"),
    ("O12", {"surveillance_age": 13}, "B C1"),
    ("O12", {"full_audit_age": 37}, "B C1"),
    ("O12", {"full_audit_age": None}, "B C1"),
    ("O12", {"surveillance_age": 25, "full_audit_age": 25}, "B C1 C2"),
    ("O13", {"appeals": False}, "B C1 C2"),
    ("O13", {"appeals": None}, "B C1 C2"),
    ("O14", {"corrective_action": False}, "B C1 C2"),
    ("O14", {"corrective_action": None}, "B C1 C2"),
    ("O15", {"staff_records": "own"}, "B C1 C2"),
    ("O15", {"staff_records": "none"}, "B C1 C2 D"),
    ("O15", {"staff_records": None}, "B C1 C2 D"),
    ("O16", {"register_keeper": "trainer"}, "B C1"),
    ("O16", {"register_keeper": None}, "B C1"),
    ("O17", {"succession_plan": False}, "B C1 C2"),
    ("O17", {"succession_plan": None}, "B C1 C2"),
    ("O18", {"conflicts_declared_age": 13}, "B C1 C2"),
    ("O18", {"conflicts_declared_age": None}, "B C1 C2"),
    ("O19", {"holder_apart": False}, "B C1 C2 D E"),
    ("O19", {"holder_apart": None}, "B C1 C2 D E"),
    ("I1", {"enrolment_ida": 1}, "B C1 C2"),
    ("I1", {"enrolment_ida": 0}, "B C1 C2 D E"),
    ("I1", {"enrolment_ida": None}, "B C1 C2 D E"),
    ("I2", {"attendance_check": "day"}, "B C1"),
    ("I2", {"attendance_check": "once"}, "B C1 C2 D"),
    ("I2", {"attendance_check": "none"}, "B C1 C2 D E"),
    ("I2", {"attendance_check": None}, "B C1 C2 D E"),
    ("I2", {"attendance_ida": 0}, "B C1 C2 D E"),
    ("I2", {"attendance_ida": None}, "B C1 C2 D E"),
    ("I3", {"exam_ida": 1}, "B C1"),
    ("I3", {"exam_ida": 1, "exam_face": "document"}, "B C1"),
    ("I3", {"exam_ida": 1, "exam_face": "seen"}, "B C1 C2"),
    ("I3", {"exam_ida": 1, "exam_face": "none"}, "B C1 C2 D"),
    ("I3", {"exam_ida": 0, "exam_face": "seen"}, "B C1 C2 D"),
    ("I3", {"exam_ida": 2, "exam_face": "none"}, "B C1"),
    ("I3", {"identity_unbroken": False}, "B C1"),
    ("I3", {"identity_unbroken": None}, "B C1"),
    ("I4", {"exam_supervision": "live"}, "B C1"),
    ("I4", {"exam_supervision": "login"}, "B C1 C2"),
    ("I4", {"exam_supervision": "none"}, "B C1 C2 D"),
    ("I4", {"exam_supervision": None}, "B C1 C2 D"),
    ("I5", {"attended_minutes": 2399}, "B C1"),
    ("I5", {"attended_minutes": 2159}, "B C1 C2"),
    ("I5", {"attended_minutes": 1919}, "B C1 C2 D E"),
    ("I5", {"attended_minutes": 1919, "share_printed": True}, "B C1 C2 D"),
    ("I5", {"attended_minutes": 0, "share_printed": True}, "B C1 C2 D E"),
    ("I5", {"attended_minutes": None}, "B C1 C2 D E"),
    ("I5", {"mandatory_minutes": None}, "B C1 C2 D E"),
    ("I6", {"passed_all": False}, "B C1 C2 D"),
    ("I6", {"passed_all": None}, "B C1 C2 D"),
    ("I6", {"item_bank_secured": False}, "B C1"),
    ("I6", {"item_bank_owner": "trainer"}, "B C1"),
    ("I6", {"item_bank_owner": None}, "B C1"),
    ("I7", {"result_recorded": False}, "B C1 C2 D"),
    ("I7", {"result_recorded": None}, "B C1 C2 D"),
    ("I8", {"validity_months": 61}, "B C1 C2"),
    ("I8", {"validity_months": "no_end"}, "B C1 C2"),
    ("I8", {"validity_months": None}, "B C1 C2"),
    ("I9", {"recertification": False}, "B C1 C2"),
    ("I9", {"recertification": None}, "B C1 C2"),
    ("I10", {"surveillance_means": False}, "B C1 C2"),
    ("I10", {"surveillance_means": None}, "B C1 C2"),
    ("I11", {"withdrawal": "annul"}, "B C1 C2"),
    ("I11", {"withdrawal": "none"}, "B C1 C2 D E"),
    ("I11", {"withdrawal": None}, "B C1 C2 D E"),
    ("I12", {"portrait": False}, "B C1"),
    ("I12", {"portrait": None}, "B C1"),
    ("I13", {"notifiable": False}, "B C1 C2 D"),
    ("I13", {"notifiable": None}, "B C1 C2 D"),
]


@pytest.mark.parametrize(("row", "changes", "levels"), ALONE, ids=[f"{row} {change}" for row, change, _ in ALONE])
def test_a_row_fails_alone(row: str, changes: dict[str, Any], levels: str) -> None:
    found = with_(**changes)
    assert {str(level): [missed.id for missed in rows] for level, rows in found.unmet.items() if rows} == {
        level: [row] for level in levels.split()
    }


def test_every_row_fails_alone_at_least_once() -> None:
    assert {row for row, _, _ in ALONE} == set(RULES.requirements)


# fact, the weakest value with which B still holds
ENOUGH = [
    ("conformity_audit_age", {"accredited": None, "conformity_audit_age": 12}),
    ("quality_certificate_in_force", {"quality_review_age": None, "quality_certificate_in_force": True}),
    ("quality_review_age", {"quality_review_age": 36}),
    ("surveillance_age", {"surveillance_age": 12, "full_audit_age": 36}),
    ("full_audit_age alone", {"surveillance_age": None, "full_audit_age": 12}),
    ("conflicts_declared_age", {"conflicts_declared_age": 12}),
    ("examiner_last_taught", {"examiner_last_taught": 24}),
    ("validity_months", {"validity_months": 60}),
    ("exam_supervision", {"exam_supervision": "live_logged"}),
    ("exam without training", {"mandatory_minutes": 0, "attendance_check": "none", "attended_minutes": 0}),
    ("more than asked", {"responsible_people": 9, "enrolment_ida": 3, "exam_ida": 3, "attended_minutes": 3000}),
]


@pytest.mark.parametrize(("name", "changes"), ENOUGH, ids=[name for name, _ in ENOUGH])
def test_just_enough_is_enough(name: str, changes: dict[str, Any]) -> None:
    confirmed = facts()["confirmed_by"] | dict.fromkeys(
        ("conformity_audit_age", "quality_certificate_in_force"), "assessor"
    )
    assert with_(**changes, confirmed_by=confirmed).attained is Level.B, name


@pytest.mark.parametrize(
    ("confirmer", "extra", "missed"),
    [
        pytest.param("assessor", {}, [], id="independent of the issuer"),
        pytest.param("issuer", {}, ["O10", "O11", "O12"], id="itself"),
        pytest.param(
            "assessor",
            {"ties": [{"kind": "owns", "a": "issuer", "b": "assessor", "share_percent": 25}]},
            ["O10", "O11", "O12"],
            id="owned by the issuer",
        ),
        pytest.param("stranger", {}, ["O10", "O11", "O12"], id="nobody knows its ties"),
        pytest.param("sector", {}, ["O11", "O12"], id="the sector body that gave the mandate"),
    ],
)
def test_a_confirmation_counts_when_it_is_third_party(confirmer: str, extra: dict[str, Any], missed: list[str]) -> None:
    confirmed = dict.fromkeys(facts()["confirmed_by"], confirmer)
    found = with_(confirmed_by=confirmed, **extra)
    assert [row.id for row in found.unmet[Level.B]] == missed


def test_at_c1_the_sector_body_is_not_enough_to_confirm_conformity() -> None:
    found = with_(confirmed_by=dict.fromkeys(facts()["confirmed_by"], "sector"))
    assert "O10" in [row.id for row in found.unmet[Level.C1]]


def test_recommended_rows_are_told_and_decide_nothing() -> None:
    found = with_(open_to_all=False, examination_body="trainer")
    assert found.attained is Level.B
    assert [row.id for row in found.recommended_missed] == ["O6", "O9"]
