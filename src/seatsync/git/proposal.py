"""Propose files of the work tree: one commit on top of the checked-out one, pushed to a branch that belongs to seatsync."""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Mapping, Sequence
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
_FILE = "100644"


class CannotPropose(Failure):
    """The files can't be committed or pushed."""


class Pushed(NamedTuple):
    """The commit with the files; ``is_new`` if the branch did not have it yet. ``kept`` are files of the earlier proposal."""

    commit: str
    is_new: bool
    kept: Sequence[str] = ()


def propose(folder: Path, paths: Sequence[Path], branch: str, title: str, keep: Sequence[Path] = ()) -> Pushed | None:
    """Push the files at ``paths``, as they are in the work tree, to a branch of the remote. Return None if they are as committed.
    Ignored files are left out.

    The branch gets one commit on top of HEAD, in place of an earlier proposal. Of that, files at the paths in ``keep`` stay, unless
    they are changed in the work tree, or HEAD has others than the proposal was made on. No filter or hook of the checkout runs.

    Raises:
        CannotPropose: there is no repository or remote; the branch has a commit of somebody else; or the push is rejected.
    """
    try:
        with history_of(folder) as history:
            places, kept = ([_place(path, history) for path in some] for some in (paths, keep))
            changed = {*history.differences(history.head, paths=places), *history.untracked(*places, ignored=False)}
            scratch = Scratch(history.checkout)
            try:
                proposal = _Proposal(history, scratch, branch)
                return proposal.pushed(sorted(changed), title, kept) if changed or kept else None
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
    def __init__(self, history: History, scratch: Scratch, branch: str) -> None:
        checkout, self._head = history.checkout, history.head
        self._checkout, self._scratch, self._branch = checkout, scratch, branch
        self._environment = {
            **scratch.reaching(),
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": str(checkout.common / "objects"),
            "GIT_INDEX_FILE": str(scratch.home / "index"),
            "GIT_LITERAL_PATHSPECS": "1",
        }
        if (checkout.common / "shallow").is_file():
            shutil.copyfile(checkout.common / "shallow", scratch.home / "git" / "shallow")

    def pushed(self, files: Sequence[str], title: str, keep: Sequence[str]) -> Pushed | None:
        head, ref = self._head, f"refs/heads/{self._branch}"
        entries = self._entries(files)
        if not keep and self._tree(entries) == self._git("rev-parse", f"{head}^{{tree}}"):
            return None
        old = self._git("ls-remote", REMOTE, ref).partition("\t")[0]
        before = self._commit(old, ref) if old else ""
        is_own = _MARK in before.splitlines()
        kept = self._kept(old, keep, entries) if is_own and keep else {}
        tree = self._tree({**kept, **entries})
        if tree == self._git("rev-parse", f"{head}^{{tree}}"):
            return None
        if before.startswith(f"tree {tree}\nparent {head}\n"):
            return Pushed(old, False, [*kept])
        if old and not is_own:
            raise CannotPropose(
                f"The branch {self._branch} ends with a commit that seatsync did not make, and which would be lost.",
                "Merge or close its pull request and delete the branch, or name another: --branch.",
            )
        message = f"{title}\n\n{_MARK}\n".encode()
        commit = self._git("commit-tree", "-p", head, "-F", "-", tree, input=message, more=self._scratch.identity())
        self._git("push", "--quiet", "--no-verify", f"--force-with-lease={ref}:{old}", "--", REMOTE, f"{commit}:{ref}")
        return Pushed(commit, True, [*kept])

    def _entries(self, files: Sequence[str]) -> dict[str, str]:
        """Return what the index shall say of these files as they are now: mode and hash. Links are left as they were."""
        places = {name: self._checkout.top / name for name in files}
        there = [name for name, place in places.items() if place.is_file() and not place.is_symlink()]
        hashes = [self._git("hash-object", "-w", "--no-filters", "--", str(places[name])) for name in there]
        gone = [name for name, place in places.items() if not os.path.lexists(place)]
        return {name: f"{_FILE} {sha}" for name, sha in zip(there, hashes, strict=True)} | dict.fromkeys(gone, self._no)

    @property
    def _no(self) -> str:
        """The entry of a file that is not there."""
        return f"0 {'0' * len(self._head)}"

    def _kept(self, old: str, keep: Sequence[str], changed: Collection[str]) -> dict[str, str]:
        """The entries of the earlier proposal ``old`` at these paths, of files that HEAD has as they were before it."""
        below = [] if "." in keep else keep
        differences = self._git("diff-tree", "-r", "-z", "--no-renames", f"{old}^", old, "--", *below).split("\0")
        listed = (line.partition("\t") for line in self._git("ls-tree", "-r", "-z", self._head).split("\0") if line)
        now = {name: entry.split()[-1] for entry, _, name in listed}
        kept = {}
        for facts, name in zip(differences[::2], differences[1::2], strict=False):
            _, mode, before, after, _ = facts.split()
            if name not in changed and now.get(name, "0" * len(before)) == before and after != before:
                kept[name] = f"{mode} {after}" if after.strip("0") else self._no
        return kept

    def _tree(self, entries: Mapping[str, str]) -> str:
        """Return the tree of HEAD with these entries."""
        self._git("read-tree", self._head)
        lines = "".join(f"{entry}\t{name}\0" for name, entry in entries.items())
        self._git("update-index", "-z", "--index-info", input=lines.encode())
        return self._git("write-tree")

    def _commit(self, sha: str, ref: str) -> str:
        """Fetch the commit and the one before it; return its text."""
        self._git("fetch", "--quiet", "--no-tags", "--depth=2", "--", REMOTE, f"+{ref}:refs/seatsync/old")
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
