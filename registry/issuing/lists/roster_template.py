"""An empty class list for a scheme: the columns it may have, which it needs for the level it aims at, what to write.

What comes back filled in is read like any other list.
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

from levels.facts import FACTS
from levels.identity import Method
from levels.rulebook import Rulebook
from levels.tightening import tightened
from registry.issuing.lists.roster import TEMPLATE
from registry.issuing.lists.roster_cells import YES_NO, words
from registry.reading.cells import folded
from registry.reading.written import CSV_DELIMITER, Choice, Written, as_csv, as_xlsx
from registry.records.sector.scheme_document import NewScheme
from registry.records.sittings.occasions import NewOccasion

ROWS: Final = 5_000  # in which something may be chosen from a list
# The column in which a fact of the rules is stated, where it is called otherwise.
_STATED_IN: Final[Mapping[str, str]] = {"enrolment_ida": "enrolment_method", "notifiable": "email"}


@dataclass(frozen=True)
class TemplateColumn:
    """One column. words: that may be chosen; empty where anything may be written."""

    name: str
    header: str
    needed: bool
    says: str
    words: tuple[str, ...] = ()


def template_columns(
    scheme: NewScheme,
    rules: Rulebook,
    lang: str,
    *,
    occasion: NewOccasion | None = None,
    extra: Sequence[str] = (),
) -> tuple[TemplateColumn, ...]:
    """The columns of a list for that scheme, in order.

    rules     the edition in force
    occasion  what it states needs no column
    extra     facts that differ from person to person
    """
    needed = _needed(scheme, rules, occasion)
    names = [name for name in TEMPLATE if name != "scope_classes" or scheme.scope_classes]
    if scheme.national_number != "refused":
        names.insert(names.index("birth_date") + 1, "fodselsnummer" if lang == "nb" else "national_number")
    said: Mapping[str, str] = words()["template"].get(lang, {})
    return tuple(
        TemplateColumn(
            name, said.get(name, name), name in needed, _says(name, rules, lang), _choices(name, scheme, rules, lang)
        )
        for name in (*names, *(name for name in extra if name not in names))
    )


def columns_stating(facts: Mapping[str, object]) -> tuple[str, ...]:
    """The columns that could state what is not known of these facts; none where that alone would not do."""
    found: dict[str, None] = {}
    for fact, value in facts.items():
        fields = FACTS[fact].fields if fact in FACTS else ()
        columns = [column for field in fields if (column := _STATED_IN.get(field, field)) in TEMPLATE]
        if value is True:
            continue
        if value is not None or not columns:
            return ()
        found |= dict.fromkeys(columns)
    return tuple(found)


def template_csv(columns: Sequence[TemplateColumn], lang: str) -> bytes:
    """A line of headers."""
    return as_csv([(1, [column.header for column in columns])], CSV_DELIMITER[lang])


def template_xlsx(columns: Sequence[TemplateColumn], scheme: NewScheme, lang: str) -> bytes:
    """A sheet with the headers, those that are needed in colour, with lists to choose from; and one that explains."""
    texts, places = _texts(), range(1, len(columns) + 1)
    people = Written(
        texts["sheet"]["people"][lang],
        [(1, [column.header for column in columns])],
        marked=frozenset((1, place) for place, column in zip(places, columns, strict=True) if column.needed),
        strong=frozenset({1}),
        dates=tuple(place for place, column in zip(places, columns, strict=True) if column.name == "birth_date"),
        choices=tuple(
            Choice(place, (2, ROWS + 1), column.words, column.header, column.says)
            for place, column in zip(places, columns, strict=True)
        ),
        widths={
            place: 24 if column.name in {"name", "email", "enrolment_method"} else 16
            for place, column in zip(places, columns, strict=True)
        },
    )
    told = {name: text[lang] for name, text in texts["explanation"].items()}
    title = told["title"].format(title=getattr(scheme.titles, lang), level=scheme.target_level)
    numbers = [told["no_numbers"]] if scheme.national_number == "refused" else []
    lines = [[title], [told["marked"]], numbers, [], [told["column"], told["needed"], told["says"]]]
    for column in columns:
        mark = told["or_phone"] if column.name == "email" else told["yes"]
        lines.append([column.header, mark if column.needed else "", column.says])
    numbered = [(number, cells) for number, cells in enumerate(lines, 1) if cells]
    explanation = Written(
        texts["sheet"]["explanation"][lang], numbered, strong=frozenset({1, 5}), widths={1: 28, 2: 18, 3: 100}
    )
    return as_xlsx([people, explanation])


# ------------------------------------------------------------------ what is needed, and what may be chosen


def _needed(scheme: NewScheme, rules: Rulebook, occasion: NewOccasion | None) -> frozenset[str]:
    """The columns without which nobody reaches the level that the scheme aims at."""
    cells = tightened(rules, scheme.tightening).cells[scheme.target_level]
    asked = {str(leaf.fact) for cell in cells if cell.mandatory for leaf in cell.criterion.leaves()}
    stated = {field for fact in asked for field in FACTS[fact].fields}
    if not scheme.mandatory_minutes:
        stated -= {"attended_minutes"}
    if occasion is not None:
        stated -= occasion.facts.keys()
        stated -= {"enrolment_ida"} if occasion.identity.enrolment else set()
    columns = {_STATED_IN.get(field, field) for field in stated} & set(TEMPLATE)
    return frozenset({"name", *columns, *(["birth_date"] if scheme.birth != "none" else [])})


def _choices(name: str, scheme: NewScheme, rules: Rulebook, lang: str) -> tuple[str, ...]:
    if name == "enrolment_method":
        return tuple(word for method in rules.methods.method for word in _said_of(method, lang))
    if name == "asked":
        return tuple(level.value for level in rules.order if rules.rank(level) > rules.rank(scheme.target_level))
    if name in {*YES_NO, "at_attained"}:
        return tuple(rules.words[word][lang] for word in ("yes", "no"))
    return FACTS[name].scale if name in FACTS else ()


def _said_of(method: Method, lang: str) -> Iterator[str]:
    """A method by its name, unless that leaves open which is meant; and with each level of its own."""
    unclear = {folded(word) for listed in words()["unclear_methods"].values() for word in listed}
    if not unclear & {folded(method.id), folded(method.name[lang])}:
        yield method.name[lang]
    yield from (f"{method.id}:{level}" for level in method.native if level.isidentifier())  # no addresses


def _says(name: str, rules: Rulebook, lang: str) -> str:
    told: Mapping[str, Mapping[str, str]] = _texts()["column"]
    if name in told:
        return told[name][lang]
    return rules.facts[name].label[lang] if name in rules.facts else name


@cache
def _texts() -> Mapping[str, Any]:
    return tomllib.loads((files("registry.issuing") / "template.toml").read_text(encoding="utf-8"))
