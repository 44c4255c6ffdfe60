"""The protocol of a database that keeps ledgers. A new kind is one module with such a class, and a line in ``addresses``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Set
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from seatsync.ledger.failures import Meaning
from seatsync.ledger.lock import Holder, LockWait

if TYPE_CHECKING:
    from seatsync.ledger.stores.budget import Budget
    from seatsync.ledger.stores.readers import CiJob


class Opening(NamedTuple):
    """What a store gets when it is opened, besides its address.

    ``lock_wait`` is how long to wait for other writers. ``folder`` and ``institution`` select the ledger where one address holds
    several files; ``was`` is the institution's earlier id, empty if the files name none. ``pool_size`` is the number of connections
    that a server keeps open between uses; 0 in a command. ``job`` is the CI job that runs, if any.
    """

    lock_wait: LockWait
    folder: Path = Path()
    institution: str = ""
    pool_size: int = 0
    job: CiJob | None = None
    was: str = ""


class Store(Protocol):
    """A place that keeps ledgers. ``str()`` of it is its address without a password.

    Every connection is in autocommit mode; transactions begin and end here. All methods raise the errors of the database's
    driver; ``Ledger`` turns them into a ``LedgerError``.
    """

    is_pushed: bool
    """Whether each write sends the whole ledger over the network, so that one large write is better than many small ones."""

    is_shared: bool
    """Whether one address keeps many institutions."""

    def meaning(self, error: Exception) -> Meaning:
        """What an error means, of the database's driver or of SQLAlchemy around it. It says nothing secret of the address."""

    def budget(self) -> Budget | None:
        """How many connections the server accepts from us; None where there is no such limit."""

    def is_there(self) -> bool:
        """Whether there is something at the address; it need not be a ledger."""

    def reading(self) -> AbstractContextManager[Connection]:
        """A connection that sees one unchanging state, takes no lock, and cannot write."""

    def connected(self) -> AbstractContextManager[Connection]:
        """A connection that may write, outside of a transaction."""

    def exclusively(
        self, connection: Connection, institution: str | None, holder: Holder, lock_wait: LockWait
    ) -> AbstractContextManager[None]:
        """A transaction as the only writer of ``institution``.

        If it is None, writers do not wait for each other. If it is empty, the transaction is the only one that changes tables.
        """

    def holder(self, institution: str) -> Holder | None:
        """Return who holds the lock now."""

    def holders(self, connection: Connection) -> Mapping[str, Holder]:
        """Return who holds locks now, by institution (empty where the ledger has only one)."""

    def unlock(self, institution: str, holder: Holder) -> None:
        """Take the lock away from ``holder``, whose transaction is rolled back.

        Raises:
            LedgerError: that is not possible from here; the message says how it is possible.
        """

    def table_names(self, connection: Connection) -> Set[str]:
        """The existing tables.

        Raises:
            LedgerError: there are triggers, views or the like that would act when the tables are used.
        """

    def make_tables(self, connection: Connection) -> None:
        """Create all tables in the newest revision, where there are none."""

    def migrate(self, connection: Connection, revision: str, tell: Callable[[str], None]) -> None:
        """Bring tables of an older revision up to date. ``tell`` shows what is being done.

        The open transaction of ``exclusively`` with an empty institution is the last thing that is committed.
        """

    def scrub(self) -> tuple[str, str]:
        """Remove deleted rows from the files too. Return what remains nevertheless and what to do about it, or two empty texts."""

    def refresh(self) -> None:
        """Fetch what others have written, where ``reading`` does not do that."""

    def close(self) -> None:
        """Close the kept connections, and delete what was fetched."""


@contextmanager
def committing(connection: Connection) -> Iterator[None]:
    """Commit the open transaction at the end, or roll it back after an exception."""
    try:
        yield
        connection.exec_driver_sql("COMMIT")
    except BaseException:
        with suppress(SQLAlchemyError):
            connection.exec_driver_sql("ROLLBACK")
        raise
