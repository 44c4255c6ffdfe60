"""``seatsync asked``."""

from __future__ import annotations

import os

import click

from seatsync.cli.extras import needs
from seatsync.cli.options import common
from seatsync.cli.run import Run


@click.command("asked")
@common()
def command(run: Run) -> None:
    """Print what a comment on a pull request asks for.

    \b
    seatsync asked      in a job for GitHub's event issue_comment

    Prints `command=plan` or `command=apply`, and for a plan the ref to check out, for GITHUB_OUTPUT. Exits with 1 if the
    comment is not `/seatsync plan` or `/seatsync apply`, if its author may not write to the repository, or if the pull request
    comes from a fork.
    """
    with needs("ci"):
        from seatsync.hosts.asked import asked
    from seatsync.hosts.environment import commented

    for name, value in asked(*commented(os.environ, 60.0))._asdict().items():
        click.echo(f"{name}={value}")
