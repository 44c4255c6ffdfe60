"""Read a portal's export for a command: the file, and the moment at which it was taken."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from seatsync.cli.options import EncodingName, Moment, option
from seatsync.cli.output.findings import print_findings
from seatsync.cli.run import Run
from seatsync.domain.failure import ExitCode
from seatsync.domain.text.days import instant_in, iso

if TYPE_CHECKING:
    from seatsync.domain.library import Library
    from seatsync.domain.portal.export import Export
    from seatsync.planning.portal.found import Changed, Comparison

library_option = option(
    "--library", metavar="ID", help="The library that the file is about, if its license columns do not say it."
)
encoding_option = option(
    "--encoding",
    type=EncodingName(),
    help="The file's encoding, if it is not recognized.",
)
taken_option = option(
    "--taken",
    type=Moment(),
    help="When the file was exported: an ISO time, or a date for the beginning of that day. What changed later is left alone. "
    "Default: now.",
)


def read_file(
    file: Path, libraries: Mapping[str, Library], where: str, library: str | None, encoding: str | None, run: Run
) -> Export:
    """The export in ``file``; its findings are printed. ``libraries`` are those of the files or the ledger, as ``where`` says.

    Raises:
        UsageError: there is no such library.
        Exit: with 3, if the file is wrong.
    """
    from seatsync.domain.diagnostic import Severity
    from seatsync.domain.text.guesses import did_you_mean
    from seatsync.sources.files import Folder
    from seatsync.sources.portal.export import read_export

    if library is not None and library not in libraries:
        guess = did_you_mean(library, libraries)
        raise click.UsageError(f'{where} has no library "{library}". {guess}'.rstrip())
    files = Folder(file.parent)
    content = files.read_table(file.name, encoding=encoding)
    export = read_export(content, file.name, libraries, library, files.found) if content is not None else None
    if found := [each for each in files.found if not (run.quiet and each.severity is Severity.NOTICE)]:
        print_findings(file.parent, found, run)
    if export is None:
        raise click.exceptions.Exit(ExitCode.INVALID)
    return export


def taken_at(taken: datetime | None, timezone: str, run: Run) -> str:
    """The instant (ISO) at which an export was taken.

    Raises:
        UsageError: it is in the future.
    """
    instant = instant_in(taken or run.now, timezone)
    if instant > run.instant(timezone):
        raise click.UsageError(f"--taken {iso(instant)} is in the future.")
    return iso(instant)


def seems_old(found: Comparison, at: str, changed_since: Callable[[str], Changed]) -> str:
    """A notice if a file that is taken for one of the moment ``at`` (ISO) looks older: it contradicts much that changed lately.

    ``changed_since`` says what has changed since an instant.
    """
    from seatsync.planning.portal.found import Seen

    turned_back = {Seen.UNDONE, Seen.REVOKED}
    against = {(one.library, one.member) for one in found.differences if one.library and one.member}
    against |= {(move.library, move.member) for move in found.moves if not turned_back.isdisjoint(move.seen)}
    if len(against) <= _MOST_BY_CHANCE:
        return ""
    days_ago = iso(datetime.fromisoformat(at) - timedelta(days=_LATELY))
    lately = len(against.intersection(changed_since(days_ago).about))
    if lately <= _MOST_BY_CHANCE or lately * 2 < len(against):
        return ""
    return (
        f"The file contradicts {lately:,} licenses that changed here in the last {_LATELY} days, as an older file would. If it was "
        "not downloaded just now, say when: --taken TIME."
    )


_MOST_BY_CHANCE = 5
_LATELY = 14
