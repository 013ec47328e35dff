"""`bevis log`: the append-only log of all that was issued, changed and granted; is it whole, and does it go on."""

from pathlib import Path
from typing import Annotated, Any

import typer

from registry.command_line.monitor import files_at
from registry.command_line.place import Actor, Dir, log_of, permitted, registry_at
from registry.command_line.screen import (
    NEGATIVE,
    AsJson,
    Language,
    language,
    now,
    show,
    show_json,
    show_table,
    words,
)
from registry.errors import MalformedInput
from registry.signing.log.check import LogCheck, check_log
from registry.signing.log.recovery import recover_log
from registry.signing.log.state import GOES_ON

commands = typer.Typer(help="The log that nobody can rewrite unseen.", no_args_is_help=True)
SHOWN = 20  # of many faults


@commands.command("check")
def check(directory: Dir = None, as_json: AsJson = False, lang: Language = None) -> None:
    """Work the whole log out again from its entries. Exit 1 where anything is not as it was signed, or it stands still.

    Nothing is changed.
    """
    with registry_at(directory) as registry, registry.reading() as db:
        head_file = log_of(registry).head_file
        found = check_log(db, head_file, now())
    if as_json:
        show_json(_as_json(found))
    else:
        _present(found, head_file, lang)
    if not found.sound:
        raise typer.Exit(NEGATIVE)


@commands.command("recover")
def recover(
    published: Annotated[
        str | None,
        typer.Option("--from", metavar="LOG", help="Where the log was published: https://…/log/1, or a directory."),
    ] = None,
    nothing_later: Annotated[
        bool,
        typer.Option(
            "--nothing-later", help="Nothing later than that, or than the database, has left here, and you know it."
        ),
    ] = False,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Fetch what the database has lost of the log, as after an old backup was put back, and let the log go on.

    What was published is believed as far as the log's own key signed it. Certificates that were issued after the backup
    are listed: the log has them, the database has not.
    """
    if published is None and not nothing_later:
        raise MalformedInput([("--from", "must say where the log was published, unless --nothing-later is said")])
    files = None if published is None else lambda _: files_at(published)
    at = now()
    with registry_at(directory) as registry:
        with registry.noting() as db:
            permitted(db, by, at, "log.recover", None)
        found = recover_log(registry, log_of(registry), files, at, nothing_later=nothing_later)
    if as_json:
        lost = [{**one._asdict(), "day": one.day.isoformat()} for one in found.lost]
        show_json({"size": found.size, "fetched": found.fetched, "lost": lost, "lost_otherwise": found.others})
        return
    tongue = language(lang)
    show(words(tongue, "log_recovered", size=found.size, fetched=found.fetched), "bold")
    if found.lost:
        show(words(tongue, "log_lost", number=len(found.lost)), "bold red")
        rows = [(str(one.log_index), one.issuer, one.scheme, one.day.isoformat()) for one in found.lost[:SHOWN]]
        show_table(tongue, ("col_log_index", "col_issuer", "col_scheme", "col_day"), rows)
    if found.others:
        show(words(tongue, "log_lost_otherwise", number=found.others), "bold red")


@commands.command("begin")
def begin(
    reason: Annotated[str, typer.Option("--reason", help="Why the former log cannot go on; everybody can read it.")],
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Begin a new log, with a new key, where the former one cannot go on and cannot be recovered.

    What the former one proves it goes on proving; it is frozen as it is. The new one's first entry names it.
    """
    at = now()
    with registry_at(directory) as registry:
        with registry.noting() as db:
            who = permitted(db, by, at, "log.begin", None)
        epoch = log_of(registry).begin_again(reason, who)
    if as_json:
        show_json({"log": epoch.number, "origin": epoch.origin})
        return
    show(words(language(lang), "log_begun", origin=epoch.origin), "bold")


def _as_json(found: LogCheck) -> dict[str, Any]:
    state = found.state
    return {
        "ok": found.sound,
        "standing": state.standing.value,
        "origin": state.epoch.origin if state.epoch else None,
        "size": state.head.size if state.head else 0,
        "entries": found.entries,
        "heads": found.heads,
        "waiting": found.waiting,
        "faults": [fault._asdict() for fault in found.faults],
    }


def _present(found: LogCheck, head_file: Path, lang: str | None) -> None:
    tongue, state = language(lang), found.state
    if state.epoch:
        show(words(tongue, "log_of", origin=state.epoch.origin), "bold")
    show(words(tongue, "log_looked_at", entries=found.entries, heads=found.heads, waiting=found.waiting))
    if found.faults:
        rows = [(words(tongue, f"log_fault_{fault.code}"), fault.where) for fault in found.faults[:SHOWN]]
        show_table(tongue, ("col_wrong", "col_where"), rows)
    standing = "log_sound" if found.sound else f"log_{state.standing.value}"
    good = found.sound or state.standing in GOES_ON
    if state.standing in GOES_ON and found.faults:
        standing = "log_damaged"
    show(words(tongue, standing, file=head_file), "bold" if good and found.sound else "bold red")
