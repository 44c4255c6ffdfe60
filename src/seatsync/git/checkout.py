"""Which repository a folder is in, and whether it is the checkout's own.

A proposal is files. Git never checks out a ``.git``, so the one around those files was made by whoever made the checkout, and
may be believed. But Git also takes a folder that merely looks like a repository (``HEAD``, ``objects``, ``refs``) for one, and
files can come in other ways than by Git. So the repository is looked for here, and not by Git.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from seatsync.domain.failure import ExitCode, Failure
from seatsync.git.program import PATIENCE, decoded, run, surroundings


class Checkout(NamedTuple):
    """A work tree and its repository. ``git_dir`` has its HEAD and index, ``common`` its objects and settings; both are the
    same unless the work tree is a linked one. ``format`` is that of the objects (sha1, sha256)."""

    top: Path
    git_dir: Path
    common: Path
    format: str


class NotInGit(Exception):
    """There is no repository around the folder, or Git does not trust its owner. The message is Git's."""


class Planted(Failure):
    """Something that Git would take for a repository, and that is not the checkout's own."""

    exit_code = ExitCode.INVALID


def checkout_of(folder: Path) -> Checkout:
    """The checkout that a folder is in.

    Raises:
        NotInGit: it is in none.
        Planted: what looks like its repository may have come with the files.
        NoGit: the program git is not installed.
    """
    top = top_of(folder)
    if top is None:
        raise NotInGit(f"not a git repository (or any of the parent directories): {folder}")
    # Asked where it can find no other, Git still looks at whose files they are (safe.directory).
    environment = {**surroundings(), "GIT_CEILING_DIRECTORIES": str(top.parent)}
    words = ("-C", str(top), "rev-parse", "--absolute-git-dir", "--git-common-dir", "--show-object-format")
    told = run(words, environment, timeout=PATIENCE)
    if told.returncode:
        raise NotInGit(decoded(told.stderr))
    git_dir, common, format = decoded(told.stdout).splitlines()
    return Checkout(top, Path(git_dir), (top / common).resolve(), format)


def top_of(folder: Path) -> Path | None:
    """The nearest folder that has a ``.git``, from ``folder`` upwards; None where there is none.

    Raises:
        Planted: that is not the checkout's own, or Git would take another folder on the way for a repository.
    """
    having: list[Path] = []
    for place in _upwards(folder):
        if not having and _looks_bare(place):
            raise _not_own(place, "it has a HEAD and folders like those inside of .git")
        if os.path.lexists(place / ".git"):
            having.append(place)
    if not having:
        return None
    own: list[Path] = []
    for place in reversed(having):
        repository = _target(place / ".git")
        if repository != place / ".git" and repository.is_relative_to(place):
            raise _not_own(place, f"its .git leads to {repository.name}, which is one of its files")
        if own and not any(repository.is_relative_to(outer) for outer in own):
            raise _nested(place, having[having.index(place) + 1])
        own.append(repository)
    return having[0]


def _upwards(folder: Path) -> Iterator[Path]:
    """The folder and those around it, below those of GIT_CEILING_DIRECTORIES."""
    named = os.environ.get("GIT_CEILING_DIRECTORIES", "").split(os.pathsep)
    ceilings = {Path(name).resolve() for name in named if name}
    folder = folder.resolve()
    yield folder
    for place in folder.parents:
        if place in ceilings:
            return
        yield place


def _looks_bare(place: Path) -> bool:
    """Whether Git would take the folder itself for a repository, or may in another version."""
    return os.path.lexists(place / "HEAD") and any(
        os.path.lexists(place / name) for name in ("objects", "refs", "commondir")
    )


def _target(git: Path) -> Path:
    """The repository that a ``.git`` is, or leads to as a link or by ``gitdir:`` (of a linked work tree or a submodule)."""
    led = None
    if git.is_file():
        with git.open("rb") as file:
            led = re.match(rb"gitdir: ([^\r\n]+)", file.read(4096))
    return (git.parent / os.fsdecode(led[1])).resolve() if led else git.resolve()


def _not_own(place: Path, why: str) -> Planted:
    message = f"Git would take {place} for a repository, and obey what it says: {why}."
    return Planted(message, "Delete these files, and find out who brought them: they can make Git run any command.")


def _nested(top: Path, outer: Path) -> Planted:
    message = f"{top} has a .git of its own inside of the repository {outer}: it may have come with the files."
    help = (
        "Delete it, if it is not meant; make it a submodule, if it is; or if the two have nothing to do with each other, "
        f"set GIT_CEILING_DIRECTORIES={outer}."
    )
    return Planted(message, help)
