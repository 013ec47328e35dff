"""Vectors on days in the past, where no register is asked: the trust file tells what happened, by place in a list."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

from tests.verification.vectors.ground import (
    AS_OF,
    CERTIFICATE,
    DAY,
    LOGGED,
    Vector,
    certificate,
    code,
    good,
    number_for,
    shown,
    told_at,
)
from tests.verification.vectors.in_log import document_in_log

_APRIL_30, _MAY_15, _MAY_31 = date(2026, 4, 30), date(2026, 5, 15), date(2026, 5, 31)
_JUNE_1, _TODAY = date(2026, 6, 1), AS_OF.date()
_UNKNOWN = ("unknown", "status_history_unknown")


def vectors() -> Iterator[Vector]:
    """All of them, asked with the trust that has a history."""
    for vector in (*_told(), *_not_told()):
        yield replace(vector, trust="with-a-history")


def _on(name: str, description: str, day: date, headline: str, *codes: str, **more: Any) -> Vector:
    """A code whose certificate has the place of what is said to have happened to it."""
    happened, log_index = more.pop("happened", "nothing"), more.pop("log_index", 50)
    place = more.pop("place", None) or (3, told_at(happened))
    one = certificate(number=number_for(f"told {happened}"), place=place)
    told = {"number": one.number, "on": day, **more}
    if headline == "valid":
        return good(name, description, code(one, log_index=log_index), **told)
    return shown(name, description, code(one, log_index=log_index), headline, *codes, **told)


def _told() -> Iterator[Vector]:
    yield _on("told-nothing", "Nothing has ever happened to it.", _MAY_15, "valid", also=("not_withdrawn",))
    yield good(
        "told-nothing-document",
        "The full certificate says itself when it was issued.",
        document_in_log("good"),
        number=CERTIFICATE.number,
        on=_MAY_15,
    )
    for name, day, said in (
        ("before", _APRIL_30, ("valid",)),
        ("while", _MAY_15, ("suspended", "suspended")),
        ("after", _JUNE_1, ("valid",)),
    ):
        yield _on(f"told-{name}-suspended", f"A day {name} it was suspended.", day, *said, happened="reinstated")
    wish, fraud = {"happened": "revoked-at-wish"}, {"happened": "revoked-for-fraud"}
    yield _on(
        "told-before-a-wish",
        "Revoked the day after, at the holder's wish.",
        _MAY_31,
        "valid",
        also=("ended_since",),
        **wish,
    )
    yield _on(
        "told-before-fraud",
        "Revoked the day after, for fraud: that was so already.",
        _MAY_31,
        "unknown",
        "ended_since",
        **fraud,
    )
    yield _on(
        "told-revoked-that-day", "Revoked at noon: the day counts as it ended.", _JUNE_1, "revoked", "revoked", **fraud
    )
    yield _on(
        "told-before-annulment",
        "What is annulled was never valid.",
        _APRIL_30,
        "annulled",
        "annulled",
        happened="annulled",
    )
    yield _on("told-before-replacement", "Replaced later.", _MAY_31, "valid", happened="superseded")
    yield _on(
        "told-after-replacement",
        "Replaced by then.",
        date(2026, 7, 1),
        "superseded",
        "superseded",
        happened="superseded",
    )


def _not_told() -> Iterator[Vector]:
    """Where it does not reach, or is not the last word, nothing is said."""
    yield _on(
        "told-on-the-day-it-was-logged",
        "It was in the log when that day ended.",
        LOGGED[1].at.date(),
        "valid",
        log_index=150,
    )
    yield _on(
        "told-before-it-was-logged",
        "A code does not say when it was issued; its entry was not there yet that day.",
        LOGGED[1].at.date() - DAY,
        *_UNKNOWN,
        log_index=150,
    )
    yield _on(
        "told-of-no-entry",
        "No head of the log that is known has its entry.",
        _MAY_15,
        *_UNKNOWN,
        log_index=LOGGED[-1].size,
    )
    yield _on("told-of-an-untold-list", "The history does not tell of its list.", _MAY_15, *_UNKNOWN, place=(4, 1))
    yield _on("told-of-no-place", "Its list has no such place.", _MAY_15, *_UNKNOWN, place=(3, 131_072))
    yield _on(
        "told-less-than-the-list",
        "The list that was fetched since says withdrawn, and may have known it for that day.",
        _MAY_15,
        *_UNKNOWN,
        happened="withdrawn-since",
    )
    later = {"now": AS_OF + 2 * DAY}
    yield _on(
        "told-a-day-not-over", "The file was made before that day ended.", _TODAY, *_UNKNOWN, "knowledge_stale", **later
    )
    yield _on(
        "told-a-day-not-over-revoked",
        "What was revoked before stays so.",
        _TODAY,
        "revoked",
        "revoked",
        "knowledge_stale",
        happened="revoked-at-wish",
        **later,
    )
    yield _on(
        "told-a-day-to-come",
        "Nobody knows what will have happened.",
        date(2027, 1, 1),
        "unknown",
        "status_future",
    )
