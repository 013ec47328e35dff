"""`bevis publish`: everything public as files, for any file server."""

from pathlib import Path
from typing import Annotated

import typer

from registry.command_line.place import Dir, keyring_of, log_of, registry_at
from registry.command_line.screen import AsJson, Language, language, now, show, show_json, words
from registry.signing.publication import publish as published
from registry.signing.survivors import work_out_survivors


def publish(
    place: Annotated[Path, typer.Argument(metavar="DIR", help="Where to; what is there from before is replaced.")],
    with_history: Annotated[
        bool,
        typer.Option("--with-history", help="Write trust-with-history.jws too, which tells what held on any past day."),
    ] = False,
    directory: Dir = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Write everything public as files that any file server can serve: log, status lists, keys, trust.

    Run it as often as the files are to be fresh; full tiles of the log are written once. No file names a person.
    """
    at = now()
    with registry_at(directory) as registry:
        keeper = log_of(registry)
        keeper.advance()
        work_out_survivors(registry, at)
        with registry.reading() as db:
            done = published(
                db, keyring_of(registry), keeper.head_file, registry.public_url, place, at, history=with_history
            )
    if as_json:
        show_json({"dir": str(place), "files": done.files, "written": done.written})
        return
    show(words(language(lang), "published", dir=place, files=done.files, written=done.written), "bold")
