"""Files that we write: nothing in them is computed, and the same grid gives the same bytes."""

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.reading.formulas import as_meant, begins_formula
from registry.reading.workbooks import Limits, sheets_of
from registry.reading.written import Choice, Written, as_csv, as_xlsx

LIMITS = Limits(1000, 60)


def test_lines_stand_where_their_numbers_say() -> None:
    lines = [(2, ["a", "b"]), (5, ["c;d", 'e"f'])]
    assert as_csv(lines, ";").decode("utf-8-sig") == '\r\na;b\r\n\r\n\r\n"c;d";"e""f"\r\n'
    ((sheet,), _) = sheets_of(as_xlsx([Written("L", lines)]), LIMITS)
    assert sheet.rows == ((2, ["a", "b"]), (5, ["c;d", 'e"f']))


def test_every_cell_of_a_workbook_is_text() -> None:
    cells = ["480", "1990-05-17", "=1+1", "http://example.com", "{=1}", "0701234567", "+46 70 123 45 67", "a\x00b"]
    ((sheet,), _) = sheets_of(as_xlsx([Written("L", [(1, cells)])]), LIMITS)
    assert sheet.rows == (
        (1, ["480", "1990-05-17", "'=1+1", "http://example.com", "{=1}", "0701234567", "+46 70 123 45 67", "a\ufffdb"]),
    )


@pytest.mark.parametrize("name", ["", "'", "a/b?c*d[e]f:g\\h", "x" * 40, "History\x00", "Lista"])
def test_a_sheet_gets_a_name_that_a_workbook_may_have(name: str) -> None:
    (first, second), _ = sheets_of(as_xlsx([Written(name, [(1, ["a"])]), Written(name, [(1, ["b"])])]), LIMITS)
    assert first.name
    assert first.name.casefold() != second.name.casefold()


def test_a_long_list_to_choose_from_stands_on_a_sheet_that_nobody_sees() -> None:
    words = [f"word {number}" for number in range(60)]
    data = as_xlsx([Written("L", [(1, ["a"])], choices=(Choice(1, (2, 9), words), Choice(1, (10, 11), ["x"])))])
    seen, hidden = sheets_of(data, LIMITS)
    assert ([sheet.name for sheet in seen], hidden) == (["L"], ["Lists"])
    ((lists,), _) = sheets_of(data, LIMITS, "Lists")
    assert [cells[0] for _, cells in lists.rows] == words


text = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=20)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(text, min_size=1, max_size=4), min_size=1, max_size=4), st.sampled_from(";,\t"))
def test_what_is_written_is_what_was_meant(rows: list[list[str]], sign: str) -> None:
    lines = list(enumerate(rows, 1))
    data = as_csv(lines, sign)
    assert data == as_csv(lines, sign)
    read = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=sign))
    for cells, kept in zip(rows, read, strict=True):
        if not any(cells):
            continue
        assert [as_meant(cell) for cell in kept] == [as_meant(cell) for cell in cells]
        assert not any(begins_formula(cell) for cell in kept)
