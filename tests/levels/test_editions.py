"""An edition is never edited: its bytes are held here, and broken data does not load."""

import copy
import hashlib
import tomllib
from datetime import date
from importlib.resources import files
from typing import Any

import pytest

from levels.order import BrokenRulebook, NoSuchEdition, editions
from levels.rulebook import FILES, edition_on, rulebook, rulebook_from

DIGESTS = {
    "2026-01-01": {
        "levels": "762671aaba22d181",
        "organisation": "b0d287eb68ef3a31",
        "person": "c35f94a80d4db15a",
        "facts": "9a8221c10f0fa8ae",
        "relations": "de425d013f79f203",
        "identity": "ee10aecd3273f71f",
        "independence": "aaa1955dc6a32803",
    },
}


def digest(edition: str, name: str) -> str:
    data = (files("levels") / "rules" / edition / f"{name}.toml").read_bytes()
    return hashlib.sha256(data.replace(b"\r\n", b"\n")).hexdigest()[:16]


@pytest.mark.parametrize("edition", editions())
def test_a_published_edition_has_not_changed(edition: str) -> None:
    assert {name: digest(edition, name) for name in FILES} == DIGESTS[edition]


def test_the_edition_in_force_is_the_newest_that_has_begun() -> None:
    assert edition_on(date(2026, 1, 1)).edition == "2026-01-01"
    assert edition_on(date(2040, 1, 1)).edition == editions()[-1]


def test_before_the_first_edition_there_is_none() -> None:
    with pytest.raises(NoSuchEdition, match="first is 2026-01-01"):
        edition_on(date(2025, 12, 31))
    with pytest.raises(NoSuchEdition, match="there are"):
        rulebook("2020-01-01")
    with pytest.raises(NoSuchEdition):
        rulebook("../../etc")


def data() -> dict[str, Any]:
    read = {name: (files("levels") / "rules" / "2026-01-01" / f"{name}.toml").read_text("utf-8") for name in FILES}
    return {name: tomllib.loads(text) for name, text in read.items()}


def person(rows: dict[str, Any], row: str) -> dict[str, Any]:
    return next(one for one in rows["person"]["requirement"] if one["id"] == row)


@pytest.mark.parametrize(
    ("break_it", "says"),
    [
        pytest.param(lambda d: d["levels"]["order"].remove("F"), "every level", id="a level is missing"),
        pytest.param(lambda d: person(d, "I7").update(id="I6"), "twice", id="an id twice"),
        pytest.param(lambda d: person(d, "I7")["says"].pop("nb"), "language", id="a sentence is missing"),
        pytest.param(lambda d: d["facts"]["fact"]["portrait"]["lift"].pop("sv"), "language", id="advice is missing"),
        pytest.param(lambda d: person(d, "I7").update(sauce="x"), "sauce", id="a misspelt key"),
        pytest.param(lambda d: person(d, "I7").update(recommended=["B"]), "two columns", id="both M and R"),
        pytest.param(lambda d: person(d, "I7").update(recommended=["F"]), "F is asked", id="F is asked something"),
        pytest.param(lambda d: person(d, "I7").update(asks=[{"fact": "luck", "is": True}]), "no fact", id="no fact"),
        pytest.param(
            lambda d: person(d, "I7").update(asks=[{"fact": "portrait", "at_least": 1}]), "kind", id="wrong comparison"
        ),
        pytest.param(lambda d: person(d, "I7").update(asks=[{"fact": "portrait"}]), "nothing", id="no comparison"),
        pytest.param(
            lambda d: person(d, "I7").update(asks=[{"fact": "exam_face", "at_least": "photo"}]), "word", id="no word"
        ),
        pytest.param(
            lambda d: person(d, "I7").update(asks=[{"fact": "exam_ida", "at_least": "two"}]), "number", id="no number"
        ),
        pytest.param(
            lambda d: person(d, "I7").update(asks=[{"levels": ["D"], "fact": "portrait", "is": True}]),
            "asks nothing at B",
            id="a level without a criterion",
        ),
        pytest.param(lambda d: d["facts"]["fact"].pop("portrait"), "differ", id="a fact without a name"),
        pytest.param(lambda d: d["levels"]["level"][0]["assures"].pop("en"), "language", id="a level's text"),
        pytest.param(lambda d: d["independence"].update(significant_share="x"), "2026-01-01", id="no share"),
        pytest.param(lambda d: d.pop("identity"), "identity", id="a file is missing"),
    ],
)
def test_broken_rules_do_not_load(break_it: Any, says: str) -> None:
    broken = copy.deepcopy(data())
    break_it(broken)
    with pytest.raises(BrokenRulebook, match=says):
        rulebook_from(broken, "2026-01-01")
