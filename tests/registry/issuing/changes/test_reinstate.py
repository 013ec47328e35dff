"""Nobody lets a suspended certificate hold again alone, and what was approved is this suspension and no other."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest

from registry.errors import ApprovalNeeded, NotAllowed, NotProven, NotSuspended, Refusal, SamePerson
from registry.issuing.changes.reinstate import ask_to_reinstate, reinstate
from registry.issuing.changes.withdraw import annul, revoke, suspend
from registry.records.actors.access import Actor
from registry.records.actors.approvals import decide
from registry.records.issued.certificates import (
    certificate_by_number,
    derived_state,
    history,
    state_mismatches,
)
from registry.records.issued.outbox import notices
from registry.records.whole.directory import Registry
from registry.signing.keys import Keyring
from tests.registry.conftest import (
    ACTOR,
    NOW,
    approved,
    issue,
    person,
    reinstate_by_two,
    roster,
    two_people,
)

SOON = NOW + timedelta(hours=1)


@pytest.fixture
def number(registry: Registry, keyring: Keyring) -> str:
    """A certificate that was suspended."""
    done = issue(registry, keyring, "hot-work-march", roster(person(2)))
    with registry.writing() as db:
        number = str(done.rows[0].number)
        suspend(db, number, reason="misuse", now=NOW, actor=ACTOR, organisation="issuer", note="seen asleep")
    return number


def kinds(registry: Registry, number: str) -> list[str]:
    with registry.reading() as db:
        return [event.kind for event in history(db, certificate_by_number(db, number))]


def test_two_people_let_it_hold_again(registry: Registry, number: str) -> None:
    with registry.writing() as db:
        asa, bo = two_people(db, "issuer")
        asked = ask_to_reinstate(db, number, reason="appeal", actor=asa, now=SOON, note="board, minute 4")
        assert asked.content()["suspended"]["reason"] == "misuse"
        assert asked.content()["holder"] == "Person A"
        approved(db, asked, bo, SOON)
    with registry.writing() as db:
        reinstate(db, number, reason="appeal", now=SOON, actor="asa", note="board, minute 4")
        last = history(db, certificate_by_number(db, number))[-1]
        assert (last.kind, last.actor, last.organisation, last.approval) == (
            "reinstated",
            "asa",
            "issuer",
            asked.public_id,
        )


def test_nobody_does_it_alone(registry: Registry, number: str) -> None:
    def refused(refusal: type[Refusal], act: Callable[..., Any], *args: Any, **given: Any) -> None:
        with pytest.raises(refusal), registry.writing() as db:
            act(db, *args, **given)

    with registry.writing() as db:
        asa, bo = two_people(db, "issuer")
        asked = ask_to_reinstate(db, number, reason="appeal", actor=asa, now=SOON)
    refused(ApprovalNeeded, reinstate, number, reason="appeal", now=SOON, actor="asa")
    refused(SamePerson, approved, asked, asa, SOON)
    refused(NotProven, approved, asked, Actor(bo.account, bo.grants, proven=False), SOON)
    refused(
        NotProven,
        ask_to_reinstate,
        number,
        reason="appeal",
        actor=Actor(asa.account, asa.grants, proven=False),
        now=SOON,
    )
    refused(NotAllowed, ask_to_reinstate, number, reason="appeal", actor=bo, now=SOON)
    refused(ApprovalNeeded, reinstate, number, reason="appeal", now=SOON, actor="asa")
    with registry.writing() as db:
        decide(db, asked.public_id, approve=False, digest=asked.digest, actor=bo, now=SOON, reason="not yet")
    refused(ApprovalNeeded, reinstate, number, reason="appeal", now=SOON, actor="asa")
    assert kinds(registry, number) == ["issued", "suspended"]


@pytest.mark.parametrize("other", [{"reason": "error"}, {"note": "board, minute 5"}])
def test_what_was_approved_is_what_is_done(registry: Registry, number: str, other: dict[str, Any]) -> None:
    given = {"reason": "appeal", "note": None}
    with registry.writing() as db:
        asa, bo = two_people(db, "issuer")
        approved(db, ask_to_reinstate(db, number, actor=asa, now=SOON, **given), bo, SOON)
        with pytest.raises(ApprovalNeeded, match="something changed"):
            reinstate(db, number, now=SOON, actor="asa", **given | other)
        assert reinstate(db, number, now=SOON, actor="asa", **given).state == "issued"


def test_an_approval_ends_one_suspension(registry: Registry, number: str) -> None:
    with registry.writing() as db:
        reinstate_by_two(db, number, reason="appeal", now=SOON, actor="asa")
        with pytest.raises(NotSuspended):
            reinstate(db, number, reason="appeal", now=SOON, actor="asa")
        suspend(db, number, reason="misuse", now=SOON, actor=ACTOR, organisation="issuer", note="seen asleep")
        with pytest.raises(ApprovalNeeded, match="something changed"):
            reinstate(db, number, reason="appeal", now=SOON, actor="asa")


def test_what_the_owner_stopped_the_issuer_does_not_let_go(registry: Registry, keyring: Keyring) -> None:
    done = issue(registry, keyring, "hot-work-march", roster(person(2)))
    with registry.writing() as db:
        number = str(done.rows[0].number)
        suspend(db, number, reason="fraud", now=NOW, actor="eva", organisation="sector")
        asa, _ = two_people(db, "issuer")
        with pytest.raises(NotAllowed):
            ask_to_reinstate(db, number, reason="resolved", actor=asa, now=SOON)
        reinstate_by_two(db, number, reason="resolved", now=SOON, actor="asa")
        assert [each.organisation for each in history(db, certificate_by_number(db, number))] == [
            "issuer",
            "sector",
            "sector",
        ]


def test_the_history_gives_the_state_after_every_change(registry: Registry, number: str) -> None:
    """Suspended and reinstated over and over, and ended: whoever reads the events alone gets the same."""
    for turn in range(1, 8):
        with registry.writing() as db:
            at = NOW + timedelta(hours=turn)
            if turn == 7:
                revoke(db, number, reason="fraud", now=at, actor=ACTOR)
            elif turn % 2:
                reinstate_by_two(db, number, reason="resolved", now=at, actor=ACTOR)
            else:
                suspend(db, number, reason="misuse", now=at, actor=ACTOR)
        with registry.reading() as db:
            found = certificate_by_number(db, number)
            assert derived_state(event.kind for event in history(db, found)) == found.state
            assert [event.place for event in history(db, found)] == list(range(1, turn + 3))
            assert state_mismatches(db) == []


@pytest.mark.parametrize("changes", [["revoked", "annulled"], ["revoked", "suspended"], ["reinstated", "revoked"]])
def test_of_two_at_one_moment_the_second_sees_what_the_first_did(
    registry: Registry, number: str, changes: list[str]
) -> None:
    """Whoever comes second is refused or adds to what is there; no end is ever lost."""
    with registry.writing() as db:
        asa, bo = two_people(db, "issuer")
        approved(db, ask_to_reinstate(db, number, reason="appeal", actor=asa, now=SOON), bo, SOON)
    acts: dict[str, Callable[..., Any]] = {
        "revoked": lambda db: revoke(db, number, reason="fraud", now=SOON, actor="one"),
        "annulled": lambda db: annul(db, number, reason="fraud", now=SOON, actor="two"),
        "suspended": lambda db: suspend(db, number, reason="fraud", now=SOON, actor="two"),
        "reinstated": lambda db: reinstate(db, number, reason="appeal", now=SOON, actor="two"),
    }
    starting, refused = Barrier(2), list[Refusal]()

    def act(change: str) -> None:
        starting.wait()
        try:
            with registry.writing() as db:
                acts[change](db)
        except Refusal as refusal:
            refused.append(refusal)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(act, changes))
    with registry.reading() as db:
        found = certificate_by_number(db, number)
        happened = [event.kind for event in history(db, found)]
        assert len(happened) + len(refused) == 4
        assert derived_state(happened) == found.state
        assert found.state in {"revoked", "annulled"}
        assert len(happened) == len(notices(db))
