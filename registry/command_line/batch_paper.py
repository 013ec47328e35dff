"""`bevis batch pdf`: a diploma, or a card, of everybody in a batch."""

import os
import shutil
from pathlib import Path
from typing import Annotated

import typer

from registry.command_line.batch import BatchId, commands
from registry.command_line.place import Actor, Dir, acting, keyring_of, log_of, note_look, personal_data_of, registry_at
from registry.command_line.screen import (
    NEGATIVE,
    AsJson,
    Language,
    complain,
    language,
    now,
    progress_bar,
    show,
    show_json,
    words,
)
from registry.errors import MalformedInput
from registry.issuing.documents.many import Order, Progress, numbers_in, pack, print_all
from registry.records.issued.batches import batch_by_id
from registry.signing.seal.time_address import time_authority_of

__all__ = ["commands"]


@commands.command("pdf")
def pdf(
    batch: BatchId,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="DIR|FILE.zip", help="A directory for the files, or one archive.")
    ],
    cards: Annotated[bool, typer.Option("--cards", help="Cards instead of diplomas.")] = False,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """A sealed diploma of everybody in the batch, in the language of --lang; none of what was taken back.

    Interrupted, it goes on when asked again. A file that is there is left as it is.
    """
    tongue, at, zipped = language(lang), now(), output.suffix.casefold() == ".zip"
    if output.exists() and output.is_dir() == zipped:
        raise MalformedInput([("--output", f"{str(output)!r} is {'a' if zipped else 'no'} directory")])
    # Beside the archive, until it is whole.
    place = output.with_name(f".{output.name}.parts") if zipped else output
    with registry_at(directory) as registry:
        keyring = keyring_of(registry)
        with registry.writing() as db:
            who, found = acting(db, by, at), batch_by_id(db, batch)
            who.require("certificate.read", found.issuer)
            keyring.prepare(db, at, who.account)
            numbers, pictured = numbers_in(db, found.id, at)
            if pictured:
                who.require("person.read", found.issuer)
                note_look(db, who, "person.read", pictured, at)
        log_of(registry).advance()
        order = Order(
            numbers,
            "card" if cards else "diploma",
            tongue,
            who.account,
            registry.public_url,
            time_authority_of(os.environ),
        )
        progress = Progress(of=len(numbers))
        with progress_bar(words(tongue, "printing"), shown=not as_json) as bar:
            for progress in print_all(registry, keyring, order, place, now, lambda: personal_data_of(registry)):
                bar(progress.done, progress.of)
    if zipped:
        pack(place, order, output)
        shutil.rmtree(place, ignore_errors=True)
    if as_json:
        told = {"of": progress.of, "made": progress.made, "unprintable": progress.unprintable, "file": str(output)}
        show_json(told)
    else:
        show(words(tongue, "printed", made=progress.made, of=progress.of, file=output), "bold")
        for number, why in progress.unprintable.items():
            complain(f"{number}: {why}", "yellow")
    if progress.unprintable:
        raise typer.Exit(NEGATIVE)
