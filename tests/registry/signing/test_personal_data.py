"""Numbers under seal: who can open them, who can find them, and what a stolen database tells."""

import hashlib
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from stdnum import luhn

from registry.errors import IndexKeyExists, NoIndexKey, NoMasterKey, SealDoesNotOpen, WrongIndexKey
from registry.reading.national_id import NationalNumber, SealedNumber, national_number
from registry.records.persons.identifiers import PersonIdentifier, end_identifier, identifiers_of, owners_of
from registry.records.persons.people import Changes, Person, add_person
from registry.records.store.database import Database
from registry.records.whole.directory import Registry
from registry.signing.keys import create_master_key
from registry.signing.personal_data import Given, PersonalData, create_index_key, open_personal_data
from tests.registry.conftest import ACTOR, NOW, everything_stored

SPECIMEN, COORDINATION = "19121212-1212", "197010632391"


def number(typed: str) -> NationalNumber:
    return national_number(typed, on=NOW.date())


def swedish(born: date, serial: int) -> str:
    ten = f"{born:%y%m%d}{serial:03}"
    return f"{born.year // 100}{ten}{luhn.calc_check_digit(ten)}"


def known(db: Database, name: str = "Anna Berg") -> Person:
    return add_person(db, Changes(name=name), NOW, ACTOR)


def kept(db: Database, data: PersonalData, person: Person, *typed: str) -> list[PersonIdentifier]:
    given = [Given(person.id, data.take(number(each))) for each in typed]
    data.keep(db, given, NOW, ACTOR)
    return list(identifiers_of(db, [person.id])[person.id])[-len(typed) :]


def test_a_number_finds_its_person_and_opens_there(empty: Registry, data: PersonalData) -> None:
    with empty.writing() as db:
        anna = known(db)
        (row,) = kept(db, data, anna, SPECIMEN)
    with empty.reading() as db:
        owner = owners_of(db, [data.index_of(number("121212+1212")), data.index_of(number(COORDINATION))])
        assert [each.person for each in owner.values()] == [anna.id]
        assert data.is_sound(db, [row]) == {row.id: True}
        assert (row.kind, row.country, row.recorded_by) == ("personnummer", "SE", ACTOR)


def test_the_index_is_of_country_kind_and_number(data: PersonalData) -> None:
    def passport(typed: str) -> NationalNumber:
        return national_number(typed, on=NOW.date(), kind="passport")

    indexes = {
        data.index_of(number(SPECIMEN)),
        data.index_of(passport("PL 1234567")),
        data.index_of(passport("DE 1234567")),
        data.index_of(national_number("PL 1234567", on=NOW.date(), kind="foreign_id")),
    }
    assert len(indexes) == 4
    assert {len(index) for index in indexes} == {32}


def test_another_index_key_finds_nobody_and_is_found_out(empty: Registry, data: PersonalData, tmp_path: Path) -> None:
    create_index_key(tmp_path / "other.key")
    other = open_personal_data(empty.master_key_file(), tmp_path / "other.key")
    assert other.index_of(number(SPECIMEN)) != data.index_of(number(SPECIMEN))
    with empty.writing() as db:
        kept(db, data, known(db), SPECIMEN)
        data.check(db)
        with pytest.raises(WrongIndexKey):
            other.check(db)
        with pytest.raises(WrongIndexKey):
            kept(db, other, known(db, "Bo Ek"), COORDINATION)


def test_another_master_key_opens_nothing(empty: Registry, data: PersonalData, tmp_path: Path) -> None:
    create_master_key(tmp_path / "other.key")
    other = open_personal_data(tmp_path / "other.key", empty.index_key_file())
    with empty.writing() as db:
        anna = known(db)
        (row,) = kept(db, data, anna, SPECIMEN)
        assert other.is_sound(db, [row]) == {row.id: False}
        with pytest.raises(SealDoesNotOpen):
            other.seal(db, anna.id, "portrait", b"x", NOW)
        with pytest.raises(SealDoesNotOpen):
            data.keep(db, [Given(known(db, "Bo").id, other.take(number(COORDINATION)))], NOW, ACTOR)


@pytest.mark.parametrize(
    "swap",
    [
        pytest.param("sealed", id="the ciphertexts of two people"),
        pytest.param("blind_index", id="the indexes of two people"),
        pytest.param("person_id", id="the people"),
        pytest.param("kind", id="the kinds"),
        pytest.param("id", id="the ids"),
    ],
)
def test_rows_that_were_swapped_do_not_open(empty: Registry, data: PersonalData, swap: str) -> None:
    with empty.writing() as db:
        (one,) = kept(db, data, known(db), SPECIMEN)
        (other,) = kept(db, data, known(db, "Bo Ek"), COORDINATION)
        assert set(data.is_sound(db, [one, other]).values()) == {True}
        its, others = getattr(one, swap), getattr(other, swap)
        db.expunge_all()
        setattr(one, swap, others)
        setattr(other, swap, its)
        assert set(data.is_sound(db, [one, other]).values()) == {False}


def test_the_two_numbers_of_one_person_do_not_change_places(empty: Registry, data: PersonalData) -> None:
    with empty.writing() as db:
        one, other = kept(db, data, known(db), SPECIMEN, COORDINATION)
        db.expunge_all()
        one.sealed, other.sealed = other.sealed, one.sealed
        assert set(data.is_sound(db, [one, other]).values()) == {False}


def test_keys_that_were_swapped_open_nothing(empty: Registry, data: PersonalData) -> None:
    with empty.writing() as db:
        anna, bo = known(db), known(db, "Bo Ek")
        rows = [*kept(db, data, anna, SPECIMEN), *kept(db, data, bo, COORDINATION)]
        wrapped = dict(db.connection().execute(text("SELECT person_id, wrapped FROM person_key")).all())
        (one, its), (other, others) = wrapped.items()
        for person, key in ((one, others), (other, its)):
            db.connection().execute(
                text("UPDATE person_key SET wrapped = :key WHERE person_id = :person"), {"key": key, "person": person}
            )
        assert set(data.is_sound(db, rows).values()) == {False}


def test_what_is_sealed_opens_for_its_person_and_field_alone(empty: Registry, data: PersonalData) -> None:
    with empty.writing() as db:
        anna, bo = known(db), known(db, "Bo Ek")
        sealed = data.seal(db, anna.id, "portrait", b"a face", NOW)
        data.seal(db, bo.id, "portrait", b"another", NOW)
        assert data.open(db, anna.id, "portrait", sealed) == b"a face"
        for person, field, value in (
            (bo.id, "portrait", sealed),
            (anna.id, "photo", sealed),
            (anna.id, "portrait", sealed[:-1] + bytes([sealed[-1] ^ 1])),
            (anna.id, "portrait", b""),
            (known(db, "Cia").id, "portrait", sealed),
        ):
            with pytest.raises(SealDoesNotOpen):
                data.open(db, person, field, value)


def test_forgetting_destroys_the_key_and_what_finds_the_person(empty: Registry, data: PersonalData) -> None:
    with empty.writing() as db:
        anna, bo = known(db), known(db, "Bo Ek")
        kept(db, data, anna, SPECIMEN, COORDINATION)
        (other,) = kept(db, data, bo, swedish(date(1990, 1, 1), 123))
        sealed = data.seal(db, anna.id, "portrait", b"a face", NOW)
        assert data.forget(db, anna.id) == 2
        assert not owners_of(db, [data.index_of(number(SPECIMEN)), data.index_of(number(COORDINATION))])
        with pytest.raises(SealDoesNotOpen):
            data.open(db, anna.id, "portrait", sealed)
        assert data.is_sound(db, [other]) == {other.id: True}
        # A new key opens nothing old.
        data.seal(db, anna.id, "portrait", b"a new face", NOW)
        with pytest.raises(SealDoesNotOpen):
            data.open(db, anna.id, "portrait", sealed)


def test_a_number_is_one_persons_at_a_time(empty: Registry, data: PersonalData) -> None:
    with empty.writing() as db:
        (row,) = kept(db, data, known(db), SPECIMEN)
        end_identifier(db, row, "mistyped", NOW, ACTOR)
        bo = known(db, "Bo Ek")
        kept(db, data, bo, SPECIMEN)
        assert [each.person for each in owners_of(db, [row.blind_index]).values()] == [bo.id]
    with pytest.raises(IntegrityError), empty.writing() as db:
        kept(db, data, known(db, "Cia"), SPECIMEN)


@pytest.mark.parametrize("provisional_first", [True, False])
def test_a_provisional_number_is_replaced_and_still_finds_the_person(
    empty: Registry, data: PersonalData, provisional_first: bool
) -> None:
    lasting = swedish(date(1970, 10, 3), 239)
    with empty.writing() as db:
        anna = known(db)
        for typed in sorted((COORDINATION, lasting), key=lambda typed: (typed == lasting) is provisional_first):
            kept(db, data, anna, typed)
        by_kind = {row.kind: row for row in identifiers_of(db, [anna.id])[anna.id]}
        assert by_kind["samordningsnummer"].replaced_by == by_kind["personnummer"].id
        assert by_kind["personnummer"].replaced_by is None
        assert owners_of(db, [data.index_of(number(COORDINATION))])


def test_what_is_on_its_way_shows_nothing_and_opens_once_it_is_there(empty: Registry, data: PersonalData) -> None:
    taken = data.take(number(SPECIMEN))
    assert "1212" not in f"{taken} {taken!r} {vars(taken)}"
    assert data.take(number(SPECIMEN)).sealed != taken.sealed
    with empty.writing() as db:
        for wrong in (
            SealedNumber(taken.kind, taken.country, data.index_of(number(COORDINATION)).hex(), taken.sealed),
            SealedNumber("samordningsnummer", taken.country, taken.index, taken.sealed),
            SealedNumber(taken.kind, taken.country, taken.index, "AAAA"),
            SealedNumber(taken.kind, taken.country, taken.index, "not base64"),
        ):
            with pytest.raises(SealDoesNotOpen):
                data.keep(db, [Given(known(db).id, wrong)], NOW, ACTOR)
        kept(db, data, known(db), SPECIMEN)


HASHES: dict[str, Callable[[bytes], bytes]] = {
    name: (lambda value, name=name: hashlib.new(name, value).digest())
    for name in ("md5", "sha1", "sha224", "sha256", "sha512", "sha3_256", "blake2b", "blake2s")
}


def test_a_stolen_database_tells_no_number(empty: Registry, data: PersonalData) -> None:
    numbers = [swedish(date(1950, 1, 1) + timedelta(days=97 * n), 100 + n % 800) for n in range(200)]
    with empty.writing() as db:
        people = [known(db, f"Person {n}") for n in range(len(numbers))]
        given = [Given(each.id, data.take(number(typed))) for each, typed in zip(people, numbers, strict=True)]
        data.keep(db, given, NOW, ACTOR)
    stolen = everything_stored(empty)
    assert len(stolen) > 200 * 60
    # What is looked for is found where it lies in clear: names do.
    assert b"Person 17" in stolen
    found = set()
    for typed in numbers:
        for form in (typed, typed[2:], f"{typed[:8]}-{typed[8:]}", f"{typed[2:8]}-{typed[8:]}"):
            plain = form.encode()
            looks = {plain, plain[::-1], form.encode("utf-16-le"), int(typed).to_bytes(8, "big")}
            for digest in HASHES.values():
                looks |= {digest(plain), digest(plain).hex().encode()}
            found |= {form for look in looks if look in stolen}
    assert not found


def test_the_key_files_are_asked_for_what_they_are(empty: Registry, data: PersonalData, tmp_path: Path) -> None:
    master, index = empty.master_key_file(), empty.index_key_file()
    assert index.stat().st_mode & 0o777 == 0o600
    assert index.read_bytes() != master.read_bytes()
    assert data is not None
    with pytest.raises(IndexKeyExists):
        create_index_key(index)
    with pytest.raises(NoIndexKey, match="bevis key index"):
        open_personal_data(master, tmp_path / "none")
    with pytest.raises(NoMasterKey):
        open_personal_data(tmp_path / "none", index)
    (tmp_path / "short").write_bytes(b"short")
    (tmp_path / "short").chmod(0o600)
    with pytest.raises(WrongIndexKey):
        open_personal_data(master, tmp_path / "short")
    index.chmod(0o640)
    with pytest.raises(NoIndexKey, match="chmod"):
        open_personal_data(master, index)
