"""What was found and what was wanted, in words: facts, thresholds, and how two parties hang together.

The words are data of the edition, so that page, shell and answer say the same.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

from levels.evidence import Evidence
from levels.facts import FACTS, Value
from levels.independence import Independence, Step
from levels.rulebook import Criterion, Rulebook


@dataclass(frozen=True, slots=True)
class Pair:
    """Independence of one party from another, in the roles they have here."""

    roles: tuple[str, str]
    result: Independence

    @property
    def party(self) -> Literal["second", "third"]:
        """`third` where the two are independent, else `second`."""
        return "third" if self.result.third_party else "second"

    @property
    def path(self) -> tuple[Step, ...]:
        """The ties between the two; a chain of owners from the owner down, whichever of the two it starts at."""
        path = self.result.path
        upwards = bool(path) and path[0].kind == "owns" and path[0].b == self.result.a
        return tuple(reversed(path)) if upwards else path

    def as_json(self) -> dict[str, Any]:
        """Shape {pair, roles, party, why, path, stake_percent, on, undeclared}."""
        found = self.result
        return {
            "pair": [found.a, found.b],
            "roles": list(self.roles),
            "party": self.party,
            "why": found.why,
            "path": [
                {
                    "kind": str(step.kind),
                    "a": step.a,
                    "b": step.b,
                    "share_percent": None if step.share_percent is None else plain_share(step.share_percent),
                    "since": step.since.isoformat() if step.since else None,
                    "until": step.until.isoformat() if step.until else None,
                }
                for step in self.path
            ],
            "stake_percent": None if found.stake is None else plain_share(found.stake),
            "on": found.on.isoformat() if found.on else None,
            "undeclared": list(found.undeclared),
        }


@dataclass(frozen=True, slots=True)
class Known:
    """All that is known of one certificate, and the rules it is held against.

    values   every fact, by name
    pairs    what was found about the parties
    """

    rules: Rulebook
    evidence: Evidence
    values: Mapping[str, Value]
    pairs: tuple[Pair, ...]

    def against(self, name: str) -> tuple[Pair, ...]:
        """The parties whose lack of independence keeps this fact from holding."""
        if self.values[name] is True:
            return ()
        failing = [pair for pair in self.pairs if pair.roles[0] in FACTS[name].fields and not pair.result.third_party]
        if confirmable(name):
            # Others may have confirmed other things; and whoever may confirm this needs nothing said.
            confirmer = self.confirmer(name) if self.values[name] is None else None
            failing = [pair for pair in failing if pair.result.a == confirmer]
        # One organisation in two roles hangs together with the other in one way.
        return tuple({(pair.result.a, pair.result.b): pair for pair in reversed(failing)}.values())

    def confirmer(self, name: str) -> str | None:
        """Who confirmed what this fact rests on, if anybody."""
        return self.evidence.confirmed_by.get(FACTS[name].fields[0])

    def unconfirmed(self, name: str) -> Value:
        """What was declared but does not count, since nobody independent stands behind it; None = nothing."""
        if not confirmable(name) or self.values[name] is not None:
            return None
        declared: Value = getattr(self.evidence, FACTS[name].fields[0])
        return declared

    def parties_unknown(self, name: str, lang: str) -> list[str]:
        """The roles this fact rests on in which nobody is known, in words."""
        roles = self.rules.relations["role"]
        needed = [field for field in FACTS[name].fields if field in roles and not confirmable(name)]
        return [roles[field][lang] for field in needed if getattr(self.evidence, field) is None]


def confirmable(name: str) -> bool:
    """Whether the fact counts only when somebody else stands behind it."""
    return "confirmed_by" in FACTS[name].fields


def found(name: str, known: Known, lang: str) -> str:
    """A fact with its name and value; where it rests on independence, with what stood against it."""
    words, value = known.rules.words, known.values[name]
    declared = known.unconfirmed(name)
    said = in_words(name, value if declared is None else declared, known.rules, lang)
    if declared is not None:
        confirmer = known.confirmer(name)
        key = "confirmed_by_nobody" if confirmer is None else "confirmed_by_dependent"
        said += f", {words[key][lang].format(confirmer)}"
    unknown = known.parties_unknown(name, lang) if value is None else []
    told = [f"{words['not_known'][lang]}: {', '.join(unknown)}"] if unknown else []
    for pair in known.against(name):
        sentence, path = relation(pair, known.rules, lang)
        told.append(f"{sentence} {', '.join(path)}" if path else sentence)
    return f"{known.rules.facts[name].label[lang]}: {said}" + (f" ({'; '.join(told)})" if told else "")


def relation(pair: Pair, rules: Rulebook, lang: str) -> tuple[str, list[str]]:
    """How two parties hang together: a sentence, and the ties of the path that was found."""
    result, words = pair.result, rules.relations
    names = {
        "role_a": words["role"][pair.roles[0]][lang],
        "role_b": words["role"][pair.roles[1]][lang],
        "a": result.a,
        "b": result.b,
    }
    if result.third_party:
        return words["pair"]["third"][lang].format(**names), []
    if result.why == "same_organisation":
        return words["pair"]["same"][lang].format(**names), []
    stake = "" if result.stake is None else per_cent(result.stake, lang)
    why = words["why"][result.why][lang].format(stake=stake, undeclared=", ".join(result.undeclared))
    sentence = words["pair"]["second"][lang].format(why=why, **names)
    if result.on and result.path:
        sentence += words["step"]["day"][lang].format(on=result.on.isoformat())
    if result.path:
        sentence += words["step"]["largest"][lang] if result.why == "owns" else ":"
    return sentence, [_step(step, rules, lang) for step in pair.path]


def per_cent(share: Fraction, lang: str) -> str:
    """Per cent with at most two decimals, rounded down so that 24.999 never reads 25."""
    hundredths = share.numerator * 100 // share.denominator
    text = f"{hundredths // 100}.{hundredths % 100:02d}".rstrip("0").rstrip(".")
    return text if lang == "en" else text.replace(".", ",")


def plain_share(share: Fraction) -> str:
    """Per cent, exact: "30.5"; only where no decimals end ("100/3") as a fraction."""
    digits, rest = 0, share.denominator
    while rest % 10 == 0 or rest % 5 == 0 or rest % 2 == 0:
        rest //= 10 if rest % 10 == 0 else 5 if rest % 5 == 0 else 2
        digits += 1
    if rest != 1:
        return str(share)
    scaled = str(share.numerator * 10**digits // share.denominator).rjust(digits + 1, "0")
    return f"{scaled[:-digits]}.{scaled[-digits:]}" if digits else scaled


def _step(step: Step, rules: Rulebook, lang: str) -> str:
    share = "" if step.share_percent is None else per_cent(step.share_percent, lang)
    return rules.relations["step"][str(step.kind)][lang].format(a=step.a, b=step.b, share=share)


def as_stated(name: str, value: Value) -> Value:
    """The value as a file would state it: infinity by its name."""
    if value == math.inf:
        return "never" if name == "examiner_last_taught" else "no_end"
    return value


def in_words(name: str, value: Value, rules: Rulebook, lang: str) -> str:  # noqa: PLR0911 one kind of value a line
    """A fact's value for people: "not known", "yes", "96 %", "13 months", a scale's word."""
    words, own = rules.words, rules.facts[name].words
    if value is None:
        return words["not_known"][lang]
    if isinstance(value, bool):
        key = "yes" if value else "no"
        return own[key][lang] if key in own else words[key][lang]
    if isinstance(value, str):
        return own[value][lang]
    if value == math.inf:
        return own["infinite"][lang]
    if name.endswith("_ida"):
        return f"IDA{value}"
    unit = FACTS[name].unit
    if not unit:
        return str(value)
    return words[f"{unit}_one" if value == 1 and f"{unit}_one" in words else unit][lang].format(value)


def wanted(criterion: Criterion, rules: Rulebook, lang: str) -> str:
    """What a criterion asks, in words."""
    joined = criterion.all or criterion.any
    if joined:
        parts = [wanted(part, rules, lang) for part in joined]
        nested = [f"({text})" if part.all or part.any else text for part, text in zip(joined, parts, strict=True)]
        return f" {rules.words['and' if criterion.all else 'or'][lang]} ".join(nested)
    text = rules.facts[str(criterion.fact)]
    if criterion.at_most == 0 and "at_most_0" in text.words:
        return text.words["at_most_0"][lang]
    return f"{text.label[lang]}: {threshold(criterion, rules, lang)}"


def threshold(leaf: Criterion, rules: Rulebook, lang: str) -> str:
    """What one comparison asks of its fact, without the fact's name: "yes", "at least 90 %"."""
    name = str(leaf.fact)
    if leaf.is_ is not None:
        return in_words(name, leaf.is_, rules, lang)
    given: Iterable[tuple[str, object]] = (
        ("at_least", leaf.at_least),
        ("at_most", leaf.at_most),
        ("above", leaf.above),
    )
    kind, limit = next((kind, limit) for kind, limit in given if isinstance(limit, (int, str)))
    scale = FACTS[name].scale
    said = in_words(name, limit, rules, lang)
    # Nothing lies above the top of a scale.
    return said if scale and limit == scale[-1] else f"{rules.words[kind][lang]} {said}"
