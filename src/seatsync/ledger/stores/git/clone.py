"""One branch of a Git remote, in a bare repository of our own that lives as long as the command.

The user's repository is asked for its settings and nothing else: no object, ref, index or shallow mark of ours gets into it.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import IO, NamedTuple

from seatsync.domain.text.ledger_addresses import redacted
from seatsync.git.checkout import Checkout, NotInGit, checkout_of
from seatsync.git.program import Told, decoded, run
from seatsync.git.scratch import NoScratch, Scratch
from seatsync.ledger.failures import LedgerError
from seatsync.ledger.stores.git.failures import absent, failure, meanwhile

_TIP = "refs/ledger/tip"
_ROBOT = {"name": "seatsync", "email": "seatsync@noreply.invalid"}


def around(folder: Path, ledger: str) -> Checkout:
    """The checkout that a folder is in.

    Raises:
        LedgerError: it is in none; the ledger is named in the message.
        Planted: its repository is not the checkout's own.
    """
    try:
        return checkout_of(folder)
    except NotInGit as error:
        raise failure(ledger, f"needs a Git repository around {folder.resolve()}", str(error)) from error


class Pushed(NamedTuple):
    """What became of a push: nothing ``told`` for good, else what Git said."""

    told: str = ""

    @property
    def is_done(self) -> bool:
        return not self.told

    @property
    def is_refused(self) -> bool:
        """Whether the remote itself said no."""
        return re.search(r"^!.*\[(remote )?rejected\]", self.told, re.MULTILINE) is not None

    @property
    def is_race(self) -> bool:
        """Whether another push was under way, or has just been."""
        return meanwhile(self.told)


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
        """The commit that the branch stood at when it was last looked at; None where there is no such branch."""
        return self._tip if self._is_fetched else self.fetch()

    def fetch(self) -> str | None:
        """Look where the branch stands now.

        Raises:
            LedgerError: the remote can't be read.
        """
        # At first the present alone; later what came upon it, to see whether a commit of ours is among it.
        depth = () if self._is_fetched else ("--depth=1",)
        words = ("--quiet", "--no-tags", "--no-write-fetch-head", *depth, "--", self._remote)
        told = self._git("fetch", *words, f"+refs/heads/{self.branch}:{_TIP}", check=False)
        if told.returncode and not absent(told.stderr):
            raise failure(self, "can't be fetched", decoded(told.stderr))
        self._tip = None if told.returncode else self._line("rev-parse", "--verify", _TIP)
        self._is_fetched = True
        return self._tip

    def contains(self, commit: str) -> bool:
        """Whether the branch, as it was last looked at, has this commit."""
        return self._tip is not None and self._holds("merge-base", "--is-ancestor", commit, self._tip)

    def addresses(self) -> list[str]:
        """Where it is fetched from and pushed to, as Git's settings turn it."""
        pushed = self._git("config", "--get-all", f"remote.{self._remote}.pushurl", check=False)
        return [self._line("ls-remote", "--get-url", self._remote), *decoded(pushed.stdout).splitlines()]

    def paths(self) -> list[str]:
        """All files on the branch."""
        return self._line("ls-tree", "-r", "-z", "--name-only", self.tip).split("\0") if self.tip else []

    def blob(self, path: str) -> str | None:
        """The object that the branch has at this path."""
        if self.tip is None:
            return None
        told = self._git("rev-parse", "--verify", "--quiet", f"{self.tip}:{path}", check=False)
        return decoded(told.stdout).strip() or None

    def write_out(self, blob: str, target: Path) -> None:
        """Write the object's bytes to a file."""
        with target.open("wb") as file:
            self._git("cat-file", "blob", blob, stdout=file)

    def take_in(self, file: Path) -> str:
        """Make an object of the file's bytes."""
        return self._line("hash-object", "-w", "--no-filters", "--", str(file))

    def take_in_text(self, text: str) -> str:
        """Make an object of a text."""
        return self._line("hash-object", "-w", "--stdin", input=text.encode())

    def commit(self, files: Mapping[str, str], message: str) -> str:
        """Make a commit upon the tip that has these objects at these paths, and all else as it was."""
        self._git("read-tree", *([self.tip] if self.tip else ["--empty"]))
        for path, blob in files.items():
            self._git("update-index", "--add", "--cacheinfo", f"100644,{blob},{path}")
        parents = ("-p", self.tip) if self.tip else ()
        return self._commit(self._line("write-tree"), message, *parents)

    def commit_anew(self, message: str) -> str:
        """Make a commit that has all files of the tip, and no history."""
        return self._commit(f"{self.tip}^{{tree}}", message)

    def _commit(self, tree: str, message: str, *parents: str) -> str:
        return self._line("commit-tree", *parents, "-F", "-", tree, input=message.encode(), more=self._identity())

    def push(self, commit: str, in_place_of: str | None = None) -> Pushed:
        """Offer the commit as the branch's new tip. It is taken only if it follows the one that is there, or if that is the one
        ``in_place_of`` which it is meant."""
        ref = f"refs/heads/{self.branch}"
        force = (f"--force-with-lease={ref}:{in_place_of}",) if in_place_of else ()
        words = ("--quiet", "--porcelain", "--no-verify", *force, "--", self._remote, f"{commit}:{ref}")
        told = self._git("push", *words, check=False)
        if told.returncode:
            return Pushed(f"{decoded(told.stderr)}\n{decoded(told.stdout)}")
        self._tip = commit
        return Pushed()

    def scratch(self) -> Path:
        """A new folder that only we may read, gone with the clone."""
        return Path(tempfile.mkdtemp(dir=self._scratch.home))

    def close(self) -> None:
        """Delete everything."""
        self._scratch.close()

    @cached_property
    def _remote(self) -> str:
        """The name under which Git is told of the remote: its URL stays out of our commands."""
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
        is_address = ":" in self.branch  # which may hold a password, and is not for a command
        if is_address or run(("check-ref-format", f"refs/heads/{self.branch}"), environment).returncode:
            raise LedgerError(f"The ledger {self} names no branch.", "Write git, git:BRANCH or git:REMOTE#BRANCH.")

    def _identity(self) -> dict[str, str]:
        """Who commits, where neither settings nor environment say it: hosted runners have no name."""
        said, ours = dict(self._scratch.settings), dict[str, str]()
        for role in ("author", "committer"):
            variables = {part: f"GIT_{role}_{part}".upper() for part in _ROBOT}
            if not all(
                variables[part] in os.environ or {f"{role}.{part}", f"user.{part}"} & {*said} for part in _ROBOT
            ):
                ours |= {variables[part]: value for part, value in _ROBOT.items()}
        return ours

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
    ) -> Told:
        told = run(words, {**self._environment, **(more or {})}, self.checkout.top, input, stdout)
        if check and told.returncode:
            raise failure(self, f"can't be used: `git {words[0]}` fails", decoded(told.stderr))
        return told


def _absolute(remote: str) -> str:
    """A path that is meant from here; anything else as it is."""
    return str(Path(remote).resolve()) if Path(remote).is_dir() else remote
