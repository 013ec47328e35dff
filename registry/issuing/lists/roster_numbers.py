"""National numbers on a class list, where the scheme takes them: read, held against the birth date, and sealed at once.

What leaves this room can be looked up and kept, but not read: no row, fault, batch or corrected file holds a number.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from registry.issuing.lists.roster_row import RosterRow
from registry.reading.national_id import OF_ONE_PERSON, Kind, NationalNumber, SealedNumber, national_number

# Columns by our name: what a number in them must be, and whether it is awaited in a Norwegian form.
NUMBER_COLUMNS: Final[Mapping[str, tuple[Kind | None, str | None]]] = {
    "national_number": (None, None),
    "fodselsnummer": (None, "NO"),
    "passport": ("passport", None),
}


@dataclass(frozen=True)
class Numbers:
    """How numbers on a list are taken.

    seal           makes of a number what may be kept with the row
    on             the day of reading
    synthetic_too  whether numbers made up for tests are taken
    """

    seal: Callable[[NationalNumber], SealedNumber]
    on: date
    synthetic_too: bool = False


def read_number(column: str, text: str, numbers: Numbers) -> NationalNumber:
    """The number in a filled cell of that column. Raises BadNumber."""
    kind, country = NUMBER_COLUMNS[column]
    return national_number(text, on=numbers.on, kind=kind, country=country, synthetic_too=numbers.synthetic_too)


def born_of(given: date | None, found: Mapping[str, NationalNumber]) -> date | None:
    """The birth date of a row; where the list states none, that which a number tells."""
    if given is not None:
        return given
    return next((number.birth_date for number in found.values() if number.birth_date is not None), None)


def contradicting(born: date | None, found: Mapping[str, NationalNumber]) -> list[str]:
    """The columns whose numbers belong to another birth date."""
    return [] if born is None else [column for column, number in found.items() if not number.agrees_with(born)]


def told_apart(one: RosterRow, other: RosterRow) -> bool:
    """Whether two rows with one name and birth date are two people: both have a number of which nobody has two."""
    its = {(each.kind, each.index) for each in one.numbers if each.kind in OF_ONE_PERSON}
    others = {(each.kind, each.index) for each in other.numbers if each.kind in OF_ONE_PERSON}
    return not its & others and bool({kind for kind, _ in its} & {kind for kind, _ in others})
