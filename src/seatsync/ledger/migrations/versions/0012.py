"""Keep the last day of an institution, and which id an institution has after its id was changed."""

from typing import Any

import sqlalchemy as sa

revision = "0012"


def columns() -> dict[str, list[sa.Column[Any]]]:
    return {
        "institution": [sa.Column("retire", sa.String(10), nullable=False, server_default=sa.text("''"))],
        "writer": [sa.Column("renamed_to", sa.String(63), nullable=False, server_default=sa.text("''"))],
    }
