"""What the commands of an occasion have in common: who may, and how what happened to its record is told."""

from datetime import datetime
from typing import Annotated

import typer

from registry.command_line.place import permitted_for_any
from registry.command_line.screen import Lang, show, words
from registry.records.issued.amendments import as_text
from registry.records.sittings.occasion_events import OccasionEvent
from registry.records.sittings.occasions import occasion_by_id
from registry.records.store.database import Database
from verification.certificate import display_number

INDENT = 4
MOST_NUMBERS_SHOWN = 20

OccasionId = Annotated[str, typer.Argument(metavar="ID", help="The occasion.")]
Reason = Annotated[str | None, typer.Option("--reason", help="Why, in a few words that name nobody.")]


def permitted_for(db: Database, by: str | None, at: datetime, action: str, occasion: str) -> str:
    """The account of whoever does this, if it may for one of those who take part in the occasion.

    Raises OccasionNotFound, and what `permitted_for_any` raises.
    """
    return permitted_for_any(db, by, at, action, occasion_by_id(db, occasion).new().recorders(action))


def event_json(event: OccasionEvent) -> dict[str, object]:
    """An event as programs get it; numbers of certificates as people read them."""
    return {
        "place": event.place,
        "kind": event.kind,
        "at": event.at,
        "actor": event.actor,
        "reason": event.reason,
        "changes": event.changes,
        "lines": event.lines,
        "replaced": event.replaced,
        "digest": event.digest,
        "issued_before": [display_number(number) for number in event.issued_before],
    }


def show_changes(event: OccasionEvent, lang: Lang) -> None:
    """Why, what was added or changed, and which certificates stood before."""
    if event.reason:
        show(event.reason, indent=INDENT)
    if event.lines is not None:
        show(words(lang, "event_lines", lines=event.lines, replaced=event.replaced or 0), indent=INDENT)
    for change in event.changes:
        if "before" not in change:
            show(words(lang, "changed_about_person", path=change["path"]), indent=INDENT)
            continue
        before, after = (
            words(lang, "nothing_there") if change[side] is None else as_text(change[side])
            for side in ("before", "after")
        )
        show(f"{change['path']}: {before} → {after}", indent=INDENT)
    if event.issued_before:
        show(words(lang, "issued_before", count=len(event.issued_before)), indent=INDENT)
        for number in event.issued_before[:MOST_NUMBERS_SHOWN]:
            show(display_number(number), indent=2 * INDENT)
        if len(event.issued_before) > MOST_NUMBERS_SHOWN:
            show("…", indent=2 * INDENT)
