"""A validity policy, and what came of it, in the reader's language."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from registry.issuing.decisions.validity import Refresh, Span
from registry.records.sector.validity_policy import RefresherStep, Validity
from verification.certificate import Lang

_MONTHS_A_YEAR = 12


def policy_in_words(policy: Validity, lang: Lang) -> list[str]:
    """The whole policy, a sentence a line."""
    said = []
    if isinstance(policy.months, int):
        key = "months_rounded" if policy.round_to_month_end else "months"
        anchor = _say(f"anchor_{policy.anchor}", lang)
        said.append(_say(key, lang, period=period(policy.months, lang), anchor=anchor))
    else:
        said.append(_say("no_end", lang))
    if policy.from_age is not None:
        said.append(_say("from_age", lang, age=policy.from_age))
    for key, months in (
        ("anchored_renewal", policy.anchored_renewal_months),
        ("max_interval", policy.max_interval_months),
        ("lapses", policy.lapses_after_months),
    ):
        if months is not None:
            said.append(_say(key, lang, period=period(months, lang)))
    said += [
        _say("refresher", lang, title=getattr(step.titles, lang), window=_window(step, lang))
        for step in policy.refresher
    ]
    if policy.refresher:
        said.append(_say("full_course_after", lang))
    if policy.renewal_replaces:
        said.append(_say("renewal_replaces", lang))
    said += [
        _say("only_while", lang, code=condition.code, says=getattr(condition.says, lang))
        for condition in policy.only_while
    ]
    return said


def span_in_words(policy: Validity, span: Span, lang: Lang) -> str:
    """From which day the end was counted, and why."""
    window = period(policy.anchored_renewal_months or 0, lang)
    return _say(f"counted_{span.by}", lang, day=span.counted_from, period=window)


def refresh_in_words(policy: Validity, refresh: Refresh, lang: Lang) -> str:
    """Whether the shorter course is enough, and why not."""
    title = getattr(refresh.step.titles, lang) if refresh.step else ""
    idle = period(policy.lapses_after_months or 0, lang)
    return _say(refresh.reason, lang, title=title, first=refresh.first, last=refresh.last, period=idle)


def period(months: int, lang: Lang) -> str:
    """A number of months in words: whole years as years."""
    years, rest = divmod(months, _MONTHS_A_YEAR)
    unit, count = ("years", years) if years and not rest else ("months", months)
    return _say(f"{unit}_one" if count == 1 else f"{unit}_many", lang, count=count)


def _window(step: RefresherStep, lang: Lang) -> str:
    opens, closes = step.opens_months_before_end, step.closes_months_after_end
    key = f"window_{'any' if opens is None else 'before'}_to_{'after' if closes else 'end'}"
    return _say(key, lang, before=period(opens or 0, lang), after=period(closes, lang))


def _say(key: str, lang: Lang, **params: object) -> str:
    return _texts()[key][lang].format(**params)


@cache
def _texts() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads((files("registry.issuing") / "texts" / "validity.toml").read_text(encoding="utf-8"))
