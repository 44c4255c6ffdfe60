"""Simple browsers for the pages of ``serve``. They keep cookies, follow redirects and fill in the forms they see."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import flask

from seatsync.ledger.database import Ledger
from seatsync.outbox.message import Sender
from seatsync.outbox.smtp import Server
from seatsync.portal.app import create_app
from seatsync.portal.web.limits import RateLimits
from seatsync.portal.web.mailer import Mailer
from seatsync.portal.web.site import Site, SiteSettings
from tests.support.databases import location
from tests.support.letters import DAY, PORTAL, part
from tests.support.mail_server import Mailroom

PASSWORD = "correct horse battery"


class Form:
    """A form of a page: its target, and the values it sends if nobody types anything."""

    def __init__(self, method: str, action: str) -> None:
        self.method = method
        self.action = action
        self.fields: dict[str, Any] = {}
        self.names: set[str] = set()
        self.buttons: list[str] = []


class Page(HTMLParser):
    """What a browser shows: ``code``, ``title``, ``text``, forms and links."""

    def __init__(self, response: Any) -> None:
        super().__init__()
        self.code: int = response.status_code
        self.path: str = response.request.path
        self.headers = response.headers
        self.body: str = response.get_data().decode(errors="replace").replace("\N{NO-BREAK SPACE}", " ")  # in days
        self.forms: list[Form] = []
        self.links: dict[str, str] = {}
        self.title = ""
        self._words: list[str] = []
        self._in: list[str] = []
        self._href = ""
        if response.mimetype == "text/html":
            self.feed(self.body)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self._words).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in ("title", "style", "a", "button"):
            self._in.append(tag)
        if tag == "form":
            self.forms.append(Form(given.get("method", "get"), given.get("action", self.path)))
        elif tag == "a":
            self._href = given.get("href", "")
        elif tag in ("input", "select", "textarea") and self.forms and "name" in given:
            self.forms[-1].names.add(given["name"])
            if given.get("type") not in ("checkbox", "radio", "file") and tag == "input":
                self.forms[-1].fields[given["name"]] = given.get("value", "")
        elif tag == "button" and self.forms:
            self.forms[-1].buttons.append("")
            if "name" in given:
                self.forms[-1].names.add(given["name"])

    def handle_endtag(self, tag: str) -> None:
        if self._in and self._in[-1] == tag:
            self._in.pop()

    def handle_data(self, data: str) -> None:
        inside = self._in[-1] if self._in else ""
        if inside == "title":
            self.title += data
        else:
            self._words.append(data)
        if inside == "a" and data.strip():
            self.links[data.strip()] = self._href
        if inside == "button" and self.forms and self.forms[-1].buttons:
            self.forms[-1].buttons[-1] += data.strip()

    def form(self, button: str) -> Form:
        """Return the form with this button."""
        (found,) = (form for form in self.forms if button in form.buttons)
        return found


class Browser:
    """A browser with its own cookies, at one network address."""

    def __init__(self, app: flask.Flask, address: str = "192.0.2.1") -> None:
        self.client = app.test_client()
        self.surroundings = {"REMOTE_ADDR": address}
        self.page: Page

    def open(self, path: str, follow: bool = True, **headers: str) -> Page:
        """Open a page."""
        return self._shown(self.client.get(_path(path), **self._with(headers, follow)))

    def press_first(self, button: str) -> Page:
        """Press the first of several buttons with this name."""
        form = next(form for form in self.page.forms if button in form.buttons)
        return self.send(form.action, **form.fields)

    def press(self, button: str, follow: bool = True, **fields: Any) -> Page:
        """Fill in the form that has this button, and press it."""
        form = self.page.form(button)
        assert fields.keys() <= form.names, form.names
        where = urljoin(self.page.path, form.action)
        return self.send(where, follow, **{**form.fields, **fields})

    def send(self, path: str, follow: bool = True, headers: dict[str, str] | None = None, **fields: Any) -> Page:
        """Send what a form would send, whether or not the page has one."""
        return self._shown(self.client.post(_path(path), data=fields, **self._with(headers or {}, follow)))

    def _with(self, headers: dict[str, str], follow: bool) -> dict[str, Any]:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return {
            "headers": named,
            "follow_redirects": follow,
            "environ_overrides": self.surroundings,
            "base_url": PORTAL,
        }

    def _shown(self, response: Any) -> Page:
        self.page = Page(response)
        response.close()
        return self.page


def _path(link: str) -> str:
    parts = urlsplit(link)
    return parts.path + (f"?{parts.query}" if parts.query else "")


class Pages:
    """The pages of a folder's ledger, and their clock."""

    def __init__(self, folder: Path, room: Mailroom, mailer: Mailer, **settings: Any) -> None:
        self.folder = folder
        self.room = room
        self.now = datetime.fromisoformat(DAY).replace(tzinfo=UTC, hour=12)
        self.site = Site(
            SiteSettings(PORTAL, ("a secret of the tests, long enough",), mailer.sender, **settings),
            Ledger(location(folder)),
            lambda: self.now,
            mailer,
            RateLimits(lambda: self.now.timestamp()),
        )
        self.app = create_app(self.site)

    def browser(self, address: str = "192.0.2.1") -> Browser:
        return Browser(self.app, address)

    def later(self, **time: float) -> None:
        self.now += timedelta(**time)

    def code(self, email: str) -> str:
        """Wait for the next mail to this address and return its code."""
        return code_of(self.mail(email, "is your code"))

    def mail(self, email: str, subject: str = "") -> Any:
        """Wait for a mail to this address with ``subject``, remove it from the mailbox and return it."""
        return mail_to(self.room, email, subject)

    def account(self, email: str, password: str = PASSWORD, address: str = "192.0.2.1") -> Browser:
        """Return a browser in which someone has just created an account."""
        browser = self.browser(address)
        browser.open("/account/new")
        browser.press("Send me a code", email=email)
        browser.press("Save and sign in", code=self.code(email), password=password)
        assert browser.page.code == 200, browser.page.text
        return browser

    def signed_in(self, email: str, password: str = PASSWORD) -> Browser:
        """Return a browser in which someone has just signed in."""
        browser = self.browser()
        browser.open("/sign-in")
        browser.press("Sign in", email=email, password=password)
        return browser


def mail_to(room: Mailroom, email: str, subject: str = "") -> Any:
    """Wait for a mail to this address with ``subject``, remove it from the mailbox and return it."""
    until = time.monotonic() + 10
    while True:
        for letter in reversed(room.letters):
            if letter["To"].addresses[0].addr_spec == email and subject in letter["Subject"]:
                room.letters.remove(letter)
                return letter
        assert time.monotonic() < until, f"no mail to {email}"
        time.sleep(0.01)


def code_of(letter: Any) -> str:
    """Return the code in a mail."""
    text = part(letter, "plain")
    found = re.search(r"\b(\d{4} \d{4})\b", text)
    assert found is not None, text
    return found[1]


@contextmanager
def pages_of(folder: Path, room: Mailroom, port: int, **settings: Any) -> Iterator[Pages]:
    """Open the pages of a folder's ledger, with this mail server."""
    mailer = Mailer(Server.parse(f"smtp://127.0.0.1:{port}"), Sender("Grace Library", "library@grace.example"))
    mailer.start()
    try:
        yield Pages(folder, room, mailer, **settings)
    finally:
        mailer.stop()
