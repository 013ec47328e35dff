"""Which registry a command works on, the key that opens it, and who does it."""

import difflib
import os
import pwd
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from registry.command_line.screen import Dir as Dir  # noqa: PLC0414 handed on with the others that say where
from registry.command_line.screen import actor, file_bytes, now
from registry.errors import (
    AccountEnded,
    AccountNotFound,
    ActorUnknown,
    ApiKeyRejected,
    MalformedInput,
    NoRegistryHere,
    OccasionNotFound,
    OrganisationNotFound,
    SchemeNotFound,
)
from registry.issuing.lists.class_list import ListKeys
from registry.records.actors import access
from registry.records.actors.access_log import SubjectKind, note_access
from registry.records.actors.accounts import NewAccount, accounts, actor_named
from registry.records.actors.api_keys import actor_of_key, note_use
from registry.records.parties.organisations import organisations
from registry.records.sector.schemes import schemes
from registry.records.sittings.occasions import occasions
from registry.records.store.database import Database
from registry.records.strict_input import parse
from registry.records.whole.directory import SETTINGS_FILE, Registry, open_registry
from registry.signing.keys import Keyring, open_keyring
from registry.signing.log.keeper import LogKeeper
from registry.signing.personal_data import PersonalData, open_personal_data
from registry.web.settings import environment_of

Actor = Annotated[
    str | None, typer.Option("--actor", envvar="BEVIS_ACTOR", help="Whose account; the default is the login name.")
]

DatabaseUrl = Annotated[
    str | None,
    typer.Option(
        "--database",
        metavar="URL",
        help="Keep the records in this PostgreSQL database, like postgresql://user@host/name; the URL is kept in "
        "bevis.toml (mode 0600). Without it: what BEVIS_DATABASE_URL or the file in BEVIS_DATABASE_URL_FILE says, "
        "which is not kept; else a SQLite file in the directory.",
    ),
]

LogHead = Annotated[
    str | None,
    typer.Option(
        "--log-head",
        metavar="FILE",
        help="Keep the log's signed head in this file, by its whole path; kept in bevis.toml. Where several machines "
        "work on one database: the same file for all of them, on a shared disk. Without it: log.head in the directory.",
    ),
]

LONGEST_ID = 100  # that is compared with those there are
SHOWN = 5  # how many of many are named


@contextmanager
def registry_at(directory: Path | None, *, checked: bool = True) -> Iterator[Registry]:
    """The registry in that directory, opened and closed.

    checked  whether its tables must be those of this program

    Raises NoRegistryHere, RegistryOlder, RegistryNewer, DatabaseUnavailable.
    """
    registry = open_registry(_here() if directory is None else directory, checked=checked)
    registry.keep_log(log_of(registry))
    try:
        yield registry
    except (OccasionNotFound, OrganisationNotFound, SchemeNotFound) as refusal:
        refusal.near = _nearest(registry, refusal)
        raise
    finally:
        registry.close()


def _nearest(registry: Registry, refusal: OccasionNotFound | OrganisationNotFound | SchemeNotFound) -> str | None:
    """The id that is most like the one somebody mistyped."""
    if refusal.given is None:
        return None
    with registry.reading() as db:
        if isinstance(refusal, OccasionNotFound):
            known = [each.public_id for each in occasions(db)]
        elif isinstance(refusal, SchemeNotFound):
            known = [each.code for each in schemes(db)]
        else:
            known = [each.slug for each in organisations(db)]
    return next(iter(difflib.get_close_matches(refusal.given[:LONGEST_ID], known, n=1)), None)


def _here() -> Path:
    """The current directory; where only a demo lies below it, say how to reach that."""
    here, demo = Path(), Path("bevis-demo")
    if not (here / SETTINGS_FILE).exists() and (demo / SETTINGS_FILE).exists():
        raise NoRegistryHere(f"this directory holds no {SETTINGS_FILE}; for the demo add --dir {demo}")
    return here


def master_key_file(registry: Registry) -> Path:
    """Where the master key lies: BEVIS_MASTER_KEY_FILE, or in the registry's directory."""
    elsewhere = os.environ.get("BEVIS_MASTER_KEY_FILE")
    return Path(elsewhere) if elsewhere else registry.master_key_file()


def keyring_of(registry: Registry) -> Keyring:
    """The registry's keys, opened with the master key. Raises NoMasterKey, WrongMasterKey."""
    return open_keyring(master_key_file(registry))


def log_of(registry: Registry) -> LogKeeper:
    """Keeps the registry's log; the master key is asked for when something is to be signed."""
    return LogKeeper(registry, lambda: keyring_of(registry), now)


def index_key_file(registry: Registry) -> Path:
    """Where the key lies that people are found by number with: BEVIS_INDEX_KEY_FILE, or in the registry's directory."""
    elsewhere = os.environ.get("BEVIS_INDEX_KEY_FILE")
    return Path(elsewhere) if elsewhere else registry.index_key_file()


def personal_data_of(registry: Registry) -> PersonalData:
    """What opens and finds what is kept of people under seal.

    Raises NoMasterKey, WrongMasterKey, NoIndexKey, WrongIndexKey.
    """
    return open_personal_data(master_key_file(registry), index_key_file(registry))


def takes_synthetic(registry: Registry) -> bool:
    """Whether numbers made up for tests are taken: in a demo and a test. Raises MalformedInput."""
    return environment_of(registry.directory, os.environ) != "production"


def list_keys(registry: Registry) -> ListKeys:
    """What a class list with national numbers is read with. Raises MalformedInput for an unknown environment."""
    return ListKeys(lambda: personal_data_of(registry), takes_synthetic(registry))


# ------------------------------------------------------------------ who


def acting(db: Database, by: str | None, at: datetime) -> access.Actor:
    """Who does this: whoever's key is in BEVIS_KEY or BEVIS_KEY_FILE, else the account that was named.

    by  as given by --actor or BEVIS_ACTOR; without it, the login name

    `db` writes: the day a key is used on is kept. Raises ActorUnknown, ApiKeyRejected, MalformedInput.
    """
    key = _key()
    if key is not None:
        proven = actor_of_key(db, key, at)
        if by is not None and by != proven.account:
            raise MalformedInput([("--actor", f"the key in BEVIS_KEY is that of {proven.account}, not of {by[:40]}")])
        note_use(db, str(proven.key), at.date())
        return proven
    slug = by if by is not None else account_id(actor())
    try:
        return actor_named(db, slug, at)
    except (AccountNotFound, AccountEnded) as fault:
        active = [one.slug for one in accounts(db) if one.active_at(at)]
        known = ", ".join(active[:SHOWN]) + (", …" if len(active) > SHOWN else "")
        who = f"{slug[:40]!r} has no account here that acts" if by else f"your login name ({slug}) has no account here"
        says = f"name one with --actor or BEVIS_ACTOR ({known})" if active else "`bevis account add` makes the first"
        raise ActorUnknown(f"{who}; {says}") from fault


def note_look(db: Database, who: access.Actor, action: str, people: Iterable[str], at: datetime) -> None:
    """Leave a line of having read what is known of these people, which they can see."""
    subjects: list[tuple[SubjectKind, str]] = [("person", person) for person in people]
    note_access(db, account=who.account, key=who.key, action=action, subjects=subjects, now=at)


def permitted(db: Database, by: str | None, at: datetime, action: str, organisation: str | None = None) -> str:
    """The account of whoever does this, if it may. Raises what `acting` raises, and NotAllowed."""
    who = acting(db, by, at)
    who.require(action, organisation)
    return who.account


def permitted_for_any(db: Database, by: str | None, at: datetime, action: str, organisations: Sequence[str]) -> str:
    """The account of whoever does this, if it may for one of these. Raises what `acting` raises, and NotAllowed."""
    who = acting(db, by, at)
    who.require_for_any(action, organisations)
    return who.account


def account_id(name: str) -> str:
    """An id of an account, made of somebody's name."""
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", name) if not unicodedata.combining(sign))
    slug = re.sub(r"[^a-z0-9]+", "-", plain.casefold())[:32].strip("-")
    many_digits = sum(sign.isdigit() for sign in slug) >= 10  # noqa: PLR2004 it may be a national number
    return "operator" if len(slug) < 2 or many_digits else slug  # noqa: PLR2004 the shortest id


def first_operator(named: str | None) -> NewAccount:
    """Whom a new registry begins with: the name or id that was given, or whoever is logged in.

    Raises MalformedInput.
    """
    if named is None:
        return NewAccount(id=account_id(actor()), name=_full_name() or account_id(actor()))
    try:
        return parse({"id": account_id(named), "name": named}, NewAccount)
    except MalformedInput as malformed:
        raise MalformedInput([("--operator", says) for _, says in malformed.faults]) from malformed


def _full_name() -> str | None:
    """Whoever is logged in, as this machine knows the person."""
    try:
        name = pwd.getpwuid(os.getuid()).pw_gecos.split(",")[0]
        return parse({"id": "any-id", "name": name}, NewAccount).name
    except (KeyError, MalformedInput):
        return None


def _key() -> str | None:
    """The key in the environment, or in the file that the environment names."""
    given, file = os.environ.get("BEVIS_KEY"), os.environ.get("BEVIS_KEY_FILE")
    if given:
        return given.strip()
    if not file:
        return None
    try:
        return file_bytes(file, 1024).decode("ascii").strip()
    except UnicodeDecodeError as fault:
        raise ApiKeyRejected(f"{file} holds no key") from fault
