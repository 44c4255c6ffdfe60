"""The pages with a keyboard alone, in a real browser: Tab, Enter, Space and typing. Whatever has the focus can be seen."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support import letters
from tests.support.chromium import needs_chromium
from tests.support.letters import ANN, BEN, CY, DAY, applied, ran
from tests.support.mail_server import Mailroom
from tests.support.pages import PASSWORD
from tests.support.served import Served, served

school, room = letters.school, letters.room

pytestmark = [needs_chromium, pytest.mark.slow]

FOCUS = """() => {
  const one = document.activeElement, shape = one.getBoundingClientRect(), style = getComputedStyle(one);
  const label = one.labels && one.labels.length ? one.labels[0].innerText : one.getAttribute("aria-label") || one.innerText || one.value;
  return {
    name: (label || "").trim(), tag: one.tagName, outline: style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth),
    seen: shape.width > 0 && shape.bottom > 0 && shape.top < innerHeight && shape.right > 0 && shape.left < innerWidth,
  };
}"""


@pytest.fixture
def pages(school: Path, room: Mailroom, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    applied(school, ANN, BEN, CY)
    with served(school, room, "--now", DAY) as found:
        monkeypatch.setenv("SEATSYNC_PORTAL_URL", found.url)
        yield found


def focused(page: Page) -> dict[str, Any]:
    page.wait_for_load_state()  # a click waits for the next page, but not for its style sheet
    found: dict[str, Any] = page.evaluate(FOCUS)
    return found


def tab_to(page: Page, name: str) -> None:
    """Press Tab until what is called ``name`` has the focus. On the way, everything that has it can be seen."""
    passed = []
    for _ in range(80):
        page.keyboard.press("Tab")
        here = focused(page)
        if here["tag"] == "BODY":  # past the last one; the browser's own bar is next
            continue
        assert here["seen"], f"{here['name']} has the focus where nobody sees it"
        assert here["outline"] >= 2, f"nothing shows that {here['name']} has the focus"
        passed.append(here["name"])
        if here["name"] == name:
            return
    raise AssertionError(f"no Tab reaches {name}, only {passed}")


def test_a_member_claims_a_seat_with_the_keyboard_alone(pages: Served, school: Path, browser: Browser) -> None:
    page = browser.new_context().new_page()
    page.goto(f"{pages.url}/claim/grace")
    tab_to(page, "E-mail")
    page.keyboard.type("ben@grace.example")
    tab_to(page, "Send me a code")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Enter the code")
    tab_to(page, "Code")
    page.keyboard.type(pages.code("ben@grace.example"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="New here?")).to_be_visible()
    tab_to(page, "New password")
    page.keyboard.type(PASSWORD)
    tab_to(page, "Save and sign in")
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Claim this seat")).to_be_visible()
    tab_to(page, "Claim this seat")
    page.keyboard.press("Space")
    expect(page.get_by_role("status")).to_have_text("You have claimed your seat.")
    (held,) = json.loads(ran(school, "licenses", "--library", "logos", "--format", "json").out)
    assert held["status"] == "delivered"


@pytest.mark.parametrize("place", ["/claim/grace", "/sign-in", "/nowhere"])
def test_the_first_tab_is_a_link_past_the_head_of_the_page(pages: Served, browser: Browser, place: str) -> None:
    page = browser.new_context().new_page()
    page.goto(f"{pages.url}{place}")
    page.keyboard.press("Tab")
    assert focused(page)["name"] == "Skip to content"
    assert focused(page)["seen"]
    page.keyboard.press("Enter")
    page.wait_for_function("document.activeElement.id === 'main'")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('header').contains(document.activeElement)") is False


def test_an_administrator_selects_members_with_the_keyboard_alone(pages: Served, browser: Browser) -> None:
    page = browser.new_context().new_page()
    page.goto(f"{pages.url}/account/new")
    tab_to(page, "E-mail")
    page.keyboard.type("ruth@grace.example")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Code")).to_be_visible()
    tab_to(page, "Code")
    page.keyboard.type(pages.code("ruth@grace.example"))
    tab_to(page, "New password")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Sign out").or_(page.get_by_role("button", name="Sign out"))).to_be_visible()
    page.goto(f"{pages.url}/admin/grace/members")
    tab_to(page, "Search")
    page.keyboard.type("ben")
    tab_to(page, "Show")
    page.keyboard.press("Enter")
    expect(page.locator(".list tbody tr")).to_have_count(1)
    tab_to(page, "Okafor, Ben")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Ben Okafor")
