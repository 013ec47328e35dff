"""Exam results: what is read, which attempts there may be, which classes follow, and what reaches a certificate."""

import base64
import itertools
import json
from collections.abc import Callable
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from levels.rulebook import rulebook
from registry.errors import OccasionSettled
from registry.issuing.lists.outcome import BatchResult
from registry.issuing.sittings.examined import Sat, examined, odd_attempts
from registry.issuing.sittings.recording import Recorded, record_results, record_sheet
from registry.issuing.sittings.results import Results, Sitting, read_results, share_of_points
from registry.records.issued.amendments import amend_occasion, cancel_occasion, occasion_content
from registry.records.issued.certificates import IssuedCertificate, certificate_by_number, evidence_behind
from registry.records.mandates.mandate_decisions import NewMandate, grant_mandate
from registry.records.sector.scheme_document import NewScheme
from registry.records.sittings.exam_results import ResultLine, results_at, results_count, results_page
from registry.records.sittings.occasion_events import occasion_history
from registry.records.sittings.occasions import add_occasion, occasion_by_id
from registry.records.strict_input import parse
from registry.records.whole.directory import Registry
from registry.signing.keys import Keyring
from tests.registry.conftest import (
    ACTOR,
    HOT_WORK,
    NOW,
    OCCASION,
    OPENED,
    issue,
    occasion_like,
    person,
    publish_scheme,
    roster,
    scheme_like,
)

METHODS = rulebook("2026-01-01").methods
ASA = ("Åsa Öberg", date(1990, 5, 17))
EXAM_DAY, TODAY = date(2026, 3, 12), date(2026, 3, 13)
IN_WORDS = {"sv": "klass", "nb": "klasse", "en": "class"}
TRUCK: dict[str, Any] = HOT_WORK | {
    "code": "truck",
    "owner": "sector",
    "max_level": "C2",
    "target_level": "C2",
    "scope_classes": ["A1", "B2", "B3", "Z"],
    "scope_class": [
        {"code": "A1", "titles": IN_WORDS},
        {"code": "B2", "titles": IN_WORDS},
        {"code": "B3", "titles": IN_WORDS},
        {"code": "Z", "titles": IN_WORDS, "own_result": False},
    ],
    "assessment": [
        {"kind": "knowledge", "pass_percent": 80, "attempts": 3, "waiting_days": 2},
        {"kind": "practical"},
    ],
}
TRUCKS: dict[str, Any] = OCCASION | {
    "id": "trucks",
    "scheme": "truck",
    "scope_classes": ["A1", "B2", "B3"],
}
HEAD = "namn;född;del;klass;försök;poäng;godkänd;datum;examinator\n"


def _sitting(scheme: dict[str, Any] | None = None, today: date = TODAY, **change: Any) -> Sitting:
    return Sitting(occasion_like(TRUCKS, **change).numbered(), scheme_like(scheme or TRUCK), METHODS, today)


def _read(text: str, **more: Any) -> Results:
    form = more.pop("form", "table")
    return read_results(text.encode(), _sitting(**more), form)


# ------------------------------------------------------------------ reading


def test_a_row_is_an_attempt() -> None:
    ((row, line),) = _read(
        "Namn;Födelsedatum;Del;Klass;Försök;Poäng;Godkäntregel;Godkänd;Provdatum;Examinator;Övervakning;Ansikte;"
        "ID-kontroll;Kontrollerad av\n"
        "Åsa Öberg;1990-05-17;praktiskt prov;b2;2;27/30;truck 1;ja;2026-03-11;Eva Examinator;på plats;legitimation;"
        "id06:pin;Inga Instruktör\n"
    ).lines
    assert row == 2
    assert line == ResultLine(
        *ASA,
        part="practical",
        scope_class="B2",
        attempt=2,
        passed=True,
        sat_on=date(2026, 3, 11),
        outcome="27/30",
        pass_rule="truck 1",  # noqa: S106 the name of a rule
        examiner="eva",
        supervision="on_site",
        face="document",
        method="id06",
        native_level="pin",
        checker="inga",
    )


def test_what_is_not_said_follows_from_occasion_and_scheme() -> None:
    (_, theory), (_, first), (_, second) = _read(
        "name,birth date,part,class,attempt,score,passed\n"
        "Åsa Öberg,1990-05-17,theory,,1,24 av 30,\n"
        'Åsa Öberg,1990-05-17,practice,"A1, B2",1,,passed\n'
    ).lines
    assert (theory.sat_on, theory.passed, theory.pass_rule) == (EXAM_DAY, True, "truck 1")
    assert ([first.scope_class, second.scope_class], first.passed, first.outcome) == (["A1", "B2"], True, None)
    no_rules = TRUCK | {"assessment": [{"kind": "knowledge"}]}
    ((_, only),) = _read("name,birth date,attempt,passed\nÅsa Öberg,1990-05-17,1,failed\n", scheme=no_rules).lines
    assert (only.part, only.passed) == ("knowledge", False)


def test_data_says_the_same_as_a_table() -> None:
    text = """
        [[result]]
        name = "Åsa Öberg"
        birth_date = 1990-05-17
        part = "practical"
        scope_class = ["A1", "B2"]
        attempt = 1
        passed = true
        sat_on = 2026-03-12
        examiner = "eva"
    """
    table = HEAD + "Åsa Öberg;1990-05-17;practical;A1 B2;1;;ja;2026-03-12;eva\n"
    entry = {"name": "Åsa Öberg", "birth_date": "1990-05-17", "part": "practical", "scope_class": ["A1", "B2"]}
    entry |= {"attempt": 1, "passed": True, "sat_on": "2026-03-12", "examiner": "eva", "face": None}
    found = _read(table).lines
    assert len(found) == 2
    for said, form in ((text, "toml"), (json.dumps({"result": [entry]}), "json")):
        assert [line for _, line in _read(said, form=form).lines] == [line for _, line in found]


def _row(*cells: str, **more: str) -> str:
    given = dict(
        zip(("name", "born", "part", "class", "attempt", "score", "passed", "day", "examiner"), cells, strict=False)
    )
    row = {"name": "Åsa Öberg", "born": "1990-05-17", "part": "teori", "class": "", "attempt": "1", "score": ""}
    row |= {"passed": "ja", "day": "2026-03-12", "examiner": ""} | given | more
    return ";".join(row.values()) + "\n"


@pytest.mark.parametrize(
    ("text", "row", "column", "code"),
    [
        (HEAD + _row(born=""), 2, "birth_date", "birth_date_missing"),
        (HEAD + _row(name=""), 2, "name", "name_missing"),
        (HEAD + _row(part=""), 2, "part", "part_missing"),
        (HEAD + _row(part="oral"), 2, "part", "unknown_part"),
        (HEAD + _row(**{"class": "Z"}), 2, "scope_class", "class_not_offered"),
        (HEAD + _row(**{"class": "A1?"}), 2, "scope_class", "not_a_class"),
        (HEAD + _row(attempt=""), 2, "attempt", "attempt_missing"),
        (HEAD + _row(attempt="0"), 2, "attempt", "not_an_attempt"),
        (HEAD + _row(attempt="first"), 2, "attempt", "not_an_attempt"),
        (HEAD + _row(passed=""), 2, "passed", "passed_missing"),
        (HEAD + _row(passed="27/30"), 2, "passed", "not_passed_or_failed"),
        (HEAD + _row(score="23/30"), 2, "passed", "passed_below_rule"),
        (HEAD + _row(score="79,9 %"), 2, "passed", "passed_below_rule"),
        (HEAD + _row(score="x" * 41), 2, "outcome", "too_long"),
        (HEAD + _row(day="2026-03-14"), 2, "sat_on", "sat_in_future"),
        (HEAD + _row(day="2026-03-10"), 2, "sat_on", "sat_before_course"),
        (HEAD + _row(day="12/3"), 2, "sat_on", "not_a_date"),
        (HEAD + _row(examiner="inga"), 2, "examiner", "not_of_staff"),
        (HEAD + _row() + _row(name="åsa  ÖBERG"), 3, "attempt", "result_twice"),
        (HEAD + _row(score="900517-1234"), 2, "outcome", "national_number"),
        ("name;birth date;passed\nÅsa Öberg;1990-05-17;ja", 1, "attempt", "column_missing"),
        ("name;attempt;colour\nÅsa Öberg;1;red", 1, "colour", "column_unknown"),
        (HEAD.replace("examinator", "kontrollerad av") + _row(examiner="eva"), 2, "method", "checker_without_method"),
        (HEAD.replace("examinator", "övervakning") + _row(examiner="zoom"), 2, "supervision", "unknown_supervision"),
        (HEAD.replace("examinator", "ansikte") + _row(examiner="glimt"), 2, "face", "unknown_face"),
    ],
)
def test_what_is_wrong_is_named_by_row_and_column(text: str, row: int, column: str, code: str) -> None:
    faults = _read(text).faults
    assert [(number, one.column, one.code) for number, wrong in faults.items() for one in wrong] == [
        (row, column, code)
    ]
    assert all(set(one.says) == {"sv", "nb", "en"} for wrong in faults.values() for one in wrong)
    assert "1234" not in str(faults)


def test_days_of_the_occasion_bound_those_of_the_exam() -> None:
    late = _read(HEAD + _row(day="2026-03-13"), decided_on="2026-03-12", exam_on=None, today=TODAY)
    assert [one.code for one in late.faults[2]] == ["sat_after_decision"]
    none = _read(HEAD + _row(day=""), exam_on=None)
    assert [one.code for one in none.faults[2]] == ["sat_on_missing"]


ENTRY = "[[result]]\nname = 'Åsa Öberg'\nbirth_date = 1990-05-17\npassed = true\n"


@pytest.mark.parametrize(
    ("text", "row", "code"),
    [
        ("x = 1\n[[result]]\nname = 'A'", 0, "other_keys"),
        ("", 0, "no_entries"),
        ("result = 5", 0, "no_entries"),
        ("result = [5]", 0, "no_entries"),
        ("[[result]]\nnane = 'A'", 1, "unknown_key"),
        ("[[result]\n", 0, "data_unreadable"),
        (
            "[[result]]\nname = 'Åsa Öberg'\nbirth_date = 1990-05-17\nattempt = 1.5\npart = 'teori'\npassed = true",
            1,
            "not_an_attempt",
        ),
        (
            "[[result]]\nname = 'Åsa Öberg'\nbirth_date = 1990-05-17\nattempt = 1\npart = {a = 1}\npassed = true",
            1,
            "unknown_part",
        ),
    ],
)
def test_toml_that_cannot_be_read(text: str, row: int, code: str) -> None:
    assert [(number, one.code) for number, wrong in _read(text, form="toml").faults.items() for one in wrong] == [
        (row, code)
    ]


@given(data=st.binary(max_size=300), form=st.sampled_from(["table", "toml", "json"]))
def test_no_file_makes_it_raise(data: bytes, form: Any) -> None:
    read_results(data, _sitting(), form)


@pytest.mark.parametrize(
    ("outcome", "share"),
    [
        ("27/30", 90),
        ("24 av 30", 80),
        ("24 of 30", 80),
        ("80 %", 80),
        ("79,5%", Fraction(159, 2)),
        ("godkänt", None),
        ("5/0", None),
        ("27", None),
        ("1/3", Fraction(100, 3)),
    ],
)
def test_what_share_an_outcome_says(outcome: str, share: Fraction | None) -> None:
    assert share_of_points(outcome) == share


# ------------------------------------------------------------------ what results show


def _line(
    part: str, scope_class: str | None = None, *, passed: bool = True, attempt: int = 1, **more: Any
) -> ResultLine:
    said = {"outcome": "30/30", "pass_rule": "truck 1"} | more
    return ResultLine(*ASA, part, scope_class, attempt, passed, EXAM_DAY, **said)


def _shown(*lines: ResultLine, asked: tuple[str, ...] = ("A1", "B2"), scheme: NewScheme | None = None) -> Any:
    occasion = occasion_like(TRUCKS, exam_supervision="on_site", exam_face="portrait")
    found = {line.which: line for line in lines}
    return examined(scheme or scheme_like(TRUCK), occasion, asked, found, lambda check: 3 if check.carried_over else 2)


FAILED = {"passed": False}
THEORY, A1, B2 = _line("knowledge"), _line("practical", "A1"), _line("practical", "B2")


@pytest.mark.parametrize(
    ("lines", "classes"),
    [
        pytest.param([THEORY, A1, B2], ("A1", "B2"), id="all"),
        pytest.param([THEORY, A1], ("A1",), id="one of two"),
        pytest.param([THEORY, A1, _line("practical", "B2", passed=False)], ("A1",), id="the other failed"),
        pytest.param([A1, B2], (), id="no theory"),
        pytest.param([_line("knowledge", passed=False), A1, B2], (), id="theory failed"),
        pytest.param([THEORY, _line("practical")], (), id="no result of its own"),
        pytest.param([THEORY, _line("practical"), _line("knowledge", "B2")], ("B2",), id="its own theory"),
        pytest.param([THEORY, _line("practical", passed=False), A1], (), id="failed as a whole"),
        pytest.param([THEORY, A1, _line("practical", "A1", **FAILED, attempt=2)], (), id="the last attempt decides"),
        pytest.param([THEORY, A1, _line("knowledge", passed=False, attempt=2)], (), id="also of the theory"),
        pytest.param(
            [THEORY, _line("practical", "A1", passed=False), _line("practical", "A1", attempt=2)],
            ("A1",),
            id="passed at last",
        ),
        pytest.param([], (), id="nothing"),
    ],
)
def test_a_class_is_given_on_its_own_passed_result(lines: list[ResultLine], classes: tuple[str, ...]) -> None:
    shown = _shown(*lines)
    assert (shown.classes, shown.facts["passed_all"]) == (classes, bool(classes))


def test_a_class_that_needs_no_result_of_its_own_follows_the_whole() -> None:
    assert _shown(THEORY, _line("practical"), asked=("Z", "A1")).classes == ("Z",)
    assert _shown(THEORY, A1, asked=("Z", "A1")).classes == ("A1",)
    assert _shown(THEORY, _line("practical"), _line("practical", "Z", passed=False), asked=("Z",)).classes == ()


def test_without_classes_every_part_must_be_passed() -> None:
    assert _shown(THEORY, _line("practical"), asked=()).facts["passed_all"] is True
    assert _shown(THEORY, asked=()).facts["passed_all"] is False
    unsaid = scheme_like(TRUCK | {"assessment": []})
    assert _shown(THEORY, asked=(), scheme=unsaid).facts["passed_all"] is True
    assert _shown(asked=(), scheme=unsaid).facts["passed_all"] is False


def test_a_result_is_on_record_with_outcome_and_rule() -> None:
    assert _shown(THEORY, A1, asked=("A1",)).facts["result_recorded"] is True
    for lack in ("outcome", "pass_rule"):
        assert _shown(THEORY, _line("practical", "A1", **{lack: None}), asked=("A1",)).facts["result_recorded"] is False
    # What the certificate does not rest on does not matter.
    assert _shown(THEORY, A1, _line("practical", "B2", passed=False, outcome=None)).facts["result_recorded"] is True


def test_the_weakest_part_decides_how_it_was_watched() -> None:
    watched = _shown(THEORY, _line("practical", "A1", supervision="live", face="seen", method="passport")).facts
    assert {name: watched[name] for name in ("exam_supervision", "exam_face", "exam_ida")} == {
        "exam_supervision": "live",
        "exam_face": "seen",
        "exam_ida": 2,
    }
    assert not {"exam_supervision", "exam_face", "exam_ida"} & set(_shown(THEORY, A1).facts)
    unseen = _line("practical", "A1", face="none", carried_over=True)
    assert _shown(_line("knowledge", carried_over=True), unseen).facts["exam_ida"] == 0


@given(
    results=st.dictionaries(
        st.tuples(st.sampled_from(["knowledge", "practical"]), st.sampled_from([None, "A1", "B2"]), st.integers(1, 3)),
        st.booleans(),
        max_size=8,
    ),
    taken=st.data(),
)
def test_no_class_without_a_passed_result_and_failing_never_gives_more(results: dict[Any, bool], taken: Any) -> None:
    lines = [_line(part, which, passed=passed, attempt=attempt) for (part, which, attempt), passed in results.items()]
    given_now = _shown(*lines).classes
    for each in given_now:
        last = max((line for line in lines if line.scope_class == each), key=lambda line: line.attempt)
        assert any(line.passed for line in lines if line.scope_class == each)
        assert last.part != "practical" or last.passed or any(line.attempt == last.attempt for line in lines)
    if lines:
        failed = taken.draw(st.sampled_from(lines))
        worse = [
            _line(one.part, one.scope_class, passed=False, attempt=one.attempt) if one is failed else one
            for one in lines
        ]
        assert set(_shown(*worse).classes) <= set(given_now)


# ------------------------------------------------------------------ recorded, and what reaches a certificate


@pytest.fixture
def trucks(registry: Registry, keyring: Keyring) -> Registry:
    with registry.writing() as db:
        publish_scheme(db, scheme_like(TRUCK))
        mandate = {"scheme": "truck", "issuer": "issuer", "max_level": "C2", "since": "2026-01-01"}
        grant_mandate(db, parse(mandate, NewMandate), OPENED, ACTOR)
        add_occasion(db, occasion_like(TRUCKS), OPENED, ACTOR)
    assert keyring
    return registry


def _record(registry: Registry, text: str, occasion: str = "trucks", **more: Any) -> Recorded:
    with registry.writing() as db:
        return record_results(db, occasion, text.encode(), **({"now": NOW, "actor": "eva"} | more))


def _issue(registry: Registry, keyring: Keyring, *rows: Any, occasion: str = "trucks", **more: Any) -> BatchResult:
    return issue(registry, keyring, occasion, roster(*rows), **more)


def _certificate(registry: Registry, result: BatchResult, row: int = 0) -> IssuedCertificate:
    with registry.reading() as db:
        return certificate_by_number(db, str(result.rows[row].number))


def _evidence(registry: Registry, result: BatchResult, row: int = 0) -> Any:
    with registry.reading() as db:
        return json.loads(evidence_behind(db, certificate_by_number(db, str(result.rows[row].number))))


BLANK = {"passed_all": None, "result_recorded": None}
LISTED = (
    HEAD
    + "Åsa Öberg;1990-05-17;teori;;1;27/30;;2026-03-11;eva\n"
    + "Åsa Öberg;1990-05-17;praktik;A1 B2;1;ok;ja;2026-03-12;eva\n"
    + "Bo Ek;1990-05-17;teori;;1;24/30;;2026-03-11;eva\n"
    + "Bo Ek;1990-05-17;praktik;A1;1;ok;ja;2026-03-11;eva\n"
    + "Bo Ek;1990-05-17;praktik;B2;1;stalled;nej;2026-03-12;eva\n"
    + "Cia Dahl;1990-05-17;teori;;1;23/30;;2026-03-11;eva\n"
    + "Cia Dahl;1990-05-17;praktik;A1;1;ok;ja;2026-03-12;eva\n"
)


def test_each_certificate_gives_the_classes_that_its_holder_passed(trucks: Registry, keyring: Keyring) -> None:
    recorded = _record(trucks, LISTED)
    assert (recorded.lines, recorded.faults) == (8, {})
    names = ["Åsa Öberg", "Bo Ek", "Cia Dahl", "Dan Fors"]
    rows = [person(row, name, facts=BLANK) for row, name in enumerate(names, 2)]
    result = _issue(trucks, keyring, *rows)
    assert [(row.outcome, row.level and row.level.value) for row in result.rows] == [
        ("issued", "C2"),
        ("issued", "C2"),
        ("refused", None),
        ("refused", None),
    ]
    assert [unmet.id for unmet in result.rows[2].unmet] == ["I6"]
    first, second = (_certificate(trucks, result, row).certificate() for row in (0, 1))
    assert (first.scope_classes, first.assessed_on) == (("A1", "B2"), date(2026, 3, 12))
    assert (second.scope_classes, second.assessed_on) == (("A1",), date(2026, 3, 11))
    evidence = _evidence(trucks, result)
    assert (evidence["passed_all"], evidence["result_recorded"]) == (True, True)
    attained = _issue(trucks, keyring, *rows, issue_at_attained=True)
    third = _certificate(trucks, attained, 2).certificate()
    assert (third.level.value, third.scope_classes) == ("E", ())


def test_what_is_signed_says_the_classes_of_the_person(trucks: Registry, keyring: Keyring) -> None:
    _record(trucks, LISTED)
    result = _issue(trucks, keyring, person(2, "Bo Ek", facts=BLANK))
    signed = _certificate(trucks, result).vc_jwt.split(".")[1]
    said = json.loads(base64.urlsafe_b64decode(signed + "=="))
    assert '"A1"' in json.dumps(said)
    assert '"B2"' not in json.dumps(said)


@pytest.mark.parametrize(
    ("name", "row", "column", "code", "says"),
    [
        ("Bo Ek", {"scope_classes": ("A1", "B2")}, "scope_classes", "class_not_passed", ("A1, B2", "A1")),
        ("Bo Ek", {"scope_classes": ("Z",)}, "scope_classes", "class_not_offered", ("Z", "A1, B2, B3")),
        ("Cia Dahl", {"facts": {"passed_all": True}}, "passed_all", "passed_less", ()),
        ("Dan Fors", {"facts": {"passed_all": True}}, "passed_all", "without_result", ()),
        ("Åsa Öberg", {"born": "1991-05-17", "facts": {"passed_all": True}}, "passed_all", "without_result", ()),
    ],
)
def test_a_cell_that_claims_more_than_the_results_is_a_fault(
    trucks: Registry, keyring: Keyring, name: str, row: dict[str, Any], column: str, code: str, says: tuple[str, ...]
) -> None:
    _record(trucks, LISTED)
    given_row = {**row, "facts": BLANK | row.get("facts", {})}
    result = _issue(trucks, keyring, person(2, name, **given_row))
    found = {fault.code: fault for fault in result.rows[0].faults}
    assert found[code].column == column
    assert all(part in found[code].says[lang] for part in says for lang in ("sv", "nb", "en"))


def test_a_cell_may_ask_for_less(trucks: Registry, keyring: Keyring) -> None:
    _record(trucks, LISTED)
    result = _issue(trucks, keyring, person(2, "Åsa Öberg", facts=BLANK, scope_classes=("b2",)))
    assert _certificate(trucks, result).certificate().scope_classes == ("B2",)


@pytest.mark.parametrize("facts", [{}, {"passed_all": True, "result_recorded": True}])
def test_without_results_a_class_that_needs_its_own_is_given_to_nobody(
    trucks: Registry, keyring: Keyring, facts: dict[str, Any]
) -> None:
    result = _issue(trucks, keyring, person(2, "Åsa Öberg", facts=facts), issue_at_attained=True)
    assert [(row.outcome, [fault.code for fault in row.faults]) for row in result.rows] == [
        ("fault", ["class_needs_result"])
    ]


def test_a_class_that_needs_none_is_given_by_the_class_list(trucks: Registry, keyring: Keyring) -> None:
    with trucks.writing() as db:
        amend_occasion(db, "trucks", {"scope_classes": ["A1", "Z"]}, reason="Z too", now=NOW, actor=ACTOR)
    rows = [
        person(2, "Åsa Öberg"),
        person(3, "Bo Ek", scope_classes=("Z",)),
        person(4, "Cia Dahl", scope_classes=("A1",)),
    ]
    result = _issue(trucks, keyring, *rows, issue_good_rows=True)
    assert [row.outcome for row in result.rows] == ["issued", "issued", "fault"]
    assert [_certificate(trucks, result, row).certificate().scope_classes for row in (0, 1)] == [("Z",), ("Z",)]


def test_how_the_exam_was_watched_is_that_of_the_results(registry: Registry, keyring: Keyring) -> None:
    head = "name;birth date;part;attempt;score;pass rule;passed;supervision;id check\n"
    text = (
        head
        + "Åsa Öberg;1990-05-17;teori;1;30;1;ja;live;pass\nÅsa Öberg;1990-05-17;praktik;1;30;1;ja;login;employer_list\n"
    )
    _record(registry, text, "hot-work-march")
    claimed = person(2, "Åsa Öberg", facts={"exam_supervision": "on_site", "exam_ida": 2})
    faults = _issue(registry, keyring, claimed, occasion="hot-work-march").rows[0].faults
    assert {(fault.column, fault.code) for fault in faults} == {
        ("exam_supervision", "more_than_results"),
        ("exam_ida", "more_than_results"),
    }
    result = _issue(registry, keyring, person(2, "Åsa Öberg"), occasion="hot-work-march", issue_at_attained=True)
    evidence = _evidence(registry, result)
    assert (evidence["exam_supervision"], evidence["exam_ida"], evidence["exam_face"]) == ("login", 1, "portrait")
    assert result.rows[0].level == "D"


# ------------------------------------------------------------------ attempts


def _theory(attempt: int, day: str, passed: str = "nej", score: str = "10/30", name: str = "Åsa Öberg") -> str:
    return f"{name};1990-05-17;teori;;{attempt};{score};{passed};{day};eva\n"


def _codes(recorded: Recorded) -> list[tuple[int, str]]:
    return [(row, one.code) for row, wrong in recorded.faults.items() for one in wrong]


@pytest.fixture
def sittings(trucks: Registry) -> Registry:
    """Three more occasions of the same scheme: two exams and a course that came after."""
    with trucks.writing() as db:
        for name, day, session in (
            ("exam-1", "2026-01-12", None),
            ("exam-2", "2026-02-12", None),
            ("course-2", "2026-02-25", [{"on": "2026-02-20", "minutes": 480}]),
        ):
            change = {"id": name, "exam_on": day, "decided_on": "2026-03-01", "session": session}
            add_occasion(db, occasion_like(TRUCKS, **change), OPENED, ACTOR)
    return trucks


def test_no_more_attempts_than_the_scheme_allows(trucks: Registry) -> None:
    with trucks.writing() as db:
        change = {"session": [{"on": "2026-03-01", "minutes": 480}]}
        amend_occasion(db, "trucks", change, reason="earlier", now=NOW, actor=ACTOR)
    tries = [_theory(1, "2026-03-02"), _theory(2, "2026-03-04"), _theory(3, "2026-03-06"), _theory(4, "2026-03-08")]
    refused = _record(trucks, HEAD + "".join(tries))
    assert _codes(refused) == [(5, "too_many_attempts")]
    assert "3" in refused.faults[5][0].says["sv"]
    assert _record(trucks, HEAD + "".join(tries[:3])).lines == 3


@pytest.mark.parametrize(("day", "codes"), [("2026-03-12", [(3, "too_soon")]), ("2026-03-13", [])])
def test_nobody_tries_again_before_the_waiting_time_is_over(trucks: Registry, day: str, codes: list[Any]) -> None:
    refused = _record(trucks, HEAD + _theory(1, "2026-03-11") + _theory(2, day))
    assert _codes(refused) == codes
    if codes:
        assert all("2026-03-13" in refused.faults[3][0].says[lang] for lang in ("sv", "nb", "en"))


def test_attempts_count_wherever_they_were_sat(sittings: Registry) -> None:
    assert _record(sittings, HEAD + _theory(2, "2026-01-12"), "exam-1").lines == 1
    again = _record(sittings, HEAD + _theory(1, "2026-02-12"), "exam-2")
    assert _codes(again) == [(2, "attempt_not_next")]
    assert "exam-1" in again.faults[2][0].says["en"]
    assert _record(sittings, HEAD + _theory(3, "2026-02-12"), "exam-2").lines == 1
    # Nobody else of that name, and nothing before it in secret.
    assert _record(sittings, HEAD + _theory(1, "2026-02-12", name="Åsa Ek"), "exam-2").lines == 1
    assert _codes(_record(sittings, HEAD + _theory(3, "2026-01-10"), "exam-1")) == [(2, "attempt_not_next")]


def test_a_new_course_begins_anew(sittings: Registry) -> None:
    for attempt, where, day in ((2, "exam-1", "2026-01-12"), (3, "exam-2", "2026-02-12")):
        assert _record(sittings, HEAD + _theory(attempt, day), where).lines == 1
    assert _record(sittings, HEAD + _theory(1, "2026-02-25"), "course-2").lines == 1
    assert _codes(_record(sittings, HEAD + _theory(2, "2026-02-26"), "course-2")) == [(2, "too_soon")]


def test_after_a_pass_the_next_time_is_a_first_attempt(sittings: Registry) -> None:
    assert _record(sittings, HEAD + _theory(3, "2026-01-12", "ja", "30/30"), "exam-1").lines == 1
    assert _record(sittings, HEAD + _theory(1, "2026-02-12"), "exam-2").lines == 1
    with sittings.writing() as db:
        cancel_occasion(db, "exam-2", reason="never held", now=NOW, actor=ACTOR)
    assert _record(sittings, HEAD + _theory(1, "2026-02-25"), "course-2").lines == 1


# ------------------------------------------------------------------ corrections, and what stays


def test_a_correction_needs_a_reason_and_the_former_result_is_kept(trucks: Registry) -> None:
    _record(trucks, HEAD + _theory(1, "2026-03-11", "nej", "23/30"))
    assert _record(trucks, HEAD + _theory(1, "2026-03-11", "nej", "23/30")).unchanged == 1
    corrected = HEAD + _theory(1, "2026-03-11", "ja", "24/30")
    refused = _record(trucks, corrected)
    assert _codes(refused) == [(2, "result_says_otherwise")]
    assert all("23/30" in refused.faults[2][0].says[lang] for lang in ("sv", "nb", "en"))
    recorded = _record(trucks, corrected, reason="one answer marked wrongly")
    assert (recorded.lines, recorded.replaced) == (1, 1)
    with trucks.reading() as db:
        occasion = occasion_by_id(db, "trucks").id
        ((line,),) = (lines.values() for lines in results_at(db, occasion).values())
        count = db.connection().exec_driver_sql("SELECT count(*) FROM exam_result").scalar_one()
        kinds = [(event.kind, event.reason) for event in occasion_history(db, occasion)]
        (told,) = results_page(db, occasion, None, 10)
        assert results_page(db, occasion, told.id, 10) == []
        assert results_count(db, occasion) == 1
    assert (line.passed, told.passed, count) == (True, True, 2)
    assert kinds == [("recorded", None), ("results", None), ("results", "one answer marked wrongly")]


def test_results_after_a_certificate_need_a_reason_and_do_not_change_it(trucks: Registry, keyring: Keyring) -> None:
    _record(trucks, LISTED)
    result = _issue(trucks, keyring, person(2, "Åsa Öberg", facts=BLANK))
    before = _certificate(trucks, result)
    more = HEAD + "Åsa Öberg;1990-05-17;praktik;B3;1;ok;ja;2026-03-12;eva\n"
    assert _codes(_record(trucks, more)) == [(2, "holds_certificate")]
    recorded = _record(trucks, more, reason="forgotten")
    assert recorded.event is not None
    assert recorded.event.issued_before == [before.number]
    assert _certificate(trucks, result).facts == before.facts
    other = HEAD + "Bo Ek;1990-05-17;praktik;B3;1;ok;ja;2026-03-12;eva\n"
    added = _record(trucks, other)
    assert added.event is not None
    assert added.event.issued_before == []


def test_what_results_rest_on_stays(trucks: Registry) -> None:
    text = HEAD.replace("examinator", "examinator;id-kontroll;kontrollerad av")
    _record(trucks, text + "Åsa Öberg;1990-05-17;teori;;1;27/30;;2026-03-12;eva;pass;inga\n")

    def amend(change: dict[str, Any]) -> None:
        with trucks.writing() as db:
            amend_occasion(db, "trucks", change, reason="wrong", now=NOW, actor=ACTOR)

    with pytest.raises(OccasionSettled, match="eva examined"):
        amend({"staff": [{"id": "eva", "name": "Eva", "role": "invigilator"}, OCCASION["staff"][0]]})
    with pytest.raises(OccasionSettled, match="inga checked"):
        amend({"staff": [{"id": "eva", "name": "Eva", "role": "examiner"}]})
    with pytest.raises(OccasionSettled, match="2026-03-12"):
        amend({"exam_on": "2026-03-11", "decided_on": "2026-03-11"})


def test_what_is_approved_changes_with_a_result(trucks: Registry) -> None:
    def content() -> dict[str, Any]:
        with trucks.reading() as db:
            return occasion_content(db, occasion_by_id(db, "trucks"))

    before = content()
    _record(trucks, LISTED)
    assert content() != before


def test_one_faulty_row_and_nothing_is_recorded(trucks: Registry) -> None:
    assert _codes(_record(trucks, LISTED + _theory(1, "2026-03-14", name="Dan Fors"))) == [(9, "sat_in_future")]
    with trucks.reading() as db:
        assert results_at(db, occasion_by_id(db, "trucks").id) == {}


# ------------------------------------------------------------------ who examined whom


def test_whoever_was_examined_by_another_than_their_teacher_is_not_held_back(
    registry: Registry, keyring: Keyring, add: Callable[..., str]
) -> None:
    staff = [
        {"id": "inga", "name": "Inga Instruktör", "role": "instructor"},
        {"id": "inga", "name": "Inga Instruktör", "role": "examiner"},
        {"id": "eva", "name": "Eva Examinator", "role": "examiner"},
        {"id": "bo", "name": "Bo Beslut", "role": "decision_maker"},
    ]
    other = add(OCCASION, id="other", staff=staff)
    head = "name;birth date;part;attempt;score;pass rule;passed;examiner\n"
    rows = [
        f"{name};1990-05-17;teori;1;30;1;ja;{examiner}\n"
        for name, examiner in (("Åsa Öberg", "eva"), ("Bo Ek", "inga"), ("Cia Dahl", ""))
    ]
    _record(registry, head + "".join(rows), other)
    listed = [person(row, name) for row, name in ((2, "Åsa Öberg"), (3, "Bo Ek"), (4, "Cia Dahl"))]
    result = _issue(registry, keyring, *listed, occasion=other, issue_at_attained=True)
    told = [_evidence(registry, result, row)["examiner_last_taught"] for row in range(3)]
    assert told == ["never", 0, 0]
    assert [row.level and row.level.value for row in result.rows] == ["B", "D", "D"]


def test_an_examiner_who_taught_elsewhere_counts_for_those_they_examined(
    registry: Registry, keyring: Keyring, add: Callable[..., str]
) -> None:
    taught = add(
        OCCASION,
        id="taught",
        decided_on="2026-01-20",
        exam_on=None,
        session=[{"on": "2026-01-10", "minutes": 480}],
        staff=[{"id": "eva", "name": "Eva Examinator", "role": "instructor"}],
    )
    with registry.writing() as db:
        sheet = b"name;birth date;minutes\nBo Ek;1990-05-17;480\n\xc3\x85sa \xc3\x96berg;1990-05-17;480\n"
        record_sheet(db, taught, sheet, now=NOW, actor=ACTOR)
    staff = [*OCCASION["staff"], {"id": "ulf", "name": "Ulf Ung", "role": "examiner"}]
    other = add(OCCASION, id="other", staff=staff)
    head = "name;birth date;part;attempt;score;pass rule;passed;examiner\n"
    _record(registry, head + "Åsa Öberg;1990-05-17;teori;1;30;1;ja;ulf\nBo Ek;1990-05-17;teori;1;30;1;ja;eva\n", other)
    listed = [person(2, "Åsa Öberg"), person(3, "Bo Ek")]
    result = _issue(registry, keyring, *listed, occasion=other, issue_at_attained=True)
    told = [_evidence(registry, result, row)["examiner_last_taught"] for row in range(2)]
    assert told == ["never", 2]


@given(days=st.lists(st.integers(0, 40), min_size=1, max_size=5), allowed=st.integers(1, 4), waiting=st.integers(0, 10))
def test_what_is_let_pass_keeps_the_rules(days: list[int], allowed: int, waiting: int) -> None:
    rules = [{"kind": "knowledge", "attempts": allowed, "waiting_days": waiting}]
    scheme = scheme_like(TRUCK | {"assessment": rules})
    lines = [
        ResultLine(*ASA, "knowledge", None, attempt, False, EXAM_DAY + timedelta(days=day))
        for attempt, day in enumerate(days, 1)
    ]
    odd = odd_attempts(scheme, [Sat("here", line, row) for row, line in enumerate(lines, 2)], lambda *_: False)
    gaps = [later - earlier for earlier, later in itertools.pairwise(days)]
    assert bool(odd) == (len(days) > allowed or any(gap < waiting or gap < 0 for gap in gaps))
