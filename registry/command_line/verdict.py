"""What `bevis verify` shows of a verdict to people, whichever way it was started."""

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Any

from verification.judge import Verdict
from verification.offline import Line, lines


def lines_for_people(
    told: Mapping[str, Any], verdict: Verdict, lang: str, *, unchecked: bool = False
) -> Iterator[Line]:
    """The verdict in a word, the answer, and that nobody looked who made the trust file.

    unchecked  nobody did
    """
    outcome = told["outcome"]
    yield Line(outcome, f" {verdict_words(f'verdict_{outcome}', lang)} ")
    yield from lines(told, verdict, lang)
    if unchecked:
        yield Line("plain", verdict_words("trust_not_checked", lang))


def verdict_words(key: str, lang: str) -> str:
    """A sentence of `texts/verdict.toml`."""
    return _texts()[key][lang]


@cache
def _texts() -> Mapping[str, Mapping[str, str]]:
    path = resources.files("registry.command_line") / "texts" / "verdict.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))
