"""The place of a value in the files."""

from __future__ import annotations

from typing import NamedTuple


class Origin(NamedTuple):
    """A place in a file, counted as in an editor.

    ``file`` is relative to the institution's folder, with forward slashes; ``line`` and ``column`` start at 1.
    """

    file: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"
