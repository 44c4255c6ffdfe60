"""Read less: counts of used seats, an index of members by student id, and the baseline of the last apply."""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

from seatsync.ledger.migrations.steps import Index

revision = "0003"

COUNT = """
UPDATE library SET {seat} = (
    SELECT count(*) FROM license
    WHERE license.institution = library.institution AND license.library = library.id AND {counted}
) WHERE library.institution = :institution
"""
COUNTED = {
    "reserved": "kind <> 'none' AND status = 'unclaimed'",
    "temporary": "kind = 'temporary' AND status <> 'unclaimed'",
    "permanent": "kind = 'permanent' AND status <> 'unclaimed'",
}
TABLES = ("institution", "library", "admin", "member", "license", "entry", "event", "outbox", "binding")


def columns() -> dict[str, list[sa.Column[Any]]]:
    return {
        "institution": [sa.Column("settled", sa.Text, nullable=False, server_default="{}")],
        "library": [sa.Column(seat, sa.Integer, nullable=False, server_default="0") for seat in COUNTED],
    }


def fill(connection: sa.Connection, institution: str) -> Iterator[None]:
    for seat, counted in COUNTED.items():
        connection.execute(sa.text(COUNT.format(seat=seat, counted=counted)), {"institution": institution})
    yield


INDEXES = (
    Index("member_student_id", "member", ("institution", "student_id"), unique=True, where="student_id != ''"),
    Index("member_left", "member", ("institution", "key"), where="NOT on_roster"),
)


def contract(connection: sa.Connection) -> None:
    if connection.dialect.name == "sqlite":
        for table in TABLES:
            with op.batch_alter_table(table, recreate="always", table_kwargs={"sqlite_with_rowid": False}):
                pass
