from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from levels.level import Level
from registry.errors import IssuerNotAuthorised, MandateNotAllowed, MandateNotFound
from registry.records.mandates.mandate_authority import mandate_in_force
from registry.records.mandates.mandate_days import Span
from registry.records.mandates.mandate_decisions import (
    NewMandate,
    end_suspension,
    grant_mandate,
    suspend_mandate,
    withdraw_mandate,
)
from registry.records.mandates.mandate_events import (
    MandateEvent,
    mandate_history,
    mandate_mismatches,
    mandates_as_known,
    told,
)
from registry.records.mandates.mandates import Mandate, mandate_by_id
from registry.records.store.database import Database
from registry.records.strict_input import parse
from registry.records.whole.directory import Registry
from registry.signing.published import build_trust
from tests.registry.conftest import OPENED, PUBLIC_URL

GRANTED = datetime(2026, 1, 5, 9, tzinfo=UTC)
SUSPENDED = GRANTED + timedelta(days=30)
LIFTED = GRANTED + timedelta(days=40)
WITHDRAWN = GRANTED + timedelta(days=100)


def _granted(db: Database, **change: Any) -> Mandate:
    given = {"scheme": "hot-work", "issuer": "solo", "max_level": "C1", "since": "2026-01-01", "reason": "minute 1"}
    return grant_mandate(db, parse(given | change, NewMandate), GRANTED, "anna")


@pytest.fixture
def eventful(registry: Registry) -> str:
    """Suspended for a while, then withdrawn with effect in the past, by three different people."""
    with registry.writing() as db:
        one = _granted(db)
        suspend_mandate(db, one.public_id, date(2026, 2, 4), None, "complaint", "bo", now=SUSPENDED)
        end_suspension(db, one, (date(2026, 2, 4), date(2026, 2, 13)), "settled", "cecilia", now=LIFTED)
        withdraw_mandate(db, one.public_id, date(2026, 4, 1), "closed", "bo", now=WITHDRAWN)
        return one.public_id


def test_every_decision_keeps_who_when_and_why(registry: Registry, eventful: str) -> None:
    with registry.reading() as db:
        mandate = mandate_by_id(db, eventful)
        events = mandate_history(db, mandate)
        assert [(each.place, each.kind, each.at, each.actor, each.reason) for each in events] == [
            (1, "granted", GRANTED, "anna", "minute 1"),
            (2, "suspended", SUSPENDED, "bo", "complaint"),
            (3, "suspended", LIFTED, "cecilia", "settled"),
            (4, "withdrawn", WITHDRAWN, "bo", "closed"),
        ]
        assert [(each.from_day, each.until_day) for each in events] == [
            (date(2026, 1, 1), None),
            (date(2026, 2, 4), None),
            (date(2026, 2, 4), date(2026, 2, 13)),
            (date(2026, 4, 1), None),
        ]
        assert (mandate.recorded_by, mandate.recorded_at, mandate.reason) == ("anna", GRANTED, "closed")
        assert mandate_mismatches(db) == []


@pytest.mark.parametrize(
    ("day", "known_at", "holds"),
    [
        pytest.param(date(2026, 2, 10), SUSPENDED - timedelta(seconds=1), True, id="before the suspension was known"),
        pytest.param(date(2026, 2, 10), SUSPENDED, False, id="from the moment it was"),
        pytest.param(date(2026, 3, 1), SUSPENDED, False, id="then with no end"),
        pytest.param(date(2026, 3, 1), LIFTED, True, id="later with one"),
        pytest.param(date(2026, 4, 2), WITHDRAWN - timedelta(seconds=1), True, id="before it was withdrawn"),
        pytest.param(date(2026, 4, 2), WITHDRAWN, False, id="withdrawn with effect in the past"),
        pytest.param(date(2026, 3, 31), WITHDRAWN, True, id="the day before that"),
    ],
)
def test_what_held_on_a_day_as_was_known_at_a_moment(
    registry: Registry, eventful: str, day: date, known_at: datetime, holds: bool
) -> None:
    with registry.reading() as db:
        known = {mandate.public_id: span for mandate, span in mandates_as_known(db, known_at)}
    assert known[eventful].covers(day) is holds


def test_a_mandate_was_not_known_before_it_was_granted(registry: Registry, eventful: str) -> None:
    with registry.reading() as db:
        before = mandates_as_known(db, GRANTED - timedelta(seconds=1))
        assert eventful not in {mandate.public_id for mandate, _ in before}
        assert len(before) == 1  # the one that the registry began with


def test_at_the_moment_of_keeping_the_mandate_is_read_again(registry: Registry) -> None:
    day = date(2026, 3, 13)
    with registry.writing() as db:
        one = _granted(db)
        read = mandate_in_force(db, "solo", "hot-work", "1", day)
        assert (read.mandate_max, read.mandate) == (Level.C1, one)
        # Somebody else's transaction, as far as this one's memory of the row goes.
        statement = "UPDATE mandate SET withdrawn_from = '2026-03-13' WHERE public_id = :id"
        db.connection().execute(text(statement), {"id": one.public_id})
        assert one.withdrawn_from is None
        with pytest.raises(IssuerNotAuthorised, match="solo has no mandate for hot-work on 2026-03-13"):
            mandate_in_force(db, "solo", "hot-work", "1", day)
        assert mandate_in_force(db, "sector", "hot-work", "1", day).issuer_owns


def test_a_change_without_an_event_is_found(registry: Registry, eventful: str) -> None:
    with registry.writing() as db:
        db.connection().execute(
            text("UPDATE mandate SET withdrawn_from = NULL WHERE public_id = :id"), {"id": eventful}
        )
    with registry.reading() as db:
        assert mandate_mismatches(db) == [eventful]


FEBRUARY, JUNE = (date(2026, 2, 1), date(2026, 2, 28)), (date(2026, 6, 1), date(2026, 6, 30))


@pytest.mark.parametrize(
    ("first", "until", "suspended"),
    [
        pytest.param(date(2026, 4, 1), date(2026, 4, 9), 3, id="between two that are planned"),
        pytest.param(date(2026, 1, 20), date(2026, 1, 21), 3, id="before them"),
        pytest.param(date(2026, 7, 1), None, 3, id="after them, with no end"),
        pytest.param(date(2026, 6, 1), date(2026, 7, 9), 2, id="one of them for longer"),
        pytest.param(date(2026, 5, 1), None, 2, id="one of them from an earlier day, with no end"),
        pytest.param(date(2026, 1, 20), None, 1, id="all of them"),
        pytest.param(date(2026, 6, 9), None, None, id="from within one"),
        pytest.param(date(2026, 5, 1), date(2026, 6, 9), None, id="until within one"),
        pytest.param(date(2026, 2, 3), date(2026, 2, 3), None, id="within one"),
    ],
)
def test_suspended_beside_what_is_planned_and_no_day_let_go(
    registry: Registry, first: date, until: date | None, suspended: int | None
) -> None:
    with registry.writing() as db:
        one = _granted(db).public_id
        for days in (JUNE, FEBRUARY):
            suspend_mandate(db, one, *days, "visit", "bo", now=GRANTED)
        before = mandate_by_id(db, one).span
        assert before.suspended == (FEBRUARY, JUNE)
        if suspended is None:
            with pytest.raises(MandateNotAllowed):
                suspend_mandate(db, one, first, until, "other", "bo", now=GRANTED)
        else:
            suspend_mandate(db, one, first, until, "other", "bo", now=GRANTED)
            assert len(mandate_by_id(db, one).span.suspended) == suspended
        now_known = mandate_by_id(db, one).span
        every = [date(2026, 1, 1) + timedelta(days=number) for number in range(400)]
        assert not [day for day in every if now_known.covers(day) and not before.covers(day)]
        assert suspended is None or not now_known.covers(first)
        assert mandate_mismatches(db) == []
        held = {day: now_known.covers(day) for day in every}
        trusted = [span for span in build_trust(db, PUBLIC_URL, GRANTED).mandates if span.id == one]
        for day in every:
            covered = any(each.since <= day and (each.until is None or day <= each.until) for each in trusted)
            assert covered == held[day], day


def test_one_that_is_planned_never_begins(registry: Registry) -> None:
    with registry.writing() as db:
        one = _granted(db)
        for days in (FEBRUARY, JUNE):
            suspend_mandate(db, one.public_id, *days, "visit", "bo", now=GRANTED)
        end_suspension(db, one, (FEBRUARY[0], date(2026, 1, 31)), "settled", "bo", now=GRANTED)
        assert (one.span.suspended, one.suspended_from, one.also_suspended) == ((JUNE,), JUNE[0], None)
        end_suspension(db, one, (JUNE[0], date(2026, 5, 31)), "settled", "bo", now=GRANTED)
        assert (one.span.suspended, one.suspended_from, one.also_suspended) == ((), None, None)
        assert mandate_mismatches(db) == []


def test_in_older_registries_a_suspension_took_the_place_of_the_former() -> None:
    def event(place: int, first: date, **more: Any) -> MandateEvent:
        kind: Any = "granted" if place == 1 else "suspended"
        return MandateEvent(mandate_id=None, place=place, kind=kind, at=OPENED, from_day=first, actor="a", **more)

    granted, june = event(1, date(2026, 1, 1)), event(2, JUNE[0], until_day=JUNE[1])
    assert told([granted, june, event(3, FEBRUARY[0], until_day=FEBRUARY[1])]).suspended == (FEBRUARY,)
    beside = event(3, FEBRUARY[0], until_day=FEBRUARY[1], beside=True)
    assert told([granted, june, beside]).suspended == (FEBRUARY, JUNE)


def test_an_unknown_mandate_is_named(registry: Registry) -> None:
    with registry.writing() as db, pytest.raises(MandateNotFound, match="mandate-x"):
        withdraw_mandate(db, "mandate-x", date(2026, 1, 1), "closed", "bo", now=OPENED)


DAYS = st.dates(date(2026, 1, 1), date(2026, 12, 31))


@given(since=DAYS, ends=st.lists(DAYS, min_size=1, max_size=4), day=DAYS)
def test_a_later_decision_to_withdraw_never_gives_a_day_back(since: date, ends: list[date], day: date) -> None:
    """Withdrawals are only ever moved to earlier days: whatever is told later, a day lost stays lost."""
    granted = MandateEvent(mandate_id=None, place=1, kind="granted", at=OPENED, from_day=since, actor="a")
    events = [granted]
    lost = False
    for place, end in enumerate(sorted(ends, reverse=True), start=2):
        kind: Any = "withdrawn"
        events.append(MandateEvent(mandate_id=None, place=place, kind=kind, at=OPENED, from_day=end, actor="a"))
        held = told(events).covers(day)
        assert not (lost and held)
        lost = lost or not held
    assert told([granted]) == Span(since)
