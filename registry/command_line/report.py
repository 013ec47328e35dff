"""`bevis report`: what somebody at a gate found wrong, for whoever runs the registry."""

from typing import Annotated, Any, get_args
from uuid import UUID

import typer

from registry.command_line.place import Actor, Dir, permitted, registry_at
from registry.command_line.screen import AsJson, Language, language, now, one_of, show, show_json, show_table, words
from registry.errors import ReportNotFound
from registry.records.issued.reports import ProblemReport, ReportClosing, ReportState, close_report, reports
from registry.records.strict_input import parse
from verification.certificate import display_number

commands = typer.Typer(help="What was found wrong at gates: list, close.", no_args_is_help=True)
STATES = get_args(ReportState)


@commands.command("list")
def list_(
    state: Annotated[str, typer.Option("--state", help=f"{', '.join(STATES)} or all.")] = "open",
    limit: Annotated[int, typer.Option("--limit", min=1, max=500, help="How many.")] = 50,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """What was reported, the latest first. Anybody may have sent it: nothing in it is known to be true."""
    one_of("--state", state, (*STATES, "all"))
    asked: Any = None if state == "all" else state
    with registry_at(directory) as registry, registry.noting() as db:
        permitted(db, by, now(), "report.read")
        found = [_of(row) for row in reports(db, state=asked, limit=limit)]
    if as_json:
        show_json(found)
        return
    rows = [
        (one["id"], f"{one['received_at']:%Y-%m-%d %H:%M}", one["reason"], one["number"], one["headline"], one["note"])
        for one in found
    ]
    show_table(language(lang), ("col_id", "col_on", "col_reason", "col_number", "col_answer", "col_note"), rows)


@commands.command("close")
def close(
    report: Annotated[str, typer.Argument(metavar="REPORT", help="Its id.")],
    because: Annotated[str, typer.Option("--because", help="What was found, or done.")],
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Somebody has seen to it. What was typed in the report is deleted."""
    why = parse({"because": because}, ReportClosing).because
    with registry_at(directory) as registry, registry.writing() as db:
        who = permitted(db, by, now(), "report.close")
        found = _of(close_report(db, _id(report), why, now(), who))
    if as_json:
        show_json(found)
        return
    show(words(language(lang), "report_closed", id=found["id"]))


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as fault:
        raise ReportNotFound("no report has that id") from fault


def _of(row: ProblemReport) -> dict[str, Any]:
    shown = row.number and display_number(row.number)
    return {**row.model_dump(), "id": str(row.id), "state": row.state, "number": shown}
