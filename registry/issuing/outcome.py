"""What became of a class list, row by row: the answer of a batch, as it is given and as it is kept."""

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from levels.assess import Assessment, Unmet
from levels.level import Level
from registry.issuing.roster_row import LANGUAGES, Fault

Outcome = Literal["issued", "refused", "fault"]


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class UnmetRow(_Answer):
    """A requirement that does not hold, in all languages: what it says, what was found, what was wanted, what to do."""

    id: str
    title: Mapping[str, str]
    says: Mapping[str, str]
    source: str
    found: Mapping[str, str]
    wanted: Mapping[str, str]
    lift: Mapping[str, str]
    facts: Mapping[str, bool | int | float | str | None]

    def as_json(self, lang: str) -> dict[str, Any]:
        """In one language: {id, title, says, source, found, wanted, lift, facts}."""
        return {
            "id": self.id,
            "title": self.title[lang],
            "says": self.says[lang],
            "source": self.source,
            "found": self.found[lang],
            "wanted": self.wanted[lang],
            "lift": self.lift[lang],
            "facts": dict(self.facts),
        }


class RowOutcome(_Answer):
    """What became of one row.

    level     the level issued (in a check: that would be issued); None where nothing is
    attained  the highest level the evidence reaches
    unmet     for the asked level
    already   the person held the certificate of this occasion before; nothing new was issued
    """

    row: int
    name: str
    outcome: Outcome
    number: str | None = None
    level: Level | None = None
    attained: Level | None = None
    asked: Level | None = None
    unmet: tuple[UnmetRow, ...] = ()
    faults: tuple[Fault, ...] = ()
    already: bool = False

    def as_json(self, lang: str) -> dict[str, Any]:
        """In one language, with the faults as {column, value, code, says}."""
        return {
            "row": self.row,
            "name": self.name,
            "outcome": self.outcome,
            "number": self.number,
            "level": self.level and self.level.value,
            "attained": self.attained and self.attained.value,
            "asked": self.asked and self.asked.value,
            "unmet": [unmet.as_json(lang) for unmet in self.unmet],
            "faults": [
                {"column": each.column, "value": each.value, "code": each.code, "says": each.says[lang]}
                for each in self.faults
            ],
            "already": self.already,
        }


class BatchResult(_Answer):
    """What became of a whole list.

    batch     the id of what was kept; None where nothing was (a check, or all held back)
    issued    certificates issued now (in a check: that would be)
    already   rows whose certificate was issued before and holds
    repeated  the same list was handed in before; nothing was issued, and the rows say how it stands now
    """

    batch: str | None
    occasion: str
    issued: int
    already: int = 0
    refused: int
    faults: int
    repeated: bool = False
    rows: tuple[RowOutcome, ...]

    def as_json(self, lang: str) -> dict[str, Any]:
        """In one language: {batch, occasion, issued, already, refused, faults, repeated, rows}."""
        return {
            "batch": self.batch,
            "occasion": self.occasion,
            "issued": self.issued,
            "already": self.already,
            "refused": self.refused,
            "faults": self.faults,
            "repeated": self.repeated,
            "rows": [row.as_json(lang) for row in self.rows],
        }


def result_of(batch: str | None, occasion: str, rows: Iterable[RowOutcome]) -> BatchResult:
    """The rows in the order of the list, counted."""
    in_order = tuple(sorted(rows, key=lambda row: row.row))
    count = {kind: sum(row.outcome == kind for row in in_order) for kind in ("issued", "refused", "fault")}
    already = sum(row.already for row in in_order)
    return BatchResult(
        batch=batch,
        occasion=occasion,
        issued=count["issued"] - already,
        already=already,
        refused=count["refused"],
        faults=count["fault"],
        rows=in_order,
    )


def unmet_at(assessment: Assessment, level: Level) -> tuple[UnmetRow, ...]:
    """The requirements of that level that do not hold."""
    return tuple(_in_all_languages(unmet) for unmet in assessment.unmet[level])


def _in_all_languages(unmet: Unmet) -> UnmetRow:
    in_each = {language: unmet.as_json(language) for language in LANGUAGES}
    texts = {part: {language: in_each[language][part] for language in LANGUAGES} for part in _PARTS}
    return UnmetRow(id=unmet.id, source=unmet.source, facts=unmet.facts, **texts)


_PARTS = ("title", "says", "found", "wanted", "lift")
