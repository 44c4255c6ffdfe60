"""``--bundle`` of ``seatsync plan`` and ``show``: what a plan would put on the work list, as a bundle marked as not applied."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from seatsync.cli.institution import ledger_of
from seatsync.cli.output.bundles import write_bundle
from seatsync.cli.run import Run

if TYPE_CHECKING:
    from seatsync.planning.plan import Plan


def write_foreseen(plan: Plan, folder: Path, target: Path, run: Run) -> None:
    """Write the bundle of the work list as it will be after the plan. A blocked plan has none.

    Raises:
        Stale: the ledger is not as it was when the plan was made.
        Impossible: the plan has no names.
    """
    from seatsync.apply.members import Impossible
    from seatsync.domain.portal.steps import steps
    from seatsync.ledger.read import read_snapshot
    from seatsync.ledger.record import Stale
    from seatsync.planning.events import post_changes
    from seatsync.reports.worklist.bundle import bundle
    from seatsync.reports.worklist.sheets import sheets

    if plan.refusals:
        run.say(f"The plan is blocked, so {target} was not written.")
        return
    if plan.redacted:
        raise Impossible("The plan has no names, so it has no bundle.", "Plan again with --no-redact.")
    with run.step("Looking ahead"), ledger_of(run, folder, plan.institution, was=plan.was).reading() as connection:
        books = read_snapshot(connection, plan.was or plan.institution)
    if (books.serial, books.head) != (plan.serial, plan.head):
        raise Stale(f"it was made at journal entry {plan.serial:,}, and the ledger is at {books.serial:,}")
    post_changes(plan.changes, books, plan.institution, plan.settings, plan.now)
    found = sheets(steps(books), books)
    write_bundle(target, plan.institution, bundle(found, books, plan.institution, plan.now, is_applied=False))
    run.say(f"{target}: what will be to do in the vendor's portal. Not applied: do none of it yet.")
