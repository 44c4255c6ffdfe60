"""What every database that keeps ledgers must be able to do. A new kind is one module with a class like this, and a line in
``addresses``."""

from __future__ import annotations

from collections.abc import Iterator, Set
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from seatsync.ledger.lock import Holder, Patience

if TYPE_CHECKING:
    from seatsync.ledger.stores.readers import Job


class Opening(NamedTuple):
    """What a store is told when it is opened, besides its address.

    ``patience`` is how long to wait for other writers. ``folder`` and ``institution`` say whose ledger is meant, where one address
    holds several files. ``kept`` is the number of connections to keep open between uses. ``job`` is the CI job that asks, if any.
    """

    patience: Patience
    folder: Path = Path()
    institution: str = ""
    kept: int = 0
    job: Job | None = None


class Store(Protocol):
    """A place that keeps ledgers. ``str()`` of it is its address without a password.

    Every connection is in autocommit mode; transactions begin and end here. All methods raise what the database's driver raises;
    ``Ledger`` turns that into a ``LedgerError``.
    """

    is_pushed: bool
    """Whether each write goes over the network as a whole, so that one large write is better than many small ones."""

    def is_there(self) -> bool:
        """Whether there is something at the address; it may be no ledger."""

    def reading(self) -> AbstractContextManager[Connection]:
        """A connection that sees one unchanging state, takes no lock, and cannot write."""

    def connected(self) -> AbstractContextManager[Connection]:
        """A connection that may write, outside of a transaction."""

    def exclusively(
        self, connection: Connection, institution: str | None, holder: Holder, patience: Patience
    ) -> AbstractContextManager[None]:
        """A transaction, as the only writer of ``institution``.

        Where it is None nobody waits who need not; where it is empty the transaction is the only one that changes tables.
        """

    def holder(self, institution: str) -> Holder | None:
        """Who holds the lock now."""

    def unlock(self, institution: str, holder: Holder) -> None:
        """Take the lock away from ``holder``, whose transaction is undone.

        Raises:
            LedgerError: that is not possible from here; the message says how it is.
        """

    def table_names(self, connection: Connection) -> Set[str]:
        """The tables that are there.

        Raises:
            LedgerError: something is there that would act when the tables are used.
        """

    def make_tables(self, connection: Connection) -> None:
        """Make all tables as the newest migration leaves them, where there are none."""

    def scrub(self) -> tuple[str, str]:
        """Remove deleted rows from the files too. Returns what remains in spite of it and what to do about that, or two empty texts."""

    def refresh(self) -> None:
        """Look again at what others have written, where ``reading`` does not."""

    def close(self) -> None:
        """Close the connections that were kept."""


@contextmanager
def whole(connection: Connection) -> Iterator[None]:
    """The rest of a transaction that was begun: committed at the end, or undone."""
    try:
        yield
        connection.exec_driver_sql("COMMIT")
    except BaseException:
        with suppress(SQLAlchemyError):
            connection.exec_driver_sql("ROLLBACK")
        raise
