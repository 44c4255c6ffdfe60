"""Opening a ledger: where it is, whether it is one, reading it, and writing to it as the only one who does."""

from __future__ import annotations

import os
import random
import re
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import Connection, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from seatsync.domain.addresses import ENCODED, is_plain, may_hold_a_password, redacted
from seatsync.ledger.failures import LedgerError, Overtaken, as_made, may_pass, told
from seatsync.ledger.holder import Holder, Patience
from seatsync.ledger.sqlite import FILE as FILE
from seatsync.ledger.sqlite import SqliteFile, make_tables, table_names
from seatsync.ledger.tables import REVISIONS

if TYPE_CHECKING:
    from seatsync.ledger.git import GitBranch
    from seatsync.ledger.git_readers import Job
    from seatsync.ledger.postgres import Postgres

LOCK_TIMEOUT = 30.0

_TRIES = 8
_MEANS_GIT = re.compile(r"(git|gti|gitt)(:(?!//)|$)", re.IGNORECASE)
_FILES = ("sqlite:///", "sqlite+pysqlite:///")

Result = TypeVar("Result")


def _unheard(notice: str) -> None: ...


class Ledger:
    """A ledger that may not be there yet: reading never makes one, writing does.

    ``location`` is a path, a SQLAlchemy URL, or ``git`` (see ``in_git``); ``patience`` says how long to wait for others who
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
        _must_be_plain(location)
        self.store: SqliteFile | Postgres | GitBranch
        if in_git(location):
            from seatsync.ledger.git import GitBranch

            self.store = GitBranch.at(location, folder, institution, self.patience, job)
        elif _MEANS_GIT.match(location):
            message = f"The ledger {redacted(location)} can't be understood."
            raise LedgerError(message, "Write git:REMOTE#BRANCH; or ./ before the name of a file.")
        elif (path := _sqlite_path(location)) is not None:
            self.store = _file(path, kept)
        else:
            self.store = _postgres(location, self.patience, kept)

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
        from seatsync.ledger.git import GitBranch

        assert isinstance(self.store, GitBranch)
        return self.store

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
                if not revision and connection.dialect.name == "sqlite":
                    make_tables(connection)
                else:
                    _migrate(connection)

    def _is_ready(self, connection: Connection) -> bool:
        """Whether the tables are there; False where there are none."""
        revision = self._revision(connection)
        if revision and revision != REVISIONS[-1]:
            message = f"{self} was written by an older seatsync (ledger {revision}, this one needs {REVISIONS[-1]})."
            raise LedgerError(message, "Bring it up to date: `seatsync ledger migrate`. Keep a backup.")
        return bool(revision)

    def _revision(self, connection: Connection) -> str:
        is_file = (
            connection.dialect.name == "sqlite"
        )  # somebody may have put another in its place, or something into it
        if is_file or not connection.info.get("is_ledger"):
            tables = table_names(connection) if is_file else set(inspect(connection).get_table_names())
            if not tables or tables == {"alembic_version"}:
                return ""
            if "alembic_version" not in tables or "institution" not in tables:
                raise LedgerError(
                    f"{self} is a database, but not a ledger of seatsync.", "Name the right one with --ledger."
                )
            connection.info["is_ledger"] = True  # of this connection, if it is kept
        revision = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        if revision is None:
            raise LedgerError(
                f"{self} does not say of which version it is.", "Restore it from a backup; nothing was changed."
            )
        if revision not in REVISIONS:
            message = f"{self} was written by a newer seatsync (ledger {revision}, this one knows {REVISIONS[-1]})."
            raise LedgerError(message, "Install the newer version: pip install --upgrade seatsync.")
        return str(revision)


def in_git(location: str) -> bool:
    """Whether a ledger is kept in Git: ``git``, ``git:BRANCH`` or ``git:REMOTE#BRANCH``."""
    return re.match(r"git(:(?!//)|$)", location) is not None


def _file(path: Path, kept: int) -> SqliteFile:
    if path.is_dir():
        raise LedgerError(f"The ledger {path} is a folder, not a file.", f"Name the file: {path / FILE}.")
    if not path.parent.is_dir():
        raise LedgerError(f"The folder of the ledger {path} is missing.", "Correct --ledger, or make the folder.")
    return SqliteFile(path, kept)


def _postgres(location: str, patience: Patience, kept: int) -> Postgres:
    from seatsync.ledger.postgres import Postgres  # it takes a while to be imported

    return Postgres(location, patience, kept)


def _must_be_plain(location: str) -> None:
    """Nothing is told or tried of what is not an address through and through: its password could stand in any place of it.

    Raises:
        LedgerError: it can be.
    """
    if "://" in location:
        address, _, branch = (
            _MEANS_GIT.sub("", location).partition("#") if _MEANS_GIT.match(location) else (location, "", "")
        )
        is_sure = location.startswith(_FILES) or (is_plain(address) and "@" not in branch)
    elif in_git(location):
        is_sure = not may_hold_a_password(location.partition(":")[2])
    else:
        is_file = os.path.exists(location)  # noqa: PTH110 (of a name that is too long, Path says what it is)
        is_sure = is_file or not may_hold_a_password(location)
    if not is_sure:
        raise LedgerError("The ledger's address can't be understood.", f"{ENCODED} {_WRITTEN}")


_WRITTEN = (
    "An address is postgresql+psycopg://user:password@host:5432/database, with PostgreSQL's own options after a ? if need be;"
    " of several servers, ?host=one:5432&host=two:5432. Before a file's name write ./"
)


def _sqlite_path(location: str) -> Path | None:
    if re.match(r"(sqlite|file|postgres\w*)(\+\w+)?:(?!//)", location):
        raise LedgerError(f"The ledger {redacted(location)} can't be understood.", "Write a path, or sqlite:///path.")
    if "://" not in location:
        return Path(location)
    backend = location.split("://")[0]
    try:
        url = make_url(location)
    except (ArgumentError, NoSuchModuleError, ValueError):
        raise LedgerError(f"The ledger {backend}://… can't be understood.", _WRITTEN) from None  # it is quoted there
    if url.drivername in ("postgresql", "postgres", "postgresql+psycopg"):
        return None
    if url.drivername not in ("sqlite", "sqlite+pysqlite"):
        message = f"A ledger can't be kept in {backend}."
        raise LedgerError(message, "Write a path, postgresql+psycopg://user@host/database, or git:REMOTE#BRANCH.")
    if not url.database or url.database == ":memory:":
        raise LedgerError("A ledger in memory would be lost at once.", "Name a file: sqlite:///seatsync.db.")
    return Path(url.database)


def _migrate(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "seatsync:ledger/migrations")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
