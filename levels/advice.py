"""What to do so that a requirement holds: advice for what failed in it, and for nothing else.

Where a row can be met in several ways, those are named that ask for no more than another one does.
"""

from collections.abc import Sequence
from itertools import product

from levels.facts import FACTS
from levels.rulebook import Criterion, compiled
from levels.wording import Known, confirmable, threshold, wanted

_Way = tuple[Criterion, ...]  # comparisons that fail, all of which would have to hold


def advice(criterion: Criterion, known: Known, lang: str) -> str:
    """One sentence on how a criterion that does not hold comes to hold."""
    words = known.rules.words
    ways = _cheapest(_ways(criterion, known), known)
    if all(_not_stated(leaf, known) for way in ways for leaf in way):
        # Nothing is known to be wrong: it only has to be told.
        either = f" {words['or'][lang]} ".join(_as_fact(way, known, lang) for way in ways)
        return _sentence(words["state"][lang].format(either))
    within, between = (f" {words['and'][lang]} ", f", {words['or'][lang]} ")
    phrases = [dict.fromkeys(_phrases(way, known, lang)) for way in ways]
    if len(phrases) == 1:
        return _sentence("; ".join(phrases[0]))
    return _sentence(between.join(dict.fromkeys(within.join(way) for way in phrases)))


def _ways(criterion: Criterion, known: Known) -> list[_Way]:
    """Every way to meet the criterion: for each, the comparisons in it that fail now."""
    if criterion.any:
        return [way for part in criterion.any for way in _ways(part, known)]
    if criterion.all:
        parts = [_ways(part, known) for part in criterion.all]
        return [_decisive([leaf for way in chosen for leaf in way]) for chosen in product(*parts)]
    return [()] if compiled(criterion)(known.values) else [(criterion,)]


def _decisive(leaves: Sequence[Criterion]) -> _Way:
    """The comparisons without those that a stricter one of the same number makes needless."""

    def needless(leaf: Criterion, other: Criterion) -> bool:
        if leaf.fact != other.fact:
            return False
        if isinstance(leaf.at_most, int) and isinstance(other.at_most, int):
            return other.at_most < leaf.at_most
        return isinstance(leaf.at_least, int) and isinstance(other.at_least, int) and other.at_least > leaf.at_least

    return tuple(leaf for leaf in leaves if not any(needless(leaf, other) for other in leaves))


def _cheapest(ways: Sequence[_Way], known: Known) -> list[_Way]:
    """The ways that do not ask for all that another one asks for, and more."""
    possible = [way for way in ways if not any(_given(leaf, known) for leaf in way)] or ways
    steps = [(frozenset(_step(leaf, known) for leaf in way), way) for way in possible]
    if settled := [way for asked, way in steps if asked == {"confirmation"}]:
        # What is done and declared needs only somebody's word for it; nothing is cheaper.
        return settled[:1]
    kept: list[tuple[frozenset[str], _Way]] = []
    for asked, way in sorted(steps, key=lambda step: len(step[0])):
        if not any(less <= asked for less, _ in kept):
            kept.append((asked, way))
    return [way for _, way in kept]


def _step(leaf: Criterion, known: Known) -> str:
    """What a comparison takes: a confirmation of what was declared, or a change of its fact."""
    return "confirmation" if _only_unconfirmed(leaf, known) else str(leaf.fact)


def _only_unconfirmed(leaf: Criterion, known: Known) -> bool:
    declared = known.unconfirmed(str(leaf.fact))
    return declared is not None and compiled(leaf)({str(leaf.fact): declared})


def _given(leaf: Criterion, known: Known) -> bool:
    """Whether the fact is what it is, and nothing to change for the sake of a level."""
    name = str(leaf.fact)
    return known.values[name] is not None and not known.rules.facts[name].lift


def _not_stated(leaf: Criterion, known: Known) -> bool:
    """Whether the fact is simply not known, though all the parties it rests on are."""
    name = str(leaf.fact)
    return (
        known.values[name] is None
        and known.unconfirmed(name) is None
        and not known.parties_unknown(name, "en")
        and not known.against(name)
    )


def _as_fact(leaves: Sequence[Criterion], known: Known, lang: str) -> str:
    """The facts as statements: "portrait on record", "attended share of the mandatory time: at least 80 %"."""
    rules = known.rules
    told = [
        rules.facts[str(leaf.fact)].label[lang] if leaf.is_ is True else wanted(leaf, rules, lang) for leaf in leaves
    ]
    return f" {rules.words['and'][lang]} ".join(told)


def _phrases(way: _Way, known: Known, lang: str) -> list[str]:
    """What to do for each comparison that fails; what is only to be told stands last, together."""
    silent = [leaf for leaf in way if _not_stated(leaf, known)]
    told = [phrase for leaf in way if leaf not in silent for phrase in _phrases_for(leaf, known, lang)]
    return [*told, known.rules.words["state"][lang].format(_as_fact(silent, known, lang))] if silent else told


def _phrases_for(leaf: Criterion, known: Known, lang: str) -> list[str]:
    name, words = str(leaf.fact), known.rules.words
    text = known.rules.facts[name].lift or known.rules.facts[name].label
    lift = text[lang].format(wanted=threshold(leaf, known.rules, lang))
    if confirmable(name):
        return (_declare(known, name, lang) or [words["confirm"][lang]]) if _only_unconfirmed(leaf, known) else [lift]
    if "ties" not in FACTS[name].fields:
        unknown = known.parties_unknown(name, lang)
        return [words["name_party"][lang].format(", ".join(unknown))] if unknown else [lift]
    return _apart(known, name, lift, lang)


def _apart(known: Known, name: str, lift: str, lang: str) -> list[str]:
    """What would show that the parties are independent of each other."""
    words, told = known.rules.words, []
    if unknown := known.parties_unknown(name, lang):
        told.append(words["name_party"][lang].format(", ".join(unknown)))
    whys = {pair.result.why for pair in known.against(name)}
    if whys - _ONLY_UNTOLD:
        told.append(lift)
    if "period_unknown" in whys:
        told.append(words["name_first_day"][lang])
    return told + _declare(known, name, lang)


def _declare(known: Known, name: str, lang: str) -> list[str]:
    """Who has to declare its ties; for a confirmation only where nothing else stands against it."""
    pairs = [pair for pair in known.against(name) if pair.result.why != "same_organisation"]
    if confirmable(name):
        pairs = [pair for pair in pairs if pair.result.why == "ties_not_declared"]
    silent = sorted({party for pair in pairs for party in pair.result.undeclared})
    months = known.rules.terms.ties_complete_months
    return [known.rules.words["declare_ties"][lang].format(", ".join(silent), months)] if silent else []


_ONLY_UNTOLD = {"ties_not_declared", "period_unknown"}


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
