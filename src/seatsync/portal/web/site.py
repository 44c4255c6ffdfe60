"""What every page works with: settings, ledger, clock, mailer and rate limits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar, cast
from urllib.parse import urlsplit

from flask import current_app, g, request, session, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from seatsync.domain.action import ON_PAGES
from seatsync.domain.text.days import day_at
from seatsync.ledger.database import Ledger
from seatsync.ledger.failures import AlreadyTaken, LedgerError
from seatsync.ledger.queries.outbox import iso
from seatsync.outbox.message import Sender
from seatsync.portal.web.limits import RateLimits
from seatsync.portal.web.mailer import Mailer

Result = TypeVar("Result")


PageResponse = str | Response | tuple[str, int]
"""What a view returns: a page, a response such as a redirect, or a page with its status code."""


@dataclass(frozen=True)
class Provider:
    """An OpenID provider that people can sign in with. ``domains`` are the mail domains that it may confirm."""

    name: str
    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    domains: tuple[str, ...]


@dataclass(frozen=True)
class SiteSettings:
    """``url`` is the public address of the pages. ``secrets`` sign cookies; the first one signs new cookies.

    ``source_url`` is the address of a line in a file, with {commit}, {institution}, {file} and {line}.
    """

    url: str
    secrets: tuple[str, ...] = field(repr=False)
    sender: Sender
    source_url: str = ""
    provider: Provider | None = None

    @property
    def is_https(self) -> bool:
        return urlsplit(self.url).scheme == "https"

    @property
    def path(self) -> str:
        """The path of the pages' address: empty, or with a leading slash and no trailing one."""
        return urlsplit(self.url).path

    @property
    def origin(self) -> str:
        """Scheme, host and port, as browsers send them in Origin."""
        parts = urlsplit(self.url)
        host = (parts.hostname or "").encode("idna").decode()
        is_usual = parts.port in (None, 443 if self.is_https else 80)
        return f"{parts.scheme}://{host}" + ("" if is_usual else f":{parts.port}")


@dataclass(frozen=True)
class Site:
    """Everything that one server's pages work with."""

    settings: SiteSettings
    ledger: Ledger
    clock: Callable[[], datetime]
    mailer: Mailer
    limits: RateLimits

    def now(self) -> str:
        """Return the current time, as the ledger writes it."""
        return iso(self.clock())

    def today(self, timezone: str) -> str:
        """Return the day (ISO) in an institution's time zone."""
        return day_at(self.now(), timezone)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open the ledger to read it.

        Raises:
            LedgerError: the ledger cannot be reached.
        """
        with self.ledger.reading() as connection:
            if connection is None:  # removed after the server started
                raise NoLedger(self.ledger)
            yield connection

    def change(self, step: Callable[[Connection], Result]) -> Result:
        """Run ``step`` in one transaction that changes accounts only, and return its result.

        If someone else was first, for example two windows that create the same account, ``step`` runs a second time and sees their
        change. The browser's session is reset before the second run.
        """
        before = dict(session)

        def run(connection: Connection) -> Result:
            if session != before:
                session.clear()
                session.update(before)
                g.pop("visitor", None)
            return step(connection)

        try:
            return self.ledger.write(None, ON_PAGES, "", run)
        except AlreadyTaken:
            return self.ledger.write(None, ON_PAGES, "", run)


class NoLedger(LedgerError):
    """The ledger was there when the server started and no longer exists."""

    def __init__(self, ledger: Ledger) -> None:
        super().__init__(
            f"The ledger {ledger} no longer exists.", "Restore the ledger from a backup, or correct --ledger."
        )


def site() -> Site:
    """Return the site of the current request."""
    return cast(Site, current_app.extensions["seatsync"])


def previous_page() -> str:
    """Return the page on this site that the request came from, or the member's own page."""
    base = site().settings.url + "/"
    before = request.referrer or ""
    return before if before.startswith(base) else url_for("member.home")
