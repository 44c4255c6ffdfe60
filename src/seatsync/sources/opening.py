"""Open files that somebody else may have created, or create one: only regular files of limited size, inside their folder.

A proposal may contain a link to a device, a pipe that nobody writes to, or an endless file. Reading never waits for them.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path

from seatsync.domain.failure import Failure

MOST_BYTES = 512 * 1024 * 1024

_PIECE = 1024 * 1024
_FLAGS = os.O_RDONLY | sum(
    getattr(os, name, 0) for name in ("O_BINARY", "O_CLOEXEC", "O_NOCTTY", "O_NOFOLLOW", "O_NONBLOCK")
)


class Unfit(Failure, OSError):
    """The path is not a file that can be read. ``strerror`` says why, as "is …"; ``help`` says what to do."""

    def __init__(self, path: Path, fact: str, help: str) -> None:
        OSError.__init__(self, errno.EINVAL, fact, str(path))
        self.help = help

    def __str__(self) -> str:
        return f"{self.filename} {self.strerror}."


class TooLarge(Unfit):
    """The file has more bytes than may be read: at least ``size``."""

    def __init__(self, path: Path, most: int, size: int) -> None:
        super().__init__(path, f"is larger than {as_text(most)}", "Split it, or name a smaller one.")
        self.size = size


class Outside(Unfit):
    """The file is not one of the folder that it must be in."""


def read(path: Path, within: Path | None = None, most: int = MOST_BYTES) -> bytes:
    """Return the file's bytes.

    Raises:
        Outside: the file, with links followed, is not below the folder ``within``.
        Unfit: it is not a regular file, or has more than ``most`` bytes.
        OSError, ValueError: it can't be read, or its name is not valid.
    """
    return b"".join(pieces(path, within, most, 0))


def names(path: Path, within: Path, most: int = 1_000) -> list[str]:
    """Return the names of the files in a folder, sorted, without hidden ones.

    Raises:
        Outside: the folder, with links followed, is not below the folder ``within``.
        Unfit: it has more than ``most`` entries.
        OSError, ValueError: it can't be read, or its name is not valid.
    """
    real = _resolved(path)
    _must_be_inside(path, real, _resolved(within))
    with os.scandir(real) as entries:
        some = [*islice(entries, most + 1)]
        if len(some) > most:
            raise Unfit(
                path, f"has more than {most:,} files", "Put the files of the roster into a folder of their own."
            )
        return sorted(entry.name for entry in some if not entry.is_dir() and not entry.name.startswith("."))


def pieces(path: Path, within: Path | None = None, most: int = MOST_BYTES, size: int = _PIECE) -> Iterator[bytes]:
    """Yield the file's bytes in pieces of ``size`` bytes (0: the file's current size).

    Raises:
        Outside, Unfit, OSError, ValueError: as ``read``; Unfit also when the file turns out to be too large during reading.
    """
    real = _resolved(path)
    if within is not None:
        _must_be_inside(path, real, _resolved(within))
    _must_be_regular(path, real.stat().st_mode)  # before opening: to open a device can have effects
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


def create(path: Path, data: bytes, mode: int = 0o666) -> None:
    """Write a new file, in place of one that was left behind, and wait until the disk has it."""
    path.unlink(missing_ok=True)
    with open(path, "xb", opener=lambda name, flags: os.open(name, flags, mode)) as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    with suppress(OSError):  # the file can be used as the one before; not on every file system
        path.chmod(mode) if mode != 0o666 else None


def _must_be_inside(path: Path, real: Path, folder: Path) -> None:
    if not real.is_relative_to(folder):
        raise Outside(path, "is outside the institution's folder", "Copy the file into the folder.")
    if ".git" in (part.lower() for part in real.relative_to(folder).parts):  # its files may contain tokens
        raise Outside(path, "is one of Git's own files, not the institution's", "Name a file of the institution.")


def _resolved(path: Path) -> Path:
    """Return the path with all links followed.

    Raises:
        OSError, ValueError: the links form a loop, or the name is not valid.
    """
    try:
        return path.resolve()
    except RuntimeError as error:  # Python before 3.13
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path)) from error


def _must_be_regular(path: Path, mode: int) -> None:
    if stat.S_ISDIR(mode):
        raise Unfit(path, "is a folder, not a file", "Name a file.")
    if not stat.S_ISREG(mode):
        raise Unfit(path, "is not an ordinary file", "Name a file.")


def as_text(size: int) -> str:
    """Return a number of bytes in MiB or KiB, for messages."""
    return f"{size // 1024**2:,} MiB" if size >= 1024**2 else f"{size // 1024:,} KiB"
