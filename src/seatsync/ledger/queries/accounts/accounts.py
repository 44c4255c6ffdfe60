"""Accounts: who signs in. Each has a verified e-mail, which no roster ever changes, and a password or a provider's word."""

from __future__ import annotations

import secrets
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, delete, insert, select, update

from seatsync.ledger.account_tables import account, holding, identity, session
from seatsync.ledger.queries.accounts.emails import email_hash
from seatsync.ledger.queries.accounts.holdings import ACROSS, NOBODY, AccountHolder, stay_in


class Account(NamedTuple):
    """Who signs in: a random ``id``, a verified ``email``, and the language of their pages (empty: the browser's)."""

    id: str
    email: str
    language: str


_FIELDS = (account.c.id, account.c.email, account.c.language)


def by_email(connection: Connection, email: str) -> Account | None:
    """The account with this e-mail."""
    return _one(connection, select(*_FIELDS).where(account.c.email_hash == email_hash(email)))


def by_identity(connection: Connection, issuer: str, subject: str) -> Account | None:
    """The account that an OpenID provider's ``subject`` has."""
    theirs = select(identity.c.account).where(identity.c.issuer == issuer, identity.c.subject == subject)
    return _one(connection, select(*_FIELDS).where(account.c.id == theirs.scalar_subquery()))


def _one(connection: Connection, query: Select[Any]) -> Account | None:
    row = connection.execute(query).one_or_none()
    return Account(*row) if row is not None else None


def password_hash(connection: Connection, email: str) -> str:
    """That of the account with this e-mail; empty where there is none, or it has no password."""
    found = select(account.c.password).where(account.c.email_hash == email_hash(email))
    return connection.execute(found).scalar() or ""


def make(connection: Connection, email: str, password: str, at: str) -> Account:
    """A new account; ``password`` is its hash, or empty."""
    new = Account(secrets.token_urlsafe(16), email, "")
    values = {"email_hash": email_hash(email), "password": password, "made_at": at}
    connection.execute(insert(account).values(**new._asdict(), **values))
    return new


def set_password(connection: Connection, id: str, password: str, verified: str | None = None) -> bool:
    """A new password's hash; with ``verified`` only if that is the hash still, and nobody changed it meanwhile."""
    this = account.c.id == id
    if verified is not None:
        this &= account.c.password == verified
    return connection.execute(update(account).where(this).values(password=password)).rowcount == 1


def set_email(connection: Connection, known: Account, email: str) -> None:
    """Another verified e-mail. What is in the account stays there.

    Raises:
        IntegrityError: somebody else has it.
    """
    stay_in(connection, AccountHolder(known.email, known.id))
    this = update(account).where(account.c.id == known.id)
    connection.execute(this.values(email=email, email_hash=email_hash(email)))


def set_language(connection: Connection, id: str, language: str) -> None:
    """The language of their pages."""
    connection.execute(update(account).where(account.c.id == id).values(language=language))


def issuers(connection: Connection, id: str) -> list[str]:
    """The OpenID providers of which somebody opens the account."""
    theirs = select(identity.c.issuer).where(identity.c.account == id).distinct().order_by(identity.c.issuer)
    return list(connection.execute(theirs).scalars())


def unlink(connection: Connection, id: str, issuer: str | None = None) -> list[str]:
    """Nobody of this provider opens the account any more, or of any; of which somebody did until now."""
    found = [each for each in issuers(connection, id) if issuer in (None, each)]
    theirs = (identity.c.account == id) & identity.c.issuer.in_(found)
    connection.execute(delete(identity).where(theirs))
    return found


def remember_identity(connection: Connection, issuer: str, subject: str, id: str) -> None:
    """From now on the provider's ``subject`` opens this account."""
    connection.execute(insert(identity).values(issuer=issuer, subject=subject, account=id))


def forget(connection: Connection, id: str) -> None:
    """Delete an account, and all that opens it. What was delivered stays with the member, and in nobody's account for good:
    who makes one with that e-mail later does not get it."""
    connection.execute(delete(account).where(account.c.id == id))  # first: a claim that is on its way holds the row
    for table in (identity, session):
        connection.execute(delete(table).where(table.c.account == id))
    theirs = update(holding).where(holding.c.account == id).values(account=NOBODY)
    connection.execute(theirs, execution_options=ACROSS)


class Proved(NamedTuple):
    """The account of whoever has proved that its e-mail is theirs, and the OpenID providers that were ``unlinked`` by that."""

    account: Account
    unlinked: list[str]


def proved(connection: Connection, email: str, password: str, at: str) -> Proved:
    """The account of whoever has just proved that ``email`` is theirs, with a new password (its hash): theirs, or a new one.

    From now on nothing else opens it: whoever had the mailbox or a sign-in before may have linked one of their own.
    """
    if (known := by_email(connection, email)) is None:
        return Proved(make(connection, email, password, at), [])
    set_password(connection, known.id, password)
    connection.execute(delete(session).where(session.c.account == known.id))
    return Proved(known, unlink(connection, known.id))
