"""``seatsync ledger …``: commands for a ledger in Git."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from seatsync.cli import exits
from seatsync.cli.institution import ledger_of
from seatsync.cli.options import common, is_confirmed, one_folder, yes_option
from seatsync.cli.run import Run
from seatsync.domain.failure import ExitCode
from seatsync.reports.sentences import say

if TYPE_CHECKING:
    from seatsync.ledger.stores.git.branch import GitBranch


@click.command("key")
@common()
def key(run: Run) -> None:
    """Make a key for a ledger in Git, and print it.

    \b
    seatsync ledger key | gh secret set SEATSYNC_LEDGER_KEY

    Keep a copy in a safe place: without the key nobody can read the ledger.
    """
    from seatsync.formats import age

    try:
        click.echo(age.new_key())
    except age.AgeError as error:
        raise click.UsageError(f"seatsync needs age to make a key. {error.help}") from error


@click.command("encrypt")
@one_folder
@common()
def encrypt(run: Run, folder: Path) -> int:
    """Encrypt a ledger in Git, or encrypt it for a new key.

    \b
    seatsync ledger encrypt                     with the key in SEATSYNC_LEDGER_KEY
    seatsync ledger encrypt -C grace            once for each institution on the branch

    From then on only people and jobs with the key can read and write it. The branch still has its old history: delete that
    with `ledger forget-history`.
    """
    branch = _branch(run, folder)
    if not branch.cipher.keys:
        raise click.UsageError(
            "There is no key: make one with `seatsync ledger key`, and set it as SEATSYNC_LEDGER_KEY."
        )
    if not branch.encrypt():
        run.say(f"{branch} is already encrypted for this key.")
        return ExitCode.DONE
    run.say(f"{branch} is encrypted. Everybody who uses it now needs the key, as SEATSYNC_LEDGER_KEY.")
    say(f"seatsync: the history of {branch} and all copies of it still have the ledger from before.")
    exits.say_fix("Delete the history: `seatsync ledger forget-history`.")
    return ExitCode.DONE


@click.command("forget-history")
@yes_option
@one_folder
@common()
def forget_history(run: Run, folder: Path, yes: bool) -> int:
    """Delete the Git history of a ledger's branch.

    \b
    seatsync ledger forget-history

    Use it after `ledger erase` and `ledger encrypt`. The current files stay, with complete journals. The branch is pushed
    by force: a protection rule of the branch may have to allow that.
    """
    branch = _branch(run, folder)
    if not is_confirmed(yes, f"Delete the history of {branch}, for all institutions on it?"):
        return ExitCode.DONE
    branch.forget_history()
    run.say(f"{branch} no longer has a history.")
    say("seatsync: the server and copies of the repository may still have the old commits.")
    exits.say_fix("Delete old clones, and let the server delete unreachable commits (on GitHub, ask the support).")
    return ExitCode.DONE


def _branch(run: Run, folder: Path) -> GitBranch:
    """The branch of the ledger.

    Raises:
        UsageError: the ledger is not in Git.
    """
    branch: GitBranch | None = ledger_of(run, folder).branch
    if branch is None:
        raise click.UsageError("This is for a ledger in Git: set SEATSYNC_LEDGER=git, or give --ledger git.")
    return branch
