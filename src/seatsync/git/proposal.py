"""Propose files of the work tree: one commit on top of the checked-out one, pushed to a branch that belongs to seatsync."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from seatsync.domain.failure import Failure
from seatsync.domain.text.characters import printable
from seatsync.domain.text.ledger_addresses import redacted
from seatsync.git.checkout import NotInGit
from seatsync.git.history import History, history_of
from seatsync.git.program import Failed, decoded, run
from seatsync.git.scratch import NoScratch, Scratch

REMOTE = "origin"
_MARK = "Proposed-by: seatsync"
_SECONDS = 300.0


class CannotPropose(Failure):
    """The files can't be committed or pushed."""


class Pushed(NamedTuple):
    """The commit with the files; ``is_new`` if the branch did not have it yet."""

    commit: str
    is_new: bool


def propose(folder: Path, paths: Sequence[Path], branch: str, title: str) -> Pushed | None:
    """Push the files at ``paths``, as they are in the work tree, to a branch of the remote. Return None if they are as committed.
    Ignored files are left out.

    The branch gets one commit on top of HEAD, in place of an earlier proposal. No filter or hook of the checkout runs.

    Raises:
        CannotPropose: there is no repository or remote; the branch has a commit of somebody else; or the push is rejected.
    """
    try:
        with history_of(folder) as history:
            places = [_place(path, history) for path in paths]
            changed = {*history.differences(history.head, paths=places), *history.untracked(*places, ignored=False)}
            scratch = Scratch(history.checkout)
            try:
                return _Proposal(history, scratch).pushed(sorted(changed), branch, title) if changed else None
            finally:
                scratch.close()
    except NotInGit:
        raise CannotPropose(f"{folder} is not in a Git repository with commits.", "Run this in a checkout.") from None
    except (NoScratch, Failed) as error:
        raise CannotPropose(f"Git failed: {printable(str(error), 300)}.", "Check the checkout and the disk.") from error


def _place(path: Path, history: History) -> str:
    try:
        return history.path(path)
    except ValueError:
        why = f"{printable(str(path), 300)} is not in this repository."
        raise CannotPropose(why, "Name files of this checkout.") from None


class _Proposal:
    def __init__(self, history: History, scratch: Scratch) -> None:
        checkout, self._head = history.checkout, history.head
        self._checkout, self._scratch = checkout, scratch
        self._environment = {
            **scratch.reaching(),
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": str(checkout.common / "objects"),
            "GIT_INDEX_FILE": str(scratch.home / "index"),
            "GIT_LITERAL_PATHSPECS": "1",
        }
        if (checkout.common / "shallow").is_file():
            shutil.copyfile(checkout.common / "shallow", scratch.home / "git" / "shallow")

    def pushed(self, files: Sequence[str], branch: str, title: str) -> Pushed | None:
        head, tree = self._head, self._tree(files)
        if tree == self._git("rev-parse", f"{head}^{{tree}}"):
            return None
        ref = f"refs/heads/{branch}"
        old = self._git("ls-remote", REMOTE, ref).partition("\t")[0]
        if old:
            before = self._commit(old, ref)
            if before.startswith(f"tree {tree}\nparent {head}\n"):
                return Pushed(old, False)
            if _MARK not in before.splitlines():
                raise CannotPropose(
                    f"The branch {branch} ends with a commit that seatsync did not make, and which would be lost.",
                    "Merge or close its pull request and delete the branch, or name another: --branch.",
                )
        message = f"{title}\n\n{_MARK}\n".encode()
        commit = self._git("commit-tree", "-p", head, "-F", "-", tree, input=message, more=self._scratch.identity())
        self._git("push", "--quiet", "--no-verify", f"--force-with-lease={ref}:{old}", "--", REMOTE, f"{commit}:{ref}")
        return Pushed(commit, True)

    def _tree(self, files: Sequence[str]) -> str:
        """Return the tree of HEAD with these files as they are now. Links are left as they were."""
        self._git("read-tree", self._head)
        places = {name: self._checkout.top / name for name in files}
        there = [name for name, place in places.items() if place.is_file() and not place.is_symlink()]
        hashes = [self._git("hash-object", "-w", "--no-filters", "--", str(places[name])) for name in there]
        lines = [f"100644 {sha}\t{name}" for sha, name in zip(hashes, there, strict=True)]
        lines += [f"0 {'0' * len(self._head)}\t{name}" for name, place in places.items() if not os.path.lexists(place)]
        self._git("update-index", "-z", "--index-info", input="".join(f"{line}\0" for line in lines).encode())
        return self._git("write-tree")

    def _commit(self, sha: str, ref: str) -> str:
        self._git("fetch", "--quiet", "--no-tags", "--depth=1", "--", REMOTE, f"+{ref}:refs/seatsync/old")
        return self._git("cat-file", "commit", sha)

    def _git(self, *words: str, input: bytes = b"", more: Mapping[str, str] | None = None) -> str:
        """Return what Git prints.

        Raises:
            CannotPropose: Git fails.
        """
        result = run(words, {**self._environment, **(more or {})}, self._checkout.top, input=input, timeout=_SECONDS)
        if result.returncode:
            lines = [line for line in decoded(result.stderr).splitlines() if line.strip()]
            why = printable(redacted(lines[-1] if lines else "it says nothing"), 300)
            raise CannotPropose(
                f"Git can't {words[0]}: {why}",
                "Check the remote origin, and that the job's token may push (docs/ci.md).",
            )
        return decoded(result.stdout).strip("\n")
