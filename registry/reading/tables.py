"""A table as people have it (CSV) to named columns and filled rows; pure.

Row numbers are those a spreadsheet shows: the header is row 1; row 0 is the file as a whole.
"""

import csv
import difflib
import io
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from registry.reading.cells import SHOWN, folded, shown, visible
from registry.reading.national_number import holds_national_number
from registry.reading.wrong import Wrong

FILE, HEADER = 0, 1
MAX_COLUMNS = 60
MEBIBYTE = 1024 * 1024

Row = tuple[int, Sequence[str]]  # its number and its cells


def _nothing_more(_: str) -> Wrong | None:
    return None


@dataclass(frozen=True)
class Format:
    """What a kind of table may look like.

    headers    every spelling of a header, `folded`, to our name of the column
    needed     columns without which there is nothing to read
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
    """The filled rows. columns: our name for each; None for a column without header and content."""

    columns: tuple[str | None, ...]
    rows: tuple[Row, ...]


class Unreadable(Exception):
    """The file as a whole is refused: the row it shows at, and all that is wrong there."""

    def __init__(self, row: int, *wrong: Wrong) -> None:
        super().__init__(*(one.code for one in wrong))
        self.row, self.wrong = row, wrong


@cache
def shared_headers() -> Mapping[str, Any]:
    """The headers that every table has, and those that none may have: `headers.toml`."""
    return tomllib.loads((files("registry.reading") / "headers.toml").read_text(encoding="utf-8"))


def by_spelling(columns: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """Every spelling of a header, folded, to our name of the column, which is one of them."""
    return {folded(spelling): column for column, listed in columns.items() for spelling in (column, *listed)}


def read_table(data: bytes, expected: Format) -> Table:
    """The table in a file. Raises Unreadable.

    data  CSV with comma, semicolon or tab; UTF-8 with or without BOM, else cp1252
    """
    (_, headers), *body = _lines(_decoded(data, expected.max_bytes), expected)
    return Table(_columns(headers, body, expected), tuple(body))


def misfit(cells: Sequence[str], columns: Sequence[object]) -> Wrong | None:
    """What is wrong with how many cells a row has."""
    if len(cells) > len(columns) and any(cell.strip() for cell in cells[len(columns) :]):
        return Wrong("too_many_cells", params={"found": len(cells), "wanted": len(columns)})
    if len(cells) < len(columns):
        return Wrong("too_few_cells", params={"found": len(cells), "wanted": len(columns)})
    return None


# ------------------------------------------------------------------ bytes to lines


def _decoded(data: bytes, max_bytes: int) -> str:
    if len(data) > max_bytes:
        raise Unreadable(FILE, Wrong("file_too_large", params={"limit": max_bytes // MEBIBYTE}))
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise Unreadable(FILE, Wrong("workbook"))
    # UTF-16 has a mark, or every other byte of plain text is zero.
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or data[:200].count(0) * 3 > len(data[:200]):
        raise Unreadable(FILE, Wrong("utf16"))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = data.decode("cp1252")
        except UnicodeDecodeError:
            raise Unreadable(FILE, Wrong("not_text")) from None
    if not text.strip():
        raise Unreadable(FILE, Wrong("empty_file"))
    if re.search("[\x00-\x08\x0b\x0c\x0e-\x1f]", text):
        raise Unreadable(FILE, Wrong("not_text"))
    return text


def _lines(text: str, expected: Format) -> list[Row]:
    """The filled lines with their numbers; the first one is the header."""
    delimiter = None
    if found := re.match(r"(?i)sep=([,;\t])\r?\n", text):  # Excel's own first line, which it does not show
        delimiter, text = found[1], text[found.end() :]
    delimiter = delimiter or _delimiter(text, expected.headers)
    lines: list[Row] = []
    number = 0
    try:
        for number, cells in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True), 1):
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) > MAX_COLUMNS:
                raise Unreadable(HEADER, Wrong("too_many_columns", params={"limit": MAX_COLUMNS}))
            if len(lines) > expected.max_rows:
                raise Unreadable(FILE, Wrong("too_many_rows", params={"limit": expected.max_rows}))
            lines.append((number, cells))
    except csv.Error:
        raise Unreadable(FILE, Wrong("broken_quotes", params={"near": number + 1})) from None
    if not lines:
        raise Unreadable(FILE, Wrong("empty_file"))
    return lines


def _delimiter(text: str, headers: Mapping[str, str]) -> str:
    """Whichever of comma, semicolon and tab makes most known headers out of the first line."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    split = {sign: [cell.strip(' "') for cell in first.split(sign)] for sign in ",;\t"}
    return max(split, key=lambda sign: (sum(folded(cell) in headers for cell in split[sign]), len(split[sign])))


# ------------------------------------------------------------------ columns


def _columns(headers: Sequence[str], body: Sequence[Row], expected: Format) -> tuple[str | None, ...]:
    """Our name for each header; None for an empty one. Raises Unreadable with all that is wrong with them."""
    columns: list[str | None] = []
    wrong: list[Wrong] = []
    for number, header in enumerate((header.strip() for header in headers), 1):
        column = expected.headers.get(folded(header))
        columns.append(column)
        if column is not None:
            if columns.count(column) == 2 and column not in expected.repeated:  # noqa: PLR2004 once is enough said
                wrong.append(Wrong("column_twice", column, shown(header)))
        elif header:
            wrong.append(_unknown(header, number, expected))
        elif any(len(cells) >= number and cells[number - 1].strip() for _, cells in body):
            wrong.append(Wrong("column_without_name", params={"number": number}))
    wrong += [Wrong("column_missing", needed) for needed in expected.needed if needed not in columns]
    if wrong:
        raise Unreadable(HEADER, *wrong)
    if not body:
        raise Unreadable(FILE, Wrong("no_rows"))
    return tuple(columns)


def _unknown(header: str, number: int, expected: Format) -> Wrong:
    if holds_national_number(header):
        return Wrong("national_number", f"#{number}")
    name = visible(header)
    for code, spellings in shared_headers()["refused_columns"].items():
        if folded(header) in {folded(spelling) for spelling in spellings}:
            return Wrong(code, name, name)
    if refused := expected.refuse(header):
        return refused
    near = difflib.get_close_matches(folded(header)[:SHOWN], expected.headers, n=1, cutoff=0.7)
    if near:
        return Wrong("column_unknown_near", name, name, {"near": expected.headers[near[0]]})
    return Wrong("column_unknown", name, name)
