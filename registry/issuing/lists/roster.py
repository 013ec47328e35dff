"""A class list as people have it (CSV, XLSX) to rows and faults; nothing in the file makes it raise.

Row numbers are those a spreadsheet shows; row 0 is the file as a whole. A row with any fault is not among `rows`. A
national identity number is refused wherever it stands, but in its own column where the scheme takes it; it is never
repeated.
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any

from levels.evidence import Evidence
from levels.identity import Methods
from registry.issuing.lists.handed_in import Form, table_of
from registry.issuing.lists.roster_cells import (
    PARTIES,
    SCALES,
    WHOLE,
    YES_NO,
    EnrolmentCheck,
    cell_reader,
    words,
)
from registry.issuing.lists.roster_numbers import (
    NUMBER_COLUMNS,
    Numbers,
    born_of,
    contradicting,
    read_number,
    told_apart,
)
from registry.issuing.lists.roster_row import Fault, Roster, RosterRow, fault, fault_of
from registry.reading.cells import shown, typed, visible
from registry.reading.national_id import BadNumber, NationalNumber
from registry.reading.tables import (
    IGNORED,
    MEBIBYTE,
    Format,
    Table,
    TableRefused,
    by_spelling,
    only_cell,
    read_table,
)
from registry.reading.wrong import BadCell, Unreadable, Wrong
from registry.records.persons.people import name_key

MAX_BYTES = 10 * MEBIBYTE
MAX_ROWS = 50_000
HEADER = 1  # where it is expected
MOST_REMEMBERED = 5_000  # different cells of one column
DASHES = "-–—"  # how people write that there is none
_APOSTROPHES = str.maketrans(dict.fromkeys("\u2018\u2019\u02bc\u00b4`", "'"))
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
    "asked",
    "at_attained",
    "note",
)
FACTS = frozenset({*YES_NO, *WHOLE, *SCALES, *PARTIES})
MOST_FAULTY_ROWS = 1_000  # with more of them a list is refused whole
ENTRIES = "person"  # what data call the list
# Who issues and when it was decided is the same for the whole list: that decides who signs, under which mandate.
OF_THE_OCCASION = ("issuer", "first_session_on", "decided_on")


def read_roster(  # noqa: PLR0913 a file, and how it is read
    data: bytes,
    *,
    methods: Methods,
    on: date | None = None,
    sheet: str | None = None,
    numbers: Numbers | None = None,
    form: Form = "table",
) -> Roster:
    """Rows and faults of a roster file. Faults at row 0 or at the header refuse the file whole: then there are no rows.

    data     XLSX; or CSV with comma, semicolon or tab, in UTF-8, UTF-16 with its mark, or cp1252; at most 10 MiB; or
             data with the list `person`, by our names of the columns
    methods  the identity methods of the edition
    on       the day of reading, where known: nobody is born after it
    sheet    which one of a workbook; None = the one that can be seen and has people
    numbers  how national numbers are taken; None = a column with them is refused
    """
    digest = hashlib.sha256(data if sheet is None else data + b"\0" + sheet.encode("utf-8", "replace")).hexdigest()
    expected = format_of(with_numbers=numbers is not None)
    try:
        if form == "table":
            table = read_table(data, expected, sheet)
        else:
            table = table_of(data, form, expected, data_columns(with_numbers=numbers is not None), ENTRIES)
    except Unreadable as refused:
        headers = _headers(refused.table) if isinstance(refused, TableRefused) else {}
        table_read = _read(refused.table, methods, on, numbers) if isinstance(refused, TableRefused) else None
        found, names = (table_read[1], table_read[2]) if table_read else ({}, {})
        found[refused.row] = (*map(fault_of, refused.wrong), *found.get(refused.row, ()))
        return Roster(
            rows=(),
            faults=_under(headers, found),
            digest=digest,
            header=refused.row or HEADER,
            headers=headers,
            names=names,
        )

    rows, faults, names = _read(table, methods, on, numbers)
    headers = _headers(table)
    return Roster(
        rows=tuple(rows),
        faults=_under(headers, faults),
        digest=digest,
        header=table.header,
        headers=headers,
        names=names,
    )


def _read(
    table: Table, methods: Methods, on: date | None, numbers: Numbers | None
) -> tuple[list[RosterRow], dict[int, tuple[Fault, ...]], dict[int, str]]:
    """The rows without a fault, and the faults and names of the others."""
    reader = _RowReader(table.columns, methods, on, numbers)
    rows: list[RosterRow] = []
    names: dict[int, str] = {}
    faults = {number: tuple(map(fault_of, wrong)) for number, wrong in table.wrong.items()}
    for number, cells in table.rows:
        read = reader.read(number, cells)
        wrong, name = ([], read.name) if isinstance(read, RosterRow) else read
        if number in table.computed:
            wrong += map(fault_of, table.computed_beside(number, {one.column for one in wrong}))
        if isinstance(read, RosterRow) and not wrong:
            rows.append(read)
        else:
            faults[number] = tuple(wrong)
            names |= {number: name} if name else {}
            if len(faults) > MOST_FAULTY_ROWS:  # what is told of a list is bounded, whatever is in it
                faults[table.header] = (fault("too_many_faults", number=MOST_FAULTY_ROWS, row=number),)
                rows.clear()
                break
    faults.update(_twice(rows))
    names |= {row.row: row.name for row in rows if row.row in faults}
    return [row for row in rows if row.row not in faults], faults, names


def _under(headers: Mapping[str, str], faults: Mapping[int, Sequence[Fault]]) -> Mapping[int, tuple[Fault, ...]]:
    return {number: tuple(each.under(headers) for each in faults[number]) for number in sorted(faults)}


def data_columns(*, with_numbers: bool = False) -> tuple[str, ...]:
    """What data may say of a person."""
    return (*TEMPLATE, *sorted(FACTS - set(TEMPLATE)), *(NUMBER_COLUMNS if with_numbers else ()))


def template(extra: Sequence[str] = (), lang: str = "en") -> tuple[str, ...]:
    """The headers of an empty roster, in that language.

    extra  further columns, such as any fact that differs from person to person; facts have one name
    """
    said: Mapping[str, str] = words()["template"].get(lang, {})
    return tuple(said.get(name, name) for name in (*TEMPLATE, *(name for name in extra if name not in TEMPLATE)))


# ------------------------------------------------------------------ columns


@cache
def format_of(*, with_numbers: bool = False) -> Format:
    """What a class list may look like."""
    facts: dict[str, tuple[str, ...]] = dict.fromkeys(FACTS, ())
    headers = by_spelling(facts) | by_spelling(words()["columns"])
    if with_numbers:
        headers |= by_spelling(words()["number_columns"])
    return Format(headers, needed=("name",), max_bytes=MAX_BYTES, max_rows=MAX_ROWS, refuse=_not_of_a_row)


def _not_of_a_row(header: str) -> Wrong | None:
    """Why a fact of something else than a person has no column."""
    name, fact = visible(header), header.casefold().replace(" ", "_")
    if fact in OF_THE_OCCASION:
        return Wrong("column_of_occasion", name, name)
    return Wrong("column_of_records", name, name) if fact in Evidence.model_fields else None


def _headers(table: Table) -> Mapping[str, str]:
    """How the list itself calls its columns; a name that stands in several is called by all of them."""
    cells = next((cells for number, cells in table.sheet.rows if number == table.header), ())
    found: dict[str, list[str]] = {}
    for spelt, column, cell in zip(table.spelt, table.columns, cells, strict=False):
        header = shown(cell.strip())
        if spelt is None or spelt == IGNORED or not header:
            continue
        for called in {spelt, spelt if column is not None else "name"}:
            found.setdefault(called, []).append(header)
    return {column: ", ".join(headers) for column, headers in found.items()}


# ------------------------------------------------------------------ rows


class _RowReader:
    """Reads the rows of one table."""

    def __init__(
        self, columns: Sequence[str | None], methods: Methods, on: date | None, numbers: Numbers | None
    ) -> None:
        self._read_cell, self._on, self._numbers = cell_reader(methods), on, numbers
        of_numbers = NUMBER_COLUMNS.keys() if numbers is not None else frozenset[str]()
        named = [(at, column) for at, column in enumerate(columns) if column is not None]
        # With what each cell said so far was read as: a list says the same of many people.
        self._columns: list[tuple[int, str, dict[str, object]]] = [
            (at, column, {}) for at, column in named if column not in of_numbers
        ]
        self._of_numbers = [(at, column) for at, column in named if column in of_numbers]
        self._facts = sorted(FACTS.intersection(column for _, column in named))

    def read(self, number: int, cells: Sequence[str]) -> RosterRow | tuple[list[Fault], str]:
        """The row; or what is wrong with it, and the name as far as it can be read."""
        values: dict[str, Any] = {}
        faults: list[Fault] = []
        for at, column, before in self._columns:
            cell = cells[at]
            if not cell:
                continue
            if cell in before:
                values[column] = before[cell]
                continue
            text = typed(cell)
            if not text.strip(DASHES):
                continue
            try:
                values[column] = value = self._read_cell(column, text)
            except BadCell as bad:
                shows = shown(text, birth=column == "birth_date")
                faults.append(fault(bad.code, column=column, value=shows, **bad.params))
            else:
                if len(before) < MOST_REMEMBERED:
                    before[cell] = value
        found = self._read_numbers(cells, faults) if self._of_numbers else {}
        if faults or found or "name" not in values:
            self._hold_together(cells, values, found, faults)
        born = values.get("birth_date")
        if born is not None and self._on is not None and born > self._on:
            faults.append(fault("date_out_of_range", column="birth_date", value=str(born)))
        return (faults, values.get("name", "")) if faults else _person(number, values, self._facts)

    def _hold_together(
        self, cells: Sequence[str], values: dict[str, Any], found: Mapping[str, NationalNumber], faults: list[Fault]
    ) -> None:
        """What is wrong with the row beside its cells; and its numbers, sealed, with the birth date they tell."""
        if "name" not in values and not any(one.column == "name" for one in faults):
            if faults and faults[0].code != "national_number" and only_cell(cells):
                faults[:] = [fault("stray_row")]
                return
            faults.append(fault("name_missing", column="name", value=""))
        if self._numbers is not None and found:
            values["numbers"] = tuple(map(self._numbers.seal, found.values()))
            values["birth_date"] = born = born_of(values.get("birth_date"), found)
            faults += [fault("number_other_birth", column=column) for column in contradicting(born, found)]

    def _read_numbers(self, cells: Sequence[str], faults: list[Fault]) -> dict[str, NationalNumber]:
        """The national numbers of a row by their columns; what is wrong with them goes to `faults`."""
        found: dict[str, NationalNumber] = {}
        for at, column in self._of_numbers:
            text = typed(cells[at])
            if self._numbers is None or not text.strip(DASHES):
                continue
            try:
                found[column] = read_number(column, text, self._numbers)
            except BadNumber as bad:
                faults.append(fault(bad.code, column=column, value=None, **bad.params))
        return found


def _person(number: int, values: Mapping[str, Any], stated: Sequence[str]) -> RosterRow:
    """The person of a row; stated: the columns that are facts, in order."""
    facts = {name: values[name] for name in stated if name in values}
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
        asked=values.get("asked"),
        at_attained=values.get("at_attained"),
        note=values.get("note"),
        numbers=values.get("numbers", ()),
        facts=facts,
    )


def _twice(rows: Sequence[RosterRow]) -> Mapping[int, tuple[Fault, ...]]:
    """Two rows that are or may be one person. Where they differ nobody knows which is right: both are held back."""
    faults: dict[int, tuple[Fault, ...]] = {}
    alike: dict[str, dict[date | None, RosterRow]] = {}
    by_number: dict[str, RosterRow] = {}
    for row in rows:
        for number in row.numbers:
            if by_number.setdefault(number.index, row) is not row:
                other = by_number[number.index].row
                faults.setdefault(row.row, (fault("number_twice", column="national_number", other=other),))
        same_name = alike.setdefault(_alike(row), {})
        first = same_name.setdefault(row.birth_date, row)
        if first is not row and not told_apart(first, row):
            _hold_back(faults, "same_person_twice", first, row)
    for same_name in alike.values():
        unborn = same_name.get(None)
        if unborn is not None and len(same_name) > 1:
            # Without a birth date it may be any of those who have one.
            _hold_back(
                faults,
                "same_name_without_birth_date",
                next(row for row in same_name.values() if row is not unborn),
                unborn,
            )
    return faults


def _hold_back(faults: dict[int, tuple[Fault, ...]], code: str, first: RosterRow, second: RosterRow) -> None:
    for row, other, wrong in ((second, first, True), (first, second, _says(first) != _says(second))):
        if wrong:
            faults.setdefault(row.row, (fault(code, column="name", value=row.name, other=other.row),))


def _alike(row: RosterRow) -> str:
    """How names in one list are compared: an apostrophe is one, whichever sign it is typed with."""
    plain = row.name.translate(_APOSTROPHES)
    return row.name_key if plain == row.name else name_key(plain)


def _says(row: RosterRow) -> tuple[object, ...]:
    return (row.enrolment_method, row.scope_classes, row.asked, row.at_attained, dict(row.facts))
