"""`bevis batch template`: an empty class list, to fill in."""

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from levels.rulebook import edition_on
from registry.command_line.place import Dir, registry_at
from registry.command_line.screen import (
    AsJson,
    Language,
    language,
    now,
    one_of,
    show,
    show_json,
    show_raw,
    words,
)
from registry.errors import MalformedInput
from registry.issuing.lists.roster_template import template_columns, template_csv, template_xlsx
from registry.reading.written import CSV_DELIMITER
from registry.records.sector.scheme_document import NewScheme
from registry.records.sector.schemes import scheme_version
from registry.records.sittings.occasions import STATABLE_FACTS, NewOccasion, occasion_by_id
from registry.records.store.database import Database


def template(
    occasion: Annotated[
        str | None, typer.Option("--occasion", help="Id of the occasion; what it states needs no column.")
    ] = None,
    scheme: Annotated[str | None, typer.Option("--scheme", help="Code of a scheme, in place of an occasion.")] = None,
    file_format: Annotated[
        Literal["csv", "xlsx"] | None, typer.Option("--format", help="The default is what --output ends in, or csv.")
    ] = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", metavar="FILE", help="Where to write it.")] = None,
    fact: Annotated[
        list[str] | None,
        typer.Option("--fact", help="A further column: a fact that differs between people; repeatable."),
    ] = None,
    directory: Dir = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """An empty class list for an occasion or a scheme, in the language asked for; filled in, it is read as any other.

    In XLSX the columns that the level needs are coloured, words can be chosen from lists, and a second sheet explains.
    """
    for name in fact or ():
        one_of("--fact", name, STATABLE_FACTS)
    if (occasion is None) == (scheme is None):
        raise MalformedInput([("--occasion", "name either an occasion or, with --scheme, a scheme")])
    tongue, today = language(lang), now().date()
    with registry_at(directory) as registry, registry.reading() as db:
        version, held = _asked(db, occasion, scheme)
    columns = template_columns(version, edition_on(today), tongue, occasion=held, extra=fact or ())
    if as_json:
        needed = [column.header for column in columns if column.needed]
        show_json({"scheme": version.code, "columns": [column.header for column in columns], "needed": needed})
        return
    kind = file_format or ("xlsx" if output is not None and output.suffix.casefold() == ".xlsx" else "csv")
    data = template_xlsx(columns, version, tongue) if kind == "xlsx" else template_csv(columns, tongue)
    if output is not None:
        output.write_bytes(data)
        show(words(tongue, "template_written", path=output))
    elif kind == "xlsx":
        if sys.stdout.isatty():
            raise MalformedInput([("--output", "name a file; a workbook is nothing for a screen")])
        sys.stdout.buffer.write(data)
    else:
        show_raw(CSV_DELIMITER[tongue].join(column.header for column in columns))


def _asked(db: Database, occasion: str | None, scheme: str | None) -> tuple[NewScheme, NewOccasion | None]:
    if occasion is None:
        return scheme_version(db, str(scheme)).new(), None
    found = occasion_by_id(db, occasion)
    return scheme_version(db, found.scheme, found.scheme_version).new(), found.new()
