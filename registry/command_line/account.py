"""`bevis account`: the people who work here, and the roles they hold."""

from datetime import UTC, datetime, time, timedelta
from typing import Annotated, Any

import typer

from registry.command_line.api_key import told_of
from registry.command_line.person_number import Country, Kind, typed_number
from registry.command_line.place import Actor, Dir, permitted, personal_data_of, registry_at
from registry.command_line.screen import (
    AsJson,
    Lang,
    Language,
    day,
    language,
    now,
    one_of,
    show,
    show_json,
    show_table,
    words,
)
from registry.records.actors.access import ROLES, roles
from registry.records.actors.accounts import (
    Account,
    AccountChange,
    Membership,
    NewAccount,
    account_by_slug,
    account_events,
    accounts,
    add_account,
    amend_account,
    end_account,
    end_role,
    grant_role,
    memberships_held,
    memberships_of,
    reopen_account,
    set_identity_index,
)
from registry.records.actors.api_keys import api_keys_of
from registry.records.strict_input import parse

commands = typer.Typer(help="Accounts of the people who work here, and their roles.", no_args_is_help=True)
role_commands = typer.Typer(help="Which roles somebody holds, and where.", no_args_is_help=True)
commands.add_typer(role_commands, name="role")

AccountId = Annotated[str, typer.Argument(metavar="ACCOUNT", help="As `bevis account list` has it.")]
Organisation = Annotated[
    str | None, typer.Option("--org", metavar="ORG", help="Where; without it, in the registry itself.")
]
RoleNames = Annotated[list[str], typer.Option("--role", help=f"{', '.join(ROLES)}; may be repeated.")]


@commands.command("add")
def add(
    account: Annotated[str, typer.Argument(metavar="ACCOUNT", help="A short id such as asa.")],
    name: Annotated[str, typer.Option("--name", help="The person's name.")],
    birth_date: Annotated[str | None, typer.Option("--birth-date", help="Tells two people of one name apart.")] = None,
    email: Annotated[str | None, typer.Option("--email", help="Where the person is reached.")] = None,
    another_person: Annotated[
        bool, typer.Option("--another-person", help="Not the person of that name who has an account already.")
    ] = False,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Give somebody an account. One person has one; the first of a registry is its operator."""
    at, born = now(), day("--birth-date", birth_date)
    given = {"id": account, "name": name, "birth_date": born, "email": email, "another_person": another_person}
    new = parse(given, NewAccount)
    with registry_at(directory) as registry, registry.writing() as db:
        # Somebody has to be the first; with nobody there, nobody could be asked.
        who = permitted(db, by, at, "account.record") if accounts(db) else new.id
        found = _of(add_account(db, new, at, who))
    if as_json:
        show_json(found)
        return
    show(words(language(lang), "account_added", id=new.id, name=new.name))


@commands.command("list")
def list_(directory: Dir = None, as_json: AsJson = False, lang: Language = None) -> None:
    """Everybody who has an account, and the roles held now."""
    at = now()
    with registry_at(directory) as registry, registry.reading() as db:
        held: dict[str, list[Membership]] = {}
        for one in memberships_held(db, at):
            held.setdefault(one.account, []).append(one)
        found = [
            _of(row) | {"roles": [_of_role(one) for one in held.get(row.slug, []) if row.active_at(at)]}
            for row in accounts(db)
        ]
    if as_json:
        show_json(found)
        return
    tongue = language(lang)
    rows = [
        (one["id"], one["name"], "; ".join(_in_words(role, tongue) for role in one["roles"]), one["active_until"])
        for one in found
    ]
    show_table(tongue, ("col_account", "col_name", "col_roles", "col_ended"), rows, fixed=("col_account",))


@commands.command("show")
def show_(account: AccountId, directory: Dir = None, as_json: AsJson = False, lang: Language = None) -> None:
    """One account: every role it ever held, its keys, and what happened to it."""
    with registry_at(directory) as registry, registry.reading() as db:
        row = account_by_slug(db, account)
        told = _of(row) | {"birth_date": row.birth_date, "email": row.email}
        held = [_of_role(one) for one in memberships_of(db, account)]
        keys = [told_of(key) for key in api_keys_of(db, account)]
        events: list[dict[str, Any]] = [
            {"kind": one.kind, "at": one.at, "actor": one.actor} for one in account_events(db, account)
        ]
    if as_json:
        show_json(told | {"roles": held, "keys": keys, "history": events})
        return
    tongue = language(lang)
    show(f"{told['name']} ({told['id']})", "bold")
    past = [(one["at"].date(), words(tongue, f"account_{one['kind']}"), one["actor"]) for one in events]
    show_table(tongue, ("col_on", "col_event", "col_actor"), past)
    if held:
        rows = [
            (roles()[one["role"]].name.model_dump()[tongue], one["organisation"], one["since"].date(), one["until"])
            for one in held
        ]
        show_table(tongue, ("col_role", "col_org", "col_since", "col_until"), rows)
    if keys:
        lines = [
            (one["prefix"], one["organisation"], ", ".join(one["roles"]), one["expires_at"].date()) for one in keys
        ]
        show_table(tongue, ("col_key", "col_org", "col_roles", "col_until"), lines, fixed=("col_key",))


@commands.command("identify")
def identify(
    account: AccountId,
    kind: Kind = None,
    country: Country = None,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Record whose account it is by a national number, so that no two accounts are one person's.

    The number is read from the standard input. Only a keyed hash of it is kept: it opens and shows nothing.
    """
    tongue, at = language(lang), now()
    with registry_at(directory) as registry:
        number, data = typed_number(registry, kind, country, tongue), personal_data_of(registry)
        with registry.writing() as db:
            who = permitted(db, by, at, "account.record")
            data.prepare(db, at)
            found = _of(set_identity_index(db, account, data.index_of(number), at, who))
    _changed(found, "account_identified_now", as_json=as_json, lang=tongue)


@commands.command("amend")
def amend(
    account: AccountId,
    name: Annotated[str | None, typer.Option("--name", help="The person's name.")] = None,
    birth_date: Annotated[str | None, typer.Option("--birth-date", help="Tells two people of one name apart.")] = None,
    email: Annotated[str | None, typer.Option("--email", help="Where the person is reached.")] = None,
    another_person: Annotated[
        bool, typer.Option("--another-person", help="Not the person of that name who has an account already.")
    ] = False,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Put right a name, a birth date or an address."""
    at, born = now(), day("--birth-date", birth_date)
    given = {"name": name, "birth_date": born, "email": email}
    given = {key: value for key, value in given.items() if value is not None}
    change = parse({**given, "another_person": another_person}, AccountChange)
    with registry_at(directory) as registry, registry.writing() as db:
        found = _of(amend_account(db, account, change, at, permitted(db, by, at, "account.record")))
    _changed(found, "account_amended_now", as_json=as_json, lang=language(lang))


@commands.command("end")
def end(
    account: AccountId, directory: Dir = None, by: Actor = None, as_json: AsJson = False, lang: Language = None
) -> None:
    """End an account: its roles and keys end with it, at once. What the person did stays done."""
    at = now()
    with registry_at(directory) as registry, registry.writing() as db:
        found = _of(end_account(db, account, at, permitted(db, by, at, "account.record")))
    _changed(found, "account_ended_now", as_json=as_json, lang=language(lang))


@commands.command("reopen")
def reopen(
    account: AccountId, directory: Dir = None, by: Actor = None, as_json: AsJson = False, lang: Language = None
) -> None:
    """Let the same person act here again. Roles and keys are granted anew."""
    at = now()
    with registry_at(directory) as registry, registry.writing() as db:
        found = _of(reopen_account(db, account, at, permitted(db, by, at, "account.record")))
    _changed(found, "account_reopened_now", as_json=as_json, lang=language(lang))


@role_commands.command("grant")
def grant(
    account: AccountId,
    role: RoleNames,
    organisation: Organisation = None,
    until: Annotated[str | None, typer.Option("--until", help="Last day, UTC; the default is no end.")] = None,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Let somebody hold a role in an organisation. Several at once with --role for each."""
    at, names, last = now(), [one_of("--role", name, ROLES) for name in role], day("--until", until)
    ends = None if last is None else datetime.combine(last, time(), UTC) + timedelta(days=1)
    with registry_at(directory) as registry, registry.writing() as db:
        who = permitted(db, by, at, "role.grant", organisation)
        granted = [
            _of_role(grant_role(db, account, organisation, name, now=at, actor=who, until=ends))
            for name in dict.fromkeys(names)
        ]
    if as_json:
        show_json(granted)
        return
    tongue = language(lang)
    for one in granted:
        show(words(tongue, "role_granted", id=account, role=_in_words(one, tongue)))


@role_commands.command("end")
def end_(
    account: AccountId,
    role: RoleNames,
    organisation: Organisation = None,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Let somebody hold a role no more, from now on. Keys lose it at once."""
    at, names = now(), [one_of("--role", name, ROLES) for name in role]
    with registry_at(directory) as registry, registry.writing() as db:
        who = permitted(db, by, at, "role.end", organisation)
        ended = [
            _of_role(one)
            for name in dict.fromkeys(names)
            for one in end_role(db, account, organisation, name, now=at, actor=who)
        ]
    if as_json:
        show_json(ended)
        return
    tongue = language(lang)
    for one in ended:
        show(words(tongue, "role_ended", id=account, role=_in_words(one, tongue)))


def _changed(found: dict[str, Any], key: str, *, as_json: bool, lang: Lang) -> None:
    if as_json:
        show_json(found)
        return
    show(words(lang, key, id=found["id"]))


def _of(row: Account) -> dict[str, Any]:
    return {"id": row.slug, "name": row.name, "active_from": row.active_from, "active_until": row.active_until}


def _of_role(row: Membership) -> dict[str, Any]:
    shown = ("organisation", "role", "since", "until", "recorded_by", "ended_by")
    return {name: getattr(row, name) for name in shown}


def _in_words(one: dict[str, Any], lang: Lang) -> str:
    name = roles()[one["role"]].name.model_dump()[lang]
    return f"{name} ({one['organisation']})" if one["organisation"] else str(name)
