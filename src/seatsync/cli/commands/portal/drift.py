"""``seatsync drift``."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from seatsync.cli.commands.portal.reading import (
    encoding_option,
    library_option,
    read_file,
    seems_old,
    taken_at,
    taken_option,
)
from seatsync.cli.institution import NO_LEDGER_HELP, institution_of, ledger_of
from seatsync.cli.options import common, folder, option
from seatsync.cli.output.findings import print_findings
from seatsync.cli.planning import use_secret
from seatsync.cli.run import Run
from seatsync.domain.diagnostic import Severity
from seatsync.domain.failure import ExitCode

if TYPE_CHECKING:
    from seatsync.domain.snapshot import Snapshot
    from seatsync.planning.portal.found import Changed
    from seatsync.reports.drift.view import DriftView


@click.command("drift")
@click.argument("files", metavar="[FILE]...", nargs=-1, type=click.Path(path_type=Path))
@option("--exports", is_flag=True, help="Compare the newest export of each library that seatsync.yaml names.")
@folder
@library_option
@taken_option
@encoding_option
@common("text", "json", "markdown", pages=True)
def command(
    run: Run,
    files: tuple[Path, ...],
    exports: bool,
    folder: Path,
    library: str | None,
    taken: datetime | None,
    encoding: str | None,
) -> int:
    """Show where a vendor's portal differs from the ledger.

    \b
    seatsync drift users.csv --taken 2027-03-01T09:00:00-06:00
    seatsync drift users.csv --library biblical-studies
    seatsync drift participants.csv --library jamworks
    seatsync drift --exports                                 what is committed, as every night

    FILE is "Export user data" of the Logos portal, or Jamworks' list of members. Both ways are compared, person by person: seats
    here and there, kinds, claims, e-mails, names and ids. Each difference says what to do about it. What is still on the work
    list is none. Nothing is written.

    Only the ledger is read: the files of the folder may have mistakes. Exits with 2 if there are differences.
    """
    if bool(files) == exports:
        raise click.UsageError("--exports takes no file." if exports else "Name a file, or use --exports.")
    if exports and (library is not None or taken is not None or encoding is not None):
        raise click.UsageError("--exports takes library, time and encoding from seatsync.yaml.")
    if library is not None and len(files) > 1:
        raise click.UsageError("--library is about one file. Compare the files one by one.")
    with run.step("Comparing the export and the ledger"):
        views = [*(_committed(run, folder) if exports else _views(run, files, folder, library, taken, encoding))]
    _print(views, run, is_array=exports or len(views) > 1)
    return ExitCode.CHANGES if any(view.rows for view in views) else ExitCode.DONE


def _views(
    run: Run, files: Sequence[Path], folder: Path, library: str | None, taken: datetime | None, encoding: str | None
) -> Iterator[DriftView]:
    from seatsync.planning.portal.comparison import compare
    from seatsync.reports.drift.view import drift_view

    id = institution_of(folder, run)
    with _ledger(id, folder, run) as (books, changed_since):
        at = taken_at(taken, books.timezone, run)
        for file in files:
            export = read_file(file, books.libraries, "The ledger", library, encoding, run)
            found = compare(export, books, changed_since(at))
            notice = "" if taken is not None else seems_old(found, at, changed_since)
            yield drift_view(found, books, id, at, notice).redacted(run.redactor)


def _committed(run: Run, folder: Path) -> Iterator[DriftView]:
    """The newest export of each library under `exports`. Of several from one portal, only the newest says who is in it.

    Raises:
        Exit: with 3, if seatsync.yaml or an export is wrong.
    """
    from seatsync.planning.portal.comparison import compare
    from seatsync.reports.drift.view import drift_view
    from seatsync.sources.institution_folder import InstitutionFolder
    from seatsync.sources.portal.committed import names_exports, newest_exports

    id, opened = institution_of(folder, run), InstitutionFolder.open(folder)
    if not names_exports(opened):
        run.say(f"{folder}: seatsync.yaml names no exports.")
        return
    portals: set[str] = set()
    with _ledger(id, folder, run) as (books, changed_since):
        exports, found = newest_exports(opened, books.libraries, run.now)
        if any(one.severity is Severity.ERROR for one in found):
            print_findings(folder, found, run)
            raise click.exceptions.Exit(ExitCode.INVALID)
        for export in exports:
            assert export.rows is not None
            found_there = compare(export.rows, books, changed_since(export.taken))
            view = drift_view(found_there, books, id, export.taken)
            yield (view.of_licenses() if export.rows.portal in portals else view).redacted(run.redactor)
            portals.add(export.rows.portal)


@contextmanager
def _ledger(id: str, folder: Path, run: Run) -> Iterator[tuple[Snapshot, Callable[[str], Changed]]]:
    """The ledger's present, and what has changed since an instant (ISO).

    Raises:
        ForeignLedger: the ledger belongs to another institution.
        LedgerError: there is no ledger.
    """
    from seatsync.apply.apply import must_belong_to
    from seatsync.ledger.failures import LedgerError
    from seatsync.ledger.queries.lookup import changed_since
    from seatsync.ledger.read import read_snapshot

    ledger = ledger_of(run, folder, id)
    with ledger.reading() as connection:
        use_secret(connection, id, run)
        books = read_snapshot(connection, id)
        must_belong_to(books, id)
        if connection is None or not books.serial:
            raise LedgerError(
                f"There is no ledger of {id} at {ledger}, so there is nothing to compare.", NO_LEDGER_HELP
            )
        yield books, partial(changed_since, connection, id)


def _print(views: Sequence[DriftView], run: Run, is_array: bool) -> None:
    if run.format == "json":
        documents = [view.document() for view in views]
        click.echo(json.dumps(documents if is_array else documents[0], indent=2, ensure_ascii=False))
    elif run.format == "markdown" and views:
        from seatsync.reports.drift import markdown

        click.echo(markdown.drift(views), nl=False)
    elif run.quiet:
        for view in views:
            click.echo(view.verdict)
    else:
        from seatsync.reports import text
        from seatsync.reports.drift.text import drift

        out = text.stdout(run.no_color)
        for number, view in enumerate(views):
            if number:
                out.line()
            drift(out, view, run.verbose)
