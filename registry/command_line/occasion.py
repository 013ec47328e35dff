"""`bevis occasion`: course runs and exam sittings."""

from datetime import datetime
from typing import Annotated

import typer

from registry.command_line.place import Actor, Dir, permitted, permitted_for_any, registry_at
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
from registry.errors import MalformedInput
from registry.issuing.recording import Recorded, record_results, record_sheet
from registry.issuing.results import MAX_BYTES as MOST_BYTES_OF_RESULTS
from registry.issuing.sheet import MAX_BYTES as MOST_BYTES_OF_SHEET
from registry.reading.reason import given_reason
from registry.records.amendments import amend_occasion, as_text, cancel_occasion
from registry.records.database import Database
from registry.records.occasion_events import OccasionEvent, occasion_history
from registry.records.occasions import NewOccasion, Occasion, add_occasion, occasion_by_id, occasions, short_by_minutes
from registry.records.strict_input import MAX_BYTES, read_table, read_toml
from verification.certificate import display_number

commands = typer.Typer(help="Occasions: a course run or an exam sitting.", no_args_is_help=True)

INDENT = 4
HEADER = 1  # the row of the headers; 0 is the file as a whole
MOST_NUMBERS_SHOWN = 20

OccasionId = Annotated[str, typer.Argument(metavar="ID", help="The occasion.")]
Reason = Annotated[str | None, typer.Option("--reason", help="Why, in a few words that name nobody.")]


@commands.command("add")
def add(
    file: Annotated[str, typer.Argument(metavar="FILE.toml", help="Who, when, and what was checked.")],
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Record an occasion from a TOML file, whose keys docs/files.md lists.

    It must hold scheme, issuer and decided_on; beside them training_provider, examination_body, exam_on, [[session]],
    [[staff]], [identity.enrolment] and more say what was done.
    """
    new = read_toml(file_bytes(file, MAX_BYTES), NewOccasion)
    with registry_at(directory) as registry, registry.writing() as db:
        at = now()
        occasion = add_occasion(db, new, at, _permitted(db, by, at, "occasion.record", new))
        short = short_by_minutes(db, occasion)
    if as_json:
        show_json({**_of(occasion), "short_by_minutes": short})
        return
    tongue = language(lang)
    show(words(tongue, "occasion_added", id=occasion.public_id))
    _tell_if_short(short, tongue)


@commands.command("amend")
def amend(
    occasion: OccasionId,
    file: Annotated[str | None, typer.Argument(metavar="FILE.toml", help="The keys that change.")] = None,
    reason: Reason = None,
    clear: Annotated[
        list[str] | None, typer.Option("--clear", metavar="KEY", help="A key that is taken away; repeatable.")
    ] = None,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Put right what is on record of an occasion.

    The file holds the keys that change, as for `bevis occasion add`; a list such as [[session]] or [[staff]] takes the
    place of the whole list. Certificates issued before are never changed by it; they are listed.
    """
    change: dict[str, object] = dict(read_table(file_bytes(file, MAX_BYTES))) if file else {}
    for key in clear or ():
        clear_key(change, key)
    if not change:
        raise MalformedInput([("", "nothing is said to change: name a file, or --clear KEY")])
    why = given_reason(reason)
    with registry_at(directory) as registry, registry.writing() as db:
        at = now()
        who = _permitted(db, by, at, "occasion.amend", occasion_by_id(db, occasion).new())
        event = amend_occasion(db, occasion, change, reason=why, now=at, actor=who)
        short = short_by_minutes(db, occasion_by_id(db, occasion))
    tongue = language(lang)
    if as_json:
        show_json({"occasion": occasion, "event": event and event_json(event), "short_by_minutes": short})
        return
    if event is None:
        show(words(tongue, "occasion_as_before", id=occasion))
        return
    show(words(tongue, "occasion_amended", id=occasion))
    _show_changes(event, tongue)
    _tell_if_short(short, tongue)


@commands.command("cancel")
def cancel(
    occasion: OccasionId,
    reason: Reason = None,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Say that an occasion was never held: nothing is issued from it any more. There is no way back."""
    why = given_reason(reason)
    with registry_at(directory) as registry, registry.writing() as db:
        at = now()
        who = permitted(db, by, at, "occasion.amend", occasion_by_id(db, occasion).issuer)
        event = cancel_occasion(db, occasion, reason=why, now=at, actor=who)
    if as_json:
        show_json({"occasion": occasion, "event": event_json(event)})
        return
    show(words(language(lang), "occasion_cancelled", id=occasion))


@commands.command("history")
def history(occasion: OccasionId, directory: Dir = None, as_json: AsJson = False, lang: Language = None) -> None:
    """What happened to the record of an occasion: who, when, why, and which certificates were issued before."""
    with registry_at(directory) as registry, registry.reading() as db:
        events = occasion_history(db, occasion_by_id(db, occasion).id)
    if as_json:
        show_json({"occasion": occasion, "events": [event_json(event) for event in events]})
        return
    tongue = language(lang)
    for event in events:
        kind = words(tongue, f"occasion_event_{event.kind}")
        show(f"{event.place}  {event.at:%Y-%m-%d %H:%M} UTC  {kind}  {event.actor}", "bold")
        _show_changes(event, tongue)


@commands.command("sheet")
def sheet(
    occasion: OccasionId,
    file: Annotated[str, typer.Argument(metavar="FILE", help="The sign-in sheet.")],
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
    occasion, needs --reason; it changes no certificate.
    """
    data = file_bytes(file, MOST_BYTES_OF_SHEET)
    why = given_reason(reason) if reason is not None else None
    with registry_at(directory) as registry, registry.writing() as db:
        at = now()
        who = _permitted(db, by, at, "occasion.attendance", occasion_by_id(db, occasion).new())
        recorded = record_sheet(db, occasion, data, session=session, reason=why, now=at, actor=who)
    _present(recorded, "sheet", language(lang), as_json=as_json)


@commands.command("results")
def results(
    occasion: OccasionId,
    file: Annotated[str, typer.Argument(metavar="FILE", help="The exam results: a table, or TOML.")],
    reason: Reason = None,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Record exam results: who sat which part, for which class, at which attempt, and how it went. All, or nothing.

    A row is an attempt (name, birth date, part, class, attempt, points, pass rule, passed, day, examiner, supervision,
    identity check); a file that ends in .toml holds the same as [[result]]. A correction, or a line about somebody who
    holds a certificate of the occasion, needs --reason; it changes no certificate.
    """
    data = file_bytes(file, MOST_BYTES_OF_RESULTS)
    why = given_reason(reason) if reason is not None else None
    toml = file.casefold().endswith(".toml")
    with registry_at(directory) as registry, registry.writing() as db:
        at = now()
        who = _permitted(db, by, at, "occasion.result", occasion_by_id(db, occasion).new())
        recorded = record_results(db, occasion, data, toml=toml, reason=why, now=at, actor=who)
    _present(recorded, "results", language(lang), as_json=as_json)


@commands.command("list")
def list_(directory: Dir = None, as_json: AsJson = False, lang: Language = None) -> None:
    """All occasions."""
    with registry_at(directory) as registry, registry.reading() as db:
        found = [_of(row) for row in occasions(db)]
    if as_json:
        show_json(found)
        return
    rows = [(one["id"], one["scheme"], one["issuer"], one["decided_on"]) for one in found]
    columns = ("col_occasion", "col_scheme", "col_issuer", "col_decided")
    show_table(language(lang), columns, rows, fixed=("col_occasion",))


@commands.command("show")
def show_(
    occasion: OccasionId,
    directory: Dir = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """All that is known of an occasion."""
    with registry_at(directory) as registry, registry.reading() as db:
        row = occasion_by_id(db, occasion)
        told = {
            **row.new().model_dump(mode="json"),
            "id": row.public_id,
            "version": row.scheme_version,
            "cancelled": row.cancelled,
            "short_by_minutes": short_by_minutes(db, row),
        }
    if as_json:
        show_json(told)
        return
    tongue = language(lang)
    lines = [(key, in_short(value, tongue)) for key, value in told.items()]
    show_table(tongue, ("col_fact", "col_value"), [line for line in lines if line[1]])


def event_json(event: OccasionEvent) -> dict[str, object]:
    """An event as programs get it; numbers of certificates as people read them."""
    return {
        "place": event.place,
        "kind": event.kind,
        "at": event.at,
        "actor": event.actor,
        "reason": event.reason,
        "changes": event.changes,
        "lines": event.lines,
        "replaced": event.replaced,
        "digest": event.digest,
        "issued_before": [display_number(number) for number in event.issued_before],
    }


def clear_key(change: dict[str, object], key: str) -> None:
    """Have a key such as exam_on or identity.exam taken away."""
    *tables, last = key.split(".")
    here = change
    for table in tables:
        inner = here.setdefault(table, {})
        if not isinstance(inner, dict):
            raise MalformedInput([("--clear", f"{table} is both set and cleared")])
        here = inner
    here[last] = None


def _permitted(db: Database, by: str | None, at: datetime, action: str, new: NewOccasion) -> str:
    return permitted_for_any(db, by, at, action, new.recorders(action))


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
            _show_changes(recorded.event, lang)
    if recorded.faults:
        raise typer.Exit(USAGE if min(recorded.faults) <= HEADER else NEGATIVE)


def _show_changes(event: OccasionEvent, lang: Lang) -> None:
    if event.reason:
        show(event.reason, indent=INDENT)
    if event.lines is not None:
        show(words(lang, "event_lines", lines=event.lines, replaced=event.replaced or 0), indent=INDENT)
    for change in event.changes:
        if "before" not in change:
            show(words(lang, "changed_about_person", path=change["path"]), indent=INDENT)
            continue
        before, after = (
            words(lang, "nothing_there") if change[side] is None else as_text(change[side])
            for side in ("before", "after")
        )
        show(f"{change['path']}: {before} → {after}", indent=INDENT)
    if event.issued_before:
        show(words(lang, "issued_before", count=len(event.issued_before)), indent=INDENT)
        for number in event.issued_before[:MOST_NUMBERS_SHOWN]:
            show(display_number(number), indent=2 * INDENT)
        if len(event.issued_before) > MOST_NUMBERS_SHOWN:
            show("…", indent=2 * INDENT)


def _tell_if_short(short: int, lang: Lang) -> None:
    if short:
        show(words(lang, "occasion_short", minutes=short), "yellow")


def _of(row: Occasion) -> dict[str, object]:
    shown = ("scheme", "scheme_version", "issuer", "decided_on")
    return {"id": row.public_id, **{name: getattr(row, name) for name in shown}}
