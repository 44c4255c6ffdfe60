"""``seatsync fetch``: the group."""

from __future__ import annotations

import click

from seatsync.cli.commands.fetch.oneroster import oneroster


@click.group("fetch")
def command() -> None:
    """Fetch a roster from where it lives into a file, to be reviewed.

    A fetch changes files and nothing else: commit them, and look at the plan.
    """


command.add_command(oneroster)
