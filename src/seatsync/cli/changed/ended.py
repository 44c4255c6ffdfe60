"""Institutions that a change forgets: their folder is gone, or has another institution's id. Their seats would stay for ever."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from seatsync.cli.changed.task import Task
from seatsync.sources.files import NAME
from seatsync.sources.institution_folder import InstitutionFolder
from seatsync.sources.yaml_tree import place, plain

if TYPE_CHECKING:
    from seatsync.git.touched import Touched


class Ended(NamedTuple):
    """An institution that no folder has any more, by its id (empty if that can't be read) in ``folder`` at the commit ``base``.

    ``was`` is the id that it had before; the ledger may still know it by that one.
    ``task`` does the folder if it has another institution now, ``now``. ``elsewhere`` is another folder that has the id now,
    but is not to be done. ``line`` is where the id is, or was.
    """

    institution: str
    folder: Path
    base: str
    line: int
    now: str = ""
    task: Task | None = None
    elsewhere: str = ""
    was: str = ""

    @property
    def name(self) -> str:
        """The institution's id, or its folder's name."""
        return self.institution or self.folder.name


def before_of(touched: Touched) -> AbstractContextManager[Path]:
    """Return a temporary folder with the seatsync.yaml of before of all folders in which it differs."""
    paths = [path for path, kind in touched.files.items() if _is_config(path) and kind not in "A?"]
    return touched.history.files_at(touched.base, paths or [NAME])


def take_ended(
    folders: Sequence[Path], tasks: Sequence[Task], touched: Touched, top: Path
) -> tuple[list[Ended], list[Task]]:
    """Return the institutions that no task keeps, and the other tasks. ``top`` has the files of ``before_of``."""
    now = {task.folder: Identity.of(task.folder) for task in tasks if task.before is not None}
    ended = [*_renamed(tasks, now, touched), *_gone(folders, touched, top)]
    if ended:
        kept = _kept(folders, now)
        ended = [one._replace(was="" if one.was in kept else one.was) for one in ended if one.institution not in kept]
        ended = [*{one.name: one for one in ended}.values()]
    taken = {one.folder for one in ended}
    patterns = [
        task.folder for task in tasks if not task.folder.exists() and any(sign in str(task.folder) for sign in "*?[")
    ]
    return ended, [
        _moved(task, now, touched, top)
        for task in tasks
        if task.folder not in taken and not (ended and task.folder in patterns)
    ]


def _kept(folders: Sequence[Path], now: Mapping[Path, Identity]) -> set[str]:
    """The ids of the institutions that the folders have, and those that they had before by their own word."""
    identities = [now.get(folder) or Identity.of(folder) for folder in folders]
    return {id for one in identities for id in (one.id, one.was) if id}


class Identity(NamedTuple):
    """The id in a seatsync.yaml (empty without one), its line, and the id that the institution had before."""

    id: str
    line: int
    was: str = ""

    @classmethod
    def of(cls, folder: Path) -> Identity:
        opened = InstitutionFolder.open(folder)
        line = place(opened.tree, ("institution", "id"), NAME).line
        values = plain(opened.tree)
        entry = values.get("institution") if isinstance(values, dict) else None
        was = entry.get("was") if isinstance(entry, dict) else None
        return cls(opened.institution_id or "", line, was if isinstance(was, str) else "")


def _renamed(tasks: Sequence[Task], now: Mapping[Path, Identity], touched: Touched) -> Iterator[Ended]:
    """Yield the institutions whose folder has another id now."""
    for task in tasks:
        if task.before is None or not (task.before / NAME).is_file():
            continue
        before, current = Identity.of(task.before), now[task.folder]
        if before.id and current.id and before.id != current.id:
            yield Ended(before.id, task.folder, touched.base, current.line, current.id, task, was=before.was)


def _gone(folders: Sequence[Path], touched: Touched, top: Path) -> Iterator[Ended]:
    """Yield the institutions whose seatsync.yaml is gone, in or next to the folders."""
    checkout = touched.history.checkout.top
    given = {place: folder for folder in folders for place in touched.places(folder)}
    for path, kind in touched.files.items():
        folder = str(PurePosixPath(path).parent)
        if kind == "D" and _is_config(path) and _is_meant(folder, given):
            before = Identity.of(top / folder)
            where = given.get(folder) or Path(os.path.relpath(checkout / folder))
            elsewhere = _elsewhere(before.id, touched) if before.id else ""
            yield Ended(before.id, where, touched.base, before.line, elsewhere=elsewhere, was=before.was)


def _is_meant(folder: str, given: dict[str, Path]) -> bool:
    """Whether the folder is one of the given, below or next to one of them, or matches a pattern that nothing matches now."""
    if "." in given or folder in given or any(folder.startswith(f"{place}/") for place in given):
        return True
    beside = {str(PurePosixPath(place).parent) for place, name in given.items() if name != Path()}
    return str(PurePosixPath(folder).parent) in beside or any(fnmatchcase(folder, place) for place in given)


def _elsewhere(id: str, touched: Touched) -> str:
    """A folder that came with this id; empty if there is none."""
    checkout = touched.history.checkout.top
    added = (
        str(PurePosixPath(path).parent) for path, kind in touched.files.items() if _is_config(path) and kind in "A?"
    )
    return next((folder for folder in added if Identity.of(checkout / folder).id == id), "")


def _moved(task: Task, now: Mapping[Path, Identity], touched: Touched, top: Path) -> Task:
    """The task, with the seatsync.yaml of the folder in which its institution was before."""
    if task.before is None or (task.before / NAME).is_file() or not now[task.folder].id:
        return task
    gone = (
        top / PurePosixPath(path).parent for path, kind in touched.files.items() if _is_config(path) and kind == "D"
    )
    found = next((folder for folder in gone if Identity.of(folder).id == now[task.folder].id), None)
    return task if found is None else task._replace(before=found)


def _is_config(path: str) -> bool:
    return PurePosixPath(path).name == NAME
