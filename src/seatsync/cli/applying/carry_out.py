"""Carry out one plan, and print the result."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seatsync.cli.applying.for_pages import keep_for_pages
from seatsync.cli.applying.outcomes import of_plan, what_comes
from seatsync.cli.institution import ledger_of
from seatsync.cli.outcome import Outcome
from seatsync.cli.planning import say_what_is_open
from seatsync.cli.run import Run
from seatsync.domain.failure import ExitCode

if TYPE_CHECKING:
    from seatsync.apply.apply import Applied
    from seatsync.apply.outdated import FilesInGit
    from seatsync.planning.plan import AcceptedPlan, Plan


class Author:
    """The actor and commit of the command line, for the journal; empty if not given. They may allow outdated files."""

    def __init__(self, actor: str | None, commit: str | None, allows_outdated: bool = False) -> None:
        self.actor = actor
        self.commit = commit
        self.allows_outdated = allows_outdated

    def for_journal(self, folder: Path) -> tuple[str, str]:
        """Actor and commit; those not given come from CI, the system or the folder's Git."""
        from seatsync.cli.environment import actor, commit

        return self.actor or actor(), self.commit or commit(folder)


def accepted_plan(plan: Plan) -> AcceptedPlan | None:
    """The plan, ready to be applied; None if it is blocked."""
    from seatsync.planning.plan import accept

    return accept(plan)


def _check_ledger_lasts(run: Run, folder: Path) -> None:
    """Check that a CI job does not create a new ledger on its runner: it would be lost, and the next job would start again.

    Raises:
        UsageError: this is a CI job, and no ledger is named.
    """
    from seatsync.ledger.database import FILE

    job = "GITHUB_ACTIONS" in os.environ or "GITLAB_CI" in os.environ
    if job and run.ledger is None and not (folder / FILE).exists():
        help = "Set SEATSYNC_LEDGER to a database, or to git (docs/ci.md)."
        raise click.UsageError(f"No ledger is named, and a {FILE} created here would be lost with this runner. {help}")


def _done(plan: AcceptedPlan, applied: Applied) -> str:
    """What was done, and where the journal is now, in words."""
    from seatsync.domain.diagnostic import counted

    passed = f", {counted(len(plan.approvals), 'limit')} passed by approval" if plan.approvals else ""
    way = "held: `seatsync outbox release` lets them go" if applied.held else "`seatsync outbox send` sends them"
    letters = f"{counted(applied.letters, 'new letter')} in the outbox{f' ({way})' if applied.letters else ''}"
    head = f"{applied.serial}:{applied.head}"
    journal = f"The journal is now at entry {applied.serial:,}. To check it later, note its head: {head}."
    return f"{counted(len(plan.changes), 'change')}{passed}, {letters}. {journal}"


def carry_out(
    run: Run,
    folder: Path,
    plan: AcceptedPlan,
    author: Author,
    files: FilesInGit,
    plan_was_shown: bool,
    same_files: bool = False,
) -> tuple[int, Outcome]:
    """Apply the plan of the ``files`` and print the result. Exit code, and what became of it."""
    from seatsync.apply.apply import carry_out as write
    from seatsync.domain.diagnostic import counted

    _check_ledger_lasts(run, folder)
    ledger = ledger_of(run, folder, plan.institution, was=plan.was)
    actor, commit = author.for_journal(folder)
    told = of_plan(plan, folder, run)
    with run.step(f"Applying {counted(len(plan.changes), 'change')}"):
        zone = plan.timezone
        applied = write(ledger, plan, run.today(zone), run.at(zone), actor, commit, same_files, files)
    if applied.outdated:
        run.say(f"The files are outdated, as the journal notes: they are as commit {applied.outdated} left them.")
    told = told._replace(
        result="applied" if plan.changes else "unchanged",
        serial=applied.serial,
        letters=applied.letters,
        told=what_comes(plan, folder, run),
    )
    if run.format == "json":
        result: dict[str, Any] = {
            "institution": plan.institution,
            "applied": bool(plan.changes),
            "serial": applied.serial,
            "head": applied.head,
            "fingerprint": told.fingerprint,
            "summary": told.summary,
            "letters": applied.letters,
        }
        click.echo(json.dumps(result, ensure_ascii=False))
    elif plan.changes or plan.approvals:
        run.say(f"Applied to {ledger}: {_done(plan, applied)}")
        say_what_is_open(ledger, folder, plan.institution, run)
    elif applied.noted:
        what = "what was told" if told.told else "that these files are applied"
        run.say(f"Nothing to change. Journal entry {applied.serial:,} of {ledger} notes {what}.")
    elif not plan_was_shown:
        run.say(f"Nothing to apply: {ledger} already matches the files.")
    keep_for_pages(run, folder, ledger, plan, applied.serial, actor, commit)
    return ExitCode.DONE, told
