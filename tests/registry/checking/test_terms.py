"""What schemes decided, as the register has it, reaches an employer's check."""

from datetime import date, timedelta

import pytest

from registry.checking.check_workforce import check_workforce
from registry.checking.gaps import gaps
from registry.checking.holdings import with_holdings
from registry.checking.profile import Profile
from registry.checking.terms import SchemeTerms
from registry.checking.told import as_json
from registry.checking.workforce import Shown, Worker
from registry.records.mandates.mandate_decisions import NewMandate, grant_mandate
from registry.records.sector.extensions import NewExtension, extend_scheme, withdraw_extension
from registry.records.sector.recognitions import NewRecognition, grant_recognition, withdraw_recognition
from registry.records.sector.validity_policy import Validity
from registry.records.sittings.occasions import add_occasion
from registry.records.store.database import Database
from registry.records.strict_input import parse
from registry.records.whole.directory import Registry
from registry.signing.keys import Keyring
from registry.signing.published import known_recognitions
from tests.registry.checking.conftest import profile_of
from tests.registry.conftest import (
    ACTOR,
    HOT_WORK,
    NOW,
    OCCASION,
    ON_SQLITE,
    OPENED,
    PUBLIC_URL,
    issue,
    occasion_like,
    person,
    publish_scheme,
    roster,
    scheme_like,
)

END = date(2031, 3, 31)  # of what is issued in March 2026 for sixty months, rounded
PROFILE = profile_of("work\nany_of = ['hot-work']")


@pytest.fixture
def number(registry: Registry, keyring: Keyring) -> str:
    result = issue(registry, keyring, "hot-work-march", roster(person(2)))
    return str(result.rows[0].number)


def _worker(profile: Profile, name: str, *shown: Shown) -> Worker:
    return Worker(2, name, None, profile.role[0], shown)


def status(registry: Registry, number: str, on: date, profile: Profile = PROFILE) -> tuple[str, date | None]:
    shown = _worker(profile, "Person A", Shown(number=number.replace("-", "")))
    with registry.reading() as db:
        found = check_workforce(db, PUBLIC_URL, [shown], profile, now=NOW, today=NOW.date(), on=on)
    ((cell,),) = [one.cells for one in found.people]
    return cell.status, cell.until


def test_a_decision_reaches_certificates_that_were_signed_before(registry: Registry, number: str) -> None:
    after = END + DAY
    assert status(registry, number, END)[0] == "fulfilled"
    assert status(registry, number, after)[0] == "expires_before"
    given = {"scheme": "hot-work", "ends_from": "2031-03-01", "ends_until": "2031-06-30", "months": 4}
    with registry.writing() as db:
        decided = {"decided_on": "2026-03-10", "decision": "board 4"}
        row = extend_scheme(db, parse(given | decided, NewExtension), NOW, ACTOR)
    assert status(registry, number, after) == ("fulfilled", date(2031, 7, 31))
    assert status(registry, number, date(2031, 8, 1))[0] == "expires_before"
    with registry.writing() as db:
        withdraw_extension(db, row.public_id, reason="a mistake", now=NOW, actor=ACTOR)
    assert status(registry, number, after)[0] == "expires_before"


def test_of_a_version_that_is_not_known_the_strictest_counts() -> None:
    policies = {
        "1": parse({"months": 60, "max_interval_months": 24}, Validity),
        "2": parse({"months": 60, "max_interval_months": 12, "lapses_after_months": 6}, Validity),
    }
    terms = SchemeTerms(policies)
    assert [terms.repeated_within(each) for each in ("1", "2", "3", None)] == [24, 12, None, 12]
    assert [terms.lapses_after(each) for each in ("1", "2", None)] == [None, 6, 6]


def _accepts(db: Database, **terms: object) -> str:
    given = {"scheme": "own-course", "accepts": "hot-work", "accepted_from": "2026-01-01"}
    return grant_recognition(db, parse(given | terms, NewRecognition), NOW, ACTOR).public_id


OTHER = profile_of("work\nany_of = ['own-course']")
TODAY, LAST, DAY = NOW.date(), date(2030, 6, 30), timedelta(days=1)
WORDS = {"sv": "Sedd.", "nb": "Sett.", "en": "Seen."}


@ON_SQLITE
@pytest.mark.parametrize(
    ("terms", "on", "found"),
    [
        pytest.param(None, TODAY, ("missing", None), id="nobody accepts it"),
        pytest.param({}, TODAY, ("fulfilled", END), id="until its own last day"),
        pytest.param({"accepted_until": str(LAST)}, TODAY, ("fulfilled", LAST), id="until the decision ends"),
        pytest.param({"accepted_until": str(LAST)}, LAST, ("fulfilled", LAST), id="on the last day"),
        pytest.param({"accepted_until": str(LAST)}, LAST + DAY, ("recognition_ended", None), id="the day after"),
        pytest.param({"accepted_from": str(TODAY + DAY)}, TODAY, ("recognition_not_met", None), id="not begun"),
        pytest.param({"accepted_from": str(TODAY + DAY)}, TODAY + DAY, ("fulfilled", END), id="begun by then"),
        pytest.param({"issued_until": str(TODAY)}, TODAY, ("fulfilled", END), id="issued on the last day"),
        pytest.param({"issued_until": str(TODAY - DAY)}, TODAY, ("recognition_ended", None), id="issued after it"),
        pytest.param({"issued_from": str(TODAY + DAY)}, TODAY, ("recognition_not_met", None), id="issued before"),
        pytest.param({"condition": WORDS}, TODAY, ("recognition_condition", None), id="a person has to see to it"),
        pytest.param({}, END + DAY, ("expires_before", END), id="expired, accepted or not"),
    ],
)
def test_what_another_scheme_accepts_meets_its_requirement(
    registry: Registry, number: str, terms: dict[str, object] | None, on: date, found: tuple[str, date | None]
) -> None:
    if terms is not None:
        with registry.writing() as db:
            _accepts(db, **terms)
    assert status(registry, number, on, OTHER) == found


@ON_SQLITE
def test_it_is_said_by_whose_decision_and_no_more_once_it_is_withdrawn(registry: Registry, number: str) -> None:
    with registry.writing() as db:
        which = _accepts(db)
    shown = _worker(OTHER, "Person A", Shown(number=number.replace("-", "")))
    with registry.reading() as db:
        found = check_workforce(db, PUBLIC_URL, [shown], OTHER, now=NOW, today=TODAY)
    told = (
        "Fulfilled at level B, up to and including 2031-03-31. Only the name was compared: the list states no birth. "
    )
    ((cell,),) = [one["requirements"] for one in as_json(found, "en")["people"]]
    assert cell["says"] == told + "Lindgren enskild firma accepts Hot work as equal to Hot work."
    with registry.writing() as db:
        withdraw_recognition(db, which, TODAY + DAY, "a mistake", ACTOR, now=NOW)
    assert status(registry, number, TODAY, OTHER) == ("fulfilled", TODAY)
    assert status(registry, number, TODAY + DAY, OTHER) == ("recognition_ended", None)


@ON_SQLITE
@pytest.mark.parametrize(
    ("mapped", "asked", "found"),
    [
        ({"A": "T1"}, "T1", "fulfilled"),
        ({"A": "T1"}, "T2", "scope_missing"),
        ({"A": "T1"}, "A", "scope_missing"),
        ({}, "A", "scope_missing"),
    ],
)
def test_classes_count_as_what_they_are_named_to_be(
    registry: Registry, keyring: Keyring, mapped: dict[str, str], asked: str, found: str
) -> None:
    with registry.writing() as db:
        for code, classes in (("truck", ["T1", "T2"]), ("truck-old", ["A"])):
            publish_scheme(db, scheme_like(HOT_WORK, code=code, scope_classes=classes))
        mandate = {"scheme": "truck-old", "issuer": "issuer", "max_level": "B", "since": "2026-01-01"}
        grant_mandate(db, parse(mandate, NewMandate), OPENED, ACTOR)
        add_occasion(
            db, occasion_like(OCCASION, id="old-trucks", scheme="truck-old", scope_classes=["A"]), OPENED, ACTOR
        )
        _accepts(db, scheme="truck", accepts="truck-old", class_map=mapped)
    result = issue(registry, keyring, "old-trucks", roster(person(2)))
    wanted = profile_of(f"work\nany_of = ['truck']\nscope_classes = ['{asked}']")
    assert status(registry, str(result.rows[0].number), TODAY, wanted)[0] == found


@ON_SQLITE
def test_thousands_at_once_are_told_apart_by_the_days_of_a_decision(registry: Registry, keyring: Keyring) -> None:
    """Those issued on either side of a cut-off day are alike in all else."""
    listed = roster(person(2), person(3))
    numbers = [row.number for row in issue(registry, keyring, "hot-work-march", listed).rows]
    with registry.writing() as db:
        add_occasion(db, occasion_like(OCCASION, id="later"), OPENED, ACTOR)
        _accepts(db, issued_until=str(TODAY))
    numbers += [row.number for row in issue(registry, keyring, "later", listed, now=NOW + DAY).rows]
    shown = tuple(Shown(number=str(number).replace("-", "")) for number in numbers)
    with registry.reading() as db:
        ((_, held),) = with_holdings(db, PUBLIC_URL, [_worker(OTHER, "", *shown)], now=NOW + DAY, each_up_to=0)
        terms = {"own-course": SchemeTerms(recognitions=known_recognitions(db))}
    rows = [(_worker(OTHER, str(one.holder_name)), [one]) for one in held]
    found = gaps(rows, OTHER, day=TODAY + DAY, ahead=False, now=NOW + DAY, terms=terms)
    assert [one.cells[0].status for one in found.people] == ["fulfilled"] * 2 + ["recognition_ended"] * 2
    assert held[0].standing is held[1].standing
