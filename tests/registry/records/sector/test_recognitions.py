from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from levels.level import Level
from registry.errors import (
    MalformedInput,
    RecognitionAlreadyWithdrawn,
    RecognitionNotAllowed,
    RecognitionNotFound,
    SchemeNotFound,
)
from registry.records.log.entries import LogEntry
from registry.records.sector.recognitions import (
    NewRecognition,
    Recognition,
    grant_recognition,
    recognition_by_id,
    recognition_decisions,
    recognition_history,
    recognition_mismatches,
    recognitions,
    recognitions_after,
    withdraw_recognition,
)
from registry.records.strict_input import parse
from registry.records.whole.directory import Registry
from registry.records.whole.unlogged import enter_unlogged
from registry.signing.published import build_trust
from tests.registry.conftest import (
    HOT_WORK,
    NOW,
    ON_SQLITE,
    PUBLIC_URL,
    let_history_be_changed,
    publish_scheme,
    scheme_like,
)
from verification.log.entry import read_entry

GIVEN: dict[str, Any] = {
    "scheme": "hot-work",
    "accepts": "own-course",
    "issued_until": "2023-06-30",
    "accepted_from": "2026-01-01",
    "accepted_until": "2028-06-30",
    "reason": "board 4/2026",
}


def _new(**change: Any) -> NewRecognition:
    return parse({name: value for name, value in (GIVEN | change).items() if value is not None}, NewRecognition)


def test_a_decision_is_kept_told_logged_and_withdrawn(registry: Registry) -> None:
    words = {"sv": "Sedd.", "nb": "Sett.", "en": "Seen."}
    with registry.writing() as db:
        row = grant_recognition(db, _new(versions=["1"], min_level="D", condition=words), NOW, "cia")
        other = grant_recognition(db, _new(scheme="own-course", accepts="hot-work"), NOW, "lisa")
        assert [one.public_id for one in recognitions(db, scheme="hot-work")] == [row.public_id]
        assert {one.public_id for one in recognitions(db, either="own-course")} == {row.public_id, other.public_id}
        assert [one.public_id for one in recognitions_after(db, row.id, 5)] == [other.public_id]
        assert not recognitions_after(db, None, 5, scheme="hot-work", accepts="hot-work")
    with registry.writing() as db:
        withdraw_recognition(db, row.public_id, date(2027, 1, 1), "a new board", "bo", now=NOW + timedelta(days=1))
        withdraw_recognition(db, row.public_id, date(2026, 9, 1), "sooner", "bo", now=NOW + timedelta(days=2))
    with registry.reading() as db:
        found = recognition_by_id(db, row.public_id)
        told = [
            (one.kind, one.from_day, one.until_day, one.actor, one.reason) for one in recognition_history(db, found)
        ]
        assert told == [
            ("granted", date(2026, 1, 1), date(2028, 6, 30), "cia", "board 4/2026"),
            ("withdrawn", date(2027, 1, 1), None, "bo", "a new board"),
            ("withdrawn", date(2026, 9, 1), None, "bo", "sooner"),
        ]
        assert recognition_mismatches(db) == []
        entries = [read_entry(db.get_one(LogEntry, event.id).entry) for _, event in recognition_decisions(db)]
        assert [(one.kind, one.members["scheme"], one.members["change"], one.members["from"]) for one in entries] == [
            ("recognition.changed", "hot-work", "granted", "2026-01-01"),
            ("recognition.changed", "own-course", "granted", "2026-01-01"),
            ("recognition.changed", "hot-work", "withdrawn", "2027-01-01"),
            ("recognition.changed", "hot-work", "withdrawn", "2026-09-01"),
        ]
        (known,) = build_trust(db, PUBLIC_URL, NOW).recognitions_of("own-course")
        assert (known.scheme, known.versions, known.min_level) == ("hot-work", ("1",), Level.D)
        assert (known.issued_until, known.last_day, known.condition) == (date(2023, 6, 30), date(2026, 8, 31), words)


@pytest.mark.parametrize(
    ("day", "withdrawn", "standing"),
    [
        (date(2025, 12, 31), None, "coming"),
        (date(2026, 1, 1), None, "in_force"),
        (date(2028, 6, 30), None, "in_force"),
        (date(2028, 7, 1), None, "ended"),
        (date(2026, 8, 31), date(2026, 9, 1), "in_force"),
        (date(2026, 9, 1), date(2026, 9, 1), "withdrawn"),
    ],
)
def test_what_it_is_on_a_day(day: date, withdrawn: date | None, standing: str) -> None:
    days = {"accepted_from": date(2026, 1, 1), "accepted_until": date(2028, 6, 30), "withdrawn_from": withdrawn}
    assert Recognition(**days).standing_on(day) == standing


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"accepts": "hot-work"}, "needs no recognition of itself"),
        ({"issued_from": "2023-07-01"}, "lies before issued_from"),
        ({"accepted_until": "2025-12-31"}, "lies before accepted_from"),
        ({"issued_from": "2029-01-01", "issued_until": None}, "nothing issued from"),
        ({"versions": []}, "must not be empty"),
        ({"min_level": "A"}, "min_level"),
        ({"condition": {"sv": "Sedd."}}, "condition"),
    ],
)
def test_what_a_decision_may_not_be(change: dict[str, Any], says: str) -> None:
    with pytest.raises(MalformedInput, match=says):
        _new(**change)


def test_what_is_refused(registry: Registry) -> None:
    with registry.writing() as db:
        classes = scheme_like(HOT_WORK, code="truck", scope_classes=["A1", "A2"])
        publish_scheme(db, classes)
        for change in ({"scheme": "nope"}, {"accepts": "nope"}, {"versions": ["1", "9"]}):
            with pytest.raises(SchemeNotFound):
                grant_recognition(db, _new(**change), NOW, "cia")
        for refused, says in (
            ({"min_level": "C2"}, "goes no higher than D"),
            ({"required_classes": ["A1"]}, "own-course has no class A1; it has none"),
            ({"accepts": "truck", "class_map": {"A1": "T1"}}, "hot-work has no class T1"),
            ({"accepts": "truck", "class_map": {"A3": "T1"}}, "truck has no class A3; it has A1, A2"),
        ):
            with pytest.raises(RecognitionNotAllowed, match=says):
                grant_recognition(db, _new(**refused), NOW, "cia")
        mapped = {"scheme": "truck", "accepts": "truck-old", "class_map": {"B": "A1"}, "required_classes": ["B"]}
        publish_scheme(db, scheme_like(HOT_WORK, code="truck-old", scope_classes=["B"]))
        row = grant_recognition(db, _new(**mapped), NOW, "cia")
        with pytest.raises(RecognitionNotAllowed, match=f"{row.public_id} says just that already"):
            grant_recognition(db, _new(**mapped, reason="again"), NOW, "cia")
        withdraw_recognition(db, row.public_id, date(2026, 9, 1), "a mistake", "cia", now=NOW)
        grant_recognition(db, _new(**mapped), NOW, "cia")
        with pytest.raises(RecognitionAlreadyWithdrawn, match="2026-09-01"):
            withdraw_recognition(db, row.public_id, date(2026, 9, 1), "later", "cia", now=NOW)
        with pytest.raises(RecognitionNotFound, match="recognition-x"):
            withdraw_recognition(db, "recognition-x", date(2026, 9, 1), "later", "cia", now=NOW)


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("UPDATE recognition SET accepted_until = NULL", "what a recognition says is never changed"),
        ("DELETE FROM recognition", "what a recognition says is never changed"),
        ("UPDATE recognition_event SET actor = 'x'", "an event is never changed"),
        ("DELETE FROM recognition_event", "an event is never removed"),
    ],
)
def test_a_decision_cannot_be_changed_by_hand(registry: Registry, statement: str, says: str) -> None:
    with registry.writing() as db:
        grant_recognition(db, _new(), NOW, "cia")
    with pytest.raises(IntegrityError, match=says), registry.writing() as db:
        db.connection().execute(text(statement))


@ON_SQLITE
def test_what_was_decided_before_there_was_a_log_is_entered_once(registry: Registry) -> None:
    with registry.writing() as db:
        row = grant_recognition(db, _new(), NOW, "cia")
        (event,) = recognition_history(db, row)
        said = db.get_one(LogEntry, event.id).entry
        let_history_be_changed(db)
        db.connection().execute(text("DELETE FROM log_entry WHERE kind = 'recognition.changed'"))
        db.expire_all()
        for _ in range(2):
            enter_unlogged(db, NOW)
        assert db.get_one(LogEntry, event.id).entry == said
