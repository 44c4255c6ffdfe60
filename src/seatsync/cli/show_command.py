"""``seatsync show``."""

from __future__ import annotations

from pathlib import Path

import click

from seatsync.cli.options import common
from seatsync.cli.plan_command import load_plans
from seatsync.cli.reading import to_be_shown
from seatsync.cli.run import Run
from seatsync.cli.showing import Shown, show


@click.command("show")
@click.argument("plan", type=click.Path(path_type=Path))
@common("text", "json", "markdown", "html", "github", "sarif")
def command(run: Run, plan: Path) -> None:
    """Render a saved plan.

    \b
    seatsync show plan.json                      as a table
    seatsync show plan.json --format html > plan.html
    """
    plans, as_array = load_plans(plan)
    show([Shown(to_be_shown(one, Path(), run), []) for one in plans], as_array, run)
