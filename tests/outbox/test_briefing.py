"""The briefing of administrators: when it is due, who gets it, and what it says, with real mail servers."""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text as sql

from seatsync.domain.calendar.rhythm import RHYTHMS, is_due, period_of, rhythm_in_words, told_before
from tests.cli.test_lists import write_csv
from tests.support import letters
from tests.support.databases import contents, opened
from tests.support.letters import (
    ANN,
    BEN,
    CONFIG,
    CY,
    DAY,
    HEADER,
    PORTAL,
    applied,
    arrived,
    crowd,
    listed,
    ran,
    sent,
    started,
)
from tests.support.mail_server import Mailroom
from tests.support.pages import pages_of

pytestmark = pytest.mark.slow

school, room = letters.school, letters.room

WEEKLY = CONFIG + "briefing: {to: admins, every: monday}\n"
TUESDAY, SUNDAY, MONDAY = DAY, "2026-09-06", "2026-09-07"


@pytest.fixture
def school_(school: Path) -> Path:
    """A school with a weekly briefing, whose first letters are sent: on a Tuesday."""
    (school / "seatsync.yaml").write_text(WEEKLY)
    applied(school, ANN, BEN)
    return school


briefed = school_


def briefings(room: Mailroom) -> list[tuple[str, str, str]]:
    """To, subject and text of the briefings that arrived; all letters are taken away."""
    return [letter for letter in arrived(room) if "look at" in letter[1]]


def told(text: str) -> str:
    return " ".join(text.split())


# ── When it is due ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("every", "today", "first", "before"),
    [
        ("daily", "2026-09-01", "2026-09-01", "2026-08-31"),
        ("monday", "2026-09-01", "2026-08-31", "2026-08-24"),
        ("tuesday", "2026-09-01", "2026-09-01", "2026-08-25"),
        ("sunday", "2026-09-01", "2026-08-30", "2026-08-23"),
        ("first-of-month", "2026-09-30", "2026-09-01", "2026-08-01"),
        ("first-of-month", "2026-01-01", "2026-01-01", "2025-12-01"),
    ],
)
def test_a_period_begins_on_its_day(every: str, today: str, first: str, before: str) -> None:
    day = date.fromisoformat(today)
    assert (period_of(every, day).isoformat(), told_before(every, day).isoformat()) == (first, before)


@given(st.sampled_from(RHYTHMS), st.dates(), st.dates())
def test_one_is_due_in_each_period(every: str, one: date, other: date) -> None:
    first, later = sorted((one, other))
    same = period_of(every, first) == period_of(every, later)
    assert is_due(every, first.isoformat(), later) is not same
    assert is_due(every, "", later)
    assert not is_due("", "", later)
    assert told_before(every, later) <= period_of(every, later) <= later


def test_rhythms_have_words() -> None:
    words = ["daily", "every Monday", "every Sunday", "on the first of the month"]
    assert [rhythm_in_words(RHYTHMS[number]) for number in (0, 1, 7, 8)] == words


# ── Who gets it, and when ───────────────────────────────────────────────────────────────────────────────────────────


def test_it_comes_once_in_each_period_however_often_letters_are_sent(briefed: Path, room: Mailroom) -> None:
    assert sent(briefed) == {"sent": 4}, "the welcome, two invitations, and the first briefing at once"
    [(to, subject, _)] = briefings(room)
    assert (to, subject) == ("ruth@grace.example", "Grace Seminary, 1 September 2026: 2 to look at")
    for now in (TUESDAY, SUNDAY):
        assert sent(briefed, now=now) == {}
    assert sent(briefed, now="2026-09-08") == {"sent": 1}, "the run of Monday was missed"
    [(_, subject, text)] = briefings(room)
    assert subject.startswith("Grace Seminary, 8 September 2026")
    assert "Since 1 September 2026 nothing was changed." in told(text)
    assert sent(briefed, now="2026-09-08") == {}
    assert sent(briefed, now="2026-09-14") == {"sent": 1}
    assert "8 September 2026" in briefings(room)[0][2]
    ran(briefed, "verify")
    ran(briefed, "ledger", "rebuild")
    assert sent(briefed, now="2026-09-15") == {}, "the journal knows when the last one was written"
    ran(briefed, "verify")


def test_days_are_those_of_the_institution(school: Path, room: Mailroom) -> None:
    config = WEEKLY.replace("  opt_out: true\n", "  opt_out: true\n  timezone: Pacific/Auckland\n")
    (school / "seatsync.yaml").write_text(config)
    applied(school, ANN)
    sent(school)
    briefings(room)
    assert sent(school, now="2026-09-06T11:59:00Z") == {}
    assert sent(school, now="2026-09-06T12:00:00Z") == {"sent": 1}


def test_each_administrator_gets_one_and_nobody_else(briefed: Path, room: Mailroom) -> None:
    sent(briefed)
    briefings(room)
    with_omar = WEEKLY.replace(
        "email: ruth@grace.example}]",
        "email: ruth@grace.example}, {given_name: Omar, family_name: Diaz, email: omar@grace.example}]",
    )
    (briefed / "seatsync.yaml").write_text(with_omar)
    ran(briefed, "apply", "--yes")
    assert sent(briefed, now=MONDAY) == {"sent": 3}, "Omar's welcome and two briefings"
    assert Counter(to for to, *_ in briefings(room)) == Counter(["ruth@grace.example", "omar@grace.example"])


def test_it_can_go_to_some_of_the_administrators(briefed: Path, room: Mailroom) -> None:
    two = WEEKLY.replace(
        "email: ruth@grace.example}]",
        "email: ruth@grace.example}, {given_name: Omar, family_name: Diaz, email: omar@grace.example}]",
    )
    (briefed / "seatsync.yaml").write_text(two.replace("to: admins", "to: [Omar@grace.example]"))
    plan = json.loads(ran(briefed, "plan", "--format", "json").out)
    assert [(one["action"], one["after"].get("briefed")) for one in plan["changes"]] == [
        ("admin-update", False),
        ("admin-add", None),
    ]
    assert "gets briefings: yes → no" in ran(briefed, "apply", "--yes").out
    sent(briefed)
    assert [to for to, *_ in briefings(room)] == ["omar@grace.example"]
    ran(briefed, "verify")
    ran(briefed, "ledger", "rebuild")
    assert "Nothing to do" in ran(briefed, "plan").out
    (briefed / "seatsync.yaml").write_text(two)
    assert "gets briefings: no → yes" in ran(briefed, "apply", "--yes").out
    sent(briefed, now=MONDAY)
    assert len(briefings(room)) == 2
    ran(briefed, "verify")


@pytest.mark.parametrize(
    ("to", "fact"),
    [
        ("everybody", '"everybody" does not say who gets the briefing'),
        ("[dana@vendor.example]", "dana@vendor.example is not an administrator"),
        ("[]", "at least one is needed"),
        ("[ruth]", '"ruth" is not a valid e-mail address'),
    ],
)
@pytest.mark.sqlite_only("it is about files")
def test_who_gets_it_is_checked_at_its_place(to: str, fact: str, school: Path) -> None:
    (school / "seatsync.yaml").write_text(WEEKLY.replace("to: admins", f"to: {to}"))
    applied_to = ran(school, "validate", code=3)
    assert "seatsync.yaml:19:" in applied_to.err + applied_to.out
    assert fact in " ".join((applied_to.err + applied_to.out).split())


def test_who_is_no_administrator_any_more_gets_none(briefed: Path, room: Mailroom) -> None:
    sent(briefed)
    room.at_rcpt = lambda to: "450 4.2.1 later"
    sent(briefed, now=MONDAY, code=1)
    other = WEEKLY.replace(
        "Ruth, family_name: Abel, email: ruth@grace.example", "Omar, family_name: Diaz, email: o@grace.example"
    )
    (briefed / "seatsync.yaml").write_text(other)
    ran(briefed, "apply", "--yes", now=MONDAY)
    room.at_rcpt = lambda to: ""
    briefings(room)
    sent(briefed, now="2026-09-07T18:00:00Z")
    assert briefings(room) == []
    ran(briefed, "ledger", "erase", "ruth@grace.example", "--yes", now=MONDAY)
    ran(briefed, "verify")
    assert "ruth" not in json.dumps(listed(briefed))


def test_without_a_briefing_none_is_written(briefed: Path, room: Mailroom) -> None:
    sent(briefed)
    (briefed / "seatsync.yaml").write_text(CONFIG)
    ran(briefed, "apply", "--yes")
    sent(briefed, now=MONDAY)
    briefings(room)
    assert sent(briefed, now="2026-09-14") == {}


def test_two_senders_at_once_and_a_killed_one_write_one(briefed: Path, room: Mailroom) -> None:
    sent(briefed)
    room.letters.clear()
    both = [started(briefed, now="2026-09-14") for _ in range(2)]
    for sender in both:
        sender.communicate(timeout=60)
    assert len(briefings(room)) == 1
    killed = started(briefed, now="2026-09-21")
    room.victim = killed.pid
    killed.communicate(timeout=60)
    room.victim = 0
    ran(briefed, "outbox", "retry", "--state", "pending")
    sent(briefed, now="2026-09-21")
    written = [letter for letter in listed(briefed) if letter["letter"] == "briefing"]
    assert len(written) == 3, "one for each period"
    found = {letter["Message-ID"] for letter in room.letters if "look at" in letter["Subject"]}
    assert len(found) == 1, "what may have been sent twice has one Message-ID"


def test_a_newer_one_takes_the_place_of_one_that_nobody_has_sent(briefed: Path, room: Mailroom) -> None:
    sent(briefed)
    briefings(room)
    room.at_rcpt = lambda to: "450 4.2.1 later" if to.startswith("ruth") else ""
    ran(briefed, "ledger", "claim", "logos", BEN[0], now="2026-09-02")
    sent(briefed, now=MONDAY, code=1)
    room.at_rcpt = lambda to: ""
    assert sent(briefed, now="2026-09-14") == {"cancelled": 1, "sent": 1}
    [(_, subject, text)] = briefings(room)
    assert subject.startswith("Grace Seminary, 14 September 2026")
    assert "Done since 1 September 2026: claimed: 1." in told(text), "since the last one that came"
    states = [letter["state"] for letter in listed(briefed) if letter["letter"] == "briefing"]
    assert states == ["sent", "cancelled", "sent"]
    ran(briefed, "verify")


def test_one_that_a_sender_has_in_hand_is_not_cancelled(briefed: Path, room: Mailroom) -> None:
    sent(briefed)
    room.at_rcpt = lambda to: "450 4.2.1 later" if to.startswith("ruth") else ""
    sent(briefed, now=MONDAY, code=1)
    room.at_rcpt = lambda to: ""
    with opened(briefed) as connection:
        in_hand = (
            "UPDATE outbox SET held_until = '2026-09-14T00:15:00Z' WHERE letter = 'briefing' AND state = 'pending'"
        )
        connection.execute(sql(in_hand))
    assert sent(briefed, now="2026-09-14") == {"sent": 1, "waiting": 1}
    states = [letter["state"] for letter in listed(briefed) if letter["letter"] == "briefing"]
    assert states == ["sent", "pending", "sent"]


def test_a_plan_that_waits_for_its_review_stays_good(briefed: Path, room: Mailroom) -> None:
    sent(briefed)
    applied(briefed, ANN, BEN, now=SUNDAY)
    write_csv(briefed / "members.csv", HEADER, ANN, BEN, CY)
    (briefed / "plan.json").write_text(ran(briefed, "plan", "--format", "json", now=SUNDAY).out)
    sent(briefed, now=MONDAY)
    ran(briefed, "apply", "plan.json", now=MONDAY)
    assert ran(briefed, "plan", now=MONDAY).out.count("Nothing to do") == 1


def test_after_a_restore_it_is_held(briefed: Path, room: Mailroom) -> None:
    sent(briefed)
    ran(briefed, "outbox", "hold", "--since", "2026-09-01T12:00:00Z", now=SUNDAY)
    assert sent(briefed, now=MONDAY)["held"] == 1
    assert sent(briefed, now=MONDAY)["held"] == 1


# ── What it says ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_quiet_week_is_three_lines(school: Path, room: Mailroom) -> None:
    (school / "seatsync.yaml").write_text(WEEKLY.replace(", until: 2027-06-30", ""))
    applied(school)
    sent(school)
    briefings(room)
    sent(school, now=MONDAY)
    [(_, subject, text)] = briefings(room)
    assert subject == "Grace Seminary, 7 September 2026: nothing to look at"
    said = text.replace("\r", "").partition("Dear Ruth Abel,\n\n")[2].partition("\n\nHow often")[0].split("\n\n")
    assert said == [
        "Since 1 September 2026 nothing was changed.",
        "Nothing waits.",
        "Nothing ends or runs short in the next 60 days.",
    ]


YEAR = """\
libraries:
  books:
    title: Biblical Studies
    system: logos-library
    when_full: wait
    slots: [{count: 2, contract: {until: 2026-12-31, notice: 60d}}, {count: 2, until: 2026-10-15}]
    warn_below: 1
  logos: {title: Logos, system: logos-subscription, slots: 40, delivered_by: vendor}
rosters: [{path: members.csv}]
grants:
  - {library: books, kind: temporary, to: {tags: [student]}, until: 2026-10-31}
  - {library: logos, to: {tags: [owner]}}
briefing: {to: admins, every: daily}
"""


def test_it_says_what_was_done_what_waits_and_what_comes(school: Path, room: Mailroom) -> None:
    head = CONFIG.partition("libraries:")[0]
    (school / "seatsync.yaml").write_text(head + YEAR)
    room.at_rcpt = lambda to: "550 5.1.1 nobody" if to.startswith("m1@") else ""
    applied(school, ANN, *crowd(5))
    sent(school, code=1)
    room.letters.clear()
    ran(school, "ledger", "claim", "books", "m0@grace.example")
    ran(school, "ledger", "claim", "books", "m2@grace.example")
    sent(school, now="2026-09-02")
    briefings(room)
    ran(school, "ledger", "claim", "books", "m3@grace.example", now="2026-09-02T12:00:00Z")
    applied(school, ANN, *crowd(5), ["x@grace.example", "Xi", "Fox", "student"], now="2026-09-02T13:00:00Z")
    sent(school, now="2026-09-03")
    [(_, subject, text)] = briefings(room)
    page = f"{PORTAL}/admin/grace"
    assert subject == "Grace Seminary, 3 September 2026: 9 to look at"
    assert told(text).partition("Dear Ruth Abel, ")[2].partition(" How often")[0] == told(
        f"""
        Done since 2 September 2026: changes: 2, claimed: 1.

        Waiting now:

        - In line for Biblical Studies: 2
          {page}/licenses?library=books&status=waiting
        - Unclaimed seats of Biblical Studies: 1, the oldest since 1 September 2026
          {page}/licenses?library=books&status=unclaimed
        - Unclaimed seats of Logos: 1, the oldest since 1 September 2026
          {page}/licenses?library=logos&status=unclaimed
        - Members whom no letter reached: 1
          {page}/
        - To be done at the vendor: 2
          {page}/worklist

        In the next 60 days:

        - Seats of Biblical Studies that end on 31 October 2026: 4
          {page}/licenses?library=books&ends=2026-10-31
        - Seats of Biblical Studies from 16 October 2026 on: 2 (until then 4)
          {page}/libraries
        - Last day to give notice of the contract of Biblical Studies: 1 November 2026
          {page}/libraries
        - Seats of Biblical Studies left: 0 of 4
          {page}/libraries
        """
    )
    with pages_of(school, room, room.port) as pages:
        ruth, links = pages.account("ruth@grace.example"), re.findall(rf"{PORTAL}(\S+)", text)
        assert len(links) == 9
        assert [ruth.open(link).code for link in links] == [200] * 9
        assert "Licenses: Biblical Studies, last day 31 October 2026" in ruth.open(links[5]).text
    assert "grace.example" not in text.replace(PORTAL, "").replace("ruth@grace.example", ""), "it names nobody"


def test_it_says_since_when_the_nightly_run_is_blocked(briefed: Path, room: Mailroom) -> None:
    sent(briefed)
    briefings(room)
    write_csv(briefed / "members.csv", HEADER)
    for night in ("2026-09-04", SUNDAY):
        assert "empty-roster" in ran(briefed, "apply", "--same-files", now=night, code=4).out
    blocked = (
        "Blocked since 4 September 2026 (empty-roster): nothing is granted or taken back until the files are corrected"
    )
    sent(briefed, now=MONDAY)
    [(_, _, text)] = briefings(room)
    assert f"Waiting now: - {blocked} {PORTAL}/admin/grace/" in told(text)
    with pages_of(briefed, room, room.port) as pages:
        ruth = pages.account("ruth@grace.example")
        assert f"{blocked}. The plan says what to do: seatsync plan" in ruth.open("/admin/grace/").text
        room.letters.clear()
        write_csv(briefed / "members.csv", HEADER, ANN, BEN)
        ran(briefed, "apply", "--same-files", now=MONDAY)
        assert "Blocked" not in ruth.open("/admin/grace/").text
    ran(briefed, "verify")


def test_a_blocked_run_by_hand_writes_nothing(briefed: Path) -> None:
    write_csv(briefed / "members.csv", HEADER)
    before = contents(briefed)
    ran(briefed, "apply", "--yes", code=4)
    assert contents(briefed) == before
    ran(briefed, "apply", "--same-files", code=4)
    with opened(briefed) as connection:
        noted = connection.execute(sql("SELECT blocked FROM institution")).scalar()
    assert json.loads(noted or "") == {"since": DAY, "serial": 10, "rules": [["empty-roster", ""]]}


def test_what_blocks_names_the_library_and_a_rule_once(briefed: Path, room: Mailroom) -> None:
    config = (briefed / "seatsync.yaml").read_text()
    (briefed / "seatsync.yaml").write_text(
        config.replace("Logos, system: logos-subscription, slots: 1000", "Logos, system: logos-subscription, slots: 0")
    )
    ran(briefed, "apply", "--same-files", code=4)
    sent(briefed)
    [(_, _, text)] = briefings(room)
    assert "Blocked since 1 September 2026 (Logos: slots-below-used): nothing" in told(text)


def test_without_pages_it_says_the_commands(briefed: Path, room: Mailroom, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SEATSYNC_PORTAL_URL")
    sent(briefed, code=1)
    [(_, _, text)] = briefings(room)
    assert "seatsync licenses --library books --status unclaimed" in told(text)
    assert "http" not in text


def test_it_is_in_the_institutions_language_and_words(briefed: Path, room: Mailroom) -> None:
    german = WEEKLY.replace("  opt_out: true\n", "  opt_out: true\n  language: de\n")
    (briefed / "seatsync.yaml").write_text(german)
    (briefed / "letters").mkdir()
    (briefed / "letters" / "briefing.txt.jinja").write_text(
        "Lage am {{ briefing.day }} (look at)\n\nEs wartet:\n"
        "{% for one in briefing.waits %}{{ one.library }}: {{ one.number }}\n{% endfor %}"
    )
    ran(briefed, "apply", "--yes")
    ran(briefed, "validate")
    sent(briefed)
    [(_, subject, text)] = briefings(room)
    assert subject == "Lage am 1. September 2026 (look at)"
    assert "Biblical Studies: 1" in text


def test_it_can_be_looked_at_before(briefed: Path, room: Mailroom) -> None:
    assert "to look at" in ran(briefed, "outbox", "preview", "--letter", "briefing").out
    room.at_rcpt = lambda to: "450 4.2.1 later" if to.startswith("ruth") else ""
    sent(briefed, code=1)
    shown = ran(briefed, "outbox", "preview", "--letter", "briefing").out
    assert "To: ruth@grace.example" in shown
    assert "Unclaimed seats of Biblical Studies: 1" in shown
    hidden = ran(briefed, "outbox", "preview", "--letter", "briefing", "--redact").out
    assert "ruth" not in hidden.lower()
    assert "administrator briefed" in ran(briefed, "log").out or "briefing" in ran(briefed, "log").out
