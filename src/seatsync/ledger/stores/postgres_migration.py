"""Migrate a ledger in PostgreSQL while others read it and write to it.

What an older program does not notice comes first, in short transactions: new columns and tables, their contents, indexes. The
last transaction excludes writers, fills in what they have changed meanwhile, and changes the revision. Whatever was done is
noted in the table ``migrating``, so a migration that was interrupted continues.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from itertools import chain
from typing import NamedTuple

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from seatsync.ledger import tables
from seatsync.ledger.failures import LedgerError, Locked
from seatsync.ledger.migrations.steps import Index, parts
from seatsync.ledger.stores.migrate import Migration, add_columns, institutions, note_revision, operations
from seatsync.ledger.stores.store import committing

_NOTES = """CREATE TABLE IF NOT EXISTS migrating
(part VARCHAR(80), institution VARCHAR(63), mark TEXT NOT NULL, PRIMARY KEY (part, institution))"""
_NOTE = text("""INSERT INTO migrating VALUES (:part, :institution, :mark)
ON CONFLICT (part, institution) DO UPDATE SET mark = excluded.mark""")
_UNFILLED = text("""SELECT writer.institution FROM writer
LEFT JOIN migrating ON part = :part AND migrating.institution = writer.institution
WHERE mark IS DISTINCT FROM writer.xmax::text ORDER BY 1""")
"""A writer locks its row, so xmax says who was the last writer: still the migration itself, or somebody after it."""

_ROWS = "INSERT INTO writer SELECT institution FROM institution ON CONFLICT DO NOTHING"
_TAKE = text("SELECT 1 FROM writer WHERE writer.institution = :institution FOR NO KEY UPDATE SKIP LOCKED")
_LIMIT = text("SELECT set_config('idle_in_transaction_session_timeout', :limit, true)")
"""A transaction that others wait for ends when this program hangs, as every writer's does."""
_NOW = text("SELECT pg_current_xact_id()::xid::text")
_IS_VALID = text("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(:name)")
_EXISTS = text("SELECT to_regclass(:name) IS NOT NULL")

_SHORT = 2.0
"""Seconds to wait for a lock that everybody waits behind. More than the second after which PostgreSQL ends an autovacuum that is
in the way."""
_TRIES = 60
_ROUNDS = 5
_BATCH = 0.5
"""Seconds after which a transaction that fills ends, so that the institution's writers can go on."""
_TURN = 0.3
"""Seconds until the next one: a writer that waits looks for the lock every quarter of a second."""


class Others(NamedTuple):
    """How to get along with others: ``seconds`` to wait for writers; ``tell`` shows what is being done.

    ``turn`` is a transaction as the writer of an institution, and gives the id of the transaction that wrote to it before.
    """

    seconds: float
    tell: Callable[[str], None]
    turn: Callable[[Connection, str], AbstractContextManager[str]]


class Beside:
    """Some migrations at once. ``keeper`` has an open transaction, which excludes other migrations and comes last."""

    def __init__(self, keeper: Connection, worker: Connection, steps: Sequence[Migration], others: Others) -> None:
        self.keeper = keeper
        self.worker = worker
        self.others = others
        self.steps = steps
        self.fills = [step.fill for step in self.steps if step.fill is not None]
        self.part = f"{self.steps[-1].revision} contents"
        limit = keeper.exec_driver_sql("SHOW idle_in_transaction_session_timeout").scalar()
        self.limit = _LIMIT.bindparams(limit=limit)
        self.locks_rows = steps[0].revision > "0007"  # before, writers locked no row of ``writer``

    def run(self) -> None:
        """Run all missing migrations.

        Raises:
            LedgerError: a newer program has begun to migrate.
        """
        # The worker may take hours. This also ends the keeper's view of the ledger, for which indexes would wait; a query keeps it.
        self.keeper.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
        self.worker.exec_driver_sql(_NOTES)
        self._must_be_ours()
        for step in self.steps:
            for table, columns in step.columns().items():
                self._once(f"{step.revision} {table}", table, partial(add_columns, table, columns))
            self._once(step.revision, "", partial(step.expand, self.worker))
        if self.fills:
            self.worker.exec_driver_sql(_ROWS)
            self._fill_beside()
        for index in (index for step in self.steps for index in step.indexes if not index.unique):
            self.others.tell(f"Building the index {index.name}")
            _build(self.worker, index)
        self.others.tell("Waiting for writers to finish")
        self.keeper.execute(self.limit)  # from here on others wait for it
        if self.locks_rows:
            self._catch_up()
        self._patiently(self._finish)

    def _must_be_ours(self) -> None:
        newest = self.worker.exec_driver_sql("SELECT max(part) FROM migrating").scalar() or ""
        if newest[:4] > self.steps[-1].revision:
            message = f"A newer seatsync has begun to update this ledger to {newest[:4]}."
            raise LedgerError(message, "Run `seatsync ledger migrate` of the newer version again.")

    def _once(self, part: str, table: str, action: Callable[[], None]) -> None:
        """Do something in a short transaction, unless that is noted already. It locks at most one table that others use."""
        known = text("SELECT 1 FROM migrating WHERE part = :part AND institution = ''")
        if self.worker.execute(known, {"part": part}).first():
            return
        self.others.tell(f"Adding what is new in {part}")

        def attempt(_: int) -> None:
            with _transaction(self.worker, _SHORT), operations(self.worker):
                self.worker.execute(self.limit)
                if table:
                    self.worker.exec_driver_sql(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
                action()
                self.worker.execute(_NOTE, {"part": part, "institution": "", "mark": ""})

        self._patiently(attempt)

    def _fill_beside(self) -> None:
        """Fill the institutions, and then again those that somebody has written to meanwhile, until there are none or a few."""
        for rounds_left in reversed(range(_ROUNDS if self.locks_rows else 1)):
            unfilled = self._unfilled(self.worker)
            for count, institution in enumerate(unfilled, 1):
                self.others.tell(f"Filling the new columns: {institution} ({count} of {len(unfilled)})")
                try:
                    self._fill(institution)
                except Locked:
                    if not rounds_left:
                        raise
            if not unfilled:
                return

    def _unfilled(self, connection: Connection) -> Sequence[str]:
        return connection.execute(_UNFILLED, {"part": self.part}).scalars().all() if self.fills else []

    def _fill(self, institution: str) -> None:
        """Fill one institution in short transactions. Note it, unless somebody wrote to it between two of them."""
        work = chain.from_iterable(fill(self.worker, institution) for fill in self.fills)
        mine, is_done, is_alone = "", False, True
        while not is_done:
            if mine:
                time.sleep(_TURN)
            with self.others.turn(self.worker, institution) as before:
                is_alone = is_alone and mine in ("", before)
                mine = str(self.worker.execute(_NOW).scalar())
                is_done = _continue(work)
                if is_done and is_alone:
                    self.worker.execute(_NOTE, {"part": self.part, "institution": institution, "mark": mine})

    def _catch_up(self) -> None:
        """Fill those again whom somebody keeps writing to. From here on their writers wait, and nobody else's."""
        for institution in self._unfilled(self.keeper):
            if self.keeper.execute(_TAKE, {"institution": institution}).first():
                self._fill_at_once(institution)
                mine = self.keeper.execute(_NOW).scalar()
                self.keeper.execute(_NOTE, {"part": self.part, "institution": institution, "mark": mine})

    def _fill_at_once(self, institution: str) -> None:
        for _ in chain.from_iterable(fill(self.keeper, institution) for fill in self.fills):
            pass

    def _finish(self, tries: int) -> None:
        """Exclude writers, and change the revision. Those who have waited see that, and stop."""
        with _savepoint(self.keeper):
            _wait(self.keeper, min(2.0**tries, max(self.others.seconds, 1)))
            self.keeper.exec_driver_sql(f"LOCK TABLE {self._written()} IN EXCLUSIVE MODE")
            for institution in self._unfilled(self.keeper) if self.locks_rows else institutions(self.keeper):
                self._fill_at_once(institution)
            _wait(self.keeper, _SHORT)
            for index in (index for step in self.steps for index in step.indexes):
                if not self.keeper.execute(_EXISTS, {"name": index.name}).scalar():
                    self.keeper.exec_driver_sql(index.named())
            with operations(self.keeper):
                for step in self.steps:
                    step.contract(self.keeper)
            note_revision(self.keeper, self.steps[-1].revision)
            # Programs from before 0011 do not look at the revision again. This makes them: their transaction must start again.
            self.keeper.exec_driver_sql("UPDATE writer SET institution = institution")
            self.keeper.exec_driver_sql("DROP TABLE migrating")

    def _written(self) -> str:
        """The tables whose lock excludes writers: every writer locks its row of ``writer``; before 0007, all tables."""
        names = ("writer",) if self.locks_rows else tables.metadata.tables
        return ", ".join(name for name in names if self.keeper.execute(_EXISTS, {"name": name}).scalar())

    def _patiently(self, attempt: Callable[[int], None]) -> None:
        """Call ``attempt`` until its locks are free, with pauses in which those go on who waited behind it."""
        for tries in range(_TRIES):
            try:
                return attempt(tries)
            except DBAPIError as error:
                if tries + 1 == _TRIES or getattr(error.orig, "sqlstate", None) not in ("55P03", "40P01"):
                    raise
            time.sleep(random.uniform(1, 3))  # noqa: S311
        return None


def _continue(work: Iterator[None]) -> bool:
    """Go on with the work for a batch's time, and return whether it is done."""
    until = time.monotonic() + _BATCH
    return all(time.monotonic() < until for _ in work)


def _build(connection: Connection, index: Index) -> None:
    """Create an index without a lock. Where the table has partitions, create theirs: the whole one then takes them over."""
    for part in parts(connection, index.table):
        name = index.name if part == index.table else f"{part}{index.name.removeprefix(index.table)}"
        is_valid = connection.execute(_IS_VALID, {"name": name}).scalar()
        if is_valid is False:  # somebody ended the process that created it
            connection.exec_driver_sql(f"DROP INDEX CONCURRENTLY {name}")
        if not is_valid:
            connection.exec_driver_sql(index.named(name, part, "CONCURRENTLY "))


def _wait(connection: Connection, seconds: float) -> None:
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{seconds * 1000:.0f}ms'")


@contextmanager
def _transaction(connection: Connection, seconds: float) -> Iterator[None]:
    connection.exec_driver_sql("BEGIN")
    with committing(connection):
        _wait(connection, seconds)
        yield


@contextmanager
def _savepoint(connection: Connection) -> Iterator[None]:
    connection.exec_driver_sql("SAVEPOINT finish")
    try:
        yield
    except DBAPIError:
        connection.exec_driver_sql("ROLLBACK TO SAVEPOINT finish")
        raise
    connection.exec_driver_sql("RELEASE SAVEPOINT finish")
