"""People recorded by hand, with their numbers: found, added, for review; and nobody sees what is not theirs to see."""

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from stdnum import luhn

from registry.errors import MalformedInput, NotAllowed, NumberNotFound, PersonMerged, PersonNotFound
from registry.issuing.people.identify import About, Identified, end_number, find_by_number, identify
from registry.issuing.people.person_input import PersonGiven
from registry.issuing.people.recorded_person import Number, RecordedPerson, correct_person, record_person
from registry.reading.national_id import NationalNumber, national_number
from registry.records.actors.access import Actor
from registry.records.issued.person_organisations import person_for, seen_by, who_knows
from registry.records.persons.duplicates import pairs
from registry.records.persons.identifiers import identifiers_of
from registry.records.persons.people import (
    Changes,
    Person,
    add_person,
    all_records_of,
    former_names_of,
    merge_into,
    name_key,
    people_called,
    people_page,
    person_by_id,
    person_events,
    standing_for,
    standing_ids,
    unmerge,
)
from registry.records.store.database import Database
from registry.records.strict_input import parse
from registry.records.whole.directory import Registry
from registry.signing.keys import Keyring
from registry.signing.personal_data import PersonalData
from tests.registry.conftest import ACTOR, NOW, issue, person, roster

BORN = date(1970, 10, 3)
COORDINATION = "197010632391"


def number(typed: str, **more: Any) -> NationalNumber:
    return national_number(typed, on=NOW.date(), **more)


def personnummer(serial: int = 239, born: date = BORN) -> NationalNumber:
    ten = f"{born:%y%m%d}{serial:03}"
    return number(f"{born.year // 100}{ten}{luhn.calc_check_digit(ten)}")


def known(db: Database, name: str = "Anna Berg", born: date | None = BORN) -> Person:
    return add_person(db, Changes(name=name, birth_date=born), NOW, ACTOR)


Identify = Callable[..., Identified]


@pytest.fixture
def identified(data: PersonalData) -> Identify:
    def run(db: Database, who: Person, what: NationalNumber, **about: Any) -> Identified:
        return identify(db, data, who, what, About(**about), now=NOW, actor=ACTOR)

    return run


# ------------------------------------------------------------------ a number comes to a person


def test_a_number_is_added_once_and_known_then(empty: Registry, identified: Identify) -> None:
    with empty.writing() as db:
        anna = known(db)
        assert identified(db, anna, personnummer()).outcome == "added"
        assert identified(db, anna, personnummer()).outcome == "known"
        assert len(identifiers_of(db, [anna.id])[anna.id]) == 1
        assert [(each.kind, each.about) for each in person_events(db, [anna.id])] == [
            ("recorded", []),
            ("number_added", ["personnummer"]),
        ]


def test_a_birth_date_that_was_missing_is_taken_from_the_number(empty: Registry, identified: Identify) -> None:
    with empty.writing() as db:
        anna, bo = known(db, born=None), known(db, "Bo", born=None)
        identified(db, anna, personnummer())
        identified(db, bo, number("191500882392"))
        assert (anna.birth_date, bo.birth_date) == (BORN, None)


def test_a_number_of_somebody_else_changes_nothing_and_leaves_a_trace(empty: Registry, identified: Identify) -> None:
    with empty.writing() as db:
        anna, eva = known(db), known(db, "Eva Lind")
        identified(db, anna, personnummer())
        became = identified(db, eva, personnummer())
        assert became.outcome == "conflict"
        assert not identifiers_of(db, [eva.id])
    with empty.reading() as db:
        (pair,) = pairs(db)
        assert (pair.id, {pair.a, pair.b}, pair.reasons) == (became.pair, {anna.id, eva.id}, ["number_conflict"])
    with empty.writing() as db:
        again = identified(db, person_by_id(db, str(eva.id)), personnummer())
        assert (again, len(pairs(db))) == (became, 1)


@pytest.mark.parametrize(
    ("what", "about", "path"),
    [
        pytest.param(personnummer(born=date(1970, 10, 4)), {}, "number", id="another birth date"),
        pytest.param(personnummer(240), {}, "replaces", id="a second personnummer"),
        pytest.param(number("PL 123456", kind="passport"), {"quality": "styrkt"}, "quality", id="no quality"),
        pytest.param(number(COORDINATION), {"quality": "good"}, "quality", id="another quality"),
        pytest.param(number(COORDINATION), {"since": date(2026, 3, 14)}, "since", id="not yet"),
    ],
)
def test_what_does_not_fit_is_refused(
    empty: Registry, identified: Identify, what: NationalNumber, about: dict[str, Any], path: str
) -> None:
    with empty.writing() as db:
        anna = known(db)
        identified(db, anna, personnummer())
        with pytest.raises(MalformedInput) as refused:
            identified(db, anna, what, **about)
        assert [where for where, _ in refused.value.faults] == [path]
        assert what.reveal() not in str(refused.value)


def test_several_numbers_over_time(empty: Registry, identified: Identify, data: PersonalData) -> None:
    with empty.writing() as db:
        anna = known(db)
        identified(db, anna, number(COORDINATION), quality="sannolik", since=date(2020, 1, 1))
        identified(db, anna, number("PL 123456", kind="passport"))
        identified(db, anna, number("PL 777777", kind="passport"))
        identified(db, anna, personnummer())
        rows = {row.kind: row for row in identifiers_of(db, [anna.id])[anna.id]}
        assert rows["samordningsnummer"].replaced_by == rows["personnummer"].id
        assert (rows["samordningsnummer"].quality, rows["samordningsnummer"].since) == ("sannolik", date(2020, 1, 1))
        # Its quality is proved later.
        identified(db, anna, number(COORDINATION), quality="styrkt")
        assert rows["samordningsnummer"].quality == "styrkt"
        # A personnummer may be replaced by another, if somebody says so.
        identified(db, anna, personnummer(240), replaces=str(rows["personnummer"].id))
        assert rows["personnummer"].replaced_by
        with pytest.raises(NumberNotFound):
            identified(db, anna, personnummer(241), replaces=str(uuid4()))
        for each in (COORDINATION, personnummer().reveal(), personnummer(240).reveal()):
            assert find_by_number(db, data, number(each)) == anna.id


def test_a_number_recorded_in_error_is_ended_and_may_be_anothers(empty: Registry, identified: Identify) -> None:
    with empty.writing() as db:
        anna, eva = known(db), known(db, "Eva Lind")
        identified(db, anna, personnummer())
        (row,) = identifiers_of(db, [anna.id])[anna.id]
        with pytest.raises(NumberNotFound):
            end_number(db, eva, str(row.id), reason="mistyped", now=NOW, actor=ACTOR)
        end_number(db, anna, str(row.id), reason="mistyped", now=NOW, actor=ACTOR)
        assert (row.ended_at, row.ended_by, row.ended_because) == (NOW, ACTOR, "mistyped")
        with pytest.raises(NumberNotFound):
            end_number(db, anna, str(row.id), reason="mistyped", now=NOW, actor=ACTOR)
        assert identified(db, eva, personnummer()).outcome == "added"
        assert identified(db, anna, personnummer()).outcome == "conflict"


def test_what_is_merged_takes_nothing_more_and_its_numbers_find_who_stands(
    empty: Registry, identified: Identify, data: PersonalData
) -> None:
    with empty.writing() as db:
        kept, gone = known(db), known(db)
        identified(db, gone, personnummer())
        merge_into(db, gone, kept, NOW, ACTOR, None)
        assert find_by_number(db, data, personnummer()) == kept.id
        assert identified(db, kept, personnummer()).outcome == "known"
        with pytest.raises(PersonMerged, match=str(kept.id)):
            identified(db, gone, number(COORDINATION))
        with pytest.raises(PersonMerged):
            correct_person(db, gone, Changes(name="Anna Lind"), now=NOW, actor=ACTOR, reason="marriage")
        unmerge(db, gone, NOW, ACTOR, None)
        assert find_by_number(db, data, personnummer()) == gone.id


# ------------------------------------------------------------------ recorded by hand


Record = Callable[..., RecordedPerson]


@pytest.fixture
def recorded(data: PersonalData) -> Record:
    def run(db: Database, name: str, what: NationalNumber | None = None, **more: Any) -> RecordedPerson:
        given = Changes(name=name, **{key: more.pop(key) for key in ("birth_date", "email") if key in more})
        given_number = what and Number(what, data)
        return record_person(
            db, given, more.pop("organisation", "issuer"), now=NOW, actor=ACTOR, number=given_number, **more
        )

    return run


def test_who_is_on_record_is_found(registry: Registry, recorded: Record) -> None:
    with registry.writing() as db:
        first = recorded(db, "Anna Berg", personnummer())
        assert (first.outcome, first.person.birth_date) == ("new", BORN)
        by_number = recorded(db, "Anna Maria Berg", personnummer(), email="anna@example.org", organisation="solo")
        assert (by_number.outcome, by_number.person.id) == ("known", first.person.id)
        assert (first.person.name, first.person.email) == ("Anna Berg", "anna@example.org")
        by_name = recorded(db, "ANNA BERG", birth_date=BORN, email="other@example.org")
        assert (by_name.person.id, by_name.person.email) == (first.person.id, "anna@example.org")
        assert who_knows(db, first.person.id) == {"issuer", "solo"}


def test_somebody_else_of_the_same_name_is_somebody_else(registry: Registry, recorded: Record) -> None:
    with registry.writing() as db:
        anna = recorded(db, "Anna Berg", birth_date=BORN).person
        assert recorded(db, "Anna Berg").person.id != anna.id
        assert recorded(db, "Anna Berg", birth_date=date(1990, 1, 1)).person.id != anna.id
        assert recorded(db, "Anna Berg", birth_date=BORN, another_person=True).person.id != anna.id


def test_the_number_of_somebody_with_quite_another_name_is_kept_of_nobody(registry: Registry, recorded: Record) -> None:
    with registry.writing() as db:
        anna = recorded(db, "Anna Berg", personnummer()).person
        eva = recorded(db, "Eva Lind", personnummer())
        assert (eva.outcome, eva.identified and eva.identified.outcome) == ("new", "conflict")
        assert not identifiers_of(db, [eva.person.id])
        (pair,) = pairs(db)
        assert {pair.a, pair.b} == {anna.id, eva.person.id}


def test_a_number_and_a_birth_date_that_disagree_are_refused(registry: Registry, recorded: Record) -> None:
    with registry.writing() as db:
        recorded(db, "Anna Berg", personnummer())
        for name in ("Anna Berg", "Eva Lind"):
            with pytest.raises(MalformedInput):
                recorded(db, name, personnummer(), birth_date=date(1970, 10, 4))


@pytest.mark.parametrize(
    ("given", "path"),
    [
        pytest.param({}, "name", id="no name"),
        pytest.param({"name": "19701003-2396 Anna"}, "name", id="a number in the name"),
        pytest.param({"name": "123"}, "name", id="no letters"),
        pytest.param({"name": "A" * 121}, "name", id="too long"),
        pytest.param({"name": "Anna", "birth_date": "1899-12-31"}, "birth_date", id="too old"),
        pytest.param({"name": "Anna", "birth_date": "2026-03-14"}, "birth_date", id="not born"),
        pytest.param({"name": "Anna", "birth_date": "14.3.2026"}, "birth_date", id="another spelling"),
        pytest.param({"name": "Anna", "email": "anna"}, "email", id="no address"),
        pytest.param({"name": "Anna", "email": "19701003-2396@example.org"}, "email", id="a number in the address"),
        pytest.param({"name": "Anna", "phone": "call me"}, "phone", id="no telephone"),
        pytest.param({"name": "Anna", "phone": "19701003-2396"}, "phone", id="a number as telephone"),
        pytest.param({"name": "Anna", "post": "Gatan 1, 19701003-2396"}, "post", id="a number in the address lines"),
        pytest.param({"name": "Anna", "via": "x\u200b"}, "via", id="something invisible"),
        pytest.param({"name": "Anna", "age": 30}, "age", id="unknown"),
    ],
)
def test_what_is_said_of_a_person_is_read_strictly(given: dict[str, Any], path: str) -> None:
    with pytest.raises(MalformedInput) as refused:
        parse(given, PersonGiven).changes(NOW.date(), needs_name=True)
    assert [where for where, _ in refused.value.faults] == [path]
    assert "2396" not in str(refused.value)


def test_a_telephone_number_and_an_address_of_lines_are_taken() -> None:
    given = {"name": " Anna  Berg ", "phone": "070-123 45 67", "post": "Storgatan 1\n111 22 Stockholm", "email": ""}
    read = parse(given, PersonGiven).changes(NOW.date(), needs_name=True)
    assert (read.name, read.phone, read.email) == ("Anna Berg", "070-123 45 67", "")


# ------------------------------------------------------------------ names over time


def test_a_former_name_is_kept_and_still_finds_the_person(empty: Registry) -> None:
    with empty.writing() as db:
        anna = known(db)
        change = Changes(name="Anna Lind", email="anna@example.org")
        assert correct_person(db, anna, change, now=NOW, actor=ACTOR, reason="marriage")
        assert not correct_person(db, anna, change, now=NOW, actor=ACTOR, reason="marriage")
        assert correct_person(db, anna, Changes(email=""), now=NOW, actor=ACTOR, reason=None)
        assert (anna.name, anna.name_key, anna.email) == ("Anna Lind", "anna lind", None)
        assert [each.name for each in former_names_of(db, [anna.id])[anna.id]] == ["Anna Berg"]
        events = [(each.kind, each.about, each.reason) for each in person_events(db, [anna.id])]
        assert events[1:] == [("changed", ["email", "name"], "marriage"), ("changed", ["email"], None)]
        found = people_called(db, [name_key("anna berg"), name_key("Anna Lind"), "nobody"])
        assert {(each.key, each.person.id, each.formerly) for each in found} == {
            ("anna berg", anna.id, True),
            ("anna lind", anna.id, False),
        }
        assert [each.id for each in people_page(db, like="BERG")] == [anna.id]
        assert not people_page(db, like="%")


def test_merged_records_point_however_long_the_way_is(empty: Registry) -> None:
    with empty.writing() as db:
        one, two, three, four = (known(db, f"Person {word}") for word in ("Ett", "Två", "Tre", "Fyra"))
        merge_into(db, one, two, NOW, ACTOR, None)
        merge_into(db, two, three, NOW, ACTOR, None)
        ids = {one.id, two.id, three.id, four.id}
        assert standing_ids(db, ids) == {one.id: three.id, two.id: three.id, three.id: three.id, four.id: four.id}
        stands = standing_for(db, [one, two, three, four])
        assert {record: each.id for record, each in stands.items()} == standing_ids(db, ids)
        assert set(all_records_of(db, two.id)) == {one.id, two.id, three.id}
        assert [each.person.id for each in people_called(db, [name_key("Person Ett")])] == [three.id]
        assert [each.id for each in people_page(db)] == [three.id, four.id]
        unmerge(db, two, NOW, ACTOR, None)
        assert standing_ids(db, ids)[one.id] == two.id
        assert standing_ids(db, set()) == {}


# ------------------------------------------------------------------ who may see whom


def actor(*grants: tuple[str | None, str]) -> Actor:
    return Actor("somebody", frozenset(grants), proven=True)  # type: ignore[arg-type]


def test_whoever_knows_a_person_sees_them(registry: Registry, recorded: Record, keyring: Keyring) -> None:
    with registry.writing() as db:
        by_hand = recorded(db, "Anna Berg", organisation="solo").person
        gone = recorded(db, "Anna Borg", organisation="solo").person
    issue(registry, keyring, "hot-work-march", roster(person(2, "Eva Lind")))
    with registry.writing() as db:
        (eva,) = people_page(db, like="eva lind")
        merge_into(db, gone, eva, NOW, ACTOR, None)
        solo, issuer = actor(("solo", "requester")), actor(("issuer", "requester"))
        reader, nobody = actor((None, "reader")), actor((None, "operator"))

        def seen(who: Actor) -> set[str]:
            return {each.name for each in people_page(db, seen=seen_by(who, "person.read"))}

        assert seen(reader) == {"Anna Berg", "Eva Lind"}
        assert seen(issuer) == {"Eva Lind"}
        assert seen(solo) == {"Anna Berg", "Eva Lind"}
        with pytest.raises(NotAllowed):
            seen_by(nobody, "person.read")
        assert person_for(db, issuer, "person.read", str(eva.id)).id == eva.id
        assert person_for(db, solo, "person.record", str(gone.id)).id == gone.id
        assert person_for(db, reader, "person.read", str(by_hand.id)).id == by_hand.id
        for who, said in ((issuer, str(by_hand.id)), (issuer, str(uuid4())), (issuer, "x"), (issuer, "")):
            with pytest.raises(PersonNotFound, match=r"^no person here has this id$"):
                person_for(db, who, "person.read", said)
        with pytest.raises(NotAllowed):
            person_for(db, nobody, "person.read", str(eva.id))
        with pytest.raises(NotAllowed):
            person_for(db, reader, "person.record", str(eva.id))
