"""A certificate that another has come in the place of leads whoever checks it to that one."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from levels.rulebook import rulebook
from registry.command_line.place import keyring_of
from registry.issuing.lists.roster import read_roster
from registry.records.sittings.occasions import NewOccasion, add_occasion, occasion_by_id
from registry.records.whole.directory import Registry
from registry.web.source import RegistrySource
from tests.registry.command_line.conftest import Bevis
from tests.registry.conftest import employ, issue
from verification.ask import ask
from verification.certificate import display_number
from verification.situation import situation

ROSTER = """namn;födelsedatum;e-post;närvarominuter;godkänd;resultat registrerat
Eva Provsson;1985-04-12;eva@example.org;480;ja;ja
Nils Provsson;1986-05-13;nils@example.org;480;ja;ja
"""


@pytest.fixture(scope="module")
def twice(
    new_demo: Callable[[Path], Registry], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Registry, dict[str, list[str]]]]:
    """A registry in which two people took one course twice; their numbers, the first course's first."""
    registry = new_demo(tmp_path_factory.mktemp("replace") / "demo")
    now = datetime.now(UTC)
    employ(registry)
    with registry.reading() as db:
        like = NewOccasion.model_validate_json(json.dumps(occasion_by_id(db, "fall-protection-autumn").document))
    numbers: dict[str, list[str]] = {}
    for turn in range(2):
        at = now + timedelta(seconds=turn)
        roster = read_roster(ROSTER.encode(), methods=rulebook("2026-01-01").methods, on=now.date())
        with registry.writing() as db:
            add_occasion(db, like.model_copy(update={"id": f"course-{turn}"}), at, "test")
        done = issue(registry, keyring_of(registry), f"course-{turn}", roster, now=at, issue_at_attained=True)
        for name, row in zip(("eva", "nils"), done.rows, strict=True):
            numbers.setdefault(name, []).append(str(row.number))
    yield registry, numbers
    registry.close()


def replaced(bevis: Bevis, place: Path, number: str, by: str, *more: str) -> tuple[int, str]:
    ended = bevis("certificate", "replace", number, "--by", by, "--dir", place, *more)
    return ended.code, " ".join((ended.out + ended.err).split())


def test_what_cannot_come_in_its_place_is_refused(bevis: Bevis, twice: tuple[Registry, dict[str, list[str]]]) -> None:
    registry, numbers = twice
    place, (first, second) = registry.directory, numbers["eva"]
    listed = bevis("certificate", "list", "--dir", place, "--json").json()
    other = next(one["number"] for one in listed if one["scheme"] != "fall-protection" and one["state"] == "valid")
    for by, why in (
        (first, "it is the same certificate"),
        (numbers["nils"][1], "it is another person's"),
        (other, "it is another person's"),
        ("0000-0000-0000-0000", "no certificate here has the number"),
        ("hello", "that is no certificate number"),
    ):
        code, said = replaced(bevis, place, first, by)
        assert (code, why in said) == (2, True), said
    code, said = replaced(bevis, place, second, first)
    assert (code, "it was issued before" in said) == (2, True), said
    assert bevis("certificate", "show", first, "--dir", place, "--json").json()["state"] == "valid"


def test_whoever_checks_it_is_led_to_the_new_one(bevis: Bevis, twice: tuple[Registry, dict[str, list[str]]]) -> None:
    registry, numbers = twice
    first, second = numbers["eva"]
    code = bevis("certificate", "qr", first, "--dir", registry.directory).out.strip()
    told = bevis("certificate", "replace", first, "--by", second, "--dir", registry.directory, "--json").json()
    assert told == {"number": display_number(first), "state": "superseded", "successor": display_number(second)}
    for given in (first, code):
        answer = bevis("verify", given, "--dir", registry.directory, "--json")
        assert answer.code == 1
        assert answer.json()["headline"] == "superseded"
        assert answer.json()["certificate"]["successor"] == display_number(second)
        assert display_number(second) in answer.json()["reasons"][0]["says"]
    source = RegistrySource(registry, registry.public_url, lambda: datetime.now(UTC) + timedelta(seconds=5))
    assert ask(source, first, situation()).verdict.headline == "superseded"
    assert bevis("verify", second, "--dir", registry.directory).code == 0
    history = bevis("certificate", "show", first, "--dir", registry.directory, "--json").json()["history"]
    assert [event["successor"] for event in history] == [None, display_number(second)]
    status, said = replaced(bevis, registry.directory, first, second)
    assert (status, "for good" in said) == (2, True)
    assert bevis("doctor", "--dir", registry.directory).code == 0
