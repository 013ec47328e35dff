"""`bevis key create` and `bevis key revoke`: the keys by which people, and their programs, prove who acts."""

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from registry.command_line.place import Actor, Dir, acting, registry_at
from registry.command_line.screen import (
    AsJson,
    Lang,
    Language,
    language,
    now,
    one_of,
    show,
    show_json,
    show_raw,
    show_table,
    words,
)
from registry.errors import MalformedInput
from registry.records.actors.access import ROLES
from registry.records.actors.accounts import account_by_slug
from registry.records.actors.api_keys import (
    MOST_DAYS,
    USUAL_DAYS,
    ApiKey,
    api_key_by_prefix,
    api_keys_of,
    create_api_key,
    require_key_maker,
    revoke_api_key,
)


def create(
    person: Annotated[str, typer.Option("--person", metavar="ACCOUNT", help="Whose key it is.")],
    role: Annotated[list[str], typer.Option("--role", help="A role the person holds there; may be repeated.")],
    organisation: Annotated[
        str | None, typer.Option("--org", metavar="ORG", help="Where; without it, in the registry itself.")
    ] = None,
    days: Annotated[int, typer.Option("--days", help=f"How long it lives: 1 to {MOST_DAYS} days.")] = USUAL_DAYS,
    output: Annotated[
        str | None, typer.Option("--output", "-o", help="Write it to this new file (mode 0600) instead.")
    ] = None,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Make a key by which a person proves who acts. It is shown this once; only a hash of it is kept.

    Whoever acts sets BEVIS_KEY to it, or BEVIS_KEY_FILE to a file that holds it; a program sends it as
    `Authorization: Bearer`.
    """
    at, roles = now(), [one_of("--role", name, ROLES) for name in role]
    with registry_at(directory) as registry, registry.writing() as db:
        who = acting(db, by, at)
        require_key_maker(who, person, organisation, roles)
        key, text = create_api_key(
            db, account=person, organisation=organisation, roles=roles, days=days, now=at, actor=who.account
        )
        if output is not None:
            _write_secret(output, text)
    told = told_of(key)
    if as_json:
        show_json(told | ({"file": output} if output else {"key": text}))
        return
    tongue = language(lang)
    show(words(tongue, "key_created", prefix=key.prefix, id=person, day=key.expires_at.date()))
    if output is not None:
        show(words(tongue, "written", file=output))
        return
    show(words(tongue, "key_once"))
    show_raw(text)


def revoke(
    prefix: Annotated[str, typer.Argument(metavar="KEY", help="As `bevis key list --person ACCOUNT` has it.")],
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Let a person's key open nothing from now on."""
    at, which = now(), prefix.removeprefix("bvs_")[:8]  # whoever pastes all of it does not tell more than is needed
    with registry_at(directory) as registry, registry.writing() as db:
        who = acting(db, by, at)
        found = api_key_by_prefix(db, which)
        if not (who.proven and who.account == found.account):
            who.require("key.revoke", found.organisation)
        told = told_of(revoke_api_key(db, which, at, who.account))
    if as_json:
        show_json(told)
        return
    show(words(language(lang), "key_revoked", prefix=which, id=told["account"]))


def show_keys(person: str, directory: Path | None, *, as_json: bool, lang: Lang) -> None:
    """All keys of one person, the newest first."""
    with registry_at(directory) as registry, registry.reading() as db:
        account_by_slug(db, person)
        found = [told_of(key) for key in api_keys_of(db, person)]
    if as_json:
        show_json(found)
        return
    columns = ("col_key", "col_org", "col_roles", "col_until", "col_last_used", "col_revoked")
    rows = [
        (
            one["prefix"],
            one["organisation"],
            ", ".join(one["roles"]),
            one["expires_at"].date(),
            one["last_used_on"],
            one["revoked_at"] and one["revoked_at"].date(),
        )
        for one in found
    ]
    show_table(lang, columns, rows, fixed=("col_key",))


def told_of(key: ApiKey) -> dict[str, Any]:
    """A key without its secret, which is nowhere."""
    shown = ("prefix", "account", "organisation", "roles", "created_at", "created_by", "expires_at", "last_used_on")
    return {name: getattr(key, name) for name in (*shown, "revoked_at", "revoked_by")}


def _write_secret(path: str, text: str) -> None:
    try:
        file = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except (OSError, ValueError) as fault:
        why = os.strerror(fault.errno) if isinstance(fault, OSError) and fault.errno else "is no name of a file"
        raise MalformedInput([("--output", f"{path!r} cannot be written: {why}")]) from fault
    with os.fdopen(file, "w", encoding="ascii") as opened:
        opened.write(text + "\n")
