"""Evidence and an edition in, the attained level and every reason out. Pure.

The walk starts at the ceiling and goes down in display order; the first level whose mandatory rows all hold is
attained, else F. All levels are evaluated, so that what is missing for a higher one can be said.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from typing import Any, Literal

from levels.advice import advice
from levels.evidence import Evidence, MalformedEvidence, Tie, Tightening
from levels.facts import Relations, Value, known
from levels.independence import Terms, TieGraph, independence
from levels.level import Level
from levels.order import satisfies
from levels.rulebook import Asked, Rulebook
from levels.tightening import tightened
from levels.wording import Known, Pair, as_stated, found, wanted

CeilingBy = Literal["scheme", "mandate", "owner", "caller", "unknown"]
Party = Literal["first", "second", "third"]


class NotAuthorised(Exception):
    """The issuer neither owns the scheme nor has a mandate for it: nothing may be issued at any level."""


@dataclass(frozen=True)
class Unmet:
    """One row that does not hold at one level: what it says, where it comes from, what was found, what was wanted.

    asked    the cell of the matrix
    known    all that is known of this certificate
    """

    asked: Asked
    known: Known

    @property
    def id(self) -> str:
        """The row's stable id."""
        return self.asked.row.id

    @property
    def says(self) -> Mapping[str, str]:
        """The row's sentence by language."""
        return self.asked.row.says

    @property
    def source(self) -> str:
        """Where the row comes from."""
        return self.asked.row.source

    @cached_property
    def facts(self) -> dict[str, Value]:
        """The values found, by fact name."""
        names = [str(leaf.fact) for leaf in self.asked.criterion.leaves()]
        return {name: as_stated(name, self.known.values[name]) for name in names}

    def found(self, lang: str) -> str:
        """What is known, in words."""
        return "; ".join(found(name, self.known, lang) for name in self.facts)

    def wanted(self, lang: str) -> str:
        """What the row asks at this level, in words."""
        return wanted(self.asked.criterion, self.known.rules, lang)

    def lift(self, lang: str) -> str:
        """What to do so that the row holds."""
        return advice(self.asked.criterion, self.known, lang)

    def as_json(self, lang: str) -> dict[str, Any]:
        """Shape {id, title, says, source, found, wanted, lift, facts}."""
        return {
            "id": self.id,
            "title": self.asked.row.title[lang],
            "says": self.says[lang],
            "source": self.source,
            "found": self.found(lang),
            "wanted": self.wanted(lang),
            "lift": self.lift(lang),
            "facts": self.facts,
        }


@dataclass(frozen=True)
class Assessment:
    """Which level the evidence attains, and why not a higher one.

    asked        the level asked for, if any
    ceiling      the highest level this issuer may issue under this scheme on the day
    ceiling_by   scheme, mandate, owner (own scheme, no mandate), caller, or unknown (authority is not stated)
    unmet        for each level the mandatory rows that do not hold
    satisfied    for each level the ids of the mandatory rows that hold
    exempt       for each level the ids of the mandatory rows that do not apply here
    recommended_missed  recommended rows of the attained level that do not hold; they decide nothing
    party        first (trainer, issuer and employer are one), third (the trainer neither examines nor issues and is
                 independent of those who do), else second
    to_lift      for the level asked and for the next one up: what would have to hold
    limits       what sets a highest level here, each with that level; the lowest of them is the ceiling
    missing_authority  names of the facts without which nobody's authority to issue is known
    """

    attained: Level
    asked: Level | None
    ceiling: Level
    ceiling_by: CeilingBy
    edition: str
    on: date
    party: Party
    unmet: Mapping[Level, tuple[Unmet, ...]]
    satisfied: Mapping[Level, tuple[str, ...]]
    exempt: Mapping[Level, tuple[str, ...]]
    recommended_missed: tuple[Unmet, ...]
    independence: tuple[Pair, ...]
    to_lift: Mapping[Level, tuple[str, ...]]
    rules: Rulebook
    limits: Mapping[CeilingBy, Level]
    missing_authority: tuple[str, ...] = ()

    @property
    def reached(self) -> bool:
        """Whether the asked level is attained, or none was asked."""
        return self.asked is None or self.rules.rank(self.attained) <= self.rules.rank(self.asked)

    @property
    def satisfies_asked(self) -> bool | None:
        """Whether the attained level meets a demand for the asked one: a B that is not third-party is no C1."""
        if self.asked is None:
            return None
        return satisfies(self.attained, self.asked, third_party=self.third_party, rulebook=self.rules)

    @property
    def third_party(self) -> bool:
        """The fact that decides whether a B satisfies a demand for C1."""
        return self.party == "third"

    def ceiling_lift(self, lang: str) -> str | None:
        """What would raise the ceiling to the level to reach; None where that does not lie above it."""
        above = [level for level in self.to_lift if self.rules.rank(level) < self.rules.rank(self.ceiling)]
        if not above:
            return None
        goal, words = min(above, key=self.rules.rank), self.rules.words
        causes = [by for by, level in self.limits.items() if self.rules.rank(level) > self.rules.rank(goal)]
        told = [words["lift_unknown"][lang]] if self.ceiling_by == "unknown" else []
        told += [words[f"lift_{by}"][lang].format(goal=goal, now=self.limits[by]) for by in causes]
        return words["over_ceiling"][lang].format(goal=goal, now=self.ceiling, lift=" ".join(told))

    def as_json(self, lang: str) -> dict[str, Any]:
        """The assessment as plain data, sentences in one language (sv, nb or en)."""
        return {
            "attained": str(self.attained),
            "asked": None if self.asked is None else str(self.asked),
            "satisfies_asked": self.satisfies_asked,
            "ceiling": str(self.ceiling),
            "ceiling_by": self.ceiling_by,
            "ceiling_lift": self.ceiling_lift(lang),
            "edition": self.edition,
            "on": self.on.isoformat(),
            "party": self.party,
            "unmet": {str(level): [row.as_json(lang) for row in rows] for level, rows in self.unmet.items()},
            "satisfied": {str(level): list(rows) for level, rows in self.satisfied.items()},
            "does_not_apply": {str(level): list(rows) for level, rows in self.exempt.items()},
            "recommended_missed": [row.as_json(lang) for row in self.recommended_missed],
            "independence": [pair.as_json() for pair in self.independence],
            "to_lift": {str(level): list(rows) for level, rows in self.to_lift.items()},
            "missing_authority": list(self.missing_authority),
        }


def assess(
    evidence: Evidence,
    rulebook: Rulebook,
    on: date,
    *,
    asked: Level | None = None,
    ceiling: Level | None = None,
) -> Assessment:
    """The level that `evidence` attains under `rulebook` on the decision day `on`.

    ceiling   what the caller allows at most; where the evidence says nothing of authority it stands in for that

    Raises NotAuthorised where the issuer is known neither to own the scheme nor to have a mandate,
    LooserThanEdition where the scheme asks less than the edition, and MalformedEvidence where the first session
    lies after the decision.
    """
    if evidence.first_session_on is not None and on < evidence.first_session_on:
        raise MalformedEvidence([("first_session_on", f"{evidence.first_session_on} lies after the decision ({on})")])
    rules = tightened(rulebook, evidence.tightening)
    top, by, limits, missing = _ceiling(evidence, rules, ceiling)
    pairs, relations = _relations(evidence, rules, on)
    values = known(evidence, relations)
    all_known = Known(rules, evidence, values, pairs)
    unmet: dict[Level, tuple[Unmet, ...]] = {}
    satisfied: dict[Level, tuple[str, ...]] = {}
    exempt: dict[Level, tuple[str, ...]] = {}
    for level, cells in rules.cells.items():
        missed: list[Unmet] = []
        held: list[str] = []
        free: list[str] = []
        for cell in cells:
            if not cell.mandatory:
                continue
            if cell.exempt is not None and cell.exempt(values):
                free.append(cell.row.id)
            elif cell.holds(values):
                held.append(cell.row.id)
            else:
                missed.append(Unmet(cell, all_known))
        unmet[level], satisfied[level], exempt[level] = tuple(missed), tuple(held), tuple(free)
    attained = next(level for level in rules.order[rules.rank(top) :] if not unmet[level])
    recommended = tuple(
        Unmet(cell, all_known)
        for cell in rules.cells[attained]
        if not cell.mandatory and not (cell.exempt is not None and cell.exempt(values)) and not cell.holds(values)
    )
    return Assessment(
        attained=attained,
        asked=asked,
        ceiling=top,
        ceiling_by=by,
        edition=rules.edition,
        on=on,
        party=_party(evidence, relations),
        unmet=unmet,
        satisfied=satisfied,
        exempt=exempt,
        recommended_missed=recommended,
        independence=pairs,
        to_lift=_to_lift(attained, asked, unmet, rules),
        rules=rules,
        limits=limits,
        missing_authority=missing,
    )


def check_tightening(rulebook: Rulebook, tightening: Sequence[Tightening]) -> None:
    """Refuse what a scheme may not ask. Raises LooserThanEdition, naming row and level."""
    tightened(rulebook, tuple(tightening))


def _ceiling(
    evidence: Evidence, rules: Rulebook, caller: Level | None
) -> tuple[Level, CeilingBy, dict[CeilingBy, Level], tuple[str, ...]]:
    """min(scheme's maximum, what the issuer may), who set it, all that limits it, and which facts are missing."""
    may, set_by = _authority(evidence, rules)
    stated: tuple[tuple[CeilingBy, Level | None], ...]
    stated = ((set_by, may), ("scheme", evidence.max_level), ("caller", caller))
    limits = {by: level for by, level in stated if level is not None}
    names = ["max_level"] if evidence.max_level is None else []
    if may is None:
        # An owner needs no mandate; whether the issuer is the owner cannot be told while either is unknown.
        names += [name for name in ("scheme_owner", "issuer") if getattr(evidence, name) is None]
    if names and caller is None:
        # Unknown authority helps nobody.
        return Level.F, "unknown", limits, tuple(names)
    # With part of it unknown, a caller who says so may look at what would be attained.
    by = max(limits, key=lambda one: rules.rank(limits[one]))
    return limits[by], by, limits, ()


def _authority(evidence: Evidence, rules: Rulebook) -> tuple[Level | None, CeilingBy]:
    """The highest level the issuer may issue, by mandate or as owner. Raises NotAuthorised where it may none.

    Only the mandate of a registered sector body reaches above what an owner may do for its own scheme.
    """
    owns = evidence.issuer is not None and evidence.issuer == evidence.scheme_owner
    granted = evidence.mandate_max
    # A mandate gives; it takes nothing from an owner, or withdrawing it would give more.
    if owns and (granted is None or rules.rank(granted) >= rules.rank(rules.owner_ceiling)):
        return rules.owner_ceiling, "owner"
    if granted is not None:
        return granted, "mandate"
    if evidence.issuer is not None and evidence.scheme_owner is not None:
        raise NotAuthorised(
            f"{evidence.issuer} has no mandate for this scheme, and {evidence.scheme_owner} owns it: "
            "the owner must grant a mandate first"
        )
    return None, "unknown"


def _relations(evidence: Evidence, rules: Rulebook, on: date) -> tuple[tuple[Pair, ...], Relations]:
    """Who is third party to whom, from the first session to the decision."""
    roles = {
        "examination_body": evidence.examination_body,
        "issuer": evidence.issuer,
        "register_keeper": evidence.register_keeper,
    }
    return _relations_of(
        tuple(roles.items()),
        evidence.training_provider,
        evidence.first_session_on,
        on,
        tuple(sorted(set(evidence.confirmed_by.values()))),
        evidence.ties,
        evidence.public_bodies,
        tuple(sorted(evidence.acting.items())),
        tuple(sorted(evidence.ties_complete_age.items())),
        rules.terms,
    )


@lru_cache(maxsize=256)
def _relations_of(  # noqa: PLR0913, PLR0917 every argument is part of the cache key
    roles: tuple[tuple[str, str | None], ...],
    trainer: str | None,
    first: date | None,
    last: date,
    confirmers: tuple[str, ...],
    ties: tuple[Tie, ...],
    public_bodies: tuple[str, ...],
    acting: tuple[tuple[str, tuple[str, ...]], ...],
    ages: tuple[tuple[str, int], ...],
    terms: Terms,
) -> tuple[tuple[Pair, ...], Relations]:
    """One class has one answer: everybody on a roster shares organisations, ties and days."""
    graph = TieGraph(ties, public_bodies=frozenset(public_bodies), acting=dict(acting))
    complete_age = dict(ages)
    pairs: list[Pair] = []
    apart: dict[str, bool | None] = dict.fromkeys(name for name, _ in roles)
    for name, party in roles:
        if party is None or trainer is None:
            continue
        found = independence(graph, party, trainer, first=first, last=last, complete_age=complete_age, terms=terms)
        pairs.append(Pair((name, "training_provider"), found))
        apart[name] = found.third_party
    confirming: dict[str, bool] = {}
    issuer = dict(roles)["issuer"]
    for confirmer in confirmers:
        if issuer is None:
            continue
        # The one who stands behind a declaration has to have told its own ties; what the declarer told of its
        # own is judged where the declarer's independence is asked for.
        found = independence(
            graph,
            confirmer,
            issuer,
            first=last,
            last=last,
            complete_age=complete_age,
            terms=terms,
            declared=(confirmer,),
        )
        pairs.append(Pair(("confirmed_by", "issuer"), found))
        confirming[confirmer] = found.third_party
    relations = Relations(
        examination_apart=apart["examination_body"],
        issuer_apart=apart["issuer"],
        keeper_apart=apart["register_keeper"],
        confirming=confirming,
    )
    return tuple(pairs), relations


def _party(evidence: Evidence, relations: Relations) -> Party:
    if evidence.employer is not None and evidence.employer == evidence.training_provider == evidence.issuer:
        return "first"
    return "third" if relations.examination_apart and relations.issuer_apart else "second"


def _to_lift(
    attained: Level, asked: Level | None, unmet: Mapping[Level, Sequence[Unmet]], rules: Rulebook
) -> dict[Level, tuple[str, ...]]:
    wanted = []
    if asked is not None and rules.rank(asked) < rules.rank(attained):
        wanted.append(asked)
    if rules.rank(attained) > 0:
        wanted.append(rules.order[rules.rank(attained) - 1])
    return {level: tuple(row.id for row in unmet[level]) for level in dict.fromkeys(wanted)}
