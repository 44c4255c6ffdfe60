"""Find the folders whose files differ from those at an earlier commit, however many folders there are.

An institution reads files of its own folder only (``sources.opening``). Outside of it count what decides how Git writes files
(``.gitattributes``, ``.gitmodules`` above the folder), links on the way to it, and the shared folders at the top of the checkout.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from seatsync.domain.failure import ExitCode, Failure
from seatsync.domain.text.characters import printable
from seatsync.domain.text.file_names import INPUTS
from seatsync.git.checkout import NotInGit, top_of
from seatsync.git.history import History, history_of
from seatsync.git.program import Failed, NoGit

SHARED = ("letters", "schemas")
"""Folders at the top of the checkout that concern all institutions."""

_CHANGES_OTHER_FILES = frozenset({".gitattributes", ".gitmodules"})


class UnknownChanges(Failure):
    """What has changed since a commit can't be known."""

    exit_code = ExitCode.USAGE

    def __init__(self, ref: str, why: str, help: str) -> None:
        super().__init__(f"What has changed since {printable(ref, 200)} is not known: {why}.", help)


@dataclass(frozen=True)
class Touched:
    """What differs between the commit ``base`` and the checkout: ``files`` with A, D, M, T or ``?`` (``History.differences``)."""

    history: History
    base: str
    files: Mapping[str, str]

    def touches(self, folder: Path) -> bool:
        """Whether files that may concern this folder differ."""
        places = self.places(folder)
        parents = {parent for place in places for parent in _and_parents(place)}
        return (
            not self._folders.isdisjoint(places)
            or not self.files.keys().isdisjoint(parents)
            or any(
                f"{parent}/{name}".removeprefix("./") in self.files
                for parent in parents
                for name in _CHANGES_OTHER_FILES
            )
            or not self._folders.isdisjoint(SHARED)
        )

    def below(self, folder: Path) -> list[str]:
        """Return the differing files of a folder, by their names in it."""
        path = self.history.path(folder)
        before = "" if path == "." else f"{path}/"
        return [file.removeprefix(before) for file in self.files if file.startswith(before)]

    @cached_property
    def _folders(self) -> frozenset[str]:
        """Every folder that a differing file is in."""
        return frozenset(parent for file in self.files for parent in [*_and_parents(file)][1:])

    def places(self, folder: Path) -> set[str]:
        """The folder's path in the checkout, and those of the links that lead to it."""
        top = self.history.checkout.top.resolve()
        way = Path(os.path.abspath(folder))  # noqa: PTH100 (Path.resolve would follow the links)
        links = [place.parent.resolve() / place.name for place in (way, *way.parents) if place.is_symlink()]
        return {self.history.path(folder), *(str(link.relative_to(top)) for link in links if link.is_relative_to(top))}


@contextmanager
def touched_since(ref: str, folders: Sequence[Path], proposal: Path | None = None) -> Iterator[Touched]:
    """Yield what differs from the newest commit that ``ref`` and the checked-out commit both came after.

    ``proposal`` is a folder in the checkout with the files of another commit, without its repository. They are compared with
    ``ref`` itself, because nobody knows where that commit came from.

    Raises:
        UnknownChanges: that can't be known, because of the reference, the checkout, or the folders.
        Planted: the folders' repository is not the checkout's own.
    """
    first = proposal or folders[0]
    start = next(place for place in (first, *first.resolve().parents) if place.is_dir())
    try:
        with history_of(start) as history:
            base = _commit(ref, history) if proposal is not None else _base(ref, history)
            if proposal is not None:
                history = history.beside(proposal, base)
            _must_be_together(ref, folders, history.checkout.top.resolve(), top_of(start))
            common = os.path.commonpath([history.path(folder) for folder in folders])
            yield Touched(history, base, _files(history, base, common))
    except NotInGit:
        raise UnknownChanges(ref, f"{start} is not in a Git checkout with a commit", _WITHOUT) from None
    except NoGit:
        raise UnknownChanges(ref, "the program git is not installed", "Install git.") from None
    except (Failed, subprocess.TimeoutExpired) as error:
        raise UnknownChanges(ref, f"Git can't compare the files ({printable(str(error), 300)})", _FETCH) from error


_WITHOUT = "Run this in a checkout, or leave out --changed-since: then all institutions are done."
_FETCH = (
    "Fetch the whole history: `fetch-depth: 0` for actions/checkout, `GIT_DEPTH: 0` on GitLab, "
    "`git fetch --unshallow` by hand."
)


def _must_be_together(ref: str, folders: Sequence[Path], top: Path, repository: Path | None) -> None:
    """Raise UnknownChanges if a folder is not below ``top``, or in another repository than the folder ``repository``."""
    for folder in folders:
        place = folder.resolve()
        if not place.is_relative_to(top) or (place.is_dir() and top_of(place) != repository):
            fact = f"{printable(str(folder), 200)} is not in the checkout {top}"
            raise UnknownChanges(ref, fact, "Do the folders of each checkout with a command of their own.")


def _commit(ref: str, history: History) -> str:
    commit = history.resolve(ref)
    if commit is None:
        raise UnknownChanges(ref, "this checkout has no such commit", f"Correct the name, or fetch it. {_FETCH}")
    return commit


def _base(ref: str, history: History) -> str:
    commit = _commit(ref, history)
    base = history.merge_base(commit, history.head)
    if base is not None:
        return base
    if history.shallow:
        fact = "the checkout is shallow, and lacks the newest commit that it and HEAD have in common"
        raise UnknownChanges(ref, fact, _FETCH)
    raise UnknownChanges(ref, "it and HEAD have no commit in common", "Name a branch that this one came from.")


def _files(history: History, base: str, common: str) -> dict[str, str]:
    """The differing files of the checkout, and those not in Git that may be read, below the folder ``common`` or shared."""
    found = history.differences(base)
    for path in history.untracked(*((common, *SHARED) if common not in ("", ".") else ())):
        if path.lower().endswith(INPUTS):  # not a ledger, a saved plan or a page beside the files
            found[path] = "M" if path in found else "?"
    return found


def _and_parents(path: str) -> Iterator[str]:
    """Yield the path, each folder that it is in, and ``.``."""
    while path not in ("", "."):
        yield path
        path = path.rpartition("/")[0]
    yield "."
