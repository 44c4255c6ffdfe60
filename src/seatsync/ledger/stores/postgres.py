"""A ledger in PostgreSQL: many institutions, each with one writer at a time, which do not wait for each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from multiprocessing.util import Finalize
from typing import Any

from sqlalchemy import Connection, Engine, Row, bindparam, create_engine, event, inspect, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError

from seatsync.ledger import tables
from seatsync.ledger.failures import LedgerError, Meaning
from seatsync.ledger.lock import Holder, LockWait
from seatsync.ledger.stores import postgres_errors
from seatsync.ledger.stores.budget import Budget, budget
from seatsync.ledger.stores.migrate import VERSIONS, migrate, migrations
from seatsync.ledger.stores.store import Opening, committing

_WRITER = tables.writer.c.institution
_TRY = select(_WRITER).where(bindparam("institution") == _WRITER).with_for_update(key_share=True, skip_locked=True)
_BEFORE = text(
    "SELECT writer.xmax::text FROM writer WHERE writer.institution = :institution FOR NO KEY UPDATE SKIP LOCKED"
)
_ENTER = insert(tables.writer).values(institution=bindparam("institution")).on_conflict_do_nothing().returning(_WRITER)
_SIGN = text("""
SELECT set_config('lock_timeout', :wait, true), set_config('application_name', :name, true),
    set_config('idle_in_transaction_session_timeout', (1000 * extract(epoch FROM least('2 min',
        NULLIF(current_setting('idle_in_transaction_session_timeout')::interval, '0'))))::integer::text, true),
    set_config(socket, least(most, NULLIF(current_setting(socket)::integer, 0))::text, true)
FROM (VALUES ('tcp_keepalives_idle', 30), ('tcp_keepalives_interval', 10), ('tcp_keepalives_count', 3),
    ('tcp_user_timeout', 60000)) AS limits (socket, most)
""")
"""What is set for a writing transaction alone, so it works behind a pooler too. The server gives the lock back two minutes after
the last word of a client that hangs, and one minute after its machine is lost; a lower limit of the role or the address stays."""
_HOLDERS = text(
    "SELECT institution, pid, application_name FROM writer JOIN pg_locks ON locktype = 'transactionid'"
    " AND transactionid = writer.xmax AND granted JOIN pg_stat_activity USING (pid)"
)
_HOLDER = text(f"{_HOLDERS} WHERE writer.institution = :institution")
"""Finds the holder: a row's xmax is the transaction that last locked it, which only a writer of the institution can do. The
name of its session says who it is."""
_MIGRATOR = text(
    "SELECT pid, application_name FROM pg_locks JOIN pg_stat_activity USING (pid)"
    " WHERE relation = 'alembic_version'::regclass AND mode = 'ShareRowExclusiveLock' AND granted"
)

_LEDGER = ("alembic_version", "institution")
_IS_LEDGER = "SELECT " + " AND ".join(f"to_regclass('{name}') IS NOT NULL" for name in _LEDGER)
_FORGETTING = "admin, entry, event, holding, institution, license, link, member, outbox"
"""The tables where an erasure changes or deletes rows."""
_PARAMETERS = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
    "fallback_application_name": "seatsync",
}
"""What libpq gets (seconds, milliseconds) unless the address says something else. None of it is sent to a pooler as a setting."""


def open_store(location: str, opening: Opening) -> Postgres:
    """The store at a URL."""
    return Postgres(location, opening.lock_wait, opening.pool_size)


class Postgres:
    """A database at a SQLAlchemy URL. Every connection is in autocommit mode; transactions begin and end here.

    Connections stay open between uses until ``close``: ``pool_size`` of them, or one if that is 0. All stores of a process at one
    address share them. For a table that somebody else has locked, nobody waits longer than ``lock_wait``, or a second if that is
    longer.
    """

    is_pushed = False
    is_shared = True

    def __init__(self, location: str, lock_wait: LockWait, pool_size: int = 0) -> None:
        self.pool_size = pool_size or 1
        self.lock_wait = lock_wait
        self._wait = f"{min(max(lock_wait.seconds, 1), 2_000_000):.0f}s"
        self._location = location
        url = make_url(location)
        self.url = url.set(drivername="postgresql+psycopg") if url.drivername in ("postgres", "postgresql") else url

    def __str__(self) -> str:
        return f"{self.url.drivername}://{','.join(self._servers())}/{self.url.database or ''}"

    def _servers(self) -> Iterator[str]:
        """The servers as the address names them, without user and options."""
        host, port = (
            self.url.query.get("host", self.url.host or ""),
            self.url.query.get("port", str(self.url.port or "")),
        )
        hosts, ports = (part.split(",") if isinstance(part, str) else part for part in (host, port))
        for number, name in enumerate(hosts):
            one = ports[number] if len(ports) == len(hosts) else ports[0] if len(ports) == 1 else ""
            shown = f"[{name}]" if name.count(":") > 1 and not name.startswith("[") else name
            yield f"{shown}:{one}" if one else shown

    def refresh(self) -> None:
        """Do nothing: every connection sees the current state."""

    def meaning(self, error: Exception) -> Meaning:
        return postgres_errors.meaning(error, self._location)

    def budget(self) -> Budget:
        with self.connected() as connection:
            return budget(connection)

    def is_there(self) -> bool:
        return True

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One unchanging view of the ledger, without a lock, over a read-only connection."""
        with self.connected() as connection:
            connection.exec_driver_sql(
                f"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL lock_timeout = '{self._wait}'"
            )
            yield connection

    @contextmanager
    def connected(self) -> Iterator[Connection]:
        """A connection that may write, outside of a transaction."""
        with _engine(self.url, self.pool_size).connect() as connection:
            yield connection

    def close(self) -> None:
        """Close the kept connections; those in use in other threads go on."""
        if (engine := _engines.get((self.url, self.pool_size))) is not None:
            engine.pool.dispose()

    @contextmanager
    def exclusively(
        self, connection: Connection, institution: str | None, holder: Holder, lock_wait: LockWait
    ) -> Iterator[None]:
        """A transaction as the only writer of the institution.

        It locks a row, so row-level security decides which roles may take the lock. The lock belongs to the transaction and
        ends with it or with its process, also behind a connection pooler. The session's ``application_name``, which every role
        may see, names the holder.
        """
        if institution is None:
            self._begin(connection, "READ COMMITTED")
        elif institution:
            lock_wait.wait(
                self, lambda: self._is_first(connection, institution), lambda: _holder(connection, institution)
            )
        else:
            with self._as_owner():
                _ensure_versions(connection)
                lock_wait.wait(self, lambda: _may_migrate(connection), lambda: _migrator(connection))
        with committing(connection):
            connection.execute(_SIGN, {"name": holder.as_session(), "wait": self._wait})
            yield

    @contextmanager
    def _as_owner(self) -> Iterator[None]:
        """Say what only the owner may do.

        Raises:
            LedgerError: this role may not create or change tables.
        """
        try:
            yield
        except DBAPIError as error:
            if _state(error) != "42501":
                raise
            message = f"The ledger {self} does not allow this role to create or update its tables."
            help = "Run `seatsync ledger migrate` as the owner of its tables. Nothing was changed."
            raise LedgerError(message, help) from error

    def _begin(self, connection: Connection, level: str) -> None:
        """Begin a transaction that writes. A migration waits for it, or it waits for the migration.

        The lock comes before the first query, so that its view of the ledger is the one after the migration.
        """
        lock = "LOCK TABLE writer IN ROW EXCLUSIVE MODE"
        connection.exec_driver_sql(f"BEGIN ISOLATION LEVEL {level}; SET LOCAL lock_timeout = '{self._wait}'; {lock}")

    def _is_first(self, connection: Connection, institution: str) -> bool:
        """Begin a transaction that locks the institution's row, and return whether that worked. A missing row is created."""
        if self._has_row(connection, institution):
            return True
        is_new = connection.execute(_ENTER, {"institution": institution}).first() is not None
        return is_new and self._has_row(connection, institution)

    def _has_row(self, connection: Connection, institution: str) -> bool:
        self._begin(connection, "REPEATABLE READ")
        if connection.execute(_TRY, {"institution": institution}).first() is not None:
            return True
        connection.exec_driver_sql("ROLLBACK")
        return False

    def holder(self, institution: str) -> Holder | None:
        """Return who is writing to the institution now; ``process`` is their session's process on the server."""
        with self.connected() as connection:
            return _holder(connection, institution)

    def holders(self, connection: Connection) -> dict[str, Holder]:
        """Return who is writing now, by institution."""
        return {row.institution: holder for row in connection.execute(_HOLDERS) if (holder := _named(row)) is not None}

    def unlock(self, institution: str, holder: Holder) -> None:
        """End the session that holds the lock; its transaction is rolled back.

        Raises:
            LedgerError: this role may not end that session.
        """
        with self.connected() as connection:
            ended = connection.execute(
                text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": holder.process}
            ).scalar()
        if not ended:
            raise LedgerError(f"The session {holder.process} has not ended yet.", "Try again in a minute.")

    def table_names(self, connection: Connection) -> set[str]:
        """The database's tables; of a ledger only the two that show that it is one, because listing them all takes long."""
        if not connection.info.get("is_ledger"):
            connection.info["is_ledger"] = connection.exec_driver_sql(_IS_LEDGER).scalar()
        return set(_LEDGER) if connection.info["is_ledger"] else set(inspect(connection).get_table_names())

    def make_tables(self, connection: Connection) -> None:
        migrate(connection, "")

    def migrate(self, connection: Connection, revision: str, tell: Callable[[str], None]) -> None:
        """Migrate over a second connection while others read and write; the open transaction comes last."""
        from seatsync.ledger.stores.postgres_migration import Beside, Others

        with self.connected() as worker:
            Beside(connection, worker, migrations(revision), Others(self.lock_wait.seconds, tell, self.turn)).run()

    @contextmanager
    def turn(self, connection: Connection, institution: str) -> Iterator[str]:
        """A transaction as the writer of an institution; gives the id of the transaction that wrote to it before."""
        before = ""

        def is_first() -> bool:
            nonlocal before
            self._begin(connection, "READ COMMITTED")
            found = connection.execute(_BEFORE, {"institution": institution}).scalar()
            if found is None:
                connection.exec_driver_sql("ROLLBACK")
            before = found or ""
            return found is not None

        self.lock_wait.wait(self, is_first, lambda: _holder(connection, institution))
        with committing(connection):
            connection.execute(_SIGN, {"name": Holder.here("migration", "").as_session(), "wait": self._wait})
            yield before

    def scrub(self) -> tuple[str, str]:
        """Free the space of deleted rows. Their bytes vanish when the server reuses it, or with the owner's VACUUM FULL."""
        with self.connected() as connection:
            connection.exec_driver_sql(f"VACUUM (ANALYZE) {_FORGETTING}")
        return "", ""


for _index in (
    *tables.member.indexes,
    *tables.license.indexes,
    *tables.outbox.indexes,
):  # set here, so that SQLite need not import PostgreSQL's dialect
    if "sqlite_where" in _index.dialect_kwargs:
        _index.dialect_kwargs["postgresql_where"] = _index.dialect_kwargs["sqlite_where"]


_engines: dict[tuple[URL, int], Engine] = {}


def _engine(url: URL, pool_size: int) -> Engine:
    """The engine of this process for an address.

    A kept connection is tested before it is used again, as the server may have restarted. Nothing is prepared: a statement would
    break after a migration, and behind a pooler whose sessions are shared.
    """
    engine = _engines.get((url, pool_size))
    if engine is None:
        more = {name: value for name, value in _PARAMETERS.items() if name not in url.query}
        engine = _engines[url, pool_size] = create_engine(
            url,
            isolation_level="AUTOCOMMIT",
            connect_args={**more, "prepare_threshold": None},
            hide_parameters=True,
            use_native_hstore=False,  # would ask the server for its type
            pool_size=pool_size,
            max_overflow=max(pool_size, 5),
            pool_pre_ping=True,
            pool_recycle=3600,
        )
        event.listen(engine, "do_connect", _connected)
    return engine


def _connected(dialect: object, record: object, arguments: list[Any], parameters: Mapping[str, Any]) -> Any:
    from seatsync.ledger.stores.silence import WatchedConnection

    return WatchedConnection.connect(*arguments, **parameters)


def close_all() -> None:
    """Close the kept connections to all addresses."""
    for engine in _engines.values():
        engine.pool.dispose()


Finalize(None, close_all, exitpriority=1)  # at the end of any process, also of a pool's processes


def _may_migrate(connection: Connection) -> bool:
    """Begin a transaction with the lock of the tables' version, and return whether the lock was free.

    Only the tables' owner may take it. The view is not fixed, as the changes of another migration must be seen.
    """
    connection.exec_driver_sql("BEGIN ISOLATION LEVEL READ COMMITTED")
    try:
        connection.exec_driver_sql("LOCK TABLE alembic_version IN SHARE ROW EXCLUSIVE MODE NOWAIT")
    except DBAPIError as error:
        connection.exec_driver_sql("ROLLBACK")
        if _state(error) == "55P03":
            return False
        raise
    return True


def _ensure_versions(connection: Connection) -> None:
    """Create the table with the tables' version, where there is none yet."""
    try:
        connection.exec_driver_sql(VERSIONS)
    except DBAPIError as error:
        if _state(error) not in ("23505", "42P07"):  # somebody else was faster
            raise


def _state(error: DBAPIError) -> str | None:
    return getattr(error.orig, "sqlstate", None)


def _holder(connection: Connection, institution: str) -> Holder | None:
    return _named(connection.execute(_HOLDER, {"institution": institution}).first())


def _migrator(connection: Connection) -> Holder | None:
    return _named(connection.execute(_MIGRATOR).first())


def _named(session: Row[Any] | None) -> Holder | None:
    return Holder.of_session(session.application_name or "", session.pid) if session is not None else None
