"""Keep the year that an apply has run ahead, and since when the nightly run is blocked: for pages and briefings, which know no files."""

from typing import Any

import sqlalchemy as sa

revision = "0026"


def columns() -> dict[str, list[sa.Column[Any]]]:
    names = ("curves", "blocked")
    return {"institution": [sa.Column(name, sa.Text, nullable=False, server_default=sa.text("''")) for name in names]}
