"""``seatsync ledger``."""

from __future__ import annotations

from pathlib import Path

import click

from seatsync.cli.commands.ledger import git_ledger, maintenance
from seatsync.cli.environment import actor
from seatsync.cli.institution import instant_of, institution_of, ledger_of
from seatsync.cli.options import common, folder, one_folder, option
from seatsync.cli.planning import without_members
from seatsync.cli.run import Run


@click.group("ledger")
def command() -> None:
    """Manage the ledger.

    \b
    seatsync ledger info                              where it is, and its latest journal entry
    seatsync ledger claim biblical-studies ann@grace.example
    seatsync ledger dump > grace.jsonl                the journal, to keep it or load it elsewhere
    seatsync ledger erase ann@grace.example           delete the personal data of a former member
    seatsync ledger encrypt                           encrypt a ledger in Git with SEATSYNC_LEDGER_KEY
    """


@command.command("info")
@one_folder
@common()
def info(run: Run, folder: Path) -> None:
    """Show where the ledger is, and its latest journal entry.

    \b
    seatsync ledger info
    """
    from seatsync.ledger.queries.named import MemberCount, count_members
    from seatsync.reports import text

    id = institution_of(folder, run)
    ledger = ledger_of(run, folder, id)
    with run.step("Reading the ledger"), ledger.reading() as connection:
        snapshot = without_members(connection, id, run)
        members = count_members(connection, id) if connection is not None else MemberCount(0, 0)
    facts = {
        "ledger": str(ledger),
        "institution": id,
        "serial": str(snapshot.serial),
        "head": snapshot.head,
        "members": f"{members.on_roster:,} on the rosters, {members.left:,} who have left",
        "locked by": str(ledger.holder(id) or "nobody"),
    }
    if snapshot.held_since:
        facts["letters"] = f"held, because the ledger was restored to {snapshot.held_since}"
    text.stdout(run.no_color).table([*facts.items()])


@command.command("claim")
@click.argument("library")
@click.argument("member", metavar="EMAIL")
@option("--account", metavar="EMAIL", help="The e-mail of the member's own account, if it differs.")
@folder
@common()
def record_claim(run: Run, folder: Path, library: str, member: str, account: str | None) -> None:
    """Record that a member has claimed a license in a portal.

    \b
    seatsync ledger claim biblical-studies ann@grace.example
    """
    from seatsync.apply import claims
    from seatsync.ledger.queries.accounts.holdings import AccountHolder

    id = institution_of(folder, run)
    ledger = ledger_of(run, folder, id)
    number = claims.member_with_email(ledger, id, library, member)
    at = instant_of(folder, id, run)
    claims.claim(ledger, id, library, number, AccountHolder(account or member), at, actor())
    run.say(f"{member} has claimed {library}.")


@command.command("opt-out")
@click.argument("library")
@click.argument("member", metavar="EMAIL")
@folder
@common()
def record_opt_out(run: Run, folder: Path, library: str, member: str) -> None:
    """Record that a member has opted out of a license. The institution must allow it.

    \b
    seatsync ledger opt-out logos-subscription ann@grace.example
    """
    from seatsync.apply import claims

    id = institution_of(folder, run)
    ledger = ledger_of(run, folder, id)
    at = instant_of(folder, id, run)
    claims.opt_out(ledger, id, library, claims.member_with_email(ledger, id, library, member), at, actor())
    run.say(f"{member} has opted out of {library}.")


_maintenance = (
    maintenance.migrate,
    maintenance.unlock,
    maintenance.dump,
    maintenance.load,
    maintenance.rebuild,
    maintenance.erase,
    maintenance.prune,
)
for _command in (*_maintenance, git_ledger.key, git_ledger.encrypt, git_ledger.forget_history):
    command.add_command(_command)
