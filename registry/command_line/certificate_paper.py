"""`bevis certificate`, the verbs that print one: a diploma, a card."""

import os
from pathlib import Path
from typing import Annotated

import typer

from registry.command_line.certificate import Number, number_in
from registry.command_line.certificate_reissue import commands
from registry.command_line.place import Actor, Dir, acting, keyring_of, log_of, note_look, personal_data_of, registry_at
from registry.command_line.screen import (
    AsJson,
    Lang,
    Language,
    actor,
    language,
    now,
    show,
    show_json,
    words,
    write_file,
)
from registry.errors import MalformedInput
from registry.issuing.documents.paper import sealed_pdf, to_print, wants_portrait
from registry.issuing.documents.sheet import Page
from registry.records.issued.certificates import certificate_by_number
from registry.signing.seal.chain import chain_of
from registry.signing.seal.time_address import time_authority_of
from verification.certificate import display_number

__all__ = ["commands"]

File = Annotated[str, typer.Option("--output", "-o", metavar="FILE.pdf", help="The file to write.")]


@commands.command("pdf")
def pdf(
    number: Number,
    output: File,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """The diploma in the language of --lang: one A4 page, sealed, with the signed certificate in the file."""
    _print("diploma", number, output, directory, by, as_json=as_json, lang=language(lang))


@commands.command("card")
def card(
    number: Number,
    output: File,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """The same as a card of 85.6 × 54 mm, front and back on one sheet, to be cut along marks and folded."""
    _print("card", number, output, directory, by, as_json=as_json, lang=language(lang))


def _print(
    page: Page, number: str, output: str, directory: Path | None, by: str | None, *, as_json: bool, lang: Lang
) -> None:
    at, time = now(), time_authority_of(os.environ)
    if not output.casefold().endswith(".pdf"):
        raise MalformedInput([("--output", f"{output!r} must end in .pdf")])
    with registry_at(directory) as registry:
        keyring = keyring_of(registry)
        with registry.writing() as db:
            keyring.prepare(db, at, actor(by))
            row = certificate_by_number(db, number_in(number))
            if wants_portrait(db, row):  # whoever looks at a person's picture has a name, and leaves a line
                who = acting(db, by, at)
                who.require("person.read", row.issuer)
                note_look(db, who, "person.read", [str(row.person_id)], at)
        log_of(registry).advance()
        with registry.reading() as db:
            what = to_print(db, keyring, row, lang, registry.public_url, at, lambda: personal_data_of(registry))
        data = sealed_pdf(what, page, chain_of(registry, keyring, at, actor(by)), at, time)
    write_file(output, data, secret=True)
    if as_json:
        show_json({"number": display_number(row.number), "file": output, "bytes": len(data), "page": page})
    else:
        show(words(lang, "written", file=output))
