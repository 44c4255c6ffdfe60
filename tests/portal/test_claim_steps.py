"""The way through a claim: its steps, what is filled in, where it ends, and that no page is a dead end."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import letters
from tests.support.letters import ANN, BEN, CY, PORTAL, applied, part, ran, sent
from tests.support.mail_server import Mailroom
from tests.support.pages import PASSWORD, Browser, Pages, pages_of

pytestmark = pytest.mark.sqlite_only("it is about pages")

school, room = letters.school, letters.room

OPENS_AT = "https://app.logos.example/"


@pytest.fixture
def pages(school: Path, room: Mailroom) -> Iterator[Pages]:
    """Ben is offered Logos until June, which says where it is opened; Ann a book that does not; Cy Jamworks."""
    config = school / "seatsync.yaml"
    text = config.read_text(encoding="utf-8").replace(
        "system: logos-subscription,", f"system: logos-subscription, open_url: '{OPENS_AT}',"
    )
    config.write_text(text, encoding="utf-8")
    applied(school, ANN, BEN, CY)
    sent(school)
    with pages_of(school, room, room.port) as found:
        yield found


def link(pages: Pages, email: str) -> str:
    """Return the personal link in the last letter to this address."""
    found = re.search(rf"{PORTAL}/l/grace/[\w-]+", part(pages.mail(email), "plain"))
    assert found is not None
    return found[0]


def at_the_code(pages: Pages, email: str) -> Browser:
    """Return a browser that waits for its code on the claim page."""
    found = pages.browser()
    assert "Step 1 of 4" in found.open("/claim/grace").text
    assert "Step 2 of 4" in found.press("Send me a code", email=email).text
    return found


def claimed_letter(pages: Pages) -> str:
    """Send what waits; return the text of the letter after Ben's claim of Logos, on one line."""
    shown = ran(pages.folder, "outbox", "preview", "--letter", "access", "--redact").out
    assert "@" not in shown.replace("@hidden.invalid", "")
    sent(pages.folder)
    return " ".join(part(pages.mail("ben@grace.example", "You have access to Logos"), "plain").split())


def test_a_claim_ends_at_the_button_that_opens_the_library_on_the_page_and_in_the_letter(pages: Pages) -> None:
    ben = at_the_code(pages, "ben@grace.example")
    assert "Step 3 of 4" in ben.press("Continue", code=pages.code("ben@grace.example")).text
    assert "Logos Until 30 June 2027" in ben.page.text
    assert "Step 4 of 4" in ben.press("Save and sign in", password=PASSWORD).text
    done = ben.press("Claim this seat")
    assert "You have claimed your seat. Logos Grace Seminary Until 30 June 2027" in done.text
    assert done.links["Open Logos"] == OPENS_AT
    assert ben.open("/").links["Open Logos"] == OPENS_AT
    sent(pages.folder)
    letter = pages.mail("ben@grace.example", "You have access to Logos")
    assert f"Open Logos:\n{OPENS_AT}" in part(letter, "plain").replace("\r\n", "\n")
    assert f'href="{OPENS_AT}" class="button"' in part(letter, "html")


def test_the_letter_after_a_claim_names_the_account_that_the_seat_is_in(pages: Pages) -> None:
    for email in ("ann@grace.example", "ben@grace.example"):
        shown = pages.account(email).press("Claim this seat")
    assert "To use Logos, sign in there with the account ben@grace.example." in shown.text
    sent(pages.folder)
    for letter in (
        pages.mail("ann@grace.example", "Biblical Studies is yours permanently"),
        pages.mail("ben@grace.example", "You have access to Logos"),
    ):
        for kind in ("plain", "html"):
            words = " ".join(part(letter, kind).split())
            assert f"sign in there with the account {letter['To'].addresses[0].addr_spec}." in words


def test_the_letter_after_a_claim_names_the_account_also_if_its_e_mail_is_another(pages: Pages) -> None:
    ben = at_the_code(pages, "ben@grace.example")
    ben.press("Continue", code=pages.code("ben@grace.example"))
    ben.open(ben.page.links["Create an account with another e-mail"])
    ben.press("Send me a code", email="ben@home.example")
    ben.press("Save and sign in", code=pages.code("ben@home.example"), password=PASSWORD)
    ben.press("Claim this seat")
    assert "sign in there with the account ben@home.example." in claimed_letter(pages)
    ran(pages.folder, "verify")


def test_the_letter_after_a_claim_with_a_link_that_was_passed_on_tells_nothing_of_the_other_account(
    pages: Pages,
) -> None:
    """Also to a member who has an account of their own: the seat is not in it."""
    ben, eve = pages.account("ben@grace.example"), pages.account("eve@home.example")
    applied(pages.folder, ANN, [*BEN[:3], "student;jam"], CY)
    assert "In your account Jamworks" in ben.open("/").text
    eve.open(link(pages, "ben@grace.example"))
    eve.press("Claim this seat")
    letter = claimed_letter(pages)
    assert "sign in there with the account that you just used." in letter
    assert "@home.example" not in letter


def test_where_the_files_do_not_say_where_a_library_is_opened_the_institution_is_asked(pages: Pages) -> None:
    ann = pages.account("ann@grace.example")
    done = ann.press("Claim this seat")
    assert "Your institution can tell you where to open it." in done.text
    assert ann.open(done.links["Your seats"]).title == "Your seats"


def test_the_page_of_a_license_shows_only_one_s_own(pages: Pages) -> None:
    ben = pages.account("ben@grace.example")
    place = ben.press("Claim this seat").path
    assert ben.open(place).title == "Logos"
    assert pages.account("eve@home.example").open(place).path == "/"
    assert pages.browser().open(place).path == "/sign-in"


def test_pages_have_the_institution_s_name_from_its_link_to_the_license(pages: Pages) -> None:
    ben, invitation = pages.browser(), link(pages, "ben@grace.example")
    assert "seatsync" in ben.open("/sign-in").links
    for path in (invitation, "/account/new", "/sign-in"):
        assert "Grace Seminary" in ben.open(path).links, path
    ben.open("/account/new")
    ben.press("Send me a code")
    assert "Grace Seminary" in ben.page.links
    ben.press("Save and sign in", code=pages.code("ben@grace.example"), password=PASSWORD)
    assert "Grace Seminary" in ben.press("Claim this seat").links
    ben.press("Sign out")
    assert "seatsync" in ben.open("/sign-in").links


def test_a_letter_that_asks_for_a_password_has_two_steps(pages: Pages) -> None:
    cy = pages.browser()
    assert "Step 1 of 2" in cy.open(link(pages, "cy@grace.example")).text
    assert "Step 2 of 2" in cy.press("Send me a code").text


def test_who_signs_in_from_a_letter_or_the_claim_page_finds_their_e_mail_filled_in(pages: Pages) -> None:
    pages.account("ben@grace.example")
    ben = pages.browser()
    ben.open(link(pages, "ben@grace.example"))
    assert ben.open("/sign-in").form("Sign in").fields["email"] == "ben@grace.example"
    claiming = at_the_code(pages, "ben@grace.example")
    claiming.press("Continue", code=pages.code("ben@grace.example"))
    assert claiming.open("/sign-in").form("Sign in").fields["email"] == "ben@grace.example"
    assert pages.browser().open("/sign-in").form("Sign in").fields["email"] == ""


def test_a_code_that_does_not_arrive_is_looked_for_in_spam_and_sent_again_within_the_limits(pages: Pages) -> None:
    ben = at_the_code(pages, "ben@grace.example")
    assert "Look in your spam folder too: the sender is library@grace.example." in ben.page.text
    first = pages.code("ben@grace.example")
    again = ben.press("Send a new code")
    assert "We have sent you a new code. The earlier one no longer works." in again.text
    assert "Step 2 of 4" in again.text
    assert ben.press("Continue", code=first).code == 403
    ben.press("Send a new code")
    refused = ben.press("Send a new code")
    assert "The code that we sent you last still works. We can send a new one in a few minutes." in refused.text
    assert refused.title == "Enter the code"
    stranger = pages.browser()
    stranger.open("/claim/grace")
    assert stranger.press("Send me a code", email="ben@grace.example").code == 429, "no code waits in this browser"
    codes = [letter["Subject"] for letter in pages.room.letters if "is your code" in letter["Subject"]]
    assert len(codes) <= 2, "three were sent, and one of them was read"


@pytest.mark.parametrize("path", ["/account/new", "{link}"])
def test_every_page_that_waits_for_a_code_sends_another(pages: Pages, path: str) -> None:
    cy = pages.browser()
    cy.open(path.format(link=link(pages, "cy@grace.example")))
    cy.page.form("Send me a code").fields["email"] = "cy@grace.example"
    cy.press("Send me a code")
    pages.code("cy@grace.example")
    assert "We have sent you a new code." in cy.press("Send a new code").text
    cy.press("Save and sign in", code=pages.code("cy@grace.example"), password=PASSWORD)
    assert cy.page.code == 200


def test_no_page_is_a_dead_end(pages: Pages) -> None:
    ben, invitation = pages.account("ben@grace.example"), link(pages, "ben@grace.example")
    ben.press("Claim this seat")
    for path in ("/nowhere", f"{invitation}x", "/claim/grace/code", "/settings/email/code", "/language"):
        shown = ben.open(path)
        assert shown.code >= 400, path
        lead = [href for words, href in shown.links.items() if words in ("Your seats", "Get a new code", "Back")]
        assert lead, f"{path}: {shown.text}"
        assert all(ben.open(href).code == 200 for href in lead), path


@pytest.mark.parametrize("path", ["/claim/grace", "{link}", "/claim/grace/code", "{link}x", "/sign-in"])
def test_every_page_shows_the_e_mail_of_whom_to_ask_for_who_has_no_mail_program(pages: Pages, path: str) -> None:
    config = pages.folder / "seatsync.yaml"
    helped = "  name: Grace Seminary\n  help: {name: Hal Pere, email: hal@grace.example}\n"
    config.write_text(config.read_text("utf-8").replace("  name: Grace Seminary\n", helped), "utf-8")
    ran(pages.folder, "apply", "--yes")
    ben, invitation = pages.browser(), link(pages, "ben@grace.example")
    ben.open("/claim/grace")
    shown = ben.open(path.format(link=invitation))
    assert shown.links["Hal Pere"] == shown.links["hal@grace.example"] == "mailto:hal%40grace.example"


def test_an_error_leads_back_to_the_page_it_came_from_but_never_to_another_site(pages: Pages) -> None:
    ben = pages.browser()
    shown = ben.open("/language", Referer=f"{PORTAL}/account/new")
    assert (shown.code, shown.links["Back"]) == (405, f"{PORTAL}/account/new")
    assert "Back" not in ben.open("/language", Referer="https://evil.example/").links
    ran(pages.folder, "verify")


def test_a_link_to_a_seat_of_one_s_own_leads_to_the_seat(pages: Pages) -> None:
    ben, invitation = pages.account("ben@grace.example"), link(pages, "ben@grace.example")
    place = ben.press("Claim this seat").path
    again = ben.open(invitation)
    assert (again.path, again.title) == (place, "Logos")
    assert "You already have this seat." in again.text


def test_who_is_not_signed_in_is_told_to_sign_in_or_to_find_their_seats(pages: Pages) -> None:
    ben, invitation = pages.account("ben@grace.example"), link(pages, "ben@grace.example")
    ben.press("Claim this seat")
    other = pages.browser().open(invitation)
    assert other.title == "This link was already used"
    assert other.links["Find your seats with your e-mail"] == "/claim/grace"
    assert "Sign in" in other.links


def test_who_proves_the_mailbox_of_a_claimed_seat_learns_that_it_is_claimed(pages: Pages) -> None:
    ben = pages.account("ben@grace.example")
    ben.press("Claim this seat")
    second = at_the_code(pages, "ben@grace.example")
    told = second.press("Continue", code=pages.code("ben@grace.example"))
    assert (told.code, told.title) == (409, "This seat is already claimed")
    ben.open("/claim/grace")
    ben.press("Send me a code", email="ben@grace.example")
    assert ben.press("Continue", code=pages.code("ben@grace.example")).title == "Your seats"


def test_who_has_claimed_with_another_account_reads_so_on_the_page_of_the_account_with_their_own_e_mail(
    pages: Pages,
) -> None:
    invitation = link(pages, "ben@grace.example")
    other = pages.account("ben@home.example")
    other.open(invitation)
    other.press("Claim this seat")
    told = pages.account("ben@grace.example").open("/").text
    assert "In another account Logos Grace Seminary It is in another account." in told
    assert "No seats yet" not in told
    assert "In another account" not in other.open("/").text


def test_steps_are_counted_only_where_there_are_some_before(pages: Pages) -> None:
    """A page that is the only one says nothing of a step."""
    invitation = link(pages, "ben@grace.example")
    ben = pages.account("ben@grace.example")
    assert "Step" not in ben.open(invitation).text
    other = pages.browser()
    other.open(invitation)
    other.open("/sign-in")
    assert "Step" not in other.press("Sign in", email="ben@grace.example", password=PASSWORD).text
    assert other.page.path in invitation
    eve = pages.browser()
    eve.open(invitation)
    assert "Step 1 of 3" in eve.open("/account/new").text
    assert "Step 2 of 3" in eve.press("Send me a code", email="eve@home.example").text
    code = pages.code("eve@home.example")
    assert "Step 3 of 3" in eve.press("Save and sign in", code=code, password=PASSWORD).text
    assert "Step" not in eve.open(link(pages, "ann@grace.example")).text, "of another letter"


def test_the_mail_with_a_code_names_the_institution_on_whose_pages_it_was_asked_for(pages: Pages) -> None:
    at_the_code(pages, BEN[0])
    assert "This was on the pages of Grace Seminary." in part(pages.mail(BEN[0], "is your code"), "plain")
    of_nobody = pages.browser()
    of_nobody.open("/account/new")
    of_nobody.press("Send me a code", email="eve@elsewhere.example")
    assert "on the pages of" not in part(pages.mail("eve@elsewhere.example", "is your code"), "plain")


def test_a_mistyped_e_mail_can_be_typed_again(pages: Pages) -> None:
    ben = at_the_code(pages, "ben@grace.exampel")
    assert ben.page.links["Use another e-mail"] == "/claim/grace"


def test_who_opens_another_person_s_link_sees_whom_it_is_for(pages: Pages) -> None:
    cy = pages.account("cy@grace.example")
    assert "This seat was offered to ben@grace.example." in cy.open(link(pages, "ben@grace.example")).text


@pytest.mark.parametrize("after", [".", ",", ")", ">", "%22", "%20", "...", "。"])
def test_punctuation_copied_with_a_link_does_no_harm(pages: Pages, after: str) -> None:
    assert pages.browser().open(f"/claim/grace{after}").title == "Claim your seats at Grace Seminary"
    assert "Grace Seminary has a seat for you" in pages.browser().open(link(pages, "ben@grace.example") + after).title


def test_the_id_in_capitals_finds_the_claim_page(pages: Pages) -> None:
    assert pages.browser().open("/claim/Grace").path == "/claim/grace"
    assert pages.browser().open("/claim/Nobody").code == 404
