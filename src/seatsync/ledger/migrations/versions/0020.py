"""Keep after how many days an unclaimed seat goes to somebody else, and since when."""

from typing import Any

import sqlalchemy as sa

revision = "0020"


def columns() -> dict[str, list[sa.Column[Any]]]:
    return {
        "institution": [
            sa.Column("reclaim_after", sa.Integer, nullable=False, server_default="0"),
            sa.Column("reclaim_since", sa.String(10), nullable=False, server_default=sa.text("''")),
        ]
    }
