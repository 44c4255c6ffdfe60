"""Keep the end dates of licenses, as their last grants in the journal have them; the institution's time zone; whether a
library sends letters; the address that each letter was sent to; which approvals were used; and find members by account."""

import json

import sqlalchemy as sa
from alembic import op

from seatsync.domain.text.emails import email_key
from seatsync.ledger.stores.sqlite_tables import tell_statistics

revision = "0010"
down_revision = "0009"

GRANTS = """/* of every institution */
SELECT institution, library, member, detail FROM event WHERE action = 'grant' ORDER BY institution, serial"""
UNTIL = """UPDATE license SET until = :until
WHERE license.institution = :institution AND library = :library AND member = :member AND kind != 'permanent'"""
ACCOUNTS = "/* of every institution */ SELECT institution, number, account FROM member WHERE account != ''"
ACCOUNT_KEY = "UPDATE member SET account_key = :key WHERE member.institution = :institution AND number = :number"
AT_ONCE = 20_000


def upgrade() -> None:
    op.add_column("institution", sa.Column("timezone", sa.String(64), nullable=False, server_default=sa.text("''")))
    op.add_column("institution", sa.Column("approvals", sa.Text, nullable=False, server_default="[]"))
    op.add_column("license", sa.Column("until", sa.String(10), nullable=False, server_default=sa.text("''")))
    _keep_end_dates(op.get_bind())
    _index_accounts(op.get_bind())
    op.add_column("library", sa.Column("sends_letters", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.add_column("outbox", sa.Column("sent_to", sa.String(254), nullable=False, server_default=sa.text("''")))
    if op.get_bind().dialect.name == "postgresql":  # statistics would show anybody which e-mails exist
        for table, column in (("member", "account_key"), ("outbox", "sent_to"), ("link", "sent_to")):
            op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET STATISTICS 0")
    else:
        tell_statistics(op.get_bind())


def _index_accounts(connection: sa.Connection) -> None:
    """Find members by the e-mail of their account."""
    op.add_column("member", sa.Column("account_key", sa.Text, nullable=False, server_default=sa.text("''")))
    known = connection.execute(sa.text(ACCOUNTS)).all()
    rows = [{"institution": i, "number": number, "key": email_key(account)} for i, number, account in known]
    for start in range(0, len(rows), AT_ONCE):
        connection.execute(sa.text(ACCOUNT_KEY), rows[start : start + AT_ONCE])
    some = sa.text("account_key != ''")
    op.create_index(
        "member_account", "member", ["institution", "account_key"], sqlite_where=some, postgresql_where=some
    )


def _keep_end_dates(connection: sa.Connection) -> None:
    until: dict[tuple[str, str, int], str] = {}
    parsed: dict[str, str] = {}
    for institution, library, member, detail in connection.execute(sa.text(GRANTS)):
        if detail not in parsed:
            parsed[detail] = json.loads(detail).get("until", "")
        license = (institution, library, member)
        if parsed[detail]:
            until[license] = parsed[detail]
        else:
            until.pop(license, None)
    rows = [{"institution": i, "library": library, "member": m, "until": day} for (i, library, m), day in until.items()]
    for start in range(0, len(rows), AT_ONCE):
        connection.execute(sa.text(UNTIL), rows[start : start + AT_ONCE])
