"""What schemes decided, as the register has it, reaches an employer's check."""

from datetime import date, timedelta

import pytest

from registry.checking.check_workforce import check_workforce
from registry.checking.profile import Profile
from registry.checking.terms import SchemeTerms
from registry.checking.workforce import Shown, Worker
from registry.records.sector.extensions import NewExtension, extend_scheme, withdraw_extension
from registry.records.sector.validity_policy import Validity
from registry.records.strict_input import parse
from registry.records.whole.directory import Registry
from registry.signing.keys import Keyring
from tests.registry.checking.conftest import profile_of
from tests.registry.conftest import ACTOR, NOW, PUBLIC_URL, issue, person, roster

END = date(2031, 3, 31)  # of what is issued in March 2026 for sixty months, rounded
PROFILE = profile_of("work\nany_of = ['hot-work']")


@pytest.fixture
def number(registry: Registry, keyring: Keyring) -> str:
    result = issue(registry, keyring, "hot-work-march", roster(person(2)))
    return str(result.rows[0].number)


def status(registry: Registry, number: str, on: date, profile: Profile = PROFILE) -> tuple[str, date | None]:
    shown = Worker(2, "Person A", None, profile.role[0], (Shown(number=number.replace("-", "")),))
    with registry.reading() as db:
        found = check_workforce(db, PUBLIC_URL, [shown], profile, now=NOW, today=NOW.date(), on=on)
    ((cell,),) = [one.cells for one in found.people]
    return cell.status, cell.until


def test_a_decision_reaches_certificates_that_were_signed_before(registry: Registry, number: str) -> None:
    after = END + timedelta(days=1)
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
