"""The scanner in headless Chromium, offline, with a fake camera: from its picture to the verdict on the screen.

The p95 of many scans after the first few, in milliseconds by the browser's own clock; and what a first visit takes.
"""

import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from urllib.request import Request, urlopen

from playwright.sync_api import Page, sync_playwright

from tests.browser import gate_camera
from tests.browser.conftest import ARGUMENTS, Served
from verification.endpoint.scanner_page import scanner_files

Row = tuple[str, float, str, str | None, float | None, float | None]
GOAL_MS, GOAL_READY_MS, GOAL_MB = 100, 2000, 1.5
WARM = 5
SHOWN = "document.body.dataset.view"


def bench_scanner(_: datetime, *, quick: bool) -> Iterator[Row]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        return
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        served = Served(Path(place) / "demo")
        try:
            feed = Path(place) / "feed.mjpeg"
            gate_camera.show(feed, served.pages["green"])
            camera = [
                "--use-fake-ui-for-media-stream",
                "--use-fake-device-for-media-stream",
                f"--use-file-for-fake-video-capture={feed}",
            ]
            browser = playwright.chromium.launch(executable_path=chromium, args=[*ARGUMENTS, *camera])
            ready = [_first_visit(browser.new_page(), served.origin) for _ in range(1 if quick else 5)]
            page = browser.new_page()
            page.goto(f"{served.origin}/scan")
            _until(page, "navigator.serviceWorker.ready.then(() => true)")
            page.context.set_offline(True)
            took = _scans(page, 2, warm=1) if quick else _scans(page, 60)
            browser.close()
            visit = sum(_packed(f"{served.origin}/{path}") for path in _files()) / 1e6
        finally:
            served.stop()
    p95 = statistics.quantiles(took, n=20)[-1] if len(took) > 1 else took[0]
    yield "scanner: camera's picture to verdict, offline, p95", p95, "ms", None, None, GOAL_MS
    yield "scanner: the same, median", statistics.median(took), "ms", None, None, None
    yield "scanner: first visit until it can be used", statistics.median(ready), "ms", None, None, GOAL_READY_MS
    yield "scanner: first visit, all that is sent", visit, "MB", None, None, GOAL_MB


def _scans(page: Page, wanted: int, warm: int = WARM) -> list[float]:
    for _ in range(wanted + warm):
        _until(page, f"{SHOWN} === 'verdict' && document.querySelector('#verdict .answer')")
        time.sleep(0.05)  # as long as nobody looks
        page.evaluate("document.getElementById('next').click()")
        _until(page, f"{SHOWN} === 'verdict'")
    names = "performance.getEntriesByName('bevis:frame-to-verdict').map(entry => entry.duration)"
    return [float(took) for took in page.evaluate(names)][warm : warm + wanted]


def _first_visit(page: Page, origin: str) -> float:
    page.goto(f"{origin}/scan")
    found = _until(page, "performance.getEntriesByName('bevis:ready').map(entry => entry.startTime)[0]")
    page.context.close()
    return float(str(found))


def _files() -> list[str]:
    return ["scan", "scan/sw.js", "trust.jws", "trust.root", *(f"scan/{name}" for name in scanner_files())]


def _packed(address: str) -> int:
    with urlopen(Request(address, headers={"Accept-Encoding": "gzip"})) as answer:  # noqa: S310 our own
        return len(answer.read())


def _until(page: Page, says: str) -> object:
    for _ in range(1000):
        found = page.evaluate(says)
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"{says} stays so")
