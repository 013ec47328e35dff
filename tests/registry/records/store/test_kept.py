"""What the database itself refuses, on either, whoever asks it by hand."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from registry.records.store.kept import never_changed, never_removed, statements
from registry.records.whole.directory import Registry, kept
from tests.registry.conftest import ON_POSTGRESQL, one_issued

CHANGES = {
    "UPDATE certificate_event SET note = 'x'": "events are never changed",
    "DELETE FROM certificate_event": "events are never removed",
    "UPDATE issued_certificate SET level = 'B'": "an issued certificate is never changed",
    "UPDATE issued_certificate SET state = 'revoked', vc_jwt = 'x'": "an issued certificate is never changed",
    "DELETE FROM issued_certificate": "an issued certificate is never removed",
    "UPDATE scheme_version SET max_level = 'B'": "a published version is never changed",
    "UPDATE scheme_version SET document = '{}', retired_from = NULL": "a published version is never changed",
    "DELETE FROM scheme_version": "a published version is never changed",
    "UPDATE scheme_event SET actor = 'x'": "an event is never changed",
    "DELETE FROM scheme_event": "an event is never removed",
    "UPDATE mandate SET max_level = 'B'": "what a mandate says is never changed",
    "UPDATE mandate SET recorded_by = 'x'": "what a mandate says is never changed",
    "DELETE FROM mandate": "what a mandate says is never changed",
    "UPDATE mandate_event SET actor = 'x'": "an event is never changed",
    "DELETE FROM mandate_event": "an event is never removed",
    "DELETE FROM status_slot": "a place in a status list is never given back",
}


BEGINS_WITH = {"filled": one_issued}


@pytest.fixture
def filled(registry: Registry) -> Registry:
    """With a certificate in it."""
    return registry


@pytest.mark.parametrize("statement", CHANGES)
def test_history_cannot_be_changed_by_hand(filled: Registry, statement: str) -> None:
    with pytest.raises(IntegrityError, match=CHANGES[statement]), filled.writing() as db:
        db.connection().execute(text(statement))


def test_only_the_state_of_a_certificate_changes(filled: Registry) -> None:
    with filled.writing() as db:
        assert db.connection().execute(text("UPDATE issued_certificate SET state = 'suspended'")).rowcount == 1


@ON_POSTGRESQL
@pytest.mark.parametrize("table", ["certificate_event", "issued_certificate", "status_slot"])
def test_a_table_is_not_emptied_at_once(filled: Registry, table: str) -> None:
    with pytest.raises(IntegrityError, match="never"), filled.writing() as db:
        db.connection().execute(text(f"TRUNCATE {table} CASCADE"))


def test_every_noun_says_its_promises_under_a_name_of_its_own() -> None:
    names = [one.name for one in kept()]
    assert len(names) == len(set(names))
    assert {one.table for one in kept()} >= {"certificate_event", "issued_certificate", "status_slot"}


def test_what_is_said_may_hold_any_sign() -> None:
    one = never_changed("x", "person", "don't")
    assert "'don''t'" in "".join(statements([one], "sqlite"))
    assert "'don''t'" in "".join(statements([one], "postgresql"))
    assert statements([], "postgresql") == []
    assert len(statements([never_removed("x", "person", "no")], "postgresql")) == 3
