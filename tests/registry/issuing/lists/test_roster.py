"""A class list as people have it: what is read, and one clear fault for each thing that is wrong."""

from collections.abc import Sequence
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from levels.evidence import Evidence
from levels.rulebook import rulebook
from registry.issuing.lists.roster import (
    FACTS,
    MOST_FAULTY_ROWS,
    OF_THE_OCCASION,
    TEMPLATE,
    read_roster,
    template,
)
from registry.issuing.lists.roster_cells import words
from registry.issuing.lists.roster_row import Roster, texts
from registry.reading.national_number import holds_national_number
from registry.records.sittings.occasions import STATABLE_FACTS

METHODS = rulebook("2026-01-01").methods
TODAY = date(2026, 6, 1)


def read(text: str | bytes) -> Roster:
    return read_roster(text.encode() if isinstance(text, str) else text, methods=METHODS, on=TODAY)


def faults(roster: Roster) -> list[tuple[int, str | None, str]]:
    return [(row, fault.column, fault.code) for row, found in roster.faults.items() for fault in found]


FULL = (
    "name,birth_date,email,phone,employer,attended_minutes,passed_all,result_recorded,enrolment_method,portrait,note\r\n"
    "Åsa  Öhman,1990-05-17,asa@example.org,+46 70 123 45 67,norrbygg,2400,yes,no,passport,x,came by train\r\n"
)


def test_a_row_is_read_with_its_types() -> None:
    (row,) = read(FULL).rows
    assert (row.row, row.name, row.birth_date) == (2, "Åsa Öhman", date(1990, 5, 17))
    assert (row.email, row.phone, row.employer, row.note) == (
        "asa@example.org",
        "+46 70 123 45 67",
        "norrbygg",
        "came by train",
    )
    assert row.enrolment_method == "passport"
    assert row.facts == {
        "attended_minutes": 2400,
        "passed_all": True,
        "result_recorded": False,
        "portrait": True,
    }


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(FULL.encode(), id="UTF-8"),
        pytest.param(b"\xef\xbb\xbf" + FULL.encode(), id="UTF-8 with BOM"),
        pytest.param(FULL.encode("cp1252"), id="cp1252"),
        pytest.param(FULL.encode("utf-16"), id="UTF-16 with its mark"),
        pytest.param(FULL.replace(",", "\t").encode("utf-16"), id="Excel's Unicode text"),
        pytest.param(FULL.replace(",", ";").encode(), id="semicolon"),
        pytest.param(FULL.replace(",", "\t").encode(), id="tab"),
        pytest.param(FULL.replace("\r\n", "\n").encode(), id="line feeds"),
        pytest.param(("sep=;\r\n" + FULL.replace(",", ";")).encode(), id="Excel's own first line"),
        pytest.param(
            FULL.replace("\r\n", ",,\r\n", 1).replace("train\r\n", "train,,\r\n").encode(),
            id="empty columns at the end",
        ),
    ],
)
def test_the_usual_spellings_of_a_file_say_the_same(data: bytes) -> None:
    assert read(data).rows == read(FULL).rows
    assert not read(data).faults


@pytest.mark.parametrize(
    ("header", "cell", "fact", "value"),
    [
        pytest.param("Namn;Närvarominuter", "2 400", "attended_minutes", 2400, id="sv, thousands"),
        pytest.param("NAVN;Oppmøteminutter", "2400,0", "attended_minutes", 2400, id="nb, as a spreadsheet writes it"),
        pytest.param("Full Name;attended  minutes", "0", "attended_minutes", 0, id="en, spaces"),
        pytest.param("namn;godkänd", "JA", "passed_all", True, id="ja"),
        pytest.param("navn;bestått", "nei", "passed_all", False, id="nei"),
        pytest.param("namn;Foto", "nej", "portrait", False, id="nej"),
        pytest.param("name;Holder-apart", "1", "holder_apart", True, id="1"),
        pytest.param("name;examiner_last_taught", "aldrig", "examiner_last_taught", "never", id="never"),
        pytest.param("name;EXAMINER LAST TAUGHT", "24", "examiner_last_taught", 24, id="months"),
        pytest.param("name;exam_supervision", "on site", "exam_supervision", "on_site", id="a scale"),
        pytest.param("name;exam_ida", "2", "exam_ida", 2, id="identity level"),
        pytest.param("name;training_provider", "byggskolan", "training_provider", "byggskolan", id="a party"),
        pytest.param("name;enrolment_method", "id06:pin", "enrolment_ida", 2, id="a native level"),
        pytest.param("name;id-kontroll", "samordningsnummer:styrkt", "enrolment_ida", 2, id="number quality"),
    ],
)
def test_headers_and_words_in_three_languages(header: str, cell: str, fact: str, value: object) -> None:
    roster = read(f"{header}\nKari Nordby;{cell}\n")
    assert not roster.faults
    assert roster.rows[0].facts[fact] == value


@pytest.mark.parametrize(
    ("written", "day"),
    [("1990-05-17", date(1990, 5, 17)), ("17.5.1990", date(1990, 5, 17)), ("19900517", date(1990, 5, 17))],
)
def test_birth_dates_that_cannot_be_misread(written: str, day: date) -> None:
    assert read(f"name,born\nKari Nordby,{written}".replace("born", "birth_date")).rows[0].birth_date == day


@pytest.mark.parametrize(
    ("data", "row", "code"),
    [
        pytest.param(b"", 0, "empty_file", id="empty"),
        pytest.param(b" \r\n \n", 0, "empty_file", id="only blanks"),
        pytest.param(b"\xef\xbb\xbf", 0, "empty_file", id="only a BOM"),
        pytest.param(b"name\n" + b"x" * (10 * 1024 * 1024), 0, "file_too_large", id="over 10 MiB"),
        pytest.param(b"PK\x03\x04rest of a workbook", 0, "workbook_damaged", id="xlsx"),
        pytest.param(b"\xd0\xcf\x11\xe0old workbook", 0, "workbook_of_other_format", id="xls"),
        pytest.param(FULL.encode("utf-16-le"), 0, "utf16", id="UTF-16 without"),
        pytest.param(b"name\nAnna\x00Berg\n" + b"Bo Ek\n" * 40, 0, "not_text", id="a zero byte"),
        pytest.param(b"\x89\x81\x8d\x8f\x90", 0, "not_text", id="neither UTF-8 nor cp1252"),
        pytest.param(b"name\nAnna\x1b[31mBerg\n", 0, "not_text", id="terminal sequences"),
        pytest.param(b'name,note\nAnna Berg,"open\n', 0, "broken_quotes", id="a quote never closed"),
        pytest.param(b'name,note\nAnna Berg,"a"b\n', 0, "broken_quotes", id="text after a closed quote"),
        pytest.param(b"name,note\nAnna Berg," + b"x" * 200_000, 0, "cell_too_long", id="a cell as long as a book"),
        pytest.param(b'name,note\n"B, A","' + b"x" * 200_000 + b'"', 0, "cell_too_long", id="the same in quotes"),
        pytest.param(b'name,note\nA B,"x' + b"x\n" * 90_000 + b",y", 0, "broken_quotes", id="a quote that runs on"),
        pytest.param(b"name\n", 0, "no_rows", id="only headers"),
        pytest.param(b"name," + b",".join(b"c%d" % n for n in range(70)) + b"\n", 0, "too_many_columns", id="columns"),
        pytest.param(b"name\n" + b"Bo Ek\n" * 50_001, 0, "too_many_rows", id="rows"),
        pytest.param(b"birth_date\n1990-05-17\n", 1, "column_missing", id="no name column"),
        pytest.param(b"name,portrat\nAnna Berg,yes\n", 1, "column_unknown_near", id="misspelt"),
        pytest.param(b"name,shoe size\nAnna Berg,42\n", 1, "column_unknown", id="unknown"),
        pytest.param(b"name,namn\nAnna Berg,Anna Berg\n", 1, "column_twice", id="twice, in two languages"),
        pytest.param(b"name,issuer\nAnna Berg,provhuset\n", 1, "column_of_occasion", id="who issues"),
        pytest.param(b"name,decided_on\nAnna Berg,2026-01-01\n", 1, "column_of_occasion", id="when it was decided"),
        pytest.param(b"name,Accredited\nAnna Berg,yes\n", 1, "column_of_records", id="a declaration"),
        pytest.param(b"name,validity_months\nAnna Berg,60\n", 1, "column_of_records", id="a fact of the scheme"),
        pytest.param(b"name,,portrait\nAnna Berg,what,yes\n", 1, "column_without_name", id="content without header"),
        pytest.param(b"Anna Berg,19900517-1234\nBo Ek,x\n", 1, "national_number", id="a number where headers belong"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_whole(data: bytes, row: int, code: str) -> None:
    roster = read(data)
    assert (row, code) in {(at, fault) for at, _, fault in faults(roster)}
    assert roster.rows == ()


@pytest.mark.parametrize(
    ("header", "line", "column", "code"),
    [
        pytest.param("name,birth_date", "Anna Berg,1992-02-30", "birth_date", "impossible_date", id="30 February"),
        pytest.param("name,birth_date", "Anna Berg,1992-13-01", "birth_date", "impossible_date", id="month 13"),
        pytest.param("name,birth_date", "Anna Berg,0000-01-01", "birth_date", "impossible_date", id="year 0"),
        pytest.param("name,birth_date", "Anna Berg,05/17/1990", "birth_date", "not_a_date", id="slashes"),
        pytest.param("name,birth_date", "Anna Berg,17.5.90", "birth_date", "two_digit_year", id="two-digit year"),
        pytest.param("name,birth_date", "Anna Berg,in May", "birth_date", "not_a_date", id="words"),
        pytest.param("name,birth_date", "Anna Berg,1890-01-01", "birth_date", "date_out_of_range", id="too long ago"),
        pytest.param("name,birth_date", "Anna Berg,2031-01-01", "birth_date", "date_out_of_range", id="not born yet"),
        pytest.param("name,minutes", "Anna Berg,40 hours", "attended_minutes", "not_a_whole_number", id="a unit"),
        pytest.param("name,minutes", "Anna Berg,12.5", "attended_minutes", "not_a_whole_number", id="half a minute"),
        pytest.param("name,minutes", "Anna Berg,1e3", "attended_minutes", "not_a_whole_number", id="an exponent"),
        pytest.param("name,minutes", "Anna Berg,٤٨٠", "attended_minutes", "not_a_whole_number", id="other digits"),
        pytest.param("name,minutes", "Anna Berg,-5", "attended_minutes", "negative", id="below zero"),
        pytest.param("name,minutes", "Anna Berg,1000001", "attended_minutes", "out_of_range", id="too many minutes"),
        pytest.param("name,exam_ida", "Anna Berg,4", "exam_ida", "out_of_range", id="no such identity level"),
        pytest.param("name,passed", "Anna Berg,perhaps", "passed_all", "not_yes_or_no", id="perhaps"),
        pytest.param("name,portrait", "Anna Berg,2", "portrait", "not_yes_or_no", id="2 is no yes"),
        pytest.param("name,id check", "Anna Berg,pasport", "enrolment_method", "unknown_identity_check", id="misspelt"),
        pytest.param(
            "name,id check", "Anna Berg,hunch", "enrolment_method", "unknown_identity_check", id="unknown method"
        ),
        pytest.param("name,id check", "Anna Berg,id06:gold", "enrolment_method", "unknown_word", id="made-up level"),
        pytest.param("name,exam_face", "Anna Berg,protrait", "exam_face", "unknown_word_near", id="scale misspelt"),
        pytest.param(
            "name,examiner_last_taught", "Anna Berg,once", "examiner_last_taught", "not_a_whole_number", id="."
        ),
        pytest.param("name,email", "Anna Berg,anna at example", "email", "not_an_email", id="no address"),
        pytest.param("name,phone", "Anna Berg,call me", "phone", "not_a_phone", id="no telephone number"),
        pytest.param("name,register_keeper", "Anna Berg,Register AB", "register_keeper", "not_an_id", id="no id"),
        pytest.param("name,portrait", ",yes", "name", "name_missing", id="no name"),
        pytest.param("name,portrait", "12,yes", "name", "name_without_letters", id="a number for a name"),
        pytest.param("name,portrait", "Anna\u202eBerg,yes", "name", "unprintable", id="right-to-left override"),
        pytest.param("name,portrait", "Anna\u200bBerg,yes", "name", "unprintable", id="zero width space"),
        *(
            pytest.param("name,portrait", f"Anna{sign} Berg,yes", "name", "unprintable", id=f"U+{ord(sign):04X}")
            for sign in "\u034f\u3164\u115f\u1160\uffa0\u2800\ufe0f\u180b\U000e0100"
        ),
        pytest.param("name,employer", "Anna Berg,Norr\u3164bygg", "employer", "unprintable", id="not only in names"),
        pytest.param("name,portrait", "Anna Berg 2400,yes", "name", "name_with_digits", id="four digits"),
        pytest.param("name,portrait", "Anna Berg ٢٤٠٠,yes", "name", "name_with_digits", id="four Arabic digits"),
        pytest.param("name,portrait", "Ann\u0430 Berg,yes", "name", "name_of_two_alphabets", id="a Cyrillic a"),
        pytest.param("name,portrait", "\u0410\u0338nna Berg,yes", "name", "name_of_two_alphabets", id="under a mark"),
        pytest.param("name,portrait", "Ann\u03bf Berg,yes", "name", "name_of_two_alphabets", id="a Greek o"),
        pytest.param("name,portrait", "Анн\uff41 Берг,yes", "name", "name_of_two_alphabets", id="a full-width Latin a"),
        pytest.param("name,portrait", '"Anna\nBerg",yes', "name", "unprintable", id="a line break in a name"),
        pytest.param("name,portrait", "Ã…sa Berg,yes", "name", "garbled", id="UTF-8 read as cp1252"),
        pytest.param("name,portrait", "\ufffdsa Berg,yes", "name", "garbled", id="replacement character"),
        pytest.param("name,portrait", "A" * 201 + ",yes", "name", "too_long", id="a name of 201 letters"),
        pytest.param("name,note", "Anna Berg," + "x" * 1001, "note", "too_long", id="a long note"),
        pytest.param("name,portrait", "Anna Berg,yes,more", None, "too_many_cells", id="a cell too many"),
        pytest.param("name,portrait", "Anna Berg", None, "too_few_cells", id="a cell too few"),
    ],
)
def test_a_cell_that_is_wrong_is_named_by_row_and_column(header: str, line: str, column: str, code: str) -> None:
    roster = read(f"{header}\nKari Nordby{',' * header.count(',')}\n{line}\n")
    assert faults(roster) == [(3, column, code)]
    assert [row.name for row in roster.rows] == ["Kari Nordby"]


NATIONAL_NUMBERS = [
    "19121212-1212",
    "191212121212",
    "121212-1212",
    "1212121212",
    "701063-2391",
    "15838512329",
    "158385 12329",
    "55838512312",
    "010190-1234",
    "131052-308T",
]
# None of these is a telephone number as it stands.
WITH_THE_DATE_APART = [
    "1990-01-01-1234",
    "1990-01-01 1234",
    "1990.01.01-1234",
    "1990 01 01 1234",
    "1990-1-1-1234",
    "17.5.1990 1234",
    "01.01.1990 12345",
    "900101/1234",
    "900101.1234",
    "900101 - 1234",
    "900101  1234",
    "900101+1234",
    "900101:1234",
    "900101 (1234)",
    "900101_1234",
    "900101-12 34",
    "90 01 01-1234",
    "90-01-01-2012",
    "900161-1234",
    "01 01 90 12345",
    "01.01.90 12345",
    "010190.12345",
    "010190 123 45",
    "01.01.55-1234",
    "19900101 12345",
    *(f"900101{dash}1234" for dash in "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"),
    "１９９００１０１－１２３４",
    "٩٠٠١٠١-١٢٣٤",
    "9\u200b00101-1234",
    "900\u115f101-1234",
    "131052 - 308t",
]
IN_DIGITS_ONLY = [
    "9001011234",
    "199001011234",
    "0199001011234",
    "41019012345",
    "9 001 011 234",
    "90 01 01 12 34",
    "1.99001011234E+11",
    "1,99001011234E+11",
    "1.9900101123E+11",
    "9.001011234 x 10^9",
    "199001011234.0",
]
TELEPHONE_NUMBERS = [
    "+46 70 123 45 67",
    "+46701234567",
    "+46 (0)70 123 45 67",
    "0046 70 123 45 67",
    "0701234567",
    "0701-23 45 67",
    "070-123 45 67",
    "(070) 123 45 67",
    "08-123 456 78",
    "08-12 12 12 34",
    "070123 4567",
    "+47 412 34 567",
    "+47 912 34 567",
    "+45 12 12 12 12",
    "+354 812 1212",
    "+44 7911 123456",
    "91234567",
    "98765432",
    "412 34 567",
]


@pytest.mark.parametrize("number", NATIONAL_NUMBERS)
@pytest.mark.parametrize("column", ["name", "birth_date", "email", "employer", "attended_minutes", "note", "phone"])
def test_a_national_number_is_refused_anywhere_and_never_repeated(number: str, column: str) -> None:
    header = "name" if column == "name" else f"name,{column}"
    line = f"Anna {number}" if column == "name" else f"Anna Berg,{number}"
    roster = read(f"{header}\n{line}\n")
    assert faults(roster) == [(2, column, "national_number")]
    assert number not in str(roster)


@pytest.mark.parametrize("number", WITH_THE_DATE_APART)
@pytest.mark.parametrize("column", ["name", "birth_date", "employer", "note", "phone"])
def test_however_it_is_spelt(number: str, column: str) -> None:
    header = "name" if column == "name" else f"name,{column}"
    line = f"Anna {number}" if column == "name" else f"Anna Berg,{number}"
    roster = read(f"{header}\n{line}\n")
    assert faults(roster) == [(2, column, "national_number")]
    assert roster.faults[2][0].value is None
    assert number not in str(roster)


@pytest.mark.parametrize("number", IN_DIGITS_ONLY)
@pytest.mark.parametrize("column", ["name", "birth_date", "employer", "note"])
def test_the_digits_alone_are_enough(number: str, column: str) -> None:
    cell = number if column == "birth_date" else f'"see {number}, he said"'
    header, line = ("name", cell) if column == "name" else (f"name;{column}", f"Anna Berg;{cell}")
    assert faults(read(f"{header};portrait\n{line};\n")) == [(2, column, "national_number")]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("ring 070-123 45 67 eller 900101-1234", id="after a telephone number"),
        pytest.param("900101-1234, 0701234567", id="before one"),
        pytest.param("pnr900101-1234x", id="between letters"),
        pytest.param("+46 70 123 45 67 19900101-1234", id="after a country code"),
        pytest.param("2026-11-02 08:00-16:00 900101-1234", id="after a date and times"),
        pytest.param("född\n19900101\n1234", id="over two lines"),
    ],
)
def test_a_national_number_among_other_numbers(text: str) -> None:
    assert holds_national_number(text)
    assert holds_national_number(text, phone=True)


@pytest.mark.parametrize("text", TELEPHONE_NUMBERS)
def test_a_telephone_number_is_no_national_number(text: str) -> None:
    assert not holds_national_number(text, phone=True)
    assert not read(f"name;phone\nAnna Berg;{text}\n").faults


@pytest.mark.parametrize("text", ["8112289874", "811228-9874", "070123-4567", "15838512329"])
def test_what_could_be_either_is_a_national_number_if_its_checks_hold_or_its_date_stands_apart(text: str) -> None:
    assert holds_national_number(text, phone=True)


@pytest.mark.parametrize("text", ["8112289875", "15838512328"])
def test_and_else_a_telephone_number(text: str) -> None:
    assert not holds_national_number(text, phone=True)
    assert holds_national_number(text)


@pytest.mark.parametrize(
    "text",
    [
        "556016-0680",
        "SE556016068001",
        "974760673",
        "2400",
        "480 min",
        "8 h 30 min",
        "1990-05-17",
        "17.05.1990",
        "1985-05-17 480 min",
        "02.11.2026 45 min",
        "2.11.2026 480 min",
        "order 20260115",
        "order 4500123456",
        "GTIN 7312345678903",
        "2026-11-02 kl 08:00-16:00",
        "2026-11-02 08.00",
        "2026-11-02 08.00-16.00",
        "02.11.26 08.00",
        "2005-05-17 00:00:00",
        "09.10-12.00 30 min",
        "10:10-12:30 10 min",
        "2026-11-02 2026-11-03",
        "2026-11-02 - 2026-11-03",
        "2026-11-02/2026-11-03",
        "2026-11-02, 2026-11-03 och 2026-11-04",
        "2026-11-02\n2026-11-03",
        "02.11.2026-03.11.2026",
        "10.-12.11.2026",
        "01.11-02.11.2026",
        "10-12/11 2026",
        "20261102-20261103",
        "191102-191103",
        "ring 070-123 45 67",
        "+46 70 123 45 67",
        "+47 412 34 567",
        "08-121 456 78",
    ],
)
def test_other_numbers_are_no_national_numbers(text: str) -> None:
    assert not holds_national_number(text)
    quoted = text.replace('"', '""')
    assert not read(f'name;note\nAnna Berg;"{quoted}"\n').faults


@pytest.mark.parametrize(
    ("data", "code"),
    [
        pytest.param("name,phone\nAnna Berg,call 9001011234\n", "not_a_phone", id="a telephone cell"),
        pytest.param("name,phone\nAnna Berg,1.99001011234E+11\n", "not_a_phone", id="as a spreadsheet writes it"),
        pytest.param("name,birth_date\nAnna Berg,1990-13-45-6789\n", "not_a_date", id="a date that is none, and more"),
        pytest.param("name,birth_date\nAnna Berg,900101-123\n", "not_a_date", id="nine digits"),
        pytest.param("name,1990-01-01 1234\nAnna Berg,x\n", "national_number", id="a header"),
    ],
)
def test_no_fault_repeats_what_may_be_a_national_number(data: str, code: str) -> None:
    roster = read(data)
    (found,) = (one for each in roster.faults.values() for one in each)
    assert (found.code, found.value) == (code, None)
    assert not any("1234" in part or "6789" in part for part in found.says.values())


@pytest.mark.parametrize("name", ["Анна Берг", "Anna-Мария Berg", "Άννα Παππά", "Anna Берг", "Li Jr 3", "O’Neill"])
def test_a_name_in_another_alphabet_is_a_name(name: str) -> None:
    assert [row.name for row in read(f"name\n{name}\n").rows] == [name]


def test_a_note_may_hold_an_emoji() -> None:
    assert not read("name,note\nAnna Berg,thanks ❤\ufe0f\n").faults


def lines(*rows: str) -> str:
    return "\n".join(("name,birth_date,minutes", *rows))


@pytest.mark.parametrize(
    ("rows", "held_back"),
    [
        pytest.param(["Bo Ek,1990-01-01,10", "bo  EK,1990-01-01,10"], [3], id="the same again: the second one"),
        pytest.param(["Bo Ek,1990-01-01,10", "Bo Ek,1990-01-01,20"], [2, 3], id="they differ: nobody knows which"),
        pytest.param(["Bo Ek,1990-01-01,10", "Bo Ek,1991-01-01,10"], [], id="two people of one name"),
        pytest.param(["Bo Ek,1990-01-01,10", "Ｂｏ Ｅｋ,1990-01-01,10"], [3], id="in full-width letters"),
        pytest.param(["Bo Ek,,10", "Bo Ek,,10"], [3], id="no birth dates to tell them apart"),
    ],
)
def test_two_rows_for_one_person(rows: Sequence[str], held_back: list[int]) -> None:
    roster = read(lines(*rows))
    assert list(roster.faults) == held_back
    assert {code for _, _, code in faults(roster)} <= {"same_person_twice"}


def test_blank_lines_are_counted_as_a_spreadsheet_counts_them() -> None:
    roster = read('name,note\n\n,,\nAnna Berg,"two\nlines"\n\nBo Ek,\n')
    assert [(row.row, row.name) for row in roster.rows] == [(4, "Anna Berg"), (6, "Bo Ek")]
    assert not roster.faults


def test_all_that_is_wrong_is_said_at_once() -> None:
    roster = read("name,birth_date,minutes,portrait\n,1992-02-30,many,perhaps\n")
    assert {code for _, _, code in faults(roster)} == {
        "name_missing",
        "impossible_date",
        "not_a_whole_number",
        "not_yes_or_no",
    }


def test_empty_cells_beyond_the_headers_do_not_move_a_name_of_two_parts() -> None:
    assert [one.name for one in read("förnamn;efternamn\nAnna;Berg;;\nBo;Ek\n").rows] == ["Anna Berg", "Bo Ek"]


def test_a_value_that_looks_like_a_formula_is_refused() -> None:
    assert faults(read('name,note\nAnna Berg,"=HYPERLINK(1)"\n')) == [(2, "note", "formula")]


def test_the_template_is_read_back_without_a_fault() -> None:
    header = ",".join(template(extra=["exam_face"])) + "\r\n"
    assert header.startswith("name,birth_date,")
    assert header.endswith(",exam_face\r\n")
    assert not read(header + "Anna Berg" + "," * (header.count(",")) + "\r\n").faults


def test_every_fact_of_a_row_or_an_occasion_has_a_column() -> None:
    assert {*FACTS, "employer"} == set(STATABLE_FACTS)
    assert set(OF_THE_OCCASION) <= set(Evidence.model_fields)
    assert set(TEMPLATE) <= set(words()["columns"])


@pytest.mark.parametrize("code", sorted(texts()))
def test_every_sentence_stands_there_in_three_languages(code: str) -> None:
    said = texts()[code]
    by_level = all(isinstance(each, dict) for each in said.values())
    assert all(set(each) == {"sv", "nb", "en"} for each in (said.values() if by_level else [said]))


@given(data=st.binary(max_size=400))
def test_no_file_makes_it_raise(data: bytes) -> None:
    roster = read(data)
    assert roster.rows or roster.faults


@given(
    cells=st.lists(st.tuples(*[st.text(max_size=30) for _ in range(4)]), min_size=1, max_size=5),
    sign=st.sampled_from(",;\t"),
)
def test_no_cell_makes_it_raise(cells: list[tuple[str, ...]], sign: str) -> None:
    quoted = [sign.join('"' + cell.replace('"', '""') + '"' for cell in row) for row in cells]
    read("\n".join([sign.join(("name", "birth_date", "minutes", "id check")), *quoted]).encode("utf-8", "replace"))


def test_what_is_told_of_a_list_is_bounded() -> None:
    listed = "name,birth_date\n" + "Bo Ek,x\n" * (MOST_FAULTY_ROWS + 500)
    told = read_roster(listed.encode(), methods=METHODS)
    assert (told.rows, len(told.faults)) == ((), MOST_FAULTY_ROWS + 2)
    (whole,) = told.faults[told.header]
    assert whole.code == "too_many_faults"
    assert str(MOST_FAULTY_ROWS + 2) in whole.says["en"]
