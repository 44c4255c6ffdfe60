"""A column for searching and sorting the lists of the administrators' pages."""

import sqlalchemy as sa
from alembic import op

from seatsync.domain.person import Member, Person, found_by
from seatsync.ledger.stores.sqlite_tables import tell_statistics

revision = "0006"
down_revision = "0005"

MEMBERS = (
    "/* of every institution */ SELECT institution, number, email, given_name, family_name, student_id FROM member"
)
FILL = "UPDATE member SET found_by = :found_by WHERE member.institution = :institution AND number = :number"
AT_ONCE = 20_000


def upgrade() -> None:
    connection = op.get_bind()
    here = connection.dialect.name == "postgresql"
    kind = sa.Text(collation="C") if here else sa.Text()
    op.add_column("member", sa.Column("found_by", kind, nullable=False, server_default=sa.text("''")))
    found = connection.execute(sa.text(MEMBERS)).fetchall()
    for start in range(0, len(found), AT_ONCE):
        rows = found[start : start + AT_ONCE]
        filled = [
            {"institution": institution, "number": number, "found_by": found_by(Member(*Person(*person), key=""))}
            for institution, number, *person in rows
        ]
        connection.execute(sa.text(FILL), filled)
    op.create_index("member_found_by", "member", ["institution", "found_by"])
    if not here:
        tell_statistics(connection)
