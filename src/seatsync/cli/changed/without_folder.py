"""Institutions of a shared ledger that none of the folders is about: nobody looks at them."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from seatsync.cli.institution import ledger_of
from seatsync.cli.output.findings import print_findings
from seatsync.cli.run import Run
from seatsync.domain.diagnostic import Diagnostic, Severity, counted, named


def say_without_folder(folders: Collection[Path], ids: Collection[str], run: Run) -> None:
    """Print a warning about institutions of the ledger that have none of these ``folders``, whose institutions are ``ids``.

    Only for a ledger in PostgreSQL. A role for one institution sees no other, so it warns of nothing.
    """
    from seatsync.ledger.stores.addresses import on_a_server

    if run.ledger is None or not on_a_server(run.ledger) or len(folders) < 2:
        return
    from seatsync.ledger.queries.institutions.unfinished import unfinished

    with ledger_of(run, Path()).reading() as connection:
        left = {*unfinished(connection, run.today("").isoformat())} - {*ids} if connection is not None else set()
    if left and (left := left - _earlier_ids(folders)):
        print_findings(Path(), [_finding(sorted(left))], run)


def _earlier_ids(folders: Collection[Path]) -> set[str]:
    """The ids that the institutions of the folders had before; the ledger may not know the new ones yet."""
    from seatsync.cli.changed.ended import Identity

    return {Identity.of(folder).was for folder in folders}


def _finding(ids: list[str]) -> Diagnostic:
    subject = counted(len(ids), "institution")
    message = f"The ledger has {subject} that none of these folders is about: {named(ids, 20)}. Nobody looks at them."
    help = "Restore the folder, and end the institution with `institution: {retire: DATE}`. Or name its folder too."
    return Diagnostic("institution-without-folder", message, help, severity=Severity.WARNING)
