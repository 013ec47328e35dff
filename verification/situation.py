"""Situations: what a certificate is needed for, and how old knowledge may be. Dated data; see `situations/`."""

import tomllib
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from levels.level import Level
from levels.order import editions, order_of
from verification.certificate import Code

DEFAULT_SITUATION = "site_entry"


class NoSuchSituation(ValueError):
    """No situation has that name; the text lists those there are."""


class Situation(BaseModel):
    """What a situation needs.

    level    a demand as `satisfies` reads it; None = every level will do
    schemes  codes of schemes of which it must be one; none = any scheme
    subject  whom it must be about; None = either
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    title: Mapping[str, str]
    level: Level | None = None
    third_party: bool = False
    identity: Annotated[int, Field(ge=0, le=3)] = 0
    schemes: tuple[Code, ...] = ()
    subject: Literal["person", "organisation"] | None = "person"
    soft_limit_hours: Annotated[int, Field(ge=0)]
    hard_limit_hours: Annotated[int, Field(ge=0)]

    def at_least(self, level: Level) -> "Situation":
        """The same, but no lower level than that will do; where it asks for more itself, that stands."""
        order = order_of(editions()[-1]).order  # the highest first
        if self.level is not None and order.index(self.level) <= order.index(level):
            return self
        return self.model_copy(update={"level": level})


@cache
def situation_editions() -> tuple[str, ...]:
    """The first days of the editions there are, the oldest first."""
    entries = (files("verification") / "situations").iterdir()
    return tuple(sorted(entry.name.removesuffix(".toml") for entry in entries if entry.name.endswith(".toml")))


def situations(on: date | None = None) -> Mapping[str, Situation]:
    """All situations by name, as in force that day; before the first edition, and without a day, see below.

    on  None = the newest edition; a day before the first edition is answered from the first
    """
    known = situation_editions()
    in_force = [edition for edition in known if on is None or edition <= on.isoformat()]
    return _edition(in_force[-1] if in_force else known[0])


def situation(name: str = DEFAULT_SITUATION, on: date | None = None) -> Situation:
    """The situation of that name, as in force that day. Raises NoSuchSituation."""
    known = situations(on)
    try:
        return known[name]
    except KeyError:
        raise NoSuchSituation(f"there is no such situation; there are {', '.join(known)}") from None


@cache
def _edition(name: str) -> Mapping[str, Situation]:
    text = (files("verification") / "situations" / f"{name}.toml").read_text("utf-8")
    return {entry["id"]: Situation.model_validate(entry) for entry in tomllib.loads(text)["situation"]}
