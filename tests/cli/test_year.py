"""``seatsync year``: what the coming days bring, in one command."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from playwright.sync_api import Browser

from tests.support.chromium import must_be_accessible, must_fit, needs_chromium
from tests.support.git_author import commit_as_ruth
from tests.support.letters import DAY, plain, ran
from tests.support.paths import ROOT

pytestmark = pytest.mark.usefixtures("database")

CONFIG = """\
version: 1
institution:
  id: grace
  name: Grace
  timezone: America/Chicago
  admins: [{given_name: Ruth, family_name: Abel, email: ruth@grace.example}]
terms:
  fall: {from: 2026-08-24, until: 2026-12-18}
  spring: {from: 2027-01-11, until: 2027-05-07}
libraries:
  books:
    title: Books
    system: logos-library
    slots:
      - {count: 3, until: 2027-07-31, contract: {until: 2027-07-31, notice: 60d, order: PO-1187}}
      - {count: 1}
rosters: [{path: members.csv}]
grants:
  - {library: books, kind: temporary, to: {tags: [student]}, term: fall}
  - {library: books, kind: temporary, to: {tags: [student]}, term: spring}
  - {library: books, kind: temporary, to: {tags: [staff]}}
invites: {remind_after: [3d]}
scenarios:
  intake: {add: 3, tags: [student], on: 2027-02-01, until: 2027-04-30}
"""
MEMBERS = """\
email,given_name,family_name,tags
ann@grace.example,Ann,Lee,student
ben@grace.example,Ben,Ode,student
eve@grace.example,Eve,Fox,staff
"""


@pytest.fixture
def school(tmp_path: Path) -> Path:
    (tmp_path / "seatsync.yaml").write_text(CONFIG, encoding="utf-8")
    (tmp_path / "members.csv").write_text(MEMBERS, encoding="utf-8")
    ran(tmp_path, "apply", "--yes")
    return tmp_path


SCHEMA = jsonschema.Draft202012Validator(
    json.loads((ROOT / "schemas" / "year.schema.json").read_text(encoding="utf-8")),
    format_checker=jsonschema.FormatChecker(),
)


def year(folder: Path, *args: str, now: str = DAY) -> Any:
    """The year as JSON, which keeps its schema."""
    found = json.loads(ran(folder, "year", *args, "--format", "json", now=now).out)
    SCHEMA.validate(found)
    return found


def in_use(said: Any) -> dict[str, tuple[int, int]]:
    """The seats in use and available, by day."""
    return {day["date"]: (day["used"], day["available"]) for day in said["libraries"]["books"]["days"]}


def test_each_day_on_which_something_changes_is_there(school: Path) -> None:
    said = year(school)
    assert (said["institution"], said["from"], said["until"]) == ("grace", "2026-09-01", "2027-09-01")
    assert in_use(said) == {
        "2026-09-01": (3, 1),
        "2026-09-04": (3, 1),
        "2026-12-19": (1, 3),
        "2027-01-11": (3, 1),
        "2027-01-14": (3, 1),
        "2027-05-08": (1, 3),
        "2027-08-01": (1, 0),
    }
    days = {day["date"]: day for day in said["libraries"]["books"]["days"]}
    assert days["2026-09-04"]["letters"] == {"reminder": 3}
    assert days["2026-12-19"]["ended"] == 2
    assert (days["2027-01-11"]["granted"], days["2027-01-11"]["letters"]) == (2, {"invitation": 2})
    assert days["2027-08-01"]["total"] == 1
    assert said["letters"][-1] == {"date": "2027-01-14", "reminder": 2}


def test_nothing_is_written(school: Path) -> None:
    before = ran(school, "log", "--format", "json").out
    year(school)
    assert ran(school, "log", "--format", "json").out == before
    assert ran(school, "plan", now="2026-09-02").out.count("Nothing to do") == 1


def test_what_the_files_change_comes_with_the_first_day(school: Path) -> None:
    more = MEMBERS + "dan@grace.example,Dan,Roe,student\n"
    (school / "members.csv").write_text(more, encoding="utf-8")
    said = year(school)
    assert in_use(said)["2026-09-01"] == (4, 0)
    assert said["libraries"]["books"]["full_on"] == "2026-09-01"
    assert said["libraries"]["books"]["to_order"] == 0


def test_how_many_seats_to_order_before_a_day_is_one_command(school: Path) -> None:
    """Three more students begin in February, so two seats are missing; by the end of May notice can be given."""
    books = year(school, "--until", "2027-06-30", "--with", "intake")["libraries"]["books"]
    assert (books["to_order"], books["short_on"], books["order_by"]) == (2, "2027-02-01", None)
    text = ran(school, "year", "--until", "2027-06-30", "--with", "intake").out
    assert "From 2027-02-01 on seats are missing: order 2 seats by 2027-02-01." in text
    assert "Grace from 2026-09-01 to 2027-06-30, with intake, if nothing else happens" in text


def test_a_total_that_falls_names_the_last_day_of_notice(school: Path) -> None:
    staff = CONFIG.replace("tags: [staff]", "tags: [student]")
    (school / "seatsync.yaml").write_text(staff, encoding="utf-8")
    books = year(school)["libraries"]["books"]
    assert (books["to_order"], books["short_on"], books["order_by"]) == (1, "2027-08-01", "2027-06-01")
    assert "order 1 seat by 2027-06-01, the last day of notice of contract PO-1187." in ran(school, "year").out


def test_a_plan_that_would_be_blocked_is_told_with_its_days(school: Path) -> None:
    said = year(school, "--with", "intake")
    refused = [{"code": "slots-exceeded", "library": "books"}]
    assert said["blocked"] == [{"from": "2027-02-01", "until": "2027-04-30", "refusals": refused}]
    assert in_use(said)["2027-02-01"] == (3, 1)
    assert in_use(said)["2027-05-08"] == (1, 3), "afterwards the days go on"
    told = "From 2027-02-01 to 2027-04-30 the plan of each day is blocked (slots-exceeded in books)"
    assert told in ran(school, "year", "--with", "intake").out
    for format in ("csv", "ics"):
        assert told in ran(school, "year", "--with", "intake", "--format", format).err
    assert "blocked" not in year(school)


def test_who_waits_is_told_where_a_library_has_a_line(school: Path) -> None:
    (school / "seatsync.yaml").write_text(
        CONFIG.replace("    slots:\n", "    when_full: wait\n    slots:\n"), encoding="utf-8"
    )
    books = year(school, "--with", "intake")["libraries"]["books"]
    days = {day["date"]: (day["used"], day["waiting"]) for day in books["days"]}
    assert days["2027-02-01"] == (4, 2)
    assert days["2027-05-01"] == (3, 0)
    assert (books["full_on"], books["to_order"]) == ("2027-02-01", 2)


def test_a_member_s_last_day_comes_as_the_files_will_be_read_then(school: Path) -> None:
    rows = [f"{line},{end}" for line, end in zip(MEMBERS.splitlines(), ("end_date", "", "2026-10-31", ""), strict=True)]
    (school / "members.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    assert in_use(year(school))["2026-11-01"] == (2, 2)
    assert in_use(year(school))["2027-01-11"] == (2, 2)


def test_before_the_first_apply_it_is_the_year_of_the_files(tmp_path: Path) -> None:
    (tmp_path / "seatsync.yaml").write_text(CONFIG, encoding="utf-8")
    (tmp_path / "members.csv").write_text(MEMBERS, encoding="utf-8")
    said = year(tmp_path)
    assert in_use(said)["2026-09-01"] == (3, 1)
    assert said["letters"][0] == {"date": "2026-09-01", "admin-welcome": 1, "invitation": 3}


def test_the_table_is_csv_too(school: Path) -> None:
    lines = ran(school, "year", "--format", "csv").out.splitlines()
    assert (
        lines[0] == "institution,library,date,total,used,available,waiting,asked,granted,ended,lapsed,permanent,letters"
    )
    assert lines[3] == "grace,books,2026-12-19,4,1,3,0,1,0,2,0,0,0"


def test_no_member_is_named(school: Path) -> None:
    for format in ("text", "json", "csv", "html", "ics"):
        said = ran(school, "year", "--format", format, "--verbose").out
        assert not any(name in said for name in ("ann@", "Lee", "ruth@", "Abel"))


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["--until", "2026-08-31"], "2026-08-31 is over: today is 2026-09-01."),
        (["--with", "intak"], 'seatsync.yaml has no scenario "intak". Did you mean "intake"?'),
    ],
)
def test_wrong_usage_is_told(school: Path, args: list[str], told: str) -> None:
    assert told in ran(school, "year", *args, code=64).err


def test_files_with_mistakes_have_no_year(school: Path) -> None:
    (school / "seatsync.yaml").write_text(CONFIG.replace("add: 3", "add: 0"), encoding="utf-8")
    assert "scenarios" in ran(school, "year", code=3).out + ran(school, "year", code=3).err


@pytest.mark.parametrize("width", ["60", "80", "120"])
def test_it_fits_a_terminal(school: Path, width: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", width)
    lines = ran(school, "year", "--with", "intake").out.splitlines()
    assert max(map(len, lines)) <= int(width)
    assert any("█" in line for line in lines)


def test_under_the_line_are_months_or_of_many_years_the_years(school: Path) -> None:
    assert ran(school, "year").out.splitlines()[4].split()[:3] == ["Sep", "Oct", "Nov"]
    many = ran(school, "year", "--until", "2035-08-31").out.splitlines()[4].split()
    assert many == [str(number) for number in range(2027, 2036)]


# ── As a calendar and as a page ─────────────────────────────────────────────────────────────────────────────────────


def events(ics: str) -> list[dict[str, str]]:
    """The events of a calendar, each property unfolded."""
    lines = ics.replace("\r\n ", "").split("\r\n")
    assert lines[0] == "BEGIN:VCALENDAR"
    assert lines[-2:] == ["END:VCALENDAR", ""]
    found: list[dict[str, str]] = []
    for line in lines:
        name, _, value = line.partition(":")
        if line == "BEGIN:VEVENT":
            found.append({})
        elif found:
            found[-1].setdefault(name, value)
    return found


def test_the_calendar_has_what_a_person_must_not_miss(school: Path) -> None:
    said = {(one["DTSTART;VALUE=DATE"], one["SUMMARY"]) for one in events(ran(school, "year", "--format", "ics").out)}
    assert said == {
        ("20261218", "Books: last day of 2 seats"),
        ("20270111", "Books: 2 seats begin"),
        ("20270507", "Books: last day of 2 seats"),
        ("20270601", "Books: last day of notice of contract PO-1187"),
        ("20270731", "Books: last day of contract PO-1187"),
        ("20270801", "Books: 1 seat from today on\\, 4 before"),
        ("20270801", "Books: no seat is available"),
    }


def test_a_calendar_that_reads_the_file_again_changes_its_entries_in_place(school: Path) -> None:
    before = {one["UID"]: one for one in events(ran(school, "year", "--format", "ics").out)}
    (school / "members.csv").write_text(MEMBERS + "dan@grace.example,Dan,Roe,student\n", encoding="utf-8")
    after = {one["UID"]: one for one in events(ran(school, "year", "--format", "ics").out)}
    spring = "books/begin/2027-01-11/grace@seatsync"
    assert (before[spring]["SUMMARY"], after[spring]["SUMMARY"]) == ("Books: 2 seats begin", "Books: 3 seats begin")
    assert len(after) == len(events(ran(school, "year", "--format", "ics").out)), "each UID once"


def test_contracts_without_an_order_are_told_apart_and_one_whose_notice_is_over_still_ends(school: Path) -> None:
    """Two contracts that end on one day, one with the longer notice: two last days of notice, one end, and each UID once."""
    slots = "      - {count: 1, until: 2027-07-31, contract: {until: 2027-07-31, notice: 90d}}\n      - {count: 1}"
    slots += "\n      - {count: 1, until: 2027-08-30, contract: {until: 2027-08-30, notice: 90d}}"
    config = CONFIG.replace(", order: PO-1187", "").replace("      - {count: 1}", slots)
    (school / "seatsync.yaml").write_text(config, encoding="utf-8")

    def contracts(now: str) -> list[tuple[str, str]]:
        found = events(ran(school, "year", "--format", "ics", now=now).out)
        assert len({one["UID"] for one in found}) == len(found)
        return [
            (one["DTSTART;VALUE=DATE"], one["SUMMARY"].removeprefix("Books: last day of "))
            for one in found
            if "contract" in one["SUMMARY"]
        ]

    ends = [("20270731", "the contract until 2027-07-31"), ("20270830", "the contract until 2027-08-30")]
    assert contracts("2026-09-01") == [
        ("20270502", "notice of the contract until 2027-07-31"),
        ("20270601", "notice of the contract until 2027-07-31"),
        ("20270601", "notice of the contract until 2027-08-30"),
        *ends,
    ]
    assert contracts("2027-06-15") == ends


def test_the_calendar_says_why_nothing_happens_from_a_day_on(school: Path) -> None:
    """The plan of a day has no scenario, so no command shows why it is blocked with one."""

    def blocked(*args: str) -> list[str]:
        found = events(ran(school, "year", "--format", "ics", *args).out)
        return [one["DESCRIPTION"] for one in found if "the plan is blocked" in one["SUMMARY"]]

    days = "From 2027-02-01 to 2027-04-30 the plan of each day is blocked (slots-exceeded in books): "
    assert blocked("--with", "intake") == [f"{days}nothing is granted\\, ends or is sent."]
    (school / "seatsync.yaml").write_text(CONFIG.replace("{count: 3, until", "{count: 2, until"), encoding="utf-8")
    (school / "members.csv").write_text(MEMBERS + "dan@grace.example,Dan,Roe,student\n", encoding="utf-8")
    assert "`seatsync plan --now 2026-09-01` says more." in blocked()[0]


def test_the_calendar_keeps_the_rules_of_its_format(school: Path) -> None:
    """RFC 5545: lines end with CRLF and have at most 75 octets, texts are escaped, an all-day event has an exclusive end."""
    title = "Bücher; alle, auch die langen " + "ü" * 60
    (school / "seatsync.yaml").write_text(CONFIG.replace("title: Books", f"title: '{title}'"), encoding="utf-8")
    ics = ran(school, "year", "--format", "ics").out
    assert max(len(line.encode()) for line in ics.split("\r\n")) <= 75
    assert "\n" not in ics.replace("\r\n", "")
    first = events(ics)[0]
    assert first["SUMMARY"] == "Bücher\\; alle\\, auch die langen " + "ü" * 60 + ": last day of 2 seats"
    assert (first["DTSTART;VALUE=DATE"], first["DTEND;VALUE=DATE"]) == ("20261218", "20261219")
    assert first["DTSTAMP"] == "20260901T000000Z"


def test_the_page_draws_each_library_and_says_what_to_do(school: Path) -> None:
    page = plain(ran(school, "year", "--format", "html", "--with", "intake").out)
    assert page.count('<svg class="over-time"') == 1
    assert "<script" not in page
    assert "http" not in page.replace("http-equiv", "")
    assert "From 1 February 2027 on seats are missing: order 2 seats by 1 February 2027." in page
    assert "the plan of each day is blocked (slots-exceeded in books)" in page
    assert page.count('<th scope="row">') == len(year(school, "--with", "intake")["libraries"]["books"]["days"])


@needs_chromium
@pytest.mark.sqlite_only("it is about what is shown")
@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 320)])
def test_nobody_is_shut_out_of_the_page_of_the_year(scheme: Any, width: int, school: Path, browser: Browser) -> None:
    file = school / "year.html"
    file.write_text(ran(school, "year", "--format", "html", "--with", "intake").out, encoding="utf-8")
    shown = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 800}).new_page()
    shown.goto(file.as_uri())
    for details in shown.locator("summary").all():
        details.click()
    must_be_accessible(shown)
    must_fit(shown)


# ── On a pull request ───────────────────────────────────────────────────────────────────────────────────────────────


def git(folder: Path, *words: str) -> None:
    subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def reviewed(school: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The school in Git, on a branch."""
    commit_as_ruth(monkeypatch)
    (school / ".gitignore").write_text("seatsync.db*\n", encoding="utf-8")
    git(school, "init", "--quiet", "--initial-branch=main")
    git(school, "add", "--all")
    git(school, "commit", "--quiet", "--message", "first")
    git(school, "checkout", "--quiet", "-b", "change")
    return school


def moved(folder: Path, *args: str) -> list[str]:
    """What the plan of the branch says of the curve."""
    plan = json.loads(ran(folder, "plan", "--changed-since", "main", "--format", "json", *args).out)
    return [one["message"] for one in plan["warnings"] if one["code"] == "curve-moves"]


def test_a_change_that_moves_the_curve_says_by_how_much(reviewed: Path) -> None:
    (reviewed / "members.csv").write_text(MEMBERS + "dan@grace.example,Dan,Roe,student\n", encoding="utf-8")
    assert moved(reviewed) == [
        '"Books" (books) in the coming year: full on 2026-09-01, was full on 2027-08-01; '
        "at most 4 of 4 seats asked for, on 2026-09-01, was 3."
    ]
    comment = ran(reviewed, "plan", "--changed-since", "main", "--format", "markdown").out
    assert "in the coming year: full on 2026-09-01" in comment


def test_seats_that_a_later_term_lacks_are_ordered_before(reviewed: Path) -> None:
    more = CONFIG.replace(
        "term: spring}", "term: spring}\n  - {library: books, kind: temporary, to: {tags: [guest]}, from: 2027-02-01}"
    )
    (reviewed / "seatsync.yaml").write_text(more, encoding="utf-8")
    guests = "".join(f"g{number}@grace.example,G,Uest{number},guest\n" for number in range(2))
    (reviewed / "members.csv").write_text(MEMBERS + guests, encoding="utf-8")
    assert moved(reviewed) == [
        '"Books" (books) in the coming year: full on 2027-02-01, was full on 2027-08-01; '
        "at most 5 of 4 seats asked for, on 2027-02-01, was 3."
    ]
    assert "Order 2 seats by 2027-02-01, or grant fewer." in ran(
        reviewed, "plan", "--changed-since", "main"
    ).out.replace("\n", " ")


def test_a_change_that_leaves_the_curve_says_nothing(reviewed: Path) -> None:
    (reviewed / "members.csv").write_text(MEMBERS.replace("Ann,Lee", "Anne,Lee"), encoding="utf-8")
    assert moved(reviewed) == []


def test_under_redaction_it_says_the_same(reviewed: Path) -> None:
    (reviewed / "members.csv").write_text(MEMBERS + "dan@grace.example,Dan,Roe,student\n", encoding="utf-8")
    assert moved(reviewed, "--redact") == moved(reviewed)


def test_who_does_not_claim_in_time_is_told_from_whose_seat_ends(school: Path) -> None:
    (school / "seatsync.yaml").write_text(CONFIG.replace("[3d]", "[3d], reclaim_after: 30d"), encoding="utf-8")
    ran(school, "apply", "--yes")
    assert "3 lapse unclaimed" in ran(school, "year").out
    days = year(school)["libraries"]["books"]["days"]
    assert next((day["date"], day["lapsed"]) for day in days if "lapsed" in day) == ("2026-10-01", 3)
    assert not any("ended" in day for day in days)
    assert "Books: last day to claim 3 seats" in ran(school, "year", "--format", "ics").out


@pytest.mark.parametrize("tags", ["", "tags: [students], "])
def test_a_scenario_that_no_grant_reaches_is_told_in_every_format(school: Path, tags: str) -> None:
    (school / "seatsync.yaml").write_text(CONFIG.replace("tags: [student], on", f"{tags}on"), encoding="utf-8")
    for format in ("text", "json", "csv", "html", "ics"):
        year = ran(school, "year", "--with", "intake", "--format", format)
        given = "students" if tags else "none"
        assert f"No grant reaches the members of intake (tags: {given})" in year.out + year.err, format
    assert "No grant reaches" not in ran(school, "year").out


def test_a_scenario_that_begins_after_the_grants_for_it_is_told_so(school: Path) -> None:
    (school / "seatsync.yaml").write_text(
        CONFIG.replace("on: 2027-02-01, until: 2027-04-30", "on: 2027-06-01"), encoding="utf-8"
    )
    told = " ".join(ran(school, "year", "--with", "intake").out.split())
    assert (
        "The grants for the members of intake end on 2027-05-07, before it begins on 2027-06-01, so they change nothing"
        in told
    )
    assert "No grant reaches" not in told


def test_a_scenario_that_is_not_within_the_days_is_told(school: Path) -> None:
    late = ran(school, "year", "--until", "2027-01-31", "--with", "intake").out
    assert "intake begins on 2027-02-01, after the last of these days, so it changes nothing" in " ".join(late.split())
    assert (
        "intake ended on 2027-04-30, so it changes nothing."
        in ran(school, "year", "--with", "intake", now="2027-05-01").out
    )


def test_a_scenario_named_twice_comes_once(school: Path) -> None:
    assert year(school, "--with", "intake", "--with", "intake") == year(school, "--with", "intake")


def test_what_is_not_applied_yet_is_told_as_coming_today(school: Path) -> None:
    assert "not applied" not in ran(school, "year").out
    (school / "members.csv").write_text(MEMBERS.replace("ben@grace.example,Ben,Ode,student\n", ""), encoding="utf-8")
    assert "2 changes of the files are not applied yet and come today." in ran(school, "year").out
    assert year(school)["told"]


def test_a_change_of_many_institutions_is_planned_without_their_years(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit_as_ruth(monkeypatch)
    folders = [tmp_path / f"i{number:02}" for number in range(11)]
    for folder in folders:
        folder.mkdir()
        (folder / "seatsync.yaml").write_text(CONFIG.replace("id: grace", f"id: {folder.name}"), encoding="utf-8")
        (folder / "members.csv").write_text(MEMBERS, encoding="utf-8")
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", "--all")
    git(tmp_path, "commit", "--quiet", "--message", "first")
    for compared, changed in ((10, folders[:10]), (0, folders)):
        for folder in changed:
            (folder / "members.csv").write_text(MEMBERS + "dan@grace.example,Dan,Roe,student\n", encoding="utf-8")
        command = ("plan", *[folder.name for folder in folders], "--changed-since", "HEAD", "--format", "json")
        plans = json.loads(ran(tmp_path, *command).out)
        assert sum("curve-moves" in {one["code"] for one in plan["warnings"]} for plan in plans) == compared
        assert len(plans) == len(changed)
