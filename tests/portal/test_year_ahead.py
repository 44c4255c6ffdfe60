"""The pages draw the year ahead as the last apply has run it, and say so; never an old year beside seats of which it does not know."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from tests.support import letters
from tests.support.databases import opened
from tests.support.letters import DAY, ran
from tests.support.mail_server import Mailroom
from tests.support.pages import Page, Pages, pages_of

pytestmark = pytest.mark.slow

room, school = letters.room, letters.school

CONFIG = """\
version: 1
institution:
  id: grace
  name: Grace
  opt_out: true
  admins: [{given_name: Ruth, family_name: Abel, email: ruth@grace.example}]
terms:
  spring: {from: 2027-01-11, until: 2027-05-07}
libraries:
  books:
    title: Books
    system: logos-library
    when_full: wait
    slots:
      - {count: 2, until: 2027-01-31, contract: {until: 2027-01-31, notice: 60d}}
      - {count: 1}
  logos: {title: Logos, system: logos-subscription, slots: 10}
rosters: [{path: members.csv}]
grants:
  - {library: books, kind: temporary, to: {tags: [student]}, term: spring}
  - {library: books, kind: temporary, to: {tags: [staff]}}
  - {library: logos, to: {tags: [student]}, until: 2026-12-31}
"""
MEMBERS = """\
email,given_name,family_name,tags
ann@grace.example,Ann,Lee,student
ben@grace.example,Ben,Ode,student
cy@grace.example,Cy,Kim,student
eve@grace.example,Eve,Fox,staff
"""
BOOKS = (
    "Full on 11 January 2027. From 11 January 2027 on seats are missing. "
    "Seats to order by 2 December 2026, the last day of notice: 3."
)


def as_of(day: str) -> str:
    return f"The year ahead, as of the apply of {day}: {BOOKS}"


@pytest.fixture
def pages(school: Path, room: Mailroom) -> Iterator[Pages]:
    (school / "seatsync.yaml").write_text(CONFIG, encoding="utf-8")
    (school / "members.csv").write_text(MEMBERS, encoding="utf-8")
    ran(school, "apply", "--yes")
    with pages_of(school, room, room.port) as found:
        found.account("ruth@grace.example")
        yield found


def at(pages: Pages, path: str, day: str = DAY) -> Page:
    pages.now = datetime.fromisoformat(day).replace(hour=12, tzinfo=UTC)
    return pages.signed_in("ruth@grace.example").open(f"/admin/grace/{path}")


def report(folder: Path, now: str = DAY) -> Any:
    return json.loads(ran(folder, "report", "--format", "json", now=now).out)["libraries"]


def shows_it(pages: Pages, since: str, day: str = DAY) -> bool:
    """Whether overview, libraries and drawing show the year of the books, as of the apply of a day."""
    found = {as_of(since) in at(pages, path, day).text for path in ("", "libraries")}
    drawn = at(pages, "over-time", day).text.partition(" Logos ")[0]
    found.add(f"Dashed: seats used on the coming days, as of the apply of {since}, if nothing else happens." in drawn)
    if found == {False}:
        assert "The year ahead" not in at(pages, "", day).text
        assert "Dashed: seats still used as seats end, if nothing else happens. Seats that begin later are" in drawn
    assert len(found) == 1
    return found.pop()


def test_the_pages_say_of_the_year_ahead_what_the_report_says(school: Path, pages: Pages) -> None:
    assert shows_it(pages, "1 September 2026")
    assert "The year ahead" not in at(pages, "").text.partition(BOOKS)[2], "Logos is never full"
    books = report(school)["books"]
    assert books["year"] == {"full_on": "2027-01-11", "to_order": 3, "order_by": "2026-12-02"}
    table = at(pages, "over-time").text.partition("1 today after ")[2].partition(" Logos ")[0]
    assert table.split(" after ") == [
        f"{datetime.fromisoformat(one['date']):%-d %B %Y} {one['used']} expected" for one in books["ahead"]
    ]


def test_later_the_year_begins_with_that_day(school: Path, pages: Pages) -> None:
    page = at(pages, "", "2026-12-03")
    full = "Full on 11 January 2027. From 11 January 2027 on seats are missing."
    assert f"{full} Seats to order by 11 January 2027: 3." in page.text, "the last day of notice is over"
    ran(school, "apply", "--same-files", now="2027-03-01")
    page = at(pages, "", "2027-03-02")
    late = "2 March 2027"
    assert f"Full on {late}. From {late} on seats are missing. Seats to order by {late}: 3." in page.text


def test_a_claim_leaves_the_year_and_a_declined_seat_ends_it_until_the_nightly_run(school: Path, pages: Pages) -> None:
    ran(school, "ledger", "opt-out", "logos", "ann@grace.example")
    assert shows_it(pages, "1 September 2026"), "it is a seat of another library"
    ran(school, "ledger", "claim", "books", "eve@grace.example")
    assert shows_it(pages, "1 September 2026")
    ran(school, "apply", "--same-files", now="2026-09-02")
    assert shows_it(pages, "2 September 2026", "2026-09-02")
    (school / "members.csv").write_text(MEMBERS + "gus@grace.example,Gus,Roy,staff\n", encoding="utf-8")
    ran(school, "apply", "--yes", now="2026-09-02")
    assert "as of the apply of 2 September 2026: Full on 11" in at(pages, "", "2026-09-02").text
    ran(school, "ledger", "opt-out", "books", "gus@grace.example", now="2026-09-02")
    assert not shows_it(pages, "2 September 2026", "2026-09-02")
    ran(school, "apply", "--same-files", now="2026-09-03")
    assert shows_it(pages, "3 September 2026", "2026-09-03")


def test_before_the_nightly_run_the_year_is_that_of_yesterday(school: Path, pages: Pages) -> None:
    ran(school, "apply", "--same-files", now="2026-12-28")
    for day in ("2026-12-31", "2027-01-01"):
        assert at(pages, "over-time", day).text.count("as of the apply of 28 December 2026") == 2, day
    assert at(pages, "over-time", "2027-01-03").text.count("as of the apply of 28 December 2026") == 1


def test_a_night_on_which_nothing_has_happened_leaves_the_year_until_it_is_a_week_old(
    school: Path, pages: Pages
) -> None:
    ran(school, "apply", "--same-files", now="2026-09-02")
    assert shows_it(pages, "1 September 2026", "2026-09-02")
    ran(school, "apply", "--same-files", now="2026-09-08")
    assert shows_it(pages, "8 September 2026", "2026-09-08")


def test_an_apply_that_cannot_run_the_year_ahead_leaves_none(school: Path, pages: Pages) -> None:
    (school / "members.csv").write_text(MEMBERS + "fay@grace.example,Fay,Orr,student\n", encoding="utf-8")
    ran(school, "plan", "--out", "plan.json")
    (school / "members.csv").write_text(MEMBERS, encoding="utf-8")
    ran(school, "apply", "plan.json")
    assert not shows_it(pages, "1 September 2026")
    (school / "members.csv").write_text(MEMBERS + "fay@grace.example,Fay,Orr,student\n", encoding="utf-8")
    ran(school, "apply", "--yes")
    assert "as of the apply of 1 September 2026: Full on" in at(pages, "").text


def test_an_import_ends_the_year_until_the_next_apply(school: Path, pages: Pages) -> None:
    (school / "export.csv").write_text(
        "Given Name,Family Name,Email,License Kind,License Status\nEve,Fox,eve@grace.example,Temporary,Delivered\n"
    )
    ran(school, "import", "export.csv", "--library", "books", "--yes")
    assert not shows_it(pages, "1 September 2026")
    ran(school, "apply", "--yes")
    assert shows_it(pages, "1 September 2026")


def test_the_year_is_beside_the_journal_and_goes_when_the_tables_are_rebuilt(school: Path, pages: Pages) -> None:
    entries = ran(school, "log", "--format", "json").out
    ran(school, "verify")
    ran(school, "ledger", "rebuild")
    assert not shows_it(pages, "1 September 2026")
    ran(school, "apply", "--yes")
    assert shows_it(pages, "1 September 2026")
    assert ran(school, "log", "--format", "json").out == entries
    ran(school, "verify")


@pytest.mark.parametrize(
    "planted", ["x", "[]", "{}", '{"on":"2026-09-01","serial":1,"days":{"books":[["2026-09-01",-1,0,0,0]]}}']
)
def test_a_year_that_nobody_can_read_is_none(school: Path, pages: Pages, planted: str) -> None:
    with opened(school) as connection:
        connection.execute(text("UPDATE institution SET curves = :planted"), {"planted": planted})
    assert not shows_it(pages, "1 September 2026")
