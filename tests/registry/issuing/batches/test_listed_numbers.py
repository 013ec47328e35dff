"""Class lists with national numbers, from file to certificate: who is found, who is added, and what is held back."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from stdnum import luhn

from registry.errors import NoIndexKey
from registry.issuing.batches.issue_batch import cancel_batch, check_batch, resume_batch
from registry.issuing.lists.class_list import ListKeys, read_class_list
from registry.issuing.lists.outcome import BatchResult
from registry.issuing.lists.roster_row import Roster
from registry.issuing.people.under_seal import forget, set_portrait
from registry.reading.portrait import Portrait
from registry.records.issued.batches import batch_by_id, rows_of
from registry.records.issued.certificates import certificate_by_number
from registry.records.persons.duplicates import pairs
from registry.records.persons.identifiers import identifiers_of
from registry.records.persons.people import (
    Changes,
    Person,
    add_person,
    change_person,
    merge_into,
    people_page,
    person_events,
)
from registry.records.store.database import Database
from registry.records.whole.directory import Registry
from registry.signing.keys import Keyring
from registry.signing.personal_data import PersonalData
from tests.registry.conftest import (
    ACTOR,
    COURSE,
    NOW,
    SOLO,
    actor,
    everything_stored,
    issue,
    publish_scheme,
    roster,
    run,
    scheme_like,
)
from tests.registry.conftest import person as row
from verification.certificate import parse_number

BORN = date(1990, 5, 17)
WORKS = "47906701517"  # made up for tests


def swedish(serial: int = 123, born: date = BORN) -> str:
    ten = f"{born:%y%m%d}{serial:03}"
    return f"{born.year // 100}{ten}{luhn.calc_check_digit(ten)}"


@pytest.fixture
def occasion(registry: Registry, add: Callable[..., str]) -> str:
    """Of a scheme that takes national numbers."""
    takes = {"national_number": "optional", "national_number_reason": "Lagen kräver säker identifiering"}
    with registry.writing() as db:
        publish_scheme(db, scheme_like(COURSE, code="numbered", **takes))
    return add(SOLO, id="numbered-march", scheme="numbered")


@pytest.fixture
def keys(data: PersonalData) -> ListKeys:
    return ListKeys(lambda: data, synthetic_too=False)


Handed = Callable[..., BatchResult]


@pytest.fixture
def listed(registry: Registry, keyring: Keyring, keys: ListKeys, occasion: str) -> Callable[..., Roster]:
    """Lines of name and number (and birth date) as a list that is read."""

    def read(*lines: str, header: str = "namn;personnummer;födelsedatum") -> Roster:
        shared = "närvarominuter;godkänd;resultat registrerat;e-post"
        said = "\n".join([f"{header};{shared}", *(f"{line};480;ja;ja;a@example.org" for line in lines)])
        with registry.reading() as db:
            return read_class_list(db, occasion, said.encode(), keys=keys, now=NOW, keyring=keyring)

    return read


@pytest.fixture
def handed(
    registry: Registry, keyring: Keyring, keys: ListKeys, occasion: str, listed: Callable[..., Roster]
) -> Handed:
    def hand_in(*lines: str, wish: dict[str, bool] | None = None, **more: Any) -> BatchResult:
        return issue(registry, keyring, occasion, listed(*lines, **more), keys=keys, **(wish or {}))

    return hand_in


def outcomes(result: BatchResult) -> list[tuple[str, list[str]]]:
    return [(each.outcome, [fault.code for fault in each.faults]) for each in result.rows]


def holder(db: Database, result: BatchResult, at: int = 0) -> Person:
    certificate = certificate_by_number(db, parse_number(str(result.rows[at].number)))
    found = db.get(Person, certificate.person_id)
    assert found is not None
    return found


def test_who_is_new_is_recorded_with_the_number_under_seal(
    registry: Registry, handed: Handed, data: PersonalData
) -> None:
    result = handed(f"Anna Berg;{swedish()};", "Bo Ek;;1991-01-01")
    assert outcomes(result) == [("issued", []), ("issued", [])]
    with registry.reading() as db:
        anna, bo = holder(db, result), holder(db, result, 1)
        (number,) = identifiers_of(db, [anna.id])[anna.id]
        assert (anna.birth_date, number.kind, data.is_sound(db, [number])) == (
            BORN,
            "personnummer",
            {number.id: True},
        )
        assert not identifiers_of(db, [bo.id])
        assert [(each.kind, each.about) for each in person_events(db, [anna.id])] == [
            ("number_added", ["personnummer"])
        ]
    assert swedish().encode() not in everything_stored(registry)
    assert swedish()[2:].encode() not in everything_stored(registry)


def test_a_number_finds_the_person_under_another_name(registry: Registry, handed: Handed) -> None:
    first = handed(f"Anna Berg;{swedish()};")
    with registry.writing() as db:
        change_person(db, holder(db, first), Changes(name="Anna Lind"), NOW, ACTOR, "marriage")
    again = handed(f"Anna Maria Lind;{swedish()};", f"Cia Dahl;{swedish(124)};")
    assert [(each.outcome, each.already) for each in again.rows] == [("issued", True), ("issued", False)]
    assert again.rows[0].number == first.rows[0].number


def test_what_is_on_record_is_filled_in(registry: Registry, handed: Handed) -> None:
    with registry.writing() as db:
        anna = add_person(db, Changes(name="Anna Berg", birth_date=BORN), NOW, ACTOR).id
    result = handed(f"Anna Berg;{swedish()};1990-05-17")
    with registry.reading() as db:
        assert holder(db, result).id == anna
        assert len(identifiers_of(db, [anna])[anna]) == 1


def test_two_of_one_name_and_birth_date_are_told_apart(registry: Registry, handed: Handed) -> None:
    first = handed(f"Anna Berg;{swedish()};")
    second = handed(f"Anna Berg;{swedish(124)};")
    assert outcomes(second) == [("issued", [])]
    with registry.reading() as db:
        one, other = holder(db, first).id, holder(db, second).id
        assert one != other
        (pair,) = pairs(db)
        assert ({pair.a, pair.b}, pair.reasons) == ({one, other}, ["same_name_same_birth", "other_number"])
    # Without a number nobody knows which.
    assert outcomes(handed("Anna Berg;;1990-05-17", "Eva Lind;;1980-01-01"))[0] == ("fault", ["several_people"])


def test_both_stand_on_one_list(handed: Handed) -> None:
    result = handed(f"Anna Berg;{swedish()};", f"Anna Berg;{swedish(124)};")
    assert outcomes(result) == [("issued", []), ("issued", [])]


def test_the_number_of_somebody_else_holds_the_list_back_and_leaves_a_trace(registry: Registry, handed: Handed) -> None:
    first = handed(f"Anna Berg;{swedish()};")
    result = handed(f"Eva Lind;{swedish()};", f"Bo Ek;{swedish(124)};")
    assert result.state == "held"
    assert outcomes(result)[0] == ("fault", ["number_of_another"])
    with registry.reading() as db:
        anna = holder(db, first).id
        (eva,) = people_page(db, like="eva lind")
        (pair,) = pairs(db)
        assert ({pair.a, pair.b}, pair.reasons) == ({anna, eva.id}, ["number_conflict"])
        assert not identifiers_of(db, [eva.id])
        # Nobody else of the list is on record, and the numbers of all rows wait, sealed.
        assert not people_page(db, like="bo ek")
        kept = rows_of(db, batch_by_id(db, str(result.batch)))
        assert [len(each.read["numbers"]) for each in kept if each.read] == [1, 1]
        assert [each.person_id for each in kept] == [eva.id, None]
    # The same list again asks nothing new.
    handed(f"Eva Lind;{swedish()};", f"Bo Ek;{swedish(124)};")
    with registry.reading() as db:
        assert (len(pairs(db)), len(people_page(db, like="eva lind"))) == (1, 1)


def test_the_good_rows_are_issued_beside_it(registry: Registry, handed: Handed) -> None:
    handed(f"Anna Berg;{swedish()};")
    result = handed(f"Eva Lind;{swedish()};", f"Bo Ek;{swedish(124)};", wish={"issue_good_rows": True})
    assert outcomes(result) == [("fault", ["number_of_another"]), ("issued", [])]
    with registry.reading() as db:
        kept = rows_of(db, batch_by_id(db, str(result.batch)))
        assert not any("numbers" in (each.read or {}) for each in kept)
        assert len(pairs(db)) == 1


def test_a_list_that_was_held_back_goes_on_with_its_numbers(
    registry: Registry, keyring: Keyring, keys: ListKeys, handed: Handed, data: PersonalData
) -> None:
    first = handed(f"Anna Berg;{swedish()};")
    held = handed(f"Eva Lind;{swedish()};", f"Bo Ek;{swedish(124)};")
    with registry.writing() as db:
        # They were one person after all, under a name that the registry did not know.
        change_person(db, holder(db, first), Changes(name="Eva Lind"), NOW, ACTOR, "found out")
        (other,) = [each for each in people_page(db, like="eva lind") if each.id != holder(db, first).id]
        merge_into(db, other, holder(db, first), NOW, ACTOR, None)
    with registry.writing() as db:
        rita = actor(registry, "rita")
        state = resume_batch(db, str(held.batch), actor=rita, now=NOW, keys=keys).state
    assert state == "issuing"
    result = run(registry, keyring, str(held.batch))
    assert [(each.outcome, each.already) for each in result.rows] == [("issued", True), ("issued", False)]
    with registry.reading() as db:
        bo = holder(db, result, 1)
        assert data.is_sound(db, identifiers_of(db, [bo.id])[bo.id])
        assert not any("numbers" in (each.read or {}) for each in rows_of(db, batch_by_id(db, str(held.batch))))


def test_of_a_list_that_is_cancelled_no_number_is_kept(registry: Registry, handed: Handed) -> None:
    handed(f"Anna Berg;{swedish()};")
    held = handed(f"Eva Lind;{swedish()};", f"Bo Ek;{swedish(124)};")
    with registry.writing() as db:
        cancel_batch(db, str(held.batch), actor=actor(registry, "rita"), now=NOW)
    with registry.reading() as db:
        kept = rows_of(db, batch_by_id(db, str(held.batch)))
        assert all(each.read and "numbers" not in each.read for each in kept)


def test_what_is_forgotten_is_gone_from_a_held_list_too(registry: Registry, handed: Handed, data: PersonalData) -> None:
    handed(f"Anna Berg;{swedish()};")
    held = handed(f"Eva Lind;{swedish()};", f"Bo Ek;{swedish(124)};")
    with registry.writing() as db:
        (eva,) = people_page(db, like="eva lind")
        forget(db, data, eva, now=NOW, actor=ACTOR, reason="asked for")
    with registry.reading() as db:
        kept = rows_of(db, batch_by_id(db, str(held.batch)))
        assert ["numbers" in (each.read or {}) for each in kept] == [False, True]


def test_a_check_stores_nothing(registry: Registry, listed: Callable[..., Roster], occasion: str) -> None:
    with registry.reading() as db:
        result = check_batch(db, occasion, listed(f"Anna Berg;{swedish()};"), now=NOW)
        assert outcomes(result) == [("issued", [])]
        assert not people_page(db, like="anna berg")


def test_where_the_scheme_takes_none_the_column_is_refused(
    registry: Registry, keys: ListKeys, keyring: Keyring
) -> None:
    said = f"namn;personnummer\nAnna Berg;{swedish()}\n".encode()
    with registry.reading() as db:
        read = read_class_list(db, "own-course-march", said, keys=keys, now=NOW, keyring=keyring)
    assert [fault.code for fault in read.faults[1]] == ["column_national_number"]


def test_a_list_without_numbers_needs_no_index_key(registry: Registry, occasion: str) -> None:
    def nothing() -> PersonalData:
        raise NoIndexKey("none")

    keys = ListKeys(nothing, synthetic_too=False)
    with registry.reading() as db:
        assert read_class_list(db, occasion, b"namn\nAnna Berg\n", keys=keys, now=NOW).rows
        with pytest.raises(NoIndexKey):
            read_class_list(db, occasion, f"namn;personnummer\nA B;{swedish()}\n".encode(), keys=keys, now=NOW)


def test_the_digest_that_is_kept_tells_nothing(
    registry: Registry, keyring: Keyring, keys: ListKeys, occasion: str
) -> None:
    said = f"namn;personnummer\nAnna Berg;{swedish()}\n".encode()
    with registry.reading() as db:
        plain = read_class_list(db, occasion, said, keys=keys, now=NOW).digest
        kept = read_class_list(db, occasion, said, keys=keys, now=NOW, keyring=keyring).digest
        again = read_class_list(db, occasion, said, keys=keys, now=NOW, keyring=keyring).digest
    assert kept == again != plain


@pytest.mark.parametrize("synthetic_too", [True, False])
def test_numbers_made_up_for_tests(registry: Registry, data: PersonalData, occasion: str, synthetic_too: bool) -> None:
    keys = ListKeys(lambda: data, synthetic_too=synthetic_too)
    with registry.reading() as db:
        read = read_class_list(db, occasion, f"namn;fnr\nAnna Berg;{WORKS}\n".encode(), keys=keys, now=NOW)
    assert (len(read.rows), [fault.code for faults in read.faults.values() for fault in faults]) == (
        (1, []) if synthetic_too else (0, ["number_synthetic"])
    )


# ------------------------------------------------------------------ what else is on record of a person


def test_a_portrait_on_record_counts(
    registry: Registry, keyring: Keyring, data: PersonalData, add: Callable[..., str]
) -> None:
    with registry.writing() as db:
        publish_scheme(db, scheme_like(COURSE, code="with-portrait", portrait_required=True))
        anna = add_person(db, Changes(name="Anna Berg", birth_date=BORN), NOW, ACTOR)
        set_portrait(db, data, anna, Portrait(b"jpeg", 480, 600), now=NOW, actor=ACTOR)
    occasion = add(SOLO, id="with-portrait-march", scheme="with-portrait")
    listed = [row(2, "Anna Berg", facts={"portrait": None}), row(3, "Eva Lind", facts={"portrait": None})]
    result = issue(registry, keyring, occasion, roster(*listed), issue_good_rows=True)
    assert outcomes(result) == [("issued", []), ("fault", ["portrait_missing"])]


def test_a_merged_record_is_not_issued_to_twice(registry: Registry, keyring: Keyring) -> None:
    first = issue(registry, keyring, "own-course-march", roster(row(2, "Anna Berg")))
    with registry.writing() as db:
        kept = add_person(db, Changes(name="Anna Borg", birth_date=BORN), NOW, ACTOR)
        merge_into(db, holder(db, first), kept, NOW, ACTOR, None)
    for name in ("Anna Berg", "Anna Borg"):
        again = issue(registry, keyring, "own-course-march", roster(row(2, name), row(3, "Eva Lind")))
        assert (again.rows[0].number, again.rows[0].already) == (first.rows[0].number, True)


def test_whoever_is_reached_by_post_is_reached(registry: Registry, keyring: Keyring) -> None:
    with registry.writing() as db:
        add_person(db, Changes(name="Anna Berg", birth_date=BORN, post="Storgatan 1"), NOW, ACTOR)
    listed = [row(2, "Anna Berg", email=None), row(3, "Eva Lind", email=None)]
    result = issue(registry, keyring, "own-course-march", roster(*listed))
    assert [(each.outcome, [unmet.id for unmet in each.unmet]) for each in result.rows] == [
        ("issued", []),
        ("refused", ["I13"]),
    ]
