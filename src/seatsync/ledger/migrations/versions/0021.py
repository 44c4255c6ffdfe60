"""Keep what was bought of a library: how many seats, from when, to when, at what price and under which contract."""

from typing import Any

import sqlalchemy as sa

revision = "0021"


def columns() -> dict[str, list[sa.Column[Any]]]:
    return {"library": [sa.Column("purchases", sa.Text, nullable=False, server_default=sa.text("''"))]}
