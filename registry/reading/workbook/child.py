"""The process that opens a stranger's workbook: bounded in memory and time, able to open nothing and to call nobody.

On stdin a line of JSON, {"rows", "columns", "sheet"}, then the file; on stdout a line of JSON for each thing found, and
at last {"end": true}: without that the answer is no answer. Started by `registry.reading.workbooks`.
"""

import gc
import json
import os
import sys
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from io import BytesIO
from typing import Any

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from registry.reading.workbook.archive import MEBIBYTE, NotReadable, inflated, parts_of
from registry.reading.workbook.sheet_xml import Book, Places, SheetPart, Tags, Walk, book_of, watched
from verification.apart.confine import confine

MOST_MEMORY = 256 * MEBIBYTE  # beside what the process has when it starts
MOST_SECONDS = 10  # of work
LONGEST_CELL = 100_000  # characters; three times what Excel allows
MOST_TEXT = (
    40 * MEBIBYTE
)  # characters of all cells together: a text that a thousand cells share is told a thousand times
ROWS_A_LINE = 500
MOST_NAMES = 20  # of sheets that are told
EXACT_BELOW = 10**15  # a whole number that a cell can hold exactly

_NAMESPACE = "http://schemas.openxmlformats.org"
_MAIN, _PACKAGE = f"{_NAMESPACE}/spreadsheetml/2006/main", f"{_NAMESPACE}/package/2006"
_DOCUMENT = f"{_NAMESPACE}/officeDocument/2006/relationships"

Told = Mapping[str, Any]


def answer(data: bytes, most_rows: int, most_columns: int, sheet: str | None) -> Iterator[Told]:
    """What the workbook holds, piece by piece. Raises NotReadable.

    sheet  the one asked for; None = all that can be seen
    """
    parts, tags = parts_of(data), Tags()

    def content(name: str) -> Iterator[bytes]:
        return inflated(data, parts[name])

    book = book_of(content, parts, tags)
    wanted = _wanted(book.sheets, sheet)
    copy, places = BytesIO(), list[Places]()
    with zipfile.ZipFile(copy, "w") as archive:
        for name, text in _frame(book, len(wanted)).items():
            archive.writestr(name, text)
        for name, part in (("xl/sharedStrings.xml", book.strings), ("xl/styles.xml", book.styles)):
            if part is not None:
                _put(archive, name, watched(content(part), tags))
        for number, each in enumerate(wanted):
            walk = Walk(most_rows, most_columns)
            _put(archive, f"xl/worksheets/sheet{number}.xml", walk.over(content(each.part), tags))
            places.append(walk.places)
    copy.seek(0)
    try:
        yield from _told(CalamineWorkbook.from_filelike(copy), wanted, places)
    except CalamineError:
        raise NotReadable("workbook_damaged") from None
    yield {"others": [one.name for one in book.sheets if one not in wanted][:MOST_NAMES]}
    yield {"end": True}


def _wanted(sheets: tuple[SheetPart, ...], asked: str | None) -> list[SheetPart]:
    if asked is None:
        seen = [one for one in sheets if not one.hidden]
        return seen or list(sheets)[:1]
    same = [one for one in sheets if one.name.strip().casefold() == asked.strip().casefold()]
    if len(same) != 1:
        raise NotReadable("sheet_unknown", sheet=asked, sheets=", ".join(one.name for one in sheets[:MOST_NAMES]))
    return same


def _put(archive: zipfile.ZipFile, name: str, pieces: Iterable[bytes]) -> None:
    with archive.open(name, "w") as part:
        for piece in pieces:
            part.write(piece)


def _frame(book: Book, sheets: int) -> Mapping[str, str]:
    """All that stands around the sheets, written anew: the reader of values sees nothing that was not looked at."""
    numbers = range(sheets)
    listed = "".join(f'<sheet name="{number}" sheetId="{number + 1}" r:id="s{number}"/>' for number in numbers)
    related = "".join(
        f'<Relationship Id="s{number}" Type="{_DOCUMENT}/worksheet" Target="worksheets/sheet{number}.xml"/>'
        for number in numbers
    )
    for kind, part in (("sharedStrings", book.strings), ("styles", book.styles)):
        if part is not None:
            related += f'<Relationship Id="{kind}" Type="{_DOCUMENT}/{kind}" Target="{kind}.xml"/>'
    day_0 = '<workbookPr date1904="1"/>' if book.counts_from_1904 else ""
    return {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"/>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="w" '
        f'Type="{_DOCUMENT}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_DOCUMENT}">'
        f"{day_0}<sheets>{listed}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">{related}</Relationships>',
    }


# ------------------------------------------------------------------ values


def _told(workbook: CalamineWorkbook, sheets: list[SheetPart], places: list[Places]) -> Iterator[Told]:
    left = MOST_TEXT
    for number, (sheet, place) in enumerate(zip(sheets, places, strict=True)):
        yield {
            "sheet": sheet.name,
            "hidden": sheet.hidden,
            "hidden_rows": place.hidden_rows,
            "hidden_columns": place.hidden_columns,
            "merged": place.merged,
            "computed": list(place.computed.items()),
        }
        rows: list[tuple[int, list[str]]] = []
        for row in _rows(workbook.get_sheet_by_index(number), place):
            left -= sum(map(len, row[1]))
            if left < 0:
                raise NotReadable("workbook_too_heavy")
            rows.append(row)
            if len(rows) == ROWS_A_LINE:
                yield {"rows": rows}
                rows = []
        if rows:
            yield {"rows": rows}


def _rows(sheet: CalamineSheet, places: Places) -> Iterator[tuple[int, list[str]]]:
    """The filled rows with their numbers, each from column A to its last filled cell."""
    errors: dict[int, dict[int, str]] = {}
    for (row, column), text in places.errors.items():
        errors.setdefault(row, {})[column] = text or "#N/A"
    for row, column in places.uncomputed:
        errors.setdefault(row, {})[column] = "="
    for number, values in enumerate(sheet.to_python(skip_empty_area=False), 1):
        cells = [value if isinstance(value, str) else _as_text(value) for value in values]
        if number in errors:
            _write_over(cells, errors.pop(number))
        while cells and not cells[-1]:
            cells.pop()
        if cells:
            if len(longest := max(cells, key=len)) > LONGEST_CELL:
                raise NotReadable("cell_too_long", row=number, number=cells.index(longest) + 1, limit=LONGEST_CELL)
            yield number, cells
    # Rows in which nothing else stands.
    for row in sorted(errors):
        alone: list[str] = []
        _write_over(alone, errors[row])
        yield row, alone


def _write_over(cells: list[str], texts: Mapping[int, str]) -> None:
    for column, text in texts.items():
        cells.extend([""] * (column - len(cells)))
        cells[column - 1] = text


def _as_text(value: object) -> str:
    """As somebody would type it: days as 1990-05-17, whole numbers without a point."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        if value.is_integer() and abs(value) < EXACT_BELOW:
            return str(int(value))
        return format(value, ".15g")
    if isinstance(value, datetime):
        return value.isoformat(" ", "seconds" if not value.microsecond else "auto")
    return str(value)  # a day, a time of day, a length of time


# ------------------------------------------------------------------ the process


def main() -> None:
    """Read stdin, answer on stdout."""
    gc.disable()  # what is made here goes with the process, and looking through it takes as long as reading
    asked = json.loads(sys.stdin.buffer.readline())
    data = sys.stdin.buffer.read()
    confine(MOST_MEMORY, MOST_SECONDS)
    out = sys.stdout.buffer
    try:
        for told in answer(data, asked["rows"], asked["columns"], asked["sheet"]):
            out.write(json.dumps(told).encode("ascii") + b"\n")
    except NotReadable as refused:
        out.write(json.dumps({"wrong": refused.code, "params": refused.params}).encode("ascii") + b"\n")
    except MemoryError:
        out.write(b'{"wrong": "workbook_too_heavy", "params": {}}\n')
    out.flush()
    # What is left to tidy up belongs to the process, and so does what it might complain of.
    os._exit(0)
