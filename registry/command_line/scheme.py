"""`bevis scheme`: what a certificate is about, and what its owner asks."""

from typing import Annotated

import typer

from registry.command_line.place import Actor, Dir, permitted, registry_at
from registry.command_line.screen import (
    AsJson,
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
from registry.records.scheme_document import NewScheme
from registry.records.scheme_drafts import draft_scheme
from registry.records.schemes import SchemeVersion, keep_version, scheme_version, schemes
from registry.records.strict_input import MAX_BYTES, read_toml

commands = typer.Typer(help="Schemes and their published versions.", no_args_is_help=True)


@commands.command("add")
def add(
    file: Annotated[str, typer.Argument(metavar="FILE.toml", help="The scheme with one version.")],
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Publish a version of a scheme from a TOML file, whose keys docs/files.md lists.

    It must hold code, owner, version, published_on, max_level, target_level, scheme_document, mandatory_minutes,
    [validity], [titles] and [content].
    """
    new = read_toml(file_bytes(file, MAX_BYTES), NewScheme)
    with registry_at(directory) as registry, registry.writing() as db:
        at = now()
        draft = draft_scheme(db, new, at, permitted(db, by, at, "scheme.draft", new.owner))
        who = permitted(db, by, at, "scheme.publish", new.owner)
        version = keep_version(db, new, new.published_on or at.date(), at, who)
        db.delete(draft)
    if as_json:
        show_json(_of(version))
        return
    show(words(language(lang), "scheme_added", code=version.code, version=version.version))


@commands.command("list")
def list_(directory: Dir = None, as_json: AsJson = False, lang: Language = None) -> None:
    """All published versions."""
    tongue = language(lang)
    with registry_at(directory) as registry, registry.reading() as db:
        found = [_of(row) for row in schemes(db)]
    if as_json:
        show_json(found)
        return
    rows = [(one["code"], one["version"], one["titles"][tongue], one["max_level"], one["owner"]) for one in found]
    columns = ("col_scheme", "col_version", "col_title", "col_max_level", "col_owner")
    show_table(tongue, columns, rows, fixed=("col_scheme",))


@commands.command("show")
def show_(
    code: Annotated[str, typer.Argument(metavar="CODE")],
    version: Annotated[str | None, typer.Option("--version", help="The default is the latest.")] = None,
    directory: Dir = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """All that a version says."""
    tongue = language(lang)
    with registry_at(directory) as registry, registry.reading() as db:
        new = scheme_version(db, code, version).new()
    told = new.model_dump(mode="json")
    if as_json:
        show_json(told)
        return
    show(f"{told['titles'][tongue]} ({new.code}, {new.version})", "bold")
    for line in told.pop("content")[tongue]:
        show(f"  - {line}")
    told.pop("titles")
    show_table(tongue, ("col_fact", "col_value"), [(key, in_short(value, tongue)) for key, value in told.items()])


def _of(row: SchemeVersion) -> dict[str, dict[str, str]]:
    shown = ("code", "version", "owner", "max_level", "target_level", "titles")
    return {name: getattr(row, name) for name in shown}
