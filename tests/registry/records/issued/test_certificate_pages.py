"""Certificates as somebody looks for them: every filter, page by page, and what hangs together with one."""

from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any

import pytest
from sqlalchemy import text

from registry.issuing.changes.withdraw import annul, revoke, suspend
from registry.records.issued.certificate_pages import (
    SHOWN_STATES,
    Wanted,
    all_pages,
    certificate_page,
    lineage_of,
    shown_state,
    spoilt_since,
)
from registry.records.issued.certificates import IssuedCertificate, certificate_by_number, certificates
from registry.records.parties.signing_keys import keys_of, mark_compromised
from registry.records.sector.scheme_drafts import add_scheme
from registry.records.sittings.occasions import add_occasion, occasion_by_id
from registry.records.whole.directory import Registry
from registry.signing.keys import Keyring
from tests.registry.conftest import (
    ACTOR,
    COURSE,
    NOW,
    OCCASION,
    ON_SQLITE,
    OPENED,
    SOLO,
    issue,
    occasion_like,
    person,
    roster,
    scheme_like,
)

MIDNIGHT = datetime(2031, 3, 31, 22, tzinfo=UTC)  # in Stockholm; the last day of hot work is over
LATER = datetime(2040, 1, 1, tzinfo=UTC)


def many(registry: Registry, keyring: Keyring) -> None:
    """Two schemes, three occasions, seven certificates in five states."""
    with registry.writing() as db:
        elsewhere = COURSE | {"time_zone": "Europe/London", "validity": {"months": 60, "round_to_month_end": True}}
        add_scheme(db, scheme_like(elsewhere, code="london"), OPENED, ACTOR)
        add_occasion(db, occasion_like(OCCASION, id="hot-work-later"), OPENED, ACTOR)
        add_occasion(db, occasion_like(SOLO, id="london-march", scheme="london"), OPENED, ACTOR)
    for occasion, rows in (
        ("hot-work-march", [person(2), person(3), person(4)]),
        ("own-course-march", [person(2), person(5)]),
        ("hot-work-later", [person(2)]),
        ("london-march", [person(6)]),
    ):
        issue(registry, keyring, occasion, roster(*rows))
    with registry.writing() as db:
        numbers = {row.holder_name: row.number for row in reversed(certificates(db))}
        suspend(db, numbers["Person A"], reason="fraud", now=NOW, actor=ACTOR)
        revoke(db, numbers["Person B"], reason="fraud", now=NOW, actor=ACTOR)
        annul(db, numbers["Person D"], reason="error", now=NOW, actor=ACTOR)


BEGINS_WITH = {"full": many}


@pytest.fixture
def full(registry: Registry) -> Registry:
    """With all of it."""
    return registry


@pytest.fixture
def every(full: Registry) -> list[IssuedCertificate]:
    with full.reading() as db:
        return list(certificates(db))


def found(registry: Registry, wanted: Wanted, at: datetime = NOW) -> list[str]:
    with registry.reading() as db:
        return [row.number for row in certificate_page(db, wanted, at)]


MOMENTS = [NOW, MIDNIGHT - timedelta(seconds=1), MIDNIGHT, MIDNIGHT + timedelta(hours=1), LATER, OPENED]


def test_the_database_sees_the_state_that_a_person_is_shown(full: Registry, every: list[IssuedCertificate]) -> None:
    for at, state in product(MOMENTS, SHOWN_STATES):
        expected = [row.number for row in every if shown_state(row, at) == state]
        assert found(full, Wanted(state=state), at) == expected, (at, state)


def test_each_state_is_seen_where_its_scheme_keeps_time(full: Registry) -> None:
    """In London the day is over an hour after it is in Stockholm."""
    ended = [len(found(full, Wanted(state="expired"), at)) for at in MOMENTS[1:4]]
    assert ended == [0, 3, 4]
    assert len(found(full, Wanted(state="not_yet_valid"), OPENED)) == 4
    assert found(full, Wanted(state="annulled"), LATER) != []


@pytest.mark.parametrize(
    ("day", "at", "how_many"),
    [
        (date(2031, 3, 31), NOW, 0),  # that is their last day
        (date(2031, 4, 1), NOW, 4),
        (date(2031, 4, 1), MIDNIGHT, 1),  # what has ended does not end any more
        (date(2099, 1, 1), LATER, 0),
    ],
)
def test_what_ends_soon_is_found(full: Registry, day: date, at: datetime, how_many: int) -> None:
    assert len(found(full, Wanted(expiring_before=day), at)) == how_many


def test_every_filter_narrows(full: Registry, every: list[IssuedCertificate]) -> None:
    newest = every[0]
    with full.reading() as db:
        occasion = occasion_by_id(db, "hot-work-march").id
    person_a = next(row.person_id for row in every if row.holder_name == "Person A")

    def numbers(**said: Any) -> list[str]:
        return [row.number for row in every if all(getattr(row, name) == value for name, value in said.items())]

    assert found(full, Wanted()) == numbers()
    assert found(full, Wanted(occasion=occasion)) == numbers(occasion_id=occasion)
    assert found(full, Wanted(batch=newest.batch_id)) == numbers(batch_id=newest.batch_id)
    assert found(full, Wanted(scheme="own-course")) == numbers(scheme="own-course")
    assert found(full, Wanted(issuer="solo")) == numbers(issuer="solo")
    assert found(full, Wanted(people=[person_a])) == numbers(person_id=person_a) != []
    assert found(full, Wanted(people=[])) == []
    both = Wanted(people=[person_a], scheme="hot-work", state="valid")
    assert found(full, both) == numbers(person_id=person_a, scheme="hot-work", state="issued")


@pytest.mark.parametrize(
    ("organisations", "schemes"),
    [
        ({"issuer"}, {"hot-work"}),
        ({"sector"}, {"hot-work"}),  # its scheme
        ({"solo"}, {"own-course", "london"}),
        ({"trainer"}, set()),
        (set(), set()),
        ({"solo", "sector"}, {"hot-work", "own-course", "london"}),
    ],
)
def test_nobody_sees_what_neither_they_issued_nor_their_scheme_did(
    full: Registry, every: list[IssuedCertificate], organisations: set[str], schemes: set[str]
) -> None:
    assert found(full, Wanted(organisations=organisations)) == [row.number for row in every if row.scheme in schemes]


@pytest.mark.parametrize("limit", [1, 2, 3, 6, 7, 8])
def test_pages_are_one_list(full: Registry, every: list[IssuedCertificate], limit: int) -> None:
    with full.reading() as db:
        pages: list[IssuedCertificate] = []
        after = None
        while page := certificate_page(db, Wanted(), NOW, after=after, limit=limit):
            assert len(page) <= limit
            pages += page
            after = page[-1].id
        assert [row.number for row in pages] == [row.number for row in every]
    with full.reading() as db:
        assert [row.number for row in all_pages(db, Wanted(), NOW)] == [row.number for row in every]


@ON_SQLITE
def test_a_page_is_found_by_an_index(full: Registry) -> None:
    """However many there are: nothing is sorted, and nothing that is not shown is read."""
    with full.reading() as db:
        for wanted in ("scheme = 'hot-work'", "issuer = 'issuer'", "state = 'issued'"):
            query = f"SELECT * FROM issued_certificate WHERE {wanted} AND id < 'f' ORDER BY id DESC"  # noqa: S608 our words
            told = db.connection().execute(text(f"EXPLAIN QUERY PLAN {query}"))
            plan = " ".join(str(row[-1]) for row in told)
            assert "certificate_by_" in plan
            assert "TEMP B-TREE" not in plan


def test_what_a_stolen_key_signed_is_named(full: Registry, every: list[IssuedCertificate]) -> None:
    with full.writing() as db:
        assert spoilt_since(db, every) == spoilt_since(db, []) == {}
        (key,) = keys_of(db, "solo")
        mark_compromised(db, key.kid, NOW + timedelta(seconds=1), "test", now=NOW)
        assert spoilt_since(db, every) == {}  # all of it was signed before
    with full.writing() as db:
        (key,) = keys_of(db, "issuer")
        mark_compromised(db, key.kid, NOW, "test", now=NOW)
        assert spoilt_since(db, every) == {row.number: NOW for row in every if row.issuer == "issuer"}


def test_a_certificate_without_lineage_says_so(full: Registry, every: list[IssuedCertificate]) -> None:
    with full.reading() as db:
        told = lineage_of(db, certificate_by_number(db, every[0].number))
    assert (told.corrects, told.renews, told.corrected_by, told.renewed_by) == (None, None, None, ())
