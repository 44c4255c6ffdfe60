"""Find a repository's institutions, and the words by which a pipeline names their folders."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

import click

from seatsync.sources.files import NAME

_LEVELS = 3
"""How many folders deep institutions are looked for."""

_NOT_PLAIN = re.compile(r"[^\w./-]")
"""What has a meaning in a shell, or separates words there. ``?`` stands for it."""


def institutions_below(folder: Path) -> list[Path]:
    """Return the folders with a seatsync.yaml, sorted: ``folder`` itself and those at most three folders below it.

    Hidden folders, links and other repositories are left out: a pipeline's checkout does not have them.
    """
    return sorted(_below(folder.resolve(), _LEVELS))


def _below(folder: Path, levels: int) -> Iterator[Path]:
    if (folder / NAME).is_file():
        yield folder
    for inner in _folders_in(folder) if levels else ():
        if not inner.is_symlink() and not (inner / ".git").exists():
            yield from _below(inner, levels - 1)


def _folders_in(folder: Path) -> list[Path]:
    """The folders that ``*`` means in a shell, also those behind links."""
    try:
        with os.scandir(folder) as entries:
            names = [one.name for one in entries if one.is_dir() and not one.name.startswith(".")]
    except OSError:  # a folder that may not be read has no institution that a pipeline could read
        return []
    return [folder / name for name in names]


def words_for(top: Path, folders: Iterable[Path]) -> str:
    """Return the words that name exactly these folders in a shell, from ``top`` on: ``.``, ``institutions/*``, ``one two``.

    A folder need not exist yet.

    Raises:
        UsageError: a word would name another folder too.
    """
    inside = sorted({PurePosixPath(folder.resolve().relative_to(top).as_posix()) for folder in folders})
    words = []
    for parent in sorted({path.parent for path in inside}):
        group = [path for path in inside if path.parent == parent]
        words += [f"{_word(parent)}/*"] if _is_all_of(top, parent, group) else [_word(path) for path in group]
    for word in words:
        if others := [path for path in _named(word, top, inside) if path not in inside]:
            raise click.UsageError(
                f"{word} in a pipeline would also mean the folder {others[0]}. Rename a folder: "
                "use letters, digits, dots and hyphens, and no spaces."
            )
    return " ".join(words)


def covers(words: str, top: Path, folder: Path) -> bool:
    """Whether a pipeline's words name this folder."""
    inside = PurePosixPath(folder.resolve().relative_to(top).as_posix())
    return any(_matches(word, inside) for word in words.split())


def _is_all_of(top: Path, parent: PurePosixPath, group: Sequence[PurePosixPath]) -> bool:
    """Whether ``*`` in the parent means these institutions and nothing else, so that it also stands for later ones."""
    if parent == PurePosixPath() or (len(group) == 1 and parent.name != "institutions"):
        return False
    return {folder.name for folder in _folders_in(top / parent)} <= {path.name for path in group}


def _named(word: str, top: Path, known: Collection[PurePosixPath]) -> Iterator[PurePosixPath]:
    found = top.glob(word) if word != "." else ()
    there = (PurePosixPath(path.relative_to(top).as_posix()) for path in found if path.is_dir())
    yield from (path for path in {*there, *known} if _matches(word, path))


def _word(path: PurePosixPath) -> str:
    return _NOT_PLAIN.sub("?", str(path))


def _matches(word: str, path: PurePosixPath) -> bool:
    """Whether a shell would take the word for this folder."""
    pattern = PurePosixPath(word).parts
    return len(pattern) == len(path.parts) and all(
        fnmatchcase(part, name) and (not part.startswith(".") or name.startswith("."))
        for part, name in zip(path.parts, pattern, strict=True)
    )
