"""National numbers on a class list, where the scheme takes them: read, held against the birth date, and sealed at once.

What leaves this room can be looked up and kept, but not read: no row, fault, batch or corrected file holds a number.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from registry.reading.national_id import Kind, NationalNumber, SealedNumber, national_number
from registry.reading.wrong import BadCell

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
    digest         a keyed digest of the file's bytes: a plain one of a short list would be a plain one of its numbers
    on             the day of reading
    synthetic_too  whether numbers made up for tests are taken
    """

    seal: Callable[[NationalNumber], SealedNumber]
    digest: Callable[[bytes], str]
    on: date
    synthetic_too: bool = False


def read_number(column: str, text: str, numbers: Numbers) -> NationalNumber:
    """The number in a filled cell of that column. Raises BadNumber."""
    kind, country = NUMBER_COLUMNS[column]
    return national_number(text, on=numbers.on, kind=kind, country=country, synthetic_too=numbers.synthetic_too)


def born(given: date | None, found: Mapping[str, NationalNumber]) -> date | None:
    """The birth date of a row, from its numbers where the list states none.

    Raises BadCell where a number says another one than the list, or than another number.
    """
    told = given
    for number in found.values():
        if told is None:
            told = number.birth_date
    for column, number in found.items():
        if told is not None and not number.agrees_with(told):
            raise BadCell("number_other_birth", column=column)
    return told
