"""What was found and what was wanted, in words: facts, thresholds, and how two parties hang together.

The words are data of the edition, so that page, shell and answer say the same.
"""

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

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
                    "share_percent": None if step.share_percent is None else str(step.share_percent),
                    "since": step.since.isoformat() if step.since else None,
                    "until": step.until.isoformat() if step.until else None,
                }
                for step in found.path
            ],
            "stake_percent": None if found.stake is None else str(found.stake),
            "on": found.on.isoformat() if found.on else None,
            "undeclared": list(found.undeclared),
        }


def found(name: str, value: Value, pairs: tuple[Pair, ...], rules: Rulebook, lang: str) -> str:
    """A fact with its name and value; where it rests on independence, with what stood against it."""
    said = f"{rules.facts[name].label[lang]}: {in_words(name, value, rules, lang)}"
    against = [pair for pair in pairs if pair.roles[0] in FACTS[name].fields and not pair.result.third_party]
    if not against or value is True:
        return said
    told = []
    # One organisation in two roles hangs together with the other in one way.
    for pair in {(pair.result.a, pair.result.b): pair for pair in reversed(against)}.values():
        sentence, path = relation(pair, rules, lang)
        told.append(f"{sentence} {', '.join(path)}" if path else sentence)
    return f"{said} ({'; '.join(told)})"


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
    # A chain of owners reads from the owner down, whichever of the two it starts at.
    downwards = bool(result.path) and result.path[0].kind == "owns" and result.path[0].b == result.a
    path = tuple(reversed(result.path)) if downwards else result.path
    return sentence, [_step(step, rules, lang) for step in path]


def per_cent(share: Fraction, lang: str) -> str:
    """Per cent with at most two decimals, rounded down so that 24.999 never reads 25."""
    hundredths = share.numerator * 100 // share.denominator
    text = f"{hundredths // 100}.{hundredths % 100:02d}".rstrip("0").rstrip(".")
    return text if lang == "en" else text.replace(".", ",")


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
    name = str(criterion.fact)
    label = rules.facts[name].label[lang]
    if criterion.is_ is not None:
        return f"{label}: {in_words(name, criterion.is_, rules, lang)}"
    for kind, threshold in (
        ("at_least", criterion.at_least),
        ("at_most", criterion.at_most),
        ("above", criterion.above),
    ):
        if threshold is not None:
            value: Value = threshold if isinstance(threshold, (int, str)) else None
            return f"{label}: {rules.words[kind][lang]} {in_words(name, value, rules, lang)}"
    return label
