"""Keep the end dates of licenses, as their last grants in the journal have them; the institution's time zone; whether a
library sends letters; the address that each letter was sent to; which approvals were used; and find members by account."""

import json
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

from seatsync.domain.text.emails import email_key
from seatsync.ledger.migrations.steps import Index, put, ranges

revision = "0010"

GRANTS = """SELECT event.library, event.member, detail FROM event WHERE event.institution = :institution
AND action = 'grant' AND member BETWEEN :first AND :last ORDER BY serial"""
LIBRARIES = "SELECT DISTINCT library FROM license WHERE license.institution = :institution"
LICENSES = """SELECT license.member, kind, until FROM license WHERE license.institution = :institution
AND library = :library AND member BETWEEN :first AND :last"""
ACCOUNTS = """SELECT account, number, account_key FROM member WHERE member.institution = :institution
AND number BETWEEN :first AND :last AND (account != '' OR account_key != '')"""


def columns() -> dict[str, list[sa.Column[Any]]]:
    return {
        "institution": [
            sa.Column("timezone", sa.String(64), nullable=False, server_default=sa.text("''")),
            sa.Column("approvals", sa.Text, nullable=False, server_default="[]"),
        ],
        "license": [sa.Column("until", sa.String(10), nullable=False, server_default=sa.text("''"))],
        "member": [sa.Column("account_key", sa.Text, nullable=False, server_default=sa.text("''"))],
        "library": [sa.Column("sends_letters", sa.Boolean(), nullable=False, server_default=sa.true())],
        "outbox": [sa.Column("sent_to", sa.String(254), nullable=False, server_default=sa.text("''"))],
    }


def expand(connection: sa.Connection) -> None:
    if connection.dialect.name == "postgresql":  # statistics would show anybody which e-mails exist
        for table, column in (("member", "account_key"), ("outbox", "sent_to"), ("link", "sent_to")):
            op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET STATISTICS 0")


def fill(connection: sa.Connection, institution: str) -> Iterator[None]:
    libraries = connection.execute(sa.text(LIBRARIES), {"institution": institution}).scalars().all()
    for batch in ranges(connection, institution):
        parsed: dict[str, str] = {}
        until: dict[tuple[str, int], str] = {}
        for library, member, detail in connection.execute(sa.text(GRANTS), batch).all():
            if detail not in parsed:
                parsed[detail] = json.loads(detail).get("until", "")
            until[library, member] = parsed[detail]
        for library in libraries:
            _fill_end_dates(connection, batch, library, until)
        _fill_account_keys(connection, batch)
        yield


def _fill_end_dates(
    connection: sa.Connection, batch: dict[str, Any], library: str, until: dict[tuple[str, int], str]
) -> None:
    licenses = connection.execute(sa.text(LICENSES), {**batch, "library": library}).all()
    wanted = [
        ("" if kind == "permanent" else until.get((library, member), ""), library, member, known)
        for member, kind, known in licenses
    ]
    changed = [(day, library, member) for day, library, member, known in wanted if day != known]
    put(connection, batch["institution"], "license", {"until": "text", "library": "text", "member": "integer"}, changed)


def _fill_account_keys(connection: sa.Connection, batch: dict[str, Any]) -> None:
    """Find members by the e-mail of their account."""
    accounts = connection.execute(sa.text(ACCOUNTS), batch).all()
    changed = [(email_key(account), number) for account, number, known in accounts if email_key(account) != known]
    put(connection, batch["institution"], "member", {"account_key": "text", "number": "integer"}, changed)


INDEXES = (Index("member_account", "member", ("institution", "account_key"), where="account_key != ''"),)
