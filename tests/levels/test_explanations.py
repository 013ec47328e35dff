"""An assessment explains itself: found and wanted in words, what would lift it, who set the ceiling."""

import json
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from levels.assess import Assessment, Unmet, assess
from levels.evidence import MalformedEvidence, evidence_from_mapping
from levels.level import Level
from levels.rulebook import LANGUAGES, rulebook

RULES = rulebook("2026-01-01")
DAY = date(2026, 6, 15)
BASE_B = tomllib.loads((Path(__file__).parent / "cases" / "base_b.toml").read_text("utf-8"))


def of(facts: dict[str, Any], **wishes: Any) -> Assessment:  # noqa: ANN401 asked and ceiling
    known = {name: value for name, value in (BASE_B | facts).items() if value is not None}
    return assess(evidence_from_mapping(known), RULES, DAY, **wishes)


def row(found: Assessment, level: Level, name: str) -> Unmet:
    return next(one for one in found.unmet[level] if one.id == name)


@pytest.mark.parametrize(
    ("facts", "level", "name", "found", "wanted"),
    [
        (
            {"attended_minutes": 2399},
            "B",
            "I5",
            "attended share of the mandatory time: 99 %",
            "attended share of the mandatory time: at least 100 %",
        ),
        ({"portrait": None}, "B", "I12", "portrait on record: not known", "portrait on record: yes"),
        ({"portrait": False}, "B", "I12", "portrait on record: no", "portrait on record: yes"),
        ({"validity_months": "no_end"}, "C2", "I8", "validity: no end", "validity: at most 60 months"),
        (
            {"examiner_last_taught": 1},
            "C2",
            "O7",
            "time since an examiner taught the person: 1 month",
            "time since an examiner taught the person: at least 24 months",
        ),
        (
            {"exam_supervision": "login"},
            "C2",
            "I4",
            "supervision of the exam: identity-bound login",
            "supervision of the exam: at least staff watch throughout",
        ),
        (
            {"enrolment_ida": 1},
            "B",
            "I1",
            "identity assurance at enrolment: IDA1",
            "identity assurance at enrolment: at least IDA2",
        ),
        (
            {"responsible_people": 1},
            "B",
            "O2",
            "the issuer's key is proven: yes; named responsible people: 1 person",
            "the issuer's key is proven: yes and named responsible people: at least 2 people",
        ),
        (
            {"exam_ida": 1, "exam_face": "none"},
            "D",
            "I3",
            "identity assurance at the exam: IDA1; the face at the exam: not seen",
            (
                "(identity assurance at the exam: at least IDA1 and the face at the exam: at least seen by staff) "
                "or identity assurance at the exam: at least IDA2"
            ),
        ),
        (
            {"attended_minutes": 0, "share_printed": True},
            "E",
            "I5",
            (
                "attended share of the mandatory time: 0 %; time attended: 0 minutes; "
                "the real share is printed on the paper: yes; mandatory training time: 2400 minutes"
            ),
            (
                "attended share of the mandatory time: at least 80 % or (time attended: more than 0 minutes and "
                "the real share is printed on the paper: yes) or (time attended: more than 0 minutes and "
                "mandatory training time: at most 0 minutes)"
            ),
        ),
    ],
)
def test_found_and_wanted_are_said_in_words(
    facts: dict[str, Any], level: str, name: str, found: str, wanted: str
) -> None:
    missing = row(of(facts), Level(level), name)
    assert missing.found("en") == found
    assert missing.wanted("en") == wanted


@pytest.mark.parametrize(
    ("lang", "found"),
    [
        (
            "en",
            (
                "examination body and issuer are third party to the training provider: no "
                "(examination body examiner is not independent of training provider trainer: "
                "ownership, 30.5 % in all (on 2026-06-01); "
                "the largest path: trainer owns 61 % of holding, holding owns 30.5 % of examiner)"
            ),
        ),
        (
            "sv",
            (
                "examinator och utfärdare är tredje part till utbildaren: nej "
                "(examinatorn examiner är inte oberoende av utbildaren trainer: ägande, sammanlagt 30,5 % "
                "(den 2026-06-01); den största vägen: trainer äger 61 % av holding, holding äger 30,5 % av examiner)"
            ),
        ),
    ],
)
def test_what_stands_against_independence_is_told_with_its_path(lang: str, found: str) -> None:
    ties = [
        {"kind": "owns", "a": "trainer", "b": "holding", "share_percent": 61},
        {"kind": "owns", "a": "holding", "b": "examiner", "share_percent": "30.5"},
    ]
    assert row(of({"ties": ties}), Level.C1, "O6").found(lang) == found


@pytest.mark.parametrize(
    ("facts", "level", "name", "told"),
    [
        ({"examination_body": "trainer"}, "C1", "O6", "are the same organisation, trainer"),
        ({"ties_complete_age": {"trainer": 2, "issuer": 2, "assessor": 2}}, "C1", "O6", "months by examiner"),
        ({"register_keeper": "trainer"}, "B", "O16", "register keeper and training provider are the same"),
        (
            {"confirmed_by": {"quality_review_age": "issuer"}},
            "B",
            "O11",
            "confirming body and issuer are the same organisation, issuer",
        ),
        (
            {"ties": [{"kind": "conflict_of_interest", "a": "examiner", "b": "trainer"}]},
            "C1",
            "O6",
            "a declared conflict of interest (on 2026-06-01): conflict of interest between examiner and trainer",
        ),
        ({"first_session_on": None}, "C1", "O6", "the first day is not known"),
    ],
)
def test_other_ties_are_told_too(facts: dict[str, Any], level: str, name: str, told: str) -> None:
    assert told in row(of(facts), Level(level), name).found("en")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_cell_can_be_explained_in_every_language(lang: str) -> None:
    nothing = assess(evidence_from_mapping({}), RULES, DAY)
    for level in RULES.order:
        for missing in nothing.unmet[level]:
            said = missing.as_json(lang)
            assert all(said[part] for part in ("id", "title", "says", "source", "found", "wanted", "lift"))
            assert "{" not in said["found"] + said["wanted"]


def test_the_answer_is_json_with_the_published_members() -> None:
    found = of({"exam_face": "document"}, asked=Level.B)
    said = json.loads(json.dumps(found.as_json("nb")))
    assert {"attained", "asked", "ceiling", "edition", "on", "party", "unmet", "satisfied"} <= set(said)
    assert {"recommended_missed", "independence", "to_lift"} <= set(said)
    assert (said["attained"], said["asked"], said["ceiling"], said["ceiling_by"]) == ("C2", "B", "B", "mandate")
    assert {"id", "says", "source", "found", "wanted"} <= set(said["unmet"]["B"][0])
    assert {"pair", "party", "path"} <= set(said["independence"][0])
    assert said["to_lift"] == {"B": ["I3"], "C1": ["I3"]}
    assert of({}).as_json("en")["asked"] is None


def test_infinite_values_go_out_by_their_names() -> None:
    assert row(of({"validity_months": "no_end"}), Level.B, "I8").facts == {"validity_months": "no_end"}


@pytest.mark.parametrize(
    ("asked", "to_lift", "reached"),
    [(None, {"C1": ["I3"]}, True), ("C2", {"C1": ["I3"]}, True), ("C1", {"C1": ["I3"]}, False)],
)
def test_what_would_lift_it_is_said_for_the_level_asked_and_the_next_up(
    asked: str | None, to_lift: dict[str, list[str]], reached: bool
) -> None:
    found = of({"exam_face": "document"}, asked=Level(asked) if asked else None)
    assert {str(level): list(rows) for level, rows in found.to_lift.items()} == to_lift
    assert found.reached is reached


def test_nothing_lifts_the_highest() -> None:
    assert of({}).to_lift == {}


@pytest.mark.parametrize(
    ("facts", "caller", "ceiling", "by", "missing"),
    [
        pytest.param({}, None, "B", "mandate", (), id="scheme and mandate say the same"),
        pytest.param({"max_level": "C2"}, None, "C2", "scheme", (), id="the scheme is lower"),
        pytest.param({"mandate_max": "D"}, None, "D", "mandate", (), id="the mandate is lower"),
        pytest.param({}, "C2", "C2", "caller", (), id="the caller is lower"),
        pytest.param({"max_level": "D"}, "C2", "D", "scheme", (), id="a caller cannot lift it"),
        pytest.param({"max_level": None}, None, "F", "unknown", ("max_level",), id="no maximum stated"),
        pytest.param({"max_level": None}, "C1", "C1", "caller", (), id="no maximum stated, the caller says"),
        pytest.param({"max_level": None, "mandate_max": "D"}, "C1", "D", "mandate", (), id="the mandate still holds"),
        pytest.param(
            {"mandate_max": None, "scheme_owner": None},
            None,
            "F",
            "unknown",
            ("mandate_max",),
            id="no authority stated",
        ),
        pytest.param(
            {"mandate_max": None, "scheme_owner": "issuer"}, None, "C1", "owner", (), id="an owner without one"
        ),
    ],
)
def test_the_ceiling_names_who_set_it(
    facts: dict[str, Any], caller: str | None, ceiling: str, by: str, missing: tuple[str, ...]
) -> None:
    found = of(facts, ceiling=Level(caller) if caller else None)
    assert (str(found.ceiling), found.ceiling_by, found.missing_authority) == (ceiling, by, missing)
    assert RULES.rank(found.attained) >= RULES.rank(found.ceiling)


@pytest.mark.parametrize(
    ("facts", "party"),
    [
        ({}, "third"),
        ({"examination_body": "trainer"}, "second"),
        ({"examination_body": None}, "second"),
        ({"employer": "trainer"}, "third"),
        ({"issuer": "trainer", "employer": "trainer"}, "first"),
        ({"issuer": "trainer", "employer": "builder"}, "second"),
    ],
)
def test_the_party_is_told(facts: dict[str, Any], party: str) -> None:
    assert of(facts).party == party


def test_a_decision_before_the_first_session_is_refused() -> None:
    with pytest.raises(MalformedEvidence, match="lies after the decision"):
        assess(evidence_from_mapping({"first_session_on": "2026-06-16"}), RULES, DAY)
