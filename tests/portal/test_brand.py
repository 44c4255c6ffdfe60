"""The institution's colour and logo, and what a library is: from the files to pages and letters."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Route

from tests.support import letters
from tests.support.chromium import must_be_accessible, needs_chromium
from tests.support.letters import ANN, BEN, PORTAL, applied, part, ran, sent
from tests.support.mail_server import Mailroom
from tests.support.pages import PASSWORD, Pages, pages_of
from tests.support.pictures import png

pytestmark = pytest.mark.sqlite_only("it is about pages")

school, room = letters.school, letters.room

LOGO = png(60, 20)
ABOUT = "Commentaries and <b>tools</b> for the whole Bible."


def with_settings(folder: Path, settings: str, about: str = "") -> None:
    """Give the institution settings, and say of Logos what it is."""
    config = folder / "seatsync.yaml"
    text = config.read_text("utf-8").replace("  name: Grace Seminary\n", f"  name: Grace Seminary\n{settings}")
    if about:
        text = text.replace("system: logos-subscription,", f'system: logos-subscription, about: "{about}",')
    config.write_text(text, encoding="utf-8")


@pytest.fixture
def pages(school: Path, room: Mailroom) -> Iterator[Pages]:
    """The pages of a school with a yellow that is too light for text, a logo, and a library that says what it is."""
    (school / "logo.png").write_bytes(LOGO)
    with_settings(school, "  brand: {logo: logo.png, color: '#FFCC00'}\n", ABOUT)
    applied(school, ANN, BEN)
    sent(school)
    with pages_of(school, room, room.port) as found:
        yield found


def test_pages_of_the_institution_load_its_colour_and_logo_and_others_do_not(pages: Pages) -> None:
    anybody = pages.browser()
    assert "/brand/" not in anybody.open("/sign-in").body
    page = anybody.open("/claim/grace").body
    style = re.search(r'href="(/brand/grace/style.css[^"]*)"', page)
    assert style is not None
    assert '<img src="/brand/grace/logo.png" alt="">' in page
    rules = anybody.open(style[1])
    assert rules.headers["Content-Type"].startswith("text/css")
    assert ":root { --link: #836900; }" in rules.body
    assert "--link: #ffcc00" in rules.body.partition("dark")[2]
    assert "border-top: .35rem solid #ffcc00" in rules.body


def test_the_logo_is_served_as_a_picture_and_as_nothing_else(pages: Pages) -> None:
    answer = pages.browser().open("/brand/grace/logo.png")
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "public, max-age=3600"
    for missing in ("/brand/other/logo.png", "/brand/other/style.css"):
        assert pages.browser().open(missing).code == 404


def test_what_a_library_is_stands_before_and_after_the_claim(pages: Pages) -> None:
    ben = pages.browser()
    ben.open("/claim/grace")
    ben.press("Send me a code", email="ben@grace.example")
    assert ABOUT in ben.press("Continue", code=pages.code("ben@grace.example")).text
    assert ABOUT in ben.press("Save and sign in", password=PASSWORD).text
    assert ABOUT in ben.open("/").text
    ben.open("/claim/grace/seats")
    assert ABOUT in ben.press("Claim this seat").text
    assert ABOUT in ben.open("/").text
    sent(pages.folder)
    for subject in ("Grace Seminary has a seat for you: Logos", "You have access to Logos"):
        letter = pages.mail("ben@grace.example", subject)
        assert f"Logos: {ABOUT}" in part(letter, "plain").replace("\r\n", " ").replace("\n", " ")
        assert "Commentaries and &lt;b&gt;tools" in part(letter, "html")


def test_letters_have_buttons_in_a_shade_of_the_colour_that_can_be_read(pages: Pages) -> None:
    html = part(pages.mail("ben@grace.example"), "html")
    assert "background:#836900;color:#ffffff" in html
    assert ".button { background: #ffcc00 !important; color: #10233f !important; }" in html
    assert "#1d4f91" not in html


@needs_chromium
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("color", ["#FFCC00", "#101060", "#808080"])
def test_pages_in_the_institution_s_colour_can_be_read(
    color: str, scheme: Any, pages: Pages, browser: Chromium
) -> None:
    config = pages.folder / "seatsync.yaml"
    config.write_text(config.read_text("utf-8").replace("#FFCC00", color), encoding="utf-8")
    ran(pages.folder, "apply", "--yes")
    visitor = pages.browser()

    def answer(route: Route) -> None:
        page = visitor.open(route.request.url.removeprefix(PORTAL))
        route.fulfill(status=page.code, headers=dict(page.headers), body=page.body)

    context = browser.new_context(color_scheme=scheme)
    context.route("**/*", answer)
    shown = context.new_page()
    for path in ("/claim/grace", "/sign-in", "/forgotten", "/account/new"):
        shown.goto(f"{PORTAL}{path}")
        must_be_accessible(shown)
        assert shown.locator('link[href*="/brand/grace/"]').count() == 1, path
    visitor = pages.account("ben@grace.example")
    for path in ("/claim/grace", "/claim/grace/seats", "/"):
        shown.goto(f"{PORTAL}{path}")
        must_be_accessible(shown)
    context.close()


def test_the_ledger_keeps_both_and_a_change_of_the_picture_is_a_change_of_the_plan(pages: Pages) -> None:
    school = pages.folder
    assert "Nothing to do" in ran(school, "plan").out
    ran(school, "verify")
    (school / "logo.png").write_bytes(png(61, 20))
    assert "logo changed" in ran(school, "plan").out
    with_settings(school, "")
    config = school / "seatsync.yaml"
    config.write_text(re.sub(r"  brand: .*\n", "", config.read_text("utf-8")), encoding="utf-8")
    said = ran(school, "plan").out
    assert "color #ffcc00 → none; logo removed" in said
    ran(school, "apply", "--yes")
    assert "/brand/" not in pages.browser().open("/claim/grace").body
    assert "with a logo" in ran(school, "log").out
    ran(school, "verify")


@pytest.mark.parametrize(
    ("brand", "said"),
    [
        ("{color: red}", '"red" is not a colour'),
        ("{color: '#1d4f9'}", '"#1d4f9" is not a colour'),
        ("{color: '' }", '"#" begins a comment'),
        ("\n    color: #1d4f91", "Write it in quotes: '#1d4f91'."),
        ("{logo: logo.svg}", "logo.svg is an SVG, which can hold programs."),
        ("{logo: nowhere.png}", "nowhere.png does not exist."),
        ("{logo: ../logo.png}", "../logo.png is outside the institution's folder."),
        ("{logo: link.png}", "link.png is outside the institution's folder."),
        ("{logo: rosters}", "rosters is a folder, not a file."),
        ("{logo: huge.png}", "huge.png is larger than 1 MiB."),
        ("{logo: wide.png}", "wide.png has 1,200 × 10 pixels."),
    ],
)
def test_a_brand_that_cannot_be_shown_is_an_error_at_its_place(school: Path, brand: str, said: str) -> None:
    (school / "rosters").mkdir(exist_ok=True)
    (school.parent / "logo.png").write_bytes(LOGO)
    (school / "link.png").symlink_to(school.parent / "logo.png")
    (school / "logo.svg").write_text("<svg onload='alert(1)'/>")
    (school / "huge.png").write_bytes(LOGO + b"\0" * 2**20)
    (school / "wide.png").write_bytes(png(1200, 10))
    with_settings(school, f"  brand: {brand}\n")
    outcome = ran(school, "validate", code=3)
    told = outcome.out + outcome.err
    assert said in told
    assert re.search(r"seatsync\.yaml:\d+:\d+", told)
    assert "To fix:" in told
