"""Chromium, for tests that look at pages in a real browser. One browser per session; each test leaves it as it was."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
needs_chromium = pytest.mark.skipif(
    CHROMIUM is None, reason="chromium is not on this machine: pages cannot be opened in a browser"
)


@contextmanager
def launched() -> Iterator[Browser]:
    """Run Chromium without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


_LARGE_TEXT = """() => {
    const rules = new CSSStyleSheet();
    rules.replaceSync("html { font-size: 200%; }");
    document.adoptedStyleSheets = [rules];
}"""


def must_fit(page: Page) -> None:
    """Fail where the page is wider than its window, with text of the usual size or of twice that. The text is as before afterwards."""
    page.wait_for_load_state()
    fits = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    assert page.evaluate(fits), page.url
    page.evaluate(_LARGE_TEXT)
    assert page.evaluate(fits), f"{page.url} with text of twice the size"
    page.evaluate("document.adoptedStyleSheets = []")


def must_be_accessible(page: Page) -> None:
    """Fail where axe finds something on the page: WCAG 2.2 A and AA, and its best practices."""
    page.wait_for_load_state()  # a click waits for the next page, but not for its style sheet
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]})
    assert found.violations_count == 0, f"{page.url}: {found.generate_report()}"
