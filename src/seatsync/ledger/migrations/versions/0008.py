"""Chain the personal links; the institution's row has the end of the chain. Existing links are chained as they are."""

import sqlalchemy as sa
from alembic import op

from seatsync.ledger.link_chain import FIXED, End
from seatsync.ledger.stores.sqlite_tables import tell_statistics

revision = "0008"
down_revision = "0007"

LINKS = "/* of every institution */ SELECT institution, {} FROM link ORDER BY institution, made_at, hash"
NUMBER = "UPDATE link SET number = :number WHERE link.institution = :institution AND hash = :hash"
END = "UPDATE institution SET link_number = :number, link_head = :head WHERE institution.institution = :institution"
AT_ONCE = 20_000


def upgrade() -> None:
    connection = op.get_bind()
    op.add_column("institution", sa.Column("link_number", sa.Integer, nullable=False, server_default="0"))
    op.add_column("institution", sa.Column("link_head", sa.String(64), nullable=False, server_default=sa.text("''")))
    op.add_column("link", sa.Column("number", sa.Integer, nullable=False, server_default="0"))
    ends: dict[str, End] = {}
    numbered = []
    for institution, hash, *told in connection.execute(sa.text(LINKS.format(", ".join(FIXED[1:])))).fetchall():
        end = ends.get(institution, End())
        ends[institution] = end.after((end.number + 1, bytes(hash), *told))
        numbered.append({"institution": institution, "hash": hash, "number": end.number + 1})
    for start in range(0, len(numbered), AT_ONCE):
        connection.execute(sa.text(NUMBER), numbered[start : start + AT_ONCE])
    op.create_index("link_number", "link", ["institution", "number"], unique=True)
    if ends:
        connection.execute(sa.text(END), [{"institution": id, **end._asdict()} for id, end in ends.items()])
    if connection.dialect.name == "sqlite":
        tell_statistics(connection)
