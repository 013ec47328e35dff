"""What readers say in English, in the reader's language."""

import re
import tomllib
from datetime import date, datetime
from importlib import resources
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from pydantic import Field

from levels.level import Level
from registry.errors import MalformedInput
from registry.reading.wrong import shared_texts
from registry.records.strict_input import Slug, StrictInput, parse
from registry.web.sentences import translated

SENTENCES = tomllib.loads((resources.files("registry.web") / "texts" / "sentences.toml").read_text(encoding="utf-8"))


class _Inner(StrictInput):
    name: Slug


class _Shape(StrictInput):
    text: Annotated[str, Field(min_length=2, max_length=4)] = "ab"
    count: Annotated[int, Field(ge=1, le=5)] = 1
    yes: bool = True
    day: date | None = None
    moment: datetime | None = None
    id: UUID | None = None
    level: Level | None = None
    one: Literal["x", "y"] = "x"
    several: Annotated[list[int], Field(min_length=1, max_length=2)] = Field(default_factory=lambda: [1])
    inner: _Inner | None = None
    either: bool | int = 1


@pytest.mark.parametrize(
    "given",
    [
        {"text": 1, "count": "1", "yes": 1, "day": 5, "moment": 5, "id": 5, "level": 5, "one": 5, "several": 5},
        {
            "text": "abcde",
            "count": 0,
            "day": "2026-13-01",
            "moment": "x",
            "id": "x",
            "level": "Q",
            "several": [1, 2, 3],
        },
        {"text": "a", "count": 6, "several": [], "inner": {}, "either": "x"},
        {"inner": {"name": "-"}},
        {"inner": {"name": "a1234567890"}},
        {"inner": 5},
        {"txt": 1},
        {"quite_another": 1},
    ],
)
@pytest.mark.parametrize("lang", ["sv", "nb"])
def test_what_is_wrong_with_a_body_is_said_in_the_readers_language(given: dict[str, Any], lang: str) -> None:
    with pytest.raises(MalformedInput) as refused:
        parse(given, _Shape)
    for path, says in refused.value.faults:
        told = translated(says, lang)
        assert told != says, (path, says)
        assert not re.search(r"\b(must|or|is|known)\b", told), told
        assert translated(says, "en") == says


@pytest.mark.parametrize(
    ("says", "told"),
    [
        ("must be 'x', 'y' or 'z'", "måste vara 'x', 'y' eller 'z'"),
        (
            "must be a valid boolean or must be a valid integer",
            "måste vara sant eller falskt (true, false) eller måste vara ett heltal",
        ),
        (
            "No such option: --foo (Possible options: --json, --for)",
            "Flaggan --foo finns inte. Menade du --json, --for?",
        ),
        ("Invalid value for '--port': Input should be less than or equal to 65535", "--port får vara högst 65535."),
        ("Invalid value for '--port': Input should be of another world", "--port must be of another world."),
        ("must be a valid string of {braces}", "must be a valid string of {braces}"),
        (shared_texts()["number_check_digit"]["en"], shared_texts()["number_check_digit"]["sv"]),
        ("is no known name here; did you mean {0.__class__}?", "är inget känt namn här; menade du {0.__class__}?"),
    ],
)
def test_what_stands_in_a_sentence_is_kept(says: str, told: str) -> None:
    assert translated(says, "sv") == told


def test_each_sentence_is_found_by_its_own_form() -> None:
    for entry in SENTENCES["sentence"]:
        names = re.findall(r"\{([a-z_]+)\}", entry["en"])
        for lang in ("sv", "nb"):
            assert set(re.findall(r"\{([a-z_]+)\}", entry[lang])) <= set(names)
            filled = {name: f"<{name}>" for name in names}
            wanted = entry[lang].format(
                **{name: f"must be <{name}>" if name.endswith("_says") else part for name, part in filled.items()}
            )
            assert translated(entry["en"].format(**filled), lang) == wanted
