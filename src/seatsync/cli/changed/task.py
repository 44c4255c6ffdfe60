"""What a command does for one folder."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple


class Task(NamedTuple):
    """A folder to do. ``files`` of it differ; if seatsync.yaml is one of them, the folder ``before`` has it as it was.
    ``base`` is the commit whose year ahead is compared with that of the files, if it is in the folder's own history; else empty."""

    folder: Path
    before: Path | None = None
    files: frozenset[str] = frozenset()
    base: str = ""
