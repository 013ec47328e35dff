"""What a row asks for itself: a lower level, or the one that the evidence reaches."""

from datetime import date
from typing import Any

import pytest

from levels.level import Level
from levels.rulebook import rulebook
from registry.issuing.batches.issue_batch import check_batch
from registry.issuing.decisions.wish import Wish
from registry.issuing.lists.kept_row import kept_form, row_of
from registry.issuing.lists.roster import read_roster
from registry.issuing.lists.roster_row import Roster, RosterRow
from registry.records.whole.directory import Registry
from registry.signing.keys import Keyring
from tests.registry.conftest import NOW, issue, person, roster

MARCH = "hot-work-march"
METHODS = rulebook("2026-01-01").methods


def read(header: str, *cells: str) -> Roster:
    lines = [f"namn;född;{header}", *(f"Anna {chr(65 + at)};1990-05-17;{cell}" for at, cell in enumerate(cells))]
    return read_roster("\n".join(lines).encode(), methods=METHODS, on=date(2026, 6, 1))


@pytest.mark.parametrize("header", ["level", "Grad", "Begärd nivå", "ønsket grad", "asked"])
def test_a_level_is_read_by_its_letter_or_by_a_word_that_only_one_has(header: str) -> None:
    words = {
        "D": "D",
        "d": "D",
        "nivå E": "E",
        "Grad D": "D",
        "Level C2": "C2",
        "C1 – oberoende certifikat": "C1",
        "Diplom": "D",
        "kursbevis": "E",
        "attestation": "E",
        "Sektorscertifikat": "B",
        "F": "F",
        "": None,
    }
    assert [row.asked for row in read(header, *words).rows] == [value and Level(value) for value in words.values()]


@pytest.mark.parametrize("word", ["A", "certifikat", "G", "hög", "1"])
def test_what_may_be_several_levels_or_none_is_told(word: str) -> None:
    (fault,) = read("nivå", word).faults[2]
    assert (fault.column, fault.code) == ("asked", "unknown_word")


@pytest.mark.parametrize("header", ["at attained level", "Uppnådd nivå räcker", "oppnådd nivå holder"])
def test_whether_the_attained_level_will_do_is_yes_no_or_not_said(header: str) -> None:
    assert [row.at_attained for row in read(header, "ja", "nei", "").rows] == [True, False, None]


def test_what_a_row_asks_is_kept_with_it() -> None:
    for wish in ({"asked": Level.D, "at_attained": False}, {"at_attained": True}, {}):
        row = RosterRow(row=2, name="Anna Berg", **wish)  # type: ignore[arg-type] cases
        again = row_of(2, kept_form(row))
        assert again == row
        assert isinstance(again.asked, Level) == ("asked" in wish)


def checked(registry: Registry, *rows: RosterRow, **wish: Any) -> list[tuple[str, str | None]]:
    with registry.reading() as db:
        result = check_batch(db, MARCH, roster(*rows), Wish(**wish), now=NOW)
    return [(row.outcome, row.level and row.level.value) for row in result.rows]


LESS = {"facts": {"attended_minutes": 450}}  # enough for C2, not for B


def test_a_row_may_ask_for_less_than_the_scheme(registry: Registry) -> None:
    rows = (person(2), person(3, asked=Level.D), person(4, asked=Level.B), person(5, asked=Level.C2, **LESS))
    assert checked(registry, *rows) == [("issued", "B"), ("issued", "D"), ("issued", "B"), ("issued", "C2")]
    # What the row asks goes before what is asked for the list.
    assert checked(registry, *rows, asked=Level.E) == [
        ("issued", "E"),
        ("issued", "D"),
        ("issued", "B"),
        ("issued", "C2"),
    ]


def test_a_row_may_not_ask_for_more(registry: Registry) -> None:
    rows = [person(2, asked=Level.D, name="Anna Berg"), person(3, asked=Level.C1)]
    with registry.reading() as db:
        result = check_batch(db, "own-course-march", roster(*rows), now=NOW)
    assert [(row.outcome, [fault.code for fault in row.faults]) for row in result.rows] == [
        ("issued", []),
        ("fault", ["asked_above_target"]),
    ]
    assert result.rows[1].faults[0].says["en"].startswith("C1 lies above the level of the scheme, D.")


def test_the_attained_level_is_a_choice_of_the_row_before_it_is_one_of_the_list(registry: Registry) -> None:
    rows = (person(2, **LESS), person(3, at_attained=True, **LESS), person(4, at_attained=False, **LESS))
    assert checked(registry, *rows) == [("refused", None), ("issued", "C2"), ("refused", None)]
    assert checked(registry, *rows, issue_at_attained=True) == [("issued", "C2"), ("issued", "C2"), ("refused", None)]


def test_it_is_issued_as_each_row_asks(registry: Registry, keyring: Keyring) -> None:
    done = issue(
        registry,
        keyring,
        MARCH,
        roster(person(2), person(3, asked=Level.D), person(4, at_attained=True, **LESS), person(5, **LESS)),
    )
    assert [(row.outcome, row.level and row.level.value) for row in done.rows] == [
        ("issued", "B"),
        ("issued", "D"),
        ("issued", "C2"),
        ("refused", None),
    ]
