"""Nobody lets a certificate about an organisation hold again alone, and what ends by itself takes nobody."""

from datetime import date, timedelta
from typing import Any

import pytest

from registry.errors import (
    ApprovalNeeded,
    ChangeNotAllowed,
    ContentChanged,
    MalformedInput,
    NotAllowed,
    NotProven,
    Refusal,
    SamePerson,
)
from registry.issuing.organisations.certify import Office
from registry.issuing.organisations.reinstate import Reinstating, ask_to_reinstate, reinstate
from registry.issuing.organisations.statements import NewAudit, Suspending, Withdrawing, state, suspend, withdraw
from registry.records.actors.access import Actor
from registry.records.actors.accounts import NewAccount, add_account, grant_role
from registry.records.actors.approvals import Approval, decide
from registry.records.parties.organisation_certificates import (
    courses,
    history_of,
    organisation_certificate,
)
from registry.records.store.database import Database
from registry.records.strict_input import parse
from registry.records.whole.directory import Registry
from registry.signing.keys import Keyring
from tests.registry.conftest import ACTOR, LONG_AGO, NOW, ON_SQLITE, OPENED, PUBLIC_URL, approved, two_people

pytestmark = ON_SQLITE

DAY, TODAY = timedelta(days=1), date(2026, 3, 13)
SOON, TOMORROW = NOW + timedelta(hours=1), NOW + DAY
AUDIT = {
    "kind": "audit",
    "issuer": "auditor",
    "holder": "issuer",
    "extent": "full",
    "standard": "ISO/IEC 17024",
    "edition": "2026",
    "first_on": "2025-11-12",
    "last_on": "2025-11-13",
    "conforms": True,
}
GIVEN = parse({"reason": "put right"}, Reinstating)


@pytest.fixture
def number(registry: Registry, keyring: Keyring) -> str:
    """A certificate that was suspended today with no end."""
    with registry.writing() as db:
        keyring.create_organisation_key(db, "auditor", OPENED, ACTOR)
        number = state(db, Office(keyring, PUBLIC_URL), parse(AUDIT, NewAudit), NOW, ACTOR).number
        suspend(db, number, parse({"from_day": TODAY, "reason": "visit"}, Suspending), NOW, "dan")
    return number


def test_one_asks_another_decides_and_nobody_does_it_alone(registry: Registry, number: str) -> None:
    with registry.writing() as db:
        asa, bo = two_people(db, "auditor")
        twin = {"id": "bo-two", "name": "Bo Beslutare", "another_person": True}  # which nothing on record shows
        add_account(db, parse(twin, NewAccount), LONG_AGO, ACTOR)
        grant_role(db, "bo-two", "auditor", "approver", now=LONG_AGO, actor=ACTOR)
        asked = ask_to_reinstate(db, number, GIVEN, SOON, asa)
        again = ask_to_reinstate(db, number, GIVEN, SOON, asa)
        assert again.public_id == asked.public_id
        told = asked.content()
        assert told["suspended"] == told["suspended"] | {"by": "dan", "from_day": "2026-03-13", "note": "visit"}
    same = Actor("bo-two", bo.grants, proven=True)
    other = parse({"reason": "an appeal"}, Reinstating)

    def by(db: Database, one: Actor, another: Actor) -> Approval:
        return approved(db, ask_to_reinstate(db, number, GIVEN, SOON, one), another, SOON)

    refused: list[tuple[type[Refusal], Any]] = [
        (ApprovalNeeded, lambda db: reinstate(db, number, GIVEN, SOON, "asa")),
        (SamePerson, lambda db: by(db, bo, bo)),
        (SamePerson, lambda db: by(db, bo, same)),
        (NotAllowed, lambda db: by(db, bo, asa)),
        (NotProven, lambda db: ask_to_reinstate(db, number, GIVEN, SOON, Actor("asa", asa.grants, proven=False))),
        (NotAllowed, lambda db: ask_to_reinstate(db, number, GIVEN, SOON, Actor("x", frozenset(), proven=True))),
        (
            ContentChanged,
            lambda db: decide(db, asked.public_id, approve=True, digest="0" * 64, actor=bo, now=SOON),
        ),
    ]
    for refusal, attempt in refused:
        with pytest.raises(refusal), registry.writing() as db:
            attempt(db)
    with registry.writing() as db:
        approved(db, asked, bo, SOON)
        with pytest.raises(ApprovalNeeded, match="something changed"):
            reinstate(db, number, other, SOON, "asa")
        assert reinstate(db, number, GIVEN, TOMORROW, "asa")[0] == TODAY + DAY
        row = organisation_certificate(db, number)
        last = history_of(db, row)[-1]
        assert (last.kind, last.actor, last.approval) == ("reinstated", "asa", asked.public_id)
        assert courses(db, [row])[number].suspended == ((TODAY, TODAY),)
        # What was approved ended that suspension, and no later one.
        later = {"from_day": TODAY + DAY, "reason": "visit"}
        suspend(db, number, parse(later, Suspending), TOMORROW, "dan")
        with pytest.raises(ApprovalNeeded, match="something changed"):
            reinstate(db, number, GIVEN, TOMORROW, "asa")


@pytest.mark.parametrize(
    ("first", "until", "allowed"),
    [
        pytest.param(0, None, True, id="the same again"),
        pytest.param(0, 0, False, id="ends today"),
        pytest.param(0, 9, False, id="an open one is given its end"),
        pytest.param(-1, None, False, id="from an earlier day"),
        pytest.param(1, None, False, id="from a later day"),
    ],
)
def test_nobody_ends_a_suspension_by_another(
    registry: Registry, number: str, first: int, until: int | None, *, allowed: bool
) -> None:
    given: dict[str, Any] = {"from_day": TODAY + first * DAY, "reason": "settled"}
    given |= {} if until is None else {"until": TODAY + until * DAY}
    with registry.writing() as db:
        if allowed:
            suspend(db, number, parse(given, Suspending), NOW, "dan")
        else:
            with pytest.raises(ChangeNotAllowed):
                suspend(db, number, parse(given, Suspending), NOW, "dan")
        assert courses(db, [organisation_certificate(db, number)])[number].suspended == ((TODAY, None),)


def test_one_is_planned_and_another_begins_today(registry: Registry, keyring: Keyring) -> None:
    """Neither takes the other's days; that a planned one never begins takes two people."""
    planned, soon = (TODAY + 20 * DAY, TODAY + 29 * DAY), (TODAY, TODAY + DAY)
    with registry.writing() as db:
        keyring.create_organisation_key(db, "auditor", OPENED, ACTOR)
        which = state(db, Office(keyring, PUBLIC_URL), parse(AUDIT, NewAudit), NOW, ACTOR).number
        row = organisation_certificate(db, which)

        def suspended(first: date, until: date | None) -> None:
            days = {"from_day": first, "reason": "visit", **({} if until is None else {"until": until})}
            suspend(db, which, parse(days, Suspending), NOW, "dan")

        suspended(*planned)
        suspended(*soon)
        assert courses(db, [row])[which].suspended == (soon, planned)
        for first, until in ((TODAY, TODAY + 25 * DAY), (TODAY + 25 * DAY, None), (date(2025, 11, 1), TODAY)):
            with pytest.raises((ChangeNotAllowed, MalformedInput)):
                suspended(first, until)
        asa, bo = two_people(db, "auditor")
        approved(db, ask_to_reinstate(db, which, GIVEN, TOMORROW + DAY, asa), bo, TOMORROW + DAY)
        with pytest.raises(ApprovalNeeded):
            reinstate(db, which, GIVEN, NOW, "asa")  # today's is another suspension
        assert reinstate(db, which, GIVEN, TOMORROW + DAY, "asa")[0] == planned[0]
        assert courses(db, [row])[which].suspended == (soon,)


def test_nobody_is_asked_about_what_is_withdrawn(registry: Registry, number: str) -> None:
    with registry.writing() as db:
        asa, _ = two_people(db, "auditor")
        waits = ask_to_reinstate(db, number, GIVEN, NOW, asa)
        end = parse({"from_day": TODAY, "cause": "misuse", "reason": "visit"}, Withdrawing)
        withdraw(db, number, end, SOON, "dan")
        assert (waits.state, waits.withdrawn_by, waits.pending) == ("withdrawn", "dan", None)


def test_only_what_is_suspended_today_and_from_no_day_that_is_over(registry: Registry, number: str) -> None:
    with registry.writing() as db:
        asa, bo = two_people(db, "auditor")
        with pytest.raises(MalformedInput):
            ask_to_reinstate(db, number, parse({"from_day": TODAY - DAY, "reason": "x"}, Reinstating), NOW, asa)
        given = parse({"from_day": TODAY + 5 * DAY, "reason": "then"}, Reinstating)
        approved(db, ask_to_reinstate(db, number, given, NOW, asa), bo, NOW)
        assert reinstate(db, number, given, NOW, "asa")[0] == TODAY + 5 * DAY
        with pytest.raises(ChangeNotAllowed):
            ask_to_reinstate(db, number, GIVEN, NOW + 5 * DAY, asa)
        end = parse({"from_day": TODAY, "cause": "misuse", "reason": "visit"}, Withdrawing)
        withdraw(db, number, end, NOW, "dan")
        with pytest.raises(ChangeNotAllowed):
            ask_to_reinstate(db, number, GIVEN, NOW, asa)
