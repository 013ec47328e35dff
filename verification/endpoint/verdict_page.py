"""The verdict as HTML: alone, for a page that is open already, or as a page of its own."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import UTC
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from fastapi import Request

from levels.rulebook import rulebook
from verification.answer import answer
from verification.certificate import display_number
from verification.endpoint.kept_answers import KeptAnswers, Shown
from verification.endpoint.presentation import rendered
from verification.endpoint.question import Asking
from verification.paper import Paper
from verification.pictures.kinds import CodeSeen
from verification.reasons import age_in_words
from verification.situation import situation, situations


def fragment(request: Request, shown: Shown, lang: str) -> str:
    """The verdict alone, for the page that is open already."""
    return rendered("answer.html", request, lang, whole=False, **_of_verdict(shown, lang))


def whole(request: Request, shown: Shown, lang: str) -> str:
    """The verdict on a number as a page; no birth data."""
    return rendered("verdict.html", request, lang, whole=True, **_of_verdict(shown, lang))


_AT_A_TIME = 8  # answers, before others are let in between
_MOST_IN_FULL = 60  # more are shown as a line each, which leads to a page of its own


class Listed(NamedTuple):
    """One of several verdicts: on what was given, which may have been seen somewhere."""

    given: str | CodeSeen | Paper
    shown: Shown

    @property
    def is_number_found(self) -> bool:
        """Whether no more than a number was given, and it is here."""
        return not self.shown.by_code and self.shown.verdict.certificate is not None


async def listed(kept: KeptAnswers, given: Sequence[str | CodeSeen], asked: Asking) -> list[Listed]:
    """The verdict on each, while others are answered too."""
    found = []
    for number, one in enumerate(given, 1):
        if number % _AT_A_TIME == 0:
            await asyncio.sleep(0)
        found.append(Listed(one, kept.verdict(one, asked)))
    return found


def list_fragment(request: Request, found: Sequence[Listed], lang: str) -> str:
    """Several verdicts, for the page that is open already."""
    return rendered("several_answers.html", request, lang, **_of_list(found, lang))


def list_page(request: Request, found: Sequence[Listed], lang: str) -> str:
    """Several verdicts as a page."""
    return rendered("several.html", request, lang, **_of_list(found, lang))


def _of_list(found: Sequence[Listed], lang: str) -> dict[str, Any]:
    told = [
        {
            **_of_verdict(one.shown, lang),
            "page": one.given.page if isinstance(one.given, CodeSeen) else 1,
            "text": one.given.text if isinstance(one.given, CodeSeen) else str(one.given),
        }
        for one in found
    ]
    counted = Counter(one.shown.verdict.outcome for one in found)
    return {
        "found": told,
        "counted": {outcome: counted[outcome] for outcome in ("invalid", "undetermined", "valid")},
        "notice": next(
            (one for each in told for one in each["answer"]["reasons"] if one["code"] == "code_alone"), None
        ),
        "in_full": len(told) <= _MOST_IN_FULL,
    }


def _of_verdict(shown: Shown, lang: str) -> dict[str, Any]:
    """What the answer's template needs beside the answer itself."""
    verdict, show_birth, line = shown
    seen = verdict.certificate
    zone = ZoneInfo(seen.time_zone) if seen else UTC
    return {
        "answer": answer(verdict, lang, show_birth=show_birth),
        "order": [level.value for level in rulebook(verdict.edition).order],
        "line": [one._replace(number=display_number(one.number)) for one in line],
        "age": age_in_words(verdict.checked_at - verdict.known_as_of, lang),
        "clock": verdict.checked_at.astimezone(zone).strftime("%Y-%m-%d %H:%M" + ("" if seen else " UTC")),
        "situation": situation(verdict.situation).title[lang],
        "situations": [(each.id, each.title[lang]) for each in situations().values()],
    }
