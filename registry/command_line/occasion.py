"""`bevis occasion`: course runs and exam sittings."""

from typing import Annotated

import typer

from registry.command_line import occasion_lines
from registry.command_line.occasion_told import OccasionId, Reason, event_json, permitted_for, show_changes
from registry.command_line.place import Actor, Dir, permitted, permitted_for_any, registry_at
from registry.command_line.screen import (
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
from registry.reading.reason import given_reason
from registry.records.issued.amendments import amend_occasion, cancel_occasion
from registry.records.sittings.attendance import attendance_counts
from registry.records.sittings.exam_results import results_count
from registry.records.sittings.occasion_events import occasion_history
from registry.records.sittings.occasions import (
    NewOccasion,
    Occasion,
    add_occasion,
    occasion_by_id,
    occasions,
    short_by_minutes,
)
from registry.records.strict_input import MAX_BYTES, read_table, read_toml

commands = typer.Typer(help="Occasions: a course run or an exam sitting.", no_args_is_help=True)
commands.command("sheet")(occasion_lines.sheet)
commands.command("results")(occasion_lines.results)


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
        occasion = add_occasion(
            db, new, at, permitted_for_any(db, by, at, "occasion.record", new.recorders("occasion.record"))
        )
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
        who = permitted_for(db, by, at, "occasion.amend", occasion)
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
    show_changes(event, tongue)
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
        show_changes(event, tongue)


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
            "sheets": {
                session: {"listed": listed, "present": present}
                for session, (listed, present) in attendance_counts(db, row.id).items()
            },
            "results": results_count(db, row.id),
        }
    if as_json:
        show_json(told)
        return
    tongue = language(lang)
    lines = [(key, in_short(value, tongue)) for key, value in told.items()]
    show_table(tongue, ("col_fact", "col_value"), [line for line in lines if line[1]])


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


def _tell_if_short(short: int, lang: Lang) -> None:
    if short:
        show(words(lang, "occasion_short", minutes=short), "yellow")


def _of(row: Occasion) -> dict[str, object]:
    shown = ("scheme", "scheme_version", "issuer", "decided_on", "cancelled")
    return {"id": row.public_id, **{name: getattr(row, name) for name in shown}}
