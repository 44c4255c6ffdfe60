"""Write the files of an edit, all or none of them, also if the program is killed meanwhile.

A list of the files is written first. Then each file is written beside the old one, under a name of its own. Of several files the
list now gets its name; from then on the edit counts as made. Then each takes the place of the old one (a file that goes is deleted),
and the list goes. Whoever
finds the list by that name finishes what it says; whoever finds it by the earlier one deletes what was written beside.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from time import monotonic, sleep

from seatsync.sources import opening
from seatsync.sources.editing.files import EditedFile
from seatsync.sources.editing.refused import CannotEdit
from seatsync.sources.editing.texts.csv_edits import BY_HAND
from seatsync.sources.files import UNFINISHED

_SUFFIX = ".seatsync-edit"
_BEGUN = f"{UNFINISHED}.new"
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
    """Put the changed files in place of the old ones, and new ones where there is none; delete those that go.

    Raises:
        CannotEdit: somebody else has changed one of them since it was read; nothing was written.
        OSError: one can't be written; nothing was written.
    """
    listed = folder / _BEGUN
    moves = [(_beside(folder, file.name), (folder / file.name).resolve()) for file in files]
    made: list[Path] = []
    try:
        opening.create(listed, json.dumps({"files": [_in_list(file) for file in files]}).encode())
        for file, (new, real) in zip(files, moves, strict=True):
            made += _folders_for(new)
            _write_beside(file, new, real)
        if len(files) > 1:
            listed.replace(folder / UNFINISHED)
    except BaseException:
        _clear(folder, [folder / UNFINISHED, *(new for new, _ in moves), listed], made)
        raise
    _put(folder, ((new, real, file.after is None) for file, (new, real) in zip(files, moves, strict=True)))
    for path in (folder / UNFINISHED, listed):
        path.unlink(missing_ok=True)


def _in_list(file: EditedFile) -> dict[str, str | None]:
    before = _digest(file.before) if file.before is not None else None
    return {"name": file.name, "before": before, "after": _digest(file.after) if file.after is not None else None}


def _put(folder: Path, moves: Iterable[tuple[Path, Path, bool]]) -> None:
    """Put each new file in its place, or delete what is there, with its folder if nothing else is in it."""
    for new, real, goes in moves:
        if goes:
            real.unlink(missing_ok=True)
            _clear(folder, (), [real.parent])
        else:
            new.replace(real)


def _write_beside(file: EditedFile, new: Path, real: Path) -> None:
    if file.before is None:
        opening.create(new, file.after or b"")
        now = opening.read(real) if os.path.lexists(real) else None
    else:
        if not os.access(real, os.W_OK):  # its folder lets it be replaced all the same
            raise CannotEdit(f"{file.name} is read-only; nothing was written.", "Make it writable, and try again.")
        if file.after is not None:
            _create_like(real, new, file.after)
        now = opening.read(real)
    if now != file.before:
        raise CannotEdit(f"{file.name} was changed by somebody else meanwhile; nothing was written.", "Try again.")


def _folders_for(path: Path) -> list[Path]:
    """Make the folders in which the file is to be; return those that are new, inner ones first."""
    new = [place for place in path.parents if not place.exists()]
    path.parent.mkdir(parents=True, exist_ok=True)
    return new


def _beside(folder: Path, name: str) -> Path:
    real = (folder / name).resolve()
    return real.with_name(f".{real.name}{_SUFFIX}")


def _clear(folder: Path, files: Iterable[Path], folders: Iterable[Path] = ()) -> None:
    """Delete these files, and these folders if nothing is in them; none outside of ``folder``."""
    home = folder.resolve()
    for path in files:
        with suppress(OSError):
            path.unlink(missing_ok=True) if path.resolve().is_relative_to(home) else None
    for place in folders:
        with suppress(OSError):
            place.rmdir()


def finish(folder: Path) -> list[str]:
    """Finish an edit that was interrupted while its files were put in place; return the names of its files.

    Of one that was interrupted before that, nothing is left.

    Raises:
        CannotEdit: one of the files is neither as before the edit nor as after it.
    """
    todo = _read_list(folder, UNFINISHED)
    if todo is None:
        begun = folder / _BEGUN
        if os.path.lexists(begun):
            with suppress(CannotEdit):  # without the end of the list, no file was written yet
                _clear(folder, (_beside(folder, name) for name, _, _ in _read_list(folder, _BEGUN) or ()))
            _clear(folder, [begun])
        return []
    moves = []
    for name, before, after in todo:
        real, new = (folder / name).resolve(), _beside(folder, name)
        now = _digest_at(folder, folder / name)
        if now == after:
            continue
        if now != before or (after is not None and _digest_at(folder, new) != after):
            fact = f"{name} was changed by somebody else since an edit was interrupted, so the edit can't be finished."
            raise CannotEdit(fact, f"Look at the files that `git status` names, then delete {UNFINISHED}. {BY_HAND}")
        moves.append((new, real, after is None))
    _put(folder, moves)
    (folder / UNFINISHED).unlink()
    return [name for name, _, _ in todo]


def _read_list(folder: Path, name: str) -> list[tuple[str, str | None, str | None]] | None:
    """Return the files of an interrupted edit with their digests before and after; None where there is no such list."""
    try:
        listed = json.loads(opening.read(folder / name, folder, _MOST_IN_LIST))["files"]
        return [
            (str(one["name"]), one["before"] and str(one["before"]), one["after"] and str(one["after"]))
            for one in listed
        ]
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise CannotEdit(f"{name} is not what an interrupted edit leaves behind.", "Delete it.") from error


def _digest_at(folder: Path, path: Path) -> str | None:
    """Return the digest of a file in the folder, None where there is none."""
    try:
        return _digest(opening.read(path, folder))
    except FileNotFoundError:
        return None


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
