"""A table as people have it (CSV, XLSX) to named columns and filled rows.

Row numbers are those a spreadsheet shows; row 0 is the file as a whole. The header is looked for below titles, and rows
that are no people (totals, notes, what nobody sees) are told by row, never left out in silence.
"""

import difflib
import re
import tomllib
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from registry.reading.cells import SHOWN, folded, in_order, shown, visible
from registry.reading.delimited import HEADER_WITHIN, sheet_of_text
from registry.reading.national_number import holds_national_number
from registry.reading.sheets import Row, Sheet, letters
from registry.reading.workbooks import Limits, is_workbook, sheets_of
from registry.reading.wrong import FILE, Unreadable, Wrong

MAX_COLUMNS = 60
SPARE_ROWS = 100  # titles, blanks and notes beside the people
MEBIBYTE = 1024 * 1024
FULL_ROW = 3  # cells: where everybody has so many, one by itself below them is a note
IGNORED = "ignored"
LONGEST_IGNORED = 20_000  # characters; what we wrote beside a row ourselves may be long
PARTS_OF_NAME = ("first_name", "middle_name", "last_name")
_LAST_FIRST = "last_name_first"
_NUMBER_SIGNS = ("#", "№")  # above a column that counts the rows
_DATE_HINT = re.compile(r"[\s./,;:-]*(?:[aåyd]{1,4}[\s./-]*[md]{1,2}[\s./-]*[aåyd]{1,4})[\s./-]*", re.IGNORECASE)


def _nothing_more(_: str) -> Wrong | None:
    return None


@dataclass(frozen=True)
class Format:
    """What a kind of table may look like.

    headers    every spelling of a header, `folded`, to our name of the column
    needed     columns without which there is nothing to read; a name may stand in two
    repeated   columns that may stand there more than once
    refuse     why a header that is not known is refused, where there is more to say than that
    """

    headers: Mapping[str, str]
    needed: tuple[str, ...]
    max_bytes: int
    max_rows: int
    repeated: frozenset[str] = frozenset()
    refuse: Callable[[str], Wrong | None] = _nothing_more


@dataclass(frozen=True)
class Table:
    """The filled rows.

    columns   our name for each; None for a column without header and content, and for one that is joined to others
    spelt     the same, before any are joined: as they stand in the sheet
    header    the number of the row with the headers
    wrong     rows that are not among `rows`, each with why
    sheet     all that stood there, as it stood there
    computed  of rows that are among `rows`, the cells in columns that are read and that a formula computes
    """

    columns: tuple[str | None, ...]
    spelt: tuple[str | None, ...]
    rows: tuple[Row, ...]
    header: int
    sheet: Sheet
    wrong: Mapping[int, tuple[Wrong, ...]] = field(default_factory=dict)
    computed: Mapping[int, tuple[Wrong, ...]] = field(default_factory=dict)

    def computed_beside(self, row: int, said: Container[str | None]) -> Sequence[Wrong]:
        """What a formula computes in a row, but in columns of which something else is said."""
        return [one for one in self.computed.get(row, ()) if one.column not in said]


class TableRefused(Unreadable):
    """The table is refused for its header or its length, but it can be handed back.

    It has its rows where all that is wrong is a column that nobody can read: what else is wrong can be told with it.
    """

    def __init__(self, table: Table, row: int, *wrong: Wrong) -> None:
        super().__init__(row, *wrong)
        self.table = table


@cache
def shared_headers() -> Mapping[str, Any]:
    """The headers that every table has, and those that none may have: `headers.toml`."""
    return tomllib.loads((files("registry.reading") / "headers.toml").read_text(encoding="utf-8"))


def by_spelling(columns: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """Every spelling of a header, folded, to our name of the column, which is one of them."""
    return {folded(spelling): column for column, listed in columns.items() for spelling in (column, *listed)}


def read_table(data: bytes, expected: Format, sheet: str | None = None) -> Table:
    """The table in a file. Raises Unreadable.

    data   XLSX; or CSV with comma, semicolon or tab, in UTF-8 with or without its mark, UTF-16 with it, or cp1252
    sheet  which one of a workbook; None = the one that can be seen and has people
    """
    if len(data) > expected.max_bytes:
        raise Unreadable(FILE, Wrong("file_too_large", params={"limit": expected.max_bytes // MEBIBYTE}))
    most_rows = expected.max_rows + SPARE_ROWS
    if is_workbook(data):
        seen, others = sheets_of(data, Limits(most_rows, MAX_COLUMNS), sheet)
        found = _chosen(seen, others, expected)
    elif sheet is not None:
        raise Unreadable(FILE, Wrong("sheet_of_text"))
    else:
        found = sheet_of_text(data, expected.headers, most_rows=most_rows, most_columns=MAX_COLUMNS)
    if not found.rows:
        raise Unreadable(FILE, Wrong("empty_file"))
    return _table(found, expected)


# ------------------------------------------------------------------ which sheet, and where the table begins


def _chosen(seen: Sequence[Sheet], others: Sequence[str], expected: Format) -> Sheet:
    explaining = {folded(name) for name in shared_headers()["explanation"]["sheets"]}
    told = [sheet for sheet in seen if folded(sheet.name) not in explaining] or list(seen)
    with_people = [sheet for sheet in told if _has_people(sheet, expected)]
    if len(with_people) > 1:
        names = ", ".join(visible(sheet.name) for sheet in with_people)
        raise Unreadable(FILE, Wrong("which_sheet", params={"sheets": names}))
    filled = [sheet for sheet in told if sheet.rows]
    if not with_people and others and not any(_begins(sheet, expected) for sheet in filled):
        raise Unreadable(FILE, Wrong("sheets_hidden", params={"sheets": ", ".join(map(visible, others))}))
    headed = [sheet for sheet in filled if _begins(sheet, expected)]
    return next(iter([*with_people, *headed, *filled, *told]), Sheet(rows=()))


def _begins(sheet: Sheet, expected: Format) -> bool:
    """Whether some row has the headers that are needed."""
    return _headers_at(sheet, expected)[1]


def _has_people(sheet: Sheet, expected: Format) -> bool:
    at, whole = _headers_at(sheet, expected)
    if not whole:
        return False
    named = [number for number, column in enumerate(_known(sheet.rows[at][1], expected)) if _is_of_name(column)]
    return any(number < len(cells) and cells[number].strip() for _, cells in sheet.rows[at + 1 :] for number in named)


def _headers_at(sheet: Sheet, expected: Format) -> tuple[int, bool]:
    """Which of the first filled rows has most known headers, and whether it has all that are needed."""
    best = (False, 0, 0)
    for at, (_, cells) in enumerate(sheet.rows[:HEADER_WITHIN]):
        known = {column for column in _known(cells, expected) if column is not None}
        whole = not _missing(known, expected)
        if (whole, len(known)) > best[:2]:
            best = (whole, len(known), at)
    return best[2], best[0]


def _known(headers: Sequence[str], expected: Format) -> list[str | None]:
    return [_column(header, expected) for header in headers]


def _column(header: str, expected: Format) -> str | None:
    """Our name for a header: as it is spelt, or without what is added to it in brackets or below it."""
    header = header.strip()
    if header in _NUMBER_SIGNS or is_answer(header):
        return IGNORED
    if len(header) > SHOWN or "%" in header:  # a share is not what the header would be without the sign
        return None
    if column := expected.headers.get(folded(header)):
        return column
    found = re.fullmatch(r"([^(\[\n]+?)\s*(?:[(\[]([^()\[\]]*)[)\]]|\n(.*))\s*", header, re.DOTALL)
    if found is None or not _is_hint(found[2] or found[3] or ""):
        return None
    return expected.headers.get(folded(found[1]))


def is_answer(header: str) -> bool:
    """Whether a header is of the columns that a list gets when it is handed back; below it stands what is wrong."""
    title = header.strip().partition("\n")[0]
    return folded(title) in _answer_titles()


@cache
def _answer_titles() -> frozenset[str]:
    return frozenset(folded(spelling) for spelling in shared_headers()["columns"]["ignored"])


def _is_hint(added: str) -> bool:
    hints = {folded(hint) for hint in shared_headers()["hints"]["words"]}
    return folded(added) in {*hints, ""} or _DATE_HINT.fullmatch(added) is not None


def _missing(columns: Iterable[str | None], expected: Format) -> list[str]:
    known = set(columns)
    parts = known & {"first_name", "last_name"}
    if _LAST_FIRST in known or parts:
        known.add("name")
    missing = [needed for needed in expected.needed if needed not in known]
    return [*missing, *({"first_name", "last_name"} - parts)] if len(parts) == 1 and "name" not in columns else missing


def _is_of_name(column: str | None) -> bool:
    return column in {"name", _LAST_FIRST, *PARTS_OF_NAME}


# ------------------------------------------------------------------ columns


def _table(sheet: Sheet, expected: Format) -> Table:
    at, _ = _headers_at(sheet, expected)
    header, headers = sheet.rows[at]
    body = sheet.rows[at + 1 :]
    rows, wrong = _people(sheet, headers, _known(headers, expected), body)
    if sheet.delimiter is None:  # a workbook has no empty cells at the end of a row
        width = max([len(headers), *(len(cells) for _, cells in rows)])
        headers = [*headers, *[""] * (width - len(headers))]
        rows = [
            (number, cells if len(cells) == width else [*cells, *[""] * (width - len(cells))]) for number, cells in rows
        ]
    columns = _known(headers, expected)
    spelt = tuple(columns)
    as_it_is = Table(spelt, spelt, (), header, sheet)
    wrong_headers = _wrong_headers(sheet, header, headers, rows, expected)
    readable = (rows or wrong) and len(body) <= expected.max_rows
    if wrong_headers and (not readable or any(one.code in _IN_THE_WAY for one in wrong_headers)):
        raise TableRefused(as_it_is, header, *wrong_headers)
    if not rows and not wrong:
        raise TableRefused(as_it_is, FILE, Wrong("no_rows"))
    if len(body) > expected.max_rows:
        raise TableRefused(as_it_is, FILE, Wrong("too_many_rows", params={"limit": expected.max_rows}))
    wide = len(columns)
    wrong |= {number: misfit for number, cells in rows if len(cells) != wide and (misfit := _misfit(cells, columns))}
    columns, rows = _joined(columns, [row for row in rows if row[0] not in wrong] if wrong else rows, wrong)
    whys = {number: (why,) for number, why in wrong.items()}
    table = Table(tuple(columns), spelt, tuple(rows), header, sheet, whys, _computed(sheet, spelt, rows))
    if wrong_headers:
        raise TableRefused(table, header, *wrong_headers)
    return table


def _computed(sheet: Sheet, columns: Sequence[str | None], rows: Sequence[Row]) -> dict[int, tuple[Wrong, ...]]:
    """By row what a formula computes in columns that are read. Nobody typed it, and it may be long out of date."""
    if not sheet.computed:
        return {}
    read = [at for at, column in enumerate(columns) if column is not None and column != IGNORED]
    found: dict[int, tuple[Wrong, ...]] = {}
    for number, _ in rows:
        by_formula = frozenset(sheet.computed.get(number, ()))
        if wrong := tuple(Wrong("computed_cell", columns[at]) for at in read if at + 1 in by_formula):
            found[number] = wrong
    return found


# With these, what stands in the other columns may not be what their headers say, or who it is about is not known.
_IN_THE_WAY = frozenset({"column_twice", "column_part_of_name", "column_hidden", "column_missing"})


def _wrong_headers(
    sheet: Sheet, header: int, headers: Sequence[str], rows: Sequence[Row], expected: Format
) -> list[Wrong]:
    """All that is wrong with the headers; header: the number of their row."""
    columns = _known(headers, expected)
    wrong: list[Wrong] = []
    for number, (spelt, column) in enumerate(zip((spelt.strip() for spelt in headers), columns, strict=True), 1):
        name = shown(spelt)
        if column is not None and columns.index(column) < number - 1 and column not in {*expected.repeated, IGNORED}:
            if columns[: number - 1].count(column) == 1:  # once is enough said
                wrong.append(Wrong("column_twice", column, name))
        elif column in {_LAST_FIRST, *PARTS_OF_NAME} and "name" in columns:
            wrong.append(Wrong("column_part_of_name", name, name))
        elif spelt and sheet.hides_column(number) and column != IGNORED:
            wrong.append(Wrong("column_hidden", name, name))
        elif spelt and column is None:
            wrong.append(_unknown(spelt, number, expected))
        elif spelt and column != IGNORED and number in sheet.computed.get(header, ()):
            wrong.append(Wrong("column_computed", name, name))
        elif not spelt and any(len(cells) >= number and cells[number - 1].strip() for _, cells in rows):
            place = number if sheet.delimiter is not None else letters(number)
            wrong.append(Wrong("column_without_name", params={"number": place}))
    return [*wrong, *(Wrong("column_missing", needed) for needed in _missing(columns, expected))]


def _unknown(header: str, number: int, expected: Format) -> Wrong:
    if holds_national_number(header):
        return Wrong("national_number", f"#{number}")
    name = visible(header)
    for code, spellings in shared_headers()["refused_columns"].items():
        if folded(header) in {folded(spelling) for spelling in spellings}:
            return Wrong(code, name, name)
    if refused := expected.refuse(header):
        return refused
    meant = [spelling for spelling, column in expected.headers.items() if column != IGNORED]
    near = difflib.get_close_matches(folded(header)[:SHOWN], meant, n=1, cutoff=0.7)
    if near:
        return Wrong("column_unknown_near", name, name, {"near": expected.headers[near[0]]})
    return Wrong("column_unknown", name, name)


def _joined(
    columns: list[str | None], rows: Sequence[Row], wrong: dict[int, Wrong]
) -> tuple[list[str | None], list[Row]]:
    """The same with one column for the name where it stood in several; rows with only a part of it go to `wrong`."""
    parts = {column: at for at, column in enumerate(columns) if column in {_LAST_FIRST, *PARTS_OF_NAME}}
    if not parts:
        return columns, list(rows)
    joined: list[Row] = []
    for number, cells in rows:
        has = {column: cells[at].strip() for column, at in parts.items()}
        if _LAST_FIRST in has:
            name = in_order(has[_LAST_FIRST])
            if name and name == has[_LAST_FIRST]:
                wrong[number] = Wrong("name_order", "name", shown(name))
        else:
            name = " ".join(filter(None, (has.get(part) for part in PARTS_OF_NAME)))
            missing = next((part for part in ("first_name", "last_name") if not has[part]), None)
            if name and missing:
                wrong[number] = Wrong("name_part_missing", missing, "")
        if number not in wrong:
            joined.append((number, [*cells[: len(columns)], name]))  # no more of a row than empty cells is cut off
    return [*(None if column in parts else column for column in columns), "name"], joined


# ------------------------------------------------------------------ rows


def _people(
    sheet: Sheet, headers: Sequence[str], columns: Sequence[str | None], body: Sequence[Row]
) -> tuple[list[Row], dict[int, Wrong]]:
    """The rows that may be people, and why the others are nobody. What has only ignored cells counts as blank."""
    known = [at for at, column in enumerate(columns) if column is not None and column != IGNORED]
    ignored = {at for at, column in enumerate(columns) if column == IGNORED}
    named = {at for at, column in enumerate(columns) if _is_of_name(column)}
    born = next((at for at, column in enumerate(columns) if column == "birth_date"), None)
    merged = _merged_rows(sheet, columns, body)
    again = _stripped(headers)
    among_headers = frozenset(again)
    hidden_rows = sheet.hidden_rows
    people: list[Row] = []
    wrong: dict[int, Wrong] = {}
    before, fewest = 0, MAX_COLUMNS  # the row before, and the fewest cells that somebody so far has
    for number, cells in body:
        filled = [at for at, cell in enumerate(cells) if cell and not cell.isspace()]
        apart, before = 0 < before < number - 1, number
        alone = len(filled) == 1 and len(known) >= FULL_ROW and bool(people)
        if _counts(cells, named | ignored, born):
            wrong[number] = Wrong("totals_row")
        elif ignored.issuperset(filled):
            continue
        elif alone and (
            columns[filled[0]] in PARTS_OF_NAME
            or (filled[0] in named and apart and fewest >= FULL_ROW)
            or filled[0] + 1 in sheet.computed.get(number, ())  # a sum below a column
        ):
            wrong[number] = Wrong("stray_row")
        elif len(filled) > 1 and cells[filled[0]].strip() in among_headers and _stripped(cells)[: len(again)] == again:
            wrong[number] = Wrong("header_again")
        elif number in hidden_rows:
            wrong[number] = Wrong("row_hidden")
        elif number in merged:
            wrong[number] = Wrong("cells_merged")
        else:
            # A note far from the names is not to be taken for a row with too few cells.
            short = len(headers) - len(cells) if len(filled) == 1 and filled[0] not in named else 0
            people.append((number, [*cells, *[""] * short] if short > 0 else cells))
            fewest = min(fewest, len(filled))
    return people, wrong


def _stripped(cells: Iterable[str]) -> list[str]:
    return [cell.strip() for cell in cells]


def only_cell(cells: Sequence[str]) -> bool:
    """Whether one cell alone is filled: where it is not what its column takes, the row is a note and nobody."""
    return sum(bool(cell.strip()) for cell in cells) == 1


def _counts(cells: Sequence[str], named: Iterable[int], born: int | None) -> bool:
    """Whether the row counts the others: a word for a total where a name or a number stands, and no birth date."""
    if born is not None and born < len(cells) and cells[born].strip():
        return False
    names = (cells[at].strip() for at in named if at < len(cells))
    return any(folded(re.sub(r"[\s\d.,:=%]+$", "", name)) in _totals() for name in names if name)


@cache
def _totals() -> frozenset[str]:
    return frozenset(folded(word) for word in shared_headers()["totals"]["words"])


def _merged_rows(sheet: Sheet, columns: Sequence[str | None], body: Sequence[Row]) -> frozenset[int]:
    """The rows whose cells are one with others: below the first row of a merged range, or over several columns."""
    if not sheet.merged or not body:
        return frozenset()
    edges: dict[int, int] = {}
    for row, column, last_row, last_column in sheet.merged:
        of_ours = [one for one in columns[column - 1 : last_column] if one is not None and one != IGNORED]
        first = row if len(of_ours) > 1 else row + 1
        if of_ours and first <= last_row:
            edges[first] = edges.get(first, 0) + 1
            edges[last_row + 1] = edges.get(last_row + 1, 0) - 1
    covered: set[int] = set()
    steps, depth = sorted(edges.items(), reverse=True), 0
    for number, _ in body:
        while steps and steps[-1][0] <= number:
            depth += steps.pop()[1]
        if depth > 0:
            covered.add(number)
    return frozenset(covered)


def _misfit(cells: Sequence[str], columns: Sequence[object]) -> Wrong | None:
    """What is wrong with how many cells a row has."""
    if len(cells) > len(columns) and any(cell.strip() for cell in cells[len(columns) :]):
        return Wrong("too_many_cells", params={"found": len(cells), "wanted": len(columns)})
    if len(cells) < len(columns):
        return Wrong("too_few_cells", params={"found": len(cells), "wanted": len(columns)})
    return None
