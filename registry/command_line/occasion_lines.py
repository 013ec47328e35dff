"""`bevis occasion sheet` and `bevis occasion results`: what was signed and sat, recorded and told."""

from collections.abc import Callable, Sequence
from pathlib import PurePath
from typing import Annotated, Any

import typer

from registry.command_line.occasion_told import OccasionId, Reason, permitted_for, show_changes
from registry.command_line.place import Actor, Dir, registry_at
from registry.command_line.screen import (
    NEGATIVE,
    USAGE,
    AsJson,
    Lang,
    Language,
    file_bytes,
    in_short,
    language,
    now,
    show,
    show_json,
    show_table,
    words,
)
from registry.issuing.lists.handed_in import Form
from registry.issuing.sittings.recording import Recorded, record_results, record_sheet
from registry.issuing.sittings.results import MAX_BYTES as MOST_BYTES_OF_RESULTS
from registry.issuing.sittings.sheet import MAX_BYTES as MOST_BYTES_OF_SHEET
from registry.reading.reason import given_reason
from registry.records.sittings.attendance import sheet_page
from registry.records.sittings.exam_results import results_page
from registry.records.sittings.occasions import occasion_by_id
from registry.records.store.database import Database

HEADER = 1  # the row of the headers; 0 is the file as a whole
MOST_AT_ONCE = 1000
_OURS = frozenset({"id", "event_id", "occasion_id", "place", "name_key"})


def sheet(
    occasion: OccasionId,
    file: Annotated[
        str | None, typer.Argument(metavar="FILE", help="The sign-in sheet: CSV, XLSX, TOML or JSON.")
    ] = None,
    session: Annotated[
        str | None, typer.Option("--session", help="The session it is of, where its rows name none.")
    ] = None,
    reason: Reason = None,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Record a sign-in sheet: who was at which session, and how that was checked. All of it, or nothing.

    A row is a person at a session (name, birth date, session, minutes or from and to, identity check, checked by), or
    a person with a column for each session. A correction, or a line about somebody who holds a certificate of the
    occasion, needs --reason; it changes no certificate. Without FILE, what is on record.
    """
    if file is None:
        columns = ("name", "birth_date", "session", "minutes", "method", "checker")
        _tell(occasion, sheet_page, columns, directory, by, language(lang), as_json=as_json)
        return
    data = file_bytes(file, MOST_BYTES_OF_SHEET)
    why = given_reason(reason) if reason is not None else None
    with registry_at(directory) as registry, registry.writing() as db:
        at = now()
        who = permitted_for(db, by, at, "occasion.attendance", occasion)
        recorded = record_sheet(db, occasion, data, form=_form(file), session=session, reason=why, now=at, actor=who)
    _present(recorded, "sheet", language(lang), as_json=as_json)


def results(
    occasion: OccasionId,
    file: Annotated[
        str | None, typer.Argument(metavar="FILE", help="The exam results: CSV, XLSX, TOML or JSON.")
    ] = None,
    reason: Reason = None,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Record exam results: who sat which part, for which class, at which attempt, and how it went. All, or nothing.

    A row is an attempt (name, birth date, part, class, attempt, points, pass rule, passed, day, examiner, supervision,
    identity check); a .toml or .json file holds the same as a list `result`. A correction, or a line about somebody who
    holds a certificate of the occasion, needs --reason; it changes no certificate. Without FILE, what is on record.
    """
    if file is None:
        columns = ("name", "birth_date", "part", "scope_class", "attempt", "outcome", "passed", "sat_on", "examiner")
        _tell(occasion, results_page, columns, directory, by, language(lang), as_json=as_json)
        return
    data = file_bytes(file, MOST_BYTES_OF_RESULTS)
    why = given_reason(reason) if reason is not None else None
    with registry_at(directory) as registry, registry.writing() as db:
        at = now()
        who = permitted_for(db, by, at, "occasion.result", occasion)
        recorded = record_results(db, occasion, data, form=_form(file), reason=why, now=at, actor=who)
    _present(recorded, "results", language(lang), as_json=as_json)


def _form(file: str) -> Form:
    """How a list was handed in, by the end of the file's name."""
    ends: dict[str, Form] = {".toml": "toml", ".json": "json"}
    return ends.get(PurePath(file).suffix.casefold(), "table")


# ------------------------------------------------------------------ what became of it, and what is on record


def _present(recorded: Recorded, kind: str, lang: Lang, *, as_json: bool) -> None:
    """What became of a file of lines; faults end in exit code 1, or 2 where the file as a whole cannot be read."""
    if as_json:
        show_json(recorded.as_json(lang))
    elif recorded.faults:
        for row, faults in recorded.faults.items():
            for fault in faults:
                cell = " ".join(filter(None, (fault.column, f"“{fault.value}”" if fault.value else None)))
                show(f"{row:>4}  {cell}: {fault.says[lang]}" if cell else f"{row:>4}  {fault.says[lang]}", "red")
        show(words(lang, "nothing_recorded"), "bold")
    else:
        counts = {"lines": recorded.lines, "replaced": recorded.replaced, "unchanged": recorded.unchanged}
        show(words(lang, f"{kind}_recorded", id=recorded.occasion, **counts))
        if recorded.event:
            show_changes(recorded.event, lang)
    if recorded.faults:
        raise typer.Exit(USAGE if min(recorded.faults) <= HEADER else NEGATIVE)


def _tell(
    occasion: str,
    page: Callable[..., Sequence[Any]],
    columns: Sequence[str],
    directory: Dir,
    by: Actor,
    lang: Lang,
    *,
    as_json: bool,
) -> None:
    """The lines that count."""
    with registry_at(directory) as registry, registry.writing() as db:
        permitted_for(db, by, now(), "occasion.read", occasion)
        lines = _all(db, occasion, page)
    if as_json:
        show_json({"occasion": occasion, "lines": lines})
        return
    rows = [[in_short(line[name], lang) for name in columns] for line in lines]
    show_table(lang, [f"line_{name}" for name in columns], rows)


def _all(db: Database, occasion: str, page: Callable[..., Sequence[Any]]) -> list[dict[str, Any]]:
    record = occasion_by_id(db, occasion)
    found: list[dict[str, Any]] = []
    after = None
    while rows := page(db, record.id, after, MOST_AT_ONCE):
        found += [row.model_dump(mode="json", exclude=_OURS) for row in rows]
        after = rows[-1].id
    return found
