"""A row of a class list as it is kept until its certificate is issued.

Its numbers, sealed, are kept with it only as long as the list is held back and nobody is recorded from it: then they
lie with the person, under the person's own key, and can be forgotten there.
"""

from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from datetime import date
from typing import Any

from levels.level import Level
from registry.issuing.lists.roster_row import RosterRow
from registry.reading.national_id import SealedNumber
from registry.records.issued.batches import KeptRow

UNREAD = "unread"  # marks a row of which only the name is kept
NOT_KEPT = frozenset({"row", "numbers", "name_key"})


def kept_form(row: RosterRow, *, with_numbers: bool = False) -> dict[str, Any]:
    """What is kept of it, as JSON has it; what is empty has no member."""
    kept: dict[str, Any] = {}
    for name in _KEPT:
        value = getattr(row, name)
        if value is not None and value not in ((), {}):
            kept[name] = value if type(value) in _AS_IT_IS else _plain(value)
    if with_numbers and row.numbers:
        kept["numbers"] = [asdict(number) for number in row.numbers]
    return kept


def without_numbers(row: KeptRow) -> KeptRow:
    """The same row, its numbers left out."""
    return replace(row, read={name: value for name, value in (row.read or {}).items() if name != "numbers"})


def row_of(number: int, kept: Mapping[str, Any]) -> RosterRow:
    """The row again."""
    told: dict[str, Any] = dict(kept)
    if "birth_date" in told:
        told["birth_date"] = date.fromisoformat(told["birth_date"])
    if "asked" in told:
        told["asked"] = Level(told["asked"])
    told |= {name: tuple(value) for name, value in kept.items() if isinstance(value, list)}
    told["numbers"] = tuple(SealedNumber(**number) for number in kept.get("numbers", ()))
    return RosterRow(row=number, **told)


def name_alone(name: str | None) -> dict[str, Any] | None:
    """What is kept of a row that could not be read: whom it is about, where that much could."""
    return {"name": name, UNREAD: True} if name else None


def is_read(kept: Mapping[str, Any] | None) -> bool:
    """Whether more is kept of a row than whom it is about."""
    return kept is not None and UNREAD not in kept


def _plain(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    return list(value) if isinstance(value, tuple) else value


_AS_IT_IS = frozenset({str, bool})
_KEPT = tuple(field.name for field in fields(RosterRow) if field.name not in NOT_KEPT)
