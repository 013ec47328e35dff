"""Rows stored many at once are the rows that a statement of SQLAlchemy stores, and as strictly refused."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import insert
from sqlmodel import col, select

from registry.records.persons.people import Person, PersonEvent
from registry.records.store.database import new_id
from registry.records.store.database_faults import is_database_fault
from registry.records.store.in_bulk import add_rows, write_rows
from registry.records.whole.directory import Registry

AT = datetime(2026, 3, 14, 9, 30, 0, 120_000, tzinfo=UTC)


def somebody(**own: Any) -> dict[str, Any]:
    person = {"id": new_id(), "name": 'Åsa "Ö"\tLi\\N', "name_key": "asa", "birth_date": date(1990, 2, 28)}
    return person | {"email": None, "recorded_at": AT, "recorded_by": "test"} | own


def test_what_is_stored_is_what_a_statement_stores(empty: Registry) -> None:
    person = somebody()
    events = [
        {"id": new_id(), "person_id": person["id"], "kind": "changed", "about": about, "at": AT, "actor": "test"}
        for about in (["name", "é\n"], [], ["\ud800"], ["name", "é\n"], [], ["\ud800"])
    ]
    with empty.writing() as db:
        add_rows(db, Person, [dict(reversed(person.items())), somebody(name="Bo", birth_date=None)])
        add_rows(db, PersonEvent, events[:3])
        db.connection().execute(insert(PersonEvent), events[3:])
        add_rows(db, PersonEvent, [])
    with empty.reading() as db:
        found = db.exec(select(Person).order_by(col(Person.name))).all()
        assert [each.name for each in found] == ["Bo", person["name"]]
        assert {name: getattr(found[1], name) for name in person} == person
        assert (found[1].post, found[1].merged_into, found[0].birth_date) == (None, None, None)
        kept = [each.about for each in db.exec(select(PersonEvent).order_by(col(PersonEvent.id)))]
        assert kept[:3] == kept[3:] == [each["about"] for each in events[:3]]


def test_what_is_written_is_written_to_those_rows_alone(empty: Registry) -> None:
    people = [somebody(name=name) for name in ("Bo", "Cia", "Dan")]
    new = [
        {"birth_date": None, "name": 'Ö"\t\\N, {%s}', "id": people[0]["id"]},
        {"birth_date": date(1991, 3, 1), "name": "", "id": people[2]["id"]},
    ]
    with empty.writing() as db:
        add_rows(db, Person, people)
        write_rows(db, Person, new)
        write_rows(db, Person, [])
    with empty.reading() as db:
        for was, now in zip(people, (new[0], {}, new[1]), strict=True):
            found = db.get_one(Person, was["id"])
            assert {name: getattr(found, name) for name in was} == was | now


@pytest.mark.parametrize(
    "wrong", [{"merged_into": new_id()}, {"name": None}], ids=["refers to nothing", "lacks a name"]
)
def test_what_may_not_be_stored_is_refused(empty: Registry, wrong: dict[str, Any]) -> None:
    with pytest.raises(Exception) as refused, empty.writing() as db:  # noqa: PT011 each driver has its own
        add_rows(db, Person, [somebody(**wrong)])
    assert is_database_fault(refused.value)
    with empty.reading() as db:
        assert db.exec(select(Person)).all() == []


@pytest.mark.parametrize("store", [add_rows, write_rows])
def test_a_column_that_there_is_not(empty: Registry, store: Callable[..., None]) -> None:
    with pytest.raises(KeyError, match="shoe_size"), empty.writing() as db:
        store(db, Person, [somebody(shoe_size=43)])
