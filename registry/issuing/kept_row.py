"""A row of a class list as it is kept until its certificate is issued: everything but national numbers."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import date
from typing import Any

from levels.level import Level
from registry.issuing.roster_row import RosterRow

# Kept with the person, encrypted, and never here.
NOT_KEPT = frozenset({"row", "numbers"})


def kept_form(row: RosterRow) -> dict[str, Any]:
    """What is kept of it, as JSON has it; what is empty has no member."""
    given = {name: getattr(row, name) for name in _KEPT}
    return {name: _plain(value) for name, value in given.items() if value is not None and value not in ({}, ())}


def row_of(number: int, kept: Mapping[str, Any]) -> RosterRow:
    """The row again."""
    told: dict[str, Any] = dict(kept)
    if "birth_date" in told:
        told["birth_date"] = date.fromisoformat(told["birth_date"])
    if "asked" in told:
        told["asked"] = Level(told["asked"])
    told |= {name: tuple(value) for name, value in kept.items() if isinstance(value, list)}
    return RosterRow(row=number, **told)


def _plain(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    return list(value) if isinstance(value, tuple) else value


_KEPT = tuple(field.name for field in fields(RosterRow) if field.name not in NOT_KEPT)
