"""`bevis certificate mass`: suspend, revoke, annul or reinstate all that stems from one cause, by two people."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from registry.command_line.approval_told import show_approve
from registry.command_line.certificate import number_in
from registry.command_line.certificate_changes import note_in
from registry.command_line.certificate_correct import commands
from registry.command_line.place import Actor, Dir, acting, registry_at
from registry.command_line.screen import (
    NEGATIVE,
    AsJson,
    Lang,
    Language,
    day,
    language,
    now,
    one_of,
    show,
    show_json,
    show_raw,
    show_table,
    words,
)
from registry.errors import MalformedInput
from registry.issuing.changes.allowed import FOR_CAUSE, REASONS
from registry.issuing.changes.mass_action import (
    ACTION,
    Asked,
    OfOneCause,
    OfOneDecision,
    ask_for_mass_action,
    carry_out,
    plan_mass_action,
    planned_page,
)
from registry.issuing.changes.mass_selection import VERBS
from registry.records.actors.access_log import note_access
from registry.records.issued.certificates import certificate_by_number
from registry.records.issued.certificates_by_cause import CAUSES
from registry.records.strict_input import parse
from verification.certificate import display_number

__all__ = ["commands"]

mass = typer.Typer(
    help="All certificates of one cause at once: look, ask, have somebody else approve, carry out.",
    no_args_is_help=True,
)
commands.add_typer(mass, name="mass")

Change = Annotated[str, typer.Argument(metavar="CHANGE", help=", ".join(VERBS))]
CauseOf = Annotated[
    str,
    typer.Argument(metavar="CAUSE", help=f"{', '.join(CAUSES)}; to reinstate: decision, what suspended them."),
]
Which = Annotated[str, typer.Argument(metavar="ID", help="Id of the cause; of a scheme's version, SCHEME@VERSION.")]
Reason = Annotated[
    str,
    typer.Option(
        "--reason",
        help=f"{', '.join(FOR_CAUSE)}; to annul: {', '.join(REASONS['annulled'])}; to reinstate: "
        f"{', '.join(REASONS['reinstated'])}",
    ),
]
From = Annotated[str | None, typer.Option("--from", metavar="DAY", help="Only those issued on that day or later.")]
To = Annotated[str | None, typer.Option("--to", metavar="DAY", help="Only those issued on that day or before.")]
For = Annotated[str | None, typer.Option("--org", metavar="ORG", help="In whose name, where you act for several.")]
Note = Annotated[str | None, typer.Option("--note", help="What is to be kept on record about it.")]
DECISION = "decision"


@mass.command("preview")
def preview(
    change: Change,
    cause: CauseOf,
    which: Which,
    reason: Reason,
    first: From = None,
    last: To = None,
    organisation: For = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many to list; all are counted.")] = 50,
    after: Annotated[
        str | None, typer.Option("--after", metavar="NUMBER", help="Only what comes after it: the last one seen.")
    ] = None,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """How many certificates would be changed, which, and which not and why. Nothing is changed, nobody is asked."""
    asked, at = _asked(change, cause, which, reason, first, last, organisation, None), now()
    start = number_in(after) if after else None
    with registry_at(directory) as registry, registry.noting() as db:
        who = acting(db, by, at)
        plan = plan_mass_action(db, asked, who)
        seen = certificate_by_number(db, start).id if start else None
        rows = planned_page(db, plan, after=seen, limit=limit + 1)
        read = [("certificate", row.number) for row, _ in rows[:limit]]
        note_access(db, account=who.account, key=who.key, action=ACTION, subjects=read, now=at)  # type: ignore[arg-type] # a kind
        told: dict[str, Any] = {
            "change": plan.verb,
            "organisation": plan.organisation,
            "counts": vars(plan.counts),
            "certificates": [
                {
                    "number": display_number(row.number),
                    "holder": row.holder,
                    "scheme": row.scheme,
                    "level": row.level,
                    "issuer": row.issuer,
                    "state": row.state,
                    "left_out": why,
                }
                for row, why in rows[:limit]
            ],
            "more": len(rows) > limit,
        }
    if as_json:
        show_json(told)
        return
    _show_preview(told, language(lang))


def _show_preview(told: Mapping[str, Any], lang: Lang) -> None:
    counts = told["counts"]
    show(words(lang, "mass_to_change", count=counts["to_change"]), "bold")
    states = {words(lang, f"mass_state_{state}"): count for state, count in counts["by_state"].items()}
    parts = (
        *(("col_state", state, count) for state, count in states.items()),
        *(("col_issuer", issuer, count) for issuer, count in counts["by_issuer"].items()),
        *(("col_level", level, count) for level, count in counts["by_level"].items()),
        *(("mass_left_out", words(lang, f"mass_why_{why}"), count) for why, count in counts["left_out"].items()),
    )
    show_table(lang, ("col_fact", "col_value", "mass_count"), [(words(lang, key), *more) for key, *more in parts])
    rows = [
        (
            *(one["number"], one["holder"], one["scheme"], one["level"]),
            words(lang, f"mass_why_{one['left_out']}") if one["left_out"] else "",
        )
        for one in told["certificates"]
    ]
    columns = ("col_number", "col_holder", "col_scheme", "col_level", "mass_left_out")
    show_table(lang, columns, rows, fixed=("col_number",), spare=("col_scheme",))
    if told["more"]:
        show(words(lang, "more_after", number=told["certificates"][-1]["number"]))


@mass.command("ask")
def ask(
    change: Change,
    cause: CauseOf,
    which: Which,
    reason: Reason,
    first: From = None,
    last: To = None,
    organisation: For = None,
    note: Note = None,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Ask somebody else to decide on exactly these certificates. Needs your own key in BEVIS_KEY."""
    asked = _asked(change, cause, which, reason, first, last, organisation, note_in(note))
    with registry_at(directory) as registry, registry.writing() as db:
        at = now()
        approval = ask_for_mass_action(db, asked, actor=acting(db, by, at), now=at)
        told = {
            "certificates": len(approval.content()["certificates"]),
            "approval": {"id": approval.public_id, "state": approval.state, "digest": approval.digest},
        }
    if as_json:
        show_json(told)
    else:
        tongue = language(lang)
        show(words(tongue, "mass_asked", count=told["certificates"]))
        show_approve(approval.public_id, approval.digest)
        show(words(tongue, "mass_then"))
        show_raw(f"  bevis certificate mass carry-out {approval.public_id}")
    raise typer.Exit(NEGATIVE)


@mass.command("carry-out")
def carry_out_(
    approval: Annotated[str, typer.Argument(metavar="APPROVAL", help="As `bevis certificate mass ask` told it.")],
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Do what was approved: to all of the certificates or to none. Their holders are told."""
    with registry_at(directory) as registry, registry.writing() as db:
        at = now()
        done = carry_out(db, approval, actor=acting(db, by, at), now=at)
    if as_json:
        show_json({"certificates": done.changed, "change": done.content["change"], "before": done.before})
        return
    tongue = language(lang)
    show(words(tongue, "mass_done_before" if done.before else "mass_done", count=done.changed))
    if done.content["change"] == "suspend":
        show(words(tongue, "mass_back"))
        show_raw(f"  bevis certificate mass ask reinstate {DECISION} {approval} --reason resolved")


def _asked(
    change: str,
    cause: str,
    which: str,
    reason: str,
    first: str | None,
    last: str | None,
    organisation: str | None,
    note: str | None,
) -> Asked:
    """Raises MalformedInput."""
    one_of("CHANGE", change, VERBS)
    if (change == "reinstate") != (cause == DECISION):
        raise MalformedInput([("CAUSE", f"`reinstate {DECISION} APPROVAL` is how they hold again, and nothing else")])
    if cause == DECISION:
        if first or last or organisation:
            raise MalformedInput([("--from, --to, --org", "what one decision suspended is reinstated as a whole")])
        return parse({"suspended_by": which, "reason": reason, "note": note}, OfOneDecision)
    given = {
        "cause": one_of("CAUSE", cause, CAUSES),
        "which": which,
        "issued_from": day("--from", first),
        "issued_until": day("--to", last),
        "change": change,
        "reason": reason,
        "organisation": organisation,
        "note": note,
    }
    return parse({name: value for name, value in given.items() if value is not None}, OfOneCause)
