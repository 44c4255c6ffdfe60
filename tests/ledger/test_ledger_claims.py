"""What members do in the ledger: claim with an account, decline, see their licenses."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, Pool, event

from seatsync.apply.claims import Unavailable, UnavailableReason, claim, member_with_email, opt_out
from seatsync.ledger.database import Ledger
from seatsync.ledger.queries.accounts.holdings import AccountHolder, Seat, licenses_of, offered, offered_to_account
from tests.cli.test_lists import write_csv
from tests.support import letters
from tests.support.accounts import signed_up
from tests.support.databases import location, rows
from tests.support.letters import ANN, BEN, CONFIG, CY, HEADER, LATER, PORTAL, applied, crowd, listed, part, ran, sent
from tests.support.mail_server import Mailroom

school, room = letters.school, letters.room

ALL = ["ann@grace.example", "Ann", "Lee", "owner;student;jam"]
AT = f"{LATER}T09:00:00Z"


class Desk:
    """The state of a member who opens a page."""

    def __init__(self, folder: Path, email: str) -> None:
        self.folder = folder
        self.email = email
        self.ledger = Ledger(location(folder))

    def number(self, library: str) -> int:
        return member_with_email(self.ledger, "grace", library, self.email)

    def claim(self, library: str, account: AccountHolder, token: str = "") -> bool:
        return claim(self.ledger, "grace", library, self.number(library), account, AT, "pages", token)

    def opt_out(self, library: str, token: str = "") -> None:
        opt_out(self.ledger, "grace", library, self.number(library), AT, "pages", token)

    def open(self) -> list[Seat]:
        with self.ledger.reading() as connection:
            assert connection is not None
            return offered(connection, "grace", self.email).here

    def offered(self) -> list[Seat]:
        with self.ledger.reading() as connection:
            assert connection is not None
            return offered_to_account(connection, self.email).here

    def held(self, account: AccountHolder) -> list[tuple[str, str, str]]:
        with self.ledger.reading() as connection:
            assert connection is not None
            return [(seat.name, seat.title, seat.status) for seat in licenses_of(connection, account.id)]


@contextmanager
def missed(why: UnavailableReason) -> Iterator[pytest.ExceptionInfo[Unavailable]]:
    """The attempt fails with this reason."""
    with pytest.raises(Unavailable) as error:
        yield error
    assert error.value.reason is why
    assert str(error.value)
    assert error.value.help


# ── Claiming ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_claim_puts_the_license_into_the_account_once_and_for_nobody_else(school: Path) -> None:
    applied(school, ANN)
    desk, home, other = (
        Desk(school, ANN[0]),
        signed_up(school, "me@home.example"),
        signed_up(school, "you@home.example"),
    )
    assert desk.claim("books", home) is True
    assert desk.claim("books", home) is False
    with missed(UnavailableReason.CLAIMED):
        desk.claim("books", other)
    with missed(UnavailableReason.CLAIMED):
        desk.opt_out("books")
    assert [letter["letter"] for letter in listed(school)] == ["admin-welcome", "invitation", "permanent"]
    assert desk.held(home) == [("Grace Seminary", "Biblical Studies", "delivered")]
    assert desk.held(other) == []
    assert [row["account"] for row in rows(school, "member")] == ["me@home.example"]
    ran(school, "verify")


def test_a_claim_that_a_portal_reports_is_in_no_account(school: Path) -> None:
    applied(school, ANN)
    ran(school, "ledger", "claim", "books", ANN[0], "--account", "me@home.example")
    assert rows(school, "holding") == []
    assert Desk(school, ANN[0]).claim("books", signed_up(school, "me@home.example")) is False


def test_what_is_granted_anew_is_in_the_account_of_who_claims_it_then(school: Path) -> None:
    applied(school, BEN)
    desk, first, second = Desk(school, BEN[0]), *(signed_up(school, f"{name}@home.example") for name in ("me", "you"))
    desk.claim("logos", first)
    for again in (lambda: desk.claim("logos", second), lambda: ran(school, "ledger", "claim", "logos", BEN[0])):
        applied(school, [*BEN[:3], ""])
        applied(school, BEN)
        again()
        assert desk.held(first) == []
        accounts = [row["account"] for row in rows(school, "holding")]
    assert accounts == []
    ran(school, "verify")


def test_all_that_is_open_is_listed_until_it_is_claimed_or_declined(school: Path) -> None:
    applied(school, ALL)
    desk, home = Desk(school, ALL[0]), signed_up(school, "me@home.example")
    assert [(seat.library, seat.kind, seat.until) for seat in desk.open()] == [
        ("books", "permanent", ""),
        ("jamworks", "temporary", ""),
        ("logos", "temporary", "2027-06-30"),
    ]
    desk.opt_out("logos")
    for library in ("books", "jamworks"):
        assert desk.claim(library, home) is True
        assert desk.claim(library, home) is False
    assert desk.open() == []
    you = signed_up(school, "you@home.example")
    for library in ("books", "jamworks"):
        with missed(UnavailableReason.CLAIMED):
            desk.claim(library, you)
    assert [row["kind"] for row in rows(school, "entry")] == ["apply", "opt-out", "claim", "claim"]
    ran(school, "verify")


def test_who_comes_too_late_is_told_why(school: Path) -> None:
    applied(school, ANN, [*BEN[:3], "student;owner"], CY)
    home, ben = signed_up(school, "me@home.example"), Desk(school, BEN[0])
    with missed(UnavailableReason.NOTHING):
        ben.claim("atlas", home)
    with missed(UnavailableReason.UNKNOWN):
        Desk(school, "nobody@grace.example").claim("books", home)
    with missed(UnavailableReason.UNKNOWN):
        claim(ben.ledger, "grace", "books", 99, home, AT, "pages")
    with missed(UnavailableReason.NOTHING):
        Desk(school, ANN[0]).claim("logos", home)
    ben.opt_out("books")
    for again in (lambda: ben.opt_out("books"), lambda: ben.claim("books", home)):
        with missed(UnavailableReason.OPTED_OUT):
            again()
    applied(school, ANN, [*BEN[:3], ""], CY)
    with missed(UnavailableReason.REVOKED):
        ben.claim("logos", home)
    with missed(UnavailableReason.NOTHING):
        ben.claim("jamworks", home)
    config = (school / "seatsync.yaml").read_text().replace("opt_out: true", "opt_out: false")
    (school / "seatsync.yaml").write_text(config)
    ran(school, "apply", "--yes")
    with missed(UnavailableReason.NOT_ALLOWED):
        Desk(school, CY[0]).opt_out("jamworks")


# ── Personal links ──────────────────────────────────────────────────────────────────────────────────────────────────


def tokens(room: Mailroom) -> dict[str, str]:
    """The tokens in the letters that have arrived, by recipient."""
    found = [(letter, re.search(rf"{PORTAL}/l/grace/([\w-]+)", part(letter, "plain"))) for letter in room.letters]
    room.letters.clear()
    return {letter["To"].addresses[0].username: link[1] for letter, link in found if link}


def test_a_personal_link_is_used_up_by_what_it_was_sent_for_and_by_nothing_else(school: Path, room: Mailroom) -> None:
    dee = ["dee@grace.example", "Dee", "Fox", "student"]
    applied(school, ANN, BEN, dee)
    sent(school)
    home, first = signed_up(school, "me@home.example"), tokens(room)
    ann, ben = Desk(school, ANN[0]), Desk(school, BEN[0])
    with missed(UnavailableReason.UNKNOWN):
        ann.claim("books", home, first["ann"] + "x")
    with missed(UnavailableReason.UNKNOWN):
        ann.claim("books", home, first["ben"])
    assert {row["used_at"] for row in rows(school, "link")} == {""}
    assert ann.claim("books", home, first["ann"])
    assert ann.claim("books", home, first["ann"]) is False
    ben.opt_out("logos", first["ben"])
    assert sorted((row["member"], row["used_at"]) for row in rows(school, "link")) == [
        (0, ""),
        (1, AT),
        (2, AT),
        (3, ""),
    ]

    applied(school, ANN)
    config = (school / "seatsync.yaml").read_text().replace("tags: [student]}", "tags: [student]}, regrant: true")
    (school / "seatsync.yaml").write_text(config)
    applied(school, ANN, BEN, dee)
    sent(school)
    with missed(UnavailableReason.LINK_ENDED):
        Desk(school, dee[0]).claim("logos", home, first["dee"])
    with missed(UnavailableReason.LINK_ENDED):
        ben.opt_out("logos", first["ben"])
    assert ben.claim("logos", home, tokens(room)["ben"])
    ran(school, "verify")


@pytest.mark.parametrize(("at", "is_open"), [("2027-06-30T23:59:59Z", True), ("2027-07-01T00:00:00Z", False)])
def test_a_license_is_open_through_its_last_day(at: str, is_open: bool, school: Path) -> None:
    applied(school, BEN)
    ledger, home = Ledger(location(school)), signed_up(school, "me@home.example")
    if is_open:
        assert claim(ledger, "grace", "logos", 1, home, at, "pages")
        return
    for attempt in (
        lambda: claim(ledger, "grace", "logos", 1, home, at, "pages"),
        lambda: opt_out(ledger, "grace", "logos", 1, at, "pages"),
    ):
        with missed(UnavailableReason.ENDED):
            attempt()
    refused = ran(school, "ledger", "claim", "logos", BEN[0], code=4, now="2027-07-01")
    assert "the license ended on 2027-06-30" in refused.err
    assert [row["status"] for row in rows(school, "license")] == ["unclaimed"]


@pytest.mark.parametrize(("at", "in_time"), [("2026-09-08T04:59:59Z", True), ("2026-09-08T05:00:00Z", False)])
def test_the_instant_of_the_transaction_decides_whether_a_decline_is_in_time(
    at: str, in_time: bool, school: Path
) -> None:
    zoned = "timezone: America/Chicago\n  opt_out: {until: 2026-09-07}"
    (school / "seatsync.yaml").write_text(CONFIG.replace("opt_out: true", zoned))
    applied(school, BEN)
    ledger = Ledger(location(school))
    if in_time:
        opt_out(ledger, "grace", "logos", 1, at, "pages")
    else:
        with missed(UnavailableReason.TOO_LATE) as late:
            opt_out(ledger, "grace", "logos", 1, at, "pages")
        assert late.value.until == "2026-09-07"
    assert [row["status"] for row in rows(school, "license")] == ["opted_out" if in_time else "unclaimed"]
    ran(school, "verify")


# ── Licenses in accounts ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.postgres_only("a file holds one institution")
def test_an_account_holds_licenses_of_several_institutions(school: Path) -> None:
    hope = school / "hope"
    hope.mkdir()
    (hope / "seatsync.yaml").write_text(CONFIG.replace("id: grace", "id: hope").replace("Grace Sem", "Hope Sem"))
    applied(school, ALL)
    applied(hope, ["ANN@grace.example", "Ann", "Lee", "student"])
    desk, home = Desk(school, ALL[0]), signed_up(school, "me@home.example")
    assert [(seat.institution, seat.library) for seat in desk.offered()] == [
        *(("grace", library) for library in ("books", "jamworks", "logos")),
        ("hope", "logos"),
    ]
    (other,) = [seat for seat in desk.offered() if seat.institution == "hope"]
    assert claim(desk.ledger, "hope", "logos", other.member, home, AT, "pages") is True
    for library in ("books", "jamworks", "logos"):
        desk.claim(library, home)
    assert [name for name, *_ in desk.held(home)] == ["Grace Seminary"] * 3 + ["Hope Seminary"]
    assert desk.offered() == []


def test_a_roster_changes_the_record_and_never_the_account(school: Path) -> None:
    write_csv(school / "members.csv", [*HEADER, "student_id"], [*ALL, "1"])
    ran(school, "apply", "--yes")
    desk, home = Desk(school, ALL[0]), signed_up(school, "me@home.example")
    for library in ("books", "jamworks", "logos"):
        desk.claim(library, home)
    write_csv(school / "members.csv", [*HEADER, "student_id"], ["lee@grace.example", *ALL[1:], "1"])
    ran(school, "apply", "--yes")
    assert [(row["email"], row["account"]) for row in rows(school, "member")] == [("lee@grace.example", home.email)]
    assert len(desk.held(home)) == 3
    assert [row["email"] for row in rows(school, "account")] == [home.email]


def test_who_is_erased_holds_nothing_any_more_and_keeps_their_account(school: Path) -> None:
    applied(school, ALL, BEN, ["dee@grace.example", "Dee", "Fox", "owner"])
    home = signed_up(school, "me@home.example")
    for library in ("books", "jamworks", "logos"):
        Desk(school, ALL[0]).claim(library, home)
    Desk(school, BEN[0]).claim("logos", home)
    applied(school, BEN)
    for gone in (ALL[0], "dee@grace.example"):  # she was offered a permanent license
        ran(school, "ledger", "erase", gone, "--yes")
    assert [(row["library"], row["member"]) for row in rows(school, "holding")] == [("logos", 2)]
    assert [row["email"] for row in rows(school, "account")] == [home.email]
    assert Desk(school, "").open() == Desk(school, "(erased)").open() == []
    ran(school, "verify")


# ── How much is read ────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_claim_takes_no_more_among_many_than_among_few(school: Path) -> None:
    applied(school, ALL, *crowd(20))
    home = signed_up(school, "me@home.example")

    def work(member: str) -> tuple[int, int]:
        desk = Desk(school, member)
        with counted() as (statements, steps):
            desk.claim("logos", home)
            desk.open(), desk.offered(), desk.held(home)
        return len(statements), len(steps)

    few = work("m1@grace.example")
    applied(school, ALL, *crowd(800))
    many = work("m701@grace.example")
    assert many[0] == few[0]
    assert many[1] < 1.2 * few[1] + 5


@contextmanager
def counted() -> Iterator[tuple[list[str], list[int]]]:
    """The statements sent, and a mark for each hundred instructions that SQLite needs for them."""
    statements: list[str] = []
    steps: list[int] = []

    def connected(connection: Any, _: object) -> None:
        if isinstance(connection, sqlite3.Connection):
            connection.set_progress_handler(lambda: steps.append(1), 100)

    heard = [
        (Pool, "connect", connected),
        (Engine, "before_cursor_execute", lambda *args: statements.append(args[2])),
    ]
    for listener in heard:
        event.listen(*listener)
    try:
        yield statements, steps
    finally:
        for listener in heard:
            event.remove(*listener)
