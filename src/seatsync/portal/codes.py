"""Codes by mail: whoever can read one has the mailbox. Eight digits, good for ten minutes, five tries, and one browser."""

from __future__ import annotations

import hmac
import secrets
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import NamedTuple

import flask
from sqlalchemy import ColumnElement, Connection, delete, insert, select, update

from seatsync.ledger.accounts import challenge
from seatsync.outbox.queue import iso

LIFETIME = timedelta(minutes=10)
PROVED = timedelta(minutes=30)
"""How long a browser that has entered a right code may claim what waits for that e-mail."""
TRIES = 5
_DIGITS = 8
_NAME, _PROOF = "challenge", "proof"


class Purpose(StrEnum):
    """What a code is good for, and for nothing else."""

    ACCOUNT = "account"
    EMAIL = "email"
    CLAIM = "claim"
    PROVED = "proved"
    """No code any more, but what is left of the right one: this browser reads that mailbox."""


class Asked(NamedTuple):
    """What a browser was asked a code for: the e-mail, and the account that was signed in (empty for none)."""

    purpose: str
    email: str
    account: str


def ask(connection: Connection, purpose: Purpose, email: str, account: str, now: datetime) -> str:
    """A new code for this browser, to be sent to ``email``; the one before is worth nothing any more."""
    token, code = secrets.token_urlsafe(32), f"{secrets.randbelow(10**_DIGITS):0{_DIGITS}}"
    old = challenge.c.made_at <= iso(now - PROVED)
    if (before := flask.session.get(_NAME)) is not None:
        old |= challenge.c.hash == _hash(before)
    connection.execute(delete(challenge).where(old))
    row = {"purpose": purpose.value, "email": email, "account": account, "code": _hash(token, code)}
    connection.execute(insert(challenge).values(hash=_hash(token), made_at=iso(now), tries=0, **row))
    flask.session[_NAME] = token
    return f"{code[:4]} {code[4:]}"


def asked(connection: Connection, purpose: Purpose, now: datetime) -> Asked | None:
    """What this browser can still enter a code for; None where it is too late, or was tried too often."""
    row = connection.execute(select(challenge).where(*_open(purpose, now))).one_or_none()
    return Asked(row.purpose, row.email, row.account) if row is not None else None


def answer(connection: Connection, purpose: Purpose, code: str, now: datetime) -> Asked | None:
    """What was asked, if this is its code. A right one is used up by that; a wrong one is one try less."""
    this = _open(purpose, now)
    if connection.execute(update(challenge).where(*this).values(tries=challenge.c.tries + 1)).rowcount != 1:
        return None
    token = str(flask.session[_NAME])
    row = connection.execute(select(challenge).where(challenge.c.hash == _hash(token))).one()
    if not hmac.compare_digest(bytes(row.code), _hash(token, "".join(c for c in code if c.isdigit()))):
        return None
    connection.execute(delete(challenge).where(challenge.c.hash == _hash(token)))
    return Asked(row.purpose, row.email, row.account)


def prove(connection: Connection, code: str, now: datetime) -> bool:
    """Whether it is the code that was asked for to claim; then this browser has ``proved`` for a while to read the mailbox."""
    answered = answer(connection, Purpose.CLAIM, code, now)
    if answered is None:
        return False
    token = secrets.token_urlsafe(32)
    row = {"purpose": Purpose.PROVED.value, "email": answered.email, "account": "", "code": b""}
    connection.execute(insert(challenge).values(hash=_hash(token), made_at=iso(now), tries=0, **row))
    flask.session[_PROOF] = token
    return True


def proved(connection: Connection, now: datetime) -> str:
    """The e-mail that this browser has proved to read; empty for none."""
    mine = challenge.c.hash == _hash(str(flask.session.get(_PROOF, "")))
    in_time = challenge.c.made_at > iso(now - PROVED)
    email = select(challenge.c.email).where(mine, in_time, challenge.c.purpose == Purpose.PROVED.value)
    return connection.execute(email).scalar() or ""


def forget(connection: Connection) -> None:
    """Whatever this browser was asked, or has proved, is over."""
    for name in (_NAME, _PROOF):
        if name in flask.session:
            connection.execute(delete(challenge).where(challenge.c.hash == _hash(str(flask.session[name]))))


def _open(purpose: Purpose, now: datetime) -> tuple[ColumnElement[bool], ...]:
    mine = challenge.c.hash == _hash(str(flask.session.get(_NAME, "")))
    in_time = challenge.c.made_at > iso(now - LIFETIME)
    return mine, challenge.c.purpose == purpose.value, in_time, challenge.c.tries < TRIES


def _hash(token: str, code: str = "") -> bytes:
    """Of the code only together with the token, which the ledger does not have: eight digits alone are soon guessed."""
    return sha256(f"{token}:{code}".encode("utf-8", "surrogatepass")).digest()
