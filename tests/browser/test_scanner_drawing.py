"""The scanner draws a verdict as the verify page does: the same title, reasons and facts in the same order."""

import json
import mimetypes
from pathlib import Path
from typing import Any

import pytest
from fastapi import Request
from playwright.sync_api import Browser, Route

from levels.order import LANGUAGES
from levels.rulebook import rulebook
from tests.verification.test_vectors import NAMES, vector, verdict_on
from verification.answer import answer
from verification.certificate import LANGUAGES as TONGUES
from verification.endpoint.kept_answers import Shown
from verification.endpoint.presentation import page_words
from verification.endpoint.verdict_page import fragment
from verification.reasons import age_in_words
from verification.situation import situation

SOURCE = Path(__file__).resolve().parents[2] / "verification" / "scanner"
ORIGIN = "http://scanner.test"
REQUEST = Request({"type": "http", "method": "GET", "path": "/v", "headers": [], "query_string": b"", "root_path": ""})
# What both say, with what only one of them has left out: links to other pages, and codes to read out over the phone.
STRUCTURE = """article => {
  const text = node => node.textContent.replace(/\\s+/g, ' ').trim();
  const all = (within, what) => [...within.querySelectorAll(what)];
  const facts = list => all(list, ':scope > div').map(
    each => [each.className, all(each, 'dt').map(text), all(each, 'dd').map(text)]);
  for (const gone of all(article, '.not a, .code, .banner .on-device, .banner .draft')) gone.remove();
  const banner = article.querySelector('.banner');
  return {
    kind: article.className.trim(),
    banner: [banner.className, banner.querySelector('use').getAttribute('href'), ...all(banner, 'h1, p').map(text)],
    todo: all(article, '.todo').map(text),
    order: all(article, '.columns > *').map(each => each.className.trim()),
    person: all(article, '.person').map(
      each => [all(each, '.prompt, .holder').map(text), facts(each.querySelector('dl'))]),
    level: all(article, '.level').map(each => [
      all(each, 'h2, .badge, .name, .badge-row p, .not').map(text), all(each, 's').length,
      all(each, '.scale li').map(one => [one.className, text(one)]), facts(each.querySelector('dl')),
    ]),
    steps: all(article, '.steps').map(list => all(list, 'li').map(one => [
      one.className, one.querySelector('use').getAttribute('href'), text(one.querySelector('a, strong')),
      text(one.querySelector('.sr')), all(one, 'p').map(text),
    ])),
    facts: all(article, '.rows-of-facts').map(facts),
    foot: all(article, '.foot p').map(text),
  };
}"""


def cases() -> list[str]:
    """One vector for each headline and each kind of what was shown; and all about organisations."""
    chosen: dict[tuple[str, bool, bool], str] = {}
    for name in NAMES:
        asked = vector(name)
        verdict = verdict_on(asked)
        seen = verdict.certificate
        about = seen.organisation.attests.kind if seen and seen.organisation else ""
        key = (verdict.headline + about, bool(seen and seen.full), verdict.on is not None)
        chosen.setdefault(key, name)
    return sorted(chosen.values())


def _files(route: Route) -> None:
    path = SOURCE / route.request.url.removeprefix(f"{ORIGIN}/").partition("?")[0]
    if path.is_file():
        route.fulfill(body=path.read_bytes(), content_type=mimetypes.guess_type(path.name)[0] or "text/javascript")
    else:
        route.fulfill(body="<!doctype html><title>x</title>", content_type="text/html")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_both_draw_the_same(browser: Browser, lang: str) -> None:
    assert set(LANGUAGES) == set(TONGUES)
    page = browser.new_page()
    page.route("**/*", _files)
    page.goto(f"{ORIGIN}/")
    drawn = (
        f"async ([told, context]) => {{ const one = {STRUCTURE};"
        " const { drawVerdict } = await import('/app/verdict.js'); return one(drawVerdict(told, context)); }"
    )
    parsed = (
        f"html => {{ const one = {STRUCTURE};"
        " return one(new DOMParser().parseFromString(html, 'text/html').querySelector('article.answer')); }"
    )
    names = cases()
    assert len(names) > 20
    for name in names:
        verdict = verdict_on(vector(name))
        html = fragment(REQUEST, Shown(verdict, by_code=True), lang)
        theirs: dict[str, Any] = page.evaluate(parsed, html)
        context = {
            "words": page_words(lang),
            "order": [level.value for level in rulebook(verdict.edition).order],
            "age": age_in_words(verdict.checked_at - verdict.known_as_of, lang),
            "clock": theirs["foot"][0].rpartition(page_words(lang)["checked_at"])[2].strip(),
            "situation": situation(verdict.situation).title[lang],
            "codes": False,
        }
        ours = page.evaluate(drawn, [json.loads(json.dumps(answer(verdict, lang))), context])
        assert ours == theirs, name
    page.close()
