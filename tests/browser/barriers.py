"""What axe-core has to say against a page, in both colour schemes."""

from pathlib import Path
from typing import Any

from axe_playwright_python.base import AXE_FILE_PATH
from playwright.sync_api import Page

AXE = Path(AXE_FILE_PATH).read_text("utf-8")
# Nothing but colours changes with the scheme: in the dark one the rules about them are asked again, and no others.
# By name: their tag also switches on the contrast of level AAA, which is off otherwise.
_COLOURS = "runOnly: { type: 'rule', values: ['color-contrast', 'link-in-text-block'] }"


def barriers(page: Page) -> list[str]:
    """Rule, place and what to do of each fault, in light and in dark colours. The page is light afterwards."""
    found = []
    for scheme, of_rules in (("dark", _COLOURS), ("light", "")):
        # A fade that is under way would be measured half-way.
        page.emulate_media(reduced_motion="reduce", color_scheme=scheme)  # type: ignore[arg-type]
        assert page.evaluate("scheme => matchMedia(`(prefers-color-scheme: ${scheme})`).matches", scheme)
        found += [f"{scheme}: {fault}" for fault in _told(page, of_rules)]
    return found


def _told(page: Page, of_rules: str) -> list[str]:
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    given: Any = page.evaluate(f"axe.run({{ resultTypes: ['violations'], {of_rules} }})")
    return [
        f"{fault['id']}: {node['target']} {node['failureSummary']}"
        for fault in given["violations"]
        for node in fault["nodes"]
    ]
