"""A ledger in PostgreSQL: many institutions, each with one writer at a time, none waiting for another."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from seatsync.ledger import tables
from seatsync.ledger.failures import LedgerError
from seatsync.ledger.holder import Holder, Patience

_TRY = text("SELECT pg_try_advisory_xact_lock(:key)")
_SIGN = text("SELECT set_config('application_name', :name, true)")
_HOLDER = text(
    "SELECT pid, application_name FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE locktype = 'advisory'"
    " AND granted AND objsubid = 1 AND classid = :high AND objid = :low"
    " AND pg_locks.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)
_NAME = re.compile(r"seatsync (\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z(?: ([0-9a-f]{7}))? (.*)@(.*)")


class Postgres:
    """A database at a SQLAlchemy URL. Every connection is in autocommit mode; transactions are begun and ended here.

    ``kept`` connections stay open between uses.
    """

    is_pushed = False

    def __init__(self, location: str, kept: int = 0) -> None:
        self.kept = kept
        url = make_url(location)
        self.url = url.set(drivername="postgresql+psycopg") if url.drivername in ("postgres", "postgresql") else url

    def __str__(self) -> str:
        return self.url.render_as_string(hide_password=True)

    def refresh(self) -> None:
        """Every connection sees what is there."""

    def is_there(self) -> bool:
        return True

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One unchanging view of the ledger, without a lock, by a connection that can't write. Ended with it."""
        with self.connected() as connection:
            connection.exec_driver_sql("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
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

        The lock belongs to the transaction, so it ends with it or with its process, also behind a connection pooler. Who
        holds it stands in the session's ``application_name``, which every role may see.
        """
        key = _key(institution or "")
        # The tables themselves belong to no institution: what another has just made of them must be seen.
        level = "REPEATABLE READ" if institution else "READ COMMITTED"

        def attempt() -> bool:
            connection.exec_driver_sql(f"BEGIN ISOLATION LEVEL {level}")
            if institution is None or connection.execute(_TRY, {"key": key}).scalar():
                return True
            connection.exec_driver_sql("ROLLBACK")
            return False

        patience.wait(self, attempt, lambda: _holder(connection, key))
        try:
            connection.execute(_SIGN, {"name": _signed(holder)})
            yield
            connection.exec_driver_sql("COMMIT")
        except BaseException:
            with suppress(SQLAlchemyError):
                connection.exec_driver_sql("ROLLBACK")
            raise

    def holder(self, institution: str) -> Holder | None:
        """Who writes to the institution now; ``process`` is that of their session on the server."""
        with self.connected() as connection:
            return _holder(connection, _key(institution))

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

    def scrub(self) -> tuple[str, str]:
        """Free the room of deleted rows. Their bytes go when the server uses it again, or by its owner's VACUUM FULL."""
        with self.connected() as connection:
            connection.exec_driver_sql("VACUUM (ANALYZE) admin, member, event, outbox, link")
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


def _key(institution: str) -> int:
    return int.from_bytes(sha256(f"seatsync:{institution}".encode()).digest()[:8], signed=True)


def _signed(holder: Holder) -> str:
    """The holder in the 63 ASCII characters that PostgreSQL keeps of an application's name."""
    commit = f" {holder.commit[:7]}" if re.match(r"[0-9a-f]{7}", holder.commit) else ""
    start = f"seatsync {re.sub('[-:]', '', holder.since)}{commit} "
    who, host = holder.who.replace("@", " at "), holder.host.replace("@", "")
    room = 62 - len(start)
    who = who[: max(room - len(host), room // 2)]
    return f"{start}{who}@{host[: room - len(who)]}".encode("ascii", "replace").decode()


def _holder(connection: Connection, key: int) -> Holder | None:
    halves = {"high": (key >> 32) & 0xFFFFFFFF, "low": key & 0xFFFFFFFF}
    row = connection.execute(_HOLDER, halves).one_or_none()
    if row is None:
        return None
    if (name := _NAME.fullmatch(row.application_name or "")) is None:
        return Holder("another seatsync", "an unknown machine", row.pid, "a moment ago")
    since = f"{name[1]}-{name[2]}-{name[3]}T{name[4]}:{name[5]}:{name[6]}Z"
    return Holder(name[8], name[9], row.pid, since, name[7] or "")
