"""Codes by mail: a row for each browser that must enter one, found by the hash of the browser's token."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, delete, insert, select, update

from seatsync.ledger.account_tables import challenge


class Challenge(NamedTuple):
    """A code that a browser must enter: ``code`` is its hash, ``account`` the signed-in account (empty for none)."""

    hash: bytes
    purpose: str
    email: str
    account: str
    code: bytes
    made_at: str


class Open(NamedTuple):
    """Selects a challenge that can still be answered: by browser (``hash``) and purpose, made after ``made_after`` (ISO), with
    fewer than ``tries`` attempts."""

    hash: bytes
    purpose: str
    made_after: str
    tries: int

    @property
    def where(self) -> tuple[ColumnElement[bool], ...]:
        mine = challenge.c.hash == self.hash
        in_time = challenge.c.made_at > self.made_after
        return mine, challenge.c.purpose == self.purpose, in_time, challenge.c.tries < self.tries


_FIELDS = tuple(challenge.c[name] for name in Challenge._fields)


def add(connection: Connection, new: Challenge) -> None:
    """Store a new challenge."""
    connection.execute(insert(challenge).values(**new._asdict(), tries=0))


def find(connection: Connection, this: Open) -> Challenge | None:
    """The challenge, if it can still be answered."""
    row = connection.execute(select(*_FIELDS).where(*this.where)).one_or_none()
    return Challenge._make(row) if row is not None else None


def count_try(connection: Connection, this: Open) -> Challenge | None:
    """The challenge, if it can still be answered; counts one attempt."""
    if connection.execute(update(challenge).where(*this.where).values(tries=challenge.c.tries + 1)).rowcount != 1:
        return None
    return Challenge._make(connection.execute(select(*_FIELDS).where(challenge.c.hash == this.hash)).one())


def remove(connection: Connection, hash: bytes) -> None:
    """Delete the challenge of this browser."""
    connection.execute(delete(challenge).where(challenge.c.hash == hash))


def remove_old(connection: Connection, made_before: str) -> None:
    """Delete all challenges made at this instant (ISO) or before."""
    connection.execute(delete(challenge).where(challenge.c.made_at <= made_before))
