"""A text file (CSV) to a sheet: bytes to text, what parts the cells, lines to rows; pure."""

import csv
import io
import re
from collections.abc import Mapping
from itertools import islice

from registry.reading.cells import folded
from registry.reading.sheets import Row, Sheet
from registry.reading.wrong import FILE, Unreadable, Wrong

DELIMITERS = ",;\t"
HEADER_WITHIN = 20  # rows
LONGEST_HEADER_LINE = 10_000  # characters
_QUOTED = re.compile(r'"(?:[^"]|"")*+"')
UTF_16 = (b"\xff\xfe", b"\xfe\xff")


def sheet_of_text(data: bytes, headers: Mapping[str, str], *, most_rows: int, most_columns: int) -> Sheet:
    """The filled lines of a text file. Raises Unreadable.

    data     cells parted by comma, semicolon or tab; UTF-8 or UTF-16 with their marks, UTF-8 without, else cp1252
    headers  every known header, `folded`: what parts them is what parts the cells
    """
    text = _decoded(data)
    delimiter = None
    if found := re.match(r"(?i)sep=([,;\t])\r?\n", text):  # Excel's own first line, which it does not show
        delimiter, text = found[1], text[found.end() :]
    delimiter = delimiter or _delimiter(text, headers)
    rows: list[Row] = []
    number = lines = 0
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for number, cells in enumerate(reader, 1):
            lines = reader.line_num
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) > most_columns:
                raise Unreadable(FILE, Wrong("too_many_columns", params={"limit": most_columns}))
            if len(rows) == most_rows:
                raise Unreadable(FILE, Wrong("too_many_rows", params={"limit": most_rows}))
            rows.append((number, cells))
    except csv.Error:
        # A cell may become too long because its quotation mark is never closed: then it runs on over many lines.
        line = next(islice(io.StringIO(text, newline=""), lines, None), "") if reader.line_num == lines + 1 else ""
        if column := _column_too_long(line, delimiter):
            params = {"row": number + 1, "number": column, "limit": csv.field_size_limit()}
            raise Unreadable(FILE, Wrong("cell_too_long", params=params)) from None
        raise Unreadable(FILE, Wrong("broken_quotes", params={"near": number + 1})) from None
    return Sheet(rows=tuple(rows), delimiter=delimiter)


def _column_too_long(line: str, delimiter: str) -> int | None:
    """Which cell of a line is longer than any that is read, from 1; None where that is not what is wrong with it."""
    at = column = 0
    while at < len(line):
        column += 1
        closed = _QUOTED.match(line, at)
        if closed is None and line.startswith('"', at):
            return None
        end = closed.end() if closed else line.find(delimiter, at)
        end = len(line) if end < 0 else end
        if end - at > csv.field_size_limit():
            return column
        at = end + 1
    return None


def _decoded(data: bytes) -> str:
    if data.startswith(UTF_16):  # what Excel calls Unicode text
        try:
            text = data.decode("utf-16")
        except UnicodeDecodeError:
            raise Unreadable(FILE, Wrong("not_text")) from None
    # Without a mark nobody can be sure; every other byte of plain text is zero.
    elif data[:200].count(0) * 3 > len(data[:200]):
        raise Unreadable(FILE, Wrong("utf16"))
    else:
        text = _one_byte_or_utf_8(data)
    if re.search("[\x00-\x08\x0b\x0c\x0e-\x1f]", text):
        raise Unreadable(FILE, Wrong("not_text"))
    return text


def _one_byte_or_utf_8(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            return data.decode("cp1252")
        except UnicodeDecodeError:
            raise Unreadable(FILE, Wrong("not_text")) from None


def _delimiter(text: str, headers: Mapping[str, str]) -> str:
    """Whichever of comma, semicolon and tab makes most known headers out of one of the first lines."""
    best = (0, 0, DELIMITERS[0])
    # Headers may have line breaks within them; then the line has fewer of them, and still more than any other.
    for line in text.splitlines()[: 2 * HEADER_WITHIN]:
        for sign in DELIMITERS:
            cells = [cell.strip(' "') for cell in line[:LONGEST_HEADER_LINE].split(sign)]
            found = (sum(folded(cell) in headers for cell in cells), len(cells), sign)
            best = max(best, found, key=lambda each: each[:2])
    return best[2]
