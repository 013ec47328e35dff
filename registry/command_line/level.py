"""`bevis level`: what each level asks and assures, and why evidence reaches one and not the next."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Annotated, Any

import typer

from levels.assess import Assessment, NotAuthorised, Unmet, assess
from levels.evidence import (
    MAX_DOCUMENT_BYTES,
    Evidence,
    MalformedEvidence,
    evidence_from_json,
    evidence_from_toml,
)
from levels.independence import overowned
from levels.level import Level
from levels.order import NoSuchEdition, editions
from levels.rulebook import Rulebook, edition_on
from levels.tightening import LooserThanEdition
from levels.wording import relation
from levels.wording import wanted as asks
from registry.command_line.screen import (
    NEGATIVE,
    AsJson,
    Lang,
    Language,
    complain,
    day,
    file_bytes,
    language,
    now,
    one_of,
    show,
    show_json,
)
from registry.errors import MalformedInput

level = typer.Typer(help="The levels: what they ask, what they assure, and what a file of evidence reaches.")

OnDay = Annotated[str | None, typer.Option("--on", help="The decision day, such as 2026-03-01.")]


@cache
def _texts() -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    path = resources.files("registry.command_line") / "texts" / "level.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _say(lang: Lang, group: str, key: str, **params: object) -> str:
    return _texts()[group][key][lang].format(**params)


@level.command("list")
def list_(on: OnDay = None, as_json: AsJson = False, lang: Language = None) -> None:
    """The levels, highest first."""
    rules, spoken = _edition(on), language(lang)
    if as_json:
        show_json([_level_json(rules, one, spoken) for one in rules.order])
        return
    show(_say(spoken, "list", "head", edition=rules.edition), "bold")
    for one in rules.order:
        text = rules.levels[one]
        show(f"\n{one:<3} {text.name[spoken]}", "bold")
        show(text.assures[spoken], indent=4)


@level.command("show")
def show_(
    name: Annotated[str, typer.Argument(metavar="LEVEL", help="B, C1, C2, D, E or F.")],
    on: OnDay = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """What one level assures, what it does not, and every row it asks."""
    rules, spoken = _edition(on), language(lang)
    wanted = Level(one_of("LEVEL", name.upper(), [str(one) for one in rules.order]))
    if as_json:
        show_json(_level_json(rules, wanted, spoken))
        return
    text = rules.levels[wanted]
    show(f"{wanted} – {text.name[spoken]}", "bold")
    show(f"{_say(spoken, 'show', 'printed')}: {text.printed_word[spoken]}")
    show(f"{_say(spoken, 'show', 'assures')}: {text.assures[spoken]}")
    show(f"{_say(spoken, 'show', 'not')}: {text.does_not_assure[spoken]}")
    show(_say(spoken, "show", "end" if text.carries_end else "no_end"))
    for mandatory in (True, False):
        rows = [cell for cell in rules.cells[wanted] if cell.mandatory is mandatory]
        if rows:
            show("\n" + _say(spoken, "show", "mandatory" if mandatory else "recommended"), "bold")
        for cell in rows:
            show(f"  {cell.row.id:<4}{cell.row.title[spoken]}")
            show(asks(cell.criterion, rules, spoken), indent=6)
    if not rules.cells[wanted]:
        show("\n" + _say(spoken, "show", "nothing"))


@level.command("editions")
def editions_(as_json: AsJson = False, lang: Language = None) -> None:
    """The editions of the rules; the name is the first day in force."""
    del lang  # the names are the same in every language
    today = edition_on(now().date()).edition
    if as_json:
        show_json([{"edition": one, "in_force": one == today} for one in editions()])
        return
    for one in editions():
        show(f"{one} *" if one == today else one)


@level.command("schema")
def schema(as_json: AsJson = False, lang: Language = None) -> None:
    """The facts an evidence file may state, as JSON Schema (2020-12)."""
    del as_json, lang  # a schema is JSON, and its names are not translated
    described = Evidence.model_json_schema()
    show_json({"$schema": "https://json-schema.org/draft/2020-12/schema", **described})


@level.command("explain")
def explain(
    evidence: Annotated[Path, typer.Argument(metavar="EVIDENCE.toml", help="Facts in TOML or JSON; - reads stdin.")],
    asked: Annotated[str | None, typer.Option("--asked", help="The level asked for.")] = None,
    on: OnDay = None,
    ceiling: Annotated[str | None, typer.Option("--ceiling", help="The highest level to consider.")] = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Which level the evidence reaches, what is missing for a higher one, and what to do about it.

    Exit code 0 when the asked level is reached (or none was asked), 1 when not, 2 on bad input.
    """
    spoken = language(lang)
    facts = _read(evidence)
    when = day("--on", on) or facts.decided_on or now().date()
    names = [str(one) for one in Level]
    wish = one_of("--asked", asked.upper() if asked else None, names)
    most = one_of("--ceiling", ceiling.upper() if ceiling else None, names)
    try:
        found = assess(
            facts,
            edition_on(when),
            when,
            asked=Level(wish) if wish else None,
            ceiling=Level(most) if most else None,
        )
    except NotAuthorised as refused:
        if as_json:
            show_json({"error": {"code": "NotAuthorised", "title": "Not authorised", "detail": str(refused)}})
        complain(_say(spoken, "error", "refused", detail=refused), "bold red")
        raise typer.Exit(NEGATIVE) from None
    except MalformedEvidence as fault:
        raise MalformedInput(fault.faults) from None
    except LooserThanEdition as looser:
        raise MalformedInput([("tightening", _say(spoken, "error", "looser", detail=looser))]) from None
    except NoSuchEdition as fault:
        raise MalformedInput([("--on", _say(spoken, "error", "edition", detail=fault))]) from None
    if as_json:
        show_json(found.as_json(spoken))
    else:
        _explain(found, spoken)
    if not found.reached:
        raise typer.Exit(NEGATIVE)


def _read(path: Path) -> Evidence:
    data = file_bytes("/dev/stdin" if str(path) == "-" else str(path), MAX_DOCUMENT_BYTES)
    try:
        facts = evidence_from_json(data) if data.lstrip()[:1] == b"{" else evidence_from_toml(data)
    except MalformedEvidence as fault:
        raise MalformedInput(fault.faults) from None
    if too_much := overowned(facts.ties):
        faults = [
            ("ties", f"the shares of {owned} add up to {float(total):g} %" + (f" on {on}" if on else ""))
            for owned, total, on in too_much
        ]
        raise MalformedInput(faults)
    return facts


def _edition(on: str | None) -> Rulebook:
    try:
        return edition_on(day("--on", on) or now().date())
    except NoSuchEdition as fault:
        raise MalformedInput([("--on", str(fault))]) from None


def _level_json(rules: Rulebook, one: Level, lang: Lang) -> dict[str, Any]:
    text = rules.levels[one]
    return {
        "level": str(one),
        "name": text.name[lang],
        "printed_word": text.printed_word[lang],
        "assures": text.assures[lang],
        "does_not_assure": text.does_not_assure[lang],
        "carries_end": text.carries_end,
        "edition": rules.edition,
        "requirements": [
            {
                "id": cell.row.id,
                "title": cell.row.title[lang],
                "says": cell.row.says[lang],
                "source": cell.row.source,
                "wanted": asks(cell.criterion, rules, lang),
                "mandatory": cell.mandatory,
            }
            for cell in rules.cells[one]
        ],
    }


def _explain(found: Assessment, lang: Lang) -> None:
    """The assessment for people: what was reached, what is missing, what to do."""
    _explain_outcome(found, lang)
    _explain_missing(found, lang)
    if found.recommended_missed:
        show(f"\n{_say(lang, 'explain', 'recommended')}", "bold")
    for row in found.recommended_missed:
        show(f"  {row.id:<4}{row.asked.row.title[lang]}: {row.found(lang)}")
    if found.independence:
        show(f"\n{_say(lang, 'explain', 'independence')}", "bold")
    for pair in found.independence:
        sentence, path = relation(pair, found.rules, lang)
        show(_sentence(sentence), indent=2)
        for step in path:
            show(step, indent=4)


def _explain_outcome(found: Assessment, lang: Lang) -> None:
    text = found.rules.levels[found.attained]
    show(f"{_say(lang, 'explain', 'reached')}: {found.attained} – {text.name[lang]}", "bold")
    if found.asked is not None:
        key = "asked_yes" if found.reached else "asked_no"
        if found.rules.rank(found.asked) < found.rules.rank(found.ceiling):
            key = "asked_over"
        show(_say(lang, "explain", key, asked=found.asked, ceiling=found.ceiling))
        if found.reached and not found.satisfies_asked:
            show(_say(lang, "explain", "not_satisfied", asked=found.asked, attained=found.attained))
    show(_say(lang, "explain", "ceiling", level=found.ceiling, by=_say(lang, "by", found.ceiling_by)))
    if found.missing_authority:
        show(_say(lang, "explain", "authority", facts=_authority(found, lang)))
    show(_say(lang, "party", found.party))
    show(_say(lang, "explain", "edition", edition=found.edition, on=found.on.isoformat()))
    show(f"\n{_say(lang, 'show', 'assures')}: {text.assures[lang]}")
    show(f"{_say(lang, 'show', 'not')}: {text.does_not_assure[lang]}")


def _authority(found: Assessment, lang: Lang) -> str:
    """What has to be stated before anybody's authority is known; an owner needs no mandate for its own scheme."""
    told = ["max_level"] if "max_level" in found.missing_authority else []
    if set(found.missing_authority) - {"max_level"}:
        told.append(_say(lang, "explain", "authority_facts"))
    return "; ".join(told)


def _explain_missing(found: Assessment, lang: Lang) -> None:
    """Each missing row once, under the first level for which it is missing."""
    if not found.to_lift:
        show("\n" + _say(lang, "explain", "nothing_missing"))
    if ceiling := found.ceiling_lift(lang):
        show("\n" + ceiling, "bold")
    told: set[str] = set()
    for wanted in found.to_lift:
        missing = [row for row in found.unmet[wanted] if row.id not in told]
        if not found.unmet[wanted]:
            show("\n" + _say(lang, "explain", "ready", level=wanted, ceiling=found.ceiling), "bold")
        elif missing:
            name = found.rules.levels[wanted].name[lang]
            show("\n" + _say(lang, "explain", "missing", level=f"{wanted} – {name}"), "bold")
        for row in missing:
            _explain_row(row, lang)
        told |= {row.id for row in missing}


def _explain_row(row: Unmet, lang: Lang) -> None:
    show(f"  {row.id:<4}{row.asked.row.title[lang]}", "bold")
    show(row.says[lang], indent=6)
    show(f"{_say(lang, 'explain', 'found')}: {row.found(lang)}", indent=6)
    show(f"{_say(lang, 'explain', 'wanted')}: {row.wanted(lang)}", indent=6)
    show(f"{_say(lang, 'explain', 'do')}: {row.lift(lang)}", indent=6)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
