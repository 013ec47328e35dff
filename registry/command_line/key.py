"""`bevis key`: the keys that sign, an organisation's and the registry's own."""

import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from registry.command_line import api_key
from registry.command_line.passphrase import new_passphrase, read_json_file
from registry.command_line.place import Actor, Dir, index_key_file, keyring_of, permitted, personal_data_of, registry_at
from registry.command_line.screen import (
    AsJson,
    Lang,
    Language,
    file_bytes,
    language,
    now,
    one_of,
    show,
    show_json,
    show_raw,
    show_table,
    words,
    write_file,
)
from registry.errors import IndexKeyExists, KeyFileExists, MalformedInput
from registry.records.parties.organisations import organisation_by_slug
from registry.records.parties.signing_keys import (
    SigningKey,
    key_by_kid,
    key_that_signs,
    keys_of,
    mark_compromised,
    retire_key,
)
from registry.records.persons.identifiers import index_key_mark
from registry.records.store.database import Database
from registry.records.whole.directory import Registry
from registry.signing.key_file import make_key, public_in, public_text
from registry.signing.keys import LIVES, check_may_sign
from registry.signing.personal_data import create_index_key
from registry.signing.possession import SignedChallenge, check_possession, new_challenge
from registry.signing.root import PURPOSE as ROOT
from registry.signing.root import root_now
from registry.signing.survivors import work_out_survivors
from verification.keys import Algorithm, thumbprint

commands = typer.Typer(
    help="Keys that sign: list, rotate, retire, compromised; an issuer's own: make, challenge, register. "
    "Keys of people, for API and shell: create, revoke.",
    no_args_is_help=True,
)
commands.command("create")(api_key.create)
commands.command("revoke")(api_key.revoke)

Kid = Annotated[str, typer.Argument(metavar="KID", help="As `bevis key list` has it.")]
OverlapHours = Annotated[
    int, typer.Option("--overlap", min=0, max=31 * 24, metavar="HOURS", help="How much longer the former key may sign.")
]
MAX_KEY_BYTES = 4096
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)


@commands.command("list")
def list_(
    organisation: Annotated[
        str | None, typer.Argument(metavar="[ORG]", help="Whose; without it, the registry's own.")
    ] = None,
    person: Annotated[
        str | None, typer.Option("--person", metavar="ACCOUNT", help="The keys by which that person proves who acts.")
    ] = None,
    directory: Dir = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """All keys somebody ever had, the newest first. Only public parts are shown anywhere."""
    if person is not None:
        if organisation is not None:
            raise MalformedInput([("--person", "lists the keys of a person; leave the organisation out")])
        api_key.show_keys(person, directory, as_json=as_json, lang=language(lang))
        return
    with registry_at(directory) as registry, registry.reading() as db:
        if organisation is not None:
            organisation_by_slug(db, organisation)
        found = [_of(key) for key in keys_of(db, organisation)]
    if as_json:
        show_json(found)
        return
    columns = ("col_key", "col_purpose", "col_since", "col_until", "col_retired", "col_compromised")
    moments = ("not_before", "not_after", "retired_at", "compromised_since")
    rows = [
        (one["kid"], _purpose(one, language(lang)), *(one[name] and str(one[name])[:10] for name in moments))
        for one in found
    ]
    show_table(language(lang), columns, rows, fixed=("col_key",))


@commands.command("index")
def index(directory: Dir = None, by: Actor = None, as_json: AsJson = False, lang: Language = None) -> None:
    """Make the key that people are found by number with, for a registry that never had one."""
    with registry_at(directory) as registry:
        file, at = index_key_file(registry), now()
        with registry.writing() as db:
            permitted(db, by, at, "signing_key.rotate")
            if index_key_mark(db) is not None:
                raise IndexKeyExists(
                    "numbers were kept under one already; put that file back, or name it in BEVIS_INDEX_KEY_FILE"
                )
            create_index_key(file)
            personal_data_of(registry).prepare(db, at)
    if as_json:
        show_json({"index_key_file": str(file)})
        return
    show(words(language(lang), "init_index_key", file=file))


@commands.command("rotate")
def rotate(
    organisation: Annotated[str, typer.Argument(metavar="ORG", help="Whose key is replaced.")],
    alg: Annotated[
        Algorithm, typer.Option("--alg", help="EdDSA (Ed25519); ES256 (P-256) where a wallet knows no other.")
    ] = "EdDSA",
    overlap: OverlapHours = 0,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Give an organisation a new key. The old one signs no more; what it signed stays good."""
    with registry_at(directory) as registry:
        keyring = keyring_of(registry)
        with registry.writing() as db:
            at = now()
            who = permitted(db, by, at, "signing_key.rotate", organisation)
            longer = timedelta(hours=overlap)
            found = _of(keyring.create_organisation_key(db, organisation, at, who, alg, overlap=longer))
    if as_json:
        show_json(found)
        return
    show(words(language(lang), "key_rotated", id=organisation, kid=found["kid"]))


@commands.command("make")
def make(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Where the private key is written; FILE.pub: its public half.")
    ],
    alg: Annotated[Algorithm, typer.Option("--alg", help="EdDSA (Ed25519), or ES256 (P-256).")] = "EdDSA",
    no_passphrase: Annotated[
        bool, typer.Option("--no-passphrase", help="Write it as it is, for a machine that asks nobody.")
    ] = False,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Make a key of one's own, on one's own machine. It needs no registry, and the private half never leaves.

    The passphrase is asked for, or taken from BEVIS_SIGNING_PASSPHRASE.
    """
    public_file = file.with_name(f"{file.name}.pub")
    if public_file.exists():
        raise KeyFileExists(f"{public_file} is there already")
    public = make_key(file, alg, None if no_passphrase else new_passphrase(language(lang)))
    write_file(str(public_file), public_text(public))
    if as_json:
        show_json({"file": str(file), "public_file": str(public_file), "thumbprint": thumbprint(public)})
        return
    show(words(language(lang), "key_made", file=file, public=public_file))


@commands.command("challenge")
def challenge(
    organisation: Annotated[str, typer.Argument(metavar="ORG", help="Whose key it is to be.")],
    public: Annotated[str, typer.Argument(metavar="PUBLIC", help="The public half, as `bevis key make` writes it.")],
    output: Annotated[str, typer.Option("--output", "-o", metavar="FILE", help="Where to write it.")],
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Write what is to be signed with `bevis sign` to show that an organisation holds a key. Nothing is kept."""
    key, at = public_in(file_bytes(public, MAX_KEY_BYTES)), now()
    with registry_at(directory) as registry:
        keyring = keyring_of(registry)
        with registry.writing() as db:
            permitted(db, by, at, "signing_key.register", organisation)
            check_may_sign(db, organisation, at)
        asked = new_challenge(keyring, registry.public_url, organisation, key, at)
    write_file(output, asked.model_dump_json(indent=2).encode() + b"\n", new=True)
    if as_json:
        show_json(asked.model_dump())
        return
    show(words(language(lang), "key_challenge", file=output, id=organisation))


@commands.command("register")
def register(
    organisation: Annotated[str, typer.Argument(metavar="ORG", help="Whose key it is.")],
    signed: Annotated[str, typer.Argument(metavar="SIGNED", help="What `bevis sign` made of the challenge.")],
    overlap: OverlapHours = 0,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Let an organisation sign with a key that it holds itself. What it issues then waits for its signatures."""
    given, at = read_json_file(signed, SignedChallenge, MAX_KEY_BYTES), now()
    with registry_at(directory) as registry:
        keyring = keyring_of(registry)
        with registry.writing() as db:
            who = permitted(db, by, at, "signing_key.register", organisation)
            key = check_possession(keyring, registry.public_url, organisation, given, at)
            found = _of(keyring.keep_organisation_key(db, organisation, key, at, who, overlap=timedelta(hours=overlap)))
    if as_json:
        show_json(found)
        return
    show(words(language(lang), "key_registered", id=organisation, kid=found["kid"]))


@commands.command("renew")
def renew(
    purpose: Annotated[str, typer.Argument(metavar="PURPOSE", help="attestation (for codes) or status (for lists).")],
    at_once: Annotated[
        bool, typer.Option("--at-once", help="It signs from now on, not in a week; trust files made before lack it.")
    ] = False,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Give the registry itself a new key. It is published at once and signs in a week; until then the former one does.

    This happens by itself two weeks before a key ends.
    """
    what, at = one_of("PURPOSE", purpose, LIVES), now()
    with registry_at(directory) as registry:
        keyring = keyring_of(registry)
        with registry.writing() as db:
            who = permitted(db, by, at, "signing_key.renew")
            found = _of(keyring.renew(db, what, at, who, at_once=at_once))
    if as_json:
        show_json(found)
        return
    show(words(language(lang), "key_renewed", kid=found["kid"], day=f"{found['not_before']:%Y-%m-%d}"))


@commands.command("retire")
def retire(
    kid: Kid,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Let a key sign no more. It stays published, and what it signed stays good."""
    at = now()
    with registry_at(directory) as registry, registry.writing() as db:
        who = permitted(db, by, at, "signing_key.retire", key_by_kid(db, kid).organisation)
        found = _of(retire_key(db, kid, at, who))
        keyless, root = _keyless(db, found["organisation"], at), _new_root(registry, db, found, at, who)
    if as_json:
        show_json(found | ({"new_root": root} if root else {}))
        return
    if root is None:
        _say(language(lang), "key_retired", found, found["retired_at"], keyless)
    else:
        _say_root(language(lang), "root_retired", kid, found["retired_at"], root)


@commands.command("compromised")
def compromised(
    kid: Kid,
    since: Annotated[
        str, typer.Option("--since", help="From when somebody else may have had it: 2026-03-01T14:00:00Z")
    ],
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Say that a key leaked: what it signed since then counts no more, and it signs no more."""
    moment, at = _moment("--since", since), now()
    with registry_at(directory) as registry:
        with registry.writing() as db:
            key = key_by_kid(db, kid)
            who, made = permitted(db, by, at, "signing_key.compromise", key.organisation), key.not_before
            if not made <= moment <= at:
                says = f"{moment.isoformat()} must lie between the key's first moment, {made.isoformat()}, and now"
                raise MalformedInput([("--since", says)])
            found = _of(mark_compromised(db, kid, moment, who, now=at))
            keyless = _keyless(db, found["organisation"], at)
            if found["organisation"] is None:
                keyring_of(registry).prepare(db, at, who)  # codes, lists, trust files are signed by another from now on
            root = _new_root(registry, db, found, at, who)
        work_out_survivors(registry, at)
    if as_json:
        show_json(found | ({"new_root": root} if root else {}))
        return
    if root is None:
        _say(language(lang), "key_compromised", found, found["compromised_since"], keyless)
    else:
        _say_root(language(lang), "root_compromised", kid, found["compromised_since"], root)
        show(words(language(lang), "root_thief"))


def _purpose(one: dict[str, Any], lang: Lang) -> str:
    held = f", {words(lang, 'held_by_owner')}" if one["held_by_owner"] else ""
    return f"{one['purpose']} ({one['algorithm']}{held})"


def _keyless(db: Database, organisation: str | None, at: datetime) -> str | None:
    """The organisation again, if it is one that now has nothing to sign with, and still signs something.

    The registry renews its own keys, and who has closed needs none.
    """
    if organisation is None or key_that_signs(db, "organisation", organisation, at) is not None:
        return None
    return organisation if organisation_by_slug(db, organisation).active_on(at.date()) else None


def _new_root(registry: Registry, db: Database, found: dict[str, Any], at: datetime, who: str) -> str | None:
    """Where that was the root key: the one that signs from now on, as verifiers are given it."""
    if found["purpose"] != ROOT:
        return None
    keyring = keyring_of(registry)
    keyring.prepare(db, at, who)
    return root_now(db, keyring, registry.public_url, at)


def _say_root(lang: Lang, key: str, kid: str, moment: datetime, root: str) -> None:
    """All who verify offline have to be given another key: nobody else tells them."""
    show(words(lang, key, kid=kid, moment=moment.isoformat(timespec="seconds")), "bold")
    show_raw(f"  {root}")
    show(words(lang, "root_to_do"))


def _say(lang: Lang, key: str, found: dict[str, Any], moment: datetime, keyless: str | None) -> None:
    show(words(lang, key, kid=found["kid"], moment=moment.isoformat(timespec="seconds")))
    if keyless:
        show(words(lang, "key_next", id=keyless))


def _moment(name: str, given: str) -> datetime:
    """A moment with its zone as in RFC 3339, in UTC. Raises MalformedInput."""
    if _MOMENT.fullmatch(given):
        # Some zones would lead out of the calendar.
        with suppress(ValueError, OverflowError):
            return datetime.fromisoformat(given.upper()).astimezone(UTC)
    raise MalformedInput([(name, f"{given[:40]!r} is no moment with a zone; write it like 2026-03-01T14:00:00Z")])


def _of(row: SigningKey) -> dict[str, Any]:
    shown = (
        *("kid", "purpose", "organisation", "algorithm"),
        *("not_before", "not_after", "retired_at", "compromised_since", "held_by_owner"),
    )
    return {name: getattr(row, name) for name in shown}
