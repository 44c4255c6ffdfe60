"""The commands that messages name, as they work from where the person stands."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

_FOLDER: ContextVar[Path] = ContextVar("folder", default=Path())


def remember(folder: Path) -> None:
    """The commands in messages of this run are about this institution's folder, which the person named."""
    _FOLDER.set(folder)


@contextmanager
def about(folder: Path) -> Iterator[None]:
    """Remember one of several folders while the block runs."""
    token = _FOLDER.set(folder)
    try:
        yield
    finally:
        _FOLDER.reset(token)


def from_here(text: str) -> str:
    """The text, whose commands name the institution's folder where the person stands in another one."""
    folder = _FOLDER.get()
    if folder == Path() or "`seatsync " not in text:
        return text
    from seatsync.reports.view.findings import run_in

    return run_in(text, folder.as_posix())
