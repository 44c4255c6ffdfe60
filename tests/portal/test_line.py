"""The line of a full library: who waits, on the members' and the administrators' pages, in lists and letters."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import letters
from tests.support.letters import CONFIG, DAY, applied, part, ran, sent
from tests.support.mail_server import Mailroom
from tests.support.pages import Pages, pages_of

pytestmark = pytest.mark.slow

school, room = letters.school, letters.room

NAMES = ("ann", "ben", "cy", "dee")
MEMBERS = [[f"{name}@grace.example", name.title(), "Lee", "early" if name == "ann" else "student"] for name in NAMES]


@pytest.fixture
def pages(school: Path, room: Mailroom) -> Iterator[Pages]:
    """One seat of Logos until 31 March 2027, for Ann; Ben, Cy and Dee wait, to have one until 30 June."""
    full = CONFIG.replace(
        "system: logos-subscription, slots: 1000", "system: logos-subscription, slots: 1, when_full: wait"
    )
    full = full.replace("grants:\n", "grants:\n  - {library: logos, to: {tags: [early]}, until: 2027-03-31}\n")
    (school / "seatsync.yaml").write_text(full, encoding="utf-8")
    applied(school, *MEMBERS)
    with pages_of(school, room, room.port) as found:
        yield found


def line_of(folder: Path) -> list[tuple[str, int]]:
    rows = json.loads(ran(folder, "licenses", "--status", "waiting", "--format", "json").out)
    return [(row["email"].partition("@")[0], row["place"]) for row in rows]


def test_who_waits_reads_their_place_and_when_a_seat_is_expected(pages: Pages) -> None:
    text = pages.account("ben@grace.example").page.text
    assert (
        "In line Logos Grace Seminary All seats are taken. You are number 1 in line. A seat is expected by 1 April 2027."
        in text
    )
    assert "You are number 3 in line. There is nothing to do" in pages.account("dee@grace.example").page.text
    assert "In line" not in pages.account("ann@grace.example").page.text


def test_who_declines_leaves_the_line_and_is_not_asked_again(pages: Pages) -> None:
    ben = pages.account("ben@grace.example")
    decline = "/seats/grace/logos/2/opt-out"
    assert f'href="{decline}"' in ben.page.body
    assert "You are in line for a seat in Logos from Grace Seminary." in ben.open(decline).text
    assert "You have left the line" in ben.press("I do not want it", sure="y").text
    assert "In line" not in ben.open("/").text
    assert line_of(pages.folder) == [("cy", 1), ("dee", 2)]
    assert "You are number 1 in line" in pages.account("cy@grace.example").page.text
    applied(pages.folder, *MEMBERS)
    assert line_of(pages.folder) == [("cy", 1), ("dee", 2)]


def test_the_claim_page_says_that_they_are_in_line(pages: Pages) -> None:
    found = pages.browser()
    found.open("/claim/grace")
    found.press("Send me a code", email="cy@grace.example")
    shown = found.press("Continue", code=pages.code("cy@grace.example"))
    assert "All seats are taken. You are number 2 in line." in shown.text
    assert "You are in line for a seat in Logos" in found.open(shown.links["I do not want it"]).text
    assert "You have left the line" in found.press("I do not want it", sure="y").text
    assert line_of(pages.folder) == [("ben", 1), ("dee", 2)]


def test_a_place_in_line_can_be_given_up_where_a_seat_cannot(pages: Pages) -> None:
    config = pages.folder / "seatsync.yaml"
    config.write_text(config.read_text().replace("opt_out: true", "opt_out: false"))
    applied(pages.folder, *MEMBERS)
    ben = pages.account("ben@grace.example")
    ben.open(ben.page.links["I do not want it"])
    form = ben.page.form("I do not want it")
    assert "You have left the line" in ben.press("I do not want it", sure="y").text
    assert ben.send(form.action, **form.fields, sure="y").code == 200, "pressed twice"
    assert line_of(pages.folder) == [("cy", 1), ("dee", 2)]
    assert "I do not want it" not in pages.account("ann@grace.example").page.links
    ran(pages.folder, "verify")


def test_a_seat_that_becomes_free_goes_to_the_first_in_line_with_an_invitation(pages: Pages, room: Mailroom) -> None:
    assert sent(pages.folder)["sent"] == 5
    written = {letter["To"].addresses[0].username: letter for letter in room.letters}
    assert written["ben"]["Subject"] == "You are in line for Logos"
    assert "You are number 1 now." in part(written["ben"], "plain")
    room.letters.clear()
    applied(pages.folder, *MEMBERS[1:])
    assert sent(pages.folder)["sent"] == 1
    assert [letter["Subject"] for letter in room.letters] == ["Grace Seminary has a seat for you: Logos"]
    assert line_of(pages.folder) == [("cy", 1), ("dee", 2)]


def test_a_letter_about_the_line_is_not_sent_to_who_has_a_seat_by_then(pages: Pages, room: Mailroom) -> None:
    applied(pages.folder, *MEMBERS[1:])
    sent(pages.folder)
    of_ben = [one["Subject"] for one in room.letters if one["To"].addresses[0].username == "ben"]
    assert of_ben == ["Grace Seminary has a seat for you: Logos"]


def test_who_waits_is_never_reminded_and_nothing_is_resent(pages: Pages) -> None:
    assert sent(pages.folder)["sent"] == 5
    later = ran(pages.folder, "plan", "--format", "json", now="2026-09-05")
    assert json.loads(later.out)["letters"] == {"reminder": 1}
    assert "1 letter" in ran(pages.folder, "resend", "--library", "logos", "--yes").err


def test_administrators_see_the_line(pages: Pages) -> None:
    ruth = pages.account("ruth@grace.example")
    assert "In line for a seat: 3" in ruth.open("/admin/grace/").text
    page = ruth.open("/admin/grace/licenses?library=logos&status=waiting&sort=place")
    listed = page.text
    assert "Status End date In line since Source Lee, Ben ben@grace.example Logos 1 waiting 1 September 2026" in listed
    assert "Place in line" in page.links
    assert "Kind" not in page.links
    assert "none" not in listed.partition("Lee, Ben")[2]
    assert "Place in line, next first" in listed
    assert "Place in line, last first" in listed
    everybody = ruth.open("/admin/grace/licenses?library=logos&licensed=all").text
    assert "Logos waiting, number 2 waits since 1 September 2026" in everybody
    assert "Logos temporary unclaimed 31 March 2027 granted on 1 September 2026, not yet sent" in everybody
    assert "Logos: waiting, number 3" in ruth.open("/admin/grace/members").text
    of_one = "/admin/grace/members?library=logos&status=waiting"
    assert "Lee, Cy cy@grace.example student 2 waiting" in ruth.open(of_one).text.replace(f", imported:{DAY}", "")
    assert "In line for a seat Logos ben@grace.example" in ruth.open("/admin/grace/members/2").text
    assert listed.index("ben@") < listed.index("cy@") < listed.index("dee@")
    first, second, *_ = ran(pages.folder, "licenses", "--status", "waiting").out.splitlines()
    assert first.split()[-5:] == ["status", "in", "line", "since", "place"]
    assert second.split()[-3:] == ["waiting", "2026-09-01", "1"]
    csv = ran(pages.folder, "licenses", "--status", "waiting", "--format", "csv").out
    assert ruth.open("/admin/grace/licenses.csv?status=waiting").body == csv
    assert csv.splitlines()[1:][0].endswith(",none,waiting,,2026-09-01,,1")
    assert (
        "In line for a seat since 1 September 2026. All its seats are taken."
        in ruth.open("/admin/grace/members/2").text
    )


def test_the_report_tells_who_waits_and_whose_seats_end_by_commands_that_list_them(pages: Pages) -> None:
    (library,) = [
        one
        for id, one in json.loads(ran(pages.folder, "report", "--format", "json").out)["libraries"].items()
        if id == "logos"
    ]
    assert library["line"] == {"waiting": 3, "since": DAY, "expected": "2027-04-01", "all_by": ""}
    page = ran(pages.folder, "report").out
    commands = [re.sub("<[^>]*>", "", one) for one in re.findall("<code>(.*?)</code>", page)]
    assert "seatsync licenses --library logos --status waiting" in commands
    assert "seatsync licenses --library logos --ends 2027-03-31" in commands
    assert "ann@grace.example" in ran(pages.folder, "licenses", "--library", "logos", "--ends", "2027-03-31").out


def test_the_commands_tell_of_the_line(pages: Pages) -> None:
    assert "In line for a seat: 3 for Logos" in ran(pages.folder, "status").out
    assert json.loads(ran(pages.folder, "status", "--format", "json").out)["waiting"] == {"logos": 3}
    assert "no seat, number 2 of 3 in line" in ran(pages.folder, "why", "cy@grace.example").out


def test_who_has_left_the_line_with_the_roster_has_no_license(pages: Pages) -> None:
    applied(pages.folder, *MEMBERS[:-1])
    page = pages.account("ruth@grace.example").open("/admin/grace/members/4")
    assert "No longer on any roster. E-mail dee@grace.example" in page.text
    assert "Licenses No licenses yet. What they cannot use now, and why" in page.text
