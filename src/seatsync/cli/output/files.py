"""Writing files whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import partial
from pathlib import Path


def write_whole(path: Path, pieces: Iterable[str], private: bool = False) -> None:
    """Replace ``path`` by a file with these pieces of text; a crash in between leaves the old one.

    What is no file (``/dev/stdout``, a pipe) is simply written to. ``private``: nobody else may read it.
    """
    if path.exists() and not path.is_file():
        with open(path, "w", encoding="utf-8", newline="") as file:
            file.writelines(pieces)
        return
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        mode = 0o600 if private else 0o666
        with open(beside, "w", encoding="utf-8", newline="", opener=partial(os.open, mode=mode)) as file:
            file.writelines(pieces)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except BaseException as error:
        beside.unlink(missing_ok=True)
        if isinstance(error, OSError):
            error.filename = str(path)
        raise
