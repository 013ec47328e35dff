"""`bevis backup` and `bevis restore`: the whole registry of one moment, kept elsewhere and put back."""

from pathlib import Path
from typing import Annotated

import typer

from registry.command_line.demo import MARK
from registry.command_line.place import (
    Actor,
    DatabaseUrl,
    Dir,
    LogHead,
    index_key_file,
    keyring_of,
    master_key_file,
    permitted,
    registry_at,
)
from registry.command_line.screen import (
    NEGATIVE,
    AsJson,
    Lang,
    Language,
    language,
    now,
    show,
    show_json,
    show_table,
    words,
)
from registry.errors import Refusal
from registry.records.whole.directory import Registry
from registry.signing.backup import Restored, make_backup, restore_backup
from registry.signing.log.state import GOES_ON

_BELONGS = (MARK,)  # that it is a demo
SHOWN = 20  # of many faults


def backup(
    place: Annotated[
        Path,
        typer.Argument(
            metavar="DIR|FILE",
            help="A directory that is there, in which each backup is one of its own; or a new file, like b.tar.gz.",
        ),
    ],
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Back up the whole registry while it runs. All records of one moment, the log's head, and a digest of each file.

    The master key and the index key are not in it: keep a copy of each apart from the backups. It holds personal data.
    """
    at = now()
    with registry_at(directory) as registry:
        with registry.noting() as db:
            permitted(db, by, at, "registry.back_up", None)
        made = make_backup(registry, place, at, _BELONGS)
        keys = [master_key_file(registry), index_key_file(registry)]
    said, head = made.manifest, made.manifest.log
    if as_json:
        show_json(
            {
                "backup": str(made.place),
                "same_disk": made.same_disk,
                "keys_to_keep": list(map(str, keys)),
                **said.model_dump(),
            }
        )
        return
    tongue = language(lang)
    size = sum(file.bytes for file in said.files.values())
    show(words(tongue, "backup_made", place=made.place, bytes=size, entries=head.size if head else 0), "bold")
    if made.same_disk:
        show(words(tongue, "backup_same_disk"), "bold red")
    show(words(tongue, "backup_keys", master=keys[0], index=keys[1]), "bold red")
    show(words(tongue, "backup_personal"))


def restore(
    backup: Annotated[Path, typer.Argument(metavar="BACKUP", help="What `bevis backup` made: a directory, or a file.")],
    place: Annotated[Path, typer.Argument(metavar="DIR", help="The directory to make the registry in.")],
    nothing_later: Annotated[
        bool,
        typer.Option(
            "--nothing-later",
            help="Nothing was issued or changed in the old registry after the backup was made, and you know it.",
        ),
    ] = False,
    database: DatabaseUrl = None,
    log_head: LogHead = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Make a registry of a backup, in an empty place; look through its digests and its log.

    If log.head of the old registry lies in DIR, it decides whether the log goes on. Without it nothing is signed until
    `bevis log recover` or `bevis log begin`, or you say --nothing-later. master.key and index.key may lie there too.
    Exit 1 where nothing is signed.
    """
    at = now()
    done = restore_backup(
        backup, place, at, database=database, log_head=log_head, nothing_later=nothing_later, more=_BELONGS
    )
    try:
        keys = _keys_open(done.registry)
    finally:
        done.registry.close()
    goes_on = done.log.sound
    if as_json:
        state = done.log.state
        show_json(
            {"dir": str(place), "made_at": done.manifest.made_at, "database": str(done.registry.address)}
            | {"signs": goes_on, "standing": state.standing.value, "size": state.head.size if state.head else 0}
            | {"faults": [fault._asdict() for fault in done.log.faults], "keys_open": keys}
        )
    else:
        _present(done, place, language(lang), keys=keys)
    if not goes_on:
        raise typer.Exit(NEGATIVE)


def _keys_open(registry: Registry) -> bool:
    """Whether the keys in the records can be opened here."""
    try:
        with registry.reading() as db:
            keyring_of(registry).check(db)
    except Refusal:
        return False
    return True


def _present(done: Restored, place: Path, lang: Lang, *, keys: bool) -> None:
    standing = done.log.state.standing
    show(words(lang, "restored", dir=place, made_at=done.manifest.made_at), "bold")
    show(words(lang, "log_looked_at", entries=done.log.entries, heads=done.log.heads, waiting=done.log.waiting))
    if done.log.faults:
        rows = [(words(lang, f"log_fault_{fault.code}"), fault.where) for fault in done.log.faults[:SHOWN]]
        show_table(lang, ("col_wrong", "col_where"), rows)
    if done.log.sound:
        show(words(lang, "restored_goes_on"), "bold")
    elif standing in GOES_ON:
        show(words(lang, "log_damaged"), "bold red")
    else:
        show(words(lang, f"log_{standing.value}"), "bold red")
    if not keys:
        show(words(lang, "restored_keys", file=master_key_file(done.registry)), "bold red")
    show(words(lang, "restored_next", dir=place))
