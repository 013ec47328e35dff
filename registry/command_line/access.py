"""`bevis access`: who read what is known of a person."""

from typing import Annotated, get_args

import typer

from registry.command_line.place import Actor, Dir, permitted, registry_at
from registry.command_line.screen import AsJson, Language, language, now, one_of, show_json, show_table
from registry.records.actors.access_log import SubjectKind, access_lines

commands = typer.Typer(help="Who read what is known of a person, through the API.", no_args_is_help=True)
KINDS = get_args(SubjectKind)


@commands.command("list")
def list_(
    kind: Annotated[str, typer.Argument(metavar="KIND", help=", ".join(KINDS))],
    subject: Annotated[str, typer.Argument(metavar="ID", help="Its id, or the number of a certificate.")],
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Every time somebody looked, the latest first."""
    which, at = one_of("KIND", kind, KINDS), now()
    # Whoever types a number types it as it is printed.
    known = subject.replace("-", "").replace(" ", "").upper() if which == "certificate" else subject
    with registry_at(directory) as registry, registry.noting() as db:
        permitted(db, by, at, "access.read")
        shown = ("at", "account", "key", "action", "kind", "subject")
        found = [{name: getattr(line, name) for name in shown} for line in access_lines(db, which, known)]
    if as_json:
        show_json(found)
        return
    rows = [(f"{one['at']:%Y-%m-%d %H:%M} UTC", one["account"], one["key"], one["action"]) for one in found]
    show_table(language(lang), ("col_on", "col_account", "col_key", "col_event"), rows)
