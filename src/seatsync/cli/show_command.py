"""``seatsync show``."""

from __future__ import annotations

from pathlib import Path

import click

from seatsync.cli.options import Run, common
from seatsync.cli.plan_command import show


@click.command("show")
@click.argument("plan", type=click.Path(path_type=Path))
@common("text", "json", "markdown", "html")
def command(run: Run, plan: Path) -> None:
    """Render a saved plan.

    \b
    seatsync show plan.json                      as a table
    seatsync show plan.json --format html > plan.html
    """
    from seatsync.formats.plan_document import BadPlanFile, read_plans

    try:
        text = plan.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise BadPlanFile("it is not text") from error
    plans = read_plans(text)
    show(plans, text.lstrip().startswith("["), run)
