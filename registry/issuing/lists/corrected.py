"""A class list handed back: as it was handed in, and beside each row what is wrong and what to do. Pure.

Rows and columns stand where they stood. What may be a national number is left out, and the row says so. The two new
columns are known when the list is read again, and ignored.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

from registry.issuing.lists.outcome import BatchResult, UnmetRow
from registry.issuing.lists.roster import format_of
from registry.issuing.lists.roster_cells import words
from registry.issuing.lists.roster_numbers import NUMBER_COLUMNS
from registry.issuing.lists.roster_row import Fault, fault, header_of, texts
from registry.issuing.lists.roster_template import columns_stating
from registry.reading.cells import shown
from registry.reading.national_number import holds_national_number
from registry.reading.tables import Table, TableRefused, is_answer, read_table
from registry.reading.written import CSV_DELIMITER, Written, as_csv, as_xlsx
from registry.reading.wrong import Unreadable

CSV_TYPE: Final = "text/csv; charset=utf-8; header=present"
XLSX_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_QUOTED = re.compile("”[^”]*”|«[^»]*»|“[^”]*”|‘[^’]*’")
_SENTENCE_ENDS = re.compile(r"(?<=[.!?]) +(?=[A-ZÅÄÖÆØ])")


def table_of(data: bytes, sheet: str | None = None) -> Table | None:
    """The table in a file that may have any faults; None where there is no table to hand back."""
    try:
        return read_table(data, format_of(with_numbers=True), sheet)
    except TableRefused as refused:
        return refused.table
    except Unreadable:
        return None


def corrected(table: Table, faults: Mapping[int, Sequence[Fault]], lang: str) -> bytes:
    """The same rows and columns, and two columns more: what is wrong, and what to do.

    faults  by row, as the list was answered; those of the file as a whole stand beside the headers, as theirs do
    """
    grid = _Grid(table)
    rows = dict(table.sheet.rows)
    by_row: dict[int, list[Fault]] = {}
    for number, found in faults.items():
        by_row.setdefault(max(number, table.header), []).extend(found)
    lines: list[tuple[int, list[str]]] = []
    marked: set[tuple[int, int]] = set()
    for number in sorted(rows.keys() | by_row.keys()):
        cells, left_out = grid.cells(rows.get(number, ()))
        found = [*by_row.get(number, []), *left_out]
        if number == table.header:
            titles, told = (_title("wrong", lang), _title("todo", lang)), grid.answer(by_row.get(number, []), lang)
            answer = ["\n".join(filter(None, both)) for both in zip(titles, told, strict=True)]
        else:
            answer = grid.answer(found, lang)
        marked |= {
            (number, place) for place in grid.places({one.column for one in found}, named=number == table.header)
        }
        lines.append((number, [*cells, *answer]))
    if table.sheet.delimiter is not None:
        return as_csv(lines, CSV_DELIMITER[lang])
    sheet = Written(table.sheet.name, lines, frozenset(marked), strong=frozenset({table.header}))
    return as_xlsx([sheet])


def faults_by_row(result: BatchResult) -> Mapping[int, tuple[Fault, ...]]:
    """What an answer finds wrong with each row, requirements that do not hold among it."""
    found = {row.row: (*row.faults, *map(_missed, row.unmet)) for row in result.rows if row.outcome != "issued"}
    return {number: faults for number, faults in found.items() if faults}


def media_type(table: Table) -> str:
    """What `corrected` gives."""
    return XLSX_TYPE if table.sheet.delimiter is None else CSV_TYPE


# ------------------------------------------------------------------ cells


class _Grid:
    """The columns of a table as they are handed back: all but those that we added to the list before."""

    def __init__(self, table: Table) -> None:
        headers = next(cells for number, cells in table.sheet.rows if number == table.header)
        width = max(len(cells) for _, cells in table.sheet.rows)
        self._kept = [at for at in range(width) if at >= len(headers) or not is_answer(headers[at])]
        spelt = [*table.spelt, *[None] * width]
        self._columns = [spelt[at] for at in self._kept]
        self._headers = [headers[at].strip() if at < len(headers) else "" for at in self._kept]

    def cells(self, row: Sequence[str]) -> tuple[list[str], list[Fault]]:
        """The cells of a row, without those that may not be repeated; and why these are empty now."""
        cells, left_out = [row[at] if at < len(row) else "" for at in self._kept], []
        for place, (cell, column) in enumerate(zip(cells, self._columns, strict=True)):
            if column in NUMBER_COLUMNS and cell.strip() not in {"", self._headers[place]}:
                cells[place] = ""
                left_out.append(fault("number_not_repeated", column=column))
            elif _may_not_be_repeated(cell, column):
                cells[place] = ""
                left_out.append(fault("national_number", column=column or self._header(place)))
        return cells, left_out

    def answer(self, found: Sequence[Fault], lang: str) -> list[str]:
        """What is wrong with a row and what to do, a line each."""
        named = {column: header for column, header in zip(self._columns, self._headers, strict=True) if column}
        told = dict.fromkeys(_in_two(one, named, lang) for one in found)
        return ["\n".join(part for part in parts if part) for parts in zip(*told, strict=True)] or ["", ""]

    def places(self, columns: Collection[str | None], *, named: bool = False) -> Iterator[int]:
        """Where these columns stand, from 1; named: those too that have no name but their header."""
        for place, (column, header) in enumerate(zip(self._columns, self._headers, strict=True), 1):
            if (column and column in columns) or (named and header and shown(header) in columns):
                yield place

    def _header(self, place: int) -> str | None:
        """A header that may be repeated."""
        return shown(self._headers[place]) or None


def _may_not_be_repeated(cell: str, column: str | None) -> bool:
    if column == "phone":
        return holds_national_number(cell, phone=True)
    return shown(cell, birth=column == "birth_date") is None


# ------------------------------------------------------------------ words


def _in_two(wrong: Fault, named: Mapping[str, str], lang: str) -> tuple[str, str]:
    """What is wrong, with the header as it stands in the list; and what to do."""
    says = wrong.says[lang]
    hidden = _QUOTED.sub(lambda quoted: "_" * len(quoted[0]), says)
    end = _SENTENCE_ENDS.search(hidden)
    first, rest = (says[: end.start()], says[end.end() :]) if end else (says, "")
    where = named.get(wrong.column or "") or words()["template"].get(lang, {}).get(wrong.column, wrong.column)
    return (f"{where}: {first}" if where and where not in first else first), rest


def _missed(unmet: UnmetRow) -> Fault:
    """A requirement that does not hold, said as a fault is, and which column could state what is not known."""
    columns = columns_stating(unmet.facts)
    says = {
        lang: text.format(
            id=unmet.id,
            title=unmet.title[lang],
            found=unmet.found[lang],
            wanted=unmet.wanted[lang],
            lift=(unmet.lift[lang][:1].upper() + unmet.lift[lang][1:]).removesuffix("."),
            columns=", ".join(header_of(column, lang) for column in columns),
        )
        for lang, text in texts()["requirement_not_known" if columns else "requirement_unmet"].items()
    }
    return Fault(code="requirement_unmet", says=says)


def _title(which: str, lang: str) -> str:
    titles: Mapping[str, str] = words()["answer"][which]
    return titles[lang]
