"""Sign-in sheets: what is read, what is refused, what becomes of the facts, and what reaches a certificate."""

import json
from collections.abc import Callable
from datetime import date, time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from levels.rulebook import rulebook
from registry.errors import MalformedInput, OccasionCancelled, OccasionSettled
from registry.issuing.lists.outcome import BatchResult
from registry.issuing.lists.roster_row import texts
from registry.issuing.sittings.attended import Sheets, attended
from registry.issuing.sittings.participation import Participation
from registry.issuing.sittings.recording import Recorded, record_sheet
from registry.issuing.sittings.sheet import Reading, read_sheet
from registry.issuing.sittings.sheet import Sheet as ReadSheet
from registry.issuing.sittings.staff import months_since_taught
from registry.records.issued.amendments import amend_occasion, cancel_occasion, occasion_content
from registry.records.issued.certificates import certificate_by_number, evidence_behind
from registry.records.sittings.attendance import SheetLine, attendance_counts, lines_at, sheet_page
from registry.records.sittings.identity_checks import IdentityCheck
from registry.records.sittings.occasion_events import occasion_history
from registry.records.sittings.occasions import NewOccasion, occasion_by_id
from registry.records.whole.directory import Registry
from registry.signing.keys import Keyring
from tests.registry.conftest import (
    ACTOR,
    HOT_WORK,
    NOW,
    OCCASION,
    SOLO,
    issue,
    occasion_like,
    person,
    publish_scheme,
    roster,
    scheme_like,
)

METHODS = rulebook("2026-01-01").methods
MARCH = "hot-work-march"
ASA = ("Åsa Öberg", date(1990, 5, 17))
TWO_DAYS: list[dict[str, Any]] = [
    {"id": "theory", "on": "2026-03-10", "starts": "08:00:00", "ends": "12:30:00", "minutes": 240},
    {"id": "yard", "on": "2026-03-11", "starts": "08:00:00", "ends": "12:00:00"},
]


def _occasion(**change: Any) -> NewOccasion:
    return occasion_like(OCCASION, **({"session": TWO_DAYS} | change)).numbered()


def _read(text: str, *, session: str | None = None, birth_needed: bool = True, **change: Any) -> ReadSheet:
    against = Reading(_occasion(**change), session, METHODS, birth_needed, date(2026, 3, 12))
    return read_sheet(text.encode(), against)


def _lines(text: str, **more: Any) -> list[tuple[str, str, int]]:
    read = _read(text, **more)
    assert read.faults == {}
    return [(line.name, line.session, line.minutes) for _, line in read.lines]


# ------------------------------------------------------------------ reading


def test_a_row_is_a_person_at_a_session() -> None:
    (row, line), *_ = _read(
        "Namn;Född;Pass;Från;Till;ID-kontroll;Kontrollerad av\n"
        "Åsa Öberg;1990-05-17;theory;07:50;11:00;pass;Inga Instruktör\n"
        "Åsa Öberg;1990-05-17;2026-03-11;08.00;12.00;id06:pin;eva\n"
    ).lines
    assert (row, line) == (
        2,
        SheetLine(
            "theory",
            *ASA,
            180,
            came=time(7, 50),
            left=time(11, 0),
            method="passport",
            checker="inga",
            carried_over=False,
        ),
    )


@pytest.mark.parametrize(
    ("columns", "cells", "minutes"),
    [
        ("minutes", "200", 200),
        ("minuter", "200,0", 200),
        ("minutter", "200 min", 200),
        ("minutes", "0", 0),
        ("present", "x", 240),
        ("närvarande", "nej", 0),
        ("from", "10:30", 120),
        ("to", "9:00", 60),
        ("from;to", "08:00;12:30", 240),
        ("kom;gick", "kl. 09:00;11.15:00", 135),
        ("from;to;minutes", "08:00;12:00;200", 200),
        ("present;minutes", "yes;200", 200),
    ],
)
def test_how_long_somebody_was_there(columns: str, cells: str, minutes: int) -> None:
    text = f"name;birth date;session;{columns}\nÅsa Öberg;1990-05-17;theory;{cells}\n"
    assert _lines(text) == [("Åsa Öberg", "theory", minutes)]


def test_without_a_column_for_it_whoever_stands_there_was_there() -> None:
    assert _lines("name,birth date\nÅsa Öberg,1990-05-17\n", session="yard") == [("Åsa Öberg", "yard", 240)]


def test_a_sheet_of_the_only_session_names_none() -> None:
    text = "name,birth date,minutes\nÅsa Öberg,1990-05-17,9\n"
    only = Reading(_occasion(session=TWO_DAYS[:1]), None, METHODS, True, date(2026, 3, 12))
    assert [line.session for _, line in read_sheet(text.encode(), only).lines] == ["theory"]


def test_a_column_for_each_session() -> None:
    text = "Navn;Fødselsdato;theory;2026-03-11\nÅsa Öberg;1990-05-17;x;120\nBo Ek;1990-05-17;;nei\n"
    assert _lines(text) == [("Åsa Öberg", "theory", 240), ("Åsa Öberg", "yard", 120), ("Bo Ek", "yard", 0)]


@pytest.mark.parametrize("word", ["igenkänd", "recognised", "Gjenkjent"])
def test_a_face_known_from_enrolment(word: str) -> None:
    ((_, line),) = _read(f"name;birth date;session;id check\nÅsa Öberg;1990-05-17;yard;{word}\n").lines
    assert (line.method, line.carried_over) == (None, True)


HEAD = "name;birth date;session;minutes\n"
TIMED = "name;birth date;session;from;to;minutes\n"
CHECKED = "name;birth date;session;id check;checked by\n"


@pytest.mark.parametrize(
    ("text", "row", "column", "code"),
    [
        (HEAD + "Åsa Öberg;;yard;9", 2, "birth_date", "birth_date_missing"),
        (HEAD + ";1990-05-17;yard;9", 2, "name", "name_missing"),
        (HEAD + "Åsa Öberg;2026-03-13;yard;9", 2, "birth_date", "date_out_of_range"),
        (HEAD + "Åsa Öberg;1990-05-17;;9", 2, "session", "session_missing"),
        (HEAD + "Åsa Öberg;1990-05-17;lunch;9", 2, "session", "no_such_session"),
        (HEAD + "Åsa Öberg;1990-05-17;yard;", 2, "minutes", "presence_missing"),
        (HEAD + "Åsa Öberg;1990-05-17;yard;241", 2, "minutes", "longer_than_session"),
        (HEAD + "Åsa Öberg;1990-05-17;yard;-1", 2, "minutes", "not_minutes"),
        (HEAD + "Åsa Öberg;1990-05-17;yard;4 h", 2, "minutes", "not_minutes"),
        (HEAD + "Åsa Öberg;1990-05-17;yard;9\nåsa öberg;1990-05-17;yard;8", 3, "name", "twice_on_sheet"),
        (HEAD + "19900517-1234;1990-05-17;yard;9", 2, "name", "national_number"),
        (HEAD + "Åsa Öberg;1990-05-17;yard", 2, None, "too_few_cells"),
        (TIMED + "Åsa Öberg;1990-05-17;yard;10:00;09:00;", 2, "left", "left_before_came"),
        (TIMED + "Åsa Öberg;1990-05-17;yard;13:00;14:00;", 2, "came", "not_during_session"),
        (TIMED + "Åsa Öberg;1990-05-17;yard;10:00;11:00;61", 2, "minutes", "more_than_between"),
        (TIMED + "Åsa Öberg;1990-05-17;yard;25:00;;", 2, "came", "not_a_time"),
        (TIMED + "Åsa Öberg;1990-05-17;yard;soon;;", 2, "came", "not_a_time"),
        ("name;birth date;session;present\nÅsa Öberg;1990-05-17;yard;perhaps", 2, "present", "not_present_or_absent"),
        ("name;birth date;session;present;minutes\nÅsa Öberg;1990-05-17;yard;no;9", 2, "present", "absent_and_present"),
        (
            "name;birth date;session;present;minutes\nÅsa Öberg;1990-05-17;yard;yes;0",
            2,
            "present",
            "absent_and_present",
        ),
        (CHECKED + "Åsa Öberg;1990-05-17;yard;crystal ball;inga", 2, "method", "unknown_identity_check"),
        (CHECKED + "Åsa Öberg;1990-05-17;yard;bankid;inga", 2, "method", "which_bankid"),
        (CHECKED + "Åsa Öberg;1990-05-17;yard;id06:sung;inga", 2, "method", "unknown_word"),
        (CHECKED + "Åsa Öberg;1990-05-17;yard;pass;Nobody Known", 2, "checker", "not_of_staff"),
        (CHECKED + "Åsa Öberg;1990-05-17;yard;;inga", 2, "method", "checker_without_method"),
        ("name;birth date;theory;yard\nÅsa Öberg;1990-05-17;x;300", 2, "yard", "longer_than_session"),
        ("name;birth date;theory;minutes\nÅsa Öberg;1990-05-17;x;3", 1, "minutes", "sessions_twice"),
        ("name;birth date;lunch\nÅsa Öberg;1990-05-17;x", 1, "lunch", "column_unknown"),
        ("name;personnummer\nÅsa Öberg;x", 1, "personnummer", "column_national_number"),
        ("", 0, None, "empty_file"),
        ("name;birth date\n", 0, None, "no_rows"),
    ],
)
def test_what_is_wrong_is_named_by_row_and_column(text: str, row: int, column: str | None, code: str) -> None:
    faults = _read(text).faults
    assert [(number, one.column, one.code) for number, wrong in faults.items() for one in wrong] == [
        (row, column, code)
    ]
    assert all(set(one.says) == {"sv", "nb", "en"} for wrong in faults.values() for one in wrong)


def test_a_sheet_of_an_occasion_without_sessions_or_of_a_day_to_come() -> None:
    none = Reading(occasion_like(OCCASION, session=None), None, METHODS, True, date(2026, 3, 12))
    assert [one.code for one in read_sheet(b"x", none).faults[0]] == ["sheet_without_sessions"]
    unknown = Reading(_occasion(), "lunch", METHODS, True, date(2026, 3, 12))
    assert [one.code for one in read_sheet(b"x", unknown).faults[0]] == ["no_such_session"]
    early = Reading(_occasion(), None, METHODS, True, date(2026, 3, 10))
    text = HEAD + "Åsa Öberg;1990-05-17;theory;9\nÅsa Öberg;1990-05-17;yard;9"
    assert [one.code for one in read_sheet(text.encode(), early).faults[3]] == ["session_not_held"]


def test_two_sessions_on_one_day_are_told_by_id() -> None:
    sessions = [TWO_DAYS[0], TWO_DAYS[1] | {"on": "2026-03-10", "starts": "13:00:00", "ends": "17:00:00"}]
    against = Reading(_occasion(session=sessions), None, METHODS, True, date(2026, 3, 12))
    read = read_sheet((HEAD + "Åsa Öberg;1990-05-17;2026-03-10;9").encode(), against)
    assert [one.code for one in read.faults[2]] == ["which_session"]


def test_where_birth_dates_are_not_asked_for_a_name_is_enough() -> None:
    assert _lines("name,session\nÅsa Öberg,yard\n", birth_needed=False) == [("Åsa Öberg", "yard", 240)]


@given(data=st.binary(max_size=300), form=st.sampled_from(["table", "toml", "json"]))
def test_no_file_makes_it_raise(data: bytes, form: Any) -> None:
    read_sheet(data, Reading(_occasion(), None, METHODS, True, date(2026, 3, 12)), form)


def test_a_program_says_the_same_as_data() -> None:
    against = Reading(_occasion(), None, METHODS, True, date(2026, 3, 12))
    table = "name;birth date;session;from;id check;checked by\nÅsa Öberg;1990-05-17;theory;09:00;pass;inga\n"
    entry = {"name": "Åsa Öberg", "birth_date": "1990-05-17", "session": "theory", "came": "09:00"}
    entry |= {"method": "passport", "checker": "inga"}
    said = json.dumps({"line": [entry]}).encode()
    assert [line for _, line in read_sheet(said, against, "json").lines] == [
        line for _, line in read_sheet(table.encode(), against).lines
    ]
    short = json.dumps({"line": [{"name": "Åsa Öberg", "birth_date": "1990-05-17", "session": "yard"}]}).encode()
    assert [line.minutes for _, line in read_sheet(short, against, "json").lines] == [240]
    strange = json.dumps({"line": [{"name": "Åsa Öberg", "19900517-1234": 1}]}).encode()
    faults = read_sheet(strange, against, "json").faults
    assert [one.code for one in faults[1]] == ["unknown_key"]
    assert "1234" not in str(faults)


CELL = st.text(alphabet="0159:.,-x ÅåöæyesnoP|\u00a0\u200b", max_size=8)


@given(cells=st.lists(st.tuples(*[CELL] * 9), min_size=1, max_size=3))
def test_no_cell_makes_it_raise(cells: list[tuple[str, ...]]) -> None:
    head = "name;birth date;session;present;minutes;from;to;id check;checked by\n"
    _read(head + "\n".join(";".join(row) for row in cells))


# ------------------------------------------------------------------ what the sheets show


def _shown(lines: dict[str, SheetLine], covered: set[str], *, told: bool = True, **change: Any) -> tuple[Any, ...]:
    ida = {"passport": 2, "employer_list": 1, "name_typed": 0}

    def weigh(check: IdentityCheck) -> int:
        return 3 if check.carried_over else ida[check.method or ""]

    found = attended(_occasion(**change), Sheets(frozenset(covered), lines, told), weigh)
    return found.minutes, found.most_minutes, found.check, found.ida


def _line(session: str, minutes: int, method: str | None = None, **more: Any) -> SheetLine:
    return SheetLine(session, *ASA, minutes, method=method, **more)


BOTH = {"theory", "yard"}


@pytest.mark.parametrize(
    ("lines", "covered", "shown"),
    [
        pytest.param(
            [("theory", 240, "passport"), ("yard", 200, "passport")], BOTH, (440, 440, "session", 2), id="all"
        ),
        pytest.param(
            [("theory", 240, "passport"), ("yard", 240, "employer_list")], BOTH, (480, 480, "session", 1), id="weakest"
        ),
        pytest.param(
            [("theory", 240, "passport"), ("yard", 240, None)], BOTH, (480, 480, "once", 2), id="one day of two"
        ),
        pytest.param(
            [("theory", 240, "passport"), ("yard", 240, "name_typed")],
            BOTH,
            (480, 480, "once", 2),
            id="a check that tells nobody apart",
        ),
        pytest.param([("theory", 240, None)], BOTH, (240, 240, "none", 0), id="unchecked"),
        pytest.param([("theory", 240, "passport")], BOTH, (240, 240, "session", 2), id="absent from the other"),
        pytest.param(
            [("theory", 240, "passport"), ("yard", 0, None)], BOTH, (240, 240, "session", 2), id="absent as said"
        ),
        pytest.param([("theory", 240, "passport")], {"theory"}, (240, 480, "once", 2), id="a session without sheet"),
        pytest.param([], BOTH, (0, 0, "none", 0), id="nowhere"),
    ],
)
def test_facts_follow_from_the_sheets(
    lines: list[tuple[str, int, str | None]], covered: set[str], shown: tuple[int, int, str, int]
) -> None:
    assert _shown({line[0]: _line(*line) for line in lines}, covered) == shown


def test_once_a_day_is_less_than_every_session() -> None:
    sessions = [TWO_DAYS[0], TWO_DAYS[1] | {"on": "2026-03-10", "starts": "13:00:00", "ends": "17:00:00"}]
    lines = {"theory": _line("theory", 240, "passport"), "yard": _line("yard", 240)}
    assert _shown(lines, BOTH, session=sessions) == (480, 480, "day", 2)


def test_what_is_not_mandatory_adds_no_minutes_and_asks_no_check() -> None:
    sessions = [TWO_DAYS[0], TWO_DAYS[1] | {"mandatory": False}]
    lines = {"theory": _line("theory", 240, "passport"), "yard": _line("yard", 240)}
    assert _shown(lines, BOTH, session=sessions) == (240, 240, "session", 2)


def test_a_session_says_how_it_was_checked_where_its_sheet_does_not() -> None:
    sessions = [TWO_DAYS[0] | {"identity": {"method": "employer_list"}}, TWO_DAYS[1]]
    lines = {"theory": _line("theory", 240), "yard": _line("yard", 240, carried_over=True)}
    assert _shown(lines, BOTH, told=False, session=sessions) == (480, 480, "session", 1)
    assert _shown({"theory": _line("theory", 240)}, BOTH, told=False) == (240, 240, None, None)


@given(
    there=st.dictionaries(st.sampled_from(["theory", "yard"]), st.tuples(st.integers(0, 240), st.booleans())),
    covered=st.sets(st.sampled_from(["theory", "yard"])),
)
def test_nobody_is_shown_for_longer_than_it_lasted(there: dict[str, tuple[int, bool]], covered: set[str]) -> None:
    lines = {name: _line(name, minutes, "passport" if told else None) for name, (minutes, told) in there.items()}
    minutes, most, check, _ = _shown({name: line for name, line in lines.items() if name in covered}, covered)
    assert 0 <= minutes <= most <= 480
    fewer, fewer_most, less, _ = _shown({}, covered)
    assert (fewer, fewer_most) <= (minutes, most)
    scale = ["none", "once", "day", "session"]
    if minutes == 0 and covered == BOTH:
        assert check == less == "none"
    assert scale.index(less) <= 3


# ------------------------------------------------------------------ recorded, and what reaches a certificate


def _record(registry: Registry, text: str, occasion: str = MARCH, **more: Any) -> Recorded:
    with registry.writing() as db:
        return record_sheet(db, occasion, text.encode(), **({"now": NOW, "actor": "inga"} | more))


def _issue(registry: Registry, keyring: Keyring, *rows: Any, occasion: str = MARCH, **more: Any) -> BatchResult:
    return issue(registry, keyring, occasion, roster(*rows), **more)


SIGNED = "name;birth date;minutes;id check;checked by\n"
THERE = "Åsa Öberg;1990-05-17;480;pass;inga\n"
BLANK = {"attended_minutes": None}


def test_attendance_on_a_certificate_is_that_of_the_sheet(registry: Registry, keyring: Keyring) -> None:
    recorded = _record(registry, SIGNED + THERE + "Bo Ek;1990-05-17;400;pass;inga\n")
    assert (recorded.lines, recorded.replaced, recorded.unchanged, recorded.faults) == (2, 0, 0, {})
    listed = [person(2, "Åsa Öberg", facts=BLANK), person(3, "Bo Ek", facts=BLANK), person(4, "Cia Dahl", facts=BLANK)]
    result = _issue(registry, keyring, *listed, issue_at_attained=True)
    assert [(row.outcome, row.level and row.level.value) for row in result.rows] == [
        ("issued", "B"),
        ("issued", "D"),
        ("issued", "F"),
    ]
    with registry.reading() as db:
        kept = [certificate_by_number(db, str(row.number)) for row in result.rows]
        evidence = json.loads(evidence_behind(db, kept[1]))
    assert [one.certificate().attended_minutes for one in kept] == [480, 400, 0]
    assert (evidence["attended_minutes"], evidence["attendance_check"], evidence["attendance_ida"]) == (
        400,
        "session",
        2,
    )


@pytest.mark.parametrize(
    ("sheet", "facts", "code", "says"),
    [
        ("Åsa Öberg;1990-05-17;400;pass;inga\n", {"attended_minutes": 480}, "more_than_sheets", ("480", "400")),
        ("Bo Ek;1990-05-17;480;pass;inga\n", {"attended_minutes": 480}, "not_on_sheets", ("480",)),
        ("Åsa Öberg;1991-05-17;480;pass;inga\n", {"attended_minutes": 1}, "not_on_sheets", ("1",)),
        ("Åsa Öberg;1990-05-17;480;none;inga\n", {"attendance_check": "day"}, "checked_less_often", ("day", "none")),
        ("Åsa Öberg;1990-05-17;480;employer_list;inga\n", {"attendance_ida": 2}, "checked_less_surely", ("2", "1")),
    ],
)
def test_a_cell_that_claims_more_than_the_sheet_is_a_fault_naming_both(
    registry: Registry, keyring: Keyring, sheet: str, facts: dict[str, Any], code: str, says: tuple[str, ...]
) -> None:
    _record(registry, SIGNED + sheet)
    result = _issue(registry, keyring, person(2, "Åsa Öberg", facts={**BLANK, **facts}))
    (fault,) = result.rows[0].faults
    assert (result.rows[0].outcome, fault.column, fault.code) == ("fault", next(iter(facts)), code)
    assert all(part in fault.says[lang] for part in says for lang in ("sv", "nb", "en"))


@pytest.mark.parametrize(("cell", "minutes"), [(480, 480), (440, 440), (0, 0)])
def test_a_cell_that_claims_less_than_the_sheet_counts(
    registry: Registry, keyring: Keyring, cell: int, minutes: int
) -> None:
    _record(registry, SIGNED + THERE)
    result = _issue(registry, keyring, person(2, "Åsa Öberg", facts={"attended_minutes": cell}), issue_at_attained=True)
    with registry.reading() as db:
        assert certificate_by_number(db, str(result.rows[0].number)).certificate().attended_minutes == minutes


def test_what_an_occasion_states_of_everybody_counts_as_far_as_the_sheet_goes(
    registry: Registry, keyring: Keyring, add: Callable[..., str]
) -> None:
    other = add(OCCASION, id="other", facts={"attended_minutes": 480}, attendance_check="session")
    _record(registry, SIGNED + "Åsa Öberg;1990-05-17;470;;\n", other)
    result = _issue(
        registry, keyring, person(2, "Åsa Öberg", facts=BLANK), occasion=other, asked=None, issue_at_attained=True
    )
    with registry.reading() as db:
        evidence = json.loads(evidence_behind(db, certificate_by_number(db, str(result.rows[0].number))))
    # The sheet says nothing of identity, so the occasion's own word for that counts.
    assert (evidence["attended_minutes"], evidence["attendance_check"]) == (470, "session")


def test_a_face_known_from_enrolment_is_known_no_surer(registry: Registry, keyring: Keyring) -> None:
    text = SIGNED + THERE.replace("pass", "recognised") + "Bo Ek;1990-05-17;480;recognised:enrolment_ida3;inga\n"
    _record(registry, text)
    rows = [
        person(row, name, facts=BLANK, enrolment_method="hms_card") for row, name in ((2, "Åsa Öberg"), (3, "Bo Ek"))
    ]
    result = _issue(registry, keyring, *rows, issue_at_attained=True)
    with registry.reading() as db:
        found = [json.loads(evidence_behind(db, certificate_by_number(db, str(row.number)))) for row in result.rows]
    assert [one["attendance_ida"] for one in found] == [1, 1]


def test_the_same_sheet_again_changes_nothing(registry: Registry) -> None:
    _record(registry, SIGNED + THERE)
    again = _record(registry, SIGNED + THERE)
    assert (again.event, again.lines, again.unchanged) == (None, 0, 1)
    with registry.reading() as db:
        assert len(occasion_history(db, occasion_by_id(db, MARCH).id)) == 2


def test_a_correction_needs_a_reason_and_the_former_line_is_kept(registry: Registry) -> None:
    _record(registry, SIGNED + THERE)
    corrected = SIGNED + THERE.replace("480", "470") + "Bo Ek;1990-05-17;480;pass;inga\n"
    refused = _record(registry, corrected)
    assert [(row, one.code) for row, wrong in refused.faults.items() for one in wrong] == [(2, "sheet_says_otherwise")]
    assert "480 min" in refused.faults[2][0].says["en"]
    recorded = _record(registry, corrected, reason="left ten minutes early")
    assert (recorded.lines, recorded.replaced) == (2, 1)
    with registry.reading() as db:
        occasion = occasion_by_id(db, MARCH).id
        known = lines_at(db, occasion)
        _, first, second = occasion_history(db, occasion)
        count = db.connection().exec_driver_sql("SELECT count(*) FROM attendance_entry").scalar_one()
    assert {key[0]: lines["s1"].minutes for key, lines in known.items()} == {"åsa öberg": 470, "bo ek": 480}
    assert (first.reason, second.reason, second.lines, second.replaced) == (None, "left ten minutes early", 2, 1)
    assert count == 3


def test_one_faulty_row_and_nothing_is_recorded(registry: Registry) -> None:
    recorded = _record(registry, SIGNED + THERE + "Bo Ek;1990-05-17;481;pass;inga\n")
    assert (recorded.event, set(recorded.faults)) == (None, {3})
    with registry.reading() as db:
        assert lines_at(db, occasion_by_id(db, MARCH).id) == {}


def test_whoever_holds_a_certificate_is_only_written_about_with_a_reason(registry: Registry, keyring: Keyring) -> None:
    issued = _issue(registry, keyring, person(2, "Åsa Öberg")).rows[0].number
    refused = _record(registry, SIGNED + THERE)
    assert [one.code for one in refused.faults[2]] == ["holds_certificate"]
    recorded = _record(registry, SIGNED + THERE + "Bo Ek;1990-05-17;480;pass;inga\n", reason="sheet came late")
    assert recorded.event is not None
    assert recorded.event.issued_before == [issued]
    with registry.reading() as db:
        assert certificate_by_number(db, str(issued)).certificate().attended_minutes == 480


def test_nobody_is_in_two_places_at_once(registry: Registry, add: Callable[..., str]) -> None:
    parallel = [TWO_DAYS[1] | {"id": "yard-a"}, TWO_DAYS[1] | {"id": "yard-b"}]
    other = add(OCCASION, id="other", session=parallel)
    head = "name;birth date;yard-a;yard-b\n"
    assert [one.code for one in _record(registry, head + "Åsa Öberg;1990-05-17;200;60", other).faults[2]] == [
        "in_two_places"
    ]
    assert _record(registry, head + "Åsa Öberg;1990-05-17;180;60", other).faults == {}
    late = _record(registry, head + "Åsa Öberg;1990-05-17;;61", other, reason="wrong")
    assert [one.code for one in late.faults[2]] == ["in_two_places"]


def test_what_sheets_rest_on_stays(registry: Registry) -> None:
    _record(registry, SIGNED + THERE)

    def amend(change: dict[str, Any]) -> None:
        with registry.writing() as db:
            amend_occasion(db, MARCH, change, reason="wrong", now=NOW, actor=ACTOR)

    session = {"id": "s1", "on": "2026-03-11", "minutes": 480}
    with pytest.raises(OccasionSettled, match="s1"):
        amend({"session": [session | {"id": "other"}]})
    with pytest.raises(OccasionSettled, match="479"):
        amend({"session": [session | {"minutes": 479}]})
    with pytest.raises((OccasionSettled, MalformedInput), match="inga"):
        amend({"staff": [{"id": "eva", "name": "Eva Examinator", "role": "examiner"}]})
    amend({"session": [session | {"minutes": 490, "on": "2026-03-10"}]})


def test_what_is_approved_changes_with_a_sheet(registry: Registry) -> None:
    def content() -> dict[str, Any]:
        with registry.reading() as db:
            return occasion_content(db, occasion_by_id(db, MARCH))

    before = content()
    _record(registry, SIGNED + THERE)
    assert content() != before
    assert content() == content()


def test_a_cancelled_occasion_takes_no_sheet(registry: Registry) -> None:
    with registry.writing() as db:
        cancel_occasion(db, MARCH, reason="never held", now=NOW, actor=ACTOR)
    with pytest.raises(OccasionCancelled):
        _record(registry, SIGNED + THERE)


# ------------------------------------------------------------------ who taught whom


def test_whoever_signed_in_elsewhere_was_taught_there(
    registry: Registry, keyring: Keyring, add: Callable[..., str]
) -> None:
    taught = add(
        OCCASION,
        id="taught",
        session=[{"on": "2026-01-10", "minutes": 480}],
        staff=[{"id": "eva", "name": "Eva Examinator", "role": "instructor"}],
        examiner_last_taught=None,
    )
    _record(registry, "name;birth date;minutes\nÅsa Öberg;1990-05-17;60\nBo Ek;1990-05-17;0\n", taught)
    rows = [person(2, "Åsa Öberg"), person(3, "Bo Ek"), person(4, "Åsa Öberg", "1991-05-17")]
    result = _issue(registry, keyring, *rows, issue_at_attained=True)
    assert [row.level and row.level.value for row in result.rows] == ["D", "B", "B"]
    with registry.reading() as db:
        evidence = json.loads(evidence_behind(db, certificate_by_number(db, str(result.rows[0].number))))
    assert evidence["examiner_last_taught"] == 2


def test_an_occasion_that_was_cancelled_taught_nobody(
    registry: Registry, keyring: Keyring, add: Callable[..., str]
) -> None:
    staff = [{"id": "eva", "name": "Eva Examinator", "role": "instructor"}]
    taught = add(OCCASION, id="taught", session=[{"on": "2026-01-10", "minutes": 480}], staff=staff)
    _record(registry, "name;birth date;minutes\nÅsa Öberg;1990-05-17;60\n", taught)
    with registry.writing() as db:
        cancel_occasion(db, taught, reason="never held", now=NOW, actor=ACTOR)
    assert [row.level and row.level.value for row in _issue(registry, keyring, person(2, "Åsa Öberg")).rows] == ["B"]


def test_an_instructor_who_examines_taught_those_of_their_own_sessions() -> None:
    both = [
        {"id": name, "name": name.title(), "role": role}
        for name in ("inga", "eva")
        for role in ("instructor", "examiner")
    ]
    staff = [each for each in both if (each["id"], each["role"]) != ("inga", "examiner")]
    occasion = _occasion(staff=staff, session=[TWO_DAYS[0] | {"staff": ["inga"]}, TWO_DAYS[1] | {"staff": ["eva"]}])
    there = {name: _line(name, 240) for name in ("theory", "yard")}

    def last(covered: set[str], *sessions: str) -> object:
        sheets = Sheets(frozenset(covered), {name: there[name] for name in sessions}, say_who_checked=False)
        return months_since_taught(occasion, None, Participation(sheets))

    assert months_since_taught(occasion, None) == 0
    assert last(BOTH, "theory", "yard") == 0
    assert last(BOTH, "theory") is None
    assert last({"theory"}, "theory") == 0
    unnamed = occasion_like(OCCASION, staff=staff, session=TWO_DAYS).numbered()
    sheets = Sheets(frozenset(BOTH), {"theory": there["theory"]}, say_who_checked=False)
    assert months_since_taught(unnamed, None, Participation(sheets)) == 0


def test_a_sole_trader_who_names_sessions_is_no_exception(registry: Registry, keyring: Keyring) -> None:
    with registry.writing() as db:
        change = {"session": [{"on": "2026-03-11", "minutes": 480, "staff": ["lind"]}]}
        amend_occasion(db, "own-course-march", change, reason="named", now=NOW, actor=ACTOR)
    _record(registry, "name;birth date;minutes\nÅsa Öberg;1990-05-17;480\n", "own-course-march")
    result = _issue(registry, keyring, person(2, "Åsa Öberg"), occasion="own-course-march")
    with registry.reading() as db:
        evidence = json.loads(evidence_behind(db, certificate_by_number(db, str(result.rows[0].number))))
    assert evidence["examiner_last_taught"] == 0
    assert SOLO["staff"][0]["id"] == "lind"


def test_every_sentence_of_a_sheet_is_there_in_every_language() -> None:
    for said in texts().values():
        by_level = all(isinstance(each, dict) for each in said.values())
        for says in said.values() if by_level else [said]:
            assert set(says) == {"sv", "nb", "en"}
            assert all(says.values())


def test_what_is_on_record_is_told_page_by_page_and_counted(registry: Registry) -> None:
    names = ["Åsa Öberg", "Bo Ek", "Cia Dahl"]
    _record(registry, SIGNED + "".join(f"{name};1990-05-17;480;pass;inga\n" for name in names))
    _record(registry, SIGNED + "Bo Ek;1990-05-17;0;;\n", reason="was ill")
    with registry.reading() as db:
        occasion = occasion_by_id(db, MARCH).id
        assert attendance_counts(db, occasion) == {"s1": (3, 2)}
        first = sheet_page(db, occasion, None, 2)
        second = sheet_page(db, occasion, first[-1].id, 2)
        assert sheet_page(db, occasion, second[-1].id, 2) == []
    told = {row.name: row.minutes for row in (*first, *second)}
    assert (len(first), len(second), told) == (2, 1, {"Åsa Öberg": 480, "Cia Dahl": 480, "Bo Ek": 0})


def test_without_birth_dates_lines_replace_one_another_too(registry: Registry, add: Callable[..., str]) -> None:
    with registry.writing() as db:
        publish_scheme(db, scheme_like(HOT_WORK, code="nameless", birth="none"))
    other = add(OCCASION, id="other", scheme="nameless")
    head = "name;minutes\n"
    assert _record(registry, head + "Åsa Öberg;480\n", other).lines == 1
    assert [one.code for one in _record(registry, head + "Åsa Öberg;470\n", other).faults[2]] == [
        "sheet_says_otherwise"
    ]
    assert _record(registry, head + "Åsa Öberg;470\n", other, reason="left early").replaced == 1
    with registry.reading() as db:
        (line,) = sheet_page(db, occasion_by_id(db, other).id, None, 10)
    assert line.minutes == 470
