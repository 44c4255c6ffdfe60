"""Keep whom an institution's members may ask, and the language of its letters."""

from typing import Any

import sqlalchemy as sa

revision = "0014"


def columns() -> dict[str, list[sa.Column[Any]]]:
    return {
        "institution": [
            sa.Column("help", sa.Text, nullable=False, server_default=sa.text("''")),
            sa.Column("language", sa.String(16), nullable=False, server_default=sa.text("''")),
        ]
    }
