"""Seats that live in the vendor's portal, on the members' pages: where they are claimed, and how far they have come."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from seatsync.ledger.database import Ledger
from seatsync.ledger.tables import link
from tests.cli.test_lists import write_csv
from tests.support import letters
from tests.support.databases import location, opened
from tests.support.letters import ANN, BEN, CONFIG, CY, applied, part, ran, sent
from tests.support.mail_server import Mailroom
from tests.support.pages import Browser, Pages, pages_of

pytestmark = pytest.mark.slow

school, room = letters.school, letters.room

EXPORT = ["Given Name", "Family Name", "Institution Email Address", "License Kind", "License Status"]
CLAIM = "https://claim.vendor.example/grace"
AT_VENDOR = CONFIG.replace(
    "system: logos-subscription,",
    f"system: logos-subscription, delivered_by: vendor, claim_url: {CLAIM}, open_url: https://app.vendor.example/,",
).replace("system: jamworks,", "system: jamworks, delivered_by: vendor,")


@pytest.fixture
def pages(school: Path, room: Mailroom) -> Iterator[Pages]:
    """Logos and Jamworks are at the vendor, Biblical Studies is here. Ann has a book, Ben Logos, Cy Jamworks."""
    (school / "seatsync.yaml").write_text(AT_VENDOR, encoding="utf-8")
    applied(school, ANN, BEN, CY)
    with pages_of(school, room, room.port) as found:
        yield found


def claiming(pages: Pages, email: str) -> Browser:
    found = pages.browser()
    found.open("/claim/grace")
    found.press("Send me a code", email=email)
    found.press("Continue", code=pages.code(email))
    return found


@pytest.mark.parametrize(
    ("config", "says"),
    [
        (AT_VENDOR, "There they enter their e-mail and claim their seats."),
        (AT_VENDOR.replace("logos-library,", "logos-library, delivered_by: vendor,"), "it says where their seats are"),
    ],
    ids=["some at the vendor", "all at the vendor"],
)
def test_an_administrator_reads_what_the_claim_page_is_good_for(
    school: Path, room: Mailroom, config: str, says: str
) -> None:
    (school / "seatsync.yaml").write_text(config, encoding="utf-8")
    applied(school, ANN, BEN, CY)
    with pages_of(school, room, room.port) as pages:
        assert says in pages.account("ruth@grace.example").open("/admin/grace/").text


def test_the_claim_page_says_which_seats_are_claimed_elsewhere(pages: Pages) -> None:
    page = pages.browser().open("/claim/grace")
    assert "These seats are claimed at the vendor, not here: Jamworks: the vendor writes to you Logos" in page.text
    assert page.links["Logos"] == CLAIM
    assert page.form("Send me a code")
    ben = claiming(pages, "ben@grace.example").page
    assert "Logos Until 30 June 2027 Granted. Your institution still has to enter it at the vendor" in ben.text
    assert "You cannot claim or decline these seats here." in ben.text
    assert not any("Claim this seat" in form.buttons for form in ben.forms)


def test_where_all_seats_are_at_the_vendor_the_claim_page_asks_for_nothing(pages: Pages) -> None:
    config = AT_VENDOR.replace("system: logos-library,", "system: logos-library, delivered_by: vendor,")
    (pages.folder / "seatsync.yaml").write_text(config, encoding="utf-8")
    ran(pages.folder, "apply", "--yes")
    browser = pages.browser()
    page = browser.open("/claim/grace")
    assert page.links["Logos"] == CLAIM
    assert "Biblical Studies: the vendor writes to you" in page.text
    assert not any("Send me a code" in form.buttons for form in page.forms)
    form = next(form for form in page.forms if "csrf_token" in form.fields)
    browser.send("/claim/grace", csrf_token=form.fields["csrf_token"], email="ann@grace.example")
    assert not pages.room.letters


def test_members_read_on_their_own_page_how_far_a_seat_at_the_vendor_has_come(pages: Pages) -> None:
    ben, cy = pages.account("ben@grace.example"), pages.account("cy@grace.example")
    assert (
        "Waiting for you Logos Grace Seminary Until 30 June 2027 Granted. Your institution still has to"
        in ben.page.text
    )
    assert not any("Claim this seat" in form.buttons for form in ben.page.forms)
    assert (
        "Waiting for you Jamworks Grace Seminary As long as your institution offers it Granted. Your institution still"
        in cy.page.text
    )


def test_a_seat_at_the_vendor_that_has_ended_is_not_offered(pages: Pages) -> None:
    ben = pages.account("ben@grace.example")
    pages.now = datetime.fromisoformat("2027-07-01T12:00:00Z")
    assert "Logos" not in ben.open("/").text
    assert "Logos" not in claiming(pages, "ben@grace.example").page.text


def test_members_open_what_they_have_claimed_at_the_vendor(pages: Pages) -> None:
    ran(pages.folder, "worklist", "done", "--yes")
    ben, cy = pages.account("ben@grace.example"), pages.account("cy@grace.example")
    assert ben.page.links["Claim Logos at the vendor"] == CLAIM
    assert "It comes by the vendor: look for a letter from there" in cy.page.text
    write_csv(pages.folder / "export.csv", EXPORT, ["Ben", "Okafor", "ben@grace.example", "Temporary", "Delivered"])
    ran(pages.folder, "import", "export.csv", "--library", "logos", "--yes")
    assert "In your account Logos Grace Seminary" in ben.open("/").text
    assert ben.page.links["Open Logos"] == "https://app.vendor.example/"


def test_a_seat_at_the_vendor_can_neither_be_claimed_nor_declined_here(pages: Pages) -> None:
    ben = pages.account("ben@grace.example")
    token = ben.page.forms[0].fields["csrf_token"]
    for what in ("", "/opt-out"):
        page = ben.send(f"/seats/grace/logos/2{what}", csrf_token=token, sure="y")
        assert (page.code, page.links["Continue to the vendor"]) == (409, CLAIM), page.text
        assert "This seat is not claimed here" in page.text
    assert "logos is" not in ran(pages.folder, "verify").out
    for what in ("claim", "opt-out"):
        said = ran(pages.folder, "ledger", what, "logos", "ben@grace.example", code=4).err
        assert "its seats are at the vendor" in said
        assert f"Members do it there, on {CLAIM}" in said


def test_a_personal_link_of_before_leads_to_the_vendor(school: Path, room: Mailroom) -> None:
    applied(school, BEN)
    token = letters.posted(school)["ben@grace.example"]
    (school / "seatsync.yaml").write_text(AT_VENDOR, encoding="utf-8")
    applied(school, BEN)
    with pages_of(school, room, room.port) as pages:
        for what in ("", "/opt-out", "/password"):
            page = pages.browser().open(f"/l/grace/{token}{what}")
            assert (page.code, page.links["Continue to the vendor"]) == (409, CLAIM), what


def test_letters_that_lead_to_the_vendor_need_no_pages(
    school: Path, room: Mailroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = AT_VENDOR.replace("claim_url:", "sends_letters: true, claim_url:")
    (school / "seatsync.yaml").write_text(config, encoding="utf-8")
    applied(school, ANN, BEN)
    _done(school)
    monkeypatch.delenv("SEATSYNC_PORTAL_URL")
    said = ran(school, "outbox", "send", code=1)
    assert "2 letters need a personal link" in said.err, "Ann's invitation to a book, and the administrator's welcome"
    assert [letter["To"].addresses[0].addr_spec for letter in room.letters] == ["ben@grace.example"]
    assert CLAIM in part(room.letters[0], "plain")


def test_letters_lead_to_the_vendor_once_the_seat_is_there(school: Path, room: Mailroom) -> None:
    config = AT_VENDOR.replace("claim_url:", "sends_letters: true, claim_url:")
    (school / "seatsync.yaml").write_text(config, encoding="utf-8")
    applied(school, BEN)
    assert sent(school) == {"sent": 1, "waiting": 1}, "the invitation waits until it is done"
    assert "Your seat" not in ran(school, "outbox", "list").out
    _done(school)
    assert sent(school, now="2026-09-02") == {"sent": 1}
    letter = room.letters[-1]
    assert letter["To"].addresses[0].addr_spec == "ben@grace.example"
    for kind in ("plain", "html"):
        text = part(letter, kind)
        assert CLAIM in text
        assert "only for you" not in text
        assert "decline" not in text
    with Ledger(location(school)).reading() as connection:
        assert connection is not None
        of_members = select(link.c.member).where(link.c.institution == "grace", link.c.member != 0)
        assert connection.execute(of_members).all() == []
    assert sent(school, now="2026-09-05") == {}
    ran(school, "apply", "--yes", now="2026-09-05")
    assert sent(school, now="2026-09-06") == {"sent": 1}, "it counts from the invitation that was sent"
    assert CLAIM in part(room.letters[-1], "plain")
    assert "Your seat is still waiting" in room.letters[-1]["Subject"]


def test_verify_asks_for_no_personal_link_of_letters_that_led_to_the_vendor(school: Path, room: Mailroom) -> None:
    there = AT_VENDOR.replace("claim_url:", "sends_letters: true, claim_url:")
    (school / "seatsync.yaml").write_text(there, encoding="utf-8")
    applied(school, BEN)
    _done(school)
    assert sent(school) == {"sent": 2}, "the administrator's welcome has a link, Ben's invitation has none"
    ran(school, "verify")
    (school / "seatsync.yaml").write_text(CONFIG, encoding="utf-8")
    applied(school, BEN, ["dee@grace.example", "Dee", "Moss", "student"], now="2026-09-02")
    assert sent(school, now="2026-09-02")["sent"], "here a letter has a link"
    ran(school, "verify")
    with opened(school) as connection:
        connection.execute(link.delete().where(link.c.member != 0))
    assert "its personal link is missing" in ran(school, "verify", code=1).err


def _done(folder: Path) -> None:
    ran(folder, "worklist", "done", "--yes")
