from datetime import date

import pytest

from registry.errors import OrganisationExists, OrganisationNotFound, OrganisationRejected, ShareOverHundred
from registry.records.parties.organisations import (
    NewDeclaration,
    NewOrganisation,
    NewTie,
    add_organisation,
    add_tie,
    declarations_of,
    declare,
    organisation_by_slug,
    strike_off,
    ties_around,
    ties_of,
    withdraw_declaration,
)
from registry.records.strict_input import parse
from registry.records.whole.directory import Registry
from tests.registry.conftest import ACTOR, OPENED


def _owns(a: str, b: str, share: object, **dates: str) -> NewTie:
    return parse({"kind": "owns", "a": a, "b": b, "share_percent": share, **dates}, NewTie)


@pytest.mark.parametrize(
    ("ties", "refused"),
    [
        pytest.param([("solo", 60, {}), ("owner-person", 40, {})], False, id="exactly all"),
        pytest.param([("solo", 60, {}), ("owner-person", "200/3", {})], True, id="more than all"),
        pytest.param(
            [("solo", 60, {"until": "2025-12-31"}), ("owner-person", 60, {"since": "2026-01-01"})],
            False,
            id="sold on",
        ),
        pytest.param(
            [("solo", 60, {"until": "2026-01-01"}), ("owner-person", 60, {"since": "2026-01-01"})],
            True,
            id="both on one day",
        ),
    ],
)
def test_nobody_owns_more_than_all(
    registry: Registry, ties: list[tuple[str, object, dict[str, str]]], refused: bool
) -> None:
    with registry.writing() as db:
        *first, (owner, share, dates) = ties
        for one, part, days in first:
            add_tie(db, _owns(one, "trainer", part, **days), OPENED, ACTOR)
        if refused:
            with pytest.raises(ShareOverHundred, match="trainer"):
                add_tie(db, _owns(owner, "trainer", share, **dates), OPENED, ACTOR)
        else:
            add_tie(db, _owns(owner, "trainer", share, **dates), OPENED, ACTOR)
        assert len(ties_of(db, "trainer")) == len(ties) - refused


def test_a_share_comes_back_exact(registry: Registry) -> None:
    with registry.writing() as db:
        add_tie(db, _owns("solo", "trainer", "100/3"), OPENED, ACTOR)
    with registry.reading() as db:
        (tie,) = ties_around(db, ["trainer"])
    assert str(tie.share_percent) == "100/3"


def test_ties_are_followed_as_far_as_they_go_and_no_further(registry: Registry) -> None:
    with registry.writing() as db:
        for a, b in (("owner-person", "solo"), ("solo", "trainer"), ("keeper", "auditor")):
            add_tie(db, _owns(a, b, 30), OPENED, ACTOR)
        assert {(tie.a, tie.b) for tie in ties_around(db, ["trainer"])} == {
            ("owner-person", "solo"),
            ("solo", "trainer"),
        }


def test_an_unknown_end_or_a_taken_id_is_refused(registry: Registry) -> None:
    with registry.writing() as db:
        with pytest.raises(OrganisationNotFound, match="nobody"):
            add_tie(db, _owns("nobody", "trainer", 10), OPENED, ACTOR)
        with pytest.raises(OrganisationRejected, match="cannot be owned"):
            add_tie(db, _owns("trainer", "owner-person", 10), OPENED, ACTOR)
        taken = {"id": "trainer", "name": "x", "registered_on": "2020-01-01"}
        with pytest.raises(OrganisationExists):
            add_organisation(db, parse(taken, NewOrganisation), OPENED, ACTOR)


def test_struck_off_counts_from_that_day(registry: Registry) -> None:
    with registry.writing() as db:
        struck = strike_off(db, "trainer", date(2026, 3, 13), ACTOR)
        assert [struck.active_on(date(2026, 3, day)) for day in (12, 13, 14)] == [True, False, False]
        assert not struck.active_on(date(2014, 12, 31))
        with pytest.raises(OrganisationRejected):
            strike_off(db, "trainer", date(2000, 1, 1), ACTOR)


def test_a_declaration_stands_from_its_day_until_withdrawn_or_run_out(registry: Registry) -> None:
    given = {
        "organisation": "solo",
        "kind": "quality_certificate",
        "on": "2026-01-10",
        "valid_until": "2026-02-10",
        "confirmed_by": "auditor",
    }
    with registry.writing() as db:
        found = declare(db, parse(given, NewDeclaration), OPENED, ACTOR)
        days = (date(2026, 1, 9), date(2026, 1, 10), date(2026, 2, 10), date(2026, 2, 11))
        assert [found.stands_on(day) for day in days] == [False, True, True, False]
        withdraw_declaration(db, found.id, date(2026, 2, 1), ACTOR)
        assert [found.stands_on(date(2026, 2, day)) for day in (1, 2)] == [False, False]
        assert found.stands_on(date(2026, 1, 31))
        assert declarations_of(db, "solo")[0].kind == "quality_certificate"
        with pytest.raises(OrganisationRejected, match="person"):
            declare(db, parse({**given, "confirmed_by": "owner-person"}, NewDeclaration), OPENED, ACTOR)


def test_an_unknown_organisation_is_named(registry: Registry) -> None:
    with registry.reading() as db, pytest.raises(OrganisationNotFound, match="'nope'"):
        organisation_by_slug(db, "nope")
