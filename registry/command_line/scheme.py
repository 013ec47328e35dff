"""`bevis scheme`: what a certificate is about, what its owner asks, and the way from a draft to retirement."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, get_args

import typer

from registry.command_line.approval_told import show_approve
from registry.command_line.place import Actor, Dir, acting, permitted, registry_at
from registry.command_line.scheme_told import scheme_facts
from registry.command_line.screen import (
    AsJson,
    Lang,
    Language,
    day,
    file_bytes,
    language,
    now,
    one_of,
    show,
    show_json,
    show_raw,
    show_table,
    words,
)
from registry.errors import SchemeNotFound
from registry.issuing.decisions.validity_in_words import policy_in_words
from registry.issuing.people.reachable import out_of_reach
from registry.records.sector.scheme_document import NewScheme, SourcedFact
from registry.records.sector.scheme_drafts import (
    SchemeDraft,
    add_scheme,
    approve_draft,
    confirm_fact,
    discard_draft,
    draft_is_approved,
    draft_of,
    draft_scheme,
    drafts,
    publish_draft,
    submit_draft,
    takes_two,
)
from registry.records.sector.schemes import (
    SchemeVersion,
    retire_version,
    scheme_history,
    scheme_owner,
    scheme_version,
    schemes,
)
from registry.records.store.database import Database
from registry.records.strict_input import MAX_BYTES, Decision, parse, read_toml
from verification.certificate import LANGUAGES

commands = typer.Typer(help="Schemes, from a draft to the day they are retired.", no_args_is_help=True)

File = Annotated[str, typer.Argument(metavar="FILE.toml", help="The scheme with one version.")]
Code = Annotated[str, typer.Argument(metavar="CODE", help="As `bevis scheme list` has it.")]
Version = Annotated[str, typer.Option("--version", help="Which one.")]
Reason = Annotated[str, typer.Option("--reason", help="Why, and where the decision is recorded.")]


# ------------------------------------------------------------------ writing

_TOLD_APART = frozenset({"titles", "content", "validity", "source"})


@commands.command("draft")
def draft(
    file: File,
    reason: Annotated[str | None, typer.Option("--reason", help="What was changed, and why.")] = None,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Write a version, or write it anew, from a TOML file whose keys docs/files.md lists. Nothing is in force by it."""
    new, at = read_toml(file_bytes(file, MAX_BYTES), NewScheme), now()
    why = parse({"reason": reason}, Decision).reason if reason else None
    with registry_at(directory) as registry, registry.writing() as db:
        who = permitted(db, by, at, "scheme.draft", new.owner)
        told = of_draft(db, draft_scheme(db, new, at, who, reason=why), at)
    _tell_draft(told, as_json=as_json, lang=language(lang))


@commands.command("confirm")
def confirm(
    code: Code,
    fact: Annotated[
        str, typer.Argument(metavar="FACT", help="Such as validity; `bevis scheme show` lists the sources.")
    ],
    version: Version,
    evidence: Annotated[str, typer.Option("--evidence", help="Where it is written, or who decided it.")],
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Stand by what a draft says of a fact, as its owner: somebody has looked it up, or decided it."""
    known, at = one_of("FACT", fact, get_args(SourcedFact)), now()
    where = parse({"reason": evidence}, Decision).reason
    with registry_at(directory) as registry, registry.writing() as db:
        who = permitted(db, by, at, "scheme.draft", draft_of(db, code, version).owner)
        told = of_draft(db, confirm_fact(db, code, version, known, evidence=where, now=at, actor=who), at)
    _tell_draft(told, as_json=as_json, lang=language(lang))


@commands.command("submit")
def submit(
    code: Code,
    version: Version,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Ask somebody else to approve a draft, as a version above level D needs. Needs your own key in BEVIS_KEY."""
    at = now()
    with registry_at(directory) as registry, registry.writing() as db:
        approval = submit_draft(db, code, version, actor=acting(db, by, at), now=at)
        told = {"approval": approval.public_id, "code": code, "version": version, "digest": approval.digest}
    if as_json:
        show_json(told)
        return
    tongue = language(lang)
    show(words(tongue, "scheme_submitted", code=code, version=version))
    show_approve(told["approval"], told["digest"])


@commands.command("approve")
def approve(
    code: Code,
    version: Version,
    digest: Annotated[str, typer.Option("--digest", help="What `bevis scheme show` has: exactly that is approved.")],
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Approve a draft. Above level D: one that somebody else wrote and asked for, with your own key in BEVIS_KEY."""
    at = now()
    with registry_at(directory) as registry, registry.writing() as db:
        who = acting(db, by, at)
        told = of_draft(db, approve_draft(db, code, version, digest=digest, actor=who, now=at), at)
    _tell_draft(told, as_json=as_json, lang=language(lang))


@commands.command("publish")
def publish(
    code: Code,
    version: Version,
    first: Annotated[
        str | None, typer.Option("--from", help="First day; the default is that of the draft, or today.")
    ] = None,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Put a version in force. Above level D it must be approved first. It is never changed again."""
    at, from_day = now(), day("--from", first)
    with registry_at(directory) as registry, registry.writing() as db:
        who = permitted(db, by, at, "scheme.publish", draft_of(db, code, version).owner)
        told = _of_version(publish_draft(db, code, version, from_day=from_day, now=at, actor=who))
    _published(told, as_json=as_json, lang=language(lang))


@commands.command("add")
def add(file: File, directory: Dir = None, by: Actor = None, as_json: AsJson = False, lang: Language = None) -> None:
    """Write and publish a version in one step, as one person may up to level D. Keys of the file: docs/files.md."""
    new, at = read_toml(file_bytes(file, MAX_BYTES), NewScheme), now()
    with registry_at(directory) as registry, registry.writing() as db:
        permitted(db, by, at, "scheme.draft", new.owner)
        told = _of_version(add_scheme(db, new, at, permitted(db, by, at, "scheme.publish", new.owner)))
    _published(told, as_json=as_json, lang=language(lang))


@commands.command("discard")
def discard(
    code: Code,
    version: Version,
    reason: Reason,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Give a draft up."""
    at, why = now(), parse({"reason": reason}, Decision).reason
    with registry_at(directory) as registry, registry.writing() as db:
        who = permitted(db, by, at, "scheme.draft", draft_of(db, code, version).owner)
        discard_draft(db, code, version, reason=why, now=at, actor=who)
    if as_json:
        show_json({"code": code, "version": version, "state": "discarded"})
        return
    show(words(language(lang), "scheme_discarded", code=code, version=version))


@commands.command("retire")
def retire(
    code: Code,
    version: Version,
    first: Annotated[str, typer.Option("--from", help="First day on which nothing is decided under it any more.")],
    reason: Reason,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Take a published version out of use from a day on. What was decided under it before stays as it is."""
    at, from_day, why = now(), day("--from", first), parse({"reason": reason}, Decision).reason
    with registry_at(directory) as registry, registry.writing() as db:
        who = permitted(db, by, at, "scheme.retire", scheme_owner(db, code))
        told = _of_version(retire_version(db, code, version, from_day, reason=why, actor=who, now=at))
    if as_json:
        show_json(told)
        return
    show(words(language(lang), "scheme_retired", code=code, version=version, day=told["retired_from"]))


# ------------------------------------------------------------------ reading


@commands.command("list")
def list_(
    drafted: Annotated[
        bool, typer.Option("--drafts", help="Drafts too, of those organisations whose you may read.")
    ] = False,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """All published versions, the newest of each scheme first."""
    tongue, at = language(lang), now()
    found: list[dict[str, Any]] = []
    with registry_at(directory) as registry:
        if drafted:
            with registry.writing() as db:  # a key that is used is noted
                who = acting(db, by, at)
                found += [of_draft(db, row, at) for row in drafts(db) if who.may("scheme.read", row.owner)]
        with registry.reading() as db:
            found += [_of_version(row) for row in schemes(db)]
    if as_json:
        show_json(found)
        return
    rows = [
        (
            *(one["code"], one["version"], one["titles"][tongue], one["max_level"], one["owner"]),
            words(tongue, f"scheme_state_{one['state']}"),
        )
        for one in found
    ]
    columns = ("col_scheme", "col_version", "col_title", "col_max_level", "col_owner", "col_state")
    show_table(tongue, columns, rows, fixed=("col_scheme",))


@commands.command("show")
def show_(
    code: Code,
    version: Annotated[
        str | None, typer.Option("--version", help="The default is the one published last; may be a draft.")
    ] = None,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """All that a version says; of a draft also what is to be confirmed, and the digest that an approval names."""
    tongue, at = language(lang), now()
    about: dict[str, Any] = {}
    with registry_at(directory) as registry:
        try:
            with registry.reading() as db:
                new = scheme_version(db, code, version).new()
        except SchemeNotFound:
            if version is None:
                raise
            with registry.writing() as db:
                row = draft_of(db, code, version)
                acting(db, by, at).require("scheme.read", row.owner)
                new, about = row.new(), of_draft(db, row, at)
    told = new.model_dump(mode="json")
    if as_json:
        show_json(
            {**told, "draft": {name: about[name] for name in ("digest", "state", "takes_two")}} if about else told
        )
        return
    show(f"{told['titles'][tongue]} ({new.code}, {new.version})", "bold")
    for line in told["content"][tongue]:
        show(f"  - {line}")
    for said in policy_in_words(new.validity, tongue):
        show(said)
    show_table(tongue, ("col_fact", "col_value"), scheme_facts(new, tongue, without=_TOLD_APART))
    if new.source:
        columns = ("col_fact", "col_mark", "col_source", "col_as_of")
        show_table(tongue, columns, [(each.fact, each.mark, each.note, each.as_of) for each in new.source])
    if about:
        _say_draft(about, tongue)


@commands.command("history")
def history(
    code: Code,
    version: Annotated[str | None, typer.Option("--version", help="The default is all of them.")] = None,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Everything that happened to a scheme: who, when, why, from which day."""
    at = now()
    with registry_at(directory) as registry, registry.writing() as db:
        acting(db, by, at).require("scheme.read", scheme_owner(db, code))
        shown = ("version", "place", "kind", "at", "from_day", "actor", "reason", "digest", "content")
        found = [{name: getattr(row, name) for name in shown} for row in scheme_history(db, code, version)]
    if as_json:
        show_json(found)
        return
    tongue = language(lang)
    rows = [
        (
            *(one["version"], words(tongue, f"scheme_event_{one['kind']}"), f"{one['at']:%Y-%m-%d %H:%M}"),
            *(one["from_day"], one["actor"], one["reason"]),
        )
        for one in found
    ]
    show_table(tongue, ("col_version", "col_event", "col_at", "col_since", "col_actor", "col_reason"), rows)


# ------------------------------------------------------------------ telling


def _of_version(row: SchemeVersion) -> dict[str, Any]:
    shown = ("code", "version", "owner", "max_level", "target_level", "titles", "published_on", "retired_from")
    state = "published" if row.retired_from is None else "retired"
    return {**{name: getattr(row, name) for name in shown}, "state": state}


def of_draft(db: Database, row: SchemeDraft, at: datetime) -> dict[str, Any]:
    """What a draft is, and what is left to do about it."""
    new = row.new()
    return {
        "code": row.code,
        "version": row.version,
        "owner": row.owner,
        "max_level": new.max_level.value,
        "target_level": new.target_level.value,
        "titles": new.titles.model_dump(),
        "state": "approved" if draft_is_approved(db, row, at) else "draft",
        "digest": row.digest,
        "takes_two": takes_two(new),
        "unconfirmed": [{"fact": each.fact, "mark": each.mark, "note": each.note} for each in new.unconfirmed],
        "out_of_reach": [
            {"row": row.id, "wanted": {tongue: row.wanted(tongue) for tongue in LANGUAGES}}
            for row in out_of_reach(new, at.date())
        ],
    }


def _tell_draft(told: Mapping[str, Any], *, as_json: bool, lang: Lang) -> None:
    if as_json:
        show_json(told)
        return
    show(words(lang, "scheme_drafted", code=told["code"], version=told["version"]))
    _say_draft(told, lang)


def _say_draft(told: Mapping[str, Any], lang: Lang) -> None:
    """What is left to do about a draft."""
    if told["unconfirmed"]:
        show(words(lang, "scheme_unconfirmed"))
        rows = [(one["fact"], one["mark"], one["note"]) for one in told["unconfirmed"]]
        show_table(lang, ("col_fact", "col_mark", "col_source"), rows)
    for one in told["out_of_reach"]:
        wanted = one["wanted"][lang]
        show(words(lang, "scheme_out_of_reach", level=told["target_level"], row=one["row"], wanted=wanted))
    if not told["unconfirmed"]:
        key = "approved" if told["state"] == "approved" else "takes_two" if told["takes_two"] else "takes_one"
        show(words(lang, f"scheme_next_{key}", code=told["code"], version=told["version"]))
    show(words(lang, "scheme_digest"))
    show_raw(f"  {told['digest']}")


def _published(told: Mapping[str, Any], *, as_json: bool, lang: Lang) -> None:
    if as_json:
        show_json(told)
        return
    show(words(lang, "scheme_added", code=told["code"], version=told["version"], day=told["published_on"]))
