"""What became of a class list, as a shell shows it: a line a row, and beneath it what is missing or wrong."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from registry.command_line.screen import Lang, show, show_raw, words
from registry.issuing.lists.outcome import BatchResult, RowOutcome, UnmetRow
from registry.issuing.lists.roster_cells import YES_NO
from registry.issuing.lists.roster_row import header_of
from registry.issuing.lists.roster_template import columns_stating
from registry.records.actors.access import approval_kinds
from registry.records.actors.accounts import accounts, actor_named
from registry.records.issued.batches import Batch
from registry.records.store.database import Database
from verification.certificate import display_number

STYLES = {"issued": "green", "refused": "yellow", "fault": "red", "held": "yellow", "cancelled": "yellow"}
INDENT = 6  # columns: below the name


def batch_json(result: BatchResult, lang: Lang) -> dict[str, Any]:
    """The answer as a program gets it; sentences in one language, numbers as people read them."""
    told = result.as_json(lang)
    for row in told["rows"]:
        row["number"] = row["number"] and display_number(row["number"])
    return told


def summary(batch: Batch, occasion: str) -> dict[str, Any]:
    """A batch without its rows."""
    facts = ("state", "reason", "detail", "issuer", "rows", "issued", "already", "refused", "faults")
    return {
        "id": batch.public_id,
        "occasion": occasion,
        **{fact: getattr(batch, fact) for fact in facts},
        "left": batch.pending,
        "four_eyes": batch.four_eyes,
        "created_at": batch.created_at,
        "created_by": batch.created_by,
    }


def show_batch(result: BatchResult, lang: Lang, *, checked: bool = False) -> None:
    """The answer for people: a line a row, and beneath it what is missing or wrong, each with what was found."""
    show_rows(result.rows, lang, checked=checked, why=True)
    key = "batch_checked" if checked else "batch_done"
    already = words(lang, "batch_already", already=result.already) if result.already else ""
    left = words(lang, "batch_left", left=result.left) if result.left else ""
    counts = words(
        lang, key, issued=result.issued, already=already, refused=result.refused, faults=result.faults, left=left
    )
    show(counts, "bold")
    for warning in result.warnings:
        show(warning.says[lang], "yellow")
    show("")


def show_rows(rows: Sequence[RowOutcome], lang: Lang, *, checked: bool = False, why: bool = False) -> None:
    """A line a row; why: and beneath it what is missing or wrong."""
    widest = max((len(row.name or _about(row, lang)) for row in rows), default=0)
    shared = _lacked_by_all(rows) if why else ()
    for row in rows:
        _show_row(row, widest, lang, checked=checked)
        if why:
            _show_why(row, lang, said=shared)
    if shared:
        show(words(lang, "lacked_by_all"))
    for unmet in shared:
        _show_unmet(unmet, lang)


def show_state(result: BatchResult, lang: Lang, approvers: Sequence[str]) -> None:
    """Why nothing, or no more, was issued, and what to do; approvers: accounts of whoever may decide."""
    if result.state == "waiting":
        show(words(lang, "batch_waits", batch=result.batch), "bold")
        who = ", ".join(approvers) if approvers else words(lang, "batch_nobody_approves")
        show(words(lang, "batch_may_approve", who=who))
        for command in (f"approval show {result.approval}", f"batch resume {result.batch}"):
            show_raw(f"  bevis {command}")
    elif result.state == "signing":
        show(words(lang, "batch_signing_how"), "bold")
        for command in (
            f"batch to-sign {result.batch} -o FILE",
            "sign FILE --key KEY",
            f"batch signed {result.batch} FILE.signed",
        ):
            show_raw(f"  bevis {command}")
    elif result.state in {"held", "failed"} and result.reason != "faults":
        show(words(lang, "batch_stopped", batch=result.batch), "bold")
        show(str(result.detail or result.reason), indent=2)
        show_raw(f"  bevis batch resume {result.batch}")


def may_approve(db: Database, issuer: str, requester: str, now: datetime) -> list[str]:
    """The accounts of whoever may decide on what that person asked for in that issuer's name."""
    action = approval_kinds()["batch"].decide
    return [
        each.slug
        for each in accounts(db)
        if each.slug != requester and each.active_at(now) and actor_named(db, each.slug, now).may(action, issuer)
    ]


def _show_row(row: RowOutcome, widest: int, lang: Lang, *, checked: bool) -> None:
    outcome = words(lang, f"{'would' if checked else 'was'}_{row.outcome}")
    told = display_number(row.number) if row.number else ""
    if row.outcome == "refused" and row.attained and row.asked and row.unmet:
        told = words(lang, "reaches", attained=row.attained, asked=row.asked)
    if row.already:
        outcome = words(lang, "was_already")
    line = " ".join(filter(None, (outcome, row.level, told)))
    number, name = (row.row or "", row.name or _about(row, lang))
    show(f"{number:>4}  {name:<{widest}}  {line}", STYLES.get(row.outcome, ""))


def _about(row: RowOutcome, lang: Lang) -> str:
    """What a row is about that is nobody: the list as a whole, or its headers."""
    if row.row == 0:
        return words(lang, "whole_list")
    return words(lang, "headers") if any(fault.code.startswith("column_") for fault in row.faults) else ""


def _lacked_by_all(rows: Sequence[RowOutcome]) -> tuple[UnmetRow, ...]:
    """The requirements that every refused row lacks in the same way: they are said once for the list."""
    refused = [row.unmet for row in rows if row.outcome == "refused" and row.unmet]
    if len(refused) < 2:  # noqa: PLR2004 of one row they are said beneath it
        return ()
    return tuple(one for one in refused[0] if all(one in unmet for unmet in refused[1:]))


def _show_why(row: RowOutcome, lang: Lang, *, said: Sequence[UnmetRow] = ()) -> None:
    for fault in (*row.faults, *row.warnings):
        value = f"“{fault.value}”" if fault.value else None
        named = f"{fault.header} ({fault.column})" if fault.header not in {None, fault.column} else fault.column
        cell = " ".join(filter(None, (named, value)))
        says: Mapping[str, str] = fault.says
        told = {fault.column, fault.header, fault.value} - {None}
        # A sentence about a header names it.
        once = fault.code.startswith("column_") and any(str(name) in says[lang] for name in told)
        show(f"{cell}: {says[lang]}" if cell and not once else says[lang], indent=INDENT)
    for unmet in row.unmet:
        if unmet not in said:
            _show_unmet(unmet, lang)


def _show_unmet(unmet: UnmetRow, lang: Lang) -> None:
    """A requirement that does not hold. What a column of the list could state is asked for by its header."""
    columns = columns_stating(unmet.facts)
    yes = words(lang, "yes")
    if len(columns) == 1 and columns[0] in YES_NO and yes in unmet.wanted[lang]:
        filled = f"{header_of(columns[0], lang)}: {yes}"
        show(f"{unmet.id} {unmet.title[lang]}. {words(lang, 'fill_in', columns=filled)}", indent=INDENT)
        return
    wanted = words(lang, "found_wanted", found=unmet.found[lang], wanted=unmet.wanted[lang])
    show(f"{unmet.id} {unmet.title[lang]}. {wanted}", indent=INDENT)
    if columns:
        named = ", ".join(header_of(column, lang) for column in columns)
        show(words(lang, "fill_in", columns=named), indent=INDENT)
    else:
        show(words(lang, "what_to_do", lift=unmet.lift[lang]), indent=INDENT)
