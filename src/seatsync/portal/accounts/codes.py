"""Codes by mail: whoever can read one has the mailbox. Eight digits, good for ten minutes, five tries, and one browser."""

from __future__ import annotations

import hmac
import secrets
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import NamedTuple

import flask
from sqlalchemy import Connection

from seatsync.ledger.queries.accounts import codes as challenges
from seatsync.ledger.queries.accounts.codes import Challenge, Open
from seatsync.ledger.queries.outbox import iso
from seatsync.portal.web.mailer import CODE_LIFETIME

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
    challenges.remove_old(connection, iso(now - PROVED))
    if (before := flask.session.get(_NAME)) is not None:
        challenges.remove(connection, _hash(before))
    challenges.add(connection, Challenge(_hash(token), purpose.value, email, account, _hash(token, code), iso(now)))
    flask.session[_NAME] = token
    return f"{code[:4]} {code[4:]}"


def asked(connection: Connection, purpose: Purpose, now: datetime) -> Asked | None:
    """What this browser can still enter a code for; None where it is too late, or was tried too often."""
    found = challenges.find(connection, _open(purpose, now))
    return Asked(found.purpose, found.email, found.account) if found is not None else None


def answer(connection: Connection, purpose: Purpose, code: str, now: datetime) -> Asked | None:
    """What was asked, if this is its code. A right one is used up by that; a wrong one is one try less."""
    found = challenges.count_try(connection, _open(purpose, now))
    if found is None:
        return None
    token = str(flask.session[_NAME])
    if not hmac.compare_digest(bytes(found.code), _hash(token, "".join(c for c in code if c.isdigit()))):
        return None
    challenges.remove(connection, _hash(token))
    return Asked(found.purpose, found.email, found.account)


def prove(connection: Connection, code: str, now: datetime) -> bool:
    """Whether it is the code that was asked for to claim; then this browser has ``proved`` for a while to read the mailbox."""
    answered = answer(connection, Purpose.CLAIM, code, now)
    if answered is None:
        return False
    token = secrets.token_urlsafe(32)
    challenges.add(connection, Challenge(_hash(token), Purpose.PROVED.value, answered.email, "", b"", iso(now)))
    flask.session[_PROOF] = token
    return True


def proved(connection: Connection, now: datetime) -> str:
    """The e-mail that this browser has proved to read; empty for none."""
    this = Open(_hash(str(flask.session.get(_PROOF, ""))), Purpose.PROVED.value, iso(now - PROVED), TRIES)
    found = challenges.find(connection, this)
    return found.email if found is not None else ""


def forget(connection: Connection) -> None:
    """Whatever this browser was asked, or has proved, is over."""
    for name in (_NAME, _PROOF):
        if name in flask.session:
            challenges.remove(connection, _hash(str(flask.session[name])))


def _open(purpose: Purpose, now: datetime) -> Open:
    return Open(_hash(str(flask.session.get(_NAME, ""))), purpose.value, iso(now - CODE_LIFETIME), TRIES)


def _hash(token: str, code: str = "") -> bytes:
    """Of the code only together with the token, which the ledger does not have: eight digits alone are soon guessed."""
    return sha256(f"{token}:{code}".encode("utf-8", "surrogatepass")).digest()
