"""Write the files of an edit, all or none of them, also if the program is killed meanwhile.

Each file is written beside the old one, under a name of its own. Of several files, a list of them is written next; from then on
the edit counts as made. Then each takes the place of the old one, and the list goes. Whoever finds the list finishes what it says.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from seatsync.sources import opening
from seatsync.sources.editing.files import EditedFile
from seatsync.sources.editing.refused import CannotEdit
from seatsync.sources.editing.texts.csv_edits import BY_HAND
from seatsync.sources.files import UNFINISHED

_SUFFIX = ".seatsync-edit"
_MOST_IN_LIST = 1024 * 1024


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
            opening.create(new, file.after, real.stat().st_mode & 0o777)
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
        for new, _ in beside:
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


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
