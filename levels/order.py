"""The levels of an edition: which is higher, what each is called, and which meets a demand for which.

All that whoever checks a certificate needs of the rules; how a level is reached is not known here.
"""

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from levels.level import Level

LANGUAGES = ("sv", "nb", "en")
_EDITION = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


# Files know text where the code has names; only that much is converted.
LevelName = Annotated[Level, Field(strict=False)]


class BrokenRulebook(Exception):
    """Rule data that cannot be used; says which file, row and why."""


class NoSuchEdition(Exception):
    """No edition of that name, or none in force on that day."""


class LevelText(BaseModel):
    """What a level is called, what its paper says, what it assures and what it does not."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: LevelName
    name: dict[str, str]
    printed_word: dict[str, str]
    assures: dict[str, str]
    does_not_assure: dict[str, str]
    carries_end: bool


@dataclass(frozen=True, eq=False)
class Order:
    """The levels of one edition.

    order          the levels, highest first
    owner_ceiling  the most an owner may issue for its own scheme
    """

    edition: str
    order: tuple[Level, ...]
    levels: Mapping[Level, LevelText]
    owner_ceiling: Level

    def rank(self, level: Level) -> int:
        """Place in display order; 0 is the highest."""
        return self.order.index(level)

    def lower(self, one: Level, other: Level) -> Level:
        """The lower of two levels."""
        return max(one, other, key=self.rank)

    def carries_end(self, level: Level) -> bool:
        """Whether a certificate of this level has a `valid_until` of its own; E and F attest an event and have none."""
        return self.levels[level].carries_end


@cache
def editions() -> tuple[str, ...]:
    """The names of all editions, oldest first; the name is the first day in force."""
    return tuple(
        sorted(entry.name for entry in (files("levels") / "rules").iterdir() if _EDITION.fullmatch(entry.name))
    )


def in_force_on(day: date) -> str:
    """The name of the edition in force on that day. Raises NoSuchEdition before the first."""
    in_force = [name for name in editions() if date.fromisoformat(name) <= day]
    if not in_force:
        raise NoSuchEdition(f"no edition was in force on {day}; the first is {editions()[0]}")
    return in_force[-1]


@cache
def order_of(edition: str) -> Order:
    """The levels of the edition of that name. Raises NoSuchEdition, BrokenRulebook."""
    if edition not in editions():
        raise NoSuchEdition(f"{edition!r} is no edition; there are {', '.join(editions())}")
    return order_from(file_of(edition, "levels"), edition)


def order_from(data: Mapping[str, Any], edition: str) -> Order:
    """The levels in the content of `levels.toml`. Raises BrokenRulebook."""

    def broken(where: str, why: str) -> BrokenRulebook:
        return BrokenRulebook(f"edition {edition}, {where}: {why}")

    try:
        texts = [LevelText.model_validate(level) for level in data["level"]]
        order, ceiling = tuple(Level(name) for name in data["order"]), Level(data["owner_ceiling"])
    except (ValidationError, KeyError, TypeError, ValueError) as fault:
        raise BrokenRulebook(f"edition {edition}: {fault}") from fault
    if sorted(order) != sorted(Level) or sorted(text.id for text in texts) != sorted(Level):
        raise broken("levels", "every level must stand there once")
    for text in texts:
        check_languages(broken, f"level {text.id}", text.name, text.printed_word, text.assures, text.does_not_assure)
    return Order(edition, order, {text.id: text for text in texts}, ceiling)


def satisfies(held: Level, needed: Level, *, third_party: bool, rulebook: Order) -> bool:
    """Whether a certificate of level `held` meets a demand for `needed`.

    The same or a higher level does, but a demand for C1 is met by B only where the examination was third-party.
    """
    if needed is Level.C1 and held is Level.B:
        return third_party
    return rulebook.rank(held) <= rulebook.rank(needed)


def file_of(edition: str, name: str) -> dict[str, Any]:
    """The content of one of its files, by name without ending. Raises BrokenRulebook."""
    path = files("levels") / "rules" / edition / f"{name}.toml"
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as fault:
        raise BrokenRulebook(f"edition {edition}, {name}.toml: {fault}") from fault


def check_languages(broken: Callable[[str, str], BrokenRulebook], where: str, *texts: Mapping[str, str]) -> None:
    """Raises what `broken` makes where a text is missing in a language."""
    if any(set(words) != set(LANGUAGES) for words in texts):
        raise broken(where, "a text is missing in a language")
