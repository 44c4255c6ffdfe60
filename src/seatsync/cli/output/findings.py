"""Print the diagnostics of a folder's files on standard error."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from seatsync.cli.run import Run

if TYPE_CHECKING:
    from seatsync.domain.diagnostic import Diagnostic
    from seatsync.reports.writer import Writer


def print_findings(folder: Path, found: Sequence[Diagnostic], run: Run) -> None:
    """Print diagnostics and their number on standard error."""
    from seatsync.reports import text

    out, found = text.stderr(run.no_color), without_names(found, run)
    write_findings(out, folder, found, run)
    if not run.quiet:
        out.line((f"{named(folder)}: {text.summary(found)}", ""))


def write_findings(out: Writer, folder: Path, found: Sequence[Diagnostic], run: Run) -> None:
    """Write diagnostics that are redacted already. At a terminal with the place in the file, unless names must be left out."""
    from seatsync.reports import text

    excerpt = None
    if out.is_watched and run.redactor is None:
        from seatsync.cli.output.excerpts import excerpts

        excerpt = excerpts(folder)
    text.diagnostics(out, found, prefix(folder), excerpt=excerpt)


def without_names(found: Sequence[Diagnostic], run: Run) -> list[Diagnostic]:
    """The diagnostics, redacted if names must be left out."""
    redactor = run.redactor
    return [redactor.finding(one) for one in found] if redactor is not None else list(found)


def named(folder: Path) -> str:
    """A folder in a sentence: its path, and in the current folder what it is."""
    return "This folder" if folder == Path() else folder.as_posix()


def prefix(folder: Path) -> str:
    """The prefix that makes a file's name a path from the current folder."""
    return "" if folder == Path() else f"{folder.as_posix()}/"
