"""Ask a checkout about its commits: which touched a folder last, which came before which, what differs between two.

A commit touches a path if the path differs between the commit and its first parent. So the merge of a pull request touches what
the pull request changed, whatever the commits of its branch did before.

A shallow checkout lacks its older commits. What then can't be known is None: neither yes nor no.
"""

from __future__ import annotations

import os
import re
import secrets
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import NamedTuple, TypeVar

from seatsync.git.checkout import Checkout, NotInGit, checkout_of
from seatsync.git.program import LOCAL_TIMEOUT, Failed, GitResult, base_environment, decoded, pieces, run
from seatsync.git.shadow import shadow_of

Key = TypeVar("Key")

_SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


class Revert(NamedTuple):
    """A ``commit`` that says that it reverts another, and the paths that it ``touched``."""

    commit: str
    reverted: str
    touched: list[str]


class Touch(NamedTuple):
    """A commit and the paths that it touches."""

    commit: str
    paths: Sequence[str]


@dataclass(frozen=True)
class History:
    """A checkout's commits. ``head`` is the checked-out one. Commits are full hashes; ``resolve`` makes one of a name."""

    checkout: Checkout
    head: str
    _environment: Mapping[str, str]

    @cached_property
    def cut(self) -> frozenset[str]:
        """The commits whose parents a shallow checkout lacks."""
        file = self.checkout.common / "shallow"
        return frozenset(file.read_text(encoding="ascii").split()) if file.is_file() else frozenset()

    @property
    def shallow(self) -> bool:
        """Whether older commits are missing."""
        return bool(self.cut)

    def path(self, place: Path) -> str:
        """Return a file's or folder's path inside the checkout, ``.`` for its top.

        Raises:
            ValueError: it is outside of the checkout.
        """
        return place.resolve().relative_to(self.checkout.top.resolve()).as_posix()

    def resolve(self, name: str) -> str | None:
        """Return the commit that a branch, tag or hash names; None if there is none."""
        result = self._run_with_branches("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
        return decoded(result.stdout).strip() or None if result.returncode == 0 else None

    @property
    def is_pushed(self) -> bool:
        """Whether a branch of the remote ``origin`` has ``head``, as far as the checkout knows."""
        words = ("for-each-ref", "--count=1", f"--contains={self.head}", "refs/remotes/origin")
        return bool(decoded(self._run_with_branches(*words).stdout).strip())

    def has(self, commit: str) -> bool:
        """Whether the commit is in the checkout's repository."""
        return bool(_SHA.fullmatch(commit)) and self._run("cat-file", "-e", f"{commit}^{{commit}}").returncode == 0

    def last_touches(self, paths: Mapping[Key, Collection[str]], at: str = "") -> dict[Key, Touch | None]:
        """Return for each key the last commit up to ``at`` (or ``head``) that touched one of its paths; one Git process for all.

        It is None where no commit did, or where only a commit without its parents (``cut``) seems to.

        Raises:
            Failed: the commit or folders of a commit are missing.
        """
        found: dict[Key, Touch | None] = dict.fromkeys(paths)
        missing = {key for key, places in paths.items() if places}
        owners = _owners(paths)
        for touch in self._touches(at or self.head, list(owners)) if missing else ():
            if touch.commit in self.cut:
                break
            for key, touched in _by_owner(owners, touch.paths).items():
                if key in missing:
                    missing.remove(key)
                    found[key] = Touch(touch.commit, touched)
            if not missing:
                break
        return found

    def last_commits(self, paths: Mapping[Key, Collection[str]], at: str = "") -> dict[Key, str | None]:
        """Return the commits of ``last_touches``."""
        return {key: touch and touch.commit for key, touch in self.last_touches(paths, at).items()}

    def commits_between(self, base: str, tip: str, paths: Collection[str]) -> list[str]:
        """Return the first-parent commits after ``base`` up to ``tip`` that touch one of the paths, oldest first.

        Raises:
            Failed: a commit is missing.
        """
        owners = _owners({"": paths})
        return [touch.commit for touch in self._touches(tip, paths, f"^{base}") if _by_owner(owners, touch.paths)][::-1]

    def commits_since(
        self, bases: Mapping[Key, str], paths: Mapping[Key, Collection[str]]
    ) -> dict[Key, list[str] | None]:
        """Return for each key the first-parent commits that touched its paths after the commit ``bases[key]``, which touched them
        too, oldest first; one Git process for all. It is only the last one that did where ``bases[key]`` is none of them, and
        None where that is not known either.
        """
        found: dict[Key, list[str]] = {key: [] for key in paths}
        owners, done = _owners(paths), set[Key]()
        open_keys = {key for key, places in paths.items() if places}
        for touch in self._touches(self.head, list(owners)) if open_keys else ():
            if touch.commit in self.cut:
                break
            for key in open_keys.intersection(_by_owner(owners, touch.paths)):
                if touch.commit == bases.get(key):
                    done.add(key)
                else:
                    found[key].insert(0, touch.commit)
                if key in done or not bases.get(key):
                    open_keys.remove(key)
            if not open_keys:
                break
        return {key: some if key in done else some[-1:] or None for key, some in found.items()}

    def is_ancestor(self, older: str, newer: str) -> bool | None:
        """Whether ``newer`` is ``older`` or came after it; None where a commit or the commits between are missing."""
        if not (_SHA.fullmatch(older) and _SHA.fullmatch(newer)):
            return None
        code = self._run("merge-base", "--is-ancestor", older, newer).returncode
        if code == 1 and self.shallow and self._run("merge-base", "--is-ancestor", newer, older).returncode != 0:
            return None
        return {0: True, 1: False}.get(code)

    def merge_base(self, one: str, other: str) -> str | None:
        """Return the newest commit that both commits came after; None where there is none, or it may be missing."""
        result = self._run("merge-base", one, other)
        base = decoded(result.stdout).strip() if result.returncode == 0 else ""
        if base and base not in (one, other) and self.shallow:
            later = decoded(self._run("rev-list", one, other, f"^{base}").stdout).split()
            return None if not self.cut.isdisjoint(later) else base  # behind a cut there may be a newer one
        return base or None

    def differences(self, old: str, new: str | None = None, paths: Sequence[str] = ()) -> dict[str, str]:
        """Return the paths that differ between two commits, each with A (added), D (deleted), M or T (another type).

        Without ``new``, the checkout's files are compared, but not those that are ``untracked``.

        Raises:
            Failed: a commit is missing.
        """
        words = ("--no-renames", "--name-status", "--no-ext-diff", "--no-textconv", "--ignore-submodules=dirty", "-z")
        ends = (old,) if new is None else (old, new)
        parts = self._output("diff", *words, *ends, "--", *paths)
        return dict(sorted(zip(parts[1::2], parts[::2], strict=True)))

    def untracked(self, *paths: str, ignored: bool = True) -> list[str]:
        """Return the files under the paths (all, if there are none) that are not added to Git, also ``ignored`` ones."""
        return self._output("ls-files", "--others", "-z", *([] if ignored else ["--exclude-standard"]), "--", *paths)

    def reverts(self, most: int = 1_000) -> list[Revert]:
        """Return the reverts among the last ``most`` commits, as their messages name them, newest first.

        Raises:
            Failed: a commit is missing.
        """
        words = ("log", f"--max-count={most}", "-z", "--no-show-signature", "--format=%H %B", self.head)
        messages = (piece.partition(" ") for piece in pieces(words, self._environment, self.checkout.top))
        found = {commit: re.findall(rf"This reverts commit ({_SHA.pattern})", said) for commit, _, said in messages}
        touched = self._touched_by([commit for commit, reverted in found.items() if reverted])
        return [Revert(commit, old, touched[commit]) for commit, reverted in found.items() for old in reverted]

    def _touched_by(self, commits: Sequence[str]) -> dict[str, list[str]]:
        """Return the paths in which each commit differs from its parents."""
        touched: dict[str, list[str]] = {commit: [] for commit in commits}
        if not commits:
            return touched
        words = ("--no-walk", "--no-renames", "--name-only", "-z", "--format=%H")
        safe = ("--no-ext-diff", "--no-textconv", "--no-show-signature", "--ignore-submodules=none")
        commit = ""
        for piece in self._output("log", *words, *safe, *commits):
            if piece in touched:
                commit = piece
            elif path := piece.removeprefix("\n"):
                touched[commit].append(path)
        return touched

    def beside(self, place: Path, commit: str) -> History:
        """Return a history whose files are those in ``place``, compared as if ``commit`` were checked out there.

        They came without a repository of their own, and with nothing that tells Git when they changed: all are read.

        Raises:
            Failed: the commit is missing.
        """
        index = str(Path(self._environment["GIT_DIR"]) / "beside")
        environment = {**self._environment, "GIT_WORK_TREE": str(place.resolve()), "GIT_INDEX_FILE": index}
        found = replace(self, checkout=self.checkout._replace(top=place.resolve()), _environment=environment)
        self._checked(found._run("read-tree", commit))
        return found

    @contextmanager
    def files_at(self, commit: str, paths: Sequence[str] = ()) -> Iterator[Path]:
        """Yield a temporary folder with the commit's files under the paths (all, if there are none), as a checkout has them.

        Raises:
            Failed: the commit or a file is missing.
        """
        with tempfile.TemporaryDirectory(prefix="seatsync-") as name:
            environment = {**self._environment, "GIT_INDEX_FILE": str(Path(name) / "index")}
            top = Path(name) / "files"
            top.mkdir()
            self._checked(run(("read-tree", commit), environment, self.checkout.top))
            wanted = run(("ls-files", "-z", "--", *paths), environment, self.checkout.top).stdout
            words = ("checkout-index", "-q", "-z", "--stdin", f"--prefix={top}{os.sep}")
            self._checked(run(words, environment, self.checkout.top, input=wanted))
            yield top

    def _touches(self, tip: str, paths: Collection[str], *excluded: str) -> Iterator[Touch]:
        """Yield the first-parent commits, newest first, each with the paths that it touches.

        Git compares every path it finds with every path it is given, so it is given one: what they have in common.
        """
        common = os.path.commonpath(paths)
        mark = f"commit-{secrets.token_hex(8)} "  # no path begins with it
        words = ("log", "--first-parent", "-m", "--root", "--name-only", "--no-renames", "-z", f"--format={mark}%H")
        safe = ("--no-ext-diff", "--no-textconv", "--no-show-signature", "--ignore-submodules=none")
        limit = () if common in ("", ".") else (common,)
        commit, touched = "", list[str]()
        for piece in pieces((*words, *safe, tip, *excluded, "--", *limit), self._environment, self.checkout.top):
            if piece.startswith(mark):
                if commit:
                    yield Touch(commit, touched)
                commit, touched = piece.removeprefix(mark), []
            else:
                touched.append(piece if touched else piece.removeprefix("\n"))
        if commit:
            yield Touch(commit, touched)

    def _run(self, *words: str) -> GitResult:
        return run(words, self._environment, self.checkout.top, timeout=LOCAL_TIMEOUT)

    def _run_with_branches(self, *words: str) -> GitResult:
        environment = {**base_environment(), "GIT_DIR": str(self.checkout.git_dir)}
        return run(words, environment, self.checkout.top, timeout=LOCAL_TIMEOUT)

    def _output(self, *words: str) -> list[str]:
        return decoded(self._checked(self._run(*words)).stdout).split("\0")[:-1]

    @staticmethod
    def _checked(result: GitResult) -> GitResult:
        if result.returncode:
            raise Failed(decoded(result.stderr).strip())
        return result


@contextmanager
def history_of(folder: Path) -> Iterator[History]:
    """Yield the history of the checkout that a folder is in.

    Raises:
        NotInGit: the folder is not in a checkout, or the checkout has no commit.
        Planted: the folder's repository is not the checkout's own.
        NoGit: the program git is not installed.
    """
    checkout = checkout_of(folder)
    environment = {**base_environment(), "GIT_DIR": str(checkout.git_dir)}
    result = run(("rev-parse", "--verify", "--quiet", "HEAD"), environment, checkout.top, timeout=LOCAL_TIMEOUT)
    head = decoded(result.stdout).strip()
    if not head:
        raise NotInGit(f"no commit yet: {checkout.top}")
    with shadow_of(checkout, head) as shadow:
        yield History(checkout, head, shadow)


def _owners(paths: Mapping[Key, Collection[str]]) -> dict[str, list[Key]]:
    owners: dict[str, list[Key]] = {}
    for key, places in paths.items():
        for place in places:
            owners.setdefault(place, []).append(key)
    return owners


def _by_owner(owners: Mapping[str, Sequence[Key]], touched: Sequence[str]) -> dict[Key, list[str]]:
    """Return the touched paths of each key that has one of them, or a folder that it is in."""
    found: dict[Key, list[str]] = {}
    for path in touched:
        for place in _and_parents(path):
            for key in owners.get(place, ()):
                found.setdefault(key, []).append(path)
    return found


def _and_parents(path: str) -> Iterator[str]:
    yield "."
    while path:
        yield path
        path = path.rpartition("/")[0]
