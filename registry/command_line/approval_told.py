"""What somebody else is to decide on, as a shell shows it: in words, whom it is about, and the command that decides."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NoReturn

import typer

from registry.command_line.batch_answer import show_rows
from registry.command_line.scheme_told import scheme_facts
from registry.command_line.screen import (
    NEGATIVE,
    Lang,
    has_words,
    in_short,
    show,
    show_json,
    show_raw,
    show_table,
    words,
)
from registry.issuing.lists.outcome import RowOutcome
from registry.records.actors.approvals import Approval
from registry.records.sector.scheme_document import NewScheme
from registry.records.sector.scheme_drafts import KIND as OF_A_SCHEME

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)")
_HEAD = ("requested_by", "requested_at", "organisation", "decided_by", "decided_at", "reason")


def show_approval(
    told: Mapping[str, Any], rows: Sequence[RowOutcome], titles: Mapping[str, str] | None, lang: Lang
) -> None:
    """All of it.

    told    as JSON has it, with `content`, `yours` and `rejected_before`
    rows    of the class list it is about, where it is about one
    titles  of the scheme it is about
    """
    show(f"{words(lang, 'approval_kind_' + told['kind'])}: {told['subject']}", "bold")
    show(words(lang, "approval_yours" if told["yours"] else f"approval_{told['state']}"))
    head = [(words(lang, f"approval_has_{name}"), _value(told[name], lang)) for name in _HEAD]
    content = told["content"]
    is_batch = told["kind"] == "batch"
    facts: Iterable[tuple[str, str]]
    if is_batch:
        facts = _of_batch(content, titles, lang)
    elif told["kind"] == OF_A_SCHEME:
        facts = scheme_facts(NewScheme.model_validate_json(json.dumps(content["document"])), lang)
    else:
        facts = _of_any(content, lang)
    before = [(words(lang, "approval_rejected_before"), _rejection(one, lang)) for one in told["rejected_before"]]
    show_table(lang, ("col_fact", "col_value"), [line for line in (*head, *before, *facts) if line[1]])
    if is_batch:
        if rows:
            show_rows(rows, lang)
        show(words(lang, "approval_all_rows"))
        show_raw(f"  bevis batch result {told['subject']}")
    # To be copied: neither is broken, however narrow the terminal.
    show(words(lang, "approval_digest"))
    show_raw(f"  {told['digest']}")
    if told["yours"]:
        show(words(lang, "approval_how"))
        show_approve(told["id"], told["digest"])


def show_approve(approval: str, digest: str) -> None:
    """The command that approves, on a line of its own."""
    show_raw(f"  bevis approval approve {approval} --digest {digest}")


def show_asked(found: Mapping[str, Any], asked: Approval, *, as_json: bool, lang: Lang) -> NoReturn:
    """That somebody else has to approve first, and what to hand to them; ends the command."""
    if as_json:
        show_json({**found, "approval": {"id": asked.public_id, "state": asked.state, "digest": asked.digest}})
    else:
        show(words(lang, "asked_for_approval"))
        show_approve(asked.public_id, asked.digest)
    raise typer.Exit(NEGATIVE)


def _rejection(one: Mapping[str, Any], lang: Lang) -> str:
    who, when, why = (_value(one[name], lang) for name in ("decided_by", "decided_at", "reason"))
    return f"{when}, {who}: {why} ({one['id']})"


def _of_batch(content: Mapping[str, Any], titles: Mapping[str, str] | None, lang: Lang) -> Iterator[tuple[str, str]]:
    """What is asked about a class list; what only a program can read (digests of file and rows) is left to it."""
    named = titles[lang] if titles else content["scheme"]
    told = {
        "occasion": _occasion(content["occasion"], named, lang),
        "scheme": f"{named} ({content['scheme']} {content['version']})",
        "issuer": content["issuer"],
        "mandate": content["mandate"],
        "asked_level": content["asked"],
        "ceiling": content["ceiling"],
        "edition": content["edition"],
        "counts": _counts(content["counts"], lang),
    }
    return ((words(lang, f"approval_has_{name}"), _value(value, lang)) for name, value in told.items())


def _occasion(content: Mapping[str, Any], named: str, lang: Lang) -> str:
    """The id of the occasion, and in words what it was and when."""
    document = content["document"]
    days = sorted({session["on"] for session in document.get("session", ())})
    said = [named, "–".join(dict.fromkeys((days[0], days[-1])))] if days else [named]
    dated = [name for name in ("exam_on", "decided_on") if document.get(name)]
    said += [words(lang, f"approval_occasion_{name}", day=document[name]) for name in dated]
    return f"{content['occasion']}: {', '.join(said)}"


def _counts(counts: Mapping[str, int], lang: Lang) -> str:
    none = words(lang, "approval_count_none")
    return ", ".join(f"{none if level == 'none' else level}: {count}" for level, count in counts.items())


def _of_any(content: Mapping[str, Any], lang: Lang) -> Iterator[tuple[str, str]]:
    for name, told in content.items():
        # Of many certificates it is told how many; `bevis certificate mass preview` says which, and --json all.
        value = len(told) if name == "certificates" else told
        key = f"approval_has_{name}"
        yield words(lang, key) if has_words(key) else name.replace("_", " "), _value(value, lang)


def _value(value: object, lang: Lang) -> str:
    return f"{value:%Y-%m-%d %H:%M} UTC" if isinstance(value, datetime) else in_short(_moments(value), lang)


def _moments(value: object) -> object:
    """The same, with moments as people read them; content has them as text."""
    if isinstance(value, dict):
        return {name: _moments(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_moments(part) for part in value]
    if isinstance(value, str) and _MOMENT.fullmatch(value):
        return f"{datetime.fromisoformat(value).astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    return value
