"""The plan of an institution that a change forgets: what the ledger still has of it decides whether it may go."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from seatsync.cli.changed.ended import Ended
from seatsync.cli.institution import ledger_of
from seatsync.cli.output.plans import FolderResult
from seatsync.cli.run import Run
from seatsync.domain.diagnostic import Diagnostic, Severity, counted
from seatsync.domain.institution import Institution
from seatsync.domain.origin import Origin
from seatsync.domain.snapshot import Snapshot
from seatsync.domain.text.characters import printable
from seatsync.sources.files import NAME

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from seatsync.ledger.queries.lookup import Held
    from seatsync.planning.plan import Plan


def ended_plan(ended: Ended, run: Run) -> Plan:
    """The plan of an institution that ended: no changes, and a broken rule, or a notice if nothing is left of it."""
    from seatsync.planning.plan import build_plan
    from seatsync.planning.seats import slot_changes

    known, snapshot, left = _in_ledger(ended, run)
    today = run.today(snapshot.timezone)
    finding = _judged(ended, known, left, today.isoformat())
    is_refused = finding.severity is Severity.REFUSAL
    return build_plan(
        known or Institution(ended.name, ended.name),
        snapshot,
        run.now,
        today,
        desired_digest="0" * 64,
        rosters={},
        changes=[],
        groups={},
        slots=slot_changes(snapshot, {}),
        refusals=[finding] if is_refused else [],
        warnings=[] if is_refused else [finding],
        letters={},
    )


def _in_ledger(ended: Ended, run: Run) -> tuple[Institution | None, Snapshot, Held]:
    """The institution as the ledger knows it, by its id or the one before; its state, without members; and what it has."""
    from seatsync.cli.planning import use_secret
    from seatsync.ledger.queries.lookup import Held, held
    from seatsync.ledger.read import read_snapshot

    for id in filter(None, (ended.institution, ended.was)):
        with _ledger(ended, id, run) as connection:
            use_secret(connection, id, run)
            snapshot = read_snapshot(connection, id, ())
            if snapshot.institution is not None and snapshot.institution.id == id:
                return snapshot.institution, snapshot, held(connection, id)
    return None, Snapshot(), Held()


def _ledger(ended: Ended, id: str, run: Run) -> AbstractContextManager[Connection | None]:
    if run.ledger is None and not ended.folder.is_dir():  # its file is gone with it
        return nullcontext()
    return ledger_of(run, _place_for_ledger(ended, run), id).reading()


def is_of_ended(plan: Plan) -> bool:
    """Whether a plan is one of ``ended_plan``, for example in a plan file."""
    return any(one.code in ("institution-deleted", "institution-renamed") for one in (*plan.refusals, *plan.warnings))


def ended_result(ended: Ended, plan: Plan, run: Run) -> FolderResult:
    """What to print of such a plan: with pseudonyms if names must be left out."""
    return FolderResult(plan if run.redactor is None else run.redactor.plan(plan), [], ended.folder)


def _place_for_ledger(ended: Ended, run: Run) -> Path:
    """The folder that names the ledger: its own, or for a ledger in Git one that is still there."""
    if run.ledger is None or ended.folder.is_dir():
        return ended.folder
    return next((parent for parent in ended.folder.resolve().parents if parent.is_dir()), Path())


def _judged(ended: Ended, known: Institution | None, left: Held, today: str) -> Diagnostic:
    fact = _fact(ended)
    if not ended.institution:
        help = "Restore the folder, or correct its seatsync.yaml before you delete it."
        return _finding(ended, fact, help, Severity.REFUSAL)
    if known is None:
        return _finding(ended, f"{fact} The ledger does not know it.", "Nothing to do.", Severity.NOTICE)
    last = known.retire
    if "" < last < today and not left.temporary:
        stay = f"; {_seats(left.permanent, 'permanent')} stay with their members" if left.permanent else ""
        message = f"{fact} Its last day was {last}, and it has no temporary seats{stay}."
        return _finding(ended, message, "Nothing to do.", Severity.NOTICE)
    held = f"{counted(left.members, 'member')}, {_seats(left.temporary, 'temporary')} and {_seats(left.permanent, 'permanent')}"
    when = f" Its last day is {last}." if last else ""
    message = f"{fact} The ledger still has {held} of it, at which nobody would look again.{when}"
    return _finding(ended, message, _help(ended), Severity.REFUSAL)


def _finding(ended: Ended, message: str, help: str, severity: Severity) -> Diagnostic:
    origin = Origin(NAME, ended.line)
    if ended.now:
        return Diagnostic("institution-renamed", message, help, origin, severity)
    return Diagnostic("institution-deleted", message, help, origin, severity)


def _seats(number: int, kind: str) -> str:
    return counted(number, f"{kind} seat")


def finding_without_ledger(ended: Ended) -> Diagnostic:
    """What ``validate`` says of it: whether the ledger has something left is known only when it is planned."""
    message = f"{_fact(ended)} The plan is blocked if the ledger still has seats of it."
    return _finding(ended, message, _help(ended), Severity.WARNING)


def _fact(ended: Ended) -> str:
    base = ended.base[:7]
    if ended.now:
        return f'The id was "{printable(ended.institution, 80)}" at {base}, and is "{printable(ended.now, 80)}" now: another institution.'
    if not ended.institution:
        return f"The folder had an institution at {base} and is gone. Its id can't be read there, so what it leaves is not known."
    where = (
        f" It is now in {printable(ended.elsewhere, 200)}, which is not one of the folders to do."
        if ended.elsewhere
        else ""
    )
    return f'The folder of "{printable(ended.institution, 80)}" was here at {base} and is gone.{where}'


def _help(ended: Ended) -> str:
    id = printable(ended.institution, 80)
    if ended.now:
        return (
            f"If it is the same institution, write `was: {id}` next to its `id`. If it is another one, give it a folder of its "
            f'own, and end "{id}" with `institution: {{retire: DATE}}`.'
        )
    if ended.elsewhere:
        return f"Name the folder {printable(ended.elsewhere, 200)} too, or move it back."
    return (
        "Restore the folder, and write `institution: {retire: DATE}` in its seatsync.yaml. It may go when that day has passed and "
        f"no temporary seats are left. If the institution has another id now, write `was: {id}` there."
    )
