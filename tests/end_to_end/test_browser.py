"""The pages in a real browser with real command line, ledger, server and mail server: Chromium and axe."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support import letters
from tests.support.chromium import must_be_accessible, must_fit, needs_chromium
from tests.support.databases import add, rows
from tests.support.letters import ANN, BEN, CY, DAY, LATER, applied, listed, part, ran, sent
from tests.support.mail_server import Mailroom
from tests.support.pages import PASSWORD, mail_to
from tests.support.served import Served, served

school, room = letters.school, letters.room

pytestmark = needs_chromium

DEE = ["dee@grace.example", "Dee", "Fox", "student"]
SLOTS = {
    "total", "used", "available", "reserved", "temporary", "permanent", "temporary_reserved", "permanent_reserved",
}  # fmt: skip


@pytest.fixture
def pages(school: Path, room: Mailroom, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """Ann is offered a book, temporarily; Ben and Dee Logos; Cy Jamworks. The server runs, no letter is sent yet."""
    config = school / "seatsync.yaml"
    config.write_text(
        config.read_text().replace("kind: permanent, to: {tags: [owner]}", "kind: temporary, to: {tags: [reader]}")
    )
    applied(school, [*ANN[:3], "reader"], BEN, CY, DEE)
    with served(school, room, "--now", DAY) as found:
        monkeypatch.setenv("SEATSYNC_PORTAL_URL", found.url)
        yield found


def slots(folder: Path, library: str) -> dict[str, int]:
    found: dict[str, Any] = json.loads(ran(folder, "status", "--format", "json").out)
    return {name: found["libraries"][library][name] for name in SLOTS}


def link(pages: Served, email: str, subject: str) -> str:
    found = re.search(rf"{pages.url}/l/grace/[\w-]+", part(mail_to(pages.room, email, subject), "plain"))
    assert found is not None
    return found[0]


def visitor(browser: Browser, **settings: Any) -> Page:
    """Return a new browser window with its own cookies."""
    page = browser.new_context(**settings).new_page()
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    return page


complaints: list[str] = []


@pytest.fixture(autouse=True)
def the_browser_complains_of_nothing() -> Iterator[None]:
    """Fail on browser errors, except pages whose status says that something did not work."""
    complaints.clear()
    yield
    assert [said for said in complaints if "responded with a status of 4" not in said] == []


def sign_up(page: Page, pages: Served, email: str) -> None:
    page.get_by_role("link", name="Create an account").click()
    page.get_by_label("E-mail").fill(email)
    page.get_by_role("button", name="Send me a code").click()
    page.get_by_label("Code").fill(pages.code(email))
    page.get_by_label("New password").fill(PASSWORD)
    page.get_by_role("button", name="Save and sign in").click()


def test_a_seat_s_whole_life_from_the_apply_to_the_plan_after_it_was_declined(
    pages: Served, school: Path, browser: Browser
) -> None:
    sent(school)
    ann = visitor(browser)
    ann.goto(link(pages, "ann@grace.example", "has a seat for you"))
    expect(ann.get_by_role("heading", level=1)).to_have_text("Grace Seminary has a seat for you")
    sign_up(ann, pages, "ann@home.example")
    ann.get_by_role("button", name="Claim this seat").click()
    expect(ann.get_by_role("status")).to_have_text("You have claimed your seat.")
    expect(ann.get_by_role("heading", level=1)).to_have_text("Biblical Studies")
    (held,) = json.loads(ran(school, "licenses", "--library", "books", "--format", "json").out)
    assert (held["kind"], held["status"]) == ("temporary", "delivered")
    assert slots(school, "books") == {
        "total": 1000, "used": 1, "available": 999, "reserved": 0, "temporary": 1, "permanent": 0,
        "temporary_reserved": 0, "permanent_reserved": 0,
    }  # fmt: skip

    # An upgrade and its letter; then a revoke and its letter.
    config = school / "seatsync.yaml"
    config.write_text(config.read_text().replace("kind: temporary", "kind: permanent"))
    ben = visitor(browser)
    ben.goto(link(pages, "ben@grace.example", "has a seat for you"))
    sign_up(ben, pages, "ben@grace.example")
    ben.get_by_role("button", name="Claim this seat").click()
    applied(school, [*ANN[:3], "reader"], [*BEN[:3], ""], CY, DEE, now=LATER)
    sent(school, now=LATER)
    assert "Biblical Studies is yours permanently" in mail_to(pages.room, "ann@grace.example", "permanently")["Subject"]
    assert mail_to(pages.room, "ben@grace.example", "has ended")["Subject"] == "Your access to Logos has ended"
    ann.goto(f"{pages.url}/")
    expect(ann.get_by_role("listitem").first).to_contain_text("Yours to keep")
    ben.goto(f"{pages.url}/")
    expect(ben.get_by_text("Your seat ended on 5 September 2026.")).to_be_visible()

    # Dee declines: the seat is free, and the next plan keeps it so.
    assert slots(school, "logos")["reserved"] == 1
    dee = visitor(browser, java_script_enabled=False)
    dee.goto(link(pages, "dee@grace.example", "has a seat for you"))
    dee.get_by_role("link", name="I do not want this seat").click()
    dee.get_by_label("Yes, I am sure").check()
    dee.get_by_role("button", name="I do not want it").click()
    expect(dee.get_by_role("heading", level=1)).to_have_text("You have declined the seat")
    assert slots(school, "logos")["used"] == 0
    plan = ran(school, "plan", "--detailed-exitcode", now=LATER).out
    assert "Nothing to do" in plan
    assert "dee@grace.example" in plan
    ran(school, "verify")
    assert {letter["state"] for letter in listed(school)} <= {"sent", "cancelled"}


def test_jamworks_both_ways_with_a_password_to_set_and_at_once(pages: Served, school: Path, browser: Browser) -> None:
    sent(school)
    cy = visitor(browser)
    cy.goto(link(pages, "cy@grace.example", "Set your password"))
    cy.get_by_role("button", name="Send me a code").click()
    cy.get_by_label("Code").fill(pages.code("cy@grace.example"))
    cy.get_by_label("New password").fill(PASSWORD)
    cy.get_by_role("button", name="Save and sign in").click()
    expect(cy.get_by_role("status")).to_have_text("You have claimed your seat.")
    assert slots(school, "jamworks")["temporary"] == 1

    eve = visitor(browser)
    eve.goto(f"{pages.url}/sign-in")
    sign_up(eve, pages, "eve@grace.example")
    members = ([*ANN[:3], "reader"], BEN, CY, DEE, ["eve@grace.example", "Eve", "Roe", "jam"])
    applied(school, *members, now=LATER)
    sent(school, now=LATER)
    assert mail_to(pages.room, "eve@grace.example", "Jamworks")["Subject"] == "Jamworks is now in your account"
    eve.goto(f"{pages.url}/")
    expect(eve.get_by_role("listitem").first).to_contain_text("Jamworks")
    assert slots(school, "jamworks")["temporary"] == 2

    applied(school, *members[:2], [*CY[:3], ""], *members[3:], now=LATER)
    cy.goto(f"{pages.url}/")
    expect(cy.get_by_role("listitem").first).to_contain_text("on the free plan")


@pytest.mark.sqlite_only("it is about what is shown")
@pytest.mark.parametrize(
    ("scheme", "width", "language"), [("light", 1280, "en"), ("dark", 320, "de")], ids=["desk", "phone"]
)
def test_axe_finds_nothing_on_any_page_and_none_is_wider_than_the_screen(
    scheme: Any, width: int, language: str, pages: Served, school: Path, browser: Browser
) -> None:
    sent(school)
    page = visitor(browser, color_scheme=scheme, viewport={"width": width, "height": 800}, locale=language)
    seen: set[str] = set()

    def look(path: str = "") -> None:
        if path:
            page.goto(path if path.startswith("http") else pages.url + path)
        seen.add(page.title())
        must_be_accessible(page)
        must_fit(page)
        assert page.evaluate("document.documentElement.lang") == language

    invitation = link(pages, "ben@grace.example", "has a seat for you")
    for path in ("/sign-in", "/account/new", "/password/forgotten", "/claim/grace", "/nothing", "/account/code"):
        look(path)
    look(invitation)
    look(f"{invitation}/opt-out")
    look(link(pages, "cy@grace.example", "password"))
    page.goto(f"{pages.url}/claim/grace")
    page.locator("main input[type=email]").fill("dee@grace.example")
    page.locator("main button").first.click()
    look()
    page.locator("main input[name=code]").fill("12345678")
    page.locator("main button").first.click()
    look()
    code = mail_to(pages.room, "dee@grace.example", "Code" if language == "de" else "code")["Subject"][:9]
    page.locator("main input[name=code]").fill(code)
    page.locator("main button").first.click()
    look()
    page.locator("main input[name=password]").fill("password")
    page.locator("main button").first.click()
    look()
    page.locator("main input[name=password]").fill(PASSWORD)
    page.locator("main button").first.click()
    look()
    (account,) = rows(school, "account")
    for number, issuer in enumerate(("https://id.grace.example", "https://accounts.elsewhere.example")):
        add(school, "identity", {"issuer": issuer, "subject": str(number), "account": account["id"]})
    unlink = "/settings/unlink?issuer=https://id.grace.example"
    for path in ("/", "/settings", "/settings/password", "/settings/email", "/settings/delete", unlink):
        look(path)
    page.goto(f"{pages.url}/")
    page.locator("main form button").first.click()
    look()
    look(invitation)
    assert len(seen) >= 15


@pytest.mark.sqlite_only("it is about what is shown")
def test_everything_can_be_reached_and_pressed_by_keyboard_alone(pages: Served, browser: Browser) -> None:
    page = visitor(browser)
    page.goto(f"{pages.url}/sign-in")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_label("E-mail")).to_be_focused()
    page.keyboard.type("nobody@home.example")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_text("Wrong e-mail or password.")).to_be_visible()
    assert page.get_by_label("Password").get_attribute("aria-invalid") == "true"
