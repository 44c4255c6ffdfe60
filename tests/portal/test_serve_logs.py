"""The logs of `seatsync serve` say what happened and name nobody, whatever people type and whatever breaks."""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jinja2 import DictLoader, PrefixLoader

from seatsync.portal.web.logs import Formatter
from tests.support import letters
from tests.support.databases import ledgers, opened, rows
from tests.support.letters import ANN, applied, sent
from tests.support.mail_server import Mailroom
from tests.support.pages import PASSWORD, mail_to, pages_of
from tests.support.served import KEY, Served, served

school, room = letters.school, letters.room

CANARY = "canary"
"""A word in each name, address, password and path that the test types."""

BEA = ["bea.canary@canary.example", "Beacanary", "Canaryson", "owner"]
EMAIL, WRONG = BEA[0], "canary, but not the password"


def test_a_line_a_request_and_nothing_of_what_was_sent(school: Path, room: Mailroom) -> None:
    applied(school, ANN, BEA)
    sent(school)
    link = _link_in(mail_to(room, EMAIL))
    secrets = [KEY, PASSWORD, link.rpartition("/")[2]]
    with served(school, room) as pages:
        visitor = pages.browser(**{"User-Agent": CANARY, "Referer": f"http://{CANARY}/", "X-Request-Id": CANARY})
        assert visitor.open(f"/{CANARY}?{CANARY}").code == 404
        visitor.open(link)
        visitor.open("/claim/grace")
        visitor.press("Send me a code", email=EMAIL)
        secrets.append(pages.code(EMAIL))
        assert visitor.press("Continue", code="1234 5678").code == 403
        visitor.press("Continue", code=secrets[-1])
        visitor.press("Save and sign in", password=PASSWORD)
        assert "You have claimed your seat." in visitor.press("Claim this seat").text
        secrets += [value for value in visitor.http.cookies.values() if value]
        secrets += [form.fields["csrf_token"] for form in visitor.page.forms]
        visitor.press("Sign out")
        assert visitor.press("Sign in", email=EMAIL, password=WRONG).code == 403
        room.at_rcpt = lambda to: f"550 {to}, or {CANARY}, is unknown here"
        visitor.open("/account/new")
        visitor.press("Send me a code", email=f"other.{EMAIL}")
        visitor.open("/account/new")
        with _broken(school):
            broken = visitor.press("Send me a code", email=EMAIL)
        assert (broken.code, "Not available right now" in broken.text) == (503, True)
        assert pages.end() == 0
    secrets += [row["password"] for row in rows(school, "account")]

    log = pages.log.read_text()
    assert [secret for secret in secrets if secret in log] == []
    assert CANARY not in log.lower()
    _tells_what_happened(pages, broken.headers["X-Request-Id"])


def _tells_what_happened(pages: Served, broken: str) -> None:
    lines = pages.logged()
    answered = [(line["method"], line["page"], line["status"]) for line in lines if line["event"] == "request"]
    assert ("GET", None, 404) in answered
    assert ("GET", "letter.open", 200) in answered
    assert ("POST", "claim.take", 302) in answered
    assert ("POST", "account.sign_in", 403) in answered
    assert {line["event"] for line in lines} >= {"listening", "mail-sent", "mail-not-sent", "ended"}
    (fault,) = [line for line in lines if line["event"] == "ledger-out-of-reach"]
    assert fault["request"] == broken
    if ledgers.kind == "postgres":
        assert (fault["error"]["type"], fault["error"]["cause"]["type"]) == ("AlreadyTaken", "IntegrityError")
    else:  # a SQLite file with a trigger is not read at all
        assert fault["error"]["type"] == "LedgerError"
    assert any(re.search(r"portal/accounts/sign_in\.py:\d+ send_code$", frame) for frame in fault["error"]["frames"])
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", line["time"]) for line in lines)


def _link_in(letter: object) -> str:
    found = re.search(r"/l/grace/[\w-]{32}", letters.part(letter, "plain"))  # type: ignore[arg-type]
    assert found is not None
    return found[0]


@contextmanager
def _broken(folder: Path) -> Iterator[None]:
    """Meanwhile the database rejects codes, with a message that names a person."""
    if ledgers.kind == "postgres":  # its errors contain the failing row
        begin, end = (
            "ALTER TABLE challenge ADD CONSTRAINT none CHECK (tries < 0) NOT VALID",
            "ALTER TABLE challenge DROP CONSTRAINT none",
        )
    else:
        raised = "BEGIN SELECT RAISE(ABORT, 'UNIQUE constraint of canary'); END"
        begin, end = f"CREATE TRIGGER none BEFORE INSERT ON challenge {raised}", "DROP TRIGGER none"
    for statement in (begin, end):
        with opened(folder) as connection:
            connection.exec_driver_sql(statement)
        if statement is begin:
            yield


def test_a_page_that_breaks_is_told_without_what_was_on_it(school: Path, room: Mailroom) -> None:
    applied(school, BEA)
    with pages_of(school, room, room.port) as pages, _logged() as log:
        bea = pages.account(EMAIL)
        whole = pages.app.jinja_env.loader
        assert whole is not None
        broken = DictLoader({"home.html": "{% include visitor().email %}"})  # the error's message is the e-mail
        pages.app.jinja_env.loader = PrefixLoader({"": broken}, delimiter=":")
        pages.app.jinja_env.cache = None
        page = bea.open("/")
        assert (page.code, page.headers["Content-Type"]) == (500, "text/plain")
        assert CANARY not in page.body.lower()
    told = log.getvalue()
    assert CANARY not in told.lower()
    assert f'"request": "{page.headers["X-Request-Id"]}"' in told
    assert '"type": "TemplateNotFound"' in told


@contextmanager
def _logged() -> Iterator[io.StringIO]:
    """Collect what this process logs, in the server's format."""
    log, ours = io.StringIO(), logging.getLogger("seatsync")
    handler = logging.StreamHandler(log)
    handler.setFormatter(Formatter())
    ours.addHandler(handler)
    level = ours.level
    ours.setLevel(logging.INFO)
    try:
        yield log
    finally:
        ours.removeHandler(handler)
        ours.setLevel(level)
