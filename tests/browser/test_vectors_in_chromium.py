"""The scanner's core answers every vector in a real browser too: its own keys, time zones and decompression."""

import json
import mimetypes
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Route

from tests.verification.test_vectors import FOLDER, NAMES, situation_of, vector, verdict_on
from verification.answer import answer
from verification.scanner_texts import texts_for_scanner

CORE = Path(__file__).parents[2] / "verification" / "scanner" / "core"
ORIGIN = "https://scanner.test"
ASK = """
async ({trusts, texts, asked, refused}) => {
  const { answer, check, readTrust } = await import("/check.js");
  const known = {};
  for (const [name, text] of Object.entries(trusts)) known[name] = await readTrust(text);
  const answers = [];
  for (const { token, hex, trust, now, on, situation } of asked) {
    const shown = hex ? Uint8Array.from(hex.match(/../g), (byte) => parseInt(byte, 16)) : token;
    const verdict = await check(shown, known[trust], { now: new Date(now), on, situation });
    answers.push(answer(verdict, texts, "en"));
  }
  const believed = await Promise.all(refused.map((text) => readTrust(text).then(() => true, () => false)));
  return JSON.stringify({ answers, believed });
}
"""


def _served(route: Route) -> None:
    """The core's own files, from this machine alone; an empty page to ask from."""
    name = route.request.url.removeprefix(f"{ORIGIN}/")
    body = (CORE / name).read_bytes() if name else b"<!doctype html><title>scanner</title>"
    kind = mimetypes.guess_type(name)[0] if name else "text/html"
    route.fulfill(body=body, content_type=kind or "text/javascript")


@pytest.fixture(scope="module")
def told(browser: Browser) -> dict[str, Any]:
    page = browser.new_page()
    page.route("**/*", _served)
    page.goto(f"{ORIGIN}/")
    asked = [
        {
            **{member: one[member] for member in ("token", "trust", "now", "on") if member in one},
            "hex": one.get("token_hex"),
            "situation": situation_of(one).model_dump(mode="json"),
        }
        for one in map(vector, NAMES)
    ]
    refused = sorted((FOLDER / "trust" / "refused").glob("*.json"))
    given = {
        "trusts": {name: (FOLDER / name).read_text("utf-8") for name in sorted({one["trust"] for one in asked})},
        "texts": texts_for_scanner("en"),
        "asked": asked,
        "refused": [json.loads(path.read_text("utf-8"))["text"] for path in refused],
    }
    said = json.loads(page.evaluate(ASK, given))
    page.close()
    return said


def test_it_answers_every_vector_as_python_does(told: dict[str, Any]) -> None:
    differs = [
        name
        for name, said in zip(NAMES, told["answers"], strict=True)
        if said != json.loads(json.dumps(answer(verdict_on(vector(name)), "en")))
    ]
    assert differs == []


def test_it_refuses_every_trust_that_python_refuses(told: dict[str, Any]) -> None:
    assert told["believed"]
    assert not any(told["believed"])
