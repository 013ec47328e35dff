"""`bevis trust`: what a verifier believes, as a file to carry to where there is no network."""

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from registry.command_line.place import Dir, keyring_of, log_of, registry_at
from registry.command_line.screen import (
    AsJson,
    Language,
    actor,
    language,
    now,
    show,
    show_json,
    show_raw,
    words,
    write_file,
)
from registry.signing.published import signed_trust
from registry.signing.root import root_key
from registry.signing.seal.chain import chain_of, roots_as_pem
from registry.signing.survivors import work_out_survivors
from verification.trust import Trust

commands = typer.Typer(help="The trust file: what `bevis verify --trust` and a scanner believe.", no_args_is_help=True)


@commands.callback()
def trust() -> None:
    """Keep `export` a command of its own: Typer would fold a single one into its noun."""


@commands.command("export")
def export(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write it; an older one there is replaced.")],
    with_history: Annotated[
        bool,
        typer.Option(
            "--with-history", help="With what has happened to all certificates, so that --on is answered offline."
        ),
    ] = False,
    directory: Dir = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Write all that is public and needed to check certificates offline: keys, mandates, schemes, status lists, log.

    It is signed with the registry's root key (`bevis trust root`). Make a new one often. It names no person.
    """
    at = now()
    with registry_at(directory) as registry:
        keyring = keyring_of(registry)
        with registry.writing() as db:
            keyring.prepare(db, at, actor())
        log_of(registry).advance()
        work_out_survivors(registry, at)
        with registry.reading() as db:
            known, data = signed_trust(db, keyring, registry.public_url, at, history=with_history)
    _write(file, data)
    said = _in_short(known, file, len(data))
    if as_json:
        show_json(said)
        return
    tongue = language(lang)
    show(words(tongue, "trust_exported", **said), "bold")
    show(words(tongue, "trust_signed"))


@commands.command("root")
def root(directory: Dir = None, as_json: AsJson = False) -> None:
    """The registry's root key, for whoever verifies offline: `bevis verify … --trust FILE --root KEY`."""
    at = now()
    with registry_at(directory) as registry:
        keyring = keyring_of(registry)
        with registry.writing() as db:
            keyring.prepare(db, at, actor())
        with registry.reading() as db:
            key = root_key(registry.public_url, keyring.root_signer(db, at).public())
    if as_json:
        show_json({"root": key.text})
    else:
        show_raw(key.text)


@commands.command("seal-root")
def seal_root(
    output: Annotated[str | None, typer.Option("--output", "-o", metavar="FILE.pem", help="The file to write.")] = None,
    directory: Dir = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """The root that seals on diplomas lead to, for other readers of PDF; made where there is none yet."""
    at = now()
    with registry_at(directory) as registry:
        chain_of(registry, keyring_of(registry), at, actor())
        with registry.reading() as db:
            roots = roots_as_pem(db)
    if output is not None:
        write_file(output, roots)
    if as_json:
        show_json({"seal_root": roots.decode(), "file": output})
    elif output is None:
        show_raw(roots.decode().rstrip())
    else:
        show(words(language(lang), "written", file=output))


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
        "history": known.history is not None,
        "signed": True,
    }


def _write(file: Path, data: bytes) -> None:
    """All of it or nothing: whoever reads meanwhile reads the old one."""
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        beside.write_bytes(data)
        beside.replace(file)
    finally:
        beside.unlink(missing_ok=True)
