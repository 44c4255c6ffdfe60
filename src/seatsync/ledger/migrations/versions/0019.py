"""Keep the last day on which members may decline."""

from typing import Any

import sqlalchemy as sa

revision = "0019"


def columns() -> dict[str, list[sa.Column[Any]]]:
    return {"institution": [sa.Column("opt_out_until", sa.String(10), nullable=False, server_default=sa.text("''"))]}
