"""Each event of a certificate has one notice to its holder, written with it and handed over once."""

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.errors import AlreadySuspended, HandoverNotFound, NoticeNotFound, NoticeNotHanded
from registry.issuing.changes.withdraw import annul, revoke, supersede, suspend
from registry.records.issued.certificates import certificate_by_number, history
from registry.records.issued.outbox import (
    HolderNotice,
    counted,
    hand_over,
    handed_over,
    handovers,
    language_for,
    mark_failed,
    notices,
    put_back,
    ways_to,
)
from registry.records.persons.people import Changes, change_person, merge_into, people_by_id
from registry.records.store.database import new_id
from registry.records.whole.directory import Registry
from registry.signing.keys import Keyring
from tests.registry.conftest import ACTOR, HOT_WORK, NOW, OCCASION, person, reinstate_by_two, roster
from tests.registry.conftest import issue as issue_list

Issue = Callable[..., list[str]]
SOON = NOW + timedelta(hours=1)


@pytest.fixture
def issue(registry: Registry, keyring: Keyring) -> Issue:
    def issuing(*rows: Any, occasion: str = "hot-work-march") -> list[str]:
        done = issue_list(registry, keyring, occasion, roster(*rows))
        return [str(row.number) for row in done.rows]

    return issuing


def told(registry: Registry) -> list[tuple[str, str, str | None, dict[str, Any]]]:
    with registry.reading() as db:
        return [(each.template, each.state, each.channel, each.parameters) for each in notices(db)]


def test_each_event_is_told_once_and_with_what_is_needed(
    registry: Registry, issue: Issue, add: Callable[..., str]
) -> None:
    (first,) = issue(person(2))
    with registry.writing() as db:
        suspend(db, first, reason="misuse", now=NOW, actor=ACTOR)
        reinstate_by_two(db, first, reason="appeal", now=NOW, actor=ACTOR)
    (second,) = issue(person(2), occasion=add(OCCASION, id="again"))
    with registry.writing() as db:
        supersede(db, first, by=second, now=NOW, actor=ACTOR)
        annul(db, second, reason="error", now=NOW, actor=ACTOR)
    what = {"scheme": "hot-work", "level": "B", "until": "2031-03-31", "from": "2026-03-13"}
    one, other = what | {"number": first}, what | {"number": second}
    assert told(registry) == [
        ("issued", "pending", "email", one),
        ("suspended", "pending", "email", one | {"reason": "misuse"}),
        ("reinstated", "pending", "email", one | {"reason": "appeal"}),
        ("issued", "pending", "email", other),
        ("superseded", "pending", "email", one | {"reason": "superseded", "other": second}),
        ("annulled", "pending", "email", other | {"reason": "error"}),
    ]
    with registry.reading() as db:
        events = [event.id for number in (first, second) for event in history(db, certificate_by_number(db, number))]
        assert sorted(each.event_id for each in notices(db)) == sorted(events)


@pytest.mark.parametrize(
    ("email", "phone", "state", "channel"),
    [
        ("p@example.com", "+46 70", "pending", "email"),
        (None, "+46 70", "pending", "phone"),
        (None, None, "skipped", None),
    ],
)
def test_who_cannot_be_reached_is_on_record_as_such(
    registry: Registry, issue: Issue, email: str | None, phone: str | None, state: str,
    channel: str | None,
) -> None:  # fmt: skip
    issue(person(2, email=email, phone=phone, facts={"notifiable": True}))
    with registry.reading() as db:
        (notice,) = notices(db)
        assert (notice.state, notice.channel, notice.why) == (state, channel, None if channel else "no_channel")


def test_a_change_that_is_refused_or_undone_tells_nobody(registry: Registry, issue: Issue) -> None:
    (number,) = issue(person(2))
    with registry.writing() as db:
        suspend(db, number, reason="fraud", now=NOW, actor=ACTOR)
    with pytest.raises(AlreadySuspended), registry.writing() as db:
        suspend(db, number, reason="fraud", now=NOW, actor=ACTOR)
    with suppress(RuntimeError), registry.writing() as db:
        revoke(db, number, reason="fraud", now=NOW, actor=ACTOR)
        raise RuntimeError("power cut")
    assert [each[0] for each in told(registry)] == ["issued", "suspended"]


def test_a_notice_says_nothing_of_the_person(registry: Registry, issue: Issue) -> None:
    (number,) = issue(person(2, "Åsa Öberg", phone="+46 70 123 45 67"))
    with registry.writing() as db:
        suspend(db, number, reason="misuse", now=NOW, actor=ACTOR, note="seen asleep")
    with registry.reading() as db:
        kept = json.dumps([each.model_dump(mode="json") for each in notices(db)], ensure_ascii=False)
    assert number in kept
    for secret in ("Åsa", "Öberg", "1990", "p2@example.com", "123 45", "asleep"):
        assert secret not in kept


def test_what_was_handed_over_is_not_handed_over_again(registry: Registry, issue: Issue) -> None:
    first, second, third = issue(person(2), person(3), person(4))

    def numbers(handover: Any) -> list[str]:
        with registry.reading() as db:
            return [each.parameters["number"] for each in handed_over(db, handover)]

    with registry.writing() as db:
        one = hand_over(db, now=SOON, actor="post", limit=2)
        other = hand_over(db, now=SOON, actor="post", limit=2)
        assert hand_over(db, now=SOON, actor="post", limit=2) is None
    assert (numbers(one), numbers(other)) == ([first, second], [third])
    assert numbers(one) == [first, second]  # as often as one likes
    with registry.writing() as db:
        suspend(db, third, reason="misuse", now=SOON, actor=ACTOR)
        last = hand_over(db, now=SOON, actor="post", limit=2)
        assert [(each.id, each.notices, each.failed) for each in handovers(db)] == [
            (last, 1, 0),
            (other, 1, 0),
            (one, 2, 0),
        ]
        assert handovers(db)[0].at == SOON
        assert counted(db) == {"pending": 0, "handed": 4, "failed": 0, "skipped": 0}
    with registry.reading() as db, pytest.raises(HandoverNotFound):
        handed_over(db, new_id())


def test_what_did_not_arrive_is_told_anew(registry: Registry, issue: Issue) -> None:
    issue(person(2), person(3))
    with registry.writing() as db:
        handover = hand_over(db, now=SOON, actor="post", limit=9)
        assert handover is not None
        ids = [each.id for each in handed_over(db, handover)]
        with pytest.raises(NoticeNotHanded, match="is handed, not failed"):
            put_back(db, ids[:1])
        assert mark_failed(db, ids[:1], why="mailbox full") == 1
        with pytest.raises(NoticeNotHanded, match="is failed, not handed"):
            mark_failed(db, ids, why="all of it")
        with pytest.raises(NoticeNotFound):
            mark_failed(db, [ids[1], new_id()], why="none of it")
    with registry.writing() as db:
        assert [each.id for each in handed_over(db, handover)] == ids[1:]
        assert handovers(db)[0].failed == 1
        assert hand_over(db, now=SOON, actor="post", limit=9) is None  # failed is failed until somebody says otherwise
        assert put_back(db, ids[:1]) == 1
        again = hand_over(db, now=SOON, actor="post", limit=9)
        assert again is not None
        assert [(each.id, each.why) for each in handed_over(db, again)] == [(ids[0], None)]


def test_the_way_to_somebody_is_looked_up_when_it_is_needed(registry: Registry, issue: Issue) -> None:
    issue(person(2), person(3, phone="+46 70"))
    with registry.writing() as db:
        for who in people_by_id(db, [each.person_id for each in notices(db)]).values():
            who.email = None
            db.add(who)
        db.flush()
        handover = hand_over(db, now=SOON, actor="post", limit=9)
        assert handover is not None
        assert [each.channel for each in handed_over(db, handover)] == ["phone"]
        assert [(each.state, each.why) for each in notices(db)] == [("skipped", "no_channel"), ("handed", None)]


@pytest.mark.parametrize(
    ("said", "language"),
    [
        ({"language_test": "nb", "language_training": "sv"}, "nb"),
        ({"language_training": "nn"}, "nb"),
        ({"language_test": "pl", "time_zone": "Europe/Oslo"}, "en"),
        ({"language_test": "sv-FI"}, "sv"),
        ({}, "sv"),
        ({"time_zone": "Europe/Oslo"}, "nb"),
        ({"time_zone": "Europe/Paris"}, "sv"),
    ],
)
def test_holders_are_written_to_in_the_language_they_were_examined_in(said: dict[str, str], language: str) -> None:
    assert language_for({"time_zone": "Europe/Stockholm"} | said) == language


@given(st.fixed_dictionaries({"time_zone": st.just("UTC")}, optional={"language_test": st.text(max_size=20)}))
def test_any_stated_language_leads_to_one_of_ours(said: dict[str, str]) -> None:
    assert language_for(said) in {"sv", "nb", "en"}


def test_a_whole_class_is_told_in_few_statements(registry: Registry, issue: Issue) -> None:
    assert HOT_WORK["max_level"] == "B"
    issue(*(person(row, name=f"Person {chr(64 + row)}{chr(64 + row)}") for row in range(2, 27)))
    with registry.reading() as db:
        kept = notices(db)
        assert len({each.certificate_id for each in kept}) == len(kept) == 25
        assert [each.id for each in kept] == sorted(each.id for each in kept)
        assert notices(db, after=kept[3].id, limit=2) == kept[4:6]
        assert notices(db, state="failed") == []
        assert isinstance(kept[0], HolderNotice)


@pytest.mark.parametrize(
    ("known", "way"),
    [
        ({"via": "Bygg AB"}, ("via", "Bygg AB")),
        ({"via": "Bygg AB", "post": "Gatan 1"}, ("post", "Gatan 1")),
        ({}, None),
    ],
)
def test_there_are_other_ways_than_by_wire(
    registry: Registry, issue: Issue, known: dict[str, str], way: tuple[str, str] | None
) -> None:
    issue(person(2))
    with registry.writing() as db:
        (identity,) = (each.person_id for each in notices(db))
        who = people_by_id(db, [identity])[identity]
        change_person(db, who, Changes(email="", **known), NOW, ACTOR, "moved")
        db.flush()
        assert ways_to(db, [identity]).get(identity) == way


def test_a_record_that_was_merged_is_reached_by_the_one_that_stands(registry: Registry, issue: Issue) -> None:
    issue(person(2), person(3))
    with registry.writing() as db:
        gone, kept = people_by_id(db, [each.person_id for each in notices(db)]).values()
        merge_into(db, gone, kept, NOW, ACTOR, "one person")
        db.flush()
        assert set(ways_to(db, [gone.id, kept.id]).values()) == {("email", kept.email)}
