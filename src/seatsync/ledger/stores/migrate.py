"""Migrate tables to the newest revision with Alembic."""

from __future__ import annotations

from sqlalchemy import Connection


def migrate(connection: Connection) -> None:
    """Run all missing migrations in the open transaction."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "seatsync:ledger/migrations")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
