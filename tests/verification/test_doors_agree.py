"""One question, one answer: the core, the API, the page, `bevis verify` and the offline command, in three languages."""

import contextlib
import html
import io
import json
import re
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from levels.order import LANGUAGES
from registry.command_line.main import app
from tests.verification.test_vectors import FOLDER, NAMES, situation_of, trust_named, vector, verdict_on
from verification import offline
from verification.answer import answer
from verification.ask import ask
from verification.endpoint.router import verify_router
from verification.presented import NotACertificate, NumberAlone, told_apart

# Thousands of questions: what they reach is covered by other tests, and counting lines would take as long again.
pytestmark = pytest.mark.no_cover

ASK = "/api/v1/verify"
# A situation with needs of its own is given by no door's name; the core alone is asked.
BY_NAME = [name for name in NAMES if "needs" not in vector(name)]
TAG = re.compile(r"<[^<>]*>")
EXITS = {"valid": 0, "invalid": 1, "undetermined": 3}


def given(name: str) -> str | bytes:
    asked = vector(name)
    return asked["token"] if "token" in asked else bytes.fromhex(asked["token_hex"])


def is_number(token: str | bytes) -> bool:
    try:
        return isinstance(told_apart(token), NumberAlone)
    except NotACertificate:
        return False


WITH_TEXT = [name for name in BY_NAME if isinstance(given(name), str)]


class Doors:
    """The HTTP door, opened once; before each question it is told which trust to ask, and when."""

    def __init__(self, world: ModuleType) -> None:
        self.source = world.FakeSource()
        application = FastAPI()
        application.include_router(verify_router(self))
        self.client = TestClient(application)

    # It is a TrustSource itself, so that one application serves every vector.
    def now(self) -> datetime:
        return self.source.now()

    def trust(self, number: str | None = None) -> Any:
        return self.source.trust(number)

    def token_by_number(self, number: str) -> str | None:
        return self.source.token_by_number(number)

    def about(self, name: str) -> None:
        asked = vector(name)
        self.source.trusted = trust_named(asked["trust"])
        self.source.moment = datetime.fromisoformat(asked["now"])


@pytest.fixture(scope="module")
def doors(world: ModuleType) -> Iterator[Doors]:
    made = Doors(world)
    with made.client:
        yield made


def question(name: str) -> dict[str, Any]:
    """The vector as the API is asked."""
    asked = vector(name)
    return {"token": given(name), **{one: asked[one] for one in ("situation", "on", "schemes") if one in asked}}


def arguments(name: str) -> list[str]:
    """The vector as a shell is asked; the text itself, or - with the text on standard input."""
    asked = vector(name)
    said = ["--trust", str(FOLDER / asked["trust"]), "--situation", asked["situation"]]
    said += ["--on", asked["on"]] if "on" in asked else []
    for scheme in asked.get("schemes", ()):
        said += ["--scheme", scheme]
    return said


def in_turn(name: str, further: int = 0) -> str:
    """A language; each vector in the next one."""
    return LANGUAGES[(NAMES.index(name) + further) % len(LANGUAGES)]


def standing_in(data: bytes) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(data), "utf-8")


def bytes_of(token: str | bytes) -> bytes:
    return token if isinstance(token, bytes) else token.encode()


@pytest.mark.parametrize("name", WITH_TEXT)
def test_the_api_and_the_page_say_what_the_core_says(doors: Doors, name: str) -> None:
    doors.about(name)
    verdict = verdict_on(vector(name))
    if is_number(given(name)):
        # With a register a number is looked up; without one it is not.
        on = date.fromisoformat(vector(name)["on"]) if "on" in vector(name) else None
        verdict = ask(doors, given(name), situation_of(vector(name)), on).verdict
        assert verdict.headline == "unknown"
    if "\x00" in str(given(name)):
        # The body that carries it cannot be read in one way only, so there is no question.
        assert doors.client.post(ASK, json=question(name)).status_code == 400
        return
    for lang in LANGUAGES:
        assert doors.client.post(ASK, json={**question(name), "lang": lang}).json() == answer(verdict, lang)
    # Several at once, and the page: in one language each, in turn.
    lang = in_turn(name)
    told, asked = answer(verdict, lang), {**question(name), "lang": lang}
    many = {**{one: value for one, value in asked.items() if one != "token"}, "tokens": [asked["token"]] * 2}
    assert doors.client.post(ASK, json=many).json() == {"answers": [told, told]}
    page = doors.client.post(ASK, json=asked, headers={"Accept": "text/html"}).text
    shown = html.unescape(TAG.sub("", page))  # what a reader reads
    assert told["title"] in shown
    assert told["says"] in shown
    assert [one for one in told["reasons"] if one["says"] not in shown] == []
    assert re.search(rf'class="answer {told["outcome"]}[ "]', page)


@pytest.mark.parametrize("name", BY_NAME)
def test_the_shell_says_what_the_core_says(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    verdict = verdict_on(vector(name))
    moment = datetime.fromisoformat(vector(name)["now"])
    data = bytes_of(given(name))
    # As JSON, in words, and by `bevis`, which is the same function behind another parser: one language each, in turn.
    lang = in_turn(name)
    told = answer(verdict, lang)
    monkeypatch.setattr("sys.stdin", standing_in(data))
    assert offline.main(["-", *arguments(name), "--lang", lang, "--json"], moment) == EXITS[told["outcome"]]
    assert json.loads(capsys.readouterr().out) == told
    lang = in_turn(name, 1)
    told = answer(verdict, lang)
    monkeypatch.setattr("sys.stdin", standing_in(data))
    assert offline.main(["-", *arguments(name), "--lang", lang], moment) == EXITS[told["outcome"]]
    shown = capsys.readouterr().out
    assert told["title"] in shown
    assert [one for one in told["reasons"] if one["severity"] != "detail" and one["says"] not in shown] == []
    lang = in_turn(name, 2)
    told = answer(verdict, lang)
    monkeypatch.setattr("sys.stdin", standing_in(data))
    with pytest.raises(SystemExit) as end:
        app(["verify", "-", *arguments(name), "--lang", lang, "--json"], obj=lambda: moment)
    assert json.loads(capsys.readouterr().out) == told
    assert end.value.code == EXITS[verdict.outcome]


def test_what_a_holder_is_called_is_no_markup(doors: Doors, tmp_path: Path) -> None:
    name = "code-with-markup-in-the-name"
    doors.about(name)
    page = doors.client.post(ASK, json=question(name), headers={"Accept": "text/html"}).text
    assert "<b>Eva" not in page
    assert "&lt;b&gt;Eva" in page
    with contextlib.redirect_stdout(io.StringIO()) as out:
        offline.main([str(given(name)), *arguments(name)], datetime.fromisoformat(vector(name)["now"]))
    assert "<b>Eva</b>" in out.getvalue()
    assert not list(tmp_path.iterdir())
