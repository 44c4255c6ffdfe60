"""`seatsync serve`: its settings, the pages as a process of their own, and failures around it that it survives."""

from __future__ import annotations

import resource
import shutil
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg.sql import SQL, Identifier
from sqlalchemy.engine import make_url

from seatsync.ledger.database import FILE
from seatsync.ledger.tables import REVISIONS
from tests.support import letters
from tests.support.command_line import seatsync
from tests.support.databases import ledgers, location, opened, plain, psql, rows
from tests.support.letters import ANN, BEN, CY, PORTAL, applied
from tests.support.mail_server import Mailroom
from tests.support.pages import mail_to
from tests.support.paths import ROOT
from tests.support.served import KEY, OLD_KEY, Served, served

pytestmark = pytest.mark.slow

school, room = letters.school, letters.room
ROLES = ROOT / "docs" / "roles.sql"


@pytest.fixture
def open_school(school: Path, room: Mailroom) -> Path:
    """A school where Ann, Ben and Cy are offered seats."""
    applied(school, ANN, BEN, CY)
    return school


@pytest.fixture
def pages(open_school: Path, room: Mailroom) -> Iterator[Served]:
    with served(open_school, room) as found:
        yield found


# ── What it must be told ────────────────────────────────────────────────────────────────────────────────────────────

NEEDED = {
    "PORTAL_URL": "http://127.0.0.1:8000",
    "SECRET_KEYS": KEY,
    "SMTP_URL": "smtp://127.0.0.1:25",
    "MAIL_FROM": "Grace Library <library@grace.example>",
}


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"PORTAL_URL": ""}, "Set the public address of the pages"),
        ({"PORTAL_URL": "http://seats.grace.example"}, "must look like https://seats.grace.example"),
        ({"PORTAL_URL": "http://127.0.0.1/a,b"}, "letters, digits, hyphens and single slashes"),
        ({"PORTAL_URL": "http://[::1]:8000"}, "needs a host name instead of the IPv6 address"),
        ({"PORTAL_URL": PORTAL}, "a proxy in front of them: set its address, SEATSYNC_TRUSTED_PROXY"),
        ({"TRUSTED_PROXY": "the-proxy"}, "must be the address that the proxy connects from"),
        ({"LISTEN": "everywhere:80"}, "--listen must look like 127.0.0.1:8000"),
        ({"LISTEN": "127.0.0.1:99999"}, "--listen must look like 127.0.0.1:8000"),
        ({"SECRET_KEYS": ""}, "Set the key that signs cookies in the environment"),
        ({"SECRET_KEYS": f"{KEY},shhh-it-is-short"}, "key 2 of 2 has 16 characters, and needs 32"),
        ({"SECRET_KEYS": "changeme" * 5}, "key 1 of 1 repeats itself"),
        ({"SECRET_KEYS": f"{KEY} {OLD_KEY}\n{KEY}"}, "key 3 of 3 is there twice"),
        ({"SMTP_URL": ""}, "Set the mail server in the environment"),
        ({"MAIL_FROM": ""}, "Set the sender of mails with codes"),
        ({"SOURCE_URL": "https://git.grace.example/{commit}/{password}"}, "these four names"),
        ({"OIDC_ISSUER": "https://id.grace.example"}, "SEATSYNC_OIDC_CLIENT_ID, SEATSYNC_OIDC_CLIENT_SECRET"),
        ({"LEDGER": "git"}, "each claim would be a push"),
    ],
)
def test_what_is_missing_or_unsafe_is_told_in_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: dict[str, str], told: str
) -> None:
    for name, value in {**NEEDED, **given}.items():
        monkeypatch.setenv(f"SEATSYNC_{name}", value)
    outcome = seatsync("serve", folder=tmp_path)
    assert (outcome.code, outcome.out) == (64, "")
    assert told in " ".join(outcome.err.split())
    assert "Traceback" not in outcome.err
    for key in given.get("SECRET_KEYS", "").split():
        assert key not in outcome.err


def test_a_ledger_has_to_be_there_and_of_this_version(school: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in NEEDED.items():
        monkeypatch.setenv(f"SEATSYNC_{name}", value)
    if ledgers.kind == "sqlite":
        outcome = seatsync("serve", folder=school)
        assert (outcome.code, "There is no ledger at" in outcome.err) == (6, True)
        assert "Create it with `seatsync apply`" in outcome.err
        assert not (school / FILE).exists()
    applied(school, ANN)
    _set_revision(school, REVISIONS[-2])
    outcome = seatsync("serve", folder=school)
    assert (outcome.code, "was written by an older seatsync" in outcome.err) == (6, True)
    _set_revision(school, REVISIONS[-1])


def test_a_port_that_somebody_has_is_told(open_school: Path, room: Mailroom) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        told = pytest.raises(AssertionError, match=f"The address 127.0.0.1:{port} is in use")
        with told, served(open_school, room, "--listen", f"127.0.0.1:{port}"):
            pass


# ── Serving ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def by_role(open_school: Path) -> Iterator[dict[str, str]]:
    """The ledger opened with the role that docs/roles.sql creates for the pages. SQLite has no roles."""
    if ledgers.kind == "sqlite":
        yield {}
        return
    owners = location(open_school)
    role = f"pages_{make_url(owners).database}"
    psql(owners, ROLES, institution="grace", role=role, access="pages")
    yield {"LEDGER": make_url(owners).set(username=role).render_as_string(hide_password=False)}
    with psycopg.connect(plain(owners), autocommit=True) as own:
        own.execute(SQL("DROP OWNED BY {}").format(Identifier(role)))
        own.execute(SQL("DROP ROLE {}").format(Identifier(role)))


def test_a_seat_is_claimed_below_a_path_by_a_role_that_may_no_more(
    open_school: Path, room: Mailroom, by_role: dict[str, str]
) -> None:
    with served(open_school, room, path="/seats", **by_role) as pages:
        ann = pages.browser()
        ann.open("/seats/claim/grace")
        ann.press("Send me a code", email="ANN@grace.example")
        ann.press("Continue", code=pages.code("ANN@grace.example"))
        ann.press("Save and sign in", password="correct horse battery")
        ann.press("Claim this seat")
        assert (ann.page.path, ann.page.code) == ("/seats/seats/grace/books/1", 200)
        assert "You have claimed your seat." in ann.page.text
        assert ann.open("/seats/settings").code == 200
        ann.press("Sign out")
        assert ann.open("/seats/settings").path == "/seats/sign-in"
        ann.press("Sign in", email="ann@grace.example", password="correct horse battery")
        assert ann.page.path == "/seats/settings"
        assert {cookie.path for cookie in ann.http.cookies} == {"/seats"}
        assert pages.end() == 0
    assert [row["library"] for row in rows(open_school, "holding")] == ["books"]


def test_it_ends_gently(pages: Served) -> None:
    address = ("127.0.0.1", urlsplit(pages.url).port)
    with socket.create_connection(address) as begun:
        begun.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n")
        ann = pages.browser()
        ann.open(f"{pages.url}/account/new")
        ann.press("Send me a code", email="ann@home.example", follow=False)
        pages.process.send_signal(signal.SIGINT)
        _until_refused(address)
        begun.sendall(b"Connection: close\r\n\r\n")
        assert begun.makefile("rb").read().startswith(b"HTTP/1.1 200 OK")
    assert pages.process.wait(30) == 0
    assert "is your code" in mail_to(pages.room, "ann@home.example")["Subject"]
    assert "ended" in [line["event"] for line in pages.logged()]


def _until_refused(address: tuple[str, int | None]) -> None:
    until = time.monotonic() + 30
    with suppress(ConnectionError):
        while True:
            socket.create_connection(address, timeout=30).close()
            assert time.monotonic() < until, "it takes connections still"


def test_the_word_of_a_proxy_counts_if_it_is_the_trusted_one(open_school: Path, room: Mailroom) -> None:
    def tries(pages: Served) -> Iterator[int]:
        """Yield more forms than one address may send in an hour, each from another address. Without a token they count too."""
        visitor = pages.browser()
        for number in range(602):
            there = {"X-Forwarded-For": f"198.51.{number // 250}.{number % 250}"}
            yield visitor.send(f"{pages.url}/language", True, there, language="en").code

    with served(open_school, room) as pages:
        assert 429 in tries(pages)
        assert pages.browser().open(f"{pages.url}/sign-in", X_Forwarded_Host="evil.example").code == 200
    with served(open_school, room, "--trusted-proxy", "127.0.0.1") as pages:
        assert set(islice(tries(pages), 62)) == {400}
        assert pages.browser().open(f"{pages.url}/sign-in", X_Forwarded_Host="evil.example").code == 400


def test_a_file_that_is_too_large_to_be_taken_is_refused_in_words(pages: Served) -> None:
    visitor = pages.browser()
    visitor.open(f"{pages.url}/sign-in")
    there = visitor.http.post(f"{pages.url}/sign-in", headers={"Content-Length": str(20 * 1024 * 1024)}, timeout=30)
    assert there.status_code == 413
    assert there.text == (
        "This file is too large. It can have at most 8 MB. Go back, split it, and upload the parts one by one.\n"
    )


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="only Linux limits the files of another process")
def test_what_is_uploaded_is_never_written_to_a_disk(pages: Served) -> None:
    visitor = pages.browser()
    visitor.open(f"{pages.url}/sign-in")
    size = 1024 * 1024
    resource.prlimit(pages.process.pid, resource.RLIMIT_FSIZE, (size, size))  # from here on, no file can be larger
    there = visitor.http.post(f"{pages.url}/sign-in", files={"file": b"a" * 7 * size}, timeout=30)
    assert there.status_code == 400  # not a form of the pages, but read to its end
    assert visitor.open(f"{pages.url}/sign-in").code == 200


def test_pages_that_are_https_say_so(open_school: Path, room: Mailroom) -> None:
    with served(open_school, room, PORTAL_URL=PORTAL, TRUSTED_PROXY="127.0.0.1") as pages:
        proxied = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "seats.grace.example"}
        page = pages.browser(**proxied).open("/sign-in")
        assert page.headers["Strict-Transport-Security"] == "max-age=31536000"
        assert page.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'self'")
        cookie = page.headers["Set-Cookie"]
        assert cookie.startswith("__Host-seatsync=")
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
        assert "Server" not in page.headers


def test_keys_rotate_without_signing_anybody_out(open_school: Path, room: Mailroom) -> None:
    with served(open_school, room, SECRET_KEYS=OLD_KEY) as pages:
        ann = pages.account("ann@home.example")
        ann.open(f"{pages.url}/settings/password")
        cookies, form = ann.http.cookies.copy(), ann.page
    with served(open_school, room, SECRET_KEYS=f"{KEY}, {OLD_KEY}") as pages:
        ann = pages.browser()
        ann.http.cookies.update(cookies)
        ann.page = form  # it was open all the time
        ann.url = pages.url
        assert (
            "Your password was changed."
            in ann.press("Change password", old="correct horse battery", password="a new one, long").text
        )
        renewed = ann.http.cookies
    with served(open_school, room, SECRET_KEYS=KEY) as pages:
        for kept, path in ((renewed, "/"), (cookies, "/sign-in")):
            later = pages.browser()
            later.http.cookies.update(kept)
            assert later.open(f"{pages.url}/").path == path


# ── What happens around it ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.postgres_only("SQLite has no server")
def test_it_outlives_the_database_servers_restart(pages: Served, open_school: Path) -> None:
    ann = pages.account("ann@home.example")
    with psycopg.connect(plain(location(open_school)), autocommit=True) as own:
        others = "pid != pg_backend_pid() AND datname = current_database() AND application_name = 'seatsync'"
        (idle,) = own.execute(f"SELECT array_agg(DISTINCT state) FROM pg_stat_activity WHERE {others}").fetchone() or ()
        assert idle == ["idle"]  # kept open, without a transaction
        own.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}")
    page = ann.open(f"{pages.url}/")
    assert (page.path, page.code) == ("/", 200)


def test_it_says_that_it_is_not_ready_while_the_ledger_is_of_another_version(pages: Served, open_school: Path) -> None:
    ready = f"{pages.url}/readyz"
    assert pages.browser().open(ready).code == 200
    _set_revision(open_school, REVISIONS[-2])
    page = pages.browser().open(ready)
    assert (page.code, "`seatsync ledger migrate`" in page.body) == (503, True)
    page = pages.browser().open(f"{pages.url}/claim/grace")
    assert (page.code, page.headers["Retry-After"], "Not available right now" in page.text) == (503, "60", True)
    assert pages.browser().open(f"{pages.url}/healthz").code == 200
    _set_revision(open_school, REVISIONS[-1])
    assert pages.browser().open(ready).code == 200


@pytest.mark.sqlite_only("PostgreSQL's databases are no files")
def test_another_file_in_the_ledgers_place_is_seen_and_none_is_made(pages: Served, open_school: Path) -> None:
    before = open_school / "before.db"
    with opened(open_school) as connection:
        connection.exec_driver_sql(f"VACUUM INTO '{before}'")
    pages.account("ann@home.example")
    assert len(rows(open_school, "account")) == 1
    shutil.move(before, open_school / FILE)  # an older backup
    for leftover in ("-wal", "-shm"):
        (open_school / (FILE + leftover)).unlink(missing_ok=True)
    assert pages.browser().open(f"{pages.url}/readyz").code == 200
    pages.account("ben@home.example")
    assert [row["email"] for row in rows(open_school, "account")] == ["ben@home.example"]
    visitor = pages.browser()
    visitor.open(f"{pages.url}/account/new")
    (open_school / FILE).rename(open_school / "taken-away.db")
    assert visitor.press("Send me a code", email="cy@home.example").code == 503
    assert pages.browser().open(f"{pages.url}/readyz").code == 503
    assert not (open_school / FILE).exists()


def _set_revision(folder: Path, revision: str) -> None:
    with opened(folder) as connection:
        connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{revision}'")
