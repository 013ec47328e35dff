"""The verdict as HTML: alone, for a page that is open already, or as a page of its own."""

from datetime import UTC
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import Request

from levels.rulebook import rulebook
from verification.answer import answer
from verification.endpoint.presentation import rendered
from verification.judge import Verdict
from verification.reasons import age_in_words
from verification.situation import situation, situations


def fragment(request: Request, verdict: Verdict, lang: str, *, show_birth: bool) -> str:
    """The verdict alone, for the page that is open already."""
    return rendered("answer.html", request, lang, whole=False, **_of_verdict(verdict, lang, show_birth=show_birth))


def whole(request: Request, verdict: Verdict, lang: str) -> str:
    """The verdict on a number as a page; no birth data."""
    return rendered("verdict.html", request, lang, whole=True, **_of_verdict(verdict, lang, show_birth=False))


def _of_verdict(verdict: Verdict, lang: str, *, show_birth: bool) -> dict[str, Any]:
    """What the answer's template needs beside the answer itself."""
    seen = verdict.certificate
    zone = ZoneInfo(seen.time_zone) if seen else UTC
    return {
        "answer": answer(verdict, lang, show_birth=show_birth),
        "order": [level.value for level in rulebook(verdict.edition).order],
        "age": age_in_words(verdict.checked_at - verdict.known_as_of, lang),
        "clock": verdict.checked_at.astimezone(zone).strftime("%Y-%m-%d %H:%M" + ("" if seen else " UTC")),
        "situation": situation(verdict.situation).title[lang],
        "situations": [(each.id, each.title[lang]) for each in situations().values()],
    }
