"""The administrators' pages: the command line's lists in pages. Nobody sees another institution."""

from __future__ import annotations

import csv
import html
import io
import json
import random
import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Route
from sqlalchemy import Engine, event
from werkzeug.datastructures import MultiDict

from seatsync.domain.action import Letter
from seatsync.domain.filters import CHOICES, Filters
from seatsync.domain.person import found_by
from seatsync.ledger.database import Ledger
from seatsync.ledger.queries import batches, keyset, lists
from seatsync.ledger.queries.lists import PageRequest
from seatsync.ledger.queries.named import domains_of, nearest_members
from seatsync.ledger.queries.origins import LicenseOrigin
from seatsync.portal.admin import journal, labels, list_pages
from seatsync.portal.admin.query_string import filters_of, query_of
from seatsync.portal.admin.source_links import source_link, source_url_fault
from tests.cli.test_lists import write_csv
from tests.support import letters
from tests.support.chromium import must_be_accessible, must_fit, needs_chromium
from tests.support.databases import copied, ledgers, location
from tests.support.letters import CONFIG, DAY, LATER, PORTAL, ran
from tests.support.mail_server import Mailroom
from tests.support.pages import PASSWORD, Browser, Pages, pages_of

pytestmark = pytest.mark.slow

school, room = letters.school, letters.room

RUTH = "ruth@grace.example"
HEADER = ["email", "given_name", "family_name", "student_id", "role", "tags"]
COMMIT = "c0ffee" * 6 + "c0ff"
SOURCE = "https://git.example/seats/blob/{commit}/{institution}/{file}#L{line}"
EVIL = "<script>alert(1)</script>"
LIBRARIES = ["books", "jamworks", "logos"]
CROWD = 60


def people(number: int) -> list[list[str]]:
    """Members with few different names, so that many are equal when sorted, in random order."""
    chance = random.Random(7)
    rows = []
    for i in range(number):
        tags = ";".join(tag for tag in ("student", "owner", "jam") if chance.random() < 0.5)
        given, family = chance.choice(["Ann", "ann", "Çağla", "=1+1"]), chance.choice(["Lee", "lee", "Öz", EVIL])
        student_id = f"{chance.randrange(10**6)}-{i}" if i % 3 else ""
        rows.append(
            [f"{chance.choice('abc')}{i}@grace.example", given, family, student_id, chance.choice(["", "Fellow"]), tags]
        )
    return rows


def applied(folder: Path, rows: list[list[str]], now: str) -> None:
    write_csv(folder / "members.csv", HEADER, *rows)
    ran(folder, "apply", "--yes", "--actor", "ci", "--commit", COMMIT, now=now)


@pytest.fixture(scope="module")
def two_days(tmp_path_factory: pytest.TempPathFactory, database: str) -> Path:
    """Sixty members after two days: some have claimed, declined, left or come later. Read-only; see ``crowd`` for a copy."""
    folder, rows = tmp_path_factory.mktemp("two-days"), people(CROWD)
    (folder / "seatsync.yaml").write_text(CONFIG)
    applied(folder, rows[: CROWD - 15], DAY)
    held = json.loads(ran(folder, "licenses", "--format", "json").out)
    for license in held[::12]:
        ran(folder, "ledger", "claim", license["library"], license["email"])
    for license in held[1::12]:
        ran(folder, "ledger", "opt-out", license["library"], license["email"])
    applied(folder, rows[5:], LATER)
    return folder


@pytest.fixture
def crowd(two_days: Path, tmp_path: Path) -> Path:
    """A writable copy of ``two_days``."""
    return copied(two_days, tmp_path / "grace")


@pytest.fixture
def pages(crowd: Path, room: Mailroom) -> Iterator[Pages]:
    with pages_of(crowd, room, room.port, source_url=SOURCE) as found:
        yield found


@pytest.fixture
def ruth(crowd: Path, pages: Pages) -> Browser:
    return pages.account(RUTH)


# ── Lists, a page at a time ─────────────────────────────────────────────────────────────────────────────────────────

FILTERS: list[dict[str, str | list[str]]] = [
    {},
    {"search": "LEE"},
    {"search": "çağla"},
    {"search": "oz"},
    {"search": "nobody"},
    {"tag": "student"},
    {"tag": f"imported:{LATER}"},
    {"library": "logos", "licensed": "with"},
    {"library": "logos", "licensed": "without"},
    {"licensed": "without"},
    {"library": "books", "kind": "permanent", "tag": "student"},
    {"status": "unclaimed"},
    {"status": "opted_out"},
    {"kind": "none"},
    {"library": "jamworks", "status": "none"},
    {"library": "logos", "status": ["none", "unclaimed"]},
    {"kind": ["temporary", "permanent"], "status": ["opted_out", "delivered"]},
    {"ends": "2027-06-30"},
    {"library": "logos", "ends": "2027-06-30", "status": "unclaimed", "tag": "jam"},
    {"ends": "2027-07-01"},
    {"library": "logos", "licensed": "all"},
]
COMMANDS = {"with": "--with-license", "without": "--without-license", "all": "--all"}


def options(filters: dict[str, str | list[str]]) -> list[str]:
    """Return the filters as command line options."""
    return [
        word
        for name, value in filters.items()
        for one in ([value] if isinstance(value, str) else value)
        for word in ([COMMANDS[one]] if name == "licensed" else [f"--{name}", one])
    ]


def turned(folder: Path, read: Callable[..., Any], filters: Filters, sort: str) -> list[Any]:
    """Page through a whole list to its end and back, and check that both ways list the same."""
    with Ledger(location(folder)).reading() as connection:
        page = read(connection, "grace", filters, PageRequest(sort), LIBRARIES)
        assert not page.has_before
        forth = [page.rows]
        while page.has_after:
            page = read(connection, "grace", filters, PageRequest(sort, after=page.rows[-1].cursor), LIBRARIES)
            assert page.has_before
            forth.append(page.rows)
        back = [page.rows]
        while page.has_before:
            page = read(connection, "grace", filters, PageRequest(sort, before=page.rows[0].cursor), LIBRARIES)
            assert page.has_after
            if page.rows:
                back.append(page.rows)
    whole = [row for rows in forth for row in rows]
    assert [row for rows in reversed(back) for row in rows] == whole
    return whole


MEMBER_KEYS: dict[str, Callable[[Any], Any]] = {
    "family_name": lambda row: (found_by(row.member), row.number),
    "email": lambda row: (row.member.key, row.number),
    "student_id": lambda row: (row.member.student_id, row.number),
    "imported_on": lambda row: row.number,
}
ONE_KEYS: dict[str, Callable[[Any], Any]] = {
    "kind": lambda row: (row.held[0].license.kind, row.number),
    "status": lambda row: (row.held[0].license.status, row.number),
    "until": lambda row: (row.held[0].license.ends or "~", row.number),
}
"""Of a list of members, for one library."""
LICENSE_KEYS: dict[str, Callable[[Any], Any]] = {
    "family_name": lambda row: (found_by(row.member), row.number, row.library),
    "email": lambda row: (row.member.key, row.number, row.library),
    "student_id": lambda row: (row.member.student_id, row.number, row.library),
    "imported_on": lambda row: (row.number, row.library),
    "kind": lambda row: (row.license.kind, row.library, row.number),
    "status": lambda row: (row.license.status, row.library, row.number),
    "until": lambda row: (row.license.ends or "~", row.library, row.number),
    "invited_on": lambda row: (row.license.invited_on, row.library, row.number),
    "place": lambda row: (row.license.place, row.library, row.number),
}


def some(sorts: dict[str, Callable[[Any], Any]], turn: int) -> list[tuple[str, Callable[[Any], Any]]]:
    """All sorts for the list without filters, and one sort for each filter."""
    return [*sorts.items()][turn % len(sorts) :][:1] if turn else [*sorts.items()]


def test_pages_of_members_have_everybody_of_the_command_lines_list_once_and_in_order(
    crowd: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyset, "SIZE", 7)
    monkeypatch.setattr(keyset, "NEAR", 20)
    assert ({*MEMBER_KEYS}, {*ONE_KEYS}) == ({*lists.MEMBER_SORTS}, {*lists.SORTS_OF_ONE})
    for turn, given in enumerate(FILTERS):
        listed = json.loads(ran(crowd, "members", *options(given), "--format", "json").out)
        emails = sorted(row["email"] for row in listed)
        filters = filters_of(MultiDict(given), LIBRARIES, "on")
        for sort, key in [*some(MEMBER_KEYS, turn), *(ONE_KEYS.items() if "library" in given else ())]:
            for sign, is_descending in (("", False), ("-", True)):
                found = turned(crowd, lists.members, filters, sign + sort)
                assert sorted(row.member.email for row in found) == emails, (given, sort)
                assert found == sorted(found, key=key, reverse=is_descending), (given, sort)


def test_pages_of_licenses_have_every_license_of_the_command_lines_list_once_and_in_order(
    crowd: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyset, "SIZE", 7)
    monkeypatch.setattr(keyset, "NEAR", 20)
    assert {*LICENSE_KEYS} == {*lists.LICENSE_SORTS}
    for turn, given in enumerate(FILTERS):
        listed = json.loads(ran(crowd, "licenses", *options(given), "--format", "json").out)
        wanted = sorted((row["library"], row["email"], row["kind"], row["status"], row["mail"]) for row in listed)
        filters = filters_of(MultiDict(given), LIBRARIES, "any")
        for sort, key in some(LICENSE_KEYS, turn):
            for sign, is_descending in (("", False), ("-", True)):
                rows = turned(crowd, lists.licenses, filters, sign + sort)
                found = sorted((r.library, r.member.email, r.license.kind, r.license.status, r.mail) for r in rows)
                assert found == wanted, (given, sort)
                assert rows == sorted(rows, key=key, reverse=is_descending), (given, sort)


def test_an_address_keeps_several_kinds_and_statuses_and_the_page_shows_them_chosen(crowd: Path, ruth: Browser) -> None:
    filters = filters_of(MultiDict({"kind": ["temporary", "permanent"], "status": ["delivered"]}), LIBRARIES, "any")
    assert query_of(filters) == {"kind": ["temporary", "permanent"], "status": ["delivered"], "roster": "any"}
    page = ruth.open("/admin/grace/licenses?kind=temporary&kind=permanent").body
    for kind in CHOICES["kind"]:
        checked = " checked" if kind != "none" else ""
        assert f'<input type="checkbox" name="kind" value="{kind}"{checked}>' in page
    assert ruth.open("/admin/grace/licenses?kind=temporary&kind=unknown").code == 400


def test_an_order_and_the_next_page_keep_the_filters(ruth: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyset, "SIZE", 5)
    given = {"kind": ["temporary", "permanent"], "status": ["unclaimed"], "tag": ["student"], "search": "grace.example"}
    page = ruth.open(f"/admin/grace/licenses?{urlencode(given, doseq=True)}")
    for link in ("Kind", "End date", "Next page"):
        kept = parse_qs(urlsplit(page.links[link]).query)
        assert {name: kept[name] for name in given} == {**given, "search": ["grace.example"]}, link


@pytest.mark.parametrize(
    ("address", "title"),
    [
        ("members", "Members"),
        ("members?library=logos", "Members: Logos"),
        ("members?library=logos&licensed=with", "Members with Logos"),
        ("members?library=logos&licensed=without", "Members without Logos"),
        ("members?licensed=without", "Members without a license"),
        ("members?licensed=all", "Members"),
        ("members?tag=student;jam&role=teacher", "Members, teacher, student, jam"),
        ("members?roster=left&kind=temporary", "Members, temporary, no longer on any roster"),
        ("licenses", "Licenses"),
        ("licenses?library=logos&status=unclaimed&status=revoked", "Licenses: Logos, unclaimed / revoked"),
        ("licenses?at_vendor=open&search=lee", "Licenses, to be done at the vendor"),
        ("licenses?at_vendor=done", "Licenses, nothing to be done at the vendor"),
        ("licenses?library=logos&ends=2027-06-30", "Licenses: Logos, last day 30 June 2027"),
    ],
)
def test_the_heading_of_a_list_says_what_is_filtered(crowd: Path, ruth: Browser, address: str, title: str) -> None:
    assert ruth.open(f"/admin/grace/{address}").title == title


def test_a_list_is_counted_once_in_each_state_of_the_ledger(crowd: Path, ruth: Browser) -> None:
    asked: list[tuple[str, dict[str, str | list[str]]]] = [
        ("members", {"tag": "student"}),
        ("members", {"library": "logos", "status": ["none", "unclaimed"]}),
        ("licenses", {}),
        ("licenses", {"search": "lee", "kind": "permanent"}),
    ]
    for kind, given in asked:
        number = len(json.loads(ran(crowd, kind, *options(given), "--format", "json").out))
        address = f"/admin/grace/{kind}?{urlencode(given, doseq=True)}"
        assert f"{kind.capitalize()}: {number} Export" in ruth.open(address).text
        assert "count(" not in " ".join(asked_for(ruth, address))
    applied(crowd, people(CROWD)[:9], LATER)
    assert "Members: 9 Export" in ruth.open("/admin/grace/members").text


def test_tags_are_there_to_pick_and_others_can_be_typed(
    crowd: Path, ruth: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    students = json.loads(ran(crowd, "members", "--tag", "student", "--format", "json").out)
    page = ruth.open("/admin/grace/members?tag=student&tag=elsewhere;owner")
    assert '<input type="checkbox" name="tag" value="student" checked>' in page.body
    assert f"student ({len(students)})" in page.text
    assert f"imported:{LATER} (" in page.text
    assert '<input id="tag" name="tag" value="elsewhere"' in page.body
    monkeypatch.setattr(list_pages, "MOST_TAGS", 1)
    page = ruth.open("/admin/grace/members?tag=jam")
    assert page.body.count('type="checkbox" name="tag"') == 2, "the most frequent one, and the one in use"


def test_members_are_found_and_shown_by_the_e_mail_of_their_account(crowd: Path, ruth: Browser) -> None:
    on_roster = {row["email"] for row in json.loads(ran(crowd, "members", "--format", "json").out)}
    unclaimed = json.loads(ran(crowd, "licenses", "--status", "unclaimed", "--format", "json").out)
    license = next(one for one in unclaimed if one["email"] in on_roster)
    ran(crowd, "ledger", "claim", license["library"], license["email"], "--account", "Çağla.Own@home.example")
    for path in ("members", "licenses", f"members?library={license['library']}"):
        page = ruth.open(f"/admin/grace/{path}{'&' if '?' in path else '?'}search=çağla.OWN@")
        assert "signs in with Çağla.Own@home.example" in page.text, path
        assert f"{'Licenses' if path == 'licenses' else 'Members'}: 1 Export" in page.text or path == "licenses"
    found = json.loads(ran(crowd, "members", "--search", "çağla.own@HOME", "--format", "json").out)
    assert [row["email"] for row in found] == [license["email"]]


def test_the_members_who_left_are_a_list_of_their_own(crowd: Path) -> None:
    filters = filters_of(MultiDict({"roster": "left"}), LIBRARIES, "on")
    found = turned(crowd, lists.members, filters, "email")
    assert sorted(row.member.email for row in found) == sorted(row[0] for row in people(CROWD)[:5])


def test_what_is_exported_is_what_the_command_line_exports(
    crowd: Path, ruth: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "AT_ONCE", 30)
    for given in FILTERS:
        members = ruth.open(f"/admin/grace/members.csv?{urlencode(given, doseq=True)}")
        assert members.body == ran(crowd, "export", *options(given)).out
        licenses = ruth.open(f"/admin/grace/licenses.csv?{urlencode(given, doseq=True)}")
        assert licenses.body == ran(crowd, "licenses", *options(given), "--format", "csv").out
    assert members.headers["Content-Disposition"] == 'attachment; filename="grace-members.csv"'
    assert "'=1+1" in members.body


def test_an_account_takes_one_export_at_a_time_and_all_together_half_of_the_threads(ruth: Browser) -> None:
    limits = ruth.client.application.extensions["seatsync"].limits

    def begun(name: str) -> Any:
        return ruth.client.get(f"/admin/grace/{name}.csv", base_url=PORTAL, buffered=False)

    first, second = begun("members"), begun("licenses")  # the first is not read
    assert (first.status_code, second.status_code, second.headers["Retry-After"]) == (200, 429, "30")
    assert ruth.open("/admin/grace/members.csv?kind=gold").code == 400
    first.close()  # the client disconnects
    assert ruth.open("/admin/grace/licenses.csv").code == 200
    assert ruth.open("/admin/grace/members.csv").code == 200
    for number in range(4):
        limits.begin_export(f"other {number}")
    assert begun("members").status_code == 429
    limits.end_export("other 0")
    assert ruth.open("/admin/grace/members.csv").code == 200


@pytest.mark.parametrize(
    "query",
    [
        "kind=gold",
        "library=nothing",
        "sort=password",
        "after=x",
        "after=99999",
        "licensed=no",
        "search=a%00b",
        "a%00b=c",
        "tag=" + ";".join(map(str, range(21))),
    ],
)
@pytest.mark.sqlite_only("it is about addresses")
def test_an_address_that_no_link_of_ours_has_is_refused(query: str, ruth: Browser) -> None:
    for path in ("members", "licenses"):
        assert ruth.open(f"/admin/grace/{path}?{query}").code == 400
    if not query.startswith(("sort", "after")):
        assert ruth.open(f"/admin/grace/members.csv?{query}").code == 400


def test_what_no_database_takes_is_no_fault_of_the_ledger_s(ruth: Browser) -> None:
    for number in (2**31, 2**63, "9" * 5000):
        assert ruth.open(f"/admin/grace/members/{number}").code == 404
        assert "Search the lists" in ruth.page.text
        assert "letter" not in ruth.page.text
        assert ruth.open(f"/seats/grace/books/{number}/opt-out").code == 404
        assert ruth.open(f"/admin/grace/journal?before={number}").code == 400
    for path in ("/admin/gr%00ce/", "/claim/%00", "/static/%00", "/seats/gr%00ce/books/1/opt-out"):
        assert ruth.open(path).code == 404
    form = ruth.open("/admin/grace/select").form("Select")
    file = (io.BytesIO(b"email\nann@grace.example\n"), "lost.csv")
    assert ruth.send(form.action, **form.fields, file=file, search="a\0b").code == 400


# ── What the pages show ─────────────────────────────────────────────────────────────────────────────────────────────


def test_an_administrator_finds_contacts_claim_url_slots_and_members(crowd: Path, ruth: Browser) -> None:
    ruth.open("/")
    page = ruth.open(ruth.page.links["Grace Seminary"])
    assert "Dana Fox" in page.text
    assert f"{PORTAL}/claim/grace" in page.text
    status = json.loads(ran(crowd, "status", "--format", "json").out)["libraries"]
    page = ruth.open(page.links["Libraries"])
    for figures in status.values():
        assert (
            f"Total {figures['total']:,} Used {figures['used']} Available {figures['available']} "
            f"Temporary, claimed {figures['temporary']} Temporary, unclaimed {figures['temporary_reserved']} "
            f"Permanent, claimed {figures['permanent']} Permanent, unclaimed {figures['permanent_reserved']}"
            in page.text
        )
    page = ruth.open("/admin/grace/members?library=logos&licensed=with&search=çağla")
    asked = ("--library", "logos", "--with-license", "--search", "çağla", "--format", "json")
    assert page.text.count("@grace.example") == len(json.loads(ran(crowd, "members", *asked).out)) > 3
    assert page.form("Show").method == "get"


def test_a_license_leads_to_the_line_that_asked_for_it_as_it_was_then(crowd: Path, ruth: Browser) -> None:
    line = 1 + next(n for n, text in enumerate(CONFIG.splitlines()) if "library: books" in text)
    links = set(ruth.open("/admin/grace/licenses?library=books").links.items())
    assert (f"seatsync.yaml:{line}", f"https://git.example/seats/blob/{COMMIT}/grace/seatsync.yaml#L{line}") in links


def test_what_a_roster_says_is_never_obeyed(crowd: Path, ruth: Browser) -> None:
    one = next(row for row in people(CROWD)[5:] if row[2] == EVIL)
    for path in ("members", "licenses", "journal", "members?search=" + EVIL):
        page = ruth.open(f"/admin/grace/{path}")
        assert page.code == 200
        assert "<script" not in page.body
    assert "&lt;script&gt;" in ruth.open(f"/admin/grace/members?search={one[0]}").body
    libraries = ruth.open("/admin/grace/libraries").body
    assert "style=" not in libraries
    assert 'Id: <span class="whole">logos</span>' in libraries


def test_the_journal_is_turned_over_page_by_page(crowd: Path, ruth: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "MAX_SEARCHED", 60)
    told = json.loads(ran(crowd, "log", "--limit", "100000", "--format", "json").out)
    for given, wanted in (
        ({}, told),
        ({"what": "upgrade"}, [line for line in told if line["what"] == "upgrade"]),
        (
            {"what": "claim", "library": "logos"},
            [line for line in told if (line["what"], line["library"]) == ("claim", "logos")],
        ),
        ({"member": people(CROWD)[3][0]}, [line for line in told if line["member"] == people(CROWD)[3][0]]),
    ):
        page = ruth.open(f"/admin/grace/journal?{urlencode(given, doseq=True)}")
        seen = [events(page.body)]
        while "Older" in page.links:
            page = ruth.open(page.links["Older"])
            seen.append(events(page.body))
        assert sum(seen) == len(wanted)
        newest = seen[0] if sum(seen) <= journal.PAGE_SIZE else None
        while "Newer" in page.links:
            page = ruth.open(page.links["Newer"])
        assert newest in (None, events(page.body)) or events(page.body) == 0


def test_the_journal_of_some_days_is_what_log_says_of_them_in_the_institution_s_time_zone(
    crowd: Path, ruth: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "PAGE_SIZE", 40)
    zoned = CONFIG.replace("  name: Grace Seminary\n", "  name: Grace Seminary\n  timezone: America/Chicago\n")
    (crowd / "seatsync.yaml").write_text(zoned)
    ran(crowd, "apply", "--yes", now="2026-09-10T03:00:00Z")  # the ninth in Chicago
    for given in (
        {"since": LATER},
        {"until": DAY},
        {"since": "2026-09-02", "until": "2026-09-09"},
        {"since": "2026-09-10"},
    ):
        dates = [word for name, value in given.items() for word in (f"--{name}", value)]
        wanted = json.loads(ran(crowd, "log", *dates, "--limit", "100000", "--format", "json").out)
        page = ruth.open(f"/admin/grace/journal?{urlencode(given)}")
        assert "Newer" not in page.links
        seen = events(page.body)
        while "Older" in page.links:
            page = ruth.open(page.links["Older"])
            assert all(f'name="{name}" value="{value}"' in page.body for name, value in given.items())
            seen += events(page.body)
        assert seen == len(wanted), given
        if len(wanted) > journal.PAGE_SIZE:
            assert "Newer" in page.links


@pytest.mark.sqlite_only("it is about addresses")
def test_a_day_that_there_is_not_is_told_at_its_field(ruth: Browser) -> None:
    page = ruth.open("/admin/grace/journal?since=2026-02-30&until=9999-12-31")
    assert "This is no date" in page.text
    assert events(page.body) == 0
    assert events(ruth.open("/admin/grace/journal?since=0001-01-01&until=9999-12-31").body) > 0
    assert "No journal entries match." in ruth.open("/admin/grace/journal?since=2026-09-03&until=2026-09-02").text


def test_an_administrator_finds_the_way_in_and_back(pages: Pages, ruth: Browser) -> None:
    stranger = pages.browser()
    first = stranger.open("/")
    assert (first.title, "Are you an administrator?" in first.text) == ("Sign in", True)
    asked = stranger.open(first.links["Sign in to the administrators' pages"])
    assert "To the administrators' pages." in asked.text
    overview = stranger.press("Sign in", email=RUTH, password=PASSWORD)
    assert overview.title == "Grace Seminary", "of one institution, at once"
    home = ruth.open(overview.links["Your seats"])
    assert "No seats yet" not in home.text
    assert ruth.open(home.links["Administration"]).title == "Grace Seminary"
    assert ruth.open(home.links["Grace Seminary"]).title == "Grace Seminary"
    member = pages.account(people(CROWD)[50][0])
    assert "Administration" not in member.open("/").links


def events(body: str) -> int:
    return len(re.findall(r"<li><strong>", body))


@pytest.mark.parametrize("path", ["members", "members?search=lee", "licenses?sort=email", "journal", "libraries"])
def test_a_page_asks_the_ledger_a_few_questions_however_many_rows_it_has(path: str, ruth: Browser) -> None:
    for counts in (2, 0):  # the rows and the tags, which it remembers
        reads = asked_for(ruth, f"/admin/grace/{path}")
        assert len(reads) <= 26
        assert not any("OFFSET" in statement.replace("LIMIT ? OFFSET ?", "") for statement in reads)
        assert sum("count(" in statement for statement in reads) <= counts


def asked_for(browser: Browser, address: str) -> list[str]:
    """Return what a page asks the ledger."""
    asked: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        asked.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        assert browser.open(address).code == 200
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    return [statement for statement in asked if statement.lstrip().startswith("SELECT") and "sqlite_" not in statement]


# ── Select by CSV ───────────────────────────────────────────────────────────────────────────────────────────────────


def chosen(browser: Browser, content: bytes, button: str = "Select", **fields: Any) -> Any:
    browser.open("/admin/grace/select")
    pressed: dict[str, Any] = {"export": "1"} if button == "Select and export" else {}
    return browser.press(button, file=(io.BytesIO(content), "graduates.csv"), **fields, **pressed)


def test_a_csv_selects_the_members_whom_the_command_line_selects(crowd: Path, ruth: Browser) -> None:
    rows = people(CROWD)
    lines = [[rows[3][0].upper(), ""], [rows[20][0], ""], ["", rows[22][3]], ["nobody@grace.example", ""]]
    file = crowd / "graduates.csv"
    write_csv(file, ["Institution Email", "Institution Student ID"], *lines)
    wanted = json.loads(ran(crowd, "members", "--select", "graduates.csv", "--format", "json").out)
    page = chosen(ruth, file.read_bytes())
    assert f"Members selected: {len(wanted)}" in page.text
    assert all(row["email"] in page.text for row in wanted)
    assert "Line 5: nobody@grace.example" in page.text
    assert "seatsync edit revoke books --select graduates.csv" in page.text
    (unknown,) = re.findall(r"Rows that match no member: (\d+)", page.text)
    assert f"First correct or delete the rows that match no member ({unknown})" in page.text
    assert page.text.index("nobody@grace.example") < page.text.index(
        "Then put the corrected file into the institution's folder."
    )
    for command in (["grant", "logos"], ["revoke", "books"], ["tag", "class"]):
        told = ran(crowd, "edit", *command, "--select", "graduates.csv", code=64)
        assert "nobody@grace.example is on no roster" in told.err, "as the page says"
    exported = chosen(ruth, file.read_bytes(), "Select and export", library="books")
    assert exported.body == ran(crowd, "export", "--select", "graduates.csv", "--library", "books").out
    assert [row["Institution Email Address"] for row in csv.DictReader(io.StringIO(exported.body))]


def test_rows_that_match_no_member_name_whom_they_may_mean_and_are_counted(crowd: Path, ruth: Browser) -> None:
    email, name = people(CROWD)[20][0], people(CROWD)[20][0].partition("@")[0]
    rows = [
        email,
        f"{name}@grace.exmaple",
        f"{name}@grace.exampel",
        f"x{name}@grace.example",
        f"{name}@home.example",
        "q@q.q",
    ]
    page = chosen(ruth, "\n".join(["email", *rows, ""]).encode())
    assert "Members selected: 1" in page.text
    assert "Rows that match no member: 5" in page.text
    for line in (3, 4):
        assert f"Line {line}: {rows[line - 2]} → Did you mean {email}?" in page.text
    assert f"Line 6: {rows[4]} Line 7: q@q.q" in page.text
    assert "Line 5: " + rows[3] in page.text


@pytest.mark.sqlite_only("it is about words")
def test_only_who_is_one_letter_away_is_meant_and_a_digit_never_is(school: Path) -> None:
    emails = ["annika@grace.example", "ann7@grace.example", "anna@college.grace.example"]
    write_csv(school / "members.csv", HEADER, *([email, "A", "B", "", "", ""] for email in emails))
    ran(school, "apply", "--yes")
    with Ledger(location(school)).reading() as connection:
        assert connection is not None
        domains = domains_of(connection, "grace")
        assert domains == ["grace.example", "college.grace.example"]
        asked = {
            "anika@grace.example",
            "anniak@grace.exmple",
            "ann8@grace.example",
            "annnnika@grace.example",
            "annika@home.org",
        }
        found = nearest_members(connection, "grace", asked, domains)
    assert found == {"anika@grace.example": emails[0], "anniak@grace.exmple": emails[0]}


def test_the_page_has_the_commands_that_change_something_for_whom_the_file_lists(crowd: Path, ruth: Browser) -> None:
    write_csv(crowd / "graduates.csv", ["email"], [people(CROWD)[20][0]])
    page = chosen(ruth, (crowd / "graduates.csv").read_bytes())
    assert "Put this file into the institution's folder." in page.text
    assert "match no member" not in page.text
    for command in (
        "edit grant logos --select graduates.csv",
        "edit grant books --kind temporary --select graduates.csv",
    ):
        assert f"seatsync {command}" in page.text
        ran(crowd, *command.split())


def commands_and_lines(page: Any) -> tuple[list[str], list[str]]:
    """What the page shows to change something: the commands without their first word, and the lines for grants."""
    shown = [html.unescape(re.sub("<.*?>", "", code)) for code in re.findall("<li><code>(.*?)</code>", page.body)]
    return [one.partition(" ")[2] for one in shown if one[0] == "s"], [one for one in shown if one[0] == " "]


@pytest.mark.sqlite_only("it is about files")
@pytest.mark.parametrize(
    ("query", "to"),
    [
        ("tag=student", "{tags: [student]}"),
        ("tag=student&tag=jam", "{tags: [student, jam]}"),
        ("", "{everyone: true}"),
        ("search=lee&tag=student", "{file: grace-members.csv}"),
        (f"tag=imported:{LATER}", "{file: grace-members.csv}"),
        ("licensed=without", "{file: grace-members.csv}"),
    ],
)
def test_a_list_has_the_commands_and_the_lines_that_grant_to_just_its_members(
    query: str, to: str, crowd: Path, ruth: Browser
) -> None:
    commands, lines = commands_and_lines(ruth.open(f"/admin/grace/members?library=jamworks&{query}"))
    assert lines == [f"  - {{library: jamworks, to: {to}}}"]
    exported = ruth.open(f"/admin/grace/members.csv?roster=on&library=jamworks&{query}").body
    (crowd / "grace-members.csv").write_text(exported, encoding="utf-8")
    wanted = {row["Institution Email Address"] for row in csv.DictReader(io.StringIO(exported))}

    def with_status(*status: str) -> set[str]:
        asked = [word for one in status for word in ("--status", one)]
        listed = ran(crowd, "licenses", "--library", "jamworks", *asked, "--format", "json").out
        return {row["email"] for row in json.loads(listed)}

    before, config = with_status("delivered", "unclaimed"), (crowd / "seatsync.yaml").read_text()
    ran(crowd, *shlex.split(commands[0]))
    ran(crowd, "apply", "--yes", now=LATER)
    assert with_status("delivered", "unclaimed") == before | wanted - with_status("opted_out")
    (crowd / "seatsync.yaml").write_text(config.replace("grants:\n", f"grants:\n{lines[0]}\n"))
    assert "Nothing to do: the ledger matches the files." in ran(crowd, "plan", now=LATER).out


@pytest.mark.parametrize(
    ("query", "offered"),
    [
        ("library=jamworks", {"grant", "revoke"}),
        ("library=jamworks&licensed=without", {"grant"}),
        ("library=jamworks&licensed=with", {"revoke"}),
        ("licensed=without", {"grant"}),
        ("licensed=with", {"grant", "revoke"}),
    ],
)
def test_a_list_offers_only_the_changes_that_fit_its_members(
    query: str, offered: set[str], crowd: Path, ruth: Browser
) -> None:
    commands, lines = commands_and_lines(ruth.open(f"/admin/grace/members?{query}"))
    assert {command.split()[1] for command in commands} - {"tag"} == offered
    assert bool(lines) is ("grant" in offered)


@pytest.mark.parametrize("query", ["roster=left", "roster=any", "search=nobody"])
def test_a_list_of_nobody_whom_a_grant_reaches_has_no_command(query: str, ruth: Browser) -> None:
    assert commands_and_lines(ruth.open(f"/admin/grace/members?{query}")) == ([], [])


@pytest.mark.sqlite_only("it is about words")
@pytest.mark.parametrize("query", ["status=lost", "ends=soon", "library=nothing", "after=x.y"])
def test_an_address_with_a_filter_that_there_is_not_says_which_and_leads_on(query: str, ruth: Browser) -> None:
    page = ruth.open(f"/admin/grace/licenses?search=lee&{query}")
    assert (page.code, page.title) == (400, "This list cannot be shown")
    assert f"“{query.partition('=')[0]}”" in page.text
    assert "Licenses: " in ruth.open(page.links["Show all"]).text
    from_list = ruth.open(f"/admin/grace/licenses?{query}", Referer=f"{letters.PORTAL}/admin/grace/members?tag=jam")
    assert from_list.links["Back"].endswith("/admin/grace/members?tag=jam")
    assert ruth.open(page.links["Administration"]).code == 200


@pytest.mark.sqlite_only("it is about words")
def test_every_letter_has_a_name() -> None:
    assert {*labels.LETTERS} == {*map(str, Letter)}


@pytest.mark.sqlite_only("it is about words")
def test_an_error_leads_administrators_to_their_pages_and_nobody_else(pages: Pages, ruth: Browser) -> None:
    for path in ("/admin/nothing/", "/admin/grace/members/4711", "/admin/grace/nothing"):
        page = ruth.open(path)
        assert page.code == 404
        assert ruth.open(page.links["Administration"]).title == "Grace Seminary"
        assert page.links["Your seats"] == "/"
    ann = pages.account("ann@grace.example")
    assert "Administration" not in ann.open("/admin/grace/").links
    assert ann.page.links["Your seats"] == "/"
    assert "Administration" not in pages.browser().open("/admin/nothing").links


@pytest.mark.sqlite_only("it is about files")
def test_a_file_that_is_no_selection_is_told_what_is_wrong_with_it_and_where(pages: Pages, ruth: Browser) -> None:
    assert "must have a column with e-mails or student ids" in chosen(ruth, b"a,b\n1,2\n").text
    assert "is not a valid e-mail address" in chosen(ruth, b"email\nann\n", "Select and export").text
    assert "a workbook" in chosen(ruth, b"PK\x03\x04").text
    pages.app.config["MAX_CONTENT_LENGTH"] = 1_000
    assert chosen(ruth, b"x" * 2_000).code == 413
    ruth.open("/admin/grace/select")
    assert ruth.send("/admin/grace/select", file=(io.BytesIO(b"email\n"), "a.csv")).code == 400


@pytest.mark.sqlite_only("it is about files")
@pytest.mark.parametrize(
    "row",
    [b"x", b"", b'"@,\n"', b'"a\n"', b"a,b", b"email", b'"a', b"m1@grace.example", b"e" * 900],
    ids=lambda row: row[:20].decode(),
)
def test_a_file_of_eight_megabytes_is_answered_soon_and_shortly(row: bytes, ruth: Browser) -> None:
    size = 8 * 1024 * 1024 - 2_000
    page = chosen(ruth, b"email\n" + (row + b"\n") * (size // (len(row) + 1)))
    assert (page.code, len(page.body) < 50_000) == (200, True)
    assert "Members selected: 0" in page.text
    assert "at most 20,000 rows" in page.text or row in (b'"a', b'"@,\n"', b"e" * 900)


@pytest.mark.sqlite_only("it is about files")
def test_a_selection_has_twenty_thousand_rows_at_most_and_the_page_shows_a_hundred(pages: Pages, ruth: Browser) -> None:
    strangers = [b"n%d@grace.example\n" % number for number in range(20_000)]
    page = chosen(ruth, b"email\n" + b"".join(strangers))
    assert "Rows that match no member: 20000" in page.text
    assert len(page.body) < 50_000
    page = chosen(ruth, b"email\n" + b"".join([*strangers, b"last@grace.example\n"]))
    assert "at most 20,000 rows" in page.text
    assert "several files" in page.text
    page = chosen(ruth, b"student_id\n" + (b"<" * 100_000 + b"\n") * 80)
    assert len(page.body) < 100_000
    page = chosen(ruth, b"email\n" + b"x\n" * 20_000)
    assert "19,980 more" in page.text.replace("19980", "19,980")


# ── Nobody sees another institution ─────────────────────────────────────────────────────────────────────────────────


def addresses(pages: Pages, institution: str) -> list[str]:
    """Return every page of an institution."""
    rules = [rule for rule in pages.app.url_map.iter_rules() if "institution" in rule.arguments]
    found = [rule.rule for rule in rules if rule.endpoint.startswith("admin.")]
    assert len(found) > 8
    return [rule.replace("<institution>", institution).replace("<int:number>", "1") for rule in found]


def outside(text: str) -> str:
    """Return a page without what differs each time."""
    return re.sub(r'value="[^"]{40,}"', "", text)


def test_nobody_sees_another_institution(crowd: Path, pages: Pages) -> None:
    hope = crowd.parent / f"{crowd.name}-hope"
    hope.mkdir()
    config = CONFIG.replace("id: grace", "id: hope").replace(RUTH, "hugo@hope.example")
    (hope / "seatsync.yaml").write_text(config)
    if ledgers.kind == "postgres":
        ledgers.leased[hope.absolute()] = ledgers.of(crowd)
    write_csv(hope / "members.csv", HEADER)
    try:
        ran(hope, "apply", "--yes")
    finally:
        ledgers.leased.pop(hope.absolute(), None)
    ruth, eve = pages.account(RUTH), pages.account("eve@elsewhere.example")
    hugo, member = pages.account("hugo@hope.example"), pages.account(people(CROWD)[50][0])
    for path in addresses(pages, "grace"):
        assert pages.browser().open(path).path == "/sign-in"
        assert ruth.open(path).code == 200
        for stranger in (eve, hugo, member):
            page, elsewhere = stranger.open(path), stranger.open(path.replace("/grace", "/nowhere"))
            assert elsewhere.code == 404, path.replace("/grace", "/nowhere")
            assert (page.code, outside(page.body)) == (404, outside(elsewhere.body)), path
        assert ruth.open(path.replace("/grace", "/hope")).code == 404
    if ledgers.kind == "postgres":
        assert "Hope" not in ruth.open("/admin/").text
        assert hugo.open("/admin/hope/").code == 200
    config = CONFIG.replace(RUTH, "rita@grace.example")
    (crowd / "seatsync.yaml").write_text(config)
    ran(crowd, "apply", "--yes", now=LATER)
    for path in addresses(pages, "grace"):
        assert ruth.open(path).code == 404, "she was taken out of the files"
    assert "not an administrator of any institution" in ruth.open("/admin/").text


# ── Where a line is looked at ───────────────────────────────────────────────────────────────────────────────────────

ASKED = LicenseOrigin("rosters/a #1?.csv", 7, COMMIT, 1, "", "")


@pytest.mark.parametrize(
    ("template", "asked", "address"),
    [
        (SOURCE, ASKED, f"https://git.example/seats/blob/{COMMIT}/grace/rosters/a%20%231%3F.csv#L7"),
        ("https://git.example/{file}", ASKED._replace(commit=""), "https://git.example/rosters/a%20%231%3F.csv"),
        (SOURCE, ASKED._replace(commit=""), ""),
        (SOURCE, ASKED._replace(file="", line=0), ""),
        ("", ASKED, ""),
    ],
)
def test_a_link_says_where_a_line_is_looked_at_or_there_is_none(
    template: str, asked: LicenseOrigin, address: str
) -> None:
    assert source_link(template, "grace", asked) == address


UNFIT = [
    *("https://x.example/{file", "https://x.example/{passwd}", "https://x.example/{file!r}"),
    *("https://x.example/{line:{file}}", "https://x.example/{file.__class__}"),
    *("javascript:alert({line})", "https:///{file}", "https://[/{file}"),
]


@pytest.mark.parametrize("template", UNFIT)
def test_an_address_that_could_not_be_filled_in_is_refused(template: str) -> None:
    assert source_url_fault(template)
    assert not source_url_fault(SOURCE)


# ── In a browser ────────────────────────────────────────────────────────────────────────────────────────────────────


@needs_chromium
@pytest.mark.sqlite_only("it is about pages")
@pytest.mark.parametrize("options", [{}, {"color_scheme": "dark", "viewport": {"width": 320, "height": 640}}], ids=str)
def test_nobody_is_shut_out_and_nothing_is_wider_than_a_phone(
    options: dict[str, Any], ruth: Browser, browser: Chromium
) -> None:
    heard: list[str] = []

    def answer(route: Route) -> None:
        """Answer with the administrator's page and its headers, so that its policy applies."""
        page = ruth.open(route.request.url.removeprefix(PORTAL))
        route.fulfill(status=page.code, headers=dict(page.headers), body=page.body)

    context = browser.new_context(**options, java_script_enabled=True)
    context.route("**/*", answer)
    shown = context.new_page()
    shown.on("console", lambda message: heard.append(message.text))
    for path in (
        "",
        "grace/",
        "grace/libraries",
        "grace/over-time",
        "grace/members?library=logos",
        "grace/licenses?sort=-invited_on",
        "grace/members/7",
        "grace/journal",
        "grace/select",
        "grace/licenses?status=lost",
    ):
        heard.clear()  # of the page that is refused
        shown.goto(f"{PORTAL}/admin/{path}")
        assert shown.locator("h1").count() == 1
        assert heard == [] or "status=lost" in path
        must_be_accessible(shown)
        must_fit(shown)
    context.close()
