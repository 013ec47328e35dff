"""`bevis check`: who of a workforce lacks what, on any day."""

import json
import sys
import tomllib
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Annotated, Any

import typer

from registry.checking.check_workforce import check_workforce
from registry.checking.gaps import Cell, Checked, Gaps, Outcome
from registry.checking.holdings import EACH
from registry.checking.profile import Profile, read_profile
from registry.checking.report import SOON, Register, first_end, report_html
from registry.checking.told import as_json as gaps_json
from registry.checking.told import fault_in_words, says, title, to_do
from registry.checking.workforce import MAX_BYTES, Workforce, read_workforce
from registry.command_line.place import Dir, registry_at
from registry.command_line.screen import (
    COULD_NOT_CHECK,
    NEGATIVE,
    OK,
    AsJson,
    Lang,
    Language,
    Sheet,
    day,
    file_bytes,
    language,
    now,
    show,
)
from registry.errors import MalformedInput
from registry.reading.wrong import FILE
from registry.records.sector.schemes import schemes
from registry.records.strict_input import MAX_BYTES as MOST_OF_A_PROFILE
from verification.certificate import EARLIEST, LATEST, display_number

MOST_SHOWN = 200  # people of each kind on a screen; the report and --json have them all
MOST_FAULTS = 50  # told at once; whoever has corrected those may ask again
SIGNS: Mapping[Outcome, str] = {"fulfilled": "+", "lacking": "x", "unsure": "?"}
STYLES: Mapping[Outcome, str] = {"fulfilled": "green", "lacking": "red", "unsure": "yellow"}
EXITS: Mapping[Outcome, int] = {"fulfilled": OK, "lacking": NEGATIVE, "unsure": COULD_NOT_CHECK}
ORDER: tuple[Outcome, ...] = ("lacking", "unsure", "fulfilled")
INDENT = 4  # columns: below the name


def check(
    workforce: Annotated[
        str,
        typer.Argument(
            metavar="WORKFORCE", help="CSV or XLSX: name, role, certificates; perhaps birth date. - is stdin."
        ),
    ],
    profile: Annotated[str, typer.Option("--profile", metavar="PROFILE", help="TOML: what each role requires.")],
    on: Annotated[
        str | None, typer.Option("--on", help="As of that day, past or to come; the default is today.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="REPORT", help="Also write a page to read, send and print.")
    ] = None,
    each: Annotated[
        bool, typer.Option("--each", help=f"Verify every certificate by itself, also of more than {EACH}; slow.")
    ] = False,
    sheet: Sheet = None,
    directory: Dir = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Say who lacks what for their role. Exit 0: nobody; 1: somebody; 3: nobody for sure, but not all is known."""
    tongue, asked, at = language(lang), day("--on", on), now()
    if asked is not None and not EARLIEST <= asked <= LATEST:
        raise MalformedInput([("--on", f"must lie between {EARLIEST} and {LATEST}")])
    today = at.astimezone().date()
    _check_output(output, workforce, profile)
    needed = _profile(profile)
    data = file_bytes("/dev/stdin" if workforce == "-" else workforce, MAX_BYTES)
    listed = read_workforce(data, needed, today=today, sheet=sheet)
    if listed.wrong:
        raise MalformedInput(_faults(listed, workforce, tongue))
    with registry_at(directory) as registry, registry.reading() as db:
        found = check_workforce(
            db, registry.public_url, listed.people, needed, now=at, today=today, on=asked, each=each
        )
        titles = {version.code: version.titles for version in reversed(schemes(db))}
        register = Register(registry.name, registry.public_url, titles)
    if output is not None:
        output.write_text(report_html(found, tongue, register, at), encoding="utf-8")
    if as_json:
        _show_json(gaps_json(found, tongue))
    else:
        _present(found, tongue, output)
    raise typer.Exit(EXITS[found.outcome])


# ------------------------------------------------------------------ in


def _profile(name: str) -> Profile:
    """Raises MalformedInput, each fault with the name of the file."""
    try:
        return read_profile(file_bytes(name, MOST_OF_A_PROFILE))
    except MalformedInput as malformed:
        faults = [(f"{name}: {path}" if path and path != name else name, told) for path, told in malformed.faults]
        raise MalformedInput(faults) from malformed


def _check_output(output: Path | None, *inputs: str) -> None:
    """Never write the answer over the question."""
    if output is None:
        return
    for name in inputs:
        if name != "-" and Path(name).exists() and output.exists() and output.samefile(name):
            raise MalformedInput([("--output", f"is {name} itself; choose another name for the report")])


def _faults(listed: Workforce, name: str, lang: Lang) -> list[tuple[str, str]]:
    """What is wrong with the file by row and column, in words."""
    faults: list[tuple[str, str]] = []
    for row, wrong in listed.wrong.items():
        where = (
            name
            if row == FILE
            else check_words("header", lang)
            if row == listed.header
            else check_words("row", lang, row=row)
        )
        for one in wrong:
            cell = " ".join(filter(None, (one.column, f"“{one.value}”" if one.value else None)))
            faults.append((f"{where}, {cell}" if cell else where, fault_in_words(one, lang)))
    if len(faults) > MOST_FAULTS:
        more = check_words("more_faults", lang, more=len(faults) - MOST_FAULTS)
        faults = [*faults[:MOST_FAULTS], ("", more)]
    return [*faults, ("", check_words("none_read", lang))]


# ------------------------------------------------------------------ out


def _show_json(told: Mapping[str, Any]) -> None:
    """The answer as JSON, alone on stdout, a line a person: ten thousand of them take a second, not twenty."""
    # A terminal that knows no UTF-8 gets the same data in escapes.
    ascii_only = (sys.stdout.encoding or "ascii").casefold().replace("-", "") not in {"utf8", "utf_8"}
    head = json.dumps({name: value for name, value in told.items() if name != "people"}, ensure_ascii=ascii_only)
    people = ",\n".join(json.dumps(one, ensure_ascii=ascii_only) for one in told["people"])
    sys.stdout.write(f'{head[:-1]}, "people": [\n{people}\n]}}\n')


def _present(found: Gaps, lang: Lang, output: Path | None) -> None:
    """Those who lack something first, each with what and what to do; then what is open; then the others, in a line."""
    show(found.profile.titles.model_dump()[lang], "bold")
    show(check_words("on", lang, day=found.day.isoformat()))
    show("")
    people: Mapping[Outcome, list[Checked]] = {
        outcome: [one for one in found.people if one.outcome == outcome] for outcome in ORDER
    }
    for outcome in ORDER:
        for one in people[outcome][:MOST_SHOWN]:
            who = f"{one.worker.name}, {one.worker.role.titles.model_dump()[lang]}"
            if outcome == "fulfilled":
                show(f"{SIGNS[outcome]} {who}: {_well(one, found.day, lang)}", STYLES[outcome])
                continue
            show(f"{SIGNS[outcome]} {who} ({check_words('row', lang, row=one.worker.row)})", f"bold {STYLES[outcome]}")
            for cell in _in_order(one.cells):
                _present_cell(cell, lang)
        if len(people[outcome]) > MOST_SHOWN:
            show(check_words("more_people", lang, more=len(people[outcome]) - MOST_SHOWN), "bold")
        if people[outcome]:
            show("")
    counts = {outcome: len(listed) for outcome, listed in people.items()}
    show(check_words("summary", lang, people=len(found.people), **counts), f"bold {STYLES[found.outcome]}")
    if output is not None:
        show(check_words("report", lang, path=output))


def _present_cell(cell: Cell, lang: Lang) -> None:
    number = f" [{display_number(cell.number)}]" if cell.number else ""
    named = cell.requirement.titles.model_dump()[lang]
    if cell.outcome == "fulfilled":
        show(f"{SIGNS[cell.outcome]} {named}: {says(cell.why, lang)}", "dim", indent=INDENT)
        return
    sentence = f"{SIGNS[cell.outcome]} {named}: {title(cell.why, lang)}. {says(cell.why, lang)}{number}"
    show(sentence, STYLES[cell.outcome], indent=INDENT)
    if step := to_do(cell.why, lang):
        show(f"→ {step}", indent=INDENT + 2)


def _well(one: Checked, on: date, lang: Lang) -> str:
    if not one.cells:
        return check_words("nothing_required", lang)
    until = first_end(one)
    if until is None:
        return check_words("everything", lang)
    days = (until - on).days
    told = check_words("everything_until", lang, day=until.isoformat())
    return f"{told} ({check_words('soon', lang, days=days)})" if days <= SOON else told


def _in_order(cells: Iterable[Cell]) -> list[Cell]:
    return sorted(cells, key=lambda cell: ORDER.index(cell.outcome))


@cache
def _texts() -> Mapping[str, Mapping[str, str]]:
    path = resources.files("registry.command_line") / "texts" / "check.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


def check_words(key: str, lang: Lang, **params: object) -> str:
    """A sentence of `texts/check.toml` in that language, filled in."""
    return _texts()[key][lang].format(**params)
