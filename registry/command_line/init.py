"""`bevis init`: a new, empty registry."""

from pathlib import Path
from typing import Annotated

import typer

from registry.command_line.place import (
    DatabaseUrl,
    Dir,
    LogHead,
    account_id,
    first_operator,
    index_key_file,
    keyring_of,
    master_key_file,
    personal_data_of,
)
from registry.command_line.screen import AsJson, Language, actor, language, now, show, show_json, words
from registry.records.actors.accounts import accounts, add_account
from registry.records.store.database import Database
from registry.records.store.database_address import SqliteAddress
from registry.records.whole.directory import Registry, create_registry
from registry.signing.keys import create_master_key
from registry.signing.personal_data import create_index_key

LOCAL = "http://127.0.0.1:8000"


def init(
    directory: Annotated[Path | None, typer.Argument(metavar="DIR", help="The directory to make.")] = None,
    public_url: Annotated[
        str, typer.Option("--public-url", help="The address everybody reaches this registry at; it stands in each QR.")
    ] = LOCAL,
    name: Annotated[str, typer.Option("--name", help="What the registry is called.")] = "Bevis",
    operator: Annotated[
        str | None,
        typer.Option(
            *("--operator", "--actor"),
            envvar="BEVIS_ACTOR",
            help="Who runs it: a name, or an id. The default is whoever is logged in.",
        ),
    ] = None,
    database: DatabaseUrl = None,
    log_head: LogHead = None,
    dir_: Dir = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Make a new registry. Its directory, database, settings, two key files (mode 0600), own keys, first account."""
    first = first_operator(operator)
    place = directory or dir_ or Path()
    at = now()

    def prepare(registry: Registry, db: Database, *, again: bool) -> None:
        for file, create in (
            (master_key_file(registry), create_master_key),
            (index_key_file(registry), create_index_key),
        ):
            if not (again and _whole(file)):
                create(file)
        personal_data_of(registry).prepare(db, at)
        keyring_of(registry).prepare(db, at, first.id)
        if not accounts(db):
            add_account(db, first, at, first.id)

    registry = create_registry(
        place, public_url=public_url, name=name, database=database, log_head=log_head, prepare=prepare
    )
    key_file, index_file, where = master_key_file(registry), index_key_file(registry), str(registry.address)
    registry.close()
    if as_json:
        show_json(
            {"dir": str(place), "public_url": public_url, "name": name, "master_key_file": str(key_file)}
            | {"index_key_file": str(index_file), "operator": first.id, "database": where}
        )
        return
    tongue = language(lang)
    show(words(tongue, "init_done", dir=place), "bold")
    if not isinstance(registry.address, SqliteAddress):
        show(words(tongue, "init_database", where=where))
    show(words(tongue, "init_key", file=key_file))
    show(words(tongue, "init_index_key", file=index_file))
    show(words(tongue, "init_operator", id=first.id, name=first.name))
    if first.id != account_id(actor()):
        show(words(tongue, "init_actor", id=first.id))
    show(words(tongue, "init_next", dir=place))


def _whole(key_file: Path) -> bool:
    """Whether an interrupted attempt has left a key; a file that it had no time to write one into is removed."""
    if key_file.exists() and key_file.stat().st_size == 0:
        key_file.unlink()
    return key_file.exists()
