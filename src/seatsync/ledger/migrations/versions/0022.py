"""Keep the days on which nothing is taken away."""

from typing import Any

import sqlalchemy as sa

revision = "0022"


def columns() -> dict[str, list[sa.Column[Any]]]:
    return {"institution": [sa.Column("freezes", sa.Text, nullable=False, server_default=sa.text("''"))]}
