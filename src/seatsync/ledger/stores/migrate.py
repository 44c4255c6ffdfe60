"""Bringing tables up to the newest revision, by Alembic."""

from __future__ import annotations

from sqlalchemy import Connection


def migrate(connection: Connection) -> None:
    """Run all migrations that the tables have not had yet, in the transaction that is open."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "seatsync:ledger/migrations")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
