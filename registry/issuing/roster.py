"""A class list as people have it (CSV) to rows and faults; pure, and nothing in the file makes it raise.

Row numbers are those a spreadsheet shows: the header is row 1; row 0 is the file as a whole. A row with any fault is
not among `rows`. A national identity number is refused wherever it stands and is never repeated.
"""

import hashlib
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
    EnrolmentCheck,
    ReadCell,
    cell_reader,
    words,
)
from registry.issuing.roster_row import Fault, Roster, RosterRow, fault, fault_of
from registry.reading.cells import shown, visible
from registry.reading.tables import MEBIBYTE, Format, Unreadable, by_spelling, misfit, read_table
from registry.reading.wrong import BadCell, Wrong
from registry.records.people import name_key

MAX_BYTES = 5 * MEBIBYTE
MAX_ROWS = 50_000
TEMPLATE = (
    "name",
    "birth_date",
    "email",
    "phone",
    "employer",
    "attended_minutes",
    "passed_all",
    "result_recorded",
    "scope_classes",
    "enrolment_method",
    "portrait",
    "note",
)
FACTS = frozenset({*YES_NO, *WHOLE, *SCALES, *PARTIES})
# Who issues and when it was decided is the same for the whole list: that decides who signs, under which mandate.
OF_THE_OCCASION = ("issuer", "first_session_on", "decided_on")


def read_roster(data: bytes, *, methods: Methods, on: date | None = None) -> Roster:
    """Rows and faults of a roster file. Faults at row 0 or 1 refuse the file whole: then there are no rows.

    data     CSV with comma, semicolon or tab; UTF-8 with or without BOM, else cp1252; at most 5 MiB
    methods  the identity methods of the edition
    on       the day of reading, where known: nobody is born after it
    """
    digest = hashlib.sha256(data).hexdigest()
    try:
        table = read_table(data, _format())
    except Unreadable as refused:
        return Roster(rows=(), faults={refused.row: tuple(map(fault_of, refused.wrong))}, digest=digest)

    read_cell = cell_reader(methods)
    rows: list[RosterRow] = []
    faults: dict[int, tuple[Fault, ...]] = {}
    for number, cells in table.rows:
        read = _row(number, cells, table.columns, read_cell, on)
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


# ------------------------------------------------------------------ columns


@cache
def _format() -> Format:
    facts: dict[str, tuple[str, ...]] = dict.fromkeys(FACTS, ())
    headers = by_spelling(facts) | by_spelling(words()["columns"])
    return Format(headers, needed=("name",), max_bytes=MAX_BYTES, max_rows=MAX_ROWS, refuse=_not_of_a_row)


def _not_of_a_row(header: str) -> Wrong | None:
    """Why a fact of something else than a person has no column."""
    name, fact = visible(header), header.casefold().replace(" ", "_")
    if fact in OF_THE_OCCASION:
        return Wrong("column_of_occasion", name, name)
    return Wrong("column_of_records", name, name) if fact in Evidence.model_fields else None


# ------------------------------------------------------------------ rows


def _row(
    number: int,
    cells: Sequence[str],
    columns: Sequence[str | None],
    read_cell: ReadCell,
    on: date | None,
) -> RosterRow | list[Fault]:
    if wrong := misfit(cells, columns):
        return [fault_of(wrong)]
    values: dict[str, Any] = {}
    faults: list[Fault] = []
    for column, cell in zip(columns, (cell.strip() for cell in cells), strict=False):
        if column is None or not cell:
            continue
        try:
            values[column] = read_cell(column, cell)
        except BadCell as bad:
            faults.append(fault(bad.code, column=column, value=shown(cell, birth=column == "birth_date"), **bad.params))
    if "name" not in values and not any(one.column == "name" for one in faults):
        faults.append(fault("name_missing", column="name", value=""))
    born = values.get("birth_date")
    if born is not None and on is not None and born > on:
        faults.append(fault("date_out_of_range", column="birth_date", value=str(born)))
    return faults or _person(number, values)


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
        scope_classes=values.get("scope_classes"),
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
    return (row.enrolment_method, row.scope_classes, dict(row.facts))
