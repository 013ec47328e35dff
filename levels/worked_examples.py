"""Worked examples of the levels: evidence as it may be, and what is computed from it; a file each in `examples/`."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from levels.assess import Assessment, assess
from levels.evidence import evidence_from_toml
from levels.rulebook import Rulebook, rulebook


@dataclass(frozen=True, slots=True)
class Example:
    """One of them: what it is about, by language, the file as it stands, and what it comes to.

    found  under the edition asked for
    """

    name: str
    title: Mapping[str, str]
    says: Mapping[str, str]
    file: bytes
    found: Assessment


def examples(edition: str) -> Sequence[Example]:
    """All, from the highest level to the lowest, under that edition. Raises NoSuchEdition."""
    return _examples(edition)


@cache
def _examples(edition: str) -> tuple[Example, ...]:
    rules, place = rulebook(edition), resources.files("levels") / "examples"
    titles = tomllib.loads((place / "titles.toml").read_text("utf-8"))
    return tuple(_example(name, said, (place / f"{name}.toml").read_bytes(), rules) for name, said in titles.items())


def _example(name: str, said: Mapping[str, Mapping[str, str]], file: bytes, rules: Rulebook) -> Example:
    evidence = evidence_from_toml(file)
    on = evidence.decided_on
    if on is None:
        raise ValueError(f"{name} says no decision day")
    return Example(name, said["title"], said["says"], file, assess(evidence, rules, on))
