"""What a holder is told of a certificate, as plain text in their language. Pure."""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from string import Formatter
from typing import Any

from levels.rulebook import rulebook
from registry.records.issued.outbox import HolderNotice
from verification.certificate import Certificate, day_at, display_number, in_language
from verification.reasons import harmless, texts

_WIDTH = 72  # of a rule between two messages
# A name is greeted where it can be nothing but a name: what stands in a class list could be an advertisement.
_NAME = re.compile(r"[^\W\d_](?:[^\W\d_]|[\u0300-\u036f .'\u2019\u02bc-])*")
_MOST_OF_NAME = 60
_HOLDS = frozenset({"issued", "corrected", "renewed", "reinstated"})


@dataclass(frozen=True)
class Sender:
    """The registry that writes: where it is reached, and what it is called."""

    public_url: str
    name: str


@dataclass(frozen=True)
class Message:
    """A notice in words. The body has neither greeting nor signature; `letter` puts them around it."""

    subject: str
    body: str


def message(notice: HolderNotice, said: Certificate, sender: Sender) -> Message:
    """One notice in words.

    said  the certificate that the notice is about
    """
    lang, told = notice.language, notice.parameters
    level = rulebook(said.edition).levels[said.level]
    # Whoever holds one that was replaced is led to the one that came in its place.
    shown = told.get("other", said.number) if notice.template == "superseded" else said.number
    values: dict[str, str | None] = {
        "title": harmless(in_language(said.title, lang)),
        "issuer": harmless(said.issuer.name),
        "level": said.level.value,
        "word": level.printed_word[lang].lower(),
        "number": display_number(said.number),
        "first": said.valid_from.isoformat(),
        "from": told.get("from"),
        "until": said.valid_until.isoformat() if said.valid_until else None,
        "issued": day_at(said.issued_at, said.time_zone).isoformat(),
        "other": display_number(told["other"]) if "other" in told else None,
        "reason": _reason(notice.template, told.get("reason"), lang),
        "url": f"{sender.public_url}/v/{display_number(shown)}",
    }
    span = "until" if said.valid_until else "no_until" if level.carries_end else "attests"
    holds = [("line", span)] if notice.template in _HOLDS else []
    paragraphs = [
        [("says", notice.template), ("line", "reason")],
        [("line", "title"), ("line", "number"), *holds],
        [("line", "look"), ("line", "link")],
        [("then", notice.template)],
    ]
    return Message(
        subject=_filled("subject", notice.template, lang, values) or "",
        body="\n\n".join(filter(None, ("\n".join(_lines(each, lang, values)) for each in paragraphs))),
    )


def letter(messages: Sequence[Message], name: str, lang: str, sender: Sender) -> Message:
    """All that one person is told at once: one message as it is, several under one heading.

    name  of the person
    """
    host = sender.public_url.split("//", 1)[1]
    greeted = len(name) <= _MOST_OF_NAME and _NAME.fullmatch(name) is not None
    hello = _filled("line", "hello" if greeted else "hello_", lang, {"name": name})
    footer = _lines([("line", "signed"), ("line", "never")], lang, {"registry": harmless(sender.name), "host": host})
    rule = f"\n\n{'-' * _WIDTH}\n\n"
    several = len(messages) > 1
    subject = _filled("subject", "digest", lang, {"count": str(len(messages))}) if several else messages[0].subject
    body = rule.join(f"{one.subject}\n\n{one.body}" if several else one.body for one in messages)
    return Message(subject or "", f"{hello}\n\n{body}\n\n-- \n" + "\n".join(footer) + "\n")


def _reason(template: str, reason: str | None, lang: str) -> str | None:
    if reason is None or reason == template:
        return None
    worded: Mapping[str, Mapping[str, str]] = _texts()["reinstated"] if template == "reinstated" else _because()
    return worded[reason][lang] if reason in worded else None


def _lines(wanted: Sequence[tuple[str, str]], lang: str, values: Mapping[str, str | None]) -> Iterator[str]:
    for table, name in wanted:
        line = _filled(table, name, lang, values)
        if line is not None:
            yield line


def _filled(table: str, name: str, lang: str, values: Mapping[str, str | None]) -> str | None:
    """The text, filled in; None where something that it needs is not known."""
    text: str = _texts()[table][name][lang]
    needed = [field for _, field, _, _ in Formatter().parse(text) if field]
    known = {field: values[field] for field in needed}
    return None if None in known.values() else text.format_map(known)


@cache
def _texts() -> Mapping[str, Mapping[str, Any]]:
    return tomllib.loads((resources.files("registry.issuing") / "notices.toml").read_text(encoding="utf-8"))


@cache
def _because() -> Mapping[str, Mapping[str, str]]:
    words: Mapping[str, Mapping[str, str]] = texts("words")["because"]
    return {code: text for code, text in words.items() if code != "sentence"}
