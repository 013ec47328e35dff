"""Who lacks what: whose a certificate is, which of several counts, and when a requirement ends. Pure."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from levels.evidence import add_months
from registry.checking.gaps import NEARNESS, Birth, Gaps, Holding, Standing, gaps, whose
from registry.checking.profile import Profile
from registry.checking.terms import SchemeTerms
from registry.checking.told import as_json, gap_texts, says, title, to_do
from registry.checking.workforce import Worker
from registry.records.sector.extensions import Extension
from registry.records.sector.validity_policy import Validity
from registry.records.strict_input import parse
from tests.registry.checking.conftest import NOW, profile_of
from verification.findings import Finding, Findings
from verification.reasons import headlines

TODAY = NOW.date()
IN_FORCE = Finding("in_force", "passed", {"from": date(2026, 1, 1), "day": date(2027, 1, 1)})
GOOD = Standing(Findings((Finding("signature_good", "passed"),), None, None, NOW))
NUMBERS = [f"{number:016d}" for number in range(1, 10)]


def holding(number: str = NUMBERS[0], **change: Any) -> Holding:
    return replace(
        Holding(
            number=number,
            standing=GOOD,
            dates=IN_FORCE,
            scheme="hot-work",
            level="D",
            holder_name="Anna Berg",
            valid_until=date(2027, 1, 1),
            shown_on=date(2026, 1, 10),
            today=TODAY,
            day=TODAY,
        ),
        **change,
    )


def standing(code: str, outcome: Any = "failed") -> Standing:
    return Standing(Findings((Finding(code, outcome),), None, None, NOW))


def worker(profile: Profile, row: int = 2, name: str = "Anna Berg", birth: Birth = None, role: int = 0) -> Worker:
    return Worker(row, name, birth, profile.role[role], ())


PLAIN = profile_of("work\nany_of = ['hot-work', 'other']", roles=("worker", "guard"))


def asked(*rows: tuple[Worker, list[Holding]], profile: Profile = PLAIN, day: date = TODAY) -> Gaps:
    return gaps(rows, profile, day=day, ahead=day > TODAY, now=NOW)


def only(found: Gaps) -> tuple[str, str, str | None, date | None]:
    ((cell,),) = [person.cells for person in found.people]
    return cell.outcome, cell.status, cell.number, cell.until


@pytest.mark.parametrize(
    ("name", "holder", "same"),
    [
        ("Anna Berg", "Anna Berg", True),
        ("ANNA  berg", "Anna Berg", True),
        ("Östlund, Björn", "Björn Östlund", True),
        ("Bjo\u0308rn O\u0308stlund", "Björn Östlund", True),
        ("Mai Britt Fjærestad", "Mai-Britt Fjærestad", True),
        ("Lars‐Erik Sjöholm", "Lars-Erik Sjöholm", True),
        ("Siobhán O’Brien", "Siobhán O'Brien", True),
        ("Bjorn Ostlund", "Björn Östlund", False),
        ("Anna Berg", "Anna Bergh", False),
        ("Berg Anna", "Anna Berg", False),
        ("Anna", "Anna Berg", False),
        ("Berg, Anna, Maria", "Anna Maria Berg", False),
        ("Kåre Lid", "Per Arne Lid", False),
    ],
)
def test_names_are_compared_forgivingly_but_letters_count(name: str, holder: str, same: bool) -> None:
    assert (whose(name, None, holder, None) == "by_name") is same
    assert (whose(holder, None, name, None) == "by_name") is same


@pytest.mark.parametrize(
    ("row", "stated", "found"),
    [
        (None, 1990, "by_name"),
        (1990, None, "by_name"),
        (1990, 1990, "confirmed"),
        (date(1990, 5, 17), 1990, "confirmed"),
        (1990, date(1990, 5, 17), "confirmed"),
        (date(1990, 5, 17), date(1990, 5, 17), "confirmed"),
        (date(1990, 5, 17), date(1990, 5, 18), "birth_differs"),
        (1990, 1991, "birth_differs"),
        (date(1990, 5, 17), 1991, "birth_differs"),
    ],
)
def test_a_birth_decides_further(row: Birth, stated: Birth, found: str) -> None:
    assert whose("Anna Berg", row, "Anna Berg", stated) == found
    assert whose("Anna Berg", row, "Bo Ek", stated) == "name_differs"


def test_a_good_certificate_fulfils_until_its_last_day() -> None:
    assert only(asked((worker(PLAIN), [holding()]))) == ("fulfilled", "fulfilled", NUMBERS[0], date(2027, 1, 1))
    assert only(asked((worker(PLAIN), []))) == ("lacking", "missing", None, None)
    assert only(asked((worker(PLAIN), [holding(scheme="third")]))) == ("lacking", "missing", None, None)


@pytest.mark.parametrize(
    ("change", "status", "outcome"),
    [
        pytest.param({"holder_name": "Bo Ek"}, "names_other", "lacking", id="lent"),
        pytest.param({"birth": 1991}, "names_other", "lacking", id="another of that name"),
        pytest.param({"standing": standing("revoked")}, "revoked", "lacking", id="revoked"),
        pytest.param({"standing": standing("withdrawn")}, "revoked", "lacking", id="withdrawn"),
        pytest.param({"standing": standing("annulled")}, "annulled", "lacking", id="annulled"),
        pytest.param({"standing": standing("suspended")}, "suspended", "lacking", id="suspended"),
        pytest.param({"standing": standing("superseded")}, "superseded", "lacking", id="superseded"),
        pytest.param({"standing": standing("issuer_inactive")}, "issuer_not_authorised", "lacking", id="struck off"),
        pytest.param({"standing": standing("mandate_withdrawn")}, "issuer_not_authorised", "lacking", id="mandate"),
        pytest.param({"standing": standing("issuer_key_compromised")}, "issuer_key_compromised", "lacking", id="key"),
        pytest.param({"standing": standing("key_time_unproven", "could_not_check")}, "unknown", "unsure", id="time"),
        pytest.param({"standing": standing("ended_since", "could_not_check")}, "unknown", "unsure", id="fraud since"),
        pytest.param(
            {"dates": Finding("expired", "failed", {"day": date(2026, 1, 1)}), "valid_until": date(2026, 1, 1)},
            "expired",
            "lacking",
            id="expired",
        ),
        pytest.param(
            {"dates": Finding("not_yet_valid", "failed", {"day": date(2026, 12, 1)})},
            "not_yet_valid",
            "lacking",
            id="not yet",
        ),
        pytest.param(
            {"dates": Finding("not_issued_yet", "failed", {"day": date(2026, 12, 1)})},
            "not_yet_valid",
            "lacking",
            id="not issued yet",
        ),
    ],
)
def test_what_does_not_count_says_why(change: dict[str, Any], status: str, outcome: str) -> None:
    found = asked((worker(PLAIN, birth=1990), [holding(**change)]))
    assert only(found)[:3] == (outcome, status, NUMBERS[0])
    assert found.outcome == outcome
    cell = found.people[0].cells[0]
    for lang in ("sv", "nb", "en"):
        assert says(cell.why, lang)
        assert title(cell.why, lang)
        assert to_do(cell.why, lang)


def test_a_lent_certificate_is_not_told_of() -> None:
    """Whose it is, and how it stands, is nobody's business in somebody else's row."""
    found = asked((worker(PLAIN), [holding(holder_name="Bo Ek", standing=standing("revoked"))]))
    told = str(as_json(found, "en"))
    assert "Bo Ek" not in told
    assert "revoked" not in told


@pytest.mark.parametrize(
    ("row", "age", "outcome", "until"),
    [
        pytest.param("2025-11-20", 12, "fulfilled", date(2026, 11, 20), id="to the day"),
        pytest.param("2025-11-19", 12, "lacking", date(2026, 11, 19), id="a day more"),
        pytest.param("2026-08-31", 6, "fulfilled", date(2027, 1, 1), id="the certificate ends first"),
        pytest.param("2026-02-28", 9, "fulfilled", date(2026, 11, 28), id="months of other lengths"),
    ],
)
def test_two_clocks_and_the_earlier_one_ends_it(row: str, age: int, outcome: str, until: date) -> None:
    profile = profile_of(f"work\nany_of = ['hot-work']\nmax_age_months = {age}")
    found = asked((worker(profile), [holding(shown_on=date.fromisoformat(row))]), profile=profile)
    assert only(found) == (outcome, "fulfilled" if outcome == "fulfilled" else "too_old", NUMBERS[0], until)


def test_all_the_classes_must_be_there() -> None:
    profile = profile_of("work\nany_of = ['hot-work']\nscope_classes = ['T1', 'T4']")
    assert (
        only(asked((worker(profile), [holding(scope_classes=frozenset({"T1", "T2", "T4"}))]), profile=profile))[0]
        == "fulfilled"
    )
    found = asked((worker(profile), [holding(scope_classes=frozenset({"T1", "T2"}))]), profile=profile)
    assert only(found)[:2] == ("lacking", "scope_missing")
    assert says(found.people[0].cells[0].why, "en") == "The certificate covers T1, T2, but T4 is needed here too."
    assert only(asked((worker(profile), [holding()]), profile=profile))[1] == "scope_missing"


def test_a_day_to_come_says_what_runs_out_before_it() -> None:
    day, later = date(2027, 6, 1), date(2027, 6, 1)
    gone = Finding("expired", "failed", {"day": date(2027, 1, 1)})
    found = asked((worker(PLAIN), [holding(dates=gone, day=later)]), day=day)
    assert only(found) == ("lacking", "expires_before", NUMBERS[0], date(2027, 1, 1))
    assert says(found.people[0].cells[0].why, "en") == "Valid today, but expires on 2027-01-01, before 2027-06-01."
    still = asked(
        (
            worker(PLAIN),
            [holding(valid_until=None, dates=Finding("in_force_no_end", "passed", {"from": TODAY}), day=later)],
        ),
        day=day,
    )
    assert only(still) == ("fulfilled", "fulfilled", NUMBERS[0], None)
    assert "still stands" in says(still.people[0].cells[0].why, "en")


def test_of_several_the_one_that_lasts_longest_counts_and_else_the_one_that_comes_nearest() -> None:
    short, long = holding(NUMBERS[0]), holding(NUMBERS[1], scheme="other", valid_until=date(2030, 1, 1))
    endless = holding(NUMBERS[2], valid_until=None)
    revoked = holding(NUMBERS[3], standing=standing("revoked"))
    lent = holding(NUMBERS[4], holder_name="Bo Ek")
    assert only(asked((worker(PLAIN), [revoked, short, long])))[2] == NUMBERS[1]
    assert only(asked((worker(PLAIN), [short, endless, long])))[2] == NUMBERS[2]
    assert only(asked((worker(PLAIN), [lent, revoked])))[1] == "revoked"
    doubtful = holding(NUMBERS[5], standing=standing("status_unknown", "could_not_check"))
    assert only(asked((worker(PLAIN), [lent, doubtful, revoked])))[:2] == ("unsure", "unknown")


def test_what_is_not_found_may_be_a_certificate_of_anything() -> None:
    lost = Holding(number=NUMBERS[6], standing=standing("not_found", "could_not_check"))
    forged = Holding(number=None, standing=standing("signature_invalid"))
    expired = holding(dates=Finding("expired", "failed", {"day": date(2026, 1, 1)}), valid_until=date(2026, 1, 1))
    assert only(asked((worker(PLAIN), [lost]))) == ("unsure", "not_found", NUMBERS[6], None)
    assert only(asked((worker(PLAIN), [lost, holding()])))[0] == "fulfilled"
    assert only(asked((worker(PLAIN), [lost, expired])))[1] == "expired"
    assert only(asked((worker(PLAIN), [forged]))) == ("lacking", "signature_invalid", None, None)
    assert only(asked((worker(PLAIN), [forged, lost])))[1] == "not_found"


@pytest.mark.parametrize(
    ("first", "second", "statuses"),
    [
        pytest.param(("Anna Berg", None), ("Bo Ek", None), ("fulfilled", "names_other"), id="another name"),
        pytest.param(("Anna Berg", 1990), ("Anna Berg", 1991), ("fulfilled", "names_other"), id="another birth"),
        pytest.param(("Anna Berg", 1990), ("Anna Berg", None), ("fulfilled", "shared"), id="one with a birth"),
        pytest.param(("Anna Berg", None), ("Berg, Anna", None), ("fulfilled", "fulfilled"), id="one person, two roles"),
        pytest.param(("Anna Berg", 1990), ("Anna Berg", date(1990, 5, 17)), ("shared", "shared"), id="both may be"),
    ],
)
def test_one_certificate_in_two_rows(
    first: tuple[str, Birth], second: tuple[str, Birth], statuses: tuple[str, str]
) -> None:
    rows = [(worker(PLAIN, 2, *first), [holding(birth=1990)]), (worker(PLAIN, 3, *second, 1), [holding(birth=1990)])]
    for order in (rows, rows[::-1]):
        found = asked(*order)
        by_row = {person.worker.row: person.cells[0] for person in found.people}
        assert (by_row[2].status, by_row[3].status) == statuses
        assert all("row" in says(cell.why, "en") for cell in by_row.values() if cell.status == "shared")


def test_two_of_one_name_and_no_birth_to_tell_them_apart() -> None:
    rows = [(worker(PLAIN, 2, birth=1990), [holding()]), (worker(PLAIN, 3, birth=1991), [holding()])]
    found = asked(*rows)
    assert [person.cells[0].status for person in found.people] == ["shared", "shared"]
    assert found.outcome == "unsure"
    assert says(found.people[0].cells[0].why, "en").startswith("The same certificate also stands in row 3")


def test_the_answer_counts_cells_and_ends_in_the_worst() -> None:
    profile = profile_of("one\nany_of = ['hot-work']", "two\nany_of = ['other']")
    lost = Holding(number=NUMBERS[6], standing=standing("not_found", "could_not_check"))
    found = asked((worker(profile, 2), [holding()]), (worker(profile, 3, "Bo Ek"), [lost]), profile=profile)
    assert (found.number, found.outcome) == (3, "lacking")
    told = as_json(found, "sv")
    assert list(told) == ["on", "profile", "gaps", "people"]
    assert told["people"][0] == {
        "person": "Anna Berg",
        "role": "worker",
        "requirements": [
            {
                "requirement": "one",
                "status": "fulfilled",
                "certificate": "0000-0000-0000-0001",
                "until": "2027-01-01",
                "says": "Uppfyllt på grad D, till och med 2027-01-01.",
            },
            {
                "requirement": "two",
                "status": "missing",
                "certificate": None,
                "until": None,
                "says": "Inget av de uppvisade bevisen gäller detta.",
            },
        ],
    }


def test_every_status_has_its_place_and_its_page() -> None:
    invalid = {name for name, headline in headlines().items() if headline.outcome == "invalid"}
    assert invalid <= set(NEARNESS)
    page = (Path(__file__).resolve().parents[3] / "docs" / "files.md").read_text("utf-8")
    assert all(f"`{status}`" in page for status in (*NEARNESS, "fulfilled"))
    assert all(set(text) == {"sv", "nb", "en"} for entry in gap_texts().values() for text in entry.values())


HOLDINGS = st.builds(
    holding,
    st.sampled_from(NUMBERS),
    holder_name=st.sampled_from(["Anna Berg", "Bo Ek"]),
    standing=st.sampled_from([GOOD, standing("revoked"), standing("status_unknown", "could_not_check")]),
    valid_until=st.sampled_from([None, date(2027, 1, 1), date(2030, 1, 1)]),
)
BETTER = {"lacking": 0, "unsure": 1, "fulfilled": 2}


@given(held=st.lists(HOLDINGS, max_size=6, unique_by=lambda one: one.number))
def test_one_more_certificate_never_makes_it_worse(held: list[Holding]) -> None:
    outcomes = [BETTER[only(asked((worker(PLAIN), held[:size])))[0]] for size in range(len(held) + 1)]
    assert all(before <= after for before, after in pairwise(outcomes))


@given(held=st.lists(HOLDINGS, max_size=6, unique_by=lambda one: one.number))
def test_nobody_is_helped_by_what_names_somebody_else(held: list[Holding]) -> None:
    own = [one for one in held if one.holder_name == "Anna Berg"]
    with_all, with_own = only(asked((worker(PLAIN), held))), only(asked((worker(PLAIN), own)))
    assert BETTER[with_all[0]] == BETTER[with_own[0]]


# --- what schemes ask of whoever relies on them -----------------------------------------------------------------


def _policy(**given: Any) -> Validity:
    return parse({"months": 60} | given, Validity)


ENDED = Finding("expired", "failed", {"day": TODAY - timedelta(days=10)})
LONGER = Extension(
    scheme="hot-work",
    versions=None,
    ends_from=TODAY - timedelta(days=20),
    ends_until=TODAY,
    months=None,
    until=TODAY + timedelta(days=30),
    decided_on=TODAY,
    decision="board 4",
)


def ended(**change: Any) -> Holding:
    return holding(**({"valid_until": TODAY - timedelta(days=10), "dates": ENDED, "version": "1"} | change))


def by_terms(one: Holding, terms: SchemeTerms, *, profile: Profile = PLAIN, active_on: date | None = None) -> Gaps:
    person = replace(worker(profile), active_on=active_on)
    return gaps([(person, [one])], profile, day=TODAY, ahead=False, now=NOW, terms={"hot-work": terms})


@pytest.mark.parametrize(
    ("change", "extension", "status", "until"),
    [
        pytest.param({}, {}, "fulfilled", TODAY + timedelta(days=30), id="accepted for longer"),
        pytest.param({}, {"until": TODAY}, "fulfilled", TODAY, id="up to today"),
        pytest.param({}, {"until": TODAY - timedelta(days=1)}, "expired", TODAY - timedelta(days=10), id="no more"),
        pytest.param({}, {"versions": ["2"]}, "expired", TODAY - timedelta(days=10), id="another version"),
        pytest.param({}, {"versions": ["1"]}, "fulfilled", TODAY + timedelta(days=30), id="this version"),
        pytest.param(
            {"version": None}, {"versions": ["1"]}, "expired", TODAY - timedelta(days=10), id="not known which"
        ),
        pytest.param({"version": None}, {}, "fulfilled", TODAY + timedelta(days=30), id="not known, but all"),
        pytest.param(
            {"valid_until": TODAY - timedelta(days=21)}, {}, "expired", TODAY - timedelta(days=21), id="ended before"
        ),
        pytest.param({"standing": standing("revoked")}, {}, "revoked", None, id="revoked stays revoked"),
        pytest.param({"holder_name": "Bo Ek"}, {}, "names_other", None, id="lent stays lent"),
    ],
)
def test_a_decision_of_the_scheme_s_owner_counts_and_is_named(
    change: dict[str, Any], extension: dict[str, Any], status: str, until: date | None
) -> None:
    terms = SchemeTerms({}, [replace(LONGER, **extension)])
    found = by_terms(ended(**change), terms)
    ((cell,),) = [person.cells for person in found.people]
    assert (cell.status, cell.until) == (status, until)
    if status == "fulfilled":
        for lang in ("sv", "nb", "en"):
            assert "board 4" in says(cell.why, lang)
            assert to_do(cell.why, lang)


def test_a_decision_makes_nothing_else_greener() -> None:
    profile = profile_of("work\nany_of = ['hot-work']\nscope_classes = ['T1']\nmax_age_months = 1")
    terms = SchemeTerms({}, [LONGER])
    assert only(by_terms(ended(), terms, profile=profile))[1] == "scope_missing"
    old = ended(scope_classes=frozenset({"T1"}), shown_on=date(2025, 1, 1))
    assert only(by_terms(old, terms, profile=profile))[1] == "too_old"


@pytest.mark.parametrize(
    ("in_profile", "in_scheme", "shown_on", "status"),
    [
        pytest.param(None, 12, add_months(TODAY, -12), "fulfilled", id="within the scheme's interval"),
        pytest.param(None, 12, add_months(TODAY, -12) - timedelta(days=1), "too_old", id="beyond it"),
        pytest.param(6, 12, add_months(TODAY, -7), "too_old", id="the profile is stricter"),
        pytest.param(24, 12, add_months(TODAY, -13), "too_old", id="the scheme is stricter"),
        pytest.param(24, None, add_months(TODAY, -24), "fulfilled", id="the scheme asks for none"),
    ],
)
def test_a_course_is_to_be_repeated_as_the_scheme_says(
    in_profile: int | None, in_scheme: int | None, shown_on: date, status: str
) -> None:
    age = f"\nmax_age_months = {in_profile}" if in_profile else ""
    profile = profile_of(f"work\nany_of = ['hot-work']{age}")
    terms = SchemeTerms({"1": _policy(max_interval_months=in_scheme)})
    for version in ("1", None):
        found = by_terms(holding(shown_on=shown_on, version=version), terms, profile=profile)
        assert only(found)[1] == status
    other = by_terms(holding(shown_on=shown_on, version="2"), terms, profile=profile)
    assert only(other)[1] == ("too_old" if in_profile == 6 else "fulfilled")


@pytest.mark.parametrize(
    ("active_on", "outcome", "status"),
    [
        pytest.param(None, "unsure", "activity_unknown", id="nobody knows"),
        pytest.param(add_months(TODAY, -24), "fulfilled", "fulfilled", id="two years ago to the day"),
        pytest.param(add_months(TODAY, -24) - timedelta(days=1), "lacking", "lapsed", id="and a day"),
        pytest.param(TODAY, "fulfilled", "fulfilled", id="today"),
    ],
)
def test_whoever_has_been_idle_has_to_begin_anew(active_on: date | None, outcome: str, status: str) -> None:
    terms = SchemeTerms({"1": _policy(months="no_end", lapses_after_months=24)})
    endless = Finding("in_force_no_end", "passed", {"from": date(2020, 1, 1)})
    old = holding(shown_on=date(2020, 1, 10), valid_until=None, dates=endless, version="1")
    found = only(by_terms(old, terms, active_on=active_on))
    assert found[:2] == (outcome, status)
    if outcome == "fulfilled":
        assert found[3] == add_months(active_on or TODAY, 24)
    fresh = holding(shown_on=add_months(TODAY, -24), valid_until=None, dates=endless, version="1")
    assert only(by_terms(fresh, terms))[:2] == ("fulfilled", "fulfilled")


@given(code=st.sampled_from(["revoked", "annulled", "suspended", "superseded"]), days=st.integers(0, 400))
def test_no_decision_helps_what_was_withdrawn(code: str, days: int) -> None:
    longer = replace(LONGER, ends_from=date(2020, 1, 1), until=TODAY + timedelta(days=days))
    found = by_terms(ended(standing=standing(code)), SchemeTerms({}, [longer]))
    assert found.outcome == "lacking"
