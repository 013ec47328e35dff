"""A class list as read: who is on it, what differs for each person, and what cannot be accepted."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from pydantic import BaseModel, ConfigDict

from levels.level import Level
from registry.reading.national_id import SealedNumber
from registry.reading.wrong import Wrong, shared_texts
from registry.records.persons.people import name_key

LANGUAGES = ("sv", "nb", "en")


class Fault(BaseModel):
    """What is wrong with a row, or with the file: a stable code and a sentence that says what to do.

    column, value  where it shows; None where it does not stand in one cell, or must not be repeated
    header         the column as the list itself calls it, where that is known
    params         what else the sentence is filled in with
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    column: str | None = None
    header: str | None = None
    value: str | None = None
    code: str
    says: Mapping[str, str]
    params: Mapping[str, str | int | float | bool | None] = {}

    def kept_form(self) -> dict[str, Any]:
        """All but the sentences and the header, as JSON has it: `fault_again` tells the former again."""
        told = {"code": self.code, "column": self.column, "value": self.value, "params": dict(self.params)}
        return {name: value for name, value in told.items() if value not in (None, {})}

    def under(self, headers: Mapping[str, str]) -> "Fault":
        """The same with the header that its column has in the list."""
        header = headers.get(self.column or "")
        return self if header is None else self.model_copy(update={"header": header})


@dataclass(frozen=True, slots=True)
class RosterRow:
    """One person on the list.

    row               its number in the file, as a spreadsheet shows it
    employer          id or name of an organisation, or any text
    enrolment_method  a method of the edition's table; None = as the occasion says
    scope_classes     the classes asked for; None = all that the occasion gives
    numbers           national numbers and the like, sealed: they find the person, and nobody reads them
    asked             the level for this person; None = as for the list
    at_attained       issue at the attained level where the asked one is missed; None = as for the list
    facts             typed facts by their published names; they win over what the occasion says
    name_key          the name as it is compared
    """

    row: int
    name: str
    birth_date: date | None = None
    email: str | None = None
    phone: str | None = None
    employer: str | None = None
    enrolment_method: str | None = None
    scope_classes: tuple[str, ...] | None = None
    asked: Level | None = None
    at_attained: bool | None = None
    note: str | None = None
    numbers: tuple[SealedNumber, ...] = ()
    facts: Mapping[str, bool | int | str] = field(default_factory=dict)
    name_key: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Once for all: it is compared often."""
        object.__setattr__(self, "name_key", name_key(self.name))


@dataclass(frozen=True)
class Roster:
    """A whole list.

    faults   by row; row 0 is the file as a whole
    digest   SHA-256 of the file's bytes and of the sheet asked for, hexadecimal: the same list again is told by it
    header   the row with the headers
    headers  how the list itself calls its columns, by our names
    names    who the rows with faults are about, where that can be read
    """

    rows: tuple[RosterRow, ...]
    digest: str
    faults: Mapping[int, tuple[Fault, ...]] = field(default_factory=dict)
    header: int = 1
    headers: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[int, str] = field(default_factory=dict)

    @property
    def refused(self) -> bool:
        """Whether the file is refused whole: nothing of its rows was read."""
        return not self.rows and any(row <= self.header for row in self.faults)


def fault(code: str, *, column: str | None = None, value: str | None = None, **params: object) -> Fault:
    """A fault with its sentence in all languages, filled in. KeyError for a code without texts."""
    filling = {"column": column, "value": value, **params}
    return Fault(
        column=column,
        value=value,
        code=code,
        says={
            language: texts()[code][language].format_map({**filling, **_called(code, params, language)})
            for language in LANGUAGES
        },
        params={name: given if isinstance(given, (str, int, float)) else str(given) for name, given in params.items()},
    )


def _called(code: str, params: Mapping[str, object], language: str) -> Mapping[str, str]:
    """What the sentence about a mistyped header suggests, as a list in that language has it."""
    if code != "column_unknown_near":
        return {}
    return {"near": header_of(str(params["near"]), language)}


def header_of(column: str, language: str) -> str:
    """How a list in that language calls a column."""
    said: str = _templates().get(language, {}).get(column, column.replace("_", " "))
    return said


@cache
def _templates() -> Mapping[str, Mapping[str, str]]:
    own = tomllib.loads((files("registry.issuing") / "roster.toml").read_text(encoding="utf-8"))
    found: Mapping[str, Mapping[str, str]] = own["template"]
    return found


def fault_again(kept: Mapping[str, Any]) -> Fault:
    """A fault as `Fault.kept_form` has it, with the sentences of today; a code that has none any more speaks itself."""
    code, column, value, params = kept["code"], kept.get("column"), kept.get("value"), kept.get("params", {})
    try:
        return fault(code, column=column, value=value, **params)
    except KeyError:
        return Fault(column=column, value=value, code=code, says=dict.fromkeys(LANGUAGES, code), params=params)


def fault_of(wrong: Wrong) -> Fault:
    """What was found wrong with the table, in all languages."""
    return fault(wrong.code, column=wrong.column, value=wrong.value, **wrong.params)


@cache
def texts() -> Mapping[str, Mapping[str, str]]:
    """The sentences by code: those that every table shares, and those of every file in `texts/`."""
    found = dict(shared_texts())
    for entry in sorted((files("registry.issuing") / "texts").iterdir(), key=lambda entry: entry.name):
        if entry.name.endswith(".toml"):
            found.update(tomllib.loads(entry.read_text(encoding="utf-8")))
    return found
