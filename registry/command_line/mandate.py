"""`bevis mandate`: who may issue what, and up to which level."""

from typing import Annotated

import typer

from registry.command_line.place import Actor, Dir, registry_at
from registry.command_line.screen import AsJson, Language, actor, day, language, now, show, show_json, show_table, words
from registry.records.mandates import Mandate, NewMandate, grant_mandate, mandates
from registry.records.strict_input import parse

commands = typer.Typer(help="Mandates from scheme owners to issuers.", no_args_is_help=True)


@commands.command("grant")
def grant(
    scheme: Annotated[str, typer.Argument(metavar="SCHEME", help="Its code; the owner grants.")],
    issuer: Annotated[str, typer.Argument(metavar="ISSUER", help="Id of the organisation that may issue.")],
    max_level: Annotated[str, typer.Option("--max-level", help="B, C1, C2, D, E or F.")],
    since: Annotated[str | None, typer.Option("--since", help="First day; the default is today.")] = None,
    until: Annotated[str | None, typer.Option("--until", help="Last day; the default is no end.")] = None,
    version: Annotated[list[str] | None, typer.Option("--version", help="Only this version; may be repeated.")] = None,
    reason: Annotated[str | None, typer.Option("--reason", help="Where the decision is recorded.")] = None,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Let an organisation issue under a scheme, up to a level."""
    at = now()
    given: dict[str, object] = {"scheme": scheme, "issuer": issuer, "max_level": max_level, "versions": version or None}
    given |= {"since": day("--since", since) or at.date(), "until": day("--until", until), "reason": reason}
    new = parse(given, NewMandate)
    with registry_at(directory) as registry, registry.writing() as db:
        mandate = grant_mandate(db, new, at, actor(by))
    if as_json:
        show_json(_of(mandate))
        return
    says = words(language(lang), "mandate_granted", id=mandate.public_id, issuer=issuer, scheme=scheme, level=max_level)
    show(says)


@commands.command("list")
def list_(directory: Dir = None, as_json: AsJson = False, lang: Language = None) -> None:
    """All mandates."""
    with registry_at(directory) as registry, registry.reading() as db:
        found = [_of(row) for row in mandates(db)]
    if as_json:
        show_json(found)
        return
    shown = ("scheme", "issuer", "max_level", "since", "until", "withdrawn_from")
    columns = ("col_scheme", "col_issuer", "col_max_level", "col_since", "col_until", "col_withdrawn")
    show_table(language(lang), columns, [[one[name] for name in shown] for one in found], fixed=columns[:2])


def _of(row: Mandate) -> dict[str, object]:
    shown = ("scheme", "issuer", "max_level", "versions", "since", "until", "withdrawn_from", "reason")
    return {"id": row.public_id, **{name: getattr(row, name) for name in shown}}
