"""Seats over time, those that end, and how far invitations are: the report's figures against the lists and the past."""

from __future__ import annotations

import json
import random
import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from seatsync.domain.library import Slots
from seatsync.ledger.queries.outlook.ahead import SeatsEnd
from seatsync.ledger.queries.outlook.full import Full, full_on
from seatsync.ledger.queries.outlook.past import DayUsed
from tests.cli.test_lists import write_csv
from tests.support.command_line import seatsync
from tests.support.letters import plain
from tests.support.terminals import on_terminal

pytestmark = pytest.mark.usefixtures("database")

CONFIG = """\
version: 1
institution:
  id: grace
  name: Grace <b>Seminary</b>
  admins: [{given_name: Ruth, family_name: Abel, email: ruth@grace.example}]
  opt_out: true
  timezone: Pacific/Auckland
libraries:
  books: {title: Books, system: logos-library, slots: 40}
  jamworks: {title: Jamworks, system: jamworks, slots: 40}
rosters: [{path: members.csv}]
grants:
  - {library: books, kind: temporary, to: {tags: [student]}, until: 2027-06-30}
  - {library: books, kind: temporary, to: {tags: [guest]}, until: 2027-02-28}
  - {library: books, kind: permanent, to: {tags: [owner]}}
  - {library: jamworks, to: {tags: [student]}}
limits: {max_revokes: 100%}
"""
EXPORT = """\
Given Name,Family Name,Email,License Kind,License Status
Gi0,Fa0,p0@grace.example,Temporary,Delivered
Gi1,Fa1,p1@grace.example,Temporary,Revoked
Gi2,Fa2,p2@grace.example,Temporary,Opted Out
"""
FIRST = date(2026, 9, 1)


def run(folder: Path, *args: str, now: str, codes: tuple[int, ...] = (0,)) -> str:
    outcome = seatsync(*args, "--now", now, folder=folder)
    assert outcome.code in codes, (args, outcome.out, outcome.err)
    return outcome.out


def figures(folder: Path, now: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run(folder, "report", "--format", "json", now=now))
    return found


@pytest.fixture
def school(tmp_path: Path) -> Path:
    (tmp_path / "seatsync.yaml").write_text(CONFIG, encoding="utf-8")
    return tmp_path


def people(folder: Path, tags: dict[int, str]) -> None:
    rows = [[f"p{i}@grace.example", f"Gi{i}", f"Fa{i}", tag] for i, tag in tags.items()]
    write_csv(folder / "members.csv", ["email", "given_name", "family_name", "tags"], *rows)


@pytest.mark.parametrize("seed", range(4))
def test_the_seats_of_each_day_are_those_that_the_ledger_had_then(school: Path, seed: int) -> None:
    chance, tags = random.Random(seed), dict.fromkeys(range(8), "student")
    for step in range(12):
        day = (FIRST + timedelta(days=3 * step)).isoformat()
        for i in chance.sample(range(12), 3):
            tags[i] = chance.choice(["student", "guest", "owner", "nothing"])
        tags.pop(chance.choice([*tags]))
        people(school, tags)
        # Near midnight of UTC it is the next day in Auckland.
        run(school, "apply", "--yes", now=f"{day}T{chance.choice(['02', '23'])}:30:00Z", codes=(0, 4))
        for i in range(12):
            act = chance.choice(["claim", "opt-out", "", "", ""])
            library = chance.choice(["books", "jamworks"])
            if act:
                run(school, "ledger", act, library, f"p{i}@grace.example", now=f"{day}T23:40:00Z", codes=(0, 1, 4, 64))
        if step == 6:
            (school / "export.csv").write_text(EXPORT, encoding="utf-8")
            run(school, "import", "export.csv", "--library", "books", "--yes", now=f"{day}T23:50:00Z", codes=(0, 3, 4))
    last = (FIRST + timedelta(days=60)).isoformat()
    found = figures(school, last)
    for library, told in found["libraries"].items():
        past = {day["date"]: day["used"] for day in told["past"]}
        assert past, library
        assert told["past"][-1]["used"] == told["used"]
        for day, used in past.items():
            books = json.loads(run(school, "status", "--format", "json", "--as-of", day, now=last))
            assert books["libraries"][library]["used"] == used, (library, day)


def test_the_numbers_are_those_of_the_lists(school: Path) -> None:
    people(school, {0: "student", 1: "student", 2: "student", 3: "guest", 4: "owner"})
    run(school, "apply", "--yes", now="2026-09-01")
    run(school, "ledger", "claim", "books", "p0@grace.example", now="2026-09-02")
    run(school, "ledger", "opt-out", "books", "p1@grace.example", now="2026-09-02")
    found = figures(school, "2026-09-20")["libraries"]["books"]
    assert found["ends"] == [{"day": "2027-02-28", "seats": 1}, {"day": "2027-06-30", "seats": 2}]
    assert found["ahead"] == [{"date": "2027-02-28", "used": 3}, {"date": "2027-06-30", "used": 1}]
    assert found["invitations"] == {
        "claimed": 1,
        "declined": 1,
        "waiting": 3,
        "bounced": 0,
        "unclaimed": [{"granted_on": "2026-09-01", "seats": 3}],
    }


@pytest.mark.parametrize("named", [False, True])
def test_the_command_beside_a_number_lists_them(school: Path, named: bool) -> None:
    people(school, {0: "student", 1: "student", 2: "student", 3: "guest", 4: "owner"})
    run(school, "apply", "--yes", now="2026-09-01")
    run(school, "ledger", "claim", "books", "p0@grace.example", now="2026-09-02")
    run(school, "ledger", "opt-out", "books", "p1@grace.example", now="2026-09-02")
    page = run(school, "report", *([str(school)] if named else []), now="2026-09-20")
    rows = re.findall(r'<td role="cell" class="number">(\d+)</td><td role="cell"><code>(.*?)</code></td>', page)
    assert len(rows) > 5
    for number, command in rows:
        words = re.sub("<.*?>", "", command).split()[1:]
        assert (words[-2:] == ["-C", str(school)]) == named
        listed = json.loads(run(school, *words, "--format", "json", now="2026-09-20"))
        assert {one["library"] for one in listed} <= {"books", "jamworks"} & {*words}
        confirmed = sum(one.get("letter") == "access" for one in listed)  # waits too, but not for an answer
        assert len(listed) - confirmed == int(number), words


def test_the_report_at_a_terminal_says_how_to_write_its_page_into_a_file(school: Path) -> None:
    shown = on_terminal(school, "report")
    assert "seatsync report > seats.html" in " ".join(shown.split())
    assert "<html" not in shown


def test_the_status_says_which_seats_end_next_now_and_then(school: Path) -> None:
    people(school, {0: "student", 1: "guest"})
    run(school, "apply", "--yes", now="2026-09-01")
    people(school, {0: "student", 1: "nothing"})
    run(school, "apply", "--yes", now="2026-09-03")
    now, then = (
        run(school, "status", now="2026-09-04"),
        run(school, "status", "--as-of", "2026-09-02", now="2026-09-04"),
    )
    assert "Next to end: 1 seat of Books after 2027-06-30." in now
    assert "Next to end: 1 seat of Books after 2027-02-28." in then
    assert "`seatsync licenses --ends 2027-06-30` lists whose" in now
    assert "seatsync licenses" not in then, "it would list those of today"
    assert "p0@grace.example" in run(school, "licenses", "--ends", "2027-06-30", now="2026-09-04")
    assert json.loads(run(school, "status", "--format", "json", now="2026-09-04"))["ends"] == {
        "books": [{"day": "2027-06-30", "seats": 1}]
    }


def test_the_report_says_when_a_library_will_be_full_at_the_pace_of_the_past(school: Path) -> None:
    people(school, dict.fromkeys(range(10), "owner"))
    run(school, "apply", "--yes", now="2026-09-01")
    people(school, dict.fromkeys(range(30), "owner"))
    run(school, "apply", "--yes", now="2026-09-20")
    assert figures(school, "2026-09-20")["libraries"]["books"]["full_on"] is None, "of a month nothing is known yet"
    # 20 seats in 40 days; the 10 that are left last for 20 days
    assert figures(school, "2026-10-11")["libraries"]["books"]["full_on"] == "2026-10-31"
    sentence = "At the pace of the last 40 days (seats used: +20) it will be full about 31 October 2026."
    assert plain(run(school, "report", now="2026-10-11")).count(sentence) == 2, "in words, and in those of the drawing"
    assert figures(school, "2026-10-11")["libraries"]["jamworks"]["full_on"] is None, "nobody has a seat"


DAY = date(2026, 9, 1)


@pytest.mark.parametrize(
    ("past", "used", "ends", "full"),
    [
        pytest.param({365: 10, 1: 30}, 30, {}, Full("2027-03-03", 365, 20), id="a year gives the pace"),
        pytest.param({900: 0, 400: 10, 1: 30}, 30, {}, Full("2027-03-03", 365, 20), id="no more than a year"),
        pytest.param({40: 10}, 30, {}, Full("2026-09-21", 40, 20), id="or what is known after the first day"),
        pytest.param({40: 10}, 30, {10: 10}, Full("2026-10-11", 40, 20), id="seats that end become free"),
        pytest.param({40: 10}, 30, {-3: 10}, Full("2026-10-11", 40, 20), id="also those that have ended"),
        pytest.param({40: 10}, 30, {20: 10}, Full("2026-09-21", 40, 20), id="but not before they end"),
        pytest.param({27: 10}, 30, {}, None, id="too little is known"),
        pytest.param({40: 30, 20: 36}, 30, {}, None, id="it does not grow"),
        pytest.param({365: 29}, 30, {}, None, id="too far ahead"),
        pytest.param({40: 10}, 40, {}, None, id="it is full"),
        pytest.param({40: 10}, 41, {}, None, id="it has too many"),
        pytest.param({}, 0, {}, None, id="it is new"),
    ],
)
def test_when_a_library_will_be_full(past: dict[int, int], used: int, ends: dict[int, int], full: Full | None) -> None:
    """``past`` has the seats used so many days ago, ``ends`` those that end in so many days."""
    known = [DayUsed((DAY - timedelta(ago)).isoformat(), number) for ago, number in past.items()]
    ending = [SeatsEnd((DAY + timedelta(ahead)).isoformat(), number) for ahead, number in ends.items()]
    assert full_on(known, Slots(40, 0, used), ending, DAY) == full


def test_what_waits_is_named_with_its_command(school: Path) -> None:
    people(school, {0: "student"})
    run(school, "apply", "--yes", now="2026-09-01")
    people(school, {0: "student", 1: "student"})
    waits = figures(school, "2026-09-02")["waits"]
    assert waits == [
        "3 changes come with the next apply; `seatsync plan` shows them.",
        "3 letters are not sent yet; `seatsync outbox list --state pending` shows them.",
    ]
    people(school, {0: "student"})
    ended = figures(school, "2027-07-02")["waits"][0]
    assert ended == "1 change comes with the next apply; `seatsync plan` shows them.", "no file was changed"
    (school / "members.csv").write_text("nonsense\n", encoding="utf-8")
    assert figures(school, "2026-09-02")["waits"][0] == "The files have mistakes; `seatsync validate` lists them."


def test_an_institution_that_was_never_applied_has_a_page(school: Path) -> None:
    people(school, {0: "student"})
    page = run(school, "report", now="2026-09-02")
    assert "Nothing has been applied yet." in page
    assert "No libraries yet." in page


def test_the_page_names_nobody_and_escapes_what_files_say(school: Path) -> None:
    people(school, dict.fromkeys(range(3), "student"))
    run(school, "apply", "--yes", now="2026-09-01")
    page = plain(run(school, "report", now="2026-09-20"))
    assert "Grace &lt;b&gt;Seminary&lt;/b&gt;" in page
    assert "<b>Seminary" not in page
    assert "grace.example" not in page
    assert "30 June 2027: 3 seats end." in page
    assert "3 of 40 seats used, 37 available." in page


def test_the_drawing_goes_on_as_the_year_ahead_does(school: Path) -> None:
    people(school, {0: "student", 1: "student", 3: "guest"})
    config = (school / "seatsync.yaml").read_text(encoding="utf-8")
    coming = "  - {library: books, kind: temporary, to: {tags: [guest]}, from: 2027-04-01, until: 2027-07-31}\nlimits:"
    (school / "seatsync.yaml").write_text(
        config.replace("limits:", coming).replace("slots: 40}", "slots: 3}", 1), encoding="utf-8"
    )
    run(school, "apply", "--yes", now="2026-09-01")
    found = figures(school, "2026-09-02")["libraries"]["books"]
    assert found["ahead"] == [
        {"date": "2027-02-28", "used": 2},
        {"date": "2027-03-31", "used": 3},
        {"date": "2027-06-30", "used": 1},
        {"date": "2027-07-31", "used": 0},
    ]
    assert found["year"] == {"full_on": "2026-09-02", "to_order": 0, "order_by": None}
    year = json.loads(run(school, "year", "--format", "json", now="2026-09-02"))["libraries"]["books"]
    assert {name: year[name] for name in found["year"]} == found["year"]
    page = plain(run(school, "report", now="2026-09-02"))
    assert "The year ahead: Full on 2 September 2026." in page
    assert "seats used on the coming days, if nothing else happens" in page


def test_seats_that_go_over_into_the_next_grant_on_their_last_day_do_not_fall_in_the_drawing(school: Path) -> None:
    people(school, {0: "guest"})
    config = (school / "seatsync.yaml").read_text(encoding="utf-8")
    next_one = (
        "  - {library: books, kind: temporary, to: {tags: [guest]}, from: 2027-03-01, until: 2027-12-31}\nlimits:"
    )
    (school / "seatsync.yaml").write_text(config.replace("limits:", next_one), encoding="utf-8")
    run(school, "apply", "--yes", now="2026-09-01")
    found = figures(school, "2026-09-02")["libraries"]["books"]
    assert (found["used"], found["ends"]) == (1, [{"day": "2027-02-28", "seats": 1}])
    assert found["ahead"] == []
    assert "seats used on the coming days, if nothing else happens" in run(school, "report", now="2026-09-02")
