"""What the registry answers to a number is read strictly by the scanner: every answer there is, and nothing but one."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from levels.order import LANGUAGES
from tests.conftest import skip_unless_ci
from tests.verification.test_vectors import NAMES, vector, verdict_on
from verification.answer import answer
from verification.endpoint.described import Answer

READ = Path(__file__).parent / "read_answers.mjs"
NUMBER = "7Q4M-2XKD-9RTB-0HWC"


def _taken(questions: list[tuple[str, str, str]]) -> list[bool]:
    node = shutil.which("node")
    if node is None:
        skip_unless_ci("no node on this machine: apt-get install nodejs npm")
    ran = subprocess.run([str(node), str(READ)], input=json.dumps(questions).encode(), capture_output=True, check=True)
    return list(json.loads(ran.stdout))


def _asked(said: dict[str, Any]) -> tuple[str, str, str]:
    number = said["certificate"]["number"] if said["certificate"] else NUMBER
    return json.dumps(said), number, said["situation"]


def test_every_answer_that_the_registry_gives_is_taken() -> None:
    questions = {}
    for place, name in enumerate(NAMES):
        said = answer(verdict_on(vector(name)), LANGUAGES[place % 3], show_birth=False)
        written = Answer.model_validate(said).model_dump(mode="json", exclude_unset=True)
        questions[name] = _asked(written | {"what a newer registry adds": [1]})
    taken = _taken(list(questions.values()))
    assert [name for name, took in zip(questions, taken, strict=True) if not took] == []


def _without(*path: str) -> Callable[[dict[str, Any]], None]:
    def change(said: dict[str, Any]) -> None:
        for step in path[:-1]:
            said = said[step]
        del said[path[-1]]

    return change


def _with(value: Any, *path: str) -> Callable[[dict[str, Any]], None]:
    def change(said: dict[str, Any]) -> None:
        for step in path[:-1]:
            said = said[step]
        said[path[-1]] = value

    return change


SPOILT: dict[str, Callable[[dict[str, Any]], None]] = {
    "green without a certificate": _with(None, "certificate"),
    "green about another number": _with(NUMBER, "certificate", "number"),
    "green by a red headline": _with("revoked", "headline"),
    "a headline that every object has": _with("constructor", "headline"),
    "an outcome that every object has": _with("constructor", "outcome"),
    "for another situation": _with("constructor", "situation"),
    "no moment": _with("x", "checked_at"),
    "a moment that is none": _with("2026-13-28T00:00:00Z", "known_as_of"),
    "known later than it was checked": _with("2099-01-01T00:00:00Z", "known_as_of"),
    "no reasons": _with([], "reasons"),
    "a reason that is none": _with([None], "reasons"),
    "no title": _with("", "title"),
    "a title that is no text": _with({"toString": "Valid"}, "title"),
    "a certificate that is a text": _with("valid", "certificate"),
    "nobody's": _with(" ", "certificate", "holder"),
    "a zone that is none": _with("Mars/Olympus", "certificate", "time_zone"),
    "a level that is none": _with("A", "certificate", "level"),
    "a first day that is none": _with("2026-02-30", "certificate", "valid_from"),
    "restrictions as one text": _with("none", "certificate", "restrictions"),
    "said of an organisation by no kind": _with({"kind": "constructor"}, "certificate", "attests"),
    "said of an organisation by half": _with({"kind": "audit", "holder": "x"}, "certificate", "attests"),
    "minutes that are none": _with("NaN", "certificate", "attended_minutes"),
    "without its end": _without("certificate", "valid_until"),
    "without its outcome": _without("outcome"),
}


@pytest.fixture(scope="module")
def spoilt() -> dict[str, bool]:
    """Whether each is taken; Node asked once."""
    good = json.loads(json.dumps(answer(verdict_on(vector("document-good")), "sv", show_birth=False)))
    assert good["outcome"] == "valid"
    texts = {"whole": json.dumps(good)}
    for name, change in SPOILT.items():
        said = json.loads(json.dumps(good))
        change(said)
        texts[name] = json.dumps(said)
    texts |= {"a page": "<html>login</html>", "null": "null", "a list": "[]", "nothing": "", "empty": "{}"}
    texts["a member twice"] = '{"outcome":"valid",' + json.dumps(good)[1:]
    asked = (good["certificate"]["number"], good["situation"])
    return dict(zip(texts, _taken([(text, *asked) for text in texts.values()]), strict=True))


def test_what_is_none_is_not_drawn(spoilt: dict[str, bool]) -> None:
    assert [name for name, took in spoilt.items() if took] == ["whole"]
