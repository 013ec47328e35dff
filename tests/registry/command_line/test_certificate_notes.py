"""What is typed about a certificate: no national identity number is repeated or kept."""

from collections.abc import Callable
from pathlib import Path

import pytest

from registry.records.whole.directory import Registry
from tests.registry.command_line.conftest import Bevis
from tests.registry.conftest import employ

SPELLINGS = ["900101-1234", "1990-01-01 1234", "010190 12345", "９００１０１-1234"]


@pytest.fixture(scope="module")
def place(new_demo: Callable[[Path], Registry], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demo registry that is written to."""
    place = tmp_path_factory.mktemp("notes") / "bevis-demo"
    registry = new_demo(place)
    employ(registry)
    registry.close()
    return place


def number_of(bevis: Bevis, place: Path, state: str) -> str:
    listed = bevis("certificate", "list", "--dir", place, "--json").json()
    return next(str(one["number"]) for one in listed if one["state"] == state)


@pytest.mark.parametrize("text", SPELLINGS)
@pytest.mark.parametrize("command", [("show",), ("qr",), ("export",), ("revoke", "--reason", "error")])
@pytest.mark.parametrize("json", [(), ("--json",)])
def test_what_is_no_number_is_not_repeated(
    bevis: Bevis, place: Path, command: tuple[str, ...], text: str, json: tuple[str, ...]
) -> None:
    ended = bevis("certificate", *command, text, "--dir", place, *json)
    assert ended.code == 2
    assert "that is no certificate number" in " ".join(ended.err.split())
    assert text not in ended.out + ended.err
    assert "1234" not in ended.out + ended.err


@pytest.mark.parametrize("text", SPELLINGS)
@pytest.mark.parametrize(
    ("command", "state"), [("suspend", "valid"), ("revoke", "valid"), ("annul", "valid"), ("reinstate", "suspended")]
)
def test_a_note_with_a_national_number_is_refused_and_not_kept(
    bevis: Bevis, place: Path, command: str, state: str, text: str
) -> None:
    number = number_of(bevis, place, state)
    before = bevis("certificate", "show", number, "--dir", place, "--json").json()
    note = f"asked for by {text}"
    ended = bevis("certificate", command, number, "--reason", "error", "--note", note, "--dir", place)
    assert ended.code == 2
    assert "--note: a national identity number" in " ".join(ended.err.split())
    assert "1234" not in ended.out + ended.err
    assert bevis("certificate", "show", number, "--dir", place, "--json").json() == before


def test_another_note_is_kept(bevis: Bevis, place: Path) -> None:
    number, note = number_of(bevis, place, "valid"), "case 4500123456, told on 2026-11-02 08:00"
    ended = bevis("certificate", "suspend", number, "--reason", "error", "--note", note, "--dir", place)
    assert ended.code == 0
    told = bevis("certificate", "show", number, "--dir", place, "--json").json()
    assert told["history"][-1]["note"] == note
