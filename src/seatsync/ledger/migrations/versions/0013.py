"""Keep what the vendors' portals have otherwise than the ledger, which exports were taken, and the day of each member's first
grant in a library."""

import json
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

from seatsync.ledger.migrations.steps import Index, put, ranges

revision = "0013"

GRANTS = """SELECT event.library, event.member, action, detail FROM event WHERE event.institution = :institution
AND action IN ('grant', 'import') AND member BETWEEN :first AND :last ORDER BY serial"""
LIBRARIES = "SELECT DISTINCT library FROM license WHERE license.institution = :institution"
LICENSES = """SELECT license.member, invited_on, first_on FROM license WHERE license.institution = :institution
AND library = :library AND member BETWEEN :first AND :last"""
RESERVED = """UPDATE library SET permanent_reserved = (SELECT count(*) FROM license
WHERE license.institution = :institution AND library = library.id AND kind = 'permanent' AND status = 'unclaimed')
WHERE library.institution = :institution"""


def _text(name: str, length: int) -> sa.Column[Any]:
    return sa.Column(name, sa.String(length), nullable=False, server_default=sa.text("''"))


def columns() -> dict[str, list[sa.Column[Any]]]:
    return {
        "institution": [sa.Column("exports", sa.Text, nullable=False, server_default="{}")],
        "library": [
            sa.Column("delivered_by", sa.String(16), nullable=False, server_default="seatsync"),
            sa.Column("claim_url", sa.Text, nullable=False, server_default=sa.text("''")),
            sa.Column("open_url", sa.Text, nullable=False, server_default=sa.text("''")),
            sa.Column("permanent_reserved", sa.Integer, nullable=False, server_default="0"),
        ],
        "member": [
            sa.Column("there", sa.Text, nullable=False, server_default=sa.text("''")),
            sa.Column("to_do", sa.Boolean(), nullable=False, server_default=sa.false()),
        ],
        "license": [_text("there", 16), _text("first_on", 10)],
    }


def expand(connection: sa.Connection) -> None:
    if connection.dialect.name == "postgresql":  # statistics would show anybody which e-mails exist
        op.execute("ALTER TABLE member ALTER COLUMN there SET STATISTICS 0")


def fill(connection: sa.Connection, institution: str) -> Iterator[None]:
    libraries = connection.execute(sa.text(LIBRARIES), {"institution": institution}).scalars().all()
    for batch in ranges(connection, institution):
        first_on = first_days(connection, batch)
        for library in libraries:
            _fill_first_days(connection, batch, library, first_on)
        yield
    connection.execute(sa.text(RESERVED), {"institution": institution})
    yield


def first_days(connection: sa.Connection, batch: dict[str, Any]) -> dict[tuple[str, int], str]:
    """The day of the first event that gave a seat, by library and member; empty where there were only events that gave none."""
    parsed: dict[tuple[str, str], str | None] = {}
    found: dict[tuple[str, int], str] = {}
    for library, member, action, detail in connection.execute(sa.text(GRANTS), batch).all():
        key = (action, detail)
        if key not in parsed:
            fields = json.loads(detail)
            parsed[key] = fields.get("on") if action == "grant" or fields.get("kind") != "none" else ""
        day = parsed[key]
        if day is not None and not found.get((library, member)):
            found[library, member] = day
    return found


def _fill_first_days(
    connection: sa.Connection, batch: dict[str, Any], library: str, first_on: dict[tuple[str, int], str]
) -> None:
    licenses = connection.execute(sa.text(LICENSES), {**batch, "library": library}).all()
    wanted = [(first_on.get((library, member), invited), library, member, known) for member, invited, known in licenses]
    changed = [(day, library, member) for day, library, member, known in wanted if day != known]
    put(
        connection,
        batch["institution"],
        "license",
        {"first_on": "text", "library": "text", "member": "integer"},
        changed,
    )


INDEXES = (
    Index("member_to_do", "member", ("institution", "number"), where="to_do"),
    Index("license_there", "license", ("institution", "library", "member"), where="there != ''"),
)
