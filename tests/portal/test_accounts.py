"""Accounts: created with a code and a password, opened with e-mail and password. Pages do not reveal whether one exists."""

from __future__ import annotations

import re
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event

from seatsync.ledger.queries.accounts import accounts
from seatsync.ledger.queries.accounts.holdings import NOBODY
from seatsync.outbox.message import Sender
from seatsync.outbox.smtp import Server
from seatsync.portal.accounts import passwords, sessions
from seatsync.portal.web.limits import CODES, PER_ADDRESS, SIGN_IN, Limit, RateLimits, TooManyTries, mailbox, network
from seatsync.portal.web.mailer import CODE_LIFETIME, Mailer
from tests.support import letters
from tests.support.databases import add, rows
from tests.support.letters import ANN, PORTAL, applied, part
from tests.support.mail_server import Mailroom, mail_server
from tests.support.pages import PASSWORD, Pages, mail_to, pages_of
from tests.support.ports import free_port

pytestmark = pytest.mark.slow

school, room = letters.school, letters.room

HOME = "ann@home.example"
OTHER = "another horse entirely"


@pytest.fixture
def pages(school: Path, room: Mailroom) -> Iterator[Pages]:
    applied(school, ANN)
    with pages_of(school, room, room.port) as found:
        yield found


# ── Making one ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.usefixtures("slow_passwords")
def test_an_account_is_made_by_a_code_and_a_password(pages: Pages) -> None:
    ann = pages.account(HOME)
    assert (ann.page.code, ann.page.path) == (200, "/")
    (kept,) = rows(pages.folder, "account")
    assert kept["email"] == HOME
    assert kept["password"].startswith("$argon2id$v=19$m=65536,t=3")
    assert rows(pages.folder, "challenge") == []
    ann.press("Sign out")
    assert ann.open("/").path == "/sign-in"
    assert pages.signed_in("Ann@Home.example").page.path == "/"


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("horse", "at least 8 characters"),
        ("x" * 257, "at most 256 characters"),
        ("password123", "too easy to guess"),
        ("Passw0rd", "too easy to guess"),
        ("aaaaaaaaaaaa", "too easy to guess"),
        ("ann@home.example", "too similar to your e-mail"),
        ("home.example1", "too similar to your e-mail"),
    ],
)
@pytest.mark.sqlite_only("it is about passwords")
def test_a_password_that_others_would_guess_is_refused_and_costs_no_try(password: str, said: str, pages: Pages) -> None:
    browser = pages.browser()
    browser.open("/account/new")
    browser.press("Send me a code", email=HOME)
    code = pages.code(HOME)
    assert said in browser.press("Save and sign in", code=code, password=password).text
    assert [row["tries"] for row in rows(pages.folder, "challenge")] == [0]
    assert browser.press("Save and sign in", code=code, password="  spaces are fine  ").path == "/"
    browser.press("Sign out")
    browser.open("/sign-in")
    assert browser.press("Sign in", email=HOME, password="spaces are fine").code == 403
    assert browser.press("Sign in", email=HOME, password="  spaces are fine  ").path == "/"


def test_a_code_lives_ten_minutes_for_five_tries_in_one_browser_and_for_one_purpose(pages: Pages) -> None:
    browser, another = pages.browser(), pages.browser()
    browser.open("/account/new")
    browser.press("Send me a code", email=HOME)
    code = pages.code(HOME)
    wrong = "0000 0000" if code != "0000 0000" else "1111 1111"
    assert another.open("/account/code").code == 410
    assert browser.open("/claim/grace/code").code == 410
    browser.open("/account/code")
    for _ in range(4):
        assert browser.press("Save and sign in", code=wrong, password=PASSWORD).code == 403
    fields = {**browser.page.form("Save and sign in").fields, "code": code, "password": PASSWORD}
    assert browser.press("Save and sign in", code=wrong, password=PASSWORD).code == 410
    assert browser.send("/account/code", **fields).code == 410
    browser.open("/account/new")
    browser.press("Send me a code", email=HOME)
    code = pages.code(HOME)
    pages.later(minutes=10, seconds=1)
    assert browser.press("Save and sign in", code=code, password=PASSWORD).code == 410
    assert rows(pages.folder, "account") == []


def test_a_new_code_ends_the_one_before_and_a_right_one_is_good_once(pages: Pages) -> None:
    browser, codes = pages.browser(), []
    for _ in range(2):
        browser.open("/account/new")
        browser.press("Send me a code", email=HOME)
        codes.append(pages.code(HOME))
    first, code = codes
    assert first != code
    assert browser.press("Save and sign in", code=first, password=PASSWORD).code == 403
    saved = browser.page.form("Save and sign in")
    assert browser.press("Save and sign in", code=code.replace(" ", "-"), password=PASSWORD).path == "/"
    again = {**saved.fields, "code": code, "password": OTHER}
    assert browser.send("/account/code", **again).path == "/", "as if pressed twice, and nothing is done"
    token = browser.open("/settings").forms[0].fields["csrf_token"]
    assert browser.send("/account/code", **{**again, "csrf_token": token}).code == 410
    assert pages.signed_in(HOME, OTHER).page.code == 403


def test_a_code_ends_with_the_next_also_for_who_kept_the_cookie_of_the_first(pages: Pages) -> None:
    browser, another = pages.browser(), pages.browser()
    browser.open("/account/new")
    browser.press("Send me a code", email=HOME)
    cookie = browser.client.get_cookie("__Host-seatsync", domain="seats.grace.example")
    assert cookie is not None
    another.client.set_cookie("__Host-seatsync", cookie.value, domain="seats.grace.example", secure=True)
    assert another.open("/account/code").code == 200
    first = pages.code(HOME)
    browser.open("/account/new")
    browser.press("Send me a code", email=HOME)
    assert another.press("Save and sign in", code=first, password=PASSWORD).code == 410
    assert rows(pages.folder, "account") == []
    assert browser.open("/account/code").code == 200


def test_codes_that_nobody_entered_are_cleared_away(pages: Pages) -> None:
    for _ in range(3):
        _ask_code(pages, HOME)
        pages.later(minutes=15)
    assert len(rows(pages.folder, "challenge")) == 2  # a proof of the mailbox works for half an hour


def test_the_code_is_in_the_letter_alone(pages: Pages) -> None:
    browser = pages.browser()
    browser.open("/account/new")
    shown = browser.press("Send me a code", email=HOME)
    code = pages.code(HOME)
    bare = code.replace(" ", "")
    assert bare not in shown.body + str(shown.headers)
    assert bare not in str(rows(pages.folder, "challenge"))


# ── Signing in and out ──────────────────────────────────────────────────────────────────────────────────────────────


def test_signing_in_takes_both_e_mail_and_password_and_says_no_more_than_that(pages: Pages) -> None:
    pages.account(HOME)
    wrong = pages.signed_in(HOME, OTHER).page
    unknown = pages.signed_in("nobody@home.example", PASSWORD).page
    assert wrong.code == unknown.code == 403
    assert _faceless(wrong.body, HOME) == _faceless(unknown.body, "nobody@home.example")


def test_a_password_that_is_changed_while_it_is_looked_at_opens_nothing(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages.account(HOME)
    (kept,) = rows(pages.folder, "account")
    looked = passwords.matches

    def slowly(password: str, hash: str) -> tuple[bool, str | None]:
        found = looked(password, hash)
        new = passwords.hashed(OTHER)
        pages.site.change(lambda connection: accounts.set_password(connection, kept["id"], new))
        return found

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(passwords, "matches", slowly)
        assert pages.signed_in(HOME, PASSWORD).page.code == 403
    assert len(rows(pages.folder, "session")) == 1
    assert pages.signed_in(HOME, PASSWORD).page.code == 403
    assert pages.signed_in(HOME, OTHER).page.path == "/"


def test_whether_an_e_mail_is_known_can_t_be_told_from_asking_for_a_code(pages: Pages) -> None:
    pages.account(HOME)
    for page, known, unknown in (
        ("/account/new", HOME, "nobody@home.example"),
        ("/password/forgotten", HOME, "nobody@home.example"),
        ("/claim/grace", "ann@grace.example", "nobody@grace.example"),
    ):
        seen = []
        for email in (known, unknown):
            browser = pages.browser()
            browser.open(page)
            answer = browser.press("Send me a code", email=email)
            pages.mail(email)
            seen.append((answer.code, answer.path, _faceless(answer.body, email)))
        assert seen[0] == seen[1]


@pytest.mark.usefixtures("slow_passwords")
@pytest.mark.parametrize(
    ("page", "button", "known", "unknown"),
    [
        ("/sign-in", "Sign in", HOME, "nobody@home.example"),
        ("/account/new", "Send me a code", HOME, "nobody@home.example"),
        ("/password/forgotten", "Send me a code", HOME, "nobody@home.example"),
        ("/claim/grace", "Send me a code", "ann@grace.example", "nobody@grace.example"),
    ],
)
def test_the_same_work_is_done_whether_an_e_mail_is_known_or_not(
    page: str, button: str, known: str, unknown: str, pages: Pages
) -> None:
    pages.account(HOME)
    password = {"password": OTHER} if button == "Sign in" else {}
    done = []
    for email in (known, unknown):
        browser = pages.browser()
        browser.open(page)
        with statements() as said:
            browser.press(button, follow=False, email=email, **password)
        done.append(said)
    assert done[0] == done[1]
    parameters = [re.match(r"\$argon2id\$v=\d+\$[^$]+", hash) for hash in (passwords.hashed("x"), passwords.DUMMY_HASH)]
    assert parameters[0] is not None
    assert parameters[1] is not None
    assert parameters[0][0] == parameters[1][0]


@contextmanager
def statements() -> Iterator[list[str]]:
    """Collect the SQL statements that run meanwhile."""
    said: list[str] = []

    def note(connection: Connection, cursor: Any, statement: str, *rest: Any) -> None:
        said.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield said
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def test_the_session_is_a_new_one_at_every_sign_in_and_ends_when_it_is_ended(pages: Pages) -> None:
    pages.account(HOME)
    browser = pages.browser()
    before = _cookie(browser.open("/sign-in").headers)
    browser.press("Sign in", email=HOME, password=PASSWORD)
    cookie = browser.client.get_cookie("__Host-seatsync", domain="seats.grace.example")
    assert cookie is not None
    assert cookie.value != before
    (first, second) = [row["hash"] for row in rows(pages.folder, "session")]
    assert first != second
    stolen = pages.browser()
    stolen.client.set_cookie("__Host-seatsync", cookie.value, domain="seats.grace.example", secure=True)
    assert stolen.open("/").path == "/"
    browser.press("Sign out")
    assert stolen.open("/").path == "/sign-in"
    assert len(rows(pages.folder, "session")) == 1


def test_the_cookie_is_for_this_host_over_tls_and_not_for_scripts(pages: Pages) -> None:
    header = pages.browser().open("/sign-in").headers["Set-Cookie"]
    assert re.match(r"__Host-seatsync=[^;]{40,}; Secure; HttpOnly; Path=/; SameSite=Lax$", header), header


def test_sign_out_everywhere_ends_all_sessions(pages: Pages) -> None:
    here, there = pages.account(HOME), pages.signed_in(HOME)
    here.open("/settings")
    here.press("Sign out everywhere")
    assert here.open("/").path == there.open("/").path == "/sign-in"
    assert rows(pages.folder, "session") == []


def test_a_session_ends_after_half_a_day_unused_and_after_a_week_in_any_case(pages: Pages) -> None:
    browser = pages.account(HOME)
    pages.later(hours=11)
    assert browser.open("/").path == "/"
    pages.later(hours=11)
    assert browser.open("/").path == "/"
    pages.later(hours=13)
    assert browser.open("/").path == "/sign-in"
    browser.press("Sign in", email=HOME, password=PASSWORD)
    for _ in range(15):
        pages.later(hours=11)
        browser.open("/")
    assert browser.page.path == "/"
    pages.later(hours=11)
    assert browser.open("/").path == "/sign-in"


# ── What can be changed ─────────────────────────────────────────────────────────────────────────────────────────────


def test_a_forgotten_password_is_set_anew_by_a_code_and_ends_all_sessions(pages: Pages) -> None:
    old = pages.account(HOME)
    browser = pages.browser()
    browser.open("/sign-in")
    browser.open("/password/forgotten")
    browser.press("Send me a code", email=HOME)
    assert browser.press("Save and sign in", code=pages.code(HOME), password=OTHER).path == "/"
    assert old.open("/").path == "/sign-in"
    assert pages.signed_in(HOME, PASSWORD).page.code == 403
    assert pages.signed_in(HOME, OTHER).page.path == "/"
    assert len(rows(pages.folder, "account")) == 1


def test_a_password_is_changed_by_who_knows_it_and_the_owner_is_told(pages: Pages) -> None:
    ann, elsewhere = pages.account(HOME), pages.signed_in(HOME)
    ann.open("/settings/password")
    assert ann.press("Change password", old=OTHER, password=OTHER + "!").code == 403
    assert ann.press("Change password", old=PASSWORD, password=OTHER).path == "/settings"
    assert pages.mail(HOME)["Subject"] == "Your password was changed"
    assert elsewhere.open("/").path == "/sign-in"
    assert ann.open("/").path == "/"


def test_an_e_mail_is_changed_by_who_knows_the_password_and_reads_the_new_mailbox(pages: Pages) -> None:
    ann = pages.account(HOME)
    ann.open("/settings/email")
    assert ann.press("Send a code", email="ann@work.example", password=OTHER).code == 403
    ann.press("Send a code", email="ann@work.example", password=PASSWORD)
    code = pages.code("ann@work.example")
    assert pages.signed_in(HOME).open("/settings/email/code").code == 410
    assert ann.press("Continue", code=code).path == "/settings"
    told = pages.mail(HOME)
    assert "is now ann@work.example" in part(told, "plain")
    assert pages.signed_in(HOME).page.code == 403
    assert pages.signed_in("ann@work.example").page.path == "/"


def test_an_e_mail_that_is_another_account_s_is_told_only_to_who_reads_its_mailbox(pages: Pages) -> None:
    pages.account("bob@home.example")
    ann = pages.account(HOME)
    ann.open("/settings/email")
    free = ann.press("Send a code", email="free@home.example", password=PASSWORD)
    ann.open("/settings/email")
    taken = ann.press("Send a code", email="bob@home.example", password=PASSWORD)
    assert _faceless(free.body, "free@home.example") == _faceless(taken.body, "bob@home.example")
    assert ann.press("Continue", code=pages.code("bob@home.example")).code == 409
    assert {row["email"] for row in rows(pages.folder, "account")} == {HOME, "bob@home.example"}


def test_an_account_is_deleted_by_a_ticked_box_with_all_that_opens_it(pages: Pages) -> None:
    ann, elsewhere = pages.account("ann@grace.example"), pages.signed_in("ann@grace.example")
    bob = pages.account("bob@home.example")
    ann.open("/")
    ann.press("Claim this seat")
    (mine, bobs) = sorted(rows(pages.folder, "account"), key=lambda row: str(row["email"]))
    add(
        pages.folder,
        "identity",
        *({"issuer": "us", "subject": row["email"], "account": row["id"]} for row in (mine, bobs)),
    )
    assert [row["account"] for row in rows(pages.folder, "holding")] == [mine["id"]]
    ann.open("/settings/delete")
    assert ann.press("Delete my account").path == "/settings/delete"
    assert len(rows(pages.folder, "account")) == 2
    assert "deleted" in ann.press("Delete my account", sure="y").text
    assert rows(pages.folder, "account") == [bobs]
    assert {row["account"] for table in ("session", "identity") for row in rows(pages.folder, table)} == {bobs["id"]}
    assert [row["account"] for row in rows(pages.folder, "holding")] == [NOBODY]
    assert elsewhere.open("/").path == ann.open("/").path == "/sign-in"
    assert pages.signed_in("ann@grace.example").page.code == 403
    assert bob.open("/").path == "/"


# ── Mails with codes ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.sqlite_only("it is about mails")
def test_a_mail_that_is_deferred_holds_up_no_other_and_comes_once_it_is_taken(pages: Pages) -> None:
    slow, tried = ["one@slow.example", "two@slow.example"], []
    now = pages.site.mailer.clock()
    pages.site.mailer.clock = lambda: now  # deferred mails are not due until the clock moves

    def answer(to: str) -> str:
        tried.append(to)
        return "450 4.2.1 Not now" if to in slow else ""

    pages.room.at_rcpt = answer
    for email in (*slow, HOME):
        _ask_code(pages, email)
    pages.code(HOME)
    assert tried == [*slow, HOME]
    pages.room.at_rcpt = lambda to: ""
    now += 1
    for email in slow:
        pages.code(email)


@pytest.mark.sqlite_only("it is about mails")
def test_codes_go_out_once_a_mail_server_that_was_away_is_back(school: Path, room: Mailroom) -> None:
    applied(school, ANN)
    with pages_of(school, room, port := free_port()) as pages:
        _ask_code(pages, "one@home.example")
        _ask_code(pages, HOME)
        with mail_server(room, port=port):
            pages.code("one@home.example")
            pages.code(HOME)


@pytest.mark.sqlite_only("it is about mails")
def test_a_mail_is_given_up_when_its_code_is_worth_nothing_any_more(
    room: Mailroom, caplog: pytest.LogCaptureFixture
) -> None:
    now = 0.0
    room.at_rcpt = lambda to: "450 4.2.1 Not now"
    sender = Sender("Grace Library", "library@grace.example")
    mailer = Mailer(Server.parse(f"smtp://127.0.0.1:{room.port}"), sender, lambda: now)
    mailer.start()
    mailer.send(HOME, "Your code", "0000 0000")
    _until_told(caplog, "mail-not-sent")
    now = CODE_LIFETIME.total_seconds()
    room.at_rcpt = lambda to: ""
    _until_told(caplog, "mail-dropped")
    mailer.stop()
    assert room.letters == []


@pytest.mark.sqlite_only("it is about mails")
def test_a_mail_that_the_server_takes_from_nobody_is_not_tried_again(
    room: Mailroom, caplog: pytest.LogCaptureFixture
) -> None:
    room.at_mail = "553 5.7.1 not yours"
    mailer = Mailer(Server.parse(f"smtp://127.0.0.1:{room.port}"), Sender("Grace Library", "library@grace.example"))
    mailer.start()
    mailer.send(HOME, "Your code", "0000 0000")
    _until_told(caplog, "mail-not-sent")
    room.at_mail = ""
    mailer.send("ben@home.example", "Your code", "0000 0000")
    mail_to(room, "ben@home.example")
    mailer.stop()
    assert (room.to, mailer.deferred) == (["ben@home.example"], [])


@pytest.mark.sqlite_only("it is about mails")
def test_at_the_end_a_server_that_is_away_is_tried_once(caplog: pytest.LogCaptureFixture) -> None:
    mailer = Mailer(Server.parse(f"smtp://127.0.0.1:{free_port()}"), Sender("Grace Library", "library@grace.example"))
    mailer.send(HOME, "Your code", "0000 0000")
    mailer.stopping.set()
    mailer.start()
    mailer.stop()
    assert mailer.thread is not None
    assert not mailer.thread.is_alive()
    assert caplog.messages.count("mail-not-sent") == 1


def _ask_code(pages: Pages, email: str) -> None:
    browser = pages.browser()
    browser.open("/account/new")
    assert browser.press("Send me a code", email=email).code == 200


def _until_told(caplog: pytest.LogCaptureFixture, event: str) -> None:
    until = time.monotonic() + 10
    while event not in caplog.messages:
        assert time.monotonic() < until, caplog.messages
        time.sleep(0.01)


def test_an_account_has_twenty_sessions_at_most_and_the_newest_is_among_them(pages: Pages) -> None:
    first = pages.account(HOME)
    with pages.app.test_request_context(), pages.site.reading() as connection:
        who = accounts.by_email(connection, HOME)
    assert who is not None
    for number in range(30):
        pages.later(seconds=1)
        with pages.app.test_request_context():
            pages.site.change(lambda connection: sessions.sign_in(connection, who, pages.now))
        assert len(rows(pages.folder, "session")) == min(number + 2, 20)
    assert first.open("/").path == "/sign-in"
    assert pages.signed_in(HOME).page.path == "/"


@pytest.mark.sqlite_only("it is about cookies")
def test_no_address_makes_a_cookie_larger_than_browsers_and_proxies_take(pages: Pages) -> None:
    pages.account(HOME)
    browser = pages.browser()
    for query in ("?search=" + "%f0%9f%92%a9" * 4_000, "?" + "a=b&" * 10_000, "?" + "a" * 900):
        page = browser.open(f"/settings{query}", follow=False)
        assert len(page.headers["Set-Cookie"]) < 4_000
    browser.open("/sign-in")
    assert browser.press("Sign in", email=HOME, password=PASSWORD).path == "/settings"


# ── Who tries too often, and what is not ours ───────────────────────────────────────────────────────────────────────


@pytest.mark.sqlite_only("the tries are counted by the server, not in the ledger")
def test_passwords_are_tried_ten_times_in_a_quarter_of_an_hour_for_one_e_mail(pages: Pages) -> None:
    pages.account(HOME)
    for number in range(10):
        browser = pages.browser(f"192.0.2.{number + 10}")
        browser.open("/sign-in")
        assert browser.press("Sign in", email=HOME, password=OTHER).code == 403
    browser.open("/sign-in")
    refused = browser.press("Sign in", email=HOME, password=PASSWORD)
    assert refused.code == 429
    seconds = int(refused.headers["Retry-After"])
    assert 900 <= seconds <= 990  # up to a tenth late
    assert f"in about {round(seconds / 60)} min" in refused.text
    pages.later(seconds=seconds - 1)
    browser.open("/sign-in")
    assert browser.press("Sign in", email=HOME, password=PASSWORD).code == 429
    pages.later(seconds=1)
    browser.open("/sign-in")
    assert browser.press("Sign in", email=HOME, password=PASSWORD).path == "/"


@pytest.mark.sqlite_only("the tries are counted by the server, not in the ledger")
def test_passwords_for_one_mailbox_are_counted_together_however_it_is_spelled(pages: Pages) -> None:
    for number in range(11):
        browser = pages.browser(f"192.0.2.{number + 10}")
        browser.open("/sign-in")
        spelled = HOME.replace("@", f"+{number}@") if number % 2 else HOME.upper()
        assert browser.press("Sign in", email=spelled, password=OTHER).code == (403 if number < 10 else 429)


@pytest.mark.sqlite_only("the tries are counted by the server, not in the ledger")
def test_who_is_signed_in_tries_their_own_password_ten_times_and_signs_in_all_the_same(pages: Pages) -> None:
    ann = pages.account(HOME)
    for number in range(11):
        ann.open("/settings/email")
        tried = ann.press("Send a code", email="ann@work.example", password=OTHER)
        assert tried.code == (403 if number < 10 else 429)
    ann.open("/settings/password")
    assert ann.press("Change password", old=PASSWORD, password=OTHER).code == 429
    assert pages.signed_in(HOME).page.path == "/"


@pytest.mark.parametrize(
    ("limits", "most", "seconds"),
    [(PER_ADDRESS, 600, 3_600), (SIGN_IN, 30, 86_400), (CODES, 10, 86_400)],
    ids=["forms", "passwords", "codes"],
)
def test_whoever_spreads_their_tries_is_held_by_the_longer_limit(
    limits: tuple[Limit, ...], most: int, seconds: int
) -> None:
    now = 0.0
    counted = RateLimits(lambda: now)
    for _ in range(most):  # the shorter limit would always allow another try
        counted.spend(limits, "tries", HOME)
        now += 0.9 * seconds / most
    with pytest.raises(TooManyTries) as told:
        counted.spend(limits, "tries", HOME)
    now += told.value.seconds
    counted.spend(limits, "tries", HOME)


@pytest.mark.sqlite_only("the tries are counted by the server, not in the ledger")
def test_three_codes_in_ten_minutes_go_to_one_mailbox_known_or_not(pages: Pages) -> None:
    pages.account(HOME)
    for email, more in ((HOME, 2), ("nobody@home.example", 3)):
        for number in range(more + 1):
            browser = pages.browser(f"192.0.2.{number + 10}")
            browser.open("/password/forgotten")
            spelled = email.replace("@", f"+{number}@") if number else email.upper()
            assert browser.press("Send me a code", email=spelled).code == (200 if number < more else 429)


@pytest.mark.sqlite_only("the tries are counted by the server, not in the ledger")
def test_one_mailbox_is_one_however_its_address_is_written() -> None:
    for email in (
        "Ann@Bücher.example",
        "ann@BU\u0308CHER.example",
        "ann@XN--bcher-kva.example",
        "ann+2@bücher.example",
    ):
        assert mailbox(email) == "ann@xn--bcher-kva.example"
    assert mailbox("ann@buecher.example") != mailbox("ann@bücher.example")


@pytest.mark.sqlite_only("the tries are counted by the server, not in the ledger")
def test_one_address_sends_sixty_forms_a_minute(pages: Pages) -> None:
    browser = pages.browser()
    browser.open("/sign-in")
    codes = [browser.press("English", language="en", follow=False).code for _ in range(60) if browser.open("/sign-in")]
    assert set(codes) == {302}
    browser.open("/sign-in")
    assert browser.press("English", language="en").code == 429
    other = pages.browser("192.0.2.77")
    other.open("/sign-in")
    assert other.press("English", language="en").code == 200


@pytest.mark.sqlite_only("the tries are counted by the server, not in the ledger")
def test_forms_without_a_token_are_tries_as_well(pages: Pages) -> None:
    browser = pages.browser()
    assert {browser.send("/sign-in", email=HOME).code for _ in range(60)} == {400}
    assert browser.send("/sign-in", email=HOME).code == 429


@pytest.mark.sqlite_only("the tries are counted by the server, not in the ledger")
def test_an_address_of_ipv6_counts_as_its_network_and_a_mapped_one_as_ipv4(pages: Pages) -> None:
    for number in range(60):
        pages.browser(f"2001:db8::{number:x}").send("/sign-in", email=HOME)
        pages.browser(f"::ffff:192.0.2.{number % 2}").send("/sign-in", email=HOME)
    assert pages.browser("2001:db8::ffff:1:2:3").send("/sign-in", email=HOME).code == 429
    assert pages.browser("2001:db8:0:1::1").send("/sign-in", email=HOME).code == 400
    assert pages.browser("192.0.2.2").send("/sign-in", email=HOME).code == 400
    for _ in range(30):
        pages.browser("192.0.2.1").send("/sign-in", email=HOME)
    assert pages.browser("192.0.2.1").send("/sign-in", email=HOME).code == 429


def test_never_more_tries_than_a_limit_allows_and_all_of_them_again_once_it_is_over() -> None:
    now, allowed = 1_000_000.0, list[float]()
    limits = RateLimits(lambda: now)
    for _ in range(20_000):
        now += 7
        with suppress(TooManyTries):
            limits.spend(SIGN_IN[:1], "sign-in", HOME)
            allowed.append(now)
    assert max(sum(start <= at < start + 900 for at in allowed) for start in allowed) == 10
    assert len(allowed) >= 10 * (20_000 * 7 // 990)
    limits.spend(SIGN_IN[:1], "sign-in", "somebody.else@home.example")
    while not (told := refused(limits)):
        pass
    now += told
    limits.spend(SIGN_IN[:1], "sign-in", HOME)


def refused(limits: RateLimits) -> int:
    """Return the seconds until another sign-in try is allowed; 0 means now."""
    try:
        limits.spend(SIGN_IN[:1], "sign-in", HOME)
    except TooManyTries as told:
        return told.seconds
    return 0


def test_however_many_networks_try_the_counters_take_no_more_memory() -> None:
    limits = RateLimits()
    limits.spend(PER_ADDRESS, "address", network("2001:db8::1"))
    tracemalloc.start()
    for number in range(10_000):
        limits.spend(PER_ADDRESS, "address", network(f"2001:db8:{number >> 8:x}:{number & 255:x}::1"))
    grown, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert grown < 5_000_000


@pytest.mark.sqlite_only("it is about forms")
def test_a_form_that_is_not_ours_changes_nothing(pages: Pages) -> None:
    ann = pages.account(HOME)
    posts = [rule.rule for rule in pages.app.url_map.iter_rules() if "POST" in (rule.methods or ())]
    assert len(posts) > 12
    before = {table: rows(pages.folder, table) for table in ("account", "session", "challenge", "license")}
    for rule in posts:
        path = re.sub(r"<int:\w+>", "1", rule)
        path = re.sub(r"<\w+>", "grace", path)
        fields: dict[str, Any] = {
            "email": HOME,
            "password": PASSWORD,
            "code": "0000 0000",
            "sure": "y",
            "language": "de",
        }
        assert ann.send(path, **fields).code == 400, path
        token = ann.open("/settings").forms[0].fields["csrf_token"]
        foreign = ann.send(path, headers={"Origin": "https://evil.example"}, csrf_token=token, **fields)
        assert foreign.code in (403, 400), path
    assert {table: rows(pages.folder, table) for table in before} == before
    assert ann.open("/").path == "/"


@pytest.mark.sqlite_only("it is about headers")
def test_every_answer_says_what_a_browser_may_do_with_it(pages: Pages) -> None:
    for path in ("/sign-in", "/nothing", "/static/style.css", "/healthz"):
        headers = pages.browser().open(path).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "script" not in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Strict-Transport-Security"].startswith("max-age=31536000")
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers.get("Cache-Control", "no-store") in ("no-store", "no-cache")


@pytest.mark.sqlite_only("it is about addresses")
def test_nobody_is_sent_elsewhere_and_other_hosts_are_not_served(pages: Pages) -> None:
    pages.account(HOME)
    browser = pages.browser()
    browser.open("/sign-in?next=https://evil.example/")
    assert browser.press("Sign in", email=HOME, password=PASSWORD).path == "/"
    for referrer in ("https://evil.example/", PORTAL + ".evil.example/"):
        answer = browser.send(
            "/language",
            follow=False,
            headers={"Referer": referrer},
            csrf_token=browser.open("/").forms[0].fields["csrf_token"],
            language="de",
        )
        assert answer.headers["Location"] == "/"
    assert browser.client.get("/", base_url="https://evil.example").status_code == 400


def _faceless(body: str, email: str) -> str:
    """Return a page without what differs each time: the CSRF token and the typed e-mail."""
    return re.sub(r'value="[\w.-]{60,}"', "", body).replace(email, "…")


def _cookie(headers: object) -> str:
    jar: SimpleCookie = SimpleCookie(headers["Set-Cookie"])  # type: ignore[index]
    return jar["__Host-seatsync"].value
