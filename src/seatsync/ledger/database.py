"""Opening a ledger: where it is, whether it is one, reading it, and writing to it as the only one who does."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from seatsync.ledger.failures import LedgerError, Overtaken, as_made, may_pass, told
from seatsync.ledger.lock import Holder, Patience
from seatsync.ledger.stores.addresses import store_at
from seatsync.ledger.stores.migrate import migrate
from seatsync.ledger.stores.sqlite import FILE as FILE
from seatsync.ledger.stores.store import Opening, Store
from seatsync.ledger.tables import REVISIONS

if TYPE_CHECKING:
    from seatsync.ledger.stores.git.branch import GitBranch
    from seatsync.ledger.stores.readers import Job

LOCK_TIMEOUT = 30.0

_TRIES = 8

Result = TypeVar("Result")


def _unheard(notice: str) -> None: ...


class Ledger:
    """A ledger that may not be there yet: reading never makes one, writing does.

    ``location`` is an address (see ``addresses.store_at``); ``patience`` says how long to wait for others who
    write. In Git it is the ledger of ``institution``, in the repository around ``folder``; ``job`` says for which repository a CI
    runs this, which decides whether a ledger may be begun there in clear.

    A server keeps connections: as many are ``kept`` open between uses (not in Git), by any thread, until ``close``. It never
    makes a ledger either: what is gone while it runs was taken away.

    Raises:
        LedgerError: the location can't be understood.
    """

    def __init__(
        self,
        location: str,
        patience: Patience | None = None,
        folder: Path = Path(),
        institution: str = "",
        kept: int = 0,
        job: Job | None = None,
    ) -> None:
        self.patience = patience or Patience(LOCK_TIMEOUT, _unheard)
        self.kept = kept
        self._location = location
        self.store: Store = store_at(location, Opening(self.patience, folder, institution, kept, job))

    def __str__(self) -> str:
        return str(self.store)

    @contextmanager
    def reading(self) -> Iterator[Connection | None]:
        """A connection that sees one unchanging state and can't write; None where there is no ledger yet.

        Raises:
            LedgerError: the ledger can't be reached, or is of another version.
        """
        with self._told():
            if not self.store.is_there():
                yield None
                return
            with self.store.reading() as connection:
                yield connection if self._is_ready(connection) else None

    @property
    def is_pushed(self) -> bool:
        """Whether each write goes over the network to be kept as a whole, so that many little ones are to become few."""
        return self.store.is_pushed

    @property
    def branch(self) -> GitBranch | None:
        """The branch in Git that it is on, if it is."""
        if not self.store.is_pushed:
            return None
        from seatsync.ledger.stores.git.branch import GitBranch

        return self.store if isinstance(self.store, GitBranch) else None

    def refresh(self) -> None:
        """Look anew at what others have written, where that is not done at every read."""
        with self._told():
            self.store.refresh()

    def write(self, institution: str | None, who: str, commit: str, step: Callable[[Connection], Result]) -> Result:
        """What ``step`` returns, run in one transaction as the only one who writes to ``institution``; None is for what
        belongs to no institution (accounts), where nobody waits who need not.

        The ledger is made where there is none. Where the database asks for it, ``step`` is run again on a new
        transaction, so it must begin with reading.

        Raises:
            LedgerError: the ledger can't be reached, is locked for too long, busy at every try, or of another version.
        """
        holder = Holder.here(who, commit)
        with self._told():
            for left in reversed(range(_TRIES)):
                try:
                    with self.store.connected() as connection:
                        if not self._is_ready(connection):
                            self._make(connection)
                        with self.store.exclusively(connection, institution, holder, self.patience):
                            return step(connection)
                except DBAPIError as error:
                    if not left or not may_pass(error):
                        raise
                except Overtaken:
                    if not left:
                        raise
                time.sleep(random.uniform(0.5, 1) * 0.02 * 2 ** (_TRIES - left))  # noqa: S311
        raise AssertionError("the last try returns or raises")

    def migrate(self) -> tuple[str, str]:
        """Bring the tables up to date, or make them; the revision before (empty for none) and after.

        Raises:
            LedgerError: as for ``write``; or the ledger is of a newer version.
        """
        with self._told(), self.store.connected() as connection:
            before = self._revision(connection)
            if before != REVISIONS[-1]:
                self._upgrade(connection)
            return before, REVISIONS[-1]

    def holder(self, institution: str) -> Holder | None:
        """Who writes to the institution now."""
        with self._told():
            return self.store.holder(institution) if self.store.is_there() else None

    def unlock(self, institution: str, holder: Holder) -> None:
        """Take the lock away from ``holder``, whose work is undone.

        Raises:
            LedgerError: that can't be done from here; the message says how it can.
        """
        with self._told():
            self.store.unlock(institution, holder)

    def scrub(self) -> tuple[str, str]:
        """Take what was deleted out of the files of the database as well, as far as that can be done from here.

        What stays in spite of it, and what to do about that; empty for nothing.
        """
        with self._told():
            return self.store.scrub()

    def close(self) -> None:
        """Close the connections that were kept."""
        self.store.close()

    def _told(self) -> AbstractContextManager[None]:
        return told(self, self._location)

    def _make(self, connection: Connection) -> None:
        if self.kept:
            raise LedgerError(f"There is no ledger at {self} any more.", "Restore it, or start again with another.")
        self._upgrade(connection)

    def _upgrade(self, connection: Connection) -> None:
        with self.store.exclusively(connection, "", Holder.here("migration", ""), self.patience):
            revision = self._revision(connection)
            if revision == REVISIONS[-1]:  # somebody else was first
                return
            with as_made(self, revision):
                if revision:
                    migrate(connection)
                else:
                    self.store.make_tables(connection)

    def _is_ready(self, connection: Connection) -> bool:
        """Whether the tables are there; False where there are none."""
        revision = self._revision(connection)
        if revision and revision != REVISIONS[-1]:
            message = f"{self} was written by an older seatsync (ledger {revision}, this one needs {REVISIONS[-1]})."
            raise LedgerError(message, "Bring it up to date: `seatsync ledger migrate`. Keep a backup.")
        return bool(revision)

    def _revision(self, connection: Connection) -> str:
        tables = self.store.table_names(connection)
        if not tables or tables == {"alembic_version"}:
            return ""
        if "alembic_version" not in tables or "institution" not in tables:
            raise LedgerError(
                f"{self} is a database, but not a ledger of seatsync.", "Name the right one with --ledger."
            )
        revision = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        if revision is None:
            raise LedgerError(
                f"{self} does not say of which version it is.", "Restore it from a backup; nothing was changed."
            )
        if revision not in REVISIONS:
            message = f"{self} was written by a newer seatsync (ledger {revision}, this one knows {REVISIONS[-1]})."
            raise LedgerError(message, "Install the newer version: pip install --upgrade seatsync.")
        return str(revision)
