"""`bevis check` in a shell: what is printed, what a program gets, how it ends, and what it refuses."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from registry.command_line.demo_story import write_workforces
from registry.command_line.place import keyring_of
from registry.command_line.screen import COULD_NOT_CHECK, NEGATIVE, OK, USAGE
from registry.issuing.documents.codes import qr_text
from registry.records.issued.certificates import certificates
from registry.records.persons.people import name_key
from registry.records.whole.directory import Registry
from tests.registry.checking.conftest import cells
from tests.registry.command_line.conftest import Bevis
from verification.certificate import display_number

NAMES = ("hot-work-site", "safety-representative", "scaffolding-crew", "truck-drivers")


@pytest.fixture(scope="module")
def place(new_demo: Callable[[Path], Registry], tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("check") / "demo"
    registry = new_demo(place)
    now = datetime.now(UTC)
    keyring = keyring_of(registry)
    with registry.reading() as db:
        codes = {row.number: qr_text(db, keyring, row, registry.public_url, now) for row in certificates(db)}
    write_workforces(registry, codes, place)
    registry.close()
    return place


@pytest.fixture
def numbers(bevis: Bevis, place: Path) -> dict[str, str]:
    return {
        f"{one['scheme']}: {name_key(one['holder'])}": one["number"]
        for one in bevis("certificate", "list", "--dir", place, "--json").json()
    }


def asked(bevis: Bevis, place: Path, name: str, *more: object) -> Any:
    return bevis(
        "check",
        place / "workforces" / f"{name}.csv",
        "--profile",
        place / "profiles" / f"{name}.toml",
        "--dir",
        place,
        *more,
    )


OUTCOMES: dict[str, dict[tuple[str, str], str]] = {
    "hot-work-site": {
        ("Åsa Lindqvist Bergström", "hot-work"): "fulfilled",
        ("Östlund, Björn", "hot-work"): "revoked",
        ("Małgorzata Wiśniewska", "hot-work-any"): "fulfilled",
        ("Jonna Hägg", "hot-work"): "fulfilled",
        ("Jonna Hägg", "fall-protection"): "missing",
        ("Tuğba Yılmaz", "hot-work"): "names_other",
        ("Zoë Lundgren", "hot-work"): "missing",
        ("Zoë Lundgren", "fall-protection"): "fulfilled",
        ("Bjørn Håkonsen Sætre", "hot-work-any"): "not_found",
    },
    "scaffolding-crew": {
        ("Olle Sandström", "scaffold-user"): "fulfilled",
        ("Olle Sandström", "briefing"): "missing",
        ("Nguyễn Thị Hà", "scaffold-user"): "fulfilled",
        ("Nguyễn Thị Hà", "briefing"): "names_other",
        ("Märta Holmgren", "scaffold-user"): "missing",
        ("Märta Holmgren", "fall-protection"): "expired",
        ("Märta Holmgren", "briefing"): "missing",
        ("Sören Ångström", "scaffold-user"): "missing",
        ("Sören Ångström", "fall-protection"): "fulfilled",
        ("Sören Ångström", "briefing"): "missing",
        ("Frode Nygård", "scaffold-user"): "not_found",
        ("Frode Nygård", "fall-protection"): "not_found",
        ("Frode Nygård", "briefing"): "fulfilled",
    },
    "truck-drivers": {
        ("Håkan Blåberg", "fork-lift"): "fulfilled",
        ("Håkan Blåberg", "fork-lift-t4"): "scope_missing",
        ("Lars-Erik Sjöholm", "fork-lift"): "suspended",
        ("Emelie Sörensson", "fork-lift"): "missing",
    },
    "safety-representative": {
        ("Kari Nordahl", "forty-hours"): "fulfilled",
        ("Per Arne Lid", "forty-hours"): "fulfilled",
        ("Sunniva Tveit", "forty-hours"): "missing",
        ("Kåre Lid", "forty-hours"): "names_other",
    },
}


@pytest.mark.parametrize("name", NAMES)
def test_the_workforces_of_the_demo_show_what_they_are_there_for(bevis: Bevis, place: Path, name: str) -> None:
    ended = asked(bevis, place, name, "--json")
    told = ended.json()
    assert ended.code == NEGATIVE
    assert {key: status for key, (status, _) in cells(told).items()} == OUTCOMES[name]
    assert (told["on"], told["profile"]) == (datetime.now(UTC).astimezone().date().isoformat(), name)
    assert told["gaps"] == sum(status != "fulfilled" for status in OUTCOMES[name].values())
    assert set(told) == {"on", "profile", "gaps", "people"}
    for one in told["people"]:
        assert set(one) == {"person", "role", "requirements"}
        assert all(
            set(cell) == {"requirement", "status", "certificate", "until", "says"} for cell in one["requirements"]
        )


@pytest.mark.parametrize("lang", ["sv", "nb", "en"])
def test_people_read_those_who_lack_something_first(bevis: Bevis, place: Path, lang: str) -> None:
    ended = asked(bevis, place, "hot-work-site", "--lang", lang)
    lines = ended.out.splitlines()
    signs = [line[0] for line in lines if line[:2] in {"x ", "? ", "+ "}]
    assert signs == sorted(signs, key="x?+".index)
    assert ("4" in lines[-1]) is True
    told = asked(bevis, place, "hot-work-site", "--lang", lang, "--json").json()
    read = "".join(ended.out.split())
    for one in told["people"]:
        for cell in one["requirements"]:
            if cell["status"] != "fulfilled":
                assert "".join(cell["says"].split()) in read


def test_the_same_answer_when_each_is_verified(bevis: Bevis, place: Path) -> None:
    for name in NAMES:
        assert asked(bevis, place, name, "--each", "--json").out == asked(bevis, place, name, "--json").out


def listed(tmp_path: Path, *rows: str, header: str = "name,role,certificates") -> Path:
    path = tmp_path / "workforce.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def test_how_it_ends(bevis: Bevis, place: Path, tmp_path: Path, numbers: dict[str, str]) -> None:
    good = numbers["hot-work: åsa lindqvist bergström"]
    wanted = ("--profile", place / "profiles" / "hot-work-site.toml", "--dir", place)
    fine = listed(tmp_path, f"Åsa Lindqvist Bergström,Fire watch,{good}")
    assert bevis("check", fine, *wanted).code == OK
    unsure = listed(tmp_path, f"Åsa Lindqvist Bergström,Fire watch,{good}", "Bo Ek,Fire watch,0000-0000-0000-0000")
    assert bevis("check", unsure, *wanted).code == COULD_NOT_CHECK
    lacking = listed(tmp_path, "Bo Ek,Fire watch,0000-0000-0000-0000", "Anna Berg,Fire watch,")
    assert bevis("check", lacking, *wanted).code == NEGATIVE
    assert bevis("check", listed(tmp_path, "Bo Ek,Welder,"), *wanted).code == USAGE


def test_a_day_before_and_a_day_to_come(bevis: Bevis, place: Path) -> None:
    today = datetime.now(UTC).date()

    def on(name: str, day: date) -> dict[tuple[str, str], tuple[str, str | None]]:
        return cells(asked(bevis, place, name, "--on", day.isoformat(), "--json").json())

    bjorn = ("Östlund, Björn", "hot-work")
    assert on("hot-work-site", today - timedelta(days=10))[bjorn][0] == "unknown"  # fraud was there before it was known
    assert on("hot-work-site", today - timedelta(days=60))[bjorn][0] == "not_yet_valid"
    lars = ("Lars-Erik Sjöholm", "fork-lift")
    assert on("truck-drivers", today - timedelta(days=2))[lars][0] == "fulfilled"
    assert on("truck-drivers", today + timedelta(days=2))[lars][0] == "suspended"
    marta = ("Märta Holmgren", "fall-protection")
    assert on("scaffolding-crew", today - timedelta(days=150))[marta][0] == "fulfilled"
    zoe = ("Zoë Lundgren", "fall-protection")
    _, until = on("hot-work-site", today)[zoe]
    assert until is not None
    assert on("hot-work-site", date.fromisoformat(until))[zoe] == ("fulfilled", until)
    assert on("hot-work-site", date.fromisoformat(until) + timedelta(days=1))[zoe] == ("expires_before", until)


def test_the_report_is_written_and_nothing_is_overwritten_by_mistake(bevis: Bevis, place: Path, tmp_path: Path) -> None:
    report = tmp_path / "report.html"
    ended = asked(bevis, place, "truck-drivers", "-o", report, "--lang", "sv")
    assert (ended.code, "Rapporten ligger i" in ended.out) == (NEGATIVE, True)
    assert report.read_text("utf-8").startswith("<!doctype html>")
    for name in ("workforces/truck-drivers.csv", "profiles/truck-drivers.toml"):
        before = (place / name).read_bytes()
        ended = asked(bevis, place, "truck-drivers", "-o", place / name)
        assert ended.code == USAGE
        assert (place / name).read_bytes() == before
    assert asked(bevis, place, "truck-drivers", "-o", tmp_path / "no" / "report.html").code == USAGE


@pytest.mark.parametrize("lang", ["sv", "nb", "en"])
def test_faults_by_row_and_column(bevis: Bevis, place: Path, tmp_path: Path, lang: str) -> None:
    bad = listed(tmp_path, "Bo Ek,Welder,ABC", ",Fire watch,")
    more = ("--profile", place / "profiles" / "hot-work-site.toml", "--dir", place, "--lang", lang)
    ended = bevis("check", bad, *more, "--json", "-o", tmp_path / "never.html")
    row = {"sv": "rad", "nb": "rad", "en": "row"}[lang]
    assert (ended.code, [fault["path"] for fault in ended.json()["error"]["faults"]]) == (
        USAGE,
        [f"{row} 2, certificates “ABC”", f"{row} 2, role “Welder”", f"{row} 3, name", ""],
    )
    assert not (tmp_path / "never.html").exists()
    ended = bevis("check", bad, *more)
    assert (ended.code, ended.out) == (USAGE, "")
    assert "“ABC”" in ended.err


def test_on_a_screen_there_are_so_many_people_and_the_others_are_counted(
    bevis: Bevis, place: Path, tmp_path: Path
) -> None:
    crowd = listed(tmp_path, *(f"Bo {chr(97 + row // 26)}{chr(97 + row % 26)}a,Fire watch," for row in range(250)))
    wanted = ("--profile", place / "profiles" / "hot-work-site.toml", "--dir", place)
    lines = bevis("check", crowd, *wanted).out.splitlines()
    assert sum(line.startswith("x ") for line in lines) == 200
    assert any(line.startswith("… and 50 more") for line in lines)
    assert lines[-1].startswith("250 people: 250 lack something")
    assert len(bevis("check", crowd, *wanted, "--json").json()["people"]) == 250


def test_thousands_of_faults_are_not_all_told(bevis: Bevis, place: Path, tmp_path: Path) -> None:
    bad = listed(tmp_path, *(f"Bo Ek{chr(97 + row % 26)},Welder,ABC" for row in range(3_000)))
    told = bevis("check", bad, "--profile", place / "profiles" / "hot-work-site.toml", "--dir", place, "--json").json()
    assert len(told["error"]["faults"]) == 52
    assert told["error"]["faults"][-2]["says"].startswith("and 5950 faults more")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--on", "tomorrow"], "--on"),
        (["--on", "2300-01-01"], "--on"),
        (["--profile", "nowhere.toml"], "nowhere.toml"),
        (["--profile", "{csv}"], "this is not TOML"),
    ],
)
def test_what_is_asked_wrongly(bevis: Bevis, place: Path, arguments: list[str], says: str) -> None:
    csv = place / "workforces" / "truck-drivers.csv"
    given = [one.replace("{csv}", str(csv)) for one in arguments]
    if "--profile" not in given:
        given += ["--profile", str(place / "profiles" / "truck-drivers.toml")]
    ended = bevis("check", csv, *given, "--dir", place, "--json")
    assert ended.code == USAGE
    assert says in json.dumps(ended.json(), ensure_ascii=False)


def test_a_profile_of_another_registry_is_said_to_be_one(bevis: Bevis, place: Path, tmp_path: Path) -> None:
    profile = tmp_path / "profile.toml"
    text = (place / "profiles" / "truck-drivers.toml").read_text("utf-8")
    profile.write_text(text.replace('["fork-lift"]\nlevel', '["fork-lfit"]\nlevel'), encoding="utf-8")
    ended = bevis("check", place / "workforces" / "truck-drivers.csv", "--profile", profile, "--dir", place, "--json")
    assert ended.code == USAGE
    assert "did you mean fork-lift?" in ended.out


def test_a_codes_text_and_numbers_in_one_cell(
    bevis: Bevis, place: Path, tmp_path: Path, numbers: dict[str, str]
) -> None:
    code = bevis("certificate", "qr", numbers["hot-work: jonna hägg"], "--dir", place, "--json").json()["qr_text"]
    fall = numbers["fall-protection: zoë lundgren"].lower().replace("-", " ")
    rows = listed(tmp_path, f'Jonna Hägg;Takläggare;"{code}\n{fall}"', header="namn;roll;bevis")
    told = bevis("check", rows, "--profile", place / "profiles" / "hot-work-site.toml", "--dir", place, "--json").json()
    assert cells(told) == {
        ("Jonna Hägg", "hot-work"): ("fulfilled", told["people"][0]["requirements"][0]["until"]),
        ("Jonna Hägg", "fall-protection"): ("names_other", None),
    }
    assert told["people"][0]["requirements"][1]["certificate"] == display_number(fall.upper().replace(" ", ""))


def test_a_made_demo_is_left_as_somebody_changed_it(bevis: Bevis, tmp_path: Path) -> None:
    made = bevis("demo", "--dir", tmp_path / "d", "--no-serve", "--json").json()
    assert len(made["checks"]) == 4
    workforce = tmp_path / "d" / "workforces" / "truck-drivers.csv"
    workforce.write_text("name,role,certificates\n", encoding="utf-8")
    bevis("demo", "--dir", tmp_path / "d", "--no-serve")
    assert workforce.read_text("utf-8") == "name,role,certificates\n"
    for command in made["checks"]:
        ended = bevis(*command.split()[1:])
        assert ended.code == (USAGE if "truck" in command else NEGATIVE)
