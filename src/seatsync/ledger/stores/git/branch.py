"""A ledger where there is no server: a SQLite file of each institution on a branch of a Git remote.

Who reads sees a copy of the file. What was written into a copy becomes a commit, pushed without force: the remote takes it
only if it follows the tip, so of two who began at the same state one wins, and nothing of the other is written. With a key
for it the branch holds nothing but what is encrypted.
"""

from __future__ import annotations

import hashlib
import random
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.util import Finalize
from pathlib import Path

from sqlalchemy import Connection

from seatsync.domain.text.ledger_addresses import redacted
from seatsync.formats.age import AgeError
from seatsync.ledger.failures import LedgerError, Overtaken, told
from seatsync.ledger.lock import Holder, Patience
from seatsync.ledger.stores.git.cipher import Cipher, is_encrypted
from seatsync.ledger.stores.git.clone import Clone, Pushed, around
from seatsync.ledger.stores.git.failures import failure
from seatsync.ledger.stores.git.message import after_care, message, newest
from seatsync.ledger.stores.readers import Job
from seatsync.ledger.stores.sqlite import FILE, SqliteFile
from seatsync.ledger.stores.sqlite_tables import make_tables, table_names
from seatsync.ledger.stores.store import Opening, whole

REMOTE, BRANCH = "origin", "seatsync-ledger"

README = """\
# The ledger of seatsync

Who holds which seats, and how that came about: one SQLite file for each institution, with personal data; encrypted with age where
seatsync was given a key (SEATSYNC_LEDGER_KEY). seatsync writes this branch; do not edit, merge or rewrite it. `git log` is the audit
trail; `seatsync status`, `log` and `verify` read what is inside.
"""

_EMPTY = (
    "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391",
    "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813",
)
"""How Git calls a file without anything in it, by SHA-1 and by SHA-256."""

_clones: dict[tuple[Path, str, str], Clone] = {}


def let_go() -> None:
    """Forget what was fetched. Until then all that this process reads is as it was when it was first asked for."""
    for clone in _clones.values():
        clone.close()
    _clones.clear()


Finalize(None, let_go, exitpriority=1)  # at the end of any process, those of a pool too


def open_store(location: str, opening: Opening) -> GitBranch:
    """The store at ``git``, ``git:BRANCH`` or ``git:REMOTE#BRANCH``; what is left out is ``origin`` and ``seatsync-ledger``.

    Raises:
        LedgerError: there is no repository around the folder, or what should be the ledger's key is none.
    """
    remote, _, branch = location.removeprefix("git").removeprefix(":").rpartition("#")
    remote, branch = remote or REMOTE, branch or BRANCH
    checkout = around(opening.folder, f"git:{redacted(remote)}#{redacted(branch)}")
    clone = _clones.setdefault((checkout.top, remote, branch), Clone(checkout, remote, branch))
    return GitBranch(clone, Cipher.of_environment(), opening.institution, opening.patience, opening.job)


class GitBranch:
    """The file of ``institution`` on the branch that ``clone`` is of, kept there as ``cipher`` does. ``job`` is the one of a CI
    that asks, if it is one."""

    is_pushed = True

    def __init__(self, clone: Clone, cipher: Cipher, institution: str, patience: Patience, job: Job | None) -> None:
        self.clone = clone
        self.cipher = cipher
        self.job = job
        self.path = f"{institution}/{FILE}"
        self.institution = institution
        self.patience = patience

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
            began = _digest(file.path)
            with file.connected() as connection:
                connection.exec_driver_sql("PRAGMA journal_mode=DELETE")  # all of it in one file
                known = newest(connection, self.institution)
                yield connection
                note = message(connection, self.institution, known, names_plan=not self.cipher.keys)
            if _digest(file.path) != began:
                self._publish(before, self._take_in(file), note)

    @contextmanager
    def exclusively(
        self, connection: Connection, institution: str | None, holder: Holder, patience: Patience
    ) -> Iterator[None]:
        """A transaction. Nobody else sees the copy; who writes first is decided by the push."""
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        with whole(connection):
            yield

    def table_names(self, connection: Connection) -> set[str]:
        return table_names(connection)

    def make_tables(self, connection: Connection) -> None:
        make_tables(connection)

    def holder(self, institution: str) -> None:
        """Nobody: there is no lock."""

    def unlock(self, institution: str, holder: Holder) -> None:
        """There is no lock."""

    def scrub(self) -> tuple[str, str]:
        """Write the file anew. The branch's history can't be reached from here."""
        with self.connected() as connection:
            connection.exec_driver_sql("VACUUM")
        stays = f"the history of {self}, and whoever has fetched it, still has what was erased."
        return stays, "Begin the branch anew without its history: `seatsync ledger forget-history`."

    def encrypt(self) -> bool:
        """Put the file there anew, encrypted for the first key; whether it was not so already.

        Raises:
            LedgerError: there is none, or it can't be read or pushed.
        """
        before = self._blob()
        if before is None:
            raise LedgerError(f"The ledger {self} has nothing of {self.institution}.", "`seatsync apply` makes it.")
        with told(self), self._fetched(before) as kept:
            if self.cipher.opens(kept):
                return False
            file = SqliteFile(kept.with_name(FILE))
            Cipher(self.cipher.keys if is_encrypted(kept) else []).opened(kept, file.path, self)
            with file.reading() as connection:
                note = after_care(connection, self.institution, "encrypt")
            self._publish(before, self._take_in(file), note)
        return True

    def forget_history(self) -> None:
        """Begin the branch anew, with what is on it now and no history.

        Raises:
            LedgerError: there is none, or other things than ledgers are on it, or the remote does not take it.
        """
        base = self.clone.tip
        if base is None:
            raise LedgerError(f"The ledger {self} is not there.", "`seatsync apply` makes it.")
        if self._other_files():
            help = "A ledger is to have a branch of its own: --ledger git:BRANCH."
            raise LedgerError(f"{self} has other files than ledgers, whose history is not ours to forget.", help)
        commit = self.clone.commit_anew("begun anew\n")
        pushed = self.clone.push(commit, in_place_of=base)
        if not (pushed.is_done or self._has_arrived(commit, pushed)):
            raise Overtaken(self) if self.clone.tip != base else self._failure(pushed)

    def exposure(self) -> str:
        """Who may read the branch that should not read names, as far as the CI says; empty where nothing is known of any."""
        if self.job is None or not self.job.why_not:
            return ""
        return self.job.why_not if self.job.owns(self.clone.remote, self.clone.addresses()) else ""

    def _blob(self) -> str | None:
        """The file on the branch.

        Raises:
            LedgerError: the branch is there, but something else is on it; or it must not be begun there in clear.
        """
        blob = self.clone.blob(self.path)
        if blob is None:
            if self.clone.tip and not self._ledgers():
                help = "Name a branch that nothing else is on: --ledger git:BRANCH."
                raise LedgerError(f"{self} is a branch, but not a ledger of seatsync.", help)
            if not self.cipher.keys:
                self._must_not_be_exposed()
        if blob in _EMPTY:
            help = f"Put the file of the commit before back on the branch (`git log -- {self.path}` shows them)."
            raise LedgerError(f"The ledger {self} has an empty file {self.path}, which no seatsync wrote.", help)
        return blob

    def _ledgers(self) -> list[str]:
        return [path for path in self.clone.paths() if path.endswith(f"/{FILE}")]

    def _other_files(self) -> bool:
        return bool({*self.clone.paths()} - {*self._ledgers(), "README.md"})

    def _must_not_be_exposed(self) -> None:
        fact = f"The ledger {self} would be begun in clear, with every name"
        if self.job is not None and (why := self.exposure()):
            raise LedgerError(f"{fact}, and {why}.", self.job.help)
        for path in self._ledgers():
            with self._fetched(self.clone.blob(path)) as kept:
                if is_encrypted(kept):
                    help = "Put their key, or another, into the environment as SEATSYNC_LEDGER_KEY."
                    raise LedgerError(f"{fact}, and the others on that branch are encrypted.", help)

    @contextmanager
    def _fetched(self, blob: str | None) -> Iterator[Path]:
        """What lies on the branch, in a folder of its own; nothing there where it is None."""
        folder = self.clone.scratch()
        try:
            if blob is not None:
                self.clone.write_out(blob, folder / "kept")
            yield folder / "kept"
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    @contextmanager
    def _copy(self, blob: str | None) -> Iterator[SqliteFile]:
        """The ledger as a file that can be written to."""
        with self._fetched(blob) as kept:
            file = kept.with_name(FILE)
            if blob is not None:
                self.cipher.opened(kept, file, self)
            yield SqliteFile(file)

    def _take_in(self, file: SqliteFile) -> str:
        """Make an object of the ledger, as it is to lie on the branch."""
        try:
            return self.clone.take_in(self.cipher.kept(file.path))
        except AgeError as error:
            raise LedgerError(f"The ledger {self} {error}", error.help) from error

    def _publish(self, before: str | None, after: str, note: str) -> None:
        """Push ``after`` in place of ``before``, over whatever others have pushed for other institutions meanwhile."""
        began, pause = time.monotonic(), 0.05
        while True:
            base = self.clone.tip
            files = {self.path: after} if base else {self.path: after, "README.md": self.clone.take_in_text(README)}
            commit = self.clone.commit(files, note)
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


def _digest(file: Path) -> bytes:
    """By which to see whether the file has changed; empty where nothing is in it."""
    if not (file.exists() and file.stat().st_size):
        return b""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").digest()
