"""`bevis occasion`: course runs and exam sittings."""

from typing import Annotated

import typer

from registry.command_line.place import Actor, Dir, registry_at
from registry.command_line.screen import (
    AsJson,
    Language,
    actor,
    file_bytes,
    in_short,
    language,
    now,
    show,
    show_json,
    show_table,
    words,
)
from registry.records.occasions import NewOccasion, Occasion, add_occasion, occasion_by_id, occasions
from registry.records.strict_input import MAX_BYTES, read_toml

commands = typer.Typer(help="Occasions: a course run or an exam sitting.", no_args_is_help=True)


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
        occasion = add_occasion(db, new, now(), actor(by))
    if as_json:
        show_json(_of(occasion))
        return
    show(words(language(lang), "occasion_added", id=occasion.public_id))


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
    occasion: Annotated[str, typer.Argument(metavar="ID")],
    directory: Dir = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """All that is known of an occasion."""
    with registry_at(directory) as registry, registry.reading() as db:
        row = occasion_by_id(db, occasion)
        told = {**row.new().model_dump(mode="json"), "id": row.public_id, "version": row.scheme_version}
    if as_json:
        show_json(told)
        return
    tongue = language(lang)
    lines = [(key, in_short(value, tongue)) for key, value in told.items()]
    show_table(tongue, ("col_fact", "col_value"), [line for line in lines if line[1]])


def _of(row: Occasion) -> dict[str, object]:
    shown = ("scheme", "scheme_version", "issuer", "decided_on")
    return {"id": row.public_id, **{name: getattr(row, name) for name in shown}}
