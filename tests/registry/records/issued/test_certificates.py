from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from registry.errors import AlreadyRevoked, AlreadySuspended, CertificateNotFound, NotSuspended, UnknownReason
from registry.issuing.changes.allowed import check_change
from registry.issuing.changes.withdraw import annul, revoke, suspend
from registry.records.issued.certificates import (
    FULL_ENOUGH,
    STATE_AFTER,
    CertificateEvent,
    StatusSlot,
    certificate_by_number,
    certificates,
    derived_state,
    history,
    list_numbers,
    reserve_places,
    state_mismatches,
    states_in_list,
)
from registry.records.persons.people import Person, name_key, people_called
from registry.records.store.database import new_id
from registry.records.whole.directory import Registry
from registry.signing.keys import Keyring
from tests.registry.conftest import ACTOR, NOW, OPENED, issue, one_issued, person, reinstate_by_two, roster

CHANGES: dict[str, Callable[..., Any]] = {
    "suspended": suspend,
    "reinstated": reinstate_by_two,
    "revoked": revoke,
    "annulled": annul,
}


BEGINS_WITH = {"number": one_issued}


@pytest.fixture
def number(registry: Registry) -> str:
    with registry.reading() as db:
        (row,) = certificates(db)
    return row.number


def test_history_tells_who_when_why_and_from_when(registry: Registry, number: str) -> None:
    with registry.writing() as db:
        suspend(db, number, reason="misuse", now=NOW, actor="anna", note="seen without helmet")
        annul(db, number, reason="error", now=NOW, actor="bo")
        found = history(db, certificate_by_number(db, number))
    assert str(found[0].approval).startswith("approval-"), "who approved it is told"
    assert [(e.place, e.kind, e.reason, e.actor, e.note, e.effective_from.isoformat()) for e in found] == [
        (1, "issued", None, "rita", None, "2026-03-13"),
        (2, "suspended", "misuse", "anna", "seen without helmet", "2026-03-13"),
        (3, "annulled", "error", "bo", None, "2026-03-13"),
    ]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE certificate_event SET actor = 'nobody'",
        "DELETE FROM certificate_event",
        "DELETE FROM issued_certificate",
        "UPDATE issued_certificate SET valid_until = '2099-01-01'",
        "UPDATE issued_certificate SET number = 'X'",
        "DELETE FROM status_slot",
    ],
)
def test_the_past_stays_as_it_was(registry: Registry, number: str, statement: str) -> None:
    with pytest.raises(IntegrityError, match="never"), registry.writing() as db:
        db.connection().execute(text(statement))
    with registry.reading() as db:
        assert certificate_by_number(db, number).certificate().number == number


def test_expired_is_computed_from_the_day(registry: Registry, number: str) -> None:
    with registry.reading() as db:
        found = certificate_by_number(db, number)
        assert found.valid_until == date(2031, 3, 31)
        assert [found.state_on(date(2031, month, 1)) for month in (3, 4)] == ["issued", "expired"]
        assert found.state == "issued"
    with registry.writing() as db:
        revoked = revoke(db, number, reason="fraud", now=NOW, actor=ACTOR)
        assert revoked.state_on(date(2031, 4, 1)) == "revoked"


def test_a_state_changed_by_hand_is_found(registry: Registry, number: str) -> None:
    with registry.writing() as db:
        assert state_mismatches(db) == []
        revoke(db, number, reason="fraud", now=NOW, actor=ACTOR)
        assert state_mismatches(db) == []
        db.connection().execute(text("UPDATE issued_certificate SET state = 'issued'"))
        assert state_mismatches(db) == [number]


def test_an_unknown_number_is_not_found(registry: Registry) -> None:
    with registry.reading() as db, pytest.raises(CertificateNotFound, match="0000-0000-0000-0000"):
        certificate_by_number(db, "0" * 16)


@given(kinds=st.lists(st.sampled_from(list(CHANGES)), max_size=6))
def test_the_state_is_what_the_history_leads_to(kinds: list[str]) -> None:
    state, happened = "issued", ["issued"]
    for kind in kinds:
        try:
            check_change(state, kind, "0" * 16)  # type: ignore[arg-type] # one of the four
        except (AlreadyRevoked, AlreadySuspended, NotSuspended):
            continue
        state = STATE_AFTER[kind]
        happened.append(kind)
    assert derived_state(happened) == state


@pytest.mark.parametrize(
    "kinds", [[], ["suspended"], ["issued", "issued"], ["issued", "revoked", "reinstated"], ["issued", "lost"]]
)
def test_a_history_that_cannot_be_leads_nowhere(kinds: list[str]) -> None:
    assert derived_state(kinds) is None


@pytest.mark.parametrize(
    ("before", "change", "refusal"),
    [
        (["revoked"], "revoked", AlreadyRevoked),
        (["revoked"], "reinstated", AlreadyRevoked),
        (["annulled"], "suspended", AlreadyRevoked),
        (["suspended"], "suspended", AlreadySuspended),
        ([], "reinstated", NotSuspended),
        (["suspended", "reinstated"], "reinstated", NotSuspended),
    ],
)
def test_what_may_not_happen_leaves_no_event(
    registry: Registry, number: str, before: list[str], change: str, refusal: type[Exception]
) -> None:
    with registry.writing() as db:
        for kind in before:
            CHANGES[kind](db, number, reason="error", now=NOW, actor=ACTOR)
    with pytest.raises(refusal), registry.writing() as db:
        CHANGES[change](db, number, reason="error", now=NOW, actor=ACTOR)
    with registry.reading() as db:
        assert len(history(db, certificate_by_number(db, number))) == len(before) + 1


def test_places_are_drawn_at_random_and_never_twice(registry: Registry) -> None:
    with registry.writing() as db:
        first = reserve_places(db, 300, OPENED)
        more = reserve_places(db, 300, OPENED)
    assert len({*first, *more}) == 600
    assert first != sorted(first)
    with pytest.raises(IntegrityError), registry.writing() as db:
        db.add(StatusSlot(list_number=first[0][0], list_index=first[0][1], reserved_at=OPENED))


@pytest.mark.parametrize("room", [0, 3])
def test_a_list_that_is_half_full_is_followed_by_another(registry: Registry, room: int) -> None:
    with registry.writing() as db:
        db.connection().execute(
            text(
                "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < :last) "
                "INSERT INTO status_slot (list_number, list_index, reserved_at) SELECT 0, i, '2026-01-01' FROM n"
            ),
            {"last": FULL_ENOUGH - 1 - room},
        )
        assert [number for number, _ in reserve_places(db, 5, OPENED)] == [0] * room + [1] * (5 - room)
        assert list(list_numbers(db)) == [0, 1]
        assert states_in_list(db, 1, OPENED) == {}


def test_one_person_has_one_certificate_from_one_occasion(registry: Registry, number: str) -> None:
    with registry.writing() as db:
        found = certificate_by_number(db, number)
        columns = ", ".join(
            name for name in type(found).model_fields if name not in {"id", "number", "status_list", "status_index"}
        )
        db.add(StatusSlot(list_number=0, list_index=1, reserved_at=OPENED))
        db.flush()
        copy = text(
            f"INSERT INTO issued_certificate (id, number, status_list, status_index, {columns}) "  # noqa: S608 own columns
            f"SELECT '{new_id().hex}', 'x', 0, 1, {columns} FROM issued_certificate"
        )
    with pytest.raises(IntegrityError, match="person_id"), registry.writing() as db:
        db.connection().execute(copy)


def test_certificates_are_listed_newest_first(registry: Registry, keyring: Keyring, number: str) -> None:
    issue(registry, keyring, "own-course-march", roster(person(2)))
    with registry.reading() as db:
        both = certificates(db)
        assert [each.scheme for each in both] == ["own-course", "hot-work"]
        assert certificates(db, limit=1) == both[:1]
        assert [each.number for each in certificates(db, occasion=both[1].occasion_id)] == [number]
        assert [each.number for each in certificates(db, batch=both[1].batch_id)] == [number]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Åsa Öberg", "A\u030asa  O\u0308BERG", True),
        ("STRASSE", "Straße", True),
        ("Anna Berg", "Anna Borg", False),
        ("Anna Berg", "AnnaBerg", False),
    ],
)
def test_names_are_compared_without_regard_to_how_they_are_written(one: str, other: str, same: bool) -> None:
    assert (name_key(one) == name_key(other)) is same


def test_people_are_found_by_name(registry: Registry) -> None:
    with registry.writing() as db:
        for name in ("Åsa Öberg", "Bo Ek"):
            db.add(Person(name=name, name_key=name_key(name), recorded_at=OPENED, recorded_by=ACTOR))
        db.flush()
        assert [each.person.name for each in people_called(db, [name_key("åsa öberg"), "x"])] == ["Åsa Öberg"]


def test_an_event_has_its_place_once(registry: Registry, number: str) -> None:
    with registry.reading() as db:
        event = history(db, certificate_by_number(db, number))[0]
    with pytest.raises(IntegrityError), registry.writing() as db:
        db.add(CertificateEvent(**event.model_dump(exclude={"id"})))


@pytest.mark.parametrize(
    ("change", "says"),
    [(revoke, "is revoked, and that is for good; the same occasion gives no other"), (annul, "is annulled")],
)
def test_what_is_for_good_is_called_by_its_name(
    registry: Registry, number: str, change: Callable[..., object], says: str
) -> None:
    with registry.writing() as db:
        change(db, number, reason="error", now=NOW, actor=ACTOR)
    with registry.writing() as db, pytest.raises(AlreadyRevoked, match=says):
        reinstate_by_two(db, number, reason="appeal", now=NOW, actor=ACTOR)


@pytest.mark.parametrize("reason", ["fraud", "misuse", "superseded"])
def test_nobody_is_reinstated_for_what_they_did(registry: Registry, number: str, reason: str) -> None:
    with registry.writing() as db:
        suspend(db, number, reason="misuse", now=NOW, actor=ACTOR)
        with pytest.raises(UnknownReason, match="error, resolved, appeal"):
            reinstate_by_two(db, number, reason=reason, now=NOW, actor=ACTOR)
        assert reinstate_by_two(db, number, reason="resolved", now=NOW, actor=ACTOR).state == "issued"
