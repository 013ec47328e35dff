"""`bevis org design`: how an issuer's documents look."""

from typing import Annotated, Any

import typer

from registry.command_line.organisation_certificate import commands
from registry.command_line.place import Actor, Dir, permitted, registry_at
from registry.command_line.screen import (
    AsJson,
    Lang,
    Language,
    file_bytes,
    language,
    now,
    show_json,
    show_table,
    words,
)
from registry.errors import MalformedInput
from registry.reading.design import MAX_BYTES, BadDesign, read_accent, read_logo
from registry.reading.wrong import shared_texts
from registry.records.parties.designs import choose_accent, choose_logo, design_of
from registry.records.parties.organisations import organisation_by_slug

__all__ = ["commands"]


@commands.command("design")
def design(
    organisation: Annotated[str, typer.Argument(metavar="ID")],
    colour: Annotated[
        str | None, typer.Option("--colour", metavar="#RRGGBB", help='Dark enough to be read; "" = the registry\'s.')
    ] = None,
    logo: Annotated[str | None, typer.Option("--logo", metavar="FILE", help="A PNG or JPEG; made anew.")] = None,
    no_logo: Annotated[bool, typer.Option("--no-logo", help="Take the logo away: the name stands there.")] = False,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Show or choose the colour of its diplomas and cards, and the logo of its diplomas. Nothing else can be chosen."""
    tongue, at = language(lang), now()
    if logo is not None and no_logo:
        raise MalformedInput([("--no-logo", "does not go with --logo")])
    try:
        accent = read_accent(colour) if colour else None
    except BadDesign as bad:
        raise _wrong("--colour", bad, tongue) from None
    try:
        picture = read_logo(file_bytes(logo, MAX_BYTES)) if logo is not None else None
    except BadDesign as bad:
        raise _wrong("--logo", bad, tongue) from None
    with registry_at(directory) as registry, registry.writing() as db:
        slug = organisation_by_slug(db, organisation).slug
        if colour is not None or picture is not None or no_logo:
            who = permitted(db, by, at, "organisation.design", slug)
            if colour is not None:
                choose_accent(db, slug, accent, at, who)
            if picture is not None or no_logo:
                choose_logo(db, slug, (picture.png, picture.width, picture.height) if picture else None, at, who)
        found = design_of(db, slug)
    size = f"{found.logo_width} × {found.logo_height}" if found and found.logo else None
    told: dict[str, Any] = {"colour": found.accent if found else None, "logo": size}
    if as_json:
        show_json(told)
    else:
        rows = [(words(tongue, f"design_{name}"), value or "–") for name, value in told.items()]
        show_table(tongue, ("col_fact", "col_value"), rows)


def _wrong(option: str, bad: BadDesign, lang: Lang) -> MalformedInput:
    return MalformedInput([(option, shared_texts()[bad.code][lang].format_map(bad.params))])
