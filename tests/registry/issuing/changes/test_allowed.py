"""Which change is allowed: every state × change, and every level × scheme × change × reason."""

from collections.abc import Callable
from itertools import product
from typing import Any, get_args

import pytest

from levels.level import Level
from registry.errors import AlreadyRevoked, AlreadySuspended, NotForeseen, NotSuspended, Refusal, UnknownReason
from registry.issuing.changes.allowed import FOR_CAUSE, FROM_THE_START, REASONS, Change, check_change, check_foreseen
from registry.issuing.changes.withdraw import annul, revoke, suspend
from registry.records.issued.certificates import State, certificate_by_number, history
from registry.records.sector.scheme_drafts import add_scheme
from registry.records.whole.directory import Registry
from registry.signing.keys import Keyring
from tests.registry.conftest import ACTOR, HOT_WORK, NOW, SOLO, person, roster, scheme_like
from tests.registry.conftest import issue as issue_list

NUMBER = "7Q4M2XKD9RTB0HWC"
# Rows are states, columns changes.
STATES: dict[str, dict[Change, type[Refusal] | None]] = {
    "issued": {
        "suspended": None,
        "reinstated": NotSuspended,
        "revoked": None,
        "annulled": None,
        "superseded": None,
    },
    "suspended": {
        "suspended": AlreadySuspended,
        "reinstated": None,
        "revoked": None,
        "annulled": None,
        "superseded": None,
    },
    **dict.fromkeys(("revoked", "annulled", "superseded"), dict.fromkeys(get_args(Change), AlreadyRevoked)),
}


@pytest.mark.parametrize(("state", "change"), list(product(get_args(State), get_args(Change))))
def test_every_change_from_every_state(state: str, change: Change) -> None:
    refusal = STATES[state][change]
    if refusal is None:
        check_change(state, change, NUMBER)
    else:
        with pytest.raises(refusal, match="7Q4M-2XKD-9RTB-0HWC is"):
            check_change(state, change, NUMBER)


@pytest.mark.parametrize("change", ["suspended", "reinstated", "revoked", "annulled", "superseded"])
@pytest.mark.parametrize("withdrawal", ["none", "annul", "withdraw"])
@pytest.mark.parametrize(
    ("level", "carries_end"), [("B", True), ("C1", True), ("C2", True), ("D", True), ("E", False), ("F", False)]
)
def test_level_and_scheme_decide_what_can_be_withdrawn(
    level: str, carries_end: bool, withdrawal: Any, change: Change
) -> None:
    for_cause = carries_end and withdrawal == "withdraw"
    for reason in REASONS[change]:
        foreseen = (
            for_cause
            or change in {"annulled", "reinstated", "superseded"}
            or (change == "suspended" and reason in FROM_THE_START)
        )
        given: dict[str, Any] = {"level": level, "carries_end": carries_end, "withdrawal": withdrawal}
        if foreseen:
            check_foreseen(change, reason, NUMBER, scheme="lift", **given)
            continue
        with pytest.raises(NotForeseen, match=r"annul(ment|ed)? .*error or fraud|attests an event"):
            check_foreseen(change, reason, NUMBER, scheme="lift", **given)


def test_what_never_should_have_been_can_always_be_annulled() -> None:
    assert set(REASONS["annulled"]) == set(FROM_THE_START)
    assert set(FROM_THE_START) < set(FOR_CAUSE)
    assert not set(REASONS["reinstated"]) & {"fraud", "misuse"}


@pytest.fixture
def issue(registry: Registry, keyring: Keyring) -> Callable[..., str]:
    def issuing(occasion: str, **wish: Any) -> str:
        done = issue_list(registry, keyring, occasion, roster(person(2)), **wish)
        return str(done.rows[0].number)

    return issuing


@pytest.mark.parametrize(
    ("change", "reason", "refusal", "says"),
    [
        pytest.param(revoke, "fraud", NotForeseen, "own-course, which .* foresees annulment only", id="revoke D"),
        pytest.param(suspend, "misuse", NotForeseen, "suspended for error or fraud only", id="suspend D for misuse"),
        pytest.param(annul, "misuse", UnknownReason, "known are error, fraud", id="annul for misuse"),
        pytest.param(revoke, "superseded", UnknownReason, "no reason for this", id="revoke as superseded"),
        pytest.param(suspend, "resolved", UnknownReason, "no reason for this", id="suspend as resolved"),
    ],
)
def test_what_is_not_foreseen_leaves_no_event(
    registry: Registry,
    issue: Callable[..., str],
    change: Callable[..., object],
    reason: str,
    refusal: type[Refusal],
    says: str,
) -> None:
    number = issue("own-course-march")
    with registry.writing() as db, pytest.raises(refusal, match=says):
        change(db, number, reason=reason, now=NOW, actor=ACTOR)
    with registry.writing() as db:
        assert [event.kind for event in history(db, certificate_by_number(db, number))] == ["issued"]
        suspend(db, number, reason="fraud", now=NOW, actor=ACTOR)
        assert annul(db, number, reason="fraud", now=NOW, actor=ACTOR).state == "annulled"


def test_a_diploma_of_a_scheme_that_withdraws_is_revoked_for_cause(
    registry: Registry, issue: Callable[..., str], add: Callable[..., str]
) -> None:
    with registry.writing() as db:
        add_scheme(db, scheme_like(HOT_WORK, code="strict", owner="solo", max_level="D", target_level="D"), NOW, ACTOR)
    number = issue(add(SOLO, id="strict-march", scheme="strict"))
    with registry.writing() as db:
        assert revoke(db, number, reason="loss_of_competence", now=NOW, actor=ACTOR).level == "D"


def test_an_attestation_is_not_revoked_even_where_its_scheme_withdraws(
    registry: Registry, issue: Callable[..., str]
) -> None:
    number = issue("hot-work-march", asked=Level.E)
    with registry.writing() as db, pytest.raises(NotForeseen, match="level E, which attests an event"):
        revoke(db, number, reason="loss_of_competence", now=NOW, actor=ACTOR)
    with registry.writing() as db:
        assert annul(db, number, reason="error", now=NOW, actor=ACTOR).state == "annulled"
