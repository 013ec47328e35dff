"""An empty class list: what a scheme needs, what may be chosen, and that it is read when it comes back filled in."""

import io
import zipfile
from csv import writer
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from levels.rulebook import rulebook
from registry.issuing.lists.roster import TEMPLATE, format_of, read_roster
from registry.issuing.lists.roster_row import RosterRow
from registry.issuing.lists.roster_template import TemplateColumn, template_columns, template_csv, template_xlsx
from registry.reading.cells import folded
from registry.reading.formulas import as_text
from registry.reading.workbooks import Limits, sheets_of
from registry.reading.written import CSV_DELIMITER
from tests.registry.conftest import COURSE, HOT_WORK, OCCASION, occasion_like, scheme_like
from tests.workbook_files import written

RULES = rulebook("2026-01-01")
TODAY = date(2026, 6, 1)
METHODS = [method.id for method in RULES.methods.method if method.id not in {"eid", "freja"}]  # these need a level
LANGUAGES = ["sv", "nb", "en"]
B_SCHEME = scheme_like(HOT_WORK)
D_SCHEME = scheme_like(COURSE)


def columns(scheme: Any = B_SCHEME, lang: str = "sv", **more: Any) -> dict[str, TemplateColumn]:
    return {column.name: column for column in template_columns(scheme, RULES, lang, **more)}


def needed(scheme: Any, **more: Any) -> set[str]:
    return {name for name, column in columns(scheme, **more).items() if column.needed}


def test_what_the_rules_ask_of_a_person_at_that_level_is_needed() -> None:
    plain = {"name", "birth_date", "email", "attended_minutes", "passed_all", "result_recorded", "enrolment_method"}
    assert needed(B_SCHEME) == {*plain, "portrait"}
    assert needed(D_SCHEME) == plain
    attestation = scheme_like(COURSE, target_level="E", max_level="E", birth="none")
    assert needed(attestation) == {"name", "attended_minutes", "enrolment_method"}
    assert "attended_minutes" not in needed(scheme_like(HOT_WORK, mandatory_minutes=0))


def test_what_the_occasion_states_is_not_needed_of_each() -> None:
    occasion = occasion_like(OCCASION, facts={"result_recorded": True, "portrait": True})
    assert needed(B_SCHEME) - needed(B_SCHEME, occasion=occasion) == {"result_recorded", "portrait", "enrolment_method"}


def test_classes_have_a_column_where_the_scheme_has_classes() -> None:
    assert "scope_classes" not in columns(B_SCHEME)
    assert "scope_classes" in columns(scheme_like(HOT_WORK, scope_classes=["A1", "B2"]))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_column_is_explained_and_what_may_be_chosen_is_read(lang: str) -> None:
    scheme = scheme_like(HOT_WORK, scope_classes=["A1"])
    found = columns(scheme, lang, extra=["exam_face", "holder_apart"])
    assert list(found) == [*TEMPLATE, "exam_face", "holder_apart"]
    for name, column in found.items():
        assert column.says
        assert column.says != name
        for word in column.words:
            roster = read_roster(
                f"{found['name'].header};{column.header}\nAnna Berg;{word}\n".encode(), methods=RULES.methods, on=TODAY
            )
            assert not roster.faults, (name, word)
    assert len(found["enrolment_method"].words) >= len(RULES.methods.method)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_workbook_marks_what_is_needed_and_explains(lang: str) -> None:
    data = template_xlsx(template_columns(B_SCHEME, RULES, lang), B_SCHEME, lang)
    (people, explanation), hidden = sheets_of(data, Limits(50_100, 60))
    assert hidden == ["Lists"]
    assert [header for _, cells in people.rows for header in cells] == [
        column.header for column in columns(lang=lang).values()
    ]
    told = {cells[0]: cells[1:] for _, cells in explanation.rows}
    assert all(told[column.header][1] == column.says for column in columns(lang=lang).values())
    assert [bool(told[column.header][0]) for column in columns(lang=lang).values()] == [
        column.needed for column in columns(lang=lang).values()
    ]
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    assert sheet.count("<dataValidation ") == len(columns(lang=lang))
    assert sheet.count('type="list"') == sum(bool(column.words) for column in columns(lang=lang).values())
    assert "$A$1:$A$" in sheet
    assert data == template_xlsx(template_columns(B_SCHEME, RULES, lang), B_SCHEME, lang)


def test_an_empty_template_has_nobody() -> None:
    for lang in LANGUAGES:
        found = template_columns(B_SCHEME, RULES, lang)
        for data in (template_csv(found, lang), template_xlsx(found, B_SCHEME, lang)):
            roster = read_roster(data, methods=RULES.methods, on=TODAY)
            assert [fault.code for fault in roster.faults[0]] == ["no_rows"]


# ------------------------------------------------------------------ filled in

letter = st.sampled_from("abcdefghijklmnopqrstuvwxyzåäöøæéüłğ")
word = st.text(letter, min_size=1, max_size=8).map(str.capitalize)
text = st.lists(word, min_size=1, max_size=3).map(" ".join)
ILL_CHOSEN = {"Summa", "Sum", "Total", "Antal", "Count", "Mean", "Medel", "Snitt", "Namn", "Navn", "Name"}


@st.composite
def row(draw: st.DrawFn) -> RosterRow:
    facts = {
        "attended_minutes": draw(st.none() | st.integers(0, 5000)),
        "passed_all": draw(st.none() | st.booleans()),
        "result_recorded": draw(st.none() | st.booleans()),
        "portrait": draw(st.none() | st.booleans()),
    }
    return RosterRow(
        row=0,
        name=draw(st.tuples(word, word).map(" ".join).filter(lambda name: not ILL_CHOSEN & set(name.split()))),
        birth_date=draw(st.dates(date(1930, 1, 1), date(2010, 12, 31))),
        email=draw(st.none() | word.map(lambda one: f"{len(one)}@example.org")),
        phone=draw(st.none() | st.integers(1000000, 9999999).map(lambda number: f"+46 70 {number}")),
        employer=draw(st.none() | text),
        enrolment_method=draw(st.none() | st.sampled_from(METHODS)),
        note=draw(st.none() | text),
        facts={name: value for name, value in facts.items() if value is not None},
    )


def filled(one: RosterRow, name: str, *, typed: bool) -> Any:
    value = one.facts.get(name, getattr(one, name, None))
    if isinstance(value, bool):
        return value if typed else "ja" if value else "nej"
    if isinstance(value, date) and not typed:
        return value.isoformat()
    return value


@settings(max_examples=25, deadline=None)
@given(
    rows=st.lists(row(), min_size=1, max_size=5, unique_by=lambda one: one.name.casefold()),
    lang=st.sampled_from(LANGUAGES),
    shuffled=st.randoms(use_true_random=False),
    sign=st.sampled_from(",;\t"),
)
def test_what_is_filled_in_is_what_is_read_in_any_order_and_any_coat(
    rows: list[RosterRow], lang: str, shuffled: Any, sign: str
) -> None:
    found = list(template_columns(B_SCHEME, RULES, lang))
    shuffled.shuffle(found)
    out = io.StringIO()
    lines = [[as_text(str(filled(one, column.name, typed=False) or "")) for column in found] for one in rows]
    # A zero is no empty cell.
    lines = [
        [
            "0" if one.facts.get(column.name) == 0 and column.name == "attended_minutes" else cell
            for column, cell in zip(found, line, strict=True)
        ]
        for one, line in zip(rows, lines, strict=True)
    ]
    writer(out, delimiter=sign).writerows([[column.header for column in found], *lines])
    book = written(
        [
            [column.header for column in found],
            *([filled(one, column.name, typed=True) for column in found] for one in rows),
        ]
    )
    for data in (out.getvalue().encode(), book):
        roster = read_roster(data, methods=RULES.methods, on=TODAY)
        assert not roster.faults
        assert [replace(one, row=0) for one in roster.rows] == rows


def test_the_delimiter_is_what_programs_of_that_language_expect() -> None:
    for lang in LANGUAGES:
        line = template_csv(template_columns(B_SCHEME, RULES, lang), lang).decode("utf-8-sig").rstrip()
        assert len(line.split(CSV_DELIMITER[lang])) == len(columns(lang=lang))


def test_a_number_has_a_column_where_the_scheme_takes_numbers() -> None:
    scheme = scheme_like(HOT_WORK, national_number="optional", national_number_reason="Two people of one name")
    for lang, name in (("sv", "national_number"), ("nb", "fodselsnummer"), ("en", "national_number")):
        found = columns(scheme, lang)
        assert list(found)[2] == name
        assert not found[name].needed
        headers = format_of(with_numbers=True).headers
        assert headers[folded(found[name].header)] == name
        assert name not in columns(lang=lang)
        told = str(sheets_of(template_xlsx(template_columns(scheme, RULES, lang), scheme, lang), Limits(100, 60)))
        assert ("får inte stå" in told, "skal ikke stå" in told, "may not stand" in told) == (False, False, False)
