"""``seatsync ledger …``: what an operator does with a whole ledger."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from seatsync.cli.commands.verify import tell_verdict
from seatsync.cli.institution import institution_id, institution_of, ledger_of, must_be_ours
from seatsync.cli.options import Moment, common, day, folder, option
from seatsync.cli.planning import present_of
from seatsync.cli.run import Run
from seatsync.cli.surroundings import actor as who
from seatsync.cli.surroundings import commit as which_commit
from seatsync.domain.failure import ExitCode

sure = option("--yes", "-y", is_flag=True, help="Do not ask.")


@click.command("migrate")
@folder
@common()
def migrate(run: Run, folder: Path) -> None:
    """Bring the tables up to date with this seatsync, or make them.

    \b
    seatsync ledger migrate --ledger postgresql+psycopg://owner@db.example/seatsync
    """
    ledger = ledger_of(run, folder)
    before, after = ledger.migrate()
    if before == after:
        run.say(f"{ledger} is up to date ({after}).")
    else:
        run.say(f"{ledger}: {f'brought from {before} to' if before else 'made, at'} {after}.")


@click.command("unlock")
@folder
@sure
@common()
def unlock(run: Run, folder: Path, yes: bool) -> int:
    """Take the lock from a process that hangs.

    \b
    seatsync ledger unlock

    A lock ends with its process; this is for one that neither goes on nor ends. What it was doing is undone.
    """
    id = institution_of(folder, run)
    ledger = ledger_of(run, folder)
    holder = ledger.holder(id)
    if holder is None:
        run.say("Nobody holds the lock.")
        return ExitCode.DONE
    click.echo(f"The lock is held by {holder} (process {holder.process}).", err=True)
    if not is_sure(yes, "Take it away? What they are doing is undone."):
        return ExitCode.BROKEN
    ledger.unlock(id, holder)
    run.say("The lock is free.")
    return ExitCode.DONE


@click.command("dump")
@folder
@option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Where to; standard output if not given.")
@common()
def dump(run: Run, folder: Path, out: Path | None) -> int:
    """Write journal and outbox as JSON Lines.

    \b
    seatsync ledger dump --out grace.jsonl
    seatsync ledger dump | gzip > grace.jsonl.gz

    All of it, with names: keep it as you keep the ledger.
    """
    from seatsync.cli.output.files import write_whole
    from seatsync.ledger.dump import dump as lines

    if run.redactor is not None:
        raise click.UsageError(
            "A dump has all names in it, and this looks like a place where others read: --no-redact."
        )
    id, snapshot = present_of(folder, run, members=False)
    with ledger_of(run, folder).reading() as connection:
        if connection is None or not snapshot.serial:
            click.echo(f"seatsync: {ledger_of(run, folder)} has nothing of {id}; nothing was written.", err=True)
            return ExitCode.BROKEN
        if out is not None:
            write_whole(out, lines(connection, id), private=True)
        else:
            sys.stdout.writelines(lines(connection, id))
    return ExitCode.DONE


@click.command("load")
@click.argument("file", type=click.File(encoding="utf-8", errors="replace"))
@folder
@common()
def load(run: Run, folder: Path, file: Any) -> int:
    """Load what `dump` wrote into a ledger that does not have that institution, and verify it.

    \b
    seatsync ledger load grace.jsonl --ledger postgresql+psycopg://owner@db.example/seatsync
    seatsync ledger load grace.jsonl -C grace            from PostgreSQL to seatsync.db beside seatsync.yaml

    All or nothing.
    """
    from seatsync.apply.loading import load_dump
    from seatsync.domain.diagnostic import counted
    from seatsync.ledger.stores.addresses import in_git

    ledger = ledger_of(run, folder)
    owner = institution_id(folder) if run.ledger is None or in_git(run.ledger) else None
    with run.step("Loading and verifying"):
        id, verdict, unlinked = load_dump(ledger, file, who(), which_commit(folder), owner)
    tell_verdict(run, verdict, f"{id} is in {ledger}: the chain holds and the tables agree with it")
    if unlinked:
        click.echo(
            f"seatsync: the personal links of {counted(unlinked, 'letter')} were left out: they were made after the journal's last"
            " entry, so nothing proves who made them.\n"
            "  → They open nothing in this ledger. `seatsync outbox retry` sends these letters anew, each with a new link.",
            err=True,
        )
    return ExitCode.DONE


@click.command("rebuild")
@folder
@common()
def rebuild(run: Run, folder: Path) -> int:
    """Make the tables of the present anew from the journal.

    \b
    seatsync ledger rebuild

    Only where the journal's chain holds; otherwise nothing is changed.
    """
    from seatsync.ledger.verification import verify

    id = institution_of(folder, run)
    ledger = ledger_of(run, folder)
    if not must_be_ours(folder, id, run):
        click.echo(f"seatsync: {ledger} has nothing of {id}; there is nothing to rebuild.", err=True)
        return ExitCode.BROKEN
    verdict = ledger.write(id, who(), which_commit(folder), lambda connection: verify.rebuild(connection, id))
    tell_verdict(run, verdict, "The tables were made anew")
    return ExitCode.BROKEN if verdict.faults else ExitCode.DONE


@click.command("erase")
@click.argument("member", metavar="EMAIL|ID")
@sure
@folder
@common()
def erase(run: Run, folder: Path, member: str, yes: bool) -> int:
    """Make somebody who has left unreadable, everywhere in the ledger.

    \b
    seatsync ledger erase ann@grace.example

    The journal keeps what happened, to a member without a name, and its chain holds. Permanent licenses keep their
    slots. It can't be undone; Git's history and backups of the ledger are not touched.
    """
    from seatsync.apply.forgetting import erase as forget
    from seatsync.domain.diagnostic import counted

    id = institution_of(folder, run)
    if not is_sure(yes, f"Erase {member}? It can't be undone."):
        return ExitCode.BROKEN
    ledger = ledger_of(run, folder)
    records = forget(ledger, id, member, run.at, who(), which_commit(folder))
    run.say(f"Erased: {counted(records, 'record')}.")
    stays, help = ledger.scrub()
    if stays:
        click.echo(f"seatsync: {stays}\n  → {help}", err=True)
    return ExitCode.DONE


@click.command("prune")
@option("--letters-before", type=Moment(), required=True, help="Delete letters of the days before this one.")
@sure
@folder
@common()
def prune(run: Run, folder: Path, letters_before: datetime, yes: bool) -> int:
    """Delete letters that were sent or cancelled long ago.

    \b
    seatsync ledger prune --letters-before 2026-01-01

    Letters that still wait are kept, whatever their age.
    """
    from seatsync.apply.forgetting import prune as delete
    from seatsync.domain.diagnostic import counted

    id = institution_of(folder, run)
    before = day(letters_before)
    if not is_sure(yes, f"Delete all letters from before {before} that wait no more?"):
        return ExitCode.BROKEN
    assert before is not None
    run.say(
        f"Deleted: {counted(delete(ledger_of(run, folder), id, before, run.at, who(), which_commit(folder)), 'letter')}."
    )
    return ExitCode.DONE


def is_sure(yes: bool, question: str) -> bool:
    """Whether somebody said yes, on the command line or to this question."""
    if yes:
        return True
    if not sys.stdin.isatty():
        raise click.UsageError("There is no terminal to ask on: give --yes.")
    if click.confirm(question, err=True):
        return True
    click.echo("Nothing was done.", err=True)
    return False
