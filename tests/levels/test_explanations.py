"""An assessment explains itself: found and wanted in words, what would lift it, who set the ceiling."""

import json
import tomllib
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from levels.assess import Assessment, Unmet, assess
from levels.evidence import Evidence, MalformedEvidence, evidence_from_mapping
from levels.level import Level
from levels.order import LANGUAGES
from levels.rulebook import rulebook
from levels.wording import plain_share

RULES = rulebook("2026-01-01")
DAY = date(2026, 6, 15)
BASE_B = tomllib.loads((Path(__file__).parent / "cases" / "base_b.toml").read_text("utf-8"))


def of(facts: dict[str, Any], **wishes: Any) -> Assessment:
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
                "no mandatory training time)"
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
                "examination body and issuer are independent third parties to the training provider: no "
                "(examination body examiner is not independent of training provider trainer: "
                "ownership, 30.5 % in all (on 2026-06-01); "
                "the largest path: trainer owns 61 % of holding, holding owns 30.5 % of examiner)"
            ),
        ),
        (
            "sv",
            (
                "examinationsarrangör och utfärdare är oberoende tredje part i förhållande till utbildaren: nej "
                "(examinationsarrangören examiner är inte oberoende av utbildaren trainer: ägande, sammanlagt 30,5 % "
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
        ({"examination_body": None}, "C1", "O6", "not known (not known: examination body)"),
        ({"item_bank_owner": None}, "B", "I6", "not known (not known: owner of the item bank)"),
        ({"confirmed_by": {}}, "C2", "O11", "10 months, declared but confirmed by nobody"),
        (
            {"confirmed_by": {"quality_review_age": "issuer"}},
            "C2",
            "O11",
            "10 months, declared but confirmed by issuer, who is not shown to be independent of the issuer",
        ),
        ({"accredited": None}, "C1", "O10", "accredited, confirmed by someone independent: not known"),
    ],
)
def test_other_ties_are_told_too(facts: dict[str, Any], level: str, name: str, told: str) -> None:
    assert told in row(of(facts), Level(level), name).found("en")


OWNED = {"kind": "owns", "a": "trainer", "b": "examiner", "share_percent": 30}


@pytest.mark.parametrize(
    ("facts", "level", "name", "lift"),
    [
        pytest.param(
            {"item_bank_owner": "trainer"},
            "B",
            "I6",
            "Use an item bank that is not the training provider's.",
            id="only the comparison that fails",
        ),
        pytest.param(
            {"exam_supervision": "none"},
            "D",
            "I4",
            "Supervise every part of the exam: at least identity-bound login.",
            id="no more than the level asks",
        ),
        pytest.param(
            {"attended_minutes": 2000},
            "C2",
            "I5",
            "Make up missing time: at least 90 % of the mandatory time.",
            id="the level's threshold",
        ),
        pytest.param(
            {"exam_ida": 1, "exam_face": "none"},
            "D",
            "I3",
            "Check the face at the exam: at least seen by staff, or bring identity assurance at the exam to at least "
            "IDA2 and record how.",
            id="the alternatives",
        ),
        pytest.param(
            {"exam_ida": 0, "exam_face": "seen"},
            "D",
            "I3",
            "Bring identity assurance at the exam to at least IDA1 and record how.",
            id="no alternative that asks more of the same",
        ),
        pytest.param(
            {"attended_minutes": 1919, "share_printed": False},
            "E",
            "I5",
            "Make up missing time: at least 80 % of the mandatory time, or print the real share on the paper.",
            id="a training's length is not to be changed",
        ),
        pytest.param(
            {"surveillance_age": 13, "full_audit_age": 37},
            "B",
            "O12",
            "Order a full audit and have the auditor confirm it.",
            id="one audit that does for both",
        ),
        pytest.param(
            {"surveillance_age": None, "full_audit_age": None},
            "B",
            "O12",
            "State it, if it is so: time since a full audit, confirmed by someone independent: at most 12 months.",
            id="the stricter of two limits",
        ),
        pytest.param(
            {"confirmed_by": {}},
            "B",
            "O12",
            "Have someone independent of the issuer confirm what was declared.",
            id="declared, and only to be confirmed",
        ),
        pytest.param(
            {"ties_complete_age": {"trainer": 2, "examiner": 2, "issuer": 2, "keeper": 2}},
            "C2",
            "O12",
            "Have assessor declare all its ties (good for at most 12 months).",
            id="whoever confirmed has not told its ties",
        ),
        pytest.param(
            {"holder_apart": None},
            "E",
            "O19",
            "State it, if it is so: the holder had no part in training, exam or decision.",
            id="not known is not false",
        ),
        pytest.param(
            {"identity_unbroken": None, "exam_face": "seen"},
            "B",
            "I3",
            "Check the face at the exam: compared with the portrait on record; "
            "state it, if it is so: identity was kept throughout the exam.",
            id="one is false, one is not known",
        ),
        pytest.param(
            {"ties_complete_age": {"trainer": 2, "issuer": 2}},
            "C1",
            "O6",
            "Have examiner declare all its ties (good for at most 12 months).",
            id="only a declaration is missing",
        ),
        pytest.param({"first_session_on": None}, "C1", "O6", "State the first day.", id="only the day is missing"),
        pytest.param({"examination_body": None}, "C1", "O6", "Say who it is: examination body.", id="who is missing"),
        pytest.param({"scheme_owner": None}, "C1", "O5", "Say who it is: scheme owner.", id="the owner is missing"),
        pytest.param(
            {"ties": [OWNED], "ties_complete_age": {"trainer": 2, "issuer": 2}},
            "C1",
            "O6",
            "Use an examination body and an issuer without ties to the training provider; "
            "have examiner declare all its ties (good for at most 12 months).",
            id="a tie, and a declaration",
        ),
        pytest.param(
            {"tightening": [{"row": "I5", "level": "D", "fact": "attended_percent", "at_least": 95}]}
            | {"attended_minutes": 2000},
            "D",
            "I5",
            "Make up missing time: at least 95 % of the mandatory time.",
            id="the scheme's own threshold",
        ),
    ],
)
def test_advice_belongs_to_what_failed(facts: dict[str, Any], level: str, name: str, lift: str) -> None:
    assert row(of(facts, ceiling=Level.B), Level(level), name).lift("en") == lift


def test_a_path_reads_from_the_owner_down_and_its_shares_as_decimals() -> None:
    ties = [
        {"kind": "owns", "a": "trainer", "b": "holding", "share_percent": 61},
        {"kind": "owns", "a": "holding", "b": "examiner", "share_percent": "30.5"},
    ]
    [said] = [one for one in of({"ties": ties}).as_json("en")["independence"] if one["stake_percent"]]
    assert [(step["a"], step["b"], step["share_percent"]) for step in said["path"]] == [
        ("trainer", "holding", "61"),
        ("holding", "examiner", "30.5"),
    ]
    assert said["stake_percent"] == "30.5"


@pytest.mark.parametrize(
    ("share", "said"),
    [("30", "30"), ("61/2", "30.5"), ("1/20", "0.05"), ("1/8", "0.125"), ("100/3", "100/3"), ("1/6", "1/6")],
)
def test_a_share_is_written_exactly(share: str, said: str) -> None:
    assert plain_share(Fraction(share)) == said


@pytest.mark.parametrize(
    ("facts", "asked", "lift"),
    [
        pytest.param({}, "B", None, id="nothing above"),
        pytest.param({"portrait": False}, "B", None, id="below the ceiling"),
        pytest.param({"max_level": "C2"}, None, "The scheme's maximum is C2: its owner would", id="scheme"),
        pytest.param({"mandate_max": "C2"}, "B", "a mandate up to B is needed", id="mandate"),
        pytest.param(
            {"mandate_max": None, "scheme_owner": "issuer"}, None, "a mandate up to B from a registered", id="owner"
        ),
        pytest.param({"max_level": None}, "D", "D lies above the highest possible here, F", id="unknown"),
    ],
)
def test_what_would_raise_the_ceiling_is_said(facts: dict[str, Any], asked: str | None, lift: str | None) -> None:
    found = of(facts, asked=Level(asked) if asked else None)
    for lang in LANGUAGES:
        assert (found.as_json(lang)["ceiling_lift"] is None) is (lift is None)
    assert lift is None or lift in str(found.ceiling_lift("en"))


@pytest.mark.parametrize(
    ("facts", "asked", "satisfied"),
    [
        ({}, None, None),
        ({}, "C1", True),
        ({"examination_body": "trainer"}, "C1", False),
        ({"examination_body": "trainer"}, "C2", True),
        ({"portrait": False}, "B", False),
    ],
)
def test_whether_a_demand_for_the_asked_level_is_met(
    facts: dict[str, Any], asked: str | None, satisfied: bool | None
) -> None:
    assert of(facts, asked=Level(asked) if asked else None).as_json("en")["satisfies_asked"] is satisfied


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_cell_can_be_explained_in_every_language(lang: str) -> None:
    nothing = assess(evidence_from_mapping({}), RULES, DAY)
    for level in RULES.order:
        for missing in nothing.unmet[level]:
            said = missing.as_json(lang)
            assert all(said[part] for part in ("id", "title", "says", "source", "found", "wanted", "lift"))
            assert "{" not in said["found"] + said["wanted"] + said["lift"]


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
            ("scheme_owner",),
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


def test_the_schema_describes_every_field() -> None:
    schema = Evidence.model_json_schema()
    described = {"": schema, **{name: schema["$defs"][name] for name in ("Tie", "Tightening")}}
    assert [
        f"{model}.{name}"
        for model, fields in described.items()
        for name, field in fields["properties"].items()
        if not field.get("description")
    ] == []
