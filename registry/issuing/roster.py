"""A class list as people have it (CSV) to rows and faults; pure, and nothing in the file makes it raise.

Row numbers are those a spreadsheet shows: the header is row 1; row 0 is the file as a whole. A row with any fault is
not among `rows`. A national identity number is refused wherever it stands and is never repeated.
"""

import csv
import difflib
import hashlib
import io
import re
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any

from levels.evidence import Evidence
from levels.identity import Methods
from registry.issuing.roster_cells import (
    PARTIES,
    SCALES,
    WHOLE,
    YES_NO,
    BadCell,
    EnrolmentCheck,
    ReadCell,
    cell_reader,
    folded,
    words,
)
from registry.issuing.roster_national_number import holds_national_number
from registry.issuing.roster_row import Fault, Roster, RosterRow, fault
from registry.records.people import name_key

MAX_BYTES = 5 * 1024 * 1024
MAX_ROWS = 50_000
MAX_COLUMNS = 60
FILE, HEADER = 0, 1
TEMPLATE = (
    "name",
    "birth_date",
    "email",
    "phone",
    "employer",
    "attended_minutes",
    "passed_all",
    "result_recorded",
    "enrolment_method",
    "portrait",
    "note",
)
FACTS = frozenset({*YES_NO, *WHOLE, *SCALES, *PARTIES})
# Who issues and when it was decided is the same for the whole list: that decides who signs, under which mandate.
OF_THE_OCCASION = ("issuer", "first_session_on", "decided_on")
SHOWN = 80  # characters of a faulty value that are repeated
DIGITS_OF_A_DATE = 8


class _Unreadable(Exception):
    """The file as a whole is refused: the row it shows at, and the faults."""

    def __init__(self, row: int, *faults: Fault) -> None:
        super().__init__(*(one.code for one in faults))
        self.faults = {row: faults}


def read_roster(data: bytes, *, methods: Methods, on: date | None = None) -> Roster:
    """Rows and faults of a roster file. Faults at row 0 or 1 refuse the file whole: then there are no rows.

    data     CSV with comma, semicolon or tab; UTF-8 with or without BOM, else cp1252; at most 5 MiB
    methods  the identity methods of the edition
    on       the day of reading, where known: nobody is born after it
    """
    digest = hashlib.sha256(data).hexdigest()
    try:
        (_, headers), *body = _lines(_decoded(data))
        columns = _columns(headers, body)
    except _Unreadable as refused:
        return Roster(rows=(), faults=refused.faults, digest=digest)

    read_cell = cell_reader(methods)
    rows: list[RosterRow] = []
    faults: dict[int, tuple[Fault, ...]] = {}
    for number, cells in body:
        read = _row(number, cells, columns, read_cell, on)
        if isinstance(read, RosterRow):
            rows.append(read)
        else:
            faults[number] = tuple(read)
    faults.update(_twice(rows))
    return Roster(
        rows=tuple(row for row in rows if row.row not in faults),
        faults={number: faults[number] for number in sorted(faults)},
        digest=digest,
    )


def template(extra: Sequence[str] = (), lang: str = "en") -> tuple[str, ...]:
    """The headers of an empty roster, in that language.

    extra  further columns, such as any fact that differs from person to person; facts have one name
    """
    said: Mapping[str, str] = words()["template"].get(lang, {})
    return tuple(said.get(name, name) for name in (*TEMPLATE, *(name for name in extra if name not in TEMPLATE)))


# ------------------------------------------------------------------ bytes to lines


def _decoded(data: bytes) -> str:
    if len(data) > MAX_BYTES:
        raise _Unreadable(FILE, fault("file_too_large", limit=MAX_BYTES // 1024 // 1024))
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise _Unreadable(FILE, fault("workbook"))
    # UTF-16 has a mark, or every other byte of plain text is zero.
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or data[:200].count(0) * 3 > len(data[:200]):
        raise _Unreadable(FILE, fault("utf16"))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = data.decode("cp1252")
        except UnicodeDecodeError:
            raise _Unreadable(FILE, fault("not_text")) from None
    if not text.strip():
        raise _Unreadable(FILE, fault("empty_file"))
    if any(sign < " " and sign not in "\t\r\n" for sign in text):
        raise _Unreadable(FILE, fault("not_text"))
    return text


def _lines(text: str) -> list[tuple[int, list[str]]]:
    """The filled lines with their numbers; the first one is the header."""
    delimiter = None
    if found := re.match(r"(?i)sep=([,;\t])\r?\n", text):  # Excel's own first line, which it does not show
        delimiter, text = found[1], text[found.end() :]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter or _delimiter(text), strict=True)
    lines: list[tuple[int, list[str]]] = []
    number = 0
    try:
        for number, cells in enumerate(reader, 1):
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) > MAX_COLUMNS:
                raise _Unreadable(HEADER, fault("too_many_columns", limit=MAX_COLUMNS))
            if len(lines) > MAX_ROWS:
                raise _Unreadable(FILE, fault("too_many_rows", limit=MAX_ROWS))
            lines.append((number, cells))
    except csv.Error:
        raise _Unreadable(FILE, fault("broken_quotes", near=number + 1)) from None
    if not lines:
        raise _Unreadable(FILE, fault("empty_file"))
    return lines


def _delimiter(text: str) -> str:
    """Whichever of comma, semicolon and tab makes most known headers out of the first line."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    split = {sign: [cell.strip(' "') for cell in first.split(sign)] for sign in ",;\t"}
    return max(split, key=lambda sign: (sum(folded(cell) in _headers() for cell in split[sign]), len(split[sign])))


# ------------------------------------------------------------------ columns


@cache
def _headers() -> Mapping[str, str]:
    """Every spelling of a header, folded, to our name of the column."""
    known = {folded(fact): fact for fact in FACTS}
    for column, spellings in words()["columns"].items():
        known.update({folded(spelling): column for spelling in (column, *spellings)})
    return known


def _columns(headers: Sequence[str], body: Sequence[tuple[int, Sequence[str]]]) -> list[str | None]:
    """Our name for each header; None for an empty one. Raises _Unreadable with all that is wrong with them."""
    columns: list[str | None] = []
    faults: list[Fault] = []
    for number, header in enumerate((header.strip() for header in headers), 1):
        column = _headers().get(folded(header))
        columns.append(column)
        if column is not None:
            if columns.count(column) == 2:  # noqa: PLR2004 the second time; once is enough said
                faults.append(fault("column_twice", column=column, value=_shown(column, header)))
        elif header:
            faults.append(_unknown_column(header, number))
        elif any(len(cells) >= number and cells[number - 1].strip() for _, cells in body):
            faults.append(fault("column_without_name", number=number))
    if "name" not in columns:
        faults.append(fault("column_missing", column="name"))
    if faults:
        raise _Unreadable(HEADER, *faults)
    if not body:
        raise _Unreadable(FILE, fault("no_rows"))
    return columns


def _unknown_column(header: str, number: int) -> Fault:
    if holds_national_number(header):
        return fault("national_number", column=f"#{number}")
    shown = _visible(header)
    for code, spellings in words()["refused_columns"].items():
        if folded(header) in {folded(spelling) for spelling in spellings}:
            return fault(code, column=shown, value=shown)
    fact = header.casefold().replace(" ", "_")
    if fact in OF_THE_OCCASION:
        return fault("column_of_occasion", column=shown, value=shown)
    if fact in Evidence.model_fields:
        return fault("column_of_records", column=shown, value=shown)
    near = difflib.get_close_matches(folded(header)[:SHOWN], _headers(), n=1, cutoff=0.7)
    if near:
        return fault("column_unknown_near", column=shown, value=shown, near=_headers()[near[0]])
    return fault("column_unknown", column=shown, value=shown)


# ------------------------------------------------------------------ rows


def _row(
    number: int,
    cells: Sequence[str],
    columns: Sequence[str | None],
    read_cell: ReadCell,
    on: date | None,
) -> RosterRow | list[Fault]:
    if len(cells) > len(columns) and any(cell.strip() for cell in cells[len(columns) :]):
        return [fault("too_many_cells", found=len(cells), wanted=len(columns))]
    if len(cells) < len(columns):
        return [fault("too_few_cells", found=len(cells), wanted=len(columns))]
    values: dict[str, Any] = {}
    faults: list[Fault] = []
    for column, cell in zip(columns, cells, strict=False):
        if column is None or not cell.strip():
            continue
        try:
            values[column] = read_cell(column, cell.strip())
        except BadCell as bad:
            faults.append(fault(bad.code, column=column, value=_shown(column, cell.strip()), **bad.params))
    if "name" not in values and not any(one.column == "name" for one in faults):
        faults.append(fault("name_missing", column="name", value=""))
    born = values.get("birth_date")
    if born is not None and on is not None and born > on:
        faults.append(fault("date_out_of_range", column="birth_date", value=str(born)))
    return faults or _person(number, values)


def _shown(column: str, text: str) -> str | None:
    """The value for a message; None where it holds a national identity number, or a birth date may be one."""
    if holds_national_number(text):
        return None
    if column == "birth_date" and sum(sign.isdigit() for sign in text) > DIGITS_OF_A_DATE:
        return None
    return _visible(text)


def _visible(text: str) -> str:
    """The value for a message: cut, and what cannot be seen is shown by its code point."""
    return "".join(sign if sign.isprintable() else f"\\u{ord(sign):04x}" for sign in text[:SHOWN])


def _person(number: int, values: Mapping[str, Any]) -> RosterRow:
    facts = {name: value for name, value in values.items() if name in FACTS}
    enrolment: EnrolmentCheck | None = values.get("enrolment_method")
    if enrolment and enrolment.ida is not None:
        facts.setdefault("enrolment_ida", enrolment.ida)
    return RosterRow(
        row=number,
        name=values["name"],
        birth_date=values.get("birth_date"),
        email=values.get("email"),
        phone=values.get("phone"),
        employer=values.get("employer"),
        enrolment_method=enrolment.method if enrolment else None,
        note=values.get("note"),
        facts=facts,
    )


def _twice(rows: Sequence[RosterRow]) -> Mapping[int, tuple[Fault, ...]]:
    """Two rows for one person. Where they differ nobody knows which one is right, so both are held back."""
    seen: dict[tuple[str, date | None], RosterRow] = {}
    faults: dict[int, tuple[Fault, ...]] = {}
    for row in rows:
        first = seen.setdefault((name_key(row.name), row.birth_date), row)
        if first is row:
            continue
        faults[row.row] = (fault("same_person_twice", column="name", value=row.name, other=first.row),)
        if _says(first) != _says(row):
            faults[first.row] = (fault("same_person_twice", column="name", value=first.name, other=row.row),)
    return faults


def _says(row: RosterRow) -> tuple[object, ...]:
    return (row.enrolment_method, dict(row.facts))
