"""A ledger in PostgreSQL: many institutions, each with one writer at a time, none waiting for another."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from sqlalchemy import Connection, Engine, bindparam, create_engine, inspect, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from seatsync.ledger import tables
from seatsync.ledger.failures import LedgerError
from seatsync.ledger.lock import Holder, Patience
from seatsync.ledger.stores.migrate import migrate
from seatsync.ledger.stores.store import Opening, whole

_WRITER = tables.writer.c.institution
_TRY = select(_WRITER).where(bindparam("institution") == _WRITER).with_for_update(key_share=True, skip_locked=True)
_ENTER = insert(tables.writer).values(institution=bindparam("institution")).on_conflict_do_nothing().returning(_WRITER)
_PATIENTLY = text("SELECT set_config('lock_timeout', :wait, true)")
_SIGN = text("SELECT set_config('lock_timeout', :wait, true), set_config('application_name', :name, true)")
_HOLDER = text(
    "SELECT pid, application_name FROM writer JOIN pg_locks ON locktype = 'transactionid' AND transactionid = writer.xmax"
    " AND granted JOIN pg_stat_activity USING (pid) WHERE writer.institution = :institution"
)
"""A row's xmax is the transaction that last locked it, which only who may write to the institution can do. It says who they
are by their session's name."""


_VERSIONS = """
CREATE TABLE IF NOT EXISTS alembic_version
(version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))
"""
_FORGETTING = "admin, entry, event, holding, institution, license, link, member, outbox"
"""The tables in which an erasure changes or deletes rows."""
_NAME = re.compile(r"seatsync (\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z(?: ([0-9a-f]{7}))? (.*)@(.*)")


def open_store(location: str, opening: Opening) -> Postgres:
    """The store at a URL."""
    return Postgres(location, opening.patience, opening.kept)


class Postgres:
    """A database at a SQLAlchemy URL. Every connection is in autocommit mode; transactions are begun and ended here.

    ``kept`` connections stay open between uses. Nobody waits longer than ``patience``, or a second, for a table that somebody
    else has locked as a whole.
    """

    is_pushed = False

    def __init__(self, location: str, patience: Patience, kept: int = 0) -> None:
        self.kept = kept
        self._wait = f"{max(patience.seconds, 1):.0f}s"
        url = make_url(location)
        self.url = url.set(drivername="postgresql+psycopg") if url.drivername in ("postgres", "postgresql") else url

    def __str__(self) -> str:
        asked, host = self.url.query.get("host", ()), self.url.host or ""
        one = f"[{host}]" if ":" in host else host
        hosts = asked if isinstance(asked, str) else ",".join(asked)
        port = f":{self.url.port}" if self.url.port else ""
        return f"{self.url.drivername}://{hosts or one}{port}/{self.url.database or ''}"

    def refresh(self) -> None:
        """Every connection sees what is there."""

    def is_there(self) -> bool:
        return True

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One unchanging view of the ledger, without a lock, by a connection that can't write. Ended with it."""
        with self.connected() as connection:
            connection.exec_driver_sql("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            connection.execute(_PATIENTLY, {"wait": self._wait})
            yield connection

    @contextmanager
    def connected(self) -> Iterator[Connection]:
        """A connection that may write, outside of a transaction."""
        with _engine(self.url.render_as_string(hide_password=False), self.kept).connect() as connection:
            yield connection

    def close(self) -> None:
        """Close the connections that were kept."""
        _engine(self.url.render_as_string(hide_password=False), self.kept).dispose()

    @contextmanager
    def exclusively(
        self, connection: Connection, institution: str | None, holder: Holder, patience: Patience
    ) -> Iterator[None]:
        """A transaction, begun as the only one that writes to the institution.

        The lock is one of a row, so row-level security says which roles may have it. It belongs to the transaction, so it
        ends with it or with its process, also behind a connection pooler. Who holds it stands in the session's
        ``application_name``, which every role may see.
        """
        if institution is None:
            _begin(connection, "READ COMMITTED")
        elif institution:
            patience.wait(self, lambda: _is_first(connection, institution), lambda: _holder(connection, institution))
        else:
            _ensure_versions(connection)
            patience.wait(self, lambda: _may_migrate(connection), lambda: None)
        with whole(connection):
            connection.execute(_SIGN, {"name": _signed(holder), "wait": self._wait})
            yield

    def holder(self, institution: str) -> Holder | None:
        """Who writes to the institution now; ``process`` is that of their session on the server."""
        with self.connected() as connection:
            return _holder(connection, institution)

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
        """The database's tables; those of a ledger are looked at once a connection."""
        known: set[str] | None = connection.info.get("tables")
        if known is None:
            known = set(inspect(connection).get_table_names())
            if "institution" in known:
                connection.info["tables"] = known
        return known

    def make_tables(self, connection: Connection) -> None:
        migrate(connection)

    def scrub(self) -> tuple[str, str]:
        """Free the room of deleted rows. Their bytes go when the server uses it again, or by its owner's VACUUM FULL."""
        with self.connected() as connection:
            connection.exec_driver_sql(f"VACUUM (ANALYZE) {_FORGETTING}")
        return "", ""


for _index in (
    *tables.member.indexes,
    *tables.outbox.indexes,
):  # there, so that SQLite need not wait for PostgreSQL's dialect to be imported
    if "sqlite_where" in _index.dialect_kwargs:
        _index.dialect_kwargs["postgresql_where"] = _index.dialect_kwargs["sqlite_where"]


@cache
def _engine(url: str, kept: int) -> Engine:
    """An engine is asked about its server once a process.

    A kept connection is looked at before it is used again, since the server may have been restarted. It prepares no statements
    by itself: they would not outlive a migration, nor a pooler in between.
    """
    arguments: dict[str, Any] = {"connect_timeout": 15, "fallback_application_name": "seatsync"}
    pool: dict[str, Any] = {"poolclass": NullPool}
    if kept:
        arguments["prepare_threshold"] = None
        pool = {"pool_size": kept, "max_overflow": kept, "pool_pre_ping": True, "pool_recycle": 3600}
    return create_engine(url, isolation_level="AUTOCOMMIT", connect_args=arguments, hide_parameters=True, **pool)


def _begin(connection: Connection, level: str) -> None:
    connection.exec_driver_sql(f"BEGIN ISOLATION LEVEL {level}")


def _is_first(connection: Connection, institution: str) -> bool:
    """Whether the transaction that is begun has the institution's row, which is made where nobody has written to it yet."""
    if _has_row(connection, institution):
        return True
    is_new = connection.execute(_ENTER, {"institution": institution}).first() is not None
    return is_new and _has_row(connection, institution)


def _has_row(connection: Connection, institution: str) -> bool:
    _begin(connection, "REPEATABLE READ")
    if connection.execute(_TRY, {"institution": institution}).first() is not None:
        return True
    connection.exec_driver_sql("ROLLBACK")
    return False


def _may_migrate(connection: Connection) -> bool:
    """Whether the transaction that is begun has the lock of the tables' version, which only their owner may take.

    What another has just made of the tables must be seen, so it is no fixed view.
    """
    _begin(connection, "READ COMMITTED")
    try:
        connection.exec_driver_sql("LOCK TABLE alembic_version IN SHARE ROW EXCLUSIVE MODE NOWAIT")
    except DBAPIError as error:
        connection.exec_driver_sql("ROLLBACK")
        if _state(error) == "55P03":
            return False
        raise
    return True


def _ensure_versions(connection: Connection) -> None:
    """Make the table that says of which version the tables are, where there are none yet."""
    try:
        connection.exec_driver_sql(_VERSIONS)
    except DBAPIError as error:
        if _state(error) not in ("23505", "42P07"):  # somebody else was first
            raise


def _state(error: DBAPIError) -> str | None:
    return getattr(error.orig, "sqlstate", None)


def _signed(holder: Holder) -> str:
    """The holder in the 63 ASCII characters that PostgreSQL keeps of an application's name."""
    commit = f" {holder.commit[:7]}" if re.match(r"[0-9a-f]{7}", holder.commit) else ""
    start = f"seatsync {re.sub('[-:]', '', holder.since)}{commit} "
    who, host = holder.who.replace("@", " at "), holder.host.replace("@", "")
    room = 62 - len(start)
    who = who[: max(room - len(host), room // 2)]
    return f"{start}{who}@{host[: room - len(who)]}".encode("ascii", "replace").decode()


def _holder(connection: Connection, institution: str) -> Holder | None:
    row = connection.execute(_HOLDER, {"institution": institution}).first()
    if row is None:
        return None
    if (name := _NAME.fullmatch(row.application_name or "")) is None:
        return Holder("another seatsync", "an unknown machine", row.pid, "a moment ago")
    since = f"{name[1]}-{name[2]}-{name[3]}T{name[4]}:{name[5]}:{name[6]}Z"
    return Holder(name[8], name[9], row.pid, since, name[7] or "")
