"""``seatsync show``."""

from __future__ import annotations

from pathlib import Path

import click

from seatsync.cli.commands.plan import load_plans
from seatsync.cli.options import common
from seatsync.cli.output.plans import FolderResult, show
from seatsync.cli.planning import printable_plan
from seatsync.cli.run import Run


@click.command("show")
@click.argument("plan", type=click.Path(path_type=Path))
@common("text", "json", "markdown", "html", "github", "gitlab", "sarif")
def command(run: Run, plan: Path) -> None:
    """Show a saved plan.

    \b
    seatsync show plan.json                      as text
    seatsync show plan.json --format html > plan.html
    """
    plans, as_array = load_plans(plan)
    show([FolderResult(printable_plan(one, Path(), run), []) for one in plans], as_array, run)
