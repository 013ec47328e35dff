"""A table of people, read row by row: what each row says, and what is wrong with it. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from tomllib import loads
from typing import Any

from registry.issuing.roster_row import Fault, fault, fault_of
from registry.reading.cells import birth_date, check, folded, person_name, shown
from registry.reading.tables import Table, misfit
from registry.reading.wrong import BadCell
from registry.records.occasions import NewOccasion
from registry.records.people import name_key

LONGEST_CELL = 1000  # characters; no column needs more
LONGEST = {"name": 200, "birth_date": 40}


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
    by_column = {"name": person_name, "birth_date": birth_date, **readers}
    rows: list[Listed] = []
    faults: dict[int, list[Fault]] = {}
    for number, cells in table.rows:
        values, wrong = _values(cells, table.columns, by_column)
        said = {fault.column for fault in wrong}
        if not wrong or wrong[0].column is not None:
            if "name" not in values and "name" not in said:
                wrong.append(fault("name_missing", column="name", value=""))
            born = values.get("birth_date")
            if born is None and birth_needed and "birth_date" not in said:
                wrong.append(fault("birth_date_missing", column="birth_date"))
            if born is not None and born > on:
                wrong.append(fault("date_out_of_range", column="birth_date", value=str(born)))
        if wrong:
            faults[number] = wrong
        else:
            rows.append(Listed(number, values))
    return rows, faults


def _values(
    cells: Sequence[str], columns: Sequence[str | None], readers: Mapping[str, Callable[[str], object]]
) -> tuple[dict[str, Any], list[Fault]]:
    if wrong := misfit(cells, columns):
        return {}, [fault_of(wrong)]
    values: dict[str, Any] = {}
    faults: list[Fault] = []
    for column, cell in zip(columns, (cell.strip() for cell in cells), strict=False):
        if column is None or not cell:
            continue
        try:
            check(cell, longest=LONGEST.get(column, LONGEST_CELL), note=column == "note")
            values[column] = readers[column](cell)
        except BadCell as bad:
            faults.append(fault(bad.code, column=column, value=shown(cell, birth=column == "birth_date"), **bad.params))
    return values, faults


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
