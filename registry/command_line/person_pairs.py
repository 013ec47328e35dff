"""Records that may be one person, in a shell: looked at, told apart, made one, made two again."""

from datetime import datetime
from typing import Annotated, Any

import typer

from registry.command_line.person_number import Reason
from registry.command_line.person_told import pairs_told, show_asked, show_pairs
from registry.command_line.place import Actor, Dir, acting, note_look, registry_at
from registry.command_line.screen import AsJson, Language, language, now, show, show_json, words
from registry.issuing.people.duplicates import (
    Asked,
    decide_different,
    find_duplicates,
    merge_people,
    pair_for,
    pairs_for,
    unmerge_people,
)
from registry.reading.reason import given_reason
from registry.records.actors import access
from registry.records.issued.person_organisations import person_for
from registry.records.store.database import Database


def duplicates(
    find_: Annotated[bool, typer.Option("--find", help="Compare all records first.")] = False,
    every: Annotated[bool, typer.Option("--all", help="Those that are decided too.")] = False,
    after: Annotated[str | None, typer.Option("--after", metavar="PAIR", help="Those that come behind.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=500, help="How many.")] = 50,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Pairs of records that may be one person, the likeliest first, and why. Nothing is ever merged by itself."""
    tongue, at = language(lang), now()
    with registry_at(directory) as registry, registry.writing() as db:
        who = acting(db, by, at)
        queued = _found(db, who, at) if find_ else None
        behind = None if after is None else pair_for(db, who, after).id
        found = pairs_told(db, pairs_for(db, who, every=every, after=behind, limit=limit), tongue)
        note_look(db, who, "person.review", [one["id"] for pair in found for one in pair["people"]], at)
    if as_json:
        show_json(found)
        return
    if queued is not None:
        show(words(tongue, "pairs_found", number=queued))
    show_pairs(tongue, found)


def different(
    pair: Annotated[str, typer.Argument(metavar="PAIR", help="As `bevis person duplicates` has it.")],
    reason: Reason = None,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Say that two records are two people. It is remembered: the rules do not ask again for the same reasons."""
    why, at = given_reason(reason), now()
    with registry_at(directory) as registry, registry.writing() as db:
        who = acting(db, by, at)
        decide_different(db, str(pair_for(db, who, pair).id), why, now=at, actor=who.account)
    if as_json:
        show_json({"pair": pair, "state": "different"})
        return
    show(words(language(lang), "pair_different"))


def merge(
    kept: Annotated[str, typer.Argument(metavar="KEPT", help="The record that stands for the person afterwards.")],
    gone: Annotated[str, typer.Argument(metavar="OTHER", help="The one that will point to it.")],
    reason: Reason = None,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Ask that two records become one. When somebody else has approved it, the same command does it.

    Both ids stay, and certificates are not touched. Needs your own key in BEVIS_KEY.
    """
    why, at = given_reason(reason), now()
    with registry_at(directory) as registry, registry.writing() as db:
        who = acting(db, by, at)
        one, other = (person_for(db, who, "person.merge", said) for said in (kept, gone))
        asked = merge_people(db, one, other, actor=who, now=at, reason=why)
        told = _told(asked)
    show_asked(told, "person_merged", language(lang), as_json=as_json)


def unmerge(
    gone: Annotated[str, typer.Argument(metavar="OTHER", help="The record that was merged into another.")],
    reason: Reason = None,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Ask that a merged record stands for itself again. When somebody else has approved it, it is done."""
    why, at = given_reason(reason), now()
    with registry_at(directory) as registry, registry.writing() as db:
        who = acting(db, by, at)
        found = person_for(db, who, "person.merge", gone)
        asked = unmerge_people(db, found, actor=who, now=at, reason=why)
        told = _told(asked)
    show_asked(told, "person_unmerged", language(lang), as_json=as_json)


def _found(db: Database, who: access.Actor, at: datetime) -> int:
    """Compares everybody with everybody, whoever's people they are: a matter of the registry itself."""
    who.require("person.review", None)
    return find_duplicates(db, now=at, actor=who.account)


def _told(asked: Asked) -> dict[str, Any]:
    return {"done": asked.done, "approval": asked.approval.public_id, "digest": asked.approval.digest}
