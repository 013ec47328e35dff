"""The published outcomes, one sentence a case, and the frauds that evidence can show."""

import tomllib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from levels.assess import Assessment, NotAuthorised, assess
from levels.evidence import evidence_from_mapping
from levels.identity import IdentityEvent, assurance_of_identity
from levels.level import Level
from levels.order import satisfies
from levels.rulebook import rulebook
from levels.tightening import LooserThanEdition

CASES = Path(__file__).parent / "cases"
RULES = rulebook("2026-01-01")
REFUSALS = {"NotAuthorised": NotAuthorised, "LooserThanEdition": LooserThanEdition}


def base(name: str) -> dict[str, Any]:
    if name == "nothing":
        return {}
    if name == "own_scheme":
        facts = base("base_b")
        del facts["mandate_max"], facts["mandate_from_sector_body"]
        return {**facts, "scheme_owner": facts["issuer"], "item_bank_owner": facts["issuer"]}
    return tomllib.loads((CASES / f"{name}.toml").read_text("utf-8"))


def cases(name: str) -> Iterator[Any]:
    for case in tomllib.loads((CASES / f"{name}.toml").read_text("utf-8"))["case"]:
        yield pytest.param(case, id=f"{case['id']}: {case['says']}")


def outcome(case: dict[str, Any]) -> Assessment:
    facts = base(case["base"]) | case.get("set", {})
    for name in case.get("drop", []):
        facts.pop(name, None)
    if "enrolment" in case:
        facts["enrolment_ida"] = assurance_of_identity(IdentityEvent(**case["enrolment"]), RULES.methods)
    return assess(evidence_from_mapping(facts), RULES, facts.get("decided_on", date(2026, 6, 15)))


@pytest.mark.parametrize("case", [*cases("published"), *cases("frauds")])
def test_outcome(case: dict[str, Any]) -> None:
    if "refused" in case:
        with pytest.raises(REFUSALS[case["refused"]]):
            outcome(case)
        return
    found = outcome(case)
    assert found.attained == case["attained"]
    for level, ids in case.get("unmet", {}).items():
        assert set(ids) <= {row.id for row in found.unmet[Level(level)]}
    if "party" in case:
        assert found.party == case["party"]
    if "ceiling_by" in case:
        assert found.ceiling_by == case["ceiling_by"]
    if "satisfies_c1" in case:
        meets = satisfies(found.attained, Level.C1, third_party=found.third_party, rulebook=RULES)
        assert meets is case["satisfies_c1"]
    if "path" in case:
        [pair] = [pair for pair in found.independence if not pair.result.third_party]
        walked = {party for step in pair.result.path for party in (step.a, step.b)}
        assert walked == set(case["path"])


def test_a_row_of_its_own_is_the_only_one_missing_where_a_case_changes_one_fact() -> None:
    case = {"base": "base_b", "set": {"exam_face": "document"}}
    found = outcome(case)
    assert [row.id for row in found.unmet[Level.B]] == ["I3"]
    assert [row.id for row in found.unmet[Level.C1]] == ["I3"]
    assert not found.unmet[Level.C2]
