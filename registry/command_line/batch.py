"""`bevis batch`: a class list becomes certificates."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from levels.level import Level
from registry.command_line.batch_answer import batch_json, may_approve, show_batch, show_state, summary
from registry.command_line.batch_corrected import check_corrected, write_corrected
from registry.command_line.batch_list import Output, check_output, last_days_of, write_list
from registry.command_line.batch_signing import signed, to_sign
from registry.command_line.batch_template import template
from registry.command_line.place import Actor, Dir, acting, keyring_of, list_keys, permitted, registry_at
from registry.command_line.screen import (
    NEGATIVE,
    USAGE,
    AsJson,
    Lang,
    Language,
    Sheet,
    file_bytes,
    language,
    now,
    one_of,
    progress_bar,
    show,
    show_json,
    show_table,
    words,
)
from registry.issuing.batches.issue_batch import batch_result, cancel_batch, check_batch, request_batch, resume_batch
from registry.issuing.batches.progress import Progress
from registry.issuing.batches.run import BatchRun
from registry.issuing.decisions.wish import Wish
from registry.issuing.lists.class_list import read_class_list
from registry.issuing.lists.outcome import BatchResult
from registry.issuing.lists.roster import MAX_BYTES
from registry.issuing.lists.roster_row import Roster
from registry.reading.reason import given_reason
from registry.records.issued.batches import STATES, Batch, batch_by_id, batch_events, batches
from registry.records.sittings.occasions import occasion_by_id, occasion_of
from registry.records.store.database import Database
from registry.records.whole.directory import Registry
from registry.work.carry_out import carry_out

commands = typer.Typer(
    help="Class lists: check them, issue from them, follow what becomes of them.", no_args_is_help=True
)

commands.command("template")(template)
commands.command("to-sign")(to_sign)
commands.command("signed")(signed)

RosterFile = Annotated[str, typer.Argument(metavar="ROSTER", help="CSV or XLSX with a row of headers.")]
OccasionId = Annotated[str, typer.Option("--occasion", help="Id of the occasion the list belongs to.")]
AskedLevel = Annotated[str | None, typer.Option("--asked", help="Ask for this level instead of the scheme's target.")]
AtAttained = Annotated[
    bool, typer.Option("--at-attained", help="Where the asked level is missed, issue at the attained one.")
]
BatchId = Annotated[str, typer.Argument(metavar="BATCH", help="As `bevis batch list` has it.")]
_SHORTEST_BAR = 200  # rows; fewer are issued before one could read it


@commands.command("check")
def check(
    roster: RosterFile,
    occasion: OccasionId,
    asked: AskedLevel = None,
    at_attained: AtAttained = False,
    sheet: Sheet = None,
    corrected: Annotated[
        Path | None,
        typer.Option(
            "--corrected", metavar="FILE", help="Also write the list back, with what is wrong beside each row."
        ),
    ] = None,
    directory: Dir = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Say what issuing would do, and store nothing."""
    tongue = language(lang)
    level, data, at = one_of("--asked", asked, Level), file_bytes(roster, MAX_BYTES), now()
    wish = Wish(Level(level) if level else None, issue_at_attained=at_attained)
    check_corrected(corrected, roster, data)
    with registry_at(directory) as registry, registry.reading() as db:
        people = read_class_list(db, occasion, data, keys=list_keys(registry), now=at, sheet=sheet)
        result = check_batch(db, occasion, people, wish, now=at)
    if corrected is not None:
        written = write_corrected(corrected, data, sheet, result, tongue)
        if not as_json:
            show(words(tongue, "corrected_written" if written else "nothing_corrected", path=corrected), "bold")
    _present(result, people, tongue, as_json=as_json, checked=True)


@commands.command("issue")
def issue(
    roster: RosterFile,
    occasion: OccasionId,
    asked: AskedLevel = None,
    issue_good_rows: Annotated[
        bool, typer.Option("--issue-good-rows", help="Issue to the others although some rows have faults.")
    ] = False,
    at_attained: AtAttained = False,
    sheet: Sheet = None,
    output: Output = None,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Issue from a class list. To everybody who has earned it; to nobody while a row has faults.

    At levels B, C1 and C2 (and D where the scheme says so) this asks, and somebody else approves: then your own key
    must be in BEVIS_KEY.
    """
    tongue = language(lang)
    level, data, at = one_of("--asked", asked, Level), file_bytes(roster, MAX_BYTES), now()
    wish = Wish(Level(level) if level else None, issue_good_rows, at_attained)
    check_output(output, roster)
    with registry_at(directory) as registry:
        keyring, keys = keyring_of(registry), list_keys(registry)
        with registry.reading() as db:
            people = read_class_list(db, occasion, data, keys=keys, now=at, sheet=sheet, keyring=keyring)
        with registry.writing() as db:
            who, issuer = acting(db, by, at), occasion_by_id(db, occasion).issuer
            who.require("batch.request", issuer)
            if people.refused:  # nothing is kept of what could not be read
                result = check_batch(db, occasion, people, wish, now=at)
            else:
                result = request_batch(db, occasion, people, wish, actor=who, now=at, keys=keys)
            approvers = may_approve(db, issuer, who.account, at) if result.state == "waiting" else []
        if result.state == "issuing":
            result = _carried_out(registry, str(result.batch), tongue, as_json=as_json)
        with registry.reading() as db:
            until = last_days_of(db, result) if output else {}
    _write(output, result, until, tongue, as_json=as_json)
    _present(result, people, tongue, as_json=as_json, approvers=approvers)


@commands.command("list")
def list_(
    occasion: Annotated[str | None, typer.Option("--occasion", help="Only lists of that occasion.")] = None,
    state: Annotated[str | None, typer.Option("--state", help=f"One of {', '.join(STATES)}.")] = None,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Class lists that were handed in, the newest first."""
    wanted, at = one_of("--state", state, STATES), now()
    with registry_at(directory) as registry, registry.writing() as db:
        issuers = acting(db, by, at).organisations("batch.read")
        found = batches(
            db,
            occasion_id=occasion_by_id(db, occasion).id if occasion else None,
            issuers=issuers,
            states=[wanted] if wanted else None,
        )
        told = [summary(batch, occasion_of(db, batch.occasion_id).public_id) for batch in found]
    if as_json:
        show_json(told)
        return
    tongue = language(lang)
    rows = [
        (
            one["id"],
            one["occasion"],
            words(tongue, f"batch_is_{one['state']}"),
            f"{one['issued'] + one['already']}/{one['rows']}",
            f"{one['created_at']:%Y-%m-%d}",
            one["created_by"],
        )
        for one in told
    ]
    columns = ("col_id", "col_occasion", "col_state", "col_issued", "col_handed_in", "col_actor")
    fixed = ("col_id", "col_issued", "col_handed_in")
    show_table(tongue, columns, rows, fixed=fixed, spare=("col_actor", "col_handed_in", "col_state"))


@commands.command("show")
def show_(
    batch: BatchId, directory: Dir = None, by: Actor = None, as_json: AsJson = False, lang: Language = None
) -> None:
    """How far a batch has come, what happened to it, and what it waits for."""
    at = now()
    with registry_at(directory) as registry, registry.writing() as db:
        found = _readable(db, batch, by)
        occasion = occasion_of(db, found.occasion_id).public_id
        result = batch_result(db, found, rows=[])
        told = summary(found, occasion) | {
            "approval": result.approval,
            "events": [
                {"kind": each.kind, "at": each.at, "actor": each.actor, "reason": each.reason, "note": each.note}
                for each in batch_events(db, found)
            ],
        }
        approvers = may_approve(db, found.issuer, found.created_by, at) if found.state == "waiting" else []
    if as_json:
        show_json(told)
        return
    tongue = language(lang)
    show(f"{told['id']}  {occasion}  {words(tongue, f'batch_is_{found.state}')}", "bold")
    for each in told["events"]:
        kind, said = words(tongue, f"batch_is_{each['kind']}"), each["note"] or each["reason"] or ""
        show(f"{each['at']:%Y-%m-%d %H:%M} UTC  {kind}  {each['actor']}  {said}".rstrip())
    shown = ("rows", "issued", "already", "refused", "faults", "left")
    show_table(tongue, ("col_fact", "col_value"), [(words(tongue, f"batch_row_{name}"), told[name]) for name in shown])
    show_state(result, tongue, approvers)


@commands.command("result")
def result_(
    batch: BatchId,
    output: Output = None,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """What became of every row."""
    tongue = language(lang)
    check_output(output)
    with registry_at(directory) as registry, registry.writing() as db:
        result = batch_result(db, _readable(db, batch, by))
        until = last_days_of(db, result) if output else {}
    _write(output, result, until, tongue, as_json=as_json)
    _present(result, None, tongue, as_json=as_json)


@commands.command("cancel")
def cancel(
    batch: BatchId,
    reason: Annotated[str | None, typer.Option("--reason", help="Why, on one line; it is kept on record.")] = None,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Issue no more of it. What is issued stays issued."""
    at, why = now(), None if reason is None else given_reason(reason)
    with registry_at(directory) as registry, registry.writing() as db:
        who, issuer = acting(db, by, at), batch_by_id(db, batch).issuer
        who.require("batch.cancel", issuer)
        result = batch_result(db, cancel_batch(db, batch, actor=who, now=at, reason=why), rows=[])
    if as_json:
        show_json(batch_json(result, language(lang)))
        return
    show(words(language(lang), "batch_now_cancelled", batch=batch))


@commands.command("resume")
def resume(
    batch: BatchId, directory: Dir = None, by: Actor = None, as_json: AsJson = False, lang: Language = None
) -> None:
    """Let it go on: once it is approved, once what held it is put right, or where a crash left it."""
    tongue, at = language(lang), now()
    with registry_at(directory) as registry:
        keyring = keyring_of(registry)
        with registry.writing() as db:
            who, issuer = acting(db, by, at), batch_by_id(db, batch).issuer
            who.require("batch.request", issuer)
        with closing(BatchRun(registry, keyring, batch, now)) as run:
            state = run.begin().state
        if state != "issuing":
            with registry.writing() as db:
                keys = list_keys(registry)
                state = resume_batch(db, batch, actor=acting(db, by, at), now=at, keys=keys).state
        approvers: list[str] = []
        if state == "issuing":
            result = _carried_out(registry, batch, tongue, as_json=as_json)
        else:
            with registry.reading() as db:
                result = batch_result(db, batch_by_id(db, batch))
                approvers = may_approve(db, issuer, who.account, at)
    _present(result, None, tongue, as_json=as_json, approvers=approvers)


# ------------------------------------------------------------------ the work, and the answer


def _carried_out(registry: Registry, batch_id: str, lang: Lang, *, as_json: bool) -> BatchResult:
    """Issue, or have whoever has the turn issue, with a bar for people; then what became of every row."""
    with progress_bar(words(lang, "batch_bar"), shown=not as_json) as bar:

        def seen(progress: Progress) -> None:
            if progress.rows >= _SHORTEST_BAR:
                bar(progress.settled, progress.rows)

        carry_out(registry, keyring_of(registry), batch_id, now, seen)
    with registry.reading() as db:
        return batch_result(db, batch_by_id(db, batch_id))


def _write(
    output: Path | None, result: BatchResult, until: Mapping[str, date | None], lang: Lang, *, as_json: bool
) -> None:
    if output is not None:
        write_list(output, result, until, lang)
        if not as_json:
            show(words(lang, "written", file=output))


def _readable(db: Database, batch_id: str, by: str | None) -> Batch:
    """The batch, if whoever asks may read it. Raises BatchNotFound, NotAllowed."""
    batch = batch_by_id(db, batch_id)
    permitted(db, by, now(), "batch.read", batch.issuer)
    return batch


def _present(
    result: BatchResult,
    people: Roster | None,
    lang: Lang,
    *,
    as_json: bool,
    checked: bool = False,
    approvers: Sequence[str] = (),
) -> None:
    if as_json:
        show_json(batch_json(result, lang) | ({"approvers": list(approvers)} if approvers else {}))
    else:
        show_batch(result, lang, checked=checked)
        if (result.reason == "faults" and result.left) or (checked and result.faults and result.issued):
            show(words(lang, "batch_held_back"))
        if checked and result.needs_approval:
            show(words(lang, "batch_takes_two"))
        show_state(result, lang, approvers)
    if people is not None and result.faults and not people.rows:
        raise typer.Exit(USAGE)
    if result.refused or result.faults or result.state in {"held", "failed", "cancelled"}:
        raise typer.Exit(NEGATIVE)
