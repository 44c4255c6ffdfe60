"""Diagnostics of a folder's files, told on standard error."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from seatsync.cli.run import Run

if TYPE_CHECKING:
    from seatsync.domain.diagnostic import Diagnostic


def tell(folder: Path, found: Sequence[Diagnostic], run: Run) -> None:
    """Diagnostics on standard error, with how many there are."""
    from seatsync.reports import text

    out, found = text.stderr(run.no_color), without_names(found, run)
    text.diagnostics(out, found, prefix(folder))
    if not run.quiet:
        out.line((f"{prefix(folder).rstrip('/') or 'seatsync'}: {text.summary(found)}", ""))


def without_names(found: Sequence[Diagnostic], run: Run) -> list[Diagnostic]:
    """Findings as they may be printed."""
    redactor = run.redactor
    return [redactor.finding(finding) for finding in found] if redactor is not None else list(found)


def prefix(folder: Path) -> str:
    """What to put before a file's name so that it can be clicked on or opened from here."""
    return "" if folder == Path() else f"{folder.as_posix()}/"
