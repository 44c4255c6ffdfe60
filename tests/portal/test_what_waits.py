"""Administrators see what waits and why: a member who got no mail, seats that end, invitations that nobody answered."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from seatsync.portal.admin import over_time, routes
from tests.support import letters
from tests.support.letters import ANN, BEN, CY, LAST, LATER, applied, plain, ran, sent
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
    of_ben(ruth)
    assert command in ruth.page.text
    ran(school, *command.split()[1:], "--yes")
    ran(school, "ledger", "claim", "logos", "ben@grace.example", "--account", "ben@home.example")
    body = of_ben(ruth)
    assert command not in ruth.page.text
    assert "<dt>Signs in with</dt><dd>ben@home.example</dd>" in body


def why_not(ruth: Browser, member: str = "Okafor, Ben") -> str:
    """What the member's page says about libraries that they cannot use."""
    page = ruth.open(ruth.open("/admin/grace/members?roster=any").links[member])
    return (
        page.text.partition("What they cannot use now, and why ")[2]
        .partition(" Letters ")[0]
        .partition(" Whoever keeps")[0]
    )


NEVER = "No grant asked for it when the files were applied last. That was on"


def test_the_page_says_why_a_library_cannot_be_used_and_its_command_changes_that(school: Path, ruth: Browser) -> None:
    assert why_not(ruth) == (
        f"Biblical Studies {NEVER} 1 September 2026. seatsync edit grant books --kind temporary ben@grace.example "
        f"Jamworks {NEVER} 1 September 2026. seatsync edit grant jamworks ben@grace.example "
        "Logos Not claimed yet. Granted on 1 September 2026. The invitation was not sent yet. "
        "seatsync resend --library logos ben@grace.example"
    )
    assert "“seatsync edit” changes the files only" in ruth.page.text
    listed = ruth.open("/admin/grace/licenses?search=ben").text
    assert "unclaimed 30 June 2027 granted on 1 September 2026, not yet sent" in listed
    sent(school)
    assert "unclaimed 30 June 2027 1 September 2026" in ruth.open("/admin/grace/licenses?search=ben").text
    assert "not sent yet" not in why_not(ruth)
    ran(school, "ledger", "claim", "logos", BEN[0])
    ran(school, "edit", "grant", "jamworks", BEN[0])
    ran(school, "apply", "--yes")
    assert why_not(ruth).startswith("Biblical Studies No grant")
    assert "Jamworks" not in why_not(ruth)
    assert "Logos" not in why_not(ruth)


def test_the_page_says_that_a_letter_bounced_or_that_none_is_sent(school: Path, room: Mailroom, ruth: Browser) -> None:
    room.at_rcpt = lambda to: REPLY if to.startswith("ben") else ""
    ran(school, "outbox", "send", code=1)
    assert "Granted on 1 September 2026. The last letter was not delivered. seatsync resend" in why_not(ruth)
    config = (school / "seatsync.yaml").read_text()
    (school / "seatsync.yaml").write_text(
        config.replace("logos-subscription,", "logos-subscription, sends_letters: false,")
    )
    applied(school, ANN, BEN, [*CY[:3], "student"])
    assert "No letters are sent about this library. seatsync resend" in why_not(ruth, "Şahin, Çağla")


def test_the_page_says_who_took_a_seat_back_and_when(school: Path, pages: Pages, ruth: Browser) -> None:
    ran(school, "ledger", "opt-out", "logos", BEN[0], now=LATER)
    declined = "Logos Declined by the member on 5 September 2026. A grant with regrant: true invites them again."
    assert declined in why_not(ruth)
    applied(school, ANN, BEN, [*CY[:3], "student"], now=LATER)
    applied(school, ANN, BEN, [*CY[:3], ""], now=LAST)
    gone = "Logos Taken back on 8 September 2026, because no grant asked for it any more. seatsync edit grant logos"
    assert gone in why_not(ruth, "Şahin, Çağla")
    applied(school, ANN, [*CY[:3], "student"], now=LAST)
    pages.now = datetime(2027, 7, 1, tzinfo=UTC)
    ruth = pages.signed_in("ruth@grace.example")
    assert "Logos The seat ended on 30 June 2027; the next apply takes it back." in why_not(ruth, "Şahin, Çağla")
    applied(school, ANN, now="2027-07-01")
    assert "Logos The seat ended on 30 June 2027. They are on no roster any more" in why_not(ruth, "Şahin, Çağla")
    assert "seatsync" not in why_not(ruth, "Şahin, Çağla")
    assert declined.replace(" A grant with regrant: true invites them again.", "") in why_not(ruth)


def test_the_page_blames_no_grant_for_a_seat_that_ended_when_its_member_left(school: Path, ruth: Browser) -> None:
    applied(school, ANN, now=LATER)
    applied(school, ANN, [*BEN[:3], ""], now=LAST)
    assert "Logos Taken back on 5 September 2026. seatsync edit grant logos" in why_not(ruth)


def test_the_page_says_what_is_still_to_be_done_at_the_vendor(school: Path, ruth: Browser) -> None:
    config = (school / "seatsync.yaml").read_text()
    (school / "seatsync.yaml").write_text(
        config.replace("logos-subscription,", "logos-subscription, delivered_by: vendor,")
    )
    applied(school, ANN, BEN, [*CY[:3], "student"])
    assert "Logos Granted here, not yet done at the vendor." in why_not(ruth, "Şahin, Çağla")
    ran(school, "worklist", "done", "--yes")
    assert "Logos Not claimed yet. Granted on 1 September 2026." in why_not(ruth, "Şahin, Çağla")


def test_the_overview_begins_with_what_waits_and_names_whom_no_letter_reached(
    school: Path, room: Mailroom, ruth: Browser
) -> None:
    assert "What waits Letters to be sent: 3 Claim page" in ruth.open("/admin/grace/").text
    room.at_rcpt = lambda to: REPLY if to.startswith("ben") else ""
    ran(school, "outbox", "send", code=1)
    page = ruth.open("/admin/grace/")
    assert "What waits Members whose letter was not delivered: 1 Okafor, Ben Claim page" in page.text
    assert ruth.open(page.links["Okafor, Ben"]).title == "Ben Okafor"
    ran(school, "ledger", "claim", "logos", BEN[0])
    assert "was not delivered" not in ruth.open("/admin/grace/").text, "Ben has the seat without the letter"
    config = (school / "seatsync.yaml").read_text()
    (school / "seatsync.yaml").write_text(
        config.replace("system: jamworks,", "system: jamworks, delivered_by: vendor,")
    )
    applied(school, ANN, BEN, CY)
    page = ruth.open("/admin/grace/")
    assert "What waits To be done at the vendor : Add people (Jamworks): 1" in page.text
    assert ruth.open(page.links["To be done at the vendor"]).title == "Work list"
    assert "Give this address to members" in page.text


def test_the_overview_says_which_seats_end_and_how_far_invitations_have_come(
    school: Path, room: Mailroom, ruth: Browser
) -> None:
    page = ruth.open("/admin/grace/")
    assert "Unclaimed: 1 , letters not sent yet: 1, oldest granted on 1 September 2026" in page.text
    ending = ruth.open(page.links["Seats with last day 30 June 2027: 1"])
    assert "ben@grace.example Logos temporary unclaimed 30 June 2027" in ending.text
    assert "Licenses: 1" in ending.text
    assert 'name="ends" value="2027-06-30"' in ending.body
    assert ending.title == "Licenses: Logos, last day 30 June 2027"
    assert page.links["Unclaimed: 1"].startswith("/admin/grace/licenses?library=")
    room.at_rcpt = lambda to: REPLY if to.startswith("ben") else ""
    ran(school, "outbox", "send", code=1)
    text = ruth.open("/admin/grace/").text
    assert "letters not delivered: 1" in text
    assert "letters not sent yet" not in text


def test_a_page_writes_all_its_dates_in_one_way(school: Path, ruth: Browser) -> None:
    for path in ("", "members", "licenses", "over-time", "journal", "members/2"):
        page = ruth.open(f"/admin/grace/{path}")
        shown = re.sub(r"(imported:|until )\S+", "", page.text)  # tags and events are quoted
        assert re.search(r"(September|June) 202[67]", shown), page.path
        assert not re.search(r"20\d\d-\d\d-\d\d", shown), page.path
    assert "1 September 2026, 00:00 UTC" in ruth.page.text


def test_the_tag_of_the_first_apply_stands_among_the_tags_as_in_filter_and_export(school: Path, ruth: Browser) -> None:
    for path in ("members", "members/2", "members?tag=imported:2026-09-01", "members.csv"):
        page = ruth.open(f"/admin/grace/{path}")
        assert re.search(r"student(, |;)imported:2026-09-01", page.text or page.body), path


def test_an_e_mail_is_whole_or_breaks_behind_the_at_sign_unless_it_is_wider_than_a_phone(
    school: Path, ruth: Browser
) -> None:
    short, middle = "anna-lena.o-neil@grace.example", f"{'anna-' * 5}lena@grace.example"
    long = f"{'anna-' * 9}lena@grace.example"
    applied(school, *([email, "Ann", "Lee", ""] for email in (short, middle, long)), now=LATER)
    for page in ("members", "journal"):
        body = ruth.open(f"/admin/grace/{page}").body
        assert f'<span class="whole">{short}</span>' in body
        local, domain = middle.split("@")
        assert f'<span class="whole">{local}@</span><span class="whole">{domain}</span>' in body
        assert f'{"anna-" * 9}lena@<span class="whole">{domain}</span>' in body
    assert '<span class="whole">imported:' in ruth.open("/admin/grace/members").body, "a day is whole, too"
    assert '<span class="whole"></span>' not in ruth.open("/admin/grace/members").body


def test_the_journal_says_who_did_it_in_words_and_shows_no_fingerprint(
    school: Path, pages: Pages, ruth: Browser
) -> None:
    ben = pages.account(BEN[0])
    ben.press("Claim this seat")
    plan = json.loads(ran(school, "log", "--format", "json").out)[-1]["plan"]
    for path in ("journal", "members/2"):
        text = ruth.open(f"/admin/grace/{path}").text
        assert "by a member, on these pages claimed Logos" in text
        assert plan[:8] not in text


def test_a_tab_is_marked_on_its_pages_and_on_those_below_it(school: Path, ruth: Browser) -> None:
    assert 'aria-current="page">Members</a>' in ruth.open("/admin/grace/members").body
    assert 'aria-current="true">Members</a>' in ruth.open("/admin/grace/members/1").body


def test_one_click_says_who_loses_access_on_a_day_and_who_of_them_uses_it(school: Path, ruth: Browser) -> None:
    applied(school, ANN, BEN, [*CY[:3], "student"], now=LATER)
    assert "Seats with last day 30 June 2027: 2 , all unclaimed" in ruth.open("/admin/grace/").text
    ran(school, "ledger", "claim", "logos", BEN[0], now=LATER)
    page = ruth.open("/admin/grace/")
    for link, who in (("Seats with last day 30 June 2027: 2", 2), ("claimed: 1", 1), ("unclaimed: 1", 1)):
        assert f"Licenses: {who}" in ruth.open(page.links[link]).text
    assert "Okafor, Ben" in ruth.open(page.links["claimed: 1"]).links
    assert "Şahin, Çağla" in ruth.open(page.links["unclaimed: 1"]).links
    assert ruth.open("/admin/grace/licenses?ends=2027-07-01").text.count("No licenses match.") == 1
    assert ruth.open("/admin/grace/licenses?ends=soon").code == 400
    ran(school, "ledger", "claim", "logos", CY[0], now=LATER)
    assert "2 , all claimed" in ruth.open("/admin/grace/over-time").text


def test_the_pages_say_which_library_runs_short_and_when_seats_become_free(school: Path, ruth: Browser) -> None:
    config = (school / "seatsync.yaml").read_text()
    (school / "seatsync.yaml").write_text(config.replace("slots: 1000", "slots: 1"))
    ran(school, "apply", "--yes")
    for path in ("", "libraries"):
        text = ruth.open(f"/admin/grace/{path}").text
        assert text.count("No seat is left.") == 2
        assert "No seat is left. Seats that become free, last day 30 June 2027: 1." in text
        assert "No seat is left. None becomes free by an end date." in text
    (school / "seatsync.yaml").write_text(config.replace("slots: 1000", "slots: 10"))
    ran(school, "apply", "--yes")
    assert "No seat is left" not in ruth.open("/admin/grace/").text
    (school / "seatsync.yaml").write_text(config.replace("slots: 1000", "slots: 11"))
    applied(school, *([f"{n}@grace.example", "Ann", f"L{n}", "student"] for n in range(10)), ANN, now=LATER)
    assert "Seats left: only 1. Seats that become free, last day 30 June 2027: 10" in ruth.open("/admin/grace/").text


def test_seats_that_the_next_apply_takes_back_are_told_where_a_library_runs_short(
    school: Path, pages: Pages, ruth: Browser
) -> None:
    config = (school / "seatsync.yaml").read_text()
    (school / "seatsync.yaml").write_text(config.replace("slots: 1000", "slots: 1"))
    ran(school, "apply", "--yes")
    pages.now = datetime(2027, 7, 1, tzinfo=UTC)
    ruth = pages.signed_in("ruth@grace.example")
    for path in ("", "libraries"):
        text = ruth.open(f"/admin/grace/{path}").text
        assert "No seat is left. Seats with last day 30 June 2027, which go with the next apply: 1" in text


def test_the_pages_say_when_a_library_will_be_full_in_the_words_of_the_report(school: Path, pages: Pages) -> None:
    config = (school / "seatsync.yaml").read_text()
    (school / "seatsync.yaml").write_text(config.replace("slots: 1000", "slots: 21"))
    applied(school, *([f"{n}@grace.example", "Ann", f"L{n}", "student"] for n in range(10)), ANN, BEN, now=LATER)
    pages.now = datetime(2026, 10, 1, tzinfo=UTC)
    ruth = pages.account("ruth@grace.example")
    sentence = "At the pace of the last 30 days (seats used: +10) it will be full about 31 October 2026."
    assert sentence in plain(ran(school, "report", now="2026-10-01T00:00:00Z").out)
    for path in ("", "libraries"):
        assert ruth.open(f"/admin/grace/{path}").text.count(sentence) == 1
    page = ruth.open("/admin/grace/over-time")
    assert f"10 of 21 seats available. {sentence}" in page.text
    assert f"seats used. {sentence[:-1]}. Seats with last day" in page.body, "the words of the drawing"


def calls_of(monkeypatch: pytest.MonkeyPatch, *functions: tuple[ModuleType, str]) -> list[str]:
    """Return the list that gets the name of each of the functions when it is called."""
    called: list[str] = []

    def noted(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any) -> Any:
            called.append(name)
            return real(*given)

        return call

    for module, name in functions:
        monkeypatch.setattr(module, name, noted(name, getattr(module, name)))
    return called


def test_the_past_is_read_once_a_day(school: Path, pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    read = calls_of(monkeypatch, (over_time, "used_by_day"))
    ruth = pages.account("ruth@grace.example")
    for path in ("", "libraries", "over-time"):
        ruth.open(f"/admin/grace/{path}")
    ran(school, "ledger", "claim", "logos", BEN[0])
    assert "today" in ruth.open("/admin/grace/over-time").text
    assert read == ["used_by_day"]
    pages.now += timedelta(days=1)
    ruth = pages.signed_in("ruth@grace.example")
    ruth.open("/admin/grace/")
    assert read == ["used_by_day"] * 2


def test_a_bar_is_hatched_where_a_seat_is_unclaimed(school: Path, ruth: Browser) -> None:
    def bars(page: str) -> list[list[str]]:
        drawn = re.findall(r'<svg class="bar".*?</svg>', page, re.DOTALL)
        return [re.findall(r'<rect (?:class|fill)="([^"]+)" x="0.0%"', svg) for svg in drawn]

    assert bars(ruth.open("/admin/grace/").body) == [["url(#permanent-unclaimed)"], [], ["url(#temporary-unclaimed)"]]
    ran(school, "ledger", "claim", "logos", BEN[0])
    page = ruth.open("/admin/grace/libraries").body
    assert bars(page) == [["url(#permanent-unclaimed)"], [], ["temporary"]]
    assert page.count('<pattern id="permanent-unclaimed"') == 1


def test_the_overview_counts_all_licenses_once_in_each_state_of_the_ledger_and_letters_each_time(
    school: Path, ruth: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = calls_of(monkeypatch, (routes, "answers"), (over_time, "ends_ahead"))
    assert "letters not sent yet: 1" in ruth.open("/admin/grace/").text
    ran(school, "outbox", "send")
    assert "letters not sent yet" not in ruth.open("/admin/grace/").text
    assert sorted(counted) == ["answers", "ends_ahead"]
    ran(school, "ledger", "claim", "logos", BEN[0])
    assert "all claimed" in ruth.open("/admin/grace/").text
    assert len(counted) == 4


def test_seats_are_drawn_over_time_and_told_as_a_table_and_a_calendar(school: Path, pages: Pages) -> None:
    config = (school / "seatsync.yaml").read_text()
    (school / "seatsync.yaml").write_text(config.replace("tags: [jam]}}", "tags: [jam]}, until: 2027-01-15}"))
    applied(school, ANN, BEN, CY, now=LATER)
    pages.now = datetime(2026, 9, 7, tzinfo=UTC)
    ruth = pages.account("ruth@grace.example")
    page = ruth.open(ruth.open("/admin/grace/").links["Seats over time"])
    assert page.body.count('<svg class="over-time"') == 3
    assert "0 of 1,000 seats used" not in page.body
    assert 'aria-label="1 of 1,000 seats used. Seats with last day 30 June 2027: 1"' in page.body
    assert "1,000 0 1 September 2026 30 July 2027 today, 7 September 2026 Line:" in page.text, "the drawing's scale"
    assert "Seats that end, by month June 2027 Seats with last day 30 June 2027: 1" in page.text
    assert "January 2027 Seats with last day 15 January 2027: 1" in page.text
    logos = page.text.partition("Seats with last day 30 June 2027: 1")[2]
    first, second, now = "1 September 2026", "5 September 2026", "7 September 2026"
    assert f"Day Seats used Known or expected {first} 1 known {now} 1 today after 30 June 2027 0 expected" in logos
    ran(school, "ledger", "opt-out", "logos", BEN[0], now=LATER)
    pages.now = datetime(2026, 9, 8, tzinfo=UTC)
    ruth = pages.signed_in("ruth@grace.example")
    page = ruth.open("/admin/grace/over-time")
    assert f"{first} 1 known {second} 0 known 8 September 2026 0 today" in page.text
    assert "30 June 2027" not in page.text
    pages.now = datetime(2027, 1, 16, tzinfo=UTC)
    ruth = pages.signed_in("ruth@grace.example")
    text = ruth.open("/admin/grace/over-time").text
    assert "Seats with last day 15 January 2027, which go with the next apply: 1" in text
