"""`bevis mandate`: who may issue what, and up to which level."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Annotated, Any

import typer

from registry.command_line.approval_told import show_asked
from registry.command_line.passphrase import json_in
from registry.command_line.place import Actor, Dir, acting, keyring_of, permitted, registry_at
from registry.command_line.screen import (
    AsJson,
    Lang,
    Language,
    day,
    language,
    now,
    show,
    show_json,
    show_raw,
    show_table,
    words,
    write_file,
)
from registry.errors import ApprovalNeeded
from registry.issuing.organisations.certify import Office
from registry.issuing.organisations.mandates import certify_mandate, keep_signed, to_be_signed
from registry.issuing.organisations.mandates import grant as issue_mandate
from registry.issuing.organisations.reinstate import Reinstating
from registry.issuing.organisations.reinstate_mandate import ask_to_reinstate_mandate, reinstate_mandate
from registry.records.actors.approvals import Approval
from registry.records.issued.certificates_by_cause import issued_under
from registry.records.mandates.mandate_days import Span
from registry.records.mandates.mandate_decisions import NewMandate, suspend_mandate, withdraw_mandate
from registry.records.mandates.mandate_events import mandate_history, mandates_as_known
from registry.records.mandates.mandates import Mandate, last_suspension, mandate_by_id
from registry.records.parties.organisation_certificates import certificate_of_mandate
from registry.records.sector.schemes import scheme_owner
from registry.records.strict_input import Decision, parse
from registry.signing.signing_request import MOST_BYTES, Signed
from verification.certificate import display_number, end_of

RESOLUTION = timedelta(microseconds=1)  # of the moments on record

commands = typer.Typer(help="Mandates from scheme owners to issuers.", no_args_is_help=True)

MandateId = Annotated[str, typer.Argument(metavar="MANDATE_ID", help="As `bevis mandate list` has it.")]
Reason = Annotated[str, typer.Option("--reason", help="Why, and where the decision is recorded.")]


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
        who = permitted(db, by, at, "mandate.grant", scheme_owner(db, new.scheme))
        mandate = issue_mandate(db, Office(keyring_of(registry), registry.public_url), new, at, who)
        certificate = certificate_of_mandate(db, mandate.public_id)
        number = display_number(certificate.number) if certificate else None
    if as_json:
        show_json(_of(mandate) | {"certificate": number})
        return
    tongue = language(lang)
    show(words(tongue, "mandate_granted", id=mandate.public_id, issuer=issuer, scheme=scheme, level=max_level))
    if number is not None:
        show(words(tongue, "mandate_certificate", number=number))
    else:
        show(words(tongue, "mandate_to_sign"))
        show_raw(f"  bevis mandate certify {mandate.public_id} -o to-sign.json")


@commands.command("certify")
def certify(
    mandate: MandateId,
    output: Annotated[
        str | None, typer.Option("--output", "-o", help="Where to write what the owner's own key is to sign.")
    ] = None,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Issue the certificate of a mandate that has none; or, with -o, write what its owner signs with `bevis sign`."""
    at, tongue = now(), language(lang)
    with registry_at(directory) as registry, registry.writing() as db:
        row = mandate_by_id(db, mandate)
        who = permitted(db, by, at, "mandate.grant", row.owner)
        office = Office(keyring_of(registry), registry.public_url)
        if output is not None:
            request = to_be_signed(db, office, mandate, at)
        else:
            number = display_number(certify_mandate(db, office, mandate, at, who).number)
        found = _of(row)
    if output is not None:
        write_file(output, request.model_dump_json(indent=1).encode() + b"\n")
        show_json(found | {"file": output}) if as_json else show(words(tongue, "written", file=output))
        return
    show_json(found | {"certificate": number}) if as_json else show(words(tongue, "mandate_certificate", number=number))


@commands.command("signed")
def signed(
    mandate: MandateId,
    file: Annotated[str, typer.Argument(metavar="FILE", help="As `bevis sign` has written it.")],
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Hand in the owner's signature: then the mandate's certificate is issued."""
    at, given = now(), parse(json_in(file, MOST_BYTES), Signed)
    with registry_at(directory) as registry, registry.writing() as db:
        row = mandate_by_id(db, mandate)
        who = permitted(db, by, at, "mandate.grant", row.owner)
        office = Office(keyring_of(registry), registry.public_url)
        number = display_number(keep_signed(db, office, mandate, given, at, who).number)
        found = _of(row) | {"certificate": number}
    show_json(found) if as_json else show(words(language(lang), "mandate_certificate", number=number))


@commands.command("list")
def list_(
    on: Annotated[str | None, typer.Option("--on", help="Only those in force on this day.")] = None,
    known: Annotated[
        str | None,
        typer.Option(
            "--known", help="As it was known at the end of this day; the default is now. Decisions may come late."
        ),
    ] = None,
    directory: Dir = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """All mandates, or those in force on a day, as it is known now or was known then."""
    asked, known_on = day("--on", on), day("--known", known)
    at = now() if known_on is None else end_of(known_on, "UTC") - RESOLUTION
    with registry_at(directory) as registry, registry.reading() as db:
        then = mandates_as_known(db, at)
        found = [_of(row, span if known_on else None) for row, span in then if asked is None or span.covers(asked)]
    if as_json:
        show_json(found)
        return
    tongue = language(lang)
    columns = ("col_id", "col_scheme", "col_issuer", "col_max_level", "col_in_force")
    rows = [
        (one["id"], one["scheme"], one["issuer"], one["max_level"], f"{one['since']} – {one['until'] or ''}".rstrip())
        for one in found
    ]
    show_table(tongue, columns, rows, fixed=("col_id",))
    for one in found:
        for says in _ends(tongue, one):
            show(says)


@commands.command("withdraw")
def withdraw(
    mandate: MandateId,
    first: Annotated[str, typer.Option("--from", help="First day it no longer holds; it may lie in the past.")],
    reason: Reason,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Withdraw a mandate for good. What was issued under it on that day or later no longer has its cover."""
    why = parse({"reason": reason}, Decision).reason
    from_day = day("--from", first)
    with registry_at(directory) as registry, registry.writing() as db:
        at = now()
        who = permitted(db, by, at, "mandate.withdraw", mandate_by_id(db, mandate).owner)
        row = withdraw_mandate(db, mandate, from_day, why, who, now=at)
        issued = issued_under(db, row, from_day)
        found = _of(row) | {"issued_since": issued, "mass_action": _mass_action(mandate, from_day) if issued else None}
    _changed(found, as_json=as_json, lang=language(lang))
    if issued and not as_json:
        show(words(language(lang), "mandate_issued_since", count=issued, day=from_day))
        show_raw(f"  {found['mass_action']}")


def _mass_action(mandate: str, from_day: date) -> str:
    """The command that shows what suspending all that was issued since then would do."""
    return f"bevis certificate mass preview suspend mandate {mandate} --from {from_day} --reason issuer_withdrawn"


@commands.command("suspend")
def suspend(
    mandate: MandateId,
    first: Annotated[str, typer.Option("--from", help="First day it does not hold.")],
    reason: Reason,
    until: Annotated[str | None, typer.Option("--until", help="Last such day; the default is no end.")] = None,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Suspend a mandate for some days, beside others that are planned; `reinstate` ends a suspension sooner."""
    why = parse({"reason": reason}, Decision).reason
    from_day, last = day("--from", first), day("--until", until)
    with registry_at(directory) as registry, registry.writing() as db:
        at = now()
        who = permitted(db, by, at, "mandate.suspend", mandate_by_id(db, mandate).owner)
        found = _of(suspend_mandate(db, mandate, from_day, last, why, who, now=at))
    _changed(found, as_json=as_json, lang=language(lang))


@commands.command("reinstate")
def reinstate(
    mandate: MandateId,
    reason: Reason,
    first: Annotated[
        str | None, typer.Option("--from", help="First day it holds again; the default is when it is carried out.")
    ] = None,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Let a suspended mandate hold again. Asks first; once somebody else approved, the same command does it."""
    given, at = parse({"from_day": day("--from", first), "reason": reason}, Reinstating), now()
    asked: Approval | None = None
    with registry_at(directory) as registry, registry.writing() as db:
        row, who = mandate_by_id(db, mandate), acting(db, by, at)
        who.require("mandate.reinstate", row.owner)
        try:
            row = reinstate_mandate(db, mandate, given, at, who.account)
        except ApprovalNeeded:
            asked = ask_to_reinstate_mandate(db, mandate, given, at, who)
        found = _of(row)
    if asked is not None:
        show_asked(found, asked, as_json=as_json, lang=language(lang))
    _changed(found, as_json=as_json, lang=language(lang))


@commands.command("history")
def history(
    mandate: MandateId, directory: Dir = None, by: Actor = None, as_json: AsJson = False, lang: Language = None
) -> None:
    """Every decision about a mandate: who, when, why, for which days."""
    at = now()
    with registry_at(directory) as registry, registry.writing() as db:
        row = mandate_by_id(db, mandate)
        acting(db, by, at).require("mandate.read", row.owner)
        shown = ("place", "kind", "at", "from_day", "until_day", "actor", "approval", "reason")
        found = [{name: getattr(event, name) for name in shown} for event in mandate_history(db, row)]
    if as_json:
        show_json(found)
        return
    tongue = language(lang)
    rows = [
        (
            *(words(tongue, f"mandate_event_{one['kind']}"), f"{one['at']:%Y-%m-%d %H:%M}"),
            *(one["from_day"], one["until_day"], one["actor"], one["approval"], one["reason"]),
        )
        for one in found
    ]
    columns = ("col_event", "col_at", "col_since", "col_until", "col_actor", "col_approval", "col_reason")
    show_table(tongue, columns, rows, spare=("col_until",))


def _changed(found: Mapping[str, object], *, as_json: bool, lang: Lang) -> None:
    if as_json:
        show_json(found)
        return
    for says in _ends(lang, found):
        show(says)


def _ends(lang: Lang, one: Mapping[str, object]) -> Iterator[str]:
    """When a mandate does not hold although it was granted for that time, in sentences."""
    if one["withdrawn_from"]:
        yield words(lang, "mandate_withdrawn", id=one["id"], day=one["withdrawn_from"])
    suspended: Any = one["suspended"]
    for days in suspended:
        key = "mandate_suspended_until" if days["until"] else "mandate_suspended"
        yield words(lang, key, id=one["id"], day=days["from_day"], until=days["until"])


def _of(row: Mandate, span: Span | None = None) -> dict[str, object]:
    """span: as it was known at another moment."""
    then, shown = span or row.span, ("scheme", "issuer", "max_level", "versions")
    last = last_suspension(row, span)
    return {
        "id": row.public_id,
        **{name: getattr(row, name) for name in shown},
        "since": then.since,
        "until": then.until,
        "suspended_from": last[0],
        "suspended_until": last[1],
        "suspended": [{"from_day": first, "until": end} for first, end in then.suspended],
        "withdrawn_from": then.withdrawn_from,
        "reason": row.reason,
    }
