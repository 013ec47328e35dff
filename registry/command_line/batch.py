"""`bevis batch`: a class list becomes certificates."""

from pathlib import Path
from typing import Annotated, Any

import typer

from levels.level import Level
from levels.rulebook import edition_on
from registry.command_line.batch_corrected import check_corrected, write_corrected
from registry.command_line.batch_template import template
from registry.command_line.place import Actor, Dir, keyring_of, permitted, registry_at
from registry.command_line.screen import (
    NEGATIVE,
    USAGE,
    AsJson,
    Lang,
    Language,
    Sheet,
    file_bytes,
    language,
    now,
    one_of,
    show,
    show_json,
    words,
)
from registry.issuing.issue_batch import check_batch, issue_batch
from registry.issuing.outcome import BatchResult
from registry.issuing.roster import MAX_BYTES, read_roster
from registry.issuing.roster_row import Roster
from registry.records.occasions import occasion_by_id
from verification.certificate import display_number

commands = typer.Typer(help="Class lists: check them, issue from them.", no_args_is_help=True)

commands.command("template")(template)

RosterFile = Annotated[str, typer.Argument(metavar="ROSTER", help="CSV or XLSX with a row of headers.")]
OccasionId = Annotated[str, typer.Option("--occasion", help="Id of the occasion the list belongs to.")]
AskedLevel = Annotated[str | None, typer.Option("--asked", help="Ask for this level instead of the scheme's target.")]
STYLES = {"issued": "green", "refused": "yellow", "fault": "red"}
INDENT = 6  # columns: below the name


@commands.command("check")
def check(
    roster: RosterFile,
    occasion: OccasionId,
    asked: AskedLevel = None,
    sheet: Sheet = None,
    corrected: Annotated[
        Path | None,
        typer.Option(
            "--corrected", metavar="FILE", help="Also write the list back, with what is wrong beside each row."
        ),
    ] = None,
    directory: Dir = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Say what issuing would do, and store nothing."""
    tongue = language(lang)
    level, data, at = one_of("--asked", asked, Level), file_bytes(roster, MAX_BYTES), now()
    check_corrected(corrected, roster, data)
    with registry_at(directory) as registry, registry.reading() as db:
        people = read_roster(data, methods=edition_on(at.date()).methods, on=at.date(), sheet=sheet)
        result = check_batch(db, occasion, people, now=at, asked=Level(level) if level else None)
    if corrected is not None:
        written = write_corrected(corrected, data, sheet, result, tongue)
        if not as_json:
            show(words(tongue, "corrected_written" if written else "nothing_corrected", path=corrected), "bold")
    _present(result, people, tongue, as_json=as_json, checked=True)


@commands.command("issue")
def issue(
    roster: RosterFile,
    occasion: OccasionId,
    asked: AskedLevel = None,
    issue_good_rows: Annotated[
        bool, typer.Option("--issue-good-rows", help="Issue to the others although some rows have faults.")
    ] = False,
    at_attained: Annotated[
        bool, typer.Option("--at-attained", help="Where the asked level is missed, issue at the attained one.")
    ] = False,
    sheet: Sheet = None,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Issue from a class list. To everybody who has earned it; to nobody while a row has faults."""
    tongue = language(lang)
    level, data, at = one_of("--asked", asked, Level), file_bytes(roster, MAX_BYTES), now()
    with registry_at(directory) as registry:
        keyring = keyring_of(registry)
        people = read_roster(data, methods=edition_on(at.date()).methods, on=at.date(), sheet=sheet)
        with registry.writing() as db:
            result = issue_batch(
                db,
                keyring,
                registry.public_url,
                occasion,
                people,
                now=at,
                actor=permitted(db, by, at, "batch.request", occasion_by_id(db, occasion).issuer),
                asked=Level(level) if level else None,
                issue_good_rows=issue_good_rows,
                issue_at_attained=at_attained,
            )
    _present(result, people, tongue, as_json=as_json, checked=False)


# ------------------------------------------------------------------ the answer


def batch_json(result: BatchResult, lang: Lang) -> dict[str, Any]:
    """The answer as a program gets it; sentences in one language, numbers as people read them."""
    told = result.as_json(lang)
    for row in told["rows"]:
        row["number"] = row["number"] and display_number(row["number"])
    return told


def show_batch(result: BatchResult, lang: Lang, *, checked: bool = False) -> None:
    """The answer for people: a line a row, and beneath it what is missing or wrong, each with what was found."""
    widest = max((len(row.name) for row in result.rows), default=0)
    for row in result.rows:
        outcome = words(lang, f"{'would' if checked else 'was'}_{row.outcome}")
        told = display_number(row.number) if row.number else ""
        if row.outcome == "refused" and row.attained and row.asked and row.unmet:
            told = words(lang, "reaches", attained=row.attained, asked=row.asked)
        if row.already:
            outcome = words(lang, "was_already")
        line = " ".join(filter(None, (outcome, row.level, told)))
        show(f"{row.row:>4}  {row.name:<{widest}}  {line}", STYLES[row.outcome])
        for fault in row.faults:
            value = f"“{fault.value}”" if fault.value else None
            cell = " ".join(filter(None, (fault.column, value)))
            show(f"{cell}: {fault.says[lang]}" if cell else fault.says[lang], indent=INDENT)
        for unmet in row.unmet:
            wanted = words(lang, "found_wanted", found=unmet.found[lang], wanted=unmet.wanted[lang])
            show(f"{unmet.id} {unmet.title[lang]}. {wanted}", indent=INDENT)
            show(words(lang, "what_to_do", lift=unmet.lift[lang]), indent=INDENT)
    key = "batch_checked" if checked else "batch_done"
    already = words(lang, "batch_already", already=result.already) if result.already else ""
    counts = words(lang, key, issued=result.issued, already=already, refused=result.refused, faults=result.faults)
    show(counts, "bold")
    show("")


def _present(result: BatchResult, people: Roster, lang: Lang, *, as_json: bool, checked: bool) -> None:
    if as_json:
        show_json(batch_json(result, lang))
    else:
        show_batch(result, lang, checked=checked)
        held_back = any(fault.code == "held_back" for row in result.rows for fault in row.faults)
        if held_back or (checked and result.faults and result.issued):
            show(words(lang, "batch_held_back"))
    if result.faults and not people.rows:
        raise typer.Exit(USAGE)
    if result.refused or result.faults:
        raise typer.Exit(NEGATIVE)
