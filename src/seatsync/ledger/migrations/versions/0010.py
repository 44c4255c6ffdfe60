"""Keep the end dates of licenses, as their last grants in the journal have them; the institution's time zone; whether a
library sends letters; the address that each letter was sent to; and which approvals were used."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

GRANTS = """/* of every institution */
SELECT institution, library, member, detail FROM event WHERE action = 'grant' ORDER BY institution, serial"""
UNTIL = """UPDATE license SET until = :until
WHERE license.institution = :institution AND library = :library AND member = :member AND kind != 'permanent'"""
AT_ONCE = 20_000


def upgrade() -> None:
    op.add_column("institution", sa.Column("timezone", sa.String(64), nullable=False, server_default=sa.text("''")))
    op.add_column("institution", sa.Column("approvals", sa.Text, nullable=False, server_default="[]"))
    op.add_column("license", sa.Column("until", sa.String(10), nullable=False, server_default=sa.text("''")))
    _keep_end_dates(op.get_bind())
    op.add_column("library", sa.Column("sends_letters", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.add_column("outbox", sa.Column("sent_to", sa.String(254), nullable=False, server_default=sa.text("''")))


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
