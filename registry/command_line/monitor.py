"""`bevis monitor`: keep an eye on a registry's log, one's own or another's. Needs no registry here."""

from pathlib import Path
from typing import Annotated, Any

import typer

from registry.command_line.screen import (
    COULD_NOT_CHECK,
    NEGATIVE,
    AsJson,
    Lang,
    Language,
    file_bytes,
    language,
    now,
    show,
    show_json,
    show_table,
    words,
)
from registry.errors import MalformedInput
from verification.fetch import Server
from verification.in_hand import LONGEST_NAME
from verification.log.files import Directory, Files, LogAlarm, NotReachable
from verification.log.note import MalformedNote, NoteKey, key_from
from verification.monitor import NotSeen, Report, Seen, look, read_seen, write_seen


def monitor(
    log: Annotated[
        str, typer.Argument(metavar="LOG", help="Its address, like https://registry.example/log/1, or a directory.")
    ],
    key: Annotated[
        str | None,
        typer.Option(
            "--key",
            help="The log's key, NAME+ID+KEY, or a file with it, from whom you trust; then kept.",
        ),
    ] = None,
    state: Annotated[Path, typer.Option("--state", metavar="FILE", help="Where to keep what was seen last.")] = Path(
        "bevis-monitor.json"
    ),
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Look whether a log has only grown since the last time, and who has entered how much.

    Exit 1 where it is not one history, or anything is odd; 3 where it cannot be reached.
    """
    tongue, at = language(lang), now()
    try:
        before = read_seen(state)
        known = _key(key, state)
        found = look(files_at(log), known, before, at)
    except NotSeen as fault:
        raise MalformedInput([("--state", f"{fault}; keep the old file, it is what was seen")]) from fault
    except NotReachable as fault:
        show(str(fault), "bold red") if not as_json else show_json({"ok": None, "alarms": [], "says": str(fault)})
        raise typer.Exit(COULD_NOT_CHECK) from fault
    except LogAlarm as alarm:
        _tell_alarm(alarm, before, tongue, as_json=as_json)
        raise typer.Exit(NEGATIVE) from alarm
    write_seen(state, found.seen)
    _key_file(state).write_text(known.text + "\n", "utf-8")
    if as_json:
        show_json(_as_json(found))
    else:
        _present(found, tongue)
    if found.alarms:
        raise typer.Exit(NEGATIVE)


def files_at(log: str) -> Files:
    """The published files of a log: at an address, or in a directory. Raises MalformedInput."""
    if "://" not in log:
        return Directory(Path(log))
    try:
        return Server(log)
    except ValueError as fault:
        raise MalformedInput([("LOG", str(fault))]) from fault


def _key_file(state: Path) -> Path:
    return state.with_name(f"{state.name}.key")


def _key(given: str | None, state: Path) -> NoteKey:
    kept = _key_file(state).read_text("utf-8").strip() if _key_file(state).is_file() else None
    if given is None and kept is None:
        raise MalformedInput([("--key", "is needed the first time: ask for it where you trust whoever tells you")])
    if given is not None and Path(given).is_file():
        given = file_bytes(given, LONGEST_NAME).decode("utf-8", "replace")
    try:
        key = key_from((given or str(kept)).strip())
    except MalformedNote as fault:
        raise MalformedInput([("--key", str(fault))]) from fault
    if given is not None and kept is not None and key.text != kept:
        raise MalformedInput([("--key", f"is not the key that was used with {state} before")])
    return key


def _as_json(found: Report) -> dict[str, Any]:
    checkpoint = found.seen.checkpoint
    return {
        "ok": not found.alarms,
        "origin": checkpoint.origin,
        "size": checkpoint.size,
        "since": found.since,
        "entries": dict(found.entries),
        "issued": dict(found.issued),
        "keys": dict(found.keys),
        "alarms": [{"code": code, "where": where} for code, where in found.alarms],
    }


def _present(found: Report, lang: Lang) -> None:
    checkpoint = found.seen.checkpoint
    new = checkpoint.size - found.since
    show(words(lang, "monitor_seen", origin=checkpoint.origin, size=checkpoint.size, new=new), "bold")
    if found.keys:
        rows = [(*name.split(" ", 1), str(number)) for name, number in sorted(found.keys.items())]
        show_table(lang, ("col_issuer", "col_key", "col_certificates"), rows)
    if found.alarms:
        rows = [(words(lang, f"alarm_{code}"), where) for code, where in found.alarms]
        show_table(lang, ("col_wrong", "col_where"), rows)
    show(words(lang, "monitor_odd" if found.alarms else "monitor_good"), "bold red" if found.alarms else "bold")


def _tell_alarm(alarm: LogAlarm, before: Seen | None, lang: Lang, *, as_json: bool) -> None:
    if as_json:
        seen = before.checkpoint.size if before else 0
        show_json({"ok": False, "seen": seen, "alarms": [{"code": alarm.code, "where": alarm.where}]})
        return
    show(words(lang, f"alarm_{alarm.code}") + f" ({alarm.where})", "bold red")
    show(words(lang, "monitor_keep"))
