from datetime import date
from typing import Any
from uuid import UUID

import pytest

from levels.level import Level
from registry.errors import (
    MalformedInput,
    MandateAlreadyWithdrawn,
    MandateNotAllowed,
    OccasionExists,
    OccasionNotFound,
    OrganisationNotFound,
    SchemeExists,
    SchemeLooserThanEdition,
    SchemeNotFound,
    SchemeNotTheOwners,
)
from registry.records.mandates.mandate_authority import authority_on
from registry.records.mandates.mandate_decisions import NewMandate, grant_mandate, suspend_mandate, withdraw_mandate
from registry.records.mandates.mandates import mandates
from registry.records.sector.scheme_drafts import draft_scheme
from registry.records.sector.schemes import scheme_version, schemes
from registry.records.sittings.occasions import add_occasion, occasion_by_id, occasion_named, occasions
from registry.records.strict_input import parse
from registry.records.whole.directory import Registry
from tests.registry.conftest import (
    ACTOR,
    COURSE,
    HOT_WORK,
    OCCASION,
    OPENED,
    SOLO,
    occasion_like,
    publish_scheme,
    scheme_like,
)


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({}, SchemeExists),
        ({"version": "2", "owner": "solo"}, SchemeNotTheOwners),
        ({"version": "2", "item_bank_owner": "nobody"}, OrganisationNotFound),
        (
            {"version": "2", "tightening": [{"row": "I5", "level": "D", "fact": "attended_percent", "at_least": 70}]},
            SchemeLooserThanEdition,
        ),
        ({"version": "2", "tightening": [{"row": "I5", "level": "D", "asked": False}]}, SchemeLooserThanEdition),
        ({"version": "2", "tightening": [{"row": "I99", "level": "D"}]}, SchemeLooserThanEdition),
    ],
)
def test_what_a_scheme_may_not_be(registry: Registry, change: dict[str, Any], refusal: type[Exception]) -> None:
    with registry.writing() as db, pytest.raises(refusal):
        draft_scheme(db, scheme_like(HOT_WORK, **change), OPENED, ACTOR)


def test_a_later_version_stands_beside_the_earlier_one(registry: Registry) -> None:
    tightening = [{"row": "I5", "level": "D", "fact": "attended_percent", "at_least": 95}]
    later = scheme_like(HOT_WORK, version="2", published_on="2026-01-01", tightening=tightening)
    with registry.writing() as db:
        publish_scheme(db, later, OPENED, ACTOR)
        assert scheme_version(db, "hot-work").new() == later
        assert scheme_version(db, "hot-work", "1").new() == scheme_like(HOT_WORK)
        assert [(each.code, each.version) for each in schemes(db)][:2] == [("hot-work", "2"), ("hot-work", "1")]
        with pytest.raises(SchemeNotFound, match="version 3 of 'hot-work'"):
            scheme_version(db, "hot-work", "3")


def _mandate(**change: Any) -> NewMandate:
    return parse(
        {"scheme": "hot-work", "issuer": "solo", "max_level": "C1", "since": "2026-01-01"} | change, NewMandate
    )


@pytest.mark.parametrize(
    ("change", "allowed"),
    [
        pytest.param({"issuer": "sector", "max_level": "B"}, True, id="a sector body may mandate itself"),
        pytest.param({"scheme": "own-course", "issuer": "issuer", "max_level": "D"}, True, id="any owner may mandate"),
        pytest.param({"scheme": "own-course", "issuer": "issuer", "max_level": "B"}, False, id="but not up to B"),
        pytest.param({"scheme": "own-course", "issuer": "solo", "max_level": "C1"}, False, id="nor itself"),
        pytest.param({"issuer": "owner-person"}, False, id="nor a person"),
    ],
)
def test_who_may_mandate_whom(registry: Registry, change: dict[str, Any], allowed: bool) -> None:
    with registry.writing() as db:
        if allowed:
            assert grant_mandate(db, _mandate(**change), OPENED, ACTOR).public_id.startswith("mandate-")
        else:
            with pytest.raises(MandateNotAllowed):
                grant_mandate(db, _mandate(**change), OPENED, ACTOR)


def test_what_an_issuer_may_on_a_day(registry: Registry) -> None:
    def may(day: date, issuer: str = "solo", version: str = "1") -> tuple[Level | None, bool, bool]:
        found = authority_on(db, issuer, "hot-work", version, day)
        return found.mandate_max, found.mandate_from_sector_body, found.issuer_owns

    with registry.writing() as db:
        low = grant_mandate(db, _mandate(max_level="D", until="2026-06-30"), OPENED, ACTOR)
        high = grant_mandate(db, _mandate(versions=["1"], since="2026-02-01"), OPENED, ACTOR)
        suspend_mandate(db, high.public_id, date(2026, 4, 1), date(2026, 4, 30), "complaint", ACTOR, now=OPENED)
        withdraw_mandate(db, high.public_id, date(2026, 6, 1), "closed", ACTOR, now=OPENED)
        nothing = (None, False, False)
        assert may(date(2025, 12, 31)) == nothing
        assert may(date(2026, 1, 31)) == (Level.D, True, False)
        assert may(date(2026, 2, 1)) == (Level.C1, True, False)
        assert may(date(2026, 2, 1), version="2") == (Level.D, True, False)
        assert may(date(2026, 4, 1)) == (Level.D, True, False)
        assert may(date(2026, 4, 30)) == (Level.D, True, False)
        assert may(date(2026, 5, 31)) == (Level.C1, True, False)
        assert may(date(2026, 6, 1)) == (Level.D, True, False)
        assert may(date(2026, 7, 1)) == nothing
        assert may(date(2026, 7, 1), issuer="sector") == (None, False, True)
        assert {each.public_id for each in mandates(db)} > {low.public_id, high.public_id}
        with pytest.raises(MandateAlreadyWithdrawn):
            withdraw_mandate(db, high.public_id, date(2026, 7, 1), "again", ACTOR, now=OPENED)
        with pytest.raises(SchemeNotFound):
            grant_mandate(db, _mandate(versions=["9"]), OPENED, ACTOR)


def test_an_occasion_keeps_the_version_it_was_held_under(registry: Registry) -> None:
    with registry.writing() as db:
        publish_scheme(db, scheme_like(HOT_WORK, version="2", published_on="2026-02-01"), OPENED, ACTOR)
        assert occasion_by_id(db, "hot-work-march").scheme_version == "1"
        made = add_occasion(db, occasion_like(OCCASION, id=None), OPENED, ACTOR)
        assert made.public_id.startswith("oc-")
        assert made.new().version == "2"
        assert made in occasions(db)


def test_the_name_of_an_occasion_that_nobody_named_can_always_be_read() -> None:
    # The hexadecimal digits of some identities are those of a national number.
    for digits in ("265479169800", "880639351100", "0123456789ab", "ffffffffffff", "000000000000"):
        name = occasion_named(UUID(hex="018f6e2a5b7c7def8123" + digits))
        assert occasion_like(OCCASION, id=name).id == name


@pytest.mark.parametrize(
    ("change", "refusal", "says"),
    [
        ({}, OccasionExists, "hot-work-march"),
        ({"id": "x-1", "scheme": "nope"}, SchemeNotFound, "nope"),
        ({"id": "x-1", "issuer": "nope"}, OrganisationNotFound, "nope"),
        ({"id": "x-1", "scope_classes": ["T9"]}, MalformedInput, "T9"),
        (
            {"id": "x-1", "staff": [{"id": "aa", "name": "A", "role": "examiner", "organisation": "owner-person"}]},
            MalformedInput,
            r"staff\[0\]",
        ),
    ],
)
def test_what_an_occasion_may_not_be(
    registry: Registry, change: dict[str, Any], refusal: type[Exception], says: str
) -> None:
    with registry.writing() as db, pytest.raises(refusal, match=says):
        add_occasion(db, occasion_like(OCCASION, **change), OPENED, ACTOR)


def test_an_unknown_occasion_is_named(registry: Registry) -> None:
    with registry.reading() as db, pytest.raises(OccasionNotFound, match="'nope'"):
        occasion_by_id(db, "nope")


def test_a_version_says_everything_back(registry: Registry) -> None:
    with registry.reading() as db:
        assert scheme_version(db, "own-course").new() == scheme_like(COURSE)


@pytest.mark.parametrize(
    ("change", "path"),
    [
        pytest.param({}, None, id="held in a language of the scheme"),
        pytest.param({"language_test": "pl"}, "language_test", id="another language"),
        pytest.param({"language_test": None}, "language_test", id="nobody says in which"),
        pytest.param({"language_test": None, "exam_on": None}, None, id="there was no test"),
        pytest.param({"language_training": None}, "language_training", id="nobody says in which they were taught"),
        pytest.param({"language_training": None, "session": []}, None, id="nobody was taught"),
    ],
)
def test_an_occasion_is_held_in_a_language_of_the_scheme(
    registry: Registry, change: dict[str, Any], path: str | None
) -> None:
    spoken = {"languages_training": ["sv", "en"], "languages_test": ["sv"]}
    with registry.writing() as db:
        publish_scheme(db, scheme_like(COURSE, code="spoken", **spoken))
        new = occasion_like(SOLO, id="spoken", scheme="spoken", **change)
        if path is None:
            add_occasion(db, new, OPENED, ACTOR)
            return
        with pytest.raises(MalformedInput) as refused:
            add_occasion(db, new, OPENED, ACTOR)
    assert [where for where, _ in refused.value.faults] == [path]


def test_the_same_mandate_is_granted_once_for_the_same_days(registry: Registry) -> None:
    with registry.writing() as db:
        first = grant_mandate(db, _mandate(), OPENED, ACTOR)
        with pytest.raises(MandateNotAllowed, match=first.public_id):
            grant_mandate(db, _mandate(), OPENED, ACTOR)
        withdraw_mandate(db, first.public_id, first.since, "by mistake", ACTOR, now=OPENED)
        assert grant_mandate(db, _mandate(), OPENED, ACTOR).id != first.id, "what was withdrawn covers nothing"
