"""A check of a workforce as one page that stands by itself: no script, nothing fetched, good on paper too. Pure."""

import base64
import hashlib
import tomllib
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from registry.checking.gaps import Cell, Checked, Gaps, Outcome
from registry.checking.profile import Requirement
from registry.checking.told import says, title, to_do
from verification.certificate import display_number
from verification.reasons import harmless

SOON = 90  # days ahead of which somebody may want to know
CARDS = 300  # people told of in full; beyond that a line each, or no browser opens the page
NAMES = 200  # people named with a requirement
OUTCOMES: tuple[Outcome, ...] = ("lacking", "unsure", "fulfilled")

SchemeTitles = Mapping[str, Mapping[str, str]]  # by code and language


class Register(NamedTuple):
    """Whose answer it is: what the registry is called, where it is reached, what its schemes are called."""

    name: str
    public_url: str
    schemes: SchemeTitles


class Count(NamedTuple):
    """How a requirement stands with those who need it, and who lacks it."""

    requirement: Requirement
    numbers: Mapping[Outcome, int]
    open: tuple[tuple[Checked, Cell], ...]

    @property
    def all(self) -> int:
        """How many need it."""
        return sum(self.numbers.values())


@cache
def report_texts() -> Mapping[str, Any]:
    """What is said around the answers: `texts/report.toml`."""
    return tomllib.loads(_text("texts/report.toml"))


def report_html(found: Gaps, lang: str, register: Register, now: datetime) -> str:
    """The page, in one language."""
    style = _text("report.css")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    words = {name: text[lang] for name, text in report_texts().items() if name != "owners"}
    people = {outcome: [one for one in found.people if one.outcome == outcome] for outcome in OUTCOMES}
    cells = _numbers(cell for one in found.people for cell in one.cells)
    return (
        _environment()
        .get_template("report.html")
        .render(
            lang=lang,
            words=words,
            style=Markup(style),  # noqa: S704 our own file
            # Nothing may be fetched, and of styles only these; whatever a name in the file holds, it is text.
            policy=f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'",
            found=found,
            owner=report_texts()["owners"][found.profile.owner][lang],
            people=people,
            cells=cells,
            counts=_counts(found),
            soon=_soon(found),
            most_cards=CARDS,
            most_names=NAMES,
            soon_days=SOON,
            register=register,
            moment=now.strftime("%Y-%m-%d %H:%M UTC"),
            outcomes=OUTCOMES,
            rule=lambda requirement: rule(requirement, register.schemes, lang),
            title=lambda cell: title(cell.why, lang),
            says=lambda cell: says(cell.why, lang),
            to_do=lambda cell: to_do(cell.why, lang) if cell.outcome != "fulfilled" else None,
            shown=display_number,
            plain=harmless,
            first_end=first_end,
        )
    )


def rule(requirement: Requirement, schemes: SchemeTitles, lang: str) -> str:
    """What a requirement asks, in words: schemes, then all that is asked beyond them."""
    words = report_texts()
    named = [schemes[code][lang] if code in schemes else code for code in requirement.any_of]
    parts = [f" {words['or'][lang]} ".join(named)]
    if requirement.level is not None:
        parts.append(words["rule_level"][lang].format(level=requirement.level.value))
    if requirement.third_party:
        parts.append(words["rule_third_party"][lang])
    if requirement.identity:
        parts.append(words["rule_identity"][lang].format(identity=requirement.identity))
    if requirement.scope_classes:
        parts.append(words["rule_scope"][lang].format(classes=", ".join(requirement.scope_classes)))
    if requirement.max_age_months is not None:
        parts.append(words["rule_age"][lang].format(months=requirement.max_age_months))
    return ", ".join(parts)


def first_end(person: Checked) -> date | None:
    """The first day on which something of what somebody has comes to its end; None = nothing ends."""
    return min((cell.until for cell in person.cells if cell.outcome == "fulfilled" and cell.until), default=None)


def _soon(found: Gaps) -> list[tuple[Checked, Cell]]:
    """What is fulfilled on the day asked about and runs out soon after it, the first to end first."""
    last = found.day + timedelta(days=SOON)
    ending = [
        (person, cell)
        for person in found.people
        for cell in person.cells
        if cell.outcome == "fulfilled" and cell.until is not None and cell.until <= last
    ]
    return sorted(ending, key=lambda one: one[1].until or date.max)


def _counts(found: Gaps) -> list[Count]:
    """By requirement, those that most lack first."""
    by_id: dict[str, list[tuple[Checked, Cell]]] = {one.id: [] for one in found.profile.requirement}
    for person in found.people:
        for cell in person.cells:
            by_id[cell.requirement.id].append((person, cell))
    counted = [
        Count(
            requirement,
            _numbers(cell for _, cell in by_id[requirement.id]),
            tuple(sorted((one for one in by_id[requirement.id] if one[1].outcome != "fulfilled"), key=_urgency)),
        )
        for requirement in found.profile.requirement
    ]
    return sorted(counted, key=lambda count: (-count.numbers["lacking"], -count.numbers["unsure"]))


def _urgency(one: tuple[Checked, Cell]) -> int:
    return OUTCOMES.index(one[1].outcome)


def _numbers(cells: Iterable[Cell]) -> dict[Outcome, int]:
    numbers: dict[Outcome, int] = dict.fromkeys(OUTCOMES, 0)
    for cell in cells:
        numbers[cell.outcome] += 1
    return numbers


@cache
def _environment() -> Environment:
    return Environment(
        loader=FunctionLoader(_text), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )


def _text(name: str) -> str:
    return files("registry.checking").joinpath(*name.split("/")).read_text(encoding="utf-8")
