"""What ``init --ci`` sets up in a repository."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from seatsync.cli.commands.init.pipeline import Choice


class Setup(NamedTuple):
    """The pipeline's ``texts`` by path, for the folders that ``words`` name.

    ``institutions`` are the folders that existed, ``new`` is the one that is created. ``owners`` is the sample of CODEOWNERS,
    empty if the repository has such a file.
    """

    top: Path
    choice: Choice
    words: str
    texts: Mapping[Path, str]
    institutions: Sequence[Path]
    new: Path | None
    owners: Mapping[Path, str]

    def uses(self, name: str) -> bool:
        """Whether the pipeline uses this secret, variable or environment."""
        return any(name in text for text in self.texts.values())

    def has_files(self, pattern: str) -> bool:
        """Whether an institution has such files."""
        return any(next(folder.rglob(pattern), None) for folder in self.institutions)


def shown(path: Path) -> Path:
    """The path from the current folder, where it is below it."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
