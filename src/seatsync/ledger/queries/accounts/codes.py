"""Codes by mail, as the ledger keeps them: a row for each browser that was asked for one, found by the hash of its token."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, delete, insert, select, update

from seatsync.ledger.account_tables import challenge


class Challenge(NamedTuple):
    """What a browser was asked: ``code`` is the hash of the right answer, ``account`` the account that was signed in (empty: none)."""

    hash: bytes
    purpose: str
    email: str
    account: str
    code: bytes
    made_at: str


class Open(NamedTuple):
    """Which challenge can still be answered: of this browser and purpose, made after ``made_after`` (ISO), with fewer than ``tries``."""

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
    """Keep a challenge that nobody has tried yet."""
    connection.execute(insert(challenge).values(**new._asdict(), tries=0))


def find(connection: Connection, this: Open) -> Challenge | None:
    """The challenge, if it can still be answered."""
    row = connection.execute(select(*_FIELDS).where(*this.where)).one_or_none()
    return Challenge._make(row) if row is not None else None


def count_try(connection: Connection, this: Open) -> Challenge | None:
    """The challenge, if it can still be answered, with one try counted."""
    if connection.execute(update(challenge).where(*this.where).values(tries=challenge.c.tries + 1)).rowcount != 1:
        return None
    return Challenge._make(connection.execute(select(*_FIELDS).where(challenge.c.hash == this.hash)).one())


def remove(connection: Connection, hash: bytes) -> None:
    """Delete the challenge of this browser."""
    connection.execute(delete(challenge).where(challenge.c.hash == hash))


def remove_old(connection: Connection, made_before: str) -> None:
    """Delete all challenges made at this instant (ISO) or before."""
    connection.execute(delete(challenge).where(challenge.c.made_at <= made_before))
