"""What became of a class list, row by row: the answer of a batch, told anew in the reader's language from codes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from levels.assess import Unmet, assess
from levels.evidence import Evidence
from levels.level import Level
from levels.rulebook import Rulebook
from registry.issuing.lists.on_paper import not_on_paper
from registry.issuing.lists.roster_row import LANGUAGES, Fault, fault, fault_again
from registry.records.issued.batches import Batch, BatchState, KeptRow

# waiting: its certificate is still to come · held, cancelled: none comes, because the whole batch stopped
Outcome = Literal["issued", "refused", "fault", "waiting", "held", "cancelled"]


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


@dataclass(frozen=True, slots=True)  # of a long list there are many
class RowOutcome:
    """What became of one row.

    level     the level issued (in a check: that would be issued); None where nothing is
    attained  the highest level the evidence reaches
    unmet     for the asked level
    already   the person held the certificate of this occasion before; nothing new was issued
    warnings  what stops nothing, and is worth knowing
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
    warnings: tuple[Fault, ...] = ()

    def as_json(self, lang: str) -> dict[str, Any]:
        """In one language, with the faults and warnings as {column, header, value, code, says}."""
        return {
            "row": self.row,
            "name": self.name,
            "outcome": self.outcome,
            "number": self.number,
            "level": self.level and self.level.value,
            "attained": self.attained and self.attained.value,
            "asked": self.asked and self.asked.value,
            "unmet": [unmet.as_json(lang) for unmet in self.unmet],
            "faults": [told_in(each, lang) for each in self.faults],
            "warnings": [told_in(each, lang) for each in self.warnings],
            "already": self.already,
        }


def told_in(told: Fault, lang: str) -> dict[str, Any]:
    """A fault or a warning in one language."""
    return {
        "column": told.column,
        "header": told.header,
        "value": told.value,
        "code": told.code,
        "says": told.says[lang],
    }


class BatchResult(_Answer):
    """What became of a whole list.

    batch     the id of what was kept; None of a check
    state     of the batch; None of a check
    reason    why it is held, cancelled or failed, as a code; `detail` is a sentence
    approval  what somebody else has to decide on first
    issued    certificates issued now (in a check: that would be)
    already   rows whose certificate was issued before and holds
    left      rows whose certificate is still to come, or never will
    repeated  the same list was handed in before; nothing was issued, and the rows say how it stands now
    needs_approval  it takes a second person, who decides before anything is issued
    warnings  what stops nothing, is worth knowing, and is the same for all
    """

    batch: str | None
    state: BatchState | None = None
    reason: str | None = None
    detail: str | None = None
    approval: str | None = None
    occasion: str
    issued: int
    already: int = 0
    refused: int
    faults: int
    left: int = 0
    repeated: bool = False
    needs_approval: bool = False
    warnings: tuple[Fault, ...] = ()
    rows: tuple[RowOutcome, ...]

    def as_json(self, lang: str) -> dict[str, Any]:
        """In one language."""
        return {
            "batch": self.batch,
            "state": self.state,
            "reason": self.reason,
            "detail": self.detail,
            "approval": self.approval,
            "occasion": self.occasion,
            "issued": self.issued,
            "already": self.already,
            "refused": self.refused,
            "faults": self.faults,
            "left": self.left,
            "repeated": self.repeated,
            "needs_approval": self.needs_approval,
            "warnings": [told_in(each, lang) for each in self.warnings],
            "rows": [row.as_json(lang) for row in self.rows],
        }


def result_of(
    batch: Batch | None, occasion: str, rows: Iterable[RowOutcome], approval: str | None = None
) -> BatchResult:
    """The rows in the order of the list, counted."""
    in_order = tuple(sorted(rows, key=lambda row: row.row))
    count = {kind: sum(row.outcome == kind for row in in_order) for kind in ("issued", "refused", "fault")}
    already = sum(row.already for row in in_order)
    return BatchResult(
        batch=batch and batch.public_id,
        state=batch and batch.state,
        reason=batch and batch.reason,
        detail=batch and batch.detail,
        approval=approval,
        occasion=occasion,
        issued=count["issued"] - already,
        already=already,
        refused=count["refused"],
        faults=count["fault"],
        left=len(in_order) - sum(count.values()),
        needs_approval=batch is not None and batch.four_eyes,
        rows=in_order,
    )


class Teller:
    """Tells what was decided about rows that have one edition, one day and one ceiling in common."""

    def __init__(
        self,
        rules: Rulebook,
        decided_on: date,
        ceiling: Level,
        evidence: Mapping[str, str],
        headers: Mapping[str, str],
    ) -> None:
        """For one list.

        evidence  as JSON, by its digest
        headers   how the list itself calls its columns
        """
        self._rules, self._decided_on, self._ceiling, self._evidence = rules, decided_on, ceiling, evidence
        self._headers = headers
        self._told: dict[tuple[str, Level], tuple[UnmetRow, ...]] = {}

    def tell(self, row: KeptRow, outcome: Outcome, *also: Fault) -> RowOutcome:
        """One row, and what is to be said beside what was decided about it."""
        asked = Level(row.asked) if row.asked else None
        return RowOutcome(
            row=row.row,
            name=str((row.read or {}).get("name", "")),
            outcome=outcome,
            number=row.number,
            level=Level(row.level) if row.level and outcome in {"issued", "waiting"} else None,
            attained=Level(row.attained) if row.attained else None,
            asked=asked,
            unmet=self._unmet(row.evidence, asked) if row.unmet and row.evidence and asked else (),
            faults=tuple(each.under(self._headers) for each in (*map(fault_again, row.faults), *also)),
            already=row.outcome == "already",
            warnings=tuple(each.under(self._headers) for each in not_on_paper(row.read or {}))
            if outcome in _ON_PAPER
            else (),
        )

    def _unmet(self, digest: str, asked: Level) -> tuple[UnmetRow, ...]:
        if (digest, asked) not in self._told:
            evidence = Evidence.model_validate_json(self._evidence[digest])
            found = assess(evidence, self._rules, self._decided_on, asked=asked, ceiling=self._ceiling)
            self._told[digest, asked] = tuple(_in_all_languages(unmet) for unmet in found.unmet[asked])
        return self._told[digest, asked]


_ON_PAPER: frozenset[Outcome] = frozenset({"issued", "waiting", "held"})  # of which there is a paper, or may be
_DECIDED: Mapping[str, Outcome] = {"issued": "issued", "already": "issued", "refused": "refused", "fault": "fault"}


def told(row: KeptRow, batch: Batch, teller: Teller) -> RowOutcome:
    """A row of a batch as it stands."""
    if row.outcome != "pending":
        return teller.tell(row, _DECIDED[row.outcome])
    if batch.state == "cancelled":
        return teller.tell(row, "cancelled", fault("batch_cancelled"))
    if batch.state in {"held", "failed"}:
        code = "held_back" if batch.reason == "faults" else "batch_stopped"
        return teller.tell(row, "held", fault(code, batch=batch.public_id))
    return teller.tell(row, "waiting")


def would_be(row: KeptRow, teller: Teller) -> RowOutcome:
    """A row of a list that is only looked at."""
    return teller.tell(row, "issued" if row.outcome == "pending" else _DECIDED[row.outcome])


def _in_all_languages(unmet: Unmet) -> UnmetRow:
    in_each = {language: unmet.as_json(language) for language in LANGUAGES}
    texts = {part: {language: in_each[language][part] for language in LANGUAGES} for part in _PARTS}
    return UnmetRow(id=unmet.id, source=unmet.source, facts=unmet.facts, **texts)


_PARTS = ("title", "says", "found", "wanted", "lift")
