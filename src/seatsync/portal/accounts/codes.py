"""Codes by mail, which prove access to a mailbox. A code has eight digits, works for ten minutes, five tries and one browser."""

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

PROOF_LIFETIME = timedelta(minutes=30)
"""How long a browser can claim seats after it entered a correct code."""
AT_ONCE = timedelta(minutes=1)
"""How long a correct code can be entered again by the browser that entered it."""
MAX_TRIES = 5
_DIGITS = 8
_CODE_COOKIE, _PROOF_COOKIE = "challenge", "proof"


class Purpose(StrEnum):
    """What a code is for. It works for nothing else."""

    ACCOUNT = "account"
    EMAIL = "email"
    CLAIM = "claim"
    PROVED = "proved"
    """Not a code: what remains after a correct one. This browser has proved that it reads the mailbox."""


class PendingCode(NamedTuple):
    """The purpose and e-mail of a code, and the account that was signed in when it was sent (empty: none)."""

    purpose: str
    email: str
    account: str


def create_code(connection: Connection, purpose: Purpose, email: str, account: str, now: datetime) -> str:
    """Create a code for this browser and return it, to be sent to ``email``. The browser's previous code stops working."""
    token, code = secrets.token_urlsafe(32), f"{secrets.randbelow(10**_DIGITS):0{_DIGITS}}"
    challenges.remove_old(connection, iso(now - PROOF_LIFETIME))
    if (before := flask.session.get(_CODE_COOKIE)) is not None:
        challenges.remove(connection, _hash(before))
    challenges.add(connection, Challenge(_hash(token), purpose.value, email, account, _hash(token, code), iso(now)))
    flask.session[_CODE_COOKIE] = token
    return f"{code[:4]} {code[4:]}"


def pending_code(connection: Connection, purpose: Purpose, now: datetime) -> PendingCode | None:
    """Return what this browser can still enter a code for; None if the code is too old or was tried too often."""
    found = challenges.find(connection, _answerable(purpose, now))
    return PendingCode(found.purpose, found.email, found.account) if found is not None else None


def check_code(connection: Connection, purpose: Purpose, code: str, now: datetime) -> PendingCode | None:
    """Return what the code was for if it is correct; None if not. A correct code is used up, a wrong one uses up a try."""
    found = challenges.count_try(connection, _answerable(purpose, now))
    if found is None:
        return None
    token = str(flask.session[_CODE_COOKIE])
    if not hmac.compare_digest(bytes(found.code), _hash(token, _digits(code))):
        return None
    challenges.remove(connection, _hash(token))
    return PendingCode(found.purpose, found.email, found.account)


def prove_mailbox(connection: Connection, code: str, now: datetime) -> bool:
    """Return whether the code is correct. If so, this browser can claim for a while (see ``proven_email``).

    Pressing twice at once is one proof: its token follows from the browser's and the code.
    """
    token = _hash(str(flask.session.get(_CODE_COOKIE, "")), f"proof:{_digits(code)}").hex()
    answered = check_code(connection, Purpose.CLAIM, code, now)
    if answered is not None:
        challenges.add(connection, Challenge(_hash(token), Purpose.PROVED.value, answered.email, "", b"", iso(now)))
    elif challenges.find(connection, _proof(token, now - AT_ONCE)) is None:
        return False
    flask.session[_PROOF_COOKIE] = token
    return True


def proven_email(connection: Connection, now: datetime) -> str:
    """Return the e-mail whose mailbox this browser has proved to read; empty for none."""
    found = challenges.find(connection, _proof(str(flask.session.get(_PROOF_COOKIE, "")), now - PROOF_LIFETIME))
    return found.email if found is not None else ""


def forget_ended_proof() -> bool:
    """Forget a proof that ``proven_email`` no longer finds; return whether there was one."""
    return flask.session.pop(_PROOF_COOKIE, None) is not None


def was_asked_for() -> bool:
    """Whether this browser has asked for a code since it last signed in or out."""
    return _CODE_COOKIE in flask.session


def forget(connection: Connection) -> None:
    """Delete this browser's code and proof."""
    for name in (_CODE_COOKIE, _PROOF_COOKIE):
        if name in flask.session:
            challenges.remove(connection, _hash(str(flask.session[name])))


def _answerable(purpose: Purpose, now: datetime) -> Open:
    return Open(_hash(str(flask.session.get(_CODE_COOKIE, ""))), purpose.value, iso(now - CODE_LIFETIME), MAX_TRIES)


def _proof(token: str, since: datetime) -> Open:
    return Open(_hash(token), Purpose.PROVED.value, iso(since), MAX_TRIES)


def _digits(code: str) -> str:
    return "".join(c for c in code if c.isdigit())


def _hash(token: str, code: str = "") -> bytes:
    """Return the hash of a token, or of a code with its token. The ledger lacks the token; eight digits alone are easily guessed."""
    return sha256(f"{token}:{code}".encode("utf-8", "surrogatepass")).digest()
