"""Store an entry's plan and files outside the chain, so that they can be erased."""

from typing import Any

import sqlalchemy as sa

revision = "0009"


def columns() -> dict[str, list[sa.Column[Any]]]:
    return {
        "entry": [
            sa.Column("plan", sa.String(64)),
            sa.Column("salt", sa.LargeBinary(16)),
            sa.Column("files", sa.Text),
            sa.Column("files_salt", sa.LargeBinary(16)),
        ]
    }
