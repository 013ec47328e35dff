"""National numbers on a class list: taken where the scheme takes them, sealed at once, and repeated nowhere."""

import io
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
import xlsxwriter
from stdnum import luhn
from stdnum.no import fodselsnummer

from levels.rulebook import edition_on
from registry.issuing.lists.roster import read_roster
from registry.issuing.lists.roster_numbers import Numbers
from registry.issuing.lists.roster_row import Roster
from registry.reading.national_id import NationalNumber, SealedNumber

TODAY = date(2026, 3, 13)
METHODS = edition_on(TODAY).methods
BORN = date(1990, 5, 17)


def swedish(serial: int = 123, born: date = BORN) -> str:
    ten = f"{born:%y%m%d}{serial:03}"
    return f"{born.year // 100}{ten}{luhn.calc_check_digit(ten)}"


def norwegian(ddmmyy: str) -> str:
    for individual in range(100, 400):
        number = f"{ddmmyy}{individual}"
        number += fodselsnummer.calc_check_digit1(number)
        number += fodselsnummer.calc_check_digit2(number)
        if len(number) == 11:
            return number
    raise AssertionError(ddmmyy)


class Seal:
    """Remembers what was sealed; a number's index is its place."""

    def __init__(self) -> None:
        self.sealed: list[NationalNumber] = []

    def __call__(self, number: NationalNumber) -> SealedNumber:
        if number not in self.sealed:
            self.sealed.append(number)
        return SealedNumber(number.kind, number.country, f"{self.sealed.index(number):02x}", "sealed")


@pytest.fixture
def seal() -> Seal:
    return Seal()


@pytest.fixture
def read(seal: Seal) -> Callable[..., Roster]:
    def run(data: bytes | str, **more: Any) -> Roster:
        numbers = Numbers(seal, TODAY, **more)
        said = data.encode() if isinstance(data, str) else data
        return read_roster(said, methods=METHODS, on=TODAY, numbers=numbers)

    return run


Read = Callable[..., Roster]


@pytest.mark.parametrize(
    ("header", "cell", "kind", "born"),
    [
        pytest.param("personnummer", swedish(), "personnummer", BORN, id="twelve digits"),
        pytest.param("Personnr", f"{swedish()[2:8]}-{swedish()[8:]}", "personnummer", BORN, id="ten and a dash"),
        pytest.param("pnr", f" {swedish()[:8]} {swedish()[8:]} ", "personnummer", BORN, id="spaces"),
        pytest.param("personnummer", f"{swedish()}.0", "personnummer", BORN, id="a float"),
        pytest.param("samordningsnummer", "701063-2391", "samordningsnummer", date(1970, 10, 3), id="coordination"),
        pytest.param("national id", "47906701517", "d_number", date(1967, 10, 7), id="a D-number"),
        pytest.param("fødselsnummer", norwegian("010190"), "fodselsnummer", date(1990, 1, 1), id="Norwegian"),
        pytest.param("fnr", norwegian("010190")[1:], "fodselsnummer", date(1990, 1, 1), id="without its zero"),
        pytest.param("passnummer", "PL AB1234567", "passport", None, id="a passport"),
    ],
)
def test_what_is_taken(read: Read, seal: Seal, header: str, cell: str, kind: str, born: date | None) -> None:
    roster = read(f"namn;{header}\nAnna Berg;{cell}\nBo Ek;\n", synthetic_too=True)
    assert not roster.faults
    (anna, bo) = roster.rows
    assert [(each.kind, each.sealed) for each in anna.numbers] == [(kind, "sealed")]
    assert (anna.birth_date, bo.numbers, bo.birth_date) == (born, (), None)
    assert [number.kind for number in seal.sealed] == [kind]
    assert cell.strip()[-6:] not in str(roster)


def test_a_workbook_with_numbers_typed_as_numbers(read: Read) -> None:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["Namn", "Personnummer", "Födelsedatum"])
        sheet.write_row(1, 0, ["Anna Berg", int(swedish())])
        sheet.write_row(2, 0, ["Bo Ek", int(swedish(124)[2:])])
        sheet.write_row(3, 0, ["Cia Dahl", swedish(125), "1990-05-17"])
    roster = read(out.getvalue())
    assert not roster.faults
    assert [(len(row.numbers), row.birth_date) for row in roster.rows] == [(1, BORN)] * 3


@pytest.mark.parametrize(
    ("cell", "born", "code", "column"),
    [
        pytest.param("see his card", "", "number_form", "national_number", id="no number"),
        pytest.param(f"{int(swedish()) + 1}", "", "number_check_digit", "national_number", id="mistyped"),
        pytest.param("503151234", "", "number_length", "national_number", id="a zero lost"),
        pytest.param(swedish(), "1990-05-18", "number_other_birth", "national_number", id="another birth date"),
        pytest.param("15838512329", "", "number_synthetic", "national_number", id="made up for tests"),
        pytest.param(swedish(born=date(2026, 3, 14)), "", "number_in_future", "national_number", id="not born"),
    ],
)
def test_what_is_refused(read: Read, cell: str, born: str, code: str, column: str) -> None:
    roster = read(f"namn;personnummer;födelsedatum\nAnna Berg;{cell};{born}\nBo Ek;;1990-01-01\n")
    assert [(row, [(one.code, one.column, one.value) for one in faults]) for row, faults in roster.faults.items()] == [
        (2, [(code, column, None)])
    ]
    assert [row.name for row in roster.rows] == ["Bo Ek"]
    assert cell not in str(roster)


def test_a_number_outside_its_column_is_refused_as_ever(read: Read) -> None:
    roster = read(f"namn;personnummer;anmärkning\nAnna Berg;;{swedish()}\n")
    assert [one.code for one in roster.faults[2]] == ["national_number"]


def test_a_number_is_one_persons(read: Read) -> None:
    roster = read(f"namn;personnummer\nAnna Berg;{swedish()}\nEva Lind;{swedish()}\nBo Ek;{swedish(124)}\n")
    assert {row: [one.code for one in faults] for row, faults in roster.faults.items()} == {3: ["number_twice"]}


def test_two_of_one_name_and_birth_date_are_two_by_their_numbers(read: Read) -> None:
    roster = read(f"namn;personnummer\nAnna Berg;{swedish()}\nAnna Berg;{swedish(124)}\n")
    assert not roster.faults
    roster = read(f"namn;personnummer;födelsedatum\nAnna Berg;{swedish()};\nAnna Berg;;1990-05-17\n")
    assert list(roster.faults) == [3]


def test_several_numbers_of_one_person(read: Read) -> None:
    roster = read(f"namn;personnummer;passnummer\nAnna Berg;{swedish()};PL 123456\n")
    assert [each.kind for each in roster.rows[0].numbers] == ["personnummer", "passport"]


@pytest.mark.parametrize("header", ["personnummer", "fødselsnummer", "d-nummer", "passnummer", "national id"])
def test_where_the_scheme_takes_none_the_column_is_refused(header: str) -> None:
    roster = read_roster(f"namn;{header}\nAnna Berg;{swedish()}\n".encode(), methods=METHODS, on=TODAY)
    assert [one.code for one in roster.faults[1]] == ["column_national_number"]
    assert not roster.rows
