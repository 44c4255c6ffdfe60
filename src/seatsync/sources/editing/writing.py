"""Write the files of an edit, all or none of them, also if the program is killed meanwhile.

Each file is written beside the old one, under a name of its own. Of several files, a list of them is written next; from then on
the edit counts as made. Then each takes the place of the old one, and the list goes. Whoever finds the list finishes what it says.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from time import monotonic, sleep

from seatsync.sources import opening
from seatsync.sources.editing.files import EditedFile
from seatsync.sources.editing.refused import CannotEdit
from seatsync.sources.editing.texts.csv_edits import BY_HAND
from seatsync.sources.files import UNFINISHED

_SUFFIX = ".seatsync-edit"
_MOST_IN_LIST = 1024 * 1024


@contextmanager
def alone(folder: Path, wait: float) -> Iterator[None]:
    """Let no other edit change the folder meanwhile: of two at a time, one would be lost, although both say that they are done.

    Raises:
        CannotEdit: another one has not ended after ``wait`` seconds.
    """
    with ExitStack() as kept:
        with suppress(
            OSError
        ):  # what is no folder has no files; where none can be locked, what changed meanwhile is seen
            place = os.open(folder, os.O_RDONLY)
            kept.callback(os.close, place)
            end = monotonic() + wait
            while _is_locked(place):
                if monotonic() > end:
                    help = "Wait until it is done, and try again; or allow more time with --lock-timeout."
                    raise CannotEdit("Another `seatsync edit` is changing the files of this folder.", help)
                sleep(0.02)
        yield


def _is_locked(place: int) -> bool:
    """Whether somebody else has locked the open folder; if not, lock it until it is closed."""
    try:
        import fcntl
    except ImportError:  # Windows
        return False
    try:
        fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False


def write_all(folder: Path, files: Sequence[EditedFile]) -> None:
    """Put the changed files in place of the old ones.

    Raises:
        CannotEdit: somebody else has changed one of them since it was read; nothing was written.
        OSError: one can't be written; nothing was written.
    """
    beside: list[tuple[Path, Path]] = []
    try:
        for file in files:
            real = (folder / file.name).resolve()
            new = real.with_name(f".{real.name}{_SUFFIX}")
            beside.append((new, real))
            if not os.access(real, os.W_OK):  # its folder lets it be replaced all the same
                raise CannotEdit(f"{file.name} is read-only; nothing was written.", "Make it writable, and try again.")
            _create_like(real, new, file.after)
            if opening.read(real) != file.before:
                raise CannotEdit(
                    f"{file.name} was changed by somebody else meanwhile; nothing was written.", "Try again."
                )
        if len(files) > 1:
            names = [
                {"name": file.name, "before": _digest(file.before), "after": _digest(file.after)} for file in files
            ]
            listed = folder / f"{UNFINISHED}.new"
            beside.append((listed, folder / UNFINISHED))
            opening.create(listed, json.dumps({"files": names}).encode())
            listed.replace(folder / UNFINISHED)
            beside.pop()
    except BaseException:
        for new in (folder / UNFINISHED, *(new for new, _ in beside)):
            with suppress(OSError):
                new.unlink(missing_ok=True)
        raise
    for new, real in beside:
        new.replace(real)
    (folder / UNFINISHED).unlink(missing_ok=True)


def finish(folder: Path) -> list[str]:
    """Finish an edit that was interrupted while its files were put in place; return the names of its files.

    Raises:
        CannotEdit: one of the files is neither as before the edit nor as after it.
    """
    path = folder / UNFINISHED
    try:
        listed = json.loads(opening.read(path, folder, _MOST_IN_LIST))["files"]
        todo = [(str(one["name"]), str(one["before"]), str(one["after"])) for one in listed]
    except FileNotFoundError:
        return []
    except (ValueError, KeyError, TypeError) as error:
        raise CannotEdit(f"{UNFINISHED} is not what an interrupted edit leaves behind.", "Delete it.") from error
    moves = []
    for name, before, after in todo:
        now = _digest(opening.read(folder / name, folder))
        if now == after:
            continue
        real = (folder / name).resolve()
        new = real.with_name(f".{real.name}{_SUFFIX}")
        if now != before or not new.is_file() or _digest(opening.read(new, folder)) != after:
            fact = f"{name} was changed by somebody else since an edit was interrupted, so the edit can't be finished."
            raise CannotEdit(fact, f"Look at the files that `git status` names, then delete {UNFINISHED}. {BY_HAND}")
        moves.append((new, real))
    for new, real in moves:
        new.replace(real)
    path.unlink()
    return [name for name, _, _ in todo]


def _create_like(old: Path, path: Path, data: bytes) -> None:
    """Write a file that belongs to whom the ``old`` one belongs, as far as the file system and the user's rights allow it."""
    was = old.stat()
    mode = was.st_mode & 0o777
    opening.create(path, data, mode)
    for owner in (was.st_uid, -1):
        with suppress(OSError, AttributeError):
            os.chown(path, owner, was.st_gid)
            path.chmod(mode)
            break


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
