"""Find the repository that a folder is in, and check that it is the checkout's own.

A proposal consists of files. Git never checks out a ``.git``, so the ``.git`` around those files was created by whoever made
the checkout, and can be trusted. But Git also treats a folder that only looks like a repository (``HEAD``, ``objects``,
``refs``) as one, and files can arrive without Git. So seatsync looks for the repository itself, instead of letting Git do it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from seatsync.domain.failure import ExitCode, Failure


class Checkout(NamedTuple):
    """A work tree and its repository.

    ``git_dir`` has the HEAD and index, ``common`` the objects and settings; they differ only in a linked work tree. ``format`` is
    the object format (sha1 or sha256).
    """

    top: Path
    git_dir: Path
    common: Path
    format: str


class NotInGit(Exception):
    """The folder is not in a repository, or Git does not trust the repository's owner. The message is Git's."""


class Planted(Failure):
    """Git would use a repository that is not the checkout's own."""

    exit_code = ExitCode.INVALID


def checkout_of(folder: Path) -> Checkout:
    """Return the checkout that a folder is in.

    Raises:
        NotInGit: the folder is not in a checkout.
        Planted: its repository may have come with the proposal's files.
        NoGit: the program git is not installed.
    """
    # Here, because most runs only look for the repository.
    from seatsync.git.program import LOCAL_TIMEOUT, base_environment, decoded, run

    top = top_of(folder)
    if top is None:
        raise NotInGit(f"not a git repository (or any of the parent directories): {folder}")
    # Git can find no other repository here, but still checks the files' owner (safe.directory).
    environment = {**base_environment(), "GIT_CEILING_DIRECTORIES": str(top.parent)}
    words = ("-C", str(top), "rev-parse", "--absolute-git-dir", "--git-common-dir", "--show-object-format")
    result = run(words, environment, timeout=LOCAL_TIMEOUT)
    if result.returncode:
        raise NotInGit(decoded(result.stderr))
    git_dir, common, format = decoded(result.stdout).splitlines()
    return Checkout(top, Path(git_dir), (top / common).resolve(), format)


def top_of(folder: Path) -> Path | None:
    """Return the nearest folder with a ``.git``, from ``folder`` upwards; None if there is no such folder.

    Raises:
        Planted: its ``.git`` is not the checkout's own, or Git would treat another folder on the way as a repository.
    """
    tops: list[Path] = []
    for place in _upwards(folder):
        if not tops and _looks_bare(place):
            raise _not_own(place, "it has a HEAD and folders like those in .git", _OWN_BARE)
        if os.path.lexists(place / ".git"):
            tops.append(place)
    if not tops:
        return None
    trusted: list[Path] = []
    for place in reversed(tops):
        repository = _target(place / ".git")
        if repository != place / ".git" and repository.is_relative_to(place):
            raise _not_own(place, f"its .git leads to {repository.name}, which is one of its files")
        if trusted and not any(repository.is_relative_to(outer) for outer in trusted):
            raise _nested(place, tops[tops.index(place) + 1])
        trusted.append(repository)
    return tops[0]


def _upwards(folder: Path) -> Iterator[Path]:
    """Yield the folder and its parents, up to (without) a folder of GIT_CEILING_DIRECTORIES."""
    names = os.environ.get("GIT_CEILING_DIRECTORIES", "").split(os.pathsep)
    ceilings = {Path(name).resolve() for name in names if name}
    folder = folder.resolve()
    yield folder
    for place in folder.parents:
        if place in ceilings:
            return
        yield place


def _looks_bare(place: Path) -> bool:
    """Whether this or another version of Git may treat the folder itself as a repository."""
    return os.path.lexists(place / "HEAD") and any(
        os.path.lexists(place / name) for name in ("objects", "refs", "commondir")
    )


def _target(git: Path) -> Path:
    """Return the repository behind a ``.git``, with links and ``gitdir:`` (linked work trees, submodules) followed."""
    pointer = None
    if git.is_file():
        with git.open("rb") as file:
            pointer = re.match(rb"gitdir: ([^\r\n]+)", file.read(4096))
    return (git.parent / os.fsdecode(pointer[1])).resolve() if pointer else git.resolve()


_OWN_BARE = " If it is a bare repository of your own, clone it, and work in the clone."


def _not_own(place: Path, why: str, else_: str = "") -> Planted:
    message = f"Git would treat {place} as a repository and obey its settings: {why}."
    help = "Delete these files, and find out who added them: they can make Git run any command."
    return Planted(message, f"{help}{else_}")


def _nested(top: Path, outer: Path) -> Planted:
    message = f"{top} has its own .git inside the repository {outer}: it may have come with the files."
    help = (
        "Delete this .git if you don't need it; if you do, make it a submodule, "
        f"or if the two repositories are unrelated, set GIT_CEILING_DIRECTORIES={outer}."
    )
    return Planted(message, help)
