"""What the lists of the administrators' pages search in and sort by."""

import sqlalchemy as sa
from alembic import op

from seatsync.domain.people import Member, found_by
from seatsync.ledger.sqlite_tables import tell_statistics

revision = "0006"
down_revision = "0005"

MEMBERS = "/* of every institution */ SELECT institution, number, {} FROM member"
FILL = "UPDATE member SET found_by = :found_by WHERE member.institution = :institution AND number = :number"
AT_ONCE = 20_000


def upgrade() -> None:
    connection = op.get_bind()
    here = connection.dialect.name == "postgresql"
    kind = sa.Text(collation="C") if here else sa.Text()
    op.add_column("member", sa.Column("found_by", kind, nullable=False, server_default=sa.text("''")))
    names = Member._fields
    found = connection.execute(sa.text(MEMBERS.format(", ".join(names)))).fetchall()
    for start in range(0, len(found), AT_ONCE):
        rows = found[start : start + AT_ONCE]
        filled = [{"institution": row[0], "number": row[1], "found_by": found_by(Member(*row[2:]))} for row in rows]
        connection.execute(sa.text(FILL), filled)
    op.create_index("member_found_by", "member", ["institution", "found_by"])
    if not here:
        tell_statistics(connection)
