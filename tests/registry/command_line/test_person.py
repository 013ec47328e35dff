"""`bevis person` in a shell: people, numbers that nobody sees, portraits, and pairs that two people decide on."""

import io
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from stdnum import luhn

from registry.records.actors.access_log import access_lines
from registry.records.persons.identifiers import all_identifiers
from registry.records.whole.directory import Registry, open_registry
from registry.signing.personal_data import create_index_key
from tests.registry.command_line.conftest import Once
from tests.registry.conftest import employ

BORN = date(1988, 8, 9)
SYNTHETIC = "15838512329"  # Norwegian, month + 80


def swedish(serial: int = 123, born: date = BORN) -> str:
    ten = f"{born:%y%m%d}{serial:03}"
    return f"{born.year // 100}{ten}{luhn.calc_check_digit(ten)}"


@pytest.fixture
def place(once: Once, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("BEVIS_ACTOR", "BEVIS_INDEX_KEY_FILE", "BEVIS_ENVIRONMENT"):
        monkeypatch.delenv(name, raising=False)
    directory = tmp_path / "registry"
    monkeypatch.setenv("BEVIS_DIR", str(directory))
    commands = (
        ("init", directory, "--operator", "Ola Öst"),
        ("org", "add", "school", "--name", "Skolan AB", "--actor", "ola-ost"),
        ("org", "add", "other", "--name", "Andra AB", "--actor", "ola-ost"),
    )
    once(directory, commands)
    assert (directory / "index.key").stat().st_mode & 0o777 == 0o600
    registry = open_registry(directory)
    employ(registry)
    registry.close()
    monkeypatch.setenv("BEVIS_ACTOR", "desk")
    return directory


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    return lambda text: monkeypatch.setattr(sys, "stdin", io.StringIO(text + "\n"))


@pytest.fixture
def added(bevis: Any, place: Path) -> Callable[..., str]:
    assert place.is_dir()

    def run(name: str, *more: object) -> str:
        ended = bevis("person", "add", name, "--org", "school", *more, "--json")
        assert ended.code == 0, ended.err
        return str(ended.json()["id"])

    return run


Added, Typed = Callable[..., str], Callable[[str], None]


def test_from_a_name_to_a_person_who_is_found_by_number(bevis: Any, added: Added, typed: Typed) -> None:
    anna = added("Anna Berg", "--birth-date", BORN, "--email", "anna@example.org")
    assert added("anna berg", "--birth-date", BORN) == anna
    typed(f"{swedish()[:8]}-{swedish()[8:]}")
    ended = bevis("person", "identify", anna, "--json")
    assert (ended.code, ended.json()["outcome"], ended.json()["kind"]) == (0, "added", "personnummer")
    typed(swedish()[2:])
    assert bevis("person", "find", "--json").json()["id"] == anna
    typed(swedish(124))
    assert (bevis("person", "find").code, bevis("person", "find", "--json").out[:1]) == (2, "{")
    told = bevis("person", "show", anna, "--json").json()
    assert [one["kind"] for one in told["numbers"]] == ["personnummer"]
    assert told["organisations"] == ["school"]
    shown = bevis("person", "show", anna, "--lang", "sv")
    assert "****" in shown.out
    assert swedish()[8:] not in shown.out + str(told)
    assert [one["name"] for one in bevis("person", "list", "BERG", "--json").json()] == ["Anna Berg"]
    assert "Anna Berg" in bevis("person", "list").out


@pytest.mark.parametrize("lang", ["sv", "nb", "en"])
@pytest.mark.parametrize(
    "number", [swedish()[:-1] + str((int(swedish()[-1]) + 1) % 10), "198808321234", SYNTHETIC, "nonsense", ""]
)
def test_a_number_that_cannot_be_is_refused_and_not_repeated(
    bevis: Any, added: Added, typed: Typed, number: str, lang: str
) -> None:
    anna = added("Anna Berg", "--birth-date", BORN)
    typed(number)
    ended = bevis("person", "identify", anna, "--lang", lang)
    assert ended.code == 2
    assert "number:" in ended.err
    assert not number or number not in ended.err + ended.out


def test_numbers_made_up_for_tests_are_taken_in_a_test(
    bevis: Any, added: Added, typed: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna = added("Anna Berg")
    monkeypatch.setenv("BEVIS_ENVIRONMENT", "test")
    typed(SYNTHETIC)
    assert bevis("person", "identify", anna).code == 0
    assert bevis("person", "show", anna, "--json").json()["birth_date"] == "1985-03-15"
    monkeypatch.setenv("BEVIS_ENVIRONMENT", "elsewhere")
    typed(SYNTHETIC)
    ended = bevis("person", "identify", anna)
    assert (ended.code, "BEVIS_ENVIRONMENT" in ended.err) == (2, True)


def test_the_number_of_somebody_else_is_refused_and_waits_for_review(bevis: Any, added: Added, typed: Typed) -> None:
    anna, eva = added("Anna Berg"), added("Eva Lind")
    for person, code in ((anna, 0), (eva, 2)):
        typed(swedish())
        ended = bevis("person", "identify", person, "--json")
        assert ended.code == code
    assert ended.json()["error"]["code"] == "NumberOfAnother"
    (pair,) = bevis("person", "duplicates", "--json").json()
    assert {one["id"] for one in pair["people"]} == {anna, eva}
    assert pair["reasons"][0]["code"] == "number_conflict"
    typed(swedish())
    ended = bevis("person", "add", "Cia Dahl", "--org", "school", "--number", "--json")
    assert (ended.code, len(bevis("person", "duplicates", "--json").json())) == (2, 2)
    assert bevis("person", "different", pair["id"], "--reason", "two sisters").code == 0
    assert len(bevis("person", "duplicates", "--json").json()) == 1
    assert len(bevis("person", "duplicates", "--all", "--json").json()) == 2
    assert "Eva Lind" in bevis("person", "duplicates", "--all", "--lang", "nb").out
    # It was recorded in error.
    (number,) = bevis("person", "show", anna, "--json").json()["numbers"]
    assert bevis("person", "end-number", anna, number["id"]).code == 2  # why?
    assert bevis("person", "end-number", anna, number["id"], "--reason", "mistyped").code == 0
    typed(swedish())
    assert bevis("person", "identify", eva).code == 0


def test_a_change_keeps_the_former_name(bevis: Any, added: Added) -> None:
    anna = added("Anna Berg", "--birth-date", BORN)
    assert bevis("person", "change", anna, "--name", "Anna Lind").code == 2  # why?
    assert bevis("person", "change", anna, "--name", "Anna Lind", "--reason", "marriage").code == 0
    assert bevis("person", "change", anna, "--via", "Bygg AB", "--post", "Storgatan 1").code == 0
    told = bevis("person", "show", anna, "--json").json()
    assert (told["name"], told["former_names"][0]["name"], told["notifiable"]) == ("Anna Lind", "Anna Berg", True)
    assert [event["kind"] for event in told["events"]] == ["recorded", "changed", "changed"]
    assert bevis("person", "change", anna, "--via", "", "--post", "").code == 0
    assert bevis("person", "show", anna, "--json").json()["notifiable"] is False
    assert bevis("person", "change", anna, "--email", "no address").code == 2
    assert "Anna Berg" in bevis("person", "show", anna).out


def test_a_portrait_goes_in_and_comes_out(bevis: Any, added: Added, tmp_path: Path) -> None:
    anna = added("Anna Berg")
    Image.new("RGB", (900, 1200), "red").save(tmp_path / "in.png")
    (tmp_path / "in.txt").write_text("no picture")
    ended = bevis("person", "portrait", anna, tmp_path / "in.png", "--json")
    assert (ended.json()["width"], ended.json()["height"]) == (450, 600)
    out = tmp_path / "out.jpg"
    assert bevis("person", "portrait", anna, "--output", out).code == 0
    with Image.open(out) as picture:
        assert picture.size == (450, 600)
    assert out.stat().st_mode & 0o777 == 0o600
    assert bevis("person", "portrait", anna, "--output", out).code == 2
    assert bevis("person", "portrait", anna, tmp_path / "in.txt").code == 2
    assert bevis("person", "portrait", anna).code == 2
    assert bevis("person", "portrait", anna, "--remove").code == 0
    assert bevis("person", "portrait", anna, "--remove").code == 2


def test_what_is_forgotten_is_gone(bevis: Any, added: Added, typed: Typed, tmp_path: Path) -> None:
    anna = added("Anna Berg")
    Image.new("RGB", (300, 400), "red").save(tmp_path / "in.png")
    bevis("person", "portrait", anna, tmp_path / "in.png")
    typed(swedish())
    bevis("person", "identify", anna)
    assert bevis("person", "forget", anna).code == 2  # why?
    ended = bevis("person", "forget", anna, "--reason", "asked for", "--json")
    assert ended.json()["numbers_destroyed"] == 1
    told = bevis("person", "show", anna, "--json").json()
    assert (told["numbers"], told["portrait"], told["name"]) == ([], None, "Anna Berg")
    typed(swedish())
    assert bevis("person", "find").code == 2


@pytest.fixture
def two(bevis: Any, place: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Two people with keys; whoever is named acts."""
    assert place.is_dir()
    keys: dict[str, str] = {}
    for account, name, *role in (
        ("asa", "Åsa Ask", "--role", "operator"),
        # Both records are known to the school alone: there it is decided.
        ("bo", "Bo Björk", "--role", "approver", "--org", "school"),
    ):
        assert bevis("account", "add", account, "--name", name).code == 0
        assert bevis("account", "role", "grant", account, *role).code == 0
        made = bevis("key", "create", "--person", account, *role, "--json")
        keys[account] = made.json()["key"]
    monkeypatch.delenv("BEVIS_ACTOR")

    def act(account: str) -> None:
        monkeypatch.setenv("BEVIS_KEY", keys[account])

    return act


def test_two_people_merge_and_part(
    bevis: Any, added: Added, two: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BEVIS_ACTOR", "desk")
    anna, borg = added("Anna Berg", "--birth-date", BORN), added("Anna Borg", "--birth-date", BORN)
    assert "1" in bevis("person", "duplicates", "--find").out
    assert bevis("person", "merge", anna, borg, "--reason", "one person").code == 2  # only named, not proven
    monkeypatch.delenv("BEVIS_ACTOR")

    def twice(command: str, *people: str) -> None:
        two("asa")
        asked = bevis("person", command, *people, "--reason", "seen both", "--json").json()
        assert asked["done"] is False
        assert bevis("approval", "approve", asked["approval"], "--digest", asked["digest"]).code == 2  # the same person
        assert asked["approval"] in bevis("person", command, *people, "--reason", "seen both").out
        two("bo")
        ended = bevis("approval", "approve", asked["approval"], "--digest", asked["digest"])
        assert ended.code == 0, ended.err
        two("asa")
        assert bevis("person", command, *people, "--reason", "seen both", "--json").json()["done"] is True

    twice("merge", anna, borg)
    monkeypatch.delenv("BEVIS_KEY")
    monkeypatch.setenv("BEVIS_ACTOR", "desk")
    assert bevis("person", "show", anna, "--json").json()["records"] == [anna, borg]
    ended = bevis("person", "change", borg, "--email", "a@example.org", "--json")
    assert ended.json()["error"]["code"] == "PersonMerged"
    monkeypatch.delenv("BEVIS_ACTOR")
    twice("unmerge", borg)
    monkeypatch.delenv("BEVIS_KEY")
    monkeypatch.setenv("BEVIS_ACTOR", "desk")
    assert bevis("person", "show", anna, "--json").json()["records"] == [anna]


def test_a_registry_made_before_gets_its_index_key(bevis: Any, added: Added, place: Path, typed: Typed) -> None:
    anna = added("Anna Berg")
    (place / "index.key").unlink()
    typed(swedish())
    ended = bevis("person", "identify", anna)
    assert (ended.code, "bevis key index" in ended.err) == (2, True)
    # This one had a key, which only whoever runs it can put back.
    assert bevis("key", "index", "--json").json()["error"]["code"] == "IndexKeyExists"


def test_a_registry_that_never_had_an_index_key_is_given_one(
    bevis: Any, registry: Registry, typed: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    employ(registry)
    monkeypatch.setenv("BEVIS_DIR", str(registry.directory))
    anna = bevis("person", "add", "Anna Berg", "--org", "issuer", "--json").json()["id"]
    made = Path(bevis("key", "index", "--json").json()["index_key_file"])
    assert made.stat().st_mode & 0o777 == 0o600
    typed(swedish())
    assert bevis("person", "identify", anna).code == 0
    elsewhere = registry.directory.parent / "elsewhere.key"
    made.rename(elsewhere)
    typed(swedish())
    assert bevis("person", "find").code == 2
    monkeypatch.setenv("BEVIS_INDEX_KEY_FILE", str(elsewhere))
    typed(swedish())
    assert bevis("person", "find", "--json").json()["id"] == anna


def test_somebody_without_a_role_sees_nobody(bevis: Any, added: Added, typed: Typed, place: Path) -> None:
    anna = added("Anna Berg")
    assert place.is_dir()
    typed(swedish())
    bevis("person", "identify", anna)
    bevis("account", "add", "rut", "--name", "Rut Rönn")
    bevis("account", "role", "grant", "rut", "--org", "other", "--role", "requester")
    for command in (("show", anna), ("identify", anna), ("portrait", anna, "--remove"), ("change", anna)):
        typed(swedish())
        ended = bevis("person", *command, "--actor", "rut", "--json")
        assert (ended.code, ended.json()["error"]["code"]) == (2, "PersonNotFound")
    typed(swedish())
    assert bevis("person", "find", "--actor", "rut", "--json").json()["error"]["code"] == "PersonNotFound"
    assert bevis("person", "list", "--actor", "rut", "--json").json() == []
    assert bevis("person", "duplicates", "--actor", "rut", "--json").json() == []
    for command in (("forget", anna, "--reason", "x"), ("duplicates", "--find"), ("add", "X Y", "--org", "school")):
        ended = bevis("person", *command, "--actor", "rut", "--json")
        assert (ended.code, ended.json()["error"]["code"]) == (2, "NotAllowed")


def test_two_accounts_of_one_person_are_found_out(bevis: Any, place: Path, typed: Typed) -> None:
    assert place.is_dir()
    for account, name in (("asa", "Åsa Ask"), ("bo", "Bo Björk")):
        assert bevis("account", "add", account, "--name", name).code == 0
    typed(swedish())
    assert bevis("account", "identify", "asa", "--json").json()["id"] == "asa"
    for number, code in ((swedish(), 2), (swedish()[2:], 2), (swedish(124), 0), ("nonsense", 2)):
        typed(number)
        ended = bevis("account", "identify", "bo")
        assert ended.code == code
        assert number[8:] not in ended.out + ended.err or number == "nonsense"


def test_the_doctor_opens_every_number(bevis: Any, added: Added, typed: Typed, place: Path) -> None:
    people = [added("Anna Berg"), added("Bo Ek")]
    for person, serial in zip(people, (123, 124), strict=True):
        typed(swedish(serial))
        bevis("person", "identify", person)

    def ill() -> dict[str, str]:
        checks = bevis("doctor", "--json").json()["checks"]
        return {one["check"]: one["says"] for one in checks if not one["ok"]}

    assert not {"index_key", "sealed"} & ill().keys()
    registry = open_registry(place)
    with registry.writing() as db:
        one, other = all_identifiers(db)
        one.sealed, other.sealed = other.sealed, one.sealed
        db.add_all((one, other))
    registry.close()
    assert all(person in ill()["sealed"] for person in people)
    (place / "index.key").rename(place / "elsewhere.key")
    assert "index.key" in ill()["index_key"]
    create_index_key(place / "index.key")
    assert "another registry" in ill()["index_key"]


def test_every_look_leaves_a_line(bevis: Any, added: Added, typed: Typed, place: Path, tmp_path: Path) -> None:
    anna = added("Anna Berg")
    Image.new("RGB", (300, 400), "red").save(tmp_path / "in.png")
    bevis("person", "portrait", anna, tmp_path / "in.png")
    typed(swedish())
    bevis("person", "identify", anna)
    bevis("person", "show", anna)
    bevis("person", "list")
    typed(swedish())
    bevis("person", "find")
    bevis("person", "portrait", anna, "--output", tmp_path / "out.jpg")
    registry = open_registry(place)
    with registry.reading() as db:
        lines = [(line.account, line.action) for line in access_lines(db, "person", anna)]
    registry.close()
    assert lines == [("desk", "person.read")] * 4
