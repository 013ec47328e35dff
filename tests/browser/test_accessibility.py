"""Nothing stands between anybody and the verdict: axe-core finds no fault on any page, in any colours or language."""

from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.browser.barriers import barriers

PAGES = (
    "/",
    "/v",
    "/v/0000-0000-0000-0000",
    "/v/several",
    "/levels",
    "/levels/compare",
    "/levels/C1",
    "/reasons",
    "/reasons/revoked",
    "/reasons/knowledge_stale",
    "/schemes",
    "/schemes?q=nothing-like-it",
    "/schemes/hot-work",
    "/schemes/fork-lift",
    "/issuers",
    "/gate?situation=hot_work_permit&scheme=hot-work&level=C1",
    "/papers",
    "/issuers/provhuset",
    "/issuers/brandradet",
    "/problems",
    "/problems/too-many-questions",
    "/no-such-page",
)
LANGUAGES = ("sv", "nb", "en")
LIGHTS = ("green", "red", "amber")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_page_at_the_width_of_a_phone(browser: Browser, served: Any, lang: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    for path in PAGES:
        page.goto(f"{served.origin}{path}{'&' if '?' in path else '?'}lang={lang}")
        assert not barriers(page), path
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
    context.close()


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("width", [390, 1280])
def test_every_verdict_with_all_of_it_open(browser: Browser, served: Any, width: int, lang: str) -> None:
    context = browser.new_context(viewport={"width": width, "height": 844})
    page = context.new_page()
    for light in LIGHTS:
        page.goto("about:blank")
        page.goto(served.pages[light].replace("/v#", f"/v?lang={lang}#"))
        page.locator(".answer .banner").wait_for(timeout=20_000)
        page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
        assert not barriers(page), light
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), light
    context.close()


def test_enlarged_four_times_nothing_is_cut_off(browser: Browser, served: Any) -> None:
    """WCAG 2.2 success criterion 1.4.10: a width of 320 CSS pixels is 1280 enlarged four times."""
    context = browser.new_context(viewport={"width": 320, "height": 256})
    page = context.new_page()
    for address in (
        *(served.pages[light] for light in LIGHTS),
        f"{served.origin}/levels/B",
        f"{served.origin}/schemes",
        f"{served.origin}/schemes/fork-lift",
        f"{served.origin}/issuers/provhuset",
        f"{served.origin}/reasons/revoked",
    ):
        page.goto("about:blank")
        page.goto(address)
        page.locator("h1").first.wait_for(timeout=20_000)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), address
    context.close()


def test_without_colour_the_verdict_is_still_told_by_word_and_shape(browser: Browser, served: Any) -> None:
    context = browser.new_context(forced_colors="active", viewport={"width": 390, "height": 844})
    page = context.new_page()
    words, shapes = set(), set()
    for light in LIGHTS:
        page.goto("about:blank")
        page.goto(served.pages[light])
        banner = page.locator(".answer .banner")
        banner.wait_for(timeout=20_000)
        words.add(banner.locator(".verdict").inner_text())
        shapes.add(banner.locator("use").get_attribute("href"))
    assert len(words) == len(shapes) == len(LIGHTS)
    context.close()
