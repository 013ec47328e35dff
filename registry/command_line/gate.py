"""`bevis gate`: what a gate asks, as a code that sets a scanner up."""

from pathlib import Path
from typing import Annotated

import typer

from levels.level import Level
from registry.command_line.place import Dir, keyring_of, registry_at
from registry.command_line.screen import AsJson, Language, actor, language, now, show, show_json, show_raw, words
from registry.errors import MalformedInput
from registry.signing.gate_profile import Gate, gate_in_shell, gate_link, gate_png, gate_svg
from registry.signing.root import root_now
from verification.situation import DEFAULT_SITUATION, situations

commands = typer.Typer(help="Gates: what one asks, as a code that sets a scanner up.", no_args_is_help=True)


@commands.callback()
def gate() -> None:
    """Keep `profile` a command of its own: Typer would fold a single one into its noun."""


@commands.command("profile")
def profile(
    named: Annotated[str, typer.Option("--situation", help=", ".join(situations()))] = DEFAULT_SITUATION,
    scheme: Annotated[
        list[str] | None, typer.Option("--scheme", help="Code of a scheme of which it must be one; may be repeated.")
    ] = None,
    level: Annotated[Level | None, typer.Option("--level", help="The lowest level that will do.")] = None,
    file: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Where to: .svg, .png, or .txt for the link.")
    ] = None,
    directory: Dir = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """A code that sets a scanner at /scan up for a gate, and pins the registry's root key on it.

    Without -o it is drawn on the screen, with the link below it.
    """
    at = now()
    if file is not None and file.suffix.lower() not in {".svg", ".png", ".txt"}:
        raise MalformedInput([("-o", words(language(lang), "gate_file"))])
    with registry_at(directory) as registry:
        keyring = keyring_of(registry)
        with registry.writing() as db:
            keyring.prepare(db, at, actor())
        with registry.reading() as db:
            root = root_now(db, keyring, registry.public_url, at)
            link = gate_link(db, registry.public_url, root, Gate(named, scheme or (), level))
    if file is not None:
        draw = {".svg": gate_svg, ".png": gate_png}.get(file.suffix.lower())
        file.write_bytes(draw(link) if draw else f"{link}\n".encode())
    if as_json:
        show_json({"link": link, "root": root, "file": str(file) if file else None})
        return
    if file is None:
        show_raw(gate_in_shell(link))
        show_raw(link)
        return
    show(words(language(lang), "gate_drawn", file=file), "bold")
