"""Keep an institution's colour and logo for its pages, and what a library is."""

from typing import Any

import sqlalchemy as sa

revision = "0015"


def columns() -> dict[str, list[sa.Column[Any]]]:
    return {
        "institution": [
            sa.Column("color", sa.String(7), nullable=False, server_default=sa.text("''")),
            sa.Column("logo", sa.Text, nullable=False, server_default=sa.text("''")),
        ],
        "library": [sa.Column("about", sa.Text, nullable=False, server_default=sa.text("''"))],
    }
