"""The page of ``seatsync outbox preview --all`` in a real browser."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page

from seatsync.domain.action import Letter
from seatsync.domain.text.languages import LANGUAGES
from seatsync.outbox.rendering import Templates, samples
from seatsync.reports.letters.page import Written, html
from tests.support.chromium import must_be_accessible, needs_chromium

pytestmark = [pytest.mark.browser, needs_chromium]

HOSTILE = """<html><body><h1>Hello</h1>"></iframe><p style="height: 90rem">high</p>
<script>top.document.title = "taken"; document.body.innerHTML = ""</script>
<img src="data:," onerror="top.document.title = 'taken'">
<meta http-equiv="refresh" content="0; url=data:text/html,gone">
<a id="away" href="https://stranger.example/" target="_top">away</a> <a id="here" href="https://stranger.example/">here</a>
<form action="https://stranger.example/"><button>send</button></form></body></html>"""


def written(tmp_path: Path) -> list[Written]:
    """Every letter in every language, with the built-in templates."""
    templates = Templates(tmp_path)
    return [
        Written(letter, language, *templates.render(letter, next(samples(letter, language))))
        for letter in Letter
        for language in LANGUAGES
    ]


def opened(page: Page, folder: Path, letters: list[Written]) -> None:
    file = folder / "letters.html"
    file.write_text(html(letters, "Grace"), encoding="utf-8")
    page.goto(file.as_uri())
    must_show_them_whole(page)


def must_show_them_whole(page: Page) -> None:
    page.wait_for_function(
        "[...document.querySelectorAll('iframe')].every(frame => { const { scrollHeight } = frame.contentDocument.documentElement; "
        "return scrollHeight > 100 && Math.abs(frame.clientHeight - scrollHeight) <= 1; })"
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_each_letter_is_shown_whole_on_a_phone_and_on_a_desk(
    chromium: Browser, tmp_path: Path, scheme: Literal["light", "dark"]
) -> None:
    page = chromium.new_page(viewport={"width": 390, "height": 800}, color_scheme=scheme)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    opened(page, tmp_path, written(tmp_path))
    assert said == []
    must_be_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.set_viewport_size({"width": 1280, "height": 800})
    must_show_them_whole(page)
    assert "Notice of a permanent seat" in page.inner_text("nav")
    page.close()


def test_without_script_a_letter_can_be_scrolled_in_its_frame(chromium: Browser, tmp_path: Path) -> None:
    page = chromium.new_context(java_script_enabled=False).new_page()
    (tmp_path / "letters.html").write_text(html(written(tmp_path)[:1], "Grace"), encoding="utf-8")
    page.goto((tmp_path / "letters.html").as_uri())
    box = page.locator("iframe").bounding_box()
    assert box is not None
    assert box["height"] > 500
    page.context.close()


def test_what_a_template_holds_stays_in_its_frame(chromium: Browser, tmp_path: Path) -> None:
    page = chromium.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    letters = [
        Written(Letter.INVITATION, "en", '<b onclick="x">Hi</b>', "", HOSTILE),
        Written(Letter.REMOVED, "de", "Text", "</pre><script>top.document.title = 'taken'</script>" + "\n" * 200, None),
    ]
    opened(page, tmp_path, letters)
    assert page.locator("iframe").count() == 2
    frame = page.frame_locator("iframe").first
    for place in ("#away", "#here", "button"):
        frame.locator(place).click()
    assert page.title() == "Letters of Grace"
    assert frame.locator("h1").inner_text() == "Hello"
    assert page.locator(".subject b").first.inner_text() == '<b onclick="x">Hi</b>'
    assert "</pre><script>" in page.frame_locator("iframe").last.locator("pre").inner_text()
    assert [url for url in asked if not url.startswith(("file:", "data:", "about:"))] == []
    page.close()
