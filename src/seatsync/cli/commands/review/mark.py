"""``seatsync mark``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from seatsync.cli.applying.outcome_file import read_outcome
from seatsync.cli.extras import needs
from seatsync.cli.options import common, host_timeout_option, option
from seatsync.cli.run import Run
from seatsync.reports.sentences import say

if TYPE_CHECKING:
    from seatsync.formats.outcome import InstitutionOutcome, OutcomeFile
    from seatsync.hosts.statuses import Status


@click.command("mark")
@click.argument("file", metavar="OUTCOME.json", type=click.Path(path_type=Path))
@option("--commit", metavar="SHA", help="The commit to mark. Default: the newest one of the job's pull request.")
@option("--url", default="", metavar="URL", help="What the statuses lead to. Default: the run.")
@host_timeout_option()
@common()
def command(run: Run, file: Path, commit: str | None, url: str, timeout: float) -> None:
    """Give a commit a status for each institution of a run.

    \b
    seatsync plan --out plan.json --outcome outcome.json --changed-since main institutions/*
    seatsync mark outcome.json

    Sets `seatsync/ID` for each institution, and `seatsync` for all. A status says how many changes there are, and names nobody.
    Of more than 60, the failing ones come first. On GitHub the job needs `permissions: {statuses: write}`; without it, it says
    so and exits with 0. On GitLab the token needs the role Developer. Needs `pip install 'seatsync[ci]'`.
    """
    with needs("ci"):
        from seatsync.hosts import statuses
    from seatsync.hosts.environment import marked_commit
    from seatsync.hosts.http import HostError

    outcome = read_outcome(file)
    link = url or outcome.run
    each = {one.institution or Path(one.folder).name: _status(one, link) for one in outcome.institutions}
    try:
        with run.step("Marking"):
            target = marked_commit(os.environ, commit or "", timeout)
            done, left = statuses.put(target, _of_all(outcome, link), each)
    except HostError as error:
        say(f"seatsync: Not all statuses were set: {error} To fix: {error.help} The plan is not affected.")
        return
    more = f", {left:,} left out: `seatsync` covers them" if left else ""
    run.say(f"statuses set: {done:,}{more}")


def _status(one: InstitutionOutcome, url: str) -> Status:
    """The status of one institution: its counts, or why there is no plan."""
    from seatsync.hosts.statuses import ERROR, FAILURE, SUCCESS, Status
    from seatsync.reports.view.counting import actions_in_words

    if one.code in (0, 2):
        return Status(SUCCESS, actions_in_words(one.summary) or "Nothing to do.", url)
    return Status(FAILURE if one.code in (3, 4, 5) else ERROR, one.message or "It was not planned.", url)


def _of_all(outcome: OutcomeFile, url: str) -> Status:
    """The status of the run: how many institutions have changes, how many are wrong."""
    from seatsync.domain.diagnostic import counted
    from seatsync.hosts.statuses import ERROR, FAILURE, SUCCESS, Status

    states = [_status(one, "").state for one in outcome.institutions]
    wrong = len(states) - states.count(SUCCESS)
    unchanged = outcome.unchanged.institutions if outcome.unchanged else 0
    others = f", {unchanged:,} unchanged" if unchanged else ""
    if outcome.message or outcome.code not in (0, 2, 3, 4, 5):
        return Status(ERROR, outcome.message or "The run did not end.", url)
    if wrong or outcome.code not in (0, 2):
        state = ERROR if ERROR in states else FAILURE
        return Status(state, f"{wrong:,} of {counted(len(states), 'institution')} not good{others}.", url)
    return Status(SUCCESS, f"{counted(len(states), 'institution')} good{others}.", url)
