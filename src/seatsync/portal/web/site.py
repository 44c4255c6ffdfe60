"""What every page works with: the settings, the ledger, the clock, and the ways out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar, cast
from urllib.parse import urlsplit

from flask import current_app, g, session
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from seatsync.ledger.database import Ledger
from seatsync.ledger.failures import AlreadyTaken, LedgerError
from seatsync.ledger.queries.outbox import iso
from seatsync.outbox.message import Sender
from seatsync.portal.web.limits import Limits
from seatsync.portal.web.mailer import Post

ACTOR = "pages"
"""Who the journal says did what members do on these pages; who they are stands in the event."""

Result = TypeVar("Result")


PageResponse = str | Response | tuple[str, int]
"""What a view returns: a page, an answer such as a redirect, or a page with its status code."""


@dataclass(frozen=True)
class Provider:
    """An OpenID provider that people may sign in with. ``domains`` are those whose e-mails it can vouch for."""

    name: str
    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    domains: tuple[str, ...]


@dataclass(frozen=True)
class Settings:
    """``url`` is where the pages are for those who look at them; ``secrets`` sign cookies, the first new ones.

    ``source_url`` says where the line of a file can be looked at, with {commit}, {institution}, {file} and {line}.
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
        """What of the pages' address stands behind the host: empty, or with a slash before it and none behind."""
        return urlsplit(self.url).path

    @property
    def origin(self) -> str:
        """Scheme, host and port as browsers say them."""
        parts = urlsplit(self.url)
        host = (parts.hostname or "").encode("idna").decode()
        is_usual = parts.port in (None, 443 if self.is_https else 80)
        return f"{parts.scheme}://{host}" + ("" if is_usual else f":{parts.port}")


@dataclass(frozen=True)
class Site:
    """One server's pages."""

    settings: Settings
    ledger: Ledger
    clock: Callable[[], datetime]
    post: Post
    limits: Limits

    def now(self) -> str:
        """The instant, as the ledger writes it."""
        return iso(self.clock())

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """The ledger as it is.

        Raises:
            LedgerError: it can't be reached.
        """
        with self.ledger.reading() as connection:
            if connection is None:  # taken away since the server was started
                raise NoLedger(self.ledger)
            yield connection

    def change(self, step: Callable[[Connection], Result]) -> Result:
        """What ``step`` returns, run in one transaction that changes accounts, and nothing of an institution's.

        Where somebody else was first (two windows that make one account), it is run again, and sees what they did. It may
        change the browser's session, which is then as it was before.
        """
        before = dict(session)

        def run(connection: Connection) -> Result:
            if session != before:
                session.clear()
                session.update(before)
                g.pop("visitor", None)
            return step(connection)

        try:
            return self.ledger.write(None, ACTOR, "", run)
        except AlreadyTaken:
            return self.ledger.write(None, ACTOR, "", run)


class NoLedger(LedgerError):
    """There is no ledger any more where there was one."""

    def __init__(self, ledger: Ledger) -> None:
        super().__init__(f"There is no ledger at {ledger} any more.", "There is none any more.")


def site() -> Site:
    """That of the request at hand."""
    return cast(Site, current_app.extensions["seatsync"])
