"""Open a ledger by its address, check its version, read it, and write to it as the only writer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from seatsync.ledger.failures import Cure, LedgerError, Meaning, as_made, in_words, remove_secrets, translated
from seatsync.ledger.lock import Holder, LockWait
from seatsync.ledger.stores.addresses import store_at
from seatsync.ledger.stores.patience import RACES, Patience
from seatsync.ledger.stores.sqlite import FILE as FILE
from seatsync.ledger.stores.store import Opening, Store
from seatsync.ledger.tables import REVISION, REVISIONS

if TYPE_CHECKING:
    from seatsync.ledger.stores.budget import Budget
    from seatsync.ledger.stores.git.branch import GitBranch
    from seatsync.ledger.stores.readers import CiJob

LOCK_TIMEOUT = 30.0
_COMMIT_UNKNOWN = Meaning(
    "lost the connection while the change was committed: it was done completely or not at all.",
    "Plan again: if the plan is empty, it was done.",
    Cure.TIME,
)

Result = TypeVar("Result")


def _ignore(notice: str) -> None: ...


class Ledger:
    """A ledger that may not exist yet: reading never creates it, writing does.

    ``location`` is an address (see ``addresses.store_at``). ``lock_wait`` says how long to wait for other writers, and ``wait``
    how many seconds for a server that is down or failing over. In Git, the ledger belongs to ``institution``, or to ``was`` until it
    is renamed, and lies in the repository around ``folder``; ``job`` names the repository that a CI runs for, which decides whether a
    ledger may be created there unencrypted.

    A server keeps connections: ``pool_size`` of them stay open between uses (not in Git), for any thread, until ``close``. On
    PostgreSQL a command keeps one. A server never creates a ledger: one that disappears while it runs was removed.

    Raises:
        LedgerError: the location can't be understood.
    """

    def __init__(
        self,
        location: str,
        lock_wait: LockWait | None = None,
        folder: Path = Path(),
        institution: str = "",
        pool_size: int = 0,
        job: CiJob | None = None,
        wait: float = 0,
        was: str = "",
    ) -> None:
        self.lock_wait = lock_wait or LockWait(LOCK_TIMEOUT, _ignore)
        self.pool_size = pool_size
        self._location = location
        self._patience = Patience(wait, self.lock_wait.seconds, self.lock_wait.notice)
        self.store: Store = store_at(location, Opening(self.lock_wait, folder, institution, pool_size, job, was))

    def __str__(self) -> str:
        return str(self.store)

    @contextmanager
    def reading(self) -> Iterator[Connection | None]:
        """A connection that sees one unchanging state and can't write; None where there is no ledger yet.

        Raises:
            LedgerError: the ledger can't be reached, or has another version.
        """
        with self._opened() as connection:
            yield connection if connection is not None and self._is_ready(connection) else None

    @contextmanager
    def looking(self) -> Iterator[Connection | None]:
        """As ``reading``, but in whichever version the tables are.

        Raises:
            LedgerError: the ledger can't be reached.
        """
        with self._opened() as connection:
            has_version = connection is not None and "alembic_version" in self.store.table_names(connection)
            yield connection if has_version else None

    @contextmanager
    def _opened(self) -> Iterator[Connection | None]:
        with self._translated():
            if not self.store.is_there():
                yield None
                return
            with self._patiently(self.store.reading) as connection:
                yield connection

    @property
    def is_pushed(self) -> bool:
        """Whether each write sends the whole ledger over the network, so that few large writes are better than many small ones."""
        return self.store.is_pushed

    @property
    def is_shared(self) -> bool:
        """Whether many institutions can be kept here."""
        return self.store.is_shared

    @property
    def branch(self) -> GitBranch | None:
        """The ledger's branch in Git; None where it is not in Git."""
        if not self.store.is_pushed:
            return None
        from seatsync.ledger.stores.git.branch import GitBranch

        return self.store if isinstance(self.store, GitBranch) else None

    def refresh(self) -> None:
        """Fetch what others have written, where that is not done at every read."""
        with self._translated():
            self.store.refresh()

    def write(self, institution: str | None, who: str, commit: str, step: Callable[[Connection], Result]) -> Result:
        """Run ``step`` in a transaction as the only writer of ``institution``, and return its result.

        ``institution`` is None for what belongs to no institution (accounts); then writers do not wait for each other. The
        ledger is created where there is none. Where the database asks for a retry, ``step`` runs again in a new transaction,
        so it must begin with reading.

        Raises:
            LedgerError: the ledger can't be reached, is locked for too long, is busy on every try, or has another version.
        """
        holder = Holder.here(who, commit)
        with self._translated():
            return self._patient(lambda: self._write_once(institution, holder, step), RACES)

    def _write_once(self, institution: str | None, holder: Holder, step: Callable[[Connection], Result]) -> Result:
        """Write in one transaction. When the connection breaks before the commit, it has not happened, and can be done again.

        Raises:
            LedgerError: the connection broke during the commit, so nobody knows whether it has happened.
        """
        is_committing = False
        try:
            with self.store.connected() as connection:
                if not self._is_ready(connection):
                    self._make(connection)
                with self.store.exclusively(connection, institution, holder, self.lock_wait):
                    self._must_still_be_ready(connection)
                    result = step(connection)
                    is_committing = True
                return result
        except DBAPIError as error:
            if is_committing and error.connection_invalidated:
                remove_secrets(error, self._location)
                raise in_words(self, _COMMIT_UNKNOWN) from error
            raise

    def migrate(self, tell: Callable[[str], None] = _ignore) -> tuple[str, str]:
        """Bring the tables up to date, or create them. Return the revision before (empty for none) and after.

        ``tell`` shows what is being done.

        Raises:
            LedgerError: as in ``write``; or the ledger has a newer version.
        """
        with self._translated(), self._patiently(self.store.connected) as connection:
            before = self._revision(connection)
            if before != REVISIONS[-1]:
                before = self._upgrade(connection, tell)
            return before, REVISIONS[-1]

    def holder(self, institution: str) -> Holder | None:
        """Return who is writing to the institution now."""
        with self._translated():
            return self._patient(lambda: self.store.holder(institution)) if self.store.is_there() else None

    def budget(self) -> Budget | None:
        """How many connections the ledger's server accepts from us; None where there is no such limit."""
        with self._translated():
            return self._patient(self.store.budget)

    def unlock(self, institution: str, holder: Holder) -> None:
        """Take the lock away from ``holder``, whose transaction is rolled back.

        Raises:
            LedgerError: that can't be done from here; the message says how it can be done.
        """
        with self._translated():
            self._patient(lambda: self.store.unlock(institution, holder))

    def scrub(self) -> tuple[str, str]:
        """Remove deleted rows from the database's files too, as far as that is possible from here.

        Return what remains nevertheless and what to do about it; two empty texts if nothing remains.
        """
        with self._translated():
            return self._patient(self.store.scrub)

    def close(self) -> None:
        """Close the kept connections, and delete what was fetched."""
        self.store.close()

    def _translated(self) -> AbstractContextManager[None]:
        return translated(self, self._meaning)

    def _meaning(self, error: Exception) -> Meaning:
        """What an error means. Afterwards its texts, which ``--debug`` shows, have no secrets and mean nothing any more."""
        meaning = self.store.meaning(error)
        remove_secrets(error, self._location)
        return meaning

    def _patient(self, work: Callable[[], Result], races: int = 1) -> Result:
        return self._patience.until_done(self, work, self.store.meaning, self.store.close, races)

    @contextmanager
    def _patiently(self, connect: Callable[[], AbstractContextManager[Connection]]) -> Iterator[Connection]:
        """The connection, once it can be had. What happens on it later is not repeated."""
        with ExitStack() as stack:
            yield self._patient(lambda: stack.enter_context(connect()))

    def _make(self, connection: Connection) -> None:
        if self.pool_size:
            raise LedgerError(f"The ledger {self} no longer exists.", "Restore it, or restart with another ledger.")
        self._upgrade(connection)

    def _upgrade(self, connection: Connection, tell: Callable[[str], None] = _ignore) -> str:
        """Bring the tables up to date, or create them, as the only one. Return the revision before."""
        with self.store.exclusively(connection, "", Holder.here("migration", ""), self.lock_wait):
            revision = self._revision(connection)
            if revision == REVISIONS[-1]:  # somebody else was faster
                return revision
            with as_made(self, revision):
                if revision:
                    self.store.migrate(connection, revision, tell)
                else:
                    self.store.make_tables(connection)
        return revision

    def _is_ready(self, connection: Connection) -> bool:
        """Whether the tables exist.

        Raises:
            LedgerError: they have an older version, or are not a ledger.
        """
        revision = self._revision(connection)
        if revision and revision != REVISIONS[-1]:
            message = f"{self} was written by an older seatsync (ledger {revision}, this one needs {REVISIONS[-1]})."
            raise LedgerError(message, "Make a backup, then update the ledger: `seatsync ledger migrate`.")
        return bool(revision)

    def _must_still_be_ready(self, connection: Connection) -> None:
        """Check the revision again in the transaction that writes: somebody may have migrated while we waited for the lock.

        Raises:
            LedgerError: the tables have another version now.
        """
        if connection.execute(REVISION).scalar() != REVISIONS[-1] and not self._is_ready(connection):
            raise LedgerError(f"The ledger {self} no longer exists.", "Plan again. Nothing was changed.")

    def _revision(self, connection: Connection) -> str:
        tables = self.store.table_names(connection)
        if not tables or tables == {"alembic_version"}:
            return ""
        if "alembic_version" not in tables or "institution" not in tables:
            raise LedgerError(f"{self} is a database, but not a seatsync ledger.", "Name the right one with --ledger.")
        revision = connection.execute(REVISION).scalar()
        if revision is None:
            raise LedgerError(
                f"{self} does not say which version it has.", "Restore it from a backup. Nothing was changed."
            )
        if revision not in REVISIONS:
            message = f"{self} was written by a newer seatsync (ledger {revision}, this one knows {REVISIONS[-1]})."
            raise LedgerError(message, "Install the newer version: pip install --upgrade seatsync.")
        return str(revision)
