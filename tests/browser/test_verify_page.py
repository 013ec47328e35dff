"""The verify page in a real browser: what a phone does with the address in a QR code."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

HEADLINES = {"green": ("valid", "Giltigt"), "red": ("invalid", "Inte giltigt"), "amber": ("undetermined", "")}


@pytest.fixture
def page(browser: Browser, served: Any) -> Iterator[Page]:
    context = browser.new_context(locale="sv-SE", viewport={"width": 390, "height": 844})
    opened = context.new_page()
    said: list[str] = []
    elsewhere: list[str] = []
    opened.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda fault: said.append(str(fault)))
    opened.on("request", lambda asked: None if asked.url.startswith(served.origin) else elsewhere.append(asked.url))
    yield opened
    context.close()
    assert not elsewhere
    assert not [line for line in said if "net::ERR" not in line]


def verdict(page: Page) -> tuple[str, str]:
    """Colour and headline, once the page has one."""
    banner = page.locator(".answer .banner")
    banner.wait_for(timeout=20_000)
    [colour] = {"valid", "invalid", "undetermined"} & set((banner.get_attribute("class") or "").split())
    return colour, banner.locator(".verdict").inner_text()


@pytest.mark.parametrize("light", ["green", "red", "amber"])
def test_the_address_in_the_code_becomes_a_verdict_and_leaves_the_address_bar(
    page: Page, served: Any, light: str
) -> None:
    page.goto(served.pages[light])
    colour, headline = verdict(page)
    assert colour == HEADLINES[light][0]
    assert HEADLINES[light][1] in headline
    assert page.url == f"{served.origin}/v"
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_a_second_scan_in_the_same_tab_leaves_nothing_of_the_first(page: Page, served: Any) -> None:
    page.goto(served.pages["green"])
    assert verdict(page)[0] == "valid"
    page.evaluate("address => { location.hash = address }", served.pages["red"].split("#", 1)[1])
    page.locator(".answer.invalid").wait_for(timeout=20_000)
    assert page.locator(".answer").count() == 1
    assert verdict(page)[0] == "invalid"
    assert "#" not in page.url


@pytest.mark.parametrize("lang", ["sv", "nb", "en"])
def test_the_language_can_be_chosen_and_the_code_is_asked_about_again(page: Page, served: Any, lang: str) -> None:
    page.goto(served.pages["green"])
    first = verdict(page)
    page.locator(f"a[hreflang={lang}]").click()
    page.wait_for_url(re.compile(rf"lang={lang}"))
    assert verdict(page)[0] == first[0]
    assert page.locator("html").get_attribute("lang") == lang


def test_a_changed_digit_is_never_green(page: Page, served: Any) -> None:
    address, digits = served.pages["green"].split("#", 1)
    other = str((int(digits[200]) + 1) % 10)
    page.goto(f"{address}#{digits[:200]}{other}{digits[201:]}")
    assert verdict(page)[0] != "valid"


def test_without_a_script_the_number_can_be_typed(browser: Browser, served: Any) -> None:
    context: Any = browser.new_context(java_script_enabled=False, locale="en-GB")
    page = context.new_page()
    page.goto(f"{served.origin}/v")
    page.locator("input[name=number]").first.fill("0000-0000-0000-0000")
    page.locator("form button").first.click()
    assert verdict(page)[0] == "undetermined"
    context.close()


def test_a_server_that_is_gone_is_amber_and_not_the_old_green(page: Page, served: Any) -> None:
    page.goto(served.pages["green"])
    assert verdict(page)[0] == "valid"
    served.stop()
    try:
        page.evaluate("address => { location.hash = address }", served.pages["green"].split("#", 1)[1])
        page.locator(".undetermined").first.wait_for(timeout=20_000)
        assert page.locator(".banner.valid:visible").count() == 0
    finally:
        served.process = served.start()


def test_the_same_code_is_asked_about_for_another_day(page: Page, served: Any) -> None:
    page.goto(served.pages["green"])
    assert verdict(page)[0] == "valid"
    page.locator("details.again summary").click()
    page.locator("details.again input[name=on]").fill("2019-05-01")
    page.locator("details.again button").click()
    page.locator(".answer.invalid").wait_for(timeout=20_000)
    assert "2019-05-01" in page.locator(".banner .fresh").inner_text()
    assert page.url == f"{served.origin}/v"
    page.locator("details.again summary").click()
    page.locator("details.again select[name=situation]").select_option("audit")
    page.locator("details.again input[name=on]").fill("")
    page.locator("details.again button").click()
    page.locator(".answer.valid").wait_for(timeout=20_000)


def test_an_old_answer_loses_its_colour_and_is_asked_for_again(page: Page, served: Any) -> None:
    page.clock.install()
    page.goto(served.pages["green"])
    assert verdict(page) == ("valid", "Giltigt")
    holder, moment = (page.locator(f".answer {part}").first.inner_text() for part in (".holder", ".foot time"))
    page.clock.fast_forward(170_000)
    assert verdict(page)[0] == "valid"
    for path in ("/v", ""):  # by its code, and by its number
        page.clock.fast_forward(190_000)
        page.locator(".banner.over").wait_for()
        left = page.locator("#verdict").inner_text()
        assert page.locator(".valid").count() == 0
        assert holder not in left
        assert f"{moment} (”Giltigt”)" in left
        page.emulate_media(media="print")
        assert page.get_by_text(moment).is_visible()
        page.emulate_media(media="screen")
        page.locator(".old button").click()
        assert verdict(page)[0] == "valid"
        if path:
            number = page.locator(".foot .number").inner_text()
            page.goto(f"{served.origin}/v/{number}?lang=sv")
            assert verdict(page)[0] == "valid"
            moment = page.locator(".foot time").inner_text()
    # A page that slept, and a clock that was put back meanwhile.
    page.clock.set_system_time(datetime.now(UTC) - timedelta(hours=2))
    page.evaluate("document.dispatchEvent(new Event('visibilitychange', { bubbles: true }))")
    page.locator(".banner.over").wait_for()
    page.goto(f"{served.origin}/v/several?lang=sv")
    page.locator("#list").fill(number)
    page.locator("#by-list button").click()
    page.locator(".several .count.valid").wait_for()
    moment = page.locator(".checked time").first.inner_text()
    page.clock.fast_forward(190_000)
    page.locator("#answers .banner.over").wait_for()
    assert f"Svaren från {moment}" in page.locator("#answers").inner_text()
