"""Who on a class list is on record, and what is held back for people to look at."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

import pytest

from registry.issuing.decisions.matching import Match, OnRecord, match_people
from registry.issuing.lists.roster_row import RosterRow
from registry.reading.national_id import Kind, SealedNumber
from registry.records.persons.people import Called, Person, name_key
from tests.registry.conftest import NOW

BORN, OTHER = date(1990, 5, 17), date(1991, 6, 18)


def sealed(index: str, kind: Kind = "personnummer") -> SealedNumber:
    return SealedNumber(kind, "SE", index, "sealed")


def known(name: str, born: date | None = BORN) -> Person:
    return Person(name=name, name_key=name_key(name), birth_date=born, recorded_at=NOW, recorded_by="test")


def listed(name: str, *numbers: SealedNumber, born: date | None = BORN) -> RosterRow:
    return RosterRow(row=2, name=name, birth_date=born, numbers=numbers)


def called(*people: Person, formerly: str | None = None) -> list[Called]:
    return [
        Called(name_key(formerly) if formerly else person.name_key, person, formerly is not None) for person in people
    ]


def matched(row: RosterRow, people: Iterable[Called] = (), **more: Any) -> Match:
    return match_people([row], OnRecord(list(people), **more)).get(2, Match())


def fault_of(match: Match) -> str | None:
    return match.fault and match.fault.code


ANNA, TWIN = known("Anna Berg"), known("Anna Berg")


@pytest.mark.parametrize(
    ("row", "people", "here", "found"),
    [
        pytest.param(listed("ANNA  berg"), called(ANNA), (), ANNA, id="name and birth date"),
        pytest.param(listed("Anna Berg", born=OTHER), called(ANNA), (), None, id="another birth date"),
        pytest.param(listed("Anna Berg", born=None), called(ANNA), (), None, id="no birth date"),
        pytest.param(listed("Anna Berg"), called(ANNA, formerly="Anna Berg"), (), ANNA, id="a former name"),
        pytest.param(listed("Eva Lind"), called(ANNA), (), None, id="somebody else"),
        pytest.param(listed("Anna Berg"), called(ANNA, TWIN), {TWIN.id}, TWIN, id="two, one of this occasion"),
    ],
)
def test_by_name(row: RosterRow, people: Sequence[Called], here: Any, found: Person | None) -> None:
    assert matched(row, people, here=here).person is found


def test_a_name_without_birth_date_is_somebody_of_this_occasion() -> None:
    anna = known("Anna Berg", None)
    row = listed("Anna Berg", born=None)
    assert matched(row, called(anna)).person is None
    assert matched(row, called(anna), here={anna.id}).person is anna


def test_a_name_that_is_borne_now_goes_before_one_that_was() -> None:
    eva = known("Eva Lind")
    people = [*called(eva, formerly="Anna Berg"), *called(ANNA)]
    assert matched(listed("Anna Berg"), people).person is ANNA


def test_of_two_nobody_is_chosen() -> None:
    match = matched(listed("Anna Berg"), called(ANNA, TWIN))
    assert (match.person, fault_of(match)) == (None, "several_people")
    assert "2" in match.fault.says["en"] if match.fault else False


def test_one_person_found_twice_is_one() -> None:
    assert matched(listed("Anna Berg"), called(ANNA, ANNA)).person is ANNA


@pytest.mark.parametrize(
    "name", ["Anna Berg", "Anna Maria Berg", "Berg Anna", "Anna Borg", "Anna Lind", "ANNA-MARIA LIND"]
)
def test_a_number_finds_who_is_called_alike(name: str) -> None:
    row = listed(name, sealed("a1"))
    assert matched(row, owners={"a1": ANNA}) == Match(ANNA)


def test_a_former_name_is_a_name() -> None:
    row = listed("Eva Dahl", sealed("a1"))
    assert matched(row, owners={"a1": ANNA}, names={ANNA.id: ["Anna Berg", "Eva Dahl"]}) == Match(ANNA)


def test_the_number_of_somebody_with_quite_another_name_is_held_back() -> None:
    row = listed("Eva Lind", sealed("a1"))
    match = matched(row, owners={"a1": ANNA})
    assert (match.person, fault_of(match), match.other) == (None, "number_of_another", ANNA)
    assert match.reasons == ("number_conflict",)
    assert "Anna" not in str(match.fault)
    eva = known("Eva Lind")
    match = matched(row, called(eva), owners={"a1": ANNA})
    assert (match.person, fault_of(match), match.other) == (eva, "number_of_another", ANNA)


def test_a_word_in_common_is_not_enough_beside_a_passport() -> None:
    row = listed("Anna Lind", sealed("a1", "passport"))
    assert fault_of(matched(row, owners={"a1": ANNA})) == "number_of_another"


def test_two_numbers_of_two_people_are_held_back() -> None:
    eva = known("Eva Lind")
    row = listed("Anna Berg", sealed("a1"), sealed("p1", "passport"))
    match = matched(row, owners={"a1": ANNA, "p1": eva})
    assert (match.person, fault_of(match), match.other) == (ANNA, "number_of_another", eva)
    match = matched(row, owners={"a1": ANNA, "p1": ANNA})
    assert match == Match(ANNA)


def test_a_birth_date_that_is_not_the_persons_is_held_back() -> None:
    row = listed("Anna Berg", sealed("p1", "passport"), born=OTHER)
    assert fault_of(matched(row, owners={"p1": ANNA})) == "number_other_birth"
    nobody_knows = listed("Anna Berg", sealed("p1", "passport"), born=None)
    assert matched(nobody_knows, owners={"p1": ANNA}) == Match(ANNA)


def test_two_of_one_name_and_birth_date_with_two_numbers_are_two_people() -> None:
    row = listed("Anna Berg", sealed("a2"))
    match = matched(row, called(ANNA), numbers={ANNA.id: {"personnummer": {"a1"}}})
    assert (match.person, match.fault, match.other) == (None, None, ANNA)
    assert match.reasons == ("same_name_same_birth", "other_number")
    # Of two, the one whose number it may be.
    both = matched(row, called(ANNA, TWIN), numbers={ANNA.id: {"personnummer": {"a1"}}})
    assert both == Match(TWIN)
    # A provisional number is replaced.
    replaced = matched(row, called(ANNA), numbers={ANNA.id: {"samordningsnummer": {"s1"}}})
    assert replaced == Match(ANNA)


def test_who_is_found_by_one_number_and_has_another_of_its_kind_is_held_back() -> None:
    row = listed("Anna Berg", sealed("a2"), sealed("p1", "passport"))
    match = matched(row, owners={"p1": ANNA}, numbers={ANNA.id: {"personnummer": {"a1"}, "passport": {"p1"}}})
    assert (match.person, fault_of(match)) == (ANNA, "number_second")


def test_a_second_record_of_that_name_is_for_review() -> None:
    row = listed("Anna Berg", sealed("a1"))
    match = matched(row, called(ANNA, TWIN), owners={"a1": ANNA}, numbers={ANNA.id: {"personnummer": {"a1"}}})
    assert (match.person, match.fault, match.other, match.reasons) == (ANNA, None, TWIN, ("same_name_same_birth",))
    # Unless their numbers tell them apart.
    apart = {ANNA.id: {"personnummer": {"a1"}}, TWIN.id: {"personnummer": {"a2"}}}
    assert matched(row, called(ANNA, TWIN), owners={"a1": ANNA}, numbers=apart) == Match(ANNA)


def test_nobody_on_record_says_nothing() -> None:
    assert match_people([listed("Anna Berg", sealed("a1"))], OnRecord([])) == {}
