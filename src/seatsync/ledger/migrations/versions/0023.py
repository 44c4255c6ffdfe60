"""Keep up to which day was told what comes (the day of the last apply, so far), the briefings of administrators, and below how many
available seats a library is warned of."""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

revision = "0023"

TOLD = "UPDATE institution SET told_on = applied_on WHERE institution.institution = :institution"


def columns() -> dict[str, list[sa.Column[Any]]]:
    return {
        "institution": [
            sa.Column("told_on", sa.String(10), nullable=False, server_default=sa.text("''")),
            sa.Column("briefing", sa.String(16), nullable=False, server_default=sa.text("''")),
            sa.Column("briefed_on", sa.String(10), nullable=False, server_default=sa.text("''")),
        ],
        "admin": [sa.Column("briefed", sa.Boolean, nullable=False, server_default=sa.true())],
        "library": [sa.Column("warn_below", sa.Integer, nullable=False, server_default="0")],
    }


def fill(connection: sa.Connection, institution: str) -> Iterator[None]:
    connection.execute(sa.text(TOLD), {"institution": institution})
    yield
