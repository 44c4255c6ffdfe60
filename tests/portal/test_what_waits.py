"""Administrators see what waits and why: a member who got no mail, seats that end, invitations that nobody answered."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import letters
from tests.support.letters import ANN, BEN, applied, ran
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
    assert "Seats that end on 30 June 2027: 1" in page.text
    assert page.links["Unclaimed: 1"].startswith("/admin/grace/licenses?library=")
    room.at_rcpt = lambda to: REPLY if to.startswith("ben") else ""
    ran(school, "outbox", "send", code=1)
    text = ruth.open("/admin/grace/").text
    assert "letters not delivered: 1" in text
    assert "letters not sent yet" not in text
