import json
import re
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from levels.level import Level
from registry.errors import (
    AskedTooHigh,
    DecisionInFuture,
    EmptyRoster,
    IssuerNotAuthorised,
    MalformedInput,
    OccasionIncomplete,
    OccasionNotFound,
    Refusal,
    SchemeNotInForce,
)
from registry.issuing.batches.issue_batch import check_batch
from registry.issuing.changes.withdraw import annul, revoke, suspend
from registry.issuing.lists.outcome import BatchResult
from registry.issuing.lists.roster_row import Roster, fault, texts
from registry.records.issued.certificates import (
    assessment_behind,
    certificate_by_number,
    certificates,
    evidence_behind,
    history,
    state_mismatches,
)
from registry.records.mandates.mandate_decisions import NewMandate, grant_mandate, withdraw_mandate
from registry.records.mandates.mandates import mandates
from registry.records.parties.organisations import NewTie, add_tie, strike_off
from registry.records.parties.signing_keys import retire_key
from registry.records.sector.scheme_drafts import add_scheme
from registry.records.sector.schemes import retire_version
from registry.records.sittings.occasions import add_occasion
from registry.records.store.database import revision
from registry.records.strict_input import parse
from registry.records.whole.directory import Registry
from registry.signing.keys import Keyring, KeySigner
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
    hire,
    issue,
    occasion_like,
    person,
    publish_scheme,
    roster,
    scheme_like,
)
from verification.certificate import parse_number
from verification.envelopes.signer import KeyRef
from verification.verify import verify

Add = Callable[..., str]
UNREAD = {4: (fault("birth_date_missing", column="birth_date"),)}


def _count(registry: Registry, table: str) -> int:
    with registry.reading() as db:
        return int(db.connection().execute(text(f"SELECT count(*) FROM {table}")).scalar_one())  # noqa: S608 our tables


def _outcomes(result: BatchResult) -> list[tuple[str, str | None, str | None]]:
    return [(row.outcome, row.level and str(row.level), row.attained and str(row.attained)) for row in result.rows]


def test_a_class_list_becomes_certificates_and_reasons(registry: Registry, keyring: Keyring) -> None:
    listed = roster(person(2, "Åsa Öberg"), person(3, "Bo Ek", facts={"attended_minutes": 479}))
    result = issue(registry, keyring, "hot-work-march", listed)
    assert _outcomes(result) == [("issued", "B", "B"), ("refused", None, "C2")]
    assert (result.issued, result.refused, result.faults, result.repeated) == (1, 1, 0, False)
    assert [unmet.id for unmet in result.rows[1].unmet] == ["I5"]
    number = str(result.rows[0].number)
    with registry.reading() as db:
        kept = certificate_by_number(db, number)
        found = verify(kept.vc_jwt, build_trust(db, PUBLIC_URL, NOW, asked=[number]), NOW)
        assert [event.kind for event in history(db, kept)] == ["issued"]
        assert state_mismatches(db) == []
        assert json.loads(evidence_behind(db, kept))["attended_minutes"] == 480
        assert json.loads(assessment_behind(db, kept))["independence"][0]["party"] == "third"
    said = kept.certificate()
    assert found.certificate is not None
    assert found.certificate.full == said
    assert {each.code for each in found.findings if each.outcome in {"failed", "could_not_check"}} == set()
    assert (said.holder_name, said.birth_date, said.level, said.party) == (
        "Åsa Öberg",
        date(1990, 5, 17),
        Level.B,
        "third",
    )
    assert (said.valid_from, said.valid_until, said.edition) == (date(2026, 3, 13), date(2031, 3, 31), "2026-01-01")
    assert "example.com" not in kept.vc_jwt


def test_the_answer_reads_in_three_languages(registry: Registry, keyring: Keyring) -> None:
    listed = roster(person(2, facts={"attended_minutes": 1}), person(3, born=""))
    answers = {lang: issue(registry, keyring, "hot-work-march", listed).as_json(lang) for lang in ("sv", "nb", "en")}
    says = {answer["rows"][0]["unmet"][0]["says"] for answer in answers.values()}
    faults = {answer["rows"][1]["faults"][0]["says"] for answer in answers.values()}
    assert len(says) == len(faults) == 3
    counts = {
        "issued",
        "already",
        "refused",
        "faults",
        "left",
        "state",
        "reason",
        "detail",
        "approval",
        "needs_approval",
    }
    assert set(answers["sv"]) == {"batch", "occasion", "repeated", "warnings", "rows"} | counts
    assert {"row", "outcome", "number", "attained", "asked", "unmet", "faults"} < set(answers["sv"]["rows"][0])
    assert set(answers["sv"]["rows"][1]["faults"][0]) == {"column", "header", "value", "code", "says"}


def test_a_name_that_no_paper_can_show_is_told_and_issued(registry: Registry, keyring: Keyring) -> None:
    listed = roster(person(2), person(3, "محمد علي"))
    with registry.reading() as db:
        looked = check_batch(db, "hot-work-march", listed, now=NOW)
    for result in (looked, issue(registry, keyring, "hot-work-march", listed)):
        assert [(row.outcome, [each.code for each in row.warnings]) for row in result.rows] == [
            ("issued", []),
            ("issued", ["not_on_paper"]),
        ]
        assert result.faults == 0
        assert result.warnings == ()
        (told,) = result.as_json("sv")["rows"][1]["warnings"]
        assert told["column"] == "name"
        assert "påverkas inte" in told["says"]


def test_conditions_that_no_paper_can_show_are_told_once_for_the_list(registry: Registry) -> None:
    with registry.writing() as db:
        add_occasion(db, occasion_like(OCCASION, id="elsewhere", restrictions=["火"]), OPENED, ACTOR)
        result = check_batch(db, "elsewhere", roster(person(2), person(3)), now=NOW)
    assert [each.code for each in result.warnings] == ["list_not_on_paper"]
    assert "火 (U+706B)" in result.as_json("nb")["warnings"][0]["says"]
    assert [row.warnings for row in result.rows] == [(), ()]


def test_looking_changes_nothing(registry: Registry) -> None:
    with registry.reading() as db:
        before = revision(db)
        result = check_batch(db, "hot-work-march", roster(person(2), person(3, born="")), now=NOW)
    assert _outcomes(result) == [("issued", "B", "B"), ("fault", None, None)]
    assert result.batch is None
    assert all(row.number is None for row in result.rows)
    with registry.reading() as db:
        assert revision(db) == before
    assert _count(registry, "person") == 0


def test_one_faulty_row_holds_the_others_back(registry: Registry, keyring: Keyring) -> None:
    listed = roster(person(2), person(3, born=""))
    held = issue(registry, keyring, "hot-work-march", listed)
    assert [row.outcome for row in held.rows] == ["held", "fault"]
    assert [row.faults[0].code for row in held.rows] == ["held_back", "birth_date_missing"]
    assert (held.state, held.reason, held.left) == ("held", "faults", 1)
    assert [_count(registry, table) for table in ("person", "issued_certificate", "status_slot")] == [0] * 3
    assert issue(registry, keyring, "hot-work-march", listed).batch == held.batch
    good = issue(registry, keyring, "hot-work-march", listed, issue_good_rows=True)
    assert [row.outcome for row in good.rows] == ["issued", "fault"]
    assert [_count(registry, table) for table in ("batch", "person", "issued_certificate")] == [2, 1, 1]


def test_a_list_of_nothing_but_faults_is_held(registry: Registry, keyring: Keyring) -> None:
    result = issue(registry, keyring, "hot-work-march", roster(person(2, born="")), issue_good_rows=True)
    assert (result.state, result.faults, _count(registry, "person")) == ("held", 1, 0)


@pytest.mark.parametrize("lines", [6, 60])
def test_the_longest_certificate_is_still_one(registry: Registry, keyring: Keyring, add: Add, lines: int) -> None:
    """Every length at its limit at once: names, titles, content, classes and restrictions."""
    content = {lang: ["ö" * (3000 // lines)] * lines for lang in ("sv", "nb", "en")}
    titles = dict.fromkeys(("sv", "nb", "en"), "T" * 200)
    with registry.writing() as db:
        publish_scheme(db, scheme_like(HOT_WORK, code="h" * 32, content=content, titles=titles), OPENED, ACTOR)
        mandate = {"scheme": "h" * 32, "issuer": "issuer", "max_level": "B", "since": "2026-01-01"}
        grant_mandate(db, parse(mandate, NewMandate), OPENED, ACTOR)
    occasion = add(OCCASION, id="long", scheme="h" * 32, restrictions=["r" * 100] * 5)
    result = issue(registry, keyring, occasion, roster(person(2, "𝔸" * 120)))
    assert result.issued == 1


def test_somebody_under_age_holds_a_certificate_from_the_birthday_on(
    registry: Registry, keyring: Keyring, add: Add
) -> None:
    with registry.writing() as db:
        validity = HOT_WORK["validity"] | {"from_age": 18}
        add_scheme(db, scheme_like(COURSE, code="grown-up", validity=validity), OPENED, ACTOR)
    occasion = add(SOLO, id="grown-up-march", scheme="grown-up")
    result = issue(registry, keyring, occasion, roster(person(2, born="2008-03-13"), person(3, born="2008-03-14")))
    assert [row.outcome for row in result.rows] == ["issued", "issued"]
    with registry.reading() as db:
        spans = [
            (kept.valid_from, kept.valid_until)
            for kept in (certificate_by_number(db, str(row.number)) for row in result.rows)
        ]
    assert spans == [(date(2026, 3, 13), date(2031, 3, 31)), (date(2026, 3, 14), date(2031, 3, 31))]


def test_the_conditions_of_a_scheme_stand_on_its_certificates(registry: Registry, keyring: Keyring, add: Add) -> None:
    says = dict.fromkeys(("sv", "nb", "en"), "Employed")
    conditions = [{"code": "EMPLOYED", "says": says}]
    with registry.writing() as db:
        validity = HOT_WORK["validity"] | {"only_while": conditions}
        add_scheme(db, scheme_like(COURSE, code="employed", validity=validity), OPENED, ACTOR)
    occasion = add(SOLO, id="employed-march", scheme="employed", restrictions=["day-only"])
    result = issue(registry, keyring, occasion, roster(person(2)))
    with registry.reading() as db:
        assert certificate_by_number(db, str(result.rows[0].number)).certificate().restrictions == (
            "day-only",
            "EMPLOYED",
        )
    with pytest.raises(MalformedInput, match="EMPLOYED stands on every certificate"):
        add(SOLO, id="twice", scheme="employed", restrictions=["EMPLOYED"])
    with pytest.raises(MalformedInput, match="conditions of the scheme too long"):
        add(SOLO, id="long", scheme="employed", restrictions=["r" * 99] * 5)


def test_faults_of_reading_stand_beside_those_of_the_rows(registry: Registry, keyring: Keyring) -> None:
    unread = {3: (fault("birth_date_missing", column="birth_date"),)}
    result = issue(registry, keyring, "hot-work-march", roster(person(2), faults=unread), issue_good_rows=True)
    assert [(row.row, row.outcome) for row in result.rows] == [(2, "issued"), (3, "fault")]


def test_the_same_list_again_issues_nothing_twice(registry: Registry, keyring: Keyring) -> None:
    listed = roster(person(2), person(3))
    first = issue(registry, keyring, "hot-work-march", listed)
    again = issue(registry, keyring, "hot-work-march", listed, now=NOW + timedelta(days=1))
    assert again.repeated
    assert (again.batch, again.issued, again.already, again.refused) == (first.batch, 0, 2, 0)
    assert list(again.rows) == [replace(row, already=True) for row in first.rows]
    assert [_count(registry, table) for table in ("batch", "issued_certificate", "status_slot")] == [1, 2, 2]


def test_a_corrected_list_issues_what_was_missing(registry: Registry, keyring: Keyring) -> None:
    short = person(3, facts={"attended_minutes": 100})
    first = issue(registry, keyring, "hot-work-march", roster(person(2), short))
    unchanged = issue(registry, keyring, "hot-work-march", roster(person(2), short))
    assert (unchanged.batch, unchanged.repeated, _count(registry, "batch")) == (first.batch, True, 1)
    mended = issue(registry, keyring, "hot-work-march", roster(person(2), person(3)))
    assert [(row.outcome, row.already) for row in mended.rows] == [("issued", True), ("issued", False)]
    assert (mended.issued, mended.already) == (1, 1)
    assert mended.rows[0].number == first.rows[0].number
    assert _count(registry, "issued_certificate") == 2


def test_what_was_annulled_may_be_issued_anew_and_what_was_revoked_may_not(
    registry: Registry, keyring: Keyring
) -> None:
    listed = roster(person(2), person(3))
    first = issue(registry, keyring, "hot-work-march", listed)
    with registry.writing() as db:
        annul(db, str(first.rows[0].number), reason="error", now=NOW, actor=ACTOR)
        revoke(db, str(first.rows[1].number), reason="fraud", now=NOW, actor=ACTOR)
    anew = issue(registry, keyring, "hot-work-march", listed)
    assert [row.outcome for row in anew.rows] == ["issued", "refused"]
    assert anew.rows[0].number not in {None, first.rows[0].number}
    assert [each.code for each in anew.rows[1].faults] == ["revoked_before"]


@pytest.mark.parametrize(("change", "code"), [(revoke, "revoked_before"), (suspend, "suspended_before")])
@pytest.mark.parametrize(
    ("more", "wish"),
    [
        pytest.param({}, {}, id="all good"),
        pytest.param({"faults": UNREAD}, {"issue_good_rows": True}, id="the good rows only"),
    ],
)
def test_a_repeated_list_tells_the_present_truth(
    registry: Registry,
    keyring: Keyring,
    more: dict[str, Any],
    wish: dict[str, bool],
    change: Callable[..., object],
    code: str,
) -> None:
    listed = roster(person(2), person(3), **more)
    first = issue(registry, keyring, "hot-work-march", listed, **wish)
    with registry.writing() as db:
        change(db, str(first.rows[1].number), reason="fraud", now=NOW, actor=ACTOR)
    again = issue(registry, keyring, "hot-work-march", listed, **wish)
    assert [(row.outcome, row.already) for row in again.rows[:2]] == [("issued", True), ("refused", False)]
    assert [each.code for each in again.rows[1].faults] == [code]
    assert (again.batch, again.repeated, again.issued, again.already, again.refused) == (first.batch, True, 0, 1, 1)
    assert _count(registry, "issued_certificate") == 2


def test_two_at_once_issue_once(registry: Registry, keyring: Keyring) -> None:
    hire(registry)
    listed = roster(*(person(row) for row in range(2, 12)))
    results: list[BatchResult] = []

    def work() -> None:
        results.append(issue(registry, keyring, "own-course-march", listed))

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [result.issued + result.already for result in results] == [10] * 4
    assert len({result.batch for result in results}) == 1
    assert _count(registry, "issued_certificate") == 10


def test_a_person_twice_on_a_list_is_a_fault(registry: Registry, keyring: Keyring) -> None:
    listed = roster(
        person(2, "Åsa Öberg"), person(3, "A\u030aSA O\u0308BERG"), person(4, "Åsa Öberg", born="1991-01-01")
    )
    result = issue(registry, keyring, "hot-work-march", listed, issue_good_rows=True)
    assert [row.outcome for row in result.rows] == ["issued", "fault", "issued"]
    assert result.rows[1].faults[0].code == "person_twice"


def test_a_person_is_found_again_by_name_and_birth_date_never_by_mail(
    registry: Registry, keyring: Keyring, add: Add
) -> None:
    issue(registry, keyring, "hot-work-march", roster(person(2, "Åsa Öberg", email="a@example.com")))
    later = add(OCCASION, id="later")
    listed = roster(
        person(2, "ÅSA ÖBERG", email=None, phone=None),
        person(3, "Åsa Öberg", born="1991-01-01", email="a@example.com"),
        person(4, "Åsa Berg", email="a@example.com"),
    )
    result = issue(registry, keyring, later, listed)
    assert [row.outcome for row in result.rows] == ["issued"] * 3, "the address on record makes them reachable"
    assert _count(registry, "person") == 3


def test_a_name_alone_is_not_the_same_person_elsewhere(registry: Registry, keyring: Keyring, add: Add) -> None:
    with registry.writing() as db:
        add_scheme(db, scheme_like(COURSE, code="no-birth", birth="none"), OPENED, ACTOR)
    one, other = (add(SOLO, id=name, scheme="no-birth") for name in ("one", "other"))
    nameless = person(2, "Anna Berg", born="")
    for occasion in (one, other):
        assert issue(registry, keyring, occasion, roster(nameless)).issued == 1
    assert _count(registry, "person") == 2
    again = issue(registry, keyring, one, roster(nameless, person(3)), issue_good_rows=True)
    assert [(row.outcome, row.already) for row in again.rows] == [("issued", True), ("issued", False)]


@pytest.mark.parametrize(
    ("minutes", "options", "outcome"),
    [
        pytest.param(479, {}, ("refused", None, "C2"), id="below the target"),
        pytest.param(479, {"asked": Level.C2}, ("issued", "C2", "C2"), id="less is asked"),
        pytest.param(479, {"issue_at_attained": True}, ("issued", "C2", "C2"), id="what is attained"),
        pytest.param(480, {"asked": Level.D}, ("issued", "D", "B"), id="no more than is asked"),
        pytest.param(100, {"issue_at_attained": True}, ("issued", "F", "F"), id="down to F"),
        pytest.param(400, {"asked": Level.E}, ("issued", "E", "D"), id="E"),
    ],
)
def test_at_which_level(
    registry: Registry, keyring: Keyring, minutes: int, options: dict[str, Any], outcome: tuple[str, str | None, str]
) -> None:
    listed = roster(person(2, facts={"attended_minutes": minutes}))
    result = issue(registry, keyring, "hot-work-march", listed, **options)
    assert _outcomes(result) == [outcome]
    if outcome[1] in {"E", "F"}:
        with registry.reading() as db:
            assert certificates(db)[0].valid_until is None


def test_a_one_person_provider_issues_its_own_course(registry: Registry, keyring: Keyring) -> None:
    result = issue(registry, keyring, "own-course-march", roster(person(2, facts={"attended_minutes": 408})))
    assert _outcomes(result) == [("issued", "D", "D")]
    with registry.reading() as db:
        said = certificates(db)[0].certificate()
    assert (said.birth_date, said.birth_year, said.attended_percent, said.mandate) == (None, 1990, 85, None)


def test_an_employer_who_trains_and_issues_is_first_party(registry: Registry, keyring: Keyring) -> None:
    issue(registry, keyring, "own-course-march", roster(person(2, employer="Lindgren enskild firma")))
    with registry.reading() as db:
        assert certificates(db)[0].certificate().party == "first"


def test_a_tie_costs_the_level_and_the_path_is_kept(registry: Registry, keyring: Keyring) -> None:
    with registry.writing() as db:
        tie = {"kind": "owns", "a": "trainer", "b": "examiner", "share_percent": 30}
        add_tie(db, parse(tie, NewTie), OPENED, ACTOR)
    issue(registry, keyring, "hot-work-march", roster(person(2)), issue_at_attained=True)
    with registry.reading() as db:
        kept = json.loads(assessment_behind(db, certificates(db)[0]))
    assert kept["party"] == "second"
    assert [step["share_percent"] for step in kept["independence"][0]["path"]] == ["30"]


def test_an_examiner_who_taught_the_candidate_before_is_known(registry: Registry, keyring: Keyring, add: Add) -> None:
    issue(registry, keyring, "hot-work-march", roster(person(2)))
    staff = [
        {"id": "eva", "name": "Eva", "role": "instructor"},
        {"id": "inga", "name": "Inga", "role": "examiner"},
        {"id": "bo", "name": "Bo", "role": "decision_maker"},
    ]
    later = add(OCCASION, id="later", staff=staff, decided_on="2026-03-13")
    result = issue(registry, keyring, later, roster(person(2), person(3, "Nobody Yet")))
    assert [row.outcome for row in result.rows] == ["refused", "issued"]
    assert "O7" in {unmet.id for unmet in result.rows[0].unmet}


def test_a_ceiling_is_named_where_all_rows_hold(registry: Registry, keyring: Keyring) -> None:
    with registry.writing() as db:
        (full,) = mandates(db)
        withdraw_mandate(db, full.public_id, date(2026, 2, 1), "replaced", ACTOR, now=OPENED)
        low = {"scheme": "hot-work", "issuer": "issuer", "max_level": "C2", "since": "2026-02-01"}
        grant_mandate(db, parse(low, NewMandate), OPENED, ACTOR)
    result = issue(registry, keyring, "hot-work-march", roster(person(2)))
    assert _outcomes(result) == [("refused", None, "C2")]
    assert [each.code for each in result.rows[0].faults] == ["ceiling"]
    assert issue(registry, keyring, "hot-work-march", roster(person(2)), asked=Level.C2).issued == 1


def _withdrawn(registry: Registry, day: date) -> None:
    with registry.writing() as db:
        (mandate,) = mandates(db)
        withdraw_mandate(db, mandate.public_id, day, "closed", ACTOR, now=OPENED)


def _struck(registry: Registry, day: date) -> None:
    with registry.writing() as db:
        strike_off(db, "issuer", day, ACTOR)


@pytest.mark.parametrize(
    ("prepare", "now", "refusal"),
    [
        pytest.param(None, datetime(2026, 3, 12, 22, 59, tzinfo=UTC), DecisionInFuture, id="a minute before the day"),
        pytest.param((_withdrawn, date(2026, 3, 13)), NOW, IssuerNotAuthorised, id="no mandate when decided"),
        pytest.param(
            (_withdrawn, date(2026, 3, 14)), NOW + timedelta(days=1), IssuerNotAuthorised, id="none when issued"
        ),
        pytest.param((_struck, date(2026, 3, 14)), NOW + timedelta(days=1), IssuerNotAuthorised, id="struck off since"),
    ],
)
def test_a_whole_list_is_refused(
    registry: Registry, keyring: Keyring, prepare: Any, now: datetime, refusal: type[Refusal]
) -> None:
    if prepare:
        prepare[0](registry, prepare[1])
    with registry.reading() as db, pytest.raises(refusal):
        check_batch(db, "hot-work-march", roster(person(2)), now=now)
    with pytest.raises(refusal):
        issue(registry, keyring, "hot-work-march", roster(person(2)), now=now)
    assert _count(registry, "issued_certificate") == 0


def test_from_the_first_minute_of_the_day_in_the_schemes_own_time(registry: Registry, keyring: Keyring) -> None:
    result = issue(registry, keyring, "hot-work-march", roster(person(2)), now=datetime(2026, 3, 12, 23, tzinfo=UTC))
    assert result.issued == 1


@pytest.mark.parametrize(
    ("occasion", "listed", "options", "refusal"),
    [
        pytest.param("nope", roster(person(2)), {}, OccasionNotFound, id="unknown occasion"),
        pytest.param("hot-work-march", roster(), {}, EmptyRoster, id="nobody"),
        pytest.param("own-course-march", roster(person(2)), {"asked": Level.C2}, AskedTooHigh, id="above the scheme"),
    ],
)
def test_what_cannot_be_begun(
    registry: Registry, keyring: Keyring, occasion: str, listed: Roster, options: dict[str, Any], refusal: type[Refusal]
) -> None:
    with pytest.raises(refusal):
        issue(registry, keyring, occasion, listed, **options)


def test_an_occasion_before_the_first_edition_is_refused(registry: Registry, keyring: Keyring, add: Add) -> None:
    days = {"exam_on": "2025-12-30", "decided_on": "2025-12-31", "session": [{"on": "2025-12-29", "minutes": 480}]}
    occasion = add(SOLO, id="before", **days)
    with pytest.raises(OccasionIncomplete, match="no edition"):
        issue(registry, keyring, occasion, roster(person(2)))


def test_a_version_that_is_not_in_force_on_the_day_of_the_decision_is_refused(registry: Registry, add: Add) -> None:
    with registry.writing() as db:
        add_scheme(db, scheme_like(COURSE, code="coming", published_on="2026-03-14"), OPENED, ACTOR)
        add_scheme(db, scheme_like(COURSE, code="going"), OPENED, ACTOR)
        retire_version(db, "going", "1", date(2026, 3, 13), reason="replaced", actor=ACTOR, now=OPENED)
    with pytest.raises(SchemeNotInForce, match="published on 2026-03-14; what was decided on 2026-03-13, before that"):
        add(SOLO, id="coming", scheme="coming")
    with pytest.raises(SchemeNotInForce, match="retired from 2026-03-13; what was decided on 2026-03-13 is not"):
        add(SOLO, id="going", scheme="going")


def test_what_was_decided_before_a_version_is_retired_is_issued_under_it(
    registry: Registry, keyring: Keyring, add: Add
) -> None:
    with registry.writing() as db:
        add_scheme(db, scheme_like(COURSE, code="going"), OPENED, ACTOR)
    before = add(SOLO, id="before", scheme="going", decided_on="2026-03-13")
    late = add(SOLO, id="late", scheme="going", decided_on="2026-03-14")
    with registry.writing() as db:
        retire_version(db, "going", "1", date(2026, 3, 14), reason="replaced", actor=ACTOR, now=OPENED)
    later = NOW + timedelta(days=7)
    assert issue(registry, keyring, before, roster(person(2)), now=later).issued == 1
    with pytest.raises(SchemeNotInForce, match="retired from 2026-03-14"):
        issue(registry, keyring, late, roster(person(2)), now=later)


def test_a_scheme_may_require_a_portrait(registry: Registry, add: Add) -> None:
    with registry.writing() as db:
        add_scheme(db, scheme_like(COURSE, code="seen", portrait_required=True), OPENED, ACTOR)
    rows = (person(2), person(3, facts={"portrait": False}), person(4, facts={"portrait": None}))
    with registry.writing() as db:
        result = check_batch(db, add(SOLO, id="seen", scheme="seen"), roster(*rows), now=NOW)
    assert [[one.code for one in row.faults] for row in result.rows] == [[], ["portrait_missing"], ["portrait_missing"]]


def test_without_a_key_the_issuer_attains_little_and_signs_nothing(registry: Registry, keyring: Keyring) -> None:
    with registry.writing() as db:
        kid = keyring.organisation_signer(db, "issuer", NOW).key().kid
        retire_key(db, kid, NOW, ACTOR)
    result = issue(registry, keyring, "hot-work-march", roster(person(2)))
    assert _outcomes(result) == [("refused", None, "F")]
    assert "O2" in {unmet.id for unmet in result.rows[0].unmet}
    held = issue(registry, keyring, "hot-work-march", roster(person(2)), issue_at_attained=True)
    assert (held.state, held.reason, held.issued) == ("held", "no_signing_key", 0)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        pytest.param(
            {"validity": {"months": 1, "anchor": "course_last_on"}, "max_level": "D"}, "would_have_expired", id="past"
        ),
        pytest.param(
            {"validity": {"months": 12, "anchor": "assessed_on"}, "no_exam": True}, "anchor_unknown", id="no exam"
        ),
    ],
)
def test_a_validity_that_cannot_be(
    registry: Registry, keyring: Keyring, add: Add, change: dict[str, Any], code: str
) -> None:
    without_exam = "no_exam" in change
    change = {name: value for name, value in change.items() if name != "no_exam"}
    target = {"max_level": "D", "target_level": "D" if not without_exam else "E"}
    with registry.writing() as db:
        add_scheme(db, scheme_like(COURSE, **(change | target | {"code": "odd"})), OPENED, ACTOR)
    facts = {"exam_on": None} if without_exam else {"session": [{"on": "2026-02-10", "minutes": 480}]}
    occasion = add(SOLO, id="odd", scheme="odd", **facts)
    asked = Level.D
    result = issue(registry, keyring, occasion, roster(person(2)), asked=asked)
    assert [each.code for each in result.rows[0].faults] == [code]


@pytest.mark.parametrize("name", ["Anna\u202eBerg", "A" * 121, "\u200bAnna"])
def test_a_name_that_cannot_stand_on_a_certificate_is_a_fault(registry: Registry, keyring: Keyring, name: str) -> None:
    result = issue(registry, keyring, "hot-work-march", roster(person(2, name)))
    assert [(each.code, each.column) for each in result.rows[0].faults] == [("name_unusable", "name")]


class _Scrawl:
    """Signs, but not what it was given."""

    def __init__(self, true: KeySigner) -> None:
        self._true = true

    def key(self) -> KeyRef:
        return self._true.key()

    def sign(self, data: bytes) -> bytes:
        return self._true.sign(data + b".")


class _BrokenKeyring:
    """A keyring one of whose keys has gone bad."""

    def __init__(self, true: Keyring, broken: str) -> None:
        self._true, self._broken = true, broken

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._true, name)
        return (lambda *given: _Scrawl(method(*given))) if name == self._broken else method


@pytest.mark.parametrize("broken", ["organisation_signer", "attestation_signer"])
def test_what_our_own_verifier_does_not_pass_is_not_kept(registry: Registry, keyring: Keyring, broken: str) -> None:
    listed = roster(person(2), person(3))
    failed = issue(registry, _BrokenKeyring(keyring, broken), "hot-work-march", listed)  # type: ignore[arg-type]
    assert (failed.state, failed.reason, failed.issued) == ("failed", "own_proof_failed", 0)
    assert re.search(r"row 2: .*signature_invalid", str(failed.detail))
    for table in ("issued_certificate", "certificate_event"):
        assert _count(registry, table) == 0
    assert issue(registry, keyring, "hot-work-march", listed).issued == 2


def test_a_list_may_be_long(registry: Registry, keyring: Keyring) -> None:
    listed = roster(*(person(row, f"Person {row}") for row in range(2, 602)))
    result = issue(registry, keyring, "hot-work-march", listed)
    numbers = [str(row.number) for row in result.rows]
    assert result.issued == len(set(numbers)) == 600
    assert all(parse_number(number) == number for number in numbers)
    with registry.reading() as db:
        places = [(each.status_list, each.status_index) for each in certificates(db)]
        assert len(set(places)) == 600
        assert state_mismatches(db) == []
    indexes = [index for _, index in places]
    assert indexes not in (sorted(indexes), sorted(indexes, reverse=True))


def test_another_version_of_the_scheme_changes_nothing_about_an_occasion(registry: Registry, keyring: Keyring) -> None:
    with registry.writing() as db:
        add_scheme(db, scheme_like(HOT_WORK, version="2", target_level="D", max_level="D"), OPENED, ACTOR)
    result = issue(registry, keyring, "hot-work-march", roster(person(2)))
    assert _outcomes(result) == [("issued", "B", "B")]


def test_every_sentence_is_there_in_every_language() -> None:
    for code, sentences in texts().items():
        by_level = all(isinstance(each, dict) for each in sentences.values())
        for said in sentences.values() if by_level else (sentences,):
            assert set(said) == {"sv", "nb", "en"}, code
