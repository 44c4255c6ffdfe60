"""Who is signed in. The browser has a random token in a signed cookie; the ledger has its hash, so that a session can be ended."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from hashlib import sha256

import flask
from flask import g
from sqlalchemy import Connection

from seatsync.ledger.queries.accounts import sessions as stored
from seatsync.ledger.queries.accounts.accounts import Account
from seatsync.ledger.queries.accounts.sessions import Ended
from seatsync.ledger.queries.outbox import iso
from seatsync.portal.accounts import codes
from seatsync.portal.web.site import site

IDLE, LONGEST = timedelta(hours=12), timedelta(days=7)
"""A session ends when nothing was asked for so long, and in any case after that."""

_SEEN = timedelta(minutes=10)
"""How exact it is known when somebody was last seen: not every look at a page is to be a write."""

MOST = 20
"""Sessions of one account; the one that was not used for longest makes room."""

_TOKEN = "token"  # noqa: S105
_KEPT = ("next", "language", "proof")
"""What of a visit outlives signing in and out."""


def visitor() -> Account | None:
    """Who is signed in; looked up once a request."""
    if "visitor" not in g:
        g.visitor = _visitor()
    found: Account | None = g.visitor
    return found


def signed_in_visitor() -> Account:
    """Who is signed in, on a page that only those get to see."""
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
    if found.seen_at <= iso(now - _SEEN):
        here.change(lambda connection: stored.touch(connection, _hash(token), iso(now)))
    return Account(found.account, found.email, found.language)


def _ended(now: datetime) -> Ended:
    return Ended(iso(now - LONGEST), iso(now - IDLE))


def sign_in(connection: Connection, who: Account, now: datetime) -> None:
    """Begin a session, under a new token; whatever this browser had before is over.

    To be called in the transaction that proved who it is. Sessions that ended by themselves are cleared away.
    """
    kept = {name: flask.session[name] for name in _KEPT if name in flask.session}
    _end_session(connection)
    token = secrets.token_urlsafe(32)
    stored.begin(connection, _hash(token), who.id, iso(now), _ended(now), MOST)
    flask.session.update({**kept, _TOKEN: token})
    g.visitor = who


def end(connection: Connection) -> None:
    """Sign out here, and forget what this browser has proved."""
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
