from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy.exc import DatabaseError

from registry.errors import MalformedInput, OccasionCancelled, OccasionSettled, OrganisationNotFound, ReasonMissing
from registry.issuing.batches.issue_batch import check_batch
from registry.issuing.changes.withdraw import annul, revoke
from registry.issuing.sittings.recording import record_results, record_sheet
from registry.reading.reason import given_reason
from registry.records.issued.amendments import (
    amend_occasion,
    amended,
    cancel_occasion,
    differences,
    occasion_content,
    occasion_mismatches,
)
from registry.records.issued.certificates import certificate_by_number
from registry.records.sittings.occasion_events import OccasionEvent, occasion_history
from registry.records.sittings.occasions import add_occasion, occasion_by_id, short_by_minutes, taught_by
from registry.records.strict_input import read_table
from registry.records.whole.directory import Registry
from registry.signing.keys import Keyring
from tests.registry.conftest import (
    ACTOR,
    NOW,
    OCCASION,
    OPENED,
    issue,
    let_history_be_changed,
    occasion_like,
    person,
    roster,
)

MARCH = "hot-work-march"
SESSIONS: list[dict[str, Any]] = [
    {
        "on": "2026-03-10",
        "starts": "08:00:00",
        "ends": "12:30:00",
        "minutes": 240,
        "place": "Hall 2",
        "staff": ["inga"],
    },
    {"id": "yard", "on": "2026-03-11", "starts": "08:00:00", "ends": "12:00:00"},
    {"on": "2026-03-11", "minutes": 60, "mandatory": False},
]


def _amend(registry: Registry, change: dict[str, Any], occasion: str = MARCH) -> OccasionEvent | None:
    with registry.writing() as db:
        return amend_occasion(db, occasion, change, reason="typing error", now=NOW, actor="anna")


def _issue(registry: Registry, keyring: Keyring) -> str:
    result = issue(registry, keyring, MARCH, roster(person(2, "Åsa Öberg")))
    return str(result.rows[0].number)


def test_sessions_have_ids_times_and_a_part_that_is_mandatory(registry: Registry) -> None:
    with registry.writing() as db:
        made = add_occasion(db, occasion_like(OCCASION, id="other", session=SESSIONS), OPENED, ACTOR)
        short = short_by_minutes(db, made)
    new = made.new()
    assert [session.id for session in new.session] == ["s1", "yard", "s3"]
    assert [session.lasted_minutes for session in new.session] == [240, 240, 60]
    assert (new.mandatory_minutes, short) == (480, 0)
    assert new.taught_last_on("inga") == date(2026, 3, 10)
    assert new.taught_last_on("somebody") == date(2026, 3, 11)


def test_an_occasion_that_is_too_short_is_told(registry: Registry) -> None:
    with registry.writing() as db:
        made = add_occasion(db, occasion_like(OCCASION, id="other", session=SESSIONS[1:]), OPENED, ACTOR)
        assert short_by_minutes(db, made) == 240
        exam_only = add_occasion(db, occasion_like(OCCASION, id="exam-only", session=None), OPENED, ACTOR)
        assert short_by_minutes(db, exam_only) == 0


@pytest.mark.parametrize(
    ("session", "says"),
    [
        ({"on": "2026-03-10"}, "needs minutes"),
        ({"on": "2026-03-10", "starts": "08:00:00"}, "both starts and ends"),
        ({"on": "2026-03-10", "starts": "12:00:00", "ends": "08:00:00"}, "does not lie after"),
        ({"on": "2026-03-10", "starts": "08:00:00", "ends": "08:00:00"}, "does not lie after"),
        ({"on": "2026-03-10", "starts": "08:00:00", "ends": "09:00:00", "minutes": 61}, "minutes"),
        ({"on": "2026-03-10", "starts": "08:00:30", "ends": "09:00:00"}, "08:30"),
        ({"on": "2026-03-10", "starts": "08:00:00Z", "ends": "09:00:00Z"}, "08:30"),
        ({"on": "2026-03-10", "minutes": 60, "staff": ["inga", "inga"]}, "twice"),
        ({"on": "2026-03-10", "minutes": 60, "staff": ["eva"]}, "no instructor"),
        ({"on": "2026-03-10", "minutes": 60, "id": "yard"}, "two of them"),
        (
            {"on": "2026-03-11", "starts": "11:59:00", "ends": "13:00:00", "staff": ["inga"]},
            "at the same time",
        ),
        ({"on": "2026-03-10", "minutes": 60, "identity": {"method": "crystal_ball"}}, "crystal_ball"),
        ({"on": "2026-03-10", "minutes": 60, "identity": {"method": "passport", "checker": "nobody"}}, "nobody"),
    ],
)
def test_a_session_that_cannot_be(registry: Registry, session: dict[str, Any], says: str) -> None:
    yard = SESSIONS[1] | {"staff": ["inga"]}
    with registry.writing() as db, pytest.raises(MalformedInput, match=says):
        add_occasion(db, occasion_like(OCCASION, id="other", session=[yard, session]), OPENED, ACTOR)


def test_sessions_one_after_the_other_may_have_one_instructor(registry: Registry) -> None:
    after = {"on": "2026-03-11", "starts": "12:00:00", "ends": "13:00:00", "staff": ["inga"]}
    with registry.writing() as db:
        add_occasion(
            db, occasion_like(OCCASION, id="other", session=[SESSIONS[1] | {"staff": ["inga"]}, after]), OPENED, ACTOR
        )


def test_an_amendment_says_who_what_and_why(registry: Registry) -> None:
    event = _amend(
        registry,
        read_table(b"exam_face = 'document'\n[identity.exam]\nnative_level = 'chip'\n[facts]\nportrait = true")
        | {"session": SESSIONS},
    )
    assert event is not None
    with registry.reading() as db:
        occasion = occasion_by_id(db, MARCH)
        new = occasion.new()
        recorded, kept = occasion_history(db, occasion.id)
    assert (recorded.kind, recorded.actor, recorded.reason, recorded.issued_before) == ("recorded", ACTOR, None, [])
    assert (kept.kind, kept.actor, kept.reason, kept.at) == ("amended", "anna", "typing error", NOW)
    assert (new.exam_face, new.identity.exam and new.identity.exam.method) == ("document", "passport")
    assert (new.identity.exam and new.identity.exam.native_level, new.facts) == ("chip", {"portrait": True})
    changes = {change["path"]: (change["before"], change["after"]) for change in kept.changes}
    assert changes["exam_face"] == ("portrait", "document")
    assert changes["identity.exam.native_level"] == (None, "chip")
    assert changes["facts.portrait"] == (None, True)
    assert changes["session[s1].minutes"] == (480, 240)
    assert changes["session[yard]"][0] is None


def test_nothing_personal_stands_in_the_history(registry: Registry) -> None:
    staff = [*OCCASION["staff"], {"id": "nils", "name": "Nils Ny", "role": "invigilator", "birth_date": "1980-01-01"}]
    staff[0] = staff[0] | {"name": "Inga Instruktör-Ny"}
    event = _amend(registry, {"staff": staff})
    assert event is not None
    assert event.changes == [
        {"path": "staff[inga instructor].name"},
        {"path": "staff[nils invigilator]", "before": None, "after": {"id": "nils", "role": "invigilator"}},
    ]


def test_a_change_that_says_nothing_new_leaves_no_trace(registry: Registry) -> None:
    assert _amend(registry, {"exam_face": "portrait"}) is None
    with registry.reading() as db:
        assert len(occasion_history(db, occasion_by_id(db, MARCH).id)) == 1


@pytest.mark.parametrize(
    ("change", "refusal", "says"),
    [
        ({"id": "other"}, OccasionSettled, "id"),
        ({"id": None}, OccasionSettled, "id"),
        ({"scheme": "own-course"}, OccasionSettled, "scheme"),
        ({"version": "2"}, OccasionSettled, "version"),
        ({"issuer": "solo"}, OccasionSettled, "issuer"),
        ({"scheme": None}, MalformedInput, "scheme: is missing"),
        ({"exam_face": "glimpsed"}, MalformedInput, "exam_face"),
        ({"exam_datum": "2026-03-12"}, MalformedInput, "exam_datum"),
        ({"training_provider": "nobody"}, OrganisationNotFound, "nobody"),
        ({"scope_classes": ["T9"]}, MalformedInput, "T9"),
        ({"decided_on": "2026-03-11"}, MalformedInput, "decided_on"),
        ({"staff": []}, MalformedInput, "checker"),
        ({"identity": {"exam": {"deep": {"deeper": {"deepest": {"x": 1}}}}}}, MalformedInput, "identity"),
    ],
)
def test_what_no_amendment_may_say(
    registry: Registry, change: dict[str, Any], refusal: type[Exception], says: str
) -> None:
    if "staff" in change:
        _amend(registry, {"identity": {"exam": {"checker": "eva"}}})
    with pytest.raises(refusal, match=says):
        _amend(registry, change)


def test_certificates_issued_before_are_listed_and_stay_as_they_were(registry: Registry, keyring: Keyring) -> None:
    number = _issue(registry, keyring)
    with registry.reading() as db:
        said = certificate_by_number(db, number).facts
    event = _amend(registry, {"exam_face": "none"})
    assert event is not None
    assert event.issued_before == [number]
    with registry.reading() as db:
        assert certificate_by_number(db, number).facts == said
    with pytest.raises(OccasionSettled, match="1 certificates"):
        _amend(registry, {"decided_on": "2026-03-14"})
    with registry.writing() as db:
        annul(db, number, reason="error", now=NOW, actor=ACTOR)
    event = _amend(registry, {"decided_on": "2026-03-14"})
    assert event is not None
    assert event.issued_before == []
    with registry.reading() as db:
        assert occasion_by_id(db, MARCH).decided_on == date(2026, 3, 14)


def test_from_a_cancelled_occasion_nothing_comes(registry: Registry, keyring: Keyring) -> None:
    number = _issue(registry, keyring)
    with registry.writing() as db:
        revoke(db, number, reason="fraud", now=NOW, actor=ACTOR)
    with registry.writing() as db, pytest.raises(OccasionSettled, match="annul"):
        cancel_occasion(db, MARCH, reason="never held", now=NOW, actor=ACTOR)
    with registry.writing() as db:
        event = cancel_occasion(db, "own-course-march", reason="never held", now=NOW, actor=ACTOR)
    assert (event.kind, event.reason, event.place) == ("cancelled", "never held", 2)
    with registry.reading() as db, pytest.raises(OccasionCancelled):
        check_batch(db, "own-course-march", roster(person(2)), now=NOW)
    with pytest.raises(OccasionCancelled):
        _amend(registry, {"exam_face": "none"}, "own-course-march")
    with registry.writing() as db, pytest.raises(OccasionCancelled):
        cancel_occasion(db, "own-course-march", reason="again", now=NOW, actor=ACTOR)


def test_what_is_approved_changes_with_whatever_is_issued_from(registry: Registry) -> None:
    def content() -> dict[str, Any]:
        with registry.reading() as db:
            return occasion_content(db, occasion_by_id(db, MARCH))

    before = content()
    assert before == content()
    assert (before["occasion"], before["evidence"], before["cancelled"]) == (MARCH, [], False)
    _amend(registry, {"exam_face": "document"})
    amended_once = content()
    assert amended_once != before
    _amend(registry, {"exam_face": "portrait"})
    assert content() == before
    with registry.writing() as db:
        cancel_occasion(db, MARCH, reason="never held", now=NOW, actor=ACTOR)
    assert content() != before


def test_who_taught_follows_the_amendment(registry: Registry) -> None:
    _amend(registry, {"session": SESSIONS})
    with registry.reading() as db:
        identity = occasion_by_id(db, MARCH).id
        assert taught_by(db, ["inga"]) == {identity: {"inga": date(2026, 3, 10)}}
    _amend(registry, {"staff": [{"id": "ny", "name": "Nils Ny", "role": "instructor"}], "session": SESSIONS[1:]})
    with registry.reading() as db:
        assert taught_by(db, ["inga"]) == {}
        assert taught_by(db, ["ny"]) == {identity: {"ny": date(2026, 3, 11)}}


def test_merging_takes_tables_by_key_and_lists_whole() -> None:
    document = {"a": 1, "b": {"c": 1, "d": 2}, "e": [1, 2]}
    assert amended(document, {"a": None, "b": {"c": None, "x": {"y": 1}}, "e": [3]}) == {
        "b": {"d": 2, "x": {"y": 1}},
        "e": [3],
    }
    assert document == {"a": 1, "b": {"c": 1, "d": 2}, "e": [1, 2]}
    assert list(differences(document, document)) == []


@pytest.mark.parametrize("text", ["", "   ", None])
def test_a_reason_must_be_given(text: str | None) -> None:
    with pytest.raises(ReasonMissing):
        given_reason(text)


@pytest.mark.parametrize(
    ("text", "says"),
    [("x" * 201, "longer"), ("gave 19900517-1234", "national"), ("hid\u202eden", "cannot be seen")],
)
def test_a_reason_that_cannot_be_kept(text: str, says: str) -> None:
    with pytest.raises(MalformedInput, match=says) as refused:
        given_reason(text)
    assert "1234" not in str(refused.value)


def test_a_reason_is_kept_on_one_line() -> None:
    assert given_reason(" wrong\n  day ") == "wrong day"


def test_moments_of_events_are_in_utc(registry: Registry) -> None:
    with registry.reading() as db:
        (event,) = occasion_history(db, occasion_by_id(db, MARCH).id)
    assert event.at == OPENED
    assert event.at.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    "statement",
    ["UPDATE occasion_event SET actor = 'x'", "DELETE FROM occasion_event", "UPDATE occasion_event SET digest = ''"],
)
def test_history_is_never_changed(registry: Registry, statement: str) -> None:
    with pytest.raises(DatabaseError, match="history of an occasion"), registry.writing() as db:
        db.connection().exec_driver_sql(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE occasion SET cancelled = true WHERE public_id = 'hot-work-march'",
        "UPDATE occasion SET document = (SELECT document FROM occasion WHERE public_id = 'own-course-march')",
        "UPDATE attendance_entry SET minutes = 480",
        "DELETE FROM attendance_entry",
        "UPDATE exam_result SET passed = true",
        "DELETE FROM occasion_event WHERE place = 2",
    ],
)
def test_a_record_that_was_changed_by_hand_is_found(registry: Registry, statement: str) -> None:
    with registry.writing() as db:
        sheet = "name;birth date;minutes\nÅsa Öberg;1990-05-17;470\n"
        assert record_sheet(db, MARCH, sheet.encode(), now=NOW, actor=ACTOR).lines == 1
        results = "name;birth date;part;attempt;passed\nÅsa Öberg;1990-05-17;teori;1;no\n"
        assert record_results(db, MARCH, results.encode(), now=NOW, actor=ACTOR).lines == 1
        amend_occasion(db, MARCH, {"exam_face": "seen"}, reason="seen only", now=NOW, actor=ACTOR)
    with registry.reading() as db:
        assert occasion_mismatches(db) == []
    with registry.writing() as db:
        let_history_be_changed(db)
        if statement.startswith("DELETE FROM occasion_event"):
            db.connection().exec_driver_sql("DELETE FROM attendance_entry")
        db.connection().exec_driver_sql(statement)
    with registry.reading() as db:
        assert occasion_mismatches(db) == [MARCH]
