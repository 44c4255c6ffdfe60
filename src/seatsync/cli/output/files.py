"""Write files completely or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import partial
from pathlib import Path


def write_atomically(path: Path, pieces: Iterable[str], private: bool = False) -> None:
    """Replace ``path`` by a file with these pieces of text; after a crash the old file is still there.

    A pipe or device (``/dev/stdout``) is written to directly. ``private``: only the owner can read the file.
    """
    if path.exists() and not path.is_file():
        with open(path, "w", encoding="utf-8", newline="") as file:
            file.writelines(pieces)
        return
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        mode = 0o600 if private else 0o666
        with open(temporary, "w", encoding="utf-8", newline="", opener=partial(os.open, mode=mode)) as file:
            file.writelines(pieces)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException as error:
        temporary.unlink(missing_ok=True)
        if isinstance(error, OSError):
            error.filename = str(path)
        raise
