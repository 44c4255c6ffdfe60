"""A claim that is interrupted: pressed twice, gone back, too late, or the seat is gone meanwhile. Each page says what to do next."""

from __future__ import annotations

import pytest

from tests.portal import test_claim_steps
from tests.portal.test_claim_steps import at_the_code, link
from tests.support import letters
from tests.support.letters import ANN, BEN, CY, LATER, applied, ran
from tests.support.pages import PASSWORD, Browser, Page, Pages

pytestmark = pytest.mark.sqlite_only("it is about pages")

school, room, pages = letters.school, letters.room, test_claim_steps.pages

BEN_S = "ben@grace.example"


def at_the_seats(pages: Pages) -> Browser:
    """Return Ben's browser at the seats of the claim page, signed in."""
    ben = at_the_code(pages, BEN_S)
    ben.press("Continue", code=pages.code(BEN_S))
    ben.press("Save and sign in", password=PASSWORD)
    assert ben.page.form("Claim this seat")
    return ben


def without_logos(pages: Pages) -> None:
    """Take the library Logos out of the files, first its seats and then the library."""
    config = pages.folder / "seatsync.yaml"
    for begin in ("  - {library: logos,", "  logos:"):
        lines = config.read_text("utf-8").splitlines(keepends=True)
        config.write_text("".join(line for line in lines if not line.startswith(begin)), "utf-8")
        ran(pages.folder, "apply", "--yes", now=LATER)


def test_after_five_wrong_codes_the_page_offers_another_at_once(pages: Pages) -> None:
    ben = at_the_code(pages, BEN_S)
    for _ in range(4):
        assert "This code is wrong or too old." in ben.press("Continue", code="1").text
    told = ben.press("Continue", code="1")
    assert (told.code, told.title) == (410, "This code no longer works")
    assert ben.open(told.links["Get a new code"]).form("Send me a code")


def test_a_code_on_another_device_is_said_to_work_only_where_it_was_asked_for(pages: Pages) -> None:
    at_the_code(pages, BEN_S)
    told = pages.browser().open("/claim/grace/code")
    assert "perhaps you asked for it in another browser" in told.text
    assert "Get a new code" in told.links


def test_back_at_a_code_that_was_entered_leads_on(pages: Pages) -> None:
    ben = at_the_code(pages, BEN_S)
    sent = {**ben.page.form("Continue").fields, "code": pages.code(BEN_S)}
    for _ in range(2):
        assert ben.send("/claim/grace/code", **sent).path == "/claim/grace/seats"
    assert ben.open("/claim/grace/code").path == "/claim/grace/seats"


def test_back_at_a_code_that_made_an_account_leads_on(pages: Pages) -> None:
    ben, invitation = pages.browser(), link(pages, BEN_S)
    ben.open(invitation)
    ben.open("/account/new")
    ben.press("Send me a code")
    sent = {**ben.page.form("Save and sign in").fields, "code": pages.code(BEN_S), "password": PASSWORD}
    assert ben.send("/account/code", **sent).path in invitation
    again = ben.open("/account/code")
    assert (again.code, again.path in invitation) == (200, True)


@pytest.mark.parametrize("page", ["/password", "/opt-out"])
def test_back_at_a_link_that_has_brought_the_seat_leads_to_it(pages: Pages, page: str) -> None:
    cy, invitation = pages.browser(), link(pages, "cy@grace.example")
    cy.open(invitation)
    cy.press("Send me a code")
    place = cy.press("Save and sign in", code=pages.code("cy@grace.example"), password=PASSWORD).path
    assert (cy.open(invitation + page).path, cy.page.title) == (place, "Jamworks")


def test_who_declined_and_opens_the_link_again_is_not_told_to_look_for_a_seat(pages: Pages) -> None:
    ben, invitation = pages.browser(), link(pages, BEN_S)
    ben.open(f"{invitation}/opt-out")
    ben.press("I do not want it", sure="y")
    assert ben.open(invitation).title == "This seat was declined"


def test_a_link_whose_seat_was_claimed_and_then_revoked_says_so(pages: Pages) -> None:
    ben, invitation = pages.account(BEN_S), link(pages, BEN_S)
    ben.open(invitation)
    ben.press("Claim this seat")
    applied(pages.folder, ANN, [*BEN[:3], ""], CY, now=LATER)
    for browser in (ben, pages.browser()):
        assert browser.open(invitation).title == "This seat is no longer available"


def test_a_seat_that_was_revoked_while_its_page_was_open_is_said_to_be_gone(pages: Pages) -> None:
    ben = at_the_seats(pages)
    applied(pages.folder, ANN, [*BEN[:3], ""], CY, now=LATER)
    _is_gone(ben.press("Claim this seat"), "This seat is no longer available")


@pytest.mark.parametrize("place", ["/claim/grace/seats", "/"])
def test_a_library_that_was_removed_while_its_page_was_open_is_not_a_broken_link(pages: Pages, place: str) -> None:
    ben = at_the_seats(pages)
    ben.open(place)
    without_logos(pages)
    _is_gone(ben.press("Claim this seat"), "No seat is waiting for you here")


def _is_gone(told: Page, title: str) -> None:
    assert (told.code, told.title) == (409, title)
    assert "ask your institution" in told.text
    assert "Your seats" in told.links


def test_who_comes_back_too_late_is_told_why_a_code_is_asked_for_again(pages: Pages) -> None:
    ben = at_the_seats(pages)
    pages.later(minutes=31)
    told = ben.press("Claim this seat")
    assert told.path == "/claim/grace"
    assert "More than half an hour has passed since you entered the code." in told.text
    assert told.form("Send me a code").fields["email"] == BEN_S
    assert "half an hour" not in pages.browser().open("/claim/grace/seats").text


def test_who_wants_another_account_comes_back_to_the_seat(pages: Pages) -> None:
    ben, invitation = pages.account("eve@home.example"), link(pages, BEN_S)
    page = ben.open(invitation)
    asked = page.form("Use another account")
    ben.send(asked.action, headers={"Referer": invitation}, stay="1", **asked.fields)
    assert ben.page.path in invitation
    assert "You are signed out." in ben.page.text
    assert "Create an account" in ben.page.links
    seats = at_the_seats(pages)
    asked = seats.page.form("Use another account")
    seats.send(asked.action, headers={"Referer": f"{letters.PORTAL}/claim/grace/seats"}, stay="1", **asked.fields)
    assert seats.page.path == "/claim/grace"
    assert seats.send(asked.action, headers={"Referer": "https://evil.example/"}, stay="1").code != 302
