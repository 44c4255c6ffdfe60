"""Sessions: who is signed in.

The browser has a random token in a signed cookie. The ledger has the token's hash, so that a session can be ended.
"""

from __future__ import annotations

import secrets
from contextlib import suppress
from datetime import datetime, timedelta
from hashlib import sha256

import flask
from flask import g
from sqlalchemy import Connection

from seatsync.ledger.failures import LedgerError
from seatsync.ledger.queries.accounts import sessions as stored
from seatsync.ledger.queries.accounts.accounts import Account
from seatsync.ledger.queries.accounts.sessions import Ended
from seatsync.ledger.queries.institutions.administered import institutions_of
from seatsync.ledger.queries.outbox import iso
from seatsync.portal.accounts import codes
from seatsync.portal.web.site import site

MAX_IDLE, MAX_AGE = timedelta(hours=12), timedelta(days=7)
"""A session ends after this long without a request, and at the latest after this long."""

_SEEN_PRECISION = timedelta(minutes=10)
"""How precisely the last visit is recorded, so that not every request writes to the ledger."""

MAX_SESSIONS = 20
"""Sessions per account. A new one replaces the one that was not used for longest."""

_TOKEN = "token"  # noqa: S105
_KEPT_KEYS = ("next", "language", "proof", "institution", "letter_language", "claim_steps", "steps_to")
"""What the browser's cookie keeps when someone signs in."""


def visitor() -> Account | None:
    """Return the signed-in account, looked up once per request; None if nobody is signed in."""
    if "visitor" not in g:
        g.visitor = _visitor()
    found: Account | None = g.visitor
    return found


def signed_in_visitor() -> Account:
    """Return the signed-in account, in a view that requires one."""
    who = visitor()
    assert who is not None
    return who


def _visitor() -> Account | None:
    token = flask.session.get(_TOKEN)
    if not isinstance(token, str):
        return None
    here, now = site(), site().clock()
    with here.reading() as connection:
        found = stored.find(connection, _hash(token))
    if found is None or _ended(now).covers(found):
        flask.session.pop(_TOKEN, None)
        return None
    if found.seen_at <= iso(now - _SEEN_PRECISION):
        here.change(lambda connection: stored.touch(connection, _hash(token), iso(now)))
    return Account(found.account, found.email, found.language)


def _ended(now: datetime) -> Ended:
    return Ended(iso(now - MAX_AGE), iso(now - MAX_IDLE))


def administers() -> bool:
    """Return whether the visitor is signed in as an administrator of some institution. It stops no page, least of all an error's."""
    found = False
    with suppress(LedgerError):
        who = visitor()
        if who is not None:
            with site().reading() as connection:
                found = bool(institutions_of(connection, who.email))
    return found


def sign_in(connection: Connection, who: Account, now: datetime) -> None:
    """Start a session with a new token and end the browser's previous one.

    Call this in the transaction that checked the password or code. It also deletes expired sessions.
    """
    kept = {name: flask.session[name] for name in _KEPT_KEYS if name in flask.session}
    _end_session(connection)
    token = secrets.token_urlsafe(32)
    stored.begin(connection, _hash(token), who.id, iso(now), _ended(now), MAX_SESSIONS)
    flask.session.update({**kept, _TOKEN: token})
    g.visitor = who


def end(connection: Connection) -> None:
    """Sign out here and forget what this browser has proved."""
    codes.forget(connection)
    _end_session(connection)


def _end_session(connection: Connection) -> None:
    if isinstance(token := flask.session.get(_TOKEN), str):
        stored.end(connection, _hash(token))
    kept = {name: flask.session[name] for name in ("language",) if name in flask.session}
    flask.session.clear()
    flask.session.update(kept)
    g.visitor = None


def end_all(connection: Connection, id: str) -> None:
    """Sign out everywhere."""
    stored.end_all(connection, id)
    end(connection)


def _hash(token: str) -> bytes:
    return sha256(token.encode("utf-8", "surrogatepass")).digest()
