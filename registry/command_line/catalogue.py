"""`bevis scheme catalogue` and `import-catalogue`: schemes as they exist, to be confirmed by whoever owns them."""

from typing import Annotated, Any

import typer

from registry.command_line.place import Actor, Dir, acting, registry_at
from registry.command_line.scheme import of_draft
from registry.command_line.screen import AsJson, Language, language, now, show, show_json, show_table, words
from registry.errors import MalformedInput
from registry.records.actors.access import Actor as Person
from registry.records.sector.catalogue import FIRST_VERSION, CatalogueScheme, catalogue, catalogue_entry
from registry.records.sector.scheme_drafts import draft_scheme, drafts
from registry.records.sector.schemes import scheme_versions
from registry.records.store.database import Database


def list_(as_json: AsJson = False, lang: Language = None) -> None:
    """What `import-catalogue` takes: the level as the scheme works today (in brackets: the highest), and how sure."""
    tongue = language(lang)
    if as_json:
        show_json([_of(row) for row in catalogue()])
        return
    rows = [
        (row.id, getattr(row.titles, tongue), row.entry.level, row.entry.confidence)
        if row.entry.kind == "scheme"
        else (row.id, getattr(row.titles, tongue), row.entry.level, words(tongue, "catalogue_not_issued"))
        for row in catalogue()
    ]
    show_table(tongue, ("col_scheme", "col_title", "col_level", "col_mark"), rows, fixed=("col_scheme",))
    show(words(tongue, "catalogue_marks"))


def import_(
    ids: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ID]...", help="As `bevis scheme catalogue` has them; all, without one."),
    ] = None,
    owner: Annotated[
        str | None, typer.Option("--owner", help="Whose they become; the default is where you write schemes.")
    ] = None,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Take schemes of the catalogue over as drafts. Nothing is in force before its owner has confirmed it."""
    at = now()
    wanted = [catalogue_entry(one) for one in dict.fromkeys(ids or ())]
    told: list[dict[str, Any]] = []
    with registry_at(directory) as registry, registry.writing() as db:
        who = acting(db, by, at)
        where = owner or _only_owner(who)
        who.require("scheme.draft", where)
        for row in wanted or [each for each in catalogue() if each.entry.kind == "scheme"]:
            new = row.draft_for(where)
            if _is_there(db, row.id):
                told.append({"code": row.id, "imported": False})
            else:
                told.append({**of_draft(db, draft_scheme(db, new, at, who.account), at), "imported": True})
    if as_json:
        show_json(told)
        return
    tongue = language(lang)
    new_ones = [one["code"] for one in told if one["imported"]]
    there = [one["code"] for one in told if not one["imported"]]
    if new_ones:
        show(words(tongue, "catalogue_imported", count=len(new_ones), codes=", ".join(new_ones)))
        show(words(tongue, "catalogue_next", code=new_ones[0], version=FIRST_VERSION))
    if there:
        show(words(tongue, "catalogue_there", codes=", ".join(there)))


def _is_there(db: Database, code: str) -> bool:
    """Whether there is a draft or a version of it, which is left as it is."""
    return bool(scheme_versions(db, code)) or any(draft.code == code for draft in drafts(db))


def _only_owner(who: Person) -> str:
    """The one organisation that somebody writes schemes for. Raises MalformedInput."""
    where = who.organisations("scheme.draft")
    if where is None or len(where) != 1:
        known = "" if not where else f" ({', '.join(sorted(where))})"
        raise MalformedInput([("--owner", f"is missing; say whose the schemes become{known}")])
    return next(iter(where))


def _of(row: CatalogueScheme) -> dict[str, Any]:
    told: dict[str, Any] = {"id": row.id, "titles": row.titles.model_dump(), **row.entry.model_dump(mode="json")}
    if row.entry.kind == "scheme":
        new = row.draft_for("owner")
        told |= {"max_level": new.max_level, "target_level": new.target_level, "minutes": new.mandatory_minutes}
        told["sources"] = [each.model_dump(mode="json") for each in new.source]
    return told
