"""Class lists in a shell: an empty one, one that is checked, and one that is handed back."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from registry.command_line.main import app
from registry.command_line.screen import NEGATIVE, OK, USAGE
from registry.issuing.lists.corrected import table_of
from registry.reading.workbooks import Limits, sheets_of
from tests.registry.command_line.conftest import Bevis
from tests.workbook_files import made, written

OCCASION, SCHEME = "fall-protection-autumn", "fall-protection"
HEADERS = ["Namn", "Född", "E-post", "Närvarominuter", "Godkänd", "Resultat registrerat", "ID-kontroll"]
GOOD = ["Anna Provberg", date(1990, 5, 17), "anna@example.org", 480, "ja", "ja", "pass"]
BAD = ["Bo Provek", "17.5.90", "bo@example.org", 480, "ja", "ja", "pass"]


def kept(tmp_path: Path, data: bytes, name: str = "list.xlsx") -> Path:
    path = tmp_path / name
    path.write_bytes(data)
    return path


def check(bevis: Bevis, demo_dir: Path, *arguments: object) -> Any:
    return bevis("batch", "check", *arguments, "--occasion", OCCASION, "--dir", demo_dir)


def test_a_workbook_is_checked_like_any_list(bevis: Bevis, demo_dir: Path, tmp_path: Path) -> None:
    found = check(bevis, demo_dir, kept(tmp_path, written([HEADERS, GOOD])), "--json").json()
    assert (found["faults"], [row["name"] for row in found["rows"]]) == (0, ["Anna Provberg"])


def test_a_list_is_handed_back_with_what_is_wrong(bevis: Bevis, demo_dir: Path, tmp_path: Path) -> None:
    short = ["Eva Provöst", *GOOD[1:4], "nej", *GOOD[5:]]
    unsaid = ["Åsa Provsyd", *GOOD[1:4], "", *GOOD[5:]]
    place, back = kept(tmp_path, written([HEADERS, GOOD, BAD, short, unsaid])), tmp_path / "back.xlsx"
    ended = check(bevis, demo_dir, place, "--corrected", back, "--lang", "sv")
    assert (ended.code, f"{back}" in ended.out.replace("\n", "")) == (NEGATIVE, True)
    table = table_of(back.read_bytes())
    assert table is not None
    rows = dict(table.sheet.rows)
    assert rows[1][-2:] == ["vad som är fel", "vad du kan göra"]
    assert rows[3][-2].startswith("Född: Årtalet har inte fyra siffror.")
    assert rows[4][-2].startswith("Allt prövat och godkänt (I6):")
    assert "Fyll i" not in rows[4][-1]
    assert rows[5][-1].endswith("Fyll i kolumnen i listan: godkänd.")
    assert not any(".." in cell for row in rows.values() for cell in row[-2:])
    assert len(rows[2]) == len(HEADERS)
    again = check(bevis, demo_dir, back, "--json")
    told = again.json()["rows"]
    assert [row["outcome"] for row in told] == ["issued", "fault", "refused", "refused"]
    (wrong,) = told[1]["faults"]
    assert (wrong["column"], wrong["header"]) == ("birth_date", "Född"), "by our name, and by the list's own"
    assert "Född (birth_date) “17.5.90”:" in " ".join(ended.out.split())


def test_a_list_without_faults_is_not_handed_back(bevis: Bevis, demo_dir: Path, tmp_path: Path) -> None:
    back = tmp_path / "back.xlsx"
    ended = check(bevis, demo_dir, kept(tmp_path, written([HEADERS, GOOD])), "--corrected", back, "--lang", "en")
    assert (ended.code, back.exists(), "was not written" in " ".join(ended.out.split())) == (OK, False, True)


def test_a_file_is_not_called_what_it_is_not_and_nothing_is_overwritten(
    bevis: Bevis, demo_dir: Path, tmp_path: Path
) -> None:
    place = kept(tmp_path, written([HEADERS, BAD]))
    before = place.read_bytes()
    for name in (tmp_path / "back.csv", tmp_path / "back", place):
        ended = check(bevis, demo_dir, place, "--corrected", name, "--json")
        assert (ended.code, ended.json()["error"]["faults"][0]["path"]) == (USAGE, "--corrected")
    assert place.read_bytes() == before


def test_of_several_sheets_one_is_named(bevis: Bevis, demo_dir: Path, tmp_path: Path) -> None:
    def fill(book: Any) -> None:
        for name, person in (("Mars", "Anna Provberg"), ("April", "Bo Provek")):
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, ["Namn", "E-post"])
            sheet.write_row(1, 0, [person, "a@example.org"])

    place = kept(tmp_path, made(fill))
    found = check(bevis, demo_dir, place, "--json")
    assert (found.code, found.json()["rows"][0]["faults"][0]["code"]) == (USAGE, "which_sheet")
    assert check(bevis, demo_dir, place, "--sheet", "april", "--json").json()["rows"][0]["name"] == "Bo Provek"


@pytest.mark.parametrize(("lang", "name"), [("sv", "namn"), ("nb", "navn"), ("en", "name")])
@pytest.mark.parametrize("about", [("--occasion", OCCASION), ("--scheme", SCHEME)])
def test_a_template_for_an_occasion_or_a_scheme(
    bevis: Bevis, demo_dir: Path, tmp_path: Path, lang: str, name: str, about: tuple[str, str]
) -> None:
    asked = ("batch", "template", *about, "--dir", demo_dir, "--lang", lang)
    told = bevis(*asked, "--json").json()
    assert told["scheme"] == SCHEME
    assert told["columns"][0] == told["needed"][0] == name
    assert bevis(*asked).out.strip().split("," if lang == "en" else ";") == told["columns"]
    place = tmp_path / "empty.xlsx"
    assert bevis(*asked, "-o", place).code == OK
    (people, _), _ = sheets_of(place.read_bytes(), Limits(100, 60))
    assert people.rows == ((1, told["columns"]),)
    assert bevis(*asked, "--format", "csv", "-o", tmp_path / "empty.csv").code == OK
    table = table_of((tmp_path / "empty.csv").read_bytes())
    assert table is not None
    assert list(table.sheet.rows[0][1]) == told["columns"]


def test_a_template_goes_down_a_pipe(demo_dir: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    with pytest.raises(SystemExit):
        app(["batch", "template", "--occasion", OCCASION, "--format", "xlsx", "--dir", str(demo_dir)])
    assert capsysbinary.readouterr().out.startswith(b"PK")


def test_a_template_is_for_one_thing(bevis: Bevis, demo_dir: Path) -> None:
    for about in ((), ("--occasion", OCCASION, "--scheme", SCHEME)):
        ended = bevis("batch", "template", *about, "--dir", demo_dir, "--json")
        assert (ended.code, ended.json()["error"]["faults"][0]["path"]) == (USAGE, "--occasion")
    assert bevis("batch", "template", "--scheme", "nothing", "--dir", demo_dir).code == USAGE


@pytest.mark.parametrize(
    ("lang", "title", "near"),
    [
        ("sv", "Tillfället finns inte", f"Menar du {OCCASION}?"),
        ("nb", "Gjennomføringen finnes ikke", f"Mener du {OCCASION}?"),
        ("en", "No such occasion", f"Do you mean {OCCASION}?"),
    ],
)
def test_a_mistyped_occasion_is_refused_in_the_readers_language(
    bevis: Bevis, demo_dir: Path, tmp_path: Path, lang: str, title: str, near: str
) -> None:
    place = kept(tmp_path, written([HEADERS, GOOD]))
    asked = ("batch", "check", place, "--occasion", "fall-protecton-autum", "--dir", demo_dir, f"--lang={lang}")
    ended = bevis(*asked)
    said = " ".join(ended.err.split())
    assert (ended.code, said.startswith(f"{title}."), near in said) == (USAGE, True, True)
    assert "`bevis occasion list`" in said
    error = bevis(*asked, "--json").json()["error"]
    assert (error["code"], error["title"], near in error["detail"]) == ("OccasionNotFound", title, True)


def test_what_is_like_nothing_is_compared_with_nothing(bevis: Bevis, demo_dir: Path) -> None:
    told = bevis("org", "show", "xyzzy", "--dir", demo_dir, "--lang", "sv").err
    assert ("Menar du" in told, "bevis org list" in told) == (False, True)
    told = bevis("scheme", "show", SCHEME, "--version", "99", "--dir", demo_dir, "--lang", "sv").err
    assert "Inget har id" not in told, "the scheme is there, that version of it is not"


@pytest.mark.parametrize(
    ("lang", "column", "once"),
    [
        ("sv", "godkänd: ja", "Detta fattas för alla"),
        ("nb", "bestått: ja", "Dette mangler for alle"),
        ("en", "passed all: yes", "This is lacking for all"),
    ],
)
def test_what_all_lack_is_said_once_with_the_column_that_could_state_it(
    bevis: Bevis, demo_dir: Path, tmp_path: Path, lang: str, column: str, once: str
) -> None:
    silent = [[*GOOD[:4], "", *GOOD[5:]], ["Eva Provöst", *GOOD[1:4], "", *GOOD[5:]], BAD]
    ended = check(bevis, demo_dir, kept(tmp_path, written([HEADERS, *silent])), "--lang", lang)
    said = " ".join(ended.out.split())
    assert (ended.code, said.count(column), said.count(once)) == (NEGATIVE, 1, 1)
    assert "Bo Provek" in said, "of a row with a fault the name can be read"
