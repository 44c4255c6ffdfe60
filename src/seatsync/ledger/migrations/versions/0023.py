"""Keep up to which day people were told what comes, how often administrators get a briefing and when they got the last one, and below
how many available seats they are warned."""

from typing import Any

import sqlalchemy as sa

revision = "0023"


def columns() -> dict[str, list[sa.Column[Any]]]:
    return {
        "institution": [
            sa.Column("told_on", sa.String(10), nullable=False, server_default=sa.text("''")),
            sa.Column("briefing", sa.String(16), nullable=False, server_default=sa.text("''")),
            sa.Column("briefed_on", sa.String(10), nullable=False, server_default=sa.text("''")),
        ],
        "library": [sa.Column("warn_below", sa.Integer, nullable=False, server_default="0")],
    }
