"""Grids of text as files that people open in a spreadsheet program: CSV and XLSX in which nothing is computed. Pure."""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import xlsxwriter

from registry.reading.formulas import as_text, begins_formula
from registry.reading.sheets import letters

WIDEST, NARROWEST = 60, 10  # characters of a column
LONGEST_IN_A_CELL = 32_767  # of a workbook
LONGEST_SHEET_NAME = 31
LONGEST_TITLE, LONGEST_PROMPT = 32, 255
# What programs of that language expect between the cells of a text file.
CSV_DELIMITER: Final[Mapping[str, str]] = {"sv": ";", "nb": ";", "en": ","}
LISTS = "Lists"  # the sheet with long lists to choose from, which nobody sees
# A file says when it was made, unless it is told: the same list gives the same file.
_NO_TIME = datetime(2000, 1, 1, tzinfo=UTC)
_NOT_IN_SHEET_NAMES = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
# What a workbook cannot hold; it would not open.
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_TELEPHONE = re.compile(r"\+[0-9][0-9 ()./–-]{3,38}")

Lines = Sequence[tuple[int, Sequence[str]]]  # numbers of rows, from 1, and their cells


@dataclass(frozen=True)
class Choice:
    """A column in which one of a few words belongs. rows: first and last; prompt: shown when a cell is chosen."""

    column: int
    rows: tuple[int, int]
    words: Sequence[str] = ()
    title: str = ""
    prompt: str = ""


@dataclass(frozen=True)
class Written:
    """A sheet to be written. Columns are counted from 1.

    marked   cells that are to be seen, by row and column
    strong   rows whose cells are set in bold
    dates    columns that a spreadsheet takes for days
    choices  what may be chosen
    """

    name: str
    lines: Lines
    marked: frozenset[tuple[int, int]] = frozenset()
    strong: frozenset[int] = frozenset()
    dates: tuple[int, ...] = ()
    choices: tuple[Choice, ...] = ()
    widths: Mapping[int, int] = field(default_factory=dict)


def as_csv(lines: Lines, delimiter: str) -> bytes:
    """CSV in UTF-8 with its mark, each line where its number says; what looks like a formula is written as text."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter)
    at = 0
    for number, cells in lines:
        out.write("\r\n" * (number - at - 1))
        writer.writerow([as_text(cell) for cell in cells])
        at = number
    return out.getvalue().encode("utf-8-sig", "replace")


def as_xlsx(sheets: Sequence[Written]) -> bytes:
    """A workbook in which every cell is text."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(
        out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    )
    book.set_properties({"created": _NO_TIME})
    formats = {
        "plain": book.add_format({"num_format": "@"}),
        "strong": book.add_format({"num_format": "@", "bold": True, "text_wrap": True, "valign": "top"}),
        "marked": book.add_format({"num_format": "@", "bg_color": "#FFE699", "border": 1}),
        "both": book.add_format(
            {"num_format": "@", "bold": True, "text_wrap": True, "bg_color": "#FFE699", "border": 1}
        ),
        "day": book.add_format({"num_format": "yyyy-mm-dd"}),
    }
    names: list[str] = []
    lists: list[Sequence[str]] = []
    for sheet in sheets:
        names.append(_sheet_name(sheet.name, names))
        _write(book.add_worksheet(names[-1]), sheet, formats, lists)
    if lists:
        page = book.add_worksheet(LISTS)
        page.hide()
        for column, listed in enumerate(lists):
            for row, word in enumerate(listed):
                page.write_string(row, column, _cell(word))
    book.close()
    return out.getvalue()


def _write(  # xlsxwriter has no types
    page: Any,  # noqa: ANN401 same
    sheet: Written,
    formats: Mapping[str, Any],
    lists: list[Sequence[str]],
) -> None:
    widths: dict[int, int] = {}
    for number, cells in sheet.lines:
        for column, cell in enumerate(cells, 1):
            if not cell and (number, column) not in sheet.marked:
                continue
            strong, marked = number in sheet.strong, (number, column) in sheet.marked
            kind = "both" if strong and marked else "strong" if strong else "marked" if marked else "plain"
            page.write_string(number - 1, column - 1, _cell(cell), formats[kind])
            widths[column] = max(widths.get(column, NARROWEST), min(WIDEST, len(cell) + 2))
    for column, width in {**widths, **sheet.widths}.items():
        page.set_column(column - 1, column - 1, width, formats["day"] if column in sheet.dates else formats["plain"])
    for choice in sheet.choices:
        first, last = choice.rows
        rules = _rules(choice, lists)
        page.data_validation(first - 1, choice.column - 1, last - 1, choice.column - 1, rules)
    if sheet.strong:
        page.freeze_panes(max(sheet.strong), 0)


def _rules(choice: Choice, lists: list[Sequence[str]]) -> Mapping[str, object]:
    shown = {"input_title": choice.title[:LONGEST_TITLE], "input_message": choice.prompt[:LONGEST_PROMPT]}
    if not choice.words:
        return {"validate": "any", **shown}
    source: object = list(choice.words)
    if len(",".join(choice.words)) > LONGEST_PROMPT:  # then they have to stand in cells
        lists.append(choice.words)
        source = f"={LISTS}!${letters(len(lists))}$1:${letters(len(lists))}${len(choice.words)}"
    # A word that is not on the list may still be one that is read: a warning, not a wall.
    return {"validate": "list", "source": source, "error_type": "warning", **shown}


def _cell(text: str) -> str:
    """What a cell of a workbook can hold; a telephone number is text as it is."""
    kept = _NOT_IN_XML.sub("\ufffd", text)
    if begins_formula(kept) and not _TELEPHONE.fullmatch(kept):
        kept = as_text(kept)
    return kept[:LONGEST_IN_A_CELL]


def _sheet_name(wanted: str, taken: Sequence[str]) -> str:
    name = _NOT_IN_SHEET_NAMES.sub(" ", _NOT_IN_XML.sub(" ", wanted))[:LONGEST_SHEET_NAME].strip("' ") or "List"
    return name if name.casefold() not in {one.casefold() for one in taken} else f"{name[:28]} {len(taken) + 1}"
