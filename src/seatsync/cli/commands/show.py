"""``seatsync show``."""

from __future__ import annotations

from pathlib import Path

import click

from seatsync.cli.commands.plan import bundle_option, load_plans
from seatsync.cli.commands.worklist.of_plan import write_foreseen
from seatsync.cli.options import common, folder
from seatsync.cli.output.bundles import check_may_be_written
from seatsync.cli.output.plans import FolderResult, show
from seatsync.cli.planning import printable_plan
from seatsync.cli.run import Run


@click.command("show")
@click.argument("plan", type=click.Path(path_type=Path))
@folder
@bundle_option
@common("text", "json", "markdown", "html", "github", "gitlab", "sarif", pages=True)
def command(run: Run, plan: Path, folder: Path, bundle: Path | None) -> None:
    """Show a saved plan.

    \b
    seatsync show plan.json                      as text
    seatsync show plan.json --format html > plan.html
    seatsync show plan.json --bundle next        what will be to do in the vendor's portal

    Only --bundle reads a ledger: that of the FOLDER, which must be as it was when the plan was made.
    """
    if bundle is not None:
        check_may_be_written(run)
    plans, as_array = load_plans(plan)
    if bundle is not None and len(plans) != 1:
        raise click.UsageError(f"--bundle is for one plan; {plan} has {len(plans):,}.")
    show([FolderResult(printable_plan(one, Path(), run), []) for one in plans], as_array, run)
    if bundle is not None:
        write_foreseen(plans[0], folder, bundle, run)
