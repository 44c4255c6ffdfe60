"""``seatsync fetch``: the group."""

from __future__ import annotations

import click

from seatsync.cli.commands.fetch.ldap import ldap
from seatsync.cli.commands.fetch.oneroster import oneroster


@click.group("fetch")
def command() -> None:
    """Fetch a roster from where it lives into a file, to be reviewed.

    \b
    seatsync fetch oneroster --url https://sis.example/v1p1 --auth oauth1-sha256 --client-id me --into rosters/sis
    seatsync fetch ldap --url ldaps://dc.school.example --base dc=school,dc=example --into rosters/ldap.csv

    A fetch changes files and nothing else: commit them, and look at the plan.
    """


command.add_command(oneroster)
command.add_command(ldap)
