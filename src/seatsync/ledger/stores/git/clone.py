"""One branch of a Git remote, in a bare repository of our own that exists as long as the command runs.

Only settings are read from the user's repository: no object, ref, index or shallow mark of ours is written into it.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import IO, NamedTuple

from seatsync.domain.text.ledger_addresses import redacted
from seatsync.git.checkout import Checkout, NotInGit, checkout_of
from seatsync.git.program import GitResult, decoded, run
from seatsync.git.scratch import NoScratch, Scratch
from seatsync.ledger.failures import LedgerError
from seatsync.ledger.stores.git.failures import failure, is_branch_missing, is_race

_TIP = "refs/ledger/tip"


def checkout_around(folder: Path, ledger: str) -> Checkout:
    """The checkout that a folder is in.

    Raises:
        LedgerError: the folder is not in a checkout; the message names the ledger.
        Planted: the repository is not the checkout's own.
    """
    try:
        return checkout_of(folder)
    except NotInGit as error:
        raise failure(ledger, f"needs a Git repository around {folder.resolve()}", str(error)) from error


class Pushed(NamedTuple):
    """The result of a push. ``error`` is Git's output where it failed, else empty."""

    error: str = ""

    @property
    def is_done(self) -> bool:
        return not self.error

    @property
    def is_refused(self) -> bool:
        """Whether the remote itself rejected the push."""
        return re.search(r"^!.*\[(remote )?rejected\]", self.error, re.MULTILINE) is not None

    @property
    def is_race(self) -> bool:
        """Whether another push is running, or has just ended."""
        return is_race(self.error)


class Clone:
    """The branch ``branch`` of ``remote`` (a name, a URL or a path), as seen from the user's repository."""

    def __init__(self, checkout: Checkout, remote: str, branch: str) -> None:
        self.checkout = checkout
        self.remote = remote
        self.branch = branch
        self._scratch = Scratch(checkout)
        self._tip: str | None = None
        self._is_fetched = False

    def __str__(self) -> str:
        return f"git:{redacted(self.remote)}#{redacted(self.branch)}"

    @property
    def tip(self) -> str | None:
        """The branch's commit at the last fetch; None where there is no such branch."""
        return self._tip if self._is_fetched else self.fetch()

    def fetch(self) -> str | None:
        """Fetch the branch and return its commit.

        Raises:
            LedgerError: the remote can't be read.
        """
        # First only the newest commit; later also those that followed, to find a commit of ours among them.
        depth = () if self._is_fetched else ("--depth=1",)
        words = ("--quiet", "--no-tags", "--no-write-fetch-head", *depth, "--", self._remote)
        result = self._git("fetch", *words, f"+refs/heads/{self.branch}:{_TIP}", check=False)
        if result.returncode and not is_branch_missing(result.stderr):
            raise failure(self, "can't be fetched", decoded(result.stderr))
        self._tip = None if result.returncode else self._line("rev-parse", "--verify", _TIP)
        self._is_fetched = True
        return self._tip

    def contains(self, commit: str) -> bool:
        """Whether the branch had this commit at the last fetch."""
        return self._tip is not None and self._holds("merge-base", "--is-ancestor", commit, self._tip)

    def addresses(self) -> list[str]:
        """The addresses to fetch from and push to, as rewritten by Git's settings."""
        pushed = self._git("config", "--get-all", f"remote.{self._remote}.pushurl", check=False)
        return [self._line("ls-remote", "--get-url", self._remote), *decoded(pushed.stdout).splitlines()]

    def paths(self) -> list[str]:
        """All files on the branch."""
        return self._line("ls-tree", "-r", "-z", "--name-only", self.tip).split("\0") if self.tip else []

    def blob(self, path: str) -> str | None:
        """The id of the object at this path of the branch; None where there is none."""
        if self.tip is None:
            return None
        result = self._git("rev-parse", "--verify", "--quiet", f"{self.tip}:{path}", check=False)
        return decoded(result.stdout).strip() or None

    def write_out(self, blob: str, target: Path) -> None:
        """Write the object's bytes to a file."""
        with target.open("wb") as file:
            self._git("cat-file", "blob", blob, stdout=file)

    def text_of(self, blob: str) -> str:
        """The object as text."""
        return self._line("cat-file", "blob", blob)

    def take_in(self, file: Path) -> str:
        """Make an object of the file's bytes and return its id."""
        return self._line("hash-object", "-w", "--no-filters", "--", str(file))

    def take_in_text(self, text: str) -> str:
        """Make an object of a text and return its id."""
        return self._line("hash-object", "-w", "--stdin", input=text.encode())

    def commit(self, files: Mapping[str, str], message: str, removed: Sequence[str] = ()) -> str:
        """Make a commit on top of the tip with these objects at these paths, and none at those ``removed``; everything else is
        unchanged."""
        self._git("read-tree", *([self.tip] if self.tip else ["--empty"]))
        for path, blob in files.items():
            self._git("update-index", "--add", "--cacheinfo", f"100644,{blob},{path}")
        for path in removed:
            nothing = "0" * len(self.tip or "")
            self._line("update-index", "--index-info", input=f"0 {nothing}\t{path}\n".encode())
        parents = ("-p", self.tip) if self.tip else ()
        return self._commit(self._line("write-tree"), message, *parents)

    def commit_without_history(self, message: str) -> str:
        """Make a commit with all files of the tip and no parent."""
        return self._commit(f"{self.tip}^{{tree}}", message)

    def _commit(self, tree: str, message: str, *parents: str) -> str:
        return self._line(
            "commit-tree", *parents, "-F", "-", tree, input=message.encode(), more=self._scratch.identity()
        )

    def push(self, commit: str, in_place_of: str | None = None) -> Pushed:
        """Push the commit as the branch's new tip.

        The remote accepts it only on top of its tip; or in place of its tip, if that is ``in_place_of``.
        """
        ref = f"refs/heads/{self.branch}"
        force = (f"--force-with-lease={ref}:{in_place_of}",) if in_place_of else ()
        words = ("--quiet", "--porcelain", "--no-verify", *force, "--", self._remote, f"{commit}:{ref}")
        result = self._git("push", *words, check=False)
        if result.returncode:
            return Pushed(f"{decoded(result.stderr)}\n{decoded(result.stdout)}")
        self._tip = commit
        return Pushed()

    def scratch(self) -> Path:
        """A new private folder, deleted with the clone."""
        return Path(tempfile.mkdtemp(dir=self._scratch.home))

    def close(self) -> None:
        """Delete everything."""
        self._scratch.close()

    @cached_property
    def _remote(self) -> str:
        """The remote's name for Git, so that its URL does not appear in our commands."""
        if f"remote.{self.remote}.url" in dict(self._scratch.settings):
            return self.remote
        if re.search("[:/]", self.remote) or Path(self.remote).is_dir():
            return "ledger"
        help = "Add it (`git remote add`), or name another: --ledger git:REMOTE#BRANCH."
        raise LedgerError(f"The ledger {self} can't be reached: there is no remote {self.remote}.", help)

    @cached_property
    def _environment(self) -> dict[str, str]:
        try:
            self._must_name_a_branch(self._scratch.bare)
        except NoScratch as error:
            raise failure(self, "can't be used", str(error)) from error
        is_named = self._remote == self.remote
        return self._scratch.reaching(None if is_named else (self._remote, _absolute(self.remote)))

    def _must_name_a_branch(self, environment: Mapping[str, str]) -> None:
        is_address = ":" in self.branch  # it may contain a password, so it must not appear in a command
        if is_address or run(("check-ref-format", f"refs/heads/{self.branch}"), environment).returncode:
            message = f"The ledger {self} does not name a branch."
            raise LedgerError(message, "Write git, git:BRANCH or git:REMOTE#BRANCH.")

    def _holds(self, *words: str) -> bool:
        return self._git(*words, check=False).returncode == 0

    def _line(self, *words: str, input: bytes | None = None, more: Mapping[str, str] | None = None) -> str:
        return decoded(self._git(*words, input=input, more=more).stdout).strip().strip("\0")

    def _git(
        self,
        *words: str,
        input: bytes | None = None,
        stdout: IO[bytes] | None = None,
        check: bool = True,
        more: Mapping[str, str] | None = None,
    ) -> GitResult:
        result = run(words, {**self._environment, **(more or {})}, self.checkout.top, input, stdout)
        if check and result.returncode:
            raise failure(self, f"can't be used: `git {words[0]}` fails", decoded(result.stderr))
        return result


def _absolute(remote: str) -> str:
    """An existing folder as an absolute path; anything else unchanged."""
    return str(Path(remote).resolve()) if Path(remote).is_dir() else remote
