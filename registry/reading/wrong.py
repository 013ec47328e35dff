"""What is wrong with a file, a column or a cell: a stable code and what fills its sentence."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

FILE = 0  # the row at which the file as a whole is faulted


@dataclass(frozen=True)
class Wrong:
    """One thing that is wrong, in no language yet.

    column, value  where it shows; None where it does not stand in one cell, or must not be repeated
    params         what else its sentence needs
    """

    code: str
    column: str | None = None
    value: str | None = None
    params: Mapping[str, object] = field(default_factory=dict)


class BadCell(Exception):
    """A cell that cannot be read: the code of what is wrong and what its sentence needs."""

    def __init__(self, code: str, **params: object) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


class Unreadable(Exception):
    """The file as a whole is refused: the row it shows at, and all that is wrong there."""

    def __init__(self, row: int, *wrong: Wrong) -> None:
        super().__init__(*(one.code for one in wrong))
        self.row, self.wrong = row, wrong


@cache
def shared_texts() -> Mapping[str, Mapping[str, str]]:
    """The sentences of all that can be wrong with any table, number or portrait, by code and language."""
    found: dict[str, Mapping[str, str]] = {}
    for name in ("tables.toml", "numbers.toml", "portraits.toml", "designs.toml"):
        found |= tomllib.loads((files("registry.reading") / "texts" / name).read_text(encoding="utf-8"))
    return found
