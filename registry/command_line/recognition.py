"""`bevis recognition`: which schemes accept which others' certificates as equal to their own, and on which terms."""

from collections.abc import Iterator, Mapping
from typing import Annotated

import typer

from registry.command_line.place import Actor, Dir, acting, permitted, registry_at
from registry.command_line.screen import (
    AsJson,
    Lang,
    Language,
    day,
    language,
    now,
    show,
    show_json,
    show_table,
    words,
)
from registry.errors import MalformedInput
from registry.records.sector.recognitions import (
    NewRecognition,
    Recognition,
    grant_recognition,
    recognition_by_id,
    recognition_history,
    recognitions,
    withdraw_recognition,
)
from registry.records.sector.schemes import scheme_owner
from registry.records.strict_input import Decision, parse

commands = typer.Typer(help="Schemes that accept other schemes' certificates.", no_args_is_help=True)

RecognitionId = Annotated[
    str, typer.Argument(metavar="RECOGNITION_ID", help="As `bevis recognition list` has it.", show_default=False)
]


@commands.command("grant")
def grant(
    scheme: Annotated[str, typer.Argument(metavar="SCHEME", help="The one that accepts; its owner decides.")],
    accepts: Annotated[str, typer.Argument(metavar="ACCEPTS", help="The one whose certificates it accepts.")],
    first: Annotated[str | None, typer.Option("--from", help="First day of use; the default is today.")] = None,
    until: Annotated[str | None, typer.Option("--until", help="Last day of use; the default is no end.")] = None,
    issued_from: Annotated[str | None, typer.Option("--issued-from", help="Issued on this day or later.")] = None,
    issued_until: Annotated[str | None, typer.Option("--issued-until", help="Issued on this day or before.")] = None,
    version: Annotated[list[str] | None, typer.Option("--version", help="Only this version; may be repeated.")] = None,
    min_level: Annotated[str | None, typer.Option("--min-level", help="B, C1, C2, D, E or F.")] = None,
    required: Annotated[
        list[str] | None, typer.Option("--class", help="Only with this class on it; may be repeated.")
    ] = None,
    mapped: Annotated[
        list[str] | None,
        typer.Option("--map", metavar="CLASS=CLASS", help="A class of ACCEPTS, and the one of SCHEME it counts as."),
    ] = None,
    condition_sv: Annotated[
        str | None, typer.Option("--condition-sv", help="What a person has to check, in Swedish …")
    ] = None,
    condition_nb: Annotated[str | None, typer.Option("--condition-nb", help="… in Norwegian …")] = None,
    condition_en: Annotated[str | None, typer.Option("--condition-en", help="… and in English.")] = None,
    reason: Annotated[str | None, typer.Option("--reason", help="Where the decision is recorded.")] = None,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Let certificates of another scheme count as certificates of this one."""
    at = now()
    condition = {"sv": condition_sv, "nb": condition_nb, "en": condition_en}
    given: dict[str, object] = {"scheme": scheme, "accepts": accepts, "versions": version or None, "reason": reason}
    given |= {"accepted_from": day("--from", first) or at.date(), "accepted_until": day("--until", until)}
    given |= {"issued_from": day("--issued-from", issued_from), "issued_until": day("--issued-until", issued_until)}
    given |= {"min_level": min_level, "required_classes": required or [], "class_map": dict(map(_pair, mapped or []))}
    given["condition"] = condition if any(condition.values()) else None
    new = parse(given, NewRecognition)
    with registry_at(directory) as registry, registry.writing() as db:
        who = permitted(db, by, at, "recognition.grant", scheme_owner(db, new.scheme))
        found = _of(grant_recognition(db, new, at, who))
    if as_json:
        show_json(found)
        return
    show(words(language(lang), "recognition_granted", **found))


@commands.command("list")
def list_(
    on: Annotated[str | None, typer.Option("--on", help="Only those in force on this day.")] = None,
    scheme: Annotated[
        str | None, typer.Option("--scheme", help="Only those this one accepts or is accepted by.")
    ] = None,
    directory: Dir = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """All recognitions, or those in force on a day."""
    asked = day("--on", on)
    with registry_at(directory) as registry, registry.reading() as db:
        rows = recognitions(db, either=scheme)
        found = [_of(row) for row in rows if asked is None or row.standing_on(asked) == "in_force"]
    if as_json:
        show_json(found)
        return
    tongue = language(lang)
    lines = [
        (
            *(one["id"], one["scheme"], one["accepts"]),
            _span(one["issued_from"], one["issued_until"]),
            _span(one["accepted_from"], one["accepted_until"]),
        )
        for one in found
    ]
    columns = ("col_id", "col_scheme", "col_accepts", "col_issued", "col_in_force")
    show_table(tongue, columns, lines, fixed=("col_id",))
    for one in found:
        for says in _ends(tongue, one):
            show(says)


@commands.command("show")
def show_one(
    recognition: RecognitionId, directory: Dir = None, by: Actor = None, as_json: AsJson = False, lang: Language = None
) -> None:
    """All its terms, and every decision about it: who, when, why, for which days."""
    at = now()
    with registry_at(directory) as registry, registry.writing() as db:
        row = recognition_by_id(db, recognition)
        acting(db, by, at).require("recognition.read", scheme_owner(db, row.scheme))
        shown = ("place", "kind", "at", "from_day", "until_day", "actor", "reason")
        events = [{name: getattr(event, name) for name in shown} for event in recognition_history(db, row)]
        found = _of(row)
    if as_json:
        show_json({**found, "events": events})
        return
    tongue = language(lang)
    show(words(tongue, "recognition_granted", **found))
    terms = {
        "issued": _span(found["issued_from"], found["issued_until"]),
        "accepted": _span(found["accepted_from"], found["accepted_until"]),
        "versions": ", ".join(row.versions or ()),
        "level": row.min_level or "",
        "classes": ", ".join(row.required_classes),
        "map": ", ".join(f"{old} → {new}" for old, new in row.class_map.items()),
        "condition": (row.condition or {}).get(tongue, ""),
    }
    for name, value in terms.items():
        if value:
            show(words(tongue, f"recognition_{name}", value=value))
    for says in _ends(tongue, found):
        show(says)
    rows = [
        (
            *(words(tongue, f"mandate_event_{one['kind']}"), f"{one['at']:%Y-%m-%d %H:%M}"),
            *(one["from_day"], one["until_day"], one["actor"], one["reason"]),
        )
        for one in events
    ]
    show_table(tongue, ("col_event", "col_at", "col_since", "col_until", "col_actor", "col_reason"), rows)


@commands.command("withdraw")
def withdraw(
    recognition: RecognitionId,
    first: Annotated[str, typer.Option("--from", help="First day it no longer holds; it may lie in the past.")],
    reason: Annotated[str, typer.Option("--reason", help="Why, and where the decision is recorded.")],
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Withdraw a recognition for good: from that day on nothing counts by it."""
    why = parse({"reason": reason}, Decision).reason
    from_day = day("--from", first)
    with registry_at(directory) as registry, registry.writing() as db:
        at = now()
        owner = scheme_owner(db, recognition_by_id(db, recognition).scheme)
        who = permitted(db, by, at, "recognition.withdraw", owner)
        found = _of(withdraw_recognition(db, recognition, from_day, why, who, now=at))
    if as_json:
        show_json(found)
        return
    for says in _ends(language(lang), found):
        show(says)


def _pair(text: str) -> tuple[str, str]:
    old, equals, new = text.partition("=")
    if not (old and equals and new):
        raise MalformedInput([("--map", f"must be like B1=T4; {text!r} is not")])
    return old, new


def _span(first: object, last: object) -> str:
    return f"{first or ''} – {last or ''}".strip() if first or last else ""


def _ends(lang: Lang, one: Mapping[str, object]) -> Iterator[str]:
    if one["withdrawn_from"]:
        yield words(lang, "mandate_withdrawn", id=one["id"], day=one["withdrawn_from"])


def _of(row: Recognition) -> dict[str, object]:
    shown = (*NewRecognition.model_fields, "withdrawn_from")
    return {"id": row.public_id, **{name: getattr(row, name) for name in shown}}
