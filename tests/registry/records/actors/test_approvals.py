"""Four eyes: two people, each with a key, and exactly the content that was read."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError

from levels.level import Level
from registry.errors import (
    AlreadyDecided,
    ApprovalNeeded,
    ApprovalNotFound,
    ContentChanged,
    MalformedInput,
    NotAllowed,
    NotProven,
    Refusal,
    SamePerson,
)
from registry.records.actors.access import Actor, Role
from registry.records.actors.accounts import NewAccount, actor_named, add_account, end_account, end_role, grant_role
from registry.records.actors.api_keys import actor_of_key, create_api_key
from registry.records.actors.approvals import (
    Approval,
    approval_by_id,
    approval_mismatches,
    approval_of,
    approvals,
    canonical_json,
    decide,
    digest_of,
    may_see,
    open_approvals_for,
    request_approval,
    require_approval,
    withdraw_request,
)
from registry.records.store.database import Database
from registry.records.strict_input import parse
from registry.records.whole.directory import Registry
from tests.registry.conftest import NOW

LATER = NOW + timedelta(hours=1)
CONTENT = {"roster": "ab" * 32, "level": "B", "people": 12}

PEOPLE: list[tuple[str, dict[str, Any], list[tuple[str | None, Role]]]] = [
    ("ola", {"name": "Ola Nordmann"}, []),
    ("asa", {"name": "Åsa Lind", "birth_date": "1980-01-01"}, [("issuer", "requester")]),
    ("bo", {"name": "Bo Berg", "birth_date": "1975-05-05"}, [("issuer", "approver")]),
    ("eva", {"name": "Eva Ek"}, [("solo", "approver")]),
    ("kim", {"name": "Kim Kvist"}, [("issuer", "requester"), ("issuer", "approver")]),
    ("asa-two", {"name": "Asa Lind", "birth_date": "1980-01-01", "another_person": True}, [("issuer", "approver")]),
    ("read", {"name": "Rea Der"}, [("issuer", "reader")]),
]


@pytest.fixture
def desk(registry: Registry) -> Registry:
    with registry.writing() as db:
        for slug, about, held in PEOPLE:
            add_account(db, parse({"id": slug, **about}, NewAccount), NOW, "ola")
            for organisation, role in held:
                grant_role(db, slug, organisation, role, now=NOW, actor="ola")
    return registry


def by_key(db: Database, slug: str, now: datetime = NOW) -> Actor:
    """Somebody proven by a key for all roles held in one organisation."""
    held = actor_named(db, slug, now).grants
    where = next(iter(held))[0]
    made = create_api_key(
        db, account=slug, organisation=where, roles=[role for at, role in held if at == where], now=now, actor="ola"
    )
    return actor_of_key(db, made[1], now)


def asked(db: Database, slug: str = "asa", **more: Any) -> Approval:
    given: dict[str, Any] = {"kind": "batch", "subject": "batch-1", "organisation": "issuer", "content": CONTENT}
    return request_approval(db, **(given | {"actor": by_key(db, slug), "now": NOW} | more))


def test_two_people_do_it_together(desk: Registry) -> None:
    with desk.writing() as db:
        request = asked(db)
        assert approval_of(db, kind="batch", subject="batch-1", content=CONTENT, now=NOW) is None
        with pytest.raises(ApprovalNeeded, match="waits"):
            require_approval(db, kind="batch", subject="batch-1", content=CONTENT, now=NOW)
        bo = by_key(db, "bo")
        assert [one.public_id for one in open_approvals_for(db, bo)] == [request.public_id]
        assert open_approvals_for(db, by_key(db, "asa")) == []
        assert request.content() == CONTENT
        decide(db, request.public_id, approve=True, digest=request.digest, actor=bo, now=LATER)
    with desk.reading() as db:
        found = require_approval(
            db, kind="batch", subject="batch-1", content=dict(reversed(CONTENT.items())), now=LATER
        )
        assert (found.requested_by, found.decided_by, found.decided_at) == ("asa", "bo", LATER)
        assert found.requested_key
        assert found.decided_key == bo.key
        assert approval_of(db, kind="batch", subject="batch-1", content=CONTENT) == found  # without a moment, too


@pytest.mark.parametrize(
    ("requester", "decider", "refusal"),
    [
        pytest.param("kim", "kim", SamePerson, id="whoever asked, with both roles"),
        pytest.param("asa", "asa-two", SamePerson, id="a second account of the same person"),
        pytest.param("asa", "eva", NotAllowed, id="an approver elsewhere"),
        pytest.param("asa", "read", NotAllowed, id="a reader"),
        pytest.param("asa", "ola", NotAllowed, id="the operator"),
        pytest.param("asa", "asa", SamePerson, id="whoever asked, without the role"),
        pytest.param("asa", "kim", None, id="another who may"),
        pytest.param("kim", "bo", None, id="asked by one who might decide"),
    ],
)
def test_who_may_decide(desk: Registry, requester: str, decider: str, refusal: type[Refusal] | None) -> None:
    with desk.writing() as db:
        request = asked(db, requester)
        actor = by_key(db, decider)
        for approve in (True, False):
            if refusal is not None:
                with pytest.raises(refusal):
                    decide(
                        db, request.public_id, approve=approve, digest=request.digest, actor=actor, now=NOW, reason="no"
                    )
        if refusal is None:
            decide(db, request.public_id, approve=True, digest=request.digest, actor=actor, now=NOW)
        assert approval_by_id(db, request.public_id).state == ("open" if refusal else "approved")


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        pytest.param(
            {"actor": Actor("asa", frozenset({("issuer", "requester")}), proven=False)}, NotProven, id="named"
        ),
        pytest.param({"organisation": "solo"}, NotAllowed, id="for another organisation"),
        pytest.param({"organisation": None}, NotAllowed, id="for the registry itself"),
        pytest.param({"kind": "scheme"}, NotAllowed, id="another kind of thing"),
    ],
)
def test_who_may_ask(desk: Registry, change: dict[str, Any], refusal: type[Refusal]) -> None:
    with desk.writing() as db, pytest.raises(refusal):
        asked(db, **change)


def test_whoever_is_only_named_decides_nothing(desk: Registry) -> None:
    with desk.writing() as db:
        request = asked(db)
        with pytest.raises(NotProven):
            decide(
                db,
                request.public_id,
                approve=True,
                digest=request.digest,
                actor=actor_named(db, "bo", NOW),
                now=NOW,
            )


@pytest.mark.parametrize("change", [{"people": 13}, {"level": "C1"}, {"roster": "cd" * 32}, {"more": None}])
def test_an_approval_is_of_one_content(desk: Registry, change: dict[str, Any]) -> None:
    other = CONTENT | change
    with desk.writing() as db:
        request = asked(db)
        bo = by_key(db, "bo")
        with pytest.raises(ContentChanged):
            decide(db, request.public_id, approve=True, digest=digest_of(other), actor=bo, now=NOW)
        decide(db, request.public_id, approve=True, digest=request.digest, actor=bo, now=NOW)
        for about in ({"content": other}, {"subject": "batch-2"}, {"kind": "correction"}):
            given: dict[str, Any] = {"kind": "batch", "subject": "batch-1", "content": CONTENT, "now": NOW} | about
            assert approval_of(db, **given) is None
            with pytest.raises(ApprovalNeeded):
                require_approval(db, **given)


def _role_ends(slug: str, role: Role) -> Callable[[Database], object]:
    return lambda db: end_role(db, slug, "issuer", role, now=LATER, actor="ola")


def _account_ends(slug: str) -> Callable[[Database], object]:
    return lambda db: end_account(db, slug, LATER, "ola")


REMOVALS = [
    pytest.param(_role_ends("bo", "approver"), id="approver loses the role"),
    pytest.param(_account_ends("bo"), id="approver leaves"),
    pytest.param(_role_ends("asa", "requester"), id="requester loses the role"),
    pytest.param(_account_ends("asa"), id="requester leaves"),
]


@pytest.mark.parametrize("removal", REMOVALS)
def test_whoever_is_removed_before_the_decision_takes_no_part(
    desk: Registry, removal: Callable[[Database], object]
) -> None:
    with desk.writing() as db:
        request, bo = asked(db), by_key(db, "bo")  # what bo held when the request came in
        removal(db)
        with pytest.raises(NotAllowed):
            decide(db, request.public_id, approve=True, digest=request.digest, actor=bo, now=LATER)
        assert approval_by_id(db, request.public_id).state == "open"


@pytest.mark.parametrize("removal", REMOVALS)
def test_whoever_is_removed_between_decision_and_deed_did_not_approve(
    desk: Registry, removal: Callable[[Database], object]
) -> None:
    with desk.writing() as db:
        request = asked(db)
        decide(db, request.public_id, approve=True, digest=request.digest, actor=by_key(db, "bo"), now=NOW)
        removal(db)
        given: dict[str, Any] = {"kind": "batch", "subject": "batch-1", "content": CONTENT}
        with pytest.raises(ApprovalNeeded, match="no longer holds"):
            require_approval(db, **given, now=LATER)
        assert approval_of(db, **given) is None
        assert approval_of(db, **given, now=LATER - timedelta(seconds=1)) is not None


def test_a_decision_is_made_once(desk: Registry) -> None:
    with desk.writing() as db:
        request, bo = asked(db), by_key(db, "bo")
        with pytest.raises(MalformedInput):
            decide(db, request.public_id, approve=False, digest=request.digest, actor=bo, now=NOW)
        decide(db, request.public_id, approve=False, digest=request.digest, actor=bo, now=NOW, reason="wrong list")
        for again in (True, False):
            with pytest.raises(AlreadyDecided):
                decide(
                    db,
                    request.public_id,
                    approve=again,
                    digest=request.digest,
                    actor=by_key(db, "kim"),
                    now=NOW,
                    reason="x",
                )
        with pytest.raises(AlreadyDecided):
            withdraw_request(db, request.public_id, actor=by_key(db, "asa"), now=NOW)
        with pytest.raises(ApprovalNeeded, match="rejected"):
            require_approval(db, kind="batch", subject="batch-1", content=CONTENT, now=NOW)
        assert asked(db).state == "open"  # asked anew


def test_asked_again(desk: Registry) -> None:
    with desk.writing() as db:
        first = asked(db)
        assert asked(db).public_id == first.public_id
        second = asked(db, content=CONTENT | {"people": 13})
        assert (approval_by_id(db, first.public_id).state, second.state) == ("withdrawn", "open")
        with pytest.raises(AlreadyDecided):
            decide(db, first.public_id, approve=True, digest=first.digest, actor=by_key(db, "bo"), now=NOW)
        third = asked(db, "kim", content=second.content())  # in kim's name now, so that kim cannot decide
        assert third.public_id != second.public_id
        assert [one.public_id for one in approvals(db, state="open")] == [third.public_id]
        assert [one.public_id for one in approvals(db, before=third.id, limit=1)] == [second.public_id]


def test_a_request_is_withdrawn_by_those_who_may_ask(desk: Registry) -> None:
    with desk.writing() as db:
        request = asked(db)
        with pytest.raises(NotAllowed):
            withdraw_request(db, request.public_id, actor=by_key(db, "bo"), now=NOW)
        withdraw_request(db, request.public_id, actor=by_key(db, "kim"), now=NOW)
        with pytest.raises(AlreadyDecided):
            withdraw_request(db, request.public_id, actor=by_key(db, "asa"), now=NOW)
        with pytest.raises(ApprovalNotFound):
            withdraw_request(db, "approval-none", actor=by_key(db, "asa"), now=NOW)


def test_who_sees_it(desk: Registry) -> None:
    with desk.writing() as db:
        request = asked(db)
        seeing = {slug for slug, *_ in PEOPLE if may_see(actor_named(db, slug, NOW), request)}
    assert seeing == {"asa", "bo", "kim", "asa-two", "read", "ola"}


def test_the_database_itself_takes_no_approval_by_one(desk: Registry) -> None:
    with desk.writing() as db:
        request = asked(db)
        request.state, request.decided_by, request.decided_at = "approved", "asa", NOW
        with pytest.raises(IntegrityError):
            db.flush()
        db.rollback()


def test_content_that_was_changed_behind_its_digest_is_found(desk: Registry) -> None:
    with desk.writing() as db:
        request = asked(db)
        assert approval_mismatches(db) == []
        request.content_json = canonical_json(CONTENT | {"people": 500})
        db.flush()
        assert approval_mismatches(db) == [request.public_id]


# ------------------------------------------------------------------ canonical JSON


def test_the_one_way_to_write_it() -> None:
    given = {
        "b": [1, True, None, "å"],
        "a": {"y": date(2026, 3, 1), "x": datetime(2026, 3, 1, 13, tzinfo=timezone(timedelta(hours=1)))},
        "c": (Level.C1, UUID(int=1)),
    }
    expected = (
        '{"a":{"x":"2026-03-01T12:00:00+00:00","y":"2026-03-01"},"b":[1,true,null,"å"],'
        '"c":["C1","00000000-0000-0000-0000-000000000001"]}'
    )
    assert canonical_json(given) == expected


@pytest.mark.parametrize("value", [0.5, float("nan"), {1: 2}, {"a"}, b"x", datetime(2026, 1, 1), object()])  # noqa: DTZ001
def test_what_has_no_one_way_to_be_written(value: object) -> None:
    with pytest.raises(TypeError):
        canonical_json({"x": value})


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.dates() | st.datetimes(timezones=st.just(UTC)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(st.text(), VALUES, max_size=4))
def test_the_order_of_names_makes_no_difference_and_reading_it_neither(content: dict[str, Any]) -> None:
    written = canonical_json(content)
    assert canonical_json(dict(reversed(content.items()))) == written
    assert Approval.model_construct(content_json=written).content() == json.loads(written)
    assert digest_of(json.loads(written)) == digest_of(content)
