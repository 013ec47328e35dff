"""All that stems from one cause: whom it reaches, who may, that it is all or nothing, and what comes of it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlmodel import func, select

from registry.errors import (
    ApprovalNeeded,
    ApprovalNotFound,
    BatchNotFound,
    MalformedInput,
    NotAllowed,
    NothingToChange,
    NotProven,
    OccasionNotFound,
    Refusal,
    RequestOutdated,
    SamePerson,
    TooManyCertificates,
    UnknownReason,
)
from registry.issuing.changes import mass_action
from registry.issuing.changes.deciding import decide_on
from registry.issuing.changes.mass_action import (
    OfOneCause,
    OfOneDecision,
    ask_for_mass_action,
    carry_out,
    plan_mass_action,
    planned_page,
)
from registry.issuing.changes.reinstate import may_reinstate
from registry.issuing.changes.withdraw import revoke, suspend
from registry.records.actors.access import Actor
from registry.records.actors.accounts import NewAccount, add_account, grant_role
from registry.records.actors.approvals import Approval, may_decide
from registry.records.issued.batches import batches
from registry.records.issued.certificates import certificates, history, state_mismatches, states_in_list
from registry.records.issued.certificates_by_cause import CAUSES, issued_under
from registry.records.issued.outbox import notices
from registry.records.log.entries import LogEntry
from registry.records.mandates.mandates import mandates_of
from registry.records.store.database import Database
from registry.records.strict_input import parse
from registry.records.whole.directory import Registry
from registry.signing.keys import Keyring
from tests.registry.conftest import (
    ACTOR,
    NOW,
    OPENED,
    approved,
    hire,
    issue,
    person,
    reinstate_by_two,
    roster,
    two_people,
)
from verification.certificate import parse_number

SOON = NOW + timedelta(hours=1)
# Half past eleven in the evening of the 13th in UTC is the 14th in Stockholm.
AT_NIGHT = datetime(2026, 3, 13, 23, 30, tzinfo=UTC)


def five(registry: Registry, keyring: Keyring) -> None:
    """Three of hot work, and two of a course whose scheme only annuls; the third of them issued at night."""
    hire(registry)
    issue(registry, keyring, "hot-work-march", roster(person(2, "Asa Lind"), person(3, "Bo Ek")))
    issue(registry, keyring, "hot-work-march", roster(person(4, "Cia Dal")), now=AT_NIGHT)
    issue(registry, keyring, "own-course-march", roster(person(2, "Asa Lind"), person(5, "Dan Frid")))


BEGINS_WITH = {"registry": five}


def a_cause(cause: str = "occasion", which: str = "hot-work-march", **more: Any) -> OfOneCause:
    given = {"cause": cause, "which": which, "change": "suspend", "reason": "fraud", **more}
    return parse(given, OfOneCause)


def operator() -> Actor:
    return Actor("olga", frozenset({(None, "operator")}), proven=True)


def names(db: Database, asked: OfOneCause | OfOneDecision, who: Actor) -> dict[str, str | None]:
    """Whom it is about, with why they are left out."""
    plan = plan_mass_action(db, asked, who)
    page = planned_page(db, plan)
    assert plan.counts.to_change == sum(why is None for _, why in page)
    assert sum(plan.counts.left_out.values()) == sum(why is not None for _, why in page)
    return {f"{row.holder} {row.scheme}": why for row, why in page}


def done(db: Database, asked: OfOneCause | OfOneDecision, organisation: str | None = "issuer") -> Approval:
    """Asked for, decided on and carried out by two people of an organisation."""
    asa, bo = two_people(db, organisation)
    approval = ask_for_mass_action(db, asked, actor=asa, now=SOON)
    approved(db, approval, bo, SOON)
    assert not carry_out(db, approval.public_id, actor=asa, now=SOON).before
    return approval


HOT = {"Asa Lind hot-work", "Bo Ek hot-work", "Cia Dal hot-work"}
OWN = {"Asa Lind own-course", "Dan Frid own-course"}


def test_each_cause_finds_what_stems_from_it(registry: Registry) -> None:
    with registry.reading() as db:
        hot = next(row for row in certificates(db) if row.scheme == "hot-work")
        (mandate,) = mandates_of(db, scheme="hot-work", issuer="issuer")
        last = batches(db)[0].public_id
        found = {
            "training_provider": ("trainer", HOT),
            "examination_body": ("solo", OWN),
            "instructor": ("inga", HOT),
            "examiner": ("lind", OWN),
            "occasion": ("own-course-march", OWN),
            "batch": (last, OWN),
            "scheme_version": ("hot-work@1", HOT),
            "mandate": (mandate.public_id, HOT),
            "signing_key": (hot.kid, HOT),
        }
        assert set(found) == set(CAUSES)
        for cause, (which, expected) in found.items():
            assert set(names(db, a_cause(cause, which), operator())) == expected, cause
        assert names(db, a_cause("examiner", "inga"), operator()) == {}
        assert issued_under(db, mandate, NOW.date()) == 3
        assert issued_under(db, mandate, AT_NIGHT.date() + timedelta(days=1)) == 1


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (None, "2026-03-12", set()),
        (None, "2026-03-13", HOT - {"Cia Dal hot-work"}),
        ("2026-03-13", "2026-03-13", HOT - {"Cia Dal hot-work"}),
        ("2026-03-14", None, {"Cia Dal hot-work"}),
        ("2026-03-13", "2026-03-14", HOT),
        ("2026-03-15", None, set()),
    ],
)
def test_days_are_those_where_the_scheme_keeps_time(
    registry: Registry, first: str | None, last: str | None, expected: set[str]
) -> None:
    with registry.reading() as db:
        assert set(names(db, a_cause(issued_from=first, issued_until=last), operator())) == expected


@pytest.mark.parametrize(
    ("change", "reason", "left_out"),
    [
        ("suspend", "fraud", None),
        ("suspend", "misuse", "not_foreseen"),
        ("revoke", "fraud", "not_foreseen"),
        ("annul", "fraud", None),
    ],
)
def test_what_the_scheme_does_not_foresee_is_left_out(
    registry: Registry, change: str, reason: str, left_out: str | None
) -> None:
    with registry.reading() as db:
        found = names(db, a_cause("training_provider", "solo", change=change, reason=reason), operator())
        assert found == dict.fromkeys(OWN, left_out)


def test_who_acts_on_what(registry: Registry) -> None:
    def refused(refusal: type[Refusal], asked: OfOneCause, who: Actor) -> None:
        with pytest.raises(refusal), registry.writing() as db:
            ask_for_mass_action(db, asked, actor=who, now=SOON)

    with registry.writing() as db:
        issuer, decides = two_people(db, "issuer")
        solo, _ = two_people(db, "solo")
        owner, _ = two_people(db, "sector")
        last = batches(db)[0].public_id
        assert set(names(db, a_cause("instructor", "inga"), issuer)) == HOT
        assert set(names(db, a_cause(), owner)) == set(names(db, a_cause(), decides)) == HOT
        assert set(names(db, a_cause(organisation="issuer"), operator())) == HOT
        assert names(db, a_cause("instructor", "inga"), solo) == {}
        two = Actor("asa", frozenset({("issuer", "requester"), ("solo", "requester")}), proven=True)
        assert set(names(db, a_cause("instructor", "inga", organisation="issuer"), two)) == HOT
    refused(NothingToChange, a_cause("instructor", "inga"), solo)
    refused(OccasionNotFound, a_cause(), solo)
    refused(BatchNotFound, a_cause("batch", last), issuer)
    refused(NotAllowed, a_cause(organisation="issuer"), solo)
    refused(NotAllowed, a_cause(), decides)  # who decides does not ask
    refused(NotAllowed, a_cause(), Actor("asa", frozenset({("issuer", "examiner")}), proven=True))
    refused(MalformedInput, a_cause(), two)
    refused(NotProven, a_cause(), Actor("asa", issuer.grants, proven=False))
    refused(UnknownReason, a_cause(reason="appeal"), issuer)


@pytest.mark.parametrize(
    "wrong",
    [
        {"issued_from": "2026-03-02", "issued_until": "2026-03-01"},
        {"issued_until": "9999-12-31"},
        {"change": "reinstate"},
        {"cause": "weather"},
        {"which": "a'b"},
        {"cause": "scheme_version", "which": "hot-work"},
    ],
)
def test_what_cannot_be_asked(registry: Registry, wrong: dict[str, Any]) -> None:
    with registry.reading() as db, pytest.raises(MalformedInput):
        plan_mass_action(db, a_cause(**wrong), operator())


def test_two_people_and_nothing_else_than_was_approved(registry: Registry, keyring: Keyring) -> None:
    def refused(refusal: type[Refusal], act: Callable[..., Any], *args: Any, match: str = ".", **given: Any) -> None:
        with pytest.raises(refusal, match=match), registry.writing() as db:
            act(db, *args, **given)

    with registry.writing() as db:
        asa, bo = two_people(db, "issuer")
        asked = ask_for_mass_action(db, a_cause(), actor=asa, now=SOON)
        assert ask_for_mass_action(db, a_cause(), actor=asa, now=SOON).id == asked.id
        assert len(asked.content()["certificates"]) == 3
    refused(ApprovalNeeded, carry_out, asked.public_id, actor=asa, now=SOON, match="waits for a decision")
    refused(SamePerson, approved, asked, Actor("asa", bo.grants, proven=True), SOON)
    refused(NotAllowed, approved, asked, Actor("bo", frozenset({("solo", "approver")}), proven=True), SOON)
    with registry.writing() as db:
        approved(db, asked, bo, SOON)
    refused(NotAllowed, carry_out, asked.public_id, actor=two_of(registry, "solo"), now=SOON)
    # One more is issued meanwhile, and then one that was approved of is revoked.
    issue(registry, keyring, "hot-work-march", roster(person(6, "Eva Gran")), now=SOON)
    refused(RequestOutdated, carry_out, asked.public_id, actor=asa, now=SOON, match="1 certificates have come and 0")
    with registry.writing() as db:
        number = parse_number(asked.content()["certificates"][0])
        revoke(db, number, reason="fraud", now=SOON, actor=ACTOR, organisation="issuer")
    refused(RequestOutdated, carry_out, asked.public_id, actor=asa, now=SOON, match="1 certificates have come and 1")
    # Nor is what has become another list approved.
    with registry.writing() as db:
        late = ask_for_mass_action(db, a_cause(issued_from="2026-03-13"), actor=asa, now=SOON)
        revoke(db, parse_number(late.content()["certificates"][0]), reason="fraud", now=SOON, actor=ACTOR)
    about = {"approve": True, "digest": late.digest, "actor": bo, "now": SOON}
    refused(RequestOutdated, decide_on, late.public_id, **about, match="0 certificates have come and 1")
    refused(ApprovalNotFound, carry_out, "approval-0123456789abcdef", actor=asa, now=SOON)
    with registry.reading() as db:
        assert [row.state for row in certificates(db)].count("suspended") == 0


def two_of(registry: Registry, organisation: str) -> Actor:
    with registry.writing() as db:
        return two_people(db, organisation)[0]


def test_each_has_its_event_its_notice_its_entry_and_its_bit(registry: Registry) -> None:
    with registry.reading() as db:
        before = len(notices(db)), logged(db)
    with registry.writing() as db:
        approval = done(db, a_cause(note="report 7"))
        assert carry_out(db, approval.public_id, actor=two_people(db, "issuer")[0], now=SOON).before
    with registry.reading() as db:
        rows = [row for row in certificates(db) if row.scheme == "hot-work"]
        for row in rows:
            first, last = history(db, row)
            assert (first.kind, first.place, last.kind, last.place) == ("issued", 1, "suspended", 2)
            assert (last.actor, last.organisation, last.approval) == ("asa", "issuer", approval.public_id)
            assert (last.reason, last.note, last.effective_from) == ("fraud", "report 7", SOON.date())
            assert row.state == "suspended"
        assert set(states_in_list(db, 0, NOW).items()) == {(row.status_index, "suspended") for row in rows}
        assert (len(notices(db)), logged(db)) == (before[0] + 3, before[1] + 3)
        assert [notice.template for notice in notices(db)][-3:] == ["suspended"] * 3
        assert state_mismatches(db) == []


def logged(db: Database) -> int:
    return db.exec(select(func.count()).select_from(LogEntry).where(LogEntry.kind == "certificate.status")).one()


def test_only_what_is_suspended_by_that_decision_holds_again(registry: Registry) -> None:
    with registry.writing() as db:
        one, two, _ = [row.number for row in certificates(db) if row.scheme == "hot-work"][::-1]
        stopped = done(db, a_cause())
        decision = OfOneDecision(suspended_by=stopped.public_id, reason="resolved")
        revoke(db, one, reason="fraud", now=SOON, actor=ACTOR, organisation="issuer")
        # The second holds again by a decision of its own, and is suspended anew for something else.
        assert set(names(db, decision, two_people(db, "issuer")[0]).values()) == {None, "revoked"}
    with registry.writing() as db:
        reinstate_by_two(db, two, reason="error", now=SOON, actor="asa")
        asa, _ = two_people(db, "issuer")
        assert names(db, decision, asa)["Bo Ek hot-work"] == "holds"
        suspend(db, two, reason="misuse", now=SOON, actor=ACTOR, organisation="issuer")
        assert names(db, decision, asa) == {
            "Asa Lind hot-work": "revoked",
            "Bo Ek hot-work": "suspended_since",
            "Cia Dal hot-work": None,
        }
        with pytest.raises(NotAllowed):
            plan_mass_action(db, decision, two_people(db, "solo")[0])
        again = done(db, decision)
        assert again.content()["change"] == "reinstate"
        with pytest.raises(NothingToChange):
            ask_for_mass_action(db, decision, actor=asa, now=SOON)
        # What is done is done: the first decision does not suspend it again.
        assert carry_out(db, stopped.public_id, actor=asa, now=SOON).before
        assert [row.state for row in certificates(db) if row.scheme == "hot-work"] == ["issued", "suspended", "revoked"]
        assert state_mismatches(db) == []


def test_annulled_is_void_from_the_first_day(registry: Registry) -> None:
    with registry.writing() as db:
        done(db, a_cause("examiner", "lind", change="annul"), "solo")
        for row in certificates(db):
            if row.scheme == "own-course":
                assert row.state == "annulled"
                assert history(db, row)[-1].effective_from == row.valid_from


def test_more_than_are_changed_at_once(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mass_action, "MOST", 2)
    with registry.writing() as db, pytest.raises(TooManyCertificates, match=r"3 certificates.*2 at most"):
        ask_for_mass_action(db, a_cause(), actor=two_people(db, "issuer")[0], now=SOON)


def test_what_the_registry_suspended_only_the_registry_lets_go(registry: Registry) -> None:
    with registry.writing() as db:
        issuer, _ = two_people(db, "issuer")
        _, decides = two_people(db, None)
        add_account(db, NewAccount(id="opal", name="Opal Ordning"), OPENED, ACTOR)
        grant_role(db, "opal", None, "operator", now=OPENED, actor=ACTOR)
        opal = Actor("opal", frozenset({(None, "operator")}), proven=True)
        asked = ask_for_mass_action(db, a_cause("scheme_version", "hot-work@1"), actor=opal, now=SOON)
        assert asked.organisation is None
        assert not may_decide(two_people(db, "issuer")[1], asked)
        approved(db, asked, decides, SOON)
        assert carry_out(db, asked.public_id, actor=opal, now=SOON).changed == 3
        for row in certificates(db):
            if row.scheme == "hot-work":
                with pytest.raises(NotAllowed):
                    may_reinstate(db, issuer, row)
        decision = OfOneDecision(suspended_by=asked.public_id, reason="resolved")
        with pytest.raises(NotAllowed):
            plan_mass_action(db, decision, issuer)
        again = ask_for_mass_action(db, decision, actor=opal, now=SOON)
        approved(db, again, decides, SOON)
        assert carry_out(db, again.public_id, actor=opal, now=SOON).changed == 3


def test_carried_out_by_two_at_one_moment_it_is_done_once(registry: Registry) -> None:
    with registry.writing() as db:
        asa, bo = two_people(db, "issuer")
        asked = ask_for_mass_action(db, a_cause(), actor=asa, now=SOON)
        approved(db, asked, bo, SOON)
    starting = Barrier(2)

    def act(_: int) -> bool:
        starting.wait()
        with registry.writing() as db:
            return carry_out(db, asked.public_id, actor=asa, now=SOON).before

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(act, range(2))) == [False, True]
    with registry.reading() as db:
        assert state_mismatches(db) == []
        assert len(notices(db)) == 8
