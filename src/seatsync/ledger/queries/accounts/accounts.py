"""Accounts of people who sign in. Each has a verified e-mail, which no roster changes, and a password or an OpenID identity."""

from __future__ import annotations

import secrets
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, delete, insert, select, update

from seatsync.ledger.account_tables import account, holding, identity, session
from seatsync.ledger.queries.accounts.emails import email_hash
from seatsync.ledger.queries.accounts.holdings import ACROSS, NOBODY, AccountHolder, keep_holdings, leave_to_nobody


class Account(NamedTuple):
    """An account: a random ``id``, a verified ``email``, and the language of the pages (empty for the browser's)."""

    id: str
    email: str
    language: str


_FIELDS = (account.c.id, account.c.email, account.c.language)


def by_email(connection: Connection, email: str) -> Account | None:
    """The account with this e-mail."""
    return _one(connection, select(*_FIELDS).where(account.c.email_hash == email_hash(email)))


def exists(connection: Connection, id: str) -> bool:
    """Whether there is an account with this id."""
    return connection.execute(select(account.c.id).where(account.c.id == id)).scalar() is not None


def by_identity(connection: Connection, issuer: str, subject: str) -> Account | None:
    """The account of an OpenID provider's ``subject``."""
    found = select(identity.c.account).where(identity.c.issuer == issuer, identity.c.subject == subject)
    return _one(connection, select(*_FIELDS).where(account.c.id == found.scalar_subquery()))


def _one(connection: Connection, query: Select[Any]) -> Account | None:
    row = connection.execute(query).one_or_none()
    return Account(*row) if row is not None else None


def password_hash(connection: Connection, email: str) -> str:
    """The password hash of the account with this e-mail; empty where there is no account or no password."""
    found = select(account.c.password).where(account.c.email_hash == email_hash(email))
    return connection.execute(found).scalar() or ""


def make(connection: Connection, email: str, password: str, at: str) -> Account:
    """Create an account; ``password`` is a hash, or empty."""
    new = Account(secrets.token_urlsafe(16), email, "")
    values = {"email_hash": email_hash(email), "password": password, "made_at": at}
    connection.execute(insert(account).values(**new._asdict(), **values))
    leave_to_nobody(connection, AccountHolder(email, new.id))
    return new


def set_password(connection: Connection, id: str, password: str, verified: str | None = None) -> bool:
    """Set a new password's hash; with ``verified``, only if that is still the current hash. Return whether it was set."""
    this = account.c.id == id
    if verified is not None:
        this &= account.c.password == verified
    return connection.execute(update(account).where(this).values(password=password)).rowcount == 1


def set_email(connection: Connection, known: Account, email: str) -> None:
    """Set another verified e-mail. The account keeps its licenses.

    Raises:
        IntegrityError: somebody else has that e-mail.
    """
    keep_holdings(connection, AccountHolder(known.email, known.id))
    this = update(account).where(account.c.id == known.id)
    connection.execute(this.values(email=email, email_hash=email_hash(email)))
    leave_to_nobody(connection, AccountHolder(email, known.id))


def set_language(connection: Connection, id: str, language: str) -> None:
    """Set the language of the account's pages."""
    connection.execute(update(account).where(account.c.id == id).values(language=language))


def issuers(connection: Connection, id: str) -> list[str]:
    """The OpenID providers linked to the account."""
    linked = select(identity.c.issuer).where(identity.c.account == id).distinct().order_by(identity.c.issuer)
    return list(connection.execute(linked).scalars())


def unlink(connection: Connection, id: str, issuer: str | None = None) -> list[str]:
    """Unlink this OpenID provider from the account, or all of them. Return the unlinked ones."""
    found = [each for each in issuers(connection, id) if issuer in (None, each)]
    linked = (identity.c.account == id) & identity.c.issuer.in_(found)
    connection.execute(delete(identity).where(linked))
    return found


def remember_identity(connection: Connection, issuer: str, subject: str, known: Account) -> None:
    """Link the provider's ``subject`` to the account that has the e-mail which the provider vouches for."""
    connection.execute(insert(identity).values(issuer=issuer, subject=subject, account=known.id))
    leave_to_nobody(connection, AccountHolder(known.email, known.id))


def forget(connection: Connection, id: str) -> None:
    """Delete an account with its identities and sessions.

    Members keep their claimed licenses, but these are in nobody's account for good: a later account with the same e-mail does not
    get them.
    """
    connection.execute(delete(account).where(account.c.id == id))  # first, as a running claim locks this row
    for table in (identity, session):
        connection.execute(delete(table).where(table.c.account == id))
    orphan = update(holding).where(holding.c.account == id).values(account=NOBODY)
    connection.execute(orphan, execution_options=ACROSS)


class Proved(NamedTuple):
    """The account of a person who has proved that its e-mail is theirs, and the OpenID providers that this ``unlinked``."""

    account: Account
    unlinked: list[str]


def proved(connection: Connection, email: str, password: str, at: str) -> Proved:
    """Set a new password (a hash) for a person who has just proved that ``email`` is theirs. Create their account if needed.

    All other sign-ins are removed, as an earlier owner of the mailbox may have linked their own.
    """
    if (known := by_email(connection, email)) is None:
        return Proved(make(connection, email, password, at), [])
    set_password(connection, known.id, password)
    connection.execute(delete(session).where(session.c.account == known.id))
    leave_to_nobody(connection, AccountHolder(known.email, known.id))
    return Proved(known, unlink(connection, known.id))
