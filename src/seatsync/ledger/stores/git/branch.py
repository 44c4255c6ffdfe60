"""A ledger without a server: a SQLite file for each institution on a branch of a Git remote.

Readers see a copy of the file. A changed copy becomes a commit that is pushed without force. The remote accepts it only on top of
its tip, so if two start from the same state, one wins and nothing of the other is written. With a key, the branch's ledgers are
encrypted.
"""

from __future__ import annotations

import hashlib
import random
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.util import Finalize
from pathlib import Path

from sqlalchemy import Connection, select

from seatsync.domain.text.characters import printable
from seatsync.domain.text.ledger_addresses import redacted
from seatsync.formats.age import AgeError
from seatsync.ledger import tables
from seatsync.ledger.failures import LedgerError, Meaning, Overtaken, translated
from seatsync.ledger.lock import Holder, LockWait
from seatsync.ledger.stores import sqlite_errors
from seatsync.ledger.stores.git.cipher import Cipher, is_encrypted
from seatsync.ledger.stores.git.clone import Clone, Pushed, checkout_around
from seatsync.ledger.stores.git.failures import failure
from seatsync.ledger.stores.git.layout import EMPTY, README, has_other_files, id_of, ledgers, path_of, sign_of
from seatsync.ledger.stores.git.message import message, newest, upkeep
from seatsync.ledger.stores.sqlite import FILE, SqliteFile
from seatsync.ledger.stores.sqlite_tables import make_tables, table_names
from seatsync.ledger.stores.store import Opening, committing

REMOTE, BRANCH = "origin", "seatsync-ledger"

_clones: dict[tuple[Path, str, str], Clone] = {}


def forget_clones() -> None:
    """Delete what was fetched. Until then this process reads the state that it fetched first."""
    for clone in _clones.values():
        clone.close()
    _clones.clear()


Finalize(None, forget_clones, exitpriority=1)  # at the end of any process, also of a pool's processes


def open_store(location: str, opening: Opening) -> GitBranch:
    """The store at ``git``, ``git:BRANCH`` or ``git:REMOTE#BRANCH``; the defaults are ``origin`` and ``seatsync-ledger``.

    Raises:
        LedgerError: there is no repository around the folder, or the ledger's key is not valid.
    """
    remote, _, branch = location.removeprefix("git").removeprefix(":").rpartition("#")
    remote, branch = remote or REMOTE, branch or BRANCH
    checkout = checkout_around(opening.folder, f"git:{redacted(remote)}#{redacted(branch)}")
    clone = _clones.setdefault((checkout.top, remote, branch), Clone(checkout, remote, branch))
    return GitBranch(clone, Cipher.of_environment(), opening)


class GitBranch:
    """The file of ``institution`` on the branch of ``clone``, encrypted or not by ``cipher``. ``job`` is the CI job, if any.

    Until the institution is renamed in the ledger, the file lies under its earlier id ``was``. The commit that renames it moves the
    file, and leaves one in its place that names the new id.
    """

    is_pushed = True
    is_shared = False

    def __init__(self, clone: Clone, cipher: Cipher, opening: Opening) -> None:
        self.clone = clone
        self.cipher = cipher
        self.job = opening.job
        self.institution = opening.institution
        self.was = opening.was
        self.lock_wait = opening.lock_wait

    @property
    def path(self) -> str:
        """Where the file is on the branch, or will be."""
        paths = [path_of(id) for id in (self.institution, self.was) if id]
        return next((path for path in paths[1:] if not self.clone.blob(paths[0]) and self.clone.blob(path)), paths[0])

    def __str__(self) -> str:
        return str(self.clone)

    def meaning(self, error: Exception) -> Meaning:
        return sqlite_errors.meaning(error)

    def budget(self) -> None:
        """Return None: nobody counts connections to a file."""

    def refresh(self) -> None:
        """Fetch again."""
        self.clone.fetch()

    def close(self) -> None:
        """Delete what was fetched."""
        forget_clones()

    def is_there(self) -> bool:
        return self._blob() is not None

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One unchanging view of the ledger."""
        with self._copy(self._blob()) as file, file.reading() as connection:
            yield connection

    @contextmanager
    def connected(self) -> Iterator[Connection]:
        """A connection to a copy. If the copy was changed, it is pushed at the end.

        Raises:
            Overtaken: somebody else has written to the same institution since the copy was made.
            LedgerError: the copy can't be pushed.
        """
        before, path = self._blob(), self.path
        with self._copy(before) as file:
            digest_before = _digest(file.path)
            with file.connected() as connection:
                connection.exec_driver_sql("PRAGMA journal_mode=DELETE")  # keeps everything in one file
                known = newest(connection, id_of(path))
                yield connection
                owner = self._owner(connection, path)
                note = message(connection, owner, known, names_plan=not self.cipher.keys)
            if _digest(file.path) != digest_before:
                self._publish(before, self._take_in(file), note, path, path_of(owner))

    @contextmanager
    def exclusively(
        self, connection: Connection, institution: str | None, holder: Holder, lock_wait: LockWait
    ) -> Iterator[None]:
        """A transaction in the copy, which nobody else sees. The push decides who writes first."""
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        with committing(connection):
            yield

    def table_names(self, connection: Connection) -> set[str]:
        return table_names(connection)

    def make_tables(self, connection: Connection) -> None:
        make_tables(connection)

    def migrate(self, connection: Connection, revision: str, tell: Callable[[str], None]) -> None:
        """Run the migrations in the open transaction: nobody else sees the copy."""
        from seatsync.ledger.stores.migrate import migrate

        migrate(connection, revision)

    def holder(self, institution: str) -> None:
        """Return None: there is no lock."""

    def holders(self, connection: Connection) -> dict[str, Holder]:
        """Return nobody: there is no lock."""
        return {}

    def unlock(self, institution: str, holder: Holder) -> None:
        """Do nothing: there is no lock."""

    def scrub(self) -> tuple[str, str]:
        """Rewrite the file. The branch's history keeps the old one."""
        with self.connected() as connection:
            connection.exec_driver_sql("VACUUM")
        remains = f"the erased data is still in the history of {self}, and with everyone who has fetched it."
        return remains, "Delete the branch's history: `seatsync ledger forget-history`."

    def encrypt(self) -> bool:
        """Encrypt the file on the branch for the first key. Return False if it already is.

        Raises:
            LedgerError: there is no file, or it can't be read or pushed.
        """
        before = self._blob()
        if before is None:
            message = f"The ledger {self} has no data of {self.institution}."
            raise LedgerError(message, "Create it with `seatsync apply`.")
        with translated(self, self.meaning), self._fetched(before) as stored:
            if self.cipher.opens_with_first_key(stored):
                return False
            file = SqliteFile(stored.with_name(FILE))
            Cipher(self.cipher.keys if is_encrypted(stored) else []).unpack(stored, file.path, self)
            path = self.path
            with file.reading() as connection:
                note = upkeep(connection, id_of(path), "encrypt")
            self._publish(before, self._take_in(file), note, path, path)
        return True

    def forget_history(self) -> None:
        """Replace the branch by one commit with its current files and no history.

        Raises:
            LedgerError: the branch does not exist or has files that are not ledgers, or the remote does not accept the push.
        """
        base = self.clone.tip
        if base is None:
            raise LedgerError(f"The ledger {self} does not exist.", "Create it with `seatsync apply`.")
        if has_other_files(self.clone):
            help = "Give the ledger a branch of its own: --ledger git:BRANCH."
            raise LedgerError(f"{self} has files that are not ledgers. seatsync does not delete their history.", help)
        commit = self.clone.commit_without_history("start again without history\n")
        pushed = self.clone.push(commit, in_place_of=base)
        if not (pushed.is_done or self._has_arrived(commit, pushed)):
            raise Overtaken(self) if self.clone.tip != base else self._failure(pushed)

    def exposure(self) -> str:
        """Why others may be able to read names on the branch, according to the CI; empty where there is no reason."""
        if self.job is None or not self.job.why_not:
            return ""
        return self.job.why_not if self.job.owns(self.clone.remote, self.clone.addresses()) else ""

    def _blob(self) -> str | None:
        """The object id of the ledger's file on the branch; None where there is no file.

        Raises:
            LedgerError: the branch has other files, the institution has another id there now, or a new ledger must not be created
                there unencrypted.
        """
        blob = self.clone.blob(self.path)
        if blob is None:
            self._must_not_be_renamed()
            if self.clone.tip and not ledgers(self.clone):
                help = "Name a branch that is used for nothing else: --ledger git:BRANCH."
                raise LedgerError(f"{self} is a branch, but not a seatsync ledger.", help)
            if not self.cipher.keys:
                self._must_not_be_exposed()
        if blob in EMPTY:
            help = f"Restore the file of an earlier commit on the branch (`git log -- {self.path}` lists them)."
            raise LedgerError(f"The ledger {self} has an empty file {self.path}. seatsync never writes that.", help)
        return blob

    def _must_not_be_renamed(self) -> None:
        if sign := self.clone.blob(sign_of(self.institution)):
            now = printable(self.clone.text_of(sign))
            message = f'The institution "{self.institution}" is now "{now}" in {self}, and an id is never used again.'
            help = f"Write `id: {now}` and `was: {self.institution}`. Another institution gets an id of its own."
            raise LedgerError(message, help)

    def _must_not_be_exposed(self) -> None:
        """Refuse to create an unencrypted ledger where others could read it, or next to encrypted ones.

        Raises:
            LedgerError: the ledger must be encrypted.
        """
        fact = f"The ledger {self} would be created unencrypted, with every name in it"
        if self.job is not None and (why := self.exposure()):
            raise LedgerError(f"{fact}, and {why}.", self.job.help)
        for path in ledgers(self.clone):
            with self._fetched(self.clone.blob(path)) as stored:
                if is_encrypted(stored):
                    help = "Set SEATSYNC_LEDGER_KEY to their key, or to another."
                    raise LedgerError(f"{fact}, but the other ledgers on that branch are encrypted.", help)

    @contextmanager
    def _fetched(self, blob: str | None) -> Iterator[Path]:
        """The path of a file with the object's bytes, in a new folder; there is no file if ``blob`` is None."""
        folder = self.clone.scratch()
        try:
            if blob is not None:
                self.clone.write_out(blob, folder / "stored")
            yield folder / "stored"
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    @contextmanager
    def _copy(self, blob: str | None) -> Iterator[SqliteFile]:
        """A writable copy of the ledger."""
        with self._fetched(blob) as stored:
            file = stored.with_name(FILE)
            if blob is not None:
                self.cipher.unpack(stored, file, self)
            yield SqliteFile(file)

    def _take_in(self, file: SqliteFile) -> str:
        """Make a Git object of the ledger, encrypted if there is a key, and return its id."""
        try:
            return self.clone.take_in(self.cipher.pack(file.path))
        except AgeError as error:
            raise LedgerError(f"The ledger {self} {error}", error.help) from error

    def _owner(self, connection: Connection, path: str) -> str:
        """The id of the institution in the file, which an apply may just have changed."""
        column = tables.institution.c.institution
        renamed = select(column).where(column == self.institution)
        has_it = "institution" in table_names(connection) and connection.execute(renamed).first() is not None
        return self.institution if has_it else id_of(path)

    def _publish(self, before: str | None, after: str, note: str, old: str, new: str) -> None:
        """Push ``after`` at the path ``new`` in place of ``before`` at the path ``old``, on top of what others have pushed for
        other institutions in the meantime."""
        start, pause = time.monotonic(), 0.05
        while True:
            base = self.clone.tip
            files = {new: after} if base else {new: after, "README.md": self.clone.take_in_text(README)}
            removed = []
            if old != new:
                files[sign_of(id_of(old))] = self.clone.take_in_text(f"{id_of(new)}\n")
                removed = [path for path in (old, sign_of(id_of(new))) if self.clone.blob(path)]
            commit = self.clone.commit(files, note, removed)
            pushed = self.clone.push(commit)
            if pushed.is_done or self._has_arrived(commit, pushed):
                return
            if self._blob() != before:
                raise Overtaken(self)
            is_late = time.monotonic() - start > self.lock_wait.seconds
            if self.clone.tip == base and (is_late or not pushed.is_race):
                raise self._failure(pushed)
            if is_late:
                raise Overtaken(self)
            time.sleep(pause * random.uniform(0.5, 1))  # noqa: S311
            pause = min(2 * pause, 2)

    def _has_arrived(self, commit: str, pushed: Pushed) -> bool:
        """Whether a failed push has arrived anyway: the connection may have been lost after it."""
        try:
            self.clone.fetch()
        except LedgerError as error:
            if pushed.is_refused:
                raise self._failure(pushed) from error
            help = "Plan again: if the plan is empty, the apply was done. It was done completely or not at all."
            raise failure(self, "closed the connection", pushed.error, help) from error
        return self.clone.contains(commit)

    def _failure(self, pushed: Pushed) -> LedgerError:
        return failure(self, "did not accept the change", pushed.error)


def _digest(file: Path) -> bytes:
    """The file's digest, to see whether it has changed; empty for an empty or missing file."""
    if not (file.exists() and file.stat().st_size):
        return b""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").digest()
