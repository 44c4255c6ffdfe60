"""Read less: counts of used seats, an index of members by student id, and the baseline of the last apply."""

import sqlalchemy as sa
from alembic import op

from seatsync.ledger.stores.sqlite_tables import tell_statistics

revision = "0003"
down_revision = "0002"

COUNT = """/* of every institution */
UPDATE library SET {seat} = (
    SELECT count(*) FROM license
    WHERE license.institution = library.institution AND license.library = library.id AND {counted}
)
"""
COUNTED = {
    "reserved": "kind <> 'none' AND status = 'unclaimed'",
    "temporary": "kind = 'temporary' AND status <> 'unclaimed'",
    "permanent": "kind = 'permanent' AND status <> 'unclaimed'",
}


TABLES = ("institution", "library", "admin", "member", "license", "entry", "event", "outbox", "binding")


def upgrade() -> None:
    op.add_column("institution", sa.Column("settled", sa.Text, nullable=False, server_default="{}"))
    for seat, counted in COUNTED.items():
        op.add_column("library", sa.Column(seat, sa.Integer, nullable=False, server_default="0"))
        op.execute(COUNT.format(seat=seat, counted=counted))
    op.create_index(
        "member_student_id",
        "member",
        ["institution", "student_id"],
        unique=True,
        sqlite_where=sa.text("student_id != ''"),
        postgresql_where=sa.text("student_id != ''"),
    )
    op.create_index(
        "member_left",
        "member",
        ["institution", "key"],
        sqlite_where=sa.text("NOT on_roster"),
        postgresql_where=sa.text("NOT on_roster"),
    )
    if op.get_context().dialect.name == "sqlite":
        for table in TABLES:
            with op.batch_alter_table(table, recreate="always", table_kwargs={"sqlite_with_rowid": False}):
                pass
        tell_statistics(op.get_bind())
