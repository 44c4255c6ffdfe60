"""``seatsync ledger …``: commands for an operator that act on a whole ledger."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from seatsync.cli import exits
from seatsync.cli.commands.verify import print_verdict
from seatsync.cli.environment import actor, commit
from seatsync.cli.institution import check_owner, instant_of, institution_id, institution_of, ledger_of, timezone_of
from seatsync.cli.options import Moment, common, day, folder, is_confirmed, one_folder, option, yes_option
from seatsync.cli.planning import institution_snapshot
from seatsync.cli.run import Run
from seatsync.domain.failure import ExitCode
from seatsync.reports.sentences import say


@click.command("migrate")
@one_folder
@common()
def migrate(run: Run, folder: Path) -> None:
    """Update or create the ledger's tables.

    \b
    seatsync ledger migrate --ledger postgresql+psycopg://owner@db.example/seatsync
    """
    ledger = ledger_of(run, folder)
    with run.step("Updating the ledger") as tell:
        before, after = ledger.migrate(tell)
    if before == after:
        run.say(f"{ledger} is up to date ({after}).")
    else:
        run.say(f"{ledger}: {f'updated from {before} to' if before else 'created at'} {after}.")


@click.command("unlock")
@one_folder
@yes_option
@common()
def unlock(run: Run, folder: Path, yes: bool) -> int:
    """Release the lock of a process that hangs.

    \b
    seatsync ledger unlock

    A lock normally ends with its process. Use this if the process hangs. Its unfinished changes are undone.
    """
    id = institution_of(folder, run)
    ledger = ledger_of(run, folder, id)
    holder = ledger.holder(id)
    if holder is None:
        run.say("The ledger is not locked.")
        return ExitCode.DONE
    say(f"The lock is held by {holder} (process {holder.process}).")
    if not is_confirmed(yes, "Release it? The unfinished changes of that process are undone."):
        return ExitCode.DONE
    ledger.unlock(id, holder)
    run.say("The lock is released.")
    return ExitCode.DONE


@click.command("dump")
@one_folder
@option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file. Default: standard output.")
@common()
def dump(run: Run, folder: Path, out: Path | None) -> int:
    """Write journal and outbox as JSON Lines.

    \b
    seatsync ledger dump --out grace.jsonl
    seatsync ledger dump | gzip > grace.jsonl.gz

    The dump has everything, with names: protect it like the ledger.
    """
    from seatsync.cli.output.files import write_atomically
    from seatsync.ledger.dump import dump as lines

    if run.redactor is not None:
        raise click.UsageError(
            "A dump contains all names, and others may be able to read them here. To write it anyway, give --no-redact."
        )
    id, snapshot = institution_snapshot(folder, run)
    with ledger_of(run, folder, id).reading() as connection:
        if connection is None or not snapshot.serial:
            say(f"seatsync: {ledger_of(run, folder, id)} has nothing about {id}: nothing was written.")
            return ExitCode.BROKEN
        if out is not None:
            write_atomically(out, lines(connection, id), private=True)
        else:
            sys.stdout.writelines(lines(connection, id))
    return ExitCode.DONE


@click.command("load")
@click.argument("file", type=click.File(encoding="utf-8", errors="replace"))
@folder
@common()
def load(run: Run, folder: Path, file: Any) -> int:
    """Load a dump into a ledger, and verify it.

    \b
    seatsync ledger load grace.jsonl --ledger postgresql+psycopg://owner@db.example/seatsync
    seatsync ledger load grace.jsonl -C grace            from PostgreSQL to seatsync.db next to seatsync.yaml

    The ledger must not have the institution yet. Loads everything or nothing.
    """
    from seatsync.apply.loading import load_dump
    from seatsync.domain.diagnostic import counted
    from seatsync.ledger.stores.addresses import in_git

    ledger = ledger_of(run, folder)
    owner = institution_id(folder) if run.ledger is None or in_git(run.ledger) else None
    with run.step("Loading and verifying"):
        id, verdict, unlinked = load_dump(ledger, file, actor(), commit(folder), owner)
    print_verdict(run, verdict, f"Loaded {id} into {ledger}. Journal intact")
    if unlinked:
        say(
            f"seatsync: the personal links of {counted(unlinked, 'letter')} were left out: they were made after the journal's last"
            " entry, so nothing proves who made them. They don't work in this ledger."
        )
        exits.say_fix("Send these letters again, each with a new link: `seatsync outbox retry`.")
    return ExitCode.DONE


@click.command("rebuild")
@one_folder
@common()
def rebuild(run: Run, folder: Path) -> int:
    """Rebuild the tables from the journal.

    \b
    seatsync ledger rebuild

    Changes nothing if the journal is damaged.
    """
    from seatsync.ledger.verification import verify

    id = institution_of(folder, run)
    ledger = ledger_of(run, folder, id)
    if not check_owner(folder, id, run):
        say(f"seatsync: {ledger} has nothing about {id}: there is nothing to rebuild.")
        return ExitCode.BROKEN
    verdict = ledger.write(id, actor(), commit(folder), lambda connection: verify.rebuild(connection, id))
    print_verdict(run, verdict, "Tables rebuilt")
    return ExitCode.BROKEN if verdict.faults else ExitCode.DONE


@click.command("erase")
@click.argument("member", metavar="EMAIL|ID")
@yes_option
@folder
@common()
def erase(run: Run, folder: Path, member: str, yes: bool) -> int:
    """Delete the personal data of a former member.

    \b
    seatsync ledger erase ann@grace.example

    It is deleted everywhere in the ledger. The journal keeps the events without the name, and can still be verified.
    Permanent licenses keep their seats. This can't be undone. Git's history and backups of the ledger are not changed.
    """
    from seatsync.apply.forgetting import erase as forget
    from seatsync.domain.diagnostic import counted

    id = institution_of(folder, run)
    if not is_confirmed(yes, f"Erase {member}? This can't be undone."):
        return ExitCode.DONE
    ledger = ledger_of(run, folder, id)
    records = forget(ledger, id, member, instant_of(folder, id, run), actor(), commit(folder))
    run.say(f"Erased: {counted(records, 'record')}.")
    remains, help = ledger.scrub()
    if remains:
        say(f"seatsync: {remains}")
        exits.say_fix(help)
    return ExitCode.DONE


@click.command("prune")
@option("--letters-before", type=Moment(), required=True, help="Delete letters from before this day.")
@yes_option
@one_folder
@common()
def prune(run: Run, folder: Path, letters_before: datetime, yes: bool) -> int:
    """Delete old letters that are no longer waiting.

    \b
    seatsync ledger prune --letters-before 2026-01-01

    Waiting letters are kept, whatever their age.
    """
    from seatsync.apply.forgetting import prune as delete
    from seatsync.domain.diagnostic import counted

    id = institution_of(folder, run)
    timezone = timezone_of(folder, id, run)
    before = day(letters_before, timezone)
    if not is_confirmed(yes, f"Delete all letters from before {before}, except those that still wait to be sent?"):
        return ExitCode.DONE
    assert before is not None
    number = delete(ledger_of(run, folder, id), id, before, run.at(timezone), actor(), commit(folder))
    run.say(f"Deleted: {counted(number, 'letter')}.")
    return ExitCode.DONE
