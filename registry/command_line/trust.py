"""`bevis trust`: what a verifier believes, as a file to carry to where there is no network."""

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from registry.command_line.place import Dir, registry_at
from registry.command_line.screen import AsJson, Language, language, now, show, show_json, words
from registry.signing.published import build_trust
from verification.trust import Trust
from verification.trust_file import trust_to_json

commands = typer.Typer(help="The trust file: what `bevis verify --trust` and a scanner believe.", no_args_is_help=True)


@commands.callback()
def trust() -> None:
    """Keep `export` a command of its own: Typer would fold a single one into its noun."""


@commands.command("export")
def export(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write it; an older one there is replaced.")],
    directory: Dir = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Write all that is public and needed to check certificates offline: keys, mandates, schemes, status lists.

    The file is not signed: take it over a way you trust, and make a new one often. It names no person.
    """
    with registry_at(directory) as registry, registry.reading() as db:
        known = build_trust(db, registry.public_url, now())
    data = trust_to_json(known)
    _write(file, data)
    said = _in_short(known, file, len(data))
    if as_json:
        show_json(said)
        return
    tongue = language(lang)
    show(words(tongue, "trust_exported", **said), "bold")
    show(words(tongue, "trust_unsigned"))


def _in_short(known: Trust, file: Path, size: int) -> dict[str, Any]:
    return {
        "file": str(file),
        "bytes": size,
        "as_of": known.as_of.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "organisations": len(known.organisations),
        "keys": len(known.keys) + len(known.attestation_keys),
        "schemes": len(known.schemes),
        "mandates": len(known.mandates),
        "status_lists": len(known.status_lists),
        "signed": False,
    }


def _write(file: Path, data: bytes) -> None:
    """All of it or nothing: whoever reads meanwhile reads the old one."""
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        beside.write_bytes(data)
        beside.replace(file)
    finally:
        beside.unlink(missing_ok=True)
