"""`bevis approval`: what waits for a second person, and deciding on it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

import typer

from registry.command_line.approval_told import show_approval
from registry.command_line.place import Actor, Dir, acting, registry_at
from registry.command_line.screen import (
    AsJson,
    Language,
    language,
    now,
    show,
    show_json,
    show_table,
    words,
)
from registry.errors import MalformedInput
from registry.issuing.batches.issue_batch import batch_result
from registry.issuing.changes.deciding import decide_on
from registry.issuing.decisions.four_eyes import KIND
from registry.issuing.lists.outcome import RowOutcome
from registry.reading.national_number import holds_national_number
from registry.records.actors import access
from registry.records.actors.access_log import note_access
from registry.records.actors.approvals import (
    Approval,
    approval_by_id,
    approvals,
    may_decide,
    may_see,
    rejections_before,
    withdraw_request,
)
from registry.records.issued.batches import batch_by_id
from registry.records.sector.schemes import scheme_version
from registry.records.store.database import Database

commands = typer.Typer(help="What one person asked for and another decides on.", no_args_is_help=True)

_REJECTION = ("id", "decided_by", "decided_at", "reason")
ApprovalId = Annotated[str, typer.Argument(metavar="APPROVAL", help="As `bevis approval list` has it.")]
Digest = Annotated[
    str, typer.Option("--digest", help="What `bevis approval show` has: the decision is about exactly that content.")
]


@commands.command("list")
def list_(
    every: Annotated[bool, typer.Option("--all", help="Those that are decided or withdrawn too.")] = False,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """What you may see of what was asked for, the newest first; which of it waits for your decision."""
    at = now()
    with registry_at(directory) as registry, registry.noting() as db:
        who = acting(db, by, at)
        found = [
            _of(row) | {"yours": may_decide(who, row)}
            for row in approvals(db, state=None if every else "open")
            if may_see(who, row)
        ]
    if as_json:
        show_json(found)
        return
    tongue = language(lang)
    rows = [
        (
            one["id"],
            words(tongue, f"approval_kind_{one['kind']}"),
            one["subject"].replace(" ", "\n"),
            one["requested_by"],
            words(tongue, "approval_yours" if one["yours"] else f"approval_{one['state']}"),
        )
        for one in found
    ]
    columns = ("col_id", "col_kind", "col_subject", "col_asked_by", "col_state")
    show_table(tongue, columns, rows, fixed=("col_id", "col_subject"), spare=("col_asked_by", "col_kind", "col_state"))


@commands.command("show")
def show_(
    approval: ApprovalId, directory: Dir = None, by: Actor = None, as_json: AsJson = False, lang: Language = None
) -> None:
    """What is to be done, in full, and the digest that a decision on it names."""
    at = now()
    with registry_at(directory) as registry, registry.noting() as db:
        who, row = acting(db, by, at), approval_by_id(db, approval)
        if not may_see(who, row):
            who.require("approval.read", row.organisation)
        before = [_of(one) for one in rejections_before(db, row)]
        told = _of(row) | {
            "yours": may_decide(who, row),
            "rejected_before": [{name: one[name] for name in _REJECTION} for one in before],
            "content": row.content(),
        }
        rows: Sequence[RowOutcome] = ()
        titles: Mapping[str, str] | None = None
        if row.kind == KIND:
            titles = scheme_version(db, told["content"]["scheme"], told["content"]["version"]).titles
            rows = _rows(db, who, row, at)
            told["rows"] = [
                {"row": one.row, "name": one.name, "outcome": one.outcome, "level": one.level} for one in rows
            ]
    if as_json:
        show_json(told)
        return
    show_approval(told, rows, titles, language(lang))


def _rows(db: Database, who: access.Actor, approval: Approval, at: datetime) -> Sequence[RowOutcome]:
    """The class list that somebody is to decide on, for those who may read it; that it was read is kept."""
    if not who.may("batch.read", approval.organisation):
        return ()
    note_access(
        db, account=who.account, key=who.key, action="batch.read", subjects=[("batch", approval.subject)], now=at
    )
    return batch_result(db, batch_by_id(db, approval.subject)).rows


@commands.command("approve")
def approve(
    approval: ApprovalId,
    digest: Digest,
    note: Annotated[str | None, typer.Option("--note", help="What is to be kept on record about it.")] = None,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Approve what somebody else asked for. Needs your own key in BEVIS_KEY."""
    with registry_at(directory) as registry, registry.writing() as db:
        at = now()
        row = decide_on(
            db, approval, approve=True, digest=digest, actor=acting(db, by, at), now=at, reason=_kept("--note", note)
        )
        told = _of(row)
    _decided(told, as_json=as_json, lang=lang)


@commands.command("reject")
def reject(
    approval: ApprovalId,
    digest: Digest,
    reason: Annotated[str, typer.Option("--reason", help="Why; whoever asked reads it.")],
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Reject what somebody else asked for. Needs your own key in BEVIS_KEY."""
    why = _kept("--reason", reason)
    with registry_at(directory) as registry, registry.writing() as db:
        at = now()
        row = decide_on(db, approval, approve=False, digest=digest, actor=acting(db, by, at), now=at, reason=why)
        told = _of(row)
    _decided(told, as_json=as_json, lang=lang)


@commands.command("withdraw")
def withdraw(
    approval: ApprovalId, directory: Dir = None, by: Actor = None, as_json: AsJson = False, lang: Language = None
) -> None:
    """Ask for it no longer."""
    with registry_at(directory) as registry, registry.writing() as db:
        at = now()
        told = _of(withdraw_request(db, approval, actor=acting(db, by, at), now=at))
    _decided(told, as_json=as_json, lang=lang)


def _kept(name: str, text: str | None) -> str | None:
    """A sentence that may be kept on record. Raises MalformedInput."""
    if text is None:
        return None
    if not text.strip() or not text.isprintable() or len(text) > 500:  # noqa: PLR2004 a sentence or two
        raise MalformedInput([(name, "must be text on one line, of 500 characters at most")])
    if holds_national_number(text):
        says = "a national identity number seems to stand here; take it out, it may not be kept on record"
        raise MalformedInput([(name, says)])
    return text.strip()


def _decided(told: dict[str, Any], *, as_json: bool, lang: Language) -> None:
    if as_json:
        show_json(told)
        return
    tongue = language(lang)
    show(words(tongue, "approval_now", id=told["id"], state=words(tongue, f"approval_{told['state']}")))


def _of(row: Approval) -> dict[str, Any]:
    shown = ("kind", "subject", "organisation", "state", "digest", "requested_by", "requested_at")
    return {
        "id": row.public_id,
        **{name: getattr(row, name) for name in (*shown, "decided_by", "decided_at", "reason")},
    }
