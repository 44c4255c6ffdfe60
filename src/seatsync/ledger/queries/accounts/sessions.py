"""Sessions: a row for each signed-in browser, found by the hash of the browser's token."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, delete, insert, select, update

from seatsync.ledger.account_tables import account, session


class Session(NamedTuple):
    """A session: the account's id, e-mail and language, when it began, and when it was last used (ISO)."""

    account: str
    email: str
    language: str
    made_at: str
    seen_at: str


class Ended(NamedTuple):
    """Sessions that have ended: created at ``made_at`` or before, or last used at ``seen_at`` or before (ISO)."""

    made_at: str
    seen_at: str

    def covers(self, found: Session) -> bool:
        """Whether this session has ended."""
        return found.made_at <= self.made_at or found.seen_at <= self.seen_at

    @property
    def where(self) -> ColumnElement[bool]:
        return (session.c.made_at <= self.made_at) | (session.c.seen_at <= self.seen_at)


def find(connection: Connection, hash: bytes) -> Session | None:
    """The session of this browser."""
    fields = (account.c.id, account.c.email, account.c.language, session.c.made_at, session.c.seen_at)
    query = select(*fields).join(session, session.c.account == account.c.id).where(session.c.hash == hash)
    row = connection.execute(query).one_or_none()
    return Session._make(row) if row is not None else None


def touch(connection: Connection, hash: bytes, at: str) -> None:
    """Note that the session was used."""
    connection.execute(update(session).where(session.c.hash == hash).values(seen_at=at))


def begin(connection: Connection, hash: bytes, account: str, at: str, ended: Ended, most: int) -> None:
    """Store a new session. Delete the account's ended sessions, and the least recently used ones beyond ``most``."""
    connection.execute(delete(session).where(session.c.account == account, ended.where))
    connection.execute(insert(session).values(hash=hash, account=account, made_at=at, seen_at=at))
    by_use = (session.c.seen_at.desc(), session.c.made_at.desc(), session.c.hash)
    of_account = select(session.c.hash).where(session.c.account == account).order_by(*by_use)
    if older := connection.execute(of_account.offset(most)).scalars().all():
        connection.execute(delete(session).where(session.c.hash.in_(older)))


def end(connection: Connection, hash: bytes) -> None:
    """Delete the session of this browser."""
    connection.execute(delete(session).where(session.c.hash == hash))


def end_all(connection: Connection, account: str) -> None:
    """Delete all sessions of an account."""
    connection.execute(delete(session).where(session.c.account == account))
