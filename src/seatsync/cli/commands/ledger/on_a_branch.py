"""``seatsync ledger …``: what there is to do with a ledger in Git alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from seatsync.cli.commands.ledger.care import is_sure, sure
from seatsync.cli.institution import ledger_of
from seatsync.cli.options import common, folder
from seatsync.cli.run import Run
from seatsync.domain.failure import ExitCode

if TYPE_CHECKING:
    from seatsync.ledger.stores.git.branch import GitBranch


@click.command("key")
@common()
def key(run: Run) -> None:
    """Make a key for a ledger in Git, and print it.

    \b
    seatsync ledger key | gh secret set SEATSYNC_LEDGER_KEY

    Keep a copy where nobody finds it: without the key the ledger can't be read by anybody.
    """
    from seatsync.formats import age

    try:
        click.echo(age.new_key())
    except age.AgeError as error:
        raise click.UsageError(f"There is nothing that makes keys. {error.help}") from error


@click.command("encrypt")
@folder
@common()
def encrypt(run: Run, folder: Path) -> int:
    """Encrypt a ledger in Git that is not, or is for an older key.

    \b
    seatsync ledger encrypt                     by the key in SEATSYNC_LEDGER_KEY
    seatsync ledger encrypt -C grace            of each institution on the branch

    From then on it is read and written by who has the key. The branch's history stays as it is: `ledger forget-history`.
    """
    branch = _branch(run, folder)
    if not branch.cipher.keys:
        raise click.UsageError("There is no key: `seatsync ledger key` makes one. Set it as SEATSYNC_LEDGER_KEY.")
    if not branch.encrypt():
        run.say(f"{branch} is encrypted for this key already.")
        return ExitCode.DONE
    run.say(f"{branch} is encrypted. Whoever uses it needs the key now, as SEATSYNC_LEDGER_KEY.")
    click.echo(
        f"seatsync: the history of {branch}, and whoever has fetched it, still has what was there before.", err=True
    )
    click.echo("  → Begin it anew without its history: `seatsync ledger forget-history`.", err=True)
    return ExitCode.DONE


@click.command("forget-history")
@sure
@folder
@common()
def forget_history(run: Run, folder: Path, yes: bool) -> int:
    """Begin the branch of a ledger in Git anew, with what is on it now and no history.

    \b
    seatsync ledger forget-history

    For after `ledger erase` and `ledger encrypt`. Nothing is lost of the journals, which are in the files. It is pushed by
    force, so a rule of the branch may have to let that pass.
    """
    branch = _branch(run, folder)
    if not is_sure(yes, f"Throw away the history of {branch}, of all institutions on it?"):
        return ExitCode.BROKEN
    branch.forget_history()
    run.say(f"{branch} has no history any more.")
    click.echo("seatsync: the server, and whoever has fetched it, may still have the old commits.", err=True)
    click.echo("  → Have the server collect its garbage (on GitHub, ask its support), and delete old clones.", err=True)
    return ExitCode.DONE


def _branch(run: Run, folder: Path) -> GitBranch:
    """The branch that the ledger is on.

    Raises:
        UsageError: it is on none.
    """
    branch: GitBranch | None = ledger_of(run, folder).branch
    if branch is None:
        raise click.UsageError("This is for a ledger in Git: set SEATSYNC_LEDGER=git, or give --ledger git.")
    return branch
