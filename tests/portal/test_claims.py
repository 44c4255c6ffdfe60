"""Claim and decline on the pages: with the personal link, on the claim page, on the member's own page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from seatsync.apply.claims import Unavailable, UnavailableReason, claim
from seatsync.ledger.queries.accounts.holdings import AccountHolder
from tests.cli.test_lists import write_csv
from tests.support import letters
from tests.support.databases import rows
from tests.support.letters import ANN, BEN, CY, LATER, PORTAL, applied, part, ran, sent
from tests.support.long_form import times
from tests.support.mail_server import Mailroom
from tests.support.pages import PASSWORD, Browser, Pages, pages_of

pytestmark = pytest.mark.slow

school, room = letters.school, letters.room

HOME = "ann@home.example"
TABLES = ("institution", "license", "event", "outbox", "link", "account", "session", "challenge", "holding")


@pytest.fixture
def pages(school: Path, room: Mailroom) -> Iterator[Pages]:
    """Ann is offered a book permanently, Ben Logos until June, Cy Jamworks. Their letters are sent."""
    applied(school, ANN, BEN, CY)
    sent(school)
    with pages_of(school, room, room.port) as found:
        yield found


def link(pages: Pages, email: str) -> str:
    """Return the personal link in the last letter to this address."""
    found = re.search(rf"{PORTAL}/l/grace/[\w-]+", part(pages.mail(email), "plain"))
    assert found is not None
    return found[0]


def licenses(pages: Pages) -> dict[str, str]:
    """Return each license's status by library. Each member has one license."""
    return {row["library"]: row["status"] for row in rows(pages.folder, "license")}


def accounts(pages: Pages) -> set[tuple[str, str]]:
    """Return the library and account of each claimed license."""
    emails = {row["id"]: row["email"] for row in rows(pages.folder, "account")}
    return {(row["library"], emails[row["account"]]) for row in rows(pages.folder, "holding")}


def test_links_and_pages_of_an_earlier_id_lead_to_the_new_one(pages: Pages) -> None:
    invitation = link(pages, "ann@grace.example")
    config = (pages.folder / "seatsync.yaml").read_text(encoding="utf-8")
    (pages.folder / "seatsync.yaml").write_text(
        config.replace("  id: grace\n", "  id: college\n  was: grace\n"), encoding="utf-8"
    )
    ran(pages.folder, "apply", "--yes")
    ann = pages.account(HOME)
    assert ann.open(invitation).path == f"/l/college/{invitation.rpartition('/')[2]}"
    assert "You have claimed your seat." in ann.press("Claim this seat").text
    assert pages.browser().open("/claim/grace").path == "/claim/college"
    ruth = pages.account("ruth@grace.example")
    assert ruth.open("/admin/grace/members?search=ann").path == "/admin/college/members"
    assert "ben@grace.example" not in ruth.page.text
    assert pages.browser().open("/claim/nowhere").code == 404
    assert ann.open("/admin/grace/").code == 404


# ── The personal link ───────────────────────────────────────────────────────────────────────────────────────────────


def test_the_link_of_a_letter_is_claimed_with_an_account_of_any_e_mail(pages: Pages) -> None:
    ann, invitation = pages.browser(), link(pages, "ann@grace.example")
    shown = ann.open(invitation)
    assert "Grace Seminary has a seat for you" in shown.text
    assert "Biblical Studies" in shown.text
    assert "ann@grace.example" not in shown.body
    assert list(shown.links).index("Create an account") < list(shown.links).index("Sign in"), "first-timers first"
    assert ann.open(shown.links["Create an account"]).form("Send me a code").fields["email"] == "ann@grace.example"
    assert "Step 1 of 3" in ann.page.text
    assert "Step 2 of 3" in ann.press("Send me a code", email=HOME).text
    assert ann.press("Save and sign in", code=pages.code(HOME), password=PASSWORD).path in invitation
    assert licenses(pages)["books"] == "unclaimed"
    assert "Step 3 of 3" in ann.page.text
    mine = ann.press("Claim this seat")
    assert (
        f"You have claimed your seat. Biblical Studies Grace Seminary Yours to keep It is in your account {HOME}"
        in mine.text
    )
    assert licenses(pages) == {"books": "delivered", "logos": "unclaimed", "jamworks": "unclaimed"}
    assert accounts(pages) == {("books", HOME)}
    ran(pages.folder, "verify")
    assert "Biblical Studies is yours permanently" in _subjects(pages)


def test_a_link_is_good_once_and_ends_with_its_grant(pages: Pages) -> None:
    first, ben = link(pages, "ann@grace.example"), link(pages, "ben@grace.example")
    ann, eve = pages.account(HOME), pages.account("eve@home.example")
    ann.open(first)
    eve.open(first)
    ann.press("Claim this seat")
    assert "already used" in eve.press("Claim this seat").text
    assert "already used" in eve.open(first).text
    assert accounts(pages) == {("books", HOME)}
    eve.open(ben)
    applied(pages.folder, ANN, [*BEN[:3], ""], CY, now=LATER)
    assert "no longer available" in eve.press("Claim this seat").text
    assert "no longer available" in eve.open(ben).text
    assert eve.open(ben + "x").code == eve.open(ben.replace("/grace/", "/hope/")).code == 404
    assert licenses(pages)["logos"] == "revoked"


def test_a_seat_that_has_ended_is_claimed_by_nobody_and_its_pages_say_when_it_ended(pages: Pages) -> None:
    invitation = link(pages, "ben@grace.example")
    pages.now = datetime(2027, 6, 30, 23, 59, tzinfo=UTC)
    ben = pages.account("ben@home.example")
    assert "Grace Seminary has a seat for you" in ben.open(invitation).text
    pages.later(minutes=2)
    for shown in (ben.press("Claim this seat"), ben.open(invitation), ben.open(invitation + "/opt-out")):
        assert "This seat has ended Its last day was 30 June 2027." in shown.text
    assert licenses(pages)["logos"] == "unclaimed"


@pytest.mark.sqlite_only("it is about requests")
def test_looking_at_links_a_thousand_times_changes_nothing(pages: Pages) -> None:
    links = [link(pages, email) for email in ("ann@grace.example", "ben@grace.example", "cy@grace.example")]
    places = [*links, *(f"{one}/opt-out" for one in links), f"{PORTAL}/claim/grace"]
    before = {table: rows(pages.folder, table) for table in TABLES}

    def scan(number: int) -> int:
        client = pages.app.test_client()
        ask = client.head if number % 2 else client.get
        return ask(places[number % len(places)].removeprefix(PORTAL), base_url=PORTAL).status_code

    with ThreadPoolExecutor(8) as scanners:
        assert set(scanners.map(scan, range(times(short=140, long=1_000)))) == {200}
    assert {table: rows(pages.folder, table) for table in TABLES} == before


@pytest.mark.sqlite_only("it is about requests")
def test_a_program_that_sends_the_forms_it_finds_claims_and_declines_nothing(pages: Pages) -> None:
    tables = [table for table in TABLES if table != "challenge"]  # it may have a code that was sent
    before = {table: rows(pages.folder, table) for table in tables}
    for email in ("ann@grace.example", "ben@grace.example", "cy@grace.example"):
        invitation, scanner = link(pages, email), pages.browser()
        for place in (invitation, f"{invitation}/opt-out"):
            for form in scanner.open(place).forms:
                scanner.send(form.action, follow=False, **form.fields)
    assert {table: rows(pages.folder, table) for table in tables} == before


def test_a_link_ends_when_the_member_s_e_mail_is_corrected(pages: Pages) -> None:
    """A person who reads the wrong mailbox that the letter went to learns nothing and gets nothing."""
    header = [*letters.HEADER, "student_id"]
    invitation = link(pages, "ben@grace.example")
    for email in ("ben@grace.example", "benjamin@grace.example"):
        write_csv(pages.folder / "members.csv", header, [*ANN, ""], [email, *BEN[1:], "S2"], [*CY, ""])
        ran(pages.folder, "apply", "--yes", now=LATER)
    assert licenses(pages)["logos"] == "unclaimed"
    stranger = pages.account("stranger@home.example")
    shown = stranger.open(invitation)
    assert (shown.code, "benjamin" in shown.body) == (410, False)
    assert stranger.open(f"{invitation}/opt-out").code == 410


def test_a_letter_that_was_passed_on_gives_one_seat_and_nothing_else_of_the_member_s(pages: Pages) -> None:
    ben, eve = pages.account("ben@grace.example"), pages.account("eve@home.example")
    applied(pages.folder, ANN, [*BEN[:3], "student;jam"], CY, now=LATER)
    assert "In your account Jamworks" in ben.open("/").text
    eve.open(link(pages, "ben@grace.example"))
    eve.press("Claim this seat")
    assert "Logos" in eve.page.text
    assert "Jamworks" not in eve.page.text
    assert "In your account Jamworks" in ben.open("/").text


def test_a_letter_that_was_passed_on_gives_one_seat_also_before_its_member_has_an_account(pages: Pages) -> None:
    eve = pages.account("eve@home.example")
    eve.open(link(pages, "ben@grace.example"))
    eve.press("Claim this seat")
    (claimed,) = [row["person"] for row in rows(pages.folder, "event") if row["action"] == "claim"]
    assert claimed == '{"claimed_with":"eve@home.example"}'
    assert {row["account"] for row in rows(pages.folder, "member")} == {""}
    applied(pages.folder, ANN, [*BEN[:3], "student;jam"], CY, now=LATER)
    assert "Jamworks" not in eve.open("/").text
    ben = pages.account("ben@grace.example")
    assert "Waiting for you Jamworks" in ben.open("/").text
    ran(pages.folder, "verify")


def test_a_letter_that_was_passed_on_to_an_account_that_is_deleted_hinders_no_later_seat(pages: Pages) -> None:
    eve = pages.account("eve@home.example")
    eve.open(link(pages, "ben@grace.example"))
    eve.press("Claim this seat")
    eve.open("/settings/delete")
    eve.press("Delete my account", sure="y")
    ben = pages.account("ben@grace.example")
    applied(pages.folder, ANN, [*BEN[:3], "student;jam"], CY, now=LATER)
    assert "In your account Jamworks" in ben.open("/").text
    ran(pages.folder, "verify")


def test_a_member_who_claims_by_themselves_keeps_what_was_claimed_before_where_it_is(pages: Pages) -> None:
    eve = pages.account("eve@home.example")
    eve.open(link(pages, "ben@grace.example"))
    eve.press("Claim this seat")
    applied(pages.folder, ANN, [*BEN[:3], "student;owner"], CY, now=LATER)
    ben = pages.account("ben@grace.example")
    assert "You have claimed your seat." in ben.press("Claim this seat").text
    assert "Biblical Studies" in ben.page.text
    assert "Logos" not in ben.page.text
    assert "In your account Logos" in eve.open("/").text
    ran(pages.folder, "verify")


def _changes_email(pages: Pages, browser: Browser, email: str) -> None:
    browser.open("/settings/email")
    browser.press("Send a code", email=email, password=PASSWORD)
    browser.press("Continue", code=pages.code(email))
    assert "Your e-mail was changed." in browser.page.text


def test_what_was_delivered_at_once_stays_in_the_account_whatever_becomes_of_its_e_mail(pages: Pages) -> None:
    ben = pages.account("ben@grace.example")
    applied(pages.folder, ANN, [*BEN[:3], "student;jam"], CY, now=LATER)
    _changes_email(pages, ben, "ben@home.example")
    assert "In your account Jamworks" in ben.open("/").text
    assert "In your account" not in pages.account("ben@grace.example").open("/").text


def test_who_claims_must_be_the_member_at_the_moment_of_the_claim(pages: Pages) -> None:
    with pytest.raises(Unavailable) as missed:
        claim(
            *(pages.site.ledger, "grace", "logos", 2, AccountHolder("ben@home.example")),
            *(pages.site.now(), "pages"),
            known_as="former@grace.example",
        )
    assert missed.value.reason is UnavailableReason.UNKNOWN
    assert licenses(pages)["logos"] == "unclaimed"


def test_an_account_that_was_deleted_meanwhile_takes_no_seat(pages: Pages) -> None:
    with pytest.raises(Unavailable) as missed:
        claim(
            *(pages.site.ledger, "grace", "logos", 2, AccountHolder("ben@home.example", "gone")),
            *(pages.site.now(), "pages"),
            known_as="ben@grace.example",
        )
    assert missed.value.reason is UnavailableReason.NO_ACCOUNT
    assert licenses(pages)["logos"] == "unclaimed"


def test_what_was_in_a_deleted_account_is_in_no_later_one(pages: Pages) -> None:
    for email in ("ben@grace.example", "ben@grace.example"):
        ben = pages.account(email)
        if "Claim this seat" in ben.page.text:
            ben.press("Claim this seat")
            ben.open("/settings/delete")
            ben.press("Delete my account", sure="y")
    told = ben.open("/").text
    assert "In another account Logos" in told
    assert "In your account" not in told
    assert licenses(pages)["logos"] == "delivered"


# ── The claim URL ───────────────────────────────────────────────────────────────────────────────────────────────────


def _claiming(pages: Pages, email: str, browser: Browser | None = None) -> Browser:
    """Return a browser that has proved on the claim page that it reads this mailbox."""
    found = browser or pages.browser()
    found.open("/claim/grace")
    found.press("Send me a code", email=email)
    found.press("Continue", code=pages.code(email))
    return found


def test_the_claim_url_takes_the_institution_s_e_mail_a_code_and_a_password(pages: Pages) -> None:
    ben = _claiming(pages, "ben@grace.example")
    assert "Logos" in ben.page.text
    ben.press("Save and sign in", password=PASSWORD)
    assert "Until 30 June 2027" in ben.page.text
    assert "You have claimed your seat." in ben.press("Claim this seat").text
    assert accounts(pages) == {("logos", "ben@grace.example")}
    assert licenses(pages)["logos"] == "delivered"


def test_at_the_claim_url_an_account_with_another_e_mail_does_as_well(pages: Pages) -> None:
    ben = _claiming(pages, "ben@grace.example", pages.account("ben@home.example"))
    assert "goes into your account ben@home.example" in ben.page.text
    ben.press("Claim this seat")
    assert accounts(pages) == {("logos", "ben@home.example")}
    (member,) = [row for row in rows(pages.folder, "member") if row["email"] == "ben@grace.example"]
    assert member["account"] == "ben@home.example"


def test_what_was_proved_holds_for_half_an_hour_for_that_e_mail_in_that_browser(pages: Pages) -> None:
    ben = _claiming(pages, "ben@grace.example", pages.account("ben@home.example"))
    take = ben.page.form("Claim this seat")
    eve = pages.account("eve@home.example")
    token = eve.open("/settings").forms[0].fields["csrf_token"]
    assert eve.send(take.action, csrf_token=token).path == "/claim/grace"
    anns = take.action.replace("/logos/", "/books/").replace("/2", "/1")
    assert ben.send(anns, **take.fields).code == 404
    pages.later(minutes=31)
    assert ben.send(take.action, **take.fields).path == "/claim/grace"
    assert accounts(pages) == set()
    _claiming(pages, "ben@grace.example", ben)
    stolen = pages.browser()
    cookie = ben.client.get_cookie("__Host-seatsync", domain="seats.grace.example")
    assert cookie is not None
    stolen.client.set_cookie("__Host-seatsync", cookie.value, domain="seats.grace.example", secure=True)
    assert stolen.open("/claim/grace/seats").path == "/claim/grace/seats"
    ben.press("Sign out")
    assert stolen.open("/claim/grace/seats").path == "/claim/grace"


def test_who_is_not_known_gets_a_letter_too_and_finds_nothing(pages: Pages) -> None:
    stranger = _claiming(pages, "nobody@grace.example")
    assert "No seat is waiting for you here" in stranger.page.text
    assert "Perhaps your institution has another e-mail of yours: try that one." in stranger.page.text
    assert pages.browser().open("/claim/hope").code == 404


# ── One's own page ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_waits_for_the_account_s_own_e_mail_is_offered_on_its_page(pages: Pages) -> None:
    ben = pages.account("ben@grace.example")
    assert "Waiting for you Logos Grace Seminary Until 30 June 2027" in ben.page.text
    assert "You have claimed your seat." in ben.press("Claim this seat").text
    assert licenses(pages)["logos"] == "delivered"


def test_nobody_takes_or_declines_what_waits_for_another_e_mail(pages: Pages) -> None:
    eve = pages.account("eve@home.example")
    token = eve.page.forms[0].fields["csrf_token"]
    for row in rows(pages.folder, "license"):
        place = f"/seats/grace/{row['library']}/{row['member']}"
        assert eve.send(place, csrf_token=token).code == 404
        assert eve.send(f"{place}/opt-out", csrf_token=token, sure="y").code == 404
        assert eve.open(f"{place}/opt-out").code == 404
    assert set(licenses(pages).values()) == {"unclaimed"}


def test_claiming_twice_from_two_windows_is_one_claim(pages: Pages) -> None:
    ben = pages.account("ben@grace.example")
    other = pages.signed_in("ben@grace.example")
    ben.press("Claim this seat")
    assert "You already have this seat" in other.press("Claim this seat").text
    assert [row["action"] for row in rows(pages.folder, "event")].count("claim") == 1


# ── Declining ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_declining_takes_a_ticked_box_and_frees_the_slot(pages: Pages) -> None:
    invitation, ben = link(pages, "ben@grace.example"), pages.browser()
    shown = ben.open(invitation)
    ben.open(shown.links["I do not want this seat"])
    assert ben.press("I do not want it").path.endswith("/opt-out")
    assert licenses(pages)["logos"] == "unclaimed"
    assert "You have declined the seat" in ben.press("I do not want it", sure="y").text
    assert licenses(pages)["logos"] == "opted_out"
    assert "was declined" in ben.open(invitation).text
    assert "Nothing to do" in ran(pages.folder, "plan").out
    ran(pages.folder, "verify")


def test_who_keeps_a_seat_instead_of_declining_it_is_back_at_the_letter_s_page(pages: Pages) -> None:
    invitation, ben = link(pages, "ben@grace.example"), pages.browser()
    offered = ben.open(invitation)
    kept = ben.open(ben.open(offered.links["I do not want this seat"]).links["Keep it"])
    assert (kept.path, kept.title) == (offered.path, offered.title)


def test_where_the_institution_allows_no_declining_there_is_no_page_for_it(pages: Pages) -> None:
    config = pages.folder / "seatsync.yaml"
    config.write_text(config.read_text().replace("opt_out: true", "opt_out: false"))
    ran(pages.folder, "apply", "--yes")
    invitation, ben = link(pages, "ben@grace.example"), pages.browser()
    assert "I do not want this seat" not in ben.open(invitation).text
    assert ben.open(f"{invitation}/opt-out").code == 403
    signed_in = pages.account("ben@grace.example")
    assert "I do not want it" not in signed_in.page.text
    found = pages.browser()
    found.open("/claim/grace")
    found.press("Send me a code", email="ben@grace.example")
    assert "I do not want it" not in found.press("Continue", code=pages.code("ben@grace.example")).text
    assert found.open("/claim/grace/seats/logos/2/opt-out").code == 403


@pytest.mark.parametrize("signs_in", [False, True])
def test_a_seat_is_declined_on_the_claim_page_by_who_has_proved_the_mailbox(signs_in: bool, pages: Pages) -> None:
    stranger = pages.account("eve@elsewhere.example")
    decline = "/claim/grace/seats/logos/2/opt-out"
    assert stranger.open(decline).path == "/claim/grace"
    ben = pages.account("other@elsewhere.example") if signs_in else pages.browser()
    ben.open("/claim/grace")
    ben.press("Send me a code", email="ben@grace.example")
    shown = ben.press("Continue", code=pages.code("ben@grace.example"))
    assert shown.links["I do not want it"] == decline
    assert ben.open("/claim/grace/seats/books/1/opt-out").code == 404, "not theirs"
    assert "Decline Logos" in ben.open(decline).text
    assert "Claim this seat" in ben.open(ben.page.links["Keep it"]).text or not signs_in
    ben.open(decline)
    assert "You have declined the seat" in ben.press("I do not want it", sure="y").text
    assert licenses(pages)["logos"] == "opted_out"


def test_a_seat_says_until_when_it_can_be_declined_and_afterwards_whom_to_ask(pages: Pages) -> None:
    config = pages.folder / "seatsync.yaml"
    last = "timezone: America/Chicago\n  help: {name: Seat desk, email: desk@grace.example}\n  opt_out: {until: 2026-09-07}"
    config.write_text(config.read_text().replace("opt_out: true", last))
    ran(pages.folder, "apply", "--yes")
    invitation, ben = link(pages, "ben@grace.example"), pages.browser()
    pages.now = datetime.fromisoformat("2026-09-08T04:59:00Z")
    signed_in = pages.account("ben@grace.example")
    declining = signed_in.page.links["I do not want it"]
    for page in (ben.open(invitation), ben.open(f"{invitation}/opt-out"), signed_in.page, signed_in.open(declining)):
        assert "You can decline until 7 September 2026." in page.text
    pages.now = datetime.fromisoformat("2026-09-08T05:00:00Z")
    for page in (
        signed_in.press("I do not want it", sure="y"),
        ben.open(f"{invitation}/opt-out"),
        signed_in.open(declining),
    ):
        assert page.code == 409
        assert "You can no longer decline this seat The last day to decline it was 7 September 2026." in page.text
        assert "Questions? Seat desk , desk@grace.example" in page.text
    assert "decline" not in ben.open(invitation).text.lower()
    assert "I do not want" not in ben.page.text + signed_in.open("/").text
    assert "Claim this seat" in signed_in.page.text


# ── Jamworks ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _with_password(pages: Pages, browser: Browser, email: str) -> Any:
    """Follow the steps after the letter's link: request a code, enter it with a password."""
    browser.press("Send me a code")
    return browser.press("Save and sign in", code=pages.code(email), password=PASSWORD)


def test_the_letter_alone_proves_no_mailbox(pages: Pages) -> None:
    """An institution sent the letter, and must not open accounts of others with it. So the pages send their own code."""
    thief, invitation = pages.browser(), link(pages, "cy@grace.example")
    thief.open(invitation)
    thief.press("Send me a code")
    assert thief.press("Save and sign in", code="0000 0000", password="a thief's password").code == 403
    token = thief.open(invitation).forms[0].fields["csrf_token"]
    thief.send(invitation.removeprefix(PORTAL), csrf_token=token, password="a thief's password")
    assert rows(pages.folder, "account") == []
    assert licenses(pages)["jamworks"] == "unclaimed"


def test_set_your_password_makes_the_account_and_the_seat_is_in_it(pages: Pages) -> None:
    cy, invitation = pages.browser(), link(pages, "cy@grace.example")
    shown = cy.open(invitation)
    assert "Set your password" in shown.title
    assert "Your account will use cy@grace.example" in shown.text
    mine = _with_password(pages, cy, "cy@grace.example")
    assert "You have claimed your seat. Jamworks Grace Seminary As long as" in mine.text
    assert licenses(pages)["jamworks"] == "delivered"
    assert accounts(pages) == {("jamworks", "cy@grace.example")}
    again = pages.browser().open(invitation)
    assert (again.code, "already used" in again.text) == (410, True)
    assert pages.signed_in("cy@grace.example").page.path == "/"


def test_a_code_for_another_e_mail_opens_no_letter(pages: Pages) -> None:
    thief, invitation = pages.browser(), link(pages, "cy@grace.example")
    thief.open("/account/new")
    thief.press("Send me a code", email="thief@home.example")
    code, fields = pages.code("thief@home.example"), thief.page.form("Save and sign in").fields
    assert thief.open(f"{invitation}/password").code == 410
    place = f"{invitation.removeprefix(PORTAL)}/password"
    assert thief.send(place, **{**fields, "code": code, "password": PASSWORD}).code == 410
    assert (licenses(pages)["jamworks"], rows(pages.folder, "account")) == ("unclaimed", [])


def test_revoking_a_jamworks_seat_leaves_the_account_on_a_free_plan(pages: Pages) -> None:
    cy = pages.browser()
    cy.open(link(pages, "cy@grace.example"))
    _with_password(pages, cy, "cy@grace.example")
    applied(pages.folder, ANN, BEN, [*CY[:3], ""], now=LATER)
    assert "on the free plan" in cy.open("/").text
    applied(pages.folder, ANN, BEN, CY, now=LATER)
    assert "on the free plan" not in cy.open("/").text
    assert licenses(pages)["jamworks"] == "delivered"


def test_the_link_to_set_a_password_sets_none_for_an_account_that_is_there(pages: Pages) -> None:
    invitation = link(pages, "cy@grace.example")
    cy = pages.account("cy@grace.example")
    cy.press("Sign out")
    thief = pages.browser()
    shown = thief.open(invitation)
    assert "Sign in" in shown.links
    assert not any("password" in form.names for form in shown.forms)
    token = shown.forms[0].fields["csrf_token"]
    thief.send(invitation.removeprefix(PORTAL), csrf_token=token, password="a thief's password")
    assert pages.signed_in("cy@grace.example", "a thief's password").page.code == 403
    assert licenses(pages)["jamworks"] == "unclaimed"
    owner = pages.signed_in("cy@grace.example")
    owner.open(invitation)
    owner.press("Claim this seat")
    assert accounts(pages) == {("jamworks", "cy@grace.example")}


def test_a_new_administrator_s_welcome_sets_a_password_and_opens_their_pages(pages: Pages) -> None:
    ruth = pages.browser()
    ruth.open(link(pages, "ruth@grace.example"))
    assert "You are an administrator of Grace Seminary" in ruth.page.text
    assert _with_password(pages, ruth, "ruth@grace.example").path.startswith("/admin")
    assert "Institutions you administer" in ruth.open("/").text


# ── All at once ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_of_many_who_press_at_once_one_has_the_seat_and_all_are_told(pages: Pages) -> None:
    invitation = link(pages, "ann@grace.example")
    people = [pages.account(f"p{number}@home.example", address=f"192.0.2.{number + 9}") for number in range(8)]
    for person in people:
        person.open(invitation)

    def press(person: Browser) -> tuple[int, bool]:
        page = person.press("Claim this seat")
        return page.code, "You have claimed your seat." in page.text

    with ThreadPoolExecutor(8) as hands:
        told: list[Any] = list(hands.map(press, people))
    assert told.count((200, True)) == 1
    assert {code for code, won in told if not won} <= {409, 410}
    assert len(accounts(pages)) == 1
    ran(pages.folder, "verify")


def _subjects(pages: Pages) -> list[str]:
    sent(pages.folder)
    return [str(letter["Subject"]) for letter in pages.room.letters]


# ── Several institutions ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.postgres_only("a file holds one institution")
def test_one_account_holds_what_several_institutions_give(pages: Pages) -> None:
    hope = pages.folder / "hope"
    hope.mkdir()
    (hope / "seatsync.yaml").write_text(letters.CONFIG.replace("id: grace", "id: hope").replace("Grace", "Hope"))
    applied(hope, BEN)
    ben = pages.account("ben@grace.example")
    for _ in range(2):
        ben.press_first("Claim this seat")
        ben.open("/")
    assert "In your account Logos Grace Seminary Until 30 June 2027 Logos Hope Seminary" in ben.page.text
    assert {row["institution"] for row in rows(pages.folder, "holding")} == {"grace", "hope"}
    applied(hope, [*BEN[:3], ""], now=LATER)
    assert "No longer yours Logos Hope Seminary Your seat ended on 5 September 2026." in ben.open("/").text
    assert "Logos Grace Seminary Until 30 June 2027" in ben.page.text


# ── A mailbox that went to somebody new ─────────────────────────────────────────────────────────────────────────────


def test_who_gets_the_mailbox_of_somebody_who_left_gets_neither_their_account_nor_their_seats(pages: Pages) -> None:
    """Cy owns a book and uses Jamworks, and leaves. Dov has the mailbox now, with another student id."""
    header = [*letters.HEADER, "student_id"]

    def applied_with(*row: str) -> None:
        write_csv(pages.folder / "members.csv", header, [*ANN, ""], [*BEN, ""], [*row])
        ran(pages.folder, "apply", "--yes", now=LATER)

    applied_with(*CY[:3], "owner;jam", "C1")
    cy = pages.account(CY[0])
    _take_all(cy)
    applied_with(CY[0], "Dov", "Baum", "owner;jam", "D1")
    assert {
        (row["member"], row["library"], row["status"]) for row in rows(pages.folder, "license") if row["member"] > 2
    } == {
        (3, "books", "delivered"),
        (3, "jamworks", "revoked"),
        (4, "books", "unclaimed"),
        (4, "jamworks", "unclaimed"),
    }

    shown = cy.open("/")
    assert "Waiting for you" not in shown.text, "the old account is offered the seats of somebody else"
    assert "Biblical Studies" in shown.text
    taking = f"/seats/grace/books/{4}"
    token = cy.open("/settings/password").forms[0].fields["csrf_token"]
    assert cy.send(taking, csrf_token=token).code == 409
    assert cy.open(f"{taking}/opt-out").code == 404

    sent(pages.folder, now=LATER)
    invitation = link(pages, CY[0])
    dov = pages.browser()
    dov.open("/sign-in")
    dov.open("/password/forgotten")
    dov.press("Send me a code", email=CY[0])
    mine = dov.press("Save and sign in", code=pages.code(CY[0]), password="another password!")
    assert "Biblical Studies" not in mine.text, "the account of who left opens their seats"
    dov.open(invitation)
    assert "You have claimed your seat" in dov.press("Claim this seat").text
    _take_all(dov)
    assert {row["number"]: row["account"] for row in rows(pages.folder, "member")}[4] == CY[0]
    assert {
        (row["member"], row["library"]) for row in rows(pages.folder, "license") if row["status"] == "delivered"
    } == {
        (3, "books"),
        (4, "books"),
        (4, "jamworks"),
    }
    assert {row["account"] for row in rows(pages.folder, "holding") if row["member"] == 3} == {"-"}
    ran(pages.folder, "verify")


def _take_all(browser: Browser) -> None:
    """Claim every seat that waits on the member's own page."""
    for form in [form for form in browser.open("/").forms if "Claim this seat" in form.buttons]:
        browser.send(form.action, **form.fields)


def test_the_claim_page_offers_nothing_of_who_had_the_mailbox_before(pages: Pages) -> None:
    """Ann never claimed her book, left, and her mailbox went to Eli."""
    header = [*letters.HEADER, "student_id"]
    for row in ([*ANN, "A1"], [ANN[0], "Eli", "Baum", "student", "E1"]):
        write_csv(pages.folder / "members.csv", header, row, [*BEN, ""], [*CY, ""])
        ran(pages.folder, "apply", "--yes", now=LATER)
    eli = pages.browser()
    eli.open("/claim/grace")
    eli.press("Send me a code", email=ANN[0])
    shown = eli.press("Continue", code=pages.code(ANN[0]))
    assert "Logos" in shown.text
    assert "Biblical Studies" not in shown.text
