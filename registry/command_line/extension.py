"""`bevis scheme extend`: a scheme's owner decides that certificates are accepted for longer than they say."""

from typing import Annotated, Any

import typer

from registry.command_line.place import Actor, Dir, permitted, registry_at
from registry.command_line.scheme import Code, Reason
from registry.command_line.screen import AsJson, Language, day, language, now, show, show_json, show_table, words
from registry.records.sector.extensions import (
    NewExtension,
    SchemeExtension,
    extend_scheme,
    extension_by_id,
    extensions,
    withdraw_extension,
)
from registry.records.sector.schemes import scheme_owner
from registry.records.strict_input import Decision, parse


def extend(
    code: Code,
    ends_from: Annotated[str, typer.Option("--ends-from", help="Certificates whose last day is this one or later …")],
    ends_until: Annotated[str, typer.Option("--ends-until", help="… up to this one.")],
    decision: Annotated[str, typer.Option("--decision", help="Where the decision is recorded.")],
    months: Annotated[int | None, typer.Option("--months", help="How many months longer.")] = None,
    until: Annotated[str | None, typer.Option("--until", help="Or: all of them until this day.")] = None,
    decided_on: Annotated[str | None, typer.Option("--decided-on", help="The default is today.")] = None,
    version: Annotated[list[str] | None, typer.Option("--version", help="Only this version; may be repeated.")] = None,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Let certificates that end in some days be accepted for longer: by employers' checks, and for renewing in time.

    What was signed stays as it is, and a verifier at a gate says expired.
    """
    at = now()
    given: dict[str, object] = {"scheme": code, "versions": version or None, "months": months, "decision": decision}
    given |= {"ends_from": day("--ends-from", ends_from), "ends_until": day("--ends-until", ends_until)}
    given |= {"until": day("--until", until), "decided_on": day("--decided-on", decided_on) or at.date()}
    new = parse(given, NewExtension)
    with registry_at(directory) as registry, registry.writing() as db:
        who = permitted(db, by, at, "scheme.extend", scheme_owner(db, code))
        told = _of(extend_scheme(db, new, at, who))
    if as_json:
        show_json(told)
        return
    show(words(language(lang), "scheme_extended", **told))


def list_(directory: Dir = None, as_json: AsJson = False, lang: Language = None) -> None:
    """The decisions that stand."""
    with registry_at(directory) as registry, registry.reading() as db:
        found = [_of(row) for row in extensions(db)]
    if as_json:
        show_json(found)
        return
    tongue = language(lang)
    rows = [
        (
            *(one["id"], one["scheme"], f"{one['ends_from']} – {one['ends_until']}"),
            one["until"] or words(tongue, "extension_months", months=one["months"]),
            one["decision"],
        )
        for one in found
    ]
    show_table(tongue, ("col_id", "col_scheme", "col_ends", "col_extended", "col_reason"), rows, fixed=("col_id",))


def end(
    extension: Annotated[str, typer.Argument(metavar="EXTENSION", help="As `bevis scheme extensions` has it.")],
    reason: Reason,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Withdraw such a decision: from now on certificates are accepted until the day they say."""
    at, why = now(), parse({"reason": reason}, Decision).reason
    with registry_at(directory) as registry, registry.writing() as db:
        owner = scheme_owner(db, extension_by_id(db, extension).scheme)
        who = permitted(db, by, at, "scheme.extend", owner)
        told = _of(withdraw_extension(db, extension, reason=why, now=at, actor=who))
    if as_json:
        show_json(told)
        return
    show(words(language(lang), "extension_ended", **told))


def _of(row: SchemeExtension) -> dict[str, Any]:
    shown = (
        "scheme",
        "versions",
        "ends_from",
        "ends_until",
        "months",
        "until",
        "decided_on",
        "decision",
        "withdrawn_at",
    )
    return {"id": row.public_id, **{name: getattr(row, name) for name in shown}}
