"""`bevis org certificate`: what is certified of organisations, and what happens to it afterwards."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any

import typer

from registry.command_line.approval_told import show_asked
from registry.command_line.certificate import Number, Output, number_in
from registry.command_line.organisation import commands
from registry.command_line.passphrase import read_json_file
from registry.command_line.place import Actor, Dir, acting, keyring_of, log_of, permitted, registry_at
from registry.command_line.screen import (
    AsJson,
    Lang,
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
    write_file,
)
from registry.command_line.to_sign import SignedFile, ToSignFile, show_to_sign, write_request
from registry.errors import ApprovalNeeded, KeyHeldElsewhere, MalformedInput
from registry.issuing.organisations.certify import Office
from registry.issuing.organisations.reinstate import Reinstating, ask_to_reinstate, reinstate
from registry.issuing.organisations.stated_elsewhere import (
    follow_up_elsewhere,
    issuer_of_statement,
    keep_statement,
    state_elsewhere,
)
from registry.issuing.organisations.statements import (
    FollowUp,
    NewAudit,
    NewQualityCertificate,
    Suspending,
    Withdrawing,
    follow_up,
    state,
    suspend,
    withdraw,
)
from registry.records.actors.approvals import Approval
from registry.records.parties.organisation_certificates import (
    CertificateOfOrganisation,
    courses,
    first_event,
    history_of,
    organisation_certificate,
    organisation_certificates,
)
from registry.records.store.database import Database
from registry.records.strict_input import MAX_BYTES, parse, read_table
from registry.records.whole.directory import Registry
from registry.signing.log.published import proof_of
from registry.signing.signing_request import MOST_BYTES, Signed, SigningRequest
from verification.certificate import day_at, display_number
from verification.presented import with_proof

__all__ = ["commands"]

certificate = typer.Typer(
    help="Certificates about organisations: mandates, accreditations, quality systems, audits.", no_args_is_help=True
)
commands.add_typer(certificate, name="certificate")

File = Annotated[str, typer.Argument(metavar="FILE.toml", help="What it says; - is standard input.")]
Reason = Annotated[str, typer.Option("--reason", help="Why, and where the decision is recorded.")]
From = Annotated[str | None, typer.Option("--from", help="First such day; the default is today.")]
HoldsFrom = Annotated[str | None, typer.Option("--from", help="First such day; the default is when it is carried out.")]


@certificate.command("issue")
def issue(
    file: File,
    output: ToSignFile = None,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Certify an audit or a management system. The file says kind (audit, quality_certificate), issuer, holder ….

    Whoever holds its key itself signs FILE with `bevis sign`, and `bevis org certificate signed` issues it.
    """
    given, at = read_table(file_bytes(file, MAX_BYTES)), now()
    if given.get("kind") not in {"audit", "quality_certificate"}:
        raise MalformedInput([("kind", "must be audit or quality_certificate")])
    new = parse(given, NewAudit) if given["kind"] == "audit" else parse(given, NewQualityCertificate)
    with registry_at(directory) as registry, registry.writing() as db:
        who = permitted(db, by, at, "organisation_certificate.issue", new.issuer)
        office = _office(registry)
        try:
            found, request = _of(db, state(db, office, new, at, who), at), None
        except KeyHeldElsewhere:
            found, request = None, state_elsewhere(db, office, new, at)
            output = write_request(request, output)
    _issued(found, request, output, as_json=as_json, lang=language(lang))


@certificate.command("signed")
def signed(
    number: Number,
    file: SignedFile,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Hand in the signature of whoever holds its key itself: then it is issued. Twice is once."""
    given, at, which = read_json_file(file, Signed, MOST_BYTES), now(), number_in(number)
    with registry_at(directory) as registry, registry.writing() as db:
        who = permitted(db, by, at, "organisation_certificate.issue", issuer_of_statement(db, which))
        found = _of(db, keep_statement(db, _office(registry), which, given, at, who), at)
    _told(found, as_json=as_json, lang=language(lang))


@certificate.command("list")
def list_(
    holder: Annotated[str | None, typer.Option("--holder", help="Only those about this organisation.")] = None,
    issuer: Annotated[str | None, typer.Option("--issuer", help="Only those that this one issued.")] = None,
    kind: Annotated[
        str | None, typer.Option("--kind", help="mandate, accreditation, quality_certificate, audit")
    ] = None,
    directory: Dir = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """All of them, with what each is today."""
    if kind is not None:
        one_of("--kind", kind, ("mandate", "accreditation", "quality_certificate", "audit"))
    at, tongue = now(), language(lang)
    with registry_at(directory) as registry, registry.reading() as db:
        rows = organisation_certificates(db, holder=holder, issuer=issuer, kind=kind)  # type: ignore[arg-type]
        found = [_of(db, row, at) for row in rows]
    if as_json:
        show_json(found)
        return
    columns = ("col_number", "col_holder", "col_issuer", "col_title", "col_state")
    shown = [
        (
            one["number"],
            one["holder"],
            one["issuer"],
            one["title"][tongue],
            words(tongue, f"standing_{one['standing']}"),
        )
        for one in found
    ]
    show_table(tongue, columns, shown, fixed=("col_number",))


@certificate.command("show")
def show_(
    number: Number, directory: Dir = None, by: Actor = None, as_json: AsJson = False, lang: Language = None
) -> None:
    """One of them, and everything that happened to it."""
    at = now()
    with registry_at(directory) as registry, registry.writing() as db:
        row = organisation_certificate(db, number_in(number))
        acting(db, by, at).require("organisation_certificate.read", row.issuer)
        told = ("place", "kind", "at", "from_day", "until_day", "actor", "approval", "reason", "note", "successor")
        events = [{name: getattr(event, name) for name in told} for event in history_of(db, row)]
        found = _of(db, row, at)
    if as_json:
        show_json({**found, "history": events})
        return
    tongue = language(lang)
    _told(found, as_json=False, lang=tongue)
    rows = [
        (
            *(one["kind"], f"{one['at']:%Y-%m-%d %H:%M}", one["from_day"], one["until_day"], one["actor"]),
            *(one["approval"], one["note"]),
        )
        for one in events
    ]
    columns = ("col_event", "col_at", "col_since", "col_until", "col_actor", "col_approval", "col_reason")
    show_table(tongue, columns, rows, spare=("col_until",))


@certificate.command("export")
def export(
    number: Number, output: Output = None, directory: Dir = None, as_json: AsJson = False, lang: Language = None
) -> None:
    """Hand it out: the signed document and the proof that it stands in the log, in one file."""
    with registry_at(directory) as registry:
        log_of(registry).advance()
        with registry.reading() as db:
            row = organisation_certificate(db, number_in(number))
            text = with_proof(row.vc_jwt, proof_of(db, log_of(registry).head_file, first_event(db, row)))
    if output is not None:
        write_file(output, text.encode())
    if as_json:
        show_json({"number": display_number(row.number), "file": output, "content": None if output else text})
    elif output is not None:
        show(words(language(lang), "written", file=output))
    else:
        typer.echo(text.rstrip("\n"))


@certificate.command("follow-up")
def follow_up_(
    number: Number,
    file: File,
    output: ToSignFile = None,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Close findings of an audit: a new certificate comes in its place.

    The file says conforms, and [[closed]] with ref and closed_on. Whoever holds its key itself signs as for `issue`.
    """
    given, at = parse(read_table(file_bytes(file, MAX_BYTES)), FollowUp), now()
    with registry_at(directory) as registry, registry.writing() as db:
        who, office, which = _may_change(db, number, by, at), _office(registry), number_in(number)
        try:
            found, request = _of(db, follow_up(db, office, which, given, at, who), at), None
        except KeyHeldElsewhere:
            found, request = None, follow_up_elsewhere(db, office, which, given, at)
            output = write_request(request, output)
    _issued(found, request, output, as_json=as_json, lang=language(lang))


@certificate.command("suspend")
def suspend_(
    number: Number,
    reason: Reason,
    first: From = None,
    until: Annotated[str | None, typer.Option("--until", help="Last such day; the default is no end.")] = None,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """For some days nobody may rest on it. A mandate's follows its mandate."""
    at, from_day, last = now(), day("--from", first), day("--until", until)
    with registry_at(directory) as registry, registry.writing() as db:
        who = _may_change(db, number, by, at)
        given = {"from_day": from_day or _today(db, number, at), "until": last, "reason": reason}
        found = _of(db, suspend(db, number_in(number), parse(given, Suspending), at, who), at)
    _told(found, as_json=as_json, lang=language(lang))


@certificate.command("reinstate")
def reinstate_(
    number: Number,
    reason: Reason,
    first: HoldsFrom = None,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Let it hold again. Asks first; once somebody else approved, the same command does it."""
    given, at = parse({"from_day": day("--from", first), "reason": reason}, Reinstating), now()
    asked: Approval | None = None
    with registry_at(directory) as registry, registry.writing() as db:
        row, who = organisation_certificate(db, number_in(number)), acting(db, by, at)
        who.require("organisation_certificate.reinstate", row.issuer)
        try:
            reinstate(db, row.number, given, at, who.account)
        except ApprovalNeeded:
            asked = ask_to_reinstate(db, row.number, given, at, who)
        found = _of(db, row, at)
    if asked is not None:
        show_asked(found, asked, as_json=as_json, lang=language(lang))
    _told(found, as_json=as_json, lang=language(lang))


@certificate.command("withdraw")
def withdraw_(
    number: Number,
    reason: Reason,
    cause: Annotated[
        str,
        typer.Option("--cause", help="error, fraud, loss_of_competence, misuse, holder_request: told to everybody."),
    ],
    first: From = None,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """It holds no more, for good. What was issued while it stood is not touched."""
    at, from_day = now(), day("--from", first)
    with registry_at(directory) as registry, registry.writing() as db:
        who = _may_change(db, number, by, at)
        given = {"from_day": from_day or _today(db, number, at), "cause": cause, "reason": reason}
        found = _of(db, withdraw(db, number_in(number), parse(given, Withdrawing), at, who), at)
    _told(found, as_json=as_json, lang=language(lang))


def _may_change(db: Database, number: str, by: str | None, at: datetime) -> str:
    row = organisation_certificate(db, number_in(number))
    return permitted(db, by, at, "organisation_certificate.change", row.issuer)


def _today(db: Database, number: str, at: datetime) -> date:
    """What day it is where the certificate keeps its time."""
    return day_at(at, organisation_certificate(db, number_in(number)).time_zone)


def _office(registry: Registry) -> Office:
    return Office(keyring_of(registry), registry.public_url)


def _of(db: Database, row: CertificateOfOrganisation, at: datetime) -> dict[str, Any]:
    said, course = row.says(), courses(db, [row])[row.number]
    withdrawn, later = course.ends.get("revoked"), course.ends.get("superseded")
    return {
        "number": display_number(row.number),
        "kind": row.kind,
        "holder": row.holder,
        "issuer": row.issuer,
        "title": dict(said.title),
        "attests": said.attests.model_dump(mode="json"),
        "valid_from": row.valid_from,
        "valid_until": row.valid_until,
        "standing": course.standing_on(day_at(at, row.time_zone)),
        "suspended": [{"from_day": first, "until": last} for first, last in course.suspended],
        "withdrawn_from": withdrawn.from_day if withdrawn else None,
        "replaces": row.replaces and display_number(row.replaces),
        "replaced_by": display_number(later.successor) if later and later.successor else None,
    }


def _issued(
    found: Mapping[str, Any] | None, request: SigningRequest | None, output: str | None, *, as_json: bool, lang: Lang
) -> None:
    """Issued, or waiting for the signature of whoever holds its key itself."""
    if found is not None:
        _told(found, as_json=as_json, lang=lang)
    elif request is not None and output is not None:
        hand_in = f"org certificate signed {display_number(request.batch)}"
        show_to_sign(request, output, hand_in, lang, as_json=as_json)


def _told(found: Mapping[str, Any], *, as_json: bool, lang: Lang) -> None:
    if as_json:
        show_json(dict(found))
        return
    standing = words(lang, f"standing_{found['standing']}")
    show(f"{found['number']}  {found['title'][lang]}", "bold")
    show(words(lang, "organisation_certified", holder=found["holder"], issuer=found["issuer"], standing=standing))
