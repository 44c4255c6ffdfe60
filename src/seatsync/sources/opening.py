"""The one way in which files are opened that somebody else may have put there: as files that end, inside of their folder.

A proposal may bring a link to a device, a pipe that nobody writes to, or a file without an end. None of them is waited for.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from seatsync.domain.failure import Failure

MOST_BYTES = 512 * 1024 * 1024

_PIECE = 1024 * 1024
_FLAGS = os.O_RDONLY | sum(
    getattr(os, name, 0) for name in ("O_BINARY", "O_CLOEXEC", "O_NOCTTY", "O_NOFOLLOW", "O_NONBLOCK")
)


class Unfit(Failure, OSError):
    """What has that name is not read. ``strerror`` says what it is, as "is …", ``help`` what to do."""

    def __init__(self, path: Path, said: str, help: str) -> None:
        OSError.__init__(self, errno.EINVAL, said, str(path))
        self.help = help

    def __str__(self) -> str:
        return f"{self.filename} {self.strerror}."


class TooLarge(Unfit):
    """It has more bytes than may be read: at least ``size``."""

    def __init__(self, path: Path, most: int, size: int) -> None:
        super().__init__(path, f"is larger than {spoken(most)}", "Split it.")
        self.size = size


class Outside(Unfit):
    """It is none of the files of the folder that it must be in."""


def read(path: Path, within: Path | None = None, most: int = MOST_BYTES) -> bytes:
    """All that the file holds.

    Raises:
        Outside: it is not below the folder ``within``, also by a link.
        Unfit: it is no regular file, or has more than ``most`` bytes.
        OSError, ValueError: it can't be read, or its name is none.
    """
    return b"".join(pieces(path, within, most, 0))


def pieces(path: Path, within: Path | None = None, most: int = MOST_BYTES, size: int = _PIECE) -> Iterator[bytes]:
    """What the file holds, in pieces of ``size`` (0: as large as the file seems to be).

    Raises:
        Outside, Unfit, OSError, ValueError: as ``read``; also when the file turns out to be too large only while it is read.
    """
    real = _resolved(path)
    if within is not None:
        _must_be_inside(path, real, _resolved(within))
    _must_be_regular(path, real.stat().st_mode)  # opening a device may already do something
    file = os.open(real, _FLAGS)
    try:
        found = os.fstat(file)
        _must_be_regular(path, found.st_mode)
        if found.st_size > most:
            raise TooLarge(path, most, found.st_size)
        left = most
        while piece := os.read(file, size or found.st_size + 1):
            left -= len(piece)
            if left < 0:
                raise TooLarge(path, most, most - left)
            yield piece
    finally:
        os.close(file)


def _must_be_inside(path: Path, real: Path, folder: Path) -> None:
    if not real.is_relative_to(folder):
        raise Outside(path, "lies outside the institution's folder", "Copy the file into the folder.")
    if ".git" in (part.lower() for part in real.relative_to(folder).parts):  # where tokens may lie
        raise Outside(path, "is Git's own, and none of the institution's files", "Name a file of the institution.")


def _resolved(path: Path) -> Path:
    """Where the path leads by its links.

    Raises:
        OSError, ValueError: nowhere.
    """
    try:
        return path.resolve()
    except RuntimeError as error:  # so Python says before 3.13
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path)) from error


def _must_be_regular(path: Path, mode: int) -> None:
    if stat.S_ISDIR(mode):
        raise Unfit(path, "is a folder, not a file", "Name a file.")
    if not stat.S_ISREG(mode):
        raise Unfit(path, "is no ordinary file", "Name a file.")


def spoken(size: int) -> str:
    """A number of bytes, as a person says it."""
    return f"{size // 1024**2:,} MiB" if size >= 1024**2 else f"{size // 1024:,} KiB"
