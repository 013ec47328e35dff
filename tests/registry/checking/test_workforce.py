"""A workforce file as people have it: what is read, and one clear fault for each thing that is wrong."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.checking.profile import Profile
from registry.checking.told import fault_in_words, fault_texts
from registry.checking.workforce import MOST_CERTIFICATES, Shown, Workforce, certificates_in, read_workforce
from registry.reading.wrong import BadCell
from tests.registry.checking.conftest import profile_of
from tests.workbook_files import row, workbook

TODAY = date(2026, 11, 20)
ONE, TWO, THREE = "7K3M-9QXD-2VBN-5HTR", "0000-1111-2222-3333", "ABCD-EFGH-JKMN-PQRS"
A, B, C = (Shown(number=text.replace("-", "")) for text in (ONE, TWO, THREE))
PLAIN = profile_of("work\nany_of = ['hot-work']", roles=("worker", "guard"))


def read(data: str | bytes, profile: Profile = PLAIN) -> Workforce:
    return read_workforce(data.encode() if isinstance(data, str) else data, profile, today=TODAY)


def wrong(workforce: Workforce) -> list[tuple[int, str | None, str]]:
    assert not workforce.people
    for found in workforce.wrong.values():
        for one in found:
            assert all(fault_in_words(one, lang) for lang in ("sv", "nb", "en"))
    return [(row, one.column, one.code) for row, found in workforce.wrong.items() for one in found]


FULL = f"namn;född;roll;bevis\r\nÅsa  Öhman;1990-05-17;Worker sv;{ONE}\r\nBo Ek;1988;guard;\r\n"


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(FULL.encode(), id="UTF-8"),
        pytest.param(b"\xef\xbb\xbf" + FULL.encode(), id="UTF-8 with BOM"),
        pytest.param(FULL.encode("cp1252"), id="cp1252"),
        pytest.param(FULL.replace(";", ",").encode(), id="comma"),
        pytest.param(FULL.replace(";", "\t").encode(), id="tab"),
        pytest.param(FULL.replace("namn;född;roll;bevis", "navn;fødselsår;rolle;sertifikatnummer").encode(), id="nb"),
        pytest.param(FULL.replace("namn;född;roll;bevis", "Name;Birth date;Role;Certificates").encode(), id="en"),
        pytest.param(("sep=;\r\n" + FULL).encode(), id="Excel's first line"),
    ],
)
def test_people_are_read_however_the_file_was_saved(data: bytes) -> None:
    first, bo = read(data).people
    assert (first.name, first.birth, first.role.id, first.shown) == ("Åsa Öhman", date(1990, 5, 17), "worker", (A,))
    assert (bo.name, bo.birth, bo.role.id, bo.shown) == ("Bo Ek", 1988, "guard", ())


def test_columns_stand_in_any_order_and_certificates_in_several() -> None:
    (one,) = read(f"certificate 2,role,Certificate1,name,note\n{TWO},worker,{ONE},Anna Berg,=1+1 is two\n").people
    assert one.shown == (B, A)


def test_what_a_formula_computes_is_refused_in_columns_that_are_read() -> None:
    computed = '<c t="str"><f>UPPER(X2)</f><v>{}</v></c>'.format
    data = workbook(
        row(1, "Namn", "Roll", "Anmärkning", "Bevis") + f'<row r="2">{computed("Bo Ek")}{computed("guard")}</row>'
    )
    assert wrong(read(data)) == [(2, "name", "computed_cell"), (2, "role", "computed_cell")]
    cells = '<c t="inlineStr"><is><t>Bo Ek</t></is></c><c t="inlineStr"><is><t>guard</t></is></c>' + computed("x")
    assert len(read(workbook(row(1, "Namn", "Roll", "Anmärkning", "Bevis") + f'<row r="2">{cells}</row>')).people) == 1


CODE = "https://bevis.example/v#" + "1234567890" * 40


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        pytest.param(ONE, [A], id="as printed"),
        pytest.param("7k3m9qxd2vbn5htr", [A], id="as typed"),
        pytest.param("7K3M 9QXD 2VBN 5HTR", [A], id="in groups"),
        pytest.param(f"{ONE} {TWO}", [A, B], id="space"),
        pytest.param(f"{ONE}, {TWO}|{THREE}", [A, B, C], id="comma and bar"),
        pytest.param(f"{ONE}\n{TWO}\r\n{THREE}", [A, B, C], id="line breaks"),
        pytest.param(f"{ONE};{TWO}", [A, B], id="semicolon"),
        pytest.param("7K3M 9QXD 2VBN 5HTR 0000 1111 2222 3333", [A, B], id="two in groups"),
        pytest.param(f"{ONE} 0000 1111 2222 3333", [A, B], id="mixed"),
        pytest.param("-", [], id="a dash for none"),
        pytest.param(" , ", [], id="nothing"),
        pytest.param(
            f"https://bevis.example/v/{ONE}",
            [Shown(number=A.number, text=f"https://bevis.example/v/{ONE}")],
            id="address",
        ),
    ],
)
def test_a_cell_holds_several_certificates(cell: str, found: list[Shown]) -> None:
    assert certificates_in(cell) == found


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("ABC", "not_a_certificate"),
        (f"{ONE} och", "not_a_certificate"),
        ("see.the.binder", "not_a_certificate"),
        ("HA-12345", "not_a_certificate"),
        (f"{ONE[:-1]}U", "not_a_certificate"),
        (f'="{ONE}"', "formula"),
        ("=HYPERLINK(1)", "formula"),
        ("+46701234567", "formula"),
        ("19900517-1234", "national_number"),
        ("x" * 90_000, "too_long"),
        (f"{ONE}\u200b", "not_a_certificate"),
    ],
)
def test_what_is_no_certificate_is_said(cell: str, code: str) -> None:
    with pytest.raises(BadCell) as bad:
        certificates_in(cell)
    assert bad.value.code == code


HEADER = "name,birth date,role,certificates\n"


@pytest.mark.parametrize(
    ("data", "found"),
    [
        pytest.param("", [(0, None, "empty_file")], id="empty"),
        pytest.param(" \n\n", [(0, None, "empty_file")], id="blank"),
        pytest.param(HEADER, [(0, None, "no_rows")], id="header only"),
        pytest.param(
            "Anna Berg,worker\n",
            [
                (1, "Anna Berg", "column_unknown"),
                (1, "worker", "column_unknown"),
                (1, "name", "column_missing"),
                (1, "role", "column_missing"),
                (1, "certificates", "column_missing"),
            ],
            id="no header",
        ),
        pytest.param(
            "name,role,certificates,shoe size\nAnna Berg,worker,,42\n",
            [(1, "shoe size", "column_unknown")],
            id="unknown header",
        ),
        pytest.param(
            "name,rolle,certificates,personnummer\nAnna Berg,worker,,1\n",
            [(1, "personnummer", "column_national_number")],
            id="personnummer",
        ),
        pytest.param(
            "förnamn,efternamn,namn,roll,bevis\nAnna,Berg,Anna Berg,worker,\n",
            [(1, "förnamn", "column_part_of_name"), (1, "efternamn", "column_part_of_name")],
            id="the name in two ways",
        ),
        pytest.param(
            "förnamn,roll,bevis\nAnna,worker,\n", [(1, "last_name", "column_missing")], id="only the first name"
        ),
        pytest.param(
            "name,role,role,certificates\nAnna Berg,worker,worker,\n", [(1, "role", "column_twice")], id="role twice"
        ),
        pytest.param("PK\x03\x04", [(0, None, "workbook_damaged")], id="workbook"),
        pytest.param(HEADER + "Anna\x00Berg,,worker,\n", [(0, None, "not_text")], id="NUL"),
        pytest.param(HEADER + 'Anna Berg,,"worker,\n', [(0, None, "broken_quotes")], id="quote"),
        pytest.param(HEADER + "Anna Berg,,worker\n", [(2, None, "too_few_cells")], id="too few cells"),
        pytest.param(HEADER + "Anna Berg,,worker,,,x\n", [(2, None, "too_many_cells")], id="too many cells"),
        pytest.param(HEADER + ",,worker,\n", [(2, "name", "name_missing")], id="no name"),
        pytest.param(HEADER + "Anna Berg,,,\n", [(2, "role", "role_missing")], id="no role"),
        pytest.param(HEADER + "Anna Berg,,welder,\n", [(2, "role", "role_unknown")], id="unknown role"),
        pytest.param(HEADER + "Anna Berg,05/06/1990,worker,\n", [(2, "birth_date", "ambiguous_date")], id="date"),
        pytest.param(HEADER + "Anna Berg,2027,worker,\n", [(2, "birth_date", "date_out_of_range")], id="year to come"),
        pytest.param(
            HEADER + "Anna Berg,2026-11-21,worker,\n", [(2, "birth_date", "date_out_of_range")], id="day to come"
        ),
        pytest.param(HEADER + "Anna Berg,1812,worker,\n", [(2, "birth_date", "date_out_of_range")], id="long ago"),
        pytest.param(
            HEADER + "Anna Berg,19900517-1234,worker,\n",
            [(2, "birth_date", "national_number")],
            id="personnummer as birth",
        ),
        pytest.param(HEADER + "=cmd|' /C calc'!A0,,worker,\n", [(2, "name", "formula")], id="formula as name"),
        pytest.param(HEADER + "Anna Berg,,@SUM(1),\n", [(2, "role", "formula")], id="formula as role"),
        pytest.param(HEADER + "Anna \u202eBerg,,worker,\n", [(2, "name", "unprintable")], id="turned text"),
        pytest.param(HEADER + "Аnna Berg,,worker,\n", [(2, "name", "name_of_two_alphabets")], id="look-alike"),
        pytest.param(
            HEADER + "Anna Berg,,worker,nope\n", [(2, "certificates", "not_a_certificate")], id="no certificate"
        ),
        pytest.param(HEADER + "Anna Berg,,worker,\nanna  BERG,,worker,\n", [(3, "name", "person_twice")], id="twice"),
        pytest.param(
            HEADER + 'Anna Berg,,worker,\n"Berg, Anna",1990,worker,\n',
            [(3, "name", "person_twice")],
            id="may be one person",
        ),
        pytest.param(
            HEADER + "Anna Berg,1990,worker,\nAnna Berg,1990-05-17,worker,\n",
            [(3, "name", "person_twice")],
            id="same year",
        ),
    ],
)
def test_every_fault_is_named_by_row_and_column(data: str, found: list[tuple[int, str | None, str]]) -> None:
    assert wrong(read(data)) == found


def test_utf16_without_its_mark_is_said_to_be() -> None:
    assert read(FULL.encode("utf-16")).people == read(FULL).people
    assert wrong(read(FULL.encode("utf-16-le"))) == [(0, None, "utf16")]


def test_a_first_and_a_last_name_are_a_name() -> None:
    (one,) = read("Förnamn,Efternamn,roll,bevis\nAnna,Berg,worker,\n").people
    assert one.name == "Anna Berg"


def test_people_of_one_name_are_told_apart_by_birth_and_one_person_may_have_two_roles() -> None:
    people = read(HEADER + "Anna Berg,1990,worker,\nAnna Berg,1991,worker,\nAnna Berg,1990,guard,\n").people
    assert [(one.birth, one.role.id) for one in people] == [(1990, "worker"), (1991, "worker"), (1990, "guard")]


def test_all_that_is_wrong_is_said_at_once_and_nobody_is_read() -> None:
    read_ = read(HEADER + f"Anna Berg,,worker,{ONE}\n,1990-02-30,welder,nope\n")
    assert wrong(read_) == [
        (3, "birth_date", "impossible_date"),
        (3, "certificates", "not_a_certificate"),
        (3, "name", "name_missing"),
        (3, "role", "role_unknown"),
    ]


def test_a_national_number_is_never_repeated() -> None:
    found = read(HEADER + "Anna Berg 900517-1234,900517-1234,worker,900517-1234\n").wrong[2]
    assert {one.code for one in found} == {"national_number"}
    assert all(one.value is None for one in found)


def test_so_many_certificates_belong_to_nobody() -> None:
    numbers = " ".join(f"{number:016d}" for number in range(MOST_CERTIFICATES + 1))
    assert wrong(read(HEADER + f"Anna Berg,,worker,{numbers}\n")) == [(2, "certificates", "too_many_certificates")]


def test_ten_thousand_and_more_rows_are_read() -> None:
    names = ("".join(chr(ord("a") + int(digit)) for digit in f"{number:05d}") for number in range(12_000))
    workforce = read(HEADER + "".join(f"Anna {name},,worker,{ONE}\n" for name in names))
    assert len(workforce.people) == 12_000


@pytest.mark.parametrize("code", sorted(fault_texts()))
def test_every_sentence_stands_there_in_three_languages(code: str) -> None:
    assert set(fault_texts()[code]) == {"sv", "nb", "en"}


@given(data=st.binary(max_size=400))
def test_no_file_makes_it_raise(data: bytes) -> None:
    workforce = read(data)
    assert workforce.people or workforce.wrong


@given(cells=st.lists(st.tuples(*[st.text(max_size=40) for _ in range(4)]), min_size=1, max_size=5))
def test_no_cell_makes_it_raise(cells: list[tuple[str, ...]]) -> None:
    rows = [",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in cells]
    workforce = read((HEADER + "\n".join(rows)).encode("utf-8", "replace"))
    for found in workforce.wrong.values():
        assert all(fault_in_words(one, "sv") for one in found)
