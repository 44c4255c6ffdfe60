"""Until when a seat lasts, on the members' and the administrators' pages, by the days of the institution."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from tests.support import letters
from tests.support.letters import ANN, BEN, CONFIG, DAY, applied, ran
from tests.support.mail_server import Mailroom
from tests.support.pages import Browser, Pages, pages_of

pytestmark = pytest.mark.slow

school, room = letters.school, letters.room

LAST, OVER = (datetime.fromisoformat(f"2027-07-01T{time}Z") for time in ("04:59:59", "05:00:00"))
"""The last second of 30 June in Chicago, and the first of 1 July."""


@pytest.fixture
def pages(school: Path, room: Mailroom) -> Iterator[Pages]:
    """Ann is offered a book permanently, Ben Logos until 30 June 2027."""
    zoned = CONFIG.replace("  name: Grace Seminary\n", "  name: Grace Seminary\n  timezone: America/Chicago\n")
    (school / "seatsync.yaml").write_text(zoned, encoding="utf-8")
    applied(school, ANN, BEN)
    with pages_of(school, room, room.port) as found:
        yield found


def claiming(pages: Pages, email: str) -> Browser:
    found = pages.browser()
    found.open("/claim/grace")
    found.press("Send me a code", email=email)
    found.press("Continue", code=pages.code(email))
    return found


def test_a_member_reads_until_when_the_seat_lasts_and_when_it_ended(pages: Pages) -> None:
    pages.now = LAST
    ben = pages.account("ben@grace.example")
    assert "Waiting for you Logos Grace Seminary Until 30 June 2027" in ben.page.text
    assert "You have claimed your seat. Logos Grace Seminary Until 30 June 2027" in ben.press("Claim this seat").text
    pages.now = OVER
    assert "In your account Logos Grace Seminary Ended on 30 June 2027" in ben.open("/").text


def test_what_has_ended_is_no_longer_offered(pages: Pages) -> None:
    pages.now = OVER
    ben = pages.account("ben@grace.example")
    assert "Waiting for you" not in ben.page.text
    said = claiming(pages, "ben@grace.example").page
    assert "30 June 2027" in said.text
    assert "Claim this seat" not in said.text


def test_who_did_not_claim_before_the_end_reads_that_it_ended_and_whom_to_ask(pages: Pages) -> None:
    pages.now = OVER
    text = pages.account("ben@grace.example").page.text
    assert (
        "No longer yours Logos Grace Seminary Your seat ended on 30 June 2027. If you expected to have it, ask" in text
    )
    assert "No seats yet" not in text


def test_whose_seat_was_taken_back_reads_when_on_their_page_and_on_the_claim_page(pages: Pages) -> None:
    config = pages.folder / "seatsync.yaml"
    config.write_text(
        config.read_text().replace("  opt_out", "  help: {name: Seat desk, email: desk@grace.example}\n  opt_out")
    )
    ben = pages.account("ben@grace.example")
    ben.press("Claim this seat")
    changed = pages.account("another@elsewhere.example")
    applied(pages.folder, ANN, now="2027-02-03")
    text = ben.open("/").text
    assert (
        "No longer yours Logos Grace Seminary Your seat ended on 3 February 2027. If you expected to have it, ask"
        in text
    )
    assert "Questions? Seat desk , desk@grace.example" in text
    assert "In your account" not in text
    said = claiming(pages, "ben@grace.example").page
    assert said.title == "This seat has ended"
    assert "Its last day was 3 February 2027" in said.text
    assert "No seats yet" in changed.open("/").text, "somebody else reads nothing of it"
    applied(pages.folder, ANN, BEN, now="2027-02-04")
    text = ben.open("/").text
    assert "Waiting for you Logos" in text
    assert "No longer yours" not in text


def test_administrators_see_end_dates_and_what_has_ended(pages: Pages) -> None:
    pages.now = LAST
    ruth = pages.account("ruth@grace.example")
    for page in ("licenses", "members", "members/2", "members?library=logos"):
        assert "30 June 2027" in ruth.open(f"/admin/grace/{page}").text, page
        assert "ended" not in ruth.page.text
    pages.now = OVER
    for page in ("licenses", "members", "members/2", "members?library=logos"):
        text = ruth.open(f"/admin/grace/{page}").text
        assert "30 June 2027 ended" in text or "ended on 30 June 2027" in text, page
    assert "2027" not in ruth.open("/admin/grace/members/1").text
    exported = ruth.open("/admin/grace/licenses.csv").body
    assert exported == ran(pages.folder, "licenses", "--format", "csv").out
    assert "logos,ben@grace.example,Ben,Okafor,temporary,unclaimed,2027-06-30,2026-09-01," in exported
    assert ruth.open("/admin/grace/members.csv").body == ran(pages.folder, "export").out


def test_administrators_read_times_in_the_time_zone_of_their_institution(pages: Pages) -> None:
    ruth = pages.account("ruth@grace.example")
    assert "Time zone America/Chicago" in ruth.open("/admin/grace/").text
    assert "1 September 2026, 00:00 CDT" in ruth.open("/admin/grace/journal").text
    assert f'datetime="{DAY}T05:00:00Z"' in ruth.page.body


def test_an_institution_that_has_ended_says_so_and_lets_its_owners_claim(pages: Pages) -> None:
    folder = pages.folder
    config = (folder / "seatsync.yaml").read_text(encoding="utf-8").replace("  name:", "  retire: 2027-06-15\n  name:")
    (folder / "seatsync.yaml").write_text(config, encoding="utf-8")
    applied(folder, ANN, BEN)
    pages.now = datetime.fromisoformat("2027-06-16T04:59:59Z")
    ruth = pages.account("ruth@grace.example")
    assert "This institution ends on 15 June 2027." in ruth.open("/admin/grace/").text
    assert "ended" not in pages.browser().open("/claim/grace").text
    pages.now = datetime.fromisoformat("2027-06-16T05:00:00Z")
    assert "This institution ended on 15 June 2027." in ruth.open("/admin/grace/members").text
    assert "Grace Seminary ended on 15 June 2027" in pages.browser().open("/claim/grace").text
    assert "15 June 2027" in claiming(pages, "ben@grace.example").page.text
    ann = claiming(pages, "ann@grace.example")
    assert "Biblical Studies" in ann.page.text


def test_a_leaver_reads_why_the_seat_ends_and_can_still_claim_it(pages: Pages) -> None:
    folder = pages.folder
    config = folder / "seatsync.yaml"
    lapsing = config.read_text(encoding="utf-8").replace("[3d]}", "[3d], reclaim_after: 5d}")
    config.write_text(f"{lapsing}leavers: {{grace: 30d}}\n", encoding="utf-8")
    applied(folder, ANN)
    pages.now = LAST.replace(year=2026, month=9, day=20)
    because = "Until 1 October 2026, because you are no longer on the list of Grace Seminary"
    letter = ran(folder, "outbox", "preview", "--member", "ben@grace.example").out
    assert "until 1 October 2026, because you are no longer on the list of Grace Seminary" in " ".join(letter.split())
    assert "Please claim it by" not in letter
    ben = pages.account("ben@grace.example")
    assert f"Waiting for you Logos Grace Seminary {because}" in ben.page.text
    assert "Claim it by" not in ben.page.text
    assert f"You have claimed your seat. Logos Grace Seminary {because}" in ben.press("Claim this seat").text
    ruth = pages.account("ruth@grace.example")
    assert "On no roster since 1 September 2026." in ruth.open("/admin/grace/members/2").text
    assert "Okafor, Ben leaving, seats end 1 October 2026" in ruth.open("/admin/grace/members").text
    assert "Okafor, Ben leaving, seats end 1 October 2026" in ruth.open("/admin/grace/members?library=logos").text
    story = ran(folder, "why", "ben@grace.example").out
    assert "is on no roster since 2026-09-01." in story
    assert "It ends then because they are on no roster any more. Without that, it would end on 2027-06-30." in story
