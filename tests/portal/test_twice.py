"""A form that is sent twice, by a double click, ends where it ends when it is sent once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.portal.test_claim_steps import link
from tests.support import letters
from tests.support.databases import rows
from tests.support.letters import ANN, BEN, CY, PORTAL, applied, ran, sent
from tests.support.mail_server import Mailroom
from tests.support.pages import PASSWORD, Browser, Page, Pages, pages_of

pytestmark = pytest.mark.sqlite_only("it is about pages")

school, room = letters.school, letters.room

BEN_S, CY_S = BEN[0], CY[0]


@pytest.fixture
def pages(school: Path, room: Mailroom) -> Iterator[Pages]:
    applied(school, ANN, BEN, CY)
    sent(school)
    with pages_of(school, room, room.port) as found:
        yield found


@dataclass
class Filled:
    """A form that somebody has filled in: the browser it is in, its button, and what was typed."""

    browser: Browser
    button: str
    typed: dict[str, Any]

    def send(self) -> Page:
        """Send the form as it is on the page that the browser shows."""
        form = next(form for form in self.browser.page.forms if self.button in form.buttons)
        return self.browser.send(form.action, **{**form.fields, **self.typed})


def link_with_account(pages: Pages) -> Filled:
    ben = pages.account(BEN_S)
    ben.open(link(pages, BEN_S))
    return Filled(ben, "Claim this seat", {})


def own_page(pages: Pages) -> Filled:
    return Filled(pages.account(BEN_S), "Claim this seat", {})


def claim_page(pages: Pages) -> Filled:
    form = claim_page_password(pages)
    form.send()
    return Filled(form.browser, "Claim this seat", {})


def claim_page_email(pages: Pages) -> Filled:
    ben = pages.browser()
    ben.open("/claim/grace")
    return Filled(ben, "Send me a code", {"email": BEN_S})


def claim_page_code(pages: Pages) -> Filled:
    form = claim_page_email(pages)
    form.send()
    return Filled(form.browser, "Continue", {"code": pages.code(BEN_S)})


def claim_page_again(pages: Pages) -> Filled:
    form = claim_page_email(pages)
    form.send()
    return Filled(form.browser, "Send a new code", {})


def claim_page_password(pages: Pages) -> Filled:
    form = claim_page_code(pages)
    form.send()
    return Filled(form.browser, "Save and sign in", {"password": PASSWORD})


def link_email(pages: Pages) -> Filled:
    ben = pages.browser()
    ben.open(link(pages, BEN_S))
    ben.open("/account/new")
    return Filled(ben, "Send me a code", {"email": BEN_S})


def link_password(pages: Pages) -> Filled:
    form = link_email(pages)
    form.send()
    return Filled(form.browser, "Save and sign in", {"code": pages.code(BEN_S), "password": PASSWORD})


def letter_that_sets_a_password(pages: Pages) -> Filled:
    cy = pages.browser()
    cy.open(link(pages, CY_S))
    return Filled(cy, "Send me a code", {})


def password_of_the_letter(pages: Pages) -> Filled:
    form = letter_that_sets_a_password(pages)
    form.send()
    return Filled(form.browser, "Save and sign in", {"code": pages.code(CY_S), "password": PASSWORD})


def forgotten_password(pages: Pages) -> Filled:
    pages.account(BEN_S)
    ben = pages.browser()
    ben.open("/password/forgotten")
    ben.press("Send me a code", email=BEN_S)
    return Filled(ben, "Save and sign in", {"code": pages.code(BEN_S), "password": "another good password"})


def sign_in(pages: Pages) -> Filled:
    pages.account(BEN_S)
    ben = pages.browser()
    ben.open(link(pages, BEN_S))
    ben.open("/sign-in")
    return Filled(ben, "Sign in", {"email": BEN_S, "password": PASSWORD})


def decline_by_link(pages: Pages) -> Filled:
    ben = pages.browser()
    ben.open(f"{link(pages, BEN_S)}/opt-out")
    return Filled(ben, "I do not want it", {"sure": "y"})


def decline_on_own_page(pages: Pages) -> Filled:
    ben = pages.account(BEN_S)
    ben.open(ben.page.links["I do not want it"])
    return Filled(ben, "I do not want it", {"sure": "y"})


def decline_on_claim_page(pages: Pages) -> Filled:
    ben = claim_page_code(pages)
    ben.send()
    ben.browser.open(ben.browser.page.links["I do not want it"])
    return Filled(ben.browser, "I do not want it", {"sure": "y"})


def sign_out(pages: Pages) -> Filled:
    return Filled(pages.account(BEN_S), "Sign out", {})


def sign_out_everywhere(pages: Pages) -> Filled:
    ben = pages.account(BEN_S)
    ben.open("/settings")
    return Filled(ben, "Sign out everywhere", {})


def change_password(pages: Pages) -> Filled:
    ben = pages.account(BEN_S)
    ben.open("/settings/password")
    return Filled(ben, "Change password", {"old": PASSWORD, "password": "another good password"})


def delete_account(pages: Pages) -> Filled:
    ben = pages.account(BEN_S)
    ben.open("/settings/delete")
    return Filled(ben, "Delete my account", {"sure": "y"})


FORMS = (
    link_with_account,
    own_page,
    claim_page,
    claim_page_email,
    claim_page_code,
    claim_page_again,
    claim_page_password,
    link_email,
    link_password,
    letter_that_sets_a_password,
    password_of_the_letter,
    forgotten_password,
    sign_in,
    decline_by_link,
    decline_on_own_page,
    decline_on_claim_page,
    sign_out,
    sign_out_everywhere,
    change_password,
    delete_account,
)
ENDS_SIGNED_IN = (
    claim_page_password,
    link_password,
    password_of_the_letter,
    forgotten_password,
    sign_in,
    change_password,
)


def end_of(page: Page) -> tuple[int, str, str]:
    return page.code, page.path, page.title


def same_browser(pages: Pages, browser: Browser) -> Browser:
    """Return the browser as it is now: it shows the same page and has the same cookie."""
    name, host = str(pages.app.config["SESSION_COOKIE_NAME"]), str(urlsplit(PORTAL).hostname)
    found, cookie = pages.browser(), browser.client.get_cookie(name, domain=host)
    assert cookie is not None
    found.client.set_cookie(name, cookie.value, domain=host)
    found.page = browser.page
    return found


def is_once(pages: Pages) -> None:
    """Assert that each thing was done once, and that the ledger is whole."""
    done = [
        (row["action"], row["member"]) for row in rows(pages.folder, "event") if row["action"] in ("claim", "opt-out")
    ]
    assert len(done) == len(set(done))
    assert len([row["email"] for row in rows(pages.folder, "account")]) <= 1
    ran(pages.folder, "verify")


@pytest.mark.parametrize("form", FORMS)
def test_a_form_that_is_sent_again_after_it_was_answered_ends_where_it_ended(
    pages: Pages, form: Callable[[Pages], Filled]
) -> None:
    filled = form(pages)
    shown = filled.browser.page
    first = end_of(filled.send())
    assert first[0] == 200
    filled.browser.page = shown
    assert end_of(filled.send()) == first
    assert ("Sign out" in filled.browser.page.text) or form not in ENDS_SIGNED_IN
    is_once(pages)


@pytest.mark.parametrize("form", FORMS)
def test_a_form_that_is_sent_twice_at_once_ends_in_one_place(pages: Pages, form: Callable[[Pages], Filled]) -> None:
    filled = form(pages)
    other = Filled(same_browser(pages, filled.browser), filled.button, filled.typed)
    with ThreadPoolExecutor(2) as hands:
        first, second = hands.map(Filled.send, (filled, other))
    assert end_of(first) == end_of(second)
    assert first.code == 200
    for page in (first, second):
        assert ("Sign out" in page.text) or form not in ENDS_SIGNED_IN
    is_once(pages)


@pytest.mark.parametrize("form", FORMS)
def test_a_form_that_is_sent_again_as_it_was_before_its_answer_ends_where_it_ended(
    pages: Pages, form: Callable[[Pages], Filled]
) -> None:
    """The browser had not read the first answer, so it sends its old cookie."""
    filled = form(pages)
    other = Filled(same_browser(pages, filled.browser), filled.button, filled.typed)
    assert end_of(filled.send()) == end_of(other.send())
    assert ("Sign out" in other.browser.page.text) or form not in ENDS_SIGNED_IN
    is_once(pages)


def test_a_form_of_another_page_is_not_taken_for_the_one_that_was_sent_twice(pages: Pages) -> None:
    form = sign_in(pages)
    token = form.browser.page.form("Sign in").fields["csrf_token"]
    form.send()
    for path, given in (("/settings/delete", token), ("/sign-in", ""), ("/sign-in", "x")):
        assert form.browser.send(path, csrf_token=given, sure="y").title == "This page was open too long"
    assert rows(pages.folder, "account")


@pytest.mark.parametrize("form", [delete_account, change_password])
def test_who_is_signed_out_deletes_nothing_and_changes_no_password(
    pages: Pages, form: Callable[[Pages], Filled]
) -> None:
    filled = form(pages)
    other = same_browser(pages, filled.browser)
    other.open("/settings")
    other.press("Sign out")
    if form is change_password:
        filled.typed["password"] = "a third password"
    assert filled.send().path == "/sign-in"
    assert filled.browser.open("/settings/deleted").path == "/sign-in"
    assert len(rows(pages.folder, "account")) == 1
    assert "Sign out" in pages.signed_in(BEN_S).page.text, "with the password as it was"


def test_a_password_is_not_changed_with_a_wrong_one(pages: Pages) -> None:
    filled = change_password(pages)
    filled.typed["old"] = "not the password"
    assert (filled.send().code, filled.browser.page.title) == (403, "Change your password")


def test_who_has_only_a_used_code_is_not_signed_in(pages: Pages) -> None:
    filled = link_password(pages)
    other = same_browser(pages, filled.browser)
    filled.send()
    told = Filled(other, "Save and sign in", {**filled.typed, "password": "no such password"}).send()
    assert (told.code, told.title) == (410, "This code no longer works")
    assert "Sign out" not in told.text
