"""Vectors on whether a genuine certificate stands: days and their ends, status lists, and what has happened since."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from levels.level import Level
from tests.verification.vectors.ground import (
    AS_OF,
    DAY,
    HOUR,
    NOW,
    SECOND,
    Vector,
    at,
    certificate,
    code,
    document,
    good,
    number_for,
    shown,
)


def vectors() -> Iterator[Vector]:
    """All of them."""
    yield from _days()
    yield from _days_of_the_year()
    yield from _days_asked_for()
    yield from _lists()
    yield from _histories()
    yield from _past_and_time_to_come()
    yield from _age()
    yield from _several()


OSLO = {"scheme": "varme-arbeider", "time_zone": "Europe/Oslo"}
HELSINKI = {"scheme": "tulityot", "time_zone": "Europe/Helsinki"}


def _days() -> Iterator[Vector]:
    """Days are whole, where the scheme keeps its time: 16:25 in Stockholm is 15:25 UTC."""
    today, tomorrow, yesterday = date(2026, 11, 20), date(2026, 11, 21), date(2026, 11, 19)
    yield good("day-the-last", "Its last day is today.", code(certificate(valid_until=today)), also=("in_force",))
    yield shown(
        "day-after-the-last",
        "Its last day was yesterday.",
        code(certificate(valid_until=yesterday)),
        "expired",
        "expired",
    )
    yield good("day-the-first", "Its first day is today.", code(certificate(valid_from=today)))
    yield shown(
        "day-before-the-first",
        "Its first day is tomorrow.",
        code(certificate(valid_from=tomorrow)),
        "not_yet_valid",
        "not_yet_valid",
    )
    yield good("day-the-only", "It is valid for one day.", code(certificate(valid_from=today, valid_until=today)))
    for name, facts, midnight in (("stockholm", {}, 23), ("oslo", OSLO, 23), ("helsinki", HELSINKI, 22)):
        last = certificate(valid_until=today, **facts)
        yield good(
            f"last-second-in-{name}",
            "The last second of its last day.",
            code(last),
            now=at(2026, 11, 20, midnight) - SECOND,
        )
        yield shown(
            f"second-after-the-last-in-{name}",
            "The first second after its last day.",
            code(last),
            "expired",
            "expired",
            now=at(2026, 11, 20, midnight),
        )
        first = certificate(valid_from=tomorrow, **facts)
        yield shown(
            f"second-before-the-first-in-{name}",
            "The last second before its first day.",
            code(first),
            "not_yet_valid",
            "not_yet_valid",
            now=at(2026, 11, 20, midnight) - SECOND,
        )
        yield good(
            f"first-second-in-{name}", "The first second of its first day.", code(first), now=at(2026, 11, 20, midnight)
        )
    yield good(
        "document-last-second",
        "The full certificate says the same.",
        document(certificate(valid_until=today)),
        now=at(2026, 11, 20, 22, 59, 59),
    )
    yield shown(
        "document-second-after-the-last",
        "The full certificate says the same.",
        document(certificate(valid_until=today)),
        "expired",
        "expired",
        now=at(2026, 11, 20, 23),
    )
    yield good(
        "document-without-end",
        "Level E has no end.",
        document(certificate(valid_until=None, level=Level.E, party=None)),
        also=("in_force_no_end", "independence_not_stated"),
    )
    yield good(
        "day-in-2200", "The last day that a certificate can have.", code(certificate(valid_until=date(2200, 12, 31)))
    )


def _days_of_the_year() -> Iterator[Vector]:
    """The days on which clocks are changed have 23 or 25 hours, and some years have one day more."""

    def days(name: str, description: str, day: date, last: datetime, trust: str, **facts: Any) -> Iterator[Vector]:
        ends, begins = certificate(valid_until=day, **facts), certificate(valid_from=day + DAY, **facts)
        yield good(f"{name}-last-second", f"{description}: the last second.", code(ends), now=last, trust=trust)
        yield shown(
            f"{name}-over",
            f"{description}: the second after.",
            code(ends),
            "expired",
            "expired",
            now=last + SECOND,
            trust=trust,
        )
        yield shown(
            f"{name}-next-not-begun",
            f"{description}: the day after has not begun.",
            code(begins),
            "not_yet_valid",
            "not_yet_valid",
            now=last,
            trust=trust,
        )
        yield good(
            f"{name}-next-begun",
            f"{description}: the day after has begun.",
            code(begins),
            now=last + SECOND,
            trust=trust,
        )

    yield from days(
        "day-of-23-hours",
        "28 March 2027 in Stockholm",
        date(2027, 3, 28),
        at(2027, 3, 28, 21, 59, 59),
        "clocks-go-forward",
    )
    yield from days(
        "day-of-23-hours-in-oslo",
        "28 March 2027 in Oslo",
        date(2027, 3, 28),
        at(2027, 3, 28, 21, 59, 59),
        "clocks-go-forward",
        **OSLO,
    )
    yield from days(
        "day-of-25-hours",
        "31 October 2027 in Stockholm",
        date(2027, 10, 31),
        at(2027, 10, 31, 22, 59, 59),
        "clocks-go-back",
    )
    yield from days(
        "day-of-25-hours-in-helsinki",
        "31 October 2027 in Helsinki",
        date(2027, 10, 31),
        at(2027, 10, 31, 21, 59, 59),
        "clocks-go-back",
        **HELSINKI,
    )
    yield from days(
        "29-february", "29 February 2028 in Stockholm", date(2028, 2, 29), at(2028, 2, 29, 22, 59, 59), "leap-day"
    )
    leap = document(certificate(valid_until=date(2028, 2, 29)))
    yield good(
        "29-february-in-a-document",
        "The full certificate ends on 29 February.",
        leap,
        now=at(2028, 2, 29, 22, 59, 59),
        trust="leap-day",
    )


def _days_asked_for() -> Iterator[Vector]:
    """`on`: was it valid that day? Asked of a list, which knows of today only."""
    stands = code()
    spring = certificate(valid_until=date(2026, 3, 29))
    autumn = certificate(valid_until=date(2026, 10, 25))
    yield good("on-today", "Today is now.", stands, on=date(2026, 11, 20), also=("status_age",))
    # Without a history nobody can tell whether it was suspended on a day that has passed.
    yield shown(
        "on-a-day-before",
        "A day in the past; nothing stands against it today, and it may have been suspended then.",
        stands,
        "unknown",
        "status_history_unknown",
        on=date(2026, 5, 1),
    )
    yield shown("on-the-first-day", "Its first day.", stands, "unknown", "status_history_unknown", on=date(2026, 3, 1))
    yield shown(
        "on-the-day-before-the-first",
        "The day before its first.",
        stands,
        "not_yet_valid",
        "not_yet_valid",
        "status_history_unknown",
        on=date(2026, 2, 28),
    )
    yield shown(
        "on-the-last-day-of-23-hours",
        "Its last day, on which the clocks went forward.",
        code(spring),
        "unknown",
        "status_history_unknown",
        on=date(2026, 3, 29),
    )
    yield shown(
        "on-the-day-after-23-hours",
        "The day after that.",
        code(spring),
        "expired",
        "expired",
        "status_history_unknown",
        on=date(2026, 3, 30),
    )
    yield shown(
        "on-the-last-day-of-25-hours",
        "Its last day, on which the clocks went back.",
        code(autumn),
        "unknown",
        "status_history_unknown",
        on=date(2026, 10, 25),
    )
    yield shown(
        "on-the-day-after-25-hours",
        "The day after that.",
        code(autumn),
        "expired",
        "expired",
        "status_history_unknown",
        on=date(2026, 10, 26),
    )
    yield shown(
        "on-a-day-before-it-was-issued",
        "Valid from the day before it was issued: nobody could rely on it then.",
        document(certificate(valid_from=date(2026, 2, 19))),
        "not_yet_valid",
        "not_issued_yet",
        "status_history_unknown",
        on=date(2026, 2, 19),
    )
    yield shown(
        "on-the-day-it-was-issued",
        "The day it was issued.",
        document(certificate(valid_from=date(2026, 2, 19))),
        "unknown",
        "status_history_unknown",
        on=date(2026, 2, 20),
    )
    yield shown(
        "on-a-day-to-come",
        "Nobody knows what will have happened.",
        stands,
        "unknown",
        "status_future",
        on=date(2027, 1, 1),
    )
    yield shown(
        "on-a-day-after-the-end",
        "The end is known.",
        stands,
        "expired",
        "expired",
        "status_future",
        on=date(2031, 3, 1),
    )
    yield shown(
        "on-29-february-to-come",
        "A day that only some years have.",
        code(certificate(valid_until=date(2028, 2, 28))),
        "expired",
        "expired",
        "status_future",
        on=date(2028, 2, 29),
    )
    for status, what in ((101, "withdrawn"), (102, "suspended"), (103, "superseded")):
        token = code(certificate(place=(3, status)))
        yield shown(
            f"on-a-day-before-{what}",
            "The list says so today; since when, it does not say.",
            token,
            "unknown",
            "status_history_unknown",
            on=date(2026, 5, 1),
        )
    yield shown(
        "on-a-day-to-come-withdrawn",
        "What is withdrawn stays so.",
        code(certificate(place=(3, 101))),
        "revoked",
        "withdrawn",
        on=date(2027, 1, 1),
    )
    yield shown(
        "on-a-day-to-come-suspended",
        "What is suspended may be reinstated by then.",
        code(certificate(place=(3, 102))),
        "unknown",
        "status_future",
        on=date(2027, 1, 1),
    )


def _lists() -> Iterator[Vector]:
    def listed(number: int, index: int = 48213) -> str:
        return code(certificate(place=(number, index)))

    yield shown("list-withdrawn", "Value 1.", listed(3, 101), "revoked", "withdrawn")
    yield shown("list-suspended", "Value 2.", listed(3, 102), "suspended", "suspended")
    yield shown("list-superseded", "Value 3.", listed(3, 103), "superseded", "superseded")
    yield shown(
        "document-withdrawn",
        "Value 1, asked with the full certificate.",
        document(certificate(place=(3, 101))),
        "revoked",
        "withdrawn",
    )
    yield good(
        "list-place-beside", "The place beside a withdrawn one.", listed(3, 100), also=("not_withdrawn", "status_age")
    )
    yield good("list-first-place", "Index 0.", listed(3, 0))
    yield good("list-last-place", "The last index.", listed(3, 131_071))
    yield shown("list-place-outside", "One index beyond the end.", listed(3, 131_072), "unknown", "status_unknown")
    yield shown(
        "list-place-far-outside", "The largest index there may be.", listed(3, 100_000_000), "unknown", "status_unknown"
    )
    yield shown("list-missing", "A list that this trust does not have.", listed(99), "unknown", "status_unknown")
    yield shown("list-ended", "The list's end is this second.", listed(9), "unknown", "status_list_expired")
    yield good("list-ends-next-second", "The list's end is the next second.", listed(10))
    yield shown("list-of-one-bit", "Value 1 in a list of one bit a place.", listed(11, 101), "revoked", "withdrawn")
    yield good("list-of-one-bit-beside", "The place beside it.", listed(11, 102))
    yield shown(
        "list-of-one-bit-outside",
        "One index beyond the end of a short list.",
        listed(11, 1024),
        "unknown",
        "status_unknown",
    )
    yield shown(
        "list-of-eight-bits", "Value 1 in a list of eight bits a place.", listed(12, 102), "revoked", "withdrawn"
    )
    yield shown(
        "list-with-a-value-unknown",
        "Value 7: nobody has said what that means.",
        listed(12, 101),
        "unknown",
        "status_unknown",
    )
    yield shown(
        "list-of-four-bits", "Value 2 in a list of four bits a place.", listed(13, 102), "suspended", "suspended"
    )
    yield shown("list-with-the-largest-value", "Value 15 in four bits.", listed(13, 101), "unknown", "status_unknown")


def _of(history: str, **facts: Any) -> str:
    return code(certificate(history=history, **facts))


def _histories() -> Iterator[Vector]:
    """The register was asked, and told what has happened to the certificate."""

    def ended(history: str, description: str, headline: str, reason: str | None = None, **more: Any) -> Vector:
        return shown(
            f"history-{history}",
            description,
            _of(history),
            headline,
            reason or headline,
            number=number_for(history),
            **more,
        )

    def stands(history: str, description: str, **more: Any) -> Vector:
        return good(f"history-{history}", description, _of(history), number=number_for(history), **more)

    yield stands("in-force", "Issued, and nothing since.", also=("registered", "not_withdrawn"))
    yield shown(
        "history-none",
        "The register has no such certificate.",
        _of("none"),
        "unknown",
        "not_registered",
        number=number_for("none"),
    )
    yield ended("revoked-for-fraud", "Revoked.", "revoked")
    yield ended("revoked-this-second", "Revoked this second.", "revoked")
    yield ended("annulled", "Annulled: it should never have been.", "annulled")
    yield ended("suspended", "Suspended.", "suspended")
    yield stands("reinstated", "Suspended, and reinstated.")
    yield ended("suspended-then-revoked", "Suspended, then revoked.", "revoked")
    yield ended("revoked-then-annulled", "Revoked, then annulled.", "annulled")
    yield ended("revoked-then-reinstated", "What is revoked stays revoked, whatever follows.", "revoked")
    yield ended("superseded", "Replaced by another, which is named.", "superseded")
    yield stands("revoked-tomorrow", "It will be revoked, and is not yet.")
    yield stands("issued-late", "Issued after its first day.")
    withdrawn = _of("list-says-withdrawn", place=(3, 101))
    yield shown(
        "history-better-than-the-list",
        "The list says withdrawn, the history nothing: the worse counts.",
        withdrawn,
        "revoked",
        "withdrawn",
        number=number_for("list-says-withdrawn"),
    )
    yield good(
        "history-with-an-old-list",
        "The register itself is never old.",
        _of("old-list", place=(8, 1)),
        number=number_for("old-list"),
    )
    yield good(
        "history-with-an-ended-list",
        "Nor does it end with a list.",
        _of("expired-list", place=(9, 1)),
        number=number_for("expired-list"),
    )
    yield good(
        "history-without-a-list",
        "The history is enough where there is no list.",
        _of("in-force", place=(99, 1)),
        number=number_for("in-force"),
    )
    yield good(
        "document-history-in-force",
        "The full certificate, with a history.",
        document(certificate(history="in-force")),
        number=number_for("in-force"),
    )


def _past_and_time_to_come() -> Iterator[Vector]:
    """With a history every day can be answered for."""

    def on(name: str, description: str, history: str, day: date, headline: str, *codes: str, **more: Any) -> Vector:
        number = number_for(history)
        if headline == "valid":
            return good(name, description, _of(history), number=number, on=day, **more)
        return shown(name, description, _of(history), headline, *codes, number=number, on=day, **more)

    may_31, june_1 = date(2026, 5, 31), date(2026, 6, 1)
    yield on(
        "past-before-fraud",
        "Revoked the day after, for fraud: that was so already.",
        "revoked-for-fraud",
        may_31,
        "unknown",
        "ended_since",
    )
    yield on(
        "past-before-error",
        "Revoked the day after, for an error: that was so already.",
        "revoked-for-error",
        may_31,
        "unknown",
        "ended_since",
    )
    yield on(
        "past-before-a-wish",
        "Revoked the day after, at the holder's wish.",
        "revoked-at-wish",
        may_31,
        "valid",
        also=("ended_since",),
    )
    yield on(
        "past-that-day",
        "Revoked at noon that day: the day counts as it ended.",
        "revoked-for-fraud",
        june_1,
        "revoked",
        "revoked",
    )
    yield on(
        "past-at-midnight",
        "Revoked at the first second of 1 June in Stockholm, which is 31 May in UTC.",
        "revoked-at-midnight",
        may_31,
        "valid",
        also=("ended_since",),
    )
    yield on("past-after-midnight", "The day that began with it.", "revoked-at-midnight", june_1, "revoked", "revoked")
    yield on(
        "past-before-annulment",
        "What is annulled was never valid.",
        "annulled",
        date(2026, 4, 1),
        "annulled",
        "annulled",
    )
    yield on("past-before-suspension", "Suspended later.", "suspended", date(2026, 4, 30), "valid")
    yield on(
        "past-while-suspended",
        "Suspended that day, reinstated later.",
        "reinstated",
        date(2026, 5, 15),
        "suspended",
        "suspended",
    )
    yield on("past-after-reinstatement", "Reinstated that day.", "reinstated", june_1, "valid")
    yield on("past-before-replacement", "Replaced later.", "superseded", date(2026, 6, 30), "valid")
    yield on(
        "past-before-issue", "Issued the day after.", "issued-late", date(2026, 4, 1), "not_yet_valid", "not_issued_yet"
    )
    yield on("past-on-the-day-of-issue", "Issued that day.", "issued-late", date(2026, 4, 2), "valid")
    yield on(
        "to-come-in-force",
        "Nobody knows what will have happened.",
        "in-force",
        date(2027, 1, 1),
        "unknown",
        "status_future",
    )
    yield on(
        "to-come-revoked", "What is revoked stays so.", "revoked-for-fraud", date(2027, 1, 1), "revoked", "revoked"
    )
    yield on(
        "to-come-suspended",
        "What is suspended may be reinstated by then.",
        "suspended",
        date(2027, 1, 1),
        "unknown",
        "status_future",
    )
    yield on("to-come-annulled", "What is annulled stays so.", "annulled", date(2027, 1, 1), "annulled", "annulled")


def _age() -> Iterator[Vector]:
    """How old the knowledge is: green up to the soft limit, amber after it, never green after the hard one."""
    token = code()

    def asked(
        name: str, description: str, moment: datetime, headline: str = "valid", *codes: str, **more: Any
    ) -> Vector:
        told = good if headline == "valid" else shown
        return told(name, description, token, *(() if headline == "valid" else (headline, *codes)), now=moment, **more)

    yield asked("age-just-fresh", "24 hours: the soft limit.", AS_OF + 24 * HOUR, also=("knowledge_fresh",))
    yield asked("age-not-fresh", "A second more.", AS_OF + 24 * HOUR + SECOND, "valid_stale", "knowledge_stale")
    yield asked(
        "age-just-not-too-old", "72 hours: the hard limit.", AS_OF + 72 * HOUR, "valid_stale", "knowledge_stale"
    )
    yield asked("age-too-old", "A second more.", AS_OF + 72 * HOUR + SECOND, "unknown", "knowledge_too_old")
    yield asked(
        "age-of-a-year", "A trust that was forgotten on a shelf.", AS_OF + 365 * DAY, "unknown", "knowledge_too_old"
    )
    yield asked(
        "age-at-hot-work",
        "Five hours are too many for a permit to work with heat.",
        AS_OF + 5 * HOUR,
        "valid_stale",
        "knowledge_stale",
        situation="hot_work_permit",
    )
    yield asked(
        "age-at-an-audit",
        "An audit asks for an hour, and has no amber.",
        AS_OF + HOUR + SECOND,
        "unknown",
        "knowledge_too_old",
        situation="audit",
    )
    yield asked("age-just-right-at-an-audit", "An hour.", AS_OF + HOUR, situation="audit")
    for number, headline, codes, what in (
        (5, "valid", (), "24 hours old"),
        (6, "valid_stale", ("knowledge_stale",), "a second more than 24 hours old"),
        (7, "valid_stale", ("knowledge_stale",), "72 hours old"),
        (8, "unknown", ("knowledge_too_old",), "a second more than 72 hours old"),
    ):
        old = code(certificate(place=(number, 1)))
        yield Vector(
            f"age-of-list-{number}",
            f"The trust is new, its list {what}.",
            old,
            headline,
            codes,
            number=certificate().number,
        )
    behind = timedelta(minutes=5)
    yield asked("clock-five-minutes-behind", "The clock may be five minutes behind the trust.", AS_OF - behind)
    yield asked("clock-behind", "A second more.", AS_OF - behind - SECOND, "unknown", "clock_behind")
    yield asked(
        "clock-a-year-behind", "A clock that would keep the dead alive.", AS_OF - 200 * DAY, "unknown", "clock_behind"
    )
    soon = document(certificate(issued_at=NOW + behind, valid_from=date(2026, 11, 20)))
    yield good("clock-behind-the-issuer", "Issued five minutes from now, by another clock.", soon)
    sooner = document(certificate(issued_at=NOW + behind + SECOND, valid_from=date(2026, 11, 20)))
    yield shown("clock-too-far-behind-the-issuer", "A second more.", sooner, "unknown", "clock_behind")


def _several() -> Iterator[Vector]:
    """Several things at once: the worst of them gives the headline, and all are told."""
    ended = certificate(valid_until=date(2026, 11, 19), place=(3, 101))
    yield shown("several-withdrawn-and-expired", "Withdrawn, and over.", code(ended), "revoked", "withdrawn", "expired")
    yield shown(
        "several-expired-and-old",
        "Over, by knowledge that is too old: that it is over is known all the same.",
        code(certificate(valid_until=date(2026, 11, 19))),
        "expired",
        "expired",
        "knowledge_too_old",
        now=AS_OF + 100 * HOUR,
    )
    yield shown(
        "several-no-mandate-and-expired",
        "Never allowed, and over.",
        code(certificate(scheme="no-mandate", valid_until=date(2026, 11, 19))),
        "issuer_not_authorised",
        "mandate_missing",
        "expired",
    )
    yield shown(
        "several-suspended-and-unknown-scheme",
        "Suspended, in a scheme that nobody here knows.",
        code(certificate(scheme="takarbete", place=(3, 102))),
        "suspended",
        "suspended",
        "scheme_unknown",
        "mandate_unknown",
    )
    yield shown(
        "several-stolen-and-withdrawn",
        "Made with a stolen key, and withdrawn.",
        code(certificate(place=(3, 101)), "stolen"),
        "issuer_key_compromised",
        "key_compromised",
        "withdrawn",
    )
    stale = code(certificate(scheme="takarbete"))
    yield shown(
        "several-stale-and-unknown",
        "What cannot be told goes before what is not fresh.",
        stale,
        "unknown",
        "scheme_unknown",
        "mandate_unknown",
        "knowledge_stale",
        now=AS_OF + 30 * HOUR,
    )
