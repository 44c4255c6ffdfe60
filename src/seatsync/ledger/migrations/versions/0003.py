"""What is known without reading everything: seats in use, members by student id, what the last apply left in order."""

import sqlalchemy as sa
from alembic import op

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

# What ANALYZE would find in a file of one institution. Without it SQLite takes the key, which begins with the
# institution, and walks the whole table for each member that it is asked for.
STATISTICS = (
    ("member", "member", "1000000 1000000 1"),
    ("member", "member_email", "1000000 1000000 1"),
    ("member", "member_left", "100000 100000 2"),
    ("member", "member_student_id", "1000000 1000000 1"),
    ("license", "license", "2000000 2000000 1000000 1"),
    ("event", "event", "3000000 3000000 1"),
    ("event", "event_member", "3000000 3000000 4"),
    ("outbox", "outbox", "2000000 2000000 1"),
    ("outbox", "outbox_member", "2000000 2000000 3"),
)


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
        op.execute("ANALYZE sqlite_schema")  # makes the table of statistics
        insert = sa.text("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (:tbl, :idx, :stat)")
        for table, index, statistics in STATISTICS:
            op.execute(insert.bindparams(tbl=table, idx=index, stat=statistics))
