"""Where folders are in Git: in which checkout, and which commit touched them last."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from os.path import normpath, realpath
from pathlib import Path
from typing import NamedTuple, TypeVar

from seatsync.git.checkout import NotInGit, Planted, top_of
from seatsync.git.history import History, Touch, history_of
from seatsync.git.program import Failed, NoGit

Value = TypeVar("Value")

_SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


class FolderInGit(NamedTuple):
    """A folder of a checkout. ``top`` is the checkout's top, empty outside of Git; ``head`` the checked-out commit.

    ``touch`` is the last commit that touched the folder; None if it is not known, or if there is none. ``fault`` says why the
    checkout does not know all commits; empty if it does. ``readable``: Git can read the checkout.
    """

    folder: Path
    top: str = ""
    head: str = ""
    touch: Touch | None = None
    fault: str = ""
    readable: bool = True

    def paths(self, names: Collection[str]) -> list[str]:
        """Return the paths of the folder's files inside the checkout; without names, the folder's own path.

        A link counts with the file that it leads to.
        """
        top, folder = realpath(self.top), realpath(self.folder)
        files = [f"{folder}/{name}" for name in names] or [folder]
        found = {Path(way(file)) for file in files for way in (normpath, realpath)}
        return sorted(path.relative_to(top).as_posix() for path in found if path.is_relative_to(top))

    def at(self, commit: str, names: Collection[str]) -> FolderInGit:
        """Return the folder as a ``commit`` that touched its files ``names`` has it."""
        return self._replace(head=commit, touch=Touch(commit, self.paths(names)))


def folders_in_git(folders: Sequence[Path], environment: Mapping[str, str]) -> list[FolderInGit]:
    """Return each folder's place in Git. Git runs a few times for each checkout, not for each folder."""
    return by_checkout(folders, lambda top, some: _places(top, some, environment))


def by_checkout(
    folders: Sequence[Path], found: Callable[[Path | None, Sequence[Path]], Iterable[Value]]
) -> list[Value]:
    """Return one value for each folder. ``found`` returns those for the folders of one checkout, or of none."""
    inside: dict[Path | None, list[Path]] = {}
    for folder in folders:
        try:
            top = top_of(folder)
        except Planted:  # reading the files will say so
            top = None
        inside.setdefault(top, []).append(folder)
    values = {
        folder: value for top, some in inside.items() for folder, value in zip(some, found(top, some), strict=True)
    }
    return [values[folder] for folder in folders]


def _places(top: Path | None, folders: Sequence[Path], environment: Mapping[str, str]) -> list[FolderInGit]:
    try:
        if top is not None:
            with history_of(top) as history:
                return _in_history(history, folders)
        fault = "the files are not in a Git checkout"
    except (NotInGit, NoGit, OSError, subprocess.TimeoutExpired) as error:
        fault = f"Git can't read the checkout ({str(error).strip().splitlines()[0]})"
    return [_in_job(folder, fault, environment) for folder in folders]


def _in_history(history: History, folders: Sequence[Path]) -> list[FolderInGit]:
    fault = "the checkout has only the newest commits" if history.shallow else ""
    touches: Mapping[Path, Touch | None] = {}
    try:
        touches = history.last_touches({folder: [history.path(folder)] for folder in folders})
    except Failed:
        fault = "the checkout lacks parts of its commits"
    top = str(history.checkout.top)
    return [FolderInGit(folder, top, history.head, touches.get(folder), fault) for folder in folders]


def _in_job(folder: Path, fault: str, environment: Mapping[str, str]) -> FolderInGit:
    """Return the place that a job of GitHub or GitLab says, if Git can't say."""
    for commit, workspace in (("GITHUB_SHA", "GITHUB_WORKSPACE"), ("CI_COMMIT_SHA", "CI_PROJECT_DIR")):
        head, top = environment.get(commit, ""), environment.get(workspace, "")
        if top and _SHA.fullmatch(head) and folder.resolve().is_relative_to(realpath(top)):
            return FolderInGit(folder, top, head, None, fault, readable=False)
    return FolderInGit(folder)
