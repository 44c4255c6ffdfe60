"""The institution of a folder, and its ledger."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import click

from seatsync.cli.output.findings import print_findings
from seatsync.cli.run import Run
from seatsync.domain.failure import ExitCode

if TYPE_CHECKING:
    from seatsync.ledger.database import Ledger
    from seatsync.sources.institution_folder import InstitutionFolder


NO_LEDGER_HELP = "Create it with `seatsync apply`, or name another: --ledger, or -C and its folder."
"""What to do if there is no ledger and the command needs one."""


def institution_of(folder: Path, run: Run) -> str:
    """The id under which the ledger has the folder's institution, even if the rest of its seatsync.yaml has mistakes.

    It is the id in the file, or what that ``was`` until an apply has changed it. Exits with 3 if there is no id.
    """
    opened = _opened(folder, run)
    id = opened.institution_id or ""
    if not opened.was:
        return id
    from seatsync.ledger.read import known_as

    with ledger_of(run, folder, id).reading() as connection:
        return known_as(connection, id, opened.was)


def _opened(folder: Path, run: Run) -> InstitutionFolder:
    """The folder, whose seatsync.yaml has an id."""
    from seatsync.sources.institution_folder import InstitutionFolder

    opened = InstitutionFolder.open(folder)
    if opened.institution_id is None:
        from seatsync.sources.load import load  # imports much, and is rarely needed here

        print_findings(folder, load(opened, run.now).found, run)
        raise click.exceptions.Exit(ExitCode.INVALID)
    return opened


def institution_id(folder: Path) -> str | None:
    """The id in the folder's seatsync.yaml, or None if it can't be read."""
    from seatsync.sources.institution_folder import InstitutionFolder

    return InstitutionFolder.open(folder).institution_id


def ledger_of(run: Run, folder: Path, institution: str | None = None, pool_size: int = 0, was: str = "") -> Ledger:
    """The ledger of an institution's folder; the folder names the ``institution``, and what it ``was``, if they are not given.

    ``pool_size`` is the number of connections to keep open.
    """
    from seatsync.ledger.database import FILE, Ledger
    from seatsync.ledger.lock import LockWait
    from seatsync.ledger.stores.addresses import in_git

    _silence_libraries()
    lock_wait = LockWait(run.lock_timeout, run.say)
    if run.ledger is None or not in_git(run.ledger):
        ledger = Ledger(run.ledger or str(folder / FILE), lock_wait, pool_size=pool_size, wait=run.wait)
    else:
        from seatsync.cli.output.privacy import job

        id = institution or str(_opened(folder, run).institution_id)
        ledger = Ledger(run.ledger, lock_wait, folder, id, job=job(), was=was or _was(folder))
    if (context := click.get_current_context(silent=True)) is not None:
        context.find_root().call_on_close(ledger.close)
    return ledger


def _was(folder: Path) -> str:
    """The institution's earlier id that the folder's seatsync.yaml names; empty if it names none."""
    from seatsync.sources.institution_folder import InstitutionFolder

    return InstitutionFolder.open(folder).was


def shared_ledger_of(run: Run) -> Ledger:
    """The ledger that --all is about.

    Raises:
        UsageError: it keeps one institution only.
    """
    from seatsync.ledger.stores.addresses import in_git

    has_one = run.ledger is None or in_git(run.ledger)
    ledger = ledger_of(run, Path(), pool_size=1) if not has_one else None
    if ledger is None or not ledger.is_shared:
        raise click.UsageError(
            "--all is for a ledger in PostgreSQL, which keeps many institutions. For others, give -C FOLDER."
        )
    return ledger


def check_owner(folder: Path, institution: str, run: Run) -> bool:
    """Check the owner of the folder's ledger, and return whether the ledger has the institution.

    Raises:
        ForeignLedger: the ledger belongs to another institution.
    """
    from seatsync.apply.apply import must_be_owned_by
    from seatsync.ledger.read import owner

    with ledger_of(run, folder, institution).reading() as connection:
        known = owner(connection, institution)
    must_be_owned_by(known, institution)
    return known is not None


def instant_of(folder: Path, institution: str, run: Run) -> str:
    """``--now`` at the institution, in the journal's spelling. Only for a bare date the ledger is read for the time zone."""
    return run.at(timezone_of(folder, institution, run) if run.now.tzinfo is None else "")


def timezone_of(folder: Path, institution: str, run: Run) -> str:
    """The institution's time zone as its ledger has it; empty for UTC."""
    from seatsync.ledger.queries.lookup import timezone

    with ledger_of(run, folder, institution).reading() as connection:
        return timezone(connection, institution) if connection is not None else ""


@cache
def _silence_libraries() -> None:
    """Silence the logs of SQLAlchemy and psycopg about broken connections: ``exits`` prints these failures in one line."""
    import logging

    logging.getLogger().addHandler(logging.NullHandler())
