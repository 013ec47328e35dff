"""An edition of the rules: read from dated data, checked against the list of facts, in force from a day on.

One row of the published matrix is one requirement; levels are its columns. A rulebook that does not load
stops the program: nothing may be assessed under rules that were only half read.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from levels.facts import FACTS, Value
from levels.identity import Methods
from levels.independence import Terms
from levels.level import Level
from levels.order import (
    LANGUAGES,
    BrokenRulebook,
    LevelName,
    NoSuchEdition,
    Order,
    check_languages,
    editions,
    file_of,
    in_force_on,
    order_from,
)


class _Data(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Criterion(_Data):
    """What one row asks: one comparison of one fact, or a few joined by `all` or `any`. A closed vocabulary.

    is        yes_no facts: exactly this
    at_least  numbers and scales, limit included; for numbers never and no end count as infinitely many
    at_most   numbers, limit included
    above     numbers, limit excluded
    A threshold may be one for all levels or one for each.
    """

    fact: str | None = None
    is_: bool | None = Field(default=None, alias="is")
    at_least: int | str | dict[LevelName, int | str] | None = None
    at_most: int | dict[LevelName, int] | None = None
    above: int | None = None
    all: tuple["Criterion", ...] = ()
    any: tuple["Criterion", ...] = ()

    def leaves(self) -> tuple["Criterion", ...]:
        """The comparisons in it."""
        joined = self.all or self.any
        return tuple(leaf for part in joined for leaf in part.leaves()) if joined else (self,)

    def at(self, level: Level, order: Sequence[Level]) -> "Criterion":
        """The same with the thresholds of that level; where a level has none of its own, the next higher one's."""
        if self.all or self.any:
            return self.model_copy(
                update={
                    "all": tuple(part.at(level, order) for part in self.all),
                    "any": tuple(part.at(level, order) for part in self.any),
                }
            )
        update = {
            name: _of_level(threshold, level, order)
            for name, threshold in (("at_least", self.at_least), ("at_most", self.at_most))
            if isinstance(threshold, dict)
        }
        return self.model_copy(update=update) if update else self


class Clause(_Data):
    """The criterion of a row at the levels named; no levels named = at all levels of the row."""

    levels: tuple[LevelName, ...] = ()
    fact: str | None = None
    is_: bool | None = Field(default=None, alias="is")
    at_least: int | str | dict[LevelName, int | str] | None = None
    at_most: int | dict[LevelName, int] | None = None
    above: int | None = None
    all: tuple[Criterion, ...] = ()
    any: tuple[Criterion, ...] = ()

    def criterion(self) -> Criterion:
        """The clause without its levels."""
        given = self.model_dump(exclude={"levels"}, exclude_defaults=True, by_alias=True)
        return Criterion.model_validate(given)


class RowData(_Data):
    """A requirement as it stands in the file."""

    id: str
    title: dict[str, str]
    says: dict[str, str]
    source: str
    mandatory: tuple[LevelName, ...] = ()
    recommended: tuple[LevelName, ...] = ()
    asks: tuple[Clause, ...]
    unless: tuple[Clause, ...] = ()


class FactText(_Data):
    """A fact's name for people, what to do so that it holds, and the words of its scale or of yes and no.

    lift    a phrase to follow "to do:"; `{wanted}` is what is asked, such as "at least 90 %". Without one the fact
            is a given, and nothing to change for the sake of a level
    """

    label: dict[str, str]
    lift: dict[str, str] = Field(default_factory=dict)
    words: dict[str, dict[str, str]] = Field(default_factory=dict)


Test = Callable[[Mapping[str, Value]], bool]


@dataclass(frozen=True, slots=True)
class Asked:
    """One cell of the matrix: what a row asks at one level, ready to be applied.

    holds      the criterion
    exempt     when this holds the row does not apply here; None = it always applies
    """

    row: "Requirement"
    criterion: Criterion
    holds: Test
    exempt: Test | None
    mandatory: bool


@dataclass(frozen=True, slots=True)
class Requirement:
    """One row of the matrix: what it is called, what it says, where it comes from."""

    id: str
    title: Mapping[str, str]
    says: Mapping[str, str]
    source: str
    data: RowData


@dataclass(frozen=True, eq=False)  # compared by identity: one of a name lives as long as the program
class Rulebook(Order):
    """One edition, or one as a scheme has tightened it.

    cells  for each level its rows in the order of the matrix; F has none
    """

    requirements: Mapping[str, Requirement]
    cells: Mapping[Level, tuple[Asked, ...]]
    facts: Mapping[str, FactText]
    words: Mapping[str, Mapping[str, str]]
    relations: Mapping[str, Mapping[str, Mapping[str, str]]]
    methods: Methods
    terms: Terms


def edition_on(day: date) -> Rulebook:
    """The edition in force on that day. Raises NoSuchEdition before the first."""
    return rulebook(in_force_on(day))


@cache
def rulebook(edition: str) -> Rulebook:
    """The edition of that name. Raises NoSuchEdition, or BrokenRulebook if its data is not sound."""
    if edition not in editions():
        raise NoSuchEdition(f"{edition!r} is no edition; there are {', '.join(editions())}")
    return rulebook_from({name: file_of(edition, name) for name in FILES}, edition)


FILES = ("levels", "organisation", "person", "facts", "relations", "identity", "independence")


@cache
def edition_digest(edition: str) -> str:
    """SHA-256, hexadecimal, over the files of an edition: each with its name and its length before it, in order."""
    folder, told = files("levels") / "rules" / edition, sha256()
    for file in sorted((entry for entry in folder.iterdir() if entry.is_file()), key=lambda entry: entry.name):
        content = file.read_bytes()
        told.update(f"{file.name}\n{len(content)}\n".encode() + content)
    return told.hexdigest()


def rulebook_from(data: Mapping[str, Mapping[str, Any]], edition: str) -> Rulebook:
    """An edition from the content of its files, by name without ending. Raises BrokenRulebook."""
    known = order_from(data.get("levels", {}), edition)
    order = known.order
    try:
        rows = [RowData.model_validate(row) for name in ("organisation", "person") for row in data[name]["requirement"]]
        relations: Mapping[str, Mapping[str, Mapping[str, str]]] = data["relations"]
        facts = {name: FactText.model_validate(text) for name, text in data["facts"]["fact"].items()}
        methods = Methods.model_validate(data["identity"])
        terms = Terms.model_validate(data["independence"])
    except (ValidationError, KeyError, TypeError, ValueError) as fault:
        raise BrokenRulebook(f"edition {edition}: {fault}") from fault
    _check(edition, rows, facts)
    _check_relations(edition, {**relations, "words": data["facts"]["words"]})
    requirements = {row.id: Requirement(row.id, row.title, row.says, row.source, row) for row in rows}
    cells = {
        level: tuple(
            cell(requirements[row.id], level, order, mandatory=level in row.mandatory)
            for row in rows
            if level in row.mandatory or level in row.recommended
        )
        for level in order
    }
    return Rulebook(
        edition=edition,
        order=order,
        levels=known.levels,
        requirements=requirements,
        cells=cells,
        facts=facts,
        words=data["facts"]["words"],
        relations=relations,
        methods=methods,
        terms=terms,
        owner_ceiling=known.owner_ceiling,
    )


def _check(
    edition: str,
    rows: Sequence[RowData],
    facts: Mapping[str, FactText],
) -> None:
    """What the types cannot say of an edition. Raises BrokenRulebook."""

    def broken(where: str, why: str) -> BrokenRulebook:
        return BrokenRulebook(f"edition {edition}, {where}: {why}")

    if len({row.id for row in rows}) != len(rows):
        raise broken("rows", "an id stands there twice")
    if set(facts) != set(FACTS):
        raise broken("facts", f"texts and facts differ in {sorted(set(facts) ^ set(FACTS))}")
    for name, fact in facts.items():
        check_languages(broken, f"fact {name}", fact.label, *([fact.lift] if fact.lift else []), *fact.words.values())
    for row in rows:
        check_languages(broken, row.id, row.title, row.says)
        if set(row.mandatory) & set(row.recommended) or Level.F in (*row.mandatory, *row.recommended):
            raise broken(row.id, "a level stands in two columns, or F is asked something")
        for leaf in (leaf for clause in (*row.asks, *row.unless) for leaf in clause.criterion().leaves()):
            _check_leaf(leaf, broken, row.id)


def _check_relations(edition: str, relations: Mapping[str, Mapping[str, Mapping[str, str]]]) -> None:
    for group, texts in relations.items():
        for name, words in texts.items():
            if set(words) != set(LANGUAGES):
                raise BrokenRulebook(f"edition {edition}, {group}.{name}: a text is missing in a language")


def _check_leaf(leaf: Criterion, broken: Callable[[str, str], BrokenRulebook], row: str) -> None:
    fact = FACTS.get(str(leaf.fact))
    if fact is None:
        raise broken(row, f"{leaf.fact!r} is no fact")
    given = [name for name in ("is_", "at_least", "at_most", "above") if getattr(leaf, name) is not None]
    fitting = {"yes_no": {"is_"}, "scale": {"at_least"}, "number": {"at_least", "at_most", "above"}}[fact.kind]
    if len(given) != 1 or not set(given) <= fitting:
        raise broken(row, f"{leaf.fact} is asked {given or 'nothing'}, which does not fit its kind")
    thresholds = leaf.at_least.values() if isinstance(leaf.at_least, dict) else [leaf.at_least]
    for threshold in thresholds:
        if fact.kind == "scale" and threshold not in fact.scale:
            raise broken(row, f"{threshold!r} is no word of {leaf.fact}")
        if fact.kind == "number" and isinstance(threshold, str):
            raise broken(row, f"{leaf.fact} is a number, {threshold!r} is none")


def _of_level(threshold: Mapping[Level, Any], level: Level, order: Sequence[Level]) -> Any:  # noqa: ANN401 int or a scale's word
    """The threshold of a level, or of the next higher level that has one, or of the highest that has one."""
    above = [candidate for candidate in order[: order.index(level) + 1] if candidate in threshold]
    return (
        threshold[above[-1]] if above else next(threshold[candidate] for candidate in order if candidate in threshold)
    )


def _clause_at(clauses: Sequence[Clause], level: Level, order: Sequence[Level]) -> Clause | None:
    """The clause for that level; else that of the next higher level which has one, for a row asked lower down."""
    for candidate in reversed(order[: order.index(level) + 1]):
        for clause in clauses:
            if not clause.levels or candidate in clause.levels:
                return clause
    return None


def cell(row: Requirement, level: Level, order: Sequence[Level], *, mandatory: bool) -> Asked:
    """What `row` asks at `level`; where the matrix asks nothing there, what it asks at the next higher level."""
    clause = _clause_at(row.data.asks, level, order)
    if clause is None:
        raise BrokenRulebook(f"{row.id} asks nothing at {level}")
    criterion = clause.criterion().at(level, order)
    exempt = [c for c in row.data.unless if not c.levels or level in c.levels]
    return Asked(
        row=row,
        criterion=criterion,
        holds=compiled(criterion),
        exempt=compiled(exempt[0].criterion()) if exempt else None,
        mandatory=mandatory,
    )


def compiled(criterion: Criterion) -> Test:
    """The criterion as a function of the known facts. A fact that is not known never holds."""
    if criterion.all:
        parts = tuple(compiled(part) for part in criterion.all)
        return lambda facts: all(part(facts) for part in parts)
    if criterion.any:
        parts = tuple(compiled(part) for part in criterion.any)
        return lambda facts: any(part(facts) for part in parts)
    name = str(criterion.fact)
    fact = FACTS[name]
    if fact.kind == "yes_no":
        wanted = criterion.is_
        return lambda facts: facts[name] is wanted
    if fact.kind == "scale":
        enough = frozenset(fact.scale[fact.scale.index(str(criterion.at_least)) :])
        return lambda facts: facts[name] in enough
    return _number(name, criterion)


def _number(name: str, criterion: Criterion) -> Test:
    low = -math.inf if criterion.at_least is None else float(str(criterion.at_least))
    high = math.inf if criterion.at_most is None else float(str(criterion.at_most))
    above = -math.inf if criterion.above is None else criterion.above

    def holds(facts: Mapping[str, Value]) -> bool:
        value = facts[name]
        if value is None or isinstance(value, str):
            return False
        return low <= value <= high and value > above

    return holds
