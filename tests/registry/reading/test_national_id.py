"""National numbers as people type them: what is taken, what is refused and why, and that none is ever shown."""

import copy
import json
import pickle
import re
import string
from dataclasses import asdict, dataclass
from datetime import date
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn
from stdnum.no import fodselsnummer

from registry.reading import national_id
from registry.reading.national_id import BadNumber, Kind, NationalNumber, national_number, state_of, tells_a_person
from registry.reading.wrong import shared_texts

TODAY = date(2026, 3, 13)


def read(text: str, **more: object) -> NationalNumber:
    return national_number(text, **{"on": TODAY, "synthetic_too": True, **more})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("typed", "kind", "digits", "born"),
    [
        # Sweden
        pytest.param("19121212-1212", "personnummer", "191212121212", date(1912, 12, 12), id="the specimen"),
        pytest.param("191212121212", "personnummer", "191212121212", date(1912, 12, 12), id="twelve digits"),
        pytest.param("121212+1212", "personnummer", "191212121212", date(1912, 12, 12), id="plus: a hundred years"),
        pytest.param("121212-1212", "personnummer", "201212121212", date(2012, 12, 12), id="minus: the last such year"),
        pytest.param("1212121212", "personnummer", "201212121212", date(2012, 12, 12), id="no sign is a minus"),
        pytest.param("1912-12-12-1212", "personnummer", "191212121212", date(1912, 12, 12), id="dashes in the date"),
        pytest.param(" 1912 1212 1212 ", "personnummer", "191212121212", date(1912, 12, 12), id="spaces"),
        pytest.param("19121212\u20131212", "personnummer", "191212121212", date(1912, 12, 12), id="a long dash"),
        pytest.param("'191212121212", "personnummer", "191212121212", date(1912, 12, 12), id="kept as text"),
        pytest.param("\u200b１９１２１２１２１２１２", "personnummer", "191212121212", date(1912, 12, 12), id="wide"),
        pytest.param("191212121212.0", "personnummer", "191212121212", date(1912, 12, 12), id="a float"),
        pytest.param("191212121212,00", "personnummer", "191212121212", date(1912, 12, 12), id="a comma float"),
        pytest.param("1.91212121212E+11", "personnummer", "191212121212", date(1912, 12, 12), id="a power"),
        pytest.param("1,91212121212e11", "personnummer", "191212121212", date(1912, 12, 12), id="a power with comma"),
        pytest.param("701063-2391", "samordningsnummer", "197010632391", date(1970, 10, 3), id="Skatteverket's"),
        pytest.param("19701063-2391", "samordningsnummer", "197010632391", date(1970, 10, 3), id="its long form"),
        pytest.param("191500882392", "samordningsnummer", "191500882392", None, id="the month is not known"),
        pytest.param("191503882399", "samordningsnummer", "191503882399", date(1915, 3, 28), id="day 88"),
        # Norway
        pytest.param("15838512329", "fodselsnummer", "15838512329", date(1985, 3, 15), id="valid under both rules"),
        pytest.param("158385 12329", "fodselsnummer", "15838512329", date(1985, 3, 15), id="a space"),
        pytest.param("158385-12329", "fodselsnummer", "15838512329", date(1985, 3, 15), id="a dash"),
        pytest.param("15838512329.0", "fodselsnummer", "15838512329", date(1985, 3, 15), id="eleven as a float"),
        *(
            pytest.param(number, "fodselsnummer", number, None, id=f"2032 only: {number}")
            for number in (
                *("15838512337", "15838512345", "15838512353"),
                *("15838512418", "15838512426", "15838512434"),
            )
        ),
        pytest.param("55838512312", "d_number", "55838512312", date(1985, 3, 15), id="synthetic D"),
        pytest.param("47906701517", "d_number", "47906701517", date(1967, 10, 7), id="Digdir's"),
        pytest.param("15108695088", "fodselsnummer", "15108695088", date(1986, 10, 15), id="stdnum's"),
    ],
)
def test_what_is_taken(typed: str, kind: Kind, digits: str, born: date | None) -> None:
    found = read(typed)
    assert (found.kind, found.reveal(), found.birth_date) == (kind, digits, born)
    assert found.country == ("SE" if "nummer" in kind and kind != "fodselsnummer" else "NO")


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        pytest.param("19121212-1213", "number_check_digit", id="Luhn"),
        pytest.param("701063-2392", "number_check_digit", id="Luhn of a coordination number"),
        pytest.param("15838512320", "number_check_digit", id="second digit"),
        pytest.param("15838512369", "number_check_digit", id="first digit"),
        pytest.param("19121312-1212", "number_not_a_date", id="month 13"),
        pytest.param("20230229-0005", "number_not_a_date", id="no leap year"),
        pytest.param("19121293-1212", "number_not_a_date", id="coordination day 33"),
        pytest.param("19121260-1212", "number_check_digit", id="day not known, but mistyped"),
        pytest.param("31028512329", "number_not_a_date", id="30 February and a day"),
        pytest.param("15158512329", "number_not_a_date", id="Norwegian month 15"),
        pytest.param("15728512329", "number_not_a_date", id="month 72"),
        pytest.param("15438512329", "number_h", id="H"),
        pytest.param("55438512329", "number_h", id="H and D"),
        pytest.param("85038512329", "number_h", id="FH"),
        pytest.param("271212-1212", "number_check_digit", id="1927, by minus"),
        pytest.param("261212-1210", "number_in_future", id="born this December"),
        pytest.param("20301212-1210", "number_in_future", id="a coming year"),
        pytest.param("18901212-1210", "number_too_old", id="another century"),
        pytest.param("121212+121", "number_length", id="a digit short"),
        pytest.param("503151234", "number_length", id="a zero lost"),
        pytest.param("1234", "number_length", id="the last four alone"),
        pytest.param("1912121212123", "number_length", id="a digit too many"),
        pytest.param("1.91212E+11", "number_rounded", id="rounded"),
        pytest.param("2E+11", "number_rounded", id="rounded to one digit"),
        pytest.param("121212-T212", "number_interim", id="interim"),
        pytest.param("19121212-A12B", "number_form", id="letters"),
        pytest.param("556016-0680", "number_of_organisation", id="organisationsnummer"),
        pytest.param("165560160680", "number_of_organisation", id="with 16 before"),
        pytest.param("974760673", "number_of_organisation", id="organisasjonsnummer"),
        pytest.param("556016-0681", "number_not_a_date", id="neither"),
        pytest.param("", "number_form", id="nothing"),
        pytest.param("-", "number_form", id="a dash"),
        pytest.param("passport seen", "number_form", id="words"),
        pytest.param("1" * 10_000, "number_form", id="very long"),
        pytest.param("19121212-1212; 19121212-1212", "number_form", id="two"),
    ],
)
def test_what_is_refused(typed: str, code: str) -> None:
    with pytest.raises(BadNumber) as refused:
        read(typed)
    assert refused.value.code == code
    said = f"{refused.value!r} {refused.value.params}" + str(shared_texts()[code])
    assert not typed.strip("- ") or typed not in said


@pytest.mark.parametrize("number", ["15838512329", "55838512312", "47906701517", "15838512337"])
def test_numbers_made_up_for_tests_are_refused_where_it_is_serious(number: str) -> None:
    assert read(number).synthetic
    with pytest.raises(BadNumber, match="number_synthetic"):
        national_number(number, on=TODAY)


def test_from_2032_a_norwegian_number_does_not_tell_the_century() -> None:
    assert read("15108695088", on=date(2031, 12, 31)).birth_date == date(1986, 10, 15)
    found = read("15108695088", on=date(2032, 1, 1))
    assert found.birth_date is None
    assert found.agrees_with(date(1986, 10, 15))
    assert found.agrees_with(date(2086, 10, 15))
    assert not found.agrees_with(date(1986, 10, 16))


def test_a_zero_that_a_spreadsheet_took_is_put_back_where_a_norwegian_number_is_awaited() -> None:
    whole = next(number for number in (_norwegian("010190", f"{n}") for n in range(100, 200)) if len(number) == 11)
    assert read(whole[1:], country="NO").reveal() == whole
    assert read(whole[1:] + ".0", kind="fodselsnummer").reveal() == whole
    with pytest.raises(BadNumber):
        read(whole[1:])
    with pytest.raises(BadNumber):
        read(whole[1:-1] + str((int(whole[-1]) + 1) % 10), country="NO")


def test_a_kind_that_was_said_must_be_the_one_that_is_found() -> None:
    assert read("701063-2391", kind="samordningsnummer").kind == "samordningsnummer"
    with pytest.raises(BadNumber, match="number_of_other_kind") as refused:
        read("701063-2391", kind="personnummer")
    assert refused.value.params == {"found": "samordningsnummer", "wanted": "personnummer"}


@pytest.mark.parametrize(
    ("born", "agrees"),
    [
        pytest.param(date(1915, 5, 28), True, id="any month"),
        pytest.param(date(1915, 5, 27), False, id="another day"),
        pytest.param(date(1916, 5, 28), False, id="another year"),
    ],
)
def test_a_number_that_does_not_know_the_month_agrees_with_any(born: date, agrees: bool) -> None:
    assert read("191500882392").agrees_with(born) is agrees


@pytest.mark.parametrize(
    ("typed", "kind", "more", "country", "number"),
    [
        pytest.param("PL AB1234567", "passport", {}, "PL", "AB1234567", id="state before"),
        pytest.param("POL:ab 123-4567", "passport", {}, "PL", "AB1234567", id="three letters"),
        pytest.param("D C01X00T47", "passport", {}, "DE", "C01X00T47", id="as a German passport has it"),
        pytest.param("AB1234567", "passport", {"country": "pol"}, "PL", "AB1234567", id="state beside"),
        pytest.param("XXA 1234567", "passport", {}, "XXA", "1234567", id="stateless"),
        pytest.param("DK 010190-1234", "foreign_id", {}, "DK", "0101901234", id="a Danish number"),
    ],
)
def test_passports_and_numbers_of_other_states(
    typed: str, kind: Kind, more: dict[str, str], country: str, number: str
) -> None:
    found = read(typed, kind=kind, **more)
    assert (found.kind, found.country, found.reveal(), found.birth_date) == (kind, country, number, None)
    assert found.agrees_with(date(1990, 1, 1))


@pytest.mark.parametrize(
    ("typed", "kind", "code"),
    [
        pytest.param("AB1234567", "passport", "number_state_missing", id="no state"),
        pytest.param("QQ AB1234567", "passport", "number_state_unknown", id="no such state"),
        pytest.param("PL ÄÖ?", "passport", "number_document_form", id="other signs"),
        pytest.param("PL passport", "passport", "number_document_form", id="a word"),
        pytest.param("SE 19121212-1212", "passport", "number_not_a_passport", id="a personnummer"),
        pytest.param("NO 15838512329", "passport", "number_not_a_passport", id="a fødselsnummer"),
        pytest.param("SE 1234", "foreign_id", "number_foreign_nordic", id="not foreign"),
    ],
)
def test_what_is_no_passport(typed: str, kind: Kind, code: str) -> None:
    with pytest.raises(BadNumber) as refused:
        read(typed, kind=kind)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("number", "personal"),
    [
        pytest.param("556016-0680", False, id="a company"),
        pytest.param("165560160680", False, id="with 16 before"),
        pytest.param("19121212-1212", True, id="a sole trader"),
        pytest.param("701063-2391", True, id="a sole trader with a coordination number"),
        pytest.param("121212-1213", True, id="mistyped"),
        pytest.param("974760673", False, id="a Norwegian organisation"),
    ],
)
def test_a_sole_traders_number_is_a_persons(number: str, personal: bool) -> None:
    assert tells_a_person(number) is personal


def test_it_prints_as_stars_wherever_it_goes() -> None:
    @dataclass(frozen=True)
    class Row:
        number: NationalNumber

    number = read("19121212-1212")
    row = Row(number)
    shown = [str(number), repr(number), f"{number}", f"{number:>20}", "%s" % number, repr(row), str(asdict(row))]  # noqa: UP031
    shown += [repr([number]), json.dumps(number, default=str), str(vars(row)), "{}".format(number)]  # noqa: UP032
    assert not [text for text in shown if "1212" in text]
    assert repr(number) == "****"
    with pytest.raises(TypeError):
        pickle.dumps(number)
    assert copy.copy(number) is number


def test_two_that_are_the_same_are_equal() -> None:
    assert read("121212+1212") == read("191212121212")
    assert hash(read("121212+1212")) == hash(read("191212121212"))
    assert read("121212+1212") != read("121212-1212")
    assert read("PL 1234567", kind="passport") != read("PL 1234567", kind="foreign_id")
    assert read("121212+1212") != "191212121212"


def test_every_state_is_known_by_two_letters_and_three() -> None:
    listed = (files("tzdata") / "zoneinfo" / "iso3166.tab").read_text(encoding="utf-8")
    two = {line.split("\t")[0] for line in listed.splitlines() if not line.startswith("#")}
    assert {state_of(code) for code in two} == two
    assert state_of("nor") == "NO"


def test_all_that_can_be_wrong_has_its_sentence_in_all_languages() -> None:
    used = set(re.findall(r'"(number_[a-z_]+)"', Path(national_id.__file__).read_text(encoding="utf-8")))
    texts = {code: said for code, said in shared_texts().items() if code.startswith("number_")}
    assert used == set(texts)
    for said in texts.values():
        assert set(said) == {"sv", "nb", "en"}
        fields = {name for text in said.values() for _, name, _, _ in string.Formatter().parse(text) if name}
        assert fields <= {"found", "wanted"}


def _norwegian(ddmmyy: str, individual: str) -> str:
    number = ddmmyy + individual
    number += fodselsnummer.calc_check_digit1(number)
    return number + fodselsnummer.calc_check_digit2(number)


@given(born=st.dates(date(1900, 1, 1), TODAY), serial=st.integers(1, 999), shift=st.sampled_from([0, 60]))
def test_every_swedish_number_is_read_back_however_it_is_written(born: date, serial: int, shift: int) -> None:
    ten = f"{born:%y%m}{born.day + shift:02}{serial:03}"
    ten += luhn.calc_check_digit(ten)
    sign = "+" if TODAY.year - born.year >= 100 else "-"
    long = f"{born.year // 100}{ten}"
    for typed in (long, f"{long[:8]}-{long[8:]}", f"{ten[:6]}{sign}{ten[6:]}"):
        found = read(typed)
        assert (found.reveal(), found.birth_date) == (long, born)


@given(
    born=st.dates(date(1940, 1, 1), TODAY),
    serial=st.integers(0, 499),
    day=st.sampled_from([0, 40]),
    month=st.sampled_from([0, 80]),
)
def test_every_norwegian_number_is_read_back(born: date, serial: int, day: int, month: int) -> None:
    individual = serial if born.year < 2000 else serial + 500
    number = _norwegian(f"{born.day + day:02}{born.month + month:02}{born:%y}", f"{individual:03}")
    if len(number) != 11:  # a check digit would be 10: not given
        return
    found = read(number)
    assert (found.kind, found.birth_date) == ("d_number" if day else "fodselsnummer", born)
    assert found.synthetic is bool(month)


@given(text=st.text(max_size=30) | st.text("0123456789-+ .E,", max_size=16))
def test_nothing_that_is_typed_makes_it_fail_otherwise(text: str) -> None:
    for kind in (None, "passport", "foreign_id", "d_number"):
        try:
            read(text, kind=kind)
        except BadNumber as bad:
            assert bad.code in shared_texts()  # noqa: PT017 it may also be a number


@given(at=st.integers(0, 11), digit=st.integers(0, 9))
def test_one_wrong_digit_of_a_swedish_number_is_never_taken_for_another_of_that_day(at: int, digit: int) -> None:
    right = "191212121212"
    typed = right[:at] + str(digit) + right[at + 1 :]
    try:
        found = read(typed)
    except BadNumber:
        return
    assert typed == right or found.reveal()[:2] != right[:2]  # the check digit knows nothing of the century
