"""A ledger where there is no server: a SQLite file of each institution on a branch of a Git remote.

Who reads sees a copy of the file. What was written into a copy becomes a commit, pushed without force: the remote takes it
only if it follows the tip, so of two who began at the same state one wins, and nothing of the other is written.
"""

from __future__ import annotations

import random
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.util import Finalize
from pathlib import Path

from sqlalchemy import Connection

from seatsync.ledger.failures import LedgerError, Overtaken
from seatsync.ledger.git_clone import Clone, Pushed, around
from seatsync.ledger.git_failures import failure, redacted
from seatsync.ledger.git_message import message, newest
from seatsync.ledger.holder import Holder, Patience
from seatsync.ledger.sqlite import FILE, SqliteFile, whole

REMOTE, BRANCH = "origin", "seatsync-ledger"

README = """\
# The ledger of seatsync

Who holds which seats, and how that came about: one SQLite file for each institution, with personal data. seatsync writes this branch;
do not edit, merge or rewrite it. `git log` is the audit trail; `seatsync status`, `log` and `verify` read what is inside.
"""

_clones: dict[tuple[Path, str, str], Clone] = {}


def let_go() -> None:
    """Forget what was fetched. Until then all that this process reads is as it was when it was first asked for."""
    for clone in _clones.values():
        clone.close()
    _clones.clear()


Finalize(None, let_go, exitpriority=1)  # at the end of any process, those of a pool too


class GitBranch:
    """The file of ``institution`` on the branch that ``clone`` is of."""

    is_pushed = True

    def __init__(self, clone: Clone, institution: str, patience: Patience) -> None:
        self.clone = clone
        self.path = f"{institution}/{FILE}"
        self.institution = institution
        self.patience = patience

    @classmethod
    def at(cls, location: str, folder: Path, institution: str, patience: Patience) -> GitBranch:
        """By ``git``, ``git:BRANCH`` or ``git:REMOTE#BRANCH``; what is left out is ``origin`` and ``seatsync-ledger``.

        Raises:
            LedgerError: there is no repository around the folder, or the branch can't have that name.
        """
        remote, _, branch = location.removeprefix("git").removeprefix(":").rpartition("#")
        remote, branch = remote or REMOTE, branch or BRANCH
        checkout = around(folder, f"git:{redacted(remote)}#{redacted(branch)}")
        clone = Clone(checkout, remote, branch)
        return cls(_clones.setdefault((checkout.top, remote, branch), clone), institution, patience)

    def __str__(self) -> str:
        return str(self.clone)

    def refresh(self) -> None:
        """Fetch once more."""
        self.clone.fetch()

    def close(self) -> None:
        """Nothing is open between uses; what was fetched is let go of by ``let_go``."""

    def is_there(self) -> bool:
        return self._blob() is not None

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One unchanging view of the ledger."""
        with self._copy(self._blob()) as file, file.reading() as connection:
            yield connection

    @contextmanager
    def connected(self) -> Iterator[Connection]:
        """A connection to a copy. What is written there until the end is pushed then, if it is anything.

        Raises:
            Overtaken: somebody else wrote to the same institution since the copy was made.
            LedgerError: it can't be pushed.
        """
        before = self._blob()
        with self._copy(before) as file:
            with file.connected() as connection:
                connection.exec_driver_sql("PRAGMA journal_mode=DELETE")  # all of it in one file
                known = newest(connection, self.institution)
                yield connection
                told = message(connection, self.institution, known)
            after = self.clone.take_in(file.path)
            if after != before:
                self._publish(before, after, told)

    @contextmanager
    def exclusively(
        self, connection: Connection, institution: str | None, holder: Holder, patience: Patience
    ) -> Iterator[None]:
        """A transaction. Nobody else sees the copy; who writes first is decided by the push."""
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        with whole(connection):
            yield

    def holder(self, institution: str) -> None:
        """Nobody: there is no lock."""

    def unlock(self, institution: str, holder: Holder) -> None:
        """There is no lock."""

    def scrub(self) -> tuple[str, str]:
        """Write the file anew. The branch's history can't be reached from here."""
        with self.connected() as connection:
            connection.exec_driver_sql("VACUUM")
        stays = f"the history of {self}, and whoever has fetched it, still has what was erased."
        return stays, "Begin the branch anew without its history, as docs/ledger.md shows under Forgetting."

    def _blob(self) -> str | None:
        """The file on the branch.

        Raises:
            LedgerError: the branch is there, but something else is on it.
        """
        blob = self.clone.blob(self.path)
        if blob is None and self.clone.tip and not any(path.endswith(f"/{FILE}") for path in self.clone.paths()):
            help = "Name a branch that nothing else is on: --ledger git:BRANCH."
            raise LedgerError(f"{self} is a branch, but not a ledger of seatsync.", help)
        return blob

    @contextmanager
    def _copy(self, blob: str | None) -> Iterator[SqliteFile]:
        folder = self.clone.scratch()
        try:
            if blob is not None:
                self.clone.write_out(blob, folder / FILE)
            yield SqliteFile(folder / FILE)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _publish(self, before: str | None, after: str, told: str) -> None:
        """Push ``after`` in place of ``before``, over whatever others have pushed for other institutions meanwhile."""
        began, pause = time.monotonic(), 0.05
        while True:
            base = self.clone.tip
            files = {self.path: after} if base else {self.path: after, "README.md": self.clone.take_in_text(README)}
            commit = self.clone.commit(files, told)
            pushed = self.clone.push(commit)
            if pushed.is_done or self._has_arrived(commit, pushed):
                return
            if self._blob() != before:
                raise Overtaken(self)
            is_late = time.monotonic() - began > self.patience.seconds
            if self.clone.tip == base and (is_late or not pushed.is_race):
                raise self._failure(pushed)
            if is_late:
                raise Overtaken(self)
            time.sleep(pause * random.uniform(0.5, 1))  # noqa: S311
            pause = min(2 * pause, 2)

    def _has_arrived(self, commit: str, pushed: Pushed) -> bool:
        """Whether a push that failed was heard all the same: the connection may have been lost behind it."""
        try:
            self.clone.fetch()
        except LedgerError as error:
            if pushed.is_refused:
                raise self._failure(pushed) from error
            raise failure(
                self, "broke the connection", pushed.told, "An apply is whole or not at all: plan again to see which."
            ) from error
        return self.clone.contains(commit)

    def _failure(self, pushed: Pushed) -> LedgerError:
        return failure(self, "does not take what was to be written", pushed.told)
