"""Keep the day on which a member left who has a grace period, and the end dates that their licenses have but for it."""

from typing import Any

import sqlalchemy as sa

from seatsync.ledger.migrations.steps import Index

revision = "0018"


def columns() -> dict[str, list[sa.Column[Any]]]:
    return {
        "member": [sa.Column("left_on", sa.String(10), nullable=False, server_default=sa.text("''"))],
        "license": [sa.Column("own_end", sa.String(10), nullable=False, server_default=sa.text("''"))],
    }


INDEXES = (Index("member_leaving", "member", ("institution", "number"), where="left_on != ''"),)
