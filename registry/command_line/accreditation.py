"""`bevis accreditation`: apply, hand in documents, review, issue, surveillance, sanctions."""

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from registry.command_line.approval_told import show_approve, show_asked
from registry.command_line.passphrase import read_json_file
from registry.command_line.place import Actor, Dir, acting, keyring_of, registry_at
from registry.command_line.screen import (
    AsJson,
    Lang,
    Language,
    day,
    file_bytes,
    language,
    now,
    show,
    show_json,
    show_table,
    words,
)
from registry.command_line.to_sign import SignedFile, ToSignFile, show_to_sign, write_request
from registry.errors import ApprovalNeeded, KeyHeldElsewhere
from registry.issuing.organisations import accredit
from registry.issuing.organisations.accredit import Surveillance, Warned, published, standings
from registry.issuing.organisations.certify import Office
from registry.issuing.organisations.reinstate import Reinstating
from registry.issuing.organisations.statements import Suspending, Withdrawing
from registry.records.accreditation import applications, proposals
from registry.records.accreditation.applications import (
    Accreditation,
    NewApplication,
    NewDocument,
    accreditation_by_id,
    accreditations_after,
    documents_of,
    steps_of,
)
from registry.records.accreditation.proposals import Proposal, propose
from registry.records.actors.approvals import Approval
from registry.records.store.database import Database
from registry.records.strict_input import parse
from registry.records.whole.directory import Registry
from registry.signing.signing_request import MOST_BYTES, Signed
from verification.certificate import display_number

commands = typer.Typer(help="Accreditation, from the application to the last sanction.", no_args_is_help=True)

LARGEST_DOCUMENT = 50 * 2**20  # bytes that are read to make its digest
Which = Annotated[str, typer.Argument(metavar="ACCREDITATION_ID", help="As `bevis accreditation list` has it.")]
Reason = Annotated[str, typer.Option("--reason", help="Why, and where the decision is recorded.")]
From = Annotated[str | None, typer.Option("--from", help="First such day; the default is today.")]
HoldsFrom = Annotated[str | None, typer.Option("--from", help="First such day; the default is when it is carried out.")]


@commands.command("apply")
def apply(
    applicant: Annotated[str, typer.Argument(metavar="APPLICANT", help="Id of the organisation that applies.")],
    body: Annotated[str, typer.Argument(metavar="BODY", help="Id of the organisation that accredits.")],
    standard: Annotated[str, typer.Option("--standard", help="Such as ISO/IEC 17024.")],
    edition: Annotated[str, typer.Option("--edition", help="Such as 2026.")],
    scope: Annotated[list[str], typer.Option("--scope", help="For what; may be repeated.")],
    reason: Annotated[str | None, typer.Option("--reason", help="Whatever belongs beside it.")] = None,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Apply for accreditation, in the name of the applicant."""
    given = {"applicant": applicant, "body": body, "standard": standard, "edition": edition}
    new, at = parse({**given, "scope": scope, "reason": reason}, NewApplication), now()
    with registry_at(directory) as registry, registry.writing() as db:
        who = acting(db, by, at)
        who.require("accreditation.apply", new.applicant)
        found = _of(db, applications.apply_for(db, new, at, who.account), at)
    _told(found, as_json=as_json, lang=language(lang))


@commands.command("document")
def document(
    accreditation: Which,
    file: Annotated[str, typer.Argument(metavar="FILE", help="The document; only its digest is kept here.")],
    reference: Annotated[str, typer.Option("--reference", help="Where it is kept.")],
    name: Annotated[str | None, typer.Option("--name", help="What it is called; the default is FILE.")] = None,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Hand in a document: where it is kept, and the digest by which it is known again."""
    digest, at = hashlib.sha256(file_bytes(file, LARGEST_DOCUMENT)).hexdigest(), now()
    new = parse({"name": name or file.rpartition("/")[2], "reference": reference, "sha256": digest}, NewDocument)
    with registry_at(directory) as registry, registry.writing() as db:
        row = accreditation_by_id(db, accreditation)
        who = acting(db, by, at)
        who.require("accreditation.apply", row.applicant)
        applications.add_document(db, accreditation, new, at, who.account)
        found = _of(db, row, at) | {"document": new.model_dump()}
    _told(found, as_json=as_json, lang=language(lang))


@commands.command("list")
def list_(directory: Dir = None, by: Actor = None, as_json: AsJson = False, lang: Language = None) -> None:
    """Applications of, and to, organisations for which one may read."""
    at, tongue = now(), language(lang)
    with registry_at(directory) as registry, registry.writing() as db:
        who = acting(db, by, at)
        where = who.organisations("accreditation.read")
        rows = accreditations_after(db, None, None, concerning=where)
        known = standings(db, rows, at)
        found = [_shown(row, known.get(row.public_id)) for row in rows]
    if as_json:
        show_json(found)
        return
    lines = [(one["id"], one["applicant"], one["body"], one["for"], _stands(one, tongue)) for one in found]
    show_table(tongue, ("col_id", "col_holder", "col_issuer", "col_title", "col_state"), lines, fixed=("col_id",))


@commands.command("show")
def show_(
    accreditation: Which, directory: Dir = None, by: Actor = None, as_json: AsJson = False, lang: Language = None
) -> None:
    """One of them: its documents, every step, and what is published of it."""
    at, tongue = now(), language(lang)
    with registry_at(directory) as registry, registry.writing() as db:
        row = accreditation_by_id(db, accreditation)
        acting(db, by, at).require_for_any("accreditation.read", [row.body, row.applicant])
        documents = [
            {"name": one.name, "reference": one.reference, "sha256": one.sha256} for one in documents_of(db, row)
        ]
        told = ("place", "kind", "at", "actor", "reason", "from_day", "until_day", "about")
        steps = [{name: getattr(step, name) for name in told} for step in steps_of(db, row)]
        public = published(db, row, at) if row.state == "granted" else None
        standing = public and {
            "standing": public.standing,
            "surveillance_due": public.surveillance_due,
            "overdue": public.overdue,
            "valid_from": public.certificate.valid_from,
            "valid_until": public.certificate.valid_until,
        }
        found = _of(db, row, at)
    if as_json:
        show_json({**found, "documents": documents, "steps": steps, "published": standing})
        return
    _told(found, as_json=False, lang=tongue)
    rows = [
        (
            step["kind"],
            f"{step['at']:%Y-%m-%d %H:%M}",
            step["from_day"],
            step["until_day"],
            step["actor"],
            step["reason"],
        )
        for step in steps
    ]
    show_table(tongue, ("col_event", "col_at", "col_since", "col_until", "col_actor", "col_reason"), rows)


@commands.command("review")
def review(
    accreditation: Which,
    outcome: Annotated[str, typer.Argument(metavar="grant|refuse")],
    reason: Reason,
    first: Annotated[str | None, typer.Option("--from", help="First day, to grant it.")] = None,
    until: Annotated[str | None, typer.Option("--until", help="Last day, to grant it.")] = None,
    every: Annotated[int | None, typer.Option("--surveillance-months", help="How often it is looked at again.")] = None,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Review it and propose what becomes of it; somebody else decides (`bevis approval`)."""
    at, tongue = now(), language(lang)
    given: dict[str, object] = {"outcome": outcome, "reason": reason, "surveillance_months": every}
    given |= {"valid_from": day("--from", first), "valid_until": day("--until", until)}
    proposal = parse(given, Proposal)
    with registry_at(directory) as registry, registry.writing() as db:
        row = accreditation_by_id(db, accreditation)
        who = acting(db, by, at)
        who.require("accreditation.review", row.body)
        asked = propose(db, accreditation, proposal, who, at)
        found = _of(db, row, at) | {"approval": asked.public_id, "digest": asked.digest}
    _told(found, as_json=as_json, lang=tongue)
    if not as_json:
        show_approve(asked.public_id, asked.digest)


Step = Callable[[Registry, Database, str, datetime], Accreditation]


def _step(
    accreditation: str,
    action: str,
    directory: Path | None,
    by: str | None,
    lang: str | None,
    step: Step,
    *,
    as_json: bool,
) -> None:
    """What somebody of the body does about one."""
    at = now()
    with registry_at(directory) as registry, registry.writing() as db:
        who = acting(db, by, at)
        who.require(action, accreditation_by_id(db, accreditation).body)
        found = _of(db, step(registry, db, who.account, at), at)
    _told(found, as_json=as_json, lang=language(lang))


@commands.command("issue")
def issue(
    accreditation: Which,
    output: ToSignFile = None,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Issue the certificate that was decided on, signed with the body's key.

    A body that holds its key itself signs FILE with `bevis sign`, and `bevis accreditation signed` issues it.
    """
    at, request = now(), None
    with registry_at(directory) as registry, registry.writing() as db:
        who, row = acting(db, by, at), accreditation_by_id(db, accreditation)
        who.require("accreditation.follow_up", row.body)
        office = Office(keyring_of(registry), registry.public_url)
        try:
            row = accredit.issue_accreditation(db, office, accreditation, at, who.account)
        except KeyHeldElsewhere:
            request = accredit.accreditation_to_sign(db, office, accreditation, at)
            output = write_request(request, output)
        found = _of(db, row, at)
    if request is None or output is None:
        _told(found, as_json=as_json, lang=language(lang))
    else:
        show_to_sign(request, output, f"accreditation signed {accreditation}", language(lang), as_json=as_json)


@commands.command("signed")
def signed(
    accreditation: Which,
    file: SignedFile,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Hand in the signature of a body that holds its key itself: then the certificate is issued. Twice is once."""
    given = read_json_file(file, Signed, MOST_BYTES)

    def step(registry: Registry, db: Database, account: str, at: datetime) -> Accreditation:
        office = Office(keyring_of(registry), registry.public_url)
        return accredit.keep_accreditation(db, office, accreditation, given, at, account)

    _step(accreditation, "accreditation.follow_up", directory, by, lang, step, as_json=as_json)


@commands.command("surveil")
def surveil(
    accreditation: Which,
    audit: Annotated[str, typer.Argument(metavar="NUMBER", help="Of the certificate of an audit.")],
    reason: Annotated[str | None, typer.Option("--reason", help="Whatever belongs beside it.")] = None,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Record that it was looked at again."""
    given = parse({"audit": audit, "reason": reason}, Surveillance)
    _step(
        accreditation,
        "accreditation.follow_up",
        directory,
        by,
        lang,
        lambda _, db, account, at: accredit.survey(db, accreditation, given, at, account),
        as_json=as_json,
    )


@commands.command("warn")
def warn(
    accreditation: Which,
    reason: Reason,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Warn: it is published, and the accreditation stands."""
    given = parse({"reason": reason}, Warned)
    _step(
        accreditation,
        "accreditation.sanction",
        directory,
        by,
        lang,
        lambda _, db, account, at: accredit.warn(db, accreditation, given, at, account),
        as_json=as_json,
    )


@commands.command("suspend")
def suspend(
    accreditation: Which,
    reason: Reason,
    first: From = None,
    until: Annotated[str | None, typer.Option("--until", help="Last such day; the default is no end.")] = None,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """For some days nobody may rest on it."""
    from_day, last = day("--from", first), day("--until", until)

    def step(_: Registry, db: Database, account: str, at: datetime) -> Accreditation:
        today = accredit.today_of(db, accreditation, at)
        given = parse({"from_day": from_day or today, "until": last, "reason": reason}, Suspending)
        return accredit.suspend_accreditation(db, accreditation, given, at, account)

    _step(accreditation, "accreditation.sanction", directory, by, lang, step, as_json=as_json)


@commands.command("reinstate")
def reinstate(
    accreditation: Which,
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
        row, who = accreditation_by_id(db, accreditation), acting(db, by, at)
        who.require("accreditation.reinstate", row.body)
        try:
            row = accredit.reinstate_accreditation(db, accreditation, given, at, who.account)
        except ApprovalNeeded:
            asked = accredit.ask_to_reinstate_accreditation(db, accreditation, given, at, who)
        found = _of(db, row, at)
    if asked is not None:
        show_asked(found, asked, as_json=as_json, lang=language(lang))
    _told(found, as_json=as_json, lang=language(lang))


@commands.command("withdraw")
def withdraw(
    accreditation: Which,
    reason: Reason,
    cause: Annotated[str, typer.Option("--cause", help="error, fraud, loss_of_competence, misuse, holder_request")],
    first: From = None,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """It holds no more, for good."""
    from_day = day("--from", first)

    def step(_: Registry, db: Database, account: str, at: datetime) -> Accreditation:
        today = accredit.today_of(db, accreditation, at)
        given = parse({"from_day": from_day or today, "cause": cause, "reason": reason}, Withdrawing)
        return accredit.withdraw_accreditation(db, accreditation, given, at, account)

    _step(accreditation, "accreditation.sanction", directory, by, lang, step, as_json=as_json)


@commands.command("give-up")
def give_up(
    accreditation: Which,
    reason: Reason,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Apply for it no longer."""
    why, at = parse({"reason": reason}, Warned).reason, now()
    with registry_at(directory) as registry, registry.writing() as db:
        who = acting(db, by, at)
        who.require("accreditation.apply", accreditation_by_id(db, accreditation).applicant)
        found = _of(db, proposals.give_up(db, accreditation, why, at, who.account), at)
    _told(found, as_json=as_json, lang=language(lang))


def _of(db: Database, row: Accreditation, at: datetime) -> dict[str, Any]:
    return _shown(row, standings(db, [row], at).get(row.public_id))


def _shown(row: Accreditation, standing: str | None) -> dict[str, Any]:
    return {
        "id": row.public_id,
        "body": row.body,
        "applicant": row.applicant,
        "for": f"{row.standard}:{row.edition}",
        "scope": list(row.scope),
        "state": row.state,
        "standing": standing,
        "certificate": display_number(row.certificate) if row.certificate else None,
    }


def _stands(one: Mapping[str, Any], lang: Lang) -> str:
    """What became of the application, and, where what was granted no longer simply holds, that."""
    state = words(lang, f"accreditation_{one['state']}")
    return state if one["standing"] in {None, "in_force"} else f"{state}, {words(lang, 'standing_' + one['standing'])}"


def _told(found: Mapping[str, Any], *, as_json: bool, lang: Lang) -> None:
    if as_json:
        show_json(dict(found))
        return
    state = _stands(found, lang)
    show(
        words(
            lang,
            "accreditation_told",
            state=state,
            **{name: found[name] for name in ("id", "applicant", "body", "for")},
        )
    )
    if found["certificate"]:
        show(words(lang, "accreditation_certificate", number=found["certificate"]))
