from datetime import date
from typing import Any

import pytest

from levels.evidence import Evidence
from registry.issuing.decisions.candidate import (
    Candidate,
    candidate,
    decider_apart,
    holder_apart,
    months_since_taught,
    the_shorter,
)
from registry.issuing.decisions.desk import Desk
from registry.issuing.lists.roster_row import Fault
from registry.records.parties.organisations import (
    NewDeclaration,
    NewTie,
    Sector,
    add_sector,
    add_tie,
    declare,
    strike_off,
)
from registry.records.sittings.occasions import NewOccasion, add_occasion, occasion_by_id
from registry.records.strict_input import parse
from registry.records.whole.directory import Registry
from tests.registry.conftest import ACTOR, NOW, OCCASION, OPENED, SOLO, occasion_like, person


def _understood(registry: Registry, occasion: dict[str, Any], row: Any = None) -> Candidate | list[Fault]:
    row = row or person(2)
    with registry.writing() as db:
        made = add_occasion(db, occasion_like(occasion, id="another"), OPENED, ACTOR)
        desk = Desk(db, made, NOW)
        return candidate(desk.ground(row), row, None)


def _evidence(registry: Registry, occasion: dict[str, Any], row: Any = None) -> Evidence:
    found = _understood(registry, occasion, row)
    assert isinstance(found, Candidate)
    return found.evidence


def test_every_fact_of_the_small_sector(registry: Registry) -> None:
    evidence = _evidence(registry, OCCASION)
    known = evidence.model_dump(mode="json", exclude_none=True)
    assert known == {
        "scheme_owner": "sector",
        "max_level": "B",
        "target_level": "B",
        "scheme_document": "full",
        "mandatory_minutes": 480,
        "share_printed": False,
        "item_bank_owner": "sector",
        "item_bank_secured": True,
        "validity_months": 60,
        "recertification": True,
        "surveillance_means": True,
        "withdrawal": "withdraw",
        "tightening": [],
        "parties_active": True,
        "issuer_key_proven": True,
        "mandate_from_sector_body": True,
        "mandate_max": "B",
        "responsible_people": 2,
        "open_to_all": True,
        "appeals": True,
        "corrective_action": True,
        "succession_plan": True,
        "accredited": True,
        "quality_review_age": 10,
        "surveillance_age": 6,
        "full_audit_age": 20,
        "conflicts_declared_age": 3,
        "staff_records": "confirmed",
        "confirmed_by": dict.fromkeys(
            ("accredited", "quality_review_age", "surveillance_age", "full_audit_age"), "auditor"
        ),
        "ties_complete_age": dict.fromkeys(("auditor", "examiner", "issuer", "keeper", "trainer"), 2),
        "ties": [],
        "public_bodies": [],
        "acting": {"examiner": ["eva"], "issuer": ["bo"], "trainer": ["inga"]},
        "training_provider": "trainer",
        "examination_body": "examiner",
        "issuer": "issuer",
        "register_keeper": "keeper",
        "first_session_on": "2026-03-11",
        "decided_on": "2026-03-13",
        "examiner_last_taught": "never",
        "decider_apart": True,
        "holder_apart": True,
        "attendance_check": "session",
        "attendance_ida": 2,
        "exam_supervision": "on_site",
        "exam_ida": 2,
        "exam_face": "portrait",
        "identity_unbroken": True,
        "enrolment_ida": 2,
        "portrait": True,
        "attended_minutes": 480,
        "passed_all": True,
        "result_recorded": True,
        "notifiable": True,
    }


@pytest.mark.parametrize(
    ("change", "row", "fact", "value"),
    [
        pytest.param({}, {"enrolment_method": "hms_card"}, "enrolment_ida", 1, id="the row's own method"),
        pytest.param({}, {"email": None}, "notifiable", False, id="no way to reach them"),
        pytest.param({}, {"email": None, "phone": "+46 70"}, "notifiable", True, id="a phone is a way"),
        pytest.param({}, {"employer": "Utgivaren  ab"}, "employer", "issuer", id="employer by name"),
        pytest.param({}, {"employer": "Bygg & Co"}, "employer", "Bygg & Co", id="employer not on record"),
        pytest.param({}, {"facts": {"exam_supervision": "live"}}, "exam_supervision", "live", id="the row wins"),
        pytest.param(
            {"facts": {"exam_supervision": "live"}}, {}, "exam_supervision", "live", id="the occasion's facts"
        ),
        pytest.param(
            {"facts": {"decider_apart": False}},
            {"facts": {"decider_apart": True}},
            "decider_apart",
            True,
            id="row first",
        ),
        pytest.param({}, {"facts": {"training_provider": "solo"}}, "training_provider", "solo", id="another trainer"),
        pytest.param({"exam_on": None, "exam_face": None}, {}, "exam_face", None, id="unknown stays unknown"),
        pytest.param({"session": None}, {}, "first_session_on", date(2026, 3, 12), id="exam only"),
    ],
)
def test_what_differs_for_a_person(
    registry: Registry, change: dict[str, Any], row: dict[str, Any], fact: str, value: object
) -> None:
    assert getattr(_evidence(registry, OCCASION | change, person(2, **row)), fact) == value


@pytest.mark.parametrize(
    ("staff", "fact", "claim", "code"),
    [
        pytest.param(
            [("cc", "instructor"), ("cc", "decision_maker")], "decider_apart", True, "decider_not_apart", id="decider"
        ),
        pytest.param(
            [("cc", "instructor"), ("cc", "examiner")], "examiner_last_taught", "never", "taught_later", id="never"
        ),
        pytest.param(
            [("cc", "instructor"), ("cc", "examiner")], "examiner_last_taught", 24, "taught_later", id="long ago"
        ),
        pytest.param([("pa", "instructor")], "holder_apart", True, "holder_not_apart", id="holder"),
    ],
)
def test_no_cell_claims_against_who_did_what(
    registry: Registry, staff: list[tuple[str, str]], fact: str, claim: bool | int | str, code: str
) -> None:
    names = {"cc": "Cecilia Claesson", "pa": "Person A"}
    members = [{"id": who, "name": names[who], "role": role, "birth_date": "1990-05-17"} for who, role in staff]
    occasion = OCCASION | {"staff": members, "examiner_last_taught": "never"}
    found = _understood(registry, occasion, person(2, facts={fact: claim}))
    assert isinstance(found, list)
    assert [(each.column, each.code) for each in found] == [(fact, code)]


@pytest.mark.parametrize(
    ("fact", "claim", "value"),
    [("decider_apart", False, False), ("holder_apart", False, False), ("examiner_last_taught", 12, 12)],
)
def test_a_cell_may_say_less_than_who_did_what(
    registry: Registry, fact: str, claim: bool | int, value: bool | int
) -> None:
    assert getattr(_evidence(registry, OCCASION, person(2, facts={fact: claim})), fact) == value


def test_a_namesake_of_the_staff_may_be_told_apart_by_the_list(registry: Registry) -> None:
    staff = [{"id": "pa", "name": "Person A", "role": "instructor"}]
    assert _evidence(registry, OCCASION | {"staff": staff}).holder_apart is False
    with registry.writing() as db:
        made = add_occasion(db, occasion_like(OCCASION, id="third", staff=staff), OPENED, ACTOR)
        row = person(2, facts={"holder_apart": True})
        found = candidate(Desk(db, made, NOW).ground(row), row, None)
    assert isinstance(found, Candidate)
    assert found.evidence.holder_apart is True


@pytest.mark.parametrize(
    ("change", "row", "ida"),
    [
        pytest.param({}, {}, 2, id="the face checked at enrolment"),
        pytest.param({"exam_face": "none"}, {}, None, id="nobody looked"),
        pytest.param({"exam_face": "none"}, {"facts": {"exam_face": "seen"}}, 2, id="but did at this person"),
        pytest.param({}, {"enrolment_method": "employer_list"}, 1, id="no surer than at enrolment"),
        pytest.param({}, {"facts": {"enrolment_ida": 3}}, 3, id="as sure as stated"),
    ],
)
def test_a_check_carries_over_only_to_a_face_that_is_seen(
    registry: Registry, change: dict[str, Any], row: dict[str, Any], ida: int | None
) -> None:
    assert _evidence(registry, SOLO | change, person(2, **row)).exam_ida == ida


@pytest.mark.parametrize(
    ("row", "codes"),
    [
        ({"born": ""}, ["birth_date_missing"]),
        ({"born": "2026-03-11"}, ["birth_date_in_future"]),
        ({"born": "2026-03-10"}, ["birth_date_implausible"]),
        ({"born": "2013-03-12"}, ["birth_date_implausible"]),
        ({"born": "2013-03-11"}, []),
        ({"born": "1899-12-31"}, ["birth_date_too_early"]),
        ({"enrolment_method": "crystal_ball"}, ["unknown_method"]),
        ({"facts": {"attended_minutes": -1}}, ["fact_unusable"]),
        ({"facts": {"exam_supervision": "zoom", "exam_ida": 9}}, ["fact_unusable", "fact_unusable"]),
        ({"facts": {"mandate_max": "B"}}, ["fact_unusable"]),
        ({"facts": {"issuer": "sector"}}, ["fact_unusable"]),
        ({"facts": {"training_provider": "nobody"}}, ["unknown_organisation"]),
        ({"employer": "x" * 101}, ["fact_unusable"]),
    ],
)
def test_each_fault_of_a_row_is_told(registry: Registry, row: dict[str, Any], codes: list[str]) -> None:
    found = _understood(registry, OCCASION, person(2, **row))
    faults = found if isinstance(found, list) else []
    assert [fault.code for fault in faults] == codes
    assert all(set(fault.says) == {"sv", "nb", "en"} for fault in faults)


@pytest.mark.parametrize(
    ("declaration", "fact", "value"),
    [
        pytest.param(
            {"kind": "open_to_all", "on": "2026-02-01", "value": False}, "open_to_all", False, id="later wins"
        ),
        pytest.param({"kind": "open_to_all", "on": "2026-03-14", "value": False}, "open_to_all", True, id="not yet"),
        pytest.param(
            {"kind": "quality_review", "on": "2026-03-01"}, "quality_review_age", 10, id="unconfirmed is less"
        ),
        pytest.param(
            {"kind": "quality_review", "on": "2026-02-13", "confirmed_by": "auditor"},
            "quality_review_age",
            1,
            id="confirmed and later",
        ),
        pytest.param(
            {"kind": "quality_review", "on": "2026-02-12", "confirmed_by": "auditor"},
            "quality_review_age",
            2,
            id="a day more",
        ),
        pytest.param(
            {"kind": "quality_certificate", "on": "2025-01-01", "valid_until": "2026-03-13"},
            "quality_certificate_in_force",
            True,
            id="last day of a certificate",
        ),
        pytest.param(
            {"kind": "quality_certificate", "on": "2025-01-01", "valid_until": "2026-03-12"},
            "quality_certificate_in_force",
            None,
            id="run out",
        ),
        pytest.param({"kind": "conformity_audit", "on": "1800-01-01"}, "conformity_audit_age", 1200, id="of old"),
        pytest.param({"kind": "conformity_audit", "on": "2025-03-13"}, "conformity_audit_age", 12, id="to the day"),
        pytest.param(
            {"kind": "responsible_people", "on": "2026-01-01", "value": 1}, "responsible_people", 1, id="fewer"
        ),
        pytest.param(
            {"kind": "staff_records", "on": "2026-01-01", "value": "own", "organisation": "examiner"},
            "staff_records",
            "own",
            id="the weaker of two",
        ),
        pytest.param(
            {
                "kind": "staff_records",
                "on": "2026-01-01",
                "value": "own",
                "organisation": "trainer",
                "confirmed_by": "solo",
            },
            "staff_records",
            "own",
            id="confirmed by somebody whose ties are not known",
        ),
    ],
)
def test_declarations_become_facts(registry: Registry, declaration: dict[str, Any], fact: str, value: object) -> None:
    with registry.writing() as db:
        declare(db, parse({"organisation": "issuer"} | declaration, NewDeclaration), OPENED, ACTOR)
    assert getattr(_evidence(registry, OCCASION), fact) == value


@pytest.mark.parametrize(("day", "active"), [(12, False), (13, False), (14, True)])
def test_everybody_named_must_be_active_on_the_day_of_the_decision(registry: Registry, day: int, active: bool) -> None:
    with registry.writing() as db:
        strike_off(db, "keeper", date(2026, 3, day), ACTOR)
    assert _evidence(registry, OCCASION).parties_active is active


def test_ties_of_persons_who_act_are_part_of_it(registry: Registry) -> None:
    with registry.writing() as db:
        people = [{"id": who, "name": who, "kind": "person", "registered_on": "2015-01-01"} for who in ("eva", "inga")]
        add_sector(db, parse({"organisation": people}, Sector), OPENED, ACTOR)
        tie = {"kind": "conflict_of_interest", "a": "eva", "b": "inga"}
        add_tie(db, parse(tie, NewTie), OPENED, ACTOR)
        far = {"kind": "owns", "a": "owner-person", "b": "solo", "share_percent": 10}
        add_tie(db, parse(far, NewTie), OPENED, ACTOR)
    assert [(tie.a, tie.b) for tie in _evidence(registry, OCCASION).ties] == [("eva", "inga")]


def _staffed(*roles: tuple[str, str]) -> NewOccasion:
    return occasion_like(OCCASION, staff=[{"id": who, "name": who, "role": role} for who, role in roles])


@pytest.mark.parametrize(
    ("roles", "minutes", "apart"),
    [
        pytest.param(
            [("aa", "instructor"), ("bb", "examiner"), ("cc", "decision_maker")], 480, True, id="three people"
        ),
        pytest.param([("aa", "instructor"), ("bb", "examiner"), ("aa", "decision_maker")], 480, False, id="taught"),
        pytest.param([("aa", "instructor"), ("bb", "invigilator"), ("bb", "decision_maker")], 480, False, id="watched"),
        pytest.param([("bb", "examiner"), ("cc", "decision_maker")], 480, None, id="who taught is not known"),
        pytest.param([("bb", "examiner"), ("cc", "decision_maker")], 0, True, id="nobody had to teach"),
        pytest.param([("aa", "instructor"), ("bb", "examiner")], 480, None, id="who decided is not known"),
        pytest.param([], 480, None, id="nothing known"),
    ],
)
def test_who_decided_is_apart(roles: list[tuple[str, str]], minutes: int, apart: bool | None) -> None:
    assert decider_apart(_staffed(*roles), minutes) is apart


@pytest.mark.parametrize(
    ("name", "born", "staff_born", "apart"),
    [
        pytest.param("Anna Berg", date(1990, 5, 17), None, True, id="another name"),
        pytest.param("EVA  examinator", date(1990, 5, 17), None, False, id="the same name"),
        pytest.param("Eva Examinator", date(1990, 5, 17), "1980-01-01", True, id="born on another day"),
        pytest.param("Eva Examinator", date(1980, 1, 1), "1980-01-01", False, id="born the same day"),
        pytest.param("Eva Examinator", None, "1980-01-01", False, id="birth not known"),
    ],
)
def test_the_holder_is_none_of_the_staff(name: str, born: date | None, staff_born: str | None, apart: bool) -> None:
    member = {"id": "eva", "name": "Eva Examinator", "role": "examiner"}
    staff = occasion_like(OCCASION, staff=[member | ({"birth_date": staff_born} if staff_born else {})]).staff
    assert holder_apart(staff, name, born) is apart
    assert holder_apart((), name, born) is None


@pytest.mark.parametrize(
    ("stated", "on_record", "roles", "months"),
    [
        pytest.param("never", None, [("bb", "examiner")], "never", id="stated"),
        pytest.param(None, None, [("bb", "examiner")], None, id="not known"),
        pytest.param("never", date(2024, 3, 13), [("bb", "examiner")], 24, id="the register knows better"),
        pytest.param("never", date(2024, 3, 14), [("bb", "examiner")], 23, id="a day short of 24 months"),
        pytest.param("never", date(1800, 3, 14), [("bb", "examiner")], 1200, id="long ago"),
        pytest.param(12, date(2024, 3, 14), [("bb", "examiner")], 12, id="the shorter of both"),
        pytest.param("never", None, [("bb", "examiner"), ("bb", "instructor")], 0, id="taught this very course"),
    ],
)
def test_when_an_examiner_last_taught_the_candidate(
    stated: int | str | None, on_record: date | None, roles: list[tuple[str, str]], months: int | str | None
) -> None:
    staff = [{"id": who, "name": who, "role": role} for who, role in roles]
    occasion = occasion_like(OCCASION, staff=staff, examiner_last_taught=stated)
    assert the_shorter(stated, months_since_taught(occasion, on_record)) == months


def test_an_occasion_on_record_is_what_is_read(registry: Registry) -> None:
    with registry.reading() as db:
        assert occasion_by_id(db, "hot-work-march").new() == occasion_like(OCCASION, version="1").numbered()
