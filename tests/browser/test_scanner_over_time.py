# ruff: noqa: F811 what pytest gives to a test has the name of the fixture it comes from
"""The scanner over time: late answers, old ones, stolen keys, other tabs, a full device, back and forth."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route

from tests.browser import gate_camera
from tests.browser.test_scanner import Gate, Theirs, driver, feed, new_gate  # noqa: F401 fixtures
from tests.verification.test_vectors import vector

GREEN, RED = ("valid", "valid"), ("invalid", "revoked")
FULL = "IDBObjectStore.prototype.put = () => { throw new DOMException('full', 'QuotaExceededError') }"
NUMBER = "7Q4M-2XKD-9RTB-0HWC"
KEPT_ROOT = """new Promise(done => { indexedDB.open('bevis-scan', 1).onsuccess = ({ target }) => {
  target.result.transaction('kept').objectStore('kept').get('root').onsuccess = got => done(got.target.result ?? 'none')
} })"""


@pytest.fixture
def gate(new_gate: Callable[..., Gate]) -> Any:
    """A device of its own, for what stays on it."""
    gate = new_gate()
    gate_camera.show(gate.feed)
    yield gate
    gate.context.close()


def _open(gate: Gate, page: Page | None = None) -> None:
    page = page or gate.page
    page.goto(f"{gate.served.origin}/scan")
    gate.until("document.body.dataset.view === 'camera'")


def _take(gate: Gate, file: Path, says: str) -> None:
    gate.more()
    gate.page.locator("#trust-file").set_input_files(file)
    gate.until(f"document.getElementById('known-told').textContent.includes('{says}')")
    gate.page.locator("#next").click()


def _code(gate: Gate, theirs: Theirs) -> str:
    return f"{gate.served.origin}/scan#gate?situation=site_entry&root={theirs.root.text.replace('+', '%2B')}"


def _ask_number(gate: Gate, number: str = NUMBER) -> None:
    gate.page.locator("#to-number").click()
    gate.page.locator("#number").fill(number)
    gate.page.keyboard.press("Enter")


def test_a_late_answer_to_a_number_is_not_shown_in_the_place_of_a_newer_one(gate: Gate) -> None:
    held: list[Route] = []
    _open(gate)
    gate.kept()
    gate.paste(gate.served.pages["green"])
    assert gate.verdict() == GREEN
    number = gate.page.locator("#verdict .foot .number").inner_text()
    gate.page.locator("#next").click()
    gate.context.route("**/api/v1/verify", lambda route: held.append(route))  # noqa: PLW0108 Playwright looks at what it calls
    _ask_number(gate, number)
    gate.until("document.querySelector('#verdict .waiting h1')?.textContent.includes('Frågar registret')")
    gate.paste(gate.served.pages["red"])
    assert gate.verdict()[0] == "invalid"
    with gate.page.expect_response("**/api/v1/verify") as answered:
        held.pop().continue_()
    assert answered.value.json()["outcome"] == "valid"
    time.sleep(0.3)
    assert gate.verdict()[0] == "invalid"
    gate.page.locator("#next").click()
    _ask_number(gate, number)
    gate.until("document.querySelector('#verdict .waiting')?.tagName")
    gate.page.locator("#next").click()  # whoever waited has gone on
    held.pop().continue_()
    time.sleep(0.3)
    assert gate.page.evaluate("document.body.dataset.view") == "camera"


def test_a_late_picture_and_late_knowledge_wait_for_nobody(gate: Gate, tmp_path: Path) -> None:
    held: list[Route] = []
    gate.context.route("**/trust.jws", lambda route: held.append(route))  # noqa: PLW0108 Playwright looks at what it calls
    _open(gate)
    gate.paste(gate.served.pages["green"])
    gate.until("document.querySelector('#verdict .waiting h1')?.textContent.includes('Hämtar')")
    gate.page.locator("#next").click()
    for route in held:
        route.continue_()
    gate.kept()
    time.sleep(0.5)
    assert gate.page.evaluate("document.body.dataset.view") == "camera"
    gate_camera.code(gate.served.pages["green"], 5).save(tmp_path / "code.png")
    gate.page.evaluate(
        """() => { const real = File.prototype.arrayBuffer;
        File.prototype.arrayBuffer = async function () {
          await new Promise(done => { window.letGo = done }); return real.call(this) } }"""
    )
    gate.page.locator("#image").set_input_files(tmp_path / "code.png")
    gate.until("document.querySelector('#verdict .waiting h1')?.textContent.includes('bilden')")
    gate.page.locator("#next").click()
    gate.page.evaluate("window.letGo()")
    time.sleep(0.7)
    assert gate.page.evaluate("document.body.dataset.view") == "camera"


def test_what_is_no_answer_to_the_number_is_told_and_not_drawn(gate: Gate) -> None:
    _open(gate)
    said = {"outcome": "valid", "headline": "valid", "title": "Giltigt", "says": "x", "next": None, "reasons": []}
    nonsense = json.dumps(
        {**said, "certificate": None, "situation": "site_entry", "checked_at": "x", "known_as_of": "y"}
    )
    bodies = ["<html>login</html>", nonsense]
    gate.page.route("**/api/v1/verify", lambda route: route.fulfill(status=200, body=bodies.pop()))
    while bodies:
        _ask_number(gate)
        assert gate.verdict()[0] == "undetermined"
        assert gate.page.locator("#verdict h1").inner_text() == "Svaret kan inte läsas"
        gate.page.locator("#next").click()


def test_an_old_answer_loses_its_colour_and_asks_to_be_scanned_again(gate: Gate) -> None:
    gate.page.clock.install()
    _open(gate)
    gate.kept()
    gate.paste(gate.served.pages["green"])
    assert gate.verdict() == GREEN
    holder = gate.page.locator("#verdict .holder").inner_text()
    gate.page.clock.fast_forward(170_000)
    assert gate.verdict() == GREEN
    gate.page.clock.fast_forward(20_000)
    assert gate.verdict()[0] == "over"
    assert gate.page.locator("#verdict h1").inner_text() == "Skanna igen"
    assert holder not in gate.page.locator("#verdict").inner_text()
    assert gate.page.locator("#verdict .valid").count() == 0
    # Nor does a clock that was set back make it last.
    gate.page.locator("#next").click()
    gate.paste(gate.served.pages["green"])
    assert gate.verdict() == GREEN
    gate.page.clock.set_system_time(datetime.now(UTC) - timedelta(hours=2))
    gate.page.locator("#known").click()
    gate.page.go_back()
    assert gate.verdict()[0] == "over"


def test_a_clock_that_was_set_back_makes_nothing_green_until_new_data_is_fetched(gate: Gate) -> None:
    _open(gate)
    gate.kept()
    gate.context.set_offline(True)
    now = datetime.now(UTC)
    for hours, expected in ((20, "valid"), (10, "undetermined"), (20, "valid")):
        gate.page.clock.set_fixed_time(now + timedelta(hours=hours))
        _open(gate)
        gate.paste(gate.served.pages["green"])
        assert gate.verdict()[0] == expected
        assert ("ställts tillbaka" in gate.page.locator("#notice").inner_text()) == (expected != "valid")
    gate.page.clock.set_fixed_time(now + timedelta(minutes=1))
    _open(gate)
    gate.paste(gate.served.pages["red"])
    assert gate.verdict()[0] == "invalid"  # what is red stays red
    gate.context.set_offline(False)
    gate.more()
    gate.page.locator("#refresh").click()
    gate.until("document.getElementById('known-told').textContent === 'Hämtat.'")
    gate.page.locator("#next").click()
    gate.paste(gate.served.pages["green"])
    assert gate.verdict() == GREEN


def test_a_stolen_key_stays_stolen(gate: Gate, tmp_path: Path) -> None:
    theirs, new = Theirs("trust/base.json"), Theirs("trust/base.json")
    own, end = tmp_path / "own.jws", tmp_path / "end.jws"
    own.write_bytes(theirs.file())
    end.write_bytes(new.file(theirs.end()))
    gate.page.clock.set_fixed_time(datetime.fromisoformat(vector("code-good")["now"]))
    gate.context.route("**/trust.*", lambda route: route.abort())
    gate.set_up(_code(gate, theirs))
    _take(gate, own, "inläst")
    gate.paste(vector("code-good")["token"])
    assert gate.verdict() == GREEN
    gate.page.locator("#known").click()
    gate.page.locator("#trust-file").set_input_files(end)
    gate.until("document.getElementById('known-told').textContent.includes('stulen')")
    gate.page.go_back()
    assert gate.verdict()[0] == "over"  # what was green by that key
    gate.page.locator("#next").click()
    for begins_anew in (False, True):
        if begins_anew:
            gate.page.goto("about:blank")
            _open(gate)
        assert "stulen" in gate.page.locator("#notice").inner_text()
        _take(gate, own, "stulen")
        gate.paste(vector("code-good")["token"])
        assert gate.verdict()[0] == "undetermined"
        assert "stulen" in gate.page.locator("#verdict").inner_text()
    gate.page.evaluate("address => { location.hash = address }", _code(gate, theirs).split("#")[1])
    gate.page.locator(".ask-profile .action").first.click()  # not even by a set-up code
    gate.until("document.querySelector('#verdict .answer p')?.textContent.includes('stulen')")
    gate.page.locator("#next").click()
    gate.set_up(_code(gate, new))
    assert not gate.page.locator("#notice").is_visible()
    _take(gate, end, "inläst")
    gate.paste(vector("code-good")["token"])
    assert gate.verdict() == GREEN


def test_a_stolen_key_is_not_believed_after_a_start_on_a_full_device(gate: Gate, tmp_path: Path) -> None:
    theirs, new = Theirs("trust/base.json"), Theirs("trust/base.json")
    own, end = tmp_path / "own.jws", tmp_path / "end.jws"
    own.write_bytes(theirs.file())
    end.write_bytes(new.file(theirs.end()))
    gate.page.clock.set_fixed_time(datetime.fromisoformat(vector("code-good")["now"]))
    gate.context.route("**/trust.*", lambda route: route.abort())
    gate.set_up(_code(gate, theirs))
    _take(gate, own, "inläst")
    gate.page.evaluate(f"() => {{ {FULL} }}")
    _take(gate, end, "stulen")
    gate.page.goto("about:blank")
    _open(gate)
    gate.paste(vector("code-good")["token"])
    assert gate.verdict()[0] == "undetermined"


@pytest.mark.parametrize("says_yes", [True, False], ids=["yes", "no"])
def test_a_slow_registry_does_not_pin_its_key_over_the_one_that_was_confirmed(gate: Gate, says_yes: bool) -> None:
    theirs = Theirs("trust/base.json")
    held: list[Route] = []
    gate.context.route("**/trust.root", lambda route: held.append(route))  # noqa: PLW0108 Playwright looks at what it calls
    gate.page.goto(_code(gate, theirs))
    gate.until("document.querySelector('.ask-profile .action')?.tagName")
    gate.until("true" if held else "new Promise(done => setTimeout(() => done(true), 300))")
    if says_yes:
        gate.page.locator(".ask-profile .action").first.click()
        gate.until("document.body.dataset.view === 'camera'")
    for route in held:
        route.continue_()
    if says_yes:
        gate.until("document.getElementById('notice').textContent.includes('Ring den')")
        assert gate.page.evaluate(KEPT_ROOT) == theirs.root.text
        gate.paste(gate.served.pages["green"])
        assert gate.verdict()[0] == "undetermined"
        return
    time.sleep(0.5)
    assert gate.page.evaluate(KEPT_ROOT) == "none"  # as long as somebody is asked
    gate.context.unroute("**/trust.root")
    gate.page.locator(".ask-profile .action.quiet").click()
    gate.kept()
    assert gate.page.evaluate(KEPT_ROOT).startswith("127.0.0.1")


def test_names_that_every_object_has_are_none_of_ours(gate: Gate) -> None:
    _open(gate)
    for name in ("constructor", "__proto__", "toString"):
        gate.page.evaluate("hash => { location.hash = hash }", f"gate?situation={name}")
        gate.until("document.querySelector('#verdict h1')?.textContent && document.body.dataset.view === 'verdict'")
        assert "kan inte läsas" in gate.page.locator("#verdict").inner_text()
        gate.page.locator("#next").click()
    gate.page.goto("about:blank")
    gate.page.goto(f"{gate.served.origin}/scan#gate?situation=constructor")  # as it starts
    assert gate.verdict()[0] == "undetermined"
    assert not [line for line in gate.said if "Error" in line]


def test_a_full_device_uses_what_is_newer_and_says_why_it_is_not_kept(gate: Gate) -> None:
    gate.page.add_init_script(FULL)
    _open(gate)  # the first start
    gate.kept()
    assert "inget utrymme" in gate.page.locator("#notice").inner_text()
    gate.paste(gate.served.pages["green"])
    assert gate.verdict() == GREEN
    gate.more()
    gate.page.locator("#refresh").click()
    gate.until("document.getElementById('known-told').textContent === 'Hämtat.'")
    gate.page.locator("#next").click()
    gate.page.evaluate("hash => { location.hash = hash }", "gate?situation=site_entry&scheme=fork-lift")
    gate.page.locator(".ask-profile .action").first.click()
    gate.until("document.getElementById('profile-says').textContent.includes('Truckförare')")
    gate.paste(gate.served.pages["green"])
    assert gate.verdict() == ("invalid", "not_sufficient")


def test_all_tabs_have_one_key_one_trust_and_one_profile(gate: Gate) -> None:
    _open(gate)
    gate.kept()
    gate.paste(gate.served.pages["green"])
    assert gate.verdict() == GREEN
    first, gate.page = gate.page, gate.opened()
    gate.page.goto(f"{gate.served.origin}/scan")
    gate.set_up(f"{gate.served.origin}/scan#gate?situation=site_entry&scheme=fork-lift")
    second, gate.page = gate.page, first
    gate.until("document.getElementById('profile-says').textContent.includes('Truckförare')")
    assert gate.verdict()[0] == "over"
    gate.paste(gate.served.pages["green"])
    assert gate.verdict() == ("invalid", "not_sufficient")
    gate.page = second
    second.route("**/trust.*", lambda route: route.abort())
    gate.set_up(_code(gate, Theirs("trust/base.json")))
    gate.page = first
    gate.until("document.querySelector('#verdict .answer.over')?.tagName")
    first.route("**/trust.*", lambda route: route.abort())
    gate.paste(gate.served.pages["green"])
    assert gate.verdict()[0] == "undetermined"


def test_back_from_another_page_no_old_answer_is_shown(gate: Gate) -> None:
    _open(gate)
    gate.kept()
    gate.paste(gate.served.pages["green"])
    assert gate.verdict() == GREEN
    gate.page.goto(f"{gate.served.origin}/levels")
    gate.page.go_back()
    gate.until("document.body.dataset.view === 'camera'")


def test_a_page_of_the_version_before_still_gets_its_parts(gate: Gate) -> None:
    _open(gate)
    gate.kept()
    had = gate.page.evaluate(
        """async () => {
          const older = await caches.open('bevis-scan-before');
          await older.put(new URL('scan/part-0LDVER51.js', location.href), new Response('export const old = 1'));
          return (await fetch('scan/part-0LDVER51.js')).status + ' ' + (await fetch('scan/part-N0NE0000.js')).status;
        }"""
    )
    assert had == "200 404"


def test_a_newer_version_begins_once_the_verdict_was_seen(gate: Gate) -> None:
    _open(gate)
    gate.kept()
    gate.page.reload()
    gate.until("document.body.dataset.view === 'camera'")
    gate.paste(gate.served.pages["green"])
    assert gate.verdict() == GREEN
    gate.page.evaluate("window.before = true; navigator.serviceWorker.dispatchEvent(new Event('controllerchange'))")
    assert gate.verdict() == GREEN
    gate.page.locator("#next").click()
    gate.until("!window.before && document.body.dataset.view === 'camera'")
