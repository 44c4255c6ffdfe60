"""What several commands do first: load a folder, read its ledger, make the plan."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from seatsync.cli.institution import institution_of, ledger_of
from seatsync.cli.output.findings import tell
from seatsync.cli.run import Run

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from seatsync.domain.snapshot import Snapshot
    from seatsync.ledger.database import Ledger
    from seatsync.planning.plan import Plan
    from seatsync.plans.result import Made
    from seatsync.reports.redaction import Redactor
    from seatsync.sources.institution_folder import InstitutionFolder
    from seatsync.sources.load import Loaded


def try_plan(folder: Path, run: Run) -> Made:
    """The judged plan of a folder; none where its files are invalid, which is told on standard error."""
    with run.step(f"Planning {folder}"):
        made = _made(folder, run)
    if made.plan is None:
        tell(folder, made.found, run)
    return made


def to_be_shown(plan: Plan, folder: Path, run: Run) -> Plan:
    """The plan as it may be printed or saved."""
    redactor = redactor_of(folder, plan.institution, run) if not plan.redacted else None
    return redactor.plan(plan) if redactor is not None else plan


def _made(folder: Path, run: Run) -> Made:
    from seatsync.ledger.failures import LedgerError
    from seatsync.plans.make import make
    from seatsync.plans.result import Made
    from seatsync.sources.institution_folder import InstitutionFolder

    opened = InstitutionFolder.open(folder)
    id = opened.institution_id
    if id is None:
        return Made(None, _loaded(opened).found)
    try:
        ledger = ledger_of(run, folder, id)
        with ledger.reading() as connection:
            made = make(opened, connection, run.now, id)
        return made if made.plan is None else made._replace(plan=_warned_of(ledger, folder, made.plan))
    except LedgerError:  # mistakes in the files are told whatever the ledger is like
        loaded = _loaded(opened)
        if loaded.desired is not None:
            raise
        return Made(None, loaded.found)


def _loaded(folder: InstitutionFolder) -> Loaded:
    from seatsync.sources.load import load  # imports much, and mostly it is not needed

    return load(folder)


def _warned_of(ledger: Ledger, folder: Path, plan: Plan) -> Plan:
    """The plan, with a warning if the ledger is no place for names."""
    if not ledger.is_pushed:
        return plan
    from seatsync.cli.output.in_clear import ledger_in_clear

    warning = ledger_in_clear(ledger, folder, plan)
    return replace(plan, warnings=[*plan.warnings, warning]) if warning is not None else plan


def redactor_of(folder: Path, institution: str, run: Run) -> Redactor | None:
    """What hides the names of this institution, with its ledger's key where there is one; None where nothing is hidden."""
    if run.redactor is not None:
        with ledger_of(run, folder, institution).reading() as connection:
            tell_key(connection, institution, run)
    return run.redactor


def tell_key(connection: Connection | None, institution: str, run: Run) -> None:
    """Let the redactor, where there is one, go by this institution's secret."""
    if run.redactor is not None:
        import os

        from seatsync.sources.encryption.forks import is_from_a_fork

        run.redactor.use(secret_for(connection, institution), is_from_a_fork(os.environ))


def secret_for(connection: Connection | None, institution: str) -> bytes | None:
    """What redacted outputs about an institution are made with: its ledger's secret, and as long as it has no ledger what is
    made of SEATSYNC_REDACT_KEY; None where that is not set."""
    from seatsync.cli.output.privacy import secret_from_outside
    from seatsync.ledger.queries.lookup import secret_of

    known = secret_of(connection, institution) if connection is not None else None
    return known or secret_from_outside(institution)


def plan_of(loaded: Loaded, folder: Path, run: Run) -> Plan:
    """The judged plan of what was loaded."""
    from seatsync.ledger.read import read_snapshot
    from seatsync.plans.decide import decide

    assert loaded.desired is not None
    id = loaded.desired.institution.id
    with run.step("Comparing files and ledger"), ledger_of(run, folder, id).reading() as connection:
        tell_key(connection, id, run)
        return decide(loaded.desired, read_snapshot(connection, id), connection, run.now, loaded.found)


def snapshot_of(folder: Path, institution: str, run: Run, members: bool = True) -> Snapshot:
    """What the folder's ledger says of the institution now; of its ``members`` only if asked."""
    from seatsync.ledger.read import read_snapshot

    with run.step("Reading the ledger"), ledger_of(run, folder, institution).reading() as connection:
        tell_key(connection, institution, run)
        return read_snapshot(connection, institution, None if members else ())


def present_of(folder: Path, run: Run, as_of: str | None = None, members: bool = True) -> tuple[str, Snapshot]:
    """The folder's institution and what its ledger says now (of its ``members`` only if asked), or said at the end of the
    day ``as_of`` (ISO).

    Raises:
        ForeignLedger: the ledger is another institution's.
    """
    from seatsync.apply.apply import must_be_its_own

    id = institution_of(folder, run)
    snapshot = snapshot_of(folder, id, run, members)
    must_be_its_own(snapshot, id)
    return id, snapshot if as_of is None else _past(folder, id, run, as_of)


def _past(folder: Path, institution: str, run: Run, day: str) -> Snapshot:
    from seatsync.domain.snapshot import Snapshot
    from seatsync.ledger.failures import LedgerError
    from seatsync.ledger.replay import as_of

    with (
        run.step(f"Going through the journal up to {day}"),
        ledger_of(run, folder, institution).reading() as connection,
    ):
        if connection is None:
            return Snapshot()
        walk = as_of(connection, institution, day)
    if walk.verdict.faults:
        raise LedgerError(f"The journal is damaged: {walk.verdict.faults[0]}.", "`seatsync verify` tells more.")
    books = walk.books
    return replace(
        books, libraries=dict(sorted(books.libraries.items())), licenses=dict(sorted(books.licenses.items()))
    )


def known_as(name: str, snapshot: Snapshot) -> list[int]:
    """The numbers of the members with this e-mail or student id, whether they are there or have left.

    Raises:
        Impossible: there are none.
    """
    from seatsync.apply.members import Impossible
    from seatsync.domain.text.emails import email_key
    from seatsync.domain.text.guesses import did_you_mean

    key = email_key(name)
    known = snapshot.members.items() if name else ()
    numbers = [number for number, member in known if key == member.key or name == member.student_id]
    if not numbers:
        guess = did_you_mean(key, (member.key for member in snapshot.members.values()), 0.9)
        raise Impossible(f"The ledger knows nobody as {name}. {guess}".rstrip(), "See `seatsync members`.")
    return numbers


def too_strict(plan: Plan, strict: bool) -> bool:
    """Whether ``--strict`` stops this plan."""
    from seatsync.domain.diagnostic import Severity

    return strict and any(warning.severity is Severity.WARNING for warning in plan.warnings)
