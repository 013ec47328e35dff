"""The words that people in three countries write for an identity check, and the headers they have."""

from datetime import date

import pytest

from levels.rulebook import edition_on
from registry.issuing.lists.roster import TEMPLATE, read_roster, template
from registry.issuing.lists.roster_cells import cell_reader, words
from registry.issuing.lists.roster_row import Roster
from registry.reading.wrong import BadCell
from registry.records.sittings.occasions import STATABLE_FACTS

DAY = date(2026, 3, 13)
METHODS = edition_on(DAY).methods


def read(text: str) -> Roster:
    return read_roster(text.encode(), methods=METHODS, on=DAY)


@pytest.mark.parametrize(
    ("word", "method"),
    [
        ("körkort", "driving_licence"),
        ("Førerkort", "driving_licence"),
        ("driving licence", "driving_licence"),
        ("id-kort", "national_id_card"),
        ("Svenskt ID-kort", "national_id_card"),
        ("nasjonalt id-kort", "national_id_card"),
        ("identity card", "national_id_card"),
        ("legitimation", "photo_document"),
        ("foto-id", "photo_document"),
        ("bilde-ID", "photo_document"),
        ("photo id", "photo_document"),
        ("svenskt BankID", "bankid_se"),
        ("norsk BankID", "bankid_no"),
        ("HMS-kort", "hms_card"),
        ("pass", "passport"),
    ],
)
def test_what_people_write_is_the_method_they_mean(word: str, method: str) -> None:
    listed = read(f"name,id check\nAnna Berg,{word}\n")
    assert not listed.faults
    assert listed.rows[0].enrolment_method == method


@pytest.mark.parametrize(
    ("word", "code", "says"),
    [
        ("bankid", "which_bankid", "norskt BankID (bankid_no)"),
        ("Mobilt BankID", "which_bankid", "svenskt BankID (bankid_se)"),
        ("e-legitimation", "which_eid", "Skriv vilken"),
        ("Freja", "which_freja", "freja:id_verified eller freja:plus"),
        ("Freja eID", "which_freja", "freja:plus"),
        ("medlemskort", "unknown_identity_check", "norskt HMS-kort (hms_card); ID06-kort (id06)"),
        ("korkot", "unknown_identity_check", "körkort, sett av utbildad person (driving_licence)"),
    ],
)
def test_no_check_is_guessed(word: str, code: str, says: str) -> None:
    (faults,) = read(f"name,id check\nAnna Berg,{word}\n").faults.values()
    assert [each.code for each in faults] == [code]
    assert says in faults[0].says["sv"]
    assert all("?" not in text for text in faults[0].says.values())


def test_freja_with_its_level_is_read() -> None:
    (row,) = read("name,id check\nAnna Berg,freja:plus\n").rows
    assert row.facts["enrolment_ida"] == 2


@pytest.mark.parametrize(
    ("header", "code", "says"),
    [
        ("Personnummer", "column_national_number", "Take the column"),
        ("fødselsnummer", "column_national_number", "Take the column"),
        ("Förnamn", "column_part_of_name", "in one column"),
        ("Etternavn", "column_part_of_name", "in one column"),
    ],
)
def test_some_columns_are_not_wanted(header: str, code: str, says: str) -> None:
    listed = read(f"name,{header}\nAnna Berg,x\n")
    assert [each.code for each in listed.faults[1]] == [code]
    assert says in listed.faults[1][0].says["en"]


def test_headers_as_lists_have_them() -> None:
    listed = read("Namn;Födelsedag;Närvaro;Resultat;ID-handling\nAnna Berg;1990-01-02;480;Godkänd;körkort\n")
    assert not listed.faults
    (row,) = listed.rows
    assert (row.birth_date, row.enrolment_method) == (date(1990, 1, 2), "driving_licence")
    assert row.facts == {"attended_minutes": 480, "passed_all": True}


@pytest.mark.parametrize(
    ("lang", "first", "separator"), [("sv", "namn", ";"), ("nb", "navn", ";"), ("en", "name", ",")]
)
def test_the_template_is_read_back_in_every_language(lang: str, first: str, separator: str) -> None:
    headers = template(["exam_face"], lang)
    assert (headers[0], headers[-1], len(headers)) == (first, "exam_face", len(TEMPLATE) + 1)
    cells = ["Anna Berg", *[""] * len(TEMPLATE)]
    assert not read("\n".join(separator.join(line) for line in (headers, cells))).faults


def test_every_word_leads_to_a_method_and_no_word_to_two() -> None:
    known = {row.id for row in METHODS.method}
    listed = [*words()["methods"].values(), *words()["unclear_methods"].values()]
    spellings = [spelling for each in listed for spelling in each]
    assert set(words()["methods"]) <= known
    assert len(spellings) == len(set(spellings))
    assert set(words()["template"]["sv"]) - {"national_number"} == set(TEMPLATE)
    assert set(words()["template"]["nb"]) - {"fodselsnummer"} == set(TEMPLATE)
    assert not set(words()["refused_columns"]) & set(STATABLE_FACTS)


@pytest.mark.parametrize("text", ["D", "d", "nivå D", "D – diplom", "D: diplom", "Diplom", "level D", "D diploma"])
def test_a_level_is_read_with_its_word(text: str) -> None:
    assert cell_reader(METHODS)("asked", text) == "D"


@pytest.mark.parametrize(
    "text", ["D eller E", "C1, C2", "B ej", "D E", "C2?", "B (nej)", "E – not D", "B+", "B-", "D diplom E"]
)
def test_what_may_mean_another_level_means_none(text: str) -> None:
    with pytest.raises(BadCell, match="unknown_word"):
        cell_reader(METHODS)("asked", text)


@pytest.mark.parametrize(
    "name",
    ["Adam ℀ Sign", "\U0001f642 Emoji", "Ⅳ Alm", "\u0301Anna Alm", "A" + "\u0301\u0302\u0303\u0304\u0305\u0306 Alm"],
)
def test_what_is_written_in_no_name_is_refused(name: str) -> None:
    with pytest.raises(BadCell, match=r"name_with_signs|garbled"):
        cell_reader(METHODS)("name", name)


@pytest.mark.parametrize(
    "name", ["Nguyễn Văn A", "O’Brien Åsa", "Ðorđe Žižek", "নাম মোহাম্মদ", "José Núñez", "المنصور علي"]
)
def test_names_of_all_languages_are_names(name: str) -> None:
    assert cell_reader(METHODS)("name", name)
