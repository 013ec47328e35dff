"""Class lists as providers send them: the right people, and the right complaint about everything else."""

import io
import unicodedata
from collections.abc import Sequence
from csv import QUOTE_ALL, writer
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from levels.rulebook import rulebook
from registry.issuing.lists.roster import read_roster
from registry.issuing.lists.roster_row import Roster
from tests.workbook_files import made, written

METHODS = rulebook("2026-01-01").methods
TODAY = date(2026, 6, 1)
HEADERS = ["Namn", "Födelsedatum", "E-post", "Närvarominuter", "Godkänd"]
MIDNIGHT = datetime(1990, 5, 17)  # noqa: DTZ001 a spreadsheet knows no time zone
ANNA = ["Anna Berg", date(1990, 5, 17), "anna@example.org", 480, "ja"]
BO = ["Bo Ek", date(1985, 2, 3), "bo@example.org", 450, "nej"]


def read(data: str | bytes, sheet: str | None = None) -> Roster:
    return read_roster(data.encode() if isinstance(data, str) else data, methods=METHODS, on=TODAY, sheet=sheet)


def xlsx(*rows: Sequence[Any]) -> Roster:
    return read(written(rows))


def csv(*rows: Sequence[Any]) -> Roster:
    out = io.StringIO()
    writer(out, delimiter=";", quoting=QUOTE_ALL).writerows(rows)
    return read(out.getvalue())


def names(roster: Roster) -> list[tuple[int, str]]:
    return [(row.row, row.name) for row in roster.rows]


def complaints(roster: Roster) -> list[tuple[int, str | None, str]]:
    return [(row, fault.column, fault.code) for row, found in roster.faults.items() for fault in found]


@pytest.mark.parametrize("kind", [xlsx, csv])
def test_a_plain_list(kind: Any) -> None:
    roster = kind(HEADERS, ANNA, BO)
    assert not roster.faults
    anna, bo = roster.rows
    assert (anna.row, anna.name, anna.birth_date, anna.email) == (2, "Anna Berg", date(1990, 5, 17), "anna@example.org")
    assert (anna.facts, bo.facts) == (
        {"attended_minutes": 480, "passed_all": True},
        {"attended_minutes": 450, "passed_all": False},
    )


def test_the_same_list_in_every_coat_says_the_same() -> None:
    plain = [HEADERS, ANNA, BO]
    text = "\r\n".join(";".join(map(str, cells)) for cells in plain)
    coats = [
        text.encode("cp1252"),
        text.encode("utf-8-sig"),
        text.encode("utf-16"),
        text.replace(";", "\t").encode("utf-16"),
        text.replace(";", "\t").encode(),
        text.replace(";", ",").encode(),
        written(plain),
        written([[*cells[::-1]] for cells in plain]),
    ]
    assert [read(coat).faults for coat in coats] == [{}] * len(coats)
    assert all(read(coat).rows == xlsx(*plain).rows for coat in coats)


# ------------------------------------------------------------------ where the table stands


@pytest.mark.parametrize("kind", [xlsx, csv])
def test_titles_above_the_header_are_passed_over_and_rows_counted_as_shown(kind: Any) -> None:
    titles = [["Deltagarlista Heta arbeten"], ["Kurs: 2026-03-11, Stockholm"], [], ["Lärare", "Inga Instruktör"]]
    roster = kind(*titles, HEADERS, ANNA, [], BO)
    assert (names(roster), roster.faults, roster.header) == ([(6, "Anna Berg"), (8, "Bo Ek")], {}, 5)


def test_a_fault_of_a_header_below_titles_is_told_at_its_row() -> None:
    roster = xlsx(["Heta arbeten"], [], ["Namn", "Antal barn", "Född"], ["Anna Berg", 42, date(1990, 5, 17)])
    assert (complaints(roster), roster.header, roster.rows) == ([(3, "Antal barn", "column_unknown")], 3, ())


def with_format(fill: Any) -> bytes:
    def sheets(book: xlsxwriter.Workbook) -> None:
        sheet = book.add_worksheet("Lista")
        for at, cells in enumerate([HEADERS, ANNA, BO]):
            for column, cell in enumerate(cells):
                sheet.write(at, column, str(cell) if isinstance(cell, date) else cell)
        fill(book, sheet)

    return made(sheets)


def test_a_merged_title_is_no_table_and_merged_people_are_told() -> None:
    def title(book: xlsxwriter.Workbook, _: object) -> None:
        sheet = book.add_worksheet("Titel")
        sheet.merge_range(0, 0, 1, 4, "Deltagare i Heta arbeten", book.add_format())

    assert names(read(with_format(title))) == [(2, "Anna Berg"), (3, "Bo Ek")]

    def employer(book: xlsxwriter.Workbook, sheet: Any) -> None:
        sheet.write(0, 5, "Företag")
        sheet.merge_range(1, 5, 2, 5, "Norrbygg AB", book.add_format())

    roster = read(with_format(employer))
    assert (names(roster), complaints(roster)) == ([(2, "Anna Berg")], [(3, None, "cells_merged")])

    def across(book: xlsxwriter.Workbook, sheet: Any) -> None:
        sheet.merge_range(1, 0, 1, 1, "Anna Berg", book.add_format())

    assert complaints(read(with_format(across))) == [(2, None, "cells_merged")]


def test_rows_and_columns_that_nobody_sees_are_told_and_not_read() -> None:
    roster = read(with_format(lambda _, sheet: sheet.set_row(2, None, None, {"hidden": True})))
    assert (names(roster), complaints(roster)) == ([(2, "Anna Berg")], [(3, None, "row_hidden")])
    roster = read(with_format(lambda _, sheet: sheet.set_column(4, 4, None, None, {"hidden": True})))
    assert complaints(roster) == [(1, "Godkänd", "column_hidden")]


@pytest.mark.parametrize("kind", [xlsx, csv])
@pytest.mark.parametrize(
    ("line", "code"),
    [
        pytest.param(["Summa", "", "", 930, ""], "totals_row", id="a total"),
        pytest.param(["Antal deltagare: 2"], "totals_row", id="a count"),
        pytest.param(["Totalt", "", "", 930, 1], "totals_row", id="totals"),
        pytest.param(["", "", "", "12 personer", ""], "stray_row", id="a note among the numbers"),
        pytest.param(["", "", "Kursledare Inga Instruktör"], "stray_row", id="a note in another column"),
        pytest.param(
            ["Namn", "Födelsedatum", "E-post", "Närvarominuter", "Godkänd"], "header_again", id="headers again"
        ),
    ],
)
def test_rows_below_the_people_are_nobody(kind: Any, line: Sequence[Any], code: str) -> None:
    for gap in ([], [[]]):
        roster = kind(HEADERS, ANNA, BO, *gap, line)
        assert names(roster) == [(2, "Anna Berg"), (3, "Bo Ek")]
        assert complaints(roster) == [(4 + len(gap), None, code)]


def test_a_note_in_the_column_of_names_is_nobody() -> None:
    for note in ("Kursen hölls enligt plan.", "Obs"):
        assert complaints(xlsx(HEADERS, ANNA, BO, [], [note])) == [(5, None, "stray_row")]
    assert complaints(xlsx(HEADERS, ANNA, BO, ["Kursledare: Inga"])) == [(4, "name", "name_with_signs")]
    assert names(xlsx(HEADERS, ANNA, ["Summa", date(1990, 1, 1), "s@example.org", 480, "ja"])) == [
        (2, "Anna Berg"),
        (3, "Summa"),
    ]


def test_a_note_below_half_a_name_is_nobody() -> None:
    for line in (["Kursledare: Inga", "", ""], ["", "Inga Instruktör", ""]):
        roster = xlsx(["Förnamn", "Efternamn", "Född"], ["Anna", "Berg", date(1990, 5, 17)], line)
        assert (names(roster), complaints(roster)) == ([(2, "Anna Berg")], [(3, None, "stray_row")])


@pytest.mark.parametrize("kind", [xlsx, csv])
def test_lines_that_are_only_numbered_are_blank(kind: Any) -> None:
    roster = kind(["Nr", *HEADERS], [1, *ANNA], [2, *BO], [3, *[""] * 5], [4, *[""] * 5])
    assert (names(roster), roster.faults) == ([(2, "Anna Berg"), (3, "Bo Ek")], {})


def test_a_column_that_counts_the_rows_is_let_stand() -> None:
    assert names(csv(["#", "Namn"], [1, "Anna Berg"])) == [(2, "Anna Berg")]
    assert complaints(csv(["#", "Namn"], ["900101-1234", "Anna Berg"])) == [(2, "ignored", "national_number")]


# ------------------------------------------------------------------ which sheet


def sheets(**visible: bool) -> bytes:
    def fill(book: xlsxwriter.Workbook) -> None:
        for name, shows in visible.items():
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, ["Namn", "E-post"])
            if not name.startswith("Tomt"):
                sheet.write_row(1, 0, [f"Anna {name}", "a@example.org"])
            if shows:
                sheet.activate()
            else:
                sheet.hide()

    return made(fill)


def test_a_hidden_sheet_is_left_alone() -> None:
    assert names(read(sheets(Dold=False, Lista=True))) == [(2, "Anna Lista")]
    assert names(read(sheets(Tomt=True, Lista=True))) == [(2, "Anna Lista")]


def test_of_several_sheets_with_people_one_must_be_named() -> None:
    data = sheets(Mars=True, April=True)
    assert complaints(read(data)) == [(0, None, "which_sheet")]
    assert "Mars, April" in read(data).faults[0][0].says["sv"]
    assert names(read(data, "april")) == [(2, "Anna April")]
    assert len({read(data).digest, read(data, "Mars").digest, read(data, "April").digest}) == 3
    assert complaints(read(data, "Maj")) == [(0, None, "sheet_unknown")]
    assert complaints(read("namn\nAnna Berg\n", "Mars")) == [(0, None, "sheet_of_text")]


def test_a_list_on_a_hidden_sheet_alone_is_asked_for() -> None:
    def fill(book: xlsxwriter.Workbook) -> None:
        book.add_worksheet("Försättsblad").write(0, 0, "Heta arbeten")
        sheet = book.add_worksheet("Data")
        sheet.write_row(0, 0, ["Namn", "E-post"])
        sheet.hide()

    assert complaints(read(made(fill))) == [(0, None, "sheets_hidden")]
    assert "Data" in read(made(fill)).faults[0][0].says["nb"]


# ------------------------------------------------------------------ headers


@pytest.mark.parametrize(
    ("headers", "cells"),
    [
        pytest.param(["Förnamn", "Efternamn"], ["Åsa", "Lindström Bergqvist"], id="two columns"),
        pytest.param(["Etternavn", "Fornavn"], ["Lindström Bergqvist", "Åsa"], id="the last name first"),
        pytest.param(["First Name", "Middle Name", "Surname"], ["Åsa", "Lindström", "Bergqvist"], id="three columns"),
        pytest.param(["Efternamn, förnamn"], ["Lindström Bergqvist, Åsa"], id="with a comma, as the header says"),
        pytest.param(["Namn"], ["Lindström Bergqvist, Åsa"], id="with a comma"),
        pytest.param(["Namn (som på legitimation)"], ["Åsa Lindström Bergqvist"], id="with a hint"),
        pytest.param(["Namn*"], ["Åsa Lindström Bergqvist"], id="marked"),
        pytest.param(["NAMN:"], ["Åsa Lindström Bergqvist"], id="with a colon"),
        pytest.param(["För- och efternamn"], ["Åsa Lindström Bergqvist"], id="both in one"),
        pytest.param(["Deltakerens navn"], ["Åsa Lindström Bergqvist"], id="nb"),
        pytest.param(["Full name (as on ID)"], ["Åsa Lindström Bergqvist"], id="en"),
    ],
)
def test_names_stand_in_one_column_or_in_several(headers: list[str], cells: list[str]) -> None:
    for order in (slice(None), slice(None, None, -1)):
        rows = [[*headers, "E-post"][order], [*cells, "a@example.org"][order]]
        for roster in (xlsx(*rows), csv(*rows)):
            assert not roster.faults
            assert names(roster) == [(2, "Åsa Lindström Bergqvist")]


def test_a_name_in_part_is_asked_for() -> None:
    roster = csv(["Förnamn", "Efternamn"], ["Anna", "Berg"], ["", "Ek"], ["Suharto", ""])
    assert names(roster) == [(2, "Anna Berg")]
    assert complaints(roster) == [(3, "first_name", "name_part_missing"), (4, "last_name", "name_part_missing")]
    assert complaints(csv(["Förnamn", "Född"], ["Anna", ""])) == [(1, "last_name", "column_missing")]
    assert complaints(csv(["Efternamn, förnamn"], ["Lindström Åsa"])) == [(2, "name", "name_order")]


@pytest.mark.parametrize("name", ["Berg, Anna, Bo", "Anna Berg, PhD", "Berg, Jr"])
def test_commas_that_may_mean_two_things(name: str) -> None:
    assert complaints(csv(["Namn"], [name])) == [(2, "name", "name_with_commas")]


@pytest.mark.parametrize(
    ("header", "column"),
    [
        ("Född", "birth_date"),
        ("Fødselsdato (dd.mm.åååå)", "birth_date"),
        ("Födelsedatum (ÅÅÅÅ-MM-DD)", "birth_date"),
        ("Födelsedatum\n(åååå-mm-dd)", "birth_date"),
        ("Date of birth [YYYY-MM-DD]", "birth_date"),
        ("Fødselsdato*", "birth_date"),
        ("Epost", "email"),
        ("E-mail address", "email"),
        ("Mobilnr", "phone"),
        ("Telefon (mobil)", "phone"),
        ("Bedriftsnavn", "employer"),
        ("Övrigt", "note"),
    ],
)
def test_headers_as_people_spell_them(header: str, column: str) -> None:
    cell = {"birth_date": "1990-05-17", "email": "a@example.org", "phone": "070-123 45 67"}.get(column, "Norrbygg")
    (row,) = xlsx(["Namn", header], ["Anna Berg", cell]).rows
    assert str(getattr(row, column)) == cell


@pytest.mark.parametrize(
    "header", ["Namn (arbetsgivare)", "Närvaro (timmar)", "Närvaro (%)", "Telefon (anhörig)", "Namn på lärare"]
)
def test_what_changes_the_meaning_of_a_header_is_no_hint(header: str) -> None:
    (fault,) = csv(["Namn", header], ["Anna Berg", "8"]).faults[1]
    assert fault.code in {"column_unknown", "column_unknown_near"}


@pytest.mark.parametrize("header", ["Personnr", "Fødselsnr", "Pers.nr", "Personnummer (12 siffror)", "National ID"])
def test_a_column_of_national_numbers_is_refused(header: str) -> None:
    roster = csv(["Namn", header], ["Anna Berg", "19121212-1212"])
    assert complaints(roster) == [(1, header, "column_national_number")]
    assert "1212" not in str(roster)


# ------------------------------------------------------------------ cells


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("Åsa Lindström Bergqvist", "Åsa Lindström Bergqvist"),
        ("Nguyễn Văn A", "Nguyễn Văn A"),
        (unicodedata.normalize("NFD", "Nguyễn Văn A"), "Nguyễn Văn A"),
        (unicodedata.normalize("NFD", "Åsa Öhman"), "Åsa Öhman"),
        ("O’Brien", "O’Brien"),
        ("O'Brien", "O'Brien"),
        ("  Anna   Berg ", "Anna Berg"),
        ("Anna\u00a0Berg\u00a0", "Anna Berg"),
        ("\u202fAnna Berg", "Anna Berg"),
        ("An\u00adna Berg\u00adström", "Anna Bergström"),
        ("Lindström, Åsa", "Åsa Lindström"),
        ("d'Artagnan-Müller, Jean-Luc", "Jean-Luc d'Artagnan-Müller"),
        ("Anna (Ann) Berg", "Anna (Ann) Berg"),
        ("M. Ł. Żółć-Ğüş", "M. Ł. Żółć-Ğüş"),
    ],
)
def test_names_as_people_have_them(typed: str, name: str) -> None:
    for roster in (xlsx(["Namn"], [typed]), read(f'namn\n"{typed}"\n')):
        assert (names(roster), roster.faults) == ([(2, name)], {})


@pytest.mark.parametrize(
    "typed",
    [
        date(1990, 5, 17),
        MIDNIGHT,
        "1990-05-17",
        "1990-5-17",
        "1990/05/17",
        "1990.05.17",
        "17.5.1990",
        "17.05.1990",
        "17. 5. 1990",
        "17/05/1990",
        "17/5 1990",
        "17/5-1990",
        "17-05-1990",
        "17 maj 1990",
        "17. mai 1990",
        "den 17 maj 1990",
        "17 May 1990",
        "17th May 1990",
        "19900517",
        19900517,
        19900517.0,
        "1990-05-17 00:00:00",
        "1990-05-17T00:00",
        " 1990-05-17\u00a0",
    ],
)
def test_birth_dates_as_people_write_them(typed: Any) -> None:
    (row,) = xlsx(["Namn", "Född"], ["Anna Berg", typed]).rows
    assert row.birth_date == date(1990, 5, 17)
    if not isinstance(typed, float):
        assert csv(["Namn", "Född"], ["Anna Berg", typed]).rows == (row,)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("17.5.90", "two_digit_year"),
        ("90-05-17", "two_digit_year"),
        ("900517", "two_digit_year"),
        (900517, "two_digit_year"),
        ("05/06/1990", "ambiguous_date"),
        ("05-06-1990", "ambiguous_date"),
        ("05/17/1990", "not_a_date"),
        ("1990", "only_a_year"),
        (1990, "only_a_year"),
        (33010, "date_as_number"),
        ("33010", "date_as_number"),
        (MIDNIGHT - timedelta(hours=2), "not_a_date"),
        ("17 grusdag 1990", "not_a_date"),
        ("31/06/1990", "impossible_date"),
        (True, "not_a_date"),
    ],
)
def test_birth_dates_that_nobody_can_be_sure_of(typed: Any, code: str) -> None:
    for kind in (xlsx, csv):
        assert complaints(kind(["Namn", "Född"], ["Anna Berg", typed])) == [(2, "birth_date", code)]


@pytest.mark.parametrize(
    ("header", "typed", "value"),
    [
        ("Närvarominuter", 480.0, 480),
        ("Närvarominuter", "480.0", 480),
        ("Närvarominuter", "480,00", 480),
        ("Närvarominuter", "2 400", 2400),
        ("Närvarominuter", "2\u00a0400", 2400),
        ("Godkänd", True, True),
        ("Godkänd", False, False),
        ("Godkänd", 1.0, True),
        ("Godkänd", 0, False),
        ("Godkänd", "SANT", True),
        ("Godkänd", "Ej godkänd", False),
        ("Godkänd", "G", True),
        ("Porträtt", "X", True),
    ],
)
def test_numbers_and_yes_or_no_as_spreadsheets_have_them(header: str, typed: Any, value: object) -> None:
    for kind in (xlsx, csv):
        (row,) = kind(["Namn", header], ["Anna Berg", typed]).rows
        assert list(row.facts.values()) == [value]


def test_a_telephone_number_that_became_a_number_is_one() -> None:
    (row,) = xlsx(["Namn", "Telefon"], ["Anna Berg", 46701234567.0]).rows
    assert row.phone == "46701234567"


def test_a_national_number_that_became_a_number_is_refused_and_not_repeated() -> None:
    for header in ("Anmärkning", "Född", "Närvarominuter", "Telefon"):
        roster = xlsx(["Namn", header], ["Anna Berg", 198112289874.0])
        assert [code for *_, code in complaints(roster)] == ["national_number"]
        assert "9874" not in str(roster)


@pytest.mark.parametrize("typed", ["#N/A", "#SAKNAS!", "#VERDI!", "#DIV/0!", "#REF!", "#I/T"])
@pytest.mark.parametrize("header", ["Namn", "Född", "E-post", "Närvarominuter", "Anmärkning"])
def test_a_formula_that_failed_is_told(typed: str, header: str) -> None:
    headers, cells = (["Namn", "Land"], [typed, "SE"]) if header == "Namn" else (["Namn", header], ["Anna Berg", typed])
    for kind in (xlsx, csv):
        assert [code for *_, code in complaints(kind(headers, cells))] == ["error_cell"]


@pytest.mark.parametrize("none", ["-", "–", "—", "--", " - "])
def test_a_dash_is_nothing(none: str) -> None:
    (row,) = csv(["Namn", "Född", "Telefon", "Godkänd"], ["Anna Berg", none, none, none]).rows
    assert (row.birth_date, row.phone, row.facts) == (None, None, {})


# ------------------------------------------------------------------ two rows, one person?


@pytest.mark.parametrize(
    ("rows", "held_back"),
    [
        pytest.param([("Bo Ek", "1990-01-01", 10), ("Bo Ek", "1991-01-01", 10)], {}, id="two people of one name"),
        pytest.param(
            [("Bo Ek", "1990-01-01", 10), ("Bo Ek", "", 10)], {3: "same_name_without_birth_date"}, id="one is missing"
        ),
        pytest.param(
            [("Bo Ek", "", 10), ("Bo Ek", "1990-01-01", 20)],
            {2: "same_name_without_birth_date", 3: "same_name_without_birth_date"},
            id="one is missing, and they differ",
        ),
        pytest.param(
            [("Bo O’Ek", "1990-01-01", 10), ("Bo O'Ek", "1990-01-01", 10)], {3: "same_person_twice"}, id="apostrophes"
        ),
        pytest.param(
            [("Ek, Bo", "1990-01-01", 10), ("Bo Ek", "1990-01-01", 10)], {3: "same_person_twice"}, id="turned"
        ),
    ],
)
def test_people_of_one_name(rows: Sequence[tuple[str, str, int]], held_back: dict[int, str]) -> None:
    roster = csv(["Namn", "Född", "Minuter"], *rows)
    assert {row: code for row, _, code in complaints(roster)} == held_back


# ------------------------------------------------------------------ whatever it is

cell = (
    st.none()
    | st.booleans()
    | st.integers(-(10**15), 10**15)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.dates(date(1900, 3, 1), date(2100, 1, 1))
    | st.text(max_size=15)
    | st.sampled_from(
        [*HEADERS, "Förnamn", "Efternamn", "Nr", "Personnr", "#", "Summa", "-", "=1", "900101-1234", "Anna Berg"]
    )
)


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(st.lists(cell, max_size=6), max_size=8))
def test_no_grid_makes_it_raise_and_every_filled_row_is_somebody_or_told(rows: list[list[Any]]) -> None:
    clean = [[None if isinstance(one, str) and not one.isprintable() else one for one in cells] for cells in rows]
    roster = xlsx(*clean)
    assert not {row.row for row in roster.rows} & roster.faults.keys()
    assert roster.rows or roster.faults
    assert all(fault.says[lang] for found in roster.faults.values() for fault in found for lang in ("sv", "nb", "en"))
    assert "900101-1234" not in str([row.name for row in roster.rows])
