"""What a scheme asks beyond the edition. It may only tighten; anything looser is refused by name."""

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from levels.evidence import Tightening
from levels.facts import FACTS, Fact
from levels.level import Level
from levels.rulebook import Asked, Criterion, Rulebook, cell, compiled


class LooserThanEdition(Exception):
    """A tightening that would ask less than the edition, what it does not have, or what nobody can reach."""


def tightened(edition: Rulebook, tightening: tuple[Tightening, ...]) -> Rulebook:
    """The edition as a scheme has tightened it. Raises LooserThanEdition, naming row and level."""
    return _tightened(edition, tightening) if tightening else edition


@lru_cache(maxsize=256)
def _tightened(edition: Rulebook, tightening: tuple[Tightening, ...]) -> Rulebook:
    cells = {level: {one.row.id: one for one in column} for level, column in edition.cells.items()}
    for wish in tightening:
        row = edition.requirements.get(wish.row)
        if row is None:
            raise LooserThanEdition(f"{wish.row!r} is no row of edition {edition.edition}")
        if wish.level is Level.F:
            raise LooserThanEdition(f"{wish.row} at F: F asks nothing and stays attainable")
        if not wish.asked:
            raise LooserThanEdition(f"{wish.row} at {wish.level}: a scheme may only tighten, not stop asking")
        asked = cells[wish.level].get(wish.row) or cell(row, wish.level, edition.order, mandatory=True)
        cells[wish.level][wish.row] = (
            _stricter(asked, wish) if wish.fact is not None else replace(asked, mandatory=True)
        )
    columns = {
        level: tuple(column[name] for name in edition.requirements if name in column) for level, column in cells.items()
    }
    return replace(edition, cells=columns)


def _stricter(asked: Asked, wish: Tightening) -> Asked:
    """The cell with the stricter threshold beside its criterion. Raises LooserThanEdition.

    What the edition asks always still holds: its own threshold is replaced only where it must hold in any case,
    else the new one is joined to the whole by `all`.
    """
    where = f"{wish.row} at {wish.level}"
    leaves = [leaf for leaf in asked.criterion.leaves() if leaf.fact == wish.fact]
    if not leaves:
        names = ", ".join(sorted({str(leaf.fact) for leaf in asked.criterion.leaves()}))
        raise LooserThanEdition(f"{where}: the row does not ask for {wish.fact!r} but for {names}")
    fact = FACTS[str(wish.fact)]
    _check_kind(where, wish, fact)
    for leaf in leaves:
        _check_threshold(where, wish, leaf, fact)
    threshold = {"at_least": wish.at_least} if wish.at_least is not None else {"at_most": wish.at_most}
    criterion = _with(asked.criterion, Criterion.model_validate({"fact": wish.fact, **threshold}))
    return replace(asked, criterion=criterion, holds=compiled(criterion), mandatory=True)


def _with(asked: Criterion, stricter: Criterion) -> Criterion:
    """The criterion with a stricter threshold, which takes the place of the one it makes needless."""

    def needless(part: Criterion) -> bool:
        same_side = (part.at_least is None, part.at_most is None) == (
            stricter.at_least is None,
            stricter.at_most is None,
        )
        return part.fact == stricter.fact and same_side and part.above is None

    kept = tuple(part for part in asked.all or (asked,) if not needless(part))
    return Criterion(all=(*kept, stricter)) if kept else stricter


def _check_kind(where: str, wish: Tightening, fact: Fact) -> None:
    if fact.kind == "yes_no":
        raise LooserThanEdition(f"{where}: {fact.name} is yes or no and has no threshold")
    if fact.kind == "scale" and wish.at_least not in fact.scale:
        raise LooserThanEdition(f"{where}: {fact.name} is one of {', '.join(fact.scale)}")
    given = wish.at_most if wish.at_least is None else wish.at_least
    if fact.kind == "number" and not isinstance(given, int):
        raise LooserThanEdition(f"{where}: {fact.name} needs a whole number")
    highest = 100 if fact.unit == "percent" else 3 if fact.name.endswith("_ida") else math.inf
    if isinstance(wish.at_least, int) and wish.at_least > highest:
        raise LooserThanEdition(
            f"{where}: {fact.name} at least {wish.at_least} cannot be reached; the most is {highest}"
        )
    if isinstance(wish.at_most, int) and wish.at_most < 0:
        raise LooserThanEdition(f"{where}: {fact.name} at most {wish.at_most} cannot be reached; the least is 0")


def _check_threshold(where: str, wish: Tightening, leaf: Criterion, fact: Fact) -> None:
    if wish.at_least is not None and leaf.at_least is not None:
        if _place(fact.scale, wish.at_least) < _place(fact.scale, leaf.at_least):
            raise LooserThanEdition(
                f"{where}: {fact.name} at least {wish.at_least} is looser than the edition's {leaf.at_least}"
            )
    elif wish.at_most is not None and leaf.at_most is not None:
        if _place((), wish.at_most) > _place((), leaf.at_most):
            raise LooserThanEdition(
                f"{where}: {fact.name} at most {wish.at_most} is looser than the edition's {leaf.at_most}"
            )
    elif leaf.above is None or wish.at_least is None:
        raise LooserThanEdition(f"{where}: the edition limits {fact.name} from the other side")


def _place(scale: Sequence[str], threshold: object) -> float:
    return scale.index(str(threshold)) if scale else float(str(threshold))
