"""Sign-in sheets that come as workbooks: days, times and minutes as a spreadsheet has them."""

from datetime import date, time
from typing import Any

import xlsxwriter

from levels.rulebook import rulebook
from registry.issuing.sittings.sheet import Reading, Sheet, read_sheet
from tests.registry.conftest import OCCASION, occasion_like
from tests.workbook_files import made, written

SESSIONS = [{"on": "2026-03-11", "minutes": 480}]
AGAINST = Reading(
    occasion_like(OCCASION, session=SESSIONS).numbered(),
    session=None,
    methods=rulebook("2026-01-01").methods,
    birth_needed=False,
    today=date(2026, 3, 13),
)


def read(*rows: list[Any]) -> Sheet:
    return read_sheet(written(rows), AGAINST)


def test_a_sheet_in_a_workbook_is_read_like_any_other() -> None:
    sheet = read(
        ["Närvaro 11 mars"], [], ["Efternamn", "Förnamn", "Minuter"], ["Berg", "Anna", 480.0], ["Ek", "Bo", 240]
    )
    assert not sheet.faults
    assert [(row, line.name, line.minutes) for row, line in sheet.lines] == [(4, "Anna Berg", 480), (5, "Bo Ek", 240)]


def test_days_above_columns_and_times_in_cells() -> None:
    sheet = read(["Namn", date(2026, 3, 11)], ["Anna Berg", "ja"], ["Bo Ek", 100])
    assert not sheet.faults
    assert [line.minutes for _, line in sheet.lines] == [480, 100]

    def fill(book: xlsxwriter.Workbook) -> None:
        page, clock = book.add_worksheet(), book.add_format({"num_format": "hh:mm"})
        page.write_row(0, 0, ["Namn", "Kom", "Gick"])
        page.write_string(1, 0, "Anna Berg")
        page.write_datetime(1, 1, time(8, 30), clock)
        page.write_datetime(1, 2, time(12, 0), clock)

    sheet = read_sheet(made(fill), AGAINST)
    assert not sheet.faults
    assert [(line.came, line.left, line.minutes) for _, line in sheet.lines] == [(time(8, 30), time(12, 0), 210)]


def test_what_is_nobody_is_told() -> None:
    sheet = read(["Namn", "Minuter"], ["Anna Berg", 480], ["Summa", 480])
    assert [(row, fault.code) for row, faults in sheet.faults.items() for fault in faults] == [(3, "totals_row")]
