"""Which institution a folder is of, and its ledger."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import click

from seatsync.cli.output.findings import tell
from seatsync.cli.run import Run
from seatsync.domain.failure import ExitCode

if TYPE_CHECKING:
    from seatsync.ledger.database import Ledger


NO_LEDGER = "`seatsync apply` makes it. Or name another: --ledger, or -C and its folder."
"""What to do where a command needs a ledger that is there."""


def institution_of(folder: Path, run: Run) -> str:
    """The id in the folder's seatsync.yaml, whatever else is wrong there; leaves with an error if there is none."""
    from seatsync.sources.institution_folder import InstitutionFolder

    opened = InstitutionFolder.open(folder)
    if opened.institution_id is None:
        from seatsync.sources.load import load  # imports much, and mostly it is not needed

        tell(folder, load(opened).found, run)
        raise click.exceptions.Exit(ExitCode.INVALID)
    return opened.institution_id


def institution_id(folder: Path) -> str | None:
    """The id in the folder's seatsync.yaml, or None where it can't be told."""
    from seatsync.sources.institution_folder import InstitutionFolder

    return InstitutionFolder.open(folder).institution_id


def ledger_of(run: Run, folder: Path, institution: str | None = None, kept: int = 0) -> Ledger:
    """The ledger of an institution's folder; which ``institution`` that is stands in the folder, if it is not given.
    As many connections are ``kept``."""
    from seatsync.ledger.database import FILE, Ledger
    from seatsync.ledger.lock import Patience
    from seatsync.ledger.stores.addresses import in_git

    _hush_libraries()
    patience = Patience(run.lock_timeout, run.say)
    if run.ledger is None or not in_git(run.ledger):
        return Ledger(run.ledger or str(folder / FILE), patience, kept=kept)
    from seatsync.cli.output.privacy import job
    from seatsync.ledger.stores.git.branch import let_go

    if (context := click.get_current_context(silent=True)) is not None:
        context.find_root().call_on_close(let_go)
    return Ledger(run.ledger, patience, folder, institution or institution_of(folder, run), job=job())


def must_be_ours(folder: Path, institution: str, run: Run) -> bool:
    """Look whose the folder's ledger is; whether it knows the institution.

    Raises:
        ForeignLedger: it is another institution's.
    """
    from seatsync.apply.apply import must_be_that_of
    from seatsync.ledger.read import owner

    with ledger_of(run, folder, institution).reading() as connection:
        found = owner(connection, institution)
    must_be_that_of(found, institution)
    return found is not None


@cache
def _hush_libraries() -> None:
    """What SQLAlchemy and psycopg log of a broken connection, exits tells in a line."""
    import logging

    logging.getLogger().addHandler(logging.NullHandler())
