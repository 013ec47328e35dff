"""A refresher renews what somebody holds: in its window, at no higher level, with the anniversary kept."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from levels.level import Level
from registry.errors import MalformedInput
from registry.issuing.changes.withdraw import annul, suspend
from registry.issuing.decisions.renew import Held, refreshed, to_renew
from registry.issuing.lists.outcome import BatchResult
from registry.issuing.lists.roster_row import Fault
from registry.records.issued.certificate_pages import lineage_of
from registry.records.issued.certificates import certificate_by_number, history
from registry.records.issued.outbox import notices
from registry.records.mandates.mandate_decisions import NewMandate, grant_mandate
from registry.records.persons.people import merge_into, people_by_id
from registry.records.sector.extensions import NewExtension, extend_scheme
from registry.records.sector.validity_policy import Validity
from registry.records.store.snapshots import snapshot_of
from registry.records.strict_input import parse
from registry.records.whole.directory import Registry
from registry.signing.keys import Keyring
from registry.signing.published import build_trust
from tests.registry.conftest import (
    ACTOR,
    COURSE,
    HOT_WORK,
    NOW,
    OCCASION,
    OPENED,
    PUBLIC_URL,
    SOLO,
    issue,
    person,
    publish_scheme,
    roster,
    scheme_like,
)
from verification.judge import judge
from verification.situation import situation
from verification.verify import verify

STEPS = [
    {
        "id": "half-day",
        "titles": {"sv": "Halvdag", "nb": "Halvdag", "en": "Half day"},
        "mandatory_minutes": 240,
        "opens_months_before_end": 6,
    },
    {
        "id": "whole-day",
        "titles": {"sv": "Heldag", "nb": "Heldag", "en": "Whole day"},
        "mandatory_minutes": 360,
        "opens_months_before_end": 6,
        "closes_months_after_end": 12,
    },
]
POLICY = {"months": 24, "anchor": "decided_on", "anchored_renewal_months": 6, "refresher": STEPS}
SCHEME = COURSE | {"code": "crane", "validity": POLICY, "share_printed": False}


def at(day: str) -> datetime:
    return datetime.fromisoformat(day).replace(hour=15, tzinfo=UTC)


@pytest.fixture
def crane(registry: Registry) -> Registry:
    """A scheme of 24 months with two refreshers."""
    with registry.writing() as db:
        publish_scheme(db, scheme_like(SCHEME))
    return registry


@pytest.fixture
def course(crane: Registry, keyring: Keyring, add: Callable[..., str]) -> Callable[..., BatchResult]:
    """Issues from an occasion decided on a day; a refresher has its own length."""

    def holding(
        day: str, *rows: Any, refresher: str | None = None, issued: str | None = None, **more: Any
    ) -> BatchResult:
        minutes = {"half-day": 240, "whole-day": 360}.get(refresher or "", 480)
        taught = {
            "id": f"crane-{day}-{refresher or 'full'}",
            "scheme": "crane",
            "session": [{"on": day, "minutes": minutes}],
            "exam_on": day,
            "decided_on": day,
            "refresher": refresher,
        }
        occasion = add(SOLO, **taught | more.pop("occasion", {}))
        listed = rows or (person(2, "Åsa Öberg", facts={"attended_minutes": minutes}),)
        return issue(crane, keyring, occasion, roster(*listed), now=at(issued or day), **more)

    return holding


def codes(result: BatchResult) -> list[tuple[str, list[str]]]:
    return [(row.outcome, [each.code for each in row.faults]) for row in result.rows]


def test_in_its_window_a_refresher_renews_and_keeps_the_anniversary(
    crane: Registry, course: Callable[..., BatchResult]
) -> None:
    first = str(course("2026-03-13").rows[0].number)
    result = course("2027-11-01", refresher="half-day")
    assert codes(result) == [("issued", [])]
    number = str(result.rows[0].number)
    with crane.reading() as db:
        old, new = certificate_by_number(db, first), certificate_by_number(db, number)
        assert (old.valid_until, new.valid_until) == (date(2028, 3, 13), date(2030, 3, 13))
        assert (new.renews, new.certificate().renews, new.corrects) == (first, first, None)
        assert (old.state, [event.kind for event in history(db, old)]) == ("issued", ["issued"])
        assert lineage_of(db, old).renewed_by == (number,)
        assert lineage_of(db, new).renews == first
        assert [each.template for each in notices(db)] == ["issued", "renewed"]
        assert notices(db)[1].parameters["other"] == first
        assert new.certificate().mandatory_minutes == 240
        trust = build_trust(db, PUBLIC_URL, at("2027-11-02"), asked=[first, number])
        for row in (old, new):
            verdict = judge(verify(row.vc_jwt, trust, at("2027-11-02")), situation(), at("2027-11-02"))
            assert verdict.headline == "valid"
    # Once more: it follows on the one that ends last.
    again = str(course("2029-10-01", refresher="half-day").rows[0].number)
    with crane.reading() as db:
        assert certificate_by_number(db, again).renews == number
        assert certificate_by_number(db, again).valid_until == date(2032, 3, 13)
        # Whoever asks about any of them sees all.
        for one in (first, number, again):
            line = snapshot_of(db, crane.address).line(one)
            assert [(each.number, each.renews) for each in line] == [(first, None), (number, first), (again, number)]
            assert [each.valid_until and each.valid_until.year for each in line] == [2028, 2030, 2032]


@pytest.mark.parametrize(
    ("day", "refresher", "outcome", "code"),
    [
        pytest.param("2027-09-12", "half-day", "refused", ["renews_too_early"], id="the day before it opens"),
        pytest.param("2027-09-13", "half-day", "issued", [], id="the first day"),
        pytest.param("2028-03-13", "half-day", "issued", [], id="the last day"),
        pytest.param("2028-03-14", "half-day", "refused", ["renews_by_another"], id="a day late: the longer one"),
        pytest.param("2028-03-14", "whole-day", "issued", [], id="a day late, the longer one"),
        pytest.param("2027-12-01", "whole-day", "issued", [], id="in time, the longer one"),
        pytest.param("2029-03-13", "whole-day", "issued", [], id="the last day of the longer one"),
        pytest.param("2029-03-14", "whole-day", "refused", ["renews_too_late"], id="too late for either"),
        pytest.param("2029-03-14", None, "issued", [], id="too late, the full course"),
    ],
)
def test_the_window_is_kept_to_the_day(
    course: Callable[..., BatchResult], day: str, refresher: str | None, outcome: str, code: list[str]
) -> None:
    course("2026-03-13")
    result = course(day, refresher=refresher)
    assert codes(result) == [(outcome, code)]
    if code == ["renews_too_late"]:
        assert "2029-03-13" in result.rows[0].faults[0].says["sv"]
    if code == ["renews_too_early"]:
        assert "2027-09-13" in result.rows[0].faults[0].says["en"]


def test_who_holds_nothing_to_renew_takes_the_full_course(crane: Registry, course: Callable[..., BatchResult]) -> None:
    numbers = [
        str(row.number)
        for row in course("2026-03-13", person(2, "Åsa Öberg"), person(3, "Bo Ek"), person(4, "Cia Dal")).rows
    ]
    with crane.writing() as db:
        annul(db, numbers[1], reason="fraud", now=NOW, actor=ACTOR)
        suspend(db, numbers[2], reason="fraud", now=NOW, actor=ACTOR)
    minutes = {"attended_minutes": 240}
    result = course(
        "2027-11-01",
        *(
            person(place, name, facts=minutes)
            for place, name in enumerate(("Åsa Öberg", "Bo Ek", "Cia Dal", "Dan Ny"), 2)
        ),
        refresher="half-day",
        issue_good_rows=True,
    )
    assert codes(result) == [
        ("issued", []),
        ("refused", ["renews_nothing"]),
        ("refused", ["renews_suspended"]),
        ("refused", ["renews_nothing"]),
    ]


def test_a_refresher_takes_nobody_higher(registry: Registry, keyring: Keyring, add: Callable[..., str]) -> None:
    soon = {"id": "short", "titles": STEPS[0]["titles"], "mandatory_minutes": 240}
    with registry.writing() as db:
        publish_scheme(db, scheme_like(HOT_WORK, code="crane", validity={"months": 6, "refresher": [soon]}))
        mandate = {"scheme": "crane", "issuer": "issuer", "max_level": "B", "since": "2026-01-01"}
        grant_mandate(db, parse(mandate, NewMandate), OPENED, ACTOR)

    def take(day: str, minutes: int, **more: Any) -> BatchResult:
        held_on = {"session": [{"on": day, "minutes": minutes}], "exam_on": day, "decided_on": day}
        refresher = "short" if minutes == 240 else None
        occasion = add(OCCASION, id=f"crane-{day}", scheme="crane", refresher=refresher, **held_on)
        rows = roster(person(2, "Åsa Öberg", facts={"attended_minutes": minutes}))
        return issue(registry, keyring, occasion, rows, now=at(day), **more)

    assert take("2026-03-13", 480, asked=Level.C2).rows[0].level == "C2"
    asked = take("2026-04-13", 240)
    assert codes(asked) == [("refused", ["renews_at_most"])]
    assert "C2" in asked.rows[0].faults[0].says["nb"]
    attained = take("2026-04-14", 240, issue_at_attained=True)
    assert (attained.rows[0].outcome, attained.rows[0].level) == ("issued", "C2")


def test_what_attests_an_event_is_not_renewed(course: Callable[..., BatchResult]) -> None:
    assert course("2026-03-13", asked=Level.E).rows[0].level == "E"
    assert codes(course("2027-11-01", refresher="half-day")) == [("refused", ["renews_nothing"])]


def test_an_extension_lends_time_to_renew(crane: Registry, course: Callable[..., BatchResult]) -> None:
    course("2026-03-13")
    longer = {"scheme": "crane", "ends_from": "2028-01-01", "ends_until": "2028-12-31", "months": 6,
              "decided_on": "2027-12-01", "decision": "board 7"}  # fmt: skip
    with crane.writing() as db:
        extend_scheme(db, parse(longer, NewExtension), at("2027-12-01"), ACTOR)
    assert codes(course("2028-09-13", refresher="half-day")) == [("issued", [])]


def test_a_record_that_was_merged_counts(crane: Registry, course: Callable[..., BatchResult]) -> None:
    first = course("2026-03-13", person(2, "Asa Oberg"), person(3, "Åsa Öberg", "1991-01-01"))
    with crane.writing() as db:
        rows = [certificate_by_number(db, str(row.number)).person_id for row in first.rows]
        people = people_by_id(db, rows)
        merge_into(db, people[rows[0]], people[rows[1]], NOW, ACTOR, "one person")
    with crane.writing() as db:
        annul(db, str(first.rows[1].number), reason="fraud", now=NOW, actor=ACTOR)
    result = course(
        "2027-11-01", person(2, "Åsa Öberg", "1991-01-01", facts={"attended_minutes": 240}), refresher="half-day"
    )
    assert codes(result) == [("issued", [])]
    with crane.reading() as db:
        assert certificate_by_number(db, str(result.rows[0].number)).renews == first.rows[0].number


def test_where_the_scheme_says_so_a_renewal_replaces(
    registry: Registry, keyring: Keyring, add: Callable[..., str]
) -> None:
    with registry.writing() as db:
        publish_scheme(db, scheme_like(SCHEME, validity=POLICY | {"renewal_replaces": True}))
    first = str(issue(registry, keyring, add(SOLO, id="x1", scheme="crane"), roster(person(2))).rows[0].number)
    day = {"session": [{"on": "2027-11-01", "minutes": 240}], "exam_on": "2027-11-01", "decided_on": "2027-11-01"}
    occasion = add(SOLO, id="x2", scheme="crane", refresher="half-day", **day)
    rows = roster(person(2, facts={"attended_minutes": 240}))
    new = str(issue(registry, keyring, occasion, rows, now=at("2027-11-01")).rows[0].number)
    with registry.reading() as db:
        old = certificate_by_number(db, first)
        last = history(db, old)[-1]
        assert (old.state, last.reason, last.successor) == ("superseded", "superseded", new)
        assert certificate_by_number(db, new).renews == first


def test_a_refresher_is_one_of_the_schemes(crane: Registry, add: Callable[..., str]) -> None:
    assert crane
    with pytest.raises(MalformedInput, match="known are half-day, whole-day"):
        add(SOLO, id="x3", scheme="crane", refresher="evening")
    with pytest.raises(MalformedInput, match="known are none"):
        add(OCCASION, id="x4", refresher="half-day")


# --- pure ----------------------------------------------------------------------------------------------------------


def held(number: str, until: date | None, **more: Any) -> Held:
    given: dict[str, Any] = {"version": "1", "level": Level.B, "state": "issued", "valid_from": date(2026, 1, 1)}
    return Held(number=number * 16, valid_until=until, **given | more)


def ends(level: Level) -> bool:
    return level not in {Level.E, Level.F}


@pytest.mark.parametrize(
    ("several", "chosen"),
    [
        pytest.param([held("1", date(2028, 1, 1)), held("2", date(2029, 1, 1))], "2", id="ends last"),
        pytest.param([held("2", date(2029, 1, 1)), held("1", date(2028, 1, 1))], "2", id="in any order"),
        pytest.param([held("1", None), held("2", date(2029, 1, 1))], "1", id="no end is last"),
        pytest.param(
            [held("1", date(2028, 1, 1)), held("2", date(2028, 1, 1), valid_from=date(2026, 2, 1))], "2", id="the newer"
        ),
        pytest.param(
            [held("1", date(2028, 1, 1)), held("2", date(2029, 1, 1), state="revoked")], "1", id="that stands"
        ),
        pytest.param([held("1", date(2028, 1, 1)), held("2", None, level=Level.E)], "1", id="that has an end"),
        pytest.param([held("1", date(2028, 1, 1), state="suspended")], "renews_suspended", id="only a suspended one"),
        pytest.param([held("1", date(2028, 1, 1), state="superseded")], "renews_nothing", id="only a former one"),
        pytest.param([], "renews_nothing", id="none"),
    ],
)
def test_of_several_the_one_ending_last(several: list[Held], chosen: str) -> None:
    found = to_renew(several, ends)
    assert (found.code if isinstance(found, Fault) else found.number[0]) == chosen


def test_whoever_may_have_lapsed_is_told() -> None:
    policy = parse(POLICY | {"lapses_after_months": 12}, Validity)
    step = policy.step("half-day")
    assert step is not None
    found = refreshed(policy, step, held("1", date(2028, 1, 1)), date(2027, 12, 1), ())
    assert found is not None
    assert found.code == "renews_activity_unknown"
    assert "2027-01-01" in found.says["en"]
