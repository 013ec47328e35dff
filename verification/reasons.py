"""Every answer a controller can get, in plain words: one sentence and what to do, in sv, nb and en.

The same sentences stand on the page, in the API and in a shell. They are plain text: who shows them, escapes
them. What comes out of a token and is put into a sentence can neither turn the text around nor break the line.
"""

import string
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from levels.order import LANGUAGES

Severity = Literal["decisive", "notice", "detail"]
Texts = Mapping[str, str]
_LONGEST = 200
_HOUR = timedelta(hours=1)


class NoSuchReason(Exception):
    """No reason has that code."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One code. headline: the verdict's when the step failed; plain: for where a value is not known."""

    code: str
    severity: Severity
    title: Texts
    says: Texts
    next: Texts | None
    plain: Texts | None
    headline: str | None
    example: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Headline:
    """A verdict in a word and a sentence. rank: 0 speaks before all others."""

    name: str
    rank: int
    outcome: Literal["valid", "invalid", "undetermined"]
    title: Texts
    says: Texts
    title_on_day: Texts | None
    on_day: Texts | None


@cache
def reasons() -> Mapping[str, Reason]:
    """All reasons by code, in the order of the steps."""
    return {
        code: Reason(
            code=code,
            severity=text["severity"],
            title=text["title"],
            says=text["says"],
            next=text.get("next"),
            plain=text.get("plain"),
            headline=text.get("headline"),
            example=text.get("example", {}),
        )
        for code, text in texts("reasons").items()
    }


@cache
def headlines() -> Mapping[str, Headline]:
    """All headlines by name, the worst first."""
    return {
        name: Headline(
            name, rank, text["outcome"], text["title"], text["says"], text.get("title_on_day"), text.get("on_day")
        )
        for rank, (name, text) in enumerate(texts("headlines").items())
    }


@cache
def texts(name: str) -> dict[str, Any]:
    """A file of texts, by name without ending."""
    return tomllib.loads((files("verification") / "texts" / f"{name}.toml").read_text("utf-8"))


def reason(code: str) -> Reason:
    """The reason of that code. Raises NoSuchReason."""
    try:
        return reasons()[code]
    except KeyError:
        raise NoSuchReason(f"{code!r} is no reason") from None


def sentence(code: str, lang: str, params: Mapping[str, object]) -> str:
    """What a reason says about a case. A value that is not known turns to the plain sentence. Raises NoSuchReason."""
    pattern, wanted, plain = _pattern(code, lang)
    if not wanted:
        filled = pattern
    elif wanted <= params.keys():
        filled = pattern.format(**{name: _word(name, params[name], lang) for name in wanted})
    else:
        # The plain sentence may have places too, for what may be known all the same.
        known = {name: _word(name, value, lang) for name, value in params.items()}
        places = {name for _, name, _, _ in string.Formatter().parse(plain) if name}
        filled = plain.format(**known) if places <= known.keys() else reason(code).title[lang]
    return filled + _more(params, lang) if "why" in params or "successor" in params else filled


def example(code: str, lang: str) -> str:
    """What a reason says about a case that is made up. Raises NoSuchReason."""
    spans = {name: timedelta(hours=hours) for name in ("age", "limit") if (hours := texts("words")["example"][name])}
    return sentence(code, lang, {**texts("words")["example"], **spans, **reason(code).example})


def leads_to(code: str) -> Headline | None:
    """The verdict where this alone stands against a certificate; None where nothing does. Raises NoSuchReason."""
    told = reason(code)
    if told.headline is None and (told.severity != "decisive" or told.next is None):
        return None
    return headlines()[told.headline or ("valid_stale" if code == "knowledge_stale" else "unknown")]


def in_general(code: str, lang: str) -> str:
    """What a reason says where there is no case. Raises NoSuchReason."""
    general = texts("words")["general"]
    pattern, wanted, _ = _pattern(code, lang)
    return pattern.format(**{name: general[name][lang] for name in wanted})


@cache
def _pattern(code: str, lang: str) -> tuple[str, frozenset[str], str]:
    """The sentence, the names it has places for, and the sentence for where they are not known."""
    told = reason(code)
    names = frozenset(name for _, name, _, _ in string.Formatter().parse(told.says[lang]) if name)
    return told.says[lang], names, (told.plain or told.title)[lang]


def _more(params: Mapping[str, object], lang: str) -> str:
    """Why it happened, and what came in its place."""
    words, more = texts("words"), ""
    why = words["because"].get(str(params.get("why")))
    if why:
        more += " " + words["because"]["sentence"][lang].format(why=why[lang])
    if "successor" in params:
        more += " " + words["successor"]["sentence"][lang].format(successor=harmless(str(params["successor"])))
    return more


def span_in_words(span: timedelta, lang: str) -> str:
    """A length of time in its largest unit, rounded down: 5 days, 12 minutes."""
    minutes = max(0, int(span.total_seconds()) // 60)
    for unit, size in (("day", 1440), ("hour", 60), ("minute", 1)):
        # Up to four days the hours matter: limits are set in them, and "73 hours" says more than "3 days".
        if minutes >= size * (4 if unit == "day" else 1) or unit == "minute":
            number = minutes // size
            one, many = texts("words")["span"][unit][lang]
            return str(one) if number == 1 else str(many).format(n=number)
    raise AssertionError


def age_in_words(age: timedelta, lang: str) -> str:
    """How old knowledge is, rounded up: 12 minutes old; up to date. Nothing is told to be younger than it is."""
    words = texts("words")["age"]
    if age < timedelta(minutes=1):
        return str(words["now"][lang])
    unit = (
        timedelta(days=1) if age > timedelta(days=4) else timedelta(hours=1) if age >= _HOUR else timedelta(minutes=1)
    )
    return str(words["old"][lang]).format(span=span_in_words(-(-age // unit) * unit, lang))


def harmless(text: str) -> str:
    """Text from outside, fit to stand in a line: no control, no invisible turn of direction, not endless."""
    if len(text) <= _LONGEST and text.isprintable():
        return text
    shown = "".join(
        character
        if unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
        or character in "\u200c\u200d"
        else "\ufffd"
        for character in text[: _LONGEST + 1]
    )
    return shown if len(shown) <= _LONGEST else shown[: _LONGEST - 1] + "…"


def language(wanted: str | None) -> str:
    """One of our languages for a tag such as nb-NO; sv where it is none of ours. no and nn are read as nb."""
    tag = (wanted or "").split("-")[0].strip().lower()
    tag = {"no": "nb", "nn": "nb"}.get(tag, tag)
    return tag if tag in LANGUAGES else "sv"


def _word(name: str, value: object, lang: str) -> str:
    """A value as it stands in a sentence."""
    if isinstance(value, str):
        return harmless(value)
    if isinstance(value, timedelta):
        return age_in_words(value, lang) if name == "age" else span_in_words(value, lang)
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M UTC")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return harmless(str(next((value[code] for code in (lang, "en", "sv", "nb") if code in value), "")))
    return harmless(str(value))
