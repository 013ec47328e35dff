"""A class list handed back: all where it stood, what is wrong beside it, and nothing that must not be repeated."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from levels.rulebook import rulebook
from registry.issuing.lists.corrected import CSV_TYPE, XLSX_TYPE, corrected, media_type, table_of
from registry.issuing.lists.roster import read_roster
from registry.issuing.lists.roster_row import Roster, fault_again, texts
from registry.reading.sheets import Sheet
from registry.reading.workbooks import Limits, sheets_of
from tests.workbook_files import written

METHODS = rulebook("2026-01-01").methods
TODAY = date(2026, 6, 1)
LIMITS = Limits(50_100, 60)


def read(data: bytes) -> Roster:
    return read_roster(data, methods=METHODS, on=TODAY)


def handed_back(data: bytes, lang: str = "sv") -> bytes:
    table = table_of(data)
    assert table is not None
    assert media_type(table) == (XLSX_TYPE if data.startswith(b"PK") else CSV_TYPE)
    return corrected(table, read(data).faults, lang)


def lines(data: bytes) -> list[list[str]]:
    assert data.startswith(b"\xef\xbb\xbf")
    return [line.split(";") for line in data.decode("utf-8-sig").split("\r\n")]


def sheet(data: bytes) -> Sheet:
    ((found,), _) = sheets_of(data, LIMITS)
    return found


LIST = (
    "Heta arbeten i mars\n"
    "\n"
    "Nr;Namn;Född;Telefon;Godkänd\n"
    "1;Anna Berg;1990-05-17;+46 70 123 45 67;ja\n"
    "2;Bo Ek;17.5.90;;kanske\n"
    ";;;;\n"
    "3;Eva Öst;1985-02-03;;nej\n"
    "Summa;;;;\n"
)


def test_rows_and_columns_stand_where_they_stood() -> None:
    back = lines(handed_back(LIST.encode("cp1252")))
    assert back[0] == ["Heta arbeten i mars", *[""] * 6]
    assert back[1] == [""]
    assert back[2] == ["Nr", "Namn", "Född", "Telefon", "Godkänd", "vad som är fel", "vad du kan göra"]
    assert back[3] == ["1", "Anna Berg", "1990-05-17", "'+46 70 123 45 67", "ja", "", ""]
    assert back[4][:5] == ["2", "Bo Ek", "17.5.90", "", "kanske"]
    assert back[4][5].startswith('"Född: Årtalet har inte fyra siffror.')


@pytest.mark.parametrize(
    ("lang", "wrong", "todo", "title"),
    [
        (
            "sv",
            "Född: Årtalet har inte fyra siffror.",
            "Skriv år-månad-dag, till exempel 1990-05-17.",
            "vad som är fel",
        ),
        (
            "nb",
            "Född: Årstallet har ikke fire sifre.",
            "Skriv år-måned-dag, for eksempel 1990-05-17.",
            "hva som er feil",
        ),
        ("en", "Född: The year has not four digits.", "Write year-month-day, for example 1990-05-17.", "what is wrong"),
    ],
)
def test_it_says_what_is_wrong_and_what_to_do_in_the_readers_language(
    lang: str, wrong: str, todo: str, title: str
) -> None:
    for data in (LIST.encode(), written([line.split(";") for line in LIST.splitlines()])):
        back = handed_back(data, lang)
        table = table_of(back)
        assert table is not None
        told = dict(table.sheet.rows)
        assert told[3][5] == title
        assert (told[5][5].splitlines()[0], told[5][6].splitlines()[0]) == (wrong, todo)
        assert len(told[5][5].splitlines()) == len(told[5][6].splitlines()) == 2


def test_a_workbook_comes_back_as_a_workbook() -> None:
    data = written([["Namn", "Född"], ["Anna Berg", date(1990, 5, 17)], ["Bo", date(2031, 1, 1)]], names=["Lista 1"])
    back = sheet(handed_back(data))
    assert back.name == "Lista 1"
    assert back.rows[:2] == (
        (1, ["Namn", "Född", "vad som är fel", "vad du kan göra"]),
        (2, ["Anna Berg", "1990-05-17"]),
    )
    assert back.rows[2][1][2:] == ["Född: Datumet är inte rimligt.", "Kontrollera årtalet."]


def test_a_corrected_list_is_read_as_the_list_was() -> None:
    for data in (LIST.encode(), written([line.split(";") for line in LIST.splitlines()])):
        once = handed_back(data)
        assert read(once).rows == read(data).rows
        assert read(once).faults == read(data).faults
        # Handed back again, it has the two columns once.
        assert handed_back(once) == once


def test_what_was_corrected_is_taken() -> None:
    fixed = handed_back(LIST.encode()).replace(b"17.5.90", b"1991-06-18").replace(b"kanske", b"ja")
    roster = read(fixed)
    assert [row.name for row in roster.rows] == ["Anna Berg", "Bo Ek", "Eva Öst"]
    assert list(roster.faults) == [8]


NUMBER = "19121212-1212"


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param([["Namn", "Anmärkning"], ["Anna Berg", NUMBER]], id="in a cell"),
        pytest.param([["Namn", "Anmärkning"], [f"Anna {NUMBER}", ""]], id="in the name"),
        pytest.param([["Namn", "Född"], ["Anna Berg", NUMBER]], id="as birth date"),
        pytest.param([["Namn", "Personnr"], ["Anna Berg", NUMBER]], id="under a header that is refused"),
        pytest.param([["Namn", "Nr"], ["Anna Berg", NUMBER]], id="in a column that is ignored"),
        pytest.param([[f"Kurs {NUMBER}"], ["Namn", "Född"], ["Anna Berg", "1990-05-17"]], id="in a title"),
        pytest.param([["Namn", "Född"], ["Anna Berg", "1990-05-17"], ["Summa", "", NUMBER]], id="beside the table"),
        pytest.param([["Namn", NUMBER], ["Anna Berg", "x"]], id="as a header"),
        pytest.param([["Namn", "Telefon"], ["Anna Berg", "811228-9874"]], id="as a telephone number"),
    ],
)
def test_a_national_number_is_left_out_and_the_row_says_so(rows: Sequence[Sequence[str]]) -> None:
    width = max(map(len, rows))
    padded = [[*cells, *[""] * (width - len(cells))] for cells in rows]
    for data in ("\n".join(";".join(cells) for cells in padded).encode(), written(rows)):
        back = handed_back(data)
        table = table_of(back)
        assert table is not None
        cells = [cell for _, cells in table.sheet.rows for cell in cells]
        assert not any("1212" in cell or "9874" in cell for cell in cells)
        assert any("personnummer eller fødselsnummer" in cell or "upprepas inte" in cell for cell in cells)


@pytest.mark.parametrize("header", ["personnummer", "Personnummer", "pnr", "fodselsnummer"])
def test_the_column_of_numbers_keeps_its_header(header: str) -> None:
    back = lines(handed_back(f"Namn;{header};Född\nAnna Berg;{NUMBER};x\n".encode()))
    assert back[0][:3] == ["Namn", header, "Född"]
    assert back[1][:2] == ["Anna Berg", ""]


def test_what_is_wrong_with_headers_stands_beside_them() -> None:
    back = handed_back("Namn;Född;Skostorlek\nAnna Berg;1990-13-01;42\nBo Ek;1990-01-01;43\n".encode())
    told = lines(back)
    wrong, todo = told[0][3:]
    wrong, todo = wrong.strip('"'), todo.strip('"')
    assert wrong == "vad som är fel\nIngen vet vad kolumnen Skostorlek betyder."
    assert "byt rubrik" in todo
    assert told[1][3].startswith("Född: "), "and what is wrong with a row stands beside the row"
    assert "".join(told[2][3:]) == ""
    again = table_of(back)
    assert again is not None
    assert again.columns[3:] == ("ignored", "ignored"), "what was added is known when the list is read again"


def test_a_mistyped_header_is_named_once_as_a_list_in_that_language_has_it() -> None:
    found = read("Namn;Född;Resutlat registrerat\nAnna Berg;1990-13-01;ja\n".encode())
    (header,), (row,) = found.faults[1], found.faults[2]
    assert found.names == {2: "Anna Berg"}, "who it is about is known, whatever else is wrong"
    assert (header.code, row.code, found.rows) == ("column_unknown_near", "impossible_date", ())
    assert "Menar du resultat registrerat?" in header.says["sv"]
    assert "Mener du resultat registrert?" in header.says["nb"]
    assert "Do you mean result recorded?" in header.says["en"]
    assert fault_again(header.kept_form()).says == header.says


def test_without_a_table_nothing_is_handed_back() -> None:
    assert table_of(b"") is None
    assert table_of(b"PK\x03\x04") is None


@pytest.mark.parametrize("file", ["tables", "roster"])
@pytest.mark.parametrize("lang", ["sv", "nb", "en"])
def test_every_sentence_says_what_is_wrong_and_what_to_do(file: str, lang: str) -> None:
    from importlib.resources import files
    from tomllib import loads

    place = {"tables": "registry.reading", "roster": "registry.issuing"}[file]
    codes = loads((files(place) / "texts" / f"{file}.toml").read_text(encoding="utf-8"))
    for code in codes:
        says = texts()[code][lang]
        assert len([part for part in says.replace("{signs}).", "x.").split(". ") if part]) >= 2, (code, says)


cell = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=12)


@settings(max_examples=40, deadline=None)
@given(
    rows=st.lists(st.lists(cell, min_size=2, max_size=2), min_size=1, max_size=4), lang=st.sampled_from(["sv", "nb"])
)
def test_whatever_stands_there_is_handed_back_harmless(rows: list[list[str]], lang: str) -> None:
    quoted = [";".join('"' + text.replace('"', '""') + '"' for text in cells) for cells in (["namn", "e-post"], *rows)]
    data = "\n".join(quoted).encode()
    table = table_of(data)
    if table is None:
        return
    back = corrected(table, read(data).faults, lang)
    again: Any = table_of(back)
    for number, cells in again.sheet.rows:
        for at, text in enumerate(cells):
            assert not text.lstrip(" \u00a0").startswith(("=", "+", "-", "@")), (number, at, text)
