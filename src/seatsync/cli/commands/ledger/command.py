"""``seatsync ledger``."""

from __future__ import annotations

from pathlib import Path

import click

from seatsync.cli.commands.ledger import care as care
from seatsync.cli.commands.ledger import on_a_branch as on_a_branch
from seatsync.cli.institution import institution_of, ledger_of
from seatsync.cli.options import common, folder, option
from seatsync.cli.planning import present_of
from seatsync.cli.run import Run
from seatsync.cli.surroundings import actor as who


@click.group("ledger")
def command() -> None:
    """Look after the ledger.

    \b
    seatsync ledger info                              where it is and where it stands
    seatsync ledger claim biblical-studies ann@grace.example
    seatsync ledger dump > grace.jsonl                the journal, to be kept or loaded elsewhere
    seatsync ledger erase ann@grace.example           make somebody who has left unreadable
    seatsync ledger encrypt                           the one in Git, by SEATSYNC_LEDGER_KEY
    """


@command.command("info")
@folder
@common()
def info(run: Run, folder: Path) -> None:
    """Say where the ledger is and where it stands.

    \b
    seatsync ledger info
    """
    id, snapshot = present_of(folder, run)
    members = sum(member.on_roster for member in snapshot.members.values())
    click.echo(f"ledger       {ledger_of(run, folder)}")
    click.echo(f"institution  {id}")
    click.echo(f"serial       {snapshot.serial}")
    click.echo(f"head         {snapshot.head}")
    click.echo(f"members      {members:,} on the rosters, {len(snapshot.members) - members:,} who left")
    click.echo(f"locked by    {ledger_of(run, folder).holder(id) or 'nobody'}")


@command.command("claim")
@click.argument("library")
@click.argument("member", metavar="EMAIL")
@option("--account", metavar="EMAIL", help="The e-mail of the member's own account, if it is another.")
@folder
@common()
def claim(run: Run, folder: Path, library: str, member: str, account: str | None) -> None:
    """Record that a member has claimed a license in a portal.

    \b
    seatsync ledger claim biblical-studies ann@grace.example
    """
    from seatsync.apply import claims
    from seatsync.ledger.queries.accounts.holdings import AccountHolder

    id, ledger = institution_of(folder, run), ledger_of(run, folder)
    number = claims.known_by(ledger, id, library, member)
    claims.claim(ledger, id, library, number, AccountHolder(account or member), run.at, who())
    run.say(f"{member} has claimed {library}.")


@command.command("opt-out")
@click.argument("library")
@click.argument("member", metavar="EMAIL")
@folder
@common()
def opt_out(run: Run, folder: Path, library: str, member: str) -> None:
    """Record that a member declines a license, where the institution allows it.

    \b
    seatsync ledger opt-out logos-subscription ann@grace.example
    """
    from seatsync.apply import claims

    id, ledger = institution_of(folder, run), ledger_of(run, folder)
    claims.opt_out(ledger, id, library, claims.known_by(ledger, id, library, member), run.at, who())
    run.say(f"{member} has opted out of {library}.")


_care = (care.migrate, care.unlock, care.dump, care.load, care.rebuild, care.erase, care.prune)
for _command in (*_care, on_a_branch.key, on_a_branch.encrypt, on_a_branch.forget_history):
    command.add_command(_command)
