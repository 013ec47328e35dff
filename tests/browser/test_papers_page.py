"""The page on which an issuer fetches diplomas and cards, with a key, in a real browser."""

import json
import subprocess
import zipfile
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.barriers import barriers

NO_ANSWER = "template => template.content.querySelector('p').textContent"


def bevis(served: Any, *arguments: str) -> Any:
    command = [*served.bevis, *arguments, "--dir", str(served.directory), "--json"]
    ran = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(ran.stdout)


@pytest.fixture(scope="module")
def key(served: Any, tmp_path_factory: pytest.TempPathFactory) -> str:
    file = tmp_path_factory.mktemp("key") / "pia.key"
    given = ("--person", "pia", "--role", "requester", "--org", "provhuset", "--actor", "vera", "-o", str(file))
    bevis(served, "key", "create", *given)
    return file.read_text("utf-8").strip()


def ask(page: Page, served: Any, key: str, what: str, kind: str = "diploma", lang: str = "en") -> None:
    page.goto(f"{served.origin}/papers?lang={lang}")
    page.locator("#key").fill(key)
    page.locator("#what").fill(what)
    page.locator("#page").select_option(kind)
    page.locator("#papers .action").click()


def test_one_or_all_are_fetched_and_nothing_of_the_key_stays(
    browser: Browser, served: Any, key: str, tmp_path: Any
) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    elsewhere: list[str] = []
    page.on("request", lambda asked: asked.url.startswith(served.origin) or elsewhere.append(asked.url))
    batch = next(one for one in bevis(served, "batch", "list", "--actor", "pia") if one["issued"])
    with page.expect_download(timeout=120_000) as got:
        ask(page, served, key, batch["id"])
    assert got.value.suggested_filename.endswith(".zip")
    got.value.save_as(tmp_path / "all.zip")
    names = zipfile.ZipFile(tmp_path / "all.zip").namelist()
    assert 1 <= len(names) <= batch["issued"]  # none is made of what was taken back
    number = names[0].removesuffix(".pdf")
    with page.expect_download(timeout=60_000) as got:
        ask(page, served, key, number.lower(), "card")
    assert got.value.suggested_filename == f"{number}-card.pdf"
    got.value.save_as(tmp_path / "card.pdf")
    assert (tmp_path / "card.pdf").read_bytes().startswith(b"%PDF-")
    page.locator("#told h2").wait_for()
    assert not barriers(page)
    assert page.evaluate("[localStorage.length, sessionStorage.length, document.cookie.length]") == [0, 0, 0]
    assert key not in page.url
    assert elsewhere == []
    context.close()


@pytest.mark.parametrize("lang", ["sv", "nb", "en"])
def test_what_does_not_work_is_told(browser: Browser, served: Any, key: str, lang: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    no_batch = "batch-0123456789ab"
    asked = ((key, "0000-0000-0000-0000"), (key, no_batch), ("bvs_wrong", no_batch), ("…", no_batch), (key, "?"))
    for given, what in asked:
        ask(page, served, given, what, lang=lang)
        banner = page.locator("#told .banner")
        banner.wait_for(timeout=20_000)
        assert banner.locator("h2").inner_text().strip()
        assert banner.locator("p").inner_text().strip() not in {"", page.locator("#refused").evaluate(NO_ANSWER)}
    assert not barriers(page)
    context.close()
