"""The first steps of several commands: load a folder, read its ledger, make the plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

from seatsync.cli.institution import institution_of, ledger_of
from seatsync.cli.output.findings import print_findings
from seatsync.cli.run import Run
from seatsync.domain.text.days import day_in, end_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from seatsync.apply.members import Impossible
    from seatsync.domain.snapshot import Snapshot
    from seatsync.ledger.database import Ledger
    from seatsync.planning.plan import Plan
    from seatsync.plans.result import PlanResult
    from seatsync.reports.redaction import Redactor
    from seatsync.sources.institution_folder import InstitutionFolder
    from seatsync.sources.load import Loaded


def try_plan(folder: Path, run: Run) -> PlanResult:
    """The plan of a folder, with the broken rules. None if its files are invalid; the errors are printed on standard error."""
    with run.step(f"Planning {folder}"):
        result = plan_result(folder, run)
    if result.plan is None:
        print_findings(folder, result.found, run)
    return result


def printable_plan(plan: Plan, folder: Path, run: Run) -> Plan:
    """The plan to print or save: with pseudonyms if names must be left out."""
    redactor = redactor_of(folder, plan.institution, run, plan.was) if not plan.redacted else None
    return redactor.plan(plan) if redactor is not None else plan


def plan_result(
    folder: Path, run: Run, files: Path | None = None, instead: Mapping[str, bytes] | None = None
) -> PlanResult:
    """The plan of a folder and its ledger, and what was found in its files; no plan if they are invalid.

    ``files`` is the folder as it was at another time, if the plan is to be made of that; ``instead`` are files as an edit would
    leave them (real path → bytes).
    """
    from seatsync.ledger.failures import LedgerError
    from seatsync.plans.make import make_plan
    from seatsync.plans.result import PlanResult
    from seatsync.sources.institution_folder import InstitutionFolder

    opened = InstitutionFolder.open(files or folder, instead)
    id = opened.institution_id
    if id is None:
        return PlanResult(None, _loaded(opened, run).found)
    try:
        ledger = ledger_of(run, folder, id)
        with ledger.reading() as connection:
            result = make_plan(opened, connection, run.now, id)
            if result.plan is None:
                return result._replace(institution=id)
            plan = _with_reverts(folder, result.plan, connection)
        return result._replace(plan=_with_ledger_warning(ledger, folder, plan))
    except LedgerError:  # mistakes in the files are reported even if the ledger can't be read
        loaded = _loaded(opened, run)
        if loaded.desired is not None:
            raise
        return PlanResult(None, loaded.found, id)


def _loaded(folder: InstitutionFolder, run: Run) -> Loaded:
    from seatsync.sources.load import load  # imports much, and is rarely needed here

    return load(folder, run.now)


def _with_reverts(folder: Path, plan: Plan, connection: Connection | None) -> Plan:
    """The plan, with what it takes back of an apply whose commit was reverted, and what stays."""
    if connection is None or not plan.changes:
        return plan
    from seatsync.plans.revert import revert_notices

    return replace(plan, warnings=[*plan.warnings, *revert_notices(folder, plan, connection)])


def _with_ledger_warning(ledger: Ledger, folder: Path, plan: Plan) -> Plan:
    """The plan, with a warning if people without permission can read the names in the ledger."""
    if not ledger.is_pushed:
        return plan
    from seatsync.cli.output.unencrypted import unencrypted_ledger

    warning = unencrypted_ledger(ledger, folder, plan)
    return replace(plan, warnings=[*plan.warnings, warning]) if warning is not None else plan


def redactor_of(folder: Path, institution: str, run: Run, was: str = "") -> Redactor | None:
    """The redactor for this institution, with its ledger's secret if there is one. None if nothing is redacted."""
    if run.redactor is not None:
        with ledger_of(run, folder, institution, was=was).reading() as connection:
            use_secret(connection, institution, run, was)
    return run.redactor


def use_secret(connection: Connection | None, institution: str, run: Run, was: str = "") -> None:
    """Give the secret of this institution, which ``was`` another id, to the redactor, if there is one."""
    if run.redactor is not None:
        import os

        from seatsync.sources.encryption.forks import is_from_a_fork

        run.redactor.use(secret_for(connection, institution, was), is_from_a_fork(os.environ))


def secret_for(connection: Connection | None, institution: str, was: str = "") -> bytes | None:
    """The secret for an institution's pseudonyms: from its ledger, or from SEATSYNC_REDACT_KEY if it has no ledger yet.

    None if that is not set either. ``was`` is the id that the ledger may still have.
    """
    from seatsync.cli.output.privacy import secret_from_environment
    from seatsync.ledger.queries.lookup import secret_of

    ids = [id for id in (institution, was) if id and connection is not None]
    known = next((secret for id in ids if connection and (secret := secret_of(connection, id))), None)
    return known or secret_from_environment(institution)


def plan_of(loaded: Loaded, folder: Path, run: Run) -> Plan:
    """The plan of the loaded files, with the broken rules."""
    from seatsync.ledger.read import read_renamed
    from seatsync.plans.decide import decide

    assert loaded.desired is not None
    id, was = loaded.desired.institution.id, loaded.desired.was
    with run.step("Comparing files and ledger"), ledger_of(run, folder, id).reading() as connection:
        use_secret(connection, id, run, was)
        return decide(loaded.desired, read_renamed(connection, id, was), connection, run.now, loaded.found)


def institution_snapshot(folder: Path, run: Run, as_of: datetime | None = None) -> tuple[str, Snapshot]:
    """The id of the folder's institution and its state in the ledger: now without members and licenses, or completely at the
    end of the day of ``as_of``.

    Raises:
        ForeignLedger: the ledger belongs to another institution.
    """
    id = institution_of(folder, run)
    with run.step("Reading the ledger"), ledger_of(run, folder, id).reading() as connection:
        snapshot = without_members(connection, id, run)
    return id, snapshot if as_of is None else _past(folder, id, run, as_of, snapshot.timezone)


def without_members(connection: Connection | None, institution: str, run: Run) -> Snapshot:
    """The institution's current state without members and licenses. The redactor gets the institution's secret.

    Raises:
        ForeignLedger: the ledger belongs to another institution.
    """
    from seatsync.apply.apply import must_belong_to
    from seatsync.ledger.read import read_snapshot

    use_secret(connection, institution, run)
    snapshot = read_snapshot(connection, institution, ())
    must_belong_to(snapshot, institution)
    return snapshot


def _past(folder: Path, institution: str, run: Run, moment: datetime, timezone: str) -> Snapshot:
    from seatsync.domain.snapshot import Snapshot
    from seatsync.ledger.failures import LedgerError
    from seatsync.ledger.replay import as_of

    day = day_in(moment, timezone).isoformat()
    if day > run.today(timezone).isoformat():
        run.say(
            f"{day} is ahead, and the ledger knows only what has happened: this is the state of today. "
            f"`seatsync plan --now {day} --verbose` shows what will change by then."
        )
    with (
        run.step(f"Reading the journal up to {day}"),
        ledger_of(run, folder, institution).reading() as connection,
    ):
        if connection is None:
            return Snapshot()
        walk = as_of(connection, institution, end_of(day, timezone))
    if walk.verdict.faults:
        raise LedgerError(
            f"The journal is damaged: {walk.verdict.faults[0]}.", "Run `seatsync verify` to see all faults."
        )
    books = walk.books
    return replace(
        books, libraries=dict(sorted(books.libraries.items())), licenses=dict(sorted(books.licenses.items()))
    )


def member_numbers(connection: Connection | None, institution: str, name: str) -> list[int]:
    """The numbers of the members with this e-mail or student id, including members who have left.

    Raises:
        Impossible: nobody has it.
    """
    from seatsync.ledger.queries.named import members_named

    numbers = members_named(connection, institution, name) if connection is not None else []
    if not numbers:
        raise nobody_named(connection, institution, name)
    return numbers


def numbers_ever_named(connection: Connection | None, institution: str, name: str, run: Run) -> list[int]:
    """The numbers of the members with this e-mail or student id, or else of those who once had it; who they are now is said.

    Raises:
        Impossible: nobody ever had it.
    """
    from seatsync.ledger.queries.named import members_named, names_of
    from seatsync.ledger.queries.origins import formerly_named

    numbers = members_named(connection, institution, name) if connection is not None else []
    if not numbers and connection is not None and (numbers := formerly_named(connection, institution, name)):
        shown = str if run.redactor is None else run.redactor.who
        now = ", ".join(shown(email or student_id) for email, student_id in names_of(connection, institution, numbers))
        run.say(f"{shown(name)} is now {now}.")
    if not numbers:
        raise nobody_named(connection, institution, name)
    return numbers


def nobody_named(connection: Connection | None, institution: str, name: str) -> Impossible:
    """The failure of a command for a member whom the ledger does not know by this e-mail or student id."""
    from seatsync.apply.members import Impossible
    from seatsync.ledger.queries.named import did_you_mean_member

    guess = did_you_mean_member(connection, institution, name) if connection is not None else ""
    help = "Search by a part of the name, e-mail or student id: `seatsync members --search TEXT`."
    return Impossible(f"The ledger has no member {name}. {guess}".rstrip(), help)


def stopped_by_warnings(plan: Plan, strict: bool) -> bool:
    """Whether the plan has warnings and ``--strict`` is on. That a day comes nearer stops no plan."""
    from seatsync.domain.calendar.distances import TOLD_ONCE
    from seatsync.domain.diagnostic import Severity

    return strict and any(it.severity is Severity.WARNING and it.code not in TOLD_ONCE for it in plan.warnings)


def say_what_is_open(ledger: Ledger, folder: Path, institution: str, run: Run) -> None:
    """Say how much is to be done at the vendors, if anything, and how to go on."""
    if run.quiet or run.format == "json":
        return
    from seatsync.ledger.queries.work import open_counts
    from seatsync.planning.work import steps_in_words

    with ledger.reading() as connection:
        books, people = open_counts(connection, institution)
    if people:
        listed = ", ".join(f"{step}: {number:,}" for step, number in steps_in_words(people, books))
        where = f" -C {quote(str(folder))}" if folder != Path() else ""
        run.say(
            f"To be done at the vendor: {listed}. `seatsync worklist bundle to-do{where}` writes the files and a check list."
        )
