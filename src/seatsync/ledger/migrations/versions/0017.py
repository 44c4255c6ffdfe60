"""Keep the place of each member who waits in a library's line."""

from typing import Any

import sqlalchemy as sa

from seatsync.ledger.migrations.steps import Index

revision = "0017"


def columns() -> dict[str, list[sa.Column[Any]]]:
    return {"license": [sa.Column("place", sa.String(24), nullable=False, server_default=sa.text("''"))]}


INDEXES = (Index("license_line", "license", ("institution", "library", "place"), where="place != ''"),)
