"""A table of people, read row by row: what each row says, and what is wrong with it. Pure."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from tomllib import loads
from typing import Any

from registry.issuing.lists.roster_row import Fault, fault, fault_of
from registry.reading.cells import birth_date, check, folded, in_order, person_name, shown, typed
from registry.reading.formulas import begins_formula
from registry.reading.tables import IGNORED, LONGEST_IGNORED, Table, only_cell
from registry.reading.wrong import BadCell
from registry.records.persons.people import name_key
from registry.records.sittings.occasions import NewOccasion

LONGEST_CELL = 1000  # characters; no column needs more
LONGEST = {"name": 200, "birth_date": 40, IGNORED: LONGEST_IGNORED}
DASHES = "-–—"  # how people write that there is none
FREE_TEXTS = frozenset({"note", IGNORED})  # let stand, and not kept
_SIGNED = re.compile(r"[+-][0-9][0-9 .,]*")


@dataclass(frozen=True)
class Listed:
    """A row: its number, and what stands in its filled cells by our names of the columns."""

    row: int
    values: Mapping[str, Any]

    def __getitem__(self, column: str) -> Any:  # noqa: ANN401 each column has its own type
        return self.values.get(column)


@cache
def spellings(name: str) -> Mapping[str, Any]:
    """The headers and words of a kind of table, as people write them."""
    return loads(files("registry.issuing").joinpath(name).read_text(encoding="utf-8"))


def read_rows(
    table: Table, readers: Mapping[str, Callable[[str], object]], *, birth_needed: bool, on: date
) -> tuple[list[Listed], dict[int, list[Fault]]]:
    """The rows that can be read, and the faults of the others by row.

    readers       by column, beside name and birth_date; each raises BadCell
    birth_needed  a row without a birth date is a fault
    on            the day of reading: nobody is born after it
    """
    by_column: Mapping[str, Callable[[str], object]] = {
        "name": _name,
        "birth_date": birth_date,
        **readers,
        IGNORED: str,
    }
    rows: list[Listed] = []
    faults = {number: list(map(fault_of, wrong)) for number, wrong in table.wrong.items()}
    for number, cells in table.rows:
        values, wrong = _values(cells, table.columns, by_column)
        said = {fault.column for fault in wrong}
        if wrong and "name" not in values.keys() | said and wrong[0].code != "national_number" and only_cell(cells):
            faults[number] = [fault("stray_row")]
            continue
        if "name" not in values and "name" not in said:
            wrong.append(fault("name_missing", column="name", value=""))
        born = values.get("birth_date")
        if born is None and birth_needed and "birth_date" not in said:
            wrong.append(fault("birth_date_missing", column="birth_date"))
        if born is not None and born > on:
            wrong.append(fault("date_out_of_range", column="birth_date", value=str(born)))
        wrong += map(fault_of, table.computed_beside(number, {one.column for one in wrong}))
        if wrong:
            faults[number] = wrong
        else:
            rows.append(Listed(number, values))
    return rows, faults


def _values(
    cells: Sequence[str], columns: Sequence[str | None], readers: Mapping[str, Callable[[str], object]]
) -> tuple[dict[str, Any], list[Fault]]:
    values: dict[str, Any] = {}
    faults: list[Fault] = []
    for column, cell in zip(columns, map(typed, cells), strict=False):
        if column is None or not cell.strip(DASHES):
            continue
        try:
            _check(column, cell)
            values[column] = readers[column](cell)
        except BadCell as bad:
            faults.append(fault(bad.code, column=column, value=shown(cell, birth=column == "birth_date"), **bad.params))
    return values, faults


def _check(column: str, cell: str) -> None:
    if begins_formula(cell) and column not in FREE_TEXTS and not _SIGNED.fullmatch(cell):
        raise BadCell("formula")
    check(cell, longest=LONGEST.get(column, LONGEST_CELL), note=column in FREE_TEXTS)


def _name(text: str) -> str:
    return person_name(in_order(text))


def staff_reader(occasion: NewOccasion, roles: Iterable[str]) -> Callable[[str], str]:
    """Makes the function that reads a cell which names one of the staff, by id or name; it raises BadCell.

    roles  in one of which the person must be
    """
    wanted = frozenset(roles)
    members = [member for member in occasion.staff if member.role in wanted]
    by_name: dict[str, set[str]] = {}
    for member in members:
        by_name.setdefault(name_key(member.name), set()).add(member.id)
    ids = {member.id for member in members}
    known = ", ".join(sorted(ids)) or "–"

    def read(text: str) -> str:
        if text in ids:
            return text
        found = by_name.get(name_key(text), set())
        if len(found) != 1:
            raise BadCell("not_of_staff", known=known)
        return next(iter(found))

    return read


def one_of_words(words: Mapping[str, Iterable[str]], code: str) -> Callable[[str], str]:
    """Makes the function that reads a cell which holds one of a few words; it raises BadCell with that code.

    words  what is meant, to all the ways it is written
    """
    by_fold = {folded(word): meant for meant, listed in words.items() for word in (meant, *listed)}

    def read(text: str) -> str:
        meant = by_fold.get(folded(text))
        if meant is None:
            raise BadCell(code, allowed=", ".join(words))
        return meant

    return read
