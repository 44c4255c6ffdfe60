"""Administrators see what waits and why: a member who got no mail, seats that end, invitations that nobody answered."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support import letters
from tests.support.letters import ANN, BEN, CY, DAY, LATER, applied, ran
from tests.support.mail_server import Mailroom
from tests.support.pages import Browser, Pages, pages_of

pytestmark = pytest.mark.slow

room, school = letters.room, letters.school
REPLY = "550 5.1.1 <b>no such</b> mailbox"


@pytest.fixture
def pages(school: Path, room: Mailroom) -> Iterator[Pages]:
    applied(school, ANN, BEN)
    with pages_of(school, room, room.port) as found:
        yield found


@pytest.fixture
def ruth(pages: Pages) -> Browser:
    return pages.account("ruth@grace.example")


def of_ben(ruth: Browser) -> str:
    page = ruth.open("/admin/grace/members?search=ben")
    return ruth.open(page.links["Okafor, Ben"]).body


def test_a_letter_that_waits_was_sent_or_bounced_is_told_with_its_address(
    school: Path, room: Mailroom, ruth: Browser
) -> None:
    assert "waits to be sent" in of_ben(ruth)
    room.at_rcpt = lambda to: REPLY if to.startswith("ben") else ""
    ran(school, "outbox", "send", code=1)
    body = of_ben(ruth)
    assert "not delivered" in body
    assert "The mail server said: 550 5.1.1 &lt;b&gt;no such&lt;/b&gt; mailbox" in body
    room.at_rcpt = lambda to: ""
    ran(school, "resend", "--library", "logos", "ben@grace.example", "--yes")
    ran(school, "outbox", "send")
    body = of_ben(ruth)
    assert body.count("Invitation</th>") == 2
    assert body.index(">sent<") < body.index("cancelled, because it was out of date")  # newest first
    assert "waits to be sent" not in body


def test_the_page_has_the_command_that_sends_an_unclaimed_invitation_again(school: Path, ruth: Browser) -> None:
    command = "seatsync resend --library logos ben@grace.example"
    assert command in of_ben(ruth)
    ran(school, *command.split()[1:], "--yes")
    ran(school, "ledger", "claim", "logos", "ben@grace.example", "--account", "ben@home.example")
    body = of_ben(ruth)
    assert command not in body
    assert "<dt>Signs in with</dt><dd>ben@home.example</dd>" in body


def test_the_overview_says_which_seats_end_and_how_far_invitations_have_come(
    school: Path, room: Mailroom, ruth: Browser
) -> None:
    page = ruth.open("/admin/grace/")
    assert "Unclaimed: 1 , letters not sent yet: 1, oldest granted on 1 September 2026" in page.text
    ending = ruth.open(page.links["Seats that end on 30 June 2027: 1"])
    assert "ben@grace.example Logos temporary unclaimed 2027-06-30" in ending.text
    assert page.links["Unclaimed: 1"].startswith("/admin/grace/licenses?library=")
    room.at_rcpt = lambda to: REPLY if to.startswith("ben") else ""
    ran(school, "outbox", "send", code=1)
    text = ruth.open("/admin/grace/").text
    assert "letters not delivered: 1" in text
    assert "letters not sent yet" not in text


def test_seats_are_drawn_over_time_and_told_as_a_table_and_a_calendar(school: Path, pages: Pages) -> None:
    config = (school / "seatsync.yaml").read_text()
    (school / "seatsync.yaml").write_text(config.replace("tags: [jam]}}", "tags: [jam]}, until: 2027-01-15}"))
    applied(school, ANN, BEN, CY, now=LATER)
    pages.now = datetime(2026, 9, 7, tzinfo=UTC)
    ruth = pages.account("ruth@grace.example")
    page = ruth.open(ruth.open("/admin/grace/").links["Seats over time"])
    assert page.body.count('<svg class="over-time"') == 3
    assert "0 of 1,000 seats used" not in page.body
    assert 'aria-label="1 of 1,000 seats used. Seats that end on 30 June 2027: 1"' in page.body
    assert "Seats that end, by month June 2027 Seats that end on 30 June 2027: 1" in page.text
    assert "January 2027 Seats that end on 15 January 2027: 1" in page.text
    logos = page.text.partition("Seats that end on 30 June 2027: 1")[2]
    assert f"Day Seats used Known or expected {DAY} 1 known 2026-09-07 1 today after 2027-06-30 0 expected" in logos
    ran(school, "ledger", "opt-out", "logos", BEN[0], now=LATER)
    page = ruth.open("/admin/grace/over-time")
    assert f"{DAY} 1 known {LATER} 0 known 2026-09-07 0 today" in page.text
    assert "30 June 2027" not in page.text
    pages.now = datetime(2027, 1, 16, tzinfo=UTC)
    ruth = pages.signed_in("ruth@grace.example")
    text = ruth.open("/admin/grace/over-time").text
    assert "Seats that ended on 15 January 2027 and go with the next apply: 1" in text
