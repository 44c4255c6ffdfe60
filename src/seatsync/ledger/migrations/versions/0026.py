"""Keep the year that an apply has run ahead, for the pages."""

from typing import Any

import sqlalchemy as sa

revision = "0026"


def columns() -> dict[str, list[sa.Column[Any]]]:
    return {"institution": [sa.Column("curves", sa.Text, nullable=False, server_default=sa.text("''"))]}
