"""`bevis org`: who takes part, how they hang together, and what they declare."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import typer

from levels.evidence import TieKind
from registry.command_line.place import Actor, Dir, keyring_of, permitted, registry_at
from registry.command_line.screen import (
    AsJson,
    Language,
    day,
    file_bytes,
    language,
    now,
    one_of,
    show,
    show_json,
    show_table,
    words,
)
from registry.errors import MalformedInput
from registry.records.issued.closing_issuer import close_issuer
from registry.records.parties.organisations import (
    Declaration,
    NewDeclaration,
    NewOrganisation,
    NewTie,
    Organisation,
    Sector,
    TieRecord,
    add_organisation,
    add_sector,
    add_tie,
    declarations_of,
    declare,
    end_tie,
    lies_in_future,
    organisation_by_slug,
    organisations,
    strike_off,
    ties_of,
    withdraw_declaration,
)
from registry.records.parties.signing_keys import keys_of
from registry.records.strict_input import MAX_BYTES, parse, read_toml

commands = typer.Typer(help="Organisations and people: who they are, ties, declarations.", no_args_is_help=True)


@commands.command("add")
def add(
    organisation: Annotated[
        str, typer.Argument(metavar="ID|FILE.toml", help="A short id such as byggskolan; or a file.")
    ],
    name: Annotated[str | None, typer.Option("--name", help="The name in full.")] = None,
    country: Annotated[str, typer.Option("--country", help="Two letters.")] = "SE",
    kind: Annotated[str, typer.Option("--kind", help="organisation, person or public_body.")] = "organisation",
    sector_body: Annotated[bool, typer.Option("--sector-body", help="A registered sector body.")] = False,
    registered_on: Annotated[str | None, typer.Option("--registered-on", help="Day; the default is today.")] = None,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Add an organisation with its key. Or many from a TOML file, whose keys docs/files.md lists.

    The file holds [[organisation]] (id, name, country, kind, sector_body, registered_on), [[tie]] (kind, a, b,
    share_percent, since, until) and [[declaration]] (organisation, kind, on, value, valid_until, evidence,
    confirmed_by), each as often as needed.
    """
    with registry_at(directory) as registry:
        keyring, at = keyring_of(registry), now()
        if organisation.endswith(".toml"):
            sector = read_toml(file_bytes(organisation, MAX_BYTES), Sector)
            if not (sector.organisation or sector.tie or sector.declaration):
                says = "holds nothing to add; write [[organisation]], [[tie]] or [[declaration]] in it"
                raise MalformedInput([(organisation, says)])
            _refuse_future(((f"declaration[{n}].on", one.on) for n, one in enumerate(sector.declaration)), at)
        else:
            if name is None:
                raise MalformedInput([("--name", 'is missing; give the name in full, such as --name "Byggskolan AB"')])
            given = {
                "id": organisation,
                "name": name,
                "country": country,
                "kind": kind,
                "sector_body": sector_body,
                "registered_on": day("--registered-on", registered_on) or at.date(),
            }
            sector = Sector(organisation=(parse(given, NewOrganisation),))
        with registry.writing() as db:
            who = permitted(db, by, at, "organisation.record")
            if organisation.endswith(".toml"):
                add_sector(db, sector, at, who)
            else:
                add_organisation(db, sector.organisation[0], at, who)
            for new in sector.organisation:
                if new.kind != "person":
                    keyring.create_organisation_key(db, new.id, at, who)
    if as_json:
        show_json([new.model_dump(mode="json") for new in sector.organisation])
        return
    for new in sector.organisation:
        show(words(language(lang), "org_added", id=new.id, name=new.name))
    if sector.tie or sector.declaration:
        show(words(language(lang), "sector_added", ties=len(sector.tie), declarations=len(sector.declaration)))


@commands.command("list")
def list_(directory: Dir = None, as_json: AsJson = False, lang: Language = None) -> None:
    """All organisations and people on record."""
    with registry_at(directory) as registry, registry.reading() as db:
        found = [_of(row) for row in organisations(db)]
    if as_json:
        show_json(found)
        return
    rows = [(one["id"], one["name"], one["country"], one["kind"], one["registered_on"]) for one in found]
    show_table(language(lang), ("col_id", "col_name", "col_country", "col_kind", "col_since"), rows, fixed=("col_id",))


@commands.command("show")
def show_(
    organisation: Annotated[str, typer.Argument(metavar="ID")],
    directory: Dir = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """One organisation: keys, ties, declarations."""
    with registry_at(directory) as registry, registry.reading() as db:
        found = _of(organisation_by_slug(db, organisation))
        keys: list[dict[str, Any]] = [
            {"kid": key.kid, "not_before": key.not_before, "retired_at": key.retired_at}
            for key in keys_of(db, organisation)
        ]
        ties = [_of_tie(tie) for tie in ties_of(db, organisation)]
        declared = [_of_declaration(one) for one in declarations_of(db, organisation)]
    if as_json:
        show_json({**found, "keys": keys, "ties": ties, "declarations": declared})
        return
    tongue = language(lang)
    show(f"{found['name']} ({found['id']}), {found['country']}", "bold")
    if found["closed_on"]:
        show(words(tongue, "closed", id=found["id"], day=found["closed_on"]), "yellow")
    if found["struck_off_on"]:
        show(words(tongue, "struck_off", id=found["id"], day=found["struck_off_on"]), "red")
    if keys:
        rows = [(key["kid"], key["not_before"].date(), key["retired_at"]) for key in keys]
        show_table(tongue, ("col_key", "col_since", "col_retired"), rows)
    if ties:
        rows_ = [
            [f"{value} %" if value and name == "share_percent" else value for name, value in tie.items()]
            for tie in ties
        ]
        show_table(tongue, ("col_tie", "col_a", "col_b", "col_share", "col_since", "col_until"), rows_)
    if declared:
        lines = [(one["kind"], one["on"], one["value"], one["confirmed_by"], one["evidence"]) for one in declared]
        show_table(tongue, ("col_declared", "col_on", "col_value", "col_confirmed_by", "col_evidence"), lines)
        # A table of their own: an id broken over lines cannot be copied.
        ids = [(one["id"], one["kind"], one["on"], one["withdrawn_on"]) for one in declared]
        show_table(tongue, ("col_id", "col_declared", "col_on", "col_withdrawn"), ids, fixed=("col_id", "col_on"))


@commands.command("tie")
def tie(
    a: Annotated[str, typer.Argument(metavar="A", help="For owns: the owner.")],
    b: Annotated[str, typer.Argument(metavar="B", help="For owns: the one owned.")],
    kind: Annotated[
        str,
        typer.Option(
            "--kind",
            help="owns, control_group, board_majority, conflict_of_interest, paid_by_passes or shared_staff.",
        ),
    ] = "owns",
    share: Annotated[str | None, typer.Option("--share", help='Per cent owned, exact: 30, 24.5 or "100/3".')] = None,
    since: Annotated[str | None, typer.Option("--since", help="First day.")] = None,
    until: Annotated[str | None, typer.Option("--until", help="Last day.")] = None,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Record a tie between two parties."""
    given: dict[str, object] = {"kind": kind, "a": a, "b": b, "share_percent": share}
    given |= {"since": day("--since", since), "until": day("--until", until)}
    new = parse(given, NewTie)
    with registry_at(directory) as registry, registry.writing() as db:
        at = now()
        add_tie(db, new, at, permitted(db, by, at, "organisation.tie"))
    if as_json:
        show_json(new.model_dump(mode="json"))
        return
    show(words(language(lang), "tie_added", a=a, b=b, kind=kind))


@commands.command("untie")
def untie(
    a: Annotated[str, typer.Argument(metavar="A", help="For owns: the owner.")],
    b: Annotated[str, typer.Argument(metavar="B", help="For owns: the one owned.")],
    on: Annotated[str, typer.Option("--on", help="The last day it held.")],
    kind: Annotated[str, typer.Option("--kind", help=", ".join(TieKind))] = "owns",
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """End the open tie between two parties. It counts for every day until then, that day included."""
    which = TieKind(one_of("--kind", kind, tuple(TieKind)))
    last = day("--on", on)
    with registry_at(directory) as registry, registry.writing() as db:
        who = permitted(db, by, now(), "organisation.tie")
        ended = [_of_tie(record) for record in end_tie(db, a, b, which, last, who)]
    if as_json:
        show_json(ended)
        return
    show(words(language(lang), "tie_ended", a=a, b=b, kind=kind, day=last))


@commands.command("strike")
def strike(
    organisation: Annotated[str, typer.Argument(metavar="ID")],
    on: Annotated[str, typer.Option("--on", help="First day it is no longer active; it may lie in the past.")],
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Strike somebody off: from that day it issues nothing. What it issued before stays good."""
    first = day("--on", on)
    with registry_at(directory) as registry, registry.writing() as db:
        found = _of(strike_off(db, organisation, first, permitted(db, by, now(), "organisation.strike")))
    if as_json:
        show_json(found)
        return
    show(words(language(lang), "struck_off", id=organisation, day=first))


@commands.command("close")
def close(
    organisation: Annotated[str, typer.Argument(metavar="ID")],
    on: Annotated[str, typer.Option("--on", help="The day it closes; it may have closed already.")],
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """It closes: from that day it issues nothing and its keys are retired. What it issued is as genuine as before."""
    first, at = day("--on", on), now()
    with registry_at(directory) as registry, registry.writing() as db:
        who = permitted(db, by, at, "organisation.close", organisation)
        found = _of(close_issuer(db, organisation, first, at, who))
    if as_json:
        show_json(found)
        return
    show(words(language(lang), "closed", id=organisation, day=first))


@commands.command("declare")
def declare_(
    organisation: Annotated[str, typer.Argument(metavar="ID")],
    kind: Annotated[str, typer.Argument(metavar="KIND", help="Such as responsible_people, appeals or ties_complete.")],
    value: Annotated[str | None, typer.Option("--value", help="A number, true or false, or a word.")] = None,
    on: Annotated[str | None, typer.Option("--on", help="The day of it; the default is today.")] = None,
    valid_until: Annotated[str | None, typer.Option("--valid-until", help="Last day, where there is one.")] = None,
    evidence: Annotated[str | None, typer.Option("--evidence", help="Where the evidence is kept.")] = None,
    confirmed_by: Annotated[str | None, typer.Option("--confirmed-by", help="Id of who confirmed it.")] = None,
    certificate: Annotated[
        str | None,
        typer.Option(
            "--certificate", help="Number of a certificate about it that says so; its issuer stands behind it."
        ),
    ] = None,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Record what an organisation declares about itself."""
    at = now()
    given: dict[str, object] = {
        "organisation": organisation,
        "kind": kind,
        "on": day("--on", on) or at.date(),
        "value": _value(value),
    }
    given |= {"valid_until": day("--valid-until", valid_until), "evidence": evidence, "confirmed_by": confirmed_by}
    given["certificate"] = certificate
    new = parse(given, NewDeclaration)
    _refuse_future((("--on", new.on),), at)
    with registry_at(directory) as registry, registry.writing() as db:
        declare(db, new, at, permitted(db, by, at, "organisation.declare"))
    if as_json:
        show_json(new.model_dump(mode="json"))
        return
    show(words(language(lang), "declared", id=organisation, kind=kind))


@commands.command("withdraw-declaration")
def withdraw_declaration_(
    declaration: Annotated[str, typer.Argument(metavar="DECLARATION_ID", help="As `bevis org show ID` has it.")],
    on: Annotated[str, typer.Option("--on", help="First day it no longer stands; it may lie in the past.")],
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Withdraw what an organisation declared: from that day it counts no more."""
    first, which = day("--on", on), _declaration_id(declaration)
    with registry_at(directory) as registry, registry.writing() as db:
        row = withdraw_declaration(db, which, first, permitted(db, by, now(), "organisation.declare"))
        found = {"organisation": row.organisation, **_of_declaration(row)}
    if as_json:
        show_json(found)
        return
    says = words(
        language(lang), "declaration_withdrawn", id=found["organisation"], kind=found["kind"], day=found["withdrawn_on"]
    )
    show(says)


def _refuse_future(days: Iterable[tuple[str, date]], at: datetime) -> None:
    """What is done on a day is not declared before it. Raises MalformedInput."""
    says = "lies in the future; record it on that day or later"
    faults = [(path, f"{on} {says}") for path, on in days if lies_in_future(on, at)]
    if faults:
        raise MalformedInput(faults)


def _declaration_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as fault:
        says = f"{text[:40]!r} is no id of a declaration; `bevis org show ID` lists them"
        raise MalformedInput([("DECLARATION_ID", says)]) from fault


def _value(text: str | None) -> bool | int | str | None:
    if text in {"true", "false"}:
        return text == "true"
    # More digits than any count has are left to be refused as a word.
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= 9 else text  # noqa: PLR2004


def _of(row: Organisation) -> dict[str, object]:
    return {
        "id": row.slug,
        "name": row.name,
        "country": row.country,
        "kind": "sector_body" if row.sector_body else row.kind,
        "registered_on": row.registered_on,
        "struck_off_on": row.struck_off_on,
        "closed_on": row.closed_on,
    }


def _of_tie(row: TieRecord) -> dict[str, object]:
    return {name: getattr(row, name) for name in ("kind", "a", "b", "share_percent", "since", "until")}


def _of_declaration(row: Declaration) -> dict[str, object]:
    shown = ("valid_until", "evidence", "confirmed_by", "certificate", "withdrawn_on")
    value = row.number if row.word is None else row.word
    said = {"id": row.id, "kind": row.kind, "on": row.declared_on, "value": value}
    return said | {name: getattr(row, name) for name in shown}
