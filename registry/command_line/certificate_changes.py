"""`bevis certificate`, the verbs that change one: suspend, reinstate, revoke, annul, replace."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from registry.command_line.approval_told import show_asked
from registry.command_line.certificate import Number, commands, number_in
from registry.command_line.place import Actor, Dir, acting, registry_at
from registry.command_line.screen import AsJson, Lang, Language, language, now, show, show_json, words
from registry.errors import ApprovalNeeded, MalformedInput
from registry.issuing.changes.allowed import REASONS
from registry.issuing.changes.reinstate import ask_to_reinstate, may_reinstate, reinstate
from registry.issuing.changes.withdraw import annul, in_whose_name, revoke, supersede, suspend
from registry.reading.national_number import holds_national_number
from registry.records.actors.approvals import Approval
from registry.records.issued.certificate_pages import shown_state
from registry.records.issued.certificates import IssuedCertificate, certificate_by_number
from verification.certificate import display_number

__all__ = ["commands"]

WhySuspend = Annotated[str, typer.Option("--reason", help=", ".join(REASONS["suspended"]))]
WhyReinstate = Annotated[str, typer.Option("--reason", help=", ".join(REASONS["reinstated"]))]
WhyRevoke = Annotated[str, typer.Option("--reason", help=", ".join(REASONS["revoked"]))]
WhyAnnul = Annotated[str, typer.Option("--reason", help=", ".join(REASONS["annulled"]))]
Note = Annotated[str | None, typer.Option("--note", help="What is to be kept on record about it.")]
MOST_OF_NOTE = 500  # characters: a sentence or two


def note_in(text: str | None, option: str = "--note") -> str | None:
    """A note that may be kept. Raises MalformedInput."""
    if text is None:
        return None
    if not text.strip() or not text.isprintable() or len(text) > MOST_OF_NOTE:
        raise MalformedInput([(option, f"must be text on one line, of {MOST_OF_NOTE} characters at most")])
    if holds_national_number(text):
        says = "a national identity number seems to stand here; take it out, it may not be kept on record"
        raise MalformedInput([(option, says)])
    return text.strip()


@commands.command("suspend")
def suspend_(
    number: Number,
    reason: WhySuspend,
    note: Note = None,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Suspend until it is reinstated, or ended for good."""
    _change(suspend, number, reason, note, directory, by, as_json=as_json, lang=language(lang))


@commands.command("revoke")
def revoke_(
    number: Number,
    reason: WhyRevoke,
    note: Note = None,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Revoke for good. Whoever checks it learns of it with the next status list."""
    _change(revoke, number, reason, note, directory, by, as_json=as_json, lang=language(lang))


@commands.command("annul")
def annul_(
    number: Number,
    reason: WhyAnnul,
    note: Note = None,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Annul: it should never have been issued."""
    _change(annul, number, reason, note, directory, by, as_json=as_json, lang=language(lang))


@commands.command("replace")
def replace_(
    number: Number,
    by_number: Annotated[str, typer.Option("--by", metavar="NUMBER", help="The certificate that comes in its place.")],
    note: Note = None,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Replace it by another of the same person for the same scheme. Whoever checks it is led to that one."""
    kept, which, successor, at = note_in(note), number_in(number), number_in(by_number), now()
    with registry_at(directory) as registry, registry.writing() as db:
        who = acting(db, by, at)
        name = in_whose_name(db, who, "certificate.replace", certificate_by_number(db, which))
        row = supersede(db, which, by=successor, now=at, actor=who.account, organisation=name, note=kept)
    _changed(row, shown_state(row, at), {"successor": display_number(successor)}, as_json=as_json, lang=language(lang))


@commands.command("reinstate")
def reinstate_(
    number: Number,
    reason: WhyReinstate,
    note: Note = None,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Let a suspended certificate hold again. Asks first; once somebody else approved, the same command does it."""
    kept, which, at = note_in(note), number_in(number), now()
    asked: Approval | None = None
    with registry_at(directory) as registry, registry.writing() as db:
        who, row = acting(db, by, at), certificate_by_number(db, which)
        may_reinstate(db, who, row)
        try:
            row = reinstate(db, which, reason=reason, now=at, actor=who.account, note=kept)
        except ApprovalNeeded:
            asked = ask_to_reinstate(db, which, reason=reason, actor=who, now=at, note=kept)
    tongue, state = language(lang), shown_state(row, at)
    _changed(row, state, {"reason": reason}, as_json=as_json, lang=tongue, asked=asked)


def _change(
    change: Callable[..., IssuedCertificate],
    number: str,
    reason: str,
    note: str | None,
    directory: Path | None,
    by: str | None,
    *,
    as_json: bool,
    lang: Lang,
) -> None:
    kept, which, at = note_in(note), number_in(number), now()
    with registry_at(directory) as registry, registry.writing() as db:
        who = acting(db, by, at)
        name = in_whose_name(db, who, f"certificate.{change.__name__}", certificate_by_number(db, which))
        row = change(db, which, reason=reason, now=at, actor=who.account, organisation=name, note=kept)
    _changed(row, shown_state(row, at), {"reason": reason}, as_json=as_json, lang=lang)


def _changed(
    row: IssuedCertificate,
    state: str,
    more: dict[str, Any],
    *,
    as_json: bool,
    lang: Lang,
    asked: Approval | None = None,
) -> None:
    """What it is now; where somebody else has to approve first, what to hand to them."""
    told = {"number": display_number(row.number), "state": state, **more}
    if asked is not None:
        show_asked(told, asked, as_json=as_json, lang=lang)
    if as_json:
        show_json(told)
    else:
        show(words(lang, "changed", number=told["number"], state=words(lang, f"state_{state}")))
